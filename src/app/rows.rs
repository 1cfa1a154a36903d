//! The rows of the list: what of a record is seen in one line.
//!
//! Owns how a record becomes cells' text. Must not know colours or glyphs. Only rows on the screen are made.

use super::format::{Digits, age, date, offset, thousands, time_of_day};
use super::opened::Below;
use super::tab::Lines;
use super::view::Repeats;
use super::{App, TimeStyle, text};
use crate::model::{Flags, Format, OriginId, Record, Severity, Timestamp};
use crate::parse::text as safe;
use jiff::tz::TimeZone;
use std::borrow::Cow;

/// The most columns of a count of repeats, and the gap before it.
const COUNT_COLUMNS: usize = 8;

/// What a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowKind {
    /// A record that the filter shows.
    Record,
    /// A record that does not match the filter, beside one that does.
    Context,
    /// A line that logdeck itself put into the stream.
    Note,
}

/// One row of the list.
#[derive(Clone, Debug)]
pub struct Row<'a> {
    /// Whether the cursor is on it.
    pub is_cursor: bool,
    /// What it is.
    pub kind: RowKind,
    /// Its time as the list shows it; empty when it has none.
    pub time: String,
    /// How bad it is.
    pub severity: Severity,
    /// The short name of its origin; empty when there is only one.
    pub origin: Cow<'a, str>,
    /// The container of its pod; empty where no column shows it.
    pub container: &'a str,
    /// What tells its pod from others.
    pub tint: Option<u8>,
    /// The first line of the message.
    pub text: Cow<'a, str>,
    /// How many lines are folded away behind it.
    pub more: usize,
    /// How many records it stands for: itself, and those behind it that repeat it.
    pub records: usize,
    /// What else a structured record says, as `  name=value` each; as much as fits on a screen.
    pub fields: String,
    /// Whether it is marked.
    pub is_marked: bool,
    /// The values of the chosen columns; empty where it has none.
    pub cells: Vec<String>,
    /// The further lines of an opened record that are on the screen.
    pub below: Vec<Below>,
}

impl App {
    /// The rows of the list that are on the screen, from the top.
    pub fn rows(&self) -> Vec<Row<'_>> {
        let tab = self.tab();
        let cursor = tab.view.cursor();
        let columns = self.columns();
        let height = self.list_height();
        let mut left = height;
        let millis = self.size.0 >= 100;
        let mut parser = self.parser.clone();
        let (collapses, has_context) = (tab.view.repeats() == Repeats::Collapsed, tab.view.has_context());
        let mut rows = Vec::with_capacity(height);
        for (n, id) in tab.view.window(tab.top, height).enumerate() {
            let Some(record) = self.engine.store().record(id) else { continue };
            let mut row = self.row(&record, cursor == Some(id), millis, columns.origin.1 > 0);
            if collapses {
                row.records = tab.view.records_in(tab.top + n);
            }
            row.is_marked = self.is_marked(id);
            if has_context && row.kind == RowKind::Record && !tab.view.matcher().matches(&record, &mut parser) {
                row.kind = RowKind::Context;
            }
            row.cells = self.cells(&record, &mut parser);
            if tab.opened.is_open(id) {
                row.more = 0;
                let skip = tab.inside.filter(|(inside, _)| *inside == id).map_or(0, |(_, rows)| rows);
                row.below = self.below(&record, skip, left);
            }
            if tab.shift == 0 && tab.lines == Lines::Cut && !self.shows_changes() {
                let room = usize::from(self.size.0).saturating_sub(text::width(&row.text));
                row.fields = parser.other_fields_but(&record, &row.text, room, &|name| tab.columns.has(name));
            }
            left = left.saturating_sub(1 + row.below.len());
            rows.push(row);
            if left == 0 {
                break;
            }
        }
        rows
    }

    pub(super) fn row<'a>(&'a self, record: &Record<'a>, is_cursor: bool, millis: bool, origin: bool) -> Row<'a> {
        let (text, more) = first_line(record);
        let (container, tint) = self.container_of_origin(record.origin).unzip();
        Row {
            is_cursor,
            kind: if record.format == Format::Note { RowKind::Note } else { RowKind::Record },
            time: self.row_time(record, millis),
            severity: record.severity,
            origin: if origin { self.short_origin(record.origin) } else { Cow::Borrowed("") },
            container: container.unwrap_or_default(),
            tint,
            text,
            more,
            records: 1,
            fields: String::new(),
            is_marked: false,
            cells: Vec::new(),
            below: Vec::new(),
        }
    }

    /// The zone that times are shown in.
    pub fn shown_zone(&self) -> TimeZone {
        if self.time == TimeStyle::Utc { TimeZone::UTC } else { self.settings.zone.clone() }
    }

    /// The day of the record under the cursor, where times of day are shown.
    pub fn cursor_date(&self) -> Option<String> {
        let record = self.engine.store().record(self.tab().view.cursor()?)?;
        let clock = matches!(self.time, TimeStyle::Utc | TimeStyle::Local);
        let (time, zone) = (record.time.filter(|_| clock)?, self.shown_zone());
        let (day, then) = (date(time, &zone), offset(time, &zone));
        // Where the clock was changed since, the header's offset is not the line's.
        Some(if then == offset(self.now, &zone) { day } else { format!("{day}{then}") })
    }

    fn row_time(&self, record: &Record<'_>, millis: bool) -> String {
        // Notes have the time of their writing as their order.
        let note = (record.format == Format::Note && record.order > Timestamp::MIN).then_some(record.order);
        let Some(time) = record.time.or(note) else { return String::new() };
        let digits = if millis { Digits::Millis } else { Digits::Seconds };
        match self.time {
            TimeStyle::Utc => time_of_day(time, &TimeZone::UTC, digits),
            TimeStyle::Local => time_of_day(time, &self.settings.zone, digits),
            TimeStyle::Age => age(self.now.0.saturating_sub(time.0)),
            TimeStyle::Off => String::new(),
        }
    }

    /// The whole name of an origin, safe for a terminal.
    pub(super) fn origin_name(&self, origin: OriginId) -> Cow<'_, str> {
        safe::safe_line(self.engine.origin_name(origin).unwrap_or("?").as_bytes())
    }

    /// The columns that the text of a row has when lines wrap: counts of repeats stand behind all of them.
    pub fn wrap_columns(&self) -> usize {
        let counts = if self.tab().view.repeats() == Repeats::Collapsed { COUNT_COLUMNS } else { 0 };
        usize::from(self.columns().text.1).saturating_sub(counts)
    }
}

impl Row<'_> {
    /// The count of a row that stands for several records: `x214`, `x12,345`, `x123k`; at most seven columns.
    pub fn count(&self) -> Option<String> {
        match self.records as u64 {
            0 | 1 => None,
            count @ ..100_000 => Some(format!("x{}", thousands(count))),
            count @ ..100_000_000 => Some(format!("x{}k", thousands(count / 1000))),
            count => Some(format!("x{}M", thousands(count / 1_000_000))),
        }
    }
}

/// The last part of an origin's name without the endings that most logs have.
pub(super) fn short_name(name: &str) -> &str {
    let last = name.rsplit(['/', '\\']).find(|part| !part.is_empty()).unwrap_or(name);
    let without = |name: &'_ str, endings: &[&str]| -> usize {
        let ending = endings.iter().find(|ending| name.len() > ending.len() && name.ends_with(**ending));
        name.len() - ending.map_or(0, |ending| ending.len())
    };
    let unpacked = &last[..without(last, &[".gz", ".zst", ".bz2", ".xz"])];
    &unpacked[..without(unpacked, &[".log", ".txt", ".json", ".jsonl", ".ndjson"])]
}

/// The first line of a record's message that is not blank, with blanks for tabs, and how many lines come after it.
pub(super) fn first_line<'a>(record: &Record<'a>) -> (Cow<'a, str>, usize) {
    let message = safe::message(record);
    let mut lines = memchr::memchr_iter(b'\n', message.as_bytes()).count();
    if lines == 0 {
        let more = if record.flags.has(Flags::MULTILINE) { memchr::memchr_iter(b'\n', record.raw).count() } else { 0 };
        return (tabs_to_blanks(message), more);
    }
    let mut start = 0;
    for line in message.split('\n') {
        if !line.trim().is_empty() {
            break;
        }
        start += line.len() + 1;
        lines = lines.saturating_sub(1);
    }
    let cut = |text: &str| -> (usize, usize) {
        let start = start.min(text.len());
        (start, memchr::memchr(b'\n', &text.as_bytes()[start..]).map_or(text.len(), |end| start + end))
    };
    let text = match message {
        Cow::Borrowed(text) => {
            let (start, end) = cut(text);
            Cow::Borrowed(text[start..end].trim_end())
        }
        Cow::Owned(mut text) => {
            let (start, end) = cut(&text);
            text.truncate(end);
            text.drain(..start);
            text.truncate(text.trim_end().len());
            Cow::Owned(text)
        }
    };
    (tabs_to_blanks(text), lines)
}

fn tabs_to_blanks(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => safe::expand_tabs(text),
        Cow::Owned(text) => Cow::Owned(safe::expand_tabs(&text).into_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Batch, Meta};

    #[test]
    fn names_lose_their_usual_endings() {
        let check = |name: &str, expected: &str| assert_eq!(short_name(name), expected);
        check("logs/api/payments.log.gz", "payments");
        check("app.log.1", "app.log.1");
        check(".log", ".log");
        check("dir/", "dir");
        check("a\\b.ndjson", "b");
    }

    #[test]
    fn the_first_line_and_how_many_follow() {
        let check = |raw: &str, expected: (&str, usize)| {
            let mut batch = Batch::default();
            let flags = Flags::NONE.with(Flags::MULTILINE, raw.contains('\n'));
            batch.push(&Meta { text: (0, raw.len() as u32), flags, ..Meta::default() }, raw.as_bytes());
            let (text, more) = first_line(&batch.record(0));
            assert_eq!((&*text, more), expected, "{raw:?}");
        };
        check("one", ("one", 0));
        check("one\n  two\n  three", ("one", 2));
        check("\n\n one\ntwo", (" one", 1));
        check("a\tb\n", ("a       b", 1));
        check("", ("", 0));
        check("\n", ("", 0));
    }
}
