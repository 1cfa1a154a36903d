//! What the embedded database knows: documents, their changes, who may do what.
//!
//! Owns these values and the ways to change them. Must not know gRPC or streams.

use super::faults::Rpc;
use super::grpc::Status;
use super::query::Query;
use super::value::{Fields, Value, path, stamp};
use crate::demo::Clock;
use crate::model::Timestamp;
use googleapis_tonic_google_firestore_v1::google::firestore::v1::value::ValueType;
use googleapis_tonic_google_firestore_v1::google::firestore::v1::{Document, MapValue};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::sync::Arc;
use tokio::sync::watch;

/// Changes that are kept, so that a stream can be resumed.
const MAX_CHANGES: usize = 100_000;

/// The database that is meant when none is named.
const DEFAULT: &str = "(default)";

/// How a resumed stream learns what was deleted meanwhile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Removals {
    /// By name.
    #[default]
    Told,
    /// By the number of documents that are left (an existence filter), as of deletes that are long ago.
    Counted,
}

/// What streams do when something is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Deltas {
    /// They tell what changed, as the real service does.
    #[default]
    Changes,
    /// They reset the target and tell everything anew, as Google's emulator does.
    Resets,
}

/// A document before and after a write. The version is the time of the write in microseconds, and rises.
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub(super) version: i64,
    pub(super) name: String,
    pub(super) before: Option<Arc<Document>>,
    pub(super) after: Option<Arc<Document>>,
}

#[derive(Debug)]
struct Missing {
    collection: String,
    fields: Vec<String>,
}

/// All that the database knows.
pub struct State {
    pub(super) clock: Clock,
    pub(super) removals: Removals,
    pub(super) deltas: Deltas,
    project: String,
    databases: BTreeSet<String>,
    documents: BTreeMap<String, Arc<Document>>,
    changes: VecDeque<Change>,
    /// The newest version, and the oldest that a stream can be resumed from.
    version: i64,
    horizon: i64,
    told: watch::Sender<i64>,
    tokens: BTreeMap<String, bool>,
    denied: BTreeSet<Rpc>,
    missing: Vec<Missing>,
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State").field("documents", &self.documents.len()).finish_non_exhaustive()
    }
}

impl State {
    /// An empty default database of that project, which everybody may read.
    pub fn new(clock: Clock, project: &str) -> Self {
        Self {
            clock,
            removals: Removals::default(),
            deltas: Deltas::default(),
            project: project.to_owned(),
            databases: BTreeSet::from([format!("projects/{project}/databases/{DEFAULT}")]),
            documents: BTreeMap::new(),
            changes: VecDeque::new(),
            version: 0,
            horizon: 0,
            told: watch::Sender::new(0),
            tokens: BTreeMap::new(),
            denied: BTreeSet::new(),
            missing: Vec::new(),
        }
    }

    /// Another database of the project. Its documents are written by their whole names.
    pub fn database(&mut self, id: &str) {
        self.databases.insert(format!("projects/{}/databases/{id}", self.project));
    }

    /// Writes a whole document. `path` is `jobs/settle-1121`, in the default database, or a whole name (`projects/…`).
    /// Returns when it was written, in microseconds since 1970.
    pub fn set(&mut self, path: &str, fields: Fields) -> i64 {
        self.set_at(path, fields, (self.clock)())
    }

    /// The same at a moment of the past. Times of writes rise nevertheless.
    pub fn set_at(&mut self, path: &str, fields: Fields, at: Timestamp) -> i64 {
        let version = self.next(at);
        self.write(path, Some(fields), version);
        self.tell();
        version
    }

    /// Changes some fields of a document, named by their paths (`progress`, `owner.name`); the others stay.
    pub fn update<'n>(&mut self, path: &str, changes: impl IntoIterator<Item = (&'n str, Value)>) -> i64 {
        self.update_at(path, changes, (self.clock)())
    }

    /// The same at a moment of the past.
    pub fn update_at<'n>(
        &mut self,
        path: &str,
        changes: impl IntoIterator<Item = (&'n str, Value)>,
        at: Timestamp,
    ) -> i64 {
        let mut fields = self.get(path).unwrap_or_default();
        for (name, value) in changes {
            place(&mut fields, &self::path(name), value);
        }
        self.set_at(path, fields, at)
    }

    /// Writes several documents at one moment.
    pub fn commit(&mut self, writes: Vec<(String, Option<Fields>)>) -> i64 {
        let version = self.next((self.clock)());
        for (path, fields) in writes {
            self.write(&path, fields, version);
        }
        self.tell();
        version
    }

    /// Deletes a document. Returns whether it was there.
    pub fn delete(&mut self, path: &str) -> bool {
        self.delete_at(path, (self.clock)())
    }

    /// The same at a moment of the past.
    pub fn delete_at(&mut self, path: &str, at: Timestamp) -> bool {
        let was_there = self.documents.contains_key(&self.name(path));
        if was_there {
            let version = self.next(at);
            self.write(path, None, version);
            self.tell();
        }
        was_there
    }

    /// The fields of a document.
    pub fn get(&self, path: &str) -> Option<Fields> {
        Some(self.documents.get(&self.name(path))?.fields.clone())
    }

    /// The names of all documents.
    pub fn names(&self) -> Vec<String> {
        self.documents.keys().cloned().collect()
    }

    /// How a resumed stream learns what was deleted meanwhile.
    pub const fn set_removals(&mut self, removals: Removals) {
        self.removals = removals;
    }

    /// What streams do when something is written.
    pub const fn set_deltas(&mut self, deltas: Deltas) {
        self.deltas = deltas;
    }

    /// Streams cannot be resumed from what was told up to now.
    pub const fn expire_resume_tokens(&mut self) {
        // The next token is a good one.
        self.version += 1;
        self.horizon = self.version;
    }

    /// Calls have to bring this token from now on (or another one that was named).
    pub fn require(&mut self, token: &str) {
        self.tokens.insert(token.to_owned(), true);
    }

    /// The token is not good any more.
    pub fn expire(&mut self, token: &str) {
        self.tokens.insert(token.to_owned(), false);
    }

    /// Nobody may call that any more.
    pub fn deny(&mut self, rpc: Rpc) {
        self.denied.insert(rpc);
    }

    /// What was denied is allowed again.
    pub fn allow_all(&mut self) {
        self.denied.clear();
    }

    /// Queries of that collection which filter or order by all of these fields need an index that is not there.
    pub fn missing_index(&mut self, collection: &str, fields: &[&str]) {
        let fields = fields.iter().map(|&name| name.to_owned()).collect();
        self.missing.push(Missing { collection: collection.to_owned(), fields });
    }

    /// All indexes are there.
    pub fn build_indexes(&mut self) {
        self.missing.clear();
    }

    fn name(&self, path: &str) -> String {
        if path.starts_with("projects/") {
            return path.to_owned();
        }
        format!("projects/{}/databases/{DEFAULT}/documents/{path}", self.project)
    }

    fn next(&self, at: Timestamp) -> i64 {
        (at.0.div_euclid(1000)).max(self.version + 1)
    }

    fn write(&mut self, path: &str, fields: Option<Fields>, version: i64) {
        let name = self.name(path);
        let before = self.documents.get(&name).cloned();
        let after = fields.map(|fields| {
            let now = Some(stamp(Timestamp(version * 1000)));
            let created = before.as_ref().map_or(now, |before| before.create_time);
            Arc::new(Document { name: name.clone(), fields, create_time: created, update_time: now })
        });
        match &after {
            Some(document) => self.documents.insert(name.clone(), Arc::clone(document)),
            None => self.documents.remove(&name),
        };
        self.version = version;
        self.changes.push_back(Change { version, name, before, after });
        if self.changes.len() > MAX_CHANGES
            && let Some(gone) = self.changes.pop_front()
        {
            self.horizon = gone.version;
        }
    }

    fn tell(&self) {
        self.told.send_replace(self.version);
    }

    /// Tells the version whenever something was written.
    pub(super) fn listen(&self) -> watch::Receiver<i64> {
        self.told.subscribe()
    }

    pub(super) const fn version(&self) -> i64 {
        self.version
    }

    /// The time of reading, which is never before the last write.
    pub(super) fn read_time(&self) -> Timestamp {
        Timestamp((self.clock)().0.div_euclid(1000).max(self.version) * 1000)
    }

    /// What was written after that version.
    pub(super) fn since(&self, version: i64) -> impl Iterator<Item = &Change> {
        let first = self.changes.partition_point(|change| change.version <= version);
        self.changes.range(first..)
    }

    /// Whether a stream can be resumed from there.
    pub(super) const fn remembers(&self, version: i64) -> bool {
        version >= self.horizon && version <= self.version
    }

    pub(super) fn document(&self, name: &str) -> Option<&Arc<Document>> {
        self.documents.get(name)
    }

    /// All that match, in order.
    pub(super) fn run(&self, query: &Query) -> Vec<Arc<Document>> {
        query.run(self.below(&query.prefix()).cloned())
    }

    /// All that matched at that version, in order.
    pub(super) fn run_at(&self, query: &Query, version: i64) -> Vec<Arc<Document>> {
        // What was there before the first change after it.
        let mut then: BTreeMap<&str, Option<&Arc<Document>>> = BTreeMap::new();
        for change in self.since(version) {
            then.entry(&change.name).or_insert(change.before.as_ref());
        }
        let prefix = query.prefix();
        let same = self.below(&prefix).filter(|document| !then.contains_key(document.name.as_str()));
        query.run(same.chain(then.values().copied().flatten()).cloned())
    }

    fn below(&self, prefix: &str) -> impl Iterator<Item = &Arc<Document>> {
        let from = self.documents.range::<str, _>((std::ops::Bound::Included(prefix), std::ops::Bound::Unbounded));
        from.take_while(move |(name, _)| name.starts_with(prefix)).map(|(_, document)| document)
    }

    /// Whether a call with this token may be made at all.
    pub(super) fn enter(&self, rpc: Rpc, token: Option<&str>) -> Result<(), Status> {
        let is_known = token.is_some_and(|token| self.tokens.get(token) == Some(&true));
        if !self.tokens.is_empty() && !is_known {
            return match token {
                Some(_) => Err(Status::unauthenticated()),
                None => Err(Status::denied()),
            };
        }
        if self.denied.contains(&rpc) { Err(Status::denied()) } else { Ok(()) }
    }

    /// Whether there is such a database; `name` is that of one, or of something in it.
    pub(super) fn check(&self, name: &str) -> Result<(), Status> {
        let parts: Vec<&str> = name.split('/').collect();
        let ["projects", project, "databases", id, ..] = parts[..] else {
            return Err(Status::invalid(format!("Invalid resource name {name}.")));
        };
        if self.databases.contains(&format!("projects/{project}/databases/{id}")) {
            return Ok(());
        }
        Err(Status::not_found(format!(
            "The database {id} does not exist for project {project} Please visit \
             https://console.cloud.google.com/datastore/setup?project={project} to add a Cloud Datastore or Cloud \
             Firestore database. "
        )))
    }

    /// Whether all indexes are there that the query needs.
    pub(super) fn check_index(&self, query: &Query) -> Result<(), Status> {
        let is_meant = |missing: &&Missing| missing.collection == query.collection && query.uses(&missing.fields);
        let Some(missing) = self.missing.iter().find(is_meant) else { return Ok(()) };
        let project = &self.project;
        // The link holds the index as a message in base64.
        let index = format!(
            "projects/{project}/databases/{DEFAULT}/collectionGroups/{}/indexes/_ {}",
            missing.collection,
            missing.fields.join(" ")
        );
        let index = crate::demo::web::base64(index.as_bytes());
        Err(Status::precondition(format!(
            "The query requires an index. You can create it here: \
             https://console.firebase.google.com/v1/r/project/{project}/firestore/indexes?create_composite={}",
            index.trim_end_matches('=')
        )))
    }
}

/// Puts a value at a path, making maps on the way.
fn place(fields: &mut Fields, path: &[String], value: Value) {
    let Some((first, rest)) = path.split_first() else { return };
    if rest.is_empty() {
        fields.insert(first.clone(), value);
        return;
    }
    let below = fields.entry(first.clone()).or_default();
    let inner = match below.value_type.take() {
        Some(ValueType::MapValue(map)) => map,
        _ => MapValue::default(),
    };
    let ValueType::MapValue(inner) = below.value_type.insert(ValueType::MapValue(inner)) else { return };
    place(&mut inner.fields, rest, value);
}
