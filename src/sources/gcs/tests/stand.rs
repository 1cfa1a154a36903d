//! The source at work against the embedded storage, and what it told.

use crate::demo::gcs::{Server, State};
use crate::infra::http::{Client, Options};
use crate::model::objects::{News, Object, ObjectState, Scope, Want};
use crate::model::{Address, Cursor, Format, Health, OriginId, SourceId, SourceMsg, Timestamp};
use crate::ports::Clock;
use crate::sources::google;
use crate::sources::{Follow, Outlet, Places, Settings, build, gcs};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::Receiver;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// 2026-11-21T03:14:00Z
pub const NOW: Timestamp = Timestamp(1_795_230_840_000_000_000);

/// A clock that goes on from [`NOW`].
#[derive(Clone, Copy, Debug)]
pub struct Moving(Instant);

impl Clock for Moving {
    fn now(&self) -> Timestamp {
        NOW.saturating_add(self.0.elapsed().as_nanos() as i64)
    }
}

/// What the source told.
#[derive(Debug, Default)]
pub struct Told {
    names: HashMap<OriginId, String>,
    /// Texts of each origin, notes with a `#` before them.
    pub lines: BTreeMap<String, Vec<String>>,
    pub objects: BTreeMap<String, Object>,
    pub scope: Scope,
    pub health: Health,
    pub described: String,
    pub cannot: Vec<String>,
    /// What a later run gets.
    pub places: BTreeMap<String, String>,
    pub is_over: bool,
    pub cut: u64,
    /// How many lines of each origin came before its last cursor.
    before: BTreeMap<String, usize>,
    orders: HashMap<OriginId, i64>,
}

impl Told {
    fn take(&mut self, message: SourceMsg) {
        match message {
            SourceMsg::Origin { id, name } => {
                self.names.insert(id, name);
            }
            SourceMsg::Batch { batch, .. } => {
                for record in batch.iter() {
                    self.cut += record.cut;
                    let name = self.names[&record.origin].clone();
                    let text = String::from_utf8_lossy(record.raw).into_owned();
                    let text = if record.format == Format::Note { format!("# {text}") } else { text };
                    let last = self.orders.entry(record.origin).or_insert(i64::MIN);
                    assert!(*last <= record.order.0, "{name}: {text}");
                    *last = record.order.0;
                    self.lines.entry(name).or_default().push(text);
                }
            }
            SourceMsg::Health { health, .. } => self.health = health,
            SourceMsg::Cursor { cursor: Cursor { part, place }, .. } => {
                let name = part.strip_prefix("gs://logs/").unwrap_or(&part).to_owned();
                let count = self.lines.get(&name).map_or(0, Vec::len);
                self.before.insert(name, count);
                match place {
                    Some(place) => self.places.insert(part, place),
                    None => self.places.remove(&part),
                };
            }
            SourceMsg::Objects { news, .. } => match news {
                News::Objects(objects) => {
                    self.objects.extend(objects.into_iter().map(|object| (object.key.name.clone(), object)));
                }
                News::Forgotten(keys) => keys.iter().for_each(|key| {
                    self.objects.remove(&key.name);
                }),
                News::Scope(scope) => self.scope = *scope,
                News::Described { text, .. } => self.described = text,
                News::Cannot(why) => self.cannot.push(why),
            },
            other => unreachable!("{other:?}"),
        }
    }

    /// The lines of each object before its last cursor.
    pub fn covered(&self) -> BTreeMap<String, Vec<String>> {
        let covered = |(name, lines): (&String, &Vec<String>)| {
            (name.clone(), lines[..self.before.get(name).copied().unwrap_or(0)].to_vec())
        };
        self.lines.iter().map(covered).collect()
    }

    /// The lines of an object.
    pub fn lines(&self, name: &str) -> Vec<&str> {
        self.lines.get(name).into_iter().flatten().map(String::as_str).collect()
    }

    pub fn state(&self, name: &str) -> Option<&ObjectState> {
        self.objects.get(name).map(|object| &object.state)
    }

    pub fn is_read(&self, name: &str) -> bool {
        self.state(name) == Some(&ObjectState::Read)
    }
}

/// A storage with the bucket `logs`, and the source that looks at it.
pub struct Stand {
    pub server: Server,
    pub told: Told,
    clock: Moving,
    out: Option<Outlet>,
    messages: Option<Receiver<SourceMsg>>,
    cancel: CancellationToken,
    tasks: JoinSet<()>,
}

impl Stand {
    pub fn new() -> Self {
        let clock = Moving(Instant::now());
        let server = Server::start(State::new(Arc::new(move || Clock::now(&clock)))).unwrap();
        server.state().bucket("logs");
        let cancel = CancellationToken::new();
        Self { server, told: Told::default(), clock, out: None, messages: None, cancel, tasks: JoinSet::new() }
    }

    /// Settings that poll often.
    pub fn settings(&self) -> gcs::Settings {
        gcs::Settings {
            endpoint: Some(format!("http://{}", self.server.address())),
            poll: Duration::from_millis(100),
            ..gcs::Settings::default()
        }
    }

    /// Starts the source, with the places that an earlier one told.
    pub fn open(&mut self, address: &str, follow: Follow, settings: gcs::Settings) {
        let address: Address = address.parse().unwrap();
        let places = Places::from([(address.to_string(), std::mem::take(&mut self.told).places)]);
        self.told.places = places[&address.to_string()].clone();
        let http = Client::new(&Options::new("logdeck-test")).unwrap();
        let google = google::Settings {
            login: google::Login::Anonymous,
            http: Some(Arc::new(http)),
            ..google::Settings::default()
        };
        let base = Settings::new(jiff::tz::TimeZone::UTC, follow, 0);
        let settings = Settings { gcs: settings, google, places: Arc::new(places), ..base };
        let (to, messages) = tokio::sync::mpsc::channel(64);
        self.cancel = CancellationToken::new();
        let runtime = tokio::runtime::Handle::current();
        let out = Outlet::new(SourceId(1), to, self.cancel.clone(), Arc::new(self.clock), runtime);
        let source = build(&address, &settings).unwrap();
        (self.out, self.messages) = (Some(out.clone()), Some(messages));
        self.tasks.spawn(async move {
            let _ = source.run(out).await;
        });
    }

    /// Stops the source at once; what it sent and nobody took is lost, as with a kill.
    pub async fn kill(&mut self) {
        self.cancel.cancel();
        self.messages = None;
        self.tasks.shutdown().await;
    }

    pub fn want(&self, want: Want) {
        assert!(self.out.as_ref().unwrap().want(crate::model::Want::Objects(want)));
    }

    /// Takes what is told until that holds.
    pub async fn until(&mut self, holds: impl Fn(&Told) -> bool) {
        let end = Instant::now() + Duration::from_mins(1);
        while !holds(&self.told) {
            let wait = end.saturating_duration_since(Instant::now());
            let messages = self.messages.as_mut().unwrap();
            tokio::select! {
                message = tokio::time::timeout(wait, messages.recv()) => match message {
                    Ok(Some(message)) => self.told.take(message),
                    Ok(None) => break,
                    Err(late) => panic!("it did not come, {late}: {:#?}", self.told),
                },
                Some(_) = self.tasks.join_next() => {
                    while let Ok(message) = messages.try_recv() {
                        self.told.take(message);
                    }
                    self.told.is_over = true;
                }
            }
        }
    }

    /// Takes what is told for a while.
    pub async fn rest(&mut self, time: Duration) {
        let end = Instant::now() + time;
        let messages = self.messages.as_mut().unwrap();
        while let Ok(Some(message)) =
            tokio::time::timeout(end.saturating_duration_since(Instant::now()), messages.recv()).await
        {
            self.told.take(message);
        }
    }
}
