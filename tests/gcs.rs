//! `logdeck tail gs://…` of the real binary against a server of the storage API that we did not write.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

#[path = "gcs/follow.rs"]
mod follow;
#[path = "cat/support.rs"]
mod home;
#[path = "gcs/once.rs"]
mod once;
#[path = "gcs/state.rs"]
mod state;
mod support;

use home::{Home, Ran};
use std::process::Command;
use support::following::Following;
use support::servers::Gcs;

/// A bucket `logs`, and a home.
struct World {
    gcs: Gcs,
    home: Home,
}

impl World {
    /// Nothing where the server is not installed.
    fn new() -> Option<Self> {
        Some(Self { gcs: Gcs::start()?, home: Home::new() })
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = self.home.command_of("tail", args);
        command.env("STORAGE_EMULATOR_HOST", self.gcs.host());
        command
    }

    /// All that is there.
    fn once(&self, args: &[&str]) -> Ran {
        Ran::of(self.command(&[args, &["--no-follow"]].concat()).output().unwrap())
    }

    /// The last words of all lines, when nothing is wrong.
    fn words(&self, args: &[&str]) -> Vec<String> {
        let ran = self.once(args);
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{args:?}: {}", ran.text());
        ran.text().lines().map(|line| line.rsplit(' ').next().unwrap().to_owned()).collect()
    }

    fn follow(&self, args: &[&str]) -> Following {
        Following::start(self.command(&[args, &["--poll", "1"]].concat()))
    }
}

/// Lines with times a second apart, whose last words are `n` and their number.
fn lines(numbers: impl IntoIterator<Item = u32>) -> String {
    numbers.into_iter().map(line).collect()
}

fn line(n: u32) -> String {
    format!("2026-01-01T{:02}:{:02}:{:02}Z INFO line n{n}\n", 10 + n / 3600, n / 60 % 60, n % 60)
}

/// `n1`, `n2` …
fn names(numbers: impl IntoIterator<Item = u32>) -> Vec<String> {
    numbers.into_iter().map(|n| format!("n{n}")).collect()
}
