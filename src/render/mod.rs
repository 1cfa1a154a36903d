//! Records as text for people, as JSON lines, as CSV, as Markdown, or as the bytes that they were.
//!
//! Owns these forms; what leaves logdeck record by record has one of them. Must not know filters, files, or who reads it.

mod clock;
mod csv;
pub mod json;
pub mod markdown;
mod private_key;

pub use private_key::PrivateKey;

use crate::model::{Flags, Format, Record, Severity};
use crate::parse::Parser;
use crate::parse::text;
use crate::redact::Kind;
use crate::redact::Redactor;
use clock::Clock;
use json::{harmless, string, verbatim};
use std::borrow::Cow;
use std::sync::Arc;

/// About how many bytes of fields stand behind a message in text.
const MAX_FIELDS: usize = 1000;

/// How records are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Time, severity, origin, message and fields, safe for a terminal.
    Text,
    /// One object a record: time, severity, origin, message, fields, raw.
    Json,
    /// The bytes as they were read.
    Raw,
    /// A row a record, behind [`Form::header`]: time, severity, origin, message, fields (as JSON).
    Csv,
    /// Lines as in [`Form::Text`], for a block between [`Form::header`] and [`Form::footer`].
    Markdown,
}

impl Form {
    /// What stands before the first record.
    pub const fn header(self) -> &'static str {
        match self {
            Self::Csv => csv::HEADER,
            Self::Markdown => "```text\n",
            Self::Text | Self::Json | Self::Raw => "",
        }
    }

    /// What stands behind the last record.
    pub const fn footer(self) -> &'static str {
        match self {
            Self::Markdown => "```\n",
            Self::Text | Self::Json | Self::Raw | Self::Csv => "",
        }
    }
}

/// Whether a record is the middle of a private key whose lines are records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyPart {
    /// It is not.
    None,
    /// It is: nothing of it may be seen.
    Middle,
}

/// Writes the records of one origin. Times are in UTC.
#[derive(Clone, Debug)]
pub struct Renderer {
    form: Form,
    /// The origin's name, safe for a terminal.
    origin: String,
    /// The origin is worth a column: there are several.
    show_origin: bool,
    colors: bool,
    redactor: Option<Arc<Redactor>>,
    /// A key whose lines are records; only with a redactor.
    key: PrivateKey,
    clock: Clock,
    /// Secrets taken out of the part of the record that is being written, and the most of any part so far.
    found: (usize, usize),
    redacted: u64,
}

impl Renderer {
    /// A renderer without colours or origin column.
    pub fn new(form: Form, redactor: Option<Arc<Redactor>>) -> Self {
        Self {
            form,
            origin: String::new(),
            show_origin: false,
            colors: false,
            redactor,
            key: PrivateKey::default(),
            clock: Clock::default(),
            found: (0, 0),
            redacted: 0,
        }
    }

    /// The same for a terminal that shows colours.
    #[must_use]
    pub fn with_colors(mut self, colors: bool) -> Self {
        self.colors = colors;
        self
    }

    /// The same for the records of this origin, which is one of several or not.
    #[must_use]
    pub fn of_origin(&self, name: &str, several: bool) -> Self {
        Self { origin: text::safe_line(name.as_bytes()).into_owned(), show_origin: several, ..self.clone() }
    }

    /// From now on, the origin is worth a column.
    pub fn show_origin(&mut self) {
        self.show_origin = true;
    }

    /// Secrets that were taken out of the records. One that a record says several times over (as raw bytes, and as a
    /// field) counts once.
    pub fn redacted(&self) -> u64 {
        self.redacted
    }

    /// Adds a record to `out`. `bytes` are those that it was read from, line endings included. Private keys that go over
    /// several records are found when every record of the origin comes here or to [`Renderer::pass`].
    pub fn record(&mut self, record: &Record<'_>, bytes: &[u8], parser: &mut Parser, out: &mut Vec<u8>) {
        if self.form == Form::Raw && self.redactor.is_none() {
            out.extend_from_slice(bytes);
            return;
        }
        let message = text::message(record);
        let held = self.redactor.is_some() && self.key.holds(&message);
        self.put(record, bytes, message, if held { KeyPart::Middle } else { KeyPart::None }, parser, out);
    }

    /// The same for a record of which the caller knows whether it is a part of a private key.
    pub fn known_record(&mut self, record: &Record<'_>, part: KeyPart, parser: &mut Parser, out: &mut Vec<u8>) {
        self.put(record, record.raw, text::message(record), part, parser, out);
    }

    /// Looks at a record that is not printed: it may be the beginning of a private key.
    pub fn pass(&mut self, record: &Record<'_>) {
        if self.redactor.is_some() && (self.key.is_open() || memchr::memmem::find(record.raw, b"PRIVATE KEY").is_some())
        {
            self.key.holds(&text::message(record));
        }
    }

    fn put<'r>(
        &mut self,
        record: &Record<'r>,
        bytes: &[u8],
        message: Cow<'r, str>,
        part: KeyPart,
        parser: &mut Parser,
        out: &mut Vec<u8>,
    ) {
        self.found = (0, 0);
        let shown = self.shown(message, part);
        self.end_of_part();
        match self.form {
            Form::Raw => self.raw(record, &shown, bytes, out),
            Form::Json => self.json(record, &shown, parser, out),
            Form::Text => self.text(record, &shown, parser, out),
            Form::Csv => self.csv(record, &shown, parser, out),
            Form::Markdown => self.markdown(record, &shown, parser, out),
        }
        self.end_of_part();
        self.redacted += self.found.1 as u64;
    }

    fn end_of_part(&mut self) {
        self.found = (0, self.found.1.max(self.found.0));
    }

    /// The message as it may be shown.
    fn shown<'r>(&mut self, message: Cow<'r, str>, part: KeyPart) -> Shown<'r> {
        if self.redactor.is_none() {
            return Shown { message, is_key: false };
        }
        if part == KeyPart::Middle {
            self.found.0 += 1;
            return Shown { message: Cow::Owned(key_note(message.len())), is_key: true };
        }
        Shown { message: self.without_secrets(message), is_key: false }
    }

    fn raw(&mut self, record: &Record<'_>, shown: &Shown<'_>, bytes: &[u8], out: &mut Vec<u8>) {
        if self.redactor.is_none() {
            out.extend_from_slice(bytes);
            return;
        }
        let ending = &bytes[bytes.trim_ascii_end().len()..];
        let held = &bytes[..bytes.len() - ending.len()];
        out.extend_from_slice(self.redacted_raw(record, shown, held).as_bytes());
        out.extend_from_slice(ending);
    }

    /// The raw bytes as they may be shown. A secret may go over the pieces of one line, which have prefixes between
    /// them: then it is the joined message that counts.
    fn redacted_raw<'r>(&mut self, record: &Record<'r>, shown: &Shown<'r>, raw: &'r [u8]) -> Cow<'r, str> {
        if shown.is_key {
            return shown.message.clone();
        }
        if is_in_pieces(record) {
            let prefix = record.raw.get(..record.text.0 as usize).unwrap_or_default();
            let prefix = self.without_secrets(String::from_utf8_lossy(prefix));
            return Cow::Owned(format!("{prefix}{}", shown.message));
        }
        self.without_secrets(String::from_utf8_lossy(raw))
    }

    fn without_secrets<'t>(&mut self, text: Cow<'t, str>) -> Cow<'t, str> {
        let Some(redactor) = &self.redactor else { return text };
        let redacted = redactor.redact(&text);
        if redacted.found.is_empty() {
            return text;
        }
        self.found.0 += redacted.found.len();
        Cow::Owned(redacted.text.into_owned())
    }

    fn text(&mut self, record: &Record<'_>, shown: &Shown<'_>, parser: &mut Parser, out: &mut Vec<u8>) {
        if let Some(time) = record.time {
            self.paint(out, "\x1b[2m", |clock, out| clock.millis(time, out));
            out.push(b' ');
        }
        if record.severity != Severity::Unknown {
            let color = match record.severity {
                Severity::Fatal => "\x1b[1;7;31m",
                Severity::Error => "\x1b[1;31m",
                Severity::Warn => "\x1b[33m",
                _ => "\x1b[2m",
            };
            self.paint(out, color, |_, out| out.extend_from_slice(record.severity.short().as_bytes()));
            out.push(b' ');
        } else if record.time.is_some() {
            out.extend_from_slice(b"    ");
        }
        if self.show_origin {
            out.extend_from_slice(self.origin.as_bytes());
            out.extend_from_slice(b"  ");
        }
        for (n, line) in shown.message.split('\n').enumerate() {
            if n > 0 {
                out.extend_from_slice(b"    | ");
            }
            out.extend_from_slice(line.as_bytes());
            if n == 0 {
                let fields = self.other_fields(record, shown, parser);
                if !fields.is_empty() {
                    self.paint(out, "\x1b[2m", |_, out| out.extend_from_slice(fields.as_bytes()));
                }
            }
            out.push(b'\n');
        }
    }

    /// What stands behind the message, without secrets.
    fn other_fields(&mut self, record: &Record<'_>, shown: &Shown<'_>, parser: &mut Parser) -> String {
        if shown.is_key {
            return String::new();
        }
        let Some(redactor) = self.redactor.clone() else {
            return parser.other_fields(record, &shown.message, MAX_FIELDS);
        };
        self.end_of_part();
        // Each value as a whole first: only its beginning will be there.
        let mut found = 0;
        let fields = parser.edited_fields(record, &shown.message, MAX_FIELDS, &mut |name, value| {
            let redacted = redactor.redact_field(name, &value);
            if redacted.found.is_empty() {
                return value;
            }
            found += redacted.found.len();
            Cow::Owned(redacted.text.into_owned())
        });
        self.found.0 += found;
        self.without_secrets(Cow::Owned(fields)).into_owned()
    }

    /// The lines of [`Form::Text`], none of which ends the block that they stand in.
    fn markdown(&mut self, record: &Record<'_>, shown: &Shown<'_>, parser: &mut Parser, out: &mut Vec<u8>) {
        let mut lines = Vec::new();
        self.text(record, shown, parser, &mut lines);
        // Further lines of a record are indented already.
        match std::str::from_utf8(&lines) {
            Ok(lines) => out.extend_from_slice(markdown::inside_block(lines).as_bytes()),
            Err(_) => out.extend_from_slice(&lines),
        }
    }

    fn csv(&mut self, record: &Record<'_>, shown: &Shown<'_>, parser: &mut Parser, out: &mut Vec<u8>) {
        if let Some(time) = record.time {
            self.clock.nanos(time, out);
        }
        out.push(b',');
        out.extend_from_slice(record.severity.name().as_bytes());
        out.push(b',');
        csv::cell(&self.origin, out);
        out.push(b',');
        csv::cell(&shown.message, out);
        out.push(b',');
        self.end_of_part();
        let mut fields = Vec::new();
        self.fields(record, shown, parser, &mut fields);
        if fields != b"{}" {
            csv::cell(&String::from_utf8_lossy(&fields), out);
        }
        out.extend_from_slice(b"\r\n");
    }

    fn paint(&mut self, out: &mut Vec<u8>, color: &str, put: impl FnOnce(&mut Clock, &mut Vec<u8>)) {
        if self.colors {
            out.extend_from_slice(color.as_bytes());
        }
        put(&mut self.clock, out);
        if self.colors {
            out.extend_from_slice(b"\x1b[0m");
        }
    }

    fn json(&mut self, record: &Record<'_>, shown: &Shown<'_>, parser: &mut Parser, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"time\":");
        match record.time {
            Some(time) => {
                out.push(b'"');
                self.clock.nanos(time, out);
                out.push(b'"');
            }
            None => out.extend_from_slice(b"null"),
        }
        out.extend_from_slice(b",\"severity\":\"");
        out.extend_from_slice(record.severity.name().as_bytes());
        out.extend_from_slice(b"\",\"origin\":");
        string(&self.origin, out);
        out.extend_from_slice(b",\"message\":");
        string(&shown.message, out);
        out.extend_from_slice(b",\"fields\":");
        self.end_of_part();
        self.fields(record, shown, parser, out);
        self.end_of_part();
        out.extend_from_slice(b",\"raw\":");
        if self.redactor.is_some() {
            string(&self.redacted_raw(record, shown, record.raw), out);
        } else {
            string(&String::from_utf8_lossy(record.raw), out);
        }
        if record.cut > 0 {
            out.extend_from_slice(format!(",\"cut_bytes\":{}", record.cut).as_bytes());
        }
        if record.flags.has(Flags::PARSE_FAILED) {
            out.extend_from_slice(b",\"parse\":\"failed\"");
        }
        out.extend_from_slice(b"}\n");
    }

    /// The fields as an object: that of a JSON record as it stands, else names and texts.
    fn fields(&mut self, record: &Record<'_>, shown: &Shown<'_>, parser: &mut Parser, out: &mut Vec<u8>) {
        let as_it_stands =
            self.redactor.is_none() && record.format == Format::Json && !record.flags.has(Flags::PARSE_FAILED);
        if as_it_stands && let Ok(object) = std::str::from_utf8(record.raw.trim_ascii()) {
            // JSON has other characters than ASCII in strings alone.
            if record.flags.has(Flags::DIRTY) {
                harmless(object, out);
            } else {
                verbatim(object, out);
            }
            return;
        }
        out.push(b'{');
        let mut first = true;
        let in_pieces = self.redactor.is_some() && is_in_pieces(record);
        if !shown.is_key {
            parser.fields(record.raw, record.format, &mut |name, value| {
                // Of a line in pieces, other fields may end in the middle of a secret.
                if in_pieces && name != "stream" {
                    return true;
                }
                if !first {
                    out.push(b',');
                }
                first = false;
                string(&self.without_secrets(Cow::Borrowed(name)), out);
                out.push(b':');
                match &self.redactor {
                    Some(redactor) => {
                        let redacted = redactor.redact_field(name, &value);
                        self.found.0 += redacted.found.len();
                        string(&redacted.text, out);
                    }
                    None => string(&value, out),
                }
                true
            });
        }
        out.push(b'}');
    }
}

/// What stands in place of a part of a private key.
pub fn key_note(bytes: usize) -> String {
    format!("[redacted: {}, {bytes} bytes]", Kind::PrivateKey.name())
}

/// What is shown of a record.
struct Shown<'r> {
    /// The message.
    message: Cow<'r, str>,
    /// It is a note, in place of a part of a private key.
    is_key: bool,
}

/// Whether the record is a line that a container's runtime has cut into pieces.
fn is_in_pieces(record: &Record<'_>) -> bool {
    record.format == Format::Cri && record.flags.has(Flags::MULTILINE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{OriginId, Timestamp};
    use crate::parse::assemble::Assembler;
    use jiff::tz::TimeZone;

    fn render(form: Form, input: &str) -> String {
        let parser = Parser::new(TimeZone::UTC, Timestamp(0));
        let mut assembler = Assembler::new(parser.clone(), OriginId::default());
        let mut batch = crate::model::Batch::default();
        assembler.feed(input.as_bytes(), Timestamp(0), &mut batch);
        assembler.finish(Timestamp(0), &mut batch);
        let mut renderer = Renderer::new(form, None).of_origin("a.log", false);
        let mut out = Vec::new();
        for record in batch.iter() {
            renderer.record(&record, record.raw, &mut parser.clone(), &mut out);
        }
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn json_is_json_with_everything_in_it() {
        let check = |input: &str, pointer: &str, expected: serde_json::Value| {
            let text = render(Form::Json, input);
            let value: serde_json::Value = serde_json::from_str(text.trim()).unwrap();
            assert_eq!(value.pointer(pointer), Some(&expected), "{text}");
        };
        let line = r#"{"level":"error","time":"2025-01-02T15:04:05.120Z","msg":"a\"b\u001b[2J","n":1}"#;
        check(line, "/severity", "ERROR".into());
        check(line, "/time", "2025-01-02T15:04:05.120Z".into());
        check(line, "/message", "a\"b<1B>[2J".into());
        check(line, "/fields/n", 1.into());
        check(line, "/raw", line.into());
        check("plain \x07\u{7f} text", "/message", "plain <07><7F> text".into());
        check("plain \x07\u{7f} text", "/raw", "plain \x07\u{7f} text".into());
        check("\u{9b}2J \u{202e}x \u{2028}", "/raw", "\u{9b}2J \u{202e}x \u{2028}".into());
        check("{\"m\":\"\u{9b}2J \u{7f}\"}", "/fields/m", "\u{9b}2J \u{7f}".into());
        check("plain", "/time", serde_json::Value::Null);
        check("plain", "/fields", serde_json::json!({}));
    }

    #[test]
    fn json_has_nothing_that_a_terminal_acts_on() {
        for input in ["\u{9b}2J \u{202e}x \u{2028}\u{7f}", "{\"m\":\"\u{9b}2J \u{7f}\u{2069}\"}"] {
            let text = render(Form::Json, input);
            assert!(
                !text.trim_end().contains(|c: char| c.is_control() || "\u{202e}\u{2028}\u{2069}".contains(c)),
                "{text:?}"
            );
        }
    }

    #[test]
    fn text_is_calm() {
        let check = |input: &str, expected: &str| assert_eq!(render(Form::Text, input), expected);
        check(r#"{"level":"warn","time":"2025-01-02T15:04:05Z","msg":"disk"}"#, "2025-01-02T15:04:05.000Z WRN disk\n");
        check("plain", "plain\n");
        check("error: x\n    at f (a:1)", "ERR error: x\n    |     at f (a:1)\n");
    }

    #[test]
    fn behind_the_message_of_a_change_stands_its_document() {
        let line = br#"{"severity":"info","op":"mod","document":"jobs/a","message":"n 1 -> 2","updated":"2025-01-02T15:04:05Z","changed":{"n":{"from":1,"to":2}},"fields":{"n":2}}"#;
        let check = |flags: Flags, form: Form, expected: &[&str]| {
            let mut parser = Parser::new(TimeZone::UTC, Timestamp(0));
            let parsed = parser.line(line);
            let mut batch = crate::model::Batch::default();
            let meta = crate::model::Meta { text: parsed.text, format: parsed.format, flags, ..Default::default() };
            batch.push(&meta, line);
            let mut out = Vec::new();
            let record = batch.iter().next().unwrap();
            Renderer::new(form, None).record(&record, line, &mut parser, &mut out);
            let out = String::from_utf8(out).unwrap();
            assert!(expected.iter().all(|expected| out.contains(expected)), "{out}");
        };
        check(Flags::CHANGE, Form::Text, &["n 1 -> 2  op=mod  document=jobs/a\n"]);
        check(Flags::NONE, Form::Text, &["  updated=2025", "changed.n.to=2", "fields.n=2"]);
        check(Flags::CHANGE, Form::Json, &["updated", "changed", r#""to":2"#, "fields"]);
    }
}
