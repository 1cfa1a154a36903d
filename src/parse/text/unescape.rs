//! The escapes of JSON strings.

use std::borrow::Cow;

/// The bytes that the inside of a JSON string stands for. A surrogate without its partner becomes U+FFFD; an escape
/// that JSON does not know, or that the end cuts, stays as it is written. The result is not yet safe for a terminal.
pub fn unescape(bytes: &[u8]) -> Cow<'_, [u8]> {
    let Some(first) = memchr::memchr(b'\\', bytes) else {
        return Cow::Borrowed(bytes);
    };
    let mut out = Vec::with_capacity(bytes.len());
    out.extend_from_slice(&bytes[..first]);
    let mut rest = &bytes[first..];
    loop {
        // `rest` begins with a backslash here.
        let (c, len) = escape(rest);
        out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        rest = &rest[len..];
        let next = memchr::memchr(b'\\', rest).unwrap_or(rest.len());
        out.extend_from_slice(&rest[..next]);
        rest = &rest[next..];
        if rest.is_empty() {
            return Cow::Owned(out);
        }
    }
}

/// The character that the escape at the start of `bytes` stands for, and the bytes that it takes.
pub(in crate::parse) fn escape(bytes: &[u8]) -> (char, usize) {
    match bytes.get(1) {
        Some(b'"') => ('"', 2),
        Some(b'\\') => ('\\', 2),
        Some(b'/') => ('/', 2),
        Some(b'b') => ('\u{8}', 2),
        Some(b'f') => ('\u{c}', 2),
        Some(b'n') => ('\n', 2),
        Some(b'r') => ('\r', 2),
        Some(b't') => ('\t', 2),
        Some(b'u') => unicode(bytes).unwrap_or(('\\', 1)),
        _ => ('\\', 1),
    }
}

/// The character that a `\uXXXX` (or a pair of them) at the start of `bytes` stands for, and the bytes that it takes.
fn unicode(bytes: &[u8]) -> Option<(char, usize)> {
    let unit = hex(bytes.get(2..6)?)?;
    if let Some(c) = char::from_u32(unit) {
        return Some((c, 6));
    }
    let low = bytes.get(6..12).filter(|next| next.starts_with(b"\\u")).and_then(|next| hex(&next[2..]));
    match (unit, low) {
        (0xD800..=0xDBFF, Some(low @ 0xDC00..=0xDFFF)) => {
            let c = char::from_u32(0x1_0000 + ((unit - 0xD800) << 10) + (low - 0xDC00));
            Some((c.unwrap_or(char::REPLACEMENT_CHARACTER), 12))
        }
        _ => Some((char::REPLACEMENT_CHARACTER, 6)),
    }
}

/// Four hexadecimal digits.
fn hex(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |n, digit| Some(n * 16 + char::from(*digit).to_digit(16)?))
}
