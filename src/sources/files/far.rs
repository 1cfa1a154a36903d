//! Questions about a whole file that memory does not hold: a window of it, the next match, how many lines match.
//!
//! Owns which bytes are read for each. Must not know what a pattern means ([`Lines`] does), nor the store. Runs in a
//! blocking thread; whoever asked can end it at any block.

use super::discover;
use super::error::InputError;
use super::input::Input;
use super::look::{self, Job, Stop};
use super::source::files;
use super::whole::Whole;
use crate::model::window::{Answer, Ask, Extent, Held, Line, Request, Way};
use crate::model::{Address, Batch};
use crate::parse::Parser;
use crate::parse::assemble::Assembler;
use crate::sources::Settings;
use crate::sources::driver::{Closed, Outlet};
use std::{
    io::Read,
    ops::ControlFlow,
    sync::{Mutex, PoisonError},
};

/// The most text of a window (16 MiB): so much is read, parsed and shown within a blink.
const WINDOW: u64 = 16 << 20;

/// The part of the memory's budget that a window may have: a record has 37 bytes of columns beside its text.
const SHARE: u64 = 8;

/// The least text of a window.
const LEAST: u64 = 4 << 10;

/// A window has this part of the one before it, so that reading goes on.
const OVERLAP: u64 = 8;

/// How far a line's start or end is looked for (256 KiB, and half a window); a longer line is cut in its middle.
const ALIGN: u64 = 256 << 10;

/// Bytes of one read of a window.
const CHUNK: usize = 256 * 1024;

/// Looks for something in whole lines. Made by whoever knows what a pattern means.
pub trait Lines: Send {
    /// Where the first line begins that has it. `text` begins at a line's start.
    fn first(&mut self, text: &[u8]) -> Option<usize>;

    /// Where the last line begins that has it.
    fn last(&mut self, text: &[u8]) -> Option<usize>;

    /// How many lines have it.
    fn count(&mut self, text: &[u8]) -> u64;

    /// The same for another thread.
    fn another(&self) -> Box<dyn Lines>;
}

/// What is kept of a source's file between two questions: an index, which is made once.
#[derive(Debug, Default)]
pub struct Far {
    whole: Mutex<Option<(Input, Whole)>>,
}

/// The file that was asked about last, and what is known of its whole.
type Slot = Option<(Input, Whole)>;

/// Answers a question. Every end but one that was asked for is told.
///
/// # Errors
/// Nobody waits for the answer any more.
pub fn answer(
    ask: &Ask,
    address: &Address,
    settings: &Settings,
    far: &Far,
    lines: Option<Box<dyn Lines>>,
    out: &Outlet,
) -> Result<(), Closed> {
    let job = Job::new(out, ask.ticket);
    let answered = match (&ask.request, lines) {
        (Request::Window { way, held }, _) => far.window(address, settings, *way, *held, &job),
        (Request::At { line }, _) => far.at(address, settings, line, &job),
        (Request::Find { way, held, .. }, Some(lines)) => far.find(address, settings, *way, *held, lines, &job),
        (Request::Count { .. }, Some(lines)) => count(address, lines, &job),
        (Request::Find { .. } | Request::Count { .. }, None) => Err(Stop::Failed("nothing to look for".to_owned())),
    };
    match answered {
        Ok(answer) => out.answer(ask.ticket, answer),
        Err(Stop::Failed(problem)) => out.answer(ask.ticket, Answer::Failed(problem)),
        Err(Stop::Closed) => Err(Closed),
    }
}

impl Far {
    fn window(
        &self,
        address: &Address,
        settings: &Settings,
        way: Way,
        held: Held,
        job: &Job<'_>,
    ) -> Result<Answer, Stop> {
        let mut slot = self.whole.lock().unwrap_or_else(PoisonError::into_inner);
        let (input, whole) = one(&mut slot, address, held, job)?;
        let here = extent(held, whole.size());
        let step = step(settings);
        let overlap = step / OVERLAP;
        let wanted = match way {
            Way::Older if here.start == 0 => return Ok(Answer::Edge(way)),
            Way::Newer if here.end >= here.size => return Ok(Answer::Edge(way)),
            Way::Older => {
                let end = (here.start + overlap).min(here.size);
                end.saturating_sub(step)..end
            }
            Way::Newer => {
                let start = here.end.saturating_sub(overlap);
                start..(start + step).min(here.size)
            }
        };
        load(whole, &input, settings, wanted, None, job)
    }

    /// The window around a line of one of the source's files.
    fn at(&self, address: &Address, settings: &Settings, line: &Line, job: &Job<'_>) -> Result<Answer, Stop> {
        let mut slot = self.whole.lock().unwrap_or_else(PoisonError::into_inner);
        let input = inputs(address)?.into_iter().nth(line.input).filter(|input| input.name == line.name);
        let Some(input) = input else {
            return Err(Stop::Failed(format!("{} is not there any more; open {address} anew", line.name)));
        };
        let (input, whole) = opened(&mut slot, input, line.offset, job)?;
        let (step, size) = (step(settings), whole.size());
        let at = line.offset.min(size.saturating_sub(1));
        let start = at.saturating_sub(step / 2);
        load(whole, &input, settings, start..(start + step).min(size), Some(at), job)
    }

    fn find(
        &self,
        address: &Address,
        settings: &Settings,
        way: Way,
        held: Held,
        lines: Box<dyn Lines>,
        job: &Job<'_>,
    ) -> Result<Answer, Stop> {
        let mut slot = self.whole.lock().unwrap_or_else(PoisonError::into_inner);
        let (input, whole) = one(&mut slot, address, held, job)?;
        let here = extent(held, whole.size());
        let (before, behind) = (0..here.start, here.end..here.size);
        let ranges = match way {
            Way::Newer => [behind, before],
            Way::Older => [before, behind],
        };
        let job = &job.anew(ranges.iter().map(|range| range.end - range.start).sum());
        match look::find(whole, &ranges, way, lines, job)? {
            Some(at) => {
                let step = step(settings);
                let start = at.saturating_sub(step / 2);
                load(whole, &input, settings, start..(start + step).min(here.size), Some(at), job)
            }
            None => Ok(Answer::NoMatch { bytes: job.done(), took: job.took() }),
        }
    }
}

/// Counts in all files of a source.
fn count(address: &Address, mut lines: Box<dyn Lines>, job: &Job<'_>) -> Result<Answer, Stop> {
    let inputs = inputs(address)?;
    let of = inputs.iter().filter_map(Input::disk_bytes).sum();
    let job = &job.anew(of);
    let (mut found, mut bytes) = (0, 0);
    for input in &inputs {
        let (more, size) = look::count(input, &mut lines, job)?;
        found += more;
        bytes += size;
    }
    Ok(Answer::Counted { lines: found, bytes, took: job.took() })
}

/// Text of one window.
fn step(settings: &Settings) -> u64 {
    (settings.window_bytes / SHARE).clamp(LEAST, WINDOW)
}

/// Where that which is held stands in a text of this size.
fn extent(held: Held, size: u64) -> Extent {
    match held {
        Held::Window(extent) => Extent { size, ..extent },
        Held::Tail(bytes) => Extent { start: size.saturating_sub(bytes), end: size, size },
    }
}

/// The files of a source.
fn inputs(address: &Address) -> Result<Vec<Input>, Stop> {
    let Some(found) = discover::discover_address(address).filter(|_| *address != Address::Stdin) else {
        return Err(Stop::Failed("only files can be read again: this source is none".to_owned()));
    };
    match found.problems.first() {
        Some(problem) if found.inputs.is_empty() => Err(Stop::Failed(problem.to_string())),
        _ => Ok(found.inputs),
    }
}

/// The file of which a window is held, or the source's only one, as far as its whole is known; else that is found out now.
fn one<'w>(slot: &'w mut Slot, address: &Address, held: Held, job: &Job<'_>) -> Result<(Input, &'w Whole), Stop> {
    let mut inputs = inputs(address)?;
    let input = match (slot.as_ref(), held) {
        // Of several, as the entries of an archive, the one that was asked for.
        (Some((known, _)), Held::Window(_)) => inputs.into_iter().find(|input| is_same(input, known)),
        _ if inputs.len() == 1 => inputs.pop(),
        _ => {
            let problem = format!("{address} has {}: open one by itself to read all of it", files(inputs.len()));
            return Err(Stop::Failed(problem));
        }
    };
    let Some(input) = input else {
        return Err(Stop::Failed(format!("{address} was replaced since; G opens it anew")));
    };
    let seen = if let Held::Window(extent) = held { extent.end } else { 0 };
    if let (Held::Window(_), Some((_, whole))) = (held, slot.as_ref())
        && !whole.is_current(seen)?
    {
        let name = &input.name;
        return Err(Stop::Failed(format!("{name} was replaced or truncated since; G opens it anew")));
    }
    opened(slot, input, seen, job)
}

/// The whole of an input, of which so many bytes were seen; what is known of it already is kept.
fn opened<'w>(slot: &'w mut Slot, input: Input, seen: u64, job: &Job<'_>) -> Result<(Input, &'w Whole), Stop> {
    let known = match slot.take() {
        Some((known, whole)) if is_same(&known, &input) && whole.is_current(seen)? => Some(whole),
        _ => None,
    };
    let whole = match known {
        Some(whole) => whole,
        None => Whole::open(&input, &mut |doing, done, of| job.progress(doing, done, of))?,
    };
    Ok((input.clone(), &slot.insert((input, whole)).1))
}

/// Whether two inputs are the same file, or the same entry.
fn is_same(a: &Input, b: &Input) -> bool {
    a.path == b.path && a.entry == b.entry && a.name == b.name
}

/// Reads a part of the text, from a line's start to a line's end, into records.
fn load(
    whole: &Whole,
    input: &Input,
    settings: &Settings,
    wanted: std::ops::Range<u64>,
    at: Option<u64>,
    job: &Job<'_>,
) -> Result<Answer, Stop> {
    let size = whole.size();
    let begun = wanted.start.saturating_sub(1);
    let reader = whole.reader(begun)?.take(wanted.end.min(size).saturating_sub(begun).saturating_add(ALIGN));
    let origin = job.out.origin(&input.name)?;
    let parser = Parser::new(settings.zone.clone(), job.out.now());
    let mut assembler = Assembler::new(parser, origin);
    let room = (wanted.end - wanted.start) as usize;
    let mut records = Batch::with_capacity(room + room / 16, room / 128);
    let mut extent = Extent { start: wanted.start, end: wanted.start, size };
    let mut line = 0;
    let mut is_first = true;
    look::ahead(reader, CHUNK, &mut |read| {
        job.check()?;
        let read = read.map_err(|e| InputError::from_read(&input.name, e))?;
        let mut bytes = read.as_slice();
        if std::mem::take(&mut is_first) && wanted.start > 0 {
            // The window has to reach back before what is held, so that one gets past a long line.
            let near = &bytes[..bytes.len().min(room / 2)];
            let skip = memchr::memchr(b'\n', near).map_or(1, |newline| newline + 1).min(bytes.len());
            bytes = &bytes[skip..];
            extent.start = begun + skip as u64;
            extent.end = extent.start;
        }
        // The line that goes on behind the end belongs to it.
        let mut then = ControlFlow::Continue(());
        if extent.end + bytes.len() as u64 >= wanted.end {
            let from = wanted.end.saturating_sub(1).saturating_sub(extent.end) as usize;
            if let Some(newline) = bytes.get(from..).and_then(|rest| memchr::memchr(b'\n', rest)) {
                bytes = &bytes[..=from + newline];
                then = ControlFlow::Break(());
            }
        }
        if let Some(at) = at {
            let before = at.saturating_sub(extent.end).min(bytes.len() as u64) as usize;
            line += memchr::memchr_iter(b'\n', &bytes[..before]).count() as u64;
        }
        assembler.feed(bytes, job.out.now(), &mut records);
        extent.end += bytes.len() as u64;
        Ok(then)
    })?;
    assembler.finish(job.out.now(), &mut records);
    if records.is_empty() {
        return Err(Stop::Failed(format!("{} has no text there any more; G opens it anew", input.name)));
    }
    Ok(Answer::Window { extent, records: Box::new(records), line: at.map(|_| line) })
}
