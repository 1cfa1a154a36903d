//! What lies outside the process: the clock and private files, so far.
//!
//! Owns the real implementations of `ports`. Must not know what they are used for.

pub mod clock;
pub mod files;
