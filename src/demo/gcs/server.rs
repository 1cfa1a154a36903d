//! The embedded storage's server: connections, faults' turns, and the journal.
//!
//! Owns its life and death. Must not know what requests mean.

use super::answer::{Ask, Carries, Reply};
use super::body::Body;
use super::faults::{Aim, Entry, Fault, Faults, Seen, What};
use super::json::Problem;
use super::state::State;
use crate::demo::port::{Bound, Port};
use crate::demo::web::http_date;
use crate::demo::wire::Wire;
use crate::demo::{Clock, lock};
use bytes::Bytes;
use futures_util::FutureExt;
use hyper::body::Incoming;
use hyper::header::{self, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::future;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::net::TcpStream;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// Requests that the journal holds; older ones go.
const MAX_SEEN: usize = 100_000;

struct Shared {
    state: Mutex<State>,
    faults: Mutex<Faults>,
    journal: Mutex<Vec<Entry>>,
    clock: Clock,
    address: SocketAddr,
}

/// A running storage. It ends, with all of its connections, when this is dropped.
pub struct Server {
    shared: Arc<Shared>,
    port: Port,
}

impl Server {
    /// Starts a server for `state` at a free port of 127.0.0.1. Needs a tokio runtime around it.
    ///
    /// # Errors
    /// When there is no free port.
    pub fn start(state: State) -> io::Result<Self> {
        let bound = Bound::new()?;
        let shared = Arc::new(Shared {
            clock: Arc::clone(&state.clock),
            state: Mutex::new(state),
            faults: Mutex::default(),
            journal: Mutex::default(),
            address: bound.address,
        });
        let served = Arc::clone(&shared);
        let port = bound.serve(Arc::new(move |stream, life| converse(stream, Arc::clone(&served), life).boxed()));
        Ok(Self { shared, port })
    }

    /// Where it listens, without TLS.
    pub const fn address(&self) -> SocketAddr {
        self.port.address()
    }

    /// What the storage knows, to look at or to change. Requests wait meanwhile.
    pub fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.shared.state)
    }

    /// The server is killed: all connections are reset, and nobody listens. The state stays.
    pub async fn stop(&self) {
        self.port.stop().await;
    }

    /// Listens again, at the same address, after [`stop`](Self::stop).
    ///
    /// # Errors
    /// When somebody else has the port now.
    pub fn restart(&self) -> io::Result<()> {
        self.port.restart()
    }

    /// Lets the next `times` requests of those go wrong. Of several faults for a request, the first that was set comes
    /// first.
    pub fn fail(&self, aim: Aim, times: u32, fault: Fault) {
        lock(&self.shared.faults).add(aim, times, fault);
    }

    /// All goes well from now on.
    pub fn clear_faults(&self) {
        lock(&self.shared.faults).clear();
    }

    /// How many requests will still go wrong.
    pub fn faults_left(&self) -> u32 {
        lock(&self.shared.faults).left()
    }

    /// The requests so far, in the order in which they came.
    pub fn journal(&self) -> Vec<Seen> {
        lock(&self.shared.journal).iter().map(Entry::now).collect()
    }

    /// How many of them asked for an object's bytes.
    pub fn reads(&self) -> usize {
        lock(&self.shared.journal).iter().filter(|entry| matches!(entry.seen.what, What::Read(..))).count()
    }

    /// Forgets the requests so far.
    pub fn clear_journal(&self) {
        lock(&self.shared.journal).clear();
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("address", &self.address()).finish_non_exhaustive()
    }
}

async fn converse(stream: TcpStream, shared: Arc<Shared>, life: CancellationToken) {
    let service = service_fn(|request| Arc::clone(&shared).serve(request));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).auto_date_header(false);
    if let Err(error) = http.serve_connection(TokioIo::new(Wire::new(stream, life)), service).await {
        // Connections break on purpose, too.
        tracing::debug!(%error, "a connection to the embedded storage ended");
    }
}

impl Shared {
    async fn serve(self: Arc<Self>, request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
        let uri = request.uri().clone();
        let (method, headers) = (request.method().clone(), request.headers().clone());
        let ask = Ask::new(method, uri.path(), uri.query().unwrap_or_default(), headers);
        let fault = lock(&self.faults).take(&ask.what);
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        match &fault {
            Some(Fault::Silence) => {
                self.note(&ask, path, 0);
                return future::pending().await;
            }
            Some(Fault::Delay(pause)) => sleep(*pause).await,
            _ => {}
        }
        let reply = self.reply(&ask, fault.as_ref());
        let sent = self.note(&ask, path, reply.status);
        Ok(self.respond(&ask, reply, fault.as_ref(), sent))
    }

    fn reply(&self, ask: &Ask, fault: Option<&Fault>) -> Reply {
        match fault {
            Some(Fault::Status(status, after)) => {
                let mut reply = ask.refuse(&Problem::of_status(*status));
                if !after.is_empty() {
                    reply.headers.push(("retry-after", after.clone()));
                }
                reply
            }
            Some(Fault::Instead(body)) => Reply::new(200, "text/html; charset=utf-8", *body),
            _ => {
                let state = lock(&self.state);
                ask.answer(&state, self.address, fault == Some(&Fault::IgnoreRange)).unwrap_or_else(|reply| reply)
            }
        }
    }

    /// Writes the request down. Bytes that are sent are counted in what this returns.
    fn note(&self, ask: &Ask, path: &str, status: u16) -> Arc<AtomicU64> {
        let sent = Arc::new(AtomicU64::new(0));
        let seen = Seen {
            method: ask.method.to_string(),
            path: path.to_owned(),
            what: ask.what.clone(),
            range: ask.header("range").map(str::to_owned),
            has_token: ask.token().is_some(),
            user_project: ask.user_project().map(str::to_owned),
            status,
            sent: 0,
        };
        let mut journal = lock(&self.journal);
        if journal.len() >= MAX_SEEN {
            journal.drain(..MAX_SEEN / 2);
        }
        journal.push(Entry { seen, sent: Arc::clone(&sent) });
        sent
    }

    fn respond(&self, ask: &Ask, reply: Reply, fault: Option<&Fault>, sent: Arc<AtomicU64>) -> Response<Body> {
        let is_head = ask.method == Method::HEAD;
        let mut length = None;
        let body = match reply.carries {
            Carries::Packed(_) if is_head => Body::new(Vec::new(), None, sent),
            Carries::Packed(pieces) => Body::unpacked(pieces, fault, sent),
            Carries::Bytes(pieces) => {
                length = is_head.then(|| pieces.iter().map(Bytes::len).sum::<usize>());
                Body::new(if is_head { Vec::new() } else { pieces }, fault, sent)
            }
        };
        let mut response = Response::new(body);
        *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        for (name, value) in reply.headers {
            // Those that are no text of a header are left out.
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.append(name, value);
            }
        }
        headers.insert(header::SERVER, HeaderValue::from_static("UploadServer"));
        if let Some(length) = length {
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
        }
        if let Ok(date) = HeaderValue::from_str(&http_date((self.clock)())) {
            headers.insert(header::DATE, date);
        }
        response
    }
}
