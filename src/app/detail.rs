//! The detail pane: everything about one record, as lines.
//!
//! Owns what is told and in which order. Must not know colours. Its lines are made anew when the record, the width or a
//! switch changes, and with each tick while neighbours can still come.

mod bytes;
mod fields;

pub(super) use fields::DetailField;

use super::format::{Digits, age, bytes, date, offset, time_of_day};
use super::tab::Lines;
use super::{App, Role, text};
use crate::model::{Flags, Format, OriginId, Record, Severity, SeverityFrom};
use crate::parse::json;
use crate::parse::text as safe;
use crate::store::RecordId;
use std::borrow::Cow;
use std::collections::HashSet;

/// Where values begin.
const VALUE: usize = 14;
/// The most lines of a message or of raw bytes.
const MAX_LINES: usize = 400;
/// The most containers that are remembered as opened or folded by hand.
const MAX_TOGGLED: usize = 256;

/// The open pane of a tab.
#[derive(Debug)]
pub struct Detail {
    pub(super) focused: bool,
    pub(super) scroll: usize,
    /// The line with the cursor, while it is focused.
    pub(super) cursor: usize,
    pub(super) look: DetailLook,
    pub(super) secrets: Show,
    /// Neighbours before and after.
    pub(super) around: usize,
    /// The record that the lines are about.
    pub(super) id: Option<RecordId>,
    pub(super) lines: Vec<DetailLine>,
    /// What the lines of fields are about.
    fields: Vec<DetailField>,
    /// The containers, by path, that are not as their size would have it: opened by hand, or folded.
    toggled: HashSet<String>,
    /// A container that was just opened or folded.
    opening: Option<String>,
}

/// In which form the record is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DetailLook {
    /// Its message and fields.
    Fields,
    /// Its text as it was written, control characters made visible.
    Raw,
    /// Its bytes in hexadecimal.
    Bytes,
}

impl DetailLook {
    pub(super) fn next(self) -> Self {
        match self {
            Self::Fields => Self::Raw,
            Self::Raw => Self::Bytes,
            Self::Bytes => Self::Fields,
        }
    }
}

/// Whether something is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Show {
    No,
    Yes,
}

impl Show {
    pub(super) fn toggle(&mut self) {
        *self = if *self == Self::Yes { Self::No } else { Self::Yes };
    }
}

/// A line of the pane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DetailLine {
    /// A heading across the screen, with words on both sides.
    Heading(String, String),
    /// Text of several colours.
    Text(Vec<DetailSpan>),
}

/// Text of one colour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DetailSpan {
    /// Safe for a terminal.
    pub text: String,
    /// What it is.
    pub role: Role,
}

fn span(text: impl Into<String>, role: Role) -> DetailSpan {
    DetailSpan { text: text.into(), role }
}

impl Detail {
    pub(super) fn new() -> Self {
        Self {
            focused: false,
            scroll: 0,
            cursor: 0,
            look: DetailLook::Fields,
            secrets: Show::No,
            around: 3,
            id: None,
            lines: Vec::new(),
            fields: Vec::new(),
            toggled: HashSet::new(),
            opening: None,
        }
    }

    /// Whether it has the keys.
    pub fn is_focused(&self) -> bool {
        self.focused
    }

    /// How many lines are scrolled away.
    pub fn scroll(&self) -> usize {
        self.scroll
    }

    /// Its lines.
    pub fn lines(&self) -> &[DetailLine] {
        &self.lines
    }

    /// Whether it shows what is secret.
    pub fn reveals(&self) -> bool {
        self.secrets == Show::Yes
    }

    /// In which form it shows the record.
    pub fn look(&self) -> DetailLook {
        self.look
    }

    /// The line with the cursor, while it has the keys.
    pub fn cursor(&self) -> Option<usize> {
        self.focused.then_some(self.cursor)
    }

    /// The field that the cursor is on, with its value as filters compare it: its name (nested ones dotted) and its
    /// text, neither safe for a terminal. `None` on other lines, on a part of an array or an object, which are no
    /// fields of their own, and on a secret that is not shown.
    pub fn field_at_cursor(&self) -> Option<(String, String)> {
        let field = self.field_here()?;
        (field.is_field && !field.is_hidden).then(|| (field.path.clone(), field.value.clone()))
    }

    pub(super) fn field_here(&self) -> Option<&DetailField> {
        let cursor = self.cursor()?;
        self.fields.iter().find(|field| field.lines.contains(&cursor))
    }

    /// Puts the cursor on a line; a pane of `height` lines scrolls as far as it must.
    pub(super) fn go_to(&mut self, line: usize, height: usize) {
        self.cursor = line.min(self.lines.len().saturating_sub(1));
        let lowest = (self.cursor + 1).saturating_sub(height);
        self.scroll = self.scroll.clamp(lowest, self.cursor.max(lowest));
    }

    /// Takes the keys, or gives them back; the cursor is then on a line that is seen.
    pub(super) fn toggle_focus(&mut self, height: usize) {
        self.focused = !self.focused;
        let last = self.lines.len().saturating_sub(1);
        self.cursor = self.cursor.clamp(self.scroll, self.scroll + height.saturating_sub(1)).min(last);
    }

    /// Takes new lines for a record.
    pub(super) fn take(&mut self, id: Option<RecordId>, made: Made, height: usize) {
        if self.id != id {
            (self.scroll, self.cursor) = (0, 0);
        }
        self.id = id;
        self.lines = made.lines;
        self.fields = made.fields;
        self.scroll = self.scroll.min(self.lines.len().saturating_sub(height));
        if self.focused {
            self.go_to(self.cursor, height);
        }
        if let Some(path) = self.opening.take() {
            // What was opened is seen, as far as it fits below its own line.
            let inside = |field: &&DetailField| {
                field.lines.start >= self.cursor
                    && field.path.strip_prefix(&path).is_some_and(|rest| rest.starts_with('.'))
            };
            let end = self.fields.iter().rev().find(inside).map_or(0, |field| field.lines.end);
            self.scroll = self.scroll.max(end.saturating_sub(height)).min(self.cursor);
        }
    }

    /// Opens the container under the cursor, or folds it. `false` when there is none.
    pub(super) fn toggle_container(&mut self) -> bool {
        let Some(path) = self.field_here().filter(|field| field.is_container).map(|field| field.path.clone()) else {
            return false;
        };
        if !self.toggled.remove(&path) && self.toggled.len() < MAX_TOGGLED {
            self.toggled.insert(path.clone());
        }
        self.opening = Some(path);
        true
    }
}

/// The lines of a record, and which of them are fields.
#[derive(Debug, Default)]
pub(super) struct Made {
    pub(super) lines: Vec<DetailLine>,
    pub(super) fields: Vec<DetailField>,
}

/// Collects lines.
struct Lister<'a> {
    app: &'a App,
    width: usize,
    wrap: Lines,
    secrets: Show,
    toggled: &'a HashSet<String>,
    lines: Vec<DetailLine>,
    fields: Vec<DetailField>,
}

impl App {
    /// The lines of the pane for the record under the cursor.
    pub(super) fn detail_lines(&self) -> Made {
        let tab = self.tab();
        let Some(detail) = &tab.detail else { return Made::default() };
        let record = tab.view.cursor().and_then(|id| Some((id, self.engine.store().record(id)?)));
        let Some((id, record)) = record else {
            return Made { lines: vec![DetailLine::Text(vec![span("   no record", Role::Dim)])], fields: Vec::new() };
        };
        let width = usize::from(self.size.0).saturating_sub(VALUE + 1).max(10);
        let mut lister = Lister {
            app: self,
            width,
            wrap: tab.lines,
            secrets: detail.secrets,
            toggled: &detail.toggled,
            lines: Vec::new(),
            fields: Vec::new(),
        };
        lister.record(&record);
        match detail.look {
            DetailLook::Fields => {
                lister.message(&record);
                lister.note();
                lister.fields(&record);
                lister.notes(&record);
            }
            DetailLook::Raw => lister.raw(&record),
            DetailLook::Bytes => lister.bytes(&record),
        }
        lister.around(id, record.origin, detail.around);
        Made { lines: lister.lines, fields: lister.fields }
    }

    /// Whether the detail pane has the keys.
    pub(super) fn detail_is_focused(&self) -> bool {
        self.tab().detail.as_ref().is_some_and(|detail| detail.focused)
    }

    /// Rows of the detail pane below its heading.
    pub(super) fn detail_height(&self) -> usize {
        self.layout().and_then(|layout| layout.pane).map_or(0, |pane| usize::from(pane.height).saturating_sub(1))
    }

    /// Opens or folds the container under the detail pane's cursor. `false` when there is none.
    pub(super) fn fold_in_detail(&mut self) -> bool {
        self.tab_mut().detail.as_mut().is_some_and(Detail::toggle_container)
    }

    /// The value under the detail pane's cursor, redacted and safe for a terminal.
    pub(super) fn value_to_copy(&self) -> Option<String> {
        let field = self.tab().detail.as_ref()?.field_here()?;
        let value = safe::safe(field.value.as_bytes());
        Some(self.redactor.redact_field(&field.path, &value).text.into_owned())
    }
}

impl Lister<'_> {
    fn entry(&mut self, label: &str, spans: Vec<DetailSpan>) {
        let mut all = vec![span(format!("   {label:<width$}", width = VALUE - 3), Role::Dim)];
        all.extend(spans);
        self.lines.push(DetailLine::Text(all));
    }

    fn blank(&mut self) {
        self.lines.push(DetailLine::Text(Vec::new()));
    }

    fn record(&mut self, record: &Record<'_>) {
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
        if let Some(label) =
            source.map(crate::engine::Source::label).filter(|label| *label != place && !label.is_empty())
        {
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
    fn note(&mut self) {
        if let Some(mark) = self.app.mark_here() {
            let note = if mark.note.is_empty() { "marked, without a note" } else { &mark.note };
            for (n, row) in text::wrap_words(note, self.width, 12).into_iter().enumerate() {
                self.entry(if n == 0 { "mark" } else { "" }, vec![span(&note[row], Role::Accent)]);
            }
        }
    }

    fn message(&mut self, record: &Record<'_>) {
        let message = safe::message(record);
        let message = self.redacted(None, &message);
        self.value("message", &message, MAX_LINES);
    }

    fn redacted(&self, name: Option<&str>, text: &str) -> String {
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

    fn notes(&mut self, record: &Record<'_>) {
        self.blank();
        let size = bytes(record.raw.len() as u64);
        let lines = memchr::memchr_iter(b'\n', record.raw).count() + 1;
        let lines = if lines > 1 { format!(", {lines} lines") } else { String::new() };
        let whole = if record.cut > 0 {
            span(format!(", cut: {} are not held", bytes(record.cut)), Role::Warn)
        } else {
            span(", whole", Role::Dim)
        };
        let mark = self.app.mark_here().filter(|mark| self.app.engine.store().record(mark.key.id).is_some());
        if let Some(mark) = mark {
            let note = if mark.note.is_empty() { "marked, without a note" } else { &mark.note };
            self.value("mark", note, 10);
        }
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

    fn raw(&mut self, record: &Record<'_>) {
        let raw = safe::raw_visible(record.raw);
        let raw = self.redacted(None, &raw);
        self.value("raw", &raw, MAX_LINES * 2);
        if record.cut > 0 {
            self.entry("", vec![span(safe::cut_note(record.cut), Role::Warn)]);
        }
    }

    fn around(&mut self, id: RecordId, origin: OriginId, count: usize) {
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
            } else if self.app.time != super::TimeStyle::Off {
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
fn marked(line: &str) -> Vec<DetailSpan> {
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
