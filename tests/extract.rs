//! `logdeck extract` of the real binary: every kind of input, every format, and what strangers put into archives.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

#[path = "extract/archives.rs"]
mod archives;
#[path = "extract/baselines.rs"]
mod baselines;
#[path = "extract/formats.rs"]
mod formats;
#[path = "extract/inputs.rs"]
mod inputs;
#[path = "extract/strange.rs"]
mod strange;
#[path = "extract/support.rs"]
mod support;
