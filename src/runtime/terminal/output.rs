//! The way of a frame to the terminal: one buffer, one write, on a thread of its own.
//!
//! Owns the writing and the count of bytes. A terminal that does not take what it is sent (a slow link, Ctrl-s) then
//! holds up only this thread: input, signals and sources go on, and frames are left out instead of queued.
//! Must not know what is in a frame.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use std::{
    io,
    os::fd::BorrowedFd,
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

/// A frame has reached the terminal.
#[derive(Clone, Copy, Debug)]
pub struct Written {
    /// When the last byte was taken.
    pub at: Instant,
    /// How many bytes it had.
    pub bytes: usize,
}

/// Told about every frame that was written, on the writing thread. Must not block.
pub type OnWritten = Box<dyn Fn(io::Result<Written>) + Send>;

impl Shared {
    /// Changes the number of waiting frames, and says what it is now.
    fn count(&self, change: impl FnOnce(usize) -> usize) -> usize {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        *waiting = change(*waiting);
        *waiting
    }
}

/// Writes frames to a terminal, one at a time.
#[derive(Clone, Debug)]
pub(super) struct Output {
    /// Frames on their way; one at most.
    frames: mpsc::SyncSender<Vec<u8>>,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    /// Frames that were handed over and are not written yet.
    waiting: Mutex<usize>,
    idle: Condvar,
    bytes: AtomicU64,
}

impl Output {
    /// Starts the writing thread for `terminal`, which has to stay open.
    ///
    /// # Errors
    /// When the thread cannot be started.
    pub(super) fn start(terminal: BorrowedFd<'static>, written: OnWritten) -> io::Result<Self> {
        let (frames, incoming) = mpsc::sync_channel::<Vec<u8>>(1);
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        thread::Builder::new().name("output".into()).spawn(move || {
            while let Ok(frame) = incoming.recv() {
                let result = write_all(terminal, &frame);
                theirs.bytes.fetch_add(frame.len() as u64, Ordering::Relaxed);
                theirs.count(|waiting| waiting.saturating_sub(1));
                theirs.idle.notify_all();
                written(result.map(|()| Written { at: Instant::now(), bytes: frame.len() }));
            }
        })?;
        Ok(Self { frames, shared })
    }

    /// Whether a frame is still being written. While it is, no other may be sent.
    pub(super) fn is_busy(&self) -> bool {
        self.shared.count(|waiting| waiting) > 0
    }

    /// Hands a frame over; an empty one is not sent. Waits if another one is still being written.
    pub(super) fn send(&self, frame: Vec<u8>) {
        if frame.is_empty() {
            return;
        }
        self.shared.count(|waiting| waiting + 1);
        if self.frames.send(frame).is_err() {
            self.shared.count(|waiting| waiting.saturating_sub(1));
        }
    }

    /// Waits until nothing is being written, for `limit` at most; says whether that came about.
    pub(super) fn settle(&self, limit: Duration) -> bool {
        let waiting = self.shared.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.shared.idle.wait_timeout_while(waiting, limit, |waiting| *waiting > 0);
        *waited.unwrap_or_else(PoisonError::into_inner).0 == 0
    }

    /// Bytes written so far.
    pub(super) fn bytes(&self) -> u64 {
        self.shared.bytes.load(Ordering::Relaxed)
    }
}

/// Writes everything, also when the descriptor was made non-blocking by another program that shares it.
fn write_all(to: BorrowedFd<'_>, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match rustix::io::write(to, bytes) {
            Ok(n) => bytes = &bytes[n..],
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => wait_writable(to, None)?,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Writes what the terminal takes within `limit`, for the last bytes before the end.
pub(super) fn write_within(to: BorrowedFd<'_>, mut bytes: &[u8], limit: Duration) -> io::Result<()> {
    let end = Instant::now() + limit;
    while !bytes.is_empty() {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        wait_writable(to, Some(left))?;
        // Few bytes at a time: a terminal that has room for one line does not hold up this write.
        let part = &bytes[..bytes.len().min(64)];
        match rustix::io::write(to, part) {
            Ok(n) => bytes = &bytes[n..],
            Err(Errno::INTR | Errno::AGAIN) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

fn wait_writable(to: BorrowedFd<'_>, limit: Option<Duration>) -> io::Result<()> {
    let limit = limit.and_then(|limit| Timespec::try_from(limit).ok());
    let mut fds = [PollFd::from_borrowed_fd(to, PollFlags::OUT)];
    match poll(&mut fds, limit.as_ref()) {
        Ok(0) => Err(io::ErrorKind::TimedOut.into()),
        Ok(_) | Err(Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        io::{PipeReader, PipeWriter, Read, pipe},
        os::fd::AsFd,
    };

    /// A pipe whose end for writing stays open, as a terminal does.
    fn slow_terminal() -> (PipeReader, BorrowedFd<'static>) {
        let (reader, writer) = pipe().unwrap();
        let writer: &'static PipeWriter = Box::leak(Box::new(writer));
        (reader, writer.as_fd())
    }

    #[test]
    fn a_terminal_that_takes_nothing_holds_up_only_the_writing() {
        let (mut reader, terminal) = slow_terminal();
        let (to, told) = mpsc::channel();
        let output =
            Output::start(terminal, Box::new(move |written| to.send(written.unwrap().bytes).unwrap())).unwrap();
        output.send(Vec::new());
        assert!(!output.is_busy(), "nothing is no frame");
        // More than a pipe holds.
        output.send(vec![b'x'; 200_000]);
        assert!(output.is_busy());
        assert!(!output.settle(Duration::from_millis(1)));
        let mut frame = vec![0; 200_000];
        reader.read_exact(&mut frame).unwrap();
        assert!(output.settle(Duration::from_secs(30)));
        assert_eq!((told.recv().unwrap(), output.bytes()), (200_000, 200_000));
    }

    #[test]
    fn the_last_bytes_are_not_waited_for_for_ever() {
        let (_reader, terminal) = slow_terminal();
        write_within(terminal, b"a few", Duration::from_secs(30)).unwrap();
        let error = write_within(terminal, &vec![0; 200_000], Duration::from_millis(10)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }
}
