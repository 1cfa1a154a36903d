//! Reading in the list and in the detail pane: opened records, columns, marks and notes, trees, bytes.

use crate::support::*;
use logdeck::app::event::{Effect, Event};
use logdeck::app::{Colors, Glyphs};
use logdeck::model::{OriginId, SourceId};
use std::fmt::Write as _;

const TRACE: &str = r#"{"time":"2026-11-21T03:13:00.100Z","level":"info","msg":"order taken","order":"8f21","status":200,"trace":{"id":"4bf92f3577b34da6","span":"00f067aa"},"items":[{"sku":"A-1","n":2},{"sku":"B-7","n":1}],"tags":["eu1","canary"]}
{"time":"2026-11-21T03:13:01.200Z","level":"error","msg":"charge failed","order":"8f21","status":504,"trace":{"id":"4bf92f3577b34da6","span":"11a1"},"payload":{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8,"i":9,"j":10,"k":11,"l":12,"m":13,"password":"hunter2hunter2"}}
{"time":"2026-11-21T03:13:02.300Z","level":"fatal","msg":"panic recovered: nil pointer\ngoroutine 9121 [running]:\nledger.(*Client).Post(0x0)\n\t/src/client.go:118 +0x1d4 of a frame whose line is longer than the list of a small terminal is wide","order":"8f22"}
{"time":"2026-11-21T03:13:03.400Z","level":"info","msg":"GET /healthz 200 3ms"}
"#;

const TEXT: &str = "2026-11-21T03:13:02.900Z INFO batch committed rows=500 order=8f30\n\
    2026-11-21T03:13:05.000Z ERROR settle failed\nTraceback (most recent call last):\n  File \"/srv/settle.py\", line 7, in run\nValueError: late\n\
    2026-11-21T03:13:06.000Z WARN shedding load\n";

fn shop(width: u16, height: u16) -> Screen {
    let mut screen = Screen::new(width, height, settings());
    screen.open(0, "logs/", &[("shop.log", TRACE), ("settle.log", TEXT)]);
    screen
}

/// Snapshots of the shop's screen after these keys, in two sizes; the styles at 80x24.
fn check(name: &str, keys: &str) {
    for (width, height) in [(80, 24), (120, 36)] {
        let mut screen = shop(width, height);
        screen.keys(keys);
        snap(format!("{name}_{width}x{height}"), &screen.text());
        if width == 80 {
            snap(format!("{name}_styles"), &screen.styles());
        }
    }
}

#[test]
fn opened_records() {
    check("opened", "gjjo");
}

#[test]
fn opened_and_wrapped_records_with_marks() {
    check("opened_wrapped", "gmjjomjwM the cursor is here<Enter>");
}

#[test]
fn columns() {
    check("columns", ":columns order status trace.id<Enter>gjm");
}

#[test]
fn columns_to_choose_from() {
    check("columns_picker", "gjc<Tab><Down><Tab>");
}

#[test]
fn marks() {
    check("marks", "gmjjMit begins here<Enter>G:marks<Enter>");
}

#[test]
fn a_tree_with_a_cursor() {
    check("tree", "g<Enter><Tab>jjjjjjjjjjj");
}

#[test]
fn bytes_of_a_record() {
    check("bytes", "gj<Enter>JJ<Tab>jjj");
}

#[test]
fn a_record_of_one_line_says_so() {
    let mut screen = shop(80, 24);
    screen.keys("go");
    assert!(screen.status().contains("this record has one line"));
    screen.keys("jjo");
    assert!(screen.has("|  goroutine 9121 [running]:") && !screen.line("panic").contains("[+3]"), "{}", screen.text());
    screen.keys("o");
    assert!(!screen.has("goroutine 9121") && screen.line("panic").contains("[+3]"));
    screen.keys(":unfold-all<Enter>");
    assert!(screen.has("goroutine 9121") && screen.has("ValueError: late"));
    screen.keys(":fold-all<Enter>");
    assert!(!screen.has("goroutine 9121") && !screen.has("ValueError: late"));
}

/// A record of many lines between others.
fn tall(lines: usize, width: u16, height: u16) -> Screen {
    let mut text = String::new();
    for n in 0..30 {
        let _ = writeln!(text, "2026-11-21T03:13:{n:02}.000Z INFO before {n}");
    }
    text.push_str("2026-11-21T03:13:40.000Z ERROR many lines\n");
    for n in 1..=lines {
        let _ = writeln!(text, "    at frame.{n}(file.rs:{n})");
    }
    for n in 0..30 {
        let _ = writeln!(text, "2026-11-21T03:13:{:02}.500Z INFO after {n}", 40 + n % 20);
    }
    let mut screen = Screen::new(width, height, settings());
    screen.open(0, "tall.log", &[("tall.log", &text)]);
    screen
}

#[test]
fn a_record_higher_than_the_screen_is_scrolled_through() {
    let mut screen = tall(100, 80, 24);
    screen.keys("geo");
    assert!(screen.cursor_line().contains("many lines") && screen.has("at frame.1("), "{}", screen.text());
    for _ in 0..10 {
        screen.keys("j");
    }
    assert!(screen.cursor_line().contains("many lines") && !screen.has("at frame.1(") && screen.has("at frame.11("));
    screen.keys("<Space><Space><Space><Space>");
    assert!(screen.cursor_line().contains("many lines") && screen.has("at frame.100("), "{}", screen.text());
    screen.keys("j");
    assert!(screen.cursor_line().contains("after 0"), "{}", screen.text());
    screen.keys("k");
    assert!(screen.cursor_line().contains("many lines"));
    screen.keys("k");
    assert!(screen.cursor_line().contains("before 29"), "{}", screen.text());
}

#[test]
fn an_opened_record_is_bounded_and_says_what_is_left() {
    let mut screen = tall(514, 80, 24);
    screen.keys("geo");
    for _ in 0..20 {
        screen.keys("<Space>");
        if screen.has("more lines") {
            break;
        }
    }
    assert!(screen.has("... 314 more lines   (Enter)"), "{}", screen.text());
}

#[test]
fn a_long_line_that_wraps_is_bounded_and_says_so() {
    let mut screen = Screen::new(80, 24, settings());
    let text = format!("2026-11-21T03:13:00Z ERROR x\n    {}\n", "0123456789".repeat(5000));
    screen.open(0, "a.log", &[("a.log", &text)]);
    screen.keys("wo");
    for _ in 0..30 {
        screen.keys("<Space>");
    }
    assert!(screen.has("... the rest   (Enter)"), "{}", screen.text());
}

#[test]
fn the_cursor_is_on_the_screen_whatever_is_open_and_wrapped() {
    let mut screen = tall(7, 80, 24);
    screen.keys(":unfold-all<Enter>w");
    for keys in
        ["g", "e", "<Space>", "<Ctrl-d>", "j", "k", "b", "<Ctrl-u>", "G", "k", "k", "b", "b", "e", "o", "o", "g"]
    {
        screen.keys(keys);
        screen.cursor_line();
        let rows = screen.text().lines().skip(3).take(20).filter(|line| line.is_empty()).count();
        assert_eq!(rows, 0, "{keys}: the list could fill its rows\n{}", screen.text());
    }
}

#[test]
fn pages_skip_no_record_when_lines_wrap() {
    let mut text = String::new();
    for n in 0..60 {
        let _ = writeln!(text, "2026-11-21T03:13:{n:02}.000Z INFO number {n} {}", "and words ".repeat(20));
    }
    let mut screen = Screen::new(80, 24, settings());
    screen.open(0, "long.log", &[("long.log", &text)]);
    screen.keys("wg");
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..60 {
        for line in screen.text().lines() {
            if let Some((_, rest)) = line.split_once(" number ") {
                seen.extend(rest.split(' ').next().and_then(|n| n.parse::<u32>().ok()));
            }
        }
        screen.keys("<Space>");
    }
    assert_eq!(seen.len(), 60, "{seen:?}");
}

#[test]
fn the_line_under_the_cursor_stays_while_it_moves_up_an_opened_list() {
    let mut screen = tall(7, 80, 24);
    screen.keys("geojjjj");
    let row = |screen: &mut Screen| {
        let text = screen.text();
        text.lines().position(|line| line.starts_with('>')).unwrap()
    };
    let before = row(&mut screen);
    screen.keys("k");
    assert_eq!(row(&mut screen) + 1, before, "{}", screen.text());
}

#[test]
fn marks_are_jumped_to_and_what_hides_them_is_said() {
    let mut screen = shop(120, 36);
    screen.keys("'");
    assert!(screen.status().contains("nothing is marked: m marks the record"));
    screen.keys("gmjjjMlook here<Enter>G'");
    assert!(screen.cursor_line().contains("order taken") && screen.status().contains("went on from the first mark"));
    screen.keys("'");
    assert!(screen.cursor_line().contains("batch committed") && !screen.status().contains("went on"));
    assert!(screen.line("-- Lines").contains("marked: look here"), "{}", screen.text());
    screen.keys("\"");
    assert!(screen.cursor_line().contains("order taken"));
    // The filter hides both.
    screen.keys("G++++'");
    assert!(screen.status().contains("the filter hides the marked record"), "{}", screen.status());
    screen.keys("'");
    assert!(screen.status().contains("the filter hides the marked record"));
    screen.keys("\"\"");
    assert!(
        screen.cursor_line().contains("charge failed") || screen.cursor_line().contains("settle"),
        "{}",
        screen.text()
    );
    // A note is taken away, the mark stays; then that goes, too.
    screen.keys("<Esc>g''");
    screen.keys("M<Ctrl-u><Enter>");
    assert!(screen.status().contains("marked, without a note"), "{}", screen.status());
    screen.keys("m");
    assert!(screen.status().contains("mark taken away"));
}

#[test]
fn a_mark_outlives_its_record() {
    let mut settings = settings();
    settings.memory = 256 << 10;
    let mut screen = Screen::new(120, 36, settings);
    screen.open(0, "a.log", &[("a.log", "2026-11-21T03:00:00Z INFO the first one\n")]);
    screen.keys("gMit began<Enter>G");
    let origin = OriginId::new(SourceId(0), 0);
    for n in 0..200 {
        let mut text = String::new();
        for m in 0..100 {
            let _ = writeln!(text, "2026-11-21T03:13:{:02}.{m:03}Z INFO filler {n} {}", n % 60, "x".repeat(60));
        }
        screen.feed(origin, text.as_bytes());
    }
    screen.keys("\"");
    assert!(screen.status().contains("the marked record had to go"), "{}", screen.status());
    assert!(screen.cursor_line().contains("filler"));
    screen.keys(":marks<Enter>");
    assert!(screen.line("it began").contains("the first one") && screen.line("it began").contains("gone, CI"));
    screen.keys("<Enter>");
    assert!(screen.status().contains("the marked record had to go"));
}

#[test]
fn columns_are_chosen_set_and_cleared() {
    let mut screen = shop(120, 36);
    screen.keys("c");
    assert!(
        screen.line("[ ] order ").contains("8f21") && screen.line("[ ] order ").contains(" of 7"),
        "{}",
        screen.text()
    );
    screen.keys("trace.id<Enter>");
    assert!(screen.line("-- Lines").contains(" trace.id "), "{}", screen.text());
    assert!(
        screen.line("order taken").contains("4bf92f3577b34da6") && screen.line("order taken").contains("order=8f21")
    );
    assert!(!screen.line("order taken").contains("trace.id="));
    screen.keys("cstatus<Tab><Enter>");
    let heading = screen.line("-- Lines");
    assert!(heading.find("trace.id").unwrap() < heading.find("status").unwrap(), "{heading}");
    assert!(screen.status().contains("columns: trace.id, status"));
    screen.keys("l");
    assert!(screen.line("4bf92f3577b34da6").contains("504") || screen.has("200"));
    screen.keys("hw");
    assert!(screen.line("charge failed").contains("504"));
    // The titles leave room for the word, but not for all of it.
    screen.keys("wgm");
    assert!(screen.line("-- Lines").contains("7 records   marked --"), "{}", screen.text());
    screen.keys("m++++z");
    assert!(screen.line("-- Lines --").contains(" trace.id "), "{}", screen.text());
    screen.keys("z<Esc>");
    screen.keys("c<Tab><Tab><Enter>");
    assert!(screen.status().contains("columns: none") && !screen.line("-- Lines").contains("status"));
    screen.keys(":columns 1 2 3 4 5 6 7 8 9<Enter>");
    assert!(screen.has("at most 8 names"));
    screen.keys("<Esc>:columns order nothing<Enter>:columns <Enter>");
    assert!(screen.status().contains("columns: none"), "{}", screen.status());
}

#[test]
fn columns_of_the_config_are_as_wide_as_what_comes() {
    let mut settings = settings();
    settings.columns = vec!["trace.id".to_owned(), "status".to_owned()];
    let mut screen = Screen::new(120, 36, settings);
    screen.open(0, "shop.log", &[("shop.log", TRACE)]);
    assert!(screen.line("charge failed").contains("  4bf92f3577b34da6  504     charge failed"), "{}", screen.text());
    assert!(screen.line("-- Lines").contains(" trace.id "));
}

#[test]
fn a_log_without_fields_has_no_columns_to_choose() {
    let mut screen = Screen::new(80, 24, settings());
    screen.open(0, "a.log", &[("a.log", "plain words\nmore of them\n")]);
    screen.keys("c");
    assert!(screen.status().contains("have no fields"), "{}", screen.status());
}

#[test]
fn the_cursor_of_the_detail_pane_knows_its_field() {
    let mut screen = shop(120, 36);
    let field = |screen: &Screen| screen.app.tab().detail().unwrap().field_at_cursor();
    screen.keys("gj<Enter>");
    assert_eq!(field(&screen), None, "the list has the keys");
    screen.keys("<Tab>");
    let mut seen = Vec::new();
    for _ in 0..16 {
        seen.extend(field(&screen));
        screen.keys("j");
    }
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert!(seen.contains(&pair("order", "8f21")) && seen.contains(&pair("trace.id", "4bf92f3577b34da6")), "{seen:?}");
    assert!(!seen.iter().any(|(name, _)| name == "payload" || name == "trace"), "{seen:?}");
}

#[test]
fn a_value_is_copied_and_a_container_opened() {
    let mut screen = shop(120, 36);
    screen.keys("gj<Enter><Tab>");
    let to = |screen: &mut Screen, needle: &str| {
        screen.keys("g");
        for _ in 0..60 {
            if screen.text().lines().any(|line| line.starts_with('>') && line.contains(needle)) {
                return;
            }
            screen.keys("j");
        }
        panic!("no {needle} in\n{}", screen.text());
    };
    to(&mut screen, " order ");
    screen.keys("y");
    to(&mut screen, " payload ");
    assert!(screen.line(" payload ").contains("map, 14 fields, 111 B   (Space: open)"), "{}", screen.text());
    screen.keys("y<Space>");
    assert!(screen.has("  password  ") && !screen.has("hunter2"), "{}", screen.text());
    to(&mut screen, " password ");
    screen.keys("y");
    assert_eq!(screen.app.tab().detail().unwrap().field_at_cursor(), None, "a secret that is covered");
    to(&mut screen, " payload ");
    screen.keys("o");
    assert!(!screen.has(" password "));
    let copied = screen.effects.iter().map(|effect| match effect {
        Effect::Copy(text) => text.as_str(),
        other => panic!("{other:?}"),
    });
    let copied: Vec<_> = copied.collect();
    assert_eq!(copied[0], "8f21");
    assert!(copied[1].starts_with(r#"{"a":1,"b":2"#) && !copied[1].contains("hunter2"), "{}", copied[1]);
    assert!(copied[2].starts_with("[redacted: "), "{}", copied[2]);
}

#[test]
fn secrets_are_covered_in_the_bytes_too() {
    let mut screen = shop(120, 36);
    screen.keys("gj<Enter>JJ");
    let pane = |screen: &mut Screen| screen.text();
    let text = pane(&mut screen);
    assert!(text.contains("-- Detail, bytes --") && text.contains(" ** ** "), "{text}");
    assert!(!text.contains("hunter"));
    screen.keys("R<Tab>G");
    screen.keys("bb");
    assert!(!screen.has(" ** ** "));
    screen.keys("J");
    assert!(screen.has("-- Detail, secrets shown --"));
}

#[test]
fn a_list_of_secrets_is_covered_as_a_whole() {
    let line = r#"{"time":"2026-11-21T03:13:00Z","msg":"m","api_keys":["sk-abcdefghijklmnopqrstuvwxyz012345"],"password":["one","two"],"n":[1,2]}"#;
    let mut screen = Screen::new(120, 36, settings());
    screen.open(0, "a.log", &[("a.log", &format!("{line}\n"))]);
    screen.keys("<Enter>");
    assert!(!screen.line("   api_keys ").contains("abcdefghij") && !screen.line("   password ").contains("one"));
    assert!(screen.line("  n  ").contains("list, 2 values"), "{}", screen.text());
    screen.keys("R");
    assert!(screen.line("   password ").contains("list, 2 values"), "{}", screen.text());
}

/// Everything open, on every size.
fn sweep(screen: &mut Screen, keys: &[&str]) {
    for (width, height) in [(60, 12), (61, 13), (80, 24), (77, 50), (120, 36), (250, 80)] {
        screen.event(Event::Resize(width, height));
        for key in keys {
            screen.keys(key);
            let text = screen.text();
            assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{key}: {text}");
            assert!(!text.contains('\u{202e}'), "{key}");
        }
    }
}

#[test]
fn hostile_records_open_without_harm() {
    let mut many = String::from(r#"{"msg":"many""#);
    for n in 0..10_000 {
        let _ = write!(many, r#","k{n}":{n}"#);
    }
    many.push('}');
    let mut nested = String::from(r#"{"msg":"nested","#);
    nested.push_str(&r#""d":{"#.repeat(100));
    nested.push_str(r#""x":"\u001b[2J\u202e""#);
    nested.push_str(&"}".repeat(101));
    let wide = format!(
        r#"{{"msg":"wide","日本語{}":"{}","a\u001b[2J\nb":["\u202e",{{"":{{}}}},[]]}}"#,
        "ｆ".repeat(60),
        "日".repeat(9000)
    );
    let deep = format!("{}{}", "{\"a\":".repeat(100_000), "}".repeat(100_000));
    let mut lines = String::from("2026-11-21T03:13:00Z ERROR trace\n");
    for n in 0..3000 {
        let _ = writeln!(lines, "    at \x1b[31mframe\u{202e}\t{n} {}", "日本語".repeat(n % 40));
    }
    let logfmt = r#"time=2026-11-21T03:13:00Z level=info msg=x payload={"a":{"b":[1,2,{"c":3}]}} broken={"a":"#;
    let all = format!("{many}\n{nested}\n{wide}\n{deep}\n{logfmt}\n{lines}");
    let mut screen = Screen::new(80, 24, settings());
    screen.open(0, "x", &[("x", &all), ("y\x1b[2J", &lines)]);
    let keys = [
        "g",
        ":unfold-all<Enter>",
        "j",
        "j",
        "<Space>",
        "<Enter>",
        "<Tab>",
        "<Space>",
        "o",
        "G",
        "<Tab>",
        "J",
        "G",
        "J",
        "j",
        "R",
        "J",
        "R",
        "w",
        "w",
        "l",
        "h",
        "c",
        "<Tab><Tab><Tab><Enter>",
        "m",
        "M\u{202e}\u{1b}x<Enter>",
        "'",
        "\"",
        "k",
        "b",
        "e",
        "E",
        "<Esc>",
        ":columns k1 k2 d.d.d <Enter>",
        "G",
        "g",
        ":columns <Enter>",
        ":fold-all<Enter>",
    ];
    sweep(&mut screen, &keys);
    screen.keys("g<Enter>");
    let lines = screen.app.tab().detail().unwrap().lines().len();
    assert!(lines < 700, "{lines} lines of 10,000 fields");
}

#[test]
fn bytes_are_bounded_and_true() {
    let mut screen = Screen::new(80, 24, settings());
    screen.open(0, "x", &[("x", "")]);
    let origin = OriginId::new(SourceId(0), 0);
    let mut raw = b"a\xff\x00\x1b[2J".to_vec();
    raw.extend(std::iter::repeat_n(b'z', 200_000));
    raw.push(b'\n');
    screen.feed(origin, &raw);
    screen.keys("<Enter>JJ");
    assert!(
        screen.line("000000").contains("61 ff 00 1b 5b 32 4a 7a  7a 7a 7a 7a 7a 7a 7a 7a  a...[2Jzzzzzzzzz"),
        "{}",
        screen.text()
    );
    assert!(screen.app.tab().detail().unwrap().lines().len() < 4200);
    screen.event(Event::Resize(70, 24));
    assert!(screen.line("000008").ends_with("zzzzzzzz"), "{}", screen.text());
}

#[test]
fn real_newlines_are_seen_in_the_bytes() {
    let mut screen = shop(120, 36);
    screen.keys("geee<Enter>JJ");
    assert!(screen.has(" 0a "), "{}", screen.text());
}

#[test]
fn marks_bars_and_the_cursor_are_seen_without_colour() {
    let mut settings = settings();
    settings.caps = caps(Colors::Mono, Glyphs::Ascii);
    let mut screen = Screen::new(80, 24, settings);
    screen.open(0, "logs/", &[("shop.log", TRACE), ("settle.log", TEXT)]);
    screen.keys("gjjomg");
    assert!(screen.line("panic recovered").starts_with("*03:13:02"), "{}", screen.text());
    screen.keys("jj");
    assert!(screen.line("panic recovered").starts_with(">03:13:02*F"), "{}", screen.text());
    snap("opened_mono_styles", &screen.styles());
}
