//! The bundled demo: an incident as a script, lines made from it, and a private directory in which the files grow.
//!
//! Owns the script's language, the making of lines (pure: the same seed gives the same lines), and the files. Must not
//! know who reads them: the real sources do. Needs no account and, but for loopback, no network.

pub mod cluster;
pub mod forge;
mod generate;
mod scenario;
mod stage;
mod template;

pub use generate::{Line, lines};
pub use scenario::{BadScenario, Scenario};
pub use stage::{HISTORY, Stage};
