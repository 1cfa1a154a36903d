//! What can happen to the app, and what it wants to be done.
//!
//! Owns the two enums. Must not know who sends or carries them out.

use crate::model::{SourceMsg, Timestamp};

/// Something happened.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "one is made at a time, and batches are what comes most")]
pub enum Event {
    /// A key was pressed.
    Key(Key),
    /// The mouse did something while it is captured.
    Mouse(Mouse),
    /// Text was pasted (bracketed paste), already capped.
    Paste(String),
    /// The terminal has this size now (columns, rows).
    Resize(u16, u16),
    /// The terminal was focused or lost the focus.
    Focus(bool),
    /// A source has news.
    Source(SourceMsg),
    /// Time to work on something long (a filter over many records), or to show a new minute.
    Tick(Timestamp),
    /// Something that was asked for by an [`Effect`] is done, in words; `Err` says what failed.
    Done(Result<String, String>),
}

/// A key, independent of the terminal library.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// Which.
    pub code: KeyCode,
    /// With Control.
    pub ctrl: bool,
    /// With Alt.
    pub alt: bool,
    /// With Shift; only told for keys that are not characters.
    pub shift: bool,
}

/// Which key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyCode {
    /// A character, as typed (capital letters come as such).
    Char(char),
    /// Enter.
    Enter,
    /// Escape.
    Esc,
    /// Tab; Shift-Tab comes with `shift`.
    Tab,
    /// Backspace.
    Backspace,
    /// Delete.
    Delete,
    /// Insert.
    Insert,
    /// Arrow up.
    Up,
    /// Arrow down.
    Down,
    /// Arrow left.
    Left,
    /// Arrow right.
    Right,
    /// Home.
    Home,
    /// End.
    End,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
    /// A function key.
    F(u8),
}

/// Something that a mouse did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mouse {
    /// What.
    pub kind: MouseKind,
    /// The column where, from 0.
    pub column: u16,
    /// The row where, from 0.
    pub row: u16,
}

/// What a mouse can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MouseKind {
    /// The first button was pressed.
    Click,
    /// The wheel was turned away from the user.
    WheelUp,
    /// The wheel was turned towards the user.
    WheelDown,
}

/// Who gets what the mouse does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MouseUse {
    /// The terminal, which selects text with it.
    Terminal,
    /// We.
    Captured,
}

/// Something that the app wants to be done outside of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Restore the terminal and end.
    Quit,
    /// Restore the terminal, stop the process until `fg`, then draw anew.
    Suspend,
    /// Send the text to the terminal's clipboard (OSC 52). Already redacted and safe.
    Copy(String),
    /// Draw the whole screen anew.
    Redraw,
    /// Take the mouse, or give it back to the terminal.
    Mouse(MouseUse),
    /// Leave the picture and print these lines, already redacted and safe, until any key is pressed.
    PlainLines(Vec<String>),
    /// Call [`Event::Tick`] again soon: there is a slice of work left.
    Continue,
    /// Open the bundled demo.
    OpenDemo,
}
