//! What a line costs that comes in while the screen follows: bytes to the terminal.

use crate::support::*;
use logdeck::app::{Colors, Glyphs, Settings};
use logdeck::model::{OriginId, SourceId};
use logdeck::runtime::terminal::screen::{Screen as Shown, Scrolling};
use logdeck::ui;
use ratatui::layout::Size;
use std::fmt::Write as _;

/// The most bytes of a frame that shows one more line.
const MOST: usize = 400;
/// The sequences around a frame (DEC mode 2026).
const SYNCHRONISED: usize = 16;

/// A line as services write it: about 110 columns of text.
fn line(n: usize) -> String {
    let mut line = format!("2026-11-21T03:{:02}:{:02}.{:03}Z ", 15 + n / 60 % 40, n % 60, n * 37 % 1000);
    let _ = match n % 7 {
        0 => writeln!(
            line,
            "ERROR charge {n} failed: upstream ledger.internal:443 deadline exceeded after 2000 ms, attempt {}/3",
            n % 3
        ),
        1 | 4 => writeln!(
            line,
            "INFO POST /v1/charge/{} 201 {}ms client=mobile-{} region=eu-west-1 trace={:08x}",
            8000 + n,
            n % 90,
            n % 13,
            n * 7919
        ),
        2 => writeln!(
            line,
            "WARN retry {}/3 for charge {n}: backoff 250 ms, queue=1024 policy=drop-oldest worker={}",
            n % 3,
            n % 17
        ),
        3 => writeln!(line, "DEBUG pool: {} of 50 connections in use, {} waiting, oldest {} s", n % 50, n % 9, n % 31),
        _ => writeln!(line, "INFO GET /v1/accounts/{}/balance 200 {}ms cache=hit", 100_000 + n * 31, n % 40),
    };
    line
}

fn check(width: u16, height: u16, colors: Colors, glyphs: Glyphs) {
    let mut screen = Screen::new(width, height, Settings { caps: caps(colors, glyphs), ..settings() });
    let [api, worker] = incident();
    screen.open(0, "logs/", &[(api.0, &api.1), (worker.0, &worker.1)]);
    let origin = OriginId::new(SourceId(0), 0);
    let mut shown = Shown::new(Size::new(width, height), Scrolling::Regions);
    let mut plain = Shown::new(Size::new(width, height), Scrolling::Off);
    let mut sizes = Vec::new();
    for n in 0..260 {
        screen.feed(origin, line(n).as_bytes());
        let size = shown.draw(|cells| ui::paint(&screen.app, cells)).len() + SYNCHRONISED;
        let without = plain.draw(|cells| ui::paint(&screen.app, cells)).len();
        // The list has to be full first.
        if n >= 60 {
            sizes.push((size, without));
        }
    }
    let mean = |of: fn(&(usize, usize)) -> usize| sizes.iter().map(of).sum::<usize>() / sizes.len();
    let most = sizes.iter().map(|(size, _)| *size).max().unwrap_or_default();
    let (scrolled, anew) = (mean(|size| size.0), mean(|size| size.1));
    // Without colours the cursor's row is reversed up to the edge: its blanks are sent too, twice.
    let limit = if colors == Colors::Mono { MOST + usize::from(width) } else { MOST };
    assert!(scrolled <= MOST && most <= limit, "{width}x{height} {colors:?}: {scrolled} bytes, {most} at most");
    assert!(scrolled * 4 < anew, "{width}x{height}: {scrolled} bytes, and {anew} without regions");
}

#[test]
fn one_more_line_takes_few_bytes() {
    for colors in [Colors::Truecolor, Colors::Ansi256, Colors::Ansi16, Colors::Mono] {
        for (width, height) in [(80, 24), (120, 36), (200, 60)] {
            check(width, height, colors, Glyphs::Unicode);
        }
    }
}
