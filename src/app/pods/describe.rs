//! What the list knows about one pod, until its cluster says all.
//!
//! Owns the words. The pane is in `app/described`. Must not know how a cluster is asked or how lines are drawn.

use super::look::{restarts_words, try_words};
use super::{App, PodId};
use crate::app::described::{Subject, line};
use crate::app::event::Effect;
use crate::app::format::{age, thousands};
use crate::app::{BodyLine, Role};
use crate::model::pods::{Container, ContainerKind, Exit, Pod, StreamState, Want};
use crate::model::time::SECOND;
use crate::parse::text::safe_line;

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
        self.describe(Subject::Pod(id));
    }

    /// What the list knows of a pod; nothing where it is no longer listed.
    pub(in crate::app) fn about_pod(&self, id: &PodId) -> Option<Vec<BodyLine>> {
        Some(self.about(self.pods.find(id)?))
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
