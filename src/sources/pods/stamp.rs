//! The time at the beginning of a line of a container's log, as the API server writes it with `timestamps=true`.
//!
//! Owns this one form, RFC 3339 with nanoseconds. Must not know what follows it.

use crate::model::Timestamp;
use crate::model::time::SECOND;

/// Reads times; remembers the last day, since lines of one day follow each other.
#[derive(Clone, Debug, Default)]
pub struct Stamps {
    day: [u8; 10],
    /// Nanoseconds of the day's midnight.
    midnight: i64,
}

impl Stamps {
    /// The time that the line begins with; `None` when it begins otherwise.
    pub fn of(&mut self, line: &[u8]) -> Option<Timestamp> {
        let (day, rest) = line.split_first_chunk::<10>()?;
        let (clock, mut rest) = rest.split_first_chunk::<9>()?;
        let [b'T', h1, h2, b':', m1, m2, b':', s1, s2] = *clock else { return None };
        let seconds = (two(h1, h2)? * 60 + two(m1, m2)?) * 60 + two(s1, s2)?;
        let mut nanos = 0;
        if let Some(fraction) = rest.strip_prefix(b".") {
            let digits = fraction.iter().take_while(|b| b.is_ascii_digit()).count();
            for place in 0..9 {
                nanos = nanos * 10 + fraction[..digits].get(place).map_or(0, |b| i64::from(b - b'0'));
            }
            rest = &fraction[digits..];
        }
        let (offset, rest) = match rest {
            [b'Z', rest @ ..] => (0, rest),
            [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2, rest @ ..] => {
                let offset = (two(*h1, *h2)? * 60 + two(*m1, *m2)?) * 60;
                (if *sign == b'-' { -offset } else { offset }, rest)
            }
            _ => return None,
        };
        if !matches!(rest, [] | [b' ' | b'\r' | b'\n', ..]) {
            return None;
        }
        if *day != self.day {
            let text = std::str::from_utf8(day).ok()?;
            let date: jiff::civil::Date = text.parse().ok()?;
            let midnight = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
            self.midnight = Timestamp::from_jiff(midnight)?.0;
            self.day = *day;
        }
        Some(Timestamp(self.midnight.checked_add((seconds - offset) * SECOND + nanos)?))
    }
}

fn two(a: u8, b: u8) -> Option<i64> {
    (a.is_ascii_digit() && b.is_ascii_digit()).then(|| i64::from(a - b'0') * 10 + i64::from(b - b'0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_are_read_to_the_nanosecond() {
        let mut stamps = Stamps::default();
        let mut check = |line: &str, expected: Option<&str>| {
            let expected = expected.map(|t| Timestamp::from_jiff(t.parse().unwrap()).unwrap());
            assert_eq!(stamps.of(line.as_bytes()), expected, "{line}");
        };
        check("2026-11-21T03:14:04.089123456Z text", Some("2026-11-21T03:14:04.089123456Z"));
        check("2026-11-21T03:14:04Z", Some("2026-11-21T03:14:04Z"));
        check("2026-11-21T03:14:04.5Z x", Some("2026-11-21T03:14:04.5Z"));
        check("2026-11-21T03:14:04.089123456+02:00 x", Some("2026-11-21T01:14:04.089123456Z"));
        check("2026-11-21T03:14:04.089123456-05:30 x", Some("2026-11-21T08:44:04.089123456Z"));
        check("2024-02-29T23:59:59.999999999Z x", Some("2024-02-29T23:59:59.999999999Z"));
        for bad in ["", "hello", "2026-11-21 03:14:04Z x", "2026-13-21T03:14:04Z x", "2026-11-21T03:14:04Zx", "9999-"] {
            check(bad, None);
        }
    }
}
