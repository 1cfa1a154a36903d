//! Marks on the rows of a list above the lines: only what marked ones write is shown.
//!
//! Owns how a mark is a part of a tab's filter. Must not know keys or rows.
//!
//! The filter is the only truth. What was ever marked has a token: an origin of its source that never has records. It is marked
//! when the filter's origins have its token; the rest of them follows from what marked ones write to, which grows with time. So
//! going back to an earlier filter brings its marks back, and something marked without any line shows none.

use crate::model::{OriginId, Query, SourceId};
use crate::parse::text::safe_line;
use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;

/// Tokens of what was ever marked, by what it is.
#[derive(Debug)]
pub(super) struct Tokens<K> {
    by_key: HashMap<K, OriginId>,
    known: HashMap<OriginId, Marked>,
}

/// Something that was ever marked.
#[derive(Debug)]
struct Marked {
    /// Safe for a terminal.
    short: String,
    /// What it wrote to: also when it is no longer listed.
    origins: BTreeSet<OriginId>,
}

/// Only the lines of one are shown, until the user goes back.
#[derive(Debug)]
pub(super) struct Visit {
    /// The filter while that is so, but for its origins, and the origins before.
    pub(super) query: Query,
    pub(super) before: Vec<OriginId>,
}

impl<K> Default for Tokens<K> {
    fn default() -> Self {
        Self { by_key: HashMap::new(), known: HashMap::new() }
    }
}

impl<K: Eq + Hash> Tokens<K> {
    /// The token of a row: a new one takes the highest number that its source has left.
    pub(super) fn of(&mut self, source: SourceId, key: K, short: &str) -> OriginId {
        if let Some(token) = self.by_key.get(&key) {
            return *token;
        }
        let token = OriginId::new(source, OriginId::MAX_LOCAL - self.by_key.len() as u32);
        self.by_key.insert(key, token);
        let short = safe_line(short.as_bytes()).into_owned();
        self.known.insert(token, Marked { short, origins: BTreeSet::new() });
        token
    }

    /// The tokens in a filter.
    pub(super) fn in_query(&self, query: &Query) -> Vec<OriginId> {
        if self.known.is_empty() {
            return Vec::new();
        }
        query.origins.iter().copied().filter(|origin| self.known.contains_key(origin)).collect()
    }

    /// Whether a row is one of the marked ones.
    pub(super) fn is_marked(&self, key: &K, marks: &[OriginId]) -> bool {
        !marks.is_empty() && self.by_key.get(key).is_some_and(|token| marks.contains(token))
    }

    /// What of these tokens was marked.
    pub(super) fn keys(&self, marks: &[OriginId]) -> Vec<(&K, OriginId)> {
        let all = self.by_key.iter().filter(|(_, token)| marks.contains(token));
        all.map(|(key, token)| (key, *token)).collect()
    }

    /// What is marked by a token writes to these, too.
    pub(super) fn learn(&mut self, token: OriginId, origins: impl IntoIterator<Item = OriginId>) {
        if let Some(marked) = self.known.get_mut(&token) {
            marked.origins.extend(origins);
        }
    }

    /// A filter's origins for these tokens.
    pub(super) fn origins_of(&self, marks: &[OriginId]) -> Vec<OriginId> {
        let known = marks.iter().filter_map(|token| self.known.get(token));
        let origins: BTreeSet<OriginId> = known.flat_map(|marked| marked.origins.iter().copied()).collect();
        marks.iter().copied().chain(origins).collect()
    }

    /// The short names of what is marked, safe for a terminal.
    pub(super) fn names(&self, marks: &[OriginId]) -> Vec<&str> {
        marks.iter().filter_map(|token| Some(self.known.get(token)?.short.as_str())).collect()
    }
}

/// A filter but for its origins.
pub(super) fn without_origins(query: &Query) -> Query {
    Query { origins: Vec::new(), ..query.clone() }
}

/// The marks with one more, or one less where it is there.
pub(super) fn toggled(mut marks: Vec<OriginId>, token: OriginId) -> Vec<OriginId> {
    match marks.iter().position(|mark| *mark == token) {
        Some(at) => {
            marks.remove(at);
        }
        None => marks.push(token),
    }
    marks
}

/// `pod 8mzlp`, `pods 8mzlp, 2xkq9`, `5 pods`; nothing where none is marked.
pub(super) fn in_words(names: &[&str], one: &str) -> Option<String> {
    let short = |name: &str| super::text::shorten(name, 24, '~');
    match names {
        [] => None,
        [name] => Some(format!("{one} {}", short(name))),
        [name, other] => Some(format!("{one}s {}, {}", short(name), short(other))),
        many => Some(format!("{} {one}s", many.len())),
    }
}
