//! The list of runs: its columns and rows.
//!
//! Owns where columns stand and what is in them. Must not know colours or glyphs. All text that leaves here is safe for a
//! terminal, and only rows that are on the screen are made.

use super::ask::is_lively;
use super::told::words_of_bare;
use super::words::{mark, result, roughly, short};
use super::{App, Chosen, CiPane, Live, Watched, filter, health};
use crate::app::ci::Ci;
use crate::app::ci::look::{CiLayout, chips};
use crate::app::format::{Digits, age, thousands, time_of_day};
use crate::app::{Role, TimeStyle, text};
use crate::model::Timestamp;
use crate::model::ci::{Job, Progress, Run};
use crate::model::time::SECOND;
use crate::parse::text::safe_line;

/// Steps that a run is taken to have until they are told, so that little moves when they are.
const STEPS_EXPECTED: usize = 8;
/// From this age on a run's day says more than its time of day (18 h).
const OLD: i64 = 18 * 3600 * SECOND;
/// Columns of results, of durations, and of times.
const RESULT: u16 = 9;
const TOOK: u16 = 6;
const STARTED: u16 = 6;
/// Columns that marks have at least, and that a name keeps for their sake.
const LEAST_MARKS: u16 = 12;
const LEAST_NAME: u16 = 8;

/// The list of runs.
#[derive(Clone, Debug, Default)]
pub struct CiRuns {
    /// The heading, left and right.
    pub heading: (String, String),
    /// Whether it has the focus.
    pub is_focused: bool,
    /// Where columns begin and how wide they are; a width of 0 is one that is not there.
    pub columns: RunColumns,
    /// The rows on the screen.
    pub rows: Vec<RunRow>,
}

/// Where the columns of the runs stand: their first column, and how many they have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunColumns {
    /// `#18842`.
    pub number: (u16, u16),
    /// The repository, when several are watched.
    pub repo: (u16, u16),
    /// The workflow.
    pub workflow: (u16, u16),
    /// The branch.
    pub branch: (u16, u16),
    /// How it is.
    pub result: (u16, u16),
    /// How long it took.
    pub took: (u16, u16),
    /// Marks of its jobs or steps.
    pub marks: (u16, u16),
    /// When it started.
    pub started: (u16, u16),
}

/// A run, or what stands in its place.
#[derive(Clone, Debug, Default)]
pub struct RunRow {
    /// Whether the cursor is on it.
    pub is_cursor: bool,
    /// Its number.
    pub number: String,
    /// Its repository.
    pub repo: String,
    /// Its workflow.
    pub workflow: String,
    /// Its branch.
    pub branch: String,
    /// How it is.
    pub result: Option<(&'static str, Role)>,
    /// How long it took, or has been running.
    pub took: String,
    /// Its jobs, or the steps of its only job: `ok FAIL --`.
    pub marks: Vec<(String, Role)>,
    /// When it started.
    pub started: String,
    /// What stands behind the first column when it is no run.
    pub words: Option<(String, Role)>,
}

impl RunColumns {
    /// Columns for a screen of `width`. They do not follow from what is in them, so that nothing moves.
    fn new(width: u16, number: u16, has_repo: bool, has_time: bool) -> Self {
        let is_wide = width >= 100;
        let (gap, few) = if is_wide { (2, 1) } else { (1, 1) };
        let mut names = match (is_wide, has_repo) {
            (true, false) => [0, 18, 22],
            (true, true) => [22, 16, 18],
            (false, false) => [0, 14, 16],
            (false, true) => [16, 12, 12],
        };
        let started = if has_time { STARTED } else { 0 };
        let fixed = |names: &[u16; 3]| {
            let columns = [number, names[0], names[1], names[2], RESULT, TOOK, started];
            3 + columns.iter().filter(|columns| **columns > 0).map(|columns| columns + gap).sum::<u16>() + few
        };
        while fixed(&names) + gap + LEAST_MARKS > width {
            let Some(widest) = names.iter_mut().rev().max_by_key(|name| **name).filter(|name| **name > LEAST_NAME)
            else {
                break;
            };
            *widest -= 1;
        }
        let marks = width.saturating_sub(fixed(&names) + gap);
        let mut x = 3;
        let mut column = |columns: u16| {
            let at = x;
            x += if columns > 0 { columns + gap } else { 0 };
            (at, columns)
        };
        Self {
            number: column(number),
            repo: column(names[0]),
            workflow: column(names[1]),
            branch: column(names[2]),
            result: column(RESULT),
            took: column(TOOK),
            marks: column(if marks >= 4 { marks } else { 0 }),
            started: column(started),
        }
    }
}

impl Live {
    /// Jobs and steps that the chosen run will turn out to have, as far as runs of its workflow tell.
    pub(in crate::app::ci) fn expected(&self) -> (usize, usize) {
        let Some((repo, run)) = self.chosen_run() else {
            let is_waited_for = matches!(self.chosen, Chosen::Run(..));
            return (0, if is_waited_for { STEPS_EXPECTED } else { 0 });
        };
        if repo.jobs(run).is_some() {
            return (0, 0);
        }
        let alike = repo.runs.iter().flatten().filter(|other| health::is_same_workflow(other, run));
        let jobs = alike.filter_map(|other| repo.jobs(other)).find(|jobs| !jobs.is_empty());
        let steps = |jobs: &[Job]| jobs.iter().map(|job| job.steps.len()).max().unwrap_or(0);
        jobs.map_or((0, STEPS_EXPECTED), |jobs| (jobs.len(), steps(jobs)))
    }

    /// Whether a job of the chosen run both failed and passed on its commit.
    pub(in crate::app::ci) fn is_flaky_job(&self, job: &Job) -> bool {
        self.chosen_run().is_some_and(|(repo, run)| repo.outcomes.is_flaky_job(run, &job.name))
    }
}

/// How long a job or step took, by when it started and ended: while it runs, only roughly.
pub(in crate::app::ci) fn span_words(
    progress: Progress,
    (started, ended): (Option<Timestamp>, Option<Timestamp>),
    now: Timestamp,
) -> String {
    let Some(started) = started.filter(|_| progress != Progress::Waiting) else { return String::new() };
    match ended {
        Some(ended) => age(ended.0.saturating_sub(started.0)),
        None if progress == Progress::Running => short(now.0.saturating_sub(started.0)),
        None => String::new(),
    }
}

impl Ci {
    /// Where the cursor stands among the rows of runs, and how many there are.
    pub(in crate::app::ci) fn run_row(&self) -> (usize, usize) {
        let rows = &self.live.rows;
        (rows.iter().position(|row| *row == self.live.chosen).unwrap_or(0), rows.len())
    }

    /// Whether there is nothing to list: one repository, and nothing of it.
    pub(in crate::app::ci) fn has_only_words(&self) -> bool {
        matches!(self.live.rows.as_slice(), [] | [Chosen::Repo(_)])
    }

    /// Rows of runs between the top of the list and the cursor.
    pub(super) fn runs_above(&self) -> usize {
        self.run_row().0.saturating_sub(self.tops[0])
    }

    /// Leaves the cursor where it is on the screen, whatever came in above. Who has not moved sees what is newest.
    pub(super) fn keep_run_in_place(&mut self, above: usize) {
        if self.live.is_touched {
            self.tops[0] = self.run_row().0.saturating_sub(above);
        }
    }
}

impl App {
    pub(in crate::app::ci) fn runs_list(&self, layout: &CiLayout) -> CiRuns {
        let Some(rows) = layout.runs else { return CiRuns::default() };
        let live = &self.ci.live;
        let room = layout.room_of_runs(rows);
        let (at, all) = self.ci.run_row();
        let newest = live.repos.iter().filter_map(|repo| repo.runs.iter().flatten().map(|run| run.number).max()).max();
        let number = (newest.unwrap_or(0).to_string().len() as u16 + 1).clamp(6, 13);
        let has_time = self.time != TimeStyle::Off;
        let columns = RunColumns::new(self.size.0, number, live.repos.len() > 1, has_time);
        let owner = common_owner(live.repos.iter().map(|repo| repo.repo.path.as_str()));
        let shown = live.rows.iter().skip(self.ci.tops[0]).take(room);
        let rows = shown
            .map(|chosen| RunRow { is_cursor: *chosen == live.chosen, ..self.run_row_of(*chosen, owner, &columns) });
        let words = filter::said(&live.filter);
        let mut left = if words.is_empty() { "Runs".to_owned() } else { format!("Runs: {words}") };
        let mut right = Vec::new();
        if all > room {
            right.push(format!("{} of {}", thousands(at as u64 + 1), thousands(all as u64)));
        }
        right.push(format!("{}: refresh", self.key_of("refresh")));
        right.push(format!("{}: open in browser", self.key_of("open-page")));
        let right = right.join("   ");
        // The heading has three columns at each side and before its right part.
        let room = usize::from(self.size.0).saturating_sub(text::width(&left) + text::width(&right) + 14);
        if live.repos.len() > 1
            && let Some(words) = self.health_of_repos(owner).into_iter().find(|words| text::width(words) <= room)
        {
            left.push_str("   ");
            left.push_str(&words);
        }
        CiRuns { heading: (left, right), is_focused: self.ci_focus() == CiPane::Runs, columns, rows: rows.collect() }
    }

    /// How each repository is on its own branch: `payments red 26m, edge ok`, and shorter.
    fn health_of_repos(&self, owner: usize) -> [String; 2] {
        let (mut all, mut red) = (Vec::new(), 0);
        for watched in &self.ci.live.repos {
            let name = safe_line(watched.repo.path.get(owner..).unwrap_or_default().as_bytes());
            let runs = watched.runs.as_deref().unwrap_or_default();
            let words = match health::of_branch(runs, &watched.default_branch) {
                Some(Err(since)) => {
                    red += 1;
                    let ago = since.at.map(|at| roughly(watched.now(self.now).0.saturating_sub(at.0)));
                    format!("{name} red {}", ago.unwrap_or_default()).trim_end().to_owned()
                }
                Some(Ok(())) if runs.iter().any(|run| watched.outcomes.is_flaky_run(run)) => format!("{name} flaky"),
                Some(Ok(())) => format!("{name} ok"),
                None => format!("{name} ?"),
            };
            all.push(words);
        }
        let count = match red {
            0 => "none red".to_owned(),
            red => format!("{red} of {} red", self.ci.live.repos.len()),
        };
        [all.join(", "), count]
    }

    fn run_row_of(&self, chosen: Chosen, owner: usize, columns: &RunColumns) -> RunRow {
        let safe = |text: &str| safe_line(text.as_bytes()).into_owned();
        let live = &self.ci.live;
        match chosen {
            Chosen::Nothing => RunRow::default(),
            Chosen::Local => {
                let local = self.ci.looks.keys().filter(|source| !live.is_tied(**source));
                let labels: Vec<_> =
                    local.filter_map(|source| self.engine.source(*source)).map(crate::app::status::name).collect();
                RunRow { number: "files".to_owned(), words: Some((labels.join(", "), Role::Text)), ..RunRow::default() }
            }
            Chosen::Repo(at) => {
                let Some(watched) = live.repos.get(at) else { return RunRow::default() };
                let words = words_of_bare(watched);
                let words = (format!("{}: {}", safe(&watched.repo.path), words.0), words.1);
                RunRow { words: Some(words), ..RunRow::default() }
            }
            Chosen::Run(at, id) => {
                let Some((watched, run)) = live.repos.get(at).and_then(|repo| Some((repo, repo.run(id)?))) else {
                    return RunRow::default();
                };
                let now = watched.now(self.now);
                let took = match health::took(run, now) {
                    Some(nanos) if is_lively(run) => short(nanos),
                    Some(nanos) => age(nanos),
                    None => String::new(),
                };
                RunRow {
                    number: format!("#{}", run.number),
                    repo: safe(watched.repo.path.get(owner..).unwrap_or_default()),
                    workflow: safe(&run.workflow),
                    branch: safe(&run.branch),
                    result: Some((result(run.progress), mark(run.progress).1)),
                    took,
                    marks: marks(watched, run, usize::from(columns.marks.1)),
                    started: run.started.map(|at| self.started_words(at, now)).unwrap_or_default(),
                    ..RunRow::default()
                }
            }
        }
    }

    /// The time of day, or the day when that is longer ago. Both times are by the server's clock.
    pub(super) fn started_words(&self, at: Timestamp, now: Timestamp) -> String {
        let ago = now.0.saturating_sub(at.0);
        match self.time {
            TimeStyle::Off => String::new(),
            TimeStyle::Age => roughly(ago).replace("a moment", "now"),
            _ if ago >= OLD => at.to_jiff().to_zoned(self.shown_zone()).strftime("%m-%d").to_string(),
            _ => time_of_day(at, &self.shown_zone(), Digits::Minutes),
        }
    }

    /// What of the runs on the screen changes with the clock.
    pub(in crate::app) fn runs_pulse(&self) -> String {
        let live = &self.ci.live;
        if !self.ci_is_shown() || !live.is_on() {
            return String::new();
        }
        let all = live.repos.iter().flat_map(|repo| repo.runs.iter().flatten().map(move |run| (repo, run)));
        let running = all.filter(|(_, run)| is_lively(run));
        let spans = running.filter_map(|(repo, run)| health::took(run, repo.now(self.now))).map(roughly);
        let mut pulse: String = spans.collect::<Vec<_>>().join(" ");
        if let Some((words, _)) = self.bare_words() {
            pulse.push_str(&words);
        }
        for part in self
            .run_scope()
            .into_iter()
            .flatten()
            .chain(self.run_status().into_iter().flatten().map(|(words, _)| words))
        {
            pulse.push_str(&part);
        }
        pulse
    }

    /// Whether something about runs is shown by the second.
    pub(in crate::app) fn runs_show_seconds(&self) -> bool {
        const MINUTE: i64 = 60 * SECOND;
        let live = &self.ci.live;
        let is_near = |at: Option<Timestamp>| at.is_some_and(|at| (self.now.0.saturating_sub(at.0)).abs() < 2 * MINUTE);
        let is_young = |repo: &Watched, run: &Run| {
            run.started.is_some_and(|at| (repo.now(self.now).0.saturating_sub(at.0)).abs() < 2 * MINUTE)
        };
        self.ci_is_shown()
            && live.is_on()
            && live.repos.iter().any(|repo| {
                let asked = repo.asked.as_ref();
                asked.is_some_and(|asked| is_near(asked.last) || (asked.problem.is_some() && is_near(asked.next)))
                    || repo.runs.iter().flatten().any(|run| is_lively(run) && is_young(repo, run))
            })
    }
}

/// Bytes of the owner, with its `/`, that all repositories have in common.
fn common_owner<'r>(mut paths: impl Iterator<Item = &'r str> + Clone) -> usize {
    let owner = paths.next().and_then(|path| path.rfind('/').map(|slash| &path[..=slash])).unwrap_or_default();
    if paths.all(|path| path.starts_with(owner)) { owner.len() } else { 0 }
}

/// Marks of a run's jobs, or of the steps of its only job, as far as they were told.
fn marks(watched: &Watched, run: &Run, columns: usize) -> Vec<(String, Role)> {
    let states: Vec<_> = match watched.jobs(run).unwrap_or_default() {
        [only] if !only.steps.is_empty() => only.steps.iter().map(|step| mark(step.progress)).collect(),
        jobs => jobs.iter().map(|job| mark(job.progress)).collect(),
    };
    let mut words = Vec::new();
    let mut left = columns;
    if watched.outcomes.is_flaky_run(run) && columns >= 5 {
        words.push(("flaky".to_owned(), Role::Warn));
        left = left.saturating_sub(6);
    }
    words.extend(chips(&states, left));
    words
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn what_all_repositories_have_in_common_is_left_out() {
        let check = |paths: &[&str], expected: usize| {
            assert_eq!(common_owner(paths.iter().copied()), expected, "{paths:?}");
        };
        check(&["acme/a", "acme/b"], 5);
        check(&["acme/a", "acme/b/c"], 5);
        check(&["acme/a/b", "acme/c"], 0);
        check(&["acme/a", "acme2/b"], 0);
        check(&["a", "b"], 0);
    }

    #[test]
    fn columns_fit_the_screen() {
        for width in [60, 72, 80, 99, 100, 120, 200] {
            for has_repo in [false, true] {
                for number in [6, 13] {
                    let at = RunColumns::new(width, number, has_repo, true);
                    let all = [at.number, at.repo, at.workflow, at.branch, at.result, at.took, at.marks, at.started];
                    for pair in all.windows(2) {
                        assert!(pair[0].0 + pair[0].1 <= pair[1].0, "{width}: {at:?}");
                    }
                    assert!(width < 80 || at.started.0 + at.started.1 < width, "{width}: {at:?}");
                    assert!(width < 80 || has_repo || at.marks.1 >= LEAST_MARKS, "{width}: {at:?}");
                }
            }
        }
    }
}
