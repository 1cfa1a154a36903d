//! What is seen of logs and steps: rows and words, from the state.
//!
//! Owns the geometry of the panes and the words of the lists. Must not know colours or glyphs. All text that leaves here is
//! safe for a terminal, and only rows that are on the screen are made.

use super::rows::{JobRow, Steps};
use super::runs::span_words;
use super::{App, CiPane, CiRuns, Log, run_mark, step_state};
use crate::analysis::extract::Step;
use crate::app::format::{age, bytes, thousands};
use crate::app::rows::short_name;
use crate::app::{Role, Rows};
use crate::model::ci::{Job, Progress};
use crate::parse::text::safe_line;

/// Where the panes are; the first row of each is its heading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CiLayout {
    /// The runs of watched repositories.
    pub runs: Option<Rows>,
    /// Whether the runs have a row that names their columns, below their heading.
    pub has_head: bool,
    /// The logs, or jobs, when there are several.
    pub logs: Option<Rows>,
    /// The steps of the chosen log, when some log has any.
    pub steps: Option<Rows>,
    /// Its causes.
    pub causes: Rows,
}

impl CiLayout {
    /// Rows between the heading of the runs and the first run.
    pub(super) fn runs_head(&self) -> usize {
        usize::from(self.has_head)
    }

    /// How many runs are seen.
    pub(super) fn room_of_runs(&self, rows: Rows) -> usize {
        usize::from(rows.height).saturating_sub(1 + self.runs_head()).max(1)
    }
}

/// Everything that the view shows.
#[derive(Clone, Debug)]
pub struct CiView {
    /// Where.
    pub layout: CiLayout,
    /// The runs.
    pub runs: CiRuns,
    /// The logs.
    pub logs: CiList,
    /// The steps.
    pub steps: CiList,
    /// The heading above the causes, left and right.
    pub heading: (String, String),
    /// Whether the causes have the focus.
    pub is_focused: bool,
    /// The rows below that heading.
    pub causes: Vec<CiLine>,
    /// The columns of line numbers and times in them; 0 for none.
    pub gutter: (u16, u16),
}

/// A list with its heading.
#[derive(Clone, Debug, Default)]
pub struct CiList {
    /// The heading, left and right.
    pub heading: (String, String),
    /// Whether it has the focus.
    pub is_focused: bool,
    /// The rows on the screen.
    pub rows: Vec<CiRow>,
}

/// A log or a step.
#[derive(Clone, Debug, Default)]
pub struct CiRow {
    /// Whether the cursor is on it.
    pub is_cursor: bool,
    /// How it is: `ok`, `FAIL`, `STOP`, `>>` while it runs, `..` while it waits, or `--` when nobody knows.
    pub state: (&'static str, Role),
    /// A step's number.
    pub number: String,
    /// Its name.
    pub name: String,
    /// A log's steps: `ok ok FAIL --`; or why it could not be read.
    pub words: Vec<(String, Role)>,
    /// How long a step took.
    pub took: String,
    /// `12,408 lines`.
    pub lines: String,
    /// `9 errors`; empty without any.
    pub errors: String,
}

/// A row of the causes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CiLine {
    /// The heading of the next cause.
    Heading(String, String),
    /// Words about a cause, or in place of one.
    Words(Vec<(String, Role)>),
    /// A line of the log, or a part of it.
    Text {
        /// Its number in the log; empty where a line goes on.
        number: String,
        /// Its time of day; empty for none.
        time: String,
        /// What is seen of it.
        text: String,
        /// Whether it goes on behind the edge.
        is_cut: bool,
    },
    /// Nothing.
    Blank,
}

/// A job left something behind.
const ARTIFACTS: &str = "artifacts";

/// Rows that causes have at least, with their heading.
const LEAST: u16 = 6;

/// The least rows of all panes together for which the columns of runs are named.
const LEAST_FOR_HEAD: u16 = 28;

pub(super) fn plural(n: u64, one: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{} {one}s", thousands(n)) }
}

impl App {
    /// Where the panes of the logs are.
    pub(in crate::app) fn ci_layout(&self) -> Option<CiLayout> {
        let layout = self.layout()?;
        let (start, end) = (layout.heading, layout.list.y + layout.list.height);
        let all = end.saturating_sub(start);
        // A list has a fifth of the rows, twice as much with the focus. Beside runs all are closer together.
        let is_live = self.ci.live.is_on();
        let part = (all / if is_live { 6 } else { 5 }).max(2);
        let with_focus = if is_live { part * 3 / 2 } else { part * 2 };
        let most = |pane| if self.ci.focus == pane { with_focus } else { part };
        let wanted = |rows: usize, pane, first: usize| {
            if rows < first { 0 } else { rows.min(usize::from(most(pane))) as u16 + 1 }
        };
        let (logs, steps) = self.rows_wanted();
        let has_head = is_live && all >= LEAST_FOR_HEAD;
        let runs = if is_live { self.ci.run_row().1 } else { 0 };
        // One repository of which there is nothing to list has no list.
        let runs = if self.ci.has_only_words() { 0 } else { wanted(runs, CiPane::Runs, 1) };
        let mut lists = [
            if runs > 0 { runs + u16::from(has_head) } else { 0 },
            wanted(logs, CiPane::Logs, 2),
            wanted(steps, CiPane::Steps, 1),
        ];
        while lists.iter().sum::<u16>() + LEAST > all && lists.iter().any(|list| *list > 0) {
            // The largest gives a row; of equals the last.
            let Some(list) = lists.iter_mut().max_by_key(|list| **list) else { break };
            *list = if *list > 2 { *list - 1 } else { 0 };
        }
        let [runs, logs, steps] = lists;
        let rows = |y: u16, height: u16| (height > 0).then_some(Rows { y, height });
        let has_head = has_head && runs > 2;
        Some(CiLayout {
            runs: rows(start, runs),
            has_head,
            logs: rows(start + runs, logs),
            steps: rows(start + runs + logs, steps),
            causes: Rows { y: start + runs + logs + steps, height: all - runs - logs - steps },
        })
    }

    /// How many rows logs and steps could fill. What a log of an archive turns out to have moves nothing.
    fn rows_wanted(&self) -> (usize, usize) {
        let steps_of_logs = self.ci.scoped_logs().map(|log| log.extract.steps.len()).max().unwrap_or(0);
        let expected = self.ci.scoped_looks().map(|look| look.logs.max(1)).sum::<usize>();
        let jobs = self.ci.jobs();
        if jobs.is_empty() {
            let (logs, steps) = self.ci.live.expected();
            return (expected.max(self.ci.order.len()).max(logs), steps_of_logs.max(steps));
        }
        let steps_of_jobs = jobs.iter().map(|job| job.steps.len()).max().unwrap_or(0);
        (self.ci.row_count(), if steps_of_jobs > 0 { steps_of_jobs } else { steps_of_logs })
    }

    /// Logs, steps and causes as they are to be drawn; `None` while records are shown.
    pub fn ci_view(&self) -> Option<CiView> {
        let layout = self.ci_layout().filter(|_| self.ci_is_shown())?;
        let mut view = CiView {
            layout,
            runs: self.runs_list(&layout),
            logs: self.logs_list(layout.logs),
            steps: self.steps_list(layout.steps),
            heading: self.causes_heading(),
            is_focused: self.ci_focus() == CiPane::Causes,
            causes: Vec::new(),
            gutter: (0, 0),
        };
        self.causes(&mut view);
        Some(view)
    }

    fn logs_list(&self, rows: Option<Rows>) -> CiList {
        let Some(rows) = rows else { return CiList::default() };
        let room = usize::from(rows.height) - 1;
        let top = self.ci.tops[1];
        let width = usize::from(self.size.0);
        let words = width.saturating_sub(34) / 2;
        let here = self.ci.row();
        let all = self.ci.row_count();
        let shown = (top..all).take(room).filter_map(|n| Some((n, self.ci.row_at(n)?)));
        let row = |(n, JobRow { job, log }): (usize, JobRow)| {
            let job = job.and_then(|job| self.ci.jobs().get(job));
            let row = log.map_or_else(CiRow::default, |log| self.log_row(&self.ci.logs[log], words));
            let row = job.map(|job| self.job_row(job, words, &row)).unwrap_or(row);
            CiRow { is_cursor: n == here, ..row }
        };
        let mut rows: Vec<_> = shown.map(row).collect();
        for row in rows.iter_mut().filter(|row| row.name.is_empty()) {
            // A problem of the source itself has all of the row.
            row.name = row.words.drain(..).map(|(words, _)| words).collect();
        }
        let mut right = Vec::new();
        if all > room {
            right.push(format!("{} of {}", thousands(here as u64 + 1), thousands(all as u64)));
        }
        right.extend(self.took_words());
        right.push(if self.ci.jobs().is_empty() { self.counts_of_logs() } else { self.counts_of_jobs() });
        let left = self.run_title().unwrap_or_else(|| "Logs".to_owned());
        CiList { heading: (left, right.join("   ")), is_focused: self.ci_focus() == CiPane::Logs, rows }
    }

    fn log_row(&self, log: &Log, words: usize) -> CiRow {
        let (errors, lines) = (log.errors(), log.extract.lines);
        let words = if let Some(problem) = &log.problem {
            vec![(problem.clone(), Role::Warn)]
        } else {
            let states: Vec<_> = log.extract.steps.iter().map(|step| step_state(step.state)).collect();
            chips(&states, words)
        };
        CiRow {
            state: log.state(),
            name: self.name_of(log),
            words,
            lines: if log.is_read { plural(lines, "line") } else { String::new() },
            errors: if errors > 0 { plural(errors, "error") } else { String::new() },
            ..CiRow::default()
        }
    }

    /// A job as the service tells it, with what is known of its log.
    fn job_row(&self, job: &Job, columns: usize, log: &CiRow) -> CiRow {
        let states: Vec<_> = job.steps.iter().map(|step| run_mark(step.progress)).collect();
        // The steps of the one with the cursor stand below: the name is worth more.
        let columns = columns.min(usize::from(self.size.0).saturating_sub(62) / 2);
        let mut words = if states.is_empty() { log.words.clone() } else { chips(&states, columns) };
        if self.ci.live.is_flaky_job(job) {
            let other = if job.progress.is_red() { "passed" } else { "failed" };
            words.insert(0, (format!("flaky: {other} on this commit, too"), Role::Warn));
        }
        if job.has_artifacts == Some(true) {
            words.push((ARTIFACTS.to_owned(), Role::Dim));
        }
        CiRow {
            state: run_mark(job.progress),
            name: safe_line(job.name.as_bytes()).into_owned(),
            words,
            took: span_words(job.progress, (job.started, job.ended), self.told_now()),
            ..log.clone()
        }
    }

    /// A log's name in the list: with its source's when there are several.
    fn name_of(&self, log: &Log) -> String {
        match self.engine.source(log.source) {
            Some(source)
                if self.ci.scoped_looks().count() > 1 && !log.title.is_empty() && log.title != source.label() =>
            {
                format!("{}: {}", safe_line(short_name(source.label()).as_bytes()), log.title)
            }
            _ => log.title.clone(),
        }
    }

    /// `2 of 5 failed`, `5 passed`, while they are looked at: how far that is.
    fn counts_of_logs(&self) -> String {
        let read = self.ci.scoped_logs().filter(|log| log.is_read).count() as u64;
        let (failed, all) = (self.ci.failed() as u64, self.ci.scoped_looks().map(|look| look.logs).sum::<usize>());
        if self.ci.is_looking() {
            return format!("{} of {} read, {} failed", thousands(read), thousands(all as u64), thousands(failed));
        }
        match failed {
            0 => format!("{}, none failed", plural(read, "log")),
            failed => format!("{} of {} failed", thousands(failed), thousands(read)),
        }
    }

    /// `2 of 5 failed`, `5 jobs, none failed`, while it goes on `3 of 5 done`; of a run with too many, `of the first 1,000`.
    fn counts_of_jobs(&self) -> String {
        let jobs = self.ci.jobs();
        let count = |is: &dyn Fn(&Job) -> bool| jobs.iter().filter(|job| is(job)).count() as u64;
        let (all, failed) = (jobs.len() as u64, count(&|job| job.progress.is_red()));
        let done = count(&|job| job.progress.is_over());
        let first = if self.ci.live.has_more_jobs() { "the first " } else { "" };
        let failed = match failed {
            0 if done == all => return format!("{first}{}, none failed", plural(all, "job")),
            0 => String::new(),
            failed if done == all => return format!("{} of {first}{} failed", thousands(failed), thousands(all)),
            failed => format!(", {} failed", thousands(failed)),
        };
        format!("{} of {first}{} done{failed}", thousands(done), thousands(all))
    }

    fn steps_list(&self, rows: Option<Rows>) -> CiList {
        let Some(rows) = rows else { return CiList::default() };
        let room = usize::from(rows.height) - 1;
        let top = self.ci.tops[2];
        let steps = self.ci.steps();
        let shown = (top..steps.len()).take(room);
        let row = |n: usize| match &steps {
            Steps::Log(steps) => step_row(n, self.ci.at.step, &steps[n]),
            Steps::Job(told, log, _) => {
                let (step, parts) = (&told[n], log.get(steps.in_log(n)).unwrap_or_default());
                let lines = parts.iter().map(|part| (part.end + 1).saturating_sub(part.start)).sum::<u64>();
                let errors = parts.iter().map(|part| part.errors).sum::<u64>();
                CiRow {
                    is_cursor: n == self.ci.at.step,
                    state: run_mark(step.progress),
                    number: step.number.to_string(),
                    name: safe_line(step.name.as_bytes()).into_owned(),
                    took: match step.progress {
                        Progress::Skipped => "skipped".to_owned(),
                        progress => span_words(progress, (step.started, step.ended), self.told_now()),
                    },
                    lines: if parts.is_empty() { String::new() } else { plural(lines, "line") },
                    errors: if errors > 0 { plural(errors, "error") } else { String::new() },
                    ..CiRow::default()
                }
            }
        };
        let rows = shown.map(row).collect();
        let mut right = Vec::new();
        let title = self.ci.job().map(|job| safe_line(job.name.as_bytes()).into_owned());
        let title = title.or_else(|| self.ci.log().map(|log| log.title.clone()));
        let mut left = title.filter(|title| !title.is_empty()).unwrap_or_else(|| "Steps".to_owned());
        if let Some(run) = self.run_title() {
            left = if self.ci.row_count() == 0 { run } else { format!("{run} / {left}") };
            // Where there is no list of jobs this heading has its words.
            if self.ci.row_count() < 2 {
                right.extend(self.took_words());
                let has_artifacts = self.ci.job().is_some_and(|job| job.has_artifacts == Some(true));
                right.extend(has_artifacts.then(|| ARTIFACTS.to_owned()));
            }
            right.extend(self.ci.log().map(|log| format!("log {}", bytes(log.extract.bytes))));
        }
        right.push(match steps.len() {
            0 if self.ci.live.is_on() => "no steps so far".to_owned(),
            0 => "no steps in this log".to_owned(),
            all => format!("step {} of {}", self.ci.at.step + 1, thousands(all as u64)),
        });
        CiList { heading: (left, right.join("   ")), is_focused: self.ci_focus() == CiPane::Steps, rows }
    }
}

fn step_row(n: usize, cursor: usize, step: &Step) -> CiRow {
    let took = step.began.zip(step.ended).map(|(began, ended)| age(ended.0 - began.0)).unwrap_or_default();
    CiRow {
        is_cursor: n == cursor,
        state: step_state(step.state),
        number: (n + 1).to_string(),
        name: safe_line(step.name.as_bytes()).into_owned(),
        words: Vec::new(),
        took,
        lines: plural((step.end + 1).saturating_sub(step.start), "line"),
        errors: if step.errors > 0 { plural(step.errors, "error") } else { String::new() },
    }
}

/// States in a word each, as many as fit; several of the same become `12 ok` when there is no room for all.
pub(super) fn chips(states: &[(&'static str, Role)], columns: usize) -> Vec<(String, Role)> {
    let all: usize = states.iter().map(|(word, _)| word.len() + 1).sum();
    if all <= columns + 1 {
        return states.iter().map(|(word, role)| ((*word).to_owned(), *role)).collect();
    }
    let mut left = columns + 1;
    let mut words = Vec::new();
    for same in states.chunk_by(|a, b| a.0 == b.0) {
        let (word, role) = same[0];
        let text = if same.len() == 1 { word.to_owned() } else { format!("{} {word}", same.len()) };
        if text.len() + 1 > left {
            break;
        }
        left -= text.len() + 1;
        words.push((text, role));
    }
    words
}
