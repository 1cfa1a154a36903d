//! The rules of the house: who may import whom, how long a file may be, and that no file is left out.
//!
//! They are read from the sources' text, so that a broken rule is named with its file and line.

#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// Which modules of ours a top-level module may import. `*` is all of them.
const IMPORTS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("ports", &["model"]),
    ("parse", &["model"]),
    ("redact", &["model"]),
    ("render", &["model", "parse", "redact"]),
    ("store", &["model"]),
    ("analysis", &["model", "parse", "store"]),
    ("engine", &["model", "ports", "store", "analysis"]),
    ("sources", &["model", "ports", "parse"]),
    ("config", &["model"]),
    ("app", &["model", "parse", "ports", "store", "analysis", "engine", "redact", "render"]),
    ("ui", &["app", "model"]),
    ("infra", &["model", "ports", "redact"]),
    ("demo", &["model"]),
    ("runtime", &["*"]),
    ("cli", &["*"]),
];

/// Crates that only some places may use: the crate's name in paths, and what those paths begin with.
const ROOMS: &[(&str, &[&str])] = &[
    ("ratatui", &["ui/", "runtime/terminal"]),
    ("crossterm", &["runtime/"]),
    ("tui_textarea", &["app/edit"]),
    ("directories", &["config/environment.rs"]),
    ("clap", &["cli/"]),
    ("toml", &["config/", "analysis/extract/rules.rs"]),
    ("anyhow", &["cli/", "main.rs"]),
    ("reqwest", &["infra/http"]),
    ("rustls", &["infra/http", "sources/pods/kubeconfig.rs", "sources/firestore/"]),
    ("kube", &["sources/pods/"]),
    ("k8s_openapi", &["sources/pods/"]),
    ("google_cloud_auth", &["sources/google/", "sources/gcs/"]),
    ("google_cloud_storage", &["sources/gcs/"]),
    ("google_cloud_gax", &["sources/gcs/"]),
    ("googleapis_tonic_google_firestore_v1", &["sources/firestore/", "demo/firestore/"]),
    ("tonic", &["sources/firestore/"]),
    ("prost", &["sources/firestore/", "demo/firestore/"]),
    ("prost_types", &["sources/firestore/", "demo/firestore/"]),
    ("crc32c", &["demo/gcs/"]),
    ("md5", &["demo/gcs/"]),
    ("hyper", &["demo/"]),
    ("hyper_util", &["demo/", "sources/firestore/"]),
    ("tokio_rustls", &["demo/cluster", "sources/firestore/"]),
    ("rcgen", &["demo/cluster"]),
    ("tokio", &["runtime/", "sources/", "infra/", "demo/", "cli/"]),
];

/// Lines that a file may have at most, and those of `main.rs`.
const MAX_LINES: usize = 600;
const MAX_MAIN: usize = 60;

/// A file below `src`, its path with `/` as separator.
struct Source {
    path: String,
    text: String,
}

impl Source {
    /// The lines of the product, numbered: without comments, and without tests, which stand at the end of the file or
    /// in one of their own.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let is_test = self.path.ends_with("/tests.rs") || self.path.contains("/tests/");
        let end = if is_test { 0 } else { self.text.len() };
        let tests = self.text.find("#[cfg(test)]\nmod ").unwrap_or(end).min(end);
        let lines = self.text[..tests].lines().enumerate().map(|(i, line)| (i + 1, line));
        lines.map(|(n, line)| (n, line.split("//").next().unwrap_or(line)))
    }

    /// The top-level module that the file belongs to.
    fn module(&self) -> &str {
        let first = self.path.split('/').next().unwrap_or(&self.path);
        first.strip_suffix(".rs").unwrap_or(first)
    }

    /// How many modules lie between the crate's root and the file's own items.
    fn depth(&self) -> usize {
        let slashes = self.path.matches('/').count();
        if self.path.ends_with("/mod.rs") { slashes } else { slashes + 1 }
    }
}

#[test]
fn imports_follow_the_table() {
    let mut wrong = Vec::new();
    for source in sources() {
        if matches!(source.path.as_str(), "lib.rs" | "main.rs") {
            continue;
        }
        let module = source.module();
        let Some((_, allowed)) = IMPORTS.iter().find(|(name, _)| *name == module) else {
            wrong.push(format!("src/{}: `{module}` is not in the table of imports", source.path));
            continue;
        };
        for (line, code) in source.code() {
            for edge in edges(code) {
                if edge != module && !allowed.contains(&"*") && !allowed.contains(&edge) {
                    wrong.push(format!("src/{}:{line}: `{module}` may not import `{edge}`", source.path));
                }
            }
            if climbs(code) >= source.depth() {
                wrong.push(format!("src/{}:{line}: write `crate::…` rather than `super::…` here", source.path));
            }
        }
    }
    assert_none(&wrong);
}

#[test]
fn groups_do_not_hide_an_import() {
    let hidden = |code: &str| code.contains("use crate::{") || code.contains("use logdeck::{");
    let wrong = find(|_, code| hidden(code).then(|| "write one `use crate::…` for each module".to_owned()));
    assert_none(&wrong);
}

#[test]
fn libraries_stay_in_their_rooms() {
    let wrong = find(|path, code| {
        let (name, rooms) = ROOMS.iter().find(|(name, rooms)| {
            paths_of(code, name).next().is_some() && !rooms.iter().any(|room| path.starts_with(room))
        })?;
        Some(format!("`{name}` may only be used in {}", rooms.join(", ")))
    });
    assert_none(&wrong);
}

#[test]
fn the_environment_is_read_in_one_place() {
    let wrong = find(|path, code| {
        let reads = ["env::var", "env::vars", "env::home_dir"].iter().any(|call| code.contains(call));
        (reads && path != "config/environment.rs").then(|| "take a `config::Environment`".to_owned())
    });
    assert_none(&wrong);
}

#[test]
fn files_open_with_what_they_own_and_stay_short() {
    let mut wrong = Vec::new();
    for path in ["src", "tests", "benches", "fuzz"].iter().flat_map(|dir| files(&root().join(dir), "rs")) {
        let text = fs::read_to_string(&path).unwrap();
        let name = path.strip_prefix(root()).unwrap().display().to_string();
        if !text.starts_with("//!") && !text.starts_with("#![") {
            wrong.push(format!("{name}: the first line does not begin with //!"));
        }
        let limit = if name.ends_with("src/main.rs") { MAX_MAIN } else { MAX_LINES };
        let lines = text.lines().count();
        if lines > limit {
            wrong.push(format!("{name}: {lines} lines, the limit is {limit}"));
        }
    }
    assert_none(&wrong);
}

#[test]
fn every_file_is_reached_by_a_target() {
    let mut wrong = Vec::new();
    for dir in ["src", "tests", "benches"] {
        let dir = root().join(dir);
        for path in files(&dir, "rs") {
            let inner = path.strip_prefix(&dir).unwrap();
            if !is_reached(&dir, inner) {
                wrong.push(format!("{}: no `mod` names it", path.strip_prefix(root()).unwrap().display()));
            }
        }
    }
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    for path in
        files(&root().join("benches"), "rs").iter().filter(|path| path.parent() == Some(&root().join("benches")))
    {
        let name = path.file_stem().unwrap().to_str().unwrap();
        if !manifest.contains(&format!("[[bench]]\nname = \"{name}\"\nharness = false")) {
            wrong.push(format!("benches/{name}.rs: Cargo.toml has no [[bench]] for it without a harness"));
        }
    }
    assert_none(&wrong);
}

/// Whether a `mod` in the file of its parent names `inner`, or it is the root of a target.
fn is_reached(dir: &Path, inner: &Path) -> bool {
    let stem = inner.file_stem().unwrap().to_str().unwrap();
    let parent = inner.parent().unwrap();
    let is_root = parent.as_os_str().is_empty();
    let is_target = is_root && (!dir.ends_with("src") || matches!(stem, "lib" | "main"));
    if is_target || stem == "main" {
        return true;
    }
    // A test target names the files that it shares with others by their paths.
    let attribute = format!("#[path = \"{}\"]", inner.display());
    let targets = files(dir, "rs").into_iter().filter(|file| file.parent() == Some(dir));
    if targets.filter_map(|path| fs::read_to_string(path).ok()).any(|text| text.lines().any(|line| line == attribute)) {
        return true;
    }
    // `a/mod.rs` is the module `a` of the folder above.
    let (name, folder) = if stem == "mod" {
        (parent.file_name().unwrap().to_str().unwrap(), parent.parent().unwrap())
    } else {
        (stem, parent)
    };
    let parents: Vec<PathBuf> = if folder.as_os_str().is_empty() {
        files(dir, "rs").into_iter().filter(|file| file.parent() == Some(dir)).collect()
    } else {
        vec![dir.join(folder).join("mod.rs"), dir.join(folder).join("main.rs"), dir.join(folder).with_extension("rs")]
    };
    let declares = |text: String| {
        text.lines().any(|line| {
            let line = line.trim().trim_end_matches(|c: char| c == '{' || c.is_whitespace());
            let ways = ["pub(crate) ", "pub(super) ", "pub(in crate::sources) ", "pub "];
            let line = ways.iter().find_map(|way| line.strip_prefix(way)).unwrap_or(line);
            line == format!("mod {name};") || line == format!("mod {name}")
        })
    };
    parents.iter().filter_map(|path| fs::read_to_string(path).ok()).any(declares)
}

#[test]
fn one_library_does_the_encryption() {
    // What is built follows from the lock file and the features; what stands in the lock file could be built.
    let lock = fs::read_to_string(root().join("Cargo.lock")).unwrap();
    let packages: Vec<&str> =
        lock.lines().filter_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"')).collect();
    assert!(packages.contains(&"aws-lc-rs") && packages.len() > 100, "the lock file was not understood");
    let others = ["ring", "openssl", "openssl-sys", "native-tls", "boring", "boring-sys", "mbedtls"];
    let locked: Vec<_> = others.into_iter().filter(|name| packages.contains(name)).collect();
    // A lock file also has what no feature turns on: cargo says what is left of it for each system.
    for name in locked {
        let cargo = std::process::Command::new(env!("CARGO"))
            .args(["tree", "--locked", "--offline", "--target", "all", "--edges", "normal,build", "--invert", name])
            .current_dir(root())
            .output()
            .unwrap();
        let tree = String::from_utf8_lossy(&cargo.stdout);
        assert!(tree.trim().is_empty(), "beside aws-lc-rs there is {name}:\n{tree}");
    }
}

#[test]
fn the_table_has_no_circle() {
    let table: BTreeMap<_, _> = IMPORTS.iter().copied().collect();
    for (module, _) in IMPORTS {
        walk(&table, module, &mut Vec::new());
    }
}

/// Follows the table from `module` down; `path` is the way there.
fn walk<'t>(table: &BTreeMap<&'t str, &'t [&'t str]>, module: &'t str, path: &mut Vec<&'t str>) {
    assert!(!path.contains(&module), "{} -> {module}", path.join(" -> "));
    path.push(module);
    for next in table[module].iter().filter(|next| **next != "*") {
        walk(table, next, path);
    }
    path.pop();
}

#[test]
fn edges_are_seen() {
    let check = |code: &str, expected: &[&str]| assert_eq!(edges(code).collect::<Vec<_>>(), expected, "{code}");
    check("use crate::model::Batch;", &["model"]);
    check("pub(crate) fn f(a: &crate::app::App) -> crate::ui::X {", &["app", "ui"]);
    check("let mycrate::x = 1;", &[]);
    check("use crate::{model, ui};", &[]);
    assert_eq!((climbs("use super::super::model;"), climbs("x(super::y, a)"), climbs("x")), (2, 1, 0));
    assert_eq!(paths_of("let a = tokio::time::sleep;", "tokio").count(), 1);
    assert_eq!(paths_of("use clap_complete::Shell; use clap::Parser;", "clap").count(), 1);
    assert_eq!(paths_of("config::toml_text(x); my_toml::x", "toml").count(), 0);
}

/// The top-level modules that a line of code names by `crate::`.
fn edges(code: &str) -> impl Iterator<Item = &str> {
    paths_of(code, "crate")
        .map(|rest| {
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            &rest[..end]
        })
        .filter(|name| !name.is_empty())
}

/// What follows `name::` wherever a path begins with it.
fn paths_of<'c>(code: &'c str, name: &str) -> impl Iterator<Item = &'c str> {
    let marker = format!("{name}::");
    let starts: Vec<usize> = code.match_indices(&marker).map(|(at, _)| at).collect();
    let length = marker.len();
    starts.into_iter().filter_map(move |at| {
        let before = code[..at].chars().next_back();
        let begins = before.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != ':');
        begins.then(|| &code[at + length..])
    })
}

/// How many modules up the highest `super::` of a line leads.
fn climbs(code: &str) -> usize {
    (1..8).take_while(|n| code.contains(&"super::".repeat(*n))).last().unwrap_or(0)
}

/// All lines of the product that `rule` complains about.
fn find(rule: impl Fn(&str, &str) -> Option<String>) -> Vec<String> {
    let mut wrong = Vec::new();
    for source in sources() {
        for (line, code) in source.code() {
            if let Some(message) = rule(&source.path, code) {
                wrong.push(format!("src/{}:{line}: {message}", source.path));
            }
        }
    }
    wrong
}

fn assert_none(wrong: &[String]) {
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

fn sources() -> Vec<Source> {
    let src = root().join("src");
    let source = |path: PathBuf| Source {
        path: path.strip_prefix(&src).unwrap().to_str().unwrap().replace('\\', "/"),
        text: fs::read_to_string(&path).unwrap(),
    };
    let sources: Vec<_> = files(&src, "rs").into_iter().map(source).collect();
    assert!(sources.len() > 10, "the sources were not found");
    sources
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files below `dir` with this extension, sorted; none when there is no such folder.
fn files(dir: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(dir) else { return found };
    for entry in entries {
        let path = entry.unwrap().path();
        // Snapshots and fixtures are data; a fuzz target folder has its own build products.
        if path.is_dir() && !path.ends_with("target") && !path.ends_with("fixtures") {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
    found.sort();
    found
}
