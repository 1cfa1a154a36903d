//! An object's bytes into records: decompressed, told apart, cut into lines, joined, sent, with the place after each batch.
//!
//! Owns one reading of one object, on a thread that may block. Must not ask the service.

use super::fetch::{Ending, Piece};
use super::place::{Gate, Place, Rewritten, Tail, Unit};
use super::shape::Shape;
use super::zip::Entries;
use crate::model::{Cursor, Timestamp};
use crate::sources::driver::{Closed, Outlet};
use crate::sources::files::{self, Codec, Context, InputError, Kind, Limits, Patience, Stream, kind};
use bytes::Bytes;
use jiff::tz::TimeZone;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use tokio::sync::mpsc::Receiver;
use tokio::sync::mpsc::error::TryRecvError;

/// Bytes that are looked at to tell what an object is.
const HEAD: usize = 512;

/// Bytes that are given to the assembler at once.
const SLICE: usize = 64 * 1024;

/// Text that is read from a decoder at once.
const TEXT: usize = 128 * 1024;

/// One reading.
pub(super) struct Digest {
    /// The object's whole name, and what it is said to be.
    pub(super) name: String,
    pub(super) content_type: String,
    /// What its origin is called.
    pub(super) origin: String,
    /// Where reading goes on.
    pub(super) place: Place,
    pub(super) zone: TimeZone,
    /// The order of the last record of this origin so far.
    pub(super) last: Option<Timestamp>,
    /// A line of ours before what comes.
    pub(super) note: Option<String>,
    /// The part of the source that cursors name.
    pub(super) part: String,
    /// Records that were sent so far.
    pub(super) records: Arc<AtomicU64>,
    /// What becomes of a last line without its end.
    pub(super) last_line: LastLine,
}

/// What becomes of a last line without its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LastLine {
    /// It is a line.
    Taken,
    /// Of an object that is stored as lines it waits: the next version may have its rest.
    Held,
}

/// What came of it.
pub(super) struct Digested {
    pub(super) place: Place,
    /// Records that were sent.
    pub(super) records: u64,
    pub(super) last: Option<Timestamp>,
    pub(super) ended: Ended,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// As its bytes did.
    Bytes(Ending),
    /// All bytes came, and they are damaged or end too early: a few words. What came out of them was sent.
    Damaged(String),
    /// It holds no text: a few words.
    NoText(String),
    /// What was read before is no longer there: nothing was sent.
    Rewritten,
}

impl Digest {
    /// Takes the pieces to their end.
    ///
    /// # Errors
    /// The source has to stop.
    pub(super) fn run(self, pieces: Receiver<Piece>, out: &Outlet) -> Result<Digested, Closed> {
        let mut stream = Stream::new(&self.origin, &self.zone, out)?;
        if let Some(last) = self.last {
            stream.goes_on_behind(last);
        }
        let place = Place { is_whole: false, ..self.place };
        let mut work = Work {
            stream,
            tail: Tail::default(),
            place,
            base: place.settled,
            out,
            part: &self.part,
            records: &self.records,
            last_line: self.last_line,
        };
        let ended = self.work(Pieces::new(pieces), &mut work)?;
        let (records, last) = (work.stream.sent(), work.stream.last().or(self.last));
        Ok(Digested { place: work.place, records, last, ended })
    }

    fn work(&self, mut pieces: Pieces, work: &mut Work<'_>) -> Result<Ended, Closed> {
        if let Some(note) = &self.note {
            work.stream.note(note, work.out)?;
        }
        if self.place.first_byte() > 0 {
            return work.plain(pieces, Gate::new(&self.place));
        }
        let head = pieces.head(HEAD);
        let codec = match kind(&head) {
            Kind::Text(codec) => codec,
            Kind::Binary { what, advice } => return Ok(Ended::NoText(format!("it is {what}: {advice}"))),
        };
        let mut shape = Shape::Lines;
        if codec == Codec::Plain {
            shape = Shape::of(&head, &self.name, &self.content_type);
            if matches!(shape, Shape::Lines) {
                return if self.place.settled > 0 && self.place.unit == Unit::Text {
                    Ok(Ended::Rewritten)
                } else {
                    work.place.unit = Unit::Stored;
                    work.plain(pieces, Gate::new(&self.place))
                };
            }
        }
        if self.place.settled > 0 && self.place.unit == Unit::Stored {
            return Ok(Ended::Rewritten);
        }
        work.place.unit = Unit::Text;
        work.place.fed = 0;
        let gate = Gate::new(&Place { unit: Unit::Text, ..self.place });
        let (ending, done) = (pieces.ending.clone(), pieces.done.clone());
        let mut reading = Reading { gate, ending, done, last: b'\n' };
        let ended = match codec {
            Codec::Plain => work.text(&mut pieces, &mut shape, &mut reading)?,
            Codec::Zip => self.entries(Box::new(pieces), &mut reading, work)?,
            _ => {
                let text = files::text(Box::new(pieces), &self.context(&reading), Patience::Whole);
                self.decoded(text, &self.name, &mut reading, work)?
            }
        };
        if ended == Ended::Rewritten {
            return Ok(ended);
        }
        let ending = Ending::of(&reading.ending);
        work.end(&reading.gate, ending, ended)
    }

    /// The entries of an archive, one after another.
    fn entries(&self, raw: Box<dyn Read + Send>, reading: &mut Reading, work: &mut Work<'_>) -> Result<Ended, Closed> {
        let mut entries = Entries::new(raw);
        let mut count = 0;
        loop {
            let entry = match entries.next(&self.name) {
                Ok(Some(entry)) => entry,
                Ok(None) => return Ok(Ended::Bytes(Ending::of(&reading.ending))),
                Err(error) => return Ok(why(&error, Ending::of(&reading.ending))),
            };
            count += 1;
            // Of a single one nobody needs to be told.
            if count > 1 && reading.gate.is_open() {
                work.stream.note(&format!("{} in {}", entry.name, self.name), work.out)?;
            }
            let text = files::inside(entry.bytes, &self.context(reading));
            match self.decoded(text, &entry.name, reading, work)? {
                Ended::NoText(_) | Ended::Bytes(Ending::Whole) => {}
                // The bytes may still come: entries end before their archive does.
                Ended::Bytes(Ending::Broken) if !reading.is_over() => {}
                ended => return Ok(ended),
            }
        }
    }

    fn context(&self, reading: &Reading) -> Context {
        Context { name: self.name.clone(), limits: Limits::default(), done: reading.done.clone() }
    }

    /// What came out of compressed bytes.
    fn decoded(
        &self,
        text: Result<Box<dyn Read + Send>, InputError>,
        name: &str,
        reading: &mut Reading,
        work: &mut Work<'_>,
    ) -> Result<Ended, Closed> {
        let text = match text {
            Ok(text) => text,
            Err(error) => return Ok(why(&error, Ending::of(&reading.ending))),
        };
        let mut text = Peeked::new(text, HEAD);
        let mut shape = Shape::of(&text.head, name, &self.content_type);
        work.text(&mut text, &mut shape, reading)
    }
}

/// What goes with a text that comes out of something.
struct Reading {
    gate: Gate,
    ending: Arc<AtomicU8>,
    done: Arc<AtomicU64>,
    /// The last byte of its lines.
    last: u8,
}

impl Reading {
    /// Whether all pieces came.
    fn is_over(&self) -> bool {
        self.ending.load(Ordering::Acquire) != 0
    }

    /// Whether more would have come: what is not complete is not taken for complete.
    fn is_cut(&self) -> bool {
        self.is_over() && Ending::of(&self.ending) != Ending::Whole
    }
}

/// The state of a reading.
struct Work<'a> {
    stream: Stream,
    tail: Tail,
    place: Place,
    /// The offset of the stream's first byte.
    base: u64,
    out: &'a Outlet,
    part: &'a str,
    records: &'a AtomicU64,
    last_line: LastLine,
}

impl Work<'_> {
    /// Lines as they are stored.
    fn plain(&mut self, mut pieces: Pieces, mut gate: Gate) -> Result<Ended, Closed> {
        self.place.fed = self.place.first_byte();
        loop {
            let Some(piece) = pieces.try_next() else {
                // It waits for the service: what is complete is shown meanwhile.
                self.stream.flush(self.out)?;
                self.mark()?;
                if !pieces.wait() {
                    break;
                }
                continue;
            };
            let Ok(fresh) = gate.pass(&piece) else { return Ok(Ended::Rewritten) };
            self.tail.push(&piece);
            self.place.fed += piece.len() as u64;
            self.feed(&fresh)?;
        }
        let ending = Ending::of(&pieces.ending);
        self.end(&gate, ending, Ended::Bytes(ending))
    }

    /// Text that comes out of a decoder, or that is not lines.
    fn text(&mut self, text: &mut dyn Read, shape: &mut Shape, reading: &mut Reading) -> Result<Ended, Closed> {
        let mut buffer = vec![0; TEXT];
        let mut lines = Vec::new();
        // What stood in another entry before is a line of its own.
        if std::mem::replace(&mut reading.last, b'\n') != b'\n' {
            lines.push(b'\n');
        }
        loop {
            let read = text.read(&mut buffer);
            match &read {
                Ok(0) | Err(_) if reading.is_cut() => {}
                Ok(0) | Err(_) => shape.finish(&mut lines),
                Ok(n) => shape.push(&buffer[..*n], &mut lines),
            }
            reading.last = *lines.last().unwrap_or(&reading.last);
            let Ok(fresh) = reading.gate.pass(&lines) else { return Ok(Ended::Rewritten) };
            self.tail.push(&lines);
            self.place.fed += lines.len() as u64;
            self.feed(&fresh)?;
            lines.clear();
            match read {
                Ok(0) => return Ok(Ended::Bytes(Ending::of(&reading.ending))),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Ok(why(&InputError::from_read("", error), Ending::of(&reading.ending))),
            }
        }
    }

    fn feed(&mut self, bytes: &[u8]) -> Result<(), Closed> {
        for slice in bytes.chunks(SLICE) {
            self.stream.feed(slice, self.out)?;
            self.mark()?;
        }
        Ok(())
    }

    /// Tells how far records were sent, if that changed.
    fn mark(&mut self) -> Result<(), Closed> {
        let Some(settled) = self.stream.settled().map(|settled| self.base + settled) else { return Ok(()) };
        if settled == self.place.settled {
            return Ok(());
        }
        self.place.settled = settled;
        self.records.store(self.stream.sent(), Ordering::Relaxed);
        (self.place.len, self.place.crc) = self.tail.sum();
        let place = Some(self.place.to_string());
        self.out.cursor(Cursor { part: self.part.to_owned(), place })
    }

    fn end(&mut self, gate: &Gate, ending: Ending, ended: Ended) -> Result<Ended, Closed> {
        if ending == Ending::Whole {
            // What a damaged object gives no more was perhaps never there again.
            if gate.end().is_err() && !matches!(ended, Ended::Damaged(_)) {
                return Ok(Ended::Rewritten);
            }
            if self.last_line == LastLine::Held && self.place.unit == Unit::Stored {
                self.stream.idle(self.out)?;
            } else {
                self.stream.close(self.out)?;
            }
        } else {
            // The last record may go on in what was not read; it comes whole when that is.
            self.stream.flush(self.out)?;
        }
        (self.place.len, self.place.crc) = self.tail.sum();
        if let Some(settled) = self.stream.settled() {
            self.place.settled = self.base + settled;
        }
        self.place.is_whole = ending == Ending::Whole && self.place.settled == self.place.fed;
        let place = Some(self.place.to_string());
        self.out.cursor(Cursor { part: self.part.to_owned(), place })?;
        Ok(ended)
    }
}

/// What an error of a decoder means.
fn why(error: &InputError, ending: Ending) -> Ended {
    match (error, ending) {
        (InputError::Binary { what, advice, .. }, _) => Ended::NoText(format!("it holds {what}: {advice}")),
        (InputError::Nested { what, inside, .. }, _) => Ended::NoText(format!("{what} inside {inside} is not opened")),
        (_, Ending::Limit | Ending::Stopped | Ending::Broken) => Ended::Bytes(ending),
        (InputError::Truncated { .. }, _) => Ended::Damaged("the compressed data ends in the middle".to_owned()),
        (InputError::TrailingGarbage { codec, .. }, _) => {
            Ended::Damaged(format!("what follows the end of its {codec} data is left out"))
        }
        (InputError::Damaged { problem, .. }, _) => Ended::Damaged(format!("it is damaged: {problem}")),
        (InputError::Limit { limit, .. }, _) => Ended::Damaged(limit.clone()),
        (error, _) => Ended::Damaged(error.to_string()),
    }
}

impl Ending {
    /// By their numbers; 0 is none yet.
    const ALL: [Self; 5] = [Self::Broken, Self::Broken, Self::Whole, Self::Limit, Self::Stopped];

    /// What was kept; as long as there is nothing, it is as if it broke off.
    fn of(kept: &AtomicU8) -> Self {
        Self::ALL.get(usize::from(kept.load(Ordering::Acquire))).copied().unwrap_or(Self::Broken)
    }
}

/// The pieces as they come, as a stream of bytes.
struct Pieces {
    from: Receiver<Piece>,
    /// What was received and not given yet; several only while the head is looked at.
    held: std::collections::VecDeque<Bytes>,
    is_over: bool,
    ending: Arc<AtomicU8>,
    done: Arc<AtomicU64>,
}

impl Pieces {
    fn new(from: Receiver<Piece>) -> Self {
        Self {
            from,
            held: std::collections::VecDeque::new(),
            is_over: false,
            ending: Arc::default(),
            done: Arc::default(),
        }
    }

    /// The first bytes, which stay.
    fn head(&mut self, most: usize) -> Vec<u8> {
        let mut head = Vec::new();
        while self.held.iter().map(Bytes::len).sum::<usize>() < most && self.wait() {}
        for piece in &self.held {
            head.extend_from_slice(&piece[..piece.len().min(most - head.len().min(most))]);
        }
        head
    }

    /// A piece that is there; nothing when the service is waited for, or at the end.
    fn try_next(&mut self) -> Option<Bytes> {
        if self.held.is_empty() {
            match self.from.try_recv() {
                Ok(piece) => self.take(Some(piece)),
                Err(TryRecvError::Disconnected) => self.take(None),
                Err(TryRecvError::Empty) => {}
            }
        }
        self.held.pop_front()
    }

    /// Waits for the next piece. False when there is none.
    fn wait(&mut self) -> bool {
        if !self.is_over {
            let piece = self.from.blocking_recv();
            self.take(piece);
        }
        !self.is_over
    }

    fn take(&mut self, piece: Option<Piece>) {
        match piece {
            Some(Piece::Bytes(bytes)) => {
                self.done.fetch_add(bytes.len() as u64, Ordering::Relaxed);
                self.held.push_back(bytes);
            }
            Some(Piece::End(ending)) => {
                let code = Ending::ALL.iter().rposition(|other| *other == ending).unwrap_or(1);
                self.ending.store(code as u8, Ordering::Release);
                self.is_over = true;
            }
            None => {
                self.ending.fetch_max(1, Ordering::Release);
                self.is_over = true;
            }
        }
    }
}

impl Read for Pieces {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        while self.held.front().is_none_or(Bytes::is_empty) {
            if self.held.pop_front().is_none() && !self.wait() {
                return Ok(0);
            }
        }
        let Some(front) = self.held.front_mut() else { return Ok(0) };
        let n = front.len().min(buf.len());
        buf[..n].copy_from_slice(&front.split_to(n));
        Ok(n)
    }
}

/// A text whose first bytes were looked at.
struct Peeked {
    head: Vec<u8>,
    at: usize,
    error: Option<io::Error>,
    rest: Box<dyn Read + Send>,
}

impl Peeked {
    fn new(mut rest: Box<dyn Read + Send>, most: usize) -> Self {
        let mut head = vec![0; most];
        let (mut len, mut error) = (0, None);
        while len < most {
            match rest.read(&mut head[len..]) {
                Ok(0) => break,
                Ok(n) => len += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => {
                    error = Some(e);
                    break;
                }
            }
        }
        head.truncate(len);
        Self { head, at: 0, error, rest }
    }
}

impl Read for Peeked {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.at < self.head.len() {
            let n = (&self.head[self.at..]).read(buf)?;
            self.at += n;
            return Ok(n);
        }
        match self.error.take() {
            Some(error) => Err(error),
            None => self.rest.read(buf),
        }
    }
}

impl From<Rewritten> for Ended {
    fn from(_: Rewritten) -> Self {
        Self::Rewritten
    }
}
