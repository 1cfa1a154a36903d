//! All about a pod, as lines of text.
//!
//! Owns the form. Must not ask anything. Texts are as the cluster gave them, not safe for a terminal.

use super::row;
use super::runs;
use crate::model::Timestamp;
use crate::model::pods::{Container, ContainerKind, Pod, StreamState};
use k8s_openapi::api::core::v1 as core;

/// Events that are shown, the newest ones.
const MAX_EVENTS: usize = 30;

/// Describes a pod with its events.
pub fn describe(pod: &core::Pod, row: &Pod, events: &[core::Event], now: Timestamp) -> String {
    let mut out = Lines::default();
    let status = pod.status.as_ref();
    let spec = pod.spec.as_ref();
    out.field("Pod", &row.key.name);
    out.field("Namespace", &row.key.namespace);
    out.field("State", &row.state);
    out.field("Why", &row.why);
    if let Some((kind, name)) = &row.owner {
        out.field("Owner", &format!("{kind}/{name}"));
    }
    let age = |at: Timestamp| format!("{} ({} ago)", second(at), runs::span(now.0.saturating_sub(at.0).max(0)));
    out.field("Created", &row.created.map_or_else(String::new, age));
    out.field("Node", if row.node.is_empty() { "not scheduled" } else { &row.node });
    out.field("IP", status.and_then(|status| status.pod_ip.as_deref()).unwrap_or_default());
    out.field("QoS", status.and_then(|status| status.qos_class.as_deref()).unwrap_or_default());
    out.field("Account", spec.and_then(|spec| spec.service_account_name.as_deref()).unwrap_or_default());
    out.field("Ready", &format!("{}/{}", row.ready.0, row.ready.1));
    out.field("Restarts", &row.restarts.to_string());
    let labels = pod.metadata.labels.iter().flatten().map(|(key, value)| format!("{key}={value}"));
    out.field("Labels", &labels.collect::<Vec<_>>().join(" "));
    out.head("Conditions");
    for condition in status.and_then(|status| status.conditions.as_deref()).unwrap_or_default() {
        let since = row::time(condition.last_transition_time.as_ref())
            .map_or_else(String::new, |at| format!(" since {}", second(at)));
        let why = [condition.reason.as_deref(), condition.message.as_deref()];
        let why: Vec<&str> = why.into_iter().flatten().filter(|text| !text.is_empty()).collect();
        let colon = if why.is_empty() { "" } else { ": " };
        out.line(&format!("{} {}{since}{colon}{}", condition.type_, condition.status, why.join(", ")));
    }
    out.head("Containers");
    for container in &row.containers {
        describe_container(&mut out, container, spec, &age);
    }
    out.head("Events");
    let mut events: Vec<_> = events.iter().map(|event| (super::events::when(event), event)).collect();
    events.sort_by_key(|(at, _)| *at);
    if events.is_empty() {
        out.line("none in the last hour");
    }
    let first = events.len().saturating_sub(MAX_EVENTS);
    for (at, event) in &events[first..] {
        let count = event.series.as_ref().and_then(|series| series.count).or(event.count).unwrap_or(1);
        let times = if count > 1 { format!(" ({count} times)") } else { String::new() };
        out.line(&format!(
            "{} {} {}: {}{times}",
            at.map_or_else(String::new, second),
            event.type_.as_deref().unwrap_or("Normal"),
            event.reason.as_deref().unwrap_or_default(),
            event.message.as_deref().unwrap_or_default().trim(),
        ));
    }
    out.text
}

fn describe_container(
    out: &mut Lines,
    container: &Container,
    spec: Option<&core::PodSpec>,
    age: &dyn Fn(Timestamp) -> String,
) {
    let kind = match container.kind {
        ContainerKind::Init => " (init)",
        ContainerKind::Main => "",
        ContainerKind::Ephemeral => " (ephemeral)",
    };
    out.line(&format!("{}{kind}: {}", container.name, container.state));
    out.deep("Image", &container.image);
    out.deep("Message", &container.message);
    out.deep("Started", &container.started.map_or_else(String::new, age));
    out.deep("Restarts", &container.restarts.to_string());
    if let Some(exit) = &container.last_exit {
        let at = exit.ended.map_or_else(String::new, |at| format!(", {}", second(at)));
        out.deep("Last exit", &format!("{}{at}", runs::words(exit)));
        out.deep("It left", exit.message.trim());
    }
    let own = spec.and_then(|spec| {
        let inits = spec.init_containers.as_deref().unwrap_or_default();
        spec.containers.iter().chain(inits).find(|c| c.name == container.name)
    });
    if let Some(resources) = own.and_then(|own| own.resources.as_ref()) {
        let words = |map: Option<
            &std::collections::BTreeMap<String, k8s_openapi::apimachinery::pkg::api::resource::Quantity>,
        >| {
            map.into_iter()
                .flatten()
                .map(|(name, quantity)| format!("{name}={}", quantity.0))
                .collect::<Vec<_>>()
                .join(" ")
        };
        out.deep("Requests", &words(resources.requests.as_ref()));
        out.deep("Limits", &words(resources.limits.as_ref()));
    }
    out.deep(
        "Log",
        &match &container.stream {
            StreamState::Off(why) => format!("not read: {why}"),
            StreamState::Opening => "asked for".to_owned(),
            StreamState::Following => "followed".to_owned(),
            StreamState::Ended => "read to its end".to_owned(),
            StreamState::Broken { why, tries, .. } => format!("broken: {why} (try {tries})"),
            StreamState::Refused(why) => why.clone(),
        },
    );
}

/// A time to the second.
fn second(at: Timestamp) -> String {
    at.to_jiff().strftime("%Y-%m-%d %H:%M:%SZ").to_string()
}

#[derive(Default)]
struct Lines {
    text: String,
}

impl Lines {
    fn field(&mut self, name: &str, value: &str) {
        if !value.is_empty() {
            self.text.push_str(&format!("{name:<10} {value}\n"));
        }
    }

    fn head(&mut self, name: &str) {
        self.text.push_str(&format!("\n{name}\n"));
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(&format!("  {line}\n"));
    }

    fn deep(&mut self, name: &str, value: &str) {
        if !value.is_empty() {
            self.text.push_str(&format!("    {name:<10} {value}\n"));
        }
    }
}
