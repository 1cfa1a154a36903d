//! What is there is printed once: the latest documents, filters, groups, values, and what cannot be had.

use super::{World, at};
use serde_json::json;

#[test]
fn the_latest_documents_come_in_the_order_of_their_times() {
    let Some(world) = World::new("latest") else { return };
    for n in 0..20 {
        // Written in another order than their times have.
        let n = n * 7 % 20;
        world.set(&format!("jobs/j{n:02}"), &at(n, "running"));
    }
    let expected: Vec<_> = (15..20).map(|n| format!("add jobs/j{n}")).collect();
    assert_eq!(world.documents("jobs", &["--limit", "5"]), expected);
    assert_eq!(world.documents("jobs", &["--limit", "5", "--time-field", "created"]), expected);
    assert_eq!(world.documents("jobs", &[]).len(), 20);
    assert_eq!(world.documents("jobs", &["--since", "2026-01-01T10:00:17Z"]).len(), 3);
    assert_eq!(world.documents("none", &[]), [""; 0]);
    let text =
        String::from_utf8(world.command("jobs", &["--limit", "1", "--no-follow"]).output().unwrap().stdout).unwrap();
    assert!(text.contains("jobs/j19") && text.contains("running"), "{text}");
}

#[test]
fn more_than_a_page_of_documents_are_read() {
    let Some(world) = World::new("many") else { return };
    for n in 0..450 {
        world.set(&format!("jobs/j{n:03}"), &at(n, "done"));
    }
    let got = world.documents("jobs", &["--limit", "400"]);
    let expected: Vec<_> = (50..450).map(|n| format!("add jobs/j{n:03}")).collect();
    assert_eq!(got, expected);
}

#[test]
fn filters_choose_what_is_read() {
    let Some(world) = World::new("filters") else { return };
    for (n, state) in [(1, "failed"), (2, "done"), (3, "failed")] {
        let mut fields = at(n, state);
        fields["attempt"] = json!(n);
        fields["tags"] = json!(["all", format!("t{n}")]);
        world.set(&format!("jobs/j{n}"), &fields);
    }
    let check = |filters: &[&str], expected: &[&str]| {
        let args: Vec<&str> = filters.iter().flat_map(|filter| ["--query", filter]).collect();
        let mut got = world.documents("jobs", &args);
        got.sort();
        assert_eq!(got, expected, "{filters:?}");
    };
    check(&["state == 'failed'"], &["add jobs/j1", "add jobs/j3"]);
    check(&["state == \"failed\"", "attempt == 3"], &["add jobs/j3"]);
    check(&["tags array-contains 't2'"], &["add jobs/j2"]);
    check(&["state in ['done', 'lost']"], &["add jobs/j2"]);
    let ran = world.once("jobs", &["--query", "state is failed"]);
    assert!(ran.code != Some(0) && ran.err.contains("state is failed"), "{ran:?}");
}

#[test]
fn groups_reach_collections_below_documents() {
    let Some(world) = World::new("groups") else { return };
    world.set("jobs/a/events/1", &at(1, "x"));
    world.set("jobs/b/events/2", &at(2, "x"));
    world.set("other/c/events/3", &at(3, "x"));
    world.set("jobs/a", &at(4, "x"));
    assert_eq!(world.documents("jobs/*/events", &[]), ["add jobs/a/events/1", "add jobs/b/events/2"]);
    assert_eq!(world.documents("jobs/a/events", &[]), ["add jobs/a/events/1"]);
    assert_eq!(world.documents("jobs", &[]), ["add jobs/a"]);
}

#[test]
fn values_of_all_types_are_fields() {
    let Some(world) = World::new("values") else { return };
    let fields = json!({
        "time": { "timestampValue": "2026-01-01T10:00:00.123456Z" },
        "null": null,
        "yes": true,
        "integer": -7,
        "huge": 9_007_199_254_740_993_i64,
        "double": 1.5,
        "nan": { "doubleValue": "NaN" },
        "text": "a\u{1b}[2Jb",
        "bytes": { "bytesValue": "AAEC" },
        "reference": { "referenceValue": "projects/values/databases/(default)/documents/users/u1" },
        "point": { "geoPointValue": { "latitude": 52.5, "longitude": 13.4 } },
        "list": [1, "two", { "three": 3 }],
        "map": { "deep": { "er": "x" } },
        "level": "error",
    });
    world.set("jobs/all", &fields);
    let ran = world.once("jobs", &[]);
    let record = &ran.json()[0];
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    let raw: serde_json::Value = serde_json::from_str(record["raw"].as_str().unwrap()).unwrap();
    let of = &raw["fields"];
    assert_eq!((&of["integer"], &of["yes"], &of["double"]), (&json!(-7), &json!(true), &json!(1.5)), "{raw}");
    assert_eq!(of["huge"].to_string(), "9007199254740993");
    assert_eq!((&of["map"]["deep"]["er"], &of["list"][2]["three"]), (&json!("x"), &json!(3)));
    assert!(of["nan"].to_string().contains("NaN") && of["reference"].to_string().contains("users/u1"), "{raw}");
    assert!(of["point"].to_string().contains("52.5") && of["null"].is_null(), "{raw}");
    assert_eq!(record["severity"], "ERROR");
    let text = world.command("jobs", &["--no-follow"]).output().unwrap().stdout;
    assert!(!text.contains(&0x1b), "safe for a terminal");
}

#[test]
fn what_cannot_be_had_is_said() {
    let Some(world) = World::new("trouble") else { return };
    world.set("jobs/a", &at(1, "x"));
    let check = |path: &str, args: &[&str], code: i32, expected: &str| {
        let ran = world.once(path, args);
        assert!(ran.code == Some(code) && ran.err.contains(expected), "{path} {args:?}: {ran:?}");
    };
    check("jobs/*", &[], 3, "the last part is a collection's name");
    check("jobs", &["--object", "*"], 2, "--object goes with gs://");
    let mut command = world.command("jobs", &["--no-follow"]);
    command.env("FIRESTORE_EMULATOR_HOST", "127.0.0.1:1");
    let ran = super::Ran::of(command.output().unwrap());
    assert!(ran.code == Some(3) && ran.err.contains("127.0.0.1:1"), "{ran:?}");
}
