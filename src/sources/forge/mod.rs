//! CI services: GitHub Actions and GitLab CI over their REST interfaces.
//!
//! Owns everything that speaks with them. Must not know how HTTP is done (`ports::http` has the trait), nor the screen.

pub mod address;
pub mod client;
pub mod cut;
pub mod error;
pub mod github;
pub mod gitlab;
pub mod limits;
pub mod names;
mod tolerant;

pub use client::{Client, Got, Pages, Setup};
pub use error::{ApiError, Kind};
pub use limits::{Limits, Urgency};
