//! logfmt: `level=info msg="a message" key=value`.
//!
//! Owns its grammar: keys without a value are allowed, values may be quoted with `\` escapes.

use super::super::time::TimeParser;
use super::super::{FieldSink, Parsed};
use super::cursor::Cursor;
use super::explained;
use super::visit::Visit;
use crate::model::{Flags, Format, Severity, SeverityFrom};
use std::borrow::Cow;

/// A pair: the key, the value (inside of its quotes), and where the value begins.
struct Pair<'l> {
    key: &'l [u8],
    value: &'l [u8],
    start: usize,
    quoted: bool,
}

/// Reads a line that begins with a pair. At least two pairs are needed; without a key that loggers use, all of the line
/// must be pairs with keys in lower case (`CC=gcc CFLAGS=-O2 make` is a command).
pub(super) fn logfmt<V: Visit>(line: &[u8], at: usize, clock: &mut TimeParser, visit: &mut V) -> Option<Parsed> {
    let lead = Cursor::new(line, at);
    let mut cursor = lead;
    let (mut pairs, mut bare, mut known, mut shouted) = (0_u32, 0_u32, false, false);
    let (mut level, mut found, mut message) = (None, None, None);
    loop {
        cursor.gap();
        if cursor.peek().is_none() {
            break;
        }
        let Some(pair) = pair(&mut cursor) else {
            if pairs == 0 || bare > pairs {
                return None;
            }
            bare += 1;
            cursor.token();
            if !cursor.at_gap() {
                return None;
            }
            // A blank is left, or an escape that is no colour.
            cursor.skip(1);
            continue;
        };
        pairs += 1;
        shouted |= pair.key.first().is_some_and(u8::is_ascii_uppercase);
        match pair.key {
            b"level" | b"lvl" | b"severity" | b"loglevel" | b"log.level" | b"log_level" if level.is_none() => {
                level = severity(pair.value);
                known = true;
            }
            b"time" | b"ts" | b"t" | b"timestamp" | b"@timestamp" if found.is_none() => {
                found = clock.value(pair.value);
                known |= found.is_some();
            }
            b"msg" | b"message" if message.is_none() => {
                known = true;
                let end = pair.start + pair.value.len();
                let escaped = pair.quoted && memchr::memchr(b'\\', pair.value).is_some();
                message = Some((pair.start, end, escaped));
            }
            _ => {}
        }
        if level.is_some() && found.is_some() && message.is_some() {
            break;
        }
    }
    if pairs < 2 || (!known && (bare > 0 || shouted)) {
        return None;
    }
    let level = level.map(|severity| (severity, SeverityFrom::Field));
    let mut parsed = explained(line, Format::Logfmt, found, level, lead.at());
    if let Some((start, end, escaped)) = message {
        parsed.text = (start as u32, end as u32);
        parsed.flags = parsed.flags.with(Flags::ESCAPED, escaped);
    }
    if V::WANTED {
        visit.pairs(lead.rest());
    }
    Some(parsed)
}

/// The pairs of a line.
pub(super) fn fields(text: &[u8], sink: &mut FieldSink<'_>) {
    let mut cursor = Cursor::new(text, 0);
    loop {
        cursor.gap();
        if cursor.peek().is_none() {
            return;
        }
        let Some(pair) = pair(&mut cursor) else {
            cursor.token();
            cursor.skip(1);
            continue;
        };
        let value = if pair.quoted { unescaped(pair.value) } else { String::from_utf8_lossy(pair.value) };
        if !sink(&String::from_utf8_lossy(pair.key), value) {
            return;
        }
    }
}

/// The pair that begins here; steps over it. `None` (and stays) when there is none.
#[inline]
fn pair<'l>(cursor: &mut Cursor<'l>) -> Option<Pair<'l>> {
    let rest = cursor.rest();
    let len = rest.iter().take(96).position(|b| !(b.is_ascii_alphanumeric() || b"_.@/-".contains(b)))?;
    let key =
        rest.get(..len).filter(|key| key.first().is_some_and(|b| b.is_ascii_alphabetic() || b"_@".contains(b)))?;
    if rest.get(len) != Some(&b'=') {
        return None;
    }
    let mut ahead = *cursor;
    ahead.skip(len + 1);
    let quoted = ahead.peek() == Some(b'"');
    let start = ahead.at() + usize::from(quoted);
    let value = if quoted {
        ahead.quoted()?
    } else {
        let rest = ahead.rest();
        let end = rest.iter().position(|b| matches!(b, b' ' | b'\t' | b'\x1b')).unwrap_or(rest.len());
        ahead.skip(end);
        rest.get(..end)?
    };
    // `a="b"c` and `a==b` are something else.
    if !ahead.at_gap() || value.first() == Some(&b'=') {
        return None;
    }
    *cursor = ahead;
    Some(Pair { key, value, start, quoted })
}

/// A level as a word or as a number.
fn severity(value: &[u8]) -> Option<Severity> {
    Severity::from_word(value)
        .or_else(|| std::str::from_utf8(value).ok()?.parse::<i64>().ok().and_then(Severity::from_number))
}

/// A quoted value without its escapes (as in Go and JSON; an unknown one stays).
fn unescaped(value: &[u8]) -> Cow<'_, str> {
    let text = String::from_utf8_lossy(value);
    if !text.contains('\\') {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match rest.next() {
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('r') => out.push('\r'),
            Some(c @ ('"' | '\\' | '/' | '\'')) => out.push(c),
            Some(kind @ ('x' | 'u')) => {
                let digits = rest.as_str().get(..if kind == 'x' { 2 } else { 4 });
                let decoded = digits.and_then(|d| u32::from_str_radix(d, 16).ok()).and_then(char::from_u32);
                if let (Some(decoded), Some(digits)) = (decoded, digits) {
                    out.push(decoded);
                    rest = rest.as_str().get(digits.len()..).unwrap_or_default().chars();
                } else {
                    out.extend(['\\', kind]);
                }
            }
            Some(c) => out.extend(['\\', c]),
            None => out.push('\\'),
        }
    }
    Cow::Owned(out)
}
