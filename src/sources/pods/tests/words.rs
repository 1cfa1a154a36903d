//! Readings without a cluster: rows, selections, kubeconfigs, programs, failures.

use crate::model::Timestamp;
use crate::model::pods::Condition;
use crate::sources::pods::health::{Asked, pause};
use crate::sources::pods::link::Link;
use crate::sources::pods::select::Selection;
use crate::sources::pods::settings::{InCluster, Names, Settings};
use crate::sources::pods::{describe, kubeconfig, plugin, row, runs};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::time::Duration;

/// 2026-11-21T03:14:00Z
const NOW: Timestamp = Timestamp(1_795_230_840_000_000_000);

fn pod(containers: &Value, status: &Value, meta: &Value) -> crate::model::pods::Pod {
    let mut object = json!({
        "metadata": { "name": "payments-api-7d9f5c-8mzlp", "namespace": "payments", "uid": "u1",
            "labels": { "pod-template-hash": "7d9f5c" },
            "ownerReferences": [{ "apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "payments-api-7d9f5c", "uid": "r", "controller": true }] },
        "spec": { "containers": [{ "name": "api", "image": "api:1" }] },
        "status": status,
    });
    for (key, value) in meta.as_object().unwrap() {
        object["metadata"][key] = value.clone();
    }
    for (key, value) in containers.as_object().unwrap() {
        object["spec"][key] = value.clone();
    }
    row::row(&serde_json::from_value(object).unwrap(), &HashMap::new(), NOW)
}

fn container(name: &str, state: &Value) -> Value {
    json!({ "name": name, "image": "i", "imageID": "", "ready": state.get("running").is_some(), "restartCount": 0, "state": state })
}

#[test]
fn rows_have_the_words_of_kubectl() {
    let check = |spec: Value, status: Value, meta: Value, word: &str, condition: Condition| {
        let row = pod(&spec, &status, &meta);
        assert_eq!((row.state.as_str(), row.condition), (word, condition), "{status}");
    };
    let running = json!({ "running": { "startedAt": "2026-11-21T03:00:00Z" } });
    let ready = json!([{ "type": "Ready", "status": "True" }, { "type": "Initialized", "status": "True" }]);
    let one = |state: &Value| json!({ "phase": "Running", "containerStatuses": [container("api", state)], "conditions": ready });
    let waits = |reason: &str| json!({ "waiting": { "reason": reason } });
    let ended = |reason: &str, code: i32| json!({ "terminated": { "reason": reason, "exitCode": code } });
    let init = json!({ "initContainers": [{ "name": "setup", "image": "i" }] });
    check(json!({}), one(&running), json!({}), "Running", Condition::Well);
    check(json!({}), one(&waits("CrashLoopBackOff")), json!({}), "CrashLoopBackOff", Condition::Failing);
    check(json!({}), one(&waits("ContainerCreating")), json!({}), "ContainerCreating", Condition::Waiting);
    check(json!({}), one(&ended("OOMKilled", 137)), json!({}), "OOMKilled", Condition::Failing);
    check(json!({}), one(&ended("Completed", 0)), json!({}), "Completed", Condition::Over);
    check(json!({}), one(&json!({ "terminated": { "exitCode": 3 } })), json!({}), "ExitCode:3", Condition::Failing);
    check(json!({}), json!({ "phase": "Pending" }), json!({}), "Pending", Condition::Waiting);
    check(json!({}), json!({ "phase": "Failed", "reason": "Evicted" }), json!({}), "Evicted", Condition::Failing);
    let deleted = json!({ "deletionTimestamp": "2026-11-21T03:13:00Z" });
    check(json!({}), one(&running), deleted.clone(), "Terminating", Condition::Gone);
    check(json!({}), json!({ "phase": "Running", "reason": "NodeLost" }), deleted, "Unknown", Condition::Gone);
    let setup = |state: Value| json!({ "phase": "Pending", "initContainerStatuses": [container("setup", &state)] });
    check(init.clone(), setup(running.clone()), json!({}), "Init:0/1", Condition::Waiting);
    check(init.clone(), setup(ended("Error", 1)), json!({}), "Init:Error", Condition::Failing);
    check(init, setup(waits("ImagePullBackOff")), json!({}), "Init:ImagePullBackOff", Condition::Failing);
    let two = json!({ "containers": [{ "name": "api", "image": "i" }, { "name": "job", "image": "i" }] });
    let both = json!({ "phase": "Running", "containerStatuses": [container("api", &running), container("job", &ended("Completed", 0))],
        "conditions": [{ "type": "Ready", "status": "False" }, { "type": "Initialized", "status": "True" }] });
    check(two, both, json!({}), "NotReady", Condition::Shaky);
}

#[test]
fn numbers_and_times_that_nobody_has_are_no_defect() {
    let many = |name: &str| {
        let state = json!({ "terminated": { "exitCode": 1, "startedAt": "1678-01-01T00:00:00Z", "finishedAt": "2262-01-01T00:00:00Z" } });
        let mut container = container(name, &state);
        container["restartCount"] = json!(i32::MAX);
        container
    };
    let conditions = json!([{ "type": "Initialized", "status": "True" }]);
    let status = json!({ "containerStatuses": [many("a"), many("b"), many("c")], "conditions": conditions });
    let spec = json!({ "containers": [{ "name": "a" }, { "name": "b" }, { "name": "c" }] });
    let row = pod(&spec, &status, &json!({ "creationTimestamp": "1678-01-01T00:00:00Z" }));
    assert_eq!(row.restarts, u32::MAX);
    let text = describe::describe(&k8s_openapi::api::core::v1::Pod::default(), &row, &[], NOW);
    assert!(text.contains("Created    1678-01-01 00:00:00Z (106751 d"), "{text}");
    let exit = row.last_exit.unwrap();
    assert!(runs::words(&exit).contains("exit 1, ran 106751 d"), "{}", runs::words(&exit));
}

#[test]
fn short_names_and_owners() {
    let status = json!({ "phase": "Pending" });
    let row = pod(&json!({}), &status, &json!({}));
    assert_eq!((row.short.as_str(), row.owner), ("8mzlp", Some(("Deployment".to_owned(), "payments-api".to_owned()))));
    let of = |kind: &str, owner: &str, name: &str| {
        let owner = json!([{ "apiVersion": "v1", "kind": kind, "name": owner, "uid": "o", "controller": true }]);
        pod(&json!({}), &status, &json!({ "name": name, "ownerReferences": owner })).short
    };
    assert_eq!(of("StatefulSet", "db", "db-0"), "db-0");
    assert_eq!(of("DaemonSet", "agent", "agent-x2x4z"), "x2x4z");
    assert_eq!(of("Job", "backup-2899", "backup-2899-abcde"), "abcde");
    assert_eq!(pod(&json!({}), &status, &json!({ "name": "lone", "ownerReferences": [] })).short, "lone");
}

#[test]
fn what_cannot_be_selected_is_said() {
    let check = |labels: &str, pods: &str, kind: &str, expected: &str| {
        let names = Names { pods: pods.to_owned(), ..Names::default() };
        let settings = Settings { labels: labels.to_owned(), names, ..Settings::default() };
        let workload = (!kind.is_empty()).then(|| (kind.to_owned(), "x".to_owned()));
        match Selection::new(workload.as_ref(), &settings) {
            Ok(selection) => assert_eq!(selection.words(), expected),
            Err(words) => assert!(!expected.is_empty() && words.contains(expected), "{words}"),
        }
    };
    check("", "", "", "");
    check("app=api,tier in (web, db),!old", "^api", "deploy", "deploy/x app=api,tier in (web, db),!old /^api/");
    check("app=a b", "", "", "no value of a label in `app=a b`");
    check("app in (a", "", "", "an open bracket");
    check(",", "", "", "an empty part");
    check("", "(", "", "the pattern `(` cannot be read: unclosed group");
    check("", "(a{1000}){1000}", "", "too large");
    check("", "", "thing", "thing is no kind of workload");
}

#[test]
fn kubeconfigs_that_cannot_be_used_say_why() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("config");
    let settings = Settings { kubeconfig: vec![file.clone()], in_cluster: InCluster::Never, ..Settings::default() };
    let missing = kubeconfig::read(&settings).unwrap_err();
    assert!(missing.contains("no such file"), "{missing}");
    std::fs::write(&file, "apiVersion: v1\nclusters:\n  - name: [secret-token\n").unwrap();
    let broken = kubeconfig::read(&settings).unwrap_err();
    assert!(broken.contains("config: line ") && !broken.contains("secret-token"), "{broken}");
    let two = "contexts: [{name: prod, context: {cluster: c, user: u}}, {name: dev, context: {cluster: c, user: u}}]";
    std::fs::write(&file, format!("apiVersion: v1\n{two}\nclusters: [{{name: c, cluster: {{server: 'https://c:6443', insecure-skip-tls-verify: true}}}}]\n")).unwrap();
    let config = kubeconfig::read(&settings).unwrap().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let access = |context: Option<&str>| runtime.block_on(kubeconfig::access(Some(&config), context, &settings));
    let none = access(None).unwrap_err();
    assert_eq!(none, "the kubeconfig has no current-context, and no context was named; it has prod, dev");
    assert_eq!(access(Some("x")).unwrap_err(), "the kubeconfig has no context x; it has prod, dev");
    let mut access = access(Some("dev")).unwrap();
    assert_eq!((access.namespace.as_str(), access.config.accept_invalid_certs), ("default", true));
    let server = |access: &kubeconfig::Access| {
        let clock = std::sync::Arc::new(crate::infra::clock::SystemClock);
        Link::new(access.clone(), None, settings.clone(), clock).server
    };
    assert_eq!(server(&access), "https://c:6443");
    access.config.cluster_url = "https://mira:secret@c:6443/k8s/one/".parse().unwrap();
    assert_eq!(server(&access), "https://c:6443/k8s/one", "it is shown");
}

#[test]
fn programs_that_fail_hang_or_say_nonsense() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let run = |script: &str, millis: u64| {
        let exec = json!({ "command": "/bin/sh", "args": ["-c", script] });
        let exec: kube::config::ExecConfig = serde_json::from_value(exec).unwrap();
        let plugin = plugin::plugin("prod", &exec, Some("/bin/sh"));
        runtime.block_on(plugin::run(&exec, &plugin, Duration::from_millis(millis)))
    };
    let check = |script: &str, expected: &str| assert_eq!(run(script, 10_000).unwrap_err(), expected);
    check("echo please log in >&2; exit 3", "/bin/sh failed with exit code 3; it said: please log in");
    check("echo hello", "/bin/sh answered something that is no ExecCredential in JSON");
    check("printf ''", "/bin/sh answered nothing");
    check("echo '{\"status\":{}}'", "/bin/sh answered an ExecCredential with neither a token nor a certificate");
    let hidden = run("echo got eyJhbGciOi >&2; exit 1", 10_000).unwrap_err();
    assert!(hidden.ends_with("it said: got [hidden]"), "{hidden}");
    let slow = run("exec sleep 60", 50).unwrap_err();
    assert!(slow.contains("and was stopped"), "{slow}");
    let dir = tempfile::tempdir().unwrap();
    let mark = dir.path().join("mark");
    run(&format!("(sleep 0.4; echo > {}) & sleep 60", mark.display()), 50).unwrap_err();
    std::thread::sleep(Duration::from_millis(900));
    assert!(!mark.exists(), "what it started ends with it");
    // It has a group of its own.
    check("kill -0 -$$ 2>/dev/null && exit 3; exit 4", "/bin/sh failed with exit code 3");
    let good = run("echo '{\"status\":{\"token\":\"t\",\"expirationTimestamp\":\"2026-11-21T03:14:00Z\"}}'", 10_000);
    let good = good.unwrap();
    assert_eq!((good.expires, format!("{good:?}").contains("token")), (Some(NOW), false));
}

#[test]
fn failures_name_what_to_check() {
    let asked = Asked {
        verb: "get",
        resource: "pods/log",
        namespace: Some("shop"),
        context: "prod",
        server: "https://c:6443",
        proxy: "",
    };
    let status = |code: u16| {
        let status = json!({ "code": code, "message": "pods is forbidden\u{1b}[2J", "details": { "retryAfterSeconds": 99_999 } });
        asked.status(&serde_json::from_value(status).unwrap())
    };
    let words = "may not get pods/log in namespace shop (403); check with: kubectl auth can-i get pods --subresource=log -n shop --context prod";
    assert_eq!(status(403).words, words);
    assert_eq!(status(429).wait, Some(Duration::from_mins(1)), "a server cannot stop us for a day");
    assert!(status(500).words.contains("<1B>[2J"), "{}", status(500).words);
    for (dice, expected) in [(0, 10_000), (999, 13_330)] {
        let asked = Duration::from_secs(10);
        assert_eq!(pause(3, asked, asked, dice), Duration::from_millis(expected), "never less than it asked for");
    }
    for dice in [0, 999] {
        let pauses: Vec<_> =
            (1..8).map(|n| pause(n, Duration::from_millis(200), Duration::from_secs(4), dice)).collect();
        assert!(
            pauses.windows(2).all(|p| p[0] <= p[1])
                && pauses[6] <= Duration::from_secs(4)
                && pauses[0] >= Duration::from_millis(130)
        );
    }
}
