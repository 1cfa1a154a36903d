//! Runs a short program and takes what it prints, within limits of time and size.
//!
//! Owns the child from start to end. Must not know what is printed, nor pass it on to anything but its caller.

use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// A program to run, without a shell.
#[derive(Clone, Debug)]
pub(super) struct Command {
    /// The program.
    pub(super) program: PathBuf,
    /// Its arguments.
    pub(super) arguments: Vec<String>,
    /// Variables of the environment that it does not get.
    pub(super) without: Vec<String>,
    /// How long it may run.
    pub(super) limit: Duration,
}

/// What came of it.
#[derive(Debug)]
pub(super) enum Ran {
    /// It ended well.
    Printed(String),
    /// It ended badly: its exit code if it had one, and what it said to standard error.
    Failed { code: Option<i32>, said: String },
    /// It took too long and was ended.
    Slow,
    /// It could not be started.
    Impossible(std::io::Error),
}

/// How often is looked whether it has ended.
const LOOK: Duration = Duration::from_millis(5);
/// How long output is waited for that a grandchild may hold open, once the program has ended.
const REST: Duration = Duration::from_millis(500);
/// Bytes of standard error that are of interest.
const SAID: usize = 4096;

impl Command {
    /// Runs it to its end and takes up to `limit` bytes and one more; what is not UTF-8 is replaced.
    pub(super) fn run(&self, limit: usize) -> Ran {
        let mut command = std::process::Command::new(&self.program);
        command.args(&self.arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // In a group of its own: what it starts is ended with it, and it cannot read the keys of the screen.
        command.process_group(0);
        for name in &self.without {
            command.env_remove(name);
        }
        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(error) => return Ran::Impossible(error),
        };
        let printed = child.stdout.take().map(|stream| collect(stream, limit + 1));
        let said = child.stderr.take().map(|stream| collect(stream, SAID));
        let text = |from: Option<Receiver<Vec<u8>>>| {
            let bytes = from.and_then(|from| from.recv_timeout(REST).ok()).unwrap_or_default();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        match wait(&mut child, self.limit) {
            Some(status) if status.success() => Ran::Printed(text(printed)),
            Some(status) => Ran::Failed { code: status.code(), said: text(said) },
            None => Ran::Slow,
        }
    }
}

/// Reads a stream to its end in a thread of its own, so that the child never waits for us, and gives its first bytes.
fn collect(mut stream: impl Read + Send + 'static, limit: usize) -> Receiver<Vec<u8>> {
    let (tell, told) = channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = stream.by_ref().take(limit as u64).read_to_end(&mut bytes);
        let _ = tell.send(bytes);
        let _ = std::io::copy(&mut stream, &mut std::io::sink());
    });
    told
}

/// Waits for the end; ends the whole group after `limit`.
fn wait(child: &mut Child, limit: Duration) -> Option<std::process::ExitStatus> {
    let end = Instant::now() + limit;
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status),
            Ok(None) if Instant::now() < end => std::thread::sleep(LOOK),
            _ => break,
        }
    }
    let group = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw);
    if let Some(group) = group {
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    let _ = child.kill();
    let _ = child.wait();
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, limit: Duration) -> Ran {
        let arguments = vec!["-c".to_owned(), script.to_owned()];
        Command { program: "/bin/sh".into(), arguments, without: Vec::new(), limit }.run(10)
    }

    const LONG: Duration = Duration::from_mins(1);

    #[test]
    fn output_is_bounded() {
        assert!(matches!(shell("echo abc", LONG), Ran::Printed(text) if text == "abc\n"));
        assert!(matches!(shell("yes | head -c 1000000", LONG), Ran::Printed(text) if text.len() == 11));
        let ran = shell("echo no; echo because >&2; exit 3", LONG);
        assert!(matches!(&ran, Ran::Failed { code: Some(3), said } if said == "because\n"), "{ran:?}");
        let none = Command { program: "/none/such".into(), arguments: Vec::new(), without: Vec::new(), limit: LONG };
        assert!(matches!(none.run(10), Ran::Impossible(_)));
    }

    #[test]
    fn what_takes_too_long_ends_with_all_that_it_started() {
        let dir = tempfile::tempdir().unwrap();
        let mark = dir.path().join("mark");
        let ran = shell(&format!("(sleep 1; echo > {}) & sleep 600", mark.display()), Duration::from_millis(100));
        assert!(matches!(ran, Ran::Slow), "{ran:?}");
        std::thread::sleep(Duration::from_millis(1300));
        assert!(!mark.exists());
    }

    #[test]
    fn a_grandchild_that_holds_the_output_is_not_waited_for() {
        let started = Instant::now();
        shell("sleep 30 & echo abc", LONG);
        assert!(started.elapsed() < Duration::from_secs(20));
    }
}
