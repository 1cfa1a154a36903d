//! Reads what is typed, on a thread of its own.
//!
//! Owns the thread. crossterm reads standard input when that is a terminal, else `/dev/tty`, so that
//! `… | logdeck -` has keys. Must not know what a key does.

use super::keys::{Answers, Input, translate};
use std::{io, thread, time::Instant};
use tokio::sync::mpsc;

/// Reads until the terminal ends or nobody listens.
pub(super) fn start(to: mpsc::Sender<(Input, Instant)>) -> io::Result<()> {
    thread::Builder::new().name("input".into()).spawn(move || {
        let mut answers = Answers::default();
        let mut out = Vec::new();
        loop {
            let read = crossterm::event::read();
            let at = Instant::now();
            let ended = read.is_err();
            match read {
                Ok(event) => {
                    if let Some(input) = translate(event) {
                        answers.pass(input, &mut out);
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "the terminal can no longer be read");
                    out.push(Input::Closed);
                }
            }
            for input in out.drain(..) {
                if to.blocking_send((input, at)).is_err() {
                    return;
                }
            }
            if ended {
                return;
            }
        }
    })?;
    Ok(())
}
