//! Moves among pods and between list and lines, and what is asked of a cluster about a pod.
//!
//! Owns where a key leads. Must not know which key, or how it is drawn.

use super::{App, PodId, RowOrder};
use crate::app::action::{Context, Step, scrolled};
use crate::app::event::Effect;
use crate::app::upper;
use crate::model::SourceId;
use crate::model::pods::Want;
use crate::parse::text::safe_line;

impl App {
    /// Whether the keys go to the list of pods.
    pub(in crate::app) fn pods_have_focus(&self) -> bool {
        self.pods.list.has_focus && self.pods_are_shown() && !self.pods.rows.is_empty() && self.tab().detail.is_none()
    }

    /// Where the keys go in the Pods tab, while no pane of it is open.
    pub(in crate::app) fn pods_context(&self) -> Option<Context> {
        if !self.pods_are_shown() || self.tab().detail.is_some() {
            return None;
        }
        Some(if self.pods_have_focus() { Context::Pods } else { Context::PodLines })
    }

    /// To the list of pods, or back to the lines.
    pub(in crate::app) fn next_pods_pane(&mut self) {
        if self.pods.rows.is_empty() {
            return self.say("there is no other pane here");
        }
        if self.pods.list.has_focus {
            return self.focus_lines();
        }
        self.pods.list.is_hidden = false;
        self.focus_pods();
    }

    fn focus_pods(&mut self) {
        self.pods.visit = None;
        self.pods.list.has_focus = true;
        if self.pods.cursor.is_none() {
            self.pods.cursor = self.pods.here().map(|(source, pod)| (source, pod.key.clone()));
        }
    }

    /// What is looked for stands in the lines: the keys go there.
    pub(in crate::app) fn leave_pods_list(&mut self) {
        if self.pods_have_focus() {
            self.focus_lines();
        }
    }

    fn focus_lines(&mut self) {
        self.pods.list.has_focus = false;
        self.pods.arrange(RowOrder::Anew, None);
    }

    /// Shows the list of pods, or takes it away.
    pub(in crate::app) fn show_pods(&mut self) {
        self.pods.list.is_hidden = !self.pods.list.is_hidden;
        if self.pods.list.is_hidden {
            self.focus_lines();
            return self.say("the list of pods is hidden; :pods shows it again");
        }
        self.say("the list of pods is shown");
    }

    /// A move in the list.
    pub(in crate::app) fn pods_go(&mut self, step: Step) {
        let rows = self.layout().and_then(|layout| layout.upper);
        let room = rows.map_or(1, |rows| upper::room(rows, self.size.1));
        let most = self.pods.rows.len().saturating_sub(1);
        self.go_to_pod(scrolled(self.pods.list.row, step, room, most));
    }

    fn go_to_pod(&mut self, row: usize) {
        self.pods.list.row = row.min(self.pods.rows.len().saturating_sub(1));
        self.pods.cursor = self.pods.here().map(|(source, pod)| (source, pod.key.clone()));
    }

    /// A click goes to a pod. `false` when it was elsewhere.
    pub(in crate::app) fn click_pods(&mut self, y: u16) -> bool {
        if !self.pods_are_shown() {
            return false;
        }
        let Some(rows) = self.layout().and_then(|layout| layout.upper) else { return false };
        if !(rows.y..rows.y + rows.height).contains(&y) {
            self.pods.list.has_focus = false;
            return false;
        }
        let room = upper::room(rows, self.size.1);
        let first = rows.y + rows.height - room as u16;
        let row = self.pods.list.top + usize::from(y.saturating_sub(first));
        self.focus_pods();
        if y >= first && row < self.pods.rows.len() {
            self.go_to_pod(row);
        }
        true
    }

    /// Marks the pod with the cursor, and goes on to the next one.
    pub(in crate::app) fn mark_pod(&mut self) {
        if self.pods.here().is_none() {
            return self.say("there is no pod in this row");
        }
        self.toggle_pod();
        self.pods_go(Step::Lines(1));
    }

    /// Shows the lines of all pods.
    pub(in crate::app) fn all_pods(&mut self) {
        self.unmark_pods();
    }

    /// Shows only the lines of the pod with the cursor.
    pub(in crate::app) fn only_pod(&mut self) {
        if !self.visit_pod() {
            return self.say("there is no pod in this row");
        }
        self.pods.list.has_focus = false;
        let back = self.key_of("cancel");
        self.say(format!("only this pod's lines: {back} goes back"));
    }

    /// The pod and container that is meant: that of the list's cursor, or of the line's.
    fn meant(&self) -> Option<(PodId, Option<String>)> {
        if self.pods_have_focus() {
            let (source, pod) = self.pods.here()?;
            return Some(((source, pod.key.clone()), None));
        }
        let origin = self.engine.store().record(self.tab().view.cursor()?)?.origin;
        let owner = self.pods.names.get(origin)?;
        Some((owner.pod.clone(), Some(owner.container.clone())))
    }

    /// The pod that is meant; says so when there is none.
    pub(super) fn meant_or_say(&mut self) -> Option<(PodId, Option<String>)> {
        let meant = self.meant();
        if meant.is_none() {
            self.say(if self.pods_have_focus() {
                "there is no pod in this row"
            } else {
                "the line under the cursor is of no pod"
            });
        }
        meant
    }

    /// Asks for the log of the run before.
    pub(in crate::app) fn previous_run(&mut self, effects: &mut Vec<Effect>) {
        let Some((id, container)) = self.meant_or_say() else { return };
        let name = safe_line(id.1.name.as_bytes()).into_owned();
        if let Some(pod) = self.pods.find(&id) {
            let is_meant = |name: &str| container.as_deref().is_none_or(|container| container == name);
            let mut meant = pod.containers.iter().filter(|container| is_meant(&container.name)).peekable();
            let is_first =
                |container: &crate::model::pods::Container| container.restarts == 0 && container.last_exit.is_none();
            if meant.peek().is_some() && meant.all(is_first) && pod.restarts == 0 {
                return self.say(format!("{name} has no previous run: nothing of it was started again"));
            }
        }
        let (source, pod) = id;
        effects.push(Effect::Pods(source, Want::Previous { pod, container }));
        self.say(format!("asking for the previous run of {name} ..."));
    }

    /// Asks all clusters now. A question that was left comes back.
    pub(in crate::app) fn refresh_pods(&mut self, effects: &mut Vec<Effect>) {
        if !self.pods.questions.is_empty() {
            self.pods.is_postponed = false;
            return;
        }
        effects.extend(self.pods.clusters.keys().map(|source| Effect::Pods(*source, Want::Refresh)));
        self.pods.arrange(RowOrder::Anew, None);
        self.say(if self.pods.clusters.len() > 1 { "asking the clusters ..." } else { "asking the cluster ..." });
    }

    /// The source that another namespace or context is wanted of: that of the cursor's row, or else the first.
    fn switched(&self) -> Option<SourceId> {
        let here = self.pods.here().map(|(source, _)| source).filter(|_| self.pods.list.has_focus);
        let at_row = match self.pods.rows.get(self.pods.list.row) {
            Some(super::RowAt::Bare(source) | super::RowAt::Problem(source, _)) if self.pods.list.has_focus => {
                Some(*source)
            }
            _ => None,
        };
        here.or(at_row).or_else(|| self.pods.clusters.keys().next().copied())
    }

    /// The namespaces that can be gone to, each with what it is.
    pub(in crate::app) fn namespaces(&self) -> Vec<(String, String)> {
        let Some(cluster) = self.switched().and_then(|source| self.pods.clusters.get(&source)) else {
            return Vec::new();
        };
        let own = &cluster.scope.namespace;
        let doc = |name: &str| if name == own { "it is shown now".to_owned() } else { String::new() };
        let names = cluster.places.namespaces.iter().filter(|name| !name.is_empty());
        let mut rows: Vec<_> = names.map(|name| (name.clone(), doc(name))).collect();
        let all = if own.is_empty() { "all namespaces; they are shown now" } else { "all namespaces" };
        rows.push(("*".to_owned(), all.to_owned()));
        rows
    }

    /// The contexts that can be gone to.
    pub(in crate::app) fn contexts(&self) -> Vec<(String, String)> {
        let Some(cluster) = self.switched().and_then(|source| self.pods.clusters.get(&source)) else {
            return Vec::new();
        };
        let own = &cluster.scope.context;
        let doc = |name: &str| if name == own { "it is shown now".to_owned() } else { String::new() };
        cluster.places.contexts.iter().map(|name| (name.clone(), doc(name))).collect()
    }

    /// `:ns NAME`: to another namespace of the same cluster.
    ///
    /// # Errors
    /// There is no cluster, or no name.
    pub(in crate::app) fn go_to_namespace(&mut self, words: &str, effects: &mut Vec<Effect>) -> Result<(), String> {
        let name = words.trim();
        if name.is_empty() {
            return Err("ns takes the name of a namespace, or * for all of them".to_owned());
        }
        if name.contains(char::is_whitespace) {
            return Err(format!("`{}` is no name of a namespace", safe_line(name.as_bytes())));
        }
        let source = self.switched().ok_or("no cluster is open: logdeck pods:NAMESPACE opens one")?;
        let namespace = if name == "*" { String::new() } else { name.to_owned() };
        self.switch(source, Want::Namespace(namespace), effects);
        let place = if name == "*" { "all namespaces".to_owned() } else { format!("namespace {name}") };
        self.say(format!("going to {} ...", safe_line(place.as_bytes())));
        Ok(())
    }

    /// `:ctx NAME`: to another context of the kubeconfig.
    ///
    /// # Errors
    /// There is no cluster, or no context of that name.
    pub(in crate::app) fn go_to_context(&mut self, words: &str, effects: &mut Vec<Effect>) -> Result<(), String> {
        let name = words.trim();
        if name.is_empty() {
            return Err("ctx takes the name of a context of the kubeconfig".to_owned());
        }
        let source = self.switched().ok_or("no cluster is open: logdeck pods:NAMESPACE opens one")?;
        let known =
            self.pods.clusters.get(&source).map(|cluster| cluster.places.contexts.as_slice()).unwrap_or_default();
        if !known.is_empty() && !known.iter().any(|context| context == name) {
            let known: Vec<_> = known.iter().take(8).map(String::as_str).collect();
            let text = format!("no context `{name}`: there are {}", known.join(", "));
            return Err(safe_line(text.as_bytes()).into_owned());
        }
        self.switch(source, Want::Context(name.to_owned()), effects);
        self.say(format!("going to context {} ...", safe_line(name.as_bytes())));
        Ok(())
    }

    fn switch(&mut self, source: SourceId, want: Want, effects: &mut Vec<Effect>) {
        self.active = Self::index_of(crate::model::address::Tab::Pods);
        self.forget_marks(source);
        self.pods.visit = None;
        self.pods.questions.retain(|(of, _)| *of != source);
        if let Some(cluster) = self.pods.clusters.get_mut(&source) {
            cluster.since = self.now;
        }
        self.pods.list.tallest = 0;
        effects.push(Effect::Pods(source, want));
    }
}
