//! The whole text of one input, readable from any offset.
//!
//! Owns how each codec gets there: plain and stored text directly, deflate by an index, the rest from its start. Must
//! not know lines, records or questions.

use super::archive::Section;
use super::error::InputError;
use super::inflate::{Deflated, Index, Wrapper};
use super::input::Input;
use super::sniff;
use super::sniff::{Codec, Kind};
use std::{
    fs::{File, Metadata},
    io::{self, Read},
    os::unix::fs::MetadataExt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// Bytes of one read while a text's size is found.
const CHUNK: usize = 1 << 20;

/// A text and the way to its middle.
#[derive(Debug)]
pub(super) struct Whole {
    input: Input,
    state: State,
    way: Access,
}

/// What tells whether a file is still the one that was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct State {
    id: (u64, u64),
    len: u64,
    modified: (i64, i64),
}

#[derive(Debug)]
enum Access {
    /// The text lies in the file as it is, from this offset on.
    Direct { file: Arc<File>, at: u64, size: u64 },
    /// By an index.
    Indexed(Index),
    /// From the start each time; the size is known from the first time.
    Streamed { size: u64 },
}

/// How it is looked through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Grain {
    /// Bytes of text that one thread takes at once.
    pub(super) bytes: u64,
    /// Threads that are worth it.
    pub(super) threads: usize,
}

impl Whole {
    /// Looks at an input; a compressed one is read once to its end. `progress` is told what is done, and the bytes that
    /// were read, of how many; it may end it.
    ///
    /// # Errors
    /// What `progress` returns, or the input cannot be read.
    pub(super) fn open<E: From<InputError>>(
        input: &Input,
        progress: &mut dyn FnMut(&'static str, u64, u64) -> Result<(), E>,
    ) -> Result<Self, E> {
        let file = Arc::new(input.open_file()?);
        let meta = file.metadata().map_err(|e| InputError::io(&input.name, e))?;
        let state = State::of(&meta);
        let way = Self::access(input, &file, meta.len(), progress)?;
        let whole = Self { input: input.clone(), state, way };
        // Compressed twice, or UTF-16: the bytes that come out are not the text.
        if input.codec == Codec::Plain || matches!(whole.way, Access::Streamed { .. }) || whole.is_text() {
            return Ok(whole);
        }
        Ok(Self { way: Self::streamed(input, meta.len(), progress)?, ..whole })
    }

    fn access<E: From<InputError>>(
        input: &Input,
        file: &Arc<File>,
        len: u64,
        progress: &mut dyn FnMut(&'static str, u64, u64) -> Result<(), E>,
    ) -> Result<Access, E> {
        let name = input.name.clone();
        let (bytes, wrapper) = match (input.codec, &input.within) {
            (Codec::Plain, _) => return Ok(Access::Direct { file: file.clone(), at: 0, size: len }),
            (Codec::Gzip, _) => (0..len, Wrapper::Gzip),
            (Codec::Zip, Some(entry)) if matches!(entry.method, 0 | 8) => {
                let bytes = entry.bytes(&name)?;
                if entry.method == 0 {
                    let size = bytes.end.min(len).saturating_sub(bytes.start);
                    return Ok(Access::Direct { file: file.clone(), at: bytes.start, size });
                }
                (bytes, Wrapper::None)
            }
            _ => return Self::streamed(input, len, progress),
        };
        let of = bytes.end - bytes.start;
        let deflated = Deflated { name, file: file.clone(), bytes, wrapper };
        let index = Index::build(&deflated, input.limits.bytes, &mut |done| progress("indexing", done, of))?;
        Ok(Access::Indexed(index))
    }

    /// Finds the size of a text that can only be read from its start.
    fn streamed<E: From<InputError>>(
        input: &Input,
        len: u64,
        progress: &mut dyn FnMut(&'static str, u64, u64) -> Result<(), E>,
    ) -> Result<Access, E> {
        let done = Arc::new(AtomicU64::new(0));
        let of = input.disk_bytes().unwrap_or(len);
        let mut reader = input.open_counting(done.clone())?;
        let (mut size, mut buf) = (0, vec![0; CHUNK]);
        loop {
            match reader.read(&mut buf) {
                Ok(0) => break,
                Ok(n) => size += n as u64,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) if size == 0 => return Err(InputError::from_read(&input.name, e).into()),
                // What came before the damage can be read again.
                Err(_) => break,
            }
            progress("measuring", done.load(Ordering::Relaxed), of)?;
        }
        Ok(Access::Streamed { size })
    }

    /// Bytes of text. A file that grows is looked at again.
    pub(super) fn size(&self) -> u64 {
        match &self.way {
            Access::Direct { file, size, .. } if self.input.codec == Codec::Plain => {
                file.metadata().map_or(*size, |meta| meta.len())
            }
            Access::Direct { size, .. } | Access::Streamed { size } => *size,
            Access::Indexed(index) => index.size(),
        }
    }

    /// The text from an offset on. What cannot be read of a damaged text ends it.
    ///
    /// # Errors
    /// It cannot be read any more.
    pub(super) fn reader(&self, at: u64) -> Result<Box<dyn Read + Send>, InputError> {
        let io_error = |e| InputError::from_read(&self.input.name, e);
        match &self.way {
            Access::Direct { file, at: start, .. } => {
                let rest = self.size().saturating_sub(at);
                Ok(Box::new(Section::new(file.clone(), start + at, rest, Arc::default())))
            }
            Access::Indexed(index) => Ok(Box::new(index.reader(at).map_err(io_error)?)),
            Access::Streamed { size } => {
                let mut reader = self.input.open()?;
                io::copy(&mut reader.by_ref().take(at), &mut io::sink()).map_err(io_error)?;
                Ok(Box::new(reader.take(size.saturating_sub(at))))
            }
        }
    }

    /// How it is best looked through.
    pub(super) const fn grain(&self) -> Grain {
        match self.way {
            Access::Direct { .. } => Grain { bytes: 16 << 20, threads: 2 },
            Access::Indexed(_) => Grain { bytes: 64 << 20, threads: 2 },
            Access::Streamed { .. } => Grain { bytes: u64::MAX, threads: 1 },
        }
    }

    /// Whether the file under the name is still this one, with at least `end` bytes of text that were seen.
    ///
    /// # Errors
    /// It is not there, or cannot be looked at.
    pub(super) fn is_current(&self, end: u64) -> Result<bool, InputError> {
        let io_error = |e| InputError::io(&self.input.name, e);
        // Opening it tells what its metadata does not: that it may not be read any more.
        let now = State::of(&self.input.open_file()?.metadata().map_err(io_error)?);
        Ok(match self.input.codec {
            Codec::Plain => now.id == self.state.id && now.len >= end,
            _ => now == self.state,
        })
    }

    fn is_text(&self) -> bool {
        let mut head = Vec::with_capacity(sniff::HEAD);
        let read = self.reader(0).map(|reader| reader.take(sniff::HEAD as u64).read_to_end(&mut head));
        read.is_ok() && sniff::kind(&head) == Kind::Text(Codec::Plain)
    }
}

impl State {
    fn of(meta: &Metadata) -> Self {
        Self { id: (meta.dev(), meta.ino()), len: meta.len(), modified: (meta.mtime(), meta.mtime_nsec()) }
    }
}
