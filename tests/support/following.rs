//! `logdeck tail` of the real binary while it runs: its lines as they come, and its end.

#![allow(dead_code, reason = "several tests share it, and none needs all")]

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// How long a line may take that has to come.
const PATIENCE: Duration = Duration::from_mins(1);

/// A run that is killed with its test.
pub(crate) struct Following {
    child: Child,
    lines: Receiver<String>,
    /// What standard error had.
    errors: Receiver<String>,
}

impl Following {
    /// Runs a command line that prints lines.
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (to, lines) = channel();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || stdout.lines().map_while(Result::ok).try_for_each(|line| to.send(line)));
        let (to, errors) = channel();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        std::thread::spawn(move || stderr.lines().map_while(Result::ok).try_for_each(|line| to.send(line)));
        Self { child, lines, errors }
    }

    /// The next line, which has to come.
    pub(crate) fn next(&mut self) -> String {
        match self.lines.recv_timeout(PATIENCE) {
            Ok(line) => line,
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                panic!("no line came; it said: {}", self.said())
            }
        }
    }

    /// The next line as JSON.
    pub(crate) fn json(&mut self) -> Value {
        let line = self.next();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }

    /// The last words of so many lines.
    pub(crate) fn words(&mut self, count: usize) -> Vec<String> {
        (0..count).map(|_| self.next().rsplit(' ').next().unwrap().to_owned()).collect()
    }

    /// Lines that come within this time.
    pub(crate) fn within(&mut self, time: Duration) -> Vec<String> {
        let (end, mut lines) = (Instant::now() + time, Vec::new());
        while let Ok(line) = self.lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
            lines.push(line);
        }
        lines
    }

    /// What standard error had so far.
    pub(crate) fn said(&mut self) -> String {
        self.errors.try_iter().collect::<Vec<_>>().join("\n")
    }

    /// Waits until standard error has this.
    pub(crate) fn wait_for_saying(&mut self, words: &str) -> String {
        let end = Instant::now() + PATIENCE;
        let mut said = Vec::new();
        loop {
            match self.errors.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(line) if line.contains(words) => return line,
                Ok(line) => said.push(line),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    panic!("`{words}` was not said, but: {}", said.join("\n"))
                }
            }
        }
    }

    /// Sends a signal, waits for the end, and gives the lines that still came.
    pub(crate) fn end(mut self, signal: Signal) -> (ExitStatus, Vec<String>) {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, signal).unwrap();
        let status = ended(&mut self.child);
        (status, self.lines.iter().collect())
    }

    /// Closes standard output's other end after these lines, and waits for the end.
    pub(crate) fn closed_after(mut command: Command, count: usize, then: impl FnOnce()) -> (ExitStatus, Vec<String>) {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut stdout = child.stdout.take().unwrap();
        let (mut text, mut buffer) = (Vec::new(), [0; 4096]);
        while memchr::memchr_iter(b'\n', &text).count() < count {
            let n = stdout.read(&mut buffer).unwrap();
            assert!(n > 0, "it ended");
            text.extend_from_slice(&buffer[..n]);
        }
        drop(stdout);
        then();
        let status = ended(&mut child);
        (status, String::from_utf8(text).unwrap().lines().map(str::to_owned).collect())
    }
}

/// Waits for the end, which has to come.
fn ended(child: &mut Child) -> ExitStatus {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let _ = child.kill();
    let _ = child.wait();
    panic!("it does not end");
}

impl Drop for Following {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
