//! The table's own examples, and what the pass as a whole does.

use super::rules::{Role, Rules};
use super::{Extract, Extractor, Options};

fn run(text: &str) -> Extract {
    let mut extractor = Extractor::new(Options::default());
    extractor.feed(text.as_bytes());
    extractor.finish()
}

/// An example without its two columns of marks, and the lines that are marked, from 1.
fn example(text: &str) -> (String, Vec<u64>) {
    let mut marked = Vec::new();
    let mut plain = String::new();
    for (n, line) in text.trim_start_matches('\n').lines().enumerate() {
        if line.starts_with("> ") || line == ">" {
            marked.push(n as u64 + 1);
        }
        plain.push_str(line.get(2..).unwrap_or(""));
        plain.push('\n');
    }
    (plain, marked)
}

/// What an extractor with these rules finds in an example: the lines in blocks, and those on which rules without blocks fired.
fn found(rules: &'static Rules, text: &str) -> (Vec<u64>, Vec<u64>) {
    let mut extractor = Extractor::with_rules(Options::default(), rules);
    extractor.feed(text.as_bytes());
    extractor.hits()
}

/// A rule alone has to find exactly the marked lines of its examples (blank ones aside), and all rules together all of them,
/// whichever of them does.
#[test]
fn every_rule_finds_its_examples() {
    let rules = Rules::builtin();
    assert!(!rules.list.is_empty(), "{:?}", Rules::read(&super::rules::FILES).err());
    let mut problems = Vec::new();
    for (n, rule) in rules.list.iter().enumerate() {
        let alone: &'static Rules = Box::leak(Box::new(rules.only(n)));
        let mut problem = |text: String| problems.push(format!("{}: {text}", rule.name));
        for wrong in rule.problems() {
            problem(wrong);
        }
        if rules.list[..n].iter().any(|other| other.name == rule.name) {
            problem("the name is not unique".to_owned());
        }
        if rule.examples.is_empty() {
            problem("has no example".to_owned());
        }
        for text in &rule.examples {
            let (plain, mut marked) = example(text);
            marked.retain(|line| plain.lines().nth(*line as usize - 1).is_some_and(|line| !line.trim().is_empty()));
            let keep = |lines: &mut Vec<u64>| {
                lines.retain(|line| plain.lines().nth(*line as usize - 1).is_some_and(|line| !line.trim().is_empty()));
            };
            let (mut own, silent) = found(alone, &plain);
            let (mut all, _) = found(rules, &plain);
            keep(&mut own);
            keep(&mut all);
            match rule.role {
                Role::Cause | Role::Summary | Role::Mark => {
                    if own != marked {
                        problem(format!("alone finds {own:?} instead of {marked:?}\n{plain}"));
                    }
                    if !marked.iter().all(|line| all.contains(line)) {
                        problem(format!("all rules find {all:?}, not all of {marked:?}\n{plain}"));
                    }
                }
                Role::Noise => {
                    if !marked.iter().all(|line| silent.contains(line)) {
                        problem(format!("is silent on {silent:?} instead of {marked:?}\n{plain}"));
                    }
                    if marked.iter().any(|line| all.contains(line)) {
                        problem(format!("another rule shows one of {marked:?}\n{plain}"));
                    }
                }
                Role::Label | Role::Pass | Role::Ignored => {
                    if !marked.iter().all(|line| silent.contains(line)) {
                        problem(format!("is told of {silent:?} instead of {marked:?}\n{plain}"));
                    }
                }
            }
        }
        for text in &rule.counter {
            let (own, silent) = found(alone, &format!("{text}\n"));
            if !own.is_empty() || !silent.is_empty() {
                problem(format!("fires on a counter example\n{text}"));
            }
        }
    }
    assert!(problems.is_empty(), "{} problems\n{}", problems.len(), problems.join("\n"));
}

#[test]
fn the_way_of_cutting_does_not_matter() {
    let text = "##[group]Run make\ncc -c a.c\n##[endgroup]\na.c:1:2: error: expected ';'\n  1 | int x\n    |      ^\n\
        make: *** [a.o] Error 1\n##[error]Process completed with exit code 2.\n";
    let whole = run(text);
    for size in [1, 2, 7, 50] {
        let mut extractor = Extractor::new(Options::default());
        for piece in text.as_bytes().chunks(size) {
            extractor.feed(piece);
        }
        assert_eq!(extractor.finish(), whole, "pieces of {size}");
    }
    assert_eq!(whole.lines, 8);
}
