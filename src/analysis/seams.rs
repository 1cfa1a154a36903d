//! Where a colour code may hide a match: the text before and behind it is one text to the reader.
//!
//! Owns the texts that every match begins or ends with, and the search for them. Must not know records. Coloured logs
//! have several codes in each line, and nearly none of them stands inside of what is looked for: looking at the two
//! bytes around each is much less than making every line's text.

use aho_corasick::AhoCorasick;
use regex_syntax::hir::Hir;
use regex_syntax::hir::literal::{ExtractKind, Extractor, Literal};

const ESC: u8 = 0x1B;

/// Text that is searched at once: finding a near place costs no look at all that follows.
const STRETCH: usize = 16 << 10;

/// What every match has to contain, whatever codes are in it.
#[derive(Clone, Debug)]
pub(super) struct Seams {
    /// Of each one text.
    parts: Vec<Literals>,
    /// It asks for the start or end of a line or a word, which is elsewhere in what is seen.
    has_looks: bool,
}

/// Texts of which a match has one.
#[derive(Clone, Debug)]
struct Literals {
    /// Finds a whole one; not needed when a match is nothing else, which a search has found as it is written.
    finder: Option<AhoCorasick>,
    /// For each byte (256 bits) those that stand right behind it in one of the texts.
    behind: Box<[[u64; 4]]>,
}

impl Seams {
    /// Those of a text.
    pub(super) fn of_literal(text: &[u8]) -> Self {
        Self { parts: Literals::new(&[text], Of::WholeMatch).into_iter().collect(), has_looks: false }
    }

    /// Those of a regular expression. When its matches have no text in common, they may be in every line.
    pub(super) fn of_regex(hir: &Hir) -> Self {
        let has_looks = !hir.properties().look_set().is_empty();
        let mut parts = Vec::new();
        for kind in [ExtractKind::Prefix, ExtractKind::Suffix] {
            let mut found = Extractor::new().kind(kind.clone()).extract(hir);
            match kind {
                ExtractKind::Suffix => found.optimize_for_suffix_by_preference(),
                _ => found.optimize_for_prefix_by_preference(),
            }
            let texts: Vec<_> = found.literals().unwrap_or_default().iter().map(Literal::as_bytes).collect();
            if found.is_exact() && !has_looks {
                return Self { parts: Literals::new(&texts, Of::WholeMatch).into_iter().collect(), has_looks };
            }
            parts.extend(Literals::new(&texts, Of::Part));
        }
        Self { parts, has_looks }
    }

    /// Whether lines can be searched without their codes, which is what is seen but for where they begin and end.
    pub(super) const fn has_looks(&self) -> bool {
        self.has_looks
    }

    /// The first place of a text, from `at` on, in whose line a match may be that a search in the text as it is written
    /// does not find, or codes that do not vanish. The text has no other control characters than line feeds, tabs and
    /// escapes.
    pub(super) fn next(&self, text: &[u8], at: usize) -> Option<usize> {
        let Some(part) = self.parts.first() else { return (at < text.len()).then_some(at) };
        let mut start = at;
        while start < text.len() {
            let stretch = text.len().min(start + STRETCH);
            let end = memchr::memchr(b'\n', &text[stretch..]).map_or(text.len(), |newline| stretch + newline + 1);
            if let Some(place) = part.next(&text[..end], start) {
                return Some(place);
            }
            start = end;
        }
        None
    }

    /// Whether such a match may be in a line.
    pub(super) fn may_be_in(&self, line: &[u8]) -> bool {
        self.parts.iter().all(|part| part.next(line, 0).is_some())
    }
}

/// How much of a match a text is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    WholeMatch,
    Part,
}

impl Literals {
    /// `None` when there is none, or one of them is everywhere.
    fn new(texts: &[&[u8]], of: Of) -> Option<Self> {
        if texts.is_empty() || texts.iter().any(|text| text.is_empty()) {
            return None;
        }
        let mut behind = vec![[0; 4]; 256];
        for pair in texts.iter().flat_map(|text| text.windows(2)) {
            behind[usize::from(pair[0])][usize::from(pair[1] >> 6)] |= 1 << (pair[1] & 63);
        }
        let finder = if of == Of::Part { Some(AhoCorasick::new(texts).ok()?) } else { None };
        Some(Self { finder, behind: behind.into() })
    }

    fn next(&self, text: &[u8], at: usize) -> Option<usize> {
        let whole = self.finder.as_ref().and_then(|finder| finder.find(&text[at..])).map(|found| at + found.start());
        self.next_seam(text, at, whole.unwrap_or(text.len())).or(whole)
    }

    /// The first place between these two at which codes stand inside of one of the texts, or do not vanish.
    fn next_seam(&self, text: &[u8], at: usize, to: usize) -> Option<usize> {
        let mut end = at;
        for found in memchr::memchr_iter(ESC, &text[at..to]) {
            let place = at + found;
            // A part of the codes before.
            if place < end {
                continue;
            }
            end = place;
            while text.get(end) == Some(&ESC) {
                match vanishing(&text[end..]) {
                    Some(len) => end += len,
                    None => return Some(place),
                }
            }
            let before = place.checked_sub(1).map_or(b'\n', |before| text[before]);
            let behind = text.get(end).copied().unwrap_or(b'\n');
            if self.behind[usize::from(before)][usize::from(behind >> 6)] >> (behind & 63) & 1 == 1 {
                return Some(place);
            }
        }
        None
    }
}

/// A line without its codes; `false` when it has some that do not vanish.
pub(super) fn without_codes(line: &[u8], out: &mut Vec<u8>) -> bool {
    out.clear();
    let mut rest = line;
    while let Some(place) = memchr::memchr(ESC, rest) {
        out.extend_from_slice(&rest[..place]);
        let Some(len) = vanishing(&rest[place..]) else { return false };
        rest = &rest[place + len..];
    }
    out.extend_from_slice(rest);
    true
}

/// The length of a code that vanishes where text is made safe (a colour), which the text begins with.
fn vanishing(text: &[u8]) -> Option<usize> {
    let rest = text.strip_prefix(b"\x1b[")?;
    let len = rest.iter().take_while(|byte| matches!(byte, b'0'..=b'9' | b';')).count();
    (rest.get(len) == Some(&b'm')).then_some(len + 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lines_that_may_have_it_are_suspect() {
        let check = |pattern: &str, text: &str, expected: Option<usize>| {
            let hir = regex_syntax::ParserBuilder::new().utf8(false).multi_line(true).build().parse(pattern).unwrap();
            let seams = Seams::of_regex(&hir);
            assert_eq!(seams.next(text.as_bytes(), 0), expected, "{pattern} in {text:?}");
            assert_eq!(seams.may_be_in(text.as_bytes()), expected.is_some(), "{pattern} in {text:?}");
        };
        check("error", "\x1b[1m\x1b[31mERROR\x1b[0m: no", None);
        check("error", "an error", None);
        check("error.", "an error", Some(3));
        check("error", "er\x1b[31mror", Some(2));
        check("error", "e\x1b[1m\x1b[31mrror", Some(1));
        check("(?i)error", "E\x1b[1mRror", Some(1));
        check("warn|error", "wa\x1b[1mrn", Some(2));
        check(r"\berror", "x\x1b[31merror", Some(6));
        check("^error$", "x\x1b[31merror", Some(6));
        check("error", "\x1b]0;title\x07", Some(0));
        check("error", "\x1b[2J", Some(0));
        let long = format!("{}\nerror", "x".repeat(3 * STRETCH));
        check("error$", &long, Some(3 * STRETCH + 1));
        // Both ends have to be there.
        let hir = regex_syntax::parse("test .* failed").unwrap();
        let seams = Seams::of_regex(&hir);
        assert!(!seams.may_be_in(b"\x1b[1mtest a ok") && seams.may_be_in(b"\x1b[1mtest a fai\x1b[1mled"));
    }

    #[test]
    fn without_a_common_text_every_line_is_suspect() {
        for pattern in ["[a-z]+", "^$", r"\d+"] {
            let seams = Seams::of_regex(&regex_syntax::parse(pattern).unwrap());
            assert_eq!((seams.next(b"a\nb", 2), seams.may_be_in(b"x")), (Some(2), true), "{pattern}");
        }
        assert_eq!(Seams::of_literal(b"").next(b"a", 0), Some(0));
    }

    #[test]
    fn codes_vanish() {
        let check = |line: &str, expected: Option<&str>| {
            let mut out = Vec::new();
            let all = without_codes(line.as_bytes(), &mut out);
            assert_eq!(all.then(|| String::from_utf8(out).unwrap()).as_deref(), expected, "{line:?}");
        };
        check("a\x1b[1mb\x1b[0m\x1b[mc", Some("abc"));
        check("abc", Some("abc"));
        check("a\x1b[2Jb", None);
        check("a\x1b", None);
    }
}
