//! How the screens look, in the three sizes, as text and as styles.

use crate::support::*;
use logdeck::app::{Colors, Glyphs, Settings, ThemeChoice};
use logdeck::model::address::Tab;
use logdeck::model::{Health, SourceId, State};

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 36), (200, 50)];

/// Snapshots of the incident's screen after these keys, in all sizes; the styles at 120x36.
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

#[test]
fn list() {
    check("list", "");
}

#[test]
fn list_with_filter_search_and_pause() {
    check("filtered", "++++/fail|open<Enter>N");
}

#[test]
fn wrapped() {
    check("wrapped", "wkk");
}

#[test]
fn detail() {
    check("detail", "gee<Enter>");
}

#[test]
fn detail_raw_and_revealed() {
    check("raw", "gee<Enter>JR<Tab>");
}

#[test]
fn filter_pane() {
    check("filter_pane", "F<Right><Right>ll<Space><Tab>10m<Tab><Tab>timeout|open|charge");
}

#[test]
fn filter_pane_with_a_mistake() {
    check("filter_mistake", "F<Tab><Tab><Tab>(open");
}

#[test]
fn search_prompt() {
    check("prompt", "/deadline|lock");
}

#[test]
fn search_prompt_with_a_mistake() {
    check("prompt_mistake", "/deadline(");
}

#[test]
fn help() {
    check("help", "?");
}

#[test]
fn help_over_the_detail_pane() {
    check("help_detail", "<Enter>?jj");
}

#[test]
fn histogram() {
    check("histogram", "H");
}

#[test]
fn nothing_passes() {
    check("nothing_passes", "F<Tab><Tab><Tab>no such text<Enter>");
}

#[test]
fn not_configured() {
    check("not_configured", "1");
}

#[test]
fn start() {
    for (width, height) in SIZES {
        let mut screen = Screen::new(width, height, settings());
        snap(format!("start_{width}x{height}"), &screen.text());
    }
}

fn with(settings: Settings, keys: &str) -> Screen {
    let mut screen = Screen::new(120, 36, settings);
    let [api, worker] = incident();
    screen.open(0, "logs/", &[(api.0, &api.1), (worker.0, &worker.1)]);
    screen.keys(keys);
    screen
}

#[test]
fn the_layout_is_the_same_in_unicode() {
    let mut settings = settings();
    settings.caps = caps(Colors::Truecolor, Glyphs::Unicode);
    let mut unicode = with(settings, "gee<Enter>");
    snap("unicode_120x36", &unicode.text());
    let ascii = with(crate::support::settings(), "gee<Enter>").text();
    for (a, b) in unicode.text().lines().zip(ascii.lines()) {
        let blank = |line: &str| -> Vec<bool> { line.chars().map(|c| c == ' ').collect() };
        assert_eq!(blank(a), blank(b), "{a}\n{b}");
    }
}

#[test]
fn styles_of_other_themes() {
    for (name, colors, theme) in [
        ("light", Colors::Ansi256, ThemeChoice::Light),
        ("sixteen", Colors::Ansi16, ThemeChoice::Auto),
        ("mono", Colors::Mono, ThemeChoice::Auto),
    ] {
        let mut settings = settings();
        settings.caps = caps(colors, Glyphs::Ascii);
        settings.theme = theme;
        let mut screen = with(settings, "+++/open<Enter>");
        snap(format!("styles_{name}"), &screen.styles());
    }
}

#[test]
fn sources_that_read_fail_and_wait() {
    for (width, height) in [(80, 24), (120, 36)] {
        let mut screen = Screen::new(width, height, settings());
        for (id, label) in [(0, "build-logs.zip"), (1, "/var/log/app/"), (2, "missing.log")] {
            screen.app.open(SourceId(id), label, Tab::Ci);
        }
        let progress = Some((32_715_572, Some(64_000_000)));
        screen.health(0, Health { progress, ..Health::new(State::Reading, "build-logs.zip") });
        snap(format!("opening_{width}x{height}"), &screen.text());
        let next_try = Some(at("2026-11-21T03:14:34Z"));
        let detail = "permission denied (/var/log/app/secure.log): run as a member of group adm";
        screen.health(1, Health { next_try, ..Health::new(State::Failed, detail) });
        screen.health(2, Health::new(State::Waiting, "missing.log: no such file, waiting for it to be created"));
        snap(format!("failing_{width}x{height}"), &screen.text());
    }
}

#[test]
fn a_source_that_is_read_and_empty() {
    let mut screen = Screen::new(80, 24, settings());
    screen.open(0, "empty.log", &[("empty.log", "")]);
    screen.health(0, Health::new(State::Done, ""));
    snap("empty_80x24", &screen.text());
}

#[test]
fn what_is_too_small_says_so() {
    let mut screen = screen(54, 10);
    assert_eq!(screen.text().trim_end(), "logdeck needs 60x12, this is 54x10.   q: quit");
    let mut least = crate::support::screen(60, 12);
    snap("least_60x12", &least.text());
}
