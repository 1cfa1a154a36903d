//! Tables of lines and what they are. The first file holds the tools, what lines must not be, and what holds for all.

mod loggers;
mod services;
mod transports;

use super::{cri_partial, fields, header, inner, parse, payload};
use crate::model::{Flags, Format, Severity, SeverityFrom, Timestamp};
use crate::parse::Parsed;
use crate::parse::time::TimeParser;
use jiff::tz::TimeZone;
use proptest::prelude::*;

fn clock() -> TimeParser {
    let reference = "2026-11-21T03:14:22Z".parse().unwrap();
    TimeParser::new(TimeZone::UTC, Timestamp::from_jiff(reference).unwrap())
}

fn text_of<'l>(line: &'l str, parsed: &Parsed) -> &'l str {
    &line[parsed.text.0 as usize..parsed.text.1 as usize]
}

/// Checks a line whose header tells its severity (`Unknown`: it tells none): format, time (empty: none), severity,
/// message.
fn check(line: &str, format: Format, time: &str, severity: Severity, text: &str) {
    let parsed = header(line.as_bytes(), &mut clock()).unwrap_or_else(|| panic!("plain: {line}"));
    let found = parsed.time.map(|t| t.to_jiff().to_string()).unwrap_or_default();
    assert_eq!((parsed.format, found.as_str()), (format, time), "{line}");
    assert_eq!((parsed.severity, text_of(line, &parsed)), (severity, text), "{line}");
    assert_eq!(parsed.severity == Severity::Unknown, parsed.severity_from == SeverityFrom::Nowhere, "{line}");
}

/// Checks a line's fields, as `name=value` with `|` between them.
fn check_fields(line: &str, expected: &str) {
    let format = header(line.as_bytes(), &mut clock()).unwrap_or_else(|| panic!("plain: {line}")).format;
    let mut found = Vec::new();
    fields(line.as_bytes(), format, &mut |name, value| {
        found.push(format!("{name}={value}"));
        true
    });
    assert_eq!(found.join("|"), expected, "{line}");
}

/// Checks the format, `Plain` where there is none, and where the severity came from.
fn check_from(line: &str, format: Format, from: SeverityFrom) {
    let parsed = header(line.as_bytes(), &mut clock()).unwrap_or_default();
    assert_eq!((parsed.format, parsed.severity_from), (format, from), "{line}");
}

#[test]
fn prose_is_no_format() {
    for line in [
        "",
        " ",
        "hello",
        "Error: something broke",
        "error: could not compile `x`",
        "warning: unused variable",
        "NOTE: this is prose",
        "LOG THIS",
        "I think so",
        "E",
        "E0308",
        "T",
        "F 1",
        "Note that errors are fine",
        "an ERROR in the middle",
        "Information about INFO levels",
        "INFORMATION ABOUT YOU",
        "ALERT everybody",
        "note: run with `RUST_BACKTRACE=1`",
        "log: x",
        "FOO=bar BAZ=qux cargo test",
        "a = b",
        "x=1",
        "x=1 and y=2 or so",
        "https://example.com/?a=b&c=d e=f g",
        "if a == b c=d",
        "    at com.example.Foo(Foo.java:1)",
        "\tat x",
        "[1/4] Building",
        "[main] started",
        "[note] x",
        "[x86_64 target] y",
        "<html>",
        "<12",
        "<999>x",
        "<1> x",
        "1.2.3.4 is an address",
        "12:30 lunch",
        "12:30:45 lunch with ERROR",
        "2025-01-02 release",
        "3 errors",
        "1735830245 items",
        "1735830245",
        "Jan 2 was cold",
        "Wed is a day",
        "section_startx:1:a",
        "##[bogus]x",
        "## title",
        "::set-output name=a::b",
        "infos: a[0]",
        "info: starting up",
        "info: a b[0]",
        "ERRORS: many",
        "DEBUGGING x",
        "ERROR",
        "key=",
        "key=value",
        "=a =b",
        "stdout F x",
        "-- 5 --",
        "- item",
        "E0102 is a code",
        "I0102 x",
        "E0102 15:04:05.000000 x a.go:1] m",
        "test foo::bar ... ok",
        "[2025-01-02]",
        "[2025-01-02T15:04:05Z",
        "{\"a\":1}",
    ] {
        assert_eq!(header(line.as_bytes(), &mut clock()), None, "{line}");
    }
}

#[test]
fn a_level_far_from_the_time_is_none() {
    for line in [
        "2025-01-02 15:04:05 The build had no ERROR at all",
        "2025-01-02 15:04:05 we saw error: twice",
        "2025-01-02 15:04:05 log rotated",
        "2025-01-02 15:04:05 note the default",
        "2025-01-02 15:04:05 i am here",
        "2025-01-02 15:04:05 E is a letter",
        "2025-01-02T15:04:05Z - started the job - ERROR count is 0",
    ] {
        check_from(line, Format::Header, SeverityFrom::Nowhere);
    }
}

#[test]
fn bad_times_keep_their_format() {
    let line = b"9999-01-02T15:04:05.0000000Z ##[error]x";
    let parsed = parse(line, &mut clock()).unwrap();
    assert_eq!((parsed.time, parsed.format, parsed.severity), (None, Format::GithubActions, Severity::Error));
    assert!(parsed.flags.has(Flags::BAD_TIME));
    let parsed = parse(b"2016-12-31T23:59:60Z ERROR x", &mut clock()).unwrap();
    assert_eq!((parsed.time, parsed.format, parsed.severity), (None, Format::Header, Severity::Error));
    assert!(parsed.flags.has(Flags::BAD_TIME));
}

/// Bytes that formats are made of.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop::sample::select(vec![
        "2025-01-02T15:04:05.1234567Z",
        "2025-01-02 15:04:05,123",
        "2025/01/02 15:04:05",
        "Jan  2 15:04:05",
        "<34>1",
        "<34>",
        "E0102 15:04:05.000000 1 a.go:1]",
        "[",
        "]",
        " ",
        "  ",
        ":",
        "::",
        "- ",
        "-",
        "ERROR",
        "INFO",
        "error",
        "stdout",
        "F",
        "P",
        "00O",
        "+",
        "##[",
        "error]",
        "section_start:1735689600:a",
        "\r",
        "\x1b[0K",
        "\x1b[31m",
        "\x1b[",
        "\u{feff}",
        "\"",
        "\\",
        "=",
        "a=1",
        "msg=\"",
        "level=info",
        "{",
        "}",
        "{\"level\":\"error\",\"msg\":\"x\"}",
        "(",
        ")",
        "---",
        "1",
        "main",
        "a.b.C",
        "a::b",
        "1.2.3.4",
        "GET / HTTP/1.1",
        "200",
        "02/Jan/2025:15:04:05 +0000",
        "LOG:  ",
        "fail: a[0]",
        "*",
        "#",
        "host",
        "app[1]:",
        "\n",
        "é",
        "9999-99-99T99:99:99Z",
        "-",
        "15:04:05.123",
        "|",
        ",",
        ", client: ",
    ]);
    prop::collection::vec(piece, 0..14).prop_map(|parts| parts.concat().into_bytes())
}

fn survives(line: &[u8]) -> Result<(), TestCaseError> {
    let mut clock = clock();
    let parsed = parse(line, &mut clock);
    for parsed in parsed.into_iter().chain([payload(line, &mut clock)]) {
        prop_assert!(parsed.text.0 <= parsed.text.1 && parsed.text.1 as usize <= line.len(), "{:?}", parsed);
        prop_assert!(parsed.payload as usize <= line.len());
        if parsed.payload > 0 {
            prop_assert_eq!(inner(line, parsed.format), parsed.payload as usize);
        }
    }
    for format in Format::ALL {
        fields(line, format, &mut |_, _| true);
        fields(line, format, &mut |_, _| false);
        prop_assert!(inner(line, format) <= line.len());
    }
    let _ = cri_partial(line);
    Ok(())
}

proptest! {
    #[test]
    fn any_bytes_are_survived(line in prop::collection::vec(any::<u8>(), 0..200)) {
        survives(&line)?;
    }

    #[test]
    fn any_mix_of_pieces_is_survived(line in pieces(), cut in 0_usize..400) {
        survives(&line)?;
        survives(&line[..cut.min(line.len())])?;
    }
}
