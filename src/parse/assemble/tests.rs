//! Streams cut anywhere give the same records.

use super::*;
use crate::model::Severity;
use jiff::tz::TimeZone;
use proptest::prelude::*;

fn assemble(chunks: &[&[u8]]) -> Vec<String> {
    let mut assembler = Assembler::new(Parser::new(TimeZone::UTC, Timestamp(0)), OriginId::default());
    let mut all = Batch::default();
    for chunk in chunks {
        let mut out = Batch::default();
        assembler.feed(chunk, Timestamp(7), &mut out);
        all.append(&out);
    }
    assembler.finish(Timestamp(7), &mut all);
    all.iter().map(|r| String::from_utf8_lossy(r.raw).into_owned()).collect()
}

#[test]
fn lines_and_their_endings() {
    let check = |input: &str, expected: &[&str]| assert_eq!(assemble(&[input.as_bytes()]), expected, "{input:?}");
    check("", &[]);
    check("a", &["a"]);
    check("a\n", &["a"]);
    check("a\r\nb\n", &["a", "b"]);
    check("\n\n", &["", ""]);
    check("\u{feff}a\n", &["a"]);
    check("x\n    at f (a.js:1:2)\ny", &["x\n    at f (a.js:1:2)", "y"]);
}

#[test]
fn an_endless_line_is_bounded_and_what_is_missing_counted() {
    let long = vec![b'x'; MAX_RECORD + 10];
    let mut assembler = Assembler::new(Parser::new(TimeZone::UTC, Timestamp(0)), OriginId::default());
    let mut out = Batch::default();
    for chunk in long.chunks(1000) {
        assembler.feed(chunk, Timestamp(0), &mut out);
    }
    assembler.feed(b"\nnext\n", Timestamp(0), &mut out);
    assembler.finish(Timestamp(0), &mut out);
    assert_eq!((out.record(0).raw.len(), out.record(0).cut), (MAX_RECORD, 10));
    assert_eq!(out.record(1).raw, b"next");
}

#[test]
fn a_broken_line_in_a_stream_with_a_format_is_marked() {
    let mut assembler = Assembler::new(Parser::new(TimeZone::UTC, Timestamp(0)), OriginId::default());
    let mut out = Batch::default();
    let text = "{\"level\":\"info\"}\n{\"level\":\"info\"}\n{\"level\":\"info\"}\n{\"level\":\"err\noops\n{\"level\":\"error\"}\n";
    assembler.feed(text.as_bytes(), Timestamp(0), &mut out);
    assembler.finish(Timestamp(0), &mut out);
    let seen: Vec<_> = out.iter().map(|r| (r.severity, r.flags.has(Flags::PARSE_FAILED))).collect();
    let (info, unknown) = ((Severity::Info, false), (Severity::Unknown, true));
    assert_eq!(seen, [info, info, info, unknown, unknown, (Severity::Error, false)]);
}

#[test]
fn prefixes_of_a_transport_are_not_part_of_the_message() {
    let check = |input: &str, expected: &[&str]| {
        let mut assembler = Assembler::new(Parser::new(TimeZone::UTC, Timestamp(0)), OriginId::default());
        let mut out = Batch::default();
        assembler.feed(input.as_bytes(), Timestamp(0), &mut out);
        assembler.finish(Timestamp(0), &mut out);
        let seen: Vec<_> = out.iter().map(|r| text::message(&r).into_owned()).collect();
        assert_eq!(seen, expected, "{input}");
    };
    check(
        "2025-01-01T00:00:00.0000000Z Traceback (most recent call last):
2025-01-01T00:00:00.1000000Z   File \"a.py\", line 1
2025-01-01T00:00:00.2000000Z KeyError: 'x'
2025-01-01T00:00:00.3000000Z done\n",
        &["Traceback (most recent call last):\n  File \"a.py\", line 1\nKeyError: 'x'", "done"],
    );
    check(
        "2025-01-01T00:00:00.000000000Z stdout P one \n2025-01-01T00:00:00.000000001Z stdout P line \n2025-01-01T00:00:00.000000002Z stdout F only\n2025-01-01T00:00:00.000000003Z stdout F next\n",
        &["one line only", "next"],
    );
}

#[test]
fn idle_shows_the_open_record() {
    let mut assembler = Assembler::new(Parser::new(TimeZone::UTC, Timestamp(0)), OriginId::default());
    let mut out = Batch::default();
    assembler.feed(b"one\ntwo", Timestamp(0), &mut out);
    assert_eq!(out.len(), 0);
    assembler.idle(&mut out);
    assert_eq!(out.iter().map(|r| r.raw).collect::<Vec<_>>(), [b"one"]);
    assembler.finish(Timestamp(0), &mut out);
    assert_eq!(out.record(1).raw, b"two");
}

proptest! {
    #[test]
    fn cuts_make_no_difference(
        parts in prop::collection::vec(prop::sample::select(vec![
            "plain\n", "    at a (b:1)\n", "Traceback (most recent call last):\n", "  File\n", "KeyError: 1\n", "\n",
            "{\"level\":\"error\"}\n", "thread 'x' panicked at a:\n", "msg\n", "panic: x\n", "\r\n", "é", "\t", "x",
        ]), 0..40),
        cuts in prop::collection::vec(0_usize..400, 0..6),
    ) {
        let text = parts.concat().into_bytes();
        let mut cuts: Vec<usize> = cuts.into_iter().map(|c| c.min(text.len())).collect();
        cuts.extend([0, text.len()]);
        cuts.sort_unstable();
        let chunks: Vec<&[u8]> = cuts.windows(2).map(|w| &text[w[0]..w[1]]).collect();
        let whole = assemble(&[&text]);
        prop_assert_eq!(assemble(&chunks), whole.clone());
        // Nothing is lost: the records are the lines.
        let joined = whole.join("\n");
        let expected: Vec<_> = String::from_utf8_lossy(&text).lines().map(str::to_owned).collect();
        prop_assert_eq!(joined.split('\n').filter(|_| !text.is_empty()).collect::<Vec<_>>(), expected);
    }
}

#[test]
fn a_stream_that_begins_where_another_was_settled_gives_the_rest() {
    let all = b"2026-11-21T10:00:00Z INFO one\n2026-11-21T10:00:01Z ERROR two\n  at f()\n\n\
                2026-11-21T10:00:02Z INFO three\r\n{\"a\": 1}\n{\"a\": 2}";
    let assembler = || Assembler::new(Parser::new(TimeZone::UTC, Timestamp(0)), OriginId::default());
    let whole = assemble(&[all]);
    for end in 0..=all.len() {
        let (mut first, mut second) = (Batch::default(), Batch::default());
        let (mut one, mut two) = (assembler(), assembler());
        one.feed(&all[..end], Timestamp(0), &mut first);
        two.feed(&all[one.settled() as usize..], Timestamp(0), &mut second);
        two.finish(Timestamp(0), &mut second);
        let raws: Vec<_> =
            first.iter().chain(second.iter()).map(|r| String::from_utf8_lossy(r.raw).into_owned()).collect();
        assert_eq!(raws, whole, "cut at {end}");
        assert_eq!(two.settled() + one.settled(), all.len() as u64);
    }
}
