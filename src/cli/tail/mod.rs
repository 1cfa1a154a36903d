//! `logdeck tail`: the end of logs and what comes after, of several sources merged by time.
//!
//! Owns the loop between sources and standard output. Must not know how a source is read, how order is made (`order`), or how
//! places are kept (`state`).

mod args;
mod order;
mod places;
mod state;

pub use args::TailArgs;
use args::remembers;

use super::live::{Form, Printer};
use super::{Exit, Globals, Output, Usage};
use crate::analysis::matcher::Matcher;
use crate::infra::clock::SystemClock;
use crate::model::objects::{self, ObjectState};
use crate::model::pods::{News, StreamState};
use crate::model::{Address, Cursor, SourceId, SourceMsg, State, Timestamp, documents};
use crate::parse::Parser;
use crate::ports::Clock;
use crate::runtime::signals::{self, Signal};
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
    let state = args.state.as_deref().map(|path| state::State::open(path, salt(now))).transpose()?;
    let places = state.as_ref().map(|state| state.places().clone()).unwrap_or_default();
    let settings = Settings {
        pods: super::pods::of_tail(args, pods, query.since, globals),
        places: Arc::new(places),
        ..Settings::new(zone.clone(), follow, window)
    };
    let settings = super::google::with_google(settings, globals);
    let settings = super::google::with_flags(settings, args, query.since)?;
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
    // Of documents a limit of their own says how many count; of what is remembered, all does.
    let is_whole = |source: &Address| match source {
        Address::Firestore { .. } => args.state.is_some() || args.lines.is_none(),
        source => args.state.is_some() && remembers(source),
    };
    let whole = sources.iter().map(is_whole).collect();
    let plan = Plan { sources, settings, lines, whole, limit: globals.config.memory.bytes() as usize };
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let result = match state {
        None => runtime.block_on(tail(plan, Ends::default(), Printer::new(form), out)),
        Some(state) => {
            let (to, received) = mpsc::channel(1);
            let _within = runtime.enter();
            // With places to write, a signal is no sudden end. One that cannot be obeyed ends the process all the same.
            runtime.spawn(signals::listen(to, CancellationToken::new())?);
            let ends = Ends { state: Some(state), signals: Some(received) };
            runtime.block_on(tail(plan, ends, Printer::new(form), out))
        }
    };
    // A thread may still stand in a read that nothing ends.
    runtime.shutdown_background();
    result
}

/// Makes temporary names hard to guess.
fn salt(now: Timestamp) -> u64 {
    now.0.unsigned_abs() ^ u64::from(std::process::id())
}

/// Whether files alone are read.
pub fn is_local(source: &Address) -> bool {
    matches!(source, Address::Path(_) | Address::Stdin)
}

/// What is read, and how much of it is held.
struct Plan {
    sources: Vec<Address>,
    settings: Settings,
    /// Of each origin at the start.
    lines: Option<usize>,
    /// Of which sources all records count at the start.
    whole: Vec<bool>,
    /// Bytes that wait for their turn.
    limit: usize,
}

/// What is done at the end: where places are kept, and what ends it early.
#[derive(Default)]
struct Ends {
    state: Option<state::State>,
    signals: Option<mpsc::Receiver<Signal>>,
}

async fn tail(plan: Plan, mut ends: Ends, printer: Printer, out: &mut Output) -> anyhow::Result<Exit> {
    let (to, messages) = mpsc::channel(LANE);
    let cancel = CancellationToken::new();
    let mut running = Vec::new();
    for (n, address) in plan.sources.iter().enumerate() {
        let source = sources::build(address, &plan.settings).map_err(|error| Usage(error.to_string()))?;
        let id = SourceId(n as u16);
        let outlet = Outlet::new(id, to.clone(), cancel.child_token(), Arc::new(SystemClock), Handle::current());
        running.push(source.run(outlet));
    }
    drop(to);
    let is_ending = plan.settings.follow == Follow::Off;
    let waits = if is_ending && plan.lines.is_none() { Waits::All } else { Waits::First(plan.lines) };
    let ids = || (0..plan.sources.len() as u16).map(SourceId);
    let mut sorter = Sorter::new(waits, plan.limit);
    for (id, _) in ids().zip(&plan.whole).filter(|(_, is_whole)| **is_whole) {
        sorter.keep_whole(id);
    }
    let mut tail = Tail {
        printer,
        sorter,
        starting: ids().collect(),
        silent: ids().collect(),
        unknown: HashMap::new(),
        queued: HashMap::new(),
        lines: plan.lines,
        is_ending,
        keeper: ends.state.take().map(|state| Keeper::new(state, &plan.sources)),
    };
    let result = tail.run(messages, running, ends.signals, out).await;
    cancel.cancel();
    // Also when standard output was closed: what was written before is not to come again.
    tail.keep(out);
    let signal = result?;
    Ok(signal.map_or_else(|| tail.printer.exit(), Exit::Signal))
}

/// The number of the signal that ends the run; nothing when none can come.
async fn ended_by(signals: &mut Option<mpsc::Receiver<Signal>>) -> Option<i32> {
    loop {
        match signals.as_mut()?.recv().await? {
            Signal::End(number) => return Some(number),
            Signal::HungUp | Signal::Continue => {}
        }
    }
}

/// How long it is until then.
fn until(then: Timestamp, now: Timestamp) -> Duration {
    Duration::from_nanos(then.0.saturating_sub(now.0).max(0).unsigned_abs())
}

/// Keeps the places that are reached.
struct Keeper {
    state: state::State,
    addresses: Vec<String>,
    /// Whether it was said that they cannot be written.
    is_told: bool,
}

impl Keeper {
    fn new(state: state::State, sources: &[Address]) -> Self {
        Self { state, addresses: sources.iter().map(ToString::to_string).collect(), is_told: false }
    }

    fn note(&mut self, source: SourceId, cursor: Cursor) {
        if let Some(address) = self.addresses.get(usize::from(source.0)) {
            self.state.note(address, cursor);
        }
    }
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
    /// Objects that will be read and of which nothing came yet.
    queued: HashMap<SourceId, HashSet<(String, String)>>,
    lines: Option<usize>,
    /// Whether it ends when all that is there was read.
    is_ending: bool,
    keeper: Option<Keeper>,
}

impl Tail {
    /// Prints until all sources have ended, or a signal comes, whose number is given.
    async fn run(
        &mut self,
        mut messages: mpsc::Receiver<SourceMsg>,
        running: Vec<sources::Running>,
        mut signals: Option<mpsc::Receiver<Signal>>,
        out: &mut Output,
    ) -> anyhow::Result<Option<i32>> {
        let mut all = std::pin::pin!(join_all(running));
        let mut ended = false;
        let patience = tokio::time::sleep(PATIENCE);
        let mut patience = std::pin::pin!(patience);
        let mut signal = None;
        loop {
            let due = self.next_due().map(|due| until(due, SystemClock.now()));
            tokio::select! {
                biased;
                Some(number) = ended_by(&mut signals) => {
                    signal = Some(number);
                    break;
                }
                message = messages.recv() => match message {
                    Some(message) => self.message(message, out),
                    None => break,
                },
                results = &mut all, if !ended => {
                    ended = true;
                    for error in results.into_iter().filter_map(Result::err) {
                        self.printer.problem(&error.to_string(), out);
                    }
                }
                () = &mut patience, if !self.is_ending && self.is_first() => self.begin(),
                () = tokio::time::sleep(due.unwrap_or(PATIENCE)), if due.is_some() => {}
            }
            let now = SystemClock.now();
            self.print(now, out)?;
            let is_due =
                self.keeper.as_ref().is_some_and(|keeper| keeper.state.next_due().is_some_and(|due| due <= now));
            if is_due || messages.is_empty() {
                out.flush()?;
                self.reached();
            }
            if is_due {
                self.keep(out);
            }
        }
        self.finish(out)?;
        self.reached();
        Ok(signal)
    }

    /// When something is to be done though nothing comes.
    fn next_due(&self) -> Option<Timestamp> {
        let write = self.keeper.as_ref().and_then(|keeper| keeper.state.next_due());
        self.sorter.next_due().into_iter().chain(write).min()
    }

    /// Notes the places before which everything was printed, which standard output has got.
    fn reached(&mut self) {
        if let Some(keeper) = &mut self.keeper {
            for (source, cursor) in self.sorter.reached() {
                keeper.note(source, cursor);
            }
        }
    }

    /// Writes the places.
    fn keep(&mut self, out: &mut Output) {
        let Some(keeper) = &mut self.keeper else { return };
        if let Err(error) = keeper.state.write(SystemClock.now())
            && !std::mem::replace(&mut keeper.is_told, true)
        {
            self.printer.problem(&format!("{error:#}; the next run would print again what comes now"), out);
        }
    }

    fn is_first(&self) -> bool {
        matches!(self.sorter.waits(), Waits::First(_))
    }

    /// What is there was read, or waited for long enough.
    fn begin(&mut self) {
        if let Some(lines) = self.lines {
            self.sorter.trim(lines);
        }
        self.sorter.wait_for(if self.is_ending { Waits::All } else { Waits::Moment });
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
                    && !self.is_ending
                {
                    self.begin();
                }
                if health.state == State::Done {
                    self.sorter.source_is_over(source);
                    self.queued.remove(&source);
                }
                self.printer.health(source, &health, out);
            }
            SourceMsg::Pods { source, news } => self.news(source, &news, out),
            SourceMsg::Objects { source, news } => self.objects(source, news, out),
            SourceMsg::Documents { news: documents::News::Cannot(why), .. } => self.printer.problem(&why, out),
            SourceMsg::Cursor { source, cursor } if self.keeper.is_some() => self.sorter.place(source, cursor),
            // Health says it, too; only the screen asks, or opens anew.
            SourceMsg::Documents { .. }
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

    fn objects(&mut self, source: SourceId, news: objects::News, out: &mut Output) {
        match news {
            objects::News::Objects(objects) => {
                let queued = self.queued.entry(source).or_default();
                for object in objects {
                    let goes_on = matches!(object.state, ObjectState::Queued | ObjectState::Reading { .. });
                    if let Some(origin) = object.origin {
                        self.sorter.set_over(origin, !goes_on);
                    }
                    let name = (object.key.bucket, object.key.name);
                    if goes_on && object.origin.is_none() {
                        queued.insert(name);
                    } else {
                        queued.remove(&name);
                    }
                }
            }
            objects::News::Cannot(why) => self.printer.problem(&why, out),
            // Health says it, too.
            objects::News::Forgotten(_) | objects::News::Scope(_) | objects::News::Described { .. } => {}
        }
    }

    fn print(&mut self, now: Timestamp, out: &mut Output) -> std::io::Result<()> {
        let queued = self.queued.values().map(HashSet::len).sum::<usize>();
        self.sorter.expect(self.silent.len() + self.unknown.values().sum::<usize>() + queued);
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
