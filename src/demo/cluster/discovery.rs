//! What the server says about itself: its version, its groups, its kinds.
//!
//! Owns these documents. Must not know the state.

use super::kind::{GROUPS, Kind};
use serde_json::{Value, json};

/// The document at a path; none when there is none.
pub(super) fn document(path: &str, host: &str) -> Option<Value> {
    Some(match path.trim_end_matches('/') {
        "/version" => json!({
            "major": "1", "minor": "36", "emulationMajor": "1", "emulationMinor": "36", "minCompatibilityMajor": "1",
            "minCompatibilityMinor": "35", "gitVersion": "v1.36.0", "gitCommit": "0000000000000000000000000000000000000000",
            "gitTreeState": "clean", "buildDate": "2026-04-22T00:00:00Z", "goVersion": "go1.26.1", "compiler": "gc",
            "platform": "linux/amd64",
        }),
        "/api" => json!({
            "kind": "APIVersions", "versions": ["v1"],
            "serverAddressByClientCIDRs": [{ "clientCIDR": "0.0.0.0/0", "serverAddress": host }],
        }),
        "/apis" => json!({ "kind": "APIGroupList", "apiVersion": "v1", "groups": GROUPS.map(group).to_vec() }),
        "/api/v1" => kinds(""),
        path => {
            let parts: Vec<&str> = path.split('/').collect();
            match parts[..] {
                ["", "apis", name] if GROUPS.contains(&name) => {
                    let mut group = group(name);
                    (group["kind"], group["apiVersion"]) = (json!("APIGroup"), json!("v1"));
                    group
                }
                ["", "apis", name, "v1"] if GROUPS.contains(&name) => kinds(name),
                _ => return None,
            }
        }
    })
}

fn group(name: &str) -> Value {
    let version = json!({ "groupVersion": format!("{name}/v1"), "version": "v1" });
    json!({ "name": name, "versions": [version], "preferredVersion": version })
}

fn kinds(group: &str) -> Value {
    let of_group = Kind::ALL.into_iter().filter(|kind| kind.names().group == group);
    let mut resources: Vec<Value> = of_group
        .map(|kind| {
            let names = kind.names();
            let mut resource = json!({
                "name": names.plural, "singularName": names.singular, "namespaced": names.is_namespaced,
                "kind": names.kind, "verbs": ["get", "list", "watch"],
            });
            if !names.short.is_empty() {
                resource["shortNames"] = json!(names.short);
            }
            resource
        })
        .collect();
    if group.is_empty() {
        resources.push(json!({
            "name": "pods/log", "singularName": "", "namespaced": true, "kind": "Pod", "verbs": ["get"],
        }));
    }
    let version = if group.is_empty() { "v1".to_owned() } else { format!("{group}/v1") };
    json!({ "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version, "resources": resources })
}
