//! Objects of a bucket: what services tell about them, which of them is looked at, and which are shown.
//!
//! Owns that state and its changes by news. The objects and their order are in `table`, rows in `look`, words in `words`, what
//! marked ones filter in `marks`, moves in `walk`, all about one in `describe`. Must not know how a service is asked, or colours.
//!
//! # How the runtime drives it
//!
//! [`SourceMsg::Objects`](crate::model::SourceMsg::Objects) brings what a source tells; [`Effect::Objects`](super::event::Effect::Objects)
//! says what is wanted of it.

mod describe;
mod look;
mod marks;
mod table;
mod walk;
mod words;

#[cfg(test)]
mod tests;

pub use look::{ObjectColumns, ObjectRow, ObjectsView};

use super::App;
use super::described::Subject;
use super::tokens::{Tokens, Visit};
use super::upper::{self, Upper};
use crate::model::address::Tab;
use crate::model::objects::{News, ObjectName, Scope};
use crate::model::{SourceId, Timestamp};
use crate::parse::text::safe_line;
use std::collections::BTreeMap;
use table::{Entry, RowOrder, Slot, Table};

/// The most problems of a place that have rows.
const MAX_PROBLEMS: usize = 5;

/// An object of one of the sources: its generations are one row, one mark.
pub(super) type ObjectId = (SourceId, ObjectName);

/// Everything about objects.
#[derive(Debug, Default)]
pub(super) struct Objects {
    places: BTreeMap<SourceId, Place>,
    table: Table,
    /// Rows before those of objects.
    notes: Vec<Note>,
    /// The object with the cursor; nothing on a row without one.
    cursor: Option<Slot>,
    /// The list as it stands on the screen.
    list: Upper,
    /// What all names begin with, with their buckets, and the list leaves out.
    base: String,
    tokens: Tokens<ObjectId>,
    visit: Option<Visit>,
    /// Whether everything was stopped, and nothing was heard of it yet.
    is_stopping: bool,
}

/// One source of objects.
#[derive(Debug, Default)]
struct Place {
    /// Nothing until it was told.
    scope: Option<Scope>,
    /// When it was first heard of.
    since: Timestamp,
}

/// A row that is no object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Note {
    /// A problem of a source, by its number.
    Problem(SourceId, usize),
    /// A source without objects, beside others.
    Bare(SourceId),
}

impl Place {
    fn problems(&self) -> &[String] {
        self.scope.as_ref().map(|scope| scope.problems.as_slice()).unwrap_or_default()
    }

    /// Whether asking fails, and goes on.
    fn is_failing(&self) -> bool {
        let Some(scope) = &self.scope else { return false };
        !scope.problems.is_empty() && (scope.next.is_some() || scope.last.is_none())
    }
}

impl Objects {
    /// Whether any source of objects has told something.
    pub(super) fn is_on(&self) -> bool {
        !self.places.is_empty()
    }

    /// Whether a service does not answer as it should.
    pub(super) fn has_problem(&self) -> bool {
        self.table.tally().failed > 0 || self.places.values().any(|place| !place.problems().is_empty())
    }

    /// All rows.
    fn rows(&self) -> usize {
        self.notes.len() + self.table.len()
    }

    fn slot_of(&self, row: usize) -> Option<Slot> {
        self.table.slot_at(row.checked_sub(self.notes.len())?)
    }

    /// The object with the cursor.
    fn here(&self) -> Option<&Entry> {
        self.table.get(self.slot_of(self.list.row)?)
    }

    fn order(&self) -> RowOrder {
        if self.list.has_focus { RowOrder::Held } else { RowOrder::Anew }
    }

    /// Changes rows such that the cursor stays on its object, and that in its place on the screen.
    fn change(&mut self, change: impl FnOnce(&mut Self)) {
        let place = self.list.row.saturating_sub(self.list.top);
        change(self);
        let last = self.rows().saturating_sub(1);
        let row = match self.cursor.map(|slot| self.table.row_of(slot)) {
            Some(Some(row)) => row + self.notes.len(),
            // It is gone: the next one takes its place.
            Some(None) => self.list.row,
            None if self.list.has_focus => self.list.row,
            // Who has not chosen an object begins at the newest.
            None => self.notes.len(),
        };
        self.list.row = row.min(last);
        if self.cursor.is_some() {
            self.cursor = self.slot_of(self.list.row);
        }
        if self.list.has_focus {
            self.list.top = self.list.row.saturating_sub(place);
        }
        self.list.tallest = self.list.tallest.max(self.rows());
    }

    /// Rows of problems, and of places without objects.
    fn arrange(&mut self) {
        let mut notes = Vec::new();
        let several = self.places.len() > 1;
        for (source, place) in &self.places {
            let is_bare = self.table.of_source(*source) == 0;
            if several || !is_bare {
                let problems = place.problems().len().min(MAX_PROBLEMS);
                notes.extend((0..problems).map(|n| Note::Problem(*source, n)));
                if is_bare && problems == 0 {
                    notes.push(Note::Bare(*source));
                }
            }
        }
        self.notes = notes;
    }

    /// Finds out anew what all names begin with.
    fn find_base(&mut self) {
        let mut places =
            self.places.values().filter_map(|place| place.scope.as_ref()).map(|scope| words::bare(&scope.address));
        let Some(mut base) = places.next().map(str::to_owned) else { return };
        for place in places {
            let common = base.bytes().zip(place.bytes()).take_while(|(a, b)| a == b).count();
            base.truncate(base.floor_char_boundary(common));
        }
        // A prefix may end in the middle of a name.
        base.truncate(base.rfind('/').map_or(0, |slash| slash + 1));
        self.base = base;
    }
}

impl App {
    /// Whether the GCS tab shows what sources of objects tell.
    pub(super) fn objects_are_shown(&self) -> bool {
        self.tab().tab == Tab::Gcs && self.objects.is_on()
    }

    /// Takes news of objects in.
    pub(super) fn objects_news(&mut self, source: SourceId, news: News) {
        let now = self.now;
        let objects = &mut self.objects;
        let is_first = !objects.places.contains_key(&source);
        objects.places.entry(source).or_insert_with(|| Place { since: now, ..Place::default() });
        if is_first {
            objects.change(Objects::arrange);
        }
        match news {
            News::Objects(changed) => {
                let order = objects.order();
                let was_bare = objects.table.of_source(source) == 0;
                objects.change(|objects| {
                    objects.table.take(source, changed, order);
                    if was_bare {
                        objects.arrange();
                    }
                });
                self.learn_object_marks();
            }
            News::Forgotten(keys) => objects.change(|objects| {
                objects.table.forget(source, keys);
                objects.arrange();
            }),
            News::Scope(scope) => {
                let old = objects.places.get_mut(&source).and_then(|place| place.scope.replace(*scope));
                let address = |place: &Place| place.scope.as_ref().map(|scope| scope.address.clone());
                if old.map(|old| old.address) != objects.places.get(&source).and_then(address) {
                    objects.find_base();
                }
                objects.change(Objects::arrange);
            }
            News::Described { object, text } => {
                self.take_description(&Subject::Object((source, object.object())), &text);
            }
            News::Cannot(text) => {
                self.description_fails(&text);
                self.complain(safe_line(text.as_bytes()));
            }
        }
        let tally = self.objects.table.tally();
        self.objects.is_stopping &= tally.reading + tally.queued > 0;
    }

    /// Puts in order what follows from the rest: the filter of the marks, the rows on the screen.
    pub(super) fn settle_objects(&mut self, by_user: bool) {
        if !self.objects.is_on() {
            return;
        }
        if by_user {
            // An earlier filter may have come back, which knows less of what marked objects wrote.
            self.refresh_object_marks();
        }
        if !self.objects_are_shown() {
            return;
        }
        let room = self.layout().and_then(|layout| layout.upper).map_or(1, |rows| upper::room(rows, self.size.1));
        self.objects.list.settle(room);
    }
}
