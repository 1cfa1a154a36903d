//! Who plays in the demo's cluster, and the story: what happens when.
//!
//! Owns names, images and moments; they fit `assets/demo/outage.txt`. Must not know clocks.

use super::super::kind::Kind;
use super::super::objects::{self, Tone, set_condition};
use super::super::state::{State, seconds};
use super::{NAMESPACE, tell};
use crate::model::Timestamp;
use crate::model::time::SECOND;
use serde_json::json;

const NODES: [&str; 3] = ["node-a", "node-b", "node-c"];
const OLD: &str = "payments-api-6c4b8d";
const NEW: &str = "payments-api-7d9f5c";
const OLD_IMAGE: &str = "registry.acme.test/payments-api:2.13.2";
const NEW_IMAGE: &str = "registry.acme.test/payments-api:2.14.0";

/// Something that happens. Pods are those of the service unless they are named whole.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    /// The deployment gets another image, and so another replica set with that many replicas.
    Rollout(&'static str, &'static str, &'static str, u64),
    /// A pod of a replica set comes, and waits for its image.
    Create(&'static str, &'static str),
    /// Its container runs.
    Run(&'static str),
    /// It is asked to end.
    Terminate(&'static str),
    /// It is gone.
    Gone(&'static str),
    /// Its container is out of memory.
    Oom(&'static str),
    /// Its container starts again.
    Again(&'static str),
    /// The node waits longer and longer.
    BackOff(&'static str),
    /// It does not answer.
    Unhealthy(&'static str),
    /// There is no place for a pod.
    NoPlace(&'static str),
}

/// Milliseconds after the opening, and what happens then; in order.
pub(super) const STORY: &[(i64, Step)] = &[
    (-240_000, Step::NoPlace("edge-6b8-9xq4d")),
    (-120_000, Step::NoPlace("edge-6b8-9xq4d")),
    (-1_000, Step::NoPlace("edge-6b8-9xq4d")),
    (3_900, Step::Rollout(OLD, NEW, NEW_IMAGE, 2)),
    (5_100, Step::Create(NEW, "payments-api-7d9f5c-2xkq9")),
    (6_050, Step::Run("payments-api-7d9f5c-2xkq9")),
    (7_300, Step::Create(NEW, "payments-api-7d9f5c-8mzlp")),
    (7_950, Step::Run("payments-api-7d9f5c-8mzlp")),
    (8_900, Step::Terminate("payments-api-6c4b8d-m2x7k")),
    (8_950, Step::Terminate("payments-api-6c4b8d-q9zfw")),
    (24_200, Step::Gone("payments-api-6c4b8d-m2x7k")),
    (24_300, Step::Gone("payments-api-6c4b8d-q9zfw")),
    (44_120, Step::Oom("payments-api-7d9f5c-2xkq9")),
    (46_500, Step::Again("payments-api-7d9f5c-2xkq9")),
    (51_110, Step::Oom("payments-api-7d9f5c-8mzlp")),
    (53_000, Step::Again("payments-api-7d9f5c-8mzlp")),
    (55_090, Step::Oom("payments-api-7d9f5c-2xkq9")),
    (56_000, Step::BackOff("payments-api-7d9f5c-2xkq9")),
    (56_500, Step::Unhealthy("payments-api-7d9f5c-8mzlp")),
    (58_200, Step::Oom("payments-api-7d9f5c-8mzlp")),
    (59_000, Step::BackOff("payments-api-7d9f5c-8mzlp")),
    (61_000, Step::Unhealthy("payments-api-7d9f5c-2xkq9")),
    (62_400, Step::Rollout(NEW, OLD, OLD_IMAGE, 2)),
    (66_000, Step::BackOff("payments-api-7d9f5c-2xkq9")),
    (68_100, Step::Create(OLD, "payments-api-6c4b8d-v5tn2")),
    (68_900, Step::Create(OLD, "payments-api-6c4b8d-zz4rp")),
    (69_550, Step::Run("payments-api-6c4b8d-v5tn2")),
    (70_350, Step::Run("payments-api-6c4b8d-zz4rp")),
    (71_000, Step::Terminate("payments-api-7d9f5c-2xkq9")),
    (71_050, Step::Terminate("payments-api-7d9f5c-8mzlp")),
    (76_100, Step::Gone("payments-api-7d9f5c-2xkq9")),
    (76_200, Step::Gone("payments-api-7d9f5c-8mzlp")),
    (120_000, Step::NoPlace("edge-6b8-9xq4d")),
];

/// The cluster before anything happens.
pub(super) fn set(state: &mut State, opens: Timestamp) {
    let ago = |minutes: i64| opens.saturating_add(-minutes * 60 * SECOND);
    for name in ["default", "kube-system", NAMESPACE] {
        let mut namespace = objects::namespace(name);
        namespace["metadata"]["creationTimestamp"] = json!(seconds(ago(90 * 24 * 60)));
        state.put(Kind::Namespace, namespace);
    }
    for name in NODES {
        state.put(Kind::Node, objects::node(name, ago(30 * 24 * 60)));
    }
    let work = [
        (Kind::Deployment, "payments-api", "payments-api", OLD_IMAGE, 2, 41 * 24 * 60),
        (Kind::Deployment, "edge", "edge", "registry.acme.test/edge:1.9.4", 2, 60 * 24 * 60),
        (Kind::Deployment, "ledger-worker", "ledger-worker", "registry.acme.test/ledger:5.2.0", 1, 60 * 24 * 60),
        (Kind::StatefulSet, "postgres", "postgres", "postgres:17.2", 1, 60 * 24 * 60),
    ];
    for (kind, name, app, image, replicas, age) in work {
        let mut object = objects::workload(NAMESPACE, name, app, image, replicas);
        object["metadata"]["creationTimestamp"] = json!(seconds(ago(age)));
        if name == "edge" {
            object["status"]["readyReplicas"] = json!(1);
            object["status"]["availableReplicas"] = json!(1);
        }
        state.put(kind, object);
    }
    let sets = [
        (OLD, "payments-api", OLD_IMAGE, 2, 25),
        ("edge-6b8", "edge", "registry.acme.test/edge:1.9.4", 2, 9 * 24 * 60),
        ("ledger-worker-5d9c", "ledger-worker", "registry.acme.test/ledger:5.2.0", 1, 3 * 24 * 60),
    ];
    for (name, app, image, replicas, age) in sets {
        replica_set(state, name, app, image, replicas, ago(age));
    }
    let pods = [
        ("payments-api-6c4b8d-m2x7k", OLD, 0, 25),
        ("payments-api-6c4b8d-q9zfw", OLD, 1, 25),
        ("edge-6b8-tt91z", "edge-6b8", 1, 9 * 24 * 60),
        ("ledger-worker-5d9c-hh2v4", "ledger-worker-5d9c", 2, 3 * 24 * 60),
        ("postgres-0", "postgres", 2, 30 * 24 * 60),
    ];
    for (name, owner, node, age) in pods {
        let made = pod(state, name, owner).created(ago(age));
        state.put(Kind::Pod, made.running(NODES[node], ago(age)));
    }
    let waiting = pod(state, "edge-6b8-9xq4d", "edge-6b8").created(ago(4));
    state.put(Kind::Pod, waiting.unschedulable(ago(4), NO_PLACE));
}

const NO_PLACE: &str = "0/3 nodes are available: 3 Insufficient memory. preemption: 0/3 nodes are available: 3 No \
    preemption victims found for incoming pod.";

fn replica_set(state: &mut State, name: &str, app: &str, image: &str, replicas: u64, at: Timestamp) {
    let uid = state.get(Kind::Deployment, NAMESPACE, app).map(|object| object["metadata"]["uid"].clone());
    let uid = uid.as_ref().and_then(|uid| uid.as_str()).unwrap_or_default();
    let made = objects::workload(NAMESPACE, name, app, image, replicas);
    let mut made = objects::owned(made, "Deployment", app, uid);
    made["metadata"]["creationTimestamp"] = json!(seconds(at));
    state.put(Kind::ReplicaSet, made);
}

/// A pod that `owner`, a replica set or stateful set, makes.
fn pod(state: &State, name: &str, owner: &str) -> objects::PodMaker {
    let kind = if owner == "postgres" { Kind::StatefulSet } else { Kind::ReplicaSet };
    let owning = state.get(kind, NAMESPACE, owner).unwrap_or_default();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let image = text(&owning["spec"]["template"]["spec"]["containers"][0]["image"]);
    let app = text(&owning["metadata"]["labels"]["app"]);
    let made = objects::pod(NAMESPACE, name).container(container(name), &image).label("app", &app);
    made.owner(kind.name(), owner, &text(&owning["metadata"]["uid"]))
}

/// The container of a pod.
pub(super) fn container(pod: &str) -> &'static str {
    match pod.split('-').next() {
        Some("payments") => "api",
        Some("edge") => "nginx",
        Some("ledger") => "worker",
        _ => "postgres",
    }
}

/// The pod that writes a line of that file of the script; none when it is no pod.
pub(super) fn writer(path: &str, text: &str) -> Option<String> {
    Some(match path {
        "edge.log" => "edge-6b8-tt91z".to_owned(),
        "ledger.log" => "ledger-worker-5d9c-hh2v4".to_owned(),
        "postgres.log" => "postgres-0".to_owned(),
        "payments.log" => {
            let named = text.split_once("\"pod\":\"").and_then(|(_, rest)| rest.split_once('"'));
            named.map_or("payments-api-6c4b8d-m2x7k", |(pod, _)| pod).to_owned()
        }
        _ => return None,
    })
}

/// Lets a step happen.
pub(super) fn act(state: &mut State, at: Timestamp, step: &Step, number: &mut u64) {
    let mut say = |state: &mut State, about: (&str, &str), tone, reason: &str, message: &str| {
        tell(state, number, at, about, tone, (reason, message));
    };
    let path = |pod: &str| format!("{NAMESPACE}/{pod}");
    let (good, bad) = (Tone::Normal, Tone::Warning);
    match *step {
        Step::Rollout(from, to, image, replicas) => {
            state.change(Kind::Deployment, NAMESPACE, "payments-api", |deployment| {
                deployment["spec"]["template"]["spec"]["containers"][0]["image"] = json!(image);
                let generation = deployment["metadata"]["generation"].as_u64().unwrap_or(1) + 1;
                deployment["metadata"]["generation"] = json!(generation);
                deployment["status"]["observedGeneration"] = json!(generation);
                deployment["status"]["updatedReplicas"] = json!(0);
            });
            replica_set(state, to, "payments-api", image, replicas, at);
            scale(state, from, 0);
            let about = ("Deployment", "payments-api");
            let words = format!("Scaled up replica set {to} from 0 to {replicas}");
            say(state, about, good, "ScalingReplicaSet", &words);
            say(
                state,
                about,
                good,
                "ScalingReplicaSet",
                &format!("Scaled down replica set {from} from {replicas} to 0"),
            );
        }
        Step::Create(owner, name) => {
            let node = NODES[name.len() % 2 + usize::from(name.ends_with('p'))];
            let made = pod(state, name, owner).created(at).waiting(node, at, "ContainerCreating");
            state.put(Kind::Pod, made);
            let words = format!("Successfully assigned {NAMESPACE}/{name} to {node}");
            say(state, ("Pod", name), good, "Scheduled", &words);
            let image = if owner == NEW { NEW_IMAGE } else { OLD_IMAGE };
            say(state, ("Pod", name), good, "Pulling", &format!("Pulling image \"{image}\""));
            say(state, ("Pod", name), good, "Pulled", &format!("Successfully pulled image \"{image}\" in 412ms"));
        }
        Step::Run(name) => {
            state.start(&path(name), container(name));
            say(state, ("Pod", name), good, "Started", "Started container api");
            state.change(Kind::Deployment, NAMESPACE, "payments-api", |deployment| {
                let updated = deployment["status"]["updatedReplicas"].as_u64().unwrap_or(0) + 1;
                deployment["status"]["updatedReplicas"] = json!(updated);
            });
        }
        Step::Terminate(name) => {
            say(state, ("Pod", name), good, "Killing", "Stopping container api");
            state.change(Kind::Pod, NAMESPACE, name, |pod| {
                pod["metadata"]["deletionTimestamp"] = json!(seconds(at.saturating_add(30 * SECOND)));
                pod["metadata"]["deletionGracePeriodSeconds"] = json!(30);
                set_condition(pod, "Ready", false, "PodCompleted", at);
            });
        }
        Step::Gone(name) => {
            state.delete(Kind::Pod, NAMESPACE, name);
        }
        Step::Oom(name) => {
            state.crash(&path(name), container(name), 137, "OOMKilled");
            say(
                state,
                ("Pod", name),
                bad,
                "OOMKilling",
                "Memory cgroup out of memory: Killed process 7 (payments-api)",
            );
        }
        Step::Again(name) => {
            state.start(&path(name), container(name));
            let words = "Container image \"registry.acme.test/payments-api:2.14.0\" already present on machine";
            say(state, ("Pod", name), good, "Pulled", words);
            say(state, ("Pod", name), good, "Started", "Started container api");
        }
        Step::BackOff(name) => {
            let words = format!("Back-off restarting failed container api in pod {name}_{NAMESPACE}");
            say(state, ("Pod", name), bad, "BackOff", &words);
        }
        Step::Unhealthy(name) => {
            let words = "Readiness probe failed: dial tcp 10.20.3.17:8080: connect: connection refused";
            state.set_ready(&path(name), container(name), false);
            say(state, ("Pod", name), bad, "Unhealthy", words);
        }
        Step::NoPlace(name) => say(state, ("Pod", name), bad, "FailedScheduling", NO_PLACE),
    }
}

fn scale(state: &mut State, name: &str, replicas: u64) {
    state.change(Kind::ReplicaSet, NAMESPACE, name, |set| {
        set["spec"]["replicas"] = json!(replicas);
        for count in ["replicas", "readyReplicas", "availableReplicas"] {
            set["status"][count] = json!(replicas);
        }
    });
}
