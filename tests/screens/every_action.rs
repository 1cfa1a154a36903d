//! Every action of the table does something that can be seen: a row here for each, or the test fails.

use crate::support::*;
use logdeck::app::action::{ACTIONS, ActionSpec, Context};
use logdeck::app::event::Effect;

/// (action, keys before, the key, what the screen says then, what it may not say).
type Case = (&'static str, &'static str, &'static str, &'static str, &'static str);

const CASES: &[Case] = &[
    ("down", "gj", "j", ">03:13:01.101", ""),
    ("up", "G", "k", ">03:14:04.915", ""),
    ("half-down", "g", "<Ctrl-d>", "line 14 ", ""),
    ("half-up", "G", "<Ctrl-u>", "line 42 ", ""),
    ("page-down", "g", "<Space>", "line 27 ", ""),
    ("pods-page-down", "<Tab>", "<PgDn>", ">  payments-api-7d9f5c-q4w7d", ""),
    ("page-up", "G", "b", "line 29 ", ""),
    ("top", "", "g", ">03:13:00.101", ""),
    ("bottom", "g", "G", " FOLLOW", "PAUSED"),
    ("left", "ll", "h", "<pstream deadline exceeded", "charge failed"),
    ("right", "", "l", "<pstream deadline exceeded", "charge failed"),
    ("older-window", "", "[", "this is the start of the file", ""),
    ("newer-window", "", "]", "this is the end of the file", ""),
    ("count-matches", "/batch<Enter>", "#", "counting in the file", ""),
    ("follow", "", "f", " PAUSED", "FOLLOW"),
    ("search", "", "/", "regular expression", ""),
    ("next", "g/batch<Enter>", "n", ">03:13:41.020", ""),
    ("previous", "/batch<Enter>", "N", ">03:13:41.020", ""),
    ("search-older", "/batch<Enter>/", "<Up>", "/batch", ""),
    ("search-newer", "/batch<Enter>/dead<Up>", "<Down>", "/dead", "/batch"),
    ("show-all", "", "O", "-- Show all with --", ""),
    ("hide-like", "", "i", "hid 1 record like this", "settle job 1121 failed"),
    ("next-error", "g", "e", ">03:13:58.104", ""),
    ("previous-error", "", "E", ">03:14:00.120", ""),
    ("filter", "", "F", "-- Filter --", ""),
    ("next-cause", "", "e", "-- Cause 2 of 3 --", "-- First cause"),
    ("previous-cause", "ee", "E", "-- Cause 2 of 3 --", "-- Cause 3"),
    ("open-run", "", "<Enter>j", "-- #18842 build-test / docs", ""),
    ("refresh", "", "r", "asking github.com ...", ""),
    ("open-page", "", "o", "opening the page ...", ""),
    ("filter-runs", "", "F", "branch feat/ledger-v2", ""),
    ("whole-log", "", "<Enter>", "reading the log around the line", ""),
    ("causes", "<Esc>", ":causes<Enter>", "-- First cause of 3 --", "-- Lines --"),
    ("next-list", "", "<Tab>j", "-- clippy (stable) --", ""),
    ("previous-list", "", "<Shift-Tab>k", "No cause stands in this step.", ""),
    ("copy-cause", "", "y", "", ""),
    ("mark-pod", "<Tab>", "<Space>", "  * payments-api-7d9f5c-2xkq9", "heap 507"),
    ("all-pods", "<Tab><Space>", "a", "heap 507", "* payments-api"),
    ("only-pod", "<Tab>", "<Enter>", "filter pod 2xkq9", "heap 507"),
    ("previous-run", "<Tab>", "p", "asking for the previous run of payments-api-7d9f5c-2xkq9", ""),
    ("describe", "<Tab>", "d", "-- Pod payments-api-7d9f5c-2xkq9", ""),
    ("refresh-pods", "", "r", "asking the cluster ...", ""),
    ("pods", "", ":pods<Enter>", "the list of pods is hidden", "-- Pods"),
    ("mark-object", "<Tab>", "<Space>", "  * 03:14:08", "batch 5512"),
    ("all-objects", "<Tab><Space>", "a", "batch 5512", "* 03:14:08"),
    ("only-object", "<Tab>", "<Enter>", "filter object part-0014", "batch 5512"),
    ("read-object", "<Tab>jjj", "o", "reading more of it ...", ""),
    ("older-objects", "", "[", "reading older objects ...", ""),
    ("stop-reading", "", ":stop-reading<Enter>", "no more is read of 2 objects", ""),
    ("describe-object", "<Tab>", "d", "-- Object payments/2026/11/21/payments-api/03/part-0014.ndjson.gz", ""),
    ("refresh-objects", "", "r", "listing objects, and trying again what failed", ""),
    ("objects", "", ":objects<Enter>", "the list of objects is hidden", "-- Objects"),
    ("objects-or-lines", "", "<Tab>", "only it", "to the objects"),
    ("older-documents", "", "[", "reading older documents ...", ""),
    ("show-change", "", "v", "the change is hidden: v shows it again", "version 1 of 1"),
    ("expand", "kkkk<Tab>G", "<Enter>", "list, 3 values", ""),
    ("spend-reads", "", "$", "reads of this hour are left", ""),
    ("describe-documents", "", "d", "-- Collections --", ""),
    ("refresh-documents", "", "r", "asking ...", ""),
    ("change-or-lines", "", "<Tab>", "Tab: back", "Tab: focus"),
    ("copy-document", "<Tab>", "y", "", ""),
    ("pods-or-lines", "", "<Tab>", "only it", "to the pods"),
    ("allow", "", "y", "it may run, now and later", "-- Credentials"),
    ("refuse", "", "n", "it is not run", "-- Credentials"),
    ("go-to-time", "", "@03:13:30<Enter>", "PAUSED", "FOLLOW"),
    ("all-sources", "1", "A", "-- All sources by time --", ""),
    ("bars", "", "B", "Enter filter", "s a bar"),
    ("bar-left", "B", "h", "03:14:06-03:14:07", ""),
    ("bar-right", "Bhhh", "l", "03:14:05-03:14:06", ""),
    ("bars-left", "B", "<Ctrl-u>", "03:13:57-03:13:58", ""),
    ("bars-right", "Bg", "<Ctrl-d>", "03:13:10-03:13:11", ""),
    ("bar-first", "B", "g", "03:13:00-03:13:01", ""),
    ("bar-last", "Bg", "G", "03:14:07-03:14:08", ""),
    ("bar-window", "Bhh", "<Space>l<Enter>", "since 03:14:05 before 03:14:07", ""),
    ("origins", "", "L", "-- Origins --", ""),
    ("origin-toggle", "L", "<Space>", "  * payments-api.log", ""),
    ("origin-page-down", "L", "<PgDn>", "2 of 2 ", "1 of 2 "),
    ("origin-page-up", "LG", "<PgUp>", "1 of 2 ", "2 of 2 "),
    ("less-severe", "++++", "-", "filter sev>=INF", ""),
    ("more-severe", "+++", "+", "filter sev>=WRN", "GET /v1"),
    ("context", "+++++e", "z", "unfiltered around the line", "filter sev"),
    ("keep-context", "+++++", "C", "filter sev>=ERR +-3", ""),
    ("detail", "", "<Enter>", "-- Detail --", ""),
    ("wrap", "", "w", "factor of nine", ""),
    ("collapse", "", "D", " x8", ""),
    ("mark", "", "m", "marked", ""),
    ("time", "", "t", "04:14:07.003", "03:14:07.003"),
    ("histogram", "", "H", "", "1 s a bar, all records"),
    ("raw", "<Enter>", "J", "-- Detail, raw text --", ""),
    ("fold", "gee<Enter><Tab>", "<Space>", "-- Around --", ""),
    ("detail-page-down", "gee<Enter><Tab>", "<PgDn>", ">03:13:59.377", ""),
    ("open-record", "geee", "o", "|  goroutine 9121 [running]:", "[+3 lines]"),
    ("unfold-all", "", ":unfold-all<Enter>", "|  goroutine 9121 [running]:", "[+3 lines]"),
    ("fold-all", "geeeo", ":fold-all<Enter>", "[+3 lines]", "|  goroutine"),
    ("choose-columns", "g", "c", "-- Columns --", ""),
    ("note", "", "Mrestart it<Enter>", "Lines, marked: restart it", ""),
    ("next-mark", "gjjmgm", "'", ">03:13:01.101", ""),
    ("previous-mark", "gmG", "\"", ">03:13:00.101", ""),
    ("marks", "gm", ":marks<Enter>", "-- Marks --", ""),
    ("reveal", "gee<Enter>", "R", "Bearer abcdefghijklmnopqrstuvwxyz0123456789", "[redacted"),
    ("wider", "gee<Enter>", "]", "4 before and after", "3 before and after"),
    ("narrower", "gee<Enter>", "[", "2 before and after", "3 before and after"),
    ("theme", "", "T", "theme: dark", ""),
    ("debug", "", ":debug<Enter>", "-- Debug --", "-- Records"),
    ("tab-gcs", "", "1", "[1 GCS]", "[4 CI]"),
    ("tab-firestore", "", "2", "[2 Firestore]", "[4 CI]"),
    ("tab-pods", "", "3", "[3 Pods]", "[4 CI]"),
    ("tab-ci", "1", "4", "[4 CI]", "[1 GCS]"),
    ("tab-summary", "", "5", "[5 Summary]", "[4 CI]"),
    ("next-pane", "gee<Enter><Tab>GG<Tab>", "<Tab>j", ">03:13:59.377", ""),
    ("previous-pane", "gee<Enter>", "<Shift-Tab>j", ">03:13:59.377", ""),
    ("copy", "", "y", "", ""),
    ("copy-json", "", "Y", "", ""),
    ("copy-marked", "", "<Alt-y>", "nothing is marked: m marks the record", ""),
    ("export", "", "x", "export: logdeck-ci-20261121-031422.jsonl", ""),
    ("handover", "m", "X", "handover: logdeck-handover-20261121-031422.md", ""),
    ("plain-lines", "", "<Ctrl-l>", "", ""),
    ("mouse", "", "<F2>", "hold Shift to select", ""),
    ("redraw", "", "<Ctrl-r>", "", ""),
    ("field-next", "F", "<Tab>x", "`x` is not a time", ""),
    ("field-previous", "F<Shift-Tab>", "<Shift-Tab>x", "`x` is not NAME=VALUE", ""),
    ("choice-left", "Flll", "<Left><Space>", "[x] DBG", "[x] TRC"),
    ("choice-right", "F<Left>", "<Right><Space>", "[x] TRC", "[x] none"),
    ("toggle", "Fhhh", "<Space>", "[x] WRN", "[x] INF"),
    ("clear", "Fhhh<Space>", "c", "[x] none", "[ ]"),
    ("save-filter", "F", "w", "save filter as:", ""),
    ("delete-filter", "F<Shift-Tab>", "d", "choose a saved filter first", ""),
    ("apply", "F<Tab><Tab><Tab>batch", "<Enter>", "filter text /batch/", "-- Filter --"),
    ("pick-down", ":theme ", "<Down>", " > dark ", ""),
    ("pick-up", ":theme ", "<Up>", " > ascii ", ""),
    ("pick-toggle", ":the", "<Tab>", " > auto ", ""),
    ("palette", "", ":", "-- Command palette --", ""),
    ("find-action", "?", "/", "-- Command palette --", "Keys that work here"),
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
        let only_in = |contexts: &[Context]| {
            let is_there = |spec: &&ActionSpec| spec.id == *id && spec.when.iter().all(|at| contexts.contains(at));
            ACTIONS.iter().any(|spec| is_there(&spec))
        };
        let is_of_runs = matches!(*id, "open-run" | "refresh" | "open-page" | "filter-runs");
        let mut screen = match () {
            () if only_in(&[Context::Consent]) => crate::pods::asked(120, 36),
            () if *id == "pods-page-down" || only_in(&[Context::Pods, Context::PodLines]) => {
                crate::pods::night(120, 36)
            }
            () if only_in(&[Context::DocLines, Context::Change]) => crate::documents::night(120, 36),
            () if only_in(&[Context::Objects, Context::ObjectLines]) => crate::objects::night(120, 36),
            () if is_of_runs => crate::runs::red(120, 36),
            () if *id == "causes" || only_in(&[Context::Runs, Context::Ci]) => crate::ci::failed_run(120, 36),
            () => screen(120, 36),
        };
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
