//! One plain file that grows, is rotated, truncated, deleted and comes back.
//!
//! Owns the knowledge of which bytes were given and which file comes next, so that nothing is lost and nothing given
//! twice. Must not know lines, records or channels. Reads no clock: whoever calls [`Tail::poll`] decides how often.

use super::archive::read_at;
use std::{
    collections::{HashSet, VecDeque},
    ffi::{OsStr, OsString},
    fs::File,
    io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::Arc,
};

/// What a file tells between two looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event<'a> {
    /// The next bytes.
    Bytes(&'a [u8]),
    /// The bytes that follow begin a new file.
    Begins(Begin),
    /// The file is gone; all its bytes were given.
    Gone,
}

/// Why a new file begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Begin {
    /// The old one was renamed, or replaced.
    Rotated,
    /// The same file was emptied (or written anew from its start).
    Truncated,
    /// A file that was gone or had never been is there.
    Appeared,
}

/// Bytes at a file's start by which it is told from another one.
const HEAD: usize = 256;

/// Bytes before the current place by which a copy of the file is recognised.
const LAST: usize = 64;

/// Looks at an old file that has to be silent before the next one is begun: its writer may still hold it.
const QUIET_LOOKS: u32 = 2;

/// Looks at an empty place before a file counts as deleted: a rotation renames first and creates afterwards.
const GONE_LOOKS: u32 = 2;

/// Silent looks after which a deleted file is let go, so that its space on the disk becomes free.
const RELEASE_LOOKS: u32 = 25;

/// Files beside this one that are looked at for rotated ones.
const MAX_SIBLINGS: usize = 1000;

/// A file's identity.
type Id = (u64, u64);

/// A file that is followed by name.
#[derive(Debug)]
pub(crate) struct Tail {
    path: PathBuf,
    current: Option<Open>,
    /// Files that come after the current one, oldest first.
    next: VecDeque<Open>,
    /// Looks during which the current one, no longer under its name, gave nothing.
    quiet: u32,
    /// Looks during which nothing stood under the name.
    missing: u32,
    gone: bool,
    /// Files beside this one that were there before.
    known: HashSet<Id>,
    /// Files that were given under this name, with their heads because the system uses identities again.
    given: VecDeque<(Id, Vec<u8>)>,
}

/// Files whose identities are kept after they were given.
const MAX_GIVEN: usize = 32;

/// The files of one directory, by name: what [`Tail::learn`] looks up.
#[derive(Debug, Default)]
pub(crate) struct Neighbours(Vec<(OsString, Id)>);

impl Neighbours {
    /// The files of a directory; none when it cannot be listed.
    pub(crate) fn of(directory: &Path) -> Self {
        let entries = std::fs::read_dir(directory).into_iter().flatten().filter_map(Result::ok);
        let mut files: Vec<_> = entries
            .filter_map(|entry| {
                let meta = entry.metadata().ok().filter(std::fs::Metadata::is_file)?;
                Some((entry.file_name(), id_of(&meta)))
            })
            .collect();
        files.sort_unstable();
        Self(files)
    }

    fn beginning_with(&self, name: &OsStr) -> impl Iterator<Item = Id> {
        let from = self.0.partition_point(|(other, _)| other.as_os_str() < name);
        let prefix = name.as_encoded_bytes().to_owned();
        self.0[from..].iter().take_while(move |(o, _)| o.as_encoded_bytes().starts_with(&prefix)).map(|(_, id)| *id)
    }
}

/// A file that is open, and what of it was given.
#[derive(Debug)]
pub(crate) struct Open {
    file: Arc<File>,
    id: Id,
    at: u64,
    head: Vec<u8>,
    last: Vec<u8>,
}

impl Tail {
    /// Follows `path` from `start`. A file that is not there yet is waited for.
    pub(crate) fn new(path: &Path, start: u64) -> Self {
        let mut tail = Self {
            path: path.to_owned(),
            current: None,
            next: VecDeque::new(),
            quiet: 0,
            missing: 0,
            gone: false,
            known: HashSet::new(),
            given: VecDeque::new(),
        };
        if let Ok(mut open) = Open::path(path) {
            open.skip_to(start);
            tail.current = Some(open);
        } else {
            tail.gone = true;
        }
        tail
    }

    /// Takes note of the rotated files that are there already: they are not what comes next.
    pub(crate) fn learn(&mut self, neighbours: &Neighbours) {
        if let Some(name) = self.path.file_name() {
            self.known.extend(neighbours.beginning_with(name));
        }
    }

    /// Whether `other`, opened at `path`, was given under this name, or is a copy of it that a rotation made.
    pub(crate) fn gave(&self, path: &Path, other: &Open) -> bool {
        let heads = || {
            let opens = self.current.iter().chain(&self.next).map(|open| (open.id, open.head.as_slice()));
            opens.chain(self.given.iter().map(|(id, head)| (*id, head.as_slice())))
        };
        let is_beside = match (path.file_name(), self.path.file_name()) {
            (Some(theirs), Some(ours)) => theirs.as_encoded_bytes().starts_with(ours.as_encoded_bytes()),
            _ => false,
        };
        heads().any(|(id, head)| (id == other.id || is_beside) && other.begins_like(head))
    }

    /// Lets the file go, and remembers that it was given.
    pub(crate) fn rest(&mut self) {
        if let Some(old) = self.current.take() {
            self.remember((old.id, old.head));
        }
    }

    /// Whether a file was there at some time.
    pub(crate) fn was_there(&self) -> bool {
        self.current.is_some() || !self.given.is_empty()
    }

    /// Where the file is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether nothing is there.
    pub(crate) const fn is_gone(&self) -> bool {
        self.gone
    }

    /// Looks once: gives all bytes that are there, and what happened to the file. `buf` is the size of a read.
    ///
    /// # Errors
    /// What `sink` returns; a file that cannot be read any more counts as gone.
    pub(crate) fn poll<E>(
        &mut self,
        buf: &mut [u8],
        sink: &mut dyn FnMut(Event<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.poll_at_most(usize::MAX, buf, sink).map(|_| ())
    }

    /// As [`Tail::poll`], but gives at most so many reads of a file that grows while it is read, so that others get
    /// their turn. Says whether more is there; what became of the file is looked at once it is read.
    ///
    /// # Errors
    /// As [`Tail::poll`].
    pub(crate) fn poll_at_most<E>(
        &mut self,
        reads: usize,
        buf: &mut [u8],
        sink: &mut dyn FnMut(Event<'_>) -> Result<(), E>,
    ) -> Result<More, E> {
        let grew = match self.drain(reads, buf, sink)? {
            Drained::Part => return Ok(More::Waits),
            Drained::Whole { grew } => grew,
        };
        let here = std::fs::metadata(&self.path).ok().filter(std::fs::Metadata::is_file).map(|m| id_of(&m));
        match (here, &self.current) {
            (Some(id), Some(open)) if open.id == id => {
                self.missing = 0;
                self.quiet = 0;
                return Ok(More::Nothing);
            }
            (Some(id), _) => {
                self.missing = 0;
                self.find_next(id);
            }
            (None, _) => self.missing += 1,
        }
        self.quiet = if grew { 0 } else { self.quiet + 1 };
        // Nothing was there: no writer can still hold an old file.
        while !self.next.is_empty() && (self.current.is_none() || self.quiet >= QUIET_LOOKS) {
            self.step(buf, sink)?;
        }
        if self.next.is_empty() && here.is_none() && self.missing >= GONE_LOOKS && !self.gone {
            self.gone = true;
            sink(Event::Gone)?;
        }
        if self.gone
            && self.quiet >= RELEASE_LOOKS
            && let Some(old) = self.current.take()
        {
            self.remember((old.id, old.head));
        }
        Ok(More::Nothing)
    }

    /// Goes on to the next file and gives what it holds.
    fn step<E>(&mut self, buf: &mut [u8], sink: &mut dyn FnMut(Event<'_>) -> Result<(), E>) -> Result<(), E> {
        let Some(next) = self.next.pop_front() else { return Ok(()) };
        let begin = if self.gone || self.current.is_none() { Begin::Appeared } else { Begin::Rotated };
        self.gone = false;
        self.quiet = 0;
        if let Some(old) = self.current.replace(next) {
            self.remember((old.id, old.head));
        }
        sink(Event::Begins(begin))?;
        self.drain(usize::MAX, buf, sink)?;
        // One between two rotations: its writer went on to the next long ago.
        if !self.next.is_empty() {
            self.quiet = QUIET_LOOKS;
        }
        Ok(())
    }

    /// Keeps what tells a file that was given from others, for the last few.
    fn remember(&mut self, given: (Id, Vec<u8>)) {
        self.given.push_back(given);
        if self.given.len() > MAX_GIVEN {
            self.given.pop_front();
        }
    }

    /// Gives what the current file holds, at most so many reads of it.
    fn drain<E>(
        &mut self,
        reads: usize,
        buf: &mut [u8],
        sink: &mut dyn FnMut(Event<'_>) -> Result<(), E>,
    ) -> Result<Drained, E> {
        let mut grew = false;
        for _ in 0..reads {
            let Some(open) = &mut self.current else { return Ok(Drained::Whole { grew }) };
            match open.read(buf) {
                Got::Bytes(n) => {
                    grew = true;
                    sink(Event::Bytes(&buf[..n]))?;
                }
                Got::End => return Ok(Drained::Whole { grew }),
                Got::Truncated => {
                    grew = true;
                    self.truncated(buf, sink)?;
                }
            }
        }
        Ok(Drained::Part)
    }

    /// The file was emptied. What was written since the last look may stand in the copy that was made before.
    fn truncated<E>(&mut self, buf: &mut [u8], sink: &mut dyn FnMut(Event<'_>) -> Result<(), E>) -> Result<(), E> {
        let siblings = self.siblings();
        self.known.extend(siblings.iter().map(|(id, ..)| *id));
        if let Some(open) = &self.current {
            let given = (open.id, open.head.clone());
            self.remember(given);
        }
        let Some(open) = &mut self.current else { return Ok(()) };
        let copy = siblings
            .iter()
            .filter(|(id, ..)| *id != open.id)
            .filter_map(|(.., path)| Open::path(path).ok())
            .find(|copy| open.is_start_of(copy));
        if let Some(mut copy) = copy {
            copy.at = open.at;
            while let Got::Bytes(n) = copy.read(buf) {
                sink(Event::Bytes(&buf[..n]))?;
            }
        }
        open.at = 0;
        open.head.clear();
        open.last.clear();
        sink(Event::Begins(Begin::Truncated))
    }

    /// Queues the file that now has the name, and before it those that had it since the last look.
    fn find_next(&mut self, id: Id) {
        if self.next.back().is_some_and(|open| open.id == id) {
            return;
        }
        let beside = self.siblings();
        for (sibling, _, path) in &beside {
            let is_new = *sibling != id && !self.known.contains(sibling);
            if !is_new || self.current.is_none() {
                continue;
            }
            let Ok(open) = Open::path(path) else { continue };
            // A copy of what was given already (copytruncate), or a compressed one.
            if open.id == *sibling && !self.gave(path, &open) && open.is_text() {
                self.next.push_back(open);
            }
        }
        if let Ok(open) = Open::path(&self.path) {
            self.next.push_back(open);
        }
        // Only what is there: the numbers of deleted files are used again.
        self.known = beside.iter().map(|(id, ..)| *id).collect();
        self.known.extend(self.current.iter().chain(&self.next).map(|open| open.id));
    }

    /// Files beside this one whose names begin as its name does (`app.log` -> `app.log.1`, `app.log-20250102`), oldest
    /// first.
    fn siblings(&self) -> Vec<(Id, std::time::SystemTime, PathBuf)> {
        let directory = self.path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
        let Some(name) = self.path.file_name() else { return Vec::new() };
        let Ok(entries) = std::fs::read_dir(directory) else { return Vec::new() };
        let mut siblings: Vec<_> = entries
            .filter_map(Result::ok)
            .filter(|entry| {
                let other = entry.file_name();
                other.as_encoded_bytes().starts_with(name.as_encoded_bytes()) && other != name
            })
            .take(MAX_SIBLINGS)
            .filter_map(|entry| {
                let meta = entry.metadata().ok().filter(std::fs::Metadata::is_file)?;
                Some((id_of(&meta), meta.modified().ok()?, entry.path()))
            })
            .collect();
        siblings.sort_unstable_by_key(|(_, modified, _)| *modified);
        siblings
    }
}

/// Whether a look left something to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum More {
    /// It was read to its end.
    Nothing,
    /// The next look goes on.
    Waits,
}

/// How far a file was read.
enum Drained {
    /// To its end; whether it gave something.
    Whole { grew: bool },
    /// As far as it was allowed.
    Part,
}

/// How a read ended.
enum Got {
    Bytes(usize),
    End,
    Truncated,
}

impl Open {
    /// The file at `path`, of which nothing was given yet.
    ///
    /// # Errors
    /// It cannot be opened, or is no plain file.
    pub(crate) fn path(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let meta = file.metadata()?;
        if !meta.is_file() {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        Ok(Self { file: Arc::new(file), id: id_of(&meta), at: 0, head: Vec::new(), last: Vec::new() })
    }

    /// Begins at `start`, as if what stands before had been given.
    fn skip_to(&mut self, start: u64) {
        let mut head = [0; HEAD];
        let n = self.read_full(&mut head, 0);
        self.head = head[..n.min(usize::try_from(start).unwrap_or(HEAD))].to_vec();
        self.at = start;
    }

    /// The next bytes, made sure to be of the file that was begun.
    fn read(&mut self, buf: &mut [u8]) -> Got {
        let n = loop {
            match read_at(&self.file, buf, self.at) {
                Ok(n) => break n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return Got::End,
            }
        };
        // After the read: what was read is of the old content if the head still is.
        let is_shorter = n == 0 && self.file.metadata().is_ok_and(|meta| meta.len() < self.at);
        if is_shorter || !self.has_its_head() {
            return Got::Truncated;
        }
        if n == 0 {
            return Got::End;
        }
        let bytes = &buf[..n];
        if self.at == self.head.len() as u64 && self.head.len() < HEAD {
            self.head.extend_from_slice(&bytes[..n.min(HEAD - self.head.len())]);
        }
        self.at += n as u64;
        self.last.extend_from_slice(&bytes[n.saturating_sub(LAST)..]);
        self.last.drain(..self.last.len().saturating_sub(LAST));
        Got::Bytes(n)
    }

    fn has_its_head(&self) -> bool {
        let mut now = [0; HEAD];
        let n = self.read_full(&mut now[..self.head.len()], 0);
        now[..n] == self.head
    }

    fn read_full(&self, buf: &mut [u8], at: u64) -> usize {
        let mut n = 0;
        while n < buf.len() {
            match read_at(&self.file, &mut buf[n..], at + n as u64) {
                Ok(0) => break,
                Ok(more) => n += more,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        n
    }

    /// Whether `copy` begins with all that was given of this file.
    fn is_start_of(&self, copy: &Self) -> bool {
        let mut last = [0; LAST];
        let last = &mut last[..self.last.len()];
        !self.head.is_empty()
            && Self { head: self.head.clone(), file: copy.file.clone(), last: Vec::new(), ..*self }.has_its_head()
            && copy.read_full(last, self.at - last.len() as u64) == last.len()
            && *last == self.last
    }

    /// Whether the file begins with these first bytes of another one, or is the beginning of them.
    fn begins_like(&self, head: &[u8]) -> bool {
        let mut ours = [0; HEAD];
        let n = self.read_full(&mut ours, 0).min(head.len());
        n > 0 && ours[..n] == head[..n]
    }

    fn is_text(&self) -> bool {
        let mut head = vec![0; super::sniff::HEAD];
        let n = self.read_full(&mut head, 0);
        super::sniff::kind(&head[..n]) == super::sniff::Kind::Text(super::sniff::Codec::Plain)
    }
}

fn id_of(meta: &std::fs::Metadata) -> Id {
    (meta.dev(), meta.ino())
}

#[cfg(test)]
mod tests;
