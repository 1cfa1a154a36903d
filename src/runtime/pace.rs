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

/// The frames of a screen. After a quiet time a few may follow each other without a pause, so that the first lines of
/// a file are not held back by the frame before them; in the long run the rate holds.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    gap: Duration,
    /// When the next frame would come if all had kept their distance; frames may run ahead of it by [`AHEAD`] gaps.
    even: Option<Instant>,
    wanted: Option<Urgency>,
}

/// Frames that may come early after a quiet time.
const AHEAD: u32 = 3;

impl Pace {
    /// At most `per_second` frames without a key; 0 counts as 1.
    pub fn new(per_second: u8) -> Self {
        Self { gap: Duration::from_secs(1) / u32::from(per_second.max(1)), even: None, wanted: None }
    }

    /// A frame is wanted.
    pub fn want(&mut self, urgency: Urgency) {
        self.wanted = self.wanted.max(Some(urgency));
    }

    /// When the next frame is to be drawn; `None` when none is wanted. May be in the past.
    pub fn due(&self, now: Instant) -> Option<Instant> {
        match (self.wanted?, self.even) {
            (Urgency::AtOnce, _) | (_, None) => Some(now),
            (Urgency::Soon, Some(even)) => Some(even.checked_sub(self.gap * AHEAD).unwrap_or(even)),
        }
    }

    /// A frame was drawn.
    pub fn drawn(&mut self, now: Instant) {
        let even = self.even.map_or(now, |even| even.max(now)) + self.gap;
        // Frames for keys do not use up the others' turn for longer than one gap.
        self.even = Some(even.min(now + self.gap * (AHEAD + 1)));
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
        // Four at once, then one every 100 ms.
        for expected in [0, 0, 0, 0, 100, 200, 300] {
            let now = start + expected * MS;
            pace.want(Urgency::Soon);
            assert_eq!(pace.due(now).map(|due| due.max(start)), Some(now));
            pace.drawn(now);
        }
        let now = start + 310 * MS;
        assert_eq!(pace.due(now), None);
        pace.want(Urgency::Soon);
        assert_eq!(pace.due(now), Some(start + 400 * MS));
        pace.want(Urgency::AtOnce);
        pace.want(Urgency::Soon);
        assert_eq!(pace.due(now), Some(now));
        for _ in 0..9 {
            pace.drawn(now);
        }
        pace.want(Urgency::Soon);
        assert_eq!(pace.due(now), Some(now + 100 * MS));
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
