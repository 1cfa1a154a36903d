//! `logdeck tail`: the end of logs and what comes after, of several sources merged by time.
//!
//! Owns the loop between sources and standard output. Must not know how a source is read, or how order is made (`order`).

mod args;
mod order;

pub use args::TailArgs;

use super::live::{Form, Printer};
use super::{Exit, Globals, Output, Usage};
use crate::analysis::matcher::Matcher;
use crate::infra::clock::SystemClock;
use crate::model::pods::{News, StreamState};
use crate::model::{Address, SourceId, SourceMsg, State, Timestamp};
use crate::parse::Parser;
use crate::ports::Clock;
use crate::sources::{self, Follow, Outlet, Settings};
use futures_util::future::join_all;
use order::{Sorter, Waits};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::{Builder, Handle};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Messages that may wait; then the sources wait.
const LANE: usize = 16;
/// Lines of each origin at the start, where nothing else is said.
const LINES: usize = 100;
/// How long the first lines wait for sources that are slow to say what they have.
const PATIENCE: Duration = Duration::from_secs(3);
/// Bytes of the end of files in which the last lines are looked for.
const FILE_WINDOW: u64 = 64 << 20;

/// Runs `logdeck tail`.
///
/// # Errors
/// [`Usage`] for a filter or source that cannot be understood; an I/O error of standard output. What cannot be read is
/// warned of, and makes the exit [`Exit::Partial`].
pub fn run(args: &TailArgs, globals: &Globals<'_>, out: &mut Output) -> anyhow::Result<Exit> {
    let args::Named { sources, query: pods } = args.named()?;
    if args.no_follow && args.lines.is_none() && sources.iter().all(is_local) {
        // Files that end are merged without holding anything.
        return super::cat::run(&args.as_cat(sources), globals, out);
    }
    let now = SystemClock.now();
    let zone = globals.config.tz.rules().clone();
    let filter = args.as_cat(sources.clone());
    let window = args.filter.window(&zone).map_err(|error| Usage(error.to_string()))?;
    if window.needs_newest() {
        return Err(Usage("`@end` has no meaning with `tail`: there is no end".to_owned()).into());
    }
    let query = args.filter.query(&window, now, None, &zone);
    let matcher = Matcher::compile(&query, []).map_err(|error| Usage(error.to_string()))?;
    let (follow, window) = if args.no_follow { (Follow::Off, u64::MAX) } else { (Follow::On, FILE_WINDOW) };
    let settings = Settings {
        pods: super::pods::of_tail(args, pods, query.since, globals),
        ..Settings::new(zone.clone(), follow, window)
    };
    let form = Form {
        parser: Parser::new(zone, now),
        matcher,
        renderer: super::cat::renderer(&filter, globals, out),
        several: sources.len() > 1,
    };
    let lines = match (args.lines, args.no_follow) {
        (Some(lines), _) => Some(lines as usize),
        (None, true) => None,
        // With a time to begin at, all since then counts.
        (None, false) => args.filter.since.is_none().then_some(LINES),
    };
    let plan = Plan { sources, settings, lines, limit: globals.config.memory.bytes() as usize };
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let result = runtime.block_on(tail(plan, Printer::new(form), out));
    // A thread may still stand in a read that nothing ends.
    runtime.shutdown_background();
    result
}

fn is_local(source: &Address) -> bool {
    matches!(source, Address::Path(_) | Address::Stdin)
}

/// What is read, and how much of it is held.
struct Plan {
    sources: Vec<Address>,
    settings: Settings,
    /// Of each origin at the start.
    lines: Option<usize>,
    /// Bytes that wait for their turn.
    limit: usize,
}

async fn tail(plan: Plan, printer: Printer, out: &mut Output) -> anyhow::Result<Exit> {
    let (to, mut messages) = mpsc::channel(LANE);
    let cancel = CancellationToken::new();
    let mut running = Vec::new();
    for (n, address) in plan.sources.iter().enumerate() {
        let source = sources::build(address, &plan.settings).map_err(|error| Usage(error.to_string()))?;
        let id = SourceId(n as u16);
        let outlet = Outlet::new(id, to.clone(), cancel.child_token(), Arc::new(SystemClock), Handle::current());
        running.push(source.run(outlet));
    }
    drop(to);
    let ends = plan.settings.follow == Follow::Off;
    let waits = if ends && plan.lines.is_none() { Waits::All } else { Waits::First(plan.lines) };
    let mut tail = Tail {
        printer,
        sorter: Sorter::new(waits, plan.limit),
        starting: (0..plan.sources.len() as u16).map(SourceId).collect(),
        silent: (0..plan.sources.len() as u16).map(SourceId).collect(),
        unknown: HashMap::new(),
        lines: plan.lines,
        ends,
    };
    let mut all = std::pin::pin!(join_all(running));
    let mut ended = false;
    let patience = tokio::time::sleep(PATIENCE);
    let mut patience = std::pin::pin!(patience);
    loop {
        let due = tail.sorter.next_due().map(|due| until(due, SystemClock.now()));
        tokio::select! {
            biased;
            message = messages.recv() => match message {
                Some(message) => tail.message(message, out),
                None => break,
            },
            results = &mut all, if !ended => {
                ended = true;
                for error in results.into_iter().filter_map(Result::err) {
                    tail.printer.problem(&error.to_string(), out);
                }
            }
            () = &mut patience, if !ends && tail.is_first() => tail.begin(),
            () = tokio::time::sleep(due.unwrap_or(PATIENCE)), if due.is_some() => {}
        }
        tail.print(SystemClock.now(), out)?;
        if messages.is_empty() {
            out.flush()?;
        }
    }
    cancel.cancel();
    tail.finish(out)?;
    Ok(tail.printer.exit())
}

/// How long it is until then.
fn until(then: Timestamp, now: Timestamp) -> Duration {
    Duration::from_nanos(then.0.saturating_sub(now.0).max(0).unsigned_abs())
}

struct Tail {
    printer: Printer,
    sorter: Sorter,
    /// Sources that have not yet read what is there.
    starting: HashSet<SourceId>,
    /// Sources that have not yet said what they have.
    silent: HashSet<SourceId>,
    /// Logs of each source of which nothing came yet.
    unknown: HashMap<SourceId, usize>,
    lines: Option<usize>,
    ends: bool,
}

impl Tail {
    fn is_first(&self) -> bool {
        matches!(self.sorter.waits(), Waits::First(_))
    }

    /// What is there was read, or waited for long enough.
    fn begin(&mut self) {
        if let Some(lines) = self.lines {
            self.sorter.trim(lines);
        }
        self.sorter.wait_for(if self.ends { Waits::All } else { Waits::Moment });
    }

    fn message(&mut self, message: SourceMsg, out: &mut Output) {
        match message {
            SourceMsg::Origin { id, name } => {
                self.printer.origin(id, &name);
                self.sorter.origin(id);
            }
            SourceMsg::Batch { batch, .. } => self.sorter.push(batch, SystemClock.now()),
            SourceMsg::Health { source, health } => {
                if health.state != State::Starting {
                    self.silent.remove(&source);
                }
                if !matches!(health.state, State::Starting | State::Reading)
                    && self.starting.remove(&source)
                    && self.starting.is_empty()
                    && self.is_first()
                    && !self.ends
                {
                    self.begin();
                }
                self.printer.health(source, &health, out);
            }
            SourceMsg::Pods { source, news } => self.news(source, &news, out),
            // Only the screen asks, or opens anew.
            SourceMsg::Objects { .. }
            | SourceMsg::Documents { .. }
            | SourceMsg::Cursor { .. }
            | SourceMsg::Answer { .. }
            | SourceMsg::Reopened(_) => {}
        }
    }

    fn news(&mut self, source: SourceId, news: &News, out: &mut Output) {
        match news {
            News::Pods(pods) => {
                let mut unknown = 0;
                for container in pods.iter().flat_map(|pod| &pod.containers) {
                    let is_over =
                        matches!(container.stream, StreamState::Ended | StreamState::Off(_) | StreamState::Refused(_));
                    unknown += usize::from(!is_over && container.origins.is_empty());
                    for origin in &container.origins {
                        self.sorter.set_over(*origin, is_over);
                    }
                }
                self.unknown.insert(source, unknown);
            }
            News::Cannot(why) => self.printer.problem(why, out),
            // Health says it, too.
            News::Scope(_) | News::Places(_) | News::Change(_) | News::MayRun(_) | News::Described { .. } => {}
        }
    }

    fn print(&mut self, now: Timestamp, out: &mut Output) -> std::io::Result<()> {
        self.sorter.expect(self.silent.len() + self.unknown.values().sum::<usize>());
        let printer = &mut self.printer;
        self.sorter.release(now, |record| printer.record(record, out))?;
        printer.hand_on(out)
    }

    /// All sources have ended.
    fn finish(&mut self, out: &mut Output) -> std::io::Result<()> {
        if self.is_first() {
            self.begin();
        }
        let printer = &mut self.printer;
        self.sorter.finish(|record| printer.record(record, out))?;
        printer.hand_on(out)?;
        out.flush()
    }
}
