//! The way from a source to the engine: batches, health and origins over a bounded channel, and the order to stop.
//!
//! Owns batching and cancellation. Must not know any protocol or file.

use crate::model::window::Answer;
use crate::model::{Batch, Cursor, Health, OriginId, SourceId, SourceMsg, Timestamp, Want};
use crate::model::{documents, objects, pods};
use crate::ports::Clock;
use std::{
    collections::HashMap,
    fmt,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::runtime::Handle;
use tokio::sync::mpsc::{Receiver, Sender};
use tokio_util::sync::CancellationToken;

/// The most records of one message.
pub const BATCH_RECORDS: usize = 512;

/// About how many bytes one message holds (256 KiB); one record more is let through.
pub const BATCH_BYTES: usize = 256 * 1024;

/// Wants that may wait.
const WANTS: usize = 32;

/// Something that reads records from somewhere until it is done or told to stop.
pub trait Source: Send {
    /// Reads and reports to `out`. Returns soon after `out` says [`Closed`]. Blocking work is wrapped in
    /// [`tokio::task::spawn_blocking`].
    fn run(self: Box<Self>, out: Outlet) -> Running;
}

/// A source at work.
pub type Running = Pin<Box<dyn Future<Output = Result<(), SourceError>> + Send>>;

/// Why a source ended before its time.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// It was told to stop.
    #[error(transparent)]
    Closed(#[from] Closed),
    /// Its thread panicked: a defect of logdeck.
    #[error("the source stopped with a defect of logdeck")]
    Panicked,
}

/// The source was told to stop, or nobody listens any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("stopped")]
pub struct Closed;

/// What a source writes to. Clones write to the same place, so that several threads can read for one source.
#[derive(Clone)]
pub struct Outlet {
    source: SourceId,
    to: Sender<SourceMsg>,
    cancel: CancellationToken,
    clock: Arc<dyn Clock>,
    /// Lets blocking threads wait for the channel and for the order to stop at once.
    runtime: Handle,
    origins: Arc<Mutex<HashMap<String, OriginId>>>,
    /// Where the running source is told what a person wants of it.
    wants: Arc<Mutex<Option<Sender<Want>>>>,
}

impl fmt::Debug for Outlet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outlet").field("source", &self.source).finish_non_exhaustive()
    }
}

/// The methods without `async` block and are for blocking threads; in a task they panic as
/// [`Handle::block_on`] does. A full channel makes them wait: a slow screen slows the reading.
impl Outlet {
    /// An outlet for `source`. `cancel` ends every wait; `runtime` needs its timer.
    pub fn new(
        source: SourceId,
        to: Sender<SourceMsg>,
        cancel: CancellationToken,
        clock: Arc<dyn Clock>,
        runtime: Handle,
    ) -> Self {
        Self { source, to, cancel, clock, runtime, origins: Arc::default(), wants: Arc::default() }
    }

    /// Another way to the same place with the same origins, for what goes on after `cancel` of this one.
    #[must_use]
    pub fn renewed(&self, cancel: CancellationToken) -> Self {
        Self { cancel, ..self.clone() }
    }

    /// What a person wants of the source from now on; an earlier receiver gets nothing more.
    pub fn wants(&self) -> Receiver<Want> {
        let (to, wants) = tokio::sync::mpsc::channel(WANTS);
        *self.wants.lock().unwrap_or_else(PoisonError::into_inner) = Some(to);
        wants
    }

    /// Tells the running source what is wanted of it. False when nothing runs that would listen, or too much waits.
    pub fn want(&self, want: Want) -> bool {
        let to = self.wants.lock().unwrap_or_else(PoisonError::into_inner);
        to.as_ref().is_some_and(|to| to.try_send(want).is_ok())
    }

    /// The source that writes here.
    pub const fn source(&self) -> SourceId {
        self.source
    }

    /// The wall clock now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The clock itself, for parts of a source that outlive a call.
    pub fn clock(&self) -> Arc<dyn Clock> {
        self.clock.clone()
    }

    /// The order to stop.
    pub const fn cancel(&self) -> &CancellationToken {
        &self.cancel
    }

    /// The origin of this name; the first time it is announced.
    ///
    /// # Errors
    /// The source has to stop.
    pub fn origin(&self, name: &str) -> Result<OriginId, Closed> {
        let (id, is_new) = self.number(name);
        if is_new {
            self.send(SourceMsg::Origin { id, name: name.to_owned() })?;
        }
        Ok(id)
    }

    /// Sends the records, in messages of at most [`BATCH_RECORDS`] and about [`BATCH_BYTES`], and empties the batch.
    ///
    /// # Errors
    /// The source has to stop; the rest of the records is dropped.
    pub fn batch(&self, batch: &mut Batch) -> Result<(), Closed> {
        for part in parts(batch) {
            self.send(SourceMsg::Batch { source: self.source, batch: part })?;
        }
        Ok(())
    }

    /// Says how the source is.
    ///
    /// # Errors
    /// The source has to stop.
    pub fn health(&self, health: Health) -> Result<(), Closed> {
        self.send(SourceMsg::Health { source: self.source, health })
    }

    /// Tells what came of a question.
    ///
    /// # Errors
    /// The question was taken back.
    pub fn answer(&self, ticket: u32, answer: Answer) -> Result<(), Closed> {
        self.send(SourceMsg::Answer { source: self.source, ticket, answer })
    }

    /// [`Outlet::answer`] for tasks.
    ///
    /// # Errors
    /// The question was taken back.
    pub async fn answer_async(&self, ticket: u32, answer: Answer) -> Result<(), Closed> {
        self.send_async(SourceMsg::Answer { source: self.source, ticket, answer }).await
    }

    /// Says that the source begins anew.
    ///
    /// # Errors
    /// The source has to stop.
    pub async fn reopened_async(&self) -> Result<(), Closed> {
        self.send_async(SourceMsg::Reopened(self.source)).await
    }

    /// [`Outlet::health`] for tasks.
    ///
    /// # Errors
    /// The source has to stop.
    pub async fn health_async(&self, health: Health) -> Result<(), Closed> {
        self.send_async(SourceMsg::Health { source: self.source, health }).await
    }

    /// [`Outlet::origin`] for tasks.
    ///
    /// # Errors
    /// The source has to stop.
    pub async fn origin_async(&self, name: &str) -> Result<OriginId, Closed> {
        let (id, is_new) = self.number(name);
        if is_new {
            self.send_async(SourceMsg::Origin { id, name: name.to_owned() }).await?;
        }
        Ok(id)
    }

    /// [`Outlet::batch`] for tasks.
    ///
    /// # Errors
    /// The source has to stop; the rest of the records is dropped.
    pub async fn batch_async(&self, batch: &mut Batch) -> Result<(), Closed> {
        for part in parts(batch) {
            self.send_async(SourceMsg::Batch { source: self.source, batch: part }).await?;
        }
        Ok(())
    }

    /// Tells how pods are, for tasks.
    ///
    /// # Errors
    /// The source has to stop.
    pub async fn pods_async(&self, news: pods::News) -> Result<(), Closed> {
        self.send_async(SourceMsg::Pods { source: self.source, news }).await
    }

    /// Tells how objects are, for tasks.
    ///
    /// # Errors
    /// The source has to stop.
    pub async fn objects_async(&self, news: objects::News) -> Result<(), Closed> {
        self.send_async(SourceMsg::Objects { source: self.source, news }).await
    }

    /// Tells how documents are asked for, for tasks.
    ///
    /// # Errors
    /// The source has to stop.
    pub async fn documents_async(&self, news: documents::News) -> Result<(), Closed> {
        self.send_async(SourceMsg::Documents { source: self.source, news }).await
    }

    /// Says that everything before this place was sent, for tasks.
    ///
    /// # Errors
    /// The source has to stop.
    pub async fn cursor_async(&self, cursor: Cursor) -> Result<(), Closed> {
        self.send_async(SourceMsg::Cursor { source: self.source, cursor }).await
    }

    /// Says that everything before this place was sent.
    ///
    /// # Errors
    /// The source has to stop.
    pub fn cursor(&self, cursor: Cursor) -> Result<(), Closed> {
        self.send(SourceMsg::Cursor { source: self.source, cursor })
    }

    /// Waits, but not longer than the order to stop.
    ///
    /// # Errors
    /// The source has to stop.
    pub fn pause(&self, time: Duration) -> Result<(), Closed> {
        let stopped = async { tokio::time::timeout(time, self.cancel.cancelled()).await.is_ok() };
        if self.runtime.block_on(stopped) { Err(Closed) } else { Ok(()) }
    }

    /// Says `Closed` once the source has to stop.
    ///
    /// # Errors
    /// The source has to stop.
    pub fn check(&self) -> Result<(), Closed> {
        if self.cancel.is_cancelled() || self.to.is_closed() { Err(Closed) } else { Ok(()) }
    }

    fn number(&self, name: &str) -> (OriginId, bool) {
        let mut origins = self.origins.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(id) = origins.get(name) {
            return (*id, false);
        }
        let id = OriginId::new(self.source, origins.len() as u32);
        origins.insert(name.to_owned(), id);
        (id, true)
    }

    fn send(&self, message: SourceMsg) -> Result<(), Closed> {
        self.runtime.block_on(self.send_async(message))
    }

    async fn send_async(&self, message: SourceMsg) -> Result<(), Closed> {
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => Err(Closed),
            sent = self.to.send(message) => sent.map_err(|_| Closed),
        }
    }
}

/// Cuts a batch into messages and leaves it empty.
fn parts(batch: &mut Batch) -> Vec<Batch> {
    let whole = std::mem::take(batch);
    if whole.is_empty() {
        return Vec::new();
    }
    if whole.len() <= BATCH_RECORDS && whole.arena().len() <= BATCH_BYTES {
        return vec![whole];
    }
    let mut parts = Vec::new();
    let mut row = 0;
    while row < whole.len() {
        let start = whole.span(row).0;
        let mut end = row + 1;
        while end < whole.len() && end - row < BATCH_RECORDS && whole.span(end).1 - start < BATCH_BYTES {
            end += 1;
        }
        let mut part = Batch::with_capacity(whole.span(end - 1).1 + 1 - start, end - row);
        part.append_rows(&whole, row..end);
        parts.push(part);
        row = end;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Meta;

    struct Fixed;

    impl Clock for Fixed {
        fn now(&self) -> Timestamp {
            Timestamp(1)
        }
    }

    fn batch_of(records: usize, bytes: usize) -> Batch {
        let mut batch = Batch::default();
        for n in 0..records {
            let meta = Meta { order: Timestamp(n as i64), ..Meta::default() };
            batch.push(&meta, &vec![b'x'; bytes]);
        }
        batch
    }

    #[test]
    fn batches_are_cut_by_records_and_bytes_and_nothing_is_lost() {
        let check = |records, bytes, expected: &[usize]| {
            let mut batch = batch_of(records, bytes);
            let parts = parts(&mut batch);
            assert!(batch.is_empty());
            assert_eq!(parts.iter().map(Batch::len).collect::<Vec<_>>(), expected);
            let orders: Vec<_> = parts.iter().flat_map(|p| p.orders().to_vec()).collect();
            assert_eq!(orders, (0..records as i64).collect::<Vec<_>>());
        };
        check(0, 1, &[]);
        check(512, 10, &[512]);
        check(1100, 10, &[512, 512, 76]);
        check(5, 100_000, &[2, 2, 1]);
        check(2, 300_000, &[1, 1]);
    }

    #[test]
    fn a_full_channel_waits_and_the_order_to_stop_ends_the_wait() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (to, mut from) = tokio::sync::mpsc::channel(2);
        let cancel = CancellationToken::new();
        let outlet = Outlet::new(SourceId(3), to, cancel.clone(), Arc::new(Fixed), runtime.handle().clone());
        let first = outlet.origin("a").unwrap();
        assert_eq!(outlet.origin("a").unwrap(), first, "announced once");
        let second = outlet.origin("b").unwrap();
        assert_eq!((first.local(), second.local(), second.source()), (0, 1, SourceId(3)));
        let waiting = std::thread::spawn({
            let outlet = outlet.clone();
            move || outlet.batch(&mut batch_of(1, 1))
        });
        cancel.cancel();
        assert_eq!(waiting.join().unwrap(), Err(Closed));
        assert_eq!(outlet.pause(Duration::from_hours(1)), Err(Closed));
        assert!(matches!(from.try_recv(), Ok(SourceMsg::Origin { name, .. }) if name == "a"));
        assert!(matches!(from.try_recv(), Ok(SourceMsg::Origin { name, .. }) if name == "b"));
        assert!(from.try_recv().is_err());
    }
}
