//! What all embedded servers that speak HTTP share: queries, names in paths, times in headers.
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
    fn times_of_headers_are_in_gmt() {
        let at = Timestamp(1_795_230_840_123_000_000);
        assert_eq!(http_date(at), "Sat, 21 Nov 2026 03:14:00 GMT");
    }
}
