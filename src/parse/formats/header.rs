//! Lines that begin with a time.
//!
//! Owns the way from the time to the family: transports, PostgreSQL, nginx, Apache, syslog, Go; the loggers that write
//! a level behind the time are told apart in [`super::shapes`].

use super::super::Parsed;
use super::super::time::{Found, Iso, Named, TimeParser};
use super::cursor::Cursor;
use super::shapes::{self, Frame, Stamp};
use super::visit::Visit;
use super::{Depth, adopt, explained, levels, postgres, syslog, transport, web};
use crate::model::{Format, SeverityFrom};

/// A line that begins with a date in digits.
#[inline]
pub(super) fn dated<V: Visit>(
    line: &[u8],
    at: usize,
    clock: &mut TimeParser,
    depth: Depth,
    visit: &mut V,
) -> Option<Parsed> {
    let lead = Cursor::new(line, at);
    let mut cursor = lead;
    match lead.rest().get(4)? {
        b'-' if lead.peek() != Some(b'-') => {
            let iso = clock.iso(lead.rest())?;
            cursor.skip(iso.found.len);
            if iso.t && iso.zone != Named::Nothing && depth == Depth::Outer {
                let carried = transport::carried(line, cursor, &iso, clock, visit);
                if carried.is_some() {
                    return carried;
                }
            }
            ends_time(cursor).then(|| behind_iso(line, cursor, &iso, clock, depth, visit))
        }
        b'/' => {
            let iso = clock.slashed(lead.rest())?;
            cursor.skip(iso.found.len);
            if !ends_time(cursor) {
                return None;
            }
            web::nginx(line, cursor, iso.found, visit).or_else(|| {
                shapes::read(line, cursor, Stamp::Slashed, Frame::Open, iso.found, visit)
                    .or_else(|| shapes::go(line, cursor, iso.found, visit))
            })
        }
        _ => {
            let found = clock.prefix(lead.rest())?;
            cursor.skip(found.len);
            // A number alone could be anything: epoch time needs its fraction, or a level behind it.
            let text = lead.rest().get(..found.len)?;
            let is_sure = !text.iter().all(u8::is_ascii_digit);
            if !ends_time(cursor) {
                return None;
            }
            let read = shapes::read(line, cursor, Stamp::Other, Frame::Open, found, visit);
            read.or_else(|| is_sure.then(|| without_level(line, cursor, found, clock, depth, visit)))
        }
    }
}

/// Whether a time may end here.
fn ends_time(cursor: Cursor<'_>) -> bool {
    matches!(cursor.peek(), None | Some(b' ' | b'\t' | b'\x1b' | b':' | b',' | b';' | b'|' | b'[' | b']' | b'-'))
}

/// What follows an ISO time that no transport wrote.
fn behind_iso<V: Visit>(
    line: &[u8],
    mut cursor: Cursor<'_>,
    iso: &Iso,
    clock: &mut TimeParser,
    depth: Depth,
    visit: &mut V,
) -> Parsed {
    if !iso.t
        && let Some(parsed) = postgres::postgres(line, cursor, iso.found, visit)
    {
        return parsed;
    }
    if let Some(parsed) = shapes::read(line, cursor, Stamp::Iso(*iso), Frame::Open, iso.found, visit) {
        return parsed;
    }
    let behind = cursor;
    if iso.t && cursor.eat(b" ") {
        if syslog::has_tag(cursor) {
            return syslog::host_and_tag(line, cursor, iso.found, None, clock, depth, visit);
        }
        if iso.zone != Named::Nothing && depth == Depth::Outer {
            // As `kubectl logs --timestamps` and `docker logs -t` write it: what follows is the program's own line.
            return transport::wrapped(line, Format::Header, cursor.at(), iso.found, clock, visit);
        }
    }
    without_level(line, behind, iso.found, clock, depth, visit)
}

/// Any line whose time ends where `cursor` stands, none of the known ones.
pub(super) fn after_time<V: Visit>(
    line: &[u8],
    cursor: Cursor<'_>,
    found: Found,
    clock: &mut TimeParser,
    depth: Depth,
    visit: &mut V,
) -> Parsed {
    shapes::read(line, cursor, Stamp::Other, Frame::Open, found, visit)
        .unwrap_or_else(|| without_level(line, cursor, found, clock, depth, visit))
}

/// A time, and a text behind it.
fn without_level<V: Visit>(
    line: &[u8],
    mut cursor: Cursor<'_>,
    found: Found,
    clock: &mut TimeParser,
    depth: Depth,
    visit: &mut V,
) -> Parsed {
    // One blank parts time and text; more of them belong to the text.
    if !(cursor.eat(b" - ") || cursor.eat(b" | ") || cursor.eat(b": ")) {
        cursor.eat(b" ");
    }
    let mut parsed = explained(line, Format::Header, Some(found), None, cursor.at());
    adopt(&mut parsed, line, cursor.at(), clock, depth, visit);
    parsed
}

/// A line that begins with a time of day, which counts only when a level follows: it has no date, so no time.
pub(super) fn clocked<V: Visit>(line: &[u8], at: usize, visit: &mut V) -> Option<Parsed> {
    let lead = Cursor::new(line, at);
    let mut cursor = lead;
    let comma = clock_of_day(&mut cursor)?;
    shapes::read(line, cursor, Stamp::Clock { comma }, Frame::Open, Found::default(), visit)
}

/// Steps over `15:04:05` with a fraction; tells whether the fraction begins with a comma.
fn clock_of_day(cursor: &mut Cursor<'_>) -> Option<bool> {
    let [h1, h2, b':', m1, m2, b':', s1, s2, rest @ ..] = cursor.rest() else { return None };
    if ![h1, h2, m1, m2, s1, s2].into_iter().all(u8::is_ascii_digit) {
        return None;
    }
    cursor.skip(8);
    if let [b'.' | b',', b'0'..=b'9', ..] = rest {
        cursor.skip(1);
        let digits = cursor.rest().iter().take_while(|b| b.is_ascii_digit()).count();
        cursor.skip(digits);
    }
    cursor.at_gap().then_some(rest.first() == Some(&b','))
}

/// A line that begins with a time in brackets, perhaps with more in them.
pub(super) fn bracketed<V: Visit>(
    line: &[u8],
    at: usize,
    clock: &mut TimeParser,
    depth: Depth,
    visit: &mut V,
) -> Option<Parsed> {
    let lead = Cursor::new(line, at);
    let mut cursor = lead;
    cursor.skip(1);
    if !cursor.peek()?.is_ascii_alphanumeric() {
        return None;
    }
    let (stamp, found) = if let Some(iso) = clock.iso(cursor.rest()) {
        (Stamp::Iso(iso), iso.found)
    } else if let Some(found) = clock.prefix(cursor.rest()) {
        (Stamp::Other, found)
    } else {
        let comma = clock_of_day(&mut cursor)?;
        return level_inside(line, cursor, Stamp::Clock { comma }, None, visit);
    };
    cursor.skip(found.len);
    if !cursor.eat(b"]") {
        return level_inside(line, cursor, stamp, Some(found), visit);
    }
    if let Some(parsed) = web::apache(line, cursor, found, visit)
        && !matches!(stamp, Stamp::Iso(_))
    {
        return Some(parsed);
    }
    if let Some(parsed) = django(line, cursor, found, visit) {
        return Some(parsed);
    }
    let read = shapes::read(line, cursor, stamp, Frame::Boxed, found, visit);
    Some(read.unwrap_or_else(|| without_level(line, cursor, found, clock, depth, visit)))
}

/// Django's development server: `[02/Jan/2025 15:04:05] "GET / HTTP/1.1" 200 12`.
fn django<V: Visit>(line: &[u8], mut cursor: Cursor<'_>, found: Found, visit: &mut V) -> Option<Parsed> {
    cursor.eat(b" ").then_some(())?;
    let text = cursor.at();
    let request = cursor.quoted()?;
    cursor.eat(b" ").then_some(())?;
    let status = cursor.token();
    let severity = web::of_status(status)?;
    web::request(request, visit);
    visit.field("status", status);
    Some(explained(line, Format::Python, Some(found), Some((severity, SeverityFrom::Status)), text))
}

/// A level inside the time's brackets: `env_logger`'s `[TIME ERROR target] `, Celery's `[TIME: ERROR/MainProcess] `,
/// Serilog's `[15:04:05 ERR] `.
fn level_inside<V: Visit>(
    line: &[u8],
    mut cursor: Cursor<'_>,
    stamp: Stamp,
    found: Option<Found>,
    visit: &mut V,
) -> Option<Parsed> {
    let celery = cursor.eat(b": ");
    if !celery && !cursor.eat(b" ") {
        return None;
    }
    cursor.gap();
    let mut content = Cursor::new(cursor.until(b']', 256)?, 0);
    // A colour inside the brackets holds a bracket of its own.
    if content.rest().ends_with(b"\x1b[") {
        return None;
    }
    let word = content.token();
    let (word, process) = match memchr::memchr(b'/', word) {
        Some(slash) => (word.get(..slash)?, word.get(slash + 1..)?),
        None => (word, &b""[..]),
    };
    let severity = levels::shouted(word)?;
    content.gap();
    let target = content.rest();
    let is_rust = matches!(stamp, Stamp::Iso(iso) if iso.t) && !celery;
    let format = match (is_rust, celery) {
        (true, _) => Format::RustLog,
        (_, true) => Format::Python,
        _ => Format::Header,
    };
    visit.field("level", word);
    visit.field("process", process);
    visit.field(if is_rust { "target" } else { "logger" }, target);
    cursor.gap();
    Some(explained(line, format, found, Some((severity, SeverityFrom::Header)), cursor.at()))
}
