//! The pods of the selection, as watches and streams tell of them.
//!
//! Owns this state and the choice of what is followed. Must not ask anything.

use super::meter::{Meter, Skews};
use super::row;
use super::runs::{Runs, runs};
use super::select::Selection;
use crate::model::pods::SHOWN_LAG;
use crate::model::pods::{Condition, Pod, PodKey, StreamState};
use crate::model::time::SECOND;
use crate::model::{OriginId, Timestamp};
use k8s_openapi::api::core::v1 as core;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use tokio::sync::watch;

/// Pods that are gone and still listed.
const MAX_GONE: usize = 200;

/// All pods of the selection.
#[derive(Debug, Default)]
pub struct Desk {
    pods: BTreeMap<String, Entry>,
    /// Whose a job is, by its name.
    jobs: HashMap<String, String>,
    /// What is left to be listed first.
    unlisted: Unlisted,
    /// Pods of jobs of which nobody told yet whose they are, by uid, where that decides. Lists and watches of the two come
    /// in any order.
    unclaimed: BTreeMap<String, core::Pod>,
    /// The pods that a list in progress has named.
    listing: Option<HashSet<String>>,
    /// Pods that are gone, the oldest first.
    gone: Vec<String>,
}

/// What was not listed yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Unlisted {
    /// Pods are.
    #[default]
    Pods,
    /// Jobs are, and perhaps pods.
    Jobs { has_pods: bool },
    /// All was.
    Nothing,
}

#[derive(Debug)]
struct Entry {
    object: core::Pod,
    row: Pod,
    streams: BTreeMap<String, Stream>,
    is_gone: bool,
    /// It was there when the first list came.
    is_first: bool,
}

#[derive(Debug)]
struct Stream {
    runs: watch::Sender<Runs>,
    state: StreamState,
    gaps: u32,
    meter: Option<Arc<Meter>>,
    /// The seconds of lag that were told.
    told_lag: i64,
    origins: Vec<OriginId>,
    /// Somebody reads it.
    is_read: bool,
}

/// A container whose log is to be read.
#[derive(Debug)]
pub struct Start {
    /// Its pod.
    pub pod: PodKey,
    /// The pod's short name.
    pub short: String,
    /// Its name.
    pub container: String,
    /// What is known of its runs.
    pub runs: watch::Receiver<Runs>,
    /// Where its lines are measured.
    pub meter: Arc<Meter>,
    /// It was there before us.
    pub is_first: bool,
}

impl Desk {
    /// Nothing is known yet.
    pub fn new(selection: &Selection) -> Self {
        let unlisted = if selection.needs_jobs() { Unlisted::Jobs { has_pods: false } } else { Unlisted::Pods };
        Self { unlisted, ..Self::default() }
    }

    /// The first lists of all that decides which pods are selected are complete.
    pub fn is_listed(&self) -> bool {
        self.unlisted == Unlisted::Nothing
    }

    /// A list begins.
    pub fn begin(&mut self) {
        self.listing = Some(HashSet::new());
    }

    /// A list is complete: what it did not name is gone.
    pub fn complete(&mut self) {
        if let Some(named) = self.listing.take() {
            let gone: Vec<_> = self
                .pods
                .iter()
                .filter(|(uid, e)| !e.is_gone && !named.contains(*uid))
                .map(|(uid, _)| uid.clone())
                .collect();
            for uid in &gone {
                self.remove(uid);
            }
            self.unclaimed.retain(|uid, _| named.contains(uid));
        }
        self.unlisted = match self.unlisted {
            Unlisted::Jobs { .. } => Unlisted::Jobs { has_pods: true },
            Unlisted::Pods | Unlisted::Nothing => Unlisted::Nothing,
        };
    }

    /// A list of jobs is complete.
    pub fn complete_jobs(&mut self) {
        if let Unlisted::Jobs { has_pods } = self.unlisted {
            self.unlisted = if has_pods { Unlisted::Nothing } else { Unlisted::Pods };
        }
    }

    /// A pod is there, or changed. False when it is not of the selection.
    pub fn put(&mut self, object: core::Pod, selection: &Selection, now: Timestamp) -> bool {
        let row = row::row(&object, &self.jobs, now);
        let uid = row.key.uid.clone();
        if let Some(listing) = &mut self.listing {
            listing.insert(uid.clone());
        }
        let direct = object.metadata.owner_references.iter().flatten().find(|owner| owner.controller == Some(true));
        if !selection.takes(&row, direct.map(|owner| (owner.kind.as_str(), owner.name.as_str()))) {
            if self.pods.contains_key(&uid) {
                self.remove(&uid);
            }
            if selection.needs_jobs() && row.owner.as_ref().is_some_and(|(kind, _)| kind == "Job") {
                self.unclaimed.insert(uid, object);
            }
            return false;
        }
        let is_first = !self.is_listed();
        let entry = self.pods.entry(uid).or_insert_with(|| Entry {
            object: core::Pod::default(),
            row: Pod::default(),
            streams: BTreeMap::new(),
            is_gone: false,
            is_first,
        });
        for container in &row.containers {
            let runs = runs(&object, &container.name);
            if let Some(stream) = entry.streams.get(&container.name) {
                stream.runs.send_if_modified(|old| {
                    let is_new = *old != runs;
                    *old = runs;
                    is_new
                });
                continue;
            }
            let state = if selection.takes_container(&container.name) {
                StreamState::Off(runs.waits.clone())
            } else {
                StreamState::Off("it is not of the selection".to_owned())
            };
            let runs = watch::Sender::new(runs);
            let stream = Stream { runs, state, gaps: 0, origins: Vec::new(), is_read: false, meter: None, told_lag: 0 };
            entry.streams.insert(container.name.clone(), stream);
        }
        (entry.object, entry.row) = (object, row);
        true
    }

    /// A pod is gone; what it wrote stays readable.
    pub fn remove(&mut self, uid: &str) {
        self.unclaimed.remove(uid);
        let Some(entry) = self.pods.get_mut(uid).filter(|entry| !entry.is_gone) else { return };
        entry.is_gone = true;
        entry.row.condition = Condition::Gone;
        if !matches!(entry.row.state.as_str(), "Completed" | "Succeeded") {
            "Deleted".clone_into(&mut entry.row.state);
        }
        for stream in entry.streams.values() {
            stream.runs.send_modify(|runs| runs.is_deleted = true);
        }
        self.gone.push(uid.to_owned());
        if self.gone.len() > MAX_GONE {
            let oldest = self.gone.remove(0);
            self.pods.remove(&oldest);
        }
    }

    /// A job and whose it is. True when rows may have changed.
    pub fn job(&mut self, name: &str, cron: Option<&str>, selection: &Selection, now: Timestamp) -> bool {
        let Some(cron) = cron else { return false };
        if self.jobs.insert(name.to_owned(), cron.to_owned()).as_deref() == Some(cron) {
            return false;
        }
        let is_its = |_: &String, pod: &mut core::Pod| {
            pod.metadata.owner_references.iter().flatten().any(|owner| owner.kind == "Job" && owner.name == name)
        };
        let claimed: Vec<_> = self.unclaimed.extract_if(.., is_its).map(|(_, pod)| pod).collect();
        for pod in claimed {
            self.put(pod, selection, now);
        }
        true
    }

    /// How a stream is. True when it is news.
    pub fn report(&mut self, uid: &str, container: &str, state: StreamState, gaps: u32, is_last: bool) -> bool {
        let Some(stream) = self.pods.get_mut(uid).and_then(|entry| entry.streams.get_mut(container)) else {
            return false;
        };
        let is_news = stream.state != state || stream.gaps != gaps;
        stream.state = state;
        stream.gaps = gaps;
        stream.is_read &= !is_last;
        is_news
    }

    /// An origin with a container's records.
    pub fn origin(&mut self, uid: &str, container: &str, origin: OriginId) -> bool {
        let Some(stream) = self.pods.get_mut(uid).and_then(|entry| entry.streams.get_mut(container)) else {
            return false;
        };
        let is_new = !stream.origins.contains(&origin);
        if is_new {
            stream.origins.push(origin);
        }
        is_new
    }

    /// The containers to read now, so that at most `most` are followed: those that fail first, then the newest.
    pub fn start(&mut self, selection: &Selection, most: usize, skews: &Arc<Skews>) -> Vec<Start> {
        let is_open =
            |stream: &&Stream| stream.is_read && !matches!(stream.state, StreamState::Ended | StreamState::Off(_));
        let open = self.pods.values().flat_map(|entry| entry.streams.values()).filter(is_open).count();
        let waits = |name: &str, stream: &Stream| {
            // A reader that was refused and has ended gave up: only what follows tries again, and that still reads.
            let is_over = matches!(stream.state, StreamState::Ended | StreamState::Refused(_));
            !stream.is_read && !is_over && selection.takes_container(name) && stream.runs.borrow().current.is_some()
        };
        let room = most.saturating_sub(open);
        let mut waiting = Vec::new();
        // In a large cluster many wait all the time, and this is asked at every change.
        if room > 0 {
            for entry in self.pods.values().filter(|entry| !entry.is_gone) {
                let names = entry.streams.iter().filter(|(name, stream)| waits(name, stream)).map(|(name, _)| name);
                let (row, rank) = (&entry.row, std::cmp::Reverse(entry.row.created));
                waiting.extend(names.map(|name| (row.condition, rank, row.key.clone(), name.clone())));
            }
            waiting.sort();
            waiting.truncate(room);
        }
        let mut starts = Vec::new();
        for (.., key, name) in waiting {
            let Some(entry) = self.pods.get_mut(&key.uid) else { continue };
            let (short, node, is_first) = (entry.row.short.clone(), entry.row.node.clone(), entry.is_first);
            let Some(stream) = entry.streams.get_mut(&name) else { continue };
            // Told apart from those that only wait, until its reader says how it is.
            stream.state = StreamState::Opening;
            stream.is_read = true;
            let meter = Arc::new(Meter::new(&node, skews));
            stream.meter = Some(meter.clone());
            starts.push(Start { pod: key, short, container: name, runs: stream.runs.subscribe(), meter, is_first });
        }
        let full = StreamState::Off(format!("{most} containers are followed already"));
        let others = self.pods.values_mut().filter(|entry| !entry.is_gone).flat_map(|entry| &mut entry.streams);
        for (_, stream) in others.filter(|(name, stream)| waits(name, stream) && stream.state != full) {
            stream.state = full.clone();
        }
        starts
    }

    /// Whether lags that people see have changed since the last time.
    pub fn measure(&mut self) -> bool {
        let mut is_news = false;
        for stream in self.pods.values_mut().flat_map(|entry| entry.streams.values_mut()) {
            let lag = stream.lag().filter(|lag| *lag > SHOWN_LAG).map_or(0, |lag| lag / SECOND);
            is_news |= lag != std::mem::replace(&mut stream.told_lag, lag);
        }
        is_news
    }

    /// Rows, the worst first.
    pub fn rows(&self) -> Vec<Pod> {
        let mut rows: Vec<Pod> = self.pods.values().map(Entry::told).collect();
        row::sort(&mut rows);
        rows
    }

    /// Rows whose restarts are no news any more are made anew; when the next one is.
    pub fn settle(&mut self, now: Timestamp) -> Option<Timestamp> {
        for entry in self.pods.values_mut().filter(|entry| !entry.is_gone) {
            if row::settles(&entry.row).is_some_and(|at| at <= now) {
                entry.row = row::row(&entry.object, &self.jobs, now);
            }
        }
        self.pods
            .values()
            .filter(|entry| !entry.is_gone)
            .filter_map(|entry| row::settles(&entry.row))
            .filter(|at| *at > now)
            .min()
    }

    /// A pod as the API gave it, and its row.
    pub fn pod(&self, uid: &str) -> Option<(&core::Pod, Pod)> {
        self.pods.get(uid).map(|entry| (&entry.object, entry.told()))
    }

    /// Whether an object has to do with the selected pods: one of them, or whose they are.
    pub fn is_about(&self, kind: &str, name: &str) -> bool {
        self.pods.values().any(|entry| {
            let is_owner = || entry.row.owner.as_ref().is_some_and(|owner| owner.0 == kind && owner.1 == name);
            let is_direct = || {
                let owners = entry.object.metadata.owner_references.iter().flatten();
                owners.into_iter().any(|owner| owner.kind == kind && owner.name == name)
            };
            match kind {
                "Pod" => entry.row.key.name == name,
                "Node" => entry.row.node == name,
                _ => is_owner() || is_direct(),
            }
        })
    }

    /// Pods that are there, and containers that are followed.
    pub fn counts(&self) -> (usize, usize) {
        let there = self.pods.values().filter(|entry| !entry.is_gone).count();
        let streams = self.pods.values().flat_map(|entry| entry.streams.values());
        (there, streams.filter(|stream| stream.state == StreamState::Following).count())
    }

    /// Whether somebody still reads.
    pub fn is_reading(&self) -> bool {
        self.pods.values().flat_map(|entry| entry.streams.values()).any(|stream| stream.is_read)
    }
}

impl Stream {
    /// Nothing for what is not followed now.
    fn lag(&self) -> Option<i64> {
        self.meter.as_ref().filter(|_| self.state == StreamState::Following)?.lag()
    }
}

impl Entry {
    fn told(&self) -> Pod {
        let mut row = self.row.clone();
        for container in &mut row.containers {
            if let Some(stream) = self.streams.get(&container.name) {
                container.stream = stream.state.clone();
                container.origins.clone_from(&stream.origins);
                container.gaps = stream.gaps;
                container.lag = stream.lag();
            }
        }
        row
    }
}
