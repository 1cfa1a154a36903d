//! From a cause to its line in the whole log; and a cause as Markdown, to be pasted into a pull request.
//!
//! Owns the way to the record and the form of the copy. Must not know files or clipboards.

use super::{App, CiPane, Log, Place};
use crate::analysis::extract::Block;
use crate::app::format::thousands;
use crate::model::address::Tab;
use crate::model::window::{Line, Request};
use crate::model::{Format, OriginId, SourceId};
use crate::parse::text::{safe, safe_line};
use crate::render::markdown;
use crate::store::{Key, RecordId};
use std::fmt::Write as _;

/// Bytes of a line by which it is found again.
const NEEDLE: usize = 256;

impl App {
    /// Shows the whole log at the line of what has the focus: the cause, the step, or the log's first line.
    pub(in crate::app) fn visit(&mut self) {
        self.touch_ci();
        self.show_other_logs();
        let job = self.ci.job().map(|job| job.id);
        let Some(log) = self.ci.log() else {
            let words = self.fetch_log(job).or_else(|| self.why_no_log());
            return self.say(words.unwrap_or_else(|| "there is no log here".to_owned()));
        };
        if !log.is_read {
            let problem = log.problem.clone().unwrap_or_default();
            return self.complain(problem);
        }
        let first = self.ci.steps().in_log(self.ci.at.step).next();
        let step = first.and_then(|n| log.extract.steps.get(n)).filter(|_| self.ci_focus() == CiPane::Steps);
        let scrolled = self.ci.scroll.saturating_sub(1) as u64;
        let (number, offset, text) = match (step, self.ci.block()) {
            (Some(step), _) => (step.start, step.offset, &[][..]),
            // A cause that is scrolled is left at the line that is seen first.
            (None, Some(block)) => {
                let skip = scrolled.min(block.lines.len().saturating_sub(1) as u64);
                let before = block.lines.iter().take(skip as usize).map(|line| line.len() as u64 + 1).sum::<u64>();
                let line = block.lines.get(skip as usize).map_or(&[][..], Vec::as_slice);
                (block.start + skip, block.offset + before, line)
            }
            (None, None) => (1, 0, &[][..]),
        };
        let line = Line { input: log.input, name: log.name.clone(), offset };
        let (source, needle) = (log.source, text[..text.len().min(NEEDLE)].to_vec());
        match self.held_line(source, &line.name, number, &needle) {
            Some(key) => {
                self.ci.place = Place::Visit;
                let newest = self.tab().view.newest();
                self.show_one_log(source, &line.name);
                self.show_line(key, number, newest);
            }
            None => self.ask_line(source, Request::At { line }),
        }
    }

    /// The record of a log's line, if all lines before it are held too.
    fn held_line(&self, source: SourceId, name: &str, number: u64, needle: &[u8]) -> Option<Key> {
        let (store, known) = (self.engine.store(), self.engine.source(source)?);
        let is_whole = known.window().is_none() && known.health.left_out == 0 && store.evicted(source).records() == 0;
        let same = |(id, other): (OriginId, &str)| (id.source() == source && other == name).then_some(id);
        let origin = self.engine.origin_names().find_map(same).filter(|_| is_whole)?;
        let needle = needle.strip_suffix(b"\r").unwrap_or(needle);
        let finder = memchr::memmem::Finder::new(needle);
        let mut best: Option<(u64, RecordId)> = None;
        let mut at = 1;
        for segment in store.segments().iter().filter(|segment| segment.source() == source) {
            for (row, record) in segment.batch().iter().enumerate() {
                if record.origin != origin || record.format == Format::Note {
                    continue;
                }
                let lines = memchr::memchr_iter(b'\n', record.raw).count() as u64 + 1;
                // Lines that were left out of the records, as blank ones, shift the rest.
                let away = if (at..at + lines).contains(&number) { 0 } else { at.abs_diff(number) };
                if best.is_none_or(|(least, _)| away < least) && finder.find(record.raw).is_some() {
                    best = Some((away, segment.id(row)));
                }
                at += lines;
            }
        }
        let (away, id) = best?;
        // Without a text to compare there is only the number.
        if needle.len() < 4 && away > 0 {
            return None;
        }
        store.segments().key(id)
    }

    /// Puts the list's cursor on a record, in the middle of the screen. What comes behind `newest` is new.
    fn show_line(&mut self, key: Key, number: u64, newest: Option<RecordId>) {
        let height = self.list_height();
        let tab = self.tab_mut();
        tab.view.go_to_key(key, height / 2);
        (tab.paused_at, tab.was_following) = (newest, false);
        self.work();
        self.refresh_histogram();
        let is_hidden = self
            .engine
            .store()
            .record(key.id)
            .is_some_and(|record| !self.tabs[self.active].view.matcher().matches(&record, &mut self.parser));
        if is_hidden {
            let context = self.key_of("context");
            return self.say(format!("the filter hides the line: {context} shows it"));
        }
        let back = self.key_of("cancel");
        self.say(format!("line {} of the log: {back} goes back to the causes", thousands(number)));
    }

    /// The whole log is that log alone: other logs of the run have the same times, and those of its steps the same lines.
    fn show_one_log(&mut self, source: SourceId, name: &str) {
        let same = |(id, other): (OriginId, &str)| (id.source() == source && other == name).then_some(id);
        let found = self.engine.origin_names().find_map(same);
        let Some(origin) = found else { return };
        let shown = self.tab().view.sources();
        let is_alone = !self.engine.origin_names().any(|(id, _)| id != origin && shown.contains(id.source()));
        let mut query = self.tab().view.query().clone();
        if is_alone || query.origins == [origin] {
            return;
        }
        let before = std::mem::replace(&mut query.origins, vec![origin]);
        if self.set_query_in(self.active, &query).is_ok() {
            self.ci.visited = Some((origin, before));
        }
    }

    /// Shows again what was shown before a log was visited, if nobody chose other origins meanwhile.
    pub(super) fn show_other_logs(&mut self) {
        let Some((origin, before)) = self.ci.visited.take() else { return };
        let tab = Self::index_of(Tab::Ci);
        let mut query = self.tabs[tab].view.query().clone();
        if query.origins == [origin] {
            query.origins = before;
            // It was a filter before, so it compiles.
            if let Err((_, problem)) = self.set_query_in(tab, &query) {
                self.complain(problem);
            }
        }
    }

    /// A line of the log that was asked for is there.
    pub(in crate::app) fn visited(&mut self, source: SourceId, name: &str) {
        self.ci.place = Place::Visit;
        self.show_one_log(source, name);
        if let Some(look) = self.ci.looks.get_mut(&source) {
            // Following opens it anew.
            look.is_held = false;
        }
    }

    /// The shown cause as Markdown, without secrets.
    pub(in crate::app) fn copy_cause(&self) -> Option<String> {
        let (log, block) = (self.ci.log()?, self.ci.block()?);
        let mut out = String::new();
        let number = match self.ci.number() {
            Some(n) => format!("Cause {n} of {}", self.ci.causes()),
            None => "Error".to_owned(),
        };
        let _ = write!(out, "**{number}**: {}", about(block));
        let quoted = |text: &str| markdown::code(&self.redactor.redact(&safe_line(text.as_bytes())).text);
        if let Some((_, step)) = self.step_of(block) {
            let _ = write!(out, ", step {}", quoted(step));
        }
        out.push_str(&self.run_link());
        let _ = write!(out, "\n\n{}\n\n", self.where_words(log, block, &quoted(&log.name)));
        // Joined first: a secret may go over several lines.
        let text: Vec<_> = block.lines.iter().map(|line| safe(line)).collect();
        out.push_str(&markdown::block(&self.redactor.redact(&text.join("\n")).text));
        Some(out)
    }

    /// `, run [#18842](https://…) on main`, of a run whose service told its page.
    fn run_link(&self) -> String {
        let Some((run, page)) = self.run_page() else { return String::new() };
        let branch = markdown::code(&self.redactor.redact(&safe_line(run.branch.as_bytes())).text);
        let link = page.map_or_else(|| format!("#{}", run.number), |page| format!("[#{}]({page})", run.number));
        format!(", run {link} on {branch}")
    }

    fn where_words(&self, log: &Log, block: &Block, name: &str) -> String {
        let all = thousands(log.extract.lines);
        let (start, end) = (thousands(block.start), thousands(block.end));
        let green = self.ci.looks.get(&log.source).and_then(|look| look.green.as_ref());
        let new = match green {
            Some((green, _)) if block.is_new => {
                format!("; not in the passing log {}", markdown::code(&self.redactor.redact(green).text))
            }
            _ => String::new(),
        };
        let repeats =
            if block.repeats > 0 { format!("; {} more like it", thousands(block.repeats)) } else { String::new() };
        format!("{name}, lines {start}-{end} of {all}{repeats}{new}")
    }
}

fn about(block: &Block) -> String {
    if block.tool.is_empty() {
        block.kind.as_str().to_owned()
    } else {
        format!("{}, {}", block.kind.as_str(), block.tool)
    }
}
