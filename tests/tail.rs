//! `logdeck tail` of the real binary: the last lines, what comes after, and the order of several sources.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

#[path = "tail/files.rs"]
mod files;
#[path = "tail/pods.rs"]
mod pods;
#[path = "tail/pods_reach.rs"]
mod pods_reach;
#[path = "cat/support.rs"]
mod support;
