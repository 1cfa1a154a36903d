//! JSON logs: one object a line, in the spellings of all common loggers and collectors.
//!
//! Owns what is read from such an object. Must not know the formats of text lines, but for Docker's `log` field, whose
//! text is itself a line.
//!
//! The first severity key at the top decides; one inside a payload (`jsonPayload`, ECS's `log`, OpenTelemetry's `body`)
//! counts when there is none at the top. [`severity`] leaves at the first such key and therefore agrees with [`parse`].

mod keys;
mod scan;
pub mod tree;

use super::text::unescape;
use super::time::TimeParser;
use super::{FieldSink, Parsed, formats};
use crate::model::{Flags, Format, Severity, SeverityFrom, Timestamp};
use keys::{Key, meaning};
pub use scan::next_special;
use scan::{Cursor, Kind, Str, unescape_into};
use std::borrow::Cow;

/// The most fields of one record that are given out.
const MAX_FIELDS: usize = 2000;
/// How deep payloads are looked into, and fields flattened.
const MAX_PAYLOAD_DEPTH: u32 = 3;
const MAX_FLAT_DEPTH: usize = 8;
/// The most of a Docker line that is looked at for its severity.
const MAX_INNER: usize = 4096;

/// Whether the line begins like an object: `{"` or `{}`, white space apart.
#[inline]
pub fn looks_like_object(line: &[u8]) -> bool {
    if line.starts_with(b"{\"") {
        return true;
    }
    let mut cursor = Cursor::new(line);
    cursor.take(b'{').is_some() && matches!(cursor.peek(), Some(b'"' | b'}'))
}

/// Reads one object; `None` when the line is not valid JSON, or nested over 128 levels deep.
pub fn parse(line: &[u8], clock: &mut TimeParser) -> Option<Parsed> {
    let mut found = Found { clock: Some(clock), ..Found::default() };
    let mut cursor = Cursor::new(line);
    found.object(&mut cursor, line, 0)?;
    if cursor.peek().is_some() {
        return None;
    }
    let (mut parsed, docker) = found.parsed(line);
    if let (Some(log), Some(clock)) = (docker, found.clock) {
        docker_line(line, log, &mut parsed, clock);
    }
    Some(parsed)
}

/// The severity alone, as [`parse`] finds it, without reading further than needed; also of a line that is broken off
/// behind its severity. `None` when no key tells.
#[inline]
pub fn severity(line: &[u8]) -> Option<Severity> {
    quick_severity(line).or_else(|| full_severity(line))
}

/// The severity of a line that has a common key at its top with a common word, behind nothing that could matter.
#[inline]
fn quick_severity(line: &[u8]) -> Option<Severity> {
    let mut cursor = Cursor::new(line);
    cursor.take(b'{')?;
    loop {
        let name = cursor.key()?;
        let kind = cursor.value()?;
        match (meaning(line.get(name.start..name.end)?), kind) {
            _ if name.escaped => return None,
            (Key::Severity, Kind::Text(word)) => return common_word(line.get(word.start..word.end)?),
            (
                Key::Time | Key::SecondTime | Key::Message | Key::SecondMessage | Key::Other,
                Kind::Text(_) | Kind::Scalar(..),
            ) => {}
            _ => return None,
        }
        cursor.take(b',')?;
    }
}

/// The levels as most loggers write them.
#[inline]
const fn common_word(word: &[u8]) -> Option<Severity> {
    Some(match word {
        b"info" | b"INFO" => Severity::Info,
        b"error" | b"ERROR" => Severity::Error,
        b"warn" | b"WARN" | b"warning" | b"WARNING" => Severity::Warn,
        b"debug" | b"DEBUG" => Severity::Debug,
        b"trace" | b"TRACE" => Severity::Trace,
        b"fatal" | b"FATAL" => Severity::Fatal,
        _ => return None,
    })
}

fn full_severity(line: &[u8]) -> Option<Severity> {
    let mut found = Found { only_severity: true, ..Found::default() };
    // A broken line has told what it could.
    let _ = found.object(&mut Cursor::new(line), line, 0);
    if found.docker_log().is_some() {
        return None;
    }
    found.severity.map(|(severity, _)| severity)
}

/// Whether [`severity`] is not enough, because the text of a Docker line has to be read.
pub fn is_docker(line: &[u8]) -> bool {
    line.starts_with(b"{\"log\":\"")
}

/// Whether a field of this name is the record's time, severity or message, so that it need not be shown again.
pub fn is_header(name: &[u8]) -> bool {
    matches!(meaning(name), Key::Time | Key::Severity | Key::OtelSeverity | Key::Message)
}

/// Whether a field of this name tells the severity; of a nested one the last part counts, too.
pub fn is_severity(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    [name, last]
        .iter()
        .any(|name| matches!(meaning(name.as_bytes()), Key::Severity | Key::OtelSeverity | Key::Priority))
}

/// What a walk over an object has found so far. Ranks: a higher one wins, the first of equals stays.
#[derive(Default)]
struct Found<'c> {
    clock: Option<&'c mut TimeParser>,
    only_severity: bool,
    severity: Option<(Severity, SeverityFrom)>,
    severity_rank: u8,
    time: Option<Timestamp>,
    time_rank: u8,
    flags: Flags,
    text: Option<(usize, usize, bool)>,
    text_rank: u8,
    log: Option<Str>,
    stream: bool,
}

impl Found<'_> {
    /// Walks one object; `None` when it is not well-formed. With `only_severity` it ends at the first sure answer.
    fn object(&mut self, cursor: &mut Cursor<'_>, line: &[u8], depth: u32) -> Option<()> {
        cursor.take(b'{')?;
        if cursor.peek()? == b'}' {
            cursor.at += 1;
            return Some(());
        }
        loop {
            let name = cursor.key()?;
            let key = if name.escaped {
                meaning(&unescape(&line[name.start..name.end]))
            } else {
                meaning(&line[name.start..name.end])
            };
            let kind = cursor.value()?;
            match kind {
                Kind::Text(value) => self.text(key, value, line, depth),
                Kind::Scalar(start, end) => self.scalar(key, &line[start..end], depth),
                Kind::Object if depth < MAX_PAYLOAD_DEPTH && key == Key::Payload => {
                    let start = cursor.at;
                    self.object(cursor, line, depth + 1)?;
                    self.message(start, cursor.at, false, 1);
                }
                Kind::Object | Kind::Array => {
                    let start = cursor.at;
                    cursor.skip_nested()?;
                    self.nested(key, start, cursor.at, line, depth);
                }
            }
            if self.only_severity && self.severity_rank == TOP {
                return Some(());
            }
            match cursor.peek()? {
                b',' => cursor.at += 1,
                b'}' => {
                    cursor.at += 1;
                    return Some(());
                }
                _ => return None,
            }
        }
    }

    fn text(&mut self, key: Key, value: Str, line: &[u8], depth: u32) {
        let inside = &line[value.start..value.end];
        match key {
            Key::Severity | Key::Priority | Key::OtelSeverity if self.severity_rank < rank(depth) => {
                let word = unescape(inside);
                let word = word.trim_ascii();
                let level = match std::str::from_utf8(word).ok().and_then(|w| w.parse::<i64>().ok()) {
                    Some(number) => severity_of(key, number),
                    None => Severity::from_word(word),
                };
                self.level(level, key, depth);
            }
            Key::Time | Key::SecondTime => self.moment(key, inside, depth),
            Key::Message => self.message(value.start, value.end, value.escaped, if depth == 0 { 6 } else { 5 }),
            Key::Payload => {
                if depth == 0 {
                    self.log = Some(value);
                }
                self.message(value.start, value.end, value.escaped, 4);
            }
            Key::SecondMessage => self.message(value.start, value.end, value.escaped, if depth == 0 { 3 } else { 2 }),
            Key::Stream if depth == 0 => self.stream = true,
            // OpenTelemetry's JSON: {"body": {"stringValue": "…"}}
            Key::Other if depth > 0 && name_is(line, value, b"stringValue") => {
                self.message(value.start, value.end, value.escaped, 5);
            }
            _ => {}
        }
    }

    fn scalar(&mut self, key: Key, value: &[u8], depth: u32) {
        match key {
            Key::Severity | Key::Priority | Key::OtelSeverity => {
                let number = std::str::from_utf8(value).ok().and_then(|v| v.parse::<f64>().ok());
                self.level(number.and_then(|n| severity_of(key, n as i64)), key, depth);
            }
            Key::Time | Key::SecondTime if value.first().is_some_and(|b| b.is_ascii_digit() || *b == b'-') => {
                self.moment(key, value, depth);
            }
            _ => {}
        }
    }

    /// A nested value that is no payload: a time as `{"seconds": …, "nanos": …}`, or a message that is an object.
    fn nested(&mut self, key: Key, start: usize, end: usize, line: &[u8], depth: u32) {
        match key {
            Key::Time if self.time_rank < rank(depth) && self.clock.is_some() => {
                if let Some(time) = seconds_and_nanos(&line[start..end]) {
                    (self.time, self.time_rank) = (Some(time), rank(depth));
                }
            }
            Key::Message => self.message(start, end, false, 3),
            _ => {}
        }
    }

    fn level(&mut self, level: Option<Severity>, key: Key, depth: u32) {
        // A level at the top beats OpenTelemetry's number and a priority only by coming first.
        if let Some(level) = level
            && self.severity_rank < rank(depth)
        {
            let from = if key == Key::Priority { SeverityFrom::Priority } else { SeverityFrom::Field };
            (self.severity, self.severity_rank) = (Some((level, from)), rank(depth));
        }
    }

    fn moment(&mut self, key: Key, value: &[u8], depth: u32) {
        let rank = if key == Key::Time { rank(depth) } else { 1 };
        if self.time_rank >= rank {
            return;
        }
        let Some(clock) = self.clock.as_deref_mut() else { return };
        if let Some(moment) = clock.value(value) {
            self.time = moment.time;
            self.flags = moment.flags;
            self.time_rank = rank;
        }
    }

    fn message(&mut self, start: usize, end: usize, escaped: bool, rank: u8) {
        if self.text_rank < rank {
            (self.text, self.text_rank) = (Some((start, end, escaped)), rank);
        }
    }

    /// Docker's json-file line has `log` and `stream`, and no level.
    fn docker_log(&self) -> Option<Str> {
        self.log.filter(|_| self.stream && self.severity.is_none())
    }

    fn parsed(&self, line: &[u8]) -> (Parsed, Option<Str>) {
        let docker = self.docker_log();
        let (start, end, escaped) = self.text.unwrap_or((0, line.len(), false));
        let (severity, severity_from) = self.severity.unwrap_or_default();
        let parsed = Parsed {
            format: if docker.is_some() { Format::DockerJson } else { Format::Json },
            time: self.time,
            severity,
            severity_from,
            text: (start as u32, end as u32),
            flags: self.flags.with(Flags::ESCAPED, escaped),
            ..Parsed::default()
        };
        (parsed, docker)
    }
}

/// The rank of an answer at the top of the object.
const TOP: u8 = 3;

const fn rank(depth: u32) -> u8 {
    if depth == 0 { TOP } else { 2 }
}

const fn severity_of(key: Key, number: i64) -> Option<Severity> {
    match key {
        Key::OtelSeverity => Severity::from_otel(number),
        Key::Priority if number >= 0 && number < 192 => Some(Severity::from_syslog(number as u8)),
        Key::Priority => None,
        _ => Severity::from_number(number),
    }
}

/// Whether the string `value` stands behind a key of this name.
fn name_is(line: &[u8], value: Str, name: &[u8]) -> bool {
    let before = line[..value.start - 1].trim_ascii_end();
    before.strip_suffix(b":").is_some_and(|b| b.trim_ascii_end().strip_suffix(b"\"").is_some_and(|b| b.ends_with(name)))
}

/// `{"seconds": s, "nanos": n}` (Google) or `{"epochSecond": s, "nanoOfSecond": n}` (log4j 2).
fn seconds_and_nanos(object: &[u8]) -> Option<Timestamp> {
    let mut cursor = Cursor::new(object);
    cursor.take(b'{')?;
    let (mut seconds, mut nanos) = (None, 0);
    loop {
        let name = cursor.key()?;
        if let Kind::Scalar(start, end) = cursor.value()? {
            let number = std::str::from_utf8(&object[start..end]).ok()?.parse::<i64>().ok()?;
            match &object[name.start..name.end] {
                b"seconds" | b"epochSecond" => seconds = Some(number),
                b"nanos" | b"nanoOfSecond" => nanos = number,
                _ => {}
            }
        } else {
            return None;
        }
        if cursor.take(b',').is_none() {
            break;
        }
    }
    seconds?.checked_mul(crate::model::time::SECOND)?.checked_add(nanos).map(Timestamp)
}

/// Reads the text of a Docker line as a line of its own: its severity, and its message where that can be shown as a
/// part of the outer string.
fn docker_line(line: &[u8], log: Str, parsed: &mut Parsed, clock: &mut TimeParser) {
    let mut inside = &line[log.start..log.end];
    for ending in [&b"\\n"[..], b"\\r"] {
        inside = inside.strip_suffix(ending).unwrap_or(inside);
    }
    parsed.text = (log.start as u32, (log.start + inside.len()) as u32);
    let has_escapes = memchr::memchr(b'\\', inside).is_some();
    parsed.flags = parsed.flags.with(Flags::ESCAPED, has_escapes);
    if has_escapes {
        // The position in the outer string of each byte of the inner line.
        let mut inner: Vec<u8> = Vec::with_capacity(inside.len().min(MAX_INNER));
        let mut places: Vec<u32> = Vec::with_capacity(inside.len().min(MAX_INNER));
        unescape_into(inside, |bytes, at| {
            let copied = bytes.starts_with(&inside[at..=at]) && !inside[at..].starts_with(b"\\");
            for (n, b) in bytes.iter().enumerate() {
                inner.push(*b);
                places.push((log.start + at + if copied { n } else { 0 }) as u32);
            }
            inner.len() < MAX_INNER
        });
        places.push(parsed.text.1);
        let found = formats::payload(&inner, clock);
        parsed.severity = found.severity;
        parsed.severity_from = found.severity_from;
        // A cut inner line is shown whole.
        if inner.len() < MAX_INNER {
            parsed.text = (places[found.text.0 as usize], places[found.text.1 as usize]);
        }
    } else {
        let found = formats::payload(inside, clock);
        parsed.severity = found.severity;
        parsed.severity_from = found.severity_from;
        parsed.text = (log.start as u32 + found.text.0, log.start as u32 + found.text.1);
    }
}

/// The object's fields in their order, nested ones with dotted names, arrays as their JSON text; at most 2,000. What is
/// nested over eight levels deep is given as its JSON text.
pub fn fields(raw: &[u8], sink: &mut FieldSink<'_>) {
    let mut path = String::new();
    let mut left = MAX_FIELDS;
    // A broken end gives the fields before it.
    let _ = flatten(&mut Cursor::new(raw), raw, &mut path, 0, &mut left, sink);
}

/// `None` when the grammar breaks or nobody wants more.
fn flatten(
    cursor: &mut Cursor<'_>,
    raw: &[u8],
    path: &mut String,
    depth: usize,
    left: &mut usize,
    sink: &mut FieldSink<'_>,
) -> Option<()> {
    cursor.take(b'{')?;
    if cursor.peek()? == b'}' {
        cursor.at += 1;
        return Some(());
    }
    loop {
        let name = cursor.key()?;
        let before = path.len();
        if before > 0 {
            path.push('.');
        }
        path.push_str(&String::from_utf8_lossy(&unescape(&raw[name.start..name.end])));
        let mut give = |value: &[u8]| {
            *left = left.checked_sub(1)?;
            sink(path, String::from_utf8_lossy(value)).then_some(())
        };
        match cursor.value()? {
            Kind::Text(value) => match unescape(&raw[value.start..value.end]) {
                Cow::Borrowed(value) => give(value)?,
                Cow::Owned(value) => give(&value)?,
            },
            Kind::Scalar(start, end) => give(&raw[start..end])?,
            Kind::Object if depth + 1 < MAX_FLAT_DEPTH => flatten(cursor, raw, path, depth + 1, left, sink)?,
            Kind::Object | Kind::Array => {
                let start = cursor.at;
                cursor.skip_nested()?;
                give(&raw[start..cursor.at])?;
            }
        }
        path.truncate(before);
        match cursor.peek()? {
            b',' => cursor.at += 1,
            b'}' => {
                cursor.at += 1;
                return Some(());
            }
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests;
