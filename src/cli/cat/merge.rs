//! Several inputs merged by time while they stream, each in its own order.
//!
//! Owns the merge. Must not know codecs or formats.
//!
//! Every input is looked into for its first time; those that begin later than what is being printed are closed again
//! until it is their turn, so that a thousand files that follow each other keep few open.

use super::origin;
use super::pipeline::head_of;
use super::spool::Spools;
use crate::analysis::matcher::Matcher;
use crate::cli::Output;
use crate::model::{Batch, Timestamp};
use crate::parse::Parser;
use crate::parse::assemble::Assembler;
use crate::render::Renderer;
use crate::sources::files::{Codec, Input, InputError};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{self, Read, Write};

/// Inputs beyond this number are closed after the first look.
const STAY_OPEN: usize = 64;

/// Bytes read at once: of few inputs, and of many.
const CHUNK: usize = 256 * 1024;
const SMALL_CHUNK: usize = 64 * 1024;

/// One input's records, a chunk at a time.
struct Stream {
    reader: Option<Box<dyn Read + Send>>,
    assembler: Assembler,
    batch: Batch,
    row: usize,
    /// The last time that a record had.
    time: Option<Timestamp>,
    problem: Option<InputError>,
    beginning: Beginning,
}

/// Whether a stream's first bytes are still to come.
#[derive(Default)]
enum Beginning {
    /// They are: enough of them come at once to tell the format and the first time.
    #[default]
    Coming,
    /// They came, and this broke them off.
    Broken(io::Error),
    Over,
}

impl Beginning {
    fn read(&mut self, reader: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
        match std::mem::replace(self, Self::Over) {
            Self::Over => reader.read(buffer),
            Self::Broken(error) => Err(error),
            Self::Coming => {
                let (head, error) = head_of(&mut reader.take(buffer.len() as u64));
                buffer[..head.len()].copy_from_slice(&head);
                match error {
                    Some(error) if head.is_empty() => return Err(error),
                    Some(error) => *self = Self::Broken(error),
                    None => {}
                }
                Ok(head.len())
            }
        }
    }
}

/// Prints the records of all inputs by their order times; returns what could not be read.
///
/// # Errors
/// Those of standard output.
pub fn run(
    inputs: &[Input],
    spools: &Spools,
    parser: &Parser,
    matcher: &Matcher,
    mut renderers: Vec<Renderer>,
    out: &mut Output,
) -> anyhow::Result<Vec<InputError>> {
    let mut problems = Vec::new();
    let mut streams: Vec<Option<Stream>> = Vec::with_capacity(inputs.len());
    let mut heads = BinaryHeap::with_capacity(inputs.len());
    let mut buffer = vec![0; if inputs.len() > STAY_OPEN { SMALL_CHUNK } else { CHUNK }];
    for (n, input) in inputs.iter().enumerate() {
        let mut stream = match Stream::open(input, spools, parser, n) {
            Ok(stream) => stream,
            Err(problem) => {
                problems.push(problem);
                streams.push(None);
                continue;
            }
        };
        let before = out.counts;
        let first = stream.next_order(input, &mut buffer, out);
        if let Some(order) = first {
            heads.push(Reverse((order, n)));
        }
        let stays = n < STAY_OPEN || input.codec == Codec::Stream || first.is_none();
        if !stays {
            // It is read again from its start.
            out.counts = before;
        }
        streams.push(stays.then_some(stream));
    }
    let mut record_parser = parser.clone();
    let (mut line, mut rendered) = (Vec::new(), Vec::new());
    while let Some(Reverse((_, n))) = heads.pop() {
        let limit = heads.peek().map(|Reverse(head)| *head);
        let input = &inputs[n];
        if streams[n].is_none() {
            // It was closed after its first time was known.
            let mut stream = match Stream::open(input, spools, parser, n) {
                Ok(stream) => stream,
                Err(problem) => {
                    problems.push(problem);
                    continue;
                }
            };
            stream.next_order(input, &mut buffer, out);
            streams[n] = Some(stream);
        }
        let Some(stream) = &mut streams[n] else { continue };
        loop {
            let Some(order) = stream.next_order(input, &mut buffer, out) else {
                problems.extend(stream.problem.take());
                streams[n] = None;
                break;
            };
            if limit.is_some_and(|limit| (order, n) > limit) {
                heads.push(Reverse((order, n)));
                break;
            }
            let mut record = stream.batch.record(stream.row);
            stream.row += 1;
            out.counts.records += 1;
            // Records are filtered by their own time, as those of a single input are; `order` only sorts.
            stream.time = record.time.or(stream.time);
            record.order = stream.time.unwrap_or(record.order);
            if matcher.matches(&record, &mut record_parser) {
                line.clear();
                line.extend_from_slice(record.raw);
                line.push(b'\n');
                rendered.clear();
                renderers[n].record(&record, &line, &mut record_parser, &mut rendered);
                out.stdout().write_all(&rendered)?;
            } else {
                renderers[n].pass(&record);
            }
        }
    }
    problems.extend(streams.into_iter().flatten().filter_map(|stream| stream.problem));
    Ok(problems)
}

impl Stream {
    fn open(input: &Input, spools: &Spools, parser: &Parser, n: usize) -> Result<Self, InputError> {
        let reader = match spools.open(n) {
            Some(file) => Box::new(file?),
            None => input.open()?,
        };
        Ok(Self {
            reader: Some(reader),
            assembler: Assembler::new(parser.clone(), origin(n)),
            batch: Batch::default(),
            row: 0,
            time: None,
            problem: None,
            beginning: Beginning::Coming,
        })
    }

    /// The order of the next record, read if need be; `None` at the end. Records before any time come first.
    fn next_order(&mut self, input: &Input, buffer: &mut [u8], out: &mut Output) -> Option<Timestamp> {
        while self.row >= self.batch.len() {
            self.row = 0;
            self.batch.clear();
            let reader = self.reader.as_mut()?;
            match self.beginning.read(reader, buffer) {
                Ok(0) => {
                    self.reader = None;
                    self.assembler.finish(Timestamp::MIN, &mut self.batch);
                }
                Ok(n) => {
                    out.counts.bytes += n as u64;
                    out.counts.lines += memchr::memchr_iter(b'\n', &buffer[..n]).count() as u64;
                    out.progress.tick(out.counts.bytes, None, &input.name);
                    self.assembler.feed(&buffer[..n], Timestamp::MIN, &mut self.batch);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.reader = None;
                    self.problem = Some(InputError::from_read(&input.name, error));
                    self.assembler.finish(Timestamp::MIN, &mut self.batch);
                }
            }
        }
        Some(Timestamp(self.batch.orders()[self.row]))
    }
}
