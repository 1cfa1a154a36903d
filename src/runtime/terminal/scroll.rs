//! Finds out whether a block of rows has moved up or down between two screens.
//!
//! Owns the estimate of what that would save. Nobody tells it what scrolls, so it works for every list and pane. It
//! compares rows by hashes and weighs them cell by cell; what it gets wrong costs bytes and nothing else. Must not
//! know how a scroll is written.

use super::pen::is_blank;
use ratatui::buffer::Cell;

/// A block of rows that has moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shift {
    /// The first row of the region, where it was or is.
    pub(super) top: usize,
    /// Its last row.
    pub(super) bottom: usize,
    /// Rows by which it moved: up when positive, down when negative. Never 0, and less than the region has.
    pub(super) by: isize,
}

/// Bytes of the sequences around a scroll, and a little more: a scroll that saves nothing is not worth it.
const OVERHEAD: usize = 24;
/// Bytes of a cursor move, or of a change of style.
const STEP: usize = 5;
/// Bytes that empty the rest of a row.
const ERASE: usize = 3;
/// How many distances are looked at closely.
const CANDIDATES: usize = 2;
/// Rows that have to change before it is worth to look.
const LEAST_ROWS: usize = 3;

/// The shift that saves the most bytes on the way from `old` to `new`, if any does. Both have rows of `width` cells,
/// normalised.
pub(super) fn find(old: &[Cell], new: &[Cell], width: usize) -> Option<Shift> {
    let rows = |cells| <[Cell]>::chunks_exact(cells, width);
    let (old, new): (Vec<_>, Vec<_>) = (rows(old).collect(), rows(new).collect());
    let changed: Vec<bool> = old.iter().zip(&new).map(|(old, new)| old != new).collect();
    if changed.iter().filter(|changed| **changed).count() < LEAST_ROWS {
        return None;
    }
    let prints = |rows: &[&[Cell]]| -> Vec<Option<Print>> {
        rows.iter().zip(&changed).map(|(row, changed)| changed.then(|| Print::of(row))).collect()
    };
    let (old_prints, new_prints) = (prints(&old), prints(&new));
    let candidates = candidates(&old_prints, &new_prints);
    if candidates.is_empty() {
        return None;
    }
    // What it costs to leave each row where it is.
    let stay: Vec<usize> = old.iter().zip(&new).map(|(old, new)| cost(Some(old), new)).collect();
    let same = |from: usize, to: usize| match (&old_prints[from], &new_prints[to]) {
        (Some(from), Some(to)) => from.all == to.all,
        _ => false,
    };
    let moved = |from: usize, to: usize| if same(from, to) { 0 } else { cost(Some(old[from]), new[to]) };
    let saved = candidates.into_iter().filter_map(|by| saving(by, &stay, &new, moved));
    saved.max_by_key(|(saved, _)| *saved).filter(|(saved, _)| *saved > 0).map(|(_, shift)| shift)
}

/// The best region for one distance, and the bytes that it saves.
fn saving(by: isize, stay: &[usize], new: &[&[Cell]], moved: impl Fn(usize, usize) -> usize) -> Option<(isize, Shift)> {
    let distance = by.unsigned_abs();
    let last = stay.len().checked_sub(distance + 1)?;
    // Rows that have an old row at this distance.
    let targets = if by > 0 { 0..=last } else { distance..=last + distance };
    let mut best: Option<(isize, usize, usize)> = None;
    let (mut sum, mut start) = (0, *targets.start());
    for to in targets {
        if sum <= 0 {
            (sum, start) = (0, to);
        }
        sum += stay[to] as isize - moved(to.checked_add_signed(by)?, to) as isize;
        if best.is_none_or(|(most, ..)| sum > most) {
            best = Some((sum, start, to));
        }
    }
    let (gain, first, last) = best?;
    let (top, bottom, exposed) = if by > 0 {
        (first, last + distance, last + 1..=last + distance)
    } else {
        (first - distance, last, first - distance..=first - 1)
    };
    let loss: isize = exposed.map(|row| cost(None, new[row]) as isize - stay[row] as isize).sum();
    let sequences = OVERHEAD + distance * if by > 0 { 1 } else { 2 };
    Some((gain - loss - sequences as isize, Shift { top, bottom, by }))
}

/// What a row is recognised by.
struct Print {
    /// Text and style.
    all: u64,
    /// Text without the first column, where a list marks its cursor; 0 when there is none.
    text: u64,
    /// Text of the right three quarters, since ages and times on the left may change; 0 when there is none.
    right: u64,
}

impl Print {
    fn of(row: &[Cell]) -> Self {
        let (mut all, mut text) = (0, 0_u64);
        let (mut right, mut whole) = (0, 0);
        let quarter = row.len() / 4;
        for (x, cell) in row.iter().enumerate().rev() {
            let mut symbol = 0;
            for byte in cell.symbol().bytes() {
                symbol = symbol << 8 | u64::from(byte);
            }
            if symbol != u64::from(b' ') {
                text = mix(mix(text, symbol), x as u64);
                let style = u64::from(cell.modifier.bits());
                all = mix(mix(all, text ^ style << 48), color(cell.fg) << 32 | color(cell.bg));
            } else if !is_blank(cell) {
                all = mix(all, x as u64 ^ u64::from(cell.modifier.bits()) << 48);
            }
            if x == quarter {
                right = text;
            }
            if x == 1 {
                whole = text;
            }
        }
        Self { all, text: whole, right }
    }
}

const fn mix(hash: u64, value: u64) -> u64 {
    (hash.rotate_left(5) ^ value).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

fn color(color: ratatui::style::Color) -> u64 {
    use ratatui::style::Color;
    match color {
        Color::Reset => 0,
        Color::Indexed(index) => 1 << 8 | u64::from(index),
        Color::Rgb(red, green, blue) => 1 << 24 | u64::from(red) << 16 | u64::from(green) << 8 | u64::from(blue),
        // Two of the sixteen that are taken for one another cost nothing but bytes.
        _ => 2 << 8,
    }
}

/// The distances that most rows agree on.
fn candidates(old: &[Option<Print>], new: &[Option<Print>]) -> Vec<isize> {
    let rows = new.len() as isize;
    let mut votes = vec![0_u32; 2 * new.len() + 1];
    for (to, new) in new.iter().enumerate() {
        let Some(new) = new.as_ref().filter(|print| print.text != 0) else { continue };
        for (from, old) in old.iter().enumerate() {
            let Some(old) = old else { continue };
            let vote = 2 * u32::from(old.text == new.text) + u32::from(old.right == new.right && new.right != 0);
            votes[(from as isize - to as isize + rows) as usize] += vote;
        }
    }
    votes[rows as usize] = 0;
    let mut found = Vec::with_capacity(CANDIDATES);
    for _ in 0..CANDIDATES {
        let most = (1..=rows).flat_map(|by| [by, -by]).max_by_key(|by| (votes[(by + rows) as usize], -by.abs()));
        let Some(by) = most.filter(|by| votes[(by + rows) as usize] > 0) else { break };
        votes[(by + rows) as usize] = 0;
        found.push(by);
    }
    found
}

/// About how many bytes change one row into another; `None` is a blank row.
fn cost(old: Option<&[Cell]>, new: &[Cell]) -> usize {
    let tail = new.iter().rposition(|cell| !is_blank(cell)).map_or(0, |last| last + 1);
    let differs = |x: usize| old.map_or_else(|| !is_blank(&new[x]), |old| old[x] != new[x]);
    let (mut bytes, mut next, mut style) = (0, usize::MAX, None);
    for x in (0..tail).filter(|x| differs(*x)) {
        let cell = &new[x];
        let look = (cell.fg, cell.modifier);
        bytes += cell.symbol().len();
        bytes += if x == next { 0 } else { STEP };
        if !is_blank(cell) && style != Some(look) {
            bytes += if style.is_some() { STEP } else { 0 };
            style = Some(look);
        }
        next = x + 1;
    }
    if (tail..new.len()).any(differs) {
        bytes += ERASE + if tail == next { 0 } else { STEP };
    }
    bytes
}
