//! All about one row of a list above the lines: what its service says, and until then what the list knows.
//!
//! Owns the pane. Must not know how a service is asked or how lines are drawn; what a list knows is said by `pods` and `objects`.

use super::objects::ObjectId;
use super::pods::PodId;
use super::{App, BodyLine, Pane, Role, text};
use crate::parse::text::{expand_tabs, safe_line};

/// Rows of one line, and lines of a description, at most.
const MOST_ROWS: usize = 12;
const MOST_LINES: usize = 5_000;

/// What is described.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    Pod(PodId),
    Object(ObjectId),
    /// All queries of documents; nobody is asked for more.
    Documents,
}

/// The open description.
#[derive(Debug)]
pub(super) struct Described {
    pub(super) scroll: usize,
    subject: Subject,
    /// What the service says, in safe lines, or why it says nothing; none until it answered.
    told: Option<Result<Vec<String>, String>>,
}

/// A line of a description.
pub(super) fn line(text: impl Into<String>, role: Role) -> BodyLine {
    BodyLine { text: text.into(), role }
}

fn safe(text: &str) -> String {
    safe_line(text.as_bytes()).into_owned()
}

impl App {
    /// Opens the description; whoever calls asks the service.
    pub(super) fn describe(&mut self, subject: Subject) {
        self.pane = Pane::Described(Box::new(Described { scroll: 0, subject, told: None }));
    }

    /// The service has answered; nobody may wait for it any more.
    pub(super) fn take_description(&mut self, subject: &Subject, text: &str) {
        let Pane::Described(described) = &mut self.pane else { return };
        if described.subject != *subject {
            return;
        }
        let lines = text.lines().take(MOST_LINES).map(|line| expand_tabs(&safe_tabs(line)).into_owned());
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
        let heading = match &described.subject {
            Subject::Pod((_, key)) => format!("Pod {}", safe(&key.name)),
            Subject::Object((_, key)) => format!("Object {}", safe(&key.name)),
            Subject::Documents => "Collections".to_owned(),
        };
        Some((heading, self.described_lines(described), described.scroll))
    }

    pub(super) fn described_count(&self) -> usize {
        self.described().map_or(0, |(_, lines, _)| lines.len())
    }

    fn described_lines(&self, described: &Described) -> Vec<BodyLine> {
        let known = |last: BodyLine| {
            let known = match &described.subject {
                Subject::Pod(id) => self.about_pod(id),
                Subject::Object(id) => self.about_object(id),
                Subject::Documents => None,
            };
            let mut lines = known.unwrap_or_else(|| vec![line("It is no longer listed.", Role::Warn)]);
            lines.extend([line("", Role::Text), last]);
            lines
        };
        let asking = match &described.subject {
            Subject::Pod(_) => "asking the cluster for conditions and events ...",
            Subject::Object(_) | Subject::Documents => "asking the service for its metadata ...",
        };
        let lines = match &described.told {
            _ if described.subject == Subject::Documents => self.about_documents(),
            // It has all that the list knows, too.
            Some(Ok(told)) => told.iter().map(|text| line(text.as_str(), role_of(text))).collect(),
            Some(Err(why)) => known(line(why.as_str(), Role::Error)),
            None => known(line(asking, Role::Dim)),
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
}

/// A line with its tabs, everything else of it safe.
fn safe_tabs(line: &str) -> String {
    line.split('\t').map(safe).collect::<Vec<_>>().join("\t")
}

/// Headings of a description end in a colon and begin at the edge.
fn role_of(text: &str) -> Role {
    if text.ends_with(':') && !text.starts_with(' ') { Role::Heading } else { Role::Text }
}
