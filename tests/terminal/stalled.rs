//! Terminals that take nothing any more (Ctrl-s, a dead link): keys, suspending and quitting go on.

use crate::home;
use crate::pty::{Session, command, logdeck};
use std::{
    fs,
    path::Path,
    thread,
    time::{Duration, Instant},
};

const F2: &[u8] = b"\x1bOQ";
const PLAIN_LINES: &[u8] = b"\x0c";
const REDRAW: &[u8] = b"\x12";
const SUSPEND: &[u8] = b"\x1a";
const QUIT: &[u8] = b"\x03\x03";

fn wait(what: &str, until: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(30);
    while !until() {
        assert!(Instant::now() < end, "{what}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// Draws until the terminal's own buffer is full: more than the 64 KiB that a kernel holds.
fn stall(session: &mut Session, log: &Path) {
    // It reads keys as soon as it follows the file.
    wait("the file is not opened", || {
        let open = fs::read_dir(format!("/proc/{}/fd", logdeck_of(session)));
        open.is_ok_and(|open| open.flatten().any(|fd| fs::read_link(fd.path()).is_ok_and(|file| file == log)))
    });
    for _ in 0..200 {
        session.send(REDRAW);
        thread::sleep(Duration::from_millis(3));
    }
}

/// The process: the session's own, or the child of its shell.
fn logdeck_of(session: &Session) -> i32 {
    let own = session.process_id();
    let children = fs::read_to_string(format!("/proc/{own}/task/{own}/children")).unwrap_or_default();
    children.split_whitespace().next().map_or(own, |child| child.parse().unwrap())
}

#[test]
fn keys_that_send_sequences_do_not_hold_up_the_end() {
    let check = |keys: &[&[u8]]| {
        let (home, log) = home();
        let mut command = logdeck(home.path());
        command.arg(&log);
        let mut session = Session::start_deaf(command);
        stall(&mut session, &log);
        for _ in 0..60 {
            for key in keys {
                session.send(key);
                thread::sleep(Duration::from_millis(1));
            }
        }
        session.send(QUIT);
        assert_eq!(session.end().exit_code(), 0, "{keys:?}");
    };
    check(&[F2]);
    check(&[PLAIN_LINES, b" "]);
    check(&[b"y", F2, PLAIN_LINES, b" ", REDRAW]);
}

#[test]
fn ctrl_z_comes_through() {
    // Nobody stops a process without a shell; each try may wait, but not for ever, and not each as long as the first.
    let (home, log) = home();
    let mut command = logdeck(home.path());
    command.arg(&log);
    let mut session = Session::start_deaf(command);
    stall(&mut session, &log);
    for _ in 0..40 {
        session.send(SUSPEND);
    }
    session.send(QUIT);
    assert_eq!(session.end().exit_code(), 0);
}

#[test]
fn ctrl_z_stops_below_a_shell() {
    let (home, log) = home();
    let mut shell = command("sh", home.path());
    shell.args(["-c", "set -m; \"$0\" \"$1\"; read x"]);
    shell.arg(env!("CARGO_BIN_EXE_logdeck"));
    shell.arg(&log);
    let mut session = Session::start_deaf(shell);
    wait("it is not started", || logdeck_of(&session) != session.process_id());
    let process = logdeck_of(&session);
    stall(&mut session, &log);
    session.send(SUSPEND);
    wait("it is not stopped", || {
        let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
        status.lines().any(|line| line.starts_with("State:\tT"))
    });
}
