//! Large files: what the screen asks about the whole of one, and what it is told.
//!
//! Owns questions and answers. Must not know files, patterns' meaning, or who carries a question out.

use super::query::Pattern;
use super::{Batch, SourceId};
use std::time::Duration;

/// A contiguous part of a file's plain text (of a compressed one: as it is decompressed), in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// Where it begins: at a line's start, unless that line is longer than a window.
    pub start: u64,
    /// Where it ends, exclusive.
    pub end: u64,
    /// The size of the whole text when it was looked at.
    pub size: u64,
}

/// Which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// To the start of the file.
    Older,
    /// To its end.
    Newer,
}

/// What of the file is in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// This window.
    Window(Extent),
    /// The end, as far as memory reaches: about so many bytes of text. It may be fewer than there really are (a
    /// carriage return at a line's end is not held), never more.
    Tail(u64),
}

/// A question about the whole of a source's file. A new one ends the one before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// The source.
    pub source: SourceId,
    /// Comes back with the answers, so that those of an older question are told.
    pub ticket: u32,
    /// What is asked.
    pub request: Request,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// The window next to what is held, with a part of that.
    Window {
        /// On which side.
        way: Way,
        /// What is held.
        held: Held,
    },
    /// The next line that matches outside of what is held: on to that end of the file, then from the other end on.
    Find {
        /// What to look for.
        pattern: Pattern,
        /// Which way.
        way: Way,
        /// What is held.
        held: Held,
    },
    /// A window of one of the source's files, around a line.
    At {
        /// Which line.
        line: Line,
    },
    /// How many lines of the source's files match.
    Count {
        /// What to look for.
        pattern: Pattern,
    },
}

/// A line of one of a source's files: of an entry, when that is an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The file's place among what the source finds.
    pub input: usize,
    /// Its name, by which is told whether it is still that file.
    pub name: String,
    /// Where the line begins: bytes from the start of the file's plain text.
    pub offset: u64,
}

/// What came of a question.
#[derive(Clone, Debug)]
pub enum Answer {
    /// It goes on.
    Progress {
        /// What is done, as `indexing`.
        doing: &'static str,
        /// Bytes that were read.
        done: u64,
        /// Of so many.
        of: u64,
        /// Since it began.
        took: Duration,
    },
    /// Records that take the place of all that the source has in the store.
    Window {
        /// Where they stand.
        extent: Extent,
        /// The records; some MiB.
        records: Box<Batch>,
        /// The line in it that was looked for, counted from 0.
        line: Option<u64>,
    },
    /// There is nothing on that side.
    Edge(Way),
    /// No line outside of what is held matches.
    NoMatch {
        /// Bytes that were looked through.
        bytes: u64,
        /// How long that took.
        took: Duration,
    },
    /// So many lines match.
    Counted {
        /// Lines.
        lines: u64,
        /// Bytes that were looked through.
        bytes: u64,
        /// How long that took.
        took: Duration,
    },
    /// It could not be done: why. Not yet safe for a terminal.
    Failed(String),
}
