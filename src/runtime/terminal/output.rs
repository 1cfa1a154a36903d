//! The way of bytes to the terminal, on a thread of its own: one write for each frame or sequence.
//!
//! Owns the writing, what waits for it, and the count of bytes. A terminal that does not take what it is sent (a slow
//! link, Ctrl-s) holds up only this thread: input, signals and sources go on. What waits is bounded, since of each
//! [`Kind`] only the last is of use. Must not know what is in a frame or a sequence.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use std::{
    collections::VecDeque,
    io,
    os::fd::BorrowedFd,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

/// Something has reached the terminal.
#[derive(Clone, Copy, Debug)]
pub struct Written {
    /// When the last byte was taken.
    pub at: Instant,
    /// How many bytes it had.
    pub bytes: usize,
}

/// Told about everything that was written, on the writing thread. Must not block.
pub type OnWritten = Box<dyn Fn(io::Result<Written>) + Send>;

/// What is sent, and what of it may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// What has changed on the screen. Only sent when nothing waits, so that each follows from the one before.
    Frame,
    /// The screen is entered, or left for plain lines. Frames, mouse modes and screens that wait are left out: they are
    /// undone by it, and what is drawn after it is drawn anew.
    Screen,
    /// Whose the mouse is. Takes the place of one that waits.
    Mouse,
    /// A text for the clipboard. Takes the place of one that waits.
    Clipboard,
    /// A question, which is asked once.
    Question,
}

impl Kind {
    /// Whether this one makes a waiting one of another kind useless.
    fn outdates(self, waiting: Self) -> bool {
        match self {
            Self::Frame | Self::Question => false,
            Self::Screen => matches!(waiting, Self::Frame | Self::Screen | Self::Mouse),
            Self::Mouse | Self::Clipboard => self == waiting,
        }
    }
}

/// Writes to a terminal, one thing at a time.
#[derive(Clone, Debug)]
pub(super) struct Output {
    /// Wakes the thread, which ends when nobody can any more.
    wake: mpsc::SyncSender<()>,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    idle: Condvar,
    bytes: AtomicU64,
}

#[derive(Debug, Default)]
struct State {
    /// In the order in which it was sent.
    waiting: VecDeque<(Kind, Vec<u8>)>,
    writing: bool,
    /// Somebody has waited in vain for what is being written.
    late: bool,
}

impl State {
    fn is_busy(&self) -> bool {
        self.writing || !self.waiting.is_empty()
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes what is to be written next.
    fn next(&self) -> Option<Vec<u8>> {
        let mut state = self.state();
        let (_, bytes) = state.waiting.pop_front()?;
        state.writing = true;
        Some(bytes)
    }

    fn is_written(&self) {
        let mut state = self.state();
        (state.writing, state.late) = (false, false);
        drop(state);
        self.idle.notify_all();
    }
}

impl Output {
    /// Starts the writing thread for `terminal`, which has to stay open.
    ///
    /// # Errors
    /// When the thread cannot be started.
    pub(super) fn start(terminal: BorrowedFd<'static>, written: OnWritten) -> io::Result<Self> {
        // One call is enough, however much waits.
        let (wake, called) = mpsc::sync_channel(1);
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        thread::Builder::new().name("output".into()).spawn(move || {
            while called.recv().is_ok() {
                while let Some(part) = theirs.next() {
                    let result = write_all(terminal, &part);
                    theirs.bytes.fetch_add(part.len() as u64, Ordering::Relaxed);
                    theirs.is_written();
                    written(result.map(|()| Written { at: Instant::now(), bytes: part.len() }));
                }
            }
        })?;
        Ok(Self { wake, shared })
    }

    /// Whether something is still on its way. While it is, no frame may be sent.
    pub(super) fn is_busy(&self) -> bool {
        self.shared.state().is_busy()
    }

    /// Whether what is on its way was waited for in vain.
    pub(super) fn is_late(&self) -> bool {
        self.shared.state().late
    }

    /// Hands bytes over, and never waits. They are written after what was sent before, as far as they do not make that
    /// useless ([`Kind`]). No bytes are not sent.
    pub(super) fn send(&self, kind: Kind, bytes: Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        let mut state = self.shared.state();
        state.waiting.retain(|(waiting, _)| !kind.outdates(*waiting));
        state.waiting.push_back((kind, bytes));
        drop(state);
        // A call that was not heard yet is one for this too.
        let _ = self.wake.try_send(());
    }

    /// Waits until nothing is on its way, for `limit` at most, and gives up what waits then. Says whether all was written.
    pub(super) fn settle(&self, limit: Duration) -> bool {
        let waited = self.shared.idle.wait_timeout_while(self.shared.state(), limit, |state| state.is_busy());
        let mut state = waited.unwrap_or_else(PoisonError::into_inner).0;
        let all = !state.is_busy();
        state.late = state.writing;
        state.waiting.clear();
        all
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

/// Writes what the terminal takes within `limit`, for the last bytes before the end. Tries once if there is no time.
pub(super) fn write_within(to: BorrowedFd<'_>, mut bytes: &[u8], limit: Duration) -> io::Result<()> {
    let end = Instant::now() + limit;
    while !bytes.is_empty() {
        wait_writable(to, Some(end.saturating_duration_since(Instant::now())))?;
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

    /// An output to it, and the sizes of what was written.
    fn output(terminal: BorrowedFd<'static>) -> (Output, mpsc::Receiver<usize>) {
        let (to, told) = mpsc::channel();
        let written = move |written: io::Result<Written>| _ = to.send(written.unwrap().bytes);
        (Output::start(terminal, Box::new(written)).unwrap(), told)
    }

    /// More than a pipe holds.
    const MUCH: usize = 200_000;
    const LONG: Duration = Duration::from_secs(30);

    #[test]
    fn a_terminal_that_takes_nothing_holds_up_only_the_writing() {
        let (mut reader, terminal) = slow_terminal();
        let (output, told) = output(terminal);
        output.send(Kind::Frame, Vec::new());
        assert!(!output.is_busy(), "nothing is no frame");
        output.send(Kind::Frame, vec![b'x'; MUCH]);
        assert!(output.is_busy() && !output.is_late());
        assert!(!output.settle(Duration::from_millis(1)));
        assert!(output.is_late());
        let mut frame = vec![0; MUCH];
        reader.read_exact(&mut frame).unwrap();
        assert!(output.settle(LONG) && !output.is_late());
        assert_eq!((told.recv().unwrap(), output.bytes()), (MUCH, MUCH as u64));
    }

    #[test]
    fn sending_never_waits_and_what_waits_is_bounded_and_in_order() {
        use Kind::{Clipboard, Frame, Mouse, Question, Screen};
        let check = |sent: &[(Kind, &str)], expected: &str| {
            let (mut reader, terminal) = slow_terminal();
            let (output, told) = output(terminal);
            output.send(Frame, vec![b'x'; MUCH]);
            // The thread has it, and nothing of it is left out.
            while !output.shared.state().writing {
                thread::yield_now();
            }
            for _ in 0..1000 {
                sent.iter().for_each(|(kind, text)| output.send(*kind, text.as_bytes().to_vec()));
            }
            let mut text = vec![0; MUCH + expected.len()];
            reader.read_exact(&mut text).unwrap();
            assert!(output.settle(LONG));
            assert_eq!(String::from_utf8_lossy(&text[MUCH..]), expected);
            drop(output);
            assert_eq!(told.iter().sum::<usize>(), text.len(), "nothing else came, and the thread has ended");
        };
        check(&[(Mouse, "on "), (Mouse, "off ")], "off ");
        check(&[(Mouse, "on "), (Clipboard, "text ")], "on text ");
        check(&[(Clipboard, "a "), (Mouse, "on "), (Clipboard, "b ")], "on b ");
        check(&[(Screen, "lines "), (Mouse, "on "), (Screen, "enter ")], "enter ");
        check(&[(Clipboard, "text "), (Screen, "lines "), (Screen, "enter "), (Mouse, "on ")], "text enter on ");
        let (mut reader, terminal) = slow_terminal();
        let (output, _told) = self::output(terminal);
        output.send(Screen, vec![b'x'; MUCH]);
        while !output.shared.state().writing {
            thread::yield_now();
        }
        output.send(Question, b"ask ".to_vec());
        output.send(Frame, b"frame ".to_vec());
        output.send(Screen, b"lines ".to_vec());
        let mut text = vec![0; MUCH + 10];
        reader.read_exact(&mut text).unwrap();
        assert_eq!(&text[MUCH..], b"ask lines ");
    }

    #[test]
    fn what_waits_when_the_terminal_is_left_is_given_up() {
        let (mut reader, terminal) = slow_terminal();
        let (output, told) = output(terminal);
        output.send(Kind::Frame, vec![b'x'; MUCH]);
        while !output.shared.state().writing {
            thread::yield_now();
        }
        output.send(Kind::Clipboard, b"secret".to_vec());
        assert!(!output.settle(Duration::ZERO));
        reader.read_exact(&mut vec![0; MUCH]).unwrap();
        assert!(output.settle(LONG));
        drop(output);
        assert_eq!(told.iter().collect::<Vec<_>>(), [MUCH]);
    }

    #[test]
    fn the_last_bytes_are_not_waited_for_for_ever() {
        let (_reader, terminal) = slow_terminal();
        write_within(terminal, b"a few", Duration::from_secs(30)).unwrap();
        write_within(terminal, b"with no time left", Duration::ZERO).unwrap();
        for limit in [Duration::from_millis(10), Duration::ZERO] {
            let error = write_within(terminal, &vec![0; MUCH], limit).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        }
    }
}
