//! The screen: keys in, cells out. Text and styles of each screen are snapshots; what keys do is checked one by one.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a helper that fails fails its test")]

#[path = "screens/support.rs"]
mod support;

#[path = "screens/ci.rs"]
mod ci;
#[path = "screens/collapse.rs"]
mod collapse;
#[path = "screens/documents.rs"]
mod documents;
#[path = "screens/every_action.rs"]
mod every_action;
#[path = "screens/finding.rs"]
mod finding;
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
#[path = "screens/objects.rs"]
mod objects;
#[path = "screens/oncall.rs"]
mod oncall;
#[path = "screens/out.rs"]
mod out;
#[path = "screens/pods.rs"]
mod pods;
#[path = "screens/reading.rs"]
mod reading;
#[path = "screens/runs.rs"]
mod runs;
#[path = "screens/runs_edges.rs"]
mod runs_edges;
#[path = "screens/runs_hostile.rs"]
mod runs_hostile;
#[path = "screens/runs_logs.rs"]
mod runs_logs;
#[path = "screens/steering.rs"]
mod steering;
#[path = "screens/time.rs"]
mod time;
#[path = "screens/windows.rs"]
mod windows;
