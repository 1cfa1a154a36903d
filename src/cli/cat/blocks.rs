//! Cuts a byte stream into blocks that can be read independently of each other.
//!
//! Owns the places to cut. Must not know what is done with the blocks.
//!
//! A block ends where the next line begins a record whatever came before (see `parse::join::AnyJoiner`), so that several
//! threads can read blocks at the same time and find the records that one thread would.

use crate::model::{Format, Timestamp};
use crate::parse::Parser;
use crate::parse::assemble::MAX_RECORD;
use crate::parse::formats;
use crate::parse::join::AnyJoiner;
use crate::parse::json;
use crate::parse::stream::kind_of;
use std::io::{self, Read};
use std::ops::Range;

/// The size of a block's buffer: fits the second-level cache, and larger ones were not faster.
pub const BLOCK: usize = 512 * 1024;

/// How far back from a block's end a place to cut is looked for, one after the other.
const REACHES: [usize; 4] = [4 * 1024, 32 * 1024, 128 * 1024, BLOCK];

/// What a block holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// Whole lines; the last one of the stream may lack its newline.
    #[default]
    Lines,
    /// The beginning of a line that is longer than a block; [`Kind::Tail`] blocks follow.
    Head,
    /// More of the line that began in the block before.
    Tail,
}

/// A part of the stream.
#[derive(Debug)]
pub struct Block {
    /// The buffer, of which only a part counts.
    pub buffer: Vec<u8>,
    /// The part in use.
    pub used: Range<usize>,
    /// What it holds.
    pub kind: Kind,
    /// The last time before this block, for records without one (if asked for).
    pub carry: Option<Timestamp>,
    /// Bytes of its last line that were left out (only without tails).
    pub cut: u64,
}

impl Block {
    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.buffer[self.used.clone()]
    }
}

/// What the reader of the blocks needs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Needs {
    /// Over-long lines whole (as `Head` and `Tail`) rather than cut to [`MAX_RECORD`].
    pub tails: bool,
    /// The last time before each block.
    pub times: bool,
}

/// Reads a stream and cuts it.
pub struct Cutter<R> {
    reader: R,
    needs: Needs,
    parser: Parser,
    /// What was read behind the last cut.
    rest: Vec<u8>,
    in_long_line: bool,
    ended: bool,
    carry: Option<Timestamp>,
    /// Bytes read so far.
    pub read: u64,
}

impl<R: Read> Cutter<R> {
    /// Cuts what `reader` gives; `parser` reads the lines around cuts. `carry` is the last time before it.
    pub fn new(reader: R, parser: Parser, needs: Needs, carry: Option<Timestamp>) -> Self {
        Self { reader, needs, parser, rest: Vec::new(), in_long_line: false, ended: false, carry, read: 0 }
    }

    /// The next block, in `buffer` (which is recycled). `None` at the end.
    ///
    /// # Errors
    /// The reader's; what was read before has been given out, but for the lines behind the last cut: they come with
    /// the next call.
    pub fn next(&mut self, mut buffer: Vec<u8>) -> io::Result<Option<Block>> {
        buffer.resize(BLOCK, 0);
        let mut len = self.rest.len();
        buffer[..len].copy_from_slice(&self.rest);
        self.rest.clear();
        if let Err(error) = self.fill(&mut buffer, &mut len) {
            self.ended = true;
            self.rest.extend_from_slice(&buffer[..len]);
            return Err(error);
        }
        if len == 0 {
            return Ok(None);
        }
        if self.in_long_line {
            return Ok(Some(self.tail(buffer, len)));
        }
        if self.ended {
            return Ok(Some(self.block(buffer, len, Kind::Lines, 0)));
        }
        match cut_place(&buffer[..len], &mut self.parser) {
            Some(at) => {
                self.rest.extend_from_slice(&buffer[at..len]);
                Ok(Some(self.block(buffer, at, Kind::Lines, 0)))
            }
            None if self.needs.tails => {
                self.in_long_line = true;
                Ok(Some(self.block(buffer, len, Kind::Head, 0)))
            }
            None => self.skip_long_line(buffer, len).map(Some),
        }
    }

    /// Reads until the buffer is full or the stream ends.
    fn fill(&mut self, buffer: &mut [u8], len: &mut usize) -> io::Result<()> {
        while *len < buffer.len() && !self.ended {
            match self.reader.read(&mut buffer[*len..]) {
                Ok(0) => self.ended = true,
                Ok(n) => {
                    *len += n;
                    self.read += n as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn block(&mut self, buffer: Vec<u8>, len: usize, kind: Kind, cut: u64) -> Block {
        let carry = self.carry;
        if self.needs.times
            && let Some(time) = last_time(&buffer[..len], &mut self.parser)
        {
            self.carry = Some(time);
        }
        Block { buffer, used: 0..len, kind, carry, cut }
    }

    /// The part of an over-long line that this buffer has.
    fn tail(&mut self, buffer: Vec<u8>, len: usize) -> Block {
        let end = memchr::memchr(b'\n', &buffer[..len]).map_or(len, |at| at + 1);
        self.in_long_line = end == len && !buffer[..len].ends_with(b"\n");
        self.rest.extend_from_slice(&buffer[end..len]);
        self.block(buffer, end, Kind::Tail, 0)
    }

    /// Leaves out what a line has beyond the bound, and counts it.
    fn skip_long_line(&mut self, mut buffer: Vec<u8>, len: usize) -> io::Result<Block> {
        let mut cut = (len - MAX_RECORD) as u64;
        let mut scratch = vec![0; BLOCK];
        loop {
            let mut got = 0;
            self.fill(&mut scratch, &mut got)?;
            if let Some(end) = memchr::memchr(b'\n', &scratch[..got]) {
                cut += end as u64;
                self.rest.extend_from_slice(&scratch[end + 1..got]);
                break;
            }
            cut += got as u64;
            if got == 0 {
                break;
            }
        }
        buffer[MAX_RECORD] = b'\n';
        Ok(self.block(buffer, MAX_RECORD + 1, Kind::Lines, cut))
    }
}

/// A place near the end where the bytes can be cut; `None` when there is no end of a line.
fn cut_place(bytes: &[u8], parser: &mut Parser) -> Option<usize> {
    let last = memchr::memrchr(b'\n', bytes)?;
    let near = REACHES.into_iter().find_map(|reach| {
        let from = bytes.len().saturating_sub(reach);
        first_sure_begin(&bytes[from..], parser).map(|at| from + at)
    });
    // One trace fills the block.
    near.or(Some(last + 1))
}

/// The first place in `bytes` where a record surely begins, told by whole lines of `bytes` alone; the first line, which
/// may be the end of one, is not looked at. Looking at fewer bytes gives the same place or none.
pub fn first_sure_begin(bytes: &[u8], parser: &mut Parser) -> Option<usize> {
    let mut start = memchr::memchr(b'\n', bytes)? + 1;
    let mut joiner = AnyJoiner::default();
    // Whether the line before is known not to be a piece of a longer one.
    let mut whole = false;
    while let Some(len) = memchr::memchr(b'\n', &bytes[start..]) {
        let line = &bytes[start..start + len];
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if json::looks_like_object(line) {
            return Some(start);
        }
        let line = &line[..line.len().min(MAX_RECORD)];
        let parsed = parser.line(line);
        let payload = &line[parsed.payload as usize..];
        let begins = joiner.push(payload, kind_of(&parsed, line), parsed.severity);
        if begins && (whole || parsed.format != Format::Cri) {
            return Some(start);
        }
        whole = !formats::cri_partial(line);
        start += len + 1;
    }
    None
}

/// The last time that stands in a line of these bytes.
pub fn last_time(bytes: &[u8], parser: &mut Parser) -> Option<Timestamp> {
    let mut end = bytes.strip_suffix(b"\n").unwrap_or(bytes).len();
    loop {
        let start = memchr::memrchr(b'\n', &bytes[..end]).map_or(0, |at| at + 1);
        let line = &bytes[start..end];
        let parsed = parser.line(&line[..line.len().min(MAX_RECORD)]);
        if parsed.time.is_some() {
            return parsed.time;
        }
        end = start.checked_sub(1)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::tz::TimeZone;

    fn parser() -> Parser {
        Parser::new(TimeZone::UTC, Timestamp(0))
    }

    fn blocks(bytes: &[u8], needs: Needs) -> Vec<(Kind, Vec<u8>, u64)> {
        let mut cutter = Cutter::new(bytes, parser(), needs, None);
        let mut all = Vec::new();
        while let Some(block) = cutter.next(Vec::new()).unwrap() {
            all.push((block.kind, block.bytes().to_vec(), block.cut));
        }
        all
    }

    #[test]
    fn cuts_lie_where_a_record_surely_begins() {
        let check = |text: &str, expected: Option<&str>| {
            let at = cut_place(text.as_bytes(), &mut parser());
            assert_eq!(at.map(|at| &text[at..]), expected, "{text}");
        };
        check("no newline", None);
        check("{\"a\":1}\n{\"a\":2}\nrest", Some("{\"a\":2}\nrest"));
        check("one line\ntwo lines\nthree lines\nfour", Some("three lines\nfour"));
        check("one line\ntwo lines\nthree lines\n    at a (b:1)\n", Some("three lines\n    at a (b:1)\n"));
        let trace = "e f\nTraceback (most recent call last):\n  File x\nKey: e\n";
        check(&format!("a b\nc d\n{trace}"), Some(trace));
    }

    #[test]
    fn blocks_hold_all_bytes() {
        let text: Vec<u8> = (0..60_000).flat_map(|n| format!("line number {n} of many\n").into_bytes()).collect();
        let all = blocks(&text, Needs::default());
        assert!(all.len() > 2);
        assert_eq!(all.iter().flat_map(|b| b.1.clone()).collect::<Vec<_>>(), text);
        assert!(all.iter().all(|b| b.0 == Kind::Lines && b.1.ends_with(b"\n")));
    }

    #[test]
    fn a_line_longer_than_a_block() {
        let mut text = b"first\n".to_vec();
        text.extend(vec![b'x'; 3 * BLOCK]);
        text.extend(b"\nlast line\n");
        let whole = blocks(&text, Needs { tails: true, times: false });
        assert_eq!(whole.iter().flat_map(|b| b.1.clone()).collect::<Vec<_>>(), text);
        assert!(whole.iter().any(|b| b.0 == Kind::Head) && whole.iter().any(|b| b.0 == Kind::Tail));
        let cut = blocks(&text, Needs::default());
        let long = cut.iter().find(|b| b.2 > 0).unwrap();
        assert_eq!((long.1.len(), long.2), (MAX_RECORD + 1, (3 * BLOCK - MAX_RECORD) as u64));
        assert_eq!(cut.last().unwrap().1, b"last line\n");
    }

    #[test]
    fn carried_times() {
        let mut text = b"2025-01-01T00:00:00Z first\n".to_vec();
        text.extend((0..60_000).flat_map(|n| format!("line number {n} of many\n").into_bytes()));
        let mut cutter = Cutter::new(&text[..], parser(), Needs { tails: false, times: true }, None);
        let mut carries = Vec::new();
        while let Some(block) = cutter.next(Vec::new()).unwrap() {
            carries.push(block.carry);
        }
        assert_eq!(carries[0], None);
        // However far back it stands.
        assert!(
            carries.len() > 2 && carries[1..].iter().all(|carry| *carry == Some(Timestamp(1_735_689_600_000_000_000)))
        );
    }
}
