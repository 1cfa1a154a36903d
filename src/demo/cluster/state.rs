//! What the cluster knows, and the ways to change it.
//!
//! Owns objects, containers' logs, tokens, and what nodes do. Must not know HTTP.

use super::access::{Access, User};
use super::kind::Kind;
use super::log::Log;
use super::status::Status;
use super::store::{Key, Object, Store, key_of};
use crate::demo::Clock;
use crate::demo::generate::Random;
use crate::model::Timestamp;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Runs of a container whose logs are kept, as on a node: the last one and the one before.
const RUNS: usize = 2;

/// Everything. Objects are changed by [`put`](Self::put), [`change`](Self::change) and [`delete`](Self::delete); what
/// happens to containers has methods of its own, which change the pod's status as a node would.
pub struct State {
    pub(super) clock: Clock,
    pub(super) store: Store,
    pub(super) access: Access,
    /// By namespace, pod and container; the oldest run first.
    pub(super) runs: BTreeMap<(String, String, String), Vec<Log>>,
    /// How far a node's clock is ahead, in nanoseconds.
    pub(super) skews: BTreeMap<String, i64>,
    /// Nodes that cannot be reached.
    pub(super) away: BTreeSet<String>,
    pub(super) changed: watch::Sender<u64>,
    bookmarks: Duration,
    watches: Duration,
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State").field("version", &self.store.version()).finish_non_exhaustive()
    }
}

impl State {
    /// An empty cluster.
    pub fn new(clock: Clock) -> Self {
        Self {
            clock,
            store: Store::default(),
            access: Access::default(),
            runs: BTreeMap::new(),
            skews: BTreeMap::new(),
            away: BTreeSet::new(),
            changed: watch::Sender::new(0),
            bookmarks: Duration::from_mins(1),
            watches: Duration::from_mins(30),
        }
    }

    /// What time it is.
    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// Lets a token in.
    pub fn allow(&mut self, token: &str, user: User) {
        self.access.allow(token, user);
    }

    /// Lets a token in no longer. What it reads already goes on.
    pub fn revoke(&mut self, token: &str) {
        self.access.revoke(token);
    }

    /// Whose token that is.
    pub(super) fn user(&self, token: Option<&str>) -> Result<User, Status> {
        self.access.user(token, self.now())
    }

    /// How often watches get a bookmark (a minute), and how long they live unless they say so themselves (half an hour).
    pub fn pace(&mut self, bookmarks: Duration, watches: Duration) {
        (self.bookmarks, self.watches) = (bookmarks, watches);
    }

    pub(super) const fn paces(&self) -> (Duration, Duration) {
        (self.bookmarks, self.watches)
    }

    /// The version of the newest change.
    pub fn version(&self) -> u64 {
        self.store.version()
    }

    /// Adds an object, or puts it in place of the one of its name. Identifier, time of creation and version are the
    /// server's, the first two unless they are given. Returns the version.
    pub fn put(&mut self, kind: Kind, mut object: Value) -> u64 {
        let now = self.now();
        let key = key_of(kind, &object);
        let old = self.store.get(&key).cloned();
        if let Value::Object(fields) = &mut object {
            fields.remove("kind");
            fields.remove("apiVersion");
        }
        let meta = &mut object["metadata"];
        let version = self.store.version();
        let given = |name: &str| old.as_ref().map(|old| old.value["metadata"][name].clone()).filter(|v| !v.is_null());
        if !meta["uid"].is_string() {
            meta["uid"] = given("uid").unwrap_or_else(|| json!(uid(version + 1)));
        }
        if !meta["creationTimestamp"].is_string() {
            meta["creationTimestamp"] = given("creationTimestamp").unwrap_or_else(|| json!(seconds(now)));
        }
        let is_another = old.is_some_and(|old| meta["uid"].as_str() != Some(old.uid()));
        if is_another && kind == Kind::Pod {
            self.end_logs(&object);
        }
        let version = self.store.put(key, object);
        self.changed.send_replace(version);
        version
    }

    /// An object as it is now.
    pub fn get(&self, kind: Kind, namespace: &str, name: &str) -> Option<Value> {
        self.store.get(&Key::new(kind, namespace, name)).map(|object| object.value.clone())
    }

    /// All objects of a kind.
    pub fn all(&self, kind: Kind) -> Vec<Value> {
        self.store.all(kind).map(|object| object.value.clone()).collect()
    }

    /// Changes an object, if it is there. Returns the version.
    pub fn change(&mut self, kind: Kind, namespace: &str, name: &str, change: impl FnOnce(&mut Value)) -> Option<u64> {
        let mut value = self.get(kind, namespace, name)?;
        change(&mut value);
        Some(self.put(kind, value))
    }

    /// Removes an object, if it is there. Those who follow a pod's logs come to the end.
    pub fn delete(&mut self, kind: Kind, namespace: &str, name: &str) -> Option<u64> {
        let old: Arc<Object> = self.store.delete(&Key::new(kind, namespace, name))?;
        if kind == Kind::Pod {
            self.end_logs(&old.value);
        }
        let version = self.store.version();
        self.changed.send_replace(version);
        Some(version)
    }

    /// Forgets the past: every version that anybody knows is too old (410), also for running watches.
    pub fn expire(&mut self) {
        self.store.expire();
        let version = self.store.version();
        self.changed.send_replace(version);
    }

    fn end_logs(&mut self, pod: &Value) {
        let text = |name: &str| pod["metadata"][name].as_str().unwrap_or_default().to_owned();
        let (namespace, name) = (text("namespace"), text("name"));
        self.runs.retain(|(ns, pod, _), runs| {
            let is_it = *ns == namespace && *pod == name;
            if is_it {
                runs.iter().for_each(Log::close);
            }
            !is_it
        });
    }

    /// The log of a container's last run; pods are `NAMESPACE/NAME`. It begins when it is asked for first, whether there
    /// is such a pod or not. A clone may be kept and written to without this state.
    pub fn log(&mut self, pod: &str, container: &str) -> Log {
        let runs = self.runs.entry(place(pod, container)).or_default();
        if runs.is_empty() {
            runs.push(Log::default());
        }
        runs.last().cloned().unwrap_or_default()
    }

    /// The next run's log. The one before is closed.
    pub(super) fn next_log(&mut self, pod: &str, container: &str) -> Log {
        let runs = self.runs.entry(place(pod, container)).or_default();
        runs.iter().for_each(Log::close);
        runs.push(Log::default());
        if runs.len() > RUNS {
            runs.remove(0);
        }
        runs.last().cloned().unwrap_or_default()
    }

    /// Adds lines to a container's log, at this moment of its node's clock.
    pub fn append(&mut self, pod: &str, container: &str, text: &[u8]) {
        let at = self.node_time(pod);
        self.log(pod, container).write(at, text);
    }

    /// What time it is on the node of a pod.
    pub fn node_time(&self, pod: &str) -> Timestamp {
        let (namespace, name) = pod.split_once('/').unwrap_or(("default", pod));
        let node = self.store.get(&Key::new(Kind::Pod, namespace, name));
        let node = node.and_then(|pod| pod.value["spec"]["nodeName"].as_str()).unwrap_or_default();
        self.now().saturating_add(self.skews.get(node).copied().unwrap_or(0))
    }

    /// Sets a node's clock ahead by so many nanoseconds (or back).
    pub fn skew(&mut self, node: &str, nanos: i64) {
        self.skews.insert(node.to_owned(), nanos);
    }

    /// The node cannot be reached: logs of its pods break, and new ones are refused with 500. The caller changes the
    /// node's conditions.
    pub fn lose_node(&mut self, node: &str) {
        self.away.insert(node.to_owned());
        for ((namespace, pod, _), runs) in &self.runs {
            let pod = self.store.get(&Key::new(Kind::Pod, namespace, pod));
            if pod.is_some_and(|pod| pod.value["spec"]["nodeName"] == node) {
                for log in runs {
                    log.set_away(true);
                }
            }
        }
    }

    /// The node can be reached again.
    pub fn find_node(&mut self, node: &str) {
        self.away.remove(node);
        for log in self.runs.values().flatten() {
            log.set_away(false);
        }
    }
}

/// The place of a container's logs.
pub(super) fn place(pod: &str, container: &str) -> (String, String, String) {
    let (namespace, name) = pod.split_once('/').unwrap_or(("default", pod));
    (namespace.to_owned(), name.to_owned(), container.to_owned())
}

/// A time as objects have it: whole seconds.
pub fn seconds(at: Timestamp) -> String {
    at.to_jiff().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// An identifier that depends on `number` alone.
pub(super) fn uid(number: u64) -> String {
    let mut random = Random::new(&[0x0001_d0b7, number]);
    let (a, b) = (random.next(), random.next());
    let (c, d) = ((a >> 48) as u16, (a >> 32) as u16 & 0x0fff | 0x4000);
    format!("{:08x}-{c:04x}-{d:04x}-{:04x}-{:012x}", a as u32, (b >> 48) as u16 & 0x3fff | 0x8000, b & 0xffff_ffff_ffff)
}
