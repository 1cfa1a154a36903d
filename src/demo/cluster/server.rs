//! The listener on loopback: connections, and the server's life and death.
//!
//! Owns sockets, TLS and tasks. Must not know what requests mean.

use super::answer::serve;
use super::body::Open;
use super::faults::{Aim, Cut, Fault, Faults, Seen};
use super::lock;
use super::state::State;
use super::tls::{Kubeconfig, Offer, identity};
use crate::demo::Clock;
use crate::demo::port::{Bound, Port};
use crate::demo::wire::{Tasks, Wire};
use futures_util::FutureExt;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

/// Requests that one connection may have open, as with a real server.
const STREAMS: u32 = 100;
/// How long a client may take to shake hands.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How a connection over TLS begins.
const TLS: u8 = 0x16;

/// What all connections share.
pub(super) struct Shared {
    pub(super) state: Mutex<State>,
    pub(super) faults: Mutex<Faults>,
    pub(super) open: Mutex<Open>,
    pub(super) journal: Mutex<Vec<Seen>>,
    pub(super) clock: Clock,
    pub(super) address: SocketAddr,
    acceptor: TlsAcceptor,
}

/// A running API server. It ends, with all of its connections, when this is dropped.
pub struct Server {
    shared: Arc<Shared>,
    ca_pem: String,
    port: Port,
}

impl Server {
    /// Starts a server for `state` at a free port of 127.0.0.1, with HTTP/1.1 and HTTP/2. Needs a tokio runtime around it.
    ///
    /// # Errors
    /// When there is no free port, or no certificate can be made.
    pub fn start(state: State) -> io::Result<Self> {
        Self::start_with(state, Offer::Both)
    }

    /// Starts a server that offers certain versions of HTTP.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_with(state: State, offer: Offer) -> io::Result<Self> {
        let identity = identity(offer)?;
        let bound = Bound::new()?;
        let shared = Arc::new(Shared {
            clock: Arc::clone(&state.clock),
            state: Mutex::new(state),
            faults: Mutex::default(),
            open: Mutex::default(),
            journal: Mutex::default(),
            address: bound.address,
            acceptor: identity.acceptor,
        });
        let served = Arc::clone(&shared);
        let port = bound.serve(Arc::new(move |stream, life| connection(stream, Arc::clone(&served), life).boxed()));
        Ok(Self { shared, ca_pem: identity.ca_pem, port })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.shared.address
    }

    /// The certificate of the authority that signed the server's.
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// A kubeconfig for this server, still without contexts. The cluster is named `cluster`.
    pub fn kubeconfig(&self, cluster: &str) -> Kubeconfig {
        Kubeconfig::new(cluster, self.shared.address, &self.ca_pem)
    }

    /// What the cluster knows, to look at or to change. Requests wait meanwhile.
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

    /// Does that to the watches and logs that are open. Returns how many they were.
    pub fn cut(&self, aim: &Aim, cut: Cut) -> usize {
        lock(&self.shared.open).cut(aim, cut)
    }

    /// How many watches and logs are open.
    pub fn open(&self, aim: &Aim) -> usize {
        lock(&self.shared.open).count(aim)
    }

    /// The requests so far, in the order of their answers.
    pub fn journal(&self) -> Vec<Seen> {
        lock(&self.shared.journal).clone()
    }

    /// Forgets the requests so far.
    pub fn clear_journal(&self) {
        lock(&self.shared.journal).clear();
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("address", &self.shared.address).finish_non_exhaustive()
    }
}

async fn connection(stream: TcpStream, shared: Arc<Shared>, life: CancellationToken) {
    let tasks = Tasks::default();
    // What is dropped in the middle takes its tasks along.
    let _end = tasks.ends_with_this();
    converse(stream, shared, life, tasks.clone()).await;
}

async fn converse(mut stream: TcpStream, shared: Arc<Shared>, life: CancellationToken, tasks: Tasks) {
    let mut first = [0];
    match timeout(HANDSHAKE, stream.peek(&mut first)).await {
        Ok(Ok(1)) if first[0] == TLS => {}
        Ok(Ok(1)) => {
            let words = "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n";
            // Who speaks the wrong language need not listen either.
            let _ = stream.write_all(words.as_bytes()).await;
            return;
        }
        _ => return,
    }
    let accepted = timeout(HANDSHAKE, shared.acceptor.accept(Wire::new(stream, life.clone()))).await;
    let Ok(Ok(stream)) = accepted else { return };
    let service = service_fn(|request| serve(Arc::clone(&shared), request, life.clone()));
    let mut builder = auto::Builder::new(tasks);
    builder.http1().timer(TokioTimer::new());
    builder.http2().timer(TokioTimer::new()).max_concurrent_streams(STREAMS);
    if let Err(error) = builder.serve_connection(TokioIo::new(stream), service).await {
        // Connections break on purpose, too.
        tracing::debug!(error, "a connection to the embedded cluster ended");
    }
}
