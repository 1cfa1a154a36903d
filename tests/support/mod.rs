//! What several test targets need.

pub mod pty;
pub mod servers;
