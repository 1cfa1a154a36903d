//! A record: one log entry, perhaps of several lines, as raw bytes and a few columns that parsing found.
//!
//! Owns the borrowed view and its flags. Must not know how text is decoded for the screen (`parse::text` does).

use super::{Format, OriginId, Severity, SeverityFrom, Timestamp};
use std::ops::{BitOr, BitOrAssign};

/// What is special about a record; a set of the constants below.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Flags(pub u16);

impl Flags {
    /// Nothing is special.
    pub const NONE: Self = Self(0);
    /// The record breaks the format that its stream otherwise has (`parse=failed`).
    pub const PARSE_FAILED: Self = Self(1);
    /// The time had no zone; the assumed one was used.
    pub const ASSUMED_ZONE: Self = Self(1 << 1);
    /// The time had no year; it was chosen near the time of reading.
    pub const ASSUMED_YEAR: Self = Self(1 << 2);
    /// A time was there but cannot be used (year 9999, second 60 …): the record keeps its place of arrival.
    pub const BAD_TIME: Self = Self(1 << 3);
    /// The record has no time of its own; it is ordered after the one before it.
    pub const NO_TIME: Self = Self(1 << 4);
    /// The clock went back by over a minute against the record before, in the same origin.
    pub const CLOCK_BACK: Self = Self(1 << 5);
    /// The line was longer than the limit; [`Record::cut`] bytes are not held.
    pub const CUT: Self = Self(1 << 6);
    /// The text's range is the inside of a JSON string and has to be unescaped.
    pub const ESCAPED: Self = Self(1 << 7);
    /// The raw bytes hold something that must not reach a terminal: control characters, ANSI, bidirectional
    /// overrides, invalid UTF-8. Unset means plain printable text.
    pub const DIRTY: Self = Self(1 << 8);
    /// The record has more than one line.
    pub const MULTILINE: Self = Self(1 << 9);
    /// The last line had no newline when its file ended.
    pub const NO_NEWLINE: Self = Self(1 << 10);
    /// The record is the change of a document, in the form of [`super::documents`]: its message says in words what its
    /// further fields hold.
    pub const CHANGE: Self = Self(1 << 11);

    /// Whether all of `other` is set.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Sets or clears `other`.
    #[must_use]
    pub const fn with(self, other: Self, on: bool) -> Self {
        Self(if on { self.0 | other.0 } else { self.0 & !other.0 })
    }
}

impl BitOr for Flags {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for Flags {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

/// One record, borrowed from the batch that holds it.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// The raw bytes: every line of the record, joined by `\n`, without the last line's ending.
    pub raw: &'a [u8],
    /// Where in `raw` the message begins and ends (bytes). A structured record without a message has the whole of
    /// `raw` here.
    pub text: (u32, u32),
    /// The record's own time, if it has one.
    pub time: Option<Timestamp>,
    /// The time that the record is ordered by: within an origin it never falls.
    pub order: Timestamp,
    /// How bad it is.
    pub severity: Severity,
    /// Where that was read.
    pub severity_from: SeverityFrom,
    /// The format it was read as.
    pub format: Format,
    /// What is special about it.
    pub flags: Flags,
    /// Where it came from.
    pub origin: OriginId,
    /// Bytes of an over-long line that are not held (see [`Flags::CUT`]).
    pub cut: u64,
}
