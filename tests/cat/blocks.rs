//! Large inputs are read in blocks by several threads: the same records come, whatever the way in.

use super::support::Home;
use proptest::prelude::*;
use std::fmt::Write;

/// The ways in: parts of a file, blocks of a pipe, and one reader that merges; and the counts.
fn check(text: &[u8]) {
    let home = Home::new();
    home.file("a.log", text).file("empty.log", "");
    let json = |args: &[&str], input: Option<&[u8]>| {
        let args = [args, &["--format", "json"]].concat();
        let ran = input.map_or_else(|| home.cat(&args), |input| home.pipe(&args, input));
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
        let mut records = ran.json();
        for record in &mut records {
            record.as_object_mut().unwrap().remove("origin");
        }
        records
    };
    let file = json(&["a.log"], None);
    same(&file, &json(&[], Some(text)), "pipe");
    let without = |mut records: Vec<serde_json::Value>, keys: &[&str]| {
        for record in &mut records {
            record.as_object_mut().unwrap().retain(|key, _| !keys.contains(&key.as_str()));
        }
        records
    };
    // One thread; nothing here is a secret, but lines in pieces are shown joined.
    let apart = ["fields", "raw"];
    let redacted = json(&["a.log", "--redact"], None);
    same(&without(file.clone(), &apart), &without(redacted, &apart), "one thread");
    // The merging reader learns a stream's format as it goes, the others from its beginning; it has no carriage returns.
    let apart = ["parse", "raw"];
    let merged = json(&["a.log", "empty.log"], None);
    same(&without(file, &apart), &without(merged, &apart), "merged");
    assert_eq!(home.cat(&["a.log", "--format", "raw"]).out, text);
    assert_eq!(home.pipe(&["--format", "raw"], text).out, text);
    for filter in [&[][..], &["--severity", "error"], &["--grep", "boom|GET"], &["--since", "2025-01-02T15:30:00Z"]] {
        let printed = json(&[&["a.log"], filter].concat(), None).len();
        for (args, input) in [(&["a.log"][..], None), (&[][..], Some(text)), (&["a.log", "empty.log"][..], None)] {
            let args = [args, filter, &["--count"]].concat();
            let ran = input.map_or_else(|| home.cat(&args), |input| home.pipe(&args, input));
            assert_eq!(ran.text(), format!("{printed}\n"), "{args:?}");
        }
        let args = [&["a.log", "empty.log"], filter].concat();
        assert_eq!(json(&args, None).len(), printed, "{args:?}");
    }
}

fn same(left: &[serde_json::Value], right: &[serde_json::Value], what: &str) {
    for (n, (left, right)) in left.iter().zip(right).enumerate() {
        assert!(left == right, "{what}, record {n}:\n{left:#}\n{right:#}");
    }
    assert_eq!(left.len(), right.len(), "{what}");
}

fn clock(n: usize) -> String {
    format!("2025-01-02T15:{:02}:{:02}.{:03}", n / 1000 % 60, n / 17 % 60, n % 1000)
}

fn lines(bytes: usize, mut line: impl FnMut(usize, &mut String)) -> Vec<u8> {
    let mut text = String::with_capacity(bytes + 4096);
    let mut n = 0;
    while text.len() < bytes {
        line(n, &mut text);
        n += 1;
    }
    text.into_bytes()
}

const SIZE: usize = 2 << 20;

#[test]
fn json_lines() {
    check(&lines(SIZE, |n, text| {
        let level = ["info", "warn", "error", "debug"][n % 7 % 4];
        let _ = writeln!(
            text,
            r#"{{"time":"{}Z","level":"{level}","msg":"boom {n}","path":"/{}"}}"#,
            clock(n),
            "x".repeat(n % 211)
        );
    }));
}

#[test]
fn stack_traces_of_java_behind_headers() {
    check(&lines(SIZE, |n, text| {
        let _ = writeln!(text, "{} ERROR [main] com.acme.Api - boom {n}", clock(n).replace('T', " ").replace('.', ","));
        let _ = writeln!(text, "java.lang.IllegalStateException: state {n}");
        for frame in 0..n % 60 {
            let _ = writeln!(text, "\tat com.acme.Api.call{frame}(Api.java:{n})");
        }
        let _ = writeln!(text, "Caused by: java.io.IOException: disk\n\t... 12 more");
        let _ = writeln!(text, "{} INFO [main] com.acme.Api - fine", clock(n).replace('T', " ").replace('.', ","));
    }));
}

#[test]
fn tracebacks_among_plain_text() {
    check(&lines(SIZE, |n, text| {
        for line in 0..n % 13 {
            let _ = writeln!(text, "step {line} of run {n} goes well");
        }
        let _ = writeln!(text, "Traceback (most recent call last):");
        for frame in 0..n % 40 {
            let _ = writeln!(text, "  File \"/app/{frame}.py\", line {n}, in call\n    call({frame})");
        }
        let _ = writeln!(text, "ValueError: boom {n}\n");
        let _ =
            writeln!(text, "panic: boom\n\ngoroutine {n} [running]:\nmain.main()\n\t/a/main.go:3 +0x1d\nexit status 2");
        let _ =
            writeln!(text, "thread 'main' panicked at src/main.rs:1:1:\nboom {n}\nnote: run with `RUST_BACKTRACE=1`");
    }));
}

#[test]
fn pieces_of_container_lines() {
    check(&lines(SIZE, |n, text| {
        for piece in 0..n % 5 {
            let _ = writeln!(
                text,
                "{}000000Z stdout P {{\"level\":\"error\",\"part\":\"{}\",",
                clock(n),
                "p".repeat(piece * 97)
            );
        }
        let _ = writeln!(text, "{}000000Z stderr F end of boom {n}", clock(n));
        if n % 3 == 0 {
            let _ = writeln!(text, "{}000000Z stdout F   indented {n}", clock(n));
        }
    }));
}

#[test]
fn lines_of_a_build_with_crlf() {
    check(&lines(SIZE, |n, text| {
        let _ = write!(text, "{}0000Z error: boom {n}\r\n", clock(n));
        for frame in 0..n % 9 {
            let _ = write!(text, "{}0000Z     at call ({frame}.js:{n}:1)\r\n", clock(n));
        }
        let _ = write!(text, "{}0000Z \r\n", clock(n));
    }));
}

#[test]
fn lines_that_are_too_long() {
    check(&lines(SIZE, |n, text| {
        let _ = writeln!(text, "short line {n}\nanother short line\nand a third one");
        if n % 50 == 7 {
            let _ = writeln!(text, "boom {}", "x".repeat((n % 5 + 1) * 65_000));
        }
    }));
    let mut huge = b"first line here\n".repeat(100);
    huge.extend(vec![b'x'; 3 << 20]);
    huge.extend(b"\n2025-01-02T15:45:00Z error: behind it\nlast line\n".repeat(50));
    check(&huge);
}

#[test]
fn a_file_without_its_last_newline() {
    check(b"error: one\n    at f (a:1)\ntwo");
    check(&[b"a line of some text\n".repeat(40_000), b"the end".to_vec()].concat());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    /// What streams are made of, in any order, often enough to cross the borders of blocks.
    #[test]
    fn any_stream_gives_the_same_records(
        parts in prop::collection::vec((prop::sample::select(PARTS.to_vec()), 1..400_usize, 0..90_usize), 1..40),
        crlf in any::<bool>(),
    ) {
        let mut text = String::new();
        for (part, times, width) in parts {
            for n in 0..times {
                text.push_str(&part.replace("{n}", &n.to_string()).replace("{w}", &"w".repeat(width)).replace("{t}", &clock(n)));
            }
        }
        if crlf {
            text = text.replace('\n', "\r\n");
        }
        check(text.as_bytes());
    }
}

const PARTS: [&str; 16] = [
    "{\"time\":\"{t}Z\",\"level\":\"error\",\"msg\":\"{w} {n}\"}\n",
    "{\"level\":\"info\",\"msg\":\"GET {n}\",\"a\":{\"b\":[1,2,{\"c\":\"{w}\"}]}}\n",
    "{\"level\":\"error\",\"ms\n",
    "plain text {w} number {n}\n",
    "{w}\n",
    "error: boom {n} {w}\n",
    "    at call (a.js:{n}:1)\n",
    "Traceback (most recent call last):\n  File \"{w}\", line {n}\nKeyError: {n}\n",
    "2025-01-02 15:04:05,123 ERROR [main] a.B - boom {w}\njava.lang.Error: x\n\tat a.B.c(B.java:{n})\n",
    "{t}000000Z stdout P piece {w}\n{t}000000Z stdout F end {n}\n",
    "{t}0000Z ##[error]boom {n} {w}\n",
    "level=warn msg=\"{w}\" n={n}\n",
    "I0102 15:04:05.123456 1 a.go:{n}] {w}\n  more {n}\n",
    "thread 'main' panicked at src/{w}.rs:1:1:\nmessage {n} of it\nnote: x\n",
    "\n",
    "-----BEGIN CERTIFICATE-----\nMIIEow{w}\n-----END CERTIFICATE-----\n",
];
