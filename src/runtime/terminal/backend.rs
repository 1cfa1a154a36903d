//! The drawing library's backend over a buffer of ours.
//!
//! Owns the bytes of one frame: nothing is written while it is drawn, and an unchanged frame has none. It keeps what
//! the terminal shows, since the library does not know what was scrolled. Must not know the app.

use super::grid::Grid;
use super::paint::{Painter, Scrolling};
use crossterm::{
    cursor::{Hide, MoveTo, Show},
    queue,
    terminal::{Clear, ClearType as CrosstermClear},
};
use ratatui::{
    backend::{Backend, ClearType, WindowSize},
    buffer::Cell,
    layout::{Position, Size},
};
use std::io;

/// Collects a frame's bytes.
#[derive(Debug)]
pub(super) struct Canvas {
    frame: Vec<u8>,
    /// What the terminal shows.
    shown: Grid,
    /// What it shall show.
    next: Grid,
    scrolling: Scrolling,
    size: Size,
    /// Where the cursor is to be seen; `None` while it is hidden.
    cursor: Option<Position>,
    /// Where it is seen since the last frame.
    cursor_shown: Option<Position>,
}

impl Canvas {
    /// A canvas of this size, on an empty terminal whose cursor is hidden.
    pub(super) fn new(size: Size, scrolling: Scrolling) -> Self {
        Self {
            frame: Vec::with_capacity(16 * 1024),
            shown: Grid::new(size),
            next: Grid::new(size),
            scrolling,
            size,
            cursor: None,
            cursor_shown: None,
        }
    }

    /// The frame's bytes so far; the canvas is empty afterwards.
    pub(super) fn take(&mut self) -> Vec<u8> {
        let capacity = self.frame.len();
        std::mem::replace(&mut self.frame, Vec::with_capacity(capacity))
    }

    /// The terminal has another size now.
    pub(super) fn resize(&mut self, size: Size) {
        self.size = size;
    }

    /// The terminal was left and entered again: it is empty, and its cursor is hidden.
    pub(super) fn forget(&mut self) {
        self.cursor = None;
        self.cursor_shown = None;
        self.shown = Grid::new(self.size);
        self.next = Grid::new(self.size);
        self.frame.clear();
    }
}

impl Backend for Canvas {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        for (x, y, cell) in content {
            self.next.put(x, y, cell);
        }
        Ok(())
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.cursor = None;
        Ok(())
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        self.cursor = self.cursor.or(Some(Position::ORIGIN));
        Ok(())
    }

    /// Where it was put last. The terminal is never asked: its answer would come between the keys.
    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(self.cursor.unwrap_or(Position::ORIGIN))
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        let position = position.into();
        if let Some(cursor) = &mut self.cursor {
            *cursor = position;
        }
        Ok(())
    }

    fn clear(&mut self) -> io::Result<()> {
        self.clear_region(ClearType::All)
    }

    fn clear_region(&mut self, clear: ClearType) -> io::Result<()> {
        let clear = match clear {
            ClearType::All => CrosstermClear::All,
            ClearType::AfterCursor => CrosstermClear::FromCursorDown,
            ClearType::BeforeCursor => CrosstermClear::FromCursorUp,
            ClearType::CurrentLine => CrosstermClear::CurrentLine,
            ClearType::UntilNewLine => CrosstermClear::UntilNewLine,
        };
        if matches!(clear, CrosstermClear::All) {
            self.shown = Grid::new(self.size);
            self.next = Grid::new(self.size);
        }
        queue!(self.frame, Clear(clear))
    }

    fn size(&self) -> io::Result<Size> {
        Ok(self.size)
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize { columns_rows: self.size, pixels: Size::default() })
    }

    /// Makes the frame's bytes; they are written by [`super::Terminal::draw`].
    fn flush(&mut self) -> io::Result<()> {
        let before = self.frame.len();
        Painter::new(&mut self.frame).paint(&mut self.shown, &self.next, self.scrolling);
        // Drawing moves a visible cursor.
        let moved = self.frame.len() > before;
        match (self.cursor_shown, self.cursor) {
            (old, Some(new)) if moved || old != Some(new) => {
                queue!(self.frame, MoveTo(new.x, new.y))?;
                if old.is_none() {
                    queue!(self.frame, Show)?;
                }
            }
            (Some(_), None) => queue!(self.frame, Hide)?,
            _ => {}
        }
        self.cursor_shown = self.cursor;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::Terminal;

    #[test]
    fn an_unchanged_frame_has_no_bytes() {
        let mut terminal = Terminal::new(Canvas::new(Size::new(10, 2), Scrolling::On)).unwrap();
        let mut draw = |text: &str, cursor: Option<(u16, u16)>| {
            terminal
                .draw(|frame| {
                    frame.render_widget(text, frame.area());
                    if let Some(cursor) = cursor {
                        frame.set_cursor_position(cursor);
                    }
                })
                .unwrap();
            terminal.backend_mut().take().len()
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
    fn a_visible_cursor_returns_to_its_place_after_drawing() {
        let mut terminal = Terminal::new(Canvas::new(Size::new(10, 2), Scrolling::On)).unwrap();
        let mut parser = vt100::Parser::default();
        let sizes = (std::num::NonZeroU16::new(2).unwrap(), std::num::NonZeroU16::new(10).unwrap());
        parser.screen_mut().set_size(sizes.0, sizes.1);
        for text in ["a", "bcd"] {
            terminal
                .draw(|frame| {
                    frame.render_widget(text, frame.area());
                    frame.set_cursor_position((4, 1));
                })
                .unwrap();
            parser.process(&terminal.backend_mut().take());
            assert_eq!(parser.screen().cursor_position(), (1, 4), "{text}");
        }
    }
}
