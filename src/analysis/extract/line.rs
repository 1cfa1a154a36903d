//! A line as a person reads it: without what the CI service, the terminal or a wrapper added.
//!
//! Owns the cleaning. Must not know rules. Line shapes are those of GitHub Actions, GitLab, Jenkins, Travis, Buildkite,
//! docker compose and `BuildKit`.

use memchr::{memchr, memchr2, memrchr};

/// Lines are cut at this many bytes.
pub(super) const MAX_LINE: usize = 64 << 10;

/// The line without time stamp, control sequences, prefix of its stream, `\r` progress and blanks at its end.
pub(super) fn clean<'a>(raw: &'a [u8], buf: &'a mut Vec<u8>) -> &'a [u8] {
    let mut text = trim_end(raw);
    if memchr2(b'\x1b', b'\r', text).is_some() {
        buf.clear();
        strip(text, buf);
        let kept = last_state(buf).start;
        text = trim_end(&buf[kept..]);
    }
    let text = &text[stamp(text)..];
    let text = &text[prefix(text)..];
    trim_end(text)
}

/// What is left of progress that overwrites itself: the last state that shows something.
fn last_state(text: &[u8]) -> std::ops::Range<usize> {
    let end = trim_end(text).len();
    let start = memrchr(b'\r', &text[..end]).map_or(0, |at| at + 1);
    start..end
}

/// Copies without control sequences (ECMA-48 CSI, OSC, DCS, APC and two-byte escapes).
fn strip(text: &[u8], out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some(at) = memchr(b'\x1b', rest) {
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at + 1..];
        let skipped = match rest.first() {
            Some(b'[') => rest[1..].iter().position(|b| (0x40..=0x7e).contains(b)).map_or(rest.len(), |n| n + 2),
            Some(b']' | b'P' | b'_' | b'^') => {
                rest.iter().position(|b| *b == 0x07 || *b == 0x1b).map_or(rest.len(), |n| {
                    if rest[n] == 0x1b && rest.get(n + 1) == Some(&b'\\') { n + 2 } else { n + 1 }
                })
            }
            Some(b'(' | b')' | b'#') => 2,
            Some(_) => 1,
            None => 0,
        };
        rest = &rest[skipped.min(rest.len())..];
    }
    out.extend_from_slice(rest);
}

fn trim_end(text: &[u8]) -> &[u8] {
    let end = text.iter().rposition(|b| !matches!(b, b' ' | b'\t' | b'\r' | b'\n' | b'\0')).map_or(0, |n| n + 1);
    &text[..end]
}

/// Bytes of the time stamp that the service put before the line.
fn stamp(text: &[u8]) -> usize {
    let bom = if text.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let rest = &text[bom..];
    let bracket = usize::from(rest.first() == Some(&b'['));
    let inner = &rest[bracket..];
    if let Some(n) = iso(inner) {
        return match (bracket, inner.get(n)) {
            (1, Some(b']')) => bom + 1 + n + 1 + usize::from(inner.get(n + 1) == Some(&b' ')),
            (0, None) => bom + n,
            (0, Some(b' ')) => bom + n + 1 + stream_tag(&inner[n + 1..]),
            _ => bom,
        };
    }
    // TeamCity, AppVeyor and Jenkins' short form: `[12:34:56] `.
    if bracket == 1 && inner.len() >= 9 && clock(inner) && inner[8] == b']' {
        return bom + 10 + usize::from(inner.get(9) == Some(&b' '));
    }
    bom
}

/// GitLab's stream tag behind its time stamps: `00O `, `01E+`.
fn stream_tag(text: &[u8]) -> usize {
    match text {
        [a, b, b'O' | b'E', b' ' | b'+', ..] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit() => 4,
        _ => 0,
    }
}

/// The length of `2022-06-22T22:05:52.5007548Z` at the start.
fn iso(text: &[u8]) -> Option<usize> {
    if text.len() < 20 || text[4] != b'-' || text[7] != b'-' || text[10] != b'T' || !clock(&text[11..]) {
        return None;
    }
    if !text[..4].iter().all(u8::is_ascii_digit) {
        return None;
    }
    let mut n = 19;
    if text.get(n) == Some(&b'.') {
        n += 1 + text[n + 1..].iter().take_while(|b| b.is_ascii_digit()).count();
    }
    match text.get(n) {
        Some(b'Z') => Some(n + 1),
        Some(b'+' | b'-') if text.len() >= n + 6 && text[n + 3] == b':' => Some(n + 6),
        _ => None,
    }
}

fn clock(text: &[u8]) -> bool {
    text.len() >= 8
        && text[2] == b':'
        && text[5] == b':'
        && [0, 1, 3, 4, 6, 7].iter().all(|n| text[*n].is_ascii_digit())
}

/// Bytes of the name that docker compose (`web_1  | `) or `BuildKit` (`#12 3.456 `) puts before each line.
fn prefix(text: &[u8]) -> usize {
    if text.first() == Some(&b'#') {
        let digits = text[1..].iter().take_while(|b| b.is_ascii_digit()).count();
        let rest = &text[1 + digits..];
        if digits > 0 && rest.first() == Some(&b' ') {
            let time = rest[1..].iter().take_while(|b| b.is_ascii_digit() || **b == b'.').count();
            if time >= 3 && rest.get(1 + time) == Some(&b' ') {
                return 1 + digits + 1 + time + 1;
            }
        }
        return 0;
    }
    let name = text.iter().take(48).take_while(|b| b.is_ascii_alphanumeric() || b"_-.@/".contains(b)).count();
    if name == 0 || !text[0].is_ascii_alphabetic() {
        return 0;
    }
    let blanks = text[name..].iter().take(40).take_while(|b| **b == b' ').count();
    let bar = name + blanks;
    let numbered = text[..name].iter().any(|b| b"_-".contains(b)) || blanks > 1;
    if blanks > 0 && numbered && text.get(bar) == Some(&b'|') && matches!(text.get(bar + 1), None | Some(b' ')) {
        return (bar + 2).min(text.len());
    }
    0
}

/// Columns that the line is indented by; a tab counts four.
pub(super) fn indent(text: &[u8]) -> usize {
    text.iter().take_while(|b| matches!(b, b' ' | b'\t')).map(|b| if *b == b'\t' { 4 } else { 1 }).sum()
}

/// Whether a line continues a stack trace, in any of the usual languages.
pub(super) fn is_trace(text: &[u8]) -> bool {
    let body = text.trim_ascii_start();
    let deep = body.len() < text.len();
    let starts = |words: &[&[u8]]| words.iter().any(|word| body.starts_with(word));
    if starts(&[
        b"at ",
        b"Caused by",
        b"Caused: ",
        b"Suppressed: ",
        b"Wrapped by",
        b"Also: ",
        b"File \"",
        b"from /",
        b"goroutine ",
        b"created by ",
        b"--- End of ",
        b"stack backtrace",
        b"Stack trace:",
        b"Stack Trace",
        b"Traceback (most recent",
        b"During handling of",
        b"The above exception",
        b"note: run with",
        b"thrown in ",
    ]) {
        return true;
    }
    if deep && starts(&[b"from ", b"in ", b"by ", b"in `", b"raise ", b"^", b"~", b"@ "]) {
        return true;
    }
    if deep && body.starts_with(b"... ") {
        return true;
    }
    // `/srv/app.rb:12:in 'sum'`.
    if deep && body.starts_with(b"/") && body.windows(2).any(|pair| pair[0] == b':' && pair[1].is_ascii_digit()) {
        return true;
    }
    // `#3 0x…`, `  12: name`, `[4] fn`.
    let number = body.strip_prefix(b"#").or_else(|| body.strip_prefix(b"[")).unwrap_or(body);
    let digits = number.iter().take_while(|b| b.is_ascii_digit()).count();
    digits > 0
        && digits < 4
        && ((body[0] == b'#' && number.get(digits) == Some(&b' '))
            || (deep && number.get(digits) == Some(&b':') && number.get(digits + 1) == Some(&b' '))
            || (body[0] == b'[' && deep && number.get(digits) == Some(&b']')))
}

/// A hash of the line in which numbers count as one: equal for lines of one form.
pub(super) fn form(text: &[u8]) -> u64 {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    let mut in_number = false;
    for byte in text {
        let byte = match byte {
            // Part of a number or an id that began as one: 3.25, 0x1f, 8f21ab.
            b'0'..=b'9' | b'.' | b':' | b',' | b'x' | b'a'..=b'f' if in_number => continue,
            b'0'..=b'9' => {
                in_number = true;
                b'0'
            }
            b' ' | b'\t' => {
                in_number = false;
                b' '
            }
            other => {
                in_number = false;
                *other
            }
        };
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_services_add_is_taken_away() {
        let check = |raw: &str, expected: &str| {
            let mut buf = Vec::new();
            assert_eq!(String::from_utf8_lossy(clean(raw.as_bytes(), &mut buf)), expected, "{raw:?}");
        };
        check("plain  ", "plain");
        check("2022-06-22T22:05:52.5007548Z FAIL x", "FAIL x");
        check("\u{feff}2022-06-22T22:05:52.5007548Z x", "x");
        check("2022-06-22T22:05:52Z", "");
        check("2024-01-01T00:00:00.000000Z 00O   indented", "  indented");
        check("[2022-05-29T08:17:09.123Z] [INFO] x", "[INFO] x");
        check("[12:34:56] x", "x");
        check("2022-06-22 22:05:52 the program's own time", "2022-06-22 22:05:52 the program's own time");
        check("[\x1b[1;31mERROR\x1b[m] x", "[ERROR] x");
        check("\x1b]0;title\x07x\x1b_bk;t=1\x07y", "xy");
        check("1%\r50%\r100%\r", "100%");
        check("section_start:1600000000:build\r\x1b[0K\x1b[36;1mBuild\x1b[0m", "Build");
        check("2022-06-23T08:24:49.2442813Z \x1b[36mtest_1  |\x1b[0m   at x", "  at x");
        check("#12 3.456 error: x", "error: x");
        check("#12 [2/5] RUN x", "#12 [2/5] RUN x");
        check("a | b", "a | b");
    }

    #[test]
    fn lines_of_one_form_have_one_hash() {
        assert_eq!(form(b"took 3.25 s"), form(b"took 12 s"));
        assert_eq!(form(b"at 0x1f3a"), form(b"at 0xbeef"));
        assert_ne!(form(b"took 3 s"), form(b"took 3 ms"));
    }

    #[test]
    fn stack_traces_have_shapes() {
        for line in [
            "\tat a.B.c(D.java:1)",
            "  File \"x.py\", line 3, in y",
            "#3 0x55 in main",
            "   1: core::panic",
            "Caused by: x",
            "\t... 4 more",
        ] {
            assert!(is_trace(line.as_bytes()), "{line}");
        }
        for line in ["Running x", "12: x", "", "  plain indented"] {
            assert!(!is_trace(line.as_bytes()), "{line}");
        }
    }
}
