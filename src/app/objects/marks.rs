//! Marked objects: only their lines are shown.
//!
//! Owns which objects are marked, and what of them is learnt. How a mark is a part of the filter is in `app/tokens`. Must not know
//! keys or rows.

use super::{App, Entry, ObjectId};
use crate::app::earlier::Step;
use crate::app::tokens::{self, Visit, without_origins};
use crate::model::OriginId;
use crate::model::address::Tab;

/// An object's id, and its name without directories and endings.
fn named(entry: &Entry) -> (ObjectId, String) {
    let key = &entry.object.key;
    ((entry.source, key.object()), crate::app::rows::short_name(&key.name).to_owned())
}

impl App {
    /// The tokens of the marked objects.
    pub(super) fn object_marks(&self) -> Vec<OriginId> {
        self.objects.tokens.in_query(self.tabs[Self::index_of(Tab::Gcs)].view.query())
    }

    /// Marks the object with the cursor, or takes its mark away. `false` when the row has none.
    pub(super) fn toggle_object(&mut self) -> bool {
        let Some((id, short)) = self.objects.here().map(named) else { return false };
        let token = self.objects.tokens.of(id.0, id, &short);
        let marks = tokens::toggled(self.object_marks(), token);
        self.set_object_marks(&marks, Step::Marks);
        true
    }

    /// Shows only the lines of the object with the cursor, until [`App::leave_object`]. `false` when the row has none.
    pub(super) fn visit_object(&mut self) -> bool {
        let Some((id, short)) = self.objects.here().map(named) else { return false };
        let before = self.tab().view.query().origins.clone();
        let token = self.objects.tokens.of(id.0, id, &short);
        self.set_object_marks(&[token], Step::Here);
        self.objects.visit = Some(Visit { query: without_origins(self.tab().view.query()), before });
        true
    }

    /// Goes back from one object's lines to those that were shown before. `false` when no object was gone to.
    pub(in crate::app) fn leave_object(&mut self) -> bool {
        if !self.objects_are_shown() || self.objects.list.has_focus {
            return false;
        }
        let Some(visit) = self.objects.visit.take() else { return false };
        self.leave_context();
        self.objects.list.has_focus = true;
        let query = without_origins(self.tab().view.query());
        if query != visit.query || !self.go_back() {
            self.narrow(|query, _| query.origins = visit.before);
        }
        self.message = None;
        true
    }

    /// Takes all marks away.
    pub(in crate::app) fn all_objects(&mut self) {
        self.objects.visit = None;
        if self.tab().view.query().origins.is_empty() {
            return self.say("no object is marked: the lines of all are shown");
        }
        self.set_object_marks(&[], Step::Here);
        self.say("the lines of all objects are shown");
    }

    fn set_object_marks(&mut self, marks: &[OriginId], step: Step) {
        self.learn_object_origins(marks);
        let origins = self.objects.tokens.origins_of(marks);
        self.narrow_by(step, |query, _| query.origins = origins);
    }

    /// What marked objects write to as far as it is known now.
    fn learn_object_origins(&mut self, marks: &[OriginId]) {
        let objects = &self.objects;
        let origin = |id: &ObjectId| objects.table.find(id).and_then(|entry| entry.object.origin);
        let learnt: Vec<_> = objects.tokens.keys(marks).into_iter().map(|(id, token)| (token, origin(id))).collect();
        for (token, origin) in learnt {
            self.objects.tokens.learn(token, origin);
        }
    }

    /// Objects were told: marked ones may have lines now.
    pub(super) fn learn_object_marks(&mut self) {
        let marks = self.object_marks();
        if !marks.is_empty() {
            self.learn_object_origins(&marks);
            self.refresh_object_marks();
        }
    }

    /// Lets the filter follow what marked objects write to. That is no step.
    pub(super) fn refresh_object_marks(&mut self) {
        let marks = self.object_marks();
        if !marks.is_empty() {
            let origins = self.objects.tokens.origins_of(&marks);
            self.follow_origins(Tab::Gcs, origins);
        }
    }

    /// `object part-0013`, `5 objects`; nothing where no object is marked.
    pub(in crate::app) fn object_marks_words(&self) -> Option<String> {
        if self.tab().tab != Tab::Gcs {
            return None;
        }
        tokens::in_words(&self.objects.tokens.names(&self.object_marks()), "object")
    }

    /// `part-0013 + part-0014`, `5 objects marked`: for the heading of the lines.
    pub(in crate::app) fn marked_objects_words(&self) -> Option<String> {
        let marks = self.object_marks();
        let names = self.objects.tokens.names(&marks);
        let words = names.join(" + ");
        match names.len() {
            0 => None,
            1..=3 if crate::app::text::width(&words) <= 40 => Some(words),
            many => Some(format!("{many} objects marked")),
        }
    }
}
