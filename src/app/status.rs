//! What header and status line say: badges, scope, health, counts, the filter in words.
//!
//! Owns the words. Must not know columns or colours.

use super::format::{self, age, bytes, rate, thousands};
use super::view::{Progress, Scope};
use super::{App, Glyphs, Pane, TimeStyle, filter};
use crate::engine::Source;
use crate::model::address::Tab;
use crate::model::{Severity, State};
use crate::parse::text::safe_line;
use crate::store::Tally;
use std::fmt::Write as _;

/// What a piece of text is, for its colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    /// Ordinary text.
    #[default]
    Text,
    /// Times, hints, labels, debug messages.
    Dim,
    /// Something of this severity.
    Severity(Severity),
    /// It works.
    Ok,
    /// It works in part.
    Warn,
    /// It failed.
    Error,
    /// The cursor, and what is active.
    Accent,
    /// A heading.
    Heading,
    /// The name of a pod: one of [`TINTS`](super::TINTS).
    Tint(u8),
}

/// A mark behind a tab's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Badge {
    /// Nothing to tell.
    None,
    /// Errors came in since it was looked at.
    UnseenErrors,
    /// One of its sources does not work as it should.
    Degraded,
}

impl Badge {
    /// Its character.
    pub const fn sign(self) -> &'static str {
        match self {
            Self::None => "",
            Self::UnseenErrors => "!",
            Self::Degraded => ".",
        }
    }
}

/// How the sources of a tab are, in words; the worst first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// The words.
    pub text: String,
    /// How bad that is.
    pub role: Role,
}

/// Whether the list goes with new records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The cursor is on the newest record.
    Follow,
    /// It stays; this many records came in since.
    Paused(usize),
}

impl App {
    /// The sources whose records the shown tab can have.
    pub(super) fn sources_here(&self) -> impl Iterator<Item = &Source> {
        let sources = self.tab().view.sources();
        self.engine.sources().filter(move |source| sources.contains(source.id()))
    }

    /// The mark behind a tab's name.
    pub fn badge(&self, tab: Tab) -> Badge {
        let index = Self::index_of(tab);
        if index != self.active && self.errors_of(tab) > self.tabs[index].seen_errors {
            return Badge::UnseenErrors;
        }
        let bad = |source: &Source| matches!(source.health.state, State::Failed | State::Partial);
        if tab == Tab::Ci && index != self.active && self.ci.live.has_unseen_red() {
            return Badge::UnseenErrors;
        }
        let has_problem = match tab {
            Tab::Ci => self.ci.live.has_problem(),
            Tab::Pods => self.pods.has_problem(),
            Tab::Gcs => self.objects.has_problem(),
            Tab::Firestore => self.documents.has_problem(),
            Tab::Summary => false,
        };
        let degraded = has_problem || self.engine.sources().any(|source| source.tab() == tab && bad(source));
        if degraded { Badge::Degraded } else { Badge::None }
    }

    pub(super) fn badges(&self) -> [Badge; Tab::ALL.len()] {
        Tab::ALL.map(|tab| self.badge(tab))
    }

    pub(super) fn errors_of(&self, tab: Tab) -> u64 {
        let sources = self.engine.sources().filter(|source| source.tab() == tab);
        sources.map(|source| self.engine.store().appended(source.id()).at_least(Severity::Error)).sum()
    }

    /// What the tab shows, in full and in short: its sources' addresses, and how many origins they have.
    pub fn scope(&self) -> (String, String) {
        let names: Vec<_> = self.sources_here().map(name).collect();
        let origins: u32 = self.sources_here().map(Source::origins).sum();
        match names.as_slice() {
            [] => (String::new(), String::new()),
            [one] if origins > 1 => {
                (format!("{one}   {} origins", thousands(u64::from(origins))), one.clone().into_owned())
            }
            [one] => (one.clone().into_owned(), one.clone().into_owned()),
            many => {
                let count = format!("{} sources", many.len());
                (format!("{count}: {}", many.join(", ")), count)
            }
        }
    }

    /// What the tab shows, in forms from the longest to the shortest.
    pub fn scope_forms(&self) -> Vec<String> {
        self.run_scope()
            .or_else(|| self.pods_scope())
            .or_else(|| self.objects_scope())
            .or_else(|| self.documents_scope())
            .unwrap_or_else(|| {
                let (full, short) = self.scope();
                vec![full, short]
            })
    }

    /// Whether the tab has any source.
    pub fn has_sources(&self) -> bool {
        self.sources_here().next().is_some()
    }

    /// How the tab's sources are: failures, what is being read, the rate of what comes in; the most urgent first.
    pub fn health(&self) -> Vec<Health> {
        let mut parts = if self.tab().tab == Tab::Ci { self.ci_health() } else { Vec::new() };
        if self.ci_is_shown() {
            return parts;
        }
        if let Some(parts) = self.pods_health().or_else(|| self.objects_health()).or_else(|| self.documents_health()) {
            return parts;
        }
        let sources: Vec<_> = self.sources_here().collect();
        let bad = [State::Failed, State::Partial, State::Waiting].map(|state| {
            let bad: Vec<_> = sources.iter().filter(|source| source.health.state == state).collect();
            (state, bad)
        });
        let bad: Vec<_> = bad.into_iter().filter(|(_, bad)| !bad.is_empty()).collect();
        let troubled: usize = bad.iter().map(|(_, bad)| bad.len()).sum();
        // There is room for the words of one; the list has all.
        let list = if troubled > 1 { format!(" ({} lists them)", self.key_of("origins")) } else { String::new() };
        // How many there are of each kind first: what follows may be cut.
        if bad.len() > 1 {
            let text: Vec<_> = bad.iter().map(|(state, bad)| format!("{} {}", bad.len(), state_word(*state))).collect();
            parts.push(Health { text: text.join(", ") + &list, role: trouble_role(bad[0].0) });
        }
        for (state, bad_here) in &bad {
            let Some(first) = bad_here.first() else { continue };
            let counted = if sources.len() > 1 && bad.len() == 1 {
                format!("{} {}{list}: ", bad_here.len(), state_word(*state))
            } else {
                String::new()
            };
            let text = format!("{counted}{}", self.trouble(first, sources.len() > 1));
            parts.push(Health { text, role: trouble_role(*state) });
        }
        let reading: Vec<_> = sources.iter().filter(|source| source.health.state == State::Reading).collect();
        if !reading.is_empty() {
            parts.push(Health { text: format!("reading {}", progress(&reading)), role: Role::Text });
        }
        if sources.iter().any(|source| source.health.state == State::Starting) && parts.is_empty() {
            parts.push(Health { text: "opening ...".to_owned(), role: Role::Dim });
        }
        let following = sources.iter().filter(|source| source.health.state == State::Following).count();
        let per_second: f64 = sources.iter().map(|source| source.rate(self.now)).sum();
        if !sources.is_empty() && sources.iter().all(|source| source.health.state == State::Done) {
            let size: u64 = sources.iter().map(|source| source.bytes()).sum();
            let records: u64 = sources.iter().map(|source| source.records()).sum();
            let read = if sources.len() > 1 { "read " } else { "" };
            let text = format!("{read}{} records, {}", thousands(records), bytes(size));
            parts.push(Health { text, role: Role::Ok });
        } else if following > 0 || per_second > 0.0 {
            let live = if following > 0 { "ok " } else { "" };
            parts.push(Health { text: format!("{live}{}", rate(per_second)), role: Role::Ok });
        }
        let broken: u64 = sources.iter().map(|source| source.parse_failed()).sum();
        if broken > 0 {
            let s = if broken == 1 { "" } else { "s" };
            let text = format!("{} record{s} parse=failed", thousands(broken));
            parts.insert(parts.len().saturating_sub(1), Health { text, role: Role::Warn });
        }
        if let Some(window) = self.window_health() {
            parts.retain(|part| matches!(part.role, Role::Error | Role::Warn));
            parts.insert(0, window);
            return parts;
        }
        // What one source says of itself that works: perhaps that it left out a part.
        if let [one] = sources.as_slice()
            && matches!(one.health.state, State::Following | State::Done)
            && !one.health.detail.is_empty()
            && one.health.detail != one.label()
        {
            parts.insert(0, Health { text: self.trouble(one, false), role: Role::Dim });
        }
        parts
    }

    /// What is wrong with a source, and when the next try is.
    pub(super) fn trouble(&self, source: &Source, with_label: bool) -> String {
        let health = &source.health;
        let mut text = String::new();
        let mut detail = health.detail.as_str();
        if !with_label {
            // The name stands beside it already.
            let rest = detail.strip_prefix(source.label());
            detail = rest.and_then(|rest| rest.strip_prefix([':', ' '])).map_or(detail, str::trim_start);
        } else if !detail.contains(source.label()) {
            let _ = write!(text, "{}: ", safe_line(source.label().as_bytes()));
        }
        text.push_str(&safe_line(detail.as_bytes()));
        if let Some(next) = health.next_try {
            let _ = write!(text, ", next try in {}", age(next.0.saturating_sub(self.now.0)));
        }
        text
    }

    /// The clock of the header: `03:14Z`, or with the zone's offset.
    pub fn clock(&self) -> String {
        let zone = self.shown_zone();
        let time = format::time_of_day(self.now, &zone, format::Digits::Minutes);
        format!("{time}{}", format::offset(self.now, &zone))
    }

    /// Whether the list goes with new records.
    pub fn mode(&self) -> Mode {
        let tab = self.tab();
        if tab.view.is_following() {
            return Mode::Follow;
        }
        Mode::Paused(match tab.paused_at {
            Some(id) => tab.view.newer_than(id, self.engine.store()),
            None => tab.view.matching(),
        })
    }

    /// The active filter in words, and what is shown around the matches; empty when everything is shown. Safe for a
    /// terminal.
    pub fn filter_words(&self) -> String {
        let query = self.tab().view.query();
        let mut words = filter::words(query, &self.tab().shown_fields, self.now, &self.shown_zone());
        if let Some(marked) = self.marks_words().or_else(|| self.object_marks_words()) {
            let _ = write!(words, " {marked}");
        } else if let Some(first) = query.origins.first() {
            let more = query.origins.len() - 1;
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let _ = write!(words, " origin {}{more}", self.short_origin_in_full(*first));
        }
        let view = &self.tab().view;
        if view.has_context() {
            words.push_str(&match view.scope() {
                Scope::Matches => String::new(),
                Scope::Around(lines) if self.settings.caps.glyphs == Glyphs::Unicode => format!(" \u{b1}{lines}"),
                Scope::Around(lines) => format!(" +-{lines}"),
                Scope::All => " dim".to_owned(),
            });
        }
        let words = words.trim_start();
        safe_line(words.as_bytes()).into_owned()
    }

    /// How far the filter of the tab has come; `None` when it is done.
    pub fn filter_progress(&self) -> Option<Progress> {
        let view = &self.tab().view;
        (!view.count_is_final()).then(|| view.progress())
    }

    /// The tab's records that are held, by severity.
    pub fn counts(&self) -> Tally {
        let mut counts = Tally::default();
        for source in self.sources_here() {
            let (all, gone) = (self.engine.store().appended(source.id()), self.engine.store().evicted(source.id()));
            for (count, (all, gone)) in counts.severities.iter_mut().zip(all.severities.iter().zip(gone.severities)) {
                *count += all - gone;
            }
            counts.notes += all.notes - gone.notes;
        }
        counts
    }

    /// The tab's records that had to go.
    pub fn lost(&self) -> u64 {
        self.sources_here().map(|source| self.engine.store().evicted(source.id()).records()).sum()
    }

    /// Whether something on the screen changes with every second.
    pub(super) fn shows_seconds(&self) -> bool {
        let lively = |source: &Source| source.health.next_try.is_some() || source.rate(self.now) > 0.0;
        self.time == TimeStyle::Age
            || self.runs_show_seconds()
            || self.pods_show_seconds()
            || self.objects_show_seconds()
            || self.documents_show_seconds()
            || matches!(self.pane, Pane::Debug(_))
            || self.message.as_ref().is_some_and(|message| message.role == Role::Text)
            || self.tab().detail.is_some()
            || self.histogram_is_stale()
            || self.sources_here().any(lively)
            // The rate of the second that is running shows only when it is over.
            || self.sources_here().any(|source| source.last_record().is_some_and(|at| self.now.0 - at.0 < 6_000_000_000))
    }

    /// Everything on the screen that depends on the clock, to tell whether a tick changed it.
    pub(super) fn pulse_now(&self) -> String {
        let mut pulse = self.clock();
        for part in self.health() {
            pulse.push_str(&part.text);
        }
        pulse.push_str(&self.runs_pulse());
        pulse.push_str(&self.pods_pulse());
        pulse.push_str(&self.objects_pulse());
        pulse.push_str(&self.change_pulse());
        if self.time == TimeStyle::Age || self.tab().detail.is_some() {
            let _ = write!(pulse, "{}", self.now.0 / crate::model::time::SECOND);
        }
        if let Pane::Help { scroll } = self.pane {
            let _ = write!(pulse, "{scroll}");
        }
        pulse
    }
}

/// How bad it is that a source is in a state that is not ordinary.
const fn trouble_role(state: State) -> Role {
    match state {
        State::Failed => Role::Error,
        State::Partial => Role::Warn,
        _ => Role::Dim,
    }
}

/// A source's address as the screen names it.
pub(super) fn name(source: &Source) -> std::borrow::Cow<'_, str> {
    if source.label() == "-" { "standard input".into() } else { safe_line(source.label().as_bytes()) }
}

/// A state in a word.
pub(super) const fn state_word(state: State) -> &'static str {
    match state {
        State::Starting => "opening",
        State::Reading => "reading",
        State::Following => "ok",
        State::Done => "read",
        State::Waiting => "waiting",
        State::Partial => "partial",
        State::Failed => "failed",
    }
}

/// `51%  31.2 MiB of 61.0 MiB`, as far as it is known.
pub(super) fn progress(sources: &[&&Source]) -> String {
    let (mut done, mut all, mut known) = (0_u64, 0_u64, true);
    for source in sources {
        let (part, total) = source.health.progress.unwrap_or((source.bytes(), None));
        done += part;
        match total {
            Some(total) => all += total,
            None => known = false,
        }
    }
    if known && all > 0 {
        let percent = (u128::from(done.min(all)) * 100 / u128::from(all)) as u64;
        format!("{percent}%  {} of {}", bytes(done), bytes(all))
    } else {
        bytes(done)
    }
}
