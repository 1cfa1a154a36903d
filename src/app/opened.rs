//! Records of several lines, opened in the list, and the heights that follow from that.
//!
//! Owns which records are open, their further lines, and which record is at the top of a list whose records differ in
//! height. Must not know how a line is drawn.

use super::rows::first_line;
use super::tab::Lines;
use super::{App, text};
use crate::model::{Format, Record};
use crate::parse::text as safe;
use crate::store::RecordId;
use std::collections::VecDeque;

/// The most records that are remembered as opened (or folded, when all are open); the oldest is forgotten.
const MAX_REMEMBERED: usize = 100;
/// The most rows of further lines that the list shows of one record.
const MAX_BELOW: usize = 200;
/// Columns of the bar before each further line, its blanks included.
pub(super) const BAR: u16 = 3;

/// Which records of several lines are open.
#[derive(Debug, Default)]
pub(super) struct Opened {
    rest: Rest,
    except: VecDeque<RecordId>,
}

/// What holds for the records that the user did not touch one by one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Rest {
    #[default]
    Folded,
    Open,
}

impl Opened {
    pub(super) fn is_open(&self, id: RecordId) -> bool {
        (self.rest == Rest::Open) != self.except.contains(&id)
    }

    /// Whether any record can be open.
    fn any(&self) -> bool {
        self.rest == Rest::Open || !self.except.is_empty()
    }

    pub(super) fn toggle(&mut self, id: RecordId) {
        if let Some(at) = self.except.iter().position(|other| *other == id) {
            self.except.remove(at);
            return;
        }
        if self.except.len() >= MAX_REMEMBERED {
            self.except.pop_front();
        }
        self.except.push_back(id);
    }

    /// The same for all records.
    pub(super) fn set_all(&mut self, rest: Rest) {
        *self = Self { rest, except: VecDeque::new() };
    }
}

/// A row below an opened record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Below {
    /// A further line, or a part of one where lines wrap. Safe for a terminal, with blanks for its tabs.
    Line(String),
    /// What is said of the lines that are not shown.
    More(String),
}

impl App {
    /// Whether records of the list can take several rows.
    fn is_uneven(&self) -> bool {
        self.tab().lines == Lines::Wrapped || self.tab().opened.any()
    }

    /// Columns that a further line has.
    fn below_width(&self) -> usize {
        let columns = self.columns();
        usize::from(self.size.0.saturating_sub(columns.origin.0 + BAR + 1)).max(1)
    }

    /// Rows of a record itself, without further lines; at most `limit`.
    fn own_height(&self, record: &Record<'_>, limit: usize) -> usize {
        if self.tab().lines == Lines::Cut || record.format == Format::Note {
            return 1;
        }
        text::wrap(&first_line(record).0, self.wrap_columns(), limit).len()
    }

    /// Rows that a record takes in the list; at most `limit`.
    pub(super) fn height_of(&self, id: RecordId, limit: usize) -> usize {
        let Some(record) = self.engine.store().record(id) else { return 0 };
        let own = self.own_height(&record, limit);
        if !self.tab().opened.is_open(id) || own >= limit {
            return own;
        }
        own + match self.tab().lines {
            Lines::Cut => {
                let more = first_line(&record).1;
                (more.min(MAX_BELOW) + usize::from(more > MAX_BELOW)).min(limit - own)
            }
            Lines::Wrapped => self.below(&record, 0, limit - own).len(),
        }
    }

    /// The further lines of a record: rows `skip` and following, at most `limit`.
    pub(super) fn below(&self, record: &Record<'_>, skip: usize, limit: usize) -> Vec<Below> {
        let width = self.below_width();
        let wanted = skip.saturating_add(limit).min(MAX_BELOW);
        let mut rows = Vec::new();
        let mut seen = 0;
        let (further, count) = further_lines(record);
        let mut lines = further.split('\n').take(count);
        let mut shown = 0;
        let mut is_cut = false;
        for line in lines.by_ref() {
            let line = safe::expand_tabs(line.trim_end());
            shown += 1;
            let parts = match self.tab().lines {
                Lines::Cut => std::iter::once(0..line.len()).collect(),
                Lines::Wrapped => text::wrap(&line, width, wanted - seen),
            };
            is_cut = parts.last().is_some_and(|part| part.end < line.len());
            for part in parts {
                if seen >= skip {
                    rows.push(Below::Line(line[part].to_owned()));
                }
                seen += 1;
            }
            if seen >= wanted {
                break;
            }
        }
        let left = count - shown;
        if (left > 0 || is_cut) && seen >= MAX_BELOW && rows.len() < limit {
            let what = match left {
                0 => "the rest".to_owned(),
                1 => "1 more line".to_owned(),
                left => format!("{left} more lines"),
            };
            rows.push(Below::More(format!("... {what}   ({})", self.key_of("detail"))));
        }
        rows
    }

    /// Which row of the view is at the top of the list, such that the cursor is on the screen.
    pub(super) fn list_top(&self) -> usize {
        let view = &self.tab().view;
        let height = self.list_height();
        let cursor = match view.cursor_position() {
            Some(cursor) if self.is_uneven() => cursor,
            _ => return view.top(height),
        };
        let start = view.wanted_top().max((cursor + 1).saturating_sub(height)).min(cursor);
        let mut left = height;
        let mut first = cursor + 1;
        let ids: Vec<_> = view.window(start, cursor + 1 - start).collect();
        for id in ids.into_iter().rev() {
            let rows = self.height_of(id, height);
            // The cursor's own record stays, however high it is.
            if rows > left && first <= cursor {
                return first;
            }
            left = left.saturating_sub(rows);
            first -= 1;
        }
        for id in view.window(cursor + 1, left) {
            left = left.saturating_sub(self.height_of(id, left));
            if left == 0 {
                return first;
            }
        }
        // The list ends above the last row of the screen: earlier records fill it.
        while let Some(id) = first.checked_sub(1).and_then(|before| view.id_at(before)) {
            let rows = self.height_of(id, height);
            if rows > left {
                break;
            }
            left -= rows;
            first -= 1;
        }
        first
    }

    /// How many records are wholly on the screen; at least 1.
    pub(super) fn records_on_screen(&self) -> usize {
        let height = self.list_height();
        if !self.is_uneven() {
            return height;
        }
        let ids = self.tab().view.window(self.tab().top, height);
        self.fitting(ids, height)
    }

    /// How many records a move by `rows` of the screen passes; a negative number upwards.
    pub(super) fn records_within(&self, rows: isize) -> isize {
        let (view, room) = (&self.tab().view, rows.unsigned_abs());
        let cursor = match view.cursor_position() {
            Some(cursor) if self.is_uneven() => cursor,
            _ => return rows,
        };
        if rows >= 0 {
            self.fitting(view.window(cursor, room), room) as isize
        } else {
            let start = cursor.saturating_sub(room);
            let ids: Vec<_> = view.window(start, cursor - start).collect();
            -(self.fitting(ids.into_iter().rev(), room) as isize)
        }
    }

    /// How many of these records have room in so many rows; at least 1.
    fn fitting(&self, ids: impl Iterator<Item = RecordId>, rows: usize) -> usize {
        let mut left = rows;
        let mut count = 0;
        for id in ids {
            let height = self.height_of(id, rows.saturating_add(1));
            if height > left {
                break;
            }
            left -= height;
            count += 1;
        }
        count.max(1)
    }

    /// Puts the list in order after an event: its top row, and the lines of a tall record that are scrolled away.
    pub(super) fn settle_list(&mut self) {
        let top = self.list_top();
        let uneven = self.is_uneven();
        let tab = self.tab_mut();
        tab.top = top;
        if uneven {
            tab.view.keep_top(top);
        }
        let cursor = tab.view.cursor();
        tab.inside = tab.inside.filter(|(id, _)| cursor == Some(*id));
    }

    /// Scrolls within the record under the cursor, when it is open and higher than the screen. `false` when there is
    /// nothing left to scroll in it.
    pub(super) fn scroll_inside(&mut self, rows: isize) -> bool {
        let height = self.list_height();
        let Some(id) = self.tab().view.cursor().filter(|id| self.tab().opened.is_open(*id)) else { return false };
        let Some(record) = self.engine.store().record(id) else { return false };
        let own = self.own_height(&record, height);
        let below = self.height_of(id, usize::MAX).saturating_sub(own);
        let most = (own + below).saturating_sub(height).min(below);
        let tab = self.tab_mut();
        let now = tab.inside.map_or(0, |(_, rows)| rows).min(most);
        let next = now.saturating_add_signed(rows).min(most);
        if next == now {
            return false;
        }
        tab.inside = Some((id, next));
        tab.view.unfollow();
        true
    }

    /// Whether the record under the cursor has one line, or there is none.
    pub(super) fn has_one_line(&self) -> bool {
        let record = self.tab().view.cursor().and_then(|id| self.engine.store().record(id));
        record.is_none_or(|record| first_line(&record).1 == 0)
    }

    /// Opens the record under the cursor in the list, or folds it.
    pub(super) fn toggle_record(&mut self) {
        let id = self.tab().view.cursor();
        let Some((id, record)) = id.and_then(|id| Some((id, self.engine.store().record(id)?))) else {
            return self.say("no record to open");
        };
        if first_line(&record).1 == 0 {
            return self.say("this record has one line");
        }
        self.tab_mut().opened.toggle(id);
        self.tab_mut().inside = None;
    }
}

/// The text behind the first line of a record that is not blank, and how many lines of it count.
fn further_lines(record: &Record<'_>) -> (String, usize) {
    let (_, more) = first_line(record);
    let message = safe::message(record);
    let (text, skip) = if message.contains('\n') {
        let skip = message.split('\n').take_while(|line| line.trim().is_empty()).count() + 1;
        (message, skip)
    } else {
        (safe::safe(record.raw), 1)
    };
    let start = memchr::memchr_iter(b'\n', text.as_bytes()).nth(skip - 1).map_or(text.len(), |end| end + 1);
    (text[start..].to_owned(), more)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Batch, Flags, Meta};

    #[test]
    fn lines_behind_the_first_one() {
        let check = |raw: &str, text: (u32, u32), expected: (&str, usize)| {
            let mut batch = Batch::default();
            let flags = Flags::NONE.with(Flags::MULTILINE, raw.contains('\n'));
            batch.push(&Meta { text, flags, ..Meta::default() }, raw.as_bytes());
            let (further, count) = further_lines(&batch.record(0));
            assert_eq!((further.as_str(), count), expected, "{raw:?}");
            assert!(further.split('\n').count() >= count, "{raw:?}");
        };
        check("one\n  two\n\tthree", (0, 16), ("  two\n\tthree", 2));
        check("\n\none\ntwo", (0, 9), ("two", 1));
        check("one\n", (0, 4), ("", 1));
        check("at 3: one\n  two\nthree", (6, 9), ("  two\nthree", 2));
        check("one", (0, 3), ("", 0));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut opened = Opened::default();
        for n in 0..300 {
            opened.toggle(RecordId(n));
        }
        assert!(opened.except.len() <= MAX_REMEMBERED && opened.is_open(RecordId(299)) && !opened.is_open(RecordId(0)));
        opened.set_all(Rest::Open);
        assert!(opened.is_open(RecordId(0)) && opened.any());
        opened.toggle(RecordId(0));
        assert!(!opened.is_open(RecordId(0)) && opened.is_open(RecordId(1)));
        opened.set_all(Rest::Folded);
        assert!(!opened.any());
    }
}
