//! The screen: keys in, cells out. Text and styles of each screen are snapshots; what keys do is checked one by one.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a helper that fails fails its test")]

#[path = "screens/support.rs"]
mod support;

#[path = "screens/every_action.rs"]
mod every_action;
#[path = "screens/follow_bytes.rs"]
mod follow_bytes;
#[path = "screens/hostile.rs"]
mod hostile;
#[path = "screens/idle.rs"]
mod idle;
#[path = "screens/live.rs"]
mod live;
#[path = "screens/looks.rs"]
mod looks;
#[path = "screens/mouse.rs"]
mod mouse;
