//! Whether bytes need cleaning at all: asked once per record, so it has to be fast on ASCII.

use super::class::Cluster;
use super::class::Verdict;

/// Whether [`super::safe`] would change the bytes: they hold control characters other than `\n` and tab, characters
/// that are invisible or reorder the line, an overlong cluster, or invalid UTF-8.
pub fn is_dirty(bytes: &[u8]) -> bool {
    let seen = survey(bytes);
    seen.control || seen.high && std::str::from_utf8(bytes).map_or(true, has_odd_character)
}

/// What bytes hold.
struct Seen {
    /// A control character of ASCII other than `\n` and tab.
    control: bool,
    /// A byte of 0x80 or above.
    high: bool,
}

fn survey(bytes: &[u8]) -> Seen {
    // Eight bytes a time, without a branch; the last word overlaps the one before. A short text is filled up.
    let (mut control, mut high) = if let Some(last) = bytes.last_chunk() {
        marks(u64::from_ne_bytes(*last))
    } else {
        let mut word = [b' '; 8];
        word[..bytes.len()].copy_from_slice(bytes);
        marks(u64::from_ne_bytes(word))
    };
    for word in bytes.as_chunks().0 {
        let (c, h) = marks(u64::from_ne_bytes(*word));
        control |= c;
        high |= h;
    }
    Seen { control: control & TOP != 0, high: high & TOP != 0 }
}

/// 1 in each of eight bytes.
const EACH: u64 = 0x0101_0101_0101_0101;
/// The top bit of each.
const TOP: u64 = EACH << 7;

/// For eight bytes at once: the top bit of each byte says whether it is a control character, and whether it is high.
/// The lower seven bits of a byte plus 0x80 - n reach the top bit exactly when they are n or more, without a carry
/// into the next byte.
#[inline]
fn marks(word: u64) -> (u64, u64) {
    let low = word & (EACH * 0x7F);
    let at_least = |n: u64| low + EACH * (0x80 - n);
    let tab_or_newline = at_least(9) & !at_least(11);
    let control = (!at_least(0x20) & !tab_or_newline) | at_least(0x7F);
    (control & !word, word)
}

/// Whether a text without control characters of ASCII holds anything that may not stand as it is.
fn has_odd_character(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut cluster = Cluster::START;
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at].is_ascii() {
            at += bytes[at..].iter().position(|byte| !byte.is_ascii()).unwrap_or(bytes.len() - at);
            cluster.ascii(bytes[at - 1]);
            continue;
        }
        let mut chars = text[at..].chars();
        while let Some(c) = chars.next() {
            if c.is_ascii() {
                break;
            }
            if cluster.judge(c, chars.as_str()) != Verdict::Keep {
                return true;
            }
            at += c.len_utf8();
        }
    }
    false
}
