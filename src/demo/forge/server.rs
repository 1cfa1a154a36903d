//! The two listeners of the embedded CI service, on loopback: the interface, and the host of logs.
//!
//! Owns sockets, connections, faults' turns and the journal. Must not know what the interfaces answer.

use super::answer::{Ask, Reply};
use super::blob::Blobs;
use super::faults::{Fault, Faults, Host, Paced, Seen};
use super::state::State;
use super::{github, gitlab};
use crate::demo::web::{Query, decode, http_date};
use crate::demo::{Clock, lock};
use crate::model::Timestamp;
use bytes::Bytes;
use hyper::body::Incoming;
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// Requests that the journal holds; older ones go.
const MAX_SEEN: usize = 10_000;

/// A running service. It ends, with all of its connections, when this is dropped.
pub struct Server {
    shared: Arc<Shared>,
    /// The tasks of the two listeners, which own those of their connections.
    _tasks: JoinSet<()>,
}

struct Shared {
    state: Mutex<State>,
    blobs: Mutex<Blobs>,
    faults: Mutex<Faults>,
    journal: Mutex<Vec<Seen>>,
    clock: Clock,
    api: SocketAddr,
    blob: SocketAddr,
}

impl Server {
    /// Starts a service that knows `state`, at two free ports of 127.0.0.1. Needs a tokio runtime around it.
    ///
    /// # Errors
    /// When there is no free port.
    pub fn start(state: State, clock: Clock) -> io::Result<Self> {
        let (api, blob) = (listener()?, listener()?);
        let shared = Arc::new(Shared {
            state: Mutex::new(state),
            blobs: Mutex::default(),
            faults: Mutex::default(),
            journal: Mutex::default(),
            clock,
            api: api.local_addr()?,
            blob: blob.local_addr()?,
        });
        let mut tasks = JoinSet::new();
        tasks.spawn(listen(api, Host::Api, Arc::clone(&shared)));
        tasks.spawn(listen(blob, Host::Blob, Arc::clone(&shared)));
        Ok(Self { shared, _tasks: tasks })
    }

    /// Where the interfaces are: GitHub's at the root and below `/api/v3`, GitLab's below `/api/v4`.
    pub fn address(&self) -> SocketAddr {
        self.shared.api
    }

    /// Where the logs of GitHub are.
    pub fn blob_address(&self) -> SocketAddr {
        self.shared.blob
    }

    /// What the service knows, to look at or to change. Requests wait meanwhile.
    pub fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.shared.state)
    }

    /// The requests so far, in the order of their answers.
    pub fn journal(&self) -> Vec<Seen> {
        lock(&self.shared.journal).clone()
    }

    /// Forgets the requests so far.
    pub fn clear_journal(&self) {
        lock(&self.shared.journal).clear();
    }

    /// Lets the next `times` requests go wrong whose path (without its query) begins with `prefix`. Of several faults for
    /// a path, the first that was set comes first.
    pub fn fail(&self, host: Host, prefix: &str, times: u32, fault: Fault) {
        lock(&self.shared.faults).add(host, prefix, times, fault);
    }

    /// All goes well from now on.
    pub fn clear_faults(&self) {
        lock(&self.shared.faults).clear();
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("api", &self.shared.api).field("blob", &self.shared.blob).finish_non_exhaustive()
    }
}

fn listener() -> io::Result<TcpListener> {
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    listener.set_nonblocking(true)?;
    TcpListener::from_std(listener)
}

/// Serves each connection in a task of its own. They end with this one.
async fn listen(listener: TcpListener, host: Host, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next(), if !connections.is_empty() => continue,
        };
        // The other side may be gone already.
        let Ok((stream, _)) = accepted else { continue };
        let shared = Arc::clone(&shared);
        connections.spawn(async move {
            let service = service_fn(|request| Arc::clone(&shared).serve(host, request));
            let mut http = http1::Builder::new();
            http.timer(TokioTimer::new()).auto_date_header(false);
            if let Err(error) = http.serve_connection(TokioIo::new(stream), service).await {
                // Connections break on purpose, too.
                tracing::debug!(%error, "a connection to the embedded service ended");
            }
        });
    }
}

impl Shared {
    async fn serve(self: Arc<Self>, host: Host, request: Request<Incoming>) -> Result<Response<Paced>, Infallible> {
        let now = (self.clock)();
        let path = request.uri().path().to_owned();
        let fault = lock(&self.faults).take(host, &path);
        if fault == Some(Fault::Silence) {
            self.note(host, &request, 0);
            return future::pending().await;
        }
        let mut reply = match fault.as_ref().and_then(|fault| fault.reply(now)) {
            Some(reply) => reply,
            None => self.answer(host, &request, fault.as_ref(), now),
        };
        if let Some(fault) = &fault {
            fault.apply(&mut reply, now);
        }
        self.note(host, &request, reply.status);
        Ok(response(reply, request.method() == Method::HEAD, fault.as_ref(), now))
    }

    fn answer(&self, host: Host, request: &Request<Incoming>, fault: Option<&Fault>, now: Timestamp) -> Reply {
        let site = format!("http://{}", self.api);
        let path = request.uri().path();
        let (prefix, rest) = match host {
            Host::Blob => ("", path),
            Host::Api => ["/api/v3", "/api/v4"]
                .into_iter()
                .find_map(|prefix| Some((prefix, path.strip_prefix(prefix)?)))
                .unwrap_or(("", path)),
        };
        let ask = Ask {
            method: request.method().clone(),
            path: rest.split('/').filter(|part| !part.is_empty()).map(|part| decode(part, false)).collect(),
            query: Query::parse(request.uri().query().unwrap_or_default()),
            headers: request.headers().clone(),
            now,
            base: format!("{site}{prefix}"),
            site,
        };
        if host == Host::Blob {
            return lock(&self.blobs).answer(&ask, fault);
        }
        let mut state = lock(&self.state);
        if prefix == "/api/v4" {
            return gitlab::answer(&mut state, &ask);
        }
        if prefix.is_empty()
            && !matches!(ask.path.first().map(String::as_str), Some("repos" | "repositories" | "rate_limit"))
        {
            return people();
        }
        github::answer(&mut state, &mut lock(&self.blobs), &format!("http://{}", self.blob), &ask)
    }

    fn note(&self, host: Host, request: &Request<Incoming>, status: u16) {
        let text = |name: HeaderName| Some(request.headers().get(name)?.to_str().ok()?.to_owned());
        let secrets = ["authorization", "private-token", "job-token"];
        let seen = Seen {
            host,
            method: request.method().to_string(),
            path: request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned(),
            has_token: secrets.iter().any(|name| request.headers().contains_key(*name)),
            if_none_match: text(header::IF_NONE_MATCH),
            range: text(header::RANGE),
            status,
        };
        let mut journal = lock(&self.journal);
        if journal.len() >= MAX_SEEN {
            journal.drain(..MAX_SEEN / 2);
        }
        journal.push(seen);
    }
}

/// The one page for people: there is nothing to see here.
fn people() -> Reply {
    let html = "<!DOCTYPE html>\n<html lang=\"en\"><head><title>logdeck demo</title></head>\n\
                <body><p>This is the service that <code>logdeck demo</code> runs for itself.</p></body></html>\n";
    Reply::new(200, "text/html; charset=utf-8", html)
}

fn response(reply: Reply, is_head: bool, fault: Option<&Fault>, now: Timestamp) -> Response<Paced> {
    let length = reply.body.len();
    let body = if is_head { Bytes::new() } else { reply.body };
    let mut response = Response::new(Paced::new(body, fault));
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    for (name, value) in reply.headers {
        // Those that are no text of a header are left out.
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.append(name, value);
        }
    }
    if is_head {
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    }
    if !headers.contains_key(header::DATE)
        && let Ok(date) = HeaderValue::from_str(&http_date(now))
    {
        headers.insert(header::DATE, date);
    }
    response
}
