//! Fields of the records as columns of the list.
//!
//! Owns which fields are columns, how wide they are, and which fields there are to choose from. Must not know how they
//! are drawn.

use super::event::Effect;
use super::layout::MAX_COLUMNS;
use super::picker::{Picker, PickerKind, PickerRow};
use super::{App, text};
use crate::model::address::Tab;
use crate::model::documents::field;
use crate::model::{Format, Record};
use crate::parse::Parser;
use crate::parse::json;
use crate::parse::text as safe;
use std::collections::HashMap;

/// The most columns that a field takes.
const MAX_WIDTH: usize = 24;
/// Records around the cursor that are looked at, and their bytes.
const SAMPLE: usize = 500;
const SAMPLE_BYTES: usize = 4 << 20;
/// The most different names that are found in them.
const MAX_NAMES: usize = 2000;
/// The most characters of a value that are looked at.
const MAX_VALUE: usize = 200;

/// The fields that are columns, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldColumns {
    columns: Vec<FieldColumn>,
    /// Records that the view had when widths were measured last.
    measured: usize,
}

/// A field that is a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldColumn {
    /// The field's name, nested ones dotted, as it is written.
    name: String,
    /// The name, safe for a terminal.
    title: String,
    width: Width,
}

/// How wide a column is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Width {
    /// The widest value seen, or its name, in columns of the screen.
    Measured(usize),
    /// Always so many.
    Fixed(usize),
    /// A part of the screen, whatever is in it: so many of 120 columns.
    Part(usize),
}

impl Width {
    fn on(self, screen: u16) -> usize {
        match self {
            Self::Measured(width) | Self::Fixed(width) => width,
            Self::Part(part) => (usize::from(screen) * part / 120).clamp(12, 60),
        }
    }
}

impl FieldColumn {
    fn new(name: String) -> Self {
        let title = safe::safe_line(name.as_bytes()).into_owned();
        let width = Width::Measured(text::width(&title).clamp(1, MAX_WIDTH));
        Self { name, title, width }
    }

    /// One that is not chosen: its values are known to fit.
    fn known(name: &str, title: &str, width: Width) -> Self {
        Self { name: name.to_owned(), title: title.to_owned(), width }
    }

    /// The field's name, safe for a terminal.
    pub fn title(&self) -> &str {
        &self.title
    }
}

impl FieldColumns {
    /// Whether a field is one of them.
    pub(super) fn has(&self, name: &str) -> bool {
        self.columns.iter().any(|column| column.name == name)
    }

    /// Each of them.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &FieldColumn> {
        self.columns.iter()
    }

    /// The width that each would like to have on a screen.
    pub(super) fn widths(&self, screen: u16) -> impl Iterator<Item = usize> {
        self.columns.iter().map(move |column| column.width.on(screen))
    }

    /// Those of a tab: changes of documents have what happened and to which one.
    pub(super) fn of_tab(tab: Tab, names: &[String]) -> Self {
        let mut columns = Self::of(names.iter().cloned());
        if tab == Tab::Firestore {
            let op = FieldColumn::known(field::OP, "OP", Width::Fixed(3));
            let document = FieldColumn::known(field::DOCUMENT, "DOCUMENT", Width::Part(35));
            columns.columns.retain(|column| ![field::OP, field::DOCUMENT].contains(&column.name.as_str()));
            columns.columns.splice(..0, [op, document]);
            columns.columns.truncate(MAX_COLUMNS);
        }
        columns
    }

    /// These fields, without repetitions.
    pub(super) fn of(names: impl IntoIterator<Item = String>) -> Self {
        let mut chosen = Self::default();
        for name in names {
            if !chosen.has(&name) && chosen.columns.len() < MAX_COLUMNS {
                chosen.columns.push(FieldColumn::new(name));
            }
        }
        chosen
    }
}

/// A field that was found near the cursor.
#[derive(Clone, Debug)]
struct Found {
    name: String,
    example: String,
    records: usize,
}

impl App {
    /// What a record has in the chosen columns.
    pub(super) fn cells(&self, record: &Record<'_>, parser: &mut Parser) -> Vec<String> {
        let columns = &self.tab().columns.columns;
        if columns.is_empty() || record.format == Format::Note {
            return Vec::new();
        }
        let mut cells = vec![String::new(); columns.len()];
        let mut left = columns.len();
        parser.fields(record.raw, record.format, &mut |name, value| {
            if let Some(at) = columns.iter().position(|column| column.name == name)
                && cells[at].is_empty()
            {
                cells[at] = short(&value);
                left -= 1;
            }
            left > 0
        });
        cells
    }

    /// Looks at the records around the cursor, also at those above and below the screen.
    fn sample(&self, mut look: impl FnMut(&str, &str)) -> usize {
        let view = &self.tab().view;
        let cursor = view.cursor_position().unwrap_or(0);
        let start = cursor.saturating_sub(SAMPLE / 2).min(view.len().saturating_sub(SAMPLE));
        let mut parser = self.parser.clone();
        let (mut records, mut bytes) = (0, 0);
        for id in view.window(start, SAMPLE) {
            let Some(record) = self.engine.store().record(id).filter(|record| record.format != Format::Note) else {
                continue;
            };
            records += 1;
            bytes += record.raw.len();
            parser.fields(record.raw, record.format, &mut |name, value| {
                look(name, &value);
                true
            });
            if bytes > SAMPLE_BYTES {
                break;
            }
        }
        records
    }

    /// The list of fields to choose columns from: those that are columns first, then the most frequent.
    pub(super) fn choose_columns(&mut self) {
        let mut found: Vec<Found> = Vec::new();
        let mut places: HashMap<String, usize> = HashMap::new();
        let records = self.sample(|name, value| {
            let at = match places.get(name) {
                Some(at) => *at,
                None if found.len() >= MAX_NAMES => return,
                None => {
                    places.insert(name.to_owned(), found.len());
                    found.push(Found { name: name.to_owned(), example: String::new(), records: 0 });
                    found.len() - 1
                }
            };
            found[at].records += 1;
            if found[at].example.is_empty() {
                found[at].example = short(value);
            }
        });
        // What the list shows anyway comes last.
        found.sort_by_key(|field| (json::is_header(field.name.as_bytes()), std::cmp::Reverse(field.records)));
        let chosen = &self.tab().columns;
        let mut names: Vec<String> = chosen.columns.iter().map(|column| column.name.clone()).collect();
        let had = names.len();
        names.extend(found.iter().map(|field| field.name.clone()).filter(|name| !chosen.has(name)));
        let row = |(at, name): (usize, &String)| {
            let field = places.get(name).and_then(|_| found.iter().find(|field| field.name == *name));
            let example = field.map(|field| self.redactor.redact_field(name, &field.example).text.into_owned());
            PickerRow {
                text: safe::safe_line(name.as_bytes()).into_owned(),
                beside: example.unwrap_or_default(),
                keys: format!("{} of {records}", field.map_or(0, |field| field.records.min(records))),
                ticked: Some(at < had),
                ..PickerRow::default()
            }
        };
        let rows: Vec<_> = names.iter().enumerate().map(row).collect();
        if rows.is_empty() {
            return self.say("the records around the cursor have no fields");
        }
        self.open_picker(Picker::new("Columns", PickerKind::Columns { names, had }, rows));
    }

    /// Takes these fields as columns of the tab.
    pub(super) fn set_columns(&mut self, names: impl IntoIterator<Item = String>) {
        let mut columns = FieldColumns::of(names);
        // What was known to fit stays as it was.
        for column in &mut columns.columns {
            let known = self.tab().columns.columns.iter().find(|known| known.name == column.name);
            if let Some(known) = known {
                *column = known.clone();
            }
        }
        self.tab_mut().columns = columns;
        self.widen_columns();
        let chosen: Vec<_> = self.tab().columns.iter().map(FieldColumn::title).collect();
        let hidden = self.columns().fields[..chosen.len()].iter().filter(|(_, width)| *width == 0).count();
        let words = match (chosen.as_slice(), hidden) {
            ([], _) => "columns: none".to_owned(),
            (chosen, 0) => format!("columns: {}", chosen.join(", ")),
            (chosen, hidden) => format!("columns: {}; no room for {hidden} of them", chosen.join(", ")),
        };
        self.say(words);
    }

    /// Makes columns as wide as their values are, as long as few records were there to be measured. They never get
    /// narrower by themselves.
    pub(super) fn widen_columns(&mut self) {
        let (len, columns) = (self.tab().view.len(), &self.tab().columns);
        let is_due = len > columns.measured * 2 && columns.measured < SAMPLE;
        if columns.columns.is_empty() || !is_due {
            return;
        }
        let mut widths: Vec<usize> = columns.widths(0).collect();
        let names: Vec<&str> = columns.columns.iter().map(|column| column.name.as_str()).collect();
        self.sample(|name, value| {
            if let Some(at) = names.iter().position(|other| *other == name) {
                widths[at] = widths[at].max(text::width(&short(value)).min(MAX_WIDTH));
            }
        });
        let columns = &mut self.tab_mut().columns;
        columns.measured = len;
        for (column, width) in columns.columns.iter_mut().zip(widths) {
            if let Width::Measured(measured) = &mut column.width {
                *measured = width;
            }
        }
    }
}

/// `:columns NAME …`; without names the columns are taken away.
pub(super) fn command(app: &mut App, words: &str, _: &mut Vec<Effect>) -> Result<(), String> {
    let names: Vec<_> = words.split([' ', ',']).filter(|name| !name.is_empty()).map(str::to_owned).collect();
    if names.len() > MAX_COLUMNS {
        return Err(format!("columns takes at most {MAX_COLUMNS} names"));
    }
    app.set_columns(names);
    Ok(())
}

/// The beginning of a value on one line, safe for a terminal.
fn short(value: &str) -> String {
    let end = value.char_indices().nth(MAX_VALUE).map_or(value.len(), |(end, _)| end);
    safe::safe_line(&value.as_bytes()[..end]).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_once_and_at_most_eight() {
        let check = |words: &str, expected: &[&str]| {
            let columns = FieldColumns::of(words.split(' ').map(str::to_owned));
            let names: Vec<_> = columns.iter().map(FieldColumn::title).collect();
            assert_eq!(names, expected, "{words}");
        };
        check("a b a", &["a", "b"]);
        check("1 2 3 4 5 6 7 8 9 10", &["1", "2", "3", "4", "5", "6", "7", "8"]);
        check("x\x1b[2J", &["x<1B>[2J"]);
    }

    #[test]
    fn values_are_bounded_and_safe() {
        assert_eq!(short("a\nb\x1b"), "a<0A>b<1B>");
        assert_eq!(short(&"日".repeat(1000)).chars().count(), MAX_VALUE);
    }
}
