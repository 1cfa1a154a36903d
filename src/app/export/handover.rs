//! What is told about records before them, and the marks as a document to be handed over: Markdown.
//!
//! Owns the words. Strangers' text stands in fences and code spans alone. Must not know where it is written to.

use crate::app::format::thousands;
use crate::app::marks::Mark;
use crate::model::{Record, Severity, Timestamp};
use crate::parse::text::cut_note;
use crate::redact::Redactor;
use crate::render::markdown::{block, code, escape};
use crate::render::{KeyPart, key_note};
use std::fmt::Write as _;

/// What was seen when something was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// When.
    pub now: Timestamp,
    /// The tab's title.
    pub tab: &'static str,
    /// The addresses of the tab's sources.
    pub sources: Vec<String>,
    /// The tab's origins.
    pub origins: u64,
    /// The filter in words, its times in UTC; empty for none.
    pub filter: String,
    /// Records that the tab holds.
    pub held: u64,
    /// Records that the tab had to drop for want of memory.
    pub lost: u64,
}

/// What is counted over records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Facts {
    /// By [`Severity`]'s number.
    severities: [u64; 7],
    first: Option<Timestamp>,
    last: Option<Timestamp>,
}

/// A mark, and what is known of its record.
#[derive(Clone, Debug)]
pub(in crate::app) struct Handed {
    /// The mark.
    pub mark: Mark,
    /// The record's whole message, if it is still held.
    pub text: Option<String>,
    /// What it says beside its message, without secrets; and how many were left out.
    pub fields: (String, u64),
    /// Whether the record is the middle of a private key.
    pub part: KeyPart,
}

/// The most bytes of a record's text.
const MAX_TEXT: usize = 4 << 10;

impl Facts {
    pub(super) fn take(&mut self, record: &Record<'_>) {
        self.severities[record.severity as usize] += 1;
        if let Some(time) = record.time {
            self.first = Some(self.first.map_or(time, |first| first.min(time)));
            self.last = Some(self.last.map_or(time, |last| last.max(time)));
        }
    }

    fn records(&self) -> u64 {
        self.severities.iter().sum()
    }
}

impl Head {
    /// A heading and a list, without secrets; and how many were left out.
    pub(super) fn text(&self, facts: &Facts, redactor: &Redactor) -> (String, u64) {
        let s = if facts.records() == 1 { "" } else { "s" };
        let (list, redacted) = self.list(facts, redactor);
        (format!("# {}: {} record{s}\n\n{list}\n", self.tab, thousands(facts.records())), redacted)
    }

    fn list(&self, facts: &Facts, redactor: &Redactor) -> (String, u64) {
        let mut redacted = 0;
        let mut quoted = |text: &str| {
            let text = redactor.redact(text);
            redacted += text.found.len() as u64;
            code(&text.text)
        };
        let sources: Vec<_> = self.sources.iter().map(|source| quoted(source)).collect();
        let filter = if self.filter.is_empty() { "none".to_owned() } else { quoted(&self.filter) };
        let mut out = String::new();
        let _ = writeln!(out, "- written: {}Z by logdeck {}", moment(self.now), env!("CARGO_PKG_VERSION"));
        let s = if self.origins == 1 { "" } else { "s" };
        let _ = writeln!(
            out,
            "- open: {} (tab {}, {} origin{s})",
            if sources.is_empty() { "nothing".to_owned() } else { sources.join(", ") },
            self.tab,
            thousands(self.origins)
        );
        let _ = writeln!(out, "- filter (times in UTC): {filter}");
        let shown = thousands(facts.records());
        let _ =
            writeln!(out, "- records: {shown} shown of {} held, {} lost", thousands(self.held), thousands(self.lost));
        let counts: Vec<_> = (0..=Severity::Fatal as u8)
            .rev()
            .map(Severity::from_u8)
            .map(|severity| (severity, facts.severities[severity as usize]))
            .filter(|(_, count)| *count > 0)
            .map(|(severity, count)| format!("{} {}", severity.name(), thousands(count)))
            .collect();
        if !counts.is_empty() {
            let _ = writeln!(out, "- severities: {}", counts.join(", "));
        }
        if let (Some(first), Some(last)) = (facts.first, facts.last) {
            let _ = writeln!(out, "- time: {}Z to {}Z", moment(first), moment(last));
        }
        (out, redacted)
    }
}

/// The handover, and how many secrets were left out of it.
pub(super) fn document(head: &Head, facts: &Facts, marks: &[Handed], redactor: &Redactor) -> (String, u64) {
    let (list, mut redacted) = head.list(facts, redactor);
    let mut out = format!("# Handover, {} UTC\n\n{list}", head.now.to_jiff().strftime("%Y-%m-%d %H:%M"));
    let mut parts = String::new();
    for (number, handed) in (1..).zip(marks) {
        redacted += section(number, handed, redactor, &mut parts);
    }
    let _ = writeln!(out, "- marks: {}", thousands(marks.len() as u64));
    let s = if redacted == 1 { "" } else { "s" };
    let _ = writeln!(out, "- redacted: {} value{s}", thousands(redacted));
    out.push_str(&parts);
    (out, redacted)
}

/// A mark: heading, note, text. Says how many secrets were left out.
fn section(number: u64, handed: &Handed, redactor: &Redactor, out: &mut String) -> u64 {
    let Handed { mark, text, fields: (fields, in_fields), part } = handed;
    let mut redacted = *in_fields;
    let mut clean = |text: &str| {
        let clean = redactor.redact(text);
        redacted += clean.found.len() as u64;
        clean.text.into_owned()
    };
    let time = mark.time.map_or_else(|| "no time".to_owned(), |time| format!("{}Z", moment(time)));
    let origin = code(&clean(&mark.origin));
    let _ = writeln!(out, "\n## {number}. {time} {} {origin}\n", mark.severity.name());
    if !mark.note.is_empty() {
        let _ = writeln!(out, "{}\n", escape(&clean(&mark.note)));
    }
    let text = match (part, text) {
        (KeyPart::Middle, _) => {
            redacted += 1;
            key_note(mark.text.len())
        }
        (KeyPart::None, Some(text)) => clean(text),
        // A secret that was cut in two is not known as one: the last word goes where a text was cut.
        (KeyPart::None, None) if mark.text.len() + 4 > MAX_TEXT => {
            let end = mark.text.trim_end_matches(|c: char| !c.is_whitespace()).len();
            clean(&mark.text[..end])
        }
        (KeyPart::None, None) => clean(&mark.text),
    };
    let end = text.floor_char_boundary(MAX_TEXT);
    let mut shown = text[..end].to_owned();
    if end < text.len() {
        let _ = write!(shown, " {}", cut_note((text.len() - end) as u64));
    }
    if !fields.is_empty() {
        let _ = write!(shown, "\n\n{}", fields.trim_start());
    }
    out.push_str(&block(&shown));
    redacted
}

/// `2026-11-21 03:13:59.377`, in UTC.
fn moment(time: Timestamp) -> String {
    time.to_jiff().strftime("%Y-%m-%d %H:%M:%S.%3f").to_string()
}
