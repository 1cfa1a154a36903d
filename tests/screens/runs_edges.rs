//! Runs at the edges of what is usual: a clock that is wrong, too many jobs, nothing to compare with, artifacts.

use crate::runs::{PANIC, answered, before, job, jobs, log_arrives, news, payments, red, run, runs};
use Progress::{Failed, Passed, Running};
use logdeck::app::event::Event;
use logdeck::app::{ExtractNews, Extracted, LogForm};
use logdeck::model::SourceId;
use logdeck::model::Timestamp;
use logdeck::model::ci::{News, Progress, Quota, Run};

const SECOND: i64 = 1_000_000_000;

/// All times of a run that a server tells whose clock is off by so much.
fn off(mut run: Run, skew: i64) -> Run {
    for time in [&mut run.started, &mut run.updated] {
        *time = time.map(|at| Timestamp(at.0 + skew));
    }
    run
}

#[test]
fn ages_are_by_the_clock_that_told_the_times() {
    let list = || {
        vec![
            run(18_843, "build-test", "feat/x", Running, "03:07:51", 0),
            run(18_842, "build-test", "main", Failed, "02:58:00", 664),
            run(18_838, "build-test", "main", Failed, "02:40:00", 650),
            run(18_837, "build-test", "main", Passed, "02:20:48", 612),
        ]
    };
    for wrong in [0, 3600, -3600] {
        let skew = wrong * SECOND;
        let mut screen = red(120, 36);
        let quota = Quota::default();
        let (repo, last, next) = (payments(), Some(before(30)), Some(before(-30)));
        news(&mut screen, News::Asked { repo, last, problem: None, next, quota, is_anonymous: false, skew });
        news(&mut screen, runs(payments(), list().into_iter().map(|run| off(run, skew)).collect()));
        let text = screen.text();
        assert!(text.contains("red since #18838, 34m"), "{wrong}: {text}");
        assert!(text.contains("(43m ago)"), "{wrong}: {text}");
        let running = screen.line("#18843");
        assert!(running.contains("6m"), "{wrong}: {running}");
        // What our own clock says stays.
        assert!(text.contains("ok 30s ago"), "{wrong}: {text}");
        // The log it is compared with.
        log_arrives(&mut screen, 7, (188_420, 1), PANIC);
        let source = SourceId(7);
        let mut tell = |what| screen.event(Event::Extract(ExtractNews { source, run: 2, what }));
        tell(Extracted::Began { logs: 2, form: LogForm::Archive });
        let passed = Some(Timestamp(before(43 * 60).0 + skew));
        tell(Extracted::Green { name: "run #18837".to_owned(), passed });
        assert!(screen.has("compared with run #18837 (passed 43m ago)"), "{wrong}: {}", screen.text());
    }
    // What an answer needs on its way is no wrong clock.
    let mut screen = red(120, 36);
    let quota = Quota::default();
    let told = News::Asked {
        repo: payments(),
        last: Some(before(3)),
        problem: None,
        next: None,
        quota,
        is_anonymous: false,
        skew: -2 * SECOND,
    };
    let was = screen.status();
    news(&mut screen, told);
    assert_eq!(screen.status(), was);
}

#[test]
fn why_a_log_is_compared_with_nothing_is_said() {
    for (width, cut) in [(80, true), (120, true), (200, false)] {
        let mut screen = red(width, 36);
        let why = "run #18837: the log is no longer kept: it was deleted\u{1b}[2J".to_owned();
        let none = News::NoGreen { repo: payments(), run: (188_420, 1), why };
        // Before the log is there it is not worth a word.
        news(&mut screen, none.clone());
        assert!(!screen.has("compared with"), "{}", screen.text());
        log_arrives(&mut screen, 7, (188_420, 1), PANIC);
        news(&mut screen, none);
        assert!(screen.has("compared with nothing: run #18837: the log is"), "{}", screen.text());
        assert_eq!(screen.has("kept: it was deleted"), !cut, "{}", screen.text());
        // The run is still named.
        assert!(screen.has("acme/payments   main @ 18842f9") || width < 120, "{}", screen.text());
        // A log that is compared with after all goes before it.
        let source = SourceId(7);
        let mut tell = |what| screen.event(Event::Extract(ExtractNews { source, run: 2, what }));
        tell(Extracted::Began { logs: 2, form: LogForm::Archive });
        tell(Extracted::Green { name: "pass.log".to_owned(), passed: None });
        assert!(screen.has("compared with pass.log") && !screen.has("nothing"), "{}", screen.text());
    }
}

#[test]
fn more_jobs_than_are_asked_for_are_said_to_be_cut() {
    let mut screen = red(120, 36);
    let mut list: Vec<_> = (0..1000).map(|n| job(n + 10, &format!("shard {n}"), Passed, Vec::new())).collect();
    list[3].progress = Failed;
    let mut told = |list: &[_], is_cut| {
        let jobs = list.to_vec();
        news(&mut screen, News::Jobs { repo: payments(), run: (188_420, 1), jobs, is_cut });
        screen.line("#18842 build-test")
    };
    let line = told(&list, false);
    assert!(line.contains("1 of 1,000 failed"), "{line}");
    let line = told(&list, true);
    assert!(line.contains("1 of the first 1,000 failed"), "{line}");
    // A watcher that tells more than fit.
    list.push(job(5000, "one more", Passed, Vec::new()));
    let line = told(&list, false);
    assert!(line.contains("1 of the first 1,000 failed"), "{line}");
    list[3].progress = Passed;
    let line = told(&list, true);
    assert!(line.contains("the first 1,000 jobs, none failed"), "{line}");
}

#[test]
fn jobs_that_left_artifacts_say_so() {
    for width in [80, 120] {
        let mut screen = red(width, 36);
        news(&mut screen, answered(payments(), before(3)));
        let mut list = jobs();
        list[0].has_artifacts = Some(true);
        list[1].has_artifacts = Some(false);
        let tell = |jobs| News::Jobs { repo: payments(), run: (188_420, 1), jobs, is_cut: false };
        news(&mut screen, tell(list.clone()));
        let line = screen.line(" docs ");
        assert!(line.contains("artifacts"), "{line}");
        let line = screen.line("integration (");
        assert!(!line.contains("artifacts"), "{line}");
        // Of the only job the heading of its steps says it, where there is room.
        list.truncate(1);
        news(&mut screen, tell(list));
        let line = screen.line("-- #18842 build-test");
        assert!(line.contains("artifacts") || width < 100, "{}", screen.text());
    }
}
