//! What is said about documents and where they are: scope, health, and what stands in the place of records.
//!
//! Owns the words. Must not know columns or colours. All that leaves here is safe for a terminal.

use super::{App, Place};
use crate::app::described::{Subject, line};
use crate::app::format::{age, rate, roughly, thousands};
use crate::app::page::link;
use crate::app::status::Health;
use crate::app::{BodyLine, Role, text};
use crate::engine::Source;
use crate::model::State;
use crate::model::documents::{Mode, Scope};
use crate::model::time::SECOND;
use crate::parse::text::safe_line;

/// From here on it is said that an answer takes long.
const SLOW: i64 = 10 * SECOND;
/// From here on it is said how old the last answer is.
const OLD: i64 = 60 * SECOND;

pub(super) fn safe(text: &str) -> String {
    safe_line(text.as_bytes()).into_owned()
}

/// `a moment ago`, `3m ago`; of what is still to come that the clocks differ.
pub(super) fn plain_age(nanos: i64) -> String {
    match nanos {
        n if n <= -SECOND => format!("in {}, the clocks differ", age(-nanos)),
        _ => format!("{} ago", roughly(nanos)),
    }
}

/// How changes come, in a word.
const fn mode_word(mode: Mode) -> &'static str {
    match mode {
        Mode::Opening => "opening",
        Mode::Live => "live",
        Mode::Polling => "polling",
        Mode::Off => "stopped",
    }
}

/// `acme-prod (default)`.
fn database(scope: &Scope) -> String {
    safe(format!("{} {}", scope.project, scope.database).trim())
}

/// `412 of 10,000 reads this hour`.
fn reads(read: u64, budget: u64) -> String {
    match budget {
        0 => format!("{} reads this hour", thousands(read)),
        _ => format!("{} of {} reads this hour", thousands(read), thousands(budget)),
    }
}

impl App {
    /// What the Firestore tab shows, from the longest form to the shortest.
    pub(in crate::app) fn documents_scope(&self) -> Option<Vec<String>> {
        if !self.shows_changes() {
            return None;
        }
        let scopes = || self.documents.places.values().map(|place| &place.scope);
        let mut databases: Vec<_> = scopes().map(database).collect();
        databases.dedup();
        let collections: Vec<_> = scopes().map(|scope| safe(&scope.collection)).collect();
        let all = collections.join(", ");
        let count = match collections.len() {
            1 => all.clone(),
            many => format!("{many} collections"),
        };
        let long = match databases.as_slice() {
            [one] => format!("{one}   {all}"),
            _ => scopes()
                .map(|scope| format!("{} {}", database(scope), safe(&scope.collection)))
                .collect::<Vec<_>>()
                .join(", "),
        };
        Some(vec![long, all, count])
    }

    /// How changes come: for the heading of the list.
    pub fn changes_words(&self) -> Option<&'static str> {
        if !self.shows_changes() {
            return None;
        }
        let modes = || self.documents.places.values().map(|place| place.scope.mode);
        // The one that is least live.
        let order = [Mode::Off, Mode::Opening, Mode::Polling, Mode::Live];
        order.into_iter().find(|mode| modes().any(|other| other == *mode)).map(mode_word)
    }

    /// How asking goes; the most urgent first.
    pub(in crate::app) fn documents_health(&self) -> Option<Vec<Health>> {
        if !self.shows_changes() {
            return None;
        }
        let part = |text: String, role| Health { text, role };
        let places = || self.documents.places.values();
        let several = self.documents.places.len() > 1;
        let mut parts = Vec::new();
        for place in places() {
            let scope = &place.scope;
            let Some(problem) = scope.problems.first() else { continue };
            let name = if several { format!("{}: ", safe(&scope.collection)) } else { String::new() };
            let more = match scope.problems.len() - 1 {
                0 => String::new(),
                more => format!(" (and {more} more)"),
            };
            if let Some(next) = scope.next {
                parts.push(part(format!("next try in {}", age(next.0.saturating_sub(self.now.0))), Role::Warn));
            }
            let role = if place.is_failing() { Role::Error } else { Role::Warn };
            parts.push(part(format!("{name}{}{more}", safe(problem.trim_end_matches('.'))), role));
        }
        // What a source says that has told nothing about its documents.
        for source in self.sources_here().filter(|source| matches!(source.health.state, State::Failed | State::Partial))
        {
            let told = self.documents.places.get(&source.id());
            let is_told = told.is_some_and(|place| !place.scope.problems.is_empty());
            if !is_told && !source.health.detail.is_empty() {
                let role = if source.health.state == State::Failed { Role::Error } else { Role::Warn };
                parts.push(part(self.trouble(source, several), role));
            }
        }
        if places().any(Place::is_spent) {
            let ends = places().filter(|place| place.is_spent()).filter_map(|place| place.scope.hour_ends).min();
            let ends = ends.map(|at| format!(", new ones in {}", minutes(at.0.saturating_sub(self.now.0))));
            let key = self.key_of("spend-reads");
            parts.push(part(format!("no reads left, {key}: go on{}", ends.unwrap_or_default()), Role::Warn));
        }
        let last = places().filter_map(|place| place.scope.last).min();
        let is_failing = places().any(Place::is_failing);
        if let Some(last) = last {
            let old = self.now.0.saturating_sub(last.0);
            let old = if old >= OLD { format!(" {} ago", roughly(old)) } else { String::new() };
            if is_failing {
                parts.extend((!old.is_empty()).then(|| part(format!("as of{old}"), Role::Warn)));
            } else {
                parts.push(part(format!("firestore ok{old}"), Role::Ok));
            }
        } else if parts.is_empty() {
            parts.push(part("opening ...".to_owned(), Role::Dim));
        }
        let per_second: f64 = self.sources_here().map(|source| source.rate(self.now)).sum();
        if last.is_some() {
            parts.push(part(rate(per_second), Role::Text));
        }
        let (read, budget) =
            places().fold((0, 0), |sum, place| (sum.0 + place.scope.reads, sum.1 + place.scope.budget));
        let role = if budget > 0 && read >= budget / 10 * 9 { Role::Warn } else { Role::Text };
        parts.push(part(reads(read, budget), role));
        Some(parts)
    }

    /// What stands in the place of the records, while there is none.
    pub(in crate::app) fn documents_body(&self) -> Option<Vec<BodyLine>> {
        if !self.documents_are_shown() {
            return None;
        }
        let mut lines: Vec<BodyLine> = Vec::new();
        for place in self.documents.places.values() {
            if !lines.is_empty() {
                lines.push(line("", Role::Text));
            }
            let scope = &place.scope;
            let name = format!("{} in {}", safe(&scope.collection), database(scope));
            let waited = self.now.0.saturating_sub(place.since.0);
            match scope.last {
                _ if !scope.problems.is_empty() => {
                    lines.push(line(format!("No document of {name} is known."), Role::Heading));
                }
                None => {
                    lines.push(line(format!("Asking for {name} ... {}", age(waited)), Role::Heading));
                    if waited >= SLOW {
                        let since = self.moment(place.since);
                        lines.push(line(format!("Firestore has not answered since {since}."), Role::Warn));
                    }
                }
                Some(_) => {
                    lines.push(line(format!("No document matches {name}."), Role::Heading));
                    lines.push(line("New ones appear here by themselves.", Role::Text));
                    if scope.has_older {
                        let key = self.key_of("older-documents");
                        lines.push(line("", Role::Text));
                        lines.push(line(format!("{key}   reads older documents"), Role::Dim));
                    }
                }
            }
            self.problem_lines(place, usize::from(self.size.0).saturating_sub(8), &mut lines);
        }
        Some(lines)
    }

    /// All problems in full, with the links in them on rows of their own, and what can be done.
    fn problem_lines(&self, place: &Place, columns: usize, lines: &mut Vec<BodyLine>) {
        let scope = &place.scope;
        for problem in &scope.problems {
            let Some(link) = link(problem) else {
                lines.push(line(safe(problem), Role::Error));
                continue;
            };
            let rest = problem.replacen(link, " ", 1);
            let rest = rest.split_whitespace().collect::<Vec<_>>().join(" ");
            let rest = rest.trim_end_matches(" .");
            lines.push(line(safe(rest.trim_end_matches(':')), Role::Error));
            lines.push(line("", Role::Text));
            let link = safe(link);
            lines.extend(text::wrap(&link, columns, 64).into_iter().map(|row| line(&link[row], Role::Accent)));
            lines.push(line("", Role::Text));
            lines.push(line(format!("{}   opens that page", self.key_of("open-record")), Role::Dim));
        }
        if place.is_spent() {
            let words = format!("All {} reads of this hour are spent: reads cost money.", thousands(scope.budget));
            lines.push(line(words, Role::Warn));
            lines.push(line(format!("{}   goes on for as many again", self.key_of("spend-reads")), Role::Dim));
        }
        if scope.problems.is_empty() {
            return;
        }
        if !scope.account.is_empty() {
            lines.push(line(format!("Asked as {}.", safe(&scope.account)), Role::Text));
        }
        let key = self.key_of("refresh-documents");
        lines.push(match scope.next {
            Some(next) => {
                let wait = age(next.0.saturating_sub(self.now.0));
                line(format!("Next try in {wait}; {key} tries now."), Role::Text)
            }
            None => line(format!("{key} tries again."), Role::Text),
        });
    }

    /// Shows all that is known about the queries.
    pub(in crate::app) fn describe_documents(&mut self) {
        self.describe(Subject::Documents);
    }

    /// All that is known about the queries.
    pub(in crate::app) fn about_documents(&self) -> Vec<BodyLine> {
        let mut lines = Vec::new();
        for (source, place) in &self.documents.places {
            if !lines.is_empty() {
                lines.push(line("", Role::Text));
            }
            let scope = &place.scope;
            lines.push(line(safe(&scope.collection), Role::Heading));
            let mut row = |name: &str, text: String, role| {
                if !text.is_empty() {
                    lines.push(line(format!("  {name:<12}{text}"), role));
                }
            };
            row("address", safe(self.engine.source(*source).map(Source::label).unwrap_or_default()), Role::Text);
            row("database", database(scope), Role::Text);
            row("asked as", safe(&scope.account), Role::Text);
            row("changes", mode_word(scope.mode).to_owned(), Role::Text);
            let field = scope.time_field.as_ref().map(|field| format!("the field {}", safe(field)));
            row("ordered by", field.unwrap_or_else(|| "the time of the last change".to_owned()), Role::Text);
            row("documents", thousands(scope.documents), Role::Text);
            let ends = scope.hour_ends.map(|at| format!(", counted anew in {}", age(at.0.saturating_sub(self.now.0))));
            let role = if place.is_spent() { Role::Warn } else { Role::Text };
            let spent = reads(scope.reads, scope.budget).replace(" reads", "");
            row("reads", format!("{spent}{}", ends.unwrap_or_default()), role);
            let told = scope.last.map(|at| self.moment(at));
            row("told last", told.unwrap_or_else(|| "nothing so far".to_owned()), Role::Text);
            row(
                "older",
                if scope.has_older {
                    format!("{} reads them", self.key_of("older-documents"))
                } else {
                    "none".to_owned()
                },
                Role::Text,
            );
            if !scope.problems.is_empty() || place.is_spent() {
                lines.push(line("", Role::Text));
                self.problem_lines(place, usize::from(self.size.0).saturating_sub(5), &mut lines);
            }
        }
        lines
    }
}

/// A time to wait, in minutes while it is long.
fn minutes(nanos: i64) -> String {
    if nanos >= 120 * SECOND { format!("{}m", nanos / (60 * SECOND)) } else { age(nanos) }
}
