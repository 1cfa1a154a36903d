//! How far behind a container's lines come, and whether its node's clock is ahead of the one here.
//!
//! Owns these two numbers. Must not read a clock: times arrive as arguments.

use crate::model::Timestamp;
use crate::model::time::SECOND;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// A clock that is further ahead than this is said, in nanoseconds.
const AHEAD: i64 = 5 * SECOND;

/// One measurement counts so much of the mean: an eighth.
const SHARE: i64 = 8;

/// Nothing was measured.
const NOTHING: i64 = i64::MIN;

/// Nodes whose clocks have been told to be ahead.
#[derive(Debug, Default)]
pub struct Skews(Mutex<BTreeSet<String>>);

/// The measurements of one container; both its reader and the pod list hold it.
#[derive(Debug)]
pub struct Meter {
    lag: AtomicI64,
    opened: AtomicI64,
    node: String,
    skews: Arc<Skews>,
}

impl Meter {
    /// Nothing was measured yet.
    pub fn new(node: &str, skews: &Arc<Skews>) -> Self {
        let nothing = || AtomicI64::new(NOTHING);
        Self { lag: nothing(), opened: nothing(), node: node.to_owned(), skews: skews.clone() }
    }

    /// The stream was opened now: what is older is no lag, but was there before.
    pub fn opened(&self, now: Timestamp) {
        self.opened.store(now.0, Ordering::Relaxed);
    }

    /// A line of this time was received now. The first time that a node's clock is ahead: a sentence.
    pub fn received(&self, line: Timestamp, now: Timestamp) -> Option<String> {
        if line.0 > self.opened.load(Ordering::Relaxed) {
            let new = now.0.saturating_sub(line.0).max(0);
            let mean = match self.lag.load(Ordering::Relaxed) {
                NOTHING => new,
                old => old + (new - old) / SHARE,
            };
            self.lag.store(mean, Ordering::Relaxed);
        }
        let ahead = line.0.saturating_sub(now.0);
        if ahead <= AHEAD || self.node.is_empty() {
            return None;
        }
        let is_new = self.skews.0.lock().unwrap_or_else(PoisonError::into_inner).insert(self.node.clone());
        is_new.then(|| format!("{}'s clock is {} s ahead of the one here", self.node, ahead / SECOND))
    }

    /// How far behind lines come, in nanoseconds, smoothed.
    pub fn lag(&self) -> Option<i64> {
        Some(self.lag.load(Ordering::Relaxed)).filter(|lag| *lag != NOTHING)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lag_is_of_lines_behind_the_opening_and_smoothed() {
        let skews = Arc::default();
        let meter = Meter::new("node-1", &skews);
        let at = |seconds: i64| Timestamp(seconds * SECOND);
        meter.opened(at(100));
        assert_eq!((meter.received(at(10), at(101)), meter.lag()), (None, None), "it was there before");
        meter.received(at(102), at(102));
        assert_eq!(meter.lag(), Some(0));
        meter.received(at(103), at(111));
        assert_eq!(meter.lag(), Some(SECOND));
        for _ in 0..100 {
            meter.received(at(110), at(130));
        }
        assert!(meter.lag().is_some_and(|lag| (19 * SECOND..=20 * SECOND).contains(&lag)), "{:?}", meter.lag());
    }

    #[test]
    fn a_clock_that_is_ahead_is_said_once_for_each_node() {
        let skews = Arc::default();
        let at = |seconds: i64| Timestamp(seconds * SECOND);
        let (one, two, other) = (Meter::new("a", &skews), Meter::new("a", &skews), Meter::new("b", &skews));
        assert_eq!(one.received(at(105), at(100)), None);
        assert_eq!(one.received(at(161), at(100)).as_deref(), Some("a's clock is 61 s ahead of the one here"));
        assert_eq!((one.received(at(161), at(100)), two.received(at(170), at(100))), (None, None));
        assert!(other.received(at(170), at(100)).is_some());
    }
}
