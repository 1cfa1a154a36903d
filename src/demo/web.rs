//! What all embedded servers that speak HTTP share: queries, names in paths, times in headers, base64.
//!
//! Owns their grammar. Must not know any server.

use crate::model::Timestamp;

/// The parameters behind a `?`.
#[derive(Clone, Debug, Default)]
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    pub(super) fn parse(text: &str) -> Self {
        let pair = |part: &str| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            (decode(name, true), decode(value, true))
        };
        Self(text.split('&').filter(|part| !part.is_empty()).map(pair).collect())
    }

    /// The value of that name; an empty one is none.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(other, value)| other == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    /// The number of that name. An error if it is something else.
    pub(super) fn number(&self, name: &str) -> Result<Option<usize>, ()> {
        self.get(name).map(|value| value.parse().map_err(drop)).transpose()
    }

    /// The whole with other values in place of those of the same names.
    pub(super) fn with(&self, changes: &[(&str, String)]) -> String {
        let is_kept = |name: &String| !changes.iter().any(|(other, _)| other == name);
        let kept = self.0.iter().filter(|(name, _)| is_kept(name)).map(|(name, value)| (name.as_str(), value));
        let all = kept.chain(changes.iter().map(|(name, value)| (*name, value)));
        all.map(|(name, value)| format!("{name}={}", encode(value))).collect::<Vec<_>>().join("&")
    }
}

/// Replaces `%41` (and `+`, in queries) by what it stands for.
pub(super) fn decode(text: &str, is_query: bool) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        let hex = after.get(..2).and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        match (byte, hex) {
            (b'%', Some(value)) => {
                out.push(value);
                rest = &after[2..];
            }
            (b'+', _) if is_query => out.push(b' '),
            _ => out.push(byte),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Writes what has a meaning in addresses as `%41`.
pub(super) fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// `Sat, 21 Nov 2026 03:14:00 GMT`, as headers have it.
pub(super) fn http_date(at: Timestamp) -> String {
    format("%a, %d %b %Y %H:%M:%S GMT", at)
}

/// A moment in UTC, written as `format` says.
pub(super) fn format(format: &str, at: Timestamp) -> String {
    let at = at.to_jiff().to_zoned(jiff::tz::TimeZone::UTC);
    jiff::fmt::strtime::format(format, &at).unwrap_or_default()
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Base64 with padding.
pub(super) fn base64(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let number = three.iter().fold(0_u32, |sum, byte| sum << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        for place in 0..4 {
            let digit = DIGITS[(number >> (18 - 6 * place) & 63) as usize];
            out.push(if place > three.len() { '=' } else { char::from(digit) });
        }
    }
    out
}

/// What base64 stands for; nothing when it is none.
pub(super) fn unbase64(text: &str) -> Option<Vec<u8>> {
    let (mut out, mut sum, mut bits) = (Vec::new(), 0_u32, 0);
    for byte in text.trim_end_matches('=').bytes() {
        let digit = DIGITS.iter().position(|digit| *digit == byte)?;
        sum = sum << 6 | digit as u32;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push((sum >> bits) as u8);
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_decoded_and_written_again() {
        let query = Query::parse("branch=feat%2Fa+b&per_page=2&page=1&empty=&x=%zz");
        assert_eq!(query.get("branch"), Some("feat/a b"));
        assert_eq!((query.get("empty"), query.get("x")), (None, Some("%zz")));
        assert_eq!((query.number("page"), query.number("branch")), (Ok(Some(1)), Err(())));
        assert_eq!(Query::parse("a=%2F&page=1").with(&[("page", "2".to_owned())]), "a=%2F&page=2");
        assert_eq!(decode("acme%2Fledger+x", false), "acme/ledger+x");
    }

    #[test]
    fn base64_has_its_padding() {
        for (bytes, text) in
            [(&b""[..], ""), (b"f", "Zg=="), (b"fo", "Zm8="), (b"foo", "Zm9v"), (b"\xff\xfe\xfd\xfc", "//79/A==")]
        {
            assert_eq!((base64(bytes).as_str(), unbase64(text).as_deref()), (text, Some(bytes)));
        }
        assert_eq!(unbase64("a b"), None);
    }

    #[test]
    fn times_of_headers_are_in_gmt() {
        let at = Timestamp(1_795_230_840_123_000_000);
        assert_eq!(http_date(at), "Sat, 21 Nov 2026 03:14:00 GMT");
    }
}
