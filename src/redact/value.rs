//! The value behind a name such as `password`: in logfmt, JSON (also escaped inside another string), URLs, headers,
//! connection strings, YAML, debug prints.

use super::Kind;
use super::is_note;
use std::ops::Range;

/// The pattern for names and the separator behind them, quotes between them included.
pub(super) fn key_pattern(names: &str) -> String {
    format!(r#"(?i)(?:{names})(?:\\{{0,15}}["'`])?[ \t]{{0,3}}(?:=>|:=|=|:|%3A|%3D)"#)
}

/// What stands behind a name.
#[derive(Debug)]
pub(super) enum Value {
    /// A secret, here.
    Secret(Range<usize>),
    /// None; the next name of interest is not before this place.
    None(usize),
}

/// The value behind a name that [`key_pattern`] found at `key`.
pub(super) fn behind(text: &str, key: &Range<usize>, kind: Kind) -> Value {
    let name = &text[key.clone()];
    if is_no_secret_name(text, key.start) || (name.ends_with(':') && is_url_user(text, key.start)) {
        return Value::None(key.end);
    }
    let at = skip(text, key.end, b" \t");
    if let Some(len) = super::note_len(&text[at..])
        && stands_alone(text, at + len)
    {
        return Value::None(at + len);
    }
    let at = unwrap(text, at, kind);
    let header = matches!(kind, Kind::Authorization | Kind::Cookie);
    let (range, kept) = if let Some((open, level, quote)) = opening(text, at) {
        (open..closing(text, open, level, quote), true)
    } else if header {
        let range = at..header_end(text, at);
        (range.clone(), is_header_value(&text[range], kind))
    } else {
        let range = at..unquoted_end(text, at);
        (range.clone(), is_plain_value(text, key, &range, kind))
    };
    let kept = kept && !is_harmless(&text[range.clone()]);
    if kept { Value::Secret(range) } else { Value::None(range.end) }
}

/// Whether a value without quotes is a secret, and not the next word of a sentence, a path, or the start of an object.
fn is_plain_value(text: &str, key: &Range<usize>, range: &Range<usize>, kind: Kind) -> bool {
    let (name, value) = (&text[key.clone()], &text[range.clone()]);
    let quoted_name = name.contains(['"', '\'', '`']);
    // `name: value` may be prose; `name=value` and `"name":value` are not.
    let prose = name.ends_with(':') && !quoted_name && range.start > key.end;
    let plausible = !prose || (kind == Kind::Password && stands_alone(text, range.end)) || looks_random(value);
    let container = quoted_name && value.starts_with(['{', '[']);
    plausible && !container && !is_path(value)
}

/// Whether the name continues to the left as one that holds no secret: `next_page_token`, `unexpected token`.
pub(super) fn is_no_secret_name(text: &str, start: usize) -> bool {
    let before = text[..start].trim_end_matches(['_', '-', ' ', '.']);
    ["page", "continuation", "continue", "unexpected", "cancellation", "resume", "sync"].iter().any(|word| {
        before
            .len()
            .checked_sub(word.len())
            .and_then(|at| before.get(at..))
            .is_some_and(|w| w.eq_ignore_ascii_case(word))
    })
}

/// Whether a name is the user in a URL; the rule for URLs knows better where the password ends.
fn is_url_user(text: &str, start: usize) -> bool {
    let in_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let name = text.as_bytes()[..start].iter().rev().take(64).take_while(|byte| in_name(byte)).count();
    text.as_bytes()[..start - name].ends_with(b"://")
}

/// Whether a value says that there is no secret, hides it already, or names the place where it is.
pub(super) fn is_harmless(value: &str) -> bool {
    const WORDS: [&str; 20] = [
        "true",
        "false",
        "null",
        "none",
        "nil",
        "undefined",
        "empty",
        "unset",
        "missing",
        "invalid",
        "required",
        "yes",
        "no",
        "<nil>",
        "(nil)",
        "(null)",
        "[]",
        "{}",
        "[redacted]",
        "[filtered]",
    ];
    let value = value.trim();
    let masked = value.chars().all(|c| matches!(c, '*' | '•'))
        || (value.len() >= 3 && value.chars().all(|c| matches!(c, '*' | 'x' | 'X' | '.' | '-' | '#' | '?')));
    let inside = |open: &str, close: &str| {
        value.strip_prefix(open).and_then(|v| v.strip_suffix(close)).is_some_and(|v| !v.contains([' ', '{', '}', '<']))
    };
    masked
        || is_note(value)
        || WORDS.iter().any(|word| value.eq_ignore_ascii_case(word))
        || inside("${", "}")
        || inside("${{ ", " }}")
        || inside("{{", "}}")
        || inside("$(", ")")
        || inside("<", ">")
        || value.strip_prefix('$').is_some_and(|v| v.bytes().all(|b| b.is_ascii_uppercase() || b == b'_'))
        || matches!(value, "%s" | "%v" | "%q" | "{}")
}

/// Whether a word is likely made by chance and not by a writer of prose.
pub(super) fn looks_random(word: &str) -> bool {
    let digit = word.bytes().any(|byte| byte.is_ascii_digit());
    let letter = word.bytes().any(|byte| byte.is_ascii_alphabetic());
    word.len() >= 20 || (word.len() >= 6 && digit && letter)
}

fn skip(text: &str, at: usize, blanks: &[u8]) -> usize {
    at + text.as_bytes()[at..].iter().take_while(|byte| blanks.contains(byte)).count()
}

/// Steps into what debug prints put around a value: `Some("x")`, `["x"]`, `b'x'`, `&"x"`.
fn unwrap(text: &str, start: usize, kind: Kind) -> usize {
    let bytes = text.as_bytes();
    let mut at = start;
    for _ in 0..3 {
        let word = bytes[at..].iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
        at = match bytes.get(at + word) {
            Some(b'(') if word > 0 => at + word + 1,
            Some(b'[' | b'&' | b'(') if word == 0 && is_quoted_or_header(&bytes[at + 1..], kind) => at + 1,
            Some(b'"' | b'\'') if word == 1 => return at + 1,
            _ => return at,
        };
    }
    at
}

fn is_quoted_or_header(bytes: &[u8], kind: Kind) -> bool {
    match bytes.first() {
        Some(b'"' | b'\'' | b'\\') => true,
        Some(byte) => matches!(kind, Kind::Authorization | Kind::Cookie) && byte.is_ascii_alphanumeric(),
        None => false,
    }
}

/// The quote at this place: where the text behind it begins, the backslashes in front of it, and itself.
fn opening(text: &str, at: usize) -> Option<(usize, usize, u8)> {
    let level = skip(text, at, b"\\") - at;
    let quote = *text.as_bytes().get(at + level).filter(|byte| matches!(byte, b'"' | b'\'' | b'`'))?;
    Some((at + level + 1, level, quote))
}

/// Where the text ends that a quote with `level` backslashes opened: at a quote whose backslashes are not an escape of
/// the level above, else at the end of the line.
fn closing(text: &str, open: usize, level: usize, quote: u8) -> usize {
    let bytes = text.as_bytes();
    let mut slashes = 0;
    for (n, byte) in bytes[open..].iter().enumerate() {
        match *byte {
            b'\\' => slashes += 1,
            b'\n' => return open + n,
            byte if byte == quote && slashes % (2 * (level + 1)) == level => return open + n - level.min(slashes),
            _ => slashes = 0,
        }
    }
    bytes.len()
}

/// Where a value without quotes ends: at a blank, a quote, `&`, `<`, or a `,` or `;` that the next pair follows.
fn unquoted_end(text: &str, start: usize) -> usize {
    let bytes = text.as_bytes();
    let mut end = start;
    while let Some(byte) = bytes.get(end) {
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' | b'"' | b'\'' | b'`' | b'&' => break,
            b'<' if end > start => break,
            b'\\' if matches!(bytes.get(end + 1), Some(b'"' | b'n' | b'r' | b't' | b'\\')) => break,
            b',' | b';' if is_pair(&bytes[end + 1..]) => break,
            _ => end += 1,
        }
    }
    let value = &text[start..end];
    // What closes something that the value did not open is not its own.
    start + if value.contains(['(', '[', '{']) { value.len() } else { value.trim_end_matches(CLOSERS).len() }
}

/// What may stand behind a value and belongs to what is around it.
const CLOSERS: [char; 5] = [')', ']', '}', ',', ';'];

/// Whether text goes on with another `name=`, a blank, a quote, or ends.
fn is_pair(bytes: &[u8]) -> bool {
    // A name longer than this is none; the bound keeps many separators in a row cheap.
    let name =
        bytes.iter().take(64).take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-')).count();
    match bytes.get(name) {
        Some(b'=' | b':') => name > 0,
        Some(b' ' | b'\t' | b'\n' | b'\r' | b'"' | b'\'' | b'\\' | b'}' | b']' | b')') | None => name == 0,
        Some(_) => false,
    }
}

/// Whether nothing but the next pair, a separator, or the end of the line follows: then a value is not part of prose.
fn stands_alone(text: &str, end: usize) -> bool {
    let rest = &text.as_bytes()[skip(text, end, b" \t")..];
    rest.first().is_none_or(|byte| {
        matches!(byte, b',' | b';' | b'}' | b']' | b')' | b'"' | b'\'' | b'&' | b'\\' | b'<' | b'\n' | b'\r')
    }) || (is_pair(rest) && rest[0].is_ascii_alphanumeric())
}

/// Where a header's value ends: with the line, or with the quote or bracket that it stands in.
fn header_end(text: &str, start: usize) -> usize {
    let bytes = text.as_bytes();
    let line = memchr::memchr2(b'\n', b'\r', &bytes[start..]).map_or(bytes.len(), |at| start + at);
    let scheme: Vec<&str> = text[start..line].splitn(3, [' ', '\t']).collect();
    let end = match scheme.as_slice() {
        // The scheme and one word, what is behind it is another matter.
        [name, word, _] if is_simple_scheme(name) => start + name.len() + 1 + word.len(),
        _ => line,
    };
    let mut inside = false;
    let stop = (start..end).find(|&at| match bytes[at] {
        b']' => !inside,
        b'"' | b'\'' if inside || bytes[start..at].last() == Some(&b'=') => {
            inside = !inside;
            false
        }
        b'"' | b'\'' => true,
        b'\\' => matches!(bytes.get(at + 1), Some(b'"' | b'n' | b'r' | b'\\')),
        _ => false,
    });
    let end = stop.unwrap_or(end);
    start + text[start..end].trim_end_matches([' ', '\t', ',', ';', ')', '}']).len()
}

fn is_simple_scheme(word: &str) -> bool {
    ["bearer", "basic", "token", "apikey", "negotiate", "ntlm", "splunk"].iter().any(|s| word.eq_ignore_ascii_case(s))
}

/// Whether the text behind `Authorization:` or `Cookie:` is a header's value and not prose.
fn is_header_value(value: &str, kind: Kind) -> bool {
    let mut words = value.split([' ', '\t']);
    let (first, second) = (words.next().unwrap_or(""), words.next());
    match kind {
        Kind::Cookie => value.contains('=') || (second.is_none() && looks_random(first)),
        _ if is_simple_scheme(first) => second.is_some(),
        _ => value.contains('=') && second.is_some() || second.is_none() && looks_random(first),
    }
}

fn is_path(value: &str) -> bool {
    let plain =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'/' | b'.' | b'_' | b'-');
    value == "/"
        || value.starts_with("./")
        || value.starts_with('/') && value[1..].contains('/') && value.bytes().all(plain)
}
