//! The one table of actions: keymap, help, footer, config names and the README's key table derive from it.
//!
//! Owns [`ACTIONS`]. A new key is a row here. Must not know how keys reach it or how it is drawn.

mod global;
mod list;
mod look;
mod panes;

use super::App;
use super::event::Effect;

/// Where the keys go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Context {
    /// The start screen, when no source is open.
    Start,
    /// The list of records.
    List,
    /// The list, with the detail pane open.
    Split,
    /// The detail pane.
    Detail,
    /// A row of choices of the filter pane.
    Choice,
    /// A text of the filter pane.
    Text,
    /// The search prompt.
    Prompt,
    /// The help.
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
            Self::Panes => "FILTER PANE, PROMPT",
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

use Context::{Choice, Detail, Help, List, Prompt, Split, Start, Text};

const RECORDS: &[Context] = &[List, Split, Detail];
const SCROLLING: &[Context] = &[List, Split, Detail, Help];
const PANES: &[Context] = &[Split, Detail];
const SCREENS: &[Context] = &[Start, List, Split, Detail];
const EVERYWHERE: &[Context] = &[Start, List, Split, Detail, Choice, Text, Prompt, Help];

/// A row of the table.
macro_rules! action {
    ($id:literal, $keys:expr, $when:expr, $group:ident, $label:literal, $short:expr, $run:path, $doc:literal) => {
        ActionSpec {
            id: $id,
            keys: &$keys,
            when: $when,
            group: Group::$group,
            doc: $doc,
            label: $label,
            short: $short,
            run: $run,
        }
    };
}

/// Every action.
pub const ACTIONS: &[ActionSpec] = &[
    action!("down", ["j", "Down"], SCROLLING, Move, "line", None, list::down, "One line down."),
    action!("up", ["k", "Up"], SCROLLING, Move, "line", None, list::up, "One line up."),
    action!("half-down", ["Ctrl-d"], SCROLLING, Move, "half page", None, list::half_down, "Half a page down."),
    action!("half-up", ["Ctrl-u"], SCROLLING, Move, "half page", None, list::half_up, "Half a page up."),
    action!("page-down", ["Space", "PgDn"], SCROLLING, Move, "page", None, list::page_down, "One page down."),
    action!("page-up", ["b", "PgUp"], SCROLLING, Move, "page", None, list::page_up, "One page up."),
    action!("top", ["g", "Home"], SCROLLING, Move, "top, bottom", None, list::top, "To the first line."),
    action!(
        "bottom",
        ["G", "End"],
        SCROLLING,
        Move,
        "top, bottom",
        None,
        list::bottom,
        "To the last line; in the list this also follows new records."
    ),
    action!("left", ["h", "Left"], RECORDS, Move, "sideways", None, list::left, "Scroll long lines to the left."),
    action!("right", ["l", "Right"], RECORDS, Move, "sideways", None, list::right, "Scroll long lines to the right."),
    action!(
        "follow",
        ["f"],
        RECORDS,
        Move,
        "follow, pause",
        None,
        list::follow,
        "Keep the cursor on the newest record, or stop doing so."
    ),
    action!(
        "search",
        ["/"],
        RECORDS,
        Find,
        "search",
        Some("search"),
        list::search,
        "Search for text or a regular expression."
    ),
    action!("next", ["n"], RECORDS, Find, "next, previous match", None, list::next, "To the next match of the search."),
    action!(
        "previous",
        ["N"],
        RECORDS,
        Find,
        "next, previous match",
        None,
        list::previous,
        "To the previous match of the search."
    ),
    action!("next-error", ["e"], RECORDS, Find, "next, previous error", None, list::next_error, "To the next error."),
    action!(
        "previous-error",
        ["E"],
        RECORDS,
        Find,
        "next, previous error",
        None,
        list::previous_error,
        "To the previous error."
    ),
    action!(
        "filter",
        ["F"],
        RECORDS,
        Find,
        "filter pane",
        Some("filter"),
        panes::open_filter,
        "Open the filter pane: severity, time, text, hidden text, field."
    ),
    action!(
        "less-severe",
        ["-"],
        &[List, Split, Detail, Choice],
        Find,
        "severity down, up",
        None,
        panes::less_severe,
        "Show records that are one level less severe, too."
    ),
    action!(
        "more-severe",
        ["+", "="],
        &[List, Split, Detail, Choice],
        Find,
        "severity down, up",
        None,
        panes::more_severe,
        "Hide the records of the lowest severity that is shown."
    ),
    action!(
        "context",
        ["z"],
        RECORDS,
        Find,
        "context, unfiltered",
        Some("context"),
        panes::context,
        "Show what the filter hides around the line; again to go back to the filter."
    ),
    action!(
        "detail",
        ["Enter"],
        &[List, Split, Detail],
        Look,
        "detail",
        Some("detail"),
        look::detail,
        "Open or close the detail pane: all fields of the record and its neighbours."
    ),
    action!("wrap", ["w"], RECORDS, Look, "wrap", None, look::wrap, "Wrap long lines, or cut them off."),
    action!(
        "time",
        ["t"],
        RECORDS,
        Look,
        "time: utc, local, age",
        None,
        look::time,
        "Show times in UTC, in the local zone, as age, or not at all."
    ),
    action!(
        "histogram",
        ["H"],
        RECORDS,
        Look,
        "histogram",
        None,
        look::histogram,
        "Show or hide the histogram: records over time by severity, whatever the filter."
    ),
    action!(
        "raw",
        ["J"],
        PANES,
        Look,
        "raw bytes",
        None,
        look::raw,
        "In the detail pane: show the record as it was written."
    ),
    action!(
        "reveal",
        ["R"],
        PANES,
        Look,
        "reveal secrets",
        None,
        look::reveal,
        "In the detail pane: show redacted values, on this screen only."
    ),
    action!(
        "wider",
        ["]"],
        PANES,
        Look,
        "more, fewer around",
        None,
        look::wider,
        "In the detail pane: show more neighbours."
    ),
    action!(
        "narrower",
        ["["],
        PANES,
        Look,
        "more, fewer around",
        None,
        look::narrower,
        "In the detail pane: show fewer neighbours."
    ),
    action!("theme", ["T"], SCREENS, Look, "theme", None, look::theme, "Next theme: auto, dark, light, 16, mono."),
    action!("tab-gcs", ["1"], SCREENS, Tabs, "tab", None, global::tab_gcs, "To tab GCS."),
    action!("tab-firestore", ["2"], SCREENS, Tabs, "tab", None, global::tab_firestore, "To tab Firestore."),
    action!("tab-pods", ["3"], SCREENS, Tabs, "tab", None, global::tab_pods, "To tab Pods."),
    action!("tab-ci", ["4"], SCREENS, Tabs, "tab", None, global::tab_ci, "To tab CI, which also shows local files."),
    action!("tab-summary", ["5"], SCREENS, Tabs, "tab", None, global::tab_summary, "To tab Summary."),
    action!(
        "next-pane",
        ["Tab"],
        PANES,
        Tabs,
        "next, previous pane",
        Some("pane"),
        panes::next_pane,
        "To the next pane."
    ),
    action!(
        "previous-pane",
        ["Shift-Tab"],
        PANES,
        Tabs,
        "next, previous pane",
        None,
        panes::next_pane,
        "To the previous pane."
    ),
    action!(
        "copy",
        ["y"],
        RECORDS,
        Out,
        "copy the record",
        Some("copy"),
        look::copy,
        "Send the record's text, redacted, to the terminal's clipboard (OSC 52)."
    ),
    action!(
        "copy-json",
        ["Y"],
        RECORDS,
        Out,
        "copy it as JSON",
        None,
        look::copy_json,
        "Send the record as a JSON object, redacted, to the terminal's clipboard (OSC 52)."
    ),
    action!("redraw", ["Ctrl-l"], EVERYWHERE, Out, "draw anew", None, global::redraw, "Draw the whole screen anew."),
    action!(
        "field-next",
        ["Tab", "Down"],
        &[Choice, Text],
        Panes,
        "next, previous row",
        Some("next"),
        panes::field_next,
        "In the filter pane: to the next row."
    ),
    action!(
        "field-previous",
        ["Shift-Tab", "Up"],
        &[Choice, Text],
        Panes,
        "next, previous row",
        None,
        panes::field_previous,
        "In the filter pane: to the previous row."
    ),
    action!(
        "choice-left",
        ["h", "Left"],
        &[Choice],
        Panes,
        "choose",
        None,
        panes::choice_left,
        "In the filter pane: to the severity on the left."
    ),
    action!(
        "choice-right",
        ["l", "Right"],
        &[Choice],
        Panes,
        "choose",
        None,
        panes::choice_right,
        "In the filter pane: to the severity on the right."
    ),
    action!(
        "toggle",
        ["Space"],
        &[Choice],
        Panes,
        "show from here up",
        Some("toggle"),
        panes::toggle,
        "In the filter pane: show this severity and those above it, or hide it and those below."
    ),
    action!(
        "clear",
        ["c"],
        &[Choice],
        Panes,
        "clear",
        Some("clear"),
        panes::clear,
        "In the filter pane: clear all rows."
    ),
    action!(
        "apply",
        ["Enter"],
        &[Choice, Text, Prompt],
        Panes,
        "apply",
        Some("apply"),
        panes::apply,
        "Take the filter or the search."
    ),
    action!(
        "demo",
        ["d", "Enter"],
        &[Start],
        Start,
        "open the demo",
        Some("demo"),
        global::demo,
        "On the start screen: open the bundled demo, an incident in files that grow while you watch."
    ),
    action!(
        "help",
        ["?"],
        &[Start, List, Split, Detail, Choice],
        Leave,
        "this help",
        Some("help"),
        global::help,
        "Show the keys that work here."
    ),
    action!(
        "cancel",
        ["Esc"],
        EVERYWHERE,
        Leave,
        "cancel, drop the filter",
        None,
        global::cancel,
        "Cancel what runs, close the pane, or drop the filter. Never quits."
    ),
    action!(
        "quit",
        ["q"],
        &[Start, List, Split, Detail, Help],
        Leave,
        "back, then quit",
        Some("quit"),
        global::quit,
        "Go back; with nothing to go back from: quit."
    ),
    action!(
        "cancel-or-quit",
        ["Ctrl-c"],
        EVERYWHERE,
        Leave,
        "cancel, then quit",
        None,
        global::cancel_or_quit,
        "Cancel what runs or close the pane; with neither: quit."
    ),
    action!(
        "suspend",
        ["Ctrl-z"],
        EVERYWHERE,
        Leave,
        "suspend, fg returns",
        None,
        global::suspend,
        "Suspend logdeck; the shell's `fg` returns to it."
    ),
];

/// The action of this name.
pub fn by_id(id: &str) -> Option<&'static ActionSpec> {
    ACTIONS.iter().find(|spec| spec.id == id)
}

#[cfg(test)]
mod tests {
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
    fn every_action_has_key_doc_and_a_label_that_fits() {
        let mut ids = HashSet::new();
        for spec in ACTIONS {
            assert!(ids.insert(spec.id), "{} is there twice", spec.id);
            assert!(!spec.keys.is_empty() && !spec.when.is_empty(), "{}", spec.id);
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
