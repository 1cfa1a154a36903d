//! What changed in the cluster: rollouts, scalings, nodes that come and go.
//!
//! Owns what was seen last, so that each change is told once, whatever the watches do. Must not ask anything.

use super::row;
use crate::model::Timestamp;
use crate::model::pods::Change;
use k8s_openapi::api::core::v1::{Node, PodTemplateSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use std::collections::{BTreeMap, HashMap};

/// What was seen last.
#[derive(Debug, Default)]
pub struct Changes {
    workloads: HashMap<(&'static str, String, String), Workload>,
    nodes: HashMap<String, NodeState>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Workload {
    uid: String,
    images: BTreeMap<String, String>,
    replicas: Option<i32>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct NodeState {
    ready: String,
    why: String,
    is_cordoned: bool,
    at: Option<Timestamp>,
}

/// A change, how bad it is and what of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// When and what.
    pub change: Change,
    /// `info` or `error`.
    pub level: &'static str,
    /// The object's kind.
    pub kind: &'static str,
    /// Its namespace; empty for nodes.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

impl Changes {
    /// A workload is there, or changed. Its first sight is no change.
    pub fn workload(
        &mut self,
        kind: &'static str,
        meta: &ObjectMeta,
        template: &PodTemplateSpec,
        replicas: Option<i32>,
        now: Timestamp,
    ) -> Vec<Told> {
        let name = meta.name.clone().unwrap_or_default();
        let namespace = meta.namespace.clone().unwrap_or_default();
        let spec = template.spec.as_ref();
        let mains = spec.map_or(&[][..], |spec| &spec.containers);
        let inits = spec.and_then(|spec| spec.init_containers.as_deref()).unwrap_or_default();
        let containers = mains.iter().chain(inits);
        let images: BTreeMap<String, String> =
            containers.map(|c| (c.name.clone(), c.image.clone().unwrap_or_default())).collect();
        let new = Workload { uid: meta.uid.clone().unwrap_or_default(), images, replicas };
        let old = self.workloads.insert((kind, namespace.clone(), name.clone()), new.clone());
        // One that was deleted and made anew is another one.
        let Some(old) = old.filter(|old| old.uid == new.uid) else { return Vec::new() };
        let lower = kind.to_ascii_lowercase();
        let told = |what: String| Told {
            change: Change { at: now, what: format!("{lower} {name}: {what}") },
            level: "info",
            kind,
            namespace: namespace.clone(),
            name: name.clone(),
        };
        let mut changes = Vec::new();
        for (container, image) in &new.images {
            match old.images.get(container) {
                Some(before) if before != image => {
                    let of = if new.images.len() > 1 { format!("{container} ") } else { String::new() };
                    changes.push(told(format!("{of}image {} -> {}", short(before, image), short(image, before))));
                }
                Some(_) => {}
                None => changes.push(told(format!("container {container} added ({image})"))),
            }
        }
        for container in old.images.keys().filter(|name| !new.images.contains_key(*name)) {
            changes.push(told(format!("container {container} removed")));
        }
        if let (Some(before), Some(after)) = (old.replicas, new.replicas)
            && before != after
        {
            changes.push(told(format!("scaled {before} -> {after}")));
        }
        changes
    }

    /// A workload is gone.
    pub fn gone(&mut self, kind: &'static str, meta: &ObjectMeta, now: Timestamp) -> Option<Told> {
        let name = meta.name.clone().unwrap_or_default();
        let namespace = meta.namespace.clone().unwrap_or_default();
        self.workloads.remove(&(kind, namespace.clone(), name.clone()))?;
        let what = format!("{} {name}: deleted", kind.to_ascii_lowercase());
        Some(Told { change: Change { at: now, what }, level: "info", kind, namespace, name })
    }

    /// A node is there, or changed.
    pub fn node(&mut self, node: &Node, now: Timestamp) -> Vec<Told> {
        let name = node.metadata.name.clone().unwrap_or_default();
        let ready = node.status.as_ref().and_then(|status| status.conditions.as_ref());
        let ready = ready.and_then(|conditions| conditions.iter().find(|c| c.type_ == "Ready"));
        let why = ready.and_then(|c| c.reason.clone()).unwrap_or_default();
        let new = NodeState {
            ready: ready.map_or_else(|| "Unknown".to_owned(), |c| c.status.clone()),
            why,
            is_cordoned: node.spec.as_ref().and_then(|spec| spec.unschedulable) == Some(true),
            at: ready.and_then(|c| row::time(c.last_transition_time.as_ref())),
        };
        let Some(old) = self.nodes.insert(name.clone(), new.clone()) else { return Vec::new() };
        let told = |at: Timestamp, level, what: &str| Told {
            change: Change { at, what: format!("node {name}: {what}") },
            level,
            kind: "Node",
            namespace: String::new(),
            name: name.clone(),
        };
        let mut changes = Vec::new();
        if old.ready != new.ready {
            let at = new.at.filter(|at| *at <= now).unwrap_or(now);
            let why = if new.why.is_empty() { String::new() } else { format!(" ({})", new.why) };
            changes.push(match new.ready.as_str() {
                "True" => told(at, "info", "Ready again"),
                "False" => told(at, "error", &format!("NotReady{why}")),
                _ => told(at, "error", &format!("NotReady: it is not heard of{why}")),
            });
        }
        if old.is_cordoned != new.is_cordoned {
            changes.push(told(now, "info", if new.is_cordoned { "cordoned" } else { "uncordoned" }));
        }
        changes
    }
}

/// An image without the registry that both have.
fn short<'i>(image: &'i str, other: &str) -> &'i str {
    let slash = image.rfind('/').map_or(0, |at| at + 1);
    if other.get(..slash) == image.get(..slash) { &image[slash..] } else { image }
}
