//! Actions that open and fold: records of several lines in the list, containers in the detail pane; and columns.

use crate::app::App;
use crate::app::event::Effect;
use crate::app::opened::Rest;

pub(super) fn open(app: &mut App, effects: &mut Vec<Effect>) {
    if app.detail_is_focused() {
        if !app.fold_in_detail() {
            app.say("nothing to open or fold here: the cursor is on no object or array");
        }
        return;
    }
    // A record of one line has nothing to open, but a problem may link to a page, and there may be more of an object.
    if app.has_one_line() && (app.open_link(effects) || app.read_more(effects)) {
        return;
    }
    app.toggle_record();
}

pub(super) fn fold_or_page(app: &mut App, effects: &mut Vec<Effect>) {
    if !app.fold_in_detail() {
        super::list::page_down(app, effects);
    }
}

pub(super) fn unfold_all(app: &mut App, _: &mut Vec<Effect>) {
    app.tab_mut().opened.set_all(Rest::Open);
    app.say("records of several lines are open");
}

pub(super) fn fold_all(app: &mut App, _: &mut Vec<Effect>) {
    app.tab_mut().opened.set_all(Rest::Folded);
    app.say("records of several lines are folded");
}

pub(super) fn columns(app: &mut App, _: &mut Vec<Effect>) {
    app.choose_columns();
}
