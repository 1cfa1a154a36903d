//! A CI service within the demo: the parts of GitHub's and GitLab's interfaces that logdeck uses, over loopback.
//!
//! Owns the service's state, both interfaces, the host of logs, and faults on purpose. Serves the demo and the tests,
//! which ask it with the same code that asks the real services. Must not know that code.

mod answer;
pub mod archive;
mod blob;
pub mod content;
pub mod faults;
mod github;
mod gitlab;
mod server;
pub mod state;

#[cfg(test)]
mod tests;

pub use super::Clock;
pub use archive::Names;
pub use blob::LIFETIME;
pub use faults::{Fault, Host, Seen};
pub use server::Server;
pub use state::{Attempt, Commit, End, Grant, Job, Note, Phase, Repo, Run, Span, State, Step, Workflow};
