//! Google Cloud Storage: objects under a prefix, new and grown ones, as logs.
//!
//! Owns all knowledge of the storage service; nothing else knows its client. Must not know the store or the screen. Only
//! GET is ever sent.

mod settings;

pub use settings::{Names, Settings};

use crate::model::Address;
use crate::model::address::Tab;
use crate::sources::driver::Source;
use crate::sources::{NotYet, SourceSpec};

/// The row of the table of sources.
pub const SPEC: SourceSpec = SourceSpec {
    id: "gs",
    title: "Google Cloud Storage",
    tab: Tab::Gcs,
    form: "gs://BUCKET/PREFIX",
    reads: "objects of Google Cloud Storage",
    example: "gs://acme-logs/payments/",
    needs: "Google credentials (gcloud auth application-default login) that may list and read the bucket",
    build,
};

fn build(_: &Address, _: &super::Settings) -> Result<Box<dyn Source>, NotYet> {
    Err(super::not_yet("gs"))
}
