//! What the terminal can do, as far as its environment tells.
//!
//! Owns the reading of `TERM`, `COLORTERM`, `NO_COLOR`, the locale and their kin. Pure: the environment is an argument.
//! Must not know how anything is drawn.

use super::screen::Scrolling;
use crate::app::{Background, Colors, Glyphs};
use crate::config::Environment;

/// How far away the terminal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// On this machine.
    Local,
    /// At the other end of an SSH connection: fewer frames.
    Ssh,
}

/// Whether frames are wrapped in DEC private mode 2026 (synchronised output).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Synchronised {
    /// They are. Terminals that do not know the mode ignore it.
    On,
    /// `LOGDECK_SYNC=0`.
    Off,
}

/// Whether the terminal may be asked for its background colour (OSC 11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// It answers, or ignores the question.
    May,
    /// It would show the question as text, or has answered wrongly in the past.
    Not,
}

/// What was found out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// How many colours may be used.
    pub colours: Colors,
    /// Which characters may be drawn.
    pub glyphs: Glyphs,
    /// What `COLORFGBG` says of the background.
    pub background: Option<Background>,
    /// How far away it is.
    pub link: Link,
    /// Whether frames are synchronised.
    pub synchronised: Synchronised,
    /// Whether it may be asked for its background.
    pub ask: Ask,
    /// Whether it can move rows by itself.
    pub scrolling: Scrolling,
}

/// Why there can be no screen. The caller prints plain lines instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoScreen {
    /// Standard output is a file or a pipe.
    #[error("standard output is not a terminal")]
    NotATerminal,
    /// `TERM` is `dumb` or not set.
    #[error("the terminal cannot move its cursor (TERM is `dumb` or not set)")]
    Dumb,
    /// Standard input is a pipe and there is no `/dev/tty` to read keys from.
    #[error("there is no terminal to read keys from")]
    NoKeys,
}

/// What the terminal can do. `locale` variables are read as POSIX says: `LC_ALL`, then `LC_CTYPE`, then `LANG`.
///
/// # Errors
/// [`NoScreen::Dumb`] when `TERM` is `dumb` or not set.
pub fn detect(environment: &Environment) -> Result<Capabilities, NoScreen> {
    let term = environment.text("TERM").unwrap_or("dumb");
    if term == "dumb" {
        return Err(NoScreen::Dumb);
    }
    let ssh = ["SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT"].iter().any(|name| environment.os(name).is_some());
    let is_off = |variable| matches!(environment.text(variable), Some("0" | "off" | "no" | "false"));
    Ok(Capabilities {
        colours: colours(environment, term),
        glyphs: glyphs(environment, term),
        background: environment.text("COLORFGBG").and_then(colour_fg_bg),
        link: if ssh { Link::Ssh } else { Link::Local },
        synchronised: if is_off("LOGDECK_SYNC") { Synchronised::Off } else { Synchronised::On },
        ask: ask(term),
        scrolling: if is_off("LOGDECK_SCROLL") { Scrolling::Off } else { scrolling(term) },
    })
}

fn colours(environment: &Environment, term: &str) -> Colors {
    if environment.os("NO_COLOR").is_some() || environment.text("CLICOLOR") == Some("0") {
        return Colors::Mono;
    }
    match environment.text("COLORTERM") {
        Some("truecolor" | "24bit") => Colors::Truecolor,
        _ if term.ends_with("-direct") => Colors::Truecolor,
        _ if term.contains("256color") => Colors::Ansi256,
        _ if is_vt(term) || term.ends_with("-mono") || term.ends_with("-m") => Colors::Mono,
        _ => Colors::Ansi16,
    }
}

/// The terminals of DEC (`vt100` to `vt525`) have no colour; nor do their emulations under that name.
fn is_vt(term: &str) -> bool {
    term.strip_prefix("vt").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

fn glyphs(environment: &Environment, term: &str) -> Glyphs {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| environment.text(name)).unwrap_or("C");
    let locale = locale.to_ascii_lowercase();
    let utf8 = locale.contains("utf-8") || locale.contains("utf8");
    if utf8 && term != "linux" && !is_vt(term) { Glyphs::Unicode } else { Glyphs::Ascii }
}

/// `15;0` or `15;default;0`: the last number is the background's, of 16 colours.
fn colour_fg_bg(value: &str) -> Option<Background> {
    match value.rsplit(';').next()?.parse::<u8>().ok()? {
        0..=6 | 8 => Some(Background::Dark),
        7 | 9..=15 => Some(Background::Light),
        _ => None,
    }
}

/// The beginnings of names of terminals that are known to have scrolling regions (`csr`, `ind` and `ri` in terminfo).
/// Consoles of other kernels, for one, have none and would scroll the whole screen.
const WITH_REGIONS: &[&str] = &[
    "alacritty",
    "contour",
    "Eterm",
    "foot",
    "ghostty",
    "gnome",
    "iterm",
    "konsole",
    "linux",
    "mintty",
    "mlterm",
    "ms-terminal",
    "nsterm",
    "putty",
    "rio",
    "rxvt",
    "screen",
    "st-",
    "tmux",
    "vte",
    "wezterm",
    "xterm",
];

fn scrolling(term: &str) -> Scrolling {
    // The VT52 came before scrolling regions.
    let is_vt = is_vt(term) && !term.starts_with("vt52");
    let known = is_vt || term == "st" || WITH_REGIONS.iter().any(|start| term.starts_with(start));
    if known { Scrolling::Regions } else { Scrolling::Off }
}

/// GNU screen passes no answer on; the kernel's console and old terminals may print the question.
fn ask(term: &str) -> Ask {
    if term == "linux" || term.starts_with("screen") || is_vt(term) { Ask::Not } else { Ask::May }
}

/// Reads a colour as terminals report it: `rgb:RRRR/GGGG/BBBB` with one to four hexadecimal digits each, or `rgba:`.
pub fn background(report: &str) -> Option<Background> {
    let rest = report.strip_prefix("rgb:").or_else(|| report.strip_prefix("rgba:"))?;
    let mut parts = rest.split('/').map(|part| {
        let max = 16_u32.checked_pow(u32::try_from(part.len()).ok()?)?.checked_sub(1).filter(|max| *max > 0)?;
        (part.len() <= 4).then_some(())?;
        Some(f64::from(u32::from_str_radix(part, 16).ok()?) / f64::from(max))
    });
    let (red, green, blue) = (parts.next()??, parts.next()??, parts.next()??);
    let bright = 0.299 * red + 0.587 * green + 0.114 * blue;
    Some(if bright > 0.5 { Background::Light } else { Background::Dark })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)]) -> Capabilities {
        let term = [("TERM", "xterm")];
        let all = term.iter().chain(variables).copied();
        detect(&Environment::of_variables(all)).unwrap()
    }

    #[test]
    fn colours_follow_the_variables() {
        let check = |variables: &[(&str, &str)], expected| assert_eq!(of(variables).colours, expected, "{variables:?}");
        check(&[], Colors::Ansi16);
        check(&[("COLORTERM", "truecolor")], Colors::Truecolor);
        check(&[("COLORTERM", "24bit"), ("NO_COLOR", "1")], Colors::Mono);
        check(&[("COLORTERM", "yes")], Colors::Ansi16);
        check(&[("TERM", "tmux-256color")], Colors::Ansi256);
        check(&[("TERM", "xterm-direct")], Colors::Truecolor);
        check(&[("TERM", "linux")], Colors::Ansi16);
        check(&[("TERM", "vt220")], Colors::Mono);
        check(&[("TERM", "vte-256color")], Colors::Ansi256);
        check(&[("CLICOLOR", "0")], Colors::Mono);
        check(&[("NO_COLOR", "")], Colors::Ansi16);
    }

    #[test]
    fn the_first_locale_variable_that_is_set_counts() {
        let check = |variables: &[(&str, &str)], expected| assert_eq!(of(variables).glyphs, expected, "{variables:?}");
        check(&[], Glyphs::Ascii);
        check(&[("LANG", "en_GB.UTF-8")], Glyphs::Unicode);
        check(&[("LANG", "C.utf8")], Glyphs::Unicode);
        check(&[("LANG", "en_GB.UTF-8"), ("LC_ALL", "C")], Glyphs::Ascii);
        check(&[("LANG", "C"), ("LC_CTYPE", "de_DE.UTF-8")], Glyphs::Unicode);
        check(&[("LANG", "en_GB.UTF-8"), ("TERM", "linux")], Glyphs::Ascii);
    }

    #[test]
    fn a_dumb_terminal_has_no_screen() {
        for variables in [vec![], vec![("TERM", "")], vec![("TERM", "dumb")]] {
            assert_eq!(detect(&Environment::of_variables(variables)), Err(NoScreen::Dumb));
        }
    }

    #[test]
    fn the_link_the_switch_and_the_question() {
        assert_eq!(of(&[]).link, Link::Local);
        assert_eq!(of(&[("SSH_CONNECTION", "10.0.0.1 5 10.0.0.2 22")]).link, Link::Ssh);
        assert_eq!(of(&[]).synchronised, Synchronised::On);
        assert_eq!(of(&[("LOGDECK_SYNC", "0")]).synchronised, Synchronised::Off);
        assert_eq!(of(&[("TERM", "screen-256color")]).ask, Ask::Not);
        assert_eq!(of(&[]).ask, Ask::May);
    }

    #[test]
    fn rows_are_scrolled_where_that_is_known_to_work() {
        let check = |term: &str, expected| assert_eq!(of(&[("TERM", term)]).scrolling, expected, "{term}");
        for term in
            ["xterm-256color", "tmux-256color", "screen.xterm", "linux", "vt100", "st", "st-256color", "xterm-kitty"]
        {
            check(term, Scrolling::Regions);
        }
        for term in ["cygwin", "cons25", "ansi", "sun", "vt52", "stuff", "somebody-s-own"] {
            check(term, Scrolling::Off);
        }
        assert_eq!(of(&[("LOGDECK_SCROLL", "0")]).scrolling, Scrolling::Off);
    }

    #[test]
    fn backgrounds() {
        assert_eq!(of(&[("COLORFGBG", "15;0")]).background, Some(Background::Dark));
        assert_eq!(of(&[("COLORFGBG", "0;default;15")]).background, Some(Background::Light));
        assert_eq!(of(&[("COLORFGBG", "0;default")]).background, None);
        let check = |report: &str, expected| assert_eq!(background(report), expected, "{report}");
        check("rgb:0000/0000/0000", Some(Background::Dark));
        check("rgb:ffff/ffff/ffff", Some(Background::Light));
        check("rgb:f/f/f", Some(Background::Light));
        check("rgba:fd/f6/e3/ff", Some(Background::Light));
        check("rgb:00/2b/36", Some(Background::Dark));
        check("rgb:00/2b", None);
        check("rgb:00//36", None);
        check("rgb:00000/0/0", None);
        check("cmyk:0/0/0/0", None);
    }
}
