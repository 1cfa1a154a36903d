//! The directory of a zip archive, and the compressed bytes of one entry.
//!
//! Owns the zip format (APPNOTE 6.3) as far as reading goes. Names are for people: nothing is ever opened, made or
//! looked up by them. Must not know how entries are decompressed.
//!
//! Written here rather than with the `zip` crate, whose reader keeps one of several entries with the same name, lends
//! out one entry at a time, and reads through small buffers; the tests write their archives with that crate.

use super::error::InputError;
use std::{
    fs::File,
    io::{self, BufReader, Read},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// The most entries of one archive that are read.
pub const MAX_ENTRIES: usize = 100_000;

/// The most bytes of an archive's directory that are read (64 MiB).
const MAX_DIRECTORY: u64 = 64 << 20;

/// An entry: where its bytes are and what they should become.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    archive: Arc<File>,
    /// Where the local header begins in the file.
    header: u64,
    /// Bytes in the archive.
    pub(crate) compressed: u64,
    /// Bytes when decompressed, as the directory says.
    pub(crate) size: u64,
    /// CRC-32 of the decompressed bytes, as the directory says.
    pub(crate) crc: u32,
    /// The compression method's number.
    pub(crate) method: u16,
}

/// An entry with its name, or why it cannot be read.
pub(crate) type Listed = Result<(String, Entry), InputError>;

/// What an archive holds.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    /// Entries in the directory's order; directories are left out.
    pub(crate) entries: Vec<Listed>,
    /// Symbolic links, which are never followed.
    pub(crate) links: usize,
}

/// Methods that are read: stored, deflate, deflate64, bzip2, zstd (two numbers), xz.
pub(crate) const METHODS: [u16; 7] = [0, 8, 9, 12, 20, 93, 95];

const END: u32 = 0x0605_4b50;
const END64: u32 = 0x0606_4b50;
const LOCATOR64: u32 = 0x0706_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const LOCAL: u32 = 0x0403_4b50;
const END_LEN: usize = 22;

/// Reads the directory of the archive that people know as `name`.
pub(crate) fn list(archive: &Arc<File>, name: &str) -> Result<Listing, InputError> {
    let io_error = |e: io::Error| match e.kind() {
        io::ErrorKind::UnexpectedEof => bad(name, "its directory is cut off; copy or download it again"),
        _ => InputError::io(name, e),
    };
    let len = archive.metadata().map_err(io_error)?.len();
    let end = find_end(archive, len, name).map_err(io_error)??;
    let mut listing = Listing::default();
    let mut directory = BufReader::with_capacity(
        256 * 1024,
        Section::new(archive.clone(), end.start, end.size.min(MAX_DIRECTORY), Arc::default()),
    );
    let mut seen = std::collections::HashMap::<String, u32>::new();
    // (start, end, row) of each entry's bytes, to find those that lie over each other.
    let mut spans = Vec::new();
    for n in 0..end.entries {
        if n >= MAX_ENTRIES as u64 {
            let (name, what) = (name.to_owned(), "entries");
            listing.entries.push(Err(InputError::TooMany { name, what, limit: MAX_ENTRIES }));
            break;
        }
        let raw = match Central::read(&mut directory) {
            Ok(Some(raw)) => raw,
            Ok(None) => {
                listing.entries.push(Err(bad(name, &format!("entry {} of its directory is damaged", n + 1))));
                break;
            }
            Err(e) => {
                listing.entries.push(Err(io_error(e)));
                break;
            }
        };
        if raw.is_directory() {
            continue;
        }
        if raw.is_link() {
            listing.links += 1;
            continue;
        }
        let mut entry_name = format!("{name}!{}", String::from_utf8_lossy(&raw.name));
        let times = seen.entry(entry_name.clone()).or_default();
        *times += 1;
        if *times > 1 {
            entry_name = format!("{entry_name} ({times})");
        }
        let header = raw.header.saturating_add(end.shift);
        spans.push((header, header.saturating_add(30).saturating_add(raw.compressed), listing.entries.len()));
        listing.entries.push(if raw.flags & (1 | 1 << 6 | 1 << 13) != 0 || raw.method == 99 {
            Err(InputError::Encrypted { name: entry_name })
        } else if METHODS.contains(&raw.method) {
            let Central { compressed, size, crc, method, .. } = raw;
            Ok((entry_name, Entry { archive: archive.clone(), header, compressed, size, crc, method }))
        } else {
            Err(InputError::UnknownMethod { name: entry_name, method: raw.method })
        });
    }
    refuse_overlaps(&mut listing.entries, spans);
    Ok(listing)
}

impl Entry {
    /// The compressed bytes. Bytes that are read are added to `done`.
    pub(crate) fn section(&self, name: &str, done: Arc<AtomicU64>) -> Result<Section, InputError> {
        let bytes = self.bytes(name)?;
        Ok(Section::new(self.archive.clone(), bytes.start, self.compressed, done))
    }

    /// Where the compressed bytes are in the file.
    pub(crate) fn bytes(&self, name: &str) -> Result<std::ops::Range<u64>, InputError> {
        let mut header = [0_u8; 30];
        read_exact_at(&self.archive, &mut header, self.header).map_err(|e| InputError::io(name, e))?;
        if u32_at(&header, 0) != LOCAL {
            let problem = "its header is not where the archive's directory says".to_owned();
            return Err(InputError::Damaged { name: name.to_owned(), problem });
        }
        let skip = 30 + u64::from(u16_at(&header, 26)) + u64::from(u16_at(&header, 28));
        let start = self.header + skip;
        Ok(start..start.saturating_add(self.compressed))
    }
}

/// A part of a file as a stream with a position of its own, so that several can be read at once.
#[derive(Debug)]
pub(crate) struct Section {
    file: Arc<File>,
    at: u64,
    end: u64,
    done: Arc<AtomicU64>,
}

impl Section {
    pub(crate) fn new(file: Arc<File>, start: u64, len: u64, done: Arc<AtomicU64>) -> Self {
        Self { file, at: start, end: start.saturating_add(len), done }
    }
}

impl Read for Section {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let want = usize::try_from(self.end - self.at).unwrap_or(usize::MAX).min(buf.len());
        let n = read_at(&self.file, &mut buf[..want], self.at)?;
        self.at += n as u64;
        self.done.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

/// Where the directory is.
struct End {
    start: u64,
    size: u64,
    entries: u64,
    /// Bytes before the archive (a self-extractor), by which all its offsets are off.
    shift: u64,
}

/// Finds the end record, in the last 64 KiB because a comment may follow it.
fn find_end(file: &File, len: u64, name: &str) -> io::Result<Result<End, InputError>> {
    let tail_len = len.min(END_LEN as u64 + 0xFFFF) as usize;
    let tail_at = len - tail_len as u64;
    let mut tail = vec![0; tail_len];
    read_exact_at(file, &mut tail, tail_at)?;
    let found = (0..=tail_len.saturating_sub(END_LEN)).rev().find(|&at| {
        tail.len() >= at + END_LEN
            && u32_at(&tail, at) == END
            && at + END_LEN + usize::from(u16_at(&tail, at + 20)) <= tail_len
    });
    let Some(at) = found else {
        return Ok(Err(bad(name, "its end is missing: the file is cut off; copy or download it again")));
    };
    let record = &tail[at..];
    let end_at = tail_at + at as u64;
    let (mut entries, mut size, mut start) =
        (u64::from(u16_at(record, 10)), u64::from(u32_at(record, 12)), u64::from(u32_at(record, 16)));
    let mut directory_end = end_at;
    if u16_at(record, 4) != u16_at(record, 6) {
        return Ok(Err(bad(name, "it is one part of several; join them first: zip -s 0 FILE --out WHOLE")));
    }
    let mut locator = [0; 20];
    if end_at >= 20
        && read_exact_at(file, &mut locator, end_at - 20).is_ok()
        && u32_at(&locator, 0) == LOCATOR64
        && (entries == 0xFFFF || size == 0xFFFF_FFFF || start == 0xFFFF_FFFF)
    {
        let mut end64 = [0; 56];
        let said = u64_at(&locator, 8);
        // Right before the locator, when something stands before the archive.
        let here = (end_at - 20).saturating_sub(56);
        let at = [said, here]
            .into_iter()
            .find(|at| read_exact_at(file, &mut end64, *at).is_ok() && u32_at(&end64, 0) == END64);
        let Some(at) = at else { return Ok(Err(bad(name, "its zip64 end record is missing"))) };
        (entries, size, start) = (u64_at(&end64, 32), u64_at(&end64, 40), u64_at(&end64, 48));
        directory_end = at;
    }
    let Some(real_start) = directory_end.checked_sub(size) else {
        return Ok(Err(bad(name, "its directory would be larger than the file")));
    };
    let Some(shift) = real_start.checked_sub(start) else {
        return Ok(Err(bad(name, "its directory is not where its end says; it may be cut off at its start")));
    };
    Ok(Ok(End { start: real_start, size, entries, shift }))
}

/// One entry of the directory.
struct Central {
    made_by: u16,
    flags: u16,
    method: u16,
    crc: u32,
    compressed: u64,
    size: u64,
    attributes: u32,
    header: u64,
    name: Vec<u8>,
}

impl Central {
    /// `None` when there is no entry here.
    fn read(from: &mut impl Read) -> io::Result<Option<Self>> {
        let mut fixed = [0; 46];
        from.read_exact(&mut fixed)?;
        if u32_at(&fixed, 0) != CENTRAL {
            return Ok(None);
        }
        let mut name = vec![0; usize::from(u16_at(&fixed, 28))];
        from.read_exact(&mut name)?;
        let mut extra = vec![0; usize::from(u16_at(&fixed, 30))];
        from.read_exact(&mut extra)?;
        io::copy(&mut from.take(u64::from(u16_at(&fixed, 32))), &mut io::sink())?;
        let mut entry = Self {
            made_by: u16_at(&fixed, 4),
            flags: u16_at(&fixed, 8),
            method: u16_at(&fixed, 10),
            crc: u32_at(&fixed, 16),
            compressed: u64::from(u32_at(&fixed, 20)),
            size: u64::from(u32_at(&fixed, 24)),
            attributes: u32_at(&fixed, 38),
            header: u64::from(u32_at(&fixed, 42)),
            name,
        };
        entry.widen(&extra);
        Ok(Some(entry))
    }

    /// Takes the 64-bit sizes of the zip64 extra field, which holds those whose 32-bit field is full.
    fn widen(&mut self, mut extra: &[u8]) {
        while extra.len() >= 4 {
            let (id, len) = (u16_at(extra, 0), usize::from(u16_at(extra, 2)));
            let Some(mut data) = extra.get(4..4 + len) else { return };
            if id == 1 {
                for field in [&mut self.size, &mut self.compressed, &mut self.header] {
                    if *field == 0xFFFF_FFFF && data.len() >= 8 {
                        *field = u64_at(data, 0);
                        data = &data[8..];
                    }
                }
                return;
            }
            extra = &extra[4 + len..];
        }
    }

    fn is_directory(&self) -> bool {
        matches!(self.name.last(), Some(b'/' | b'\\')) && self.size == 0
    }

    /// A symbolic link, as Unix archivers mark it.
    fn is_link(&self) -> bool {
        self.made_by >> 8 == 3 && self.attributes >> 16 & 0o170_000 == 0o120_000
    }
}

/// Entries that share bytes are how a small archive becomes petabytes: the later ones are refused.
fn refuse_overlaps(entries: &mut [Listed], mut spans: Vec<(u64, u64, usize)>) {
    spans.sort_unstable();
    let mut reached = 0;
    for (start, end, row) in spans {
        if start < reached
            && let Some(slot) = entries.get_mut(row)
            && let Ok((name, _)) = slot
        {
            let problem = "it shares its bytes with another entry".to_owned();
            *slot = Err(InputError::Damaged { name: std::mem::take(name), problem });
        }
        reached = reached.max(end);
    }
}

fn bad(name: &str, problem: &str) -> InputError {
    InputError::BadArchive { name: name.to_owned(), problem: problem.to_owned() }
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..at + 2).and_then(|b| b.try_into().ok()).map_or(0, u16::from_le_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|b| b.try_into().ok()).map_or(0, u32::from_le_bytes)
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..at + 8).and_then(|b| b.try_into().ok()).map_or(0, u64::from_le_bytes)
}

/// Reads at an offset without moving a shared position.
pub(crate) fn read_at(file: &File, buf: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buf, at)
}

fn read_exact_at(file: &File, mut buf: &mut [u8], mut at: u64) -> io::Result<()> {
    while !buf.is_empty() {
        match read_at(file, buf, at) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(n) => {
                buf = &mut buf[n..];
                at += n as u64;
            }
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(())
}
