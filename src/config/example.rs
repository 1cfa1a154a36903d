//! The texts that are made from the table of settings: the example file and the reference for README and man page.
//!
//! Owns their layout. Must not know what a setting does beyond its row.

use super::keys::{KEYS, Table, VARIABLES};
use std::fmt::Write;

/// `config.example.toml`: every setting with its meaning and default, all of them commented out, so that the file as
/// it is changes nothing.
pub fn example() -> String {
    let mut text = String::from(
        "# logdeck's settings. Every value here is the default or an example, commented out; remove the `#` to set it.\n\
         # Environment variables (LOGDECK_MEMORY …) win over this file, flags win over both.\n",
    );
    let mut section = None;
    for key in KEYS {
        let (of, name) = key.place();
        text.push('\n');
        if of != section {
            section = of;
            let _ = of.map(|of| writeln!(text, "[{of}]"));
        }
        for line in wrap(key.doc, 117) {
            let _ = writeln!(text, "# {line}");
        }
        if key.table == Table::Yes {
            let _ = writeln!(text, "[{}]", key.name);
            for line in key.example.lines() {
                let _ = writeln!(text, "# {line}");
            }
        } else {
            let value = if matches!(key.default, "[]" | "") { key.example } else { key.default };
            let _ = writeln!(text, "# {name} = {value}");
        }
    }
    text
}

/// Markdown tables of all settings (name, variable, flag, default, meaning) and of the variables that are none.
pub fn reference() -> String {
    let mut text = String::from("| key | default | environment | flag | meaning |\n|---|---|---|---|---|\n");
    for key in KEYS {
        let name = if key.table == Table::Yes { format!("[{}]", key.name) } else { key.name.to_owned() };
        let default = if key.default.is_empty() { "none".to_owned() } else { format!("`{}`", key.default) };
        let flag = key.flag.map(|flag| format!("`{flag}`")).unwrap_or_default();
        let variable = match key.environment {
            "" => format!("`{}`", key.variable()),
            how => format!("`{}`: {how}", key.variable()),
        };
        let _ = writeln!(text, "| `{name}` | {default} | {variable} | {flag} | {} |", key.doc);
    }
    text.push_str("\n| other variable | meaning |\n|---|---|\n");
    for (name, meaning) in VARIABLES {
        let _ = writeln!(text, "| `{name}` | {meaning} |");
    }
    text
}

/// Breaks a text at blanks into lines of at most `width` characters, where its words allow it.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::super::file::{Read, read};
    use super::*;

    /// The example with its values no longer commented out.
    fn live(example: &str) -> String {
        let value = |line: &str| {
            let body = line.strip_prefix("# ")?;
            let (name, _) = body.split_once(" = ")?;
            name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_').then(|| body.to_owned())
        };
        example.lines().map(|line| value(line).unwrap_or_else(|| line.to_owned()) + "\n").collect()
    }

    #[test]
    fn the_example_is_valid_and_changes_nothing() {
        let Read { entries, problems, .. } = read(&example(), "example", &[]);
        assert_eq!(problems, []);
        assert!(entries.iter().all(|entry| entry.key.table == Table::Yes));
    }

    #[test]
    fn the_example_without_comment_signs_is_valid_and_complete() {
        let Read { entries, problems, .. } = read(&live(&example()), "example", &[]);
        assert_eq!(problems, []);
        let mut config = super::super::Config::default();
        for key in KEYS {
            let entry = entries.iter().find(|entry| entry.key.name == key.name).expect(key.name);
            (key.set)(&mut config, &entry.raw).unwrap();
        }
        assert_eq!((config.sources.len(), config.github.repos.len(), config.gitlab.repos.len()), (2, 2, 1));
    }

    #[test]
    fn the_reference_has_every_setting() {
        let text = reference();
        assert!(KEYS.iter().all(|key| text.contains(&key.variable())), "{text}");
    }

    #[test]
    fn lines_break_at_blanks() {
        assert_eq!(wrap("aa bb cc", 5), ["aa bb", "cc"]);
        assert_eq!(wrap("aaaaaaaa b", 5), ["aaaaaaaa", "b"]);
    }
}
