//! Passing logs to compare with: the right one is used, and what is wrong with it is said.

use super::support::{Home, Ran, extract, green, has_cause, job, red, zip};
use serde_json::Value;

fn json(home: &Home, log: &str, greens: &[&str]) -> Ran {
    let mut args = vec![log, "--format", "json"];
    for green in greens {
        args.extend(["--baseline", green]);
    }
    extract(home, &args)
}

#[test]
fn what_the_passing_log_has_is_not_new() {
    let home = Home::new();
    home.file("red.log", red()).file("green.log", green());
    let ran = json(&home, "red.log", &["green.log"]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    let log = &ran.json()[0];
    assert!((2..=3).contains(&log["new_lines"].as_u64().unwrap()), "{log}");
    has_cause(log);
    assert!(log["blocks"].as_array().unwrap().iter().any(|block| block["new"] == true), "{log}");
    let text = extract(&home, &["red.log", "-b", "green.log"]);
    assert!(text.text().contains(", new since green\n"), "{}", text.text());
}

/// A passing job of its own: its lines are nobody else's.
fn of_job(word: &str) -> String {
    job(&(0..50)
        .map(|n| format!("{word} {} went well", "x".repeat(n + 1)))
        .collect::<Vec<_>>()
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>())
}

fn failed(passed: &str) -> String {
    format!("{passed}{}", job(&["error: boom", "##[error]Process completed with exit code 2."]))
}

#[test]
fn of_an_archive_the_entry_of_the_same_job_counts() {
    let home = Home::new();
    let (build, lint) = (of_job("build"), of_job("lint"));
    // The numbers differ from run to run; so may signs.
    home.file("green.zip", zip(&[("3_Build _ x.txt", build.as_bytes()), ("1_lint.txt", lint.as_bytes())]));
    home.file(
        "red.zip",
        zip(&[("0_build x.txt", failed(&build).as_bytes()), ("7_lint.txt", failed(&lint).as_bytes())]),
    );
    let ran = json(&home, "red.zip", &["green.zip"]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    let new: Vec<_> = ran.json().iter().map(|log| log["new_lines"].as_u64().unwrap()).collect();
    assert_eq!(new, [2, 2]);
    // Swapped, each is compared with the other's.
    home.file("swapped.zip", zip(&[("0_build x.txt", lint.as_bytes()), ("7_lint.txt", build.as_bytes())]));
    let ran = json(&home, "red.zip", &["swapped.zip"]);
    assert!(ran.json().iter().all(|log| log["new_lines"].as_u64().unwrap() > 50), "{}", ran.text());
    assert!(ran.err.contains("it has hardly a line of red.zip!0_build x.txt: is it of the same job?"), "{}", ran.err);
    // A log of another name is compared with all of them.
    home.file("other.log", failed(&format!("{build}{lint}")));
    assert_eq!(json(&home, "other.log", &["green.zip"]).json()[0]["new_lines"], 2);
}

#[test]
fn several_passing_logs_count_together() {
    let home = Home::new();
    let (a, b) = (of_job("a"), of_job("b"));
    home.file("red.log", failed(&format!("{a}{b}"))).file("a.log", &a).file("b.log", &b);
    let new = |greens: &[&str]| json(&home, "red.log", greens).json()[0]["new_lines"].as_u64().unwrap();
    assert_eq!(new(&["a.log", "b.log"]), 2);
    assert_eq!(new(&["a.log"]), 52);
}

#[test]
fn a_baseline_that_cannot_help() {
    let home = Home::new();
    home.file("red.log", red()).file("empty.log", "").file("page.zip", "<html><title>Log in</title>");
    std::fs::create_dir(home.path("other")).unwrap();
    home.file("other/same.log", red()).file("job.log", of_job("quite another"));
    std::os::unix::fs::symlink("red.log", home.path("link.log")).unwrap();
    let check = |green: &str, code: i32, is_compared: bool, expected: &str| {
        let ran = json(&home, "red.log", &[green]);
        let log: &Value = &ran.json()[0];
        has_cause(log);
        assert_eq!((ran.code, log["new_lines"].is_u64()), (Some(code), is_compared), "{green}: {}", ran.err);
        assert!(ran.err.contains(expected) && ran.err.lines().count() == 1, "{green}: {}", ran.err);
    };
    check("red.log", 3, false, "red.log: the baseline is this very log: compared with nothing");
    check("link.log", 3, false, "red.log: the baseline is this very log: compared with nothing");
    check("empty.log", 3, false, "baseline empty.log: it has no lines: compared with nothing");
    check("none.log", 3, false, "baseline none.log: no such file or directory");
    check("page.zip", 3, false, "baseline page.zip: this is a web page (\"Log in\")");
    check("job.log", 0, true, "baseline job.log: it has hardly a line of red.log: is it of the same job?");
    check(
        "other/same.log",
        0,
        true,
        "baseline other/same.log: it has every line of red.log, which failed: did it pass?",
    );
}
