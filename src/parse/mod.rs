//! Bytes into records: finds the format of each line, its time, severity and message, joins what belongs together.
//!
//! Owns all knowledge of log formats, and the one place where text is made safe for a terminal ([`text`]).
//! Must not know files, the store, or the screen. Never fails: what fits nothing is kept raw.
//!
//! A line passes through [`Parser::line`] (pure, no allocation), [`assemble::Assembler`] joins lines into records of a
//! [`crate::model::Batch`]. Fields and safe text are found again from the raw bytes when somebody looks at a record
//! ([`Parser::fields`], [`text`]): the ring then holds raw bytes and a few columns, nothing twice.

pub mod assemble;
pub mod formats;
pub mod join;
pub mod json;
pub mod stream;
pub mod text;
pub mod time;
pub mod words;

use crate::model::documents;
use crate::model::{Flags, Format, Record, Severity, SeverityFrom, Timestamp};
use jiff::tz::TimeZone;
use std::borrow::Cow;

/// What one physical line told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parsed {
    /// The format that explains it; `Plain` when none does.
    pub format: Format,
    /// Its own time.
    pub time: Option<Timestamp>,
    /// Its severity.
    pub severity: Severity,
    /// Where the severity was read.
    pub severity_from: SeverityFrom,
    /// Where the message begins and ends in the line (bytes).
    pub text: (u32, u32),
    /// Where the payload begins behind a transport's prefix (CRI, GitHub Actions, GitLab, `kubectl --timestamps`),
    /// else 0. Lines of one record are joined by their payloads.
    pub payload: u32,
    /// `ASSUMED_ZONE`, `ASSUMED_YEAR`, `BAD_TIME`, `ESCAPED`, `PARSE_FAILED` (a line that begins like JSON and is not).
    pub flags: Flags,
}

/// Receives the fields of a record: the name (nested ones dotted) and the value as text, unescaped but not yet safe for
/// a terminal. Return `false` to stop.
pub type FieldSink<'s> = dyn FnMut(&str, Cow<'_, str>) -> bool + 's;

/// Reads lines. Cheap to make; keep one per stream, it remembers the last minute that it saw.
#[derive(Clone, Debug)]
pub struct Parser {
    /// Turns times into nanoseconds; knows the assumed zone and year.
    clock: time::TimeParser,
}

impl Parser {
    /// A parser that reads times without a zone in `zone`, and times without a year near `reference`.
    pub fn new(zone: TimeZone, reference: Timestamp) -> Self {
        Self { clock: time::TimeParser::new(zone, reference) }
    }

    /// Reads one line, without its line ending.
    pub fn line(&mut self, line: &[u8]) -> Parsed {
        if json::looks_like_object(line) {
            return json::parse(line, &mut self.clock).unwrap_or_else(|| broken_json(line));
        }
        if let Some(parsed) = formats::parse(line, &mut self.clock) {
            return parsed;
        }
        let (severity, severity_from) = words::severity(line);
        Parsed { severity, severity_from, text: (0, line.len() as u32), ..Parsed::default() }
    }

    /// The severity alone, as [`Parser::line`] finds it, in less time.
    #[inline]
    pub fn severity(&mut self, line: &[u8]) -> Severity {
        if json::looks_like_object(line)
            && !json::is_docker(line)
            && let Some(severity) = json::severity(line)
        {
            return severity;
        }
        self.line(line).severity
    }

    /// The fields of a record whose format is known, in the order in which they stand in it.
    pub fn fields(&mut self, raw: &[u8], format: Format, sink: &mut FieldSink<'_>) {
        match format {
            Format::Json | Format::DockerJson => json::fields(raw, sink),
            Format::Plain | Format::Note => {}
            _ => formats::fields(raw, format, sink),
        }
    }
}

impl Parser {
    /// What a structured record says beside its time, severity and message, as `  name=value` each, safe for a terminal;
    /// ends behind `limit` bytes. Empty for other records. Of a document's change, only what and which document it was.
    pub fn other_fields(&mut self, record: &Record<'_>, message: &str, limit: usize) -> String {
        self.fields_in_words(record, message, limit, &|_| false, &mut |_, value| value)
    }

    /// The same without the fields that stand elsewhere already.
    pub fn other_fields_but(
        &mut self,
        record: &Record<'_>,
        message: &str,
        limit: usize,
        stands_elsewhere: &dyn Fn(&str) -> bool,
    ) -> String {
        self.fields_in_words(record, message, limit, stands_elsewhere, &mut |_, value| value)
    }

    /// The same as [`Parser::other_fields`]; `edit` changes a value, given its name, before it is cut.
    pub fn edited_fields(
        &mut self,
        record: &Record<'_>,
        message: &str,
        limit: usize,
        edit: &mut dyn for<'v> FnMut(&str, Cow<'v, str>) -> Cow<'v, str>,
    ) -> String {
        self.fields_in_words(record, message, limit, &|_| false, edit)
    }

    fn fields_in_words(
        &mut self,
        record: &Record<'_>,
        message: &str,
        limit: usize,
        stands_elsewhere: &dyn Fn(&str) -> bool,
        edit: &mut dyn for<'v> FnMut(&str, Cow<'v, str>) -> Cow<'v, str>,
    ) -> String {
        let mut out = String::new();
        let structured = matches!(record.format, Format::Json | Format::Logfmt);
        if !structured || record.text == (0, record.raw.len() as u32) {
            return out;
        }
        let is_change = record.flags.has(Flags::CHANGE);
        self.fields(record.raw, record.format, &mut |name, value| {
            let stands_elsewhere = |name: &str| stands_elsewhere(name) || is_change && documents::is_told(name);
            if !(json::is_header(name.as_bytes()) || value.is_empty() || value == message || stands_elsewhere(name)) {
                out.push_str("  ");
                push_short(&mut out, name, MAX_NAME);
                out.push('=');
                push_short(&mut out, &edit(name, value), MAX_VALUE);
            }
            out.len() <= limit
        });
        out
    }
}

/// The most characters of a field's name and value that stand behind a message.
const MAX_NAME: usize = 64;
const MAX_VALUE: usize = 200;

/// The beginning of a text, made safe; `...` stands for the rest.
fn push_short(out: &mut String, text: &str, limit: usize) {
    match text.char_indices().nth(limit) {
        None => out.push_str(&text::safe_line(text.as_bytes())),
        Some((end, _)) => {
            out.push_str(&text::safe_line(&text.as_bytes()[..end]));
            out.push_str("...");
        }
    }
}

/// A line that begins like JSON and is not: text, with the severity that it told before it broke.
fn broken_json(line: &[u8]) -> Parsed {
    let (severity, severity_from) = match json::severity(line) {
        Some(severity) => (severity, SeverityFrom::Field),
        None => words::severity(line),
    };
    Parsed { severity, severity_from, text: (0, line.len() as u32), flags: Flags::PARSE_FAILED, ..Parsed::default() }
}
