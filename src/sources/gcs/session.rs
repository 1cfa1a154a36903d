//! One address at work: it lists, decides, reads several objects at once, listens to wants, and tells how it goes.
//!
//! Owns the order of these. What is read is decided in `catalog`, what is said in `words`; it must not know bytes.

use super::api::Api;
use super::catalog::{Catalog, End, Known, Limits};
use super::digest::{Digest, Digested, Ended};
use super::fetch::{Ending, Fetch, Piece, storage};
use super::lister::{Growth, Listing, Span};
use super::marks::Marks;
use super::names::Selection;
use super::place::Place;
use super::refusal::{Kind, Refusal};
use super::settings::Settings;
use super::words;
use crate::model::objects::{News, ObjectKey, ObjectState, Scope, Want};
use crate::model::{Health, State, Timestamp, Want as Asked};
use crate::sources::Follow;
use crate::sources::driver::{Closed, Outlet};
use google_cloud_storage::client::Storage;
use jiff::tz::TimeZone;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

/// How often is told what changed.
const NEWS: Duration = Duration::from_millis(250);

/// Rows of one message.
const ROWS: usize = 1000;

/// Pieces of one object that wait to be read; a piece has up to some hundred kilobytes.
const PIECES: usize = 8;

/// Objects that may wait before listing waits for them, where everything is read.
const LINE: usize = 2000;

/// Failures in a row after which a command that shall end gives up.
const GIVE_UP: u32 = 5;

/// Tries of what only a person can put right come this often.
const SELDOM: Duration = Duration::from_mins(1);

/// What a session is made of.
pub(super) struct Session {
    pub(super) address: String,
    pub(super) bucket: String,
    pub(super) selection: Selection,
    pub(super) settings: Settings,
    pub(super) follow: Follow,
    pub(super) zone: TimeZone,
    pub(super) api: Api,
    pub(super) base: String,
    pub(super) user_project: Option<String>,
    pub(super) out: Outlet,
    pub(super) catalog: Catalog,
    pub(super) marks: Marks,
    pub(super) limits: Limits,
    pub(super) storage: Option<Storage>,
    pub(super) listing: Option<Listing>,
    pub(super) tasks: JoinSet<()>,
    pub(super) readings: JoinSet<Came>,
    pub(super) running: HashMap<String, Running>,
    pub(super) state: Progress,
}

/// How it goes.
pub(super) struct Progress {
    pub(super) growth: Growth,
    /// Pages of the whole listing that goes on.
    pub(super) pages: usize,
    /// How the next poll asks, and when; when everything is listed anew.
    pub(super) span: Span,
    pub(super) poll_at: Instant,
    pub(super) relist_at: Instant,
    /// Whether the first listing has ended.
    pub(super) is_started: bool,
    /// A reading waits for a whole listing.
    pub(super) is_asked: bool,
    pub(super) failures: u32,
    /// What listing came to.
    pub(super) trouble: Option<Refusal>,
    pub(super) next: Option<Timestamp>,
    pub(super) last: Option<Timestamp>,
    /// Bytes of readings that are over, since there was nothing to read.
    pub(super) past: u64,
    pub(super) told: Option<(Scope, Health)>,
    pub(super) told_at: Instant,
    pub(super) retries: Vec<(Instant, String)>,
}

/// An object that is read.
pub(super) struct Running {
    done: Arc<AtomicU64>,
    /// Records that this reading gave, and all before it.
    records: Arc<AtomicU64>,
    before: u64,
    from: u64,
    until: u64,
    seen: (u64, Instant),
    rate: u64,
    cancel: CancellationToken,
}

/// What came of a reading.
pub(super) struct Came {
    name: String,
    digested: Result<Option<Digested>, Closed>,
    fetched: Result<(), Refusal>,
}

impl Session {
    /// Works until it is told to stop, or everything was read.
    pub(super) async fn run(mut self) -> Result<(), Closed> {
        let mut wants = self.out.wants();
        self.out.health_async(Health::new(State::Starting, format!("listing {}", self.address))).await?;
        self.list(Span::All);
        let mut is_open = true;
        loop {
            self.read_more().await?;
            if self.is_over() {
                self.tell(Tell::Now).await?;
                return self.finish().await;
            }
            let is_held_back = self.follow == Follow::Off && self.catalog.waiting() > LINE;
            let retry_at = self.state.retries.iter().map(|(at, _)| *at).min();
            tokio::select! {
                biased;
                () = self.out.cancel().clone().cancelled_owned() => return Err(Closed),
                Some(want) = wants.recv() => self.want(want).await?,
                Some(came) = self.readings.join_next() => {
                    if let Ok(came) = came {
                        self.came(came)?;
                    }
                }
                page = next_page(&mut self.listing), if self.listing.is_some() && !is_held_back => self.page(page).await?,
                Some(_) = self.tasks.join_next() => {}
                () = sleep_until(retry_at.unwrap_or(self.state.poll_at)), if retry_at.is_some() => self.retry(),
                () = sleep_until(self.state.poll_at), if self.listing.is_none() && self.may_poll() => self.poll(),
                () = sleep_until(self.state.told_at + NEWS), if is_open => {}
            }
            is_open = self.tell(Tell::Paced).await?;
        }
    }

    fn may_poll(&self) -> bool {
        self.follow == Follow::On || !self.state.is_started || self.state.is_asked
    }

    fn is_over(&self) -> bool {
        let gives_up = self.state.trouble.as_ref().is_some_and(|trouble| {
            self.state.failures >= GIVE_UP || !trouble.is_passing() || trouble.kind == Kind::Unknown
        });
        self.follow == Follow::Off
            && self.readings.is_empty()
            && self.catalog.waiting() == 0
            && self.state.retries.is_empty()
            && self.listing.is_none()
            && ((self.state.is_started && !self.state.is_asked) || gives_up)
    }

    async fn finish(&mut self) -> Result<(), Closed> {
        let failed = self.catalog.names(|known| matches!(known.state, ObjectState::Failed { .. }));
        let health = match &self.state.trouble {
            Some(trouble) => Health::new(State::Failed, trouble.words.clone()),
            None if !failed.is_empty() => {
                let mut health = Health::new(State::Partial, words::failed(&self.catalog, &failed));
                health.progress = None;
                health
            }
            None => Health::new(State::Done, words::counts(&self.catalog, &self.address)),
        };
        self.out.health_async(health).await
    }

    fn list(&mut self, span: Span) {
        self.catalog.begin(&span);
        if span == Span::All {
            self.state.is_asked = false;
            self.state.growth = Growth::default();
            self.state.pages = 0;
            self.state.relist_at = Instant::now() + self.settings.relist;
        }
        self.listing = Some(Listing::begin(&self.api, &self.selection.prefix, span, &mut self.tasks));
    }

    fn poll(&mut self) {
        let span = if Instant::now() >= self.state.relist_at { Span::All } else { self.state.span.clone() };
        self.list(span);
    }

    async fn page(&mut self, page: Option<Result<super::api::Got, Refusal>>) -> Result<(), Closed> {
        let Some(listing) = &self.listing else { return Ok(()) };
        let is_whole = listing.span == Span::All;
        match page {
            Some(Ok(got)) => {
                self.state.last = Some(self.out.now());
                self.state.failures = 0;
                self.state.trouble = None;
                self.state.next = None;
                self.state.pages += usize::from(is_whole);
                if self.follow == Follow::Off {
                    self.catalog.start_at_once();
                }
                for listed in got.page.objects {
                    if is_whole {
                        self.state.growth.see(&listed)
                    } else {
                        self.state.growth.see_again(&listed)
                    }
                    let is_wanted = self.follow == Follow::On || listed.updated >= self.limits.since;
                    if is_wanted && self.selection.takes(&listed.name) {
                        self.catalog.see(listed);
                    }
                }
            }
            Some(Err(refusal)) => {
                self.listing = None;
                let pause = match refusal.kind {
                    Kind::Passing => refusal.pause(self.state.failures, self.dice()),
                    _ => refusal.pause(self.state.failures, self.dice()).max(SELDOM / 4).min(SELDOM),
                };
                self.state.failures += 1;
                self.state.poll_at = Instant::now() + pause;
                self.state.next = Some(self.out.now().saturating_add(pause.as_nanos() as i64));
                self.state.trouble = Some(refusal);
            }
            None => {
                self.listing = None;
                self.state.poll_at = Instant::now() + self.settings.poll;
                if is_whole {
                    self.catalog.end();
                    self.state.span = self.state.growth.span(self.settings.names, self.state.pages);
                } else if let Span::From(_) = self.state.span {
                    self.state.span = self.state.growth.span(self.settings.names, self.state.pages.max(1));
                }
                if is_whole && !std::mem::replace(&mut self.state.is_started, true) {
                    self.started().await?;
                }
            }
        }
        Ok(())
    }

    /// The first listing has ended.
    async fn started(&mut self) -> Result<(), Closed> {
        if self.follow == Follow::On {
            self.catalog.start(&words::left(&self.settings));
        }
        for name in self.catalog.lost() {
            self.marks.forget(&name, &self.out).await?;
        }
        Ok(())
    }

    /// Begins to read as many objects as may be read at once.
    async fn read_more(&mut self) -> Result<(), Closed> {
        while self.readings.len() < self.settings.at_once.max(1) {
            let Some(name) = self.catalog.next() else { break };
            if self.storage.is_none() {
                match storage(self.api.account(), &self.base).await {
                    Ok(client) => self.storage = Some(client),
                    Err(refusal) => {
                        self.failed(&name, &refusal);
                        continue;
                    }
                }
            }
            self.read(&name).await?;
        }
        self.mark().await
    }

    /// Begins to read an object.
    async fn read(&mut self, name: &str) -> Result<(), Closed> {
        let (Some(known), Some(storage)) = (self.catalog.get(name).cloned(), self.storage.clone()) else {
            return Ok(());
        };
        let origin = self.out.origin_async(name).await?;
        let Known { listed, place, last, until, .. } = known;
        let from = place.first_byte();
        let cancel = self.out.cancel().child_token();
        let done = Arc::new(AtomicU64::new(from));
        let fetch = Fetch {
            storage,
            account: self.api.account().clone(),
            bucket: self.bucket.clone(),
            name: name.to_owned(),
            generation: listed.generation,
            from,
            until,
            size: listed.size,
            done: done.clone(),
            cancel: cancel.clone(),
            user_project: self.user_project.clone(),
        };
        let note = known.is_rewritten.then(|| words::rewritten(name));
        let digest = Digest {
            name: name.to_owned(),
            content_type: listed.content_type,
            origin: name.to_owned(),
            place: Place { generation: listed.generation, ..place },
            zone: self.zone.clone(),
            last,
            note,
            part: self.marks.part(name),
            records: Arc::default(),
        };
        let records = digest.records.clone();
        let end = until.min(listed.size);
        self.running.insert(
            name.to_owned(),
            Running {
                done,
                records,
                before: known.records,
                from,
                until: end,
                seen: (from, Instant::now()),
                rate: 0,
                cancel,
            },
        );
        self.catalog.change(name, |known| {
            known.state = ObjectState::Reading { done: from, rate: 0 };
            known.is_rewritten = false;
            known.origin = Some(origin);
        });
        let out = self.out.clone();
        let name = name.to_owned();
        self.readings.spawn(async move {
            let (to, pieces) = mpsc::channel::<Piece>(PIECES);
            let digesting = tokio::task::spawn_blocking(move || digest.run(pieces, &out));
            let fetched = fetch.run(to).await;
            // A panic there is a defect; the object is as if it could not be read.
            let digested = digesting.await.map_or(Ok(None), |digested| digested.map(Some));
            Came { name, digested, fetched }
        });
        Ok(())
    }

    /// A reading has ended.
    fn came(&mut self, came: Came) -> Result<(), Closed> {
        let Came { name, digested, fetched } = came;
        let mut before = 0;
        if let Some(running) = self.running.remove(&name) {
            self.state.past += running.until.saturating_sub(running.from);
            before = running.before;
        }
        let Some(Digested { place, records, last, ended }) = digested? else {
            let refusal = Refusal::new(Kind::Lasting, "reading it failed with a defect of logdeck");
            self.failed(&name, &refusal);
            return Ok(());
        };
        let size = self.catalog.get(&name).map_or(0, |known| known.listed.size);
        self.catalog.change(&name, |known| {
            known.records = before + records;
            known.last = last;
            if ended != Ended::Rewritten {
                known.place = place;
            }
        });
        self.marks.read(&name);
        let partial = |done: u64, why: String, has_more| ObjectState::Partial { done, why, has_more };
        let done = self.catalog.get(&name).map_or(0, |known| known.until.min(size));
        let state = match (ended, fetched) {
            (Ended::Rewritten, _) => {
                self.catalog.change(&name, |known| {
                    known.place = Place::start(known.listed.generation);
                    known.is_rewritten = true;
                });
                self.catalog.ended(&name, ObjectState::Listed);
                self.catalog.enqueue(&name, End::Front);
                return Ok(());
            }
            (_, Err(refusal)) => {
                self.failed(&name, &refusal);
                return Ok(());
            }
            (Ended::Bytes(Ending::Whole), Ok(())) => ObjectState::Read,
            (Ended::Damaged(why), Ok(())) => partial(size, why, false),
            (Ended::NoText(why), Ok(())) => ObjectState::Failed { why, next: None },
            (Ended::Bytes(Ending::Limit), Ok(())) => partial(done, words::limit(self.settings.object_bytes), true),
            (Ended::Bytes(Ending::Stopped | Ending::Broken), Ok(())) => {
                partial(place.settled.min(size), "stopped".to_owned(), true)
            }
        };
        self.catalog.change(&name, |known| known.tries = 0);
        self.catalog.ended(&name, state);
        Ok(())
    }

    /// An object could not be read, or not to its end.
    fn failed(&mut self, name: &str, refusal: &Refusal) {
        let tries = self.catalog.get(name).map_or(0, |known| known.tries);
        if matches!(refusal.kind, Kind::Absent | Kind::NoRange) {
            // Another version took its place, or it was deleted: a listing tells.
            self.catalog.change(name, |known| (known.tries, known.is_lost) = (tries + 1, tries < GIVE_UP));
            self.catalog.ended(name, ObjectState::Failed { why: refusal.words.clone(), next: None });
            if tries < GIVE_UP {
                self.state.poll_at = self.state.poll_at.min(Instant::now() + NEWS);
                self.state.relist_at = self.state.poll_at;
                self.state.is_asked = true;
            }
            return;
        }
        let is_tried_again = refusal.is_passing() && (self.follow == Follow::On || tries < GIVE_UP);
        let next = is_tried_again.then(|| {
            let pause = refusal.pause(tries + 1, self.dice());
            self.state.retries.push((Instant::now() + pause, name.to_owned()));
            self.out.now().saturating_add(pause.as_nanos() as i64)
        });
        self.catalog.change(name, |known| known.tries += 1);
        self.catalog.ended(name, ObjectState::Failed { why: refusal.words.clone(), next });
    }

    /// Tries again what is due.
    fn retry(&mut self) {
        let now = Instant::now();
        let (due, rest) = std::mem::take(&mut self.state.retries).into_iter().partition(|(at, _)| *at <= now);
        self.state.retries = rest;
        let due: Vec<(Instant, String)> = due;
        for (_, name) in due {
            if self.catalog.get(&name).is_some_and(|known| matches!(known.state, ObjectState::Failed { .. })) {
                self.catalog.enqueue(&name, End::Back);
            }
        }
    }

    async fn want(&mut self, want: Asked) -> Result<(), Closed> {
        let Asked::Objects(want) = want else { return Ok(()) };
        match want {
            Want::Refresh => {
                self.state.retries.clear();
                for name in self.catalog.names(|known| matches!(known.state, ObjectState::Failed { .. })) {
                    self.catalog.enqueue(&name, End::Front);
                }
                if self.listing.is_none() {
                    self.list(Span::All);
                }
            }
            Want::Older => {
                if self.catalog.older() == 0 {
                    self.cannot("there are no older objects that were left out").await?;
                }
            }
            Want::Read(key) => self.want_more(&key).await?,
            Want::Stop(key) => self.stop(&key.name),
            Want::StopAll => {
                self.catalog.clear("stopped");
                self.running.values().for_each(|running| running.cancel.cancel());
            }
            Want::Describe(object) => self.describe(object),
        }
        Ok(())
    }

    async fn want_more(&mut self, key: &ObjectKey) -> Result<(), Closed> {
        let Some(known) = self.catalog.get(&key.name) else {
            return self.cannot(&format!("{} is not known any more", key.name)).await;
        };
        let limit = self.settings.object_bytes;
        match &known.state {
            ObjectState::Reading { .. } => return self.cannot("it is being read").await,
            ObjectState::Read => return self.cannot("all of it was read").await,
            ObjectState::Gone => return self.cannot("it is gone").await,
            ObjectState::Partial { has_more: false, why, .. } => {
                let why = format!("there is no more of it: {why}");
                return self.cannot(&why).await;
            }
            ObjectState::Partial { .. } => {
                self.catalog.change(&key.name, |known| known.until = known.until.saturating_add(limit));
            }
            _ => {}
        }
        self.catalog.enqueue(&key.name, End::Front);
        Ok(())
    }

    fn stop(&mut self, name: &str) {
        match self.running.get(name) {
            Some(running) => running.cancel.cancel(),
            None => self.catalog.stop(name, "stopped"),
        }
    }

    /// Asks beside the loop.
    fn describe(&mut self, object: ObjectKey) {
        let (api, out) = (self.api.clone(), self.out.clone());
        self.tasks.spawn(async move {
            let news = match api.describe(&object.name, object.generation).await {
                Ok(json) => News::Described { object, text: words::description(&json) },
                Err(refusal) => News::Cannot(refusal.words),
            };
            // Nobody is left to tell when this fails.
            let _told = out.objects_async(news).await;
        });
    }

    async fn cannot(&self, why: &str) -> Result<(), Closed> {
        self.out.objects_async(News::Cannot(why.to_owned())).await
    }

    /// Remembers how far everything is, when nothing is going on.
    async fn mark(&mut self) -> Result<(), Closed> {
        let is_quiet = self.readings.is_empty() && self.listing.is_none() && self.state.is_started;
        if is_quiet && self.catalog.waiting() == 0 {
            self.state.past = 0;
            self.marks.quiet(&self.catalog, &self.out).await?;
        }
        Ok(())
    }

    /// Tells what changed. True when there is more to tell in a moment.
    async fn tell(&mut self, when: Tell) -> Result<bool, Closed> {
        let now = Instant::now();
        if when == Tell::Paced && now < self.state.told_at + NEWS {
            return Ok(true);
        }
        self.state.told_at = now;
        for (name, running) in &mut self.running {
            let done = running.done.load(Ordering::Relaxed);
            let (before, at) = running.seen;
            let took = now.duration_since(at);
            if took < NEWS / 2 {
                continue;
            }
            let rate = ((done - before.min(done)) as f64 / took.as_secs_f64()) as u64;
            running.rate = if running.rate == 0 { rate } else { (running.rate * 3 + rate) / 4 };
            running.seen = (done, now);
            let rate = running.rate;
            let records = running.records.load(Ordering::Relaxed);
            self.catalog.change(name, |known| {
                known.state = ObjectState::Reading { done, rate };
                known.records = running.before + records;
            });
        }
        let (rows, forgotten) = self.catalog.news();
        for rows in rows.chunks(ROWS) {
            self.out.objects_async(News::Objects(rows.to_vec())).await?;
        }
        if !forgotten.is_empty() {
            self.out.objects_async(News::Forgotten(forgotten)).await?;
        }
        let told = (self.scope(), self.health());
        if self.state.told.as_ref() != Some(&told) {
            self.out.objects_async(News::Scope(Box::new(told.0.clone()))).await?;
            if self.state.told.as_ref().map(|(_, health)| health) != Some(&told.1) {
                self.out.health_async(told.1.clone()).await?;
            }
            self.state.told = Some(told);
        }
        Ok(!self.running.is_empty())
    }

    fn scope(&self) -> Scope {
        let (objects, new) = self.catalog.counts();
        Scope {
            address: self.address.clone(),
            account: self.api.account().name(),
            objects,
            new,
            is_listing: self.listing.is_some() && !self.state.is_started,
            progress: self.progress(),
            has_older: self.catalog.has_older(),
            last: self.state.last,
            problems: self.state.trouble.iter().map(|trouble| trouble.words.clone()).collect(),
            next: self.state.next,
        }
    }

    /// Bytes that came of those that are to be read now.
    fn progress(&self) -> Option<(u64, u64)> {
        if self.running.is_empty() && self.catalog.waiting() == 0 {
            return None;
        }
        let read = |running: &Running| running.done.load(Ordering::Relaxed).saturating_sub(running.from);
        let done: u64 = self.running.values().map(read).sum();
        let all: u64 = self.running.values().map(|running| running.until.saturating_sub(running.from)).sum();
        let waiting = self.catalog.waiting_bytes();
        Some((self.state.past + done, self.state.past + all + waiting))
    }

    fn health(&self) -> Health {
        let progress = self.progress();
        let counts = words::counts(&self.catalog, &self.address);
        let state = match &self.state.trouble {
            Some(trouble) => {
                let state = if trouble.kind == Kind::Absent { State::Waiting } else { State::Failed };
                return Health { next_try: self.state.next, ..Health::new(state, trouble.words.clone()) };
            }
            None if !self.state.is_started => State::Starting,
            None if progress.is_some() => State::Reading,
            None if self.catalog.counts().0 == 0 => State::Waiting,
            None => State::Following,
        };
        let failed = self.catalog.names(|known| matches!(known.state, ObjectState::Failed { .. }));
        if state == State::Following && !failed.is_empty() {
            return Health::new(State::Partial, words::failed(&self.catalog, &failed));
        }
        Health { progress: progress.map(|(done, all)| (done, Some(all))), ..Health::new(state, counts) }
    }

    /// A number that spreads tries; it need not be hard to guess.
    fn dice(&self) -> u64 {
        (self.out.now().0 as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32
    }
}

/// Whether what changed is told at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tell {
    Now,
    Paced,
}

async fn next_page(listing: &mut Option<Listing>) -> Option<Result<super::api::Got, Refusal>> {
    match listing {
        Some(listing) => listing.next().await,
        None => std::future::pending().await,
    }
}
