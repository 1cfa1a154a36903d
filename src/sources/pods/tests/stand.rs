//! The source at work against the embedded cluster, and what it told.

use crate::demo::cluster::{Kind, Log, Login, Server, State, User, objects};
use crate::model::pods::{Change, News, Places, Plugin, Pod, Scope, StreamState, Want};
use crate::model::{Address, Format, Health, OriginId, SourceId, SourceMsg, Timestamp};
use crate::ports::Clock;
use crate::sources::pods;
use crate::sources::{Follow, Outlet, Settings, build};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::Receiver;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// 2026-11-21T03:14:00Z
pub const NOW: Timestamp = Timestamp(1_795_230_840_000_000_000);

/// A clock that goes on from [`NOW`].
#[derive(Clone, Copy, Debug)]
pub struct Moving(pub Instant);

impl Moving {
    pub fn now(self) -> Timestamp {
        NOW.saturating_add(self.0.elapsed().as_nanos() as i64)
    }
}

impl Clock for Moving {
    fn now(&self) -> Timestamp {
        Self::now(*self)
    }
}

/// What the source told.
#[derive(Debug, Default)]
pub struct Told {
    names: HashMap<OriginId, String>,
    /// Texts of each origin without their times, notes with a `#` before them.
    pub lines: HashMap<String, Vec<String>>,
    pub pods: Vec<Pod>,
    pub scope: Scope,
    pub places: Places,
    pub changes: Vec<Change>,
    pub may_run: Option<Plugin>,
    pub described: String,
    pub cannot: Vec<String>,
    pub health: Health,
    pub reopened: usize,
    pub is_over: bool,
    /// Bytes of long lines that were left out.
    pub cut: u64,
    orders: HashMap<OriginId, i64>,
}

impl Told {
    fn take(&mut self, message: SourceMsg) {
        match message {
            SourceMsg::Origin { id, name } => {
                self.names.insert(id, name);
            }
            SourceMsg::Batch { batch, .. } => {
                assert!(batch.len() <= 512);
                for record in batch.iter() {
                    self.cut += record.cut;
                    let name = self.names[&record.origin].clone();
                    let text = String::from_utf8_lossy(record.raw).into_owned();
                    let text = match record.format {
                        Format::Note => format!("# {text}"),
                        _ if name == "events" || name == "changes" => text,
                        _ => text.split_once(' ').map_or(text.clone(), |(_, text)| text.to_owned()),
                    };
                    let last = self.orders.entry(record.origin).or_insert(i64::MIN);
                    assert!(*last <= record.order.0, "{name}: {text}");
                    *last = record.order.0;
                    self.lines.entry(name).or_default().push(text);
                }
            }
            SourceMsg::Health { health, .. } => self.health = health,
            SourceMsg::Reopened(_) => {
                self.reopened += 1;
                self.lines.clear();
                self.pods.clear();
            }
            SourceMsg::Answer { .. }
            | SourceMsg::Objects { .. }
            | SourceMsg::Documents { .. }
            | SourceMsg::Cursor { .. } => unreachable!(),
            SourceMsg::Pods { news, .. } => match news {
                News::Pods(pods) => self.pods = pods.to_vec(),
                News::Scope(scope) => self.scope = *scope,
                News::Places(places) => self.places = places,
                News::Change(change) => self.changes.push(change),
                News::MayRun(plugin) => self.may_run = Some(plugin),
                News::Described { text, .. } => self.described = text,
                News::Cannot(why) => self.cannot.push(why),
            },
        }
    }

    /// The lines of an origin without notes.
    pub fn texts(&self, origin: &str) -> Vec<&str> {
        self.lines.get(origin).into_iter().flatten().map(String::as_str).filter(|l| !l.starts_with("# ")).collect()
    }

    /// The notes of an origin.
    pub fn notes(&self, origin: &str) -> Vec<&str> {
        self.lines.get(origin).into_iter().flatten().filter_map(|l| l.strip_prefix("# ")).collect()
    }

    /// The pod of this name.
    pub fn pod(&self, name: &str) -> Option<&Pod> {
        self.pods.iter().find(|pod| pod.key.name == name)
    }

    /// How a container's log is read.
    pub fn stream(&self, pod: &str, container: &str) -> Option<&StreamState> {
        self.pod(pod)?.containers.iter().find(|c| c.name == container).map(|c| &c.stream)
    }

    /// Whether it is followed.
    pub fn follows(&self, pod: &str, container: &str) -> bool {
        self.stream(pod, container) == Some(&StreamState::Following)
    }
}

/// A cluster, and the source that looks at it.
pub struct Stand {
    pub server: Server,
    pub clock: Moving,
    pub told: Told,
    out: Outlet,
    messages: Receiver<SourceMsg>,
    cancel: CancellationToken,
    tasks: JoinSet<()>,
    dir: tempfile::TempDir,
}

impl Stand {
    /// A cluster with the pods `payments/api-1` (containers `api` and `proxy`) and `payments/worker-1` (`worker`).
    pub fn new() -> Self {
        let clock = Moving(Instant::now());
        Self::with(clock, Arc::new(clock))
    }

    /// The same with another clock for the source.
    pub fn with(clock: Moving, of_source: Arc<dyn Clock>) -> Self {
        let mut state = State::new(Arc::new(move || clock.now()));
        state.allow("admin", User::admin("mira"));
        state.put(Kind::Namespace, objects::namespace("payments"));
        state.put(Kind::Node, objects::node("node-1", NOW));
        let api = objects::pod("payments", "api-1").container("api", "api:1").container("proxy", "proxy:1");
        state.put(Kind::Pod, api.label("app", "api").running("node-1", NOW));
        let worker = objects::pod("payments", "worker-1").container("worker", "worker:1").label("app", "worker");
        state.put(Kind::Pod, worker.running("node-1", NOW));
        let server = Server::start(state).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let (to, messages) = tokio::sync::mpsc::channel(64);
        let cancel = CancellationToken::new();
        let runtime = tokio::runtime::Handle::current();
        let out = Outlet::new(SourceId(1), to, cancel.clone(), of_source, runtime);
        let stand = Self { server, clock, told: Told::default(), out, messages, cancel, tasks: JoinSet::new(), dir };
        stand.login(Login::Token("admin".to_owned()));
        stand
    }

    /// Writes the kubeconfig.
    pub fn login(&self, login: Login) {
        let config = self.server.kubeconfig("demo").context("demo", "payments", login);
        std::fs::write(self.config(), config.text()).unwrap();
    }

    pub fn config(&self) -> PathBuf {
        self.dir.path().join("config")
    }

    /// Settings that name the kubeconfig.
    pub fn settings(&self) -> pods::Settings {
        pods::Settings {
            kubeconfig: vec![self.config()],
            in_cluster: pods::InCluster::Never,
            ..pods::Settings::default()
        }
    }

    /// Starts the source.
    pub fn open(&mut self, address: &str, follow: Follow, settings: pods::Settings) {
        let address: Address = address.parse().unwrap();
        let settings = Settings { pods: settings, ..Settings::new(jiff::tz::TimeZone::UTC, follow, 0) };
        let source = build(&address, &settings).unwrap();
        let out = self.out.clone();
        self.tasks.spawn(async move {
            let _ = source.run(out).await;
        });
    }

    /// Follows all pods of the namespace.
    pub fn follow(&mut self) {
        let settings = self.settings();
        self.open("pods:payments", Follow::On, settings);
    }

    pub fn want(&self, want: Want) {
        assert!(self.out.want(crate::model::Want::Pods(want)));
    }

    /// Takes what is told until that holds.
    pub async fn until(&mut self, holds: impl Fn(&Told) -> bool) {
        let end = Instant::now() + Duration::from_secs(30);
        while !holds(&self.told) {
            let wait = end.saturating_duration_since(Instant::now());
            tokio::select! {
                message = tokio::time::timeout(wait, self.messages.recv()) => match message {
                    Ok(Some(message)) => self.told.take(message),
                    Ok(None) => break,
                    Err(late) => panic!("it did not come, {late}: {:?} {:?} {:#?}", self.told.health, self.told.scope.problems, self.told.lines),
                },
                Some(_) = self.tasks.join_next() => self.told.is_over = true,
            }
        }
    }

    /// Takes what is told for a while.
    pub async fn rest(&mut self, time: Duration) {
        let end = tokio::time::Instant::now() + time;
        while let Ok(Some(message)) = tokio::time::timeout_at(end, self.messages.recv()).await {
            self.told.take(message);
        }
    }

    /// Takes what is told until the source has ended.
    pub async fn finish(&mut self) {
        self.until(|told| told.is_over).await;
        while let Ok(message) = self.messages.try_recv() {
            self.told.take(message);
        }
    }

    pub fn log(&self, pod: &str, container: &str) -> Log {
        self.server.state().log(&format!("payments/{pod}"), container)
    }
}

impl Drop for Stand {
    fn drop(&mut self) {
        self.cancel.cancel();
        // The product reads only, whatever happens.
        assert!(self.server.journal().iter().all(|seen| seen.method == "GET"));
    }
}
