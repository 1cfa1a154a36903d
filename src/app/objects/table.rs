//! All objects that were told, and their order: the newest first.
//!
//! Owns that a change costs little, however many objects there are: an object is found by its key, and its row by its place.
//! Must not know what rows look like.

use super::ObjectId;
use crate::model::objects::{Object, ObjectKey, ObjectState};
use crate::model::{OriginId, SourceId};
use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};

/// Up to so many new ones are put in place one by one; more of them are sorted in.
const FEW: usize = 16;

/// The number of an object; it stays while the object is known.
pub(super) type Slot = u32;

/// Whether rows keep their places when objects change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RowOrder {
    /// The newest first.
    Anew,
    /// What is there stays; what is new comes where it belongs.
    Held,
}

/// An object with its source.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) source: SourceId,
    pub(super) object: Object,
}

/// What is counted over all objects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) reading: usize,
    pub(super) queued: usize,
    pub(super) failed: usize,
    /// Those that are to be tried again at a known time.
    pub(super) waiting: usize,
    /// Parts of them were read, and the rest can be asked for.
    pub(super) partial: usize,
    /// Bytes a second of all that are read.
    pub(super) rate: u64,
}

/// The objects.
#[derive(Debug, Default)]
pub(super) struct Table {
    slots: Vec<Option<Entry>>,
    free: Vec<Slot>,
    by_key: HashMap<ObjectId, Slot>,
    by_origin: HashMap<OriginId, Slot>,
    /// The newest first.
    order: Vec<Slot>,
    /// Whether rows were held where their times would have moved them.
    is_stale: bool,
    counts: BTreeMap<SourceId, usize>,
    tally: Tally,
}

impl Tally {
    /// What one object adds.
    fn of(object: &Object) -> Self {
        let mut tally = Self::default();
        match &object.state {
            ObjectState::Reading { rate, .. } => (tally.reading, tally.rate) = (1, *rate),
            ObjectState::Queued => tally.queued = 1,
            ObjectState::Failed { next, .. } => {
                (tally.failed, tally.waiting) = (1, usize::from(next.is_some()));
            }
            ObjectState::Partial { has_more: true, .. } => tally.partial = 1,
            ObjectState::Partial { .. }
            | ObjectState::Listed
            | ObjectState::Left(_)
            | ObjectState::Read
            | ObjectState::Gone => {}
        }
        tally
    }

    fn combine(&mut self, other: &Self, with: impl Fn(usize, usize) -> usize, rate: impl Fn(u64, u64) -> u64) {
        self.reading = with(self.reading, other.reading);
        self.queued = with(self.queued, other.queued);
        self.failed = with(self.failed, other.failed);
        self.waiting = with(self.waiting, other.waiting);
        self.partial = with(self.partial, other.partial);
        self.rate = rate(self.rate, other.rate);
    }

    fn add(&mut self, other: &Self) {
        self.combine(other, usize::saturating_add, u64::saturating_add);
    }

    fn take(&mut self, other: &Self) {
        self.combine(other, usize::saturating_sub, u64::saturating_sub);
    }
}

impl Table {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.order.len()
    }

    /// How many there are of a source.
    pub(super) fn of_source(&self, source: SourceId) -> usize {
        self.counts.get(&source).copied().unwrap_or_default()
    }

    pub(super) fn tally(&self) -> &Tally {
        &self.tally
    }

    pub(super) fn get(&self, slot: Slot) -> Option<&Entry> {
        self.slots.get(slot as usize)?.as_ref()
    }

    pub(super) fn slot_at(&self, row: usize) -> Option<Slot> {
        self.order.get(row).copied()
    }

    pub(super) fn find(&self, id: &ObjectId) -> Option<&Entry> {
        self.get(*self.by_key.get(id)?)
    }

    /// The object whose records have this origin.
    pub(super) fn of_origin(&self, origin: OriginId) -> Option<&Entry> {
        self.get(*self.by_origin.get(&origin)?)
    }

    /// The row of an object.
    pub(super) fn row_of(&self, slot: Slot) -> Option<usize> {
        self.order.iter().position(|other| *other == slot)
    }

    /// The newest ones first.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.order.iter().filter_map(|slot| self.get(*slot))
    }

    /// The newer one first; of the same time that with the greater name, since names often grow with time.
    fn compare(&self, one: Slot, other: Slot) -> Ordering {
        match (self.get(one), self.get(other)) {
            (Some(one), Some(other)) => {
                let key = |entry: &Entry| (entry.object.updated, entry.object.key.generation);
                let (a, b) = (key(one), key(other));
                b.0.cmp(&a.0).then_with(|| other.object.key.name.cmp(&one.object.key.name)).then(b.1.cmp(&a.1))
            }
            _ => Ordering::Equal,
        }
    }

    /// Takes objects in as they are now.
    pub(super) fn take(&mut self, source: SourceId, objects: Vec<Object>, order: RowOrder) {
        let mut new = Vec::new();
        let mut is_moved = false;
        for object in objects {
            let id = (source, object.key.object());
            let added = Tally::of(&object);
            let origin = object.origin;
            let slot = if let Some(slot) = self.by_key.get(&id).copied() {
                if let Some(entry) = self.slots.get_mut(slot as usize).and_then(Option::as_mut) {
                    if entry.object.key.generation > object.key.generation {
                        // What is said of an earlier generation comes too late.
                        continue;
                    }
                    is_moved |= entry.object.updated != object.updated;
                    let old = std::mem::replace(&mut entry.object, object);
                    self.tally.take(&Tally::of(&old));
                }
                slot
            } else {
                let slot = self.place(Entry { source, object });
                self.by_key.insert(id, slot);
                *self.counts.entry(source).or_default() += 1;
                new.push(slot);
                slot
            };
            self.tally.add(&added);
            if let Some(origin) = origin {
                self.by_origin.insert(origin, slot);
            }
        }
        if is_moved {
            match order {
                RowOrder::Held => self.is_stale = true,
                RowOrder::Anew => self.sort(),
            }
        }
        if new.len() > FEW {
            self.order.extend(new);
            if self.is_stale && order == RowOrder::Held {
                // Times of rows that are held are not in order any more: what is new comes last.
                return;
            }
            self.sort();
        } else {
            for slot in new {
                let at = self.order.partition_point(|other| self.compare(*other, slot) == Ordering::Less);
                self.order.insert(at, slot);
            }
        }
    }

    /// Gives a new object its number: one that is free, or the next.
    fn place(&mut self, entry: Entry) -> Slot {
        if let Some(slot) = self.free.pop() {
            self.slots[slot as usize] = Some(entry);
            return slot;
        }
        self.slots.push(Some(entry));
        (self.slots.len() - 1) as Slot
    }

    /// Forgets objects.
    pub(super) fn forget(&mut self, source: SourceId, keys: Vec<ObjectKey>) {
        let mut is_any = false;
        for key in keys {
            let id = (source, key.object());
            let Some(slot) = self.by_key.get(&id).copied() else { continue };
            if self.get(slot).is_some_and(|entry| entry.object.key.generation != key.generation) {
                continue;
            }
            self.by_key.remove(&id);
            if let Some(entry) = self.slots[slot as usize].take() {
                self.tally.take(&Tally::of(&entry.object));
                if let Some(origin) = entry.object.origin
                    && self.by_origin.get(&origin) == Some(&slot)
                {
                    self.by_origin.remove(&origin);
                }
                if let Some(count) = self.counts.get_mut(&source) {
                    *count = count.saturating_sub(1);
                }
            }
            self.free.push(slot);
            is_any = true;
        }
        if is_any {
            let slots = &self.slots;
            self.order.retain(|slot| slots.get(*slot as usize).is_some_and(Option::is_some));
        }
    }

    /// Lets rows go where they belong. Rows that are in order already cost one look each.
    pub(super) fn sort(&mut self) {
        self.is_stale = false;
        let mut order = std::mem::take(&mut self.order);
        order.sort_by(|one, other| self.compare(*one, *other));
        self.order = order;
    }

    /// Lets rows go where they belong, if any was held.
    pub(super) fn settle(&mut self) {
        if self.is_stale {
            self.sort();
        }
    }
}
