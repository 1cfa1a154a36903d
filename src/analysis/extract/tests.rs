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

#[test]
fn every_rule_finds_its_examples() {
    let rules = Rules::builtin();
    assert!(!rules.list.is_empty(), "{:?}", Rules::read(&super::rules::FILES).err());
    let mut problems = Vec::new();
    for (n, rule) in rules.list.iter().enumerate() {
        problems.extend(rule.problems().iter().map(|problem| format!("{}: {problem}", rule.name)));
        if rules.list[..n].iter().any(|other| other.name == rule.name) {
            problems.push(format!("{}: the name is not unique", rule.name));
        }
        if rule.examples.is_empty() {
            problems.push(format!("{}: has no example", rule.name));
        }
        for text in &rule.examples {
            let (plain, marked) = example(text);
            let mut extractor = Extractor::new(Options { max_lines: Some(1_000), ..Options::default() });
            extractor.feed(plain.as_bytes());
            let found = extractor.hits_of(n);
            let expected = match rule.role {
                Role::Cause | Role::Summary | Role::Mark => marked.clone(),
                _ => marked.first().copied().into_iter().collect(),
            };
            if found != expected {
                let all = extractor.all_hits();
                problems.push(format!("{}: lines {found:?} instead of {expected:?}; fired: {all:?}\n{plain}", rule.name));
            }
        }
        for text in &rule.counter {
            let mut extractor = Extractor::new(Options::default());
            extractor.feed(format!("{text}\n").as_bytes());
            let found = extractor.hits_of(n);
            if !found.is_empty() {
                problems.push(format!("{}: fires on a counter example, lines {found:?}\n{text}", rule.name));
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
