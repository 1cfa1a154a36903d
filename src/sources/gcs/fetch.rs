//! The bytes of one version of an object, from some place on, in pieces.
//!
//! Owns reading through Google's own client: its timeouts, and going on after a break. Must not know what the bytes mean.

use super::refusal::{About, Asked, Kind, Refusal};
use crate::sources::google::{Account, chain};
use bytes::Bytes;
use google_cloud_gax::retry_policy::NeverRetry;
use google_cloud_storage::Error;
use google_cloud_storage::client::Storage;
use google_cloud_storage::model_ext::ReadRange;
use google_cloud_storage::read_resume_policy::NeverResume;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::mpsc::Sender;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

/// How long the service may be silent.
const PATIENCE: Duration = Duration::from_secs(30);

/// Breaks without a byte between them before reading is given up for now.
const TRIES: u32 = 3;

/// A piece of an object.
#[derive(Debug)]
pub(super) enum Piece {
    Bytes(Bytes),
    /// Nothing follows.
    End(Ending),
}

/// Why no more bytes come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// These were all.
    Whole,
    /// More were not asked for.
    Limit,
    /// Somebody does not want more.
    Stopped,
    /// The service does not give more.
    Broken,
}

/// The client that reads objects, as one account.
///
/// # Errors
/// There is none: a sentence.
pub(super) async fn storage(account: &Account, base: &str) -> Result<Storage, Refusal> {
    let builder = Storage::builder().with_endpoint(base).with_credentials(account.credentials());
    let builder = builder.with_retry_policy(NeverRetry).with_read_resume_policy(NeverResume);
    // Listing goes another way, so one connection of the kind that it is not used for is enough.
    let built = builder.with_grpc_subchannel_count(1).build().await;
    built.map_err(|e| Refusal::new(Kind::Lasting, format!("objects cannot be read: {}", chain(&e))))
}

/// What is to be read.
pub(super) struct Fetch {
    pub(super) storage: Storage,
    pub(super) account: Account,
    pub(super) bucket: String,
    pub(super) name: String,
    pub(super) generation: i64,
    /// Where reading begins, and where it ends at the latest.
    pub(super) from: u64,
    pub(super) until: u64,
    /// Bytes of the whole object.
    pub(super) size: u64,
    /// How far it got.
    pub(super) done: Arc<AtomicU64>,
    pub(super) cancel: CancellationToken,
    pub(super) user_project: Option<String>,
}

impl Fetch {
    /// Reads and sends pieces; the last one says how it ended.
    ///
    /// # Errors
    /// Why it broke off. The receiver got [`Ending::Broken`].
    pub(super) async fn run(mut self, to: Sender<Piece>) -> Result<(), Refusal> {
        let cancel = self.cancel.clone();
        let read = tokio::select! {
            biased;
            () = cancel.cancelled() => Ok(Ending::Stopped),
            read = self.read(&to) => read,
        };
        let (ending, result) = match read {
            Ok(ending) => (ending, Ok(())),
            Err(refusal) => (Ending::Broken, Err(refusal)),
        };
        // Whoever does not listen any more needs no end either.
        let _sent = to.send(Piece::End(ending)).await;
        result
    }

    async fn read(&mut self, to: &Sender<Piece>) -> Result<Ending, Refusal> {
        let end = self.until.min(self.size);
        let mut tries = 0;
        let mut is_renewed = false;
        while self.from < end {
            let before = self.from;
            let refusal = match self.some(end, to).await {
                Ok(()) => break,
                Err(Stop::Unheard) => return Ok(Ending::Stopped),
                Err(Stop::Refused(refusal)) => refusal,
            };
            if self.from > before {
                (tries, is_renewed) = (0, false);
            }
            match refusal.kind {
                // A token may have ended early.
                Kind::Unknown if !is_renewed => {
                    self.account.refused().await;
                    is_renewed = true;
                }
                Kind::Passing if refusal.wait.is_none() && tries + 1 < TRIES => {
                    sleep(refusal.pause(tries, self.from)).await;
                    tries += 1;
                }
                _ => return Err(refusal),
            }
        }
        Ok(if end < self.size { Ending::Limit } else { Ending::Whole })
    }

    /// Reads from where it is to the end, or to the next break.
    async fn some(&mut self, end: u64, to: &Sender<Piece>) -> Result<(), Stop> {
        let range = match (self.from, end == self.size) {
            (0, true) => ReadRange::all(),
            (from, true) => ReadRange::offset(from),
            (from, false) => ReadRange::segment(from, end - from),
        };
        let bucket = format!("projects/_/buckets/{}", self.bucket);
        let request = self.storage.read_object(bucket, &self.name).set_generation(self.generation);
        let opening = request.set_read_range(range).send();
        let mut response = match timeout(PATIENCE, opening).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return Err(self.refusal(&error).into()),
            Err(_) => return Err(self.silent().into()),
        };
        loop {
            match timeout(PATIENCE, response.next()).await {
                Ok(None) => return Ok(()),
                Ok(Some(Ok(bytes))) => {
                    self.from += bytes.len() as u64;
                    self.done.store(self.from, Ordering::Relaxed);
                    to.send(Piece::Bytes(bytes)).await.map_err(|_| Stop::Unheard)?;
                }
                Ok(Some(Err(error))) => return Err(self.refusal(&error).into()),
                Err(_) => return Err(self.silent().into()),
            }
        }
    }

    fn what(&self) -> String {
        format!("gs://{}/{}", self.bucket, self.name)
    }

    fn silent(&self) -> Refusal {
        Refusal::new(Kind::Passing, format!("{}: nothing came for {} s", self.what(), PATIENCE.as_secs()))
    }

    fn refusal(&self, error: &Error) -> Refusal {
        let what = self.what();
        if let Some(status) = error.http_status_code() {
            let account = self.account.name();
            let bucket = format!("gs://{}", self.bucket);
            let user_project = self.user_project.as_deref();
            let about = About { asked: Asked::Object, account: &account, bucket: &bucket, what: &what, user_project };
            let retry_after = error.http_headers().and_then(|headers| headers.get("retry-after"));
            let retry_after = retry_after.and_then(|value| value.to_str().ok());
            let body = error.http_payload().map_or(&[][..], AsRef::as_ref);
            return Refusal::of_answer(status, body, retry_after, &about);
        }
        let said = chain(error);
        let is_lasting = error.is_binding() || error.is_deserialization() || error.is_serialization();
        let kind = if error.is_authentication() {
            Kind::Unknown
        } else if is_lasting {
            Kind::Lasting
        } else {
            Kind::Passing
        };
        let is_tls = ["certificate", "UnknownIssuer", "unknown issuer"].iter().any(|word| said.contains(word));
        let hint = if is_tls { ". Google's client takes further certificates from SSL_CERT_FILE only" } else { "" };
        Refusal::new(kind, format!("{what}: {said}{hint}"))
    }
}

enum Stop {
    /// Nobody listens.
    Unheard,
    Refused(Refusal),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}
