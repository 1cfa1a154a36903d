//! The spellings of times other than ISO 8601, and the parts that all share.
//!
//! Owns how a time is written. Must not know the calendar's arithmetic.

use super::calendar::{self, DAY};
use super::{Found, TimeParser};
use crate::model::time::SECOND;
use crate::model::{Flags, Timestamp};

/// The zone that a time names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Zone {
    /// Seconds east of UTC.
    Offset(i32),
    /// None: the assumed one.
    Assumed,
}

/// A time of day; `seconds` is `None` when no clock shows it.
struct Clock {
    seconds: Option<i64>,
    nanos: u32,
}

/// The fraction at the start of `rest` in nanoseconds, its digits, and what follows. Digits after the ninth are read over.
#[inline]
pub(super) fn fraction(rest: &[u8]) -> (u32, usize, &[u8]) {
    const SCALE: [u32; 10] = [1_000_000_000, 100_000_000, 10_000_000, 1_000_000, 100_000, 10_000, 1000, 100, 10, 1];
    let [b'.' | b',', tail @ ..] = rest else { return (0, 0, rest) };
    let (mut value, mut digits) = tail.first_chunk::<8>().map_or((0, 0), |chunk| leading_digits(*chunk));
    if digits == 0 || digits == 8 {
        for byte in tail.get(digits..).unwrap_or_default() {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                break;
            }
            if digits < 9 {
                value = value * 10 + u32::from(digit);
            }
            digits += 1;
        }
    }
    if digits == 0 {
        return (0, 0, rest);
    }
    (value * SCALE[digits.min(9)], digits, tail.get(digits..).unwrap_or_default())
}

/// The number that the digits at the start of eight bytes make, and how many there are: all bytes at once, as lanes of
/// a word.
#[inline]
fn leading_digits(bytes: [u8; 8]) -> (u32, usize) {
    const LANES: u64 = 0x0101_0101_0101_0101;
    // A digit becomes 0 to 9; every other byte gets its high bit in `others` (or has it because of one before it).
    let values = u64::from_le_bytes(bytes) ^ (LANES * 0x30);
    let others = (values.wrapping_add(LANES * 0x76) | values) & (LANES * 0x80);
    let digits = others.trailing_zeros() / 8;
    if digits == 0 {
        return (0, 0);
    }
    // Zeros in front, then neighbours are joined: to pairs, to fours, to eight digits.
    let ones = values << (64 - 8 * digits);
    let pairs = ones.wrapping_mul(10).wrapping_add(ones >> 8) & 0x00ff_00ff_00ff_00ff;
    let fours = pairs.wrapping_mul(100).wrapping_add(pairs >> 16) & 0x0000_ffff_0000_ffff;
    let all = fours.wrapping_mul(10_000).wrapping_add(fours >> 32);
    (all as u32, digits as usize)
}

/// The zone at the start of `rest` and what follows. `None`: there is an offset, and it is out of range.
pub(super) fn zone_after(rest: &[u8]) -> (Option<Zone>, &[u8]) {
    let ends = |after: &[u8]| !after.first().is_some_and(u8::is_ascii_alphanumeric);
    let utc = Some(Zone::Offset(0));
    let (blank, body) = match rest {
        [b' ', body @ ..] => (true, body),
        _ => (false, rest),
    };
    match body {
        [b'Z' | b'z', after @ ..] | [b'U', b'T', b'C', after @ ..] | [b'G', b'M', b'T', after @ ..] if ends(after) => {
            (utc, after)
        }
        [sign @ (b'+' | b'-'), h1 @ b'0'..=b'9', h2 @ b'0'..=b'9', tail @ ..] => {
            let (minutes, after) = match tail {
                [b':', m1 @ b'0'..=b'9', m2 @ b'0'..=b'9', after @ ..]
                | [m1 @ b'0'..=b'9', m2 @ b'0'..=b'9', after @ ..]
                    if ends(after) =>
                {
                    (i32::from(m1 - b'0') * 10 + i32::from(m2 - b'0'), after)
                }
                // `+hh` alone, but not behind a blank: there it is more likely a number of the message.
                after if ends(after) && !blank => (0, after),
                _ => return (Some(Zone::Assumed), rest),
            };
            let hours = i32::from(h1 - b'0') * 10 + i32::from(h2 - b'0');
            let seconds = hours * 3600 + minutes * 60;
            let zone = Zone::Offset(if *sign == b'-' { -seconds } else { seconds });
            ((hours < 24 && minutes < 60).then_some(zone), after)
        }
        _ => (Some(Zone::Assumed), rest),
    }
}

/// Reads small parts off the front of a text.
struct Reader<'t>(&'t [u8]);

impl Reader<'_> {
    /// One of these bytes.
    fn one_of(&mut self, bytes: &[u8]) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        bytes.contains(first).then(|| self.0 = rest)?;
        Some(*first)
    }

    /// A number of `least` to `most` digits (at most nine), with no digit behind it.
    fn number(&mut self, least: usize, most: usize) -> Option<u32> {
        let digits = self.0.iter().take(most + 1).take_while(|b| b.is_ascii_digit()).count();
        let (number, rest) = self.0.split_at_checked(digits)?;
        (least..=most).contains(&digits).then(|| self.0 = rest)?;
        Some(number.iter().fold(0, |n, b| n * 10 + u32::from(b - b'0')))
    }

    /// The name of a month.
    fn month(&mut self) -> Option<u32> {
        let (name, rest) = self.0.split_first_chunk::<3>()?;
        let month = calendar::month(*name)?;
        self.0 = rest;
        Some(month)
    }

    /// `15:04:05` with a fraction, `3:04:05 PM`.
    fn clock(&mut self) -> Option<Clock> {
        let mut hour = self.number(1, 2)?;
        self.one_of(b":")?;
        let minute = self.number(2, 2)?;
        self.one_of(b":")?;
        let second = self.number(2, 2)?;
        let (nanos, _, rest) = fraction(self.0);
        self.0 = rest;
        let mut possible = hour < 24 && minute < 60 && second < 60;
        if let [b' ', half @ (b'A' | b'P'), b'M', rest @ ..] = self.0
            && !rest.first().is_some_and(u8::is_ascii_alphanumeric)
        {
            possible &= (1..=12).contains(&hour);
            hour = hour % 12 + if *half == b'P' { 12 } else { 0 };
            self.0 = rest;
        }
        Some(Clock { seconds: possible.then(|| i64::from(hour * 3600 + minute * 60 + second)), nanos })
    }

    /// The zone, when one is named.
    fn zone(&mut self) -> Option<Zone> {
        let (zone, rest) = zone_after(self.0);
        self.0 = rest;
        zone
    }
}

impl TimeParser {
    /// klog's `0102 15:04:05.000000`.
    pub(in crate::parse) fn klog(&mut self, text: &[u8]) -> Option<Found> {
        if let Some(found) = self.same_minute::<10>(text) {
            return Some(found);
        }
        let found = self.klog_anew(text)?;
        self.remember::<10>(text, &found);
        Some(found)
    }

    /// `Jan  2 15:04:05` in the remembered minute, with a word behind it: a year or a zone is read by the long way.
    fn syslog_again(&mut self, text: &[u8]) -> Option<Found> {
        matches!(text.get(15..17), Some([b' ', b'a'..=b'z'])).then_some(())?;
        self.same_minute::<12>(text)
    }

    /// The time of a text that begins with the remembered minute, written in `N` bytes without a year.
    #[inline]
    fn same_minute<const N: usize>(&mut self, text: &[u8]) -> Option<Found> {
        let (head, rest) = text.split_first_chunk::<N>()?;
        if *head != self.short_minute[..N] || self.short_minute[N] != 0 {
            return None;
        }
        let [b':', tens @ b'0'..=b'5', ones @ b'0'..=b'9', rest @ ..] = rest else { return None };
        if rest.first().is_some_and(u8::is_ascii_digit) {
            return None;
        }
        let second = i64::from(tens - b'0') * 10 + i64::from(ones - b'0');
        let (nanos, _, rest) = fraction(rest);
        let len = text.len() - rest.len();
        let time = (self.short_start + second).checked_mul(SECOND).and_then(|n| n.checked_add(i64::from(nanos)))?;
        Some(Found { time: Some(Timestamp(time)), flags: Flags::ASSUMED_YEAR | Flags::ASSUMED_ZONE, len })
    }

    /// Remembers the minute of a time without a year and a zone, which is written in the first `N` bytes.
    fn remember<const N: usize>(&mut self, text: &[u8], found: &Found) {
        let (Some(head), Some(time)) = (text.first_chunk::<N>(), found.time) else { return };
        if found.flags != Flags::ASSUMED_YEAR | Flags::ASSUMED_ZONE || text.get(N) != Some(&b':') {
            return;
        }
        let Some(seconds) = Reader(text.get(N + 1..).unwrap_or_default()).number(2, 2) else { return };
        self.short_minute = [0; 16];
        self.short_minute[..N].copy_from_slice(head);
        self.short_start = time.0.div_euclid(SECOND) - i64::from(seconds);
    }

    fn klog_anew(&mut self, text: &[u8]) -> Option<Found> {
        let mut reader = Reader(text);
        let date = reader.number(4, 4)?;
        reader.one_of(b" ")?;
        let clock = reader.clock()?;
        let len = text.len() - reader.0.len();
        Some(self.dated(None, date / 100, date % 100, &clock, Some(Zone::Assumed), len))
    }

    /// `02/Jan/2025:15:04:05 +0000`, `02 Jan 2025 15:04:05.123`, `02-Jan-2025 15:04:05.123`.
    pub(super) fn day_first(&mut self, text: &[u8]) -> Option<Found> {
        let mut reader = Reader(text);
        let day = reader.number(1, 2)?;
        let separator = reader.one_of(b"/ -")?;
        let month = reader.month()?;
        reader.one_of(&[separator])?;
        let year = reader.number(4, 4)?;
        reader.one_of(b": ")?;
        let clock = reader.clock()?;
        let zone = reader.zone();
        let len = text.len() - reader.0.len();
        Some(self.dated(Some(year), month, day, &clock, zone, len))
    }

    /// Times that begin with the name of a month or of a weekday.
    pub(super) fn named(&mut self, text: &[u8]) -> Option<Found> {
        if let Some(found) = self.syslog_again(text) {
            return Some(found);
        }
        let name = text.first_chunk::<3>()?;
        if calendar::is_weekday(*name) {
            return self.weekday_first(text);
        }
        let mut reader = Reader(text);
        let month = reader.month()?;
        reader.one_of(b" ")?;
        let _padding = reader.one_of(b" ");
        let day = reader.number(1, 2)?;
        let _comma = reader.one_of(b",");
        reader.one_of(b" ")?;
        let mut year = None;
        if reader.0.get(1).is_some_and(u8::is_ascii_digit) && reader.0.get(2).is_some_and(u8::is_ascii_digit) {
            year = Some(reader.number(4, 4)?);
            reader.one_of(b" ")?;
        }
        let clock = reader.clock()?;
        if year.is_none()
            && let [b' ', y @ (b'1' | b'2'), rest @ ..] = reader.0
            && let Some(number) = Reader(rest).number(3, 3)
            && !rest.get(3).is_some_and(|b| b.is_ascii_alphanumeric() || b"-_.:/".contains(b))
        {
            year = Some(u32::from(y - b'0') * 1000 + number);
            reader.0 = rest.get(3..).unwrap_or_default();
        }
        let zone = reader.zone();
        let len = text.len() - reader.0.len();
        let found = self.dated(year, month, day, &clock, zone, len);
        self.remember::<12>(text, &found);
        Some(found)
    }

    /// `Wed Oct 11 14:32:52.123456 2000`, `Wed Oct 11 14:32:52 UTC 2000`, `Wed, 11 Oct 2000 14:32:52 GMT`.
    fn weekday_first(&mut self, text: &[u8]) -> Option<Found> {
        let rest = text.get(3..)?;
        if let [b',', b' ', date @ ..] = rest {
            let found = self.day_first(date)?;
            return Some(Found { len: found.len + 5, ..found });
        }
        let mut reader = Reader(rest);
        reader.one_of(b" ")?;
        let month = reader.month()?;
        reader.one_of(b" ")?;
        let _padding = reader.one_of(b" ");
        let day = reader.number(1, 2)?;
        reader.one_of(b" ")?;
        let clock = reader.clock()?;
        let zone = reader.zone();
        reader.one_of(b" ")?;
        let year = reader.number(4, 4)?;
        let len = text.len() - reader.0.len();
        Some(self.dated(Some(year), month, day, &clock, zone, len))
    }

    /// A time before year 0: it has the shape, and no use.
    pub(super) fn negative(&mut self, text: &[u8]) -> Option<Found> {
        let iso = self.iso(text.get(1..)?)?;
        Some(Found { time: None, flags: Flags::BAD_TIME, len: iso.found.len + 1 })
    }

    /// Epoch time of 10, 13, 16 or 19 digits.
    pub(super) fn epoch_prefix(text: &[u8]) -> Option<Found> {
        let digits = text.iter().take(20).take_while(|b| b.is_ascii_digit()).count();
        matches!(digits, 10 | 13 | 16 | 19).then_some(())?;
        let found = Self::epoch_text(text)?;
        let next = text.get(found.len);
        (!next.is_some_and(|b| b.is_ascii_alphanumeric() || b"-_/.".contains(b))).then_some(found)
    }

    /// A whole text of ten digits as seconds since 1970.
    pub(in crate::parse) fn epoch_seconds(text: &[u8]) -> Option<Found> {
        Self::epoch_text(text).filter(|found| text.len() == 10 && found.len == 10)
    }

    /// Digits and a fraction as epoch time, to the nanosecond; the unit is told by the size (see [`TimeParser::epoch`]).
    pub(super) fn epoch_text(text: &[u8]) -> Option<Found> {
        let digits = text.iter().take(20).take_while(|b| b.is_ascii_digit()).count();
        let (whole, rest) = text.split_at_checked(digits)?;
        if !(9..=19).contains(&digits) {
            return None;
        }
        let whole = whole.iter().fold(0_u64, |n, b| n * 10 + u64::from(b - b'0'));
        let (nanos, decimals, rest) = if rest.first() == Some(&b'.') { fraction(rest) } else { (0, 0, rest) };
        let unit = match whole {
            0..100_000_000 => return None,
            100_000_000..100_000_000_000 => 1_000_000_000_i64,
            100_000_000_000..100_000_000_000_000 => 1_000_000,
            100_000_000_000_000..100_000_000_000_000_000 => 1_000,
            _ => 1,
        };
        let part = if decimals > 0 { i64::from(nanos) * unit / 1_000_000_000 } else { 0 };
        let time = i64::try_from(whole).ok().and_then(|n| n.checked_mul(unit)).and_then(|n| n.checked_add(part));
        let flags = Flags::NONE.with(Flags::BAD_TIME, time.is_none());
        Some(Found { time: time.map(Timestamp), flags, len: text.len() - rest.len() })
    }

    /// A date and a clock as a moment. A missing year is the last one with which the time lies at most a day after the
    /// reference.
    fn dated(
        &mut self,
        year: Option<u32>,
        month: u32,
        day: u32,
        clock: &Clock,
        zone: Option<Zone>,
        len: usize,
    ) -> Found {
        let year_flag = Flags::NONE.with(Flags::ASSUMED_YEAR, year.is_none());
        let bad = Found { time: None, flags: year_flag | Flags::BAD_TIME, len };
        let (Some(seconds), Some(zone)) = (clock.seconds, zone) else { return bad };
        let days = if let Some(year) = year {
            calendar::days(i64::from(year), month, day)
        } else {
            let (this_year, now) = self.today();
            // Nine years back reach a 29th of February from anywhere (1896 to 1904 is the longest way).
            (0..10).find_map(|back| {
                calendar::days(this_year + 1 - back, month, day).filter(|d| d * DAY + seconds <= now + DAY)
            })
        };
        let Some(days) = days else { return bad };
        let found = self.moment(days * DAY + seconds, clock.nanos, zone, len);
        Found { flags: found.flags | year_flag, ..found }
    }
}
