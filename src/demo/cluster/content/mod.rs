//! What happens in the demo's cluster: the bundled incident, as Kubernetes sees it.
//!
//! Owns who is there when the demo opens, what comes then, and which pod writes which line. How all is at a moment
//! follows from the clock, the script and the seed. Must not know who looks.

mod cast;

use super::access::User;
use super::kind::Kind;
use super::log::Log;
use super::objects;
use super::server::Server;
use super::state::State;
use crate::demo::Clock;
use crate::demo::every;
use crate::demo::generate::lines;
use crate::demo::scenario::Scenario;
use crate::demo::stage::HISTORY;
use crate::model::Timestamp;
use cast::STORY;
use jiff::tz::TimeZone;
use serde_json::json;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The token that the demo's cluster lets in.
pub const TOKEN: &str = "demo-token";
/// The namespace that the demo opens.
pub const NAMESPACE: &str = "payments";
/// The name of the demo's cluster and context.
pub const CLUSTER: &str = "prod-eu1";
/// How often the play goes on.
const STEP: Duration = Duration::from_millis(100);

/// The cluster as it is when the demo opens at `opens`, without a past; `player` brings it.
pub fn demo(clock: Clock, opens: Timestamp) -> State {
    let mut state = State::new(clock);
    state.allow(TOKEN, User::admin("demo"));
    cast::set(&mut state, opens);
    state
}

/// Plays the incident into a cluster.
pub struct Player {
    scenario: Scenario,
    seed: u64,
    opens: Timestamp,
    /// Microseconds after the opening up to which all is played.
    done: i64,
    next: usize,
    events: u64,
}

impl fmt::Debug for Player {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Player").field("done", &self.done).finish_non_exhaustive()
    }
}

impl Player {
    /// Begins with the past of ten minutes before `opens`. The same seed gives the same lines.
    pub fn new(scenario: Scenario, seed: u64, opens: Timestamp) -> Self {
        Self { scenario, seed, opens, done: -HISTORY, next: 0, events: 1 }
    }

    /// Plays all that has come by now.
    pub fn step(&mut self, state: &mut State) {
        let now = (state.now().0 - self.opens.0) / 1000;
        while let Some((at, step)) = STORY.get(self.next).filter(|(at, _)| at * 1000 <= now) {
            self.write(state, at * 1000);
            let moment = self.opens.saturating_add(at * 1_000_000);
            cast::act(state, moment, step, &mut self.events);
            self.next += 1;
        }
        self.write(state, now);
    }

    /// Writes the lines of before `until`.
    fn write(&mut self, state: &mut State, until: i64) {
        if until <= self.done {
            return;
        }
        let made = lines(&self.scenario, self.seed, self.opens, &TimeZone::UTC, self.done, until);
        self.done = until;
        let paths: Vec<String> = self.scenario.paths().map(str::to_owned).collect();
        let mut logs: Vec<(String, Log)> = Vec::new();
        for line in made {
            let Some(pod) = cast::writer(&paths[line.file], &line.text) else { continue };
            let place = logs.iter().position(|(name, _)| *name == pod);
            let place = place.unwrap_or_else(|| {
                let container = cast::container(&pod);
                // Who is gone writes nothing.
                let is_there = state.get(Kind::Pod, NAMESPACE, &pod).is_some();
                let log = if is_there { state.log(&format!("{NAMESPACE}/{pod}"), container) } else { closed() };
                logs.push((pod, log));
                logs.len() - 1
            });
            let at = self.opens.saturating_add(line.at.saturating_mul(1000));
            logs[place].1.write(at, line.text.as_bytes());
        }
    }

    /// Plays on until it is cancelled.
    pub async fn play(mut self, server: Arc<Server>, cancel: CancellationToken) {
        every(STEP, &cancel, || self.step(&mut server.state())).await;
    }
}

fn closed() -> Log {
    let log = Log::default();
    log.close();
    log
}

/// A kubeconfig for the demo's cluster.
pub fn kubeconfig(server: &Server) -> String {
    server.kubeconfig(CLUSTER).context(CLUSTER, NAMESPACE, super::Login::Token(TOKEN.to_owned())).text()
}

/// Puts an event into the cluster.
fn tell(
    state: &mut State,
    number: &mut u64,
    at: Timestamp,
    about: (&str, &str),
    tone: objects::Tone,
    words: (&str, &str),
) {
    let object = format!("{NAMESPACE}/{}", about.1);
    let mut event = objects::event((about.0, &object), *number, at, tone, words);
    *number += 1;
    if let Some(pod) =
        Kind::ALL.into_iter().find(|kind| kind.name() == about.0).and_then(|kind| state.get(kind, NAMESPACE, about.1))
    {
        event["involvedObject"]["uid"] = pod["metadata"]["uid"].clone();
        if about.0 == "Pod" {
            let path = format!("spec.containers{{{}}}", cast::container(about.1));
            event["involvedObject"]["fieldPath"] = json!(path);
        }
    }
    event["metadata"]["creationTimestamp"] = event["lastTimestamp"].clone();
    state.put(Kind::Event, event);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::SECOND;
    use std::sync::atomic::{AtomicI64, Ordering};

    /// 2026-11-21T03:14:00Z
    const OPENS: Timestamp = Timestamp(1_795_230_840_000_000_000);

    fn phases(state: &State) -> Vec<(String, String, u64)> {
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        let pods = state.all(Kind::Pod).into_iter();
        pods.map(|pod| {
            let status = &pod["status"]["containerStatuses"][0];
            let reason = text(&status["state"]["waiting"]["reason"]);
            let phase = if reason.is_empty() { text(&pod["status"]["phase"]) } else { reason };
            (text(&pod["metadata"]["name"]), phase, status["restartCount"].as_u64().unwrap_or(0))
        })
        .collect()
    }

    #[test]
    fn the_incident_is_played() {
        let clock = Arc::new(AtomicI64::new(OPENS.0));
        let now = Arc::clone(&clock);
        let mut state = demo(Arc::new(move || Timestamp(now.load(Ordering::SeqCst))), OPENS);
        let mut player = Player::new(Scenario::bundled().unwrap(), 7, OPENS);
        let mut at = |seconds: i64, state: &mut State| {
            clock.store(OPENS.0 + seconds * SECOND, Ordering::SeqCst);
            player.step(state);
        };
        let is = |name: &str, phase: &str, restarts| (name.to_owned(), phase.to_owned(), restarts);
        at(0, &mut state);
        let expected = [
            is("edge-6b8-9xq4d", "Pending", 0),
            is("edge-6b8-tt91z", "Running", 0),
            is("ledger-worker-5d9c-hh2v4", "Running", 0),
            is("payments-api-6c4b8d-m2x7k", "Running", 0),
            is("payments-api-6c4b8d-q9zfw", "Running", 0),
            is("postgres-0", "Running", 0),
        ];
        assert_eq!(phases(&state), expected);
        assert!(state.log("payments/payments-api-6c4b8d-m2x7k", "api").len() > 1000);
        at(30, &mut state);
        assert!(state.log("payments/payments-api-7d9f5c-2xkq9", "api").len() > 20);
        at(56, &mut state);
        let now = phases(&state);
        assert!(now.contains(&is("payments-api-7d9f5c-2xkq9", "CrashLoopBackOff", 1)), "{now:?}");
        assert!(now.contains(&is("payments-api-7d9f5c-8mzlp", "Running", 1)), "{now:?}");
        at(90, &mut state);
        let now = phases(&state);
        assert!(now.contains(&is("payments-api-6c4b8d-v5tn2", "Running", 0)), "{now:?}");
        assert!(!now.iter().any(|pod| pod.0.contains("7d9f5c")), "{now:?}");
        assert!(state.log("payments/payments-api-6c4b8d-zz4rp", "api").len() > 20);
        let reasons: Vec<_> = state.all(Kind::Event).into_iter().map(|event| event["reason"].clone()).collect();
        for reason in ["BackOff", "Killing", "FailedScheduling", "Unhealthy", "ScalingReplicaSet", "Pulled"] {
            assert!(reasons.iter().any(|one| one == reason), "{reason}");
        }
    }
}
