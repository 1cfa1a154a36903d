//! What can be said about records: so far, whether they pass a filter.
//!
//! Owns evaluation. Must not know the screen, sources, or where records come from.

pub mod lines;
pub mod matcher;
pub mod pattern;
mod seams;
