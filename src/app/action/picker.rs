//! Actions of a list to choose from; the command palette.

use crate::app::event::Effect;
use crate::app::picker::{Picker, PickerKind, PickerRow};
use crate::app::{App, Pane, command};

pub(super) fn palette(app: &mut App, _: &mut Vec<Effect>) {
    app.close_filter_pane();
    let palette = command::palette(app);
    app.open_picker(palette);
}

pub(super) fn down(app: &mut App, _: &mut Vec<Effect>) {
    with_picker(app, |picker| picker.step(1));
}

pub(super) fn up(app: &mut App, _: &mut Vec<Effect>) {
    with_picker(app, |picker| picker.step(-1));
}

pub(super) fn toggle(app: &mut App, _: &mut Vec<Effect>) {
    let Pane::Picker(picker) = &mut app.pane else { return };
    let text = picker.chosen().and_then(|at| picker.entry(at)).map(command::Entry::completed);
    match text {
        // What stands there already is more than the beginning: words that no list knows.
        Some(text) if picker.text().starts_with(&text) => {}
        Some(text) => {
            picker.retype(&text);
            app.picker_changed();
        }
        None => picker.toggle(),
    }
}

fn with_picker(app: &mut App, change: impl FnOnce(&mut Picker)) {
    if let Pane::Picker(picker) = &mut app.pane {
        change(picker);
    }
}

impl App {
    /// Lays a list to choose from over the lower part of the screen.
    pub(in crate::app) fn open_picker(&mut self, picker: Picker) {
        if picker.is_empty() {
            return self.say(format!("{}: there is nothing to choose from", picker.title()));
        }
        self.pane = Pane::Picker(Box::new(picker));
    }

    /// The user has chosen. What cannot be taken stays, with the reason.
    pub(in crate::app) fn picked(&mut self, mut picker: Picker, effects: &mut Vec<Effect>) {
        let text = picker.text().to_owned();
        let choice = picker.chosen();
        match picker.kind() {
            PickerKind::Palette { entries, .. } => {
                let entry = choice.and_then(|at| entries.get(at)).cloned();
                if let Some(completed) = command::unfinished(&text, entry.as_ref()) {
                    picker.retype(&completed);
                    self.pane = Pane::Picker(Box::new(picker));
                    return self.picker_changed();
                }
                if let Err(problem) = command::run(self, &text, (entry, picker.cursor_moved()), effects) {
                    picker.refuse(problem);
                    self.pane = Pane::Picker(Box::new(picker));
                }
            }
            PickerKind::Values(tests) => match choice.and_then(|at| tests.get(at)) {
                Some(test) => self.show_all_with(&test.field, &test.value),
                None => self.say("nothing was chosen"),
            },
            PickerKind::Columns { names, had } => {
                // With nothing ticked the cursor's row is meant, unless the user has unticked all of them.
                let cursor = choice.filter(|_| *had == 0).into_iter().collect();
                let ticked = picker.ticked();
                let taken = if ticked.is_empty() { cursor } else { ticked };
                self.set_columns(taken.into_iter().filter_map(|at| names.get(at).cloned()));
            }
            PickerKind::Marks(keys) => match choice.and_then(|at| keys.get(at)).copied() {
                Some(key) => self.jump_to_mark(key),
                None => self.say("nothing was chosen"),
            },
            PickerKind::Runs(words) => {
                // What is typed counts where no row begins so.
                let words = choice.and_then(|at| words.get(at)).cloned().unwrap_or(text);
                if let Err(problem) = self.filter_runs(&words) {
                    picker.refuse(problem);
                    self.pane = Pane::Picker(Box::new(picker));
                }
            }
        }
    }

    /// The rows of the open list and which of them is the cursor's.
    pub fn picker(&self) -> Option<&Picker> {
        match &self.pane {
            Pane::Picker(picker) => Some(picker),
            _ => None,
        }
    }
}

/// A row without a mark.
impl From<(String, String)> for PickerRow {
    fn from((text, beside): (String, String)) -> Self {
        Self { text, beside, ..Self::default() }
    }
}
