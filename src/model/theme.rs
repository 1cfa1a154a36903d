//! Themes as values: the roles of what is drawn, their looks in the built-in themes, and themes of the user's own.
//!
//! Owns the names and how a look is written. Must not know files, or the terminal that draws it.

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

/// How text looks. The background is not a part of it: it is never painted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Paint {
    /// Its colour.
    pub ink: Ink,
    /// What else marks it.
    pub attributes: Attributes,
}

impl Paint {
    /// The same with one more attribute.
    #[must_use]
    pub const fn and(self, attribute: Attributes) -> Self {
        Self { ink: self.ink, attributes: Attributes(self.attributes.0 | attribute.0) }
    }
}

/// A colour of text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ink {
    /// The terminal's own.
    #[default]
    Default,
    /// One of the 16, by its number.
    Ansi(u8),
    /// One of the 256, by its number.
    Indexed(u8),
    /// 24 bits, and the one of the 256 that stands for it where there are no more.
    Rgb {
        /// `0xRRGGBB`
        rgb: u32,
        /// From 16 on: the first 16 look different in every terminal.
        near: u8,
    },
}

/// Bold, dim, underlined, reversed: any of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attributes(u8);

impl Attributes {
    /// None of them.
    pub const NONE: Self = Self(0);
    /// Bold.
    pub const BOLD: Self = Self(1);
    /// Fainter than usual.
    pub const DIM: Self = Self(2);
    /// Underlined.
    pub const UNDERLINE: Self = Self(4);
    /// Colours of text and background exchanged.
    pub const REVERSE: Self = Self(8);
    /// Each with its word.
    pub const WORDS: [(&'static str, Self); 4] =
        [("bold", Self::BOLD), ("dim", Self::DIM), ("underline", Self::UNDERLINE), ("reverse", Self::REVERSE)];

    /// Whether it has all of `other`.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// The names of the 16 colours, in their order.
pub const COLOUR_NAMES: [&str; 16] = [
    "black",
    "red",
    "green",
    "yellow",
    "blue",
    "magenta",
    "cyan",
    "white",
    "bright-black",
    "bright-red",
    "bright-green",
    "bright-yellow",
    "bright-blue",
    "bright-magenta",
    "bright-cyan",
    "bright-white",
];

/// Why a look was not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadPaint {
    /// A word that is neither a colour nor an attribute.
    #[error(
        "`{0}` is no colour or attribute; write #RRGGBB, a number from 0 to 255, default, one of {names}, \
         and any of bold, dim, underline, reverse",
        names = COLOUR_NAMES[..8].join(", ") + " (or bright- before it)"
    )]
    Word(String),
    /// Two colours.
    #[error("`{0}` has two colours; a role has one, and the background is never painted")]
    TwoColours(String),
    /// A colour for the background.
    #[error("{NO_BACKGROUND}")]
    Background,
}

/// What is said to a theme that sets a background.
pub const NO_BACKGROUND: &str = "the background is never painted: it stays the terminal's own, so a theme sets none";

impl FromStr for Paint {
    type Err = BadPaint;

    /// Reads a colour and attributes in any order, with blanks between them: `#FF7A59 bold`, `221`, `bold reverse`.
    fn from_str(text: &str) -> Result<Self, BadPaint> {
        let mut paint = Self::default();
        let mut coloured = false;
        for word in text.split_whitespace() {
            let lower = word.to_ascii_lowercase();
            if let Some((_, attribute)) = Attributes::WORDS.iter().find(|(name, _)| *name == lower) {
                paint = paint.and(*attribute);
                continue;
            }
            if lower == "on" || lower.starts_with("on-") || lower.starts_with("bg") {
                return Err(BadPaint::Background);
            }
            let ink = ink(&lower).ok_or_else(|| BadPaint::Word(word.to_owned()))?;
            if std::mem::replace(&mut coloured, true) {
                return Err(BadPaint::TwoColours(text.to_owned()));
            }
            paint.ink = ink;
        }
        if text.trim().is_empty() { Err(BadPaint::Word(String::new())) } else { Ok(paint) }
    }
}

fn ink(word: &str) -> Option<Ink> {
    if word == "default" {
        return Some(Ink::Default);
    }
    if let Some(digits) = word.strip_prefix('#') {
        let is_hex = digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        let rgb = u32::from_str_radix(digits, 16).ok().filter(|_| is_hex)?;
        return Some(Ink::Rgb { rgb, near: nearest_of_256(rgb) });
    }
    if let Some(n) = COLOUR_NAMES.iter().position(|name| *name == word) {
        return Some(Ink::Ansi(n as u8));
    }
    word.parse().ok().map(Ink::Indexed)
}

impl fmt::Display for Paint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.ink {
            Ink::Default => f.write_str("default")?,
            Ink::Ansi(n) => f.write_str(COLOUR_NAMES[usize::from(n) % 16])?,
            Ink::Indexed(n) => write!(f, "{n}")?,
            Ink::Rgb { rgb, .. } => write!(f, "#{rgb:06X}")?,
        }
        for (word, attribute) in Attributes::WORDS {
            if self.attributes.has(attribute) {
                write!(f, " {word}")?;
            }
        }
        Ok(())
    }
}

/// The steps of the colour cube of the 256.
const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// Red, green and blue of one of the 256. The first 16 are xterm's; a terminal may show others.
pub fn rgb_of(index: u8) -> [u8; 3] {
    match index {
        0..16 => {
            let full = if index < 8 { 205 } else { 255 };
            let on = |bit: u8| if index >> bit & 1 == 1 { full } else { 0 };
            match index {
                7 => [229; 3],
                8 => [127; 3],
                _ => [on(0), on(1), on(2)],
            }
        }
        16..232 => {
            let n = index - 16;
            [n / 36, n / 6 % 6, n % 6].map(|step| STEPS[usize::from(step)])
        }
        232.. => [8 + 10 * (index - 232); 3],
    }
}

/// Red, green and blue of `0xRRGGBB`.
pub const fn parts(rgb: u32) -> [u8; 3] {
    [(rgb >> 16) as u8, (rgb >> 8) as u8, rgb as u8]
}

fn nearest_of_256(rgb: u32) -> u8 {
    let wanted = parts(rgb);
    let distance = |index: &u8| -> u32 {
        let parts = wanted.iter().zip(rgb_of(*index));
        parts.map(|(a, b)| u32::from(a.abs_diff(b)).pow(2)).sum()
    };
    (16..=255).min_by_key(distance).unwrap_or(16)
}

/// The one of the 16 colours that stands for a colour: by its hue, and the terminal's own for greys. Black, blue and
/// bright black are never chosen: on some terminal each of them cannot be read.
pub fn one_of_16(rgb: [u8; 3]) -> Ink {
    let [red, green, blue] = rgb.map(i32::from);
    let (most, least) = (red.max(green).max(blue), red.min(green).min(blue));
    let spread = most - least;
    if spread < 48 {
        return Ink::Default;
    }
    let hue = match most {
        _ if most == red => (60 * (green - blue) / spread).rem_euclid(360),
        _ if most == green => 120 + 60 * (blue - red) / spread,
        _ => 240 + 60 * (red - green) / spread,
    };
    Ink::Ansi(match hue {
        0..24 | 345.. => 1,
        24..75 => 3,
        75..160 => 2,
        160..260 => 6,
        _ => 5,
    })
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
    fn looks_are_read_and_written() {
        let check = |text: &str, written: &str| {
            assert_eq!(text.parse::<Paint>().map(|paint| paint.to_string()), Ok(written.to_owned()), "{text}");
        };
        check("#ff7a59 bold", "#FF7A59 bold");
        check("bold #FF7A59", "#FF7A59 bold");
        check("221", "221");
        check("Bright-Cyan underline reverse", "bright-cyan underline reverse");
        check("dim", "default dim");
        check("default", "default");
        let error = |text: &str| text.parse::<Paint>().unwrap_err().to_string();
        for text in ["", "#ff7a5", "#ff7a5g", "256", "-1", "redd", "#+f7a59", "rgb(1,2,3)"] {
            assert!(error(text).contains("no colour or attribute; write #RRGGBB"), "{text}: {}", error(text));
        }
        assert!(error("red blue").contains("two colours"));
        assert_eq!(error("red on blue"), NO_BACKGROUND);
        assert_eq!(error("bg:blue"), NO_BACKGROUND);
    }

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
    fn colours_find_their_nearest() {
        let check = |rgb: u32, of_256: u8, of_16: Ink| {
            assert_eq!((nearest_of_256(rgb), one_of_16(parts(rgb))), (of_256, of_16), "{rgb:06X}");
        };
        check(0xFF_0000, 196, Ink::Ansi(1));
        check(0x00_FF00, 46, Ink::Ansi(2));
        check(0x00_00FF, 21, Ink::Ansi(6));
        check(0xF0_D060, 221, Ink::Ansi(3));
        check(0xFF_9EC4, 218, Ink::Ansi(5));
        check(0x80_8080, 244, Ink::Default);
        check(0xFF_FFFF, 231, Ink::Default);
        assert_eq!((rgb_of(0), rgb_of(9), rgb_of(15)), ([0; 3], [255, 0, 0], [255; 3]));
    }

    #[test]
    fn names_of_themes() {
        assert_eq!(ThemeChoice::BUILT_IN.each_ref().map(ThemeChoice::word), ThemeChoice::NAMES);
        let check = |text: &str, expected: Result<&str, ()>| {
            let read = text.parse::<ThemeChoice>();
            assert_eq!(read.as_ref().map(ThemeChoice::word).map_err(|()| ()), expected, "{text}");
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
