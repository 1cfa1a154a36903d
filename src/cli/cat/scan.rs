//! One worker's view of a block: finds its records, filters them, counts or renders what matches.
//!
//! Owns the hot loop of `cat`. Must not know where blocks come from or where rendered bytes go.
//!
//! Records are slices of the block: nothing is copied before it is printed.

use super::blocks::{Block, Kind};
use super::pipeline::without_bom;
use crate::analysis::matcher::Matcher;
use crate::model::{Flags, OriginId, Record, Severity, Timestamp};
use crate::parse::assemble::{MAX_RECORD, Sniffed};
use crate::parse::join::{Join, Joiner, LineKind};
use crate::parse::stream::{goes_on, is_piece, kind_of};
use crate::parse::{Parsed, Parser, text};
use crate::render::Renderer;

/// What is wanted of the records that match.
#[derive(Clone, Debug)]
pub enum Want {
    /// Their number.
    Count,
    /// Their number, when nothing but the severity decides: the rest of a line need not be read.
    CountSeverity(Severity),
    /// Their text.
    Render(Renderer),
    /// The newest time among all records.
    Newest,
}

/// What a block gave.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The rendered records that matched.
    pub out: Vec<u8>,
    /// How many matched.
    pub matched: u64,
    /// How many records there are.
    pub records: u64,
    /// How many lines.
    pub lines: u64,
    /// Whether the block's last record matched.
    pub last_matched: bool,
    /// The newest time, if that was wanted.
    pub newest: Option<Timestamp>,
}

/// Reads blocks. One per thread.
pub struct Scanner<'m> {
    parser: Parser,
    matcher: &'m Matcher,
    sniffed: Sniffed,
    want: Want,
    origin: OriginId,
}

/// The record whose lines are being gathered.
#[derive(Clone, Copy)]
struct Open {
    start: usize,
    /// The end of its last line, without the line's ending, and behind that ending.
    end: usize,
    after: usize,
    parsed: Parsed,
    first_len: u32,
    /// Its bytes, each line with one for its ending.
    len: usize,
    lines: u32,
    time: Option<Timestamp>,
}

impl<'m> Scanner<'m> {
    /// A scanner for the stream of one origin, whose beginning told this.
    pub fn new(parser: Parser, matcher: &'m Matcher, sniffed: Sniffed, want: Want, origin: OriginId) -> Self {
        Self { parser, matcher, sniffed, want, origin }
    }

    /// Reads one block; `out` is a buffer to recycle.
    pub fn block(&mut self, block: &Block, out: Vec<u8>) -> Outcome {
        let mut outcome = Outcome { out, ..Outcome::default() };
        outcome.out.clear();
        match (block.kind, &self.want) {
            (Kind::Tail, _) => {}
            (_, Want::CountSeverity(least)) => self.count_severity(block.bytes(), *least, &mut outcome),
            _ => self.records(block, &mut outcome),
        }
        outcome
    }

    /// Severity alone: a JSON line is left behind its severity, no time is read.
    fn count_severity(&mut self, bytes: &[u8], least: Severity, outcome: &mut Outcome) {
        let mut joiner = Joiner::default();
        let mut start = bytes.len() - without_bom(bytes).len();
        let mut piece = false;
        // Bytes of the open record.
        let mut len = 0;
        while start < bytes.len() {
            let end = memchr::memchr(b'\n', &bytes[start..]).map_or(bytes.len(), |n| start + n);
            let line = &bytes[start..end];
            start = end + 1;
            outcome.lines += 1;
            if line.starts_with(b"{\"") && line.len() <= MAX_RECORD {
                joiner.push(line, LineKind::Structured, Severity::Unknown);
                piece = false;
                outcome.records += 1;
                outcome.matched += u64::from(self.parser.severity(line) >= least);
                continue;
            }
            let line = held(line);
            let mut parsed = self.parser.line(line);
            let payload = &line[parsed.payload as usize..];
            let join = joiner.push(payload, kind_of(&parsed, line), parsed.severity);
            let goes_on = join == Join::Continue || goes_on(piece, &parsed);
            let belongs = goes_on && outcome.records > 0 && len + line.len() < MAX_RECORD;
            piece = is_piece(&mut parsed, line);
            len = line.len() + if belongs { len + 1 } else { 0 };
            if !belongs {
                outcome.records += 1;
                outcome.matched += u64::from(parsed.severity >= least);
            }
        }
    }

    fn records(&mut self, block: &Block, outcome: &mut Outcome) {
        let bytes = block.bytes();
        let mut joiner = Joiner::default();
        let mut open: Option<Open> = None;
        let mut last_time = block.carry.or(self.sniffed.first_time);
        let mut piece = false;
        let mut start = bytes.len() - without_bom(bytes).len();
        while start < bytes.len() {
            let end = memchr::memchr(b'\n', &bytes[start..]).map_or(bytes.len(), |n| start + n);
            let line = held(&bytes[start..end]);
            let after = (end + 1).min(bytes.len());
            outcome.lines += 1;
            let mut parsed = self.parser.line(line);
            let payload = &line[parsed.payload as usize..];
            let join = joiner.push(payload, kind_of(&parsed, line), parsed.severity);
            let wants_more = join == Join::Continue || goes_on(piece, &parsed);
            piece = is_piece(&mut parsed, line);
            last_time = parsed.time.or(last_time);
            match &mut open {
                Some(open) if wants_more && open.len + line.len() < MAX_RECORD => {
                    open.end = start + line.len();
                    open.after = after;
                    open.len += line.len() + 1;
                    open.lines += 1;
                }
                _ => {
                    if let Some(done) = open.take() {
                        self.finish(bytes, &done, 0, outcome);
                    }
                    let first_len = line.len() as u32;
                    let end = start + line.len();
                    let len = line.len();
                    open = Some(Open { start, end, after, parsed, first_len, len, lines: 1, time: last_time });
                }
            }
            start = end + 1;
        }
        if let Some(done) = open {
            let cut = block.cut + if block.kind == Kind::Head { (bytes.len() - MAX_RECORD) as u64 } else { 0 };
            outcome.last_matched = self.finish(bytes, &done, cut, outcome);
        }
    }

    /// Filters a complete record and does with it what is wanted; tells whether it matched.
    fn finish(&mut self, bytes: &[u8], open: &Open, cut: u64, outcome: &mut Outcome) -> bool {
        outcome.records += 1;
        let parsed = &open.parsed;
        if matches!(self.want, Want::Newest) {
            outcome.newest = outcome.newest.max(parsed.time);
            return false;
        }
        let raw = &bytes[open.start..open.end];
        // What stands behind the held part of a line of this block, its ending aside.
        let line_end = bytes[open.end..open.after].trim_ascii_end().len() as u64;
        let cut = cut.max(line_end);
        let text_end = if parsed.text.1 == open.first_len { raw.len() as u32 } else { parsed.text.1 };
        let broken = self.sniffed.profile.is_broken_by(parsed, raw);
        let flags = parsed
            .flags
            .with(Flags::MULTILINE, open.lines > 1)
            .with(Flags::CUT, cut > 0)
            .with(Flags::NO_TIME, parsed.time.is_none())
            .with(Flags::DIRTY, text::is_dirty(raw));
        let record = Record {
            raw,
            text: (parsed.text.0, text_end),
            time: parsed.time,
            order: open.time.unwrap_or(Timestamp::MIN),
            severity: parsed.severity,
            severity_from: parsed.severity_from,
            format: parsed.format,
            flags: if broken { flags | Flags::PARSE_FAILED } else { flags },
            origin: self.origin,
            cut,
        };
        if !self.matcher.matches(&record, &mut self.parser) {
            if let Want::Render(renderer) = &mut self.want {
                renderer.pass(&record);
            }
            return false;
        }
        outcome.matched += 1;
        if let Want::Render(renderer) = &mut self.want {
            // A byte order mark is no part of the record, but of the bytes.
            let is_first = open.start == bytes.len() - without_bom(bytes).len();
            let begin = if is_first { 0 } else { open.start };
            renderer.record(&record, &bytes[begin..open.after], &mut self.parser, &mut outcome.out);
        }
        true
    }
}

/// The part of a line that is looked at, without a carriage return at its end.
#[inline]
fn held(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    &line[..line.len().min(MAX_RECORD)]
}

#[cfg(test)]
mod tests {
    use super::super::blocks::{Cutter, Needs};
    use super::*;
    use crate::model::Query;
    use jiff::tz::TimeZone;
    use proptest::prelude::*;

    fn scan(text: &[u8], want: &Want, least: Severity) -> Vec<Outcome> {
        let parser = Parser::new(TimeZone::UTC, Timestamp(0));
        let matcher = Matcher::compile(&Query { min_severity: least, ..Query::default() }, []).unwrap();
        let mut cutter = Cutter::new(text, parser.clone(), Needs::default(), None);
        let mut scanner = Scanner::new(parser, &matcher, Sniffed::default(), want.clone(), OriginId::default());
        let mut all = Vec::new();
        while let Some(block) = cutter.next(Vec::new()).unwrap() {
            all.push(scanner.block(&block, Vec::new()));
        }
        all
    }

    proptest! {
        #[test]
        fn the_quick_count_is_the_count(parts in prop::collection::vec(prop::sample::select(vec![
            "{\"level\":\"error\",\"msg\":\"x\"}\n", "{\"msg\":\"y\",\"level\":\"info\"}\n", "{\"level\":\"error\",\"ms\n",
            "plain\n", "error: x\n", "    at a (b:1)\n", "Traceback (most recent call last):\n", "  File\n", "KeyError: 1\n",
            "{\"log\":\"error: z\\n\",\"stream\":\"stderr\",\"time\":\"2025-01-01T00:00:00Z\"}\n", "{\"a\":{\"level\":\"error\"}}\n",
            "{\"level\":50}\n", " {\"level\":\"error\"}\n", "\r\n", "{\"level\":\"bad\",\"severity\":\"FATAL\"}\n",
        ]), 0..60)) {
            let text = parts.concat();
            for least in [Severity::Info, Severity::Error] {
                let quick = scan(text.as_bytes(), &Want::CountSeverity(least), least);
                let full = scan(text.as_bytes(), &Want::Count, least);
                let sums = |all: &[Outcome]| all.iter().fold((0, 0, 0), |s, o| (s.0 + o.matched, s.1 + o.records, s.2 + o.lines));
                prop_assert_eq!(sums(&quick), sums(&full));
            }
        }
    }
}
