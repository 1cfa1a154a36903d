//! The outside world behind the traits of `ports`, and the own log.
//!
//! Owns the reading of the system's clock and the writing of logdeck's diagnostics. Must not know the app.

pub mod clock;
pub mod log;
