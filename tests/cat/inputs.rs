//! Files, directories, archives, pipes: read, merged, or what is wrong with them.

use super::support::{Home, Ran, text_of};
use std::io::{Cursor, Read, Write};
use std::process::Stdio;
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

const TEXT: &[u8] = b"first line\nsecond line\n";

/// `TEXT` as `xz` writes it: our decoder's crate comes without its encoder.
const XZ: &[u8] =
    b"\xFD7zXZ\0\0\x04\xE6\xD6\xB4\x46\x02\0\x21\x01\x16\0\0\0\x74\x2F\xE5\xA3\x01\0\x16first line\nsecond line\n\
    \0\0\x12\xE9\x31\xEF\xB2\xA2\xDA\x64\0\x01\x2F\x17\x81\x08\x49\xB1\x1F\xB6\xF3\x7D\x01\0\0\0\0\x04YZ";

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn bzip2(text: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn zip(entries: &[(&str, &[u8])], method: CompressionMethod) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in entries {
        writer.start_file(*name, SimpleFileOptions::default().compression_method(method)).unwrap();
        writer.write_all(text).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn is(ran: &Ran, code: i32, out: &str, err: &str) {
    assert_eq!((ran.code, ran.text(), ran.err.as_str()), (Some(code), out, err));
}

#[test]
fn every_compression_from_a_file_and_from_a_pipe() {
    let text = String::from_utf8_lossy(TEXT);
    let zstd = zstd::encode_all(TEXT, 3).unwrap();
    for (name, bytes) in
        [("a.log", TEXT.to_vec()), ("a.gz", gzip(TEXT)), ("a.zst", zstd), ("a.bz2", bzip2(TEXT)), ("a.xz", XZ.to_vec())]
    {
        let home = Home::new();
        // The name does not matter.
        for name in [name, "unnamed"] {
            is(&home.file(name, &bytes).cat(&[name]), 0, &text, "");
            is(&home.cat(&[name, "--count"]), 0, "2\n", "");
        }
        is(&home.pipe(&[], &bytes), 0, &text, "");
        is(&home.pipe(&["-", "--format", "raw"], &bytes), 0, &text, "");
        is(&home.pipe(&["--count"], &bytes), 0, "2\n", "");
    }
}

#[test]
fn zip_archives_of_every_method() {
    for method in
        [CompressionMethod::Stored, CompressionMethod::Deflated, CompressionMethod::Bzip2, CompressionMethod::Zstd]
    {
        let home = Home::new();
        home.file("a.zip", zip(&[("1.txt", b"one\n"), ("job/2.txt", b"two\n")], method));
        is(&home.cat(&["a.zip"]), 0, "a.zip!1.txt  one\na.zip!job/2.txt  two\n", "");
        is(&home.file("b.zip", zip(&[("1.txt", TEXT)], method)).cat(&["b.zip", "--count"]), 0, "2\n", "");
    }
}

#[test]
fn empty_inputs() {
    let home = Home::new();
    home.file("a.log", "").file("b.gz", gzip(b""));
    for args in [&["a.log"][..], &["b.gz"], &["a.log", "b.gz"], &["-"], &[]] {
        is(&home.pipe(args, b""), 0, "", "");
        is(&home.pipe(&[args, &["--count"]].concat(), b""), 0, "0\n", "");
    }
}

#[test]
fn inputs_are_merged_by_time_each_in_its_order() {
    let home = Home::new();
    home.file("a.log", "2025-01-02T10:00:00Z a1\nundated a2\n2025-01-02T10:00:03Z a3\n2025-01-02T10:00:01Z a4\n");
    home.file("b.log.gz", gzip(b"2025-01-02T10:00:01Z b1\n2025-01-02T10:00:03Z b2\n2025-01-02T10:00:05Z b3\n"));
    home.file("c.zip", zip(&[("c", b"2025-01-02T09:00:00Z c1\n2025-01-02T10:00:04Z c2\n")], CompressionMethod::Stored));
    let ran = home.pipe(&["a.log", "-", "b.log.gz", "c.zip", "--format", "json"], b"2025-01-02T10:00:02Z p1\n");
    assert_eq!(ran.messages(), ["c1", "a1", "undated a2", "b1", "p1", "a3", "a4", "b2", "c2", "b3"]);
    let origins: Vec<_> = ran.json().iter().map(|r| r["origin"].as_str().unwrap().to_owned()).collect();
    assert_eq!(origins[..5], ["c.zip!c", "a.log", "a.log", "b.log.gz", "standard input"]);
}

#[test]
fn many_inputs_are_merged_and_counted_once() {
    let home = Home::new();
    std::fs::create_dir(home.path("d")).unwrap();
    for n in 0..150 {
        let text = format!("2025-01-02T10:00:00.{n:03}Z first {n}\n2025-01-02T10:01:00.{n:03}Z second {n}\n");
        home.file(&format!("d/{n:03}.log"), text);
    }
    let ran = home.cat(&["d", "--format", "json", "--stats"]);
    let expected: Vec<_> =
        (0..150).map(|n| format!("first {n}")).chain((0..150).map(|n| format!("second {n}"))).collect();
    assert_eq!(ran.messages(), expected);
    assert_eq!((ran.stat("records"), ran.stat("lines")), (300, 300));
    assert_eq!(home.cat(&["d", "--count"]).text(), "300\n");
}

#[test]
fn directories_and_globs() {
    let home = Home::new();
    std::fs::create_dir_all(home.path("d/deep")).unwrap();
    std::fs::create_dir(home.path("empty")).unwrap();
    home.file("d/a.log", "one\n").file("d/deep/b.log", "two\n").file("d/c.png", b"\x89PNG\r\n\x1A\n\0\0");
    let ran = home.cat(&["d", "--format", "json"]);
    assert_eq!((ran.code, ran.messages()), (Some(0), vec!["one".to_owned(), "two".to_owned()]), "{}", ran.err);
    assert_eq!(home.cat(&["d/*.log"]).text(), "one\n");
    assert_eq!(home.cat(&["d/**/*.log", "--count"]).text(), "2\n");
    is(&home.cat(&["empty"]), 1, "", "warning: empty: there is no log file in this directory\n");
    is(&home.cat(&["*.none"]), 1, "", "warning: *.none: no file fits this pattern\n");
}

#[test]
fn what_cannot_be_read_is_said_and_the_rest_comes() {
    let home = Home::new();
    home.file("a.log", TEXT).file("b", b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0");
    let text = "first line\nsecond line\n";
    let missing = "warning: none.log: no such file or directory\n";
    is(&home.cat(&["none.log"]), 1, "", missing);
    is(&home.cat(&["none.log", "a.log"]), 3, text, missing);
    is(&home.cat(&["none.log", "a.log", "--count"]), 3, "2\n", missing);
    let binary = home.cat(&["b"]);
    assert!(
        binary.code == Some(1) && binary.out.is_empty() && binary.err.contains("b: this is an ELF program"),
        "{binary:?}"
    );
    let binary = home.cat(&["b", "a.log"]);
    assert!(binary.code == Some(3) && binary.text() == text, "{binary:?}");
}

#[test]
fn a_file_that_may_not_be_read() {
    let home = Home::new();
    home.file("a.log", TEXT);
    std::fs::set_permissions(home.path("a.log"), std::os::unix::fs::PermissionsExt::from_mode(0o000)).unwrap();
    if std::fs::File::open(home.path("a.log")).is_ok() {
        // The superuser may read everything.
        return;
    }
    is(
        &home.cat(&["a.log"]),
        1,
        "",
        "warning: a.log: permission denied: run logdeck as a user who may read it (see: ls -l)\n",
    );
}

/// Text that does not compress well, so that a cut falls into its middle.
fn long_text() -> String {
    let mut n = 12345_u64;
    let mut line = || {
        n = n.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        format!("{n:016x}\n")
    };
    (0..60_000).map(|_| line()).collect()
}

#[test]
fn of_a_truncated_file_what_came_is_shown() {
    let text = long_text();
    let zstd = zstd::encode_all(text.as_bytes(), 3).unwrap();
    for (name, bytes) in [("a.gz", gzip(text.as_bytes())), ("a.zst", zstd), ("a.bz2", bzip2(text.as_bytes()))] {
        let home = Home::new();
        let half = &bytes[..bytes.len() / 2];
        home.file(name, half).file("b.log", "other\n");
        let file = home.cat(&[name]);
        let pipe = home.pipe(&[], half);
        for ran in [&file, &pipe] {
            assert_eq!(ran.code, Some(3), "{name}: {}", ran.err);
            assert!(ran.out.len() > 100_000 && text.starts_with(ran.text().trim_end()), "{name}: {}", ran.out.len());
            assert!(ran.err.contains("truncated: the file ends in the middle; what was there is shown"), "{}", ran.err);
        }
        let count: usize = home.cat(&[name, "--count"]).text().trim().parse().unwrap();
        assert_eq!(count, file.text().lines().count());
        let merged = home.cat(&[name, "b.log"]);
        assert!(merged.code == Some(3) && merged.err.contains("truncated"), "{}", merged.err);
        assert_eq!(merged.text().lines().count(), count + 1);
    }
}

#[test]
fn damage_behind_the_text_is_said() {
    let home = Home::new();
    let mut damaged = gzip(long_text().as_bytes());
    let at = damaged.len() / 2;
    damaged[at..at + 64].fill(0xAA);
    let ran = home.file("a.gz", &damaged).cat(&["a.gz", "--count"]);
    assert!(ran.code == Some(3) && ran.err.contains("a.gz: damaged: "), "{ran:?}");
    let ran = home.file("b.gz", [gzip(TEXT), b"garbage".to_vec()].concat()).cat(&["b.gz"]);
    assert!(ran.code == Some(3) && ran.text() == "first line\nsecond line\n", "{ran:?}");
    assert!(ran.err.contains("what follows the end of the compressed data is no gzip"), "{ran:?}");
}

#[test]
fn line_endings_and_byte_order_marks() {
    assert_eq!(text_of(b"one\r\ntwo\r\n"), "one\ntwo\n");
    assert_eq!(text_of(b"\xef\xbb\xbf{\"level\":\"error\",\"msg\":\"one\"}\r\ntwo"), "ERR one\ntwo\n");
    let home = Home::new();
    let with_mark = b"\xef\xbb\xbfone\r\ntwo\r\nthree";
    home.file("a.log", with_mark);
    assert_eq!(home.cat(&["a.log", "--format", "raw"]).out, with_mark);
    assert_eq!(home.pipe(&["--format", "raw"], with_mark).out, with_mark);
    assert_eq!(home.cat(&["a.log", "--format", "raw", "--grep", "two"]).out, b"two\r\n");
    assert_eq!(home.cat(&["a.log", "--count", "--severity", "trace"]).text(), "0\n");
    let raw: Vec<_> =
        home.cat(&["a.log", "--format", "json"]).json().iter().map(|r| r["raw"].as_str().unwrap().to_owned()).collect();
    assert_eq!(raw, ["one", "two", "three"]);
}

#[test]
fn utf16_with_a_mark() {
    let units = |big: bool| -> Vec<u8> {
        "\u{feff}error: Käse \u{1f600}\r\nnext line\r\n"
            .encode_utf16()
            .flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() })
            .collect()
    };
    for big in [false, true] {
        let home = Home::new();
        let expected = "ERR error: Käse \u{1f600}\nnext line\n";
        is(&home.file("a.log", units(big)).cat(&["a.log"]), 0, expected, "");
        is(&home.pipe(&[], &units(big)), 0, expected, "");
    }
}

#[test]
fn a_record_of_many_lines_is_one_record() {
    let text = "2025-01-02 15:04:05,123 ERROR root: boom\nTraceback (most recent call last):\n  File \"a.py\", line 1\nValueError: bad\n2025-01-02 15:04:06,123 INFO root: fine\n";
    assert_eq!(
        text_of(text.as_bytes()),
        "2025-01-02T15:04:05.123Z ERR boom\n    | Traceback (most recent call last):\n    |   File \"a.py\", line 1\n    | ValueError: bad\n2025-01-02T15:04:06.123Z INF fine\n"
    );
    let home = Home::new();
    let messages = home.pipe(&["--format", "json"], text.as_bytes()).messages();
    assert_eq!(messages[0], "boom\nTraceback (most recent call last):\n  File \"a.py\", line 1\nValueError: bad");
    assert_eq!(messages.len(), 2);
    // The text that a filter finds may stand in any line; all of the record comes.
    let raw = home.pipe(&["--format", "raw", "--grep", "ValueError"], text.as_bytes());
    assert_eq!(raw.text(), text.rsplit_once("2025").unwrap().0);
}

#[test]
fn a_reader_that_goes_away_ends_it_well() {
    let home = Home::new();
    home.file("a.log", "a line of text\n".repeat(500_000)).file("b.log", "other line\n");
    for args in [&["a.log"][..], &["a.log", "--format", "json"], &["a.log", "b.log"], &["a.log", "--follow"]] {
        let mut child = home.command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut first = [0; 20];
        child.stdout.take().unwrap().read_exact(&mut first).unwrap();
        let ran = Ran::of(child.wait_with_output().unwrap());
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{args:?}");
    }
}

#[test]
fn statistics_tell_what_was_read() {
    let home = Home::new();
    let text = "error: one\n    at f (a:1)\ntwo\n";
    home.file("a.log", text).file("a.gz", gzip(text.as_bytes())).file("b.log", "three\n");
    for args in [&["a.log"][..], &["a.gz"], &["a.log", "--count"], &["a.log", "--follow"]] {
        if args.contains(&"--follow") {
            continue;
        }
        let ran = home.cat(&[args, &["--stats"]].concat());
        let stats = ["bytes", "lines", "records", "temporary"].map(|name| ran.stat(name));
        assert_eq!(stats, [text.len() as u64, 3, 2, 0], "{args:?}");
    }
    let ran = home.cat(&["a.log", "b.log", "--stats"]);
    assert_eq!(["bytes", "lines", "records"].map(|name| ran.stat(name)), [text.len() as u64 + 6, 4, 3]);
}
