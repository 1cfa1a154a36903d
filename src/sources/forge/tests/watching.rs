//! Watching: what is asked when, what is told.

use super::super::limits::Urgency::Background;
use super::super::watch::{Settings, Target, Watched, Watcher};
use super::script::{NOON, Say, World, anonymous, repo, run, world};
use crate::model::ci::{News, Progress, Repo, RunFilter, Want};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

const RUNS: &str = "/repos/acme/api/actions/runs?per_page=100";
const GREENS: &str = "created=";

struct Watch<'w> {
    world: &'w World,
    watched: Watched,
    is_seen: watch::Sender<bool>,
}

fn watch(world: &World) -> Watch<'_> {
    let (is_seen, theirs) = watch::channel(true);
    let settings = Settings { is_seen: theirs, ..Settings::default() };
    let target = Target { repo: repo(), client: Arc::clone(&world.client) };
    let watched = Watcher::new(vec![target], &settings).watched().remove(0);
    Watch { world, watched, is_seen }
}

impl Watch<'_> {
    /// One round: what was told, what was asked, and the wait.
    fn poll(&mut self) -> (Vec<News>, Vec<String>, Duration) {
        self.world.script.urls();
        let (sender, mut news) = mpsc::channel(100);
        let wait = run(self.watched.poll(Background, &sender)).unwrap();
        (std::iter::from_fn(|| news.try_recv().ok()).collect(), self.world.script.urls(), wait)
    }

    fn want(&mut self, want: Want) -> (Vec<News>, Vec<String>) {
        self.world.script.urls();
        let (sender, mut news) = mpsc::channel(100);
        run(self.watched.want(want, &sender)).unwrap();
        (std::iter::from_fn(|| news.try_recv().ok()).collect(), self.world.script.urls())
    }
}

/// `ID BRANCH STATE`, the newest first.
fn runs(list: &str, tag: &str) -> Say {
    let one = |line: &str| {
        let mut words = line.split_whitespace();
        let (id, branch, state) = (words.next().unwrap(), words.next().unwrap(), words.next().unwrap());
        let (status, conclusion) =
            if state == "in_progress" { (state, "null".to_owned()) } else { ("completed", format!("{state:?}")) };
        format!(
            "{{\"id\":{id},\"workflow_id\":1,\"run_attempt\":1,\"head_branch\":\"{branch}\",\"head_sha\":\"s{id}\",\"status\":\"{status}\",\"conclusion\":{conclusion}}}"
        )
    };
    let all: Vec<_> = list.split(", ").map(one).collect();
    Say::json(format!("{{\"workflow_runs\":[{}]}}", all.join(","))).with("etag", tag)
}

fn jobs(id: u64) -> String {
    format!("/repos/acme/api/actions/runs/{id}/attempts/1/jobs?per_page=100")
}

fn with_repo(world: &World) {
    world.script.on(
        "/repos/acme/api",
        Say::json("{\"full_name\":\"acme/api\",\"default_branch\":\"main\"}").with("etag", "\"r\""),
    );
}

fn problem(news: &[News]) -> Option<String> {
    match news.last() {
        Some(News::Asked { problem, .. }) => problem.clone(),
        other => panic!("{other:?}"),
    }
}

fn names(news: &[News]) -> Vec<&'static str> {
    let name = |news: &News| match news {
        News::Runs { .. } => "runs",
        News::Jobs { .. } => "jobs",
        News::Annotations { .. } => "annotations",
        News::Green { .. } => "green",
        News::Asked { .. } => "asked",
        _ => "other",
    };
    news.iter().map(name).collect()
}

#[test]
fn a_poll_in_which_nothing_changed_is_one_request() {
    let world = world();
    with_repo(&world);
    world.script.on(RUNS, runs("2 main success, 1 main failure", "\"a\""));
    let mut watch = watch(&world);
    let (news, asked, wait) = watch.poll();
    assert_eq!(names(&news), ["runs", "asked"]);
    assert_eq!(asked.len(), 2, "{asked:?}");
    assert!(wait >= Duration::from_mins(1) && wait <= Duration::from_secs(66));
    let (news, asked, wait) = watch.poll();
    assert_eq!((names(&news), asked), (vec!["asked"], vec![RUNS.to_owned()]));
    assert!(wait >= Duration::from_mins(1));
}

#[test]
fn who_asks_again_and_again_does_not_wait_for_longer() {
    let world = world();
    world.script.on(RUNS, Say::new(0, ""));
    let mut watch = watch(&world);
    let (_, _, first) = watch.poll();
    for _ in 0..8 {
        watch.want(Want::Refresh(repo()));
    }
    let (_, _, next) = watch.poll();
    assert!(next <= first * 4, "{first:?}, then {next:?}");
    let (_, _, third) = watch.poll();
    assert!(third > first, "{third:?}");
}

#[test]
fn an_hour_at_rest_is_at_most_sixty_requests() {
    let world = world();
    with_repo(&world);
    world.script.on(RUNS, runs("2 main success, 1 main failure", "\"a\""));
    let mut watch = watch(&world);
    let (_, _, first) = watch.poll();
    let (mut passed, mut asked) = (first, 0);
    while passed < Duration::from_hours(1) {
        let (_, urls, wait) = watch.poll();
        asked += urls.len();
        passed += wait;
        world.clock.go(wait.as_secs() as i64);
    }
    assert!((54..=59).contains(&asked), "{asked}");
}

#[test]
fn repositories_of_one_server_share_its_quota_whoever_watches_them() {
    let world = anonymous();
    let reset = (NOON + 3600).to_string();
    let say = |say: Say| {
        say.with("x-ratelimit-remaining", "58").with("x-ratelimit-limit", "60").with("x-ratelimit-reset", &reset)
    };
    let target = |nth: usize| Target {
        repo: Repo { path: format!("acme/r{nth}"), ..repo() },
        client: Arc::clone(&world.client),
    };
    let mut all: Vec<_> =
        (0..20).map(|nth| Watcher::new(vec![target(nth)], &Settings::default()).watched().remove(0)).collect();
    let mut wait = Duration::ZERO;
    for (nth, watched) in all.iter_mut().enumerate() {
        let about = format!("{{\"full_name\":\"acme/r{nth}\",\"default_branch\":\"main\"}}");
        world.script.on(&format!("/repos/acme/r{nth}"), Say::json(about));
        world.script.on(&format!("/repos/acme/r{nth}/actions/runs?per_page=100"), say(runs("2 main success", "\"a\"")));
        let (sender, _news) = mpsc::channel(100);
        wait = run(watched.poll(Background, &sender)).unwrap();
    }
    // 38 requests for 20 repositories: each asks about twice in the hour.
    assert!(wait > Duration::from_mins(28), "{wait:?}");
}

#[test]
fn a_newly_failed_run_is_looked_into_once() {
    let world = world();
    with_repo(&world);
    world.script.on(RUNS, runs("3 main failure, 2 main success, 1 main failure", "\"a\""));
    world.script.on(
        &jobs(3),
        Say::json("{\"jobs\":[{\"id\":30,\"name\":\"t\",\"status\":\"completed\",\"conclusion\":\"failure\"}]}"),
    );
    world.script.on(
        "/repos/acme/api/check-runs/30/annotations?per_page=100",
        Say::json("[{\"path\":\"a\",\"message\":\"m\"}]"),
    );
    world.script.on("/repos/acme/api/compare/s2...s3?per_page=1&page=2", Say::json("{\"ahead_by\":4}"));
    let mut watch = watch(&world);
    let (news, asked, _) = watch.poll();
    assert_eq!(names(&news), ["runs", "jobs", "annotations", "green", "asked"]);
    assert!(
        news.iter()
            .any(|news| matches!(news, News::Green { run: 3, green: Some((green, Some(4))), .. } if green.id == 2))
    );
    // The green run was in the list: it is not asked for.
    assert!(!asked.iter().any(|url| url.contains(GREENS)), "{asked:?}");
    let (news, asked, _) = watch.poll();
    assert_eq!((names(&news), asked.len()), (vec!["asked"], 1));
}

#[test]
fn the_last_green_run_may_be_on_the_default_branch() {
    let world = world();
    with_repo(&world);
    world.script.on(RUNS, runs("3 feat failure", "\"a\""));
    world.script.on(&jobs(3), Say::json("{\"jobs\":[]}"));
    let greens =
        |branch: &str| format!("/repos/acme/api/actions/workflows/1/runs?branch={branch}&status=success&per_page=20");
    world.script.on(&greens("feat"), runs("9 feat success", "\"b\""));
    world.script.on(&greens("main"), runs("8 main success, 2 main success", "\"c\""));
    let (news, ..) = watch(&world).poll();
    // 9 and 8 came later. The commits are not known.
    assert!(
        news.iter().any(|news| matches!(news, News::Green { run: 3, green: Some((green, None)), .. } if green.id == 2)),
        "{news:?}"
    );
}

#[test]
fn runs_in_progress_are_followed_while_somebody_looks() {
    let world = world();
    with_repo(&world);
    world.script.on(RUNS, runs("3 main in_progress, 2 main success", "\"a\""));
    world.script.on(&jobs(3), Say::json("{\"jobs\":[{\"id\":30,\"status\":\"in_progress\"}]}").with("etag", "\"j\""));
    let mut watch = watch(&world);
    let (news, _, wait) = watch.poll();
    assert_eq!(names(&news), ["runs", "jobs", "asked"]);
    assert!(wait >= Duration::from_secs(10) && wait <= Duration::from_secs(11), "{wait:?}");
    let (_, asked, _) = watch.poll();
    assert_eq!(asked, [RUNS.to_owned(), jobs(3)]);
    watch.is_seen.send(false).unwrap();
    let (_, asked, wait) = watch.poll();
    assert_eq!(asked, [RUNS.to_owned()]);
    assert!(wait >= Duration::from_mins(1));
}

#[test]
fn who_looks_again_does_not_wait_for_the_next_slow_poll() {
    let world = world();
    with_repo(&world);
    world.script.on(RUNS, runs("3 main in_progress", "\"a\""));
    world.script.on(&jobs(3), Say::json("{\"jobs\":[{\"id\":30,\"status\":\"in_progress\"}]}"));
    let (is_seen, theirs) = watch::channel(false);
    let (rest, busy) = (Duration::from_hours(1), Duration::from_millis(1));
    let settings = Settings { is_seen: theirs, rest, busy, ..Settings::default() };
    let watcher = Watcher::new(vec![Target { repo: repo(), client: Arc::clone(&world.client) }], &settings);
    let told = run(async {
        let (sender, mut news) = mpsc::channel(4);
        let (_wants, theirs) = mpsc::channel(4);
        let cancel = CancellationToken::new();
        let look = async {
            let mut told = Vec::new();
            while told.len() < 4 {
                let one = news.recv().await.unwrap();
                if matches!(one, News::Asked { .. }) {
                    is_seen.send(true).unwrap();
                }
                told.push(one);
            }
            cancel.cancel();
            told
        };
        tokio::join!(watcher.run(sender, theirs, cancel.clone()), look).1
    });
    assert_eq!(names(&told), ["runs", "asked", "jobs", "asked"]);
}

#[test]
fn a_small_quota_lasts() {
    let world = anonymous();
    let reset = (NOON + 3600).to_string();
    let say = |say: Say| {
        say.with("x-ratelimit-remaining", "58").with("x-ratelimit-limit", "60").with("x-ratelimit-reset", &reset)
    };
    world.script.on("/repos/acme/api", Say::json("{\"full_name\":\"acme/api\",\"default_branch\":\"main\"}"));
    world.script.on(RUNS, say(runs("2 main success", "\"a\"")));
    let (news, _, wait) = watch(&world).poll();
    assert!(wait > Duration::from_secs(90), "{wait:?}");
    let Some(News::Asked { is_anonymous, quota, .. }) = news.last() else { panic!() };
    assert_eq!((*is_anonymous, quota.left), (true, Some(58)));
}

#[test]
fn trouble_is_told_and_waits_grow() {
    let world = world();
    with_repo(&world);
    world.script.on(RUNS, Say::new(502, ""));
    let mut watch = watch(&world);
    let (news, _, first) = watch.poll();
    assert!(problem(&news).unwrap().contains("502"));
    let waits: Vec<_> = (0..6).map(|_| watch.poll().2).collect();
    assert!(
        first >= Duration::from_mins(1) && waits[5] > Duration::from_secs(400) && waits[5] <= Duration::from_mins(15),
        "{waits:?}"
    );
    world.script.now(RUNS, Say::new(429, "").with("retry-after", "12"));
    let (news, _, wait) = watch.poll();
    assert!(problem(&news).unwrap().contains("too many requests"));
    assert!(wait >= Duration::from_secs(12) && wait < Duration::from_secs(14));
    world.clock.go(13);
    world.script.now(RUNS, runs("1 main success", "\"a\""));
    assert_eq!(problem(&watch.poll().0), None);
}

#[test]
fn a_renamed_repository_is_asked_under_its_new_name() {
    let world = world();
    world.script.on("/repos/acme/api", Say::to(301, "/repositories/7"));
    world.script.on("/repositories/7", Say::json("{\"full_name\":\"corp/api\",\"default_branch\":\"main\"}"));
    world.script.on(RUNS, Say::to(301, "/repositories/7/actions/runs?per_page=100"));
    let list = runs("1 main success", "\"a\"");
    world.script.on("/repositories/7/actions/runs?per_page=100", list.clone());
    world.script.on("/repos/corp/api/actions/runs?per_page=100", list);
    let mut watch = watch(&world);
    let (news, ..) = watch.poll();
    assert_eq!(problem(&news).as_deref(), Some("acme/api is now called corp/api: write that instead"));
    assert!(matches!(&news[0], News::Runs { repo: named, .. } if *named == repo()));
    let (_, asked, _) = watch.poll();
    assert_eq!(asked, ["/repos/corp/api/actions/runs?per_page=100"]);
}

#[test]
fn one_deleted_run_does_not_stop_the_others() {
    let world = world();
    with_repo(&world);
    world.script.on(RUNS, runs("4 a failure, 3 main failure, 2 main success", "\"a\""));
    world.script.on(&jobs(3), Say::json("{\"jobs\":[]}"));
    let (news, ..) = watch(&world).poll();
    assert_eq!(names(&news), ["runs", "jobs", "green", "green", "asked"]);
    assert_eq!(problem(&news), None);
}

#[test]
fn what_people_want_is_done() {
    let world = world();
    with_repo(&world);
    world.script.on(RUNS, runs("2 main success, 1 main success", "\"a\""));
    world.script.on(&jobs(1), Say::json("{\"jobs\":[{\"id\":10}]}"));
    let mut watch = watch(&world);
    watch.poll();
    let (news, asked) = watch.want(Want::Jobs { repo: repo(), run: (1, 1) });
    assert_eq!((names(&news), asked), (vec!["jobs"], vec![jobs(1)]));
    let (news, _) = watch.want(Want::Jobs { repo: repo(), run: (77, 1) });
    assert!(problem(&news).unwrap().contains("is not there"));
    let (news, asked) = watch.want(Want::Refresh(repo()));
    assert_eq!((names(&news), asked), (vec!["asked"], vec![RUNS.to_owned()]));
    let filter = RunFilter { branch: "dev".into(), only: Some(Progress::Passed), ..RunFilter::default() };
    world.script.on(&format!("{RUNS}&branch=dev&status=success"), runs("5 dev success", "\"d\""));
    let (news, _) = watch.want(Want::Filter(filter));
    assert!(matches!(&news[0], News::Runs { runs, .. } if runs.len() == 1 && runs[0].id == 5));
}

#[test]
fn many_repositories_are_watched_until_told_to_stop() {
    let world = world();
    world.script.rule("https://api.github.com/repos/", |request| {
        let name = request.url.split('/').nth(5).unwrap_or_default().to_owned();
        if request.url.contains("/actions/") {
            runs("1 main success", "\"a\"")
        } else {
            Say::json(format!("{{\"full_name\":\"acme/{name}\",\"default_branch\":\"main\"}}"))
        }
    });
    let target = |nth: usize| {
        let mut repo = repo();
        repo.path = format!("acme/r{nth}");
        Target { repo, client: Arc::clone(&world.client) }
    };
    // One stands twice in the list.
    let watcher = Watcher::new((0..20).chain([3]).map(target).collect(), &Settings::default());
    let told = run(async {
        let (sender, mut news) = mpsc::channel(4);
        let (wants, theirs) = mpsc::channel(4);
        let cancel = CancellationToken::new();
        let look = async {
            let mut told = Vec::new();
            wants.send(Want::Refresh(target(19).repo)).await.unwrap();
            while told.len() < 20 {
                if let Some(News::Runs { repo, .. }) = news.recv().await {
                    told.push(repo.path);
                }
            }
            cancel.cancel();
            told
        };
        tokio::join!(watcher.run(sender, theirs, cancel.clone()), look).1
    });
    let mut once = told.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), 20);
}
