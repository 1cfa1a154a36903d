//! What a session tells: objects that changed, how asking goes, how it is.
//!
//! Owns the pace of that and what is remembered when nothing goes on. Must not decide what is read.

use super::reading::Running;
use super::refusal::Kind;
use super::session::Session;
use super::words;
use crate::model::objects::{News, ObjectState, Scope};
use crate::model::{Health, State};
use crate::sources::Follow;
use crate::sources::driver::Closed;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::Instant;

/// How often is told what changed.
pub(super) const NEWS: Duration = Duration::from_millis(250);

/// Rows of one message.
const ROWS: usize = 1000;

/// Whether what changed is told at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tell {
    Now,
    Paced,
}

impl Session {
    /// Remembers how far everything is, when nothing is going on.
    pub(super) async fn mark(&mut self) -> Result<(), Closed> {
        let is_quiet = self.readings.is_empty() && self.listing.is_none() && self.state.is_started;
        if is_quiet && self.catalog.waiting() == 0 {
            self.state.past = 0;
            self.marks.quiet(&self.catalog, &self.out).await?;
        }
        Ok(())
    }

    /// Tells what changed. True when there is more to tell in a moment.
    pub(super) async fn tell(&mut self, when: Tell) -> Result<bool, Closed> {
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
            None if self.catalog.counts().0 == 0 && self.follow == Follow::On => State::Waiting,
            None => State::Following,
        };
        let failed = self.catalog.names(|known| matches!(known.state, ObjectState::Failed { .. }));
        if state == State::Following && !failed.is_empty() {
            return Health::new(State::Partial, words::failed(&self.catalog, &failed));
        }
        Health { progress: progress.map(|(done, all)| (done, Some(all))), ..Health::new(state, counts) }
    }
}
