//! What a source tells the engine: new origins, batches of records, and how it is.
//!
//! Owns the messages. Must not know who sends or who receives them.

use super::window::Answer;
use super::{Batch, OriginId, SourceId, Timestamp};
use super::{documents, objects, pods};

/// A message of a source. Channels that carry it are bounded.
#[derive(Clone, Debug)]
pub enum SourceMsg {
    /// An origin is there, under this name; sent before its first record.
    Origin {
        /// Its id.
        id: OriginId,
        /// Its name within the source, as found (not yet safe for a terminal).
        name: String,
    },
    /// Records, in order of arrival.
    Batch {
        /// The source.
        source: SourceId,
        /// The records; at most a few hundred kilobytes.
        batch: Batch,
    },
    /// How the source is now; replaces what was said before.
    Health {
        /// The source.
        source: SourceId,
        /// How it is.
        health: Health,
    },
    /// What came of a question about its whole file.
    Answer {
        /// The source.
        source: SourceId,
        /// The question's number.
        ticket: u32,
        /// The answer.
        answer: Answer,
    },
    /// A source of pods tells how they are.
    Pods {
        /// The source.
        source: SourceId,
        /// What it tells.
        news: pods::News,
    },
    /// A source of objects tells how they are.
    Objects {
        /// The source.
        source: SourceId,
        /// What it tells.
        news: objects::News,
    },
    /// A source of documents tells how asking goes.
    Documents {
        /// The source.
        source: SourceId,
        /// What it tells.
        news: documents::News,
    },
    /// All records of the source that this place covers were sent before.
    Cursor {
        /// The source.
        source: SourceId,
        /// The place.
        cursor: Cursor,
    },
    /// It begins anew, as it was opened: what it sent before goes.
    Reopened(SourceId),
}

impl SourceMsg {
    /// Whose it is.
    pub const fn source(&self) -> SourceId {
        match self {
            Self::Origin { id, .. } => id.source(),
            Self::Batch { source, .. }
            | Self::Health { source, .. }
            | Self::Answer { source, .. }
            | Self::Pods { source, .. }
            | Self::Objects { source, .. }
            | Self::Documents { source, .. }
            | Self::Cursor { source, .. }
            | Self::Reopened(source) => *source,
        }
    }
}

/// How far one part of a source was read, in the source's own words, so that a later run can go on there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// Which part: an object's name, a collection.
    pub part: String,
    /// How far; nothing when the part need not be remembered any more.
    pub place: Option<String>,
}

/// What a person wants of a running source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Want {
    /// Of one of pods.
    Pods(pods::Want),
    /// Of one of objects.
    Objects(objects::Want),
    /// Of one of documents.
    Documents(documents::Want),
}

/// How a source is: what it does, who says so, and when the next try is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// What it does.
    pub state: State,
    /// One sentence about it: what failed and what to do, or what is being read. Not yet safe for a terminal.
    pub detail: String,
    /// Bytes (or items) done and, where known, in all.
    pub progress: Option<(u64, Option<u64>)>,
    /// Bytes of text at the start of its files that were not read, because memory would not hold them.
    pub left_out: u64,
    /// When the next try is, after a failure.
    pub next_try: Option<Timestamp>,
}

/// What a source does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// It opens, nothing is known yet.
    #[default]
    Starting,
    /// It reads what is there.
    Reading,
    /// It has read what is there and waits for more.
    Following,
    /// It has read everything and ended.
    Done,
    /// What it should read is not there (yet).
    Waiting,
    /// A part could not be read; the rest is.
    Partial,
    /// It failed; `next_try` says whether it goes on.
    Failed,
}

impl Health {
    /// A health of this state with one sentence.
    pub fn new(state: State, detail: impl Into<String>) -> Self {
        Self { state, detail: detail.into(), ..Self::default() }
    }
}
