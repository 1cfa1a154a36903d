//! Running the screen: the terminal, the tasks, and the loop between them.
//!
//! Owns how a run begins and ends. Only here: raw mode, signals, spawning. Must not know what the app decides.

pub mod browser;
pub mod consent;
mod demo;
pub mod event_loop;
pub mod export;
mod extract;
pub mod forge;
mod green;
pub mod pace;
pub mod saved;
pub mod signals;
pub mod tasks;
pub mod terminal;
pub mod trace;

pub use event_loop::{Ended, Opening, Program};

use crate::ports::Clock;
use crate::sources;
use crate::sources::Settings;
use event_loop::{Lanes, Loop, Plan};
use pace::Pace;
use std::{io, path::PathBuf, sync::Arc, time::Instant};
use tasks::{Backoff, Tasks};
use terminal::{Capabilities, Link, Terminal};
use tokio::sync::mpsc;
use trace::Trace;

/// Messages of sources that may wait. A full lane makes the sources wait: a slow screen slows the reading.
const SOURCE_LANE: usize = 64;
/// Keys that may wait; then they wait in the terminal's own queue.
const INPUT_LANE: usize = 256;
/// Signals and written frames that may wait.
const SMALL_LANE: usize = 16;
/// Frames a second over SSH, unless fewer are set.
const SSH_FRAMES: u8 = 10;
/// Threads for tasks. Reading has more, which tokio starts for blocking work.
const WORKERS: usize = 2;

/// What a run needs beside the app.
pub struct Setup {
    /// What the terminal can do, from [`terminal::probe`].
    pub capabilities: Capabilities,
    /// What is opened.
    pub opening: Opening,
    /// How sources read.
    pub settings: Settings,
    /// Frames a second at most, when no key asks for one.
    pub frames: u8,
    /// The wall clock.
    pub clock: Arc<dyn Clock>,
    /// Where to write the frames' times to (`LOGDECK_TRACE_FRAMES`).
    pub trace: Option<PathBuf>,
    /// Where temporary files may lie.
    pub temp_dir: PathBuf,
    /// The file of saved filters; `None` when there is no home directory.
    pub filters: Option<PathBuf>,
    /// The file of programs that were allowed; `None` when there is no home directory.
    pub consents: Option<PathBuf>,
    /// What `~/` means in the name of a file.
    pub home: Option<PathBuf>,
    /// The passing log that logs are compared with.
    pub baseline: Option<PathBuf>,
    /// Where CI services are; without it none is asked.
    pub desk: Option<Arc<dyn forge::Desk>>,
    /// Where pages can be opened.
    pub desktop: browser::Desktop,
}

/// Shows the app until it ends. The terminal is as it was before when this returns, also after a panic.
///
/// # Errors
/// When the terminal cannot be taken over, or fails.
pub fn run<P: Program>(program: P, setup: Setup) -> io::Result<Ended> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .thread_name("worker")
        .enable_all()
        .build()?;
    let handle = runtime.handle().clone();
    let _running = Running(Some(runtime));
    handle.block_on(session(program, setup))
}

/// A runtime that is not waited for when it ends, by a panic neither: a thread may stand in a read that nothing ends.
struct Running(Option<tokio::runtime::Runtime>);

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

async fn session<P: Program>(program: P, setup: Setup) -> io::Result<Ended> {
    let start = Instant::now();
    let Setup {
        capabilities,
        opening,
        settings,
        frames,
        clock,
        trace,
        temp_dir,
        filters,
        consents,
        home,
        baseline,
        desk,
        desktop,
    } = setup;
    let (to_sources, sources) = mpsc::channel(SOURCE_LANE);
    let (to_input, input) = mpsc::channel(INPUT_LANE);
    let (to_signals, signals) = mpsc::channel(SMALL_LANE);
    let (to_written, written) = mpsc::channel(SMALL_LANE);

    let mut tasks = Tasks::new(to_sources, settings, Arc::clone(&clock), Arc::new(sources::build), Backoff::default());
    // Handlers first: from here on no signal ends the process with the terminal in disorder.
    tasks.spawn(signals::listen(to_signals.clone(), tasks.cancel())?);
    let terminal = Terminal::enter(&capabilities, Box::new(move |result| _ = to_written.try_send(result)))?;
    signals::watch_terminal(to_signals)?;
    Terminal::listen(to_input)?;

    let frames = if capabilities.link == Link::Ssh { frames.min(SSH_FRAMES) } else { frames };
    let (pace, trace) = (Pace::new(frames), Trace::new(trace, start));
    let plan = Plan { clock, pace, trace, temp_dir, filters, consents, home, baseline, desk, desktop };
    let lanes = Lanes { input, signals, written, sources, outcomes: mpsc::channel(SMALL_LANE) };
    Loop::new(program, terminal, tasks, lanes, plan).run(opening).await
}
