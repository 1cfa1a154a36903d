//! What a Kubernetes cluster tells about the pods of a selection, and what a person wants of it.
//!
//! Owns these values. Must not know how a cluster is asked. Texts are as the cluster gave them, not safe for a terminal.

use super::plugin::Plugin;
use super::{OriginId, Timestamp};
use std::sync::Arc;

/// One pod, for as long as it lives: a new pod of the same name (a `StatefulSet`'s) has another uid.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PodKey {
    /// The namespace.
    pub namespace: String,
    /// The name.
    pub name: String,
    /// The uid.
    pub uid: String,
}

/// How a pod or container is, in the order in which they are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Condition {
    /// It fails: `CrashLoopBackOff`, `ImagePullBackOff`, `OOMKilled`, `Error`, `Failed`, `Evicted` …
    Failing,
    /// It ran again in the last ten minutes, or runs and is not ready.
    Shaky,
    /// It waits: `Pending`, `ContainerCreating`, `Init:0/1`.
    Waiting,
    /// It runs and is ready.
    #[default]
    Well,
    /// It has ended as it should: `Completed`.
    Over,
    /// It is being deleted, or is gone; what it wrote stays readable.
    Gone,
}

/// How a container ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exit {
    /// The cluster's word: `OOMKilled`, `Error`, `Completed`.
    pub reason: String,
    /// The exit code; 128 + n for signal n.
    pub code: i32,
    /// What the container left as its termination message; may be empty.
    pub message: String,
    /// When it started.
    pub started: Option<Timestamp>,
    /// When it ended.
    pub ended: Option<Timestamp>,
}

/// What a container is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ContainerKind {
    /// It runs before the others and ends (a sidecar among them goes on).
    Init,
    /// One of the pod's own.
    #[default]
    Main,
    /// It was put in for debugging.
    Ephemeral,
}

/// How the log of a container is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum StreamState {
    /// It is not: the selection or a limit leaves it out, or there is nothing to read yet; a sentence says which.
    Off(String),
    /// It is asked for.
    #[default]
    Opening,
    /// It is read as it grows.
    Following,
    /// The container ended, and all that it wrote was read.
    Ended,
    /// It broke, and is opened again: why, how many tries there were, and when the next one is.
    Broken {
        /// A sentence.
        why: String,
        /// Tries since it broke; the first is 1.
        tries: u32,
        /// When the next one is.
        next: Timestamp,
    },
    /// The cluster refuses it, in a sentence that says what to do.
    Refused(String),
}

/// A lag that is longer is shown in lists, in nanoseconds.
pub const SHOWN_LAG: i64 = 5_000_000_000;

/// One container of a pod.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Container {
    /// The name.
    pub name: String,
    /// What it is for.
    pub kind: ContainerKind,
    /// The image, as the pod asks for it.
    pub image: String,
    /// The cluster's word: `Running`, `CrashLoopBackOff`, `Completed`, `PodInitializing`.
    pub state: String,
    /// What the cluster says about that; may be empty.
    pub message: String,
    /// Whether it is ready.
    pub is_ready: bool,
    /// How often it was started again.
    pub restarts: u32,
    /// Since when it runs.
    pub started: Option<Timestamp>,
    /// How it ended last.
    pub last_exit: Option<Exit>,
    /// The origins of its records: of this and earlier runs, followed or read with [`Want::Previous`].
    pub origins: Vec<OriginId>,
    /// How its log is read.
    pub stream: StreamState,
    /// How often the cluster no longer had lines when they were asked for; it does not tell how many.
    pub gaps: u32,
    /// How far behind their times its lines come, in nanoseconds, smoothed; nothing before a line came while it was followed.
    pub lag: Option<i64>,
}

/// One pod as a row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pod {
    /// Which.
    pub key: PodKey,
    /// What is enough to tell it from the others of its owner: `8mzlp`, `db-0`.
    pub short: String,
    /// The word that `kubectl get pods` has for it: `Running`, `CrashLoopBackOff`, `Init:Error`, `Terminating`.
    pub state: String,
    /// How it is.
    pub condition: Condition,
    /// Why it is so, where the cluster says it: `0/3 nodes are available: …`; may be empty.
    pub why: String,
    /// Containers that are ready, and all that should be.
    pub ready: (u32, u32),
    /// Restarts of all containers.
    pub restarts: u32,
    /// When one was last restarted.
    pub restarted: Option<Timestamp>,
    /// How one ended last.
    pub last_exit: Option<Exit>,
    /// The node; empty before it is scheduled.
    pub node: String,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// Whose it is, as far up as is known: (`Deployment`, `payments-api`).
    pub owner: Option<(String, String)>,
    /// Its containers: init first, in the order of the pod.
    pub containers: Vec<Container>,
}

/// The two sets of names that a person switches between.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// The kubeconfig's contexts, in its order.
    pub contexts: Vec<String>,
    /// The namespaces, where they may be listed; else those that are known.
    pub namespaces: Vec<String>,
}

/// Where the pods are, and how asking goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// The kubeconfig's context; `in-cluster` without one.
    pub context: String,
    /// The namespace; empty when all are looked at.
    pub namespace: String,
    /// What is selected in it: `deploy/api`, `app=api`; empty for all.
    pub selection: String,
    /// The API server's address.
    pub server: String,
    /// The server's certificate is not checked (`insecure-skip-tls-verify`): said in red.
    pub is_insecure: bool,
    /// When the last good answer or event came.
    pub last: Option<Timestamp>,
    /// What is wrong, in sentences: what failed, who said so, what to do.
    pub problems: Vec<String>,
    /// When the cluster is asked again, after a failure.
    pub next: Option<Timestamp>,
}

/// Something that changed in the cluster, for a mark in the histogram. It is a record of the source, too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// When.
    pub at: Timestamp,
    /// What: `deployment payments-api: image api:1.4 -> api:1.5`.
    pub what: String,
}

/// What a source of pods tells beside its records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// All pods of the selection as they are now, the worst first; at most a few times a second.
    Pods(Arc<Vec<Pod>>),
    /// Where, and how asking goes; replaces what was said before.
    Scope(Box<Scope>),
    /// Names to switch to.
    Places(Places),
    /// Something changed.
    Change(Change),
    /// May this program be run? Nothing is asked of the cluster before [`Want::Allow`].
    MayRun(Plugin),
    /// What [`Want::Describe`] asked for: status, conditions, events, owner, images, as lines of text.
    Described {
        /// Which pod.
        pod: PodKey,
        /// Lines.
        text: String,
    },
    /// What was wanted cannot be had: a sentence.
    Cannot(String),
}

/// What a person wants of a source of pods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Want {
    /// Ask again now, also what waits for its next try.
    Refresh,
    /// All about a pod.
    Describe(PodKey),
    /// The log of the run before, of all containers of a pod or of one.
    Previous {
        /// Which pod.
        pod: PodKey,
        /// Which container; all when none.
        container: Option<String>,
    },
    /// Another namespace of the same cluster (empty: all of them) instead.
    Namespace(String),
    /// Another context of the kubeconfig instead, with the namespace that it names.
    Context(String),
    /// The program may run, now and later.
    Allow(Plugin),
    /// It may not.
    Refuse(Plugin),
}
