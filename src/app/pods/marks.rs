//! Marked pods: only their lines are shown.
//!
//! Owns how a mark is a part of the tab's filter. Must not know keys or rows.
//!
//! The filter is the only truth. A pod that was ever marked has a token: an origin of its source that never has records. A pod
//! is marked when the filter's origins have its token; the rest of them follows from what marked pods write to, which grows
//! with each restart. So going back to an earlier filter brings its marks back, and a marked pod without any line shows none.

use super::{App, PodId};
use crate::app::earlier::Step;
use crate::model::address::Tab;
use crate::model::{OriginId, Query, SourceId};
use crate::parse::text::safe_line;
use std::collections::{BTreeSet, HashMap};

/// Tokens of pods that were ever marked.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    by_pod: HashMap<PodId, OriginId>,
    known: HashMap<OriginId, Marked>,
}

/// A pod that was ever marked.
#[derive(Debug)]
struct Marked {
    /// Safe for a terminal.
    short: String,
    /// What it wrote to: also when it is no longer listed.
    origins: BTreeSet<OriginId>,
}

/// Only one pod's lines are shown, until the user goes back.
#[derive(Debug)]
pub(super) struct Visit {
    /// The filter while that is so, but for its origins, and the marks before.
    query: Query,
    before: Vec<OriginId>,
}

impl Tokens {
    /// The token of a pod: a new one takes the highest number that its source has left.
    fn of(&mut self, id: &PodId, short: &str) -> OriginId {
        if let Some(token) = self.by_pod.get(id) {
            return *token;
        }
        let token = OriginId::new(id.0, OriginId::MAX_LOCAL - self.by_pod.len() as u32);
        self.by_pod.insert(id.clone(), token);
        let short = safe_line(short.as_bytes()).into_owned();
        self.known.insert(token, Marked { short, origins: BTreeSet::new() });
        token
    }
}

impl App {
    /// The tokens of the marked pods.
    pub(super) fn mark_tokens(&self) -> Vec<OriginId> {
        if self.pods.tokens.known.is_empty() {
            return Vec::new();
        }
        let query = self.tabs[Self::index_of(Tab::Pods)].view.query();
        let is_token = |origin: &OriginId| self.pods.tokens.known.contains_key(origin);
        query.origins.iter().copied().filter(is_token).collect()
    }

    /// How many pods are marked.
    pub(in crate::app) fn marked_pods(&self) -> usize {
        self.mark_tokens().len()
    }

    pub(super) fn is_pod_marked(&self, id: &PodId, marks: &[OriginId]) -> bool {
        !marks.is_empty() && self.pods.tokens.by_pod.get(id).is_some_and(|token| marks.contains(token))
    }

    /// Marks the pod with the cursor, or takes its mark away.
    pub(super) fn toggle_pod(&mut self) {
        let Some((source, pod)) = self.pods.here() else { return };
        let (id, short) = ((source, pod.key.clone()), super::names::short_of(pod).to_owned());
        let token = self.pods.tokens.of(&id, &short);
        let mut marks = self.mark_tokens();
        match marks.iter().position(|mark| *mark == token) {
            Some(at) => {
                marks.remove(at);
            }
            None => marks.push(token),
        }
        self.set_marks(&marks, Step::Marks);
    }

    /// Shows only the lines of the pod with the cursor, until [`App::leave_pod`].
    pub(super) fn visit_pod(&mut self) -> bool {
        let Some((source, pod)) = self.pods.here() else { return false };
        let (id, short) = ((source, pod.key.clone()), super::names::short_of(pod).to_owned());
        let before = self.tab().view.query().origins.clone();
        let token = self.pods.tokens.of(&id, &short);
        self.set_marks(&[token], Step::Here);
        self.pods.visit = Some(Visit { query: without_origins(self.tab().view.query()), before });
        true
    }

    /// Goes back from one pod's lines to those that were shown before. `false` when no pod was gone to.
    pub(in crate::app) fn leave_pod(&mut self) -> bool {
        if !self.pods_are_shown() || self.pods.has_focus {
            return false;
        }
        let Some(visit) = self.pods.visit.take() else { return false };
        self.leave_context();
        self.pods.has_focus = true;
        let query = without_origins(self.tab().view.query());
        if query != visit.query || !self.go_back() {
            self.narrow(|query, _| query.origins = visit.before);
        }
        self.message = None;
        true
    }

    /// Takes all marks away.
    pub(super) fn unmark_pods(&mut self) {
        self.pods.visit = None;
        if self.tab().view.query().origins.is_empty() {
            return self.say("no pod is marked: the lines of all are shown");
        }
        self.set_marks(&[], Step::Here);
        self.say("the lines of all pods are shown");
    }

    /// Forgets the marks of a source's pods, whose selection is another one now.
    pub(super) fn forget_marks(&mut self, source: SourceId) {
        let marks: Vec<_> = self.mark_tokens();
        let kept: Vec<_> = marks.iter().copied().filter(|token| token.source() != source).collect();
        if kept.len() < marks.len() {
            self.set_marks(&kept, Step::Here);
        }
    }

    fn set_marks(&mut self, marks: &[OriginId], step: Step) {
        self.learn_origins(marks);
        let origins = self.origins_of(marks);
        self.narrow_by(step, |query, _| query.origins = origins);
    }

    /// What marked pods write to as far as it is known now.
    fn learn_origins(&mut self, marks: &[OriginId]) {
        let pods = &mut self.pods;
        let wanted: HashMap<&PodId, OriginId> = pods
            .tokens
            .by_pod
            .iter()
            .filter(|(_, token)| marks.contains(token))
            .map(|(id, token)| (id, *token))
            .collect();
        for ((source, key), token) in wanted {
            let listed = pods.clusters.get(source).and_then(|cluster| cluster.pods.as_ref());
            let Some(pod) = listed.and_then(|pods| pods.iter().find(|pod| pod.key == *key)) else { continue };
            if let Some(marked) = pods.tokens.known.get_mut(&token) {
                marked.origins.extend(pod.containers.iter().flat_map(|container| &container.origins));
            }
        }
    }

    fn origins_of(&self, marks: &[OriginId]) -> Vec<OriginId> {
        let known = marks.iter().filter_map(|token| self.pods.tokens.known.get(token));
        let origins: BTreeSet<OriginId> = known.flat_map(|marked| marked.origins.iter().copied()).collect();
        marks.iter().copied().chain(origins).collect()
    }

    /// Pods were told: marked ones may write to more now.
    pub(super) fn learn_marks(&mut self) {
        let marks = self.mark_tokens();
        if !marks.is_empty() {
            self.learn_origins(&marks);
            self.refresh_marks();
        }
    }

    /// Lets the filter follow what marked pods write to. That is no step: going back leads to the filter before the marks.
    pub(super) fn refresh_marks(&mut self) {
        let marks = self.mark_tokens();
        if marks.is_empty() {
            return;
        }
        let origins = self.origins_of(&marks);
        let index = Self::index_of(Tab::Pods);
        let query = self.tabs[index].view.query();
        if query.origins == origins {
            return;
        }
        let query = Query { origins, ..query.clone() };
        if let Err((_, problem)) = self.set_query_in(index, &query) {
            return self.complain(problem);
        }
        if index == self.active {
            self.work();
        }
    }

    /// `pod 8mzlp`, `pods 8mzlp, 2xkq9`, `5 pods`; nothing where no pod is marked.
    pub(in crate::app) fn marks_words(&self) -> Option<String> {
        if self.tab().tab != Tab::Pods {
            return None;
        }
        let marks = self.mark_tokens();
        let names: Vec<_> =
            marks.iter().filter_map(|token| Some(self.pods.tokens.known.get(token)?.short.as_str())).collect();
        let short = |name: &str| crate::app::text::shorten(name, 24, '~');
        match names.as_slice() {
            [] => None,
            [one] => Some(format!("pod {}", short(one))),
            [one, two] => Some(format!("pods {}, {}", short(one), short(two))),
            many => Some(format!("{} pods", many.len())),
        }
    }
}

fn without_origins(query: &Query) -> Query {
    Query { origins: Vec::new(), ..query.clone() }
}
