//! Records of running sources on their way to standard output, in order, and places behind them.
//!
//! Owns the loop, and what is known of each source's progress. Must not know how a source is read, or how order is made
//! (`order`).

use super::order::{Sorter, Waits};
use super::state;
use crate::cli::live::Printer;
use crate::cli::{Exit, Output};
use crate::infra::clock::SystemClock;
use crate::model::objects::{self, ObjectState};
use crate::model::pods::{News, StreamState};
use crate::model::{Address, Cursor, SourceId, SourceMsg, State, Timestamp, documents};
use crate::ports::Clock;
use crate::runtime::signals::Signal;
use crate::sources::{self, Follow};
use futures_util::future::join_all;
use std::collections::{HashMap, HashSet};
use std::time::Duration;
use tokio::sync::mpsc;

/// How long the first lines wait for sources that are slow to say what they have.
const PATIENCE: Duration = Duration::from_secs(3);

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
pub struct Keeper {
    state: state::State,
    addresses: Vec<String>,
    /// Whether it was said that they cannot be written.
    is_told: bool,
}

impl Keeper {
    /// Places of these sources.
    pub fn new(state: state::State, sources: &[Address]) -> Self {
        Self { state, addresses: sources.iter().map(ToString::to_string).collect(), is_told: false }
    }

    fn note(&mut self, source: SourceId, cursor: Cursor) {
        if let Some(address) = self.addresses.get(usize::from(source.0)) {
            self.state.note(address, cursor);
        }
    }
}

/// What comes from sources and what is printed of it.
pub struct Tail {
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
    /// What was said of objects.
    told: HashSet<String>,
    /// Sources that have found no object.
    empty: HashSet<SourceId>,
    lines: Option<usize>,
    /// Whether it ends when all that is there was read.
    is_ending: bool,
    keeper: Option<Keeper>,
}

impl Tail {
    /// So many sources begin; at the start, `lines` of each log count.
    pub fn new(
        printer: Printer,
        sorter: Sorter,
        sources: usize,
        lines: Option<usize>,
        follow: Follow,
        keeper: Option<Keeper>,
    ) -> Self {
        let ids = || (0..sources as u16).map(SourceId).collect();
        Self {
            printer,
            sorter,
            starting: ids(),
            silent: ids(),
            unknown: HashMap::new(),
            queued: HashMap::new(),
            told: HashSet::new(),
            empty: HashSet::new(),
            lines,
            is_ending: follow == Follow::Off,
            keeper,
        }
    }

    /// How the command ends.
    pub const fn exit(&self) -> Exit {
        self.printer.exit()
    }

    /// Prints until all sources have ended, or a signal comes, whose number is given.
    ///
    /// # Errors
    /// Those of standard output.
    pub async fn run(
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
    pub fn keep(&mut self, out: &mut Output) {
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
                    // Silence would look as if there were no lines in them.
                    if self.empty.remove(&source) {
                        out.note(&health.detail);
                    }
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
                    if let ObjectState::Partial { why, .. } = &object.state {
                        let told =
                            format!("gs://{}/{} was not read to its end: {why}", object.key.bucket, object.key.name);
                        if self.told.insert(told.clone()) {
                            self.printer.problem(&told, out);
                        }
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
            objects::News::Scope(scope) if scope.objects == 0 => {
                self.empty.insert(source);
            }
            objects::News::Scope(_) => {
                self.empty.remove(&source);
            }
            // Health says it, too.
            objects::News::Forgotten(_) | objects::News::Described { .. } => {}
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
