//! Actions of a list to choose from; the command palette.

use crate::app::event::Effect;
use crate::app::picker::{Picker, PickerKind, PickerRow};
use crate::app::{App, Pane, command};

pub(super) fn palette(app: &mut App, _: &mut Vec<Effect>) {
    app.close_filter_pane();
    app.open_picker(Picker::new("Command palette", PickerKind::Palette(command::entries()), command::rows(app)));
}

pub(super) fn down(app: &mut App, _: &mut Vec<Effect>) {
    with_picker(app, |picker| picker.step(1));
}

pub(super) fn up(app: &mut App, _: &mut Vec<Effect>) {
    with_picker(app, |picker| picker.step(-1));
}

pub(super) fn toggle(app: &mut App, _: &mut Vec<Effect>) {
    with_picker(app, Picker::toggle);
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

    /// The user has chosen.
    pub(in crate::app) fn picked(&mut self, picker: Picker, effects: &mut Vec<Effect>) {
        let text = picker.text().to_owned();
        let choice = picker.chosen();
        let ticked = picker.ticked();
        match picker.into_kind() {
            PickerKind::Palette(entries) => {
                let entry = choice.and_then(|at| entries.get(at)).copied();
                command::run(self, &text, entry, effects);
            }
            PickerKind::Columns { names, had } => {
                // With nothing ticked the cursor's row is meant, unless the user has unticked all of them.
                let cursor = choice.filter(|_| had == 0).into_iter().collect();
                let taken = if ticked.is_empty() { cursor } else { ticked };
                self.set_columns(taken.into_iter().filter_map(|at| names.get(at).cloned()));
            }
            PickerKind::Marks(keys) => {
                if let Some(key) = choice.and_then(|at| keys.get(at)) {
                    self.jump_to_mark(*key);
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
        Self { text, beside, keys: String::new(), ticked: None }
    }
}
