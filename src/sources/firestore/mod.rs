//! Firestore: the documents of a query, and how they change, as logs.
//!
//! Owns all knowledge of Firestore; nothing else knows its client. Must not know the store or the screen. Only reads are
//! ever sent: `RunQuery`, `Listen`, `BatchGetDocuments`.

mod settings;

pub use settings::{Changes, Settings};

use crate::model::Address;
use crate::model::address::Tab;
use crate::sources::driver::Source;
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

fn build(_: &Address, _: &super::Settings) -> Result<Box<dyn Source>, NotYet> {
    Err(super::not_yet("firestore"))
}
