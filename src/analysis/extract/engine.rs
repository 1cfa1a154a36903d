//! The pass over the lines: which blocks there are.
//!
//! Owns [`Extractor`]. Must not know which blocks are worth showing (`rank`).
//!
//! Most bytes of a log are never looked at line by line: a finder goes over whole blocks for the literals of all rules, and
//! only lines that have one, and those of an open block, are cleaned and matched.

use super::baseline::Novelty;
use super::line;
use super::rank;
use super::rules::{Body, Role, Rule, Rules};
use super::steps;
use super::steps::{Event, Steps};
use super::store::{Candidate, Label, Store};
use super::{Extract, Options, StepState, Verdict};
use crate::model::Timestamp;
use crate::parse::time::TimeParser;
use jiff::tz::TimeZone;
use memchr::{memchr, memchr_iter, memmem, memrchr};
use std::collections::{HashMap, VecDeque};

/// Bytes before the current ones that are kept for lines above a hit.
const TAIL: usize = 32 << 10;
/// Blank lines inside of a body.
const MAX_BLANK: usize = 2;
/// Lines before a mark that are kept for a failure of no known form.
const BEFORE_MARK: usize = 24;

/// Lines above a mark among which those that repeat are told from those that do not.
const WINDOW: usize = 200;
/// Marks for which the window is that large; then it is [`BEFORE_MARK`].
const MARKS_WITH_WINDOW: usize = 200;
/// Marks that are kept: the first ones and the last.
const MAX_MARKS: usize = 2_000;
/// Lines around a block whose rule does not know much that are kept.
const AROUND: usize = 12;
/// Runs of lines that the passing log does not have: the last ones are kept, each up to so many lines.
const MAX_RUNS: usize = 100;
const MAX_RUN: usize = 16;
/// Lines of one form in a window that are not taken for progress.
const RARE: usize = 3;

/// A line with its place.
#[derive(Clone, Copy, Debug)]
struct At<'a> {
    no: u64,
    offset: u64,
    raw: &'a [u8],
}

/// A block whose end is not known yet.
#[derive(Debug)]
struct Open {
    candidate: Candidate,
    indent: usize,
    body: usize,
    /// Blank lines that belong to it only if more follows.
    blank: Vec<Vec<u8>>,
}

/// A mark that something failed, and what stands before it.
#[derive(Debug)]
pub(super) struct Mark {
    pub(super) line: u64,
    pub(super) step: Option<usize>,
    pub(super) weight: u8,
    pub(super) is_cancel: bool,
    /// The lines directly above, in order.
    pub(super) before: Vec<Label>,
}

/// What the pass has gathered; `rank` makes an [`Extract`] of it.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    pub(super) lines: u64,
    pub(super) bytes: u64,
    pub(super) steps: Steps,
    pub(super) store: Store,
    /// In their order.
    pub(super) marks: Vec<Mark>,
    /// The lines of marks of success, in their order.
    pub(super) passed: Vec<u64>,
    /// The log's last lines.
    pub(super) tail: Vec<Label>,
    pub(super) novelty: Option<Novelty>,
    /// Neighbouring lines that the passing log does not have; with such a log only.
    pub(super) runs: VecDeque<Run>,
}

/// Neighbouring lines that the passing log does not have.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) step: Option<usize>,
    pub(super) lines: Vec<Label>,
}

/// Takes a log's bytes and gives what explains its failure.
#[derive(Debug)]
pub struct Extractor {
    rules: &'static Rules,
    max_lines: Option<usize>,
    gathered: Gathered,
    /// A line whose end has not come, cut at [`line::MAX_LINE`].
    partial: Vec<u8>,
    /// Bytes of it, all of them.
    partial_bytes: u64,
    /// The last bytes before the current ones, whole lines.
    tail: Vec<u8>,
    open: Option<Open>,
    /// The block of a rule that does not know much, as long as lines below it are kept: its first line.
    trailed: Option<u64>,
    /// The last hit of each label rule.
    labels: Vec<Option<Label>>,
    hits: Vec<(u32, u32)>,
    fired: Vec<u16>,
    clean: Vec<u8>,
    /// The last line of the last block that was closed, and its rule's weight.
    closed: (u64, u8),
    times: TimeParser,
    /// The lines on which rules fired that make no blocks.
    #[cfg(test)]
    silent: Vec<u64>,
}

impl Extractor {
    /// An extractor for one log.
    pub fn new(options: Options) -> Self {
        Self::with_rules(options, Rules::builtin())
    }

    pub(super) fn with_rules(options: Options, rules: &'static Rules) -> Self {
        Self {
            rules,
            max_lines: options.max_lines,
            gathered: Gathered { novelty: options.baseline.map(Novelty::new), ..Gathered::default() },
            partial: Vec::new(),
            partial_bytes: 0,
            tail: Vec::new(),
            open: None,
            trailed: None,
            labels: vec![None; rules.list.len()],
            hits: Vec::new(),
            fired: Vec::new(),
            clean: Vec::new(),
            closed: (0, 0),
            times: TimeParser::new(TimeZone::UTC, Timestamp(0)),
            #[cfg(test)]
            silent: Vec::new(),
        }
    }

    /// Takes bytes, cut anywhere.
    pub fn feed(&mut self, mut bytes: &[u8]) {
        if self.partial_bytes > 0 && !bytes.is_empty() {
            let end = memchr(b'\n', bytes).map_or(bytes.len(), |at| at + 1);
            self.hold(&bytes[..end]);
            if bytes.get(end - 1) != Some(&b'\n') {
                return;
            }
            self.release();
            bytes = &bytes[end..];
        }
        let whole = memrchr(b'\n', bytes).map_or(0, |at| at + 1);
        // Places in a block are 32 bits wide.
        for block in split(&bytes[..whole]) {
            self.block(block, block.len() as u64);
        }
        if whole < bytes.len() {
            self.hold(&bytes[whole..]);
        }
    }

    /// The log has ended.
    pub fn finish(mut self) -> Extract {
        let mut end = self.gathered.bytes + self.partial_bytes;
        if self.partial_bytes > 0 {
            self.release();
            // A last line without an end has got one.
            end += 1;
        }
        self.close();
        let lines = self.gathered.lines;
        let last = last_lines(&self.tail, false, lines + 1, end, BEFORE_MARK);
        self.gathered.tail = rare(&last, &mut Vec::new());
        let ended = self.gathered.tail.iter().rev().find_map(|line| self.times.prefix(stamped(&line.raw))?.time);
        self.gathered.steps.finish(lines, ended);
        rank::extract(self.gathered, self.rules, self.max_lines)
    }

    fn hold(&mut self, bytes: &[u8]) {
        self.partial_bytes += bytes.len() as u64;
        let room = line::MAX_LINE.saturating_sub(self.partial.len());
        self.partial.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    /// The line that was held is complete.
    fn release(&mut self) {
        let mut held = std::mem::take(&mut self.partial);
        let bytes = std::mem::take(&mut self.partial_bytes);
        if held.last() != Some(&b'\n') {
            held.push(b'\n');
        }
        self.block(&held, bytes);
        held.clear();
        self.partial = held;
    }

    /// Whole lines. `bytes` is their size in the log, which differs for a line that was cut.
    fn block(&mut self, block: &[u8], bytes: u64) {
        let mut hits = std::mem::take(&mut self.hits);
        self.rules.scan(block, &mut hits);
        let mut at = 0;
        let mut hit = 0;
        let base = self.gathered.bytes;
        while at < block.len() {
            if self.open.is_none() && self.trailed.is_none() && self.gathered.novelty.is_none() {
                let Some((place, _)) = hits.get(hit) else { break };
                let start = memrchr(b'\n', &block[at..*place as usize]).map_or(at, |n| at + n + 1);
                self.gathered.lines += memchr_iter(b'\n', &block[at..start]).count() as u64;
                at = start;
            }
            let end = memchr(b'\n', &block[at..]).map_or(block.len(), |n| at + n + 1);
            let first = hit;
            while hits.get(hit).is_some_and(|(place, _)| (*place as usize) < end) {
                hit += 1;
            }
            self.gathered.lines += 1;
            // As a line that comes in pieces: what stands behind the limit is not looked at.
            let raw = &block[at..(end - 1).min(at + line::MAX_LINE)];
            let line = At { no: self.gathered.lines, offset: base + at as u64, raw };
            self.line(line, &hits[first..hit], &block[..at]);
            at = end;
        }
        self.gathered.lines += memchr_iter(b'\n', &block[at..]).count() as u64;
        self.gathered.bytes += bytes;
        self.keep_tail(block);
        self.hits = hits;
    }

    fn keep_tail(&mut self, block: &[u8]) {
        if block.len() >= TAIL {
            self.tail.clear();
            self.tail.extend_from_slice(&block[block.len() - TAIL..]);
        } else {
            let surplus = (self.tail.len() + block.len()).saturating_sub(TAIL);
            self.tail.drain(..surplus.min(self.tail.len()));
            self.tail.extend_from_slice(block);
        }
    }

    /// One line that has hits or stands where every line matters. `before` is what stands before it in its block.
    fn line(&mut self, at: At<'_>, hits: &[(u32, u32)], before: &[u8]) {
        let mut buf = std::mem::take(&mut self.clean);
        let text = line::clean(at.raw, &mut buf);
        let is_new = self.gathered.novelty.as_mut().is_some_and(|novelty| novelty.is_new(text));
        // The text of a step's script tells what was done, not what came of it.
        if is_new && memmem::find(at.raw, b"\x1b[36;1m").is_none() {
            self.run_on(at);
        }
        if hits.is_empty() && self.open.is_none() {
            self.trail(at, text);
            self.clean = buf;
            return;
        }
        if Rules::is_step(hits) && self.step(at, text) {
            self.clean = buf;
            return;
        }
        let rules = self.rules;
        let mut fired = std::mem::take(&mut self.fired);
        rules.owners(hits, &mut fired);
        let rule = fired.iter().map(|n| *n as usize).find(|n| rules.list[*n].fires(text));
        self.fired = fired;
        if rule.is_none() && self.open.is_none() {
            self.trail(at, text);
        }
        self.decide(at, text, rule, is_new, before);
        self.clean = buf;
    }

    /// A line below a block that may be wanted with it.
    fn trail(&mut self, at: At<'_>, text: &[u8]) {
        let Some(start) = self.trailed else { return };
        let last = self.gathered.store.list.last_mut();
        match last.filter(|last| last.start == start && last.end() + last.below.len() as u64 + 1 == at.no) {
            Some(last) if last.below.len() < AROUND && !text.starts_with(b"##[") => {
                last.below.push(cut(at.raw).to_vec());
            }
            _ => self.trailed = None,
        }
    }

    /// A line that the passing log does not have.
    fn run_on(&mut self, at: At<'_>) {
        let step = self.gathered.steps.current();
        let runs = &mut self.gathered.runs;
        let run = runs.back_mut().filter(|run| {
            run.step == step && run.lines.len() < MAX_RUN && run.lines.last().is_some_and(|last| last.line + 1 == at.no)
        });
        if let Some(run) = run {
            run.lines.push(Label::from(at));
            return;
        }
        if runs.len() >= MAX_RUNS {
            runs.pop_front();
        }
        runs.push_back(Run { step, lines: vec![Label::from(at)] });
    }

    /// A line that may begin or end a step; says whether it did.
    fn step(&mut self, at: At<'_>, text: &[u8]) -> bool {
        match steps::event(at.raw, text) {
            Some(Event::Step(name)) => {
                self.close();
                let time = self.time(at.raw).or_else(|| steps::section_time(at.raw));
                self.gathered.steps.begin(name, at.no, at.offset, time);
                true
            }
            Some(Event::Group | Event::GroupEnd) => {
                self.close();
                true
            }
            None => false,
        }
    }

    /// The time that the service put before a line.
    fn time(&mut self, raw: &[u8]) -> Option<Timestamp> {
        self.times.prefix(stamped(raw))?.time
    }

    fn decide(&mut self, at: At<'_>, text: &[u8], rule: Option<usize>, is_new: bool, before: &[u8]) {
        let rules = self.rules;
        let found = rule.map(|n| (n, &rules.list[n]));
        if let Some(open) = &mut self.open {
            let own = &rules.list[open.candidate.rule];
            let is_mark = found.is_some_and(|(_, rule)| matches!(rule.role, Role::Mark | Role::Pass | Role::Ignored));
            let is_stronger = found.is_some_and(|(n, rule)| {
                matches!(rule.role, Role::Cause | Role::Summary) && rule.weight > own.weight && n != open.candidate.rule
            });
            if !is_mark && !is_stronger && open.takes(own, text) {
                if let Some((n, rule)) = found
                    && rule.role == Role::Label
                {
                    self.labels[n] = Some(Label::from(at));
                }
                open.push(at, text, is_new);
                if open.is_full(own, text) {
                    self.close();
                }
                return;
            }
            self.close();
        }
        let Some((n, rule)) = found else { return };
        #[cfg(test)]
        if matches!(rule.role, Role::Noise | Role::Label | Role::Pass | Role::Ignored) {
            self.silent.push(at.no);
        }
        match rule.role {
            Role::Noise => {}
            Role::Ignored => self.gathered.store.drop_above(at.no),
            Role::Label => self.labels[n] = Some(Label::from(at)),
            Role::Pass => {
                let passed = &mut self.gathered.passed;
                if passed.len() >= MAX_MARKS {
                    passed.pop();
                }
                passed.push(at.no);
            }
            Role::Cause | Role::Summary => self.begin(at, text, n, is_new, before),
            Role::Mark => {
                self.mark(at, rule, before);
                self.begin(at, text, n, is_new, before);
            }
        }
    }

    fn mark(&mut self, at: At<'_>, rule: &Rule, before: &[u8]) {
        let is_cancel = rule.kind == super::Kind::Timeout;
        self.gathered.steps.fail(if is_cancel { StepState::Cancelled } else { StepState::Failed });
        let step = self.gathered.steps.current();
        let marks = &self.gathered.marks;
        let looks_back = if marks.len() < MARKS_WITH_WINDOW { WINDOW } else { BEFORE_MARK };
        let before = rare(&self.above(before, at, looks_back), &mut Vec::new());
        let mark = Mark { line: at.no, step, weight: rule.weight, is_cancel, before };
        let marks = &mut self.gathered.marks;
        if let Some(last) = marks.last_mut() {
            // What stands before a mark is asked for the last one alone.
            last.before = Vec::new();
            if marks.len() >= MAX_MARKS {
                marks.pop();
            }
        }
        marks.push(mark);
    }

    fn begin(&mut self, at: At<'_>, text: &[u8], n: usize, is_new: bool, before: &[u8]) {
        let rule = &self.rules.list[n];
        let label = rule.label.and_then(|label| self.labels[label].clone()).filter(|label| label.line < at.no);
        let near =
            label.as_ref().filter(|label| at.no - label.line <= 3).map_or(0, |label| (at.no - label.line) as usize);
        // A weaker block above may be a part of this one.
        let (closed, weight) = self.closed;
        let room = if rule.weight > weight { usize::MAX } else { (at.no - 1).saturating_sub(closed) as usize };
        let count = rule.above.max(near).min(room);
        let above = if count > 0 { self.above(before, at, count) } else { Vec::new() };
        let (start, offset) = above.first().map_or((at.no, at.offset), |first| (first.no, first.offset));
        let mut lines: Vec<Vec<u8>> = above.iter().map(|line| line.raw.to_vec()).collect();
        lines.push(cut(at.raw).to_vec());
        let step = self.gathered.steps.current();
        let label = label.filter(|label| label.line < start);
        let knows_little = rule.weight < rank::STRONG && matches!(rule.role, Role::Cause | Role::Summary);
        self.trailed = None;
        let around: Vec<Label> = if knows_little {
            let lines = self.above(before, at, count + AROUND);
            rare(&lines[..lines.len().saturating_sub(count)], &mut Vec::new())
        } else {
            Vec::new()
        };
        let candidate = Candidate {
            start,
            head: at.no,
            offset,
            rule: n,
            step,
            lines,
            label,
            above: around,
            form: line::form(text),
            new_lines: u64::from(is_new),
            ..Candidate::default()
        };
        self.open = Some(Open { candidate, indent: line::indent(text), body: 0, blank: Vec::new() });
        if rule.max == 0 {
            self.close();
        }
    }

    fn close(&mut self) {
        if let Some(open) = self.open.take() {
            self.closed = (open.candidate.end(), self.rules.list[open.candidate.rule].weight);
            let rule = &self.rules.list[open.candidate.rule];
            let knows_little = rule.weight < rank::STRONG && matches!(rule.role, Role::Cause | Role::Summary);
            self.trailed = knows_little.then_some(open.candidate.start);
            self.gathered.store.add(open.candidate, self.rules);
        }
    }

    /// Up to `count` lines directly above that lie within [`TAIL`] bytes, however they came, in their order.
    fn above<'a>(&'a self, before: &'a [u8], at: At<'_>, count: usize) -> Vec<At<'a>> {
        let near = &before[before.len().saturating_sub(TAIL)..];
        let is_all = near.len() == before.len();
        let mut lines = last_lines(near, is_all, at.no, at.offset, count);
        if lines.len() < count && is_all {
            let (no, offset) = lines.first().map_or((at.no, at.offset), |first| (first.no, first.offset));
            let tail = &self.tail[self.tail.len().saturating_sub(TAIL - near.len())..];
            let mut earlier = last_lines(tail, false, no, offset, count - lines.len());
            earlier.append(&mut lines);
            lines = earlier;
        }
        lines
    }
}

/// The last lines of a text that stands before the line of this number and offset. Unless the text is known to begin with a
/// whole line, its first one is left out: it may be cut.
fn last_lines(text: &[u8], is_whole: bool, mut no: u64, mut offset: u64, count: usize) -> Vec<At<'_>> {
    let mut lines = Vec::new();
    let mut end = text.len();
    while lines.len() < count && end > 0 && no > 1 {
        let start = memrchr(b'\n', &text[..end - 1]).map_or(0, |at| at + 1);
        no -= 1;
        offset = offset.saturating_sub((end - start) as u64);
        // A line whose beginning was left out begins behind the start of the log by that much.
        if start == 0 && !is_whole && offset > 0 {
            break;
        }
        lines.push(At { no, offset, raw: &text[start..end - 1] });
        end = start;
    }
    lines.reverse();
    lines
}

/// The last of these lines, without those whose form stands among them often.
fn rare(lines: &[At<'_>], buf: &mut Vec<u8>) -> Vec<Label> {
    let forms: Vec<u64> = lines.iter().map(|line| line::form(line::clean(line.raw, buf))).collect();
    let mut counts: HashMap<u64, usize> = HashMap::new();
    for form in &forms {
        *counts.entry(*form).or_default() += 1;
    }
    let rare = lines.iter().zip(&forms).filter(|(line, form)| counts[form] <= RARE || line.raw.is_empty());
    let kept: Vec<Label> = rare.map(|(line, _)| Label::from(*line)).collect();
    kept[kept.len().saturating_sub(BEFORE_MARK)..].to_vec()
}

/// As much of a line as is kept of it.
fn cut(raw: &[u8]) -> &[u8] {
    &raw[..raw.len().min(line::MAX_LINE)]
}

/// A line without the byte order mark that GitHub's logs begin with.
fn stamped(raw: &[u8]) -> &[u8] {
    raw.strip_prefix(b"\xef\xbb\xbf").unwrap_or(raw)
}

/// Parts of whole lines, each under 1 GiB.
fn split(mut bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        const MAX: usize = 1 << 30;
        if bytes.is_empty() {
            return None;
        }
        let end = if bytes.len() <= MAX {
            bytes.len()
        } else {
            memrchr(b'\n', &bytes[..MAX]).map_or(bytes.len(), |at| at + 1)
        };
        let (part, rest) = bytes.split_at(end);
        bytes = rest;
        Some(part)
    })
}

impl From<At<'_>> for Label {
    fn from(at: At<'_>) -> Self {
        Self { line: at.no, offset: at.offset, raw: cut(at.raw).to_vec() }
    }
}

impl Open {
    /// Whether this line belongs to it.
    fn takes(&self, rule: &Rule, text: &[u8]) -> bool {
        let is_blank = text.is_empty();
        match &rule.body {
            Body::None => !is_blank && line::is_trace(text),
            Body::Indent if is_blank => self.blank.len() < MAX_BLANK,
            Body::Indent => line::indent(text) > self.indent,
            Body::Trace => !is_blank && (line::is_trace(text) || line::indent(text) > self.indent),
            Body::Paragraph => !is_blank,
            Body::Same => rule.fires(text),
            Body::While(pattern) => pattern.matches(text),
            Body::Until(pattern) => !pattern.matches(text),
            Body::Through(_) => true,
        }
    }

    fn push(&mut self, at: At<'_>, text: &[u8], is_new: bool) {
        let raw = cut(at.raw).to_vec();
        if text.is_empty() {
            self.blank.push(raw);
            return;
        }
        self.candidate.lines.append(&mut self.blank);
        self.candidate.lines.push(raw);
        self.body = self.candidate.lines.len();
        self.candidate.new_lines += u64::from(is_new);
        if self.body < 6 {
            self.candidate.form = self.candidate.form.rotate_left(5) ^ line::form(text);
        }
    }

    fn is_full(&self, rule: &Rule, text: &[u8]) -> bool {
        let above = (self.candidate.head - self.candidate.start) as usize;
        let count = self.candidate.lines.len() + self.blank.len() - above - 1;
        count >= rule.max || matches!(&rule.body, Body::Through(pattern) if pattern.matches(text))
    }
}

/// How the log ended, by its marks.
pub(super) fn verdict(gathered: &Gathered, is_explained: bool) -> Verdict {
    let last = gathered.marks.last();
    match (last, gathered.passed.last().copied()) {
        (Some(mark), Some(passed)) if passed > mark.line && mark.weight < 50 && !is_explained => Verdict::Passed,
        (Some(_), _) if gathered.marks.iter().all(|mark| mark.is_cancel) => Verdict::Cancelled,
        (Some(_), _) => Verdict::Failed,
        (None, Some(_)) => Verdict::Passed,
        (None, None) if is_explained => Verdict::Failed,
        (None, None) => Verdict::Unknown,
    }
}

#[cfg(test)]
impl Extractor {
    /// The lines in blocks, in order, and those on which rules without blocks fired.
    pub(super) fn hits(mut self) -> (Vec<u64>, Vec<u64>) {
        if self.partial_bytes > 0 {
            self.release();
        }
        self.close();
        let list = self.gathered.store.list.iter();
        (list.flat_map(|candidate| candidate.start..=candidate.end()).collect(), self.silent)
    }
}
