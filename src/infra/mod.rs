//! What lies outside the process: the clock, private files, kept streams, the own log, HTTP, tokens, git's remotes.
//!
//! Owns the real implementations of `ports`. Must not know what they are used for.

pub mod answers;
pub mod archives;
pub mod clock;
pub mod files;
pub mod http;
pub mod log;
pub mod memory;
pub mod remotes;
mod shelf;
pub mod spool;
pub mod tokens;
