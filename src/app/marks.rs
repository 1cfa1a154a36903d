//! Marked records, with notes.
//!
//! Owns them. A mark keeps what it needs for a handover, so that it outlives its record. Must not know keys.

use super::App;
use crate::model::{Severity, Timestamp};
use crate::parse::text as safe;
use crate::store::{Key, RecordId};
use std::collections::BTreeMap;

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
}
