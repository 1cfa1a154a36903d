//! What a later run has to know, in as few words as it can be said.
//!
//! Owns the parts that cursors name: one for each object whose place matters, and one that stands for all older ones.

use super::catalog::{Catalog, Earlier};
use super::place::{Place, Unit};
use crate::model::objects::ObjectState;
use crate::model::time::SECOND;
use crate::model::{Cursor, Timestamp};
use crate::sources::driver::{Closed, Outlet};
use std::collections::{BTreeMap, BTreeSet};

/// The part that stands for everything written up to some moment. No object is called so: names follow a bucket.
const ALL: &str = "*";

/// Objects may become visible so much later than their time says.
const LATE: i64 = 60 * SECOND;

/// Objects that may still grow and whose places are kept although they are old: the newest ones.
const GROWING: usize = 1000;

/// What was told to be remembered.
pub(super) struct Marks {
    bucket: String,
    /// Names with a place.
    names: BTreeSet<String>,
    mark: Option<Timestamp>,
}

impl Marks {
    /// The marks of a bucket, and what an earlier run left.
    pub(super) fn new(bucket: &str, places: Option<&BTreeMap<String, String>>) -> (Self, Earlier) {
        let start = format!("gs://{bucket}/");
        let mut earlier = Earlier::default();
        for (part, place) in places.into_iter().flatten() {
            if part == ALL {
                earlier.mark = place.parse().ok().map(Timestamp);
            } else if let (Some(name), Ok(place)) = (part.strip_prefix(&start), place.parse::<Place>()) {
                earlier.places.insert(name.to_owned(), place);
            }
        }
        let names = earlier.places.keys().cloned().collect();
        (Self { bucket: bucket.to_owned(), names, mark: earlier.mark }, earlier)
    }

    /// The part of an object.
    pub(super) fn part(&self, name: &str) -> String {
        format!("gs://{}/{name}", self.bucket)
    }

    /// An object was read, at least in part: its place was told.
    pub(super) fn read(&mut self, name: &str) {
        self.names.insert(name.to_owned());
    }

    /// An object need not be remembered.
    pub(super) async fn forget(&mut self, name: &str, out: &Outlet) -> Result<(), Closed> {
        self.names.remove(name);
        out.cursor_async(Cursor { part: self.part(name), place: None }).await
    }

    /// Nothing is going on: what is old enough is said in one word.
    pub(super) async fn quiet(&mut self, catalog: &Catalog, out: &Outlet) -> Result<(), Closed> {
        let Some(mark) = self.next_mark(catalog) else { return Ok(()) };
        let cursor = Cursor { part: ALL.to_owned(), place: Some(mark.0.to_string()) };
        out.cursor_async(cursor).await?;
        self.mark = Some(mark);
        for name in self.needless(catalog, mark) {
            self.forget(&name, out).await?;
        }
        Ok(())
    }

    /// Everything up to here was dealt with; nothing when that was said already.
    fn next_mark(&self, catalog: &Catalog) -> Option<Timestamp> {
        let newest = catalog.newest()?.saturating_add(-LATE);
        let open = catalog.oldest_open().map(|open| open.saturating_add(-1));
        let mark = open.map_or(newest, |open| open.min(newest));
        (Some(mark) > self.mark).then_some(mark)
    }

    /// Names that need not be remembered beside the mark.
    fn needless(&self, catalog: &Catalog, mark: Timestamp) -> Vec<String> {
        let mut needless = Vec::new();
        let mut growing = Vec::new();
        for name in &self.names {
            let Some(known) = catalog.get(name) else {
                needless.push(name.clone());
                continue;
            };
            let is_open =
                matches!(known.state, ObjectState::Partial { has_more: true, .. } | ObjectState::Failed { .. });
            if is_open || known.listed.updated > Some(mark) {
                continue;
            }
            if known.place.unit == Unit::Stored && known.state == ObjectState::Read {
                growing.push((known.listed.updated, name.clone()));
            } else {
                needless.push(name.clone());
            }
        }
        growing.sort_unstable();
        let old = growing.len().saturating_sub(GROWING);
        needless.extend(growing.into_iter().take(old).map(|(_, name)| name));
        needless
    }
}
