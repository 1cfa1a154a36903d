//! Runs of watched repositories: their news are made here, by hand.

use crate::support::*;
use Progress::{Cancelled, Failed, Passed, Running, Skipped, Waiting};
use logdeck::analysis::extract::{Block, Extract, Kind, Verdict};
use logdeck::app::event::{Effect, Event};
use logdeck::app::{Badge, ExtractNews, Extracted, LogForm, LogFound};
use logdeck::model::address::Tab;
use logdeck::model::ci::{Annotation, Forge, Job, JobStep, News, Progress, Quota, Repo, Run, RunFilter, Want};
use logdeck::model::{SourceId, Timestamp};

const SECOND: i64 = 1_000_000_000;

pub fn repo(path: &str) -> Repo {
    Repo { forge: Forge::Github, host: "github.com".to_owned(), path: path.to_owned() }
}

pub fn payments() -> Repo {
    repo("acme/payments")
}

/// A run that began at a time of the night, and took so many seconds.
pub fn run(number: u64, workflow: &str, branch: &str, progress: Progress, started: &str, took: i64) -> Run {
    let started = at(&format!("2026-11-21T{started}Z"));
    Run {
        id: number * 10,
        number,
        attempt: 1,
        workflow: workflow.to_owned(),
        workflow_id: workflow.bytes().map(u64::from).sum(),
        title: "Post again when the ledger times out".to_owned(),
        branch: branch.to_owned(),
        sha: format!("{number}f9c1e2a77b0"),
        event: "push".to_owned(),
        actor: "ann".to_owned(),
        progress,
        started: Some(started),
        updated: Some(Timestamp(started.0 + took * SECOND)),
        page: format!("https://github.com/acme/payments/actions/runs/{}", number * 10),
    }
}

/// What the mock-up shows: main is red since #18838, which a passed run came before.
fn night() -> Vec<Run> {
    vec![
        run(18842, "build-test", "main", Failed, "02:58:00", 664),
        run(18841, "deploy-prod", "main", Passed, "02:49:00", 250),
        run(18840, "build-test", "feat/ledger-v2", Running, "03:07:51", 0),
        run(18839, "nightly-fuzz", "main", Cancelled, "02:45:00", 62),
        run(18838, "build-test", "main", Failed, "02:40:00", 650),
        run(18837, "build-test", "main", Passed, "02:20:48", 612),
        run(18836, "build-test", "main", Passed, "01:20:00", 480),
        run(18835, "build-test", "main", Passed, "00:20:00", 490),
    ]
}

fn steps(states: &[(&str, Progress, i64)]) -> Vec<JobStep> {
    let mut time = at("2026-11-21T02:58:00Z").0;
    let mut step = |(n, (name, progress, seconds)): (usize, &(&str, Progress, i64))| {
        let started = time;
        time += seconds * SECOND;
        let (started, ended) = (Some(Timestamp(started)), Some(Timestamp(time)));
        JobStep { number: n as u32 + 1, name: (*name).to_owned(), progress: *progress, started, ended }
    };
    states.iter().enumerate().map(&mut step).collect()
}

pub fn job(id: u64, name: &str, progress: Progress, steps: Vec<JobStep>) -> Job {
    Job {
        id,
        name: name.to_owned(),
        stage: String::new(),
        progress,
        started: steps.first().and_then(|step| step.started),
        ended: steps.last().and_then(|step| step.ended),
        steps,
        earlier: Vec::new(),
        has_artifacts: None,
        page: format!("https://github.com/acme/payments/actions/runs/188420/job/{id}"),
    }
}

fn integration_steps() -> Vec<JobStep> {
    steps(&[
        ("checkout", Passed, 3),
        ("setup toolchain", Passed, 41),
        ("build", Passed, 192),
        ("unit tests", Passed, 140),
        ("integration tests", Failed, 288),
        ("upload artifacts", Skipped, 0),
        ("notify", Skipped, 0),
    ])
}

pub fn jobs() -> Vec<Job> {
    vec![
        job(1, "docs", Passed, steps(&[("checkout", Passed, 3), ("build", Passed, 20)])),
        job(2, "integration (ubuntu-22.04, pg15)", Failed, integration_steps()),
        job(3, "deploy", Skipped, Vec::new()),
    ]
}

pub fn news(screen: &mut Screen, news: News) {
    screen.event(Event::Forge(news));
}

pub fn runs(repo: Repo, runs: Vec<Run>) -> News {
    News::Runs { repo, default_branch: "main".to_owned(), runs }
}

/// An answer came then.
pub fn answered(repo: Repo, last: Timestamp) -> News {
    let quota = Quota { left: Some(4310), limit: Some(5000), resets: None };
    News::Asked { repo, last: Some(last), problem: None, next: None, quota, is_anonymous: false, skew: 0 }
}

fn troubled(repo: Repo, last: Option<i64>, problem: &str, next: i64) -> News {
    let quota = Quota { left: Some(310), limit: Some(5000), resets: None };
    let (last, next) = (last.map(before), Some(before(-next)));
    News::Asked { repo, last, problem: Some(problem.to_owned()), next, quota, is_anonymous: false, skew: 0 }
}

pub fn before(seconds: i64) -> Timestamp {
    Timestamp(at(NOW).0 - seconds * SECOND)
}

/// A repository is watched that has not answered.
pub fn asking(width: u16, height: u16) -> Screen {
    let mut screen = Screen::new(width, height, settings());
    screen.app.watch(payments(), None);
    screen
}

/// It has answered; the jobs of the chosen run are there, its log is not.
pub fn red(width: u16, height: u16) -> Screen {
    let mut screen = asking(width, height);
    news(&mut screen, answered(payments(), before(3)));
    news(&mut screen, runs(payments(), night()));
    news(&mut screen, News::Jobs { repo: payments(), run: (188_420, 1), jobs: jobs(), is_cut: false });
    screen
}

fn block(start: u64, step: usize, text: &str) -> Block {
    let lines: Vec<_> = text.lines().map(|line| format!("2026-11-21T03:06:41.1234567Z {line}").into_bytes()).collect();
    let end = start + lines.len() as u64 - 1;
    Block {
        start,
        end,
        offset: start * 60,
        score: 900,
        kind: Kind::Test,
        tool: "cargo",
        rule: "",
        step: Some(step),
        lines,
        repeats: 0,
        is_new: true,
    }
}

pub const PANIC: &str = "thread 'post_retries_on_timeout' panicked at tests/ledger.rs:212:9:
assertion `left == right` failed: retry count
  left: 1
 right: 3";

fn log_steps(names: &[(&str, i64)]) -> Vec<logdeck::analysis::extract::Step> {
    let began = |second: i64| Some(Timestamp(at("2026-11-21T02:58:00Z").0 + second * SECOND + SECOND / 2));
    let step = |(n, (name, second)): (usize, &(&str, i64))| logdeck::analysis::extract::Step {
        name: (*name).to_owned(),
        start: n as u64 * 2000 + 1,
        offset: 0,
        end: n as u64 * 2000 + 2000,
        state: logdeck::analysis::extract::StepState::Unknown,
        began: began(*second),
        ended: None,
        errors: u64::from(name.contains("integration")) * 9,
    };
    names.iter().enumerate().map(step).collect()
}

/// The log of a run's jobs arrives as an archive, and is looked at.
pub fn log_arrives(screen: &mut Screen, source: u16, run: (u64, u32), text: &str) {
    let source = SourceId(source);
    screen.app.open(source, format!("acme/payments #{}", run.0 / 10), Tab::Ci);
    screen.event(Event::RunLog { repo: payments(), run, job: None, source });
    let mut tell = |what| screen.event(Event::Extract(ExtractNews { source, run: 1, what }));
    tell(Extracted::Began { logs: 2, form: LogForm::Archive });
    let names = [
        ("Run actions/checkout@v4", 0),
        ("Run rustup show", 4),
        ("Run cargo build", 44),
        ("Run cargo test --lib", 237),
        ("Run cargo test --test integration", 376),
    ];
    let integration = Extract {
        lines: 12_408,
        bytes: 18 << 20,
        blocks: vec![block(9871, 4, text)],
        steps: log_steps(&names),
        verdict: Verdict::Failed,
        new_lines: Some(40),
    };
    let docs = Extract { lines: 100, bytes: 6000, verdict: Verdict::Passed, ..Extract::default() };
    for (n, name, extract) in [(0, "0_docs.txt", docs), (1, "1_integration (ubuntu-22.04, pg15).txt", integration)] {
        let name = format!("log.zip!{name}");
        let found = LogFound { input: n, name, extract: Some(extract), problem: None, is_finished: true };
        tell(Extracted::Log(Box::new(found)));
    }
    tell(Extracted::Finished(0));
}

#[test]
fn the_newest_red_run_opens_at_its_cause() {
    for (width, height) in [(80, 24), (120, 36)] {
        let mut screen = red(width, height);
        let wants = [
            Effect::Forge(Want::Jobs { repo: payments(), run: (188_420, 1) }),
            Effect::Forge(Want::Logs { repo: payments(), run: (188_420, 1), job: None }),
        ];
        assert_eq!(screen.effects, wants, "asked once");
        news(&mut screen, News::Fetching { repo: payments(), run: 188_420, done: 12 << 20, of: Some(18 << 20) });
        snap(format!("runs_fetching_{width}x{height}"), &screen.text());
        let green = Some((Box::new(night()[5].clone()), Some(3)));
        news(&mut screen, News::Green { repo: payments(), run: 188_420, green });
        log_arrives(&mut screen, 7, (188_420, 1), PANIC);
        assert!(screen.has("thread 'post_retries_on_timeout' panicked"), "{}", screen.text());
        snap(format!("runs_red_{width}x{height}"), &screen.text());
    }
    let mut screen = red(120, 36);
    log_arrives(&mut screen, 7, (188_420, 1), PANIC);
    snap("runs_red_120x36_styles", &screen.styles());
}

#[test]
fn states_before_there_is_a_log() {
    let check = |name: &str, screen: &mut dyn FnMut(u16, u16) -> Screen| {
        for (width, height) in [(80, 24), (120, 36)] {
            snap(format!("runs_{name}_{width}x{height}"), &screen(width, height).text());
        }
    };
    check("asking", &mut asking);
    check("none", &mut |width, height| {
        let mut screen = asking(width, height);
        news(&mut screen, answered(payments(), before(20)));
        news(&mut screen, runs(payments(), Vec::new()));
        screen
    });
    check("private", &mut |width, height| {
        let mut screen = asking(width, height);
        let problem = "GitHub says 404: acme/payments does not exist, or the token must not see it.";
        let quota = Quota { left: Some(42), limit: Some(60), resets: None };
        let problem = Some(problem.to_owned());
        let next = Some(before(-60));
        let repo = payments();
        news(&mut screen, News::Asked { repo, last: None, problem, next, quota, is_anonymous: true, skew: 0 });
        screen
    });
    check("limited", &mut |width, height| {
        let mut screen = red(width, height);
        news(&mut screen, troubled(payments(), Some(40), "rate limited (429)", 12));
        screen
    });
    check("offline", &mut |width, height| {
        let mut screen = red(width, height);
        let problem = "cannot connect to github.com: the network is unreachable";
        news(&mut screen, troubled(payments(), Some(322), problem, 45));
        screen
    });
    check("running", &mut |width, height| {
        let mut screen = red(width, height);
        screen.keys("jj");
        let mut half = integration_steps();
        half[4].progress = Running;
        half[4].ended = None;
        half.iter_mut().skip(5).for_each(|step| (step.progress, step.started, step.ended) = (Waiting, None, None));
        let going = Job { progress: Running, ended: None, ..job(2, "integration", Running, half) };
        let jobs = vec![jobs()[0].clone(), going, job(3, "deploy", Waiting, Vec::new())];
        news(&mut screen, News::Jobs { repo: payments(), run: (188_400, 1), jobs, is_cut: false });
        screen
    });
    check("expired", &mut |width, height| {
        let mut screen = red(width, height);
        let why = "GitHub says 410: the logs of this run have expired.".to_owned();
        news(&mut screen, News::NoLog { repo: payments(), run: 188_420, job: None, why });
        let list = vec![
            Annotation {
                level: "failure".to_owned(),
                path: "tests/ledger.rs".to_owned(),
                line: 212,
                message: "assertion `left == right` failed: retry count\nleft: 1".to_owned(),
            },
            Annotation {
                level: "warning".to_owned(),
                path: ".github".to_owned(),
                line: 1,
                message: "Node 16 is deprecated".to_owned(),
            },
        ];
        news(&mut screen, News::Annotations { repo: payments(), run: 188_420, list });
        screen
    });
}

#[test]
fn several_repositories_are_side_by_side() {
    for (width, height) in [(80, 24), (120, 36)] {
        let mut screen = asking(width, height);
        screen.app.watch(repo("acme/ledger"), None);
        screen.app.watch(repo("acme/edge"), None);
        screen.app.watch(repo("acme/secret"), None);
        news(&mut screen, runs(payments(), night()));
        news(&mut screen, answered(payments(), before(3)));
        let ledger =
            vec![run(71, "ci", "main", Passed, "03:01:00", 120), run(70, "ci", "main", Failed, "02:30:00", 130)];
        news(&mut screen, runs(repo("acme/ledger"), ledger));
        news(&mut screen, runs(repo("acme/edge"), Vec::new()));
        news(
            &mut screen,
            troubled(repo("acme/secret"), None, "GitHub says 403: the token lacks the scope actions:read.", 60),
        );
        snap(format!("runs_several_{width}x{height}"), &screen.text());
    }
}

#[test]
fn what_is_asked_for_follows_the_cursor_when_it_rests() {
    let mut screen = red(120, 36);
    screen.effects.clear();
    screen.keys("jjj");
    assert_eq!(screen.effects, [], "nobody looks at those that are passed over");
    let later = Timestamp(at(NOW).0 + SECOND);
    screen.event(Event::Tick(later));
    let jobs = Effect::Forge(Want::Jobs { repo: payments(), run: (188_390, 1) });
    let cancel = Effect::Forge(Want::Cancel { repo: payments(), run: 188_420 });
    assert_eq!(
        screen.effects,
        [jobs, cancel],
        "a cancelled run's log is not fetched by itself, nor the other one's on"
    );
    screen.effects.clear();
    screen.keys("<Enter>");
    let logs = |run| Effect::Forge(Want::Logs { repo: payments(), run, job: None });
    assert_eq!(screen.effects, [logs((188_390, 1))]);
    assert!(screen.status().contains("fetching the log ..."), "{}", screen.status());
    screen.keys("<Enter>");
    assert_eq!(screen.effects.len(), 1, "it is on its way");
    screen.keys("<Esc>");
    assert_eq!(screen.effects.last(), Some(&Effect::Forge(Want::Cancel { repo: payments(), run: 188_390 })));
    assert!(screen.has("was cancelled; Enter on the run begins anew"), "{}", screen.text());
    // Back on the red one its log is wanted again.
    screen.keys("<Shift-Tab>g");
    screen.event(Event::Tick(Timestamp(later.0 + SECOND)));
    assert_eq!(screen.effects.last(), Some(&logs((188_420, 1))));
}

#[test]
fn a_run_that_goes_on_has_logs_of_jobs_that_are_over() {
    let mut screen = red(120, 36);
    screen.keys("jj<Enter>");
    assert!(screen.effects.contains(&Effect::Forge(Want::Jobs { repo: payments(), run: (188_400, 1) })));
    let jobs = vec![job(1, "docs", Passed, Vec::new()), job(2, "test", Running, Vec::new())];
    news(&mut screen, News::Jobs { repo: payments(), run: (188_400, 1), jobs, is_cut: false });
    screen.effects.clear();
    assert!(screen.has(" > >>   test"), "{}", screen.text());
    screen.keys("<Enter>");
    assert!(screen.status().contains("the job is not over"), "{}", screen.text());
    screen.keys("k<Enter>");
    assert_eq!(screen.effects, [Effect::Forge(Want::Logs { repo: payments(), run: (188_400, 1), job: Some(1) })]);
    let source = SourceId(9);
    screen.app.open(source, "docs", Tab::Ci);
    screen.event(Event::RunLog { repo: payments(), run: (188_400, 1), job: Some(1), source });
    let mut tell = |what| screen.event(Event::Extract(ExtractNews { source, run: 1, what }));
    tell(Extracted::Began { logs: 1, form: LogForm::Files });
    let extract = Extract {
        lines: 10,
        blocks: vec![block(3, 0, "error: no such page")],
        verdict: Verdict::Failed,
        ..Extract::default()
    };
    let found = LogFound {
        input: 0,
        name: "whatever.txt".to_owned(),
        extract: Some(extract),
        problem: None,
        is_finished: true,
    };
    tell(Extracted::Log(Box::new(found)));
    tell(Extracted::Finished(0));
    assert!(screen.has("error: no such page") && screen.line(" docs ").contains("10 lines"), "{}", screen.text());
}

#[test]
fn a_run_that_turns_red_is_fetched_and_others_stay_in_place() {
    let mut screen = red(120, 36);
    screen.keys("jj");
    let line = screen.line("#18840");
    let place = |screen: &mut Screen| screen.text().lines().position(|row| row.contains(" > #18840"));
    let before = place(&mut screen);
    assert!(line.starts_with(" > "), "{line}");
    let mut more = night();
    for n in 0..5 {
        more.insert(0, run(18_850 + n, "build-test", "main", Running, "03:13:00", 0));
    }
    news(&mut screen, runs(payments(), more.clone()));
    assert_eq!(place(&mut screen), before, "{}", screen.text());
    screen.event(Event::Tick(Timestamp(at(NOW).0 + SECOND)));
    screen.effects.clear();
    more[7].progress = Failed;
    more[7].updated = Some(at(NOW));
    news(&mut screen, runs(payments(), more.clone()));
    let run = (188_400, 1);
    let logs = |run| Effect::Forge(Want::Logs { repo: payments(), run, job: None });
    assert_eq!(screen.effects, [Effect::Forge(Want::Jobs { repo: payments(), run }), logs(run)]);
    screen.effects.clear();
    news(&mut screen, runs(payments(), more.clone()));
    assert_eq!(screen.effects, [], "nothing has changed");
    // Started again, it is another attempt with another log.
    more[7].attempt = 2;
    news(&mut screen, runs(payments(), more));
    assert_eq!(screen.effects.last(), Some(&logs((188_400, 2))));
}

#[test]
fn who_looks_elsewhere_is_told_by_a_badge() {
    let mut screen = red(120, 36);
    log_arrives(&mut screen, 7, (188_420, 1), PANIC);
    screen.keys("1");
    screen.effects.clear();
    assert_eq!(screen.app.badge(Tab::Ci), Badge::None);
    let mut more = night();
    more.insert(0, run(18_850, "build-test", "main", Failed, "03:13:00", 60));
    news(&mut screen, runs(payments(), more));
    assert_eq!(screen.app.badge(Tab::Ci), Badge::UnseenErrors);
    assert_eq!(screen.effects, [], "nothing is fetched while nobody looks");
    screen.keys("4");
    assert_eq!(screen.app.badge(Tab::Ci), Badge::None);
    news(&mut screen, troubled(payments(), Some(9), "rate limited (429)", 12));
    assert_eq!(screen.app.badge(Tab::Ci), Badge::Degraded);
}

#[test]
fn keys_of_the_runs() {
    let mut screen = red(120, 36);
    screen.effects.clear();
    screen.keys("o");
    let page = |end: &str| Effect::OpenPage(format!("https://github.com/acme/payments/actions/runs/{end}"));
    assert_eq!(screen.effects, [page("188420")]);
    screen.keys("<Tab>o");
    assert_eq!(screen.effects.last(), Some(&page("188420/job/2")));
    screen.keys("r");
    assert!(screen.effects.contains(&Effect::Forge(Want::Refresh(payments()))));
    let mut hostile = night();
    hostile[0].page = "javascript:alert(1)".to_owned();
    news(&mut screen, runs(payments(), hostile));
    screen.effects.clear();
    screen.keys("<Shift-Tab>o");
    assert_eq!(screen.effects, []);
    assert!(screen.status().contains("tells no web address"), "{}", screen.status());
    screen.keys("?");
    snap("runs_help_120x36", &screen.text());
    screen.keys("<Esc>q");
    assert_eq!(screen.effects, [Effect::Quit], "there are no lines to go back to");
}

#[test]
fn runs_are_filtered_by_words_and_from_a_list() {
    let mut screen = red(120, 36);
    screen.effects.clear();
    screen.keys(":runs branch feat/ledger-v2<Enter>");
    let filter = |branch: &str, only| RunFilter { branch: branch.to_owned(), only, ..RunFilter::default() };
    assert_eq!(screen.effects[0], Effect::Forge(Want::Filter(filter("feat/ledger-v2", None))));
    assert!(screen.has("-- Runs: branch feat/ledger-v2 --") && !screen.has("#18841"), "{}", screen.text());
    assert!(screen.has(" > #18840"), "{}", screen.text());
    screen.keys(":runs failed<Enter>");
    assert!(screen.effects.contains(&Effect::Forge(Want::Filter(filter("feat/ledger-v2", Some(Failed))))));
    assert!(
        screen.has("acme/payments has no runs for this filter: failed, branch feat/ledger-v2."),
        "{}",
        screen.text()
    );
    snap("runs_filtered_120x36", &screen.text());
    screen.keys(":runs all<Enter>");
    assert!(screen.effects.contains(&Effect::Forge(Want::Filter(RunFilter::default()))));
    screen.keys("F");
    assert!(screen.has("-- Runs --") && screen.has("branch main"), "{}", screen.text());
    screen.keys("deploy<Enter>");
    assert!(screen.has("-- Runs: workflow deploy-prod --") && screen.has(" > #18841"), "{}", screen.text());
    screen.keys("<Esc>");
    assert!(screen.has("#18842") && screen.status().contains("all runs"), "{}", screen.text());
    screen.keys(":runs purple<Enter>");
    assert!(screen.has("`purple` is none of all"), "{}", screen.text());
}

#[test]
fn causes_of_a_run_are_walked_and_shown_in_their_steps() {
    let mut screen = red(120, 36);
    log_arrives(&mut screen, 7, (188_420, 1), PANIC);
    assert!(screen.has(" > FAIL 5  integration tests"), "{}", screen.text());
    assert!(screen.has("step 5 integration tests"), "{}", screen.text());
    // Another run has other logs; back again they are there at once.
    screen.keys("j");
    assert!(!screen.has("panicked") && screen.has("#18841 passed after 4m10s."), "{}", screen.text());
    screen.keys("k");
    assert!(screen.has("panicked"), "{}", screen.text());
    screen.keys("<Tab>j");
    assert!(screen.has("-- #18842 build-test / docs"), "{}", screen.text());
    screen.keys("j");
    assert!(screen.has("deploy was skipped: it has no log."), "{}", screen.text());
    screen.keys("e");
    assert!(screen.has("panicked") && screen.has("-- #18842 build-test / integration"), "{}", screen.text());
    screen.keys("<Tab><Tab>");
    screen.effects.clear();
    screen.keys("y");
    let [Effect::Copy(text)] = screen.effects.as_slice() else { panic!("{:?}", screen.effects) };
    assert!(text.contains("step `integration tests`") && text.contains("[#18842](https://github.com/"), "{text}");
}

#[test]
fn files_beside_repositories_have_a_row() {
    let mut screen = crate::ci::failed_run(120, 36);
    screen.app.watch(payments(), None);
    news(&mut screen, answered(payments(), before(3)));
    news(&mut screen, runs(payments(), night()));
    assert!(screen.has("First cause of 3"), "what was named stays: {}", screen.text());
    assert!(screen.effects.iter().all(|effect| !matches!(effect, Effect::Forge(_))), "{:?}", screen.effects);
    screen.keys("<Tab>G");
    assert!(screen.has(" > files   run-18842.zip"), "{}", screen.text());
    screen.keys("g");
    assert!(screen.has(" > #18842") && !screen.has("First cause"), "{}", screen.text());
}

#[test]
fn a_named_run_is_waited_for() {
    let mut screen = Screen::new(120, 36, settings());
    screen.app.watch(payments(), Some(188_390));
    news(&mut screen, runs(payments(), night()));
    assert!(screen.has(" > #18839"), "{}", screen.text());
    let mut gone = Screen::new(120, 36, settings());
    gone.app.watch(payments(), Some(77));
    news(&mut gone, runs(payments(), night()));
    assert!(gone.has(" > #18842"), "{}", gone.text());
}

#[test]
fn flaky_and_slow_are_said() {
    let mut screen = red(120, 36);
    let mut slow = night();
    slow[0].updated = Some(Timestamp(slow[0].started.unwrap().0 + 1500 * SECOND));
    slow[4].sha = slow[0].sha.clone();
    slow[4].progress = Passed;
    news(&mut screen, runs(payments(), slow));
    let mut passed = jobs();
    passed[1].progress = Passed;
    news(&mut screen, News::Jobs { repo: payments(), run: (188_420, 1), jobs: passed, is_cut: false });
    assert!(screen.line("#18842  build").contains("flaky"), "{}", screen.text());
    assert!(screen.has("flaky: failed on this commit, too"), "{}", screen.text());
    assert!(screen.has("took 25m00s, usually only 9m11s"), "{}", screen.text());
    assert!(screen.status().contains("flaky: failed and passed on this commit"), "{}", screen.status());
}

#[test]
fn hostile_names_do_no_harm() {
    let evil = "\u{1b}]52;c;aGk=\u{7}\u{1b}[2J\u{202e}x\n\r\t";
    let long = format!("{evil}{}", "\u{4e16}".repeat(3_500));
    for (width, height) in [(80, 24), (120, 36), (60, 12)] {
        let mut screen = asking(width, height);
        let mut bad = night();
        for run in &mut bad {
            (run.workflow, run.branch) = (long.clone(), format!("{evil}{}", run.branch));
            (run.sha, run.actor, run.title, run.event) = (long.clone(), long.clone(), long.clone(), evil.to_owned());
        }
        news(&mut screen, runs(payments(), bad));
        news(&mut screen, troubled(payments(), Some(500), &long, 99_999));
        let job = |id, progress| {
            job(id, &long, progress, vec![JobStep { name: long.clone(), ..integration_steps()[4].clone() }])
        };
        let jobs = vec![job(1, Failed), job(2, Passed)];
        news(&mut screen, News::Jobs { repo: payments(), run: (188_420, 1), jobs, is_cut: false });
        news(&mut screen, News::NoLog { repo: payments(), run: 188_420, job: None, why: long.clone() });
        let note = Annotation { level: evil.to_owned(), path: long.clone(), line: 3, message: long.clone() };
        news(&mut screen, News::Annotations { repo: payments(), run: 188_420, list: vec![note; 500] });
        let text = screen.text();
        assert!(!text.contains(|c: char| c.is_control() && c != '\n') && !text.contains('\u{202e}'), "{text}");
        screen.app.watch(repo(&long), None);
        news(&mut screen, troubled(repo(&long), None, &long, 5));
        screen.keys("jj:runs branch <Esc>Fx<Esc><Tab>j<Tab>j");
        let text = screen.text();
        assert!(!text.contains(|c: char| c.is_control() && c != '\n') && !text.contains('\u{202e}'), "{text}");
    }
}

#[test]
fn without_a_repository_the_tab_says_what_to_do() {
    let mut screen = Screen::new(80, 24, settings());
    screen.app.open(SourceId(0), "pods:payments", Tab::Pods);
    screen.keys("4");
    assert!(screen.has("No repository is watched."), "{}", screen.text());
}
