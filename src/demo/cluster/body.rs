//! Bodies of answers: whole ones, and streams that live as long as a watch or a log.
//!
//! Owns how faults shape a body, and the list of streams that are open. Must not know what they carry.

use super::faults::{Aim, Cut, Fault, What};
use bytes::Bytes;
use futures_util::stream::{self, BoxStream, StreamExt};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::Frame;
use std::future;
use std::io;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// How long a connection lives on after the last byte before it breaks, so that the byte arrives.
const BEFORE_BREAK: Duration = Duration::from_millis(20);

pub(super) type Body = UnsyncBoxBody<Bytes, io::Error>;
/// What a body carries; an error breaks it.
pub(super) type Parts = BoxStream<'static, io::Result<Bytes>>;

/// A body that nothing happens to.
pub(super) fn whole(bytes: Bytes) -> Body {
    Full::new(bytes).map_err(|never| match never {}).boxed_unsync()
}

/// Streams that are open.
#[derive(Default)]
pub(super) struct Open(Vec<(What, watch::Sender<Option<Cut>>)>);

impl Open {
    fn add(&mut self, what: &What) -> watch::Receiver<Option<Cut>> {
        self.0.retain(|(_, order)| !order.is_closed());
        let (order, orders) = watch::channel(None);
        self.0.push((what.clone(), order));
        orders
    }

    /// Does that to all streams that are meant, and tells how many they are.
    pub(super) fn cut(&mut self, aim: &Aim, cut: Cut) -> usize {
        let meant = self.0.iter().filter(|(what, _)| aim.fits(what));
        meant.filter(|(_, order)| order.send(Some(cut)).is_ok()).count()
    }

    pub(super) fn count(&self, aim: &Aim) -> usize {
        self.0.iter().filter(|(what, order)| aim.fits(what) && !order.is_closed()).count()
    }

    /// A body that can be cut, and that a fault shapes.
    pub(super) fn stream(
        &mut self,
        what: &What,
        parts: Parts,
        fault: Option<&Fault>,
        connection: CancellationToken,
    ) -> Body {
        let shaped = Shaped {
            parts,
            orders: self.add(what),
            connection,
            pending: Bytes::new(),
            sent: 0,
            cut: None,
            after: if let Some(Fault::After(bytes, cut)) = fault { Some((*bytes, *cut)) } else { None },
            sizes: match fault {
                Some(Fault::Chunks(sizes)) => sizes.iter().copied().map(|size| size.max(1)).collect(),
                Some(Fault::Slow(size, _)) => vec![(*size).max(1)],
                _ => Vec::new(),
            },
            turn: 0,
            pause: if let Some(Fault::Slow(_, pause)) = fault { *pause } else { Duration::ZERO },
            is_over: false,
        };
        let frames = stream::unfold(shaped, |mut shaped| async move {
            let next = shaped.next().await?;
            Some((next.map(Frame::data), shaped))
        });
        StreamBody::new(frames).boxed_unsync()
    }
}

struct Shaped {
    parts: Parts,
    orders: watch::Receiver<Option<Cut>>,
    connection: CancellationToken,
    /// What has come and is not sent.
    pending: Bytes,
    sent: usize,
    cut: Option<Cut>,
    after: Option<(usize, Cut)>,
    sizes: Vec<usize>,
    turn: usize,
    pause: Duration,
    is_over: bool,
}

impl Shaped {
    async fn next(&mut self) -> Option<io::Result<Bytes>> {
        if self.is_over {
            return None;
        }
        loop {
            if let Some((bytes, cut)) = self.after
                && self.sent >= bytes
            {
                self.cut = Some(cut);
            }
            match self.cut {
                None => {}
                Some(Cut::End) => return None,
                Some(Cut::Break) => {
                    sleep(BEFORE_BREAK).await;
                    self.is_over = true;
                    return Some(Err(io::Error::other("broken on purpose")));
                }
                Some(Cut::Reset) => {
                    sleep(BEFORE_BREAK).await;
                    self.connection.cancel();
                    future::pending::<()>().await;
                }
                Some(Cut::Stall) => {
                    self.after = None;
                    self.order().await;
                    continue;
                }
            }
            if self.pending.is_empty() {
                tokio::select! {
                    biased;
                    Ok(()) = self.orders.changed() => self.cut = *self.orders.borrow_and_update(),
                    part = self.parts.next() => match part? {
                        Ok(part) => self.pending = part,
                        Err(error) => {
                            self.is_over = true;
                            return Some(Err(error));
                        }
                    },
                }
                continue;
            }
            if !self.pause.is_zero() {
                sleep(self.pause).await;
            }
            let left = self.after.map_or(usize::MAX, |(bytes, _)| bytes - self.sent);
            let size = self.sizes.get(self.turn % self.sizes.len().max(1)).copied().unwrap_or(usize::MAX);
            self.turn += 1;
            let part = self.pending.split_to(size.min(left).min(self.pending.len()));
            self.sent += part.len();
            if self.orders.has_changed().unwrap_or(false) {
                self.cut = *self.orders.borrow_and_update();
            }
            return Some(Ok(part));
        }
    }

    /// Waits for the next order.
    async fn order(&mut self) {
        if self.orders.changed().await.is_err() {
            future::pending::<()>().await;
        }
        self.cut = *self.orders.borrow_and_update();
    }
}
