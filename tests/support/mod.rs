//! What several test targets need.

pub mod following;
#[allow(dead_code, reason = "only tests in a terminal use it")]
pub mod pty;
pub mod servers;
