//! Records as text for people, as JSON lines, or as the bytes that they were.
//!
//! Owns the three output formats. Must not know filters or files.

use super::private_key::PrivateKey;
use crate::cli::OutputFormat;
use crate::model::{Flags, Format, Record, Severity, Timestamp};
use crate::parse::Parser;
use crate::parse::{json, text};
use crate::redact::Kind;
use crate::redact::Redactor;
use std::borrow::Cow;
use std::sync::Arc;

/// About how many bytes of fields stand behind a message in text.
const MAX_FIELDS: usize = 1000;

/// How times are shown in text; JSON always has UTC.
#[derive(Clone, Debug)]
pub struct Renderer {
    format: OutputFormat,
    /// The origin's name, safe for a terminal.
    origin: String,
    /// The origin is worth a column: there are several.
    show_origin: bool,
    colors: bool,
    redactor: Option<Arc<Redactor>>,
    /// A key whose lines are records; only with a redactor.
    key: PrivateKey,
    clock: Clock,
}

impl Renderer {
    /// A renderer without colours or origin column.
    pub fn new(format: OutputFormat, redactor: Option<Arc<Redactor>>) -> Self {
        Self {
            format,
            origin: String::new(),
            show_origin: false,
            colors: false,
            redactor,
            key: PrivateKey::default(),
            clock: Clock::default(),
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

    /// Adds a record to `out`. `bytes` are those that it was read from, line endings included.
    pub fn record(&mut self, record: &Record<'_>, bytes: &[u8], parser: &mut Parser, out: &mut Vec<u8>) {
        let shown = self.shown(record);
        match self.format {
            OutputFormat::Raw => self.raw(record, &shown, bytes, out),
            OutputFormat::Json => self.json(record, &shown, parser, out),
            OutputFormat::Text => self.text(record, &shown, parser, out),
        }
    }

    /// Looks at a record that is not printed: it may be the beginning of a private key.
    pub fn pass(&mut self, record: &Record<'_>) {
        if self.redactor.is_some() && (self.key.is_open() || memchr::memmem::find(record.raw, b"PRIVATE KEY").is_some())
        {
            self.key.holds(&text::message(record));
        }
    }

    /// The message as it may be shown.
    fn shown<'r>(&mut self, record: &Record<'r>) -> Shown<'r> {
        if self.format == OutputFormat::Raw && self.redactor.is_none() {
            return Shown { message: Cow::Borrowed(""), is_key: false };
        }
        let message = text::message(record);
        if self.redactor.is_none() {
            return Shown { message, is_key: false };
        }
        if self.key.holds(&message) {
            let note = format!("[redacted: {}, {} bytes]", Kind::PrivateKey.name(), message.len());
            return Shown { message: Cow::Owned(note), is_key: true };
        }
        Shown { message: self.redacted(message), is_key: false }
    }

    fn raw(&self, record: &Record<'_>, shown: &Shown<'_>, bytes: &[u8], out: &mut Vec<u8>) {
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
    fn redacted_raw<'r>(&self, record: &Record<'r>, shown: &Shown<'r>, raw: &'r [u8]) -> Cow<'r, str> {
        if shown.is_key {
            return shown.message.clone();
        }
        if is_in_pieces(record) {
            let prefix = record.raw.get(..record.text.0 as usize).unwrap_or_default();
            let prefix = self.redacted(String::from_utf8_lossy(prefix));
            return Cow::Owned(format!("{prefix}{}", shown.message));
        }
        self.redacted(String::from_utf8_lossy(raw))
    }

    fn redacted<'t>(&self, text: Cow<'t, str>) -> Cow<'t, str> {
        match &self.redactor {
            None => text,
            Some(redactor) => Cow::Owned(redactor.redact(&text).text.into_owned()),
        }
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
                let fields = parser.other_fields(record, &shown.message, MAX_FIELDS);
                if !fields.is_empty() {
                    let fields = self.redacted(Cow::Owned(fields));
                    self.paint(out, "\x1b[2m", |_, out| out.extend_from_slice(fields.as_bytes()));
                }
            }
            out.push(b'\n');
        }
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
        self.fields(record, shown, parser, out);
        out.extend_from_slice(b",\"raw\":");
        match &self.redactor {
            Some(_) => string(&self.redacted_raw(record, shown, record.raw), out),
            None => match std::str::from_utf8(record.raw) {
                Ok(raw) => string(raw, out),
                Err(_) => string(&String::from_utf8_lossy(record.raw), out),
            },
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
    fn fields(&self, record: &Record<'_>, shown: &Shown<'_>, parser: &mut Parser, out: &mut Vec<u8>) {
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
                string(&self.redacted(Cow::Borrowed(name)), out);
                out.push(b':');
                match &self.redactor {
                    Some(redactor) => string(&redactor.redact_field(name, &value).text, out),
                    None => string(&value, out),
                }
                true
            });
        }
        out.push(b'}');
    }
}

/// What is shown of a record.
struct Shown<'r> {
    /// The message; empty when only raw bytes are printed.
    message: Cow<'r, str>,
    /// It is a note, in place of a part of a private key.
    is_key: bool,
}

/// Whether the record is a line that a container's runtime has cut into pieces.
fn is_in_pieces(record: &Record<'_>) -> bool {
    record.format == Format::Cri && record.flags.has(Flags::MULTILINE)
}

const HEX: &[u8; 16] = b"0123456789abcdef";

/// A JSON string (RFC 8259, section 7).
fn string(text: &str, out: &mut Vec<u8>) {
    let bytes = text.as_bytes();
    let put = if text::is_dirty(bytes) { harmless } else { verbatim };
    out.push(b'"');
    let mut done = 0;
    while let Some(at) = json::next_special(bytes, done) {
        put(&text[done..at], out);
        done = at + 1;
        match ESCAPES[usize::from(bytes[at])] {
            b'u' => unicode(u32::from(bytes[at]), out),
            escape => out.extend_from_slice(&[b'\\', escape]),
        }
    }
    put(&text[done..], out);
    out.push(b'"');
}

/// JSON text that is known to be harmless.
fn verbatim(text: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(text.as_bytes());
}

/// JSON text with escapes for what a terminal could act on, or a reader be misled by: DEL, C1 controls, characters that
/// break lines or turn the direction.
fn harmless(text: &str, out: &mut Vec<u8>) {
    if text.is_ascii() && memchr::memchr(0x7f, text.as_bytes()).is_none() {
        out.extend_from_slice(text.as_bytes());
        return;
    }
    let mut done = 0;
    for (at, c) in text.char_indices() {
        if matches!(c, '\u{7f}'..='\u{9f}' | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        {
            out.extend_from_slice(&text.as_bytes()[done..at]);
            unicode(c as u32, out);
            done = at + c.len_utf8();
        }
    }
    out.extend_from_slice(&text.as_bytes()[done..]);
}

/// `\uXXXX`, of a character below 65,536.
fn unicode(code: u32, out: &mut Vec<u8>) {
    out.extend_from_slice(b"\\u");
    for shift in [12, 8, 4, 0] {
        out.push(HEX[(code >> shift & 15) as usize]);
    }
}

/// What follows the backslash; 0 for bytes that stand for themselves, `u` for `\u00XX`.
const ESCAPES: [u8; 256] = {
    let mut table = [0; 256];
    let mut n = 0;
    while n < 32 {
        table[n] = b'u';
        n += 1;
    }
    table[b'\n' as usize] = b'n';
    table[b'\r' as usize] = b'r';
    table[b'\t' as usize] = b't';
    table[b'"' as usize] = b'"';
    table[b'\\' as usize] = b'\\';
    table
};

/// Writes times; remembers the day that it wrote last.
#[derive(Clone, Debug, Default)]
struct Clock {
    day: Option<(i64, String)>,
}

const DAY: i64 = 86_400;

impl Clock {
    /// `2025-01-02T15:04:05.123Z`
    fn millis(&mut self, time: Timestamp, out: &mut Vec<u8>) {
        self.seconds(time, out);
        let millis = time.0.rem_euclid(1_000_000_000) / 1_000_000;
        out.push(b'.');
        digits(millis, 3, out);
        out.push(b'Z');
    }

    /// `2025-01-02T15:04:05.123456789Z`, with as many digits as are needed: none, three, six or nine.
    fn nanos(&mut self, time: Timestamp, out: &mut Vec<u8>) {
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
    use crate::model::OriginId;
    use crate::parse::assemble::Assembler;
    use jiff::tz::TimeZone;

    fn render(format: OutputFormat, input: &str) -> String {
        let parser = Parser::new(TimeZone::UTC, Timestamp(0));
        let mut assembler = Assembler::new(parser.clone(), OriginId::default());
        let mut batch = crate::model::Batch::default();
        assembler.feed(input.as_bytes(), Timestamp(0), &mut batch);
        assembler.finish(Timestamp(0), &mut batch);
        let mut renderer = Renderer::new(format, None).of_origin("a.log", false);
        let mut out = Vec::new();
        for record in batch.iter() {
            renderer.record(&record, record.raw, &mut parser.clone(), &mut out);
        }
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn json_is_json_with_everything_in_it() {
        let check = |input: &str, pointer: &str, expected: serde_json::Value| {
            let text = render(OutputFormat::Json, input);
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
            let text = render(OutputFormat::Json, input);
            assert!(
                !text.trim_end().contains(|c: char| c.is_control() || "\u{202e}\u{2028}\u{2069}".contains(c)),
                "{text:?}"
            );
        }
    }

    #[test]
    fn text_is_calm() {
        let check = |input: &str, expected: &str| assert_eq!(render(OutputFormat::Text, input), expected);
        check(r#"{"level":"warn","time":"2025-01-02T15:04:05Z","msg":"disk"}"#, "2025-01-02T15:04:05.000Z WRN disk\n");
        check("plain", "plain\n");
        check("error: x\n    at f (a:1)", "ERR error: x\n    |     at f (a:1)\n");
    }

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
