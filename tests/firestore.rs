//! `logdeck tail firestore:…` of the real binary against Google's emulator.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

#[path = "firestore/changes.rs"]
mod changes;
#[path = "cat/support.rs"]
mod home;
#[path = "firestore/once.rs"]
mod once;
#[path = "firestore/restarts.rs"]
mod restarts;
#[path = "firestore/state.rs"]
mod state;
mod support;

use home::{Home, Ran};
use serde_json::{Value, json};
use std::process::Command;
use std::sync::Arc;
use support::following::Following;
use support::servers::Firestore;

/// A project of an emulator, and a home.
struct World {
    server: Arc<Firestore>,
    project: &'static str,
    home: Home,
}

impl World {
    /// Nothing where the emulator is not installed. Each test has a project of its own.
    fn new(project: &'static str) -> Option<Self> {
        Some(Self { server: Firestore::shared()?, project, home: Home::new() })
    }

    /// Writes a document.
    fn set(&self, document: &str, fields: &Value) {
        self.server.set(self.project, document, fields);
    }

    fn delete(&self, document: &str) {
        self.server.delete(self.project, document);
    }

    fn command(&self, path: &str, args: &[&str]) -> Command {
        command(&self.home, &self.server.host(), self.project, path, args)
    }

    /// All that is there.
    fn once(&self, path: &str, args: &[&str]) -> Ran {
        Ran::of(self.command(path, &[args, &["--no-follow", "--format", "json"]].concat()).output().unwrap())
    }

    /// The operations and documents of all records, when nothing is wrong.
    fn documents(&self, path: &str, args: &[&str]) -> Vec<String> {
        let ran = self.once(path, args);
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{args:?}: {}", ran.text());
        ran.json().iter().map(change).collect()
    }

    fn follow(&self, path: &str, args: &[&str]) -> Following {
        Following::start(self.command(path, &[args, &["--format", "json"]].concat()))
    }
}

fn command(home: &Home, host: &str, project: &str, path: &str, args: &[&str]) -> Command {
    let address = format!("firestore:{project}/{path}");
    let mut command = home.command_of("tail", &[&[address.as_str()], args].concat());
    command.env("FIRESTORE_EMULATOR_HOST", host);
    command
}

/// What a record says: `mod jobs/a`.
fn change(record: &Value) -> String {
    let text = |name: &str| record["fields"][name].as_str().unwrap_or_else(|| panic!("no {name}: {record}"));
    format!("{} {}", text("op"), text("document"))
}

/// A document with a time.
fn at(second: u32, state: &str) -> Value {
    json!({ "created": { "timestampValue": format!("2026-01-01T10:{:02}:{:02}Z", second / 60, second % 60) }, "state": state })
}
