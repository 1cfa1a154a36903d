//! A zip archive as it comes, from its first byte on: the text of one entry after another.
//!
//! Owns the headers before entries. The directory at the end is never read, so an archive need not be there as a whole; an
//! entry whose end cannot be told without it is refused. Nothing is extracted by its name.

use crate::sources::files::InputError;
use flate2::bufread::DeflateDecoder;
use std::io::{self, BufReader, Read};
use std::sync::{Arc, Mutex, PoisonError};

const LOCAL: &[u8] = b"PK\x03\x04";
const DESCRIPTOR: &[u8] = b"PK\x07\x08";

/// Flags: it is encrypted (three kinds), its sizes stand behind it.
const ENCRYPTED: u16 = 1 | 1 << 6 | 1 << 13;
const SIZES_BEHIND: u16 = 1 << 3;

/// The archive's bytes, which entries take turns in.
#[derive(Clone)]
struct Shared(Arc<Mutex<Inner>>);

struct Inner {
    raw: Box<dyn Read + Send>,
    /// Bytes that a decoder took and did not need.
    back: Vec<u8>,
    /// What the last entry came to: its checksum and its bytes.
    seen: (u32, u64),
    is_broken: bool,
}

/// Reads an archive.
pub(super) struct Entries {
    shared: Shared,
    /// What stands behind the entry before.
    behind: Option<Behind>,
}

#[derive(Clone, Copy)]
enum Behind {
    /// Nothing: its checksum stood before it.
    Nothing(u32),
    /// Its checksum and sizes.
    Descriptor,
}

/// An entry.
pub(super) struct Entry {
    pub(super) name: String,
    /// Its bytes, which have to be read to their end and dropped before the next entry.
    pub(super) bytes: Box<dyn Read + Send>,
}

impl Entries {
    pub(super) fn new(raw: Box<dyn Read + Send>) -> Self {
        let inner = Inner { raw, back: Vec::new(), seen: (0, 0), is_broken: false };
        Self { shared: Shared(Arc::new(Mutex::new(inner))), behind: None }
    }

    /// The next entry that is no folder; nothing at the end.
    ///
    /// # Errors
    /// The archive is damaged, cut off, or of a kind that cannot be read like this: nothing more can be read of it.
    pub(super) fn next(&mut self, archive: &str) -> Result<Option<Entry>, InputError> {
        loop {
            self.close(archive)?;
            let mut signature = [0; 4];
            match self.read(&mut signature) {
                Ok(()) => {}
                Err(e) => return Err(InputError::io(archive, e)),
            }
            if signature != LOCAL {
                // The directory; what follows is known already.
                let drained = io::copy(&mut self.shared, &mut io::sink());
                return drained.map(|_| None).map_err(|e| InputError::io(archive, e));
            }
            let mut header = [0; 26];
            self.read(&mut header).map_err(|e| InputError::io(archive, e))?;
            let u16_at = |at: usize| u16::from_le_bytes([header[at], header[at + 1]]);
            let u32_at = |at: usize| u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
            let (flags, method, crc, packed) = (u16_at(2), u16_at(4), u32_at(10), u32_at(14));
            let mut name = vec![0; usize::from(u16_at(22))];
            let mut extra = vec![0; usize::from(u16_at(24))];
            self.read(&mut name).and_then(|()| self.read(&mut extra)).map_err(|e| InputError::io(archive, e))?;
            let packed = if packed == u32::MAX { wide(&extra).unwrap_or(u64::from(packed)) } else { u64::from(packed) };
            let name = String::from_utf8_lossy(&name).into_owned();
            let full = || format!("{archive}!{name}");
            if flags & ENCRYPTED != 0 || method == 99 {
                return Err(InputError::Encrypted { name: full() });
            }
            let bytes: Box<dyn Read + Send> = match (method, flags & SIZES_BEHIND != 0) {
                (8, true) => {
                    self.behind = Some(Behind::Descriptor);
                    Box::new(Deflated::new(self.shared.clone()))
                }
                (0 | 8 | 12 | 20 | 93 | 95, false) => {
                    self.behind = Some(Behind::Nothing(crc));
                    let sized = Sized { rest: packed, shared: self.shared.clone() };
                    Box::new(Summed::new(unpack(method, sized, archive)?, self.shared.clone()))
                }
                (_, true) => {
                    let problem = "an entry does not say how long it is; unpack the archive first".to_owned();
                    return Err(InputError::Damaged { name: full(), problem });
                }
                _ => return Err(InputError::UnknownMethod { name: full(), method }),
            };
            if name.ends_with('/') {
                let mut bytes = bytes;
                io::copy(&mut bytes, &mut io::sink()).map_err(|e| InputError::io(archive, e))?;
                continue;
            }
            return Ok(Some(Entry { name, bytes }));
        }
    }

    /// Reads what stands behind the entry before, and compares.
    fn close(&mut self, archive: &str) -> Result<(), InputError> {
        let Some(behind) = self.behind.take() else { return Ok(()) };
        let (seen, bytes, is_broken) = {
            let inner = self.shared.lock();
            (inner.seen.0, inner.seen.1, inner.is_broken)
        };
        let expected = match behind {
            Behind::Nothing(crc) => crc,
            Behind::Descriptor => self.descriptor(bytes).map_err(|e| InputError::io(archive, e))?,
        };
        if is_broken || seen != expected {
            let problem = "the checksum (CRC) of an entry does not fit".to_owned();
            return Err(InputError::Damaged { name: archive.to_owned(), problem });
        }
        Ok(())
    }

    /// The checksum of a descriptor, whose signature is optional and whose sizes have 4 or 8 bytes each.
    fn descriptor(&mut self, bytes: u64) -> io::Result<u32> {
        let mut crc = [0; 4];
        self.read(&mut crc)?;
        if crc == *DESCRIPTOR {
            self.read(&mut crc)?;
        }
        let mut sizes = [0; 16];
        self.read(&mut sizes[..8])?;
        // In the long form the second half of the packed size comes where the other has the plain one.
        let plain = u32::from_le_bytes([sizes[4], sizes[5], sizes[6], sizes[7]]);
        if u64::from(plain) != bytes & u64::from(u32::MAX) || bytes > u64::from(u32::MAX) {
            self.read(&mut sizes[8..])?;
        }
        Ok(u32::from_le_bytes(crc))
    }

    fn read(&mut self, bytes: &mut [u8]) -> io::Result<()> {
        self.shared.read_exact(bytes)
    }
}

/// The packed size in the zip64 extra field, behind the plain one.
fn wide(mut extra: &[u8]) -> Option<u64> {
    while let Some((head, rest)) = extra.split_first_chunk::<4>() {
        let (id, len) = (u16::from_le_bytes([head[0], head[1]]), usize::from(u16::from_le_bytes([head[2], head[3]])));
        let data = rest.get(..len)?;
        if id == 1 {
            return data.get(8..16)?.try_into().ok().map(u64::from_le_bytes);
        }
        extra = &rest[len..];
    }
    None
}

fn unpack(method: u16, raw: Sized, archive: &str) -> Result<Box<dyn Read + Send>, InputError> {
    let raw = BufReader::with_capacity(64 * 1024, raw);
    Ok(match method {
        8 => Box::new(DeflateDecoder::new(raw)),
        12 => Box::new(bzip2::bufread::BzDecoder::new(raw)),
        20 | 93 => Box::new(zstd::stream::read::Decoder::with_buffer(raw).map_err(|e| InputError::io(archive, e))?),
        95 => Box::new(lzma_rust2::XzReader::new_mem_limit(raw, false, 256 * 1024)),
        _ => Box::new(raw),
    })
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Read for Shared {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let mut inner = self.lock();
        if inner.back.is_empty() {
            return inner.raw.read(buf);
        }
        let n = inner.back.len().min(buf.len());
        buf[..n].copy_from_slice(&inner.back[..n]);
        inner.back.drain(..n);
        Ok(n)
    }
}

/// Bytes whose number is known; those that nobody read are skipped.
struct Sized {
    rest: u64,
    shared: Shared,
}

impl Read for Sized {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let want = usize::try_from(self.rest).unwrap_or(usize::MAX).min(buf.len());
        if want == 0 {
            return Ok(0);
        }
        let n = self.shared.read(&mut buf[..want])?;
        if n == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.rest -= n as u64;
        Ok(n)
    }
}

impl Drop for Sized {
    fn drop(&mut self) {
        let rest = self.rest;
        let skipped = io::copy(&mut (&mut self.shared).take(rest), &mut io::sink());
        if skipped.is_err() {
            self.shared.lock().is_broken = true;
        }
    }
}

/// Counts what comes out.
struct Summed {
    bytes: Box<dyn Read + Send>,
    crc: flate2::Crc,
    shared: Shared,
}

impl Summed {
    fn new(bytes: Box<dyn Read + Send>, shared: Shared) -> Self {
        Self { bytes, crc: flate2::Crc::new(), shared }
    }
}

impl Read for Summed {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.bytes.read(buf)?;
        self.crc.update(&buf[..n]);
        Ok(n)
    }
}

impl Drop for Summed {
    fn drop(&mut self) {
        // What was not wanted is read all the same, for the checksum.
        let rest = io::copy(&mut Counting(&mut self.bytes, &mut self.crc), &mut io::sink());
        let mut inner = self.shared.lock();
        inner.is_broken |= rest.is_err();
        inner.seen = (self.crc.sum(), u64::from(self.crc.amount()));
    }
}

struct Counting<'a>(&'a mut Box<dyn Read + Send>, &'a mut flate2::Crc);

impl Read for Counting<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.0.read(buf)?;
        self.1.update(&buf[..n]);
        Ok(n)
    }
}

/// A deflate stream that tells its own end; what was read beyond it is given back.
struct Deflated {
    decoder: Option<DeflateDecoder<BufReader<Shared>>>,
    crc: flate2::Crc,
    shared: Shared,
}

impl Deflated {
    fn new(shared: Shared) -> Self {
        let raw = BufReader::with_capacity(64 * 1024, shared.clone());
        Self { decoder: Some(DeflateDecoder::new(raw)), crc: flate2::Crc::new(), shared }
    }
}

impl Read for Deflated {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let Some(decoder) = &mut self.decoder else { return Ok(0) };
        let n = decoder.read(buf)?;
        self.crc.update(&buf[..n]);
        Ok(n)
    }
}

impl Drop for Deflated {
    fn drop(&mut self) {
        let rest = io::copy(self, &mut io::sink());
        let back = self.decoder.take().map(|decoder| decoder.into_inner().buffer().to_vec());
        let mut inner = self.shared.lock();
        inner.is_broken |= rest.is_err();
        inner.seen = (self.crc.sum(), u64::from(self.crc.amount()));
        if let Some(mut back) = back {
            back.append(&mut inner.back);
            inner.back = back;
        }
    }
}
