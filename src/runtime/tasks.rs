//! Tasks: every source and helper that runs beside the loop, from its start to its end.
//!
//! Owns spawning, restarting and stopping; nothing else spawns. Must not know the screen.

use crate::analysis::lines::LineNeedle;
use crate::model::plugin::{Allowed, Plugin};
use crate::model::window::{Answer, Ask, Request};
use crate::model::{Address, Health, SourceId, SourceMsg, State, Timestamp, Want};
use crate::ports::Clock;
use crate::sources::{NotYet, Outlet, Settings, Source, SourceError, files};
use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{runtime::Handle, sync::mpsc, task::JoinSet};
use tokio_util::sync::CancellationToken;

/// Makes the source of an address; called again after a panic.
pub type Build = Arc<dyn Fn(&Address, &Settings) -> Result<Box<dyn Source>, NotYet> + Send + Sync>;

/// How long tasks may take to end.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// The pauses between tries of something that keeps failing.
#[derive(Clone, Copy, Debug)]
pub struct Backoff {
    /// The first pause.
    pub first: Duration,
    /// The longest one.
    pub longest: Duration,
    /// Tries in all; then it stays failed.
    pub tries: u32,
    /// A run of this length counts as healthy: the pauses begin anew after it.
    pub healthy: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self {
            first: Duration::from_secs(1),
            longest: Duration::from_mins(1),
            tries: 6,
            healthy: Duration::from_mins(5),
        }
    }
}

impl Backoff {
    /// The pause after the `failures`-th failure in a row (from 1): it doubles, and is shortened by up to a half, by
    /// `jitter`, so that many do not try at the same moment.
    pub fn pause(&self, failures: u32, jitter: u64) -> Duration {
        let doubled = self.first.saturating_mul(1 << failures.saturating_sub(1).min(20)).min(self.longest);
        let half = doubled / 2;
        let part = u32::try_from(jitter % 1024).unwrap_or(0);
        half + half * part / 1023
    }
}

/// The tasks of a run.
#[derive(Debug)]
pub struct Tasks {
    set: JoinSet<()>,
    cancel: CancellationToken,
    to: mpsc::Sender<SourceMsg>,
    settings: Settings,
    surroundings: Surroundings,
    opened: HashMap<SourceId, Opened>,
}

/// A source that was opened, whether it still runs or not.
#[derive(Debug)]
struct Opened {
    address: Address,
    /// How it is read, where that is not as the settings say.
    settings: Option<Box<Settings>>,
    outlet: Outlet,
    /// Cancelled when the task has ended.
    ended: CancellationToken,
    /// What is known of its whole file.
    far: Arc<files::Far>,
    /// Ends the question that is being answered.
    asked: CancellationToken,
}

#[derive(Clone)]
struct Surroundings {
    clock: Arc<dyn Clock>,
    build: Build,
    backoff: Backoff,
}

impl std::fmt::Debug for Surroundings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Surroundings").field("backoff", &self.backoff).finish_non_exhaustive()
    }
}

impl Tasks {
    /// No tasks yet. What sources say goes to `to`.
    pub fn new(
        to: mpsc::Sender<SourceMsg>,
        settings: Settings,
        clock: Arc<dyn Clock>,
        build: Build,
        backoff: Backoff,
    ) -> Self {
        let surroundings = Surroundings { clock, build, backoff };
        let (set, cancel, opened) = (JoinSet::new(), CancellationToken::new(), HashMap::new());
        Self { set, cancel, to, settings, surroundings, opened }
    }

    /// The order to stop, for tasks that are started with [`Tasks::spawn`].
    pub fn cancel(&self) -> CancellationToken {
        self.cancel.child_token()
    }

    /// How sources read.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Whether this version can read an address of this kind.
    ///
    /// # Errors
    /// What the kind will need.
    pub fn can_open(&self, address: &Address) -> Result<(), NotYet> {
        (self.surroundings.build)(address, &self.settings).map(|_| ())
    }

    /// Opens an address. Whatever happens is told as health. Has to be called inside the runtime.
    pub fn open(&mut self, id: SourceId, address: Address) {
        self.open_held(id, address);
        self.load(id);
    }

    /// Opens a source that is read in its own way.
    pub fn open_with(&mut self, id: SourceId, address: Address, settings: Settings) {
        self.open_held(id, address);
        if let Some(opened) = self.opened.get_mut(&id) {
            opened.settings = Some(Box::new(settings));
        }
        self.load(id);
    }

    /// Starts a source that was opened with [`Tasks::open_held`]; once.
    pub fn load(&mut self, id: SourceId) {
        if let Some(mut opened) = self.opened.remove(&id) {
            if opened.ended.is_cancelled() && !opened.outlet.cancel().is_cancelled() {
                opened.ended = CancellationToken::new();
                self.start(&opened);
            }
            self.opened.insert(id, opened);
        }
    }

    /// Opens an address that is not read before [`Tasks::load`] says so; it can be asked about.
    pub fn open_held(&mut self, id: SourceId, address: Address) {
        let cancel = self.cancel.child_token();
        let clock = Arc::clone(&self.surroundings.clock);
        let outlet = Outlet::new(id, self.to.clone(), cancel, clock, Handle::current());
        let opened = Opened {
            address,
            settings: None,
            outlet,
            ended: CancellationToken::new(),
            far: Arc::default(),
            asked: self.cancel.child_token(),
        };
        // Nothing runs that would have to end.
        opened.ended.cancel();
        self.opened.insert(id, opened);
    }

    /// Stops a source. What it still sends may come.
    pub fn pause(&mut self, id: SourceId) {
        if let Some(opened) = self.opened.get(&id) {
            opened.outlet.cancel().cancel();
        }
    }

    /// Sources that are opened from now on may run this program, too.
    pub fn allow(&mut self, plugin: &Plugin) {
        self.settings.pods.allowed.push(Allowed::of(plugin));
    }

    /// Tells a source what is wanted of it.
    pub fn want(&self, id: SourceId, want: Want) {
        let taken = self.opened.get(&id).is_some_and(|opened| opened.outlet.want(want));
        if !taken {
            tracing::warn!(source = id.0, "nobody takes what is wanted of the source");
        }
    }

    /// Stops a source and opens it anew, when nothing of it is on its way any more. It says so first.
    pub fn reopen(&mut self, id: SourceId) {
        let Some(mut opened) = self.opened.remove(&id) else { return };
        opened.outlet.cancel().cancel();
        opened.asked.cancel();
        opened.outlet = opened.outlet.renewed(self.cancel.child_token());
        let before = std::mem::take(&mut opened.ended);
        let (task, outlet) = (self.task(&opened), opened.outlet.clone());
        self.set.spawn(async move {
            before.cancelled().await;
            if outlet.reopened_async().await.is_ok() {
                task.await;
            }
        });
        self.opened.insert(id, opened);
    }

    /// Finds something out about a source's whole file, in place of what was asked before.
    pub fn ask(&mut self, ask: Ask) {
        let Some(opened) = self.opened.get_mut(&ask.source) else { return };
        opened.asked.cancel();
        opened.asked = self.cancel.child_token();
        let (address, far, settings) = (opened.address.clone(), Arc::clone(&opened.far), self.settings.clone());
        let outlet = opened.outlet.renewed(opened.asked.clone());
        self.set.spawn(async move {
            let (ticket, theirs) = (ask.ticket, outlet.clone());
            let done = tokio::task::spawn_blocking(move || {
                let lines = match &ask.request {
                    Request::Find { pattern, .. } | Request::Count { pattern } => LineNeedle::compile(pattern).ok(),
                    Request::Window { .. } | Request::At { .. } => None,
                };
                let lines = lines.map(|needle| Box::new(Lines(needle)) as Box<dyn files::Lines>);
                let _ = files::answer(&ask, &address, &settings, &far, lines, &theirs);
            });
            if done.await.is_err_and(|error| error.is_panic()) {
                let problem = SourceError::Panicked.to_string();
                let _ = outlet.answer_async(ticket, Answer::Failed(problem)).await;
            }
        });
    }

    /// Ends the question about a source's file.
    pub fn stop_asking(&mut self, id: SourceId) {
        if let Some(opened) = self.opened.get(&id) {
            opened.asked.cancel();
        }
    }

    fn start(&mut self, opened: &Opened) {
        let task = self.task(opened);
        self.set.spawn(task);
    }

    /// The source's task, which tells its end.
    fn task(&self, opened: &Opened) -> impl Future<Output = ()> + Send + use<> {
        let ended = opened.ended.clone().drop_guard();
        let settings = opened.settings.as_deref().unwrap_or(&self.settings).clone();
        let surroundings = self.surroundings.clone();
        let source = supervise(opened.address.clone(), settings, opened.outlet.clone(), surroundings);
        async move {
            let _ended = ended;
            source.await;
        }
    }

    /// Does work that may block, such as a look at the disk, and hands its outcome on.
    pub fn look<T: Send + 'static>(&mut self, work: impl FnOnce() -> T + Send + 'static, to: mpsc::Sender<T>) {
        self.set.spawn(async move {
            if let Ok(outcome) = tokio::task::spawn_blocking(work).await {
                let _ = to.send(outcome).await;
            }
        });
    }

    /// Starts a helper. It has to end soon after [`Tasks::cancel`] says so.
    pub fn spawn(&mut self, work: impl Future<Output = ()> + Send + 'static) {
        self.set.spawn(work);
    }

    /// Tells all to stop, waits two seconds at most, and ends the rest.
    pub async fn stop(mut self) {
        self.cancel.cancel();
        // Sources that wait for room in the lane are let go.
        drop(self.to);
        let all = async { while self.set.join_next().await.is_some() {} };
        if tokio::time::timeout(LAST_WORDS, all).await.is_err() {
            tracing::warn!(tasks = self.set.len(), "tasks did not stop in time");
            self.set.abort_all();
        }
    }
}

/// A pattern, for the files that do not know what one means.
struct Lines(LineNeedle);

impl files::Lines for Lines {
    fn first(&mut self, text: &[u8]) -> Option<usize> {
        self.0.first(text).map(|line| line.start)
    }

    fn last(&mut self, text: &[u8]) -> Option<usize> {
        self.0.last(text).map(|line| line.start)
    }

    fn count(&mut self, text: &[u8]) -> u64 {
        self.0.count(text)
    }

    fn another(&self) -> Box<dyn files::Lines> {
        Box::new(Self(self.0.clone()))
    }
}

/// Runs a source, and again after a panic, until it ends.
async fn supervise(address: Address, settings: Settings, outlet: Outlet, surroundings: Surroundings) {
    let Surroundings { clock, build, backoff } = surroundings;
    let mut failures = 0;
    loop {
        let source = match build(&address, &settings) {
            Ok(source) => source,
            Err(not_yet) => {
                let _ = outlet.health_async(Health::new(State::Failed, not_yet.to_string())).await;
                return;
            }
        };
        let began = Instant::now();
        // A set of one: dropping it ends the source too.
        let mut one = JoinSet::new();
        let theirs = outlet.clone();
        one.spawn(async move { source.run(theirs).await });
        let problem = match one.join_next().await {
            None | Some(Ok(Ok(()) | Err(SourceError::Closed(_)))) => return,
            Some(Ok(Err(error))) => error.to_string(),
            Some(Err(error)) if error.is_panic() => SourceError::Panicked.to_string(),
            Some(Err(_)) => return,
        };
        failures = if began.elapsed() > backoff.healthy { 1 } else { failures + 1 };
        tracing::error!(source = address.kind(), failures, problem, "a source failed");
        let now = clock.now();
        let health = failed(&problem, failures, now, &backoff, u64::from(outlet.source().0));
        let pause = health.next_try.map(|at| Duration::from_nanos((at.0 - now.0).max(0) as u64));
        if outlet.health_async(health).await.is_err() {
            return;
        }
        let Some(pause) = pause else { return };
        tokio::select! {
            () = outlet.cancel().cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// What is said after a failure: when the next try is, or that there is none.
fn failed(problem: &str, failures: u32, now: Timestamp, backoff: &Backoff, salt: u64) -> Health {
    if failures >= backoff.tries {
        return Health::new(State::Failed, format!("{problem}; given up after {failures} tries"));
    }
    let jitter = (now.0 as u64 / 1000).wrapping_add(salt.wrapping_mul(7919));
    let pause = backoff.pause(failures, jitter);
    let next_try = now.saturating_add(i64::try_from(pause.as_nanos()).unwrap_or(i64::MAX));
    let detail = format!("{problem}; it is read again from its start, so lines may come twice");
    Health { next_try: Some(next_try), ..Health::new(State::Failed, detail) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::{Follow, Running};
    use std::sync::atomic::{AtomicU32, Ordering};

    struct Fixed;

    impl Clock for Fixed {
        fn now(&self) -> Timestamp {
            Timestamp(1_000)
        }
    }

    /// Panics until it was built `panics` times, then says that it is done.
    struct Shaky(bool);

    impl Source for Shaky {
        fn run(self: Box<Self>, out: Outlet) -> Running {
            Box::pin(async move {
                assert!(!self.0, "as the test wants it");
                out.health_async(Health::new(State::Done, "done")).await?;
                Ok(())
            })
        }
    }

    fn heard(panics: u32, tries: u32) -> Vec<Health> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (to, mut from) = mpsc::channel(8);
            let built = AtomicU32::new(0);
            let build: Build =
                Arc::new(move |_, _| Ok(Box::new(Shaky(built.fetch_add(1, Ordering::Relaxed) < panics))));
            let millisecond = Duration::from_millis(1);
            let backoff = Backoff { first: millisecond, longest: millisecond, tries, ..Backoff::default() };
            let settings = Settings::new(jiff::tz::TimeZone::UTC, Follow::Off, 1);
            let mut tasks = Tasks::new(to, settings, Arc::new(Fixed), build, backoff);
            tasks.open(SourceId(3), Address::Stdin);
            let mut all = Vec::new();
            while all.len() < (panics.min(tries) + u32::from(panics < tries)) as usize {
                match from.recv().await {
                    Some(SourceMsg::Health { source: SourceId(3), health }) => all.push(health),
                    other => panic!("{other:?}"),
                }
            }
            tasks.stop().await;
            assert!(from.recv().await.is_none(), "nothing runs any more");
            all
        })
    }

    #[test]
    fn a_panic_is_told_and_the_source_starts_again() {
        let all = heard(2, 6);
        let states: Vec<_> = all.iter().map(|h| (h.state, h.next_try.is_some())).collect();
        assert_eq!(states, [(State::Failed, true), (State::Failed, true), (State::Done, false)]);
        assert!(all[0].detail.contains("defect of logdeck"), "{}", all[0].detail);
    }

    #[test]
    fn what_keeps_panicking_is_given_up() {
        let all = heard(9, 3);
        let states: Vec<_> = all.iter().map(|h| (h.state, h.next_try.is_some())).collect();
        assert_eq!(states, [(State::Failed, true), (State::Failed, true), (State::Failed, false)]);
        assert!(all[2].detail.contains("given up after 3 tries"), "{}", all[2].detail);
    }

    /// Says that it runs, until it is told to stop.
    struct Endless;

    impl Source for Endless {
        fn run(self: Box<Self>, out: Outlet) -> Running {
            Box::pin(async move {
                out.health_async(Health::new(State::Following, "runs")).await?;
                out.cancel().cancelled().await;
                Err(crate::sources::Closed.into())
            })
        }
    }

    #[test]
    fn a_source_is_stopped_asked_about_and_opened_anew() {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let (to, mut from) = mpsc::channel(8);
            let settings = Settings::new(jiff::tz::TimeZone::UTC, Follow::Off, 1);
            let build: Build = Arc::new(|_, _| Ok(Box::new(Endless)));
            let mut tasks = Tasks::new(to, settings, Arc::new(Fixed), build, Backoff::default());
            let id = SourceId(3);
            tasks.open(id, Address::Stdin);
            assert!(matches!(from.recv().await, Some(SourceMsg::Health { .. })));
            tasks.pause(id);
            let pattern = crate::model::query::Pattern {
                source: "x".to_owned(),
                kind: crate::model::query::PatternKind::Literal,
            };
            tasks.ask(Ask { source: id, ticket: 9, request: Request::Count { pattern } });
            match from.recv().await {
                Some(SourceMsg::Answer { source: SourceId(3), ticket: 9, answer: Answer::Failed(problem) }) => {
                    assert!(problem.contains("only files"), "{problem}");
                }
                other => panic!("{other:?}"),
            }
            for _ in 0..2 {
                tasks.reopen(id);
                assert!(matches!(from.recv().await, Some(SourceMsg::Reopened(SourceId(3)))));
                assert!(matches!(from.recv().await, Some(SourceMsg::Health { .. })));
            }
            tasks.stop().await;
            assert!(from.recv().await.is_none(), "nothing runs any more");
        });
    }

    #[test]
    fn pauses_double_up_to_the_longest_and_differ() {
        let backoff = Backoff::default();
        let check = |failures, jitter, ms| {
            assert_eq!(backoff.pause(failures, jitter).as_millis(), ms, "{failures} {jitter}");
        };
        check(1, 0, 500);
        check(1, 1023, 1_000);
        check(2, 0, 1_000);
        check(4, 1023, 8_000);
        check(40, 1023, 60_000);
        check(40, 0, 30_000);
    }
}
