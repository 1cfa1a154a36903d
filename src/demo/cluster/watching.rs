//! A watch: what has happened since a version, as lines of JSON, and bookmarks in between.
//!
//! Owns the order of events of one watch. Must not know HTTP.

use super::ask::{self, Query};
use super::faults::What;
use super::kind::Kind;
use super::state::State;
use super::status::Status;
use super::store::{Paging, Scope, line};
use super::{Shared, lock};
use bytes::Bytes;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

/// A watch that runs.
pub(super) struct Watching {
    shared: Arc<Shared>,
    scope: Scope,
    changed: watch::Receiver<u64>,
    /// What comes first.
    first: String,
    version: u64,
    /// How often a bookmark comes; never when none.
    bookmarks: Option<Duration>,
    next_bookmark: Instant,
    ends: Instant,
    is_over: bool,
}

impl Watching {
    /// # Errors
    /// What is wrong with the request. A version that is too old is none: the watch has it as its first event.
    pub(super) fn new(
        shared: &Arc<Shared>,
        state: &State,
        kind: Kind,
        what: &What,
        query: &Query,
    ) -> Result<Self, Status> {
        let scope = ask::scope(kind, what, query)?;
        let asked = ask::version(query)?;
        let sends_initial = query.flag("sendInitialEvents");
        let matching = query.get("resourceVersionMatch");
        let forbidden = |field: &str, problem: &str| {
            Status::invalid("ListOptions", "", field, "FieldValueForbidden", &format!("Forbidden: {problem}"))
        };
        if query.flag("sendInitialEvents") && matching != "NotOlderThan" {
            let problem = "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan";
            return Err(forbidden("resourceVersionMatch", problem));
        }
        if !matching.is_empty() && !query.flag("sendInitialEvents") && query.get("sendInitialEvents").is_empty() {
            let problem = "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided";
            return Err(forbidden("resourceVersionMatch", problem));
        }
        let has_bookmarks = query.flag("allowWatchBookmarks");
        let (bookmarks, longest) = state.paces();
        let seconds = query.number("timeoutSeconds")?.and_then(|seconds| u64::try_from(seconds).ok());
        let now = Instant::now();
        let mut first = String::new();
        // Without a version, a watch begins with all that is there, too.
        let version = asked.filter(|_| !sends_initial).unwrap_or_else(|| state.version());
        if sends_initial || asked.is_none() {
            for item in state.store.list(&scope, &Paging::default())?.items {
                first.push_str(&line("ADDED", &item.json(kind)));
            }
        }
        if sends_initial && has_bookmarks {
            first.push_str(&bookmark(kind, version, true));
        }
        Ok(Self {
            shared: Arc::clone(shared),
            scope,
            changed: state.changed.subscribe(),
            first,
            version,
            bookmarks: has_bookmarks.then_some(bookmarks),
            next_bookmark: now + bookmarks,
            ends: now + seconds.filter(|seconds| *seconds > 0).map_or(longest, Duration::from_secs),
            is_over: false,
        })
    }

    /// The next lines; none when the watch is over.
    pub(super) async fn next(&mut self) -> Option<Bytes> {
        loop {
            if !self.first.is_empty() {
                return Some(Bytes::from(std::mem::take(&mut self.first)));
            }
            if self.is_over {
                return None;
            }
            self.changed.borrow_and_update();
            let events = lock(&self.shared.state).store.events(&self.scope, self.version);
            match events {
                Ok((lines, version)) => {
                    self.version = version;
                    if !lines.is_empty() {
                        return Some(Bytes::from(lines.concat()));
                    }
                }
                Err(status) => {
                    self.is_over = true;
                    return Some(Bytes::from(failure(&status)));
                }
            }
            let bookmark_at = if self.bookmarks.is_some() { self.next_bookmark } else { self.ends };
            tokio::select! {
                changed = self.changed.changed() => if changed.is_err() { return None },
                () = sleep_until(self.ends) => return None,
                () = sleep_until(bookmark_at) => {
                    self.next_bookmark = Instant::now() + self.bookmarks.unwrap_or_default();
                    return Some(Bytes::from(bookmark(self.scope.kind, self.version, false)));
                }
            }
        }
    }
}

/// The event that ends a watch.
pub(super) fn failure(status: &Status) -> String {
    line("ERROR", &status.json().to_string())
}

fn bookmark(kind: Kind, version: u64, ends_initial: bool) -> String {
    let mut object: Value = json!({
        "kind": kind.name(), "apiVersion": kind.api_version(),
        "metadata": { "resourceVersion": version.to_string(), "creationTimestamp": null },
    });
    // What cannot be left out stands there empty, as a real server sends it.
    match kind {
        Kind::Pod => (object["spec"], object["status"]) = (json!({ "containers": null }), json!({})),
        Kind::Event => {
            object["involvedObject"] = json!({});
            object["source"] = json!({});
            (object["firstTimestamp"], object["lastTimestamp"], object["eventTime"]) =
                (json!(null), json!(null), json!(null));
            (object["reportingComponent"], object["reportingInstance"]) = (json!(""), json!(""));
        }
        Kind::Namespace | Kind::Node => (object["spec"], object["status"]) = (json!({}), json!({})),
        Kind::CronJob => {
            let template =
                json!({ "metadata": { "creationTimestamp": null }, "spec": { "template": empty_template() } });
            object["spec"] =
                json!({ "schedule": "", "concurrencyPolicy": "", "suspend": null, "jobTemplate": template });
            object["status"] = json!({});
        }
        Kind::Job => (object["spec"], object["status"]) = (json!({ "template": empty_template() }), json!({})),
        _ => {
            object["spec"] = json!({ "selector": null, "template": empty_template() });
            object["status"] = match kind {
                Kind::DaemonSet => json!({ "currentNumberScheduled": 0, "numberMisscheduled": 0,
                                           "desiredNumberScheduled": 0, "numberReady": 0 }),
                Kind::Deployment => json!({}),
                _ => json!({ "replicas": 0 }),
            };
            if kind == Kind::StatefulSet {
                object["spec"]["serviceName"] = json!("");
            }
        }
    }
    if ends_initial {
        object["metadata"]["annotations"] = json!({ "k8s.io/initial-events-end": "true" });
    }
    line("BOOKMARK", &object.to_string())
}

fn empty_template() -> Value {
    json!({ "metadata": { "creationTimestamp": null }, "spec": { "containers": null } })
}
