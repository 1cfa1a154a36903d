//! What the terminal can show, as the environment and the settings tell: colours, glyphs, frames a second.
//!
//! Owns these decisions. Must not know the palette, and asks the terminal itself nothing.

use crate::config::{Config, Environment, ThemeName};

/// How the screen may look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Which colours may be sent.
    pub colors: Colors,
    /// The background that the palette is for.
    pub background: Background,
    /// Which characters may be drawn.
    pub glyphs: Glyphs,
    /// Frames a second at most while records come in.
    pub fps: u8,
}

/// Which colours a terminal understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Colors {
    /// None: bold, underlined and reversed text.
    Mono,
    /// The terminal's own 16.
    Sixteen,
    /// 256 fixed ones.
    Indexed,
    /// Any.
    True,
}

/// A terminal's background.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Background {
    /// Dark.
    Dark,
    /// Light.
    Light,
    /// The environment does not tell; the terminal can be asked.
    Unknown,
}

/// Which characters may be drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Glyphs {
    /// All.
    Unicode,
    /// ASCII alone.
    Ascii,
}

/// Frames a second over SSH.
const SSH_FPS: u8 = 10;

impl Look {
    /// Decides from the settings, and where they leave it open, from `NO_COLOR`, `COLORTERM`, `COLORFGBG`, `TERM`, the
    /// locale and the variables of SSH.
    pub fn new(config: &Config, environment: &Environment) -> Self {
        let term = environment.text("TERM").unwrap_or_default();
        let background = match config.theme {
            ThemeName::Dark => Background::Dark,
            ThemeName::Light => Background::Light,
            ThemeName::Auto | ThemeName::Sixteen | ThemeName::Mono => {
                environment.text("COLORFGBG").map_or(Background::Unknown, background)
            }
        };
        let ascii = config.ascii || term == "linux" || !is_utf8(environment);
        let remote = ["SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT"].iter().any(|name| environment.os(name).is_some());
        let fps = config.fps.per_second();
        Self {
            colors: colors(config.theme, term, environment),
            background,
            glyphs: if ascii { Glyphs::Ascii } else { Glyphs::Unicode },
            fps: if remote { fps.min(SSH_FPS) } else { fps },
        }
    }
}

fn colors(theme: ThemeName, term: &str, environment: &Environment) -> Colors {
    let most = match environment.text("COLORTERM") {
        Some("truecolor" | "24bit") => Colors::True,
        _ if term.ends_with("-direct") => Colors::True,
        _ if term.contains("256color") => Colors::Indexed,
        _ if term.is_empty() || term.starts_with("vt") || term == "dumb" => Colors::Mono,
        _ => Colors::Sixteen,
    };
    match theme {
        _ if environment.os("NO_COLOR").is_some() => Colors::Mono,
        ThemeName::Mono => Colors::Mono,
        ThemeName::Sixteen => Colors::Sixteen,
        ThemeName::Auto | ThemeName::Dark | ThemeName::Light => most,
    }
}

/// `COLORFGBG` is `foreground;background` or `foreground;other;background`, in the terminal's 16 colours.
fn background(value: &str) -> Background {
    match value.rsplit(';').next().and_then(|number| number.parse::<u8>().ok()) {
        Some(0..=6 | 8) => Background::Dark,
        Some(7 | 9..=15) => Background::Light,
        _ => Background::Unknown,
    }
}

/// Whether the locale's characters are UTF-8; the first variable that is set decides, as POSIX says.
fn is_utf8(environment: &Environment) -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| environment.text(name)).unwrap_or_default();
    let locale = locale.to_ascii_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(theme: &str, variables: &[(&str, &str)]) -> Look {
        let config = Config { theme: theme.parse().unwrap(), ..Config::default() };
        Look::new(&config, &Environment::of_variables(variables.iter().copied()))
    }

    #[test]
    fn colours() {
        let check = |theme: &str, variables: &[(&str, &str)], expected| {
            assert_eq!(look(theme, variables).colors, expected, "{theme} {variables:?}");
        };
        check("auto", &[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")], Colors::True);
        check("auto", &[("TERM", "xterm-256color")], Colors::Indexed);
        check("dark", &[("TERM", "xterm")], Colors::Sixteen);
        check("auto", &[("TERM", "linux")], Colors::Sixteen);
        check("auto", &[("TERM", "vt100")], Colors::Mono);
        check("16", &[("TERM", "xterm-256color")], Colors::Sixteen);
        check("mono", &[("TERM", "xterm-256color")], Colors::Mono);
        check("dark", &[("TERM", "xterm-256color"), ("NO_COLOR", "1")], Colors::Mono);
        check("auto", &[("TERM", "xterm-256color"), ("NO_COLOR", "")], Colors::Indexed);
    }

    #[test]
    fn backgrounds() {
        let check = |theme: &str, fgbg: &str, expected| {
            assert_eq!(look(theme, &[("COLORFGBG", fgbg)]).background, expected, "{theme} {fgbg}");
        };
        check("auto", "15;0", Background::Dark);
        check("auto", "0;default;15", Background::Light);
        check("auto", "x", Background::Unknown);
        check("auto", "", Background::Unknown);
        check("light", "15;0", Background::Light);
    }

    #[test]
    fn glyphs_and_frames() {
        let check = |variables: &[(&str, &str)], glyphs, fps| {
            let look = look("auto", variables);
            assert_eq!((look.glyphs, look.fps), (glyphs, fps), "{variables:?}");
        };
        check(&[("LANG", "de_DE.UTF-8")], Glyphs::Unicode, 30);
        check(&[("LANG", "C.utf8"), ("LC_ALL", "C")], Glyphs::Ascii, 30);
        check(&[("LANG", "C"), ("LC_CTYPE", "en_US.UTF-8")], Glyphs::Unicode, 30);
        check(&[], Glyphs::Ascii, 30);
        check(&[("LANG", "C.UTF-8"), ("TERM", "linux")], Glyphs::Ascii, 30);
        check(&[("LANG", "C.UTF-8"), ("SSH_CONNECTION", "1 2 3 4")], Glyphs::Unicode, 10);
    }
}
