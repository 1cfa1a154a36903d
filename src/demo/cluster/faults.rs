//! What goes wrong on purpose, and what was asked.
//!
//! Owns the kinds of faults, which requests they meet, and the journal's entries. Must not know how answers are made.

use super::kind::Kind;
use super::status::Status;
use crate::model::Timestamp;
use std::time::Duration;

/// Which requests are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Aim {
    /// All.
    All,
    /// Those of logs.
    Logs,
    /// Watches.
    Watches,
    /// Lists.
    Lists,
    /// Those whose path (without its query) begins so.
    Path(String),
    /// Watches of a kind.
    WatchesOf(Kind),
}

impl Aim {
    pub(super) fn fits(&self, what: &What) -> bool {
        match self {
            Self::All => true,
            Self::Logs => what.subresource == "log",
            Self::Watches => what.verb == "watch",
            Self::Lists => what.verb == "list",
            Self::Path(prefix) => what.path.starts_with(prefix),
            Self::WatchesOf(kind) => what.verb == "watch" && what.kind == Some(*kind),
        }
    }
}

/// What a request is about, as Kubernetes names it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct What {
    /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, or the method in small letters.
    pub verb: String,
    /// The kind; none for paths such as `/version`.
    pub kind: Option<Kind>,
    /// Empty for all namespaces, and for what is in none.
    pub namespace: String,
    /// Empty for lists.
    pub name: String,
    /// `log`, or empty.
    pub subresource: String,
    /// The path without its query.
    pub path: String,
}

/// A request that came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// When, by the cluster's clock.
    pub at: Timestamp,
    /// The method.
    pub method: String,
    /// What it is about.
    pub what: What,
    /// The query as it was sent.
    pub query: String,
    /// Who; empty when the token is not known.
    pub user: String,
    /// The status of the answer; 0 when there is none.
    pub status: u16,
    /// Whether it came by HTTP/2.
    pub is_http2: bool,
}

/// What goes wrong with an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// This status, with a Status body: 500, 503, 504, 401, 403, 404 …
    Status(u16),
    /// This status, and a page of a proxy.
    Page(u16),
    /// 429 with this `Retry-After` in seconds.
    TooMany(u64),
    /// 410; a watch gets it as an event.
    Gone,
    /// The answer comes later.
    Delay(Duration),
    /// No answer comes.
    Silence,
    /// After so many bytes of the body, this.
    After(usize, Cut),
    /// The body comes in pieces of these sizes in turn.
    Chunks(Vec<usize>),
    /// The body comes in pieces of so many bytes, with a pause before each.
    Slow(usize, Duration),
}

/// How a body ends before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// As if it were complete.
    End,
    /// The stream breaks: a reset of the stream (HTTP/2), or chunks without their end (HTTP/1.1).
    Break,
    /// The connection is reset, with all that goes over it.
    Reset,
    /// Nothing comes any more, and the connection stays.
    Stall,
}

impl Fault {
    /// What is sent in place of a real answer, for faults that need none.
    pub(super) fn status(&self) -> Option<Status> {
        let status = |code, reason, message: &str| Some(Status::new(code, reason, message));
        match self {
            Self::Status(401) => Some(Status::unauthorized()),
            Self::Status(404) => Some(Status::no_path()),
            Self::Status(500) => status(500, "InternalError", "Internal error occurred: etcdserver: leader changed"),
            Self::Status(503) => {
                status(503, "ServiceUnavailable", "the server is currently unable to handle the request")
            }
            Self::Status(504) => status(504, "Timeout", "request timed out"),
            Self::Status(code) => status(*code, "", "the embedded server was told to answer this"),
            Self::TooMany(seconds) => {
                let message = "the server has received too many requests and has asked us to try again later";
                Some(Status { retry_after: Some(*seconds), ..Status::new(429, "TooManyRequests", message) })
            }
            Self::Gone => Some(Status::expired("too old resource version: 1 (1000)")),
            _ => None,
        }
    }
}

/// Faults that are waiting for their requests.
#[derive(Debug, Default)]
pub(super) struct Faults(Vec<(Aim, u32, Fault)>);

impl Faults {
    pub(super) fn add(&mut self, aim: Aim, times: u32, fault: Fault) {
        self.0.push((aim, times, fault));
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// How many requests will still meet a fault.
    pub(super) fn left(&self) -> u32 {
        self.0.iter().fold(0, |sum: u32, waiting| sum.saturating_add(waiting.1))
    }

    /// The oldest fault for that request, which is used up by it.
    pub(super) fn take(&mut self, what: &What) -> Option<Fault> {
        let (_, times, fault) = self.0.iter_mut().find(|(aim, times, _)| *times > 0 && aim.fits(what))?;
        *times -= 1;
        Some(fault.clone())
    }
}
