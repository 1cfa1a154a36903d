//! Time first: all sources by time, going to a time, tabs that keep it, bars, and the list of origins.

use crate::support::*;
use logdeck::app::event::Event;
use logdeck::model::address::Tab;
use logdeck::model::{Health, OriginId, SourceId, SourceMsg, State};

/// The incident on the CI tab, and a few records of two pods on theirs.
fn two_tabs(width: u16, height: u16) -> Screen {
    let mut screen = screen(width, height);
    let source = SourceId(7);
    screen.app.open(source, "pods:prod/payments", Tab::Pods);
    for (n, name) in ["payments-api-7d9f5c-2xkq9", "edge-6b8-tt91z"].into_iter().enumerate() {
        let origin = OriginId::new(source, n as u32);
        screen.event(Event::Source(SourceMsg::Origin { id: origin, name: name.to_owned() }));
        let line = |time: &str, words: &str| format!("2026-11-21T03:13:{time}Z {words}\n");
        let text = [line("10.500", "INFO ready"), line("41.500", "ERROR out of memory"), line("55.500", "INFO gone")];
        screen.feed(origin, text.concat().as_bytes());
    }
    screen.health(7, Health::new(State::Failed, "403 forbidden: pods/log"));
    screen
}

fn check(name: &str, keys: &str) {
    for (width, height) in [(80, 24), (120, 36)] {
        let mut screen = two_tabs(width, height);
        screen.keys(keys);
        snap(format!("{name}_{width}x{height}"), &screen.text());
        if width == 120 {
            snap(format!("{name}_styles"), &screen.styles());
        }
    }
}

#[test]
fn all_sources_by_time() {
    check("all_sources", "A@03:13:41<Enter>");
}

#[test]
fn bars_with_a_window() {
    check("bars_window", "HHB<Left><Left><Space><Left><Left><Left>");
}

#[test]
fn origins() {
    check("origins", "AL<Space>");
}

#[test]
fn all_sources_keep_filter_and_line_and_count_what_they_show() {
    let mut screen = two_tabs(120, 36);
    screen.keys("+++++g");
    let line = screen.cursor_line();
    screen.keys("A");
    assert!(screen.cursor_line().contains(line.trim_start_matches('>').trim_end().split("  ").next().unwrap()));
    assert!(screen.has("out of memory") && screen.has("403 forbidden"), "{}", screen.text());
    screen.keys("A");
    assert!(!screen.has("out of memory"));
    // A source that is opened later belongs to it.
    screen.keys("A<Esc>G");
    screen.app.open(SourceId(9), "gs://logs", Tab::Gcs);
    screen.feed(OriginId::new(SourceId(9), 0), b"2026-11-21T03:14:20Z INFO an object\n");
    assert!(screen.cursor_line().contains("an object"), "{}", screen.text());
}

#[test]
fn times_are_gone_to() {
    let check = |typed: &str, line: &str, words: &str| {
        let mut screen = screen(120, 36);
        screen.keys(&format!("@{typed}<Enter>"));
        assert!(screen.cursor_line().contains(line), "{typed}: {}", screen.text());
        assert!(screen.status().contains(words), "{typed}: {}", screen.status());
    };
    check("03:13:41", "03:13:41.020", "PAUSED");
    check("2026-11-21T03:13:41Z", "03:13:41.020", "PAUSED");
    check("41s", "03:13:41.020", "PAUSED");
    check("-10s", "03:13:58.104", "PAUSED");
    check("00:00", "03:13:00", "before the first record, which is of 2026-11-21 03:13:00");
    check("23:00", "03:14:07", "after the last record");
}

#[test]
fn a_time_that_is_none_stays_to_be_mended() {
    let mut screen = screen(120, 36);
    screen.keys("@soon<Enter>");
    assert!(screen.status().contains("@ soon") && screen.status().contains("is not a time"), "{}", screen.status());
    screen.keys("<Esc>");
    assert!(screen.status().contains("FOLLOW"));
}

#[test]
fn tabs_keep_the_time_and_the_line() {
    let mut screen = two_tabs(120, 36);
    screen.keys("@03:13:41<Enter>k");
    let line = screen.cursor_line();
    screen.keys("3");
    assert!(screen.cursor_line().contains("03:13:41.500"), "{}", screen.text());
    screen.keys("4");
    assert_eq!(screen.cursor_line(), line, "nothing was moved there");
    screen.keys("3j");
    let moved = screen.cursor_line();
    screen.keys("4");
    assert_ne!(screen.cursor_line(), line, "now it was: {moved}");
    // Who follows goes on following.
    let mut screen = two_tabs(120, 36);
    screen.keys("34");
    assert!(screen.status().contains("FOLLOW"));
}

#[test]
fn a_window_of_bars_is_a_filter() {
    let mut screen = two_tabs(120, 36);
    screen.keys("Bhh<Space>h<Enter>");
    assert!(screen.status().contains("since 03:14:04 until 03:14:0"), "{}", screen.status());
    screen.keys("F");
    assert!(screen.has("2026-11-21T03:14:04+00:00"), "{}", screen.text());
    let mut small = two_tabs(80, 18);
    small.keys("B");
    assert!(small.status().contains("the bars need 20 rows"), "{}", small.status());
}

#[test]
fn chosen_origins_are_a_filter() {
    let mut screen = two_tabs(120, 36);
    screen.keys("L");
    let text = screen.text();
    let at = |needle: &str| text.find(needle).unwrap_or_else(|| panic!("{needle}: {text}"));
    assert!(at("payments-api.log") < at("ledger-worker.log"), "the one with more errors comes first");
    screen.keys("j<Enter>");
    assert!(screen.status().contains("origin ledger-worker.log"), "{}", screen.status());
    assert!(!screen.has("circuit breaker"));
    screen.keys("<Esc>");
    assert!(screen.has("circuit breaker"));
}
