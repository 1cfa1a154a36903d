//! Marked records, with notes.
//!
//! Owns them. A mark keeps what it needs for a handover, so that it outlives its record. Must not know keys.

use super::format::{Digits, time_of_day};
use super::picker::{Picker, PickerKind, PickerRow};
use super::prompt::PromptKind;
use super::view::Direction;
use super::{App, TimeStyle};
use crate::model::address::Tab;
use crate::model::{Severity, SourceId, Timestamp};
use crate::parse::text as safe;
use crate::store::{Key, RecordId};
use std::collections::BTreeMap;

/// The most bytes of text that a mark keeps of its record.
const MAX_TEXT: usize = 4 << 10;
/// The most characters of a note.
pub const MAX_NOTE: usize = 500;

/// A marked record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Which, and where it stands in time.
    pub key: Key,
    /// The source that it came from.
    pub source: SourceId,
    /// Its own time.
    pub time: Option<Timestamp>,
    /// How bad it is.
    pub severity: Severity,
    /// Where it came from, safe for a terminal.
    pub origin: String,
    /// Its message, safe for a terminal, not redacted.
    pub text: String,
    /// What the user wrote about it; may be empty. Safe for a terminal.
    pub note: String,
}

/// All marks, in the order of time.
#[derive(Clone, Debug, Default)]
pub struct Marks {
    by_key: BTreeMap<Key, Mark>,
    /// The mark that the cursor jumped to last, and where that put it.
    jumped: Option<(Key, Option<RecordId>)>,
    /// What a note is being written about.
    noting: Option<Box<Mark>>,
}

impl Marks {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.by_key.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.by_key.len()
    }

    /// All of them, the oldest record first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Mark> {
        self.by_key.values()
    }

    /// The mark of a record.
    pub fn get(&self, key: Key) -> Option<&Mark> {
        self.by_key.get(&key)
    }

    /// Marks a record, or takes its mark away. `true` when it is marked now.
    pub(super) fn toggle(&mut self, mark: Mark) -> bool {
        if self.by_key.remove(&mark.key).is_some() {
            return false;
        }
        self.by_key.insert(mark.key, mark);
        true
    }
}

impl Marks {
    /// Puts a note on a record, which is marked then; an empty one is taken away.
    fn set_note(&mut self, mut mark: Mark, note: &str) {
        let note: String = safe::safe_line(note.trim().as_bytes()).chars().take(MAX_NOTE).collect();
        mark.note = note;
        self.by_key.insert(mark.key, mark);
    }

    /// The next mark of these sources from a place on; `true` beside it when that went round an end.
    fn beside(&self, from: Key, direction: Direction, here: impl Fn(SourceId) -> bool) -> Option<(Key, bool)> {
        let here = |(key, mark): (&Key, &Mark)| here(mark.source).then_some(*key);
        let next = match direction {
            Direction::Forward => self.by_key.range(from..).filter(|(key, _)| **key > from).find_map(here),
            Direction::Backward => self.by_key.range(..from).rev().find_map(here),
        };
        let far = || match direction {
            Direction::Forward => self.by_key.iter().find_map(here),
            Direction::Backward => self.by_key.iter().rev().find_map(here),
        };
        next.map(|key| (key, false)).or_else(|| far().map(|key| (key, true)))
    }
}

impl App {
    /// Whether a record is marked.
    pub(super) fn is_marked(&self, id: RecordId) -> bool {
        !self.marks.is_empty()
            && self.engine.store().segments().key(id).is_some_and(|key| self.marks.get(key).is_some())
    }

    /// The mark of the record under the cursor.
    pub fn mark_here(&self) -> Option<&Mark> {
        let id = self.tab().view.cursor()?;
        self.marks.get(self.engine.store().segments().key(id)?)
    }

    /// Opens the prompt for a note on the record under the cursor.
    pub(super) fn write_note(&mut self) {
        let Some(mark) = self.tab().view.cursor().and_then(|id| self.mark_of(id)) else {
            return self.say("no record to mark");
        };
        let old = self.marks.get(mark.key).map(|mark| mark.note.clone()).unwrap_or_default();
        self.marks.noting = Some(Box::new(mark));
        self.open_prompt(PromptKind::Note, &old);
    }

    /// Takes the note that was written.
    pub(super) fn take_note(&mut self, note: &str) {
        let Some(mark) = self.marks.noting.take() else { return };
        let was_marked = self.marks.get(mark.key).is_some();
        let is_empty = note.trim().is_empty();
        let is_long = note.trim().chars().count() > MAX_NOTE;
        self.marks.set_note(*mark, note);
        self.say(match (is_empty, was_marked) {
            _ if is_long => format!("the note was cut to {MAX_NOTE} characters"),
            (true, true) => "marked, without a note".to_owned(),
            (false, true) => "note kept".to_owned(),
            (_, false) => "marked".to_owned(),
        });
    }

    /// Goes to the next mark of the view in time, round the ends.
    pub(super) fn next_mark(&mut self, direction: Direction) {
        let tab = self.tab();
        let Some(id) = tab.view.cursor() else {
            return self.say("no record in the list");
        };
        // From a mark whose record is not in the list, the jump goes on behind the mark, not behind the cursor.
        let from = match self.marks.jumped {
            Some((key, Some(landed))) if landed == id => Some(key),
            _ => self.engine.store().segments().key(id),
        };
        let sources = tab.view.sources();
        let found = from.and_then(|from| self.marks.beside(from, direction, |source| sources.contains(source)));
        let Some((key, went_round)) = found else {
            let (mark, all) = (self.key_of("mark"), self.marks.len());
            return self.say(if all == 0 {
                format!("nothing is marked: {mark} marks the record")
            } else {
                format!("nothing is marked in this tab; {all} in others")
            });
        };
        self.jump_to_mark(key);
        if went_round && self.message.is_none() {
            self.say(match direction {
                Direction::Forward => "went on from the first mark",
                Direction::Backward => "went on from the last mark",
            });
        }
    }

    /// Goes to a marked record, in another tab if it is there. One that the filter hides or that is gone: to the nearest.
    pub(super) fn jump_to_mark(&mut self, key: Key) {
        let Some(mark) = self.marks.get(key) else { return };
        let shows = |tab: &super::TabState| tab.view.sources().contains(mark.source);
        if !shows(self.tab()) {
            match self.tabs.iter().position(shows) {
                Some(index) => self.show_tab(index),
                None => return self.say("the source of this mark is not open"),
            }
        }
        let height = self.records_on_screen();
        let is_held = self.engine.store().record(key.id).is_some();
        let tab = &mut self.tabs[self.active];
        let store = self.engine.store();
        let is_shown = tab.view.position(key.id, store).is_some();
        if tab.view.is_empty() {
            return self.say("the filter hides every record, also the marked one");
        }
        if is_held {
            tab.view.go_to_record(key.id, store, height);
        } else if let Some(position) = tab.view.position_of_time(key.order) {
            tab.view.go_to(position, height);
        }
        self.marks.jumped = Some((key, self.tab().view.cursor()));
        if !is_held {
            self.say("the marked record had to go; this is the nearest one (the mark keeps its text)");
        } else if !is_shown {
            self.say(format!(
                "the filter hides the marked record; this is the nearest one ({} shows it)",
                self.key_of("context")
            ));
        }
    }

    /// The list of all marks.
    pub(super) fn list_marks(&mut self) {
        if self.marks.is_empty() {
            return self.say(format!("nothing is marked: {} marks the record", self.key_of("mark")));
        }
        let zone = self.shown_zone();
        let row = |mark: &Mark| {
            let time = mark.time.filter(|_| self.time != TimeStyle::Off);
            let time = time.map(|time| time_of_day(time, &zone, Digits::Millis)).unwrap_or_default();
            let note = if mark.note.is_empty() { String::new() } else { format!("\"{}\"  ", mark.note) };
            let line = mark.text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
            let gone = if self.engine.store().record(mark.key.id).is_some() { "" } else { "gone, " };
            let tab = self.engine.source(mark.source).map_or(Tab::Ci, crate::engine::Source::tab);
            PickerRow {
                text: format!("{time} {} {}", mark.severity.short(), mark.origin).trim_start().to_owned(),
                beside: format!("{note}{}", safe::expand_tabs(line)),
                keys: format!("{gone}{}", tab.title()),
                ..PickerRow::default()
            }
        };
        let rows: Vec<_> = self.marks.iter().map(row).collect();
        let keys = self.marks.iter().map(|mark| mark.key).collect();
        self.open_picker(Picker::new("Marks", PickerKind::Marks(keys), rows));
    }

    /// The marked records.
    pub fn marks(&self) -> &Marks {
        &self.marks
    }

    /// What a mark on a record keeps; `None` when the record is gone.
    pub(super) fn mark_of(&self, id: RecordId) -> Option<Mark> {
        let store = self.engine.store();
        let (key, record) = (store.segments().key(id)?, store.record(id)?);
        let mut text = safe::message(&record).into_owned();
        if text.len() > MAX_TEXT {
            text.truncate(text.floor_char_boundary(MAX_TEXT));
        }
        Some(Mark {
            key,
            source: record.origin.source(),
            time: record.time,
            severity: record.severity,
            origin: self.origin_name(record.origin).into_owned(),
            text,
            note: String::new(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(order: i64, source: u16) -> Mark {
        Mark {
            key: Key { order: Timestamp(order), id: RecordId(order as u64) },
            source: SourceId(source),
            time: None,
            severity: Severity::Unknown,
            origin: String::new(),
            text: String::new(),
            note: String::new(),
        }
    }

    #[test]
    fn the_next_mark_in_time_and_round_the_ends() {
        let mut marks = Marks::default();
        for (order, source) in [(10, 0), (20, 1), (30, 0)] {
            assert!(marks.toggle(mark(order, source)));
        }
        let check = |from: i64, direction, expected: Option<(i64, bool)>| {
            let found = marks.beside(mark(from, 0).key, direction, |source| source == SourceId(0));
            assert_eq!(found.map(|(key, round)| (key.order.0, round)), expected, "{from} {direction:?}");
        };
        check(5, Direction::Forward, Some((10, false)));
        check(10, Direction::Forward, Some((30, false)));
        check(30, Direction::Forward, Some((10, true)));
        check(30, Direction::Backward, Some((10, false)));
        check(10, Direction::Backward, Some((30, true)));
        assert_eq!(marks.beside(Key::MIN, Direction::Forward, |_| false), None);
    }

    #[test]
    fn notes_are_safe_and_bounded() {
        let check = |note: &str, expected: &str| {
            let mut marks = Marks::default();
            marks.set_note(mark(1, 0), note);
            assert_eq!(marks.get(mark(1, 0).key).map(|mark| mark.note.as_str()), Some(expected), "{note}");
        };
        check("  it begins here ", "it begins here");
        check("a\nb\x1b[2J", "a<0A>b<1B>[2J");
        check("", "");
        check(&"日".repeat(900), &"日".repeat(MAX_NOTE));
    }
}
