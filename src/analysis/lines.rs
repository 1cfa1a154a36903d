//! One pattern over the lines of a text that was not parsed: the same lines as a search over records finds.
//!
//! Owns what "a line contains it" means where there is no record. Must not know where the text comes from. What spans
//! several lines of one record is not found.

use super::pattern::{BadQuery, Needle};
use super::seams::without_codes;
use crate::model::query::Pattern;
use crate::model::{Flags, OriginId, Record, SourceId, Timestamp};
use crate::parse::Parser;
use crate::parse::assemble::MAX_RECORD;
use crate::parse::text;
use jiff::tz::TimeZone;
use std::ops::{ControlFlow, Range};

/// A pattern that looks through lines. Lines end with `\n`; the last one may lack it.
#[derive(Clone, Debug)]
pub struct LineNeedle {
    needle: Needle,
    parser: Parser,
    /// A line without its codes.
    plain: Vec<u8>,
}

impl LineNeedle {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// As [`Needle::compile`].
    pub fn compile(pattern: &Pattern) -> Result<Self, BadQuery> {
        let parser = Parser::new(TimeZone::UTC, Timestamp(0));
        Ok(Self { needle: Needle::compile(pattern)?, parser, plain: Vec::new() })
    }

    /// The first line that contains it, with its newline.
    pub fn first(&mut self, text: &[u8]) -> Option<Range<usize>> {
        let mut found = None;
        self.each(text, &mut |line| {
            found = Some(line);
            ControlFlow::Break(())
        });
        found
    }

    /// The last line that contains it.
    pub fn last(&mut self, text: &[u8]) -> Option<Range<usize>> {
        // A text of some hundred KiB: going through its matches costs less than a search from behind would.
        let mut found = None;
        self.each(text, &mut |line| {
            found = Some(line);
            ControlFlow::Continue(())
        });
        found
    }

    /// How many lines contain it.
    pub fn count(&mut self, text: &[u8]) -> u64 {
        let mut count = 0;
        self.each(text, &mut |_| {
            count += 1;
            ControlFlow::Continue(())
        });
        count
    }

    /// Gives the lines that contain it, in their order.
    fn each(&mut self, text: &[u8], give: &mut dyn FnMut(Range<usize>) -> ControlFlow<()>) {
        let look = Looks::of(text);
        let mut at = 0;
        while at < text.len() {
            let raw = self.raw_line(text, at);
            let before = raw.as_ref().map_or(text.len(), |line| line.start);
            while at < before
                && let Some(line) = self.seen_line(&text[at..before], look)
            {
                if give(at + line.start..at + line.end).is_break() {
                    return;
                }
                at += line.end;
            }
            let Some(line) = raw else { return };
            at = line.end;
            if give(line).is_break() {
                return;
            }
        }
    }

    /// The first line from `at` on (a line's start) whose bytes contain it.
    fn raw_line(&self, text: &[u8], mut at: usize) -> Option<Range<usize>> {
        while at < text.len() {
            let hit = if self.needle.is_by_record() { at..at } else { self.needle.find_at(text, at)? };
            if hit.start >= text.len() {
                return None;
            }
            let start = memchr::memrchr(b'\n', &text[at..hit.start]).map_or(at, |newline| at + newline + 1);
            let end = memchr::memchr(b'\n', &text[hit.start..]).map_or(text.len(), |newline| hit.start + newline);
            let line = held(&text[start..end]);
            // A match that leaves the line, or what is held of it, may hide another one.
            let is_inside = hit.end <= start + line.len() && line.len() == end - start && !self.needle.is_by_record();
            let next = (end + 1).min(text.len());
            if is_inside || self.needle.is_in(line) {
                return Some(start..next);
            }
            at = end + 1;
        }
        None
    }

    /// The first line that contains it only as it is seen: without colours, with escapes resolved.
    fn seen_line(&mut self, text: &[u8], look: Looks) -> Option<Range<usize>> {
        let mut start = 0;
        while start < text.len() {
            let suspect = match look {
                Looks::AsWritten => return None,
                Looks::Coloured => self.needle.seams().next(text, start)?,
                Looks::Odd => start,
            };
            start += memchr::memrchr(b'\n', &text[start..suspect]).map_or(0, |newline| newline + 1);
            let end = memchr::memchr(b'\n', &text[suspect..]).map_or(text.len(), |newline| suspect + newline);
            if self.is_seen_in(&text[start..end]) {
                return Some(start..(end + 1).min(text.len()));
            }
            start = end + 1;
        }
        None
    }

    /// Whether a line contains it as it is seen, when it does not as it is written.
    fn is_seen_in(&mut self, whole: &[u8]) -> bool {
        let line = held(whole);
        let seams = self.needle.seams();
        let is_dirty = match Looks::of(line) {
            Looks::AsWritten => false,
            // Cheap looks first: a line's text costs more than all of them.
            Looks::Coloured if !seams.may_be_in(line) => false,
            Looks::Coloured => {
                !without_codes(line, &mut self.plain) || seams.has_looks() || self.needle.is_in(&self.plain)
            }
            Looks::Odd => text::is_dirty(line),
        };
        if !is_dirty && memchr::memchr(b'\\', line).is_none() {
            // All that was taken away is the carriage return.
            return line.len() < whole.len() && self.needle.is_in(line);
        }
        let parsed = self.parser.line(line);
        let flags = parsed.flags.with(Flags::DIRTY, is_dirty);
        let end = line.len() as u32;
        let record = Record {
            raw: line,
            text: (parsed.text.0.min(end), parsed.text.1.min(end)),
            time: None,
            order: Timestamp(0),
            severity: parsed.severity,
            severity_from: parsed.severity_from,
            format: parsed.format,
            flags,
            origin: OriginId::new(SourceId(0), 0),
            cut: 0,
        };
        // The carriage return may have hidden it, too.
        self.needle.is_in_record(&record)
    }
}

/// How text can look different from how it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Looks {
    /// It does not.
    AsWritten,
    /// By escape codes alone.
    Coloured,
    /// By other control characters, by characters beyond ASCII, by a backslash.
    Odd,
}

impl Looks {
    fn of(text: &[u8]) -> Self {
        // Without a branch, so that many bytes are looked at in one step.
        let is = u8::from;
        let odd =
            |b: u8| is(b < 0x20) & is(b != b'\n') & is(b != b'\t') & is(b != 0x1B) | is(b >= 0x7F) | is(b == b'\\');
        if text.chunks(1024).any(|chunk| chunk.iter().fold(0, |all, b| all | odd(*b)) != 0) {
            Self::Odd
        } else if memchr::memchr(0x1B, text).is_some() {
            Self::Coloured
        } else {
            Self::AsWritten
        }
    }
}

/// What the store would hold of a line.
fn held(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    &line[..line.len().min(MAX_RECORD)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Batch;
    use crate::model::query::PatternKind;
    use crate::parse::assemble::Assembler;
    use proptest::prelude::*;

    fn needle(source: &str) -> LineNeedle {
        LineNeedle::compile(&Pattern { source: source.to_owned(), kind: PatternKind::SmartRegex }).unwrap()
    }

    #[test]
    fn lines_that_match() {
        let check = |pattern: &str, text: &str, expected: &[&str]| {
            let mut needle = needle(pattern);
            let (mut at, mut found) = (0, Vec::new());
            while let Some(line) = needle.first(&text.as_bytes()[at..]) {
                found.push(text[at + line.start..at + line.end].trim_end());
                at += line.end;
            }
            assert_eq!(found, expected, "{pattern} in {text:?}");
            assert_eq!(needle.count(text.as_bytes()), expected.len() as u64, "{pattern} in {text:?}");
            let last = needle.last(text.as_bytes()).map(|line| text[line].trim_end());
            assert_eq!(last, expected.last().copied(), "{pattern} in {text:?}");
        };
        check("Two", "one\nTwo\nthree Two\n", &["Two", "three Two"]);
        check("two", "one\nTWO", &["TWO"]);
        check("^t.*e$", "one\nthree\ntwo e\nthem\n", &["three", "two e"]);
        check("e$", "one\r\ntwo\r\nthree\r\n", &["one", "three"]);
        check("e\\s+t", "one\ntwo\nthe t\n", &["the t"]);
        check("o[^x]*o", "one\ntwo\noo\n", &["oo"]);
        check(r"\Ao", "one\ntwo\noo\n", &["one", "oo"]);
        check("^$", "a\n\nb\n", &[""]);
        check("nothing", "one\ntwo\n", &[]);
        // Colours inside of a word, and escapes.
        check("error", "an er\x1b[31mror\n", &["an er\x1b[31mror"]);
        check(
            "say .hi",
            "{\"level\":\"info\",\"msg\":\"say \\u0022hi\"}\n",
            &["{\"level\":\"info\",\"msg\":\"say \\u0022hi\"}"],
        );
    }

    #[test]
    fn what_is_not_held_of_a_line_is_not_found() {
        let text = format!("{}needle\nnext needle\n", "x".repeat(MAX_RECORD));
        let line = needle("needle").first(text.as_bytes()).unwrap();
        assert_eq!(&text[line], "next needle\n");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 1000, ..ProptestConfig::default() })]

        #[test]
        fn the_same_lines_as_a_search_over_records_finds(
            pieces in prop::collection::vec(prop::sample::select(&[
                "er", "ror", "error", " ", "x", "\n", "\n", "\x1b[1m", "\x1b[31;1m", "\x1b[0m", "\x1b]", "\r", "\r\n", "\x07",
                "\u{e9}", "\u{200b}", "\\u0065", "{\"msg\":\"er\\u0072or\"}\n",
            ][..]), 1..40),
            pattern in prop::sample::select(&[
                "error", "Error", "er.or", "^error", "r$", r"\berror\b", r"\Aerror", "er+or|xx", "[^x]rror", "x?e", "\u{e9}r", "ro.*r",
            ][..]),
        ) {
            let text = pieces.concat();
            let mut needle = needle(pattern);
            let mut found = Vec::new();
            needle.each(text.as_bytes(), &mut |line| {
                found.push(text[..line.start].matches('\n').count() as u32);
                ControlFlow::Continue(())
            });
            let mut assembler = Assembler::new(Parser::new(TimeZone::UTC, Timestamp(0)), OriginId::new(SourceId(0), 0));
            let mut batch = Batch::default();
            assembler.feed(text.as_bytes(), Timestamp(0), &mut batch);
            assembler.finish(Timestamp(0), &mut batch);
            // A byte order mark aside, and what is joined.
            prop_assume!(batch.iter().all(|record| !record.raw.contains(&b'\n')));
            let mut expected = Vec::new();
            Needle::compile(&Pattern { source: pattern.to_owned(), kind: PatternKind::SmartRegex })
                .unwrap()
                .rows(&batch, 0..batch.len(), &mut expected);
            prop_assert_eq!(found, expected, "{} in {:?}", pattern, text);
        }
    }
}
