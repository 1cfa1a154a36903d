//! Actions that move: in the list, in the detail pane, in the help; and search.

use crate::app::event::Effect;
use crate::app::search::What;
use crate::app::tab::Lines;
use crate::app::view::Direction;
use crate::app::{App, Origins, Pane, PromptKind};

/// Columns of one step to the side.
const SIDE_STEP: usize = 16;
/// The most columns that can be scrolled away: a line has at most 64 KiB.
const MAX_SHIFT: usize = 64 << 10;

/// How far a move goes.
#[derive(Clone, Copy)]
pub(in crate::app) enum Step {
    Lines(isize),
    HalfPages(isize),
    Pages(isize),
    Top,
    Bottom,
}

pub(super) fn down(app: &mut App, _: &mut Vec<Effect>) {
    app.go(Step::Lines(1));
}

pub(super) fn up(app: &mut App, _: &mut Vec<Effect>) {
    app.go(Step::Lines(-1));
}

pub(super) fn half_down(app: &mut App, _: &mut Vec<Effect>) {
    app.go(Step::HalfPages(1));
}

pub(super) fn half_up(app: &mut App, _: &mut Vec<Effect>) {
    app.go(Step::HalfPages(-1));
}

pub(super) fn page_down(app: &mut App, _: &mut Vec<Effect>) {
    app.go(Step::Pages(1));
}

pub(super) fn page_up(app: &mut App, _: &mut Vec<Effect>) {
    app.go(Step::Pages(-1));
}

pub(super) fn top(app: &mut App, _: &mut Vec<Effect>) {
    app.go(Step::Top);
}

pub(super) fn bottom(app: &mut App, _: &mut Vec<Effect>) {
    app.go(Step::Bottom);
    if app.tab().view.is_following() {
        app.leave_windows();
    }
}

pub(super) fn left(app: &mut App, _: &mut Vec<Effect>) {
    app.touch_ci();
    let tab = app.tab_mut();
    tab.shift = tab.shift.saturating_sub(SIDE_STEP);
}

pub(super) fn right(app: &mut App, _: &mut Vec<Effect>) {
    if app.tab().lines == Lines::Wrapped {
        return app.say(format!("lines are wrapped: {} cuts them off", app.key_of("wrap")));
    }
    app.touch_ci();
    let tab = app.tab_mut();
    tab.shift = (tab.shift + SIDE_STEP).min(MAX_SHIFT);
}

pub(super) fn follow(app: &mut App, _: &mut Vec<Effect>) {
    if app.leave_windows() {
        return;
    }
    let view = &mut app.tab_mut().view;
    if view.is_following() { view.unfollow() } else { view.follow() }
}

pub(super) fn search(app: &mut App, _: &mut Vec<Effect>) {
    app.open_prompt(PromptKind::Search, "");
}

pub(super) fn next(app: &mut App, _: &mut Vec<Effect>) {
    app.find(What::Match, Direction::Forward);
}

pub(super) fn previous(app: &mut App, _: &mut Vec<Effect>) {
    app.find(What::Match, Direction::Backward);
}

pub(super) fn next_error(app: &mut App, _: &mut Vec<Effect>) {
    if app.has_causes() && app.show_causes() {
        return;
    }
    app.find(What::Error, Direction::Forward);
}

pub(super) fn previous_error(app: &mut App, _: &mut Vec<Effect>) {
    if app.has_causes() && app.show_causes() {
        return;
    }
    app.find(What::Error, Direction::Backward);
}

impl App {
    /// Scrolls what has the keys by lines.
    pub(in crate::app) fn go_lines(&mut self, lines: isize) {
        self.go(Step::Lines(lines));
    }

    fn go(&mut self, step: Step) {
        let pane_height = self.layout().and_then(|layout| layout.pane).map_or(1, |pane| usize::from(pane.height) - 1);
        let list_height = self.list_height();
        let (lines, height) = self.overlay_lines();
        let most = lines.saturating_sub(height);
        match &mut self.pane {
            Pane::Help { scroll } => return *scroll = scrolled(*scroll, step, height, most),
            Pane::Debug(pane) => return pane.scroll = scrolled(pane.scroll, step, height, most),
            Pane::Described(pane) => return pane.scroll = scrolled(pane.scroll, step, height, most),
            _ => {}
        }
        if let Pane::Origins(origins) = &mut self.pane {
            let most = origins.rows().len().saturating_sub(1);
            let to = scrolled(origins.cursor(), step, Origins::room(pane_height + 1), most);
            origins.go_to(to);
            return;
        }
        if self.ci_is_shown() {
            return self.ci_go(step);
        }
        if self.pods_have_focus() {
            return self.pods_go(step);
        }
        if self.objects_have_focus() {
            return self.objects_go(step);
        }
        if self.change_has_focus() {
            return self.change_go(step);
        }
        let tab = &mut self.tabs[self.active];
        if let Some(detail) = tab.detail.as_mut().filter(|detail| detail.focused) {
            let last = detail.lines.len().saturating_sub(1);
            detail.go_to(scrolled(detail.cursor, step, pane_height, last), pane_height);
            return;
        }
        let height = list_height as isize;
        let rows = match step {
            Step::Lines(n) => n,
            Step::HalfPages(n) => n * (height / 2).max(1),
            Step::Pages(n) => n * (height - 1).max(1),
            Step::Top | Step::Bottom => 0,
        };
        if rows != 0 && self.scroll_inside(rows) {
            return;
        }
        // Records that are open or wrapped take several rows.
        let records = if matches!(step, Step::Lines(_)) { rows } else { self.records_within(rows) };
        let on_screen = self.records_on_screen();
        if matches!(step, Step::Top) && self.ask_older_at_top() {
            return;
        }
        let view = &mut self.tab_mut().view;
        match step {
            Step::Lines(_) | Step::HalfPages(_) | Step::Pages(_) => view.move_cursor(records, on_screen),
            Step::Top => view.go_to(0, on_screen),
            Step::Bottom => view.follow(),
        }
    }
}

/// Where a move ends: by rows of a list of `height`, whose last one is `most`.
pub(in crate::app) fn scrolled(from: usize, step: Step, height: usize, most: usize) -> usize {
    let to = match step {
        Step::Lines(n) => from.saturating_add_signed(n),
        Step::HalfPages(n) => from.saturating_add_signed(n * (height as isize / 2).max(1)),
        Step::Pages(n) => from.saturating_add_signed(n * (height as isize - 1).max(1)),
        Step::Top => 0,
        Step::Bottom => most,
    };
    to.min(most)
}
