//! Watched repositories beside the loop: their watchers, and the logs of runs.
//!
//! Owns which repositories are watched, downloads under way, and the fetched logs, which go with the screen. Must not know
//! how services are asked (`sources::forge`), nor what the app shows of it.

use super::tasks::Tasks;
use crate::infra::files::unnamed;
use crate::model::Address;
use crate::model::ci::{News, Quota, Repo, Want};
use crate::ports::answers::Archives;
use crate::sources::forge::download::{Fetched, Fetching, LogOf, NoLog, fetch};
use crate::sources::forge::watch::{Settings, Target, Watcher};
use crate::sources::forge::{Client, Urgency, ask};
use std::collections::HashMap;
use std::fs::{DirBuilder, File};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{DirBuilderExt, symlink};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

/// Bytes of one run's log.
const LIMIT: u64 = 1 << 30;
/// How often progress is told.
const TURN: Duration = Duration::from_millis(100);
/// News and wants that may wait.
const LANE: usize = 64;

/// Where services are, and what is kept of them.
pub trait Desk: Send + Sync {
    /// The repository of an address, and the run that it names.
    fn repo(&self, address: &Address) -> Option<(Repo, Option<u64>)>;

    /// Who asks its server; the same for all repositories of a server.
    ///
    /// # Errors
    /// In words, why its server cannot be asked.
    fn client(&self, repo: &Repo) -> Result<Arc<Client>, String>;

    /// How long a repository in which nothing runs is left in peace.
    fn rest(&self, repo: &Repo) -> Duration;

    /// Keeps logs of finished runs.
    fn archives(&self) -> Option<Arc<dyn Archives>>;
}

/// The log of a run, or of one of its jobs, is there.
#[derive(Debug)]
pub(super) struct RunLog {
    pub(super) repo: Repo,
    pub(super) run: (u64, u32),
    pub(super) job: Option<u64>,
    /// Where it can be read as long as the screen is there.
    pub(super) path: PathBuf,
    pub(super) kind: LogKind,
}

/// What a log is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LogKind {
    /// It is looked at.
    Asked,
    /// The run passed: the log of this one is compared with it.
    Green,
}

/// A watched repository.
struct Watched {
    repo: Repo,
    client: Arc<Client>,
    archives: Option<Arc<dyn Archives>>,
    wants: mpsc::Sender<Want>,
}

/// All watched repositories.
pub(super) struct Forges {
    desk: Option<Arc<dyn Desk>>,
    watched: Vec<Watched>,
    under_way: HashMap<(Repo, u64), CancellationToken>,
    /// Whether somebody looks at the runs.
    is_seen: watch::Sender<bool>,
    news: mpsc::Sender<News>,
    logs: mpsc::Sender<RunLog>,
    shelf: Arc<Shelf>,
    scratch: PathBuf,
}

impl Forges {
    /// None yet; and where news and logs are told.
    pub(super) fn new(
        desk: Option<Arc<dyn Desk>>,
        scratch: PathBuf,
        salt: u64,
    ) -> (Self, mpsc::Receiver<News>, mpsc::Receiver<RunLog>) {
        let (news, told) = mpsc::channel(LANE);
        let (logs, fetched) = mpsc::channel(LANE);
        let shelf =
            Arc::new(Shelf { directory: scratch.join(format!("logdeck-logs-{salt:x}")), files: Mutex::default() });
        let (watched, under_way, is_seen) = (Vec::new(), HashMap::new(), watch::Sender::new(true));
        let forges = Self { desk, watched, under_way, is_seen, news, logs, shelf, scratch };
        (forges, told, fetched)
    }

    /// The repository of an address, and the run that it names.
    pub(super) fn repo(&self, address: &Address) -> Option<(Repo, Option<u64>)> {
        self.desk.as_ref()?.repo(address)
    }

    /// Whether somebody looks at the runs: what nobody sees is asked for less often.
    pub(super) fn seen(&self, is_seen: bool) {
        self.is_seen.send_if_modified(|was| std::mem::replace(was, is_seen) != is_seen);
    }

    /// Begins to ask about a repository.
    pub(super) fn watch(&mut self, repo: &Repo, tasks: &mut Tasks) {
        if let Some(desk) = self.desk.clone() {
            self.watch_at(&*desk, repo, tasks);
        }
    }

    /// The same at another desk, as the demo has it.
    pub(super) fn watch_at(&mut self, desk: &dyn Desk, repo: &Repo, tasks: &mut Tasks) {
        if self.watched.iter().any(|watched| watched.repo == *repo) {
            return;
        }
        match desk.client(repo) {
            Ok(client) => {
                let (to, wants) = mpsc::channel(LANE);
                let target = Target { repo: repo.clone(), client: Arc::clone(&client) };
                let (rest, is_seen) = (desk.rest(repo), self.is_seen.subscribe());
                let watcher = Watcher::new(vec![target], &Settings { rest, is_seen, ..Settings::default() });
                tasks.spawn(watcher.run(self.news.clone(), wants, tasks.cancel()));
                let archives = desk.archives();
                self.watched.push(Watched { repo: repo.clone(), client, archives, wants: to });
            }
            Err(problem) => {
                let quota = Quota::default();
                let repo = repo.clone();
                let told =
                    News::Asked { repo, last: None, problem: Some(problem), next: None, quota, is_anonymous: false };
                let _ = self.news.try_send(told);
            }
        }
    }

    /// Does what is wanted of a repository, or hands it to its watcher.
    pub(super) fn want(&mut self, want: Want, tasks: &mut Tasks) {
        match want {
            Want::Logs { repo, run, job } => self.fetch(repo, run, job, tasks),
            Want::Cancel { repo, run } => {
                if let Some(cancel) = self.under_way.remove(&(repo, run)) {
                    cancel.cancel();
                }
            }
            Want::Filter(_) => {
                for watched in &self.watched {
                    let _ = watched.wants.try_send(want.clone());
                }
            }
            Want::Refresh(ref repo) | Want::Jobs { ref repo, .. } => {
                let watched = self.watched.iter().find(|watched| watched.repo == *repo);
                // When too much is wanted at once, the next look asks again.
                let _ = watched.map(|watched| watched.wants.try_send(want.clone()));
            }
        }
    }

    fn fetch(&mut self, repo: Repo, run: (u64, u32), job: Option<u64>, tasks: &mut Tasks) {
        let Some(watched) = self.watched.iter().find(|watched| watched.repo == repo) else { return };
        let cancel = tasks.cancel().child_token();
        self.under_way.insert((repo.clone(), run.0), cancel.clone());
        let work = Work {
            client: Arc::clone(&watched.client),
            archives: watched.archives.clone(),
            shelf: Arc::clone(&self.shelf),
            scratch: self.scratch.clone(),
            news: self.news.clone(),
            logs: self.logs.clone(),
            cancel,
            repo,
            run,
            job,
        };
        tasks.spawn(work.run());
    }
}

/// One log on its way.
struct Work {
    client: Arc<Client>,
    archives: Option<Arc<dyn Archives>>,
    shelf: Arc<Shelf>,
    scratch: PathBuf,
    news: mpsc::Sender<News>,
    logs: mpsc::Sender<RunLog>,
    cancel: CancellationToken,
    repo: Repo,
    run: (u64, u32),
    job: Option<u64>,
}

impl Work {
    async fn run(self) {
        let which = self.job.map_or(LogOf::Run { run: self.run }, |job| LogOf::Job { job });
        let done = match self.fetch(self.run, which, Tell::Progress).await {
            Ok(path) => {
                self.tell(path, self.job, LogKind::Asked).await;
                Ok(())
            }
            Err(NoLog::NoSuchKind) => self.of_jobs().await,
            Err(why) => Err(why.to_string()),
        };
        if let Err(why) = done {
            let (repo, run) = (self.repo.clone(), self.run.0);
            let _ = self.news.send(News::NoLog { repo, run, job: self.job, why }).await;
            return;
        }
        if self.job.is_none()
            && let Some(green) = self.green().await
            && let Ok(path) = self.fetch(green, LogOf::Run { run: green }, Tell::Nothing).await
        {
            self.tell(path, None, LogKind::Green).await;
        }
    }

    async fn tell(&self, path: PathBuf, job: Option<u64>, kind: LogKind) {
        let log = RunLog { repo: self.repo.clone(), run: self.run, job, path, kind };
        let _ = self.logs.send(log).await;
    }

    /// The last run before this one that passed.
    async fn green(&self) -> Option<(u64, u32)> {
        let run = ask::run(&self.client, &self.repo, self.run.0, Urgency::Person).await.ok()?;
        let about = ask::about(&self.client, &self.repo, Urgency::Person).await.ok()?;
        let known = ask::last_green(&self.client, &self.repo, &run, &about.default_branch, &[], Urgency::Person);
        known.await.ok().flatten().map(|green| (green.id, green.attempt))
    }

    /// The logs of the failed jobs one by one, where there is none of the whole run. In words, why there is not even one.
    async fn of_jobs(&self) -> Result<(), String> {
        let jobs = ask::jobs(&self.client, &self.repo, self.run, Urgency::Person).await;
        let jobs = jobs.map_err(|error| error.to_string())?;
        let mut outcome = Err("none of its jobs failed".to_owned());
        for job in jobs.list.iter().filter(|job| job.progress.is_red()) {
            match self.fetch(self.run, LogOf::Job { job: job.id }, Tell::Progress).await {
                Ok(path) => {
                    self.tell(path, Some(job.id), LogKind::Asked).await;
                    outcome = Ok(());
                }
                Err(why) if outcome.is_err() => outcome = Err(why.to_string()),
                Err(_) => {}
            }
        }
        outcome
    }

    async fn fetch(&self, run: (u64, u32), which: LogOf, tell: Tell) -> Result<PathBuf, NoLog> {
        let file = self.get(run, which, tell).await?;
        let end = match which {
            LogOf::Run { .. } => ".zip".to_owned(),
            LogOf::Job { job } => format!("-{job}.txt"),
        };
        let name = format!("{}-{}{end}", name_of(&self.repo.path), run.0);
        self.shelf.put(file, &name).map_err(|error| NoLog::Disk(error.to_string()))
    }

    async fn get(&self, run: (u64, u32), which: LogOf, tell: Tell) -> Result<File, NoLog> {
        let disk = |error: &dyn std::fmt::Display| NoLog::Disk(error.to_string());
        let key = format!("{}/{}/{}/{which:?}", self.client.base(), self.repo.path, run.1);
        let (archives, scratch, kept) = (self.archives.clone(), self.scratch.clone(), key.clone());
        let salt = self.client.now().0 as u64;
        let found = tokio::task::spawn_blocking(move || {
            let Some(archives) = archives else { return unnamed(&scratch, salt).map(|file| (file, false)) };
            match archives.get(&kept) {
                Some(file) => Ok((file, true)),
                None => archives.temporary().map(|file| (file, false)),
            }
        });
        let (file, is_kept) = found.await.map_err(|error| disk(&error))?.map_err(|error| disk(&error))?;
        if is_kept {
            return Ok(file);
        }
        let fetching = Fetching::default();
        let mut work =
            std::pin::pin!(fetch(&self.client, &self.repo.path, which, file, LIMIT, &fetching, &self.cancel));
        let mut turns = tokio::time::interval(TURN);
        let Fetched { mut file, bytes, .. } = loop {
            tokio::select! {
                fetched = &mut work => break fetched?,
                _ = turns.tick() => if tell == Tell::Progress {
                    let (repo, run) = (self.repo.clone(), self.run.0);
                    // When the lane is full, the next one tells more.
                    let _ = self.news.try_send(News::Fetching { repo, run, done: fetching.done(), of: fetching.of() });
                },
            }
        };
        // Only of a run that is over is there a log of the whole.
        if let Some(archives) = self.archives.clone().filter(|_| matches!(which, LogOf::Run { .. })) {
            let kept = tokio::task::spawn_blocking(move || {
                archives.put(&key, &mut file, bytes);
                io::Seek::rewind(&mut file).map(|()| file)
            });
            return kept.await.map_err(|error| disk(&error))?.map_err(|error| disk(&error));
        }
        Ok(file)
    }
}

/// Whether a download is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tell {
    Progress,
    Nothing,
}

/// The logs that were fetched. Their files have no names; a private directory has links to them, so that they can be opened
/// as sources. After a kill nothing is left but links that lead nowhere.
struct Shelf {
    directory: PathBuf,
    files: Mutex<Vec<File>>,
}

impl Shelf {
    fn put(&self, file: File, name: &str) -> io::Result<PathBuf> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.directory)?;
        let path = self.directory.join(name);
        let open = if cfg!(target_os = "linux") { "/proc/self/fd" } else { "/dev/fd" };
        // A log that is fetched once more takes the place of the earlier one.
        let _ = std::fs::remove_file(&path);
        symlink(format!("{open}/{}", file.as_raw_fd()), &path)?;
        self.files.lock().unwrap_or_else(PoisonError::into_inner).push(file);
        Ok(path)
    }
}

impl Drop for Shelf {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// A name of the service as a part of a file's name.
fn name_of(text: &str) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' };
    text.chars().take(60).map(safe).collect::<String>().trim_start_matches('.').to_owned()
}
