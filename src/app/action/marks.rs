//! Actions of marks.

use crate::app::App;
use crate::app::event::Effect;

pub(super) fn mark(app: &mut App, _: &mut Vec<Effect>) {
    let Some(mark) = app.tab().view.cursor().and_then(|id| app.mark_of(id)) else {
        return app.say("no record to mark");
    };
    let marked = app.marks.toggle(mark);
    app.say(if marked { "marked" } else { "mark taken away" });
}
