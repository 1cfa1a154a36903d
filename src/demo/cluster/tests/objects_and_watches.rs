//! Lists and watches, by the real client.

use super::*;
use futures_util::{Stream, StreamExt};
use k8s_openapi::api::apps::v1::{DaemonSet, Deployment, ReplicaSet, StatefulSet};
use k8s_openapi::api::batch::v1::{CronJob, Job};
use k8s_openapi::api::core::v1::{Event, Namespace, Node};
use kube::api::{ListParams, WatchEvent, WatchParams};
use kube::runtime::watcher::{self, watcher};
use std::pin::pin;

async fn next<T>(stream: &mut (impl Stream<Item = T> + Unpin)) -> T {
    tokio::time::timeout(Duration::from_secs(20), stream.next()).await.unwrap().unwrap()
}

fn names(pods: &[Pod]) -> Vec<&str> {
    pods.iter().filter_map(|pod| pod.metadata.name.as_deref()).collect()
}

#[tokio::test]
async fn lists_select_and_page() {
    let stand = Stand::new();
    let pods = stand.pods().await;
    let check = async |options: ListParams, expected: &[&str]| {
        assert_eq!(names(&pods.list(&options).await.unwrap().items), expected);
    };
    check(ListParams::default(), &["api-1", "worker-1"]).await;
    check(ListParams::default().labels("app in (api,db)"), &["api-1"]).await;
    check(ListParams::default().fields("metadata.name=worker-1,status.phase=Running"), &["worker-1"]).await;
    let nowhere: Api<Pod> = Api::namespaced(stand.client("admin").await, "nowhere");
    assert!(nowhere.list(&ListParams::default()).await.unwrap().items.is_empty());
    let page = pods.list(&ListParams::default().limit(1)).await.unwrap();
    assert_eq!((names(&page.items), page.metadata.remaining_item_count), (vec!["api-1"], Some(1)));
    let token = page.metadata.continue_.unwrap();
    check(ListParams::default().limit(1).continue_token(&token), &["worker-1"]).await;
    stand.server.state().expire();
    let late = pods.list(&ListParams::default().limit(1).continue_token(&token)).await.unwrap_err();
    let (code, message) = refusal(&late);
    assert!(code == 410 && message.contains("too old to display"), "{message}");
    let bad = pods.list(&ListParams::default().fields("spec.x=1")).await.unwrap_err();
    assert_eq!(refusal(&bad), (400, "field label not supported: spec.x".to_owned()));
    let pod = pods.get("api-1").await.unwrap();
    let statuses = pod.status.unwrap().container_statuses.unwrap();
    assert!(statuses.iter().all(|status| status.ready && status.state.as_ref().unwrap().running.is_some()));
}

#[tokio::test]
async fn a_large_list_comes_whole() {
    let stand = Stand::new();
    for n in 0..300 {
        let pod = objects::pod("many", &format!("pod-{n:03}")).container("c", "c:1");
        stand.server.state().put(Kind::Pod, pod.running("node-1", NOW));
    }
    let many: Api<Pod> = Api::namespaced(stand.client("admin").await, "many");
    assert_eq!(many.list(&ListParams::default()).await.unwrap().items.len(), 300);
}

#[tokio::test]
async fn watchers_of_both_kinds_see_all() {
    for config in [watcher::Config::default(), watcher::Config::default().streaming_lists()] {
        let stand = Stand::new();
        let is_streaming = config == watcher::Config::default().streaming_lists();
        let mut events = pin!(watcher(stand.pods().await, config));
        let mut first = Vec::new();
        loop {
            match next(&mut events).await.unwrap() {
                watcher::Event::Init => {}
                watcher::Event::InitApply(pod) => first.extend(pod.metadata.name),
                watcher::Event::InitDone => break,
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(first, ["api-1", "worker-1"]);
        // The second step of a classic watch begins behind the list, so nothing between is lost.
        stand.server.state().crash("payments/api-1", "api", 137, "OOMKilled");
        let watcher::Event::Apply(pod) = next(&mut events).await.unwrap() else { panic!("no change") };
        let status = pod.status.unwrap().container_statuses.unwrap().remove(0);
        let ended = status.last_state.unwrap().terminated.unwrap();
        assert_eq!((ended.exit_code, ended.reason.as_deref()), (137, Some("OOMKilled")));
        stand.server.state().delete(Kind::Pod, "payments", "worker-1");
        let watcher::Event::Delete(pod) = next(&mut events).await.unwrap() else { panic!("no end") };
        assert_eq!(pod.metadata.name.as_deref(), Some("worker-1"));
        // All is too old now: the watch fails with 410, and begins anew.
        stand.server.state().expire();
        assert!(next(&mut events).await.is_err());
        let mut again = Vec::new();
        loop {
            match next(&mut events).await.unwrap() {
                watcher::Event::InitApply(pod) => again.extend(pod.metadata.name),
                watcher::Event::InitDone => break,
                _ => {}
            }
        }
        assert_eq!(again, ["api-1"]);
        let verbs: Vec<_> = stand.server.journal().into_iter().map(|seen| seen.what.verb).collect();
        assert_eq!(verbs.contains(&"list".to_owned()), !is_streaming, "{verbs:?}");
    }
}

#[tokio::test]
async fn bookmarks_of_every_kind_are_understood() {
    async fn check<K>(client: Client, is_first: bool)
    where
        K: kube::Resource<DynamicType = ()> + Clone + std::fmt::Debug + serde::de::DeserializeOwned + Send + 'static,
    {
        let api: Api<K> = Api::all(client);
        let options = if is_first { WatchParams::default().initial_events() } else { WatchParams::default() };
        let mut events = pin!(api.watch(&options, "").await.unwrap());
        loop {
            match next(&mut events).await.unwrap() {
                WatchEvent::Bookmark(mark) => {
                    assert_eq!(mark.metadata.annotations.contains_key("k8s.io/initial-events-end"), is_first);
                    return;
                }
                WatchEvent::Added(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }
    let stand = Stand::new();
    stand.server.state().pace(Duration::from_millis(50), Duration::from_secs(5));
    let client = stand.client("admin").await;
    for is_first in [true, false] {
        check::<Pod>(client.clone(), is_first).await;
        check::<Namespace>(client.clone(), is_first).await;
        check::<Node>(client.clone(), is_first).await;
        check::<Event>(client.clone(), is_first).await;
        check::<Deployment>(client.clone(), is_first).await;
        check::<ReplicaSet>(client.clone(), is_first).await;
        check::<StatefulSet>(client.clone(), is_first).await;
        check::<DaemonSet>(client.clone(), is_first).await;
        check::<Job>(client.clone(), is_first).await;
        check::<CronJob>(client.clone(), is_first).await;
    }
}

#[tokio::test]
async fn a_watch_from_the_past_has_410_as_an_event() {
    let stand = Stand::new();
    let pods = stand.pods().await;
    let mut events = pin!(pods.watch(&WatchParams::default(), "7").await.unwrap());
    let WatchEvent::Error(status) = next(&mut events).await.unwrap() else { panic!("no error") };
    assert_eq!((status.code, &*status.reason), (410, "Expired"));
    let journal = stand.server.journal();
    assert_eq!((&*journal[0].what.verb, journal[0].status), ("watch", 200));
    // A watch ends at its time.
    let mut events = pin!(pods.watch(&WatchParams::default().timeout(1), "0").await.unwrap());
    let mut count = 0;
    while let Some(event) = tokio::time::timeout(Duration::from_secs(20), events.next()).await.unwrap() {
        assert!(matches!(event.unwrap(), WatchEvent::Added(_)));
        count += 1;
    }
    assert_eq!(count, 2);
}

#[tokio::test]
async fn the_server_says_what_it_is() {
    let stand = Stand::new();
    let client = stand.client("admin").await;
    assert_eq!(client.apiserver_version().await.unwrap().git_version, "v1.36.0");
    let groups: Vec<_> = client.list_api_groups().await.unwrap().groups.into_iter().map(|group| group.name).collect();
    assert_eq!(groups, ["apps", "batch"]);
    let core = client.list_core_api_resources("v1").await.unwrap();
    assert!(core.resources.iter().any(|resource| resource.name == "pods/log"));
    assert!(stand.server.journal().iter().all(|seen| seen.method == "GET" && seen.status == 200));
}
