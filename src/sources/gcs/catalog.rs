//! The objects that are known, what is read of them, and what is new: decided from what listings say.
//!
//! Owns these decisions and the bound on what is kept. Must not ask anybody, read a clock or send anything.

use super::listed::Listed;
use super::lister::Span;
use super::place::Place;
use crate::model::objects::{Object, ObjectKey, ObjectState};
use crate::model::{OriginId, Timestamp};
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

/// The most objects that are kept: the newest. Older ones are known to be old by their time alone.
pub(super) const MOST: usize = 20_000;

/// So many more may come together before the oldest go.
const SLACK: usize = MOST / 10;

/// An object that is known.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    pub(super) listed: Listed,
    pub(super) state: ObjectState,
    pub(super) origin: Option<OriginId>,
    pub(super) records: u64,
    pub(super) place: Place,
    /// The order of its last record.
    pub(super) last: Option<Timestamp>,
    /// Failures since it was read last.
    pub(super) tries: u32,
    /// Stored bytes that may be read.
    pub(super) until: u64,
    /// What was rewritten is read again from its start, with a word on it.
    pub(super) is_rewritten: bool,
    /// Its last line waits for its end.
    pub(super) is_held: bool,
    /// It was not there when it was to be read: the next whole listing tells what became of it.
    pub(super) is_lost: bool,
    /// A version that was listed while this one is read.
    newer: Option<Listed>,
    /// The listing that it was last in.
    round: u32,
}

impl Known {
    pub(super) const fn is_busy(&self) -> bool {
        matches!(self.state, ObjectState::Queued | ObjectState::Reading { .. })
    }
}

/// How much is read without being asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Bytes at the start, and of one object.
    pub(super) start_bytes: u64,
    pub(super) object_bytes: u64,
    /// Nothing that was written before.
    pub(super) since: Option<Timestamp>,
}

/// How far an earlier run got.
#[derive(Clone, Debug, Default)]
pub(super) struct Earlier {
    /// Everything that was written up to here was dealt with, but for what has a place of its own.
    pub(super) mark: Option<Timestamp>,
    /// Places by name.
    pub(super) places: BTreeMap<String, Place>,
}

impl Earlier {
    pub(super) fn is_empty(&self) -> bool {
        self.mark.is_none() && self.places.is_empty()
    }
}

/// The words for what is left out at the start.
#[derive(Clone, Debug)]
pub(super) struct Words {
    /// `older than 24 h`.
    pub(super) old: String,
    /// `over 256 MiB at the start`.
    pub(super) large: String,
}

/// What is known of one address.
pub(super) struct Catalog {
    bucket: String,
    known: HashMap<String, Known>,
    /// Names in the order in which they are read.
    queue: VecDeque<String>,
    /// What has not been told yet.
    dirty: HashSet<String>,
    forgotten: Vec<ObjectKey>,
    /// Objects that were written up to here are old, whether they are kept or not.
    floor: Option<Timestamp>,
    round: u32,
    /// Objects of the listing that goes on, of the last whole one, and those that came since the start.
    counted: u64,
    total: u64,
    fresh: u64,
    /// What is listed now and was not known is read.
    is_started: bool,
    /// Everything was listed once: what is listed now and was not known is new.
    is_whole_known: bool,
    /// The listing that goes on is one of everything.
    is_whole: bool,
    earlier: Earlier,
    limits: Limits,
}

impl Catalog {
    pub(super) fn new(bucket: &str, limits: Limits, earlier: Earlier) -> Self {
        Self {
            bucket: bucket.to_owned(),
            known: HashMap::new(),
            queue: VecDeque::new(),
            dirty: HashSet::new(),
            forgotten: Vec::new(),
            floor: None,
            round: 0,
            counted: 0,
            total: 0,
            fresh: 0,
            is_started: false,
            is_whole_known: false,
            is_whole: false,
            earlier,
            limits,
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&Known> {
        self.known.get(name)
    }

    /// Changes what is known of an object, which is told.
    pub(super) fn change(&mut self, name: &str, change: impl FnOnce(&mut Known)) {
        if let Some(known) = self.known.get_mut(name) {
            change(known);
            self.dirty.insert(name.to_owned());
        }
    }

    /// Objects under the address, and those of them that came since the start.
    pub(super) const fn counts(&self) -> (u64, u64) {
        (self.total, self.fresh)
    }

    /// Objects that wait for their turn.
    pub(super) fn waiting(&self) -> usize {
        self.queue.len()
    }

    /// Bytes of objects that wait, as far as they may be read.
    pub(super) fn waiting_bytes(&self) -> u64 {
        let waiting = self.queue.iter().filter_map(|name| self.known.get(name));
        waiting.map(|known| known.listed.size.min(known.until).saturating_sub(known.place.first_byte())).sum()
    }

    /// The next object to be read.
    pub(super) fn next(&mut self) -> Option<String> {
        while let Some(name) = self.queue.pop_front() {
            if self.known.get(&name).is_some_and(|known| known.state == ObjectState::Queued) {
                return Some(name);
            }
        }
        None
    }

    /// A listing begins.
    pub(super) fn begin(&mut self, span: &Span) {
        self.is_whole = *span == Span::All;
        if self.is_whole {
            self.round += 1;
            self.counted = 0;
        }
    }

    /// An object is listed.
    pub(super) fn see(&mut self, listed: Listed) {
        self.counted += u64::from(self.is_whole);
        self.total = self.total.max(self.counted);
        if let Some(known) = self.known.get_mut(&listed.name) {
            known.round = self.round;
            let is_lost = std::mem::take(&mut known.is_lost);
            if known.listed.generation != listed.generation {
                self.changed(listed);
            } else if is_lost {
                self.enqueue(&listed.name, End::Back);
            }
            return;
        }
        let name = listed.name.clone();
        let place = self.earlier.places.remove(&name);
        let is_old = listed.updated <= self.floor;
        if self.is_whole_known && is_old && place.is_none() {
            return;
        }
        let until = self.limits.object_bytes;
        let generation = listed.generation;
        let place = place.unwrap_or_else(|| Place::start(generation));
        let is_marked = self.earlier.mark.is_some() && listed.updated <= self.earlier.mark;
        let state = match () {
            () if place.is_whole && place.generation == generation => ObjectState::Read,
            () if is_marked && place.settled == 0 => ObjectState::Left("dealt with by an earlier run".to_owned()),
            () => ObjectState::Listed,
        };
        let is_wanted =
            state == ObjectState::Listed && (self.is_started || place.settled > 0 || self.earlier.mark.is_some());
        self.known.insert(name.clone(), Known { listed, state, place, until, round: self.round, ..Known::default() });
        self.dirty.insert(name.clone());
        if self.is_started && self.is_whole_known {
            self.fresh += 1;
        }
        if !self.is_whole {
            self.total += 1;
        }
        if is_wanted {
            self.enqueue(&name, End::Back);
        }
        self.bound();
    }

    /// A known object has another version.
    fn changed(&mut self, listed: Listed) {
        let name = listed.name.clone();
        let is_started = self.is_started;
        let Some(known) = self.known.get_mut(&name) else { return };
        self.dirty.insert(name.clone());
        if matches!(known.state, ObjectState::Reading { .. }) {
            known.newer = Some(listed);
            return;
        }
        let is_same =
            !listed.crc32c.is_empty() && known.listed.crc32c == listed.crc32c && known.listed.size == listed.size;
        let was_queued = known.state == ObjectState::Queued;
        known.tries = 0;
        known.until = known.until.max(self.limits.object_bytes);
        if is_same && known.place.generation == known.listed.generation {
            // Only its metadata was written.
            known.place.generation = listed.generation;
            known.listed = listed;
            return;
        }
        (known.place.is_whole, known.is_held) = (false, false);
        if known.place.settled == 0 {
            known.place = Place::start(listed.generation);
        }
        known.listed = listed;
        if is_started && !was_queued {
            self.enqueue(&name, End::Back);
        }
    }

    /// A whole listing has ended: what was not in it is gone.
    pub(super) fn end(&mut self) {
        self.total = self.counted;
        self.is_whole_known = true;
        let round = self.round;
        let gone: Vec<String> =
            self.known.iter().filter(|(_, known)| known.round < round).map(|(name, _)| name.clone()).collect();
        for name in gone {
            self.gone(&name);
        }
    }

    /// An object is not there any more. What gave records stays as a row.
    pub(super) fn gone(&mut self, name: &str) {
        let Some(known) = self.known.get_mut(name) else { return };
        if matches!(known.state, ObjectState::Reading { .. } | ObjectState::Gone) {
            return;
        }
        known.place = Place::default();
        if known.records > 0 {
            known.state = ObjectState::Gone;
            self.dirty.insert(name.to_owned());
        } else {
            self.forget(name);
        }
    }

    /// Names of an earlier run that no listing had.
    pub(super) fn lost(&mut self) -> Vec<String> {
        std::mem::take(&mut self.earlier.places).into_keys().collect()
    }

    /// Decides what is read at the start: the newest, within the limits.
    pub(super) fn start(&mut self, words: &Words) {
        self.is_started = true;
        let mut listed: Vec<(Option<Timestamp>, String)> = Vec::new();
        for (name, known) in &self.known {
            if known.state == ObjectState::Listed {
                listed.push((known.listed.updated, name.clone()));
            }
        }
        // Names break ties, so that runs are alike.
        listed.sort_unstable_by(|a, b| b.cmp(a));
        let mut left = self.limits.start_bytes;
        for (updated, name) in listed {
            let Some(known) = self.known.get(&name) else { continue };
            let bytes = known.listed.size.min(self.limits.object_bytes);
            let why = match () {
                () if self.limits.since.is_some() && updated < self.limits.since => &words.old,
                // The newest is read, however large it is.
                () if bytes > left && left < self.limits.start_bytes => &words.large,
                () => {
                    left = left.saturating_sub(bytes);
                    self.enqueue(&name, End::Back);
                    continue;
                }
            };
            let why = why.clone();
            self.change(&name, |known| known.state = ObjectState::Left(why));
        }
    }

    /// From now on everything that comes is read, in the order in which it is listed.
    pub(super) const fn start_at_once(&mut self) {
        self.is_started = true;
    }

    /// Whether objects were left out that [`Catalog::older`] reads.
    pub(super) fn has_older(&self) -> bool {
        self.known.values().any(|known| matches!(known.state, ObjectState::Left(_)))
    }

    /// The next older objects that were left out, within the bytes of a start. How many.
    pub(super) fn older(&mut self) -> usize {
        let left_out = |(name, known): (&String, &Known)| match known.state {
            ObjectState::Left(_) => Some((known.listed.updated, name.clone(), known.listed.size)),
            _ => None,
        };
        let mut left: Vec<_> = self.known.iter().filter_map(left_out).collect();
        left.sort_unstable_by(|a, b| b.cmp(a));
        let mut bytes = 0_u64;
        let mut count = 0;
        for (_, name, size) in left {
            bytes += size.min(self.limits.object_bytes);
            if count > 0 && bytes > self.limits.start_bytes {
                break;
            }
            count += 1;
            self.enqueue(&name, End::Back);
        }
        count
    }

    /// Puts an object in line.
    pub(super) fn enqueue(&mut self, name: &str, end: End) {
        let Some(known) = self.known.get_mut(name) else { return };
        if matches!(known.state, ObjectState::Reading { .. }) {
            return;
        }
        known.state = ObjectState::Queued;
        self.dirty.insert(name.to_owned());
        match end {
            End::Front => self.queue.push_front(name.to_owned()),
            End::Back => self.queue.push_back(name.to_owned()),
        }
    }

    /// A reading has ended in this state. Reads on if another version was listed meanwhile.
    pub(super) fn ended(&mut self, name: &str, state: ObjectState) {
        let mut newer = None;
        self.change(name, |known| {
            known.state = state;
            newer = known.newer.take();
        });
        if let Some(listed) = newer {
            self.changed(listed);
        }
    }

    /// Takes all that wait out of the line; they can be asked for.
    pub(super) fn clear(&mut self, why: &str) {
        for name in std::mem::take(&mut self.queue) {
            self.stop(&name, why);
        }
    }

    /// Takes one that waits out of the line.
    pub(super) fn stop(&mut self, name: &str, why: &str) {
        if self.known.get(name).is_some_and(|known| known.state == ObjectState::Queued) {
            self.change(name, |known| {
                known.state = match known.place.settled {
                    0 => ObjectState::Left(why.to_owned()),
                    done => ObjectState::Partial { done, why: why.to_owned(), has_more: true },
                }
            });
        }
    }

    /// Names of the objects of which this holds.
    pub(super) fn names(&self, holds: impl Fn(&Known) -> bool) -> Vec<String> {
        self.known.iter().filter(|(_, known)| holds(known)).map(|(name, _)| name.clone()).collect()
    }

    /// The newest time of all that is known.
    pub(super) fn newest(&self) -> Option<Timestamp> {
        self.known.values().filter_map(|known| known.listed.updated).max()
    }

    /// The oldest object that is not dealt with: it waits, or failed and is tried again.
    pub(super) fn oldest_open(&self) -> Option<Timestamp> {
        let is_open = |known: &&Known| {
            known.is_busy()
                || known.newer.is_some()
                || matches!(known.state, ObjectState::Failed { .. } | ObjectState::Listed)
        };
        self.known.values().filter(is_open).filter_map(|known| known.listed.updated).min()
    }

    /// What changed since this was asked for last, and what is not known any more.
    pub(super) fn news(&mut self) -> (Vec<Object>, Vec<ObjectKey>) {
        let dirty = std::mem::take(&mut self.dirty);
        let row = |name: String| {
            let known = self.known.get(&name)?;
            Some(Object {
                key: ObjectKey { bucket: self.bucket.clone(), generation: known.listed.generation, name },
                size: known.listed.size,
                updated: known.listed.updated,
                origin: known.origin,
                records: known.records,
                state: known.state.clone(),
            })
        };
        (dirty.into_iter().filter_map(row).collect(), std::mem::take(&mut self.forgotten))
    }

    fn forget(&mut self, name: &str) {
        if let Some(known) = self.known.remove(name) {
            self.dirty.remove(name);
            let generation = known.listed.generation;
            self.forgotten.push(ObjectKey { bucket: self.bucket.clone(), name: name.to_owned(), generation });
        }
    }

    /// Keeps the newest.
    fn bound(&mut self) {
        if self.known.len() <= MOST + SLACK {
            return;
        }
        let idle = self.known.iter().filter(|(_, known)| !known.is_busy());
        let mut idle: Vec<_> = idle.map(|(name, known)| (known.listed.updated, name.clone())).collect();
        idle.sort_unstable();
        idle.truncate(self.known.len() - MOST);
        for (updated, name) in idle {
            self.floor = self.floor.max(updated);
            self.forget(&name);
        }
    }
}

/// Where in the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Front,
    Back,
}
