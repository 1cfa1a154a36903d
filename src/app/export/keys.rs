//! Private keys that go over several records: which records are their middle.
//!
//! Owns the walk over a snapshot. What a key looks like is `render`'s. Must not know who asks.

use crate::model::OriginId;
use crate::parse::text;
use crate::render::{KeyPart, PrivateKey};
use crate::store::{RecordId, Segments};
use std::collections::{HashMap, HashSet};

/// How many records of the same origin are looked back for the beginning of a key.
const LOOK_BACK: usize = 400;

/// What begins and ends a key.
const MARKER: &[u8] = b"PRIVATE KEY";

/// All records that are the middle of a key, whether a view shows its first line or not. Costs a search for one word
/// where there is no key.
pub(super) fn middles(segments: &Segments) -> HashSet<RecordId> {
    let mut found = HashSet::new();
    let mut keys: HashMap<OriginId, PrivateKey> = HashMap::new();
    // A source's segments stand in the order of arrival.
    for segment in segments.iter() {
        let batch = segment.batch();
        let open = keys.iter().any(|(origin, key)| key.is_open() && origin.source() == segment.source());
        if !open && memchr::memmem::find(batch.arena(), MARKER).is_none() {
            continue;
        }
        for (row, record) in batch.iter().enumerate() {
            let is_open = keys.get(&record.origin).is_some_and(|key| key.is_open());
            if !is_open && memchr::memmem::find(record.raw, MARKER).is_none() {
                continue;
            }
            if keys.entry(record.origin).or_default().holds(&text::message(&record)) {
                found.insert(segment.id(row));
            }
        }
    }
    found
}

/// Whether one record is the middle of a key.
pub(in crate::app) fn part_of(segments: &Segments, id: RecordId) -> KeyPart {
    let Some(record) = segments.record(id) else { return KeyPart::None };
    if !PrivateKey::could_hold(&text::message(&record)) {
        return KeyPart::None;
    }
    let mut back = Vec::new();
    let mut at = id;
    for _ in 0..LOOK_BACK {
        let Some(before) = segments.prev_in_origin(at) else { break };
        let Some(record) = segments.record(before) else { break };
        at = before;
        back.push(text::message(&record));
        if memchr::memmem::find(record.raw, MARKER).is_some() {
            break;
        }
    }
    let mut key = PrivateKey::default();
    for message in back.iter().rev() {
        key.holds(message);
    }
    if key.holds(&text::message(&record)) { KeyPart::Middle } else { KeyPart::None }
}
