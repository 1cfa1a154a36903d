//! Whether bytes need cleaning at all: asked once per record, so it has to be fast on ASCII.

use super::class::Cluster;
use super::class::Verdict;

/// Whether [`super::safe`] would change the bytes: they hold control characters other than `\n` and tab, characters
/// that are invisible or reorder the line, an overlong cluster, or invalid UTF-8.
pub fn is_dirty(bytes: &[u8]) -> bool {
    let seen = survey(bytes);
    if seen & CONTROL != 0 {
        return true;
    }
    seen & HIGH != 0 && std::str::from_utf8(bytes).map_or(true, has_odd_character)
}

/// A byte below 0x20 other than `\n` and tab, or 0x7F, was seen.
const CONTROL: u8 = 1;
/// A byte of 0x80 or above was seen.
const HIGH: u8 = 0x80;

/// Which of [`CONTROL`] and [`HIGH`] the bytes hold. Blocks of fixed size without a branch, which the compiler turns
/// into vector code; the last block overlaps the one before.
fn survey(bytes: &[u8]) -> u8 {
    const BLOCK: usize = 16;
    let (blocks, _) = bytes.as_chunks::<BLOCK>();
    let Some(last) = bytes.last_chunk::<BLOCK>() else {
        return bytes.iter().fold(0, |seen, byte| seen | kind(*byte));
    };
    let mut seen = last.map(kind);
    for block in blocks {
        for (seen, byte) in seen.iter_mut().zip(block) {
            *seen |= kind(*byte);
        }
    }
    seen.iter().fold(0, |all, one| all | one)
}

fn kind(byte: u8) -> u8 {
    let control = u8::from(byte < 0x20) & u8::from(byte != b'\t') & u8::from(byte != b'\n') | u8::from(byte == 0x7F);
    control | (byte & HIGH)
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
        let Some(c) = chars.next() else { break };
        if cluster.judge(c, chars.next()) != Verdict::Keep {
            return true;
        }
        at += c.len_utf8();
    }
    false
}
