//! A window of time that is chosen on the histogram.
//!
//! Owns the bar under the cursor and where the window begins. Must not know keys or how bars are drawn.

use super::{App, Bars, Histogram, Pane};
use crate::model::Timestamp;
use crate::model::time::BEFORE;
use std::ops::Range;

/// The cursor on the bars. Times, not bars: the bars move on while it stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BarCursor {
    at: Timestamp,
    /// The other end of the window, once it has begun.
    from: Option<Timestamp>,
    /// Whether the histogram was wanted before: leaving puts that back.
    before: Bars,
}

/// Where the cursor goes.
#[derive(Clone, Copy)]
pub(super) enum BarStep {
    By(isize),
    First,
    Last,
}

/// What the chosen bars are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BarWindow {
    /// Which bars, counted from the left.
    pub bars: Range<usize>,
    /// When the first one begins.
    pub from: Timestamp,
    /// When the last one ends.
    pub to: Timestamp,
    /// Their records: errors and worse, warnings, the rest.
    pub counts: [u64; 3],
}

impl App {
    /// The chosen bars, while some are being chosen.
    pub fn bar_window(&self) -> Option<BarWindow> {
        let Pane::Bars(cursor) = &self.pane else { return None };
        let histogram = self.histogram()?;
        let at = histogram.bar_of(cursor.at);
        let from = cursor.from.map_or(at, |from| histogram.bar_of(from));
        let bars = at.min(from)..at.max(from) + 1;
        let mut counts = [0; 3];
        for bar in histogram.bars.get(bars.clone())? {
            for (sum, count) in counts.iter_mut().zip(bar) {
                *sum += u64::from(*count);
            }
        }
        Some(BarWindow { from: histogram.start_of(bars.start), to: histogram.start_of(bars.end), bars, counts })
    }

    /// Puts the cursor on the bar of the list's cursor.
    pub(super) fn choose_bars(&mut self) {
        self.close_filter_pane();
        let before = self.bars;
        if self.histogram().is_none() {
            self.bars = Bars::Shown;
            self.refresh_histogram();
        }
        let Some(histogram) = self.histogram() else {
            let rows = super::layout::MIN_HEIGHT_OF_BARS;
            let has_room = self.has_room_for_bars();
            self.bars = before;
            return self.say(if has_room {
                "no bars: no record has a time".to_owned()
            } else {
                format!("the bars need {rows} rows")
            });
        };
        let here = self.tab().view.cursor().and_then(|id| self.engine.store().record(id)).map(|record| record.order);
        let at = histogram.start_of(histogram.bar_of(here.unwrap_or(Timestamp::MAX)));
        self.pane = Pane::Bars(BarCursor { at, from: None, before });
    }

    /// Leaves the bars without choosing any.
    pub(super) fn leave_bars(&mut self, cursor: BarCursor) {
        if self.bars != cursor.before {
            self.bars = cursor.before;
            self.refresh_histogram();
        }
    }

    pub(super) fn move_bar(&mut self, step: BarStep) {
        let Some(histogram) = &self.histogram else { return };
        let Pane::Bars(cursor) = &mut self.pane else { return };
        let last = histogram.bars.len().saturating_sub(1);
        let at = match step {
            BarStep::By(by) => histogram.bar_of(cursor.at).saturating_add_signed(by).min(last),
            BarStep::First => histogram.bars.iter().position(|bar| bar.iter().any(|count| *count > 0)).unwrap_or(0),
            BarStep::Last => last,
        };
        cursor.at = histogram.start_of(at);
    }

    /// The window begins at the cursor, or begins no more.
    pub(super) fn begin_window(&mut self) {
        if let Pane::Bars(cursor) = &mut self.pane {
            cursor.from = if cursor.from.is_some() { None } else { Some(cursor.at) };
        }
    }

    /// Filters to the chosen bars.
    pub(super) fn take_bars(&mut self) {
        let window = self.bar_window();
        self.pane = Pane::None;
        let Some(window) = window else { return };
        let zone = self.shown_zone();
        let words = |time: Timestamp| time.to_jiff().display_with_offset(zone.to_offset(time.to_jiff())).to_string();
        // Up to a moment means with it: the window ends before the next bar.
        let until = window.to.saturating_add(-1);
        self.narrow(|query, entries| {
            (query.since, query.until) = (Some(window.from), Some(until));
            (entries.since, entries.until) = (words(window.from), format!("{BEFORE}{}", words(window.to)));
        });
    }
}

impl Histogram {
    /// The bar that a moment belongs to, or the nearest one.
    fn bar_of(&self, time: Timestamp) -> usize {
        let bar = time.0.saturating_sub(self.from.0).div_euclid(self.step.max(1));
        usize::try_from(bar).unwrap_or(0).min(self.bars.len().saturating_sub(1))
    }

    /// When a bar begins.
    fn start_of(&self, bar: usize) -> Timestamp {
        self.from.saturating_add(self.step.saturating_mul(bar as i64))
    }
}
