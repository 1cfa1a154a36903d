//! All kinds of values as JSON and in words.

use super::{boolean, double, int, list, map, text, time, value};
use crate::sources::firestore::value::{self as values, Json, base64, unbase64, wire_path};
use crate::sources::firestore::wire::Value;
use crate::sources::firestore::wire::value::ValueType;
use googleapis_tonic_google_firestore_v1::google::r#type::LatLng;

fn vector(numbers: &[f64]) -> Value {
    let numbers: Vec<Value> = numbers.iter().map(|number| double(*number)).collect();
    map(&[("__type__", text("__vector__")), ("value", list(&numbers))])
}

#[test]
fn every_kind_of_value() {
    let check = |value: Value, json: &str, words: &str| {
        let mut out = Json::default();
        out.value(&value, 10_000);
        assert_eq!(out.out, json);
        serde_json::from_str::<serde_json::Value>(&out.out).unwrap();
        assert_eq!(values::words(&value), words);
        assert!(values::same(&value, &value.clone()));
    };
    check(Value::default(), "null", "null");
    check(value(ValueType::NullValue(0)), "null", "null");
    check(boolean(true), "true", "true");
    check(int(i64::MIN), "-9223372036854775808", "-9223372036854775808");
    check(double(0.25), "0.25", "0.25");
    check(double(1.0), "1.0", "1.0");
    check(double(1e300), "1e+300", "1e+300");
    check(double(f64::NAN), r#""NaN""#, "NaN");
    check(double(f64::INFINITY), r#""Infinity""#, "Infinity");
    check(double(f64::NEG_INFINITY), r#""-Infinity""#, "-Infinity");
    check(time("2026-11-21T03:13:14.218Z"), r#""2026-11-21T03:13:14.218Z""#, "2026-11-21T03:13:14.218Z");
    check(text("lock \"x\"\n\u{1b}[2J"), r#""lock \"x\"\n\u001b[2J""#, r#""lock \"x\"\n\u001b[2J""#);
    check(text(""), r#""""#, r#""""#);
    check(value(ValueType::BytesValue(vec![0, 255, 1, 2])), r#"{"bytes":4,"base64":"AP8BAg=="}"#, "4 bytes");
    check(value(ValueType::ReferenceValue(super::name("a"))), r#""jobs/a""#, "jobs/a");
    check(
        value(ValueType::GeoPointValue(LatLng { latitude: 52.5, longitude: -13.25 })),
        r#"{"latitude":52.5,"longitude":-13.25}"#,
        "52.5,-13.25",
    );
    check(list(&[int(1), text("a b")]), r#"[1,"a b"]"#, r#"[1,"a b"]"#);
    check(list(&[]), "[]", "[]");
    check(list(&[int(1), int(2), int(3), int(4)]), "[1,2,3,4]", "[4 items]");
    check(map(&[("b", int(1)), ("a", map(&[("c", int(2))]))]), r#"{"a":{"c":2},"b":1}"#, "{2 fields}");
    check(vector(&[0.5, 1.5, 2.5, 3.5, 4.5]), r#"{"vector":5,"first":[0.5,1.5,2.5,3.5]}"#, "vector(5)");
}

#[test]
fn what_has_no_room_is_counted_and_the_rest_is_valid() {
    let check = |value: Value, limit: usize, min_left_out: usize| {
        let mut out = Json::default();
        out.value(&value, limit);
        assert!(out.out.len() <= limit + 64, "{} of {limit}", out.out.len());
        serde_json::from_str::<serde_json::Value>(&out.out).unwrap();
        assert!(out.left_out >= min_left_out, "{}", out.left_out);
        out.left_out
    };
    let names: Vec<String> = (0..20_000).map(|n| format!("field_{n:05}")).collect();
    let many: Vec<(&str, Value)> = names.iter().map(|name| (name.as_str(), int(1))).collect();
    check(map(&many), 60_000, 18_000);
    check(map(&[("inner", map(&many))]), 60_000, 18_000);
    check(list(&vec![text("some words"); 20_000]), 60_000, 18_000);
    check(text(&"x\n".repeat(500_000)), 60_000, 0);
    check(text(&"\u{1}".repeat(1_000_000)), 60_000, 0);
    check(text(&"ä€".repeat(300_000)), 60_000, 0);
    assert_eq!(check(map(&[("a", int(1))]), 1_000, 0), 0);
}

#[test]
fn bytes_as_text_and_back() {
    for len in 0..70_u8 {
        let bytes: Vec<u8> = (0..len).map(|n| n.wrapping_mul(37)).collect();
        assert_eq!(unbase64(&base64(&bytes)).unwrap(), bytes);
    }
    assert_eq!(base64(b"any carnal pleas"), "YW55IGNhcm5hbCBwbGVhcw==");
    assert_eq!(unbase64("a"), None);
    assert_eq!(unbase64("a*=="), None);
}

#[test]
fn paths_as_the_service_reads_them() {
    let check = |path: &str, expected: &str| assert_eq!(wire_path(path), expected);
    check("a.b_1", "a.b_1");
    check("a.`b.c`", "a.`b.c`");
    check("1a.ä", "`1a`.`ä`");
    check("a b", "`a b`");
}
