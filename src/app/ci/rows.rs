//! Jobs and steps as rows: what a service tells of them, what their logs tell, or both.
//!
//! Owns how the two are joined, and where the cursor stands among them. Must not know how a row is drawn.

use super::runs::{logs_of, steps_of};
use super::{At, Ci, Log};
use crate::analysis::extract::{Block, Step, Verdict};
use crate::model::ci::{Job, JobStep, Progress};
use std::ops::Range;

/// The place of a log that is not there.
pub(super) const NO_LOG: usize = usize::MAX;

/// A row of the jobs: at least one of both is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct JobRow {
    /// A number among the jobs that the service told.
    pub(super) job: Option<usize>,
    /// A number among the logs.
    pub(super) log: Option<usize>,
}

/// The steps of the row with the cursor.
#[derive(Clone, Debug)]
pub(super) enum Steps<'c> {
    /// As the log has them.
    Log(&'c [Step]),
    /// As the service tells them, each with the first step of the log that belongs to it.
    Job(&'c [JobStep], &'c [Step], Vec<Option<usize>>),
}

impl Steps<'_> {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Log(steps) => steps.len(),
            Self::Job(steps, ..) => steps.len(),
        }
    }

    /// The steps of the log that belong to a row.
    pub(super) fn in_log(&self, row: usize) -> Range<usize> {
        match self {
            Self::Log(_) => row..row + 1,
            Self::Job(_, log, pairs) => match pairs.get(row).copied().flatten() {
                // Those that belong to nobody belong to the one before.
                Some(first) => first..pairs[row + 1..].iter().find_map(|next| *next).unwrap_or(log.len()),
                None => 0..0,
            },
        }
    }

    /// The row that a step of the log belongs to.
    pub(super) fn row_of(&self, step: usize) -> Option<usize> {
        match self {
            Self::Log(_) => Some(step),
            Self::Job(_, _, pairs) => pairs.iter().rposition(|first| first.is_some_and(|first| first <= step)),
        }
    }

    /// Where to look first when no cause says where.
    fn first(&self) -> usize {
        match self {
            Self::Log(_) => 0,
            Self::Job(steps, ..) => {
                let red = steps.iter().position(|step| step.progress.is_red());
                red.or_else(|| steps.iter().position(|step| !step.progress.is_over())).unwrap_or(0)
            }
        }
    }
}

impl Ci {
    /// What was told of the jobs of the chosen run.
    pub(super) fn jobs(&self) -> &[Job] {
        self.live.jobs()
    }

    /// The job with the cursor.
    pub(super) fn job(&self) -> Option<&Job> {
        self.jobs().iter().find(|job| Some(job.id) == self.at.job)
    }

    pub(super) fn row_count(&self) -> usize {
        if self.jobs().is_empty() { self.order.len() } else { self.rows.len() }
    }

    pub(super) fn row_at(&self, row: usize) -> Option<JobRow> {
        if self.jobs().is_empty() {
            return self.order.get(row).map(|log| JobRow { job: None, log: Some(*log) });
        }
        self.rows.get(row).copied()
    }

    /// Where the cursor stands among the rows.
    pub(super) fn row(&self) -> usize {
        let is_here = |row: &JobRow| match (row.job.and_then(|job| self.jobs().get(job)), self.at.job) {
            (Some(job), Some(here)) => job.id == here,
            (None, None) => row.log == Some(self.at.log),
            _ => false,
        };
        (0..self.row_count()).filter_map(|row| self.row_at(row)).position(|row| is_here(&row)).unwrap_or(0)
    }

    /// The steps of the row with the cursor.
    pub(super) fn steps(&self) -> Steps<'_> {
        let log = self.log().map_or(&[][..], |log| &log.extract.steps);
        match self.job().filter(|job| !job.steps.is_empty()) {
            Some(job) => Steps::Job(&job.steps, log, steps_of(&job.steps, log)),
            None => Steps::Log(log),
        }
    }

    /// The first block of a step's row.
    pub(super) fn block_of_step(&self, row: usize) -> Option<usize> {
        let within = self.steps().in_log(row);
        self.blocks().iter().position(|block: &Block| block.step.is_some_and(|step| within.contains(&step)))
    }

    /// Puts the cursor on a block of a log, and on its step.
    pub(super) fn go_to(&mut self, log: usize, block: usize) {
        let found = self.logs.get(log).and_then(|log| log.blocks().get(block));
        let (block, step) = (found.map(|_| block), found.and_then(|block| block.step));
        let job = self.rows.iter().find(|row| row.log == Some(log)).and_then(|row| self.jobs().get(row.job?));
        self.at = At { log, block, step: 0, job: job.map(|job| job.id) };
        let steps = self.steps();
        self.at.step = step.and_then(|step| steps.row_of(step)).unwrap_or_else(|| steps.first());
        self.scroll = 0;
    }

    /// Puts the cursor on a row of the jobs.
    pub(super) fn go_to_row(&mut self, row: usize) {
        let Some(JobRow { job, log }) = self.row_at(row) else {
            self.at = At { log: NO_LOG, ..At::default() };
            return;
        };
        if let Some(log) = log {
            return self.go_to(log, 0);
        }
        let job = job.and_then(|job| self.jobs().get(job)).map(|job| job.id);
        self.at = At { log: NO_LOG, block: None, step: 0, job };
        (self.at.step, self.scroll) = (self.steps().first(), 0);
    }

    /// The first cause, or where one would be.
    pub(super) fn go_to_first(&mut self) {
        match self.order.first() {
            Some(log) if self.jobs().is_empty() || self.logs[*log].extract.verdict == Verdict::Failed => {
                self.go_to(*log, 0);
            }
            _ => {
                let job = |row: usize| self.jobs().get(self.row_at(row)?.job?);
                let find = |is: &dyn Fn(Progress) -> bool| {
                    (0..self.row_count()).find(|row| job(*row).is_some_and(|job| is(job.progress)))
                };
                let row = find(&Progress::is_red).or_else(|| find(&|progress| progress == Progress::Running));
                self.go_to_row(row.unwrap_or(0));
            }
        }
    }

    /// Whether there are logs beside those of runs.
    pub(super) fn has_local(&self) -> bool {
        self.looks.keys().any(|source| !self.live.is_tied(*source))
    }

    /// Something else is looked at: from its first cause on.
    pub(super) fn rescope(&mut self) {
        self.is_touched = false;
        self.tops[1..].fill(0);
        self.rejoin();
    }

    /// Logs or jobs of what is looked at have changed: the cursor stays on its job.
    pub(super) fn rejoin(&mut self) {
        let in_scope = |log: &Log| self.live.is_in_scope(log.source);
        let mut order: Vec<_> = (0..self.logs.len()).filter(|n| in_scope(&self.logs[*n])).collect();
        order.sort_by_key(|n| self.logs[*n].rank(self.asked));
        self.order = order;
        self.rows = self.joined();
        if !self.is_touched {
            return self.go_to_first();
        }
        let row = self.row();
        let log = self.row_at(row).and_then(|row| row.log).unwrap_or(NO_LOG);
        if log != self.at.log || self.at.step >= self.steps().len().max(1) {
            self.go_to_row(row);
        }
    }

    /// Jobs with their logs: those that failed first, else as the service has them; then logs that belong to no job.
    fn joined(&self) -> Vec<JobRow> {
        let jobs = self.jobs();
        if jobs.is_empty() {
            return Vec::new();
        }
        let entries = self.order.iter().map(|log| self.logs[*log].name.as_str());
        let entries: Vec<_> = entries.map(|name| name.split_once('!').map_or(name, |(_, entry)| entry)).collect();
        let mut pairs: Vec<_> = logs_of(jobs, &entries).into_iter().map(|at| at.map(|at| self.order[at])).collect();
        // Of a log that was fetched for one job it is known.
        for log in &self.order {
            if let Some(id) = self.live.job_of_source(self.logs[*log].source) {
                pairs.iter_mut().filter(|pair| **pair == Some(*log)).for_each(|pair| *pair = None);
                if let Some(at) = jobs.iter().position(|job| job.id == id) {
                    pairs[at] = Some(*log);
                }
            }
        }
        let mut rows: Vec<_> = pairs.iter().enumerate().map(|(n, log)| JobRow { job: Some(n), log: *log }).collect();
        rows.sort_by_key(|row| !row.job.is_some_and(|job| jobs[job].progress.is_red()));
        let rest = self.order.iter().filter(|log| !pairs.contains(&Some(**log)));
        rows.extend(rest.map(|log| JobRow { job: None, log: Some(*log) }));
        rows
    }
}
