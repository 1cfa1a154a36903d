//! Times in log lines.

use crate::model::{Flags, Timestamp};
use jiff::tz::TimeZone;

/// Turns the time at the start of a text into nanoseconds.
#[derive(Clone, Debug)]
pub struct TimeParser {
    zone: TimeZone,
    reference: Timestamp,
}

/// A time that was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The moment; `None` when there is one that cannot be used ([`Flags::BAD_TIME`] is set).
    pub time: Option<Timestamp>,
    /// `ASSUMED_ZONE`, `ASSUMED_YEAR`, `BAD_TIME`.
    pub flags: Flags,
    /// Bytes that it took.
    pub len: usize,
}

impl TimeParser {
    /// See [`super::Parser::new`].
    pub fn new(zone: TimeZone, reference: Timestamp) -> Self {
        Self { zone, reference }
    }

    /// The time at the start of `text`, in any of the forms that logs use: RFC 3339 and ISO 8601 with `T` or a blank,
    /// `.` or `,` before the fraction, with or without a zone; `2025/01/02 15:04:05`; `Jan  2 15:04:05`;
    /// `02/Jan/2025:15:04:05 +0000`; epoch seconds, milliseconds, microseconds, nanoseconds.
    pub fn prefix(&mut self, _text: &[u8]) -> Option<Found> {
        let _ = (&self.zone, self.reference);
        None
    }

    /// A whole value of a structured record: the forms of [`TimeParser::prefix`], all of the text.
    pub fn value(&mut self, text: &[u8]) -> Option<Found> {
        self.prefix(text).filter(|found| found.len == text.len())
    }

    /// A number as epoch time, its unit told by its size: s, ms, µs, ns.
    pub fn epoch(&mut self, _number: f64) -> Option<Found> {
        None
    }
}
