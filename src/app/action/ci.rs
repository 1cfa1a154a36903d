//! Actions on the logs of CI jobs: from cause to cause, to the whole log and back.

use crate::app::App;
use crate::app::event::Effect;
use crate::app::picker::{Picker, PickerKind, PickerRow};
use crate::app::view::Direction;
use crate::parse::text::safe_line;

pub(super) fn next(app: &mut App, _: &mut Vec<Effect>) {
    app.go_to_cause(Direction::Forward);
}

pub(super) fn previous(app: &mut App, _: &mut Vec<Effect>) {
    app.go_to_cause(Direction::Backward);
}

pub(super) fn whole_log(app: &mut App, _: &mut Vec<Effect>) {
    app.visit();
}

pub(super) fn open_run(app: &mut App, _: &mut Vec<Effect>) {
    app.open_run();
}

pub(super) fn refresh(app: &mut App, _: &mut Vec<Effect>) {
    app.refresh_runs();
}

pub(super) fn open_page(app: &mut App, effects: &mut Vec<Effect>) {
    app.open_page(effects);
}

pub(super) fn filter_runs(app: &mut App, _: &mut Vec<Effect>) {
    let choices = app.run_filters();
    let safe = |text: &str| safe_line(text.as_bytes()).into_owned();
    let rows = choices.iter().map(|(words, doc)| PickerRow::from((safe(words), safe(doc)))).collect();
    let words = choices.into_iter().map(|(words, _)| words).collect();
    app.open_picker(Picker::new("Runs", PickerKind::Runs(words), rows));
}

pub(super) fn next_pane(app: &mut App, _: &mut Vec<Effect>) {
    app.touch_ci();
    app.ci_next_pane(Direction::Forward);
}

pub(super) fn previous_pane(app: &mut App, _: &mut Vec<Effect>) {
    app.touch_ci();
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
