//! Marked pods: only their lines are shown.
//!
//! Owns which pods are marked, and what of them is learnt. How a mark is a part of the filter is in `app/tokens`. Must not know
//! keys or rows.

use super::{App, PodId};
use crate::app::earlier::Step;
use crate::app::tokens::{self, Visit, without_origins};
use crate::model::address::Tab;
use crate::model::{OriginId, Query, SourceId};

impl App {
    /// The tokens of the marked pods.
    pub(super) fn mark_tokens(&self) -> Vec<OriginId> {
        self.pods.tokens.in_query(self.tabs[Self::index_of(Tab::Pods)].view.query())
    }

    /// How many pods are marked.
    pub(in crate::app) fn marked_pods(&self) -> usize {
        self.mark_tokens().len()
    }

    pub(super) fn is_pod_marked(&self, id: &PodId, marks: &[OriginId]) -> bool {
        self.pods.tokens.is_marked(id, marks)
    }

    /// Marks the pod with the cursor, or takes its mark away.
    pub(super) fn toggle_pod(&mut self) {
        let Some((source, pod)) = self.pods.here() else { return };
        let (id, short) = ((source, pod.key.clone()), super::names::short_of(pod).to_owned());
        let token = self.pods.tokens.of(source, id, &short);
        let marks = tokens::toggled(self.mark_tokens(), token);
        self.set_marks(&marks, Step::Marks);
    }

    /// Shows only the lines of the pod with the cursor, until [`App::leave_pod`].
    pub(super) fn visit_pod(&mut self) -> bool {
        let Some((source, pod)) = self.pods.here() else { return false };
        let (id, short) = ((source, pod.key.clone()), super::names::short_of(pod).to_owned());
        let before = self.tab().view.query().origins.clone();
        let token = self.pods.tokens.of(source, id, &short);
        self.set_marks(&[token], Step::Here);
        self.pods.visit = Some(Visit { query: without_origins(self.tab().view.query()), before });
        true
    }

    /// Goes back from one pod's lines to those that were shown before. `false` when no pod was gone to.
    pub(in crate::app) fn leave_pod(&mut self) -> bool {
        if !self.pods_are_shown() || self.pods.list.has_focus {
            return false;
        }
        let Some(visit) = self.pods.visit.take() else { return false };
        self.leave_context();
        self.pods.list.has_focus = true;
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
        let origins = self.pods.tokens.origins_of(marks);
        self.narrow_by(step, |query, _| query.origins = origins);
    }

    /// What marked pods write to as far as it is known now.
    fn learn_origins(&mut self, marks: &[OriginId]) {
        let pods = &self.pods;
        let write_to = |(source, key): &PodId| -> Vec<OriginId> {
            let listed = pods.clusters.get(source).and_then(|cluster| cluster.pods.as_ref());
            let pod = listed.and_then(|pods| pods.iter().find(|pod| pod.key == *key));
            pod.into_iter().flat_map(|pod| &pod.containers).flat_map(|one| one.origins.iter().copied()).collect()
        };
        let learnt: Vec<_> = pods.tokens.keys(marks).into_iter().map(|(key, token)| (token, write_to(key))).collect();
        for (token, origins) in learnt {
            self.pods.tokens.learn(token, origins);
        }
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
        if !marks.is_empty() {
            let origins = self.pods.tokens.origins_of(&marks);
            self.follow_origins(Tab::Pods, origins);
        }
    }

    /// Another set of origins for a tab's filter, which is no step.
    pub(in crate::app) fn follow_origins(&mut self, tab: Tab, origins: Vec<OriginId>) {
        let index = Self::index_of(tab);
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
        tokens::in_words(&self.pods.tokens.names(&self.mark_tokens()), "pod")
    }
}
