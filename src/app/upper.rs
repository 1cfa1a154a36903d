//! A list above the lines: the row with its cursor, the first one that is seen, and how many rows of the screen it has.
//!
//! Owns that geometry, which lists of pods and of objects share. Must not know what its rows are.

use super::Rows;

/// The least rows of the screen for which the columns are named.
const LEAST_FOR_HEAD: u16 = 20;
/// The least rows of list and lines together that have room for both.
const LEAST_FOR_BOTH: u16 = 12;

/// A list above the lines.
#[derive(Debug, Default)]
pub(super) struct Upper {
    /// The row with the cursor.
    pub(super) row: usize,
    /// The first row that is seen.
    pub(super) top: usize,
    /// Whether the list has the keys.
    pub(super) has_focus: bool,
    /// Whether the user took the list away.
    pub(super) is_hidden: bool,
    /// The most rows that there were: the list does not shrink by itself.
    pub(super) tallest: usize,
}

/// Rows of a list below its heading and the names of its columns, among all that it has on a screen of this height.
pub(super) fn room(rows: Rows, height: u16) -> usize {
    usize::from(rows.height.saturating_sub(1 + head(height))).max(1)
}

/// Rows that the names of the columns have.
pub(super) const fn head(height: u16) -> u16 {
    if height >= LEAST_FOR_HEAD { 1 } else { 0 }
}

impl Upper {
    /// How many rows of `all` that it shares with the lines it has, on a screen of this height.
    pub(super) fn rows_of(&self, all: u16, height: u16) -> u16 {
        if self.is_hidden || (all < LEAST_FOR_BOTH && !self.has_focus) {
            return 0;
        }
        let most = if self.has_focus { all / 2 } else { all / 3 };
        let rest = 1 + head(height);
        let wanted = u16::try_from(self.tallest).unwrap_or(u16::MAX);
        wanted.min(most.saturating_sub(rest)).max(1) + rest
    }

    /// Brings the cursor's row into sight of `room` rows.
    pub(super) fn settle(&mut self, room: usize) {
        // Who is elsewhere sees the first ones. Below the last row there may be nothing: the one under the cursor stays in its place.
        let kept = self.top.min(self.row).max((self.row + 1).saturating_sub(room));
        self.top = if self.has_focus { kept } else { 0 };
    }
}
