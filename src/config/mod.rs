//! Settings: the file, the environment, the flags, in this order; and where each value came from.
//!
//! Owns the only look at environment variables and the home directory. Must not know what uses a setting.

mod environment;
mod example;
mod file;
mod filters;
mod firestore;
mod gcs;
mod google;
mod keys;
mod load;
mod pods;
mod servers;
mod themes;
mod types;

pub use environment::Environment;
pub use example::{example, reference};
pub use file::{Place, Problem};
pub use filters::FilterFile;
pub use firestore::{DocumentChanges, Firestore};
pub use gcs::{Gcs, ObjectNames};
pub use google::Google;
pub use keys::{ConfigKey, KEYS, Raw, Table, VARIABLES, nearest};
pub use load::{File, Loaded, Overrides, Set, file, load};
pub use pods::Pods;
pub use servers::{CiServer, ServerUrl};
pub use themes::{reference as theme_reference, themes};
pub use types::{Age, BadValue, FrameRate, LogLevel, Memory, Size, Zone};

use crate::model::Address;
use crate::model::ci::Forge;
use crate::model::look::TimeStyle;
use crate::model::theme::ThemeChoice;
use std::collections::BTreeMap;

/// Keys by the action's name, as written (`quit` -> `["q", "ctrl-c"]`).
pub type Bindings = BTreeMap<String, Vec<String>>;

/// The settings that hold.
#[derive(Clone, Debug)]
pub struct Config {
    /// What opens when the command line names no source.
    pub sources: Vec<Address>,
    /// Bytes that held records may take.
    pub memory: Memory,
    /// The colours.
    pub theme: ThemeChoice,
    /// Whether to draw with ASCII alone.
    pub ascii: bool,
    /// How times are shown.
    pub time: TimeStyle,
    /// The fields that the list shows in columns.
    pub columns: Vec<String>,
    /// The zone of times without one.
    pub tz: Zone,
    /// Frames a second at most.
    pub fps: FrameRate,
    /// What goes to the own log.
    pub log_level: LogLevel,
    /// GitHub Actions.
    pub github: CiServer,
    /// GitLab CI.
    pub gitlab: CiServer,
    /// Kubernetes.
    pub pods: Pods,
    /// Google Cloud, for both of its sources.
    pub google: Google,
    /// Google Cloud Storage.
    pub gcs: Gcs,
    /// Firestore.
    pub firestore: Firestore,
    /// Keys that replace an action's own.
    pub keys: Bindings,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            sources: Vec::new(),
            memory: Memory::default(),
            theme: ThemeChoice::default(),
            ascii: false,
            time: TimeStyle::default(),
            columns: Vec::new(),
            tz: Zone::local(),
            fps: FrameRate::default(),
            log_level: LogLevel::default(),
            github: CiServer::of(Forge::Github),
            gitlab: CiServer::of(Forge::Gitlab),
            pods: Pods::default(),
            google: Google::default(),
            gcs: Gcs::default(),
            firestore: Firestore::default(),
            keys: Bindings::new(),
        }
    }
}
