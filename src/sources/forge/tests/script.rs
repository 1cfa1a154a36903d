//! A server that follows a script: answers by the address, and what was asked.

use super::super::client::{Client, Setup};
use crate::model::Timestamp;
use crate::model::ci::{Forge, Repo};
use crate::model::time::SECOND;
use crate::ports::Clock;
use crate::ports::answers::{Answers, KeptAnswer};
use crate::ports::http::{Answer, Asking, Body, Http, HttpError, Piece, Request};
use crate::ports::tokens::{NoToken, Secret, Tokens};
use std::collections::{HashMap, VecDeque};
use std::pin::Pin;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub const BASE: &str = "https://api.github.com";

/// What the server says.
#[derive(Clone, Debug, Default)]
pub struct Say {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// The connection breaks behind so many bytes of the body.
    pub breaks: Option<usize>,
}

impl Say {
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, body: body.into(), ..Self::default() }
    }

    pub fn json(body: impl Into<Vec<u8>>) -> Self {
        Self::new(200, body).with("content-type", "application/json")
    }

    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    pub fn to(status: u16, location: &str) -> Self {
        Self::new(status, "").with("location", location)
    }
}

type Rule = Box<dyn Fn(&Request) -> Say + Send + Sync>;

/// The server.
#[derive(Default)]
pub struct Script {
    /// Answers in a row; the last one stays.
    rows: Mutex<HashMap<String, VecDeque<Say>>>,
    /// Answers that depend on the request, for addresses that begin with a text.
    rules: Mutex<Vec<(String, Rule)>>,
    asked: Mutex<Vec<Request>>,
}

impl Script {
    /// What is said to an address: a path at [`BASE`], or a whole one. Said in a row; the last one stays.
    pub fn on(&self, url: &str, say: Say) {
        let url = if url.starts_with('/') { format!("{BASE}{url}") } else { url.to_owned() };
        self.rows.lock().unwrap().entry(url).or_default().push_back(say);
    }

    /// Forgets what was to be said to an address, and says this.
    pub fn now(&self, url: &str, say: Say) {
        let whole = if url.starts_with('/') { format!("{BASE}{url}") } else { url.to_owned() };
        self.rows.lock().unwrap().remove(&whole);
        self.on(url, say);
    }

    pub fn rule(&self, start: &str, rule: impl Fn(&Request) -> Say + Send + Sync + 'static) {
        self.rules.lock().unwrap().push((start.to_owned(), Box::new(rule)));
    }

    pub fn asked(&self) -> Vec<Request> {
        self.asked.lock().unwrap().clone()
    }

    /// Addresses that were asked for since the last call, without [`BASE`].
    pub fn urls(&self) -> Vec<String> {
        let asked = std::mem::take(&mut *self.asked.lock().unwrap());
        asked.into_iter().map(|request| request.url.replace(BASE, "")).collect()
    }

    fn answer(&self, request: &Request) -> Option<Say> {
        let mut rows = self.rows.lock().unwrap();
        if let Some(row) = rows.get_mut(&request.url) {
            let say = if row.len() > 1 { row.pop_front() } else { row.front().cloned() };
            // As a server with entity tags does it.
            return say.map(|say| {
                let tag = say.headers.iter().find(|(name, _)| name == "etag").map(|(_, tag)| tag.clone());
                let is_known = tag.is_some() && header(request, "if-none-match") == tag.as_deref();
                if is_known { Say { status: 304, body: Vec::new(), ..say } } else { say }
            });
        }
        let rules = self.rules.lock().unwrap();
        rules.iter().find(|(start, _)| request.url.starts_with(start.as_str())).map(|(_, rule)| rule(request))
    }
}

pub fn header<'r>(request: &'r Request, name: &str) -> Option<&'r str> {
    request.headers.iter().find(|(other, _)| *other == name).map(|(_, value)| value.as_str())
}

impl Http for Script {
    fn ask(&self, request: Request) -> Asking<'_> {
        let say = self.answer(&request);
        self.asked.lock().unwrap().push(request.clone());
        Box::pin(async move {
            let Some(say) = say else {
                return Ok(Answer { status: 404, headers: Vec::new(), body: Box::new(Pieces::default()) });
            };
            if say.status == 0 {
                return Err(HttpError::Connect { host: "there".into(), why: "refused".into() });
            }
            let mut headers = say.headers;
            let is_told = headers.iter().any(|(name, _)| name == "content-length" || name == "transfer-encoding");
            if !is_told && say.status != 304 {
                headers.push(("content-length".into(), say.body.len().to_string()));
            }
            let whole = say.breaks.map_or(&say.body[..], |end| &say.body[..end.min(say.body.len())]);
            let mut list: VecDeque<Piece> = whole.chunks(1000).map(|piece| Ok(piece.to_vec())).collect();
            if say.breaks.is_some() {
                list.push_back(Err(HttpError::Broken { host: "there".into(), why: "reset".into() }));
            }
            Ok(Answer { status: say.status, headers, body: Box::new(Pieces(list)) })
        })
    }
}

#[derive(Default)]
struct Pieces(VecDeque<Piece>);

impl Body for Pieces {
    fn next(&mut self) -> Pin<Box<dyn Future<Output = Option<Piece>> + Send + '_>> {
        let piece = self.0.pop_front();
        Box::pin(async move { piece })
    }
}

/// A clock that is moved by hand.
pub struct Hand(pub AtomicI64);

impl Hand {
    pub fn go(&self, seconds: i64) {
        self.0.fetch_add(seconds * SECOND, Ordering::Relaxed);
    }
}

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::Relaxed))
    }
}

/// 2026-11-21T12:00:00Z, in seconds.
pub const NOON: i64 = 1_795_262_400;

/// Tokens in a row: each refusal takes the next one.
pub struct Row(pub Mutex<VecDeque<Result<Option<&'static str>, &'static str>>>);

impl Tokens for Row {
    fn token(&self) -> Result<Option<Secret>, NoToken> {
        let now = *self.0.lock().unwrap().front().expect("a token");
        now.map(|token| token.map(|token| Secret::new(token.to_owned()))).map_err(|why| NoToken(why.to_owned()))
    }

    fn refused(&self) {
        let mut row = self.0.lock().unwrap();
        if row.len() > 1 {
            row.pop_front();
        }
    }
}

#[derive(Default)]
pub struct Kept(pub Mutex<HashMap<String, KeptAnswer>>);

impl Answers for Kept {
    fn get(&self, key: &str) -> Option<KeptAnswer> {
        self.0.lock().unwrap().get(key).cloned()
    }

    fn put(&self, key: &str, answer: &KeptAnswer) {
        self.0.lock().unwrap().insert(key.to_owned(), answer.clone());
    }
}

/// A client with all that it is made of.
pub struct World {
    pub script: Arc<Script>,
    pub clock: Arc<Hand>,
    pub tokens: Arc<Row>,
    pub kept: Arc<Kept>,
    pub client: Arc<Client>,
}

pub fn world() -> World {
    world_of(Forge::Github, BASE, &[Ok(Some("t0ken"))])
}

pub fn anonymous() -> World {
    world_of(Forge::Github, BASE, &[Ok(None)])
}

pub fn world_of(forge: Forge, base: &str, row: &[Result<Option<&'static str>, &'static str>]) -> World {
    let script = Arc::new(Script::default());
    let clock = Arc::new(Hand(AtomicI64::new(NOON * SECOND)));
    let tokens = Arc::new(Row(Mutex::new(row.iter().copied().collect())));
    let kept = Arc::new(Kept::default());
    let setup = Setup {
        http: Arc::clone(&script) as Arc<dyn Http>,
        tokens: Arc::clone(&tokens) as Arc<dyn Tokens>,
        answers: Arc::clone(&kept) as Arc<dyn Answers>,
        clock: Arc::clone(&clock) as Arc<dyn Clock>,
        forge,
        base: base.to_owned(),
        pause: Duration::ZERO,
        seed: 7,
    };
    World { script, clock, tokens, kept, client: Arc::new(Client::new(setup)) }
}

pub fn repo() -> Repo {
    Repo { forge: Forge::Github, host: "github.com".into(), path: "acme/api".into() }
}

/// Runs an async test without timers that could make it slow.
pub fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(work)
}
