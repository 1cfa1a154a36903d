//! What the real binary asks of buckets and databases, by the journals of embedded servers: reads alone, and as few of them
//! as there have to be.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

#[path = "support/following.rs"]
mod following;
#[path = "cat/support.rs"]
mod home;

use following::Following;
use home::{Home, Ran};
use logdeck::demo::firestore::{self, Rpc};
use logdeck::demo::gcs::{self, Meta, Seen, What};
use logdeck::infra::clock::SystemClock;
use logdeck::model::Timestamp;
use logdeck::ports::Clock as _;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// How long something may take that has to come.
const PATIENCE: Duration = Duration::from_mins(1);
const SECOND: i64 = 1_000_000_000;

fn now() -> Timestamp {
    SystemClock.now()
}

/// A bucket `logs` and an empty project `acme`, both embedded, and a home.
struct World {
    storage: gcs::Server,
    database: firestore::Server,
    home: Home,
    /// Where the servers live.
    _runtime: Runtime,
}

impl World {
    fn new() -> Self {
        let runtime = Runtime::new().unwrap();
        let within = runtime.enter();
        let storage = gcs::Server::start(gcs::State::new(Arc::new(now))).unwrap();
        storage.state().bucket("logs");
        let database = firestore::Server::start(firestore::State::new(Arc::new(now), "acme")).unwrap();
        drop(within);
        Self { storage, database, home: Home::new(), _runtime: runtime }
    }

    fn put(&self, name: &str, message: &str) {
        let line = format!("{} INFO {message}\n", now().to_jiff());
        self.storage.state().put("logs", name, line, Meta::text());
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = self.home.command_of("tail", args);
        command.env("STORAGE_EMULATOR_HOST", format!("http://{}", self.storage.address()));
        command.env("FIRESTORE_EMULATOR_HOST", self.database.address().to_string());
        command
    }

    /// The lines of all that is there, when nothing is wrong.
    fn once(&self, args: &[&str]) -> Vec<String> {
        let ran = Ran::of(self.command(&[args, &["--no-follow"]].concat()).output().unwrap());
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{args:?}");
        ran.text().lines().map(str::to_owned).collect()
    }

    fn follow(&self, args: &[&str]) -> Following {
        Following::start(self.command(args))
    }

    /// Everything that was asked, which has to be reads.
    fn assert_reads_alone(&self) {
        for seen in self.storage.journal() {
            assert!(seen.method == "GET" && seen.what != What::Other, "{seen:?}");
        }
        for seen in self.database.journal() {
            assert_ne!(seen.rpc, Rpc::Other, "{seen:?}");
        }
    }
}

/// Waits for something that has to be.
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// How often each prefix was listed.
fn listings(journal: &[Seen]) -> BTreeMap<String, u64> {
    let mut listings = BTreeMap::new();
    for seen in journal {
        if let What::List(_, prefix) = &seen.what {
            *listings.entry(prefix.clone()).or_default() += 1;
        }
    }
    listings
}

fn reads(journal: &[Seen]) -> usize {
    journal.iter().filter(|seen| matches!(seen.what, What::Read(..))).count()
}

fn job(second: i64, state: &str) -> firestore::Fields {
    firestore::fields([
        ("created", firestore::time(Timestamp(1_795_230_000 * SECOND + second * SECOND))),
        ("state", firestore::text(state)),
    ])
}

#[test]
fn nothing_but_reads_is_sent() {
    let world = World::new();
    world.put("app/a.log", "first");
    world.database.state().set("jobs/a", job(1, "running"));
    world.database.state().set("jobs/b", job(2, "done"));
    let addresses = ["gs://logs/app/", "firestore:acme/jobs"];
    assert_eq!(world.once(&addresses).len(), 3);
    world.assert_reads_alone();

    let mut tail = world.follow(&[&addresses[..], &["--poll", "1"]].concat());
    let mut wait = |words: &str| while !tail.next().contains(words) {};
    wait("first");
    until("nothing is listened to", || world.database.listeners() == 1);
    world.put("app/b.log", "second");
    wait("second");
    world.database.state().set("jobs/a", job(1, "failed"));
    wait("state running -> failed");
    world.database.state().delete("jobs/a");
    wait("del");
    world.assert_reads_alone();
    assert!(world.storage.state().names("logs").len() == 2 && world.database.state().names().len() == 1);
}

#[test]
fn quiet_prefixes_cost_a_request_each_and_no_object_is_read_again() {
    let world = World::new();
    let addresses: Vec<String> = (0..10).map(|n| format!("gs://logs/p{n}/")).collect();
    for n in 0..10 {
        for object in 0..3 {
            world.put(&format!("p{n}/{object}.log"), "there");
        }
    }
    let args: Vec<&str> = addresses.iter().map(String::as_str).chain(["--poll", "1"]).collect();
    let mut tail = world.follow(&args);
    for _ in 0..30 {
        assert!(tail.next().ends_with("there"));
    }
    assert_eq!(reads(&world.storage.journal()), 30, "each was read once");
    let begun = Instant::now();
    world.storage.clear_journal();
    until("it is not asked again", || {
        let listings = listings(&world.storage.journal());
        listings.len() == 10 && listings.values().all(|count| *count >= 4)
    });
    let journal = world.storage.journal();
    let all: u64 = listings(&journal).values().sum();
    assert_eq!(all as usize, journal.len(), "listings alone: {journal:#?}");
    // There is a second between two of them, so slowness makes them fewer.
    let rounds = begun.elapsed().as_secs() + 1;
    for (prefix, count) in listings(&journal) {
        assert!(count <= rounds, "{prefix} was listed {count} times in {rounds} rounds");
    }
    let quiet = tail.within(Duration::ZERO);
    assert_eq!(quiet, [""; 0]);
}

#[test]
fn every_page_of_many_objects_is_asked_for_once() {
    let world = World::new();
    let past = now().saturating_add(-90 * 24 * 3600 * SECOND);
    for n in 0..9999 {
        world.storage.state().append_at("logs", &format!("many/{n:05}.log"), "old\n", past);
    }
    world.put("many/99999.log", "young");
    let mut tail = world.follow(&["gs://logs/many/", "--poll", "3600"]);
    assert!(tail.next().ends_with("young"));
    let journal = world.storage.journal();
    let pages: BTreeSet<&str> =
        journal.iter().filter(|seen| matches!(seen.what, What::List(..))).map(|seen| seen.path.as_str()).collect();
    assert_eq!((pages.len(), listings(&journal)["many/"], reads(&journal)), (10, 10, 1));
}

#[test]
fn the_latest_documents_of_many_cost_no_more_than_themselves() {
    let world = World::new();
    let mut state = world.database.state();
    for n in 0..20_000 {
        state.set(&format!("jobs/j{:05}", n * 7 % 20_000), job(n * 7 % 20_000, "done"));
    }
    drop(state);
    let lines = world.once(&["firestore:acme/jobs"]);
    assert_eq!(lines.len(), 1000);
    assert!(lines[0].contains("jobs/j19000") && lines[999].contains("jobs/j19999"), "{} {}", lines[0], lines[999]);
    let calls: Vec<Rpc> = world.database.journal().iter().map(|seen| seen.rpc).collect();
    assert_eq!(calls, [Rpc::Query, Rpc::Query], "which field has the time, and the documents");
    assert!(world.database.reads() <= 1001, "{}", world.database.reads());

    world.database.clear_journal();
    let mut tail = world.follow(&["firestore:acme/jobs"]);
    for _ in 0..1000 {
        tail.next();
    }
    let calls: Vec<Rpc> = world.database.journal().iter().map(|seen| seen.rpc).collect();
    assert_eq!(calls, [Rpc::Query, Rpc::Listen]);
    assert!(world.database.reads() <= 1001, "{}", world.database.reads());
}

#[test]
fn a_small_budget_of_reads_is_used_and_no_more() {
    let check = |settings: &str, document: fn(i64) -> firestore::Fields, expected: std::ops::Range<i64>| {
        let world = World::new();
        for n in 0..20 {
            world.database.state().set(&format!("jobs/j{n:02}"), document(n));
        }
        world.home.file("c.toml", format!("[firestore]\nbudget = 5\n{settings}"));
        let args = ["--config", "c.toml", "firestore:acme/jobs"];
        let count = expected.clone().count();
        let is_expected = |lines: &[String]| {
            let has = |n: i64| lines.iter().any(|line| line.contains(&format!("jobs/j{n:02}")));
            lines.len() == count && expected.clone().all(has)
        };
        let says_until =
            |said: &str| said.split([' ', ',', '\n']).any(|word| word.contains(':') && word.ends_with('Z'));
        let says_so = |said: &str| said.contains("the budget of 5 reads an hour is used up") && says_until(said);

        let ran = Ran::of(world.command(&[&args[..], &["--no-follow"]].concat()).output().unwrap());
        let lines: Vec<String> = ran.text().lines().map(str::to_owned).collect();
        assert!(is_expected(&lines), "{settings}: {lines:?}");
        assert!(lines.iter().all(|line| !line.contains("fields.") && !line.contains("updated=")), "{lines:?}");
        assert!(ran.code != Some(0) && says_so(&ran.err), "{settings}: {ran:?}");
        assert!(world.database.reads() <= 5, "{settings}: {}", world.database.reads());

        world.database.clear_journal();
        let mut tail = world.follow(&args);
        let lines: Vec<String> = (0..count).map(|_| tail.next()).collect();
        assert!(is_expected(&lines), "{settings}: {lines:?}");
        assert!(says_so(&tail.wait_for_saying("budget")), "{settings}");
        assert!(world.database.reads() <= 5, "{settings}: {}", world.database.reads());
    };
    check("", |n| job(n, "done"), 16..20);
    check("changes = \"poll\"", |n| job(n, "done"), 16..20);
    check("time_field = \"created\"", |n| job(n, "done"), 15..20);
    // Without a time the first ones by name are the ones that there are.
    check("", |n| firestore::fields([("n", firestore::int(n))]), 0..4);
}
