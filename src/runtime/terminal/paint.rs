//! The bytes that turn one screen into another: few of them.
//!
//! Owns the escape sequences of a frame. Pure: it writes into a buffer. Must not know who sends it.
//!
//! Rows that only moved are scrolled within a region (DECSTBM; a line feed at its lower margin, `ESC M` at its upper:
//! every terminal with regions has these). Of what is left, only cells that differ are written.
//! See <https://invisible-island.net/xterm/ctlseqs/ctlseqs.html>.

use super::grid::{Grid, Shift, Spot};
use ratatui::layout::Position;
use ratatui::style::{Color, Modifier};
use std::io::Write as _;

/// Whether parts of the screen may be scrolled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scrolling {
    /// They may.
    On,
    /// The terminal has no regions, or `LOGDECK_SCROLL=0`: rows that moved are written anew.
    Off,
}

/// Cells that did not change and are written all the same, since a jump over them costs more.
const SHORT_GAP: usize = 4;
/// Blank cells at the end of a row that are worth an "erase to the end" (3 bytes).
const LONG_BLANK: usize = 4;

/// How cells look, as far as a terminal is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Look {
    ink: Color,
    paper: Color,
    modifier: Modifier,
}

const PLAIN: Look = Look { ink: Color::Reset, paper: Color::Reset, modifier: Modifier::empty() };

/// Writes a frame. The terminal's style is plain before and after it.
pub(super) struct Painter<'o> {
    out: &'o mut Vec<u8>,
    look: Look,
    /// Where the terminal's cursor is, if that is known.
    at: Option<Position>,
}

impl<'o> Painter<'o> {
    /// A painter on a terminal whose cursor is anywhere and whose style is plain.
    pub(super) fn new(out: &'o mut Vec<u8>) -> Self {
        Self { out, look: PLAIN, at: None }
    }

    /// Turns `shown`, which is of the same size, into `next`.
    pub(super) fn paint(&mut self, shown: &mut Grid, next: &Grid, scrolling: Scrolling) {
        if scrolling == Scrolling::On
            && let Some(shift) = shown.shift_to(next)
        {
            self.scroll(shift);
            shown.scroll(shift);
        }
        for y in 0..next.size().height {
            if shown.row(y) != next.row(y) {
                self.row(shown.row(y), next.row(y), y);
                shown.take_row(y, next.row(y));
            }
        }
        self.wear(PLAIN);
    }

    fn scroll(&mut self, shift: Shift) {
        let Shift { top, bottom, up } = shift;
        // Rows that come in take the current background on some terminals: it is the plain one here.
        self.csi(format_args!("{};{bottom}r", top + 1));
        self.at = None;
        if up > 0 {
            self.go(Position::new(0, bottom - 1));
            self.out.extend(std::iter::repeat_n(b'\n', up.unsigned_abs() as usize));
        } else {
            self.go(Position::new(0, top));
            for _ in 0..up.unsigned_abs() {
                self.out.extend_from_slice(b"\x1bM");
            }
        }
        self.csi(format_args!("r"));
        self.at = None;
    }

    fn row(&mut self, old: &[Spot], new: &[Spot], y: u16) {
        // From here to the right there is nothing to see.
        let end = new.iter().rposition(|spot| !spot.is_blank()).map_or(0, |last| last + 1);
        let old_end = old.iter().rposition(|spot| !spot.is_blank()).map_or(0, |last| last + 1);
        let erase = old_end >= end + LONG_BLANK;
        let stop = if erase { end } else { new.len() };
        let differs = |x: usize| old.get(x) != new.get(x);
        let mut x = 0;
        while x < stop {
            if !differs(x) || new[x].columns == 0 {
                x += 1;
                continue;
            }
            // A run of cells, with short gaps that are written along.
            let mut last = x;
            let mut gap = 0;
            for (at, spot) in new.iter().enumerate().take(stop).skip(x) {
                if differs(at) {
                    last = at;
                    gap = 0;
                } else {
                    gap += 1;
                    if gap > SHORT_GAP || look(spot) != look(&new[last]) {
                        break;
                    }
                }
            }
            self.go(Position::new(x as u16, y));
            for spot in &new[x..=last] {
                self.spot(spot);
            }
            x = last + 1;
        }
        if erase {
            self.wear(PLAIN);
            self.go(Position::new(end as u16, y));
            self.csi(format_args!("K"));
        }
    }

    fn spot(&mut self, spot: &Spot) {
        if spot.columns == 0 {
            return;
        }
        self.wear(look(spot));
        let symbol = spot.cell.symbol();
        self.out.extend_from_slice(symbol.as_bytes());
        // Terminals differ in the width of what is not one plain column: then the place is told anew.
        let known = spot.columns == 1 && symbol.chars().nth(1).is_none();
        self.at = self.at.filter(|_| known).map(|at| Position::new(at.x + 1, at.y));
    }

    fn go(&mut self, to: Position) {
        match self.at {
            Some(at) if at == to => {}
            Some(at) if at.y == to.y && to.x > at.x => match to.x - at.x {
                1 => self.csi(format_args!("C")),
                columns => self.csi(format_args!("{columns}C")),
            },
            _ if to == Position::ORIGIN => self.csi(format_args!("H")),
            _ if to.x == 0 => self.csi(format_args!("{}H", to.y + 1)),
            _ => self.csi(format_args!("{};{}H", to.y + 1, to.x + 1)),
        }
        self.at = Some(to);
    }

    /// Switches from the current style to another one, in one sequence.
    fn wear(&mut self, look: Look) {
        if look == self.look {
            return;
        }
        let mut codes = String::new();
        let mut old = self.look;
        // There is no short way to take one modifier away that every terminal knows.
        let gone = !(old.modifier - look.modifier).is_empty();
        let plain = look == PLAIN;
        if gone || plain {
            codes.push('0');
            old = PLAIN;
        }
        let mut add = |code: &str| {
            if !codes.is_empty() {
                codes.push(';');
            }
            codes.push_str(code);
        };
        for (modifier, code) in MODIFIERS {
            if look.modifier.contains(modifier) && !old.modifier.contains(modifier) {
                add(code);
            }
        }
        if look.ink != old.ink {
            add(&colour(look.ink, 30));
        }
        if look.paper != old.paper {
            add(&colour(look.paper, 40));
        }
        // `CSI m` alone is plain, too.
        self.csi(format_args!("{}m", if plain { "" } else { &codes }));
        self.look = look;
    }

    fn csi(&mut self, rest: std::fmt::Arguments<'_>) {
        self.out.extend_from_slice(b"\x1b[");
        // Writing into memory does not fail.
        let _ = self.out.write_fmt(rest);
    }
}

const MODIFIERS: [(Modifier, &str); 9] = [
    (Modifier::BOLD, "1"),
    (Modifier::DIM, "2"),
    (Modifier::ITALIC, "3"),
    (Modifier::UNDERLINED, "4"),
    (Modifier::SLOW_BLINK, "5"),
    (Modifier::RAPID_BLINK, "6"),
    (Modifier::REVERSED, "7"),
    (Modifier::HIDDEN, "8"),
    (Modifier::CROSSED_OUT, "9"),
];

/// How a cell looks. The ink of a blank does not matter.
fn look(spot: &Spot) -> Look {
    let cell = &spot.cell;
    Look { ink: cell.fg, paper: cell.bg, modifier: cell.modifier }
}

/// The codes of a colour; `base` is 30 for text and 40 for what is behind it.
fn colour(colour: Color, base: u8) -> String {
    let named = |n: u8| (base + n).to_string();
    let bright = |n: u8| (base + 60 + n).to_string();
    match colour {
        Color::Reset => named(9),
        Color::Black => named(0),
        Color::Red => named(1),
        Color::Green => named(2),
        Color::Yellow => named(3),
        Color::Blue => named(4),
        Color::Magenta => named(5),
        Color::Cyan => named(6),
        Color::Gray => named(7),
        Color::DarkGray => bright(0),
        Color::LightRed => bright(1),
        Color::LightGreen => bright(2),
        Color::LightYellow => bright(3),
        Color::LightBlue => bright(4),
        Color::LightMagenta => bright(5),
        Color::LightCyan => bright(6),
        Color::White => bright(7),
        Color::Indexed(n) => format!("{};5;{n}", base + 8),
        Color::Rgb(red, green, blue) => format!("{};2;{red};{green};{blue}", base + 8),
    }
}
