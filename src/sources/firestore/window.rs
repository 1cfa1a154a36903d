//! From what the service tells to what happened: a document was added, changed, removed, or only left the latest ones.
//!
//! Owns the state between two consistent moments of the listener. Must not ask anything: what it cannot know it names.
//!
//! The service sends changes, or (after a reset) all documents of the query again; in both forms nothing counts before it
//! says that what it sent belongs to one moment. Documents are told apart by their name and the time of their last change.

use super::known::{Entry, Known};
use super::query::{By, Key, Plan, Span};
use super::times::ours;
use super::wire::listen_response::ResponseType;
use super::wire::target_change::TargetChangeType;
use super::wire::{Document, ListenResponse, TargetChange};
use crate::model::Timestamp;
use prost_types::Timestamp as WireTime;
use std::collections::HashSet;
use std::sync::Arc;
use tonic::Code;

/// The listener's only target.
pub(super) const TARGET: i32 = 1;

/// What happened to a document.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Change {
    /// It is new, or was there at the start.
    Added(Arc<Document>),
    /// It has another version; the one before is unknown when there was no room for it.
    Modified {
        /// The version before.
        before: Option<Arc<Document>>,
        /// The version now.
        after: Arc<Document>,
    },
    /// It is gone.
    Deleted {
        /// Its full name.
        name: Arc<str>,
        /// As it was last known.
        before: Option<Arc<Document>>,
        /// When the service knew it.
        at: Option<WireTime>,
    },
    /// It is there, and matches the query no more.
    Left {
        /// The version before.
        before: Option<Arc<Document>>,
        /// The version now.
        after: Arc<Document>,
    },
}

/// What came of one message.
#[derive(Debug)]
pub(super) enum Step {
    /// Nothing yet.
    More,
    /// One moment is complete.
    Moment(Box<Moment>),
    /// The service has another number of documents: the query has to be asked anew.
    Again,
    /// The service ended the query.
    Ended(Code, String),
}

/// What one consistent moment told.
#[derive(Debug, Default)]
pub(super) struct Moment {
    /// What happened.
    pub(super) changes: Vec<Change>,
    /// Documents that the query has no more, and nobody said why.
    pub(super) doubtful: Vec<Arc<str>>,
    /// A part of the order that nobody has seen: so much came at once that the window does not reach back.
    pub(super) gap: Option<Span>,
    /// Where to go on from.
    pub(super) token: Option<Vec<u8>>,
    /// The moment.
    pub(super) at: Option<WireTime>,
}

/// How many documents came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Came {
    /// In all.
    pub(super) all: u64,
    /// In a version that was not known.
    pub(super) new: u64,
}

/// A change that waits for its moment.
#[derive(Debug)]
enum Pending {
    Put(Arc<Document>),
    Leaves(Arc<Document>),
    Deleted(Arc<str>, Option<WireTime>),
    Removed(Arc<str>),
}

/// The documents of a query, as far as they are known.
#[derive(Debug)]
pub(super) struct Window {
    plan: Plan,
    /// The most documents that the query has; nothing when it has all.
    limit: Option<usize>,
    known: Known,
    pending: Vec<Pending>,
    /// Those that came since all began to come again.
    fresh: Option<HashSet<Arc<str>>>,
    is_current: bool,
    /// Whether all documents of the query are known, so that they can be counted.
    knows_all: bool,
    /// Whether no moment was complete yet.
    is_first: bool,
    /// The latest change that the listener told: what is unknown and older was there before.
    horizon: Option<Timestamp>,
    /// What changed before this moment was seen by an earlier run, or was there before anybody listened.
    floor: Option<Timestamp>,
    /// Documents that came, and those of them that were not known in that version.
    came: Came,
    /// The last document in the order's direction that was ever seen.
    head: Option<Key>,
    /// Where the listener stands.
    token: Option<Vec<u8>>,
    read_time: Option<WireTime>,
}

impl Window {
    /// A window that knows nothing.
    pub(super) fn new(plan: Plan, limit: Option<usize>) -> Self {
        Self {
            plan,
            limit,
            known: Known::default(),
            pending: Vec::new(),
            fresh: None,
            is_current: false,
            knows_all: false,
            is_first: true,
            horizon: None,
            floor: None,
            came: Came::default(),
            head: None,
            token: None,
            read_time: None,
        }
    }

    /// What changed up to this moment was seen: nothing of it comes again.
    pub(super) fn resume(&mut self, floor: Option<Timestamp>, head: Option<Key>) {
        self.is_first = false;
        self.knows_all = false;
        self.floor = floor;
        self.horizon = self.horizon.max(floor);
        self.head = head.or(self.head.take());
    }

    /// What came since this was asked last.
    pub(super) fn came(&mut self) -> Came {
        std::mem::take(&mut self.came)
    }

    /// The query.
    pub(super) const fn plan(&self) -> &Plan {
        &self.plan
    }

    /// How many documents the query has, as far as they are known.
    pub(super) const fn documents(&self) -> usize {
        self.known.inside()
    }

    /// The latest change that was seen.
    pub(super) const fn horizon(&self) -> Option<Timestamp> {
        self.horizon
    }

    /// The latest document that was seen.
    pub(super) const fn head(&self) -> Option<&Key> {
        self.head.as_ref()
    }

    /// The most documents that the query has.
    pub(super) const fn limit(&self) -> Option<usize> {
        self.limit
    }

    /// A stream begins, with or without a place to go on from.
    pub(super) fn begin(&mut self, goes_on: bool) {
        self.pending.clear();
        self.is_current = false;
        self.fresh = (!goes_on).then(HashSet::new);
    }

    /// Takes a message of the service.
    pub(super) fn take(&mut self, message: ListenResponse) -> Step {
        match message.response_type {
            Some(ResponseType::TargetChange(change)) => return self.target(change),
            Some(ResponseType::DocumentChange(change)) => {
                if let Some(document) = change.document {
                    self.document(document, change.removed_target_ids.contains(&TARGET));
                }
            }
            Some(ResponseType::DocumentDelete(gone)) => {
                self.pending.push(Pending::Deleted(gone.document.into(), gone.read_time));
            }
            Some(ResponseType::DocumentRemove(gone)) => self.pending.push(Pending::Removed(gone.document.into())),
            Some(ResponseType::Filter(filter)) if self.differs_from(filter.count) => return Step::Again,
            Some(ResponseType::Filter(_)) | None => {}
        }
        Step::More
    }

    /// Whether the service counts other documents than are known, which can be told only when all are.
    fn differs_from(&self, count: i32) -> bool {
        self.knows_all && self.fresh.is_none() && usize::try_from(count).is_ok_and(|count| count != self.count())
    }

    fn document(&mut self, document: Document, leaves: bool) {
        if leaves {
            self.came.all += 1;
            self.came.new += 1;
            self.pending.push(Pending::Leaves(Arc::new(document)));
            return;
        }
        if let Some(fresh) = &mut self.fresh {
            fresh.insert(document.name.as_str().into());
        }
        // What is known in this version is no news; most of what comes after a reset is.
        let old = self.known.get(&document.name).filter(|old| old.version == document.update_time);
        self.came.all += 1;
        self.came.new += u64::from(old.is_none());
        if !old.is_some_and(|old| old.is_in) {
            self.pending.push(Pending::Put(Arc::new(document)));
        }
    }

    fn target(&mut self, change: TargetChange) -> Step {
        if !change.target_ids.is_empty() && !change.target_ids.contains(&TARGET) {
            return Step::More;
        }
        let kind = TargetChangeType::try_from(change.target_change_type).unwrap_or(TargetChangeType::NoChange);
        match kind {
            TargetChangeType::Remove => {
                let (code, words) = change.cause.map_or((0, String::new()), |cause| (cause.code, cause.message));
                return Step::Ended(Code::from_i32(code), words);
            }
            TargetChangeType::Reset => {
                self.pending.clear();
                self.is_current = false;
                self.fresh = Some(HashSet::new());
                return Step::More;
            }
            TargetChangeType::Current => self.is_current = true,
            TargetChangeType::Add | TargetChangeType::NoChange => {}
        }
        if !change.resume_token.is_empty() {
            self.token = Some(change.resume_token);
        }
        // A token without its moment belongs to the moment that comes.
        let (Some(at), true) = (change.read_time, self.is_current) else { return Step::More };
        self.read_time = Some(at);
        Step::Moment(Box::new(self.complete(Some(at))))
    }

    /// Documents after all that waits has happened, before a moment is complete.
    fn count(&self) -> usize {
        let mut more: HashSet<&str> = HashSet::new();
        let mut fewer: HashSet<&str> = HashSet::new();
        for pending in &self.pending {
            let (name, is_in) = match pending {
                Pending::Put(document) => (document.name.as_str(), true),
                Pending::Leaves(document) => (document.name.as_str(), false),
                Pending::Deleted(name, _) | Pending::Removed(name) => (&**name, false),
            };
            let was_in = self.known.get(name).is_some_and(|entry| entry.is_in);
            match (is_in, was_in) {
                (true, false) => drop(more.insert(name)),
                (false, true) => drop(fewer.insert(name)),
                (true, true) => drop(fewer.remove(name)),
                (false, false) => drop(more.remove(name)),
            }
        }
        self.known.inside() + more.len() - fewer.len()
    }

    /// What a whole answer tells: all documents of the query as they are now, as after a reset.
    pub(super) fn whole(&mut self, documents: Vec<Document>, at: Option<WireTime>) -> Moment {
        self.begin(false);
        for document in documents {
            self.document(document, false);
        }
        self.complete(at)
    }

    /// What documents tell that were asked for by themselves: those that are new or changed. They are no part of the window.
    pub(super) fn beside(&mut self, documents: Vec<Document>) -> Vec<Change> {
        let mut changes = Vec::new();
        for document in documents {
            let document = Arc::new(document);
            let old = self.known.get(&document.name).cloned();
            let is_in = old.as_ref().is_some_and(|old| old.is_in);
            match old {
                Some(old) if old.version == document.update_time => continue,
                Some(old) => changes.push(Change::Modified { before: old.document, after: document.clone() }),
                None => changes.push(Change::Added(document.clone())),
            }
            let key = self.put_away(&document, is_in);
            if self.head.as_ref().is_some_and(|head| key.is_ahead_of(head)) {
                self.head = Some(key);
            }
        }
        changes
    }

    fn complete(&mut self, at: Option<WireTime>) -> Moment {
        let is_first = std::mem::take(&mut self.is_first);
        let was_full = self.is_full();
        let old_tail = if was_full { self.tail() } else { None };
        let old_head = self.head.clone();
        let old_horizon = self.horizon;
        let mut moment = Moment { token: self.token.clone(), at, ..Moment::default() };
        let fresh = self.fresh.take();
        let mut removed: Vec<Arc<str>> = Vec::new();
        for pending in std::mem::take(&mut self.pending) {
            match pending {
                Pending::Put(document) => {
                    let seen = Seen { is_first, tail: old_tail.as_ref(), horizon: old_horizon };
                    moment.changes.extend(self.put(document, &seen));
                }
                Pending::Leaves(document) => removed.extend(self.leaves(&document, &mut moment.changes)),
                Pending::Deleted(name, at) => {
                    let before = self.known.remove(&name).and_then(|entry| entry.document);
                    moment.changes.push(Change::Deleted { name, before, at });
                }
                Pending::Removed(name) => removed.push(name),
            }
        }
        if let Some(fresh) = &fresh {
            removed.extend(self.known.in_window().filter(|e| !fresh.contains(&e.key.name)).map(|e| e.key.name.clone()));
            // Those that came in a version that was known are in the window again.
            for name in fresh {
                self.known.set_in(name, true);
            }
            self.knows_all = true;
        }
        self.settle(removed, &mut moment);
        self.advance();
        moment.gap = old_head.and_then(|head| self.gap(head));
        moment
    }

    /// A document of the query: news, or not.
    fn put(&mut self, document: Arc<Document>, seen: &Seen<'_>) -> Option<Change> {
        let old = self.known.get(&document.name).cloned();
        let is_same = old.as_ref().is_some_and(|old| old.version == document.update_time);
        let key = self.keep(&document, true);
        if is_same {
            return None;
        }
        if let Some(Entry { document: before, .. }) = old {
            return Some(Change::Modified { before, after: document });
        }
        if seen.is_first {
            return Some(Change::Added(document));
        }
        let changed = document.update_time.as_ref().and_then(ours);
        let is_up_to = |moment: Option<Timestamp>| moment.is_some() && changed.is_some() && changed <= moment;
        // Older ones come into the window when others leave it; what is known from an earlier run comes again.
        let is_from_behind = seen.tail.is_some_and(|tail| tail.is_ahead_of(&key));
        if is_up_to(self.floor) || is_from_behind && is_up_to(seen.horizon) {
            return None;
        }
        let made = document.create_time.as_ref().and_then(ours);
        let is_new = made.is_none() || made == changed || made > seen.horizon;
        Some(if is_new { Change::Added(document) } else { Change::Modified { before: None, after: document } })
    }

    /// A document that the service says is no more in the query; its name when it may just be behind the window.
    fn leaves(&mut self, document: &Arc<Document>, changes: &mut Vec<Change>) -> Option<Arc<str>> {
        let name: Arc<str> = document.name.as_str().into();
        let old = self.known.get(&name).cloned();
        if old.as_ref().is_some_and(|old| old.version == document.update_time) {
            // It did not change, so others pushed it out.
            self.known.set_in(&name, false);
            return None;
        }
        let before = old.and_then(|old| old.document);
        let key = self.keep(document, false);
        let is_behind = self.is_behind(&key);
        let after = document.clone();
        changes.push(if is_behind { Change::Modified { before, after } } else { Change::Left { before, after } });
        None
    }

    /// Tells those that others pushed out from those that are in doubt.
    fn settle(&mut self, removed: Vec<Arc<str>>, moment: &mut Moment) {
        let doubtful: Vec<(Arc<str>, Key)> = removed
            .into_iter()
            .filter_map(|name| {
                let key = self.known.get(&name).filter(|entry| entry.is_in).map(|entry| entry.key.clone())?;
                self.known.set_in(&name, false);
                Some((name, key))
            })
            .collect();
        for (name, key) in doubtful {
            if !self.is_behind(&key) {
                moment.doubtful.push(name);
            }
        }
    }

    /// What became of a document in doubt, which was asked for by name; nothing when it did not change.
    pub(super) fn found(&mut self, document: Document) -> Option<Change> {
        let document = Arc::new(document);
        let old = self.known.get(&document.name).cloned();
        if old.as_ref().is_some_and(|old| old.version == document.update_time || old.is_in) {
            return None;
        }
        let before = old.and_then(|old| old.document);
        let key = self.put_away(&document, false);
        let is_behind = self.is_behind(&key);
        Some(if is_behind {
            Change::Modified { before, after: document }
        } else {
            Change::Left { before, after: document }
        })
    }

    /// Nobody could say what became of these: they are in the query until it is told again.
    pub(super) fn undecided(&mut self, names: &[Arc<str>]) {
        for name in names {
            self.known.set_in(name, true);
        }
    }

    /// A document in doubt is gone.
    pub(super) fn missing(&mut self, name: &Arc<str>, at: Option<WireTime>) -> Change {
        let before = self.known.remove(name).and_then(|entry| entry.document);
        Change::Deleted { name: name.clone(), before, at }
    }

    /// Keeps what the listener told.
    fn keep(&mut self, document: &Arc<Document>, is_in: bool) -> Key {
        self.horizon = self.horizon.max(document.update_time.as_ref().and_then(ours));
        self.put_away(document, is_in)
    }

    fn put_away(&mut self, document: &Arc<Document>, is_in: bool) -> Key {
        let key = self.plan.key(document, &Arc::from(document.name.as_str()));
        self.known.put(key.clone(), document.clone(), is_in);
        key
    }

    fn is_full(&self) -> bool {
        self.limit.is_some_and(|limit| self.known.inside() >= limit)
    }

    /// Whether something with this key would be behind the window's end.
    fn is_behind(&self, key: &Key) -> bool {
        self.is_full() && self.tail().is_some_and(|tail| tail.is_ahead_of(key))
    }

    /// The last document of the window.
    pub(super) fn tail(&self) -> Option<Key> {
        let keys = self.known.in_window().map(|entry| &entry.key);
        keys.reduce(|last, key| if last.is_ahead_of(key) { key } else { last }).cloned()
    }

    /// Notes the first document of the window, if it is ahead of all before.
    fn advance(&mut self) {
        let keys = self.known.in_window().map(|entry| &entry.key);
        let first = keys.reduce(|first, key| if key.is_ahead_of(first) { key } else { first });
        if let Some(first) = first
            && self.head.as_ref().is_none_or(|head| first.is_ahead_of(head))
        {
            self.head = Some(first.clone());
        }
    }

    fn gap(&self, head: Key) -> Option<Span> {
        if !self.is_full() || self.plan.by == By::Name {
            return None;
        }
        let tail = self.tail()?;
        tail.is_ahead_of(&head).then_some(Span { behind: Some(tail), until: Some(head) })
    }
}

/// What was seen before a moment.
struct Seen<'w> {
    is_first: bool,
    tail: Option<&'w Key>,
    horizon: Option<Timestamp>,
}
