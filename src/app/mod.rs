//! The state of the screen and every decision about it: synchronous, without I/O.
//!
//! Owns events, actions, views and panes. Must not know ratatui, crossterm, tokio, or the clock.

pub mod event;
pub mod view;
