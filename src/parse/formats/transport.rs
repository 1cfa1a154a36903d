//! Lines that carry another line: CRI, GitHub Actions, GitLab, `kubectl logs --timestamps`.
//!
//! Owns their prefixes and markers. Must not know what the payload is.

use super::super::Parsed;
use super::super::time::{Found, Iso, Named, TimeParser};
use super::cursor::{Cursor, is_number};
use super::visit::Visit;
use super::{Depth, adopt, explained};
use crate::model::{Flags, Format, Severity, SeverityFrom};

/// Reads a transport's line whose time (ISO with `T` and a zone) ends where `cursor` stands. `None`: it is not certain
/// that this is a transport.
#[inline]
pub(super) fn carried<V: Visit>(
    line: &[u8],
    mut cursor: Cursor<'_>,
    iso: &Iso,
    clock: &mut TimeParser,
    visit: &mut V,
) -> Option<Parsed> {
    // The runner always writes seven digits.
    if iso.digits == 7 && iso.zone == Named::Z && (cursor.eat(b" ") || cursor.peek().is_none()) {
        return Some(github(line, cursor.at(), iso.found, clock, visit));
    }
    let rest = cursor.rest();
    if let [b' ', b's', b't', b'd', ..] = rest {
        let (stream, after) = cri_prefix(rest)?;
        cursor.skip(after);
        visit.field("stream", stream);
        return Some(wrapped(line, Format::Cri, cursor.at(), iso.found, clock, visit));
    }
    if let [b' ', b'0'..=b'9', b'0'..=b'9', stream @ (b'O' | b'E'), tail @ ..] = rest
        && matches!(tail.first(), None | Some(b' ' | b'+'))
    {
        cursor.skip(if tail.is_empty() { 4 } else { 5 });
        visit.field("stream", if *stream == b'E' { b"stderr" } else { b"stdout" });
        return Some(gitlab(line, cursor.at(), iso.found, clock, visit));
    }
    None
}

/// The stream in ` stdout F payload`, and where the payload begins.
fn cri_prefix(rest: &[u8]) -> Option<(&[u8], usize)> {
    let (stream, tail) = match rest {
        [b' ', stream @ ..] if stream.starts_with(b"stdout ") || stream.starts_with(b"stderr ") => {
            stream.split_at_checked(6)?
        }
        _ => return None,
    };
    match tail {
        [b' ', b'F' | b'P'] => Some((stream, 9)),
        [b' ', b'F' | b'P', b' ', ..] => Some((stream, 10)),
        // Tags may follow the first one: `F:tag:tag`.
        [b' ', b'F' | b'P', b':', tags @ ..] => Some((stream, 10 + memchr::memchr(b' ', tags)? + 1)),
        _ => None,
    }
}

/// A line of GitHub Actions in the minute of the line before.
#[inline]
pub(super) fn github_again<V: Visit>(line: &[u8], at: usize, clock: &mut TimeParser, visit: &mut V) -> Option<Parsed> {
    let stamp = line.get(at..)?;
    let (time, 7) = clock.again(stamp)? else { return None };
    let end = match stamp.get(28) {
        Some(b' ') => 29,
        None => 28,
        _ => return None,
    };
    let found = Found { time: Some(time), flags: Flags::NONE, len: 28 };
    Some(github(line, at + end, found, clock, visit))
}

/// A line of GitHub Actions whose payload begins at `at`.
#[inline]
fn github<V: Visit>(line: &[u8], at: usize, found: Found, clock: &mut TimeParser, visit: &mut V) -> Parsed {
    if matches!(line.get(at), Some(b'#' | b':'))
        && let Some(mut parsed) = marker(line, at)
    {
        (parsed.time, parsed.flags, parsed.payload) = (found.time, found.flags, at as u32);
        return parsed;
    }
    wrapped(line, Format::GithubActions, at, found, clock, visit)
}

/// A line of GitLab whose payload begins at `at`.
fn gitlab<V: Visit>(line: &[u8], at: usize, found: Found, clock: &mut TimeParser, visit: &mut V) -> Parsed {
    let mut parsed = match section(line, at, visit) {
        Some(section) => section,
        None => wrapped(line, Format::Gitlab, at, found, clock, visit),
    };
    (parsed.time, parsed.flags, parsed.payload) = (found.time, found.flags | parsed.flags, at as u32);
    parsed
}

/// A line whose payload begins at `at` and may have a format of its own.
#[inline]
pub(super) fn wrapped<V: Visit>(
    line: &[u8],
    format: Format,
    at: usize,
    found: Found,
    clock: &mut TimeParser,
    visit: &mut V,
) -> Parsed {
    let mut parsed = explained(line, format, Some(found), None, at);
    parsed.payload = at as u32;
    adopt(&mut parsed, line, at, clock, Depth::Outer, visit);
    parsed
}

/// A workflow command (`##[error]…`, `::error file=a::…`) at `at`, without a time.
#[inline]
pub(super) fn marker(line: &[u8], at: usize) -> Option<Parsed> {
    let mut cursor = Cursor::new(line, at);
    let severity = match cursor.rest() {
        [b'#', b'#', b'[', ..] => {
            cursor.skip(3);
            match cursor.until(b']', 16)? {
                b"error" => Severity::Error,
                b"warning" => Severity::Warn,
                b"debug" => Severity::Debug,
                b"notice" | b"group" | b"endgroup" | b"command" | b"section" | b"add-path" | b"add-mask" => {
                    Severity::Info
                }
                _ => return None,
            }
        }
        [b':', b':', ..] => {
            cursor.skip(2);
            let command = cursor.until(b':', 512)?;
            cursor.eat(b":").then_some(())?;
            match command.split(|b| *b == b' ').next()? {
                b"error" => Severity::Error,
                b"warning" => Severity::Warn,
                b"debug" => Severity::Debug,
                b"notice" | b"group" | b"endgroup" => Severity::Info,
                _ => return None,
            }
        }
        _ => return None,
    };
    Some(explained(line, Format::GithubActions, None, Some((severity, SeverityFrom::Marker)), cursor.at()))
}

/// GitLab's `section_start:1735689600:name[options]\r ESC[0K title`, also several in a row. The time is the section's.
#[inline]
pub(super) fn section<V: Visit>(line: &[u8], at: usize, visit: &mut V) -> Option<Parsed> {
    let lead = Cursor::new(line, at);
    let mut cursor = lead;
    let mut found = None;
    for _ in 0..8 {
        while cursor.colour() {}
        let ahead = cursor;
        if !(cursor.eat(b"section_start:") || cursor.eat(b"section_end:")) {
            cursor = ahead;
            break;
        }
        let at = cursor.until(b':', 24)?;
        is_number(at).then_some(())?;
        let rest = cursor.rest();
        let name = rest.iter().take_while(|b| b.is_ascii_alphanumeric() || b"_.-".contains(b)).count();
        let name = rest.get(..name).filter(|name| !name.is_empty())?;
        cursor.skip(name.len());
        if cursor.peek() == Some(b'[') {
            cursor.boxed()?;
        }
        cursor.eat(b"\r");
        found = Some((at, name));
    }
    let (at, name) = found?;
    visit.field("section", name);
    let time = TimeParser::epoch_seconds(at);
    Some(explained(line, Format::Gitlab, time, None, cursor.at()))
}

/// Whether the line is a part that goes on in the next CRI line.
pub(super) fn cri_partial(line: &[u8]) -> bool {
    let Some(blank) = memchr::memchr(b' ', line.get(..48.min(line.len())).unwrap_or_default()) else { return false };
    let rest = line.get(blank..).unwrap_or_default();
    line.get(10) == Some(&b'T') && cri_prefix(rest).is_some() && rest.get(8) == Some(&b'P')
}

/// Where the payload begins in a line of a known transport; 0 when the line has no such prefix.
pub(super) fn payload_start(line: &[u8], format: Format) -> usize {
    if !matches!(format, Format::Cri | Format::GithubActions | Format::Gitlab | Format::Header) {
        return 0;
    }
    let lead = super::lead(line);
    let stamp = line.get(lead..).unwrap_or_default();
    if stamp.get(10) != Some(&b'T') || stamp.get(13) != Some(&b':') || !stamp.first().is_some_and(u8::is_ascii_digit) {
        return 0;
    }
    let window = stamp.get(..40.min(stamp.len())).unwrap_or_default();
    let end = memchr::memchr(b' ', window).unwrap_or(stamp.len());
    let rest = stamp.get(end..).unwrap_or_default();
    let prefix = match (format, rest) {
        (Format::Cri, _) => match cri_prefix(rest) {
            Some((_, after)) => after,
            None => return 0,
        },
        (Format::Gitlab, [b' ', b'0'..=b'9', b'0'..=b'9', b'O' | b'E', tail @ ..]) => 4 + usize::from(!tail.is_empty()),
        (Format::Gitlab, _) => return 0,
        // Only a time with a zone was put there by a transport.
        _ if rest.is_empty() => 0,
        _ if stamp.get(19..end).is_some_and(|tail| tail.iter().any(|b| matches!(b, b'Z' | b'+' | b'-'))) => 1,
        _ => return 0,
    };
    (lead + end + prefix).min(line.len())
}
