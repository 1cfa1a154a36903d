//! zip archives: as others write them, and as nobody should.

use super::codecs::gzip;
use super::{found, said};
use logdeck::sources::files::{Discovered, discover};
use std::{
    io::{Cursor, Write},
    path::PathBuf,
};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

/// An archive on the disk.
struct Archive {
    dir: tempfile::TempDir,
    path: PathBuf,
}

impl Archive {
    fn new(bytes: &[u8]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.zip");
        std::fs::write(&path, bytes).unwrap();
        Self { dir, path }
    }

    fn discover(&self) -> Discovered {
        discover(&[&self.path])
    }

    /// (name, text, what was said) of each entry, and what was said of the archive.
    fn read(&self) -> (Vec<(String, String, String)>, Vec<String>) {
        let discovered = self.discover();
        let (names, problems) = found(&discovered, self.dir.path());
        let texts = discovered.inputs.iter().map(|input| said(input.open()));
        (names.into_iter().zip(texts).map(|(name, (text, said))| (name, text, said)).collect(), problems)
    }
}

const METHODS: [CompressionMethod; 4] =
    [CompressionMethod::Stored, CompressionMethod::Deflated, CompressionMethod::Bzip2, CompressionMethod::Zstd];

/// Entries with the same method.
fn zip(entries: &[(&str, &[u8])], method: CompressionMethod) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in entries {
        writer.start_file(*name, SimpleFileOptions::default().compression_method(method)).unwrap();
        writer.write_all(text).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn deflated(entries: &[(&str, &[u8])]) -> Vec<u8> {
    zip(entries, CompressionMethod::Deflated)
}

/// Where the `n`-th record with this signature begins.
fn record(bytes: &[u8], signature: [u8; 4], n: usize) -> usize {
    memchr::memmem::find_iter(bytes, &signature).nth(n).unwrap()
}

const CENTRAL: [u8; 4] = *b"PK\x01\x02";

fn ok(name: &str, text: &str) -> (String, String, String) {
    (name.to_owned(), text.to_owned(), String::new())
}

#[test]
fn entries_of_every_method_are_read() {
    for method in METHODS {
        let archive = Archive::new(&zip(&[("1_build.txt", b"one\n"), ("job/2_test.txt", b"two\n")], method));
        let (entries, said) = archive.read();
        assert_eq!(entries, [ok("a.zip!1_build.txt", "one\n"), ok("a.zip!job/2_test.txt", "two\n")], "{method:?}");
        assert!(said.is_empty(), "{said:?}");
    }
}

#[test]
fn entries_are_independent_streams() {
    let long = "line\n".repeat(500_000);
    let archive = Archive::new(&deflated(&[("a", long.as_bytes()), ("b", long.as_bytes())]));
    let inputs = archive.discover().inputs;
    let texts = std::thread::scope(|scope| {
        let readers: Vec<_> = inputs.iter().map(|input| scope.spawn(|| said(input.open()))).collect();
        readers.into_iter().map(|reader| reader.join().unwrap()).collect::<Vec<_>>()
    });
    assert!(texts.iter().all(|(text, said)| *text == long && said.is_empty()));
}

#[test]
fn names_are_only_names() {
    let bytes = deflated(&[("../../x", b"up\n"), ("/etc/passwd", b"abs\n"), ("dup1", b"one\n"), ("dup2", b"two\n")]);
    let same = [(&b"dup2"[..], &b"dup1"[..]), (b"/etc/passwd", b"/etc/p\xFFsswd")];
    let bytes = same.iter().fold(bytes, |bytes, (from, to)| {
        let mut bytes = bytes;
        while let Some(at) = memchr::memmem::find(&bytes, from) {
            bytes[at..at + from.len()].copy_from_slice(to);
        }
        bytes
    });
    let (entries, said) = Archive::new(&bytes).read();
    let expected = [
        ok("a.zip!../../x", "up\n"),
        ok("a.zip!/etc/p\u{FFFD}sswd", "abs\n"),
        ok("a.zip!dup1", "one\n"),
        ok("a.zip!dup1 (2)", "two\n"),
    ];
    assert_eq!(entries, expected);
    assert!(said.is_empty(), "{said:?}");
}

#[test]
fn directories_and_links_are_left_out() {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.add_directory("logs/", SimpleFileOptions::default()).unwrap();
    writer.add_symlink("logs/link", "/etc/passwd", SimpleFileOptions::default()).unwrap();
    writer.start_file("logs/a", SimpleFileOptions::default()).unwrap();
    writer.write_all(b"text\n").unwrap();
    let (entries, said) = Archive::new(&writer.finish().unwrap().into_inner()).read();
    assert_eq!(entries, [ok("a.zip!logs/a", "text\n")]);
    assert_eq!(said, ["a.zip: 1 symbolic link was left out"]);
}

#[test]
fn what_cannot_be_read_is_said_and_the_rest_goes_on() {
    let whole = deflated(&[("bad", b"some text\n"), ("good", b"fine\n")]);
    let central = record(&whole, CENTRAL, 0);
    let check = |at: usize, value: &[u8], expected: &str| {
        let mut bytes = whole.clone();
        bytes[at..at + value.len()].copy_from_slice(value);
        let (entries, mut said) = Archive::new(&bytes).read();
        let good = entries.iter().find(|(name, ..)| name == "a.zip!good").unwrap();
        assert_eq!(good, &ok("a.zip!good", "fine\n"), "{expected}");
        said.extend(entries.into_iter().map(|(.., said)| said));
        assert!(said.iter().any(|s| s.contains("a.zip!bad") && s.contains(expected)), "{expected}: {said:?}");
    };
    check(central + 8, &[1, 0], "encrypted");
    check(central + 10, &[99, 0], "encrypted");
    check(central + 10, &[14, 0], "unknown compression method 14");
    check(central + 16, &[1, 2, 3, 4], "checksum");
    check(central + 24, &[3, 0, 0, 0], "the archive says 3 bytes, and there are more");
    check(central + 24, &[99, 0, 0, 0], "the archive says 99 bytes, and there are only 10");
    check(central + 20, &[4, 0, 0, 0], "truncated");
    check(central + 42, &(central as u32).to_le_bytes(), "its header is not where");
}

#[test]
fn entries_that_share_bytes_are_refused() {
    let mut bytes = deflated(&[("one", b"some text\n"), ("two", b"some text\n")]);
    let second = record(&bytes, CENTRAL, 1);
    bytes[second + 42..second + 46].copy_from_slice(&[0; 4]);
    let (entries, said) = Archive::new(&bytes).read();
    assert_eq!(entries, [ok("a.zip!one", "some text\n")]);
    assert!(said[0].contains("a.zip!two") && said[0].contains("shares its bytes"), "{said:?}");
}

#[test]
fn archives_that_cannot_be_used() {
    let whole = deflated(&[("one", b"some text\n"), ("two", b"more text\n")]);
    let check = |bytes: &[u8], expected: &str| {
        let (_, said) = Archive::new(bytes).read();
        assert!(said.iter().any(|s| s.contains(expected)), "{expected}: {said:?}");
    };
    check(&whole[..whole.len() - 30], "the file is cut off");
    check(&whole[..40], "the file is cut off");
    check(&deflated(&[]), "it holds no file");
    let end = whole.len() - 22;
    let patched = |at: usize, value: &[u8]| {
        let mut bytes = whole.clone();
        bytes[at..at + value.len()].copy_from_slice(value);
        bytes
    };
    check(&patched(end + 12, &[0xFF, 0xFF, 0xFF, 0]), "larger than the file");
    check(&patched(end + 10, &[9, 0]), "its directory is cut off");
    check(&patched(record(&whole, CENTRAL, 1), b"XX"), "entry 2 of its directory is damaged");
    check(&patched(end + 4, &[1, 0]), "one part of several");
}

#[test]
fn a_comment_after_the_end_does_no_harm() {
    let mut bytes = deflated(&[("one", b"text\n")]);
    let at = bytes.len() - 2;
    bytes[at..].copy_from_slice(&6_u16.to_le_bytes());
    bytes.extend_from_slice(b"a note");
    assert_eq!(Archive::new(&bytes).read().0, [ok("a.zip!one", "text\n")]);
}

#[test]
fn zip64_is_read() {
    let mut bytes = deflated(&[("one", b"text\n")]);
    let mut end = bytes.split_off(bytes.len() - 22);
    let (at, size) = (bytes.len() as u64, u64::from(u32::from_le_bytes(end[12..16].try_into().unwrap())));
    // The end record with 64-bit numbers, its locator, and the old one with all its numbers full.
    bytes.extend_from_slice(b"PK\x06\x06");
    bytes.extend(44_u64.to_le_bytes());
    bytes.extend([45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    for number in [1, 1, size, at - size] {
        bytes.extend(number.to_le_bytes());
    }
    bytes.extend_from_slice(b"PK\x06\x07\0\0\0\0");
    bytes.extend(at.to_le_bytes());
    bytes.extend([1, 0, 0, 0]);
    end[8..20].fill(0xFF);
    bytes.extend(end);
    // The entry's sizes and place move into its extra field.
    assert_eq!(Archive::new(&bytes).read().0, [ok("a.zip!one", "text\n")]);
}

#[test]
fn compressed_entries_are_opened_through_and_archives_are_not() {
    let inner = deflated(&[("deep", b"text\n")]);
    let archive = Archive::new(&deflated(&[
        ("app.log.gz", &gzip(b"packed\n")),
        ("in.zip", &inner),
        ("a.png", b"\x89PNG\r\n\x1A\n"),
    ]));
    let (entries, _) = archive.read();
    assert_eq!(entries[0], ok("a.zip!app.log.gz", "packed\n"));
    assert!(entries[1].2.contains("a zip archive inside zip is not opened"), "{entries:?}");
    assert!(entries[2].2.contains("a PNG image"), "{entries:?}");
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(300))]

    /// Whatever is changed in an archive: nothing panics, and no entry gives more than it may.
    #[test]
    fn damaged_archives_do_no_harm(
        changes in proptest::collection::vec((0..4000_usize, 0..=255_u8), 1..6),
        cut in 0..4000_usize,
        method in 0..4_usize,
    ) {
        let (long, packed) = (b"some text\n".repeat(20), gzip(b"packed\n"));
        let mut bytes = zip(&[("one", &long), ("two", b"more text\n"), ("x.gz", &packed)], METHODS[method]);
        for (at, value) in changes {
            let at = at % bytes.len();
            bytes[at] = value;
        }
        if cut % 3 == 0 {
            bytes.truncate(cut % bytes.len());
        }
        let archive = Archive::new(&bytes);
        for input in archive.discover().inputs {
            let mut read = 0;
            if let Ok(mut reader) = input.open() {
                let mut buf = [0; 4096];
                while let Ok(n) = std::io::Read::read(&mut reader, &mut buf) {
                    read += n as u64;
                    if n == 0 {
                        break;
                    }
                }
            }
            proptest::prop_assert!(input.size.is_none_or(|size| read <= size.max(4096)), "{read} bytes of {:?}", input.size);
        }
    }
}
