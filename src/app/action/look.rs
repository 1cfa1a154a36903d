//! Actions that change how records are shown, and copy.

use crate::app::detail::Detail;
use crate::app::event::Effect;
use crate::app::layout::MIN_HEIGHT_OF_BARS;
use crate::app::tab::Lines;
use crate::app::{App, Bars};
use crate::store::RecordId;

/// The most neighbours on each side.
const MAX_AROUND: usize = 50;

pub(super) fn detail(app: &mut App, _: &mut Vec<Effect>) {
    let tab = app.tab_mut();
    if tab.detail.take().is_some() {
        return;
    }
    if tab.view.is_empty() {
        return app.say("no record to show");
    }
    tab.detail = Some(Detail::new());
}

pub(super) fn wrap(app: &mut App, _: &mut Vec<Effect>) {
    let tab = app.tab_mut();
    tab.shift = 0;
    tab.lines = if tab.lines == Lines::Cut { Lines::Wrapped } else { Lines::Cut };
}

pub(super) fn time(app: &mut App, _: &mut Vec<Effect>) {
    app.time = app.time.next();
    app.say(format!("time: {}", app.time.word()));
}

pub(super) fn histogram(app: &mut App, _: &mut Vec<Effect>) {
    let is_seen = app.layout().is_some_and(|layout| layout.histogram.is_some());
    app.bars = if is_seen { Bars::Hidden } else { Bars::Shown };
    app.refresh_histogram();
    if app.bars == Bars::Shown && app.layout().is_some_and(|layout| layout.histogram.is_none()) {
        app.say(format!("the histogram needs {MIN_HEIGHT_OF_BARS} rows"));
    }
}

pub(super) fn theme(app: &mut App, _: &mut Vec<Effect>) {
    app.theme = app.theme.next();
    app.say(format!("theme: {}", app.theme.word()));
}

pub(super) fn raw(app: &mut App, _: &mut Vec<Effect>) {
    with_detail(app, |detail| {
        detail.look = detail.look.next();
        (detail.scroll, detail.cursor) = (0, 0);
    });
}

pub(super) fn reveal(app: &mut App, _: &mut Vec<Effect>) {
    with_detail(app, |detail| detail.secrets.toggle());
}

pub(super) fn wider(app: &mut App, _: &mut Vec<Effect>) {
    with_detail(app, |detail| detail.around = (detail.around + around_step(detail.around)).min(MAX_AROUND));
}

pub(super) fn narrower(app: &mut App, _: &mut Vec<Effect>) {
    with_detail(app, |detail| detail.around = detail.around.saturating_sub(around_step(detail.around - 1)).max(1));
}

pub(super) fn copy(app: &mut App, effects: &mut Vec<Effect>) {
    // The line that the cursor is on: of the focused detail pane, where that is a field, else of the list.
    let text = app.value_to_copy().or_else(|| cursor(app).and_then(|id| app.copy_text(id)));
    send(app, text, effects);
}

pub(super) fn copy_json(app: &mut App, effects: &mut Vec<Effect>) {
    let text = cursor(app).and_then(|id| app.copy_json(id));
    send(app, text, effects);
}

fn cursor(app: &App) -> Option<RecordId> {
    app.tab().view.cursor()
}

fn send(app: &mut App, text: Option<String>, effects: &mut Vec<Effect>) {
    match text {
        Some(text) => effects.push(Effect::Copy(text)),
        None => app.say("no record to copy"),
    }
}

fn with_detail(app: &mut App, change: impl FnOnce(&mut Detail)) {
    if let Some(detail) = &mut app.tab_mut().detail {
        change(detail);
    }
}

/// Few neighbours change one by one, many by five.
fn around_step(around: usize) -> usize {
    if around >= 10 { 5 } else { 1 }
}
