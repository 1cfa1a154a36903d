//! Text formats: everything that is not a JSON object.
//!
//! Owns the recognisers, one file a family, and the dispatch by first byte. Must not know how lines are joined, nor how
//! words alone tell a severity ([`words`]).
//!
//! A recogniser steps over a line with a `cursor::Cursor`, and either explains it or returns `None`; it tells a
//! `visit::Visit` of the fields that it passed. A transport's line (CRI, GitHub Actions, GitLab, syslog, a time that
//! `kubectl` put in front) wraps a payload, which is read once more, one level deep.

mod bare;
mod cursor;
mod header;
mod klog;
mod levels;
mod logfmt;
mod postgres;
mod shapes;
mod syslog;
#[cfg(test)]
mod tests;
mod transport;
mod visit;
mod web;

use super::time::{Found, TimeParser};
use super::{FieldSink, Parsed, json, words};
use crate::model::{Flags, Format, Severity, SeverityFrom, Timestamp};
use jiff::tz::TimeZone;
use visit::{Forward, Ignore, Visit};

/// Reads a line of one of the text formats; `None` when it is plain text. A line whose header has no level gets the
/// severity that the words of its message suggest.
pub fn parse(line: &[u8], clock: &mut TimeParser) -> Option<Parsed> {
    let mut parsed = header(line, clock)?;
    if parsed.severity_from == SeverityFrom::Nowhere {
        let (start, end) = parsed.text;
        let text = line.get(start as usize..end as usize).unwrap_or_default();
        (parsed.severity, parsed.severity_from) = words::severity(text);
    }
    Some(parsed)
}

/// As [`parse`], without the search for words in messages that have no level: `severity_from` is then `Nowhere`.
pub fn header(line: &[u8], clock: &mut TimeParser) -> Option<Parsed> {
    recognise(line, clock, Depth::Outer, &mut Ignore)
}

/// Reads what a transport carried, when its parts were joined (CRI's partial lines, Docker's): JSON or one of the text
/// formats, but no transport. Plain text is `Format::Plain` with the severity of its words.
pub fn payload(text: &[u8], clock: &mut TimeParser) -> Parsed {
    let mut parsed = Parsed { text: (0, text.len() as u32), ..Parsed::default() };
    if let Some(inner) = inside(text, 0, clock, &mut Ignore) {
        parsed = inner;
    }
    if parsed.severity_from == SeverityFrom::Nowhere {
        let (start, end) = parsed.text;
        (parsed.severity, parsed.severity_from) =
            words::severity(text.get(start as usize..end as usize).unwrap_or_default());
    }
    parsed
}

/// The fields of a line of this format, in their order. Of several lines, those of the first.
pub fn fields(raw: &[u8], format: Format, sink: &mut FieldSink<'_>) {
    let first = memchr::memchr(b'\n', raw).and_then(|end| raw.get(..end)).unwrap_or(raw);
    let mut visit = Forward::new(sink);
    if format == Format::Logfmt {
        return visit.pairs(first);
    }
    // Times are only stepped over here: no zone is needed.
    let mut clock = TimeParser::new(TimeZone::UTC, Timestamp::default());
    recognise(first, &mut clock, Depth::Outer, &mut visit);
}

/// Where the payload of a transport's line begins; 0 for other formats, and for a line that has not the prefix. Cheap:
/// it is for lines of a known format.
pub fn inner(raw: &[u8], format: Format) -> usize {
    transport::payload_start(raw, format)
}

/// Whether each line of a record of this format may have a transport's prefix.
pub const fn has_prefixes(format: Format) -> bool {
    matches!(format, Format::Cri | Format::GithubActions | Format::Gitlab | Format::Header)
}

/// Whether a line is a part of a longer one that goes on in the next CRI line (`TIME stdout P part`).
pub fn cri_partial(line: &[u8]) -> bool {
    transport::cri_partial(line)
}

/// Whether a payload may still be found inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Depth {
    /// A line as it stands in the log.
    Outer,
    /// What a transport carried.
    Inner,
}

/// Finds the recogniser by the first byte behind colours.
fn recognise<V: Visit>(line: &[u8], clock: &mut TimeParser, depth: Depth, visit: &mut V) -> Option<Parsed> {
    let at = lead(line);
    // What most of the lines are that come in millions.
    if depth == Depth::Outer
        && let Some(parsed) = transport::github_again(line, at, clock, visit)
    {
        return Some(parsed);
    }
    match *line.get(at)? {
        b'0'..=b'9' => header::dated(line, at, clock, depth, visit)
            .or_else(|| web::access(line, at, clock, visit))
            .or_else(|| header::clocked(line, at, visit)),
        b'[' => header::bracketed(line, at, clock, depth, visit).or_else(|| bare::bracketed(line, at, clock, visit)),
        b'<' => syslog::prioritised(line, at, clock, depth, visit),
        b'A'..=b'Z' => klog::klog(line, at, clock, visit)
            .or_else(|| syslog::dated(line, at, clock, depth, visit))
            .or_else(|| bare::level(line, at, clock, visit))
            .or_else(|| words_first(line, at, clock, visit)),
        b's' => transport::section(line, at, visit).or_else(|| words_first(line, at, clock, visit)),
        b't' | b'd' | b'i' | b'w' | b'f' | b'c' => {
            bare::dotnet(line, at, visit).or_else(|| words_first(line, at, clock, visit))
        }
        b'a'..=b'z' | b'_' | b'@' => words_first(line, at, clock, visit),
        b':' => web::access(line, at, clock, visit),
        b'#' => transport::marker(line, at),
        b'-' => header::dated(line, at, clock, depth, visit),
        // log4j's `%5p` puts a blank before a level of four letters.
        b' ' if line.get(at + 1).is_some_and(u8::is_ascii_uppercase) => bare::level(line, at + 1, clock, visit),
        _ => None,
    }
}

/// Where a line begins behind a byte order mark or colours.
#[inline]
fn lead(line: &[u8]) -> usize {
    match line.first() {
        Some(b'\xef') if line.starts_with(b"\xef\xbb\xbf") => 3,
        Some(b'\x1b') => cursor::colours(line),
        _ => 0,
    }
}

/// Lines that begin with a word which is no level: logfmt, and access logs that begin with a host's name.
#[inline]
fn words_first<V: Visit>(line: &[u8], at: usize, clock: &mut TimeParser, visit: &mut V) -> Option<Parsed> {
    let rest = line.get(at..)?;
    let end = rest.iter().take(128).position(|b| matches!(b, b'=' | b' ' | b'"' | b'\x1b'))?;
    match rest.get(end) {
        Some(b'=') => logfmt::logfmt(line, at, clock, visit),
        // `host - - [`, or a virtual host in front of it: both have a dash behind a blank, the second a dot or a port.
        Some(b' ') => {
            let name = rest.get(..end)?;
            let is_access =
                matches!(rest.get(end + 1..end + 3), Some(b"- ")) || name.iter().any(|b| matches!(b, b'.' | b':'));
            is_access.then(|| web::access(line, at, clock, visit))?
        }
        _ => None,
    }
}

/// Reads the payload that begins at `at` of the line: JSON, or a text format. Text ranges are those of the line.
#[inline]
fn inside<V: Visit>(line: &[u8], at: usize, clock: &mut TimeParser, visit: &mut V) -> Option<Parsed> {
    let payload = line.get(at..)?;
    let mut parsed = if json::looks_like_object(payload) {
        if V::WANTED {
            visit.json(payload);
            return None;
        }
        json::parse(payload, clock)?
    } else {
        recognise(payload, clock, Depth::Inner, visit)?
    };
    let shift = at as u32;
    parsed.text = (parsed.text.0 + shift, parsed.text.1 + shift);
    Some(parsed)
}

/// Gives the outer line what its payload told: severity, text, escapes. Format and time stay those of the outer line.
#[inline]
fn adopt<V: Visit>(outer: &mut Parsed, line: &[u8], at: usize, clock: &mut TimeParser, depth: Depth, visit: &mut V) {
    if depth == Depth::Inner {
        return;
    }
    let Some(inner) = inside(line, at, clock, visit) else { return };
    outer.text = inner.text;
    outer.flags |= Flags(inner.flags.0 & Flags::ESCAPED.0);
    // The words of a message count less than a priority; no level at all counts nothing.
    let told = !matches!(inner.severity_from, SeverityFrom::Nowhere | SeverityFrom::Text);
    if told || outer.severity_from == SeverityFrom::Nowhere {
        (outer.severity, outer.severity_from) = (inner.severity, inner.severity_from);
    }
    if outer.time.is_none() && !outer.flags.has(Flags::BAD_TIME) {
        outer.time = inner.time;
        outer.flags |= Flags(inner.flags.0 & (Flags::ASSUMED_ZONE | Flags::ASSUMED_YEAR | Flags::BAD_TIME).0);
    }
}

/// A result with a level from the line's header, or without one.
fn explained(
    line: &[u8],
    format: Format,
    found: Option<Found>,
    level: Option<(Severity, SeverityFrom)>,
    text: usize,
) -> Parsed {
    let (severity, severity_from) = level.unwrap_or_default();
    let found = found.unwrap_or_default();
    Parsed {
        format,
        time: found.time,
        severity,
        severity_from,
        text: (text.min(line.len()) as u32, line.len() as u32),
        flags: found.flags,
        payload: 0,
    }
}
