//! Days, months and offsets as numbers.
//!
//! Owns the arithmetic of the calendar. Must not know how times are spelled.

use crate::model::Timestamp;
use jiff::tz::TimeZone;

/// Seconds of a day.
pub(super) const DAY: i64 = 86_400;

/// The days from 1970-01-01 to a date; `None` when there is no such day.
pub(super) fn days(year: i64, month: u32, day: u32) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u32::from(leap),
        _ => return None,
    };
    if day == 0 || day > last {
        return None;
    }
    // Years that begin in March put the leap day last, so a month's first day is a straight line (153 days in 5 months).
    let year = if month < 3 { year - 1 } else { year };
    let month = i64::from((month + 9) % 12);
    let day_of_year = (153 * month + 2) / 5 + i64::from(day) - 1;
    Some(year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + day_of_year - 719_468)
}

/// What the text of a minute means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Minute {
    /// Seconds since 1970 at its start.
    Starts(i64),
    /// No calendar or clock has it.
    Impossible,
}

/// `2025-01-02T15:04` (or with a blank); `None` when the text has not this shape.
pub(super) fn seconds_of_minute(head: &[u8; 16]) -> Option<Minute> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T' | b't' | b' ', h1, h2, b':', n1, n2] = *head else {
        return None;
    };
    let two = |tens: u8, ones: u8| {
        (tens.is_ascii_digit() && ones.is_ascii_digit()).then(|| u32::from(tens - b'0') * 10 + u32::from(ones - b'0'))
    };
    let (century, year, month, day) = (two(y1, y2)?, two(y3, y4)?, two(m1, m2)?, two(d1, d2)?);
    let (hour, minute) = (two(h1, h2)?, two(n1, n2)?);
    if hour > 23 || minute > 59 {
        return Some(Minute::Impossible);
    }
    let date = days(i64::from(century * 100 + year), month, day);
    let start = |days| Minute::Starts(days * DAY + i64::from(hour * 3600 + minute * 60));
    Some(date.map_or(Minute::Impossible, start))
}

/// The offset (s) of a zone when its clocks show `wall`; of two, the earlier moment; in a gap, the one before it.
pub(super) fn offset(zone: &TimeZone, wall: i64) -> Option<i64> {
    let clock = TimeZone::UTC.to_datetime(jiff::Timestamp::from_second(wall).ok()?);
    let moment = zone.to_ambiguous_timestamp(clock).compatible().ok()?;
    Some(wall - moment.as_second())
}

/// The year and the wall clock (seconds since 1970, read as UTC) of a moment in a zone.
pub(super) fn wall(zone: &TimeZone, at: Timestamp) -> (i64, i64) {
    let moment = at.to_jiff();
    let year = i64::from(zone.to_datetime(moment).year());
    (year, moment.as_second() + i64::from(zone.to_offset(moment).seconds()))
}

/// The month that three letters name.
pub(super) fn month(name: [u8; 3]) -> Option<u32> {
    const NAMES: [&[u8; 3]; 12] =
        [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];
    NAMES.iter().position(|n| **n == name).map(|n| n as u32 + 1)
}

/// Whether three letters name a day of the week.
pub(super) fn is_weekday(name: [u8; 3]) -> bool {
    matches!(&name, b"Mon" | b"Tue" | b"Wed" | b"Thu" | b"Fri" | b"Sat" | b"Sun")
}
