//! What goes wrong on purpose, and what was called.
//!
//! Owns the kinds of faults, the calls they are meant for, and the journal. Must not know the state.

use super::grpc::Status;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::watch;

/// What is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rpc {
    /// `RunQuery`
    Query,
    /// `BatchGetDocuments`
    Get,
    /// `Listen`
    Listen,
    /// Anything else, which is not there.
    Other,
}

/// How a stream ends on purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cut {
    /// With this status.
    Status(Status),
    /// The stream is reset; the connection lives on.
    Reset,
    /// The connection is reset.
    Connection,
    /// Nothing comes any more, and the connection lives on.
    Stall,
}

/// How long a stream lives on after the last message before it breaks, so that the message arrives.
pub(super) const BEFORE_BREAK: Duration = Duration::from_millis(20);

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The call ends at once, with this status.
    Status(Status),
    /// The stream ends so after so many messages.
    After(u64, Cut),
    /// The answer waits so long.
    Delay(Duration),
}

/// Faults that are waiting for their calls.
#[derive(Debug, Default)]
pub(super) struct Faults(Vec<(Option<Rpc>, u32, Fault)>);

impl Faults {
    pub(super) fn add(&mut self, rpc: Option<Rpc>, times: u32, fault: Fault) {
        self.0.push((rpc, times, fault));
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// The oldest fault for that call, which is used up by it.
    pub(super) fn take(&mut self, rpc: Rpc) -> Option<Fault> {
        let is_meant =
            |(meant, times, _): &(Option<Rpc>, u32, Fault)| *times > 0 && meant.is_none_or(|meant| meant == rpc);
        let at = self.0.iter().position(is_meant)?;
        self.0[at].1 -= 1;
        let fault = self.0[at].2.clone();
        self.0.retain(|(_, times, _)| *times > 0);
        Some(fault)
    }
}

/// A call that came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Which.
    pub rpc: Rpc,
    /// Its name, as it was sent: `RunQuery`.
    pub name: String,
    /// Whether it brought a token.
    pub has_token: bool,
    /// The project that pays, if one was named.
    pub user_project: Option<String>,
    /// Documents that were sent so far, which is what reads cost.
    pub documents: u64,
    /// Messages that were sent so far.
    pub messages: u64,
    /// Targets that were added with a token to go on from.
    pub resumed: u64,
    /// The code that it ended with; nothing while it goes on, or when it was broken off.
    pub code: Option<i32>,
}

/// A call in the journal, which may still go on.
#[derive(Debug)]
pub(super) struct Entry {
    seen: Seen,
    pub(super) documents: AtomicU64,
    pub(super) messages: AtomicU64,
    pub(super) resumed: AtomicU64,
    code: AtomicI32,
    order: watch::Sender<Option<Cut>>,
}

/// What an entry has as its code while the call goes on.
const OPEN: i32 = -1;

impl Entry {
    pub(super) fn new(rpc: Rpc, name: &str, has_token: bool, user_project: Option<String>) -> Arc<Self> {
        let name = name.to_owned();
        let seen = Seen { rpc, name, has_token, user_project, documents: 0, messages: 0, resumed: 0, code: None };
        Arc::new(Self {
            seen,
            documents: AtomicU64::new(0),
            messages: AtomicU64::new(0),
            resumed: AtomicU64::new(0),
            code: AtomicI32::new(OPEN),
            order: watch::Sender::new(None),
        })
    }

    pub(super) const fn rpc(&self) -> Rpc {
        self.seen.rpc
    }

    pub(super) fn sent(&self, documents: u64) {
        self.documents.fetch_add(documents, Ordering::Relaxed);
        self.messages.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn end(&self, code: i32) {
        self.code.store(code, Ordering::Relaxed);
    }

    pub(super) fn orders(&self) -> watch::Receiver<Option<Cut>> {
        self.order.subscribe()
    }

    /// Ends the stream so, if it is open.
    pub(super) fn cut(&self, cut: &Cut) -> bool {
        self.order.send(Some(cut.clone())).is_ok()
    }

    pub(super) fn is_open(&self) -> bool {
        !self.order.is_closed()
    }

    pub(super) fn now(&self) -> Seen {
        let code = self.code.load(Ordering::Relaxed);
        Seen {
            documents: self.documents.load(Ordering::Relaxed),
            messages: self.messages.load(Ordering::Relaxed),
            resumed: self.resumed.load(Ordering::Relaxed),
            code: (code != OPEN).then_some(code),
            ..self.seen.clone()
        }
    }
}
