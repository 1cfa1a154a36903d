//! Time first: all sources by time, going to a time, tabs that keep it, bars, and the list of origins.

use crate::support::*;
use logdeck::app::event::Event;
use logdeck::app::{Colors, Glyphs, update};
use logdeck::model::address::Tab;
use logdeck::model::{Health, OriginId, SourceId, SourceMsg, State};
use std::fmt::Write as _;

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
    check("all_sources_wrapped", "wA@+1s<Enter>@-26s<Enter>");
}

#[test]
fn bars_with_a_window() {
    check("bars_window", "HHB<Left><Left><Space><Left><Left><Left>");
    check("bars_zoomed", "HHB<Left><Left><Space><Left><Left><Left><Enter>B");
}

#[test]
fn origins() {
    check("origins", "AL<Space>j<Space>");
}

#[test]
fn all_sources_keep_filter_and_line_and_count_what_they_show() {
    let mut screen = two_tabs(120, 36);
    screen.keys("+++++g");
    let line = screen.cursor_line();
    screen.keys("A");
    assert!(screen.cursor_line().contains(line.trim_start_matches('>').trim_end().split("  ").next().unwrap()));
    assert!(screen.has("out of memory") && screen.has("403 forbidden"), "{}", screen.text());
    screen.keys("z");
    assert!(screen.has("-- All sources by time, unfiltered around the line "), "{}", screen.text());
    screen.keys("zA");
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
        // The palette's command is the same.
        let mut screen = crate::support::screen(120, 36);
        screen.keys(&format!(":goto {typed}<Enter>"));
        assert!(screen.cursor_line().contains(line), "{typed}: {}", screen.text());
    };
    // As they are shown: in UTC.
    check("03:13:41", "03:13:41.020", "PAUSED");
    check("2026-11-21T03:13:41Z", "03:13:41.020", "PAUSED");
    check("2026-11-21T04:13:41+01:00", "03:13:41.020", "PAUSED");
    check("41s", "03:13:41.020", "PAUSED");
    check("9s@end", "03:13:58.104", "PAUSED");
    check("-10s", "03:13:58.104", "PAUSED");
    check("01:00", "03:13:00", "before the first record, which is of 2026-11-21 03:13:00");
    check("23:00", "03:14:07", "after the last record, which is of 2026-11-21 03:14:07");
    check("+5m", "03:14:07", "after the last record");
    // In the zone of the tests, +01:00, once that is shown.
    let mut local = screen(120, 36);
    local.keys("t@04:13:41<Enter>");
    assert!(local.cursor_line().contains("04:13:41.020"), "{}", local.text());
}

#[test]
fn a_time_of_day_is_that_of_the_night_before_when_there_is_none_after_it() {
    let mut screen = Screen::new(80, 24, settings());
    let lines = "2026-11-20T23:50:00Z INFO late\n2026-11-20T23:58:00Z INFO later\n2026-11-21T00:05:00Z INFO early\n";
    screen.open(0, "night.log", &[("night.log", lines)]);
    screen.keys("@23:55<Enter>");
    assert!(screen.cursor_line().contains("later"), "{}", screen.text());
    assert!(screen.line("-- Lines").contains("2026-11-20"), "the heading has the day");
    screen.keys("@00:01<Enter>");
    assert!(screen.cursor_line().contains("early"), "{}", screen.text());
    assert!(screen.line("-- Lines").contains("2026-11-21"));
}

#[test]
fn a_place_in_time_is_a_record() {
    let worker = OriginId::new(SourceId(0), 1);
    let mut screen = screen(120, 36);
    screen.keys("@+5m<Enter>");
    let line = screen.cursor_line();
    screen.feed(worker, b"2026-11-21T03:14:20Z INFO newer\n");
    assert_eq!(screen.cursor_line(), line, "it is not the end that was gone to");
    assert!(screen.status().contains("PAUSED, 1 new"), "{}", screen.status());
    screen.keys("@03:13:50<Enter>");
    let line = screen.cursor_line();
    screen.feed(OriginId::new(SourceId(0), 9), b"2026-11-21T03:13:51Z INFO came late\n");
    assert_eq!(screen.cursor_line(), line);
}

#[test]
fn a_time_is_gone_to_while_records_are_still_filtered() {
    let mut screen = Screen::new(120, 36, settings());
    screen.open(0, "big.log", &[("big.log", "")]);
    let mut lines = String::new();
    for n in 0..60_000 {
        writeln!(lines, "2026-11-21T03:{:02}:{:02}Z INFO line {n}", n / 6000, n / 100 % 60).unwrap();
    }
    screen.feed(OriginId::new(SourceId(0), 0), lines.as_bytes());
    screen.keys("F<Tab><Tab><Tab>9");
    // Without the ticks between keys.
    let press = |screen: &mut Screen, key: &str| update(&mut screen.app, Event::Key(key.parse().unwrap()));
    press(&mut screen, "9");
    press(&mut screen, "Enter");
    press(&mut screen, "@");
    for key in ["0", "3", ":", "0", "2"] {
        press(&mut screen, key);
    }
    press(&mut screen, "Enter");
    assert!(screen.status().contains("going to 2026-11-21 03:02:00: not all records"), "{}", screen.status());
    let now = screen.app.now();
    screen.event(Event::Tick(now));
    assert!(screen.cursor_line().contains("03:02:00.000  INF  line 12099"), "{}", screen.cursor_line());
    assert!(!screen.status().contains("going to"), "{}", screen.status());
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
    // 41.500 is nearer to 39.101 than 10.500.
    assert!(screen.cursor_line().contains("03:13:41.500"), "{}", screen.text());
    assert!(screen.status().contains("the line nearest to 03:13:39"), "{}", screen.status());
    // A tab without records passes the time on.
    screen.keys("14");
    assert_eq!(screen.cursor_line(), line, "nothing was moved there");
    screen.keys("3j");
    let moved = screen.cursor_line();
    screen.keys("4");
    assert_ne!(screen.cursor_line(), line, "now it was: {moved}");
}

#[test]
fn the_nearest_line_of_a_tab_can_be_the_one_before() {
    let mut screen = two_tabs(120, 36);
    screen.keys("@03:13:58<Enter>3");
    assert!(screen.cursor_line().contains("03:13:55.500"), "{}", screen.text());
    screen.keys("4@03:13:13<Enter>3");
    assert!(screen.cursor_line().contains("03:13:10.500"), "{}", screen.text());
}

#[test]
fn who_follows_goes_on_following() {
    let mut screen = two_tabs(120, 36);
    screen.keys("3");
    assert!(screen.status().contains("FOLLOW"));
    screen.keys("4k3");
    assert!(screen.status().contains("PAUSED"), "it was brought to a time");
    screen.keys("4G3");
    assert!(screen.status().contains("FOLLOW"), "it had followed before: {}", screen.status());
    screen.keys("k4");
    let line = screen.cursor_line();
    screen.keys("G3");
    assert!(screen.status().contains("PAUSED"), "the user paused it: {line}");
}

#[test]
fn what_is_new_is_counted_across_all_sources() {
    let mut screen = two_tabs(120, 36);
    screen.keys("kA");
    assert!(screen.status().starts_with(" PAUSED  "), "nothing came in since: {}", screen.status());
    screen.feed(OriginId::new(SourceId(7), 0), b"2026-11-21T03:14:20Z INFO back\n");
    assert!(screen.status().starts_with(" PAUSED, 1 new"), "{}", screen.status());
}

#[test]
fn origins_of_other_tabs_with_the_same_name_are_told_apart() {
    let mut screen = screen(120, 36);
    screen.app.open(SourceId(7), "pods:prod/payments", Tab::Pods);
    let origin = OriginId::new(SourceId(7), 0);
    screen.event(Event::Source(SourceMsg::Origin { id: origin, name: "ledger-worker".to_owned() }));
    screen.feed(origin, b"2026-11-21T03:14:20Z INFO up\n");
    assert!(!screen.has("CI:"));
    screen.keys("A");
    assert!(screen.cursor_line().contains("Pods:le~worker") && screen.has("CI:ledg~worker"), "{}", screen.text());
}

#[test]
fn the_clock_s_change_is_seen_in_the_heading() {
    let zone = jiff::tz::TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
    let local = logdeck::app::Settings { zone, time: logdeck::app::TimeStyle::Local, ..settings() };
    let mut screen = Screen::new(80, 24, local);
    screen.open(0, "a.log", &[("a.log", "2026-10-25T00:59:59Z INFO summer\n2026-10-25T01:00:00Z INFO winter\n")]);
    assert!(screen.cursor_line().contains("02:00:00") && screen.has("2026-10-25   2 records"), "{}", screen.text());
    screen.keys("k");
    assert!(screen.cursor_line().contains("02:59:59") && screen.has("2026-10-25 +02:00   line 1"), "{}", screen.text());
    // Both are 02:30; the day's first one is meant.
    screen.keys("G@02:59:59<Enter>");
    assert!(screen.cursor_line().contains("summer"), "{}", screen.text());
}

#[test]
fn a_window_of_bars_is_a_filter() {
    let mut screen = two_tabs(120, 36);
    screen.keys("Bhh<Space>h<Enter>");
    assert!(screen.status().contains("since 03:14:04 before 03:14:0"), "{}", screen.status());
    screen.keys("F");
    assert!(screen.has("2026-11-21T03:14:04+00:00") && screen.has("<2026-11-21T03:14:0"), "{}", screen.text());
    assert!(!screen.has("999"), "{}", screen.text());
    // What the pane shows means the same.
    let before = screen.line("of 1");
    screen.keys("<Enter>");
    assert_eq!(screen.line("of 1"), before);
    let mut small = two_tabs(80, 18);
    small.keys("B");
    assert!(small.status().contains("the bars need 20 rows"), "{}", small.status());
    small.event(Event::Resize(80, 24));
    assert!(!small.has("a bar, all records"), "they were not there before");
}

#[test]
fn the_bars_span_the_filter_s_window_until_it_goes() {
    let mut screen = two_tabs(120, 36);
    screen.keys("Bhhh<Enter>");
    assert!(screen.has("10 ms a bar, all records") && screen.has("03:14:04.000"), "{}", screen.text());
    // The bar has what its filter lets through.
    screen.keys("B$hh");
    screen.keys("0<Space>$");
    assert!(screen.line("of 1").contains("03:14:04.9"), "{}", screen.text());
    screen.keys("<Esc><Esc>");
    assert!(screen.has("1 s a bar, all records"), "{}", screen.text());
    // A window that is longer than what there is shows what there is.
    screen.keys("F<Tab>2020-01-01<Tab>2030-01-01<Enter>");
    assert!(screen.has("1 s a bar, all records"), "{}", screen.text());
}

#[test]
fn leaving_the_bars_puts_the_screen_back() {
    let mut screen = two_tabs(80, 24);
    let before = screen.text();
    screen.keys("B");
    assert!(screen.has("ERR 1  WRN 0  of 1"), "{}", screen.text());
    screen.keys("<Space>0<Esc>");
    assert_eq!(screen.text(), before);
}

#[test]
fn the_chosen_bars_are_seen_without_colours() {
    let mut settings = settings();
    settings.caps = caps(Colors::Mono, Glyphs::Ascii);
    let mut screen = Screen::new(120, 36, settings);
    let [api, worker] = incident();
    screen.open(0, "logs/", &[(api.0, &api.1), (worker.0, &worker.1)]);
    screen.keys("B");
    for _ in 0..4 {
        let styles = screen.styles();
        let row = styles.lines().find(|line| line.starts_with("row 4:")).unwrap_or_default().to_owned();
        assert!(row.contains("reversed"), "{styles}");
        screen.keys("h");
    }
}

#[test]
fn chosen_origins_are_a_filter() {
    let mut screen = two_tabs(120, 36);
    screen.keys("L");
    let text = screen.text();
    let at = |needle: &str| text.find(needle).unwrap_or_else(|| panic!("{needle}: {text}"));
    assert!(at("payments-api.log") < at("ledger-worker.log"), "the one with more errors comes first");
    screen.keys("j<Enter>");
    assert!(screen.status().contains("origin ledger-worker "), "{}", screen.status());
    assert!(!screen.has("circuit breaker"));
    screen.keys("<Esc>");
    assert!(screen.has("circuit breaker"));
}

#[test]
fn the_list_of_origins_goes_with_what_comes_in_also_without_bars() {
    let mut screen = two_tabs(80, 24);
    screen.keys("3L");
    assert!(screen.line("STATE").contains("RECORDS"), "{}", screen.text());
    let row = |screen: &mut Screen| screen.line("payments~5c-2xkq9").split_whitespace().nth(2).unwrap().to_owned();
    assert_eq!(row(&mut screen), "3", "{}", screen.text());
    screen.feed(OriginId::new(SourceId(7), 0), b"2026-11-21T03:14:20Z INFO back\n");
    assert_eq!(row(&mut screen), "3", "a batch costs no counting");
    screen.event(Event::Tick(at("2026-11-21T03:14:24Z")));
    assert_eq!(row(&mut screen), "4", "{}", screen.text());
    // How a source is, is seen at once.
    screen.health(7, Health::new(State::Following, ""));
    assert!(!screen.has("403") && row(&mut screen) == "4", "{}", screen.text());
}

#[test]
fn sources_in_trouble_have_rows_of_their_own() {
    let mut screen = Screen::new(80, 24, settings());
    screen.open(0, "logs/", &[("a.log", "2026-11-21T03:14:00Z INFO a\n"), ("b.log", "2026-11-21T03:14:01Z ERROR b\n")]);
    screen.health(0, Health::new(State::Partial, "permission denied (logs/secure.log): run as a member of group adm"));
    screen.app.open(SourceId(1), "missing.log", Tab::Ci);
    screen.health(1, Health::new(State::Waiting, "missing.log: no such file, waiting for it to be created"));
    assert!(screen.has("1 partial, 1 waiting (L lists them)"), "{}", screen.text());
    screen.keys("L");
    snap("origins_troubled_80x24", &screen.text());
    // The row of a source stands for all its origins.
    screen.keys("<Enter>");
    assert!(screen.status().contains("origin a and 1 more"), "{}", screen.status());
    screen.keys("<Esc>Lj<Enter>");
    assert!(screen.status().contains("no origin so far"), "{}", screen.status());
}

#[test]
fn hundreds_of_origins_scroll() {
    let mut screen = Screen::new(80, 24, settings());
    screen.open(0, "build.zip", &[]);
    for n in 0..300 {
        let origin = OriginId::new(SourceId(0), n);
        screen.event(Event::Source(SourceMsg::Origin { id: origin, name: format!("step-{n:03}.log") }));
        screen.feed(origin, format!("2026-11-21T03:{:02}:00Z INFO step\n", n % 14).as_bytes());
    }
    screen.keys("LG");
    assert!(screen.line("step-299.log  ").contains(" > ") && screen.has("300 of 300"), "{}", screen.text());
    screen.keys("kk");
    assert!(screen.line("step-297.log  ").contains(" > ") && screen.has("step-299.log"), "{}", screen.text());
    screen.keys("g<PgDn><PgDn><PgUp>");
    assert!(!screen.has("step-000.log") && screen.has("of 300"), "{}", screen.text());
}

#[test]
fn all_sources_are_shown_in_tabs_that_have_none() {
    for (tab, title) in [("5", "[5 Summary]"), ("1", "[1 GCS]")] {
        let mut screen = two_tabs(120, 36);
        screen.keys(tab);
        screen.keys("A");
        assert!(
            screen.has(title) && screen.has("-- All sources by time ") && screen.has("settle job"),
            "{}",
            screen.text()
        );
        screen.keys("A");
        assert!(!screen.has("settle job"), "{}", screen.text());
    }
    let mut alone = screen(120, 36);
    alone.keys("A");
    assert!(alone.status().contains("all sources are in this tab already"), "{}", alone.status());
}

#[test]
fn times_of_a_filter_are_read_as_they_are_shown() {
    let mut screen = screen(120, 36);
    screen.keys("F<Tab>03:14:03<Enter>");
    assert!(screen.status().contains("since 03:14:03") && screen.has("3 of 55 records"), "{}", screen.text());
    screen.keys("<Esc>tF<Tab>04:14:03<Enter>");
    assert!(screen.status().contains("since 04:14:03") && screen.has("3 of 55 records"), "{}", screen.text());
}

#[test]
fn every_size_can_be_drawn_with_these_panes() {
    for keys in ["AL", "LG<Space>", "HHB<Space>0", "A@03:13<Enter>"] {
        let mut screen = two_tabs(120, 36);
        screen.keys(keys);
        for width in (1..=130).step_by(3) {
            for height in 1..=40 {
                screen.event(Event::Resize(width, height));
                screen.draw();
            }
        }
    }
}

#[test]
fn what_had_to_go_is_in_no_bar_and_no_count() {
    let mut screen = Screen::new(120, 36, logdeck::app::Settings { memory: 256 << 10, ..settings() });
    screen.open(0, "small.log", &[("a.log", ""), ("b.log", "")]);
    for n in 0..300_u32 {
        let line = format!("2026-11-21T03:{:02}:{:02}Z WARN line {n} {}\n", n / 60, n % 60, "x".repeat(4000));
        screen.feed(OriginId::new(SourceId(0), n % 2), line.as_bytes());
    }
    screen.keys("L");
    screen.event(Event::Tick(at("2026-11-21T03:15:00Z")));
    let held = screen.app.counts().records();
    assert!((10..200).contains(&held), "{held}");
    let bars = screen.app.histogram().unwrap();
    assert_eq!(bars.bars.iter().flatten().map(|count| u64::from(*count)).sum::<u64>(), held);
    let rows = screen.app.origins().unwrap().rows();
    assert_eq!(rows.iter().map(|row| row.warnings).sum::<u64>(), held);
    let sparks = rows.iter().flat_map(|row| &row.sparks).map(|(_, all)| u64::from(*all));
    assert_eq!(sparks.sum::<u64>(), held);
}

#[test]
fn a_tab_that_is_left_before_it_is_filled_is_brought_to_the_time_later() {
    let mut screen = two_tabs(120, 36);
    screen.keys("3");
    let mut lines = String::new();
    for n in 0..60_000 {
        writeln!(lines, "2026-11-21T02:{:02}:{:02}Z INFO line {n}", n / 6000, n / 100 % 60).unwrap();
    }
    screen.feed(OriginId::new(SourceId(7), 0), lines.as_bytes());
    screen.keys("4@03:13:41<Enter>");
    let line = screen.cursor_line();
    screen.keys("3F<Tab><Tab><Tab>gone|memor");
    // Without the ticks between keys.
    for key in ["y", "Enter", "4", "3"] {
        update(&mut screen.app, Event::Key(key.parse().unwrap()));
    }
    assert!(!screen.app.tab().view().count_is_final());
    let now = screen.app.now();
    screen.event(Event::Tick(now));
    assert!(screen.cursor_line().contains("03:13:41.500"), "{}", screen.text());
    screen.keys("4");
    assert_eq!(screen.cursor_line(), line);
}
