//! Archives that lie, swell or point elsewhere.

use super::support::Home;
use logdeck::sources::files::{Input, InputError, Limits};
use std::io::{Cursor, Read, Write};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

pub(crate) fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in entries {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        writer.start_file(*name, options).unwrap();
        writer.write_all(text).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// Bytes that come out, and what is said, within these limits.
fn decode(bytes: Vec<u8>, limits: Limits) -> (usize, String) {
    let mut reader = match Input::decode("x", bytes, limits) {
        Ok(reader) => reader,
        Err(error) => return (0, error.to_string()),
    };
    let (mut buf, mut came) = (vec![0; 8192], 0);
    loop {
        match reader.read(&mut buf) {
            Ok(0) => return (came, String::new()),
            Ok(n) => came += n,
            Err(error) => return (came, InputError::from_read("x", error).to_string()),
        }
    }
}

/// The limits of the product (16 GiB; 10,000 to 1 behind 1 GiB) are met only by minutes of work: `Limits` lowers them.
#[test]
fn a_bomb_stops_at_a_limit_and_what_came_is_there() {
    let text = "all the same line\n".repeat(200_000);
    let bomb = gzip(text.as_bytes());
    let grace = 1 << 20;
    let by_bytes = Limits { bytes: 100_000, ..Limits::default() };
    let by_ratio = Limits { ratio: 100, grace, ..Limits::default() };
    let (came, said) = decode(bomb.clone(), by_bytes);
    assert!(came <= 100_000 && said.contains("x: partial: stopped after") && said.contains("100000 bytes"), "{said}");
    let (came, said) = decode(bomb.clone(), by_ratio);
    assert!(
        came >= grace as usize / 2 && came <= 2 * grace as usize && said.contains("over 100 times larger"),
        "{said}"
    );
    // Within the limits it is a log that repeats itself, also in two layers.
    assert_eq!(decode(bomb.clone(), Limits::default()), (text.len(), String::new()));
    assert_eq!(decode(gzip(&bomb), Limits::default()), (text.len(), String::new()));
    assert!(decode(gzip(&gzip(&bomb)), Limits::default()).1.contains("gzip inside gzip is not opened"));
    for packed in [zstd::encode_all(text.as_bytes(), 3).unwrap(), bzip(text.as_bytes())] {
        assert!(decode(packed, by_ratio).1.contains("over 100 times larger"));
    }
}

fn bzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn memory_does_not_grow_with_what_is_unpacked() {
    let home = Home::new();
    home.file("a.gz", gzip("all the same line\n".repeat(8_000_000).as_bytes()));
    let ran = home.cat(&["a.gz", "--count", "--stats"]);
    assert_eq!(ran.text(), "8000000\n");
    assert!(ran.stat("peak memory") < 64 << 20 && ran.stat("temporary") == 0, "{}", ran.err);
}

#[test]
fn entries_are_never_files() {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default();
    for name in ["../up.log", "/tmp/logdeck-absolute.log", "a/../../b.log", "C:\\x.log", "CON"] {
        writer.start_file(name, options).unwrap();
        writer.write_all(format!("text of {}\n", name.len()).as_bytes()).unwrap();
    }
    writer.add_symlink("link.log", "/etc/passwd", options).unwrap();
    let home = Home::new();
    std::fs::create_dir(home.path("inner")).unwrap();
    home.file("inner/a.zip", writer.finish().unwrap().into_inner());
    let list = |dir: &std::path::Path| {
        let mut names: Vec<_> = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let (outside, inside) = (list(home.dir()), list(&home.path("inner")));
    let ran = home.cat(&["inner/a.zip"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(
        !ran.text().contains("root:") && ran.text().contains("inner/a.zip!../up.log  text of 9\n"),
        "{}",
        ran.text()
    );
    assert_eq!(ran.text().lines().count(), 5);
    assert_eq!((list(home.dir()), list(&home.path("inner"))), (outside, inside), "nothing was unpacked");
    assert!(!std::path::Path::new("/tmp/logdeck-absolute.log").exists());
}

/// Where the `n`-th record of the archive's directory begins.
fn central(bytes: &[u8], n: usize) -> usize {
    memchr::memmem::find_iter(bytes, b"PK\x01\x02").nth(n).unwrap()
}

#[test]
fn lies_are_refused_and_said() {
    let whole = zip(&[("bad.log", b"some text\nmore text\n"), ("good.log", b"fine\n")]);
    let at = central(&whole, 0);
    let check = |at: usize, value: &[u8], expected: &str| {
        let mut bytes = whole.clone();
        bytes[at..at + value.len()].copy_from_slice(value);
        let home = Home::new();
        for args in [&["a.zip"][..], &["a.zip", "--count"], &["a.zip", "--format", "json"]] {
            let ran = home.file("a.zip", &bytes).cat(args);
            assert_eq!(ran.code, Some(3), "{expected}: {ran:?}");
            assert!(ran.err.starts_with("warning: a.zip!bad.log: ") && ran.err.contains(expected), "{}", ran.err);
            assert!(args.contains(&"--count") || ran.text().contains("fine"), "{expected}: {ran:?}");
        }
    };
    check(at + 24, &[3, 0, 0, 0], "the archive says 3 bytes, and there are more");
    check(at + 24, &[0xFF, 0xFF, 0xFF, 0x7F], "and there are only 20");
    check(at + 16, &[1, 2, 3, 4], "the checksum (CRC) does not fit");
    check(at + 42, &[2, 0, 0, 0], "its header is not where");
    check(at + 42, &[0xFF, 0xFF, 0, 0], "truncated");
    check(at + 10, &[14, 0], "unknown compression method 14");
    check(at + 8, &[1, 0], "encrypted; logdeck asks for no passwords");
}

#[test]
fn archives_in_archives_are_refused_and_said() {
    let inner = zip(&[("deep.log", b"deep\n")]);
    let home = Home::new();
    home.file("a.zip", zip(&[("in.zip", &inner), ("good.log", b"fine\n")])).file("b.log.gz", gzip(&inner));
    let ran = home.cat(&["a.zip"]);
    assert!(ran.text().contains("fine") && !ran.text().contains("deep"), "{ran:?}");
    assert!(ran.code == Some(3) && ran.err.contains("a.zip!in.zip: a zip archive inside zip is not opened"), "{ran:?}");
    let ran = home.cat(&["b.log.gz"]);
    assert!(ran.code == Some(3) && ran.err.contains("a zip archive inside gzip is not opened"), "{ran:?}");
    let ran = home.pipe(&[], &inner);
    assert!(ran.code == Some(3) && ran.err.contains("cannot be read from a pipe: save it to a file first"), "{ran:?}");
}
