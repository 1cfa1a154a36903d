//! What happens to the containers of pods: they start, end, crash and start again, and their logs are asked for.
//!
//! Owns how a pod's status changes with it, and which run's log a request gets, as a node decides it. Must not know HTTP.

use super::kind::Kind;
use super::log::Log;
use super::objects::{container_id, settle};
use super::state::{State, place, seconds};
use super::status::Status;
use super::store::Key;
use serde_json::{Value, json};

/// Where a pod has its containers, and their statuses.
const LISTS: [(&str, &str); 3] = [
    ("containers", "containerStatuses"),
    ("initContainers", "initContainerStatuses"),
    ("ephemeralContainers", "ephemeralContainerStatuses"),
];

impl State {
    /// The container's run ends, and the next one begins. Those who follow the log come to its end. Returns the next
    /// run's log. Pods are `NAMESPACE/NAME`.
    pub fn restart(&mut self, pod: &str, container: &str, code: i32, reason: &str) -> Log {
        self.crash(pod, container, code, reason);
        self.start(pod, container)
    }

    /// The container's run ends, and it waits for the next one: `CrashLoopBackOff`.
    pub fn crash(&mut self, pod: &str, container: &str, code: i32, reason: &str) {
        self.close_log(pod, container);
        self.change_container(pod, container, |status, now| {
            status["lastState"] = json!({ "terminated": ended(status, now, code, reason) });
            let message = format!("back-off 10s restarting failed container={container}");
            status["state"] = json!({ "waiting": { "reason": "CrashLoopBackOff", "message": message } });
            (status["ready"], status["started"]) = (json!(false), json!(false));
        });
    }

    /// The container's run ends, and none follows.
    pub fn end(&mut self, pod: &str, container: &str, code: i32, reason: &str) {
        self.close_log(pod, container);
        self.change_container(pod, container, |status, now| {
            status["state"] = json!({ "terminated": ended(status, now, code, reason) });
            (status["ready"], status["started"]) = (json!(false), json!(false));
        });
    }

    /// A run of the container begins: its first one, or another one, which counts as a restart. Returns its log.
    pub fn start(&mut self, pod: &str, container: &str) -> Log {
        let mut has_run = false;
        self.change_container(pod, container, |status, now| {
            if status["state"]["terminated"].is_object() {
                status["lastState"] = status["state"].clone();
            }
            has_run = status["lastState"]["terminated"].is_object();
            let count = status["restartCount"].as_u64().unwrap_or(0) + u64::from(has_run);
            status["restartCount"] = json!(count);
            status["state"] = json!({ "running": { "startedAt": now } });
            (status["ready"], status["started"]) = (json!(true), json!(true));
            status["containerID"] = json!(container_id(&format!("{pod}/{container}"), count));
        });
        if has_run { self.next_log(pod, container) } else { self.log(pod, container) }
    }

    /// The container waits for a reason, such as `ImagePullBackOff`, and has no run.
    pub fn wait(&mut self, pod: &str, container: &str, reason: &str, message: &str) {
        self.change_container(pod, container, |status, _| {
            status["state"] = json!({ "waiting": { "reason": reason, "message": message } });
            (status["ready"], status["started"]) = (json!(false), json!(false));
        });
    }

    /// Says whether the container answers its probe.
    pub fn set_ready(&mut self, pod: &str, container: &str, is_ready: bool) {
        self.change_container(pod, container, |status, _| status["ready"] = json!(is_ready));
    }

    /// The file of the container's log is full and another one begins.
    pub fn rotate(&mut self, pod: &str, container: &str) {
        self.log(pod, container).rotate();
    }

    fn close_log(&mut self, pod: &str, container: &str) {
        self.log(pod, container).close();
    }

    fn change_container(&mut self, pod: &str, container: &str, change: impl FnOnce(&mut Value, &str)) {
        let now = self.now();
        let (namespace, name, _) = place(pod, container);
        self.change(Kind::Pod, &namespace, &name, |pod| {
            if let Some(status) = LISTS.iter().find_map(|(_, list)| find(&pod["status"][list], container)) {
                let mut new = status.clone();
                change(&mut new, &seconds(now));
                for (_, list) in LISTS {
                    if let Value::Array(all) = &mut pod["status"][list]
                        && let Some(old) = all.iter_mut().find(|status| status["name"] == container)
                    {
                        *old = new.clone();
                    }
                }
            }
            settle(pod, now);
        });
    }

    /// The log that a request is about; none when the pod is on no node yet.
    ///
    /// # Errors
    /// What a real server answers.
    pub(super) fn find_log(
        &mut self,
        at: (&str, &str),
        container: &str,
        previous: bool,
    ) -> Result<Option<Log>, Status> {
        let (namespace, name) = at;
        let object = self.store.get(&Key::new(Kind::Pod, namespace, name)).cloned();
        let object = object.ok_or_else(|| Status::not_found(Kind::Pod, name))?;
        let pod = &object.value;
        let container = which(pod, name, container)?;
        let Some(node) = pod["spec"]["nodeName"].as_str() else { return Ok(None) };
        if self.away.contains(node) {
            let ip = pod["status"]["hostIP"].as_str().unwrap_or("10.20.0.11");
            let message = format!(
                "Get \"https://{ip}:10250/containerLogs/{namespace}/{name}/{container}\": dial tcp {ip}:10250: connect: no route to host"
            );
            return Err(Status::new(500, "", message));
        }
        let status = LISTS.iter().find_map(|(_, list)| find(&pod["status"][list], &container));
        let Some(status) = status else {
            return Err(Status::bad(format!("container \"{container}\" in pod \"{name}\" is not available")));
        };
        let state = |which: &str, what: &str| status[which][what].is_object();
        let has_ended = state("lastState", "terminated");
        // Before a container is started again, its last run is both the previous one and the current one.
        let back = match (previous, state("state", "waiting")) {
            (true, _) if !has_ended => {
                let problem = format!("previous terminated container \"{container}\" in pod \"{name}\" not found");
                return Err(Status::bad(problem));
            }
            (false, true) if !has_ended => {
                let reason = match status["state"]["waiting"]["reason"].as_str().unwrap_or_default() {
                    "ErrImagePull" => "image can't be pulled",
                    "ImagePullBackOff" => "trying and failing to pull image",
                    other => other,
                };
                let problem = format!("container \"{container}\" in pod \"{name}\" is waiting to start: {reason}");
                return Err(Status::bad(problem));
            }
            (true, false) => 1,
            _ => 0,
        };
        let pod = format!("{namespace}/{name}");
        let last = self.log(&pod, &container);
        let runs = self.runs.get(&place(&pod, &container));
        let log = runs.and_then(|runs| runs.iter().rev().nth(back).cloned());
        if back == 0 {
            return Ok(Some(last));
        }
        Ok(Some(log.unwrap_or_else(|| {
            // The node has removed it.
            let none = Log::default();
            none.close();
            none
        })))
    }
}

/// The status of a run that ends now.
fn ended(status: &Value, now: &str, code: i32, reason: &str) -> Value {
    let started = status["state"]["running"]["startedAt"].as_str().unwrap_or(now);
    json!({ "exitCode": code, "reason": reason, "startedAt": started, "finishedAt": now,
            "containerID": status["containerID"] })
}

fn find<'s>(list: &'s Value, container: &str) -> Option<&'s Value> {
    list.as_array()?.iter().find(|status| status["name"] == container)
}

/// The container that a request means.
fn which(pod: &Value, name: &str, container: &str) -> Result<String, Status> {
    let names = |list: &str| -> Vec<&str> {
        let containers = pod["spec"][list].as_array().map(Vec::as_slice).unwrap_or_default();
        containers.iter().filter_map(|container| container["name"].as_str()).collect()
    };
    let [main, init, ephemeral] = LISTS.map(|(list, _)| names(list));
    if !container.is_empty() {
        let is_there = [&main, &init, &ephemeral].iter().any(|list| list.contains(&container));
        let problem = || Status::bad(format!("container {container} is not valid for pod {name}"));
        return if is_there { Ok(container.to_owned()) } else { Err(problem()) };
    }
    let mut problem = format!("a container name must be specified for pod {name}");
    match main[..] {
        [only] => return Ok(only.to_owned()),
        [] => {}
        _ => {
            problem.push_str(&format!(", choose one of: [{}]", main.join(" ")));
            if !init.is_empty() {
                problem.push_str(&format!(" or one of the init containers: [{}]", init.join(" ")));
            }
        }
    }
    Err(Status::bad(problem))
}

#[cfg(test)]
mod tests {
    use super::super::objects;
    use super::*;
    use crate::model::Timestamp;
    use std::sync::Arc;

    /// 2026-11-21T03:14:00Z
    const NOW: Timestamp = Timestamp(1_795_230_840_000_000_000);

    fn state() -> State {
        let mut state = State::new(Arc::new(|| NOW));
        let two = objects::pod("ns", "two").container("api", "i:1").container("proxy", "p:1").init("setup", "s:1");
        state.put(Kind::Pod, two.running("node-1", NOW));
        state.put(Kind::Pod, objects::pod("ns", "lone").container("api", "i:1").unschedulable(NOW, "0/3 nodes"));
        let new = objects::pod("ns", "new").container("api", "i:1").waiting("node-1", NOW, "ContainerCreating");
        state.put(Kind::Pod, new);
        state
    }

    #[test]
    fn refusals_are_those_of_a_real_server() {
        let mut state = state();
        let mut check = |pod, container, previous, expected: (u16, &str)| {
            let status = state.find_log(("ns", pod), container, previous).unwrap_err();
            assert_eq!((status.code, status.message.as_str()), expected);
        };
        let choose = "a container name must be specified for pod two, choose one of: [api proxy] or one of the init \
                      containers: [setup]";
        check("two", "", false, (400, choose));
        check("two", "db", false, (400, "container db is not valid for pod two"));
        check("two", "api", true, (400, "previous terminated container \"api\" in pod \"two\" not found"));
        check("new", "", false, (400, "container \"api\" in pod \"new\" is waiting to start: ContainerCreating"));
        check("none", "", false, (404, "pods \"none\" not found"));
        state.wait("ns/new", "api", "ImagePullBackOff", "Back-off pulling image");
        let status = state.find_log(("ns", "new"), "api", false).unwrap_err();
        let expected = "container \"api\" in pod \"new\" is waiting to start: trying and failing to pull image";
        assert_eq!((status.code, status.message.as_str()), (400, expected));
        assert!(state.find_log(("ns", "lone"), "", false).unwrap().is_none());
        assert!(state.find_log(("ns", "two"), "setup", false).unwrap().is_some());
        state.lose_node("node-1");
        assert_eq!(state.find_log(("ns", "two"), "api", false).unwrap_err().code, 500);
    }

    #[test]
    fn runs_follow_the_status() {
        let mut state = state();
        state.append("ns/two", "api", b"first");
        let first = state.log("ns/two", "api");
        state.crash("ns/two", "api", 137, "OOMKilled");
        assert!(first.is_closed());
        // Crashed and not started again: both names mean the run that has ended.
        let mut length = |previous| state.find_log(("ns", "two"), "api", previous).unwrap().unwrap().len();
        assert_eq!((length(false), length(true)), (1, 1));
        let pod = state.get(Kind::Pod, "ns", "two").unwrap();
        assert_eq!(pod["status"]["containerStatuses"][0]["lastState"]["terminated"]["reason"], "OOMKilled");
        let next = state.start("ns/two", "api");
        next.write_all([(NOW, &b"a"[..]), (NOW, b"b")]);
        let mut length = |previous| state.find_log(("ns", "two"), "api", previous).unwrap().unwrap().len();
        assert_eq!((length(false), length(true)), (2, 1));
        let pod = state.get(Kind::Pod, "ns", "two").unwrap();
        let status = &pod["status"]["containerStatuses"][0];
        assert_eq!((&status["restartCount"], &status["ready"]), (&json!(1), &json!(true)));
        assert_eq!(pod["status"]["phase"], "Running");
        state.delete(Kind::Pod, "ns", "two");
        assert!(next.is_closed());
    }
}
