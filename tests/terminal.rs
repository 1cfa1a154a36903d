//! The real binary in a real pseudo-terminal: what it shows, that keys work, and that it leaves as it came.

#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

#[path = "terminal/ci.rs"]
mod ci;
#[path = "terminal/frames.rs"]
mod frames;
#[path = "terminal/live.rs"]
mod live;
#[path = "terminal/mouse.rs"]
mod mouse;
#[path = "support/pty.rs"]
mod pty;
#[path = "terminal/stalled.rs"]
mod stalled;

use pty::{Seen, Session, command, logdeck};
use rustix::process::Signal;
use std::{
    fs::{self, OpenOptions},
    io::Write,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};
use tempfile::TempDir;

const LINES: &str = "2025-01-02T15:04:05Z INFO first of them\n2025-01-02T15:04:06Z ERROR second of them\n";

/// A home directory with a log in it.
fn home() -> (TempDir, PathBuf) {
    let home = tempfile::tempdir().unwrap();
    let log = home.path().join("app.log");
    fs::write(&log, LINES).unwrap();
    (home, log)
}

/// logdeck on a file of two lines, which are on the screen.
fn open(home: &Path, log: &Path, variables: &[(&str, &str)]) -> Session {
    let mut command = logdeck(home);
    for (name, value) in variables {
        command.env(name, value);
    }
    command.arg(log);
    let session = Session::start(command);
    session.wait_for("second of them");
    session
}

/// The demo's directories.
fn stages(parent: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(parent).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.to_string_lossy().contains("logdeck-demo-")).collect()
}

/// Nothing that the screen switched on is on any more.
fn is_left(seen: &Seen) -> bool {
    let screen = seen.parser.screen();
    let last = |sequence: &[u8]| seen.bytes.windows(sequence.len()).rposition(|part| part == sequence);
    !screen.alternate_screen()
        && !screen.bracketed_paste()
        && !screen.hide_cursor()
        && screen.mouse_protocol_mode() == vt100::MouseProtocolMode::None
        // Focus reports and synchronised output, which the emulator does not track.
        && last(b"\x1b[?1004l") > last(b"\x1b[?1004h")
        && last(b"\x1b[?2026l") > last(b"\x1b[?2026h")
}

#[test]
fn lines_appear_keys_work_and_q_leaves() {
    let (home, log) = home();
    let mut session = open(home.path(), &log, &[]);
    assert!(session.look(|seen| seen.parser.screen().alternate_screen() && seen.parser.screen().bracketed_paste()));
    session.send(b"?");
    session.wait("the help", |seen| !seen.parser.screen().contents().contains("second of them"));
    session.send(b"\x1b");
    session.wait_for("second of them");
    OpenOptions::new().append(true).open(&log).unwrap().write_all(b"2025-01-02T15:04:07Z WARN third\n").unwrap();
    session.wait_for("third");
    session.send(b"q");
    assert_eq!(session.end().exit_code(), 0);
    assert!(session.look(is_left));
}

#[test]
fn a_saved_filter_is_there_at_the_next_start() {
    let (home, log) = home();
    let mut session = open(home.path(), &log, &[]);
    session.send(b"+++++");
    session.wait("the filter", |seen| !seen.parser.screen().contents().contains("first of them"));
    session.send(b":filter-save bad ones\r");
    session.wait_for("filter `bad ones` is saved");
    session.send(b"\x03");
    assert_eq!(session.end().exit_code(), 0);
    let file = home.path().join(".local/state/logdeck/filters.toml");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);

    let mut session = open(home.path(), &log, &[]);
    session.send(b":filter bad ones\r");
    session.wait_for("filter `bad ones` (Esc goes back)");
    session.send(b"\x03");
    assert_eq!(session.end().exit_code(), 0);

    // A file that is none is said, and not written over.
    fs::write(&file, "[[filter]\n").unwrap();
    let mut session = open(home.path(), &log, &[]);
    session.wait_for("no saved filters: ");
    session.send(b"+:filter-save x\r");
    session.wait_for("filter `x` is kept for this run only: ");
    session.send(b"\x03");
    assert_eq!(session.end().exit_code(), 0);
    assert_eq!(fs::read_to_string(&file).unwrap(), "[[filter]\n");
}

#[test]
fn another_source_is_opened_and_the_run_is_measured() {
    let (home, log) = home();
    fs::write(home.path().join("other.log"), "2025-01-02T15:04:08Z WARN from the other\n").unwrap();
    let mut session = open(home.path(), &log, &[]);
    session.send(b":open oth");
    session.wait_for("other.log");
    session.send(b"\t\r");
    session.wait_for("from the other");
    session.send(b":debug\r");
    session.wait_for("messages of sources waiting");
    let text = session.text();
    let has =
        |name: &str, part: &str| text.lines().any(|line| line.trim_start().starts_with(name) && line.contains(part));
    assert!(has("resident", "MiB") && has("draw", " ms") && has("key", " ms"), "{text}");
    assert!(text.lines().any(|line| line.contains("other.log") && line.contains(" 1 ")), "{text}");
    session.send(b"q");
    session.wait_for("from the other");
    session.send(b"q");
    assert_eq!(session.end().exit_code(), 0);
}

#[test]
fn settings_of_the_screen_that_cannot_be_used_do_not_stop_it() {
    let (home, log) = home();
    let themes = home.path().join(".config/logdeck/themes");
    fs::create_dir_all(&themes).unwrap();
    fs::write(themes.join("solar.toml"), "error = \"#GG0000\"\n").unwrap();
    fs::write(themes.join("lunar.toml"), "error = 208\n").unwrap();
    let config = themes.with_file_name("config.toml");
    fs::write(&config, "theme = \"solar\"\n").unwrap();
    let session = open(home.path(), &log, &[]);
    session.wait_for("theme solar: themes/solar.toml:1:9: error: `#GG0000`");
    // Two actions want one key: it is said, and the first one has it.
    fs::write(&config, "theme = \"lunar\"\n[keys]\nquit = [\"x\"]\nwrap = \"x\"\n").unwrap();
    let mut session = open(home.path(), &log, &[]);
    session.wait_for("config.toml:4:1: keys: key `x` is bound to both");
    assert!(session.look(|seen| seen.bytes.windows(8).any(|bytes| bytes == b"38;5;208")), "the own theme is drawn");
    session.send(b"x");
    assert_eq!(session.end().exit_code(), 0);
}

#[test]
fn signals_leave_the_terminal_as_it_was() {
    for (signal, code) in [(Signal::TERM, 143), (Signal::INT, 130), (Signal::HUP, 129)] {
        let (home, log) = home();
        // The shell keeps the terminal open, so that its modes can be looked at afterwards.
        let mut shell = command("sh", home.path());
        let script = "stty -a > before; \"$0\" \"$1\"; echo \"code $?\"; stty -a > after; echo over; read x";
        shell.args(["-c", script]);
        shell.arg(env!("CARGO_BIN_EXE_logdeck"));
        shell.arg(&log);
        let mut session = Session::start(shell);
        session.wait_for("second of them");
        let raw = session.modes();
        send_to_logdeck(&session, signal);
        session.wait_for("over");
        assert!(session.text().contains(&format!("code {code}")), "{signal:?}: {}", session.text());
        assert!(session.look(is_left), "{signal:?}");
        assert_ne!(session.modes(), raw, "{signal:?}");
        let modes = |name| fs::read_to_string(home.path().join(name)).unwrap();
        assert_eq!(modes("before"), modes("after"), "{signal:?}");
        session.send(b"\n");
        session.end();
    }
}

/// Sends a signal to the child of the shell that runs in the session.
fn send_to_logdeck(session: &Session, signal: Signal) {
    let shell = session.process_id();
    let children = fs::read_to_string(format!("/proc/{shell}/task/{shell}/children")).unwrap();
    for child in children.split_whitespace() {
        let child = rustix::process::Pid::from_raw(child.parse().unwrap()).unwrap();
        rustix::process::kill_process(child, signal).unwrap();
    }
}

#[test]
fn a_terminal_that_takes_nothing_does_not_hold_up_the_end() {
    let home = tempfile::tempdir().unwrap();
    let mut command = logdeck(home.path());
    command.arg("demo");
    let mut session = Session::start_deaf(command);
    let end = Instant::now() + Duration::from_secs(30);
    while stages(home.path()).is_empty() {
        assert!(Instant::now() < end, "the demo does not begin");
        thread::sleep(Duration::from_millis(10));
    }
    // Frames for these fill whatever the kernel holds for a terminal.
    for _ in 0..200 {
        session.send(b"?\x1b");
        thread::sleep(Duration::from_millis(2));
    }
    session.signal(Signal::TERM);
    session.end();
    assert_eq!(stages(home.path()), [] as [PathBuf; 0]);
}

#[test]
fn a_closed_window_ends_the_process() {
    let (home, log) = home();
    let mut session = open(home.path(), &log, &[]);
    session.hang_up();
    session.end();
}

#[test]
fn a_closed_window_ends_a_process_that_gets_no_hang_up_signal() {
    let (home, log) = home();
    // The kernel signals only the session's leader, the shell.
    let mut shell = command("sh", home.path());
    shell.args(["-c", "trap '' HUP; \"$0\" \"$1\"; echo \"code $?\" > ended"]);
    shell.arg(env!("CARGO_BIN_EXE_logdeck"));
    shell.arg(&log);
    let mut session = Session::start(shell);
    session.wait_for("second of them");
    session.hang_up();
    session.end();
    assert!(home.path().join("ended").exists());
}

#[test]
fn ctrl_z_gives_the_terminal_back_until_fg() {
    let (home, log) = home();
    let mut shell = command("sh", home.path());
    shell.args(["-c", "set -m; \"$0\" \"$1\"; echo \"stopped\"; read x; fg; echo \"ended $?\""]);
    shell.arg(env!("CARGO_BIN_EXE_logdeck"));
    shell.arg(&log);
    let mut session = Session::start(shell);
    session.wait_for("second of them");
    session.send(b"\x1a");
    session.wait_for("stopped");
    assert!(session.look(is_left));
    session.send(b"\n");
    session.wait("the screen again", |seen| {
        let screen = seen.parser.screen();
        screen.alternate_screen() && screen.contents().contains("second of them")
    });
    session.send(b"q");
    session.wait_for("ended 0");
    session.end();
}

#[test]
fn without_a_shell_ctrl_z_does_not_stop() {
    let (home, log) = home();
    let mut session = open(home.path(), &log, &[]);
    session.send(b"\x1a");
    session.wait("left and entered", |seen| {
        let entered = b"\x1b[?1049h";
        seen.bytes.windows(entered.len()).filter(|part| part == entered).count() == 2
            && seen.parser.screen().contents().contains("second of them")
    });
    session.send(b"q");
    assert_eq!(session.end().exit_code(), 0);
}

#[test]
fn without_colour_the_cursor_is_still_seen() {
    let (home, log) = home();
    let session = open(home.path(), &log, &[("NO_COLOR", "1")]);
    session.wait("a reversed row", |seen| {
        let screen = seen.parser.screen();
        (0..30).any(|row| (0..100).filter(|column| screen.cell(row, *column).unwrap().inverse()).count() > 10)
    });
    session.look(|seen| {
        let screen = seen.parser.screen();
        for (row, column) in (0..30).flat_map(|row| (0..100).map(move |column| (row, column))) {
            let cell = screen.cell(row, column).unwrap();
            let colours = (cell.fgcolor(), cell.bgcolor());
            assert_eq!(colours, (vt100::Color::Default, vt100::Color::Default), "{row} {column}");
        }
    });
}

#[test]
fn a_paste_of_ten_megabytes_is_no_typing() {
    let (home, log) = home();
    let mut session = open(home.path(), &log, &[]);
    session.send(b"\x1b[200~");
    session.send(&vec![b'q'; 10 * 1024 * 1024]);
    session.send(b"\x1b[201~");
    session.send(b"?");
    session.wait("the help", |seen| !seen.parser.screen().contents().contains("second of them"));
    session.send(b"\x1b");
    session.wait_for("second of them");
    session.send(b"q");
    assert_eq!(session.end().exit_code(), 0);
}

#[test]
fn five_hundred_resizes_are_survived() {
    let (home, log) = home();
    let mut session = open(home.path(), &log, &[]);
    for n in 0..500_u16 {
        match n % 5 {
            0 => session.resize(0, 0),
            1 => session.resize(1, 1),
            2 => session.resize(20 + n % 7, 5),
            _ => session.resize(60 + n % 200, 10 + n % 60),
        }
    }
    session.resize(90, 24);
    session.wait_for("second of them");
    session.send(b"q");
    assert_eq!(session.end().exit_code(), 0);
}

#[test]
fn piped_lines_are_shown_and_keys_come_from_the_terminal() {
    let (home, _) = home();
    let mut shell = command("sh", home.path());
    shell.args(["-c", "printf 'piped one\\npiped two\\n' | \"$0\" -", env!("CARGO_BIN_EXE_logdeck")]);
    let mut session = Session::start(shell);
    session.wait_for("piped two");
    session.send(b"q");
    assert_eq!(session.end().exit_code(), 0);
    assert!(session.look(is_left));
}

#[test]
fn an_answer_about_the_background_is_no_typing() {
    let (home, log) = home();
    let mut session = open(home.path(), &log, &[]);
    assert!(session.look(|seen| seen.bytes.windows(6).any(|part| part == b"\x1b]11;?")), "it was asked for");
    // As keys this would show another tab.
    session.send(b"\x1b]11;rgb:fdfd/f6f6/e3e3\x1b\\");
    session.settle();
    assert!(session.text().contains("second of them"), "{}", session.text());
    session.send(b"q");
    assert_eq!(session.end().exit_code(), 0);
}

#[test]
fn frames_can_go_without_synchronised_output() {
    let (home, log) = home();
    let session = open(home.path(), &log, &[("LOGDECK_SYNC", "0")]);
    let begins = |seen: &Seen| seen.bytes.windows(8).any(|part| part == b"\x1b[?2026h");
    assert!(!session.look(begins));
    drop(session);
    assert!(open(home.path(), &log, &[]).look(begins));
}

#[test]
fn a_dumb_terminal_gets_plain_lines() {
    let (home, log) = home();
    let mut command = logdeck(home.path());
    command.env("TERM", "dumb");
    command.arg(&log);
    let session = Session::start(command);
    session.wait_for("second of them");
    session.look(|seen| {
        let text = String::from_utf8_lossy(&seen.bytes);
        assert!(!text.contains('\x1b'), "{text:?}");
    });
}

#[test]
fn the_demo_plays_in_a_private_directory_that_goes_away() {
    let home = tempfile::tempdir().unwrap();
    let mut command = logdeck(home.path());
    command.arg("demo");
    let mut session = Session::start(command);
    session.wait_for("payments");
    let stages = || stages(home.path());
    let [stage] = &stages()[..] else { panic!("{:?}", stages()) };
    assert_eq!(fs::metadata(stage).unwrap().permissions().mode() & 0o777, 0o700);
    session.signal(Signal::TERM);
    session.end();
    assert!(session.look(is_left));
    assert_eq!(stages(), [] as [PathBuf; 0]);
}

#[test]
fn a_demo_that_was_killed_is_cleaned_up_by_the_next() {
    let home = tempfile::tempdir().unwrap();
    let start = || {
        let mut command = logdeck(home.path());
        command.arg("demo");
        let session = Session::start(command);
        session.wait_for("payments");
        session
    };
    let mut killed = start();
    let left = stages(home.path());
    killed.signal(Signal::KILL);
    killed.end();
    assert_eq!(stages(home.path()), left, "nobody could remove it");
    let mut next = start();
    assert!(stages(home.path()).len() == 1 && stages(home.path()) != left);
    next.send(b"\x03");
    next.end();
    assert_eq!(stages(home.path()), [] as [PathBuf; 0]);
}

#[test]
fn exports_and_long_copies_are_private_files() {
    let (home, log) = home();
    // Records that are marked together are more than a clipboard takes.
    for n in 0..3 {
        let line = format!("2025-01-02T15:04:0{n}Z INFO {} end {n}\n", "x".repeat(40_000));
        OpenOptions::new().append(true).open(&log).unwrap().write_all(line.as_bytes()).unwrap();
    }
    let mut session = open(home.path(), &log, &[("TMPDIR", home.path().to_str().unwrap())]);
    let target = home.path().join("out.jsonl");
    for name in ["out.jsonl", "out-2.jsonl"] {
        session.send(format!(":export {}\r", target.display()).as_bytes());
        if name != "out.jsonl" {
            session.wait_for("that name exists; choose another");
            session.send(b"\r");
        }
        session.wait_for(": 5 records");
        let file = home.path().join(name);
        assert_eq!(fs::read_to_string(&file).unwrap().lines().count(), 5);
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        session.send(b"g");
        session.wait("the message's end", |seen| !seen.parser.screen().contents().contains("wrote "));
    }
    session.send(b"GmkmkmX\r");
    session.wait_for(": 3 marks");
    session.send(b"\x1by");
    session.wait_for("too long to copy: 120,");
    let copies: Vec<_> = fs::read_dir(home.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_string_lossy().contains("logdeck-copy-"))
        .collect();
    assert_eq!(copies.len(), 1);
    assert_eq!(fs::read_to_string(&copies[0]).unwrap().matches(" end ").count(), 3);
    session.send(b"q");
    assert_eq!(session.end().exit_code(), 0);
}
