//! Reading pipes and standard input without being stuck in a read when the program ends.
//!
//! Owns poll(2). Must not know what the bytes mean.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::io;
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use tokio_util::sync::CancellationToken;

/// How often a waiting read looks whether it has to stop.
const LOOK_MS: i64 = 100;

/// A descriptor whose reads end with an error when the source has to stop.
#[derive(Debug)]
pub(super) struct Pipe<F> {
    inner: F,
    cancel: CancellationToken,
}

impl<F> Pipe<F> {
    pub(super) const fn new(inner: F, cancel: CancellationToken) -> Self {
        Self { inner, cancel }
    }
}

/// The error of a read that was told to stop.
pub(super) fn stopped() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionAborted, "stopped")
}

impl<F: std::os::fd::AsFd> Read for Pipe<F> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let look = Timespec { tv_sec: 0, tv_nsec: LOOK_MS * 1_000_000 };
        loop {
            if self.cancel.is_cancelled() {
                return Err(stopped());
            }
            let mut fds = [PollFd::new(&self.inner, PollFlags::IN)];
            match poll(&mut fds, Some(&look)) {
                Ok(0) | Err(rustix::io::Errno::INTR) => continue,
                Ok(_) => {}
                Err(e) => return Err(e.into()),
            }
            match rustix::io::read(&self.inner, &mut *buf) {
                Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => {}
                other => return other.map_err(io::Error::from),
            }
        }
    }
}

/// Standard input, unbuffered.
pub(super) fn stdin(cancel: CancellationToken) -> Box<dyn Read + Send> {
    Box::new(Pipe::new(rustix::stdio::stdin(), cancel))
}

/// A pipe or device by name. Opened without waiting for a writer.
pub(super) fn open(path: &std::path::Path, cancel: CancellationToken) -> io::Result<Box<dyn Read + Send>> {
    let flags = rustix::fs::OFlags::NONBLOCK.bits() as i32;
    let file = std::fs::OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    Ok(Box::new(Pipe::new(file, cancel)))
}
