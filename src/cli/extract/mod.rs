//! `logdeck extract`: the lines that explain why a build failed, of logs and archives of logs.
//!
//! Owns the plan: logs are read in several threads, what comes of them is printed in the order of the inputs as soon as
//! it is known. Must not know how a failure looks, codecs, or the screen.

mod greens;
mod inputs;
mod json;
mod lines;
mod markdown;
mod report;
mod text;

use super::args::ExtractFormat;
use super::{Exit, ExtractArgs, Globals, Output};
use crate::analysis::extract::{Extract, Extractor, Options, Verdict};
use crate::infra::clock::SystemClock;
use crate::ports::Clock;
use crate::sources::files::{Consume, Input, Outcome, Role, Watch, each};
use greens::Greens;
use inputs::{Logs, Warnings};
use lines::{Lines, Secrets};
use markdown::Markdown;
use report::Report;
use std::collections::{BTreeMap, HashSet};
use std::io::{self, Write};
use std::num::NonZero;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::available_parallelism;
use std::time::Duration;
use text::{Colors, Text};

/// The most threads, as the help says.
const MAX_JOBS: usize = 64;

/// Outcomes that wait to be put in order.
const LANE: usize = 8;

/// The time from one look at the progress to the next.
const TURN: Duration = Duration::from_millis(100);

/// A share of lines that are new from which on the passing log must be of something else, in percent.
const STRANGE: u64 = 80;

/// Runs `logdeck extract`.
///
/// # Errors
/// [`super::Usage`] when nothing is named; an I/O error of standard output or of a temporary file. Inputs that cannot be
/// read are warned of, and make the exit [`Exit::Partial`].
pub fn run(args: &ExtractArgs, globals: &Globals<'_>, out: &mut Output) -> anyhow::Result<Exit> {
    let mut logs = inputs::of_arguments(args, SystemClock.now(), globals, out)?;
    let partial = logs.say_problems(out);
    if logs.inputs.is_empty() {
        return Ok(if partial { Exit::Failed } else { Exit::Done });
    }
    let cores = || available_parallelism().map_or(2, NonZero::get).min(MAX_JOBS);
    let jobs = args.jobs.map_or_else(cores, usize::from);
    let mut said = Vec::new();
    let passed = std::mem::take(&mut logs.greens);
    let greens = Greens::find(&args.baseline, passed, &logs, jobs, &mut said);
    let mut warnings = Warnings::default();
    for text in said {
        warnings.warn(&text, out);
    }
    let mut printer = Printer {
        args,
        logs: &logs,
        greens: &greens,
        form: Form::new(args, globals, &logs, out),
        lines: Lines::new(if args.redact || args.format == ExtractFormat::Markdown {
            Secrets::Redacted
        } else {
            Secrets::Shown
        }),
        buffer: Vec::new(),
        warnings,
        binary: BTreeMap::new(),
        strange: HashSet::new(),
        partial,
    };
    read(args, jobs, &mut printer, out)?;
    printer.end(out)
}

/// Reads all logs and hands them to the printer in their order.
fn read(args: &ExtractArgs, jobs: usize, printer: &mut Printer<'_>, out: &mut Output) -> io::Result<()> {
    let (logs, greens) = (printer.logs, printer.greens);
    let watch = Watch::default();
    let total = logs.inputs.iter().try_fold(0_u64, |sum, input| Some(sum + input.disk_bytes()?));
    let make = |n| {
        let max_lines = args.max_lines.map(|n| n as usize);
        Reader(Extractor::new(Options { baseline: greens.of_log(n, &watch), max_lines }))
    };
    std::thread::scope(|scope| {
        // Ends with this closure: after an error nobody may wait to send.
        let (to, from) = mpsc::sync_channel(LANE);
        let (watch, make) = (&watch, &make);
        scope.spawn(move || {
            each(&logs.inputs, jobs, watch, make, |outcome| {
                // Nobody listens after an error; then the cancel is set.
                let _ = to.send(outcome);
            });
        });
        // Outcomes that came before those of earlier logs.
        let mut early = BTreeMap::new();
        let mut next = 0;
        loop {
            match from.recv_timeout(TURN) {
                Ok(outcome) => {
                    early.insert(outcome.input, outcome);
                    while let Some(outcome) = early.remove(&next) {
                        next += 1;
                        if let Err(error) = printer.log(outcome, out) {
                            watch.cancel.store(true, Ordering::Relaxed);
                            return Err(error);
                        }
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
            let label = logs.inputs.get(next).map_or("", |input| input.name.as_str());
            out.progress.tick(watch.done.load(Ordering::Relaxed), total, label);
        }
    })
}

/// Feeds an extractor.
struct Reader(Extractor);

impl Consume for Reader {
    type Out = Extract;

    fn feed(&mut self, bytes: &[u8]) {
        self.0.feed(bytes);
    }

    fn finish(self) -> Extract {
        self.0.finish()
    }
}

/// How logs are written.
enum Form {
    Text(Text),
    Json,
    Markdown(Markdown),
}

impl Form {
    fn new(args: &ExtractArgs, globals: &Globals<'_>, logs: &Logs, out: &Output) -> Self {
        match args.format {
            ExtractFormat::Text => {
                let environment = globals.environment;
                let is_dumb = matches!(environment.text("TERM"), None | Some("dumb"));
                let colors = out.is_terminal() && environment.os("NO_COLOR").is_none() && !is_dumb;
                Self::Text(Text::new(logs.inputs.len(), if colors { Colors::On } else { Colors::Off }))
            }
            ExtractFormat::Json => Self::Json,
            ExtractFormat::Markdown => Self::Markdown(Markdown::new(logs.inputs.len())),
        }
    }
}

/// Prints logs, one after the other, and remembers what was wrong.
struct Printer<'a> {
    args: &'a ExtractArgs,
    logs: &'a Logs,
    greens: &'a Greens,
    form: Form,
    lines: Lines,
    buffer: Vec<u8>,
    warnings: Warnings,
    /// Entries of each archive that hold no text.
    binary: BTreeMap<String, u64>,
    /// Baselines that were said to be of something else.
    strange: HashSet<usize>,
    /// Something could not be read.
    partial: bool,
}

impl Printer<'_> {
    fn log(&mut self, outcome: Outcome<Extract>, out: &mut Output) -> io::Result<()> {
        let n = outcome.input;
        let input = &self.logs.inputs[n];
        for problem in self.greens.take_problems() {
            self.warnings.warn(&problem, out);
        }
        let mut problem = None;
        if let Some(error) = &outcome.problem {
            if input.entry.is_some() && error.is_no_text() {
                *self.binary.entry(archive_of(input)).or_default() += 1;
                return Ok(());
            }
            let text = error.to_string();
            self.warnings.warn(&text, out);
            problem = Some(text);
        }
        let Some(extract) = outcome.out else { return Ok(()) };
        out.counts.bytes += extract.bytes;
        out.counts.lines += extract.lines;
        self.judge_baseline(n, &extract, out);
        let step = if let Role::Step { step, .. } = &self.logs.roles[n] { Some(step.clone()) } else { None };
        let report = Report { name: input.name.clone(), step, extract, problem, order: self.args.order };
        self.buffer.clear();
        match &mut self.form {
            Form::Text(text) => text.log(&report, &self.lines, &mut self.buffer),
            Form::Json => json::write(&report, &self.lines, &mut self.buffer),
            Form::Markdown(markdown) => markdown.log(&report, &self.lines, &mut self.buffer),
        }
        if !self.buffer.is_empty() {
            out.stdout().write_all(&self.buffer)?;
            // The next log may take its time.
            out.flush()?;
        }
        Ok(())
    }

    /// Says when a passing log does not help: it is of another job, or it failed the same way.
    fn judge_baseline(&mut self, n: usize, extract: &Extract, out: &mut Output) {
        let Some(new) = extract.new_lines else { return };
        let Some((group, green)) = self.greens.name_of(n) else { return };
        let name = &self.logs.inputs[n].name;
        let text = if new.saturating_mul(100) > extract.lines.saturating_mul(STRANGE) {
            format!("baseline {green}: it has hardly a line of {name}: is it of the same job?")
        } else if new == 0 && extract.verdict == Verdict::Failed {
            format!("baseline {green}: it has every line of {name}, which failed: did it pass?")
        } else {
            return;
        };
        if self.strange.insert(group) {
            out.warn(&text);
        }
    }

    fn end(mut self, out: &mut Output) -> anyhow::Result<Exit> {
        self.buffer.clear();
        match &self.form {
            Form::Text(text) => text.end(&mut self.buffer),
            Form::Json => {}
            Form::Markdown(markdown) => markdown.end(&mut self.buffer),
        }
        out.stdout().write_all(&self.buffer)?;
        for problem in self.greens.take_problems() {
            self.warnings.warn(&problem, out);
        }
        self.warnings.end(out);
        for (archive, count) in &self.binary {
            out.note(&format!("{archive}: {} left out: no text", report::count(*count, "file")));
        }
        Ok(if self.partial || self.warnings.any() { Exit::Partial } else { Exit::Done })
    }
}

/// The name of an entry's archive.
fn archive_of(input: &Input) -> String {
    input.name.split_once('!').map_or(input.name.as_str(), |(archive, _)| archive).to_owned()
}
