//! Search in a view: the next row that contains a text or is bad enough, in slices.
//!
//! Owns the walk. Must not know keys or where the search wraps.

use super::{View, WORK_BYTES};
use crate::analysis::matcher::Matcher;
use crate::model::Severity;
use crate::store::{Key, RecordId, Store};

/// Which way to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To newer records.
    Forward,
    /// To older records.
    Backward,
}

/// What to look for.
#[derive(Clone, Debug)]
pub enum Target {
    /// A record that passes this filter.
    Matches(Box<Matcher>),
    /// A record that is at least this bad.
    AtLeast(Severity),
}

/// A search that is under way. It knows the record where it goes on, so the view may change in between.
#[derive(Clone, Debug)]
pub struct Find {
    target: Target,
    direction: Direction,
    /// The record next to which it goes on; `None` for the end where it began.
    from: Option<Key>,
}

/// What a slice of a search came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// This record is the next one.
    Record(RecordId),
    /// There are more records to look at: call again.
    NotYet,
    /// There is none on the way to the end.
    Nothing,
}

impl Find {
    /// What is looked for.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Which way.
    pub fn direction(&self) -> Direction {
        self.direction
    }
}

impl View {
    /// A search that begins next to the cursor's row: forward behind the last record in it, backward before the first.
    pub fn find_from_cursor(&self, target: Target, direction: Direction) -> Find {
        let at = self.cursor_position().and_then(|position| {
            let (first, end) = self.listing.run(position);
            self.listing.base().get(if direction == Direction::Forward { end.saturating_sub(1) } else { first })
        });
        Find { target, direction, from: at }
    }

    /// A search over all records: from the oldest forward, or from the newest backward.
    pub fn find_from_end(target: Target, direction: Direction) -> Find {
        Find { target, direction, from: None }
    }

    /// Looks at up to `rows` records, also those that are one of several in a row; a long record counts as several ([`super::WORK_BYTES`]). While the view is still being filled, a search that comes to its end waits for
    /// more rows.
    pub fn find(&mut self, find: &mut Find, store: &Store, rows: usize) -> Found {
        let Self { listing, parser, .. } = self;
        let index = listing.base();
        // Whether it is what is looked for, and how much work that was.
        let mut hit = |key: &Key| match (&find.target, store.record(key.id)) {
            (Target::Matches(matcher), Some(record)) => {
                (matcher.matches(&record, parser), record.raw.len() / WORK_BYTES + 1)
            }
            (Target::AtLeast(severity), Some(record)) => (record.severity >= *severity, 1),
            (_, None) => (false, 1),
        };
        let mut seen = 0;
        let mut last = find.from;
        let mut found = None;
        let mut look = |key: Key| {
            let (hits, work) = hit(&key);
            seen += work;
            last = Some(key);
            found = hits.then_some(key.id);
            found.is_some() || seen >= rows.max(1)
        };
        let stopped = match find.direction {
            Direction::Forward => {
                let from = find.from.map_or(0, |key| index.position(key).map_or_else(|next| next, |here| here + 1));
                index.iter_from(from).any(&mut look)
            }
            Direction::Backward => {
                let to = find.from.map_or(index.len(), |key| index.position(key).unwrap_or_else(|next| next));
                index.iter_back_from(to).any(&mut look)
            }
        };
        find.from = last;
        match found {
            Some(id) => Found::Record(id),
            None if stopped || !self.count_is_final() => Found::NotYet,
            None => Found::Nothing,
        }
    }
}
