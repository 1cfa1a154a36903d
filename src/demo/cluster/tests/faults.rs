//! What goes wrong on purpose, as the real client sees it.

use super::*;
use futures_util::StreamExt;
use futures_util::io::{AsyncBufReadExt, AsyncReadExt};
use kube::api::{ListParams, LogParams, PostParams};

fn follow() -> LogParams {
    LogParams { follow: true, container: Some("worker".to_owned()), ..LogParams::default() }
}

#[tokio::test]
async fn broken_ends_are_told_from_clean_ones() {
    let stand = Stand::new();
    let pods = stand.pods().await;
    for (cut, is_clean) in [(Cut::End, true), (Cut::Break, false), (Cut::Reset, false)] {
        stand.server.state().append("payments/worker-1", "worker", b"a line");
        let mut lines = pods.log_stream("worker-1", &follow()).await.unwrap().lines();
        lines.next().await.unwrap().unwrap();
        stand.until_open(&Aim::Logs, 1).await;
        assert_eq!(stand.server.cut(&Aim::Logs, cut), 1);
        let wait = async {
            loop {
                match lines.next().await {
                    Some(Ok(_)) => {}
                    None => break true,
                    Some(Err(_)) => break false,
                }
            }
        };
        let ended = tokio::time::timeout(Duration::from_secs(20), wait).await.unwrap();
        assert_eq!(ended, is_clean, "{cut:?}");
        stand.until_open(&Aim::Logs, 0).await;
    }
}

#[tokio::test]
async fn a_body_breaks_at_its_byte_over_both_versions_of_http() {
    for offer in [Offer::Both, Offer::Http1] {
        let mut state = State::new(Arc::new(|| NOW));
        state.allow("admin", User::admin("mira"));
        state.put(Kind::Pod, objects::pod("payments", "worker-1").container("worker", "w:1").running("n", NOW));
        state.append("payments/worker-1", "worker", &b"0123456789\n".repeat(1000));
        let stand = Stand { server: Server::start_with(state, offer).unwrap(), clock: Arc::default() };
        let pods = stand.pods().await;
        stand.server.fail(Aim::Logs, 1, Fault::After(5003, Cut::Break));
        let mut text = Vec::new();
        let options = LogParams::default();
        let mut stream = pods.log_stream("worker-1", &options).await.unwrap();
        assert!(stream.read_to_end(&mut text).await.is_err());
        assert_eq!(text.len(), 5003, "{offer:?}");
    }
}

#[tokio::test]
async fn a_killed_server_comes_back_with_its_state() {
    let stand = Stand::new();
    let pods = stand.pods().await;
    stand.server.state().append("payments/worker-1", "worker", b"a line");
    let mut lines = pods.log_stream("worker-1", &follow()).await.unwrap().lines();
    lines.next().await.unwrap().unwrap();
    for _ in 0..3 {
        stand.server.stop().await;
        assert!(pods.list(&ListParams::default()).await.is_err());
        stand.server.restart().unwrap();
        assert_eq!(pods.list(&ListParams::default()).await.unwrap().items.len(), 2);
    }
    assert!(lines.next().await.unwrap().is_err());
}

#[tokio::test]
async fn statuses_and_silence() {
    let stand = Stand::new();
    let pods = stand.pods().await;
    // The client asks again by itself where that may help.
    for (fault, expected) in [(Fault::TooMany(0), 429), (Fault::Status(503), 503), (Fault::Status(500), 500)] {
        stand.server.clear_journal();
        stand.server.fail(Aim::Path("/api/v1/namespaces/payments/pods/".to_owned()), 1, fault);
        let got = pods.get("api-1").await;
        let codes: Vec<_> = stand.server.journal().iter().map(|seen| seen.status).collect();
        if expected == 500 {
            assert_eq!((refusal(&got.unwrap_err()).0, codes), (500, vec![500]));
        } else {
            assert_eq!((got.is_ok(), codes), (true, vec![expected, 200]));
        }
    }
    stand.server.fail(Aim::Lists, 1, Fault::Silence);
    let all = ListParams::default();
    let silent = tokio::time::timeout(Duration::from_millis(200), pods.list(&all)).await;
    assert!(silent.is_err());
    stand.server.fail(Aim::Lists, 1, Fault::Page(502));
    assert!(pods.list(&all).await.is_err());
    assert!(pods.list(&all).await.is_ok());
    let (code, _) = refusal(&pods.create(&PostParams::default(), &Pod::default()).await.unwrap_err());
    let journal = stand.server.journal();
    let seen = journal.last().unwrap();
    assert_eq!((code, &*seen.method, &*seen.what.verb, seen.status), (405, "POST", "create", 405));
}

#[tokio::test]
async fn who_may_not_is_told_what() {
    let stand = Stand::new();
    let alice = User::with_rules("alice", vec![Rule::new("get,list", "pods", "payments")]);
    stand.server.state().allow("alice", alice);
    let ends = Some(NOW);
    stand.server.state().allow("old", User { ends, ..User::admin("old") });
    let pods: Api<Pod> = Api::default_namespaced(stand.client("alice").await);
    assert!(pods.list(&ListParams::default()).await.is_ok());
    let (code, message) = refusal(&pods.logs("worker-1", &LogParams::default()).await.unwrap_err());
    let expected = "pods \"worker-1\" is forbidden: User \"alice\" cannot get resource \"pods/log\" in API group \"\" \
                    in the namespace \"payments\"";
    assert_eq!((code, &*message), (403, expected));
    let all: Api<Pod> = Api::all(stand.client("alice").await);
    let (code, message) = refusal(&all.list(&ListParams::default()).await.unwrap_err());
    let expected =
        "pods is forbidden: User \"alice\" cannot list resource \"pods\" in API group \"\" at the cluster scope";
    assert_eq!((code, &*message), (403, expected));
    let none: Api<Pod> = Api::default_namespaced(stand.client("none").await);
    assert_eq!(refusal(&none.list(&ListParams::default()).await.unwrap_err()), (401, "Unauthorized".to_owned()));
    // A follow outlives its token.
    let old: Api<Pod> = Api::default_namespaced(stand.client("old").await);
    stand.server.state().append("payments/worker-1", "worker", b"a");
    let mut lines = old.log_stream("worker-1", &follow()).await.unwrap().lines();
    stand.wait(61);
    assert_eq!(refusal(&old.get("worker-1").await.unwrap_err()).0, 401);
    stand.server.state().append("payments/worker-1", "worker", b"b");
    assert_eq!(lines.next().await.unwrap().unwrap(), "a");
    assert_eq!(lines.next().await.unwrap().unwrap(), "b");
}

#[tokio::test]
async fn a_node_that_is_away_breaks_its_logs() {
    let stand = Stand::new();
    let pods = stand.pods().await;
    stand.server.state().append("payments/worker-1", "worker", b"a");
    let mut lines = pods.log_stream("worker-1", &follow()).await.unwrap().lines();
    lines.next().await.unwrap().unwrap();
    stand.server.state().lose_node("node-1");
    assert!(lines.next().await.unwrap().is_err());
    let (code, message) = refusal(&pods.logs("worker-1", &LogParams::default()).await.unwrap_err());
    assert!(code == 500 && message.ends_with("no route to host"), "{message}");
    stand.server.state().find_node("node-1");
    assert_eq!(pods.logs("worker-1", &LogParams::default()).await.unwrap(), "a\n");
}
