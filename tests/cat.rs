//! `logdeck cat` of the real binary: every flag, every kind of input, every format of lines.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

#[path = "cat/blocks.rs"]
mod blocks;
#[path = "cat/filters.rs"]
mod filters;
#[path = "cat/follow.rs"]
mod follow;
#[path = "cat/formats.rs"]
mod formats;
#[path = "cat/inputs.rs"]
mod inputs;
#[path = "cat/support.rs"]
mod support;
