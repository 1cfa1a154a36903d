//! One container: its runs one after the other, each from where reading stopped, with lines that say what happened.
//!
//! Owns what is opened next. Must not know the other containers.

use super::crossing::{Crossing, Doubt};
use super::cursor::{Cursor, Gate, Taken};
use super::health::{Kind, Trouble};
use super::link::Link;
use super::meter::{Meter, Skews};
use super::runs;
use super::runs::{Run, Runs};
use super::settings::{Settings, WhichRun};
use super::sink::Sink;
use super::stream;
use super::stream::{End, Ends, Opening};
use crate::model::pods::{PodKey, StreamState};
use crate::model::{OriginId, Timestamp};
use crate::parse::text;
use crate::sources::Follow;
use crate::sources::driver::{Closed, Outlet};
use jiff::tz::TimeZone;
use kube::api::LogParams;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

/// The pauses between tries to open a stream that broke.
const LEAST: Duration = Duration::from_millis(200);
const MOST: Duration = Duration::from_secs(4);

/// The pause behind a refusal that a person has to lift, and behind one that the container's start lifts.
const REFUSED: Duration = Duration::from_mins(1);
const NOT_YET: Duration = Duration::from_secs(5);

/// How long the pod's status may lag behind the end of the container's log.
const LAG: Duration = Duration::from_millis(1500);

/// A stream that was open so long has told what was there.
const LIVED: Duration = Duration::from_secs(1);

/// Tries to read what is missing of a run before this one.
pub(super) const CATCH_UP_TRIES: u32 = 6;

/// What the streams of one source share.
#[derive(Debug)]
pub struct Shared {
    /// The way to the cluster.
    pub link: Arc<Link>,
    /// Where records go.
    pub out: Outlet,
    /// Where streams say how they are.
    pub reports: mpsc::Sender<Report>,
    /// What the source was told.
    pub settings: Settings,
    /// Whether streams go on.
    pub follow: Follow,
    /// The zone of times without one, and of times in notes.
    pub zone: TimeZone,
    /// Nodes whose clocks were told to be ahead.
    pub skews: Arc<Skews>,
}

/// How a stream is.
#[derive(Clone, Debug)]
pub struct Report {
    /// The pod's uid.
    pub uid: String,
    /// The container.
    pub container: String,
    /// How it is read.
    pub state: StreamState,
    /// How often lines were lost; the cluster does not tell how many.
    pub gaps: u32,
    /// No more will be said.
    pub is_last: bool,
}

/// Which container.
#[derive(Clone, Debug)]
pub struct Target {
    /// Its pod.
    pub pod: PodKey,
    /// Its name.
    pub container: String,
    /// `POD/CONTAINER`, short, for notes.
    pub label: String,
    /// Where its records go.
    pub origin: OriginId,
    /// How its first run is begun.
    pub first: First,
    /// Where its lines are measured.
    pub meter: Arc<Meter>,
}

/// How the first run is begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum First {
    /// With so many lines at its end, as far as the settings' time reaches; all when none.
    Tail(Option<u64>),
    /// At its beginning: it started under our eyes.
    Whole,
}

/// Follows a container until its pod is gone.
///
/// # Errors
/// The source has to stop.
pub async fn follow(shared: Arc<Shared>, target: Target, runs: watch::Receiver<Runs>) -> Result<(), Closed> {
    let sink = Sink::new(target.origin, &shared.zone, &shared.out).measured(target.meter.clone());
    let (first, gate) = (target.first, Gate::default());
    let follower = Follower {
        shared,
        target,
        runs,
        sink,
        gate,
        first,
        reading: None,
        done: None,
        last: Cursor::default(),
        crossing: None,
        asked: None,
        broke: None,
        tries: 0,
        gaps: 0,
        probe: false,
        renews: false,
        gone: false,
        doubt: Doubt::No,
    };
    follower.run().await
}

pub(super) struct Follower {
    pub(super) shared: Arc<Shared>,
    pub(super) target: Target,
    runs: watch::Receiver<Runs>,
    pub(super) sink: Sink,
    pub(super) gate: Gate,
    first: First,
    /// The run that the gate is in.
    pub(super) reading: Option<Run>,
    /// The last run that was read to its end.
    done: Option<String>,
    /// The last line of an earlier run that was delivered.
    pub(super) last: Cursor,
    /// Another run is there, and what lies before it was not read yet.
    pub(super) crossing: Option<Crossing>,
    /// The status that was asked for; a watch may tell a later one.
    pub(super) asked: Option<Runs>,
    /// When and how the stream broke, until it goes on.
    broke: Option<(Timestamp, String)>,
    tries: u32,
    /// How often lines were lost whose number is not known.
    gaps: u32,
    /// The next answer is to have an end.
    probe: bool,
    /// What is opened next takes the place of a stream that may be dead, of which nothing is known to be wrong.
    renews: bool,
    /// The place to go on from was not there any more.
    gone: bool,
    /// Whether it is certain which run the log is of.
    pub(super) doubt: Doubt,
}

impl Follower {
    /// What is known of the container's runs.
    pub(super) fn status(&mut self) -> Runs {
        let told = self.runs.borrow_and_update().clone();
        let number = |runs: &Runs| runs.current.as_ref().map(|run| (run.number, run.end.is_some()));
        match &self.asked {
            Some(asked) if number(asked) > number(&told) => Runs { is_deleted: told.is_deleted, ..asked.clone() },
            _ => told,
        }
    }

    async fn run(mut self) -> Result<(), Closed> {
        loop {
            let now = self.status();
            let is_over = |run: &Run| {
                self.done.as_ref() == Some(&run.id)
                    || self.reading.as_ref().is_some_and(|reading| reading.number > run.number)
            };
            let next = now.current.clone().filter(|run| !is_over(run));
            let Some(run) = next else {
                if now.is_deleted {
                    return self.deleted().await;
                }
                let waits = if self.done.is_some() { StreamState::Ended } else { StreamState::Off(now.waits.clone()) };
                if self.shared.follow == Follow::Off {
                    return self.say(waits, true).await;
                }
                self.say(waits, false).await?;
                if !self.changed().await? {
                    return Ok(());
                }
                continue;
            };
            if now.is_deleted && self.reading.as_ref().is_none_or(|reading| reading.id != run.id) {
                return self.deleted().await;
            }
            self.prepare(&run);
            if !self.open(run).await? {
                return Ok(());
            }
        }
    }

    /// Sets the gate for what is opened next.
    fn prepare(&mut self, run: &Run) {
        let Some(reading) = self.reading.replace(run.clone()) else { return self.gate.begin() };
        if reading.id == run.id {
            self.reading = Some(Run { number: reading.number.max(run.number), ..run.clone() });
            // `give_up` has set the gate.
            if !self.gone {
                self.gate.resume();
            }
            self.gate.forget_oldest();
            return;
        }
        if !self.gate.cursor().is_empty() {
            self.last = self.gate.cursor().clone();
        }
        let is_whole = self.done.as_ref() == Some(&reading.id);
        let cursor = self.last.clone();
        self.crossing.get_or_insert(Crossing { from: reading, cursor, is_whole });
        (self.broke, self.tries, self.first) = (None, 0, First::Whole);
        (self.gone, self.probe, self.doubt) = (false, false, Doubt::No);
        self.gate.next_run();
    }

    /// Opens a run's log and reads it. False when there is nothing more to do.
    async fn open(&mut self, mut run: Run) -> Result<bool, Closed> {
        let params = self.params(&run);
        let renews = std::mem::take(&mut self.renews);
        if self.tries == 0 && !renews {
            self.report(StreamState::Opening).await?;
        }
        let (link, pod) = (self.shared.link.clone(), self.target.pod.clone());
        let cancel = self.shared.out.cancel().clone();
        let opened = tokio::select! {
            () = cancel.cancelled() => return Err(Closed),
            opened = link.log(&pod.namespace, &pod.name, &params) => opened,
        };
        let mut log = match opened {
            Ok(log) => log,
            Err(trouble) => return self.not_opened(trouble).await,
        };
        self.gone = false;
        match self.know(&mut log, run).await? {
            Ok(Some(known)) => run = known,
            Ok(None) => return Ok(true),
            Err(trouble) => return self.not_opened(trouble).await,
        }
        self.target.meter.opened(self.shared.out.now());
        let state = if self.shared.follow == Follow::On { StreamState::Following } else { StreamState::Opening };
        let opening = Opening { note: self.resumed(), report: Some(self.report_of(state, false)) };
        let (since, before) = (Instant::now(), self.gate.delivered());
        let ends = Ends { runs: &mut self.runs, reports: &self.shared.reports };
        let end = tokio::select! {
            () = cancel.cancelled() => return Err(Closed),
            end = stream::read(&link, &mut log, &mut self.gate, &mut self.sink, ends, &run, opening) => end?,
        };
        drop(log);
        let came = self.gate.delivered() > before;
        let lived = since.elapsed() >= LIVED;
        if came || lived {
            self.tries = 0;
        }
        if !self.gate.is_seeking() {
            self.broke = None;
            if self.doubt == Doubt::Place {
                self.doubt = Doubt::No;
            }
        }
        let probe = std::mem::take(&mut self.probe);
        match end {
            End::Unwanted => return Ok(false),
            End::Eof => {
                if self.gate.is_seeking() && self.gate.end() == Taken::Gone {
                    return self.give_up().await;
                }
                // What was asked for without following ends by itself.
                if probe {
                    self.sink.broke().await?;
                    return Ok(true);
                }
                return self.eof(run, lived).await;
            }
            End::Gone => return self.give_up().await,
            End::Stuck => {
                self.probe = true;
                self.sink.broke().await?;
            }
            // It was opened as this run's, and came too late.
            End::OfNextRun => self.sink.broke().await?,
            End::Suspect => {
                self.renews = true;
                self.sink.broke().await?;
                if self.gate.cursor().is_empty() {
                    (self.first, self.doubt) = (First::Whole, Doubt::Run);
                }
            }
            End::Broke(trouble) if !matches!(trouble.kind, Kind::Unreachable | Kind::Busy | Kind::Server) => {
                return self.not_opened(trouble).await;
            }
            End::Broke(trouble) => {
                self.sink.broke().await?;
                self.broken(trouble, lived).await?;
            }
        }
        Ok(true)
    }

    fn params(&self, run: &Run) -> LogParams {
        let settings = &self.shared.settings;
        let mut params = LogParams {
            container: Some(self.target.container.clone()),
            follow: self.shared.follow == Follow::On && run.end.is_none() && !self.probe,
            timestamps: true,
            previous: settings.run == WhichRun::Previous,
            ..LogParams::default()
        };
        match (self.gate.is_seeking() || self.gone, self.gate.cursor().since()) {
            (true, Some(since)) => params.since_time = Some(since.to_jiff()),
            _ => {
                if let First::Tail(lines) = self.first {
                    params.tail_lines = lines.map(|lines| i64::try_from(lines).unwrap_or(i64::MAX));
                    params.since_time = settings.since.map(Timestamp::to_jiff);
                }
            }
        }
        params
    }

    /// The log ended cleanly: because the container did, or for the server's own reasons.
    async fn eof(&mut self, run: Run, is_empty_for_sure: bool) -> Result<bool, Closed> {
        if self.shared.follow == Follow::Off {
            self.finish().await?;
            self.report_last(StreamState::Ended).await?;
            return Ok(false);
        }
        let deadline = Instant::now() + LAG;
        loop {
            let now = self.status();
            let current = now.current.as_ref().filter(|current| current.number >= run.number);
            let end = match current {
                Some(current) if current.id == run.id => current.end.clone().map(Some),
                Some(_) => Some(now.before.clone().filter(|before| before.id == run.id).and_then(|before| before.end)),
                None => now.is_deleted.then_some(None),
            };
            // A server may end a stream for reasons of its own: only what was asked for behind the run's end is all of it.
            if end.is_some() && run.end.is_none() && !now.is_deleted {
                self.sink.broke().await?;
                return Ok(true);
            }
            if let Some(end) = end {
                self.finish().await?;
                let how =
                    end.as_ref().map_or_else(|| "ended".to_owned(), |exit| format!("ended: {}", runs::words(exit)));
                self.note(&how).await?;
                self.done = Some(run.id);
                return Ok(true);
            }
            if now.is_deleted {
                self.finish().await?;
                self.deleted().await?;
                return Ok(false);
            }
            let cancel = self.shared.out.cancel().clone();
            tokio::select! {
                () = cancel.cancelled() => return Err(Closed),
                () = tokio::time::sleep_until(deadline) => break,
                changed = self.runs.changed() => if changed.is_err() {
                    return Ok(false);
                },
            }
        }
        self.sink.broke().await?;
        let why = Trouble::new(Kind::Server, "the server ended the stream of a running container");
        self.broken(why, is_empty_for_sure).await?;
        Ok(true)
    }

    /// The stream broke: it will be opened again where it was.
    async fn broken(&mut self, trouble: Trouble, lived: bool) -> Result<(), Closed> {
        if self.gate.cursor().is_empty() && lived {
            // There was nothing in the log: all that will be there is new.
            (self.first, self.doubt) = (First::Whole, Doubt::Run);
        }
        let at = self.shared.out.now();
        self.broke.get_or_insert_with(|| (at, trouble.words.clone()));
        self.wait(trouble, LEAST, MOST).await
    }

    /// The server gave no log. False when there is nothing more to do.
    async fn not_opened(&mut self, trouble: Trouble) -> Result<bool, Closed> {
        self.sink.broke().await?;
        let is_off = self.shared.follow == Follow::Off;
        match trouble.kind {
            // It has not started, or has no log: the pod's status will change.
            Kind::Refused => {
                self.report(StreamState::Off(trouble.words.clone())).await?;
                if is_off {
                    return self.refused(&trouble.words).await;
                }
                if !self.wait_for_status(NOT_YET).await? {
                    return Ok(false);
                }
            }
            Kind::Missing => {
                if is_off {
                    return self.refused(&trouble.words).await;
                }
                if !self.wait_for_status(NOT_YET).await? {
                    return Ok(false);
                }
                if self.runs.borrow().is_deleted {
                    self.deleted().await?;
                    return Ok(false);
                }
            }
            Kind::Forbidden => {
                self.report(StreamState::Refused(trouble.words.clone())).await?;
                if is_off {
                    return self.refused(&trouble.words).await;
                }
                self.pause(1, REFUSED, REFUSED).await?;
            }
            Kind::Unauthorized | Kind::Unreachable | Kind::Gone | Kind::Busy | Kind::Server => {
                if is_off && self.tries >= CATCH_UP_TRIES {
                    return self.refused(&trouble.words).await;
                }
                if trouble.kind == Kind::Unreachable {
                    self.shared.link.is_down();
                }
                let most = if trouble.kind == Kind::Unauthorized && self.tries > 3 { REFUSED } else { MOST };
                let (least, most) = trouble.pauses(LEAST, most);
                self.wait(trouble, least, most).await?;
            }
        }
        Ok(true)
    }

    async fn refused(&mut self, words: &str) -> Result<bool, Closed> {
        self.report_last(StreamState::Refused(words.to_owned())).await?;
        Ok(false)
    }

    /// The place to go on from is gone: what the log still has is new. It may be the next run's, and the pod's status not
    /// tell yet.
    async fn give_up(&mut self) -> Result<bool, Closed> {
        self.sink.broke().await?;
        if self.doubt == Doubt::Place {
            self.doubt = Doubt::No;
            self.gate.next_run();
            return Ok(true);
        }
        let now = self.ask_status().await;
        let is_other = match (&now.current, &self.reading) {
            (Some(current), Some(reading)) => current.id != reading.id && current.number >= reading.number,
            _ => false,
        };
        if is_other {
            return Ok(true);
        }
        self.gone = true;
        if self.gate.give_up() {
            self.unknown_lost(
                "the log was rotated while the stream was broken: lines may be lost, how many is not known",
            )
            .await?;
            self.broke = None;
        }
        Ok(true)
    }

    async fn finish(&mut self) -> Result<(), Closed> {
        if let Taken::From(_) = self.gate.end() {
            let ahead = self.gate.ahead();
            self.sink.feed(&ahead);
        }
        self.sink.finish().await
    }

    async fn deleted(&mut self) -> Result<(), Closed> {
        self.sink.finish().await?;
        self.note("the pod is deleted").await?;
        self.report_last(StreamState::Ended).await
    }

    /// The note for a stream that goes on after a break.
    fn resumed(&mut self) -> Option<String> {
        let (at, _) = self.broke.as_ref()?;
        let clock = |at: Timestamp| at.to_jiff().to_zoned(self.shared.zone.clone()).strftime("%H:%M:%S").to_string();
        let now = self.shared.out.now();
        Some(format!("{} stream broke {}, resumed {}, 0 lines lost", self.label(), clock(*at), clock(now)))
    }

    fn label(&self) -> String {
        text::safe_line(self.target.label.as_bytes()).into_owned()
    }

    pub(super) async fn note(&mut self, what: &str) -> Result<(), Closed> {
        let text = format!("{} {what}", self.label());
        self.sink.note(&text).await
    }

    /// A note that lines are lost; how many is not known.
    pub(super) async fn unknown_lost(&mut self, what: &str) -> Result<(), Closed> {
        self.gaps += 1;
        self.note(what).await
    }

    async fn report(&self, state: StreamState) -> Result<(), Closed> {
        self.say(state, false).await
    }

    async fn report_last(&self, state: StreamState) -> Result<(), Closed> {
        self.say(state, true).await
    }

    async fn say(&self, state: StreamState, is_last: bool) -> Result<(), Closed> {
        self.shared.reports.send(self.report_of(state, is_last)).await.map_err(|_| Closed)
    }

    fn report_of(&self, state: StreamState, is_last: bool) -> Report {
        let (uid, container) = (self.target.pod.uid.clone(), self.target.container.clone());
        Report { uid, container, state, gaps: self.gaps, is_last }
    }

    /// Says why, and waits before the next try.
    async fn wait(&mut self, trouble: Trouble, least: Duration, most: Duration) -> Result<(), Closed> {
        self.tries += 1;
        let longest = least.saturating_mul(1 << (self.tries - 1).min(20)).min(most);
        let next = self.shared.out.now().saturating_add(i64::try_from(longest.as_nanos()).unwrap_or(i64::MAX));
        self.report(StreamState::Broken { why: trouble.words, tries: self.tries, next }).await?;
        self.pause(self.tries, least, most).await
    }

    pub(super) async fn pause_behind(&self, trouble: &Trouble, tries: u32) -> Result<(), Closed> {
        let (least, most) = trouble.pauses(LEAST, MOST);
        self.pause(tries, least, most).await
    }

    async fn pause(&self, tries: u32, least: Duration, most: Duration) -> Result<(), Closed> {
        let cancel = self.shared.out.cancel().clone();
        tokio::select! {
            () = cancel.cancelled() => Err(Closed),
            () = self.shared.link.pause(tries.max(1), least, most) => Ok(()),
        }
    }

    /// Waits until the pod's status changes, but not longer. False when nobody wants the stream any more.
    async fn wait_for_status(&mut self, most: Duration) -> Result<bool, Closed> {
        let cancel = self.shared.out.cancel().clone();
        tokio::select! {
            () = cancel.cancelled() => Err(Closed),
            changed = self.runs.changed() => Ok(changed.is_ok()),
            () = tokio::time::sleep(most) => Ok(true),
        }
    }

    async fn changed(&mut self) -> Result<bool, Closed> {
        let cancel = self.shared.out.cancel().clone();
        tokio::select! {
            () = cancel.cancelled() => Err(Closed),
            changed = self.runs.changed() => Ok(changed.is_ok()),
        }
    }
}
