//! What a stream of lines has in common: its own format, and the order of its records in time.
//!
//! Owns the two small states that go with one stream. Must not know how lines are cut or joined.

use super::Parsed;
use super::join::{LineKind, begins_trace};
use super::words::skip_sgr;
use super::{formats, json};
use crate::model::time::SECOND;
use crate::model::{Flags, Format, SeverityFrom, Timestamp};

/// How far back the clock of a stream has to go before it is marked as a jump; less is ordinary disorder.
const JUMP: i64 = 60 * SECOND;

/// What kind of line parsing has found, for joining.
#[inline]
pub fn kind_of(parsed: &Parsed, line: &[u8]) -> LineKind {
    match parsed.format {
        // A line that begins like JSON and is broken.
        Format::Plain if parsed.flags.has(Flags::PARSE_FAILED) => LineKind::Structured,
        Format::Plain => LineKind::Text,
        Format::Json | Format::DockerJson | Format::Access | Format::Logfmt | Format::Note => LineKind::Structured,
        Format::GithubActions | Format::Gitlab | Format::Cri => {
            let payload = line.get(parsed.payload as usize..).unwrap_or_default();
            match payload.first() {
                Some(b'{') if json::looks_like_object(payload) => LineKind::Structured,
                Some(b'#') if payload.starts_with(b"##[") => LineKind::Structured,
                Some(_) if parsed.text.0 > parsed.payload && skip_sgr(payload).len() == payload.len() => {
                    LineKind::Headed
                }
                _ => LineKind::Text,
            }
        }
        Format::Header if parsed.payload > 0 && parsed.text.0 == parsed.payload => LineKind::Text,
        _ => LineKind::Headed,
    }
}

/// Whether a line belongs to the one before because that one was a piece (CRI's `P`): only a line of a container does.
#[inline]
pub fn goes_on(after_piece: bool, parsed: &Parsed) -> bool {
    after_piece && parsed.format == Format::Cri
}

/// Whether the line is a piece that goes on in the next one. Of a JSON object that was cut into pieces (containers' lines
/// are, at 16 KiB), the first tells the severity, if it has got as far.
#[inline]
pub fn is_piece(parsed: &mut Parsed, line: &[u8]) -> bool {
    if parsed.format != Format::Cri || !formats::cri_partial(line) {
        return false;
    }
    let payload = line.get(parsed.payload as usize..).unwrap_or_default();
    if json::looks_like_object(payload)
        && let Some(severity) = json::severity(payload)
    {
        (parsed.severity, parsed.severity_from) = (severity, SeverityFrom::Field);
    }
    true
}

/// Whether lines of this format are records by their very shape.
const fn is_structured(format: Format) -> bool {
    matches!(format, Format::Json | Format::DockerJson | Format::Logfmt | Format::Access | Format::Klog)
}

/// Which lines a stream is made of, so that one that breaks the pattern can be told. Lines that belong to a record
/// before are not counted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Profile {
    known: u32,
    plain: u32,
}

impl Profile {
    /// Counts a line that begins a record.
    #[inline]
    pub fn count(&mut self, parsed: &Parsed) {
        if self.known + self.plain < 4096 {
            if parsed.flags.has(Flags::PARSE_FAILED) {
                // It shows neither.
            } else if parsed.format == Format::Plain {
                self.plain += 1;
            } else if parsed.time.is_some() || parsed.flags.has(Flags::BAD_TIME) || is_structured(parsed.format) {
                self.known += 1;
            }
        }
    }

    /// Whether the stream has a format of its own, so that plain text breaks it: at least two of three records, and
    /// three of them; nine of ten once 32 are known. Lines that have only a level (`[INFO] …`) come among plain text by
    /// nature and are not counted.
    #[inline]
    pub const fn has_format(&self) -> bool {
        let few = self.known + self.plain < 32;
        self.known >= 3 && self.known >= self.plain * if few { 2 } else { 9 }
    }

    /// Whether this record breaks the stream's format. A trace that a program prints beside its log does not.
    #[inline]
    pub fn is_broken_by(&self, parsed: &Parsed, record: &[u8]) -> bool {
        parsed.format == Format::Plain && self.has_format() && !begins_trace(record)
    }
}

/// Gives each record of a stream the time that it is ordered by: its own, but never before that of a record before it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Order {
    last: Option<Timestamp>,
    last_own: Option<Timestamp>,
}

impl Order {
    /// An order whose first records without a time take `base`.
    pub fn starting_at(base: Option<Timestamp>) -> Self {
        Self { last: base, last_own: None }
    }

    /// The order of the next record, with the flags that tell of it. `fallback` is the time of receipt, for records
    /// before any time is known; it holds nobody back.
    #[inline]
    pub fn next(&mut self, parsed: &Parsed, fallback: Timestamp) -> (Timestamp, Flags) {
        let Some(time) = parsed.time else {
            return (self.last.unwrap_or(fallback), Flags::NO_TIME);
        };
        let jumped = self.last_own.is_some_and(|last| last.0.saturating_sub(time.0) > JUMP);
        let order = self.last.map_or(time, |last| last.max(time));
        self.last = Some(order);
        self.last_own = Some(time);
        (order, Flags::NONE.with(Flags::CLOCK_BACK, jumped))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_never_falls_and_jumps_are_marked() {
        let mut order = Order::default();
        let mut next = |time: Option<i64>| {
            let parsed = Parsed { time: time.map(|t| Timestamp(t * SECOND)), ..Parsed::default() };
            let (order, flags) = order.next(&parsed, Timestamp(999 * SECOND));
            (order.0 / SECOND, flags.has(Flags::CLOCK_BACK), flags.has(Flags::NO_TIME))
        };
        assert_eq!(next(None), (999, false, true));
        assert_eq!(next(Some(100)), (100, false, false));
        assert_eq!(next(Some(70)), (100, false, false));
        assert_eq!(next(None), (100, false, true));
        assert_eq!(next(Some(101)), (101, false, false));
        assert_eq!(next(Some(10)), (101, true, false));
        assert_eq!(next(Some(11)), (101, false, false));
        assert_eq!(next(Some(102)), (102, false, false));
    }

    #[test]
    fn plain_text_breaks_only_a_stream_with_a_format() {
        let plain = Parsed::default();
        let json = Parsed { format: Format::Json, ..plain };
        let check = |lines: &[&Parsed], expected| {
            let mut profile = Profile::default();
            for line in lines {
                profile.count(line);
            }
            assert_eq!(profile.is_broken_by(&plain, b"text"), expected);
            assert!(!profile.is_broken_by(&plain, b"Traceback (most recent call last):"));
            assert!(!profile.is_broken_by(&json, b"{}"));
        };
        check(&[], false);
        check(&[&json, &json], false);
        check(&[&json, &json, &json], true);
        check(&[&plain, &plain, &json, &json, &json], false);
        check(&[&plain, &plain, &json, &json, &json, &json], true);
        check(&[&plain, &plain], false);
    }
}
