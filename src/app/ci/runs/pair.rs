//! What belongs together: a job and its log, by the names of archives; a step and its part of the log.
//!
//! Owns these guesses. Must not know archives; a wrong guess costs a jump to a wrong line, never a wrong cause.

use crate::analysis::extract::Step;
use crate::model::Timestamp;
use crate::model::ci::{Job, JobStep, Progress};
use crate::model::time::SECOND;
use std::collections::HashMap;

/// UTF-16 units that archives keep of a job's name.
const UNITS: usize = 90;

/// For each job the number of its log, by the logs' names as they stand in rows.
pub(in crate::app::ci) fn logs_of(jobs: &[Job], logs: &[&str]) -> Vec<Option<usize>> {
    if let ([_], [_]) = (jobs, logs) {
        return vec![Some(0)];
    }
    let keys: Vec<_> = logs.iter().map(|log| key(log)).collect();
    let mut by_key: HashMap<&str, Vec<usize>> = HashMap::new();
    for (n, key) in keys.iter().enumerate().rev() {
        by_key.entry(key).or_default().push(n);
    }
    // Those of the same name in their order.
    let mut take = |key: &str| by_key.get_mut(key).and_then(Vec::pop);
    let mut found: Vec<_> =
        jobs.iter().map(|job| take(&job.id.to_string()).or_else(|| take(&key(&job.name)))).collect();
    // A number behind the name tells jobs of the same name apart.
    let mut is_taken = vec![false; logs.len()];
    found.iter().flatten().for_each(|log| is_taken[*log] = true);
    for (job, found) in jobs.iter().zip(&mut found).filter(|(_, found)| found.is_none()) {
        let name = key(&job.name);
        let is_numbered = |log: &String| {
            let rest = log.strip_prefix(&name).filter(|_| !name.is_empty());
            rest.is_some_and(|rest| {
                rest.bytes().any(|b| b.is_ascii_digit()) && rest.bytes().all(|b| !b.is_ascii_alphabetic())
            })
        };
        *found = (0..logs.len()).find(|n| !is_taken[*n] && is_numbered(&keys[*n]));
        if let Some(log) = *found {
            is_taken[log] = true;
        }
    }
    found
}

/// What is left of a name in an archive.
fn key(name: &str) -> String {
    let name = name.trim_start_matches('-');
    let digits = name.len() - name.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    // Legacy archives write `-1_name`.
    let name = name[digits..].strip_prefix('_').filter(|rest| digits > 0 && !rest.is_empty()).unwrap_or(name);
    let mut units = 0;
    let kept = name.chars().filter(|c| !"/:\\\"<>|*?\r\n".contains(*c)).take_while(|c| {
        units += c.len_utf16();
        units <= UNITS
    });
    let kept: String = kept.collect();
    kept.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// For each step of a job the step of its log, in the order of both: by the name, else by the time.
pub(in crate::app::ci) fn steps_of(steps: &[JobStep], log: &[Step]) -> Vec<Option<usize>> {
    let mut found = vec![None; steps.len()];
    let mut from = 0;
    for (n, part) in log.iter().enumerate() {
        let rest = &steps[from..];
        let by_name = rest.iter().position(|step| is_named(step, &part.name));
        let by_time = || rest.iter().position(|step| is_within(step, part.began));
        if let Some(at) = by_name.or_else(by_time) {
            found[from + at] = Some(n);
            from += at + 1;
        }
    }
    found
}

fn is_named(step: &JobStep, name: &str) -> bool {
    let bare = name.strip_prefix("Run ").unwrap_or(name);
    step.progress != Progress::Skipped && (step.name == name || step.name == bare)
}

/// Whether something began while a step ran. The service's times are whole seconds.
fn is_within(step: &JobStep, began: Option<Timestamp>) -> bool {
    let (Some(start), Some(began)) = (step.started, began) else { return false };
    let end = step.ended.map_or(i64::MAX, |end| end.0.saturating_add(SECOND));
    step.progress != Progress::Skipped && (start.0..end).contains(&began.0)
}

#[cfg(test)]
mod tests {
    use super::super::tests::job;
    use super::*;
    use crate::analysis::extract::StepState;

    #[test]
    fn jobs_find_their_logs() {
        let check = |jobs: &[&str], logs: &[&str], expected: &[Option<usize>]| {
            let jobs: Vec<_> = jobs.iter().map(|name| job(name, Progress::Passed)).collect();
            assert_eq!(logs_of(&jobs, logs), expected, "{logs:?}");
        };
        check(&["build", "test (linux, 1)"], &["test (linux, 1)", "build"], &[Some(1), Some(0)]);
        check(&["call / inner", "a:b"], &["ab", "call  inner"], &[Some(1), Some(0)]);
        check(&["build", "lint"], &["-1_build", "lint"], &[Some(0), Some(1)]);
        check(&["build", "build", "lint"], &["build", "build (1)", "lint"], &[Some(0), Some(1), Some(2)]);
        check(&["build", "lint"], &["build tools"], &[None, None]);
        check(&["whatever"], &["log"], &[Some(0)]);
        check(&["a", "b"], &[], &[None, None]);
        let long = "x".repeat(200);
        check(&[&long, "y"], &["y", &long[..90]], &[Some(1), Some(0)]);
        let mut numbered = job("deploy: prod", Progress::Failed);
        numbered.id = 77_001;
        assert_eq!(logs_of(&[numbered, job("x", Progress::Passed)], &["x", "77001"]), [Some(1), Some(0)]);
    }

    #[test]
    fn steps_find_their_part_of_the_log() {
        let at = |second: i64| Some(Timestamp(second * SECOND));
        let step = |name: &str, from: i64, to: i64, progress| JobStep {
            number: 1,
            name: name.to_owned(),
            progress,
            started: at(from),
            ended: at(to),
        };
        let part = |name: &str, second: i64| Step {
            name: name.to_owned(),
            start: 1,
            offset: 0,
            end: 1,
            state: StepState::Passed,
            began: at(second).map(|at| Timestamp(at.0 + SECOND / 2)),
            ended: None,
            errors: 0,
        };
        let steps = [
            step("Set up job", 0, 3, Progress::Passed),
            step("Run actions/checkout@v4", 3, 4, Progress::Passed),
            step("docs", 4, 4, Progress::Skipped),
            step("integration tests", 4, 90, Progress::Failed),
            step("Complete job", 90, 90, Progress::Passed),
        ];
        let log = [part("Set up job", 0), part("Run actions/checkout@v4", 3), part("Run cargo test", 4)];
        assert_eq!(steps_of(&steps, &log), [Some(0), Some(1), None, Some(2), None]);
        assert_eq!(steps_of(&steps, &[]), [None; 5]);
        assert_eq!(steps_of(&[], &log), []);
        // Without times there are only names.
        let bare = [Step { began: None, ..part("Run cargo test", 4) }];
        assert_eq!(steps_of(&steps, &bare), [None; 5]);
    }
}
