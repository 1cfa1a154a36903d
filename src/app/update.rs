//! One event at a time: what it changes, and what has to be done outside.
//!
//! Owns the order of decisions. Must not know drawing. Scroll offsets are settled here, after each event.

use super::action::Context;
use super::counting::Counting;
use super::event::{Effect, Event, ExportNews, Key};
use super::view::{Repeats, View};
use super::{App, FrameNeed, Pane, Role};
use crate::engine::Applied;
use crate::model::SourceMsg;
use crate::model::address::Tab;

/// Takes an event in. Never blocks; long work is cut into slices that [`Effect::Continue`] asks for.
pub fn update(app: &mut App, event: Event) -> Vec<Effect> {
    let mut effects = Vec::new();
    let (was_busy, mut need) = (app.is_busy(), FrameNeed::Now);
    match event {
        Event::Key(key) => app.key(key, &mut effects),
        Event::Mouse(mouse) => app.mouse(mouse),
        Event::Paste(text) => app.paste(&text),
        Event::Resize(columns, rows) => {
            app.size = (columns, rows);
            app.refresh_histogram();
        }
        Event::Focus(_) => need = FrameNeed::No,
        Event::Source(message) => {
            need = app.source(message);
        }
        Event::Tick(now) => {
            app.now = now;
            if was_busy {
                app.work();
                need = FrameNeed::Soon;
            } else {
                need = FrameNeed::No;
            }
            app.measure_when_due(&mut effects);
            if app.forget_message() {
                need = FrameNeed::Soon;
            }
            let pulse = app.pulse_now();
            if pulse != app.pulse {
                app.refresh_detail();
                app.refresh_change();
                app.list_origins();
                need = FrameNeed::Soon;
            }
            if app.histogram_is_due() {
                app.refresh_histogram();
                need = FrameNeed::Soon;
            } else if app.pods_are_due() {
                app.count_pods();
                need = FrameNeed::Soon;
            }
        }
        Event::Export(news) => {
            if let ExportNews::Progress(_) = news {
                need = FrameNeed::Soon;
            }
            app.export_news(news);
        }
        Event::Extract(news) => need = app.extract_news(news),
        Event::Forge(news) => need = app.forge_news(news),
        Event::RunLog { repo, run, job, source } => {
            app.run_log(&repo, run, job, source);
            need = FrameNeed::Soon;
        }
        Event::Meters(meters) => {
            need = if app.measured(meters) { FrameNeed::Soon } else { FrameNeed::No };
        }
        Event::Listed { directory, names } => app.listed(&directory, names),
        // What was wrong stays until somebody has pressed a key.
        Event::Done(Ok(_)) if app.message.as_ref().is_some_and(|message| message.role == Role::Error) => {}
        Event::Done(Ok(text)) => app.say(crate::parse::text::safe_line(text.as_bytes())),
        Event::Done(Err(text)) => app.complain(crate::parse::text::safe_line(text.as_bytes())),
    }
    app.list_when_wanted(&mut effects);
    app.ask_when_due();
    app.settle(need == FrameNeed::Now);
    effects.append(&mut app.outbox);
    if app.is_busy() {
        effects.push(Effect::Continue);
    }
    app.frame = app.frame.max(need);
    effects
}

impl App {
    fn key(&mut self, key: Key, effects: &mut Vec<Effect>) {
        self.message = None;
        let context = self.context();
        if let Some(spec) = self.settings.keymap.find(context, key) {
            return (spec.run)(self, effects);
        }
        match context {
            Context::Prompt | Context::Text | Context::Picker => {
                let changed = match &mut self.pane {
                    Pane::Prompt(prompt) => prompt.edit.key(key),
                    Pane::Filter(pane) => pane.focused_edit().is_some_and(|edit| edit.key(key)),
                    Pane::Picker(picker) => picker.edit_mut().key(key),
                    _ => false,
                };
                if changed {
                    self.text_changed();
                }
            }
            // Any key closes it.
            Context::Help => self.pane = Pane::None,
            _ => {}
        }
    }

    fn paste(&mut self, text: &str) {
        let changed = match &mut self.pane {
            Pane::Prompt(prompt) => prompt.edit.paste(text),
            Pane::Filter(pane) => pane.focused_edit().is_some_and(|edit| edit.paste(text)),
            Pane::Picker(picker) => picker.edit_mut().paste(text),
            _ => {
                let (search, filter) = (self.key_of("search"), self.key_of("filter"));
                self.say(format!("a paste needs a text entry: {search} searches, {filter} filters"));
                false
            }
        };
        if changed {
            self.text_changed();
        }
    }

    fn text_changed(&mut self) {
        match &mut self.pane {
            Pane::Prompt(prompt) => prompt.changed(),
            Pane::Filter(_) => self.try_filter(),
            Pane::Picker(_) => self.picker_changed(),
            _ => {}
        }
    }

    /// Takes a source's news in. Those of a tab that is not seen want no frame, but for its badge.
    fn source(&mut self, message: SourceMsg) -> FrameNeed {
        let source = message.source();
        if let SourceMsg::Answer { .. } = message {
            // Somebody asked for it.
            self.take_in(message);
            return FrameNeed::Now;
        }
        let (before, started) = (self.badges(), self.is_start());
        self.take_in(message);
        let seen = self.tab().view.sources().contains(source)
            || self.engine.source(source).is_some_and(|source| source.tab() == self.tab().tab)
            // A pane may show anything.
            || !matches!(self.pane, Pane::None)
            || started != self.is_start()
            || before != self.badges();
        if seen { FrameNeed::Soon } else { FrameNeed::No }
    }

    fn take_in(&mut self, message: SourceMsg) {
        let was_reading = self.is_reading();
        self.apply(message);
        // Soon at first, and all that was read when that is done; later it waits for a tick.
        let is_due = (was_reading || self.histogram.is_none()) && self.histogram_is_due();
        if is_due || (was_reading && !self.is_reading() && self.histogram_is_stale()) {
            self.refresh_histogram();
        }
    }

    fn apply(&mut self, message: SourceMsg) {
        let is_new = matches!(&message, SourceMsg::Origin { id, .. } if self.engine.origin_name(*id).is_none());
        match self.engine.apply(message, self.now) {
            Applied::Records { source, appended } => {
                self.note_versions(source, &appended);
                for tab in &mut self.tabs {
                    tab.view.extend(self.engine.store(), &appended);
                }
                if let Some(counting) = &mut self.counting {
                    counting.extend(self.engine.store(), &appended);
                }
            }
            Applied::Origin(id) => {
                let name = self.engine.origin_name(id).unwrap_or_default();
                if let Some(source) = self.engine.source(id.source()).filter(|_| is_new) {
                    self.names.add(name, source.tab());
                }
                for tab in &mut self.tabs {
                    tab.view.add_origin(id, name);
                }
                if let Some(counting) = &mut self.counting {
                    counting.add_origin(id, name);
                }
            }
            Applied::Replaced(source) => {
                for tab in self.tabs.iter_mut().filter(|tab| tab.view.sources().contains(source)) {
                    tab.view.reload(self.engine.store());
                }
            }
            Applied::Answer(source, ticket, answer) => self.answered(source, ticket, answer),
            Applied::Pods(source, news) => self.pods_news(source, news),
            Applied::Objects(source, news) => self.objects_news(source, news),
            Applied::Documents(source, news) => self.documents_news(source, news),
            Applied::Nothing => {}
            Applied::Health(id) => {
                // A source that nobody opened shows up in the tab that the engine gave it.
                if let Some(source) = self.engine.source(id) {
                    let index = Self::index_of(source.tab());
                    self.tabs[index].view.add_source(id, self.engine.store());
                }
                self.list_origins();
            }
        }
    }

    /// Whether a slice of work is left.
    pub(super) fn is_busy(&self) -> bool {
        self.finding.is_some()
            || self.announcement.is_some()
            || self.counting.as_ref().is_some_and(Counting::is_busy)
            || self.tabs.iter().any(|tab| !tab.view.count_is_final())
    }

    /// One slice of what is left, the tab that is seen first.
    pub(super) fn work(&mut self) {
        if self.tab().view.count_is_final() {
            if self.finding.is_some() {
                return self.find_slice();
            }
            if let Some(counting) = self.counting.as_mut().filter(|counting| counting.is_busy()) {
                return counting.slice(self.engine.store());
            }
            if let Some(tab) = self.tabs.iter_mut().find(|tab| !tab.view.count_is_final()) {
                let records = slice(&tab.view);
                tab.view.advance(self.engine.store(), records);
            }
            return self.announce_slice();
        }
        let store = self.engine.store();
        let view = &mut self.tabs[self.active].view;
        let records = slice(view);
        view.advance(store, records);
        if self.finding.is_some() {
            self.find_slice();
        }
    }

    /// Puts in order what follows from the rest: pause, badges, scroll offsets, the detail's lines.
    pub(super) fn settle(&mut self, by_user: bool) {
        self.land();
        self.follow_window();
        self.load_what_is_seen();
        self.settle_ci();
        self.settle_pods(by_user);
        self.settle_objects(by_user);
        self.scroll_origins();
        if self.tab().tab == Tab::Ci {
            self.ci.live.seen();
        }
        let errors = self.errors_of(self.tab().tab);
        let tab = &mut self.tabs[self.active];
        tab.seen_errors = errors;
        let following = tab.view.is_following();
        if tab.was_following && !following {
            tab.paused_at = tab.view.newest();
        }
        tab.was_following = following;
        self.refresh_counting();
        self.widen_columns();
        self.settle_list();
        let cursor = self.tab().view.cursor();
        if by_user || self.tab().detail.as_ref().is_some_and(|detail| detail.id != cursor) {
            self.refresh_detail();
        }
        self.settle_documents(by_user);
    }

    /// Makes the lines of the detail pane anew.
    pub(super) fn refresh_detail(&mut self) {
        if self.tab().detail.is_none() {
            return;
        }
        let lines = self.detail_lines();
        let cursor = self.tab().view.cursor();
        let room = self.detail_height();
        if let Some(detail) = &mut self.tab_mut().detail {
            detail.take(cursor, lines, room);
        }
    }
}

/// How many records a slice takes, such that it stays within a few milliseconds: columns are cheap, text is not.
fn slice(view: &View) -> usize {
    let query = view.query();
    if view.has_context() || view.repeats() == Repeats::Collapsed {
        // Each record is compared with its neighbours.
        return if query.fields.is_empty() { 10_000 } else { 4_000 };
    }
    if !query.fields.is_empty() {
        4_000
    } else if query.grep.is_empty() && query.not.is_empty() {
        200_000
    } else {
        10_000
    }
}
