//! How a view is filled: in slices after a change of the filter, and with what comes in and goes.
//!
//! Owns what is left to look at, and in which order. Must not know which records have a row (the listing does).

use super::around;
use super::listing::Listing;
use super::{Progress, Repeats, Scope, View};
use crate::model::{Record, Timestamp};
use crate::store::{Appended, Key, Segment, Store};
use std::ops::Range;

/// The bytes of text that count as one record when work is cut into slices.
pub const WORK_BYTES: usize = 256;

/// Rows of a segment that are not matched yet.
#[derive(Clone, Debug)]
pub(super) struct Todo {
    segment: u32,
    rows: Range<usize>,
}

impl View {
    /// Looks at up to `records` records that the filter has not seen yet; a long one counts as several when its text is
    /// read ([`WORK_BYTES`]). Take one or two thousand, and call it again while there is time: that many take 10 µs by
    /// severity, and some milliseconds by a slow regular expression.
    pub fn advance(&mut self, store: &Store, records: usize) -> Progress {
        let mut budget = records.max(1);
        while budget > 0
            && let Some(mut todo) = self.todo.pop()
        {
            let Some(segment) = store.segments().get(todo.segment) else {
                self.progress.left -= todo.rows.len();
                continue;
            };
            let shows_all = self.scope == Scope::All && self.has_context();
            if !shows_all && !self.matcher.could_match(segment) {
                self.progress.left -= todo.rows.len();
                continue;
            }
            let (_, high) = segment.orders();
            let newest_first = self.anchor_time() >= high;
            let Todo { rows, .. } = &mut todo;
            let mut count = rows.len().min(budget);
            let (part, work) = loop {
                let part = if newest_first { rows.end - count..rows.end } else { rows.start..rows.start + count };
                let bytes = segment.batch().span(part.end - 1).1 - segment.batch().span(part.start).0;
                let work = if self.reads_text() { count.max(bytes / WORK_BYTES) } else { count };
                if work <= budget || count == 1 {
                    break (part, work);
                }
                count = (count / 2).max(1);
            };
            if newest_first {
                rows.end = part.start;
            } else {
                rows.start = part.end;
            }
            self.match_rows(store, segment, part);
            budget = budget.saturating_sub(work);
            self.progress.left -= count;
            if !todo.rows.is_empty() {
                self.todo.push(todo);
            }
        }
        if self.todo.is_empty() {
            self.progress = Progress::default();
        }
        self.progress
    }

    /// Takes new records in, and forgets evicted ones. To be called once for every append to the store, at once.
    pub fn extend(&mut self, store: &Store, appended: &Appended) {
        for evicted in &appended.evicted {
            if self.sources.contains(evicted.source) {
                let has_context = self.has_context();
                let Self { matcher, parser, listing, .. } = self;
                listing.remove_segment(evicted.segment, evicted.orders, store, &mut |a, b| {
                    !has_context || matcher.matches(a, parser) == matcher.matches(b, parser)
                });
                let left = &mut self.progress.left;
                self.todo.retain(|todo| {
                    let keep = todo.segment != evicted.segment;
                    *left -= if keep { 0 } else { todo.rows.len() };
                    keep
                });
            }
        }
        for (serial, rows) in &appended.added {
            let Some(segment) = store.segments().get(*serial) else { continue };
            if self.sources.contains(segment.source()) {
                let rows = rows.start as usize..rows.end as usize;
                self.match_rows(store, segment, rows.clone());
                self.show_after_matches(store, segment, rows);
            }
        }
    }

    /// Begins to fill the view anew.
    pub(super) fn restart(&mut self, store: &Store) {
        let scope = if self.has_context() { self.scope } else { Scope::Matches };
        self.listing = Listing::new(scope, self.repeats);
        self.todo.clear();
        self.progress = Progress::default();
        let sources = self.sources.clone();
        self.plan(store, |segment| sources.contains(segment.source()));
    }

    /// Puts segments on the list, those nearest the cursor to be looked at first.
    pub(super) fn plan(&mut self, store: &Store, wanted: impl Fn(&Segment) -> bool) {
        for segment in store.segments().iter().filter(|segment| wanted(segment)) {
            self.todo.push(Todo { segment: segment.serial(), rows: 0..segment.len() });
            self.progress.left += segment.len();
        }
        self.progress.of = self.progress.left;
        let anchor = self.anchor_time();
        self.todo.sort_by_cached_key(|todo| {
            let (low, high) = store.segments().get(todo.segment).map_or((anchor, anchor), Segment::orders);
            let distance = if anchor > high {
                anchor.0.abs_diff(high.0)
            } else if anchor < low {
                anchor.0.abs_diff(low.0)
            } else {
                0
            };
            (std::cmp::Reverse(distance), todo.segment)
        });
    }

    /// The time of the records that are wanted first.
    fn anchor_time(&self) -> Timestamp {
        if self.is_following() { Timestamp::MAX } else { self.cursor.key().order }
    }

    /// Whether the time that a record takes depends on the length of its text.
    fn reads_text(&self) -> bool {
        self.matcher.reads_text() || self.repeats == Repeats::Collapsed
    }

    /// Takes the records of some rows in: those that match, and what is shown around them.
    fn match_rows(&mut self, store: &Store, segment: &Segment, rows: Range<usize>) {
        self.rows.clear();
        self.matcher.scan(segment.batch(), rows.clone(), &mut self.parser, &mut self.rows);
        self.keys.clear();
        self.keys.extend(self.rows.iter().map(|row| segment.key(*row as usize)));
        if !self.keys.is_sorted() {
            self.keys.sort_unstable();
        }
        let has_context = self.has_context();
        let Self { matcher, parser, listing, keys, .. } = self;
        let mut alike =
            |a: &Record<'_>, b: &Record<'_>| !has_context || matcher.matches(a, parser) == matcher.matches(b, parser);
        listing.add_matches(keys, store, &mut alike);
        if !has_context {
            return;
        }
        match self.scope {
            Scope::Matches => return,
            Scope::All => {
                keys.clear();
                keys.extend(rows.map(|row| segment.key(row)));
            }
            Scope::Around(count) => {
                keys.clear();
                // Neighbours of several matches are found several times; most are in this segment.
                let mut near = vec![false; segment.len()];
                let mut found = |key: Key, keys: &mut Vec<Key>| {
                    if key.id.segment() == segment.serial() {
                        near[key.id.row() as usize] = true;
                    } else {
                        keys.push(key);
                    }
                };
                for row in &self.rows {
                    let row = *row as usize;
                    found(segment.key(row), keys);
                    for key in around::before(store.segments(), segment, row).take(count) {
                        found(key, keys);
                    }
                    for key in around::after(store.segments(), segment, row).take(count) {
                        found(key, keys);
                    }
                }
                keys.extend((0..near.len()).filter(|row| near[*row]).map(|row| segment.key(row)));
            }
        }
        if !keys.is_sorted() {
            keys.sort_unstable();
        }
        listing.show(keys, store, &mut alike);
    }

    /// Shows new records that stand closely behind a match that was there before them.
    fn show_after_matches(&mut self, store: &Store, segment: &Segment, rows: Range<usize>) {
        let (true, Scope::Around(count)) = (self.has_context(), self.scope) else { return };
        let Self { matcher, parser, listing, keys, .. } = self;
        keys.clear();
        for row in rows {
            let mut before = around::before(store.segments(), segment, row).take(count);
            if before.any(|key| listing.matches().contains(key)) {
                keys.push(segment.key(row));
            }
        }
        if !keys.is_sorted() {
            keys.sort_unstable();
        }
        listing.show(keys, store, &mut |a, b| matcher.matches(a, parser) == matcher.matches(b, parser));
    }
}
