//! Which blocks are worth showing, and in which order.
//!
//! Owns scores and the choice. Must not know how blocks are found.
//!
//! A score is the weight of the block's rule, corrected by where the block stands: root causes stand in a step that failed,
//! before the mark that says so, once, and not in the passing log.

use super::baseline::Novelty;
use super::engine::{Gathered, Mark, Run, verdict};
use super::rules::{Role, Rules};
use super::store::{Candidate, Label};
use super::{Block, Extract, Kind};
use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hash, Hasher},
};

/// What a rule's weight of 100 is worth.
const WEIGHT: i32 = 8;
/// The most that a mark's weight counts here: a higher one only lets it win its line over causes.
const MARK_WEIGHT: u8 = 15;
/// Lines that may always be shown; beyond, [`SHARE`] of the log.
const MIN_LINES: usize = 40;
/// One part in so many of the log may be shown.
const SHARE: u64 = 50;
/// Lines of the first block, of one whose message was shown before, and of the others.
const FIRST_LINES: usize = 30;
const TITLE_LINES: usize = 3;
const OTHER_LINES: usize = 12;
/// From this score on, a block explains a failure.
const EXPLAINS: i32 = 420;
/// Causes this far below the best one are left out.
const REACH: i32 = 240;
/// Summaries are shown further down: they name the failures whose messages stand above.
const SUMMARY_REACH: i32 = 420;
/// Rules of this weight know what they found.
pub(super) const STRONG: u8 = 80;
/// Lines behind a mark that still belong to the end of what failed.
const WENT_ON: u64 = 30;
/// Blocks that are shown with the lines around them where nothing is known.
const WITH_CONTEXT: usize = 2;
/// Lines above that are shown as a part of such a block; those further above count less by so much.
const NEAR: u64 = 4;
const FURTHER: u16 = 150;
/// Lines before a mark that are shown where nothing is known.
const UNKNOWN_LINES: usize = 20;

#[derive(Debug)]
struct Ranked {
    score: i32,
    candidate: Candidate,
}

/// Makes the result of what was gathered.
pub(super) fn extract(mut gathered: Gathered, rules: &'static Rules, max_lines: Option<usize>) -> Extract {
    let budget = max_lines.unwrap_or_else(|| MIN_LINES.max((gathered.lines / SHARE) as usize));
    let candidates = merged(std::mem::take(&mut gathered.store.list), rules);
    for candidate in &candidates {
        if let Some(step) = candidate.step.and_then(|step| gathered.steps.list.get_mut(step)) {
            step.errors += candidate.same.max(1);
        }
    }
    let is_strong = |candidate: &&Candidate| {
        let rule = &rules.list[candidate.rule];
        rule.role == Role::Cause && rule.weight >= STRONG
    };
    let strong: Vec<u64> = candidates.iter().filter(is_strong).map(|candidate| candidate.start).collect();
    let mut ranked: Vec<Ranked> = candidates
        .into_iter()
        .map(|candidate| Ranked { score: score(&candidate, &gathered, &strong, rules), candidate })
        .collect();
    ranked.sort_by_key(|ranked| (std::cmp::Reverse(ranked.score), ranked.candidate.start));
    let best = ranked.first().map_or(0, |ranked| ranked.score);
    let verdict = verdict(&gathered, best >= EXPLAINS);
    let is_known = best >= EXPLAINS && ranked.first().is_some_and(|first| is_strong(&&first.candidate));
    let mut blocks = choose(ranked, best, (budget, is_known), rules, &gathered);
    if !is_known {
        let left = |blocks: &[Block]| budget.saturating_sub(blocks.iter().map(|block| block.lines.len()).sum());
        blocks.extend(unknown(&gathered, left(&blocks), &blocks));
        for run in gathered.runs.iter().rev() {
            blocks.extend(novel(run, &gathered, left(&blocks), &blocks));
        }
        blocks.sort_by_key(|block| (std::cmp::Reverse(block.score), block.start));
    }
    Extract {
        lines: gathered.lines,
        bytes: gathered.bytes,
        blocks,
        steps: gathered.steps.list,
        verdict,
        new_lines: gathered.novelty.as_ref().map(Novelty::new_lines),
    }
}

/// Neighbours of one rule become one block.
fn merged(list: Vec<Candidate>, rules: &Rules) -> Vec<Candidate> {
    let mut out: Vec<Candidate> = Vec::with_capacity(list.len());
    for mut candidate in list {
        if let Some(last) = out.last_mut()
            && last.rule == candidate.rule
            && last.end() + 1 == candidate.start
            && last.lines.len() < rules.list[last.rule].max.max(FIRST_LINES)
        {
            last.lines.append(&mut candidate.lines);
            last.new_lines += candidate.new_lines;
            continue;
        }
        out.push(candidate);
    }
    out
}

fn score(candidate: &Candidate, gathered: &Gathered, strong: &[u64], rules: &Rules) -> i32 {
    let rule = &rules.list[candidate.rule];
    let weight = if rule.role == Role::Mark { rule.weight.min(MARK_WEIGHT) } else { rule.weight };
    let mut score = i32::from(weight) * WEIGHT;
    score += place(candidate, gathered, strong);
    if candidate.same > 20 && rule.weight < STRONG {
        score -= 80;
    }
    score -= 40 * i32::try_from(candidate.nth.min(5)).unwrap_or(5);
    if gathered.novelty.is_some() {
        score += if candidate.new_lines > 0 { 80 } else { -350 };
    }
    score
}

/// What the place of a block is worth. `strong` has the lines of strong causes, in order.
fn place(candidate: &Candidate, gathered: &Gathered, strong: &[u64]) -> i32 {
    if gathered.marks.is_empty() {
        return 0;
    }
    let of_step: Vec<&Mark> = gathered.marks.iter().filter(|mark| mark.step == candidate.step).collect();
    if of_step.is_empty() {
        // Nothing says that this step failed, while another one did.
        return -200;
    }
    let in_step = if candidate.step.is_some() { 60 } else { 0 };
    let Some(mark) = of_step.iter().find(|mark| mark.line >= candidate.start) else {
        // Behind all marks: what is done after a failure.
        return in_step - 160;
    };
    // A failure after which the job went on, and failed again later, was no reason to stop.
    let succeeded = gathered.passed[gathered.passed.partition_point(|line| *line < candidate.start)..].first();
    let went_on = succeeded.map_or(mark.line + WENT_ON, |line| (mark.line + WENT_ON).min(*line));
    let later = strong.partition_point(|line| *line <= went_on);
    let failed_again = strong.get(later).is_some_and(|line| of_step.iter().any(|mark| mark.line >= *line));
    in_step - if failed_again { 100 } else { 0 }
}

/// A block that was chosen, and its lines that found no room yet.
struct Chosen {
    block: Block,
    rest: std::vec::IntoIter<Vec<u8>>,
    /// What stands around it.
    above: Vec<Label>,
    below: Vec<Vec<u8>>,
    /// Its first line before anything of that was taken.
    head: u64,
}

impl Chosen {
    fn take(&mut self, line: Vec<u8>, shown: &mut HashSet<u64>) {
        self.block.end += 1;
        shown.insert(self.block.end);
        self.block.lines.push(line);
    }

    /// Takes the lines around it, as far as they are its neighbours. What stands further above becomes a block of its own,
    /// which ranks lower. Gives back what is left of the budget, too.
    fn widen(&mut self, mut left: usize, shown: &mut HashSet<u64>) -> (usize, Option<Block>) {
        for line in std::mem::take(&mut self.below) {
            if left == 0 || self.rest.len() > 0 || shown.contains(&(self.block.end + 1)) {
                break;
            }
            self.take(line, shown);
            left -= 1;
        }
        let mut further: Option<Block> = None;
        while let Some(line) = self.above.pop() {
            let near = self.block.start + NEAR > self.head;
            if !near && further.is_none() {
                let (start, lines) = (self.block.start, Vec::new());
                let score = self.block.score.saturating_sub(FURTHER);
                further = Some(Block { start, end: start - 1, score, repeats: 0, lines, ..self.block.clone() });
            }
            let block = further.as_mut().unwrap_or(&mut self.block);
            if left == 0 || line.line + 1 != block.start || !shown.insert(line.line) {
                break;
            }
            (block.start, block.offset) = (line.line, line.offset);
            block.lines.insert(0, line.raw);
            left -= 1;
        }
        (left, further.filter(|block| !block.lines.is_empty()))
    }
}

/// The best blocks within the budget of lines. Where nothing `is_known` of the failure, with the lines around the first ones.
fn choose(
    ranked: Vec<Ranked>,
    best: i32,
    (budget, is_known): (usize, bool),
    rules: &'static Rules,
    gathered: &Gathered,
) -> Vec<Block> {
    let mut chosen: Vec<Chosen> = Vec::new();
    let mut marks: Vec<Candidate> = Vec::new();
    let mut shown: HashSet<u64> = HashSet::new();
    let mut texts: HashSet<u64> = HashSet::new();
    let mut left = budget;
    for Ranked { score, candidate } in ranked {
        let rule = &rules.list[candidate.rule];
        if rule.role == Role::Mark && best >= EXPLAINS {
            marks.push(candidate);
            continue;
        }
        let reach = if rule.role == Role::Summary { SUMMARY_REACH } else { REACH };
        if score < (best - reach).max(120) || left == 0 {
            continue;
        }
        // The same message under another title: its title, and how the message begins.
        let message = &candidate.lines[1..];
        let is_known = message.len() > TITLE_LINES && !texts.insert(text_of(message.iter().map(Vec::as_slice)));
        let limit = match is_known {
            true => TITLE_LINES,
            false if chosen.is_empty() => FIRST_LINES,
            false => OTHER_LINES,
        };
        let (lines, mut rest) = split(candidate.lines, limit.min(left));
        if is_known {
            rest = Vec::new().into_iter();
        }
        let end = candidate.start + lines.len() as u64 - 1;
        if (candidate.start..=end).any(|line| shown.contains(&line)) {
            continue;
        }
        // Of blocks that say the same word for word of the same thing, one is enough.
        let label = candidate.label.as_ref().map_or(&[][..], |label| &label.raw);
        if !texts.insert(text_of(lines.iter().map(Vec::as_slice).chain([label]))) {
            continue;
        }
        left -= lines.len();
        shown.extend(candidate.start..=end);
        let block = Block {
            start: candidate.start,
            end,
            offset: candidate.offset,
            score: score.clamp(1, 1000) as u16,
            kind: rule.kind,
            tool: &rule.tool,
            rule: &rule.name,
            step: candidate.step,
            lines,
            repeats: candidate.same.saturating_sub(1),
            is_new: gathered.novelty.is_some() && candidate.new_lines > 0,
        };
        let label = candidate.label.filter(|label| left > 0 && shown.insert(label.line)).map(|label| {
            left -= 1;
            Block {
                start: label.line,
                end: label.line,
                offset: label.offset,
                lines: vec![label.raw],
                repeats: 0,
                ..block.clone()
            }
        });
        let head = candidate.start;
        chosen.push(Chosen { block, rest, above: candidate.above, below: candidate.below, head });
        let lone = |block: Block| {
            let head = block.start;
            Chosen { block, rest: Vec::new().into_iter(), above: Vec::new(), below: Vec::new(), head }
        };
        chosen.extend(label.map(lone));
    }
    // What was cut gets the room that is left.
    for chosen in &mut chosen {
        while left > 0
            && !shown.contains(&(chosen.block.end + 1))
            && let Some(line) = chosen.rest.next()
        {
            chosen.take(line, &mut shown);
            left -= 1;
        }
    }
    let mut further = Vec::new();
    if !is_known {
        for chosen in chosen.iter_mut().take(WITH_CONTEXT) {
            let block;
            (left, block) = chosen.widen(left, &mut shown);
            further.extend(block);
        }
    }
    // What only says that something failed stands where it ends what is shown anyhow.
    marks.sort_by_key(|mark| mark.start);
    for mark in marks {
        let above = chosen.iter_mut().find(|chosen| chosen.block.end + 1 == mark.start && chosen.rest.len() == 0);
        if let (Some(above), Some(line)) = (above, mark.lines.into_iter().next())
            && left > 0
            && !shown.contains(&mark.start)
        {
            above.take(line, &mut shown);
            left -= 1;
        }
    }
    chosen.into_iter().map(|chosen| chosen.block).chain(further).collect()
}

/// A hash of what the lines say.
fn text_of<'a>(lines: impl Iterator<Item = &'a [u8]>) -> u64 {
    let mut hasher = DefaultHasher::new();
    let mut buf = Vec::new();
    for line in lines {
        super::line::clean(line, &mut buf).hash(&mut hasher);
    }
    hasher.finish()
}

fn split(mut lines: Vec<Vec<u8>>, limit: usize) -> (Vec<Vec<u8>>, std::vec::IntoIter<Vec<u8>>) {
    let rest = lines.split_off(lines.len().min(limit));
    (lines, rest.into_iter())
}

/// The lines before the last mark, or the last lines of a log without one: for a failure of no known form.
fn unknown(gathered: &Gathered, budget: usize, blocks: &[Block]) -> Option<Block> {
    let mark: Option<&Mark> = gathered.marks.iter().max_by_key(|mark| mark.line);
    if mark.is_none() && !gathered.passed.is_empty() {
        return None;
    }
    let lines: &[Label] = mark.map_or(&gathered.tail, |mark| &mark.before);
    let mut buf = Vec::new();
    let mut kept: Vec<&Label> = Vec::new();
    for label in lines.iter().rev() {
        let text = super::line::clean(&label.raw, &mut buf);
        let is_shown = blocks.iter().any(|block| (block.start..=block.end).contains(&label.line));
        if text.starts_with(b"##[group]") || text.starts_with(b"##[endgroup]") || is_shown {
            break;
        }
        if kept.len() >= UNKNOWN_LINES.min(budget) {
            break;
        }
        let is_known = gathered.novelty.as_ref().is_some_and(|novelty| !novelty.would_be_new(text));
        if is_known && kept.is_empty() {
            continue;
        }
        // A block is contiguous.
        if is_known || kept.last().is_some_and(|below| below.line != label.line + 1) {
            break;
        }
        kept.push(label);
    }
    kept.reverse();
    let first = kept.first()?;
    let last = kept.last()?;
    let step = mark.and_then(|mark| mark.step).or_else(|| gathered.steps.current());
    Some(Block {
        start: first.line,
        end: last.line,
        offset: first.offset,
        score: if mark.is_some() { 300 } else { 100 },
        kind: Kind::Error,
        tool: "",
        rule: "",
        step,
        lines: kept.iter().map(|label| label.raw.clone()).collect(),
        repeats: 0,
        is_new: false,
    })
}

/// Lines that the passing log does not have, in what failed: where nothing is known they may tell.
fn novel(run: &Run, gathered: &Gathered, budget: usize, blocks: &[Block]) -> Option<Block> {
    let mark = gathered.marks.last();
    let (first, last) = (run.lines.first()?, run.lines.last()?);
    let is_elsewhere = mark.is_some_and(|mark| run.step != mark.step || last.line > mark.line);
    let is_shown = blocks.iter().any(|block| block.start <= last.line && block.end >= first.line);
    if is_elsewhere || is_shown || budget < run.lines.len() {
        return None;
    }
    Some(Block {
        start: first.line,
        end: last.line,
        offset: first.offset,
        score: 200,
        kind: Kind::Error,
        tool: "",
        rule: "",
        step: run.step,
        lines: run.lines.iter().map(|label| label.raw.clone()).collect(),
        repeats: 0,
        is_new: true,
    })
}
