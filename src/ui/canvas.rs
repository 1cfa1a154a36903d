//! Writing text into the frame's cells, clipped; no widget lies between.
//!
//! Owns the clipping. Must not know what is written.

use super::theme::Theme;
use crate::app::{Role, text};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

/// A frame's cells with the theme they are drawn in.
pub(super) struct Canvas<'b> {
    buffer: &'b mut Buffer,
    pub(super) theme: Theme,
    pub(super) width: u16,
}

impl<'b> Canvas<'b> {
    pub(super) fn new(buffer: &'b mut Buffer, theme: Theme) -> Self {
        let width = buffer.area.width;
        Self { buffer, theme, width }
    }

    /// Writes a text, at most `columns` of it; returns the column behind it.
    pub(super) fn put(&mut self, x: u16, y: u16, columns: u16, text: &str, style: Style) -> u16 {
        if x >= self.width || y >= self.buffer.area.height || columns == 0 {
            return x;
        }
        self.buffer.set_stringn(x, y, text, usize::from(columns), style).0
    }

    /// Writes a text of a role up to the edge of the screen; returns the column behind it.
    pub(super) fn text(&mut self, x: u16, y: u16, text: &str, role: Role) -> u16 {
        self.put(x, y, self.width.saturating_sub(x), text, self.theme.style(role))
    }

    /// Writes a text such that it ends before the column `end`, if there is room from `start` on. Returns where it
    /// begins.
    pub(super) fn text_before(&mut self, start: u16, end: u16, y: u16, text: &str, role: Role) -> u16 {
        let columns = text::width(text).min(usize::from(end.saturating_sub(start))) as u16;
        self.put(end - columns, y, columns, text, self.theme.style(role));
        end - columns
    }

    /// Adds a style to cells of one row.
    pub(super) fn restyle(&mut self, x: u16, y: u16, columns: u16, style: Style) {
        let row = Rect { x, y, width: columns, height: 1 }.intersection(self.buffer.area);
        self.buffer.set_style(row, style);
    }

    /// A heading across the screen: `-- left ------ right --`.
    pub(super) fn heading(&mut self, y: u16, left: &str, right: &str) {
        let rule = self.theme.glyphs.rule;
        let dim = self.theme.style(Role::Dim);
        self.put(0, y, self.width, &rule.repeat(usize::from(self.width)), dim);
        if !left.is_empty() {
            let room = self.width.saturating_sub(8);
            let left = format!(" {} ", text::shorten(left, usize::from(room), self.theme.glyphs.gap));
            // The rule below is dim; the heading is not.
            let style = Style::reset().patch(self.theme.style(Role::Heading));
            self.put(2, y, self.width.saturating_sub(4), &left, style);
        }
        if !right.is_empty() {
            let used = 2 + text::width(left) + 4;
            let room = usize::from(self.width).saturating_sub(used + 4);
            if room >= 8 {
                let right = format!(" {} ", whole_parts(right, room, self.theme.glyphs.gap));
                let end = self.width - 2;
                self.text_before(0, end, y, &right, Role::Dim);
            }
        }
    }
}

/// Words with three blanks between their parts, in so many columns: whole parts go, those before the last one first, since
/// that one tells the way back.
pub(super) fn whole_parts(words: &str, columns: usize, gap: char) -> String {
    let mut parts: Vec<_> = words.split("   ").collect();
    while parts.len() > 1 && text::width(&parts.join("   ")) > columns {
        parts.remove(parts.len() - 2);
    }
    text::shorten(&parts.join("   "), columns, gap)
}

/// The style of the cursor's row.
pub(super) fn cursor(theme: &Theme) -> Style {
    if theme.reverses_cursor_row() {
        Style::new().add_modifier(Modifier::REVERSED)
    } else {
        Style::new().add_modifier(Modifier::BOLD)
    }
}
