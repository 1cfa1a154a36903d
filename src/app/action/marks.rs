//! Actions of marks.

use crate::app::App;
use crate::app::event::Effect;
use crate::app::view::Direction;

pub(super) fn mark(app: &mut App, _: &mut Vec<Effect>) {
    let Some(mark) = app.tab().view.cursor().and_then(|id| app.mark_of(id)) else {
        return app.say("no record to mark");
    };
    let marked = app.marks.toggle(mark);
    app.say(if marked { "marked" } else { "mark taken away" });
}

pub(super) fn note(app: &mut App, _: &mut Vec<Effect>) {
    app.write_note();
}

pub(super) fn next(app: &mut App, _: &mut Vec<Effect>) {
    app.next_mark(Direction::Forward);
}

pub(super) fn previous(app: &mut App, _: &mut Vec<Effect>) {
    app.next_mark(Direction::Backward);
}

pub(super) fn list(app: &mut App, _: &mut Vec<Effect>) {
    app.list_marks();
}
