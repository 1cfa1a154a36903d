//! The histogram: how many records there were over time, by severity.
//!
//! Owns the buckets. Must not know how they are drawn. It counts what the tab's sources hold, whatever the filter: a
//! second of it costs one look at two columns of every record, so it is made anew with a tick, not with a batch.

use super::{App, Bars};
use crate::engine::Source;
use crate::model::time::SECOND;
use crate::model::{Severity, State, Timestamp};
use crate::store::Segment;

/// Bars over time, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histogram {
    /// When the first bar begins.
    pub from: Timestamp,
    /// How long a bar is, in nanoseconds.
    pub step: i64,
    /// The records of each bar: errors and worse, warnings, the rest.
    pub bars: Vec<[u32; 3]>,
}

/// How long a bar of a window can be at its least, in thousandths of a second.
const FINE_STEPS: [i64; 9] = [1, 2, 5, 10, 20, 50, 100, 200, 500];

/// How long a bar can be, in seconds: what people count in.
const STEPS: [i64; 24] = [
    1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800,
    604_800, 2_592_000, 31_536_000,
];

impl Histogram {
    /// The most records in a bar.
    pub fn highest(&self) -> u32 {
        self.bars.iter().map(|bar| bar.iter().sum()).max().unwrap_or(0)
    }

    /// When the last bar ends.
    pub fn to(&self) -> Timestamp {
        self.from.saturating_add(self.step.saturating_mul(self.bars.len() as i64))
    }

    /// Empty bars from `low` to `high`, at most `columns` of them, of the least step that covers both.
    fn covering(low: Timestamp, high: Timestamp, columns: usize) -> Self {
        let columns = columns.max(1) as i64;
        let bars = |step: i64| high.0.div_euclid(step).saturating_sub(low.0.div_euclid(step)).saturating_add(1);
        let fits = STEPS.into_iter().map(|step| step * SECOND).find(|step| bars(*step) <= columns);
        let step = fits.unwrap_or(STEPS[STEPS.len() - 1] * SECOND);
        let last = high.0.div_euclid(step);
        // What does not fit stays out on the left: the newest records matter.
        let first = last - (columns - 1);
        Self { from: Timestamp(first.saturating_mul(step)), step, bars: vec![[0; 3]; columns as usize] }
    }

    /// Empty bars for a window of time and nothing else: a short one has bars of less than a second.
    fn of_window((since, until): (Timestamp, Timestamp), columns: usize) -> Self {
        let columns = columns.max(1) as i64;
        let bars = |step: i64| until.0.div_euclid(step).saturating_sub(since.0.div_euclid(step)).saturating_add(1);
        let fine = FINE_STEPS.into_iter().map(|step| step * (SECOND / 1000));
        let steps = fine.chain(STEPS.into_iter().map(|step| step * SECOND));
        let Some(step) = steps.into_iter().find(|step| bars(*step) <= columns) else {
            return Self::covering(since, until, columns as usize);
        };
        let first = since.0.div_euclid(step);
        Self { from: Timestamp(first.saturating_mul(step)), step, bars: vec![[0; 3]; bars(step) as usize] }
    }

    /// Counts records. Neighbours mostly belong to the same bar: a bar is looked for when one does not.
    fn count(&mut self, orders: &[i64], severities: &[u8]) {
        let (mut low, mut high, mut bar) = (i64::MAX, i64::MIN, None);
        for (order, severity) in orders.iter().zip(severities) {
            if !(low..high).contains(order) {
                let offset = i128::from(*order) - i128::from(self.from.0);
                let step = i128::from(self.step.max(1));
                bar = usize::try_from(offset.div_euclid(step)).ok().filter(|bar| *bar < self.bars.len());
                low = order.saturating_sub(offset.rem_euclid(step) as i64);
                high = low.saturating_add(self.step);
            }
            if let Some(bar) = bar.and_then(|bar| self.bars.get_mut(bar)) {
                bar[CLASSES[usize::from(*severity).min(CLASSES.len() - 1)]] += 1;
            }
        }
    }
}

/// What of a bar a severity belongs to, by its number.
const CLASSES: [usize; 7] = {
    let mut classes = [2; 7];
    classes[Severity::Warn as usize] = 1;
    classes[Severity::Error as usize] = 0;
    classes[Severity::Fatal as usize] = 0;
    classes
};

/// When the histogram was counted last, and what of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counted {
    /// The records that had come in.
    records: u64,
    at: Timestamp,
    /// The filter's window.
    window: Option<(Timestamp, Timestamp)>,
}

impl Counted {
    /// Not yet.
    pub(super) fn nothing(now: Timestamp) -> Self {
        Self { records: 0, at: now, window: None }
    }
}

/// Time that passes between two countings, for each record that is counted.
pub(super) const NANOS_OF_REST: i64 = 2_000;

impl App {
    /// The histogram of the tab, while it is shown and there is room and something to show.
    pub fn histogram(&self) -> Option<&Histogram> {
        self.histogram.as_ref()
    }

    /// Whether records came in since they were counted, for the histogram or the list of origins.
    pub(super) fn histogram_is_stale(&self) -> bool {
        let is_seen = self.has_room_for_bars() || self.origins().is_some() || self.pods_are_shown();
        is_seen && self.counted.records != self.came_in()
    }

    /// Whether it is stale, and the last counting was so long ago that counting takes less than a hundredth of the time.
    /// While sources are being read it grows quickly, later once a second.
    pub(super) fn histogram_is_due(&self) -> bool {
        let is_reading = self.is_reading();
        let least = if is_reading { SECOND / 4 } else { SECOND };
        let rest = least + self.counts().records() as i64 * NANOS_OF_REST;
        let waited = (self.now.0 - self.counted.at.0).unsigned_abs();
        self.histogram_is_stale() && (self.counted.records == 0 || waited >= rest.unsigned_abs())
    }

    /// Whether a source of the tab is at its first reading.
    pub(super) fn is_reading(&self) -> bool {
        self.sources_here().any(|source| matches!(source.health.state, State::Starting | State::Reading))
    }

    fn came_in(&self) -> u64 {
        self.sources_here().map(Source::records).sum()
    }

    /// The time that the filter lets through, when it has two ends: it is worth all the bars.
    fn filtered_window(&self) -> Option<(Timestamp, Timestamp)> {
        let query = self.tab().view.query();
        query.since.zip(query.until).filter(|(since, until)| since < until)
    }

    /// Counts anew when the filter's window is another one.
    pub(super) fn follow_window(&mut self) {
        if self.counted.window != self.filtered_window() {
            self.refresh_histogram();
        }
    }

    /// Counts anew: the bars, and the list of origins if it is open.
    pub(super) fn refresh_histogram(&mut self) {
        self.counted = Counted { records: self.came_in(), at: self.now, window: self.filtered_window() };
        self.histogram = if self.has_room_for_bars() { self.count_bars() } else { None };
        self.refresh_origins();
        if self.pods_are_shown() {
            self.count_pods();
        }
    }

    fn count_bars(&self) -> Option<Histogram> {
        let columns = usize::from(self.size.0).saturating_sub(HISTOGRAM_GUTTER * 2);
        let segments = || self.segments_here();
        let (low, high) = self.known_times()?;
        // Records without a time stand where they came in: bars of that are not worth the rows, unless asked for.
        if self.bars == Bars::Auto && !segments().any(has_times) {
            return None;
        }
        let mut histogram = match self.filtered_window() {
            None => Histogram::covering(low, high, columns),
            // As much of it as there is something in.
            Some((since, until)) if since <= high && low <= until => {
                Histogram::of_window((since.max(low), until.min(high)), columns)
            }
            Some(window) => Histogram::of_window(window, columns),
        };
        for segment in segments() {
            histogram.count(segment.batch().orders(), segment.batch().severities());
        }
        Some(histogram)
    }

    /// What the tab's sources hold.
    pub(super) fn segments_here(&self) -> impl Iterator<Item = &Segment> {
        let sources = self.tab().view.sources();
        self.engine
            .store()
            .segments()
            .iter()
            .filter(|segment| sources.contains(segment.source()) && !segment.is_empty())
    }

    /// The first and the last time of what they hold; records that come before any time are left out.
    pub(super) fn known_times(&self) -> Option<(Timestamp, Timestamp)> {
        let known = |time: &Timestamp| *time > Timestamp::MIN;
        let low = self.segments_here().map(|segment| segment.orders().0).filter(known).min()?;
        let high = self.segments_here().map(|segment| segment.orders().1).filter(known).max()?;
        Some((low, high))
    }
}

/// Whether any of a few of its records has a time of its own.
fn has_times(segment: &Segment) -> bool {
    let (batch, len) = (segment.batch(), segment.len());
    [0, len / 2, len.saturating_sub(1)].into_iter().any(|row| batch.record(row).time.is_some())
}

/// Columns left of the bars, and kept free on their right.
pub const HISTOGRAM_GUTTER: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    fn covering(low: i64, high: i64, columns: usize) -> Histogram {
        Histogram::covering(Timestamp(low * SECOND), Timestamp(high * SECOND), columns)
    }

    #[test]
    fn steps_are_what_people_count_in() {
        let check = |low, high, columns, step: i64| {
            let histogram = covering(low, high, columns);
            assert_eq!((histogram.step / SECOND, histogram.bars.len()), (step, columns), "{low} {high}");
            assert!(histogram.to().0 > high * SECOND);
        };
        check(0, 0, 90, 1);
        check(0, 89, 90, 1);
        check(0, 90, 90, 2);
        check(0, 1799, 90, 20);
        check(1, 3600 * 24 * 90, 90, 172_800);
        check(-9_000_000_000, 9_000_000_000, 1, 31_536_000);
    }

    #[test]
    fn a_window_has_all_the_bars() {
        let check = |since: i64, until: i64, columns, expected: (i64, i64, usize)| {
            let histogram = Histogram::of_window((Timestamp(since), Timestamp(until)), columns);
            assert_eq!((histogram.from.0, histogram.step, histogram.bars.len()), expected, "{since} {until}");
            assert!(histogram.from.0 <= since && histogram.to().0 > until);
        };
        let milli = SECOND / 1000;
        check(10 * SECOND, 14 * SECOND - 1, 104, (10 * SECOND, 50 * milli, 80));
        check(10 * SECOND, 10 * SECOND + 1, 104, (10 * SECOND, milli, 1));
        check(60 * SECOND, 3660 * SECOND - 1, 90, (60 * SECOND, 60 * SECOND, 60));
        check(-5, 5, 64, (-milli, milli, 2));
    }

    #[test]
    fn records_are_counted_where_they_belong() {
        let mut histogram = covering(100, 109, 10);
        let records = [(100, 5_u8), (100, 6), (100, 4), (109, 3), (109, 0), (99, 5), (110, 5), (100, 1), (109, 5)];
        let orders = records.map(|(second, _)| second * SECOND);
        histogram.count(&orders, &records.map(|(_, severity)| severity));
        assert_eq!((histogram.bars[0], histogram.bars[9]), ([2, 1, 1], [1, 0, 2]));
        assert_eq!(histogram.highest(), 4);
        histogram.count(&[i64::MIN, i64::MAX, 101 * SECOND - 1, 101 * SECOND], &[5; 4]);
        assert_eq!((histogram.bars[0], histogram.bars[1]), ([3, 1, 1], [1, 0, 0]));
    }
}
