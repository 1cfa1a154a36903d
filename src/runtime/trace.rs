//! Measures frames: how long a key waited for its frame, what drawing and writing took, how many bytes it was.
//!
//! Owns the numbers. The last frames are remembered for the debug pane. When `LOGDECK_TRACE_FRAMES` names a file, all of
//! them are, and written there as one tab-separated line a frame when the screen ends. Must not know why a frame was
//! drawn.

use super::terminal::Written;
use crate::app::debug::{Meters, Spread};
use crate::infra::files::NewFile;
use std::{
    collections::VecDeque,
    io::{self, Write},
    path::PathBuf,
    time::{Duration, Instant},
};

/// Frames that are kept for the file; the first ones.
const LIMIT: usize = 1_000_000;
/// Frames that are remembered in any case: over a minute of them at 30 a second.
const RECENT: usize = 2_000;
/// Frames whose times are told.
const TOLD: usize = 300;

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
    start: Instant,
    /// The file, and the frames that go there.
    to: Option<(PathBuf, Vec<Frame>)>,
    recent: VecDeque<Frame>,
    frames: u64,
    /// The oldest key without a frame.
    key: Option<Instant>,
    messages: u64,
    /// The frame that is on its way.
    open: Option<Frame>,
}

impl Trace {
    /// Begins at `start`. Without a file only the last frames are remembered.
    pub fn new(to: Option<PathBuf>, start: Instant) -> Self {
        let to = to.map(|path| (path, Vec::new()));
        Self { start, to, recent: VecDeque::new(), frames: 0, key: None, messages: 0, open: None }
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
        let frame = Frame { began, drawn, written: drawn, bytes, key, messages };
        self.frames += 1;
        if let Some(before) = self.open.take() {
            self.keep(before);
        }
        if bytes > 0 {
            self.open = Some(frame);
        } else {
            self.keep(frame);
        }
    }

    /// The frame has reached the terminal.
    pub fn written(&mut self, written: &Written) {
        if let Some(frame) = self.open.take_if(|frame| frame.bytes == written.bytes) {
            self.keep(Frame { written: written.at, ..frame });
        }
    }

    fn keep(&mut self, frame: Frame) {
        if let Some((_, frames)) = &mut self.to
            && frames.len() < LIMIT
        {
            frames.push(frame);
        }
        if self.recent.len() == RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back(frame);
    }

    /// What was measured until `now`; what it does not know is left at its default.
    pub fn meters(&self, now: Instant) -> Meters {
        // A frame without bytes changed nothing: it would make the others look quick.
        let told = || self.recent.iter().filter(|frame| frame.bytes > 0);
        let skip = told().count().saturating_sub(TOLD);
        let spread = |time: fn(&Frame) -> Option<Duration>| Spread::of(told().skip(skip).filter_map(time));
        let minute = told().filter(|frame| now.saturating_duration_since(frame.drawn) < Duration::from_mins(1));
        Meters {
            up: now.saturating_duration_since(self.start),
            frames: self.frames,
            draw: spread(|frame| Some(frame.drawn.saturating_duration_since(frame.began))),
            write: spread(|frame| Some(frame.written.saturating_duration_since(frame.drawn))),
            key: spread(|frame| frame.key.map(|key| frame.written.saturating_duration_since(key))),
            frame_bytes: told().next_back().map_or(0, |frame| frame.bytes),
            minute: minute.map(|frame| frame.bytes as u64).sum(),
            ..Meters::default()
        }
    }

    /// Writes the table, if there is a file for it. Times are microseconds.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&self) -> io::Result<()> {
        let Some((to, frames)) = &self.to else { return Ok(()) };
        let mut text = String::from("at_us\tdraw_us\twrite_us\tbytes\tkey_us\tmessages\n");
        for frame in frames.iter().chain(&self.open) {
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
        let mut file = NewFile::create(to, u64::from(std::process::id()))?;
        file.write_all(text.as_bytes())?;
        file.keep().map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_measured_from_its_coming_to_its_frames_arrival() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("frames.tsv");
        let start = Instant::now();
        let at = |micros| start + Duration::from_micros(micros);
        let mut trace = Trace::new(Some(path.clone()), start);
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

    #[test]
    fn the_last_frames_are_told() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let mut trace = Trace::new(None, start);
        for n in 0..4 {
            let began = n * 30_000;
            trace.key(at(began));
            trace.drawn(at(began), at(began + 1 + n), 100);
            trace.written(&Written { at: at(began + 10), bytes: 100 });
            trace.drawn(at(began + 20), at(began + 20), 0);
        }
        let meters = trace.meters(at(100_000));
        let ms = |spread: Spread| [spread.last, spread.median, spread.p99].map(|time| time.as_millis());
        assert_eq!((meters.frames, meters.frame_bytes, meters.minute), (8, 100, 200));
        assert_eq!((ms(meters.draw), ms(meters.write), ms(meters.key)), ([4, 2, 4], [6, 7, 9], [10; 3]));
        for _ in 0..2 * RECENT {
            trace.drawn(at(0), at(0), 0);
        }
        assert_eq!((trace.recent.len(), trace.meters(at(0)).draw.count), (RECENT, 0));
        trace.save().unwrap();
    }
}
