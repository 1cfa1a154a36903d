//! The command palette: every action by its name, and commands that take words, such as `theme light`.
//!
//! Owns [`COMMANDS`] and how a typed line is read. It never runs a shell. Must not know how the palette is drawn.

use super::action::{ACTIONS, ActionSpec};
use super::event::Effect;
use super::picker::PickerRow;
use super::{App, ThemeChoice};

/// A command that takes words.
#[derive(Debug)]
pub struct CommandSpec {
    /// Its first word.
    pub name: &'static str,
    /// The words that it takes.
    pub words: &'static str,
    /// What it does, in a sentence.
    pub doc: &'static str,
    /// Does it; `Err` says what is wrong with the words.
    pub run: fn(&mut App, &str, &mut Vec<Effect>) -> Result<(), String>,
}

/// Every command that takes words.
pub const COMMANDS: &[CommandSpec] = &[
    CommandSpec { name: "theme", words: "auto|dark|light|16|mono", doc: "Take this theme.", run: theme },
    CommandSpec {
        name: "columns",
        words: "[NAME ...]",
        doc: "Show these fields as columns of the list; none without names.",
        run: super::columns::command,
    },
];

/// What a row of the palette stands for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Entry {
    Command(&'static CommandSpec),
    Action(&'static ActionSpec),
}

/// Every command and action; the palette's own and those that only move in a list are of no use there.
pub(super) fn entries() -> Vec<Entry> {
    let commands = COMMANDS.iter().map(Entry::Command);
    commands.chain(ACTIONS.iter().filter(|spec| is_useful(spec)).map(Entry::Action)).collect()
}

fn is_useful(spec: &ActionSpec) -> bool {
    use super::action::Context::{Detail, List, Split, Start};
    spec.id != "palette" && spec.when.iter().any(|context| matches!(context, Start | List | Split | Detail))
}

/// The palette's rows, in the order of [`entries`].
pub(super) fn rows(app: &App) -> Vec<PickerRow> {
    let row = |entry: &Entry| match entry {
        Entry::Command(spec) => PickerRow {
            text: format!("{} {}", spec.name, spec.words),
            beside: spec.doc.to_owned(),
            ..PickerRow::default()
        },
        Entry::Action(spec) => {
            let keys: Vec<_> = app.settings.keymap.keys(spec.id).iter().map(ToString::to_string).collect();
            PickerRow {
                text: spec.id.to_owned(),
                beside: spec.doc.to_owned(),
                keys: keys.join(" "),
                ..PickerRow::default()
            }
        }
    };
    entries().iter().map(row).collect()
}

/// Runs a typed command, or else the row with the cursor.
pub(super) fn run(app: &mut App, typed: &str, entry: Option<Entry>, effects: &mut Vec<Effect>) {
    let (name, words) = typed.trim().split_once(char::is_whitespace).unwrap_or((typed.trim(), ""));
    let command = COMMANDS.iter().find(|spec| spec.name == name);
    let action = super::action::by_id(typed.trim());
    let command = command.filter(|_| !words.is_empty() || action.is_none());
    let command = match (command, action, entry) {
        (None, None, Some(Entry::Command(spec))) => Some(spec),
        (command, ..) => command,
    };
    if let Some(spec) = command {
        if let Err(problem) = (spec.run)(app, words.trim(), effects) {
            app.complain(problem);
        }
        return;
    }
    let row = entry.and_then(|entry| match entry {
        Entry::Action(spec) => Some(spec),
        Entry::Command(_) => None,
    });
    let Some(action) = action.or(row) else {
        let typed = crate::parse::text::safe_line(typed.as_bytes()).into_owned();
        return app.complain(format!("no action or command matches `{typed}`"));
    };
    if action.when.contains(&app.context()) {
        (action.run)(app, effects);
    } else {
        app.say(format!("`{}` does not work here", action.id));
    }
}

fn theme(app: &mut App, words: &str, _: &mut Vec<Effect>) -> Result<(), String> {
    let choice = ThemeChoice::ALL.into_iter().find(|choice| choice.word() == words);
    app.theme = choice.ok_or_else(|| {
        let names: Vec<_> = ThemeChoice::ALL.into_iter().map(ThemeChoice::word).collect();
        format!("theme takes one of: {}", names.join(", "))
    })?;
    app.say(format!("theme: {}", app.theme.word()));
    Ok(())
}
