//! Sources: everything that gives log records, each kind behind the same trait.
//!
//! Owns the table of kinds. Must not know the store, the engine or the screen.

pub mod files;
