//! Cells into the fewest bytes: cursor moves, styles, characters.
//!
//! Owns what the terminal's cursor and style are while a frame is written. Must not know which cells have changed.

use ratatui::buffer::{Cell, CellWidth};
use ratatui::layout::Size;
use ratatui::style::{Color, Modifier};
use std::io::Write as _;

/// What of a style is seen on a blank.
const SEEN_ON_BLANK: Modifier = Modifier::REVERSED
    .union(Modifier::UNDERLINED)
    .union(Modifier::CROSSED_OUT)
    .union(Modifier::SLOW_BLINK)
    .union(Modifier::RAPID_BLINK);

/// The style that the terminal writes with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Look {
    fg: Color,
    bg: Color,
    modifier: Modifier,
}

impl Look {
    const PLAIN: Self = Self { fg: Color::Reset, bg: Color::Reset, modifier: Modifier::empty() };

    const fn of(cell: &Cell) -> Self {
        Self { fg: cell.fg, bg: cell.bg, modifier: cell.modifier }
    }

    /// Whether a blank in this style looks like one without a style.
    fn hides_on_blank(self) -> bool {
        self.bg == Color::Reset && !self.modifier.intersects(SEEN_ON_BLANK)
    }
}

/// Writes cells into a frame's bytes.
#[derive(Debug)]
pub(super) struct Pen {
    out: Vec<u8>,
    size: Size,
    /// Column and row of the cursor, while they are known.
    at: Option<(u16, u16)>,
    look: Look,
}

impl Pen {
    /// A pen on a terminal of this size whose cursor may be anywhere, with its plain style.
    pub(super) fn new(size: Size) -> Self {
        Self { out: Vec::with_capacity(1024), size, at: None, look: Look::PLAIN }
    }

    /// The bytes so far; the style is plain afterwards.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.plain();
        self.out
    }

    /// Whether nothing was written.
    pub(super) const fn is_empty(&self) -> bool {
        self.out.is_empty()
    }

    /// Writes a sequence that neither moves the cursor nor changes the style.
    pub(super) fn raw(&mut self, sequence: &[u8]) {
        self.out.extend_from_slice(sequence);
    }

    /// Empties the screen, whatever was there, and whatever its style was.
    pub(super) fn clear_screen(&mut self) {
        self.out.extend_from_slice(b"\x1b[m\x1b[2J");
        self.look = Look::PLAIN;
        self.at = None;
    }

    /// Empties the row from the cursor's column on.
    pub(super) fn clear_to_end(&mut self) {
        self.plain_for_blanks();
        self.out.extend_from_slice(b"\x1b[K");
    }

    /// Makes the whole screen one region again, whoever left another one behind.
    pub(super) fn forget_region(&mut self) {
        self.no_region();
    }

    /// Moves rows `top..=bottom` up; blank ones come in below. The region has two rows at least.
    ///
    /// Line feeds at the lower margin, and reverse ones at the upper, are known to more terminals than the sequences
    /// that scroll by a number: the kernel's console has only these.
    pub(super) fn scroll_up(&mut self, top: u16, bottom: u16, by: u16) {
        self.region(top, bottom);
        self.go(0, bottom);
        self.out.extend(std::iter::repeat_n(b'\n', usize::from(by)));
        self.no_region();
    }

    /// Moves rows `top..=bottom` down; blank ones come in above. The region has two rows at least.
    pub(super) fn scroll_down(&mut self, top: u16, bottom: u16, by: u16) {
        self.region(top, bottom);
        self.go(0, top);
        for _ in 0..by {
            self.out.extend_from_slice(b"\x1bM");
        }
        self.no_region();
    }

    fn region(&mut self, top: u16, bottom: u16) {
        // Some terminals fill what comes in with the background.
        self.plain_for_blanks();
        let _ = write!(self.out, "\x1b[{};{}r", top + 1, bottom + 1);
        self.at = None;
    }

    fn no_region(&mut self) {
        self.out.extend_from_slice(b"\x1b[r");
        // It is in the corner of the screen now, or would be by the standard.
        self.at = None;
    }

    /// Where the cursor is, if that is known.
    pub(super) const fn at(&self) -> Option<(u16, u16)> {
        self.at
    }

    /// Moves the cursor.
    pub(super) fn go(&mut self, x: u16, y: u16) {
        let Some((from_x, from_y)) = self.at else { return self.go_from_anywhere(x, y) };
        self.at = Some((x, y));
        match (i32::from(y) - i32::from(from_y), i32::from(x) - i32::from(from_x)) {
            (0, 0) => {}
            (0, _) if x == 0 => self.out.push(b'\r'),
            (0, right @ 1..) => self.steps(right, b'C'),
            (0, -1) => self.out.push(b'\x08'),
            (0, left) => self.steps(-left, b'D'),
            // The row below exists, so that this never scrolls.
            (1, _) if x < 10 && y < self.size.height => {
                self.out.extend_from_slice(b"\r\n");
                if x > 0 {
                    self.steps(i32::from(x), b'C');
                }
            }
            _ => self.go_from_anywhere(x, y),
        }
    }

    fn steps(&mut self, count: i32, direction: u8) {
        let _ = if count == 1 { write!(self.out, "\x1b[") } else { write!(self.out, "\x1b[{count}") };
        self.out.push(direction);
    }

    fn go_from_anywhere(&mut self, x: u16, y: u16) {
        let _ = match (x, y) {
            (0, 0) => write!(self.out, "\x1b[H"),
            (0, y) => write!(self.out, "\x1b[{}H", y + 1),
            (x, y) => write!(self.out, "\x1b[{};{}H", y + 1, x + 1),
        };
        self.at = Some((x, y));
    }

    /// Writes a cell where the cursor is. `false` when terminals do not agree on its width: what stands to the right
    /// of it may have moved, and where the cursor is has become unknown.
    pub(super) fn put(&mut self, cell: &Cell) -> bool {
        let symbol = cell.symbol();
        if !(is_blank(cell) && self.look.hides_on_blank()) {
            self.set(Look::of(cell));
        }
        let width = symbol.cell_width().max(1);
        let agreed = symbol.len() == 1 || has_agreed_width(symbol, width);
        if !agreed && width > 1 {
            // Where it turns out narrow, nothing old is left beside it.
            self.out.extend(std::iter::repeat_n(b' ', usize::from(width)));
            let _ = write!(self.out, "\x1b[{width}D");
        }
        self.out.extend_from_slice(symbol.as_bytes());
        // Behind the last column a terminal waits before it goes to the next row, or does not.
        self.at = self.at.map(|(x, y)| (x + width, y)).filter(|(x, _)| agreed && *x < self.size.width);
        agreed
    }

    /// Whether cells can be written in the current style, at one byte each.
    pub(super) fn is_cheap(&self, cells: &[Cell]) -> bool {
        cells.iter().all(|cell| {
            cell.symbol().len() == 1 && (Look::of(cell) == self.look || (is_blank(cell) && self.look.hides_on_blank()))
        })
    }

    fn plain(&mut self) {
        if self.look != Look::PLAIN {
            self.set(Look::PLAIN);
        }
    }

    fn plain_for_blanks(&mut self) {
        if !self.look.hides_on_blank() {
            self.plain();
        }
    }

    fn set(&mut self, to: Look) {
        if to == self.look {
            return;
        }
        let (mut change, mut anew) = (Params::default(), Params::default());
        change.change(self.look, to);
        if to != Look::PLAIN {
            anew.push("0");
            anew.change(Look::PLAIN, to);
        }
        let params = if anew.0.len() <= change.0.len() { anew } else { change };
        self.out.extend_from_slice(b"\x1b[");
        self.out.extend_from_slice(&params.0);
        self.out.push(b'm');
        self.look = to;
    }
}

/// The numbers of an SGR sequence.
#[derive(Default)]
struct Params(Vec<u8>);

/// What is switched on by one number and off by another.
const SWITCHES: [(Modifier, &str, &str); 6] = [
    (Modifier::ITALIC, "3", "23"),
    (Modifier::UNDERLINED, "4", "24"),
    (Modifier::SLOW_BLINK, "5", "25"),
    (Modifier::REVERSED, "7", "27"),
    (Modifier::HIDDEN, "8", "28"),
    (Modifier::CROSSED_OUT, "9", "29"),
];

impl Params {
    fn push(&mut self, number: &str) {
        if !self.0.is_empty() {
            self.0.push(b';');
        }
        self.0.extend_from_slice(number.as_bytes());
    }

    fn change(&mut self, from: Look, to: Look) {
        let mut on = from.modifier;
        let weight = Modifier::BOLD | Modifier::DIM;
        // One number takes both weights away.
        if !to.modifier.contains(on & weight) {
            self.push("22");
            on -= weight;
        }
        for (weight, number) in [(Modifier::BOLD, "1"), (Modifier::DIM, "2")] {
            if to.modifier.contains(weight) && !on.contains(weight) {
                self.push(number);
            }
        }
        for (switch, number, off) in SWITCHES {
            match (on.contains(switch), to.modifier.contains(switch)) {
                (false, true) => self.push(number),
                (true, false) => self.push(off),
                _ => {}
            }
        }
        if from.fg != to.fg {
            self.color(to.fg, 30);
        }
        if from.bg != to.bg {
            self.color(to.bg, 40);
        }
    }

    /// `base` is 30 for the text and 40 for the background.
    fn color(&mut self, color: Color, base: u8) {
        let text = match color {
            Color::Reset => (base + 9).to_string(),
            Color::Indexed(index) => format!("{};5;{index}", base + 8),
            Color::Rgb(red, green, blue) => format!("{};2;{red};{green};{blue}", base + 8),
            named => {
                let index = index_of(named);
                (if index < 8 { base + index } else { base + 52 + index }).to_string()
            }
        };
        self.push(&text);
    }
}

/// The number of one of the sixteen colours.
const fn index_of(color: Color) -> u8 {
    match color {
        Color::Red => 1,
        Color::Green => 2,
        Color::Yellow => 3,
        Color::Blue => 4,
        Color::Magenta => 5,
        Color::Cyan => 6,
        Color::Gray => 7,
        Color::DarkGray => 8,
        Color::LightRed => 9,
        Color::LightGreen => 10,
        Color::LightYellow => 11,
        Color::LightBlue => 12,
        Color::LightMagenta => 13,
        Color::LightCyan => 14,
        Color::White => 15,
        _ => 0,
    }
}

/// Whether a cell has no style.
pub(super) fn is_plain(cell: &Cell) -> bool {
    Look::of(cell) == Look::PLAIN
}

/// A blank without anything to be seen.
pub(super) fn is_blank(cell: &Cell) -> bool {
    cell.symbol() == " " && cell.bg == Color::Reset && !cell.modifier.intersects(SEEN_ON_BLANK)
}

/// Whether every terminal takes as many columns for a cluster as we do: single characters of one column, and those of
/// East Asian scripts. Emoji, and clusters of several characters, are another matter.
fn has_agreed_width(symbol: &str, width: u16) -> bool {
    let mut chars = symbol.chars();
    let (Some(c), None) = (chars.next(), chars.next()) else { return false };
    match width {
        1 => true,
        2 => matches!(u32::from(c),
            0x1100..=0x115F | 0x2E80..=0xA4CF | 0xA960..=0xA97F | 0xAC00..=0xD7A3 | 0xF900..=0xFAFF
            | 0xFE30..=0xFE6F | 0xFF00..=0xFFE6 | 0x2_0000..=0x3_FFFD),
        _ => false,
    }
}
