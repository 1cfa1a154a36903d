//! What the demo's database holds: jobs, locks and incidents, as they are while the bundled incident goes on.
//!
//! Owns the story; it fits `assets/demo/outage.txt`. What is there at a moment follows from the clock. Must not know who
//! looks.

use super::server::Server;
use super::state::State;
use super::value::{Fields, Value, array, double, fields, flag, geo, int, map, text, time};
use crate::demo::Clock;
use crate::demo::every;
use crate::model::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The project of the demo's database.
pub const PROJECT: &str = "acme-prod";
/// The collections that the demo opens.
pub const COLLECTIONS: [&str; 4] = ["jobs", "jobs/*/events", "incidents", "locks"];
/// How often the play goes on.
const STEP: Duration = Duration::from_millis(100);

/// Milliseconds after the opening.
type Millis = i64;

const WORKER: &str = "ledger-worker-5d9c-hh2v4";
/// When the first job of the past starts, and how long after it the next one does.
const FIRST: Millis = -590_000;
const PAST: Millis = 60_000;
/// The same after the incident.
const AGAIN: Millis = 120_000;
const FUTURE: Millis = 30_000;
/// The number of the first job, of the one that fails, and of the one after it.
const NUMBER: i64 = 1112;
const FAILS: i64 = 1121;

/// What happens to a document.
#[derive(Clone, Debug)]
enum Act {
    /// It is written.
    Set(Fields),
    /// Some of its fields change.
    Change(Vec<(&'static str, Value)>),
    /// It is deleted.
    Delete,
}

/// An empty database; `player` fills it.
pub fn demo(clock: Clock) -> State {
    State::new(clock, PROJECT)
}

/// Plays the incident into a database.
#[derive(Debug)]
pub struct Player {
    opens: Timestamp,
    /// What is still to come, in order; the second number keeps the order of one moment.
    due: BTreeMap<(Millis, usize), (String, Act)>,
    added: usize,
    /// The next job after the incident.
    next: i64,
}

impl Player {
    /// Begins with the past of ten minutes before `opens`.
    pub fn new(opens: Timestamp) -> Self {
        let mut player = Self { opens, due: BTreeMap::new(), added: 0, next: 0 };
        for job in 0..FAILS - NUMBER {
            player.job(NUMBER + job, FIRST + job * PAST, PAST / 2);
        }
        player.failing();
        player.job(FAILS + 1, 78_000, 18_000);
        player.incident();
        player
    }

    /// Plays all that has come by now.
    pub fn step(&mut self, state: &mut State) {
        let now = ((state.clock)().0 - self.opens.0) / 1_000_000;
        while AGAIN + self.next * FUTURE <= now {
            self.job(FAILS + 2 + self.next, AGAIN + self.next * FUTURE, FUTURE * 2 / 3);
            self.next += 1;
        }
        while let Some(entry) = self.due.first_entry().filter(|entry| entry.key().0 <= now) {
            let ((at, _), (path, act)) = entry.remove_entry();
            let at = self.opens.saturating_add(at * 1_000_000);
            match act {
                Act::Set(mut fields) => {
                    fields.insert("created".to_owned(), time(at));
                    fields.insert("updated".to_owned(), time(at));
                    state.set_at(&path, fields, at);
                }
                Act::Change(mut changes) => {
                    changes.push(("updated", time(at)));
                    state.update_at(&path, changes, at);
                }
                Act::Delete => {
                    state.delete_at(&path, at);
                }
            }
        }
    }

    fn add(&mut self, at: Millis, path: &str, act: Act) {
        self.due.insert((at, self.added), (path.to_owned(), act));
        self.added += 1;
    }

    fn set<const N: usize>(&mut self, at: Millis, path: &str, all: [(&str, Value); N]) {
        self.add(at, path, Act::Set(fields(all)));
    }

    fn change<const N: usize>(&mut self, at: Millis, path: &str, changes: [(&'static str, Value); N]) {
        self.add(at, path, Act::Change(changes.into()));
    }

    /// A job is queued, and its first event is written.
    fn queued(&mut self, number: i64, at: Millis) -> String {
        let job = format!("jobs/settle-{number}");
        let payload = fields([
            ("batch", int(5460 + (number - NUMBER) * 6)),
            ("rows", int(420 + number * 37 % 80)),
            ("currencies", array([text("EUR"), text("USD"), text("GBP")])),
            ("region", text("europe-west1")),
            ("place", geo(50.45, 3.82)),
            ("cutoff", time(self.opens.saturating_add((at - 60_000) * 1_000_000))),
            ("limits", map(fields([("timeout_ms", int(2000)), ("attempts", int(3)), ("share", double(0.25))]))),
        ]);
        self.set(
            at,
            &job,
            [
                ("state", text("queued")),
                ("kind", text("settlement")),
                ("attempt", int(0)),
                ("progress", double(0.0)),
                ("payload", map(payload)),
            ],
        );
        self.set(at + 20, &format!("{job}/events/0001"), [("state", text("queued"))]);
        job
    }

    fn locked(&mut self, at: Millis, job: &str) {
        self.set(at, "locks/ledger-batch", [("owner", text(WORKER)), ("job", text(job)), ("ttl_s", int(60))]);
    }

    fn started(&mut self, at: Millis, job: &str) {
        let running = [("state", text("running")), ("worker", text(WORKER)), ("attempt", int(1))];
        self.change(at, job, running);
        self.set(at + 20, &format!("{job}/events/0002"), [("state", text("started")), ("worker", text(WORKER))]);
    }

    /// A job that goes well, within so many milliseconds.
    fn job(&mut self, number: i64, at: Millis, span: Millis) {
        let job = self.queued(number, at);
        self.locked(at + 900, &job);
        self.started(at + 1000, &job);
        for (part, progress) in [(1, 0.25), (2, 0.5), (3, 0.75)] {
            self.change(at + 1000 + span * part / 4, &job, [("progress", double(progress))]);
        }
        self.change(at + 1000 + span, &job, [("state", text("done")), ("progress", double(1.0))]);
        self.set(at + 1020 + span, &format!("{job}/events/0003"), [("state", text("done"))]);
        self.add(at + 1100 + span, "locks/ledger-batch", Act::Delete);
    }

    /// The one that does not: nobody gives its lock back.
    fn failing(&mut self) {
        let job = self.queued(FAILS, -4_000);
        self.locked(3_000, &job);
        self.started(3_200, &job);
        self.change(9_000, &job, [("progress", double(0.1))]);
        self.change(16_700, &job, [("progress", double(0.25))]);
        for (at, attempt) in [(28_300, 2), (34_900, 3)] {
            self.change(at, &job, [("attempt", int(attempt)), ("reason", text("lock timeout"))]);
            let event = format!("{job}/events/{:04}", attempt + 1);
            self.set(
                at + 20,
                &event,
                [("state", text("retry")), ("msg", text("lock timeout")), ("lock", text("locks/ledger-batch"))],
            );
        }
        self.change(41_200, &job, [("state", text("failed")), ("code", text("DEADLINE_EXCEEDED"))]);
        self.set(
            41_220,
            &format!("{job}/events/0005"),
            [("state", text("failed")), ("code", text("DEADLINE_EXCEEDED"))],
        );
        let refund = "jobs/refund-0419";
        self.set(44_800, refund, [("state", text("running")), ("kind", text("refund")), ("attempt", int(1))]);
        self.set(
            48_600,
            &format!("{refund}/events/0093"),
            [("severity", text("ERROR")), ("msg", text("ledger unavailable"))],
        );
        self.change(48_700, refund, [("state", text("failed")), ("code", text("UNAVAILABLE"))]);
        self.change(64_000, "locks/ledger-batch", [("expired", flag(true))]);
        self.add(64_100, "locks/ledger-batch", Act::Delete);
        self.change(82_000, refund, [("state", text("running")), ("attempt", int(2))]);
        self.change(86_400, refund, [("state", text("done"))]);
    }

    /// What people make of it.
    fn incident(&mut self) {
        let incident = "incidents/inc-4471";
        self.set(
            41_350,
            incident,
            [
                ("status", text("open")),
                ("priority", int(2)),
                ("opened_by", text("auto")),
                ("service", text("payments")),
            ],
        );
        self.change(47_100, incident, [("status", text("acknowledged")), ("by", text("oncall"))]);
        self.change(
            58_000,
            incident,
            [("priority", int(1)), ("note", text("payments-api out of memory, retry queue grows"))],
        );
        self.change(62_500, incident, [("note", text("rolling back payments-api to 2.13.2"))]);
        self.change(79_000, incident, [("status", text("mitigated"))]);
        let summary = [("status", text("resolved")), ("note", text("retry queue of 2.14.0 was unbounded"))];
        self.change(110_000, incident, summary);
    }

    /// Plays on until it is cancelled.
    pub async fn play(mut self, server: Arc<Server>, cancel: CancellationToken) {
        every(STEP, &cancel, || self.step(&mut server.state())).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicI64, Ordering};

    /// 2026-11-21T03:14:00Z
    const OPENS: Timestamp = Timestamp(1_795_230_840_000_000_000);

    #[test]
    fn the_incident_is_played() {
        let clock = Arc::new(AtomicI64::new(OPENS.0));
        let now = Arc::clone(&clock);
        let mut state = demo(Arc::new(move || Timestamp(now.load(Ordering::SeqCst))));
        let mut player = Player::new(OPENS);
        let mut at = |seconds: i64, state: &mut State| {
            clock.store(OPENS.0 + seconds * 1_000_000_000, Ordering::SeqCst);
            player.step(state);
        };
        let is = |state: &State, path: &str, name: &str| state.get(path).and_then(|fields| fields.get(name).cloned());
        at(0, &mut state);
        assert_eq!(is(&state, "jobs/settle-1112", "state"), Some(text("done")));
        assert_eq!(is(&state, "jobs/settle-1121", "state"), Some(text("queued")));
        assert_eq!(state.get("locks/ledger-batch"), None);
        at(42, &mut state);
        assert_eq!(is(&state, "jobs/settle-1121", "code"), Some(text("DEADLINE_EXCEEDED")));
        assert_eq!(is(&state, "jobs/settle-1121", "attempt"), Some(int(3)));
        assert_eq!(is(&state, "incidents/inc-4471", "status"), Some(text("open")));
        assert!(state.get("locks/ledger-batch").is_some());
        at(300, &mut state);
        assert_eq!(is(&state, "incidents/inc-4471", "status"), Some(text("resolved")));
        assert_eq!(is(&state, "jobs/settle-1122", "state"), Some(text("done")));
        assert_eq!(is(&state, "jobs/settle-1128", "state"), Some(text("done")), "it goes on and on");
        assert!(state.names().iter().any(|name| name.ends_with("/jobs/refund-0419/events/0093")));
    }
}
