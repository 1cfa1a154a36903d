//! The runs of a container, as far as a pod's status tells: which one's log the server gives.
//!
//! Owns the kubelet's rule for that. Must not ask anything.

use super::row;
use crate::model::Timestamp;
use crate::model::pods::Exit;
use k8s_openapi::api::core::v1 as core;

/// What is known of a container's runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Runs {
    /// The run whose log is given: the one that runs, else the last one that ran.
    pub current: Option<Run>,
    /// The run that `previous` gives.
    pub before: Option<Run>,
    /// Why there is nothing to read.
    pub waits: String,
    /// The pod is gone.
    pub is_deleted: bool,
}

/// One run of a container.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Run {
    /// The container's id, which no other run has.
    pub id: String,
    /// How many runs there were before it.
    pub number: u32,
    /// Since when it runs, in whole seconds.
    pub started: Option<Timestamp>,
    /// How it ended.
    pub end: Option<Exit>,
}

/// The runs of a container of a pod.
pub fn runs(pod: &core::Pod, container: &str) -> Runs {
    let status = pod.status.as_ref();
    let is_scheduled =
        pod.spec.as_ref().is_some_and(|spec| spec.node_name.as_deref().is_some_and(|node| !node.is_empty()));
    let nothing = if is_scheduled { "it has not started" } else { "the pod is not scheduled" };
    let mut runs = Runs { waits: nothing.to_owned(), ..Runs::default() };
    let Some(status) = status.and_then(|status| row::status_of(status, container)) else { return runs };
    let number = status.restart_count.max(0) as u32;
    let id = |id: Option<&String>, number: u32| {
        id.filter(|id| !id.is_empty()).cloned().unwrap_or_else(|| format!("run {number}"))
    };
    let ended = |end: &core::ContainerStateTerminated, number: u32| {
        let exit = row::exit(end);
        Run { id: id(end.container_id.as_ref(), number), number, started: exit.started, end: Some(exit) }
    };
    let last = status.last_state.as_ref().and_then(|state| state.terminated.as_ref());
    let state = status.state.as_ref();
    let running = state.and_then(|state| state.running.as_ref());
    let terminated = state.and_then(|state| state.terminated.as_ref());
    let is_after = running.is_some() || terminated.is_some();
    runs.before = last.map(|end| ended(end, if is_after { number.saturating_sub(1) } else { number }));
    runs.current = match (running, terminated) {
        (Some(running), _) => Some(Run {
            id: id(status.container_id.as_ref(), number),
            number,
            started: row::time(running.started_at.as_ref()),
            end: None,
        }),
        // One that could not be created has no id.
        (None, Some(end)) if end.container_id.as_ref().is_none_or(|id| !id.is_empty()) => Some(ended(end, number)),
        _ => runs.before.clone(),
    };
    if let Some(waiting) = state.and_then(|state| state.waiting.as_ref()) {
        let reason = waiting.reason.as_deref().unwrap_or("waiting to start");
        let message = waiting.message.as_deref().unwrap_or_default();
        let colon = if message.is_empty() { "" } else { ": " };
        runs.waits = format!("{reason}{colon}{message}");
    }
    runs
}

/// How a run ended, for people: `OOMKilled, exit 137, ran 48 s`.
pub fn words(exit: &Exit) -> String {
    let ran = match (exit.started, exit.ended) {
        (Some(from), Some(to)) if to >= from => format!(", ran {}", span(to.0.saturating_sub(from.0))),
        _ => String::new(),
    };
    format!("{}, exit {}{ran}", exit.reason, exit.code)
}

/// A time span in its two largest units.
pub fn span(nanos: i64) -> String {
    let seconds = nanos / crate::model::time::SECOND;
    match seconds {
        ..120 => format!("{seconds} s"),
        120..7200 => format!("{} min {} s", seconds / 60, seconds % 60),
        7200..172_800 => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds / 3600 % 24),
    }
}
