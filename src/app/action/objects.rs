//! Actions on objects: which of them are shown, how much of them is read, and what is asked about them.

use crate::app::App;
use crate::app::event::Effect;

pub(super) fn mark(app: &mut App, _: &mut Vec<Effect>) {
    app.mark_object();
}

pub(super) fn all(app: &mut App, _: &mut Vec<Effect>) {
    app.all_objects();
}

pub(super) fn only(app: &mut App, _: &mut Vec<Effect>) {
    app.only_object();
}

pub(super) fn read(app: &mut App, effects: &mut Vec<Effect>) {
    app.read_object(effects);
}

pub(super) fn stop(app: &mut App, effects: &mut Vec<Effect>) {
    if !app.stop_objects(effects) {
        app.say("no object is being read");
    }
}

pub(super) fn older(app: &mut App, effects: &mut Vec<Effect>) {
    app.older_objects(effects);
}

pub(super) fn describe(app: &mut App, effects: &mut Vec<Effect>) {
    app.describe_object(effects);
}

pub(super) fn refresh(app: &mut App, effects: &mut Vec<Effect>) {
    app.refresh_objects(effects);
}

pub(super) fn next_pane(app: &mut App, _: &mut Vec<Effect>) {
    app.next_objects_pane();
}

pub(super) fn show(app: &mut App, _: &mut Vec<Effect>) {
    app.show_objects();
}
