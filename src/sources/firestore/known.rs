//! The documents that are known: their last version, for what changed since, within a bound of memory.
//!
//! Owns the bound. Must not know what a change means.

use super::query::Key;
use super::wire::Document;
use prost::Message as _;
use prost_types::Timestamp as WireTime;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

/// About how many bytes of documents are held; of those beyond only the version is.
const MAX_BYTES: usize = 32 * 1024 * 1024;

/// Bytes in memory for a byte on the wire, about.
const SPREAD: usize = 4;

/// Documents outside of the window whose version is remembered, beside the window's own.
const MAX_OUTSIDE: usize = 20_000;

/// What is known of a document.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// Its version.
    pub(super) version: Option<WireTime>,
    /// Where it stands.
    pub(super) key: Key,
    /// The document itself, as long as there is room.
    pub(super) document: Option<Arc<Document>>,
    /// Whether the query has it now.
    pub(super) is_in: bool,
}

/// All that are known.
#[derive(Debug)]
pub(super) struct Known {
    entries: HashMap<Arc<str>, Entry>,
    /// Those that hold their document, oldest first; some are outdated.
    held: VecDeque<(Arc<str>, Option<WireTime>)>,
    bytes: usize,
    most: usize,
    /// Those that went out of the window, oldest first; some are back in.
    outside: VecDeque<Arc<str>>,
    inside: usize,
}

impl Default for Known {
    fn default() -> Self {
        Self::bounded(MAX_BYTES)
    }
}

impl Known {
    /// One that holds about so many bytes of documents.
    pub(super) fn bounded(most: usize) -> Self {
        let (entries, held, outside) = (HashMap::new(), VecDeque::new(), VecDeque::new());
        Self { entries, held, bytes: 0, most, outside, inside: 0 }
    }

    /// What is known of this one.
    pub(super) fn get(&self, name: &str) -> Option<&Entry> {
        self.entries.get(name)
    }

    /// How many the query has.
    pub(super) const fn inside(&self) -> usize {
        self.inside
    }

    /// Those that the query has.
    pub(super) fn in_window(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values().filter(|entry| entry.is_in)
    }

    /// Takes a version of a document.
    pub(super) fn put(&mut self, key: Key, document: Arc<Document>, is_in: bool) {
        let name = key.name.clone();
        let version = document.update_time;
        self.remove(&name);
        self.bytes += size(&document);
        self.held.push_back((name.clone(), version));
        self.entries.insert(name.clone(), Entry { version, key, document: Some(document), is_in });
        if is_in {
            self.inside += 1;
        } else {
            self.outside.push_back(name);
            self.forget_outside();
        }
        while self.bytes > self.most {
            let Some((name, version)) = self.held.pop_front() else { break };
            if let Some(entry) = self.entries.get_mut(&name)
                && entry.version == version
                && let Some(document) = entry.document.take()
            {
                self.bytes = self.bytes.saturating_sub(size(&document));
            }
        }
        // Versions that were replaced leave their places behind.
        if self.held.len() > 64 + 4 * self.entries.len() {
            let entries = &self.entries;
            self.held.retain(|(name, version)| {
                entries.get(name).is_some_and(|entry| entry.version == *version && entry.document.is_some())
            });
        }
    }

    /// The query has it again, or no more.
    pub(super) fn set_in(&mut self, name: &str, is_in: bool) {
        let Some((name, entry)) = self.entries.get_key_value(name).map(|(name, entry)| (name.clone(), entry.is_in))
        else {
            return;
        };
        if entry == is_in {
            return;
        }
        if let Some(entry) = self.entries.get_mut(&name) {
            entry.is_in = is_in;
        }
        if is_in {
            self.inside += 1;
        } else {
            self.inside -= 1;
            self.outside.push_back(name);
            self.forget_outside();
        }
    }

    /// It is gone.
    pub(super) fn remove(&mut self, name: &str) -> Option<Entry> {
        let entry = self.entries.remove(name)?;
        if entry.is_in {
            self.inside -= 1;
        }
        if let Some(document) = &entry.document {
            self.bytes = self.bytes.saturating_sub(size(document));
        }
        Some(entry)
    }

    fn forget_outside(&mut self) {
        while self.outside.len() > MAX_OUTSIDE {
            let Some(name) = self.outside.pop_front() else { break };
            if self.entries.get(&name).is_some_and(|entry| !entry.is_in) {
                self.remove(&name);
            }
        }
    }
}

fn size(document: &Document) -> usize {
    document.encoded_len() * SPREAD + 256
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::firestore::tests::{doc, moment, text};

    #[test]
    fn documents_beyond_the_bound_are_known_by_version_alone() {
        let mut known = Known::bounded(40_000);
        let put = |known: &mut Known, id: &str, version: &str| {
            let document =
                Document { update_time: Some(moment(version)), ..doc(id, &[("t", text(&"x".repeat(2_000)))]) };
            let name: Arc<str> = document.name.as_str().into();
            known.put(Key { value: None, name: name.clone() }, Arc::new(document), true);
            name
        };
        let first = put(&mut known, "first", "2026-11-21T00:00:00Z");
        for n in 0..20 {
            put(&mut known, &format!("d{n}"), "2026-11-21T00:00:01Z");
        }
        assert_eq!(known.inside(), 21);
        let entry = known.get(&first).unwrap();
        assert!(entry.document.is_none() && entry.version.is_some());
        assert!(known.bytes <= 40_000, "{}", known.bytes);
        for n in 0..1_000 {
            put(&mut known, "d1", &format!("2026-11-21T01:{:02}:{:02}Z", n / 60, n % 60));
        }
        assert!(known.held.len() < 200 && known.bytes <= 40_000);
        known.set_in(&first, false);
        known.set_in(&first, false);
        assert_eq!(known.inside(), 20);
        for n in 0..20 {
            known.remove(&crate::sources::firestore::tests::name(&format!("d{n}")));
        }
        assert_eq!((known.inside(), known.bytes), (0, 0));
    }
}
