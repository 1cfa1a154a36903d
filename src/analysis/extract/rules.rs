//! The table of failure forms.
//!
//! Owns reading `assets/rules/*.toml` and finding the rules of a line. Must not know what is done with a hit.
//! `assets/rules/generic.toml` explains the format.

use super::Kind;
use super::line;
use super::sieve::Sieve;
use super::steps;
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use memchr::{memchr, memrchr};
use regex::bytes::Regex;
use std::sync::OnceLock;
use thiserror::Error;
use toml::{Table, Value};

/// The files, in the order in which their rules are tried where weights are equal.
pub(super) const FILES: [(&str, &str); 7] = [
    ("ci", include_str!("../../../assets/rules/ci.toml")),
    ("native", include_str!("../../../assets/rules/native.toml")),
    ("scripting", include_str!("../../../assets/rules/scripting.toml")),
    ("web", include_str!("../../../assets/rules/web.toml")),
    ("jvm", include_str!("../../../assets/rules/jvm.toml")),
    ("infra", include_str!("../../../assets/rules/infra.toml")),
    ("generic", include_str!("../../../assets/rules/generic.toml")),
];

/// Lines of a block's body, unless its rule says otherwise.
const MAX_BODY: usize = 30;

/// What a rule's line is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Role {
    /// It explains the failure.
    #[default]
    Cause,
    /// It repeats failures that stand above.
    Summary,
    /// It only says that something failed.
    Mark,
    /// It names what later lines are about.
    Label,
    /// It looks like a failure and is none.
    Noise,
    /// The whole run succeeded.
    Pass,
    /// The tool did not mind the failure directly above.
    Ignored,
}

/// Which lines below a rule's line belong to it.
#[derive(Clone, Debug)]
pub(super) enum Body {
    None,
    Indent,
    Trace,
    Paragraph,
    Same,
    While(Pattern),
    Until(Pattern),
    Through(Pattern),
}

/// A regular expression, compiled when it is first needed: most rules never are.
#[derive(Debug)]
pub(super) struct Pattern {
    source: String,
    compiled: OnceLock<Option<Regex>>,
}

impl Clone for Pattern {
    fn clone(&self) -> Self {
        Self { source: self.source.clone(), compiled: OnceLock::new() }
    }
}

impl Pattern {
    fn new(source: &str) -> Self {
        Self { source: source.to_owned(), compiled: OnceLock::new() }
    }

    pub(super) fn matches(&self, text: &[u8]) -> bool {
        self.compiled.get_or_init(|| Regex::new(&self.source).ok()).as_ref().is_some_and(|regex| regex.is_match(text))
    }

    /// What is wrong with it.
    #[cfg(test)]
    pub(super) fn problem(&self) -> Option<String> {
        Regex::new(&self.source).err().map(|error| error.to_string())
    }
}

/// One failure form.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub(super) name: String,
    pub(super) tool: String,
    pub(super) kind: Kind,
    pub(super) role: Role,
    pub(super) weight: u8,
    has: Vec<String>,
    pattern: Option<Pattern>,
    not: Option<Pattern>,
    pub(super) body: Body,
    pub(super) max: usize,
    /// The rule whose last hit names what failed.
    pub(super) label: Option<usize>,
    label_name: Option<String>,
    pub(super) above: usize,
    #[cfg(test)]
    pub(super) examples: Vec<String>,
    #[cfg(test)]
    pub(super) counter: Vec<String>,
}

impl Rule {
    /// What is wrong with its patterns.
    #[cfg(test)]
    pub(super) fn problems(&self) -> Vec<String> {
        let body = match &self.body {
            Body::While(pattern) | Body::Until(pattern) | Body::Through(pattern) => Some(pattern),
            _ => None,
        };
        [self.pattern.as_ref(), self.not.as_ref(), body].into_iter().flatten().filter_map(Pattern::problem).collect()
    }

    /// Whether it fires on a clean line that has one of its literals.
    pub(super) fn fires(&self, text: &[u8]) -> bool {
        self.pattern.as_ref().is_none_or(|pattern| pattern.matches(text))
            && !self.not.as_ref().is_some_and(|not| not.matches(text))
    }
}

/// All rules, and the finder of their literals.
#[derive(Debug)]
pub(super) struct Rules {
    /// Highest weight first.
    pub(super) list: Vec<Rule>,
    sieve: Sieve,
    finder: AhoCorasick,
    /// The rules of each literal of the finder.
    owners: Vec<Vec<u16>>,
}

/// The table cannot be read: a mistake of ours, which a test finds.
#[derive(Debug, Error)]
#[error("rules of {file}: {problem}")]
pub(super) struct BadRules {
    file: String,
    problem: String,
}

impl Rules {
    /// The built-in table.
    pub(super) fn builtin() -> &'static Self {
        static RULES: OnceLock<Rules> = OnceLock::new();
        RULES.get_or_init(|| Self::read(&FILES).unwrap_or_else(|_| Self::none()))
    }

    fn none() -> Self {
        Self { list: Vec::new(), sieve: Sieve::new(&[]), finder: finder(&[]), owners: Vec::new() }
    }

    /// Reads tables.
    pub(super) fn read(files: &[(&str, &str)]) -> Result<Self, BadRules> {
        let mut list = Vec::new();
        for (file, text) in files {
            let bad = |problem: String| BadRules { file: (*file).to_owned(), problem };
            let table: Table = text.parse().map_err(|error: toml::de::Error| bad(error.to_string()))?;
            for row in table.get("rule").and_then(Value::as_array).into_iter().flatten() {
                let row = row.as_table().ok_or_else(|| bad("a rule is no table".to_owned()))?;
                list.push(rule(row).map_err(|problem| {
                    bad(format!("{}: {problem}", row.get("name").and_then(Value::as_str).unwrap_or("?")))
                })?);
            }
        }
        // Noise comes first among equals.
        list.sort_by_key(|rule| (std::cmp::Reverse(rule.weight), rule.role != Role::Noise));
        let names: Vec<_> = list.iter().map(|rule| rule.name.clone()).collect();
        for rule in &mut list {
            if let Some(name) = &rule.label_name {
                let found = names.iter().position(|other| other == name);
                let problem = || BadRules { file: rule.name.clone(), problem: format!("no rule is named {name}") };
                rule.label = Some(found.ok_or_else(problem)?);
            }
        }
        Ok(Self::of(list))
    }

    /// This rule alone, with the one that names what it finds.
    #[cfg(test)]
    pub(super) fn only(&self, n: usize) -> Self {
        let mut rule = self.list[n].clone();
        let label = rule.label.map(|label| self.list[label].clone());
        rule.label = label.as_ref().map(|_| 1);
        Self::of(std::iter::once(rule).chain(label).collect())
    }

    fn of(list: Vec<Rule>) -> Self {
        let mut literals: Vec<String> = steps::LITERALS.map(str::to_owned).to_vec();
        let mut owners: Vec<Vec<u16>> = vec![Vec::new(); literals.len()];
        for (n, rule) in list.iter().enumerate() {
            for literal in &rule.has {
                let at = literals.iter().position(|other| other == literal).unwrap_or_else(|| {
                    literals.push(literal.clone());
                    owners.push(Vec::new());
                    literals.len() - 1
                });
                owners[at].push(n as u16);
            }
        }
        // A line is of interest for its literals of other roles; what is noise is asked then. Noise alone is looked for in tests.
        let is_noise = |rule: &u16| list[*rule as usize].role == Role::Noise;
        let is_asked = |owners: &Vec<u16>| owners.is_empty() || !owners.iter().all(is_noise);
        let all = list.iter().all(|rule| rule.role == Role::Noise);
        let sought = literals.iter().zip(&owners).filter(|(_, owners)| all || is_asked(owners));
        let sieve = Sieve::new(&sought.map(|(literal, _)| literal.clone()).collect::<Vec<_>>());
        Self { sieve, finder: finder(&literals), list, owners }
    }

    /// Every place of the text at which a rule's literal begins, in order: (place, literal). The text is whole lines.
    pub(super) fn scan(&self, text: &[u8], hits: &mut Vec<(u32, u32)>) {
        hits.clear();
        let mut lines: Vec<(usize, usize)> = Vec::new();
        self.sieve.places(text, |place| {
            if lines.last().is_some_and(|(start, end)| (*start..*end).contains(&place)) {
                return;
            }
            let start = memrchr(b'\n', &text[..place]).map_or(0, |at| at + 1);
            let end = memchr(b'\n', &text[place..]).map_or(text.len(), |at| place + at + 1);
            lines.push((start, end));
        });
        lines.sort_unstable();
        lines.dedup();
        for (start, end) in lines {
            let end = end.min(start + line::MAX_LINE);
            for found in self.finder.find_overlapping_iter(&text[start..end]) {
                hits.push(((start + found.start()) as u32, found.pattern().as_u32()));
            }
        }
        hits.sort_unstable();
    }

    /// Whether one of these literals may begin or end a step.
    pub(super) fn is_step(hits: &[(u32, u32)]) -> bool {
        hits.iter().any(|(_, literal)| (*literal as usize) < steps::LITERALS.len())
    }

    /// The rules of these literals, the first to be tried first.
    pub(super) fn owners(&self, hits: &[(u32, u32)], rules: &mut Vec<u16>) {
        rules.clear();
        for (_, literal) in hits {
            rules.extend_from_slice(&self.owners[*literal as usize]);
        }
        rules.sort_unstable();
        rules.dedup();
    }
}

fn finder(literals: &[String]) -> AhoCorasick {
    AhoCorasick::builder()
        .match_kind(MatchKind::Standard)
        .kind(Some(AhoCorasickKind::ContiguousNFA))
        .build(literals)
        .unwrap_or_else(|_| AhoCorasick::new::<[&str; 0], &str>([]).unwrap_or_else(|_| unreachable!()))
}

fn rule(row: &Table) -> Result<Rule, String> {
    const KEYS: [&str; 18] = [
        "name", "tool", "kind", "role", "weight", "has", "match", "not", "body", "while", "until", "through", "max",
        "label", "above", "examples", "counter", "source",
    ];
    if let Some(key) = row.keys().find(|key| !KEYS.contains(&key.as_str())) {
        return Err(format!("unknown key {key}"));
    }
    let text = |key: &str| row.get(key).and_then(Value::as_str);
    let number = |key: &str| row.get(key).and_then(Value::as_integer).and_then(|n| usize::try_from(n).ok());
    let list = |key: &str| -> Vec<String> {
        let values = row.get(key).and_then(Value::as_array);
        values.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let pattern = |key: &str| text(key).map(Pattern::new);
    let kind = text("kind").unwrap_or("error");
    let kind = Kind::ALL.iter().find(|(_, name)| *name == kind).ok_or(format!("unknown kind {kind}"))?.0;
    let role = match text("role").unwrap_or("cause") {
        "cause" => Role::Cause,
        "summary" => Role::Summary,
        "mark" => Role::Mark,
        "label" => Role::Label,
        "noise" => Role::Noise,
        "pass" => Role::Pass,
        "ignored" => Role::Ignored,
        other => return Err(format!("unknown role {other}")),
    };
    let body = match (pattern("while"), pattern("until"), pattern("through"), text("body")) {
        (Some(pattern), _, _, _) => Body::While(pattern),
        (_, Some(pattern), _, _) => Body::Until(pattern),
        (_, _, Some(pattern), _) => Body::Through(pattern),
        (_, _, _, None | Some("none")) => Body::None,
        (_, _, _, Some("indent")) => Body::Indent,
        (_, _, _, Some("trace")) => Body::Trace,
        (_, _, _, Some("paragraph")) => Body::Paragraph,
        (_, _, _, Some("same")) => Body::Same,
        (_, _, _, Some(other)) => return Err(format!("unknown body {other}")),
    };
    let has = list("has");
    if has.is_empty() || has.iter().any(|literal| literal.len() < 3) {
        return Err("`has` needs literals of at least three bytes".to_owned());
    }
    Ok(Rule {
        name: text("name").ok_or("no name")?.to_owned(),
        tool: text("tool").unwrap_or_default().to_owned(),
        kind,
        role,
        weight: number("weight").and_then(|n| u8::try_from(n).ok()).filter(|n| *n <= 100).ok_or("no weight")?,
        has,
        pattern: pattern("match"),
        not: pattern("not"),
        body,
        max: number("max").unwrap_or(MAX_BODY),
        label: None,
        label_name: text("label").map(str::to_owned),
        above: number("above").unwrap_or(0),
        #[cfg(test)]
        examples: list("examples"),
        #[cfg(test)]
        counter: list("counter"),
    })
}
