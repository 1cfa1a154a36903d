//! Why the API server gave no useful answer, in words for people, and whether it makes sense to ask again.
//!
//! Owns the words and the pauses. Must not send anything. What a server says is made safe and short before it is quoted.

use crate::parse::text;
use kube::core::Status;
use kube::runtime::watcher;
use std::time::Duration;

/// The most characters of a server's message that are quoted.
const MAX_QUOTE: usize = 200;

/// The longest that a server may make us wait.
const MAX_WAIT: Duration = Duration::from_mins(1);

/// No useful answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// What it is.
    pub kind: Kind,
    /// A sentence that says what to do, safe for a terminal.
    pub words: String,
    /// How long the server wants us to wait.
    pub wait: Option<Duration>,
}

/// What went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The server cannot be reached, or the connection broke off.
    Unreachable,
    /// The credentials are not accepted (401), or cannot be had.
    Unauthorized,
    /// A permission is missing (403).
    Forbidden,
    /// It is not there (404).
    Missing,
    /// A version is too old (410): the list has to be read again.
    Gone,
    /// The server asks for a pause (429, 503, 504).
    Busy,
    /// The server cannot do it now, or as it was asked (400): a container has not started.
    Refused,
    /// The server has a problem of its own.
    Server,
}

/// What was asked, for the words.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The verb of the permission: `get`, `list`, `watch`.
    pub verb: &'a str,
    /// The resource, perhaps with its group or subresource: `pods`, `deployments.apps`, `pods/log`.
    pub resource: &'a str,
    /// The namespace; none for all of them, or for what has none.
    pub namespace: Option<&'a str>,
    /// The kubeconfig's context.
    pub context: &'a str,
    /// The API server's address.
    pub server: &'a str,
    /// The proxy in between, without its password; empty without one.
    pub proxy: &'a str,
}

impl Asked<'_> {
    /// The line that checks the permission.
    fn can_i(&self) -> String {
        let what = match self.resource.split_once('/') {
            Some((resource, sub)) => format!("{resource} --subresource={sub}"),
            None => self.resource.to_owned(),
        };
        let place = match self.namespace {
            Some(namespace) => format!(" -n {namespace}"),
            None if self.resource == "nodes" || self.resource == "namespaces" => String::new(),
            None => " -A".to_owned(),
        };
        let context = match self.context {
            super::kubeconfig::IN_CLUSTER => String::new(),
            context => format!(" --context {context}"),
        };
        format!("kubectl auth can-i {} {what}{place}{context}", self.verb)
    }

    fn place(&self) -> String {
        match self.namespace {
            Some(namespace) => format!(" in namespace {namespace}"),
            None if self.resource == "nodes" || self.resource == "namespaces" => String::new(),
            None => " in all namespaces".to_owned(),
        }
    }

    /// What an error of kube's means.
    pub fn trouble(&self, error: &kube::Error) -> Trouble {
        match error {
            kube::Error::Api(status) => self.status(status),
            kube::Error::Auth(e) => Trouble::new(Kind::Unauthorized, quote(&e.to_string())),
            kube::Error::SerdeError(e) => Trouble::new(
                Kind::Server,
                format!("{} answered what is no JSON of Kubernetes: {}", self.server, quote(&e.to_string())),
            ),
            other => {
                let by = if self.proxy.is_empty() { String::new() } else { format!(", by the proxy {}", self.proxy) };
                Trouble::new(Kind::Unreachable, format!("{}{by}: {}", self.server, connection(other)))
            }
        }
    }

    /// What an error of a watch means.
    pub fn watch_trouble(&self, error: &watcher::Error) -> Trouble {
        match error {
            watcher::Error::InitialListFailed(e) => Asked { verb: "list", ..*self }.trouble(e),
            watcher::Error::WatchStartFailed(e) | watcher::Error::WatchFailed(e) => {
                Asked { verb: "watch", ..*self }.trouble(e)
            }
            watcher::Error::WatchError(status) => self.status(status),
            watcher::Error::NoResourceVersion => {
                Trouble::new(Kind::Server, format!("{} gives {} without a version", self.server, self.resource))
            }
        }
    }

    /// What a status of the server's means.
    pub fn status(&self, status: &Status) -> Trouble {
        let said = quote(&status.message);
        let wait = status.details.as_ref().map(|details| u64::from(details.retry_after_seconds)).filter(|s| *s > 0);
        let wait = wait.map(|seconds| Duration::from_secs(seconds).min(MAX_WAIT));
        let (kind, words) = match status.code {
            401 => (
                Kind::Unauthorized,
                format!("{} does not accept the credentials of context {} (401)", self.server, self.context),
            ),
            403 => (
                Kind::Forbidden,
                format!("may not {} {}{} (403); check with: {}", self.verb, self.resource, self.place(), self.can_i()),
            ),
            404 => (Kind::Missing, format!("not found (404): {said}")),
            410 => (Kind::Gone, format!("the list of {} is too old (410) and is read again", self.resource)),
            429 | 503 | 504 => (Kind::Busy, format!("{} asks for a pause ({}): {said}", self.server, status.code)),
            400 | 405 | 422 => (Kind::Refused, said),
            500 | 502 if status.message.contains("dial tcp") || status.message.contains(":10250") => {
                (Kind::Server, format!("the API server cannot reach the node: {said}"))
            }
            code => (Kind::Server, format!("{} answered {code}: {said}", self.server)),
        };
        Trouble { kind, words, wait }
    }
}

impl Trouble {
    /// Trouble of a kind in these words.
    pub fn new(kind: Kind, words: impl Into<String>) -> Self {
        Self { kind, words: words.into(), wait: None }
    }

    /// The pauses between tries: what the server asked for, else from `least` to `most`.
    pub fn pauses(&self, least: Duration, most: Duration) -> (Duration, Duration) {
        self.wait.map_or((least, most), |wait| (wait, wait))
    }

    /// A connection that broke while its answer was read.
    pub fn broken(error: &(dyn std::error::Error + 'static)) -> Self {
        Self::new(Kind::Unreachable, deepest(error))
    }
}

fn quote(text: &str) -> String {
    let safe = text::safe_line(text.as_bytes());
    let mut short: String = safe.chars().take(MAX_QUOTE).collect();
    if safe.chars().count() > MAX_QUOTE {
        short.push_str("...");
    }
    short
}

/// Why a connection could not be made or broke, from the innermost error: the outer ones say nothing.
fn connection(error: &kube::Error) -> String {
    let inner = match error {
        kube::Error::Service(inner) => deepest(&**inner),
        other => deepest(other),
    };
    match inner.as_str() {
        _ if inner.contains("UnknownIssuer") => {
            "its certificate is signed by nobody who is trusted here; name the authority with --ca-file".to_owned()
        }
        _ if inner.contains("BadEncoding") => {
            "a certificate cannot be read: the server's, or one of --ca-file or the kubeconfig".to_owned()
        }
        _ if inner.contains("Connection refused") => "connection refused".to_owned(),
        _ if inner.contains("certificate expired") || inner.contains("Expired") => {
            "its certificate has expired, or the clock here is wrong".to_owned()
        }
        _ => inner,
    }
}

fn deepest(error: &(dyn std::error::Error + 'static)) -> String {
    let mut inner = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    quote(&inner.to_string())
}

/// The pause before the next try: twice as long each time, up to `most`, and a random part of it less. One that is always the
/// same is what a server or a person needs: it gets longer instead.
pub fn pause(tries: u32, least: Duration, most: Duration, dice: u64) -> Duration {
    let whole = least.saturating_mul(1_u32.checked_shl(tries.saturating_sub(1)).unwrap_or(u32::MAX)).min(most);
    // Up to a third, so that many do not come at once.
    let part = whole.mul_f64((dice % 1000) as f64 / 3000.0);
    if least >= most { whole + part } else { whole.saturating_sub(part) }
}

/// The next of a row of random numbers (splitmix64).
pub const fn next_random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
