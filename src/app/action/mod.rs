//! The one table of actions: keymap, help, footer, config names and the README's key table derive from it.
//!
//! Owns what a row is; the rows stand in `table`, and what they do beside it by topic. Must not know how keys reach it or how it is drawn.

mod ci;
mod documents;
mod finding;
mod global;
mod list;
mod look;
mod marks;
mod mouse;
mod objects;
mod open;
mod out;
mod panes;
mod picker;
mod pods;
mod rows;
mod table;
mod time;
mod window;

pub(super) use list::{Step, scrolled};
pub(super) use out::Exporting;
pub use table::ACTIONS;

use super::App;
use super::event::Effect;

/// Where the keys go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Context {
    /// The start screen, when no source is open.
    Start,
    /// Runs of watched repositories.
    Runs,
    /// Logs of CI jobs and their causes.
    Ci,
    /// The list of records.
    List,
    /// The list of pods.
    Pods,
    /// The lines of pods.
    PodLines,
    /// The list of objects.
    Objects,
    /// The lines of objects.
    ObjectLines,
    /// The changes of documents.
    DocLines,
    /// The pane with the change under the cursor.
    Change,
    /// The list, with the detail pane open.
    Split,
    /// The detail pane.
    Detail,
    /// A row of choices of the filter pane.
    Choice,
    /// A text of the filter pane.
    Text,
    /// The search prompt, or another one on the status line.
    Prompt,
    /// A list to choose from, such as the command palette.
    Picker,
    /// The list of origins.
    Origins,
    /// The bars of the histogram.
    Bars,
    /// The question whether a program may run for credentials.
    Consent,
    /// The help, or the debug pane.
    Help,
}

/// The headings of help and README.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Moving in the list or a pane.
    Move,
    /// Search and filter.
    Find,
    /// How records are shown.
    Look,
    /// Tabs and panes.
    Tabs,
    /// What leaves the screen.
    Out,
    /// In the filter pane and the search prompt.
    Panes,
    /// On the start screen.
    Start,
    /// Back and out.
    Leave,
}

impl Group {
    /// All groups in the order of the help.
    pub const ALL: [Self; 8] =
        [Self::Move, Self::Find, Self::Tabs, Self::Look, Self::Out, Self::Panes, Self::Start, Self::Leave];

    /// The heading.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Move => "MOVE",
            Self::Find => "FIND AND FILTER",
            Self::Look => "LOOK",
            Self::Tabs => "TABS AND PANES",
            Self::Out => "OUT",
            Self::Panes => "PANES, PROMPT",
            Self::Start => "START SCREEN",
            Self::Leave => "LEAVE",
        }
    }
}

/// One action.
#[derive(Debug)]
pub struct ActionSpec {
    /// Its name in the config.
    pub id: &'static str,
    /// Its keys, the most usual one first.
    pub keys: &'static [&'static str],
    /// Where it works.
    pub when: &'static [Context],
    /// Its heading.
    pub group: Group,
    /// What it does, in a sentence.
    pub doc: &'static str,
    /// What the help calls it, in at most 22 columns; neighbours with the same label share a line.
    pub label: &'static str,
    /// What the footer calls it, if it is worth a place there.
    pub short: Option<&'static str>,
    /// Does it.
    pub run: fn(&mut App, &mut Vec<Effect>),
}

/// The action of this name.
pub fn by_id(id: &str) -> Option<&'static ActionSpec> {
    ACTIONS.iter().find(|spec| spec.id == id)
}

#[cfg(test)]
mod tests {
    use super::Context::{Prompt, Text};
    use super::*;
    use crate::app::event::Key;
    use std::collections::{HashMap, HashSet};

    #[test]
    fn no_key_is_taken_twice_in_one_context() {
        let mut taken = HashMap::new();
        for spec in ACTIONS {
            for context in spec.when {
                for key in spec.keys {
                    let key: Key = key.parse().unwrap_or_else(|()| panic!("{}: `{key}` is not a key", spec.id));
                    if let Some(other) = taken.insert((*context, key), spec.id) {
                        panic!("{key} in {context:?}: {other} and {}", spec.id);
                    }
                }
            }
        }
    }

    #[test]
    fn one_can_leave_from_everywhere() {
        let leaving = ["cancel", "cancel-or-quit"].map(|id| by_id(id).expect(id));
        for spec in ACTIONS {
            for context in spec.when {
                assert!(leaving.iter().all(|leaving| leaving.when.contains(context)), "{}: {context:?}", spec.id);
            }
        }
    }

    #[test]
    fn every_action_has_a_place_a_doc_and_a_label_that_fits() {
        let mut ids = HashSet::new();
        for spec in ACTIONS {
            assert!(ids.insert(spec.id), "{} is there twice", spec.id);
            assert!(!spec.when.is_empty(), "{}", spec.id);
            assert!(spec.doc.ends_with('.') && spec.doc.len() > 5, "{}", spec.id);
            assert!(!spec.label.is_empty() && spec.label.len() <= 24, "{}", spec.id);
            assert!(spec.id.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{}", spec.id);
        }
    }

    #[test]
    fn text_can_be_typed_where_text_is_entered() {
        for spec in ACTIONS.iter().filter(|spec| spec.when.iter().any(|c| matches!(c, Text | Prompt))) {
            for key in spec.keys {
                assert!(key.chars().count() > 1, "{} takes the character {key}", spec.id);
                assert_ne!(*key, "Space", "{}", spec.id);
            }
        }
    }
}
