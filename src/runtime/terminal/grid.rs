//! What the terminal shows, cell by cell, and which rows of it have only moved.
//!
//! Owns the comparison of two screens. Pure. Must not know escape sequences.

use ratatui::buffer::Cell;
use ratatui::layout::Size;
use std::collections::HashMap;
use unicode_width::UnicodeWidthStr;

/// Cells of a screen. Behind a wide character stands a cell without a symbol of its own.
#[derive(Clone, Debug)]
pub(super) struct Grid {
    size: Size,
    spots: Vec<Spot>,
}

/// One cell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Spot {
    pub(super) cell: Cell,
    /// The columns of its character: 1, 2, or 0 behind a wide one.
    pub(super) columns: u8,
}

/// Rows that can be had by scrolling a part of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shift {
    /// The first row of the part that scrolls.
    pub(super) top: u16,
    /// The row behind its last.
    pub(super) bottom: u16,
    /// How far its text moves; up is positive.
    pub(super) up: i32,
}

/// Cells that have to be spared by a scroll, lest it cost more than it saves.
const LEAST_GAIN: usize = 48;

impl Spot {
    fn blank() -> Self {
        Self { cell: Cell::EMPTY, columns: 1 }
    }

    pub(super) fn is_blank(&self) -> bool {
        self.columns == 1 && self.cell == Cell::EMPTY
    }
}

impl Grid {
    /// An empty screen.
    pub(super) fn new(size: Size) -> Self {
        let cells = usize::from(size.width) * usize::from(size.height);
        Self { size, spots: vec![Spot::blank(); cells] }
    }

    pub(super) const fn size(&self) -> Size {
        self.size
    }

    /// The cells of a row, from the left.
    pub(super) fn row(&self, y: u16) -> &[Spot] {
        let width = usize::from(self.size.width);
        let start = usize::from(y) * width;
        self.spots.get(start..start + width).unwrap_or_default()
    }

    /// Puts a cell; what is not on the screen is left out.
    pub(super) fn put(&mut self, x: u16, y: u16, cell: &Cell) {
        if x >= self.size.width || y >= self.size.height {
            return;
        }
        let at = usize::from(y) * usize::from(self.size.width) + usize::from(x);
        let was_wide = self.spots[at].columns == 2;
        let in_half = self.spots[at].columns == 0;
        let wide = cell.symbol().width() > 1 && x + 1 < self.size.width;
        self.spots[at].cell.clone_from(cell);
        self.spots[at].columns = if wide { 2 } else { 1 };
        if in_half && x > 0 {
            // The wide character before it lost its second half.
            self.spots[at - 1] = Spot::blank();
        }
        if x + 1 < self.size.width {
            if wide {
                if self.spots[at + 1].columns == 2 && x + 2 < self.size.width {
                    self.spots[at + 2] = Spot::blank();
                }
                let mut half = Cell::EMPTY;
                half.set_style(cell.style());
                self.spots[at + 1] = Spot { cell: half, columns: 0 };
            } else if was_wide {
                self.spots[at + 1] = Spot::blank();
            }
        }
    }

    /// Moves rows as the terminal does; rows that come in are blank.
    pub(super) fn scroll(&mut self, shift: Shift) {
        let width = usize::from(self.size.width);
        let part = usize::from(shift.top) * width..usize::from(shift.bottom) * width;
        let Some(part) = self.spots.get_mut(part) else { return };
        let cells = (shift.up.unsigned_abs() as usize * width).min(part.len());
        if shift.up >= 0 {
            part.rotate_left(cells);
            let kept = part.len() - cells;
            part[kept..].fill(Spot::blank());
        } else {
            part.rotate_right(cells);
            part[..cells].fill(Spot::blank());
        }
    }

    /// The scroll that spares the most cells on the way from this screen to `next`, if any is worth it.
    pub(super) fn shift_to(&self, next: &Self) -> Option<Shift> {
        if self.size != next.size {
            return None;
        }
        let height = self.size.height;
        let changed: Vec<u16> = (0..height).filter(|y| self.row(*y) != next.row(*y)).collect();
        if changed.len() < 2 {
            return None;
        }
        let up = self.likely_distance(next, &changed)?;
        let moved = |y: u16| -> bool {
            let from = i32::from(y) + up;
            let from = u16::try_from(from).ok().filter(|from| *from < height);
            from.is_some_and(|from| alike(self.row(from), next.row(y)))
        };
        // The longest run of rows that have come from `up` rows below (or above).
        let (mut best, mut start) = (0..0, 0);
        for y in 0..=height {
            if y < height && moved(y) {
                continue;
            }
            if y - start > best.end - best.start {
                best = start..y;
            }
            start = y + 1;
        }
        let rows = u16::try_from(up.unsigned_abs()).ok()?;
        let shift = if up > 0 {
            Shift { top: best.start, bottom: best.end.saturating_add(rows).min(height), up }
        } else {
            Shift { top: best.start.saturating_sub(rows), bottom: best.end, up }
        };
        (!best.is_empty() && self.gain(next, shift) >= LEAST_GAIN as isize).then_some(shift)
    }

    /// By how many rows most of the rows that changed have moved. A row that moved has left another text behind, so only
    /// rows that changed are looked at.
    fn likely_distance(&self, next: &Self, changed: &[u16]) -> Option<i32> {
        let mut places: HashMap<u64, Option<u16>> = HashMap::with_capacity(changed.len());
        for y in changed {
            if let Some(print) = fingerprint(self.row(*y)) {
                // A text that stands there twice tells no distance.
                places.entry(print).and_modify(|place| *place = None).or_insert(Some(*y));
            }
        }
        let mut votes: HashMap<i32, usize> = HashMap::new();
        for y in changed {
            let place = fingerprint(next.row(*y)).and_then(|print| places.get(&print).copied().flatten());
            if let Some(old) = place.filter(|old| old != y) {
                *votes.entry(i32::from(old) - i32::from(*y)).or_default() += 1;
            }
        }
        votes.into_iter().max_by_key(|(distance, votes)| (*votes, -distance.abs(), *distance)).map(|(up, _)| up)
    }

    /// How many cells fewer differ after the scroll.
    fn gain(&self, next: &Self, shift: Shift) -> isize {
        let blank = Spot::blank();
        let mut gain = 0;
        for y in shift.top..shift.bottom {
            let new = next.row(y);
            let differing = |old: &mut dyn Iterator<Item = &Spot>| old.zip(new).filter(|(old, new)| old != new).count();
            let before = differing(&mut self.row(y).iter());
            let from = u16::try_from(i32::from(y) + shift.up).ok();
            let after = match from.filter(|from| (shift.top..shift.bottom).contains(from)) {
                Some(from) => differing(&mut self.row(from).iter()),
                None => differing(&mut std::iter::repeat_n(&blank, new.len())),
            };
            gain += before as isize - after as isize;
        }
        gain
    }

    /// Takes a row over from another screen of the same size.
    pub(super) fn take_row(&mut self, y: u16, row: &[Spot]) {
        let width = usize::from(self.size.width);
        let start = usize::from(y) * width;
        if let Some(own) = self.spots.get_mut(start..start + width).filter(|own| own.len() == row.len()) {
            own.clone_from_slice(row);
        }
    }
}

/// A row's text, whatever its colours; the first column is the cursor's. `None` for a row that says nothing.
fn fingerprint(row: &[Spot]) -> Option<u64> {
    let mut said = 0;
    let mut hash = 0_u64;
    for spot in row.get(1..)? {
        let symbol = spot.cell.symbol();
        said += usize::from(symbol != " ");
        for byte in symbol.bytes() {
            // FNV-1a: a collision costs a comparison, no more.
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    (said >= 4).then_some(hash)
}

/// Whether two rows have the same text, but for the first column.
fn alike(a: &[Spot], b: &[Spot]) -> bool {
    a.len() == b.len() && a.iter().zip(b).skip(1).all(|(a, b)| a.cell.symbol() == b.cell.symbol())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(rows: &[&str]) -> Grid {
        let width = rows.iter().map(|row| row.width()).max().unwrap_or(0) as u16;
        let mut grid = Grid::new(Size::new(width, rows.len() as u16));
        for (y, row) in rows.iter().enumerate() {
            let mut x = 0;
            for c in row.chars() {
                let mut cell = Cell::EMPTY;
                cell.set_char(c);
                grid.put(x, y as u16, &cell);
                x += c.to_string().width() as u16;
            }
        }
        grid
    }

    const LONG: &str = "and so on and on, for a while, to the end of a row that is long";

    fn line(name: &str) -> String {
        format!(" {name} {name} {LONG}")
    }

    #[test]
    fn rows_that_moved_are_found() {
        let check = |old: &[&str], new: &[&str], expected: Option<(u16, u16, i32)>| {
            let text = |rows: &[&str]| -> Vec<String> { rows.iter().map(|row| line(row)).collect() };
            let (old, new) = (text(old), text(new));
            let refs = |rows: &[String]| grid(&rows.iter().map(String::as_str).collect::<Vec<_>>());
            let found = refs(&old).shift_to(&refs(&new)).map(|shift| (shift.top, shift.bottom, shift.up));
            assert_eq!(found, expected, "{old:?} {new:?}");
        };
        check(&["head", "one", "two", "three", "status"], &["head", "two", "three", "four", "status"], Some((1, 4, 1)));
        check(&["head", "one", "two", "three", "status"], &["head", "zero", "one", "two", "status"], Some((1, 4, -1)));
        check(&["one", "two", "three", "four"], &["three", "four", "five", "six"], Some((0, 4, 2)));
        check(&["one", "two", "three"], &["one", "two", "three"], None);
        check(&["one", "two", "three"], &["four", "five", "six"], None);
    }

    #[test]
    fn few_cells_are_not_worth_a_scroll() {
        assert_eq!(grid(&[" abcd", " efgh", " ijkl"]).shift_to(&grid(&[" efgh", " ijkl", " mnop"])), None);
    }

    #[test]
    fn scrolled_rows_come_in_blank() {
        let mut grid = grid(&["aa", "bb", "cc"]);
        grid.scroll(Shift { top: 0, bottom: 2, up: 1 });
        assert!(grid.row(0)[0].cell.symbol() == "b" && grid.row(1)[0].is_blank());
        grid.scroll(Shift { top: 0, bottom: 3, up: -9 });
        assert!((0..3).all(|y| grid.row(y).iter().all(Spot::is_blank)));
    }

    #[test]
    fn half_a_wide_character_is_none() {
        let mut grid = grid(&["漢字a"]);
        let columns = |grid: &Grid| grid.row(0).iter().map(|spot| spot.columns).collect::<Vec<_>>();
        assert_eq!(columns(&grid), [2, 0, 2, 0, 1]);
        let mut cell = Cell::EMPTY;
        cell.set_char('x');
        grid.put(1, 0, &cell);
        assert_eq!(columns(&grid), [1, 1, 2, 0, 1]);
        assert!(grid.row(0)[0].is_blank());
        cell.set_char('漢');
        grid.put(1, 0, &cell);
        assert_eq!(columns(&grid), [1, 2, 0, 1, 1]);
        grid.put(4, 0, &cell);
        assert_eq!(columns(&grid), [1, 2, 0, 1, 1], "no room for its second half");
    }
}
