//! An embedded CI service with content of one's own, and the program or the library that asks it.

use logdeck::demo::forge::{Attempt, Clock, End, Grant, Host, Job, Repo, Run, Seen, Server, Span, State};
use logdeck::infra::answers::DiskAnswers;
use logdeck::infra::clock::SystemClock;
use logdeck::infra::http;
use logdeck::infra::tokens::{Finder, Named};
use logdeck::model::Timestamp;
use logdeck::model::ci::{self, Forge, TokenFrom};
use logdeck::model::time::SECOND;
use logdeck::ports::Clock as _;
use logdeck::sources::forge::{Client, Setup};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

pub const TOKEN: &str = "a-token";
pub const PATH: &str = "acme/shop";
pub const RED: u64 = 5002;
const SHA: &str = "0123456789abcdef0123456789abcdef01234567";

pub fn now() -> Timestamp {
    SystemClock.now()
}

/// A job that failed ten minutes ago with this log.
pub fn failed(id: u64, name: &str, log: &str) -> Job {
    let span = Span::new(now().saturating_add(-1200 * SECOND), 600, End::Failure);
    Job::new(id, name, span).step("Run make", span, log.to_owned())
}

pub const LOG: &str = "2026-11-21T10:00:00.1234567Z ##[group]Run make\n\
    2026-11-21T10:00:00.2234567Z make\n\
    2026-11-21T10:00:00.3234567Z ##[endgroup]\n\
    2026-11-21T10:00:01.1234567Z src/a.c:3:5: error: expected ';' before 'return'\n\
    2026-11-21T10:00:01.2234567Z make: *** [Makefile:2: a.o] Error 1\n\
    2026-11-21T10:00:01.3234567Z ##[error]Process completed with exit code 2.\n";

pub fn run(id: u64, jobs: Vec<Job>) -> Run {
    Run::new(id, 9, "main", SHA, Attempt::new(now().saturating_add(-1200 * SECOND), jobs))
}

pub fn repo(runs: Vec<Run>) -> Repo {
    let mut repo = Repo::new(Forge::Github, 77, PATH).workflow(9, "build", "build.yml");
    repo.runs = runs;
    repo
}

pub fn state(repo: Repo) -> State {
    let mut state = State::default();
    state.allow(TOKEN, Grant::default());
    state.add(repo);
    state
}

/// A repository with one red run of one job.
pub fn plain() -> State {
    state(repo(vec![run(RED, vec![failed(1, "build", LOG)])]))
}

/// A service on loopback, and a home directory.
pub struct Stand {
    pub runtime: tokio::runtime::Runtime,
    pub server: Server,
    pub home: tempfile::TempDir,
    pub token: Option<&'static str>,
}

impl Stand {
    pub fn new(state: State) -> Self {
        Self::at(state, Arc::new(now))
    }

    pub fn at(state: State, clock: Clock) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let guard = runtime.enter();
        let server = Server::start(state, clock).unwrap();
        drop(guard);
        Self { runtime, server, home: tempfile::tempdir().unwrap(), token: Some(TOKEN) }
    }

    pub fn base(&self) -> String {
        format!("http://{}", self.server.address())
    }

    /// Runs the program.
    pub fn logdeck(&self, args: &[&str]) -> Output {
        self.logdeck_with(&[], args)
    }

    /// The same with more in its environment.
    pub fn logdeck_with(&self, around: &[(&str, &str)], args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_logdeck"));
        command.env_clear().env("HOME", self.home.path()).env("TMPDIR", self.home.path()).env("TZ", "UTC");
        command.env("GITHUB_API_URL", self.base()).env("CI_API_V4_URL", format!("{}/api/v4", self.base()));
        if let Some(token) = self.token {
            command.env("GITHUB_TOKEN", token).env("GITLAB_TOKEN", token);
        }
        command.envs(around.iter().copied());
        command.current_dir(self.home.path()).stdin(Stdio::null()).args(args).output().unwrap()
    }

    /// What the program says on standard error when it fails.
    #[track_caller]
    pub fn said(&self, args: &[&str]) -> String {
        let ran = self.logdeck(args);
        let said = String::from_utf8(ran.stderr).unwrap();
        assert!(!ran.status.success(), "{args:?}: {said} {}", String::from_utf8_lossy(&ran.stdout));
        said
    }

    /// What the program prints when it does not fail.
    #[track_caller]
    pub fn printed(&self, args: &[&str]) -> String {
        let ran = self.logdeck(args);
        assert!(ran.status.success(), "{args:?}: {}", String::from_utf8_lossy(&ran.stderr));
        String::from_utf8(ran.stdout).unwrap()
    }

    /// The library's client, which waits two seconds at most and whose token comes from `from`.
    pub fn client(&self, from: Option<TokenFrom>) -> Arc<Client> {
        let mut options = http::Options::new("logdeck/test");
        options.patience = Duration::from_secs(2);
        let server = logdeck::infra::tokens::Server {
            forge: Forge::Github,
            host: "github.com".into(),
            named: Named::ByUser,
            from,
        };
        let token = self.token;
        let lookup = Arc::new(move |name: &str| token.filter(|_| name == "GITHUB_TOKEN").map(Into::into));
        let directory: PathBuf = self.home.path().join("answers");
        Arc::new(Client::new(Setup {
            http: Arc::new(http::Client::new(&options).unwrap()),
            tokens: Arc::new(Finder::new(server, lookup)),
            answers: Arc::new(DiskAnswers::open(directory, Arc::new(SystemClock), 7).unwrap()),
            clock: Arc::new(SystemClock),
            forge: Forge::Github,
            base: self.base(),
            pause: Duration::from_millis(1),
            seed: 7,
        }))
    }

    pub fn named() -> ci::Repo {
        ci::Repo { forge: Forge::Github, host: "github.com".into(), path: PATH.into() }
    }

    pub fn seen(&self, host: Host) -> Vec<Seen> {
        self.server.journal().into_iter().filter(|seen| seen.host == host).collect()
    }
}
