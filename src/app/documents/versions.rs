//! Which records are versions of the same document.
//!
//! Owns the index from documents to records, as far as they are held. Must not know rows.

use crate::model::{Record, Timestamp};
use crate::store::{Appended, RecordId, Store};
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

/// The name of the field as it is written: with its quotes it stands in no text.
const NAME: &[u8] = b"\"document\":";
/// Bytes of a record in which its document's name is looked for: what stands before it is short.
const HEAD: usize = 4 << 10;
/// Ids of records that are no longer held may be so many before they are looked for.
const SLACK: usize = 10_000;

/// Records by the hash of their document's path.
#[derive(Debug, Default)]
pub(super) struct Versions {
    by_document: HashMap<u64, Vec<RecordId>>,
    hasher: RandomState,
    ids: usize,
    /// Ids that were left when all were looked at last.
    kept: usize,
}

/// The document's path as it is written in a record.
fn document<'r>(record: &Record<'r>) -> Option<&'r [u8]> {
    let head = record.raw.get(..HEAD).unwrap_or(record.raw);
    let start = memchr::memmem::find(head, NAME)? + NAME.len();
    let rest = record.raw.get(start..)?.strip_prefix(b"\"")?;
    let mut at = 0;
    loop {
        at += memchr::memchr2(b'"', b'\\', rest.get(at..)?)?;
        if rest.get(at) == Some(&b'"') {
            return rest.get(..at);
        }
        at += 2;
    }
}

impl Versions {
    /// Notes new records.
    pub(super) fn add(&mut self, store: &Store, appended: &Appended) {
        for (segment, rows) in &appended.added {
            for row in rows.clone() {
                let id = RecordId::new(*segment, row);
                if let Some(document) = store.record(id).as_ref().and_then(document) {
                    let hash = self.hasher.hash_one(document);
                    self.by_document.entry(hash).or_default().push(id);
                    self.ids += 1;
                }
            }
        }
        if self.ids > self.kept * 2 + SLACK {
            self.by_document.retain(|_, ids| {
                ids.retain(|id| store.record(*id).is_some());
                !ids.is_empty()
            });
            self.ids = self.by_document.values().map(Vec::len).sum();
            self.kept = self.ids;
        }
    }

    /// Which version of its document a record is, from 1, and how many are held.
    pub(super) fn place(&self, store: &Store, id: RecordId) -> Option<(usize, usize)> {
        let here = store.record(id)?;
        let ids = self.by_document.get(&self.hasher.hash_one(document(&here)?))?;
        let key = |order: Timestamp, id: RecordId| (order, id);
        let mine = key(here.order, id);
        let (mut before, mut all) = (0, 0);
        for other in ids {
            let Some(record) = store.record(*other) else { continue };
            all += 1;
            before += usize::from(key(record.order, *other) < mine);
        }
        (all > 0).then_some((before + 1, all))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::documents::field;
    use crate::model::{Batch, Meta, OriginId, SourceId};

    #[test]
    fn the_name_is_that_of_the_field() {
        assert_eq!(NAME, format!("\"{}\":", field::DOCUMENT).as_bytes());
    }

    #[test]
    fn versions_are_counted_in_the_order_of_time() {
        let mut store = Store::new(16 << 20);
        let mut versions = Versions::default();
        let mut batch = Batch::default();
        for (n, (document, order)) in
            [(r#"jobs/\"a\\"#, 5), ("jobs/b", 6), (r#"jobs/\"a\\"#, 3), (r#"jobs/\"a\\"#, 9)].iter().enumerate()
        {
            let raw = format!(r#"{{"time":"x","op":"mod","document":"{document}","message":"{n}"}}"#);
            let meta =
                Meta { origin: OriginId::new(SourceId(1), n as u32), order: Timestamp(*order), ..Meta::default() };
            batch.push(&meta, raw.as_bytes());
        }
        batch.push(&Meta { origin: OriginId::new(SourceId(1), 9), ..Meta::default() }, b"no document");
        let appended = store.append(SourceId(1), &batch);
        versions.add(&store, &appended);
        let id = |row| RecordId::new(appended.added[0].0, row);
        let places = [0, 1, 2, 3, 4].map(|row| versions.place(&store, id(row)));
        assert_eq!(places, [Some((2, 3)), Some((1, 1)), Some((1, 3)), Some((3, 3)), None]);
    }
}
