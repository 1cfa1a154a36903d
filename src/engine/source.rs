//! What is known about one source beside its records: label, health, counters, rate.
//!
//! Owns the counters. Must not know the store.

use crate::model::address::Tab;
use crate::model::time::SECOND;
use crate::model::window::Extent;
use crate::model::{Batch, Flags, Format, Health, SourceId, State, Timestamp};

/// Rates are taken over this many whole seconds.
pub const RATE_SECONDS: i64 = 5;

/// Seconds that are remembered: those of the rate, and the one that is not over yet.
const SLOTS: usize = RATE_SECONDS as usize + 1;

/// One source.
#[derive(Clone, Debug)]
pub struct Source {
    id: SourceId,
    label: String,
    tab: Tab,
    /// How it is, as it said last.
    pub health: Health,
    records: u64,
    bytes: u64,
    parse_failed: u64,
    origins: u32,
    last_record: Option<Timestamp>,
    window: Option<Extent>,
    /// (second since the epoch, records in it), by the second's remainder.
    seconds: [(i64, u64); SLOTS],
}

impl Source {
    pub(super) fn new(id: SourceId, label: String, tab: Tab) -> Self {
        Self {
            id,
            label,
            tab,
            health: Health::default(),
            records: 0,
            bytes: 0,
            parse_failed: 0,
            origins: 0,
            last_record: None,
            window: None,
            seconds: [(i64::MIN, 0); SLOTS],
        }
    }

    /// Its id.
    pub fn id(&self) -> SourceId {
        self.id
    }

    /// Its address, as it was opened.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// The tab that shows it.
    pub fn tab(&self) -> Tab {
        self.tab
    }

    /// Records that came in, without notes; also those that had to go since.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// Raw bytes of those records, without separators.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Records that broke their stream's format.
    pub fn parse_failed(&self) -> u64 {
        self.parse_failed
    }

    /// The number of origins.
    pub fn origins(&self) -> u32 {
        self.origins
    }

    /// When the last records came in.
    pub fn last_record(&self) -> Option<Timestamp> {
        self.last_record
    }

    /// The part of its file whose records are held in place of what it sends.
    pub fn window(&self) -> Option<Extent> {
        self.window
    }

    /// Live records per second over the last [`RATE_SECONDS`] whole seconds: without those of the first reading.
    pub fn rate(&self, now: Timestamp) -> f64 {
        let second = now.0.div_euclid(SECOND);
        let last = second - RATE_SECONDS..second;
        let records: u64 = self.seconds.iter().filter(|(at, _)| last.contains(at)).map(|(_, count)| count).sum();
        records as f64 / RATE_SECONDS as f64
    }

    pub(super) fn count_origin(&mut self) {
        self.origins += 1;
    }

    /// Other records take the place of those so far.
    pub(super) fn show(&mut self, window: Option<Extent>, records: &Batch, now: Timestamp) {
        self.window = window;
        (self.records, self.bytes, self.parse_failed) = (0, 0, 0);
        // What is read anew is no news.
        let state = std::mem::replace(&mut self.health.state, State::Reading);
        self.count(records, now);
        self.last_record = None;
        if window.is_some() {
            self.health.state = state;
        }
        self.seconds = [(i64::MIN, 0); SLOTS];
    }

    pub(super) fn count(&mut self, batch: &Batch, now: Timestamp) {
        let columns = batch.formats().iter().zip(batch.flags()).enumerate();
        let (mut records, mut bytes) = (0, 0);
        for (row, (format, flags)) in columns {
            if *format == Format::Note as u8 {
                continue;
            }
            let (start, end) = batch.span(row);
            records += 1;
            bytes += (end - start) as u64;
            self.parse_failed += u64::from(Flags(*flags).has(Flags::PARSE_FAILED));
        }
        if records == 0 {
            return;
        }
        self.records += records;
        self.bytes += bytes;
        self.last_record = Some(now);
        // What was there before is no news.
        if matches!(self.health.state, State::Starting | State::Reading) {
            return;
        }
        let second = now.0.div_euclid(SECOND);
        let slot = &mut self.seconds[second.rem_euclid(SLOTS as i64) as usize];
        if slot.0 != second {
            *slot = (second, 0);
        }
        slot.1 += records;
    }
}
