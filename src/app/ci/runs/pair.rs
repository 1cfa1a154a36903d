//! What belongs together: a job and its log, by the names of archives.
//!
//! Owns what is made of `names`. Must not know archives.

use super::names::{Entry, match_entries};
use crate::model::ci::Job;

/// For each job the number of its log, by the logs' names in their archive. Of a job that has only logs of steps it is the
/// first of these.
pub(in crate::app::ci) fn logs_of(jobs: &[Job], logs: &[&str]) -> Vec<Option<usize>> {
    if let ([_], [_]) = (jobs, logs) {
        return vec![Some(0)];
    }
    let mut found = vec![None; jobs.len()];
    let entries = match_entries(logs, jobs);
    let place = |entry: &Option<Entry>| entry.as_ref().map(|entry| (entry.job, entry.step.is_some()));
    for wants_steps in [false, true] {
        let fitting = entries.iter().map(place).enumerate().filter_map(|(n, place)| Some((n, place?)));
        for (n, (job, _)) in fitting.filter(|(_, (_, is_step))| *is_step == wants_steps) {
            found[job].get_or_insert(n);
        }
    }
    for (job, found) in jobs.iter().zip(&mut found).filter(|(_, found)| found.is_none()) {
        // A file that is called by the job's number.
        *found = logs.iter().position(|log| log.strip_suffix(".txt").unwrap_or(log).parse() == Ok(job.id));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::tests::job;
    use super::*;
    use crate::model::ci::Progress;

    #[test]
    fn jobs_find_their_logs() {
        let check = |jobs: &[&str], logs: &[&str], expected: &[Option<usize>]| {
            let jobs: Vec<_> = jobs.iter().map(|name| job(name, Progress::Passed)).collect();
            assert_eq!(logs_of(&jobs, logs), expected, "{logs:?}");
        };
        check(&["build", "test (linux, 1)"], &["1_test (linux, 1).txt", "0_build.txt"], &[Some(1), Some(0)]);
        check(&["call / inner", "a:b"], &["0_ab.txt", "1_call  inner.txt"], &[Some(1), Some(0)]);
        check(&["build", "lint"], &["-1_build.txt", "0_lint.txt"], &[Some(0), Some(1)]);
        check(&["build", "lint"], &["0_build tools.txt"], &[None, None]);
        check(&["whatever"], &["log"], &[Some(0)]);
        check(&["a", "b"], &[], &[None, None]);
        check(&["a", "b"], &["b/3_Test.txt", "b/1_Set up job.txt", "0_a.txt"], &[Some(2), Some(0)]);
        let mut numbered = job("deploy: prod", Progress::Failed);
        numbered.id = 77_001;
        assert_eq!(logs_of(&[numbered, job("x", Progress::Passed)], &["0_x.txt", "77001.txt"]), [Some(1), Some(0)]);
    }
}
