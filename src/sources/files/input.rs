//! One input: a file, an entry of an archive, or a stream, and how it is opened.
//!
//! Owns [`Input`]. Must not know how inputs are found, or what their lines mean.

use super::archive::Entry;
use super::decode;
use super::decode::{Context, Limits, Patience};
use super::error::InputError;
use super::sniff;
use super::sniff::{Codec, Kind};
use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

/// Something that gives lines.
#[derive(Clone, Debug)]
pub struct Input {
    /// The name for people: the path as given, or `archive.zip!entry`. Not yet safe for a terminal.
    pub name: String,
    /// The file on the disk; of an entry, its archive's.
    pub path: PathBuf,
    /// How its bytes become text.
    pub codec: Codec,
    /// The entry's place in its archive.
    pub entry: Option<usize>,
    /// Bytes on the disk, or the bytes that an archive promises for its entry. Unknown for streams.
    pub size: Option<u64>,
    /// Where the entry's bytes are.
    pub(super) within: Option<Entry>,
    pub(super) limits: Limits,
    given: Option<Given>,
}

/// A stream that its caller has opened. It can be read once.
#[derive(Clone)]
struct Given(Arc<Mutex<Option<Box<dyn Read + Send>>>>);

impl std::fmt::Debug for Given {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Given")
    }
}

/// Names that promise an archive or compression: a web page under such a name is a failed download.
const PACKED: [&str; 7] = ["zip", "gz", "tgz", "zst", "bz2", "xz", "zstd"];

impl Input {
    /// Standard input, opened through [`Input::open`] as any other: compressed streams are recognised.
    pub fn stdin() -> Self {
        Self {
            name: "standard input".to_owned(),
            path: PathBuf::from("-"),
            codec: Codec::Stream,
            entry: None,
            size: None,
            within: None,
            limits: Limits::default(),
            given: None,
        }
    }

    /// A stream that the caller has opened, under this name; it can be opened once.
    pub fn of_reader(name: &str, reader: Box<dyn Read + Send>) -> Self {
        Self { name: name.to_owned(), given: Some(Given(Arc::new(Mutex::new(Some(reader))))), ..Self::stdin() }
    }

    /// An archive that the caller has opened; its entries are found by `discover::archive`.
    pub(super) fn of_archive(name: &str, size: u64) -> Self {
        Self { name: name.to_owned(), codec: Codec::Zip, size: Some(size), ..Self::stdin() }
    }

    /// What the file at `path` is, by its first bytes. Pipes and devices are not opened. An archive is one input here;
    /// `discover` lists its entries.
    pub(super) fn at(path: &Path, limits: Limits) -> Result<Self, InputError> {
        Self::named(path, path.to_string_lossy().into_owned(), limits)
    }

    /// As [`Input::at`], under another name.
    pub(super) fn named(path: &Path, name: String, limits: Limits) -> Result<Self, InputError> {
        let meta = std::fs::metadata(path).map_err(|e| InputError::io(&name, e))?;
        let mut input = Self {
            codec: Codec::Stream,
            size: None,
            entry: None,
            within: None,
            given: None,
            path: path.to_owned(),
            limits,
            name,
        };
        if !meta.is_file() {
            return Ok(input);
        }
        let file = File::open(path).map_err(|e| InputError::io(&input.name, e))?;
        let mut head = Vec::with_capacity(sniff::HEAD);
        file.take(sniff::HEAD as u64).read_to_end(&mut head).map_err(|e| InputError::io(&input.name, e))?;
        match sniff::kind(&head) {
            Kind::Binary { what, advice } => Err(InputError::Binary { name: input.name, what, advice }),
            Kind::Text(codec) => {
                let promised = path.extension().is_some_and(|e| PACKED.iter().any(|p| e.eq_ignore_ascii_case(p)));
                if promised
                    && codec == Codec::Plain
                    && let Some(title) = sniff::web_page(&head)
                {
                    let title = if title.is_empty() { title } else { format!(" (\"{title}\")") };
                    return Err(InputError::WebPage { name: input.name, title });
                }
                input.codec = codec;
                input.size = Some(meta.len());
                Ok(input)
            }
        }
    }

    /// The input's text from its start: decompressed, UTF-16 turned into UTF-8. Blocks as a file does.
    ///
    /// What goes wrong later comes as an [`std::io::Error`] of the reader, after all that could be read; it holds an
    /// [`InputError`] (see [`InputError::from_read`]).
    ///
    /// # Errors
    /// It cannot be opened, or what comes out is no text.
    pub fn open(&self) -> Result<Box<dyn Read + Send>, InputError> {
        self.open_counting(Arc::default())
    }

    /// As [`Input::open`]; bytes read from the disk (not those that come out) are added to `done` as they are read.
    ///
    /// # Errors
    /// As [`Input::open`].
    pub fn open_counting(&self, done: Arc<AtomicU64>) -> Result<Box<dyn Read + Send>, InputError> {
        let context = Context { name: self.name.clone(), limits: self.limits, done: done.clone() };
        if let Some(entry) = &self.within {
            return decode::entry_text(entry, &context);
        }
        if let Some(given) = &self.given {
            let reader = given.0.lock().unwrap_or_else(PoisonError::into_inner).take();
            let again = || InputError::io(&self.name, std::io::Error::other("it can be read once"));
            return self.open_live(reader.ok_or_else(again)?, done);
        }
        if self.path.as_os_str() == "-" && self.codec == Codec::Stream {
            let raw = Counted { inner: std::io::stdin(), done };
            return decode::text(Box::new(raw), &context, Patience::Live);
        }
        let file = self.open_file()?;
        let patience = if self.codec == Codec::Stream { Patience::Live } else { Patience::Whole };
        decode::text(Box::new(Counted { inner: file, done }), &context, patience)
    }

    /// As [`Input::open_counting`], from a pipe that the caller has opened.
    pub(super) fn open_live(
        &self,
        raw: Box<dyn Read + Send>,
        done: Arc<AtomicU64>,
    ) -> Result<Box<dyn Read + Send>, InputError> {
        let context = Context { name: self.name.clone(), limits: self.limits, done: done.clone() };
        decode::text(Box::new(Counted { inner: raw, done }), &context, Patience::Live)
    }

    /// The file as it is on the disk; for [`Codec::Plain`] its bytes are the text, to be read anywhere by several
    /// threads.
    ///
    /// # Errors
    /// It cannot be opened.
    pub fn open_file(&self) -> Result<File, InputError> {
        File::open(&self.path).map_err(|e| InputError::io(&self.name, e))
    }

    /// Bytes that reading it takes from the disk, where they are known; what [`Input::open_counting`] counts up to.
    pub fn disk_bytes(&self) -> Option<u64> {
        self.within.as_ref().map_or(self.size, |entry| Some(entry.compressed))
    }

    /// The text of compressed bytes in memory, as [`Input::open`] gives it; for fuzzing and tests.
    ///
    /// # Errors
    /// What comes out is no text.
    pub fn decode(name: &str, bytes: Vec<u8>, limits: Limits) -> Result<Box<dyn Read + Send>, InputError> {
        let done = Arc::new(AtomicU64::new(0));
        let context = Context { name: name.to_owned(), limits, done: done.clone() };
        decode::text(Box::new(Counted { inner: std::io::Cursor::new(bytes), done }), &context, Patience::Whole)
    }

    pub(super) fn of_entry(&self, n: usize, name: String, entry: Entry) -> Self {
        Self {
            name,
            path: self.path.clone(),
            codec: Codec::Zip,
            entry: Some(n),
            size: Some(entry.size),
            within: Some(entry),
            limits: self.limits,
            given: None,
        }
    }
}

/// A stream that counts the bytes it gives.
struct Counted<R> {
    inner: R,
    done: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        let n = self.inner.read(buf)?;
        self.done.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}
