//! Actions that work everywhere: tabs, help, leaving.

use crate::app::event::Effect;
use crate::app::{App, Pane};

pub(super) fn tab_gcs(app: &mut App, _: &mut Vec<Effect>) {
    app.show_tab(0);
}

pub(super) fn tab_firestore(app: &mut App, _: &mut Vec<Effect>) {
    app.show_tab(1);
}

pub(super) fn tab_pods(app: &mut App, _: &mut Vec<Effect>) {
    app.show_tab(2);
}

pub(super) fn tab_ci(app: &mut App, _: &mut Vec<Effect>) {
    app.show_tab(3);
}

pub(super) fn tab_summary(app: &mut App, _: &mut Vec<Effect>) {
    app.show_tab(4);
}

pub(super) fn redraw(_: &mut App, effects: &mut Vec<Effect>) {
    effects.push(Effect::Redraw);
}

pub(super) fn suspend(_: &mut App, effects: &mut Vec<Effect>) {
    effects.push(Effect::Suspend);
}

pub(super) fn demo(app: &mut App, effects: &mut Vec<Effect>) {
    app.say("opening the demo ...");
    effects.push(Effect::OpenDemo);
}

pub(super) fn help(app: &mut App, _: &mut Vec<Effect>) {
    app.close_filter_pane();
    app.pane = Pane::Help { scroll: 0 };
}

pub(super) fn cancel(app: &mut App, effects: &mut Vec<Effect>) {
    if app.close_pane()
        || app.leave_change()
        || app.cancel_finding()
        || app.cancel_export(effects)
        || app.leave_upper(effects)
    {
        return;
    }
    if app.ci_is_shown() {
        let _ = app.cancel_fetch() || app.cancel_looking() || app.drop_run_filter() || app.leave_ci();
        return;
    }
    if app.tab_mut().detail.take().is_some() || app.leave_context() || app.leave_ci() {
        return;
    }
    // What came last goes first.
    if app.searched_last && app.clear_search() {
        return;
    }
    if !app.go_back() && !app.clear_search() {
        app.cancel_looking();
    }
}

pub(super) fn quit(app: &mut App, effects: &mut Vec<Effect>) {
    let back =
        app.close_pane() || app.close_detail() || app.leave_context() || app.cancel_export(effects) || app.leave_ci();
    let back = back || app.leave_pod() || app.leave_object() || app.leave_change();
    if !back {
        effects.push(Effect::Quit);
    }
}

pub(super) fn cancel_or_quit(app: &mut App, effects: &mut Vec<Effect>) {
    let cancelled = app.close_pane() || app.cancel_finding() || app.cancel_filling() || app.cancel_export(effects);
    // A look for causes that nobody waits for is no reason to stay.
    let cancelled = cancelled || (app.ci_is_shown() && (app.cancel_fetch() || app.cancel_looking()));
    let cancelled = cancelled || app.stop_objects(effects);
    if !cancelled {
        effects.push(Effect::Quit);
    }
}

impl App {
    pub(in crate::app) fn show_tab(&mut self, index: usize) {
        if index == self.active {
            self.show_runs();
        } else {
            self.finding = None;
            self.leave_tab();
            self.active = index;
            self.arrive();
            self.refresh_histogram();
        }
    }

    /// Goes back from the lines of one pod or object, or reads no more of the object with the cursor.
    fn leave_upper(&mut self, effects: &mut Vec<Effect>) -> bool {
        self.leave_pod() || self.leave_object() || self.stop_object(effects)
    }

    /// Puts the old filter back, if the filter pane is open.
    pub(in crate::app) fn close_filter_pane(&mut self) {
        if let Pane::Filter(_) = self.pane {
            self.keep_old_filter();
        }
    }

    /// Closes what lies over the tab; the filter pane puts the old filter back.
    fn close_pane(&mut self) -> bool {
        if let Pane::Filter(_) = self.pane {
            self.keep_old_filter();
            return true;
        }
        match std::mem::replace(&mut self.pane, Pane::None) {
            Pane::None => return false,
            Pane::Prompt(prompt) => {
                self.history.end_walk();
                if let Some(pane) = prompt.below {
                    self.pane = Pane::Filter(pane);
                }
            }
            Pane::Bars(cursor) => self.leave_bars(cursor),
            Pane::Consent(_) => self.postpone_consent(),
            _ => {}
        }
        true
    }

    /// Closes the detail pane, where it is seen.
    fn close_detail(&mut self) -> bool {
        !self.ci_is_shown() && self.tab_mut().detail.take().is_some()
    }

    /// Drops a filter that has not seen every record yet. One that shows everything is quick, and nothing to drop.
    fn cancel_filling(&mut self) -> bool {
        if self.tab().view.count_is_final() || self.tab().view.query().is_all() {
            return false;
        }
        self.drop_filter();
        self.say("filter cancelled before it had seen all records: all are shown");
        true
    }

    /// Forgets what is searched for, so that nothing is marked any more.
    fn clear_search(&mut self) -> bool {
        let was = self.search.take().is_some();
        if was {
            self.say("search cleared");
        }
        was
    }

    fn cancel_finding(&mut self) -> bool {
        let was = self.finding.take().is_some();
        if was {
            self.say("search cancelled");
        }
        was || self.cancel_asked()
    }
}
