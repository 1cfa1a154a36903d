//! Logs that are unlike logs.

use super::support::{Home, extract, has_cause, job, pipe, red, shown};
use std::io::Write;
use std::process::Stdio;

fn json(home: &Home, name: &str) -> serde_json::Value {
    let ran = extract(home, &[name, "--format", "json"]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{name}");
    ran.json().remove(0)
}

#[test]
fn an_empty_job() {
    let home = Home::new();
    home.file("a.log", "");
    let log = json(&home, "a.log");
    assert_eq!((log["lines"].as_u64(), log["blocks"].as_array().map(Vec::len)), (Some(0), Some(0)));
    assert_eq!(extract(&home, &["a.log"]).text(), "empty  a.log\n");
    assert_eq!(extract(&home, &["a.log", "--format", "markdown"]).text(), "1 log: 1 empty.\n");
    assert_eq!(pipe(&home, &[], b"").text(), "empty  standard input\n");
}

#[test]
fn a_log_that_says_nothing() {
    let home = Home::new();
    home.file("a.log", "one\ntwo\n").file("b.log", "three\n");
    let one = extract(&home, &["a.log"]);
    assert!(one.code == Some(0) && one.text().starts_with("no failure  a.log  2 lines"), "{}", one.text());
    let two = extract(&home, &["a.log", "b.log"]);
    let expected = "no failure  a.log  2 lines\nno failure  b.log  1 line\n\n2 logs: 2 no failure\n";
    assert!(two.code == Some(0) && two.text().starts_with(expected), "{}", two.text());
    assert!(two.text().ends_with("Name a log alone to see what comes nearest to a failure in it.\n"));
}

#[test]
fn a_line_without_end() {
    let home = Home::new();
    let mut child = super::support::command(&home, &["--stats"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(b"error: ").unwrap();
    let block = vec![b'y'; 1 << 20];
    for _ in 0..80 {
        stdin.write_all(&block).unwrap();
    }
    drop(stdin);
    let ran = super::support::Ran::of(child.wait_with_output().unwrap());
    assert_eq!((ran.code, ran.stat("lines"), ran.stat("bytes")), (Some(0), 1, (80 << 20) + 7), "{}", ran.err);
    assert!(ran.out.len() < 4000, "{}", ran.out.len());
    // It takes little more than a short line does.
    let short = pipe(&home, &["--stats"], b"error: y\n");
    assert!(ran.stat("peak memory") < short.stat("peak memory") + (12 << 20), "{} {}", ran.err, short.err);
}

#[test]
fn a_long_line_in_the_middle_is_cut_and_the_rest_is_found() {
    let home = Home::new();
    home.file("a.log", format!("{}\n{}", "x".repeat(3_000_000), red()));
    let log = json(&home, "a.log");
    assert_eq!(log["lines"], 10);
    assert!(shown(&log).iter().any(|(n, line)| *n == 8 && line.contains("error[E0425]")), "{log}");
    assert!(shown(&log).iter().all(|(_, line)| line.len() <= 64 << 10));
}

#[test]
fn line_endings_of_windows() {
    let home = Home::new();
    home.file("a.log", red().replace('\n', "\r\n"));
    let log = json(&home, "a.log");
    has_cause(&log);
    assert!(shown(&log).iter().all(|(_, line)| !line.contains('\r')), "{log}");
    assert!(!extract(&home, &["a.log"]).text().contains('\r'));
}

#[test]
fn utf16_with_a_mark() {
    let text = format!("\u{feff}{}", red().replace('\n', "\r\n"));
    let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    for bytes in [little, big] {
        let home = Home::new();
        has_cause(&json(home.file("a.log", &bytes), "a.log"));
        has_cause(&pipe(&home, &["--format", "json"], &bytes).json()[0]);
    }
}

#[test]
fn a_clock_that_goes_backwards() {
    let home = Home::new();
    let lines: Vec<_> = red().lines().map(str::to_owned).collect();
    // The last line is the oldest.
    let back: Vec<_> =
        lines.iter().enumerate().map(|(n, line)| format!("2026-11-2{}{}\n", 9 - n, &line[10..])).collect();
    let back = back.concat();
    home.file("a.log", back);
    let log = json(&home, "a.log");
    has_cause(&log);
    let by_time = extract(&home, &["a.log", "--format", "json", "--order", "time"]);
    let starts: Vec<_> =
        by_time.json()[0]["blocks"].as_array().unwrap().iter().map(|block| block["start"].as_u64()).collect();
    assert!(starts.is_sorted(), "lines keep their order: {starts:?}");
}

#[test]
fn bytes_that_are_no_text() {
    let home = Home::new();
    let mut bytes = b"caf\xe9 error: \xff\xfe boom\n".to_vec();
    bytes.extend(job(&["##[error]Process completed with exit code 2."]).bytes());
    home.file("a.log", &bytes);
    let log = json(&home, "a.log");
    assert!(shown(&log).iter().any(|(n, line)| *n == 1 && line.contains("caf\u{fffd} error: ")), "{log}");
}
