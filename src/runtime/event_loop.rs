//! The loop: takes what happens in the order of its urgency, lets the app decide, and draws.
//!
//! Owns the order (keys, signals, sources, timers) and the bounds (how long sources are listened to, how often it is
//! drawn). Must not know what anything means to the app.

mod opening;

use super::browser::Desktop;
use super::demo::Demo;
use super::export::Exporter;
use super::extract::Looker;
use super::forge::{Desk, Forges, RunLog};
use super::pace::{Pace, Settling, Urgency};
use super::signals::Signal;
use super::tasks::Tasks;
use super::terminal::clipboard;
use super::terminal::{Input, Picture, Terminal, Written};
use super::trace::Trace;
use crate::app::Background;
use crate::app::debug::Meters;
use crate::app::event::{Effect, Event};
use crate::app::format::thousands;
use crate::infra::{files, memory};
use crate::model::ci::{News, Repo};
use crate::model::{Address, SourceId, SourceMsg, Timestamp, Want};
use crate::ports::Clock;
use std::{
    collections::HashMap,
    io,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use tokio::sync::mpsc::{Receiver, Sender};

/// What the loop drives.
pub trait Program: Picture {
    /// What time it is; told before what happened.
    fn set_now(&mut self, now: Timestamp);

    /// Something happened; says what it wants to be done.
    fn update(&mut self, event: Event) -> Vec<Effect>;

    /// Whether a frame is wanted since [`Program::drawn`], and how soon.
    fn wants(&self) -> Option<Urgency>;

    /// A frame was drawn.
    fn drawn(&mut self);

    /// How long after a tick the next one is due, because something on the screen depends on the clock.
    fn next_tick(&self) -> Duration;

    /// The terminal told its background, perhaps after the first frame.
    fn background(&mut self, background: Background);

    /// Whether somebody looks at the runs of repositories.
    fn sees_runs(&self) -> bool;

    /// A repository is watched from now on; a run of it may be the one that is wanted.
    fn watch(&mut self, repo: Repo, run: Option<u64>);

    /// What is said of the demo when it is open.
    fn demo_words(&self) -> String;

    /// A source is being opened under this label; says which number it gets.
    fn open(&mut self, address: &Address, label: &str) -> SourceId;
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The user wanted it.
    Quit,
    /// By a signal, with this number.
    Signal(i32),
    /// The terminal is gone.
    HungUp,
}

/// Where things come in.
#[derive(Debug)]
pub struct Lanes {
    /// Keys and their kin, with the time at which they came.
    pub input: Receiver<(Input, Instant)>,
    /// Signals.
    pub signals: Receiver<Signal>,
    /// Frames that were written.
    pub written: Receiver<io::Result<Written>>,
    /// What sources say.
    pub sources: Receiver<SourceMsg>,
    /// Outcomes of work beside the loop, and where they are sent to.
    pub outcomes: (Sender<Event>, Receiver<Event>),
}

/// What else a loop needs.
pub struct Plan {
    /// The wall clock.
    pub clock: Arc<dyn Clock>,
    /// How often it is drawn.
    pub pace: Pace,
    /// Measures frames.
    pub trace: Trace,
    /// Where the demo may put its files.
    pub temp_dir: PathBuf,
    /// The file of saved filters.
    pub filters: Option<PathBuf>,
    /// The file of programs that were allowed.
    pub consents: Option<PathBuf>,
    /// What `~/` means in the name of a file.
    pub home: Option<PathBuf>,
    /// The passing log that logs are compared with.
    pub baseline: Option<PathBuf>,
    /// Where CI services are.
    pub desk: Option<Arc<dyn Desk>>,
    /// Where pages can be opened.
    pub desktop: Desktop,
}

/// What is opened at the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opening {
    /// These; nothing at all shows the start screen.
    Sources {
        /// Sources in their order.
        addresses: Vec<Address>,
        /// Repositories whose runs are watched.
        repos: Vec<Repo>,
    },
    /// The bundled demo.
    Demo,
}

/// How long sources are listened to before the loop looks at keys and frames again.
const LISTEN: Duration = Duration::from_millis(4);
/// Names of a directory that are suggested.
const MAX_NAMES: usize = 2_000;
/// Keys that are taken in before a frame shows them.
const KEYS: usize = 64;
/// How long a stop is waited for that may never come (a process without a shell above it is not stopped).
const STOP: Duration = Duration::from_millis(100);

/// One run of the screen.
pub struct Loop<P> {
    program: P,
    terminal: Terminal,
    tasks: Tasks,
    lanes: Lanes,
    clock: Arc<dyn Clock>,
    pace: Pace,
    sizes: Settling,
    trace: Trace,
    exporter: Exporter,
    /// What it tells.
    exports: Receiver<Event>,
    looker: Looker,
    /// What it tells.
    looks: Receiver<Event>,
    desktop: Desktop,
    forges: Forges,
    /// What they tell.
    forge_news: Receiver<News>,
    run_logs: Receiver<RunLog>,
    /// The sources of runs' logs.
    log_sources: HashMap<(Repo, u64, Option<u64>), SourceId>,
    /// The app has a slice of work left.
    more: bool,
    /// When the last tick was.
    ticked: Instant,
    /// When the next one was due then; it may be wanted sooner since.
    next_tick: Instant,
    ended: Option<Ended>,
    shows: Shows,
    /// The demo's files, while it is open.
    demo: Option<Demo>,
    /// Where they may lie.
    temp_dir: PathBuf,
    /// The file of saved filters.
    filters: Arc<Mutex<Option<PathBuf>>>,
    /// The file of programs that were allowed.
    consents: Option<PathBuf>,
}

impl<P: Program> Loop<P> {
    /// A loop that has not begun.
    pub fn new(program: P, terminal: Terminal, tasks: Tasks, lanes: Lanes, plan: Plan) -> Self {
        let Plan { clock, pace, trace, temp_dir, filters, consents, home, baseline, desk, desktop } = plan;
        let (exporter, exports) = Exporter::new(home, temp_dir.clone());
        let (looker, looks) = Looker::new(baseline);
        let salt = (clock.now().0 as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ u64::from(std::process::id());
        let (forges, forge_news, run_logs) = Forges::new(desk, &temp_dir, salt);
        let ticked = Instant::now();
        Self {
            program,
            terminal,
            tasks,
            lanes,
            clock,
            pace,
            sizes: Settling::default(),
            trace,
            exporter,
            exports,
            looker,
            looks,
            desktop,
            forges,
            forge_news,
            run_logs,
            log_sources: HashMap::new(),
            more: false,
            ticked,
            next_tick: ticked,
            ended: None,
            shows: Shows::Picture,
            demo: None,
            temp_dir,
            filters: Arc::new(Mutex::new(filters)),
            consents,
        }
    }

    /// Opens what is asked for and runs until somebody ends it, then restores the terminal and stops the tasks, in this order.
    ///
    /// # Errors
    /// When the terminal fails otherwise than by hanging up.
    pub async fn run(mut self, opening: Opening) -> io::Result<Ended> {
        let result = self.turns(opening).await;
        self.terminal.leave();
        tracing::info!(bytes = self.terminal.bytes(), "the screen ended");
        if let Err(error) = self.trace.save() {
            tracing::warn!(%error, "the frames' times could not be written");
        }
        drop(self.lanes);
        self.tasks.stop().await;
        // Only now does nobody read or write the demo's files any more.
        drop(self.demo);
        result
    }

    async fn turns(&mut self, opening: Opening) -> io::Result<Ended> {
        self.tick();
        // From here on every change of the size is told; one before would not be.
        self.terminal.refit();
        let (columns, rows) = self.terminal.size();
        self.update(Event::Resize(columns, rows));
        self.begin(opening);
        loop {
            if let Some(ended) = self.ended {
                return Ok(ended);
            }
            self.forges.seen(self.program.sees_runs());
            self.draw_if_due();
            let wake = self.wake(Instant::now());
            let more = self.more;
            tokio::select! {
                biased;
                Some(input) = self.lanes.input.recv() => self.inputs(input).await?,
                Some(signal) = self.lanes.signals.recv() => self.signal(signal)?,
                Some(written) = self.lanes.written.recv() => self.written(written)?,
                Some(outcome) = self.lanes.outcomes.1.recv() => self.update(outcome),
                Some(news) = self.exports.recv() => self.news(news),
                Some(news) = self.looks.recv() => self.news(news),
                Some(news) = self.forge_news.recv() => self.news(Event::Forge(news)),
                Some(log) = self.run_logs.recv() => self.run_log(log),
                Some(message) = self.lanes.sources.recv() => self.sources(message),
                () = std::future::ready(()), if more => {}
                () = tokio::time::sleep_until(wake.into()) => self.timers(),
            }
            // Slices of long work take turns with the sources, and give way to keys.
            if self.more && self.lanes.input.is_empty() {
                self.tick();
            }
        }
    }

    fn begin(&mut self, opening: Opening) {
        match opening {
            Opening::Demo => {
                let done = self.open_demo();
                self.update(Event::Done(done));
            }
            Opening::Sources { addresses, repos } => {
                for repo in repos {
                    self.program.watch(repo.clone(), None);
                    self.forges.watch(&repo, &mut self.tasks);
                }
                for address in addresses {
                    let label = address.to_string();
                    self.open(address, &label);
                }
            }
        }
    }

    /// When the loop has something to do although nothing happens.
    fn wake(&self, now: Instant) -> Instant {
        // A frame on its way wakes the loop when it has arrived.
        let frame = if self.terminal.is_busy() || self.shows == Shows::Lines { None } else { self.pace.due(now) };
        [frame, self.sizes.due()].into_iter().flatten().fold(self.tick_due(), Instant::min)
    }

    fn tick_due(&self) -> Instant {
        self.next_tick.min(self.ticked + self.program.next_tick())
    }

    fn timers(&mut self) {
        let now = Instant::now();
        if self.sizes.due().is_some_and(|due| due <= now) {
            self.sizes.done();
            if let Some((columns, rows)) = self.terminal.refit() {
                self.update(Event::Resize(columns, rows));
            }
        }
        if self.tick_due() <= now {
            self.tick();
        }
    }

    fn tick(&mut self) {
        self.more = false;
        let now = self.clock.now();
        self.program.set_now(now);
        self.update(Event::Tick(now));
        self.ticked = Instant::now();
        self.next_tick = self.ticked + self.program.next_tick();
    }

    async fn inputs(&mut self, first: (Input, Instant)) -> io::Result<()> {
        self.input(first.0, first.1).await?;
        for _ in 1..KEYS {
            if self.ended.is_some() {
                break;
            }
            let Ok((input, at)) = self.lanes.input.try_recv() else { break };
            self.input(input, at).await?;
        }
        Ok(())
    }

    async fn input(&mut self, input: Input, at: Instant) -> io::Result<()> {
        self.program.set_now(self.clock.now());
        if self.shows == Shows::Lines && matches!(input, Input::Key(_) | Input::Paste(_) | Input::Mouse(_)) {
            // Whatever it is, it is not meant for what cannot be seen.
            return self.resume();
        }
        let effects = match input {
            Input::Key(key) => {
                self.trace.key(at);
                self.program.update(Event::Key(key))
            }
            Input::Mouse(mouse) => self.program.update(Event::Mouse(mouse)),
            Input::Paste(text) => self.program.update(Event::Paste(text)),
            Input::Focus(focused) => self.program.update(Event::Focus(focused)),
            Input::Background(background) => {
                self.program.background(background);
                self.pace.want(Urgency::AtOnce);
                Vec::new()
            }
            Input::Resized => {
                self.sizes.changed(Instant::now());
                Vec::new()
            }
            Input::Closed => {
                self.ended = Some(Ended::HungUp);
                Vec::new()
            }
        };
        if self.carry_out(effects) == Then::Suspend {
            self.suspend().await?;
        }
        Ok(())
    }

    fn signal(&mut self, signal: Signal) -> io::Result<()> {
        match signal {
            Signal::End(number) => self.ended = Some(Ended::Signal(number)),
            Signal::HungUp => self.ended = Some(Ended::HungUp),
            Signal::Continue => self.resume()?,
        }
        Ok(())
    }

    fn written(&mut self, written: io::Result<Written>) -> io::Result<()> {
        match written {
            Ok(written) => self.trace.written(&written),
            Err(error) if is_hang_up(&error) => self.ended = Some(Ended::HungUp),
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Takes in messages for a few milliseconds; a key ends it sooner.
    fn sources(&mut self, first: SourceMsg) {
        self.program.set_now(self.clock.now());
        let end = Instant::now() + LISTEN;
        let mut next = Some(first);
        while let Some(message) = next {
            self.trace.message();
            self.update(Event::Source(message));
            if Instant::now() >= end || !self.lanes.input.is_empty() {
                break;
            }
            next = self.lanes.sources.try_recv().ok();
        }
    }

    fn update(&mut self, event: Event) {
        let effects = self.program.update(event);
        // Only a key suspends.
        let _ = self.carry_out(effects);
    }

    fn carry_out(&mut self, effects: Vec<Effect>) -> Then {
        let mut then = Then::GoOn;
        for effect in effects {
            match effect {
                Effect::Quit => self.ended = Some(Ended::Quit),
                Effect::Suspend => then = Then::Suspend,
                Effect::Continue => self.more = true,
                Effect::Redraw => {
                    if let Some((columns, rows)) = self.terminal.refit() {
                        self.update(Event::Resize(columns, rows));
                    }
                    self.terminal.repaint();
                    self.pace.want(Urgency::AtOnce);
                }
                Effect::Mouse(mouse) => self.terminal.capture_mouse(mouse),
                Effect::PlainLines(lines) => {
                    self.terminal.show_lines(&lines);
                    self.shows = Shows::Lines;
                }
                Effect::Copy(text) => self.copy(text),
                Effect::Export(job) => {
                    let salt = self.salt();
                    self.exporter.begin(job, salt, &mut self.tasks);
                }
                Effect::Filters(change) => {
                    let (salt, file) = (self.clock.now().0.unsigned_abs(), Arc::clone(&self.filters));
                    let work = move || {
                        // One at a time: each reads the file and writes it anew.
                        let path = file.lock().unwrap_or_else(PoisonError::into_inner);
                        Event::Done(super::saved::change(path.as_deref(), &change, salt))
                    };
                    self.tasks.look(work, self.lanes.outcomes.0.clone());
                }
                Effect::CancelExport => self.exporter.cancel(),
                Effect::Ask(ask) => self.tasks.ask(ask),
                Effect::StopAsking(source) => self.tasks.stop_asking(source),
                Effect::Pause(source) => self.tasks.pause(source),
                Effect::Reopen(source) => self.tasks.reopen(source),
                Effect::Load(source) => self.tasks.load(source),
                Effect::Extract(compared) => self.looker.again(compared, self.clock.now(), &mut self.tasks),
                Effect::CancelExtract => self.looker.cancel(),
                Effect::Forge(want) => self.forges.want(want, &mut self.tasks),
                Effect::OpenPage(address) => self.open_page(address),
                Effect::Pods(source, want) => self.want_of_pods(source, want),
                Effect::Objects(source, want) => self.tasks.want(source, Want::Objects(want)),
                Effect::Documents(source, want) => self.tasks.want(source, Want::Documents(want)),
                Effect::OpenDemo => {
                    let done = self.open_demo();
                    self.update(Event::Done(done));
                }
                Effect::Open(address) => {
                    let done = self.open_asked(address);
                    self.update(Event::Done(done));
                }
                Effect::List { directory, path } => {
                    let work = move || Event::Listed { names: files::typeable_names(&path, MAX_NAMES), directory };
                    self.tasks.look(work, self.lanes.outcomes.0.clone());
                }
                Effect::Measure => {
                    let meters = self.meters();
                    self.update(Event::Meters(meters));
                }
            }
        }
        then
    }

    fn meters(&self) -> Meters {
        Meters {
            sent: self.terminal.bytes(),
            queue: (self.lanes.sources.len(), self.lanes.sources.max_capacity()),
            resident: memory::resident(),
            ..self.trace.meters(Instant::now())
        }
    }

    /// Nobody knows whether the terminal took it; hence "sent".
    fn copy(&mut self, text: String) {
        let done = match clipboard::sequence(&text) {
            // A file says where it is when it is there.
            Err(clipboard::TooLong(_)) => {
                let salt = self.salt();
                return self.exporter.keep_copy(text, salt, &mut self.tasks);
            }
            Ok(sequence) => {
                self.terminal.copy(sequence);
                Ok(format!("sent {} bytes to the terminal's clipboard", thousands(text.len() as u64)))
            }
        };
        self.update(Event::Done(done));
    }

    fn news(&mut self, news: Event) {
        self.program.set_now(self.clock.now());
        self.update(news);
    }

    /// Makes the temporary name of a file hard to guess.
    fn salt(&self) -> u64 {
        // Two in the same nanosecond, of different processes, do not meet.
        (self.clock.now().0 as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ u64::from(std::process::id())
    }

    /// Gives the terminal back and stops, as every program does at Ctrl-z, with everything in its pipeline.
    async fn suspend(&mut self) -> io::Result<()> {
        self.terminal.lend();
        rustix::process::kill_current_process_group(rustix::process::Signal::TSTP)?;
        let stopped = tokio::time::timeout(STOP, self.lanes.signals.recv()).await;
        match stopped {
            Ok(Some(Signal::End(number))) => self.ended = Some(Ended::Signal(number)),
            Ok(Some(Signal::HungUp)) => self.ended = Some(Ended::HungUp),
            Ok(Some(Signal::Continue) | None) | Err(_) => self.resume()?,
        }
        Ok(())
    }

    fn resume(&mut self) -> io::Result<()> {
        self.shows = Shows::Picture;
        if let Err(error) = self.terminal.resume() {
            if is_hang_up(&error) {
                self.ended = Some(Ended::HungUp);
                return Ok(());
            }
            return Err(error);
        }
        let (columns, rows) = self.terminal.size();
        self.update(Event::Resize(columns, rows));
        self.tick();
        Ok(())
    }

    /// Draws, if somebody wants it and it is time, and the terminal is done with the last frame.
    fn draw_if_due(&mut self) {
        if let Some(urgency) = self.program.wants() {
            self.pace.want(urgency);
        }
        let began = Instant::now();
        if self.shows == Shows::Lines || self.terminal.is_busy() || self.pace.due(began).is_none_or(|due| due > began) {
            return;
        }
        if began.duration_since(self.ticked) >= Duration::from_secs(1) {
            self.tick();
        }
        let bytes = self.terminal.draw(&self.program);
        let drawn = Instant::now();
        self.program.drawn();
        self.pace.drawn(drawn);
        self.trace.drawn(began, drawn, bytes);
    }
}

/// What is to be done after the effects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    GoOn,
    Suspend,
}

/// What the terminal shows of us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shows {
    Picture,
    /// Plain lines, until a key: nothing is drawn meanwhile.
    Lines,
}

fn is_hang_up(error: &io::Error) -> bool {
    let code = error.raw_os_error();
    error.kind() == io::ErrorKind::BrokenPipe
        || [rustix::io::Errno::IO, rustix::io::Errno::NXIO].iter().any(|errno| code == Some(errno.raw_os_error()))
}
