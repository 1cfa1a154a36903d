//! Logs of runs: why there is none, and what they are compared with.

use crate::runs::{PANIC, asking, before, job, jobs, log_arrives, news, payments, red, run, runs};
use Progress::{Cancelled, Failed, Passed, Skipped};
use logdeck::app::event::Event;
use logdeck::app::{ExtractNews, Extracted, LogForm};
use logdeck::model::SourceId;
use logdeck::model::ci::{News, Progress};
use logdeck::sources::forge::download::NoLog;

#[test]
fn each_reason_for_no_log_has_its_own_words() {
    let reasons = [
        NoLog::Running("the run"),
        NoLog::Waiting,
        NoLog::Soon,
        NoLog::NeverRan,
        NoLog::Expired,
        NoLog::Store { host: "blob.example.com".to_owned(), status: 403 },
        NoLog::NotALog { host: "blob.example.com".to_owned(), what: "a web page" },
        NoLog::NoRoom { taken: 900 << 20, limit: 1 << 30, place: "~/.cache/logdeck/logs".to_owned() },
        NoLog::Stopped,
    ];
    let mut said = std::collections::HashSet::new();
    for reason in reasons {
        let mut screen = red(80, 24);
        let why = reason.to_string();
        news(&mut screen, News::NoLog { repo: payments(), run: 188_420, job: None, why: why.clone() });
        let text = screen.text();
        let words: Vec<_> = text.split_whitespace().collect();
        let words = words.join(" ");
        assert!(words.contains(&why) && words.contains("r tries again"), "{why}: {text}");
        assert!(said.insert(why), "said twice");
    }
}

#[test]
fn runs_and_jobs_without_a_log_say_why() {
    // A run without jobs.
    let mut screen = red(80, 24);
    news(&mut screen, News::Jobs { repo: payments(), run: (188_420, 1), jobs: Vec::new(), is_cut: false });
    let why = "the run has no jobs, so there is no log".to_owned();
    news(&mut screen, News::NoLog { repo: payments(), run: 188_420, job: None, why: why.clone() });
    assert!(screen.has(&why), "{}", screen.text());
    // One that was cancelled.
    let mut screen = asking(80, 24);
    news(&mut screen, runs(payments(), vec![run(18_843, "build-test", "main", Cancelled, "02:50:00", 30)]));
    assert!(screen.has("#18843 was cancelled."), "{}", screen.text());
    // Jobs of a run whose log is there.
    let mut screen = red(120, 36);
    let mut list = jobs();
    list.push(job(8, "notify", Skipped, Vec::new()));
    list.push(job(9, "report", Cancelled, Vec::new()));
    news(&mut screen, News::Jobs { repo: payments(), run: (188_420, 1), jobs: list, is_cut: false });
    log_arrives(&mut screen, 7, (188_420, 1), PANIC);
    screen.keys("<Tab>G");
    assert!(screen.has("There is no log of report."), "{}", screen.text());
    screen.keys("k");
    assert!(screen.has("notify was skipped: it has no log."), "{}", screen.text());
}

#[test]
fn the_log_that_is_compared_with_is_called_by_its_run() {
    let mut screen = red(120, 36);
    log_arrives(&mut screen, 7, (188_420, 1), PANIC);
    let source = SourceId(7);
    let mut tell = |what| screen.event(Event::Extract(ExtractNews { source, run: 2, what }));
    tell(Extracted::Began { logs: 2, form: LogForm::Archive });
    tell(Extracted::Green { name: "run #18841".to_owned(), passed: Some(before(43 * 60)) });
    assert!(screen.has("compared with run #18841 (passed 43m ago)"), "{}", screen.text());
}

#[test]
fn jobs_that_were_run_again_are_flaky() {
    let mut screen = red(120, 36);
    let mut list = jobs();
    list[0].earlier = vec![Failed];
    list[0].progress = Passed;
    let name = list[0].name.clone();
    news(&mut screen, News::Jobs { repo: payments(), run: (188_420, 1), jobs: list, is_cut: false });
    assert!(screen.has("flaky: failed on this commit, too"), "{}", screen.text());
    assert!(screen.status().contains(&format!("flaky: {name}")), "{}", screen.status());
}
