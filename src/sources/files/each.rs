//! Several inputs read from start to end, in several threads, by whoever wants their bytes.
//!
//! Owns the threads, the count of bytes, and the way to stop. Must not know what is done with the bytes.

use super::error::InputError;
use super::input::Input;
use std::{
    io::Read,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
        mpsc,
    },
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
    /// Set it to make [`each`] return soon.
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

const CHUNK: usize = 1 << 20;

/// Reads every input, up to `threads` at a time; `make` gives the consumer of each. `give` gets outcomes as they come, on
/// the caller's thread. Inputs that a cancel leaves out are not told.
pub fn each<C: Consume>(
    inputs: &[Input],
    threads: usize,
    watch: &Watch,
    make: impl Fn(usize) -> C + Sync,
    mut give: impl FnMut(Outcome<C::Out>),
) {
    let next = AtomicUsize::new(0);
    let (to, from) = mpsc::sync_channel(threads.max(1));
    let to = Mutex::new(to);
    std::thread::scope(|scope| {
        let (next, make, to) = (&next, &make, &to);
        for _ in 0..threads.clamp(1, inputs.len().max(1)) {
            let to = to.lock().unwrap_or_else(PoisonError::into_inner).clone();
            scope.spawn(move || {
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    let Some(input) = inputs.get(n) else { return };
                    let outcome = one(n, input, watch, make(n));
                    if watch.cancel.load(Ordering::Relaxed) || to.send(outcome).is_err() {
                        return;
                    }
                }
            });
        }
        drop(to.lock().map(|mut to| *to = mpsc::sync_channel(1).0));
        for outcome in from {
            give(outcome);
        }
    });
}

fn one<C: Consume>(n: usize, input: &Input, watch: &Watch, mut consumer: C) -> Outcome<C::Out> {
    let mut reader = match input.open_counting(Arc::clone(&watch.done)) {
        Ok(reader) => reader,
        Err(problem) => return Outcome { input: n, out: None, problem: Some(problem) },
    };
    let mut buf = vec![0; CHUNK];
    let mut problem = None;
    while !watch.cancel.load(Ordering::Relaxed) {
        match reader.read(&mut buf) {
            Ok(0) => break,
            Ok(n) => consumer.feed(&buf[..n]),
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(e) => {
                problem = Some(InputError::from_read(&input.name, e));
                break;
            }
        }
    }
    Outcome { input: n, out: Some(consumer.finish()), problem }
}
