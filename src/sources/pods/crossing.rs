//! The way from one run of a container to the next that is there: what lies between them comes first, and what is gone
//! is said.
//!
//! Owns that reading, and making sure of which run a log is. Must not open what runs now: that is open already.
//!
//! The pod's status lags behind the node, and the node keeps the run that runs and one before. So an answer may be of a
//! later run than the one that was asked for. It is told by its lines: those of a later run are later. The log that runs
//! is opened first and held; then the run before is read, which is at the oldest the one right before what is held.

use super::cursor::{Cursor, Gate, Taken};
use super::follow::{CATCH_UP_TRIES, Follower};
use super::health::{Kind, Trouble};
use super::link::Log;
use super::runs;
use super::runs::{Run, Runs};
use crate::model::Timestamp;
use crate::sources::driver::Closed;
use kube::api::LogParams;
use std::time::Duration;

/// How long the first line of the log that runs is awaited.
const HOLD: Duration = Duration::from_millis(500);

/// How long the first line is awaited of a log that may be another run's.
const UNSURE: Duration = Duration::from_millis(200);

/// Whether it is certain which run a log is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doubt {
    /// It is.
    No,
    /// The stream broke before the run's first line: another run may run when it is opened again.
    Run,
    /// What is sought may be in the log, or the log is of a run of which nothing was delivered.
    Place,
}

/// Where a crossing begins.
#[derive(Clone, Debug)]
pub(super) struct Crossing {
    /// The run that was read last.
    pub from: Run,
    /// The last line that was delivered, of it or of a run before.
    pub cursor: Cursor,
    /// It was read to its end.
    pub is_whole: bool,
}

/// What the run before was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Before {
    /// The one that was read last: its rest has come.
    Same { came: u64 },
    /// A later one, of which nothing had been read: all of it has come.
    Later { came: u64 },
    /// Only lines from before the place.
    Earlier,
    /// Empty.
    Empty,
    /// What is held, or a later one.
    Beyond,
    /// There is none.
    None,
    /// It could not be read.
    Failed,
}

impl Follower {
    /// Makes sure of which run the log is, where the status may not know yet. Nothing when another one is to be opened.
    pub(super) async fn know(&mut self, log: &mut Log, run: Run) -> Result<Result<Option<Run>, Trouble>, Closed> {
        if let Some(crossing) = self.crossing.clone() {
            return Ok(match self.cross(&crossing, log, &run).await? {
                Ok(known) => {
                    self.crossing = None;
                    self.reading = Some(known.clone());
                    Ok(Some(known))
                }
                Err(trouble) => Err(trouble),
            });
        }
        if self.doubt == Doubt::Run {
            self.doubt = Doubt::No;
            if let Err(trouble) = log.first(UNSURE).await {
                self.doubt = Doubt::Run;
                return Ok(Err(trouble));
            }
            let now = self.ask_status().await;
            let is_it = now.current.is_none_or(|now| now.id == run.id || now.number < run.number);
            return Ok(Ok(is_it.then_some(run)));
        }
        let number = self.reading.as_ref().map_or(run.number, |reading| reading.number.max(run.number));
        Ok(Ok(Some(Run { number, ..run })))
    }

    /// Crosses to the run whose log is held, which is `run` or a later one. Says which it is taken for.
    ///
    /// # Errors
    /// The held log breaks (then this can begin again), or the source has to stop.
    async fn cross(&mut self, crossing: &Crossing, held: &mut Log, run: &Run) -> Result<Result<Run, Trouble>, Closed> {
        let first = match held.first(HOLD).await {
            Ok(first) => first,
            Err(trouble) => return Ok(Err(trouble)),
        };
        let status = self.ask_status().await;
        let now = status.current.clone().filter(|now| now.number >= run.number).unwrap_or_else(|| run.clone());
        let from = &crossing.from;
        // The usual case: one run ended and was read, the next one began.
        let is_next = now.number <= from.number + 1;
        let before = if crossing.is_whole && is_next {
            Before::Same { came: 0 }
        } else {
            match self.read_before(crossing, held, first).await? {
                Ok(before) => before,
                Err(trouble) => return Ok(Err(trouble)),
            }
        };
        let before = match before {
            // Nothing of it was known to be found again, but it is the one right behind.
            Before::Later { came } if is_next && crossing.cursor.is_empty() => Before::Same { came },
            Before::Empty if is_next && crossing.cursor.is_empty() => Before::Same { came: 0 },
            other => other,
        };
        // Runs of which nothing came, and the number of the one that is held. Where the status moves on meanwhile it is
        // the lowest that it can be, and the rest is said at the next crossing.
        let (lost, number) = match before {
            Before::Same { .. } => (i64::from(now.number) - i64::from(from.number) - 1, now.number),
            Before::Later { .. } => (i64::from(now.number) - i64::from(from.number) - 2, now.number),
            Before::Earlier => (0, now.number),
            Before::Empty => (i64::from(run.number) - i64::from(from.number) - 2, run.number),
            Before::Beyond | Before::None | Before::Failed => {
                (i64::from(run.number) - i64::from(from.number) - 1, run.number)
            }
        };
        let lost = u32::try_from(lost).unwrap_or(0);
        self.say_crossing(crossing, before, lost, &status).await?;
        let number = number.max(run.number);
        if number > 0 {
            self.note(&format!("started again (restart {number})")).await?;
        }
        if matches!(before, Before::Same { came: 0 } | Before::Earlier | Before::Beyond | Before::None)
            && let (Some(first), Some(last)) = (first, crossing.cursor.last())
            && first <= last
        {
            // It has lines from before the place: it may be the one that was read already, under another name.
            self.gate.doubt(crossing.cursor.clone());
            self.doubt = Doubt::Place;
        }
        Ok(Ok(if number == now.number { now } else { Run { number, ..run.clone() } }))
    }

    async fn say_crossing(
        &mut self,
        crossing: &Crossing,
        before: Before,
        lost: u32,
        status: &Runs,
    ) -> Result<(), Closed> {
        let from = &crossing.from;
        let ended = status.before.as_ref().filter(|run| run.id == from.id).and_then(|run| run.end.as_ref());
        let ended = ended.map_or_else(String::new, |exit| format!("ended: {}; ", runs::words(exit)));
        let is_open = !crossing.is_whole;
        match before {
            Before::Same { came: 0 } if is_open => {
                let ended = ended.trim_end_matches("; ");
                self.note(if ended.is_empty() { "ended" } else { ended }).await?;
            }
            Before::Same { came } if is_open => {
                self.note(&format!("{ended}{came} lines of that run were read after its end, 0 lost")).await?;
            }
            Before::Failed => {
                self.unknown_lost("the run before cannot be read: lines may be lost, how many is not known").await?;
            }
            Before::Later { .. } | Before::Empty | Before::Beyond | Before::None if is_open => {
                let gone =
                    format!("{ended}the end of run {} is gone: lines may be lost, how many is not known", from.number);
                self.unknown_lost(&gone).await?;
            }
            _ => {}
        }
        if lost > 0 {
            let runs = if lost == 1 { "run" } else { "runs" };
            let why = "the cluster keeps one run before the last";
            self.unknown_lost(&format!("{lost} {runs} lost, with all their lines: {why}")).await?;
        }
        if let Before::Later { came } = before {
            self.note(&format!("the run before: {came} lines")).await?;
        }
        Ok(())
    }

    /// Reads the run before, and delivers what of it lies between the place and what is held.
    async fn read_before(
        &mut self,
        crossing: &Crossing,
        held: &mut Log,
        mut first: Option<Timestamp>,
    ) -> Result<Result<Before, Trouble>, Closed> {
        let mut gate = Gate::behind(crossing.cursor.clone(), self.gate.known());
        let mut is_sought = !crossing.cursor.is_empty();
        let mut tries = 0;
        let before = loop {
            let since = gate.cursor().since().or(crossing.from.started);
            let params = LogParams {
                container: Some(self.target.container.clone()),
                timestamps: true,
                previous: true,
                since_time: since.map(Timestamp::to_jiff),
                ..LogParams::default()
            };
            let (link, pod) = (self.shared.link.clone(), self.target.pod.clone());
            let trouble = match link.log(&pod.namespace, &pod.name, &params).await {
                Err(trouble) => trouble,
                Ok(mut log) => match log.first(Duration::MAX).await {
                    Err(trouble) => trouble,
                    Ok(begins) => {
                        if first.is_none() {
                            first = match held.first(Duration::from_millis(20)).await {
                                Ok(first) => first,
                                Err(trouble) => return Ok(Err(trouble)),
                            };
                        }
                        if let (Some(begins), Some(first)) = (begins, first)
                            && begins >= first
                        {
                            break Before::Beyond;
                        }
                        match self.take_before(&mut gate, &mut log).await? {
                            Ok(looked) => {
                                let came = gate.delivered();
                                break match looked || came > 0 {
                                    false => Before::Empty,
                                    true if is_sought && !gate.is_seeking() => Before::Same { came },
                                    true if came > 0 => Before::Later { came },
                                    true => Before::Earlier,
                                };
                            }
                            Err(trouble) => trouble,
                        }
                    }
                },
            };
            self.sink.broke().await?;
            match trouble.kind {
                // The place is not in it: what is later is of a later run.
                Kind::Gone if is_sought && gate.delivered() == 0 => {
                    gate.only_newer();
                    is_sought = false;
                    continue;
                }
                Kind::Refused => break Before::None,
                Kind::Missing | Kind::Forbidden | Kind::Gone => break Before::Failed,
                _ => {}
            }
            tries += 1;
            if tries >= CATCH_UP_TRIES {
                break Before::Failed;
            }
            if gate.delivered() > 0 || is_sought {
                gate.resume();
            } else {
                gate.only_newer();
            }
            self.pause_behind(&trouble, tries).await?;
        };
        if gate.delivered() > 0 {
            self.last = gate.cursor().clone();
        }
        self.gate.learn(gate.known());
        Ok(Ok(before))
    }

    /// Takes an answer to its end. Whether there were lines in it.
    async fn take_before(&mut self, gate: &mut Gate, log: &mut Log) -> Result<Result<bool, Trouble>, Closed> {
        let mut looked = false;
        loop {
            match log.next().await {
                Err(trouble) => return Ok(Err(trouble)),
                Ok(Some(bytes)) => {
                    looked = true;
                    match gate.take(&bytes) {
                        Taken::Nothing => {}
                        Taken::Gone => return Ok(Err(Trouble::new(Kind::Gone, ""))),
                        Taken::From(at) => {
                            let ahead = gate.ahead();
                            self.sink.feed(&ahead);
                            self.sink.feed(&bytes[at..]);
                            self.sink.flush().await?;
                        }
                    }
                }
                Ok(None) => {
                    match gate.end() {
                        Taken::Gone => return Ok(Err(Trouble::new(Kind::Gone, ""))),
                        Taken::From(_) => self.sink.feed(&gate.ahead()),
                        Taken::Nothing => {}
                    }
                    self.sink.finish().await?;
                    return Ok(Ok(looked));
                }
            }
        }
    }

    /// The pod's status as the server has it now; the last one that a watch told when it cannot be had.
    pub(super) async fn ask_status(&mut self) -> Runs {
        let (link, pod) = (self.shared.link.clone(), self.target.pod.clone());
        if let Ok(object) = link.pod(&pod.namespace, &pod.name).await
            && object.metadata.uid.as_deref() == Some(&pod.uid)
        {
            self.asked = Some(runs::runs(&object, &self.target.container));
        }
        self.status()
    }
}
