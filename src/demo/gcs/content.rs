//! What the demo's bucket holds: the bundled incident as the objects that log shippers write, part after part.
//!
//! Owns which lines go where, in which form, and when. What is there at a moment follows from the clock, the script and
//! the seed. Must not know who looks.

use super::server::Server;
use super::state::{Meta, State};
use crate::demo::every;
use crate::demo::generate::{Line, lines};
use crate::demo::scenario::Scenario;
use crate::demo::stage::HISTORY;
use crate::demo::web::format;
use crate::model::Timestamp;
use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use std::fmt;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The bucket's name.
pub const BUCKET: &str = "acme-prod-logs";
/// How often the play goes on.
const STEP: Duration = Duration::from_millis(250);
/// Microseconds of a second.
const SECOND: i64 = 1_000_000;

/// The form in which lines are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// A JSON object in each line, packed into a file of gzip.
    Packed,
    /// Text that is stored packed, and unpacked by the service for who wants that.
    Encoded,
    /// An object that grows: each part is composed to it.
    Growing,
    /// One array of JSON.
    Array,
    /// A table with a header.
    Table,
}

/// Where the lines of a file of the script go.
struct Shipper {
    /// The file's name in the script's directory.
    file: &'static str,
    /// The folder.
    name: &'static str,
    form: Form,
    /// How long a part is, in seconds.
    period: i64,
}

const SHIPPERS: &[Shipper] = &[
    Shipper { file: "payments.log", name: "payments-api", form: Form::Packed, period: 20 },
    Shipper { file: "edge.log", name: "edge", form: Form::Encoded, period: 40 },
    Shipper { file: "ledger.log", name: "ledger-worker", form: Form::Growing, period: 4 },
    Shipper { file: "postgres.log", name: "postgres", form: Form::Array, period: 60 },
    Shipper { file: "kubelet.log", name: "nodes", form: Form::Table, period: 60 },
];

/// What the demo's objects' names begin with, if it opens then: a folder for the day.
pub fn prefix(opens: Timestamp) -> String {
    format("payments/%Y/%m/%d/", opens)
}

/// A bucket without objects; `player` brings them.
pub fn demo(clock: crate::demo::Clock) -> State {
    let mut state = State::new(clock);
    state.bucket(BUCKET);
    state
}

/// Writes the incident into a bucket.
pub struct Player {
    scenario: Scenario,
    seed: u64,
    opens: Timestamp,
    /// Microseconds after the opening up to which lines were made.
    done: i64,
    /// For each shipper, the number of its part and the part's lines.
    parts: Vec<(i64, Vec<Line>)>,
}

impl fmt::Debug for Player {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Player").field("done", &self.done).finish_non_exhaustive()
    }
}

impl Player {
    /// Begins with the past of ten minutes before `opens`. The same seed gives the same objects.
    pub fn new(scenario: Scenario, seed: u64, opens: Timestamp) -> Self {
        let parts = SHIPPERS.iter().map(|_| (0, Vec::new())).collect();
        Self { scenario, seed, opens, done: -HISTORY, parts }
    }

    /// Writes all parts that are whole by now.
    pub fn step(&mut self, state: &mut State) {
        let now = ((state.clock)().0 - self.opens.0) / 1000;
        if now <= self.done {
            return;
        }
        let made = lines(&self.scenario, self.seed, self.opens, &TimeZone::UTC, self.done, now);
        self.done = now;
        let paths: Vec<String> = self.scenario.paths().map(str::to_owned).collect();
        for line in made {
            let Some(at) = SHIPPERS.iter().position(|shipper| shipper.file == paths[line.file]) else { continue };
            self.turn(state, at, line.at);
            self.parts[at].1.push(line);
        }
        (0..SHIPPERS.len()).for_each(|at| self.turn(state, at, now));
    }

    /// Ends a shipper's part, if another one has begun by then.
    fn turn(&mut self, state: &mut State, shipper: usize, now: i64) {
        let period = SHIPPERS[shipper].period * SECOND;
        let number = (now + HISTORY).div_euclid(period);
        let (part, lines) = &mut self.parts[shipper];
        if number == *part {
            return;
        }
        let (ended, lines) = (std::mem::replace(part, number), std::mem::take(lines));
        if lines.is_empty() {
            return;
        }
        let at = self.opens.saturating_add(((ended + 1) * period - HISTORY) * 1000);
        let begun = self.opens.saturating_add((ended * period - HISTORY) * 1000);
        if let Err(error) = self.write(state, &SHIPPERS[shipper], ended, &lines, (begun, at)) {
            tracing::warn!(%error, "a part of the demo's bucket could not be packed");
        }
    }

    fn write(
        &self,
        state: &mut State,
        shipper: &Shipper,
        number: i64,
        lines: &[Line],
        (begun, at): (Timestamp, Timestamp),
    ) -> io::Result<()> {
        let folder = format!("{}{}/{}", prefix(self.opens), shipper.name, format("%H", begun));
        let part = |ending: &str| format!("{folder}/part-{number:04}.{ending}");
        match shipper.form {
            Form::Packed => {
                let meta = Meta::new("application/gzip").at(at);
                state.put(BUCKET, &part("ndjson.gz"), pack(&joined(lines))?, meta);
            }
            Form::Encoded => {
                state.put(BUCKET, &part("log"), pack(&joined(lines))?, Meta::text().gzip().at(at));
            }
            Form::Growing => {
                state.append_at(BUCKET, &format!("{folder}/ledger.log"), joined(lines), at);
            }
            Form::Array => {
                let rows: Vec<Value> = lines.iter().map(|line| self.row(line)).collect();
                let text = serde_json::to_string_pretty(&rows).unwrap_or_default();
                state.put(BUCKET, &part("json"), text, Meta::new("application/json").at(at));
            }
            Form::Table => {
                let mut text = "time,severity,source,message\n".to_owned();
                for line in lines {
                    text.push_str(&self.record(line));
                }
                state.put(BUCKET, &part("csv"), text, Meta::new("text/csv").at(at));
            }
        }
        Ok(())
    }

    fn time(&self, line: &Line) -> String {
        format("%Y-%m-%dT%H:%M:%S.%3fZ", self.opens.saturating_add(line.at.saturating_mul(1000)))
    }

    /// `… UTC [812] ledger@ledger LOG:  checkpoint complete`, as an object.
    fn row(&self, line: &Line) -> Value {
        let (head, message) = line.text.split_once(":  ").unwrap_or(("", &line.text));
        let severity = head.rsplit(' ').next().unwrap_or_default();
        let process = head.split_once('[').and_then(|(_, rest)| rest.split_once(']')).map_or("", |(number, _)| number);
        let process = process.parse::<u64>().ok();
        json!({ "timestamp": self.time(line), "severity": severity, "pid": process, "message": message })
    }

    /// `E1121 05:14:01.250000    1421 kubelet.go:2516] words`, as a record of a table.
    fn record(&self, line: &Line) -> String {
        let (head, message) = line.text.split_once("] ").unwrap_or(("", &line.text));
        let severity = match head.chars().next() {
            Some('E') => "ERROR",
            Some('W') => "WARNING",
            _ => "INFO",
        };
        let source = head.rsplit(' ').next().unwrap_or_default();
        format!("{},{severity},{source},\"{}\"\n", self.time(line), message.replace('"', "\"\""))
    }

    /// Writes on until it is cancelled.
    pub async fn play(mut self, server: Arc<Server>, cancel: CancellationToken) {
        every(STEP, &cancel, || self.step(&mut server.state())).await;
    }
}

fn joined(lines: &[Line]) -> String {
    lines.iter().fold(String::new(), |mut text, line| {
        text.push_str(&line.text);
        text.push('\n');
        text
    })
}

fn pack(text: &str) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(text.len() / 6), Compression::fast());
    encoder.write_all(text.as_bytes())?;
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::read::MultiGzDecoder;
    use std::io::Read;
    use std::sync::atomic::{AtomicI64, Ordering};

    /// 2026-11-21T03:14:00Z
    const OPENS: Timestamp = Timestamp(1_795_230_840_000_000_000);

    #[test]
    fn the_incident_is_written_part_by_part() {
        let clock = Arc::new(AtomicI64::new(OPENS.0));
        let now = Arc::clone(&clock);
        let mut state = demo(Arc::new(move || Timestamp(now.load(Ordering::SeqCst))));
        let mut player = Player::new(Scenario::bundled().unwrap(), 7, OPENS);
        player.step(&mut state);
        let (before, grown) =
            (state.names(BUCKET), state.generation(BUCKET, "payments/2026/11/21/ledger-worker/03/ledger.log"));
        assert!(before.iter().all(|name| name.starts_with("payments/2026/11/21/")), "{before:?}");
        for ending in
            ["payments-api/03/part-0029.ndjson.gz", "edge/03/part-0014.log", "postgres/03/part-0009.json", ".csv"]
        {
            assert!(before.iter().any(|name| name.ends_with(ending)), "{ending} in {before:?}");
        }
        for step in 1..=240 {
            clock.store(OPENS.0 + step * 250_000_000, Ordering::SeqCst);
            player.step(&mut state);
        }
        let after = state.names(BUCKET);
        assert!((4..=9).contains(&(after.len() - before.len())), "{} and {}", before.len(), after.len());
        let text = |name: &str| {
            String::from_utf8(state.bytes(BUCKET, &format!("payments/2026/11/21/{name}")).unwrap()).unwrap()
        };
        let ledger = text("ledger-worker/03/ledger.log");
        assert!(grown < state.generation(BUCKET, "payments/2026/11/21/ledger-worker/03/ledger.log"));
        assert!(ledger.starts_with("2026-11-21 03:04:0") && ledger.contains("03:14:5"), "{}", &ledger[..40]);
        let packed = state.bytes(BUCKET, "payments/2026/11/21/payments-api/03/part-0031.ndjson.gz").unwrap();
        let mut lines = String::new();
        MultiGzDecoder::new(&packed[..]).read_to_string(&mut lines).unwrap();
        assert!(lines.contains("circuit breaker OPEN"));
        assert!(lines.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()));
        let rows: Vec<Value> = serde_json::from_str(&text("postgres/03/part-0010.json")).unwrap();
        assert!(rows.iter().any(|row| row["severity"] == "FATAL" && row["pid"].is_u64()), "{rows:?}");
        let table = text("nodes/03/part-0010.csv");
        assert!(
            table.lines().any(|line| line.contains(",ERROR,pod_workers.go:1301,\"\"\"Error syncing pod")),
            "{table}"
        );
    }
}
