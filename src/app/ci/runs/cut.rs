//! Which part of a job's log is which of its steps: archives often have no files of steps.
//!
//! Owns the fitting of marks (`##[group]Run …`, `Post job cleanup.`, as the extractor found them) to steps; pure. Must not
//! read logs.

use crate::analysis::extract::Step;
use crate::model::Timestamp;
use crate::model::ci::{JobStep, Progress};
use crate::model::time::SECOND;

/// What the extractor calls the lines before the first mark.
const SET_UP: &str = "Set up job";
const RUN: &str = "Run ";
const POST: &str = "Post job cleanup";

/// What a step's first line looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// The first of the log.
    First,
    /// `##[group]Run …`
    Run,
    /// `Post job cleanup.`
    Post,
    /// It has no mark.
    Last,
}

impl Form {
    fn of_step(step: &JobStep) -> Self {
        match step.name.as_str() {
            SET_UP => Self::First,
            "Complete job" => Self::Last,
            name if name.starts_with("Post ") => Self::Post,
            _ => Self::Run,
        }
    }

    fn of_mark(mark: &Step) -> Self {
        match mark.name.as_str() {
            SET_UP => Self::First,
            POST => Self::Post,
            _ => Self::Run,
        }
    }
}

/// For each step the mark with which it begins; it ends where the next one begins. Steps that were left out, or whose
/// beginning is not found, have none: their lines stay with the step before. Marks never fall.
pub(in crate::app::ci) fn cut(steps: &[JobStep], marks: &[Step]) -> Vec<Option<usize>> {
    let has_run = |n: &usize| !matches!(steps[*n].progress, Progress::Skipped | Progress::Waiting);
    let mut ran: Vec<usize> = (0..steps.len()).filter(has_run).collect();
    ran.sort_by_key(|n| steps[*n].number);
    let order: Vec<&JobStep> = ran.iter().map(|n| &steps[*n]).collect();
    let mut found = vec![None; steps.len()];
    let mut next = 0;
    for (at, step) in order.iter().enumerate() {
        let form = Form::of_step(step);
        // What stands before the first mark is the first step's, whatever that is called.
        let is_first = at == 0 && (form == Form::First || step.number <= 1);
        let mark = match marks.first() {
            Some(first) if is_first && Form::of_mark(first) == Form::First => Some(0),
            _ => find(&marks[next..], step, form, &order[at + 1..]).map(|mark| next + mark),
        };
        if let Some(mark) = mark {
            found[ran[at]] = Some(mark);
            next = mark + 1;
        }
    }
    found
}

/// The mark at which a step begins, among those that are left.
fn find(marks: &[Step], step: &JobStep, form: Form, later: &[&JobStep]) -> Option<usize> {
    let fits: Vec<usize> = (0..marks.len()).filter(|at| Form::of_mark(&marks[*at]) == form).collect();
    // Steps inside of a composite one print marks of their own; times tell them from the next step's.
    let end = later.iter().find_map(|next| next.started);
    let in_time: Vec<usize> = match step.started {
        Some(start) => fits.iter().copied().filter(|at| is_within(marks[*at].began, start, end)).collect(),
        None => fits.clone(),
    };
    let is_named = |at: &&usize| is_name(&marks[**at], step);
    if let Some(named) = in_time.iter().find(is_named) {
        return Some(*named);
    }
    let has_times = step.started.is_some() && marks.iter().any(|mark| mark.began.is_some());
    if has_times {
        // A mark that names a later step of the same second is that one's, and what follows is not ours either.
        return in_time.into_iter().next().filter(|at| !later.iter().any(|next| is_name(&marks[*at], next)));
    }
    if let Some(named) = fits.iter().find(is_named) {
        return Some(*named);
    }
    // Without times, marks can be counted, if no step has marks of its own.
    let steps = later.iter().filter(|next| Form::of_step(next) == form).count() + 1;
    fits.first().copied().filter(|_| fits.len() == steps || form != Form::Run)
}

/// Whether a mark's time lies in a step. The service gives whole seconds, rounded down.
fn is_within(time: Option<Timestamp>, start: Timestamp, end: Option<Timestamp>) -> bool {
    let Some(time) = time else { return false };
    time >= start && end.is_none_or(|end| time < end.saturating_add(SECOND))
}

/// Whether a mark says a step's name, which is `Run COMMAND` when the workflow gives it none.
fn is_name(mark: &Step, step: &JobStep) -> bool {
    let (said, name) = (mark.name.trim(), step.name.trim());
    said.len() > RUN.len() && (said == name || said.strip_prefix(RUN) == Some(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::extract::StepState;

    fn step(number: u32, name: &str, start: Option<i64>) -> JobStep {
        let started = start.map(|s| Timestamp(s * SECOND));
        JobStep { number, name: name.into(), progress: Progress::Passed, started, ended: None }
    }

    fn mark(line: u64, millis: Option<i64>, name: &str) -> Step {
        Step {
            name: name.to_owned(),
            start: line,
            offset: 0,
            end: line,
            state: StepState::Passed,
            began: millis.map(|m| Timestamp(m * 1_000_000)),
            ended: None,
            errors: 0,
        }
    }

    /// The number of each step that has a part, and the line where it begins; lines before the first mark are a part.
    #[track_caller]
    fn check(marks: &[Step], steps: &[JobStep], expected: &[(u32, u64)]) {
        let marks: Vec<_> = [mark(1, None, "Set up job")].into_iter().chain(marks.iter().cloned()).collect();
        let pairs = steps.iter().zip(cut(steps, &marks));
        let cuts: Vec<_> = pairs.filter_map(|(step, mark)| Some((step.number, marks[mark?].start))).collect();
        assert_eq!(cuts, expected);
        assert!(cuts.is_sorted_by_key(|(_, line)| *line), "{cuts:?}");
    }

    #[test]
    fn steps_begin_at_their_marks() {
        let steps = [
            step(1, "Set up job", Some(100)),
            step(2, "Run actions/checkout@v4", Some(102)),
            step(3, "Build", Some(105)),
            step(8, "Post Run actions/checkout@v4", Some(200)),
            step(9, "Complete job", Some(201)),
        ];
        let marks = [
            mark(20, Some(102_100), "Run actions/checkout@v4"),
            mark(40, Some(105_000), "Run make"),
            mark(900, Some(200_500), "Post job cleanup"),
        ];
        check(&marks, &steps, &[(1, 1), (2, 20), (3, 40), (8, 900)]);
    }

    #[test]
    fn marks_inside_of_a_composite_step_are_its_own() {
        let steps = [
            step(1, "Set up job", Some(100)),
            step(2, "Set up tools", Some(102)),
            step(3, "Test", Some(150)),
            step(4, "Report", Some(160)),
        ];
        let marks = [
            mark(10, Some(102_100), "Run ./.github/actions/tools"),
            mark(30, Some(110_000), "Run apt-get install"),
            mark(50, Some(120_000), "Run cargo install x"),
            mark(80, Some(150_200), "Run cargo test"),
            mark(90, Some(160_200), "Run report"),
        ];
        check(&marks, &steps, &[(1, 1), (2, 10), (3, 80), (4, 90)]);
    }

    #[test]
    fn steps_of_one_second_are_told_apart_by_order_and_name() {
        let steps = [
            step(1, "Set up job", Some(100)),
            step(2, "A", Some(102)),
            step(3, "Run b", Some(102)),
            step(4, "C", Some(102)),
        ];
        let marks =
            [mark(10, Some(102_100), "Run a"), mark(20, Some(102_300), "Run b"), mark(30, Some(102_600), "Run c")];
        check(&marks, &steps, &[(1, 1), (2, 10), (3, 20), (4, 30)]);
        // The first has no mark; the second's is not taken for it.
        check(&marks[1..], &steps, &[(1, 1), (3, 20), (4, 30)]);
    }

    #[test]
    fn steps_that_did_not_run_have_no_cut() {
        let mut steps = vec![step(1, "Set up job", Some(1)), step(2, "Build", Some(2)), step(3, "Notify", None)];
        steps[2].progress = Progress::Skipped;
        check(&[mark(5, Some(2_000), "Run make")], &steps, &[(1, 1), (2, 5)]);
        check(&[], &steps, &[(1, 1)]);
        check(&[], &[], &[]);
    }

    #[test]
    fn without_times_marks_are_counted_or_named() {
        let steps = [step(1, "Set up job", None), step(2, "Build", None), step(3, "Run make test", None)];
        let two = [mark(5, None, "Run make"), mark(9, None, "Run make test")];
        check(&two, &steps, &[(1, 1), (2, 5), (3, 9)]);
        let three = [mark(4, None, "Run x"), two[0].clone(), two[1].clone()];
        check(&three, &steps, &[(1, 1), (3, 9)]);
    }

    #[test]
    fn a_log_that_begins_with_a_mark_has_nothing_before_it() {
        let steps = [step(1, "Set up job", Some(1)), step(2, "Run make", Some(2))];
        let marks = [mark(1, Some(2_100), "Run make")];
        assert_eq!(cut(&steps, &marks), [None, Some(0)]);
        assert_eq!(cut(&steps, &[]), [None, None]);
        assert_eq!(cut(&[], &marks), []);
        let unnamed = [step(1, "checkout", Some(1)), step(2, "make", Some(2))];
        assert_eq!(cut(&unnamed, &marks), [None, Some(0)]);
    }
}
