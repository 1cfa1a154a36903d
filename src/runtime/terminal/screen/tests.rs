//! Frames are fed to an emulator that we did not write; what it shows has to be what a full repaint shows.

use super::*;
use ratatui::style::{Color, Modifier, Style};
use std::num::NonZeroU16;
use vt100::Parser;

/// A small generator, so that every run walks the same way.
struct Walk(u64);

impl Walk {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % below.max(1)
    }
}

fn emulator(size: Size) -> Parser {
    let mut parser = Parser::default();
    parser.screen_mut().set_size(NonZeroU16::new(size.height).unwrap(), NonZeroU16::new(size.width).unwrap());
    parser
}

/// What is seen of a cell: a blank has no colour and no weight of its own.
fn seen(parser: &Parser, size: Size) -> Vec<String> {
    let cell = |x, y| {
        let cell = parser.screen().cell(y, x).unwrap();
        if cell.is_wide_continuation() {
            return "~".to_owned();
        }
        let text = if cell.has_contents() { cell.contents() } else { " " };
        let marks = (cell.inverse(), cell.underline(), cell.bgcolor());
        if text == " " && !cell.inverse() && !cell.underline() {
            return format!("  {marks:?}");
        }
        format!("{text} {marks:?} {:?} {:?}", cell.fgcolor(), (cell.bold(), cell.dim(), cell.italic()))
    };
    (0..size.height).map(|y| (0..size.width).map(|x| cell(x, y)).collect::<Vec<_>>().join("|")).collect()
}

/// What a list and its surroundings look like.
#[derive(Clone, Default)]
struct Picture {
    lines: Vec<String>,
    top: usize,
    cursor: usize,
    pane: Option<usize>,
    count: usize,
    prompt: bool,
}

impl Picture {
    fn render(&self, cells: &mut Buffer) -> Option<Position> {
        let Size { width, height } = cells.area.as_size();
        let dim = Style::new().fg(Color::Indexed(247));
        let bold = Style::new().add_modifier(Modifier::BOLD);
        let mut put = |x: u16, y: u16, text: &str, style: Style| {
            if x < width && y < height {
                cells.set_stringn(x, y, text, usize::from(width - x), style);
            }
        };
        put(0, 0, "header", bold);
        put(width.saturating_sub(6), 1, &self.count.to_string(), dim);
        put(0, 2, &"─".repeat(usize::from(width)), dim);
        let end = self.pane.map_or(height.saturating_sub(1), |_| height / 2);
        for y in 3..end {
            let at = self.top + usize::from(y - 3);
            let Some(line) = self.lines.get(at) else { break };
            let is_cursor = at == self.cursor;
            put(0, y, if is_cursor { ">" } else { " " }, Style::new().fg(Color::Cyan));
            put(1, y, &format!("{at:06}"), if is_cursor { Style::new().fg(Color::Cyan) } else { dim });
            let style = match at % 5 {
                0 => Style::new().fg(Color::Rgb(200, 90, 90)).add_modifier(Modifier::BOLD),
                1 => Style::new().add_modifier(Modifier::REVERSED),
                _ if is_cursor => bold,
                _ => Style::new(),
            };
            put(9, y, line, style);
        }
        if let Some(scroll) = self.pane {
            put(0, end, &"─".repeat(usize::from(width)), dim);
            for y in end + 1..height.saturating_sub(1) {
                put(0, y, &format!("field {} = {}", scroll + usize::from(y), "漢字".repeat(scroll % 7)), Style::new());
            }
        }
        put(0, height.saturating_sub(1), &format!("FOLLOW  {}  {}", self.count / 2, self.count * 3), dim);
        self.prompt.then(|| Position::new(width / 2, height.saturating_sub(1)))
    }

    fn step(&mut self, walk: &mut Walk) {
        const WORDS: [&str; 14] = [
            "GET /v1/charge 200",
            "漢字テスト",
            "🚀",
            "👍🏽 fine",
            "e\u{301}tude",
            "한국어",
            "⚠\u{fe0f} careful",
            "x",
            "",
            "     gap",
            "панель",
            "a much longer line that goes on and on, beyond the edge of most screens, to be cut there somewhere",
            "ﾊﾟ",
            "🇩🇪",
        ];
        match walk.next(12) {
            0..=3 => {
                for _ in 0..=walk.next(3) {
                    let words: Vec<_> = (0..walk.next(7)).map(|_| WORDS[walk.next(WORDS.len())]).collect();
                    self.lines.push(words.join(" "));
                }
                self.top = self.lines.len().saturating_sub(12);
                self.cursor = self.lines.len().saturating_sub(1);
                self.count += 3;
            }
            4 => self.top = self.top.saturating_sub(1 + walk.next(3)),
            5 => self.top = (self.top + 1 + walk.next(3)).min(self.lines.len()),
            6 => self.top = self.top.saturating_sub(9),
            7 => self.top = (self.top + 9).min(self.lines.len()),
            8 => self.cursor = self.top + walk.next(10),
            9 => self.pane = if self.pane.is_some() { None } else { Some(walk.next(9)) },
            10 => {
                if let Some(scroll) = &mut self.pane {
                    *scroll = (*scroll + 1 + walk.next(4)).saturating_sub(walk.next(5));
                }
            }
            _ => self.prompt = !self.prompt,
        }
    }
}

#[test]
fn a_walk_of_frames_shows_what_repaints_show() {
    let mut scrolled = 0;
    for (seed, (width, height)) in
        [(80, 24), (41, 13), (120, 36), (7, 5), (1, 1), (2, 40), (33, 60), (200, 20)].into_iter().enumerate()
    {
        let size = Size::new(width, height);
        let mut walk = Walk(0x1234_5678_9ABC + seed as u64 * 977);
        let mut picture = Picture::default();
        let mut screen = Screen::new(size, Scrolling::Regions);
        let mut terminal = emulator(size);
        terminal.process(b"\x1b[?25l");
        for step in 0..400 {
            picture.step(&mut walk);
            let bytes = screen.draw(|cells| picture.render(cells));
            scrolled += usize::from(bytes.windows(3).any(|part| part == b"\x1b[r"));
            terminal.process(&bytes);
            let mut anew = emulator(size);
            anew.process(&Screen::new(size, Scrolling::Off).draw(|cells| picture.render(cells)));
            let (shown, expected) = (seen(&terminal, size), seen(&anew, size));
            for (y, (shown, expected)) in shown.iter().zip(&expected).enumerate() {
                assert_eq!(
                    shown,
                    expected,
                    "{width}x{height}, step {step}, row {y}\n{}",
                    String::from_utf8_lossy(&bytes)
                );
            }
            assert_eq!(terminal.screen().hide_cursor(), !picture.prompt);
            if picture.prompt {
                assert_eq!(terminal.screen().cursor_position(), (height - 1, width / 2));
            }
        }
    }
    assert!(scrolled > 300, "only {scrolled} frames scrolled");
}

#[test]
fn an_unchanged_frame_has_no_bytes() {
    let mut screen = Screen::new(Size::new(10, 2), Scrolling::Regions);
    let mut draw = |text: &str, cursor: Option<(u16, u16)>| {
        screen
            .draw(|cells| {
                cells.set_string(0, 0, text, Style::new());
                cursor.map(Position::from)
            })
            .len()
    };
    assert!(draw("hello", None) > 5);
    assert_eq!(draw("hello", None), 0);
    assert!(draw("hello", Some((1, 1))) > 0);
    assert_eq!(draw("hello", Some((1, 1))), 0);
    assert!(draw("hallo", Some((1, 1))) > 0);
    assert!(draw("hallo", None) > 0);
    assert_eq!(draw("hallo", None), 0);
}

#[test]
fn blocks_that_move_are_scrolled() {
    let hasher = RandomState::new();
    let check = |from: &[&str], to: &[&str], expected: Option<Shift>| {
        let cells = |lines: &[&str]| {
            let mut buffer = Buffer::empty(Rect::new(0, 0, 40, lines.len() as u16));
            for (y, line) in lines.iter().enumerate() {
                buffer.set_string(0, y as u16, line, Style::new());
            }
            let mut tiles = vec![Tile::BLANK; buffer.content.len()];
            let rows = buffer.content.chunks_exact_mut(40).zip(tiles.chunks_exact_mut(40));
            rows.for_each(|(cells, tiles)| lay(cells, tiles, &hasher));
            tiles
        };
        assert_eq!(scroll::find(&cells(from), &cells(to), 40), expected, "{from:?} {to:?}");
    };
    let [one, two, three, four, five] = [
        " the first of all the lines here",
        " another line with other words",
        " what the third one says is this",
        " nothing in common with the rest",
        " and one that has just come in",
    ];
    let marked = ">nothing in common with the rest";
    check(
        &["head", one, two, three, four, "foot"],
        &["head", two, three, four, five, "foot"],
        Some(Shift { top: 1, bottom: 4, by: 1 }),
    );
    check(
        &["head", one, two, three, marked, "foot"],
        &["head", two, three, four, five, "foot 2"],
        Some(Shift { top: 1, bottom: 4, by: 1 }),
    );
    check(
        &["head", two, three, four, five, "foot"],
        &["head", one, two, three, four, "foot"],
        Some(Shift { top: 1, bottom: 4, by: -1 }),
    );
    check(
        &["head", one, two, three, four, "foot"],
        &["head", three, four, five, "", "foot"],
        Some(Shift { top: 1, bottom: 4, by: 2 }),
    );
    check(&[one, two, three, four, five], &[five, four, three, two, one], None);
    check(&[one, two, three, four, five], &[one, two, three, four, five], None);
    check(&["", "", "", "", ""], &[one, two, three, four, five], None);
    check(&["x", "y", "z", "x"], &["y", "z", "x", "y"], None);
}
