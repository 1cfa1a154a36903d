//! Time as nanoseconds since the Unix epoch, and the ways in which people name a time on a command line.
//!
//! Owns the values and `--since`'s grammar. Must not read a clock: "now" arrives as an argument.

use jiff::{Span, civil, tz::TimeZone};

/// Nanoseconds since 1970-01-01T00:00:00Z; reaches from the year 1677 to 2262.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

/// One second in nanoseconds.
pub const SECOND: i64 = 1_000_000_000;
/// Nanoseconds of a millisecond.
pub const MILLISECOND: i64 = 1_000_000;

impl Timestamp {
    /// Before every other time: the order of records that come before any time is known.
    pub const MIN: Self = Self(i64::MIN);
    /// After every other time.
    pub const MAX: Self = Self(i64::MAX);

    /// The same moment for jiff.
    pub fn to_jiff(self) -> jiff::Timestamp {
        jiff::Timestamp::from_nanosecond(i128::from(self.0)).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
    }

    /// A jiff time; `None` when it does not fit (before 1677 or after 2262).
    pub fn from_jiff(t: jiff::Timestamp) -> Option<Self> {
        i64::try_from(t.as_nanosecond()).ok().map(Self)
    }

    /// This moment plus `nanos`, held at the ends of the range.
    #[must_use]
    pub const fn saturating_add(self, nanos: i64) -> Self {
        Self(self.0.saturating_add(nanos))
    }
}

/// Stands before a moment that a window ends at without it.
pub const BEFORE: char = '<';

/// A time as the user names it (`--since`, the filter pane), before "now" and "the newest record" are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TimeSpec {
    /// A moment with its zone, or one in the assumed zone.
    At(Timestamp),
    /// `14:02` or `14:02:30`: the last one that has passed, in the given zone. Seconds since midnight.
    Clock(u32),
    /// `10m`: back from now, in nanoseconds.
    Ago(i64),
    /// `10m@end`: back from the newest record, in nanoseconds.
    BeforeEnd(i64),
}

/// Why a time on the command line was not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a time: write 14:02, 10m, 10m@end or 2025-01-02T15:04:05Z (RFC 3339)")]
pub struct BadTime(pub String);

impl TimeSpec {
    /// Reads RFC 3339, a date with or without a time of day (in `zone`), `14:02[:05]`, `10m`, `1h30m`, `10m@end`,
    /// or epoch seconds (`@1735689600`). `<` before a moment with its date is the last nanosecond before it.
    ///
    /// # Errors
    /// [`BadTime`] with the text, when it is none of these.
    pub fn parse(text: &str, zone: &TimeZone) -> Result<Self, BadTime> {
        let bad = || BadTime(text.to_owned());
        let trimmed = text.trim();
        if let Some(span) = trimmed.strip_suffix("@end") {
            return duration(span).map(Self::BeforeEnd).ok_or_else(bad);
        }
        if let Some(seconds) = trimmed.strip_prefix('@') {
            let seconds: i64 = seconds.parse().map_err(|_| bad())?;
            return seconds.checked_mul(SECOND).map(|n| Self::At(Timestamp(n))).ok_or_else(bad);
        }
        if let Some(seconds) = clock(trimmed) {
            return Ok(Self::Clock(seconds));
        }
        if let Some(nanos) = duration(trimmed) {
            return Ok(Self::Ago(nanos));
        }
        let (trimmed, before) = match trimmed.strip_prefix(BEFORE) {
            Some(moment) => (moment, -1),
            None => (trimmed, 0),
        };
        let moment = trimmed.parse::<jiff::Timestamp>().ok().or_else(|| {
            let local = trimmed.parse::<civil::DateTime>().ok()?;
            zone.to_ambiguous_zoned(local).compatible().ok().map(|z| z.timestamp())
        });
        moment.and_then(Timestamp::from_jiff).map(|moment| Self::At(moment.saturating_add(before))).ok_or_else(bad)
    }

    /// The moment that is meant. `newest` is the newest record's time; without one, `@end` counts from `now`.
    pub fn resolve(&self, now: Timestamp, newest: Option<Timestamp>, zone: &TimeZone) -> Timestamp {
        match *self {
            Self::At(t) => t,
            Self::Ago(nanos) => now.saturating_add(-nanos),
            Self::BeforeEnd(nanos) => newest.unwrap_or(now).saturating_add(-nanos),
            Self::Clock(seconds) => last_clock(seconds, now, zone),
        }
    }

    /// Whether the newest record has to be known before this can be resolved.
    pub const fn needs_newest(&self) -> bool {
        matches!(self, Self::BeforeEnd(_))
    }
}

/// The last moment, not after `now`, at which the clock of `zone` showed `seconds` after midnight.
fn last_clock(seconds: u32, now: Timestamp, zone: &TimeZone) -> Timestamp {
    let today = now.to_jiff().to_zoned(zone.clone());
    let at = |day: civil::Date| {
        let time = civil::time((seconds / 3600) as i8, (seconds / 60 % 60) as i8, (seconds % 60) as i8, 0);
        zone.to_ambiguous_zoned(day.to_datetime(time))
            .compatible()
            .ok()
            .and_then(|z| Timestamp::from_jiff(z.timestamp()))
    };
    let date = today.date();
    let yesterday = date.checked_sub(Span::new().days(1)).unwrap_or(date);
    match at(date) {
        Some(t) if t <= now => t,
        other => at(yesterday).or(other).unwrap_or(now),
    }
}

/// `14:02` or `14:02:30` as seconds after midnight.
fn clock(text: &str) -> Option<u32> {
    let mut parts = text.split(':');
    let mut part = |limit: u32| {
        let p = parts.next()?;
        (!p.is_empty() && p.len() <= 2 && p.bytes().all(|b| b.is_ascii_digit())).then_some(())?;
        p.parse::<u32>().ok().filter(|n| *n < limit)
    };
    let (hours, minutes) = (part(24)?, part(60)?);
    let seconds = if text.matches(':').count() == 2 { part(60)? } else { 0 };
    (text.matches(':').count() <= 2).then_some(hours * 3600 + minutes * 60 + seconds)
}

/// `90s`, `10m`, `1h30m`, `2d`, `1w` in nanoseconds.
fn duration(text: &str) -> Option<i64> {
    let mut total: i64 = 0;
    let mut rest = text;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let number: i64 = rest.get(..digits)?.parse().ok()?;
        let after = &rest[digits..];
        let unit_len = after.bytes().take_while(u8::is_ascii_alphabetic).count();
        let unit = match &after[..unit_len] {
            "ms" => 1_000_000,
            "s" | "sec" => SECOND,
            "m" | "min" => 60 * SECOND,
            "h" => 3600 * SECOND,
            "d" => 86_400 * SECOND,
            "w" => 7 * 86_400 * SECOND,
            _ => return None,
        };
        total = total.checked_add(number.checked_mul(unit)?)?;
        rest = &after[unit_len..];
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::from_jiff(text.parse().unwrap()).unwrap()
    }

    #[test]
    fn specs() {
        let zone = TimeZone::fixed(jiff::tz::offset(2));
        let now = at("2026-11-21T03:14:22Z");
        let check = |text: &str, expected: &str| {
            let spec = TimeSpec::parse(text, &zone).unwrap();
            assert_eq!(spec.resolve(now, Some(at("2026-11-20T00:00:00Z")), &zone), at(expected), "{text}");
        };
        check("2025-01-02T15:04:05Z", "2025-01-02T15:04:05Z");
        check("2025-01-02T15:04:05", "2025-01-02T13:04:05Z");
        check("2025-01-02", "2025-01-01T22:00:00Z");
        check("<2025-01-02T15:04:05Z", "2025-01-02T15:04:04.999999999Z");
        check("05:14", "2026-11-21T03:14:00Z");
        check("05:15", "2026-11-20T03:15:00Z");
        check("05:14:23", "2026-11-20T03:14:23Z");
        check("10m", "2026-11-21T03:04:22Z");
        check("1h30m", "2026-11-21T01:44:22Z");
        check("10m@end", "2026-11-19T23:50:00Z");
        check("@0", "1970-01-01T00:00:00Z");
    }

    #[test]
    fn what_is_no_time_says_what_would_be() {
        for text in ["", "10", "10x", "25:00", "14:2:3:4", "yesterday", "@end", "99999999999999w"] {
            let error = TimeSpec::parse(text, &TimeZone::UTC).unwrap_err();
            assert!(error.to_string().contains("10m@end"), "{text}");
        }
    }
}
