//! Roles into styles, and the two sets of glyphs.
//!
//! Owns the palettes; ratios of contrast were measured, see ARCHITECTURE. Never paints the background. Must not know
//! what is drawn with them.

use crate::app::{Background, Caps, Colors, Glyphs, Role, ThemeChoice};
use crate::model::Severity;
use ratatui::style::{Color, Modifier, Style};

/// The styles of a frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct Theme {
    palette: Palette,
    pub(super) glyphs: &'static GlyphSet,
}

/// The colours that are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Palette {
    Dark(Depth),
    Light(Depth),
    Sixteen,
    Mono,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Depth {
    True,
    Indexed,
}

/// The characters that are not text. Each is one column wide in both sets, so the layout never moves.
#[derive(Debug)]
pub(super) struct GlyphSet {
    pub(super) rule: &'static str,
    pub(super) cursor: &'static str,
    pub(super) cut: &'static str,
    pub(super) cut_left: &'static str,
    pub(super) gap: char,
    pub(super) bar: &'static str,
    pub(super) mark: &'static str,
}

static UNICODE: GlyphSet =
    GlyphSet { rule: "─", cursor: "▎", cut: "›", cut_left: "‹", gap: '…', bar: "│", mark: "◆" };
static ASCII: GlyphSet = GlyphSet { rule: "-", cursor: ">", cut: ">", cut_left: "<", gap: '~', bar: "|", mark: "*" };

/// A colour in the two depths of a palette.
const fn color(depth: Depth, rgb: u32, index: u8) -> Color {
    match depth {
        Depth::True => Color::Rgb((rgb >> 16) as u8, (rgb >> 8) as u8, rgb as u8),
        Depth::Indexed => Color::Indexed(index),
    }
}

impl Theme {
    /// The theme for what the user wants and the terminal can do.
    pub(super) fn new(caps: &Caps, choice: ThemeChoice) -> Self {
        let depth = match caps.colors {
            Colors::Truecolor => Some(Depth::True),
            Colors::Ansi256 => Some(Depth::Indexed),
            Colors::Ansi16 | Colors::Mono => None,
        };
        // What has no colours is not asked for any.
        let choice = if caps.colors == Colors::Mono { ThemeChoice::Mono } else { choice };
        let palette = match (choice, caps.background, depth) {
            (ThemeChoice::Mono, ..) => Palette::Mono,
            (ThemeChoice::Dark, _, Some(depth)) | (ThemeChoice::Auto, Some(Background::Dark), Some(depth)) => {
                Palette::Dark(depth)
            }
            (ThemeChoice::Light, _, Some(depth)) | (ThemeChoice::Auto, Some(Background::Light), Some(depth)) => {
                Palette::Light(depth)
            }
            _ => Palette::Sixteen,
        };
        let glyphs = match caps.glyphs {
            Glyphs::Unicode => &UNICODE,
            Glyphs::Ascii => &ASCII,
        };
        Self { palette, glyphs }
    }

    /// The style of a role.
    pub(super) fn style(&self, role: Role) -> Style {
        let plain = Style::new();
        match role {
            Role::Text | Role::Severity(Severity::Info | Severity::Unknown) => plain,
            Role::Heading => plain.add_modifier(Modifier::BOLD),
            Role::Dim | Role::Severity(Severity::Debug | Severity::Trace) => self.dim(),
            Role::Ok => match self.palette {
                Palette::Dark(depth) => plain.fg(color(depth, 0x4C_C9A0, 79)),
                Palette::Light(depth) => plain.fg(color(depth, 0x00_664B, 29)),
                Palette::Sixteen => plain.fg(Color::Green),
                Palette::Mono => plain,
            },
            Role::Warn | Role::Severity(Severity::Warn) => match self.palette {
                Palette::Dark(depth) => plain.fg(color(depth, 0xF0_D060, 221)),
                Palette::Light(depth) => plain.fg(color(depth, 0x9A_6700, 94)),
                Palette::Sixteen => plain.fg(Color::Yellow),
                Palette::Mono => plain.add_modifier(Modifier::UNDERLINED),
            },
            Role::Error | Role::Severity(Severity::Error) => {
                let bold = plain.add_modifier(Modifier::BOLD);
                match self.palette {
                    Palette::Dark(depth) => bold.fg(color(depth, 0xFF_7A59, 209)),
                    Palette::Light(depth) => bold.fg(color(depth, 0x9C_1C1C, 124)),
                    Palette::Sixteen => bold.fg(Color::Red),
                    Palette::Mono => bold,
                }
            }
            Role::Severity(Severity::Fatal) => {
                let loud = plain.add_modifier(Modifier::BOLD | Modifier::REVERSED);
                match self.palette {
                    Palette::Dark(depth) => loud.fg(color(depth, 0xFF_9EC4, 218)),
                    Palette::Light(depth) => loud.fg(color(depth, 0x8E_0F52, 89)),
                    Palette::Sixteen => loud.fg(Color::Red),
                    Palette::Mono => loud,
                }
            }
            Role::Accent => match self.palette {
                Palette::Dark(depth) => plain.fg(color(depth, 0x7C_C4FF, 117)),
                Palette::Light(depth) => plain.fg(color(depth, 0x00_569C, 25)),
                Palette::Sixteen => plain.fg(Color::Cyan),
                Palette::Mono => plain.add_modifier(Modifier::REVERSED),
            },
        }
    }

    /// Where a search was found.
    pub(super) fn hit() -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// The same in a row that is reversed already.
    pub(super) fn hit_on_reversed() -> Style {
        Style::new().remove_modifier(Modifier::REVERSED)
    }

    /// Whether the cursor's whole row is reversed, because no colour could show it.
    pub(super) fn reverses_cursor_row(&self) -> bool {
        self.has_no_colour()
    }

    /// Whether nothing may be told by colour.
    pub(super) fn has_no_colour(&self) -> bool {
        self.palette == Palette::Mono
    }

    fn dim(&self) -> Style {
        match self.palette {
            Palette::Dark(depth) => Style::new().fg(color(depth, 0x9A_A4AE, 247)),
            Palette::Light(depth) => Style::new().fg(color(depth, 0x5A_646E, 241)),
            Palette::Sixteen => Style::new().add_modifier(Modifier::DIM),
            Palette::Mono => Style::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLES: [Role; 9] = [
        Role::Text,
        Role::Dim,
        Role::Ok,
        Role::Warn,
        Role::Error,
        Role::Accent,
        Role::Heading,
        Role::Severity(Severity::Fatal),
        Role::Severity(Severity::Debug),
    ];

    fn theme(colors: Colors, background: Option<Background>, choice: ThemeChoice) -> Theme {
        Theme::new(&Caps { colors, background, ..Caps::default() }, choice)
    }

    #[test]
    fn the_background_is_never_painted_and_no_unreadable_colour_is_used() {
        for colors in [Colors::Truecolor, Colors::Ansi256, Colors::Ansi16, Colors::Mono] {
            for choice in [ThemeChoice::Auto, ThemeChoice::Dark, ThemeChoice::Light, ThemeChoice::Sixteen] {
                for role in ROLES {
                    let style = theme(colors, None, choice).style(role);
                    assert_eq!(style.bg, None);
                    assert!(!matches!(style.fg, Some(Color::Blue | Color::DarkGray | Color::Black)), "{role:?}");
                    assert!(colors != Colors::Mono || style.fg.is_none(), "{role:?}");
                }
            }
        }
    }

    #[test]
    fn auto_goes_by_what_the_terminal_says() {
        let check = |colors, background, choice, expected| {
            assert_eq!(theme(colors, background, choice).palette, expected);
        };
        check(Colors::Truecolor, Some(Background::Dark), ThemeChoice::Auto, Palette::Dark(Depth::True));
        check(Colors::Ansi256, Some(Background::Light), ThemeChoice::Auto, Palette::Light(Depth::Indexed));
        check(Colors::Truecolor, None, ThemeChoice::Auto, Palette::Sixteen);
        check(Colors::Ansi256, None, ThemeChoice::Dark, Palette::Dark(Depth::Indexed));
        check(Colors::Ansi16, Some(Background::Dark), ThemeChoice::Dark, Palette::Sixteen);
        check(Colors::Mono, Some(Background::Dark), ThemeChoice::Dark, Palette::Mono);
        check(Colors::Truecolor, Some(Background::Dark), ThemeChoice::Mono, Palette::Mono);
    }

    #[test]
    fn without_colours_what_matters_still_differs() {
        let mono = theme(Colors::Mono, None, ThemeChoice::Auto);
        let styles = [Role::Error, Role::Warn, Role::Accent, Role::Text, Role::Severity(Severity::Fatal)];
        for (n, a) in styles.iter().enumerate() {
            for b in &styles[n + 1..] {
                assert_ne!(mono.style(*a), mono.style(*b), "{a:?} {b:?}");
            }
        }
    }
}
