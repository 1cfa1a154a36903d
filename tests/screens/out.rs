//! What leaves the screen: exports, the handover of marks, copies; and what is said about them.

use crate::support::*;
use logdeck::app::event::{Effect, Event, ExportNews};
use logdeck::app::export::{Go, Job, Written};

/// The job that was asked for last.
fn job(screen: &Screen) -> Job {
    match screen.effects.last() {
        Some(Effect::Export(job)) => job.clone(),
        other => panic!("{other:?}"),
    }
}

fn contents(job: &Job) -> String {
    let mut out = Vec::new();
    job.write(&mut out, &mut |_| Go::On).unwrap();
    String::from_utf8(out).unwrap()
}

fn news(screen: &mut Screen, news: ExportNews) {
    screen.event(Event::Export(news));
}

#[test]
fn screens() {
    for (width, height) in [(80, 24), (120, 36)] {
        let mut screen = screen(width, height);
        screen.keys("++++x");
        snap(format!("export_prompt_{width}x{height}"), &screen.text());
        screen.keys("<Enter>");
        news(&mut screen, ExportNews::Progress(43));
        snap(format!("export_running_{width}x{height}"), &screen.text());
        news(&mut screen, ExportNews::Exists { what: "exists", free: Some(2) });
        snap(format!("export_exists_{width}x{height}"), &screen.text());
        screen.keys("<Enter>");
        assert_eq!(job(&screen).target(), "logdeck-ci-20261121-031422-2.jsonl", "the suggestion can be taken");
        news(&mut screen, ExportNews::Written(Written { count: 979, bytes: 217_088, redacted: 14 }));
        snap(format!("export_written_{width}x{height}"), &screen.text());
        assert!(screen.effects.iter().all(|effect| matches!(effect, Effect::Export(_))));
    }
}

#[test]
fn what_is_shown_is_exported() {
    let mut screen = screen(120, 36);
    screen.keys("+++++x<Ctrl-u>out.log<Enter>");
    let text = contents(&job(&screen));
    assert_eq!(job(&screen).target(), "out.log");
    let messages: Vec<_> = text.lines().map(|line| line.split("  ").nth(1).unwrap_or(line)).collect();
    assert_eq!(messages[0], "charge failed: upstream deadline exceeded after 2000 ms");
    assert_eq!(messages[1], "circuit breaker OPEN target=ledger.internal:443 failures=50/50");
    assert_eq!(messages[2], "panic recovered: nil pointer in ledger.(*Client).Post");
    assert_eq!(text.lines().nth(3), Some("    | goroutine 9121 [running]:"));
    assert_eq!((messages[6], messages.len()), ("settle job 1121 failed: lock timeout", 7));
    assert!(text.contains("[redacted: ") && !text.contains("abcdefghij"));
}

#[test]
fn the_form_is_the_ending_and_markdown_tells_what_it_is() {
    let mut screen = screen(120, 36);
    screen.keys("+++++:export ~/out.md<Enter>");
    assert_eq!(job(&screen).target(), "~/out.md");
    snap("export_markdown", &contents(&job(&screen)).replace(env!("CARGO_PKG_VERSION"), "VERSION"));
    news(&mut screen, ExportNews::Cancelled);
    screen.keys(":export out.csv<Enter>");
    assert!(contents(&job(&screen)).starts_with("time,severity,origin,message,fields\r\n"));
    news(&mut screen, ExportNews::Cancelled);
    screen.keys(":export out.jsonl<Enter>");
    assert!(contents(&job(&screen)).starts_with("{\"time\":\"2026-11-21T03:13:58.104Z\","));
}

#[test]
fn a_name_that_cannot_be_taken_stays_to_be_mended() {
    let mut screen = screen(120, 36);
    let mut check = |typed: &str, expected: &str| {
        screen.keys("x<Ctrl-u>");
        screen.keys(typed);
        screen.keys("<Enter>");
        assert!(screen.app.prompt().is_some() && screen.status().contains(expected), "{}", screen.status());
        screen.keys("<Esc>");
    };
    check("", "a file name is needed");
    check("out.xml", "`.xml` is no form: use .log .txt .jsonl .json .csv or .md");
    check("CON", "the ending chooses the form");
    check("logs/", "is a directory: a file name has to follow");
    assert!(screen.effects.is_empty());
    screen.keys(":export out.xml<Enter>");
    assert!(screen.has("`.xml` is no form"), "{}", screen.text());
    screen.keys("<Esc>:export<Enter>");
    assert!(screen.status().contains("export: logdeck-ci-"), "{}", screen.status());
}

#[test]
fn one_export_at_a_time_and_esc_cancels_it() {
    let mut screen = screen(120, 36);
    screen.keys("x<Enter>");
    news(&mut screen, ExportNews::Progress(43));
    assert!(screen.has("exporting 43 %, Esc cancels"));
    screen.keys("jx");
    assert!(screen.app.prompt().is_none() && screen.has("an export is running (43 %): Esc cancels it"));
    news(&mut screen, ExportNews::Progress(44));
    assert!(screen.has("an export is running"), "what was said stays until the next key");
    screen.keys("j");
    news(&mut screen, ExportNews::Progress(45));
    assert!(screen.has("exporting 45 %"));
    let before = screen.effects.len();
    screen.keys("<Enter><Esc>");
    assert_eq!(screen.effects[before..], [Effect::CancelExport]);
    assert!(screen.has("-- Detail --"), "the export goes first");
    news(&mut screen, ExportNews::Cancelled);
    assert!(screen.has("export cancelled: no file was written"));
    screen.keys("<Esc>x<Enter>");
    let before = screen.effects.len();
    screen.keys("q<Ctrl-c>");
    assert_eq!(screen.effects[before..], [Effect::CancelExport, Effect::CancelExport], "quitting can wait");
    news(&mut screen, ExportNews::Cancelled);
    screen.keys("x");
    assert!(screen.app.prompt().is_some());
    // News of an export that nobody knows of any more change nothing.
    news(&mut screen, ExportNews::Progress(1));
    assert!(screen.app.prompt().is_some() && !screen.has("exporting"));
}

#[test]
fn a_failure_is_said_and_the_app_goes_on() {
    let mut screen = screen(120, 36);
    screen.keys("x<Ctrl-u>no/x.log<Enter>");
    let problem = "no/x.log: there is no directory no\x1b[2J; make it or choose another".to_owned();
    news(&mut screen, ExportNews::Failed(problem));
    assert!(screen.has("no/x.log: there is no directory no<1B>[2J; make it"), "{}", screen.text());
    // A pane that was opened meanwhile stays open.
    screen.keys("x<Enter>?");
    news(&mut screen, ExportNews::Exists { what: "exists", free: None });
    assert!(screen.app.help_scroll().is_some());
    let said = screen.app.message().unwrap().text.clone();
    assert_eq!(said, "logdeck-ci-20261121-031422.jsonl exists; choose another name");
    screen.keys("<Esc>");
    assert!(screen.app.prompt().is_none());
}

#[test]
fn marks_are_handed_over() {
    let mut screen = screen(120, 36);
    screen.keys("X");
    assert!(screen.has("nothing is marked: m marks the record under the cursor"));
    screen.keys("geemem");
    screen.keys("X<Enter>");
    assert_eq!(job(&screen).target(), "logdeck-handover-20261121-031422.md");
    let text = contents(&job(&screen));
    snap("handover", &text.replace(env!("CARGO_PKG_VERSION"), "VERSION"));
    news(&mut screen, ExportNews::Written(Written { count: 2, bytes: 812, redacted: 1 }));
    assert!(screen.has("wrote ./logdeck-handover-20261121-031422.md: 2 marks, 812 B, 1 value redacted"));
    screen.keys(":handover x.csv<Enter>");
    assert!(screen.has("a handover is Markdown: end the name in .md"));
}

#[test]
fn hostile_marks_stay_text() {
    let mut screen = Screen::new(120, 36, settings());
    let text = "2026-11-21T03:13:10Z ERROR ```` <img src=x> [x](http://e) \x1b[2J token ghp_abcdefghijklmnopqrstuvwxyz0123456789\n";
    screen.open(0, "`x`<b>", &[("a`b|<script>.log", text)]);
    screen.keys("mX<Enter>");
    let text = contents(&job(&screen));
    assert!(text.contains("- open: `` `x`<b> `` (tab CI, 1 origin)"), "{text}");
    assert!(text.contains("ERROR ``a`b|<script>.log``"), "{text}");
    assert!(text.contains("`````text\n```` <img src=x> [x](http://e) <1B>[2J token [redacted: "), "{text}");
    assert!(!text.contains("ghp_") && text.ends_with("\n`````\n"), "{text}");
}

#[test]
fn marked_records_are_copied_in_the_order_of_time() {
    let mut screen = screen(120, 36);
    screen.keys("mgeem<Alt-y>");
    let Some(Effect::Copy(text)) = screen.effects.pop() else { panic!("no copy") };
    let lines: Vec<_> = text.lines().collect();
    assert!(lines[0].contains("circuit breaker OPEN") && lines[0].contains("[redacted: "), "{text}");
    assert_eq!(lines[1..], ["2026-11-21T03:14:07.003Z ERROR settle job 1121 failed: lock timeout"]);
    screen.keys("y");
    let Some(Effect::Copy(one)) = screen.effects.last() else { panic!("{:?}", screen.effects) };
    assert_eq!(one, lines[0], "y copies the record under the cursor, whatever is marked");
}

#[test]
fn a_line_of_a_private_key_is_not_copied() {
    let body = "MIIEowIBAAKCAQEAvbuxzTRbmZ8A4a3yEBsCmzTbV6MsSl9kX0zqUeJQ2xYh";
    let mut text = "2026-11-21T03:13:10Z app: -----BEGIN PRIVATE KEY-----\n".to_owned();
    text.push_str(&format!("2026-11-21T03:13:11Z app: {body}\n"));
    let mut screen = Screen::new(120, 36, settings());
    screen.open(0, "a.log", &[("a.log", &text)]);
    screen.keys("yYm<Alt-y>X<Enter>");
    for effect in &screen.effects {
        let text = match effect {
            Effect::Copy(text) => text.clone(),
            Effect::Export(job) => contents(job),
            other => panic!("{other:?}"),
        };
        assert!(text.contains("[redacted: private key, ") && !text.contains("vbuxzTRb"), "{text}");
    }
    assert_eq!(screen.effects.len(), 4);
}
