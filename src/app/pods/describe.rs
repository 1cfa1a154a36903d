//! All about one pod: what the cluster says, and until then what the list knows.
//!
//! Owns the lines. Must not know how a cluster is asked or how they are drawn.

use super::look::{restarts_words, try_words};
use super::{App, PodId};
use crate::app::event::Effect;
use crate::app::format::{age, thousands};
use crate::app::{BodyLine, Pane, Role, text};
use crate::model::pods::{Container, ContainerKind, Exit, Pod, StreamState, Want};
use crate::model::time::SECOND;
use crate::parse::text::safe_line;

/// Rows of one line, and lines of a description, at most.
const MOST_ROWS: usize = 12;
const MOST_LINES: usize = 5_000;

/// The open description.
#[derive(Debug)]
pub(in crate::app) struct Described {
    pub(in crate::app) scroll: usize,
    id: PodId,
    /// What the cluster says, in safe lines, or why it says nothing; none until it answered.
    told: Option<Result<Vec<String>, String>>,
}

fn line(text: impl Into<String>, role: Role) -> BodyLine {
    BodyLine { text: text.into(), role }
}

/// `1.2 s`
fn lag_words(lag: i64) -> String {
    format!("{:.1} s behind the times of its lines", lag as f64 / SECOND as f64)
}

fn safe(text: &str) -> String {
    safe_line(text.as_bytes()).into_owned()
}

impl App {
    /// Shows what is known of the pod under the cursor, and asks the cluster for the rest.
    pub(in crate::app) fn describe_pod(&mut self, effects: &mut Vec<Effect>) {
        let Some((id, _)) = self.meant_or_say() else { return };
        effects.push(Effect::Pods(id.0, Want::Describe(id.1.clone())));
        self.pane = Pane::Described(Box::new(Described { scroll: 0, id, told: None }));
    }

    /// The cluster has answered; nobody may wait for it any more.
    pub(super) fn take_description(&mut self, id: &PodId, text: &str) {
        let Pane::Described(described) = &mut self.pane else { return };
        if described.id != *id {
            return;
        }
        let lines =
            text.lines().take(MOST_LINES).map(|line| crate::parse::text::expand_tabs(&safe_tabs(line)).into_owned());
        described.told = Some(Ok(lines.collect()));
    }

    /// Something that was wanted cannot be had: perhaps the description that is waited for.
    pub(super) fn description_fails(&mut self, why: &str) {
        if let Pane::Described(described) = &mut self.pane
            && described.told.is_none()
        {
            described.told = Some(Err(safe(why)));
        }
    }

    /// The description's heading, its lines, and how far they are scrolled, while it is open.
    pub fn described(&self) -> Option<(String, Vec<BodyLine>, usize)> {
        let Pane::Described(described) = &self.pane else { return None };
        let heading = format!("Pod {}", safe(&described.id.1.name));
        Some((heading, self.described_lines(described), described.scroll))
    }

    pub(in crate::app) fn described_count(&self) -> usize {
        self.described().map_or(0, |(_, lines, _)| lines.len())
    }

    fn described_lines(&self, described: &Described) -> Vec<BodyLine> {
        let known = |last: BodyLine| {
            let mut lines = match self.pods.find(&described.id) {
                Some(pod) => self.about(pod),
                None => vec![line("It is no longer listed.", Role::Warn)],
            };
            lines.extend([line("", Role::Text), last]);
            lines
        };
        let lines = match &described.told {
            // It has all that the list knows, too.
            Some(Ok(told)) => told.iter().map(|text| line(text.as_str(), role_of(text))).collect(),
            Some(Err(why)) => known(line(why.as_str(), Role::Error)),
            None => known(line("asking the cluster for conditions and events ...", Role::Dim)),
        };
        let columns = usize::from(self.size.0).saturating_sub(5);
        let wrapped = lines.into_iter().flat_map(|line| {
            let rows = text::wrap_words(&line.text, columns, MOST_ROWS);
            rows.into_iter()
                .map(|row| BodyLine { text: line.text[row].to_owned(), role: line.role })
                .collect::<Vec<_>>()
        });
        wrapped.collect()
    }

    /// What the list knows, with all that it has no room for.
    fn about(&self, pod: &Pod) -> Vec<BodyLine> {
        let mut lines = Vec::new();
        let mut row = |name: &str, text: String, role| {
            if !text.is_empty() {
                lines.push(line(format!("{name:<11}{text}"), role));
            }
        };
        row("namespace", safe(&pod.key.namespace), Role::Text);
        let state = format!("{}, {} of {} ready", safe(&pod.state), pod.ready.0, pod.ready.1);
        row("state", state, Role::Text);
        row("why", safe(&pod.why), Role::Warn);
        row("restarts", restarts_words(pod.restarts, pod.restarted, self.now), Role::Text);
        let owner = pod.owner.as_ref().map(|(kind, name)| format!("{} {}", safe(kind), safe(name)));
        row("owner", owner.unwrap_or_default(), Role::Text);
        row("node", safe(&pod.node), Role::Text);
        let created = pod.created.map(|at| format!("{} ago", age(self.now.0.saturating_sub(at.0))));
        row("created", created.unwrap_or_default(), Role::Text);
        for container in &pod.containers {
            self.about_container(container, &mut lines);
        }
        lines
    }

    fn about_container(&self, container: &Container, lines: &mut Vec<BodyLine>) {
        let kind = match container.kind {
            ContainerKind::Init => "init container",
            ContainerKind::Main => "container",
            ContainerKind::Ephemeral => "ephemeral container",
        };
        lines.push(line("", Role::Text));
        lines.push(line(format!("{kind} {}", safe(&container.name)), Role::Heading));
        let mut row = |name: &str, text: String, role| {
            if !text.is_empty() {
                lines.push(line(format!("  {name:<10}{text}"), role));
            }
        };
        row("image", safe(&container.image), Role::Text);
        let ready = if container.is_ready { ", ready" } else { ", not ready" };
        row("state", format!("{}{ready}", safe(&container.state)), Role::Text);
        row("message", safe(&container.message), Role::Text);
        let exit = container.last_exit.as_ref().map(|exit| self.exit_words(exit));
        row("last exit", exit.unwrap_or_else(|| "none".to_owned()), Role::Text);
        row("restarts", thousands(u64::from(container.restarts)), Role::Text);
        let (words, role) = self.stream_words(&container.stream);
        let lost = match container.gaps {
            0 => String::new(),
            1 => ", lines lost once, how many is not known".to_owned(),
            times => format!(", lines lost {} times, how many is not known", thousands(u64::from(times))),
        };
        row("log", format!("{words}{lost}"), role);
        row("lag", container.lag.map_or_else(String::new, lag_words), Role::Text);
    }

    /// `OOMKilled, exit 137, 2m04s ago, ran 48s`.
    fn exit_words(&self, exit: &Exit) -> String {
        let mut words = vec![safe(&exit.reason), format!("exit {}", exit.code)];
        words.retain(|word| !word.is_empty());
        words.extend(exit.ended.map(|at| format!("{} ago", age(self.now.0.saturating_sub(at.0)))));
        let ran = exit.started.zip(exit.ended).map(|(from, to)| format!("ran {}", age(to.0.saturating_sub(from.0))));
        words.extend(ran);
        let message = safe(&exit.message);
        words.extend((!message.is_empty()).then_some(message));
        words.join(", ")
    }

    fn stream_words(&self, stream: &StreamState) -> (String, Role) {
        match stream {
            StreamState::Off(why) if why.is_empty() => ("not read".to_owned(), Role::Dim),
            StreamState::Off(why) => (format!("not read: {}", safe(why)), Role::Dim),
            StreamState::Opening => ("is being opened".to_owned(), Role::Text),
            StreamState::Following => ("followed".to_owned(), Role::Ok),
            StreamState::Ended => ("read to its end".to_owned(), Role::Text),
            StreamState::Broken { why, tries, next } => {
                (format!("broke: {}, {}", safe(why), try_words(*tries, *next, self.now)), Role::Warn)
            }
            StreamState::Refused(why) => (safe(why), Role::Error),
        }
    }
}

/// A line with its tabs, everything else of it safe.
fn safe_tabs(line: &str) -> String {
    line.split('\t').map(safe).collect::<Vec<_>>().join("\t")
}

/// Headings of a description end in a colon and begin at the edge.
fn role_of(text: &str) -> Role {
    if text.ends_with(':') && !text.starts_with(' ') { Role::Heading } else { Role::Text }
}
