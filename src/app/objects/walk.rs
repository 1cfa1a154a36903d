//! Moves among objects and between list and lines, and what is asked of a service about an object.
//!
//! Owns where a key leads. Must not know which key, or how it is drawn.

use super::{App, Entry};
use crate::app::action::{Context, Step, scrolled};
use crate::app::described::Subject;
use crate::app::event::Effect;
use crate::app::upper;
use crate::model::SourceId;
use crate::model::objects::{ObjectKey, ObjectState, Want};

impl App {
    /// Whether the keys go to the list of objects.
    pub(in crate::app) fn objects_have_focus(&self) -> bool {
        self.objects.list.has_focus
            && self.objects_are_shown()
            && self.objects.rows() > 0
            && self.tab().detail.is_none()
    }

    /// Where the keys go in the GCS tab, while no pane of it is open.
    pub(in crate::app) fn objects_context(&self) -> Option<Context> {
        if !self.objects_are_shown() || self.tab().detail.is_some() {
            return None;
        }
        Some(if self.objects_have_focus() { Context::Objects } else { Context::ObjectLines })
    }

    /// To the list of objects, or back to the lines.
    pub(in crate::app) fn next_objects_pane(&mut self) {
        if self.objects.rows() == 0 {
            return self.say("there is no other pane here");
        }
        if self.objects.list.has_focus {
            return self.leave_objects_list();
        }
        self.objects.list.is_hidden = false;
        self.focus_objects();
    }

    fn focus_objects(&mut self) {
        self.objects.visit = None;
        self.objects.list.has_focus = true;
        if self.objects.cursor.is_none() {
            self.objects.cursor = self.objects.slot_of(self.objects.list.row);
        }
    }

    /// The keys go to the lines; rows that were held go where they belong.
    pub(in crate::app) fn leave_objects_list(&mut self) {
        if self.objects.list.has_focus {
            self.objects.list.has_focus = false;
            self.objects.change(|objects| objects.table.settle());
        }
    }

    /// Shows the list of objects, or takes it away.
    pub(in crate::app) fn show_objects(&mut self) {
        self.objects.list.is_hidden = !self.objects.list.is_hidden;
        if self.objects.list.is_hidden {
            self.leave_objects_list();
            return self.say("the list of objects is hidden; :objects shows it again");
        }
        self.say("the list of objects is shown");
    }

    /// A move in the list.
    pub(in crate::app) fn objects_go(&mut self, step: Step) {
        let rows = self.layout().and_then(|layout| layout.upper);
        let room = rows.map_or(1, |rows| upper::room(rows, self.size.1));
        let most = self.objects.rows().saturating_sub(1);
        self.go_to_object(scrolled(self.objects.list.row, step, room, most));
    }

    fn go_to_object(&mut self, row: usize) {
        self.objects.list.row = row.min(self.objects.rows().saturating_sub(1));
        self.objects.cursor = self.objects.slot_of(self.objects.list.row);
    }

    /// A click goes to an object. `false` when it was elsewhere.
    pub(in crate::app) fn click_objects(&mut self, y: u16) -> bool {
        if !self.objects_are_shown() {
            return false;
        }
        let Some(rows) = self.layout().and_then(|layout| layout.upper) else { return false };
        if !(rows.y..rows.y + rows.height).contains(&y) {
            self.leave_objects_list();
            return false;
        }
        let room = upper::room(rows, self.size.1);
        let first = rows.y + rows.height - room as u16;
        let row = self.objects.list.top + usize::from(y.saturating_sub(first));
        self.focus_objects();
        if y >= first && row < self.objects.rows() {
            self.go_to_object(row);
        }
        true
    }

    /// Marks the object with the cursor, and goes on to the next one.
    pub(in crate::app) fn mark_object(&mut self) {
        if !self.toggle_object() {
            return self.say("there is no object in this row");
        }
        self.objects_go(Step::Lines(1));
    }

    /// Shows only the lines of the object with the cursor.
    pub(in crate::app) fn only_object(&mut self) {
        if !self.visit_object() {
            return self.say("there is no object in this row");
        }
        let entry = self.objects.here();
        let is_read = entry.is_some_and(|entry| entry.object.origin.is_some());
        self.objects.list.has_focus = false;
        let back = self.key_of("cancel");
        self.say(if is_read {
            format!("only this object's lines: {back} goes back")
        } else {
            format!("nothing of this object was read: {back} goes back, then {} reads it", self.key_of("read-object"))
        });
    }

    /// The object that is meant: that of the list's cursor, or of the line's.
    fn object_meant(&self) -> Option<&Entry> {
        if self.objects_have_focus() {
            return self.objects.here();
        }
        let origin = self.engine.store().record(self.tab().view.cursor()?)?.origin;
        self.objects.table.of_origin(origin)
    }

    /// The object that is meant; says so when there is none.
    fn object_meant_or_say(&mut self) -> Option<(SourceId, ObjectKey)> {
        let meant = self.object_meant().map(|entry| (entry.source, entry.object.key.clone()));
        if meant.is_none() {
            self.say(if self.objects_have_focus() {
                "there is no object in this row"
            } else {
                "the line under the cursor is of no object that is listed"
            });
        }
        meant
    }

    /// Reads the object with the cursor, or more of it.
    pub(in crate::app) fn read_object(&mut self, effects: &mut Vec<Effect>) {
        let Some(entry) = self.object_meant() else {
            self.object_meant_or_say();
            return;
        };
        let words = match &entry.object.state {
            ObjectState::Read => Err("all of this object was read"),
            ObjectState::Reading { .. } => Err("this object is being read"),
            ObjectState::Partial { has_more: false, .. } => Err("there is no more to read of this object"),
            ObjectState::Gone => Err("this object is gone: there is no more to read of it"),
            ObjectState::Partial { .. } => Ok("reading more of it ..."),
            ObjectState::Failed { .. } => Ok("trying again ..."),
            ObjectState::Listed | ObjectState::Left(_) | ObjectState::Queued => Ok("reading it ..."),
        };
        match words {
            Err(words) => self.say(words),
            Ok(words) => {
                effects.push(Effect::Objects(entry.source, Want::Read(entry.object.key.clone())));
                self.say(words);
            }
        }
    }

    /// Reads more of the object whose line is under the cursor. `false` when there is no more of it.
    pub(in crate::app) fn read_more(&mut self, effects: &mut Vec<Effect>) -> bool {
        let has_more = |entry: &Entry| matches!(entry.object.state, ObjectState::Partial { has_more: true, .. });
        let is_meant = self.objects_are_shown() && self.object_meant().is_some_and(has_more);
        if is_meant {
            self.read_object(effects);
        }
        is_meant
    }

    /// Shows what is known of the object that is meant, and asks its service for the rest.
    pub(in crate::app) fn describe_object(&mut self, effects: &mut Vec<Effect>) {
        let Some((source, key)) = self.object_meant_or_say() else { return };
        self.describe(Subject::Object((source, key.object())));
        effects.push(Effect::Objects(source, Want::Describe(key)));
    }

    /// Lists all places now, and tries again what failed.
    pub(in crate::app) fn refresh_objects(&mut self, effects: &mut Vec<Effect>) {
        effects.extend(self.objects.places.keys().map(|source| Effect::Objects(*source, Want::Refresh)));
        let failed = self.objects.table.tally().failed;
        self.say(match failed {
            0 => "listing objects ...".to_owned(),
            1 => "listing objects, and trying again what failed ...".to_owned(),
            many => format!("listing objects, and trying {many} again that failed ..."),
        });
    }

    /// Reads older objects: of the place with the cursor, or of all.
    pub(in crate::app) fn older_objects(&mut self, effects: &mut Vec<Effect>) {
        let here = self.object_meant().map(|entry| entry.source).filter(|_| self.objects_have_focus());
        let has_older = |source: &SourceId| {
            let place = self.objects.places.get(source);
            place.and_then(|place| place.scope.as_ref()).is_some_and(|scope| scope.has_older || scope.is_listing)
        };
        let wanted: Vec<SourceId> = match here.filter(has_older) {
            Some(source) => vec![source],
            None => self.objects.places.keys().copied().filter(has_older).collect(),
        };
        if wanted.is_empty() {
            return self.say("there are no older objects than those in the list");
        }
        effects.extend(wanted.into_iter().map(|source| Effect::Objects(source, Want::Older)));
        self.say("reading older objects ...");
    }

    /// The object with the cursor, when something of it is being read, and Esc has nothing else to go back from.
    pub(super) fn stoppable(&self) -> Option<&Entry> {
        let is_reading =
            |entry: &&Entry| matches!(entry.object.state, ObjectState::Reading { .. } | ObjectState::Queued);
        let is_meant = self.objects_have_focus() && self.tab().view.query().is_all();
        self.objects.here().filter(|_| is_meant).filter(is_reading)
    }

    /// Reads no more of the object with the cursor. `false` when nothing of it is being read.
    pub(in crate::app) fn stop_object(&mut self, effects: &mut Vec<Effect>) -> bool {
        let Some(entry) = self.stoppable() else { return false };
        effects.push(Effect::Objects(entry.source, Want::Stop(entry.object.key.clone())));
        let key = self.key_of("read-object");
        self.say(format!("no more is read of this object: {key} goes on"));
        true
    }

    /// Reads no more of any object. `false` when nothing is being read, or that was said already.
    pub(in crate::app) fn stop_objects(&mut self, effects: &mut Vec<Effect>) -> bool {
        let tally = self.objects.table.tally();
        let many = tally.reading + tally.queued;
        if !self.objects_are_shown() || many == 0 || self.objects.is_stopping {
            return false;
        }
        self.objects.is_stopping = true;
        effects.extend(self.objects.places.keys().map(|source| Effect::Objects(*source, Want::StopAll)));
        let objects = if many == 1 { "object" } else { "objects" };
        self.say(format!("no more is read of {many} {objects}"));
        true
    }
}
