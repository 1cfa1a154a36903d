//! What the jobs of the demo's CI wrote.
//!
//! Owns the texts and the services' marks in them. Must not know runs.

use super::super::answer::unix;
use super::super::state::{End, Span};
use crate::demo::generate::Random;
use bytes::Bytes;

/// Lines of the red step, and the place of the panic among them, from 0.
const RED_LINES: usize = 12_408;
const PANIC_AT: usize = 9_870;
/// Tests that pass before the one that does not.
const PASSING: usize = 212;

/// How the tests go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// All pass.
    Passed,
    /// One does not get a connection.
    Failed,
}

/// A log of GitHub, with a time before each line. The lines are spread evenly over a span.
pub(super) struct Log {
    span: Span,
    lines: Vec<String>,
}

impl Log {
    pub(super) const fn new(span: Span) -> Self {
        Self { span, lines: Vec::new() }
    }

    pub(super) fn all(mut self, lines: Vec<String>) -> Self {
        self.lines.extend(lines);
        self
    }

    pub(super) fn bytes(self) -> Bytes {
        let start = self.span.started.unwrap_or_default();
        let length = self.span.ended.map_or(0, |ended| ended.0 - start.0);
        let mut out = String::with_capacity(self.lines.iter().map(|line| line.len() + 30).sum());
        let count = self.lines.len().max(1) as i64;
        for (place, line) in self.lines.iter().enumerate() {
            let at = start.saturating_add(length / count * place as i64).to_jiff().to_zoned(jiff::tz::TimeZone::UTC);
            out.push_str(&jiff::fmt::strtime::format("%Y-%m-%dT%H:%M:%S.%7fZ ", &at).unwrap_or_default());
            out.push_str(line);
            out.push('\n');
        }
        Bytes::from(out)
    }
}

fn owned(lines: &[&str]) -> Vec<String> {
    lines.iter().map(|line| (*line).to_owned()).collect()
}

/// A command as GitHub shows it.
fn command(commands: &[&str]) -> Vec<String> {
    let mut lines = vec![format!("##[group]Run {}", commands.first().unwrap_or(&""))];
    lines.extend(commands.iter().map(|command| format!("\u{1b}[36;1m{command}\u{1b}[0m")));
    lines.extend(owned(&["shell: /usr/bin/bash -e {0}", "env:", "  CARGO_TERM_COLOR: always", "##[endgroup]"]));
    lines
}

pub(super) fn setup() -> Vec<String> {
    owned(&[
        "Current runner version: '2.330.0'",
        "##[group]Runner Image Provisioner",
        "Hosted Compute Agent",
        "Version: 20261109.551",
        "##[endgroup]",
        "##[group]Operating System",
        "Ubuntu",
        "22.04.5",
        "LTS",
        "##[endgroup]",
        "##[group]GITHUB_TOKEN Permissions",
        "Contents: read",
        "Metadata: read",
        "##[endgroup]",
        "Secret source: Actions",
        "Prepare workflow directory",
        "Prepare all required actions",
        "Getting action download info",
        "Download action repository 'actions/checkout@v5' (SHA:93cb6efe18208431cddfb8368fd83d5badbf9bfd)",
        "Complete job name: integration (ubuntu-22.04, pg15)",
    ])
}

pub(super) fn checkout(sha: &str) -> Vec<String> {
    let mut lines = owned(&[
        "##[group]Run actions/checkout@v5",
        "with:",
        "  repository: acme/payments",
        "  token: ***",
        "##[endgroup]",
        "Syncing repository: acme/payments",
        "##[group]Getting Git version info",
        "[command]/usr/bin/git version",
        "git version 2.51.2",
        "##[endgroup]",
    ]);
    lines.push(format!(
        "[command]/usr/bin/git -c protocol.version=2 fetch --no-tags --depth=1 origin +{sha}:refs/remotes/origin/main"
    ));
    lines.push(format!("HEAD is now at {sha:.7} ledger client: retry queue in memory"));
    lines
}

pub(super) fn toolchain() -> Vec<String> {
    let mut lines =
        command(&["rustup toolchain install 1.91 --profile minimal", "docker compose -f ci/compose.yml up -d --wait"]);
    lines.extend(owned(&[
        "info: syncing channel updates for '1.91-x86_64-unknown-linux-gnu'",
        "info: latest update on 2026-10-30, rust version 1.91.0 (f8297e351 2026-10-28)",
        "info: downloading component 'cargo'",
        "info: downloading component 'rust-std'",
        "info: downloading component 'rustc'",
        "info: installing component 'rustc'",
        " Container payments-postgres-1  Starting",
        " Container payments-postgres-1  Started",
        " Container payments-ledger-1  Starting",
        " Container payments-ledger-1  Started",
        " Container payments-postgres-1  Healthy",
        " Container payments-ledger-1  Healthy",
    ]));
    lines
}

pub(super) fn build() -> Vec<String> {
    const CRATES: [&str; 24] = [
        "proc-macro2",
        "quote",
        "syn",
        "libc",
        "cfg-if",
        "serde",
        "itoa",
        "bytes",
        "tokio",
        "mio",
        "socket2",
        "http",
        "hyper",
        "tower",
        "tracing",
        "thiserror",
        "anyhow",
        "sqlx-core",
        "sqlx-postgres",
        "rustls",
        "axum",
        "jiff",
        "uuid",
        "serde_json",
    ];
    let mut lines = command(&["cargo build --locked --all-targets"]);
    for round in 0..6 {
        let compiles =
            |name: &&str| format!("\u{1b}[1m\u{1b}[92m   Compiling\u{1b}[0m {name} v1.{round}.{}", name.len());
        lines.extend(CRATES.iter().map(compiles));
    }
    lines.push(
        "\u{1b}[1m\u{1b}[92m   Compiling\u{1b}[0m payments-api v2.14.0 (/home/runner/work/payments/payments)"
            .to_owned(),
    );
    lines.push(
        "\u{1b}[1m\u{1b}[92m    Finished\u{1b}[0m `dev` profile [unoptimized + debuginfo] target(s) in 3m 11s"
            .to_owned(),
    );
    lines
}

pub(super) fn clippy() -> Vec<String> {
    let mut lines = command(&["cargo clippy --locked --all-targets"]);
    lines.extend(owned(&[
        "    Checking payments-api v2.14.0 (/home/runner/work/payments/payments)",
        "    Finished `dev` profile [unoptimized + debuginfo] target(s) in 1m 27s",
    ]));
    lines
}

const AREAS: [&str; 6] = ["accounts", "charges", "currency", "entries", "idempotency", "journal"];
const DOES: [&str; 8] = [
    "accepts_a_charge",
    "keeps_its_order",
    "locks_in_order",
    "refuses_zero",
    "retries_once",
    "rounds_half_even",
    "sees_no_gap",
    "survives_a_restart",
];

/// The name of a test; they come in their alphabetical order.
fn test_name(place: usize, all: usize) -> String {
    let each = all.div_ceil(AREAS.len());
    let within = place % each;
    format!("{}::{:02}_{}", AREAS[place / each], within, DOES[within % DOES.len()])
}

pub(super) fn unit(random: &mut Random) -> Vec<String> {
    const TESTS: usize = 1911;
    let mut lines = command(&["cargo test --locked --lib"]);
    lines.extend([String::new(), format!("running {TESTS} tests")]);
    lines.extend((0..TESTS).map(|place| format!("test {} ... ok", test_name(place, TESTS))));
    let took = 96 + random.below(20);
    lines.push(String::new());
    lines.push(format!(
        "test result: ok. {TESTS} passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in {took}.31s"
    ));
    lines
}

/// One line of what the service under test writes.
fn traced(random: &mut Random) -> String {
    let (order, ms) = (random.next() >> 40, random.below(30) + 2);
    match random.below(5) {
        0 => format!(" INFO payments::http: POST /v1/charges 201 order={order:06x} duration_ms={ms}"),
        1 => format!("DEBUG ledger::client: posting order={order:06x} attempt=1 deadline_ms=2000"),
        2 => format!(" INFO ledger::client: posted order={order:06x} entries=2 duration_ms={ms}"),
        3 => format!(
            "DEBUG sqlx::query: summary=\"INSERT INTO entries (id, account, …)\" rows_affected=2 elapsed={ms}ms"
        ),
        _ => format!("DEBUG pool: acquired a connection ({} of 5 in use)", random.below(4) + 1),
    }
}

/// The step that goes wrong, or not.
pub(super) fn integration(random: &mut Random, outcome: Outcome) -> Vec<String> {
    let mut lines = command(&[
        "trap 'docker compose -f ci/compose.yml logs --no-color' EXIT",
        "cargo test --locked --test ledger -- --nocapture --test-threads=1",
    ]);
    lines.extend(owned(&[
        "\u{1b}[1m\u{1b}[92m    Finished\u{1b}[0m `test` profile [unoptimized + debuginfo] target(s) in 0.41s",
        "\u{1b}[1m\u{1b}[92m     Running\u{1b}[0m tests/ledger.rs (target/debug/deps/ledger-4f1c2ab09d7734e1)",
        "",
        "running 216 tests",
    ]));
    let begin = [
        "test ledger::post_retries_on_timeout ...  INFO ledger::client: posting order=00c1f3 attempt=1 deadline_ms=2000",
        " WARN pool: timed out waiting for connection (5 of 5 in use)",
    ];
    let room = PANIC_AT - lines.len() - begin.len() - 7;
    for place in 0..PASSING {
        let name = test_name(place, PASSING);
        // All of the room is used, to the line.
        let share = room * (place + 1) / PASSING - room * place / PASSING;
        lines.push(format!("test {name} ... {}", traced(random)));
        lines.extend((0..share.saturating_sub(2)).map(|_| traced(random)));
        lines.push("ok".to_owned());
    }
    lines.push(begin[0].to_owned());
    if outcome == Outcome::Passed {
        lines.extend(owned(&[
            " WARN pool: waited 1204 ms for a connection (5 of 5 in use)",
            " INFO ledger::client: posted order=00c1f3 attempt=3 entries=2 duration_ms=1391",
            "ok",
            "",
            "test result: ok. 213 passed; 0 failed; 3 ignored; 0 measured; 0 filtered out; finished in 279.02s",
        ]));
        return lines;
    }
    lines.extend((0..7).map(|_| begin[1].to_owned()));
    lines.push("DEBUG ledger::client: dropping client, 1 charge in its queue".to_owned());
    lines.extend(owned(&[
        "thread 'ledger::post_retries_on_timeout' panicked at tests/ledger.rs:212:9:",
        "assertion `left == right` failed: retry count",
        "  left: 1",
        " right: 3",
        "note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace",
        "FAILED",
        "",
        "failures:",
        "",
        "failures:",
        "    ledger::post_retries_on_timeout",
        "",
        "test result: FAILED. 212 passed; 1 failed; 3 ignored; 0 measured; 0 filtered out; finished in 281.40s",
        "",
        "\u{1b}[1m\u{1b}[91merror\u{1b}[0m: test failed, to rerun pass `--test ledger`",
    ]));
    while lines.len() + 1 < RED_LINES {
        let line = dumped(random, lines.len());
        lines.push(line);
    }
    lines.push("##[error]Process completed with exit code 101.".to_owned());
    lines
}

/// One line of the containers' logs, which are shown at the end.
fn dumped(random: &mut Random, place: usize) -> String {
    let process = random.below(60) + 60;
    match random.below(4) {
        _ if place.is_multiple_of(97) => {
            format!("postgres-1  | 2026-11-21 UTC [{process}] WARNING:  there is already a transaction in progress")
        }
        0 => format!("postgres-1  | LOG:  duration: {}.{:03} ms  execute sqlx_s_3: SELECT 1", random.below(9), process),
        1 => format!("postgres-1  | LOG:  connection received: host=172.18.0.3 port={}", 40_000 + process),
        2 => format!(
            "ledger-1    | INFO  com.acme.ledger.Poster - posted order={:06x} entries=2 in {} ms",
            random.next() >> 40,
            process / 9
        ),
        _ => {
            format!("ledger-1    | INFO  com.acme.ledger.Settlement - batch {process} committed rows={}", 400 + process)
        }
    }
}

pub(super) fn upload() -> Vec<String> {
    owned(&[
        "##[group]Run actions/upload-artifact@v5",
        "with:",
        "  path: target/nextest",
        "##[endgroup]",
        "Artifact test-report has been successfully uploaded! Final size is 48213 bytes.",
    ])
}

pub(super) fn notify() -> Vec<String> {
    owned(&[
        "##[group]Run acme/notify@v2",
        "##[endgroup]",
        "##[warning]Node.js 20 actions are deprecated; update acme/notify@v2",
    ])
}

pub(super) fn post() -> Vec<String> {
    owned(&[
        "Post job cleanup.",
        "[command]/usr/bin/git config --local --unset-all http.https://github.com/.extraheader",
    ])
}

pub(super) fn complete() -> Vec<String> {
    owned(&["Cleaning up orphan processes"])
}

pub(super) fn deploy() -> Vec<String> {
    owned(&[
        "##[group]Run acme/deploy@v4",
        "  service: payments-api",
        "##[endgroup]",
        "deployment.apps/payments-api image updated",
        "Waiting for deployment \"payments-api\" rollout to finish: 1 out of 2 new replicas have been updated...",
        "deployment \"payments-api\" successfully rolled out",
    ])
}

pub(super) fn fuzz(end: End) -> Vec<String> {
    let mut lines = command(&["cargo fuzz run parser -- -max_total_time=1200"]);
    lines.extend((0..40_u64).map(|n| {
        format!("#{}\tpulse  cov: {} ft: {} corp: 812/94Kb exec/s: 20480", 1 << (n / 2 + 8), 4100 + n, 9000 + n)
    }));
    if end == End::Cancelled {
        lines.push("##[error]The operation was canceled.".to_owned());
    }
    lines
}

pub(super) fn short() -> Vec<String> {
    let mut lines = command(&["cargo test --locked"]);
    lines.extend(owned(&[
        "running 213 tests",
        "test result: ok. 213 passed; 0 failed; 3 ignored; 0 measured; 0 filtered out; finished in 281.11s",
    ]));
    lines
}

/// What fails now and then.
pub(super) fn flaky() -> Vec<String> {
    let mut lines = command(&["cargo test --locked"]);
    lines.extend(owned(&[
        "running 213 tests",
        "thread 'journal::12_retries_once' panicked at tests/journal.rs:88:5:",
        "called `Result::unwrap()` on an `Err` value: Os { code: 98, kind: AddrInUse, message: \"Address already in use\" }",
        "test result: FAILED. 212 passed; 1 failed; 3 ignored; 0 measured; 0 filtered out; finished in 280.94s",
        "##[error]Process completed with exit code 101.",
    ]));
    lines
}

pub(super) fn executor() -> Vec<String> {
    owned(&[
        "\u{1b}[36;1mPreparing the \"docker\" executor\u{1b}[0;m",
        "Using Docker executor with image maven:3.9-eclipse-temurin-21 ...",
        "Pulling docker image maven:3.9-eclipse-temurin-21 ...",
    ])
}

pub(super) fn sources() -> Vec<String> {
    owned(&[
        "\u{1b}[36;1mGetting source from Git repository\u{1b}[0;m",
        "\u{1b}[32;1mFetching changes with git depth set to 20...\u{1b}[0;m",
        "Reinitialized existing Git repository in /builds/acme/platform/ledger/.git/",
        "\u{1b}[32;1mSkipping Git submodules setup\u{1b}[0;m",
    ])
}

/// A build of GitLab, with enough lines to watch it.
pub(super) fn compile() -> Vec<String> {
    let mut lines = owned(&["\u{1b}[32;1m$ mvn -B -DskipTests package\u{1b}[0;m", "[INFO] Scanning for projects..."]);
    for module in ["api", "entries", "settlement", "pool", "journal", "app"] {
        lines.push(format!("[INFO] Building ledger-{module} 4.7.0-SNAPSHOT"));
        lines.push(format!("[INFO] --- compiler:3.14.0:compile (default-compile) @ ledger-{module} ---"));
        lines.push(format!(
            "[INFO] Compiling {} source files with javac [debug release 21] to target/classes",
            module.len() * 9
        ));
        lines.push(format!("[INFO] --- jar:3.4.2:jar (default-jar) @ ledger-{module} ---"));
        lines.push(format!(
            "[INFO] Building jar: /builds/acme/platform/ledger/{module}/target/ledger-{module}-4.7.0-SNAPSHOT.jar"
        ));
    }
    lines.push("[INFO] BUILD SUCCESS".to_owned());
    lines
}

/// What may fail, and does.
pub(super) fn checkstyle() -> Vec<String> {
    owned(&[
        "\u{1b}[32;1m$ mvn -B checkstyle:check\u{1b}[0;m",
        "[INFO] --- checkstyle:3.6.0:check (default-cli) @ ledger-settlement ---",
        "[ERROR] src/main/java/com/acme/ledger/Settlement.java:[77,101] (sizes) LineLength: Line is longer than 100 characters (found 118).",
        "[INFO] BUILD FAILURE",
        "[ERROR] Failed to execute goal org.apache.maven.plugins:maven-checkstyle-plugin:3.6.0:check (default-cli) on project ledger-settlement: You have 1 Checkstyle violation. -> [Help 1]",
    ])
}

pub(super) fn apply() -> Vec<String> {
    owned(&[
        "\u{1b}[32;1m$ kubectl -n payments apply -f deploy/\u{1b}[0;m",
        "deployment.apps/ledger configured",
        "deployment \"ledger\" successfully rolled out",
    ])
}

pub(super) fn pages() -> Vec<String> {
    owned(&["\u{1b}[32;1m$ mdbook build -d public\u{1b}[0;m", "[INFO] (mdbook::book): Book building has started"])
}

pub(super) fn maven(random: &mut Random, is_red: bool) -> Vec<String> {
    let mut lines =
        owned(&["\u{1b}[32;1m$ mvn -B verify\u{1b}[0;m", "[INFO] Scanning for projects...", "[INFO]  T E S T S"]);
    for place in 0..180 {
        let took = random.below(900);
        let area = AREAS[place % AREAS.len()];
        lines.push(format!("[INFO] Running com.acme.ledger.{area}.Batch{place:03}IT"));
        lines.push(format!("[INFO] Tests run: 6, Failures: 0, Errors: 0, Skipped: 0, Time elapsed: 0.{took:03} s -- in com.acme.ledger.{area}.Batch{place:03}IT"));
    }
    if is_red {
        lines.extend(owned(&[
            "[INFO] Running com.acme.ledger.PoolIT",
            "[ERROR] Tests run: 3, Failures: 0, Errors: 1, Skipped: 0, Time elapsed: 6.214 s <<< FAILURE! -- in com.acme.ledger.PoolIT",
            "[ERROR] com.acme.ledger.PoolIT.settlesWhileChargesWait -- Time elapsed: 6.006 s <<< ERROR!",
            "java.sql.SQLTransientConnectionException: HikariPool-1 - Connection is not available, request timed out after 2000ms (total=5, active=5, idle=0, waiting=12)",
            "\tat com.zaxxer.hikari.pool.HikariPool.createTimeoutException(HikariPool.java:686)",
            "\tat com.zaxxer.hikari.pool.HikariPool.getConnection(HikariPool.java:179)",
            "\tat com.acme.ledger.Settlement.commit(Settlement.java:77)",
            "\tat com.acme.ledger.PoolIT.settlesWhileChargesWait(PoolIT.java:54)",
            "",
            "[ERROR] Errors: ",
            "[ERROR]   PoolIT.settlesWhileChargesWait:54 » SQLTransientConnection HikariPool-1 - Connection is not available",
            "[ERROR] Tests run: 1083, Failures: 0, Errors: 1, Skipped: 0",
            "[INFO] BUILD FAILURE",
        ]));
    } else {
        lines.extend(owned(&["[INFO] Tests run: 1083, Failures: 0, Errors: 0, Skipped: 0", "[INFO] BUILD SUCCESS"]));
    }
    lines
}

/// A section of a trace of GitLab.
pub(super) fn section(name: &str, span: Span, lines: &[String]) -> Bytes {
    let (start, end) = (unix(span.started.unwrap_or_default()), unix(span.ended.unwrap_or_default()));
    let mut out = format!("section_start:{start}:{name}\r\u{1b}[0K");
    for line in lines {
        out.push_str(line);
        out.push('\n');
    }
    out.push_str(&format!("section_end:{end}:{name}\r\u{1b}[0K\n"));
    Bytes::from(out)
}

/// The section of the job's own commands, and how it ended.
pub(super) fn script(span: Span, lines: &[String]) -> Bytes {
    let title = "\u{1b}[36;1mExecuting \"step_script\" stage of the job script\u{1b}[0;m".to_owned();
    let lines: Vec<String> = std::iter::once(title).chain(lines.iter().cloned()).collect();
    let last = if span.end == End::Success {
        "\u{1b}[32;1mJob succeeded\u{1b}[0;m\n"
    } else {
        "\u{1b}[31;1mERROR: Job failed: exit code 1\n\u{1b}[0;m"
    };
    let mut out = section("step_script", span, &lines).to_vec();
    out.extend_from_slice(last.as_bytes());
    Bytes::from(out)
}
