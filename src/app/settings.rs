//! What the app is told once, when it is made: what the terminal can do, how things are shown, what was found.
//!
//! Owns the values. Must not know where they come from (config, environment and terminal are the runtime's business).

use super::keymap::Keymap;
use crate::model::Timestamp;
use crate::model::address::Tab;
use jiff::tz::TimeZone;

/// What the app is told once.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The most bytes that records may take.
    pub memory: usize,
    /// What the terminal can do.
    pub caps: Caps,
    /// The colours to begin with.
    pub theme: ThemeChoice,
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
            time: TimeStyle::Local,
            columns: Vec::new(),
            zone: TimeZone::UTC,
            keymap: Keymap::default(),
            tabs: Vec::new(),
            found: Vec::new(),
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

/// The colours that the user wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ThemeChoice {
    /// By the background of the terminal; 16 colours when that is not known.
    #[default]
    Auto,
    /// For a dark background.
    Dark,
    /// For a light background.
    Light,
    /// The terminal's own 16 colours.
    Sixteen,
    /// No colour: bold, underlined and reversed text.
    Mono,
}

impl ThemeChoice {
    /// All of them, in the order of key `T`.
    pub const ALL: [Self; 5] = [Self::Auto, Self::Dark, Self::Light, Self::Sixteen, Self::Mono];

    /// The next one in the order of key `T`.
    #[must_use]
    pub const fn next(self) -> Self {
        match self {
            Self::Auto => Self::Dark,
            Self::Dark => Self::Light,
            Self::Light => Self::Sixteen,
            Self::Sixteen => Self::Mono,
            Self::Mono => Self::Auto,
        }
    }

    /// Its name, as in the config.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Dark => "dark",
            Self::Light => "light",
            Self::Sixteen => "16",
            Self::Mono => "mono",
        }
    }
}

/// How a record's time is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TimeStyle {
    /// The time of day in UTC.
    Utc,
    /// The time of day in the local zone.
    #[default]
    Local,
    /// How long ago.
    Age,
    /// Not at all.
    Off,
}

impl TimeStyle {
    /// The next one in the order of key `t`.
    #[must_use]
    pub const fn next(self) -> Self {
        match self {
            Self::Utc => Self::Local,
            Self::Local => Self::Age,
            Self::Age => Self::Off,
            Self::Off => Self::Utc,
        }
    }

    /// Its name, as in the config.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Utc => "utc",
            Self::Local => "local",
            Self::Age => "age",
            Self::Off => "off",
        }
    }
}
