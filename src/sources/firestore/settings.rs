//! What sources of documents are told beside their addresses.
//!
//! Owns the values and their defaults. Must not read files or the environment: the caller does.

use crate::model::Timestamp;
use std::time::Duration;

/// What sources of documents are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The service's address, where that is not Google's (`FIRESTORE_EMULATOR_HOST`): `127.0.0.1:8080`, without TLS.
    pub endpoint: Option<String>,
    /// Documents that are read at the start and listened to: the latest ones.
    pub limit: u32,
    /// Nothing from before this moment.
    pub since: Option<Timestamp>,
    /// Reads of documents an hour, of each source; reads cost money.
    pub budget: u64,
    /// How changes come.
    pub changes: Changes,
    /// How often is asked where listening is not allowed.
    pub poll: Duration,
    /// The field with a document's time, as a dotted path; found out when none is named.
    pub time_field: Option<String>,
    /// The field with its severity; found out when none is named.
    pub severity_field: Option<String>,
    /// What a document says, with fields in braces: `{state} of {worker}`; made of what changed when none is given.
    pub message: Option<String>,
    /// Filters, all of which hold: `state == "failed"`, `attempt > 3`, `tags array-contains "eu"`.
    pub filters: Vec<String>,
}

/// How changes come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Changes {
    /// The service tells them; where it may not, it is asked.
    #[default]
    Auto,
    /// The service tells them.
    Listen,
    /// It is asked.
    Poll,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            endpoint: None,
            limit: 1000,
            since: None,
            budget: 10_000,
            changes: Changes::default(),
            poll: Duration::from_secs(30),
            time_field: None,
            severity_field: None,
            message: None,
            filters: Vec::new(),
        }
    }
}
