//! What is told about the causes in a source's logs, while they are looked for beside the loop.
//!
//! Owns the values. Must not know who looks, or what is made of it.

use crate::analysis::extract::Extract;
use crate::model::{SourceId, Timestamp};

/// News of one look at a source's logs.
#[derive(Clone, Debug)]
pub struct ExtractNews {
    /// Whose logs.
    pub source: SourceId,
    /// The number of the look: news of an older one than the last that began are not wanted.
    pub run: u32,
    /// What there is to tell.
    pub what: Extracted,
}

/// One piece of news; the last four end the look.
#[derive(Clone, Debug)]
pub enum Extracted {
    /// It was found what there is to look at.
    Began {
        /// How many logs.
        logs: usize,
        /// What the source is.
        form: LogForm,
    },
    /// Logs are compared with passing logs.
    Green {
        /// Their name. Not yet safe for a terminal.
        name: String,
        /// When their run ended, where that is known.
        passed: Option<Timestamp>,
    },
    /// A passing log cannot be used, in words: the look goes on without it. Not yet safe for a terminal.
    NoGreen(String),
    /// It goes on.
    Progress {
        /// Bytes that were read from the disk.
        done: u64,
        /// Of so many; 0 when nobody knows.
        of: u64,
    },
    /// A log was looked at.
    Log(Box<LogFound>),
    /// Something of the source that is no log or cannot be listed, in words. Not yet safe for a terminal.
    Problem(String),
    /// All logs were looked at; so many entries hold no text.
    Finished(usize),
    /// It was not looked, and why: it can still be asked for.
    Skipped(String),
    /// It could not be looked, in words. Not yet safe for a terminal.
    Failed(String),
    /// Somebody ended it.
    Cancelled,
}

/// What a source is, for what is shown of it first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogForm {
    /// Logs of an archive: they are complete.
    Archive,
    /// Files, which may grow.
    Files,
}

/// What came of one log.
#[derive(Clone, Debug)]
pub struct LogFound {
    /// Its place among the source's inputs.
    pub input: usize,
    /// Its name: a path, or `archive.zip!entry`. Not yet safe for a terminal.
    pub name: String,
    /// What was found; of a damaged log, in what could be read of it.
    pub extract: Option<Extract>,
    /// Why it could not be read, or not to its end. Not yet safe for a terminal.
    pub problem: Option<String>,
    /// Whether it is complete, as far as anybody knows: it did not grow lately.
    pub is_finished: bool,
}
