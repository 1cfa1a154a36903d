//! What is said about clusters and pods: scope, health, and what stands in the place of lines.
//!
//! Owns the words. Must not know columns or colours. All that leaves here is safe for a terminal.

use super::look::try_words;
use super::{App, Cluster, Tally};
use crate::app::format::{age, rate, thousands};
use crate::app::status::Health;
use crate::app::{BodyLine, Role};
use crate::engine::Source;
use crate::model::pods::{Condition, Pod, SHOWN_LAG, StreamState};
use crate::model::time::SECOND;
use crate::model::{SourceId, State, Timestamp};
use crate::parse::text::safe_line;

/// From here on it is said that an answer takes long.
const SLOW: i64 = 10 * SECOND;
/// From here on what is shown may be old, when asking fails.
const STALE: i64 = 2 * SECOND;
/// Pods that are named where no line is.
const NAMED: usize = 5;

/// `1 pod`, `11 pods`.
pub(super) fn plural(n: u64, one: &str) -> String {
    let s = if n == 1 { "" } else { "s" };
    format!("{} {one}{s}", thousands(n))
}

/// `1st`, `2nd`, `3rd`, `11th`.
pub(super) fn nth(n: u32) -> String {
    let ending = match (n % 10, n % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{n}{ending}")
}

/// A time span in one number: `41s`, `3m`, `4h`, `12d`.
pub(super) fn ago(nanos: i64) -> String {
    let seconds = nanos.max(0) / SECOND;
    match seconds {
        ..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        3600..86_400 => format!("{}h", seconds / 3600),
        _ => format!("{}d", (seconds / 86_400).min(9_999)),
    }
}

/// What is wrong with the streams of a pod: the worst.
pub(super) fn stream_trouble(pod: &Pod, now: Timestamp) -> Option<(String, Role)> {
    let safe = |text: &str| safe_line(text.as_bytes()).into_owned();
    let refused = pod.containers.iter().find_map(|container| match &container.stream {
        StreamState::Refused(why) => Some((safe(why), Role::Error)),
        _ => None,
    });
    let broken = || {
        pod.containers.iter().find_map(|container| match &container.stream {
            StreamState::Broken { tries, next, .. } => Some((try_words(*tries, *next, now), Role::Warn)),
            _ => None,
        })
    };
    // That nothing is read of a pod that waits needs no words.
    let off = || {
        if pod.condition == Condition::Waiting {
            return None;
        }
        pod.containers.iter().find_map(|container| match &container.stream {
            StreamState::Off(why) if !why.is_empty() => Some((safe(why), Role::Dim)),
            _ => None,
        })
    };
    let late = || {
        let lag = pod.containers.iter().filter_map(|container| container.lag).max()?;
        (lag > SHOWN_LAG).then(|| (format!("lag {}", ago(lag)), Role::Warn))
    };
    refused.or_else(broken).or_else(late).or_else(off)
}

/// `11 pods: 8 ready, 2 crashing, 1 pending`.
fn pods_words(tally: &Tally) -> String {
    let parts = [
        (tally.ready, "ready"),
        (tally.crashing, "crashing"),
        (tally.failing, "failing"),
        (tally.unready, "not ready"),
        (tally.waiting, "pending"),
        (tally.over, "completed"),
        (tally.gone, "gone"),
    ];
    let parts: Vec<_> =
        parts.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{} {word}", thousands(*n as u64))).collect();
    let all = plural(tally.pods as u64, "pod");
    if parts.is_empty() { all } else { format!("{all}: {}", parts.join(", ")) }
}

impl Tally {
    fn sum<'t>(all: impl Iterator<Item = &'t Self>) -> Self {
        let mut sum = Self::default();
        for one in all {
            for (sum, n) in [
                (&mut sum.pods, one.pods),
                (&mut sum.ready, one.ready),
                (&mut sum.unready, one.unready),
                (&mut sum.crashing, one.crashing),
                (&mut sum.failing, one.failing),
                (&mut sum.waiting, one.waiting),
                (&mut sum.over, one.over),
                (&mut sum.gone, one.gone),
                (&mut sum.streams, one.streams),
                (&mut sum.broken, one.broken),
                (&mut sum.refused, one.refused),
                (&mut sum.off, one.off),
            ] {
                *sum += n;
            }
            sum.gaps += one.gaps;
            sum.next = [sum.next, one.next].into_iter().flatten().min_by_key(|(_, at)| *at);
        }
        sum
    }
}

impl Cluster {
    /// `prod-eu1 / payments / deploy/api`; without the context when `is_short`.
    fn place(&self, is_short: bool) -> String {
        let scope = &self.scope;
        let namespace = if scope.namespace.is_empty() { "all namespaces" } else { &scope.namespace };
        let mut parts = vec![namespace];
        if !is_short && !scope.context.is_empty() {
            parts.insert(0, &scope.context);
        }
        if !scope.selection.is_empty() {
            parts.push(&scope.selection);
        }
        safe_line(parts.join(" / ").as_bytes()).into_owned()
    }

    /// `in namespace payments of context prod-eu1 that are selected by app=api`.
    fn in_words(&self) -> String {
        let safe = |text: &str| safe_line(text.as_bytes()).into_owned();
        let scope = &self.scope;
        let mut words = match scope.namespace.as_str() {
            "" => "in any namespace".to_owned(),
            namespace => format!("in namespace {}", safe(namespace)),
        };
        if !scope.context.is_empty() {
            words.push_str(&format!(" of context {}", safe(&scope.context)));
        }
        if !scope.selection.is_empty() {
            words.push_str(&format!(", selected by {}", safe(&scope.selection)));
        }
        words
    }

    /// Whether asking fails, and goes on. What is forbidden for good leaves the rest as it is.
    pub(super) fn is_failing(&self) -> bool {
        !self.scope.problems.is_empty() && (self.scope.next.is_some() || self.pods.is_none())
    }

    /// How long nothing good came, while asking fails.
    fn stale(&self, now: Timestamp) -> Option<i64> {
        let last = self.scope.last.filter(|_| self.is_failing())?;
        Some(now.0.saturating_sub(last.0)).filter(|nanos| *nanos >= STALE)
    }
}

impl App {
    /// What a source's cluster is called.
    pub(super) fn context_of(&self, source: SourceId) -> String {
        let context = self.pods.clusters.get(&source).map(|cluster| cluster.scope.context.as_str()).unwrap_or_default();
        if context.is_empty() {
            let label = self.engine.source(source).map(Source::label).unwrap_or_default();
            return safe_line(label.as_bytes()).into_owned();
        }
        safe_line(context.as_bytes()).into_owned()
    }

    /// What the Pods tab shows, from the longest form to the shortest.
    pub(in crate::app) fn pods_scope(&self) -> Option<Vec<String>> {
        if !self.pods_are_shown() || self.tab().shows_all {
            return None;
        }
        let clusters = || self.pods.clusters.values();
        let pods = pods_words(&Tally::sum(clusters().map(|cluster| &cluster.tally)));
        let is_known = clusters().any(|cluster| cluster.pods.is_some());
        let with = |place: String| if is_known { format!("{place}   {pods}") } else { place };
        let one = |is_short: bool| clusters().map(|cluster| cluster.place(is_short)).collect::<Vec<_>>().join(", ");
        if self.pods.clusters.len() > 1 {
            let count = format!("{} contexts", self.pods.clusters.len());
            let few = format!(
                "{count}   {}",
                plural(self.pods.clusters.values().map(|cluster| cluster.tally.pods as u64).sum(), "pod")
            );
            return Some(vec![with(one(false)), with(count.clone()), few, count]);
        }
        let cluster = clusters().next()?;
        let namespace = safe_line(cluster.scope.namespace.as_bytes()).into_owned();
        let namespace = if namespace.is_empty() { "all namespaces".to_owned() } else { namespace };
        let mut forms = vec![with(one(false)), with(one(true)), with(namespace.clone())];
        if is_known {
            let tally = &cluster.tally;
            let bad = tally.crashing + tally.failing;
            let bad = if bad > 0 { format!(", {bad} crashing") } else { String::new() };
            forms.push(format!("{namespace}   {}{bad}", plural(tally.pods as u64, "pod")));
        }
        forms.push(one(true));
        forms.push(namespace);
        Some(forms)
    }

    /// How asking clusters and reading logs goes; the most urgent first.
    pub(in crate::app) fn pods_health(&self) -> Option<Vec<Health>> {
        if !self.pods_are_shown() || self.tab().shows_all {
            return None;
        }
        let mut parts = Vec::new();
        let part = |text: String, role| Health { text, role };
        let several = self.pods.clusters.len() > 1;
        let clusters = || self.pods.clusters.iter();
        if clusters().any(|(_, cluster)| cluster.scope.is_insecure) {
            parts.push(part("insecure TLS".to_owned(), Role::Error));
        }
        if !self.pods.questions.is_empty() {
            let key = self.key_of("refresh-pods");
            parts.push(part(format!("{key}: may a program run?"), Role::Warn));
        }
        let stale = clusters().filter_map(|(_, cluster)| cluster.stale(self.now)).max();
        parts.extend(stale.map(|nanos| part(format!("stale {}", age(nanos)), Role::Warn)));
        let problems: usize = clusters().map(|(_, cluster)| cluster.scope.problems.len()).sum();
        let first = clusters().find_map(|(source, cluster)| Some((source, cluster, cluster.scope.problems.first()?)));
        if let Some((source, cluster, problem)) = first {
            let name = if several { format!("{}: ", self.context_of(*source)) } else { String::new() };
            let more = if problems > 1 { format!(" (1 of {problems})") } else { String::new() };
            // When, before what: a long sentence is cut, and the list has all of it.
            let next = cluster.scope.next.map(|at| format!("next try in {}", age(at.0.saturating_sub(self.now.0))));
            parts.extend(next.map(|text| part(text, Role::Warn)));
            let words = safe_line(problem.trim_end_matches('.').as_bytes()).into_owned();
            let role = if cluster.is_failing() { Role::Error } else { Role::Warn };
            parts.push(part(format!("{name}{words}{more}"), role));
        }
        // What a source says that has told nothing about its pods.
        for source in self.sources_here().filter(|source| matches!(source.health.state, State::Failed | State::Partial))
        {
            let is_told = self.pods.clusters.get(&source.id()).is_some_and(|c| !c.scope.problems.is_empty());
            if !is_told && !source.health.detail.is_empty() {
                let role = if source.health.state == State::Failed { Role::Error } else { Role::Warn };
                parts.push(part(self.trouble(source, several), role));
            }
        }
        let tally = Tally::sum(clusters().map(|(_, cluster)| &cluster.tally));
        let per_second: f64 = self.sources_here().map(|source| source.rate(self.now)).sum();
        let is_listed = clusters().any(|(_, cluster)| cluster.pods.is_some());
        if is_listed && !clusters().any(|(_, cluster)| cluster.is_failing()) {
            parts.push(part(format!("pods ok {}", rate(per_second)), Role::Ok));
        } else if is_listed {
            parts.push(part(rate(per_second), Role::Text));
        }
        if is_listed {
            parts.push(part(plural(tally.streams as u64, "stream"), Role::Text));
        }
        if tally.broken > 0 {
            let next = tally.next.map(|(tries, at)| format!(" ({})", try_words(tries, at, self.now)));
            parts.push(part(format!("{} reconnecting{}", tally.broken, next.unwrap_or_default()), Role::Warn));
        }
        if tally.refused > 0 {
            parts.push(part(format!("{} refused", thousands(tally.refused as u64)), Role::Error));
        }
        if tally.off > 0 {
            parts.push(part(format!("{} not followed", thousands(tally.off as u64)), Role::Dim));
        }
        if tally.gaps > 0 {
            parts.push(part(plural(u64::from(tally.gaps), "gap"), Role::Warn));
        }
        Some(parts)
    }

    /// `stale 12s`, while a cluster cannot be asked.
    pub fn stale_words(&self) -> Option<String> {
        if !self.pods_are_shown() {
            return None;
        }
        let stale = self.pods.clusters.values().filter_map(|cluster| cluster.stale(self.now)).max();
        stale.map(|nanos| format!("stale {}", age(nanos)))
    }

    /// How many pods' lines are shown, and of which containers: for the heading of the lines.
    pub fn marked_words(&self) -> Option<String> {
        if self.objects_are_shown() {
            return self.marked_objects_words();
        }
        let marked = if self.pods_are_shown() { self.marked_pods() } else { 0 };
        (marked > 0).then(|| format!("{} marked", plural(marked as u64, "pod")))
    }

    /// Why a source has no pods, and what to do.
    pub(super) fn no_pods_words(&self, source: SourceId) -> String {
        let Some(cluster) = self.pods.clusters.get(&source) else { return String::new() };
        let place = cluster.in_words();
        format!("no pods {place}")
    }

    /// What stands in the place of the lines, while there is none.
    pub(in crate::app) fn pods_body(&self) -> Option<Vec<BodyLine>> {
        if !self.pods_are_shown() {
            return None;
        }
        let line = |text: String, role| BodyLine { text, role };
        let mut lines: Vec<BodyLine> = Vec::new();
        for (source, cluster) in &self.pods.clusters {
            if !lines.is_empty() {
                lines.push(line(String::new(), Role::Text));
            }
            let place = cluster.in_words();
            let asked = self.pods.questions.iter().any(|(of, _)| of == source);
            match &cluster.pods {
                _ if asked => {
                    let text = format!("Context {} waits for an answer.", self.context_of(*source));
                    lines.push(line(text, Role::Heading));
                    let key = self.key_of("refresh-pods");
                    lines.push(line(
                        format!("Its kubeconfig wants to run a program for credentials. {key} shows the question."),
                        Role::Text,
                    ));
                }
                None if !cluster.scope.problems.is_empty() => {
                    lines.push(line(format!("No pods are known {place}."), Role::Heading));
                }
                None => {
                    let waited = self.now.0.saturating_sub(cluster.since.0);
                    lines.push(line(format!("Listing pods {place} ... {}", age(waited)), Role::Heading));
                    if waited >= SLOW {
                        let server = safe_line(cluster.scope.server.as_bytes()).into_owned();
                        let since = self.moment(cluster.since);
                        lines.push(line(format!("{server} has not answered since {since}."), Role::Warn));
                    }
                }
                Some(pods) if pods.is_empty() => {
                    lines.push(line(format!("No pods {place}."), Role::Heading));
                    lines.push(line("They appear here by themselves.".to_owned(), Role::Text));
                    lines.push(line(String::new(), Role::Text));
                    lines.push(line(
                        ":ns NAME    goes to another namespace; :ns * to all of them".to_owned(),
                        Role::Dim,
                    ));
                    lines.push(line(":ctx NAME   goes to another context of the kubeconfig".to_owned(), Role::Dim));
                }
                Some(pods) => {
                    let text = format!("No line so far from {} {place}.", plural(pods.len() as u64, "pod"));
                    lines.push(line(text, Role::Heading));
                    let silent = pods.iter().filter_map(|pod| Some((pod, self.silence(pod)?)));
                    for (pod, (why, role)) in silent.take(NAMED) {
                        let name = safe_line(super::names::short_of(pod).as_bytes()).into_owned();
                        lines.push(line(format!("   {name}   {why}"), role));
                    }
                }
            }
            for problem in &cluster.scope.problems {
                lines.push(line(safe_line(problem.as_bytes()).into_owned(), Role::Error));
            }
            if let Some(next) = cluster.scope.next.filter(|_| !cluster.scope.problems.is_empty()) {
                let (key, wait) = (self.key_of("refresh-pods"), age(next.0.saturating_sub(self.now.0)));
                lines.push(line(format!("Next try in {wait}; {key} tries now."), Role::Text));
            }
        }
        Some(lines)
    }

    /// What stands in the place of the lines of marked pods that have none; nothing when other parts filter, too.
    pub(in crate::app) fn marked_body(&self) -> Option<Vec<BodyLine>> {
        let words = self.marks_words().filter(|_| self.pods_are_shown())?;
        let query = self.tab().view.query();
        let only_marks = crate::model::Query { origins: query.origins.clone(), ..Default::default() };
        if *query != only_marks {
            return None;
        }
        let mut lines = vec![BodyLine { text: format!("No line so far from {words}."), role: Role::Heading }];
        let tokens = self.mark_tokens();
        for (source, cluster) in &self.pods.clusters {
            let pods = cluster.pods.iter().flat_map(|pods| pods.iter());
            let marked = pods.filter(|pod| self.is_pod_marked(&(*source, pod.key.clone()), &tokens));
            for pod in marked.take(NAMED) {
                let (why, role) = self.silence(pod).unwrap_or(("nothing was written so far".to_owned(), Role::Text));
                let name = safe_line(super::names::short_of(pod).as_bytes()).into_owned();
                lines.push(BodyLine { text: format!("   {name}   {why}"), role });
            }
        }
        lines.push(BodyLine { text: String::new(), role: Role::Text });
        let (drop, all) = (self.key_of("cancel"), self.key_of("all-pods"));
        lines.push(BodyLine { text: format!("{drop}   goes back      {all}   shows all pods"), role: Role::Dim });
        Some(lines)
    }

    /// Why nothing can be read of a pod.
    fn silence(&self, pod: &Pod) -> Option<(String, Role)> {
        if let Some((words, role)) = stream_trouble(pod, self.now) {
            return Some((words, role));
        }
        let is_read = pod.containers.iter().any(|container| container.stream == StreamState::Following);
        if is_read {
            return None;
        }
        let state = safe_line(pod.state.as_bytes()).into_owned();
        let why = safe_line(pod.why.as_bytes()).into_owned();
        Some((if why.is_empty() { state } else { format!("{state}: {why}") }, Role::Text))
    }

    /// A time of day as the screen shows times.
    pub(in crate::app) fn moment(&self, at: Timestamp) -> String {
        crate::app::format::time_of_day(at, &self.shown_zone(), crate::app::format::Digits::Seconds)
    }
}
