//! Roles into styles, and the two sets of glyphs.
//!
//! Owns the palettes; ratios of contrast were measured, see ARCHITECTURE. Never paints the background. Must not know
//! what is drawn with them.

use crate::app::{Background, Caps, Colors, Glyphs, Role, TINTS, ThemeChoice, Themes};
use crate::model::Severity;
use crate::model::theme::{Attributes, Ink, Paint, ROLE_COUNT, ROLES, ThemeRole, one_of_16, parts, rgb_of};
use ratatui::style::{Color, Modifier, Style};

/// Quiet colours that tell pods apart, with their nearest of the 256: at least 5.5:1 on the usual dark backgrounds, 4.5:1 on
/// light ones.
const DARK_TINTS: [(u32, u8); TINTS as usize] =
    [(0xC8_B48C, 180), (0xA3_BE8C, 144), (0x9D_B7D1, 110), (0xC3_A6C8, 182), (0x8F_BFBA, 109), (0xD6_A69C, 181)];
const LIGHT_TINTS: [(u32, u8); TINTS as usize] =
    [(0x6B_5520, 58), (0x45_6029, 22), (0x3A_5A80, 24), (0x70_4A78, 96), (0x28_6460, 23), (0x84_4640, 95)];

/// The styles of a frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct Theme {
    /// By the number of the role.
    styles: [Style; ROLE_COUNT],
    palette: Palette,
    colors: Colors,
    pub(super) glyphs: &'static GlyphSet,
}

/// The built-in colours that are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Palette {
    Dark,
    Light,
    Sixteen,
    Mono,
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
    /// Of a bar that shows how far something is: what is done, what is left, and what stands around them.
    pub(super) bar_done: &'static str,
    pub(super) bar_left: &'static str,
    pub(super) bar_ends: (&'static str, &'static str),
}

static UNICODE: GlyphSet = GlyphSet {
    rule: "─",
    cursor: "▎",
    cut: "›",
    cut_left: "‹",
    gap: '…',
    bar: "│",
    mark: "◆",
    bar_done: "━",
    bar_left: "─",
    bar_ends: (" ", " "),
};
static ASCII: GlyphSet = GlyphSet {
    rule: "-",
    cursor: ">",
    cut: ">",
    cut_left: "<",
    gap: '~',
    bar: "|",
    mark: "*",
    bar_done: "#",
    bar_left: "-",
    bar_ends: ("[", "]"),
};

impl Theme {
    /// The theme for what the user wants and the terminal can do.
    pub(super) fn new(caps: &Caps, choice: &ThemeChoice, themes: &Themes) -> Self {
        let own = match choice {
            ThemeChoice::Own(name) => themes.find(name),
            _ => None,
        };
        let base = own.map_or(choice, |own| &own.inherits);
        let many = matches!(caps.colors, Colors::Truecolor | Colors::Ansi256);
        let palette = match (base, caps.background) {
            // What has no colours is not asked for any.
            _ if caps.colors == Colors::Mono => Palette::Mono,
            (ThemeChoice::Mono, _) => Palette::Mono,
            (ThemeChoice::Dark, _) if many => Palette::Dark,
            (ThemeChoice::Light, _) if many => Palette::Light,
            (ThemeChoice::Dark | ThemeChoice::Light | ThemeChoice::Sixteen, _) => Palette::Sixteen,
            (_, Some(Background::Dark)) if many => Palette::Dark,
            (_, Some(Background::Light)) if many => Palette::Light,
            _ => Palette::Sixteen,
        };
        let mut styles = ROLES.each_ref().map(|spec| match palette {
            Palette::Dark => style(spec.dark, caps.colors),
            Palette::Light => style(spec.light, caps.colors),
            Palette::Sixteen => style(spec.sixteen, caps.colors),
            Palette::Mono => style(spec.mono, caps.colors),
        });
        // Roles that differ by colour alone would be the same without it: then the built-in looks are better.
        if let Some(own) = own.filter(|_| caps.colors != Colors::Mono) {
            for (mine, paint) in styles.iter_mut().zip(own.paints) {
                *mine = paint.map_or(*mine, |paint| style(paint, caps.colors));
            }
        }
        let glyphs = match caps.glyphs {
            Glyphs::Unicode if *choice != ThemeChoice::Ascii => &UNICODE,
            _ => &ASCII,
        };
        Self { styles, palette, colors: caps.colors, glyphs }
    }

    /// The style of a role.
    pub(super) fn style(&self, role: Role) -> Style {
        self.of(match role {
            Role::Tint(tint) => return self.tint(tint),
            Role::Text => ThemeRole::Text,
            Role::Dim => ThemeRole::Dim,
            Role::Ok => ThemeRole::Ok,
            Role::Warn | Role::Severity(Severity::Warn) => ThemeRole::Warn,
            Role::Error | Role::Severity(Severity::Error) => ThemeRole::Error,
            Role::Severity(Severity::Fatal) => ThemeRole::Fatal,
            Role::Severity(Severity::Info | Severity::Unknown) => ThemeRole::Info,
            Role::Severity(Severity::Debug | Severity::Trace) => ThemeRole::Debug,
            Role::Accent => ThemeRole::Accent,
            Role::Heading => ThemeRole::Heading,
        })
    }

    /// The colour of a pod's name: quiet ones, and none where there are only a few.
    fn tint(&self, tint: u8) -> Style {
        let tints = match self.palette {
            Palette::Dark => &DARK_TINTS,
            Palette::Light => &LIGHT_TINTS,
            Palette::Sixteen | Palette::Mono => return self.of(ThemeRole::Text),
        };
        let (rgb, near) = tints[usize::from(tint) % tints.len()];
        style(Paint { ink: Ink::Rgb { rgb, near }, attributes: Attributes::NONE }, self.colors)
    }

    fn of(&self, role: ThemeRole) -> Style {
        self.styles[role as usize]
    }

    /// Where a search was found.
    pub(super) fn hit(&self) -> Style {
        self.of(ThemeRole::Hit)
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

    /// Whether only ASCII characters may be drawn.
    pub(super) fn is_ascii(&self) -> bool {
        self.glyphs.rule.is_ascii()
    }
}

/// A look in what the terminal can do.
fn style(paint: Paint, colors: Colors) -> Style {
    let mut style = Style::new();
    if let Some(color) = color(paint.ink, colors) {
        style = style.fg(color);
    }
    for (attribute, modifier) in [
        (Attributes::BOLD, Modifier::BOLD),
        (Attributes::DIM, Modifier::DIM),
        (Attributes::UNDERLINE, Modifier::UNDERLINED),
        (Attributes::REVERSE, Modifier::REVERSED),
    ] {
        if paint.attributes.has(attribute) {
            style = style.add_modifier(modifier);
        }
    }
    style
}

/// The 16 colours in their order.
const SIXTEEN: [Color; 16] = [
    Color::Black,
    Color::Red,
    Color::Green,
    Color::Yellow,
    Color::Blue,
    Color::Magenta,
    Color::Cyan,
    Color::Gray,
    Color::DarkGray,
    Color::LightRed,
    Color::LightGreen,
    Color::LightYellow,
    Color::LightBlue,
    Color::LightMagenta,
    Color::LightCyan,
    Color::White,
];

/// A colour in what the terminal can do; `None` is its own.
fn color(ink: Ink, colors: Colors) -> Option<Color> {
    match (colors, ink) {
        (Colors::Mono, _) | (_, Ink::Default) => None,
        (_, Ink::Ansi(n) | Ink::Indexed(n @ ..16)) => SIXTEEN.get(usize::from(n)).copied(),
        (Colors::Truecolor | Colors::Ansi256, Ink::Indexed(n)) => Some(Color::Indexed(n)),
        (Colors::Truecolor, Ink::Rgb { rgb, .. }) => {
            let [red, green, blue] = parts(rgb);
            Some(Color::Rgb(red, green, blue))
        }
        (Colors::Ansi256, Ink::Rgb { near, .. }) => Some(Color::Indexed(near)),
        (Colors::Ansi16, Ink::Indexed(n)) => color(one_of_16(rgb_of(n)), colors),
        (Colors::Ansi16, Ink::Rgb { rgb, .. }) => color(one_of_16(parts(rgb)), colors),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::theme::OwnTheme;

    const ALL: [Role; 9] = [
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

    fn theme(colors: Colors, background: Option<Background>, choice: &ThemeChoice) -> Theme {
        Theme::new(&Caps { colors, background, ..Caps::default() }, choice, &Themes::default())
    }

    #[test]
    fn the_background_is_never_painted_and_no_unreadable_colour_is_used() {
        for colors in [Colors::Truecolor, Colors::Ansi256, Colors::Ansi16, Colors::Mono] {
            for choice in ThemeChoice::BUILT_IN {
                for role in ALL {
                    let style = theme(colors, None, &choice).style(role);
                    assert_eq!(style.bg, None);
                    assert!(!matches!(style.fg, Some(Color::Blue | Color::DarkGray | Color::Black)), "{role:?}");
                    assert!(colors != Colors::Mono || style.fg.is_none(), "{role:?}");
                }
            }
        }
    }

    /// The ratio of contrast of WCAG 2.
    fn contrast(a: u32, b: u32) -> f64 {
        let channel = |value: u8| {
            let value = f64::from(value) / 255.0;
            if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        let luminance = |rgb: u32| {
            let [red, green, blue] = parts(rgb).map(channel);
            0.2126 * red + 0.7152 * green + 0.0722 * blue
        };
        let (a, b) = (luminance(a) + 0.05, luminance(b) + 0.05);
        a.max(b) / a.min(b)
    }

    #[test]
    fn names_of_pods_can_be_read_on_the_usual_backgrounds() {
        let check = |tints: [(u32, u8); TINTS as usize], backgrounds: &[u32], least: f64| {
            for (rgb, near) in tints {
                let near = rgb_of(near).iter().fold(0, |rgb, part| rgb << 8 | u32::from(*part));
                for background in backgrounds {
                    for rgb in [rgb, near] {
                        let ratio = contrast(rgb, *background);
                        assert!(ratio >= least, "{rgb:06X} on {background:06X}: {ratio:.2}");
                    }
                }
            }
        };
        check(DARK_TINTS, &[0, 0x1E_1E1E, 0x00_2B36, 0x28_2C34], 5.5);
        check(LIGHT_TINTS, &[0xFF_FFFF, 0xFD_F6E3], 4.5);
        for colors in [Colors::Ansi16, Colors::Mono] {
            let theme = theme(colors, Some(Background::Dark), &ThemeChoice::Dark);
            assert_eq!(theme.style(Role::Tint(3)), theme.style(Role::Text));
        }
    }

    #[test]
    fn auto_goes_by_what_the_terminal_says() {
        let check = |colors, background, choice, expected| {
            assert_eq!(theme(colors, background, &choice).palette, expected);
        };
        check(Colors::Truecolor, Some(Background::Dark), ThemeChoice::Auto, Palette::Dark);
        check(Colors::Ansi256, Some(Background::Light), ThemeChoice::Auto, Palette::Light);
        check(Colors::Truecolor, None, ThemeChoice::Auto, Palette::Sixteen);
        check(Colors::Ansi256, None, ThemeChoice::Dark, Palette::Dark);
        check(Colors::Ansi16, Some(Background::Dark), ThemeChoice::Dark, Palette::Sixteen);
        check(Colors::Mono, Some(Background::Dark), ThemeChoice::Dark, Palette::Mono);
        check(Colors::Truecolor, Some(Background::Dark), ThemeChoice::Mono, Palette::Mono);
    }

    #[test]
    fn without_colours_what_matters_still_differs() {
        let mono = theme(Colors::Mono, None, &ThemeChoice::Auto);
        let styles = [Role::Error, Role::Warn, Role::Accent, Role::Text, Role::Severity(Severity::Fatal)];
        for (n, a) in styles.iter().enumerate() {
            for b in &styles[n + 1..] {
                assert_ne!(mono.style(*a), mono.style(*b), "{a:?} {b:?}");
            }
        }
    }

    #[test]
    fn ascii_is_a_set_of_glyphs_with_the_colours_of_auto() {
        let caps = Caps { colors: Colors::Truecolor, background: Some(Background::Dark), ..Caps::default() };
        let of = |choice| Theme::new(&caps, &choice, &Themes::default());
        let (auto, ascii) = (of(ThemeChoice::Auto), of(ThemeChoice::Ascii));
        assert_eq!(auto.style(Role::Error), ascii.style(Role::Error));
        assert!(ascii.is_ascii() && !auto.is_ascii());
    }

    #[test]
    fn own_themes_are_reduced_to_what_the_terminal_can_do() {
        let mut paints = [None; ROLE_COUNT];
        for (role, paint) in [("error", "#D01070 underline"), ("warn", "208"), ("accent", "blue"), ("dim", "#777777")] {
            paints[ThemeRole::find(role).unwrap() as usize] = Some(paint.parse().unwrap());
        }
        let own = OwnTheme { name: "mine".to_owned(), inherits: ThemeChoice::Light, paints };
        let themes = Themes { own: vec![own], bad: Vec::new() };
        let check = |colors, role, expected: Style| {
            let caps = Caps { colors, ..Caps::default() };
            let theme = Theme::new(&caps, &ThemeChoice::Own("mine".to_owned()), &themes);
            assert_eq!(theme.style(role), expected, "{colors:?} {role:?}");
        };
        let underlined = Style::new().add_modifier(Modifier::UNDERLINED);
        check(Colors::Truecolor, Role::Error, underlined.fg(Color::Rgb(0xD0, 0x10, 0x70)));
        check(Colors::Ansi256, Role::Error, underlined.fg(Color::Indexed(161)));
        check(Colors::Ansi16, Role::Error, underlined.fg(Color::Magenta));
        check(Colors::Mono, Role::Error, Style::new().add_modifier(Modifier::BOLD));
        check(Colors::Ansi256, Role::Warn, Style::new().fg(Color::Indexed(208)));
        check(Colors::Ansi16, Role::Warn, Style::new().fg(Color::Yellow));
        check(Colors::Ansi16, Role::Accent, Style::new().fg(Color::Blue));
        check(Colors::Ansi16, Role::Dim, Style::new());
        // What it leaves out is inherited.
        check(Colors::Ansi256, Role::Ok, Style::new().fg(Color::Indexed(29)));
    }
}
