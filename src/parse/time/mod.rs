//! Times in log lines.
//!
//! Owns their forms, the assumed zone and the assumed year. Must not know which log format a time stands in.

mod calendar;
mod forms;
#[cfg(test)]
mod tests;

use crate::model::time::SECOND;
use crate::model::{Flags, Timestamp};
use calendar::{Minute, seconds_of_minute};
use forms::{Zone, fraction, zone_after};
use jiff::tz::TimeZone;

/// Turns the time at the start of a text into nanoseconds. Remembers the last minute that it saw, so that most lines of
/// a log cost a comparison and a few digits.
#[derive(Clone, Debug)]
pub struct TimeParser {
    zone: TimeZone,
    reference: Timestamp,
    /// `2025-01-02T15:04` as last read, and that minute in seconds since 1970, read as UTC.
    minute: [u8; 16],
    minute_start: i64,
    /// The same for times without a year (`Jan  2 15:04`, klog's `0102 15:04`), in seconds of their moment.
    short_minute: [u8; 16],
    short_start: i64,
    /// The last minute (since 1970, read as UTC) that was put into the assumed zone, and the zone's offset then (s).
    local_minute: i64,
    local_offset: i64,
    /// The year of the reference in the assumed zone, and its wall clock in seconds since 1970; found when first needed.
    today: Option<(i64, i64)>,
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

/// A time in the form of ISO 8601, with what its spelling tells about who wrote it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Iso {
    pub(super) found: Found,
    /// Digits of the fraction.
    pub(super) digits: usize,
    /// Date and time are parted by `T`.
    pub(super) t: bool,
    /// The fraction begins with a comma.
    pub(super) comma: bool,
    /// How it names its zone.
    pub(super) zone: Named,
}

/// How a time names its zone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Named {
    /// Not at all.
    #[default]
    Nothing,
    /// By an offset, or `UTC`.
    Offset,
    /// By `Z` right behind it.
    Z,
}

impl TimeParser {
    /// See [`super::Parser::new`].
    pub fn new(zone: TimeZone, reference: Timestamp) -> Self {
        Self {
            zone,
            reference,
            minute: [0; 16],
            minute_start: 0,
            short_minute: [0; 16],
            short_start: 0,
            local_minute: i64::MIN,
            local_offset: 0,
            today: None,
        }
    }

    /// The time at the start of `text`, in any of the forms that logs use: RFC 3339 and ISO 8601 with `T` or a blank,
    /// `.` or `,` before the fraction, with or without a zone; `2025/01/02 15:04:05`; `Jan  2 15:04:05`;
    /// `Jan 02 2025 15:04:05`; `02/Jan/2025:15:04:05 +0000`; `02 Jan 2025 15:04:05`; `Wed Oct 11 14:32:52 2000`;
    /// epoch seconds, milliseconds, microseconds, nanoseconds of 10, 13, 16, 19 digits.
    ///
    /// A time without a date is none. One that has the shape of a time and cannot be used (month 13, second 60, year
    /// 9999) is found with `BAD_TIME`.
    pub fn prefix(&mut self, text: &[u8]) -> Option<Found> {
        if let Some((time, digits)) = self.again(text) {
            let len = if digits == 0 { 20 } else { 21 + digits };
            return Some(Found { time: Some(time), flags: Flags::NONE, len });
        }
        match (*text.first()?, text.get(4)) {
            (b'0'..=b'9', Some(b'-')) => self.iso(text).map(|iso| iso.found),
            (b'0'..=b'9', Some(b'/')) => self.slashed(text).map(|iso| iso.found),
            (b'0'..=b'9', _) => self.day_first(text).or_else(|| Self::epoch_prefix(text)),
            (b'-', _) => self.negative(text),
            (b'A'..=b'Z', _) => self.named(text),
            _ => None,
        }
    }

    /// A whole value of a structured record: the forms of [`TimeParser::prefix`], all of the text, and epoch times of
    /// any length, with a fraction or an exponent.
    pub fn value(&mut self, text: &[u8]) -> Option<Found> {
        let whole = |found: &Found| found.len == text.len();
        self.prefix(text).filter(whole).or_else(|| Self::epoch_text(text).filter(whole)).or_else(|| {
            let number = std::str::from_utf8(text).ok()?.parse::<f64>().ok()?;
            self.epoch(number).map(|found| Found { len: text.len(), ..found })
        })
    }

    /// A number as epoch time, its unit told by its size: s, ms, µs, ns. Numbers under 10⁸ (before 1973 in seconds) are
    /// more likely a duration: `None`. Negative ones are a `BAD_TIME`. Exact to about a microsecond; give digits to
    /// [`TimeParser::value`] where nanoseconds count. The length is 0.
    pub fn epoch(&mut self, number: f64) -> Option<Found> {
        let bad = Some(Found { time: None, flags: Flags::BAD_TIME, len: 0 });
        let unit = match number {
            n if n.is_nan() => return None,
            n if n < 0.0 => return bad,
            n if n < 1e8 => return None,
            n if n < 1e11 => 1e9,
            n if n < 1e14 => 1e6,
            n if n < 1e17 => 1e3,
            n if n < 9.2e18 => 1.0,
            _ => return bad,
        };
        // A double holds about 0.2 µs of a time in seconds: what lies below a microsecond is noise there.
        let nanos =
            if unit > 1.0 { ((number * (unit / 1e3)).round() as i64).checked_mul(1000) } else { Some(number as i64) };
        let Some(nanos) = nanos else { return bad };
        Some(Found { time: Some(Timestamp(nanos)), ..Found::default() })
    }

    /// ISO 8601 at the start of `text`.
    #[inline]
    pub(super) fn iso(&mut self, text: &[u8]) -> Option<Iso> {
        let (head, rest) = text.split_first_chunk::<16>()?;
        self.iso_from(head, rest, text.len())
    }

    /// RFC 3339 with `T` and `Z` and at most nine digits in the remembered minute, and its digits: the shortest way for
    /// the logs with the most lines.
    #[inline]
    pub(super) fn again(&self, text: &[u8]) -> Option<(Timestamp, usize)> {
        let (head, rest) = text.split_first_chunk::<16>()?;
        let [b':', tens @ b'0'..=b'5', ones @ b'0'..=b'9', rest @ ..] = rest else { return None };
        if *head != self.minute || head[10] != b'T' {
            return None;
        }
        let (nanos, digits, rest) = fraction(rest);
        if digits > 9 || rest.first() != Some(&b'Z') {
            return None;
        }
        let second = self.minute_start + i64::from(tens - b'0') * 10 + i64::from(ones - b'0');
        // Near the ends of the range the long way decides.
        let nanos = second.checked_mul(SECOND)?.checked_add(i64::from(nanos))?;
        Some((Timestamp(nanos), digits))
    }

    /// `2025/01/02 15:04:05`, which is read like ISO 8601.
    pub(super) fn slashed(&mut self, text: &[u8]) -> Option<Iso> {
        let (head, rest) = text.split_first_chunk::<16>()?;
        let mut head = *head;
        if head[4] != b'/' || head[7] != b'/' {
            return None;
        }
        (head[4], head[7]) = (b'-', b'-');
        self.iso_from(&head, rest, text.len())
    }

    #[inline]
    fn iso_from(&mut self, head: &[u8; 16], rest: &[u8], len: usize) -> Option<Iso> {
        let minute = if *head == self.minute { Minute::Starts(self.minute_start) } else { self.new_minute(head)? };
        let [b':', tens @ b'0'..=b'9', ones @ b'0'..=b'9', rest @ ..] = rest else { return None };
        let second = i64::from(tens - b'0') * 10 + i64::from(ones - b'0');
        let comma = rest.first() == Some(&b',');
        let (nanos, digits, rest) = fraction(rest);
        let (zone, named, rest) = if let [b'Z', rest @ ..] = rest {
            (Some(Zone::Offset(0)), Named::Z, rest)
        } else {
            let (zone, rest) = zone_after(rest);
            let named = if zone == Some(Zone::Assumed) { Named::Nothing } else { Named::Offset };
            (zone, named, rest)
        };
        let len = len - rest.len();
        let found = if let (Minute::Starts(start), Some(zone), 0..60) = (minute, zone, second) {
            self.moment(start + second, nanos, zone, len)
        } else {
            Found { time: None, flags: Flags::BAD_TIME, len }
        };
        Some(Iso { found, digits, t: head[10] == b'T', comma, zone: named })
    }

    /// Reads a minute that is not the remembered one; `None` when it has not the shape.
    #[cold]
    fn new_minute(&mut self, head: &[u8; 16]) -> Option<Minute> {
        let minute = seconds_of_minute(head)?;
        if let Minute::Starts(start) = minute {
            (self.minute, self.minute_start) = (*head, start);
        }
        Some(minute)
    }

    /// A wall clock (seconds since 1970, read as UTC) in its zone.
    #[inline]
    fn moment(&mut self, wall: i64, nanos: u32, zone: Zone, len: usize) -> Found {
        let (offset, flags) = match zone {
            Zone::Offset(seconds) => (i64::from(seconds), Flags::NONE),
            Zone::Assumed => (self.offset_at(wall), Flags::ASSUMED_ZONE),
        };
        let nanos = (wall - offset).checked_mul(SECOND).and_then(|n| n.checked_add(i64::from(nanos)));
        // The lowest number means "no time" in the store's column.
        match nanos.filter(|n| *n != i64::MIN) {
            Some(nanos) => Found { time: Some(Timestamp(nanos)), flags, len },
            None => Found { time: None, flags: flags | Flags::BAD_TIME, len },
        }
    }

    /// The assumed zone's offset (s) when its clocks show `wall`. Offsets change on whole minutes.
    #[inline]
    fn offset_at(&mut self, wall: i64) -> i64 {
        let minute = wall.div_euclid(60);
        if minute != self.local_minute {
            self.local_offset = calendar::offset(&self.zone, wall).unwrap_or(0);
            self.local_minute = minute;
        }
        self.local_offset
    }

    /// The reference's year in the assumed zone, and its wall clock (s).
    fn today(&mut self) -> (i64, i64) {
        let (zone, reference) = (&self.zone, self.reference);
        *self.today.get_or_insert_with(|| calendar::wall(zone, reference))
    }
}
