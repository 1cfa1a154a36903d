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
    CommandSpec {
        name: "goto",
        words: "TIME",
        doc: "Go to the first record that is not before this time.",
        run: |app, words, _| app.go_to_time(words),
    },
    CommandSpec { name: "theme", words: "auto|dark|light|16|mono", doc: "Take this theme.", run: theme },
    CommandSpec { name: "filter", words: "NAME", doc: "Take a saved filter.", run: filter },
    CommandSpec { name: "filter-save", words: "NAME", doc: "Save the active filter under a name.", run: filter_save },
    CommandSpec { name: "filter-delete", words: "NAME", doc: "Delete a saved filter.", run: filter_delete },
    CommandSpec {
        name: "context",
        words: "N",
        doc: "Keep so many lines around each match of the filter; 0 keeps none.",
        run: context,
    },
];

/// What a row of the palette stands for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Entry {
    Command(&'static CommandSpec),
    Action(&'static ActionSpec),
    /// A saved filter, as its place among them.
    Saved(usize),
}

/// Every command and action; the palette's own and those that only move in a list are of no use there.
pub(super) fn entries(app: &App) -> Vec<Entry> {
    let commands = COMMANDS.iter().map(Entry::Command);
    let commands = commands.chain((0..app.saved().len()).map(Entry::Saved));
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
        Entry::Saved(at) => PickerRow {
            text: app.saved().get(*at).map(|saved| format!("filter {}", saved.name)).unwrap_or_default(),
            beside: "A saved filter.".to_owned(),
            ..PickerRow::default()
        },
    };
    entries(app).iter().map(row).collect()
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
    if let (None, Some(Entry::Saved(at))) = (action, entry) {
        let name = app.saved().get(at).map(|saved| saved.name.clone()).unwrap_or_default();
        if let Err(problem) = app.load_filter(&name) {
            app.complain(problem);
        }
        return;
    }
    let row = entry.and_then(|entry| match entry {
        Entry::Action(spec) => Some(spec),
        Entry::Command(_) | Entry::Saved(_) => None,
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

fn filter(app: &mut App, words: &str, _: &mut Vec<Effect>) -> Result<(), String> {
    if words.is_empty() {
        return Err("filter takes the name of a saved filter".to_owned());
    }
    app.load_filter(words)
}

fn filter_save(app: &mut App, words: &str, effects: &mut Vec<Effect>) -> Result<(), String> {
    app.save_filter(words, effects)
}

fn filter_delete(app: &mut App, words: &str, effects: &mut Vec<Effect>) -> Result<(), String> {
    app.delete_filter(words, effects)
}

fn context(app: &mut App, words: &str, _: &mut Vec<Effect>) -> Result<(), String> {
    app.keep_lines(words)
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
