//! Numbers, sizes, times and ages as people read them.
//!
//! Owns the spelling. Must not know what is counted.

use crate::model::Timestamp;
use crate::model::time::SECOND;
use jiff::tz::TimeZone;

/// `12,408`.
pub fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A count in at most so many columns, of which there are 5 or more: `12,408`, or else `12k`, `1.2M`, `3G`.
pub fn count_in(n: u64, columns: usize) -> String {
    let whole = thousands(n);
    if whole.len() <= columns {
        return whole;
    }
    let units = [(1_000_000_000_000, "T"), (1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")];
    let (size, unit) = units.into_iter().find(|(size, _)| n >= *size).unwrap_or((1, ""));
    // Cut off, not rounded: 999,999 are not yet a million.
    let (ones, tenths) = (n / size, n % size / (size / 10).max(1));
    if ones < 100 { format!("{ones}.{tenths}{unit}") } else { format!("{ones}{unit}") }
}

/// `812 B`, `18.4 MiB`.
pub fn bytes(n: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if n < 1024 {
        return format!("{n} B");
    }
    let mut value = n as f64 / 1024.0;
    let mut unit = 0;
    // 1023.95 would be written as 1024.0.
    while value >= 1023.95 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}

/// A rate of records: `0.4/s`, `12/s`, `100,000/s`.
pub fn rate(per_second: f64) -> String {
    if per_second > 0.0 && per_second < 9.95 {
        format!("{per_second:.1}/s")
    } else {
        format!("{}/s", thousands(per_second.round() as u64))
    }
}

/// A time span in at most 6 columns: `12s`, `3m12s`, `2h04m`, `3d04h`, `400d`.
pub fn age(nanos: i64) -> String {
    let seconds = nanos.max(0) / SECOND;
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match seconds {
        ..60 => format!("{seconds}s"),
        60..3600 => format!("{minutes}m{:02}s", seconds % 60),
        3600..86_400 => format!("{hours}h{:02}m", minutes % 60),
        _ if days < 100 => format!("{days}d{:02}h", hours % 24),
        _ => format!("{days}d"),
    }
}

/// A span of time so roughly that a screen that shows it stays as it is for a while: `a moment`, `20s`, `3m`, `2h04m`.
pub fn roughly(nanos: i64) -> String {
    let seconds = nanos.max(0) / SECOND;
    match seconds {
        ..10 => "a moment".to_owned(),
        10..60 => format!("{}s", seconds / 10 * 10),
        60..3600 => format!("{}m", seconds / 60),
        _ => age(nanos),
    }
}

/// The time of day with this many digits of the second's fraction.
pub fn time_of_day(time: Timestamp, zone: &TimeZone, digits: Digits) -> String {
    let zoned = time.to_jiff().to_zoned(zone.clone());
    let text = zoned.strftime(match digits {
        Digits::Minutes => "%H:%M",
        Digits::Seconds => "%H:%M:%S",
        Digits::Millis => "%H:%M:%S.%3f",
    });
    text.to_string()
}

/// How exact a time of day is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Digits {
    /// `03:14`
    Minutes,
    /// `03:14:22`
    Seconds,
    /// `03:14:22.104`
    Millis,
}

/// `2026-11-21`.
pub fn date(time: Timestamp, zone: &TimeZone) -> String {
    time.to_jiff().to_zoned(zone.clone()).strftime("%Y-%m-%d").to_string()
}

/// The zone's name behind a time: `Z`, or ` +01:00`.
pub fn offset(time: Timestamp, zone: &TimeZone) -> String {
    let offset = zone.to_offset(time.to_jiff());
    if offset.seconds() == 0 {
        "Z".to_owned()
    } else {
        time.to_jiff().to_zoned(zone.clone()).strftime(" %:z").to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        assert_eq!([0, 999, 1000, 12_408, 1_234_567].map(thousands), ["0", "999", "1,000", "12,408", "1,234,567"]);
        assert_eq!(
            [0, 1023, 1024, 19_293_798, 1 << 40].map(bytes),
            ["0 B", "1023 B", "1.0 KiB", "18.4 MiB", "1.0 TiB"]
        );
        assert_eq!((1 << 20) - 1, 1_048_575);
        assert_eq!(bytes(1_048_575), "1.0 MiB");
        assert_eq!([0.0, 0.4, 9.96, 99_999.6].map(rate), ["0/s", "0.4/s", "10/s", "100,000/s"]);
    }

    #[test]
    fn counts_fit_their_columns() {
        let check = |n: u64, expected: &str| assert_eq!(count_in(n, 5), expected);
        check(0, "0");
        check(9_999, "9,999");
        check(10_000, "10.0k");
        check(99_999, "99.9k");
        check(999_999, "999k");
        check(1_250_000, "1.2M");
        check(123_456_789_012, "123G");
        assert_eq!(count_in(1_234_567, 9), "1,234,567");
    }

    #[test]
    fn ages_fit_six_columns() {
        let check = |seconds: i64, expected: &str| {
            assert_eq!(age(seconds * SECOND), expected);
            assert!(expected.len() <= 6);
        };
        check(-5, "0s");
        check(59, "59s");
        check(192, "3m12s");
        check(3599, "59m59s");
        check(7440, "2h04m");
        check(273_600, "3d04h");
        check(86_400 * 99 + 86_399, "99d23h");
        check(86_400 * 400, "400d");
    }

    #[test]
    fn times() {
        let zone = TimeZone::fixed(jiff::tz::offset(1));
        let at = Timestamp(1_795_230_862 * SECOND + 104_000_000);
        assert_eq!(time_of_day(at, &zone, Digits::Millis), "04:14:22.104");
        assert_eq!((date(at, &zone).as_str(), offset(at, &zone).as_str()), ("2026-11-21", " +01:00"));
        assert_eq!(offset(at, &TimeZone::UTC), "Z");
    }
}
