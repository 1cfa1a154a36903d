//! A block's lines as they may leave: text for people, text for scripts, both without secrets when that is asked for.
//!
//! Owns what is taken away from a line. Must not know the formats that show it.

use crate::parse::text;
use crate::redact::Redactor;
use crate::render::{PrivateKey, key_note};
use std::borrow::Cow;

/// Bytes of a line that people are shown.
const MAX_SHOWN: usize = 2000;

/// A run of base64 of this length, twice in a row, is taken for the middle of a key whose beginning is not shown.
const KEY_LINE: usize = 48;

/// Makes lines fit to leave.
#[derive(Debug, Default)]
pub struct Lines {
    redactor: Option<Redactor>,
}

/// Whether secrets stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secrets {
    /// As they are.
    Shown,
    /// Replaced by their kind.
    Redacted,
}

impl Lines {
    /// Lines with or without their secrets.
    pub fn new(secrets: Secrets) -> Self {
        Self { redactor: (secrets == Secrets::Redacted).then(Redactor::new) }
    }

    /// For people: safe for a terminal, without the time that CI systems put before each line and without blanks at its
    /// end, cut at 2,000 bytes.
    pub fn for_people(&self, raw: &[Vec<u8>]) -> Vec<String> {
        let safe = raw.iter().map(|line| text::safe(without_time(line)).trim_end().to_owned()).collect();
        self.without_secrets(safe).into_iter().map(cut).collect()
    }

    /// For scripts: the line as it stands in the log, without colour codes and the carriage return at its end. Invalid
    /// UTF-8 becomes U+FFFD.
    pub fn for_scripts(&self, raw: &[Vec<u8>]) -> Vec<String> {
        let plain = raw.iter().map(|line| {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            String::from_utf8_lossy(&without_codes(line)).into_owned()
        });
        self.without_secrets(plain.collect())
    }

    /// A name (of a log, a step) for people: on one line, safe for a terminal.
    pub fn name<'n>(&self, name: &'n str) -> Cow<'n, str> {
        self.redacted(text::safe_line(name.as_bytes()))
    }

    /// A name for scripts.
    pub fn plain_name<'n>(&self, name: &'n str) -> Cow<'n, str> {
        self.redacted(Cow::Borrowed(name))
    }

    fn redacted<'n>(&self, name: Cow<'n, str>) -> Cow<'n, str> {
        let Some(redactor) = &self.redactor else { return name };
        match redactor.redact(&name) {
            found if found.found.is_empty() => name,
            found => Cow::Owned(found.text.into_owned()),
        }
    }

    /// The same number of lines, without secrets. They are looked for in all lines together: one may span several.
    fn without_secrets(&self, mut lines: Vec<String>) -> Vec<String> {
        let Some(redactor) = &self.redactor else { return lines };
        hide_keys(&mut lines);
        let joined = lines.join("\n");
        hide_spans(
            &mut lines,
            redactor.secrets(&joined).into_iter().filter(|span| joined[span.clone()].contains('\n')),
        );
        let joined = lines.join("\n");
        let redacted = redactor.redact(&joined);
        if redacted.found.is_empty() {
            return lines;
        }
        let parts: Vec<_> = redacted.text.split('\n').map(str::to_owned).collect();
        if parts.len() == lines.len() {
            return parts;
        }
        // A secret whose end depends on what was hidden; by itself no line holds another one.
        lines.iter().map(|line| redactor.redact(line).text.into_owned()).collect()
    }
}

/// Hides the middle of private keys whose lines have something before them, as the time of a CI system.
fn hide_keys(lines: &mut [String]) {
    let mut key = PrivateKey::default();
    let mut hidden: Vec<bool> = lines.iter().map(|line| key.holds(line)).collect();
    let alone: Vec<bool> = lines.iter().map(|line| is_key_line(line)).collect();
    for n in 1..lines.len() {
        if alone[n] && alone[n - 1] {
            hidden[n - 1] = true;
            hidden[n] = true;
        }
    }
    for (line, _) in lines.iter_mut().zip(&hidden).filter(|(_, hidden)| **hidden) {
        *line = key_note(line.len());
    }
}

/// Whether the line could be the middle of a key whose beginning was left out.
fn is_key_line(line: &str) -> bool {
    let word = line.trim_end().rsplit([' ', '\t']).next().unwrap_or_default();
    word.len() >= KEY_LINE
        && PrivateKey::could_hold(line)
        // Neither a hash nor a path: keys are in both cases and have digits.
        && word.bytes().any(|b| b.is_ascii_lowercase())
        && word.bytes().any(|b| b.is_ascii_uppercase())
        && word.bytes().any(|b| b.is_ascii_digit())
}

/// Hides what the spans (of the lines joined by `\n`) cover, in each line for itself.
fn hide_spans(lines: &mut [String], spans: impl Iterator<Item = std::ops::Range<usize>>) {
    let mut spans: Vec<_> = spans.collect();
    if spans.is_empty() {
        return;
    }
    spans.sort_by_key(|span| span.start);
    let mut start = 0;
    for line in lines {
        let end = start + line.len();
        let (mut kept, mut at) = (String::new(), start);
        for span in spans.iter().filter(|span| span.start < end && span.end > start) {
            let (from, to) = (span.start.max(at), span.end.clamp(at, end));
            if from >= to {
                continue;
            }
            kept.push_str(&line[at - start..from - start]);
            kept.push_str(&key_note(to - from));
            at = to;
        }
        if at > start {
            kept.push_str(&line[at - start..]);
            *line = kept;
        }
        start = end + 1;
    }
}

/// The line without the time that GitHub Actions puts before it, and without a byte order mark.
fn without_time(line: &[u8]) -> &[u8] {
    let line = line.strip_prefix("\u{FEFF}".as_bytes()).unwrap_or(line);
    let shape = b"dddd-dd-ddTdd:dd:dd.";
    let fits = |(byte, shape): (&u8, &u8)| if *shape == b'd' { byte.is_ascii_digit() } else { byte == shape };
    if line.len() < shape.len() || !line.iter().zip(shape).all(fits) {
        return line;
    }
    let rest = &line[shape.len()..];
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    match &rest[digits..] {
        _ if digits != 7 => line,
        [b'Z', b' ', rest @ ..] | [b'Z', rest @ ..] => rest,
        _ => line,
    }
}

/// The bytes without colours and other control sequences of a terminal (ECMA-48: CSI, OSC and the short ones).
fn without_codes(line: &[u8]) -> Cow<'_, [u8]> {
    let Some(mut at) = memchr::memchr(0x1B, line) else { return Cow::Borrowed(line) };
    let mut out = line[..at].to_vec();
    loop {
        at += 1 + sequence(&line[at + 1..]);
        match memchr::memchr(0x1B, &line[at..]) {
            Some(next) => {
                out.extend_from_slice(&line[at..at + next]);
                at += next;
            }
            None => {
                out.extend_from_slice(&line[at..]);
                return Cow::Owned(out);
            }
        }
    }
}

/// How many bytes behind the escape belong to it; none if it is not understood.
fn sequence(rest: &[u8]) -> usize {
    match rest {
        [b'[', body @ ..] => {
            let parameters = body.iter().take_while(|byte| matches!(byte, 0x20..=0x3F)).count();
            if matches!(body.get(parameters), Some(0x40..=0x7E)) { parameters + 2 } else { 0 }
        }
        [b']', body @ ..] => match body.iter().position(|byte| matches!(byte, 0x07 | 0x1B)) {
            Some(end) if body[end] == 0x07 => end + 2,
            Some(end) if body.get(end + 1) == Some(&b'\\') => end + 3,
            _ => 0,
        },
        [b'(' | b')', _, ..] => 2,
        [b'=' | b'>' | b'7' | b'8' | b'c' | b'M', ..] => 1,
        _ => 0,
    }
}

fn cut(mut line: String) -> String {
    if line.len() <= MAX_SHOWN {
        return line;
    }
    let at = line.floor_char_boundary(MAX_SHOWN);
    let note = text::cut_note((line.len() - at) as u64);
    line.truncate(at);
    line.push(' ');
    line.push_str(&note);
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(texts: &[&str]) -> Vec<Vec<u8>> {
        texts.iter().map(|text| text.as_bytes().to_vec()).collect()
    }

    #[test]
    fn people_see_safe_text_without_times() {
        let check = |line: &str, expected: &str| {
            assert_eq!(Lines::default().for_people(&lines(&[line])), [expected], "{line:?}");
        };
        check("2026-11-21T10:00:00.1234567Z ##[error]boom\r", "##[error]boom");
        check("\u{feff}2026-11-21T10:00:00.1234567Z x", "x");
        check("2026-11-21T10:00:00.1234567Z", "");
        check("2026-11-21T10:00:00.123Z x", "2026-11-21T10:00:00.123Z x");
        check("2026-11-21T10:00:00.1234567+ x", "2026-11-21T10:00:00.1234567+ x");
        check("\x1b[31mred\x1b[0m \x1b[2J", "red <1B>[2J");
        check("10%\r20%\r", "20%");
        let long = "é".repeat(1500);
        assert!(Lines::default().for_people(&lines(&[&long]))[0].ends_with("é +1000 bytes"));
    }

    #[test]
    fn scripts_get_the_line_without_codes() {
        let check = |line: &[u8], expected: &str| {
            assert_eq!(Lines::default().for_scripts(&[line.to_vec()]), [expected], "{}", line.escape_ascii());
        };
        check(b"2026-11-21T10:00:00.1234567Z \x1b[31mred\x1b[0m\r", "2026-11-21T10:00:00.1234567Z red");
        check(b"\x1b]8;;http://x\x1b\\link\x1b]8;;\x07 \x1b(B.", "link .");
        check(b"\x1b[", "[");
        check(b"a\x1b", "a");
        check(b"\x1b]0;no end", "]0;no end");
        check(b"10%\r20%", "10%\r20%");
        check(b"caf\xe9", "caf\u{fffd}");
    }

    #[test]
    fn secrets_leave_the_lines_in_their_places() {
        let redacted = Lines::new(Secrets::Redacted);
        let body = "MIIEowIBAAKCAQEAvbuxzTRbmZ8A4a3yEBsCmzTbV6MsSl5dP9xQwErTyU01";
        let time = "2026-11-21T10:00:00.1234567Z ";
        let check = |texts: &[&str], expected: &[&str]| {
            for out in [redacted.for_scripts(&lines(texts)), redacted.for_people(&lines(texts))] {
                assert_eq!(out.len(), texts.len(), "{out:?}");
                for (line, part) in out.iter().zip(expected) {
                    assert!(line.contains(part) && !line.contains("MIIEow"), "{line} {part}");
                }
            }
        };
        let (begin, end) = ("-----BEGIN RSA PRIVATE KEY-----", "-----END RSA PRIVATE KEY-----");
        check(
            &["before", begin, body, body, end, "after"],
            &["before", "[redacted", "[redacted", "[redacted", "", "after"],
        );
        let timed: Vec<String> = [begin, body, body, end].iter().map(|line| format!("{time}{line}")).collect();
        let timed: Vec<&str> = timed.iter().map(String::as_str).collect();
        check(&timed, &["", "[redacted", "[redacted", ""]);
        check(&[body, body, "x"], &["[redacted", "[redacted", "x"]);
        check(&["password=hunter2hunter2", "x"], &["password=[redacted", "x"]);
        assert_eq!(redacted.name("token=ghp_0123456789abcdefghijklmnopqrstuvwxyz").contains("ghp_"), false);
    }
}
