//! The log of one run of a container, as a node keeps it: pieces with times, in order.
//!
//! Owns the compact store, rotation, and reading from a place on. Must not know pods or HTTP.
//!
//! A line longer than 16 KiB is kept in several pieces, as container runtimes do; readers get it in one.

use super::lock;
use crate::model::Timestamp;
use crate::model::time::SECOND;
use bytes::Bytes;
use std::collections::VecDeque;
use std::fmt;
use std::io::Write as _;
use std::sync::{Arc, Mutex};
use tokio::sync::watch;

/// Bytes of a line's piece at most.
const PIECE: usize = 16 << 10;
/// Bytes of a block of pieces, about.
const BLOCK: usize = 1 << 20;
/// Bytes that a reader gets at once, about.
const READ: usize = 32 << 10;
/// Bytes of a log that are kept unless it is told otherwise.
const KEEP: usize = 256 << 20;
/// Marks a piece that its line goes on behind.
const GOES_ON: u32 = 1 << 31;

/// Writes the text of the line of that number, from 0, without its ending.
pub type Make = Arc<dyn Fn(u64, &mut Vec<u8>) + Send + Sync>;

/// The log of one run. Clones are the same log.
#[derive(Clone)]
pub struct Log(Arc<Shared>);

struct Shared {
    inner: Mutex<Inner>,
    /// Changes with each write, so that those who follow wake.
    grown: watch::Sender<()>,
}

struct Inner {
    blocks: VecDeque<Block>,
    /// The number of the next piece.
    next: u64,
    /// The first piece that new readers get.
    floor: u64,
    bytes: usize,
    keep: usize,
    is_over: bool,
    is_away: bool,
}

/// Pieces one after the other.
struct Block {
    first: u64,
    pieces: Pieces,
}

enum Pieces {
    Stored { bytes: Vec<u8>, ends: Vec<u32>, times: Vec<i64> },
    Made { count: u64, start: i64, step: i64, make: Make },
}

impl Default for Log {
    fn default() -> Self {
        let inner =
            Inner { blocks: VecDeque::new(), next: 0, floor: 0, bytes: 0, keep: KEEP, is_over: false, is_away: false };
        Self(Arc::new(Shared { inner: Mutex::new(inner), grown: watch::Sender::new(()) }))
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Log").field("pieces", &self.len()).finish_non_exhaustive()
    }
}

impl Log {
    /// Adds the lines of `text`; the last one is complete, too, if there is no line feed behind it. Nothing once the run is over.
    pub fn write(&self, at: Timestamp, text: &[u8]) {
        self.write_all(std::iter::once((at, text)));
    }

    /// Adds many lines at once, and wakes those who follow once.
    pub fn write_all<'t>(&self, lines: impl IntoIterator<Item = (Timestamp, &'t [u8])>) {
        {
            let mut inner = lock(&self.0.inner);
            for (at, text) in lines {
                for line in text.strip_suffix(b"\n").unwrap_or(text).split(|b| *b == b'\n') {
                    inner.line(at.0, line);
                }
            }
        }
        self.0.grown.send_replace(());
    }

    /// Adds a part of a line; with `Ending::Open`, its line goes on with the next one.
    pub fn write_part(&self, at: Timestamp, text: &[u8], ending: Ending) {
        lock(&self.0.inner).piece(at.0, text, ending);
        self.0.grown.send_replace(());
    }

    /// Adds `count` lines that are made when they are read, the first one at `start`, each `step` nanoseconds after the
    /// one before. They take no memory.
    pub fn generate(&self, count: u64, start: Timestamp, step: i64, make: Make) {
        {
            let mut inner = lock(&self.0.inner);
            let first = inner.next;
            inner.blocks.push_back(Block { first, pieces: Pieces::Made { count, start: start.0, step, make } });
            inner.next += count;
        }
        self.0.grown.send_replace(());
    }

    /// Keeps at most about so many bytes; the oldest go.
    pub fn keep(&self, bytes: usize) {
        lock(&self.0.inner).keep = bytes;
    }

    /// The file is full and another one begins: what is there is no longer given to new readers. Those who follow
    /// already read on without a gap.
    pub fn rotate(&self) {
        let mut inner = lock(&self.0.inner);
        inner.floor = inner.next;
    }

    /// Forgets what is there, also for those who read it.
    pub fn drop_old(&self) {
        let mut inner = lock(&self.0.inner);
        (inner.floor, inner.bytes) = (inner.next, 0);
        inner.blocks.clear();
    }

    /// The run is over: those who follow read to the end, and nothing more is taken.
    pub fn close(&self) {
        lock(&self.0.inner).is_over = true;
        self.0.grown.send_replace(());
    }

    /// Whether the node cannot be reached: readers break off then.
    pub(super) fn set_away(&self, is_away: bool) {
        lock(&self.0.inner).is_away = is_away;
        self.0.grown.send_replace(());
    }

    /// The pieces that were ever written.
    pub fn len(&self) -> u64 {
        lock(&self.0.inner).next
    }

    /// Whether nothing was ever written.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the run is over.
    pub fn is_closed(&self) -> bool {
        lock(&self.0.inner).is_over
    }
}

/// How a part of a line ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The line goes on.
    Open,
    /// The line is complete.
    Line,
}

impl Inner {
    fn line(&mut self, at: i64, line: &[u8]) {
        let mut rest = line;
        while rest.len() > PIECE {
            let (head, tail) = rest.split_at(PIECE);
            self.piece(at, head, Ending::Open);
            rest = tail;
        }
        self.piece(at, rest, Ending::Line);
    }

    fn piece(&mut self, at: i64, text: &[u8], ending: Ending) {
        if self.is_over {
            return;
        }
        let has_room = matches!(
            self.blocks.back(),
            Some(Block { pieces: Pieces::Stored { bytes, .. }, .. }) if bytes.len() + text.len() <= BLOCK
        );
        if !has_room {
            let pieces = Pieces::Stored { bytes: Vec::new(), ends: Vec::new(), times: Vec::new() };
            self.blocks.push_back(Block { first: self.next, pieces });
        }
        if let Some(Block { pieces: Pieces::Stored { bytes, ends, times }, .. }) = self.blocks.back_mut() {
            bytes.extend_from_slice(text);
            ends.push(bytes.len() as u32 | if ending == Ending::Open { GOES_ON } else { 0 });
            times.push(at);
        }
        self.next += 1;
        self.bytes += text.len();
        while self.bytes > self.keep && self.blocks.len() > 1 {
            let Some(old) = self.blocks.pop_front() else { break };
            if let Pieces::Stored { bytes, .. } = &old.pieces {
                self.bytes -= bytes.len();
            }
            self.floor = self.floor.max(self.blocks.front().map_or(self.next, |block| block.first));
        }
    }
}

impl Block {
    fn len(&self) -> u64 {
        match &self.pieces {
            Pieces::Stored { ends, .. } => ends.len() as u64,
            Pieces::Made { count, .. } => *count,
        }
    }

    fn time(&self, place: u64) -> i64 {
        match &self.pieces {
            Pieces::Stored { times, .. } => times[place as usize],
            Pieces::Made { start, step, .. } => start.saturating_add(step.saturating_mul(place as i64)),
        }
    }

    /// Adds the text of a piece, and tells whether its line ends with it.
    fn text(&self, place: u64, out: &mut Vec<u8>) -> Ending {
        match &self.pieces {
            Pieces::Stored { bytes, ends, .. } => {
                let place = place as usize;
                let start = if place == 0 { 0 } else { ends[place - 1] & !GOES_ON };
                out.extend_from_slice(&bytes[start as usize..(ends[place] & !GOES_ON) as usize]);
                if ends[place] & GOES_ON == 0 { Ending::Line } else { Ending::Open }
            }
            Pieces::Made { make, .. } => {
                make(place, out);
                Ending::Line
            }
        }
    }
}

/// What a reader wants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Wish {
    pub(super) follow: bool,
    pub(super) timestamps: bool,
    /// Only so many pieces from the end.
    pub(super) tail: Option<u64>,
    /// Nothing from before.
    pub(super) since: Option<Timestamp>,
    /// Bytes at most.
    pub(super) limit: Option<u64>,
}

/// Somebody who reads a log.
pub(super) struct Reader {
    log: Log,
    grown: watch::Receiver<()>,
    wish: Wish,
    next: u64,
    /// Where reading ends, for those who do not follow.
    until: u64,
    left: u64,
    is_in_line: bool,
    stamps: Stamps,
}

/// What reading has brought.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Read {
    /// Text, whose ends may be anywhere.
    Text(Bytes),
    /// Nothing more comes.
    End,
    /// Nothing more comes, although there is more.
    Broken,
}

impl Reader {
    pub(super) fn new(log: &Log, wish: Wish) -> Self {
        let inner = lock(&log.0.inner);
        let first = wish.tail.map_or(inner.floor, |tail| inner.floor.max(inner.next.saturating_sub(tail)));
        Self {
            log: log.clone(),
            grown: log.0.grown.subscribe(),
            next: first,
            until: inner.next,
            left: wish.limit.unwrap_or(u64::MAX),
            is_in_line: false,
            stamps: Stamps::default(),
            wish,
        }
    }

    /// Waits for what comes next.
    pub(super) async fn read(&mut self) -> Read {
        loop {
            self.grown.borrow_and_update();
            if let Some(read) = self.try_read() {
                return read;
            }
            // The log is held by this reader, so the other side is never gone.
            if self.grown.changed().await.is_err() {
                return Read::End;
            }
        }
    }

    /// None when it has to be waited for.
    fn try_read(&mut self) -> Option<Read> {
        let log = self.log.clone();
        let inner = lock(&log.0.inner);
        let end = if self.wish.follow { inner.next } else { self.until };
        let mut out = Vec::with_capacity(READ + 256);
        let lost = inner.blocks.front().map_or(inner.next, |block| block.first);
        self.next = self.next.max(lost);
        let from = inner.blocks.partition_point(|block| block.first + block.len() <= self.next);
        'blocks: for block in inner.blocks.range(from..) {
            for place in self.next - block.first..block.len() {
                if self.next >= end || out.len() >= READ || self.left == 0 {
                    break 'blocks;
                }
                self.next += 1;
                let at = block.time(place);
                if self.wish.since.is_none_or(|since| at >= since.0) {
                    self.piece(block, place, at, &mut out);
                }
            }
        }
        if !out.is_empty() {
            return Some(Read::Text(Bytes::from(out)));
        }
        if self.left == 0 {
            return Some(Read::End);
        }
        if inner.is_away {
            return Some(Read::Broken);
        }
        (!self.wish.follow || inner.is_over).then_some(Read::End)
    }

    fn piece(&mut self, block: &Block, place: u64, at: i64, out: &mut Vec<u8>) {
        let start = out.len();
        if self.wish.timestamps && !self.is_in_line {
            self.stamps.write(at, out);
        }
        let ending = block.text(place, out);
        self.is_in_line = ending == Ending::Open;
        if !self.is_in_line {
            out.push(b'\n');
        }
        let length = (out.len() - start) as u64;
        if length > self.left {
            out.truncate(start + self.left as usize);
        }
        self.left = self.left.saturating_sub(length);
    }
}

/// Writes times as nodes do: RFC 3339 in UTC with nine digits.
#[derive(Default)]
struct Stamps {
    second: Option<i64>,
    text: String,
}

impl Stamps {
    fn write(&mut self, at: i64, out: &mut Vec<u8>) {
        let (second, nanos) = (at.div_euclid(SECOND), at.rem_euclid(SECOND));
        if self.second != Some(second) {
            let whole = Timestamp(second * SECOND).to_jiff();
            self.text = whole.strftime("%Y-%m-%dT%H:%M:%S").to_string();
            self.second = Some(second);
        }
        // Vectors take every write.
        let _ = write!(out, "{}.{nanos:09}Z ", self.text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-21T03:14:00Z
    const START: Timestamp = Timestamp(1_795_230_840_000_000_000);

    fn at(millis: i64) -> Timestamp {
        START.saturating_add(millis * 1_000_000)
    }

    fn lines(count: i64) -> Log {
        let log = Log::default();
        for n in 0..count {
            log.write(at(n * 100), format!("line {n}").as_bytes());
        }
        log
    }

    fn all(log: &Log, wish: Wish) -> String {
        let mut reader = Reader::new(log, wish);
        let mut text = Vec::new();
        while let Some(Read::Text(more)) = reader.try_read() {
            text.extend_from_slice(&more);
        }
        String::from_utf8_lossy(&text).into_owned()
    }

    #[test]
    fn wishes_are_granted() {
        let log = lines(5);
        let check = |wish: Wish, expected: &str| assert_eq!(all(&log, wish.clone()), expected, "{wish:?}");
        check(Wish::default(), "line 0\nline 1\nline 2\nline 3\nline 4\n");
        check(Wish { tail: Some(2), ..Wish::default() }, "line 3\nline 4\n");
        check(Wish { tail: Some(0), ..Wish::default() }, "");
        check(Wish { tail: Some(9), limit: Some(9), ..Wish::default() }, "line 0\nli");
        check(Wish { since: Some(at(250)), ..Wish::default() }, "line 3\nline 4\n");
        // The place from the end is found first.
        check(Wish { since: Some(at(100)), tail: Some(1), ..Wish::default() }, "line 4\n");
        let stamped = "2026-11-21T03:14:00.400000000Z line 4\n";
        check(Wish { tail: Some(1), timestamps: true, ..Wish::default() }, stamped);
        check(Wish { tail: Some(1), timestamps: true, limit: Some(32), ..Wish::default() }, &stamped[..32]);
    }

    #[test]
    fn a_long_line_is_several_pieces_and_comes_in_one() {
        let log = Log::default();
        log.write(at(0), &b"x".repeat(40_000));
        log.write_part(at(5), b"a", Ending::Open);
        log.write_part(at(6), b"b", Ending::Line);
        assert_eq!(log.len(), 5);
        let text = all(&log, Wish { timestamps: true, ..Wish::default() });
        let lines: Vec<_> = text.lines().collect();
        assert_eq!((lines[0].len(), lines[1]), (31 + 40_000, "2026-11-21T03:14:00.005000000Z ab"));
        // Pieces are what is counted from the end, as on a real node.
        assert_eq!(all(&log, Wish { tail: Some(3), ..Wish::default() }).len(), 40_000 - 2 * PIECE + 4);
    }

    #[test]
    fn made_and_written_lines_are_one_log() {
        let log = lines(2);
        let make: Make = Arc::new(|n, out| out.extend_from_slice(format!("made {n}").as_bytes()));
        log.generate(3, at(1000), 1, make);
        log.write(at(2000), b"last");
        assert_eq!(all(&log, Wish { tail: Some(3), ..Wish::default() }), "made 1\nmade 2\nlast\n");
        let since = Wish { since: Some(Timestamp(at(1000).0 + 2)), timestamps: true, ..Wish::default() };
        assert!(all(&log, since).starts_with("2026-11-21T03:14:01.000000002Z made 2\n"));
    }

    #[test]
    fn a_reader_passes_a_rotation_and_a_new_one_begins_behind_it() {
        let log = lines(2);
        let mut old = Reader::new(&log, Wish { follow: true, ..Wish::default() });
        log.rotate();
        log.write(at(900), b"new");
        assert_eq!(old.try_read(), Some(Read::Text(Bytes::from("line 0\nline 1\nnew\n"))));
        assert_eq!(old.try_read(), None);
        assert_eq!(all(&log, Wish::default()), "new\n");
        log.close();
        log.write(at(950), b"too late");
        assert_eq!(old.try_read(), Some(Read::End));
        log.drop_old();
        assert_eq!(all(&log, Wish::default()), "");
    }

    #[test]
    fn memory_is_bounded() {
        let log = Log::default();
        log.keep(3 << 20);
        for n in 0..8_000 {
            log.write(at(n), &[b'x'; 1000]);
        }
        let text = all(&log, Wish::default());
        assert!((1 << 20..=4 << 20).contains(&text.len()), "{}", text.len());
        assert_eq!(log.len(), 8_000);
    }
}
