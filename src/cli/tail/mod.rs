//! `logdeck tail`: the end of logs and what comes after, of several sources merged by time.
//!
//! Owns what is read and printed: from the command line to running sources. Must not know how a source is read, how its
//! records get to standard output (`flow`), or how places are kept (`state`).

mod args;
mod flow;
mod order;
mod places;
mod state;

pub use args::TailArgs;
use args::remembers;

use super::live::{Form, Printer};
use super::{Exit, Globals, Output, Usage};
use crate::analysis::matcher::Matcher;
use crate::infra::clock::SystemClock;
use crate::model::{Address, SourceId, Timestamp};
use crate::parse::Parser;
use crate::ports::Clock;
use crate::runtime::signals::{self, Signal};
use crate::sources::{self, Follow, Outlet, Settings};
use flow::{Keeper, Tail};
use order::{Sorter, Waits};
use std::sync::Arc;
use tokio::runtime::{Builder, Handle};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Messages that may wait; then the sources wait.
const LANE: usize = 16;
/// Lines of each origin at the start, where nothing else is said.
const LINES: usize = 100;
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
    if args.state.is_some()
        && let Some(other) = sources.iter().find(|source| !remembers(source))
    {
        out.note(&format!("--state keeps places of gs: and firestore: alone; {other} begins as it does without"));
    }
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
    let mut sorter = Sorter::new(waits, plan.limit);
    let ids = (0..plan.sources.len() as u16).map(SourceId);
    for (id, _) in ids.zip(&plan.whole).filter(|(_, is_whole)| **is_whole) {
        sorter.keep_whole(id);
    }
    let keeper = ends.state.take().map(|state| Keeper::new(state, &plan.sources));
    let mut tail = Tail::new(printer, sorter, plan.sources.len(), plan.lines, plan.settings.follow, keeper);
    let result = tail.run(messages, running, ends.signals, out).await;
    cancel.cancel();
    // Also when standard output was closed: what was written before is not to come again.
    tail.keep(out);
    let signal = result?;
    Ok(signal.map_or_else(|| tail.exit(), Exit::Signal))
}
