//! Looking through a text of any size: in blocks of whole lines, by several threads where that pays.
//!
//! Owns the blocks, progress and the end on request. Must not know what is looked for.

use super::error::InputError;
use super::far::Lines;
use super::input::Input;
use super::sniff::Codec;
use super::whole::Whole;
use crate::model::window::{Answer, Way};
use crate::sources::driver::{Closed, Outlet};
use std::{
    io::{self, Read},
    ops::{ControlFlow, Range},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
        mpsc::sync_channel,
    },
    time::{Duration, Instant},
};

/// Bytes of one block (512 KiB): larger ones leave the core's cache.
const BLOCK: usize = 512 * 1024;

/// A line may be so long before it is taken in pieces (4 MiB); of a record 64 KiB are held.
const LONGEST: usize = 4 << 20;

/// How often progress is told.
const PROGRESS: Duration = Duration::from_millis(100);

/// Why it ended without an answer.
#[derive(Debug)]
pub(super) enum Stop {
    /// Nobody waits for it any more.
    Closed,
    /// It cannot be done.
    Failed(String),
}

impl From<Closed> for Stop {
    fn from(_: Closed) -> Self {
        Self::Closed
    }
}

impl From<InputError> for Stop {
    fn from(error: InputError) -> Self {
        Self::Failed(error.to_string())
    }
}

/// One question at work: its progress, and whether somebody still waits.
pub(super) struct Job<'o> {
    pub(super) out: &'o Outlet,
    ticket: u32,
    began: Instant,
    done: AtomicU64,
    of: u64,
    /// When it was told how far it is.
    told: Mutex<Instant>,
}

impl<'o> Job<'o> {
    pub(super) fn new(out: &'o Outlet, ticket: u32) -> Self {
        let began = Instant::now();
        Self { out, ticket, began, done: AtomicU64::new(0), of: 0, told: Mutex::new(began) }
    }

    /// The same, with `of` bytes to go through from now on.
    pub(super) fn anew(&self, of: u64) -> Self {
        Self { of, ..Self::new(self.out, self.ticket) }
    }

    /// Bytes that were gone through.
    pub(super) fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    /// Time since it began.
    pub(super) fn took(&self) -> Duration {
        self.began.elapsed()
    }

    pub(super) fn check(&self) -> Result<(), Stop> {
        Ok(self.out.check()?)
    }

    /// Bytes were gone through.
    fn went(&self, bytes: u64) -> Result<(), Stop> {
        let done = self.done.fetch_add(bytes, Ordering::Relaxed) + bytes;
        self.progress("searching", done, self.of)
    }

    /// Tells how far it is, a few times a second.
    pub(super) fn progress(&self, doing: &'static str, done: u64, of: u64) -> Result<(), Stop> {
        self.check()?;
        {
            let Ok(mut told) = self.told.try_lock() else { return Ok(()) };
            if told.elapsed() < PROGRESS {
                return Ok(());
            }
            *told = Instant::now();
        }
        Ok(self.out.answer(self.ticket, Answer::Progress { doing, done, of, took: self.took() })?)
    }
}

/// The nearest line that has it, in the first of the ranges that has one: where it begins.
pub(super) fn find(
    whole: &Whole,
    ranges: &[Range<u64>],
    way: Way,
    mut lines: Box<dyn Lines>,
    job: &Job<'_>,
) -> Result<Option<u64>, Stop> {
    for range in ranges {
        let found = find_in(whole, range, way, &mut lines, job)?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

fn find_in(
    whole: &Whole,
    range: &Range<u64>,
    way: Way,
    lines: &mut Box<dyn Lines>,
    job: &Job<'_>,
) -> Result<Option<u64>, Stop> {
    let parts = parts(range, whole.grain().bytes, way);
    // The first part with a match, and where that is.
    let best = Mutex::new(None::<(usize, u64)>);
    let nearest = AtomicUsize::new(usize::MAX);
    each_part(whole, &parts, lines, job, &|n, part, lines| {
        if nearest.load(Ordering::Relaxed) < n {
            return Ok(());
        }
        let mut found = None;
        go_through(whole, part, job, &mut |at, text| {
            match way {
                Way::Newer => found = lines.first(text).map(|line| at + line as u64),
                // Of all blocks the last one that has it.
                Way::Older => found = lines.last(text).map(|line| at + line as u64).or(found),
            }
            let is_done = (way == Way::Newer && found.is_some()) || nearest.load(Ordering::Relaxed) < n;
            if is_done { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        if let Some(found) = found {
            nearest.fetch_min(n, Ordering::Relaxed);
            let mut best = best.lock().unwrap_or_else(PoisonError::into_inner);
            if best.is_none_or(|(other, _)| n < other) {
                *best = Some((n, found));
            }
        }
        Ok(())
    })?;
    let best = best.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(best.map(|(_, at)| at))
}

/// How many lines of an input have it, and its bytes of text.
pub(super) fn count(input: &Input, lines: &mut Box<dyn Lines>, job: &Job<'_>) -> Result<(u64, u64), Stop> {
    if input.codec != Codec::Plain {
        let done = Arc::new(AtomicU64::new(0));
        let (mut found, mut size, mut counted) = (0, 0, 0);
        let reader = input.open_counting(done.clone())?;
        blocks(reader, 0, Rest::TakesPart, &input.name, &mut |_, text| {
            found += lines.count(text);
            size += text.len() as u64;
            let read = done.load(Ordering::Relaxed);
            job.went(read - std::mem::replace(&mut counted, read))?;
            Ok(ControlFlow::Continue(()))
        })?;
        return Ok((found, size));
    }
    let whole = Whole::open::<Stop>(input, &mut |_, _, _| Ok(()))?;
    let size = whole.size();
    let parts = parts(&(0..size), whole.grain().bytes, Way::Newer);
    let found = AtomicU64::new(0);
    each_part(&whole, &parts, lines, job, &|_, part, lines| {
        go_through(&whole, part, job, &mut |_, text| {
            found.fetch_add(lines.count(text), Ordering::Relaxed);
            ControlFlow::Continue(())
        })
    })?;
    Ok((found.into_inner(), size))
}

/// The parts of a range, in the order in which they are looked at.
fn parts(range: &Range<u64>, bytes: u64, way: Way) -> Vec<Range<u64>> {
    let mut parts = Vec::new();
    let mut at = range.start;
    while at < range.end {
        let end = at.saturating_add(bytes).min(range.end);
        parts.push(at..end);
        at = end;
    }
    if way == Way::Older {
        parts.reverse();
    }
    parts
}

type Work<'w> = dyn Fn(usize, &Range<u64>, &mut dyn Lines) -> Result<(), Stop> + Sync + 'w;

/// Lets threads take the parts one after the other.
fn each_part(
    whole: &Whole,
    parts: &[Range<u64>],
    lines: &mut Box<dyn Lines>,
    job: &Job<'_>,
    work: &Work<'_>,
) -> Result<(), Stop> {
    let next = AtomicUsize::new(0);
    let run = |lines: &mut dyn Lines| loop {
        job.check()?;
        let n = next.fetch_add(1, Ordering::Relaxed);
        let Some(part) = parts.get(n) else { return Ok(()) };
        work(n, part, lines)?;
    };
    let run = &run;
    std::thread::scope(|scope| {
        let helpers: Vec<_> = (1..whole.grain().threads.min(parts.len()))
            .map(|_| {
                let mut lines = lines.another();
                scope.spawn(move || run(lines.as_mut()))
            })
            .collect();
        let mut ended = run(lines.as_mut());
        for helper in helpers {
            match helper.join() {
                Ok(theirs) => ended = ended.and(theirs),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        ended
    })
}

/// Gives the lines that begin in a part of the text, in blocks of whole lines with their offset.
fn go_through(
    whole: &Whole,
    part: &Range<u64>,
    job: &Job<'_>,
    each: &mut dyn FnMut(u64, &[u8]) -> ControlFlow<()>,
) -> Result<(), Stop> {
    // The byte before tells whether a line begins at the start.
    let begun = part.start.saturating_sub(1);
    let reader = whole.reader(begun)?;
    let rest = if part.start > 0 { Rest::IsDropped } else { Rest::TakesPart };
    let mut last = part.start;
    blocks(reader, begun, rest, "the file", &mut |at, text| {
        let inside = part.end.saturating_sub(at);
        let mut text = text;
        if (inside as usize) < text.len() {
            // The line that begins before the end belongs to it.
            let from = (inside as usize).saturating_sub(1);
            let end = memchr::memchr(b'\n', &text[from..]).map_or(text.len(), |newline| from + newline + 1);
            text = &text[..if inside == 0 { 0 } else { end }];
        }
        let end = at + text.len() as u64;
        job.went(end.min(part.end).saturating_sub(last))?;
        last = end.max(last);
        if text.is_empty() || each(at, text).is_break() || end >= part.end {
            return Ok(ControlFlow::Break(()));
        }
        Ok(ControlFlow::Continue(()))
    })
}

/// What becomes of the bytes before the first newline.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rest {
    /// They are the end of a line that began before.
    IsDropped,
    /// They are a line.
    TakesPart,
}

type Each<'e> = dyn FnMut(u64, &[u8]) -> Result<ControlFlow<()>, Stop> + 'e;

/// Cuts a stream into blocks of whole lines; the last one may lack its newline.
fn blocks(mut reader: impl Read, mut at: u64, rest: Rest, name: &str, each: &mut Each<'_>) -> Result<(), Stop> {
    let mut buf = vec![0; BLOCK];
    let (mut held, mut drops) = (0, rest == Rest::IsDropped);
    loop {
        if held == buf.len() {
            if buf.len() >= LONGEST {
                // In pieces: memory is bounded.
                if !drops && each(at, &buf)?.is_break() {
                    return Ok(());
                }
                at += held as u64;
                held = 0;
            } else {
                buf.resize(buf.len() * 2, 0);
            }
        }
        let n = read_full(&mut reader, &mut buf[held..]).map_err(|e| InputError::from_read(name, e))?;
        let is_last = n < buf.len() - held;
        held += n;
        let mut start = 0;
        if drops {
            match memchr::memchr(b'\n', &buf[..held]) {
                Some(newline) => {
                    drops = false;
                    start = newline + 1;
                }
                None if is_last => return Ok(()),
                None => {
                    at += held as u64;
                    held = 0;
                    continue;
                }
            }
        }
        let end = if is_last { held } else { memchr::memrchr(b'\n', &buf[..held]).map_or(start, |n| n + 1).max(start) };
        if end > start && each(at + start as u64, &buf[start..end])?.is_break() {
            return Ok(());
        }
        if is_last {
            return Ok(());
        }
        if end > 0 {
            buf.copy_within(end..held, 0);
            held -= end;
            at += end as u64;
        }
        if held < BLOCK / 2 {
            buf.truncate(BLOCK);
        }
    }
}

/// What was read, or why nothing was; says whether more is wanted.
type Chunk<'c> = dyn FnMut(io::Result<Vec<u8>>) -> Result<ControlFlow<()>, Stop> + 'c;

/// Reads to the end in chunks of this size, while another thread reads on: decompressing and parsing take about as long.
pub(super) fn ahead(mut reader: impl Read + Send, size: usize, give: &mut Chunk<'_>) -> Result<(), Stop> {
    let (to, from) = sync_channel(4);
    std::thread::scope(|scope| {
        scope.spawn(move || {
            loop {
                let mut buf = vec![0; size];
                let read = read_full(&mut reader, &mut buf).map(|n| {
                    buf.truncate(n);
                    buf
                });
                let is_last = read.as_ref().is_ok_and(|buf| buf.len() < size) || read.is_err();
                if to.send(read).is_err() || is_last {
                    return;
                }
            }
        });
        // Moved in, so that leaving early ends the other thread.
        for read in from {
            if give(read)?.is_break() {
                break;
            }
        }
        Ok(())
    })
}

/// Fills a buffer as far as there is something.
pub(super) fn read_full(reader: &mut impl Read, buf: &mut [u8]) -> io::Result<usize> {
    let mut n = 0;
    while n < buf.len() {
        match reader.read(&mut buf[n..]) {
            Ok(0) => break,
            Ok(more) => n += more,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(n)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str, rest: Rest) -> Vec<(u64, String)> {
        let mut out = Vec::new();
        blocks(text.as_bytes(), 100, rest, "x", &mut |at, text| {
            out.push((at, String::from_utf8(text.to_vec()).unwrap()));
            Ok(ControlFlow::Continue(()))
        })
        .unwrap();
        out
    }

    #[test]
    fn blocks_are_whole_lines_and_nothing_is_lost() {
        let check = |text: &str, rest, expected: &[(u64, &str)]| {
            let expected: Vec<_> = expected.iter().map(|(at, text)| (*at, (*text).to_owned())).collect();
            assert_eq!(cut(text, rest), expected);
        };
        check("", Rest::TakesPart, &[]);
        check("a\nb", Rest::TakesPart, &[(100, "a\nb")]);
        check("a\nb\n", Rest::IsDropped, &[(102, "b\n")]);
        check("a", Rest::IsDropped, &[]);
        // Over several blocks, with a line longer than one.
        let long = format!("{}\n{}\n{}", "x".repeat(BLOCK - 10), "y".repeat(2 * BLOCK), "z".repeat(30));
        let parts = cut(&long, Rest::TakesPart);
        assert!(parts.len() > 1);
        assert_eq!(parts.iter().map(|(_, text)| text.as_str()).collect::<String>(), long);
        let mut at = 100;
        for (start, text) in &parts {
            assert_eq!(*start, at);
            at += text.len() as u64;
        }
        assert!(parts[..parts.len() - 1].iter().all(|(_, text)| text.ends_with('\n')));
    }

    #[test]
    fn parts_cover_a_range_in_both_directions() {
        assert_eq!(parts(&(3..10), 4, Way::Newer), [3..7, 7..10]);
        assert_eq!(parts(&(3..10), 4, Way::Older), [7..10, 3..7]);
        assert_eq!(parts(&(3..3), 4, Way::Newer), []);
        assert_eq!(parts(&(3..10), u64::MAX, Way::Newer).len(), 1);
    }
}
