//! Actions on pods: which of them are shown, and what is asked of their cluster.

use crate::app::App;
use crate::app::event::Effect;

pub(super) fn mark(app: &mut App, _: &mut Vec<Effect>) {
    app.mark_pod();
}

pub(super) fn all(app: &mut App, _: &mut Vec<Effect>) {
    app.all_pods();
}

pub(super) fn only(app: &mut App, _: &mut Vec<Effect>) {
    app.only_pod();
}

pub(super) fn previous_run(app: &mut App, effects: &mut Vec<Effect>) {
    app.previous_run(effects);
}

pub(super) fn describe(app: &mut App, effects: &mut Vec<Effect>) {
    app.describe_pod(effects);
}

pub(super) fn refresh(app: &mut App, effects: &mut Vec<Effect>) {
    app.refresh_pods(effects);
}

pub(super) fn next_pane(app: &mut App, _: &mut Vec<Effect>) {
    app.next_pods_pane();
}

pub(super) fn show(app: &mut App, _: &mut Vec<Effect>) {
    app.show_pods();
}

pub(super) fn allow(app: &mut App, effects: &mut Vec<Effect>) {
    app.allow(effects);
}

pub(super) fn refuse(app: &mut App, effects: &mut Vec<Effect>) {
    app.refuse(effects);
}
