//! What a source of pods is told beside its address.
//!
//! Owns the values and their defaults. Must not read files or the environment: the caller does.

use crate::model::Timestamp;
use crate::model::pods::Plugin;
use std::path::PathBuf;
use std::time::Duration;

/// Lines of each container that are read at the start.
pub const LINES: u64 = 100;

/// Containers that are followed at once.
pub const MAX_STREAMS: usize = 200;

/// Silence of a followed log after which its connection is doubted.
const QUIET: Duration = Duration::from_mins(5);

/// What a source of pods is told beside its address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The kubeconfig's files in the order in which they are merged: the parts of `KUBECONFIG`, or the one at home.
    pub kubeconfig: Vec<PathBuf>,
    /// Whether the service account of the pod that logdeck runs in may be used where no kubeconfig is there.
    pub in_cluster: InCluster,
    /// Whether programs may be run for credentials.
    pub exec: Exec,
    /// Programs that were allowed before, as [`crate::model::pods::News::MayRun`] named them.
    pub allowed: Vec<Plugin>,
    /// Programs that are allowed by name or path (`--allow-exec`).
    pub allow_exec: Vec<String>,
    /// `PATH`, to name the place of such a program.
    pub path: String,
    /// Certificates (PEM) of authorities that are trusted beside the cluster's own.
    pub ca_file: Option<PathBuf>,
    /// `HTTPS_PROXY`, for clusters that name no proxy.
    pub proxy: Option<String>,
    /// `NO_PROXY`: names, suffixes with a dot and addresses that are asked directly, separated by commas.
    pub no_proxy: String,
    /// Lines at the end of each log to start with; nothing for all.
    pub lines: Option<u64>,
    /// Nothing from before this moment.
    pub since: Option<Timestamp>,
    /// Of each container the run before, rather than this one.
    pub run: WhichRun,
    /// Kubernetes' label selector; empty for all.
    pub labels: String,
    /// Kubernetes' field selector; empty for all.
    pub fields: String,
    /// Regular expressions on the names of pods and containers.
    pub names: Names,
    /// All namespaces, whatever the address names.
    pub all_namespaces: bool,
    /// Whether events and changes of the cluster become records.
    pub extras: Extras,
    /// The most containers that are followed at once.
    pub max_streams: usize,
    /// Silence after which a followed log is opened again, though nothing says that its connection is dead: behind a
    /// computer's sleep, or a way that has changed, nothing ever would.
    pub quiet: Duration,
    /// Where the row of random numbers for pauses begins.
    pub seed: u64,
}

/// Regular expressions on names; empty ones take all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// The pod's name has to match.
    pub pods: String,
    /// The pod's name must not match.
    pub not_pods: String,
    /// The container's name has to match.
    pub containers: String,
    /// The container's name must not match.
    pub not_containers: String,
}

/// Whether the service account of the own pod may be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InCluster {
    /// Where there is no kubeconfig.
    #[default]
    Allowed,
    /// Never.
    Never,
}

/// Whether programs that the kubeconfig names may be run for credentials.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Exec {
    /// A person is asked, once.
    #[default]
    Ask,
    /// Nobody is there to be asked: those that were allowed before are run.
    Listed,
    /// None is (`--no-exec`).
    Never,
}

/// Which run of a container is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WhichRun {
    /// The one that runs, or ran last.
    #[default]
    Current,
    /// The one before.
    Previous,
}

/// Whether there are records beside those of containers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Extras {
    /// Events and changes.
    #[default]
    On,
    /// Logs alone.
    Off,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            kubeconfig: Vec::new(),
            in_cluster: InCluster::default(),
            exec: Exec::default(),
            allowed: Vec::new(),
            allow_exec: Vec::new(),
            path: String::new(),
            ca_file: None,
            proxy: None,
            no_proxy: String::new(),
            lines: Some(LINES),
            since: None,
            run: WhichRun::default(),
            labels: String::new(),
            fields: String::new(),
            names: Names::default(),
            all_namespaces: false,
            extras: Extras::default(),
            max_streams: MAX_STREAMS,
            quiet: QUIET,
            seed: 0,
        }
    }
}
