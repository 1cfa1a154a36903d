//! What sources of objects are told beside their addresses.
//!
//! Owns the values and their defaults. Must not read files or the environment: the caller does.

use crate::model::Timestamp;
use std::time::Duration;

/// What sources of objects are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The service's address, where that is not Google's (`STORAGE_EMULATOR_HOST`): `http://127.0.0.1:9023`.
    pub endpoint: Option<String>,
    /// Globs on whole names; one of them has to match. None take all.
    pub include: Vec<String>,
    /// Globs on whole names; none of them may match.
    pub exclude: Vec<String>,
    /// Bytes, as they are stored, that are read at the start, the newest objects first.
    pub start_bytes: u64,
    /// Objects that were written earlier are not read at the start; nothing for no limit.
    pub start_age: Option<Duration>,
    /// The same as a moment, where one is named (`--since`).
    pub since: Option<Timestamp>,
    /// Bytes of one object, as it is stored, that are read before a person asks for more.
    pub object_bytes: u64,
    /// Objects that are read at once.
    pub at_once: usize,
    /// How often new objects are looked for.
    pub poll: Duration,
    /// How often everything is listed anew, where names grow and polls only look behind the last one.
    pub relist: Duration,
    /// Whether names grow with time.
    pub names: Names,
}

/// Whether an object that is newer has a name that sorts behind the older ones'.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Names {
    /// It is found out.
    #[default]
    Auto,
    /// It does: a poll lists from the last name on.
    Grow,
    /// It does not: each poll lists everything.
    Any,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            endpoint: None,
            include: Vec::new(),
            exclude: Vec::new(),
            start_bytes: 256 << 20,
            start_age: Some(Duration::from_hours(24)),
            since: None,
            object_bytes: 64 << 20,
            at_once: 8,
            poll: Duration::from_secs(10),
            relist: Duration::from_mins(5),
            names: Names::default(),
        }
    }
}
