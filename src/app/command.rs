//! The command palette: every action by its name, and commands that take words, such as `theme light`.
//!
//! Owns [`COMMANDS`], the order of the palette's rows, and how a typed line is read. It never runs a shell. Must not
//! know how the palette is drawn.

mod open;
mod theme;

pub(super) use open::Listing;

use super::action::{ACTIONS, ActionSpec, Context, Group, by_id};
use super::event::Effect;
use super::picker::{Picker, PickerKind, PickerRow};
use super::{App, Pane, PromptKind};
use crate::parse::text::safe_line;

/// A command that takes words.
#[derive(Debug)]
pub struct CommandSpec {
    /// Its first word.
    pub name: &'static str,
    /// The words that it takes.
    pub words: &'static str,
    /// What it does, in a sentence.
    pub doc: &'static str,
    /// The words that can follow.
    pub choices: Choices,
    /// Does it; `Err` says what is wrong with the words.
    pub run: fn(&mut App, &str, &mut Vec<Effect>) -> Result<(), String>,
}

/// The words that can follow a command, each with what it means.
#[derive(Clone, Copy, Debug)]
pub enum Choices {
    /// Nobody knows them.
    Any,
    /// One of these: the row with the cursor counts.
    OneOf(fn(&App) -> Vec<(String, String)>),
    /// Perhaps one of these: what is typed counts, unless the cursor was moved to one.
    Perhaps(fn(&App) -> Vec<(String, String)>),
}

/// Every command that takes words.
pub const COMMANDS: &[CommandSpec] = &[
    CommandSpec {
        name: "open",
        words: "SOURCE",
        doc: "Open a source: a file, directory, glob or address as on the command line, or demo.",
        choices: Choices::Perhaps(open::choices),
        run: open::run,
    },
    CommandSpec {
        name: "baseline",
        words: "FILE",
        doc: "Compare the logs of failed jobs with this passing log: what is new since; off compares with none.",
        choices: Choices::Perhaps(open::choices),
        run: open::baseline,
    },
    CommandSpec {
        name: "runs",
        words: "FILTER",
        doc: "Show only some runs: failed, running, branch NAME, workflow NAME, actor NAME, several of them; all shows all.",
        choices: Choices::Perhaps(App::run_filters),
        run: |app, words, _| app.filter_runs(words),
    },
    CommandSpec {
        name: "ns",
        words: "NAME",
        doc: "Show the pods of another namespace of the cluster; * shows those of all.",
        choices: Choices::Perhaps(App::namespaces),
        run: |app, words, effects| app.go_to_namespace(words, effects),
    },
    CommandSpec {
        name: "ctx",
        words: "NAME",
        doc: "Show the pods of another context of the kubeconfig.",
        choices: Choices::Perhaps(App::contexts),
        run: |app, words, effects| app.go_to_context(words, effects),
    },
    CommandSpec {
        name: "theme",
        words: "NAME",
        doc: "Take this theme: auto, dark, light, 16, mono, ascii, or one of your own.",
        choices: Choices::OneOf(theme::choices),
        run: theme::run,
    },
    CommandSpec {
        name: "goto",
        words: "TIME",
        doc: "Go to the first record that is not before this time.",
        choices: Choices::Any,
        run: |app, words, _| app.go_to_time(words),
    },
    CommandSpec {
        name: "filter",
        words: "NAME",
        doc: "Take a saved filter.",
        choices: Choices::OneOf(saved_filters),
        run: filter,
    },
    CommandSpec {
        name: "filter-save",
        words: "NAME",
        doc: "Save the active filter under a name.",
        choices: Choices::Perhaps(saved_filters),
        run: |app, words, effects| app.save_filter(words, effects),
    },
    CommandSpec {
        name: "filter-delete",
        words: "NAME",
        doc: "Delete a saved filter.",
        choices: Choices::OneOf(saved_filters),
        run: |app, words, effects| app.delete_filter(words, effects),
    },
    CommandSpec {
        name: "columns",
        words: "[NAME ...]",
        doc: "Show these fields as columns of the list; none without names.",
        choices: Choices::Any,
        run: super::columns::command,
    },
    CommandSpec {
        name: "context",
        words: "N",
        doc: "Keep so many lines around each match of the filter; 0 keeps none.",
        choices: Choices::Any,
        run: |app, words, _| app.keep_lines(words),
    },
    CommandSpec {
        name: "export",
        words: "FILE",
        doc: "Write all records that are shown into this new .log, .jsonl, .csv or .md file.",
        choices: Choices::Any,
        run: export,
    },
    CommandSpec {
        name: "handover",
        words: "FILE",
        doc: "Write all marked records and their notes into this new .md file.",
        choices: Choices::Any,
        run: handover,
    },
];

/// The groups as the palette shows them: moving is what nobody looks for.
const GROUPS: [Group; 8] =
    [Group::Start, Group::Find, Group::Look, Group::Tabs, Group::Out, Group::Leave, Group::Panes, Group::Move];

/// The most entries that are remembered as used.
const MAX_RECENT: usize = 20;

/// What a row of the palette stands for.
#[derive(Clone, Debug)]
pub(super) enum Entry {
    Command(&'static CommandSpec),
    Action(&'static ActionSpec),
    /// A word that can follow the command.
    Word(&'static CommandSpec, String),
}

impl Entry {
    /// Whether both are the same command, or the same action.
    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Command(a) | Self::Word(a, _), Self::Command(b) | Self::Word(b, _)) => a.name == b.name,
            (Self::Action(a), Self::Action(b)) => a.id == b.id,
            _ => false,
        }
    }

    /// What stands in the palette's line when the row is completed.
    pub(super) fn completed(&self) -> String {
        match self {
            Self::Command(spec) => format!("{} ", spec.name),
            Self::Action(spec) => spec.id.to_owned(),
            Self::Word(spec, word) => format!("{} {word}", spec.name),
        }
    }
}

/// The palette, as it opens over the tab.
pub(super) fn palette(app: &App) -> Picker {
    let (kind, rows) = all(app);
    Picker::new("Command palette", kind, rows)
}

/// The command whose words are being typed, and where they begin.
fn command_of(text: &str) -> Option<(&'static CommandSpec, usize)> {
    let start = text.len() - text.trim_start().len();
    let (name, rest) = text[start..].split_once(char::is_whitespace)?;
    let spec = COMMANDS.iter().find(|spec| spec.name == name)?;
    Some((spec, text.len() - rest.trim_start().len()))
}

/// Every command and action: what was used last, then commands, then actions by group; what does not work here comes
/// last. The palette's own actions and those that only move in a list are of no use there.
fn all(app: &App) -> (PickerKind, Vec<PickerRow>) {
    let here = app.base_context();
    let commands = COMMANDS.iter().map(Entry::Command);
    let groups = GROUPS.into_iter().flat_map(|group| ACTIONS.iter().filter(move |spec| spec.group == group));
    let mut entries: Vec<_> = commands.chain(groups.filter(|spec| is_useful(spec)).map(Entry::Action)).collect();
    let works = |entry: &Entry| match entry {
        Entry::Action(spec) => spec.when.contains(&here),
        Entry::Command(_) | Entry::Word(..) => true,
    };
    entries.sort_by_key(|entry| {
        let used = app.recent.iter().position(|recent| recent.is(entry)).unwrap_or(usize::MAX);
        (!works(entry), used)
    });
    let rows = entries.iter().map(|entry| row(app, entry, works(entry))).collect();
    (PickerKind::Palette { command: None, entries }, rows)
}

fn is_useful(spec: &ActionSpec) -> bool {
    use Context::{Change, Ci, Detail, DocLines, List, ObjectLines, Objects, PodLines, Pods, Runs, Split, Start};
    let is_screen = |context: &Context| {
        matches!(
            context,
            Start | List | PodLines | Pods | ObjectLines | Objects | DocLines | Change | Split | Detail | Ci | Runs
        )
    };
    spec.id != "palette" && spec.when.iter().any(is_screen)
}

fn row(app: &App, entry: &Entry, works: bool) -> PickerRow {
    match entry {
        Entry::Command(spec) | Entry::Word(spec, _) => PickerRow {
            text: format!("{} {}", spec.name, spec.words),
            beside: spec.doc.to_owned(),
            ..PickerRow::default()
        },
        Entry::Action(spec) => {
            let keys: Vec<_> = app.settings.keymap.keys(spec.id).iter().take(2).map(ToString::to_string).collect();
            PickerRow {
                text: spec.id.to_owned(),
                beside: spec.doc.to_owned(),
                keys: keys.join(" "),
                faint: !works,
                ..PickerRow::default()
            }
        }
    }
}

/// The words that can follow a command; without a known set, the command itself as a reminder.
fn words_of(app: &App, spec: &'static CommandSpec) -> (PickerKind, Vec<PickerRow>) {
    let choices = match spec.choices {
        Choices::Any => Vec::new(),
        Choices::OneOf(choices) | Choices::Perhaps(choices) => choices(app),
    };
    if choices.is_empty() {
        let entry = Entry::Command(spec);
        let rows = vec![row(app, &entry, true)];
        return (PickerKind::Palette { command: Some(spec), entries: vec![entry] }, rows);
    }
    let safe = |text: &str| safe_line(text.as_bytes()).into_owned();
    let rows = choices.iter().map(|(word, doc)| PickerRow::from((safe(word), safe(doc)))).collect();
    let entries = choices.into_iter().map(|(word, _)| Entry::Word(spec, word)).collect();
    (PickerKind::Palette { command: Some(spec), entries }, rows)
}

impl App {
    /// What is typed into the open list has changed: its rows are matched anew, and the palette's may be others.
    pub(super) fn picker_changed(&mut self) {
        let Pane::Picker(picker) = &self.pane else { return };
        let typed = command_of(picker.text());
        let mut others = None;
        if let PickerKind::Palette { command, .. } = picker.kind()
            && command.map(|spec| spec.name) != typed.map(|(spec, _)| spec.name)
        {
            others = Some(typed.map_or_else(|| all(self), |(spec, _)| words_of(self, spec)));
        }
        let Pane::Picker(picker) = &mut self.pane else { return };
        if let Some((kind, rows)) = others {
            picker.refill(kind, rows);
        }
        let from = match typed {
            Some((spec, _)) if matches!(picker.entry(0), Some(Entry::Command(only)) if only.name == spec.name) => {
                // The reminder stays whatever is typed.
                picker.text().len()
            }
            Some((_, from)) if matches!(picker.kind(), PickerKind::Palette { .. }) => from,
            _ => 0,
        };
        picker.changed_from(from);
    }
}

/// What stands in the line when a command is chosen whose words are still to come.
pub(super) fn unfinished(typed: &str, entry: Option<&Entry>) -> Option<String> {
    let name = typed.split_whitespace().next().unwrap_or_default();
    let is_name = by_id(typed.trim()).is_some() || COMMANDS.iter().any(|spec| spec.name == name);
    let entry = entry.filter(|entry| matches!(entry, Entry::Command(_)) && !is_name)?;
    (!name.starts_with('!')).then(|| entry.completed())
}

/// Whether the user moved the cursor since the text was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CursorMoved {
    No,
    Yes,
}

/// Runs a typed command, or else the row with the cursor.
///
/// # Errors
/// What is wrong with what was typed: it stays to be mended.
pub(super) fn run(
    app: &mut App,
    typed: &str,
    (entry, moved): (Option<Entry>, CursorMoved),
    effects: &mut Vec<Effect>,
) -> Result<(), String> {
    let typed = typed.trim();
    if typed.starts_with('!') {
        return Err("logdeck never runs a shell".to_owned());
    }
    let (name, words) = typed.split_once(char::is_whitespace).unwrap_or((typed, ""));
    let command = COMMANDS.iter().find(|spec| spec.name == name);
    let chosen = match (command, by_id(typed), entry) {
        // A name that is typed in full counts, whatever the cursor is on.
        (_, Some(action), _) => Entry::Action(action),
        (Some(_), None, Some(Entry::Word(spec, word)))
            if moved == CursorMoved::Yes || matches!(spec.choices, Choices::OneOf(_)) =>
        {
            Entry::Word(spec, word)
        }
        (Some(spec), None, _) => Entry::Word(spec, words.trim().to_owned()),
        (None, None, Some(entry)) => entry,
        (None, None, None) => {
            return Err(format!("no action or command matches `{}`", safe_line(typed.as_bytes())));
        }
    };
    match &chosen {
        Entry::Command(spec) => return Err(format!("{} takes {}", spec.name, spec.words)),
        Entry::Word(spec, words) => (spec.run)(app, words, effects)?,
        Entry::Action(action) if action.when.contains(&app.context()) => (action.run)(app, effects),
        Entry::Action(action) => return Err(format!("`{}` works {}", action.id, place_of(action))),
    }
    app.recent.retain(|recent| !recent.is(&chosen));
    app.recent.insert(0, chosen);
    app.recent.truncate(MAX_RECENT);
    Ok(())
}

/// Where an action works that does not work here.
fn place_of(spec: &ActionSpec) -> &'static str {
    let works = |context| spec.when.contains(&context);
    if works(Context::List) {
        "where records are"
    } else if works(Context::Ci) {
        "where causes are shown"
    } else if works(Context::Runs) {
        "where runs are listed"
    } else if works(Context::Pods) {
        "where pods are listed"
    } else if works(Context::Objects) {
        "where objects are listed"
    } else if works(Context::Change) {
        "where changes of documents are"
    } else if works(Context::Split) || works(Context::Detail) {
        "while the detail pane is open"
    } else {
        "on the start screen"
    }
}

fn filter(app: &mut App, words: &str, _: &mut Vec<Effect>) -> Result<(), String> {
    if words.is_empty() {
        return Err("filter takes the name of a saved filter".to_owned());
    }
    app.load_filter(words)
}

/// The names of the saved filters, and what each says.
fn saved_filters(app: &App) -> Vec<(String, String)> {
    app.saved().iter().map(|saved| (saved.name.clone(), app.saved_words(saved))).collect()
}

fn export(app: &mut App, words: &str, effects: &mut Vec<Effect>) -> Result<(), String> {
    write_to(app, "export", PromptKind::Export, words, effects)
}

fn handover(app: &mut App, words: &str, effects: &mut Vec<Effect>) -> Result<(), String> {
    write_to(app, "handover", PromptKind::Handover, words, effects)
}

/// Without a file's name it is asked for.
fn write_to(app: &mut App, id: &str, kind: PromptKind, file: &str, effects: &mut Vec<Effect>) -> Result<(), String> {
    match super::action::by_id(id) {
        Some(action) if file.is_empty() => {
            (action.run)(app, effects);
            Ok(())
        }
        _ => app.begin_export(kind, file, effects),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_name_a_doc_and_words() {
        for (n, spec) in COMMANDS.iter().enumerate() {
            assert!(COMMANDS[..n].iter().all(|other| other.name != spec.name), "{}", spec.name);
            assert!(spec.name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{}", spec.name);
            assert!(!spec.words.is_empty() && spec.doc.ends_with('.'), "{}", spec.name);
        }
    }

    #[test]
    fn every_group_has_its_place() {
        assert!(Group::ALL.iter().all(|group| GROUPS.contains(group)));
    }

    #[test]
    fn the_words_of_a_command_begin_behind_its_name() {
        let check = |text: &str, expected: Option<(&str, usize)>| {
            assert_eq!(command_of(text).map(|(spec, from)| (spec.name, from)), expected, "{text:?}");
        };
        check("theme", None);
        check("theme ", Some(("theme", 6)));
        check("  theme   da", Some(("theme", 10)));
        check("themes da", None);
        check("", None);
        check("open é x", Some(("open", 5)));
    }
}
