//! Watched repositories beside the loop: their watchers, and the logs of runs.
//!
//! Owns which repositories are watched and which downloads are under way; each of these is in `work`, what was fetched in
//! `shelf`. Must not know how services are asked (`sources::forge`), nor what the app shows of it.

mod shelf;
#[cfg(test)]
mod tests;
mod work;

use super::tasks::Tasks;
use crate::model::Address;
use crate::model::Timestamp;
use crate::model::ci::{News, Quota, Repo, Want};
use crate::ports::answers::Archives;
use crate::sources::forge::Client;
use crate::sources::forge::watch::{Settings, Target, Watcher};
use shelf::Shelf;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use work::Work;

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

    /// Keeps logs of finished runs, and bounds the room that fetched ones take.
    fn archives(&self) -> Arc<dyn Archives>;
}

/// The log of a run, or of one of its jobs, is there.
#[derive(Debug)]
pub(super) struct RunLog {
    pub(super) repo: Repo,
    pub(super) run: (u64, u32),
    pub(super) job: Option<u64>,
    /// Where it can be read as long as the screen is there, and what it is called.
    pub(super) log: Address,
    pub(super) kind: LogKind,
}

/// What a log is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LogKind {
    /// It is looked at.
    Asked,
    /// Its run passed at that time: the log of this one is compared with it.
    Green(Option<Timestamp>),
}

/// A watched repository.
struct Watched {
    repo: Repo,
    client: Arc<Client>,
    archives: Arc<dyn Archives>,
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
}

impl Forges {
    /// None yet; and where news and logs are told.
    pub(super) fn new(
        desk: Option<Arc<dyn Desk>>,
        scratch: &Path,
        salt: u64,
    ) -> (Self, mpsc::Receiver<News>, mpsc::Receiver<RunLog>) {
        let (news, told) = mpsc::channel(LANE);
        let (logs, fetched) = mpsc::channel(LANE);
        let shelf = Arc::new(Shelf::new(scratch.join(format!("logdeck-logs-{salt:x}"))));
        let (watched, under_way, is_seen) = (Vec::new(), HashMap::new(), watch::Sender::new(true));
        let forges = Self { desk, watched, under_way, is_seen, news, logs, shelf };
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
                let told = News::Asked {
                    repo: repo.clone(),
                    last: None,
                    problem: Some(problem),
                    next: None,
                    quota: Quota::default(),
                    is_anonymous: false,
                    skew: 0,
                };
                let _ = self.news.try_send(told);
            }
        }
    }

    /// Does what is wanted of a repository, or hands it to its watcher.
    pub(super) fn want(&mut self, want: Want, tasks: &mut Tasks) {
        match want {
            Want::Logs { repo, run, job } => self.fetch(repo, run, job, tasks),
            Want::Cancel { repo, run } => self.cancel(&repo, run),
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

    /// A log of a run is on its way, perhaps beside those of other jobs of it: they are cancelled together, or by `all`.
    fn begin(&mut self, repo: &Repo, run: u64, all: &CancellationToken) -> CancellationToken {
        self.under_way.entry((repo.clone(), run)).or_insert_with(|| all.child_token()).clone()
    }

    /// Nobody wants the logs of this run any more.
    fn cancel(&mut self, repo: &Repo, run: u64) {
        if let Some(cancel) = self.under_way.remove(&(repo.clone(), run)) {
            cancel.cancel();
        }
    }

    fn fetch(&mut self, repo: Repo, run: (u64, u32), job: Option<u64>, tasks: &mut Tasks) {
        let Some(watched) = self.watched.iter().find(|watched| watched.repo == repo) else { return };
        let (client, archives) = (Arc::clone(&watched.client), Arc::clone(&watched.archives));
        let cancel = self.begin(&repo, run.0, &tasks.cancel());
        let work = Work {
            client,
            archives,
            shelf: Arc::clone(&self.shelf),
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
