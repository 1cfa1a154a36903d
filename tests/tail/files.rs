//! Files and standard input: what `tail` shares with every kind of source.

use super::support::{Following, Home, Ran};

fn tail(home: &Home, args: &[&str]) -> Ran {
    Ran::of(home.command_of("tail", args).output().unwrap())
}

/// Two logs whose records alternate in time.
fn two() -> Home {
    let home = Home::new();
    home.file("a.log", "2026-01-01T10:00:01Z INFO a1\n2026-01-01T10:00:03Z ERROR a3\n");
    home.file("b.log", "2026-01-01T10:00:02Z INFO b2\n2026-01-01T10:00:04Z WARN b4\n");
    home
}

#[test]
fn logs_that_end_are_merged_by_time() {
    let home = two();
    let check = |args: &[&str], expected: &[&str]| {
        let ran = tail(&home, &[&["a.log", "b.log", "--no-follow"], args].concat());
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{args:?}");
        let words: Vec<_> = ran.text().lines().map(|line| line.rsplit(' ').next().unwrap()).collect();
        assert_eq!(words, expected, "{args:?}");
    };
    check(&[], &["a1", "b2", "a3", "b4"]);
    check(&["--lines", "1"], &["a3", "b4"]);
    check(&["--lines", "0"], &[]);
    check(&["--severity", "warn"], &["a3", "b4"]);
    check(&["--since", "2026-01-01T10:00:02Z", "--lines", "9"], &["b2", "a3", "b4"]);
    let ran = tail(&home, &["a.log", "b.log", "--no-follow", "--lines", "1", "--format", "json"]);
    assert_eq!(ran.messages(), ["a3", "b4"]);
    assert_eq!(ran.json()[0]["origin"], "a.log");
}

#[test]
fn logs_that_grow_begin_with_their_last_lines_and_go_on() {
    let home = two();
    let mut following = Following::start(home.command_of("tail", &["a.log", "b.log", "--lines", "1"]));
    let mut next = || following.next().rsplit(' ').next().unwrap().to_owned();
    assert_eq!([next(), next()], ["a3", "b4"]);
    home.append("a.log", "2026-01-01T10:00:05Z INFO a5\n");
    assert_eq!(next(), "a5");
    home.append("b.log", "2026-01-01T10:00:06Z INFO b6\n");
    assert_eq!(next(), "b6");
    assert!(following.child.try_wait().unwrap().is_none(), "it goes on");
}

#[test]
fn a_hundred_lines_are_shown_where_nothing_else_is_said() {
    let home = Home::new();
    let lines: Vec<_> = (0..300).map(|n| format!("2026-01-01T10:{:02}:{:02}Z INFO n{n}\n", n / 60, n % 60)).collect();
    home.file("a.log", lines.concat());
    let mut following = Following::start(home.command_of("tail", &["a.log"]));
    let lines: Vec<_> = (0..100).map(|_| following.next()).collect();
    assert!(lines[0].ends_with("n200") && lines[99].ends_with("n299"), "{lines:?}");
}

#[test]
fn what_is_wrong_is_said() {
    let home = two();
    let check = |args: &[&str], code, expected: &str| {
        let ran = tail(&home, args);
        assert_eq!(ran.code, Some(code), "{args:?}: {}", ran.err);
        assert!(ran.err.contains(expected), "{args:?}: {}", ran.err);
    };
    check(&[], 2, "SOURCE");
    check(&["github:acme/api"], 2, "use `logdeck extract github:acme/api`");
    check(&["a.log", "-n", "x"], 2, "goes with `logdeck tail pods`");
    check(&["pods", "a", "b"], 2, "one regular expression");
    check(&["a.log", "--since", "10m@end"], 2, "there is no end");
    check(&["a.log", "--grep", "("], 2, "(");
    check(&["no.log", "--no-follow"], 1, "no.log");
}
