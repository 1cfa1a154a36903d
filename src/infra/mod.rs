//! What lies outside the process: the clock, private files, kept streams and the own log.
//!
//! Owns the real implementations of `ports`. Must not know what they are used for.

pub mod clock;
pub mod files;
pub mod log;
pub mod memory;
pub mod spool;
