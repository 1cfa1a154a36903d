//! A view: which records one tab shows, in which order, and where the cursor is.
//!
//! Owns the filter's progress, cursor and follow; its listing has the rows. Must not know how rows are drawn.
//!
//! A new filter clears the index and fills it in slices ([`View::advance`]), from the records nearest the cursor (the
//! newest ones while following), so that the first screen is there after the first slice. New records are matched as
//! they come ([`View::extend`]), also while that goes on.

mod around;
mod cursor;
mod fill;
mod find;
mod listing;
mod repeat;
mod sources;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_of_rows;

pub use fill::WORK_BYTES;
pub use find::{Direction, Find, Found, Target};
pub use listing::{Repeats, Scope};
pub use sources::SourceSet;

use crate::analysis::matcher::{BadQuery, Matcher};
use crate::model::{OriginId, Query, SourceId, Timestamp};
use crate::parse::Parser;
use crate::store::{Key, RecordId, Store, Tally};
use fill::Todo;
use listing::Listing;

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
        let matcher = Matcher::compile(&query, names)?;
        self.set_matcher(query, matcher, store);
        Ok(())
    }

    /// The same with a filter that is compiled already.
    pub fn set_matcher(&mut self, query: Query, matcher: Matcher, store: &Store) {
        (self.query, self.matcher) = (query, matcher);
        self.restart(store);
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

    /// The records that pass the filter, oldest first, each by itself: what leaves the screen is neither collapsed nor
    /// has it context.
    pub fn matching_records(&self) -> impl Iterator<Item = RecordId> {
        self.listing.matches().iter_from(0).map(|key| key.id)
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

    /// The row whose time is nearest to a moment; of two that are equally near, the later one.
    pub fn nearest_to_time(&self, moment: Timestamp) -> Option<usize> {
        let after = self.position_of_time(moment)?;
        let distance = |row: usize| self.time_at(row).map(|time| time.0.abs_diff(moment.0));
        let before = after.checked_sub(1).filter(|before| distance(*before) < distance(after));
        Some(before.unwrap_or(after))
    }

    /// The time that a row stands at; of several records in it, the first one's.
    pub fn time_at(&self, position: usize) -> Option<Timestamp> {
        self.listing.rows().get(position).map(|key| key.order)
    }

    /// The records of up to `height` rows, from the row `top` on.
    pub fn window(&self, top: usize, height: usize) -> impl Iterator<Item = RecordId> {
        self.listing.rows().iter_from(top).take(height).map(|key| key.id)
    }

    /// Fills the view anew by [`View::advance`], after other records took the place of a source's. The cursor stays where
    /// its record was in time.
    pub fn reload(&mut self, store: &Store) {
        self.restart(store);
    }
}
