//! Bodies of answers: pieces that are not copied, what is unpacked on the way, and faults' shapes.
//!
//! Owns how bytes leave. Must not know what they are.

use super::faults::Fault;
use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use hyper::body::{Frame, SizeHint};
use std::collections::VecDeque;
use std::io::{self, Read};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::{Sleep, sleep};

/// How long a connection lives on after the last byte before it breaks, so that the byte arrives.
const BEFORE_BREAK: Duration = Duration::from_millis(20);
/// Bytes that are given to the connection at once.
const PIECE: usize = 1 << 20;
/// Bytes that are unpacked at once.
const UNPACKED: usize = 64 << 10;

/// What a body is made of.
pub(super) enum Source {
    /// These bytes, whose number is known.
    Pieces(VecDeque<Bytes>),
    /// What comes out of them when they are unpacked.
    Unpacked(Box<MultiGzDecoder<Pieces>>),
}

/// Pieces as one stream.
pub(super) struct Pieces(VecDeque<Bytes>);

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(first) = self.0.front_mut() else { return Ok(0) };
        let length = first.len().min(buffer.len());
        buffer[..length].copy_from_slice(&first.split_to(length));
        if first.is_empty() {
            self.0.pop_front();
        }
        Ok(length)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Then {
    End,
    Break,
    Stall,
}

/// A body that may break, stall, or come slowly.
pub(super) struct Body {
    source: Source,
    /// Bytes that are known to come, without faults.
    length: Option<u64>,
    /// Bytes that are still sent before the fault.
    until: u64,
    then: Then,
    /// Bytes of a piece, and the pause before it.
    pace: Option<(usize, Duration)>,
    pause: Option<Pin<Box<Sleep>>>,
    sent: Arc<AtomicU64>,
    is_over: bool,
}

impl Body {
    pub(super) fn new(pieces: Vec<Bytes>, fault: Option<&Fault>, sent: Arc<AtomicU64>) -> Self {
        let length = pieces.iter().map(|piece| piece.len() as u64).sum();
        Self::of(Source::Pieces(pieces.into()), Some(length), fault, sent)
    }

    /// The body that comes out of gzip; broken data breaks the connection.
    pub(super) fn unpacked(pieces: Vec<Bytes>, fault: Option<&Fault>, sent: Arc<AtomicU64>) -> Self {
        Self::of(Source::Unpacked(Box::new(MultiGzDecoder::new(Pieces(pieces.into())))), None, fault, sent)
    }

    fn of(source: Source, length: Option<u64>, fault: Option<&Fault>, sent: Arc<AtomicU64>) -> Self {
        let all = length.unwrap_or(u64::MAX);
        let (until, then) = match fault {
            Some(Fault::BreakAfter(bytes)) if *bytes < all => (*bytes, Then::Break),
            Some(Fault::StallAfter(bytes)) if *bytes < all => (*bytes, Then::Stall),
            _ => (all, Then::End),
        };
        let pace = match fault {
            Some(Fault::Slow(bytes, pause)) => Some(((*bytes).max(1), *pause)),
            _ => None,
        };
        Self { source, length, until, then, pace, pause: None, sent, is_over: false }
    }

    /// The next bytes, at most so many; nothing at the end.
    fn next(&mut self, most: usize) -> io::Result<Option<Bytes>> {
        match &mut self.source {
            Source::Pieces(pieces) => {
                let Some(first) = pieces.front_mut() else { return Ok(None) };
                let bytes = first.split_to(first.len().min(most));
                if first.is_empty() {
                    pieces.pop_front();
                }
                Ok(Some(bytes))
            }
            Source::Unpacked(decoder) => {
                let mut buffer = vec![0; most.min(UNPACKED)];
                let length = decoder.read(&mut buffer)?;
                buffer.truncate(length);
                Ok((length > 0).then(|| buffer.into()))
            }
        }
    }
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if self.is_over {
            return Poll::Ready(None);
        }
        if self.until == 0 {
            return match self.then {
                Then::End => Poll::Ready(None),
                Then::Break => {
                    // What was given so far is sent only while more is waited for.
                    let waits = self.pause.get_or_insert_with(|| Box::pin(sleep(BEFORE_BREAK)));
                    ready!(waits.as_mut().poll(cx));
                    self.is_over = true;
                    Poll::Ready(Some(Err(io::ErrorKind::ConnectionReset.into())))
                }
                Then::Stall => Poll::Pending,
            };
        }
        let mut most = usize::try_from(self.until).unwrap_or(usize::MAX).min(PIECE);
        if let Some((bytes, pause)) = self.pace {
            let waits = self.pause.get_or_insert_with(|| Box::pin(sleep(pause)));
            ready!(waits.as_mut().poll(cx));
            self.pause = None;
            most = most.min(bytes);
        }
        match self.next(most) {
            Ok(Some(bytes)) => {
                self.until -= bytes.len() as u64;
                self.length = self.length.map(|length| length - bytes.len() as u64);
                self.sent.fetch_add(bytes.len() as u64, Ordering::Relaxed);
                Poll::Ready(Some(Ok(Frame::data(bytes))))
            }
            Ok(None) => {
                self.is_over = true;
                Poll::Ready(None)
            }
            Err(error) => {
                self.is_over = true;
                Poll::Ready(Some(Err(error)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.length.is_some() && self.until == 0 && self.then == Then::End
    }

    fn size_hint(&self) -> SizeHint {
        self.length.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
