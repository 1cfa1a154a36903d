//! The mouse, plain lines for it to select, and the clipboard.

use crate::pty::{Session, logdeck};
use crate::{home, is_left, open};
use rustix::process::Signal;
use std::fs;
use vt100::{MouseProtocolEncoding, MouseProtocolMode};

const F2: &[u8] = b"\x1bOQ";

#[test]
fn the_mouse_is_the_terminal_s_until_it_is_taken() {
    let (home, log) = home();
    let mut session = open(home.path(), &log, &[]);
    assert!(session.look(|seen| seen.parser.screen().mouse_protocol_mode() == MouseProtocolMode::None));
    session.send(F2);
    session.wait_for("hold Shift to select text");
    session.wait("the mouse", |seen| {
        let screen = seen.parser.screen();
        screen.mouse_protocol_mode() == MouseProtocolMode::PressRelease
            && screen.mouse_protocol_encoding() == MouseProtocolEncoding::Sgr
    });
    // The first of the two lines; the marker goes there, and following ends.
    let row = session.text().lines().position(|line| line.contains("first of them")).unwrap();
    session.send(format!("\x1b[<0;20;{}M\x1b[<0;20;{}m", row + 1, row + 1).as_bytes());
    session.wait_for("PAUSED");
    session.wait_for("line 1 ");
    // A tab's name.
    session.send(b"\x1b[<0;4;1M\x1b[<0;4;1m");
    session.wait_for("[1 GCS]");
    // Ctrl-z gives it back and takes it again.
    session.send(b"\x1a");
    session.wait("left and entered", |seen| {
        let on = b"\x1b[?1000h";
        seen.bytes.windows(on.len()).filter(|part| part == on).count() == 2
    });
    session.send(F2);
    session.wait("no mouse", |seen| seen.parser.screen().mouse_protocol_mode() == MouseProtocolMode::None);
    session.send(F2);
    session.wait("the mouse again", |seen| seen.parser.screen().mouse_protocol_mode() != MouseProtocolMode::None);
    session.signal(Signal::TERM);
    session.end();
    assert!(session.look(is_left));
}

#[test]
fn plain_lines_are_whole_and_any_key_returns() {
    let (home, log) = home();
    let long = format!("2025-01-02T15:04:07Z INFO {}the end\n", "words ".repeat(60));
    fs::write(&log, format!("{}{long}", crate::LINES)).unwrap();
    let mut session = open(home.path(), &log, &[]);
    assert!(!session.text().contains("the end"));
    session.send(b"\x0c");
    session.wait_for("any key returns");
    let text = session.text();
    assert!(text.contains("the end") && text.contains("second of them") && !text.contains("FOLLOW"), "{text}");
    assert!(session.look(|seen| !seen.parser.screen().alternate_screen() && !seen.parser.screen().hide_cursor()));
    // This key does nothing else.
    session.send(b"q");
    session.wait("the picture", |seen| {
        let screen = seen.parser.screen();
        screen.alternate_screen() && screen.contents().contains("FOLLOW")
    });
    session.send(b"q");
    assert_eq!(session.end().exit_code(), 0);
    assert!(session.look(is_left));
    // They stay for whoever wants to copy them.
    assert!(session.text().contains("the end"));
}

#[test]
fn an_end_among_plain_lines_leaves_them() {
    let (home, log) = home();
    let mut session = open(home.path(), &log, &[]);
    session.send(b"\x0c");
    session.wait_for("any key returns");
    session.signal(Signal::TERM);
    session.end();
    assert!(session.look(is_left));
    assert!(session.text().contains("second of them"), "{}", session.text());
}

#[test]
fn copies_go_to_the_terminal_s_clipboard() {
    let (home, log) = home();
    let mut session = open(home.path(), &log, &[]);
    session.send(b"y");
    session.wait_for("sent");
    // "2025-01-02T15:04:06Z ERROR second of them"
    let sequence = b"\x1b]52;c;MjAyNS0wMS0wMlQxNTowNDowNlogRVJST1Igc2Vjb25kIG9mIHRoZW0=\x1b\\";
    assert!(session.look(|seen| seen.bytes.windows(sequence.len()).any(|part| part == sequence)));
}

#[test]
fn a_secret_is_not_among_the_plain_lines() {
    let (home, log) = home();
    fs::write(
        &log,
        "2025-01-02T15:04:06Z INFO second of them Authorization: Bearer abcdefghijklmnopqrstuvwxyz0123456789\n",
    )
    .unwrap();
    let mut command = logdeck(home.path());
    command.arg(&log);
    let mut session = Session::start(command);
    session.wait_for("second of them");
    session.send(b"\x0c");
    session.wait_for("any key returns");
    assert!(session.text().contains("redacted") && !session.text().contains("abcdefghijkl"), "{}", session.text());
}
