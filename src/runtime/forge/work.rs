//! One log on its way: of a run, or of some of its jobs; and then those of the last run that passed, to compare with.
//!
//! Owns what is asked for in place of what cannot be had, and the names that fetched logs have for people. Must not know the
//! screen.

use super::shelf::{Held, Shelf, part_of_name};
use super::{LogKind, RunLog};
use crate::model::Address;
use crate::model::ci::{Forge, Job, News, Progress, Repo, Run};
use crate::ports::answers::Archives;
use crate::sources::forge::download::{Fetched, Fetching, LogOf, NoLog, fetch};
use crate::sources::forge::{ApiError, Client, Urgency, ask};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Bytes of one run's log.
const LIMIT: u64 = 1 << 30;
/// How often progress is told.
const TURN: Duration = Duration::from_millis(100);
/// Failed jobs whose logs are fetched one by one without being asked for.
const MAX_JOBS: usize = 20;

/// One log on its way.
pub(super) struct Work {
    pub(super) client: Arc<Client>,
    pub(super) archives: Arc<dyn Archives>,
    pub(super) shelf: Arc<Shelf>,
    pub(super) news: mpsc::Sender<News>,
    pub(super) logs: mpsc::Sender<RunLog>,
    pub(super) cancel: CancellationToken,
    pub(super) repo: Repo,
    pub(super) run: (u64, u32),
    pub(super) job: Option<u64>,
}

/// Whether a download is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tell {
    Progress,
    Nothing,
}

/// What was fetched, for which something to compare with is looked for.
enum Had {
    /// The logs of all jobs.
    Whole,
    /// Those of single jobs: id and name.
    Jobs(Vec<(u64, String)>),
}

impl Work {
    pub(super) async fn run(self) {
        match self.wanted().await {
            // Whoever cancelled it knows.
            Err(_) if self.cancel.is_cancelled() => {}
            // To compare with another one is worth nothing that somebody would wait for, nor more than a word.
            Ok(had) => {
                if let Err(why) = self.compare(had).await
                    && !self.cancel.is_cancelled()
                {
                    let _ = self.news.send(News::NoGreen { repo: self.repo.clone(), run: self.run, why }).await;
                }
            }
            Err(why) => {
                let (repo, run) = (self.repo.clone(), self.run.0);
                let _ = self.news.send(News::NoLog { repo, run, job: self.job, why }).await;
            }
        }
    }

    /// Fetches what is wanted. In words, why there is nothing.
    async fn wanted(&self) -> Result<Had, String> {
        if let Some(job) = self.job {
            let name = self.job_name(job).await;
            let log = self.fetch(self.run, LogOf::Job { job }, self.name_of_job(job, name.as_deref()), Tell::Progress);
            self.tell(log.await.map_err(|why| why.to_string())?, Some(job), LogKind::Asked).await;
            return Ok(Had::Jobs(name.map(|name| (job, name)).into_iter().collect()));
        }
        match self.fetch(self.run, LogOf::Run { run: self.run }, self.name(self.run.0), Tell::Progress).await {
            Ok(log) => {
                self.tell(log, None, LogKind::Asked).await;
                Ok(Had::Whole)
            }
            // What keeps the archive may fail where the service itself still has the logs of jobs.
            Err(why @ (NoLog::NoSuchKind | NoLog::NotALog { .. } | NoLog::Store { .. })) => self.of_jobs(&why).await,
            Err(why) => Err(why.to_string()),
        }
    }

    /// The logs of the failed jobs one by one, where there is none of the whole run. In words, why there is not even one.
    async fn of_jobs(&self, why: &NoLog) -> Result<Had, String> {
        let jobs = ask::jobs(&self.client, &self.repo, self.run, Urgency::Person).await;
        let jobs = match (jobs, why) {
            (Ok(jobs), _) => jobs.list,
            (Err(error), NoLog::NoSuchKind) => return Err(error.to_string()),
            (Err(_), why) => return Err(why.to_string()),
        };
        let mut had = Vec::new();
        let mut first = None;
        for job in jobs.iter().filter(|job| job.progress.is_red()).take(MAX_JOBS) {
            let name = self.name_of_job(job.id, Some(&job.name));
            match self.fetch(self.run, LogOf::Job { job: job.id }, name, Tell::Progress).await {
                Ok(log) => {
                    self.tell(log, Some(job.id), LogKind::Asked).await;
                    had.push((job.id, job.name.clone()));
                }
                Err(NoLog::Stopped) => return Err(NoLog::Stopped.to_string()),
                Err(why) => {
                    let (repo, why) = (self.repo.clone(), why.to_string());
                    first.get_or_insert_with(|| why.clone());
                    let _ = self.news.send(News::NoLog { repo, run: self.run.0, job: Some(job.id), why }).await;
                }
            }
        }
        match (had.is_empty(), first, why) {
            (false, ..) => Ok(Had::Jobs(had)),
            (true, Some(first), _) => Err(first),
            (true, None, _) if jobs.is_empty() => Err("the run has no jobs, so there is no log".to_owned()),
            (true, None, NoLog::NoSuchKind) => {
                Err("none of its jobs failed: open one of them, and its log is fetched".to_owned())
            }
            (true, None, why) => Err(why.to_string()),
        }
    }

    /// Fetches the logs of the last run that passed: of the same branch, else of the default branch. In words, why a
    /// failed run is compared with nothing.
    async fn compare(&self, had: Had) -> Result<(), String> {
        let mut left = match had {
            Had::Jobs(jobs) if jobs.is_empty() => return Ok(()),
            Had::Jobs(jobs) => Some(jobs),
            Had::Whole => None,
        };
        let words = |error: ApiError| error.to_string();
        let run = ask::run(&self.client, &self.repo, self.run.0, Urgency::Person).await.map_err(words)?;
        let about = ask::about(&self.client, &self.repo, Urgency::Person).await.map_err(words)?;
        let mut why = None;
        let mut branches = vec![run.branch.clone(), about.default_branch];
        branches.dedup();
        for branch in branches {
            let like = Run { branch: branch.clone(), ..run.clone() };
            let green = ask::last_green(&self.client, &self.repo, &like, &branch, &[], Urgency::Person).await;
            let Some(green) = green.map_err(words)? else { continue };
            let compared = match &mut left {
                None => self.compare_whole(&green).await,
                Some(left) => self.compare_jobs(&green, left).await,
            };
            match compared {
                Ok(()) => return Ok(()),
                Err(not) => why = why.or(Some(not)),
            }
        }
        // One that passed needs no other.
        if !run.progress.is_red() {
            return Ok(());
        }
        Err(why.unwrap_or_else(|| "no run passed before".to_owned()))
    }

    async fn compare_whole(&self, green: &Run) -> Result<(), String> {
        let id = (green.id, green.attempt);
        match self.fetch(id, LogOf::Run { run: id }, green_name(green), Tell::Nothing).await {
            Ok(log) => self.tell(log, None, LogKind::Green(green.updated)).await,
            Err(NoLog::Stopped) => {}
            Err(not) => return Err(no_log_of(green, &not)),
        }
        Ok(())
    }

    /// The jobs of the same name; those that were found are no longer `left`.
    async fn compare_jobs(&self, green: &Run, left: &mut Vec<(u64, String)>) -> Result<(), String> {
        let id = (green.id, green.attempt);
        let jobs = ask::jobs(&self.client, &self.repo, id, Urgency::Person).await;
        let jobs = jobs.map_err(|error| error.to_string())?.list;
        let mut why = None;
        for (ours, name) in std::mem::take(left) {
            let has_passed = |job: &&Job| job.name == name && job.progress == Progress::Passed;
            let Some(job) = jobs.iter().find(has_passed) else {
                why.get_or_insert_with(|| format!("{name} did not pass in {}", green_name(green)));
                left.push((ours, name));
                continue;
            };
            match self.fetch(id, LogOf::Job { job: job.id }, green_name(green), Tell::Nothing).await {
                Ok(log) => self.tell(log, Some(ours), LogKind::Green(green.updated)).await,
                Err(NoLog::Stopped) => return Ok(()),
                Err(not) => {
                    why.get_or_insert_with(|| no_log_of(green, &not));
                    left.push((ours, name));
                }
            }
        }
        why.map_or(Ok(()), Err)
    }

    async fn tell(&self, log: Address, job: Option<u64>, kind: LogKind) {
        let _ = self.logs.send(RunLog { repo: self.repo.clone(), run: self.run, job, log, kind }).await;
    }

    async fn job_name(&self, id: u64) -> Option<String> {
        let jobs = ask::jobs(&self.client, &self.repo, self.run, Urgency::Person).await.ok()?;
        jobs.list.into_iter().find(|job| job.id == id).map(|job| job.name)
    }

    /// `github:acme/payments/18842`
    fn name(&self, run: u64) -> String {
        let scheme = match self.repo.forge {
            Forge::Github => "github",
            Forge::Gitlab => "gitlab",
        };
        format!("{scheme}:{}/{run}", self.repo.path)
    }

    /// `gitlab:acme/payments/18842!unit tests`; without a name its number.
    fn name_of_job(&self, job: u64, name: Option<&str>) -> String {
        let run = self.name(self.run.0);
        name.map_or_else(|| format!("{run}/{job}"), |name| format!("{run}!{name}"))
    }

    /// Fetches a log that is called `name`.
    async fn fetch(&self, run: (u64, u32), which: LogOf, name: String, tell: Tell) -> Result<Address, NoLog> {
        let held = self.get(run, which, tell).await?;
        let end = match which {
            LogOf::Run { run } => format!("{}.zip", run.1),
            LogOf::Job { job } => format!("{job}.txt"),
        };
        let file = format!("{}-{}-{end}", part_of_name(&self.name(0)), run.0);
        let path = self.shelf.put(held, &file).map_err(|error| NoLog::Disk(error.to_string()))?;
        Ok(Address::Fetched { path, name })
    }

    async fn get(&self, run: (u64, u32), which: LogOf, tell: Tell) -> Result<Held, NoLog> {
        let disk = |error: &dyn std::fmt::Display| NoLog::Disk(error.to_string());
        let key = format!("{}/{}/{}/{which:?}", self.client.base(), self.repo.path, run.1);
        let (archives, kept) = (Arc::clone(&self.archives), key.clone());
        let found = tokio::task::spawn_blocking(move || match archives.get(&kept) {
            Some(file) => Ok((file, true)),
            None => archives.temporary().map(|file| (file, false)),
        });
        let (file, is_kept) = found.await.map_err(|error| disk(&error))?.map_err(|error| disk(&error))?;
        if is_kept {
            return Ok(Held { file, _room: None });
        }
        let fetching = Fetching::within(Arc::clone(&self.archives));
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
        let room = fetching.take_room();
        // Only of a run that is over is there a log of the whole.
        if matches!(which, LogOf::Run { .. }) {
            let archives = Arc::clone(&self.archives);
            let kept = tokio::task::spawn_blocking(move || {
                archives.put(&key, &mut file, bytes);
                io::Seek::rewind(&mut file).map(|()| file)
            });
            file = kept.await.map_err(|error| disk(&error))?.map_err(|error| disk(&error))?;
        }
        Ok(Held { file, _room: room })
    }
}

/// `run #18841: the log is no longer kept`
fn no_log_of(green: &Run, why: &NoLog) -> String {
    format!("{}: {why}", green_name(green))
}

/// `run #18841`
fn green_name(green: &Run) -> String {
    format!("run #{}", green.number)
}
