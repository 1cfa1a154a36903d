//! Each compression: whole, in several members, cut off, damaged, followed by garbage; UTF-16; bombs.

use super::{decode, decode_within};
use logdeck::sources::files::Limits;
use std::io::Write;

const TEXT: &str = "first line\nsecond line\n";

/// `TEXT` as `xz` writes it: our decoder's crate comes without its encoder.
const XZ: [u8; 80] = [
    0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00, 0x00, 0x04, 0xE6, 0xD6, 0xB4, 0x46, 0x02, 0x00, 0x21, 0x01, 0x16, 0x00, 0x00,
    0x00, 0x74, 0x2F, 0xE5, 0xA3, 0x01, 0x00, 0x16, 0x66, 0x69, 0x72, 0x73, 0x74, 0x20, 0x6C, 0x69, 0x6E, 0x65, 0x0A,
    0x73, 0x65, 0x63, 0x6F, 0x6E, 0x64, 0x20, 0x6C, 0x69, 0x6E, 0x65, 0x0A, 0x00, 0x00, 0x12, 0xE9, 0x31, 0xEF, 0xB2,
    0xA2, 0xDA, 0x64, 0x00, 0x01, 0x2F, 0x17, 0x81, 0x08, 0x49, 0xB1, 0x1F, 0xB6, 0xF3, 0x7D, 0x01, 0x00, 0x00, 0x00,
    0x00, 0x04, 0x59, 0x5A,
];

pub(crate) fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn zstd(text: &[u8]) -> Vec<u8> {
    zstd::encode_all(text, 3).unwrap()
}

fn bzip2(text: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// Text that does not compress well, so that a cut falls into its middle.
fn long_text() -> String {
    let mut n = 12345_u64;
    let mut line = || {
        n = n.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        format!("{n:016x}\n")
    };
    (0..20_000).map(|_| line()).collect()
}

#[test]
fn every_codec_gives_its_text() {
    let check = |bytes: &[u8]| assert_eq!(decode(bytes), (TEXT.to_owned(), String::new()));
    check(TEXT.as_bytes());
    check(&gzip(TEXT.as_bytes()));
    check(&zstd(TEXT.as_bytes()));
    check(&bzip2(TEXT.as_bytes()));
    check(&XZ);
    check(&gzip(&gzip(TEXT.as_bytes())));
}

#[test]
fn several_members_are_one_text() {
    let check = |member: Vec<u8>| {
        assert_eq!(decode(&[member.clone(), member].concat()), (TEXT.repeat(2), String::new()));
    };
    check(gzip(TEXT.as_bytes()));
    check(zstd(TEXT.as_bytes()));
    check(bzip2(TEXT.as_bytes()));
    check(XZ.to_vec());
}

#[test]
fn a_cut_stream_gives_what_is_there_and_says_so() {
    let text = long_text();
    let check = |bytes: Vec<u8>| {
        let (got, said) = decode(&bytes[..bytes.len() / 2]);
        assert!(got.len() > 1000 && text.starts_with(&got), "{} bytes", got.len());
        assert!(said.contains("truncated") || said.contains("damaged"), "{said}");
    };
    check(gzip(text.as_bytes()));
    check(zstd(text.as_bytes()));
    // One block holds all of it, so a shorter text.
    let (got, said) = decode(&bzip2(TEXT.as_bytes())[..30]);
    assert_eq!((got.as_str(), said.contains("truncated")), ("", true), "{said}");
    let (_, said) = decode(&XZ[..40]);
    assert!(said.contains("truncated") || said.contains("damaged"), "{said}");
}

#[test]
fn damage_is_said_after_what_came_before() {
    let text = long_text();
    let mut bytes = gzip(text.as_bytes());
    let len = bytes.len();
    bytes[len - 5] ^= 0xFF;
    let (got, said) = decode(&bytes);
    assert_eq!(got, text, "only the length at the end is wrong");
    assert!(said.contains("damaged"), "{said}");
}

#[test]
fn garbage_after_gzip_is_said_and_padding_is_not() {
    let check = |tail: &[u8], expected: &str| {
        let (got, said) = decode(&[gzip(TEXT.as_bytes()).as_slice(), tail].concat());
        assert_eq!(got, TEXT, "{tail:?}");
        assert!(if expected.is_empty() { said.is_empty() } else { said.contains(expected) }, "{tail:?}: {said}");
    };
    check(&[0; 5000], "");
    check(b"more text\n", "left out");
    check(b"\0\0\x1F", "left out");
    check(b"\x1F\x8Bxx", "left out");
    check(b"\x1F\x8B\x08 and this is no member either", "left out");
}

#[test]
fn utf16_becomes_utf8() {
    let text = "naïve € \u{1F600} line\nsecond\n".repeat(5000);
    let units: Vec<u16> = text.encode_utf16().collect();
    let little: Vec<u8> = [0xFF, 0xFE].into_iter().chain(units.iter().flat_map(|u| u.to_le_bytes())).collect();
    let big: Vec<u8> = [0xFE, 0xFF].into_iter().chain(units.iter().flat_map(|u| u.to_be_bytes())).collect();
    assert_eq!(decode(&little).0, text);
    assert_eq!(decode(&big).0, text);
    assert_eq!(decode(&gzip(&little)).0, text);
    assert_eq!(decode(b"\xFF\xFEa\0\x3D\xD8b\0c").0, "a\u{FFFD}b\u{FFFD}", "half a pair, half a unit");
    assert_eq!(decode(b"\xFF\xFE"), (String::new(), String::new()));
}

#[test]
fn what_is_no_text_is_refused_inside_a_compression_too() {
    let check = |bytes: &[u8], expected: &str| {
        let (text, said) = decode(bytes);
        assert!(text.is_empty() && said.contains(expected), "{said}");
    };
    check(b"\x7FELF\x02\x01", "an ELF program");
    check(&gzip(b"\x7FELF\x02\x01"), "an ELF program");
    check(&gzip(&gzip(&gzip(TEXT.as_bytes()))), "gzip inside gzip is not opened");
    check(&gzip(b"PK\x03\x04 an archive"), "a zip archive inside gzip");
    check(b"PK\x03\x04 through a pipe", "save it to a file first");
    let mut tar = vec![0; 1024];
    tar[..5].copy_from_slice(b"a.log");
    tar[257..262].copy_from_slice(b"ustar");
    check(&gzip(&tar), "tar -xf");
}

#[test]
fn bombs_stop_at_the_limits() {
    let zeros = vec![b'a'; 3_000_000];
    let check = |bytes: &[u8], limits, expected: &str| {
        let (got, said) = decode_within(bytes, limits);
        assert!(got.len() < zeros.len(), "{said}");
        assert!(said.contains(expected), "{said}");
    };
    let by_bytes = Limits { bytes: 1_000_000, ..Limits::default() };
    let by_ratio = Limits { ratio: 2000, grace: 100_000, ..Limits::default() };
    check(&gzip(&zeros), by_bytes, "may hold 1000000 bytes");
    check(&zstd(&zeros), by_ratio, "as a bomb would be");
    check(&bzip2(&zeros), by_ratio, "as a bomb would be");
    check(&gzip(&gzip(&zeros)), by_ratio, "as a bomb would be");
    // One layer of deflate cannot reach the ratio, however often a line repeats itself.
    assert_eq!(decode_within(&gzip(&zeros), by_ratio).1, "");
}
