//! CI services for commands without a screen: from an address to runs and to the logs of one.
//!
//! Owns the connection, which run is meant, and its logs' names. Must not know how services are asked
//! (`sources::forge`) or what is done with the logs.

use super::{Globals, Output, Usage, discover};
use crate::app::format::age;
use crate::config::{CiServer, Environment};
use crate::infra::answers::DiskAnswers;
use crate::infra::archives::{DiskArchives, Scratch};
use crate::infra::clock::SystemClock;
use crate::infra::http;
use crate::infra::tokens::{Finder, Lookup, Named, Server};
use crate::model::Address;
use crate::model::Timestamp;
use crate::model::ci::{Forge, Job, Repo, Run, RunFilter};
use crate::model::time::SECOND;
use crate::ports::Clock;
use crate::ports::answers::{Answers, Archives, KeptAnswer, Room};
use crate::runtime;
use crate::sources::files::{Discovered, Input, discover_archive};
use crate::sources::forge::download::{self, Content, Fetched, Fetching, LogOf, NoLog};
use crate::sources::forge::error::quote;
use crate::sources::forge::{ApiError, Client, NoRun, RunWish, Setup, Urgency, ask, find_run, list_runs};
use anyhow::Context;
use std::cell::RefCell;
use std::collections::HashMap;
use std::fs::File;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Bytes of one run's logs.
const LIMIT: u64 = 1 << 30;
/// How often progress is shown.
const TURN: Duration = Duration::from_millis(100);
/// Jobs of a pipeline whose logs are fetched one by one, at most.
const MAX_JOBS: usize = 100;

/// One repository of a CI service.
pub struct Service {
    client: Arc<Client>,
    repo: Repo,
    archives: Arc<dyn Archives>,
    runtime: tokio::runtime::Runtime,
    /// Room of the logs that were fetched: they are read later.
    rooms: RefCell<Vec<Room>>,
}

/// The logs of a run.
#[derive(Debug)]
pub struct RunLogs {
    /// The run.
    pub run: Run,
    /// Each log, and what of them cannot be read.
    pub found: Discovered,
}

/// Which logs are wanted.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The run; the newest failed one when none.
    pub run: Option<u64>,
    /// One job of it.
    pub job: Option<u64>,
    /// The branch of the newest failed run.
    pub branch: Option<String>,
}

/// Where services are: the settings, the environment, and who asks which server.
pub struct Desk {
    github: CiServer,
    gitlab: CiServer,
    environment: Environment,
    clients: Mutex<HashMap<(Forge, String), Arc<Client>>>,
    archives: OnceLock<Arc<dyn Archives>>,
}

impl Desk {
    /// Connects with nothing yet.
    pub fn new(globals: &Globals<'_>) -> Self {
        let (github, gitlab) = (globals.config.github.clone(), globals.config.gitlab.clone());
        let environment = globals.environment.clone();
        Self { github, gitlab, environment, clients: Mutex::default(), archives: OnceLock::new() }
    }

    fn server(&self, forge: Forge) -> &CiServer {
        match forge {
            Forge::Github => &self.github,
            Forge::Gitlab => &self.gitlab,
        }
    }

    /// What is wanted of the repository of an address; nothing for other sources.
    pub fn wanted(&self, address: &Address) -> Option<(Repo, Wanted)> {
        let repo = |forge, path: String| Repo { forge, host: self.server(forge).url.host().to_owned(), path };
        match address {
            Address::Github { owner, repo: name, run, job } => {
                let wanted = Wanted { run: *run, job: *job, branch: None };
                Some((repo(Forge::Github, format!("{owner}/{name}")), wanted))
            }
            Address::Gitlab { project, pipeline, job } => {
                let wanted = Wanted { run: *pipeline, job: *job, branch: None };
                Some((repo(Forge::Gitlab, project.clone()), wanted))
            }
            _ => None,
        }
    }

    /// Where a server's interface is. Runners of both services say it in a variable, which holds where no server is set.
    fn base(&self, repo: &Repo) -> String {
        let server = self.server(repo.forge);
        let is_usual = repo.host == CiServer::of(repo.forge).url.host();
        let place =
            if repo.host == server.url.host() { server.url.to_string() } else { format!("https://{}", repo.host) };
        let (variable, usual) = match repo.forge {
            Forge::Github if is_usual => ("GITHUB_API_URL", "https://api.github.com".to_owned()),
            Forge::Github => ("GITHUB_API_URL", format!("{place}/api/v3")),
            Forge::Gitlab => ("CI_API_V4_URL", format!("{place}/api/v4")),
        };
        let of_runner = self.environment.text(variable).filter(|_| is_usual);
        of_runner.map_or(usual, |base| base.trim_end_matches('/').to_owned())
    }

    fn connect(&self, repo: &Repo) -> anyhow::Result<Arc<Client>> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (repo.forge, repo.host.clone());
        if let Some(client) = clients.get(&key) {
            return Ok(Arc::clone(client));
        }
        let variables = self.environment.clone();
        let lookup: Lookup = Arc::new(move |name: &str| variables.os(name).map(ToOwned::to_owned));
        let settings = self.server(repo.forge);
        let mut options = http::Options::new(concat!("logdeck/", env!("CARGO_PKG_VERSION")));
        options.ca_files.extend(settings.ca_file.clone());
        options.proxies = http::Proxies::of(|name: &str| self.environment.text(name).map(ToOwned::to_owned));
        let http = http::Client::new(&options)?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let salt = salt();
        let cache = self.environment.cache_dir();
        let answers = cache.and_then(|dir| DiskAnswers::open(dir.join("answers"), Arc::clone(&clock), salt).ok());
        let from = settings.token.clone().filter(|_| repo.host == settings.url.host());
        // Addresses mean the server of the settings, so any other one was named by a clone's remote alone.
        let named = if repo.host == settings.url.host() { Named::ByUser } else { Named::ByClone };
        let server = Server { forge: repo.forge, host: repo.host.clone(), named, from };
        let client = Arc::new(Client::new(Setup {
            http: Arc::new(http),
            tokens: Arc::new(Finder::new(server, lookup)),
            answers: answers.map_or_else(|| Arc::new(NoAnswers) as Arc<dyn Answers>, |answers| Arc::new(answers)),
            clock,
            forge: repo.forge,
            base: self.base(repo),
            pause: Setup::PAUSE,
            seed: salt,
        }));
        clients.insert(key, Arc::clone(&client));
        Ok(client)
    }

    /// Where logs are kept; where there is no directory for it, temporary files alone.
    fn shelf(&self) -> Arc<dyn Archives> {
        let disk = || {
            let directory = self.environment.cache_dir()?.join("logs");
            let archives = DiskArchives::open(directory, Arc::new(SystemClock), salt()).ok()?;
            Some(Arc::new(archives) as Arc<dyn Archives>)
        };
        let scratch = || {
            let directory = self.environment.os("TMPDIR").map_or_else(|| Path::new("/tmp"), Path::new);
            Arc::new(Scratch::new(directory.to_owned(), salt())) as Arc<dyn Archives>
        };
        Arc::clone(self.archives.get_or_init(|| disk().unwrap_or_else(scratch)))
    }
}

/// Makes temporary names hard to guess.
fn salt() -> u64 {
    SystemClock.now().0 as u64 ^ u64::from(std::process::id())
}

impl runtime::forge::Desk for Desk {
    fn repo(&self, address: &Address) -> Option<(Repo, Option<u64>)> {
        self.wanted(address).map(|(repo, wanted)| (repo, wanted.run))
    }

    fn client(&self, repo: &Repo) -> Result<Arc<Client>, String> {
        self.connect(repo).map_err(|error| format!("{error:#}"))
    }

    fn rest(&self, repo: &Repo) -> Duration {
        self.server(repo.forge).poll
    }

    fn archives(&self) -> Arc<dyn Archives> {
        self.shelf()
    }
}

/// Keeps nothing: where there is no directory for it.
struct NoAnswers;

impl Answers for NoAnswers {
    fn get(&self, _: &str) -> Option<KeptAnswer> {
        None
    }

    fn put(&self, _: &str, _: &KeptAnswer) {}
}

impl Service {
    /// Connects with nothing yet.
    ///
    /// # Errors
    /// Certificates or proxies that cannot be used.
    pub fn new(repo: Repo, desk: &Desk) -> anyhow::Result<Self> {
        let (client, archives) = (desk.connect(&repo)?, desk.shelf());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Self { client, repo, archives, runtime, rooms: RefCell::default() })
    }

    /// The room that the logs take that were fetched, to be kept until they were read.
    pub fn into_rooms(self) -> Vec<Room> {
        self.rooms.into_inner()
    }

    /// The newest runs.
    ///
    /// # Errors
    /// What the service refuses, in a sentence.
    pub fn runs(&self, filter: &RunFilter, most: usize) -> anyhow::Result<Vec<Run>> {
        let runs = self.runtime.block_on(list_runs(&self.client, &self.repo, filter, most));
        runs.with_context(|| self.place()).map_err(|error| self.with_wait(error))
    }

    /// Whether the last request went without a token.
    pub fn is_anonymous(&self) -> bool {
        self.client.is_anonymous()
    }

    /// The logs of a run: of its failed jobs where they have to be fetched one by one.
    ///
    /// # Errors
    /// There is no such run, or its logs cannot be had: a sentence that says why.
    pub fn logs(&self, wanted: &Wanted, out: &mut Output) -> anyhow::Result<RunLogs> {
        let run = self.run(wanted).map_err(|error| self.with_wait(error))?;
        let found = match (wanted.job, self.repo.forge) {
            (Some(job), _) => self.job(&run, job, None, out),
            (None, Forge::Github) => self.archive(&run, out),
            (None, Forge::Gitlab) => self.jobs(&run, |job| job.progress.is_red(), out),
        };
        Ok(RunLogs { run, found: found.map_err(|error| self.with_wait(error))? })
    }

    /// The logs of the last run before this one that passed, where there is one: of these jobs, where they have to be
    /// fetched one by one.
    ///
    /// # Errors
    /// As [`Service::logs`].
    pub fn green(&self, run: &Run, names: &[String], out: &mut Output) -> anyhow::Result<Option<RunLogs>> {
        let green = async {
            let about = ask::about(&self.client, &self.repo, Urgency::Person).await?;
            ask::last_green(&self.client, &self.repo, run, &about.default_branch, &[], Urgency::Person).await
        };
        let Some(green) = self.runtime.block_on(green).with_context(|| self.place())? else { return Ok(None) };
        let found = match self.repo.forge {
            Forge::Github => self.archive(&green, out)?,
            Forge::Gitlab => self.jobs(&green, |job| names.contains(&job.name), out)?,
        };
        Ok(Some(RunLogs { run: green, found }))
    }

    /// The time by the server's clock, from which the ages of its runs follow.
    pub fn server_now(&self) -> Timestamp {
        self.client.server_now()
    }

    /// What a service refuses for a while, with that while.
    fn with_wait(&self, error: anyhow::Error) -> anyhow::Error {
        let of_api = |error: &(dyn std::error::Error + 'static)| {
            let api = error.downcast_ref::<ApiError>().cloned();
            let api = api.or_else(|| match error.downcast_ref()? {
                NoLog::Api(api) => Some(api.clone()),
                _ => None,
            });
            api.or_else(|| match error.downcast_ref()? {
                NoRun::Api(api) => Some(api.clone()),
                NoRun::NoneFailed { .. } => None,
            })
        };
        let until = error.chain().find_map(of_api).and_then(|api| api.retry_at);
        let Some(wait) = until.map(|until| until.0.saturating_sub(self.client.now().0)).filter(|wait| *wait > 0) else {
            return error;
        };
        // Not earlier than it makes sense.
        anyhow::anyhow!("{error:#}; ask again in {}", age(wait.saturating_add(SECOND - 1)))
    }

    fn place(&self) -> String {
        format!("{}/{}", self.repo.host, self.repo.path)
    }

    fn run(&self, wanted: &Wanted) -> anyhow::Result<Run> {
        let wish = match (wanted.run, wanted.job) {
            (Some(id), _) => RunWish::Id(id),
            (None, _) => RunWish::NewestFailed { branch: wanted.branch.clone() },
        };
        self.runtime.block_on(find_run(&self.client, &self.repo, wish)).with_context(|| self.place())
    }

    /// The name that a log of a run has for people, and as a source.
    fn name(&self, run: &Run) -> String {
        let scheme = match self.repo.forge {
            Forge::Github => "github",
            Forge::Gitlab => "gitlab",
        };
        format!("{scheme}:{}/{}", self.repo.path, run.id)
    }

    /// All logs of a run at once; of its failed jobs one by one where the service does not give the archive.
    fn archive(&self, run: &Run, out: &mut Output) -> anyhow::Result<Discovered> {
        let name = self.name(run);
        let which = LogOf::Run { run: (run.id, run.attempt) };
        match self.fetch(&name, which, run, out) {
            Ok(Fetched { file, content: Content::Zip, .. }) => {
                let found = discover_archive(file, &name);
                // Of a run that failed before any job began, the archive is empty.
                if found.inputs.is_empty() { self.jobs(run, |job| job.progress.is_red(), out) } else { Ok(found) }
            }
            Ok(Fetched { file, .. }) => Ok(of_text(&name, file)),
            Err(NoLog::NotALog { .. } | NoLog::Store { .. }) => self.jobs(run, |job| job.progress.is_red(), out),
            Err(why) => Err(why).with_context(|| name),
        }
    }

    fn jobs(&self, run: &Run, is_wanted: impl Fn(&Job) -> bool, out: &mut Output) -> anyhow::Result<Discovered> {
        let id = (run.id, run.attempt);
        let jobs = self.runtime.block_on(ask::jobs(&self.client, &self.repo, id, Urgency::Person));
        let mut jobs = jobs.with_context(|| self.place())?.list;
        if jobs.is_empty() {
            let page = quote(&run.page, 200);
            anyhow::bail!("{}: it has no jobs: a mistake in the workflow's file? see {page}", self.name(run));
        }
        jobs.retain(is_wanted);
        if jobs.is_empty() {
            anyhow::bail!("{}: none of its jobs failed", self.name(run));
        }
        let mut all = Discovered::default();
        if jobs.len() > MAX_JOBS {
            all.notes.push(format!("{}: only the first {MAX_JOBS} of {} jobs are read", self.name(run), jobs.len()));
        }
        for job in jobs.iter().take(MAX_JOBS) {
            match self.job(run, job.id, Some(&job.name), out) {
                Ok(found) => {
                    all.inputs.extend(found.inputs);
                    all.problems.extend(found.problems);
                }
                Err(error) => all.notes.push(format!("{error:#}")),
            }
        }
        if all.inputs.is_empty() {
            anyhow::bail!("{}", all.notes.join("\n"));
        }
        Ok(all)
    }

    fn job(&self, run: &Run, job: u64, title: Option<&str>, out: &mut Output) -> anyhow::Result<Discovered> {
        let name = match title {
            Some(title) => format!("{}!{title}", self.name(run)),
            None => format!("{}/{job}", self.name(run)),
        };
        let fetched = self.fetch(&name, LogOf::Job { job }, run, out).with_context(|| name.clone())?;
        Ok(of_text(&name, fetched.file))
    }

    /// A log from the cache or from the service.
    fn fetch(&self, name: &str, which: LogOf, run: &Run, out: &mut Output) -> Result<Fetched, NoLog> {
        let key = format!("{}/{}/{}/{which:?}", self.client.base(), self.repo.path, run.attempt);
        if let Some(kept) = self.archives.get(&key) {
            let bytes = kept.metadata().map_or(0, |meta| meta.len());
            let content = if matches!(which, LogOf::Run { .. }) { Content::Zip } else { Content::Text };
            return Ok(Fetched { file: kept, bytes, content });
        }
        let disk = |error: std::io::Error| NoLog::Disk(error.to_string());
        let file = self.archives.temporary();
        let (fetching, cancel) = (Fetching::within(Arc::clone(&self.archives)), CancellationToken::new());
        let work =
            download::fetch(&self.client, &self.repo.path, which, file.map_err(disk)?, LIMIT, &fetching, &cancel);
        let mut fetched = self.runtime.block_on(async {
            let mut work = std::pin::pin!(work);
            let mut turns = tokio::time::interval(TURN);
            loop {
                tokio::select! {
                    fetched = &mut work => break fetched,
                    _ = turns.tick() => out.progress.tick(fetching.done(), fetching.of(), name),
                }
            }
        })?;
        out.counts.temporary += fetched.bytes;
        self.rooms.borrow_mut().extend(fetching.take_room());
        if run.progress.is_over() {
            self.archives.put(&key, &mut fetched.file, fetched.bytes);
            let _ = std::io::Seek::rewind(&mut fetched.file);
        }
        Ok(fetched)
    }
}

fn of_text(name: &str, file: File) -> Discovered {
    Discovered { inputs: vec![Input::of_reader(name, Box::new(file))], ..Discovered::default() }
}

/// The repository that a command without an address means: the clone that it runs in.
///
/// # Errors
/// [`Usage`] when there is none, with what to write instead.
pub fn of_clone(globals: &Globals<'_>) -> anyhow::Result<Repo> {
    let directory = std::env::current_dir().context("the current directory")?;
    match discover::clone(&globals.config, globals.environment, &directory) {
        Ok(found) => Ok(found.repo),
        Err(why) => Err(Usage(format!("{why}: name a repository, as github:OWNER/REPO")).into()),
    }
}
