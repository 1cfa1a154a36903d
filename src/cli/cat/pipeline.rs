//! One stream through several threads: a reader cuts blocks, workers scan them, the caller gets the outcomes in order.
//!
//! Owns the threads and the bound on memory: a fixed number of buffers goes round. Must not know what is wanted.

use super::blocks::{Block, Cutter, Kind, Needs};
use super::scan::{Outcome, Scanner};
use crate::model::Timestamp;
use crate::parse::Parser;
use crate::parse::assemble::Sniffed;
use std::collections::BTreeMap;
use std::io::{self, Read};
use std::ops::Range;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};

/// How much of a stream's beginning is read to learn its format.
const SNIFF: usize = 64 * 1024;

/// UTF-8's byte order mark.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// A block on its way to a worker: its number, and a buffer for what it renders to.
struct Job {
    number: u64,
    block: Block,
    out: Vec<u8>,
}

/// A block that was scanned.
#[derive(Debug, Default)]
pub struct Done {
    /// The block's kind; of a `Tail`, `bytes` is its content.
    pub kind: Kind,
    /// What was found in it.
    pub outcome: Outcome,
    buffer: Vec<u8>,
    used: Range<usize>,
    /// Bytes of the stream that were left out behind it.
    cut: u64,
}

impl Done {
    /// A block with what was found in it.
    pub fn new(block: Block, outcome: Outcome) -> Self {
        Self { kind: block.kind, outcome, used: block.used, cut: block.cut, buffer: block.buffer }
    }

    /// Bytes of the stream that it stands for.
    pub fn read(&self) -> u64 {
        self.used.len() as u64 + self.cut
    }

    /// The block's own bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.buffer[self.used.clone()]
    }
}

/// What goes to the caller's thread: blocks in any order, or the reader's error.
pub enum News {
    /// The block of this number was scanned.
    Done(u64, Done),
    /// The blocks from this number on do not come, perhaps because of an error.
    End(u64, Option<io::Error>),
}

/// The streams' end, or why the reading broke off; what came before was given out.
pub type End = Result<(), io::Error>;

/// What is known of a stream that is not read from its beginning.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    /// What the beginning told.
    pub sniffed: Sniffed,
    /// The last time before the place where reading begins.
    pub carry: Option<Timestamp>,
}

/// Reads `reader` to its end with `workers` threads. `scanner` makes one scanner for each from what the beginning tells,
/// if that is not `known`; `each` gets the blocks in order and says whether to go on.
///
/// # Errors
/// What `each` returned. The reader's own error is the value.
pub fn run<'m, E: Send>(
    mut reader: Box<dyn Read + Send>,
    known: Option<Known>,
    parser: &Parser,
    needs: Needs,
    workers: usize,
    scanner: impl Fn(Sniffed) -> Scanner<'m>,
    mut each: impl FnMut(&Done) -> Result<(), E>,
) -> Result<End, E> {
    let (head, early_error) = if known.is_some() { (Vec::new(), None) } else { head_of(&mut reader) };
    let carry = known.and_then(|known| known.carry);
    let sniffed = known.map_or_else(|| Sniffed::of(without_bom(&head), &mut parser.clone()), |known| known.sniffed);
    let whole = io::Cursor::new(head).chain(Failing(early_error)).chain(reader);
    let (free_in, free) = sync_channel::<(Vec<u8>, Vec<u8>)>(workers * 2 + 2);
    let (jobs_in, jobs) = sync_channel::<Job>(workers * 2 + 2);
    let (news_in, news) = sync_channel::<News>(workers * 2 + 2);
    let jobs = Mutex::new(jobs);
    for _ in 0..=workers * 2 {
        // The channel is empty and has room.
        let _ = free_in.try_send((Vec::new(), Vec::new()));
    }
    std::thread::scope(|scope| {
        let cutter = Cutter::new(whole, parser.clone(), needs, carry);
        let reader_news = news_in.clone();
        scope.spawn(move || read(cutter, &free, &jobs_in, &reader_news));
        for _ in 0..workers {
            let mut scanner = scanner(sniffed);
            let (news_in, jobs) = (news_in.clone(), &jobs);
            scope.spawn(move || {
                loop {
                    let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
                    let Ok(Job { number, block, out }) = job else { return };
                    let outcome = scanner.block(&block, out);
                    if news_in.send(News::Done(number, Done::new(block, outcome))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(news_in);
        let ended = in_order(news, &free_in, &mut each);
        // A reader that waits for a buffer leaves.
        drop(free_in);
        ended
    })
}

/// The reader's thread: fills buffers until the stream ends or nobody listens.
fn read<R: Read>(
    mut cutter: Cutter<R>,
    free: &Receiver<(Vec<u8>, Vec<u8>)>,
    jobs: &SyncSender<Job>,
    news: &SyncSender<News>,
) {
    let mut number = 0;
    while let Ok((buffer, out)) = free.recv() {
        match cutter.next(buffer) {
            Ok(Some(block)) => {
                if jobs.send(Job { number, block, out }).is_err() {
                    return;
                }
                number += 1;
            }
            Ok(None) => return,
            Err(error) => {
                // The lines behind the last cut still come.
                if let Ok(Some(block)) = cutter.next(Vec::new()) {
                    let _ = jobs.send(Job { number, block, out });
                    number += 1;
                }
                let _ = news.send(News::End(number, Some(error)));
                return;
            }
        }
    }
}

/// Gives the blocks to `each` in the order of their numbers, and their buffers back; ends behind the last one, or when
/// nobody sends any more.
pub fn in_order<E>(
    news: Receiver<News>,
    free: &SyncSender<(Vec<u8>, Vec<u8>)>,
    each: &mut impl FnMut(&Done) -> Result<(), E>,
) -> Result<End, E> {
    let mut waiting: BTreeMap<u64, Done> = BTreeMap::new();
    let mut next = 0;
    let mut end: Option<(u64, Option<io::Error>)> = None;
    for item in news {
        match item {
            News::Done(number, done) => {
                waiting.insert(number, done);
            }
            News::End(number, error) => {
                if end.as_ref().is_none_or(|(known, _)| number < *known) {
                    end = Some((number, error));
                }
            }
        }
        while end.as_ref().is_none_or(|(last, _)| next < *last)
            && let Some(done) = waiting.remove(&next)
        {
            next += 1;
            each(&done)?;
            // Nobody takes buffers any more when the stream has ended.
            let _ = free.try_send((done.buffer, done.outcome.out));
        }
        if end.as_ref().is_some_and(|(last, _)| next >= *last) {
            break;
        }
    }
    Ok(end.and_then(|(_, error)| error).map_or(Ok(()), Err))
}

/// The beginning of a stream (64 KiB); what was read before an error, too.
pub fn head_of(reader: &mut impl Read) -> (Vec<u8>, Option<io::Error>) {
    let mut head = Vec::with_capacity(SNIFF);
    let error = reader.take(SNIFF as u64).read_to_end(&mut head).err();
    (head, error)
}

/// The bytes behind a byte order mark.
pub fn without_bom(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(BOM).unwrap_or(bytes)
}

/// Gives an error that came early, once, in its place.
struct Failing(Option<io::Error>);

impl Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}
