//! What is printed: text for people, JSON for scripts, Markdown for pull requests.

use super::support::{Home, extract, green, job, red, shown};

#[test]
fn text_has_the_cause_first_and_says_where_it_stands() {
    let home = Home::new();
    home.file("a.log", red()).file("b.log", green()).file("c.log", "");
    let ran = extract(&home, &["a.log", "b.log", "c.log"]);
    let text = ran.text();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("failed  a.log  9 lines; failed: Run cargo build"), "{text}");
    assert_eq!(lines.next(), Some(""));
    // The times of GitHub are not shown, the line numbers are.
    assert!(
        text.contains("  7 | error[E0425]: cannot find value `prize` in this scope\n  8 |  --> src/lib.rs:2:5\n"),
        "{text}"
    );
    assert!(text.contains(", in Run cargo build\n") && !text.contains("2026-11-21"), "{text}");
    assert!(text.contains("  b.log  7 lines\n") && text.contains("\nempty  c.log\n"), "{text}");
    assert!(text.contains("\n3 logs: 1 failed, ") && !text.contains('\x1b'), "{text}");
}

#[test]
fn of_many_logs_those_without_a_failure_are_counted() {
    let home = Home::new();
    std::fs::create_dir(home.path("d")).unwrap();
    for n in 0..30 {
        home.file(&format!("d/{n:02}.log"), if n == 7 { red() } else { green() });
    }
    let ran = extract(&home, &["d"]);
    assert!(ran.text().starts_with("failed  d/07.log  9 lines"), "{}", ran.text());
    assert!(!ran.text().contains("d/08.log") && ran.text().contains("\n30 logs: 1 failed, 29 "), "{}", ran.text());
}

#[test]
fn json_has_every_key() {
    let home = Home::new();
    let ran = extract(home.file("a.log", red()), &["a.log", "--format", "json"]);
    let logs = ran.json();
    let keys = |value: &serde_json::Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&logs[0]), ["blocks", "lines", "log", "verdict"]);
    let blocks = logs[0]["blocks"].as_array().unwrap();
    for block in blocks {
        assert_eq!(keys(block), ["end", "kind", "lines", "repeats", "rule", "score", "start", "step", "tool"]);
        assert_eq!(block["step"], "Run cargo build");
        assert!(block["score"].as_u64().unwrap() <= 1000);
    }
    let scores: Vec<_> = blocks.iter().map(|block| block["score"].as_u64().unwrap()).collect();
    assert!(scores.is_sorted_by(|a, b| a >= b), "{scores:?}");
    let line = shown(&logs[0]).into_iter().find(|(n, _)| *n == 7).unwrap().1;
    assert_eq!(line, "2026-11-21T10:00:06.1234567Z error[E0425]: cannot find value `prize` in this scope");
}

/// A log with errors far from each other.
fn errors() -> String {
    let mut lines = vec!["##[group]Run make".to_owned(), "##[endgroup]".to_owned()];
    for n in 0..4 {
        lines.extend(std::iter::repeat_n("a quiet line".to_owned(), 50));
        lines.push(format!("error[E042{n}]: cannot find value `prize{n}` in this scope"));
        lines.push(format!(" --> src/lib.rs:{n}:5"));
    }
    lines.push("##[error]Process completed with exit code 2.".to_owned());
    job(&lines.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn blocks_by_rank_or_as_they_stand() {
    let home = Home::new();
    home.file("a.log", errors());
    let blocks = |order: &str| -> Vec<(u64, u64)> {
        let ran = extract(&home, &["a.log", "--format", "json", "--order", order]);
        let number = |block: &serde_json::Value, key: &str| block[key].as_u64().unwrap();
        let log = ran.json().remove(0);
        log["blocks"].as_array().unwrap().iter().map(|b| (number(b, "start"), number(b, "score"))).collect()
    };
    let (by_line, by_rank) = (blocks("time"), blocks("rank"));
    assert!(by_line.len() > 1 && by_line.is_sorted(), "{by_line:?}");
    assert!(by_rank.is_sorted_by_key(|(_, score)| std::cmp::Reverse(*score)), "{by_rank:?}");
    let mut sorted = by_rank.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, by_line);
}

#[test]
fn max_lines_bounds_every_log() {
    let home = Home::new();
    home.file("a.log", errors()).file("b.log", red());
    for most in [1, 2, 5] {
        let ran = extract(&home, &["a.log", "b.log", "--format", "json", "--max-lines", &most.to_string()]);
        for log in ran.json() {
            assert!((1..=most).contains(&shown(&log).len()), "{most}: {log}");
        }
    }
}

#[test]
fn markdown_stays_what_it_is_whatever_the_log_says() {
    let home = Home::new();
    let hostile = job(&[
        "##[group]Run make `x` <img src=x>",
        "##[endgroup]",
        "error: ```` </details> \x1b[2J @everyone",
        "```",
        "# heading",
        "##[error]Process completed with exit code 2.",
    ]);
    home.file("a`b.log", hostile);
    let ran = extract(&home, &["a`b.log", "--format", "markdown"]);
    let text = ran.text();
    assert!(text.starts_with("### ``a`b.log`` failed in ``Run make `x` <img src=x>``\n"), "{text}");
    assert!(text.contains("`````text\nerror: ```` </details> <1B>[2J @everyone"), "{text}");
    assert!(text.contains("line 3") || text.contains("lines 3-"), "{text}");
    // Every fence is closed by one of the same length.
    let fences: Vec<_> = text.lines().filter(|line| line.starts_with("`````")).collect();
    assert!(fences.chunks(2).all(|pair| pair.len() == 2 && pair[0] == format!("{}text", pair[1])), "{text}");
    assert_eq!(text.matches("<details>").count(), text.lines().filter(|line| *line == "</details>").count());
}

#[test]
fn markdown_is_never_too_long_for_a_comment() {
    let home = Home::new();
    std::fs::create_dir(home.path("d")).unwrap();
    let errors: Vec<_> = (0..40).map(|n| format!("error: {n} {}", "long ".repeat(60))).collect();
    let errors: Vec<_> =
        errors.iter().map(String::as_str).chain(["##[error]Process completed with exit code 2."]).collect();
    for n in 0..50 {
        home.file(&format!("d/{n:02}.log"), job(&errors));
    }
    let ran = extract(&home, &["d", "--format", "markdown"]);
    assert!(ran.text().len() < 65_536 && ran.text().len() > 40_000, "{}", ran.text().len());
    assert!(ran.text().contains("left out: the text would be too long.") && ran.text().contains("50 logs: 50 failed."));
}

#[test]
fn secrets_are_redacted_in_markdown_and_on_request() {
    let home = Home::new();
    let secret = "ghp_0123456789abcdefghijklmnopqrstuvwxyzAB";
    home.file(
        "a.log",
        job(&[
            "##[group]Run make",
            "##[endgroup]",
            &format!("error: bad token {secret}"),
            "##[error]Process completed with exit code 2.",
        ]),
    );
    for args in [&["--format", "markdown"][..], &["--redact"], &["--redact", "--format", "json"]] {
        let ran = extract(&home, &[&["a.log"], args].concat());
        assert!(!ran.text().contains("ghp_") && ran.text().contains("[redacted: "), "{}", ran.text());
    }
    for args in [&[][..], &["--format", "json"]] {
        assert!(extract(&home, &[&["a.log"], args].concat()).text().contains(secret));
    }
}

#[test]
fn text_is_safe_for_a_terminal() {
    let home = Home::new();
    home.file(
        "a.log",
        job(&[
            "##[group]Run \x1b[2Jmake",
            "##[endgroup]",
            "\x1b[31merror: \x1b[0mboom \x1b]0;title\x07 \u{202e}",
            "##[error]Process completed with exit code 2.",
        ]),
    );
    let ran = extract(&home, &["a.log"]);
    assert!(ran.text().contains("error: boom <1B>]0;title<07> <U+202E>"), "{}", ran.text());
    assert!(!ran.text().contains(|c: char| c.is_control() && c != '\n'), "{:?}", ran.text());
    let json = extract(&home, &["a.log", "--format", "json"]);
    assert!(!json.text().contains(|c: char| (c.is_control() && c != '\n') || c == '\u{202e}'), "{:?}", json.text());
    assert!(shown(&json.json()[0]).iter().any(|(_, line)| line.ends_with("error: boom  \u{202e}")), "{}", json.text());
}
