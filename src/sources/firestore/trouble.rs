//! What went wrong, in plain words: what failed, who asked, what to do; and what is done about it.
//!
//! Owns the way from gRPC's codes and the libraries' errors to sentences. Must not pass on a secret.

use crate::sources::google;
use std::error::Error;
use std::io;
use std::time::Duration;
use tonic::{Code, Status};

/// Characters of somebody else's words that are passed on.
const MAX_WORDS: usize = 400;

/// A clock that differs by less is as good as right.
const SKEW: i64 = 5;

/// What is done about a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The server is away or has too much to do; it is asked again soon.
    Away,
    /// The way broke, as it does now and then: at once again.
    Broke,
    /// Too much was asked; it is asked again later.
    Exhausted,
    /// The token was not taken; with a new one at once.
    Unauthenticated,
    /// There are no credentials, or none that can be used.
    NoLogin,
    /// The account may not. Somebody has to allow it: asked again now and then.
    Denied,
    /// What was asked cannot be answered as it is: an index, a collection, a database is missing.
    Missing,
    /// It is wrong in itself, and never gets right.
    Wrong,
    /// The place to go on from is no more: everything is asked anew.
    Stale,
}

/// A failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trouble {
    /// What is done about it.
    pub(super) kind: Kind,
    /// A sentence for people.
    pub(super) words: String,
}

impl Trouble {
    fn new(kind: Kind, words: impl Into<String>) -> Self {
        Self { kind, words: words.into() }
    }

    /// The settings are wrong.
    pub(super) fn settings(words: String) -> Self {
        Self::new(Kind::Wrong, words)
    }

    /// The certificates cannot be used.
    pub(super) fn unusable_tls(error: &(dyn Error + 'static)) -> Self {
        Self::new(Kind::Wrong, format!("TLS cannot be used: {}", last(error)))
    }

    /// There is no token.
    pub(super) fn login(error: &google::LoginError) -> Self {
        let kind = if error.is_passing() { Kind::Away } else { Kind::NoLogin };
        Self::new(kind, error.to_string())
    }

    /// There was no answer in time.
    pub(super) fn slow(server: &str, after: Duration) -> Self {
        Self::new(Kind::Away, format!("{server} did not answer within {} s", after.as_secs()))
    }

    /// The service ended the stream.
    pub(super) fn ended(server: &str) -> Self {
        Self::new(Kind::Broke, format!("{server} ended the stream"))
    }

    /// What the service, or the way to it, says to `account`.
    pub(super) fn of(status: &Status, account: &str, server: &str) -> Self {
        if let Some(source) = status.source()
            && let Some(trouble) = connection(source, server)
        {
            return trouble;
        }
        Self::of_code(status.code(), status.message(), account, server)
    }

    /// The same for a status that came inside of an answer.
    pub(super) fn of_code(code: Code, message: &str, account: &str, server: &str) -> Self {
        let said = bounded(message);
        let who = if account.is_empty() { "this account" } else { account };
        match code {
            Code::Unauthenticated => {
                let todo = "log in again (gcloud auth application-default login)";
                Self::new(Kind::Unauthenticated, format!("{server} does not take the token of {who}: {said}; {todo}"))
            }
            Code::PermissionDenied => {
                let needs = "it needs datastore.entities.list and .get (roles/datastore.viewer)";
                let off = message.contains("has not been used") || message.contains("is disabled");
                let words = if off {
                    format!("the Firestore API is off in this project: {said}")
                } else {
                    format!("{who} may not read this: {said}; {needs}")
                };
                Self::new(Kind::Denied, words)
            }
            Code::NotFound => Self::new(Kind::Missing, format!("there is no such project or database: {said}")),
            Code::FailedPrecondition if message.contains("index") => {
                let words = match link(message) {
                    Some(link) => format!("this query needs an index; create it at {link}"),
                    None => format!("this query needs an index: {said}"),
                };
                Self::new(Kind::Missing, words)
            }
            Code::FailedPrecondition => Self::new(Kind::Missing, format!("{server} cannot answer this now: {said}")),
            Code::InvalidArgument if message.contains("resume") || message.contains("token") => {
                Self::new(Kind::Stale, format!("{server} knows the place to go on from no more: {said}"))
            }
            Code::InvalidArgument | Code::OutOfRange | Code::Unimplemented => {
                Self::new(Kind::Wrong, format!("{server} does not understand the query: {said}"))
            }
            Code::ResourceExhausted => Self::new(
                Kind::Exhausted,
                format!("the quota of reads is used up, or too much was asked at once: {said}"),
            ),
            Code::DeadlineExceeded => {
                Self::new(Kind::Away, format!("{server} gave up on the query, it took too long: {said}"))
            }
            Code::Unavailable => Self::new(Kind::Away, format!("{server} is not available: {said}")),
            Code::Aborted | Code::Internal | Code::Cancelled | Code::Unknown | Code::DataLoss => {
                Self::new(Kind::Broke, format!("the stream from {server} broke: {said}"))
            }
            Code::Ok | Code::AlreadyExists => Self::new(Kind::Broke, format!("{server} ended the stream: {said}")),
        }
    }
}

/// Words about this computer's clock, where it is behind the server's; both in nanoseconds.
pub(super) fn skew(own: i64, server: i64) -> Option<String> {
    let behind = server.saturating_sub(own) / 1_000_000_000;
    (behind >= SKEW).then(|| format!("this computer's clock is {behind} s behind the server's"))
}

/// What failed on the way; nothing when the server itself spoke.
fn connection(source: &(dyn Error + 'static), server: &str) -> Option<Trouble> {
    let causes = chain(source);
    if let Some(proxy) = causes.iter().find_map(|cause| cause.downcast_ref::<super::way::ProxyError>()) {
        return Some(Trouble::new(Kind::Away, format!("{server} cannot be reached: {proxy}")));
    }
    if let Some(tls) = causes.iter().find_map(|cause| cause.downcast_ref::<rustls::Error>()) {
        return Some(Trouble::new(Kind::Away, format!("no safe connection to {server}: {}", tls_words(tls))));
    }
    let io = causes.iter().rev().find_map(|cause| cause.downcast_ref::<io::Error>());
    let text = last(source);
    let words = match io.map(io::Error::kind) {
        Some(io::ErrorKind::ConnectionRefused) => "nothing listens there (connection refused)".to_owned(),
        Some(io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable | io::ErrorKind::NetworkDown) => {
            "no way leads there (is the network up?)".to_owned()
        }
        Some(io::ErrorKind::TimedOut) => "there was no answer in time".to_owned(),
        Some(io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe) => {
            return Some(Trouble::new(Kind::Broke, format!("{server} reset the connection")));
        }
        _ if ["not known", "nodename", "No address", "name resolution"].iter().any(|known| text.contains(known)) => {
            "no server has this name".to_owned()
        }
        _ if causes.iter().any(|cause| cause.to_string() == "tcp connect error") => text,
        _ => return None,
    };
    Some(Trouble::new(Kind::Away, format!("cannot connect to {server}: {words}")))
}

fn tls_words(error: &rustls::Error) -> String {
    use rustls::CertificateError as Bad;
    match error {
        rustls::Error::InvalidCertificate(Bad::UnknownIssuer) => {
            "its certificate is from an authority that is not trusted here; --ca-file can name that authority's own \
             certificate"
                .to_owned()
        }
        rustls::Error::InvalidCertificate(
            Bad::Expired | Bad::ExpiredContext { .. } | Bad::NotValidYet | Bad::NotValidYetContext { .. },
        ) => "its certificate is not valid now, or the clock here is wrong".to_owned(),
        rustls::Error::InvalidCertificate(Bad::NotValidForName | Bad::NotValidForNameContext { .. }) => {
            "its certificate is for another name".to_owned()
        }
        rustls::Error::InvalidMessage(_) => "it does not speak TLS there".to_owned(),
        other => bounded(&other.to_string()),
    }
}

/// The errors behind an error, outermost first, those inside of an [`io::Error`] included.
fn chain<'e>(error: &'e (dyn Error + 'static)) -> Vec<&'e (dyn Error + 'static)> {
    let mut causes = Vec::new();
    let mut next = Some(error);
    while let Some(cause) = next.filter(|_| causes.len() < 32) {
        causes.push(cause);
        let inner = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = inner.map(|inner| inner as &(dyn Error + 'static)).or_else(|| cause.source());
    }
    causes
}

fn last(error: &(dyn Error + 'static)) -> String {
    chain(error).last().map_or_else(String::new, |cause| bounded(&cause.to_string()))
}

/// The address of a page in a message.
fn link(message: &str) -> Option<&str> {
    let start = message.find("https://")?;
    let rest = &message[start..];
    let end = rest.find(|c: char| c.is_whitespace() || c.is_control()).unwrap_or(rest.len());
    Some(rest[..end].trim_end_matches(['.', ',', ')']))
}

/// The beginning of somebody else's words.
fn bounded(words: &str) -> String {
    let words = words.trim();
    match words.char_indices().nth(MAX_WORDS) {
        None if words.is_empty() => "it gave no reason".to_owned(),
        None => words.to_owned(),
        Some((end, _)) => format!("{}…", &words[..end]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_become_sentences() {
        let check = |code, message: &str, kind, expected: &str| {
            let trouble = Trouble::of(&Status::new(code, message), "reader@acme", "firestore.googleapis.com");
            assert_eq!(trouble.kind, kind, "{message}");
            assert!(trouble.words.contains(expected), "{}", trouble.words);
        };
        let index = "The query requires an index. You can create it here: \
                     https://console.firebase.google.com/v1/r/project/acme/firestore/indexes?create_composite=Cgx";
        check(
            Code::FailedPrecondition,
            index,
            Kind::Missing,
            "create it at https://console.firebase.google.com/v1/r/project/acme/firestore/indexes?create_composite=Cgx",
        );
        check(Code::PermissionDenied, "Missing or insufficient permissions.", Kind::Denied, "reader@acme may not read");
        check(Code::PermissionDenied, "x has not been used in project 1 before", Kind::Denied, "API is off");
        check(Code::NotFound, "The database eu does not exist", Kind::Missing, "no such project or database");
        check(Code::Unauthenticated, "", Kind::Unauthenticated, "does not take the token of reader@acme");
        check(Code::ResourceExhausted, "Quota exceeded.", Kind::Exhausted, "quota");
        check(Code::DeadlineExceeded, "", Kind::Away, "took too long: it gave no reason");
        check(Code::InvalidArgument, "'in' wants an array", Kind::Wrong, "'in' wants an array");
        check(Code::InvalidArgument, "bad resume token", Kind::Stale, "no more");
        check(Code::Unavailable, "later", Kind::Away, "is not available: later");
        let long = "x".repeat(10_000);
        assert!(Trouble::of(&Status::internal(long), "", "s").words.len() < 500);
    }

    #[test]
    fn a_clock_that_is_behind_is_said() {
        assert_eq!(skew(0, 4_000_000_000), None);
        assert_eq!(skew(60_000_000_000, 0), None);
        assert_eq!(skew(0, 12_500_000_000).unwrap(), "this computer's clock is 12 s behind the server's");
    }
}
