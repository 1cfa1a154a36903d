//! Actions on the logs of CI jobs: from cause to cause, to the whole log and back.

use crate::app::App;
use crate::app::event::Effect;
use crate::app::view::Direction;

pub(super) fn next(app: &mut App, _: &mut Vec<Effect>) {
    app.go_to_cause(Direction::Forward);
}

pub(super) fn previous(app: &mut App, _: &mut Vec<Effect>) {
    app.go_to_cause(Direction::Backward);
}

pub(super) fn whole_log(app: &mut App, _: &mut Vec<Effect>) {
    app.visit();
}

pub(super) fn next_pane(app: &mut App, _: &mut Vec<Effect>) {
    app.ci_next_pane(Direction::Forward);
}

pub(super) fn previous_pane(app: &mut App, _: &mut Vec<Effect>) {
    app.ci_next_pane(Direction::Backward);
}

pub(super) fn copy(app: &mut App, effects: &mut Vec<Effect>) {
    match app.copy_cause() {
        Some(text) => effects.push(Effect::Copy(text)),
        None => app.say("no cause to copy"),
    }
}

pub(super) fn causes(app: &mut App, effects: &mut Vec<Effect>) {
    if !app.show_causes() {
        app.look_for_causes(effects);
    }
}
