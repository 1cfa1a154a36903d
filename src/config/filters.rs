//! The file of saved filters: its text becomes filters, and filters its text.
//!
//! Owns the form, and keeps what it does not understand: an entry with a mistake stays in the file as it is. Must not
//! know where the file lies or what a filter's texts mean.

use crate::model::saved::check_name;
use crate::model::{SavedFilter, Severity};
use toml::{Table, Value};

/// The most filters that are taken from a file.
const MAX_FILTERS: usize = 200;

/// What stands above the filters.
const HEAD: &str =
    "# Filters that logdeck saved. It writes this file anew when one is saved or deleted: comments go, entries stay.\n";

/// The keys of an entry that are texts, beside its name.
const TEXTS: [&str; 5] = ["since", "until", "text", "hide", "field"];

/// A file's filters.
#[derive(Clone, Debug, Default)]
pub struct FilterFile {
    entries: Vec<Entry>,
    /// What else stands in the file.
    rest: Table,
    problems: Vec<String>,
}

#[derive(Clone, Debug)]
enum Entry {
    Filter(SavedFilter),
    /// One that is not understood: it is written as it was.
    Kept(Value),
}

impl FilterFile {
    /// Reads a file's text. An entry with a mistake is a problem and stays in the file.
    ///
    /// # Errors
    /// It is not TOML, or has no list of filters where one should be: such a file must not be written over.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut rest: Table = text.parse().map_err(|error: toml::de::Error| {
            let start = error.span().map_or(0, |span| span.start).min(text.len());
            let line = memchr::memchr_iter(b'\n', &text.as_bytes()[..start]).count() + 1;
            format!("line {line}: this is not TOML: {}", error.message())
        })?;
        let list = match rest.remove("filter") {
            None => Vec::new(),
            Some(Value::Array(list)) => list,
            Some(_) => return Err("`filter` is no list: filters begin with [[filter]]".to_owned()),
        };
        let mut file = Self { rest, ..Self::default() };
        for (n, value) in list.into_iter().enumerate() {
            let read = if file.entries.len() < MAX_FILTERS {
                filter(&value)
            } else {
                Err(format!("there are more than {MAX_FILTERS}"))
            };
            let twice = |filter: &SavedFilter| file.filters().any(|other| other.name == filter.name);
            let read = read
                .and_then(|filter| if twice(&filter) { Err("its name is there twice".to_owned()) } else { Ok(filter) });
            file.entries.push(match read {
                Ok(filter) => Entry::Filter(filter),
                Err(problem) => {
                    let name = value.get("name").and_then(Value::as_str).filter(|name| check_name(name).is_ok());
                    let name = name.map_or_else(|| format!("filter {}", n + 1), |name| format!("filter `{name}`"));
                    file.problems.push(format!("{name}: {problem}"));
                    Entry::Kept(value)
                }
            });
        }
        Ok(file)
    }

    /// The filters that were understood, in the order of the file.
    pub fn filters(&self) -> impl Iterator<Item = &SavedFilter> {
        self.entries.iter().filter_map(|entry| match entry {
            Entry::Filter(filter) => Some(filter),
            Entry::Kept(_) => None,
        })
    }

    /// What is wrong with the others, a sentence each that names the entry. May hold the file's own text: not yet safe for
    /// a terminal.
    pub fn problems(&self) -> &[String] {
        &self.problems
    }

    /// Adds a filter, or puts it in the place of the one with its name.
    pub fn put(&mut self, filter: SavedFilter) {
        let same = self.entries.iter_mut().find_map(|entry| match entry {
            Entry::Filter(old) if old.name == filter.name => Some(old),
            _ => None,
        });
        match same {
            Some(old) => *old = filter,
            None => self.entries.push(Entry::Filter(filter)),
        }
    }

    /// Takes a filter out. `false` when there is none of this name.
    pub fn remove(&mut self, name: &str) -> bool {
        let before = self.entries.len();
        self.entries.retain(|entry| !matches!(entry, Entry::Filter(filter) if filter.name == name));
        self.entries.len() < before
    }

    /// The file's text.
    pub fn to_toml(&self) -> String {
        let mut out = String::from(HEAD);
        if !self.rest.is_empty() {
            out.push_str(&format!("\n{}", self.rest));
        }
        for entry in &self.entries {
            match entry {
                Entry::Filter(filter) => write_filter(&mut out, filter),
                Entry::Kept(Value::Table(table)) => {
                    out.push_str("\n[[filter]]\n");
                    for (key, value) in table {
                        // A table of one entry writes the key as it has to be; its value stands in one piece.
                        let key = Table::from_iter([(key.clone(), Value::Boolean(true))]).to_string();
                        let key = key.trim_end().trim_end_matches("true");
                        out.push_str(&format!("{key}{value}\n"));
                    }
                }
                // Not a table: lists of tables cannot hold it, so that it would break the file.
                Entry::Kept(value) => {
                    let lines: Vec<_> = value.to_string().lines().map(|line| format!("# {line}\n")).collect();
                    out.push_str(&format!("\n# Not a filter:\n{}", lines.concat()));
                }
            }
        }
        out
    }
}

fn write_filter(out: &mut String, filter: &SavedFilter) {
    let SavedFilter { name, severity, since, until, text, hide, field } = filter;
    out.push_str("\n[[filter]]\n");
    let mut line = |key: &str, value: &str| out.push_str(&format!("{key} = {}\n", Value::from(value)));
    line("name", name);
    if *severity > Severity::Unknown {
        line("severity", severity.name());
    }
    for (key, value) in TEXTS.into_iter().zip([since, until, text, hide, field]) {
        if !value.is_empty() {
            line(key, value);
        }
    }
}

fn filter(value: &Value) -> Result<SavedFilter, String> {
    let Value::Table(table) = value else { return Err("it is no table".to_owned()) };
    let known = |key: &str| key == "name" || key == "severity" || TEXTS.contains(&key);
    if let Some(key) = table.keys().find(|key| !known(key)) {
        return Err(format!("`{key}` is not known here"));
    }
    let text = |key: &str| match table.get(key) {
        None => Ok(String::new()),
        Some(Value::String(text)) if text.contains(char::is_control) => {
            Err(format!("`{key}` holds a control character"))
        }
        Some(Value::String(text)) => Ok(text.clone()),
        Some(_) => Err(format!("`{key}` is no text")),
    };
    let name = text("name")?;
    check_name(&name)?;
    let word = text("severity")?;
    let severity = match word.as_str() {
        "" => Some(Severity::Unknown),
        word => Severity::from_word(word.as_bytes()),
    };
    let severity = severity.ok_or_else(|| format!("`{word}` is not a severity"))?;
    let [since, until, words, hide, field] = TEXTS.map(text);
    Ok(SavedFilter { name, severity, since: since?, until: until?, text: words?, hide: hide?, field: field? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> SavedFilter {
        SavedFilter { name: name.to_owned(), ..SavedFilter::default() }
    }

    fn names(file: &FilterFile) -> Vec<&str> {
        file.filters().map(|filter| filter.name.as_str()).collect()
    }

    #[test]
    fn what_is_written_is_read_again() {
        let mut file = FilterFile::default();
        let filter = SavedFilter {
            severity: Severity::Warn,
            since: "10m".to_owned(),
            until: "14:02".to_owned(),
            text: r#"a "quoted" \d+ \u{1F600} 'x' # = ["#.to_owned(),
            hide: "GET /healthz|日本".to_owned(),
            field: "status=500".to_owned(),
            ..named("5xx of payments")
        };
        file.put(filter.clone());
        file.put(named("b"));
        file.put(SavedFilter { text: "new".to_owned(), ..named("b") });
        let again = FilterFile::parse(&file.to_toml()).unwrap();
        let expected = [filter, SavedFilter { text: "new".to_owned(), ..named("b") }];
        assert_eq!(again.filters().cloned().collect::<Vec<_>>(), expected);
        assert!(again.problems().is_empty());
    }

    #[test]
    fn an_entry_with_a_mistake_is_named_and_stays_in_the_file() {
        let text = "version = 2\n[[filter]]\nname = \"good\"\ntext = \"x\"\n[[filter]]\nname = \"newer\"\n\
                    \"odd key\" = [1, {a = 2}]\n[[filter]]\nname = \"a\\u001b[2J\"\n[[filter]]\nname = \"lvl\"\n\
                    severity = \"loud\"\n[[filter]]\nname = 7\n[[filter]]\nname = \"good\"\n";
        let mut file = FilterFile::parse(text).unwrap();
        assert_eq!(names(&file), ["good"]);
        let expected = [
            "filter `newer`: `odd key` is not known here",
            "filter 3: `name` holds a control character",
            "filter `lvl`: `loud` is not a severity",
            "filter 5: `name` is no text",
            "filter `good`: its name is there twice",
        ];
        assert_eq!(file.problems(), expected);
        file.put(named("more"));
        assert!(file.remove("good") && !file.remove("good"));
        let old: Table = text.parse().unwrap();
        let new: Table = file.to_toml().parse().unwrap();
        let list = |table: &Table| table["filter"].as_array().unwrap().clone();
        let kept: Vec<_> = list(&old).into_iter().skip(1).collect();
        assert_eq!(list(&new)[..5], kept[..]);
        assert_eq!(new["version"], old["version"]);
    }

    #[test]
    fn a_file_that_is_none_is_refused_with_its_line() {
        let check = |text: &str, expected: &str| {
            let error = FilterFile::parse(text).unwrap_err();
            assert!(error.contains(expected), "{error}");
        };
        check("[[filter]]\nname = \"a\"\nname", "line 3: this is not TOML");
        check("filter = 3", "`filter` is no list");
        check("\u{0}", "this is not TOML");
        assert!(FilterFile::parse("").unwrap().filters().next().is_none());
    }
}
