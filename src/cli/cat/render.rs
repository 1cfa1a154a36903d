//! Records as text for people, as JSON lines, or as the bytes that they were.
//!
//! Owns the three output formats. Must not know filters or files.

use crate::cli::OutputFormat;
use crate::model::{Flags, Format, Record, Severity, Timestamp};
use crate::parse::Parser;
use crate::parse::text;
use crate::redact::Redactor;
use std::borrow::Cow;
use std::sync::Arc;

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
    clock: Clock,
}

impl Renderer {
    /// A renderer without colours or origin column.
    pub fn new(format: OutputFormat, redactor: Option<Arc<Redactor>>) -> Self {
        Self { format, origin: String::new(), show_origin: false, colors: false, redactor, clock: Clock::default() }
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
        match self.format {
            OutputFormat::Raw => self.raw(bytes, out),
            OutputFormat::Json => self.json(record, parser, out),
            OutputFormat::Text => self.text(record, out),
        }
    }

    fn raw(&self, bytes: &[u8], out: &mut Vec<u8>) {
        match &self.redactor {
            None => out.extend_from_slice(bytes),
            Some(redactor) => out.extend_from_slice(redactor.redact(&String::from_utf8_lossy(bytes)).text.as_bytes()),
        }
    }

    fn redacted<'t>(&self, text: Cow<'t, str>) -> Cow<'t, str> {
        match &self.redactor {
            None => text,
            Some(redactor) => Cow::Owned(redactor.redact(&text).text.into_owned()),
        }
    }

    fn text(&mut self, record: &Record<'_>, out: &mut Vec<u8>) {
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
        let message = self.redacted(text::message(record));
        for (n, line) in message.split('\n').enumerate() {
            if n > 0 {
                out.extend_from_slice(b"    | ");
            }
            out.extend_from_slice(line.as_bytes());
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

    fn json(&mut self, record: &Record<'_>, parser: &mut Parser, out: &mut Vec<u8>) {
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
        string(self.origin.as_bytes(), out);
        out.extend_from_slice(b",\"message\":");
        string(self.redacted(text::message(record)).as_bytes(), out);
        out.extend_from_slice(b",\"fields\":");
        self.fields(record, parser, out);
        out.extend_from_slice(b",\"raw\":");
        match std::str::from_utf8(record.raw) {
            Ok(raw) => string(self.redacted(Cow::Borrowed(raw)).as_bytes(), out),
            Err(_) => string(self.redacted(String::from_utf8_lossy(record.raw)).as_bytes(), out),
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
    fn fields(&mut self, record: &Record<'_>, parser: &mut Parser, out: &mut Vec<u8>) {
        let verbatim = self.redactor.is_none()
            && record.format == Format::Json
            && !record.flags.has(Flags::PARSE_FAILED)
            && std::str::from_utf8(record.raw).is_ok();
        if verbatim {
            out.extend_from_slice(record.raw.trim_ascii());
            return;
        }
        out.push(b'{');
        let mut first = true;
        parser.fields(record.raw, record.format, &mut |name, value| {
            if !first {
                out.push(b',');
            }
            first = false;
            string(name.as_bytes(), out);
            out.push(b':');
            string(self.redacted(value).as_bytes(), out);
            true
        });
        out.push(b'}');
    }
}

/// A JSON string (RFC 8259, section 7) of UTF-8 bytes.
fn string(text: &[u8], out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    out.push(b'"');
    let mut done = 0;
    for (at, &b) in text.iter().enumerate() {
        let escape = ESCAPES[usize::from(b)];
        if escape == 0 {
            continue;
        }
        out.extend_from_slice(&text[done..at]);
        done = at + 1;
        if escape == b'u' {
            out.extend_from_slice(b"\\u00");
            out.push(HEX[usize::from(b >> 4)]);
            out.push(HEX[usize::from(b & 15)]);
        } else {
            out.extend_from_slice(&[b'\\', escape]);
        }
    }
    out.extend_from_slice(&text[done..]);
    out.push(b'"');
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
    table[127] = b'u';
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
            let date = Timestamp(day * DAY * 1_000_000_000).to_jiff().to_zoned(jiff::tz::TimeZone::UTC).date();
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
        check("plain", "/time", serde_json::Value::Null);
        check("plain", "/fields", serde_json::json!({}));
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
        check(1_735_830_245_120_000_000, "2025-01-02T15:04:05.120Z");
        check(1_735_830_245_000_001_000, "2025-01-02T15:04:05.000001Z");
    }
}
