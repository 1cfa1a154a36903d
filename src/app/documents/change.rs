//! The pane with the change under the cursor: its rows, its heading, and moves in it.
//!
//! Owns where it stands and what its keys do. What its lines say of a change is in `detail::change`. Must not know colours.

use super::words::{plain_age, safe};
use super::{App, Detail, Wanted, json};
use crate::app::action::{Step, scrolled};
use crate::app::detail::{ChangeParts, DetailLine, DetailSpan};
use crate::app::event::Effect;
use crate::app::format::{Digits, offset, thousands, time_of_day};
use crate::app::{Pane, Role, text};
use crate::model::Timestamp;
use crate::model::time::SECOND;
use crate::parse::text as safe_text;

/// The least rows of list and pane together at which the pane comes by itself.
const LEAST_UNASKED: u16 = 18;
/// The same where it was asked for.
const LEAST: u16 = 8;
/// From here on the pane has most of the rows.
const ROOMY: u16 = 24;

/// The pane as it is to be drawn.
#[derive(Clone, Debug)]
pub struct ChangeView<'a> {
    /// The heading, left and right.
    pub heading: (String, String),
    /// The pane's lines and its cursor.
    pub pane: &'a Detail,
}

impl App {
    /// How many rows the pane has, of those that it shares with the list.
    pub(in crate::app) fn rows_of_change(&self, all: u16) -> u16 {
        if !self.shows_changes() || self.tab().view.is_empty() {
            return 0;
        }
        match self.documents.wanted {
            Wanted::Hidden => 0,
            Wanted::Auto if all < LEAST_UNASKED => 0,
            Wanted::Shown if all < LEAST => 0,
            _ if all >= ROOMY => all * 5 / 9,
            _ => (all * 2 / 5).max(4),
        }
    }

    fn change_is_seen(&self) -> bool {
        let is_over =
            self.filter_pane().is_some() || matches!(self.pane, Pane::Picker(_) | Pane::Origins(_) | Pane::Consent(_));
        let rows = || self.body_rows().map_or(0, |(_, body)| self.rows_of_change(body));
        !is_over && self.tab().detail.is_none() && rows() > 0
    }

    /// Whether the keys go to the pane.
    pub(in crate::app) fn change_has_focus(&self) -> bool {
        self.documents.pane.focused && self.change_is_seen()
    }

    /// The pane as it is to be drawn, while it is.
    pub fn change_view(&self) -> Option<ChangeView<'_>> {
        self.change_is_seen().then(|| ChangeView { heading: self.change_heading(), pane: &self.documents.pane })
    }

    fn change_heading(&self) -> (String, String) {
        let pane = &self.documents.pane;
        let id = self.tab().view.cursor();
        let record = id.and_then(|id| self.engine.store().record(id));
        let document =
            record.as_ref().and_then(|record| ChangeParts::of(record.raw)).map(|parts| safe(&parts.document));
        let mut left = document.unwrap_or_else(|| "Change".to_owned());
        if pane.reveals() {
            left.push_str(", secrets shown");
        }
        let room = self.change_room();
        let mut right = Vec::new();
        let below = pane.lines.len().saturating_sub(pane.scroll + room);
        if below > 0 {
            right.push(format!("{below} more"));
        }
        let place = id.and_then(|id| self.documents.versions.place(self.engine.store(), id));
        if let Some((at, of)) = place {
            right.push(format!("version {} of {}", thousands(at as u64), thousands(of as u64)));
        }
        let key = |id: &str, word: &str| format!("{}: {word}", self.key_of(id));
        if pane.focused {
            right.push(key("expand", "expand"));
            right.push(key("reveal", "reveal"));
            right.push(key("copy-document", "copy"));
            right.push(key("change-or-lines", "back"));
        } else {
            right.push(key("show-change", "hide"));
            right.push(key("change-or-lines", "focus"));
        }
        let right = right.join("   ");
        // The path's end tells documents apart.
        let room = usize::from(self.size.0).saturating_sub(text::width(&right) + 12).max(20);
        (text::shorten_path(&left, room, '~'), right)
    }

    /// Rows of the pane below its heading.
    fn change_room(&self) -> usize {
        let pane = self.layout().filter(|_| self.change_is_seen()).and_then(|layout| layout.pane);
        pane.map_or(0, |pane| usize::from(pane.height).saturating_sub(1))
    }

    /// Makes the pane's lines anew.
    pub(in crate::app) fn refresh_change(&mut self) {
        if !self.shows_changes() {
            return;
        }
        let id = self.tab().view.cursor();
        let record = id.and_then(|id| self.engine.store().record(id));
        let made = match record {
            Some(record) => {
                let head = self.change_head(&record);
                self.change_made(&self.documents.pane, &record, head)
            }
            None => crate::app::detail::Made::default(),
        };
        let room = self.change_room();
        self.documents.pane.take(id, made, room);
    }

    /// When it was changed, and when the database told last.
    fn change_head(&self, record: &crate::model::Record<'_>) -> Vec<DetailLine> {
        let line = |spans: &[(&str, Role)]| {
            let spans = spans.iter().map(|(text, role)| DetailSpan { text: (*text).to_owned(), role: *role });
            DetailLine::Text(spans.collect())
        };
        let Some(updated) = ChangeParts::of(record.raw).and_then(|parts| parts.updated) else {
            return Vec::new();
        };
        let time = updated.to_jiff().strftime("%Y-%m-%d %H:%M:%S%.3fZ").to_string();
        // As wide as its longest form, so that nothing moves.
        let age = format!("   {:<14}", format!("({})", plain_age(self.now.0.saturating_sub(updated.0))));
        let told = self.documents.places.get(&record.origin.source()).and_then(|place| place.scope.last);
        let told = told.map(|at| {
            let zone = self.shown_zone();
            let gap = if self.size.0 >= 100 { "      " } else { "   " };
            format!("{gap}as of {}{}", time_of_day(at, &zone, Digits::Seconds), offset(at, &zone))
        });
        let told = told.unwrap_or_default();
        let head = [("   updated   ", Role::Dim), (time.as_str(), Role::Text), (&age, Role::Dim), (&told, Role::Dim)];
        vec![line(&head), line(&[])]
    }

    /// Keeps the pane with the cursor.
    pub(in crate::app) fn settle_documents(&mut self, by_user: bool) {
        if !self.shows_changes() {
            return;
        }
        if self.documents.pane.focused && !self.change_is_seen() && self.tab().detail.is_none() {
            self.documents.pane.focused = false;
        }
        if by_user || self.documents.pane.id != self.tab().view.cursor() {
            self.refresh_change();
        }
    }

    /// A move in the pane.
    pub(in crate::app) fn change_go(&mut self, step: Step) {
        let room = self.change_room().max(1);
        let pane = &mut self.documents.pane;
        let last = pane.lines.len().saturating_sub(1);
        pane.go_to(scrolled(pane.cursor, step, room, last), room);
    }

    /// To the pane, or back to the list.
    pub(in crate::app) fn next_change_pane(&mut self) {
        if !self.change_is_seen() {
            self.documents.wanted = Wanted::Shown;
            if !self.change_is_seen() {
                self.documents.wanted = Wanted::Auto;
                return self.say(if self.tab().view.is_empty() {
                    "there is no other pane here"
                } else {
                    "the screen has no room for the pane with the change"
                });
            }
            self.refresh_change();
        }
        let room = self.change_room();
        self.documents.pane.toggle_focus(room);
    }

    /// Back from the pane to the list. `false` when the keys went there already.
    pub(in crate::app) fn leave_change(&mut self) -> bool {
        let had = self.change_has_focus();
        if had {
            self.documents.pane.focused = false;
        }
        had
    }

    /// Shows the pane, or takes it away.
    pub(in crate::app) fn show_change(&mut self) {
        if self.change_is_seen() {
            self.documents.wanted = Wanted::Hidden;
            self.documents.pane.focused = false;
            let key = self.key_of("show-change");
            return self.say(format!("the change is hidden: {key} shows it again"));
        }
        self.documents.wanted = Wanted::Shown;
        if !self.change_is_seen() {
            self.say("the pane with the change comes with more rows, or with the first document");
        }
    }

    /// Opens the map or list under the pane's cursor, or folds it.
    pub(in crate::app) fn expand(&mut self) {
        if !self.documents.pane.toggle_container() {
            self.say("nothing to expand here: the cursor is on no map or list");
        }
    }

    /// Shows what is secret in the pane, or hides it.
    pub(in crate::app) fn reveal_change(&mut self) {
        self.documents.pane.secrets.toggle();
    }

    /// A click goes to the pane. `false` when it was elsewhere.
    pub(in crate::app) fn click_change(&mut self, y: u16) -> bool {
        let rows = self.layout().filter(|_| self.change_is_seen()).and_then(|layout| layout.pane);
        let is_there = rows.is_some_and(|rows| (rows.y..rows.y + rows.height).contains(&y));
        self.documents.pane.focused = is_there;
        if let Some(rows) = rows.filter(|rows| is_there && y > rows.y) {
            let room = usize::from(rows.height).saturating_sub(1);
            let line = self.documents.pane.scroll + usize::from(y - rows.y - 1);
            self.documents.pane.go_to(line, room);
        }
        is_there
    }

    /// Sends the document under the cursor as JSON, without secrets.
    pub(in crate::app) fn copy_document(&mut self, effects: &mut Vec<Effect>) {
        let record = self.tab().view.cursor().and_then(|id| self.engine.store().record(id));
        let json = record.as_ref().and_then(|record| ChangeParts::of(record.raw)?.fields).map(|fields| {
            let mut redact = |path: &str, value: &str| {
                let redacted = self.redactor.redact_field(path, value);
                (!redacted.found.is_empty()).then(|| redacted.text.into_owned())
            };
            let text = json::redacted(fields, &mut redact);
            safe_text::safe(text.as_bytes()).into_owned()
        });
        match json {
            Some(json) => effects.push(Effect::Copy(json)),
            None => self.say("this record has no document to copy"),
        }
    }

    /// When the change under the cursor was made.
    fn changed_at(&self) -> Option<Timestamp> {
        if !self.change_is_seen() {
            return None;
        }
        let record = self.engine.store().record(self.tab().view.cursor()?)?;
        ChangeParts::of(record.raw)?.updated
    }

    /// What of the pane changes with the clock.
    pub(in crate::app) fn change_pulse(&self) -> String {
        self.changed_at().map(|at| plain_age(self.now.0.saturating_sub(at.0))).unwrap_or_default()
    }

    /// Whether something about documents is shown by the second.
    pub(in crate::app) fn documents_show_seconds(&self) -> bool {
        let is_near = |at: Timestamp| (self.now.0.saturating_sub(at.0)).abs() < 120 * SECOND;
        self.documents_are_shown()
            && (self.documents.places.values().any(|place| {
                let scope = &place.scope;
                let waits = scope.last.is_none_or(is_near) || scope.next.is_some_and(is_near);
                waits || (place.is_spent() && scope.hour_ends.is_some_and(is_near))
            }) || self.changed_at().is_some_and(is_near))
    }
}
