//! What happens while records come in: cursor, follow, badges, frames.

use crate::support::*;
use logdeck::app::event::{Effect, Event};
use logdeck::app::{FrameNeed, update};
use logdeck::model::address::Tab;
use logdeck::model::time::SECOND;
use logdeck::model::{Batch, Format, Meta, OriginId, Severity, SourceId, SourceMsg, Timestamp};

const WORKER: OriginId = OriginId::new(SourceId(0), 1);

#[test]
fn following_goes_with_new_records_and_a_pause_counts_them() {
    let mut screen = screen(120, 36);
    assert!(screen.status().starts_with(" FOLLOW"));
    screen.feed(WORKER, b"2026-11-21T03:14:09.000Z INFO one more\n");
    assert!(screen.cursor_line().contains("one more"));
    screen.keys("k");
    let line = screen.cursor_line();
    assert!(screen.status().starts_with(" PAUSED "), "{}", screen.status());
    for n in 0..3 {
        screen.feed(WORKER, format!("2026-11-21T03:14:1{n}.000Z INFO later {n}\n").as_bytes());
    }
    // Late ones stand before the line: it does not move either.
    screen.feed(OriginId::new(SourceId(0), 2), b"2026-11-21T03:13:00.000Z INFO late\n");
    assert_eq!(screen.cursor_line(), line);
    assert!(screen.status().starts_with(" PAUSED, 3 new "), "{}", screen.status());
    screen.keys("G");
    assert!(screen.cursor_line().contains("later 2") && screen.status().starts_with(" FOLLOW "));
}

#[test]
fn the_line_under_the_cursor_keeps_its_place_on_the_screen() {
    let mut screen = screen(120, 36);
    screen.keys("<Ctrl-u><Ctrl-u>kkk");
    let row_of_cursor = |screen: &mut Screen| screen.text().lines().position(|line| line.starts_with('>'));
    let row = row_of_cursor(&mut screen);
    for n in 0..100 {
        let time = format!("2026-11-21T03:{:02}:00.000Z", n % 13);
        screen.feed(OriginId::new(SourceId(0), 5 + n), format!("{time} INFO older\n").as_bytes());
    }
    assert_eq!(row_of_cursor(&mut screen), row);
}

#[test]
fn lines_that_break_their_stream_s_format_are_counted_in_the_header() {
    let mut screen = screen(120, 36);
    assert!(!screen.has("parse=failed"));
    let good = "{\"level\":\"info\",\"msg\":\"x\"}\n".repeat(3);
    screen.feed(OriginId::new(SourceId(0), 9), format!("{good}{{\"level\":\"err\n").as_bytes());
    assert!(screen.has("1 record parse=failed"), "{}", screen.text());
}

#[test]
fn errors_in_another_tab_leave_a_badge_until_it_is_visited() {
    let mut screen = screen(120, 36);
    screen.app.open(SourceId(7), "pods:payments", Tab::Pods);
    let mut batch = Batch::default();
    batch.push(
        &Meta { text: (0, 4), severity: Severity::Error, origin: OriginId::new(SourceId(7), 0), ..Meta::default() },
        b"boom",
    );
    screen.event(Event::Source(SourceMsg::Batch { source: SourceId(7), batch }));
    assert!(screen.line("1 GCS").contains("3 Pods !"));
    screen.keys("3");
    assert!(screen.line("1 GCS").contains("[3 Pods]") && screen.has("boom"));
    screen.keys("4");
    assert!(!screen.line("1 GCS").contains("Pods !"));
}

#[test]
fn a_frame_is_wanted_only_when_something_changed() {
    let mut screen = screen(120, 36);
    screen.feed(WORKER, b"2026-11-21T03:14:22Z INFO batch 5515 committed\n");
    let mut need = |event: Event| {
        screen.app.drawn();
        update(&mut screen.app, event);
        screen.app.needs_frame()
    };
    let now = at(NOW);
    assert_eq!(need(Event::Tick(now)), FrameNeed::No);
    assert_eq!(need(Event::Focus(true)), FrameNeed::No);
    // The rate rises, and falls again.
    assert_eq!(need(Event::Tick(Timestamp(now.0 + 2 * SECOND))), FrameNeed::Soon);
    assert_eq!(need(Event::Tick(Timestamp(now.0 + 3 * SECOND))), FrameNeed::No);
    assert_eq!(need(Event::Tick(Timestamp(now.0 + 10 * SECOND))), FrameNeed::Soon);
    assert_eq!(need(Event::Tick(Timestamp(now.0 + 11 * SECOND))), FrameNeed::No);
    assert_eq!(need(Event::Tick(Timestamp(now.0 + 60 * SECOND))), FrameNeed::Soon);
    assert_eq!(need(Event::Resize(100, 30)), FrameNeed::Now);
    let origin = || Event::Source(SourceMsg::Origin { id: WORKER, name: "x".to_owned() });
    assert_eq!(need(origin()), FrameNeed::Soon);
    assert!(screen.app.next_tick().as_secs() > 1, "an idle screen needs no seconds");
    screen.keys("1");
    let mut need = |event: Event| {
        screen.app.drawn();
        update(&mut screen.app, event);
        screen.app.needs_frame()
    };
    assert_eq!(need(origin()), FrameNeed::No, "another tab is shown");
}

#[test]
fn notes_stand_in_the_stream_as_lines_of_their_own() {
    let mut screen = screen(80, 24);
    let mut batch = Batch::default();
    let order = at("2026-11-21T03:14:08Z");
    let meta = Meta { text: (0, 24), format: Format::Note, order, origin: WORKER, ..Meta::default() };
    batch.push(&meta, b"ledger-worker.log rotated");
    screen.event(Event::Source(SourceMsg::Batch { source: SourceId(0), batch }));
    assert_eq!(screen.cursor_line(), ">03:14:08 - - ledger-worker.log rotate - -");
    // A threshold hides no note.
    screen.keys("++++++");
    assert!(screen.has("- - ledger-worker.log rotate - -") && screen.has("panic recovered"));
}

#[test]
fn the_histogram_grows_with_a_tick() {
    let mut screen = screen(120, 36);
    let before = screen.app.histogram().unwrap().clone();
    screen.feed(WORKER, b"2026-11-21T03:14:20.000Z ERROR again\n2026-11-21T03:14:20.100Z INFO more\n");
    screen.draw();
    assert_eq!(screen.app.histogram(), Some(&before), "a batch costs no counting");
    screen.event(Event::Tick(at("2026-11-21T03:14:24Z")));
    let after = screen.app.histogram().unwrap();
    assert_eq!(after.bars.last(), Some(&[1, 0, 1]));
    // Another tab has nothing to count.
    screen.keys("1");
    assert_eq!(screen.app.histogram(), None);
}

#[test]
fn ages_grow_with_the_clock() {
    let mut screen = screen(80, 24);
    screen.keys("tt");
    assert!(screen.cursor_line().starts_with(">   14s E "), "{}", screen.cursor_line());
    screen.event(Event::Tick(at("2026-11-21T03:15:23Z")));
    assert!(screen.cursor_line().starts_with("> 1m15s E "), "{}", screen.cursor_line());
    screen.keys("t");
    assert!(screen.cursor_line().starts_with(">E ledge~rker settle"), "{}", screen.cursor_line());
}

#[test]
fn ctrl_c_cancels_a_filter_that_is_still_filling() {
    let mut screen = screen(120, 36);
    let lines = "2026-11-21T03:14:10.000Z INFO one of many\n".repeat(30_000);
    screen.feed(WORKER, lines.as_bytes());
    screen.keys("F<Tab><Tab><Tab>no such tex");
    // Without the ticks between keys.
    let mut effects = update(&mut screen.app, Event::Key("t".parse().unwrap()));
    effects.extend(update(&mut screen.app, Event::Key("Enter".parse().unwrap())));
    assert!(screen.has("none passes so far"), "{}", screen.text());
    effects.extend(update(&mut screen.app, Event::Key("Ctrl-c".parse().unwrap())));
    assert!(!effects.contains(&Effect::Quit), "{effects:?}");
    assert!(screen.status().contains("filter cancelled"), "{}", screen.status());
    screen.keys("<Ctrl-c>");
    assert!(screen.effects.contains(&Effect::Quit), "{:?}", screen.effects);
}

#[test]
fn counts_stay_beside_a_filter_of_many_words() {
    let mut screen = screen(80, 24);
    screen.keys("F<Tab><Tab><Tab>some rather long text|another rather long text|and even a third one<Enter>");
    let status = screen.status();
    assert!(
        status.contains("text /some rather long text|an") && status.contains(">  F1  E3  W3  lost 0  ring 1"),
        "{status}"
    );
    assert!(status.chars().count() <= 80, "{status}");
}

#[test]
fn a_message_goes_by_itself_and_a_mistake_stays() {
    let mut screen = screen(120, 36);
    screen.keys("T");
    assert!(screen.status().contains("theme: dark") && screen.status().contains("ring "), "{}", screen.status());
    screen.event(Event::Tick(at("2026-11-21T03:14:30Z")));
    assert!(screen.status().contains("theme: dark"));
    screen.event(Event::Tick(at("2026-11-21T03:14:32Z")));
    assert!(!screen.status().contains("theme"), "{}", screen.status());
    screen.keys("/no such thing<Enter>");
    for _ in 0..3 {
        screen.event(Event::Tick(at("2026-11-21T03:20:00Z")));
    }
    assert!(screen.status().contains("no match for"), "{}", screen.status());
}

#[test]
fn bars_show_by_themselves_where_records_have_times() {
    let mut screen = Screen::new(120, 36, settings());
    screen.open(0, "plain.txt", &[("plain.txt", "one\ntwo\n")]);
    assert!(!screen.has("a bar, all records"));
    screen.feed(OriginId::new(SourceId(0), 0), b"2026-11-21T03:14:10.000Z INFO dated\n");
    screen.event(Event::Tick(at("2026-11-21T03:14:24Z")));
    assert!(screen.has("a bar, all records"), "{}", screen.text());
    screen.keys("H");
    assert!(!screen.has("a bar, all records"));
}

#[test]
fn what_had_to_go_is_counted() {
    let mut screen = Screen::new(120, 36, logdeck::app::Settings { memory: 256 << 10, ..settings() });
    screen.open(0, "small.log", &[("small.log", "")]);
    for n in 0..200 {
        screen.feed(OriginId::new(SourceId(0), 0), format!("line {n} {}\n", "x".repeat(4000)).as_bytes());
    }
    let status = screen.status();
    assert!(status.contains(" lost 1"), "{status}");
    assert!(screen.cursor_line().contains("line 199"));
    // The cursor's record goes: the oldest one that is left takes its place.
    screen.keys("g");
    for n in 200..400 {
        screen.feed(OriginId::new(SourceId(0), 0), format!("line {n} {}\n", "x".repeat(4000)).as_bytes());
    }
    assert!(screen.cursor_line().starts_with('>'));
    assert!(screen.status().starts_with(" PAUSED, "), "{}", screen.status());
}

#[test]
fn a_filter_over_many_records_completes_in_slices() {
    let mut screen = Screen::new(80, 24, settings());
    screen.open(0, "big.log", &[("big.log", "")]);
    let mut batch = Batch::default();
    for n in 0..60_000_i64 {
        let meta =
            Meta { order: Timestamp(n), origin: OriginId::new(SourceId(0), 0), text: (0, 10), ..Meta::default() };
        batch.push(&meta, format!("line {n:>5}").as_bytes());
    }
    screen.event(Event::Source(SourceMsg::Batch { source: SourceId(0), batch }));
    screen.keys("F<Tab><Tab><Tab>");
    let effects = update(&mut screen.app, Event::Key("9".parse().unwrap()));
    assert!(effects.contains(&logdeck::app::event::Effect::Continue));
    let first = screen.line("Result");
    assert!(first.contains("so far") && screen.has("line 59999"), "{first}");
    let now = at(NOW);
    for _ in 0..6 {
        update(&mut screen.app, Event::Tick(now));
    }
    let last = screen.line("Result");
    assert!(last.contains("of 60,000 records") && !last.contains("so far"), "{last}");
}
