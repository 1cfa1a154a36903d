//! Which characters a cell may hold, and how many of them one cluster may have.
//!
//! Owns the classes of characters beyond ASCII and the state of a cluster (a base and what attaches to it). Used by the
//! scan and by the cleaning alike, so that they never disagree.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthChar;

/// The most characters that may attach to the base of one cluster: combining marks, joiners, skin tones. The longest
/// real ones (a family of four with skin tones) have seven.
pub const MAX_EXTENDERS: u8 = 8;

/// What to do with a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It may stand as it is.
    Keep,
    /// The cluster is full: leave it out.
    Drop,
    /// Write its name instead.
    Show,
}

/// The cluster at the end of what was written so far.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cluster {
    base: Base,
    extenders: u8,
    /// The last mark was a virama, which pulls the next consonant into the cluster.
    linked: bool,
}

/// What the cluster began with, as far as it matters for what may attach to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Base {
    /// Nothing: the line begins, or a tab stands before.
    None,
    Other,
    /// `0-9`, `#`, `*`: the base of a keycap.
    Keycap,
    Emoji,
    /// An emoji with its variation selector.
    EmojiStyled,
    /// An emoji with a joiner behind it: the next emoji belongs to the cluster.
    Joined,
    /// A leading Hangul letter: the next ones belong to the cluster.
    Jamo,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Plain,
    Emoji,
    /// Skin tones.
    Tone,
    Mark,
    /// U+FE0E, U+FE0F.
    Selector,
    /// U+200D.
    Joiner,
    Jamo,
    /// Invisible, reordering, or breaking lines.
    Hidden,
}

impl Cluster {
    /// The start of a line.
    pub(super) const START: Self = Self { base: Base::None, extenders: 0, linked: false };

    /// Notes the last byte of a run of printable ASCII, tabs and newlines.
    pub(super) fn ascii(&mut self, last: u8) {
        *self = Self {
            base: match last {
                b'\t' | b'\n' => Base::None,
                b'0'..=b'9' | b'#' | b'*' => Base::Keycap,
                _ => Base::Other,
            },
            ..Self::START
        };
    }

    /// Judges a character beyond ASCII and takes it into account; `rest` is the text behind it.
    pub(super) fn judge(&mut self, c: char, rest: &str) -> Verdict {
        if is_common(u32::from(c)) && !self.linked {
            *self = Self { base: Base::Other, ..Self::START };
            return Verdict::Keep;
        }
        let next = || rest.chars().next();
        let full = self.extenders >= MAX_EXTENDERS;
        match class(c) {
            Class::Plain => {
                let extenders = if self.linked { self.extenders } else { 0 };
                *self = Self { base: Base::Other, extenders, linked: false };
                Verdict::Keep
            }
            Class::Emoji => {
                let extenders = if self.base == Base::Joined { self.extenders } else { 0 };
                *self = Self { base: Base::Emoji, extenders, linked: false };
                Verdict::Keep
            }
            Class::Jamo if self.base != Base::Jamo => {
                *self = Self { base: Base::Jamo, ..Self::START };
                Verdict::Keep
            }
            Class::Jamo if !full => self.attach(Base::Jamo, c),
            Class::Tone if self.base == Base::None => {
                *self = Self { base: Base::Emoji, ..Self::START };
                Verdict::Keep
            }
            Class::Mark if self.base == Base::None => self.shown(),
            Class::Tone | Class::Mark if full => Verdict::Drop,
            Class::Tone => self.attach(Base::Emoji, c),
            Class::Mark => self.attach(Base::Other, c),
            Class::Selector if self.base == Base::Emoji && !full => self.attach(Base::EmojiStyled, c),
            Class::Selector if self.base == Base::Keycap && next() == Some('\u{20E3}') => self.attach(Base::Other, c),
            Class::Joiner
                if matches!(self.base, Base::Emoji | Base::EmojiStyled)
                    && !full
                    && next().is_some_and(|next| class(next) == Class::Emoji) =>
            {
                self.attach(Base::Joined, c)
            }
            Class::Jamo | Class::Selector | Class::Joiner | Class::Hidden => self.shown(),
        }
    }

    fn attach(&mut self, base: Base, c: char) -> Verdict {
        *self = Self { base, extenders: self.extenders + 1, linked: is_linker(c) };
        Verdict::Keep
    }

    fn shown(&mut self) -> Verdict {
        self.ascii(b'>');
        Verdict::Show
    }
}

/// Writes the name that stands for a character which may not reach a cell: `<1B>` for control characters,
/// `<U+202E>` for others.
pub(super) fn push_name(out: &mut String, c: char) {
    let (prefix, digits) = if c.is_control() { ("<", 2) } else { ("<U+", 4) };
    out.push_str(prefix);
    push_hex(out, u32::from(c), digits);
    out.push('>');
}

/// Writes a number in capital hexadecimal digits, at least so many.
pub(super) fn push_hex(out: &mut String, n: u32, digits: u32) {
    let digits = (u32::BITS - n.leading_zeros()).div_ceil(4).max(digits);
    out.extend(
        (0..digits).rev().filter_map(|i| char::from_digit((n >> (4 * i)) & 15, 16)).map(|c| c.to_ascii_uppercase()),
    );
}

/// The common scripts are told by ranges; only the rest asks the tables.
fn class(c: char) -> Class {
    match u32::from(c) {
        code if is_emoji(code) => Class::Emoji,
        0xAD => Class::Hidden,
        0x1F3FB..=0x1F3FF => Class::Tone,
        // Latin, Greek, Cyrillic; Hebrew, Arabic, Devanagari, Thai letters; punctuation, currency, boxes, braille;
        // kana, CJK, Hangul syllables; forms of full width.
        0xA0..=0x2FF
        | 0x370..=0x482
        | 0x48A..=0x58A
        | 0x5D0..=0x5EA
        | 0x620..=0x64A
        | 0x904..=0x939
        | 0xE01..=0xE30
        | 0xE40..=0xE46
        | 0x1E00..=0x1FFF
        | 0x2000..=0x200A
        | 0x2010..=0x2027
        | 0x202F..=0x205F
        | 0x2070..=0x20CF
        | 0x2100..=0x2BFF
        | 0x3000..=0x3029
        | 0x3031..=0x3096
        | 0x309B..=0x3130
        | 0x3400..=0x9FFF
        | 0xAC00..=0xD7A3
        | 0xFF01..=0xFF9D
        | 0xFFE0..=0xFFEF
        | 0xFFFC..=0xFFFD
        | 0x1F1E6..=0x1F1FF => Class::Plain,
        0x200D => Class::Joiner,
        0xFE0E | 0xFE0F => Class::Selector,
        0x1100..=0x115E | 0xA960..=0xA97C => Class::Jamo,
        0x300..=0x34E | 0x350..=0x36F => Class::Mark,
        // Invisible ones: grapheme joiner, Hangul and Khmer fillers, Mongolian selectors, zero-width and direction
        // marks, line and paragraph separators, selectors, annotations, controls of hieroglyphs, shorthand
        // and music, tags, noncharacters.
        0x34F
        | 0x61C
        | 0x115F
        | 0x1160
        | 0x17B4
        | 0x17B5
        | 0x180B..=0x180F
        | 0x200B..=0x200F
        | 0x2028..=0x202E
        | 0x2060..=0x206F
        | 0x3164
        | 0xFE00..=0xFE0D
        | 0xFEFF
        | 0xFFA0
        | 0xFFF0..=0xFFFB
        | 0xFFFE..=0xFFFF
        | 0x13430..=0x1343F
        | 0x1BCA0..=0x1BCA3
        | 0x1D173..=0x1D17A
        | 0xE0000..=0xE0FFF => Class::Hidden,
        _ => rare(c),
    }
}

/// Letters that need no second look: Latin, Greek, Cyrillic, Hebrew, Arabic, boxes, kana, CJK, Hangul.
fn is_common(code: u32) -> bool {
    matches!(
        code,
        0xC0..=0x2FF | 0x370..=0x482 | 0x5D0..=0x5EA | 0x620..=0x64A | 0x2500..=0x259F | 0x3041..=0x3096
            | 0x30A1..=0x30FE | 0x3400..=0x9FFF | 0xAC00..=0xD7A3
    )
}

/// Symbols that may be drawn as emoji, without flags (pairs of letters) and skin tones.
fn is_emoji(code: u32) -> bool {
    matches!(
        code,
        0xA9 | 0xAE | 0x203C | 0x2049 | 0x2122 | 0x2139 | 0x2190..=0x21FF | 0x2300..=0x23FF | 0x25A0..=0x27BF
            | 0x2900..=0x297F | 0x2B00..=0x2BFF | 0x3030 | 0x303D | 0x3297 | 0x3299
            | 0x1F000..=0x1F1E5 | 0x1F200..=0x1F3FA | 0x1F400..=0x1FAFF
    )
}

/// A character of none of the ranges.
fn rare(c: char) -> Class {
    let mut buffer = [0; 5];
    buffer[0] = b'a';
    let len = 1 + c.encode_utf8(&mut buffer[1..]).len();
    let is_one = |bytes: &[u8]| std::str::from_utf8(bytes).is_ok_and(|pair| pair.graphemes(true).nth(1).is_none());
    if c.is_control() {
        Class::Hidden
    } else if is_one(&buffer[..len]) {
        Class::Mark
    } else if c.width().unwrap_or(0) == 0 {
        Class::Hidden
    } else {
        // What attaches to the character behind it (a few number signs of Arabic) would make a cluster without end.
        buffer.rotate_left(1);
        buffer[len - 1] = b'a';
        if is_one(&buffer[..len]) { Class::Hidden } else { Class::Plain }
    }
}

/// Whether a mark is a virama that joins consonants (Unicode's `InCB=Linker`).
fn is_linker(c: char) -> bool {
    matches!(
        u32::from(c),
        0x94D
            | 0x9CD
            | 0xACD
            | 0xB4D
            | 0xC4D
            | 0xD4D
            | 0x1039
            | 0x17D2
            | 0x1A60
            | 0x1B44
            | 0x1BAB
            | 0xA9C0
            | 0xAAF6
            | 0x10A3F
            | 0x11133
            | 0x113D0
            | 0x1193E
            | 0x11A47
            | 0x11A99
            | 0x11F42
    )
}
