//! Names of runs, jobs, steps and branches that strangers chose, on every screen that shows them.

use crate::runs::{answered, before, job, log_arrives, news, payments, run, runs};
use crate::support::*;
use Progress::{Failed, Passed, Running};
use logdeck::app::event::Event;
use logdeck::model::ci::{Annotation, JobStep, News, Progress, Repo, Run};

/// What a name may hold, each of which would break a screen if it were printed as it is.
fn names() -> Vec<String> {
    let mut names: Vec<String> = [
        "\u{1b}[2J\u{1b}[31mclear",
        "\u{1b}]52;c;ZXZpbA==\u{7}clip",
        "\u{1b}]0;title\u{7}",
        "c1\u{9b}2J",
        "two\nlines\r\nand three",
        "../../../etc/passwd",
        "tab\tstop",
        "nul\0del\u{7f}back\u{8}",
        "bidi\u{202e}gnp.exe\u{2066}\u{200f}",
        "zero\u{200b}\u{feff}width\u{2028}next",
        "wide 日本語 👩\u{200d}👩\u{200d}👧",
        "",
        "   ",
        "%s %n {} $(id) `id`",
    ]
    .map(str::to_owned)
    .into();
    names.push("x".repeat(300));
    names.push(format!("e{}", "\u{301}".repeat(2000)));
    names.push("日".repeat(300));
    names
}

fn safe(screen: &mut Screen, what: &str) {
    let text = screen.text();
    let bad = |c: char| {
        let is_bidi = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        (c.is_control() && c != '\n') || is_bidi || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}')
    };
    let found = text.chars().find(|c| bad(*c));
    assert_eq!(found, None, "{what}: {text}");
    assert!(screen.has("RUNS") || !text.trim().is_empty(), "{what}");
}

/// A run all of whose texts are `name`.
fn hostile_run(number: u64, name: &str, progress: Progress) -> Run {
    Run {
        workflow: name.to_owned(),
        title: name.to_owned(),
        branch: name.to_owned(),
        event: name.to_owned(),
        actor: name.to_owned(),
        sha: if number.is_multiple_of(2) { name.to_owned() } else { format!("{number}abcdef") },
        page: name.to_owned(),
        ..run(number, "w", "b", progress, "02:58:00", 664)
    }
}

fn stage(width: u16, height: u16, name: &str) -> Screen {
    let mut screen = Screen::new(width, height, settings());
    screen.app.watch(payments(), None);
    news(&mut screen, answered(payments(), before(3)));
    let list = vec![hostile_run(12, name, Failed), hostile_run(11, name, Running), hostile_run(10, name, Passed)];
    news(&mut screen, News::Runs { repo: payments(), default_branch: name.to_owned(), runs: list });
    let steps: Vec<_> = [Passed, Failed, Passed]
        .iter()
        .zip(1..)
        .map(|(progress, number)| JobStep {
            number,
            name: name.to_owned(),
            progress: *progress,
            started: Some(before(900)),
            ended: Some(before(800)),
        })
        .collect();
    let mut list = vec![job(1, name, Failed, steps.clone()), job(2, name, Passed, steps)];
    name.clone_into(&mut list[0].stage);
    name.clone_into(&mut list[0].page);
    list[1].earlier = vec![Failed];
    news(&mut screen, News::Jobs { repo: payments(), run: (120, 1), jobs: list, is_cut: false });
    screen
}

#[test]
fn names_on_the_screens_of_runs_are_shown_and_not_obeyed() {
    for name in names() {
        for (width, height) in [(120, 36), (80, 24), (41, 13)] {
            let mut screen = stage(width, height, &name);
            safe(&mut screen, &format!("runs of {name:?}"));
            let note =
                Annotation { level: name.clone(), path: name.clone(), line: 7, message: format!("{name}\n{name}") };
            news(&mut screen, News::Annotations { repo: payments(), run: 120, list: vec![note] });
            news(&mut screen, News::NoLog { repo: payments(), run: 120, job: Some(1), why: name.clone() });
            news(&mut screen, News::NoLog { repo: payments(), run: 120, job: None, why: name.clone() });
            safe(&mut screen, &format!("without a log, {name:?}"));
            log_arrives(&mut screen, 7, (120, 1), &name.replace('\n', " "));
            news(&mut screen, News::NoGreen { repo: payments(), run: (120, 1), why: name.clone() });
            safe(&mut screen, &format!("the log of {name:?}"));
            for keys in ["<Tab>j", "<Tab>j", "<Tab>", "G", "?", "<Esc>:", "<Esc>o", "b"] {
                screen.keys(keys);
                safe(&mut screen, &format!("{keys} on {name:?}"));
            }
        }
    }
}

#[test]
fn names_of_repositories_and_problems_are_shown_and_not_obeyed() {
    for name in names() {
        let mut screen = Screen::new(80, 24, settings());
        let repo = Repo { host: name.clone(), path: format!("acme/{name}"), ..payments() };
        screen.app.watch(repo.clone(), None);
        safe(&mut screen, &format!("asking {name:?}"));
        let told = News::Asked {
            repo: repo.clone(),
            last: None,
            problem: Some(name.clone()),
            next: Some(before(-60)),
            quota: logdeck::model::ci::Quota::default(),
            is_anonymous: true,
            skew: i64::MIN,
        };
        news(&mut screen, told);
        safe(&mut screen, &format!("no answer about {name:?}"));
        screen.app.watch(payments(), None);
        news(&mut screen, runs(payments(), vec![hostile_run(3, &name, Failed)]));
        news(&mut screen, runs(repo, vec![hostile_run(4, &name, Failed)]));
        safe(&mut screen, &format!("two repositories, {name:?}"));
        screen.event(Event::Tick(before(0)));
        safe(&mut screen, &format!("later, {name:?}"));
    }
}

#[test]
fn a_long_name_leaves_the_other_columns_in_place() {
    let mut screen = stage(120, 36, &"x".repeat(300));
    let line = screen.line("#12 ");
    assert!(line.contains("failed") && line.contains("11m04s"), "{line}");
    let mut screen = stage(80, 24, &"日".repeat(300));
    let line = screen.line("#12 ");
    assert!(line.contains("failed") && line.contains("11m04s"), "{line}");
}
