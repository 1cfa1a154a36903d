//! May a program of the kubeconfig run? The question, and its answers.
//!
//! Owns that nothing is allowed by accident: the question takes the keys only where no other pane has them, and an answer
//! counts only when the question could have been read. Must not know how a program is run.

use super::App;
use crate::app::event::Effect;
use crate::app::{Pane, text};
use crate::model::pods::Want;
use crate::model::time::SECOND;
use crate::model::{Timestamp, pods};
use crate::parse::text::safe_line;

/// A question has to be on the screen this long before it can be answered with yes: whoever types something else has seen it
/// then.
const TO_READ: i64 = SECOND / 2;

/// The open question.
#[derive(Clone, Copy, Debug)]
pub(in crate::app) struct Question {
    since: Timestamp,
}

/// The question as it is to be drawn. All texts are safe for a terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    /// `Context prod-eu1 wants to run a program for credentials.`
    pub question: String,
    /// The program as the kubeconfig names it, and where that is.
    pub program: String,
    /// The whole command, in rows.
    pub command: Vec<String>,
    /// How many more questions wait.
    pub more: usize,
}

/// The most rows of a command.
const MOST_ROWS: usize = 8;

impl App {
    /// Opens the question that waits, where nothing else has the keys.
    pub(super) fn ask_consent(&mut self) {
        let is_due = !self.pods.questions.is_empty() && !self.pods.is_postponed && self.pods_are_shown();
        match &self.pane {
            Pane::None if is_due => self.pane = Pane::Consent(Question { since: self.now }),
            Pane::Consent(_) if self.pods.questions.is_empty() || !self.pods_are_shown() => self.pane = Pane::None,
            _ => {}
        }
    }

    /// The question, while it is open.
    pub fn consent(&self) -> Option<Consent> {
        let Pane::Consent(_) = self.pane else { return None };
        let (_, plugin) = self.pods.questions.first()?;
        let safe = |text: &str| safe_line(text.as_bytes()).into_owned();
        let program = match &plugin.path {
            Some(path) if *path == plugin.command => safe(path),
            Some(path) => format!("{} (the kubeconfig says {})", safe(path), safe(&plugin.command)),
            None => format!("{} (not found on this machine)", safe(&plugin.command)),
        };
        let command = command(plugin);
        let columns = usize::from(self.size.0).saturating_sub(8).max(20);
        let rows = text::wrap(&command, columns, MOST_ROWS);
        let end = rows.last().map_or(0, |row| row.end);
        let mut rows: Vec<_> = rows.into_iter().map(|row| command[row].to_owned()).collect();
        if end < command.len() {
            rows.push(format!(
                "and {} more characters: look into the kubeconfig first",
                command[end..].chars().count()
            ));
        }
        Some(Consent {
            question: format!(
                "The kubeconfig's context {} wants to run a program for credentials.",
                safe(&plugin.context)
            ),
            program,
            command: rows,
            more: self.pods.questions.len() - 1,
        })
    }

    /// Rows that the question needs.
    pub(in crate::app) fn consent_rows(&self) -> u16 {
        self.consent().map_or(0, |consent| 8 + consent.command.len() as u16)
    }

    /// The program may run.
    pub(in crate::app) fn allow(&mut self, effects: &mut Vec<Effect>) {
        let Pane::Consent(question) = self.pane else { return };
        if (self.now.0 - question.since.0).abs() < TO_READ {
            return self.say("read it first, then answer");
        }
        self.answer_consent(Want::Allow, effects);
        self.say("it may run, now and later");
    }

    /// It may not.
    pub(in crate::app) fn refuse(&mut self, effects: &mut Vec<Effect>) {
        self.answer_consent(Want::Refuse, effects);
        self.say("it is not run");
    }

    fn answer_consent(&mut self, want: fn(pods::Plugin) -> Want, effects: &mut Vec<Effect>) {
        if self.pods.questions.is_empty() {
            return;
        }
        let (source, plugin) = self.pods.questions.remove(0);
        effects.push(Effect::Pods(source, want(plugin)));
        if let Some(cluster) = self.pods.clusters.get_mut(&source) {
            // The wait for the cluster begins now.
            cluster.since = self.now;
        }
        self.pane = Pane::None;
    }

    /// The question stays unanswered for now.
    pub(in crate::app) fn postpone_consent(&mut self) {
        self.pods.is_postponed = true;
        let key = self.key_of("refresh-pods");
        self.say(format!("not answered: {key} shows the question again"));
    }
}

/// The program with its arguments, those with blanks in quotes, safe for a terminal.
fn command(plugin: &pods::Plugin) -> String {
    let program = plugin.path.as_ref().unwrap_or(&plugin.command);
    let words = std::iter::once(program).chain(&plugin.args).map(|word| {
        let is_plain = !word.is_empty() && !word.contains(|c: char| c.is_whitespace() || c == '\'');
        if is_plain { word.clone() } else { format!("'{}'", word.replace('\'', "'\\''")) }
    });
    safe_line(words.collect::<Vec<_>>().join(" ").as_bytes()).into_owned()
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn a_command_is_shown_as_it_is() {
        let check = |args: &[&str], expected: &str| {
            let args = args.iter().map(|arg| (*arg).to_owned()).collect();
            let plugin = pods::Plugin {
                command: "aws".to_owned(),
                path: Some("/usr/bin/aws".to_owned()),
                args,
                context: String::new(),
            };
            assert_eq!(command(&plugin), expected);
        };
        check(&["eks", "get-token"], "/usr/bin/aws eks get-token");
        check(&["-c", "rm -rf ~; echo 'x'", ""], "/usr/bin/aws -c 'rm -rf ~; echo '\\''x'\\''' ''");
        check(&["\u{1b}[2J\u{202e}"], "/usr/bin/aws <1B>[2J<U+202E>");
    }
}
