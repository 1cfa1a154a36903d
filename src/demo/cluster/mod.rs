//! A Kubernetes API server within the demo: the parts that logdeck reads, over TLS on loopback.
//!
//! Owns the cluster's state, the interface, certificates, and faults on purpose. Serves the demo and the tests, which
//! ask it with the same client that asks real clusters. Must not know that client.
//!
//! ```ignore
//! let mut state = State::new(clock);                       // what time it is
//! state.allow("t", User::admin("mira"));                   // bearer tokens; `Rule`s for less than everything
//! state.put(Kind::Namespace, objects::namespace("shop"));
//! state.put(Kind::Pod, objects::pod("shop", "api-1").container("api", "api:1").label("app", "api").running("node-1", now));
//! let server = Server::start(state)?;                      // ends when it is dropped
//! let text = server.kubeconfig("demo").context("demo", "shop", Login::Token("t".into())).text();
//!
//! server.state().append("shop/api-1", "api", b"a line");   // watchers and followers see each change at once
//! server.state().restart("shop/api-1", "api", 137, "OOMKilled");
//! let log = server.state().log("shop/api-1", "api");       // a handle for much writing, without the state
//! log.write_all(lines);
//! server.fail(Aim::Logs, 1, Fault::After(1000, Cut::Break));   // the next request for a log breaks
//! server.cut(&Aim::Watches, Cut::Reset);                       // what is open now breaks
//! server.stop().await; server.restart()?;                      // killed, and back at the same port
//! assert!(server.journal().iter().all(|seen| seen.method == "GET"));
//! ```
//!
//! Like a real server of version 1.36:
//!
//! - `sinceTime` has whole seconds; a follow ends with its run; `tailLines` counts pieces of 16 KiB of very long lines.
//! - The headers of a follow come with its first bytes: until a silent container writes, there is no answer.
//! - A connection of HTTP/2 has at most 100 requests at once; more of them wait.
//! - A watch gets 410 as an event; a token is accepted a minute longer; unknown namespaces are empty.
//! - Lists of over 128 KiB are packed with gzip for those who take it.
//!
//! Unlike it: there are no tables and no protobuf (JSON is always the answer), only `v1` of `apps` and `batch`, and
//! nothing can be written by HTTP (405).

mod access;
mod answer;
mod ask;
mod body;
pub mod content;
mod discovery;
mod faults;
mod kind;
mod log;
pub mod objects;
mod pods;
mod select;
mod server;
mod state;
mod status;
mod store;
mod tls;
mod watching;

#[cfg(test)]
mod tests;

use super::lock;
use server::Shared;

pub use super::Clock;
pub use access::{Rule, User};
pub use faults::{Aim, Cut, Fault, Seen, What};
pub use kind::Kind;
pub use log::{Ending, Log, Make};
pub use server::Server;
pub use state::{State, seconds};
pub use tls::{Kubeconfig, Login, Offer};
