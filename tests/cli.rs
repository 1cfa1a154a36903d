//! The real binary: exit codes, where text goes, settings, documents.

#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use logdeck::config::ConfigKey;
use std::{
    fs,
    io::Read,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Output, Stdio},
};

/// The binary with an empty environment but for a home directory.
fn logdeck(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_logdeck"));
    command.env_clear().env("HOME", home).env("TZ", "UTC").current_dir(home).stdin(Stdio::null());
    command
}

fn run(home: &Path, args: &str) -> Output {
    logdeck(home).args(args.split_whitespace()).output().unwrap()
}

fn out(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

fn err(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

fn home() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn help_and_version_go_to_standard_output() {
    let home = home();
    for (args, expected) in [
        ("--help", "Source addresses:"),
        ("-h", "Usage: logdeck"),
        ("help cat", "10m@end"),
        ("cat --help", "10m@end"),
        ("config init --help", "never over a file"),
        ("--version", concat!("logdeck ", env!("CARGO_PKG_VERSION"))),
    ] {
        let output = run(home.path(), args);
        assert_eq!(output.status.code(), Some(0), "{args}");
        assert!(out(&output).contains(expected) && output.stderr.is_empty(), "{args}: {output:?}");
        assert!(!out(&output).contains('\x1b'), "{args}");
    }
}

#[test]
fn wrong_usage_is_2_and_says_what_would_be_right() {
    let home = home();
    let check = |args: &str, expected: &str| {
        let output = run(home.path(), args);
        assert_eq!(output.status.code(), Some(2), "{args}");
        assert!(err(&output).contains(expected) && output.stdout.is_empty(), "{args}: {output:?}");
    };
    check("--memory 1", "8MiB to 1TiB");
    check("--memroy 1GiB", "--memory");
    check("cat --severity loud", "trace, debug, info, warn, error or fatal");
    check("cat --since soon", "RFC 3339");
    check("cat --where x", "FIELD=VALUE");
    check("github:acme", "github:OWNER/REPO");
    check("config", "init");
    check("completions", "SHELL");
    check("", "no source is named");
    check("dmeo", "did you mean `logdeck demo`?");
}

#[test]
fn what_an_argument_holds_cannot_reach_the_terminal() {
    let home = home();
    let output = logdeck(home.path()).args(["--theme", "\x1b]52;c;aGk=\x07\u{9b}2J"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let text = err(&output);
    assert!(!text.contains(['\x1b', '\x07', '\u{9b}']), "{text:?}");
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let home = home();
    for args in ["man", "completions bash", "--help", "config show"] {
        let mut child = logdeck(home.path())
            .args(args.split_whitespace())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let mut said = String::new();
        child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert_eq!((child.wait().unwrap().code(), said.as_str()), (Some(0), ""), "{args}");
    }
}

#[test]
fn init_writes_once_and_privately() {
    let home = home();
    let path = run(home.path(), "config path");
    let path = Path::new(out(&path).trim_end());
    assert!(path.starts_with(home.path()), "{}", path.display());

    let first = run(home.path(), "config init");
    assert_eq!(first.status.code(), Some(0), "{first:?}");
    assert!(out(&first).contains(path.to_str().unwrap()));
    assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_to_string(path).unwrap(), logdeck::config::example());
    assert!(out(&run(home.path(), "config check")).starts_with("ok: "));

    fs::write(path, "theme = \"dark\"\n").unwrap();
    let second = run(home.path(), "config init");
    assert_eq!(second.status.code(), Some(1));
    assert!(err(&second).contains("is there already"), "{second:?}");
    assert_eq!(fs::read_to_string(path).unwrap(), "theme = \"dark\"\n");
}

#[test]
fn init_does_not_write_through_a_link() {
    let home = home();
    let target = home.path().join("target");
    std::os::unix::fs::symlink(&target, home.path().join("c.toml")).unwrap();
    let output = run(home.path(), "config init --config c.toml");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(!target.exists());
}

#[test]
fn settings_come_in_layers_and_show_says_from_where() {
    let home = home();
    fs::write(home.path().join("c.toml"), "theme = \"dark\"\nmemory = \"1GiB\"\n[keys]\nquit = \"q\"\n").unwrap();
    let output = logdeck(home.path())
        .args(["config", "show", "--config", "c.toml", "--ascii"])
        .env("LOGDECK_THEME", "light")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let text = out(&output);
    for (value, from) in [
        ("theme = \"light\"", "# environment LOGDECK_THEME"),
        ("memory = \"1GiB\"", "# c.toml:2"),
        ("ascii = true", "# command line --ascii"),
        ("fps = 30", "# default"),
        ("[keys]", "# c.toml:3"),
    ] {
        let line = text.lines().find(|line| line.starts_with(value)).expect(value);
        assert!(line.ends_with(from), "{line}");
    }
    // What is shown is a config file.
    fs::write(home.path().join("again.toml"), text).unwrap();
    let again = run(home.path(), "config show --config again.toml");
    assert!(out(&again).contains("theme = \"light\"") && out(&again).contains("quit = \"q\""), "{again:?}");
}

#[test]
fn check_names_every_problem_with_its_place() {
    let home = home();
    fs::write(home.path().join("c.toml"), "memroy = \"1GiB\"\nascii = \"yes\"\nsources = [\"github:acme\"]\n").unwrap();
    let output = run(home.path(), "config check --config c.toml");
    assert_eq!(output.status.code(), Some(1));
    for line in [
        "error: c.toml:1:1: unknown key `memroy`; did you mean `memory`?",
        "error: c.toml:2:9: ascii: `yes` is not true or false",
        "error: c.toml:3:11: sources: `github:acme` is not a source address",
    ] {
        assert!(err(&output).lines().any(|said| said.starts_with(line)), "{line}: {}", err(&output));
    }
}

#[test]
fn check_knows_actions_and_keys() {
    let home = home();
    let check = |keys: &str, expected: &str| {
        fs::write(home.path().join("c.toml"), format!("[keys]\n{keys}\n")).unwrap();
        let output = run(home.path(), "config check --config c.toml");
        let said = format!("{}{}", out(&output), err(&output));
        assert!(said.contains(expected), "{keys}: {said}");
    };
    check("folow = \"f\"", "c.toml:2:1: unknown action `folow`; did you mean `follow`?");
    check("follow = \"Hyper-f\"", "c.toml:2:1: keys: action `follow`: `Hyper-f` is not a key");
    check(
        "wrap = \"x\"\nfollow = [\"f\", \"x\"]",
        "c.toml:3:1: keys: key `x` is bound to both `wrap` and `follow`; `wrap` has it",
    );
    check("cancel = \"x\"", "c.toml:2:1: keys: action `cancel`: `x` types a character");
    check("quit = 3", "c.toml:2:8: `quit` is not a key or a list of keys");
    check("wrap = []\nfollow = \"w\"", "ok: ");
    check(ConfigKey::find("keys").unwrap().example, "ok: ");
}

#[test]
fn check_knows_themes() {
    let home = home();
    let path = run(home.path(), "config path");
    let themes = Path::new(out(&path).trim_end()).parent().unwrap().join("themes");
    fs::create_dir_all(&themes).unwrap();
    fs::write(themes.join("solar.toml"), "error = \"red bold\"\n").unwrap();
    let said = |theme: &str| {
        fs::write(home.path().join("c.toml"), format!("theme = \"{theme}\"\n")).unwrap();
        let output = run(home.path(), "config check --config c.toml");
        (output.status.code(), format!("{}{}", out(&output), err(&output)))
    };
    assert_eq!(said("solar").0, Some(0), "{}", said("solar").1);
    assert!(said("lunar").1.contains("there is no theme `lunar`; there are auto, dark, light, 16, mono, ascii, solar"));
    assert!(said("../solar").1.contains("c.toml:1:9: theme: `../solar` is not a theme: auto, dark"));
    fs::write(themes.join("lunar.toml"), "background = \"black\"\n").unwrap();
    let (code, text) = said("solar");
    assert_eq!(code, Some(1));
    assert!(text.contains("lunar.toml:1:1: the background is never painted"), "{text}");
    // It is said once, also when it is the theme that is set.
    assert_eq!(said("lunar").1.matches("never painted").count(), 1, "{}", said("lunar").1);
}

/// Keys and colours of the screen are no business of `cat`.
#[test]
fn settings_that_are_left_out_stop_nothing() {
    let home = home();
    fs::write(home.path().join("c.toml"), "theme = \"lunar\"\n[keys]\nfolow = \"f\"\nwrap = \"x\"\nfollow = \"x\"\n")
        .unwrap();
    fs::write(home.path().join("a.log"), "one\n").unwrap();
    let output = run(home.path(), "cat a.log --config c.toml");
    assert_eq!((output.status.code(), out(&output).trim_end()), (Some(0), "one"), "{output:?}");
}

#[test]
fn a_named_file_has_to_be_there() {
    let home = home();
    for args in ["config check --config none.toml", "cat x.log --config none.toml"] {
        let output = run(home.path(), args);
        assert_eq!(output.status.code(), Some(1), "{args}");
        assert!(err(&output).contains("none.toml: the config file cannot be read"), "{args}: {output:?}");
    }
}

#[test]
fn a_directory_of_settings_that_cannot_be_read_does_not_stop_it() {
    let home = home();
    fs::write(home.path().join(".config"), "a file where a directory belongs").unwrap();
    fs::write(home.path().join("a.log"), "one\n").unwrap();
    let output = run(home.path(), "cat a.log");
    assert_eq!((output.status.code(), out(&output).trim_end()), (Some(0), "one"), "{output:?}");
    assert!(err(&output).contains("logdeck/config.toml: the config file cannot be read: "), "{output:?}");
}

#[test]
fn without_a_terminal_sources_become_lines() {
    let home = home();
    fs::write(home.path().join("c.toml"), "sources = [\"none.log\"]\n").unwrap();
    for args in ["github:acme/api", "--config c.toml"] {
        let output = run(home.path(), args);
        assert!(err(&output).contains("standard output is not a terminal: printing lines"), "{args}: {output:?}");
    }
}

#[test]
fn stats_go_to_standard_error() {
    let home = home();
    let output = run(home.path(), "man --stats");
    assert!(out(&output).starts_with(".ie") || out(&output).contains(".TH"), "{output:?}");
    for name in ["bytes", "lines", "records", "wall", "cpu", "peak memory", "temporary"] {
        assert!(err(&output).lines().any(|line| line.trim_start().starts_with(name)), "{name}: {}", err(&output));
    }
}
