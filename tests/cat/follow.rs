//! `--follow`: what is written later is printed later.

use super::support::{Following, Home};
use std::io::Write;
use std::process::Stdio;

#[test]
fn a_growing_file() {
    let home = Home::new();
    home.file("a.log", "one\n");
    let mut following = Following::start(home.command(&["a.log", "--follow"]));
    assert_eq!(following.next(), "one");
    home.append("a.log", "two\nerror: three\n");
    assert_eq!([following.next(), following.next()], ["two", "ERR error: three"]);
    // A line is complete with its newline.
    home.append("a.log", "fo");
    home.append("a.log", "ur\n");
    assert_eq!(following.next(), "four");
    assert!(following.child.try_wait().unwrap().is_none(), "it goes on");
}

#[test]
fn only_what_matches() {
    let home = Home::new();
    home.file("a.log", "{\"level\":\"info\",\"msg\":\"one\"}\n");
    let mut following = Following::start(home.command(&["a.log", "-f", "--severity", "warn", "--format", "json"]));
    home.append("a.log", "{\"level\":\"error\",\"msg\":\"two\"}\n{\"level\":\"info\",\"msg\":\"three\"}\n");
    home.append("a.log", "{\"level\":\"warn\",\"msg\":\"four\"}\n");
    for expected in ["two", "four"] {
        let record: serde_json::Value = serde_json::from_str(&following.next()).unwrap();
        assert_eq!(record["message"], expected);
    }
}

#[test]
fn a_file_that_comes_later_and_rotates() {
    let home = Home::new();
    let mut following = Following::start(home.command(&["late.log", "-f", "--grep", "line"]));
    home.append("late.log", "line one\n");
    assert_eq!(following.next(), "line one");
    home.append("late.log", "line two\n");
    std::fs::rename(home.path("late.log"), home.path("late.log.1")).unwrap();
    home.append("late.log", "line three\n");
    assert_eq!([following.next(), following.next()], ["line two", "line three"]);
}

#[test]
fn a_pipe_is_printed_as_it_comes() {
    let home = Home::new();
    let mut command = home.command(&["-f"]);
    command.stdin(Stdio::piped());
    let mut following = Following::start(command);
    let mut stdin = following.child.stdin.take().unwrap();
    for line in ["one", "two", "error: three"] {
        stdin.write_all(format!("{line}\n").as_bytes()).unwrap();
        assert!(following.next().ends_with(line));
    }
    drop(stdin);
    assert!(following.is_over());
    assert_eq!(following.child.wait().unwrap().code(), Some(0));
}
