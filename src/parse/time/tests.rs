//! What counts as a time, and as which one.

use super::{Found, TimeParser};
use crate::model::{Flags, Timestamp};
use jiff::tz::TimeZone;
use proptest::prelude::*;

fn at(text: &str) -> Timestamp {
    Timestamp::from_jiff(text.parse().unwrap()).unwrap()
}

fn berlin() -> TimeZone {
    TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap()
}

fn parser() -> TimeParser {
    TimeParser::new(berlin(), at("2026-11-21T03:14:22Z"))
}

/// Checks the time and its flags (z: assumed zone, y: assumed year, b: bad) and what is left of the text.
fn check(text: &str, expected: &str, flags: &str, rest: &str) {
    let mut parser = parser();
    // Twice, so that the remembered minute is used too.
    for round in ["fresh", "remembered"] {
        let found = parser.prefix(text.as_bytes()).unwrap_or_else(|| panic!("no time in {text}"));
        let time = found.time.map(|t| t.to_jiff().to_string()).unwrap_or_default();
        assert_eq!(time, expected, "{text} ({round})");
        assert_eq!(letters(found), flags, "{text} ({round})");
        assert_eq!(&text[found.len..], rest, "{text} ({round})");
    }
}

fn letters(found: Found) -> String {
    let sets = [(Flags::ASSUMED_ZONE, 'z'), (Flags::ASSUMED_YEAR, 'y'), (Flags::BAD_TIME, 'b')];
    sets.into_iter().filter(|(flag, _)| found.flags.has(*flag)).map(|(_, letter)| letter).collect()
}

#[test]
fn iso() {
    check("2025-01-02T15:04:05Z x", "2025-01-02T15:04:05Z", "", " x");
    check("2025-01-02T15:04:05.123456789Z", "2025-01-02T15:04:05.123456789Z", "", "");
    check("2025-01-02T15:04:05.1234567Z msg", "2025-01-02T15:04:05.1234567Z", "", " msg");
    check("2025-01-02T15:04:05.123456789012Z", "2025-01-02T15:04:05.123456789Z", "", "");
    check("2025-01-02T15:04:05.5+02:00 x", "2025-01-02T13:04:05.5Z", "", " x");
    check("2025-01-02T15:04:05-0530", "2025-01-02T20:34:05Z", "", "");
    check("2025-01-02T15:04:05+02", "2025-01-02T13:04:05Z", "", "");
    check("2025-01-02 15:04:05 +0200] x", "2025-01-02T13:04:05Z", "", "] x");
    check("2025-01-02 15:04:05 UTC [1]", "2025-01-02T15:04:05Z", "", " [1]");
    check("2025-01-02 15:04:05 GMT", "2025-01-02T15:04:05Z", "", "");
    check("2025-01-02 15:04:05 UTCX", "2025-01-02T14:04:05Z", "z", " UTCX");
    check("2025-01-02 15:04:05,123 - x", "2025-01-02T14:04:05.123Z", "z", " - x");
    check("2025-01-02 15:04:05, x", "2025-01-02T14:04:05Z", "z", ", x");
    check("2025-01-02 15:04:05 12 x", "2025-01-02T14:04:05Z", "z", " 12 x");
    check("2025-01-02 15:04:05 -12 x", "2025-01-02T14:04:05Z", "z", " -12 x");
    check("2025-01-02 15:04:05-foo", "2025-01-02T14:04:05Z", "z", "-foo");
    check("2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z", "", "");
    check("1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.5Z", "", "");
    check("1700-01-01T00:00:00Z", "1700-01-01T00:00:00Z", "", "");
}

#[test]
fn zones_with_summer_time() {
    check("2025-07-02 15:04:05", "2025-07-02T13:04:05Z", "z", "");
    check("2025-03-30 01:59:59", "2025-03-30T00:59:59Z", "z", "");
    check("2025-03-30 03:00:00", "2025-03-30T01:00:00Z", "z", "");
    // No clock shows this; it is read with the offset before the gap.
    check("2025-03-30 02:30:00", "2025-03-30T01:30:00Z", "z", "");
    // Two moments have this clock; the first is taken.
    check("2025-10-26 02:30:00", "2025-10-26T00:30:00Z", "z", "");
    let mut parser = parser();
    let mut read = |text: &str| parser.prefix(text.as_bytes()).unwrap().time.unwrap();
    assert_eq!(read("2025-03-30 01:59:59"), at("2025-03-30T00:59:59Z"));
    assert_eq!(read("2025-03-30 03:00:00"), at("2025-03-30T01:00:00Z"));
    assert_eq!(read("2025-03-30T03:00:01Z"), at("2025-03-30T03:00:01Z"));
}

#[test]
fn unusable_times_keep_their_shape() {
    for (text, flags, rest) in [
        ("9999-12-31T23:59:59Z x", "b", " x"),
        ("2263-01-01T00:00:00Z", "b", ""),
        ("1600-01-01T00:00:00Z", "b", ""),
        ("2025-13-01T00:00:00Z", "b", ""),
        ("2025-00-01T00:00:00Z", "b", ""),
        ("2025-02-29T00:00:00Z", "b", ""),
        ("2025-01-01T25:00:00Z", "b", ""),
        ("2025-01-01T23:60:00Z", "b", ""),
        ("2016-12-31T23:59:60Z", "b", ""),
        ("2025-01-01T23:59:59+99:00", "b", ""),
        ("-0044-03-15T12:00:00Z x", "b", " x"),
        ("Feb 30 15:04:05", "yb", ""),
        ("Jan  2 25:04:05", "yb", ""),
        ("02/Jan/9999:15:04:05 +0000", "b", ""),
        ("99/Jan/2025:15:04:05 +0000", "b", ""),
    ] {
        check(text, "", flags, rest);
    }
}

#[test]
fn other_forms() {
    check("2025/01/02 15:04:05 x", "2025-01-02T14:04:05Z", "z", " x");
    check("2025/01/02 15:04:05.123456 x", "2025-01-02T14:04:05.123456Z", "z", " x");
    check("02/Jan/2025:15:04:05 +0000] x", "2025-01-02T15:04:05Z", "", "] x");
    check("02/Jan/2025 15:04:05] x", "2025-01-02T14:04:05Z", "z", "] x");
    check("02-Jan-2025 15:04:05.123 x", "2025-01-02T14:04:05.123Z", "z", " x");
    check("02 Jan 2025 15:04:05.123 * x", "2025-01-02T14:04:05.123Z", "z", " * x");
    check("Wed Oct 11 14:32:52.123456 2000] x", "2000-10-11T12:32:52.123456Z", "z", "] x");
    check("Wed Oct 11 14:32:52 UTC 2000", "2000-10-11T14:32:52Z", "", "");
    check("Wed, 11 Oct 2000 14:32:52 GMT", "2000-10-11T14:32:52Z", "", "");
    check("Jan 02 2025 15:04:05 x", "2025-01-02T14:04:05Z", "z", " x");
    check("Jan 2, 2025 3:04:05 PM x", "2025-01-02T14:04:05Z", "z", " x");
    check("Jan 2, 2025 12:04:05 AM x", "2025-01-01T23:04:05Z", "z", " x");
}

#[test]
fn a_missing_year_is_the_last_possible_one() {
    check("Nov 21 04:14:22 host", "2026-11-21T03:14:22Z", "zy", " host");
    check("Nov 22 04:14:22 host", "2026-11-22T03:14:22Z", "zy", " host");
    check("Nov 22 04:14:23 host", "2025-11-22T03:14:23Z", "zy", " host");
    check("Dec 31 23:59:59.25", "2025-12-31T22:59:59.25Z", "zy", "");
    check("Jan  2 15:04:05", "2026-01-02T14:04:05Z", "zy", "");
    check("Jan 2 15:04:05", "2026-01-02T14:04:05Z", "zy", "");
    check("Feb 29 12:00:00", "2024-02-29T11:00:00Z", "zy", "");
    // Read on the last day of the year, a log's new year has begun.
    let mut parser = TimeParser::new(TimeZone::UTC, at("2026-12-31T23:50:00Z"));
    let found = parser.prefix(b"Jan  1 00:10:00").unwrap();
    assert_eq!(found.time, Some(at("2027-01-01T00:10:00Z")));
}

#[test]
fn klog_times() {
    let mut parser = parser();
    let found = parser.klog(b"0102 15:04:05.000123    1 a.go:1]").unwrap();
    assert_eq!((found.time, found.len), (Some(at("2026-01-02T14:04:05.000123Z")), 20));
    assert_eq!(letters(found), "zy");
    assert_eq!(parser.klog(b"1399 15:04:05.000123").map(letters), Some("yb".to_owned()));
    assert_eq!(parser.klog(b"01021 5:04:05"), None);
}

#[test]
fn epoch_by_size() {
    check("1735830245 x", "2025-01-02T15:04:05Z", "", " x");
    check("1735830245.123 x", "2025-01-02T15:04:05.123Z", "", " x");
    check("1735830245123", "2025-01-02T15:04:05.123Z", "", "");
    check("1735830245123.5", "2025-01-02T15:04:05.1235Z", "", "");
    check("1735830245123456", "2025-01-02T15:04:05.123456Z", "", "");
    check("1735830245123456789", "2025-01-02T15:04:05.123456789Z", "", "");
    check("9999999999999999999", "", "b", "");
    let check = |number: f64, expected: Option<&str>| {
        let found = parser().epoch(number);
        assert_eq!(found.map(|f| f.time), expected.map(|t| (!t.is_empty()).then(|| at(t))), "{number}");
    };
    check(1_735_830_245.0, Some("2025-01-02T15:04:05Z"));
    check(1_735_830_245.123_456, Some("2025-01-02T15:04:05.123456Z"));
    check(1_735_830_245_123.0, Some("2025-01-02T15:04:05.123Z"));
    check(1_735_830_245_123_456.0, Some("2025-01-02T15:04:05.123456Z"));
    check(1_735_830_245_000_000_000.0, Some("2025-01-02T15:04:05Z"));
    check(-1.0, Some(""));
    check(1e300, Some(""));
    check(f64::INFINITY, Some(""));
    check(99e9, Some(""));
    check(12.5, None);
    check(f64::NAN, None);
}

#[test]
fn values_are_whole() {
    let check = |text: &str, expected: Option<&str>| {
        let found = parser().value(text.as_bytes());
        assert_eq!(found.map(|f| (f.time, f.len)), expected.map(|t| (Some(at(t)), text.len())), "{text}");
    };
    check("2025-01-02T15:04:05Z", Some("2025-01-02T15:04:05Z"));
    check("2025-01-02T15:04:05Z x", None);
    check("1735830245", Some("2025-01-02T15:04:05Z"));
    check("999999999", Some("2001-09-09T01:46:39Z"));
    check("1.735830245e9", Some("2025-01-02T15:04:05Z"));
    check("12345", None);
    check("soon", None);
    check("", None);
}

#[test]
fn what_is_no_time() {
    for text in [
        "",
        "2025",
        "2025-01-02",
        "15:04:05.123",
        "2025-01-02T15:04",
        "2025-1-02T15:04:05Z",
        "2025-01-02T15-04-05Z",
        "12345678901 x",
        "1735830245-x",
        "1735830245.log",
        "Jan",
        "January 2 15:04:05",
        "Jan 2",
        "Jan 123 15:04:05",
        "Wednesday",
        "Wed 15:04:05",
        "02/Foo/2025:15:04:05",
        "-1",
        "--",
        "20250102T150405Z",
        "12/25",
        "1.2.3.4",
    ] {
        assert_eq!(parser().prefix(text.as_bytes()), None, "{text}");
    }
}

proptest! {
    #[test]
    fn agrees_with_jiff(nanos in -9_000_000_000_000_000_000_i64..9_000_000_000_000_000_000) {
        let text = Timestamp(nanos).to_jiff().to_string();
        let found = parser().prefix(text.as_bytes()).unwrap();
        prop_assert_eq!((found.time, found.len), (Some(Timestamp(nanos)), text.len()));
    }

    #[test]
    fn never_panics(text in prop::collection::vec(prop::sample::select(&b"0129-/:.,TZ +JanWedOct APM\xff"[..]), 0..40)) {
        let mut parser = parser();
        for found in [parser.prefix(&text), parser.klog(&text)].into_iter().flatten() {
            prop_assert!(found.len <= text.len());
            prop_assert_eq!(found.time.is_none(), found.flags.has(Flags::BAD_TIME));
        }
        let _ = parser.value(&text);
    }
}

#[test]
fn a_remembered_minute_without_a_year_is_left_again() {
    let mut parser = parser();
    let mut read = |text: &str| parser.prefix(text.as_bytes()).map(|f| (f.time.unwrap(), f.len));
    let expect = |time: &str, len| Some((at(time), len));
    assert_eq!(read("Jan  2 15:04:05 host"), expect("2026-01-02T14:04:05Z", 15));
    assert_eq!(read("Jan  2 15:04:59 host"), expect("2026-01-02T14:04:59Z", 15));
    assert_eq!(read("Jan  2 15:04:59.5 host"), expect("2026-01-02T14:04:59.5Z", 17));
    assert_eq!(read("Jan  2 15:04:07 2024 host"), expect("2024-01-02T14:04:07Z", 20));
    assert_eq!(read("Jan  2 15:05:05 host"), expect("2026-01-02T14:05:05Z", 15));
    assert_eq!(read("Jul  2 15:05:05 host"), expect("2026-07-02T13:05:05Z", 15));
    for (text, expected) in [
        ("0102 15:04:05.1 x", "2026-01-02T14:04:05.1Z"),
        ("0102 15:04:06.000123 x", "2026-01-02T14:04:06.000123Z"),
        ("0102 15:05:06.000123 x", "2026-01-02T14:05:06.000123Z"),
    ] {
        assert_eq!(parser.klog(text.as_bytes()).unwrap().time, Some(at(expected)), "{text}");
    }
}

#[test]
fn fractions_of_every_length() {
    for digits in 1..=12_usize {
        let fraction = &"123456789123"[..digits];
        for tail in ["Z", "Z a long tail behind it", "Z\u{ff}\u{ff}"] {
            let nanos = &format!("{:0<9}", &fraction[..digits.min(9)]);
            let expected = at(&format!("2025-01-02T15:04:05.{nanos}Z"));
            let text = format!("2025-01-02T15:04:05.{fraction}{tail}");
            let found = parser().prefix(text.as_bytes()).unwrap();
            assert_eq!((found.time, found.len), (Some(expected), 21 + digits), "{text}");
        }
    }
}
