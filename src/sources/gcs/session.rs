//! One address at work: it lists, decides, reads several objects at once, listens to wants, and tells how it goes.
//!
//! Owns the order of these: `reading` and `telling` are parts of it. What is read is decided in `catalog`; it must not know
//! bytes.

use super::api::Api;
use super::catalog::{Catalog, End, Limits};
use super::listed::Page;
use super::lister::{Growth, Listing, Span};
use super::marks::Marks;
use super::names::Selection;
use super::reading::{Came, Running};
use super::refusal::{Kind, Refusal};
use super::settings::Settings;
use super::telling::{NEWS, Tell};
use super::words;
use crate::model::objects::{News, ObjectKey, ObjectState, Scope, Want};
use crate::model::{Health, State, Timestamp, Want as Asked};
use crate::sources::Follow;
use crate::sources::driver::{Closed, Outlet};
use google_cloud_storage::client::Storage;
use jiff::tz::TimeZone;
use std::collections::HashMap;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

/// Objects that may wait before listing waits for them, where everything is read.
const LINE: usize = 2000;

/// Failures in a row after which a command that shall end gives up.
pub(super) const GIVE_UP: u32 = 5;

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
        let failed = self
            .catalog
            .names(|known| matches!(known.state, ObjectState::Failed { .. } | ObjectState::Partial { done: 1.., .. }));
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

    async fn page(&mut self, page: Option<Result<Page, Refusal>>) -> Result<(), Closed> {
        let Some(listing) = &self.listing else { return Ok(()) };
        let is_whole = listing.span == Span::All;
        match page {
            Some(Ok(page)) => {
                self.state.last = Some(self.out.now());
                self.state.failures = 0;
                self.state.trouble = None;
                self.state.next = None;
                self.state.pages += usize::from(is_whole);
                if self.follow == Follow::Off {
                    self.catalog.start_at_once();
                }
                for listed in page.objects {
                    if is_whole {
                        self.state.growth.see(&listed);
                    } else {
                        self.state.growth.see_again(&listed);
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
            let news = match api.describe(&object.name).await {
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

    /// A number that spreads tries; it need not be hard to guess.
    pub(super) fn dice(&self) -> u64 {
        (self.out.now().0 as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32
    }
}

async fn next_page(listing: &mut Option<Listing>) -> Option<Result<Page, Refusal>> {
    match listing {
        Some(listing) => listing.next().await,
        None => std::future::pending().await,
    }
}
