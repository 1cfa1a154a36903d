//! Marked records, with notes.
//!
//! Owns them. A mark keeps what it needs for a handover, so that it outlives its record. Must not know keys.

use super::format::{Digits, time_of_day};
use super::picker::{Picker, PickerKind, PickerRow};
use super::view::Direction;
use super::{App, PromptKind};
use crate::model::{Severity, Timestamp};
use crate::parse::text as safe;
use crate::store::{Key, RecordId};
use std::collections::BTreeMap;

/// The most characters of a note.
const MAX_NOTE: usize = 500;
/// The most bytes of text that a mark keeps of its record.
const MAX_TEXT: usize = 4 << 10;

/// A marked record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Which, and where it stands in time.
    pub key: Key,
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

    /// The marks before a place, the last one first, or behind it.
    fn from(&self, place: Key, direction: Direction) -> Vec<&Mark> {
        match direction {
            Direction::Forward => self.by_key.range(place..).map(|(_, mark)| mark).filter(|m| m.key != place).collect(),
            Direction::Backward => self.by_key.range(..place).rev().map(|(_, mark)| mark).collect(),
        }
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

impl App {
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
            time: record.time,
            severity: record.severity,
            origin: self.origin_name(record.origin).into_owned(),
            text,
            note: String::new(),
        })
    }

    /// The mark under the cursor.
    pub fn mark_here(&self) -> Option<&Mark> {
        self.marks.get(self.engine.store().segments().key(self.tab().view.cursor()?)?)
    }

    /// Asks for a note on the record under the cursor.
    pub(super) fn ask_note(&mut self) {
        if self.tab().view.cursor().is_none() {
            return self.say("no record to mark");
        }
        let note = self.mark_here().map(|mark| mark.note.clone()).unwrap_or_default();
        self.open_prompt(PromptKind::Note, &note);
    }

    /// Puts a note on the record under the cursor, which is marked then; an empty one goes away, and the mark stays.
    ///
    /// # Errors
    /// The record is gone.
    pub(super) fn take_note(&mut self, text: &str) -> Result<(), String> {
        let mark = self.tab().view.cursor().and_then(|id| self.mark_of(id));
        let Some(mark) = mark else { return Err("the record had to go".to_owned()) };
        let note: String = safe::safe_line(text.trim().as_bytes()).chars().take(MAX_NOTE).collect();
        self.say(if note.is_empty() { "marked, without a note" } else { "marked, with a note" });
        self.marks.by_key.entry(mark.key).or_insert(mark).note = note;
        Ok(())
    }

    /// Goes to the next mark of the tab's sources.
    pub(super) fn go_to_next_mark(&mut self, direction: Direction) {
        let Some(here) = self.tab().view.cursor().and_then(|id| self.engine.store().segments().key(id)) else {
            return self.say("no record to go on from");
        };
        let view = &self.tab().view;
        let known = |mark: &&&Mark| {
            let segment = self.engine.store().segments().get(mark.key.id.segment());
            segment.is_none_or(|segment| view.sources().contains(segment.source()))
        };
        let next = self.marks.from(here, direction).iter().find(known).map(|mark| mark.key);
        match next {
            Some(key) => self.go_to_mark(key),
            None if self.marks.is_empty() => {
                self.say(format!("nothing is marked: {} marks the line", self.key_of("mark")));
            }
            None => self.say(match direction {
                Direction::Forward => "no mark behind this line",
                Direction::Backward => "no mark before this line",
            }),
        }
    }

    fn go_to_mark(&mut self, key: Key) {
        let height = self.list_height();
        let (engine, tab) = (&self.engine, &mut self.tabs[self.active]);
        if engine.store().record(key.id).is_none() {
            tab.view.go_to_time(key.order, height);
            return self.say("the marked record had to go; this is its time");
        }
        let is_shown = tab.view.position(key.id, engine.store()).is_some();
        tab.view.go_to_record(key.id, engine.store(), height);
        if !is_shown {
            self.say("the filter hides the marked record; this is its place");
        }
    }

    /// Lists all marks, to choose from.
    pub(super) fn list_marks(&mut self) {
        let zone = self.shown_zone();
        let mut rows = Vec::new();
        let mut keys = Vec::new();
        for mark in self.marks.iter() {
            let time = mark.time.map_or_else(|| "-".repeat(8), |time| time_of_day(time, &zone, Digits::Seconds));
            let text = self.redactor.redact(mark.text.lines().next().unwrap_or_default()).text.into_owned();
            let words = if mark.note.is_empty() { text } else { format!("{}   {text}", mark.note) };
            let name = format!("{time} {} {}", mark.severity.short(), mark.origin);
            rows.push(PickerRow { text: name, beside: words, ..PickerRow::default() });
            keys.push(mark.key);
        }
        if rows.is_empty() {
            return self.say(format!("nothing is marked: {} marks the line", self.key_of("mark")));
        }
        self.open_picker(Picker::new("Marks", PickerKind::Marks(keys), rows));
    }

    /// Goes to a mark that was chosen, in a tab that shows its source.
    pub(super) fn go_to_chosen_mark(&mut self, key: Key) {
        let source = self.engine.store().segments().get(key.id.segment()).map(crate::store::Segment::source);
        if let Some(source) = source
            && !self.tab().view.sources().contains(source)
            && let Some(tab) = self.tabs.iter().position(|tab| tab.view.sources().contains(source))
        {
            self.show_tab(tab);
        }
        self.go_to_mark(key);
    }
}
