//! Pods: what clusters tell about them, which of them is looked at, and which are shown.
//!
//! Owns that state and its changes by news. Rows are in `look`, words in `words`, marks and what they filter in `marks`, moves
//! in `walk`, the question about a kubeconfig's program in `consent`, all about one pod in `describe`, names of origins in
//! `names`. Must not know how a cluster is asked, or colours.
//!
//! # How the runtime drives it
//!
//! [`SourceMsg::Pods`](crate::model::SourceMsg::Pods) brings what a source tells; [`Effect::Pods`](super::event::Effect::Pods) says what is wanted of it.

mod consent;
mod describe;
mod look;
mod marks;
mod names;
mod walk;
mod words;

#[cfg(test)]
mod tests;

pub use consent::Consent;
pub use look::{PodColumns, PodRow, PodsView};
pub use names::TINTS;

pub(super) use consent::Question;

use super::App;
use super::described::Subject;
use super::per_origin::Count;
use super::tokens::{Tokens, Visit};
use super::upper::{self, Upper};
use crate::model::address::Tab;
use crate::model::plugin::Plugin;
use crate::model::pods::{Condition, News, Places, Pod, PodKey, Scope, StreamState};
use crate::model::{OriginId, SourceId, Timestamp};
use crate::parse::text::safe_line;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// The most changes that are kept for marks in the histogram: the newest.
const MAX_CHANGES: usize = 1_000;
/// The most problems of a cluster that have rows.
const MAX_PROBLEMS: usize = 5;

/// A pod of one of the sources.
pub(super) type PodId = (SourceId, PodKey);

/// Everything about pods.
#[derive(Debug, Default)]
pub(super) struct Pods {
    clusters: BTreeMap<SourceId, Cluster>,
    /// All rows, in their order.
    rows: Vec<RowAt>,
    /// The pod with the cursor; nothing on a row without one.
    cursor: Option<PodId>,
    /// The list as it stands on the screen.
    list: Upper,
    tokens: Tokens<PodId>,
    names: names::Origins,
    /// Records of each origin in the last minutes, and when they were counted.
    counts: HashMap<OriginId, Count>,
    counted: Timestamp,
    /// What changed in clusters, the oldest first; the text is safe for a terminal.
    changes: Vec<(Timestamp, String)>,
    /// Programs that wait for an answer.
    questions: Vec<(SourceId, Plugin)>,
    /// Whether the user left the first question unanswered.
    is_postponed: bool,
    visit: Option<Visit>,
}

/// One source of pods.
#[derive(Debug, Default)]
struct Cluster {
    /// Nothing until they were told.
    pods: Option<Arc<Vec<Pod>>>,
    scope: Scope,
    places: Places,
    tally: Tally,
    /// When it was first heard of.
    since: Timestamp,
}

/// What a row of the list stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RowAt {
    /// A problem of a source, by its number.
    Problem(SourceId, usize),
    /// A source without pods, beside others.
    Bare(SourceId),
    /// A pod, by its place.
    Pod(SourceId, usize),
}

/// Whether rows keep their places when news come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RowOrder {
    /// The worst first.
    Anew,
    /// What is there stays; what is new comes last.
    Held,
}

/// What is counted over the pods of a source.
#[derive(Clone, Debug, Default)]
struct Tally {
    pods: usize,
    ready: usize,
    unready: usize,
    crashing: usize,
    failing: usize,
    waiting: usize,
    over: usize,
    gone: usize,
    streams: usize,
    /// Streams that broke, and the one that is opened next: which try that is, and when.
    broken: usize,
    next: Option<(u32, Timestamp)>,
    refused: usize,
    /// Streams that are left out for a reason.
    off: usize,
    gaps: u32,
    /// Whether a pod has several containers.
    has_several: bool,
}

impl Tally {
    fn of(pods: &[Pod]) -> Self {
        let mut tally = Self { pods: pods.len(), ..Self::default() };
        for pod in pods {
            let place = match pod.condition {
                Condition::Failing if pod.restarts > 0 || pod.last_exit.is_some() => &mut tally.crashing,
                Condition::Failing => &mut tally.failing,
                Condition::Waiting => &mut tally.waiting,
                Condition::Over => &mut tally.over,
                Condition::Gone => &mut tally.gone,
                Condition::Shaky if pod.ready.0 < pod.ready.1 => &mut tally.unready,
                Condition::Shaky | Condition::Well => &mut tally.ready,
            };
            *place += 1;
            tally.has_several |= pod.containers.len() > 1;
            for container in &pod.containers {
                tally.gaps += container.gaps;
                match &container.stream {
                    StreamState::Following => tally.streams += 1,
                    StreamState::Refused(_) => tally.refused += 1,
                    StreamState::Off(why) => {
                        let is_expected =
                            matches!(pod.condition, Condition::Waiting | Condition::Over | Condition::Gone);
                        tally.off += usize::from(!why.is_empty() && !is_expected);
                    }
                    StreamState::Broken { tries, next, .. } => {
                        tally.broken += 1;
                        if tally.next.is_none_or(|(_, at)| *next < at) {
                            tally.next = Some((*tries, *next));
                        }
                    }
                    StreamState::Opening | StreamState::Ended => {}
                }
            }
        }
        tally
    }
}

impl Pods {
    /// Whether any source of pods has told something.
    pub(super) fn is_on(&self) -> bool {
        !self.clusters.is_empty()
    }

    /// Whether a cluster does not answer as it should, or waits for an answer.
    pub(super) fn has_problem(&self) -> bool {
        !self.questions.is_empty() || self.clusters.values().any(|cluster| !cluster.scope.problems.is_empty())
    }

    /// The pod of a row.
    fn pod_at(&self, row: usize) -> Option<(SourceId, &Pod)> {
        let RowAt::Pod(source, at) = *self.rows.get(row)? else { return None };
        Some((source, self.clusters.get(&source)?.pods.as_ref()?.get(at)?))
    }

    /// The pod of that name, if it is listed.
    fn find(&self, (source, key): &PodId) -> Option<&Pod> {
        self.clusters.get(source)?.pods.as_ref()?.iter().find(|pod| pod.key == *key)
    }

    /// The pod with the cursor.
    fn here(&self) -> Option<(SourceId, &Pod)> {
        self.pod_at(self.list.row)
    }

    /// Takes the pods of a source as they are now.
    fn take_pods(&mut self, source: SourceId, pods: Arc<Vec<Pod>>, order: RowOrder) {
        let context = self.clusters.get(&source).map(|cluster| cluster.scope.context.clone()).unwrap_or_default();
        for pod in pods.iter() {
            self.names.take(source, &context, pod);
        }
        let tally = Tally::of(&pods);
        let before = self.clusters.entry(source).or_default();
        before.tally = tally;
        let old = before.pods.replace(pods);
        self.arrange(order, Some((source, old.as_deref().map(Vec::as_slice))));
    }

    /// Puts all rows in their order. `old` are the pods that a source had, whose places rows still name.
    fn arrange(&mut self, order: RowOrder, old: Option<(SourceId, Option<&[Pod]>)>) {
        let place = self.list.row.saturating_sub(self.list.top);
        let mut rows = Vec::new();
        let several = self.clusters.len() > 1;
        for (source, cluster) in &self.clusters {
            let has_pods = cluster.tally.pods > 0;
            if has_pods || several {
                let problems = cluster.scope.problems.len().min(MAX_PROBLEMS);
                rows.extend((0..problems).map(|n| RowAt::Problem(*source, n)));
                if !has_pods && problems == 0 {
                    rows.push(RowAt::Bare(*source));
                }
            }
        }
        let first_pod = rows.len();
        let known = |source: &SourceId| self.clusters.get(source).and_then(|cluster| cluster.pods.as_deref());
        let mut is_placed: HashMap<SourceId, Vec<bool>> = HashMap::new();
        for (source, cluster) in &self.clusters {
            is_placed.insert(*source, vec![false; cluster.tally.pods]);
        }
        if order == RowOrder::Held {
            let moved: HashMap<&PodKey, usize> = match &old {
                Some((source, _)) => {
                    known(source).into_iter().flatten().enumerate().map(|(at, pod)| (&pod.key, at)).collect()
                }
                None => HashMap::new(),
            };
            for row in &self.rows {
                let RowAt::Pod(source, at) = row else { continue };
                let at = match &old {
                    Some((changed, pods)) if changed == source => {
                        pods.and_then(|pods| moved.get(&pods.get(*at)?.key).copied())
                    }
                    _ => Some(*at),
                };
                let slot = at.and_then(|at| is_placed.get_mut(source)?.get_mut(at));
                if let (Some(at), Some(slot)) = (at, slot) {
                    *slot = true;
                    rows.push(RowAt::Pod(*source, at));
                }
            }
        }
        let mut new: Vec<(Condition, RowAt)> = Vec::new();
        for (source, cluster) in &self.clusters {
            let is_placed = is_placed.get(source);
            for (at, pod) in cluster.pods.iter().flat_map(|pods| pods.iter().enumerate()) {
                if !is_placed.is_some_and(|placed| placed.get(at).copied().unwrap_or_default()) {
                    new.push((pod.condition, RowAt::Pod(*source, at)));
                }
            }
        }
        // Each source's own order is kept among equals.
        new.sort_by_key(|(condition, _)| *condition);
        rows.extend(new.into_iter().map(|(_, row)| row));
        self.rows = rows;
        let found = self.cursor.as_ref().and_then(|(source, key)| {
            let at = known(source)?.iter().position(|pod| pod.key == *key)?;
            self.rows.iter().position(|row| *row == RowAt::Pod(*source, at))
        });
        // Who has not chosen a pod begins at the worst one.
        let row = match (found, &self.cursor) {
            (Some(row), _) => row,
            (None, None) if !self.list.has_focus => first_pod,
            (None, _) => self.list.row,
        };
        self.list.row = row.min(self.rows.len().saturating_sub(1));
        if found.is_none() && self.cursor.is_some() {
            self.cursor = self.here().map(|(source, pod)| (source, pod.key.clone()));
        }
        if order == RowOrder::Held {
            self.list.top = self.list.row.saturating_sub(place);
        }
        self.list.tallest = self.list.tallest.max(self.rows.len());
    }

    fn order(&self) -> RowOrder {
        if self.list.has_focus { RowOrder::Held } else { RowOrder::Anew }
    }

    /// Notes a change at its place in time.
    fn take_change(&mut self, at: Timestamp, what: &str) {
        let place = self.changes.partition_point(|(other, _)| *other <= at);
        self.changes.insert(place, (at, safe_line(what.as_bytes()).into_owned()));
        if self.changes.len() > MAX_CHANGES {
            self.changes.remove(0);
        }
    }
}

impl App {
    /// Whether the Pods tab shows what clusters tell.
    pub(super) fn pods_are_shown(&self) -> bool {
        self.tab().tab == Tab::Pods && self.pods.is_on()
    }

    /// Changes in clusters, the oldest first, with their times; for marks at the histogram of the Pods tab.
    pub fn changes(&self) -> &[(Timestamp, String)] {
        if self.pods_are_shown() { &self.pods.changes } else { &[] }
    }

    /// Takes news of pods in.
    pub(super) fn pods_news(&mut self, source: SourceId, news: News) {
        let now = self.now;
        let cluster = self.pods.clusters.entry(source).or_insert_with(|| Cluster { since: now, ..Cluster::default() });
        match news {
            News::Pods(pods) => {
                let is_first = cluster.pods.is_none();
                let order = self.pods.order();
                self.pods.take_pods(source, pods, order);
                self.learn_marks();
                if is_first {
                    self.count_pods();
                }
            }
            News::Scope(scope) => {
                if cluster.scope.context != scope.context || cluster.scope.namespace != scope.namespace {
                    cluster.since = now;
                }
                cluster.scope = *scope;
                let order = self.pods.order();
                self.pods.arrange(order, None);
            }
            News::Places(places) => cluster.places = places,
            News::Change(change) => self.pods.take_change(change.at, &change.what),
            News::MayRun(plugin) => {
                if !self.pods.questions.iter().any(|(_, other)| *other == plugin) {
                    self.pods.questions.push((source, plugin));
                    self.pods.is_postponed = false;
                }
            }
            News::Described { pod, text } => self.take_description(&Subject::Pod((source, pod)), &text),
            News::Cannot(text) => {
                self.description_fails(&text);
                self.complain(safe_line(text.as_bytes()));
            }
        }
    }

    /// Puts in order what follows from the rest: the filter of the marks, the rows on the screen, a question that waits.
    pub(super) fn settle_pods(&mut self, by_user: bool) {
        if !self.pods.is_on() {
            return;
        }
        if by_user {
            // An earlier filter may have come back, which knows less of what marked pods write to.
            self.refresh_marks();
        }
        self.ask_consent();
        let room = self.layout().and_then(|layout| layout.upper).map_or(1, |rows| upper::room(rows, self.size.1));
        self.pods.list.settle(room);
    }
}
