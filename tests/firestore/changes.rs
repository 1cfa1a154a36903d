//! What happens after the start is printed as it happens.

use super::{World, at, change};
use serde_json::json;
use std::time::Duration;

#[test]
fn documents_that_come_change_and_go_are_told() {
    let Some(world) = World::new("changes") else { return };
    world.set("jobs/a", &at(1, "running"));
    let mut tail = world.follow("jobs", &[]);
    assert_eq!(change(&tail.json()), "add jobs/a");
    world.set("jobs/b", &at(2, "queued"));
    assert_eq!(change(&tail.json()), "add jobs/b");
    world.set("jobs/a", &at(1, "failed"));
    let record = tail.json();
    assert_eq!(change(&record), "mod jobs/a");
    let raw: serde_json::Value = serde_json::from_str(record["raw"].as_str().unwrap()).unwrap();
    assert_eq!(raw["changed"], json!({ "state": { "from": "running", "to": "failed" } }), "{raw}");
    assert_eq!(raw["fields"]["state"], "failed");
    world.delete("jobs/b");
    let record = tail.json();
    assert_eq!(change(&record), "del jobs/b");
    // Other collections are none of it, and nothing comes twice.
    world.set("other/x", &at(3, "x"));
    assert_eq!(tail.within(Duration::from_secs(2)), [""; 0]);
}

#[test]
fn what_a_filter_leaves_is_told_as_gone() {
    let Some(world) = World::new("leaves") else { return };
    world.set("jobs/a", &at(1, "failed"));
    let mut tail = world.follow("jobs", &["--query", "state == 'failed'"]);
    assert_eq!(change(&tail.json()), "add jobs/a");
    world.set("jobs/b", &at(2, "failed"));
    assert_eq!(change(&tail.json()), "add jobs/b");
    world.set("jobs/a", &at(1, "done"));
    assert_eq!(change(&tail.json()), "del jobs/a");
}

#[test]
fn polls_find_what_is_new() {
    let Some(world) = World::new("polls") else { return };
    world.set("jobs/a", &at(1, "x"));
    let mut command = world.command("jobs", &["--poll", "1", "--format", "json"]);
    command.env("LOGDECK_FIRESTORE_CHANGES", "poll");
    let mut tail = crate::Following::start(command);
    assert_eq!(change(&tail.json()), "add jobs/a");
    world.set("jobs/b", &at(2, "x"));
    assert_eq!(change(&tail.json()), "add jobs/b");
    world.set("jobs/b", &at(2, "y"));
    assert_eq!(change(&tail.json()), "mod jobs/b");
    assert_eq!(tail.within(Duration::from_secs(3)), [""; 0]);
}

#[test]
fn the_budget_of_reads_is_an_end_that_is_said() {
    let Some(world) = World::new("budget") else { return };
    for n in 0..20 {
        world.set(&format!("jobs/j{n:02}"), &at(n, "x"));
    }
    let mut command = world.command("jobs", &["--format", "json"]);
    command.env("LOGDECK_FIRESTORE_BUDGET", "10");
    let mut tail = crate::Following::start(command);
    let said = tail.wait_for_saying("budget");
    assert!(said.contains("10"), "{said}");
}

#[test]
fn a_hundred_writes_are_all_told_in_order() {
    let Some(world) = World::new("hundred") else { return };
    world.set("jobs/a", &json!({ "created": { "timestampValue": "2026-01-01T10:00:00Z" }, "n": 0 }));
    let mut tail = world.follow("jobs", &[]);
    assert_eq!(change(&tail.json()), "add jobs/a");
    for n in 0..100 {
        world.set(&format!("jobs/n{n:02}"), &at(n, "x"));
    }
    let mut got: Vec<_> = (0..100).map(|_| change(&tail.json())).collect();
    got.sort();
    let expected: Vec<_> = (0..100).map(|n| format!("add jobs/n{n:02}")).collect();
    assert_eq!(got, expected);
    assert_eq!(tail.within(Duration::from_secs(2)), [""; 0]);
}
