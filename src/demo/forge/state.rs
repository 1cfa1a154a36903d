//! What the embedded CI service knows: repositories, workflows, runs, jobs, steps, commits, logs, tokens.
//!
//! Owns these values and the ways to change them. How something is at a moment follows from its times, so nothing has to
//! tick. Must not know HTTP or JSON.

use super::archive::Names;
use crate::model::Timestamp;
use crate::model::ci::Forge;
use crate::model::time::SECOND;
use bytes::Bytes;
use std::collections::BTreeMap;

/// How something ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum End {
    /// It succeeded.
    Success,
    /// It failed.
    Failure,
    /// Somebody stopped it.
    Cancelled,
    /// It took too long.
    TimedOut,
    /// It was left out.
    Skipped,
}

/// How something is at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It waits.
    Queued,
    /// It runs.
    Running,
    /// It is over.
    Over(End),
}

/// When something starts and ends, and how. Moments may lie in the future.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// When it starts; never when none.
    pub started: Option<Timestamp>,
    /// When it ends; never when none.
    pub ended: Option<Timestamp>,
    /// How it ends.
    pub end: End,
}

impl Span {
    /// It waits and never starts.
    pub const WAITING: Self = Self { started: None, ended: None, end: End::Success };

    /// From `started` on, for `seconds`.
    pub const fn new(started: Timestamp, seconds: i64, end: End) -> Self {
        Self { started: Some(started), ended: Some(started.saturating_add(seconds * SECOND)), end }
    }

    /// From `started` on, without an end.
    pub const fn open(started: Timestamp) -> Self {
        Self { started: Some(started), ended: None, end: End::Success }
    }

    /// How it is at `now`.
    pub fn phase(&self, now: Timestamp) -> Phase {
        if self.ended.is_some_and(|at| at <= now) {
            Phase::Over(self.end)
        } else if self.started.is_some_and(|at| at <= now) {
            Phase::Running
        } else {
            Phase::Queued
        }
    }

    /// The start, if it has come.
    pub fn started_by(&self, now: Timestamp) -> Option<Timestamp> {
        self.started.filter(|at| *at <= now)
    }

    /// The end, if it has come.
    pub fn ended_by(&self, now: Timestamp) -> Option<Timestamp> {
        self.ended.filter(|at| *at <= now)
    }

    /// Ends it at `now`, unless it is over.
    fn finish(&mut self, now: Timestamp, end: End) {
        if !matches!(self.phase(now), Phase::Over(_)) {
            *self = Self { started: self.started_by(now), ended: Some(now), end };
        }
    }
}

/// A step of a job. GitLab has none; there, they give the sections of the trace.
#[derive(Clone, Debug)]
pub struct Step {
    /// From 1; gaps are usual.
    pub number: u32,
    /// The name.
    pub name: String,
    /// When and how.
    pub span: Span,
    /// What it wrote, with the service's own times and marks.
    pub log: Bytes,
}

/// A place of the source that something is said about.
#[derive(Clone, Debug)]
pub struct Note {
    /// `failure`, `warning`, `notice`.
    pub level: &'static str,
    /// The file.
    pub path: String,
    /// The line there.
    pub line: u64,
    /// What is said.
    pub message: String,
}

/// A job of an attempt.
#[derive(Clone, Debug)]
pub struct Job {
    /// The id; its check run has the same one.
    pub id: u64,
    /// The name; a called workflow's is `caller / callee`.
    pub name: String,
    /// GitLab's stage.
    pub stage: String,
    /// When and how.
    pub span: Span,
    /// Its steps.
    pub steps: Vec<Step>,
    /// What it wrote, if not simply what its steps wrote.
    pub log: Option<Bytes>,
    /// Whether its steps have files of their own in the archive.
    pub has_step_files: bool,
    /// Whether it may fail (GitLab).
    pub may_fail: bool,
    /// Whether it left artifacts.
    pub has_artifacts: bool,
    /// The project and pipeline that it starts instead of running itself (GitLab's bridges).
    pub triggers: Option<(String, u64)>,
    /// What it left at places of the source.
    pub notes: Vec<Note>,
}

impl Job {
    /// A job without steps.
    pub fn new(id: u64, name: &str, span: Span) -> Self {
        Self {
            id,
            name: name.to_owned(),
            stage: "test".to_owned(),
            span,
            steps: Vec::new(),
            log: None,
            has_step_files: true,
            may_fail: false,
            has_artifacts: false,
            triggers: None,
            notes: Vec::new(),
        }
    }

    /// Adds a step behind the others.
    #[must_use]
    pub fn step(mut self, name: &str, span: Span, log: impl Into<Bytes>) -> Self {
        let number = self.steps.last().map_or(1, |step| step.number + 1);
        self.steps.push(Step { number, name: name.to_owned(), span, log: log.into() });
        self
    }

    /// What it has written by `now`: all of steps that are over, and a part of the one that runs.
    pub fn written(&self, now: Timestamp) -> Bytes {
        if matches!(self.span.phase(now), Phase::Over(_)) {
            if let Some(log) = &self.log {
                return log.clone();
            }
            let logs: Vec<&[u8]> = self.steps.iter().map(|step| &step.log[..]).collect();
            return Bytes::from(logs.concat());
        }
        let Some(log) = &self.log else {
            let logs: Vec<&[u8]> = self.steps.iter().map(|step| part(&step.log, &step.span, now)).collect();
            return Bytes::from(logs.concat());
        };
        log.slice_ref(part(log, &self.span, now))
    }

    /// How long it waited for a runner, in seconds.
    pub(super) fn waited(&self, created: Timestamp) -> i64 {
        self.span.started.map_or(0, |at| (at.0 - created.0) / SECOND)
    }
}

/// The lines of `log` that are written by `now` by something that takes as long as `span`.
fn part<'l>(log: &'l [u8], span: &Span, now: Timestamp) -> &'l [u8] {
    let Some(started) = span.started_by(now) else { return &[] };
    let Some(ended) = span.ended else { return log };
    let (done, all) = (i128::from(now.0 - started.0), i128::from((ended.0 - started.0).max(1)));
    let bytes = (log.len() as i128 * done.min(all) / all) as usize;
    let line = memchr::memrchr(b'\n', &log[..bytes]).map_or(0, |at| at + 1);
    if bytes == log.len() { log } else { &log[..line] }
}

/// One try of a run.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// When it was asked for.
    pub started: Timestamp,
    /// Its jobs.
    pub jobs: Vec<Job>,
    /// When and how it ends, if that does not follow from its jobs.
    pub ends: Option<(Timestamp, End)>,
    /// The archive of its logs, if it is not to be made from them: a broken or hostile one.
    pub archive: Option<Bytes>,
}

impl Attempt {
    /// An attempt whose end follows from its jobs.
    pub fn new(started: Timestamp, jobs: Vec<Job>) -> Self {
        Self { started, jobs, ends: None, archive: None }
    }

    /// How it is at `now`.
    pub fn phase(&self, now: Timestamp) -> Phase {
        if let Some((_, end)) = self.ends.filter(|(at, _)| *at <= now) {
            return Phase::Over(end);
        }
        let phases = || self.jobs.iter().map(|job| (job.span.phase(now), job.may_fail));
        if self.jobs.is_empty() || phases().all(|(phase, _)| phase == Phase::Queued) {
            return Phase::Queued;
        }
        if phases().any(|(phase, _)| matches!(phase, Phase::Queued | Phase::Running)) {
            return Phase::Running;
        }
        let worst = [End::Cancelled, End::Failure, End::TimedOut];
        let is = |end| phases().any(|(phase, may_fail)| phase == Phase::Over(end) && !may_fail);
        let end = worst.into_iter().find(|end| is(*end));
        let skipped = phases().all(|(phase, _)| phase == Phase::Over(End::Skipped));
        Phase::Over(end.unwrap_or(if skipped { End::Skipped } else { End::Success }))
    }

    /// When something last changed.
    pub fn updated(&self, now: Timestamp) -> Timestamp {
        let jobs = self.jobs.iter().map(|job| job.span);
        let steps = self.jobs.iter().flat_map(|job| job.steps.iter().map(|step| step.span));
        let moments = jobs.chain(steps).flat_map(|span| [span.started, span.ended]).flatten();
        let moments = moments.chain(self.ends.map(|(at, _)| at)).filter(|at| *at <= now);
        moments.max().unwrap_or(self.started).max(self.started)
    }
}

/// A workflow run, or a pipeline.
#[derive(Clone, Debug)]
pub struct Run {
    /// The id.
    pub id: u64,
    /// The number for people.
    pub number: u64,
    /// The workflow's id; 0 for a pipeline.
    pub workflow: u64,
    /// What it is for.
    pub title: String,
    /// The branch.
    pub branch: String,
    /// The commit, 40 hexadecimal digits.
    pub sha: String,
    /// What set it off.
    pub event: String,
    /// Who.
    pub actor: String,
    /// When it came; before, it is not there.
    pub created: Timestamp,
    /// Its attempts, the first one first; at least one.
    pub attempts: Vec<Attempt>,
    /// Whether its logs are too old to be had.
    pub has_expired: bool,
}

impl Run {
    /// A run that somebody's push set off.
    pub fn new(id: u64, workflow: u64, branch: &str, sha: &str, attempt: Attempt) -> Self {
        Self {
            id,
            number: id,
            workflow,
            title: format!("change {sha:.7}"),
            branch: branch.to_owned(),
            sha: sha.to_owned(),
            event: "push".to_owned(),
            actor: "mira".to_owned(),
            created: attempt.started,
            attempts: vec![attempt],
            has_expired: false,
        }
    }

    /// The attempt that counts at `now`, and its number from 1.
    pub fn latest(&self, now: Timestamp) -> Option<(usize, &Attempt)> {
        self.attempts.iter().enumerate().rev().find(|(_, a)| a.started <= now).map(|(i, a)| (i + 1, a))
    }

    /// The attempt of that number, from 1.
    pub fn attempt(&self, number: usize) -> Option<&Attempt> {
        self.attempts.get(number.checked_sub(1)?)
    }

    /// Ends all of the last attempt that is not over.
    pub fn finish(&mut self, now: Timestamp, end: End) {
        let Some(attempt) = self.attempts.last_mut() else { return };
        for job in &mut attempt.jobs {
            for step in &mut job.steps {
                step.span.finish(now, end);
            }
            job.span.finish(now, end);
        }
        attempt.ends = Some((now, end));
    }

    /// Runs it again with these jobs.
    pub fn rerun(&mut self, now: Timestamp, jobs: Vec<Job>) {
        self.attempts.push(Attempt::new(now, jobs));
    }
}

/// A workflow of GitHub.
#[derive(Clone, Debug)]
pub struct Workflow {
    /// The id.
    pub id: u64,
    /// The name.
    pub name: String,
    /// The file's name, without its folder.
    pub file: String,
}

/// A commit. It has one parent, or none.
#[derive(Clone, Debug)]
pub struct Commit {
    /// 40 hexadecimal digits.
    pub sha: String,
    /// The parent's; empty when there is none.
    pub parent: String,
    /// The message.
    pub message: String,
    /// Whose it is.
    pub author: String,
    /// When it was made.
    pub at: Timestamp,
}

/// A repository or project.
#[derive(Clone, Debug)]
pub struct Repo {
    /// Which of the two services has it.
    pub forge: Forge,
    /// The id, which stays when it is renamed.
    pub id: u64,
    /// `OWNER/NAME` or `GROUP/…/PROJECT`.
    pub path: String,
    /// What `HEAD` is.
    pub default_branch: String,
    /// Whether a token is needed to see it.
    pub is_private: bool,
    /// When it was made.
    pub created: Timestamp,
    /// Its workflows.
    pub workflows: Vec<Workflow>,
    /// Its runs, in any order.
    pub runs: Vec<Run>,
    /// Its commits; the first is the head of the default branch.
    pub commits: Vec<Commit>,
    /// How the archives of its logs name their files.
    pub names: Names,
}

impl Repo {
    /// An empty public one.
    pub fn new(forge: Forge, id: u64, path: &str) -> Self {
        Self {
            forge,
            id,
            path: path.to_owned(),
            default_branch: "main".to_owned(),
            is_private: false,
            created: Timestamp(1_600_000_000 * SECOND),
            workflows: Vec::new(),
            runs: Vec::new(),
            commits: Vec::new(),
            names: Names::default(),
        }
    }

    /// Adds a workflow.
    #[must_use]
    pub fn workflow(mut self, id: u64, name: &str, file: &str) -> Self {
        self.workflows.push(Workflow { id, name: name.to_owned(), file: file.to_owned() });
        self
    }

    /// The run of that id.
    pub fn run(&self, id: u64) -> Option<&Run> {
        self.runs.iter().find(|run| run.id == id)
    }

    /// The run of that id, to change it.
    pub fn run_mut(&mut self, id: u64) -> Option<&mut Run> {
        self.runs.iter_mut().find(|run| run.id == id)
    }

    /// The runs that are there at `now`, the newest first.
    pub(super) fn runs_at(&self, now: Timestamp) -> Vec<&Run> {
        let mut runs: Vec<_> = self.runs.iter().filter(|run| run.created <= now).collect();
        runs.sort_by_key(|run| std::cmp::Reverse((run.created, run.id)));
        runs
    }

    /// The job of that id that is there at `now`, its run, and the attempt's number.
    pub(super) fn job(&self, id: u64, now: Timestamp) -> Option<(&Run, usize, &Job)> {
        self.runs.iter().filter(|run| run.created <= now).find_map(|run| {
            let mut attempts = run.attempts.iter().enumerate().filter(|(_, attempt)| attempt.started <= now);
            attempts.find_map(|(n, attempt)| Some((run, n + 1, attempt.jobs.iter().find(|job| job.id == id)?)))
        })
    }

    /// The commit that a branch or the beginning of its name stands for at `now`.
    pub(super) fn commit(&self, name: &str, now: Timestamp) -> Option<&Commit> {
        let is_head = name == self.default_branch || name == "HEAD";
        let is_hash = name.len() >= 4 && name.bytes().all(|b| b.is_ascii_hexdigit());
        let mut commits = self.commits.iter().filter(|commit| commit.at <= now);
        commits.find(|commit| is_head || is_hash && commit.sha.starts_with(name))
    }

    /// The commit and all before it, itself first.
    pub(super) fn history(&self, from: &Commit) -> Vec<&Commit> {
        let next = |commit: &&Commit| self.commits.iter().find(|other| other.sha == commit.parent);
        let first = self.commits.iter().find(|commit| commit.sha == from.sha);
        std::iter::successors(first, next).take(self.commits.len()).collect()
    }
}

/// What a token may do, and how often.
#[derive(Clone, Debug)]
pub struct Grant {
    /// The scopes of a classic token; a fine-grained one has none.
    pub scopes: String,
    /// Whether it sees private repositories.
    pub sees_private: bool,
    /// Whether it may read logs.
    pub reads_logs: bool,
    /// Requests an hour.
    pub limit: u64,
    /// Requests since the window began.
    pub used: u64,
    /// When the window ends; one begins with the next request after it.
    pub resets: Timestamp,
}

impl Default for Grant {
    fn default() -> Self {
        Self {
            scopes: "repo, workflow".to_owned(),
            sees_private: true,
            reads_logs: true,
            limit: 5000,
            used: 0,
            resets: Timestamp::MIN,
        }
    }
}

impl Grant {
    /// Begins a window if the last one is over.
    pub(super) fn roll(&mut self, now: Timestamp) {
        if self.resets <= now {
            (self.used, self.resets) = (0, now.saturating_add(3600 * SECOND));
        }
    }

    /// Requests that are left.
    pub const fn left(&self) -> u64 {
        self.limit.saturating_sub(self.used)
    }
}

/// Everything.
#[derive(Clone, Debug)]
pub struct State {
    repos: Vec<Repo>,
    grants: BTreeMap<String, Grant>,
    anonymous: Grant,
    /// Former paths, and the ids of what moved.
    moved: Vec<(String, u64)>,
}

impl Default for State {
    fn default() -> Self {
        let (limit, scopes) = (60, String::new());
        let anonymous = Grant { scopes, sees_private: false, reads_logs: false, limit, ..Grant::default() };
        Self { repos: Vec::new(), grants: BTreeMap::new(), anonymous, moved: Vec::new() }
    }
}

impl State {
    /// Adds a repository.
    pub fn add(&mut self, repo: Repo) {
        self.repos.push(repo);
    }

    /// The repository of that path.
    pub fn repo(&self, forge: Forge, path: &str) -> Option<&Repo> {
        self.repos.iter().find(|repo| repo.forge == forge && repo.path.eq_ignore_ascii_case(path))
    }

    /// The repository of that path, to change it.
    pub fn repo_mut(&mut self, forge: Forge, path: &str) -> Option<&mut Repo> {
        self.repos.iter_mut().find(|repo| repo.forge == forge && repo.path.eq_ignore_ascii_case(path))
    }

    /// The repository of that id.
    pub(super) fn repo_of(&self, forge: Forge, id: u64) -> Option<&Repo> {
        self.repos.iter().find(|repo| repo.forge == forge && repo.id == id)
    }

    /// The run of that id, wherever it is, to change it.
    pub fn run_mut(&mut self, id: u64) -> Option<&mut Run> {
        self.repos.iter_mut().find_map(|repo| repo.run_mut(id))
    }

    /// Gives a repository another path; the old one leads to it.
    pub fn rename(&mut self, forge: Forge, from: &str, to: &str) {
        if let Some(repo) = self.repo_mut(forge, from) {
            let moved = (std::mem::replace(&mut repo.path, to.to_owned()), repo.id);
            self.moved.push(moved);
        }
    }

    /// What had that path.
    pub(super) fn moved(&self, forge: Forge, path: &str) -> Option<&Repo> {
        let (_, id) = self.moved.iter().rev().find(|(old, _)| old.eq_ignore_ascii_case(path))?;
        self.repo_of(forge, *id)
    }

    /// Lets a token in.
    pub fn allow(&mut self, token: &str, grant: Grant) {
        self.grants.insert(token.to_owned(), grant);
    }

    /// Lets a token in no longer.
    pub fn revoke(&mut self, token: &str) {
        self.grants.remove(token);
    }

    /// What a token may do, or those without one; nothing when the token is not known.
    pub fn grant(&mut self, token: Option<&str>) -> Option<&mut Grant> {
        match token {
            Some(token) => self.grants.get_mut(token),
            None => Some(&mut self.anonymous),
        }
    }
}
