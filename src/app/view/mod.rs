//! A view: which records one tab shows, in which order, and where the cursor is.
//!
//! Owns the filter's progress, cursor and follow; its listing has the rows. Must not know how rows are drawn.
//!
//! A new filter clears the index and fills it in slices ([`View::advance`]), from the records nearest the cursor (the
//! newest ones while following), so that the first screen is there after the first slice. New records are matched as
//! they come ([`View::extend`]), also while that goes on.

mod around;
mod cursor;
mod find;
mod listing;
mod repeat;
mod sources;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_of_rows;

pub use find::{Direction, Find, Found, Target};
pub use listing::{Repeats, Scope};
pub use sources::SourceSet;

use crate::analysis::matcher::{BadQuery, Matcher};
use crate::model::{OriginId, Query, Record, SourceId, Timestamp};
use crate::parse::Parser;
use crate::store::{Appended, Key, RecordId, Segment, Store, Tally};
use listing::Listing;
use std::ops::Range;

/// How far a filter has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Records that are left to look at; 0 when the view is complete.
    pub left: usize,
    /// Records that there were to look at when the filter was set.
    pub of: usize,
}

/// The rows of one tab. Positions count from 0, oldest first. A row is a record, or a run of records that repeat each
/// other.
#[derive(Debug)]
pub struct View {
    sources: SourceSet,
    query: Query,
    matcher: Matcher,
    parser: Parser,
    scope: Scope,
    repeats: Repeats,
    listing: Listing,
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
            scope: Scope::Matches,
            repeats: Repeats::Apart,
            listing: Listing::default(),
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

    /// Which records have rows while a filter is set.
    pub fn scope(&self) -> Scope {
        self.scope
    }

    /// Whether records are shown that do not match.
    pub fn has_context(&self) -> bool {
        self.scope != Scope::Matches && !self.query.is_all()
    }

    /// Sets which records have rows; fills the view anew as [`View::set_query`] does, if that changes them.
    pub fn set_scope(&mut self, scope: Scope, store: &Store) {
        let changes = self.scope != scope && !self.query.is_all();
        self.scope = scope;
        if changes {
            self.restart(store);
        }
    }

    /// How records are shown that repeat the one before them.
    pub fn repeats(&self) -> Repeats {
        self.repeats
    }

    /// Sets how repeats are shown; to collapse them fills the view anew as [`View::set_query`] does.
    pub fn set_repeats(&mut self, repeats: Repeats, store: &Store) {
        if self.repeats == repeats {
            return;
        }
        self.repeats = repeats;
        match repeats {
            Repeats::Apart => self.listing.spread(),
            Repeats::Collapsed => self.restart(store),
        }
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

    /// The number of rows so far.
    pub fn len(&self) -> usize {
        self.listing.rows().len()
    }

    /// Whether there is no row so far.
    pub fn is_empty(&self) -> bool {
        self.listing.rows().is_empty()
    }

    /// The number of records so far that pass the filter: not that of rows, when repeats are collapsed or context is
    /// shown.
    pub fn matching(&self) -> usize {
        self.listing.matches().len()
    }

    /// The newest record that passes the filter.
    pub fn newest(&self) -> Option<RecordId> {
        let matches = self.listing.matches();
        matches.get(matches.len().checked_sub(1)?).map(|key| key.id)
    }

    /// The number of records that pass the filter and stand behind this one. When it is gone, all do.
    pub fn newer_than(&self, id: RecordId, store: &Store) -> usize {
        let matches = self.listing.matches();
        let seen = match store.segments().key(id).map(|key| matches.position(key)) {
            Some(Ok(at)) => at + 1,
            Some(Err(next)) => next,
            None => 0,
        };
        matches.len() - seen
    }

    /// How many records a row stands for.
    pub fn records_in(&self, position: usize) -> usize {
        let (from, to) = self.listing.run(position);
        to - from
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

    /// Bytes that the indexes have allocated.
    pub fn allocated(&self) -> usize {
        self.listing.allocated()
    }

    /// The record in a row; of several that repeat each other, the first.
    pub fn id_at(&self, position: usize) -> Option<RecordId> {
        self.listing.rows().get(position).map(|key| key.id)
    }

    /// The row of a record, if it is in the view.
    pub fn position(&self, id: RecordId, store: &Store) -> Option<usize> {
        self.listing.row_of(store.segments().key(id)?).ok()
    }

    /// The row of a record, or of the next one in the view that comes after it, or else of the last one.
    pub fn nearest(&self, id: RecordId, store: &Store) -> Option<usize> {
        let position = self.listing.row_of(store.segments().key(id)?).unwrap_or_else(|next| next);
        Some(position.min(self.len().checked_sub(1)?))
    }

    /// The row of the first record that is not before a moment, or else of the last one.
    pub fn position_of_time(&self, moment: Timestamp) -> Option<usize> {
        let key = Key { order: moment, id: RecordId(0) };
        let position = self.listing.row_of(key).unwrap_or_else(|next| next);
        Some(position.min(self.len().checked_sub(1)?))
    }

    /// The records of up to `height` rows, from the row `top` on.
    pub fn window(&self, top: usize, height: usize) -> impl Iterator<Item = RecordId> {
        self.listing.rows().iter_from(top).take(height).map(|key| key.id)
    }

    fn restart(&mut self, store: &Store) {
        let scope = if self.has_context() { self.scope } else { Scope::Matches };
        self.listing = Listing::new(scope, self.repeats);
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
                let mut found = |key: Key, keys: &mut Vec<Key>| match key.id.segment() == segment.serial() {
                    true => near[key.id.row() as usize] = true,
                    false => keys.push(key),
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
