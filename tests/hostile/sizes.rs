//! Lines without end, JSON without bottom: bounded.

use super::support::{Home, records_of, text_of};
use std::io::Write;
use std::process::Stdio;

/// The most resident memory of any of these runs.
const MOST_MEMORY: u64 = 64 << 20;
/// The bytes of a record that are held.
const HELD: usize = 64 << 10;
const LONG: usize = 100_000_000;

#[test]
fn a_line_of_100_megabytes_is_cut() {
    let home = Home::new();
    home.file("a.log", [vec![b'x'; LONG], b"\nnext line\n".to_vec()].concat()).file("b.log", "other\n");
    let cut = format!("{} +{} bytes\nnext line\n", "x".repeat(HELD), LONG - HELD);
    let ran = home.cat(&["a.log", "--stats"]);
    assert!(ran.text() == cut, "{} bytes", ran.out.len());
    assert_eq!((ran.stat("records"), ran.stat("bytes")), (2, LONG as u64 + 11));
    assert!(ran.stat("peak memory") < MOST_MEMORY, "{}", ran.err);

    let ran = home.cat(&["a.log", "--stats", "--format", "json"]);
    let records = ran.json();
    assert_eq!((records.len(), &records[0]["cut_bytes"]), (2, &(LONG - HELD).into()));
    assert_eq!(records[0]["raw"].as_str().unwrap().len(), HELD);
    assert!(ran.stat("peak memory") < MOST_MEMORY, "{}", ran.err);

    let ran = home.cat(&["a.log", "--stats", "--format", "raw"]);
    assert!(ran.out.len() == LONG + 11 && ran.out.ends_with(b"x\nnext line\n"));
    assert!(ran.stat("peak memory") < MOST_MEMORY, "{}", ran.err);

    let ran = home.cat(&["a.log", "b.log", "--stats", "--grep", "x|t"]);
    assert!(ran.text().ends_with(&format!("x +{} bytes\na.log  next line\nb.log  other\n", LONG - HELD)));
    assert!(ran.stat("peak memory") < MOST_MEMORY, "{}", ran.err);
}

#[test]
fn a_line_without_end_is_cut() {
    let home = Home::new();
    for args in [&["--stats"][..], &["--stats", "-", "--count"], &["--stats", "--follow"]] {
        let mut child =
            home.command(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let block = vec![b'y'; 1 << 20];
        for _ in 0..80 {
            stdin.write_all(&block).unwrap();
        }
        drop(stdin);
        let output = child.wait_with_output().unwrap();
        let ran = super::support::Ran::of(output);
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        if args.contains(&"--count") {
            assert_eq!(ran.text(), "1\n");
        } else {
            assert!(ran.text() == format!("{} +{} bytes\n", "y".repeat(HELD), (80 << 20) - HELD), "{}", ran.out.len());
        }
        assert!(ran.stat("peak memory") < MOST_MEMORY, "{args:?}: {}", ran.err);
    }
}

#[test]
fn json_of_100_000_levels_is_text() {
    let objects = format!("{}1{}", "{\"a\":".repeat(10_000), "}".repeat(10_000));
    let arrays = format!("{{\"level\":\"error\",\"a\":{}{}}}", "[".repeat(30_000), "]".repeat(30_000));
    let huge = format!("{}1{}", "{\"a\":".repeat(100_000), "}".repeat(100_000));
    let text = text_of(format!("{objects}\n{arrays}\n{huge}\nnext line\n").as_bytes());
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 4);
    assert_eq!(lines[0], objects);
    assert_eq!(lines[1], format!("ERR {arrays}"));
    assert_eq!(lines[2], format!("{} +{} bytes", &huge[..HELD], huge.len() - HELD));
    assert_eq!(lines[3], "next line");
    let records = records_of(format!("{objects}\n{arrays}\n{huge}\n").as_bytes());
    assert!(records.iter().all(|record| record["parse"] == "failed"));
    assert_eq!(records[0]["raw"], *objects);
}

#[test]
fn json_within_the_bound_stays_json() {
    let value = "[".repeat(120) + &"]".repeat(120);
    let nested = format!("{{\"level\":\"error\",\"msg\":\"m\",\"a\":{value}}}");
    assert_eq!(text_of(nested.as_bytes()), format!("ERR m  a={}...\n", &value[..200]));
}

#[test]
fn the_first_of_equal_keys_counts() {
    let line =
        br#"{"level":"error","msg":"first","level":"info","msg":"second","time":"2025-01-02T15:04:05Z","time":1}"#;
    assert_eq!(text_of(line), "2025-01-02T15:04:05.000Z ERR first\n");
    let many = format!("{{{}\"msg\":\"m\"}}", "\"level\":\"warn\",".repeat(3000));
    assert_eq!(text_of(many.as_bytes()), "WRN m\n");
}

#[test]
fn huge_and_many_keys_are_bounded() {
    let huge = format!("{{\"{}\":1,\"level\":\"warn\",\"msg\":\"m\"}}", "k".repeat(60_000));
    assert_eq!(text_of(huge.as_bytes()), format!("WRN m  {}...=1\n", "k".repeat(64)));
    let keys: Vec<_> = (0..4000).map(|n| format!("\"k{n}\":{n}")).collect();
    let many = format!("{{{},\"level\":\"warn\",\"msg\":\"m\"}}\n", keys.join(","));
    let home = Home::new();
    assert_eq!(home.pipe(&["--count", "--where", "k1999=1999"], many.as_bytes()).text(), "1\n");
    assert_eq!(home.pipe(&["--count", "--where", "k2000=2000"], many.as_bytes()).text(), "0\n");
    let pairs: Vec<_> = (0..4000).map(|n| format!("k{n}={n}")).collect();
    let logfmt = format!("level=warn msg=m {}\n", pairs.join(" "));
    let text = text_of(logfmt.as_bytes());
    assert!(text.starts_with("WRN m  k0=0  k1=1") && text.len() < 1100, "{}", text.len());
    assert_eq!(home.pipe(&["--count", "--where", "k0=0"], logfmt.as_bytes()).text(), "1\n");
}
