//! What is said about objects and where they are: scope, health, and what stands in the place of lines.
//!
//! Owns the words. Must not know columns or colours. All that leaves here is safe for a terminal.

use super::{App, Entry, Place};
use crate::app::format::{age, bytes, roughly, thousands};
use crate::app::status::Health;
use crate::app::{BodyLine, Role};
use crate::engine::Source;
use crate::model::objects::{ObjectState, Scope};
use crate::model::time::SECOND;
use crate::model::{SourceId, State};
use crate::parse::text::safe_line;

/// From here on it is said that an answer takes long.
const SLOW: i64 = 10 * SECOND;
/// From here on it is said how old the last answer is.
const OLD: i64 = 60 * SECOND;
/// Objects that are named where no line is.
const NAMED: usize = 5;

/// `1 object`, `11 objects`.
pub(super) fn plural(n: u64, one: &str) -> String {
    let s = if n == 1 { "" } else { "s" };
    format!("{} {one}{s}", thousands(n))
}

/// An address without its scheme.
pub(super) fn bare(address: &str) -> &str {
    address.strip_prefix("gs://").unwrap_or(address)
}

fn safe(text: &str) -> String {
    safe_line(text.as_bytes()).into_owned()
}

/// A state in a word.
pub(super) const fn state_role(state: &ObjectState) -> (&'static str, Role) {
    match state {
        ObjectState::Listed => ("listed", Role::Dim),
        ObjectState::Left(_) => ("left", Role::Dim),
        ObjectState::Queued => ("queued", Role::Dim),
        ObjectState::Reading { .. } => ("reading", Role::Accent),
        ObjectState::Read => ("read", Role::Text),
        ObjectState::Partial { .. } => ("partial", Role::Warn),
        ObjectState::Failed { .. } => ("failed", Role::Error),
        ObjectState::Gone => ("gone", Role::Dim),
    }
}

/// Why an object is not as it should be.
pub(super) fn trouble_words(entry: &Entry) -> Option<String> {
    match &entry.object.state {
        ObjectState::Failed { why, .. } | ObjectState::Partial { why, .. } => Some(safe(why)),
        _ => None,
    }
}

impl Place {
    /// `38.2 MiB of 61.0 MiB`, whichever way they were told.
    fn progress(scope: &Scope) -> Option<(u64, u64)> {
        scope.progress.map(|(one, other)| (one.min(other), one.max(other)))
    }
}

impl App {
    /// The address of a source, as it was told, or as it was asked for.
    pub(super) fn address_of(&self, source: SourceId) -> String {
        let scope = self.objects.places.get(&source).and_then(|place| place.scope.as_ref());
        match scope.map(|scope| scope.address.as_str()) {
            Some(address) if !address.is_empty() => safe(address),
            _ => safe(self.engine.source(source).map(Source::label).unwrap_or_default()),
        }
    }

    /// What the GCS tab shows, from the longest form to the shortest.
    pub(in crate::app) fn objects_scope(&self) -> Option<Vec<String>> {
        if !self.objects_are_shown() || self.tab().shows_all {
            return None;
        }
        let addresses: Vec<_> = self.objects.places.keys().map(|source| self.address_of(*source)).collect();
        Some(match addresses.as_slice() {
            [one] => vec![one.clone(), bare(one).to_owned()],
            many => {
                let count = format!("{} prefixes", many.len());
                vec![many.join("  "), format!("{count}: {}", many.join(", ")), count]
            }
        })
    }

    /// How listing and reading goes; the most urgent first.
    pub(in crate::app) fn objects_health(&self) -> Option<Vec<Health>> {
        if !self.objects_are_shown() || self.tab().shows_all {
            return None;
        }
        let part = |text: String, role| Health { text, role };
        let places = || self.objects.places.iter();
        let scopes = || self.objects.places.values().filter_map(|place| place.scope.as_ref());
        let several = self.objects.places.len() > 1;
        let mut parts = Vec::new();
        for (source, place) in places() {
            let Some(scope) = &place.scope else { continue };
            let Some(problem) = scope.problems.first() else { continue };
            let name = if several { format!("{}: ", self.address_of(*source)) } else { String::new() };
            let more = match scope.problems.len() - 1 {
                0 => String::new(),
                more => format!(" (and {more} more)"),
            };
            let role = if place.is_failing() { Role::Error } else { Role::Warn };
            if let Some(next) = scope.next {
                parts.push(part(format!("next try in {}", age(next.0.saturating_sub(self.now.0))), Role::Warn));
            }
            parts.push(part(format!("{name}{}{more}", safe(problem.trim_end_matches('.'))), role));
        }
        // What a source says that has told nothing about its objects.
        for source in self.sources_here().filter(|source| matches!(source.health.state, State::Failed | State::Partial))
        {
            let is_told = self.objects.places.get(&source.id()).is_some_and(|place| !place.problems().is_empty());
            if !is_told && !source.health.detail.is_empty() {
                let role = if source.health.state == State::Failed { Role::Error } else { Role::Warn };
                parts.push(part(self.trouble(source, several), role));
            }
        }
        let is_failing = places().any(|(_, place)| place.is_failing());
        if let Some(last) = scopes().filter_map(|scope| scope.last).min() {
            let old = self.now.0.saturating_sub(last.0);
            let old = if old >= OLD { format!(" {} ago", roughly(old)) } else { String::new() };
            if is_failing {
                parts.extend((!old.is_empty()).then(|| part(format!("as of{old}"), Role::Warn)));
            } else {
                parts.push(part(format!("gcs ok{old}"), Role::Ok));
            }
        }
        if scopes().any(|scope| scope.is_listing) {
            parts.push(part("listing ...".to_owned(), Role::Text));
        }
        let (objects, new) = scopes().fold((0, 0), |sum, scope| (sum.0 + scope.objects, sum.1 + scope.new));
        if scopes().next().is_some() {
            let new = if new > 0 { format!(", {} new", thousands(new)) } else { String::new() };
            parts.push(part(format!("{}{new}", plural(objects, "object")), Role::Text));
        }
        let failed = self.objects.table.tally().failed;
        if failed > 0 {
            parts.push(part(format!("{} failed", thousands(failed as u64)), Role::Error));
        }
        let (done, all) = scopes().filter_map(Place::progress).fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        if all > 0 {
            parts.push(part(format!("{} of {}", bytes(done), bytes(all)), Role::Text));
        }
        let broken: u64 = self.sources_here().map(Source::parse_failed).sum();
        if broken > 0 {
            parts.push(part(format!("{} parse=failed", plural(broken, "record")), Role::Warn));
        }
        Some(parts)
    }

    /// What stands in the place of the lines, while there is none.
    pub(in crate::app) fn objects_body(&self) -> Option<Vec<BodyLine>> {
        if !self.objects_are_shown() {
            return None;
        }
        let line = |text: String, role| BodyLine { text, role };
        let mut lines: Vec<BodyLine> = Vec::new();
        for (source, place) in &self.objects.places {
            if !lines.is_empty() {
                lines.push(line(String::new(), Role::Text));
            }
            let address = self.address_of(*source);
            let count = self.objects.table.of_source(*source);
            let is_listing = place.scope.as_ref().is_none_or(|scope| scope.is_listing);
            match place.scope.as_ref() {
                Some(scope) if !scope.problems.is_empty() && count == 0 => {
                    lines.push(line(format!("No objects are known under {address}."), Role::Heading));
                }
                _ if is_listing && count == 0 => {
                    let waited = self.now.0.saturating_sub(place.since.0);
                    lines.push(line(format!("Listing objects under {address} ... {}", age(waited)), Role::Heading));
                    if waited >= SLOW {
                        let since = self.moment(place.since);
                        lines.push(line(format!("Google Cloud Storage has not answered since {since}."), Role::Warn));
                    }
                }
                _ if count == 0 => {
                    lines.push(line(format!("No objects under {address}."), Role::Heading));
                    lines.push(line("New ones appear here by themselves.".to_owned(), Role::Text));
                    self.older_line(place, &mut lines);
                }
                _ => {
                    let text = format!("No line so far from {} under {address}.", self.objects_in_words(*source));
                    lines.push(line(text, Role::Heading));
                    let here = || self.objects.table.iter().filter(|entry| entry.source == *source);
                    for entry in here().take(NAMED) {
                        let (word, role) = state_role(&entry.object.state);
                        let why = match &entry.object.state {
                            ObjectState::Left(why) => safe(why),
                            _ => trouble_words(entry).unwrap_or_default(),
                        };
                        let gap = if why.is_empty() { "" } else { ": " };
                        let name = self.object_name(entry);
                        lines.push(line(format!("   {name}   {word}{gap}{why}"), role));
                    }
                    let newest = here().filter_map(|entry| entry.object.updated).max();
                    if let Some(ago) = newest.map(|at| self.now.0.saturating_sub(at.0)).filter(|ago| *ago >= 0) {
                        lines.push(line(format!("The last object is {} old.", roughly(ago)), Role::Text));
                    }
                    self.older_line(place, &mut lines);
                }
            }
            for problem in place.problems() {
                lines.push(line(safe(problem), Role::Error));
            }
            let scope = place.scope.as_ref().filter(|scope| !scope.problems.is_empty());
            if let Some(scope) = scope {
                if !scope.account.is_empty() {
                    lines.push(line(format!("Asked as {}.", safe(&scope.account)), Role::Text));
                }
                let key = self.key_of("refresh-objects");
                lines.push(match scope.next {
                    Some(next) => {
                        let wait = age(next.0.saturating_sub(self.now.0));
                        line(format!("Next try in {wait}; {key} tries now."), Role::Text)
                    }
                    None => line(format!("{key} tries again."), Role::Text),
                });
            }
        }
        Some(lines)
    }

    fn older_line(&self, place: &Place, lines: &mut Vec<BodyLine>) {
        if place.scope.as_ref().is_some_and(|scope| scope.has_older) {
            lines.push(BodyLine { text: String::new(), role: Role::Text });
            let key = self.key_of("older-objects");
            lines.push(BodyLine { text: format!("{key}   reads older objects"), role: Role::Dim });
        }
    }

    /// What stands in the place of the lines of marked objects that have none; nothing when other parts filter, too.
    pub(in crate::app) fn marked_objects_body(&self) -> Option<Vec<BodyLine>> {
        let words = self.object_marks_words().filter(|_| self.objects_are_shown())?;
        let query = self.tab().view.query();
        let only_marks = crate::model::Query { origins: query.origins.clone(), ..Default::default() };
        if *query != only_marks {
            return None;
        }
        let mut lines = vec![BodyLine { text: format!("No line so far from {words}."), role: Role::Heading }];
        let marks = self.object_marks();
        for (id, _) in self.objects.tokens.keys(&marks).into_iter().take(NAMED) {
            let Some(entry) = self.objects.table.find(id) else { continue };
            let (word, role) = state_role(&entry.object.state);
            let why = trouble_words(entry).map(|why| format!(": {why}")).unwrap_or_default();
            lines.push(BodyLine { text: format!("   {}   {word}{why}", self.object_name(entry)), role });
        }
        lines.push(BodyLine { text: String::new(), role: Role::Text });
        let (drop, all) = (self.key_of("cancel"), self.key_of("all-objects"));
        lines.push(BodyLine { text: format!("{drop}   goes back      {all}   shows all objects"), role: Role::Dim });
        Some(lines)
    }
}
