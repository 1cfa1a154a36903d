//! When to draw: at once for a key, at a bounded rate for everything else, and never without a reason.
//!
//! Owns the decision. Pure: the time is an argument. Must not know what is drawn.

use std::time::{Duration, Instant};

/// Why a frame is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// Something came in: with the next frame of the allowed rate.
    Soon,
    /// Somebody pressed a key and waits.
    AtOnce,
}

/// The frames of a screen.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    gap: Duration,
    last: Option<Instant>,
    wanted: Option<Urgency>,
    /// The screen's first frame was drawn.
    begun: bool,
}

impl Pace {
    /// At most `per_second` frames without a key; 0 counts as 1.
    pub fn new(per_second: u8) -> Self {
        Self { gap: Duration::from_secs(1) / u32::from(per_second.max(1)), last: None, wanted: None, begun: false }
    }

    /// A frame is wanted.
    pub fn want(&mut self, urgency: Urgency) {
        self.wanted = self.wanted.max(Some(urgency));
    }

    /// When the next frame is to be drawn; `None` when none is wanted. May be in the past.
    pub fn due(&self, now: Instant) -> Option<Instant> {
        match (self.wanted?, self.last) {
            (Urgency::AtOnce, _) | (_, None) => Some(now),
            (Urgency::Soon, Some(last)) => Some(last + self.gap),
        }
    }

    /// A frame was drawn. The first one, which shows no records yet, does not hold back the next.
    pub fn drawn(&mut self, now: Instant) {
        self.last = self.begun.then_some(now);
        self.begun = true;
        self.wanted = None;
    }
}

/// Waits until a burst of size changes is over.
#[derive(Clone, Copy, Debug, Default)]
pub struct Settling {
    since: Option<(Instant, Instant)>,
}

impl Settling {
    /// Quiet that ends a burst.
    const QUIET: Duration = Duration::from_millis(20);
    /// How long a burst is waited for in all.
    const LONGEST: Duration = Duration::from_millis(100);

    /// It changed again.
    pub fn changed(&mut self, now: Instant) {
        let first = self.since.map_or(now, |(first, _)| first);
        self.since = Some((first, now));
    }

    /// When to look; `None` when nothing has changed.
    pub fn due(&self) -> Option<Instant> {
        let (first, last) = self.since?;
        Some((last + Self::QUIET).min(first + Self::LONGEST))
    }

    /// It was looked at.
    pub fn done(&mut self) {
        self.since = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn a_key_is_drawn_at_once_and_the_rest_in_turn() {
        let start = Instant::now();
        let mut pace = Pace::new(10);
        assert_eq!(pace.due(start), None);
        pace.want(Urgency::Soon);
        assert_eq!(pace.due(start), Some(start));
        pace.drawn(start);
        assert_eq!(pace.due(start), None);
        pace.want(Urgency::Soon);
        assert_eq!(pace.due(start), Some(start), "the first records come at once");
        pace.drawn(start);
        assert_eq!(pace.due(start + 5 * MS), None);
        pace.want(Urgency::Soon);
        assert_eq!(pace.due(start + 5 * MS), Some(start + 100 * MS));
        pace.want(Urgency::AtOnce);
        pace.want(Urgency::Soon);
        assert_eq!(pace.due(start + 6 * MS), Some(start + 6 * MS));
        pace.drawn(start + 6 * MS);
        pace.want(Urgency::Soon);
        assert_eq!(pace.due(start + 7 * MS), Some(start + 106 * MS));
    }

    #[test]
    fn a_burst_of_sizes_is_looked_at_once_it_is_over_or_long() {
        let start = Instant::now();
        let mut settling = Settling::default();
        assert_eq!(settling.due(), None);
        settling.changed(start);
        assert_eq!(settling.due(), Some(start + 20 * MS));
        for ms in 1..=95 {
            settling.changed(start + ms * MS);
        }
        assert_eq!(settling.due(), Some(start + 100 * MS));
        settling.done();
        assert_eq!(settling.due(), None);
    }
}
