//! Where the steps of a job begin in its log, when the archive has no files of steps.
//!
//! Owns the fitting of marks to steps; pure. Must not read logs: whoever does feeds the lines that [`is_mark`] knows.

use crate::model::Timestamp;
use crate::model::ci::{JobStep, Progress};
use crate::model::time::SECOND;

/// A line that may begin a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark<'l> {
    /// The number of the line.
    pub line: u64,
    /// Its time.
    pub time: Option<Timestamp>,
    /// Its text, without the time.
    pub text: &'l str,
}

/// Where a step begins; it ends where the next one begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The step's number.
    pub step: u32,
    /// Its first line.
    pub line: u64,
}

const RUN: &str = "##[group]Run ";
const POST: &str = "Post job cleanup.";
const ORPHANS: &str = "Cleaning up orphan processes";

/// Whether a line, without its time, is one that [`cut`] wants to see.
pub fn is_mark(text: &[u8]) -> bool {
    text.starts_with(RUN.as_bytes()) || text.trim_ascii_end() == POST.as_bytes() || text.starts_with(ORPHANS.as_bytes())
}

/// What a step's first line looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// The first of the log.
    First,
    /// `##[group]Run …`
    Run,
    /// `Post job cleanup.`
    Post,
    /// `Cleaning up orphan processes`
    Last,
}

impl Form {
    fn of_step(step: &JobStep) -> Self {
        match step.name.as_str() {
            "Set up job" => Self::First,
            "Complete job" => Self::Last,
            name if name.starts_with("Post ") => Self::Post,
            _ => Self::Run,
        }
    }

    fn of_mark(mark: &Mark<'_>) -> Option<Self> {
        if mark.text.starts_with(RUN) {
            Some(Self::Run)
        } else if mark.text.trim_end() == POST {
            Some(Self::Post)
        } else if mark.text.starts_with(ORPHANS) {
            Some(Self::Last)
        } else {
            None
        }
    }
}

/// Cuts a log at its marks. Steps that were left out, or whose beginning is not found, have no cut: their lines stay with
/// the step before. The first cut is at `first_line`. Lines never fall.
pub fn cut(first_line: u64, marks: &[Mark<'_>], steps: &[JobStep]) -> Vec<Cut> {
    let mut ran: Vec<&JobStep> =
        steps.iter().filter(|step| !matches!(step.progress, Progress::Skipped | Progress::Waiting)).collect();
    ran.sort_by_key(|step| step.number);
    let mut cuts: Vec<Cut> = Vec::new();
    let mut next = 0;
    for (at, step) in ran.iter().enumerate() {
        let form = Form::of_step(step);
        if form == Form::First || (cuts.is_empty() && at == 0 && step.number <= 1) {
            cuts.push(Cut { step: step.number, line: first_line });
            continue;
        }
        if let Some(found) = find(&marks[next..], step, form, &ran[at + 1..]) {
            cuts.push(Cut { step: step.number, line: marks[next + found].line });
            next += found + 1;
        }
    }
    if let Some(first) = cuts.first_mut() {
        first.line = first.line.min(first_line);
    }
    cuts
}

/// The mark at which a step begins, among those that are left.
fn find(marks: &[Mark<'_>], step: &JobStep, form: Form, later: &[&JobStep]) -> Option<usize> {
    let fits: Vec<usize> = (0..marks.len()).filter(|at| Form::of_mark(&marks[*at]) == Some(form)).collect();
    // Steps inside of a composite one print marks of their own; times tell them from the next step's.
    let end = later.iter().find_map(|next| next.started);
    let in_time: Vec<usize> = match step.started {
        Some(start) => fits.iter().copied().filter(|at| is_within(marks[*at].time, start, end)).collect(),
        None => fits.clone(),
    };
    let is_named = |at: &&usize| is_name(&marks[**at], step);
    if let Some(named) = in_time.iter().find(is_named) {
        return Some(*named);
    }
    let has_times = step.started.is_some() && marks.iter().any(|mark| mark.time.is_some());
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
fn is_name(mark: &Mark<'_>, step: &JobStep) -> bool {
    let said = mark.text.strip_prefix("##[group]").unwrap_or(mark.text).trim();
    said.len() > "Run ".len() && said == step.name.trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(number: u32, name: &str, start: Option<i64>) -> JobStep {
        let started = start.map(|s| Timestamp(s * SECOND));
        JobStep { number, name: name.into(), progress: Progress::Passed, started, ended: None }
    }

    fn mark(line: u64, millis: Option<i64>, text: &str) -> Mark<'_> {
        Mark { line, time: millis.map(|m| Timestamp(m * 1_000_000)), text }
    }

    #[track_caller]
    fn check(marks: &[Mark<'_>], steps: &[JobStep], expected: &[(u32, u64)]) {
        let cuts: Vec<_> = cut(1, marks, steps).iter().map(|cut| (cut.step, cut.line)).collect();
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
            mark(20, Some(102_100), "##[group]Run actions/checkout@v4"),
            mark(40, Some(105_000), "##[group]Run make"),
            mark(900, Some(200_500), "Post job cleanup."),
            mark(950, Some(201_000), "Cleaning up orphan processes"),
        ];
        check(&marks, &steps, &[(1, 1), (2, 20), (3, 40), (8, 900), (9, 950)]);
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
            mark(10, Some(102_100), "##[group]Run ./.github/actions/tools"),
            mark(30, Some(110_000), "##[group]Run apt-get install"),
            mark(50, Some(120_000), "##[group]Run cargo install x"),
            mark(80, Some(150_200), "##[group]Run cargo test"),
            mark(90, Some(160_200), "##[group]Run report"),
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
        let marks = [
            mark(10, Some(102_100), "##[group]Run a"),
            mark(20, Some(102_300), "##[group]Run b"),
            mark(30, Some(102_600), "##[group]Run c"),
        ];
        check(&marks, &steps, &[(1, 1), (2, 10), (3, 20), (4, 30)]);
        // The first has no mark; the second's is not taken for it.
        check(&marks[1..], &steps, &[(1, 1), (3, 20), (4, 30)]);
    }

    #[test]
    fn steps_that_did_not_run_have_no_cut() {
        let mut steps = vec![step(1, "Set up job", Some(1)), step(2, "Build", Some(2)), step(3, "Notify", None)];
        steps[2].progress = Progress::Skipped;
        check(&[mark(5, Some(2_000), "##[group]Run make")], &steps, &[(1, 1), (2, 5)]);
        check(&[], &steps, &[(1, 1)]);
        check(&[], &[], &[]);
    }

    #[test]
    fn without_times_marks_are_counted_or_named() {
        let steps = [step(1, "Set up job", None), step(2, "Build", None), step(3, "Run make test", None)];
        let two = [mark(5, None, "##[group]Run make"), mark(9, None, "##[group]Run make test")];
        check(&two, &steps, &[(1, 1), (2, 5), (3, 9)]);
        let three = [mark(4, None, "##[group]Run x"), two[0], two[1]];
        check(&three, &steps, &[(1, 1), (3, 9)]);
    }

    #[test]
    fn marks_are_known() {
        let check = |text: &str, expected: bool| assert_eq!(is_mark(text.as_bytes()), expected, "{text}");
        check("##[group]Run make", true);
        check("##[group]Runner Image", false);
        check("Post job cleanup.", true);
        check("Post job cleanup. And more", false);
        check("Cleaning up orphan processes", true);
    }
}
