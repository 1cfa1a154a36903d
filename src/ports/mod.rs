//! Traits for what lies outside the process: the clock, HTTP, secrets, kept answers.
//!
//! Owns the traits. Must not know who implements them (`infra` does, tests bring their own).

pub mod answers;
pub mod http;
pub mod tokens;

use crate::model::Timestamp;

/// Tells the time. Only `infra::clock` reads the system's; tests bring a fixed one.
pub trait Clock: Send + Sync {
    /// The wall clock now.
    fn now(&self) -> Timestamp;
}
