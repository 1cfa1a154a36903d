//! One line of text that the user edits: the only user of tui-textarea.
//!
//! Owns the limits of what can be typed or pasted. Must not know what the text is for.

use super::event::{Key, KeyCode};
use std::borrow::Cow;
use tui_textarea::{CursorMove, DataCursor, Input, TextArea};

/// The most bytes that the line takes; a paste is cut here.
pub const MAX_BYTES: usize = 64 << 10;

/// A line of text with a cursor.
#[derive(Clone, Debug, Default)]
pub struct LineEdit {
    area: TextArea<'static>,
}

impl LineEdit {
    /// The text, with the cursor at its end.
    pub fn new(text: &str) -> Self {
        let mut area = TextArea::new(vec![one_line(text, MAX_BYTES).into_owned()]);
        area.set_max_histories(50);
        area.move_cursor(CursorMove::End);
        Self { area }
    }

    /// The text.
    pub fn text(&self) -> &str {
        self.area.lines().first().map_or("", String::as_str)
    }

    /// The number of characters before the cursor.
    pub fn cursor(&self) -> usize {
        let DataCursor(_, column) = self.area.cursor();
        column
    }

    /// A key. `true` when the text is another one now.
    pub fn key(&mut self, key: Key) -> bool {
        match (key.code, key.ctrl, key.alt) {
            (KeyCode::Char('u'), true, false) => self.area.delete_line_by_head(),
            (KeyCode::Char('k'), true, false) => self.area.delete_line_by_end(),
            (KeyCode::Char('w'), true, false) | (KeyCode::Backspace, _, true) => self.area.delete_word(),
            (KeyCode::Char('a'), true, false) | (KeyCode::Home, ..) => self.go(CursorMove::Head),
            (KeyCode::Char('e'), true, false) | (KeyCode::End, ..) => self.go(CursorMove::End),
            (KeyCode::Char('d'), true, false) => self.area.delete_next_char(),
            (KeyCode::Char('b'), false, true) | (KeyCode::Left, true, _) => self.go(CursorMove::WordBack),
            (KeyCode::Char('f'), false, true) | (KeyCode::Right, true, _) => self.go(CursorMove::WordForward),
            (KeyCode::Left, ..) => self.go(CursorMove::Back),
            (KeyCode::Right, ..) => self.go(CursorMove::Forward),
            (KeyCode::Char('h'), true, false) => self.area.delete_char(),
            (KeyCode::Char(_), true, _) | (KeyCode::Char(_), _, true) => false,
            (KeyCode::Char(c), ..) if self.text().len() + c.len_utf8() > MAX_BYTES => false,
            (code, ..) => plain(code).is_some_and(|key| {
                self.area.input_without_shortcuts(Input { key, ctrl: false, alt: false, shift: false })
            }),
        }
    }

    /// Pasted text: line breaks and other control characters become blanks, and the whole stays under [`MAX_BYTES`].
    pub fn paste(&mut self, text: &str) -> bool {
        let room = MAX_BYTES.saturating_sub(self.text().len());
        let text = one_line(text, room);
        !text.is_empty() && self.area.insert_str(&*text)
    }

    fn go(&mut self, to: CursorMove) -> bool {
        self.area.move_cursor(to);
        false
    }
}

fn plain(code: KeyCode) -> Option<tui_textarea::Key> {
    Some(match code {
        KeyCode::Char(c) => tui_textarea::Key::Char(c),
        KeyCode::Backspace => tui_textarea::Key::Backspace,
        KeyCode::Delete => tui_textarea::Key::Delete,
        _ => return None,
    })
}

/// The text without line breaks and other control characters, at most `room` bytes of it.
fn one_line(text: &str, room: usize) -> Cow<'_, str> {
    let text = match text.char_indices().find(|(at, c)| at + c.len_utf8() > room) {
        Some((end, _)) => &text[..end],
        None => text,
    };
    if text.contains(char::is_control) {
        Cow::Owned(text.replace("\r\n", " ").replace(char::is_control, " "))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(keys: &[&str]) -> String {
        let mut edit = LineEdit::new("");
        for key in keys {
            edit.key(key.parse().unwrap());
        }
        edit.text().to_owned()
    }

    #[test]
    fn keys_edit_the_line() {
        assert_eq!(typed(&["a", "b", "Left", "c", "End", "d"]), "acbd");
        assert_eq!(typed(&["a", "Space", "b", "Ctrl-w"]), "a ");
        assert_eq!(typed(&["a", "b", "Ctrl-u", "c"]), "c");
        assert_eq!(typed(&["a", "b", "Home", "Del", "Ctrl-x", "Alt-y"]), "b");
        assert_eq!(typed(&["a", "b", "Backspace", "Backspace", "Backspace"]), "");
    }

    #[test]
    fn a_paste_is_one_line_and_bounded() {
        let mut edit = LineEdit::new("");
        assert!(edit.paste("one\r\ntwo\nq\x1b[2J"));
        assert_eq!((edit.text(), edit.cursor()), ("one two q [2J", 13));
        edit.paste(&"é".repeat(10 << 20 >> 1));
        assert!(edit.text().len() <= MAX_BYTES && edit.text().len() > MAX_BYTES - 4);
        assert!(!edit.key("xy".get(..1).unwrap().parse().unwrap()) || edit.text().len() <= MAX_BYTES);
    }
}
