//! Private keys in PEM armour, on one line (escaped) or over many, whole or cut.

use std::ops::Range;

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";

/// Finds blocks of private keys. One without its end reaches as far as its base64 does; the same backwards for an end
/// without its beginning.
pub(super) fn find(text: &str, sink: &mut dyn FnMut(Range<usize>)) {
    let mut from = 0;
    let (mut begin, mut end) = (marker(text, 0, BEGIN), marker(text, 0, END));
    loop {
        // Each marker is searched once: a text with many of one kind costs no more than its length.
        if begin.as_ref().is_some_and(|begin| begin.start < from) {
            begin = marker(text, from, BEGIN);
        }
        if end.as_ref().is_some_and(|end| end.start < from) {
            end = marker(text, from, END);
        }
        let block = match (&begin, &end) {
            (None, None) => return,
            (Some(begin), Some(end)) if begin.start < end.start => begin.start..end.end,
            (Some(begin), None) => begin.start..body_behind(text, begin.end),
            // An end in front of the next beginning has lost its own.
            (_, Some(end)) => body_before(text, from, end.start)..end.end,
        };
        from = block.end;
        sink(block);
    }
}

/// Whether a line leaves a private key open, or closes it; `None` when it does neither.
pub(super) fn opens(line: &str) -> Option<bool> {
    let last = |kind| {
        let (mut at, mut last) = (0, None);
        while let Some(found) = marker(line, at, kind) {
            at = found.end;
            last = Some(found.start);
        }
        last
    };
    let (begin, end) = (last(BEGIN), last(END));
    (begin.is_some() || end.is_some()).then_some(begin > end)
}

/// Whether a line looks like one of the middle of a key, perhaps behind what a log puts in front.
pub(super) fn is_body(line: &str) -> bool {
    let word = line.trim_end().rsplit([' ', '\t']).next().unwrap_or("");
    word.len() >= RUN && word.bytes().all(is_base64)
}

/// The next `-----BEGIN … PRIVATE KEY-----` or `-----END …` from here on.
fn marker(text: &str, from: usize, kind: &str) -> Option<Range<usize>> {
    let mut at = from;
    loop {
        let start = at + text[at..].find(kind)?;
        let label = start + kind.len();
        let len = text[label..].bytes().take_while(|b| matches!(b, b'A'..=b'Z' | b'0'..=b'9' | b' ')).count();
        let (name, behind) = text[label..].split_at(len);
        if (name.ends_with("PRIVATE KEY") || name.ends_with("PRIVATE KEY BLOCK")) && behind.starts_with("-----") {
            return Some(start..label + len + 5);
        }
        at = label;
    }
}

/// A run of base64 that is longer than this is taken for a part of the key.
const RUN: usize = 16;
/// Behind a run of at least this length, a shorter one is taken for the last line.
const LINE: usize = 40;

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')
}

/// Where the base64 that begins here ends.
fn body_behind(text: &str, start: usize) -> usize {
    let bytes = text.as_bytes();
    let (mut end, mut last) = (start, 0);
    loop {
        let mut at = end;
        // Blanks, line ends, and line ends that are escaped.
        loop {
            match (bytes.get(at), bytes.get(at + 1)) {
                (Some(b'\\'), Some(b'n' | b'r' | b't')) => at += 2,
                (Some(b' ' | b'\t' | b'\r' | b'\n'), _) | (Some(b'\\'), Some(b'\\')) => at += 1,
                _ => break,
            }
        }
        let run = bytes[at..].iter().take_while(|byte| is_base64(**byte)).count();
        let header = ["Proc-Type:", "DEK-Info:", "Version:", "Comment:"].iter().any(|h| text[at..].starts_with(h));
        if header {
            let line = bytes[at..].iter().take_while(|byte| !matches!(byte, b'\n' | b'\\' | b'"')).count();
            end = at + line;
        } else if run >= RUN || (run > 0 && last >= LINE) {
            (end, last) = (at + run, run);
        } else {
            return end;
        }
    }
}

/// Where the base64 that ends here begins, not before `from`.
fn body_before(text: &str, from: usize, end: usize) -> usize {
    let bytes = &text.as_bytes()[from..end];
    let (mut start, mut is_last) = (bytes.len(), true);
    loop {
        let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b'\\');
        let body = bytes[..start].iter().rposition(|byte| !blank(byte)).map_or(0, |at| at + 1);
        let run = bytes[..body].iter().rev().take_while(|byte| is_base64(**byte)).count();
        if run >= RUN || (is_last && run > 0) {
            (start, is_last) = (body - run, false);
        } else {
            return from + start;
        }
    }
}
