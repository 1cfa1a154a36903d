//! One stream through several threads: a reader cuts blocks, workers scan them, the caller gets the outcomes in order.
//!
//! Owns the threads and the bound on memory: a fixed number of buffers goes round. Must not know what is wanted.

use super::blocks::{Block, Cutter, Kind, Needs};
use super::scan::{Outcome, Scanner};
use crate::parse::Parser;
use crate::parse::assemble::Sniffed;
use std::collections::BTreeMap;
use std::io::{self, Read};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};

/// How much of a stream's beginning is read to learn its format.
const SNIFF: usize = 64 * 1024;

/// A block on its way to a worker: its number, and a buffer for what it renders to.
struct Job {
    number: u64,
    block: Block,
    out: Vec<u8>,
}

/// A block that was scanned.
pub struct Done {
    /// The block's kind; of a `Tail`, `bytes` is its content.
    pub kind: Kind,
    /// What was found in it.
    pub outcome: Outcome,
    buffer: Vec<u8>,
    len: usize,
}

impl Done {
    /// The block's own bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.buffer[..self.len]
    }
}

/// What goes to the caller's thread: blocks in any order, or the reader's error.
enum News {
    Done(u64, Done),
    Failed(io::Error),
}

/// The streams' end, or why the reading broke off; what came before was given out.
pub type End = Result<(), io::Error>;

/// Reads `reader` to its end with `workers` threads. `scanner` makes one scanner for each from what the beginning tells;
/// `each` gets the blocks in order and says whether to go on.
///
/// # Errors
/// What `each` returned. The reader's own error is the value.
pub fn run<'m, E: Send>(
    mut reader: Box<dyn Read + Send>,
    parser: &Parser,
    needs: Needs,
    workers: usize,
    scanner: impl Fn(Sniffed) -> Scanner<'m>,
    mut each: impl FnMut(&Done) -> Result<(), E>,
) -> Result<End, E> {
    let mut head = vec![0; SNIFF];
    let (len, early_error) = read_up_to(&mut reader, &mut head);
    head.truncate(len);
    let start = if head.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let sniffed = Sniffed::of(&head[start..], &mut parser.clone());
    let whole = io::Cursor::new(head.split_off(start)).chain(Failing(early_error)).chain(reader);
    let (free_in, free) = sync_channel::<(Vec<u8>, Vec<u8>)>(workers * 2 + 2);
    let (jobs_in, jobs) = sync_channel::<Job>(workers * 2 + 2);
    let (news_in, news) = sync_channel::<News>(workers * 2 + 2);
    let jobs = Mutex::new(jobs);
    for _ in 0..workers * 2 + 1 {
        // The channel is empty and has room.
        let _ = free_in.try_send((Vec::new(), Vec::new()));
    }
    std::thread::scope(|scope| {
        let cutter = Cutter::new(whole, parser.clone(), needs);
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
                    let done = Done { kind: block.kind, outcome, len: block.len, buffer: block.buffer };
                    if news_in.send(News::Done(number, done)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(news_in);
        in_order(&news, &free_in, &mut each)
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
                }
                let _ = news.send(News::Failed(error));
                return;
            }
        }
    }
}

fn in_order<E>(
    news: &Receiver<News>,
    free: &SyncSender<(Vec<u8>, Vec<u8>)>,
    each: &mut impl FnMut(&Done) -> Result<(), E>,
) -> Result<End, E> {
    let mut waiting: BTreeMap<u64, Done> = BTreeMap::new();
    let mut next = 0;
    let mut failed = None;
    for item in news {
        match item {
            News::Failed(error) => failed = Some(error),
            News::Done(number, done) => {
                waiting.insert(number, done);
            }
        }
        while let Some(done) = waiting.remove(&next) {
            next += 1;
            each(&done)?;
            // The reader is gone when the stream has ended.
            let _ = free.try_send((done.buffer, done.outcome.out));
        }
    }
    Ok(failed.map_or(Ok(()), Err))
}

/// Reads until the buffer is full or the stream ends or fails.
fn read_up_to(reader: &mut impl Read, buffer: &mut [u8]) -> (usize, Option<io::Error>) {
    let mut len = 0;
    while len < buffer.len() {
        match reader.read(&mut buffer[len..]) {
            Ok(0) => break,
            Ok(n) => len += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return (len, Some(error)),
        }
    }
    (len, None)
}

/// Gives an error that came early, once, in its place.
struct Failing(Option<io::Error>);

impl Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}
