//! Every action of the table does something that can be seen: a row here for each, or the test fails.

use crate::support::*;
use logdeck::app::action::ACTIONS;
use logdeck::app::event::Effect;

/// (action, keys before, the key, what the screen says then, what it may not say).
type Case = (&'static str, &'static str, &'static str, &'static str, &'static str);

const CASES: &[Case] = &[
    ("down", "gj", "j", ">03:13:01.101", ""),
    ("up", "G", "k", ">03:14:04.915", ""),
    ("half-down", "g", "<Ctrl-d>", "line 14 ", ""),
    ("half-up", "G", "<Ctrl-u>", "line 42 ", ""),
    ("page-down", "g", "<Space>", "line 27 ", ""),
    ("page-up", "G", "b", "line 29 ", ""),
    ("top", "", "g", ">03:13:00.101", ""),
    ("bottom", "g", "G", " FOLLOW", "PAUSED"),
    ("left", "ll", "h", "<pstream deadline exceeded", "charge failed"),
    ("right", "", "l", "<pstream deadline exceeded", "charge failed"),
    ("follow", "", "f", " PAUSED", "FOLLOW"),
    ("search", "", "/", "regular expression", ""),
    ("next", "g/batch<Enter>", "n", ">03:13:41.020", ""),
    ("previous", "/batch<Enter>", "N", ">03:13:41.020", ""),
    ("next-error", "g", "e", ">03:13:58.104", ""),
    ("previous-error", "", "E", ">03:14:00.120", ""),
    ("filter", "", "F", "-- Filter --", ""),
    ("less-severe", "++++", "-", "filter sev>=INF", ""),
    ("more-severe", "+++", "+", "filter sev>=WRN", "GET /v1"),
    ("context", "+++++e", "z", "unfiltered around the line", "filter sev"),
    ("detail", "", "<Enter>", "-- Detail --", ""),
    ("wrap", "", "w", "factor of nine", ""),
    ("mark", "", "m", "marked", ""),
    ("time", "", "t", "04:14:07.003", "03:14:07.003"),
    ("histogram", "", "H", "", "1 s a bar, all records"),
    ("raw", "<Enter>", "J", "-- Detail, raw bytes --", ""),
    ("reveal", "gee<Enter>", "R", "Bearer abcdefghijklmnopqrstuvwxyz0123456789", "[redacted"),
    ("wider", "gee<Enter>", "]", "4 before and after", "3 before and after"),
    ("narrower", "gee<Enter>", "[", "2 before and after", "3 before and after"),
    ("theme", "", "T", "theme: dark", ""),
    ("tab-gcs", "", "1", "[1 GCS]", "[4 CI]"),
    ("tab-firestore", "", "2", "[2 Firestore]", "[4 CI]"),
    ("tab-pods", "", "3", "[3 Pods]", "[4 CI]"),
    ("tab-ci", "1", "4", "[4 CI]", "[1 GCS]"),
    ("tab-summary", "", "5", "[5 Summary]", "[4 CI]"),
    ("next-pane", "gee<Enter><Tab>GG<Tab>", "<Tab>j", ">03:13:59.377", ""),
    ("previous-pane", "gee<Enter>", "<Shift-Tab>j", ">03:13:59.377", ""),
    ("copy", "", "y", "", ""),
    ("copy-json", "", "Y", "", ""),
    ("plain-lines", "", "<Ctrl-l>", "", ""),
    ("mouse", "", "<F2>", "hold Shift to select", ""),
    ("redraw", "", "<Ctrl-r>", "", ""),
    ("field-next", "F", "<Tab>x", "`x` is not a time", ""),
    ("field-previous", "F", "<Shift-Tab>x", "`x` is not NAME=VALUE", ""),
    ("choice-left", "Flll", "<Left><Space>", "[x] DBG", "[x] TRC"),
    ("choice-right", "F<Left>", "<Right><Space>", "[x] TRC", "[x] none"),
    ("toggle", "Fhhh", "<Space>", "[x] WRN", "[x] INF"),
    ("clear", "Fhhh<Space>", "c", "[x] none", "[ ]"),
    ("apply", "F<Tab><Tab><Tab>batch", "<Enter>", "filter text /batch/", "-- Filter --"),
    ("pick-down", ":", "<Down>", " > down ", ""),
    ("pick-up", ":", "<Up>", " > suspend ", ""),
    ("pick-toggle", ":", "<Tab>", "Command palette", ""),
    ("palette", "", ":", "-- Command palette --", ""),
    ("help", "", "?", "Keys that work here", ""),
    ("demo", "", "d", "", ""),
    ("cancel", "+++++", "<Esc>", "filter dropped", "sev>="),
    ("quit", "<Enter>", "q", " FOLLOW", "-- Detail"),
    ("cancel-or-quit", "/x", "<Ctrl-c>", " FOLLOW", "regular expression"),
    ("suspend", "", "<Ctrl-z>", "", ""),
];

#[test]
fn every_action_has_a_case() {
    for spec in ACTIONS {
        assert!(CASES.iter().any(|case| case.0 == spec.id), "no case for action `{}`", spec.id);
    }
}

#[test]
fn every_action_does_what_it_says() {
    let mut wrong = Vec::new();
    for (id, before, key, expected, absent) in CASES {
        let mut screen = screen(120, 36);
        screen.keys(before);
        screen.keys(key);
        let text = screen.text();
        if !text.contains(expected) {
            wrong.push(format!("{id}: no `{expected}` in\n{text}"));
        }
        if !absent.is_empty() && text.contains(absent) {
            wrong.push(format!("{id}: `{absent}` is still in\n{text}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_done_outside_is_an_effect() {
    let check = |keys: &str, expected: &[Effect]| {
        let mut screen = screen(120, 36);
        screen.keys(keys);
        assert_eq!(screen.effects, expected, "{keys}");
    };
    check("q", &[Effect::Quit]);
    check("<Ctrl-c>", &[Effect::Quit]);
    check("<Ctrl-z>", &[Effect::Suspend]);
    check("<Ctrl-r>", &[Effect::Redraw]);
    check("<Enter>?q", &[]);
    check("<Enter>?qqq", &[Effect::Quit]);
    check("<Esc><Esc><Esc>+<Esc><Esc>/<Esc>F<Esc>?<Esc><Enter><Esc>", &[]);
    check("y", &[Effect::Copy("2026-11-21T03:14:07.003Z ERROR settle job 1121 failed: lock timeout".to_owned())]);
    let mut start = Screen::new(80, 24, settings());
    start.keys("d");
    assert_eq!(start.effects, [Effect::OpenDemo]);
}

#[test]
fn copies_are_redacted() {
    let mut screen = screen(120, 36);
    screen.keys("geey");
    screen.keys("Y");
    let [Effect::Copy(line), Effect::Copy(json)] = screen.effects.as_slice() else { panic!("{:?}", screen.effects) };
    for text in [line, json] {
        assert!(text.contains("circuit breaker OPEN") && text.contains("[redacted: ") && !text.contains("abcdefghij"));
        assert!(!text.contains('\x1b'));
    }
    let value: serde_json::Value = serde_json::from_str(json).unwrap();
    assert_eq!(value["severity"], "ERROR");
    assert_eq!(value["origin"], "payments-api.log");
    assert_eq!(value["fields"]["target"], "ledger.internal:443");
}

#[test]
fn search_goes_round_and_says_so() {
    let mut screen = screen(120, 36);
    screen.keys("/5511<Enter>");
    assert!(screen.cursor_line().contains("batch 5511") && screen.status().contains("went on from the first record"));
    screen.keys("/no such thing<Enter>");
    assert!(screen.cursor_line().contains("batch 5511") && screen.status().contains("no match for /no such thing/"));
    screen.keys("/(<Enter>");
    assert!(screen.app.prompt().is_some(), "a pattern with a mistake stays to be mended");
}

#[test]
fn esc_in_the_filter_pane_puts_the_old_filter_back() {
    let mut screen = screen(120, 36);
    screen.keys("++++");
    let before = screen.text();
    screen.keys("F<Tab><Tab><Tab>nothing like this");
    assert!(screen.has("0 of "));
    screen.keys("<Esc>");
    assert_eq!(screen.text(), before);
}

#[test]
fn context_keeps_the_line_and_goes_back() {
    let mut screen = screen(120, 36);
    screen.keys("+++++gj");
    let (line, all) = (screen.cursor_line(), screen.text());
    screen.keys("z");
    assert_eq!(screen.cursor_line(), line);
    assert!(screen.has("shedding load"), "{}", screen.text());
    screen.keys("<Esc>");
    assert_eq!(screen.text(), all);
}

#[test]
fn text_is_edited_where_it_is_entered_and_the_cursor_shows_it() {
    let mut screen = screen(80, 24);
    screen.keys("/abc<Left>");
    screen.draw();
    assert_eq!(screen.cursor, Some((3, 23)));
    screen.keys("<Esc>");
    screen.draw();
    assert_eq!(screen.cursor, None);
}
