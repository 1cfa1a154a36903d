//! The embedded database's server: connections, calls, faults' turns, and the journal.
//!
//! Owns its life and death. Must not know what results are.

use super::faults::{BEFORE_BREAK, Cut, Entry, Fault, Faults, Rpc, Seen};
use super::grpc::{Asked, Body, Break, Messages, Status, answer, frame, refuse};
use super::listen::Listening;
use super::query::Query;
use super::state::State;
use super::value::stamp;
use crate::demo::lock;
use crate::demo::port::{Bound, Port};
use crate::demo::wire::{Tasks, Wire};
use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::stream::{self, StreamExt};
use googleapis_tonic_google_firestore_v1::google::firestore::v1::batch_get_documents_response::Result as Found;
use googleapis_tonic_google_firestore_v1::google::firestore::v1::run_query_request::QueryType;
use googleapis_tonic_google_firestore_v1::google::firestore::v1::{
    BatchGetDocumentsRequest, BatchGetDocumentsResponse, Document, RunQueryRequest, RunQueryResponse,
};
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::future;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::net::TcpStream;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// Calls that the journal holds; older ones go.
const MAX_SEEN: usize = 100_000;
/// Calls that one connection may have open, as with the real service.
const STREAMS: u32 = 100;
/// The service's name, in paths.
const SERVICE: &str = "/google.firestore.v1.Firestore/";

pub(super) struct Shared {
    pub(super) state: Mutex<State>,
    faults: Mutex<Faults>,
    journal: Mutex<Vec<Arc<Entry>>>,
}

/// A running database. It ends, with all of its connections, when this is dropped.
pub struct Server {
    shared: Arc<Shared>,
    port: Port,
}

impl Server {
    /// Starts a server for `state` at a free port of 127.0.0.1, for gRPC without TLS. Needs a tokio runtime around it.
    ///
    /// # Errors
    /// When there is no free port.
    pub fn start(state: State) -> io::Result<Self> {
        let shared = Shared { state: Mutex::new(state), faults: Mutex::default(), journal: Mutex::default() };
        let shared = Arc::new(shared);
        let served = Arc::clone(&shared);
        let serve = move |stream, life| converse(stream, Arc::clone(&served), life).boxed();
        Ok(Self { shared, port: Bound::new()?.serve(Arc::new(serve)) })
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.port.address()
    }

    /// What the database knows, to look at or to change. Calls wait meanwhile; streams are told what is written.
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

    /// Lets the next `times` calls of that kind (of any, if none is named) go wrong. Of several faults for a call, the
    /// first that was set comes first.
    pub fn fail(&self, rpc: Option<Rpc>, times: u32, fault: Fault) {
        lock(&self.shared.faults).add(rpc, times, fault);
    }

    /// All goes well from now on.
    pub fn clear_faults(&self) {
        lock(&self.shared.faults).clear();
    }

    /// Does that to the streams of `Listen` that are open. Returns how many they were.
    pub fn cut(&self, cut: &Cut) -> usize {
        lock(&self.shared.journal).iter().filter(|entry| entry.rpc() == Rpc::Listen && entry.cut(cut)).count()
    }

    /// How many streams of `Listen` are open.
    pub fn listeners(&self) -> usize {
        lock(&self.shared.journal).iter().filter(|entry| entry.rpc() == Rpc::Listen && entry.is_open()).count()
    }

    /// The calls so far, in the order in which they came.
    pub fn journal(&self) -> Vec<Seen> {
        lock(&self.shared.journal).iter().map(|entry| entry.now()).collect()
    }

    /// Documents that were sent so far by the calls in the journal, which is what reads cost.
    pub fn reads(&self) -> u64 {
        self.journal().iter().map(|seen| seen.documents).sum()
    }

    /// Forgets the calls so far, but for those that go on.
    pub fn clear_journal(&self) {
        lock(&self.shared.journal).retain(|entry| entry.is_open());
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("address", &self.address()).finish_non_exhaustive()
    }
}

async fn converse(stream: TcpStream, shared: Arc<Shared>, life: CancellationToken) {
    let tasks = Tasks::default();
    // What is dropped in the middle takes its tasks along.
    let _end = tasks.ends_with_this();
    let connection = life.clone();
    let service = service_fn(|request| Arc::clone(&shared).serve(request, connection.clone()));
    let mut http = http2::Builder::new(tasks);
    http.timer(TokioTimer::new()).max_concurrent_streams(STREAMS);
    if let Err(error) = http.serve_connection(TokioIo::new(Wire::new(stream, life)), service).await {
        // Connections break on purpose, too.
        tracing::debug!(%error, "a connection to the embedded database ended");
    }
}

impl Shared {
    async fn serve(
        self: Arc<Self>,
        request: Request<Incoming>,
        connection: CancellationToken,
    ) -> Result<Response<Body>, Infallible> {
        let name = request.uri().path().strip_prefix(SERVICE).unwrap_or_else(|| request.uri().path()).to_owned();
        let rpc = match name.as_str() {
            "RunQuery" => Rpc::Query,
            "BatchGetDocuments" => Rpc::Get,
            "Listen" => Rpc::Listen,
            _ => Rpc::Other,
        };
        let text = |name: &str| Some(request.headers().get(name)?.to_str().ok()?.to_owned());
        let token = text("authorization").and_then(|value| {
            let (scheme, token) = value.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then(|| token.to_owned())
        });
        let entry = Entry::new(rpc, &name, token.is_some(), text("x-goog-user-project"));
        self.note(&entry);
        let fault = lock(&self.faults).take(rpc);
        if let Some(Fault::Delay(pause)) = &fault {
            sleep(*pause).await;
        }
        let entered = match &fault {
            Some(Fault::Status(status)) => Err(status.clone()),
            _ if rpc == Rpc::Other => Err(Status::unimplemented(format!("Method not found: {name}"))),
            _ => lock(&self.state).enter(rpc, token.as_deref()),
        };
        let left = if let Some(Fault::After(messages, cut)) = fault { Some((messages, cut)) } else { None };
        let asked = Asked::new(request.into_body());
        let answered = match entered {
            Err(status) => Err(status),
            Ok(()) if rpc == Rpc::Listen => {
                let listening = Listening::new(self, Arc::clone(&entry), asked, left, connection);
                let messages = stream::unfold(listening, |mut listening| async move {
                    let next = listening.next().await?;
                    Some((next, listening))
                });
                return Ok(answer(messages.boxed()));
            }
            Ok(()) if rpc == Rpc::Query => self.query(asked).await,
            Ok(()) => self.get(asked).await,
        };
        Ok(match answered {
            Ok(messages) => answer(finite(messages, entry, left, connection)),
            Err(status) => {
                entry.end(status.code);
                refuse(&status)
            }
        })
    }

    fn note(&self, entry: &Arc<Entry>) {
        let mut journal = lock(&self.journal);
        if journal.len() >= MAX_SEEN {
            journal.drain(..MAX_SEEN / 2);
        }
        journal.push(Arc::clone(entry));
    }

    /// The messages of a query's answer, and how many documents each has.
    async fn query(&self, mut asked: Asked) -> Result<Vec<(Bytes, u64)>, Status> {
        let request: RunQueryRequest = asked.next().await?.ok_or_else(|| Status::invalid("There is no request."))?;
        let Some(QueryType::StructuredQuery(query)) = &request.query_type else {
            return Err(Status::invalid("The request has no query."));
        };
        let state = lock(&self.state);
        state.check(&request.parent)?;
        let query = Query::new(&request.parent, query)?;
        state.check_index(&query)?;
        let read_time = Some(stamp(state.read_time()));
        let all = state.run(&query);
        drop(state);
        let skipped = query.skipped(all.len()) as i32;
        let response = |document: Option<Document>, skipped_results: i32| {
            frame(&RunQueryResponse { document, read_time, skipped_results, ..RunQueryResponse::default() })
        };
        let mut out = Vec::new();
        if skipped > 0 || query.window(&all).is_empty() {
            out.push((response(None, skipped), 0));
        }
        out.extend(query.window(&all).iter().map(|document| (response(Some(Document::clone(document)), 0), 1)));
        Ok(out)
    }

    async fn get(&self, mut asked: Asked) -> Result<Vec<(Bytes, u64)>, Status> {
        let request: BatchGetDocumentsRequest =
            asked.next().await?.ok_or_else(|| Status::invalid("There is no request."))?;
        let state = lock(&self.state);
        state.check(&request.database)?;
        let read_time = Some(stamp(state.read_time()));
        let one = |name: &String| {
            let (result, documents) = match state.document(name) {
                Some(document) => (Found::Found(Document::clone(document)), 1),
                None => (Found::Missing(name.clone()), 0),
            };
            let response = BatchGetDocumentsResponse { read_time, result: Some(result), ..Default::default() };
            (frame(&response), documents)
        };
        Ok(request.documents.iter().map(one).collect())
    }
}

/// A stream of messages that are known already.
fn finite(
    messages: Vec<(Bytes, u64)>,
    entry: Arc<Entry>,
    left: Option<(u64, Cut)>,
    connection: CancellationToken,
) -> Messages {
    let start = (messages.into_iter(), entry, left, connection);
    let messages = stream::unfold(start, |(mut messages, entry, mut left, connection)| async move {
        if let Some((0, Cut::Reset | Cut::Connection)) = &left {
            sleep(BEFORE_BREAK).await;
        }
        match &mut left {
            Some((0, Cut::Status(status))) => {
                entry.end(status.code);
                let status = Break::Status(status.clone());
                return Some((Err(status), (messages, entry, None, connection)));
            }
            Some((0, Cut::Reset)) => return Some((Err(Break::Reset), (messages, entry, None, connection))),
            Some((0, cut)) => {
                if *cut == Cut::Connection {
                    connection.cancel();
                }
                future::pending::<()>().await;
            }
            Some((left, _)) => *left -= 1,
            None => {}
        }
        let Some((message, documents)) = messages.next() else {
            entry.end(0);
            return None;
        };
        entry.sent(documents);
        Some((Ok(message), (messages, entry, left, connection)))
    });
    messages.boxed()
}
