//! Actions that change how records are shown.

use crate::app::detail::Detail;
use crate::app::event::Effect;
use crate::app::layout::MIN_HEIGHT_OF_BARS;
use crate::app::tab::Lines;
use crate::app::{App, Bars};

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
    app.say(if app.tab().lines == Lines::Wrapped { "long lines are wrapped" } else { "long lines are cut" });
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
    let choices = app.settings.themes.choices();
    let at = choices.iter().position(|choice| *choice == app.theme).map_or(0, |at| at + 1);
    if let Some(next) = choices.get(at % choices.len()) {
        app.take_theme(next.clone());
    }
}

pub(super) fn debug(app: &mut App, effects: &mut Vec<Effect>) {
    app.open_debug(effects);
}

pub(super) fn raw(app: &mut App, _: &mut Vec<Effect>) {
    with_detail(app, |detail| {
        detail.look = detail.look.next();
        (detail.scroll, detail.cursor) = (0, 0);
    });
}

pub(super) fn reveal(app: &mut App, _: &mut Vec<Effect>) {
    if app.tab().detail.is_none() {
        return app.reveal_change();
    }
    with_detail(app, |detail| detail.secrets.toggle());
}

pub(super) fn wider(app: &mut App, _: &mut Vec<Effect>) {
    with_detail(app, |detail| detail.around = (detail.around + around_step(detail.around)).min(MAX_AROUND));
}

pub(super) fn narrower(app: &mut App, _: &mut Vec<Effect>) {
    with_detail(app, |detail| detail.around = detail.around.saturating_sub(around_step(detail.around - 1)).max(1));
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
