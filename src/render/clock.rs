//! Times in UTC, as RFC 3339 writes them.
//!
//! Owns the digits. Must not know records.

use crate::model::Timestamp;

/// Writes times; remembers the day that it wrote last.
#[derive(Clone, Debug, Default)]
pub(super) struct Clock {
    day: Option<(i64, String)>,
}

const DAY: i64 = 86_400;

impl Clock {
    /// `2025-01-02T15:04:05.123Z`
    pub(super) fn millis(&mut self, time: Timestamp, out: &mut Vec<u8>) {
        self.seconds(time, out);
        let millis = time.0.rem_euclid(1_000_000_000) / 1_000_000;
        out.push(b'.');
        digits(millis, 3, out);
        out.push(b'Z');
    }

    /// `2025-01-02T15:04:05.123456789Z`, with as many digits as are needed: none, three, six or nine.
    pub(super) fn nanos(&mut self, time: Timestamp, out: &mut Vec<u8>) {
        self.seconds(time, out);
        let nanos = time.0.rem_euclid(1_000_000_000);
        if nanos > 0 {
            out.push(b'.');
            match nanos {
                n if n % 1_000_000 == 0 => digits(n / 1_000_000, 3, out),
                n if n % 1000 == 0 => digits(n / 1000, 6, out),
                n => digits(n, 9, out),
            }
        }
        out.push(b'Z');
    }

    fn seconds(&mut self, time: Timestamp, out: &mut Vec<u8>) {
        let seconds = time.0.div_euclid(1_000_000_000);
        let day = seconds.div_euclid(DAY);
        if self.day.as_ref().is_none_or(|(known, _)| *known != day) {
            let date = time.to_jiff().to_zoned(jiff::tz::TimeZone::UTC).date();
            self.day = Some((day, format!("{date}T")));
        }
        if let Some((_, date)) = &self.day {
            out.extend_from_slice(date.as_bytes());
        }
        let of_day = seconds.rem_euclid(DAY);
        digits(of_day / 3600, 2, out);
        out.push(b':');
        digits(of_day / 60 % 60, 2, out);
        out.push(b':');
        digits(of_day % 60, 2, out);
    }
}

/// A number with leading zeros.
fn digits(number: i64, width: usize, out: &mut Vec<u8>) {
    let mut text = [b'0'; 9];
    let mut rest = number;
    for digit in text[..width].iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    out.extend_from_slice(&text[..width]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        let check = |nanos: i64, expected: &str| {
            let mut out = Vec::new();
            Clock::default().nanos(Timestamp(nanos), &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        };
        check(0, "1970-01-01T00:00:00Z");
        check(-1, "1969-12-31T23:59:59.999999999Z");
        check(i64::MIN, "1677-09-21T00:12:43.145224192Z");
        check(i64::MAX, "2262-04-11T23:47:16.854775807Z");
        check(1_735_830_245_120_000_000, "2025-01-02T15:04:05.120Z");
        check(1_735_830_245_000_001_000, "2025-01-02T15:04:05.000001Z");
    }
}
