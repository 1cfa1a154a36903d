//! Firestore: the documents of a query, and how they change, as logs.
//!
//! Owns all knowledge of Firestore; nothing else knows its client. Must not know the store or the screen. Only reads are
//! ever sent: `RunQuery`, `Listen`, `BatchGetDocuments`.

mod ask;
mod desk;
mod diff;
mod filter;
mod known;
mod link;
mod listen;
mod message;
mod meter;
mod place;
mod query;
mod record;
mod resume;
mod session;
mod settings;
mod severity;
mod times;
mod trouble;
mod value;
mod way;
mod window;

#[cfg(test)]
mod tests;

/// Firestore's own messages.
use googleapis_tonic_google_firestore_v1::google::firestore::v1 as wire;

pub use settings::{Changes, Settings};

use crate::model::Address;
use crate::model::address::Tab;
use crate::sources::driver::{Outlet, Running, Source};
use crate::sources::{NotYet, SourceSpec};

/// The row of the table of sources.
pub const SPEC: SourceSpec = SourceSpec {
    id: "firestore",
    title: "Firestore",
    tab: Tab::Firestore,
    form: "firestore:PROJECT[/DB]/COLLECTION",
    reads: "Firestore documents",
    example: "firestore:acme-prod/audit",
    needs: "Google credentials (gcloud auth application-default login) that may read the collection",
    build,
};

fn build(address: &Address, settings: &super::Settings) -> Result<Box<dyn Source>, NotYet> {
    let Some(place) = place::Place::of_address(address) else { return Err(super::not_yet("firestore")) };
    Ok(Box::new(Firestore(session::Job { address: address.to_string(), place, settings: settings.clone() })))
}

struct Firestore(session::Job);

impl Source for Firestore {
    fn run(self: Box<Self>, out: Outlet) -> Running {
        Box::pin(async move { Ok(session::run(self.0, out).await?) })
    }
}
