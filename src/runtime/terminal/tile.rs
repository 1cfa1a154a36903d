//! A cell as one number: quick to compare, and the same for what looks the same.
//!
//! Owns that form, and the cells' cleaning that comes before it. Must not know what is done with it.

use super::pen::{is_blank, is_plain};
use ratatui::buffer::{Cell, CellWidth};
use ratatui::style::Color;
use std::hash::{BuildHasher, RandomState};

/// A cell's text and style.
///
/// From the lowest bit: 56 of the symbol's bytes, one that tells that it has more of them (then they are a hash, whose
/// key nobody outside knows), 9 of the modifiers, 25 of each colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tile(u128);

const SYMBOL: u32 = 57;
const LONG: u64 = 1 << 56;

impl Tile {
    /// A blank on which nothing can be seen.
    pub(super) const BLANK: Self = Self(b' ' as u128);

    /// What a wide character covers beside its first cell.
    const COVERED: Self = Self(0);

    fn of(cell: &Cell, hasher: &RandomState) -> Self {
        let symbol = cell.symbol().as_bytes();
        let text = match symbol {
            [byte] => u64::from(*byte),
            _ if symbol.len() <= 7 => symbol.iter().rev().fold(0, |text, byte| text << 8 | u64::from(*byte)),
            _ => hasher.hash_one(symbol) >> 8 | LONG,
        };
        let modifier = u128::from(cell.modifier.bits()) << SYMBOL;
        let colours = u128::from(code(cell.fg)) << (SYMBOL + 9) | u128::from(code(cell.bg)) << (SYMBOL + 34);
        Self(u128::from(text) | modifier | colours)
    }

    /// The text alone.
    pub(super) const fn text(self) -> u64 {
        self.0 as u64 & (LONG << 1).wrapping_sub(1)
    }

    /// The style alone.
    pub(super) const fn style(self) -> u128 {
        self.0 >> SYMBOL
    }

    /// About how many bytes its text has.
    pub(super) const fn len(self) -> usize {
        (64 - self.text().leading_zeros() as usize).div_ceil(8)
    }
}

/// A colour as a number of 25 bits.
const fn code(color: Color) -> u32 {
    match color {
        Color::Reset => 0,
        Color::Black => 1,
        Color::Red => 2,
        Color::Green => 3,
        Color::Yellow => 4,
        Color::Blue => 5,
        Color::Magenta => 6,
        Color::Cyan => 7,
        Color::Gray => 8,
        Color::DarkGray => 9,
        Color::LightRed => 10,
        Color::LightGreen => 11,
        Color::LightYellow => 12,
        Color::LightBlue => 13,
        Color::LightMagenta => 14,
        Color::LightCyan => 15,
        Color::White => 16,
        Color::Indexed(index) => 1 << 8 | index as u32,
        Color::Rgb(red, green, blue) => 1 << 24 | (red as u32) << 16 | (green as u32) << 8 | blue as u32,
    }
}

/// Cleans the cells of a row, and puts them into tiles.
///
/// A wide character's second cell becomes the empty symbol, so that it is told apart from a blank; blanks lose what
/// cannot be seen on them; what has no width or does not fit into the row becomes a blank.
pub(super) fn lay(row: &mut [Cell], tiles: &mut [Tile], hasher: &RandomState) {
    let mut x = 0;
    while x < row.len() {
        let cell = &row[x];
        let symbol = cell.symbol();
        let width = match symbol.as_bytes() {
            [b' '..=b'~'] => 1,
            _ if symbol.contains(char::is_control) => 0,
            _ => usize::from(symbol.cell_width()),
        };
        if width == 0 || x + most_columns(symbol, width) > row.len() {
            for cell in row[x..].iter_mut().take(width.max(1)) {
                cell.set_symbol(" ");
            }
            continue;
        }
        if is_blank(cell) {
            if !is_plain(cell) {
                row[x].reset();
            }
            tiles[x] = Tile::BLANK;
        } else {
            tiles[x] = Tile::of(cell, hasher);
        }
        for covered in x + 1..x + width {
            row[covered].reset();
            row[covered].set_symbol("");
            tiles[covered] = Tile::COVERED;
        }
        x += width;
    }
}

/// The most columns that a terminal takes for a cluster: one that does not know clusters adds up their characters. At
/// the edge of the screen such a one would go on in the row below.
fn most_columns(symbol: &str, width: usize) -> usize {
    if symbol.len() == 1 {
        return 1;
    }
    let mut bytes = [0; 4];
    let sum = symbol.chars().map(|c| usize::from(c.encode_utf8(&mut bytes).cell_width())).sum();
    width.max(sum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::style::{Modifier, Style};

    #[test]
    fn what_looks_different_is_different() {
        let hasher = RandomState::new();
        let plain = Style::new();
        let cell = |symbol: &str, style: Style| {
            let mut cell = Cell::default();
            cell.set_symbol(symbol).set_style(style);
            Tile::of(&cell, &hasher)
        };
        let styles = [
            plain,
            plain.fg(Color::Black),
            plain.bg(Color::Black),
            plain.fg(Color::White),
            plain.fg(Color::Indexed(0)),
            plain.fg(Color::Indexed(15)),
            plain.fg(Color::Rgb(0, 0, 0)),
            plain.fg(Color::Rgb(255, 255, 255)),
            plain.bg(Color::Rgb(255, 255, 255)),
            plain.add_modifier(Modifier::BOLD),
            plain.add_modifier(Modifier::CROSSED_OUT),
        ];
        let symbols = [
            "a",
            "b",
            "é",
            "e\u{301}",
            "漢",
            "👩\u{200d}👩\u{200d}👧",
            "👩\u{200d}👩\u{200d}👦",
            "1234567",
            "12345678",
        ];
        let tiles: Vec<_> =
            symbols.iter().flat_map(|symbol| styles.map(|style| (cell(symbol, style), symbol, style))).collect();
        for (n, one) in tiles.iter().enumerate() {
            assert_eq!(one.0, cell(one.1, one.2));
            for other in &tiles[n + 1..] {
                assert_ne!(one.0, other.0, "{one:?} {other:?}");
            }
        }
        assert_eq!([cell("a", styles[7]).len(), cell("漢", plain).len(), cell("12345678", plain).len()], [1, 3, 8]);
        assert_eq!(cell("a", styles[7]).text(), cell("a", plain).text());
        assert_eq!(cell("a", styles[7]).style(), cell("漢", styles[7]).style());
    }
}
