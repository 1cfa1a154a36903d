//! `logdeck cat`: records of files and standard input, filtered, as text, JSON lines or raw bytes.
//!
//! Owns the plan: one stream goes through several threads block by block, several streams are merged by time. Must not
//! know formats, codecs, or the screen.

mod blocks;
mod follow;
mod merge;
mod pipeline;
mod ranged;
mod scan;
mod spool;

use super::{CatArgs, Exit, Globals, Output, OutputFormat, Usage};
use crate::analysis::matcher::Matcher;
use crate::infra::clock::SystemClock;
use crate::model::{Address, OriginId, Query, Severity, SourceId, Timestamp};
use crate::parse::Parser;
use crate::parse::assemble::Sniffed;
use crate::ports::Clock;
use crate::redact::Redactor;
use crate::render::{Form, Renderer};
use crate::sources::files::{Codec, Input, InputError, discover};
use anyhow::Context;
use blocks::{Kind, Needs};
use jiff::tz::TimeZone;
use scan::{Scanner, Want};
use spool::Spools;
use std::fs::File;
use std::io::{IsTerminal, Read, Seek, SeekFrom, Write};
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::available_parallelism;

/// Of a source that is no file.
fn elsewhere(source: &Address) -> Usage {
    Usage(format!("{source}: `cat` reads files and standard input; {}", super::command_for(source)))
}

/// Inputs that cannot be read are named up to this number: an archive may have a hundred thousand.
const MAX_WARNINGS: usize = 20;

/// More threads than this do not help: reading and writing are in order.
const MAX_WORKERS: usize = 8;

/// Runs `logdeck cat`.
///
/// # Errors
/// [`Usage`] for a filter that cannot be understood; an I/O error of standard output. Inputs that cannot be read are
/// warned of, and make the exit [`Exit::Partial`].
pub fn run(args: &CatArgs, globals: &Globals<'_>, out: &mut Output) -> anyhow::Result<Exit> {
    let now = SystemClock.now();
    let zone = globals.config.tz.rules().clone();
    let mut work = Work {
        args,
        parser: Parser::new(zone.clone(), now),
        // A private key may go over many records: redaction has to see them in order.
        workers: if args.filter.redact { 1 } else { available_parallelism().map_or(2, NonZero::get).min(MAX_WORKERS) },
        partial: false,
        spools: Spools::default(),
    };
    if let Some(other) = args.sources.iter().find(|source| !matches!(source, Address::Path(_) | Address::Stdin)) {
        return Err(elsewhere(other).into());
    }
    if args.follow {
        return work.follow(now, &zone, globals, out);
    }
    let inputs = work.inputs(out)?;
    if inputs.is_empty() {
        return Ok(if work.partial { Exit::Failed } else { Exit::Done });
    }
    let window = args.filter.window(&zone).map_err(|error| Usage(error.to_string()))?;
    let newest = if window.needs_newest() { work.newest(&inputs, now, globals, out)? } else { None };
    let query = args.filter.query(&window, now, newest, &zone);
    let names: Vec<(OriginId, &str)> =
        inputs.iter().enumerate().map(|(n, input)| (origin(n), input.name.as_str())).collect();
    let matcher = Matcher::compile(&query, names).map_err(|error| Usage(error.to_string()))?;
    if args.count {
        let count = work.count(&inputs, &query, &matcher, out)?;
        writeln!(out.stdout(), "{count}")?;
    } else {
        let renderer = renderer(args, globals, out);
        match &inputs[..] {
            [input] => work.print(input, &renderer.of_origin(&input.name, false), &query, &matcher, out)?,
            several => {
                let renderers: Vec<_> = several.iter().map(|input| renderer.of_origin(&input.name, true)).collect();
                let report = merge::run(several, &work.spools, &work.parser, &matcher, renderers, out)?;
                for problem in report {
                    work.warn(&problem, out);
                }
            }
        }
    }
    Ok(if work.partial { Exit::Partial } else { Exit::Done })
}

pub(super) fn renderer(args: &CatArgs, globals: &Globals<'_>, out: &Output) -> Renderer {
    let environment = globals.environment;
    let is_dumb = matches!(environment.text("TERM"), None | Some("dumb"));
    let colors = out.is_terminal() && environment.os("NO_COLOR").is_none() && !is_dumb;
    let redactor = args.filter.redact.then(|| Arc::new(Redactor::new()));
    let form = match args.format {
        OutputFormat::Text => Form::Text,
        OutputFormat::Json => Form::Json,
        OutputFormat::Raw => Form::Raw,
    };
    Renderer::new(form, redactor).with_colors(colors)
}

/// The origin of the n-th input.
fn origin(n: usize) -> OriginId {
    OriginId::new(SourceId(0), n as u32)
}

struct Work<'a> {
    args: &'a CatArgs,
    parser: Parser,
    workers: usize,
    /// Something could not be read.
    partial: bool,
    /// Streams that had to be read before they are printed.
    spools: Spools,
}

impl Work<'_> {
    fn warn(&mut self, problem: &InputError, out: &mut Output) {
        self.partial = true;
        out.warn(&problem.to_string());
    }

    /// Prints and goes on as the inputs grow.
    fn follow(&self, now: Timestamp, zone: &TimeZone, globals: &Globals<'_>, out: &mut Output) -> anyhow::Result<Exit> {
        let args = self.args;
        let window = args.filter.window(zone).map_err(|error| Usage(error.to_string()))?;
        if window.needs_newest() {
            return Err(Usage("`@end` has no meaning with --follow: there is no end".to_owned()).into());
        }
        let query = args.filter.query(&window, now, None, zone);
        let matcher = Matcher::compile(&query, []).map_err(|error| Usage(error.to_string()))?;
        let stdin = [Address::Stdin];
        let sources = if args.sources.is_empty() { &stdin[..] } else { &args.sources };
        let renderer = renderer(args, globals, out);
        let plan = follow::Plan { sources, zone: zone.clone(), parser: self.parser.clone(), matcher, renderer };
        follow::run(plan, out)
    }

    /// The inputs that are named, those that cannot be read warned of.
    fn inputs(&mut self, out: &mut Output) -> anyhow::Result<Vec<Input>> {
        let mut inputs = Vec::new();
        let mut paths: Vec<PathBuf> = Vec::new();
        if self.args.sources.is_empty() {
            if std::io::stdin().is_terminal() {
                return Err(Usage("name a file, or pipe something in: `command | logdeck cat`".to_owned()).into());
            }
            inputs.push(Input::stdin());
        }
        for address in &self.args.sources {
            match address {
                Address::Stdin if inputs.is_empty() => inputs.push(Input::stdin()),
                Address::Stdin => return Err(Usage("standard input can be named once".to_owned()).into()),
                Address::Path(path) => paths.push(path.clone()),
                other => return Err(elsewhere(other).into()),
            }
        }
        let found = discover(&paths);
        for problem in found.problems.iter().take(MAX_WARNINGS) {
            self.warn(problem, out);
        }
        if let Some(more @ 1..) = found.problems.len().checked_sub(MAX_WARNINGS) {
            out.warn(&format!("{more} more inputs cannot be read"));
        }
        inputs.extend(found.inputs);
        Ok(inputs)
    }

    /// The newest time in all inputs, for `10m@end`. Reads all of them; what can be read once only is kept.
    fn newest(
        &mut self,
        inputs: &[Input],
        now: Timestamp,
        globals: &Globals<'_>,
        out: &mut Output,
    ) -> anyhow::Result<Option<Timestamp>> {
        for (n, input) in inputs.iter().enumerate().filter(|(_, input)| input.codec == Codec::Stream) {
            if let Some(problem) = self.spools.keep(n, input, now, globals, out)? {
                self.warn(&problem, out);
            }
        }
        let matcher = Matcher::compile(&Query::default(), []).map_err(|error| Usage(error.to_string()))?;
        let mut newest = None;
        for (n, input) in inputs.iter().enumerate() {
            let mut of_input = None;
            // Problems are told by the second reading.
            let _ = self.stream(input, n, &matcher, &Want::Newest, Needs::default(), out, |done, _| {
                of_input = of_input.max(done.outcome.newest);
                Ok(())
            })?;
            newest = newest.max(of_input);
        }
        Ok(newest)
    }

    fn count(&mut self, inputs: &[Input], query: &Query, matcher: &Matcher, out: &mut Output) -> anyhow::Result<u64> {
        let only_severity = Query { min_severity: query.min_severity, ..Query::default() } == *query;
        let want = if only_severity && query.min_severity > Severity::Unknown {
            Want::CountSeverity(query.min_severity)
        } else {
            Want::Count
        };
        let needs = Needs { tails: false, times: has_window(query) };
        let mut matched = 0;
        for (n, input) in inputs.iter().enumerate() {
            let end = self.stream(input, n, matcher, &want, needs, out, |done, out| {
                matched += done.outcome.matched;
                out.counts.add(done);
                Ok(())
            })?;
            if let Err(problem) = end {
                self.warn(&problem, out);
            }
        }
        Ok(matched)
    }

    /// One input, block by block.
    fn print(
        &mut self,
        input: &Input,
        renderer: &Renderer,
        query: &Query,
        matcher: &Matcher,
        out: &mut Output,
    ) -> anyhow::Result<()> {
        let tails = self.args.format == OutputFormat::Raw && !self.args.filter.redact;
        let needs = Needs { tails, times: has_window(query) };
        let mut tail_follows = false;
        let end = self.stream(input, 0, matcher, &Want::Render(renderer.clone()), needs, out, |done, out| {
            out.counts.add(done);
            match done.kind {
                Kind::Tail if tail_follows => out.stdout().write_all(done.bytes())?,
                Kind::Tail => {}
                Kind::Lines | Kind::Head => {
                    out.stdout().write_all(&done.outcome.out)?;
                    tail_follows = done.outcome.last_matched;
                }
            }
            Ok(())
        })?;
        if let Err(problem) = end {
            self.warn(&problem, out);
        }
        Ok(())
    }

    /// Sends one input through the threads. The inner error is the input's: what came before was given to `each`.
    #[expect(clippy::too_many_arguments, reason = "the pipeline's parts, each named once")]
    fn stream(
        &self,
        input: &Input,
        n: usize,
        matcher: &Matcher,
        want: &Want,
        needs: Needs,
        out: &mut Output,
        mut each: impl FnMut(&pipeline::Done, &mut Output) -> anyhow::Result<()>,
    ) -> anyhow::Result<Result<(), InputError>> {
        let mut read_bytes = 0;
        let to_scanner =
            |sniffed: Sniffed| Scanner::new(self.parser.clone(), matcher, sniffed, want.clone(), origin(n));
        let counted = |done: &pipeline::Done| {
            read_bytes += done.read();
            out.progress.tick(read_bytes, input.size, &input.name);
            each(done, out)
        };
        let plain = self.spools.open(n).or_else(|| (input.codec == Codec::Plain).then(|| input.open_file()));
        let ended = match plain {
            Some(file) => file.map(|file| self.file(file, needs, to_scanner, counted)),
            None => input
                .open()
                .map(|reader| pipeline::run(reader, None, &self.parser, needs, self.workers, to_scanner, counted)),
        };
        match ended {
            Ok(end) => Ok(end.context("writing")?.map_err(|error| InputError::from_read(&input.name, error))),
            Err(problem) => Ok(Err(problem)),
        }
    }

    /// A plain file: in parts, each thread its own; behind a place that cannot be cut, with one reader.
    fn file<'m>(
        &self,
        mut file: File,
        needs: Needs,
        scanner: impl Fn(Sniffed) -> Scanner<'m>,
        mut each: impl FnMut(&pipeline::Done) -> anyhow::Result<()>,
    ) -> anyhow::Result<std::io::Result<()>> {
        let (head, error) = pipeline::head_of(&mut file);
        if let Some(error) = error {
            return Ok(Err(error));
        }
        let sniffed = Sniffed::of(pipeline::without_bom(&head), &mut self.parser.clone());
        let size = file.metadata().map_or(0, |meta| meta.len());
        let one = || scanner(sniffed);
        match ranged::run(&file, size, &self.parser, needs, self.workers, one, &mut each)? {
            Ok(ranged::Stopped::AtEnd) => Ok(Ok(())),
            Ok(ranged::Stopped::Before(at)) => {
                if let Err(error) = file.seek(SeekFrom::Start(at)) {
                    return Ok(Err(error));
                }
                let carry = if needs.times {
                    match ranged::time_before(&file, at, &mut self.parser.clone()) {
                        Ok(time) => time,
                        Err(error) => return Ok(Err(error)),
                    }
                } else {
                    None
                };
                let reader = Box::new(file.take(size - at));
                let known = pipeline::Known { sniffed, carry };
                pipeline::run(reader, Some(known), &self.parser, needs, self.workers, scanner, each)
            }
            Err(error) => Ok(Err(error)),
        }
    }
}

const fn has_window(query: &Query) -> bool {
    query.since.is_some() || query.until.is_some()
}

impl super::Counts {
    fn add(&mut self, done: &pipeline::Done) {
        self.bytes += done.read();
        self.lines += done.outcome.lines;
        self.records += done.outcome.records;
    }
}
