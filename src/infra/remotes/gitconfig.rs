//! git's settings as a list of names and values.
//!
//! Owns the syntax: sections, quoting, comments, lines that go on. Must not know what a setting means, nor read a file.

/// One setting: `remote`, `origin`, `url` and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Setting {
    /// The section in lower case.
    pub(super) section: String,
    /// What stands in quotes behind it, as it is; empty where there is nothing.
    pub(super) of: String,
    /// The name in lower case.
    pub(super) name: String,
    /// The value; `true` where there is none.
    pub(super) value: String,
}

/// Settings that are taken from one file.
const MAX_SETTINGS: usize = 20_000;

/// All settings of a text in their order. What is no setting is left out; this never fails.
pub(super) fn parse(text: &str) -> Vec<Setting> {
    let (mut section, mut of) = (String::new(), String::new());
    let mut settings = Vec::new();
    let mut rest = text.strip_prefix('\u{feff}').unwrap_or(text);
    while !rest.is_empty() && settings.len() < MAX_SETTINGS {
        let line = rest.trim_start_matches([' ', '\t', '\r', '\n', '\u{b}', '\u{c}']);
        if let Some(header) = line.strip_prefix('[') {
            // A setting may follow on the same line.
            // What stands below a broken one belongs nowhere.
            (section, of, rest) =
                parse_header(header).unwrap_or_else(|| (String::new(), String::new(), after_line(header)));
            continue;
        }
        if line.starts_with(['#', ';']) {
            rest = after_line(line);
            continue;
        }
        let end = line.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).unwrap_or(line.len());
        let (name, behind) = line.split_at(end);
        let behind_blanks = behind.trim_start_matches([' ', '\t']);
        let (value, after) = match behind_blanks.strip_prefix('=') {
            Some(value) => parse_value(value),
            None => ("true".to_owned(), after_line(behind)),
        };
        rest = after;
        if !name.is_empty() && !section.is_empty() {
            settings.push(Setting { section: section.clone(), of: of.clone(), name: name.to_ascii_lowercase(), value });
        }
    }
    settings
}

fn after_line(text: &str) -> &str {
    text.find('\n').map_or("", |end| &text[end + 1..])
}

/// What stands behind `[`: section, what it is of, and what follows the `]`.
fn parse_header(text: &str) -> Option<(String, String, &str)> {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '.'))?;
    let name = text[..end].to_ascii_lowercase();
    let rest = text[end..].trim_start_matches([' ', '\t']);
    if let Some(after) = rest.strip_prefix(']') {
        // The old form: [remote.origin].
        let (section, of) = name.split_once('.').unwrap_or((&name, ""));
        return Some((section.to_owned(), of.to_owned(), after));
    }
    let mut of = String::new();
    let mut chars = rest.strip_prefix('"')?.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => {
                let after = rest[1 + at + 1..].trim_start_matches([' ', '\t']).strip_prefix(']')?;
                return Some((name, of, after));
            }
            '\\' => of.push(chars.next()?.1),
            '\n' => return None,
            c => of.push(c),
        }
    }
    None
}

/// What stands behind `=`, and what follows its line: quotes and escapes undone, comments and blanks around it cut.
fn parse_value(text: &str) -> (String, &str) {
    let (mut value, mut is_quoted, mut is_comment) = (String::new(), false, false);
    // Blanks count only when something follows, or in quotes.
    let mut blanks = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\n' => return (value, &text[at + 1..]),
            _ if is_comment => {}
            '#' | ';' if !is_quoted => is_comment = true,
            '"' => {
                value.push_str(&std::mem::take(&mut blanks));
                is_quoted = !is_quoted;
            }
            ' ' | '\t' | '\r' if !is_quoted => {
                if !value.is_empty() {
                    blanks.push(c);
                }
            }
            '\\' => match chars.next().map(|(_, c)| c) {
                // The line goes on.
                Some('\n') | None => {}
                Some('\r') => _ = chars.next(),
                Some(escaped) => {
                    value.push_str(&std::mem::take(&mut blanks));
                    value.push(match escaped {
                        'n' => '\n',
                        't' => '\t',
                        'b' => '\u{8}',
                        other => other,
                    });
                }
            },
            c => {
                value.push_str(&std::mem::take(&mut blanks));
                value.push(c);
            }
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let line = |s: &Setting| format!("{}|{}|{}={}", s.section, s.of, s.name, s.value);
        assert_eq!(parse(text).iter().map(line).collect::<Vec<_>>(), expected, "{text:?}");
    }

    #[test]
    fn sections_and_values() {
        check(
            "[core]\n\tbare = false\n[Remote \"Origin\"]\n\tURL = git@h:a/b.git\n",
            &["core||bare=false", "remote|Origin|url=git@h:a/b.git"],
        );
        check("[remote.origin]\nurl=x", &["remote|origin|url=x"]);
        check("[a] b = c\n[a]d", &["a||b=c", "a||d=true"]);
        check("[remote \"a \\\"b\\\\\"] url = x", &["remote|a \"b\\|url=x"]);
        check("\u{feff}[a]\r\nb = c d \r\ne\r\n", &["a||b=c d", "a||e=true"]);
        check("[url \"ssh://git@h/\"]\ninsteadOf = \"https://h/\" ; why", &["url|ssh://git@h/|insteadof=https://h/"]);
    }

    #[test]
    fn quotes_comments_and_lines_that_go_on() {
        check("[a]\n# b = c\n; d = e\nf = g # h\ni = \"j # k\" l\n", &["a||f=g", "a||i=j # k l"]);
        check("[a]\nb = one \\\n   two\nc = d\n", &["a||b=one    two", "a||c=d"]);
        check("[a]\nb = \\t\\\"x\\\\\n", &["a||b=\t\"x\\"]);
        check("[a]\nb = \"  x  \"  \nc =\n", &["a||b=  x  ", "a||c="]);
    }

    #[test]
    fn nonsense_is_left_out() {
        check("", &[]);
        check("b = c", &[]);
        check("[a\nb = c\n[d]\ne = f", &["d||e=f"]);
        check("[a \"b\nc = d", &[]);
        check("[a \"b\\", &[]);
        check("[a]\n= x\n%&/\nb = \"open\nc = d", &["a||b=open", "a||c=d"]);
        check("[a]\n\0\u{1b}[2J = x\nb = \\", &["a||b="]);
        assert_eq!(parse(&"[a]b=c\n".repeat(100_000)).len(), MAX_SETTINGS);
        assert!(parse(&"[".repeat(100_000)).is_empty());
    }
}
