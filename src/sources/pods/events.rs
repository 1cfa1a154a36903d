//! Kubernetes' events into lines of a log: each once, and again when it was counted up.
//!
//! Owns which are new and how bad they are. Must not ask anything.

use super::row;
use crate::model::Timestamp;
use crate::model::time::SECOND;
use k8s_openapi::api::core::v1::Event;
use std::collections::HashMap;

/// At the start, only events of this time.
const RECENT: i64 = 3600 * SECOND;

/// An event that is counted up becomes a line again after this time at the earliest.
const AGAIN: i64 = 10 * SECOND;

/// Events that are remembered; of more, the oldest are forgotten.
const MAX_SEEN: usize = 20_000;

/// Which events became lines.
#[derive(Debug, Default)]
pub struct Events {
    seen: HashMap<String, Seen>,
}

#[derive(Clone, Copy, Debug)]
struct Seen {
    count: i64,
    at: Timestamp,
}

impl Events {
    /// The event as a line, if it is new. `now` bounds how old it may be.
    pub fn line(&mut self, event: &Event, now: Timestamp) -> Option<(Timestamp, String)> {
        let at = when(event).unwrap_or(now);
        if now.0.saturating_sub(at.0) > RECENT {
            return None;
        }
        let series = event.series.as_ref().and_then(|series| series.count);
        let count = i64::from(series.or(event.count).unwrap_or(1).max(1));
        let uid = event.metadata.uid.clone().unwrap_or_else(|| event.metadata.name.clone().unwrap_or_default());
        if let Some(seen) = self.seen.get(&uid)
            && (count <= seen.count || at.0.saturating_sub(seen.at.0) < AGAIN)
        {
            return None;
        }
        if self.seen.len() >= MAX_SEEN {
            let mut times: Vec<_> = self.seen.values().map(|seen| seen.at).collect();
            times.sort_unstable();
            let middle = times[times.len() / 2];
            self.seen.retain(|_, seen| seen.at > middle);
        }
        self.seen.insert(uid, Seen { count, at });
        Some((at, text(event, at, count)))
    }
}

/// When it happened last.
pub fn when(event: &Event) -> Option<Timestamp> {
    let series = event.series.as_ref().and_then(|series| series.last_observed_time.as_ref()).map(|time| time.0);
    let last = event.last_timestamp.as_ref().map(|time| time.0);
    let first = event.event_time.as_ref().map(|time| time.0);
    let any = series.or(last).or(first);
    any.and_then(Timestamp::from_jiff).or_else(|| row::time(event.metadata.creation_timestamp.as_ref()))
}

fn text(event: &Event, at: Timestamp, count: i64) -> String {
    let object = &event.involved_object;
    let reason = event.reason.as_deref().unwrap_or("Event");
    let message = event.message.as_deref().unwrap_or_default().trim();
    let kind = object.kind.as_deref().unwrap_or_default();
    let name = object.name.as_deref().unwrap_or_default();
    let times = if count > 1 { format!(" ({count} times)") } else { String::new() };
    let source = event.source.as_ref().and_then(|source| source.component.as_deref());
    let from = source.filter(|name| !name.is_empty()).or(event.reporting_component.as_deref()).unwrap_or_default();
    let container = object.field_path.as_deref().and_then(container).unwrap_or_default();
    let count = count.to_string();
    line(
        at,
        level(event),
        &format!("{reason} {}/{name}: {message}{times}", kind.to_ascii_lowercase()),
        &[
            ("reason", reason),
            ("kind", kind),
            ("name", name),
            ("namespace", object.namespace.as_deref().unwrap_or_default()),
            ("container", container),
            ("count", &count),
            ("from", from),
        ],
    )
}

/// A line of a log in JSON; fields without a value are left out.
pub fn line(at: Timestamp, level: &str, message: &str, fields: &[(&str, &str)]) -> String {
    let quote = |text: &str| serde_json::Value::from(text).to_string();
    let mut line = format!("{{\"time\":\"{}\",\"level\":\"{level}\",\"msg\":{}", at.to_jiff(), quote(message));
    for (name, value) in fields.iter().filter(|(_, value)| !value.is_empty()) {
        line.push_str(&format!(",\"{name}\":{}", quote(value)));
    }
    line.push_str("}\n");
    line
}

/// `spec.containers{api}` is about `api`.
fn container(path: &str) -> Option<&str> {
    path.split_once('{')?.1.strip_suffix('}')
}

/// How bad it is. The cluster knows only normal and warning.
fn level(event: &Event) -> &'static str {
    let reason = event.reason.as_deref().unwrap_or_default();
    let message = event.message.as_deref().unwrap_or_default();
    let is_warning = event.type_.as_deref() == Some("Warning");
    match reason {
        "OOMKilling"
        | "OOMKilled"
        | "SystemOOM"
        | "Evicted"
        | "FailedCreate"
        | "FailedMount"
        | "FailedAttachVolume"
        | "FailedCreatePodSandBox"
        | "FailedPostStartHook"
        | "InspectFailed"
        | "NodeNotReady"
        | "BackoffLimitExceeded"
        | "DeadlineExceeded"
        | "FailedKillPod" => "error",
        "Failed" if is_warning => "error",
        "BackOff" if message.contains("restarting failed") => "error",
        _ if is_warning => "warn",
        _ => "info",
    }
}
