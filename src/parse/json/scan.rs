//! A cursor over the bytes of one JSON text: strings, numbers, skipping, unescaping.
//!
//! Owns JSON's grammar (RFC 8259). Must not know what any key means. Iterative: nesting cannot exhaust the stack.

use crate::parse::text::escape;

/// The deepest nesting that counts as JSON; what is deeper is treated as text.
pub(super) const MAX_DEPTH: u32 = 128;

/// A position in a JSON text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
}

/// A string's inside: where it begins and ends, and whether it has escapes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Str {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) escaped: bool,
}

/// What a value is, told by its first byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text(Str),
    Object,
    Array,
    /// A number, `true`, `false` or `null`.
    Scalar(usize, usize),
}

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// High bits where a byte of the word is zero (exact up to and including the lowest such byte).
const fn zero_bytes(word: u64) -> u64 {
    word.wrapping_sub(ONES) & !word & HIGHS
}

/// High bits where a byte is `"`, `\` or a control character (exact for the lowest).
const fn specials(word: u64) -> u64 {
    zero_bytes(word ^ (ONES * b'"' as u64))
        | zero_bytes(word ^ (ONES * b'\\' as u64))
        | (word.wrapping_sub(ONES * 0x20) & !word & HIGHS)
}

impl<'a> Cursor<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// The next byte that is no white space, not taken.
    #[inline]
    pub(super) fn peek(&mut self) -> Option<u8> {
        while let Some(&b) = self.bytes.get(self.at) {
            if !matches!(b, b' ' | b'\t' | b'\r' | b'\n') {
                return Some(b);
            }
            self.at += 1;
        }
        None
    }

    /// Takes `wanted`, after white space.
    #[inline]
    pub(super) fn take(&mut self, wanted: u8) -> Option<()> {
        if self.bytes.get(self.at) == Some(&wanted) || self.peek()? == wanted {
            self.at += 1;
            return Some(());
        }
        None
    }

    /// Takes a string, its opening quote included.
    #[inline]
    pub(super) fn string(&mut self) -> Option<Str> {
        self.take(b'"')?;
        let start = self.at;
        let mut escaped = false;
        loop {
            let at = next_special(self.bytes, self.at)?;
            match self.bytes[at] {
                b'"' => {
                    self.at = at + 1;
                    return Some(Str { start, end: at, escaped });
                }
                b'\\' => {
                    escaped = true;
                    self.at = match self.bytes.get(at + 1)? {
                        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => at + 2,
                        b'u' => {
                            let digits = self.bytes.get(at + 2..at + 6)?;
                            digits.iter().all(u8::is_ascii_hexdigit).then_some(at + 6)?
                        }
                        _ => return None,
                    };
                }
                _ => return None,
            }
        }
    }

    /// Looks at a value: strings and scalars are taken, of an object or array nothing is.
    #[inline]
    pub(super) fn value(&mut self) -> Option<Kind> {
        match self.peek()? {
            b'"' => self.string().map(Kind::Text),
            b'{' => Some(Kind::Object),
            b'[' => Some(Kind::Array),
            _ => self.scalar().map(|(start, end)| Kind::Scalar(start, end)),
        }
    }

    /// Takes a number, `true`, `false` or `null`.
    fn scalar(&mut self) -> Option<(usize, usize)> {
        let start = self.at;
        let rest = self.bytes.get(start..)?;
        let len = match rest.first()? {
            b't' if rest.starts_with(b"true") => 4,
            b'f' if rest.starts_with(b"false") => 5,
            b'n' if rest.starts_with(b"null") => 4,
            b'-' | b'0'..=b'9' => number_len(rest)?,
            _ => return None,
        };
        self.at = start + len;
        Some((start, self.at))
    }

    /// Takes an object or array with all that is in it; checks the grammar on the way.
    pub(super) fn skip_nested(&mut self) -> Option<()> {
        let mut open: u128 = 0; // one bit a level: set for an object
        let mut depth = 0_u32;
        loop {
            // A value begins here.
            match self.value()? {
                kind @ (Kind::Object | Kind::Array) => {
                    let object = kind == Kind::Object;
                    if depth >= MAX_DEPTH {
                        return None;
                    }
                    self.at += 1;
                    depth += 1;
                    open = open << 1 | u128::from(object);
                    let close = if object { b'}' } else { b']' };
                    if self.peek()? != close {
                        if object {
                            self.key()?;
                        }
                        continue;
                    }
                }
                Kind::Text(_) | Kind::Scalar(..) => {}
            }
            // A value has ended: close what closes here.
            loop {
                if depth == 0 {
                    return Some(());
                }
                let object = open & 1 == 1;
                match self.peek()? {
                    b',' => {
                        self.at += 1;
                        if object {
                            self.key()?;
                        }
                        break;
                    }
                    b'}' if object => self.at += 1,
                    b']' if !object => self.at += 1,
                    _ => return None,
                }
                depth -= 1;
                open >>= 1;
                if depth == 0 {
                    return Some(());
                }
            }
        }
    }

    /// Takes a key and its colon.
    #[inline]
    pub(super) fn key(&mut self) -> Option<Str> {
        let key = self.string()?;
        self.take(b':')?;
        Some(key)
    }
}

/// The place of the next `"`, `\` or ASCII control character but DEL, from `at` on.
#[inline]
pub fn next_special(bytes: &[u8], mut at: usize) -> Option<usize> {
    while let Some(word) = bytes.get(at..at + 8) {
        let found = specials(u64::from_le_bytes(word.try_into().ok()?));
        if found != 0 {
            return Some(at + (found.trailing_zeros() / 8) as usize);
        }
        at += 8;
    }
    let rest = bytes.get(at..)?;
    rest.iter().position(|b| matches!(b, b'"' | b'\\' | 0..=0x1f)).map(|n| at + n)
}

/// The length of the number at the start (RFC 8259, section 6).
fn number_len(bytes: &[u8]) -> Option<usize> {
    let digits = |from: usize| bytes[from..].iter().take_while(|b| b.is_ascii_digit()).count();
    let mut at = usize::from(bytes.first() == Some(&b'-'));
    let whole = digits(at);
    if whole == 0 || (whole > 1 && bytes[at] == b'0') {
        return None;
    }
    at += whole;
    if bytes.get(at) == Some(&b'.') {
        let fraction = digits(at + 1);
        if fraction == 0 {
            return None;
        }
        at += 1 + fraction;
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        at += 1 + usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        let exponent = bytes.get(at..).map_or(0, |_| digits(at));
        if exponent == 0 {
            return None;
        }
        at += exponent;
    }
    Some(at)
}

/// Gives the unescaped bytes of the inside of a string piece by piece, each with where it begins in `inside`; ends early
/// on `false`.
pub(super) fn unescape_into(inside: &[u8], mut put: impl FnMut(&[u8], usize) -> bool) {
    let mut at = 0;
    while at < inside.len() {
        let plain = memchr::memchr(b'\\', &inside[at..]).unwrap_or(inside.len() - at);
        if plain > 0 && !put(&inside[at..at + plain], at) {
            return;
        }
        at += plain;
        if at < inside.len() {
            let (c, len) = escape(&inside[at..]);
            if !put(c.encode_utf8(&mut [0; 4]).as_bytes(), at) {
                return;
            }
            at += len;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skipping_agrees_with_serde() {
        let check = |text: &str| {
            let mut cursor = Cursor::new(text.as_bytes());
            let ours = match cursor.value() {
                Some(Kind::Object | Kind::Array) => cursor.skip_nested(),
                Some(_) => Some(()),
                None => None,
            };
            let ours = ours.is_some() && cursor.peek().is_none();
            assert_eq!(ours, serde_json::from_str::<serde_json::Value>(text).is_ok(), "{text}");
        };
        for text in [
            r#"{"a":1,"b":[1,2,{"c":null}],"d":{}}"#,
            r"[]",
            r"[1,]",
            r#"{"a":1,}"#,
            r#"{"a"}"#,
            r#"{"a":}"#,
            r"{a:1}",
            r"[01]",
            r"[-0.5e+10, 1E2, -1]",
            r"[1.]",
            r"[.5]",
            r"[1e]",
            r"[-]",
            r#"["\u00e9\n\"\\\/"]"#,
            r#"["\x"]"#,
            r#"["\u12"]"#,
            "[\"a\tb\"]",
            r"[true,false,null]",
            r"[tru]",
            r"[NaN]",
            r#"{"a":1]"#,
            r"[}",
            r#"{"a":1} x"#,
            r#""text""#,
            "[1 2]",
        ] {
            check(text);
        }
    }

    #[test]
    fn depth_is_bounded() {
        let deep = "[".repeat(100_000) + &"]".repeat(100_000);
        assert!(Cursor::new(deep.as_bytes()).skip_nested().is_none());
        let fine = "[".repeat(128) + &"]".repeat(128);
        assert!(Cursor::new(fine.as_bytes()).skip_nested().is_some());
    }
}
