//! Runs `logdeck extract` of the real binary, and makes the logs that it reads.

use std::io::{Cursor, Write};
use std::process::{Command, Stdio};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

#[path = "../cat/support.rs"]
mod cat;

pub(crate) use cat::{Home, Ran};

/// The binary with `extract` and these words.
pub(crate) fn command(home: &Home, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_logdeck"));
    command.env_clear().env("HOME", home.dir()).env("TZ", "UTC").env("TMPDIR", home.dir()).current_dir(home.dir());
    command.stdin(Stdio::null()).arg("extract").args(args);
    command
}

pub(crate) fn extract(home: &Home, args: &[&str]) -> Ran {
    Ran::of(command(home, args).output().unwrap())
}

/// With these bytes on standard input, through a pipe.
pub(crate) fn pipe(home: &Home, args: &[&str], input: &[u8]) -> Ran {
    let mut command = command(home, args);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    std::thread::scope(|scope| {
        // The process may end before it has read everything.
        scope.spawn(move || stdin.write_all(input));
        Ran::of(child.wait_with_output().unwrap())
    })
}

/// The text of a GitHub job: each line with its time, a second apart.
pub(crate) fn job(lines: &[&str]) -> String {
    let time = |n: usize| format!("2026-11-21T10:{:02}:{:02}.1234567Z", n / 60, n % 60);
    lines.iter().enumerate().map(|(n, line)| format!("{} {line}\n", time(n))).collect::<Vec<_>>().concat()
}

/// A job that fails in its second step: line 7 says why, line 9 that it did.
pub(crate) fn red() -> String {
    job(&[
        "##[group]Run actions/checkout@v4",
        "##[endgroup]",
        "##[group]Run cargo build",
        "shell: /usr/bin/bash -e {0}",
        "##[endgroup]",
        "   Compiling shop v0.1.0 (/home/runner/work/shop/shop)",
        "error[E0425]: cannot find value `prize` in this scope",
        " --> src/lib.rs:2:5",
        "##[error]Process completed with exit code 101.",
    ])
}

/// The same job, which passes.
pub(crate) fn green() -> String {
    job(&[
        "##[group]Run actions/checkout@v4",
        "##[endgroup]",
        "##[group]Run cargo build",
        "shell: /usr/bin/bash -e {0}",
        "##[endgroup]",
        "   Compiling shop v0.1.0 (/home/runner/work/shop/shop)",
        "    Finished `dev` profile [unoptimized + debuginfo] target(s) in 1.23s",
    ])
}

pub(crate) fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    zip_by(CompressionMethod::Deflated, entries)
}

pub(crate) fn zip_by(method: CompressionMethod, entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in entries {
        writer.start_file(*name, SimpleFileOptions::default().compression_method(method)).unwrap();
        writer.write_all(text).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

pub(crate) fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// All lines of a log's blocks in JSON, with their numbers.
pub(crate) fn shown(log: &serde_json::Value) -> Vec<(u64, String)> {
    let mut all = Vec::new();
    for block in log["blocks"].as_array().unwrap() {
        let (start, end) = (block["start"].as_u64().unwrap(), block["end"].as_u64().unwrap());
        let lines = block["lines"].as_array().unwrap();
        assert_eq!(lines.len() as u64, end - start + 1, "{block}");
        all.extend((start..).zip(lines.iter().map(|line| line.as_str().unwrap().to_owned())));
    }
    all
}

/// The logs' names in JSON.
pub(crate) fn names(ran: &Ran) -> Vec<String> {
    ran.json().iter().map(|log| log["log"].as_str().unwrap().to_owned()).collect()
}

/// That line 7 of [`red`] is shown, as its cause.
pub(crate) fn has_cause(log: &serde_json::Value) {
    let shown = shown(log);
    assert!(shown.iter().any(|(n, line)| *n == 7 && line.contains("error[E0425]")), "{log}");
}
