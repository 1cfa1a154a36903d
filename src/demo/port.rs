//! A port on loopback, whose connections are served one by one, and its life and death.
//!
//! Owns the listener, the connections' tasks, kills and restarts. Must not know what is spoken.

use super::lock;
use futures_util::future::BoxFuture;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Serves one connection. It is dropped when the token is cancelled, and then the connection is to be reset.
pub(super) type Serve = Arc<dyn Fn(TcpStream, CancellationToken) -> BoxFuture<'static, ()> + Send + Sync>;

/// A port that is bound, and not served yet: so that the server can know its address.
pub(super) struct Bound {
    listener: TcpListener,
    pub(super) address: SocketAddr,
}

impl Bound {
    /// A free port of 127.0.0.1. Needs a tokio runtime around it.
    ///
    /// # Errors
    /// When there is none.
    pub(super) fn new() -> io::Result<Self> {
        Self::at(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
    }

    fn at(address: SocketAddr) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let listener = TcpListener::from_std(listener)?;
        Ok(Self { address: listener.local_addr()?, listener })
    }

    /// Serves it from now on.
    pub(super) fn serve(self, serve: Serve) -> Port {
        let address = self.address;
        let running = Mutex::new(Some(run(self.listener, Arc::clone(&serve))));
        Port { address, serve, running }
    }
}

/// A port that is served. It ends, with all of its connections, when this is dropped.
pub(super) struct Port {
    address: SocketAddr,
    serve: Serve,
    running: Mutex<Option<Running>>,
}

struct Running {
    /// Cancelled, all connections are reset.
    life: CancellationToken,
    tasks: JoinSet<()>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.life.cancel();
    }
}

impl Port {
    /// Where it is.
    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// All connections are reset, and nobody listens any more.
    pub(super) async fn stop(&self) {
        let running = lock(&self.running).take();
        if let Some(mut running) = running {
            running.life.cancel();
            while running.tasks.join_next().await.is_some() {}
        }
    }

    /// Listens again, at the same address, after [`stop`](Self::stop).
    ///
    /// # Errors
    /// When somebody else has the port now.
    pub(super) fn restart(&self) -> io::Result<()> {
        let bound = Bound::at(self.address)?;
        *lock(&self.running) = Some(run(bound.listener, Arc::clone(&self.serve)));
        Ok(())
    }
}

fn run(listener: TcpListener, serve: Serve) -> Running {
    let life = CancellationToken::new();
    let mut tasks = JoinSet::new();
    tasks.spawn(listen(listener, serve, life.clone()));
    Running { life, tasks }
}

/// Serves each connection in a task of its own. They end with this one.
async fn listen(listener: TcpListener, serve: Serve, life: CancellationToken) {
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            biased;
            () = life.cancelled() => break,
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next(), if !connections.is_empty() => continue,
        };
        // The other side may be gone already.
        let Ok((stream, _)) = accepted else { continue };
        let _ = stream.set_nodelay(true);
        let life = life.child_token();
        let conversation = serve(stream, life.clone());
        connections.spawn(async move {
            tokio::select! {
                () = life.cancelled() => {}
                () = conversation => {}
            }
        });
    }
    connections.shutdown().await;
}
