//! The way to one cluster: its client with credentials that are renewed, bounds on requests, and whether it answers.
//!
//! Owns the client. Must not know what is asked. Nothing here can send anything but GET.

use super::health::{Asked, Kind, Trouble, next_random, pause};
use super::kubeconfig;
use super::kubeconfig::Access;
use super::plugin;
use super::settings::Settings;
use super::stamp::Stamps;
use crate::model::Timestamp;
use crate::model::pods::Plugin;
use crate::model::time::SECOND;
use crate::ports::Clock;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use k8s_openapi::api::core::v1::Pod;
use kube::Client;
use kube::api::{Api, ListParams, LogParams};
use kube::client::Body;
use kube::core::Status;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, watch};
use tokio::time::Instant;

/// Requests that may be made at once after a silence, and how many a second from then on.
const BURST: f64 = 250.0;
const RATE: f64 = 50.0;

/// Connections that are opened at once.
const OPENING: usize = 32;

/// The longest until the head of an answer is there, and how long that of a follow is awaited before it is let be.
const HEAD_LIMIT: Duration = Duration::from_secs(20);
const HEAD_WAIT: Duration = Duration::from_millis(500);

/// The longest silence within a log that has an end: nothing says that a connection is dead, if nothing is sent over it.
const BODY_LIMIT: Duration = Duration::from_secs(30);

/// Bytes of a refusal that are read.
const MAX_REFUSAL: usize = 64 * 1024;

/// Bytes that a line's time takes at most, with the blank behind it.
const MAX_STAMP: usize = 40;

/// Credentials are renewed so long before they expire.
const EARLY: i64 = 60 * SECOND;

/// A program for credentials is run once in this time at the most: what it gave, or why it failed, is for all who wait. Some
/// open a browser.
const AGAIN: Duration = Duration::from_secs(10);

/// The way to one cluster.
pub struct Link {
    settings: Settings,
    clock: Arc<dyn Clock>,
    /// What the context said at first; the client may come from a later reading.
    pub access: Access,
    plugin: Option<Plugin>,
    /// The server's address without a password, for people.
    pub server: String,
    /// The proxy in between, without its password; empty without one.
    proxy: String,
    state: tokio::sync::Mutex<State>,
    bucket: Mutex<Bucket>,
    opening: Semaphore,
    random: Mutex<u64>,
    /// Counts how often the server came back, or a person asked to try now: who waits tries again.
    pulse: watch::Sender<u64>,
    outage: Mutex<Option<Instant>>,
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").field("context", &self.access.context).finish_non_exhaustive()
    }
}

#[derive(Default)]
struct State {
    client: Option<Client>,
    /// Counts the clients.
    generation: u64,
    expires: Option<Timestamp>,
    /// The client is the first, or asking with it failed: the kubeconfig is read again for the next one.
    stale: bool,
    ran: Option<Ran>,
}

/// The last run of a program for credentials.
struct Ran {
    ended: Instant,
    /// The link's pulse before it.
    pulse: u64,
    failed: Option<Trouble>,
}

/// Tokens that requests take.
#[derive(Debug)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

impl Bucket {
    /// How long to wait for one more.
    fn take(&mut self, now: Instant) -> Duration {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.tokens = passed.mul_add(RATE, self.tokens).min(BURST) - 1.0;
        self.at = now;
        Duration::from_secs_f64((-self.tokens / RATE).max(0.0))
    }
}

/// One client, and which it is.
#[derive(Clone)]
pub struct Asking {
    /// kube's client.
    pub client: Client,
    /// Which of the link's clients it is, for [`Link::renew`].
    pub generation: u64,
}

impl Link {
    /// The way to the cluster of `access`; `plugin` is allowed to run.
    pub fn new(access: Access, plugin: Option<Plugin>, settings: Settings, clock: Arc<dyn Clock>) -> Self {
        let url = &access.config.cluster_url;
        let server = url.authority().map(|authority| place(authority.host(), authority.port_u16()));
        let server = format!("{}://{}{}", url.scheme_str().unwrap_or("https"), server.unwrap_or_default(), url.path());
        let seed = settings.seed;
        let authority = access.config.proxy_url.as_ref().and_then(|proxy| proxy.authority());
        let proxy = authority.map_or_else(String::new, |authority| place(authority.host(), authority.port_u16()));
        Self {
            settings,
            clock,
            access,
            plugin,
            server: server.trim_end_matches('/').to_owned(),
            proxy,
            state: tokio::sync::Mutex::default(),
            bucket: Mutex::new(Bucket { tokens: BURST, at: Instant::now() }),
            opening: Semaphore::new(OPENING),
            random: Mutex::new(seed),
            pulse: watch::Sender::new(0),
            outage: Mutex::new(None),
        }
    }

    /// The wall clock.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Silence after which a followed log is opened again.
    pub const fn quiet(&self) -> Duration {
        self.settings.quiet
    }

    /// What is asked, for the words of a failure.
    pub fn asked<'a>(&'a self, verb: &'a str, resource: &'a str, namespace: Option<&'a str>) -> Asked<'a> {
        Asked { verb, resource, namespace, context: &self.access.context, server: &self.server, proxy: &self.proxy }
    }

    /// A client whose credentials hold.
    ///
    /// # Errors
    /// The credentials cannot be had.
    pub async fn client(&self) -> Result<Asking, Trouble> {
        let mut state = self.state.lock().await;
        let ends = state.expires.is_some_and(|expires| expires.0.saturating_sub(EARLY) < self.now().0);
        let pulse = *self.pulse.borrow();
        let ran = state.ran.as_ref().filter(|ran| ran.ended.elapsed() < AGAIN && ran.pulse == pulse);
        if let Some(failed) = ran.and_then(|ran| ran.failed.clone()) {
            return Err(failed);
        }
        if let Some(client) = state.client.clone()
            && (ran.is_some() || !ends && !state.stale)
        {
            return Ok(Asking { client, generation: state.generation });
        }
        let refused = |words: String| Trouble::new(Kind::Unauthorized, words);
        let mut access = if state.generation == 0 {
            self.access.clone()
        } else {
            let config = kubeconfig::read(&self.settings).map_err(refused)?;
            kubeconfig::access(config.as_ref(), Some(&self.access.context), &self.settings).await.map_err(refused)?
        };
        let mut expires = None;
        if let Some(exec) = &access.exec {
            let found = plugin::find(exec.command.as_deref().unwrap_or_default(), &self.settings.path);
            let plugin = plugin::plugin(&access.context, exec, found.as_deref());
            if self.plugin.as_ref() != Some(&plugin) {
                return Err(refused(
                    "the kubeconfig names another program for credentials now; open the source again".to_owned(),
                ));
            }
            let credentials = plugin::run(exec, &plugin, plugin::LIMIT).await.map_err(refused);
            state.ran = Some(Ran { ended: Instant::now(), pulse, failed: credentials.as_ref().err().cloned() });
            let credentials = credentials?;
            credentials.put(&mut access.config.auth_info);
            expires = credentials.expires;
        }
        // Failures are answered here, with words and pauses of our own.
        access.config.default_retry = false;
        access.config.connect_timeout = Some(Duration::from_secs(10));
        let client = Client::try_from(access.config).map_err(|e| self.asked("get", "pods", None).trouble(&e))?;
        (state.client, state.expires, state.stale) = (Some(client.clone()), expires, false);
        state.generation += 1;
        Ok(Asking { client, generation: state.generation })
    }

    /// The credentials of this client were not accepted: the next one gets new ones.
    pub async fn renew(&self, generation: u64) {
        let mut state = self.state.lock().await;
        if state.generation == generation {
            state.stale = true;
        }
    }

    /// Waits until one more request may be made.
    pub async fn permit(&self) {
        let wait = self.bucket.lock().unwrap_or_else(PoisonError::into_inner).take(Instant::now());
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
    }

    /// The log of a container. The answer to a follow begins with the first bytes, so that of a silent container is still
    /// awaited when this returns.
    ///
    /// # Errors
    /// There is none, or not now. A [`Log`] may say that later, too.
    pub async fn log(self: &Arc<Self>, namespace: &str, pod: &str, params: &LogParams) -> Result<Log, Trouble> {
        self.permit().await;
        let path = format!("/api/v1/namespaces/{namespace}/pods");
        let request = kube::core::Request::new(path).logs(pod, params);
        let request = request.map_err(|e| Trouble::new(Kind::Refused, e.to_string()))?.map(Body::from);
        let asking = self.client().await?;
        let permit = self.opening.acquire().await.map_err(|_| Trouble::new(Kind::Refused, "stopped"))?;
        let (link, namespace) = (self.clone(), namespace.to_owned());
        let mut head: Head = Box::pin(async move {
            let answer = asking.client.send(request).await;
            let answer = answer.map_err(|e| link.asked("get", "pods/log", Some(&namespace)).trouble(&e))?;
            let code = answer.status();
            let body = answer.into_body();
            if code.is_success() {
                link.is_up();
                return Ok(body);
            }
            let status = refusal(code.as_u16(), body).await;
            let trouble = link.asked("get", "pods/log", Some(&namespace)).status(&status);
            if trouble.kind == Kind::Unauthorized {
                link.renew(asking.generation).await;
            }
            Err(trouble)
        });
        let limit = if params.follow { HEAD_WAIT } else { HEAD_LIMIT };
        let answered = tokio::time::timeout(limit, &mut head).await;
        drop(permit);
        match answered {
            Ok(body) => Ok(Log::new(Part::Body(body?), (!params.follow).then_some(BODY_LIMIT))),
            Err(_) if params.follow => Ok(Log::new(Part::Head(head), None)),
            Err(_) => {
                let words = format!("{}: no answer within {} s", self.server, limit.as_secs());
                Err(Trouble::new(Kind::Unreachable, words))
            }
        }
    }

    /// A pod as the server has it now. It is listed, since who watches pods may do that.
    ///
    /// # Errors
    /// It is not there, or the server does not say.
    pub async fn pod(&self, namespace: &str, name: &str) -> Result<Pod, Trouble> {
        self.permit().await;
        let asking = self.client().await?;
        let api: Api<Pod> = Api::namespaced(asking.client, namespace);
        let params = ListParams::default().fields(&format!("metadata.name={name}"));
        let late = || Trouble::new(Kind::Unreachable, format!("{}: no answer", self.server));
        let listed = tokio::time::timeout(HEAD_LIMIT, api.list(&params)).await.map_err(|_| late())?;
        let listed = listed.map_err(|e| self.asked("list", "pods", Some(namespace)).trouble(&e))?;
        let missing = || Trouble::new(Kind::Missing, format!("pod {name} is not there"));
        listed.items.into_iter().next().ok_or_else(missing)
    }

    /// Waits before the next try; less when the server comes back, or a person wants it now.
    pub async fn pause(&self, tries: u32, least: Duration, most: Duration) {
        let mut pulse = self.pulse.subscribe();
        let (whole, few) = {
            let mut random = self.random.lock().unwrap_or_else(PoisonError::into_inner);
            (pause(tries, least, most, next_random(&mut random)), next_random(&mut random) % 200)
        };
        if tokio::time::timeout(whole, pulse.changed()).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(few)).await;
        }
    }

    /// Everybody who waits tries now.
    pub fn try_now(&self) {
        self.pulse.send_modify(|n| *n += 1);
    }

    /// The server answered; after an outage those who wait are told.
    pub fn is_up(&self) {
        if self.outage.lock().unwrap_or_else(PoisonError::into_inner).take().is_some() {
            self.try_now();
        }
    }

    /// The server did not answer.
    pub fn is_down(&self) {
        self.outage.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(Instant::now);
    }

    /// Told when the server came back.
    pub fn comebacks(&self) -> watch::Receiver<u64> {
        self.pulse.subscribe()
    }
}

/// Host and port of an address, without the name and password that may stand before them.
fn place(host: &str, port: Option<u16>) -> String {
    port.map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// What a server that refuses says about it.
async fn refusal(code: u16, mut body: Body) -> Status {
    let mut text = Vec::new();
    while let Ok(Some(Ok(frame))) = tokio::time::timeout(HEAD_LIMIT, body.frame()).await {
        text.extend_from_slice(frame.data_ref().map_or(&[][..], |data| data));
        if text.len() > MAX_REFUSAL {
            break;
        }
    }
    let status = serde_json::from_slice(&text);
    let mut status: Status = status.unwrap_or_else(|_| {
        let message = String::from_utf8_lossy(&text).into_owned();
        Status { message, ..Status::success() }
    });
    status.code = code;
    status
}

/// An answer that has not begun.
type Head = Pin<Box<dyn Future<Output = Result<Body, Trouble>> + Send>>;

/// A log as it comes.
pub struct Log {
    part: Part,
    /// What was looked at and not taken.
    ahead: BytesMut,
    /// The longest silence, of one that has an end.
    limit: Option<Duration>,
}

pub(super) enum Part {
    Head(Head),
    Body(Body),
}

impl Log {
    pub(super) fn new(part: Part, limit: Option<Duration>) -> Self {
        Self { part, ahead: BytesMut::new(), limit }
    }

    /// The next bytes; none at the clean end.
    ///
    /// # Errors
    /// The connection broke, or there is no log after all; one that has an end was silent for too long.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Trouble> {
        if !self.ahead.is_empty() {
            return Ok(Some(self.ahead.split().freeze()));
        }
        self.read().await
    }

    /// The time of the first line, which is not taken; nothing when none comes within `wait`, or it has no time.
    ///
    /// # Errors
    /// As [`Log::next`].
    pub async fn first(&mut self, wait: Duration) -> Result<Option<Timestamp>, Trouble> {
        let limit = Instant::now() + wait.min(HEAD_LIMIT);
        while self.ahead.len() < MAX_STAMP && !self.ahead.contains(&b'\n') {
            match tokio::time::timeout_at(limit, self.read()).await {
                Err(_) if wait > HEAD_LIMIT => {
                    return Err(Trouble::new(Kind::Unreachable, "the log does not come"));
                }
                Err(_) | Ok(Ok(None)) => break,
                Ok(bytes) => self.ahead.extend_from_slice(&bytes?.unwrap_or_default()),
            }
        }
        Ok(Stamps::default().of(&self.ahead))
    }

    async fn read(&mut self) -> Result<Option<Bytes>, Trouble> {
        let Some(limit) = self.limit else { return self.read_on().await };
        let late = || Trouble::new(Kind::Unreachable, format!("the log went silent for {} s", limit.as_secs()));
        tokio::time::timeout(limit, self.read_on()).await.unwrap_or_else(|_| Err(late()))
    }

    async fn read_on(&mut self) -> Result<Option<Bytes>, Trouble> {
        loop {
            match &mut self.part {
                Part::Head(head) => {
                    let body = head.await?;
                    self.part = Part::Body(body);
                }
                Part::Body(body) => match body.frame().await {
                    None => return Ok(None),
                    Some(Ok(frame)) => {
                        if let Ok(data) = frame.into_data()
                            && !data.is_empty()
                        {
                            return Ok(Some(data));
                        }
                    }
                    Some(Err(e)) => return Err(Trouble::broken(&e)),
                },
            }
        }
    }
}
