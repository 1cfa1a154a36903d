//! `logdeck runs`: runs of CI services, for people and for scripts.
//!
//! Owns the forms of the output. Must not know how a service is asked.

pub mod json;
pub mod table;

#[cfg(test)]
mod tests;
