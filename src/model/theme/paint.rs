//! How text looks: a colour and attributes, how they are written, and what stands for a colour where there are fewer.
//!
//! Owns the spelling and the nearest colours. Must not know roles or themes.

use std::{fmt, str::FromStr};

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
}
