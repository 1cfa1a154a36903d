//! Keeps asking about repositories: gives `News`, takes `Want`.
//!
//! Owns when something is asked again. Must not know how it is asked (`ask`), nor who looks at it.
//!
//! Each repository has a loop of its own. In the background, a few of a server's ask at a time, first come, first served. What a
//! person wants interrupts the background, needs no turn, and may use the reserve of the quota.
//! [`Want::Logs`] and [`Want::Cancel`] are not handled here: whoever owns the files calls [`super::download::fetch`] for
//! them, and need not pass them on.

use super::ask;
use super::client::Client;
use super::error::{ApiError, Kind, quote};
use super::limits::{Urgency, backoff, jitter, nanos, until};
use crate::model::Timestamp;
use crate::model::ci::{Job, News, Progress, Repo, Run, RunFilter, Want};
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, mpsc, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Wants that may wait for one repository.
const WAITING_WANTS: usize = 32;
/// Runs in progress whose jobs are followed without being asked for.
const FOLLOWED: usize = 3;
/// Failed runs whose jobs are fetched without being asked for: the last ones of their workflow and branch.
const EXPLAINED: usize = 5;
/// Runs that a person looked at last, whose jobs are followed.
const LOOKED_AT: usize = 4;
/// The longest wait after failures.
const MAX_PAUSE: Duration = Duration::from_mins(15);

/// A repository and who asks about it. Repositories of the same server and token share a client, and so its limits.
#[derive(Clone, Debug)]
pub struct Target {
    /// The repository.
    pub repo: Repo,
    /// Asks its server.
    pub client: Arc<Client>,
}

/// How to watch.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Which runs are of interest.
    pub filter: RunFilter,
    /// How many of the newest runs are kept, for each repository.
    pub runs: usize,
    /// Between two polls when nothing runs; never less than a minute, plus up to a tenth.
    pub rest: Duration,
    /// Between two polls while something runs and somebody looks.
    pub busy: Duration,
    /// Whether somebody looks: whoever shows the runs says it.
    pub is_seen: watch::Receiver<bool>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            filter: RunFilter::default(),
            runs: 100,
            rest: Duration::from_mins(1),
            busy: Duration::from_secs(10),
            is_seen: watch::channel(true).1,
        }
    }
}

/// Watches repositories.
#[derive(Debug)]
pub struct Watcher {
    watched: Vec<Watched>,
}

/// Nobody takes news any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Closed;

/// Why a round ended early.
enum Stop {
    Closed,
    Api(ApiError),
}

impl From<ApiError> for Stop {
    fn from(error: ApiError) -> Self {
        Self::Api(error)
    }
}

impl From<Closed> for Stop {
    fn from(_: Closed) -> Self {
        Self::Closed
    }
}

impl Watcher {
    /// Watches these; nothing is asked before [`Watcher::run`].
    pub fn new(targets: Vec<Target>, settings: &Settings) -> Self {
        let mut watched: Vec<Watched> = Vec::with_capacity(targets.len());
        for target in targets {
            if watched.iter().any(|other| other.repo == target.repo) {
                continue;
            }
            watched.push(Watched::new(target, settings.clone()));
        }
        Self { watched }
    }

    /// Asks until `cancel`, or until nobody takes news. Must be polled by one task; it spawns only blocking reads of tokens
    /// and kept answers.
    pub async fn run(self, news: mpsc::Sender<News>, mut wants: mpsc::Receiver<Want>, cancel: CancellationToken) {
        let mut doors = Vec::new();
        let mut loops = Vec::new();
        for watched in self.watched {
            let (door, mine) = mpsc::channel(WAITING_WANTS);
            doors.push((watched.repo.clone(), door));
            loops.push(watched.run(news.clone(), mine));
        }
        drop(news);
        let hand_out = async {
            while let Some(want) = wants.recv().await {
                for (_, door) in doors.iter().filter(|(repo, _)| is_for(&want, repo)) {
                    // Whoever clicks more often than that gets the answers to the first clicks.
                    let _full = door.try_send(want.clone());
                }
            }
            std::future::pending::<()>().await;
        };
        tokio::select! {
            biased;
            () = cancel.cancelled() => {}
            () = hand_out => {}
            _ = futures_util::future::join_all(loops) => {}
        }
    }

    #[cfg(test)]
    pub(super) fn watched(self) -> Vec<Watched> {
        self.watched
    }
}

fn is_for(want: &Want, repo: &Repo) -> bool {
    match want {
        Want::Refresh(of) | Want::Jobs { repo: of, .. } => of == repo,
        Want::Filter(_) => true,
        Want::Logs { .. } | Want::Cancel { .. } => false,
    }
}

/// What is known of a run when its jobs were asked for.
type Stamp = (Progress, Option<Timestamp>);

/// One repository.
#[derive(Debug)]
pub(super) struct Watched {
    repo: Repo,
    client: Arc<Client>,
    settings: Settings,
    filter: RunFilter,
    /// The repository under the name that it has now.
    now_called: Repo,
    default_branch: Option<String>,
    runs: Vec<Run>,
    is_told: bool,
    /// Title and person of pipelines, which only their jobs tell.
    details: HashMap<u64, (String, String)>,
    /// When jobs were asked for last: id and attempt of the run.
    asked_jobs: HashMap<(u64, u32), Stamp>,
    /// Failed runs whose last green run is told.
    explained: HashSet<(u64, u32)>,
    looked_at: VecDeque<(u64, u32)>,
    last: Option<Timestamp>,
    failures: u32,
}

impl Watched {
    fn new(target: Target, settings: Settings) -> Self {
        Self {
            now_called: target.repo.clone(),
            repo: target.repo,
            client: target.client,
            filter: settings.filter.clone(),
            settings,
            default_branch: None,
            runs: Vec::new(),
            is_told: false,
            details: HashMap::new(),
            asked_jobs: HashMap::new(),
            explained: HashSet::new(),
            looked_at: VecDeque::new(),
            last: None,
            failures: 0,
        }
    }

    /// Polls and answers wants until nobody takes news.
    async fn run(mut self, news: mpsc::Sender<News>, mut wants: mpsc::Receiver<Want>) -> Result<(), Closed> {
        let mut due = Instant::now();
        let mut polled = due;
        let mut is_seen = self.settings.is_seen.clone();
        loop {
            let wait = tokio::select! {
                biased;
                Some(want) = wants.recv() => self.want(want, &news).await?,
                Ok(()) = is_seen.changed() => {
                    // What was slowed down because nobody looked is not waited for.
                    if self.failures == 0 && self.last.is_some() {
                        due = due.min(polled + self.wait(self.client.now()));
                    }
                    None
                }
                () = tokio::time::sleep_until(due) => {
                    tokio::select! {
                        biased;
                        // What was asked so far is kept; the round begins anew behind the want.
                        Some(want) = wants.recv() => {
                            Some(self.want(want, &news).await?.unwrap_or(Duration::ZERO))
                        }
                        wait = self.poll(Urgency::Background, &news) => Some(wait?),
                    }
                }
            };
            if let Some(wait) = wait {
                polled = Instant::now();
                due = polled + wait;
            }
        }
    }

    /// Does what a person wants. Gives the wait until the next poll, if it was one.
    pub(super) async fn want(&mut self, want: Want, news: &mpsc::Sender<News>) -> Result<Option<Duration>, Closed> {
        match want {
            Want::Refresh(_) => self.poll(Urgency::Person, news).await.map(Some),
            Want::Filter(filter) => {
                self.filter = filter;
                self.runs.clear();
                self.is_told = false;
                self.poll(Urgency::Person, news).await.map(Some)
            }
            Want::Jobs { run, .. } => {
                self.looked_at.retain(|other| *other != run);
                self.looked_at.push_front(run);
                self.looked_at.truncate(LOOKED_AT);
                match self.look(run, news).await {
                    Ok(()) => Ok(None),
                    Err(Stop::Closed) => Err(Closed),
                    Err(Stop::Api(error)) => {
                        self.tell_how(Some(error.words), None, news).await?;
                        Ok(None)
                    }
                }
            }
            Want::Logs { .. } | Want::Cancel { .. } => Ok(None),
        }
    }

    /// All about one run, for a person.
    async fn look(&mut self, run: (u64, u32), news: &mpsc::Sender<News>) -> Result<(), Stop> {
        let known = self.runs.iter().find(|known| (known.id, known.attempt) == run).cloned();
        let jobs = self.jobs(run, known.as_ref(), Urgency::Person, news).await?;
        if let Some(known) = known.filter(|known| known.progress.is_red()) {
            self.annotate(run.0, &jobs, Urgency::Person, news).await?;
            self.explain(&known, Urgency::Person, news).await?;
        }
        Ok(())
    }

    /// One round, and how it went. Gives the wait until the next one.
    pub(super) async fn poll(&mut self, urgency: Urgency, news: &mpsc::Sender<News>) -> Result<Duration, Closed> {
        let error = match self.round(urgency, news).await {
            Ok(()) => None,
            Err(Stop::Closed) => return Err(Closed),
            Err(Stop::Api(error)) => Some(error),
        };
        let now = self.client.now();
        let wait = match &error {
            None => {
                self.failures = 0;
                self.last = Some(now);
                self.wait(now)
            }
            Some(error) => {
                let (dice, rest) = (self.client.dice(), self.settings.rest);
                let pause = backoff(self.failures, rest.saturating_mul(2), MAX_PAUSE.max(rest), dice).max(rest);
                // Who tries again and again shall not be the one who waits for longer.
                if urgency == Urgency::Background || self.failures == 0 {
                    self.failures = self.failures.saturating_add(1);
                }
                match error.retry_at {
                    Some(at) => jitter(until(at, now), dice).max(Duration::from_millis(10)),
                    None => pause,
                }
            }
        };
        let problem = error.map(|error| error.words).or_else(|| self.renamed());
        self.tell_how(problem, Some(now.saturating_add(nanos(wait))), news).await?;
        Ok(wait)
    }

    fn renamed(&self) -> Option<String> {
        let (old, new) = (&self.repo.path, &self.now_called.path);
        (old != new).then(|| format!("{} is now called {}: write that instead", quote(old, 100), quote(new, 100)))
    }

    /// The wait after a good round.
    fn wait(&self, now: Timestamp) -> Duration {
        let running = self.runs.iter().filter(|run| run.progress == Progress::Running).count();
        let is_busy = running > 0 && *self.settings.is_seen.borrow();
        let (wanted, requests) =
            if is_busy { (self.settings.busy, 1 + running.min(FOLLOWED)) } else { (self.settings.rest, 1) };
        let demand = self.client.polling().note(&self.repo, requests, wanted);
        jitter(self.client.limits().pace(wanted, demand, now), self.client.dice())
    }

    /// Asks for all that may have changed. When nothing did, that is one request.
    async fn round(&mut self, urgency: Urgency, news: &mpsc::Sender<News>) -> Result<(), Stop> {
        let (client, repo) = (Arc::clone(&self.client), self.now_called.clone());
        let turn = self.turn(urgency).await;
        let asked = ask::runs(&client, &repo, &self.filter, self.settings.runs, urgency);
        let runs = if self.default_branch.is_none() {
            let (runs, about) = tokio::join!(asked, ask::about(&client, &repo, urgency));
            self.learn(about?);
            runs?
        } else {
            asked.await?
        };
        if runs.has_moved && self.now_called == repo {
            self.learn(ask::about(&client, &repo, urgency).await?);
        }
        let mut list = runs.list;
        for run in &mut list {
            if let Some((title, actor)) = self.details.get(&run.id) {
                fill(run, title, actor);
            }
        }
        if list != self.runs || !self.is_told {
            self.runs = list;
            self.tell_runs(news).await?;
        }
        // The runs of all repositories come before the jobs of one.
        drop(turn);
        let _turn = self.turn(urgency).await;
        self.follow(urgency, news).await
    }

    /// What people want needs no turn.
    async fn turn(&self, urgency: Urgency) -> Option<OwnedSemaphorePermit> {
        if urgency == Urgency::Background { self.client.polling().turn().await } else { None }
    }

    /// The repository's name and default branch.
    fn learn(&mut self, about: super::github::About) {
        if !about.path.is_empty() && !about.path.eq_ignore_ascii_case(&self.now_called.path) {
            self.now_called.path = about.path;
        }
        self.default_branch = Some(about.default_branch);
    }

    /// Jobs of runs in progress and of newly failed ones.
    async fn follow(&mut self, urgency: Urgency, news: &mpsc::Sender<News>) -> Result<(), Stop> {
        let is_seen = *self.settings.is_seen.borrow();
        let running = self.runs.iter().filter(|run| run.progress == Progress::Running).take(FOLLOWED);
        let mut list: Vec<Run> = running.filter(|_| is_seen).cloned().collect();
        let red = reds(&self.runs);
        let looked = self.runs.iter().filter(|run| self.looked_at.contains(&(run.id, run.attempt)));
        for run in red.iter().copied().chain(looked) {
            let stamp = (run.progress, run.updated);
            let is_known = self.asked_jobs.get(&(run.id, run.attempt)) == Some(&stamp) && run.progress.is_over();
            if !is_known && !list.iter().any(|other| other.id == run.id) {
                list.push(run.clone());
            }
        }
        let unexplained: Vec<Run> =
            red.into_iter().filter(|run| !self.explained.contains(&(run.id, run.attempt))).cloned().collect();
        for run in list {
            let jobs = self.jobs((run.id, run.attempt), Some(&run), urgency, news).await;
            let jobs = match jobs {
                // One run that was deleted says nothing about the repository.
                Err(Stop::Api(error)) if is_about_one(&error) => {
                    self.asked_jobs.insert((run.id, run.attempt), (run.progress, run.updated));
                    continue;
                }
                jobs => jobs?,
            };
            if run.progress.is_red() {
                self.annotate(run.id, &jobs, urgency, news).await?;
            }
        }
        for run in unexplained {
            self.explain(&run, urgency, news).await?;
        }
        self.forget();
        Ok(())
    }

    /// Asks for the jobs of a run and tells them.
    async fn jobs(
        &mut self,
        run: (u64, u32),
        known: Option<&Run>,
        urgency: Urgency,
        news: &mpsc::Sender<News>,
    ) -> Result<Vec<Job>, Stop> {
        let (client, repo) = (Arc::clone(&self.client), self.now_called.clone());
        let jobs = ask::jobs(&client, &repo, run, urgency).await?;
        if let Some(known) = known {
            self.asked_jobs.insert(run, (known.progress, known.updated));
        }
        tell(news, News::Jobs { repo: self.repo.clone(), run, jobs: jobs.list.clone(), is_cut: jobs.is_cut }).await?;
        let tells_more = !jobs.title.is_empty() || !jobs.actor.is_empty();
        if tells_more && !self.details.contains_key(&run.0) {
            if let Some(run) = self.runs.iter_mut().find(|other| other.id == run.0) {
                fill(run, &jobs.title, &jobs.actor);
            }
            self.details.insert(run.0, (jobs.title, jobs.actor));
            self.tell_runs(news).await?;
        }
        Ok(jobs.list)
    }

    /// Asks what failed jobs left in the source.
    async fn annotate(&self, run: u64, jobs: &[Job], urgency: Urgency, news: &mpsc::Sender<News>) -> Result<(), Stop> {
        match ask::annotations(&self.client, &self.now_called, jobs, urgency).await {
            Ok(list) if list.is_empty() => Ok(()),
            Ok(list) => Ok(tell(news, News::Annotations { repo: self.repo.clone(), run, list }).await?),
            // They need a permission of their own.
            Err(error) if is_about_one(&error) || matches!(error.kind, Kind::Scope | Kind::Forbidden) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Asks for the last green run before a red one.
    async fn explain(&mut self, run: &Run, urgency: Urgency, news: &mpsc::Sender<News>) -> Result<(), Stop> {
        let (client, repo) = (Arc::clone(&self.client), self.now_called.clone());
        let branch = self.default_branch.clone().unwrap_or_default();
        let green = match ask::last_green(&client, &repo, run, &branch, &self.runs, urgency).await {
            Err(error) if is_about_one(&error) => None,
            green => green?,
        };
        let green = match green {
            None => None,
            Some(green) => {
                let since = match ask::commits_since(&client, &repo, &green, run, urgency).await {
                    Ok(since) => since,
                    // Commits that were pushed away, or a token that may not read code.
                    Err(error) if is_about_one(&error) || matches!(error.kind, Kind::Scope | Kind::Forbidden) => None,
                    Err(error) => return Err(error.into()),
                };
                Some((Box::new(green), since))
            }
        };
        tell(news, News::Green { repo: self.repo.clone(), run: run.id, green }).await?;
        self.explained.insert((run.id, run.attempt));
        Ok(())
    }

    /// Forgets what belongs to runs that are no longer listed.
    fn forget(&mut self) {
        let ids: HashSet<u64> = self.runs.iter().map(|run| run.id).collect();
        self.asked_jobs.retain(|(id, _), _| ids.contains(id));
        self.explained.retain(|(id, _)| ids.contains(id));
        self.details.retain(|id, _| ids.contains(id));
    }

    async fn tell_runs(&mut self, news: &mpsc::Sender<News>) -> Result<(), Closed> {
        let default_branch = self.default_branch.clone().unwrap_or_default();
        tell(news, News::Runs { repo: self.repo.clone(), default_branch, runs: self.runs.clone() }).await?;
        self.is_told = true;
        Ok(())
    }

    async fn tell_how(
        &self,
        problem: Option<String>,
        next: Option<Timestamp>,
        news: &mpsc::Sender<News>,
    ) -> Result<(), Closed> {
        let (repo, last) = (self.repo.clone(), self.last);
        let (quota, is_anonymous) = (self.client.quota(), self.client.is_anonymous());
        let skew = self.client.limits().skew_nanos();
        tell(news, News::Asked { repo, last, problem, next, quota, is_anonymous, skew }).await
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.client.polling().forget(&self.repo);
    }
}

async fn tell(news: &mpsc::Sender<News>, what: News) -> Result<(), Closed> {
    news.send(what).await.map_err(|_| Closed)
}

fn fill(run: &mut Run, title: &str, actor: &str) {
    for (ours, theirs) in [(&mut run.title, title), (&mut run.actor, actor)] {
        if ours.is_empty() {
            theirs.clone_into(ours);
        }
    }
}

/// The newest runs that are over of each workflow and branch, where these failed; the newest few.
fn reds(runs: &[Run]) -> Vec<&Run> {
    let mut seen = HashSet::new();
    let newest = runs.iter().filter(|run| {
        let is_telling = run.progress.is_red() || run.progress == Progress::Passed;
        is_telling && seen.insert((run.workflow_id, &run.workflow, &run.branch))
    });
    newest.filter(|run| run.progress.is_red()).take(EXPLAINED).collect()
}

/// Whether an error is about what was asked for, not about asking.
fn is_about_one(error: &ApiError) -> bool {
    matches!(error.kind, Kind::Missing | Kind::Gone | Kind::Nonsense | Kind::Status(_))
}
