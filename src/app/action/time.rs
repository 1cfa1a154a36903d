//! Actions that are about time: the timeline of all sources, going to a time, choosing
//! on the bars, the list of origins.

use crate::app::bars::BarStep;
use crate::app::event::Effect;
use crate::app::{App, Pane, PromptKind};

pub(super) fn go_to(app: &mut App, _: &mut Vec<Effect>) {
    app.open_prompt(PromptKind::Time, "");
}

pub(super) fn all_sources(app: &mut App, _: &mut Vec<Effect>) {
    app.toggle_timeline();
}

pub(super) fn bar_left(app: &mut App, _: &mut Vec<Effect>) {
    app.move_bar(BarStep::By(-1));
}

pub(super) fn bar_right(app: &mut App, _: &mut Vec<Effect>) {
    app.move_bar(BarStep::By(1));
}

pub(super) fn bars_left(app: &mut App, _: &mut Vec<Effect>) {
    app.move_bar(BarStep::By(-10));
}

pub(super) fn bars_right(app: &mut App, _: &mut Vec<Effect>) {
    app.move_bar(BarStep::By(10));
}

pub(super) fn bar_first(app: &mut App, _: &mut Vec<Effect>) {
    app.move_bar(BarStep::First);
}

pub(super) fn bar_last(app: &mut App, _: &mut Vec<Effect>) {
    app.move_bar(BarStep::Last);
}

pub(super) fn bars(app: &mut App, _: &mut Vec<Effect>) {
    app.choose_bars();
}

pub(super) fn begin_window(app: &mut App, _: &mut Vec<Effect>) {
    app.begin_window();
}

pub(super) fn origins(app: &mut App, _: &mut Vec<Effect>) {
    app.open_origins();
}

pub(super) fn toggle_origin(app: &mut App, _: &mut Vec<Effect>) {
    if let Pane::Origins(origins) = &mut app.pane {
        origins.toggle();
    }
}
