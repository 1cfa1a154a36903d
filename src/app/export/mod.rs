//! Exports: what is written into a file, record by record, without secrets.
//!
//! Owns a job's contents and how it writes itself. Must not know files or threads: a job gets something to write to,
//! and is told between records whether to go on. It reads a snapshot, so that the screen goes on meanwhile.

mod handover;
mod keys;
pub mod name;

pub(super) use handover::Handed;
pub use handover::Head;
pub(super) use keys::part_of;

use crate::model::OriginId;
use crate::parse::Parser;
use crate::redact::Redactor;
use crate::render::{Form, KeyPart, Renderer};
use crate::store::{RecordId, Segments};
use std::collections::{HashMap, HashSet};
use std::io::{self, Write};
use std::sync::Arc;

/// Records that are written between two questions whether to go on.
const STEP: usize = 1024;
/// Bytes after which that is asked sooner.
const STEP_BYTES: usize = 1 << 20;

/// Something to be written into a new file. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Job {
    target: String,
    contents: Arc<Contents>,
}

/// Two jobs are the same when they are clones of each other.
impl PartialEq for Job {
    fn eq(&self, other: &Self) -> bool {
        self.target == other.target && Arc::ptr_eq(&self.contents, &other.contents)
    }
}

impl Eq for Job {}

#[derive(Debug)]
enum Contents {
    Records(Box<Records>),
    Handover(Box<Records>, Vec<Handed>),
}

/// Records to be exported.
#[derive(Debug)]
pub struct Records {
    /// How.
    pub form: Form,
    /// Which, the oldest first.
    pub ids: Vec<RecordId>,
    /// What holds them.
    pub segments: Segments,
    /// The origins' names, as their sources found them.
    pub names: HashMap<OriginId, String>,
    /// Reads their fields.
    pub parser: Parser,
    /// What is told about them before them, where the form has room for that.
    pub head: Head,
}

/// What a job has written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Records, or marks.
    pub count: u64,
    /// Bytes.
    pub bytes: u64,
    /// Secrets that were left out.
    pub redacted: u64,
}

/// Whether to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Go {
    /// There is more to be done.
    On,
    /// It is not wanted any more.
    Stop,
}

/// Why a job ended early.
#[derive(Debug, thiserror::Error)]
pub enum Stopped {
    /// It was told to.
    #[error("cancelled")]
    Cancelled,
    /// The writer failed, behind this many bytes.
    #[error("after {1} bytes: {0}")]
    Io(#[source] io::Error, u64),
}

impl Job {
    /// Records into a file of this name, as the user wrote it.
    pub fn of_records(target: String, records: Records) -> Self {
        Self { target, contents: Arc::new(Contents::Records(Box::new(records))) }
    }

    /// Marks, and what is told about the records that are shown.
    pub(super) fn of_handover(target: String, shown: Records, marks: Vec<Handed>) -> Self {
        Self { target, contents: Arc::new(Contents::Handover(Box::new(shown), marks)) }
    }

    /// The file's name, as the user wrote it.
    pub fn target(&self) -> &str {
        &self.target
    }

    /// What is counted in it.
    pub fn noun(&self, count: u64) -> &'static str {
        match (&*self.contents, count) {
            (Contents::Records(_), 1) => "record",
            (Contents::Records(_), _) => "records",
            (Contents::Handover(..), 1) => "mark",
            (Contents::Handover(..), _) => "marks",
        }
    }

    /// Writes everything. `go` is told the percentage again and again, and says whether to go on. Needs about a
    /// megabyte of memory, beside the records.
    ///
    /// # Errors
    /// [`Stopped`]; what is written by then is incomplete.
    pub fn write(&self, out: &mut dyn Write, go: &mut dyn FnMut(u8) -> Go) -> Result<Written, Stopped> {
        let mut out = Counting { out, bytes: 0 };
        let done = match &*self.contents {
            Contents::Records(records) => records.write(&mut out, go),
            Contents::Handover(shown, marks) => {
                let (text, redacted) = handover::document(&shown.head, &shown.facts(), marks, &Redactor::new());
                out.write_all(text.as_bytes()).map(|()| (marks.len() as u64, redacted)).map_err(Failed::Io)
            }
        };
        let bytes = out.bytes;
        match done {
            Ok((count, redacted)) => Ok(Written { count, bytes, redacted }),
            Err(Failed::Cancelled) => Err(Stopped::Cancelled),
            Err(Failed::Io(error)) => Err(Stopped::Io(error, bytes)),
        }
    }
}

enum Failed {
    Cancelled,
    Io(io::Error),
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl Records {
    /// Returns how many records were written, and how many secrets were left out.
    fn write(&self, out: &mut dyn Write, go: &mut dyn FnMut(u8) -> Go) -> Result<(u64, u64), Failed> {
        let redactor = Arc::new(Redactor::new());
        let middles = keys::middles(&self.segments);
        let mut pen = Pen::new(self, &redactor, &middles);
        let mut buffer = Vec::with_capacity(STEP * 256);
        let mut before = 0;
        if self.form == Form::Markdown {
            let head;
            (head, before) = self.head.text(&self.facts(), &redactor);
            buffer.extend_from_slice(head.as_bytes());
        }
        buffer.extend_from_slice(self.form.header().as_bytes());
        let mut count = 0;
        let mut next_look = 0;
        for (n, id) in self.ids.iter().enumerate() {
            if n >= next_look || buffer.len() >= STEP_BYTES {
                if go((n * 100 / self.ids.len()) as u8) == Go::Stop {
                    return Err(Failed::Cancelled);
                }
                out.write_all(&buffer)?;
                buffer.clear();
                next_look = n + STEP;
            }
            count += u64::from(pen.put(*id, &mut buffer));
        }
        buffer.extend_from_slice(self.form.footer().as_bytes());
        out.write_all(&buffer)?;
        Ok((count, pen.redacted() + before))
    }

    fn facts(&self) -> handover::Facts {
        let mut facts = handover::Facts::default();
        for id in &self.ids {
            if let Some(record) = self.segments.record(*id) {
                facts.take(&record);
            }
        }
        facts
    }
}

/// Writes records of any origin, one after another.
struct Pen<'r> {
    records: &'r Records,
    /// Those that are the middle of a private key.
    middles: &'r HashSet<RecordId>,
    blank: Renderer,
    by_origin: HashMap<OriginId, Renderer>,
    several: bool,
    parser: Parser,
    redactor: Arc<Redactor>,
}

impl<'r> Pen<'r> {
    fn new(records: &'r Records, redactor: &Arc<Redactor>, middles: &'r HashSet<RecordId>) -> Self {
        Self {
            records,
            middles,
            blank: Renderer::new(records.form, Some(Arc::clone(redactor))),
            by_origin: HashMap::new(),
            several: records.names.len() > 1,
            parser: records.parser.clone(),
            redactor: Arc::clone(redactor),
        }
    }

    /// Adds a record. `false` when it is gone.
    fn put(&mut self, id: RecordId, out: &mut Vec<u8>) -> bool {
        let Some(record) = self.records.segments.record(id) else { return false };
        let renderer = self.by_origin.entry(record.origin).or_insert_with(|| {
            let name = self.records.names.get(&record.origin).map_or("?", String::as_str);
            self.blank.of_origin(&self.redactor.redact(name).text, self.several)
        });
        let part = if self.middles.contains(&id) { KeyPart::Middle } else { KeyPart::None };
        renderer.known_record(&record, part, &mut self.parser, out);
        true
    }

    fn redacted(&self) -> u64 {
        self.by_origin.values().map(Renderer::redacted).sum()
    }
}

/// Counts bytes.
struct Counting<'w> {
    out: &'w mut dyn Write,
    bytes: u64,
}

impl Write for Counting<'_> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let written = self.out.write(buf)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
