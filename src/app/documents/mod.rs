//! Documents of a database: what services tell about the queries, and the pane with the change under the cursor.
//!
//! Owns that state and its changes by news. The pane and moves in it are in `change`, words in `words`, the versions of each
//! document in `versions`, what is copied in `json`. Must not know how a database is asked, or colours.
//!
//! # How the runtime drives it
//!
//! Changes come as records. [`SourceMsg::Documents`](crate::model::SourceMsg::Documents) brings what else a source tells;
//! [`Effect::Documents`](super::event::Effect::Documents) says what is wanted of it.

mod change;
mod json;
mod versions;
mod words;

pub use change::ChangeView;

use super::App;
use super::action::Context;
use super::detail::Detail;
use super::event::Effect;
use crate::model::address::Tab;
use crate::model::documents::{News, Scope, Want};
use crate::model::{SourceId, Timestamp};
use crate::parse::text::safe_line;
use crate::store::Appended;
use std::collections::BTreeMap;
use versions::Versions;

/// Everything about documents.
#[derive(Debug)]
pub(super) struct Documents {
    places: BTreeMap<SourceId, Place>,
    /// The change under the cursor.
    pane: Detail,
    wanted: Wanted,
    versions: Versions,
}

/// One source of documents.
#[derive(Debug, Default)]
struct Place {
    scope: Scope,
    /// When it was first heard of.
    since: Timestamp,
}

/// Whether the pane is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    /// Where there is room.
    Auto,
    Hidden,
    Shown,
}

impl Default for Documents {
    fn default() -> Self {
        Self { places: BTreeMap::new(), pane: Detail::new(), wanted: Wanted::Auto, versions: Versions::default() }
    }
}

impl Place {
    /// Whether asking fails, and goes on.
    fn is_failing(&self) -> bool {
        let scope = &self.scope;
        !scope.problems.is_empty() && (scope.next.is_some() || scope.last.is_none())
    }

    /// Whether all reads of this hour were spent.
    fn is_spent(&self) -> bool {
        self.scope.budget > 0 && self.scope.reads >= self.scope.budget
    }
}

impl Documents {
    /// Whether any source of documents has told something.
    pub(super) fn is_on(&self) -> bool {
        !self.places.is_empty()
    }

    /// Whether a database does not answer as it should, or may not be asked any more.
    pub(super) fn has_problem(&self) -> bool {
        self.places.values().any(|place| !place.scope.problems.is_empty() || place.is_spent())
    }
}

impl App {
    /// Whether the Firestore tab shows what sources of documents tell.
    pub(super) fn documents_are_shown(&self) -> bool {
        self.tab().tab == Tab::Firestore && self.documents.is_on()
    }

    /// Whether the lists has nothing but changes of documents.
    pub fn shows_changes(&self) -> bool {
        self.documents_are_shown() && !self.tab().shows_all
    }

    /// Takes news of documents in.
    pub(super) fn documents_news(&mut self, source: SourceId, news: News) {
        let now = self.now;
        let place = self.documents.places.entry(source).or_insert_with(|| Place { since: now, ..Place::default() });
        match news {
            News::Scope(scope) => place.scope = *scope,
            News::Cannot(text) => self.complain(safe_line(text.as_bytes())),
        }
    }

    /// Notes whose versions new records are.
    pub(super) fn note_versions(&mut self, source: SourceId, appended: &Appended) {
        if self.engine.source(source).is_some_and(|source| source.tab() == Tab::Firestore) {
            self.documents.versions.add(self.engine.store(), appended);
        }
    }

    /// Where the keys go in the Firestore tab, while no detail pane is open.
    pub(super) fn documents_context(&self) -> Option<Context> {
        if !self.documents_are_shown() || self.tab().detail.is_some() {
            return None;
        }
        Some(if self.change_has_focus() { Context::Change } else { Context::DocLines })
    }

    /// Asks all databases now.
    pub(super) fn refresh_documents(&mut self, effects: &mut Vec<Effect>) {
        effects.extend(self.documents.places.keys().map(|source| Effect::Documents(*source, Want::Refresh)));
        self.say(if self.documents.places.len() > 1 { "asking for all collections ..." } else { "asking ..." });
    }

    /// Reads older documents.
    pub(super) fn older_documents(&mut self, effects: &mut Vec<Effect>) {
        let places = self.documents.places.iter();
        let has_older = places.filter(|(_, place)| place.scope.has_older).map(|(source, _)| *source);
        let has_older: Vec<_> = has_older.collect();
        if has_older.is_empty() {
            return self.say("there are no older documents than those that were read");
        }
        effects.extend(has_older.into_iter().map(|source| Effect::Documents(source, Want::Older)));
        self.say("reading older documents ...");
    }

    /// Goes on over the budget of reads.
    pub(super) fn spend_reads(&mut self, effects: &mut Vec<Effect>) {
        let places = self.documents.places.iter();
        let spent: Vec<_> =
            places.filter(|(_, place)| place.is_spent()).map(|(source, place)| (*source, place.scope.budget)).collect();
        let Some((_, budget)) = spent.first().copied() else {
            return self.say("reads of this hour are left: nothing has to be spent");
        };
        effects.extend(spent.into_iter().map(|(source, _)| Effect::Documents(source, Want::Spend)));
        let budget = super::format::thousands(budget);
        self.say(format!("up to {budget} more reads this hour: they cost money"));
    }

    /// Opens the page that a problem links to, such as that which makes a missing index. `false` when there is none.
    pub(super) fn open_link(&mut self, effects: &mut Vec<Effect>) -> bool {
        if !self.documents_are_shown() {
            return false;
        }
        let problems = self.documents.places.values().flat_map(|place| &place.scope.problems);
        let Some(link) = problems.filter_map(|problem| super::page::link(problem)).map(str::to_owned).next() else {
            return false;
        };
        effects.push(Effect::OpenPage(link));
        self.say("opening the page ...");
        true
    }
}
