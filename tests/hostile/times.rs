//! Times that cannot be, and clocks that jump.

use super::support::{Home, records_of, text_of};
use logdeck::model::{Batch, Flags, OriginId, Timestamp};
use logdeck::parse::Parser;
use logdeck::parse::assemble::Assembler;

const IMPOSSIBLE: [&str; 10] = [
    "9999-12-31T23:59:59Z far",
    "-0001-01-01T00:00:00Z far",
    "2025-01-01T23:59:60Z far",
    "2025-13-45T00:00:00Z far",
    "2025-02-30T00:00:00Z far",
    "{\"time\":\"9999-12-31T23:59:59Z\",\"msg\":\"far\"}",
    "{\"time\":-62135596800,\"msg\":\"far\"}",
    "{\"time\":1e300,\"msg\":\"far\"}",
    "{\"time\":99999999999999999999,\"msg\":\"far\"}",
    "{\"time\":\"2016-12-31T23:59:60Z\",\"msg\":\"far\"}",
];

fn flags_and_orders(text: &str) -> Vec<(Flags, Timestamp)> {
    let mut assembler = Assembler::new(Parser::new(jiff::tz::TimeZone::UTC, Timestamp(0)), OriginId::default());
    let mut batch = Batch::default();
    assembler.feed(text.as_bytes(), Timestamp(7), &mut batch);
    assembler.finish(Timestamp(7), &mut batch);
    batch.iter().map(|record| (record.flags, record.order)).collect()
}

#[test]
fn a_time_that_cannot_be_is_none() {
    for line in IMPOSSIBLE {
        let text = format!("2025-01-02T00:00:00Z before\n{line}\n2025-01-02T00:00:01Z behind\n");
        assert_eq!(
            text_of(text.as_bytes()),
            "2025-01-02T00:00:00.000Z     before\nfar\n2025-01-02T00:00:01.000Z     behind\n",
            "{line}"
        );
        let records = records_of(text.as_bytes());
        assert_eq!(records[1]["time"], serde_json::Value::Null, "{line}");
        // It keeps its place, and says why.
        let rows = flags_and_orders(&text);
        assert!(rows[1].0.has(Flags::BAD_TIME) && rows[1].1 == rows[0].1 && rows[1].1 < rows[2].1, "{line}: {rows:?}");
    }
}

#[test]
fn it_is_merged_where_it_stands() {
    let home = Home::new();
    home.file("a.log", "2025-01-02T00:00:00Z a1\n9999-12-31T23:59:59Z a2\n2025-01-02T00:00:02Z a3\n");
    home.file("b.log", "2025-01-02T00:00:01Z b1\n-0001-01-01T00:00:00Z b2\n2025-01-02T00:00:03Z b3\n");
    let ran = home.cat(&["a.log", "b.log", "--format", "json"]);
    assert_eq!(ran.messages(), ["a1", "a2", "b1", "b2", "a3", "b3"]);
}

#[test]
fn a_clock_that_jumps_back_is_marked_and_loses_nothing() {
    let text =
        "2025-01-02T10:00:00Z one\n2025-01-02T09:00:00Z two\n2025-01-02T09:00:01Z three\n2025-01-02T11:00:00Z four\n";
    let rows = flags_and_orders(text);
    let jumps: Vec<_> = rows.iter().map(|(flags, _)| flags.has(Flags::CLOCK_BACK)).collect();
    assert_eq!(jumps, [false, true, false, false]);
    assert!(rows.is_sorted_by_key(|(_, order)| *order));
    let home = Home::new();
    home.file("a.log", text).file("b.log", "2025-01-02T10:30:00Z other\n");
    assert_eq!(home.cat(&["a.log", "--format", "json"]).messages(), ["one", "two", "three", "four"]);
    let merged = home.cat(&["a.log", "b.log", "--format", "json"]);
    assert_eq!(merged.messages(), ["one", "two", "three", "other", "four"]);
    // A window asks for a record's own time, alone or among others.
    let since = ["--since", "2025-01-02T09:30:00Z", "--until", "2025-01-02T10:15:00Z", "--count"];
    assert_eq!(home.cat(&[&["a.log"], &since[..]].concat()).text(), "1\n");
    let printed = home.cat(&[&["a.log", "b.log"], &since[..4], &["--format", "json"]].concat());
    assert_eq!(printed.messages(), ["one"]);
}
