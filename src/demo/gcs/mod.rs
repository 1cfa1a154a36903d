//! Google Cloud Storage within the demo: the parts of its JSON API that logdeck reads, on loopback.
//!
//! Owns buckets and objects, the interface, and faults on purpose. Serves the demo and the tests, which ask it with the
//! same client that asks the real one. Must not know that client.
//!
//! ```ignore
//! let server = Server::start(State::new(clock))?;                     // ends when it is dropped
//! let settings = format!("http://{}", server.address());              // as STORAGE_EMULATOR_HOST
//! let mut state = server.state();                                     // requests wait meanwhile
//! state.put("logs", "a/1.ndjson.gz", bytes, Meta::text().gzip());     // returns the generation
//! state.append("logs", "a/2.log", "more\n");                          // composed: a new generation that begins as the old one
//! state.delete("logs", "a/1.ndjson.gz");
//! state.require("token", "mira@acme.test");                           // tokens are needed from now on
//! state.deny(Permission::List, "logs", "");
//!
//! server.fail(Aim::Object("a/2.log".into()), 1, Fault::BreakAfter(1000));
//! server.fail(Aim::List, 2, Fault::Status(429, "3".into()));
//! server.stop().await; server.restart()?;                             // killed, and back at the same port
//! assert!(server.journal().iter().all(|seen| seen.method == "GET"));
//! assert_eq!(server.reads(), 0);                                      // no object was read
//! ```
//!
//! Like the real service: a listing is in the order of the names' bytes, with at most 1,000 rows; numbers of 64 bits are
//! texts; `fields` leaves out what is not named; errors are JSON, but plain text where bytes were asked for; what is
//! stored with gzip is unpacked, whole and without a length, for who does not take gzip; a generation that was replaced
//! is 404, but who reads it already gets it to its end.
//!
//! Unlike it: there are no older versions, no folders and no ACLs, and nothing can be written by HTTP (405).

mod answer;
mod body;
pub mod content;
mod faults;
mod json;
mod list;
mod server;
mod state;

#[cfg(test)]
mod tests;

pub use faults::{Aim, Fault, Seen, What};
pub use server::Server;
pub use state::{Meta, Permission, State};
