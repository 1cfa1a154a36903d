//! Looking for causes beside the loop: which inputs of a source are looked at, by how many threads, and what is told.
//!
//! Owns the look's threads, its progress, and its end. Must not know how a cause is recognised
//! (`analysis` does), nor the screen.

use super::green::{Greens, name_of};
use super::tasks::Tasks;
use crate::analysis::extract::{Extract, Extractor, Options};
use crate::app::event::{Compared, Event};
use crate::app::{ExtractNews, Extracted, LogForm, LogFound};
use crate::model::{Address, SourceId, Timestamp};
use crate::sources::files::{
    Codec, Consume, Discovered, Input, InputError, Outcome, Role, Watch, discover_address, each, roles,
};
use std::{
    collections::{BTreeMap, HashMap},
    path::PathBuf,
    sync::{Arc, OnceLock, atomic::Ordering},
    thread::available_parallelism,
    time::Duration,
};
use tokio::sync::mpsc;

/// News that may wait; then the look waits.
const LANE: usize = 64;
/// How often progress is told.
const PROGRESS: Duration = Duration::from_millis(100);
/// Several files that are no archive are looked at by themselves only up to so many bytes together (1 GiB).
const MOST: u64 = 1 << 30;
/// A file that did not change for so long does not grow any more, as far as anybody knows (2 s).
const QUIET: i64 = 2 * crate::model::time::SECOND;

/// Looks for causes in the logs of sources.
#[derive(Debug)]
pub(super) struct Looker {
    to: mpsc::Sender<Event>,
    green: Option<Green>,
    sources: BTreeMap<SourceId, Address>,
    /// Passing logs that one source alone is compared with.
    greens: HashMap<SourceId, Green>,
    running: HashMap<SourceId, Watch>,
    runs: u32,
}

/// A passing log.
#[derive(Clone, Debug)]
pub(super) struct Green {
    /// Where it is.
    pub(super) address: Address,
    /// When its run ended, where that is known.
    pub(super) passed: Option<Timestamp>,
}

impl Green {
    fn of_path(path: PathBuf) -> Self {
        Self { address: Address::Path(path), passed: None }
    }
}

/// Whether files that are many and large are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Zeal {
    /// Nobody asked for it.
    Unasked,
    Asked,
}

impl Looker {
    /// One that compares with this passing log; and where it tells its news.
    pub(super) fn new(green: Option<PathBuf>) -> (Self, mpsc::Receiver<Event>) {
        let (to, news) = mpsc::channel(LANE);
        let green = green.map(Green::of_path);
        let looker =
            Self { to, green, sources: BTreeMap::new(), greens: HashMap::new(), running: HashMap::new(), runs: 0 };
        (looker, news)
    }

    /// Looks at a source that was opened, whose files stand there.
    pub(super) fn begin(&mut self, source: SourceId, address: Address, now: Timestamp, tasks: &mut Tasks) {
        self.sources.insert(source, address.clone());
        self.look(source, address, (Zeal::Unasked, now), tasks);
    }

    /// Looks at a source again, compared with this passing log, unless another one was named.
    pub(super) fn compare(&mut self, source: SourceId, green: Green, now: Timestamp, tasks: &mut Tasks) {
        self.greens.insert(source, green);
        if let Some(address) = self.sources.get(&source).filter(|_| self.green.is_none()).cloned() {
            self.look(source, address, (Zeal::Asked, now), tasks);
        }
    }

    /// Looks at all sources again.
    pub(super) fn again(&mut self, compared: Compared, now: Timestamp, tasks: &mut Tasks) {
        match compared {
            Compared::AsBefore => {}
            Compared::With(path) => self.green = Some(Green::of_path(path)),
            Compared::Alone => self.green = None,
        }
        self.cancel();
        for (source, address) in self.sources.clone() {
            self.look(source, address, (Zeal::Asked, now), tasks);
        }
    }

    /// Ends every look that is under way.
    pub(super) fn cancel(&self) {
        for watch in self.running.values() {
            watch.cancel.store(true, Ordering::Relaxed);
        }
    }

    fn look(&mut self, source: SourceId, address: Address, (zeal, now): (Zeal, Timestamp), tasks: &mut Tasks) {
        self.runs = self.runs.wrapping_add(1);
        let watch = Watch::default();
        self.running.insert(source, watch.clone());
        let teller = Teller { to: self.to.clone(), source, run: self.runs };
        let green = self.green.as_ref().or_else(|| self.greens.get(&source)).cloned();
        let stop = tasks.cancel();
        tasks.spawn(async move {
            let (theirs, seen) = (teller.clone(), watch.clone());
            let of = Arc::new(OnceLock::new());
            let total = Arc::clone(&of);
            let look = Look { address, green, watch: seen, zeal, now, total };
            let mut work = tokio::task::spawn_blocking(move || look.run(&theirs));
            let mut ticks = tokio::time::interval(PROGRESS);
            ticks.tick().await;
            let ended = loop {
                tokio::select! {
                    ended = &mut work => break ended,
                    () = stop.cancelled() => {
                        watch.cancel.store(true, Ordering::Relaxed);
                        return;
                    }
                    _ = ticks.tick() => {
                        let done = watch.done.load(Ordering::Relaxed);
                        // When the lane is full, the next one tells more.
                        let news = Extracted::Progress { done, of: of.get().copied().unwrap_or(0) };
                        let _ = teller.to.try_send(teller.event(news));
                    }
                }
            };
            let end = ended.unwrap_or_else(|_| {
                Extracted::Failed("the look for causes failed by a defect of logdeck; its log has more".to_owned())
            });
            let _ = teller.to.send(teller.event(end)).await;
        });
    }
}

/// Tells the news of one look.
#[derive(Clone)]
struct Teller {
    to: mpsc::Sender<Event>,
    source: SourceId,
    run: u32,
}

impl Teller {
    fn event(&self, what: Extracted) -> Event {
        Event::Extract(ExtractNews { source: self.source, run: self.run, what })
    }

    /// Waits for room. `false` when nobody listens any more.
    fn tell(&self, what: Extracted) -> bool {
        self.to.blocking_send(self.event(what)).is_ok()
    }
}

/// One look, in a blocking thread.
struct Look {
    address: Address,
    green: Option<Green>,
    watch: Watch,
    zeal: Zeal,
    now: Timestamp,
    /// Bytes to be read, as soon as they are known.
    total: Arc<OnceLock<u64>>,
}

impl Look {
    /// Tells all but the end, which it returns.
    fn run(&self, teller: &Teller) -> Extracted {
        let Discovered { inputs, problems, notes } = discover_address(&self.address).unwrap_or_default();
        let form = if inputs.iter().any(|input| input.entry.is_some()) { LogForm::Archive } else { LogForm::Files };
        let roles = roles(&inputs);
        // No pipes, which can be read only once; nor logs of steps that stand in their job's log, too.
        let is_wanted = |(n, input): &(usize, &Input)| input.codec != Codec::Stream && roles[*n] != Role::Covered;
        let wanted: Vec<_> = inputs.iter().enumerate().filter(is_wanted).map(|(n, _)| n).collect();
        teller.tell(Extracted::Began { logs: wanted.len(), form });
        let chosen: Vec<Input> = wanted.iter().map(|n| inputs[*n].clone()).collect();
        let bytes = chosen.iter().filter_map(Input::disk_bytes).sum::<u64>();
        let _ = self.total.set(bytes);
        if form == LogForm::Files && chosen.len() > 1 && bytes > MOST && self.zeal == Zeal::Unasked {
            let gib = bytes as f64 / f64::from(1 << 30);
            return Extracted::Skipped(format!("{} files of {gib:.1} GiB: `:causes` looks at them", chosen.len()));
        }
        let logs: Vec<_> = wanted.iter().map(|n| (&inputs[*n], &roles[*n])).collect();
        let greens = self.greens(&logs, teller);
        for problem in problems.iter().map(ToString::to_string).chain(notes) {
            // What is wrong with files is said by their source.
            if form == LogForm::Archive {
                teller.tell(Extracted::Problem(problem));
            }
        }
        let threads = available_parallelism().map_or(2, std::num::NonZero::get);
        let mut not_text = 0;
        let make = |n| {
            let baseline = greens.as_ref().map_or(Ok(None), |greens| greens.of_log(n, &self.watch));
            let baseline = baseline.unwrap_or_else(|problem| {
                teller.tell(Extracted::NoGreen(problem));
                None
            });
            Taking(Extractor::new(Options { baseline, max_lines: None }))
        };
        each(&chosen, threads, &self.watch, make, |outcome| {
            if outcome.problem.as_ref().is_some_and(InputError::is_binary) && form == LogForm::Archive {
                not_text += 1;
            } else if !teller.tell(Extracted::Log(Box::new(self.found(&chosen, &wanted, outcome)))) {
                self.watch.cancel.store(true, Ordering::Relaxed);
            }
        });
        if self.watch.cancel.load(Ordering::Relaxed) { Extracted::Cancelled } else { Extracted::Finished(not_text) }
    }

    /// The passing logs to compare with, if some were given.
    fn greens(&self, logs: &[(&Input, &Role)], teller: &Teller) -> Option<Greens> {
        let Green { address, passed } = self.green.as_ref()?;
        let (greens, news) = match Greens::find(address, logs) {
            Ok(greens) => (Some(greens), Extracted::Green { name: name_of(address), passed: *passed }),
            Err(problem) => (None, Extracted::NoGreen(problem)),
        };
        teller.tell(news);
        greens
    }

    fn found(&self, chosen: &[Input], wanted: &[usize], outcome: Outcome<Extract>) -> LogFound {
        let input = &chosen[outcome.input];
        LogFound {
            input: wanted[outcome.input],
            name: input.name.clone(),
            extract: outcome.out,
            problem: outcome.problem.map(|problem| problem.to_string()),
            is_finished: self.is_finished(input),
        }
    }

    /// Whether nobody writes to it any more, as far as that can be told.
    fn is_finished(&self, input: &Input) -> bool {
        if input.codec != Codec::Plain {
            return true;
        }
        let modified = std::fs::metadata(&input.path).and_then(|meta| meta.modified());
        let since = modified.ok().and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
        since.is_some_and(|since| self.now.0 - i64::try_from(since.as_nanos()).unwrap_or(i64::MAX) > QUIET)
    }
}

/// An extractor that takes an input's bytes.
struct Taking(Extractor);

impl Consume for Taking {
    type Out = Extract;

    fn feed(&mut self, bytes: &[u8]) {
        self.0.feed(bytes);
    }

    fn finish(self) -> Extract {
        self.0.finish()
    }
}
