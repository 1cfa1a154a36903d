//! Which words count as a level, and where.
//!
//! Owns the caution: a word of a sentence must not become a severity. The spellings are [`Severity::from_word`]'s.

use super::cursor::Cursor;
use crate::model::Severity;

/// A level that nobody takes for another word, in any case: for levels in brackets or before a colon.
pub(super) fn named(word: &[u8]) -> Option<Severity> {
    if !(3..=13).contains(&word.len()) || is_ordinary(word) {
        return None;
    }
    Severity::from_word(word)
}

/// A level in capitals that nobody takes for another word: for levels that stand free.
#[inline]
pub(super) fn shouted(word: &[u8]) -> Option<Severity> {
    let level =
        matches!(word.first(), Some(b'T' | b'D' | b'I' | b'W' | b'E' | b'F' | b'C' | b'N' | b'S' | b'A' | b'P' | b'V'));
    if !level || word.iter().any(u8::is_ascii_lowercase) {
        return None;
    }
    named(word)
}

/// A level that stands free at the start of a line: as [`shouted`], without the words of alarms and headings.
pub(super) fn leading(word: &[u8]) -> Option<Severity> {
    if matches!(word, b"ALERT" | b"PANIC" | b"NOTICE" | b"VERBOSE" | b"EMERGENCY" | b"EMERG" | b"INFORMATION") {
        return None;
    }
    shouted(word)
}

/// A level in brackets behind a time: also ordinary words, and single capitals.
pub(super) fn boxed(word: &[u8]) -> Option<Severity> {
    let word = word.trim_ascii();
    match word {
        [b'A'..=b'Z'] | [_, _, ..] => Severity::from_word(word),
        _ => None,
    }
}

/// The level in a box, perhaps in colour.
pub(super) fn boxed_coloured(content: &[u8]) -> Option<Severity> {
    boxed(plain_word(content))
}

/// A word without the colours around it.
pub(super) fn plain_word(content: &[u8]) -> &[u8] {
    let mut cursor = Cursor::new(content, 0);
    cursor.gap();
    if cursor.at() == 0 { content } else { cursor.token() }
}

/// Words that are levels in some logger and ordinary words everywhere else.
fn is_ordinary(word: &[u8]) -> bool {
    const WORDS: [&[u8]; 11] = [
        b"note", b"log", b"default", b"config", b"success", b"failure", b"fine", b"finer", b"finest", b"silly", b"ntc",
    ];
    let can_be = matches!(word.first().map(u8::to_ascii_lowercase), Some(b'n' | b'l' | b'd' | b'c' | b's' | b'f'));
    can_be && WORDS.iter().any(|ordinary| word.eq_ignore_ascii_case(ordinary))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn caution_by_place() {
        let check = |word: &str, expected: [bool; 4]| {
            let w = word.as_bytes();
            let found = [named(w).is_some(), shouted(w).is_some(), leading(w).is_some(), boxed(w).is_some()];
            assert_eq!(found, expected, "{word}");
        };
        check("ERROR", [true, true, true, true]);
        check("error", [true, false, false, true]);
        check("Warning", [true, false, false, true]);
        check("NOTE", [false, false, false, true]);
        check("note", [false, false, false, true]);
        check("log", [false, false, false, true]);
        check("PANIC", [true, true, false, true]);
        check("E", [false, false, false, true]);
        check("i", [false, false, false, false]);
        check("f", [false, false, false, false]);
        check("INFO ", [false, false, false, true]);
        check("banana", [false, false, false, false]);
        check("", [false, false, false, false]);
    }
}
