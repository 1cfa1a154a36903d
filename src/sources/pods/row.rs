//! A pod as the API gives it into a pod as a row, with the words that `kubectl get pods` has for it.
//!
//! Owns these readings. Must not ask anything: the time arrives as an argument.

use crate::model::Timestamp;
use crate::model::pods::{Condition, Container, ContainerKind, Exit, Pod, PodKey};
use crate::model::time::SECOND;
use k8s_openapi::api::core::v1::{self as core, ContainerStateTerminated, ContainerStatus, PodStatus};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time};
use std::collections::HashMap;

/// A restart is news for this long.
const FRESH: i64 = 600 * SECOND;

/// A time of the API's.
pub fn time(time: Option<&Time>) -> Option<Timestamp> {
    Timestamp::from_jiff(time?.0)
}

/// The row of a pod, without what is known of its streams. `jobs` tells whose a job is.
pub fn row(pod: &core::Pod, jobs: &HashMap<String, String>, now: Timestamp) -> Pod {
    let empty = PodStatus::default();
    let status = pod.status.as_ref().unwrap_or(&empty);
    let counts = Counts::of(pod, status);
    let owner = owner(&pod.metadata, jobs);
    let containers = containers(pod, status);
    let key = key(&pod.metadata);
    let mut row = Pod {
        short: short(&pod.metadata, owner.as_ref()),
        why: why(pod, status, &containers),
        ready: (counts.ready, counts.all),
        restarts: counts.restarts,
        restarted: counts.restarted,
        last_exit: containers.iter().filter_map(|c| c.last_exit.clone()).max_by_key(|exit| exit.ended),
        node: pod.spec.as_ref().and_then(|spec| spec.node_name.clone()).unwrap_or_default(),
        created: time(pod.metadata.creation_timestamp.as_ref()),
        owner,
        state: counts.word,
        condition: Condition::Well,
        key,
        containers,
    };
    row.condition = condition(&row, pod.metadata.deletion_timestamp.is_some(), now);
    row
}

/// Which pod it is.
pub fn key(meta: &ObjectMeta) -> PodKey {
    PodKey {
        namespace: meta.namespace.clone().unwrap_or_default(),
        name: meta.name.clone().unwrap_or_default(),
        uid: meta.uid.clone().unwrap_or_default(),
    }
}

/// The order of rows: the worst first, then the newest restart, then the name.
pub fn sort(pods: &mut [Pod]) {
    let rank =
        |pod: &Pod| (pod.condition, std::cmp::Reverse(pod.restarted.filter(|_| pod.condition < Condition::Well)));
    pods.sort_by(|a, b| rank(a).cmp(&rank(b)).then_with(|| a.key.cmp(&b.key)));
}

/// When the condition of a row changes by itself: a restart is no news any more.
pub fn settles(row: &Pod) -> Option<Timestamp> {
    row.restarted.filter(|_| row.condition == Condition::Shaky).map(|at| at.saturating_add(FRESH))
}

/// Whose a pod is, as far up as its names tell: a replica set of a deployment is named by it and the hash of its pods.
fn owner(meta: &ObjectMeta, jobs: &HashMap<String, String>) -> Option<(String, String)> {
    let of = meta.owner_references.iter().flatten().find(|owner| owner.controller == Some(true))?;
    let hash = meta.labels.as_ref().and_then(|labels| labels.get("pod-template-hash"));
    match of.kind.as_str() {
        "ReplicaSet" => {
            let deployment = hash.and_then(|hash| of.name.strip_suffix(hash.as_str())?.strip_suffix('-'));
            Some(
                deployment.map_or_else(
                    || (of.kind.clone(), of.name.clone()),
                    |name| ("Deployment".to_owned(), name.to_owned()),
                ),
            )
        }
        "Job" => match jobs.get(&of.name) {
            Some(cron) => Some(("CronJob".to_owned(), cron.clone())),
            None => Some((of.kind.clone(), of.name.clone())),
        },
        _ => Some((of.kind.clone(), of.name.clone())),
    }
}

/// What is enough to tell a pod from the others of its owner.
fn short(meta: &ObjectMeta, owner: Option<&(String, String)>) -> String {
    let name = meta.name.as_deref().unwrap_or_default();
    let direct = meta.owner_references.iter().flatten().find(|owner| owner.controller == Some(true));
    let (Some((kind, top)), Some(direct)) = (owner, direct) else { return name.to_owned() };
    let prefix = match kind.as_str() {
        "StatefulSet" | "Node" => return name.to_owned(),
        "CronJob" => top,
        _ => &direct.name,
    };
    let rest = name.strip_prefix(prefix.as_str()).and_then(|rest| rest.strip_prefix('-'));
    rest.filter(|rest| !rest.is_empty()).unwrap_or(name).to_owned()
}

/// What `kubectl get pods` counts and says.
#[derive(Debug, Default)]
struct Counts {
    word: String,
    ready: u32,
    all: u32,
    restarts: u32,
    restarted: Option<Timestamp>,
}

impl Counts {
    fn of(pod: &core::Pod, status: &PodStatus) -> Self {
        let spec = pod.spec.as_ref();
        let phase = status.phase.as_deref().unwrap_or("Unknown");
        let own = status.reason.as_deref().filter(|reason| !reason.is_empty());
        let inits = spec.and_then(|spec| spec.init_containers.as_deref()).unwrap_or_default();
        let is_sidecar =
            |name: &str| inits.iter().any(|c| c.name == name && c.restart_policy.as_deref() == Some("Always"));
        let mut counts = Self { word: own.unwrap_or(phase).to_owned(), ..Self::default() };
        let mains = spec.map_or(0, |spec| spec.containers.len());
        counts.all = (mains + inits.iter().filter(|c| is_sidecar(&c.name)).count()) as u32;
        let gated =
            |c: &core::PodCondition| c.type_ == "PodScheduled" && c.reason.as_deref() == Some("SchedulingGated");
        if status.conditions.iter().flatten().any(gated) {
            "SchedulingGated".clone_into(&mut counts.word);
        }
        let sidecars = counts.inits(status, inits.len(), &is_sidecar);
        let is_initialized = has_condition(status, "Initialized");
        if sidecars.is_some() || is_initialized {
            (counts.restarts, counts.restarted) = sidecars.unwrap_or_else(|| restarts_of(status, &is_sidecar));
            counts.mains(status);
        }
        if pod.metadata.deletion_timestamp.is_some() {
            if own == Some("NodeLost") {
                "Unknown".clone_into(&mut counts.word);
            } else if !matches!(phase, "Succeeded" | "Failed") {
                "Terminating".clone_into(&mut counts.word);
            }
        }
        counts
    }

    /// Looks at the init containers. When all have done what they should: the restarts of those that go on.
    fn inits(
        &mut self,
        status: &PodStatus,
        all: usize,
        is_sidecar: &dyn Fn(&str) -> bool,
    ) -> Option<(u32, Option<Timestamp>)> {
        for (n, container) in status.init_container_statuses.iter().flatten().enumerate() {
            self.restarts = self.restarts.saturating_add(container.restart_count.max(0) as u32);
            self.restarted = self.restarted.max(ended(container));
            let state = container.state.as_ref();
            let terminated = state.and_then(|state| state.terminated.as_ref());
            let waiting = state.and_then(|state| state.waiting.as_ref()).and_then(|waiting| waiting.reason.as_deref());
            if terminated.is_some_and(|end| end.exit_code == 0) {
                continue;
            }
            if is_sidecar(&container.name) && container.started == Some(true) {
                self.ready += u32::from(container.ready);
                continue;
            }
            self.word = match (terminated, waiting) {
                (Some(end), _) => format!("Init:{}", end_word(end)),
                (None, Some(reason)) if !reason.is_empty() && reason != "PodInitializing" => format!("Init:{reason}"),
                _ => format!("Init:{n}/{all}"),
            };
            return None;
        }
        Some(restarts_of(status, is_sidecar))
    }

    fn mains(&mut self, status: &PodStatus) {
        let mut has_running = false;
        for container in status.container_statuses.iter().flatten().rev() {
            self.restarts = self.restarts.saturating_add(container.restart_count.max(0) as u32);
            self.restarted = self.restarted.max(ended(container));
            let Some(state) = &container.state else { continue };
            let waiting = state.waiting.as_ref().and_then(|waiting| waiting.reason.as_deref()).unwrap_or_default();
            if !waiting.is_empty() {
                waiting.clone_into(&mut self.word);
            } else if let Some(end) = &state.terminated {
                self.word = end_word(end);
            } else if container.ready && state.running.is_some() {
                has_running = true;
                self.ready += 1;
            }
        }
        if self.word == "Completed" && has_running {
            if has_condition(status, "Ready") { "Running" } else { "NotReady" }.clone_into(&mut self.word);
        }
    }
}

fn has_condition(status: &PodStatus, name: &str) -> bool {
    status.conditions.iter().flatten().any(|c| c.type_ == name && c.status == "True")
}

fn restarts_of(status: &PodStatus, is_sidecar: &dyn Fn(&str) -> bool) -> (u32, Option<Timestamp>) {
    let sidecars = status.init_container_statuses.iter().flatten().filter(|c| is_sidecar(&c.name));
    sidecars.fold((0, None), |(n, at), c| (n.saturating_add(c.restart_count.max(0) as u32), at.max(ended(c))))
}

/// When the run before ended.
fn ended(container: &ContainerStatus) -> Option<Timestamp> {
    time(container.last_state.as_ref()?.terminated.as_ref()?.finished_at.as_ref())
}

fn end_word(end: &ContainerStateTerminated) -> String {
    match (end.reason.as_deref().filter(|reason| !reason.is_empty()), end.signal) {
        (Some(reason), _) => reason.to_owned(),
        (None, Some(signal)) if signal != 0 => format!("Signal:{signal}"),
        (None, _) => format!("ExitCode:{}", end.exit_code),
    }
}

/// How a container ended, from the API's form.
pub fn exit(end: &ContainerStateTerminated) -> Exit {
    Exit {
        reason: end_word(end),
        code: end.exit_code,
        message: end.message.clone().unwrap_or_default().trim_end().to_owned(),
        started: time(end.started_at.as_ref()),
        ended: time(end.finished_at.as_ref()),
    }
}

/// The status of a container, whatever it is for.
pub fn status_of<'s>(status: &'s PodStatus, name: &str) -> Option<&'s ContainerStatus> {
    let lists = [&status.init_container_statuses, &status.container_statuses, &status.ephemeral_container_statuses];
    lists.into_iter().flatten().flatten().find(|container| container.name == name)
}

fn containers(pod: &core::Pod, status: &PodStatus) -> Vec<Container> {
    let Some(spec) = &pod.spec else { return Vec::new() };
    let inits = spec.init_containers.iter().flatten().map(|c| (ContainerKind::Init, &c.name, c.image.as_ref()));
    let mains = spec.containers.iter().map(|c| (ContainerKind::Main, &c.name, c.image.as_ref()));
    let others =
        spec.ephemeral_containers.iter().flatten().map(|c| (ContainerKind::Ephemeral, &c.name, c.image.as_ref()));
    let all = inits.chain(mains).chain(others);
    all.map(|(kind, name, image)| container(kind, name, image.map_or("", String::as_str), status_of(status, name)))
        .collect()
}

fn container(kind: ContainerKind, name: &str, image: &str, status: Option<&ContainerStatus>) -> Container {
    let mut row = Container { name: name.to_owned(), kind, image: image.to_owned(), ..Container::default() };
    let Some(status) = status else { return row };
    row.is_ready = status.ready;
    row.restarts = status.restart_count.max(0) as u32;
    let last = status.last_state.as_ref().and_then(|state| state.terminated.as_ref());
    row.last_exit = last.map(exit);
    let Some(state) = &status.state else { return row };
    if let Some(running) = &state.running {
        "Running".clone_into(&mut row.state);
        row.started = time(running.started_at.as_ref());
    } else if let Some(end) = &state.terminated {
        row.state = end_word(end);
        row.message = end.message.clone().unwrap_or_default();
        row.last_exit = Some(exit(end));
    } else if let Some(waiting) = &state.waiting {
        row.state = waiting.reason.clone().unwrap_or_else(|| "Waiting".to_owned());
        row.message = waiting.message.clone().unwrap_or_default();
    }
    row
}

fn why(pod: &core::Pod, status: &PodStatus, containers: &[Container]) -> String {
    let own = status.message.clone().filter(|message| !message.is_empty());
    let of_container = || {
        let bad = containers.iter().find(|c| !c.is_ready && !c.message.is_empty() && c.state != "Completed")?;
        Some(format!("{}: {}", bad.name, bad.message.trim_end()))
    };
    let of_condition = || {
        let order = ["PodScheduled", "Initialized", "ContainersReady", "Ready"];
        let conditions = status.conditions.as_deref().unwrap_or_default();
        order.iter().find_map(|name| {
            let condition = conditions.iter().find(|c| c.type_ == *name && c.status == "False")?;
            condition.message.clone().filter(|message| !message.is_empty())
        })
    };
    let is_over = matches!(status.phase.as_deref(), Some("Succeeded")) || pod.metadata.deletion_timestamp.is_some();
    own.or_else(of_container).or_else(|| of_condition().filter(|_| !is_over)).unwrap_or_default()
}

fn condition(row: &Pod, is_deleted: bool, now: Timestamp) -> Condition {
    let word = row.state.strip_prefix("Init:").unwrap_or(&row.state);
    let is_fraction = word.split_once('/').is_some_and(|(a, b)| a.parse::<u32>().is_ok() && b.parse::<u32>().is_ok());
    match word {
        _ if is_deleted => Condition::Gone,
        "Completed" | "Succeeded" => Condition::Over,
        "Pending" | "ContainerCreating" | "PodInitializing" | "SchedulingGated" | "Waiting" => Condition::Waiting,
        _ if is_fraction => Condition::Waiting,
        "Running" if row.ready.0 < row.ready.1 => Condition::Shaky,
        "NotReady" => Condition::Shaky,
        "Running" if row.restarted.is_some_and(|at| now.0.saturating_sub(at.0) < FRESH) => Condition::Shaky,
        "Running" => Condition::Well,
        _ => Condition::Failing,
    }
}
