//! The kinds of objects that the cluster has, and their names in paths.
//!
//! Owns the table that discovery, paths and messages derive from. Must not know objects or HTTP.

/// A kind of object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A namespace.
    Namespace,
    /// A machine.
    Node,
    /// A pod.
    Pod,
    /// An event of the core group.
    Event,
    /// A deployment.
    Deployment,
    /// What a deployment makes its pods by.
    ReplicaSet,
    /// A stateful set.
    StatefulSet,
    /// A daemon set.
    DaemonSet,
    /// A job.
    Job,
    /// What makes jobs by the clock.
    CronJob,
}

/// Names of a kind.
#[derive(Debug)]
pub(super) struct Names {
    pub(super) kind: &'static str,
    pub(super) plural: &'static str,
    pub(super) singular: &'static str,
    pub(super) short: &'static [&'static str],
    /// Empty for the core group.
    pub(super) group: &'static str,
    pub(super) is_namespaced: bool,
}

const fn names(
    kind: &'static str,
    plural: &'static str,
    singular: &'static str,
    short: &'static [&'static str],
    group: &'static str,
) -> Names {
    let is_namespaced = !matches!(singular.as_bytes(), b"namespace" | b"node");
    Names { kind, plural, singular, short, group, is_namespaced }
}

const NAMESPACE: Names = names("Namespace", "namespaces", "namespace", &["ns"], "");
const NODE: Names = names("Node", "nodes", "node", &["no"], "");
const POD: Names = names("Pod", "pods", "pod", &["po"], "");
const EVENT: Names = names("Event", "events", "event", &["ev"], "");
const DEPLOYMENT: Names = names("Deployment", "deployments", "deployment", &["deploy"], "apps");
const REPLICA_SET: Names = names("ReplicaSet", "replicasets", "replicaset", &["rs"], "apps");
const STATEFUL_SET: Names = names("StatefulSet", "statefulsets", "statefulset", &["sts"], "apps");
const DAEMON_SET: Names = names("DaemonSet", "daemonsets", "daemonset", &["ds"], "apps");
const JOB: Names = names("Job", "jobs", "job", &[], "batch");
const CRON_JOB: Names = names("CronJob", "cronjobs", "cronjob", &["cj"], "batch");

/// The groups besides the core one. All have version `v1` alone.
pub(super) const GROUPS: [&str; 2] = ["apps", "batch"];

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 10] = [
        Self::Namespace,
        Self::Node,
        Self::Pod,
        Self::Event,
        Self::Deployment,
        Self::ReplicaSet,
        Self::StatefulSet,
        Self::DaemonSet,
        Self::Job,
        Self::CronJob,
    ];

    pub(super) const fn names(self) -> &'static Names {
        match self {
            Self::Namespace => &NAMESPACE,
            Self::Node => &NODE,
            Self::Pod => &POD,
            Self::Event => &EVENT,
            Self::Deployment => &DEPLOYMENT,
            Self::ReplicaSet => &REPLICA_SET,
            Self::StatefulSet => &STATEFUL_SET,
            Self::DaemonSet => &DAEMON_SET,
            Self::Job => &JOB,
            Self::CronJob => &CRON_JOB,
        }
    }

    /// The kind of that name in paths, such as `pods`.
    pub fn of_plural(group: &str, plural: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.names().group == group && kind.names().plural == plural)
    }

    /// The name of the kind, such as `Pod`.
    pub const fn name(self) -> &'static str {
        self.names().kind
    }

    /// The name in paths, such as `pods`.
    pub const fn plural(self) -> &'static str {
        self.names().plural
    }

    /// `v1`, `apps/v1`.
    pub fn api_version(self) -> String {
        match self.names().group {
            "" => "v1".to_owned(),
            group => format!("{group}/v1"),
        }
    }

    /// `pods`, `deployments.apps`: how messages name the kind.
    pub(super) fn resource(self) -> String {
        match self.names() {
            Names { plural, group: "", .. } => (*plural).to_owned(),
            Names { plural, group, .. } => format!("{plural}.{group}"),
        }
    }
}
