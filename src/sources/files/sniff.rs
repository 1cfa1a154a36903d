//! What a file is, told by its first bytes: plain text, one of the compressions, an archive, or something that holds no
//! lines.
//!
//! Owns the magic numbers. Must not know paths or open anything.

/// How the bytes of an input become text. Told by magic bytes, never by a file's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Codec {
    /// Text as it is: may be read anywhere, by several threads.
    Plain,
    /// Text in UTF-16 with a byte order mark, turned into UTF-8 while it streams.
    Utf16,
    /// gzip, one or more members.
    Gzip,
    /// Zstandard, one or more frames.
    Zstd,
    /// bzip2, one or more streams.
    Bzip2,
    /// xz, one or more streams.
    Xz,
    /// An entry of a zip archive.
    Zip,
    /// A pipe or a device, whose bytes can be read once: its codec is found when it is opened.
    Stream,
}

impl Codec {
    /// The name that people use for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Utf16 => "UTF-16",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Bzip2 => "bzip2",
            Self::Xz => "xz",
            Self::Zip => "zip",
            Self::Stream => "stream",
        }
    }
}

/// What the first bytes of a file told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It can be read.
    Text(Codec),
    /// It cannot: what it is, and what to do.
    Binary {
        /// What it is, with its article.
        what: &'static str,
        /// What to do about it; empty when there is nothing.
        advice: &'static str,
    },
}

/// Bytes at the start of a file that are looked at.
pub const HEAD: usize = 8 * 1024;

/// Where tar keeps its magic.
const TAR_MAGIC_AT: usize = 257;

/// What a file that begins with `head` is. An empty file is plain text: lines may still come.
pub fn kind(head: &[u8]) -> Kind {
    if let Some(codec) = compression(head) {
        return Kind::Text(codec);
    }
    if let Some((_, what, advice)) = MAGICS.iter().find(|(magic, _, _)| head.starts_with(magic)) {
        return Kind::Binary { what, advice };
    }
    if head.get(TAR_MAGIC_AT..TAR_MAGIC_AT + 5) == Some(b"ustar") {
        return Kind::Binary { what: "a tar archive", advice: "extract it first: tar -xf FILE -C DIRECTORY" };
    }
    if utf16(head).is_some() {
        return Kind::Text(Codec::Utf16);
    }
    if is_binary(head) {
        return Kind::Binary { what: "a binary file", advice: "logdeck reads text" };
    }
    Kind::Text(Codec::Plain)
}

/// Characters of a web page's title that are told.
const MAX_TITLE: usize = 80;

/// The title of a web page (empty when it has none) that begins with `head`; `None` for any other text.
pub(crate) fn web_page(head: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(head);
    let lower = text.to_ascii_lowercase();
    let mut begin = lower.trim_start_matches('\u{FEFF}').trim_start();
    // A declaration or comments may stand before the page.
    while let Some(end) = ["<?xml", "<!--"].iter().find(|s| begin.starts_with(**s)).and_then(|_| begin.find('>')) {
        begin = begin[end + 1..].trim_start();
    }
    if !["<!doctype html", "<html", "<head", "<body", "<title"].iter().any(|tag| begin.starts_with(tag)) {
        return None;
    }
    let title = lower.find("<title").and_then(|at| Some(at + lower[at..].find('>')? + 1)).and_then(|start| {
        let end = lower[start..].find("</title")?;
        // Only ASCII was changed, so that the places are the same.
        text.get(start..start + end)
    });
    let words: Vec<_> = title.unwrap_or_default().split_whitespace().collect();
    Some(words.join(" ").chars().take(MAX_TITLE).collect())
}

/// Byte order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Endian {
    Little,
    Big,
}

/// The byte order of UTF-16 text with a byte order mark.
pub(crate) fn utf16(head: &[u8]) -> Option<Endian> {
    match head {
        [0xFF, 0xFE, 0, 0, ..] => None,
        [0xFF, 0xFE, ..] => Some(Endian::Little),
        [0xFE, 0xFF, ..] => Some(Endian::Big),
        _ => None,
    }
}

fn compression(head: &[u8]) -> Option<Codec> {
    Some(match head {
        [0x1F, 0x8B, 8, ..] => Codec::Gzip,
        // A frame, or a skippable frame before it.
        [0x28, 0xB5, 0x2F, 0xFD, ..] | [0x50..=0x5F, 0x2A, 0x4D, 0x18, ..] => Codec::Zstd,
        // The level, then the magic of a block or of an empty stream's end.
        [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, 0x53, 0x59, ..]
        | [b'B', b'Z', b'h', b'1'..=b'9', 0x17, 0x72, 0x45, 0x38, 0x50, 0x90, ..] => Codec::Bzip2,
        [0xFD, b'7', b'z', b'X', b'Z', 0, ..] => Codec::Xz,
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] | [b'P', b'K', 7, 8, ..] => Codec::Zip,
        _ => return None,
    })
}

const NO_ADVICE: &str = "logdeck reads text";
const JOURNAL: &str = "read it with: journalctl --file FILE -o json | logdeck -";

/// (first bytes, what it is, what to do). None of them can begin a line of text.
const MAGICS: [(&[u8], &str, &str); 26] = [
    (b"\x7FELF", "an ELF program or library", NO_ADVICE),
    (b"\x89PNG\r\n\x1A\n", "a PNG image", NO_ADVICE),
    (b"\xFF\xD8\xFF", "a JPEG image", NO_ADVICE),
    (b"GIF87a", "a GIF image", NO_ADVICE),
    (b"GIF89a", "a GIF image", NO_ADVICE),
    (b"%PDF-", "a PDF document", NO_ADVICE),
    (b"SQLite format 3\0", "an SQLite database", NO_ADVICE),
    (b"\0asm", "a WebAssembly module", NO_ADVICE),
    (b"\xCA\xFE\xBA\xBE", "a Java class or Mach-O program", NO_ADVICE),
    (b"\xCF\xFA\xED\xFE", "a Mach-O program", NO_ADVICE),
    (b"\xFE\xED\xFA\xCF", "a Mach-O program", NO_ADVICE),
    (b"MZ\x90\0", "a Windows program", NO_ADVICE),
    (b"PAR1", "a Parquet file", NO_ADVICE),
    (b"LPKSHHRH", "a systemd journal", JOURNAL),
    (b"ElfFile\0", "a Windows event log", "export it as text or JSON first"),
    (b"\xD4\xC3\xB2\xA1", "a packet capture", NO_ADVICE),
    (b"\x0A\x0D\x0D\x0A", "a packet capture", NO_ADVICE),
    (b"!<arch>\n", "an ar archive", "extract it first: ar x FILE"),
    (b"7z\xBC\xAF\x27\x1C", "a 7-Zip archive", "unpack it first: 7z x FILE"),
    (b"Rar!\x1A\x07", "a RAR archive", "unpack it first: unrar x FILE"),
    (b"MSCF\0\0\0\0", "a cabinet archive", "unpack it first: cabextract FILE"),
    (b"\x04\x22\x4D\x18", "lz4-compressed", "unknown compression; use: lz4 -dc FILE | logdeck -"),
    (b"\x89LZO\0\r\n\x1A\n", "lzop-compressed", "unknown compression; use: lzop -dc FILE | logdeck -"),
    (b"LZIP\x01", "lzip-compressed", "unknown compression; use: lzip -dc FILE | logdeck -"),
    (b"\x1F\x9D", "compressed by compress(1)", "unknown compression; use: zcat FILE | logdeck -"),
    (b"\xFF\x06\0\0sNaPpY", "snappy-compressed", "unknown compression; unpack it first"),
];

/// Bytes that tell text from binary by a sixteenth of control characters. Of fewer, as the first line of a pipe, more than
/// half must be: one odd character would hide all that follows.
const ENOUGH: usize = 64;

/// Whether the bytes hold so many control characters that they are no text. High bytes are left alone: Latin-1 and
/// Shift-JIS logs have many. A run of NULs at the start is the hole that a truncated log leaves when its writer keeps
/// its offset, so it does not count.
fn is_binary(head: &[u8]) -> bool {
    let text = &head[head.iter().take_while(|b| **b == 0).count()..];
    let controls = text.iter().filter(|b| matches!(b, 0..=6 | 0x0E..=0x1A | 0x1C..=0x1F)).count();
    // Compressed or encrypted bytes have 9 % of them.
    controls * if text.len() < ENOUGH { 2 } else { 16 } > text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_bytes_tell_the_codec() {
        let check = |head: &[u8], expected| assert_eq!(kind(head), Kind::Text(expected), "{head:?}");
        check(b"", Codec::Plain);
        check(b"hello\n", Codec::Plain);
        check(b"BZh9 is how bzip2 begins\n", Codec::Plain);
        check(b"PK is not enough\n", Codec::Plain);
        check(b"\xEF\xBB\xBF2025-01-01T00:00:00Z x\n", Codec::Plain);
        check(b"\x1B[31mred\x1B[0m a NUL \0 in text\n", Codec::Plain);
        check(b"caf\xE9 \x93quoted\x94\n", Codec::Plain);
        check(b"\0\0\0\0\0\0\0\0\0\0after a hole\n", Codec::Plain);
        check(b"\0\0\0\0", Codec::Plain);
        check(b"a\0b\n", Codec::Plain);
        check(b"\x01\x02 started\n", Codec::Plain);
        check(b"\xFF\xFEh\0i\0", Codec::Utf16);
        check(b"\xFE\xFF\0h\0i", Codec::Utf16);
        check(b"\x1F\x8B\x08\0", Codec::Gzip);
        check(b"\x28\xB5\x2F\xFD", Codec::Zstd);
        check(b"BZh91AY&SY", Codec::Bzip2);
        check(b"\xFD7zXZ\0\0", Codec::Xz);
        check(b"PK\x03\x04", Codec::Zip);
        check(b"PK\x05\x06", Codec::Zip);
    }

    #[test]
    fn web_pages_have_a_title() {
        let check = |head: &str, expected: Option<&str>| {
            assert_eq!(web_page(head.as_bytes()).as_deref(), expected, "{head}");
        };
        check("<!DOCTYPE html><html><head><title>Sign in\n  to Proxy</title>", Some("Sign in to Proxy"));
        check("\u{feff}\r\n <HTML lang=en>\n<Title a=b>Käse &amp; x</TITLE>", Some("Käse &amp; x"));
        check("<?xml version=\"1.0\"?>\n<!-- x -->\n<html>", Some(""));
        check("<!doctype html><title>never closed", Some(""));
        check("<testsuite name=\"a\">", None);
        check("2025-01-01 got <html> back", None);
        check("", None);
    }

    #[test]
    fn binary_files_are_named() {
        let check = |head: &[u8], expected: &str| match kind(head) {
            Kind::Binary { what, advice } => {
                assert!(what.contains(expected), "{what}");
                assert!(!advice.is_empty());
            }
            Kind::Text(codec) => panic!("{head:?} is taken for {codec:?}"),
        };
        check(b"\x89PNG\r\n\x1A\nrest", "PNG");
        check(b"\x7FELF\x02", "ELF");
        check(b"\x04\x22\x4D\x18", "lz4");
        check(b"LPKSHHRH", "journal");
        check(&[b'a', 0, 0, 1, 2, 3, 0, 0], "binary");
        check(&b"sevenof\x01".repeat(8), "binary");
        let mut tar = vec![b'a'; 512];
        tar[257..262].copy_from_slice(b"ustar");
        check(&tar, "tar");
    }
}
