//! The drawing library's backend over a buffer of ours.
//!
//! Owns the bytes of one frame: nothing is written while it is drawn, and an unchanged frame has none.
//! Must not know the app.

use crossterm::{
    cursor::{Hide, MoveTo, Show},
    queue,
    terminal::{Clear, ClearType as CrosstermClear},
};
use ratatui::{
    backend::{Backend, ClearType, CrosstermBackend, WindowSize},
    buffer::Cell,
    layout::{Position, Size},
};
use std::io;

/// Collects a frame's bytes.
#[derive(Debug)]
pub(super) struct Canvas {
    frame: Vec<u8>,
    size: Size,
    /// Where the cursor is shown; `None` while it is hidden.
    cursor: Option<Position>,
    /// Where the last `MoveTo` put it.
    at: Position,
}

impl Canvas {
    /// A canvas of this size, on a terminal whose cursor is hidden.
    pub(super) fn new(size: Size) -> Self {
        Self { frame: Vec::with_capacity(16 * 1024), size, cursor: None, at: Position::ORIGIN }
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

    /// The terminal was left and entered again: its cursor is hidden.
    pub(super) fn forget(&mut self) {
        self.cursor = None;
        self.frame.clear();
    }
}

impl Backend for Canvas {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let mut content = content.peekable();
        if content.peek().is_none() {
            return Ok(());
        }
        // Drawing moves the cursor; a visible one is put back by `set_cursor_position`.
        self.at = Position::new(u16::MAX, u16::MAX);
        CrosstermBackend::new(&mut self.frame).draw(content)
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        if self.cursor.take().is_some() {
            queue!(self.frame, Hide)?;
        }
        Ok(())
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        if self.cursor.is_none() {
            queue!(self.frame, Show)?;
            self.cursor = Some(self.at);
        }
        Ok(())
    }

    /// Where it was put last. The terminal is never asked: its answer would come between the keys.
    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(self.cursor.unwrap_or(Position::ORIGIN))
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        let position = position.into();
        if position != self.at {
            queue!(self.frame, MoveTo(position.x, position.y))?;
            self.at = position;
        }
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
        queue!(self.frame, Clear(clear))
    }

    fn size(&self) -> io::Result<Size> {
        Ok(self.size)
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize { columns_rows: self.size, pixels: Size::default() })
    }

    /// Frames are written by [`super::Terminal::draw`].
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::Terminal;

    #[test]
    fn an_unchanged_frame_has_no_bytes() {
        let mut terminal = Terminal::new(Canvas::new(Size::new(10, 2))).unwrap();
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
        let mut terminal = Terminal::new(Canvas::new(Size::new(10, 2))).unwrap();
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
