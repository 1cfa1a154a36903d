//! What a document database tells about the changes of a query, and what a person wants of it.
//!
//! Owns these values, and the names of the fields of a change's record. Must not know how a database is asked. Texts are
//! as the service gave them, not safe for a terminal.
//!
//! A change is a record: one JSON object in one line, in the order of the constants in [`field`].
//!
//! ```json
//! {"time":"2026-11-21T03:13:14.218Z","severity":"error","op":"mod","document":"jobs/settle-1121",
//!  "message":"state running -> failed  code=DEADLINE_EXCEEDED","updated":"2026-11-21T03:13:14.218Z",
//!  "changed":{"state":{"from":"running","to":"failed"},"code":{"to":"DEADLINE_EXCEEDED"}},
//!  "fields":{"attempt":3,"state":"failed","code":"DEADLINE_EXCEEDED"}}
//! ```

use super::Timestamp;

/// Names of the fields of a change's record.
pub mod field {
    /// When: of a new document its own time field, else when it was updated.
    pub const TIME: &str = "time";
    /// The severity's word.
    pub const SEVERITY: &str = "severity";
    /// What happened: one of [`super::Op`]'s words.
    pub const OP: &str = "op";
    /// The document's path below the database's root: `jobs/settle-1121`.
    pub const DOCUMENT: &str = "document";
    /// What changed, in words.
    pub const MESSAGE: &str = "message";
    /// When the service changed it last.
    pub const UPDATED: &str = "updated";
    /// Of a modification: each field that changed, by its dotted path, as `{"from": …, "to": …}`; a side that is missing was
    /// not there.
    pub const CHANGED: &str = "changed";
    /// The whole document; of one that was removed, as it was last known.
    pub const FIELDS: &str = "fields";
}

/// Whether a field of a change's record, by its dotted path, holds what the message says in words: of the others there are
/// few, and they stand beside it.
pub fn is_told(path: &str) -> bool {
    let top = path.split_once('.').map_or(path, |(top, _)| top);
    ![field::OP, field::DOCUMENT].contains(&top)
}

/// What happened to a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// It is there: new, or it was there at the start.
    Add,
    /// It changed.
    Modify,
    /// It was removed, or matches the query no more.
    Delete,
}

impl Op {
    /// The word in records: `add`, `mod`, `del`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Modify => "mod",
            Self::Delete => "del",
        }
    }
}

/// How changes come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// It is not known yet.
    #[default]
    Opening,
    /// The service tells them as they happen.
    Live,
    /// It is asked every now and then.
    Polling,
    /// Neither: an error, the budget of reads, or the end.
    Off,
}

/// Where the documents are, and how asking goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// The Google Cloud project.
    pub project: String,
    /// The database: `(default)`.
    pub database: String,
    /// The collection's path, as in the address, with its filters in words.
    pub collection: String,
    /// Who asks: an account's name, `emulator`, or empty while that is not known.
    pub account: String,
    /// How changes come.
    pub mode: Mode,
    /// The field that documents are ordered by; nothing when none was found.
    pub time_field: Option<String>,
    /// Documents that match and are known.
    pub documents: u64,
    /// Reads of documents in the running hour, which cost money.
    pub reads: u64,
    /// The most reads an hour.
    pub budget: u64,
    /// When reads begin to be counted anew.
    pub hour_ends: Option<Timestamp>,
    /// Whether older documents than those that were read can be asked for.
    pub has_older: bool,
    /// When the service last told something.
    pub last: Option<Timestamp>,
    /// What is wrong, in sentences: what failed, who said so, what to do.
    pub problems: Vec<String>,
    /// When the service is asked again, after a failure.
    pub next: Option<Timestamp>,
}

/// What a source of documents tells.
#[derive(Clone, Debug)]
pub enum News {
    /// Where they are and how asking goes.
    Scope(Box<Scope>),
    /// What was wanted cannot be had: a sentence.
    Cannot(String),
}

/// What a person wants of a source of documents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Want {
    /// Ask now.
    Refresh,
    /// The next older documents.
    Older,
    /// Go on over the budget of reads, for another hour's budget.
    Spend,
}
