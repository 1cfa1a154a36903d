//! The server goes away while documents are written, and comes back.

use super::{Home, at, change, command};
use crate::support::following::Following;
use crate::support::servers::Firestore;
use std::collections::HashMap;
use std::time::{Duration, Instant};

#[test]
fn nothing_is_missing_and_nothing_comes_twice() {
    let Some(mut server) = Firestore::start() else { return };
    let home = Home::new();
    server.set("again", "jobs/first", &at(0, "x"));
    let args = ["--format", "json"];
    let mut tail = Following::start(command(&home, &server.host(), "again", "jobs", &args));
    assert_eq!(change(&tail.json()), "add jobs/first");
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut written = 0;
    for round in 0..3 {
        // What was written before is lost with the emulator, whether it was told or not.
        for _ in 0..5 {
            written += 1;
            server.set("again", &format!("jobs/r{round}-{written:03}"), &at(written, "x"));
        }
        server.kill();
        server.restart();
        let mut there = Vec::new();
        for _ in 0..10 {
            written += 1;
            let name = format!("jobs/r{round}-{written:03}");
            server.set("again", &name, &at(written, "x"));
            there.push(format!("add {name}"));
        }
        let end = Instant::now() + Duration::from_mins(1);
        while !there.iter().all(|change| seen.contains_key(change)) {
            assert!(Instant::now() < end, "round {round}: {there:?} is not all in {seen:?}: {}", tail.said());
            for line in tail.within(Duration::from_millis(200)) {
                *seen.entry(change(&serde_json::from_str(&line).unwrap())).or_default() += 1;
            }
        }
    }
    for line in tail.within(Duration::from_secs(3)) {
        *seen.entry(change(&serde_json::from_str(&line).unwrap())).or_default() += 1;
    }
    let twice: Vec<_> = seen.iter().filter(|(_, count)| **count > 1).collect();
    assert!(twice.is_empty(), "{twice:?}");
}
