//! Firestore within the demo: the parts of its gRPC interface that logdeck reads, on loopback.
//!
//! Owns documents, queries, streams, and faults on purpose. Serves the demo and the tests, which ask it with the same
//! client that asks the real one. Must not know that client.
//!
//! ```ignore
//! let server = Server::start(State::new(clock, "acme-prod"))?;             // ends when it is dropped
//! let endpoint = server.address().to_string();                             // as FIRESTORE_EMULATOR_HOST
//! let mut state = server.state();                                          // calls wait meanwhile
//! state.set("jobs/settle-1121", fields([("state", text("running")), ("attempt", int(1))]));
//! state.update("jobs/settle-1121", [("state", text("failed"))]);           // streams are told at once
//! state.delete("locks/ledger-batch");
//! state.missing_index("jobs", &["state", "started"]);
//! state.deny(Rpc::Listen);
//! state.set_deltas(Deltas::Resets);                                        // as Google's emulator
//!
//! server.fail(Some(Rpc::Listen), 1, Fault::After(3, Cut::Status(Status::unavailable())));
//! server.cut(&Cut::Reset);                                                 // what is open now breaks
//! server.stop().await; server.restart()?;                                  // killed, and back at the same port
//! assert!(server.journal().iter().all(|seen| seen.rpc != Rpc::Other));
//! assert_eq!(server.reads(), 50);                                          // documents that were sent
//! ```
//!
//! Like the real service: a target is told ADD, its documents, CURRENT with a token, and then differences, each snapshot
//! closed by a `NO_CHANGE` without targets; a token continues with the differences, an old one gives RESET and everything;
//! a target that cannot be is removed with its cause; a document of a query with a limit comes when another one leaves;
//! cursors have values for the orders that were named; names alone are not ordered downwards.
//!
//! Unlike it: nothing can be written by gRPC, projections and aggregations are not known, and no index is missing unless
//! somebody says so.

pub mod content;
mod faults;
mod grpc;
mod listen;
mod query;
mod server;
mod state;
mod target;
mod value;

#[cfg(test)]
mod tests;

pub use faults::{Cut, Fault, Rpc, Seen};
pub use grpc::Status;
pub use server::Server;
pub use state::{Deltas, Removals, State};
pub use value::{
    Fields, Value, array, bytes, double, fields, flag, geo, int, map, null, reference, text, time, vector,
};
