//! The documents that are made from the code are those in the repository.
//!
//! `UPDATE_DOCS=1 cargo test --test docs` writes them anew.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a helper that fails fails its test")]

use logdeck::cli::docs;
use logdeck::config;
use std::{fs, path::Path};

/// Compares a file with its text, or writes it when that is asked for.
fn check(name: &str, expected: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    let found = fs::read_to_string(&path).unwrap_or_default();
    if found == expected {
        return;
    }
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, expected).unwrap();
        return;
    }
    let differs = found.lines().zip(expected.lines()).position(|(a, b)| a != b);
    let line = differs.unwrap_or_else(|| found.lines().count().min(expected.lines().count())) + 1;
    panic!("{name} is old from line {line} on: run UPDATE_DOCS=1 cargo test --test docs");
}

#[test]
fn the_example_config_is_current() {
    check("config.example.toml", &config::example());
}

#[test]
fn the_readme_is_current() {
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    for name in ["usage", "cat", "extract", "keys", "commands", "config", "themes", "exit codes"] {
        assert!(readme.contains(&format!("<!-- generated: {name} -->")), "{name}");
    }
    check("README.md", &docs::regenerate(&readme).unwrap());
}

/// The README's relative links lead to files that are there.
#[test]
fn links_lead_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for name in ["README.md", "ARCHITECTURE.md", "CHANGELOG.md"] {
        let text = fs::read_to_string(root.join(name)).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let path = link.split('#').next().unwrap();
            if !path.is_empty() && !path.contains("://") {
                assert!(root.join(path).exists(), "{name}: {link}");
            }
        }
    }
}
