//! Which kinds of objects are watched, and which of their changes are told.
//!
//! Owns this list. Must not know how a watch goes on after a failure.

use super::changes::{Changes, Told as Changed};
use super::link::Link;
use super::select::Selection;
use super::watch::{Told, Watched, watch};
use crate::model::Timestamp;
use crate::sources::driver::Closed;
use k8s_openapi::NamespaceResourceScope;
use kube::api::Api;
use kube::runtime::watcher::Event;
use kube::{Client, Resource};
use serde::de::DeserializeOwned;
use std::fmt::Debug;
use std::sync::Arc;
use tokio::sync::mpsc::Sender;
use tokio::task::JoinSet;

/// Begins to watch all that a selection needs; with `extras` what becomes records, too.
pub fn watch_all(
    tasks: &mut JoinSet<Result<(), Closed>>,
    link: &Arc<Link>,
    namespace: Option<&str>,
    selection: &Selection,
    extras: bool,
    tell: &Sender<Told>,
) {
    let mut begin = Begin { tasks, link, namespace, tell };
    begin.watch("pods", &selection.labels, &selection.field_selector(), Told::Pod);
    if selection.needs_jobs() {
        begin.watch("jobs.batch", "", "", Told::Job);
    }
    if extras {
        begin.watch("events", "", "", Told::Event);
        begin.watch("deployments.apps", "", "", Told::Deployment);
        begin.watch("statefulsets.apps", "", "", Told::StatefulSet);
        begin.watch("daemonsets.apps", "", "", Told::DaemonSet);
        let nodes = Watched {
            what: "nodes",
            namespace: None,
            labels: String::new(),
            fields: String::new(),
            api: |client: Client, _: Option<&str>| Api::all(client),
            tell: Told::Node,
        };
        begin.spawn(nodes);
    }
}

struct Begin<'b> {
    tasks: &'b mut JoinSet<Result<(), Closed>>,
    link: &'b Arc<Link>,
    namespace: Option<&'b str>,
    tell: &'b Sender<Told>,
}

impl Begin<'_> {
    fn watch<K>(&mut self, what: &'static str, labels: &str, fields: &str, tell: fn(Event<K>) -> Told)
    where
        K: Resource<Scope = NamespaceResourceScope> + Clone + DeserializeOwned + Debug + Send + 'static,
        K::DynamicType: Default,
    {
        let watched = Watched {
            what,
            namespace: self.namespace.map(str::to_owned),
            labels: labels.to_owned(),
            fields: fields.to_owned(),
            api: |client: Client, namespace: Option<&str>| match namespace {
                Some(namespace) => Api::namespaced(client, namespace),
                None => Api::all(client),
            },
            tell,
        };
        self.spawn(watched);
    }

    fn spawn<K>(&mut self, watched: Watched<K>)
    where
        K: Resource + Clone + DeserializeOwned + Debug + Send + 'static,
    {
        let (link, tell) = (self.link.clone(), self.tell.clone());
        self.tasks.spawn(async move {
            watch(link, watched, tell).await;
            Ok(())
        });
    }
}

/// The changes that an object of a watch shows.
pub fn changes(changes: &mut Changes, told: Told, now: Timestamp) -> Vec<Changed> {
    match told {
        Told::Deployment(Event::InitApply(one) | Event::Apply(one)) => {
            changes.workload("Deployment", &one.metadata, &one.spec.template, one.spec.replicas, now)
        }
        Told::Deployment(Event::Delete(one)) => changes.gone("Deployment", &one.metadata, now).into_iter().collect(),
        Told::StatefulSet(Event::InitApply(one) | Event::Apply(one)) => {
            changes.workload("StatefulSet", &one.metadata, &one.spec.template, one.spec.replicas, now)
        }
        Told::StatefulSet(Event::Delete(one)) => changes.gone("StatefulSet", &one.metadata, now).into_iter().collect(),
        Told::DaemonSet(Event::InitApply(one) | Event::Apply(one)) => {
            changes.workload("DaemonSet", &one.metadata, &one.spec.template, None, now)
        }
        Told::DaemonSet(Event::Delete(one)) => changes.gone("DaemonSet", &one.metadata, now).into_iter().collect(),
        Told::Node(Event::InitApply(one) | Event::Apply(one)) => changes.node(&one, now),
        _ => Vec::new(),
    }
}
