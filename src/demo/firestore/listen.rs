//! The stream of a `Listen`: targets come and go, and what is written is told.
//!
//! Owns one stream. Must not know how results change.

use super::faults::{BEFORE_BREAK, Cut, Entry};
use super::grpc::{Asked, Break, Status, frame};
use super::server::Shared;
use super::state::{Change, State};
use super::target::{Target, token};
use super::value::stamp;
use crate::demo::lock;
use bytes::Bytes;
use googleapis_tonic_google_firestore_v1::google::firestore::v1::listen_request::TargetChange as Wish;
use googleapis_tonic_google_firestore_v1::google::firestore::v1::listen_response::ResponseType;
use googleapis_tonic_google_firestore_v1::google::firestore::v1::target_change::TargetChangeType;
use googleapis_tonic_google_firestore_v1::google::firestore::v1::{ListenRequest, ListenResponse, TargetChange};
use googleapis_tonic_google_firestore_v1::google::rpc;
use std::collections::{BTreeMap, VecDeque};
use std::future;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

/// How long nothing is told at most, while all goes well.
const BEAT: Duration = Duration::from_secs(30);

/// An open stream.
pub(super) struct Listening {
    shared: Arc<Shared>,
    entry: Arc<Entry>,
    asked: Asked,
    versions: watch::Receiver<i64>,
    orders: watch::Receiver<Option<Cut>>,
    connection: CancellationToken,
    targets: BTreeMap<i32, Target>,
    /// What was taken in.
    version: i64,
    out: VecDeque<ListenResponse>,
    beat: Instant,
    /// Messages until it is cut, on purpose.
    left: Option<(u64, Cut)>,
    is_over: bool,
}

enum Came {
    Asked(Result<Option<Box<ListenRequest>>, Status>),
    Written,
    Order,
    Beat,
}

impl Listening {
    pub(super) fn new(
        shared: Arc<Shared>,
        entry: Arc<Entry>,
        asked: Asked,
        left: Option<(u64, Cut)>,
        connection: CancellationToken,
    ) -> Self {
        let state = lock(&shared.state);
        let (versions, version) = (state.listen(), state.version());
        drop(state);
        Self {
            orders: entry.orders(),
            shared,
            entry,
            asked,
            versions,
            connection,
            targets: BTreeMap::new(),
            version,
            out: VecDeque::new(),
            beat: Instant::now() + BEAT,
            left,
            is_over: false,
        }
    }

    /// The next message in its frame; nothing at the end.
    pub(super) async fn next(&mut self) -> Option<Result<Bytes, Break>> {
        if self.is_over {
            return None;
        }
        loop {
            if let Some((0, cut)) = &self.left {
                let cut = cut.clone();
                return self.cut(cut).await;
            }
            if let Some(message) = self.out.pop_front() {
                let is_document = matches!(message.response_type, Some(ResponseType::DocumentChange(_)));
                self.entry.sent(u64::from(is_document));
                if let Some((left, _)) = &mut self.left {
                    *left -= 1;
                }
                self.beat = Instant::now() + BEAT;
                return Some(Ok(frame(&message)));
            }
            let came = tokio::select! {
                biased;
                Ok(()) = self.orders.changed() => Came::Order,
                asked = self.asked.next() => Came::Asked(asked.map(|asked| asked.map(Box::new))),
                Ok(()) = self.versions.changed() => Came::Written,
                () = sleep_until(self.beat) => Came::Beat,
            };
            match came {
                Came::Order => {
                    let order = self.orders.borrow_and_update().clone();
                    if let Some(cut) = order {
                        return self.cut(cut).await;
                    }
                }
                Came::Asked(Ok(Some(request))) => {
                    if let Err(status) = self.wish(*request) {
                        return Some(self.end(status));
                    }
                }
                Came::Asked(Ok(None)) => {
                    self.entry.end(0);
                    self.is_over = true;
                    return None;
                }
                Came::Asked(Err(status)) => return Some(self.end(status)),
                Came::Written => {
                    let shared = Arc::clone(&self.shared);
                    self.catch_up(&lock(&shared.state));
                }
                Came::Beat => {
                    let shared = Arc::clone(&self.shared);
                    self.snapshot(&lock(&shared.state));
                }
            }
        }
    }

    fn end(&mut self, status: Status) -> Result<Bytes, Break> {
        self.is_over = true;
        self.entry.end(status.code);
        Err(Break::Status(status))
    }

    async fn cut(&mut self, cut: Cut) -> Option<Result<Bytes, Break>> {
        if matches!(cut, Cut::Reset | Cut::Connection) {
            sleep(BEFORE_BREAK).await;
        }
        match cut {
            Cut::Status(status) => Some(self.end(status)),
            Cut::Reset => {
                self.is_over = true;
                Some(Err(Break::Reset))
            }
            Cut::Connection => {
                self.connection.cancel();
                future::pending().await
            }
            Cut::Stall => future::pending().await,
        }
    }

    fn push(&mut self, response: ResponseType) {
        self.out.push_back(ListenResponse { response_type: Some(response) });
    }

    fn wish(&mut self, request: ListenRequest) -> Result<(), Status> {
        let shared = Arc::clone(&self.shared);
        let state = lock(&shared.state);
        // What was written before it comes first.
        self.catch_up(&state);
        state.check(&request.database)?;
        match request.target_change {
            Some(Wish::AddTarget(asked)) => {
                if asked.resume_type.is_some() {
                    self.entry.resumed.fetch_add(1, Ordering::Relaxed);
                }
                match Target::new(&asked, &state) {
                    Ok((target, first)) => {
                        for one in first {
                            self.push(one);
                        }
                        self.targets.insert(asked.target_id, target);
                    }
                    Err(Status { code, message }) => {
                        let cause = rpc::Status { code, message, details: Vec::new() };
                        self.removed(asked.target_id, Some(cause));
                        return Ok(());
                    }
                }
            }
            Some(Wish::RemoveTarget(id)) => {
                self.targets.remove(&id);
                self.removed(id, None);
            }
            None => return Err(Status::invalid("The request has no target change.")),
        }
        self.snapshot(&state);
        Ok(())
    }

    fn removed(&mut self, id: i32, cause: Option<rpc::Status>) {
        self.push(ResponseType::TargetChange(TargetChange {
            target_change_type: TargetChangeType::Remove.into(),
            target_ids: vec![id],
            cause,
            ..TargetChange::default()
        }));
    }

    /// Takes in what was written since. Several writes that came meanwhile are one snapshot.
    fn catch_up(&mut self, state: &State) {
        self.versions.mark_unchanged();
        if self.version == state.version() {
            return;
        }
        let changes: Vec<&Change> = state.since(self.version).collect();
        let mut told = Vec::new();
        for target in self.targets.values_mut() {
            told.extend(target.take(state, &changes));
        }
        self.version = state.version();
        for one in merge(told) {
            self.push(one);
        }
        self.snapshot(state);
    }

    /// All targets are as of now.
    fn snapshot(&mut self, state: &State) {
        let change = TargetChange {
            target_change_type: TargetChangeType::NoChange.into(),
            target_ids: Vec::new(),
            cause: None,
            resume_token: token(self.version),
            read_time: Some(stamp(state.read_time())),
        };
        self.beat = Instant::now() + BEAT;
        self.push(ResponseType::TargetChange(change));
    }
}

/// A document that several targets are told of comes once, and so does its end.
fn merge(told: Vec<ResponseType>) -> Vec<ResponseType> {
    let mut out: Vec<ResponseType> = Vec::with_capacity(told.len());
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for one in told {
        let name = match &one {
            ResponseType::DocumentChange(change) => {
                change.document.as_ref().map(|document| format!("+{}", document.name))
            }
            ResponseType::DocumentDelete(gone) => Some(format!("-{}", gone.document)),
            _ => None,
        };
        let place = name.map_or(out.len(), |name| *places.entry(name).or_insert(out.len()));
        match (out.get_mut(place), one) {
            (Some(ResponseType::DocumentChange(known)), ResponseType::DocumentChange(more)) => {
                known.target_ids.extend(more.target_ids);
            }
            (Some(ResponseType::DocumentDelete(known)), ResponseType::DocumentDelete(more)) => {
                known.removed_target_ids.extend(more.removed_target_ids);
            }
            (_, one) => out.push(one),
        }
    }
    out
}
