//! What a screen costs on which nothing happens: bytes to the terminal, by the clock of the test.

use crate::support::*;
use logdeck::app::event::Event;
use logdeck::app::{FrameNeed, update};
use logdeck::model::address::Tab;
use logdeck::model::time::SECOND;
use logdeck::model::{Batch, Health, Meta, OriginId, Severity, SourceId, SourceMsg, State, Timestamp};
use logdeck::runtime::terminal::screen::{Screen as Shown, Scrolling};
use logdeck::ui;
use ratatui::layout::Size;

/// The most bytes in a minute.
const MOST: usize = 40;
/// Beyond the first minute, in which rates fall to nothing and messages go.
const MINUTES: i64 = 30;

/// A batch of lines as a loud source sends it.
fn loud(source: SourceId, lines: usize, severity: Severity) -> Event {
    let mut batch = Batch::default();
    for _ in 0..lines {
        let text = b"GET /v1/charge/8012 200 3ms client=mobile region=eu-west-1 trace=4f1e88ab";
        let meta = Meta { text: (0, text.len() as u32), severity, origin: OriginId::new(source, 0), ..Meta::default() };
        batch.push(&meta, text);
    }
    Event::Source(SourceMsg::Batch { source, batch })
}

/// Lets the clock run, with the ticks that the app asks for, and gives the bytes of each minute after the first,
/// and the frames that were drawn in all of them.
fn run(screen: &mut Screen, mut each_tenth: impl FnMut(i64) -> Option<Event>) -> (Vec<usize>, usize) {
    let (width, height) = screen.app.size();
    let mut shown = Shown::new(Size::new(width, height), Scrolling::Regions);
    let start = screen.app.now().0;
    let mut next_tick = start;
    let (mut minutes, mut frames) = (vec![0; MINUTES as usize + 1], 0);
    for tenth in 0..(MINUTES + 1) * 600 {
        let now = Timestamp(start + tenth * SECOND / 10);
        screen.app.set_now(now);
        if let Some(event) = each_tenth(tenth) {
            update(&mut screen.app, event);
        }
        if now.0 >= next_tick {
            update(&mut screen.app, Event::Tick(now));
            next_tick = now.0 + screen.app.next_tick().as_nanos() as i64;
        }
        next_tick = next_tick.min(now.0 + screen.app.next_tick().as_nanos() as i64);
        if screen.app.needs_frame() != FrameNeed::No {
            let bytes = shown.draw(|cells| ui::paint(&screen.app, cells)).len();
            screen.app.drawn();
            minutes[(tenth / 600) as usize] += bytes;
            frames += usize::from(tenth >= 600);
        }
    }
    (minutes.split_off(1), frames)
}

#[test]
fn an_idle_screen_is_sent_the_clock() {
    for (keys, size) in [("", (80, 24)), ("", (120, 36)), ("k", (120, 36)), ("+++", (200, 60)), ("?", (80, 24))] {
        let mut screen = screen(size.0, size.1);
        screen.keys(keys);
        let (bytes, frames) = run(&mut screen, |_| None);
        assert!(bytes.iter().all(|bytes| (1..=MOST).contains(bytes)), "`{keys}` {size:?}: {bytes:?} bytes a minute");
        assert!(frames <= 2 * MINUTES as usize, "`{keys}` {size:?}: {frames} frames");
    }
}

#[test]
fn runs_that_rest_are_sent_their_ages() {
    let mut screen = crate::runs::red(120, 36);
    let start = screen.app.now().0;
    // The service is asked once a minute, and nothing is new.
    let answer = |tenth: i64| {
        let now = Timestamp(start + tenth * SECOND / 10);
        (tenth % 600 == 0).then(|| Event::Forge(crate::runs::answered(crate::runs::repo("acme/payments"), now)))
    };
    let (bytes, frames) = run(&mut screen, answer);
    assert!(bytes.iter().all(|bytes| *bytes <= 400), "{bytes:?} bytes a minute");
    assert!(frames <= 9 * MINUTES as usize, "{frames} frames");
}

#[test]
fn another_tab_s_lines_cost_nothing() {
    // A tab that has a source of its own, which is quiet, and one that has none.
    for own in [true, false] {
        let mut screen = screen(120, 36);
        let quiet = SourceId(7);
        screen.app.open(quiet, "pods:payments", Tab::Pods);
        screen.health(7, Health::new(State::Following, "pods:payments"));
        if own {
            screen.event(loud(quiet, 50, Severity::Info));
        }
        screen.keys(if own { "3" } else { "1" });
        let (bytes, frames) = run(&mut screen, |_| Some(loud(SourceId(0), 100, Severity::Info)));
        // Where the tab has sources, the memory that the others take is seen with the clock.
        let (most, mean) = (bytes.iter().max().unwrap(), bytes.iter().sum::<usize>() / bytes.len());
        assert!(mean <= MOST && *most <= MOST + 20 * usize::from(own), "own source {own}: {bytes:?} bytes a minute");
        assert!(frames <= 2 * MINUTES as usize, "own source {own}: {frames} frames");
    }
}

#[test]
fn another_tab_s_first_error_is_told_at_once() {
    let mut screen = screen(120, 36);
    screen.keys("1");
    screen.app.drawn();
    update(&mut screen.app, loud(SourceId(0), 1, Severity::Warn));
    assert_eq!(screen.app.needs_frame(), FrameNeed::No);
    update(&mut screen.app, loud(SourceId(0), 1, Severity::Error));
    assert_eq!(screen.app.needs_frame(), FrameNeed::Soon);
    assert!(screen.line("[1 GCS]").contains("4 CI !"));
    update(&mut screen.app, loud(SourceId(0), 1, Severity::Error));
    assert_eq!(screen.app.needs_frame(), FrameNeed::No);
}
