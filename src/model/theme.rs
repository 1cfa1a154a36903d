//! Themes as values: the roles of what is drawn, their looks in the built-in themes, and themes of the user's own.
//!
//! Owns the names; how a look is written is in `paint`. Must not know files, or the terminal that draws it.

mod paint;

pub use paint::{Attributes, BadPaint, Ink, NO_BACKGROUND, Paint, one_of_16, parts, rgb_of};

use std::{fmt, str::FromStr};

/// The theme that the user wants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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
    /// As `Auto`, drawn with ASCII characters alone.
    Ascii,
    /// A theme of the user's own, by its name.
    Own(String),
}

impl ThemeChoice {
    /// The built-in ones, in the order of key `T`.
    pub const BUILT_IN: [Self; 6] = [Self::Auto, Self::Dark, Self::Light, Self::Sixteen, Self::Mono, Self::Ascii];
    /// Their names.
    pub const NAMES: [&'static str; 6] = ["auto", "dark", "light", "16", "mono", "ascii"];
    /// What a name looks like.
    pub const EXPECTED: &'static str =
        "a theme: auto, dark, light, 16, mono, ascii, or one of your own (letters, digits, - and _)";
    /// The most characters that a name has.
    pub const MAX_NAME: usize = 40;

    /// Its name, as in the config.
    pub fn word(&self) -> &str {
        match self {
            Self::Auto => "auto",
            Self::Dark => "dark",
            Self::Light => "light",
            Self::Sixteen => "16",
            Self::Mono => "mono",
            Self::Ascii => "ascii",
            Self::Own(name) => name,
        }
    }

    /// What it is, in a few words; nothing is known about the user's own.
    pub const fn doc(&self) -> &'static str {
        match self {
            Self::Auto => "by the background of the terminal",
            Self::Dark => "for a dark background",
            Self::Light => "for a light background",
            Self::Sixteen => "the terminal's own 16 colours",
            Self::Mono => "no colour: bold, underlined, reversed",
            Self::Ascii => "as auto, with ASCII characters alone",
            Self::Own(_) => "your own",
        }
    }
}

impl FromStr for ThemeChoice {
    type Err = ();

    /// A built-in theme in any case, or a name that a theme of the user's own can have.
    fn from_str(text: &str) -> Result<Self, ()> {
        let text = text.trim();
        if let Some(built_in) = Self::BUILT_IN.into_iter().find(|theme| theme.word().eq_ignore_ascii_case(text)) {
            return Ok(built_in);
        }
        let fits = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_');
        let is_name = !text.is_empty() && text.len() <= Self::MAX_NAME && text.bytes().all(fits);
        if is_name && !text.starts_with('-') { Ok(Self::Own(text.to_owned())) } else { Err(()) }
    }
}

impl fmt::Display for ThemeChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// What a piece of the screen is, as theme files name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThemeRole {
    /// Ordinary text.
    Text,
    /// Records of severity info, and those without one.
    Info,
    /// Records of severity debug and trace.
    Debug,
    /// Times, hints, labels.
    Dim,
    /// What works.
    Ok,
    /// Warnings.
    Warn,
    /// Errors.
    Error,
    /// Fatal records.
    Fatal,
    /// The cursor and what is active.
    Accent,
    /// Headings.
    Heading,
    /// Where a search was found.
    Hit,
}

/// How many roles there are.
pub const ROLE_COUNT: usize = 11;

/// A role with its name and its looks in the built-in themes.
#[derive(Clone, Copy, Debug)]
pub struct RoleSpec {
    /// The role; the rows stand in the order of the roles.
    pub role: ThemeRole,
    /// Its name in a theme file.
    pub name: &'static str,
    /// What it is, in a sentence.
    pub doc: &'static str,
    /// For a dark background.
    pub dark: Paint,
    /// For a light background.
    pub light: Paint,
    /// With the terminal's own 16 colours.
    pub sixteen: Paint,
    /// Without colour.
    pub mono: Paint,
}

const PLAIN: Paint = Paint { ink: Ink::Default, attributes: Attributes::NONE };
const BOLD: Paint = PLAIN.and(Attributes::BOLD);
const REVERSED: Paint = PLAIN.and(Attributes::REVERSE);
const LOUD: Paint = BOLD.and(Attributes::REVERSE);

const fn rgb(rgb: u32, near: u8) -> Paint {
    Paint { ink: Ink::Rgb { rgb, near }, attributes: Attributes::NONE }
}

const fn ansi(n: u8) -> Paint {
    Paint { ink: Ink::Ansi(n), attributes: Attributes::NONE }
}

const fn row(
    role: ThemeRole,
    name: &'static str,
    doc: &'static str,
    [dark, light, sixteen, mono]: [Paint; 4],
) -> RoleSpec {
    RoleSpec { role, name, doc, dark, light, sixteen, mono }
}

const DIM: [Paint; 4] = [rgb(0x9A_A4AE, 247), rgb(0x5A_646E, 241), PLAIN.and(Attributes::DIM), PLAIN];

/// Every role. The colours' contrast was measured: at least 5.5:1 on the usual dark backgrounds, 4.5:1 on light ones.
pub static ROLES: [RoleSpec; ROLE_COUNT] = [
    row(ThemeRole::Text, "text", "Ordinary text.", [PLAIN; 4]),
    row(ThemeRole::Info, "info", "Records of severity info, and those without one.", [PLAIN; 4]),
    row(ThemeRole::Debug, "debug", "Records of severity debug and trace.", DIM),
    row(ThemeRole::Dim, "dim", "Times, hints and labels.", DIM),
    row(ThemeRole::Ok, "ok", "What works.", [rgb(0x4C_C9A0, 79), rgb(0x00_664B, 29), ansi(2), PLAIN]),
    row(
        ThemeRole::Warn,
        "warn",
        "Warnings.",
        [rgb(0xF0_D060, 221), rgb(0x9A_6700, 94), ansi(3), PLAIN.and(Attributes::UNDERLINE)],
    ),
    row(
        ThemeRole::Error,
        "error",
        "Errors.",
        [
            rgb(0xFF_7A59, 209).and(Attributes::BOLD),
            rgb(0x9C_1C1C, 124).and(Attributes::BOLD),
            ansi(1).and(Attributes::BOLD),
            BOLD,
        ],
    ),
    row(
        ThemeRole::Fatal,
        "fatal",
        "Fatal records.",
        [
            rgb(0xFF_9EC4, 218).and(Attributes::BOLD).and(Attributes::REVERSE),
            rgb(0x8E_0F52, 89).and(Attributes::BOLD).and(Attributes::REVERSE),
            ansi(1).and(Attributes::BOLD).and(Attributes::REVERSE),
            LOUD,
        ],
    ),
    row(
        ThemeRole::Accent,
        "accent",
        "The cursor, and what is active.",
        [rgb(0x7C_C4FF, 117), rgb(0x00_569C, 25), ansi(6), REVERSED],
    ),
    row(ThemeRole::Heading, "heading", "Headings.", [BOLD; 4]),
    row(ThemeRole::Hit, "hit", "Where a search was found.", [REVERSED; 4]),
];

impl ThemeRole {
    /// The role of this name.
    pub fn find(name: &str) -> Option<Self> {
        ROLES.iter().find(|spec| spec.name == name).map(|spec| spec.role)
    }
}

/// A theme of the user's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnTheme {
    /// Its name: the file's, without `.toml`.
    pub name: String,
    /// The built-in theme that has what it leaves out.
    pub inherits: ThemeChoice,
    /// Its looks, in the order of [`ROLES`].
    pub paints: [Option<Paint>; ROLE_COUNT],
}

/// The user's own themes, by name; and those that cannot be used, each with the reason.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Themes {
    /// What can be used.
    pub own: Vec<OwnTheme>,
    /// What cannot: name, and what is wrong with its file.
    pub bad: Vec<(String, String)>,
}

impl Themes {
    /// The user's own theme of this name.
    pub fn find(&self, name: &str) -> Option<&OwnTheme> {
        self.own.iter().find(|theme| theme.name == name)
    }

    /// Every theme that can be chosen, in the order of key `T`.
    pub fn choices(&self) -> Vec<ThemeChoice> {
        let own = self.own.iter().map(|theme| ThemeChoice::Own(theme.name.clone()));
        ThemeChoice::BUILT_IN.into_iter().chain(own).collect()
    }

    /// Whether a theme can be used.
    ///
    /// # Errors
    /// Says what is wrong with its file, or which themes there are.
    pub fn check(&self, choice: &ThemeChoice) -> Result<(), String> {
        let ThemeChoice::Own(name) = choice else { return Ok(()) };
        if self.find(name).is_some() {
            return Ok(());
        }
        if let Some((_, problem)) = self.bad.iter().find(|(bad, _)| bad == name) {
            return Err(format!("theme {name}: {problem}"));
        }
        let known: Vec<_> = self.choices().iter().map(ToString::to_string).collect();
        Err(format!("there is no theme `{name}`; there are {}", known.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_in_the_order_of_the_roles_and_can_be_read_again() {
        for (n, spec) in ROLES.iter().enumerate() {
            assert_eq!(spec.role as usize, n);
            assert_eq!(ThemeRole::find(spec.name), Some(spec.role));
            for paint in [spec.dark, spec.light, spec.sixteen, spec.mono] {
                let read: Paint = paint.to_string().parse().unwrap();
                assert_eq!(read.attributes, paint.attributes);
                assert!(!matches!(paint.ink, Ink::Ansi(0 | 4 | 8)), "{}: cannot be read everywhere", spec.name);
            }
            assert_eq!(spec.mono.ink, Ink::Default);
        }
    }

    #[test]
    fn names_of_themes() {
        assert_eq!(ThemeChoice::BUILT_IN.each_ref().map(ThemeChoice::word), ThemeChoice::NAMES);
        let check = |text: &str, expected: Result<&str, ()>| {
            let read = text.parse::<ThemeChoice>();
            assert_eq!(read.as_ref().map(ThemeChoice::word).ok(), expected.ok(), "{text}");
        };
        check("DARK", Ok("dark"));
        check("ascii", Ok("ascii"));
        check("solar_2-b", Ok("solar_2-b"));
        for text in ["", "../x", "a b", "a/b", ".x", "-x", "x\u{1b}", "é", &"x".repeat(41)] {
            check(text, Err(()));
        }
        let themes = Themes { own: Vec::new(), bad: vec![("bad".to_owned(), "bad.toml:1:1: no".to_owned())] };
        let said = |name: &str| themes.check(&name.parse().unwrap());
        assert_eq!(said("mono"), Ok(()));
        assert_eq!(said("bad"), Err("theme bad: bad.toml:1:1: no".to_owned()));
        assert_eq!(said("x"), Err("there is no theme `x`; there are auto, dark, light, 16, mono, ascii".to_owned()));
    }
}
