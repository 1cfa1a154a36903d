//! Actions about the mouse: taking it, and plain lines for it to select.

use crate::app::App;
use crate::app::event::{Effect, MouseUse};

pub(super) fn mouse(app: &mut App, effects: &mut Vec<Effect>) {
    app.mouse = match app.mouse {
        MouseUse::Terminal => MouseUse::Captured,
        MouseUse::Captured => MouseUse::Terminal,
    };
    app.say(match app.mouse {
        MouseUse::Captured => "mouse on: wheel scrolls, a click goes there; hold Shift to select text",
        MouseUse::Terminal => "mouse off: it selects text again",
    });
    effects.push(Effect::Mouse(app.mouse));
}

pub(super) fn plain_lines(app: &mut App, effects: &mut Vec<Effect>) {
    let lines = app.plain_lines();
    if lines.is_empty() {
        return app.say("there are no lines to print");
    }
    effects.push(Effect::PlainLines(lines));
}
