//! Reads of documents, which cost money: how many in the running hour, and whether there may be more.
//!
//! Owns the count and the budget. Must not know what is read.

use crate::model::Timestamp;
use crate::model::time::SECOND;

const HOUR: i64 = 3600 * SECOND;

/// Reads of one source.
#[derive(Clone, Debug)]
pub(super) struct Meter {
    budget: u64,
    /// What was allowed beyond the budget, for this hour.
    extra: u64,
    reads: u64,
    began: Option<Timestamp>,
}

impl Meter {
    /// A meter that has counted nothing.
    pub(super) const fn new(budget: u64) -> Self {
        Self { budget, extra: 0, reads: 0, began: None }
    }

    /// Counts reads.
    pub(super) fn count(&mut self, reads: u64, now: Timestamp) {
        self.roll(now);
        if reads > 0 {
            self.began.get_or_insert(now);
            self.reads = self.reads.saturating_add(reads);
        }
    }

    /// How many there may be in this hour still.
    pub(super) fn left(&mut self, now: Timestamp) -> u64 {
        self.roll(now);
        self.budget.saturating_add(self.extra).saturating_sub(self.reads)
    }

    /// How many there were beyond what is allowed.
    pub(super) const fn over(&self) -> u64 {
        self.reads.saturating_sub(self.budget.saturating_add(self.extra))
    }

    /// Another hour's budget for this hour.
    pub(super) const fn spend(&mut self) {
        self.extra = self.extra.saturating_add(self.budget);
    }

    /// Reads in the running hour.
    pub(super) const fn reads(&self) -> u64 {
        self.reads
    }

    /// The most reads in it.
    pub(super) const fn budget(&self) -> u64 {
        self.budget.saturating_add(self.extra)
    }

    /// When it ends; nothing while nothing was read.
    pub(super) fn ends(&self) -> Option<Timestamp> {
        self.began.map(|began| began.saturating_add(HOUR))
    }

    fn roll(&mut self, now: Timestamp) {
        if self.ends().is_some_and(|ends| now >= ends) {
            (self.reads, self.extra, self.began) = (0, 0, None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_has_its_budget() {
        let at = |seconds: i64| Timestamp(seconds * SECOND);
        let mut meter = Meter::new(100);
        assert_eq!((meter.left(at(0)), meter.ends()), (100, None));
        meter.count(0, at(5));
        assert_eq!(meter.ends(), None);
        meter.count(60, at(10));
        meter.count(70, at(20));
        assert_eq!((meter.left(at(20)), meter.reads(), meter.ends()), (0, 130, Some(at(3610))));
        assert_eq!(meter.over(), 30);
        meter.spend();
        assert_eq!((meter.left(at(30)), meter.budget()), (70, 200));
        assert_eq!((meter.left(at(3610)), meter.reads(), meter.budget()), (100, 0, 100));
    }
}
