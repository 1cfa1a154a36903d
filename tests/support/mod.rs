//! What several test targets need.

pub mod following;
pub mod servers;
