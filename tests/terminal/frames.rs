//! What frames look like on real terminals: scrolled rows, slow links, synchronised output.

use crate::pty::{Seen, Session, cells, command, emulator, logdeck};
use crate::{home, open};
use rustix::process::Signal;
use std::{
    fmt::Write as _,
    fs::{self, File, OpenOptions},
    io::Write as _,
    path::Path,
    process::Command,
    thread,
    time::{Duration, Instant},
};

/// Lines as they come, some of them wide; `n` is on the screen when the line is.
fn line(n: usize) -> String {
    let text = match n % 5 {
        0 => "ERROR 決済サービスが失敗しました after 2000 ms".to_owned(),
        1 => format!("INFO GET /v1/charge/{} 200 3ms client=mobile", 8000 + n),
        2 => "WARN 디스크 공간이 부족합니다 pool e\u{301}tat".to_owned(),
        3 => format!("INFO ({n}) {}", "long ".repeat(n % 60)),
        _ => "DEBUG x".to_owned(),
    };
    format!("2025-01-02T15:{:02}:{:02}Z {text} ({n})\n", 10 + n / 60, n % 60)
}

fn append(log: &Path, from: usize, to: usize) {
    let text: String = (from..to).map(line).collect();
    OpenOptions::new().append(true).open(log).unwrap().write_all(text.as_bytes()).unwrap();
}

fn count(seen: &Seen, sequence: &[u8]) -> usize {
    seen.bytes.windows(sequence.len()).filter(|part| *part == sequence).count()
}

/// How often a region of rows was scrolled.
fn scrolls(seen: &Seen) -> usize {
    let text = String::from_utf8_lossy(&seen.bytes);
    text.split("\x1b[").filter(|part| part.split_once('r').is_some_and(|(rows, _)| is_region(rows))).count()
}

/// `3;24`
fn is_region(rows: &str) -> bool {
    rows.split_once(';').is_some_and(|(top, bottom)| top.parse::<u16>().is_ok() && bottom.parse::<u16>().is_ok())
}

/// Rows that do not tell the time or the rate.
fn lasting(screen: &vt100::Screen) -> Vec<Vec<String>> {
    cells(screen).split_off(2)
}

#[test]
fn scrolled_frames_end_as_a_repaint_does() {
    let (home, log) = home();
    append(&log, 0, 40);
    let mut session = Session::start({
        let mut command = logdeck(home.path());
        command.arg(&log);
        command
    });
    session.resize(100, 26);
    session.wait_for("(39)");
    let mut next = 40;
    for round in 0..12 {
        let lines = 1 + round % 3;
        append(&log, next, next + lines);
        next += lines;
        session.wait_for(&format!("({})", next - 1));
        // Through the list and back, over a pane and a pane below.
        session.send([&b"\x15"[..], b"kkkkk", b"\x15\x15", b"\x04", b"\r", b"\r", b"g", b"jjj"][round % 8]);
        session.send(b"G");
    }
    session.settle();
    assert!(session.look(scrolls) > 5, "the terminal scrolled");
    let scrolled = session.look(|seen| lasting(seen.parser.screen()));
    let before = session.look(|seen| count(seen, b"\x1b[2J"));
    session.send(b"\x12");
    session.wait("a repaint", |seen| count(seen, b"\x1b[2J") > before);
    session.settle();
    let anew = session.look(|seen| lasting(seen.parser.screen()));
    assert_eq!(scrolled, anew, "{}", session.text());
}

/// A tmux server of our own.
struct Tmux<'a> {
    home: &'a Path,
}

impl Tmux<'_> {
    fn run(&self, arguments: &[&str]) -> Option<String> {
        let mut tmux = Command::new("tmux");
        tmux.env_clear().envs([
            ("LANG", "C.UTF-8"),
            ("PATH", "/usr/bin:/bin"),
            ("TERM", "xterm-256color"),
            ("TZ", "UTC"),
        ]);
        tmux.env("HOME", self.home).env("TMPDIR", self.home).current_dir(self.home);
        tmux.args(["-u", "-f", "/dev/null", "-S"]).arg(self.home.join("tmux")).args(arguments);
        let output = tmux.output().ok()?;
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        Some(String::from_utf8(output.stdout).unwrap())
    }

    fn capture(&self) -> String {
        self.run(&["capture-pane", "-e", "-p"]).unwrap()
    }

    fn wait_for(&self, text: &str) {
        let end = Instant::now() + Duration::from_secs(30);
        while !self.run(&["capture-pane", "-p"]).unwrap().contains(text) {
            assert!(Instant::now() < end, "not seen in tmux: {text}\n{}", self.capture());
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Its screen, as soon as it stays the same.
    fn settled(&self) -> Vec<Vec<String>> {
        let end = Instant::now() + Duration::from_secs(30);
        let screen = || {
            let mut parser = emulator(100, 26);
            parser.process(self.capture().trim_end_matches('\n').replace('\n', "\x1b[m\r\n").as_bytes());
            lasting(parser.screen())
        };
        let mut last = screen();
        let mut since = Instant::now();
        while since.elapsed() < Duration::from_millis(700) {
            assert!(Instant::now() < end, "never quiet");
            thread::sleep(Duration::from_millis(50));
            let now = screen();
            if now != last {
                (last, since) = (now, Instant::now());
            }
        }
        last
    }
}

impl Drop for Tmux<'_> {
    fn drop(&mut self) {
        let _ = self.run(&["kill-server"]);
    }
}

#[test]
fn in_tmux_scrolled_frames_end_as_a_repaint_does() {
    if Command::new("tmux").arg("-V").output().is_err() {
        eprintln!("skipped: tmux is not installed; with it, scrolled frames are compared with repaints");
        return;
    }
    let (home, log) = home();
    append(&log, 0, 40);
    let tmux = Tmux { home: home.path() };
    let binary = env!("CARGO_BIN_EXE_logdeck");
    tmux.run(&["new-session", "-d", "-x", "100", "-y", "26", binary, &log.to_string_lossy()]);
    tmux.run(&["set", "status", "off"]);
    tmux.wait_for("(39)");
    let mut next = 40;
    for round in 0..10 {
        let lines = 1 + round % 3;
        append(&log, next, next + lines);
        next += lines;
        tmux.wait_for(&format!("({})", next - 1));
        let keys = ["C-u", "k", "b", "C-d", "Enter", "Enter", "g", "j"][round % 8];
        tmux.run(&["send-keys", keys]);
        tmux.run(&["send-keys", "G"]);
    }
    let scrolled = tmux.settled();
    tmux.run(&["send-keys", "C-r"]);
    let anew = tmux.settled();
    for (row, (scrolled, anew)) in scrolled.iter().zip(&anew).enumerate() {
        assert_eq!(scrolled, anew, "row {row}");
    }
}

#[test]
fn over_a_slow_link_frames_are_left_out_and_keys_are_not() {
    let (home, log) = home();
    append(&log, 0, 3000);
    let mut command = logdeck(home.path());
    command.arg(&log);
    let mut session = Session::start_slow(command);
    session.wait_for("(2999)");
    // Each of these draws the whole list anew: half a megabyte, if every one of them were shown.
    for _ in 0..100 {
        session.send(b"g");
        thread::sleep(Duration::from_millis(2));
        session.send(b"G");
        thread::sleep(Duration::from_millis(2));
    }
    session.send(b"gj");
    let sent = session.look(|seen| seen.bytes.len());
    session.wait_for("line 2 ");
    // What the kernel holds, and two frames.
    let late = session.look(|seen| seen.bytes.len()) - sent;
    assert!(late < 40_000, "{late} bytes came before the last key's frame");
    session.send(b"q");
    assert_eq!(session.end().exit_code(), 0);
}

#[test]
fn synchronised_output_is_ended_after_every_frame() {
    let (home, log) = home();
    let mut session = open(home.path(), &log, &[]);
    for keys in [&b"?"[..], b"\x1b", b"F", b"\x1b", b"\r", b":", b"\x1b", b"t"] {
        session.send(keys);
        session.settle();
    }
    session.signal(Signal::TERM);
    session.end();
    session.look(|seen| {
        let mut on = false;
        for at in 0..seen.bytes.len() {
            if seen.bytes[at..].starts_with(b"\x1b[?2026h") {
                assert!(!on, "begun twice");
                on = true;
            } else if seen.bytes[at..].starts_with(b"\x1b[?2026l") {
                on = false;
            }
        }
        assert!(!on, "never ended");
    });
}

#[test]
fn rows_can_be_drawn_anew_instead_of_scrolled() {
    for (variable, value, expected) in
        [("LOGDECK_SCROLL", "0", false), ("TERM", "ansi", false), ("TERM", "linux", true)]
    {
        let (home, log) = home();
        append(&log, 0, 60);
        let mut command = logdeck(home.path());
        command.env(variable, value);
        command.arg(&log);
        let mut session = Session::start(command);
        session.wait_for("(59)");
        session.send(b"gjjj");
        session.wait_for("line 4 ");
        for n in 5..45 {
            session.send(b"j");
            session.wait_for(&format!("line {n} "));
        }
        assert_eq!(session.look(scrolls) > 0, expected, "{variable}={value}");
    }
}

#[test]
fn a_shell_that_reads_slowly_gets_all_of_a_file_that_grew_while_it_was_stopped() {
    let (home, log) = home();
    let mut shell = command("sh", home.path());
    shell.args(["-c", "set -m; \"$0\" \"$1\"; echo stopped; read x; fg"]);
    shell.arg(env!("CARGO_BIN_EXE_logdeck"));
    shell.arg(&log);
    let mut session = Session::start(shell);
    session.wait_for("second of them");
    session.send(b"\x1a");
    session.wait_for("stopped");
    let mut text = String::new();
    (0..500).for_each(|n| {
        let _ = write!(text, "{}", line(n));
    });
    File::options().append(true).open(&log).unwrap().write_all(text.as_bytes()).unwrap();
    session.send(b"\n");
    session.wait_for("(499)");
    session.send(b"q");
    session.end();
    assert_eq!(fs::read_to_string(&log).unwrap().lines().count(), 502);
}
