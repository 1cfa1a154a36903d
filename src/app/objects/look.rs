//! The list of objects: its columns and rows.
//!
//! Owns where columns stand and what is in them. Must not know colours or glyphs. All text that leaves here is safe for a
//! terminal, and only rows that are on the screen are made.

use super::words::{plural, state_role, trouble_words};
use super::{App, Entry, Note};
use crate::app::format::{Digits, age, bytes, thousands, time_of_day};
use crate::app::{Role, TimeStyle, upper};
use crate::model::objects::ObjectState;
use crate::model::time::SECOND;
use crate::model::{OriginId, SourceId, Timestamp};
use crate::parse::text::safe_line;

/// From this width on there is room for all words.
const WIDE: u16 = 100;

/// The list as it is to be drawn.
#[derive(Clone, Debug, Default)]
pub struct ObjectsView {
    /// The heading, left and right.
    pub heading: (String, String),
    /// Whether it has the keys.
    pub is_focused: bool,
    /// Whether the row below the heading names the columns.
    pub has_head: bool,
    /// Where columns stand.
    pub columns: ObjectColumns,
    /// The rows on the screen.
    pub rows: Vec<ObjectRow>,
}

/// Where the columns of the objects stand: their first column, and how many they have; 0 for one that is not there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ObjectColumns {
    /// When it was written.
    pub updated: (u16, u16),
    /// Its name.
    pub name: (u16, u16),
    /// Bytes, as it is stored.
    pub size: (u16, u16),
    /// How far it was read.
    pub state: (u16, u16),
    /// What the word of the state takes of them.
    pub word: u16,
    /// What the inside of a bar takes of them.
    pub bar: u16,
    /// Whether the rate stands behind the bar.
    pub has_rate: bool,
}

/// An object, or a problem in its place.
#[derive(Clone, Debug, Default)]
pub struct ObjectRow {
    /// Whether the cursor is on it.
    pub is_cursor: bool,
    /// Whether it is marked.
    pub is_marked: bool,
    /// Whether it is of little worth: left out, or gone.
    pub is_quiet: bool,
    /// When it was written.
    pub updated: String,
    /// Its name.
    pub name: String,
    /// Bytes, as it is stored.
    pub size: String,
    /// The state in a word.
    pub word: (&'static str, Role),
    /// While it is read: the percentage that came.
    pub percent: Option<u8>,
    /// What is said of the state.
    pub words: String,
    /// What is said behind it, and stays when that is cut: what to do, or when it goes on.
    pub tail: String,
    /// What fills the row when it is no object.
    pub note: Option<(String, Role)>,
}

impl ObjectColumns {
    /// Columns for a screen of `width`. They do not follow from what is in them, so that nothing moves.
    fn new(width: u16) -> Self {
        let (gap, word, bar, state) = match width {
            112.. => (3, 9, 20, 47),
            100.. => (2, 9, 12, 39),
            76.. => (1, 8, 8, 29),
            _ => (1, 8, 4, 22),
        };
        let (updated, size) = (8, 10);
        // The last column stays free.
        let at_state = width.saturating_sub(1 + state);
        let at_size = at_state.saturating_sub(gap + size);
        // Cursor and mark stand before it.
        let at_name = 4 + updated + gap;
        Self {
            updated: (4, updated),
            name: (at_name, at_size.saturating_sub(at_name + gap.min(2))),
            size: (at_size, size),
            state: (at_state, state),
            word,
            bar,
            has_rate: width >= WIDE,
        }
    }
}

impl App {
    /// How many rows the list of objects has, of those that it shares with the lines.
    pub(in crate::app) fn rows_of_objects(&self, all: u16) -> u16 {
        if !self.objects_are_shown() || self.objects.rows() == 0 {
            return 0;
        }
        self.objects.list.rows_of(all, self.size.1)
    }

    /// The list of objects as it is to be drawn, while it is.
    pub fn objects_view(&self) -> Option<ObjectsView> {
        if !self.objects_are_shown() {
            return None;
        }
        let rows = self.layout()?.upper?;
        let objects = &self.objects;
        let room = upper::room(rows, self.size.1);
        let marks = self.object_marks();
        let top = objects.list.top;
        let rows = (top..objects.rows()).take(room).map(|row| ObjectRow {
            is_cursor: objects.list.has_focus && row == objects.list.row,
            ..self.object_row(row, &marks)
        });
        Some(ObjectsView {
            heading: self.objects_heading(room),
            is_focused: objects.list.has_focus,
            has_head: upper::head(self.size.1) > 0,
            columns: ObjectColumns::new(self.size.0),
            rows: rows.collect(),
        })
    }

    fn objects_heading(&self, room: usize) -> (String, String) {
        let objects = &self.objects;
        let has_focus = objects.list.has_focus;
        let mut left = "Objects".to_owned();
        let here = objects.here().filter(|_| has_focus);
        // What the row under the cursor has no room for.
        if let Some((name, why)) = here.and_then(|entry| Some((self.object_name(entry), trouble_words(entry)?))) {
            left = format!("{name}: {why}");
            let columns = usize::from(self.size.0) / 2;
            left.truncate(crate::app::text::piece(&left, 0, columns).text.len());
        }
        let mut right = Vec::new();
        let all = objects.rows();
        if all > room {
            let first = if has_focus { objects.list.row + 1 } else { room };
            right.push(format!("{} of {}", thousands(first as u64), thousands(all as u64)));
        }
        if !has_focus {
            right.push("sorted by updated, newest first".to_owned());
            right.push(format!("{}: to the objects", self.key_of("objects-or-lines")));
            return (left, right.join("   "));
        }
        let key = |id: &str, word: &str| format!("{}: {word}", self.key_of(id));
        right.push(key("mark-object", "mark"));
        right.push(key("all-objects", "all"));
        right.push(key("only-object", "only it"));
        right.push(match here.map(|entry| &entry.object.state) {
            _ if self.stoppable().is_some() => key("cancel", "stop"),
            Some(ObjectState::Partial { has_more: true, .. }) => key("read-object", "read more"),
            _ => key("read-object", "read"),
        });
        right.push(key("describe-object", "describe"));
        (left, right.join("   "))
    }

    /// An object's name without what all have in common.
    pub(super) fn object_name(&self, entry: &Entry) -> String {
        let key = &entry.object.key;
        let base = &self.objects.base;
        let bucket = base.strip_prefix(&key.bucket).and_then(|rest| rest.strip_prefix('/'));
        match bucket {
            Some(prefix) => safe_line(key.name.strip_prefix(prefix).unwrap_or(&key.name).as_bytes()).into_owned(),
            None => safe_line(format!("{}/{}", key.bucket, key.name).as_bytes()).into_owned(),
        }
    }

    fn object_row(&self, row: usize, marks: &[OriginId]) -> ObjectRow {
        match self.objects.notes.get(row) {
            Some(Note::Problem(source, n)) => {
                let place = self.objects.places.get(source);
                let problem = place.and_then(|place| place.problems().get(*n));
                let role = if place.is_some_and(super::Place::is_failing) { Role::Error } else { Role::Warn };
                let words = safe_line(problem.map(String::as_str).unwrap_or_default().as_bytes()).into_owned();
                self.note_row(*source, &words, role)
            }
            Some(Note::Bare(source)) => {
                let is_listed = self.objects.places.get(source).and_then(|place| place.scope.as_ref());
                let is_listed = is_listed.is_some_and(|scope| !scope.is_listing);
                self.note_row(*source, if is_listed { "no objects" } else { "listing objects ..." }, Role::Dim)
            }
            None => self
                .objects
                .slot_of(row)
                .and_then(|slot| self.objects.table.get(slot))
                .map(|entry| self.entry_row(entry, marks))
                .unwrap_or_default(),
        }
    }

    fn note_row(&self, source: SourceId, words: &str, role: Role) -> ObjectRow {
        let words = if self.objects.places.len() > 1 && !words.contains("gs://") {
            format!("{}: {words}", self.address_of(source))
        } else {
            words.to_owned()
        };
        ObjectRow { note: Some((words, role)), ..ObjectRow::default() }
    }

    fn entry_row(&self, entry: &Entry, marks: &[OriginId]) -> ObjectRow {
        let object = &entry.object;
        let safe = |text: &str| safe_line(text.as_bytes()).into_owned();
        let is_wide = self.size.0 >= WIDE;
        let read_key = |words: &str| format!(", {}: {words}", self.key_of("read-object"));
        let lines = || {
            let s = if object.records == 1 { "" } else { "s" };
            format!("{:>6} line{s}", thousands(object.records))
        };
        let mut row = ObjectRow {
            is_marked: !marks.is_empty() && self.objects.tokens.is_marked(&(entry.source, object.key.object()), marks),
            updated: object.updated.map_or_else(|| "-".to_owned(), |at| self.updated_words(at)),
            name: self.object_name(entry),
            size: bytes(object.size),
            ..ObjectRow::default()
        };
        let (word, role) = state_role(&object.state);
        row.word = (word, role);
        match &object.state {
            ObjectState::Listed | ObjectState::Queued => row.is_quiet = true,
            ObjectState::Left(why) => {
                row.words = safe(why);
                if is_wide {
                    row.tail = read_key("read");
                }
                row.is_quiet = true;
            }
            ObjectState::Reading { done, rate } => {
                let percent = u128::from(*done.min(&object.size)) * 100 / u128::from(object.size.max(1));
                row.percent = Some(percent as u8);
                row.words = format!("{}/s", bytes(*rate));
            }
            ObjectState::Read => row.words = lines(),
            ObjectState::Partial { why, has_more, .. } => {
                row.words = safe(why);
                if *has_more {
                    row.tail = read_key(if is_wide { "read more" } else { "more" });
                }
            }
            ObjectState::Failed { why, next } => {
                row.words = safe(why);
                row.tail = match next {
                    Some(next) => {
                        let wait = age(next.0.saturating_sub(self.now.0));
                        format!("{}{wait}", if is_wide { ", again in " } else { ", in " })
                    }
                    None => format!(", {}: retry", self.key_of("refresh-objects")),
                };
            }
            ObjectState::Gone => {
                row.words = if object.records > 0 { lines() } else { String::new() };
                row.is_quiet = true;
            }
        }
        row
    }

    /// A time of day; of another day the day.
    fn updated_words(&self, at: Timestamp) -> String {
        if self.time == TimeStyle::Age {
            return age(self.now.0.saturating_sub(at.0));
        }
        let zone = self.shown_zone();
        let day = |at: Timestamp| crate::app::format::date(at, &zone);
        let (then, today) = (day(at), day(self.now));
        match (then == today, then.get(..4) == today.get(..4)) {
            (true, _) => time_of_day(at, &zone, Digits::Seconds),
            (_, true) => at.to_jiff().to_zoned(zone).strftime("%m-%d").to_string(),
            _ => then.get(..7).unwrap_or_default().to_owned(),
        }
    }

    /// What of the list changes with the clock.
    pub(in crate::app) fn objects_pulse(&self) -> String {
        let Some(view) = self.objects_view() else { return String::new() };
        let mut pulse = String::new();
        for row in &view.rows {
            pulse.push_str(&row.tail);
            if self.time == TimeStyle::Age {
                pulse.push_str(&row.updated);
            }
        }
        pulse
    }

    /// Whether something about objects is shown by the second.
    pub(in crate::app) fn objects_show_seconds(&self) -> bool {
        let is_near = |at: Timestamp| (self.now.0.saturating_sub(at.0)).abs() < 120 * SECOND;
        self.objects_are_shown()
            && (self.objects.table.tally().waiting > 0
                || self.objects.places.values().any(|place| match &place.scope {
                    None => true,
                    Some(scope) => {
                        scope.is_listing || scope.last.is_some_and(is_near) || scope.next.is_some_and(is_near)
                    }
                }))
    }

    /// How many objects are listed, in words.
    pub(super) fn objects_in_words(&self, source: SourceId) -> String {
        plural(self.objects.table.of_source(source) as u64, "object")
    }
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn columns_fit_the_screen() {
        for width in [60, 75, 76, 80, 99, 100, 111, 112, 120, 200] {
            let at = ObjectColumns::new(width);
            for pair in [at.updated, at.name, at.size, at.state].windows(2) {
                assert!(pair[0].0 + pair[0].1 < pair[1].0, "{width}: {at:?}");
            }
            assert!(at.state.0 + at.state.1 < width && at.name.1 >= 11, "{width}: {at:?}");
            let rate = if at.has_rate { 2 + 9 } else { 0 };
            assert!(at.word + at.bar + 2 + 1 + 4 + rate <= at.state.1, "{width}: {at:?}");
        }
        let at = ObjectColumns::new(120);
        assert_eq!((at.name, at.size, at.state), ((15, 42), (59, 10), (72, 47)));
    }
}
