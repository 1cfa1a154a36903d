//! One pattern, compiled: found in a record, over a whole arena, or in a text on the screen.
//!
//! Owns what "contains" means: the raw bytes contain it, or the text that is seen does. Must not know filters.

use super::seams::Seams;
use crate::model::query::{Pattern, PatternKind};
use crate::model::{Batch, Flags, Record};
use crate::parse::text;
use memchr::memmem::Finder;
use regex::bytes::{Regex, RegexBuilder};
use regex_syntax::hir::{Class, Hir, HirKind, Look};
use std::ops::Range;
use std::sync::Arc;

/// The most bytes of a regular expression's source.
pub const MAX_REGEX: usize = 16 << 10;

/// The most memory that a compiled regular expression may take; `\w{1000}` does not fit.
const SIZE_LIMIT: usize = 4 << 20;

/// Why a part of a filter was not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{part}`: {problem}")]
pub struct BadQuery {
    /// The part, as the user wrote it.
    pub part: String,
    /// Where in it (bytes), if that is known.
    pub position: Option<usize>,
    /// What is wrong, in words that name the position.
    pub problem: String,
}

impl BadQuery {
    pub(super) fn new(part: &str, problem: impl Into<String>) -> Self {
        Self { part: part.to_owned(), position: None, problem: problem.into() }
    }
}

/// A compiled [`Pattern`].
#[derive(Clone, Debug)]
pub struct Needle {
    kind: Kind,
    /// For text with codes in it.
    seams: Arc<Seams>,
}

#[derive(Clone, Debug)]
enum Kind {
    Literal(Box<Finder<'static>>),
    /// `^` and `$` are at lines' ends, so a search over an arena sees what a search in each record sees, but for
    /// matches that cross from one record into the next.
    Regex(Regex),
    /// The same, and no match has a newline in it: none crosses.
    RegexInLine(Regex),
    /// The same with `\A` or `\z`: each record has to be searched by itself.
    RegexByRecord(Regex),
}

impl Needle {
    /// Compiles a pattern. A regular expression without special characters becomes a literal when its case matters.
    ///
    /// # Errors
    /// [`BadQuery`] with the position for bad syntax, or without when it would take too much memory.
    pub fn compile(pattern: &Pattern) -> Result<Self, BadQuery> {
        let source = pattern.source.as_str();
        let literal = || {
            let seams = Seams::of_literal(source.as_bytes()).into();
            Ok(Self { kind: Kind::Literal(Box::new(Finder::new(source.as_bytes()).into_owned())), seams })
        };
        let mut ignore_case = match pattern.kind {
            PatternKind::Literal => return literal(),
            PatternKind::Regex => false,
            PatternKind::SmartRegex => !has_capital(source),
        };
        if source.len() > MAX_REGEX {
            let problem = format!("longer than {MAX_REGEX} bytes, the limit of a regular expression");
            let head: String = source.chars().take(40).collect();
            return Err(BadQuery::new(&(head + "…"), problem));
        }
        ignore_case &= source.chars().any(char::is_alphabetic);
        if !ignore_case && !source.chars().any(is_special) {
            return literal();
        }
        let hir = regex_syntax::ParserBuilder::new()
            .utf8(false)
            .multi_line(true)
            .case_insensitive(ignore_case)
            .build()
            .parse(source)
            .map_err(|error| syntax_error(source, &error))?;
        let regex = RegexBuilder::new(source)
            .multi_line(true)
            .case_insensitive(ignore_case)
            .size_limit(SIZE_LIMIT)
            .dfa_size_limit(SIZE_LIMIT)
            .build()
            .map_err(|error| match error {
                regex::Error::CompiledTooBig(_) => BadQuery::new(
                    source,
                    format!("too large: it would take over {} MiB; use smaller repetitions", SIZE_LIMIT >> 20),
                ),
                other => BadQuery::new(source, other.to_string()),
            })?;
        let looks = hir.properties().look_set();
        let by_record = [Look::Start, Look::End, Look::StartCRLF, Look::EndCRLF].into_iter().any(|l| looks.contains(l));
        let seams = Seams::of_regex(&hir).into();
        let kind = match &hir {
            _ if by_record => Kind::RegexByRecord(regex),
            hir if can_hold_newline(hir) => Kind::Regex(regex),
            _ => Kind::RegexInLine(regex),
        };
        Ok(Self { kind, seams })
    }

    /// Whether these bytes contain it.
    pub fn is_in(&self, bytes: &[u8]) -> bool {
        match &self.kind {
            Kind::Literal(finder) => finder.find(bytes).is_some(),
            Kind::Regex(regex) | Kind::RegexInLine(regex) | Kind::RegexByRecord(regex) => regex.is_match(bytes),
        }
    }

    /// Where it stands in the bytes, from an offset on; bytes before that are looked at for `^` and `\b` only.
    pub(super) fn find_at(&self, bytes: &[u8], at: usize) -> Option<Range<usize>> {
        match &self.kind {
            Kind::Literal(finder) => {
                let start = at + finder.find(&bytes[at..])?;
                Some(start..start + finder.needle().len())
            }
            Kind::Regex(regex) | Kind::RegexInLine(regex) | Kind::RegexByRecord(regex) => {
                regex.find_at(bytes, at).map(|found| found.range())
            }
        }
    }

    /// Where codes may hide it.
    pub(super) fn seams(&self) -> &Seams {
        &self.seams
    }

    /// Whether it asks for the start or the end of a record, so that each has to be searched by itself.
    pub(super) const fn is_by_record(&self) -> bool {
        matches!(self.kind, Kind::RegexByRecord(_))
    }

    /// Whether a record contains it: as written, or as seen.
    pub fn is_in_record(&self, record: &Record<'_>) -> bool {
        self.is_in(record.raw) || (looks_different(record.flags) && self.is_in(text::message(record).as_bytes()))
    }

    /// The rows, in ascending order, that contain it.
    pub fn rows(&self, batch: &Batch, rows: Range<usize>, out: &mut Vec<u32>) {
        let first = out.len();
        match &self.kind {
            Kind::Literal(finder) => literal_rows(finder, batch, rows.clone(), out),
            Kind::Regex(regex) => regex_rows(regex, batch, rows.clone(), out),
            Kind::RegexInLine(regex) => regex_in_line_rows(regex, batch, rows.clone(), out),
            Kind::RegexByRecord(regex) => {
                out.extend(rows.clone().filter(|row| regex.is_match(raw(batch, *row))).map(|row| row as u32));
            }
        }
        self.add_seen_rows(batch, rows, first, out);
    }

    /// Where it stands in a text on the screen: at most `limit` ranges of bytes, none empty.
    pub fn ranges(&self, text: &str, limit: usize) -> Vec<Range<usize>> {
        match &self.kind {
            Kind::Literal(finder) => {
                let len = finder.needle().len();
                let starts = finder.find_iter(text.as_bytes()).filter(|_| len > 0);
                starts.take(limit).map(|start| start..start + len).collect()
            }
            Kind::Regex(regex) | Kind::RegexInLine(regex) | Kind::RegexByRecord(regex) => {
                let found = regex.find_iter(text.as_bytes()).map(|found| found.range());
                found.filter(|range| !range.is_empty()).take(limit).collect()
            }
        }
    }

    /// Adds rows whose raw bytes do not contain it but whose text does. `out[first..]` are the rows found so far.
    fn add_seen_rows(&self, batch: &Batch, rows: Range<usize>, first: usize, out: &mut Vec<u32>) {
        let found = out.len();
        let mut next = first;
        for (row, flags) in rows.clone().zip(&batch.flags()[rows]) {
            if next < found && out[next] as usize == row {
                next += 1;
            } else if looks_different(Flags(*flags)) && self.is_in(text::message(&batch.record(row)).as_bytes()) {
                out.push(row as u32);
            }
        }
        if out.len() > found {
            out[first..].sort_unstable();
        }
    }
}

/// Whether the text of such a record can differ from its raw bytes.
fn looks_different(flags: Flags) -> bool {
    flags.has(Flags::DIRTY) || flags.has(Flags::ESCAPED)
}

fn raw(batch: &Batch, row: usize) -> &[u8] {
    let (start, end) = batch.span(row);
    &batch.arena()[start..end]
}

/// The bytes of the arena that hold these rows, with the last separator.
fn stretch(batch: &Batch, rows: &Range<usize>) -> (usize, usize) {
    if rows.is_empty() { (0, 0) } else { (batch.span(rows.start).0, batch.span(rows.end - 1).1 + 1) }
}

/// The row that holds an offset, which is not before `row`: near ones are tried first.
fn row_from(batch: &Batch, row: usize, offset: usize) -> usize {
    let near = (row..batch.len()).take(8).find(|row| batch.span(*row).1 >= offset);
    near.unwrap_or_else(|| batch.row_at(offset))
}

fn literal_rows(finder: &Finder<'_>, batch: &Batch, rows: Range<usize>, out: &mut Vec<u32>) {
    let (mut at, end) = stretch(batch, &rows);
    let mut row = rows.start;
    while at < end
        && let Some(hit) = finder.find(&batch.arena()[at..end])
    {
        let hit = at + hit;
        row = row_from(batch, row, hit);
        let row_end = batch.span(row).1;
        if hit + finder.needle().len() <= row_end {
            out.push(row as u32);
            at = row_end + 1;
            row += 1;
        } else {
            at = hit + 1;
        }
    }
}

fn regex_rows(regex: &Regex, batch: &Batch, rows: Range<usize>, out: &mut Vec<u32>) {
    let (mut at, end) = stretch(batch, &rows);
    let mut row = rows.start;
    while at < end
        && let Some(found) = regex.find_at(&batch.arena()[..end], at)
        && found.start() < end
    {
        row = row_from(batch, row, found.start());
        let mut last = row;
        if found.end() <= batch.span(row).1 {
            out.push(row as u32);
        } else {
            // The match crosses into the next record and may hide others: look at each record by itself.
            last = row_from(batch, row, found.end() - 1);
            out.extend((row..=last).filter(|row| regex.is_match(raw(batch, *row))).map(|row| row as u32));
        }
        at = batch.span(last).1 + 1;
        row = last + 1;
    }
}

/// As [`regex_rows`], for matches that end in the record where they begin: where they begin need not be looked for.
fn regex_in_line_rows(regex: &Regex, batch: &Batch, rows: Range<usize>, out: &mut Vec<u32>) {
    let (mut at, end) = stretch(batch, &rows);
    let mut row = rows.start;
    while at < end
        && let Some(found) = regex.shortest_match_at(&batch.arena()[..end], at)
        && found < end
    {
        row = row_from(batch, row, found);
        out.push(row as u32);
        at = batch.span(row).1 + 1;
        row += 1;
    }
}

/// Whether a match can have a newline in it.
fn can_hold_newline(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => false,
        HirKind::Literal(literal) => literal.0.contains(&b'\n'),
        HirKind::Class(Class::Unicode(class)) => class.iter().any(|range| range.start() <= '\n' && '\n' <= range.end()),
        HirKind::Class(Class::Bytes(class)) => class.iter().any(|range| range.start() <= b'\n' && b'\n' <= range.end()),
        HirKind::Repetition(repetition) => can_hold_newline(&repetition.sub),
        HirKind::Capture(capture) => can_hold_newline(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().any(can_hold_newline),
    }
}

fn syntax_error(source: &str, error: &regex_syntax::Error) -> BadQuery {
    let (offset, problem) = match error {
        regex_syntax::Error::Parse(error) => (error.span().start.offset, error.kind().to_string()),
        regex_syntax::Error::Translate(error) => (error.span().start.offset, error.kind().to_string()),
        other => return BadQuery::new(source, other.to_string()),
    };
    let column = source.get(..offset).map_or(offset, |before| before.chars().count()) + 1;
    BadQuery {
        part: source.to_owned(),
        position: Some(offset),
        problem: format!("not a regular expression, at character {column}: {problem}"),
    }
}

fn is_special(c: char) -> bool {
    matches!(c, '\\' | '.' | '+' | '*' | '?' | '(' | ')' | '|' | '[' | ']' | '{' | '}' | '^' | '$')
}

/// Whether the pattern has a capital letter that is meant as one: not in `\S`, `\W`, `\p{Lu}`. Case matters then.
pub fn has_capital(source: &str) -> bool {
    let mut chars = source.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\\' {
            let class = chars.next();
            if matches!(class, Some('p' | 'P' | 'x' | 'u' | 'U')) && chars.peek() == Some(&'{') {
                chars.by_ref().find(|c| *c == '}');
            } else if matches!(class, Some('p' | 'P')) {
                chars.next();
            }
        } else if c.is_uppercase() {
            return true;
        }
    }
    false
}
