//! What the app is told once, when it is made: what the terminal can do, how things are shown, what was found.
//!
//! Owns the values. Must not know where they come from (config, environment and terminal are the runtime's business).

use super::keymap::Keymap;
use crate::model::address::Tab;
pub use crate::model::look::TimeStyle;
pub use crate::model::theme::{ThemeChoice, Themes};
use crate::model::{SavedFilter, Timestamp};
use jiff::tz::TimeZone;
use std::path::PathBuf;

/// What the app is told once.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The most bytes that records may take.
    pub memory: usize,
    /// What the terminal can do.
    pub caps: Caps,
    /// The colours to begin with.
    pub theme: ThemeChoice,
    /// The user's own themes.
    pub themes: Themes,
    /// How times are shown to begin with.
    pub time: TimeStyle,
    /// The fields that the list shows in columns to begin with.
    pub columns: Vec<String>,
    /// The zone of local times, also of those that the user types.
    pub zone: TimeZone,
    /// Which key does what.
    pub keymap: Keymap,
    /// What each tab that has no source would need; tabs that are not named say only that nothing is there.
    pub tabs: Vec<TabInfo>,
    /// What was found on this machine, a line each, for the start screen.
    pub found: Vec<String>,
    /// Filters that were saved in earlier runs.
    pub saved: Vec<SavedFilter>,
    /// What cannot be used and is left out, each with its place; not yet safe for a terminal. The first one is shown
    /// at the start.
    pub notices: Vec<String>,
    /// The user's home directory, which `~` stands for.
    pub home: Option<PathBuf>,
    /// The wall clock when the app starts.
    pub now: Timestamp,
}

impl Default for Settings {
    /// 256 MiB, a terminal of 16 colours with UTF-8, local times in UTC, the keys of the table.
    fn default() -> Self {
        Self {
            memory: crate::store::DEFAULT_BUDGET,
            caps: Caps::default(),
            theme: ThemeChoice::Auto,
            themes: Themes::default(),
            time: TimeStyle::Local,
            columns: Vec::new(),
            zone: TimeZone::UTC,
            keymap: Keymap::default(),
            tabs: Vec::new(),
            found: Vec::new(),
            saved: Vec::new(),
            notices: Vec::new(),
            home: None,
            now: Timestamp(0),
        }
    }
}

/// What a tab without a source would need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TabInfo {
    /// The tab.
    pub tab: Tab,
    /// What is missing and how to give it; one sentence or a few lines.
    pub needs: String,
}

/// What the terminal can do, as the runtime found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caps {
    /// How many colours it has. With `NO_COLOR` set: [`Colors::Mono`].
    pub colors: Colors,
    /// Which characters it can draw.
    pub glyphs: Glyphs,
    /// Whether its background is dark or light, as far as that is known.
    pub background: Option<Background>,
    /// What is believed about it, for the last line of the help: `TERM=tmux-256color  256 colours  SSH`.
    pub words: String,
}

impl Default for Caps {
    fn default() -> Self {
        Self { colors: Colors::Ansi16, glyphs: Glyphs::Unicode, background: None, words: String::new() }
    }
}

/// How many colours a terminal has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colors {
    /// 24 bits a colour (`COLORTERM=truecolor`).
    Truecolor,
    /// The 256 of xterm.
    Ansi256,
    /// The 16 of ANSI.
    Ansi16,
    /// None, or `NO_COLOR` is set.
    Mono,
}

/// Which characters are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Glyphs {
    /// UTF-8 with line drawing.
    Unicode,
    /// Nothing but ASCII.
    Ascii,
}

/// The background of a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Background {
    /// Light text on dark.
    Dark,
    /// Dark text on light.
    Light,
}
