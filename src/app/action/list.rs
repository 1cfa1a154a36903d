//! Actions that move: in the list, in the detail pane, in the help; and search.

use crate::app::event::Effect;
use crate::app::search::What;
use crate::app::tab::Lines;
use crate::app::view::Direction;
use crate::app::{App, Pane, PromptKind};

/// Columns of one step to the side.
const SIDE_STEP: usize = 16;
/// The most columns that can be scrolled away: a line has at most 64 KiB.
const MAX_SHIFT: usize = 64 << 10;

/// How far a move goes.
#[derive(Clone, Copy)]
enum Step {
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
}

pub(super) fn left(app: &mut App, _: &mut Vec<Effect>) {
    let tab = app.tab_mut();
    tab.shift = tab.shift.saturating_sub(SIDE_STEP);
}

pub(super) fn right(app: &mut App, _: &mut Vec<Effect>) {
    if app.tab().lines == Lines::Wrapped {
        return app.say(format!("lines are wrapped: {} cuts them off", app.key_of("wrap")));
    }
    let tab = app.tab_mut();
    tab.shift = (tab.shift + SIDE_STEP).min(MAX_SHIFT);
}

pub(super) fn follow(app: &mut App, _: &mut Vec<Effect>) {
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
    app.find(What::Error, Direction::Forward);
}

pub(super) fn previous_error(app: &mut App, _: &mut Vec<Effect>) {
    app.find(What::Error, Direction::Backward);
}

impl App {
    /// Scrolls what has the keys by lines.
    pub(in crate::app) fn go_lines(&mut self, lines: isize) {
        self.go(Step::Lines(lines));
    }

    fn go(&mut self, step: Step) {
        let pane_height = self.layout().and_then(|layout| layout.pane).map_or(1, |pane| usize::from(pane.height) - 1);
        let help_height = usize::from(self.size.1).saturating_sub(6).max(1);
        let list_height = self.list_height();
        if let Pane::Help { scroll } = &mut self.pane {
            // ui clamps it to what there is to show.
            *scroll = scrolled(*scroll, step, help_height, 200);
            return;
        }
        let tab = &mut self.tabs[self.active];
        if let Some(detail) = tab.detail.as_mut().filter(|detail| detail.focused) {
            let most = detail.lines.len().saturating_sub(pane_height);
            detail.scroll = scrolled(detail.scroll, step, pane_height, most);
            return;
        }
        let view = &mut tab.view;
        let height = list_height as isize;
        let page = (height - 1).max(1);
        match step {
            Step::Lines(n) => view.move_cursor(n, list_height),
            Step::HalfPages(n) => view.move_cursor(n * (height / 2).max(1), list_height),
            Step::Pages(n) => view.move_cursor(n * page, list_height),
            Step::Top => view.go_to(0, list_height),
            Step::Bottom => view.follow(),
        }
    }
}

fn scrolled(from: usize, step: Step, height: usize, most: usize) -> usize {
    let to = match step {
        Step::Lines(n) => from.saturating_add_signed(n),
        Step::HalfPages(n) => from.saturating_add_signed(n * (height as isize / 2).max(1)),
        Step::Pages(n) => from.saturating_add_signed(n * (height as isize - 1).max(1)),
        Step::Top => 0,
        Step::Bottom => most,
    };
    to.min(most)
}
