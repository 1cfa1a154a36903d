//! A terminal's cells as SVG: text with colours, blocks as rectangles, so that no font leaves gaps.

use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier};
use std::fmt::Write as _;

/// A cell in pixels.
const WIDTH: f64 = 8.4;
const HEIGHT: f64 = 18.0;
/// Where letters stand, from the top of their cell.
const BASE: f64 = 13.5;
const MARGIN: f64 = 12.0;
const PAPER: &str = "#14161a";
const INK: &str = "#d4d8dd";

/// A screen at one moment.
pub struct Frame {
    columns: u16,
    rows: u16,
    shapes: String,
}

#[derive(Clone, PartialEq)]
struct Look {
    ink: String,
    paper: Option<String>,
    bold: bool,
    underlined: bool,
}

impl Frame {
    /// The cells of a screen.
    pub fn of(buffer: &Buffer) -> Self {
        let mut frame = Self { columns: buffer.area.width, rows: buffer.area.height, shapes: String::new() };
        for y in 0..frame.rows {
            let mut x = 0;
            while x < frame.columns {
                x = frame.run(buffer, x, y);
            }
        }
        frame
    }

    /// The cells from `x` on that look the same; returns the column behind them.
    fn run(&mut self, buffer: &Buffer, x: u16, y: u16) -> u16 {
        let look = look(buffer, x, y);
        let mut end = x;
        let mut text = String::new();
        while end < self.columns && self::look(buffer, end, y) == look {
            text.push_str(buffer[(end, y)].symbol());
            end += 1;
        }
        let (left, top) = (MARGIN + f64::from(x) * WIDTH, MARGIN + f64::from(y) * HEIGHT);
        let width = f64::from(end - x) * WIDTH;
        if let Some(paper) = &look.paper {
            self.rectangle(left, top, width, HEIGHT, paper);
        }
        for (n, symbol) in text.chars().enumerate() {
            let eighths = (symbol as u32).wrapping_sub(0x2580);
            if (1..=8).contains(&eighths) {
                let height = HEIGHT * f64::from(eighths) / 8.0;
                self.rectangle(left + n as f64 * WIDTH, top + HEIGHT - height, WIDTH, height, &look.ink);
            }
        }
        let is_block = |c: char| ('\u{2581}'..='\u{2588}').contains(&c);
        let letters: Vec<char> = text.chars().map(|c| if is_block(c) { ' ' } else { c }).collect();
        // Words one by one keep their columns, whatever font there is.
        let mut at = 0;
        for word in letters.split(|c| *c == ' ') {
            if !word.is_empty() {
                self.word(left + at as f64 * WIDTH, top + BASE, &look, word);
            }
            at += word.len() + 1;
        }
        end
    }

    fn word(&mut self, x: f64, y: f64, look: &Look, word: &[char]) {
        let weight = if look.bold { " font-weight=\"bold\"" } else { "" };
        let line = if look.underlined { " text-decoration=\"underline\"" } else { "" };
        let (ink, width) = (&look.ink, word.len() as f64 * WIDTH);
        let text = escaped(&word.iter().collect::<String>());
        let _ = writeln!(
            self.shapes,
            "<text x=\"{x:.1}\" y=\"{y:.1}\" fill=\"{ink}\" textLength=\"{width:.1}\"{weight}{line}>{text}</text>"
        );
    }

    fn rectangle(&mut self, x: f64, y: f64, width: f64, height: f64, fill: &str) {
        let _ = writeln!(
            self.shapes,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"{fill}\"/>"
        );
    }

    fn size(&self) -> (f64, f64) {
        (f64::from(self.columns) * WIDTH + 2.0 * MARGIN, f64::from(self.rows) * HEIGHT + 2.0 * MARGIN)
    }
}

/// One picture.
pub fn still(frame: &Frame) -> String {
    document(frame.size(), &frame.shapes)
}

/// Several pictures of the same size one after the other, each for some seconds, round and round.
pub fn film(frames: &[Frame], seconds: f64) -> String {
    let whole = seconds * frames.len() as f64;
    let mut shapes = String::new();
    for (n, frame) in frames.iter().enumerate() {
        let (from, to) = (n as f64 / frames.len() as f64, (n + 1) as f64 / frames.len() as f64);
        // Who does not play films sees the last one.
        let shown = if n + 1 == frames.len() { "inline" } else { "none" };
        let (values, times) = match n {
            0 => ("inline;none".to_owned(), format!("0;{to:.4}")),
            _ if n + 1 == frames.len() => ("none;inline".to_owned(), format!("0;{from:.4}")),
            _ => ("none;inline;none".to_owned(), format!("0;{from:.4};{to:.4}")),
        };
        let _ = write!(
            shapes,
            "<g display=\"{shown}\"><animate attributeName=\"display\" calcMode=\"discrete\" dur=\"{whole}s\" \
             repeatCount=\"indefinite\" values=\"{values}\" keyTimes=\"{times}\"/>\n{}</g>\n",
            frame.shapes
        );
    }
    document(frames.first().map_or((0.0, 0.0), Frame::size), &shapes)
}

fn document((width, height): (f64, f64), shapes: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" \
         height=\"{height:.0}\">\n<rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{PAPER}\"/>\n\
         <g font-family=\"'DejaVu Sans Mono', Menlo, Consolas, monospace\" font-size=\"14\">\n{shapes}</g>\n</svg>\n"
    )
}

fn look(buffer: &Buffer, x: u16, y: u16) -> Look {
    let cell = &buffer[(x, y)];
    let (mut ink, mut paper) = (colour(cell.fg, INK), None);
    if cell.modifier.contains(Modifier::DIM) {
        "#8b949e".clone_into(&mut ink);
    }
    if cell.bg != Color::Reset {
        paper = Some(colour(cell.bg, PAPER));
    }
    if cell.modifier.contains(Modifier::REVERSED) {
        let old = std::mem::replace(&mut ink, paper.unwrap_or_else(|| PAPER.to_owned()));
        paper = Some(old);
    }
    Look {
        ink,
        paper,
        bold: cell.modifier.contains(Modifier::BOLD),
        underlined: cell.modifier.contains(Modifier::UNDERLINED),
    }
}

fn colour(color: Color, default: &str) -> String {
    match color {
        Color::Reset => default.to_owned(),
        Color::Rgb(r, g, b) => format!("#{r:02x}{g:02x}{b:02x}"),
        other => panic!("a picture is drawn in true colours, not in {other:?}"),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
