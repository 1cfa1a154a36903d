//! Where reading a container's log goes on after its stream broke: nothing lost, nothing twice.
//!
//! Owns the place in the log and what of a new answer is behind it. Must not know requests or records. The server finds
//! lines by whole seconds only, so a new answer begins before the place; lines up to it are told by their time and text.

use super::stamp::Stamps;
use crate::model::Timestamp;
use crate::model::time::SECOND;

/// The most bytes of a line whose end has not come that are held, to tell the line by.
pub const MAX_PARTIAL: usize = 64 * 1024;

/// Lines of one time that are told apart by their text; of more, only their number counts.
const MAX_TIES: usize = 4096;

/// Streams that are remembered.
const MAX_PIECES: usize = 32;

/// The first lines behind an opening, by which it is told later what was opened.
const FIRSTS: usize = 8;

/// A line as it is told again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Line {
    time: Timestamp,
    hash: u64,
}

/// The place behind the last line that was delivered.
#[derive(Clone, Debug, Default)]
pub struct Cursor {
    last: Option<Line>,
    /// The hashes of the lines with the last line's time, in a row, and how many these are.
    ties: Vec<u64>,
    tied: u64,
    /// The highest time so far: a line beyond it is new.
    high: Timestamp,
}

impl Cursor {
    fn push(&mut self, line: Line) {
        if self.last.is_none_or(|last| last.time != line.time) {
            self.ties.clear();
            self.tied = 0;
            self.high = self.last.map_or(line.time, |_| self.high.max(line.time));
        }
        if self.ties.len() < MAX_TIES {
            self.ties.push(line.hash);
        }
        self.tied += 1;
        self.last = Some(line);
    }

    /// Whether anything was delivered.
    pub const fn is_empty(&self) -> bool {
        self.last.is_none()
    }

    /// The time of the last line.
    pub fn last(&self) -> Option<Timestamp> {
        self.last.map(|line| line.time)
    }

    /// From when on the server is asked, in whole seconds: a second before the last line's, so that a clock that was set
    /// back a little loses nothing.
    pub fn since(&self) -> Option<Timestamp> {
        let time = self.last?.time.0;
        Some(Timestamp(time.div_euclid(SECOND).saturating_mul(SECOND).saturating_sub(SECOND)))
    }

    fn target(&self) -> Option<Target> {
        let last = self.last?;
        let exact = self.tied as usize == self.ties.len();
        let need = if exact { self.ties.iter().filter(|hash| **hash == last.hash).count() as u64 } else { self.tied };
        Some(Target { last, exact, need, high: self.high, matched: 0, looked: 0, previous: None })
    }
}

/// The last delivered line, as it is looked for in a new answer.
#[derive(Clone, Debug)]
struct Target {
    last: Line,
    /// Told by its text, else as the n-th of its time.
    exact: bool,
    need: u64,
    high: Timestamp,
    matched: u64,
    /// Lines that were looked at.
    looked: u64,
    /// The time of the line before, for one without.
    previous: Option<Timestamp>,
}

enum Sought {
    On,
    Here,
    /// The log has gone on behind the place, and the line was not there.
    Passed,
}

impl Target {
    fn line(&mut self, time: Option<Timestamp>, hash: u64) -> Sought {
        let time = time.or(self.previous).unwrap_or(self.last.time);
        self.previous = Some(time);
        self.looked += 1;
        if time > self.high {
            return Sought::Passed;
        }
        if time == self.last.time && (!self.exact || hash == self.last.hash) {
            self.matched += 1;
            if self.matched == self.need {
                return Sought::Here;
            }
        }
        Sought::On
    }
}

/// How an answer of the server is to be taken.
#[derive(Debug, Default)]
enum Mode {
    /// All of it is new.
    #[default]
    Pass,
    /// It is new behind this place.
    Seek(Target),
    /// It is new, unless another stream delivered it: what is known of these is asked.
    Check,
    /// What is later than this is as in `Check`; the rest is old.
    Newer(Timestamp),
}

/// What one stream delivered, of which it is not known which run it belongs to: its first lines, and where it stopped.
#[derive(Clone, Debug)]
pub struct Piece {
    firsts: Vec<Line>,
    end: Cursor,
}

/// What to do with bytes of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// Deliver them from this offset on.
    From(usize),
    /// They were delivered before.
    Nothing,
    /// The place is not there any more: open again with [`Gate::give_up`].
    Gone,
}

/// Takes what the server answers, and lets through what is new.
#[derive(Debug, Default)]
pub struct Gate {
    cursor: Cursor,
    mode: Mode,
    stamps: Stamps,
    partial: Vec<u8>,
    partial_len: usize,
    /// What was delivered since the run began, stream after stream, and the first lines of this one.
    pieces: Vec<Piece>,
    firsts: Vec<Line>,
    /// What others delivered that this log may hold, too.
    known: Vec<Piece>,
    delivered: u64,
    /// Of the place that is gone: how many of its equal lines were still there.
    found: u64,
    /// A new line that began in bytes which were not let through.
    ahead: Vec<u8>,
}

impl Gate {
    /// A gate that goes on behind `cursor`; what is new there and is `known` was delivered by other streams.
    pub fn behind(cursor: Cursor, known: Vec<Piece>) -> Self {
        let mut gate = Self { cursor, known, ..Self::default() };
        gate.resume();
        gate
    }

    /// The place behind the last complete line.
    pub const fn cursor(&self) -> &Cursor {
        &self.cursor
    }

    /// What was delivered, stream by stream.
    pub fn known(&self) -> Vec<Piece> {
        let mut known = self.known.clone();
        known.extend(self.pieces.iter().cloned());
        if !self.firsts.is_empty() {
            known.push(Piece { firsts: self.firsts.clone(), end: self.cursor.clone() });
        }
        known
    }

    /// Forgets what the oldest streams delivered, so that memory is bounded. What they delivered is for certain the run's
    /// that it was taken for; where they stopped.
    pub fn forget_oldest(&mut self) -> Option<Cursor> {
        let spare = self.pieces.len().checked_sub(MAX_PIECES)?;
        self.pieces.drain(..spare).next_back().map(|piece| piece.end)
    }

    /// Bytes of memory that a line without an end takes.
    #[cfg(test)]
    pub const fn held(&self) -> usize {
        self.partial.capacity()
    }

    /// Complete lines that were let through.
    pub const fn delivered(&self) -> u64 {
        self.delivered
    }

    /// Whether the place has not been found yet.
    pub const fn is_seeking(&self) -> bool {
        matches!(self.mode, Mode::Seek(..))
    }

    /// Whether lines came, and the place was not among them.
    pub const fn has_looked(&self) -> bool {
        matches!(&self.mode, Mode::Seek(target) if target.looked > 0)
    }

    /// The next answer is of a log of which nothing was delivered.
    pub fn begin(&mut self) {
        self.start(Mode::Pass);
        self.pieces.clear();
        self.known.clear();
        self.cursor = Cursor::default();
    }

    /// The next answer is the same log from [`Cursor::since`] on.
    pub fn resume(&mut self) {
        let mode = self.cursor.target().map_or_else(|| self.open_mode(), Mode::Seek);
        self.start(mode);
    }

    /// The next answer is the next run's log from its beginning; an earlier stream may have been in it already.
    pub fn next_run(&mut self) {
        self.known = self.known();
        let spare = self.known.len().saturating_sub(MAX_PIECES);
        self.known.drain(..spare);
        self.firsts.clear();
        self.pieces.clear();
        self.cursor = Cursor::default();
        self.start(self.open_mode());
    }

    /// The place is gone: the next answer, from [`Cursor::since`] on, is new, but for lines equal to the last one that
    /// are left. True when lines may have been lost.
    pub fn give_up(&mut self) -> bool {
        let target = self.cursor.target().filter(|_| self.found > 0);
        if let Some(target) = target {
            let need = std::mem::take(&mut self.found);
            self.start(Mode::Seek(Target { need, ..target }));
            false
        } else {
            self.start(self.open_mode());
            true
        }
    }

    /// The place is not in the next answer: what is later than all that was delivered is new, the rest is of before.
    pub fn only_newer(&mut self) {
        self.start(Mode::Newer(self.cursor.high));
    }

    /// The next answer may hold this place, or be of a run of which nothing was delivered.
    pub fn doubt(&mut self, cursor: Cursor) {
        self.cursor = cursor;
        self.resume();
    }

    /// These lines were delivered by another stream; the next answer may hold them.
    pub fn learn(&mut self, known: Vec<Piece>) {
        self.known = known;
        let spare = self.known.len().saturating_sub(MAX_PIECES);
        self.known.drain(..spare);
        if matches!(self.mode, Mode::Pass | Mode::Check) && self.firsts.is_empty() {
            self.mode = self.open_mode();
        }
    }

    const fn open_mode(&self) -> Mode {
        if self.known.is_empty() { Mode::Pass } else { Mode::Check }
    }

    fn start(&mut self, mode: Mode) {
        self.mode = mode;
        self.ahead.clear();
        self.partial.clear();
        self.partial_len = 0;
        self.found = 0;
        let firsts = std::mem::take(&mut self.firsts);
        if !firsts.is_empty() {
            self.pieces.push(Piece { firsts, end: self.cursor.clone() });
        }
    }

    /// The answer has ended as it should. Whether the place was missing in it, so that it has to be asked again, after
    /// [`Gate::give_up`].
    pub fn end(&mut self) -> Taken {
        match &self.mode {
            Mode::Seek(target) if target.looked > 0 => {
                self.found = target.matched;
                Taken::Gone
            }
            Mode::Newer(high) if self.stamps.of(&self.partial).is_none_or(|time| time <= *high) => Taken::Nothing,
            Mode::Check | Mode::Newer(_) if self.partial_len > 0 => {
                self.ahead = std::mem::take(&mut self.partial);
                self.partial_len = 0;
                Taken::From(0)
            }
            _ => Taken::Nothing,
        }
    }

    /// What goes before the bytes that were let through.
    pub fn ahead(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.ahead)
    }

    /// What of the next bytes is new, behind [`Gate::ahead`]. They may be cut anywhere.
    pub fn take(&mut self, bytes: &[u8]) -> Taken {
        let mut at = 0;
        // Where what is new begins; a line may have begun in earlier bytes.
        let mut from = matches!(self.mode, Mode::Pass).then_some(0);
        while let Some(end) = memchr::memchr(b'\n', &bytes[at..]) {
            let piece = &bytes[at..at + end];
            let began_before = self.partial_len > 0;
            let (time, hash) = if began_before {
                self.keep(piece);
                (self.stamps.of(&self.partial), hash(&self.partial, self.partial_len))
            } else {
                (self.stamps.of(piece), hash(piece, piece.len()))
            };
            at += end + 1;
            if let (Mode::Newer(high), Some(time)) = (&self.mode, time)
                && time > *high
            {
                self.mode = Mode::Check;
            }
            // A line that another stream delivered is looked at as the first one behind which its place is sought.
            if let (Mode::Check, Some(time)) = (&self.mode, time)
                && let Some(n) = self.known.iter().position(|piece| piece.firsts.contains(&Line { time, hash }))
            {
                let piece = self.known.drain(..=n).next_back();
                self.cursor = piece.map(|piece| piece.end).unwrap_or_default();
                self.mode = self.cursor.target().map_or(Mode::Pass, Mode::Seek);
            }
            match &mut self.mode {
                Mode::Pass => self.deliver(time, hash),
                Mode::Newer(_) => {}
                Mode::Seek(target) => match target.line(time, hash) {
                    Sought::On => {}
                    Sought::Here => {
                        self.mode = self.open_mode();
                        if matches!(self.mode, Mode::Pass) {
                            from = Some(at);
                        }
                    }
                    Sought::Passed => {
                        self.found = target.matched;
                        return Taken::Gone;
                    }
                },
                Mode::Check => {
                    self.mode = Mode::Pass;
                    if began_before {
                        self.ahead = std::mem::take(&mut self.partial);
                        self.ahead.push(b'\n');
                        from = Some(at);
                    } else {
                        from = Some(at - end - 1);
                    }
                    self.deliver(time, hash);
                }
            }
            if began_before {
                self.partial.clear();
                self.partial_len = 0;
            }
        }
        if at < bytes.len() {
            let rest = &bytes[at..];
            self.keep(rest);
        }
        from.map_or(Taken::Nothing, Taken::From)
    }

    fn deliver(&mut self, time: Option<Timestamp>, hash: u64) {
        let time = time.or(self.cursor.last()).unwrap_or_default();
        let line = Line { time, hash };
        if self.firsts.len() < FIRSTS {
            self.firsts.push(line);
        }
        self.cursor.push(line);
        self.delivered += 1;
    }

    fn keep(&mut self, piece: &[u8]) {
        let room = MAX_PARTIAL - self.partial.len();
        self.partial.extend_from_slice(&piece[..piece.len().min(room)]);
        self.partial_len += piece.len();
    }
}

/// Tells lines apart; of a longer one its beginning and its length.
fn hash(held: &[u8], length: usize) -> u64 {
    const MIX: u64 = 0x9e37_79b9_7f4a_7c15;
    let held = &held[..held.len().min(MAX_PARTIAL)];
    let mut hash = MIX ^ length as u64;
    let mut mix = |word: u64| hash = (hash ^ word).wrapping_mul(MIX).rotate_left(29);
    let (words, rest) = held.as_chunks::<8>();
    for word in words {
        mix(u64::from_le_bytes(*word));
    }
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    mix(u64::from_le_bytes(last));
    hash ^ (hash >> 32)
}
