//! Keys, pastes and focus as crossterm tells them, in our words.
//!
//! Owns the translation, and the filter that takes a terminal's late answer to a question out of the keys.
//! Must not know what a key does.

use super::capabilities::background;
use crate::app::Background;
use crate::app::event::{Key, KeyCode, Mouse, MouseKind};
use crossterm::event::{self as ct, KeyEventKind, KeyModifiers};

/// Bytes of a paste that are kept.
pub const PASTE_LIMIT: usize = 64 * 1024;

/// Something that came from the terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A key.
    Key(Key),
    /// Pasted text, at most [`PASTE_LIMIT`] bytes.
    Paste(String),
    /// The mouse, while it is captured.
    Mouse(Mouse),
    /// The size has changed; the new one has to be asked for, since many of these may be waiting.
    Resized,
    /// The focus came or went.
    Focus(bool),
    /// The terminal told its background.
    Background(Background),
    /// Nothing more will come.
    Closed,
}

/// Our word for what crossterm read; `None` for what means nothing to us (a key's release, a moved mouse).
pub fn translate(event: ct::Event) -> Option<Input> {
    Some(match event {
        ct::Event::Key(key) if key.kind == KeyEventKind::Release => return None,
        ct::Event::Key(key) => Input::Key(translate_key(key)?),
        ct::Event::Paste(text) => Input::Paste(capped(text)),
        ct::Event::Resize(..) => Input::Resized,
        ct::Event::FocusGained => Input::Focus(true),
        ct::Event::FocusLost => Input::Focus(false),
        ct::Event::Mouse(mouse) => Input::Mouse(translate_mouse(mouse)?),
    })
}

fn translate_mouse(mouse: ct::MouseEvent) -> Option<Mouse> {
    let kind = match mouse.kind {
        ct::MouseEventKind::Down(ct::MouseButton::Left) => MouseKind::Click,
        ct::MouseEventKind::ScrollUp => MouseKind::WheelUp,
        ct::MouseEventKind::ScrollDown => MouseKind::WheelDown,
        _ => return None,
    };
    Some(Mouse { kind, column: mouse.column, row: mouse.row })
}

fn translate_key(key: ct::KeyEvent) -> Option<Key> {
    let mut shift = key.modifiers.contains(KeyModifiers::SHIFT);
    let mut ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
    let code = match key.code {
        ct::KeyCode::Char(c) => {
            // A capital letter says it already; terminals differ in whether they also tell the modifier.
            shift = false;
            KeyCode::Char(c)
        }
        ct::KeyCode::Null => {
            ctrl = true;
            KeyCode::Char(' ')
        }
        ct::KeyCode::Enter => KeyCode::Enter,
        ct::KeyCode::Esc => KeyCode::Esc,
        ct::KeyCode::Tab => KeyCode::Tab,
        ct::KeyCode::BackTab => {
            shift = true;
            KeyCode::Tab
        }
        ct::KeyCode::Backspace => KeyCode::Backspace,
        ct::KeyCode::Delete => KeyCode::Delete,
        ct::KeyCode::Insert => KeyCode::Insert,
        ct::KeyCode::Up => KeyCode::Up,
        ct::KeyCode::Down => KeyCode::Down,
        ct::KeyCode::Left => KeyCode::Left,
        ct::KeyCode::Right => KeyCode::Right,
        ct::KeyCode::Home => KeyCode::Home,
        ct::KeyCode::End => KeyCode::End,
        ct::KeyCode::PageUp => KeyCode::PageUp,
        ct::KeyCode::PageDown => KeyCode::PageDown,
        ct::KeyCode::F(n) => KeyCode::F(n),
        _ => return None,
    };
    Some(Key { code, ctrl, alt: key.modifiers.contains(KeyModifiers::ALT), shift })
}

fn capped(mut text: String) -> String {
    if text.len() > PASTE_LIMIT {
        text.truncate(text.floor_char_boundary(PASTE_LIMIT));
        text.shrink_to_fit();
    }
    text
}

/// Takes the answer to "what is your background?" out of the keys.
///
/// crossterm does not know the answer (`ESC ] 11 ; rgb:… ESC \`) and reads it as keys: Alt-], `1`, `1`, `;` …, Alt-\.
/// Typed into the app they would switch tabs and start jobs. So keys are held while they spell an answer, and let go
/// as they came as soon as they do not. An answer may come late over a slow link, hence no time limit here.
#[derive(Debug, Default)]
pub struct Answers {
    held: Vec<Key>,
}

/// More than any colour takes: `]11;rgba:ffff/ffff/ffff/ffff` and the end.
const ANSWER_MAX: usize = 40;

impl Answers {
    /// Passes `input` on, or holds it; `out` gets what is to be acted on, in order.
    pub fn pass(&mut self, input: Input, out: &mut Vec<Input>) {
        let Input::Key(key) = input else {
            // A resize or a focus event may come between; it does not end the answer.
            out.push(input);
            return;
        };
        if self.held.is_empty() {
            if key.alt && key.code == KeyCode::Char(']') {
                self.held.push(key);
            } else {
                out.push(input);
            }
            return;
        }
        if ends_answer(key) {
            let text: String = self.held.iter().skip(1).filter_map(|k| char_of(*k)).collect();
            if let Some(found) = text.strip_prefix("11;").and_then(background) {
                self.held.clear();
                out.push(Input::Background(found));
                return;
            }
        }
        self.held.push(key);
        if !self.spells_answer() {
            out.extend(self.held.drain(..).map(Input::Key));
        }
    }

    fn spells_answer(&self) -> bool {
        const START: &str = "11;rgb";
        self.held.len() <= ANSWER_MAX
            && self.held.iter().skip(1).enumerate().all(|(at, key)| {
                char_of(*key).is_some_and(|c| match START.as_bytes().get(at) {
                    Some(expected) => c == char::from(*expected),
                    None => c.is_ascii_hexdigit() || matches!(c, ':' | '/' | 'a'),
                })
            })
    }
}

/// The string terminator (`ESC \`, read as Alt-\) or BEL (read as Ctrl-g).
fn ends_answer(key: Key) -> bool {
    key.alt && key.code == KeyCode::Char('\\') || key.ctrl && key.code == KeyCode::Char('g')
}

fn char_of(key: Key) -> Option<char> {
    match key.code {
        KeyCode::Char(c) if !key.ctrl && !key.alt => Some(c),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(code: KeyCode) -> Key {
        Key { code, ctrl: false, alt: false, shift: false }
    }

    fn alt(c: char) -> Key {
        Key { alt: true, ..key(KeyCode::Char(c)) }
    }

    #[test]
    fn keys_in_our_words() {
        let check = |code, modifiers, expected: Option<Key>| {
            let read = ct::Event::Key(ct::KeyEvent::new(code, modifiers));
            assert_eq!(translate(read), expected.map(Input::Key), "{code:?}");
        };
        check(ct::KeyCode::Char('G'), KeyModifiers::SHIFT, Some(key(KeyCode::Char('G'))));
        check(ct::KeyCode::BackTab, KeyModifiers::NONE, Some(Key { shift: true, ..key(KeyCode::Tab) }));
        check(ct::KeyCode::Char('d'), KeyModifiers::CONTROL, Some(Key { ctrl: true, ..key(KeyCode::Char('d')) }));
        check(ct::KeyCode::Null, KeyModifiers::NONE, Some(Key { ctrl: true, ..key(KeyCode::Char(' ')) }));
        check(ct::KeyCode::F(2), KeyModifiers::NONE, Some(key(KeyCode::F(2))));
        check(ct::KeyCode::CapsLock, KeyModifiers::NONE, None);
    }

    #[test]
    fn a_paste_is_cut_at_a_character() {
        let text = "é".repeat(PASTE_LIMIT);
        let Some(Input::Paste(kept)) = translate(ct::Event::Paste(text)) else { panic!("no paste") };
        assert_eq!(kept.len(), PASTE_LIMIT);
        let Some(Input::Paste(kept)) = translate(ct::Event::Paste(format!("a{}", "é".repeat(PASTE_LIMIT)))) else {
            panic!("no paste")
        };
        assert_eq!(kept.len(), PASTE_LIMIT - 1);
    }

    fn passed(keys: &[Key]) -> Vec<Input> {
        let (mut answers, mut out) = (Answers::default(), Vec::new());
        for key in keys {
            answers.pass(Input::Key(*key), &mut out);
        }
        out
    }

    fn typed(text: &str) -> Vec<Key> {
        text.chars().map(|c| key(KeyCode::Char(c))).collect()
    }

    #[test]
    fn an_answer_is_no_typing() {
        let answer = |text: &str, end: Key| [vec![alt(']')], typed(text), vec![end], typed("j")].concat();
        let bel = Key { ctrl: true, ..key(KeyCode::Char('g')) };
        let j = Input::Key(key(KeyCode::Char('j')));
        let check = |keys: &[Key], expected: &[Input]| assert_eq!(passed(keys), expected);
        check(&answer("11;rgb:1e1e/1e1e/1e1e", alt('\\')), &[Input::Background(Background::Dark), j.clone()]);
        check(&answer("11;rgba:ffff/ffff/ffff/ffff", bel), &[Input::Background(Background::Light), j]);
    }

    #[test]
    fn typing_is_no_answer() {
        for keys in [
            [vec![alt(']')], typed("q")].concat(),
            [vec![alt(']')], typed("11q")].concat(),
            [vec![alt(']')], typed("11;rgb:"), vec![key(KeyCode::Enter)]].concat(),
            [vec![alt(']')], typed("11;rgb:"), typed(&"f".repeat(60))].concat(),
            typed("11;rgb:0/0/0"),
        ] {
            let expected: Vec<_> = keys.iter().map(|k| Input::Key(*k)).collect();
            assert_eq!(passed(&keys), expected);
        }
    }
}
