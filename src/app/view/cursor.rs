//! The cursor: a record, not a row. What comes in above it moves the rows, never the line under the cursor.
//!
//! Owns cursor, follow, and which row is at the top. Must not know how high a record is drawn: all heights are in
//! records.

use super::View;
use crate::model::Timestamp;
use crate::store::{Key, RecordId, Store};

/// Where the user is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor {
    /// The record that the user went to. It stays here when a filter hides it, when it is one of several in a row, or
    /// when it is evicted: the cursor is then shown on that row or the next one, and comes back with the record's row.
    at: Key,
    /// Rows between the top of the screen and the cursor.
    offset: usize,
    mode: Mode,
}

/// Whether the cursor goes with the newest record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Follow,
    Stay,
}

impl Default for Cursor {
    fn default() -> Self {
        Self { at: Key::MAX, offset: 0, mode: Mode::Follow }
    }
}

impl Cursor {
    pub(super) fn key(&self) -> Key {
        self.at
    }
}

impl View {
    /// The row of the cursor; `None` while the view is empty.
    pub fn cursor_position(&self) -> Option<usize> {
        let last = self.len().checked_sub(1)?;
        match self.cursor.mode {
            Mode::Follow => Some(last),
            Mode::Stay => Some(self.listing.row_of(self.cursor.at).unwrap_or_else(|next| next).min(last)),
        }
    }

    /// The record under the cursor; of several in a row, the first.
    pub fn cursor(&self) -> Option<RecordId> {
        self.id_at(self.cursor_position()?)
    }

    /// Where the cursor was put: a record, or a moment until [`View::pin`]. `None` while following.
    pub fn anchor(&self) -> Option<Key> {
        (!self.is_following()).then_some(self.cursor.at)
    }

    /// Whether the cursor goes with the newest record.
    pub fn is_following(&self) -> bool {
        self.cursor.mode == Mode::Follow
    }

    /// The cursor goes to the newest record and stays there.
    pub fn follow(&mut self) {
        self.cursor.mode = Mode::Follow;
    }

    /// The cursor stays on the record where it is.
    pub fn unfollow(&mut self) {
        if let Some(key) = self.cursor_position().and_then(|position| self.listing.rows().get(position)) {
            // Following, the cursor was on the last line of the screen; `top` clamps this.
            self.cursor = Cursor { at: key, offset: usize::MAX, mode: Mode::Stay };
        }
    }

    /// The row at the top of a screen of `height` rows, such that the cursor keeps its line and no line stays empty
    /// that could be filled.
    pub fn top(&self, height: usize) -> usize {
        let lowest = self.len().saturating_sub(height);
        let Some(position) = self.cursor_position() else { return 0 };
        let offset = match self.cursor.mode {
            Mode::Follow => height.saturating_sub(1),
            Mode::Stay => self.cursor.offset.min(height.saturating_sub(1)),
        };
        position.saturating_sub(offset).min(lowest)
    }

    /// The row at the top such that the cursor keeps its line, wherever the list ends; 0 while following. For lists whose
    /// records differ in height.
    pub fn wanted_top(&self) -> usize {
        match (self.cursor.mode, self.cursor_position()) {
            (Mode::Stay, Some(position)) => position.saturating_sub(self.cursor.offset),
            _ => 0,
        }
    }

    /// Says which row was put at the top of such a list: the cursor keeps its place below it.
    pub fn keep_top(&mut self, top: usize) {
        if let (Mode::Stay, Some(position)) = (self.cursor.mode, self.cursor_position()) {
            self.cursor.offset = position.saturating_sub(top);
        }
    }

    /// Moves the cursor by rows; the screen of `height` rows scrolls only as far as it must. Stops following.
    pub fn move_cursor(&mut self, rows: isize, height: usize) {
        if let Some(position) = self.cursor_position() {
            self.go_to(position.saturating_add_signed(rows), height);
        }
    }

    /// Puts the cursor on a row (the last one if there are fewer); the screen scrolls only as far as it must. Stops
    /// following.
    pub fn go_to(&mut self, position: usize, height: usize) {
        let top = self.top(height);
        self.place(position, top, height);
    }

    /// Puts the cursor on the row of a record, or on the next one in the view; a record off the screen comes to its
    /// middle. Stops following. Does nothing when the record is gone.
    pub fn go_to_record(&mut self, id: RecordId, store: &Store, height: usize) {
        let Some(position) = self.nearest(id, store) else { return };
        let top = self.top(height);
        let on_screen = (top..top + height).contains(&position);
        self.place(position, if on_screen { top } else { position.saturating_sub(height / 2) }, height);
        // One of several in a row gets the cursor when they are apart again.
        if let Some(key) = store.segments().key(id).filter(|key| self.listing.base().contains(*key)) {
            self.cursor.at = key;
        }
    }

    /// Puts the cursor on the first row that is not before a moment, or on the last one, with some rows above it. Stops
    /// following. It holds for rows that are still being filled in, too: [`View::pin`] it when they all are.
    pub fn go_to_time(&mut self, moment: Timestamp, height: usize) {
        let at = Key { order: moment, id: RecordId(0) };
        self.cursor = Cursor { at, offset: height / 3, mode: Mode::Stay };
    }

    /// Holds the cursor at the record that it is shown on: what comes in before that record does not move it any more.
    pub fn pin(&mut self) {
        let here = self.cursor_position().and_then(|position| self.listing.rows().get(position));
        if let (Mode::Stay, Some(at)) = (self.cursor.mode, here) {
            self.cursor.at = at;
        }
    }

    /// Puts the cursor on a record of which only its place is known, so many rows below the top. Stops following. It holds
    /// for rows that are still being filled in, too.
    pub fn go_to_key(&mut self, at: Key, offset: usize) {
        self.cursor = Cursor { at, offset, mode: Mode::Stay };
    }

    /// Scrolls by rows; the cursor stays on its record as long as that is on the screen. Stops following.
    pub fn scroll(&mut self, rows: isize, height: usize) {
        let Some(position) = self.cursor_position() else { return };
        let lowest = self.len().saturating_sub(height);
        let top = self.top(height).saturating_add_signed(rows).min(lowest);
        self.place(position.clamp(top, top + height.saturating_sub(1)), top, height);
    }

    fn place(&mut self, position: usize, top: usize, height: usize) {
        let Some(last) = self.len().checked_sub(1) else { return };
        let position = position.min(last);
        if let Some(at) = self.listing.rows().get(position) {
            let offset = position.saturating_sub(top).min(height.saturating_sub(1));
            self.cursor = Cursor { at, offset, mode: Mode::Stay };
        }
    }
}
