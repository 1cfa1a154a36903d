//! What is told of a record beside its fields: time, severity, place, message, what is special, its neighbours.
//!
//! Owns the words and their order. Must not know keys.

use super::change::REMOVED;
use super::{DetailLine, DetailSpan, Lister, Margin, Show, VALUE, span};
use crate::app::format::{Digits, age, bytes, date, offset, time_of_day};
use crate::app::tab::Lines;
use crate::app::{Role, TimeStyle, text};
use crate::model::{Flags, Format, OriginId, Record, Severity, SeverityFrom};
use crate::parse::json;
use crate::parse::text as safe;
use crate::store::RecordId;
use std::borrow::Cow;

/// The most lines of a message or of raw bytes.
const MAX_LINES: usize = 400;

impl Lister<'_> {
    pub(super) fn entry(&mut self, label: &str, spans: Vec<DetailSpan>) {
        let before = match (self.margin, label) {
            (Margin::Labels, _) => span(format!("   {label:<width$}", width = VALUE - 3), Role::Dim),
            (Margin::Signs, "") => span("   ", Role::Text),
            (Margin::Signs, REMOVED) => span(format!(" {label} "), Role::Error),
            (Margin::Signs, _) => span(format!(" {label} "), Role::Ok),
        };
        let mut all = vec![before];
        all.extend(spans);
        self.lines.push(DetailLine::Text(all));
    }

    pub(super) fn blank(&mut self) {
        self.lines.push(DetailLine::Text(Vec::new()));
    }

    pub(super) fn record(&mut self, record: &Record<'_>) {
        let app = self.app;
        let local = &app.settings.zone;
        if let Some(time) = record.time {
            let utc = time.to_jiff().strftime("%Y-%m-%d %H:%M:%S%.fZ").to_string();
            let ago = app.now.0.saturating_sub(time.0);
            let when = if ago >= 0 { format!("{} ago", age(ago)) } else { format!("in {}", age(-ago)) };
            let there = format!("{}{}", time_of_day(time, local, Digits::Seconds), offset(time, local));
            let there = if date(time, local) == date(time, &jiff::tz::TimeZone::UTC) {
                there
            } else {
                format!("{} {there}", date(time, local))
            };
            let gap = if self.width > 90 { "     " } else { "  " };
            self.entry("time", vec![span(utc, Role::Text), span(format!("{gap}({when}, local {there})"), Role::Dim)]);
        } else {
            let place = "none of its own; it stands behind the record before it";
            self.entry("time", vec![span(place, Role::Dim)]);
        }
        let name = if record.severity == Severity::Unknown { "unknown" } else { record.severity.name() };
        let from = self.severity_from(record);
        self.entry(
            "severity",
            vec![span(format!("{name:<7}"), Role::Severity(record.severity)), span(format!("  {from}"), Role::Dim)],
        );
        let source = app.engine.source(record.origin.source());
        let origin = app.origin_name(record.origin);
        let mut place = origin.into_owned();
        let label = source.map(|source| match source.label() {
            "-" => "standard input",
            label => label,
        });
        if let Some(label) = label.filter(|label| *label != place && !label.is_empty()) {
            place = format!("{place}  in {}", safe::safe_line(label.as_bytes()));
        }
        self.entry("where", vec![span(place, Role::Text), span(format!("   {}", record.format.name()), Role::Dim)]);
    }

    /// Where the severity was read: a field by its name.
    fn severity_from(&self, record: &Record<'_>) -> String {
        let mut words = record.severity_from.words().to_owned();
        if record.severity_from == SeverityFrom::Field {
            self.app.parser.clone().fields(record.raw, record.format, &mut |name, _| {
                let is_it = json::is_severity(name);
                if is_it {
                    words = format!("from field `{}`", text::shorten(&safe::safe_line(name.as_bytes()), 40, '~'));
                }
                !is_it
            });
        }
        words
    }

    /// What the user wrote about the record.
    pub(super) fn note(&mut self) {
        if let Some(mark) = self.app.mark_here() {
            let note = if mark.note.is_empty() { "marked, without a note" } else { &mark.note };
            for (n, row) in text::wrap_words(note, self.width, 12).into_iter().enumerate() {
                self.entry(if n == 0 { "mark" } else { "" }, vec![span(&note[row], Role::Accent)]);
            }
        }
    }

    pub(super) fn message(&mut self, record: &Record<'_>) {
        let message = safe::message(record);
        let message = self.redacted(None, &message);
        self.value("message", &message, MAX_LINES);
    }

    pub(super) fn redacted(&self, name: Option<&str>, text: &str) -> String {
        if self.secrets == Show::Yes {
            return text.to_owned();
        }
        match name {
            Some(name) => self.app.redactor.redact_field(name, text),
            None => self.app.redactor.redact(text),
        }
        .text
        .into_owned()
    }

    /// A text of perhaps many lines, wrapped or cut, behind its label.
    fn value(&mut self, label: &str, value: &str, limit: usize) {
        let mut label = Cow::Borrowed(label);
        let mut rest = value.split('\n');
        let mut taken = 0;
        for line in rest.by_ref() {
            let line = safe::expand_tabs(line).into_owned();
            let rows = match self.wrap {
                Lines::Wrapped => text::wrap(&line, self.width, limit - taken),
                // Messages wrap here also when the list does not: the pane is for reading them whole.
                Lines::Cut => text::wrap(&line, self.width, (limit - taken).min(40)),
            };
            taken += rows.len();
            for row in rows {
                let spans = marked(&line[row]);
                let label = std::mem::replace(&mut label, Cow::Borrowed(""));
                self.entry(&label, spans);
            }
            if taken >= limit {
                break;
            }
        }
        let left = rest.count();
        if left > 0 {
            self.entry("", vec![span(format!("... {left} more lines"), Role::Dim)]);
        }
    }

    pub(super) fn notes(&mut self, record: &Record<'_>) {
        self.blank();
        let size = bytes(record.raw.len() as u64);
        let lines = memchr::memchr_iter(b'\n', record.raw).count() + 1;
        let lines = if lines > 1 { format!(", {lines} lines") } else { String::new() };
        let whole = if record.cut > 0 {
            span(format!(", cut: {} are not held", bytes(record.cut)), Role::Warn)
        } else {
            span(", whole", Role::Dim)
        };
        self.entry("raw", vec![span(format!("{size}{lines}"), Role::Text), whole]);
        let mut label = "notes";
        for (flag, note) in [
            (Flags::PARSE_FAILED, "breaks the format of its stream (parse=failed)"),
            (Flags::ASSUMED_ZONE, "the time had no zone; the assumed one was used"),
            (Flags::ASSUMED_YEAR, "the time had no year; the nearest one was used"),
            (Flags::BAD_TIME, "its time cannot be used; it stands where it arrived"),
            (Flags::CLOCK_BACK, "the clock of its origin went back here"),
            (Flags::DIRTY, "holds codes that a terminal would act on; they are shown or left out, never sent"),
            (Flags::NO_NEWLINE, "the last line of its file; it had no newline"),
        ] {
            if record.flags.has(flag) {
                self.entry(std::mem::take(&mut label), vec![span(note, Role::Dim)]);
            }
        }
    }

    pub(super) fn raw(&mut self, record: &Record<'_>) {
        let raw = safe::raw_visible(record.raw);
        let raw = self.redacted(None, &raw);
        self.value("raw", &raw, MAX_LINES * 2);
        if record.cut > 0 {
            self.entry("", vec![span(safe::cut_note(record.cut), Role::Warn)]);
        }
    }

    pub(super) fn around(&mut self, id: RecordId, origin: OriginId, count: usize) {
        let store = self.app.engine.store();
        let mut ids = Vec::new();
        let mut at = id;
        while ids.len() < count
            && let Some(previous) = store.prev_in_origin(at)
        {
            ids.push(previous);
            at = previous;
        }
        ids.reverse();
        let here = ids.len();
        ids.push(id);
        at = id;
        while ids.len() <= here + count
            && let Some(next) = store.next_in_origin(at)
        {
            ids.push(next);
            at = next;
        }
        self.blank();
        let name = text::shorten(&self.app.short_origin(origin), 24, '~');
        let words = format!("{name}, unfiltered, {count} before and after");
        self.lines.push(DetailLine::Heading("Around".to_owned(), words));
        for (n, id) in ids.into_iter().enumerate() {
            let Some(record) = store.record(id) else { continue };
            let row = self.app.row(&record, n == here, true, false);
            let mark = if n == here { " > " } else { "   " };
            let mut spans = vec![span(mark, Role::Accent)];
            if !row.time.is_empty() {
                spans.push(span(format!("{:<12}  ", row.time), Role::Dim));
            } else if self.app.time != TimeStyle::Off {
                spans.push(span(" ".repeat(14), Role::Dim));
            }
            spans.push(span(format!("{}  ", row.severity.short()), Role::Severity(row.severity)));
            let role = if record.format == Format::Note { Role::Dim } else { Role::Text };
            spans.push(span(self.redacted(None, &row.text), role));
            if row.more > 0 {
                spans.push(span(format!("   [+{} lines]", row.more), Role::Dim));
            }
            self.lines.push(DetailLine::Text(spans));
        }
    }
}

/// Text in which notes of redaction stand out.
pub(super) fn marked(line: &str) -> Vec<DetailSpan> {
    const NOTE: &str = "[redacted: ";
    let mut spans = Vec::new();
    let mut rest = line;
    while let Some(start) = rest.find(NOTE)
        && let Some(length) = rest[start..].find(']')
    {
        if start > 0 {
            spans.push(span(&rest[..start], Role::Text));
        }
        spans.push(span(&rest[start..=start + length], Role::Warn));
        rest = &rest[start + length + 1..];
    }
    if !rest.is_empty() {
        spans.push(span(rest, Role::Text));
    }
    spans
}
