//! Compressed bytes into text, layer by layer, within limits.
//!
//! Owns the decoders, the limits against bombs, and UTF-16. Must not know paths.

use super::archive::Entry;
use super::error::InputError;
use super::sniff;
use super::sniff::{Codec, Endian, Kind};
use std::{
    io::{self, BufRead, BufReader, Read},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// How much one input may become. Memory is bounded by streaming; these bound time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most bytes of text of one compressed input (16 GiB).
    pub bytes: u64,
    /// The most bytes of text for each byte on the disk (10,000). Deflate cannot do more than 1,032, so one layer of
    /// it never gets here, however often a log repeats itself.
    pub ratio: u64,
    /// Bytes of text before the ratio counts (1 GiB).
    pub grace: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 16 << 30, ratio: 10_000, grace: 1 << 30 }
    }
}

/// Inflate runs fastest with buffers of this size.
const BUFFER: usize = 1 << 20;

/// Layers of compression that are opened through: a `.gz` in a `.zip`, a `.gz.gz`.
const MAX_LAYERS: usize = 2;

/// Memory that one xz block may ask for, in KiB (256 MiB; `xz -9` takes 65).
const XZ_MEMORY_KIB: u32 = 256 * 1024;

type Bytes = Box<dyn Read + Send>;

/// How long the first look at an input waits for bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Patience {
    /// A file: until there is enough to tell what it is.
    Whole,
    /// A pipe, which may be slow: until the first line or a few bytes.
    Live,
}

/// What all layers of one input share.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    pub(crate) name: String,
    pub(crate) limits: Limits,
    /// Bytes that were read from the disk.
    pub(crate) done: Arc<AtomicU64>,
}

/// The text of a stream whose codec its first bytes tell.
pub(crate) fn text(raw: Bytes, context: &Context, patience: Patience) -> Result<Bytes, InputError> {
    layers(raw, context, patience, 0, Codec::Stream)
}

/// The text of a zip entry.
pub(crate) fn entry_text(entry: &Entry, context: &Context) -> Result<Bytes, InputError> {
    let section = entry.section(&context.name, context.done.clone())?;
    // An archive of many small entries asks for little each time.
    let capacity = usize::try_from(entry.compressed).unwrap_or(BUFFER).clamp(4096, BUFFER);
    let raw = BufReader::with_capacity(capacity, section);
    let decoder: Bytes = match entry.method {
        0 => Box::new(raw),
        8 => Box::new(flate2::bufread::DeflateDecoder::new(raw)),
        9 => Box::new(deflate64::Deflate64Decoder::with_buffer(raw)),
        12 => Box::new(bzip2::bufread::BzDecoder::new(raw)),
        20 | 93 => {
            Box::new(zstd::stream::read::Decoder::with_buffer(raw).map_err(|e| InputError::io(&context.name, e))?)
        }
        95 => Box::new(lzma_rust2::XzReader::new_mem_limit(raw, false, XZ_MEMORY_KIB)),
        method => return Err(InputError::UnknownMethod { name: context.name.clone(), method }),
    };
    let expected = Expected { size: entry.size, crc: entry.crc, seen: flate2::Crc::new() };
    layers(Box::new(Guard::new(decoder, context, Some(expected))), context, Patience::Whole, 1, Codec::Zip)
}

/// The text of an archive's entry that another reader has decompressed, within the same limits as [`entry_text`].
pub(in crate::sources) fn inside(raw: Bytes, context: &Context) -> Result<Bytes, InputError> {
    layers(Box::new(Guard::new(raw, context, None)), context, Patience::Whole, 1, Codec::Zip)
}

/// Looks at the stream's first bytes and puts the decoder that they ask for around it, until text comes out.
fn layers(
    mut raw: Bytes,
    context: &Context,
    patience: Patience,
    depth: usize,
    outer: Codec,
) -> Result<Bytes, InputError> {
    let head = Head::read(&mut raw, patience);
    let codec = match sniff::kind(&head.bytes) {
        Kind::Binary { what, advice } => return Err(InputError::Binary { name: context.name.clone(), what, advice }),
        Kind::Text(codec) => codec,
    };
    let stream = Peeked { head, at: 0, rest: raw, patience };
    if !matches!(codec, Codec::Plain | Codec::Utf16 | Codec::Zip) && depth >= MAX_LAYERS {
        let (what, inside) = (codec.name(), outer.name());
        return Err(InputError::Nested { name: context.name.clone(), what, inside });
    }
    let buffered = |stream| BufReader::with_capacity(BUFFER, stream);
    let decoder: Bytes = match codec {
        Codec::Plain | Codec::Stream => return Ok(Box::new(stream)),
        Codec::Utf16 => return Ok(Box::new(Utf16::new(stream))),
        Codec::Zip if depth == 0 => return Err(InputError::ZipStream { name: context.name.clone() }),
        Codec::Zip => {
            let (what, inside) = ("a zip archive", outer.name());
            return Err(InputError::Nested { name: context.name.clone(), what, inside });
        }
        Codec::Gzip => Box::new(Gzip::new(buffered(stream))),
        Codec::Zstd => Box::new(
            zstd::stream::read::Decoder::with_buffer(buffered(stream)).map_err(|e| InputError::io(&context.name, e))?,
        ),
        Codec::Bzip2 => Box::new(bzip2::bufread::MultiBzDecoder::new(buffered(stream))),
        Codec::Xz => Box::new(lzma_rust2::XzReader::new_mem_limit(buffered(stream), true, XZ_MEMORY_KIB)),
    };
    // A pipe behind a decoder stays a pipe: what it has is to be seen.
    layers(Box::new(Guard::new(decoder, context, None)), context, patience, depth + 1, codec)
}

/// The first bytes of a stream, and how reading them ended.
struct Head {
    bytes: Vec<u8>,
    error: Option<io::Error>,
}

impl Head {
    fn read(from: &mut impl Read, patience: Patience) -> Self {
        let mut bytes = vec![0; sniff::HEAD];
        let mut len = 0;
        let mut error = None;
        let enough = |bytes: &[u8]| match patience {
            Patience::Whole => bytes.len() >= 512,
            Patience::Live => bytes.len() >= 16 || bytes.contains(&b'\n'),
        };
        while !enough(&bytes[..len]) {
            match from.read(&mut bytes[len..]) {
                Ok(0) => break,
                Ok(n) => len += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => {
                    error = Some(e);
                    break;
                }
            }
        }
        bytes.truncate(len);
        Self { bytes, error }
    }
}

/// A stream whose first bytes were looked at.
struct Peeked<R> {
    head: Head,
    at: usize,
    rest: R,
    patience: Patience,
}

impl<R: Read> Read for Peeked<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.at < self.head.bytes.len() {
            let n = (&self.head.bytes[self.at..]).read(buf)?;
            self.at += n;
            // The first read is what a stream's format is learned from: of a file, more than the few bytes that were
            // looked at. An error behind them comes with the next read.
            if self.patience == Patience::Live || n == buf.len() || self.head.error.is_some() {
                return Ok(n);
            }
            return match self.rest.read(&mut buf[n..]) {
                Ok(more) => Ok(n + more),
                Err(error) => {
                    self.head.error = Some(error);
                    Ok(n)
                }
            };
        }
        match self.head.error.take() {
            Some(error) => Err(error),
            None => self.rest.read(buf),
        }
    }
}

/// What a zip archive's directory says about an entry.
struct Expected {
    size: u64,
    crc: u32,
    seen: flate2::Crc,
}

/// Watches a decoder: counts, stops at the limits, checks what was promised, and turns its errors into sentences. After
/// an error the stream has ended.
struct Guard<R> {
    inner: R,
    context: Context,
    read: u64,
    expected: Option<Expected>,
    ended: bool,
}

impl<R> Guard<R> {
    fn new(inner: R, context: &Context, expected: Option<Expected>) -> Self {
        Self { inner, context: context.clone(), read: 0, expected, ended: false }
    }

    /// The error to report after `n` more bytes have come, if any.
    fn judge(&mut self, bytes: &[u8]) -> Option<InputError> {
        let name = || self.context.name.clone();
        let Limits { bytes: most, ratio, grace } = self.context.limits;
        self.read += bytes.len() as u64;
        let read = self.read;
        if read > most {
            return Some(InputError::Limit { name: name(), read, limit: format!("an input may hold {most} bytes") });
        }
        let disk = self.context.done.load(Ordering::Relaxed);
        if read > grace && read / disk.max(1) > ratio {
            let limit = format!("it is over {ratio} times larger than its file, as a bomb would be");
            return Some(InputError::Limit { name: name(), read, limit });
        }
        let expected = self.expected.as_mut()?;
        expected.seen.update(bytes);
        let damaged = |problem| Some(InputError::Damaged { name: self.context.name.clone(), problem });
        if read > expected.size {
            return damaged(format!("the archive says {} bytes, and there are more", expected.size));
        }
        if !bytes.is_empty() {
            return None;
        }
        if read < expected.size {
            return damaged(format!("the archive says {} bytes, and there are only {read}", expected.size));
        }
        if expected.seen.sum() != expected.crc {
            return damaged("the checksum (CRC) does not fit".to_owned());
        }
        None
    }

    fn translate(&self, error: io::Error) -> io::Error {
        let name = self.context.name.clone();
        match error.downcast::<InputError>() {
            Ok(InputError::TrailingGarbage { codec, .. }) => InputError::TrailingGarbage { name, codec }.into(),
            Ok(inner) => inner.into(),
            Err(error) => match error.kind() {
                io::ErrorKind::UnexpectedEof => InputError::Truncated { name }.into(),
                io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::Other => {
                    InputError::Damaged { name, problem: error.to_string() }.into()
                }
                io::ErrorKind::OutOfMemory => {
                    let problem = format!("it asks for over {} MiB of memory", XZ_MEMORY_KIB / 1024);
                    InputError::Damaged { name, problem }.into()
                }
                _ => InputError::io(&name, error).into(),
            },
        }
    }
}

impl<R: Read> Read for Guard<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.ended || buf.is_empty() {
            return Ok(0);
        }
        let n = match self.inner.read(buf) {
            Ok(n) => n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => return Err(e),
            Err(e) => {
                self.ended = true;
                return Err(self.translate(e));
            }
        };
        self.ended = n == 0;
        match self.judge(&buf[..n]) {
            Some(error) => {
                self.ended = true;
                Err(error.into())
            }
            None => Ok(n),
        }
    }
}

/// gzip with all its members. NULs after the last one are padding (tapes have it); anything else is an error after all
/// the text has come.
enum Gzip<R> {
    /// In a member; whether it gave bytes yet.
    Member(Box<flate2::bufread::GzDecoder<R>>, u64),
    Ended,
}

impl<R: BufRead> Gzip<R> {
    fn new(raw: R) -> Self {
        Self::Member(Box::new(flate2::bufread::GzDecoder::new(raw)), 0)
    }
}

/// Trailing bytes; the guard around knows the input's name.
fn trailing() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, InputError::TrailingGarbage { name: String::new(), codec: "gzip" })
}

impl<R: BufRead> Read for Gzip<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        loop {
            let Self::Member(member, members) = self else { return Ok(0) };
            match member.read(buf) {
                Ok(0) => {}
                Ok(n) => return Ok(n),
                // Two bytes that look like a member and are none.
                Err(e) if *members > 0 && member.header().is_none() && e.kind() != io::ErrorKind::Interrupted => {
                    *self = Self::Ended;
                    return Err(trailing());
                }
                Err(e) => return Err(e),
            }
            let members = *members + 1;
            let Self::Member(member, _) = std::mem::replace(self, Self::Ended) else { return Ok(0) };
            let mut raw = member.into_inner();
            let next = loop {
                let bytes = raw.fill_buf()?;
                let padding = bytes.iter().take_while(|b| **b == 0).count();
                if padding < bytes.len() || bytes.is_empty() {
                    let next = bytes.get(padding).copied();
                    raw.consume(padding);
                    break next;
                }
                raw.consume(padding);
            };
            match next {
                None => return Ok(0),
                Some(0x1F) => *self = Self::Member(Box::new(flate2::bufread::GzDecoder::new(raw)), members),
                Some(_) => return Err(trailing()),
            }
        }
    }
}

/// UTF-16 with a byte order mark, as UTF-8 without one. Half a pair becomes U+FFFD.
struct Utf16<R> {
    inner: R,
    endian: Option<Endian>,
    raw: Box<[u8]>,
    /// Bytes in `raw` that are not decoded yet.
    held: usize,
    text: String,
    at: usize,
}

impl<R: Read> Utf16<R> {
    fn new(inner: R) -> Self {
        Self { inner, endian: None, raw: vec![0; 64 * 1024].into(), held: 0, text: String::new(), at: 0 }
    }

    /// Decodes what `raw` holds; `all` says that nothing follows.
    fn decode(&mut self, rest: Rest) {
        let mut bytes = &self.raw[..self.held];
        let endian = *self.endian.get_or_insert_with(|| {
            let endian = sniff::utf16(bytes).unwrap_or(Endian::Little);
            bytes = bytes.get(2..).unwrap_or_default();
            endian
        });
        let unit = |pair: &[u8]| match (endian, pair) {
            (Endian::Little, &[a, b]) => u16::from_le_bytes([a, b]),
            (Endian::Big, &[a, b]) => u16::from_be_bytes([a, b]),
            _ => 0xFFFD,
        };
        let mut whole = bytes.len() & !1;
        // The first half of a pair waits for the second.
        if rest == Rest::Follows && whole >= 2 && (0xD800..0xDC00).contains(&unit(&bytes[whole - 2..whole])) {
            whole -= 2;
        }
        let take = if rest == Rest::Follows { whole } else { bytes.len() };
        self.text.clear();
        self.at = 0;
        self.text.extend(
            char::decode_utf16(bytes[..take].chunks(2).map(unit)).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)),
        );
        let used = self.held - (bytes.len() - take);
        self.raw.copy_within(used..self.held, 0);
        self.held -= used;
    }
}

/// Whether more bytes can come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rest {
    Follows,
    Ended,
}

impl<R: Read> Read for Utf16<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        while self.at == self.text.len() {
            let n = self.inner.read(&mut self.raw[self.held..])?;
            if n == 0 && self.held == 0 {
                return Ok(0);
            }
            self.held += n;
            if self.endian.is_none() && self.held < 2 && n > 0 {
                continue;
            }
            self.decode(if n == 0 { Rest::Ended } else { Rest::Follows });
        }
        let mut text = &self.text.as_bytes()[self.at..];
        let n = text.read(buf)?;
        self.at += n;
        Ok(n)
    }
}
