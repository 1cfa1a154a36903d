//! Files larger than memory: windows of them, and searching and counting in all of them. The answers are made here; that
//! they are right is tested with the sources.

use crate::support::*;
use jiff::tz::TimeZone;
use logdeck::app::event::{Effect, Event};
use logdeck::model::query::{Pattern, PatternKind};
use logdeck::model::window::{Answer, Ask, Extent, Held, Request, Way};
use logdeck::model::{Batch, Health, OriginId, SourceId, SourceMsg, State};
use logdeck::parse::Parser;
use logdeck::parse::assemble::Assembler;
use std::time::Duration;

const SOURCE: SourceId = SourceId(0);
const MIB: u64 = 1 << 20;

/// Lines of 42 bytes, one a second.
fn lines(numbers: std::ops::Range<u64>) -> String {
    let time = |n: u64| format!("2026-11-20T{:02}:{:02}:{:02}Z", n / 3600, n / 60 % 60, n % 60);
    numbers.map(|n| format!("{} INFO batch {n:04} ok  \n", time(n))).collect::<Vec<_>>().concat()
}

fn records(text: &str) -> Batch {
    let mut assembler = Assembler::new(Parser::new(TimeZone::UTC, at(NOW)), OriginId::new(SOURCE, 0));
    let mut batch = Batch::default();
    assembler.feed(text.as_bytes(), at(NOW), &mut batch);
    assembler.finish(at(NOW), &mut batch);
    batch
}

/// A file of 9,000 lines of which the last 100 are in memory.
fn large(width: u16, height: u16) -> Screen {
    let mut screen = Screen::new(width, height, settings());
    screen.open(0, "big.log", &[("big.log", &lines(8900..9000))]);
    let health = Health::new(State::Following, "the first 1 MiB are not loaded; follows 1 file");
    screen.health(0, Health { left_out: MIB, ..health });
    screen
}

fn answer(screen: &mut Screen, ticket: u32, answer: Answer) {
    screen.event(Event::Source(SourceMsg::Answer { source: SOURCE, ticket, answer }));
}

/// The window of these lines, as of a file of 3 GiB of which it is the part from `start` MiB on.
fn window(screen: &mut Screen, ticket: u32, numbers: std::ops::Range<u64>, start: u64, line: Option<u64>) {
    let extent = Extent { start: start * MIB, end: (start + 16) * MIB, size: 3072 * MIB };
    answer(screen, ticket, Answer::Window { extent, records: Box::new(records(&lines(numbers))), line });
}

/// The only question among the effects so far.
fn asked(screen: &mut Screen) -> Ask {
    let effects = std::mem::take(&mut screen.effects);
    match effects.as_slice() {
        [Effect::Ask(ask)] => ask.clone(),
        other => panic!("{other:?}"),
    }
}

fn pattern(source: &str) -> Pattern {
    Pattern { source: source.to_owned(), kind: PatternKind::SmartRegex }
}

#[test]
fn an_older_window_is_read_on_from_the_line_under_the_cursor() {
    let mut screen = large(120, 36);
    screen.keys("gjjj");
    assert!(screen.cursor_line().contains("batch 8903"));
    screen.keys("[");
    assert!(screen.status().contains("reading an older window"));
    let request = Request::Window { way: Way::Older, held: Held::Tail(4200) };
    assert_eq!(asked(&mut screen), Ask { source: SOURCE, ticket: 1, request });
    let took = Duration::from_millis(500);
    answer(&mut screen, 1, Answer::Progress { doing: "indexing", done: 43 * MIB, of: 100 * MIB, took });
    assert!(screen.status().contains("indexing 43 % of 100.0 MiB, 86.0 MiB/s, Esc cancels"), "{}", screen.status());
    // The same again is not asked for twice.
    screen.keys("[");
    assert!(screen.status().contains("still at work on the file") && screen.effects.is_empty());
    let row = screen.text().lines().position(|line| line.starts_with('>')).unwrap();
    window(&mut screen, 1, 8000..8950, 1000, None);
    assert_eq!(screen.effects, [Effect::Pause(SOURCE)]);
    assert!(screen.cursor_line().contains("batch 8903"), "{}", screen.text());
    assert_eq!(screen.text().lines().position(|line| line.starts_with('>')).unwrap(), row, "in its row");
    assert!(screen.has("bytes 1000.0-1016.0 MiB of 3.0 GiB"), "{}", screen.text());
    snap("window_120x36", &screen.text());
    screen.keys("k");
    assert!(screen.cursor_line().contains("batch 8902"));
    let mut small = large(80, 24);
    small.keys("g[");
    window(&mut small, 1, 8000..8950, 1500, None);
    snap("window_80x24", &small.text());
}

#[test]
fn windows_go_on_in_both_directions_and_end_is_said() {
    let mut screen = large(120, 36);
    screen.keys("G[");
    screen.effects.clear();
    // The cursor's line is not in it: what is held began here.
    window(&mut screen, 1, 8000..8950, 1000, None);
    assert!(screen.cursor_line().contains("batch 8900"), "{}", screen.cursor_line());
    screen.effects.clear();
    screen.keys("]");
    let held = Held::Window(Extent { start: 1000 * MIB, end: 1016 * MIB, size: 3072 * MIB });
    assert_eq!(asked(&mut screen).request, Request::Window { way: Way::Newer, held });
    window(&mut screen, 2, 8940..9000, 3056, None);
    assert!(screen.cursor_line().contains("batch 8949"), "{}", screen.cursor_line());
    assert!(screen.status().contains("the end of the file: [ older, G follows it"), "{}", screen.status());
    screen.effects.clear();
    screen.keys("]");
    answer(&mut screen, 3, Answer::Edge(Way::Newer));
    assert!(screen.status().contains("this is the end of the file"));
    assert!(screen.cursor_line().contains("batch 8949"));
}

#[test]
fn nothing_that_fails_or_comes_late_takes_the_rows_away() {
    let mut screen = large(120, 36);
    screen.keys("g[");
    screen.effects.clear();
    let before = screen.text();
    screen.keys("<Esc>");
    assert_eq!(screen.effects, [Effect::StopAsking(SOURCE)]);
    assert!(screen.status().contains("cancelled: the rows stay as they were"));
    window(&mut screen, 1, 0..50, 0, None);
    assert!(screen.has("batch 8900") && !screen.has("batch 0001"), "it was cancelled");
    screen.keys("[");
    window(&mut screen, 1, 0..50, 0, None);
    assert!(screen.has("batch 8900"), "an answer to the question before");
    let problem = "big.log: permission denied \x1b[2J".to_owned();
    answer(&mut screen, 2, Answer::Failed(problem));
    assert!(screen.status().contains("big.log: permission denied <1B>[2J"), "{}", screen.status());
    let rows = |text: &str| text.lines().take(33).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(rows(&screen.text()), rows(&before));
}

#[test]
fn following_returns_to_the_end_and_nothing_is_mixed() {
    for key in ["f", "G"] {
        let mut screen = large(120, 36);
        screen.keys("g[");
        window(&mut screen, 1, 8000..8950, 1000, None);
        // What was on its way when the source was stopped.
        screen.event(Event::Source(SourceMsg::Batch { source: SOURCE, batch: records(&lines(9000..9010)) }));
        screen.health(0, Health::new(State::Failed, "stopped"));
        assert!(!screen.has("stopped") && screen.has("bytes 1000.0-1016.0 MiB"));
        screen.effects.clear();
        screen.keys(key);
        assert_eq!(screen.effects, [Effect::Reopen(SOURCE)], "{key}");
        screen.event(Event::Source(SourceMsg::Batch { source: SOURCE, batch: records(&lines(9000..9010)) }));
        assert!(!screen.has("batch 9009"), "it has not begun anew");
        screen.event(Event::Source(SourceMsg::Reopened(SOURCE)));
        screen.event(Event::Source(SourceMsg::Batch { source: SOURCE, batch: records(&lines(8990..9020)) }));
        screen.health(0, Health::new(State::Following, "follows 1 file"));
        assert!(screen.cursor_line().contains("batch 9019") && screen.has(" FOLLOW"), "{}", screen.text());
        assert!(!screen.has("batch 8949") && !screen.has("of 3.0 GiB"), "{}", screen.text());
    }
}

#[test]
fn a_search_goes_on_in_the_file_when_memory_has_no_more() {
    let mut screen = large(120, 36);
    screen.keys("g/batch 89.7<Enter>nnnnnnnnn");
    assert!(screen.cursor_line().contains("batch 8997"));
    screen.keys("n");
    assert!(
        screen.status().contains("no more matches in the 4.1 KiB held: n searches on in the file"),
        "{}",
        screen.status()
    );
    assert!(screen.effects.is_empty() && screen.cursor_line().contains("batch 8997"));
    snap("search_on_80x24", &{
        let mut small = large(80, 24);
        small.keys("g/batch 8997<Enter>n");
        small.text()
    });
    screen.keys("n");
    let request = Request::Find { pattern: pattern("batch 89.7"), way: Way::Newer, held: Held::Tail(4200) };
    let ask = asked(&mut screen);
    assert_eq!(ask.request, request);
    window(&mut screen, ask.ticket, 100..2000, 4, Some(797));
    assert!(screen.cursor_line().contains("batch 0897"), "{}", screen.cursor_line());
    assert!(screen.has("bytes 4.0-20.0 MiB of 3.0 GiB"), "{}", screen.text());
    screen.effects.clear();
    // From there it goes on in memory, then in the file; where nothing is, round in memory.
    screen.keys("/batch 0200<Enter>n");
    let ask = asked(&mut screen);
    let took = Duration::from_millis(1234);
    answer(&mut screen, ask.ticket, Answer::NoMatch { bytes: 3 << 30, took });
    assert!(screen.status().contains("no other match in the file (3.0 GiB, 1.2 s)"), "{}", screen.status());
    screen.keys("n");
    assert!(screen.cursor_line().contains("batch 0200") && screen.effects.is_empty(), "{}", screen.text());
    // Another way, another pattern, another place: memory first.
    screen.keys("N");
    assert!(screen.status().contains("N searches on in the file (3.0 GiB)"), "{}", screen.status());
    screen.keys("n");
    assert!(screen.status().contains("n searches on in the file (3.0 GiB)"), "{}", screen.status());
    screen.keys("jn");
    assert!(screen.effects.is_empty(), "the cursor has moved");
}

#[test]
fn a_match_that_the_filter_hides_is_said() {
    let mut screen = large(120, 36);
    screen.keys("++++");
    screen.keys("/batch 12<Enter>n");
    let ask = asked(&mut screen);
    window(&mut screen, ask.ticket, 1000..2000, 4, Some(200));
    assert!(screen.status().contains("the filter hides the match: z shows it"), "{}", screen.text());
    screen.keys("z");
    assert!(screen.cursor_line().contains("batch 1200"), "{}", screen.text());
}

#[test]
fn matches_of_the_whole_file_are_counted() {
    let mut screen = large(120, 36);
    screen.keys("#");
    assert!(screen.status().contains("nothing was searched for yet: / searches"));
    screen.keys("/batch<Enter>");
    screen.effects.clear();
    screen.keys("#");
    let ask = asked(&mut screen);
    assert_eq!(ask.request, Request::Count { pattern: pattern("batch") });
    let took = Duration::from_millis(900);
    answer(&mut screen, ask.ticket, Answer::Counted { lines: 12_408, bytes: 3 << 30, took });
    assert!(screen.status().contains("12,408 lines match in 3.0 GiB (0.9 s)"), "{}", screen.status());
    snap("counted_80x24", &{
        let mut small = large(80, 24);
        small.keys("/batch<Enter>#");
        let ask = asked(&mut small);
        answer(&mut small, ask.ticket, Answer::Counted { lines: 1, bytes: 5000, took });
        small.text()
    });
}

#[test]
fn a_file_that_is_all_in_memory_has_no_other_window() {
    let mut screen = screen(120, 36);
    screen.keys("[");
    assert!(screen.status().contains("this is the start of the file"));
    screen.keys("]");
    assert!(screen.status().contains("this is the end of the file") && screen.effects.is_empty());
    screen.keys("/5511<Enter>n");
    assert!(screen.status().contains("went on from the first record"));
    let mut reading = large(120, 36);
    reading.health(0, Health { left_out: MIB, ..Health::new(State::Reading, "reading big.log") });
    reading.keys("[");
    assert!(reading.status().contains("the file is still being read") && reading.effects.is_empty());
}

#[test]
fn g_on_the_first_line_asks_for_the_older_window() {
    let mut screen = large(80, 24);
    screen.keys("g");
    assert!(screen.effects.is_empty(), "it is gone to first");
    screen.keys("g");
    assert!(matches!(screen.effects.as_slice(), [Effect::Ask(_)]), "{:?}", screen.effects);
    let mut small = crate::support::screen(80, 24);
    small.keys("gg");
    assert!(small.effects.is_empty(), "nothing was left out");
}
