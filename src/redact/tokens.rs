//! Second looks at what a pattern found: is it really one?

use super::value::looks_random;
use std::ops::Range;

/// A bearer token and not the words "bearer authentication".
pub(super) fn is_bearer(text: &str, range: &Range<usize>) -> bool {
    let word = text[range.clone()].rsplit([' ', '\t', '\n']).next().unwrap_or("");
    word.len() >= 32 || looks_random(word) && word.bytes().any(|byte| byte.is_ascii_digit())
}

/// Base64 of `user:password` behind the word "basic".
pub(super) fn is_basic(text: &str, range: &Range<usize>) -> bool {
    let word = text[range.clone()].rsplit([' ', '\t']).next().unwrap_or("");
    let mut bits: u32 = 0;
    let mut colon = false;
    for (n, byte) in word.trim_end_matches('=').bytes().enumerate() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            _ => 63,
        };
        bits = bits << 6 | u32::from(value);
        // After the second, third and fourth of four characters another byte is complete, above the bits left over.
        let left = [6, 4, 2, 0][n % 4];
        if n % 4 > 0 {
            let byte = (bits >> left) as u8;
            colon |= byte == b':';
            if byte.is_ascii_control() {
                return false;
            }
        }
    }
    colon
}

/// A key such as `sk-…`: random, not a name in small words.
pub(super) fn is_key(text: &str, range: &Range<usize>) -> bool {
    let key = &text[range.clone()];
    key.bytes().any(|b| b.is_ascii_digit()) && longest_part(key) >= 12
}

fn longest_part(key: &str) -> usize {
    key.split(['-', '_', '.']).map(str::len).max().unwrap_or(0)
}

/// An address of a person: not an image digest, a version, a file, a systemd unit, an ssh remote, or a URL's user.
pub(super) fn is_email(text: &str, range: &Range<usize>) -> bool {
    const NO_DOMAINS: [&str; 40] = [
        "service",
        "socket",
        "timer",
        "mount",
        "automount",
        "slice",
        "target",
        "scope",
        "path",
        "device",
        "swap",
        "js",
        "ts",
        "jsx",
        "tsx",
        "mjs",
        "cjs",
        "map",
        "css",
        "html",
        "json",
        "yaml",
        "yml",
        "toml",
        "lock",
        "txt",
        "log",
        "png",
        "jpg",
        "jpeg",
        "gif",
        "svg",
        "webp",
        "jar",
        "class",
        "java",
        "zip",
        "tgz",
        "gz",
        "mod",
    ];
    let address = &text[range.clone()];
    let (before, behind) = (&text[..range.start], &text[range.end..]);
    let Some((user, domain)) = address.split_once('@') else { return false };
    let ending = domain.rsplit('.').next().unwrap_or("");
    let version = {
        let number = domain.strip_prefix(['v', 'V']).unwrap_or(domain);
        number.split('.').take(2).all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let remote = user.eq_ignore_ascii_case("git") && behind.starts_with([':', '/']);
    // Bounded: what is further left than this is no URL's start.
    let word =
        before.char_indices().rev().take(256).find(|(_, c)| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '('));
    let word = &before[word.map_or_else(|| last_chars(before, 256), |(at, c)| at + c.len_utf8())..];
    let url_user = word.rfind("://").is_some_and(|at| !word[at + 3..].contains(['/', '?', '#']));
    !(version || remote || url_user || NO_DOMAINS.iter().any(|name| ending.eq_ignore_ascii_case(name)))
}

/// Where the last `n` characters of the text begin.
fn last_chars(text: &str, n: usize) -> usize {
    text.char_indices().rev().take(n).last().map_or(text.len(), |(at, _)| at)
}

/// A user name in a URL that is long enough to be a token.
pub(super) fn is_url_secret(text: &str, range: &Range<usize>) -> bool {
    !super::value::is_harmless(&text[range.clone()])
}
