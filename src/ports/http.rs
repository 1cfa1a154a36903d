//! HTTP as sources and models need it: one request, an answer with a body in pieces.
//!
//! Owns the trait. Must not know a client; `infra::http` has the one that is used. A redirect is an answer like any other:
//! whoever follows it decides what goes with it.

use std::{pin::Pin, time::Duration};

/// A piece of a body.
pub type Piece = Result<Vec<u8>, HttpError>;

/// The work of a request.
pub type Asking<'a> = Pin<Box<dyn Future<Output = Result<Answer, HttpError>> + Send + 'a>>;

/// Asks servers.
pub trait Http: Send + Sync {
    /// Sends a request and gives the answer as soon as its headers are there. Dropping it cancels.
    fn ask(&self, request: Request) -> Asking<'_>;
}

/// A request.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// `GET`, `POST` …; an empty one is `GET`.
    pub method: &'static str,
    /// The whole address, `https://…`.
    pub url: String,
    /// Names in lower case, and values. Values of `authorization` and the like never reach a log.
    pub headers: Vec<(&'static str, String)>,
    /// What is sent.
    pub body: Vec<u8>,
    /// How long the headers of the answer, and each piece of its body, may take; the client's own limit when none.
    pub patience: Option<Duration>,
}

/// An answer whose body has not been read.
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// Names in lower case, and values; those that are no text are left out.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Box<dyn Body>,
}

impl Answer {
    /// The first header of this name, which is in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answer").field("status", &self.status).finish_non_exhaustive()
    }
}

/// A body that comes in pieces.
pub trait Body: Send {
    /// The next piece; `None` at the end. After an error there is no more.
    fn next(&mut self) -> Pin<Box<dyn Future<Output = Option<Piece>> + Send + '_>>;
}

/// Why there is no answer, or no more of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// The address makes no sense.
    #[error("`{0}` is no web address")]
    Address(String),
    /// The request cannot be written down: a header with a line break, say.
    #[error("this cannot be asked of {host}: {why}")]
    Unsendable {
        /// The host.
        host: String,
        /// What is wrong; names a header, never its value.
        why: String,
    },
    /// The name is not known, nobody listens, or the way is blocked.
    #[error("cannot connect to {host}: {why}")]
    Connect {
        /// The host.
        host: String,
        /// What the system or the proxy says.
        why: String,
    },
    /// The certificate is not trusted, or the other side speaks no TLS.
    #[error("no safe connection to {host}: {why}")]
    Tls {
        /// The host.
        host: String,
        /// What is wrong.
        why: String,
    },
    /// Nothing came for too long.
    #[error("{host} did not answer within {seconds} s")]
    Slow {
        /// The host.
        host: String,
        /// How long was waited.
        seconds: u64,
    },
    /// It broke off.
    #[error("the connection to {host} broke off: {why}")]
    Broken {
        /// The host.
        host: String,
        /// What is known of it.
        why: String,
    },
}
