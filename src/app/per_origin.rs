//! Records by origin: how many, how bad, and when.
//!
//! Owns the counting, which looks at a few columns of every record. Must not know who shows the counts.

use crate::model::{Format, OriginId, Severity, SourceId, Timestamp};
use crate::store::Segment;
use std::collections::HashMap;

/// The bars of a row.
pub const SPARKS: usize = 20;

/// What is counted of an origin.
#[derive(Clone, Debug, Default)]
pub(super) struct Count {
    /// Records.
    pub(super) records: u64,
    /// Of these, errors and worse.
    pub(super) errors: u64,
    /// Of these, warnings.
    pub(super) warnings: u64,
    /// The order time of the newest one.
    pub(super) last: Option<Timestamp>,
    /// Records over the range, oldest first: errors and worse, and all.
    pub(super) sparks: [(u32, u32); SPARKS],
    /// Records of the range from the recent moment on.
    pub(super) recent: u64,
}

impl Count {
    /// Adds what was counted of another origin.
    pub(super) fn add(&mut self, other: &Self) {
        self.records += other.records;
        self.errors += other.errors;
        self.warnings += other.warnings;
        self.recent += other.recent;
        self.last = self.last.max(other.last);
        for (sum, spark) in self.sparks.iter_mut().zip(other.sparks) {
            *sum = (sum.0 + spark.0, sum.1 + spark.1);
        }
    }
}

/// Counts by origin. Bars are for a range of time, with both its ends; `recent` is a moment in it.
pub(super) fn count<'s>(
    segments: impl Iterator<Item = &'s Segment>,
    (low, high): (Timestamp, Timestamp),
    recent: Timestamp,
) -> HashMap<OriginId, Count> {
    let step = (high.0.saturating_sub(low.0) / SPARKS as i64).saturating_add(1);
    // One list a source, by the origin's number in it: looking up is one step.
    let mut lists: HashMap<SourceId, Vec<Count>> = HashMap::new();
    for segment in segments {
        let list = lists.entry(segment.source()).or_default();
        let batch = segment.batch();
        let columns = batch.origins().iter().zip(batch.severities()).zip(batch.orders()).zip(batch.formats());
        // Neighbours mostly belong to the same bar.
        let (mut from, mut to, mut spark) = (Timestamp::MAX, Timestamp::MIN, None);
        for (((origin, severity), order), format) in columns {
            if *format == Format::Note as u8 {
                continue;
            }
            let at = origin.local() as usize;
            if list.len() <= at {
                list.resize_with(at + 1, Count::default);
            }
            let count = &mut list[at];
            count.records += 1;
            let is_error = *severity >= Severity::Error as u8;
            count.errors += u64::from(is_error);
            count.warnings += u64::from(*severity == Severity::Warn as u8);
            let time = Timestamp(*order);
            count.last = count.last.max(Some(time));
            count.recent += u64::from((recent..=high).contains(&time));
            if !(from..to).contains(&time) {
                spark = (low..=high).contains(&time).then(|| (time.0.saturating_sub(low.0) / step) as usize);
                from = spark.map_or(time, |spark| low.saturating_add(step.saturating_mul(spark as i64)));
                to = spark.map_or(time, |_| from.saturating_add(step));
            }
            if let Some(spark) = spark.and_then(|spark| count.sparks.get_mut(spark)) {
                spark.0 += u32::from(is_error);
                spark.1 += 1;
            }
        }
    }
    let named = lists.into_iter().flat_map(|(source, list)| {
        list.into_iter().enumerate().map(move |(local, count)| (OriginId::new(source, local as u32), count))
    });
    named.collect()
}
