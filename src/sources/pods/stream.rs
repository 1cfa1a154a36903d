//! One answer of the server with a container's log: its bytes through the gate into the sink, until it ends in some way.
//!
//! Owns the reading and the ways in which it ends. Must not decide what is opened next.

use super::cursor::{Gate, Taken};
use super::follow::Report;
use super::health::{Kind, Trouble};
use super::link::{Link, Log};
use super::runs::{Run, Runs};
use super::sink::Sink;
use crate::model::Timestamp;
use crate::model::time::SECOND;
use crate::sources::driver::Closed;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

/// Silence after which a stream that looks for its place is asked for once without following, which has an end.
const STUCK: Duration = Duration::from_secs(2);

/// Silence after which a stream that should have ended is taken to be of the next run, or to be dead.
const OVERDUE: Duration = Duration::from_secs(2);
const DEAD: Duration = Duration::from_secs(10);

/// How an answer ended.
#[derive(Debug)]
pub enum End {
    /// Cleanly.
    Eof,
    /// The connection broke.
    Broke(Trouble),
    /// The place to go on from is not in the log any more.
    Gone,
    /// The place was not found, and nothing comes.
    Stuck,
    /// It goes on although the run has ended: it is the next run's.
    OfNextRun,
    /// It is silent since an outage, from before it, or for very long: it may be dead.
    Suspect,
    /// Nobody wants it any more.
    Unwanted,
}

/// What is said once the stream is where reading stopped.
#[derive(Debug, Default)]
pub struct Opening {
    /// A line for the stream.
    pub note: Option<String>,
    /// How the stream is.
    pub report: Option<Report>,
}

impl Opening {
    async fn say(&mut self, sink: &mut Sink, reports: &mpsc::Sender<Report>) -> Result<(), Closed> {
        if let Some(note) = self.note.take() {
            sink.note(&note).await?;
        }
        match self.report.take() {
            Some(report) => reports.send(report).await.map_err(|_| Closed),
            None => Ok(()),
        }
    }
}

/// The two ends of what streams and the pod list tell each other.
#[derive(Debug)]
pub struct Ends<'e> {
    /// What the pod's status tells.
    pub runs: &'e mut watch::Receiver<Runs>,
    /// Where streams say how they are.
    pub reports: &'e mpsc::Sender<Report>,
}

/// Reads an answer to its end. `run` is the run that it is taken for.
///
/// # Errors
/// The source has to stop.
pub async fn read(
    link: &Link,
    log: &mut Log,
    gate: &mut Gate,
    sink: &mut Sink,
    ends: Ends<'_>,
    run: &Run,
    mut opening: Opening,
) -> Result<End, Closed> {
    let Ends { runs, reports } = ends;
    let mut comebacks = link.comebacks();
    let mut heard = Instant::now();
    let mut overdue = Overdue::of(&runs.borrow(), run);
    if !gate.is_seeking() {
        opening.say(sink, reports).await?;
    }
    loop {
        let silence = match &overdue {
            _ if gate.has_looked() => STUCK,
            Overdue::No => link.quiet(),
            Overdue::Ended => DEAD,
            Overdue::Next(_) => OVERDUE,
        };
        let due = sink.due();
        tokio::select! {
            next = log.next() => match next {
                Ok(Some(bytes)) => {
                    heard = Instant::now();
                    match gate.take(&bytes) {
                        // The place was found, and nothing is behind it yet.
                        Taken::Nothing if !gate.is_seeking() => opening.say(sink, reports).await?,
                        Taken::Nothing => {}
                        Taken::Gone => return Ok(End::Gone),
                        Taken::From(at) => {
                            opening.say(sink, reports).await?;
                            let ahead = gate.ahead();
                            sink.feed(&ahead);
                            sink.feed(&bytes[at..]);
                        }
                    }
                    sink.flush().await?;
                    if overdue.is_proven(gate.cursor().last()) {
                        return Ok(End::OfNextRun);
                    }
                }
                Ok(None) => {
                    if !gate.has_looked() {
                        opening.say(sink, reports).await?;
                    }
                    return Ok(End::Eof);
                }
                Err(trouble) => return Ok(End::Broke(trouble)),
            },
            () = at(due) => sink.flush().await?,
            changed = runs.changed() => {
                if changed.is_err() {
                    return Ok(End::Unwanted);
                }
                overdue = Overdue::of(&runs.borrow_and_update(), run);
                heard = Instant::now();
            }
            () = tokio::time::sleep_until(heard + silence) => return Ok(match overdue {
                _ if gate.has_looked() => End::Stuck,
                Overdue::No => End::Suspect,
                Overdue::Next(_) => End::OfNextRun,
                Overdue::Ended => End::Broke(Trouble::new(Kind::Unreachable, "the stream went silent")),
            }),
            _ = comebacks.changed() => {
                if heard.elapsed() > Duration::from_secs(1) {
                    return Ok(End::Suspect);
                }
            }
        }
    }
}

async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

/// Whether a stream should have ended.
enum Overdue {
    No,
    /// The run or the pod has ended.
    Ended,
    /// The next run runs, since then.
    Next(Option<Timestamp>),
}

impl Overdue {
    fn of(runs: &Runs, run: &Run) -> Self {
        match &runs.current {
            // The status may lag behind what is read.
            Some(current) if current.number < run.number => Self::No,
            Some(current) if current.id != run.id => Self::Next(current.started),
            Some(current) if current.end.is_some() => Self::Ended,
            _ if runs.is_deleted => Self::Ended,
            _ => Self::No,
        }
    }

    /// Whether this last line can only be of the next run. The server tells its start in whole seconds.
    fn is_proven(&self, last: Option<Timestamp>) -> bool {
        match (self, last) {
            (Self::Next(Some(started)), Some(last)) => last.0 >= started.0 + SECOND,
            _ => false,
        }
    }
}
