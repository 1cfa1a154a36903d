//! The severity that the words of a message suggest, for lines without a level of their own.
//!
//! Owns the list of words and the marks that have to stand beside them. Must not know formats.
//!
//! The rule is to be sure rather than complete: prose that mentions an error, `0 failed`, `CACHE_ON_FAILURE` and
//! `error.rs` tell nothing. A word counts when it stands alone and is followed by what tools put there (`error:`,
//! `error[E0308]`), or when it is in capitals. The first word that counts decides.

use crate::model::{Severity, SeverityFrom};
use aho_corasick::AhoCorasick;
use aho_corasick::packed;
use std::sync::LazyLock;

/// How much of a line is looked at, in bytes.
const REACH: usize = 1024;

/// The stems that a line has to hold before anything is looked at closely.
const STEMS: [&str; 17] = [
    "rror",
    "RROR",
    "warn",
    "Warn",
    "WARN",
    "fatal",
    "Fatal",
    "FATAL",
    "panic",
    "FAIL",
    "Traceback",
    "xception",
    "CRIT",
    "ERR!",
    "EMERG",
    "ALERT",
    "PANIC",
];

enum Finder {
    Simd(packed::Searcher),
    Plain(AhoCorasick),
}

static FINDER: LazyLock<Option<Finder>> = LazyLock::new(|| match packed::Searcher::new(STEMS) {
    Some(searcher) => Some(Finder::Simd(searcher)),
    None => AhoCorasick::new(STEMS).ok().map(Finder::Plain),
});

impl Finder {
    #[inline]
    fn find(&self, text: &[u8], from: usize) -> Option<usize> {
        match self {
            Self::Simd(searcher) => searcher.find_in(text, (from..text.len()).into()).map(|m| m.start()),
            Self::Plain(automaton) => automaton.find(text.get(from..)?).map(|m| m.start() + from),
        }
    }
}

/// The severity that the words of a line without a level suggest. Looks at the first kilobyte.
#[inline]
pub fn severity(line: &[u8]) -> (Severity, SeverityFrom) {
    let text = &line[..line.len().min(REACH)];
    let Some(finder) = FINDER.as_ref() else { return (Severity::Unknown, SeverityFrom::Nowhere) };
    let mut from = 0;
    while let Some(at) = finder.find(text, from) {
        if let Some(found) = judge(text, at) {
            return found;
        }
        from = at + 1;
    }
    (Severity::Unknown, SeverityFrom::Nowhere)
}

/// Whether the word around a stem counts, and as what.
#[expect(clippy::match_same_arms, reason = "a row for each form, in one order")]
fn judge(text: &[u8], at: usize) -> Option<(Severity, SeverityFrom)> {
    let is_word = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b >= 0x80;
    let mut start = at;
    while start > 0 && is_word(text[start - 1]) && !sgr_ends_at(text, start) {
        start -= 1;
    }
    let end = at + text[at..].iter().take_while(|b| is_word(**b)).count();
    let word = &text[start..end];
    let before = before_sgr(text, start);
    let after = skip_sgr(&text[end..]);
    let next = after.first().copied().unwrap_or(b' ');
    let colon = next == b':' && after.get(1) != Some(&b':');
    let text_says = |severity| Some((severity, SeverityFrom::Text));
    // `java.lang.IllegalStateException: …`, `ValueError: …` at the start of the line
    if colon && is_throwable(word) && type_name_starts(text, start) {
        return text_says(Severity::Error);
    }
    let first = text[..before].iter().all(|b| matches!(b, b' ' | b'\t' | b'#' | b'*' | b'=' | b'-' | b'>' | b'!'));
    // Part of a path, a file name, an option, a member or a variable.
    if before > 0
        && matches!(text[before - 1], b'.' | b'/' | b'-' | b'$' | b'\\' | b'=' | b'"' | b'\'' | b'@')
        && !first
    {
        return None;
    }
    let alone = matches!(next, b' ' | b':' | b']' | b')' | b',' | b'!' | b'\t' | b'|' | b'>')
        || (next == b'.' && after.get(1).is_none_or(|b| *b == b' '));
    let github = before >= 2 && &text[before - 2..before] == b"::" && text[..before - 2].iter().all(|b| *b == b' ');
    match word {
        b"error" | b"warning" if github && matches!(next, b':' | b' ') => {
            Some((if word == b"error" { Severity::Error } else { Severity::Warn }, SeverityFrom::Marker))
        }
        b"error" | b"Error" if colon || next == b'[' => text_says(Severity::Error),
        // `error TS2304: …`, `Error CS0103: …`, `npm error code …`
        b"error" if is_code(after) || is_npm(&text[..before]) => text_says(Severity::Error),
        b"Error" if is_make(&text[..before], after) => text_says(Severity::Error),
        b"warning" | b"Warning" | b"warn" | b"Warn" if colon || next == b'[' => text_says(Severity::Warn),
        b"warning" if is_code(after) => text_says(Severity::Warn),
        b"warn" if is_npm(&text[..before]) => text_says(Severity::Warn),
        b"fatal" | b"Fatal" if colon || after.starts_with(b" error:") => text_says(Severity::Fatal),
        b"panic" if first && colon => text_says(Severity::Fatal),
        b"panicked" if after.starts_with(b" at ") => text_says(Severity::Error),
        b"Traceback" if first && after.starts_with(b" (most recent call last)") => text_says(Severity::Error),
        b"Exception" if first && after.starts_with(b" in thread ") => text_says(Severity::Error),
        b"exception" if after.starts_with(b".") && text[..before].ends_with(b"Unhandled ") => {
            text_says(Severity::Error)
        }
        b"ERROR" | b"ERRORS" if alone && !counted_zero(text, before, after) => text_says(Severity::Error),
        b"WARN" | b"WARNING" if alone && !counted_zero(text, before, after) => text_says(Severity::Warn),
        b"FATAL" | b"CRITICAL" | b"CRIT" | b"EMERG" | b"EMERGENCY" | b"ALERT" | b"PANIC" if alone => {
            text_says(Severity::Fatal)
        }
        b"FAIL" | b"FAILED" | b"FAILURE" if alone && !counted_zero(text, before, after) => text_says(Severity::Error),
        b"ERR" if next == b'!' => text_says(Severity::Error),
        _ => None,
    }
}

/// A type's name that ends as those of exceptions do.
fn is_throwable(word: &[u8]) -> bool {
    word[0].is_ascii_uppercase() && (word.ends_with(b"Error") || word.ends_with(b"Exception")) && word.len() > 6
}

/// Whether nothing but a dotted package stands before the type's name.
fn type_name_starts(text: &[u8], start: usize) -> bool {
    text[..start].iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'$'))
}

/// ` TS2304:` or ` CS0103:`: a compiler's code.
fn is_code(after: &[u8]) -> bool {
    let Some(code) = after.strip_prefix(b" ") else { return false };
    let letters = code.iter().take_while(|b| b.is_ascii_uppercase()).count();
    let digits = code[letters..].iter().take_while(|b| b.is_ascii_digit()).count();
    (1..=6).contains(&letters) && digits >= 3 && code.get(letters + digits) == Some(&b':')
}

/// `make[1]: *** [Makefile:3: all] Error 2`
fn is_make(before: &[u8], after: &[u8]) -> bool {
    before.contains(&b'*')
        && memchr::memmem::find(before, b": *** [").is_some()
        && matches!(after, [b' ', b'1'..=b'9', ..])
}

fn is_npm(before: &[u8]) -> bool {
    before.trim_ascii_start() == b"npm "
}

/// `0 FAILED`, `FAILED: 0`, `no ERRORS`: a count that says all is well.
fn counted_zero(text: &[u8], before: usize, after: &[u8]) -> bool {
    let front = text[..before].trim_ascii_end();
    let number = front.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    let zero_before = number == 1 && front.ends_with(b"0");
    let no_before = front.ends_with(b" no") || front == b"no" || front.ends_with(b"No");
    let rest = after.strip_prefix(b":").or_else(|| after.strip_prefix(b"=")).unwrap_or(after).trim_ascii_start();
    let zero_after = rest.first() == Some(&b'0') && !rest.get(1).is_some_and(u8::is_ascii_alphanumeric);
    zero_before || no_before || zero_after
}

/// Whether a colour sequence (`ESC [ … m`) ends right before `at`.
fn sgr_ends_at(text: &[u8], at: usize) -> bool {
    before_sgr(text, at) < at
}

/// The place before the colour sequences that end at `at`.
fn before_sgr(text: &[u8], mut at: usize) -> usize {
    while at > 0 && text[at - 1] == b'm' {
        let body = text[..at - 1].iter().rev().take_while(|b| b.is_ascii_digit() || **b == b';').count();
        let open = at - 1 - body;
        if !text[..open].ends_with(b"\x1b[") {
            break;
        }
        at = open - 2;
    }
    at
}

/// The text behind the colour sequences at its start.
pub(super) fn skip_sgr(mut text: &[u8]) -> &[u8] {
    while let Some(rest) = text.strip_prefix(b"\x1b[") {
        let body = rest.iter().take_while(|b| b.is_ascii_digit() || **b == b';').count();
        match rest.get(body) {
            Some(b'm' | b'K') => text = &rest[body + 1..],
            _ => break,
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_tools() {
        let check = |line: &str, expected| assert_eq!(severity(line.as_bytes()).0, expected, "{line}");
        for line in [
            "error: could not compile `x`",
            "error[E0308]: mismatched types",
            "\x1b[1m\x1b[31merror\x1b[0m\x1b[1m: mismatched types",
            "src/main.c:3:5: error: expected ';'",
            "src/a.ts(3,5): error TS2304: Cannot find name 'x'.",
            "npm ERR! code ELIFECYCLE",
            "npm error code 1",
            "test a::b ... \x1b[31mFAILED\x1b[0m",
            "test a::b ... FAILED",
            "--- FAIL: TestX (0.00s)",
            "FAIL: test_x (tests.X)",
            "BUILD FAILED in 3s",
            "[ERROR] Failed to execute goal",
            "Traceback (most recent call last):",
            "thread 'main' panicked at src/main.rs:1:1:",
            "java.lang.IllegalStateException: boom",
            "ValueError: bad",
            "Exception in thread \"main\" java.lang.Error",
            "Unhandled exception. System.Exception: x",
            "::error file=a.rs,line=1::boom",
            "Error: Process completed with exit code 1.",
            "1 FAILED",
            "make[1]: *** [Makefile:3: all] Error 2",
            "test result: \x1b[31mFAILED\x1b[0m. 3 passed; 1 failed",
        ] {
            check(line, Severity::Error);
        }
        for line in
            ["warning: unused variable", "\x1b[33mwarning\x1b[0m: unused", "npm warn deprecated x", "WARNING! disk"]
        {
            check(line, Severity::Warn);
        }
        for line in ["fatal: not a git repository", "panic: runtime error: x", "a.c:1:2: fatal error: x.h", "FATAL: no"]
        {
            check(line, Severity::Fatal);
        }
        for line in [
            "",
            "CACHE_ON_FAILURE: true",
            "-- Performing Test HAVE_X - Failed",
            "test parse_error_is_reported ... ok",
            "test result: ok. 3 passed; 0 failed; 0 ignored",
            "Tests: 0 FAILED, 3 passed",
            "Compiling error-chain v0.12",
            "src/error.rs",
            "no errors found",
            "** Error 2 of the list",
            "FAILED=0",
            "--fail-on-warning",
            "import { Error } from './x'",
            "we handle the error of the peer",
            "LOG_LEVEL=ERROR",
            "std::error::Error",
            "https://example.com/error:404",
        ] {
            check(line, Severity::Unknown);
        }
    }

    #[test]
    fn a_word_beyond_the_reach_is_not_seen() {
        let line = format!("{} error: late", "x".repeat(REACH));
        assert_eq!(severity(line.as_bytes()).0, Severity::Unknown);
    }
}
