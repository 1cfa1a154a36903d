//! Secrets and personal data out of text, before it leaves: exports, copies, caches, the own log, model calls.
//!
//! Owns the rules (`rules`) and the scanner. Must not know who asks, or what a record is: callers pass joined text,
//! so that a secret that is spread over lines or chunks is seen whole; streams go through [`RedactWriter`].
//!
//! The time is linear in the text. Text is first searched for the rules' anchors (`ghp_`, `password`, `@`), all at
//! once; only rules with an anchor in the text look closer.

mod kind;
mod numbers;
mod pem;
mod rules;
mod tokens;
mod value;
mod writer;

#[cfg(test)]
mod tests;

pub use kind::Kind;
pub use writer::RedactWriter;

use aho_corasick::Anchored;
use aho_corasick::automaton::Automaton;
use aho_corasick::automaton::StateID;
use aho_corasick::dfa::DFA;
use regex::Regex;
use rules::Find;
use rules::RULES;
use std::borrow::Cow;
use std::ops::Range;
use std::sync::OnceLock;
use value::Value;

/// Finds secrets. To make one costs nothing: each rule is compiled when the first text needs it. Shareable.
#[derive(Debug)]
pub struct Redactor {
    anchors: OnceLock<Option<Anchors>>,
    /// The patterns of [`RULES`], in their order.
    patterns: [OnceLock<Option<Regex>>; RULES.len()],
}

/// A text without its secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redacted<'t> {
    /// The text; borrowed when nothing was found. A secret became `[redacted: bearer token, 812 bytes]`.
    pub text: Cow<'t, str>,
    /// What was taken out, in order.
    pub found: Vec<Found>,
}

/// A secret that was taken out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// What it is.
    pub kind: Kind,
    /// Its length in bytes.
    pub bytes: usize,
}

/// A place in the text that a rule found.
#[derive(Clone, Debug)]
struct Span {
    range: Range<usize>,
    kind: Kind,
}

impl Default for Redactor {
    fn default() -> Self {
        Self::new()
    }
}

impl Redactor {
    /// A redactor with all rules.
    pub const fn new() -> Self {
        Self { anchors: OnceLock::new(), patterns: [const { OnceLock::new() }; RULES.len()] }
    }

    /// The text without its secrets. What was redacted before stays as it is.
    pub fn redact<'t>(&self, text: &'t str) -> Redacted<'t> {
        replace(text, self.spans(text))
    }

    /// Where the secrets of a text stand, in bytes, for those who show it in another form. Places may overlap.
    pub fn secrets(&self, text: &str) -> Vec<Range<usize>> {
        self.spans(text).into_iter().map(|span| span.range).collect()
    }

    fn spans(&self, text: &str) -> Vec<Span> {
        let mut spans = Vec::new();
        let wanted = self.wanted(text);
        for (n, rule) in RULES.iter().enumerate() {
            if wanted & (1 << n) != 0 {
                self.apply(n, text, |range| {
                    if !range.is_empty() && !is_within_note(text, &range) {
                        spans.push(Span { range, kind: rule.kind });
                    }
                });
            }
        }
        spans
    }

    /// The value of a field, given the field's name: all of it when the name says that it is a secret
    /// (`password`, `db.api_key`, `Cookie`), else what [`Redactor::redact`] finds in it.
    pub fn redact_field<'t>(&self, name: &str, value: &'t str) -> Redacted<'t> {
        match self.kind_of_field(name) {
            Some(kind) if !value::is_harmless(value) && !is_note(value) => {
                replace(value, vec![Span { range: 0..value.len(), kind }])
            }
            _ => self.redact(value),
        }
    }

    /// The kind of secret that a field of this name holds.
    fn kind_of_field(&self, name: &str) -> Option<Kind> {
        // As if a value followed, so that the same patterns decide.
        let probe = format!("{name}=\"\"");
        let wanted = self.wanted(&probe);
        let keys = RULES.iter().enumerate().filter(|(_, rule)| matches!(rule.find, Find::Key(_)));
        keys.filter(|(n, _)| wanted & (1 << n) != 0).find_map(|(n, rule)| {
            let hit = self.pattern(n)?.find_iter(&probe).last()?;
            (hit.end() == name.len() + 1 && !value::is_no_secret_name(&probe, hit.start())).then_some(rule.kind)
        })
    }

    /// Which rules have an anchor in the text, as bits.
    fn wanted(&self, text: &str) -> u64 {
        // Without anchors (they always compile, see the tests) every rule looks.
        self.anchors.get_or_init(Anchors::new).as_ref().map_or(u64::MAX, |anchors| anchors.find(text))
    }

    /// Calls `sink` for each place that a rule finds.
    fn apply(&self, n: usize, text: &str, mut sink: impl FnMut(Range<usize>)) {
        match RULES[n].find {
            Find::Code(code) => code(text, &mut sink),
            Find::Pattern(_) => self.captures(n, text, sink),
            Find::Checked(_, check) => self.captures(n, text, |range| {
                if check(text, &range) {
                    sink(range);
                }
            }),
            Find::Key(_) => {
                let mut from = 0;
                for hit in self.pattern(n).iter().flat_map(|pattern| pattern.find_iter(text)) {
                    // A value may hold what looks like another key: it is part of the value.
                    if hit.start() < from {
                        continue;
                    }
                    from = match value::behind(text, &hit.range(), RULES[n].kind) {
                        Value::None(until) => until,
                        Value::Secret(range) => {
                            let end = range.end;
                            sink(range);
                            end
                        }
                    };
                }
            }
        }
    }

    /// The group `s` of each match, else the whole match.
    fn captures(&self, n: usize, text: &str, mut sink: impl FnMut(Range<usize>)) {
        let Some(pattern) = self.pattern(n) else { return };
        if pattern.captures_len() == 1 {
            pattern.find_iter(text).for_each(|hit| sink(hit.range()));
        } else {
            let groups = pattern.captures_iter(text).filter_map(|groups| groups.name("s"));
            groups.for_each(|hit| sink(hit.range()));
        }
    }

    fn pattern(&self, n: usize) -> Option<&Regex> {
        let compile = || match RULES[n].find {
            Find::Pattern(pattern) | Find::Checked(pattern, _) => Regex::new(pattern).ok(),
            Find::Key(names) => Regex::new(&value::key_pattern(names)).ok(),
            Find::Code(_) => None,
        };
        self.patterns[n].get_or_init(compile).as_ref()
    }
}

/// The search for all rules' anchors at once.
#[derive(Debug)]
struct Anchors {
    search: DFA,
    start: StateID,
    /// The rule of each anchor, as its bit.
    rules: Vec<u64>,
    /// The rules without anchors, which always look.
    always: u64,
}

impl Anchors {
    fn new() -> Option<Self> {
        let (mut words, mut rules, mut always) = (Vec::new(), Vec::new(), 0);
        for (n, rule) in RULES.iter().enumerate() {
            always |= u64::from(rule.anchors.is_empty()) << n;
            for word in rule.anchors {
                words.push(*word);
                rules.push(1 << n);
            }
        }
        let search = DFA::builder().ascii_case_insensitive(true).build(words).ok()?;
        let start = search.start_state(Anchored::No).ok()?;
        Some(Self { search, start, rules, always })
    }

    /// The rules whose anchors the text holds. Steps through the automaton by hand: where matches begin does not
    /// matter here, and that overlapping ones are seen does.
    fn find(&self, text: &str) -> u64 {
        let mut bits = self.always;
        let mut state = self.start;
        for byte in text.bytes() {
            state = self.search.next_state(Anchored::No, state, byte);
            if self.search.is_special(state) && self.search.is_match(state) {
                for n in 0..self.search.match_len(state) {
                    bits |= self.rules[self.search.match_pattern(state, n).as_usize()];
                }
            }
        }
        bits
    }
}

/// The text with a note for each span. Spans that overlap become one, of the longest one's kind.
fn replace(text: &str, mut spans: Vec<Span>) -> Redacted<'_> {
    if spans.is_empty() {
        return Redacted { text: Cow::Borrowed(text), found: Vec::new() };
    }
    // Stable, so that of equal spans the one of the earlier rule gives the name.
    spans.sort_by_key(|span| (span.range.start, std::cmp::Reverse(span.range.end)));
    let mut merged: Vec<(Span, usize)> = Vec::with_capacity(spans.len());
    for span in spans {
        let len = span.range.len();
        match merged.last_mut() {
            Some((last, longest)) if span.range.start < last.range.end => {
                last.range.end = last.range.end.max(span.range.end);
                if len > *longest {
                    (*longest, last.kind) = (len, span.kind);
                }
            }
            _ => merged.push((span, len)),
        }
    }
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    let mut found = Vec::with_capacity(merged.len());
    for (Span { range, kind }, _) in merged {
        out.push_str(&text[at..range.start]);
        out.push_str(&note(kind, range.len()));
        found.push(Found { kind, bytes: range.len() });
        at = range.end;
    }
    out.push_str(&text[at..]);
    Redacted { text: Cow::Owned(out), found }
}

/// What stands in place of a secret.
fn note(kind: Kind, bytes: usize) -> String {
    format!("[redacted: {}, {bytes} {}]", kind.name(), if bytes == 1 { "byte" } else { "bytes" })
}

/// Whether a span begins as a note does and does not go beyond it.
fn is_within_note(text: &str, range: &Range<usize>) -> bool {
    is_note(&text[range.clone()]) || note_len(&text[range.start..]).is_some_and(|len| range.len() <= len)
}

/// Whether a value is such a note, or several of them and nothing else.
fn is_note(text: &str) -> bool {
    let mut rest = text;
    while let Some(len) = note_len(rest) {
        rest = rest[len..].trim_start();
        if rest.is_empty() {
            return true;
        }
    }
    false
}

/// The length of the note at the start of the text.
fn note_len(text: &str) -> Option<usize> {
    let inside = text.strip_prefix("[redacted: ")?;
    let end = inside.bytes().take(64).position(|byte| byte == b']')?;
    let inside = &inside[..end];
    let (name, size) = inside.split_once(", ")?;
    let (count, unit) = size.split_once(' ')?;
    let known = Kind::ALL.iter().any(|kind| kind.name() == name);
    let counted = !count.is_empty() && count.bytes().all(|byte| byte.is_ascii_digit());
    (known && counted && matches!(unit, "byte" | "bytes")).then_some("[redacted: ]".len() + inside.len())
}
