//! A view: which records one tab shows, in which order, and where the cursor is.
//!
//! Owns the filter's progress, the index of rows, cursor and follow. Must not know how rows are drawn.
//!
//! A new filter clears the index and fills it in slices ([`View::advance`]), from the records nearest the cursor (the
//! newest ones while following), so that the first screen is there after the first slice. New records are matched as
//! they come ([`View::extend`]), also while that goes on.

mod cursor;
mod find;
mod sources;
#[cfg(test)]
mod tests;

pub use find::{Direction, Find, Found, Target};
pub use sources::SourceSet;

use crate::analysis::matcher::{BadQuery, Matcher};
use crate::model::{OriginId, Query, SourceId, Timestamp};
use crate::parse::Parser;
use crate::store::{Appended, Key, Order, RecordId, Segment, Store, Tally};
use std::ops::Range;

/// How far a filter has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Records that are left to look at; 0 when the view is complete.
    pub left: usize,
    /// Records that there were to look at when the filter was set.
    pub of: usize,
}

/// The rows of one tab. Positions count from 0, oldest first.
#[derive(Debug)]
pub struct View {
    sources: SourceSet,
    query: Query,
    matcher: Matcher,
    parser: Parser,
    index: Order,
    /// What is left to look at; the last one is next.
    todo: Vec<Todo>,
    progress: Progress,
    cursor: cursor::Cursor,
    rows: Vec<u32>,
    keys: Vec<Key>,
}

/// The bytes of text that count as one record when work is cut into slices.
pub const WORK_BYTES: usize = 256;

/// Rows of a segment that are not matched yet.
#[derive(Clone, Debug)]
struct Todo {
    segment: u32,
    rows: Range<usize>,
}

impl View {
    /// An empty view of these sources that shows everything and follows. What they already have in a store comes with
    /// [`View::set_query`] or [`View::add_source`]. `parser` reads the fields that a filter asks for.
    pub fn new(sources: SourceSet, parser: Parser) -> Self {
        Self {
            sources,
            query: Query::default(),
            matcher: Matcher::default(),
            parser,
            index: Order::new(),
            todo: Vec::new(),
            progress: Progress::default(),
            cursor: cursor::Cursor::default(),
            rows: Vec::new(),
            keys: Vec::new(),
        }
    }

    /// The sources whose records can be in it.
    pub fn sources(&self) -> &SourceSet {
        &self.sources
    }

    /// Shows a source too; what it already has comes with [`View::advance`].
    pub fn add_source(&mut self, source: SourceId, store: &Store) {
        if !self.sources.contains(source) {
            self.sources.insert(source);
            self.plan(store, |segment| segment.source() == source);
        }
    }

    /// Shows other sources from now on; fill it by [`View::advance`]. The cursor stays on its record, or where that
    /// would be.
    pub fn set_sources(&mut self, sources: SourceSet, store: &Store) {
        self.sources = sources;
        self.restart(store);
    }

    /// The filter.
    pub fn query(&self) -> &Query {
        &self.query
    }

    /// The compiled filter.
    pub fn matcher(&self) -> &Matcher {
        &self.matcher
    }

    /// Sets the filter and begins to fill the view anew; call [`View::advance`] until it is done. The cursor stays on
    /// its record, or where that would be. `names` are the origins known so far.
    ///
    /// # Errors
    /// [`BadQuery`]: the filter stays as it was.
    pub fn set_query<'n>(
        &mut self,
        query: Query,
        names: impl IntoIterator<Item = (OriginId, &'n str)>,
        store: &Store,
    ) -> Result<(), BadQuery> {
        self.matcher = Matcher::compile(&query, names)?;
        self.query = query;
        self.restart(store);
        Ok(())
    }

    /// Tells the name of an origin that came after the filter was set.
    pub fn add_origin(&mut self, id: OriginId, name: &str) {
        self.matcher.add_origin(id, name);
    }

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
            if !self.matcher.could_match(segment) {
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
                let work = if self.matcher.reads_text() { count.max(bytes / WORK_BYTES) } else { count };
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
            self.match_rows(segment, part);
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
        for (serial, rows) in &appended.added {
            let Some(segment) = store.segments().get(*serial) else { continue };
            if self.sources.contains(segment.source()) {
                self.match_rows(segment, rows.start as usize..rows.end as usize);
            }
        }
        for evicted in &appended.evicted {
            if self.sources.contains(evicted.source) {
                self.index.remove_segment(evicted.segment, evicted.orders);
                let left = &mut self.progress.left;
                self.todo.retain(|todo| {
                    let keep = todo.segment != evicted.segment;
                    *left -= if keep { 0 } else { todo.rows.len() };
                    keep
                });
            }
        }
    }

    /// The number of rows so far.
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether there is no row so far.
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    /// Whether every record has been looked at.
    pub fn count_is_final(&self) -> bool {
        self.todo.is_empty()
    }

    /// How far the filter has come.
    pub fn progress(&self) -> Progress {
        self.progress
    }

    /// What its sources hold, whether the filter shows it or not.
    pub fn held(&self, store: &Store) -> Tally {
        let mut tally = Tally::default();
        for segment in store.segments().iter().filter(|segment| self.sources.contains(segment.source())) {
            tally.add(segment.tally());
        }
        tally
    }

    /// Bytes that the index has allocated.
    pub fn allocated(&self) -> usize {
        self.index.allocated()
    }

    /// The record in a row.
    pub fn id_at(&self, position: usize) -> Option<RecordId> {
        self.index.get(position).map(|key| key.id)
    }

    /// The row of a record, if it is in the view.
    pub fn position(&self, id: RecordId, store: &Store) -> Option<usize> {
        self.index.position(store.segments().key(id)?).ok()
    }

    /// The row of a record, or of the next one in the view that comes after it, or else of the last one.
    pub fn nearest(&self, id: RecordId, store: &Store) -> Option<usize> {
        let position = self.index.position(store.segments().key(id)?).unwrap_or_else(|next| next);
        Some(position.min(self.len().checked_sub(1)?))
    }

    /// The row of the first record that is not before a moment, or else of the last one.
    pub fn position_of_time(&self, moment: Timestamp) -> Option<usize> {
        let key = Key { order: moment, id: RecordId(0) };
        let position = self.index.position(key).unwrap_or_else(|next| next);
        Some(position.min(self.len().checked_sub(1)?))
    }

    /// The records of up to `height` rows, from the row `top` on.
    pub fn window(&self, top: usize, height: usize) -> impl Iterator<Item = RecordId> {
        self.index.iter_from(top).take(height).map(|key| key.id)
    }

    /// Fills the view anew by [`View::advance`], after other records took the place of a source's. The cursor stays where
    /// its record was in time.
    pub fn reload(&mut self, store: &Store) {
        self.restart(store);
    }

    fn restart(&mut self, store: &Store) {
        self.index.clear();
        self.todo.clear();
        self.progress = Progress::default();
        let sources = self.sources.clone();
        self.plan(store, |segment| sources.contains(segment.source()));
    }

    /// Puts segments on the list, those nearest the cursor to be looked at first.
    fn plan(&mut self, store: &Store, wanted: impl Fn(&Segment) -> bool) {
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

    /// Puts the rows that match into the index.
    fn match_rows(&mut self, segment: &Segment, rows: Range<usize>) {
        self.rows.clear();
        self.matcher.scan(segment.batch(), rows, &mut self.parser, &mut self.rows);
        self.keys.clear();
        self.keys.extend(self.rows.iter().map(|row| segment.key(*row as usize)));
        if !self.keys.is_sorted() {
            self.keys.sort_unstable();
        }
        self.index.insert_run(&self.keys);
    }
}
