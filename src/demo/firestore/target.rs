//! What one target of a stream is told: its first snapshot, then differences.
//!
//! Owns the results of its query, and how they change. Must not know streams.

use super::grpc::Status;
use super::query::Query;
use super::state::{Change, Deltas, Removals, State};
use super::value::stamp;
use googleapis_tonic_google_firestore_v1::google::firestore::v1::listen_response::ResponseType;
use googleapis_tonic_google_firestore_v1::google::firestore::v1::target::query_target::QueryType;
use googleapis_tonic_google_firestore_v1::google::firestore::v1::target::{ResumeType, TargetType};
use googleapis_tonic_google_firestore_v1::google::firestore::v1::target_change::TargetChangeType;
use googleapis_tonic_google_firestore_v1::google::firestore::v1::{
    Document, DocumentChange, DocumentDelete, DocumentRemove, ExistenceFilter, Target as Asked, TargetChange,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What a token begins with.
const TOKEN: &[u8] = b"\x0a\x08";

/// The token to go on from a version with.
pub(super) fn token(version: i64) -> Vec<u8> {
    [TOKEN, &version.to_be_bytes()].concat()
}

fn version_of(token: &[u8]) -> Option<i64> {
    let bytes = token.strip_prefix(TOKEN)?;
    Some(i64::from_be_bytes(bytes.try_into().ok()?))
}

/// What is asked for.
enum Aim {
    Query(Box<Query>),
    Documents(Vec<String>),
}

/// A target of a stream.
pub(super) struct Target {
    id: i32,
    aim: Aim,
    /// All that match, in order, also beyond the limit.
    found: Vec<Arc<Document>>,
}

impl Target {
    /// The target, and what it is told first.
    pub(super) fn new(asked: &Asked, state: &State) -> Result<(Self, Vec<ResponseType>), Status> {
        let id = asked.target_id;
        let aim = match &asked.target_type {
            Some(TargetType::Query(target)) => {
                let Some(QueryType::StructuredQuery(query)) = &target.query_type else {
                    return Err(Status::invalid("a target has no query"));
                };
                let query = Query::new(&target.parent, query)?;
                state.check_index(&query)?;
                Aim::Query(Box::new(query))
            }
            Some(TargetType::Documents(documents)) => Aim::Documents(documents.documents.clone()),
            None => return Err(Status::invalid("a target has neither a query nor documents")),
        };
        let mut target = Self { id, aim, found: Vec::new() };
        target.found = target.run(state);
        let mut out = vec![target.says(TargetChangeType::Add, state, None)];
        let from = match &asked.resume_type {
            Some(ResumeType::ResumeToken(token)) if !token.is_empty() => Some(version_of(token)),
            Some(ResumeType::ReadTime(time)) => {
                let version = time.seconds * 1_000_000 + i64::from(time.nanos) / 1000;
                Some(Some(version.min(state.version())))
            }
            _ => None,
        };
        match from {
            Some(Some(version)) if state.remembers(version) => target.resume(state, version, &mut out),
            Some(_) => {
                out.push(target.says(TargetChangeType::Reset, state, None));
                target.all(&mut out);
            }
            None => {
                target.all(&mut out);
                target.missing(state, &mut out);
            }
        }
        out.push(target.says(TargetChangeType::Current, state, Some(state.version())));
        Ok((target, out))
    }

    fn run(&self, state: &State) -> Vec<Arc<Document>> {
        match &self.aim {
            Aim::Query(query) => state.run(query),
            Aim::Documents(names) => names.iter().filter_map(|name| state.document(name)).cloned().collect(),
        }
    }

    /// What the client is to have.
    fn window<'d>(&self, found: &'d [Arc<Document>]) -> &'d [Arc<Document>] {
        match &self.aim {
            Aim::Query(query) => query.window(found),
            Aim::Documents(_) => found,
        }
    }

    fn says(&self, what: TargetChangeType, state: &State, version: Option<i64>) -> ResponseType {
        ResponseType::TargetChange(TargetChange {
            target_change_type: what.into(),
            target_ids: vec![self.id],
            cause: None,
            resume_token: version.map(token).unwrap_or_default(),
            read_time: version.map(|_| stamp(state.read_time())),
        })
    }

    fn all(&self, out: &mut Vec<ResponseType>) {
        out.extend(self.window(&self.found).iter().map(|document| self.there(document)));
    }

    /// Documents that are asked for by name and are not there.
    fn missing(&self, state: &State, out: &mut Vec<ResponseType>) {
        if let Aim::Documents(names) = &self.aim {
            let gone = names.iter().filter(|name| state.document(name).is_none());
            out.extend(gone.map(|name| self.gone(state, name)));
        }
    }

    fn there(&self, document: &Arc<Document>) -> ResponseType {
        ResponseType::DocumentChange(DocumentChange {
            document: Some(Document::clone(document)),
            target_ids: vec![self.id],
            removed_target_ids: Vec::new(),
        })
    }

    /// A document left the result: it was deleted, or is still there.
    fn gone(&self, state: &State, name: &str) -> ResponseType {
        let (document, removed_target_ids, read_time) =
            (name.to_owned(), vec![self.id], Some(stamp(state.read_time())));
        if state.document(name).is_some() {
            ResponseType::DocumentRemove(DocumentRemove { document, removed_target_ids, read_time })
        } else {
            ResponseType::DocumentDelete(DocumentDelete { document, removed_target_ids, read_time })
        }
    }

    fn resume(&self, state: &State, version: i64, out: &mut Vec<ResponseType>) {
        let old = match &self.aim {
            Aim::Query(query) => state.run_at(query, version),
            Aim::Documents(names) => {
                let mut then: BTreeMap<&str, Option<&Arc<Document>>> = BTreeMap::new();
                for change in state.since(version) {
                    then.entry(&change.name).or_insert(change.before.as_ref());
                }
                let was = |name: &String| then.get(name.as_str()).copied().unwrap_or_else(|| state.document(name));
                names.iter().filter_map(was).cloned().collect()
            }
        };
        let before = out.len();
        self.differences(state, self.window(&old), out);
        if state.removals == Removals::Counted {
            out.retain(|one| !matches!(one, ResponseType::DocumentDelete(_) | ResponseType::DocumentRemove(_)));
        }
        let changed = out.len() > before || state.removals == Removals::Counted;
        if changed {
            let count = self.window(&self.found).len() as i32;
            out.push(ResponseType::Filter(ExistenceFilter { target_id: self.id, count, unchanged_names: None }));
        }
    }

    /// What makes the old result the one of now.
    fn differences(&self, state: &State, old: &[Arc<Document>], out: &mut Vec<ResponseType>) {
        let new = self.window(&self.found);
        let had: BTreeMap<&str, &Arc<Document>> =
            old.iter().map(|document| (document.name.as_str(), document)).collect();
        let has: BTreeSet<&str> = new.iter().map(|document| document.name.as_str()).collect();
        let is_new = |document: &&Arc<Document>| {
            had.get(document.name.as_str()).is_none_or(|known| known.update_time != document.update_time)
        };
        out.extend(new.iter().filter(is_new).map(|document| self.there(document)));
        let left = old.iter().filter(|document| !has.contains(document.name.as_str()));
        out.extend(left.map(|document| self.gone(state, &document.name)));
    }

    /// Takes in what was written at one moment, and tells what came of it.
    pub(super) fn take(&mut self, state: &State, changes: &[&Change]) -> Vec<ResponseType> {
        let mut out = Vec::new();
        let old = self.window(&self.found).to_vec();
        let mut is_touched = false;
        match &self.aim {
            Aim::Query(query) => {
                for change in changes {
                    if let Some(before) = change.before.as_ref().filter(|document| query.matches(document)) {
                        let at = self.found.binary_search_by(|one| query.compare(one, before));
                        is_touched |= at.map(|at| self.found.remove(at)).is_ok();
                    }
                    if let Some(after) = change.after.as_ref().filter(|document| query.matches(document)) {
                        let at = self.found.binary_search_by(|one| query.compare(one, after)).unwrap_or_else(|at| at);
                        self.found.insert(at, Arc::clone(after));
                        is_touched = true;
                    }
                }
            }
            Aim::Documents(names) => {
                is_touched = changes.iter().any(|change| names.contains(&change.name));
                if is_touched {
                    self.found = self.run(state);
                }
            }
        }
        if !is_touched {
            return out;
        }
        match state.deltas {
            Deltas::Changes => self.differences(state, &old, &mut out),
            Deltas::Resets => {
                out.push(self.says(TargetChangeType::Reset, state, None));
                self.all(&mut out);
                out.push(self.says(TargetChangeType::Current, state, Some(state.version())));
            }
        }
        out
    }
}
