//! What somebody on call counts on, whatever is open: panes that stay, keys that are told, ways back.

use crate::support::*;
use logdeck::app::event::Event;
use logdeck::model::{OriginId, SourceId, Timestamp};

/// Records come in, and time passes until the bars are counted anew.
fn records_come_in(screen: &mut Screen, lines: &str) {
    screen.feed(OriginId::new(SourceId(0), 0), lines.as_bytes());
    let later = Timestamp(screen.app.now().0 + 5_000_000_000);
    screen.event(Event::Tick(later));
}

#[test]
fn what_is_open_stays_while_records_come_in() {
    let check = |keys: &str, open: &str| {
        let mut screen = screen(120, 36);
        screen.keys(keys);
        assert!(screen.has(open), "{keys}: {}", screen.text());
        records_come_in(&mut screen, "{\"time\":\"2026-11-21T03:14:23Z\",\"level\":\"error\",\"msg\":\"one more\"}\n");
        assert!(screen.has(open), "{keys} is gone: {}", screen.text());
        screen.keys("<Esc>");
        assert!(screen.app.counts().records() == 56, "it came in");
    };
    check("/time", "/time");
    check("@14:0", "@ 14:0");
    check("F", "-- Filter");
    check(":th", "-- Command palette");
    check("O", "-- Show all with");
    check("?", "-- Keys that work here");
    check("L", "-- Origins");
    check("B", "Space window");
    check("x", "export: ");
    check(":debug<Enter>", "-- Debug");
}

#[test]
fn what_is_said_moves_nothing_before_it() {
    for width in [80, 100, 120] {
        for keys in ["C", "D", "A", "T"] {
            let mut screen = screen(width, 24);
            screen.keys("k");
            let (quiet, _) = screen.status().split_once("lost 0").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
            screen.keys(keys);
            let said = screen.status();
            assert!(said.starts_with(&quiet), "{width} {keys}: {quiet}\n{said}");
        }
    }
}

#[test]
fn the_keys_of_what_is_open_are_told_in_whole_words() {
    let check = |width: u16, height: u16, keys: &str, line: &str, expected: &[&str]| {
        let mut screen = screen(width, height);
        screen.keys(keys);
        let line = screen.line(line);
        for words in expected {
            assert!(line.contains(words), "{width} {keys}: no `{words}` in {line}");
        }
        assert!(!line.contains('~'), "{line}");
    };
    check(80, 24, "kHHB", "lost 0", &["Space window  Enter filter  Esc leave"]);
    check(120, 36, "kHHB", "lost 0", &["Space window  Enter filter  Esc leave"]);
    check(80, 24, "O", "Show all with", &[" of ", "   Enter takes   Esc closes"]);
    check(80, 24, ":", "Command palette", &["Enter runs   Tab completes   Esc closes"]);
    check(60, 12, ":", "Command palette", &["Enter runs   Esc closes"]);
    check(80, 24, "L", "-- Origins", &[" 1 of 2   Space tick   Enter show only these   Esc close"]);
    check(60, 12, "L", "-- Origins", &[" 1 of 2   Space tick   Esc close"]);
    check(80, 24, "x", "export: ", &[".jsonl .log .csv .md", "Esc cancel"]);
    check(60, 12, "x", "export: ", &["jsonl   ", "  Esc cancel"]);
    check(80, 24, "@", "@ ", &["14:02", "Enter go there", "Esc cancel"]);
}

#[test]
fn a_terminal_that_is_too_small_tells_the_way_out_in_one_piece() {
    let check = |width: u16, expected: &str| {
        let mut screen = Screen::new(width, 8, settings());
        assert_eq!(screen.text().trim_end(), expected, "{width}");
    };
    check(59, "logdeck needs 60x12, this is 59x8.   q: quit");
    check(40, "logdeck needs 60x12, this is 40x8.\nq: quit");
}

#[test]
fn saved_filters_are_told_by_what_they_say() {
    let mut screen = screen(120, 36);
    screen.keys("++++F<Tab><Tab><Tab>charge|password=hunter2 sesame<Enter>:filter-save slow<Enter>");
    assert!(screen.has("not saved: it holds what looks like a secret"), "{}", screen.text());
    screen.keys("<Esc>F<Tab><Tab><Tab><Ctrl-u>charge<Enter>:filter-save slow<Enter>:filter ");
    assert!(screen.line("slow").contains("sev>=WRN  text /charge/"), "{}", screen.text());
}

#[test]
fn what_is_wrong_is_told_in_full_on_a_small_screen() {
    let check = |keys: &str, expected: &str| {
        let mut screen = screen(80, 24);
        screen.keys(keys);
        assert!(screen.has(expected), "{keys}: {}", screen.text());
    };
    check("F<Tab>25:99", "`25:99` is not a time: write 14:02, 10m, 10m@end or 2025-01-02T15:04:05Z");
    check("F<Tab><Tab><Tab>job [", "not a regular expression, at character 5: unclosed character class");
    check("/job [", "not a regular expression, at character 5: unclosed character class");
    check("@soon<Enter>", "`soon` is not a time: write 14:02, 10m, 10m@end or 2025");
}
