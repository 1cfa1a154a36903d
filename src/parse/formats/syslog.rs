//! syslog: RFC 3164 with and without a priority, RFC 5424.
//!
//! Owns their headers. The message may have a format of its own.

use super::super::Parsed;
use super::super::time::{Found, TimeParser};
use super::cursor::{Cursor, is_number};
use super::levels::shouted;
use super::visit::Visit;
use super::{Depth, adopt, explained};
use crate::model::{Flags, Format, Severity, SeverityFrom};

/// A line that begins with `<PRI>`: RFC 5424 when a version follows, else RFC 3164 as far as it goes.
pub(super) fn prioritised<V: Visit>(
    line: &[u8],
    at: usize,
    clock: &mut TimeParser,
    depth: Depth,
    visit: &mut V,
) -> Option<Parsed> {
    let lead = Cursor::new(line, at);
    let mut cursor = lead;
    cursor.skip(1);
    let digits = cursor.until(b'>', 4)?;
    let priority = std::str::from_utf8(digits).ok()?.parse::<u8>().ok().filter(|p| is_number(digits) && *p < 192)?;
    let level = (Severity::from_syslog(priority), SeverityFrom::Priority);
    if cursor.eat(b"1 ")
        && let Some(parsed) = structured(line, cursor, clock, depth, (digits, priority, level), visit)
    {
        return Some(parsed);
    }
    let next = cursor.peek()?;
    if next.is_ascii_whitespace() {
        return None;
    }
    let facility = FACILITIES[usize::from(priority >> 3).min(23)];
    if let Some(found) = clock.prefix(cursor.rest()) {
        let mut after = cursor;
        after.skip(found.len);
        if after.eat(b" ") {
            visit.field("priority", digits);
            visit.field("facility", facility.as_bytes());
            return Some(host_and_tag(line, after, found, Some(level), clock, depth, visit));
        }
    }
    // A local socket's line: no time, no host.
    visit.field("priority", digits);
    visit.field("facility", facility.as_bytes());
    let text = tag(cursor, visit).unwrap_or(cursor.at());
    let mut parsed = explained(line, Format::Syslog3164, None, Some(level), text);
    adopt(&mut parsed, line, text, clock, depth, visit);
    Some(parsed)
}

/// A line that begins with `Jan  2 15:04:05 ` or another time that begins with a name.
pub(super) fn dated<V: Visit>(
    line: &[u8],
    at: usize,
    clock: &mut TimeParser,
    depth: Depth,
    visit: &mut V,
) -> Option<Parsed> {
    let lead = Cursor::new(line, at);
    let [_, b'a'..=b'z', b'a'..=b'z', b' ' | b',', ..] = lead.rest() else { return None };
    let found = clock.prefix(lead.rest())?;
    let mut cursor = lead;
    cursor.skip(found.len);
    if !cursor.eat(b" ") {
        return (cursor.peek().is_none()).then(|| explained(line, Format::Header, Some(found), None, cursor.at()));
    }
    // Syslog has a host here, and no weekday, no year and no zone in front of it.
    let mut host = cursor;
    let host = host.token();
    let is_syslog = found.flags.has(Flags::ASSUMED_YEAR) || has_tag(cursor);
    if depth == Depth::Inner || !is_syslog || shouted(host.trim_ascii_end()).is_some() || !is_host(host) {
        return Some(super::header::after_time(line, cursor, found, clock, depth, visit));
    }
    Some(host_and_tag(line, cursor, found, None, clock, depth, visit))
}

/// Whether `host app[pid]: ` is next.
pub(super) fn has_tag(mut cursor: Cursor<'_>) -> bool {
    let host = cursor.token();
    is_host(host) && cursor.eat(b" ") && cursor.token().ends_with(b"]:") && !host.ends_with(b":")
}

fn is_host(host: &[u8]) -> bool {
    !host.is_empty() && !host.ends_with(b":") && host.iter().all(|b| b.is_ascii_alphanumeric() || b"._-:/@".contains(b))
}

/// `host app[pid]: message`, behind the time.
pub(super) fn host_and_tag<V: Visit>(
    line: &[u8],
    mut cursor: Cursor<'_>,
    found: Found,
    level: Option<(Severity, SeverityFrom)>,
    clock: &mut TimeParser,
    depth: Depth,
    visit: &mut V,
) -> Parsed {
    cursor.blanks();
    let start = cursor;
    let host = cursor.token();
    if host.ends_with(b":") || memchr::memchr(b'[', host).is_some() {
        // Some programs leave the host out.
        cursor = start;
    } else {
        visit.field("host", host);
        cursor.blanks();
    }
    let text = tag(cursor, visit).unwrap_or(cursor.at());
    let mut parsed = explained(line, Format::Syslog3164, Some(found), level, text);
    adopt(&mut parsed, line, text, clock, depth, visit);
    parsed
}

/// `app[pid]: ` or `app: `; where the message begins.
fn tag<V: Visit>(mut cursor: Cursor<'_>, visit: &mut V) -> Option<usize> {
    let rest = cursor.rest();
    let len = rest.iter().take(96).position(|b| matches!(b, b'[' | b':' | b' '))?;
    let app = rest.get(..len).filter(|app| !app.is_empty())?;
    cursor.skip(len);
    let mut pid: &[u8] = b"";
    if cursor.peek() == Some(b'[') {
        pid = cursor.boxed()?;
    }
    cursor.eat(b":").then_some(())?;
    visit.field("app", app);
    visit.field("pid", pid);
    cursor.blanks();
    Some(cursor.at())
}

/// The rest of an RFC 5424 line, behind its version.
fn structured<V: Visit>(
    line: &[u8],
    mut cursor: Cursor<'_>,
    clock: &mut TimeParser,
    depth: Depth,
    (digits, priority, level): (&[u8], u8, (Severity, SeverityFrom)),
    visit: &mut V,
) -> Option<Parsed> {
    let found = if cursor.eat(b"- ") {
        None
    } else {
        let found = clock.prefix(cursor.rest())?;
        cursor.skip(found.len);
        cursor.eat(b" ").then_some(())?;
        Some(found)
    };
    let mut part = || cursor.until(b' ', 256);
    let (host, app, process, message_id) = (part()?, part()?, part()?, part()?);
    let data = cursor;
    if !cursor.eat(b"-") {
        (cursor.peek() == Some(b'[')).then_some(())?;
        while cursor.peek() == Some(b'[') {
            element(&mut cursor, |_, _, _| ())?;
        }
    }
    if !cursor.at_gap() {
        return None;
    }
    visit.field("priority", digits);
    visit.field("facility", FACILITIES[usize::from(priority >> 3).min(23)].as_bytes());
    for (name, value) in [("host", host), ("app", app), ("pid", process), ("msgid", message_id)] {
        if value != b"-" {
            visit.field(name, value);
        }
    }
    if V::WANTED {
        data_fields(data, visit);
    }
    cursor.eat(b" ");
    cursor.eat(b"\xef\xbb\xbf");
    let mut parsed = explained(line, Format::Syslog5424, found, Some(level), cursor.at());
    adopt(&mut parsed, line, cursor.at(), clock, depth, visit);
    Some(parsed)
}

/// Steps over one `[id name="value" …]` and tells of its parameters (id, name, value with its escapes).
fn element<'l>(cursor: &mut Cursor<'l>, mut each: impl FnMut(&'l [u8], &'l [u8], &'l [u8])) -> Option<()> {
    cursor.skip(1);
    let rest = cursor.rest();
    let len = rest.iter().take(128).position(|b| matches!(b, b' ' | b']'))?;
    let id = rest.get(..len)?;
    cursor.skip(len);
    loop {
        if cursor.eat(b"]") {
            return Some(());
        }
        cursor.blanks();
        if cursor.eat(b"]") {
            return Some(());
        }
        let name = cursor.until(b'=', 128)?;
        each(id, name, cursor.quoted()?);
    }
}

/// The parameters as fields `id.name`.
fn data_fields<V: Visit>(mut cursor: Cursor<'_>, visit: &mut V) {
    while cursor.peek() == Some(b'[') {
        let stepped = element(&mut cursor, |id, name, value| {
            let name = format!("{}.{}", String::from_utf8_lossy(id), String::from_utf8_lossy(name));
            visit.field(&name, &unescaped(value));
        });
        if stepped.is_none() {
            return;
        }
    }
}

/// A parameter's value: `\"`, `\\` and `\]` stand for the second character.
fn unescaped(value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len());
    let mut bytes = value.iter().peekable();
    while let Some(byte) = bytes.next() {
        let escaped = *byte == b'\\' && matches!(bytes.peek(), Some(b'"' | b'\\' | b']'));
        out.push(if escaped { bytes.next().copied().unwrap_or(*byte) } else { *byte });
    }
    out
}

/// RFC 5424, table 1, by their usual names.
const FACILITIES: [&str; 24] = [
    "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", "ntp",
    "audit", "alert", "clock", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
];
