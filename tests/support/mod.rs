//! What several test targets need.

pub mod pty;
