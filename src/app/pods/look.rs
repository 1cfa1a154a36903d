//! The list of pods: its columns and rows.
//!
//! Owns where columns stand and what is in them. Must not know colours or glyphs. All text that leaves here is safe for a
//! terminal, and only rows that are on the screen are made.

use super::names::short_of;
use super::words::{ago, nth, plural, stream_trouble};
use super::{App, RowAt};
use crate::app::format::{age, count_in, thousands};
use crate::app::per_origin::Count;
use crate::app::{Role, SPARKS, upper};
use crate::engine::RATE_SECONDS;
use crate::model::pods::{Condition, Pod};
use crate::model::time::SECOND;
use crate::model::{OriginId, SourceId, Timestamp};
use crate::parse::text::safe_line;

/// From this width on a screen has the bars of the last minutes.
const LEAST_FOR_SPARKS: u16 = 100;
/// From this width on it has the last exit.
const LEAST_FOR_EXIT: u16 = 76;
/// How long the time of all bars of a row is.
const SPAN: i64 = 20 * 60 * SECOND;
/// A rate of so many columns: `12.4k`.
const RATE: u16 = 7;

/// The list as it is to be drawn.
#[derive(Clone, Debug, Default)]
pub struct PodsView {
    /// The heading, left and right.
    pub heading: (String, String),
    /// Whether it has the keys.
    pub is_focused: bool,
    /// Whether the row below the heading names the columns.
    pub has_head: bool,
    /// Where columns stand.
    pub columns: PodColumns,
    /// The rows on the screen.
    pub rows: Vec<PodRow>,
}

/// Where the columns of the pods stand: their first column, and how many they have; 0 for one that is not there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PodColumns {
    /// The pod.
    pub name: (u16, u16),
    /// The context, when there are several.
    pub context: (u16, u16),
    /// How it is.
    pub state: (u16, u16),
    /// How often it was started again, and when last.
    pub restarts: (u16, u16),
    /// How it ended last.
    pub exit: (u16, u16),
    /// Lines a second.
    pub rate: (u16, u16),
    /// Bars of the last minutes.
    pub sparks: (u16, u16),
}

/// A pod, or a problem in its place.
#[derive(Clone, Debug, Default)]
pub struct PodRow {
    /// Whether the cursor is on it.
    pub is_cursor: bool,
    /// Whether it is marked.
    pub is_marked: bool,
    /// Its name.
    pub name: String,
    /// The tint of its name in the lines.
    pub tint: u8,
    /// Its context.
    pub context: String,
    /// How it is.
    pub state: (String, Role),
    /// `6`, and `(41s)` behind it.
    pub restarts: (String, String),
    /// How it ended last, or why it waits.
    pub exit: String,
    /// Lines a second: `88`, `-` where nothing is read, a word where that fails.
    pub rate: (String, Role),
    /// What stands in the place of the bars.
    pub trouble: Option<(String, Role)>,
    /// Records of the last minutes, the oldest first: errors and worse, and all.
    pub sparks: [(u32, u32); SPARKS],
    /// What fills the row when it is no pod.
    pub words: Option<(String, Role)>,
}

impl PodColumns {
    /// Columns for a screen of `width`. They do not follow from what is in them, so that nothing moves.
    fn new(width: u16, has_context: bool) -> Self {
        let is_wide = width >= LEAST_FOR_SPARKS;
        let gap = if width >= 112 { 2 } else { 1 };
        let exit = match width {
            ..LEAST_FOR_EXIT => 0,
            LEAST_FOR_EXIT..112 => 13,
            _ if has_context => 13,
            _ => 16,
        };
        let (state, restarts) = if is_wide { (17, 9) } else { (16, 8) };
        let context = match (has_context, is_wide) {
            (false, _) => 0,
            (true, true) => 12,
            (true, false) => 8,
        };
        let least = if has_context { 112 } else { LEAST_FOR_SPARKS };
        let sparks = if width >= least { SPARKS as u16 } else { 0 };
        let rest = [context, state, restarts, exit, RATE, sparks];
        let taken: u16 = rest.iter().filter(|columns| **columns > 0).map(|columns| columns + gap).sum();
        // Cursor and mark stand before the name, and the last column stays free.
        let name = width.saturating_sub(4 + taken + 1);
        let mut x = 4;
        let mut column = |columns: u16| {
            let at = x;
            x += if columns > 0 { columns + gap } else { 0 };
            (at, columns)
        };
        Self {
            name: column(name),
            context: column(context),
            state: column(state),
            restarts: column(restarts),
            exit: column(exit),
            rate: column(RATE),
            sparks: column(sparks),
        }
    }
}

impl App {
    /// How many rows the list of pods has, of those that it shares with the lines.
    pub(in crate::app) fn rows_of_pods(&self, all: u16) -> u16 {
        if !self.pods_are_shown() || self.pods.rows.is_empty() {
            return 0;
        }
        self.pods.list.rows_of(all, self.size.1)
    }

    /// The list of pods as it is to be drawn, while it is.
    pub fn pods_view(&self) -> Option<PodsView> {
        if !self.pods_are_shown() {
            return None;
        }
        let rows = self.layout()?.upper?;
        let pods = &self.pods;
        let room = upper::room(rows, self.size.1);
        let columns = PodColumns::new(self.size.0, pods.clusters.len() > 1);
        let marks = self.mark_tokens();
        let shown = pods.rows.iter().enumerate().skip(pods.list.top).take(room);
        let rows = shown.map(|(n, at)| PodRow {
            is_cursor: pods.list.has_focus && n == pods.list.row,
            ..self.pod_row(*at, &marks, &columns)
        });
        Some(PodsView {
            heading: self.pods_heading(room),
            is_focused: pods.list.has_focus,
            has_head: upper::head(self.size.1) > 0,
            columns,
            rows: rows.collect(),
        })
    }

    fn pods_heading(&self, room: usize) -> (String, String) {
        let pods = &self.pods;
        let mut left = "Pods".to_owned();
        // What the row under the cursor has no room for.
        if pods.list.has_focus
            && let Some((_, pod)) = pods.here()
        {
            let why = stream_trouble(pod, self.now).map_or_else(|| pod.why.clone(), |(words, _)| words);
            if !why.is_empty() {
                left = format!("{}: {}", safe_line(short_of(pod).as_bytes()), safe_line(why.as_bytes()));
                let columns = usize::from(self.size.0) / 2;
                left.truncate(crate::app::text::piece(&left, 0, columns).text.len());
            }
        }
        let mut right = Vec::new();
        let all = pods.rows.len();
        if all > room {
            let first = if pods.list.has_focus { pods.list.row + 1 } else { room };
            right.push(format!("{} of {}", thousands(first as u64), thousands(all as u64)));
        }
        if pods.list.has_focus {
            right.push(format!("{}: mark", self.key_of("mark-pod")));
            right.push(format!("{}: all", self.key_of("all-pods")));
            right.push(format!("{}: only it", self.key_of("only-pod")));
            right.push(format!("{}: previous run", self.key_of("previous-run")));
            right.push(format!("{}: describe", self.key_of("describe")));
        } else {
            right.push(format!("{}: to the pods", self.key_of("pods-or-lines")));
        }
        (left, right.join("   "))
    }

    fn pod_row(&self, at: RowAt, marks: &[OriginId], columns: &PodColumns) -> PodRow {
        let safe = |text: &str| safe_line(text.as_bytes()).into_owned();
        let cluster_of = |source: SourceId| self.pods.clusters.get(&source);
        let context = |source| if columns.context.1 > 0 { self.context_of(source) } else { String::new() };
        let words = |source, words: String, role| {
            let name = self.context_of(source);
            PodRow { words: Some((format!("{name}: {words}"), role)), ..PodRow::default() }
        };
        match at {
            RowAt::Problem(source, n) => {
                let problem = cluster_of(source).and_then(|cluster| cluster.scope.problems.get(n));
                let failing = cluster_of(source).is_some_and(super::Cluster::is_failing);
                let role = if failing { Role::Error } else { Role::Warn };
                words(source, problem.map(|problem| safe(problem)).unwrap_or_default(), role)
            }
            RowAt::Bare(source) => match cluster_of(source) {
                Some(cluster) if cluster.pods.is_some() => words(source, self.no_pods_words(source), Role::Dim),
                _ => words(source, "listing pods ...".to_owned(), Role::Dim),
            },
            RowAt::Pod(source, at) => {
                let pod = cluster_of(source).and_then(|cluster| cluster.pods.as_ref()?.get(at));
                let Some(pod) = pod else { return PodRow::default() };
                let namespace = cluster_of(source).is_some_and(|cluster| cluster.scope.namespace.is_empty());
                let name =
                    if namespace { format!("{}/{}", pod.key.namespace, pod.key.name) } else { pod.key.name.clone() };
                let own = cluster_of(source).map(|cluster| cluster.scope.context.as_str()).unwrap_or_default();
                let count = self.count_of(pod);
                let trouble = stream_trouble(pod, self.now);
                PodRow {
                    is_marked: !marks.is_empty() && self.is_pod_marked(&(source, pod.key.clone()), marks),
                    name: safe(&name),
                    tint: super::names::tint(own, &pod.key.name),
                    context: context(source),
                    state: (safe(&self.state_words(pod)), role_of(pod)),
                    restarts: restarts(pod, self.now),
                    exit: safe(&exit_words(pod)),
                    rate: rate_words(pod, &count, trouble.as_ref()),
                    trouble,
                    sparks: count.sparks,
                    ..PodRow::default()
                }
            }
        }
    }

    /// `Running`, `Running 1/2`, `Pending 4m`.
    fn state_words(&self, pod: &Pod) -> String {
        let state = if pod.state.is_empty() { "Unknown" } else { &pod.state };
        match pod.condition {
            Condition::Waiting => {
                let since = pod.created.map(|at| format!(" {}", ago(self.now.0.saturating_sub(at.0))));
                format!("{state}{}", since.unwrap_or_default())
            }
            Condition::Well | Condition::Shaky if pod.ready.0 < pod.ready.1 => {
                format!("{state} {}/{}", pod.ready.0, pod.ready.1)
            }
            _ => state.to_owned(),
        }
    }

    /// What was counted of all that a pod writes to.
    fn count_of(&self, pod: &Pod) -> Count {
        let mut sum = Count::default();
        for origin in pod.containers.iter().flat_map(|container| &container.origins) {
            if let Some(count) = self.pods.counts.get(origin) {
                sum.add(count);
            }
        }
        sum
    }

    /// Counts the records of the last minutes by origin.
    pub(in crate::app) fn count_pods(&mut self) {
        if !self.pods.is_on() {
            return;
        }
        let now = self.now;
        let (from, recent) = (now.saturating_add(-SPAN), now.saturating_add(-RATE_SECONDS * SECOND));
        let counts = {
            let is_of_pods = |source: SourceId| self.pods.clusters.contains_key(&source);
            let segments = self.engine.store().segments().iter();
            let young = segments
                .filter(|segment| is_of_pods(segment.source()) && !segment.is_empty() && segment.orders().1 >= from);
            crate::app::per_origin::count(young, (from, now), recent)
        };
        (self.pods.counts, self.pods.counted) = (counts, now);
    }

    /// Whether rates have to fall or bars move, though no record came in.
    pub(in crate::app) fn pods_are_due(&self) -> bool {
        if !self.pods_are_shown() {
            return false;
        }
        let waited = (self.now.0 - self.pods.counted.0).unsigned_abs();
        let all: u64 = self.pods.counts.values().map(|count| count.records).sum();
        let rest = SECOND + all as i64 * crate::app::histogram::NANOS_OF_REST;
        let is_lively = self.pods.counts.values().any(|count| count.recent > 0);
        let least = if is_lively { rest } else { SPAN / SPARKS as i64 };
        all > 0 && waited >= least.unsigned_abs()
    }

    /// What of the list changes with the clock.
    pub(in crate::app) fn pods_pulse(&self) -> String {
        let Some(view) = self.pods_view() else { return String::new() };
        let mut pulse = String::new();
        for row in &view.rows {
            pulse.push_str(&row.restarts.1);
            pulse.push_str(&row.state.0);
            pulse.extend(row.trouble.iter().map(|(words, _)| words.as_str()));
        }
        pulse
    }

    /// Whether something about pods is shown by the second.
    pub(in crate::app) fn pods_show_seconds(&self) -> bool {
        let is_near = |at: Timestamp| (self.now.0.saturating_sub(at.0)).abs() < 120 * SECOND;
        let clusters = || self.pods.clusters.values();
        self.pods_are_shown()
            && (clusters().any(|cluster| {
                let (scope, tally) = (&cluster.scope, &cluster.tally);
                cluster.pods.is_none() || tally.broken > 0 || !scope.problems.is_empty() && scope.next.is_some()
            }) || self.pods.counts.values().any(|count| count.recent > 0)
                || self
                    .pods
                    .rows
                    .iter()
                    .take(64)
                    .enumerate()
                    .any(|(n, _)| self.pods.pod_at(n).is_some_and(|(_, pod)| pod.restarted.is_some_and(is_near))))
    }
}

const fn role_of(pod: &Pod) -> Role {
    match pod.condition {
        Condition::Failing => Role::Error,
        Condition::Shaky if pod.ready.0 < pod.ready.1 => Role::Warn,
        Condition::Waiting => Role::Warn,
        Condition::Shaky | Condition::Well => Role::Text,
        Condition::Over | Condition::Gone => Role::Dim,
    }
}

/// `6` and `(41s)`.
fn restarts(pod: &Pod, now: Timestamp) -> (String, String) {
    let when = pod.restarted.filter(|_| pod.restarts > 0).map(|at| format!("({})", ago(now.0.saturating_sub(at.0))));
    (count_in(u64::from(pod.restarts), 5), when.unwrap_or_default())
}

/// `OOMKilled 137`; of a pod that never ended, why it is as it is.
fn exit_words(pod: &Pod) -> String {
    match &pod.last_exit {
        Some(exit) if exit.reason.is_empty() => format!("exit {}", exit.code),
        Some(exit) => format!("{} {}", exit.reason, exit.code),
        None => pod.why.clone(),
    }
}

fn rate_words(pod: &Pod, count: &Count, trouble: Option<&(String, Role)>) -> (String, Role) {
    use crate::model::pods::StreamState::{Broken, Following, Refused};
    let any =
        |is: fn(&crate::model::pods::StreamState) -> bool| pod.containers.iter().any(|container| is(&container.stream));
    if trouble.is_some() && !any(|stream| matches!(stream, Following)) {
        if any(|stream| matches!(stream, Broken { .. })) {
            return ("broken".to_owned(), Role::Warn);
        }
        if any(|stream| matches!(stream, Refused(_))) {
            return ("refused".to_owned(), Role::Error);
        }
    }
    let is_read = any(|stream| matches!(stream, Following)) || count.recent > 0;
    if !is_read {
        return ("-".to_owned(), Role::Dim);
    }
    let rate = count.recent as f64 / RATE_SECONDS as f64;
    let words = if rate > 0.0 && rate < 9.95 { format!("{rate:.1}") } else { count_in(rate.round() as u64, 7) };
    (if words == "0.0" { "0".to_owned() } else { words }, Role::Text)
}

/// A pod's containers in a word each, for sentences.
pub(super) fn restarts_words(restarts: u32, restarted: Option<Timestamp>, now: Timestamp) -> String {
    let when = restarted.map(|at| format!(", the last one {} ago", age(now.0.saturating_sub(at.0))));
    format!("{}{}", plural(u64::from(restarts), "restart"), when.unwrap_or_default())
}

/// `3rd try in 4s`.
pub(super) fn try_words(tries: u32, next: Timestamp, now: Timestamp) -> String {
    format!("{} try in {}", nth(tries), age(next.0.saturating_sub(now.0)))
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn columns_fit_the_screen() {
        for width in [60, 72, 76, 80, 99, 100, 111, 112, 120, 200] {
            for has_context in [false, true] {
                let at = PodColumns::new(width, has_context);
                let all = [at.name, at.context, at.state, at.restarts, at.exit, at.rate, at.sparks];
                for pair in all.windows(2) {
                    assert!(pair[0].0 + pair[0].1 <= pair[1].0, "{width}: {at:?}");
                }
                assert!(all.iter().all(|(x, columns)| x + columns <= width), "{width}: {at:?}");
                assert!(at.name.1 >= 11, "{width}: {at:?}");
            }
        }
        let at = PodColumns::new(120, false);
        assert_eq!((at.name, at.sparks), ((4, 36), (99, 20)));
    }
}
