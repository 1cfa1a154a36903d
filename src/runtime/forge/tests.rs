//! Logs on their way, from the embedded service: what is fetched in place of what, and what is told.

use super::shelf::Shelf;
use super::work::Work;
use super::{Forges, LogKind, RunLog};
use crate::demo::forge::{Attempt, End, Fault, Grant, Host, Job, Repo, Run, Server, Span, State};
use crate::infra::answers::DiskAnswers;
use crate::infra::archives::Scratch;
use crate::infra::clock::SystemClock;
use crate::infra::http;
use crate::infra::tokens::{self, Finder, Named};
use crate::model::Timestamp;
use crate::model::ci::{self, Forge, News};
use crate::model::time::SECOND;
use crate::ports::Clock as _;
use crate::sources::forge::{Client, Setup};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

const GREEN: u64 = 5001;
const RED: u64 = 5002;

fn run(id: u64, ended: i64, end: End) -> Run {
    let began = SystemClock.now().saturating_add((ended - 600) * SECOND);
    let span = Span::new(began, 600, end);
    let job = Job::new(id * 10, "build", span).step("Run make", span, "make: *** [all] Error 1\n".to_owned());
    Run::new(id, 9, "main", "0123456789abcdef0123456789abcdef01234567", Attempt::new(began, vec![job]))
}

/// A failed run, perhaps after one that passed.
fn state(runs: Vec<Run>) -> State {
    let mut state = State::default();
    state.allow("a-token", Grant::default());
    let mut repo = Repo::new(Forge::Github, 77, "acme/shop").workflow(9, "build", "build.yml");
    repo.runs = runs;
    state.add(repo);
    state
}

/// What comes of fetching the log of the failed run: the logs, and the news but those of progress.
async fn fetched(state: State, prepare: impl FnOnce(&Server)) -> (Vec<RunLog>, Vec<News>) {
    fetched_until(state, prepare, CancellationToken::new()).await
}

/// The same, unless it is cancelled.
async fn fetched_until(
    state: State,
    prepare: impl FnOnce(&Server),
    cancel: CancellationToken,
) -> (Vec<RunLog>, Vec<News>) {
    let server = Server::start(state, Arc::new(|| SystemClock.now())).unwrap();
    prepare(&server);
    let home = tempfile::tempdir().unwrap();
    let client = client(&server, home.path());
    let (news, mut told) = mpsc::channel(1000);
    let (logs, mut found) = mpsc::channel(100);
    let work = Work {
        client: Arc::new(client),
        archives: Arc::new(Scratch::new(home.path().to_owned(), 7)),
        shelf: Arc::new(Shelf::new(home.path().join("shelf"))),
        news,
        logs,
        cancel,
        repo: repo(),
        run: (RED, 1),
        job: None,
    };
    work.run().await;
    let (mut all, mut kept) = (Vec::new(), Vec::new());
    while let Some(log) = found.recv().await {
        all.push(log);
    }
    while let Some(news) = told.recv().await {
        kept.extend((!matches!(news, News::Fetching { .. })).then_some(news));
    }
    (all, kept)
}

fn repo() -> ci::Repo {
    ci::Repo { forge: Forge::Github, host: "github.com".into(), path: "acme/shop".into() }
}

/// Asks the embedded service, and keeps answers in `home`.
fn client(server: &Server, home: &Path) -> Client {
    let own = tokens::Server { forge: Forge::Github, host: "github.com".into(), named: Named::ByUser, from: None };
    let token = Arc::new(|name: &str| (name == "GITHUB_TOKEN").then(|| "a-token".into()));
    Client::new(Setup {
        http: Arc::new(http::Client::new(&http::Options::new("logdeck/test")).unwrap()),
        tokens: Arc::new(Finder::new(own, token)),
        answers: Arc::new(DiskAnswers::open(home.join("answers"), Arc::new(SystemClock), 7).unwrap()),
        clock: Arc::new(SystemClock),
        forge: Forge::Github,
        base: format!("http://{}", server.address()),
        pause: Duration::from_millis(1),
        seed: 7,
    })
}

#[tokio::test]
async fn logs_of_several_jobs_of_a_run_are_cancelled_together() {
    let home = tempfile::tempdir().unwrap();
    let (mut forges, _news, _logs) = Forges::new(None, home.path(), 7);
    let all = CancellationToken::new();
    let (one, two) = (forges.begin(&repo(), RED, &all), forges.begin(&repo(), RED, &all));
    let other = forges.begin(&repo(), GREEN, &all);
    forges.cancel(&repo(), RED);
    assert_eq!([&one, &two, &other].map(CancellationToken::is_cancelled), [true, true, false]);
    assert!(!forges.begin(&repo(), RED, &all).is_cancelled(), "it begins anew");
}

fn why(news: &[News]) -> Option<&str> {
    match news {
        [News::NoGreen { run: (RED, 1), why, .. }] => Some(why),
        [] => None,
        other => panic!("{other:?}"),
    }
}

fn is_green(log: &RunLog) -> bool {
    matches!(log.kind, LogKind::Green(Some(Timestamp(_))))
}

#[tokio::test]
async fn the_log_and_the_one_of_the_last_run_that_passed_are_fetched() {
    let (logs, news) = fetched(state(vec![run(GREEN, -7200, End::Success), run(RED, -60, End::Failure)]), |_| {}).await;
    let kinds: Vec<_> = logs.iter().map(|log| (log.job, is_green(log))).collect();
    assert_eq!((kinds, why(&news)), (vec![(None, false), (None, true)], None));
}

#[tokio::test]
async fn who_cancelled_is_not_told_so() {
    let cancel = CancellationToken::new();
    cancel.cancel();
    let runs = vec![run(GREEN, -7200, End::Success), run(RED, -60, End::Failure)];
    let (logs, news) = fetched_until(state(runs), |_| {}, cancel).await;
    assert_eq!((logs.len(), why(&news)), (0, None));
}

#[tokio::test]
async fn why_there_is_nothing_to_compare_with_is_told() {
    let (logs, news) = fetched(state(vec![run(RED, -60, End::Failure)]), |_| {}).await;
    assert_eq!((logs.len(), why(&news)), (1, Some("no run passed before")));

    let mut old = run(GREEN, -7200, End::Success);
    old.has_expired = true;
    let (logs, news) = fetched(state(vec![old, run(RED, -60, End::Failure)]), |_| {}).await;
    assert_eq!(logs.len(), 1);
    assert_eq!(why(&news), Some("run #5001: the log is no longer kept: it expired or was deleted"));

    // A run that passed needs nothing to be compared with.
    let (logs, news) = fetched(state(vec![run(RED, -60, End::Success)]), |_| {}).await;
    assert_eq!((logs.len(), why(&news)), (1, None));
}

#[tokio::test]
async fn a_web_page_in_place_of_the_archive_is_replaced_by_the_logs_of_jobs() {
    let runs = || vec![run(GREEN, -7200, End::Success), run(RED, -60, End::Failure)];
    let archive = format!("/actions-results/workflow-run-{RED}/attempt-1");
    for fault in [Fault::LoginPage, Fault::Instead("{}")] {
        let (logs, news) = fetched(state(runs()), |server| server.fail(Host::Blob, &archive, 1, fault)).await;
        let kinds: Vec<_> = logs.iter().map(|log| (log.job, is_green(log))).collect();
        assert_eq!(kinds, [(Some(RED * 10), false), (Some(RED * 10), true)], "{news:?}");
        assert_eq!(why(&news), None);
    }
    // The job of the run that passed has no log either.
    let (logs, news) = fetched(state(runs()), |server| {
        server.fail(Host::Blob, &archive, 1, Fault::LoginPage);
        server.state().run_mut(GREEN).unwrap().has_expired = true;
    })
    .await;
    assert_eq!(logs.len(), 1);
    assert!(why(&news).unwrap().starts_with("run #5001: "), "{news:?}");
}
