//! Standard output and standard error: the only place that writes to them (the screen aside).
//!
//! Owns buffering, the broken pipe, the safety of messages, and the progress line. Must not know what is printed.

use super::stats::Counts;
use crate::app::format::bytes;
use crate::parse::text;
use std::{
    fs::File,
    io::{self, BufWriter, IsTerminal, Write},
    time::{Duration, Instant},
};

/// How the process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Everything was done. A reader that closed its pipe has what it wanted: that is this, too.
    Done,
    /// It failed.
    Failed,
    /// The command line is wrong.
    Usage,
    /// A part could not be read; standard error says which.
    Partial,
    /// A signal with this number ended it, and the terminal is restored.
    Signal(i32),
}

impl Exit {
    /// All ways but signals, with their meaning, for the documents.
    pub const ALL: [(Self, &'static str); 4] = [
        (Self::Done, "done; also when nothing matched, or the reader of a pipe went away"),
        (Self::Failed, "failed; standard error says why"),
        (Self::Usage, "the command line is wrong"),
        (Self::Partial, "a part could not be read; standard error says which, the rest was done"),
    ];

    /// The process's exit code; 128 + its number for a signal.
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Partial => 3,
            // As shells say it.
            Self::Signal(number) => 128_u8.saturating_add(number as u8),
        }
    }
}

/// Bytes that are gathered before they are written.
const BUFFER: usize = 128 << 10;

/// Where a command prints.
pub struct Output {
    out: BufWriter<Box<dyn Write + Send>>,
    out_is_terminal: bool,
    /// The line on standard error that says how far the work is.
    pub progress: Progress,
    /// What was read, for `--stats`.
    pub counts: Counts,
}

impl Output {
    /// The process's own standard output and standard error.
    pub fn of_process() -> Self {
        Self {
            out: BufWriter::with_capacity(BUFFER, unbuffered_stdout()),
            out_is_terminal: io::stdout().is_terminal(),
            progress: Progress::new(io::stderr().is_terminal()),
            counts: Counts::default(),
        }
    }

    /// Buffered standard output. Bytes reach it as they are: whoever writes text from a log makes it safe before.
    pub fn stdout(&mut self) -> &mut (impl Write + use<>) {
        &mut self.out
    }

    /// Whether standard output is a terminal.
    pub const fn is_terminal(&self) -> bool {
        self.out_is_terminal
    }

    /// Writes what is gathered.
    ///
    /// # Errors
    /// As standard output says; see [`is_closed_pipe`].
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// Says something on standard error that does not end the work.
    pub fn warn(&mut self, message: &str) {
        self.say("warning: ", message);
    }

    /// Says on standard error what failed.
    pub fn error(&mut self, message: &str) {
        self.say("error: ", message);
    }

    /// Says something on standard error, without a word before it.
    pub fn note(&mut self, message: &str) {
        self.say("", message);
    }

    fn say(&mut self, before: &str, message: &str) {
        self.progress.clear();
        let text = format!("{before}{}", text::safe(message.trim_end().as_bytes()));
        // One write, so that lines of several processes do not mix. Nobody can be told when it fails.
        let _ = io::stderr().lock().write_all(format!("{text}\n").as_bytes());
    }
}

/// Standard output without the line buffer of the standard library, which searches each block for newlines.
fn unbuffered_stdout() -> Box<dyn Write + Send> {
    match rustix::io::dup(rustix::stdio::stdout()) {
        Ok(copy) => Box::new(File::from(copy)),
        Err(_) => Box::new(io::stdout()),
    }
}

/// Whether the error is that of a reader that closed its pipe.
pub fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// A line on standard error, drawn in place, for work that takes over a second. Silent when that is no terminal.
pub struct Progress {
    terminal: bool,
    started: Instant,
    drawn: Option<Instant>,
}

/// Nothing is drawn before this much time has passed.
const PATIENCE: Duration = Duration::from_secs(1);
/// The time from one drawing to the next.
const PERIOD: Duration = Duration::from_millis(200);

impl Progress {
    fn new(terminal: bool) -> Self {
        Self { terminal, started: Instant::now(), drawn: None }
    }

    /// Says that `done` bytes of `total` (if that is known) are done; cheap enough for every block that is read.
    pub fn tick(&mut self, done: u64, total: Option<u64>, label: &str) {
        if !self.terminal || self.started.elapsed() < PATIENCE || self.drawn.is_some_and(|at| at.elapsed() < PERIOD) {
            return;
        }
        self.drawn = Some(Instant::now());
        let line = progress_line(done, total, label);
        let _ = write!(io::stderr().lock(), "\r\x1b[2K{line}");
    }

    /// Takes the line away; it comes back with the next tick that is due.
    pub fn clear(&mut self) {
        if self.drawn.take().is_some() {
            let _ = write!(io::stderr().lock(), "\r\x1b[2K");
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}

/// The progress line, at most 79 columns.
fn progress_line(done: u64, total: Option<u64>, label: &str) -> String {
    let label = text::safe_line(label.as_bytes());
    let so_far = match total {
        Some(total) if total > 0 => {
            format!("{:>3}% of {}", (done.min(total) * 100) / total, bytes(total))
        }
        _ => bytes(done),
    };
    let room = 79 - so_far.chars().count().min(40) - 2;
    let label: String = if label.chars().count() > room {
        label.chars().take(room - 3).chain("...".chars()).collect()
    } else {
        label.into()
    };
    format!("{so_far}  {label}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_pipe_is_found_below_other_causes() {
        let pipe = anyhow::Error::from(io::Error::from(io::ErrorKind::BrokenPipe)).context("writing");
        assert!(is_closed_pipe(&pipe));
        assert!(!is_closed_pipe(&anyhow::anyhow!("broken pipe")));
    }

    #[test]
    fn progress_lines() {
        assert_eq!(progress_line(512, Some(1024), "a.log"), " 50% of 1.0 KiB  a.log");
        assert_eq!(progress_line(2048, None, "-"), "2.0 KiB  -");
        assert_eq!(progress_line(9, Some(0), "x"), "9 B  x");
        assert_eq!(progress_line(9, Some(3), "x"), "100% of 3 B  x");
        assert_eq!(progress_line(0, None, &"x".repeat(200)).chars().count(), 79);
        assert!(!progress_line(0, None, "a\nb").contains('\n'));
    }

    #[test]
    fn exit_codes_are_as_documented() {
        assert_eq!(Exit::ALL.map(|(exit, _)| exit.code()), [0, 1, 2, 3]);
    }
}
