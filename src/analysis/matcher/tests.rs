//! Tests of patterns and filters.

use super::*;
use crate::model::query::{Pattern, PatternKind};
use crate::model::{Meta, SourceId};
use jiff::tz::TimeZone;
use proptest::prelude::*;

fn parser() -> Parser {
    Parser::new(TimeZone::UTC, Timestamp(0))
}

fn pattern(source: &str, kind: PatternKind) -> Pattern {
    Pattern { source: source.to_owned(), kind }
}

fn compile(query: &Query) -> Result<Matcher, BadQuery> {
    Matcher::compile(query, [])
}

fn batch(lines: &[&str]) -> Batch {
    let mut batch = Batch::default();
    for line in lines {
        batch.push(&Meta { text: (0, line.len() as u32), ..Meta::default() }, line.as_bytes());
    }
    batch
}

fn scan(matcher: &Matcher, batch: &Batch, rows: Range<usize>) -> Vec<u32> {
    let mut out = vec![99];
    matcher.scan(batch, rows, &mut parser(), &mut out);
    assert_eq!(out.remove(0), 99);
    out
}

const LINES: [&str; 9] = [
    "GET /orders 500 timeout",
    "",
    "get /orders 200",
    "Timeout after 30 s",
    "panic: boom\n  at main.rs:1\n  at lib.rs:2",
    "oo",
    "bar",
    "foo",
    "bar tim",
];

#[test]
fn patterns_over_an_arena() {
    use PatternKind::{Literal, Regex, SmartRegex};
    let batch = batch(&LINES);
    let check = |source: &str, kind, expected: &[u32]| {
        let mut query = Query { grep: vec![pattern(source, kind)], ..Query::default() };
        assert_eq!(scan(&compile(&query).unwrap(), &batch, 0..9), expected, "{source}");
        query.not = std::mem::take(&mut query.grep);
        let others: Vec<u32> = (0..9).filter(|row| !expected.contains(row)).collect();
        assert_eq!(scan(&compile(&query).unwrap(), &batch, 0..9), others, "not {source}");
    };
    let all: Vec<u32> = (0..9).collect();
    check("timeout", Literal, &[0]);
    check("timeout", Regex, &[0]);
    check("timeout", SmartRegex, &[0, 3]);
    check("Timeout", SmartRegex, &[3]);
    check("t.meout", Regex, &[0]);
    check("", Literal, &all);
    check("", Regex, &all);
    check("x*", Regex, &all);
    check("^$", Regex, &[1]);
    check("^bar$", Regex, &[6]);
    check("^ +at", Regex, &[4]);
    check(r"\A\s+at", Regex, &[]);
    check(r"\Apanic", Regex, &[4]);
    check(r"\d\z", Regex, &[2, 4]);
    // Whole lines of one record, and never into the next one.
    check("boom\n  at", Literal, &[4]);
    check("oo\nbar", Literal, &[]);
    check(r"oo\s+bar", Regex, &[]);
    check(r"boom\s+at", Regex, &[4]);
    check(r"oo\s+bar|bar", Regex, &[6, 8]);
    check(r"(?s)o.*", Regex, &[0, 2, 3, 4, 5, 7]);
    check("[^x]+", Regex, &[0, 2, 3, 4, 5, 6, 7, 8]);
    check(r"\S\W\D", SmartRegex, &[0, 2, 3, 4, 8]);
}

#[test]
fn the_text_that_is_seen_is_searched_too() {
    let mut batch = batch(&["plain"]);
    let escaped = br#"{"msg":"caf\u0065 bar"}"#;
    let flags = Flags::ESCAPED | Flags::DIRTY;
    batch.push(&Meta { flags, text: (8, 20), ..Meta::default() }, escaped);
    batch.push(&Meta { flags, text: (0, 1), ..Meta::default() }, b"\xff");
    let find = |source: &str| {
        let query = Query { grep: vec![pattern(source, PatternKind::Literal)], ..Query::default() };
        scan(&compile(&query).unwrap(), &batch, 0..3)
    };
    assert_eq!(find("msg"), [1]);
    assert_eq!(find("bar"), [1]);
    assert_eq!(find("\u{fffd}"), [2]);
}

#[test]
fn bad_patterns_are_explained() {
    let check = |source: &str, position, words: &str| {
        let query = Query { grep: vec![pattern(source, PatternKind::SmartRegex)], ..Query::default() };
        let error = compile(&query).unwrap_err();
        assert_eq!(error.position, position, "{error}");
        assert!(error.to_string().contains(words), "{error}");
    };
    check("a(b", Some(1), "at character 2: unclosed group");
    check("é[", Some(2), "at character 2: unclosed character class");
    check(r"(?i)x\p{Nope}", Some(5), "at character 6: Unicode property not found");
    check(r"(?:\w{500}){500}", None, "too large");
    check("((((((((((x{100}){100}){100}){100}){100}))))))", None, "too large");
    check(&"(a)".repeat(10_000), None, "longer than 16384 bytes");
}

#[test]
fn columns_and_fields_are_tested() {
    let source = SourceId(1);
    let mut batch = Batch::default();
    let mut push = |severity, format, flags, local| {
        let origin = OriginId::new(source, local);
        batch.push(&Meta { severity, format, flags, origin, order: Timestamp(local.into()), ..Meta::default() }, b"x");
    };
    push(Severity::Error, Format::Json, Flags::NONE, 0);
    push(Severity::Warn, Format::DockerJson, Flags::PARSE_FAILED, 1);
    push(Severity::Unknown, Format::Note, Flags::NONE, 2);
    push(Severity::Unknown, Format::Syslog3164, Flags::NONE, 3);
    let check = |tests: &[&str], expected: &[u32]| {
        let fields = tests.iter().map(|test| test.parse().unwrap()).collect();
        let names = [(OriginId::new(source, 0), "a/app.log"), (OriginId::new(source, 1), "b/app.log")];
        let mut matcher = Matcher::compile(&Query { fields, ..Query::default() }, names).unwrap();
        matcher.add_origin(OriginId::new(source, 3), "app.log");
        assert_eq!(scan(&matcher, &batch, 0..4), expected, "{tests:?}");
    };
    check(&["severity=error"], &[0]);
    check(&["severity=unknown"], &[2, 3]);
    check(&["severity=ERR", "parse=failed"], &[]);
    check(&["parse=failed"], &[1]);
    check(&["parse=ok"], &[0, 2, 3]);
    check(&["format=json"], &[0]);
    check(&["format=docker-json"], &[1]);
    check(&["format=syslog"], &[3]);
    check(&["origin=app.log"], &[0, 1, 3]);
    check(&["origin=b/app.log"], &[1]);
    check(&["origin=nope"], &[]);
    check(&["status=500"], &[]);

    let check = |query: &Query, expected: &[u32]| assert_eq!(scan(&compile(query).unwrap(), &batch, 0..4), expected);
    check(&Query { min_severity: Severity::Error, ..Query::default() }, &[0, 2]);
    check(&Query { since: Some(Timestamp(1)), until: Some(Timestamp(2)), ..Query::default() }, &[1, 2]);
    check(&Query { origins: vec![OriginId::new(source, 3), OriginId::new(source, 0)], ..Query::default() }, &[0, 3]);

    let bad = |test: &str, words: &str| {
        let query = Query { fields: vec![test.parse().unwrap()], ..Query::default() };
        let error = compile(&query).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    };
    bad("severity=banana", "unknown, trace, debug");
    bad("format=banana", "PostgreSQL");
    bad("parse=maybe", "parse=failed");
}

#[test]
fn a_value_that_is_written_with_an_escape_is_not_ruled_out() {
    let field = Field::new("user", "anna");
    let by_hint = |raw: &[u8], format| {
        let hint = field.hint.as_ref().unwrap();
        matches!(format, Format::Json | Format::Logfmt)
            && hint.find(raw).is_none()
            && memchr::memchr(b'\\', raw).is_none()
    };
    assert!(by_hint(br#"{"user":"bob"}"#, Format::Json));
    assert!(!by_hint(br#"{"user":"\u0061nna"}"#, Format::Json));
    assert!(!by_hint(b"<34>user", Format::Syslog5424));
    assert!(Field::new("n", "").hint.is_none() && Field::new("n", "a b").hint.is_none());
}

#[test]
fn ranges_for_the_screen() {
    let query = Query {
        grep: vec![pattern("a|x*", PatternKind::Regex), pattern("ban", PatternKind::Literal)],
        ..Query::default()
    };
    let matcher = compile(&query).unwrap();
    assert_eq!(matcher.ranges("banana", 2), [0..3, 1..2, 3..4]);
    assert!(matcher.ranges("", 2).is_empty());
}

fn any_record() -> impl Strategy<Value = (Meta, Vec<u8>)> {
    let raw = prop_oneof![
        4 => "[abAB1 \n]{0,8}".prop_map(String::into_bytes),
        1 => prop::collection::vec(prop::sample::select(&b"ab\x1b\xff\n \xc3\xa9"[..]), 0..8),
    ];
    (raw, 0_u8..7, 0_i64..20, 0_u8..20, 0_u16..2048, 0_u32..3).prop_map(
        |(raw, severity, order, format, flags, local)| {
            let meta = Meta {
                order: Timestamp(order),
                text: (0, raw.len() as u32),
                severity: Severity::from_u8(severity),
                format: Format::from_u8(format),
                flags: Flags(flags).with(Flags::CUT, false),
                origin: OriginId::new(SourceId(0), local),
                ..Meta::default()
            };
            (meta, raw)
        },
    )
}

fn any_pattern() -> impl Strategy<Value = Pattern> {
    let kind = prop::sample::select(&[PatternKind::Literal, PatternKind::Regex, PatternKind::SmartRegex][..]);
    let regex = prop::sample::select(
        &[
            "a",
            "B",
            "ab",
            "^a",
            "a$",
            "^$",
            r"\Aa",
            r"b\z",
            r"\s",
            r"a\s+b",
            "[^a]+",
            "a*",
            r"\bab?\b",
            "(?s)a.*b",
            "",
            "é",
            "a|b\n",
            r"\W$",
            r"(?-m)^a",
            "(?-u)\\xff",
        ][..],
    );
    (regex, kind).prop_map(|(source, kind)| pattern(source, kind))
}

pub(crate) fn any_query() -> impl Strategy<Value = Query> {
    let patterns = || prop::collection::vec(any_pattern(), 0..2);
    let tests = prop::collection::vec(
        prop::sample::select(&["parse=failed", "severity=warn", "format=json", "level=x", "origin=o1"][..]),
        0..2,
    );
    let time = || prop::option::of((0_i64..20).prop_map(Timestamp));
    (0_u8..5, time(), time(), patterns(), patterns(), tests, prop::collection::vec(0_u32..3, 0..2)).prop_map(
        |(severity, since, until, grep, not, tests, origins)| Query {
            min_severity: Severity::from_u8(severity),
            since,
            until,
            grep,
            not,
            fields: tests.iter().map(|test| test.parse().unwrap()).collect(),
            origins: origins.into_iter().map(|local| OriginId::new(SourceId(0), local)).collect(),
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_scan_finds_what_single_records_tell(
        records in prop::collection::vec(any_record(), 0..60),
        query in any_query(),
        from in 0_usize..60,
        count in 0_usize..80,
    ) {
        let mut batch = Batch::default();
        for (meta, raw) in &records {
            batch.push(meta, raw);
        }
        let matcher = Matcher::compile(&query, [(OriginId::new(SourceId(0), 1), "o1")]).unwrap();
        let rows = from.min(batch.len())..from + count;
        let expected: Vec<u32> = rows
            .clone()
            .take_while(|row| *row < batch.len())
            .filter(|row| matcher.matches(&batch.record(*row), &mut parser()))
            .map(|row| row as u32)
            .collect();
        prop_assert_eq!(scan(&matcher, &batch, rows), expected);
    }

    #[test]
    fn a_pattern_over_an_arena_is_the_pattern_in_each_record(
        records in prop::collection::vec(any_record(), 1..40),
        pattern in any_pattern(),
    ) {
        let mut batch = Batch::default();
        for (meta, raw) in &records {
            batch.push(meta, raw);
        }
        let needle = Needle::compile(&pattern).unwrap();
        let mut rows = Vec::new();
        needle.rows(&batch, 0..batch.len(), &mut rows);
        let expected: Vec<u32> =
            (0..batch.len()).filter(|row| needle.is_in_record(&batch.record(*row))).map(|row| row as u32).collect();
        prop_assert_eq!(rows, expected);
    }
}
