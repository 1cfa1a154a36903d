//! Documents that derive from the table of actions: the README's keys, and the rows of the help.
//!
//! Owns their layout. Must not know what an action does beyond its row.

use super::action::{ACTIONS, ActionSpec, Context, Group};
use super::event::Key;
use super::keymap::Keymap;
use std::fmt::Write as _;

/// The key table of the README, in Markdown.
pub fn key_table() -> String {
    let mut text = String::from("| keys | action | what it does |\n|---|---|---|\n");
    for group in Group::ALL {
        for spec in ACTIONS.iter().filter(|spec| spec.group == group) {
            let keys: Vec<_> = spec.keys.iter().map(|key| format!("`{key}`")).collect();
            let _ = writeln!(text, "| {} | `{}` | {} |", keys.join(" "), spec.id, spec.doc);
        }
    }
    text
}

/// One row of the help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HelpRow {
    /// The keys: `j k`, `1-5`.
    pub keys: String,
    /// What they do.
    pub label: &'static str,
}

/// The rows of the help by heading, for the actions that work in one of the contexts. Neighbours with the same label
/// share a row with one key each; a row of a single action shows at most two of its keys.
pub fn help(keymap: &Keymap, contexts: &[Context]) -> Vec<(Group, Vec<HelpRow>)> {
    let works = |spec: &&ActionSpec| {
        spec.when.iter().any(|context| contexts.contains(context)) && !keymap.keys(spec.id).is_empty()
    };
    let mut groups = Vec::new();
    for group in Group::ALL {
        let mut rows: Vec<HelpRow> = Vec::new();
        let specs: Vec<_> = ACTIONS.iter().filter(|spec| spec.group == group).filter(works).collect();
        for same in specs.chunk_by(|a, b| a.label == b.label) {
            let keys: Vec<_> = match same {
                [one] => keymap.keys(one.id).iter().take(2).copied().collect(),
                many => many.iter().filter_map(|spec| keymap.keys(spec.id).first().copied()).collect(),
            };
            rows.push(HelpRow { keys: together(&keys), label: same[0].label });
        }
        if !rows.is_empty() {
            groups.push((group, rows));
        }
    }
    groups
}

/// Keys in one cell; a run of digits becomes `1-5`.
fn together(keys: &[Key]) -> String {
    let words: Vec<_> = keys.iter().map(ToString::to_string).collect();
    let digits = words.len() > 2 && words.iter().all(|word| word.len() == 1 && word.as_bytes()[0].is_ascii_digit());
    if digits { format!("{}-{}", words[0], words[words.len() - 1]) } else { words.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_table_has_every_action() {
        let table = key_table();
        for spec in ACTIONS {
            assert!(table.contains(&format!("| `{}` | {} |", spec.id, spec.doc)), "{}", spec.id);
        }
    }

    #[test]
    fn pairs_share_a_row_and_only_what_works_here_is_listed() {
        let rows: Vec<_> = help(&Keymap::default(), &[Context::List]).into_iter().flat_map(|(_, rows)| rows).collect();
        let keys = |label: &str| rows.iter().find(|row| row.label == label).map(|row| row.keys.as_str());
        assert_eq!(keys("line"), Some("j k"));
        assert_eq!(keys("tab"), Some("1-5"));
        assert_eq!(keys("copy the record"), Some("y"));
        assert_eq!(keys("raw bytes"), None);
    }
}
