//! Measures frames: how long a key waited for its frame, what drawing and writing took, how many bytes it was.
//!
//! Owns the numbers. Written as one tab-separated line a frame when the screen ends, to the file that
//! `LOGDECK_TRACE_FRAMES` names. Must not know why a frame was drawn.

use super::terminal::Written;
use crate::infra::files::NewFile;
use std::{
    io::{self, Write},
    path::PathBuf,
    time::Instant,
};

/// Frames that are kept; the first ones.
const LIMIT: usize = 1_000_000;

#[derive(Clone, Copy, Debug)]
struct Frame {
    /// When drawing began.
    began: Instant,
    /// When the bytes were handed over.
    drawn: Instant,
    /// When the terminal had taken them; the same as `drawn` for a frame without bytes.
    written: Instant,
    bytes: usize,
    /// The key that it answers.
    key: Option<Instant>,
    /// Messages of sources taken in since the frame before.
    messages: u64,
}

/// The frames of a run.
#[derive(Debug)]
pub struct Trace {
    to: PathBuf,
    start: Instant,
    frames: Vec<Frame>,
    /// The oldest key without a frame.
    key: Option<Instant>,
    messages: u64,
    /// The frame that is on its way.
    open: Option<usize>,
}

impl Trace {
    /// Begins now.
    pub fn new(to: PathBuf, start: Instant) -> Self {
        Self { to, start, frames: Vec::new(), key: None, messages: 0, open: None }
    }

    /// A key came in at `at`.
    pub fn key(&mut self, at: Instant) {
        self.key.get_or_insert(at);
    }

    /// A source's message was taken in.
    pub fn message(&mut self) {
        self.messages += 1;
    }

    /// A frame of `bytes` was drawn between the two moments and handed over.
    pub fn drawn(&mut self, began: Instant, drawn: Instant, bytes: usize) {
        let (key, messages) = (self.key.take(), std::mem::take(&mut self.messages));
        if self.frames.len() < LIMIT {
            self.open = (bytes > 0).then_some(self.frames.len());
            self.frames.push(Frame { began, drawn, written: drawn, bytes, key, messages });
        }
    }

    /// The frame has reached the terminal.
    pub fn written(&mut self, written: &Written) {
        if let Some(frame) = self.open.and_then(|at| self.frames.get_mut(at))
            && frame.bytes == written.bytes
        {
            frame.written = written.at;
            self.open = None;
        }
    }

    /// Writes the table. Times are microseconds.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&self) -> io::Result<()> {
        let mut text = String::from("at_us\tdraw_us\twrite_us\tbytes\tkey_us\tmessages\n");
        for frame in &self.frames {
            use std::fmt::Write as _;
            let key = frame.key.map_or_else(
                || "-".to_owned(),
                |key| frame.written.saturating_duration_since(key).as_micros().to_string(),
            );
            let _ = writeln!(
                text,
                "{}\t{}\t{}\t{}\t{key}\t{}",
                frame.began.saturating_duration_since(self.start).as_micros(),
                frame.drawn.saturating_duration_since(frame.began).as_micros(),
                frame.written.saturating_duration_since(frame.drawn).as_micros(),
                frame.bytes,
                frame.messages
            );
        }
        let mut file = NewFile::create(&self.to, u64::from(std::process::id()))?;
        file.write_all(text.as_bytes())?;
        file.keep().map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_key_is_measured_from_its_coming_to_its_frames_arrival() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("frames.tsv");
        let start = Instant::now();
        let at = |micros| start + Duration::from_micros(micros);
        let mut trace = Trace::new(path.clone(), start);
        trace.drawn(at(10), at(15), 100);
        trace.written(&Written { at: at(25), bytes: 100 });
        trace.message();
        trace.key(at(30));
        trace.key(at(31));
        trace.drawn(at(40), at(45), 7);
        trace.written(&Written { at: at(50), bytes: 7 });
        trace.drawn(at(60), at(61), 0);
        trace.save().unwrap();
        let text = std::fs::read_to_string(path).unwrap();
        let rows: Vec<_> = text.lines().skip(1).collect();
        assert_eq!(rows, ["10\t5\t10\t100\t-\t0", "40\t5\t5\t7\t20\t1", "60\t1\t0\t0\t-\t0"]);
    }
}
