//! The signals that end, stop or wake the process.
//!
//! Owns their reception. Must not know what the loop does with them.

use super::terminal;
use std::{io, time::Duration};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// End: SIGTERM, SIGINT, SIGHUP or SIGQUIT, by number.
    End(i32),
    /// The process goes on after a stop (`fg`).
    Continue,
    /// The terminal is gone.
    HungUp,
}

/// How long the loop has to obey before the process is ended without it.
const PATIENCE: Duration = Duration::from_secs(4);

/// Starts to receive signals; the future passes them on until it is cancelled. A process that does not end by itself
/// (it hangs) gives the terminal back and exits with 128 + the signal's number.
///
/// # Errors
/// When a handler cannot be installed.
pub fn listen(
    to: mpsc::Sender<Signal>,
    cancel: CancellationToken,
) -> io::Result<impl Future<Output = ()> + Send + 'static> {
    let resume = SignalKind::from_raw(rustix::process::Signal::CONT.as_raw());
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    let mut quit = signal(SignalKind::quit())?;
    let mut resume = signal(resume)?;
    Ok(async move {
        loop {
            let received = tokio::select! {
                biased;
                () = cancel.cancelled() => return,
                Some(()) = terminate.recv() => Signal::End(SignalKind::terminate().as_raw_value()),
                Some(()) = hang_up.recv() => Signal::End(SignalKind::hangup().as_raw_value()),
                Some(()) = interrupt.recv() => Signal::End(SignalKind::interrupt().as_raw_value()),
                Some(()) = quit.recv() => Signal::End(SignalKind::quit().as_raw_value()),
                Some(()) = resume.recv() => Signal::Continue,
                else => return,
            };
            // When the lane is full the loop has enough to end for.
            let _ = to.try_send(received);
            if let Signal::End(number) = received {
                tokio::select! {
                    () = cancel.cancelled() => return,
                    () = tokio::time::sleep(PATIENCE) => force(number),
                }
            }
        }
    })
}

/// Ends the process, whatever it is doing.
pub fn force(number: i32) -> ! {
    terminal::restore();
    std::process::exit(128 + number)
}

/// Tells the loop that the terminal is gone, and ends the process when the loop does not.
///
/// # Errors
/// When the thread cannot be started.
pub fn watch_terminal(to: mpsc::Sender<Signal>) -> io::Result<()> {
    terminal::watch(move || {
        let _ = to.try_send(Signal::HungUp);
        std::thread::sleep(PATIENCE);
        force(SignalKind::hangup().as_raw_value())
    })
}
