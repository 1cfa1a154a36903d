//! Several inputs read from start to end, in several threads, by whoever wants their bytes.
//!
//! Owns the threads, the count of bytes, and the way to stop. Must not know what is done with the bytes.
//!
//! A thread reads an input and feeds its consumer. When another thread has nothing to do, it takes over the reading (and
//! the decompression): so one large input is read on two cores, and many are read one for each core.

use super::error::InputError;
use super::input::Input;
use std::{
    collections::BTreeSet,
    io::{self, Read},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicIsize, AtomicU64, AtomicUsize, Ordering},
        mpsc::{self, SyncSender},
    },
    thread::Scope,
    time::Duration,
};

/// Who takes an input's bytes.
pub trait Consume: Send {
    /// What it makes of them.
    type Out: Send;
    /// Takes bytes, cut anywhere.
    fn feed(&mut self, bytes: &[u8]);
    /// The input has ended.
    fn finish(self) -> Self::Out;
}

/// What others see and say while [`each`] runs.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    /// Bytes that were read from the disk so far; compare with [`Input::disk_bytes`].
    pub done: Arc<AtomicU64>,
    /// Set it to make [`each`] return soon: no input is begun or finished any more.
    pub cancel: Arc<AtomicBool>,
}

/// What came of one input.
#[derive(Debug)]
pub struct Outcome<T> {
    /// Which input: an index into the slice that was given.
    pub input: usize,
    /// What was made of the bytes that could be read; nothing if it could not be opened.
    pub out: Option<T>,
    /// Why it could not be opened, or not be read to its end.
    pub problem: Option<InputError>,
}

/// Bytes that are read and fed at once.
const CHUNK: usize = 256 * 1024;

/// Chunks of an input that wait between its two threads.
const DEPTH: usize = 4;

/// Bytes of an input after which a second thread is worth its start.
const LONG: u64 = 1 << 20;

/// How many inputs are read ahead of the first one that is not done: their outcomes may have to wait for it.
const AHEAD: usize = 256;

/// How often a thread that waits looks whether it was cancelled.
const TURN: Duration = Duration::from_millis(50);

/// Reads every input with up to `threads` threads; `make` gives the consumer of each. `give` gets outcomes as they come, on
/// the caller's thread. Inputs are begun in their order, at most 256 ahead of the first that is not done. Inputs that a
/// cancel leaves out are not told. A consumer that panics is an outcome with [`InputError::Fault`].
pub fn each<C: Consume>(
    inputs: &[Input],
    threads: usize,
    watch: &Watch,
    make: impl Fn(usize) -> C + Sync,
    mut give: impl FnMut(Outcome<C::Out>),
) {
    let workers = threads.clamp(1, inputs.len().max(1));
    let room = Room::new(watch, threads.saturating_sub(workers));
    let (to, from) = mpsc::sync_channel(workers);
    std::thread::scope(|scope| {
        // When `give` panics, the threads have to end before the panic goes on.
        let _guard = CancelOnPanic(watch);
        for _ in 0..workers {
            let (to, room, make) = (to.clone(), &room, &make);
            scope.spawn(move || work(scope, room, inputs, make, &to));
        }
        drop(to);
        let (mut early, mut first) = (BTreeSet::new(), 0);
        for outcome in from {
            early.insert(outcome.input);
            give(outcome);
            while early.remove(&first) {
                first += 1;
            }
            room.advance(first);
        }
    });
}

/// What the threads share.
struct Room<'w> {
    watch: &'w Watch,
    /// The next input to begin.
    next: AtomicUsize,
    /// The first input whose outcome is not given yet.
    first: Mutex<usize>,
    advanced: Condvar,
    /// Threads without work; below zero when one has work again whose place is taken.
    idle: AtomicIsize,
}

impl<'w> Room<'w> {
    fn new(watch: &'w Watch, idle: usize) -> Self {
        Self {
            watch,
            next: AtomicUsize::new(0),
            first: Mutex::new(0),
            advanced: Condvar::new(),
            idle: AtomicIsize::new(idle as isize),
        }
    }

    fn is_cancelled(&self) -> bool {
        self.watch.cancel.load(Ordering::Relaxed)
    }

    fn first(&self) -> MutexGuard<'_, usize> {
        self.first.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn advance(&self, first: usize) {
        *self.first() = first;
        self.advanced.notify_all();
    }

    /// Waits until input `n` is not too far ahead.
    fn wait_for(&self, n: usize) {
        let mut first = self.first();
        if n < *first + AHEAD {
            return;
        }
        self.idle.fetch_add(1, Ordering::Relaxed);
        while n >= *first + AHEAD && !self.is_cancelled() {
            first = self.advanced.wait_timeout(first, TURN).unwrap_or_else(PoisonError::into_inner).0;
        }
        self.idle.fetch_sub(1, Ordering::Relaxed);
    }

    /// Takes the place of a thread that has nothing to do.
    fn claim(&self) -> bool {
        let less = |idle: isize| (idle > 0).then(|| idle - 1);
        self.idle.load(Ordering::Relaxed) > 0
            && self.idle.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_ok()
    }
}

/// Sets the cancel when it is dropped by a panic.
struct CancelOnPanic<'w>(&'w Watch);

impl Drop for CancelOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.cancel.store(true, Ordering::Relaxed);
        }
    }
}

/// A thread: input after input, until there is none.
fn work<'scope, C: Consume>(
    scope: &'scope Scope<'scope, '_>,
    room: &'scope Room<'scope>,
    inputs: &'scope [Input],
    make: &(impl Fn(usize) -> C + Sync),
    to: &SyncSender<Outcome<C::Out>>,
) {
    let mut buffer = Vec::new();
    loop {
        let n = room.next.fetch_add(1, Ordering::Relaxed);
        let Some(input) = inputs.get(n) else { break };
        room.wait_for(n);
        if room.is_cancelled() {
            break;
        }
        let outcome = catch_unwind(AssertUnwindSafe(|| one(scope, room, n, input, make, &mut buffer)));
        let outcome = outcome.unwrap_or_else(|_| {
            let problem = Some(InputError::Fault { name: input.name.clone() });
            Some(Outcome { input: n, out: None, problem })
        });
        if outcome.is_none_or(|outcome| to.send(outcome).is_err()) {
            break;
        }
    }
    room.idle.fetch_add(1, Ordering::Relaxed);
}

/// Reads one input; nothing when it was cancelled.
fn one<'scope, C: Consume>(
    scope: &'scope Scope<'scope, '_>,
    room: &'scope Room<'scope>,
    n: usize,
    input: &'scope Input,
    make: &(impl Fn(usize) -> C + Sync),
    buffer: &mut Vec<u8>,
) -> Option<Outcome<C::Out>> {
    let mut consumer = make(n);
    let disk = Arc::new(AtomicU64::new(0));
    let reader = match input.open_counting(Arc::clone(&disk)) {
        Ok(reader) => reader,
        Err(problem) => return Some(Outcome { input: n, out: None, problem: Some(problem) }),
    };
    let mut reader = Reading { reader, disk, told: 0, room };
    buffer.resize(CHUNK, 0);
    let mut fed = 0;
    let end = loop {
        if fed >= LONG && room.claim() {
            break piped(scope, reader, input, &mut consumer);
        }
        match reader.next(buffer) {
            Ok(0) => break Ok(()),
            Ok(len) => {
                consumer.feed(&buffer[..len]);
                fed += len as u64;
            }
            Err(error) => break Err(InputError::from_read(&input.name, error)),
        }
    };
    if room.is_cancelled() {
        return None;
    }
    Some(Outcome { input: n, out: Some(consumer.finish()), problem: end.err() })
}

/// An open input.
struct Reading<'w> {
    reader: Box<dyn Read + Send>,
    /// Bytes that were read from the disk for this input; limits compare with them.
    disk: Arc<AtomicU64>,
    /// As many of them were told to the watch.
    told: u64,
    room: &'w Room<'w>,
}

impl Reading<'_> {
    /// The next bytes; none at the end, or when it was cancelled.
    fn next(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let result = loop {
            if self.room.is_cancelled() {
                return Ok(0);
            }
            match self.reader.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result,
            }
        };
        let disk = self.disk.load(Ordering::Relaxed);
        self.room.watch.done.fetch_add(disk - self.told, Ordering::Relaxed);
        self.told = disk;
        result
    }
}

/// What the reading thread sends.
enum Piece {
    Bytes(Vec<u8>, usize),
    End(Result<(), InputError>),
}

/// Reads the rest of an input in a thread of its own, which takes a place that was claimed.
fn piped<'scope, C: Consume>(
    scope: &'scope Scope<'scope, '_>,
    mut reader: Reading<'scope>,
    input: &'scope Input,
    consumer: &mut C,
) -> Result<(), InputError> {
    let (to, pieces) = mpsc::sync_channel(DEPTH);
    // Buffers go round: there are never more than these.
    let (back, buffers) = mpsc::sync_channel(DEPTH);
    for _ in 0..DEPTH {
        let _ = back.send(vec![0; CHUNK]);
    }
    scope.spawn(move || {
        let room = reader.room;
        let read = AssertUnwindSafe(|| {
            while let Ok(mut buffer) = buffers.recv() {
                match reader.next(&mut buffer) {
                    Ok(0) => break,
                    Ok(len) => {
                        if to.send(Piece::Bytes(buffer, len)).is_err() {
                            break;
                        }
                    }
                    Err(error) => return Err(InputError::from_read(&input.name, error)),
                }
            }
            Ok(())
        });
        let end = catch_unwind(read).unwrap_or_else(|_| Err(InputError::Fault { name: input.name.clone() }));
        let _ = to.send(Piece::End(end));
        room.idle.fetch_add(1, Ordering::Relaxed);
    });
    for piece in pieces {
        match piece {
            Piece::Bytes(buffer, len) => {
                consumer.feed(&buffer[..len]);
                // Nobody takes it when the input has ended.
                let _ = back.send(buffer);
            }
            Piece::End(end) => return end,
        }
    }
    Ok(())
}

#[cfg(test)]
#[path = "each/tests.rs"]
mod tests;
