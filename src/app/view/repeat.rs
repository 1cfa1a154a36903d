//! Which records repeat each other: the same words, whatever their numbers.
//!
//! Owns the comparison. Must not know which records are neighbours. It allocates nothing, and texts that differ are
//! told apart at the first word that does.
//!
//! Two records repeat each other when origin, severity and text are equal. In the text, these words count as equal to
//! others of their kind:
//!
//! - numbers (`2000`, `007`), but `0` only to `0`, since none and some is a difference;
//! - numbers from 100 to 599 behind a blank, a quote, `=` or `":` only to those of the same hundred: `200` is not `503`;
//! - hexadecimal words of four or more characters with a digit (`8f21`), of eight or more also without one, behind
//!   `0x` of any length; and the groups of a UUID;
//! - words of twenty or more characters with three digits or more: other random ids.
//!
//! In all other words only digits count as equal (`250ms`, `worker-17`, `user42`), and words of at most four characters
//! that begin with a letter keep theirs: `v1`, `p99`, `ipv4`, `s3`. A word is a run of letters and digits. A text in
//! which fewer than three letters stand outside such words repeats only its equals: rows of numbers are data.

use crate::model::{Format, Record};
use std::ops::Range;

/// The most bytes of a text that are compared. Of longer ones the number of lines counts, too.
const MOST: usize = 4 << 10;

/// The fewest letters that have to be equal.
const LEAST_LETTERS: usize = 3;

/// Whether the second of two neighbours is shown as a repeat of the first. Notes of logdeck's own never are.
pub(super) fn repeats(a: &Record<'_>, b: &Record<'_>) -> bool {
    a.origin == b.origin
        && a.severity == b.severity
        && a.format != Format::Note
        && b.format != Format::Note
        && texts_repeat(text(a), text(b))
}

/// The message as it was written.
fn text<'a>(record: &Record<'a>) -> &'a [u8] {
    record.raw.get(record.text.0 as usize..record.text.1 as usize).unwrap_or(record.raw)
}

fn texts_repeat(a: &[u8], b: &[u8]) -> bool {
    let is_long = a.len() > MOST || b.len() > MOST;
    if is_long && lines(a) != lines(b) {
        return false;
    }
    let (a, b) = (&a[..a.len().min(MOST)], &b[..b.len().min(MOST)]);
    a == b || (same_words(a, b) && has_letters(a))
}

fn lines(text: &[u8]) -> usize {
    memchr::memchr_iter(b'\n', text).count()
}

fn same_words(mut a: &[u8], mut b: &[u8]) -> bool {
    let (whole_a, whole_b) = (a, b);
    loop {
        let same = common(a, b);
        if same == a.len() && same == b.len() {
            return true;
        }
        // Back to where the word begins in which they differ.
        let part = a[..same].iter().rev().take_while(|byte| is_word(**byte)).count();
        (a, b) = (&a[same - part..], &b[same - part..]);
        let (word_a, word_b) = (word_end(a, 0), word_end(b, 0));
        if word_a == 0 || word_b == 0 {
            return false;
        }
        let place = |whole: &[u8], rest: &[u8], len| whole.len() - rest.len()..whole.len() - rest.len() + len;
        let (in_a, in_b) = (place(whole_a, a, word_a), place(whole_b, b, word_b));
        if !Word::at(whole_a, in_a).equals(&Word::at(whole_b, in_b)) {
            return false;
        }
        (a, b) = (&a[word_a..], &b[word_b..]);
    }
}

/// How many bytes are equal at the beginning.
fn common(a: &[u8], b: &[u8]) -> usize {
    const STEP: usize = 16;
    let blocks = a.chunks_exact(STEP).zip(b.chunks_exact(STEP)).take_while(|(a, b)| a == b).count() * STEP;
    blocks + a[blocks..].iter().zip(&b[blocks..]).take_while(|(a, b)| a == b).count()
}

/// Letters beyond ASCII belong to words.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80
}

fn word_end(text: &[u8], from: usize) -> usize {
    from + text[from..].iter().take_while(|byte| is_word(**byte)).count()
}

/// What of a word counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word<'a> {
    /// A number or an id.
    Number,
    /// `0`.
    Zero,
    /// A number like a status of HTTP, by its hundreds.
    Hundreds(u8),
    /// All but its digits.
    Digits(&'a [u8]),
    /// All of it.
    Whole(&'a [u8]),
}

impl<'a> Word<'a> {
    /// The word that stands in a text. It is not empty.
    fn at(text: &'a [u8], place: Range<usize>) -> Self {
        let Range { start, end } = place;
        let word = &text[place];
        let before = start.checked_sub(1).map(|at| text[at]);
        let digits = word.iter().filter(|byte| byte.is_ascii_digit()).count();
        if digits == word.len() {
            let in_fraction = before == Some(b'.') || text.get(end) == Some(&b'.');
            return match word {
                b"0" if !in_fraction => Self::Zero,
                [hundreds @ b'1'..=b'5', _, _]
                    if matches!(before, None | Some(b' ' | b'=' | b'"')) || text[..start].ends_with(b"\":") =>
                {
                    Self::Hundreds(*hundreds)
                }
                _ => Self::Number,
            };
        }
        let is_hex = || word.iter().all(u8::is_ascii_hexdigit);
        let is_id = match word {
            [b'0', b'x' | b'X', hex @ ..] if !hex.is_empty() => hex.iter().all(u8::is_ascii_hexdigit),
            _ if word.len() < 4 => false,
            _ if is_hex() => digits > 0 || word.len() >= 8 || (word.len() == 4 && is_in_uuid(text, start)),
            _ => word.len() >= 20 && digits >= 3,
        };
        if is_id {
            Self::Number
        } else if digits == 0 || (word.len() <= 4 && !word[0].is_ascii_digit()) {
            Self::Whole(word)
        } else {
            Self::Digits(word)
        }
    }

    fn equals(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Digits(a), Self::Digits(b)) => equal_but_for_digits(a, b),
            _ => self == other,
        }
    }
}

/// Whether a hexadecimal group of at least four characters stands before this word, joined by `-`.
fn is_in_uuid(text: &[u8], start: usize) -> bool {
    let Some(b'-') = start.checked_sub(1).map(|at| text[at]) else { return false };
    let group = text[..start - 1].iter().rev().take_while(|byte| is_word(**byte));
    let (mut len, mut is_hex) = (0, true);
    for byte in group.take(13) {
        len += 1;
        is_hex &= byte.is_ascii_hexdigit();
    }
    is_hex && (len == 4 || len == 8)
}

/// Whether two words are equal when each run of digits is one sign.
fn equal_but_for_digits(mut a: &[u8], mut b: &[u8]) -> bool {
    let skip = |word: &mut &[u8]| -> bool {
        let digits = word.iter().take_while(|byte| byte.is_ascii_digit()).count();
        *word = &word[digits..];
        digits > 0
    };
    loop {
        if skip(&mut a) != skip(&mut b) {
            return false;
        }
        match (a, b) {
            ([], []) => return true,
            ([x, rest_a @ ..], [y, rest_b @ ..]) if x == y => (a, b) = (rest_a, rest_b),
            _ => return false,
        }
    }
}

/// Whether enough letters stand in words that are compared.
fn has_letters(text: &[u8]) -> bool {
    let (mut at, mut letters) = (0, 0);
    while at < text.len() && letters < LEAST_LETTERS {
        let end = word_end(text, at);
        if end == at {
            at += 1;
            continue;
        }
        if let Word::Digits(word) | Word::Whole(word) = Word::at(text, at..end) {
            letters += word.iter().filter(|byte| !byte.is_ascii_digit()).count();
        }
        at = end;
    }
    letters >= LEAST_LETTERS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Batch, Meta, OriginId, Severity, SourceId};
    use proptest::prelude::*;

    #[test]
    fn words_repeat_whatever_their_numbers() {
        let check = |a: &str, b: &str, expected: bool| {
            assert_eq!(texts_repeat(a.as_bytes(), b.as_bytes()), expected, "{a:?} {b:?}");
            assert_eq!(texts_repeat(b.as_bytes(), a.as_bytes()), expected, "{b:?} {a:?}");
        };
        for (a, b) in [
            ("", ""),
            ("42", "42"),
            ("charge failed order=8f21", "charge failed order=8f22"),
            ("charge failed order=8f21", "charge failed order=1234"),
            ("took 3 ms", "took 12345 ms"),
            ("took 250ms", "took 8ms"),
            ("GET /v1/charge/8001 200 3ms", "GET /v1/charge/77 204 41ms"),
            ("job 6ba7b810-9dad-11d1-80b4-00c04fd430c8 done", "job deadbeef-face-4aaa-abcd-ffffffffffff done"),
            ("jump to 0xc0004a2000", "jump to 0xff"),
            ("user42 left", "user7 left"),
            ("id 01ARZ3NDEKTSV4RRFFQ69G5FAV gone", "id 01BX5ZZKBKACTAV9WEVGEMMVRZ gone"),
            ("2026-11-21T03:13:58.104Z ready", "2026-11-21T03:14:00.000Z ready"),
            ("load 0.25 now", "load 1.00 now"),
            ("übung 1234 läuft", "übung 99 läuft"),
            ("panic\n\tat a.go:118", "panic\n\tat a.go:7"),
        ] {
            check(a, b, true);
        }
        for (a, b) in [
            ("open", "closed"),
            ("a", "a "),
            ("done", "done 1"),
            // Short words of hexadecimal letters are words.
            ("it is dead", "it is a bad"),
            ("face 1", "beef 1"),
            ("retry over ipv4", "retry over ipv6"),
            ("latency p50 high", "latency p99 high"),
            // None and some; the classes of a status.
            ("0 errors found", "12 errors found"),
            ("exit status=0", "exit status=1"),
            ("GET /healthz 200 3ms", "GET /healthz 503 3ms"),
            (r#"{"status":200}"#, r#"{"status":503}"#),
            ("retry 1s", "retry 1m"),
            // Rows of numbers are data.
            ("1", "2"),
            ("12.5 7 3", "12.6 7 4"),
            ("t=1", "t=2"),
            ("8f21 77", "8f22 78"),
            ("panic\n\tat a.go:1\n\tat b.go:2", "panic\n\tat a.go:1"),
        ] {
            check(a, b, false);
        }
    }

    #[test]
    fn long_texts_are_compared_up_to_a_bound() {
        let text = |end: &str| format!("{}{end}", "word ".repeat(MOST));
        assert!(texts_repeat(text("a").as_bytes(), text("b").as_bytes()));
        assert!(!texts_repeat(text("a").as_bytes(), text("a\nb").as_bytes()));
    }

    #[test]
    fn origin_severity_and_notes_count() {
        let mut batch = Batch::default();
        for (origin, severity, format) in [
            (0, Severity::Info, Format::Plain),
            (0, Severity::Info, Format::Json),
            (1, Severity::Info, Format::Plain),
            (0, Severity::Error, Format::Plain),
            (0, Severity::Info, Format::Note),
            (0, Severity::Info, Format::Note),
        ] {
            let origin = OriginId::new(SourceId(0), origin);
            let meta = Meta { text: (0, 4), origin, severity, format, ..Meta::default() };
            batch.push(&meta, b"same");
        }
        let check = |a, b, expected| assert_eq!(repeats(&batch.record(a), &batch.record(b)), expected, "{a} {b}");
        check(0, 1, true);
        check(0, 2, false);
        check(0, 3, false);
        check(0, 4, false);
        check(4, 5, false);
    }

    /// The text with a sign for all that does not count.
    fn masked(text: &[u8]) -> Vec<u8> {
        let (mut out, mut at) = (Vec::new(), 0);
        while at < text.len() {
            let end = word_end(text, at);
            if end == at {
                out.push(text[at]);
                at += 1;
                continue;
            }
            match Word::at(text, at..end) {
                Word::Number => out.push(1),
                Word::Zero => out.push(b'0'),
                Word::Hundreds(hundreds) => out.extend([2, hundreds]),
                Word::Whole(word) => out.extend(word),
                Word::Digits(word) => {
                    for byte in word {
                        let sign = if byte.is_ascii_digit() { 3 } else { *byte };
                        if sign != 3 || out.last() != Some(&3) {
                            out.push(sign);
                        }
                    }
                }
            }
            at = end;
        }
        out
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn walking_two_texts_is_the_same_as_masking_each(a in "([ =:.\"g0a2-]|ab|f|[0-9]{1,3}|w){0,12}", b in "([ =:.\"g0a2-]|ab|f|[0-9]{1,3}|w){0,12}") {
            let (a, b) = (a.as_bytes(), b.as_bytes());
            prop_assert!(same_words(a, a));
            if same_words(a, b) != (masked(a) == masked(b)) {
                // Only the groups of a UUID look at what stands before them.
                prop_assert!(a.contains(&b'-'), "{:?} {:?}", masked(a), masked(b));
            }
        }
    }
}
