//! `--follow`: what is written later is printed later.

use super::support::Home;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Stdio};

/// A run that is killed with the test.
struct Following {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Following {
    fn start(home: &Home, args: &[&str]) -> Self {
        let mut command = home.command(args);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// Waits for the next line.
    fn next(&mut self) -> String {
        self.lines.next().unwrap().unwrap()
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn append(home: &Home, name: &str, text: &str) {
    let mut file = std::fs::OpenOptions::new().append(true).create(true).open(home.path(name)).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

#[test]
fn a_growing_file() {
    let home = Home::new();
    home.file("a.log", "one\n");
    let mut following = Following::start(&home, &["a.log", "--follow"]);
    assert_eq!(following.next(), "one");
    append(&home, "a.log", "two\nerror: three\n");
    assert_eq!([following.next(), following.next()], ["two", "ERR error: three"]);
    // A line is complete with its newline.
    append(&home, "a.log", "fo");
    append(&home, "a.log", "ur\n");
    assert_eq!(following.next(), "four");
    assert!(following.child.try_wait().unwrap().is_none(), "it goes on");
}

#[test]
fn only_what_matches() {
    let home = Home::new();
    home.file("a.log", "{\"level\":\"info\",\"msg\":\"one\"}\n");
    let mut following = Following::start(&home, &["a.log", "-f", "--severity", "warn", "--format", "json"]);
    append(&home, "a.log", "{\"level\":\"error\",\"msg\":\"two\"}\n{\"level\":\"info\",\"msg\":\"three\"}\n");
    append(&home, "a.log", "{\"level\":\"warn\",\"msg\":\"four\"}\n");
    for expected in ["two", "four"] {
        let record: serde_json::Value = serde_json::from_str(&following.next()).unwrap();
        assert_eq!(record["message"], expected);
    }
}

#[test]
fn a_file_that_comes_later_and_rotates() {
    let home = Home::new();
    let mut following = Following::start(&home, &["late.log", "-f", "--grep", "line"]);
    append(&home, "late.log", "line one\n");
    assert_eq!(following.next(), "line one");
    append(&home, "late.log", "line two\n");
    std::fs::rename(home.path("late.log"), home.path("late.log.1")).unwrap();
    append(&home, "late.log", "line three\n");
    assert_eq!([following.next(), following.next()], ["line two", "line three"]);
}

#[test]
fn a_pipe_is_printed_as_it_comes() {
    let home = Home::new();
    let mut following = Following::start(&home, &["-f"]);
    let mut stdin = following.child.stdin.take().unwrap();
    for line in ["one", "two", "error: three"] {
        stdin.write_all(format!("{line}\n").as_bytes()).unwrap();
        assert!(following.next().ends_with(line));
    }
    drop(stdin);
    assert!(following.lines.next().is_none());
    assert_eq!(following.child.wait().unwrap().code(), Some(0));
}
