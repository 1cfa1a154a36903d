//! Which runs there are to see, in which order, and which of them is looked at first.
//!
//! Owns these choices. Must not know how they are asked for or drawn.

use super::Watched;
use super::health::is_still_red;
use crate::model::Timestamp;
use crate::model::ci::{Progress, Run, RunFilter};

/// A run among all: its repository's number, and its id.
pub(super) type RunAt = (usize, u64);

/// The run that is shown first: the newest that is red on its repository's own branch and that nothing passed after; else
/// the newest such on any branch; else the newest of all.
pub(super) fn first(repos: &[Watched], filter: &RunFilter) -> Option<RunAt> {
    let all = merged(repos, filter);
    let run = |at: &&RunAt| repos[at.0].run(at.1);
    let is_red =
        |at: &&RunAt| run(at).is_some_and(|run| is_still_red(repos[at.0].runs.as_deref().unwrap_or_default(), run));
    let is_own = |at: &&RunAt| run(at).is_some_and(|run| run.branch == repos[at.0].default_branch);
    let own = all.iter().find(|at| is_red(at) && is_own(at));
    own.or_else(|| all.iter().find(is_red)).or_else(|| all.first()).copied()
}

/// All runs that the filter lets through. Each repository's stay in its order; of several the one that started last
/// comes first.
pub(super) fn merged(repos: &[Watched], filter: &RunFilter) -> Vec<RunAt> {
    let mut lists: Vec<_> = repos
        .iter()
        .enumerate()
        .map(|(at, repo)| {
            let runs = repo.runs.iter().flatten().filter(|run| passes(filter, run));
            (at, runs.peekable())
        })
        .collect();
    let mut all = Vec::new();
    loop {
        let started = |run: &Run| run.started.unwrap_or(Timestamp(i64::MAX));
        let heads = lists.iter_mut().enumerate().filter_map(|(n, (_, runs))| Some((started(runs.peek()?), n)));
        // Of equals the repository that was named first.
        let Some((_, n)) = heads.max_by_key(|(at, n)| (*at, std::cmp::Reverse(*n))) else { return all };
        let (repo, runs) = &mut lists[n];
        all.extend(runs.next().map(|run| (*repo, run.id)));
    }
}

/// Whether a filter lets a run through. The service has filtered already, by names that are not told here.
pub(super) fn passes(filter: &RunFilter, run: &Run) -> bool {
    let ending = std::path::Path::new(&filter.workflow).extension();
    let is_file = ending.is_some_and(|ending| ending == "yml" || ending == "yaml");
    let is_workflow = |name: &str| name.is_empty() || is_file || name.eq_ignore_ascii_case(&run.workflow);
    (filter.branch.is_empty() || filter.branch == run.branch)
        && is_workflow(&filter.workflow)
        && (filter.actor.is_empty() || filter.actor.eq_ignore_ascii_case(&run.actor))
        && filter.only.is_none_or(|only| only == run.progress || (only == Progress::Failed && run.progress.is_red()))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{run, watched};
    use super::*;
    use Progress::{Failed, Passed, Running, TimedOut};

    fn started(run: Run, second: i64) -> Run {
        Run { started: Some(Timestamp(second * crate::model::time::SECOND)), ..run }
    }

    #[test]
    fn the_newest_red_run_of_the_own_branch_is_shown_first() {
        let check = |runs: &[(&str, Progress)], expected: Option<u64>| {
            let runs = runs.iter().enumerate().map(|(n, (branch, state))| run(9 - n as u64, branch, *state)).collect();
            let found = first(&[watched("a/b", runs)], &RunFilter::default());
            assert_eq!(found.map(|(_, id)| id), expected.map(|number| 1000 + number));
        };
        check(&[("feat", Failed), ("main", Running), ("main", Failed), ("main", Failed)], Some(7));
        check(&[("main", Passed), ("feat", TimedOut), ("main", Failed)], Some(8));
        check(&[("main", Passed), ("main", Failed)], Some(9));
        check(&[("feat", Running), ("main", Passed)], Some(9));
        check(&[], None);
    }

    #[test]
    fn runs_of_several_repositories_are_one_list() {
        let a = [(9, 90), (8, 40), (7, 50)].map(|(n, at)| started(run(n, "main", Passed), at)).to_vec();
        let b = [(5, 60), (4, 10)].map(|(n, at)| started(run(n, "main", Passed), at)).to_vec();
        let mut unknown = watched("c/c", Vec::new());
        unknown.runs = None;
        let repos = [watched("a/a", a), unknown, watched("b/b", b)];
        let all = merged(&repos, &RunFilter::default());
        assert_eq!(all, [(0, 1009), (2, 1005), (0, 1008), (0, 1007), (2, 1004)], "each keeps its own order");
    }

    #[test]
    fn filters_let_runs_through() {
        let mut one = run(9, "main", TimedOut);
        (one.actor, one.workflow) = ("Ann".to_owned(), "Build".to_owned());
        let check = |filter: RunFilter, expected: bool| assert_eq!(passes(&filter, &one), expected, "{filter:?}");
        let none = RunFilter::default;
        check(none(), true);
        check(RunFilter { branch: "main".to_owned(), ..none() }, true);
        check(RunFilter { branch: "Main".to_owned(), ..none() }, false);
        check(RunFilter { workflow: "build".to_owned(), ..none() }, true);
        check(RunFilter { workflow: "ci.yml".to_owned(), ..none() }, true);
        check(RunFilter { workflow: "deploy".to_owned(), ..none() }, false);
        check(RunFilter { actor: "ann".to_owned(), ..none() }, true);
        check(RunFilter { only: Some(Failed), ..none() }, true);
        check(RunFilter { only: Some(Passed), ..none() }, false);
    }
}
