//! Actions on documents: the pane with a change, and what is asked of their database.

use crate::app::App;
use crate::app::event::Effect;

pub(super) fn refresh(app: &mut App, effects: &mut Vec<Effect>) {
    app.refresh_documents(effects);
}

pub(super) fn older(app: &mut App, effects: &mut Vec<Effect>) {
    app.older_documents(effects);
}

pub(super) fn spend(app: &mut App, effects: &mut Vec<Effect>) {
    app.spend_reads(effects);
}

pub(super) fn describe(app: &mut App, _: &mut Vec<Effect>) {
    app.describe_documents();
}

pub(super) fn next_pane(app: &mut App, _: &mut Vec<Effect>) {
    app.next_change_pane();
}

pub(super) fn show(app: &mut App, _: &mut Vec<Effect>) {
    app.show_change();
}

pub(super) fn expand(app: &mut App, _: &mut Vec<Effect>) {
    app.expand();
}

pub(super) fn copy(app: &mut App, effects: &mut Vec<Effect>) {
    app.copy_document(effects);
}
