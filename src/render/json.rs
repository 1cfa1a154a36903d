//! JSON strings that a terminal, and a reader, can stand.
//!
//! Owns the escapes. Must not know records.

use crate::parse::{json, text};

const HEX: &[u8; 16] = b"0123456789abcdef";

/// A JSON string (RFC 8259, section 7).
pub fn string(text: &str, out: &mut Vec<u8>) {
    let bytes = text.as_bytes();
    let put = if text::is_dirty(bytes) { harmless } else { verbatim };
    out.push(b'"');
    let mut done = 0;
    while let Some(at) = json::next_special(bytes, done) {
        put(&text[done..at], out);
        done = at + 1;
        match ESCAPES[usize::from(bytes[at])] {
            b'u' => unicode(u32::from(bytes[at]), out),
            escape => out.extend_from_slice(&[b'\\', escape]),
        }
    }
    put(&text[done..], out);
    out.push(b'"');
}

/// JSON text that is known to be harmless.
pub(super) fn verbatim(text: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(text.as_bytes());
}

/// JSON text with escapes for what a terminal could act on, or a reader be misled by: DEL, C1 controls, characters that
/// break lines or turn the direction.
pub(super) fn harmless(text: &str, out: &mut Vec<u8>) {
    if text.is_ascii() && memchr::memchr(0x7f, text.as_bytes()).is_none() {
        out.extend_from_slice(text.as_bytes());
        return;
    }
    let mut done = 0;
    for (at, c) in text.char_indices() {
        if matches!(c, '\u{7f}'..='\u{9f}' | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        {
            out.extend_from_slice(&text.as_bytes()[done..at]);
            unicode(c as u32, out);
            done = at + c.len_utf8();
        }
    }
    out.extend_from_slice(&text.as_bytes()[done..]);
}

/// `\uXXXX`, of a character below 65,536.
fn unicode(code: u32, out: &mut Vec<u8>) {
    out.extend_from_slice(b"\\u");
    for shift in [12, 8, 4, 0] {
        out.push(HEX[(code >> shift & 15) as usize]);
    }
}

/// What follows the backslash; 0 for bytes that stand for themselves, `u` for `\u00XX`.
const ESCAPES: [u8; 256] = {
    let mut table = [0; 256];
    let mut n = 0;
    while n < 32 {
        table[n] = b'u';
        n += 1;
    }
    table[b'\n' as usize] = b'n';
    table[b'\r' as usize] = b'r';
    table[b'\t' as usize] = b't';
    table[b'"' as usize] = b'"';
    table[b'\\' as usize] = b'\\';
    table
};
