//! A connection's socket on loopback, which can be broken at any moment, and the tasks that belong to the connection.
//!
//! Owns resets. Must not know TLS, HTTP, or which server it is.

use super::lock;
use hyper::rt::Executor;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// A socket. If its token is cancelled when it goes, the other side gets a reset rather than an end.
pub(super) struct Wire {
    stream: TcpStream,
    broken: CancellationToken,
}

impl Wire {
    pub(super) const fn new(stream: TcpStream, broken: CancellationToken) -> Self {
        Self { stream, broken }
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        if self.broken.is_cancelled() {
            // Without it, an ordinary end is all that the other side sees.
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

/// Runs the streams of a connection of HTTP/2. They end with it.
#[derive(Clone, Default)]
pub(super) struct Tasks(Arc<Mutex<JoinSet<()>>>);

impl<F> Executor<F> for Tasks
where
    F: Future + Send + 'static,
{
    fn execute(&self, future: F) {
        let mut tasks = lock(&self.0);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(async move {
            future.await;
        });
    }
}

impl Tasks {
    /// They end when what this returns is dropped.
    pub(super) fn ends_with_this(&self) -> Ends {
        Ends(self.clone())
    }
}

/// Ends a connection's tasks when it goes.
pub(super) struct Ends(Tasks);

impl Drop for Ends {
    fn drop(&mut self) {
        lock(&self.0.0).abort_all();
    }
}
