//! What goes wrong on purpose, and what was asked.
//!
//! Owns the kinds of faults, what they make of an answer, and the journal. Must not know either interface.

use super::answer::Reply;
use crate::demo::web::http_date;
use crate::model::Timestamp;
use crate::model::time::SECOND;
use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::time::{Sleep, sleep};

/// How long a connection lives on after the last byte before it breaks.
const BEFORE_BREAK: Duration = Duration::from_millis(20);

/// Which of the two listeners.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Host {
    /// The interface, which gets the token.
    Api,
    /// The host of logs, which must not get it.
    Blob,
}

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The connection breaks after so many bytes of the body; the length promises all of them.
    BreakAfter(usize),
    /// Nothing comes any more after so many bytes of the body.
    StallAfter(usize),
    /// Not even the headers come.
    Silence,
    /// The body comes in pieces of so many bytes, with a pause before each.
    Slow(usize, Duration),
    /// 429 with this `Retry-After`: seconds, a date, or nonsense. None when empty.
    TooMany(String),
    /// 403: all requests of the hour are used up. It ends so many seconds from now.
    UsedUp(i64),
    /// 403: a secondary limit, with this `Retry-After` in seconds.
    Secondary(Option<u64>),
    /// This status and a page of a proxy.
    Status(u16),
    /// 200 and a page where people log in.
    LoginPage,
    /// 200 and this body, which is none of the interface's.
    Instead(&'static str),
    /// The body ends after half of it, and the length says so: JSON that stops.
    Half,
    /// The clock of the server is wrong by so many seconds.
    Clock(i64),
    /// The whole is sent, although a part was asked for.
    IgnoreRange,
    /// The signed address is refused as expired.
    Expire,
    /// The body's length is not told.
    NoLength,
    /// A redirect with this status to this address.
    Redirect(u16, String),
    /// 200 and an array of JSON that has so many bytes before its end.
    Huge(usize),
    /// The log is another one by now, and `If-Range` is not known: its part comes with another tag.
    Changed,
}

impl Fault {
    /// What is sent in place of a real answer, for faults that need none.
    pub(super) fn reply(&self, now: Timestamp) -> Option<Reply> {
        let documentation = "https://docs.github.com/rest/overview/resources-in-the-rest-api";
        let limited = |message: &str, anchor: &str| {
            let body =
                serde_json::json!({ "message": message, "documentation_url": format!("{documentation}#{anchor}") });
            Reply::json(403, &body)
        };
        let page = |status: u16, title: &str| {
            let html =
                format!("<!DOCTYPE html>\n<html><head><title>{title}</title></head><body>{title}</body></html>\n");
            Reply::new(status, "text/html; charset=utf-8", html)
        };
        Some(match self {
            Self::TooMany(after) if after.is_empty() => Reply::new(429, "text/plain", "Retry later\n"),
            Self::TooMany(after) => Reply::new(429, "text/plain", "Retry later\n").with("retry-after", after),
            Self::UsedUp(seconds) => {
                let reply = limited("API rate limit exceeded for user ID 1.", "rate-limiting");
                let reset = now.saturating_add(seconds * SECOND).0 / SECOND;
                reply.with("x-ratelimit-limit", 5000).with("x-ratelimit-remaining", 0).with("x-ratelimit-reset", reset)
            }
            Self::Secondary(after) => {
                let words = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.";
                let reply = limited(words, "secondary-rate-limits");
                if let Some(after) = after { reply.with("retry-after", after) } else { reply }
            }
            Self::Status(status) => page(*status, "Bad Gateway"),
            Self::LoginPage => page(200, "Sign in to continue"),
            Self::Redirect(status, to) => {
                Reply::new(*status, "text/html;charset=utf-8", Bytes::new()).with("location", to)
            }
            Self::Huge(bytes) => {
                let mut body = vec![b' '; *bytes];
                body.insert(0, b'[');
                body.push(b']');
                Reply::new(200, "application/json; charset=utf-8", body)
            }
            Self::Instead(body) => Reply::new(200, "application/json; charset=utf-8", *body),
            _ => return None,
        })
    }

    /// Changes a real answer.
    pub(super) fn apply(&self, reply: &mut Reply, now: Timestamp) {
        match self {
            Self::Half => reply.body.truncate(reply.body.len() / 2),
            Self::Changed => {
                for (_, value) in reply.headers.iter_mut().filter(|(name, _)| *name == "etag") {
                    "\"another\"".clone_into(value);
                }
            }
            Self::Clock(seconds) => reply.headers.push(("date", http_date(now.saturating_add(seconds * SECOND)))),
            _ => {}
        }
    }
}

/// Faults that are waiting for their requests.
#[derive(Debug, Default)]
pub(super) struct Faults(Vec<Waiting>);

#[derive(Debug)]
struct Waiting {
    host: Host,
    prefix: String,
    times: u32,
    fault: Fault,
}

impl Faults {
    pub(super) fn add(&mut self, host: Host, prefix: &str, times: u32, fault: Fault) {
        self.0.push(Waiting { host, prefix: prefix.to_owned(), times, fault });
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// The oldest fault for that path, which is used up by it.
    pub(super) fn take(&mut self, host: Host, path: &str) -> Option<Fault> {
        let fits = |waiting: &Waiting| waiting.host == host && waiting.times > 0 && path.starts_with(&waiting.prefix);
        let waiting = self.0.iter_mut().find(|waiting| fits(waiting))?;
        waiting.times -= 1;
        Some(waiting.fault.clone())
    }
}

/// A request that came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// To which listener.
    pub host: Host,
    /// The method.
    pub method: String,
    /// The path and query as they were sent.
    pub path: String,
    /// Whether any header for tokens was there.
    pub has_token: bool,
    /// `If-None-Match`, if any.
    pub if_none_match: Option<String>,
    /// `Range`, if any.
    pub range: Option<String>,
    /// The status of the answer.
    pub status: u16,
}

/// A body that may break, stall, or come slowly.
pub(super) struct Paced {
    rest: Bytes,
    /// Bytes that are still sent before the fault.
    until: usize,
    /// What comes then.
    then: Then,
    /// Bytes of a piece, and the pause before it.
    pace: Option<(usize, Duration)>,
    pause: Option<Pin<Box<Sleep>>>,
    has_length: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Then {
    End,
    Break,
    Stall,
}

impl Paced {
    pub(super) fn new(body: Bytes, fault: Option<&Fault>) -> Self {
        let (until, then) = match fault {
            Some(Fault::BreakAfter(n)) if *n < body.len() => (*n, Then::Break),
            Some(Fault::StallAfter(n)) if *n < body.len() => (*n, Then::Stall),
            _ => (body.len(), Then::End),
        };
        let pace = match fault {
            Some(Fault::Slow(piece, pause)) => Some(((*piece).max(1), *pause)),
            _ => None,
        };
        Self { rest: body, until, then, pace, pause: None, has_length: fault != Some(&Fault::NoLength) }
    }
}

impl Body for Paced {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if self.until == 0 {
            return match self.then {
                Then::End => Poll::Ready(None),
                Then::Break => {
                    // What was given so far is sent only while more is waited for.
                    let waits = self.pause.get_or_insert_with(|| Box::pin(sleep(BEFORE_BREAK)));
                    ready!(waits.as_mut().poll(cx));
                    Poll::Ready(Some(Err(io::ErrorKind::ConnectionReset.into())))
                }
                Then::Stall => Poll::Pending,
            };
        }
        let mut piece = self.until.min(64 * 1024);
        if let Some((bytes, pause)) = self.pace {
            let waits = self.pause.get_or_insert_with(|| Box::pin(sleep(pause)));
            ready!(waits.as_mut().poll(cx));
            self.pause = None;
            piece = piece.min(bytes);
        }
        self.until -= piece;
        let piece = self.rest.split_to(piece);
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.has_length && self.until == 0 && self.then == Then::End
    }

    fn size_hint(&self) -> SizeHint {
        if self.has_length { SizeHint::with_exact(self.rest.len() as u64) } else { SizeHint::default() }
    }
}
