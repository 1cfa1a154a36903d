//! Repeats that are collapsed, and what a filter keeps around its matches.

use crate::support::*;
use logdeck::model::{OriginId, SourceId};
use std::fmt::Write as _;

const SIZES: [(u16, u16); 2] = [(80, 24), (120, 36)];

fn check(name: &str, keys: &str) {
    for (width, height) in SIZES {
        let mut screen = screen(width, height);
        screen.keys(keys);
        snap(format!("{name}_{width}x{height}"), &screen.text());
        if width == 120 {
            snap(format!("{name}_styles"), &screen.styles());
        }
    }
}

/// A service whose charges fail again and again, with long lines and a trace.
fn storm(width: u16, height: u16) -> Screen {
    let mut text = String::new();
    for second in 0..1300 {
        let (minute, second) = (second / 60, second % 60);
        let _ = writeln!(
            text,
            "2026-11-21T03:{minute:02}:{second:02}Z ERROR charge failed: upstream deadline exceeded after {} ms, giving up on this order and on all that wait behind it order=8f{minute:02}",
            2000 + second
        );
    }
    for (second, line) in [
        (1, "INFO GET /healthz 200 3ms"),
        (2, "INFO GET /healthz 200 4ms"),
        (3, "INFO GET /healthz 503 4ms"),
        (4, "ERROR panic: nil pointer\n\tat client.go:118\n\tat main.go:7"),
        (5, "ERROR panic: nil pointer\n\tat client.go:121\n\tat main.go:7"),
        (6, "WARN shedding load: queue=1024 policy=drop-oldest"),
    ] {
        let _ = writeln!(text, "2026-11-21T03:22:{second:02}Z {line}");
    }
    let mut screen = Screen::new(width, height, settings());
    screen.open(0, "api.log", &[("api.log", &text)]);
    screen
}

#[test]
fn collapsed() {
    check("collapsed", "D");
}

#[test]
fn collapsed_long_lines() {
    for (width, height) in SIZES {
        let mut screen = storm(width, height);
        screen.keys("Dg");
        snap(format!("collapsed_storm_{width}x{height}"), &screen.text());
        screen.keys("wG");
        snap(format!("collapsed_wrapped_{width}x{height}"), &screen.text());
    }
}

#[test]
fn lines_around_matches() {
    check("around", "++++/deadline<Enter><Esc>:context 1<Enter>");
}

#[test]
fn what_does_not_match_is_dimmed() {
    check("dimmed", "++++CCkk");
}

#[test]
fn the_count_grows_with_the_last_row() {
    let mut screen = storm(80, 24);
    screen.keys("D");
    let more = "2026-11-21T03:22:07Z WARN shedding load: queue=2048 policy=drop-oldest\n";
    screen.feed(OriginId::new(SourceId(0), 0), more.repeat(3).as_bytes());
    assert!(screen.cursor_line().trim_end().ends_with(" x4"), "{}", screen.cursor_line());
    assert!(screen.has("1,309 records in 5 rows"), "{}", screen.text());
    screen.keys("k");
    screen.feed(OriginId::new(SourceId(0), 0), more.repeat(2).as_bytes());
    assert!(screen.status().contains("PAUSED, 2 new"), "{}", screen.status());
    screen.keys("D");
    assert!(screen.status().contains("every record has its row") && !screen.has(" rows"));
}

#[test]
fn search_and_errors_skip_the_rest_of_a_row() {
    let mut screen = storm(120, 36);
    screen.keys("Dg");
    assert!(screen.cursor_line().ends_with("x1,300"), "{}", screen.cursor_line());
    screen.keys("e");
    assert!(screen.cursor_line().contains("nil pointer   [+2 lines]"), "{}", screen.cursor_line());
    screen.keys("E");
    assert!(screen.cursor_line().ends_with("x1,300"), "{}", screen.cursor_line());
    // The first of the two requests does not have it.
    screen.keys("/200 4ms<Enter>");
    assert!(screen.cursor_line().contains("200 3ms"), "{}", screen.cursor_line());
    screen.keys("<Enter>");
    assert!(screen.has("-- Detail, 1 of 2 repeats --"), "{}", screen.text());
    screen.keys("<Enter>D");
    assert!(screen.cursor_line().contains("200 4ms"), "{}", screen.cursor_line());
}

#[test]
fn context_goes_with_its_filter() {
    let mut screen = screen(120, 36);
    screen.keys("C");
    assert!(screen.status().contains("no filter is active: this is everything"));
    screen.keys(":context 2<Enter>");
    assert!(screen.status().contains("no filter is active; with one, C keeps 2 lines around each match"));
    screen.keys("+++++");
    let plain = screen.text();
    screen.keys("C");
    assert!(screen.status().contains("filter sev>=ERR +-2 ") && screen.status().contains("2 lines around each match"));
    screen.keys("+");
    assert!(screen.status().contains("filter sev>=FTL +-2 "), "{}", screen.status());
    screen.keys("-C");
    assert!(screen.status().contains("filter sev>=ERR dim "), "{}", screen.status());
    // The filter that `z` takes away comes back with it.
    screen.keys("z");
    assert!(!screen.status().contains("dim"));
    screen.keys("z");
    assert!(screen.status().contains("filter sev>=ERR dim "));
    screen.keys("C");
    assert!(screen.status().contains("only what matches is shown"));
    screen.keys("j");
    assert_eq!(screen.text().lines().next(), plain.lines().next());
    screen.keys("C<Esc>");
    assert!(screen.status().contains("filter dropped"));
    screen.keys("++++");
    assert!(screen.status().contains("filter sev>=WRN  "), "{}", screen.status());
    screen.keys(":context 51<Enter>");
    assert!(screen.has("context takes a number of lines: 0 to 50"));
    screen.keys("<Esc>C:context 0<Enter>");
    assert!(screen.status().contains("only what matches is shown"));
}

#[test]
fn a_line_that_does_not_match_can_be_told_without_colours() {
    let mut screen = screen(120, 36);
    screen.keys("++++C");
    assert!(screen.line("GET /v1/charge/8039").contains("  inf  "));
    assert!(screen.line("retry 1/3").contains("  WRN  "));
    assert!(screen.has("7 of 55 records"), "{}", screen.text());
}
