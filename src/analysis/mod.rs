//! What can be said about records: whether they pass a filter, and which lines explain a failure.
//!
//! Owns evaluation. Must not know the screen, sources, or where records come from.

pub mod extract;
pub mod lines;
pub mod matcher;
pub mod pattern;
mod seams;
