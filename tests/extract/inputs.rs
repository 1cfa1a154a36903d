//! Files, directories, compressed files, standard input; exit codes.

use super::support::{Home, command, extract, green, gzip, has_cause, names, pipe, red, zip};
use std::fs::File;
use std::io::Read;
use std::process::Stdio;

const JSON: [&str; 2] = ["--format", "json"];

#[test]
fn every_compression_from_a_file_and_from_a_pipe() {
    let text = red();
    let bzip2 = {
        let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
        std::io::Write::write_all(&mut encoder, text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    let zstd = zstd::encode_all(text.as_bytes(), 3).unwrap();
    for (name, bytes) in
        [("a.log", text.clone().into_bytes()), ("a.gz", gzip(text.as_bytes())), ("a.bz2", bzip2), ("a.zst", zstd)]
    {
        let home = Home::new();
        home.file(name, &bytes);
        let logs = extract(&home, &[&[name], &JSON[..]].concat());
        let piped = pipe(&home, &JSON, &bytes);
        let dash = pipe(&home, &[&["-"], &JSON[..]].concat(), &bytes);
        for (ran, log) in [(logs, name), (piped, "standard input"), (dash, "standard input")] {
            assert_eq!((ran.code, ran.err.as_str(), names(&ran)), (Some(0), "", vec![log.to_owned()]));
            let log = &ran.json()[0];
            assert_eq!((&log["lines"], &log["verdict"]), (&9.into(), &"failed".into()), "{name}");
            has_cause(log);
        }
    }
}

#[test]
fn a_zip_through_a_pipe_is_kept_and_read() {
    let bytes = zip(&[("0_build.txt", red().as_bytes()), ("1_lint.txt", green().as_bytes())]);
    let home = Home::new();
    let ran = pipe(&home, &["-", "--format", "json", "--stats"], &bytes);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert_eq!(names(&ran), ["standard input!0_build.txt", "standard input!1_lint.txt"]);
    assert_eq!(ran.stat("temporary"), bytes.len() as u64);
    assert_eq!(std::fs::read_dir(home.dir()).unwrap().count(), 0, "nothing is left");
    // Redirected from a file, it is read where it is.
    home.file("a.zip", &bytes);
    let stdin = File::open(home.path("a.zip")).unwrap();
    let output = command(&home, &["--format", "json", "--stats"]).stdin(stdin).output().unwrap();
    let ran = super::support::Ran::of(output);
    assert_eq!((ran.code, ran.json().len(), ran.stat("temporary")), (Some(0), 2, 0), "{}", ran.err);
    // Broken off: what is left of it cannot be read without its end.
    let ran = pipe(&home, &["-"], &bytes[..bytes.len() - 10]);
    assert!(ran.code == Some(1) && ran.err.contains("its end is missing"), "{ran:?}");
}

#[test]
fn logs_come_in_the_order_of_the_inputs_whatever_the_threads() {
    let home = Home::new();
    std::fs::create_dir(home.path("d")).unwrap();
    let long = format!("{}{}", "a quiet line of a long log\n".repeat(100_000), red());
    home.file("d/0.log", &long);
    for n in 1..60 {
        home.file(&format!("d/{n:02}.log"), red());
    }
    home.file("z.log", red());
    let one = extract(&home, &["z.log", "d", "--format", "json", "--jobs", "1"]);
    assert_eq!((names(&one)[0].as_str(), names(&one).len()), ("z.log", 61));
    assert_eq!(one.json()[1]["lines"], 100_009);
    for jobs in ["2", "8", "64"] {
        for format in ["text", "json", "markdown"] {
            let args = |jobs| ["z.log", "d", "--format", format, "--jobs", jobs];
            assert_eq!(extract(&home, &args(jobs)).text(), extract(&home, &args("1")).text(), "{jobs} {format}");
        }
    }
}

#[test]
fn globs_and_what_is_not_there() {
    let home = Home::new();
    home.file("a.log", red()).file("b.log", green()).file("c.bin", b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0");
    assert_eq!(names(&extract(&home, &["*.log", "--format", "json"])), ["a.log", "b.log"]);
    let check = |args: &[&str], code: i32, expected: &str| {
        let ran = extract(&home, args);
        assert!(ran.code == Some(code) && ran.err.contains(expected), "{args:?}: {ran:?}");
    };
    check(&["none.log"], 1, "warning: none.log: no such file or directory");
    check(&["none.log", "a.log"], 3, "warning: none.log: no such file or directory");
    check(&["c.bin"], 1, "an ELF program");
    check(&["*.none"], 1, "no file fits this pattern");
    check(&["pods:default"], 2, "pods:default: `extract` reads files, standard input, github: and gitlab:");
    check(&["-", "a.log", "-"], 2, "standard input can be named once");
    check(&["--jobs", "0", "a.log"], 2, "1..=64");
    check(&["a.log", "b.log"], 0, "");
}

#[test]
fn a_reader_that_goes_away_ends_it_well() {
    let home = Home::new();
    let red = red();
    let entries: Vec<(String, &[u8])> = (0..3000).map(|n| (format!("{n}_job {n}.txt"), red.as_bytes())).collect();
    let entries: Vec<(&str, &[u8])> = entries.iter().map(|(name, text)| (name.as_str(), *text)).collect();
    home.file("a.zip", zip(&entries));
    for format in ["text", "json"] {
        let mut child = command(&home, &["a.zip", "--format", format])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdout.take().unwrap().read_exact(&mut [0; 10]).unwrap();
        let ran = super::support::Ran::of(child.wait_with_output().unwrap());
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{format}");
    }
}

#[test]
fn statistics_tell_what_was_read() {
    let home = Home::new();
    home.file("a.log", red()).file("b.gz", gzip(green().as_bytes()));
    let ran = extract(&home, &["a.log", "b.gz", "--stats"]);
    assert_eq!((ran.stat("bytes"), ran.stat("lines")), ((red().len() + green().len()) as u64, 16));
}

#[test]
fn a_log_is_printed_before_the_next_one_is_read() {
    let home = Home::new();
    home.file("a.log", red());
    let mut child = command(&home, &["a.log", "-", "--format", "json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // Enough to tell that it is no archive.
    std::io::Write::write_all(&mut stdin, b"a first line\n").unwrap();
    let mut first = [0; 14];
    child.stdout.as_mut().unwrap().read_exact(&mut first).unwrap();
    assert_eq!(&first, b"{\"log\":\"a.log\"");
    drop(stdin);
    let mut rest = String::new();
    child.stdout.take().unwrap().read_to_string(&mut rest).unwrap();
    assert!(rest.contains("{\"log\":\"standard input\",\"lines\":1,"), "{rest}");
    assert!(child.wait().unwrap().success());
}
