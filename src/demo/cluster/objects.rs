//! Objects as they stand in a cluster, made from the few words that matter.
//!
//! Owns their JSON. Must not know the state. What is made here may be changed before it is put.

use super::state::seconds;
use crate::model::Timestamp;
use serde_json::{Value, json};

/// A pod that is being made.
#[derive(Clone, Debug)]
pub struct PodMaker {
    pod: Value,
}

/// A pod of that namespace and name, without containers, waiting for a node.
pub fn pod(namespace: &str, name: &str) -> PodMaker {
    PodMaker {
        pod: json!({
            "metadata": { "name": name, "namespace": namespace, "labels": {} },
            "spec": { "containers": [], "restartPolicy": "Always", "serviceAccountName": "default",
                      "schedulerName": "default-scheduler", "terminationGracePeriodSeconds": 30 },
            "status": { "phase": "Pending", "qosClass": "Burstable" },
        }),
    }
}

impl PodMaker {
    /// Adds a container.
    #[must_use]
    pub fn container(self, name: &str, image: &str) -> Self {
        self.add("containers", name, image)
    }

    /// Adds an init container.
    #[must_use]
    pub fn init(self, name: &str, image: &str) -> Self {
        self.add("initContainers", name, image)
    }

    /// Adds an ephemeral container.
    #[must_use]
    pub fn ephemeral(self, name: &str, image: &str) -> Self {
        self.add("ephemeralContainers", name, image)
    }

    fn add(mut self, list: &str, name: &str, image: &str) -> Self {
        let container = json!({ "name": name, "image": image, "imagePullPolicy": "IfNotPresent", "resources": {} });
        match &mut self.pod["spec"][list] {
            Value::Array(list) => list.push(container),
            none => *none = json!([container]),
        }
        self
    }

    /// Adds a label.
    #[must_use]
    pub fn label(mut self, key: &str, value: &str) -> Self {
        self.pod["metadata"]["labels"][key] = json!(value);
        self
    }

    /// Says what made it, such as `ReplicaSet`, `api-7d9f5c`.
    #[must_use]
    pub fn owner(mut self, kind: &str, name: &str, uid: &str) -> Self {
        self.pod["metadata"]["ownerReferences"] = owner(kind, name, uid);
        self
    }

    /// Says when it was made.
    #[must_use]
    pub fn created(mut self, at: Timestamp) -> Self {
        self.pod["metadata"]["creationTimestamp"] = json!(seconds(at));
        self
    }

    /// Waiting for a node, for a reason.
    #[must_use]
    pub fn unschedulable(mut self, at: Timestamp, message: &str) -> Value {
        self.pod["status"]["conditions"] = json!([{
            "type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message,
            "lastProbeTime": null, "lastTransitionTime": seconds(at),
        }]);
        self.pod
    }

    /// On a node, with all of its containers waiting for `reason`, such as `ContainerCreating`.
    #[must_use]
    pub fn waiting(mut self, node: &str, at: Timestamp, reason: &str) -> Value {
        self.place(node, at);
        let state = json!({ "waiting": { "reason": reason } });
        self.statuses("containers", "containerStatuses", &state);
        let waits = json!({ "waiting": { "reason": "PodInitializing" } });
        self.statuses("initContainers", "initContainerStatuses", &waits);
        settle(&mut self.pod, at);
        self.pod
    }

    /// On a node, with all of its containers running since `at`; init containers are done.
    #[must_use]
    pub fn running(mut self, node: &str, at: Timestamp) -> Value {
        self.place(node, at);
        let state = json!({ "running": { "startedAt": seconds(at) } });
        self.statuses("containers", "containerStatuses", &state);
        self.statuses("ephemeralContainers", "ephemeralContainerStatuses", &state);
        let done = json!({ "terminated": { "exitCode": 0, "reason": "Completed", "containerID": container_id("init", 0),
                                           "startedAt": seconds(at), "finishedAt": seconds(at) } });
        self.statuses("initContainers", "initContainerStatuses", &done);
        settle(&mut self.pod, at);
        self.pod
    }

    /// As it is, without a status that says more.
    #[must_use]
    pub fn bare(self) -> Value {
        self.pod
    }

    fn place(&mut self, node: &str, at: Timestamp) {
        self.pod["spec"]["nodeName"] = json!(node);
        let status = &mut self.pod["status"];
        status["hostIP"] = json!("10.20.0.11");
        status["startTime"] = json!(seconds(at));
        status["conditions"] = json!([
            { "type": "PodScheduled", "status": "True", "lastProbeTime": null, "lastTransitionTime": seconds(at) },
            { "type": "Initialized", "status": "True", "lastProbeTime": null, "lastTransitionTime": seconds(at) },
        ]);
    }

    fn statuses(&mut self, list: &str, statuses: &str, state: &Value) {
        let Some(containers) = self.pod["spec"][list].as_array() else { return };
        let name = self.pod["metadata"]["name"].as_str().unwrap_or_default();
        let is_running = state["running"].is_object();
        let made = containers.iter().map(|container| {
            let id = container["name"].as_str().unwrap_or_default();
            json!({
                "name": id, "image": container["image"], "imageID": "", "ready": is_running, "started": is_running,
                "restartCount": 0, "state": state, "lastState": {},
                "containerID": if state["waiting"].is_object() { String::new() } else { container_id(&format!("{name}/{id}"), 0) },
            })
        });
        self.pod["status"][statuses] = made.collect();
    }
}

/// The identifier of a container's run.
pub(super) fn container_id(container: &str, run: u64) -> String {
    let seed = container.bytes().fold(run, |sum, b| sum.wrapping_mul(31).wrapping_add(u64::from(b)));
    let mut random = crate::demo::generate::Random::new(&[seed, run]);
    let [a, b, c, d] = [(); 4].map(|()| random.next());
    format!("containerd://{a:016x}{b:016x}{c:016x}{d:016x}")
}

/// Makes phase and conditions of a pod follow from its containers.
pub(super) fn settle(pod: &mut Value, at: Timestamp) {
    let states = |list: &str| pod["status"][list].as_array().cloned().unwrap_or_default();
    let containers = states("containerStatuses");
    let is = |state: &'static str| move |status: &Value| status["state"][state].is_object();
    let is_ready = !containers.is_empty() && containers.iter().all(|status| status["ready"] == true);
    let all_ended = !containers.is_empty() && containers.iter().all(is("terminated"));
    let never =
        |status: &Value| status["state"]["waiting"].is_object() && !status["lastState"]["terminated"].is_object();
    let phase = if all_ended && pod["spec"]["restartPolicy"] != "Always" {
        let is_good = containers.iter().all(|status| status["state"]["terminated"]["exitCode"] == 0);
        if is_good { "Succeeded" } else { "Failed" }
    } else if containers.is_empty() || containers.iter().any(never) {
        "Pending"
    } else {
        "Running"
    };
    pod["status"]["phase"] = json!(phase);
    for condition in ["ContainersReady", "Ready"] {
        set_condition(pod, condition, is_ready, if is_ready { "" } else { "ContainersNotReady" }, at);
    }
}

/// Sets a condition of an object, such as `Ready`. Its time changes only with its status.
pub fn set_condition(object: &mut Value, condition: &str, is_true: bool, reason: &str, at: Timestamp) {
    let status = if is_true { "True" } else { "False" };
    let mut new = json!({ "type": condition, "status": status, "lastTransitionTime": seconds(at) });
    if !reason.is_empty() {
        new["reason"] = json!(reason);
    }
    let list = &mut object["status"]["conditions"];
    let Value::Array(conditions) = list else {
        *list = json!([new]);
        return;
    };
    match conditions.iter_mut().find(|old| old["type"] == condition) {
        Some(old) => {
            if old["status"] == new["status"] {
                new["lastTransitionTime"] = old["lastTransitionTime"].clone();
            }
            *old = new;
        }
        None => conditions.push(new),
    }
}

fn owner(kind: &str, name: &str, uid: &str) -> Value {
    let version = match kind {
        "Job" | "CronJob" => "batch/v1",
        "Node" | "Pod" => "v1",
        _ => "apps/v1",
    };
    json!([{ "apiVersion": version, "kind": kind, "name": name, "uid": uid, "controller": true,
             "blockOwnerDeletion": true }])
}

/// A namespace.
pub fn namespace(name: &str) -> Value {
    json!({
        "metadata": { "name": name, "labels": { "kubernetes.io/metadata.name": name } },
        "spec": { "finalizers": ["kubernetes"] }, "status": { "phase": "Active" },
    })
}

/// A node that is ready since `at`.
pub fn node(name: &str, at: Timestamp) -> Value {
    let mut node = json!({
        "metadata": { "name": name, "labels": { "kubernetes.io/hostname": name, "kubernetes.io/os": "linux" } },
        "spec": { "podCIDR": "10.20.3.0/24" },
        "status": {
            "addresses": [{ "type": "Hostname", "address": name }, { "type": "InternalIP", "address": "10.20.0.11" }],
            "capacity": { "cpu": "8", "memory": "32Gi", "pods": "110" },
            "allocatable": { "cpu": "7800m", "memory": "30Gi", "pods": "110" },
            "nodeInfo": { "kubeletVersion": "v1.36.0", "containerRuntimeVersion": "containerd://2.1.4",
                          "osImage": "Debian GNU/Linux 13", "kernelVersion": "6.12.0", "architecture": "amd64",
                          "operatingSystem": "linux", "bootID": "", "machineID": "", "systemUUID": "",
                          "kubeProxyVersion": "" },
        },
    });
    set_condition(&mut node, "Ready", true, "KubeletReady", at);
    node
}

/// What makes pods: a deployment, stateful set, daemon set or replica set. Its pods have the label `app`.
pub fn workload(namespace: &str, name: &str, app: &str, image: &str, replicas: u64) -> Value {
    let labels = json!({ "app": app });
    json!({
        "metadata": { "name": name, "namespace": namespace, "labels": labels, "generation": 1 },
        "spec": {
            "replicas": replicas, "selector": { "matchLabels": labels },
            "template": {
                "metadata": { "labels": labels },
                "spec": { "containers": [{ "name": app, "image": image }] },
            },
        },
        "status": { "observedGeneration": 1, "replicas": replicas, "readyReplicas": replicas,
                    "updatedReplicas": replicas, "availableReplicas": replicas },
    })
}

/// The same, made by something else: a replica set of a deployment, a job of a cron job.
#[must_use]
pub fn owned(mut object: Value, kind: &str, name: &str, uid: &str) -> Value {
    object["metadata"]["ownerReferences"] = owner(kind, name, uid);
    object
}

/// An event about something, such as `("Pod", "payments/api-1")`; `number` makes its name.
pub fn event(about: (&str, &str), number: u64, at: Timestamp, kind: Tone, words: (&str, &str)) -> Value {
    let ((about, object), (reason, message)) = (about, words);
    let (namespace, name) = object.split_once('/').unwrap_or(("default", object));
    let (component, tone) = match reason {
        "FailedScheduling" | "Scheduled" => ("default-scheduler", kind),
        "ScalingReplicaSet" => ("deployment-controller", kind),
        _ => ("kubelet", kind),
    };
    json!({
        "metadata": { "name": format!("{name}.{number:016x}"), "namespace": namespace },
        "involvedObject": { "kind": about, "namespace": namespace, "name": name, "apiVersion": "v1" },
        "reason": reason, "message": message, "type": if tone == Tone::Warning { "Warning" } else { "Normal" },
        "source": { "component": component }, "reportingComponent": component, "reportingInstance": "",
        "firstTimestamp": seconds(at), "lastTimestamp": seconds(at), "count": 1, "eventTime": null,
    })
}

/// The type of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// All is well.
    Normal,
    /// Something is wrong.
    Warning,
}
