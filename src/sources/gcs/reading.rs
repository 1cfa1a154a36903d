//! Objects that are read: begun, several at once, and what came of them.
//!
//! Owns that part of a session. What is read is decided in `catalog`; it must not know bytes.

use super::catalog::{End, Known};
use super::digest::{Digest, Digested, Ended, LastLine};
use super::fetch::{Ending, Fetch, Piece, storage};
use super::place::Place;
use super::refusal::{Kind, Refusal};
use super::session::{GIVE_UP, Session};
use super::telling::NEWS;
use super::words;
use crate::model::objects::ObjectState;
use crate::sources::Follow;
use crate::sources::driver::Closed;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Pieces of one object that wait to be read; a piece has up to some hundred kilobytes.
const PIECES: usize = 8;

/// Polls for which a last line without its end is held.
const HELD: u32 = 3;

/// An object that is read.
pub(super) struct Running {
    pub(super) done: Arc<AtomicU64>,
    /// Records that this reading gave, and all before it.
    pub(super) records: Arc<AtomicU64>,
    pub(super) before: u64,
    pub(super) from: u64,
    pub(super) until: u64,
    /// How far it was when that was told last.
    pub(super) seen: (u64, Instant),
    pub(super) rate: u64,
    pub(super) cancel: CancellationToken,
}

/// What came of a reading.
pub(super) struct Came {
    name: String,
    digested: Result<Option<Digested>, Closed>,
    fetched: Result<(), Refusal>,
}

impl Session {
    /// Begins to read as many objects as may be read at once.
    pub(super) async fn read_more(&mut self) -> Result<(), Closed> {
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
            last_line: if self.follow == Follow::On && !known.is_held { LastLine::Held } else { LastLine::Taken },
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
    pub(super) fn came(&mut self, came: Came) -> Result<(), Closed> {
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
            (Ended::NoText(why), Ok(())) => partial(0, why, false),
            (Ended::Bytes(Ending::Limit), Ok(())) => partial(done, words::limit(self.settings.object_bytes), true),
            (Ended::Bytes(Ending::Stopped | Ending::Broken), Ok(())) => {
                partial(place.settled.min(size), "stopped".to_owned(), true)
            }
        };
        let is_held = state == ObjectState::Read && place.settled < place.fed;
        self.catalog.change(&name, |known| (known.tries, known.is_held) = (0, is_held));
        if is_held {
            // When nothing came behind it until then, it is a line as it is.
            self.state.retries.push((Instant::now() + self.settings.poll * HELD, name.clone()));
        }
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
    pub(super) fn retry(&mut self) {
        let now = Instant::now();
        let (due, rest) = std::mem::take(&mut self.state.retries).into_iter().partition(|(at, _)| *at <= now);
        self.state.retries = rest;
        let due: Vec<(Instant, String)> = due;
        for (_, name) in due {
            let is_due = |known: &Known| known.is_held || matches!(known.state, ObjectState::Failed { .. });
            if self.catalog.get(&name).is_some_and(is_due) {
                self.catalog.enqueue(&name, End::Back);
            }
        }
    }
}
