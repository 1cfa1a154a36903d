//! What the terminal shows, what it shall show, and the bytes between.
//!
//! Owns both. A frame that did not change has no bytes; one in which rows have moved scrolls them
//! ([`Scrolling`]). Must not know the app, nor how bytes get to the terminal.

use super::pen::Pen;
use super::scroll;
use super::scroll::Shift;
use super::tile::{Tile, lay};
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::{Position, Rect, Size};
use std::hash::RandomState;

/// Whether rows may be moved by the terminal itself, in a scrolling region (DECSTBM).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scrolling {
    /// They may.
    Regions,
    /// They are drawn anew: the terminal is not known to have regions, or they were switched off.
    Off,
}

/// A screen's cells.
#[derive(Debug)]
pub struct Screen {
    /// What the terminal shows.
    shown: Vec<Tile>,
    /// What it shall show.
    next: Vec<Tile>,
    /// The same, as it is drawn.
    cells: Buffer,
    hasher: RandomState,
    contents: Contents,
    /// Where the terminal's cursor is shown; `None` while it is hidden.
    cursor: Option<Position>,
    scrolling: Scrolling,
}

/// What is known of the terminal's cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Contents {
    /// They are as in the buffer.
    Known,
    /// Anything may be there.
    Unknown,
}

/// Several blocks may move at once: the list, and a pane below it.
const MOST_SHIFTS: usize = 2;
/// A gap of unchanged cells that is written again, since a cursor move takes as many bytes.
const GAP: u16 = 4;

impl Screen {
    /// A screen of this size on a terminal whose cursor is hidden, and which may show anything.
    pub fn new(size: Size, scrolling: Scrolling) -> Self {
        let area = Rect::new(0, 0, size.width, size.height);
        Self {
            shown: vec![Tile::BLANK; area.area() as usize],
            next: vec![Tile::BLANK; area.area() as usize],
            cells: Buffer::empty(area),
            hasher: RandomState::new(),
            contents: Contents::Unknown,
            cursor: None,
            scrolling,
        }
    }

    /// Whether it may scroll rows.
    pub fn scrolling(&self) -> Scrolling {
        self.scrolling
    }

    /// Columns and rows.
    pub fn size(&self) -> Size {
        self.cells.area.as_size()
    }

    /// The terminal has another size now, and may show anything.
    pub fn resize(&mut self, size: Size) {
        let area = Rect::new(0, 0, size.width, size.height);
        self.cells.resize(area);
        self.shown.resize(area.area() as usize, Tile::BLANK);
        self.next.resize(area.area() as usize, Tile::BLANK);
        self.contents = Contents::Unknown;
    }

    /// The terminal may show anything: the next frame draws all of it.
    pub fn forget(&mut self) {
        self.contents = Contents::Unknown;
    }

    /// The terminal was left and entered again: it may show anything, and its cursor is hidden.
    pub fn forget_cursor(&mut self) {
        self.forget();
        self.cursor = None;
    }

    /// Draws a frame with `render`, which gets empty cells and says where the cursor is to be shown, and gives the bytes
    /// that make the terminal show it. None when nothing has changed.
    pub fn draw(&mut self, render: impl FnOnce(&mut Buffer) -> Option<Position>) -> Vec<u8> {
        self.cells.reset();
        let size = self.size();
        let cursor = render(&mut self.cells).filter(|at| at.x < size.width && at.y < size.height);
        let width = usize::from(size.width);
        let mut pen = Pen::new(size);
        if width == 0 || size.height == 0 {
            return Vec::new();
        }
        let rows = self.cells.content.chunks_exact_mut(width).zip(self.next.chunks_exact_mut(width));
        rows.for_each(|(cells, tiles)| lay(cells, tiles, &self.hasher));
        if self.contents == Contents::Unknown {
            if self.scrolling == Scrolling::Regions {
                pen.forget_region();
            }
            pen.clear_screen();
            self.shown.fill(Tile::BLANK);
            self.contents = Contents::Known;
        } else if self.scrolling == Scrolling::Regions {
            for _ in 0..MOST_SHIFTS {
                let Some(shift) = scroll::find(&self.shown, &self.next, width) else { break };
                self.shift(shift, &mut pen);
            }
        }
        let rows = self.shown.chunks_exact(width).zip(self.next.chunks_exact(width));
        for (y, ((shown, next), cells)) in rows.zip(self.cells.content.chunks_exact(width)).enumerate() {
            draw_row(y as u16, shown, next, cells, &mut pen);
        }
        self.place_cursor(cursor, &mut pen);
        std::mem::swap(&mut self.shown, &mut self.next);
        pen.finish()
    }

    /// Scrolls on the terminal and in the buffer that says what it shows.
    fn shift(&mut self, shift: Shift, pen: &mut Pen) {
        let width = usize::from(self.size().width);
        let Shift { top, bottom, by } = shift;
        let region = &mut self.shown[top * width..(bottom + 1) * width];
        let cells = by.unsigned_abs() * width;
        let exposed = if by > 0 {
            pen.scroll_up(top as u16, bottom as u16, by.unsigned_abs() as u16);
            region.rotate_left(cells);
            region.len() - cells..region.len()
        } else {
            pen.scroll_down(top as u16, bottom as u16, by.unsigned_abs() as u16);
            region.rotate_right(cells);
            0..cells
        };
        region[exposed].fill(Tile::BLANK);
    }

    fn place_cursor(&mut self, cursor: Option<Position>, pen: &mut Pen) {
        let (was, drawn) = (std::mem::replace(&mut self.cursor, cursor), !pen.is_empty());
        match (was, cursor) {
            // Drawing has moved it.
            (_, Some(at)) if drawn || was != cursor => pen.go(at.x, at.y),
            _ => {}
        }
        match (was, cursor) {
            (None, Some(_)) => pen.raw(b"\x1b[?25h"),
            (Some(_), None) => pen.raw(b"\x1b[?25l"),
            _ => {}
        }
    }
}

/// Writes the cells of a row that differ.
fn draw_row(y: u16, shown: &[Tile], next: &[Tile], cells: &[Cell], pen: &mut Pen) {
    if shown == next {
        return;
    }
    let last = (0..next.len()).rfind(|x| shown[*x] != next[*x]).unwrap_or_default();
    let tail = next.iter().rposition(|tile| *tile != Tile::BLANK).map_or(0, |last| last + 1);
    // Behind a cluster on whose width terminals do not agree, everything is written again.
    let mut moved = false;
    for (x, cell) in cells.iter().enumerate() {
        // A wide character is written with its first cell.
        if !(moved || shown[x] != next[x]) || cell.symbol().is_empty() {
            continue;
        }
        if x >= tail && (moved || last + 1 - x > usize::from(GAP)) {
            reach(x as u16, y, cells, pen);
            return pen.clear_to_end();
        }
        reach(x as u16, y, cells, pen);
        if !pen.put(cell) {
            moved = true;
        }
    }
}

/// Brings the cursor to a column: by writing what is there already, where that is shorter.
fn reach(x: u16, y: u16, row: &[Cell], pen: &mut Pen) {
    if let Some((from, at_y)) = pen.at()
        && at_y == y
        && from < x
        && x - from <= GAP
    {
        let gap = &row[usize::from(from)..usize::from(x)];
        if pen.is_cheap(gap) {
            for cell in gap {
                pen.put(cell);
            }
            return;
        }
    }
    pen.go(x, y);
}

#[cfg(test)]
mod tests;
