//! Actions of the filter and its pane, of the prompt, and of the focus between panes.

use crate::app::earlier::{Earlier, Step};
use crate::app::event::Effect;
use crate::app::filter::{TimeBase, field_of};
use crate::app::view::Scope;
use crate::app::{App, Entries, FilterField, FilterPane, Pane};
use crate::model::query::FieldTest;
use crate::model::{Query, Severity};

pub(super) fn open_filter(app: &mut App, _: &mut Vec<Effect>) {
    app.leave_context();
    let tab = app.tab();
    app.pane = Pane::Filter(Box::new(FilterPane::new(tab.view.query(), &tab.entries)));
}

pub(super) fn less_severe(app: &mut App, _: &mut Vec<Effect>) {
    app.threshold(-1);
}

pub(super) fn more_severe(app: &mut App, _: &mut Vec<Effect>) {
    app.threshold(1);
}

pub(super) fn context(app: &mut App, _: &mut Vec<Effect>) {
    if app.leave_context() {
        return;
    }
    if app.tab().view.query().is_all() {
        return app.say("no filter is active: this is everything");
    }
    let entries = std::mem::take(&mut app.tab_mut().entries);
    let query = app.tab().view.query().clone();
    let height = app.list_height();
    let view = &mut app.tab_mut().view;
    if view.is_following() {
        // The line would be lost among what comes in.
        view.unfollow();
    }
    app.tab_mut().aside = Some((query, entries));
    app.set_query(&Query::default());
    // What comes after the line has to be seen, too.
    let view = &mut app.tab_mut().view;
    let row = view.cursor_position().map_or(0, |position| position.saturating_sub(view.top(height)));
    let lowest = height * 2 / 3;
    view.scroll(row.saturating_sub(lowest) as isize, height);
}

pub(super) fn next_pane(app: &mut App, _: &mut Vec<Effect>) {
    let height = app.detail_height();
    if let Some(detail) = &mut app.tab_mut().detail {
        detail.toggle_focus(height);
    }
}

pub(super) fn field_next(app: &mut App, _: &mut Vec<Effect>) {
    with_pane(app, |pane| pane.focus = (pane.focus + 1) % FilterField::ALL.len());
}

pub(super) fn field_previous(app: &mut App, _: &mut Vec<Effect>) {
    with_pane(app, |pane| pane.focus = (pane.focus + FilterField::ALL.len() - 1) % FilterField::ALL.len());
}

pub(super) fn choice_left(app: &mut App, _: &mut Vec<Effect>) {
    // The worst severity stands on the left.
    app.choose(1);
}

pub(super) fn choice_right(app: &mut App, _: &mut Vec<Effect>) {
    app.choose(-1);
}

pub(super) fn toggle(app: &mut App, _: &mut Vec<Effect>) {
    if app.filter_pane().is_some_and(|pane| pane.focus() == FilterField::Saved) {
        return app.fill_from_saved();
    }
    with_pane(app, |pane| {
        // A threshold: what is above a shown severity is shown, too. Nothing would be left without the worst one.
        pane.severity = if pane.choice < pane.severity { pane.choice } else { beside(pane.choice, 1) };
    });
    app.try_filter();
}

pub(super) fn clear(app: &mut App, _: &mut Vec<Effect>) {
    let old = match &app.pane {
        Pane::Filter(pane) => pane.old.clone(),
        _ => return,
    };
    let mut pane = FilterPane::new(&Query::default(), &Entries::default());
    pane.old = old;
    app.pane = Pane::Filter(Box::new(pane));
    app.try_filter();
}

pub(super) fn apply(app: &mut App, effects: &mut Vec<Effect>) {
    match std::mem::replace(&mut app.pane, Pane::None) {
        Pane::Prompt(prompt) => app.answer(prompt, effects),
        Pane::Filter(pane) => {
            let is_chosen = pane.focus() == FilterField::Saved && pane.saved().is_some();
            app.pane = Pane::Filter(pane);
            if is_chosen {
                app.fill_from_saved();
            }
            app.take_pane();
        }
        Pane::Picker(picker) => app.picked(*picker, effects),
        Pane::Origins(origins) => app.take_origins(&origins),
        Pane::Bars(cursor) => {
            app.pane = Pane::Bars(cursor);
            app.take_bars();
        }
        other => app.pane = other,
    }
}

fn with_pane(app: &mut App, change: impl FnOnce(&mut FilterPane)) {
    if let Pane::Filter(pane) = &mut app.pane {
        change(pane);
    }
}

fn beside(severity: Severity, step: i8) -> Severity {
    let n = (severity as i8 + step).clamp(Severity::Unknown as i8, Severity::Fatal as i8);
    Severity::from_u8(n as u8)
}

impl App {
    /// Closes the filter pane and takes what it says, as one step; a mistake stays to be mended.
    fn take_pane(&mut self) {
        match std::mem::replace(&mut self.pane, Pane::None) {
            Pane::Filter(pane) if pane.error.is_some() => self.pane = Pane::Filter(pane),
            Pane::Filter(pane) => {
                let entries = pane.entries();
                let (query, old) = pane.old;
                self.announcement = None;
                let is_step = query != *self.tab().view.query();
                let searched_last = self.searched_last;
                self.searched_last &= !is_step;
                let tab = self.tab_mut();
                tab.entries = entries;
                tab.remember(Earlier { query, entries: old, step: Step::Here, searched_last });
            }
            other => self.pane = other,
        }
    }

    /// Moves the cursor of a row of choices: of the severities, of which the worst stands on the left, or of the saved
    /// filters.
    fn choose(&mut self, to_the_left: i8) {
        let saved = self.saved().len();
        with_pane(self, |pane| {
            if pane.focus() != FilterField::Saved {
                pane.choice = beside(pane.choice, to_the_left);
                return;
            }
            let last = saved.checked_sub(1);
            pane.saved = match (pane.saved, to_the_left) {
                (Some(at), 1) => Some(at.saturating_sub(1)),
                (Some(at), _) => last.map(|last| (at + 1).min(last)),
                (None, 1) => last,
                (None, _) => last.map(|_| 0),
            };
        });
    }

    /// Sets the filter of the tab; what fits into one slice is there at once.
    pub(in crate::app) fn set_query(&mut self, query: &Query) {
        if let Err((_, problem)) = self.set_query_or_say(query) {
            self.complain(problem);
        }
    }

    /// Changes parts of the filter, with the texts that the filter pane shows for them; Esc takes it back.
    pub(in crate::app) fn narrow(&mut self, change: impl FnOnce(&mut Query, &mut Entries)) {
        self.narrow_by(Step::Here, change);
    }

    /// The same by a step of this kind.
    pub(in crate::app) fn narrow_by(&mut self, step: Step, change: impl FnOnce(&mut Query, &mut Entries)) {
        self.leave_context();
        let (mut query, mut entries) = (self.tab().view.query().clone(), self.tab().entries.clone());
        change(&mut query, &mut entries);
        match self.change_filter(self.active, &query, entries, step) {
            Ok(()) => self.work(),
            Err((_, problem)) => self.complain(problem),
        }
    }

    fn set_query_or_say(&mut self, query: &Query) -> Result<(), (FilterField, String)> {
        self.set_query_in(self.active, query)?;
        self.work();
        Ok(())
    }

    /// Sets the filter of any tab; [`App::work`] fills it.
    pub(in crate::app) fn set_query_in(&mut self, tab: usize, query: &Query) -> Result<(), (FilterField, String)> {
        let (engine, tab) = (&self.engine, &mut self.tabs[tab]);
        tab.view.set_query(query.clone(), engine.origin_names(), engine.store()).map_err(|error| {
            let problem = crate::parse::text::safe_line(error.problem.as_bytes()).into_owned();
            (field_of(&error.part, query), problem)
        })?;
        let shown = |test: &FieldTest| {
            let value = self.redactor.redact_field(&test.field, &test.value).text.into_owned();
            FieldTest { field: test.field.clone(), value }
        };
        tab.shown_fields = query.fields.iter().map(shown).collect();
        Ok(())
    }

    /// What relative times of a filter count from; times without a zone are read as they are shown.
    pub(in crate::app) fn time_base(&self) -> TimeBase {
        let last = self.tab().view.len().checked_sub(1);
        let newest = last.and_then(|last| self.engine.store().record(self.tab().view.id_at(last)?));
        TimeBase { now: self.now, newest: newest.map(|record| record.order), zone: self.shown_zone() }
    }

    /// What the pane says, as the filter; while it is not understood, the filter stays as it is.
    pub(in crate::app) fn try_filter(&mut self) {
        let Pane::Filter(pane) = &self.pane else { return };
        let mut query = pane.entries().query(pane.severity, &self.time_base());
        if let Ok(query) = &mut query {
            // The pane has no row for them: they stay.
            query.origins.clone_from(&pane.old.0.origins);
        }
        let result = query
            .and_then(|query| if query == *self.tab().view.query() { Ok(()) } else { self.set_query_or_say(&query) });
        if let Pane::Filter(pane) = &mut self.pane {
            pane.error = result.err();
        }
    }

    /// Closes the filter pane and puts the old filter back.
    pub(super) fn keep_old_filter(&mut self) {
        if let Pane::Filter(pane) = std::mem::replace(&mut self.pane, Pane::None) {
            let (query, entries) = pane.old;
            self.tab_mut().entries = entries;
            if query != *self.tab().view.query() {
                self.set_query(&query);
            }
        }
    }

    fn threshold(&mut self, step: i8) {
        if let Pane::Filter(pane) = &mut self.pane {
            pane.severity = beside(pane.severity, step);
            pane.choice = pane.severity;
            return self.try_filter();
        }
        // Around a line everything is shown; the filter is what counts.
        self.leave_context();
        let mut query = self.tab().view.query().clone();
        let next = beside(query.min_severity, step);
        if next == query.min_severity {
            return self.say(if step > 0 { "only FATAL is shown already" } else { "every severity is shown already" });
        }
        query.min_severity = next;
        let entries = self.tab().entries.clone();
        match self.change_filter(self.active, &query, entries, Step::Threshold) {
            Ok(()) => self.work(),
            Err((_, problem)) => self.complain(problem),
        }
    }

    /// Puts the filter back that `z` took away.
    pub(in crate::app) fn leave_context(&mut self) -> bool {
        let Some((query, entries)) = self.tab_mut().aside.take() else { return false };
        self.tab_mut().entries = entries;
        self.set_query(&query);
        true
    }

    /// Drops the filter and all that came before it.
    pub(super) fn drop_filter(&mut self) {
        if self.tab().view.query().is_all() {
            return;
        }
        let tab = &mut self.tabs[self.active];
        tab.entries = Entries::default();
        tab.earlier.clear();
        tab.view.set_scope(Scope::Matches, self.engine.store());
        self.announcement = None;
        self.set_query(&Query::default());
    }
}
