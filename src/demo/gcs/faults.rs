//! What goes wrong on purpose, and what was asked.
//!
//! Owns the kinds of faults, the requests they are meant for, and the journal. Must not know the state.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// What a request is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A listing of this bucket, with this prefix.
    List(String, String),
    /// What is told about this object of this bucket.
    Describe(String, String),
    /// The bytes of this object of this bucket.
    Read(String, String),
    /// Something else.
    Other,
}

/// Which requests are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Aim {
    /// All of them.
    Any,
    /// Listings.
    List,
    /// Listings of this prefix.
    Listing(String),
    /// All that read objects' bytes.
    Read,
    /// Those that read this object, by its name.
    Object(String),
}

impl Aim {
    fn fits(&self, what: &What) -> bool {
        match (self, what) {
            (Self::Any, _) | (Self::List, What::List(..)) | (Self::Read, What::Read(..)) => true,
            (Self::Listing(prefix), What::List(_, of)) => prefix == of,
            (Self::Object(name), What::Read(_, of)) => name == of,
            _ => false,
        }
    }
}

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The connection breaks after so many bytes of the body; its length promises all of them.
    BreakAfter(u64),
    /// Nothing comes any more after so many bytes of the body.
    StallAfter(u64),
    /// Not even the headers come.
    Silence,
    /// The answer waits so long.
    Delay(Duration),
    /// The body comes in pieces of so many bytes, with a pause before each.
    Slow(usize, Duration),
    /// This status with the service's words for it and this `Retry-After`, which may be nonsense; none when empty.
    Status(u16, String),
    /// 200 and this body, which is none of the service's.
    Instead(&'static str),
    /// 200 and the whole, although a part was asked for.
    IgnoreRange,
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

    pub(super) fn left(&self) -> u32 {
        self.0.iter().fold(0, |sum, (_, times, _)| sum.saturating_add(*times))
    }

    /// The oldest fault for that request, which is used up by it.
    pub(super) fn take(&mut self, what: &What) -> Option<Fault> {
        let (_, times, fault) = self.0.iter_mut().find(|(aim, times, _)| *times > 0 && aim.fits(what))?;
        *times -= 1;
        let fault = fault.clone();
        self.0.retain(|(_, times, _)| *times > 0);
        Some(fault)
    }
}

/// A request that came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The method.
    pub method: String,
    /// The path and query as they were sent.
    pub path: String,
    /// What it is about.
    pub what: What,
    /// `Range`, if any.
    pub range: Option<String>,
    /// Whether it brought a token.
    pub has_token: bool,
    /// The project that pays, if one was named.
    pub user_project: Option<String>,
    /// The status of the answer; 0 for one that never comes.
    pub status: u16,
    /// Bytes of the body that were given to the connection so far.
    pub sent: u64,
}

/// A request in the journal, whose body may still be on its way.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) seen: Seen,
    pub(super) sent: Arc<AtomicU64>,
}

impl Entry {
    pub(super) fn now(&self) -> Seen {
        Seen { sent: self.sent.load(Ordering::Relaxed), ..self.seen.clone() }
    }
}
