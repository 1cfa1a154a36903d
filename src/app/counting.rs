//! The matches of a search among the records of the tab, counted in slices and kept up to date.
//!
//! Owns the count and where the cursor is in it. Must not know keys or how a record is matched: the matches are a view of
//! their own, of the tab's filter and the search together.

use super::App;
use super::view::View;
use crate::model::OriginId;
use crate::store::{Appended, Store};

/// Records that one slice looks at; a long one counts as several.
const SLICE: usize = 10_000;

/// How many records have what is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Matches {
    /// Which of them the cursor is on, from 1.
    pub at: Option<usize>,
    /// How many there are so far.
    pub of: usize,
    /// Whether every record was looked at.
    pub is_final: bool,
}

/// A count that is under way, or done.
#[derive(Debug)]
pub(super) struct Counting {
    tab: usize,
    text: String,
    /// Its query is the filter of the tab; its matcher asks for the search, too.
    matches: View,
}

impl Counting {
    /// Whether records are left to look at.
    pub(super) fn is_busy(&self) -> bool {
        !self.matches.count_is_final()
    }

    /// Looks at some of them.
    pub(super) fn slice(&mut self, store: &Store) {
        self.matches.advance(store, SLICE);
    }

    /// Records came in, and others went.
    pub(super) fn extend(&mut self, store: &Store, appended: &Appended) {
        self.matches.extend(store, appended);
    }

    /// An origin has a name now.
    pub(super) fn add_origin(&mut self, id: OriginId, name: &str) {
        self.matches.add_origin(id, name);
    }
}

impl App {
    /// The matches of what is highlighted, as far as they are counted.
    pub fn matches(&self) -> Option<Matches> {
        let counting = self.counting.as_ref()?;
        let position = |id| counting.matches.position(id, self.engine.store());
        let at = self.tab().view.cursor().and_then(position).map(|at| at + 1);
        Some(Matches { at, of: counting.matches.len(), is_final: !counting.is_busy() })
    }

    /// Begins to count anew when the search, the tab or its filter is another one.
    pub(super) fn refresh_counting(&mut self) {
        let Some(search) = self.highlight() else {
            self.counting = None;
            return;
        };
        let tab = &self.tabs[self.active];
        let same = |counting: &Counting| {
            counting.tab == self.active
                && counting.text == search.text()
                && counting.matches.query() == tab.view.query()
                && counting.matches.sources() == tab.view.sources()
        };
        if self.counting.as_ref().is_some_and(same) {
            return;
        }
        let mut matches = View::new(tab.view.sources().clone(), self.parser.clone());
        let matcher = tab.view.matcher().clone().and(search.needle().clone());
        matches.set_matcher(tab.view.query().clone(), matcher, self.engine.store());
        let mut counting = Counting { tab: self.active, text: search.text().to_owned(), matches };
        // Enough for most logs, so that the count is there with the key.
        counting.slice(self.engine.store());
        self.counting = Some(counting);
    }
}
