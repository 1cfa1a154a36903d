//! Asks the embedded cluster with the client that asks real ones.

mod faults;
mod logs;
mod objects_and_watches;

use super::*;
use crate::model::Timestamp;
use crate::model::time::SECOND;
use k8s_openapi::api::core::v1::Pod;
use kube::api::Api;
use kube::config::{KubeConfigOptions, Kubeconfig as Read};
use kube::{Client, Config};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// 2026-11-21T03:14:00Z
const NOW: Timestamp = Timestamp(1_795_230_840_000_000_000);

/// A server, and a clock that the test moves.
struct Stand {
    server: Server,
    clock: Arc<AtomicI64>,
}

impl Stand {
    /// With the pods `payments/api-1` (containers `api` and `proxy`) and `payments/worker-1` (`worker`).
    fn new() -> Self {
        let clock = Arc::new(AtomicI64::new(NOW.0));
        let now = Arc::clone(&clock);
        let mut state = State::new(Arc::new(move || Timestamp(now.load(Ordering::SeqCst))));
        state.allow("admin", User::admin("mira"));
        state.put(Kind::Namespace, objects::namespace("payments"));
        state.put(Kind::Node, objects::node("node-1", NOW));
        let api = objects::pod("payments", "api-1").container("api", "api:1").container("proxy", "proxy:1");
        state.put(Kind::Pod, api.label("app", "api").running("node-1", NOW));
        let worker = objects::pod("payments", "worker-1").container("worker", "worker:1").label("app", "worker");
        state.put(Kind::Pod, worker.running("node-1", NOW));
        Self { server: Server::start(state).unwrap(), clock }
    }

    fn wait(&self, seconds: i64) {
        self.clock.fetch_add(seconds * SECOND, Ordering::SeqCst);
    }

    async fn client(&self, token: &str) -> Client {
        let text = self.server.kubeconfig("demo").context("demo", "payments", Login::Token(token.to_owned())).text();
        let read = Read::from_yaml(&text).unwrap();
        let config = Config::from_custom_kubeconfig(read, &KubeConfigOptions::default()).await.unwrap();
        Client::try_from(config).unwrap()
    }

    async fn pods(&self) -> Api<Pod> {
        Api::default_namespaced(self.client("admin").await)
    }

    /// Waits until so many streams are open.
    async fn until_open(&self, aim: &Aim, count: usize) {
        until(|| self.server.open(aim) == count).await;
    }
}

/// Waits until that holds.
async fn until(mut holds: impl FnMut() -> bool) {
    let wait = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), wait).await.unwrap();
}

/// The Status of a refusal.
fn refusal(error: &kube::Error) -> (u16, String) {
    match error {
        kube::Error::Api(status) => (status.code, status.message.clone()),
        other => panic!("{other:?}"),
    }
}
