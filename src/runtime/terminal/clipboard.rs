//! Text for the clipboard of the terminal, wherever that is (OSC 52).
//!
//! Owns the sequence and its limit. Must not know what is copied; it comes redacted and safe.

/// Bytes of text that may be sent. Terminals take sequences of up to 100,000 bytes, of which base64 uses 4 for 3.
pub const LIMIT: usize = 74_994;

/// The text is longer than terminals take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} bytes are too many for the terminal's clipboard (limit {LIMIT})")]
pub struct TooLong(pub usize);

/// The sequence that puts `text` into the clipboard. It goes to tmux as it is: tmux passes it on when its
/// `set-clipboard` is on, which it is unless someone switched it off.
///
/// # Errors
/// [`TooLong`] when the text is over [`LIMIT`].
pub fn sequence(text: &str) -> Result<Vec<u8>, TooLong> {
    if text.len() > LIMIT {
        return Err(TooLong(text.len()));
    }
    let mut out = Vec::with_capacity(text.len() * 4 / 3 + 16);
    out.extend_from_slice(b"\x1b]52;c;");
    base64(text.as_bytes(), &mut out);
    out.extend_from_slice(b"\x1b\\");
    Ok(out)
}

/// RFC 4648, section 4, with padding.
fn base64(bytes: &[u8], out: &mut Vec<u8>) {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..4 {
            let digit = ALPHABET[(bits >> (18 - 6 * at) & 63) as usize];
            out.push(if at <= chunk.len() { digit } else { b'=' });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vectors_of_the_rfc() {
        let check = |text: &str, expected: &str| {
            let sent = sequence(text).unwrap();
            assert_eq!(String::from_utf8(sent).unwrap(), format!("\x1b]52;c;{expected}\x1b\\"));
        };
        check("", "");
        check("f", "Zg==");
        check("fo", "Zm8=");
        check("foo", "Zm9v");
        check("foob", "Zm9vYg==");
        check("fooba", "Zm9vYmE=");
        check("foobar", "Zm9vYmFy");
        check("ü>?", "w7w+Pw==");
    }

    #[test]
    fn a_long_text_is_refused() {
        assert!(sequence(&"x".repeat(LIMIT)).unwrap().len() <= 100_000 + 2);
        assert_eq!(sequence(&"x".repeat(LIMIT + 1)), Err(TooLong(LIMIT + 1)));
    }
}
