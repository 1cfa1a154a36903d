//! Where a colour code may hide a match: the text before and behind it is one text to the reader.
//!
//! Owns the pairs of bytes that a match can have side by side. Must not know records. Coloured logs have several codes in
//! each line, and nearly none of them stands inside of what is looked for: looking at the two bytes around each is
//! much less than making every line's text.

use regex_syntax::hir::{Class, Hir, HirKind, Look};

const ESC: u8 = 0x1B;

/// Bytes.
#[derive(Clone, Copy, Debug, Default)]
struct Set([u64; 4]);

impl Set {
    const HIGH: Self = Self([0, 0, u64::MAX, u64::MAX]);

    fn insert(&mut self, byte: u8) {
        self.0[usize::from(byte >> 6)] |= 1 << (byte & 63);
    }

    const fn has(&self, byte: u8) -> bool {
        self.0[(byte >> 6) as usize] >> (byte & 63) & 1 == 1
    }

    fn add(&mut self, other: &Self) {
        for (mine, more) in self.0.iter_mut().zip(other.0) {
            *mine |= more;
        }
    }
}

/// What a part of a pattern can begin and end with.
#[derive(Clone, Copy, Debug, Default)]
struct Part {
    can_be_empty: bool,
    first: Set,
    last: Set,
}

/// The pairs of bytes of a pattern.
#[derive(Clone, Debug)]
pub(super) struct Seams {
    /// For each byte those that a match can have right behind it.
    behind: Box<[Set]>,
    whole: Part,
    /// It asks for a word's start or end, which a code beside the match can hide.
    at_words: bool,
}

impl Seams {
    /// The pairs of a text.
    pub(super) fn of_literal(text: &[u8]) -> Self {
        let mut seams = Self { behind: vec![Set::default(); 256].into(), whole: Part::default(), at_words: false };
        seams.whole = seams.literal(text);
        seams
    }

    /// The pairs of a regular expression; `None` when it asks for the start or end of a line, which is elsewhere in
    /// what is seen.
    pub(super) fn of_regex(hir: &Hir) -> Option<Self> {
        let mut seams = Self::of_literal(b"");
        seams.whole = seams.part(hir)?;
        Some(seams)
    }

    /// The first place of a text, from `at` on, at which codes may hide a match, or at which something else stands
    /// than codes that vanish. The text has no other control characters than line feeds, tabs and escapes.
    pub(super) fn next(&self, text: &[u8], at: usize) -> Option<usize> {
        let mut end = at;
        for found in memchr::memchr_iter(ESC, &text[at..]) {
            let place = at + found;
            // A part of the codes before.
            if place < end {
                continue;
            }
            let before = place.checked_sub(1).map_or(b'\n', |before| text[before]);
            end = place;
            while text.get(end) == Some(&ESC) {
                match vanishing(&text[end..]) {
                    Some(len) => end += len,
                    None => return Some(place),
                }
            }
            let behind = text.get(end).copied().unwrap_or(b'\n');
            let hides = self.behind[usize::from(before)].has(behind)
                || (self.at_words && (self.whole.last.has(before) || self.whole.first.has(behind)));
            if hides {
                return Some(place);
            }
        }
        None
    }

    fn literal(&mut self, text: &[u8]) -> Part {
        for pair in text.windows(2) {
            self.behind[usize::from(pair[0])].insert(pair[1]);
        }
        let mut part = Part { can_be_empty: text.is_empty(), ..Part::default() };
        text.first().inspect(|byte| part.first.insert(**byte));
        text.last().inspect(|byte| part.last.insert(**byte));
        part
    }

    fn join(&mut self, last: &Set, first: &Set) {
        for byte in (0..=u8::MAX).filter(|byte| last.has(*byte)) {
            self.behind[usize::from(byte)].add(first);
        }
    }

    fn part(&mut self, hir: &Hir) -> Option<Part> {
        Some(match hir.kind() {
            HirKind::Empty => self.literal(b""),
            HirKind::Literal(literal) => self.literal(&literal.0),
            HirKind::Class(class) => {
                let set = bytes_of(class);
                if matches!(class, Class::Unicode(_)) && set.has(0x80) {
                    self.join(&Set::HIGH, &Set::HIGH);
                }
                Part { can_be_empty: false, first: set, last: set }
            }
            HirKind::Look(look) => {
                let at_line = [Look::Start, Look::End, Look::StartLF, Look::EndLF, Look::StartCRLF, Look::EndCRLF];
                if at_line.contains(look) {
                    return None;
                }
                self.at_words = true;
                self.literal(b"")
            }
            HirKind::Capture(capture) => self.part(&capture.sub)?,
            HirKind::Repetition(repetition) => {
                let mut part = self.part(&repetition.sub)?;
                if repetition.max != Some(1) {
                    self.join(&part.last, &part.first);
                }
                part.can_be_empty |= repetition.min == 0;
                part
            }
            HirKind::Concat(parts) => {
                let mut whole = self.literal(b"");
                for next in parts {
                    let next = self.part(next)?;
                    self.join(&whole.last, &next.first);
                    if whole.can_be_empty {
                        whole.first.add(&next.first);
                    }
                    if next.can_be_empty {
                        whole.last.add(&next.last);
                    } else {
                        whole.last = next.last;
                    }
                    whole.can_be_empty &= next.can_be_empty;
                }
                whole
            }
            HirKind::Alternation(parts) => {
                let mut whole = Part::default();
                for next in parts {
                    let next = self.part(next)?;
                    whole.first.add(&next.first);
                    whole.last.add(&next.last);
                    whole.can_be_empty |= next.can_be_empty;
                }
                whole
            }
        })
    }
}

/// The bytes of a class; of characters beyond ASCII all that they can be written with.
fn bytes_of(class: &Class) -> Set {
    let mut set = Set::default();
    match class {
        Class::Bytes(class) => {
            class.iter().for_each(|range| (range.start()..=range.end()).for_each(|byte| set.insert(byte)));
        }
        Class::Unicode(class) => {
            for range in class.iter() {
                if range.end() > '\x7F' {
                    set.add(&Set::HIGH);
                }
                (range.start() as u32..=(range.end() as u32).min(0x7F)).for_each(|byte| set.insert(byte as u8));
            }
        }
    }
    set
}

/// The length of a code that vanishes where text is made safe (a colour), which the text begins with.
fn vanishing(text: &[u8]) -> Option<usize> {
    let rest = text.strip_prefix(b"\x1b[")?;
    let len = rest.iter().take_while(|byte| byte.is_ascii_digit() || matches!(byte, b';' | b':')).count();
    (rest.get(len) == Some(&b'm')).then_some(len + 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_codes_inside_of_a_match_are_suspect() {
        let check = |pattern: &str, text: &str, expected: Option<usize>| {
            let hir = regex_syntax::ParserBuilder::new().utf8(false).build().parse(pattern).unwrap();
            assert_eq!(Seams::of_regex(&hir).unwrap().next(text.as_bytes(), 0), expected, "{pattern} in {text:?}");
        };
        check("error", "\x1b[1m\x1b[31merror\x1b[0m: no\n", None);
        check("error", "er\x1b[31mror\n", Some(2));
        check("error", "e\x1b[1m\x1b[31mrror\n", Some(1));
        check("(?i)error", "E\x1b[1mR\n", Some(1));
        check("warn|error", "r\x1b[1mn\n", Some(1));
        check("er+or", "r\x1b[1mr\n", Some(1));
        check("er?or", "e\x1b[1mo\n", Some(1));
        check("a.c", "x\x1b[1mc\n", Some(1));
        check("x[0-9]y", "7\x1b[1m7\n", None);
        check("x[0-9]+y", "7\x1b[1m7\n", Some(1));
        check(r"\berror", "\x1b[31merror\n", Some(0));
        check("error", "\x1b]0;title\x07\n", Some(0));
        check("ä", "Ã\x1b[0mx\n", None);
    }

    #[test]
    fn a_line_s_ends_are_elsewhere() {
        for pattern in ["^a", "a$", r"\Aa", r"a|b\z"] {
            let hir = regex_syntax::ParserBuilder::new().utf8(false).multi_line(true).build().parse(pattern).unwrap();
            assert!(Seams::of_regex(&hir).is_none(), "{pattern}");
        }
    }
}
