//! Runs `logdeck cat` (and other commands that print records) of the real binary in a directory of its own.
#![allow(dead_code, reason = "several tests share it, and none needs all")]

use std::{
    io::{BufRead, BufReader, Lines, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
};

/// A directory with an empty environment.
pub(crate) struct Home(tempfile::TempDir);

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: Vec<u8>,
    pub(crate) err: String,
}

impl Home {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn dir(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file.
    pub(crate) fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> &Self {
        std::fs::write(self.path(name), bytes).unwrap();
        self
    }

    /// Writes behind what a file has; it need not be there.
    pub(crate) fn append(&self, name: &str, text: &str) {
        let mut file = std::fs::OpenOptions::new().append(true).create(true).open(self.path(name)).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    /// The binary with `cat` and these words.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        self.command_of("cat", args)
    }

    /// The binary with another command and these words.
    pub(crate) fn command_of(&self, name: &str, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_logdeck"));
        command.env_clear().env("HOME", self.dir()).env("TZ", "UTC").current_dir(self.dir());
        command.env("TMPDIR", self.dir()).stdin(Stdio::null()).arg(name).args(args);
        command
    }

    pub(crate) fn cat(&self, args: &[&str]) -> Ran {
        Ran::of(self.command(args).output().unwrap())
    }

    /// With these bytes on standard input, through a pipe.
    pub(crate) fn pipe(&self, args: &[&str], input: &[u8]) -> Ran {
        let mut command = self.command(args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        std::thread::scope(|scope| {
            // The process may end before it has read everything.
            scope.spawn(move || stdin.write_all(input));
            Ran::of(child.wait_with_output().unwrap())
        })
    }
}

/// A run that goes on; it is killed with the test.
pub(crate) struct Following {
    pub(crate) child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Following {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// Waits for the next line.
    pub(crate) fn next(&mut self) -> String {
        self.lines.next().unwrap().unwrap()
    }

    /// Waits for the end; whether no line came before it.
    pub(crate) fn is_over(&mut self) -> bool {
        self.lines.next().is_none()
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Ran {
    pub(crate) fn of(output: std::process::Output) -> Self {
        let err = String::from_utf8(output.stderr).expect("standard error is UTF-8");
        Self { code: output.status.code(), out: output.stdout, err }
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.out).expect("output is UTF-8")
    }

    /// Each line as JSON.
    pub(crate) fn json(&self) -> Vec<serde_json::Value> {
        let text = self.text();
        assert!(text.is_empty() || text.ends_with('\n'));
        text.split_terminator('\n')
            .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line:.300}")))
            .collect()
    }

    /// The messages of JSON output.
    pub(crate) fn messages(&self) -> Vec<String> {
        self.json().iter().map(|record| record["message"].as_str().unwrap().to_owned()).collect()
    }

    /// A number of `--stats` in bytes.
    pub(crate) fn stat(&self, name: &str) -> u64 {
        let line = self.err.lines().find(|line| line.trim_start().starts_with(name)).expect(name);
        let exact = line.rsplit_once('(').map_or(line, |(_, exact)| exact);
        exact.chars().filter(char::is_ascii_digit).collect::<String>().parse().unwrap()
    }
}

/// What `cat` prints as text for these bytes on standard input.
pub(crate) fn text_of(bytes: &[u8]) -> String {
    let ran = Home::new().pipe(&[], bytes);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    ran.text().to_owned()
}

/// The records that `cat` prints as JSON for these bytes on standard input.
pub(crate) fn records_of(bytes: &[u8]) -> Vec<serde_json::Value> {
    let ran = Home::new().pipe(&["--format", "json"], bytes);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    ran.json()
}
