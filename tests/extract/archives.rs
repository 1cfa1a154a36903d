//! Archives of runs, and archives that lie.

use super::support::{Home, extract, green, gzip, has_cause, names, red, zip, zip_by};
use std::io::{Cursor, Write};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

const JSON: [&str; 2] = ["--format", "json"];

fn json(home: &Home, name: &str) -> super::support::Ran {
    extract(home, &[&[name], &JSON[..]].concat())
}

#[test]
fn of_a_run_the_jobs_are_read_and_not_their_steps_once_more() {
    let home = Home::new();
    let (red, green) = (red(), green());
    let (red, green) = (red.as_bytes(), green.as_bytes());
    home.file(
        "run.zip",
        zip(&[
            ("0_build (ubuntu, 1.91).txt", red),
            ("build (ubuntu, 1.91)/1_Set up job.txt", green),
            ("build (ubuntu, 1.91)/2_Run cargo build.txt", red),
            ("build (ubuntu, 1.91)/system.txt", green),
            ("1_lint.txt", green),
        ]),
    );
    let ran = json(&home, "run.zip");
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    assert_eq!(names(&ran), ["run.zip!0_build (ubuntu, 1.91).txt", "run.zip!1_lint.txt"]);
    has_cause(&ran.json()[0]);
    // A step that is named is read.
    std::fs::create_dir_all(home.path("u/build")).unwrap();
    home.file("u/0_build.txt", red).file("u/build/1_Set up job.txt", green);
    assert_eq!(names(&json(&home, "u")), ["u/0_build.txt"]);
    assert_eq!(names(&json(&home, "u/build/1_Set up job.txt")), ["u/build/1_Set up job.txt"]);
}

#[test]
fn without_the_jobs_log_its_steps_are_read_under_their_names() {
    let home = Home::new();
    let failed = "error: boom\n##[error]Process completed with exit code 2.\n";
    home.file(
        "run.zip",
        zip(&[("b/1_Set up job.txt", green().as_bytes()), ("b/4_Run the tests.txt", failed.as_bytes())]),
    );
    let ran = json(&home, "run.zip");
    assert_eq!(names(&ran), ["run.zip!b/1_Set up job.txt", "run.zip!b/4_Run the tests.txt"]);
    let blocks = ran.json()[1]["blocks"].as_array().unwrap().clone();
    assert!(!blocks.is_empty() && blocks.iter().all(|block| block["step"] == "Run the tests"), "{blocks:?}");
    let text = extract(&home, &["run.zip"]);
    assert!(
        text.text().contains("failed  run.zip!b/4_Run the tests.txt  2 lines; failed: Run the tests\n"),
        "{}",
        text.text()
    );
}

#[test]
fn every_method_of_compression() {
    for method in
        [CompressionMethod::Stored, CompressionMethod::Deflated, CompressionMethod::Bzip2, CompressionMethod::Zstd]
    {
        let home = Home::new();
        home.file("a.zip", zip_by(method, &[("0_a.txt", red().as_bytes())]));
        has_cause(&json(&home, "a.zip").json()[0]);
    }
    // A log that was compressed before it was packed.
    let home = Home::new();
    home.file("a.zip", zip(&[("a.log.gz", &gzip(red().as_bytes()))]));
    has_cause(&json(&home, "a.zip").json()[0]);
}

#[test]
fn a_hundred_thousand_entries_and_one_more() {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for n in 0..=100_000 {
        writer.start_file(format!("{n}_job.txt"), options).unwrap();
        writer.write_all(b"a line\n").unwrap();
    }
    let home = Home::new();
    home.file("a.zip", writer.finish().unwrap().into_inner());
    let ran = extract(&home, &["a.zip", "--stats"]);
    assert!(ran.code == Some(3) && ran.err.contains("a.zip: only the first 100000 entries are read"), "{}", ran.err);
    assert!(ran.text().contains("100,000 logs: ") && ran.stat("lines") == 100_000, "{}", ran.text());
    assert!(ran.stat("peak memory") < 256 << 20, "{}", ran.err);
}

#[test]
fn names_that_are_not_utf8_and_names_that_come_twice() {
    let mut bytes =
        zip(&[("0_XX.txt", red().as_bytes()), ("1_a.txt", red().as_bytes()), ("1_b.txt", green().as_bytes())]);
    let replace = |bytes: &mut Vec<u8>, from: &[u8], to: &[u8]| {
        let places: Vec<_> = memchr::memmem::find_iter(bytes, from).collect();
        assert_eq!(places.len(), 2);
        for at in places {
            bytes[at..at + to.len()].copy_from_slice(to);
        }
    };
    replace(&mut bytes, b"0_XX.txt", b"0_\xe9\x1b.txt");
    replace(&mut bytes, b"1_b.txt", b"1_a.txt");
    let home = Home::new();
    let ran = json(home.file("a.zip", &bytes), "a.zip");
    assert_eq!(names(&ran), ["a.zip!0_\u{fffd}\x1b.txt", "a.zip!1_a.txt", "a.zip!1_a.txt (2)"]);
    assert_eq!(
        (ran.code, ran.json()[1]["lines"].as_u64(), ran.json()[2]["lines"].as_u64()),
        (Some(0), Some(9), Some(7))
    );
    let text = extract(&home, &["a.zip"]);
    assert!(text.text().contains("a.zip!0_\u{fffd}<1B>.txt") && !text.text().contains('\x1b'), "{}", text.text());
}

#[test]
fn a_truncated_archive() {
    let home = Home::new();
    let bytes = zip(&[("0_a.txt", red().as_bytes())]);
    home.file("a.zip", &bytes[..bytes.len() - 30]).file("b.log", red());
    let ran = extract(&home, &["a.zip"]);
    assert!(ran.code == Some(1) && ran.err.contains("a.zip: not a usable zip archive: its end is missing"), "{ran:?}");
    let ran = extract(&home, &["a.zip", "b.log"]);
    assert!(ran.code == Some(3) && ran.text().contains("failed  b.log"), "{ran:?}");
}

#[test]
fn a_truncated_log_is_shown_as_far_as_it_goes() {
    let mut n = 12345_u64;
    let mut noise = || {
        n = n.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        format!("{n:016x}\n")
    };
    let text = red() + &(0..60_000).map(|_| noise()).collect::<String>();
    let bytes = gzip(text.as_bytes());
    let home = Home::new();
    home.file("a.gz", &bytes[..bytes.len() / 2]);
    let ran = json(&home, "a.gz");
    assert!(ran.code == Some(3) && ran.err.contains("warning: a.gz: truncated"), "{}", ran.err);
    has_cause(&ran.json()[0]);
    assert!(ran.json()[0]["problem"].as_str().unwrap().contains("truncated"));
    assert!(extract(&home, &["a.gz"]).text().contains("; not all of it could be read"));
}

/// Where the `n`-th record of the archive's directory begins.
fn central(bytes: &[u8], n: usize) -> usize {
    memchr::memmem::find_iter(bytes, b"PK\x01\x02").nth(n).unwrap()
}

#[test]
fn what_cannot_be_read_is_said_and_the_rest_is_shown() {
    let whole = zip(&[("bad.txt", b"error: some text\n"), ("good.txt", red().as_bytes())]);
    let at = central(&whole, 0);
    let check = |at: usize, value: &[u8], expected: &str| {
        let mut bytes = whole.clone();
        bytes[at..at + value.len()].copy_from_slice(value);
        let home = Home::new();
        let ran = json(home.file("a.zip", &bytes), "a.zip");
        assert!(ran.code == Some(3) && ran.err.contains(&format!("a.zip!bad.txt: {expected}")), "{}", ran.err);
        has_cause(ran.json().last().unwrap());
    };
    check(at + 8, &[1, 0], "encrypted; logdeck asks for no passwords");
    check(at + 10, &[14, 0], "unknown compression method 14");
    check(at + 16, &[1, 2, 3, 4], "damaged: the checksum (CRC) does not fit");
    check(at + 24, &[3, 0, 0, 0], "damaged: the archive says 3 bytes, and there are more");
    check(at + 42, &[2, 0, 0, 0], "damaged: its header is not where");
    // All of it encrypted.
    let home = Home::new();
    let mut bytes = zip(&[("a.txt", b"x\n")]);
    let at = central(&bytes, 0);
    bytes[at + 8] = 1;
    let ran = json(home.file("a.zip", &bytes), "a.zip");
    assert!(ran.code == Some(1) && ran.err.contains("a.zip!a.txt: encrypted"), "{ran:?}");
}

#[test]
fn sixty_four_bit_archives() {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file("0_a.txt", SimpleFileOptions::default().large_file(true)).unwrap();
    writer.write_all(red().as_bytes()).unwrap();
    let home = Home::new();
    let ran = json(home.file("a.zip", writer.finish().unwrap().into_inner()), "a.zip");
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    has_cause(&ran.json()[0]);
}

#[test]
fn what_is_no_text_in_an_archive_is_left_out_and_counted() {
    let home = Home::new();
    let image = b"\x89PNG\r\n\x1A\n\0\0";
    home.file("a.zip", zip(&[("a.png", image), ("b.png", image), ("0_a.txt", red().as_bytes())]));
    let ran = json(&home, "a.zip");
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), "a.zip: 2 files left out: no text\n"));
    assert_eq!(names(&ran), ["a.zip!0_a.txt"]);
}

#[test]
fn archives_in_archives_are_refused_and_said() {
    let home = Home::new();
    home.file("a.zip", zip(&[("in.zip", &zip(&[("deep.txt", red().as_bytes())])), ("0_a.txt", red().as_bytes())]));
    let ran = json(&home, "a.zip");
    assert!(ran.code == Some(3) && ran.err.contains("a.zip!in.zip: a zip archive inside zip is not opened"), "{ran:?}");
    assert_eq!(names(&ran), ["a.zip!0_a.txt"]);
}

#[test]
fn a_web_page_under_the_name_of_an_archive() {
    let home = Home::new();
    let page =
        "<!DOCTYPE html>\n<html><head><title>Sign in to\n the proxy</title></head><body>error: x</body></html>\n";
    home.file("a.zip", page).file("b.gz", "<html>").file("c.log", page).file("d.log", red());
    let ran = extract(&home, &["a.zip", "b.gz", "d.log"]);
    assert_eq!(ran.code, Some(3));
    assert!(
        ran.err.contains("a.zip: this is a web page (\"Sign in to the proxy\"), not an archive: log in"),
        "{}",
        ran.err
    );
    assert!(ran.err.contains("b.gz: this is a web page, not an archive"), "{}", ran.err);
    assert!(ran.text().contains("failed  d.log"));
    assert_eq!(extract(&home, &["a.zip"]).code, Some(1));
    // Under the name of a log it is text.
    assert_eq!(extract(&home, &["c.log"]).code, Some(0));
}

#[test]
fn entries_are_never_files() {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for name in ["../up.txt", "/abs.txt", "a/../../b.txt", "CON"] {
        writer.start_file(name, SimpleFileOptions::default()).unwrap();
        writer.write_all(red().as_bytes()).unwrap();
    }
    writer.add_symlink("link.txt", "/etc/passwd", SimpleFileOptions::default()).unwrap();
    let home = Home::new();
    std::fs::create_dir(home.path("in")).unwrap();
    home.file("in/a.zip", writer.finish().unwrap().into_inner());
    let ran = json(&home, "in/a.zip");
    assert_eq!((ran.code, ran.json().len()), (Some(0), 4), "{}", ran.err);
    assert!(ran.err.contains("1 symbolic link was left out") && !ran.text().contains("root:"), "{}", ran.err);
    let count = |dir| std::fs::read_dir(dir).unwrap().count();
    assert_eq!((count(home.path("in")), count(home.dir().to_owned())), (1, 1));
}
