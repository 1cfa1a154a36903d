//! Archives of CI logs, from the file to the screen: the first cause, its line in the whole log, a passing run beside it.

use crate::pty::{Session, logdeck};
use std::{
    fs,
    io::{Cursor, Write},
    path::{Path, PathBuf},
};
use tempfile::TempDir;
use zip::{ZipWriter, write::SimpleFileOptions};

const CAUSE: &str = "error[E0308]: mismatched types";

/// A job's log as GitHub writes it, of some hundred lines.
fn log(tail: &[&str]) -> String {
    let mut lines = vec!["##[group]Run actions/checkout@v4".to_owned(), "Fetching the repository".to_owned()];
    lines.extend([
        "##[endgroup]".to_owned(),
        "##[group]Run cargo build --locked".to_owned(),
        "##[endgroup]".to_owned(),
    ]);
    lines.extend((0..400).map(|n| format!("   Compiling crate-{n} v1.{n}.0")));
    lines.extend(tail.iter().map(|line| (*line).to_owned()));
    lines.push("Post job cleanup.".to_owned());
    let stamped = lines
        .iter()
        .enumerate()
        .map(|(n, line)| format!("2026-11-21T10:{:02}:{:02}.1234567Z {line}\n", n / 60, n % 60));
    stamped.collect()
}

const FAILED: &[&str] = &[
    "error[E0308]: mismatched types",
    "  --> src/pool.rs:41:9",
    "   |",
    "41 |         size",
    "   |         ^^^^ expected `u32`, found `usize`",
    "",
    "error: could not compile `pool` (lib) due to 1 previous error",
    "##[error]Process completed with exit code 101.",
];

/// A home directory, and an archive in it.
fn archive(entries: &[(&str, &str)]) -> (TempDir, PathBuf) {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("run.zip");
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in entries {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(text.as_bytes()).unwrap();
    }
    fs::write(&path, writer.finish().unwrap().into_inner()).unwrap();
    (home, path)
}

fn start(home: &Path, arguments: &[&Path]) -> Session {
    let mut command = logdeck(home);
    command.args(arguments);
    Session::start(command)
}

#[test]
fn an_archive_opens_at_its_first_cause_and_the_whole_log_is_one_key_away() {
    let (passed, failed) = (log(&["    Finished `dev` profile in 12.1s"]), log(FAILED));
    // The steps' own logs say the same again.
    let entries = [("0_lint.txt", &*passed), ("1_build.txt", &failed), ("build/2_Run cargo build.txt", &failed)];
    let (home, path) = archive(&entries);
    let mut session = start(home.path(), &[&path]);
    session.wait_for(CAUSE);
    session.wait_for("1 of 2 failed");
    let text = session.text();
    assert!(!text.contains("Run cargo build.txt") && text.contains("FAIL build") && text.contains(" 406 "), "{text}");
    session.send(b"\r");
    session.wait_for("Esc goes back to the causes");
    assert!(session.text().contains("Compiling crate-399"), "{}", session.text());
    session.send(b"\x1b");
    session.wait_for("The cause ──");
    session.send(b"q");
    session.wait_for("── Lines");
    session.send(b"q");
    assert_eq!(session.end().exit_code(), 0);
}

#[test]
fn a_finished_log_opens_at_its_cause_too() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("build.log");
    fs::write(&path, log(FAILED)).unwrap();
    let mut session = start(home.path(), &[&path]);
    session.wait_for("lines 406-");
    session.send(b"\x1b");
    session.wait_for("goes back to the causes");
    session.send(b"\x03");
    assert_eq!(session.end().exit_code(), 0);
}

#[test]
fn what_is_new_since_a_passing_run_is_told() {
    let (home, path) = archive(&[("0_build.txt", &log(FAILED))]);
    let green = home.path().join("green.log");
    fs::write(&green, log(&["    Finished `dev` profile in 12.1s"])).unwrap();
    let mut session = start(home.path(), &[&path, Path::new("--baseline"), &green]);
    session.wait_for("compared with ");
    session.wait_for(CAUSE);
    session.send(b":baseline off\r");
    session.wait("no comparison", |seen| !seen.parser.screen().contents().contains("compared with /"));
    session.send(b"\x03");
    assert_eq!(session.end().exit_code(), 0);
}

#[test]
fn a_torn_archive_shows_what_could_be_read() {
    let (home, path) = archive(&[("0_build.txt", &log(FAILED)), ("1_other.txt", &log(&["ok"]))]);
    // A byte within the second entry's data: its checksum does not fit any more.
    let mut bytes = fs::read(&path).unwrap();
    let at = bytes.windows(11).rposition(|name| name == b"1_other.txt").unwrap();
    let data = bytes.windows(11).position(|name| name == b"1_other.txt").unwrap();
    assert!(data < at);
    bytes[data + 60] ^= 0x55;
    fs::write(&path, bytes).unwrap();
    let mut session = start(home.path(), &[&path]);
    session.wait_for(CAUSE);
    session.wait_for("not read, or not to the end");
    session.send(b"\x03");
    assert_eq!(session.end().exit_code(), 0);
}
