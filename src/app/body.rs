//! What stands in the place of the list while there is no record: start screen, loading, empty, error, not configured.
//!
//! Owns the words: who said it, what is missing, when the next try is. Must not know where they are drawn.

use super::status::{name, progress, state_word};
use super::{App, Role};
use crate::engine::Source;
use crate::model::State;
use crate::model::address::Tab;
use crate::parse::text::{safe, safe_line};

/// What fills the screen between heading and status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// The records.
    List,
    /// These lines.
    Lines(Vec<BodyLine>),
}

/// A line of words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BodyLine {
    /// The words, safe for a terminal.
    pub text: String,
    /// What they are.
    pub role: Role,
}

fn line(text: impl Into<String>, role: Role) -> BodyLine {
    BodyLine { text: text.into(), role }
}

impl App {
    /// What fills the screen now.
    pub fn body(&self) -> Body {
        if !self.tab().view.is_empty() {
            return Body::List;
        }
        Body::Lines(if self.is_start() {
            self.start_screen()
        } else if self.sources_here().next().is_none() {
            self.not_configured()
        } else if self.tab().view.query().is_all() || self.counts().records() == 0 {
            let told = self.pods_body().or_else(|| self.objects_body()).or_else(|| self.documents_body());
            told.unwrap_or_else(|| self.nothing_there())
        } else {
            self.marked_body().or_else(|| self.marked_objects_body()).unwrap_or_else(|| self.nothing_passes())
        })
    }

    /// The first key of an action, for sentences that name it.
    pub(super) fn key_of(&self, id: &str) -> String {
        self.settings.keymap.keys(id).first().map_or_else(|| "(no key)".to_owned(), ToString::to_string)
    }

    fn start_screen(&self) -> Vec<BodyLine> {
        let mut lines = vec![
            line("Nothing is open.", Role::Heading),
            line("", Role::Text),
            line(
                format!("{}   opens the demo: an incident in files that grow while you watch.", self.key_of("demo")),
                Role::Accent,
            ),
            line("", Role::Text),
            line("Or start logdeck with what you want to read:", Role::Text),
            line("", Role::Text),
            line("   logdeck build-logs.zip", Role::Text),
            line("   logdeck /var/log/app/", Role::Text),
            line("   logdeck pods:payments/deploy/api", Role::Text),
            line("   kubectl logs deploy/api | logdeck -", Role::Text),
        ];
        if !self.settings.found.is_empty() {
            lines.push(line("", Role::Text));
            lines.push(line("Found here", Role::Heading));
            lines.push(line("", Role::Text));
            let found = self.settings.found.iter();
            lines.extend(found.map(|found| line(format!("   {}", safe_line(found.as_bytes())), Role::Text)));
        }
        lines
    }

    fn not_configured(&self) -> Vec<BodyLine> {
        let tab = self.tab().tab;
        let mut lines =
            vec![line(format!("{}: nothing is open in this tab.", tab.title()), Role::Heading), line("", Role::Text)];
        let needs = self.settings.tabs.iter().find(|info| info.tab == tab);
        match needs {
            Some(info) => {
                let needs = safe(info.needs.as_bytes());
                lines.extend(needs.lines().map(|needs| line(needs, Role::Text)));
            }
            None if tab == Tab::Summary => {
                let words = "Summaries of what the other tabs hold are not in this version yet.";
                lines.push(line(words, Role::Text));
            }
            None if tab == Tab::Ci => {
                let words = [
                    "No repository is watched. Start logdeck in a clone whose remote is on GitHub or GitLab, or name one:",
                    "logdeck github:OWNER/REPO   logdeck gitlab:GROUP/PROJECT",
                ];
                lines.extend(words.map(|words| line(words, Role::Text)));
            }
            None => lines.push(line("No source of this kind was given.", Role::Text)),
        }
        let others: Vec<_> =
            Tab::ALL.into_iter().filter(|other| self.engine.sources().any(|s| s.tab() == *other)).collect();
        if let Some(other) = others.first() {
            let key = self.key_of(match other {
                Tab::Gcs => "tab-gcs",
                Tab::Firestore => "tab-firestore",
                Tab::Pods => "tab-pods",
                Tab::Ci => "tab-ci",
                Tab::Summary => "tab-summary",
            });
            lines.push(line("", Role::Text));
            lines.push(line(format!("{key}   goes to {}, which has something.", other.title()), Role::Dim));
        }
        lines
    }

    /// No record yet, or none at all: each source says how it is.
    fn nothing_there(&self) -> Vec<BodyLine> {
        let sources: Vec<_> = self.sources_here().collect();
        let any = |states: &[State]| sources.iter().any(|source| states.contains(&source.health.state));
        let heading = if any(&[State::Starting, State::Reading]) {
            "Reading: no record so far."
        } else if any(&[State::Following, State::Waiting]) {
            "No record so far. New ones appear here by themselves."
        } else if any(&[State::Failed]) {
            "Nothing could be read."
        } else {
            "No record: what was opened is empty."
        };
        let mut lines = vec![line(heading, Role::Heading), line("", Role::Text)];
        let width = sources.iter().map(|source| super::text::width(&name(source))).max().unwrap_or(0).min(40);
        for source in &sources {
            let label = super::text::shorten(&name(source), width, '~');
            let pad = " ".repeat(width - super::text::width(&label));
            let state = state_word(source.health.state);
            let text = format!("{label}{pad}   {state:<9}{}", self.how_it_is(source));
            let role = match source.health.state {
                State::Failed => Role::Error,
                State::Partial => Role::Warn,
                _ => Role::Text,
            };
            lines.push(line(text.trim_end(), role));
        }
        lines
    }

    fn how_it_is(&self, source: &Source) -> String {
        match source.health.state {
            State::Reading => progress(&[&source]),
            _ => self.trouble(source, false),
        }
    }

    fn nothing_passes(&self) -> Vec<BodyLine> {
        let held = super::format::thousands(self.counts().records());
        let mut lines = match self.filter_progress() {
            Some(progress) => {
                let percent = (progress.of - progress.left) * 100 / progress.of.max(1);
                vec![line(format!("Filtering {held} records: {percent}% done, none passes so far."), Role::Heading)]
            }
            None => vec![line(format!("None of {held} records passes the filter."), Role::Heading)],
        };
        lines.push(line("", Role::Text));
        lines.push(line(format!("filter   {}", self.filter_words()), Role::Text));
        lines.push(line("", Role::Text));
        let (drop, change) = (self.key_of("cancel"), self.key_of("filter"));
        if self.filter_pane().is_none() {
            lines.push(line(format!("{drop}   drops the filter      {change}   changes it"), Role::Dim));
        }
        lines
    }
}
