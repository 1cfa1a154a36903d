//! Text of strangers on the screen: what it looks like, and that no size or key makes it break.

use crate::support::*;
use logdeck::app::action::ACTIONS;
use logdeck::app::event::Event;
use logdeck::app::{Colors, Glyphs, ThemeChoice};

fn hostile() -> String {
    let mut text = String::new();
    for line in [
        "clear \x1b[2J screen",
        "clipboard \x1b]52;c;ZXZpbA==\x07 write",
        "title \x1b]0;pwned\x07",
        "link \x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x1b\\ here",
        "c1 \u{9b}2J",
        "dcs \x1bP1;2|payload",
        "query \x1b[6n",
        "colour \x1b[1;31mERROR\x1b[0m disk full",
        "progress 10%\rprogress 100%",
        "back\x08space bell\x07 nul\0 del\x7f",
        "bidi \u{202e}gnp.exe\u{2066}x",
        "zero\u{200b}width",
        "separator one\u{2028}ERROR forged",
        "wide 日本語 ｆｕｌｌ 👩\u{200d}👩\u{200d}👧 end",
        "tab\tstop",
    ] {
        text.push_str(line);
        text.push('\n');
    }
    text.push_str(&format!("marks e{}x\n", "\u{301}".repeat(10_000)));
    text.push_str(&format!("deep {}\n", "{\"a\":".repeat(50_000)));
    text.push_str(&format!("long {}\n", "0123456789".repeat(20_000)));
    text
}

#[test]
fn hostile_text_is_shown_not_obeyed() {
    let mut screen = Screen::new(120, 36, settings());
    screen.open(0, "host\x1b[2Jile.log", &[("a\x1b]0;x\x07.log", &hostile()), ("b\nERROR forged.log", "plain\n")]);
    let text = screen.text();
    snap("hostile_120x36", &text);
    screen.keys("gj<Enter>J");
    snap("hostile_raw_120x36", &screen.text());
    screen.keys("J<Esc>G");
    for keys in ["<Enter>", "k<Enter><Enter>", "<Enter>w", "<Enter>/ERROR<Enter>", "J", "R", "?"] {
        screen.keys(keys);
        let text = screen.text();
        assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{keys}: {text}");
        assert!(!text.contains('\u{202e}') && !text.contains('\u{2066}'), "{keys}");
    }
}

#[test]
fn invalid_utf8_is_replaced_on_the_screen() {
    let mut screen = Screen::new(80, 24, settings());
    screen.open(0, "x.log", &[("x.log", "")]);
    let origin = logdeck::model::OriginId::new(logdeck::model::SourceId(0), 0);
    screen.feed(origin, b"bad \xff\xfe bytes\n");
    assert!(screen.has("bad \u{fffd}\u{fffd} bytes"));
    screen.keys("<Enter>J");
    assert!(screen.has("bad <FF><FE> bytes"));
}

#[test]
fn a_huge_paste_is_one_bounded_line() {
    let mut screen = screen(80, 24);
    screen.keys("/");
    screen.event(Event::Paste("quit\nq\r\n".repeat(1 << 20)));
    assert!(screen.effects.is_empty(), "a pasted newline is no Enter");
    assert!(screen.app.prompt().unwrap().edit().text().len() <= 64 << 10);
    screen.draw();
    // Pasted where nothing is entered: no keys either.
    screen.keys("<Esc>");
    screen.event(Event::Paste("qqq\n".to_owned()));
    assert!(screen.effects.is_empty() && screen.status().contains("a paste needs"));
}

/// A small generator (xorshift), so that every run is the same.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

#[test]
fn no_size_and_no_keys_make_it_panic() {
    let mut screen = Screen::new(80, 24, settings());
    let [api, worker] = incident();
    screen.open(0, "logs/", &[(api.0, &api.1), (worker.0, &worker.1), ("hostile.log", &hostile())]);
    sweep(&mut screen, 1);
}

#[test]
fn no_size_and_no_keys_make_lists_and_panes_panic() {
    sweep(&mut crate::objects::night(80, 24), 3);
    sweep(&mut crate::documents::night(80, 24), 3);
}

/// All sizes, or every so many of them, with a key each.
fn sweep(screen: &mut Screen, step: usize) {
    let mut keys: Vec<&str> = ACTIONS.iter().flat_map(|spec| spec.keys).copied().collect();
    keys.extend(["(", "日", "5", "Backspace", "Left", "End", "Enter", "Esc"]);
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    // Every width and every height, those around each limit with all of the other.
    let widths = [1, 2, 59, 60, 61, 71, 72, 79, 80, 99, 100, 101, 120, 160, 250];
    let heights = [1, 2, 11, 12, 13, 19, 20, 24, 29, 30, 36, 80];
    let sizes = (1..=250).flat_map(|width| heights.map(|height| (width, height)));
    let sizes = sizes.chain((1..=80).flat_map(|height| widths.map(|width| (width, height))));
    for (width, height) in sizes.step_by(step) {
        screen.event(Event::Resize(width, height));
        let key = keys[random.below(keys.len() as u64) as usize];
        screen.event(Event::Key(key.parse().unwrap()));
        screen.draw();
    }
    for (width, height) in [(0, 0), (0, 24), (80, 0), (1, 1), (65_535, 1)] {
        screen.event(Event::Resize(width, height));
        assert!(screen.app.layout().is_none());
    }
}

#[test]
fn every_theme_and_glyph_set_draws() {
    for colors in [Colors::Truecolor, Colors::Ansi256, Colors::Ansi16, Colors::Mono] {
        for glyphs in [Glyphs::Unicode, Glyphs::Ascii] {
            for theme in [ThemeChoice::Dark, ThemeChoice::Light, ThemeChoice::Sixteen, ThemeChoice::Mono] {
                let mut settings = settings();
                settings.caps = caps(colors, glyphs);
                settings.theme = theme;
                let mut screen = Screen::new(80, 24, settings);
                screen.open(0, "x.log", &[("x.log", &hostile())]);
                let text = screen.text();
                assert!(glyphs == Glyphs::Unicode || !text.contains(['─', '▎', '›', '…']));
            }
        }
    }
}
