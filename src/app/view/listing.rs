//! Which records have a row: the matches, what is kept around them, and of repeats the first one.
//!
//! Owns the three indexes and keeps them in step with what comes in and goes. Must not know the cursor, nor how a
//! filter is evaluated.
//!
//! The *matches* pass the filter. The *base* is the matches, or those and the context that is kept. The *rows* are the
//! base, or the leaders of its runs: the first of adjacent records that repeat each other. Whether a record leads
//! depends only on the one before it in the base; so only what came in or lost its predecessor is looked at again, and
//! a run's count is the distance between two leaders in the base. What is not switched on costs nothing.

use super::repeat;
use crate::model::{Record, Timestamp};
use crate::store::{Key, Order, Store};

/// Which records have rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// Those that match.
    #[default]
    Matches,
    /// Those that match, and so many of the same origin before and after each. What was shown stays when its match is
    /// evicted.
    Around(usize),
    /// All of the view's sources.
    All,
}

/// How neighbours are shown that say the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Repeats {
    /// Each has its row.
    #[default]
    Apart,
    /// The first one has a row, with a count.
    Collapsed,
}

/// The rows of a view.
#[derive(Debug, Default)]
pub(super) struct Listing {
    matches: Order,
    /// The matches with their context, if that is kept.
    shown: Option<Order>,
    /// The first records of runs, if repeats are collapsed.
    leaders: Option<Order>,
    /// Keys that become leaders, and those that are none any more: here to keep the memory.
    come: Vec<Key>,
    gone: Vec<Key>,
}

/// Says whether two neighbours that read the same belong into one run: not if only one of them matches.
pub(super) type Alike<'a> = &'a mut dyn FnMut(&Record<'_>, &Record<'_>) -> bool;

impl Listing {
    /// An empty one.
    pub(super) fn new(scope: Scope, repeats: Repeats) -> Self {
        Self {
            shown: (scope != Scope::Matches).then(Order::new),
            leaders: (repeats == Repeats::Collapsed).then(Order::new),
            ..Self::default()
        }
    }

    /// The records that pass the filter.
    pub(super) fn matches(&self) -> &Order {
        &self.matches
    }

    /// The records that are shown, or counted in a row.
    pub(super) fn base(&self) -> &Order {
        self.shown.as_ref().unwrap_or(&self.matches)
    }

    /// The first records of the rows.
    pub(super) fn rows(&self) -> &Order {
        self.leaders.as_ref().unwrap_or(self.base())
    }

    /// Bytes that are allocated.
    pub(super) fn allocated(&self) -> usize {
        let more = self.shown.iter().chain(&self.leaders).map(Order::allocated).sum::<usize>();
        self.matches.allocated() + more
    }

    /// Every record has its row again.
    pub(super) fn spread(&mut self) {
        self.leaders = None;
    }

    /// The row of a record; `Err` has the row of the next one, when it is not shown.
    pub(super) fn row_of(&self, key: Key) -> Result<usize, usize> {
        let next = match self.rows().position(key) {
            Ok(row) => return Ok(row),
            Err(next) => next,
        };
        if self.leaders.is_none() {
            return Err(next);
        }
        // Inside of a run, it is in the row of the leader before it.
        let leader = |at: usize| self.base().get(at).is_some_and(|key| self.rows().contains(key));
        match self.base().position(key) {
            Ok(_) => Ok(next.saturating_sub(1)),
            Err(at) if at < self.base().len() && !leader(at) => Err(next.saturating_sub(1)),
            Err(_) => Err(next),
        }
    }

    /// Where the records of a row begin and end in the base.
    pub(super) fn run(&self, row: usize) -> (usize, usize) {
        if self.leaders.is_none() {
            return (row, (row + 1).min(self.base().len()));
        }
        let place = |row: usize| self.rows().get(row).and_then(|key| self.base().position(key).ok());
        let end = place(row + 1).unwrap_or(self.base().len());
        (place(row).unwrap_or(end), end)
    }

    /// Adds matches, in ascending order, none of which is there.
    pub(super) fn add_matches(&mut self, keys: &[Key], store: &Store, alike: Alike<'_>) {
        self.matches.insert_run(keys);
        if self.shown.is_none() {
            self.group(keys, store, alike);
        }
    }

    /// Shows records, whether they match or not: in ascending order, perhaps some that are shown already.
    pub(super) fn show(&mut self, keys: &mut Vec<Key>, store: &Store, alike: Alike<'_>) {
        let Some(shown) = &mut self.shown else { return };
        keys.dedup();
        keys.retain(|key| !shown.contains(*key));
        shown.insert_run(keys);
        self.group(keys, store, alike);
    }

    /// Forgets the records of a segment that was evicted, whose order times lie in `orders`.
    pub(super) fn remove_segment(
        &mut self,
        segment: u32,
        orders: (Timestamp, Timestamp),
        store: &Store,
        alike: Alike<'_>,
    ) {
        let orphans = if self.leaders.is_some() { self.orphans(segment, orders) } else { Vec::new() };
        self.matches.remove_segment(segment, orders);
        for order in self.shown.iter_mut().chain(&mut self.leaders) {
            order.remove_segment(segment, orders);
        }
        for key in orphans {
            let Ok(at) = self.base().position(key) else { continue };
            let before = at.checked_sub(1).and_then(|at| store.record(self.base().get(at)?.id));
            self.decide(key, before.as_ref(), store, alike);
        }
        self.settle();
    }

    /// The records whose predecessor goes with a segment, in ascending order.
    fn orphans(&self, segment: u32, orders: (Timestamp, Timestamp)) -> Vec<Key> {
        let base = self.base();
        let first = Key { order: orders.0, ..Key::MIN };
        let from = base.position(first).unwrap_or_else(|next| next);
        let mut orphans = Vec::new();
        let mut after_gone = false;
        for key in base.iter_from(from) {
            let goes = key.id.segment() == segment;
            if !goes && after_gone {
                orphans.push(key);
            }
            if key.order > orders.1 {
                break;
            }
            after_gone = goes;
        }
        orphans
    }

    /// Decides which of the keys that came into the base lead a run, and whether those behind them still do.
    fn group(&mut self, added: &[Key], store: &Store, alike: Alike<'_>) {
        if self.leaders.is_none() {
            return;
        }
        let mut rest = added;
        while let Some(first) = rest.first() {
            let base = self.shown.as_ref().unwrap_or(&self.matches);
            let at = base.position(*first).unwrap_or_else(|next| next);
            let mut before = at.checked_sub(1).and_then(|at| store.record(base.get(at)?.id));
            let mut next = None;
            for key in base.iter_from(at) {
                if rest.first() != Some(&key) {
                    next = Some(key);
                    break;
                }
                rest = &rest[1..];
                let record = store.record(key.id);
                if !follows(before.as_ref(), record.as_ref(), alike) {
                    self.come.push(key);
                }
                before = record;
            }
            if let Some(key) = next {
                self.decide(key, before.as_ref(), store, alike);
            } else if rest.first() == Some(first) {
                // A key that is not in the base: no such thing happens, and it must not hold this up.
                debug_assert!(false, "{first:?} was not added");
                break;
            }
        }
        self.settle();
    }

    /// Notes whether a record that was there already begins or ceases to lead a run.
    fn decide(&mut self, key: Key, before: Option<&Record<'_>>, store: &Store, alike: Alike<'_>) {
        let leads = !follows(before, store.record(key.id).as_ref(), alike);
        let led = self.leaders.as_ref().is_some_and(|leaders| leaders.contains(key));
        match (led, leads) {
            (false, true) => self.come.push(key),
            (true, false) => self.gone.push(key),
            _ => {}
        }
    }

    /// Carries out what was noted.
    fn settle(&mut self) {
        if let Some(leaders) = &mut self.leaders {
            leaders.remove_run(&self.gone);
            leaders.insert_run(&self.come);
        }
        self.come.clear();
        self.gone.clear();
    }
}

/// Whether a record goes on with the run of the one before it.
fn follows(before: Option<&Record<'_>>, record: Option<&Record<'_>>, alike: Alike<'_>) -> bool {
    match (before, record) {
        (Some(before), Some(record)) => repeat::repeats(before, record) && alike(before, record),
        _ => false,
    }
}
