//! Reads a config file's text: each value with its place, and every problem with line, column and suggestion.
//!
//! Owns the walk over the parsed TOML. Must not know where the text lies, or what the settings mean.

use super::Bindings;
use super::keys::{ConfigKey, KEYS, Raw, Table, nearest};
use std::collections::BTreeMap;
use std::fmt;
use toml::de::{DeTable, DeValue};

/// A place in a text: line and column, both from 1; columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

/// Something that is wrong with a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file or the environment's variable.
    pub from: String,
    /// Where in the file.
    pub place: Option<Place>,
    /// What is wrong and what is expected.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.from)?;
        if let Some(place) = self.place {
            write!(f, ":{}:{}", place.line, place.column)?;
        }
        write!(f, ": {}", self.message)
    }
}

/// What a file says.
#[derive(Default)]
pub(super) struct Read {
    /// Its values, in their order.
    pub(super) entries: Vec<Entry>,
    /// What is wrong with the rest.
    pub(super) problems: Vec<Problem>,
    /// What is wrong with keys: those are left out.
    pub(super) notices: Vec<Problem>,
    /// Where actions get their keys.
    pub(super) bindings: BTreeMap<String, Place>,
}

/// A value of the file.
pub(super) struct Entry {
    pub(super) key: &'static ConfigKey,
    pub(super) raw: Raw,
    pub(super) place: Place,
}

/// All values of `text`, and what is wrong with the rest. `actions` are the names that `[keys]` may hold; with none
/// given, any name is taken.
pub(super) fn read(text: &str, from: &str, actions: &[&str]) -> Read {
    let mut reader = Reader { text, from, actions, read: Read::default() };
    match DeTable::parse(text) {
        Ok(table) => reader.table(table.get_ref()),
        Err(error) => {
            let start = error.span().map_or(0, |span| span.start);
            let problem = reader.problem(start, format!("this is not TOML: {}", error.message()));
            reader.read.problems.push(problem);
        }
    }
    let mut read = reader.read;
    read.entries.sort_by_key(|entry| (entry.place.line, entry.place.column));
    for problems in [&mut read.problems, &mut read.notices] {
        problems.sort_by_key(|problem| problem.place.map(|place| (place.line, place.column)));
    }
    read
}

struct Reader<'t> {
    text: &'t str,
    from: &'t str,
    actions: &'t [&'t str],
    read: Read,
}

impl Reader<'_> {
    fn table(&mut self, table: &DeTable<'_>) {
        for (name, value) in table {
            let (text, at) = (name.get_ref().as_ref(), name.span().start);
            let is_section = KEYS.iter().any(|key| key.place().0 == Some(text));
            match (ConfigKey::find(text), value.get_ref()) {
                (Some(key), value_ref) => {
                    let raw = match (key.table, value_ref) {
                        (Table::Yes, DeValue::Table(table)) => Raw::Pairs(self.bindings(table)),
                        (_, value) => raw(value),
                    };
                    self.entry(key, raw, value.span().start);
                }
                (None, DeValue::Table(table)) if is_section => self.section(text, table),
                (None, _) if is_section => {
                    self.wrong(
                        value.span().start,
                        format!("`{text}` is a section: write [{text}] and its settings below it"),
                    );
                }
                (None, _) => self.unknown(None, text, at),
            }
        }
    }

    /// The settings below `[section]`.
    fn section(&mut self, section: &str, table: &DeTable<'_>) {
        for (name, value) in table {
            let text = name.get_ref().as_ref();
            match KEYS.iter().find(|key| key.place() == (Some(section), text)) {
                Some(key) => self.entry(key, raw(value.get_ref()), value.span().start),
                None => self.unknown(Some(section), text, name.span().start),
            }
        }
    }

    fn entry(&mut self, key: &'static ConfigKey, raw: Raw, offset: usize) {
        let place = place(self.text, offset);
        self.read.entries.push(Entry { key, raw, place });
    }

    fn wrong(&mut self, offset: usize, message: String) {
        let problem = self.problem(offset, message);
        self.read.problems.push(problem);
    }

    /// A name that no setting of this section has.
    fn unknown(&mut self, section: Option<&str>, name: &str, offset: usize) {
        let known = known(section);
        let of = section.map(|section| format!(" in [{section}]")).unwrap_or_default();
        let message = nearest(name, known.iter().copied()).map_or_else(
            || format!("unknown key `{name}`{of}; known are {}", known.join(", ")),
            |near| format!("unknown key `{name}`{of}; did you mean `{near}`?"),
        );
        self.wrong(offset, message);
    }

    fn bindings(&mut self, table: &DeTable<'_>) -> Bindings {
        let mut bindings = Bindings::new();
        for (name, value) in table {
            let name_text = name.get_ref().as_ref();
            if !self.actions.is_empty() && !self.actions.contains(&name_text) {
                let near = nearest(name_text, self.actions.iter().copied());
                let hint = near.map_or_else(
                    || "`:` on the screen finds the actions".to_owned(),
                    |near| format!("did you mean `{near}`?"),
                );
                let problem = self.problem(name.span().start, format!("unknown action `{name_text}`; {hint}"));
                self.read.notices.push(problem);
                continue;
            }
            match raw(value.get_ref()) {
                Raw::Text(key) => _ = bindings.insert(name_text.to_owned(), vec![key]),
                Raw::List(keys) => _ = bindings.insert(name_text.to_owned(), keys),
                _ => {
                    let message =
                        format!("`{name_text}` is not a key or a list of keys, such as \"q\" or [\"q\", \"ctrl-c\"]");
                    let problem = self.problem(value.span().start, message);
                    self.read.notices.push(problem);
                    continue;
                }
            }
            self.read.bindings.insert(name_text.to_owned(), place(self.text, name.span().start));
        }
        bindings
    }

    fn problem(&self, offset: usize, message: String) -> Problem {
        Problem { from: self.from.to_owned(), place: Some(place(self.text, offset)), message }
    }
}

/// The names of a section, or of the top with the sections themselves.
fn known(section: Option<&str>) -> Vec<&'static str> {
    let mut names: Vec<&str> = Vec::new();
    for key in KEYS {
        let name = match (section, key.place()) {
            (None, (of, name)) => of.unwrap_or(name),
            (Some(section), (Some(of), name)) if of == section => name,
            _ => continue,
        };
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn raw(value: &DeValue<'_>) -> Raw {
    match value {
        DeValue::String(text) => Raw::Text(text.to_string()),
        DeValue::Boolean(flag) => Raw::Flag(*flag),
        DeValue::Integer(number) => {
            i64::from_str_radix(number.as_str(), number.radix()).map_or(Raw::Other("a huge number"), Raw::Number)
        }
        DeValue::Array(items) => {
            let texts = items.iter().map(|item| item.get_ref().as_str().map(str::to_owned));
            texts.collect::<Option<_>>().map_or(Raw::Other("a list with something else than text"), Raw::List)
        }
        DeValue::Float(_) => Raw::Other("a number with a fraction"),
        DeValue::Datetime(_) => Raw::Other("a date"),
        DeValue::Table(table) => {
            Raw::Map(table.iter().map(|(name, value)| (name.get_ref().to_string(), raw(value.get_ref()))).collect())
        }
    }
}

pub(super) fn place(text: &str, offset: usize) -> Place {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    Place {
        line: before.bytes().filter(|byte| *byte == b'\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str, actions: &[&str]) -> Vec<String> {
        let read = read(text, "c.toml", actions);
        read.problems.iter().chain(&read.notices).map(ToString::to_string).collect()
    }

    #[test]
    fn problems_name_line_column_and_the_nearest_key() {
        let check = |text: &str, expected: &str| assert_eq!(problems(text, &[]), [expected], "{text}");
        check("# é\n memroy = \"1GiB\"", "c.toml:2:2: unknown key `memroy`; did you mean `memory`?");
        check(
            "[keys]\nquit = 3",
            "c.toml:2:8: `quit` is not a key or a list of keys, such as \"q\" or [\"q\", \"ctrl-c\"]",
        );
        check("[themes]", "c.toml:1:2: unknown key `themes`; did you mean `theme`?");
        assert!(problems("colour = 1", &[])[0].contains("known are sources, memory, theme"));
        check("[github]\ntokn = 1", "c.toml:2:1: unknown key `tokn` in [github]; did you mean `token`?");
        check(
            "[github]\nbranch = 1",
            "c.toml:2:1: unknown key `branch` in [github]; known are repos, url, token, ca_file, poll, max_repos",
        );
        check("github = \"acme/api\"", "c.toml:1:10: `github` is a section: write [github] and its settings below it");
        check("[gihtub]\nrepos = []", "c.toml:1:2: unknown key `gihtub`; did you mean `github`?");
        check(
            "repos = []",
            "c.toml:1:1: unknown key `repos`; known are sources, memory, theme, ascii, time, columns, tz, fps, \
                             log_level, github, gitlab, pods, google, gcs, firestore, keys",
        );
        assert!(problems("theme = ", &[])[0].starts_with("c.toml:1:"));
        assert!(problems("theme = 1\ntheme = 2", &[])[0].contains("duplicate key"));
        assert_eq!(
            problems("[keys]\nfolow = \"f\"", &["follow"]),
            ["c.toml:2:1: unknown action `folow`; did you mean `follow`?"]
        );
        assert_eq!(problems("[keys]\nfolow = \"f\"", &[]), [""; 0]);
    }

    #[test]
    fn sections_give_their_settings() {
        let text = "[gitlab]\ntoken = { env = \"A\" }\npoll = 60\n[github]\nrepos = [\"a/b\"]\n";
        let Read { entries, problems, .. } = read(text, "c.toml", &[]);
        assert!(problems.is_empty());
        let got: Vec<_> = entries.iter().map(|e| (e.key.name, e.raw.clone(), e.place.line, e.place.column)).collect();
        let map = Raw::Map(vec![("env".into(), Raw::Text("A".into()))]);
        let expected = [
            ("gitlab.token", map, 2, 9),
            ("gitlab.poll", Raw::Number(60), 3, 8),
            ("github.repos", Raw::List(vec!["a/b".into()]), 5, 9),
        ];
        assert_eq!(got, expected);
    }

    #[test]
    fn values_come_with_their_place() {
        let Read { entries, problems, bindings, .. } =
            read("ascii = true\n\nsources = [\"a\"]\n[keys]\nquit = \"q\"\n", "c.toml", &["quit"]);
        assert!(problems.is_empty());
        let got: Vec<_> = entries.iter().map(|e| (e.key.name, e.raw.clone(), e.place.line)).collect();
        assert_eq!(got[0], ("ascii", Raw::Flag(true), 1));
        assert_eq!(got[1], ("sources", Raw::List(vec!["a".into()]), 3));
        assert_eq!(got[2].0, "keys");
        assert_eq!(bindings["quit"], Place { line: 5, column: 1 });
    }
}
