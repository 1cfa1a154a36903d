//! A place in a line, and the small steps that all recognisers share.
//!
//! Owns stepping over bytes without a panic on any input. Must not know formats.

/// A line and a place in it. Copying it is remembering the place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'l> {
    line: &'l [u8],
    at: usize,
}

impl<'l> Cursor<'l> {
    /// At this offset of the line, or at its end.
    pub(super) fn new(line: &'l [u8], at: usize) -> Self {
        Self { line, at: at.min(line.len()) }
    }

    /// The offset in the line.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// What follows.
    #[inline]
    pub(super) fn rest(&self) -> &'l [u8] {
        self.line.get(self.at..).unwrap_or_default()
    }

    /// The next byte.
    #[inline]
    pub(super) fn peek(&self) -> Option<u8> {
        self.line.get(self.at).copied()
    }

    /// Goes on by `n` bytes, at most to the end.
    #[inline]
    pub(super) fn skip(&mut self, n: usize) {
        self.at = self.at.saturating_add(n).min(self.line.len());
    }

    /// Steps over these bytes when they are next.
    #[inline]
    pub(super) fn eat(&mut self, bytes: &[u8]) -> bool {
        let is_next = self.rest().starts_with(bytes);
        if is_next {
            self.at += bytes.len();
        }
        is_next
    }

    /// Steps over blanks and tabs.
    #[inline]
    pub(super) fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t')) {
            self.at += 1;
        }
    }

    /// Steps over blanks, tabs and colours.
    #[inline]
    pub(super) fn gap(&mut self) {
        loop {
            self.blanks();
            if !self.colour() {
                return;
            }
        }
    }

    /// Steps over one colour (`ESC[…m`) or "erase line" (`ESC[…K`).
    #[inline]
    pub(super) fn colour(&mut self) -> bool {
        if self.peek() != Some(b'\x1b') {
            return false;
        }
        let len = colour(self.rest());
        self.at += len;
        len > 0
    }

    /// The bytes before the next blank, tab or escape; steps over them. At most 128.
    #[inline]
    pub(super) fn token(&mut self) -> &'l [u8] {
        let rest = self.rest();
        let len = rest.iter().take(128).take_while(|b| !matches!(b, b' ' | b'\t' | b'\x1b')).count();
        self.at += len;
        rest.get(..len).unwrap_or_default()
    }

    /// The bytes before the next `stop`, which must come within `limit` bytes; steps over both.
    #[inline]
    pub(super) fn until(&mut self, stop: u8, limit: usize) -> Option<&'l [u8]> {
        let rest = self.rest();
        let window = rest.get(..limit.min(rest.len()))?;
        // For a few bytes a loop is faster than a search by vectors.
        let len = if limit <= 24 { window.iter().position(|b| *b == stop) } else { memchr::memchr(stop, window) }?;
        self.at += len + 1;
        window.get(..len)
    }

    /// The inside of the bracket that opens here, with brackets of its own kind inside it; steps over it. It must close
    /// within 256 bytes.
    #[inline]
    pub(super) fn boxed(&mut self) -> Option<&'l [u8]> {
        let rest = self.rest();
        let close = closing(rest)?;
        self.at += close + 1;
        rest.get(1..close)
    }

    /// A quoted string that opens here, without its quotes, with its escapes; steps over it. One that does not close
    /// ends with the line.
    #[inline]
    pub(super) fn quoted(&mut self) -> Option<&'l [u8]> {
        let [b'"', body @ ..] = self.rest() else { return None };
        let len = closing_quote(body);
        self.at = (self.at + len + 2).min(self.line.len());
        body.get(..len)
    }

    /// Whether a blank, a tab, a colour or the end of the line is next.
    pub(super) fn at_gap(&self) -> bool {
        matches!(self.peek(), None | Some(b' ' | b'\t' | b'\x1b'))
    }
}

// The searches work on slices and not on cursors: a cursor that is passed by reference has to live in memory, and
// copying one from there costs more than most of the steps.

/// The length of the colour at the start; 0 when there is none.
fn colour(text: &[u8]) -> usize {
    let [b'\x1b', b'[', body @ ..] = text else { return 0 };
    let parameters = body.iter().take(24).take_while(|b| matches!(b, b'0'..=b'9' | b';')).count();
    if matches!(body.get(parameters), Some(b'm' | b'K')) { parameters + 3 } else { 0 }
}

/// The length of all colours at the start.
pub(super) fn colours(text: &[u8]) -> usize {
    let mut cursor = Cursor::new(text, 0);
    while cursor.colour() {}
    cursor.at
}

/// Where the bracket that opens at the start closes, within 256 bytes.
fn closing(text: &[u8]) -> Option<usize> {
    let open = *text.first()?;
    let close = match open {
        b'[' => b']',
        b'(' => b')',
        b'{' => b'}',
        b'<' => b'>',
        _ => return None,
    };
    let mut depth = 0_u32;
    text.iter().take(256).position(|byte| {
        depth += u32::from(*byte == open);
        depth -= u32::from(*byte == close);
        depth == 0
    })
}

/// The length of a string up to its closing quote, or to its end.
fn closing_quote(body: &[u8]) -> usize {
    let mut from = 0;
    while let Some(n) = memchr::memchr2(b'"', b'\\', body.get(from..).unwrap_or_default()) {
        if body.get(from + n) == Some(&b'"') {
            return from + n;
        }
        from += n + 2;
    }
    body.len()
}

/// Whether these are digits, and at least one.
pub(super) fn is_number(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(u8::is_ascii_digit)
}

/// Whether this looks like the name of a logger, module or class: letters, digits, `_.$:/-`, begun by a letter.
pub(super) fn is_name(text: &[u8]) -> bool {
    text.first().is_some_and(|b| b.is_ascii_alphabetic() || matches!(b, b'_' | b'/'))
        && text.iter().all(|b| b.is_ascii_alphanumeric() || b"_.$:/-".contains(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gap(cursor: &mut Cursor<'_>) {
        cursor.gap();
    }

    #[test]
    fn steps_stay_in_the_line() {
        fn check(line: &str, step: impl Fn(&mut Cursor<'_>), expected: &str) {
            let mut cursor = Cursor::new(line.as_bytes(), 0);
            step(&mut cursor);
            assert_eq!(cursor.rest(), expected.as_bytes(), "{line}");
        }
        check("  \t\x1b[1;32m x", gap, "x");
        check("\x1b[0Kx", gap, "x");
        check("\x1b[2Jx", gap, "\x1b[2Jx");
        check("\x1b[", gap, "\x1b[");
        check("[a [b] c] d", |c| assert_eq!(c.boxed(), Some(&b"a [b] c"[..])), " d");
        check("[a", |c| assert_eq!(c.boxed(), None), "[a");
        check(r#""a\"b" c"#, |c| assert_eq!(c.quoted(), Some(&br#"a\"b"#[..])), " c");
        check(r#""a\"#, |c| assert_eq!(c.quoted(), Some(&br"a\"[..])), "");
        check("ab", |c| c.skip(usize::MAX), "");
    }
}
