//! What strangers put into logs, through the real binary: how it looks, and that it does no harm.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

#[path = "hostile/archives.rs"]
mod archives;
#[path = "hostile/extract.rs"]
mod extract;
#[path = "hostile/kill.rs"]
mod kill;
#[path = "hostile/secrets.rs"]
mod secrets;
#[path = "hostile/sizes.rs"]
mod sizes;
#[path = "cat/support.rs"]
mod support;
#[path = "hostile/times.rs"]
mod times;

use support::{Home, records_of, text_of};

/// One line in: what the list shows; JSON and raw output are sound, and nothing that a terminal acts on comes out.
fn check(line: &[u8], expected: &str) {
    let bytes = [line, b"\nnext line\n"].concat();
    let text = text_of(&bytes);
    assert_eq!(text, format!("{expected}\nnext line\n"), "{}", line.escape_ascii());
    let unsafe_char = |c: char| {
        (c.is_control() && !matches!(c, '\n' | '\t')) || ('\u{202a}'..='\u{202e}').contains(&c) || c == '\u{2028}'
    };
    assert!(!text.contains(unsafe_char), "{text:?}");

    let home = Home::new();
    let json = home.pipe(&["--format", "json"], &bytes);
    assert!(!json.text().contains(|c| unsafe_char(c) || c == '\t'), "{:?}", json.text());
    let records = json.json();
    assert_eq!(records.len(), 2, "{}", line.escape_ascii());
    assert_eq!(records[0]["message"], expected);
    let without_cr = line.strip_suffix(b"\r").unwrap_or(line);
    assert_eq!(records[0]["raw"], *String::from_utf8_lossy(without_cr), "raw is what came");
    assert_eq!(records[1]["message"], "next line");

    assert_eq!(home.pipe(&["--format", "raw"], &bytes).out, bytes);
    assert_eq!(home.file("a.log", &bytes).cat(&["a.log", "--format", "raw"]).out, bytes);
}

#[test]
fn erasing_the_screen_is_text() {
    check(b"a \x1b[2J b", "a <1B>[2J b");
    check(b"\x1b[H\x1b[3J\x1bc", "<1B>[H<1B>[3J<1B>c");
}

#[test]
fn the_clipboard_is_out_of_reach() {
    check(b"\x1b]52;c;aGk=\x07 copied", "<1B>]52;c;aGk=<07> copied");
    check(b"\x1b]52;c;?\x1b\\", "<1B>]52;c;?<1B>\\");
}

#[test]
fn the_title_is_out_of_reach() {
    check(b"\x1b]0;title\x07x", "<1B>]0;title<07>x");
    check(b"\x1b]2;title\x1b\\x", "<1B>]2;title<1B>\\x");
}

#[test]
fn of_a_link_its_text_is_left() {
    check(b"see \x1b]8;;https://evil.example\x1b\\the docs\x1b]8;;\x1b\\.", "see the docs.");
    check(b"see \x1b]8;id=1;https://evil.example\x07the docs\x1b]8;;\x07.", "see the docs.");
}

#[test]
fn c1_controls_are_text() {
    check("\u{9b}2J \u{9d}0;t\u{9c} \u{90}".as_bytes(), "<9B>2J <9D>0;t<9C> <90>");
    // As single bytes they are no UTF-8.
    check(b"\x9b2J", "\u{fffd}2J");
}

#[test]
fn a_sequence_without_end_stays_in_its_line() {
    check(b"A\x1bP1;2q never ends", "A<1B>P1;2q never ends");
    check(b"A\x1b_apc never ends", "A<1B>_apc never ends");
    check(b"A\x1b]0;never ends", "A<1B>]0;never ends");
    check(b"A\x1b[31", "A<1B>[31");
    check(b"A\x1b", "A<1B>");
}

#[test]
fn a_query_gets_no_reply() {
    check(b"\x1b[6n\x1b[c\x1bZ\x1b[>q", "<1B>[6n<1B>[c<1B>Z<1B>[>q");
    check(b"\x05", "<05>");
}

#[test]
fn colours_are_taken_away() {
    check(b"\x1b[1;31mred\x1b[0m and \x1b[38;2;1;2;3mmore\x1b[m", "red and more");
    check(b"\x1b[38:2::1:2:3mred\x1b[0m", "red");
}

#[test]
fn overwriting_shows_what_is_left() {
    check(b" 10%\r 50%\r100% done", "100% done");
    check(b" 10%\x1b[K\r100% done\r", "100% done");
    check(b"ab\x08c\x07", "ab<08>c<07>");
}

#[test]
fn nul_and_del_are_visible() {
    check(b"a\x00b\x7fc", "a<00>b<7F>c");
}

#[test]
fn text_cannot_turn_its_direction() {
    check("a\u{202e}gpj.exe".as_bytes(), "a<U+202E>gpj.exe");
    check("\u{202a}\u{202b}\u{202c}\u{202d}".as_bytes(), "<U+202A><U+202B><U+202C><U+202D>");
    check("\u{2066}a\u{2067}b\u{2068}c\u{2069}".as_bytes(), "<U+2066>a<U+2067>b<U+2068>c<U+2069>");
}

#[test]
fn clusters_are_bounded() {
    let text = text_of(format!("e{}!\n", "\u{301}".repeat(10_000)).as_bytes());
    let marks = text.chars().filter(|c| *c == '\u{301}').count();
    assert!(
        marks <= usize::from(logdeck::parse::text::MAX_EXTENDERS) && text.starts_with('e') && text.ends_with("!\n"),
        "{marks}"
    );
    check("pass\u{200b}word".as_bytes(), "pass<U+200B>word");
    // A family of four is one emoji and stays one.
    check(
        "ok \u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}".as_bytes(),
        "ok \u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}",
    );
}

#[test]
fn bytes_that_are_no_utf8_are_replaced_in_view_alone() {
    check(b"caf\xe9 \xff\xfe \xf0\x9f", "caf\u{fffd} \u{fffd}\u{fffd} \u{fffd}");
    check(b"\xed\xa0\x80 \xc0\xaf", "\u{fffd}\u{fffd}\u{fffd} \u{fffd}\u{fffd}");
}

#[test]
fn nothing_forges_a_line() {
    check("fine\u{2028}2025-01-02T15:04:05Z forged".as_bytes(), "fine<U+2028>2025-01-02T15:04:05Z forged");
    check("fine\u{85}forged".as_bytes(), "fine<85>forged");
    check(b"fine\x0bforged\x0cforged", "fine<0B>forged<0C>forged");
    // A newline inside a message: one record, and a bar before what continues.
    let line = br#"{"level":"info","msg":"fine\n2025-01-02T15:04:05Z ERROR forged\r\nERROR again"}"#;
    assert_eq!(text_of(line), "INF fine\n    | 2025-01-02T15:04:05Z ERROR forged\n    | ERROR again\n");
    let records = records_of(line);
    assert_eq!(records.len(), 1);
    assert_eq!(records[0]["severity"], "INFO");
}

#[test]
fn escapes_inside_json_are_as_harmless() {
    let line = br#"{"msg":"\u001b[2J \u009b2J \u202e \u0000 \ud800 \u001b[31mred\u001b[0m","level":"warn"}"#;
    let text = text_of(line);
    assert_eq!(text, "WRN <1B>[2J <9B>2J <U+202E> <00> \u{fffd} red\n");
}

#[test]
fn names_of_files_are_as_harmless() {
    let home = Home::new();
    let name = "a\x1b[2J\u{202e}\n.log";
    home.file(name, "one\n").file("b.log", "two\n");
    let ran = home.cat(&[name, "b.log"]);
    assert_eq!(ran.text(), "a<1B>[2J<U+202E><0A>.log  one\nb.log  two\n");
    let ran = home.cat(&["missing\x1b]0;x\u{9b}.log"]);
    assert_eq!(ran.err, "warning: missing<1B>]0;x<9B>.log: no such file or directory\n");
    assert_eq!(home.cat(&[name, "--format", "json"]).json()[0]["origin"], "a<1B>[2J<U+202E><0A>.log");
}

#[test]
fn an_expression_that_would_blow_up_is_refused() {
    let home = Home::new();
    for pattern in ["((((a{1000}){1000}){1000}))", "(?:a{500}){500}{500}"] {
        for flag in ["--grep", "--not"] {
            let ran = home.pipe(&[flag, pattern], b"aaaa\n");
            assert_eq!(ran.code, Some(2), "{ran:?}");
            assert!(ran.err.contains("too large") && ran.err.contains("smaller repetitions"), "{ran:?}");
        }
    }
    // What is slow elsewhere is linear here.
    let ran = home.pipe(&["--count", "--grep", "(x+x+)+y"], &[b"x".repeat(60_000), b"\n".to_vec()].concat());
    assert_eq!((ran.code, ran.text()), (Some(0), "0\n"));
}
