//! Finds out whether a block of rows has moved up or down between two screens.
//!
//! Owns the estimate of what that would save. Nobody tells it what scrolls, so it works for every list and pane. It
//! compares rows by hashes and weighs them cell by cell; what it gets wrong costs bytes and nothing else. Must not
//! know how a scroll is written.

use super::tile::Tile;

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

/// The shift that saves the most bytes on the way from `old` to `new`, if any does. Both have rows of `width`
/// tiles.
pub(super) fn find(old: &[Tile], new: &[Tile], width: usize) -> Option<Shift> {
    let rows = |tiles| <[Tile]>::chunks_exact(tiles, width);
    let (old, new): (Vec<_>, Vec<_>) = (rows(old).collect(), rows(new).collect());
    let changed: Vec<bool> = old.iter().zip(&new).map(|(old, new)| old != new).collect();
    if changed.iter().filter(|changed| **changed).count() < LEAST_ROWS {
        return None;
    }
    let prints = |rows: &[&[Tile]]| -> Vec<Option<Print>> {
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
fn saving(by: isize, stay: &[usize], new: &[&[Tile]], moved: impl Fn(usize, usize) -> usize) -> Option<(isize, Shift)> {
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
    fn of(row: &[Tile]) -> Self {
        let (mut all, mut text) = (0, 0);
        let (mut right, mut whole) = (0, 0);
        let quarter = row.len() / 4;
        for (x, tile) in row.iter().enumerate().rev() {
            if *tile != Tile::BLANK {
                text = mix(text, tile.text() ^ (x as u64) << 57);
                all = mix(all, text ^ tile.style() as u64);
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
fn cost(old: Option<&[Tile]>, new: &[Tile]) -> usize {
    let tail = new.iter().rposition(|tile| *tile != Tile::BLANK).map_or(0, |last| last + 1);
    let before = |x: usize| old.map_or(Tile::BLANK, |old| old[x]);
    let (mut bytes, mut next, mut style) = (0, usize::MAX, None);
    for (x, tile) in new[..tail].iter().enumerate() {
        if *tile == before(x) {
            continue;
        }
        bytes += tile.len() + if x == next { 0 } else { STEP };
        if *tile != Tile::BLANK && style != Some(tile.style()) {
            bytes += if style.is_some() { STEP } else { 0 };
            style = Some(tile.style());
        }
        next = x + 1;
    }
    if (tail..new.len()).any(|x| before(x) != Tile::BLANK) {
        bytes += ERASE + if tail == next { 0 } else { STEP };
    }
    bytes
}
