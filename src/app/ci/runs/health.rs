//! How the runs of a workflow on a branch are: red since when, flaky, slow.
//!
//! Owns these judgements, which follow from the runs alone. Must not know how they are said or drawn.

use crate::model::Timestamp;
use crate::model::ci::{Job, Progress, Run};
use std::collections::HashMap;

/// The passed runs that a duration is compared with: so many at most, and so many at least.
const MOST_COMPARED: usize = 20;
const LEAST_COMPARED: usize = 3;

/// Since when a workflow fails on a branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Red {
    /// The first failed run after the last passed one, by its number.
    pub(super) since: u64,
    /// When that one started.
    pub(super) at: Option<Timestamp>,
    /// How many failed since, with that one.
    pub(super) runs: usize,
    /// Whether a passed run is known before it. Without one it may be red for longer.
    pub(super) is_exact: bool,
}

/// Whether both runs are of the same workflow and branch.
pub(super) fn is_same_line(a: &Run, b: &Run) -> bool {
    is_same_workflow(a, b) && a.branch == b.branch
}

pub(super) fn is_same_workflow(a: &Run, b: &Run) -> bool {
    if a.workflow_id != 0 && b.workflow_id != 0 { a.workflow_id == b.workflow_id } else { a.workflow == b.workflow }
}

/// Whether it counts as green: what was allowed to fail may have failed.
pub(super) const fn is_green(progress: Progress) -> bool {
    matches!(progress, Progress::Passed | Progress::Tolerated)
}

/// Since when the workflow and branch of `of` are red; `runs` are the newest first. Runs that are under way or were
/// cancelled tell nothing.
pub(super) fn red(runs: &[Run], of: &Run) -> Option<Red> {
    let mut found: Option<Red> = None;
    for run in runs.iter().filter(|run| is_same_line(run, of)) {
        if is_green(run.progress) {
            return found.map(|red| Red { is_exact: true, ..red });
        }
        if run.progress.is_red() {
            let runs = found.map_or(0, |red| red.runs) + 1;
            found = Some(Red { since: run.number, at: run.started, runs, is_exact: false });
        }
    }
    found
}

/// Whether a run failed, and none of its workflow and branch passed since.
pub(super) fn is_still_red(runs: &[Run], run: &Run) -> bool {
    let newer = runs.iter().take_while(|other| other.id != run.id);
    run.progress.is_red() && !newer.filter(|other| is_same_line(other, run)).any(|other| is_green(other.progress))
}

/// How a repository is on its own branch: the oldest red workflow, or all are green. Nothing when no run is over.
pub(super) fn of_branch(runs: &[Run], branch: &str) -> Option<Result<(), Red>> {
    let telling = |run: &&Run| run.branch == branch && (run.progress.is_red() || is_green(run.progress));
    let mut reds: Vec<Red> = runs.iter().filter(telling).filter_map(|run| red(runs, run)).collect();
    reds.sort_by_key(|red| red.at);
    runs.iter().find(telling)?;
    Some(reds.into_iter().next().map_or(Ok(()), Err))
}

/// The newest passed run of the same workflow and branch.
pub(super) fn last_green<'r>(runs: &'r [Run], of: &Run) -> Option<&'r Run> {
    runs.iter().find(|run| is_green(run.progress) && is_same_line(run, of))
}

/// How long a run took, or has been running, in nanoseconds.
pub fn took(run: &Run, now: Timestamp) -> Option<i64> {
    let start = run.started?;
    let end = match run.progress {
        Progress::Waiting | Progress::Skipped => return None,
        progress if progress.is_over() => run.updated?,
        _ => now,
    };
    Some(end.0.saturating_sub(start.0).max(0))
}

/// How long the last passed runs of the same workflow took: on the same branch, else on any. The median, in nanoseconds;
/// nothing when they are too few to say.
pub(super) fn usual(runs: &[Run], of: &Run) -> Option<i64> {
    let median = |is_wanted: &dyn Fn(&Run) -> bool| {
        let passed = runs.iter().filter(|run| run.id != of.id && is_green(run.progress) && is_wanted(run));
        let mut all: Vec<_> = passed.filter_map(|run| took(run, Timestamp(0))).take(MOST_COMPARED).collect();
        all.sort_unstable();
        let middle = *all.get(all.len() / 2)?;
        let below = *all.get(all.len().checked_sub(1)? / 2)?;
        (all.len() >= LEAST_COMPARED).then_some(below + (middle - below) / 2)
    };
    median(&|run| is_same_line(run, of)).or_else(|| median(&|run| is_same_workflow(run, of)))
}

/// A part of the duration that is worth a word, in percent of the usual one.
const SLOW: i128 = 150;

/// Whether a run took so much longer than usual that it is worth a word.
pub(super) fn is_slow(took: i64, usual: i64) -> bool {
    i128::from(took) * 100 >= i128::from(usual) * SLOW
}

/// How runs and jobs ended on which commit, so that it shows when the same one failed and passed.
#[derive(Debug, Default)]
pub(super) struct Outcomes {
    seen: HashMap<Subject, Seen>,
}

/// A workflow, or one of its jobs, on a commit.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Subject {
    workflow: (u64, String),
    sha: String,
    /// Empty for the run as a whole.
    job: String,
}

#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    failed: bool,
    passed: bool,
}

impl Subject {
    fn of(run: &Run, job: &str) -> Self {
        // The id says it all, where there is one.
        let name = if run.workflow_id == 0 { run.workflow.clone() } else { String::new() };
        Self { workflow: (run.workflow_id, name), sha: run.sha.clone(), job: job.to_owned() }
    }
}

impl Outcomes {
    /// Takes in what is known of all runs, and forgets commits that none of them is for.
    pub(super) fn take_runs(&mut self, runs: &[Run]) {
        self.seen.retain(|subject, _| runs.iter().any(|run| run.sha == subject.sha));
        for run in runs {
            self.take(Subject::of(run, ""), run.progress);
        }
    }

    /// Takes in the jobs of a run.
    pub(super) fn take_jobs(&mut self, run: &Run, jobs: &[Job]) {
        for job in jobs {
            for progress in job.earlier.iter().chain([&job.progress]) {
                self.take(Subject::of(run, &job.name), *progress);
            }
        }
    }

    fn take(&mut self, subject: Subject, progress: Progress) {
        if subject.sha.is_empty() || !(progress.is_red() || is_green(progress)) {
            return;
        }
        let seen = self.seen.entry(subject).or_default();
        seen.failed |= progress.is_red();
        seen.passed |= progress == Progress::Passed;
    }

    /// Whether the run's workflow, or one of its jobs, both failed and passed on its commit.
    pub(super) fn is_flaky_run(&self, run: &Run) -> bool {
        self.is_flaky_job(run, "") || !self.flaky_jobs(run).is_empty()
    }

    /// The jobs of a run's workflow that both failed and passed on its commit, by name.
    pub(super) fn flaky_jobs(&self, run: &Run) -> Vec<&str> {
        let of = Subject::of(run, "");
        let is_of = |subject: &Subject| subject.workflow == of.workflow && subject.sha == of.sha;
        let flaky = self.seen.iter().filter(|(subject, seen)| is_of(subject) && seen.failed && seen.passed);
        let mut jobs: Vec<_> = flaky.map(|(subject, _)| subject.job.as_str()).filter(|job| !job.is_empty()).collect();
        jobs.sort_unstable();
        jobs
    }

    /// Whether a job of this name both failed and passed on the run's commit.
    pub(super) fn is_flaky_job(&self, run: &Run, job: &str) -> bool {
        self.seen.get(&Subject::of(run, job)).is_some_and(|seen| seen.failed && seen.passed)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{job, run};
    use super::*;
    use crate::model::time::SECOND;
    use Progress::{Cancelled, Failed, Passed, Running, TimedOut, Tolerated};

    /// Runs of one workflow on `main`, the newest first; the first is number 9.
    fn runs(states: &[Progress]) -> Vec<Run> {
        states.iter().enumerate().map(|(n, state)| run(9 - n as u64, "main", *state)).collect()
    }

    #[test]
    fn red_begins_with_the_first_failed_run_after_the_last_passed_one() {
        let check = |states: &[Progress], expected: Option<(u64, usize, bool)>| {
            let runs = runs(states);
            let found = red(&runs, &runs[0]).map(|red| (red.since, red.runs, red.is_exact));
            assert_eq!(found, expected, "{states:?}");
        };
        check(&[Failed, Passed], Some((9, 1, true)));
        check(&[Failed, Failed, TimedOut, Passed, Failed], Some((7, 3, true)));
        check(&[Failed, Cancelled, Failed, Tolerated], Some((7, 2, true)));
        check(&[Running, Failed, Passed], Some((8, 1, true)));
        check(&[Failed, Failed], Some((8, 2, false)));
        check(&[Passed, Failed], None);
        check(&[Running, Cancelled], None);
        let mut others = runs(&[Failed, Passed, Failed, Passed]);
        (others[1].branch, others[3].workflow_id) = ("feat".to_owned(), 77);
        let found = red(&others, &others[0]).map(|red| (red.since, red.runs, red.is_exact));
        assert_eq!(found, Some((7, 2, false)), "what passed is another branch or workflow");
    }

    #[test]
    fn a_failed_run_is_red_until_one_like_it_passes() {
        let check = |states: &[Progress], n: usize, expected: bool| {
            let runs = runs(states);
            assert_eq!(is_still_red(&runs, &runs[n]), expected, "{states:?}");
        };
        check(&[Running, Failed], 1, true);
        check(&[Passed, Failed], 1, false);
        check(&[Failed, Passed], 1, false);
        let mut other = runs(&[Passed, Failed]);
        other[0].branch = "feat".to_owned();
        assert!(is_still_red(&other, &other[1]));
        assert_eq!(last_green(&other, &other[1]), None);
        let usual = runs(&[Failed, Tolerated, Passed]);
        assert_eq!(last_green(&usual, &usual[0]).map(|run| run.number), Some(8));
    }

    #[test]
    fn a_repository_is_as_red_as_its_oldest_red_workflow() {
        let check = |runs: &[Run], expected: Option<Result<(), u64>>| {
            assert_eq!(of_branch(runs, "main").map(|how| how.map_err(|red| red.since)), expected);
        };
        check(&[], None);
        check(&runs(&[Running]), None);
        check(&runs(&[Running, Passed, Failed]), Some(Ok(())));
        check(&runs(&[Failed, Failed, Passed]), Some(Err(8)));
        let mut two = runs(&[Failed, Failed, Passed]);
        two[1].workflow_id = 77;
        check(&two, Some(Err(8)));
        two[1].branch = "feat".to_owned();
        check(&two, Some(Err(9)));
    }

    #[test]
    fn a_duration_is_compared_with_the_median_of_passed_runs() {
        let check = |seconds: &[i64], expected: Option<i64>| {
            let mut runs = runs(&vec![Passed; seconds.len() + 1]);
            for (run, seconds) in runs[1..].iter_mut().zip(seconds) {
                run.updated = run.started.map(|start| Timestamp(start.0 + seconds * SECOND));
            }
            assert_eq!(usual(&runs, &runs[0]).map(|nanos| nanos / SECOND), expected, "{seconds:?}");
        };
        check(&[10, 1000, 20], Some(20));
        check(&[10, 20, 30, 40], Some(25));
        check(&[10, 20], None);
        check(&[], None);
        let mut elsewhere = runs(&[Failed, Passed, Passed, Passed]);
        elsewhere[0].branch = "feat".to_owned();
        assert!(usual(&elsewhere, &elsewhere[0]).is_some(), "a new branch has none of its own");
    }

    #[test]
    fn half_as_long_again_is_slow() {
        let check =
            |took: i64, usual: i64, expected: bool| assert_eq!(is_slow(took, usual), expected, "{took} {usual}");
        check(149, 100, false);
        check(150, 100, true);
        // A service may tell any time: 290 years, against one second.
        check(i64::MAX, SECOND, true);
        check(i64::MAX / 2, i64::MAX, false);
    }

    #[test]
    fn what_takes_time_is_known_of_runs_that_began() {
        let mut one = run(1, "main", Running);
        one.started = Some(Timestamp(10 * SECOND));
        one.updated = Some(Timestamp(20 * SECOND));
        let check = |run: &Run, progress: Progress, expected: Option<i64>| {
            let run = Run { progress, ..run.clone() };
            assert_eq!(took(&run, Timestamp(60 * SECOND)).map(|nanos| nanos / SECOND), expected, "{progress:?}");
        };
        check(&one, Running, Some(50));
        check(&one, Passed, Some(10));
        check(&one, Progress::Waiting, None);
        check(&Run { started: None, ..one.clone() }, Passed, None);
        // A clock that is wrong.
        check(&Run { started: Some(Timestamp(99 * SECOND)), ..one }, Running, Some(0));
    }

    #[test]
    fn flaky_is_what_failed_and_passed_on_the_same_commit() {
        let (mut failed, mut passed) = (run(8, "main", Failed), run(9, "feat", Passed));
        failed.sha = passed.sha.clone();
        let mut outcomes = Outcomes::default();
        outcomes.take_runs(std::slice::from_ref(&failed));
        assert!(!outcomes.is_flaky_run(&failed));
        outcomes.take_runs(&[passed.clone(), failed.clone()]);
        assert!(outcomes.is_flaky_run(&failed) && outcomes.is_flaky_run(&passed));
        // A second attempt of the same run, of which one job had failed.
        outcomes.take_jobs(&failed, &[job("a", Failed), job("b", Passed)]);
        outcomes.take_jobs(&failed, &[job("a", Passed), job("b", Passed)]);
        assert!(outcomes.is_flaky_job(&failed, "a") && !outcomes.is_flaky_job(&failed, "b"));
        assert_eq!(outcomes.flaky_jobs(&failed), ["a"]);
        let again = Job { earlier: vec![Failed], ..job("c", Passed) };
        outcomes.take_jobs(&failed, &[again, Job { earlier: vec![Failed], ..job("d", Failed) }]);
        assert_eq!(outcomes.flaky_jobs(&failed), ["a", "c"]);
        let other = run(10, "main", Passed);
        outcomes.take_runs(std::slice::from_ref(&other));
        assert!(!outcomes.is_flaky_run(&failed), "nobody shows that commit any more");
        passed.sha.clear();
        outcomes.take_runs(&[Run { progress: Failed, ..passed.clone() }, passed.clone()]);
        assert!(!outcomes.is_flaky_run(&passed), "no commit is no commit that they share");
    }
}
