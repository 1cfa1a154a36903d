//! Deflated text from any offset: an index of places at which decompression can begin, and a reader that begins there.
//!
//! Owns the index. Must not know lines, or what it is asked for. The state of the decoder is copied every few
//! MiB of text, with the 32 KiB that it may refer back to: so a window in the middle costs at most one such step of
//! decompression.

use super::archive::Section;
use super::error::InputError;
use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress, inflate_flags::TINFL_FLAG_HAS_MORE_INPUT};
use std::{
    fs::File,
    io::{self, Read},
    ops::Range,
    sync::{Arc, atomic::AtomicU64},
};

/// Text between two places of the index, to begin with (8 MiB).
const SPACING: u64 = 8 << 20;

/// The most places that are kept (48 KiB each); then every second is dropped and the spacing doubles.
const MAX_POINTS: usize = 256;

/// What deflate may refer back to.
const DICTIONARY: usize = 32 * 1024;

/// The reader's ring of text; a power of two.
const RING: usize = 8 * DICTIONARY;

/// Bytes of one read from the disk.
const CHUNK: usize = 256 * 1024;

/// What is around the deflated bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrapper {
    /// gzip members, one behind the other.
    Gzip,
    /// Nothing: an entry of a zip archive.
    None,
}

/// Deflated bytes in a file.
#[derive(Clone, Debug)]
pub(super) struct Deflated {
    /// Its name, for errors.
    pub(super) name: String,
    /// The file.
    pub(super) file: Arc<File>,
    /// Where in it.
    pub(super) bytes: Range<u64>,
    /// What is around them.
    pub(super) wrapper: Wrapper,
}

/// Places in a deflated text at which a reader can begin.
pub(super) struct Index {
    of: Deflated,
    points: Vec<Point>,
    spacing: u64,
    size: u64,
}

/// A reader's state at one offset of the text.
struct Point {
    text: u64,
    raw: u64,
    phase: Phase,
    decoder: Box<DecompressorOxide>,
    /// The text before it.
    dictionary: Box<[u8]>,
}

/// What comes next in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Header,
    Body,
    Trailer,
    End,
}

impl std::fmt::Debug for Index {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let points = self.points.len();
        f.debug_struct("Index").field("points", &points).field("size", &self.size).finish_non_exhaustive()
    }
}

impl Index {
    /// Reads all of it once. `progress` is told how many bytes of the file were read, and may end it. A text that is
    /// damaged or cut off is indexed as far as it can be read.
    ///
    /// # Errors
    /// What `progress` returns, or that nothing at all could be read.
    pub(super) fn build<E: From<InputError>>(
        of: &Deflated,
        most: u64,
        progress: &mut dyn FnMut(u64) -> Result<(), E>,
    ) -> Result<Self, E> {
        Self::build_spaced(of, most, (SPACING, MAX_POINTS), progress)
    }

    fn build_spaced<E: From<InputError>>(
        of: &Deflated,
        most: u64,
        (spacing, points): (u64, usize),
        progress: &mut dyn FnMut(u64) -> Result<(), E>,
    ) -> Result<Self, E> {
        let mut index = Self { points: Vec::new(), spacing, size: 0, of: of.clone() };
        let mut reader = Reader::new(of.clone());
        let mut next = 0;
        loop {
            if index.size >= next {
                index.points.push(reader.point(index.size));
                if index.points.len() > points {
                    index.thin();
                }
                next = index.size + index.spacing;
            }
            match reader.fill() {
                Ok(0) => break,
                Ok(n) => {
                    index.size += n as u64;
                    reader.ready = 0..0;
                }
                Err(e) if index.size == 0 => return Err(InputError::from_read(&of.name, e).into()),
                Err(_) => break,
            }
            if index.size > most {
                break;
            }
            progress(reader.raw - of.bytes.start)?;
        }
        Ok(index)
    }

    /// Bytes of text.
    pub(super) const fn size(&self) -> u64 {
        self.size
    }

    /// The text from an offset on.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(super) fn reader(&self, at: u64) -> io::Result<impl Read + Send + use<>> {
        let point = self.points.partition_point(|point| point.text <= at).checked_sub(1);
        let mut reader = Reader::new(self.of.clone());
        let mut text = 0;
        if let Some(point) = point.and_then(|n| self.points.get(n)) {
            text = point.text;
            reader.go_to(point);
        }
        while text < at {
            let n = reader.fill()?;
            if n == 0 {
                break;
            }
            let skip = (at - text).min(n as u64) as usize;
            reader.ready.start += skip;
            text += skip as u64;
        }
        // What the index could not read is not read here either.
        Ok(reader.take(self.size.saturating_sub(at)))
    }

    fn thin(&mut self) {
        let mut n = 0;
        self.points.retain(|_| {
            n += 1;
            n % 2 == 1
        });
        self.spacing *= 2;
    }
}

/// Reads deflated text from where it stands.
struct Reader {
    name: String,
    file: Arc<File>,
    /// Where the next byte of the file is that the decoder gets, and where they end.
    raw: u64,
    end: u64,
    wrapper: Wrapper,
    phase: Phase,
    decoder: Box<DecompressorOxide>,
    input: Vec<u8>,
    input_at: usize,
    ring: Box<[u8]>,
    ring_at: usize,
    /// The part of the ring that was not given yet.
    ready: Range<usize>,
}

impl Reader {
    fn new(of: Deflated) -> Self {
        let Deflated { name, file, bytes, wrapper } = of;
        Self {
            name,
            file,
            raw: bytes.start,
            end: bytes.end,
            wrapper,
            phase: if wrapper == Wrapper::Gzip { Phase::Header } else { Phase::Body },
            decoder: Box::default(),
            input: Vec::new(),
            input_at: 0,
            ring: vec![0; RING].into(),
            ring_at: 0,
            ready: 0..0,
        }
    }

    /// The state now, at this offset of the text. All that was read has to be given.
    fn point(&self, text: u64) -> Point {
        let mut dictionary = vec![0; DICTIONARY];
        for (n, byte) in dictionary.iter_mut().enumerate() {
            *byte = self.ring[(self.ring_at + RING - DICTIONARY + n) % RING];
        }
        let (raw, phase, decoder) = (self.raw, self.phase, self.decoder.clone());
        Point { text, raw, phase, decoder, dictionary: dictionary.into() }
    }

    fn go_to(&mut self, point: &Point) {
        self.raw = point.raw;
        self.phase = point.phase;
        self.decoder.clone_from(&point.decoder);
        self.ring[..DICTIONARY].copy_from_slice(&point.dictionary);
        self.ring_at = DICTIONARY;
        self.input.clear();
        self.input_at = 0;
        self.ready = 0..0;
    }

    /// Decompresses a piece into `ready`, at most up to the end of the ring; 0 at the end.
    fn fill(&mut self) -> io::Result<usize> {
        loop {
            match self.phase {
                Phase::End => return Ok(0),
                Phase::Header => self.header()?,
                Phase::Trailer => self.trailer()?,
                Phase::Body => {
                    self.need()?;
                    let input = &self.input[self.input_at..];
                    let at = self.ring_at;
                    let (status, taken, n) =
                        decompress(&mut self.decoder, input, &mut self.ring, at, TINFL_FLAG_HAS_MORE_INPUT);
                    self.input_at += taken;
                    self.raw += taken as u64;
                    self.ring_at = (at + n) % RING;
                    match status {
                        TINFLStatus::Done if self.wrapper == Wrapper::Gzip => self.phase = Phase::Trailer,
                        TINFLStatus::Done => self.phase = Phase::End,
                        TINFLStatus::NeedsMoreInput | TINFLStatus::HasMoreOutput => {}
                        _ => return Err(self.damaged("the compressed data is damaged")),
                    }
                    if n > 0 {
                        self.ready = at..at + n;
                        return Ok(n);
                    }
                }
            }
        }
    }

    /// Makes sure that a byte of input is there.
    fn need(&mut self) -> io::Result<()> {
        if self.more()? {
            return Ok(());
        }
        Err(InputError::Truncated { name: self.name.clone() }.into())
    }

    /// Whether a byte of input is there.
    fn more(&mut self) -> io::Result<bool> {
        while self.input_at == self.input.len() {
            let mut section =
                Section::new(self.file.clone(), self.raw, self.end - self.raw, Arc::new(AtomicU64::new(0)));
            self.input.resize(CHUNK, 0);
            self.input_at = 0;
            match section.read(&mut self.input) {
                Ok(n) => self.input.truncate(n),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => self.input.clear(),
                Err(e) => {
                    self.input.clear();
                    return Err(e);
                }
            }
            if self.input.is_empty() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn byte(&mut self) -> io::Result<u8> {
        self.need()?;
        let byte = self.input[self.input_at];
        self.input_at += 1;
        self.raw += 1;
        Ok(byte)
    }

    /// RFC 1952: magic, method, flags, time, two more; then what the flags announce.
    fn header(&mut self) -> io::Result<()> {
        let mut fixed = [0; 10];
        for byte in &mut fixed {
            *byte = self.byte()?;
        }
        if fixed[..3] != [0x1F, 0x8B, 8] {
            return Err(self.damaged("a gzip header is damaged"));
        }
        let flags = fixed[3];
        if flags & 4 != 0 {
            let len = u16::from_le_bytes([self.byte()?, self.byte()?]);
            for _ in 0..len {
                self.byte()?;
            }
        }
        // A name, a comment.
        for flag in [8, 16] {
            while flags & flag != 0 && self.byte()? != 0 {}
        }
        if flags & 2 != 0 {
            self.byte()?;
            self.byte()?;
        }
        self.decoder.init();
        self.phase = Phase::Body;
        Ok(())
    }

    /// Checksum and size; then another member, or nothing but padding.
    fn trailer(&mut self) -> io::Result<()> {
        for _ in 0..8 {
            self.byte()?;
        }
        while self.more()? && self.input[self.input_at] == 0 {
            self.byte()?;
        }
        self.phase = if self.more()? && self.input[self.input_at] == 0x1F { Phase::Header } else { Phase::End };
        Ok(())
    }

    fn damaged(&self, problem: &str) -> io::Error {
        InputError::Damaged { name: self.name.clone(), problem: problem.to_owned() }.into()
    }
}

impl Read for Reader {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.ready.is_empty() && self.fill()? == 0 {
            return Ok(0);
        }
        let n = self.ready.len().min(buf.len());
        buf[..n].copy_from_slice(&self.ring[self.ready.start..self.ready.start + n]);
        self.ready.start += n;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    /// Text with repeats near and far, so that copies cross every place of the index.
    fn text(len: usize) -> Vec<u8> {
        let mut n = 1_u64;
        let mut text = Vec::with_capacity(len);
        while text.len() < len {
            n = n.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let (back, count) = ((n >> 33) as usize % 33_000 + 1, (n >> 50) as usize % 300);
            match text.len().checked_sub(back) {
                Some(from) if !n.is_multiple_of(4) => text.extend_from_within(from..(from + count).min(text.len())),
                _ => text.extend(format!("{n:x}\n").bytes()),
            }
        }
        text
    }

    fn check(level: u32, members: &[usize], spacing: u64, points: usize) -> usize {
        let text = text(members.iter().sum());
        let (mut packed, mut at) = (Vec::new(), 0);
        for (n, len) in members.iter().enumerate() {
            let name = format!("name {n}");
            let builder = flate2::GzBuilder::new().filename(name).extra(b"more").comment("x");
            let mut encoder = builder.write(Vec::new(), flate2::Compression::new(level));
            let end = (at + len).min(text.len());
            encoder.write_all(&text[at..end]).unwrap();
            at = end;
            packed.extend(encoder.finish().unwrap());
        }
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&packed).unwrap();
        let of = &Deflated {
            name: "x".to_owned(),
            file: Arc::new(file),
            bytes: 0..packed.len() as u64,
            wrapper: Wrapper::Gzip,
        };
        let index = Index::build_spaced(of, u64::MAX, (spacing, points), &mut |_| Ok::<(), InputError>(())).unwrap();
        assert_eq!(index.size(), at as u64);
        let step = (at / 23).max(1);
        for from in (0..=at).step_by(step).chain([at, at.saturating_sub(1)]) {
            let mut got = Vec::new();
            index.reader(from as u64).unwrap().take(70_000).read_to_end(&mut got).unwrap();
            assert!(got == text[from..at.min(from + 70_000)], "level {level}, from {from}");
        }
        index.points.len()
    }

    #[test]
    fn the_text_is_the_same_from_every_place() {
        for level in [0, 1, 6, 9] {
            assert!(check(level, &[3_000_000], 300_000, MAX_POINTS) >= 5);
            check(level, &[400_000, 1, 0, 700_000], 200_000, MAX_POINTS);
        }
        check(6, &[0], 100_000, 9);
        check(6, &[10], 100_000, 9);
    }

    #[test]
    fn a_long_text_has_a_bounded_index() {
        assert!((3..=7).contains(&check(1, &[6_000_000], 300_000, 7)));
    }
}
