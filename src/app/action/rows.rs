//! Actions that decide which records have a row: collapse of repeats, and what the filter keeps around matches.

use crate::app::App;
use crate::app::event::Effect;
use crate::app::view::{Repeats, Scope};

/// The most lines around a match.
const MOST_AROUND: usize = 50;

pub(super) fn collapse(app: &mut App, _: &mut Vec<Effect>) {
    let (engine, tab) = (&app.engine, &mut app.tabs[app.active]);
    let (repeats, words) = match tab.view.repeats() {
        Repeats::Apart => (Repeats::Collapsed, "repeats collapsed"),
        Repeats::Collapsed => (Repeats::Apart, "every record has its row"),
    };
    tab.view.set_repeats(repeats, engine.store());
    app.work();
    app.say(words);
}

pub(super) fn keep_context(app: &mut App, _: &mut Vec<Effect>) {
    let view = &app.tab().view;
    if view.query().is_all() {
        return app.say("no filter is active: this is everything");
    }
    let scope = match view.scope() {
        Scope::Matches => Scope::Around(app.tab().around),
        Scope::Around(_) => Scope::All,
        Scope::All => Scope::Matches,
    };
    app.set_scope(scope);
}

fn count(lines: usize) -> String {
    if lines == 1 { "1 line".to_owned() } else { format!("{lines} lines") }
}

impl App {
    /// `:context N`: so many lines around each match.
    ///
    /// # Errors
    /// The words are no number in the range.
    pub(in crate::app) fn keep_lines(&mut self, words: &str) -> Result<(), String> {
        let lines = words.parse().ok().filter(|lines| *lines <= MOST_AROUND);
        let lines = lines.ok_or_else(|| format!("context takes a number of lines: 0 to {MOST_AROUND}"))?;
        if lines > 0 {
            self.tab_mut().around = lines;
        }
        let has_filter = !self.tab().view.query().is_all();
        match lines {
            0 => self.set_scope(Scope::Matches),
            _ if has_filter => self.set_scope(Scope::Around(lines)),
            _ => {
                let key = self.key_of("keep-context");
                self.say(format!("no filter is active; with one, {key} keeps {} around each match", count(lines)));
            }
        }
        Ok(())
    }

    fn set_scope(&mut self, scope: Scope) {
        let (engine, tab) = (&self.engine, &mut self.tabs[self.active]);
        tab.view.set_scope(scope, engine.store());
        self.work();
        self.say(match scope {
            Scope::Matches => "only what matches is shown".to_owned(),
            Scope::Around(lines) => format!("{} around each match", count(lines)),
            Scope::All => "what does not match is dimmed".to_owned(),
        });
    }
}
