//! Documents that derive from the tables of actions and commands: the README's keys, and the columns of the help.
//!
//! Owns their layout. Must not know what an action does beyond its row.

use super::action::{ACTIONS, ActionSpec, Context, Group};
use super::command::COMMANDS;
use super::event::Key;
use super::keymap::Keymap;
use super::{App, Pane};
use std::fmt::Write as _;

/// The key table of the README, in Markdown.
pub fn key_table() -> String {
    let mut text = String::from("| keys | action | what it does |\n|---|---|---|\n");
    for group in Group::ALL {
        for spec in ACTIONS.iter().filter(|spec| spec.group == group) {
            let mut keys: Vec<_> = spec.keys.iter().map(|key| format!("`{key}`")).collect();
            if keys.is_empty() {
                // The palette has it.
                keys.push(format!("`:{}`", spec.id));
            }
            let _ = writeln!(text, "| {} | `{}` | {} |", keys.join(" "), spec.id, spec.doc);
        }
    }
    text
}

/// The commands of the palette that take words, in Markdown.
pub fn command_table() -> String {
    let mut text = String::from("| command | what it does |\n|---|---|\n");
    for spec in COMMANDS {
        let _ = writeln!(text, "| `:{} {}` | {} |", spec.name, spec.words, spec.doc);
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

/// Columns of the screen that one column of the help takes.
pub const HELP_COLUMN: u16 = 38;

/// A line of the help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HelpLine {
    /// A heading.
    Heading(Group),
    /// Keys and what they do.
    Row(HelpRow),
    /// Nothing.
    Blank,
}

/// The help in `count` columns of about the same height; a group is never torn.
pub fn in_columns(groups: Vec<(Group, Vec<HelpRow>)>, count: usize) -> Vec<Vec<HelpLine>> {
    let height = |(_, rows): &(Group, Vec<HelpRow>)| rows.len() + 2;
    let all: usize = groups.iter().map(height).sum();
    // The least height at which the groups fit into the columns.
    let fits = |limit: usize| {
        let (mut columns, mut used) = (1, 0);
        for group in &groups {
            if used > 0 && used + height(group) > limit + 1 {
                columns += 1;
                used = 0;
            }
            used += height(group);
        }
        columns <= count
    };
    let limit = (1..=all).find(|limit| fits(*limit)).unwrap_or(all);
    let mut columns: Vec<Vec<HelpLine>> = vec![Vec::new()];
    for group in groups {
        let last = columns.len() - 1;
        if !columns[last].is_empty() && columns[last].len() + height(&group) > limit + 1 {
            columns.push(Vec::new());
        }
        let column = columns.len() - 1;
        columns[column].push(HelpLine::Heading(group.0));
        columns[column].extend(group.1.into_iter().map(HelpLine::Row));
        columns[column].push(HelpLine::Blank);
    }
    for column in &mut columns {
        column.pop();
    }
    columns
}

impl App {
    /// The columns of the help for where the keys would go.
    pub fn help_columns(&self) -> Vec<Vec<HelpLine>> {
        let groups = help(&self.settings.keymap, &[self.base_context()]);
        let count = usize::from((self.size.0 / HELP_COLUMN).clamp(1, 4)).min(groups.len().max(1));
        in_columns(groups, count)
    }

    /// The lines of what lies over the whole screen, the help or the debug pane, and how many of them can be seen.
    pub(super) fn overlay_lines(&self) -> (usize, usize) {
        // Header, heading and status take four rows; the help's last row has the version, with a blank one above it.
        let rows = usize::from(self.size.1).saturating_sub(4);
        match &self.pane {
            Pane::Help { .. } => {
                (self.help_columns().iter().map(Vec::len).max().unwrap_or(0), rows.saturating_sub(2).max(1))
            }
            Pane::Described(_) => (self.described_count(), rows.max(1)),
            Pane::Debug(_) => (self.debug().map_or(0, |(lines, _)| lines.len()), rows.max(1)),
            _ => (0, 1),
        }
    }
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
    fn the_command_table_has_every_command() {
        let table = command_table();
        assert!(COMMANDS.iter().all(|spec| table.contains(&format!("| `:{} ", spec.name))), "{table}");
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
