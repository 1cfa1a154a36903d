//! Sources: everything that gives log records, each kind behind the same trait.
//!
//! Owns the table of kinds, from which tabs, help and the start screen derive. Must not know the store, the
//! engine or the screen. A new kind is one file with its [`SourceSpec`] and one line in [`SOURCES`].

pub mod driver;
pub mod files;
pub mod firestore;
pub mod forge;
pub mod gcs;
pub mod google;
pub mod pods;

use crate::model::Address;
use crate::model::address::Tab;
pub use driver::{Closed, Outlet, Running, Source, SourceError};
use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a source is told beside its address.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The zone of times that name none.
    pub zone: TimeZone,
    /// What happens at the end.
    pub follow: Follow,
    /// About how many bytes of plain text are read of all files together: of larger ones the end. The ring's size.
    pub window_bytes: u64,
    /// What sources of pods are told.
    pub pods: pods::Settings,
    /// What sources of Google Cloud are told.
    pub google: google::Settings,
    /// What sources of objects are told.
    pub gcs: gcs::Settings,
    /// What sources of documents are told.
    pub firestore: firestore::Settings,
    /// How far an earlier run got, by the text of an address: where a source goes on.
    pub places: Arc<Places>,
}

/// How far parts of sources were read, by the source's address and the part's name: see [`crate::model::Cursor`].
pub type Places = BTreeMap<String, BTreeMap<String, String>>;

impl Settings {
    /// Settings with the defaults of every kind of source.
    pub fn new(zone: TimeZone, follow: Follow, window_bytes: u64) -> Self {
        Self {
            zone,
            follow,
            window_bytes,
            pods: pods::Settings::default(),
            google: google::Settings::default(),
            gcs: gcs::Settings::default(),
            firestore: firestore::Settings::default(),
            places: Arc::default(),
        }
    }
}

/// What happens when everything that is there has been read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Follow {
    /// Wait for more, until told to stop.
    On,
    /// End.
    Off,
}

/// Makes the source of an address.
pub type Build = fn(&Address, &Settings) -> Result<Box<dyn Source>, NotYet>;

/// A kind of source.
#[derive(Debug)]
pub struct SourceSpec {
    /// The kind's name, as [`Address::kind`] says it.
    pub id: &'static str,
    /// The title for people.
    pub title: &'static str,
    /// The tab that shows it.
    pub tab: Tab,
    /// The address's form.
    pub form: &'static str,
    /// What it reads, in a few words, for the help.
    pub reads: &'static str,
    /// An example of an address.
    pub example: &'static str,
    /// What it needs in order to work, in a sentence.
    pub needs: &'static str,
    /// Makes the source of an address of this kind.
    pub build: Build,
}

/// This kind of source is known, and this version cannot read it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{id}: not in this version yet; it will read {form} and need {needs}")]
pub struct NotYet {
    /// The kind.
    pub id: &'static str,
    /// The form of its address.
    pub form: &'static str,
    /// What it will need.
    pub needs: &'static str,
}

/// All kinds of sources.
pub const SOURCES: &[SourceSpec] = &[
    files::SPEC,
    files::STDIN_SPEC,
    gcs::SPEC,
    firestore::SPEC,
    pods::SPEC,
    SourceSpec {
        id: "github",
        title: "GitHub Actions",
        tab: Tab::Ci,
        form: "github:OWNER/REPO[/RUN[/JOB]]",
        reads: "GitHub Actions",
        example: "github:acme/api/1234567890",
        needs: "a token that may read Actions (GITHUB_TOKEN, or gh auth login)",
        build: |_, _| Err(not_yet("github")),
    },
    SourceSpec {
        id: "gitlab",
        title: "GitLab CI",
        tab: Tab::Ci,
        form: "gitlab:GROUP/PROJECT[/PIPELINE[/JOB]]",
        reads: "GitLab CI",
        example: "gitlab:acme/platform/api",
        needs: "a token that may read the project's jobs (GITLAB_TOKEN)",
        build: |_, _| Err(not_yet("gitlab")),
    },
];

/// The kind of an address; every kind of address has one.
pub fn spec(address: &Address) -> Option<&'static SourceSpec> {
    SOURCES.iter().find(|spec| spec.id == address.kind())
}

/// The source for an address. Nothing is opened yet: what is missing or broken is said by the running source.
///
/// # Errors
/// This version cannot read this kind; the error says what it will need.
pub fn build(address: &Address, settings: &Settings) -> Result<Box<dyn Source>, NotYet> {
    match spec(address) {
        Some(spec) => (spec.build)(address, settings),
        None => Err(not_yet(address.kind())),
    }
}

fn not_yet(id: &'static str) -> NotYet {
    let spec = SOURCES.iter().find(|spec| spec.id == id);
    NotYet { id, form: spec.map_or("", |s| s.form), needs: spec.map_or("", |s| s.needs) }
}
