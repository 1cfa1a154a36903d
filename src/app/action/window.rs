//! Actions on files that are larger than memory: other windows of them, and counting in all of them.

use crate::app::App;
use crate::app::event::Effect;
use crate::model::window::Way;

pub(super) fn older(app: &mut App, _: &mut Vec<Effect>) {
    app.ask_window(Way::Older);
}

pub(super) fn newer(app: &mut App, _: &mut Vec<Effect>) {
    app.ask_window(Way::Newer);
}

pub(super) fn count(app: &mut App, _: &mut Vec<Effect>) {
    app.ask_count();
}
