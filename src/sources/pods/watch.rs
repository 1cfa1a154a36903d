//! Watches of one kind of object each: pods, events, workloads, nodes. Each goes on by itself, whatever the others do.
//!
//! Owns trying again and what is said about it. Must not know what the objects mean.

use super::health::{Kind, Trouble};
use super::link::Link;
use crate::model::Timestamp;
use futures_util::StreamExt as _;
use k8s_openapi::api::apps::v1::{DaemonSet, Deployment, StatefulSet};
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{Event as CoreEvent, Node, Pod};
use kube::api::Api;
use kube::runtime::watcher;
use kube::runtime::watcher::Event;
use kube::{Client, Resource};
use serde::de::DeserializeOwned;
use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::Sender;

/// Objects of one page of a list.
const PAGE: u32 = 500;

/// The pauses between tries.
const LEAST: Duration = Duration::from_millis(200);
const MOST: Duration = Duration::from_secs(4);

/// The pause behind a refusal that a person has to lift.
const REFUSED: Duration = Duration::from_secs(30);

/// How long the server may take to say that it is there again.
const PROBE: Duration = Duration::from_secs(10);

/// An old server takes the wish for a streamed list and does not fulfil it: after this silence it is asked otherwise.
const SILENCE: Duration = Duration::from_secs(15);

/// What watches tell.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "they are the API's own objects, and few wait at a time")]
pub enum Told {
    /// Of pods.
    Pod(Event<Pod>),
    /// Of events.
    Event(Event<CoreEvent>),
    /// Of deployments.
    Deployment(Event<Deployment>),
    /// Of stateful sets.
    StatefulSet(Event<StatefulSet>),
    /// Of daemon sets.
    DaemonSet(Event<DaemonSet>),
    /// Of jobs.
    Job(Event<Job>),
    /// Of nodes.
    Node(Event<Node>),
    /// How a watch is: what is wrong, and when it tries again.
    Health {
        /// The resource.
        what: &'static str,
        /// What is wrong; nothing when it goes well.
        trouble: Option<Trouble>,
        /// The next try.
        next: Option<Timestamp>,
    },
}

/// What is watched.
#[derive(Clone, Debug)]
pub struct Watched<K> {
    /// The resource as permissions name it.
    pub what: &'static str,
    /// The namespace; none for all.
    pub namespace: Option<String>,
    /// Kubernetes' selectors.
    pub labels: String,
    /// On fields.
    pub fields: String,
    /// The client's part for it.
    pub api: fn(Client, Option<&str>) -> Api<K>,
    /// What is told.
    pub tell: fn(Event<K>) -> Told,
}

/// Watches until nobody listens any more.
pub async fn watch<K>(link: Arc<Link>, watched: Watched<K>, to: Sender<Told>)
where
    K: Resource + Clone + DeserializeOwned + Debug + Send + 'static,
{
    let mut streams_lists = true;
    let mut tries = 0;
    loop {
        link.permit().await;
        let trouble = match link.client().await {
            Err(trouble) => trouble,
            Ok(asking) => {
                let api = (watched.api)(asking.client, watched.namespace.as_deref());
                match follow(&link, api, &watched, streams_lists, &mut tries, &to).await {
                    Stopped::Nobody => return,
                    Stopped::Trouble(trouble) => {
                        if trouble.kind == Kind::Unauthorized {
                            link.renew(asking.generation).await;
                        }
                        trouble
                    }
                    Stopped::Differently => {
                        streams_lists = false;
                        continue;
                    }
                }
            }
        };
        tries += 1;
        if !wait(&link, &watched, trouble, tries, &to).await {
            return;
        }
    }
}

/// Why a watch stopped.
enum Stopped {
    /// Nobody listens.
    Nobody,
    /// It has to begin anew.
    Trouble(Trouble),
    /// It is to list first: the server does not stream lists, or may not be asked to.
    Differently,
}

async fn follow<K>(
    link: &Link,
    api: Api<K>,
    watched: &Watched<K>,
    streams_lists: bool,
    tries: &mut u32,
    to: &Sender<Told>,
) -> Stopped
where
    K: Resource + Clone + DeserializeOwned + Debug + Send + 'static,
{
    let mut config = watcher::Config::default().page_size(PAGE);
    if streams_lists {
        config = config.streaming_lists();
    }
    if !watched.labels.is_empty() {
        config = config.labels(&watched.labels);
    }
    if !watched.fields.is_empty() {
        config = config.fields(&watched.fields);
    }
    let asked = link.asked("watch", watched.what, watched.namespace.as_deref());
    let mut events = watcher(api.clone(), config).boxed();
    let (mut is_well, mut is_listed, mut outdated) = (false, !streams_lists, 0);
    loop {
        let next = if is_listed {
            events.next().await
        } else {
            match tokio::time::timeout(SILENCE, events.next()).await {
                Ok(next) => next,
                Err(_) => return Stopped::Differently,
            }
        };
        let error = match next {
            None => return Stopped::Trouble(Trouble::new(Kind::Server, "the watch ended")),
            Some(Err(error)) => error,
            Some(Ok(event)) => {
                is_listed |= matches!(event, Event::InitDone);
                if matches!(event, Event::Apply(_) | Event::Delete(_)) {
                    outdated = 0;
                }
                // `Init` comes before a list is asked for.
                if !is_well && !matches!(event, Event::Init) {
                    (is_well, *tries) = (true, 0);
                    link.is_up();
                    let health = Told::Health { what: watched.what, trouble: None, next: None };
                    if to.send(health).await.is_err() {
                        return Stopped::Nobody;
                    }
                }
                if to.send((watched.tell)(event)).await.is_err() {
                    return Stopped::Nobody;
                }
                continue;
            }
        };
        let trouble = asked.watch_trouble(&error);
        let is_start = matches!(error, watcher::Error::WatchStartFailed(_));
        match trouble.kind {
            Kind::Refused | Kind::Forbidden if streams_lists && is_start => return Stopped::Differently,
            Kind::Unauthorized | Kind::Refused | Kind::Forbidden | Kind::Missing => return Stopped::Trouble(trouble),
            // The watcher lists again by itself, and at once: a server to which its own lists are too old would be asked for
            // all of them all the time.
            Kind::Gone => {
                outdated += 1;
                link.pause(outdated, LEAST, MOST).await;
            }
            Kind::Unreachable | Kind::Busy | Kind::Server => {
                let mut trouble = trouble;
                loop {
                    *tries += 1;
                    if !wait(link, watched, trouble, *tries, to).await {
                        return Stopped::Nobody;
                    }
                    // A watch that goes on says nothing until something changes: whether the server answers again is
                    // asked in its own right.
                    match probe(link, &api, watched).await {
                        Some(again) => trouble = again,
                        None => break,
                    }
                }
                *tries = 0;
                link.is_up();
                if to.send(Told::Health { what: watched.what, trouble: None, next: None }).await.is_err() {
                    return Stopped::Nobody;
                }
            }
        }
    }
}

/// Whether the server does not answer.
async fn probe<K>(link: &Link, api: &Api<K>, watched: &Watched<K>) -> Option<Trouble>
where
    K: Resource + Clone + DeserializeOwned + Debug + Send + 'static,
{
    link.permit().await;
    let params = kube::api::ListParams::default().limit(1);
    let asked = link.asked("list", watched.what, watched.namespace.as_deref());
    let trouble = match tokio::time::timeout(PROBE, api.list(&params)).await {
        Err(_) => Trouble::new(Kind::Unreachable, format!("{}: no answer within {} s", link.server, PROBE.as_secs())),
        Ok(Err(error)) => asked.trouble(&error),
        Ok(Ok(_)) => return None,
    };
    matches!(trouble.kind, Kind::Unreachable | Kind::Busy | Kind::Server).then_some(trouble)
}

/// Says what is wrong and waits. False when nobody listens.
async fn wait<K>(link: &Link, watched: &Watched<K>, trouble: Trouble, tries: u32, to: &Sender<Told>) -> bool {
    if trouble.kind == Kind::Unreachable {
        link.is_down();
    }
    let lasting = matches!(trouble.kind, Kind::Forbidden | Kind::Refused | Kind::Missing)
        || tries > 3 && trouble.kind == Kind::Unauthorized;
    let (least, most) = trouble.pauses(if lasting { REFUSED } else { LEAST }, if lasting { REFUSED } else { MOST });
    let longest = least.saturating_mul(1 << (tries.saturating_sub(1)).min(20)).min(most);
    let next = link.now().saturating_add(i64::try_from(longest.as_nanos()).unwrap_or(i64::MAX));
    if to.send(Told::Health { what: watched.what, trouble: Some(trouble), next: Some(next) }).await.is_err() {
        return false;
    }
    link.pause(tries, least, most).await;
    true
}
