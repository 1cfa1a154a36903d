//! What a CI service knows: runs, their jobs, and the steps of those.
//!
//! Owns these values, the same for every service. Must not know how they are asked for.

use super::Timestamp;
use std::path::PathBuf;

/// A service that runs CI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Forge {
    /// GitHub Actions, at github.com or on a server of one's own.
    Github,
    /// GitLab CI, at gitlab.com or on a server of one's own.
    Gitlab,
}

/// A repository (GitHub) or project (GitLab).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Repo {
    /// The service.
    pub forge: Forge,
    /// The server's host and, where it is not the usual one, port: `github.com`.
    pub host: String,
    /// `OWNER/NAME`, or `GROUP/…/PROJECT`.
    pub path: String,
}

/// Where the token for a server comes from: never the token itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenFrom {
    /// A variable of the environment.
    Env(String),
    /// What a command prints: the program and its arguments, without a shell.
    Command(Vec<String>),
    /// What a file holds that nobody else may read; `~/` at its start is the home directory.
    File(PathBuf),
}

/// How a run, job or step is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Progress {
    /// It waits for a runner, for another job, or for a person.
    #[default]
    Waiting,
    /// It runs.
    Running,
    /// It succeeded.
    Passed,
    /// It failed.
    Failed,
    /// It took too long and was stopped.
    TimedOut,
    /// Somebody or something stopped it.
    Cancelled,
    /// It was left out.
    Skipped,
    /// It failed, and was allowed to.
    Tolerated,
    /// A state of the service that this version does not know.
    Unknown,
}

impl Progress {
    /// Whether nothing will change any more (unless it is run again).
    pub const fn is_over(self) -> bool {
        !matches!(self, Self::Waiting | Self::Running | Self::Unknown)
    }

    /// Whether the whole is red because of it.
    pub const fn is_red(self) -> bool {
        matches!(self, Self::Failed | Self::TimedOut)
    }
}

/// One workflow run (GitHub) or pipeline (GitLab). Texts are as the service gave them, not safe for a terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The id, by which it is asked for.
    pub id: u64,
    /// The number that people see.
    pub number: u64,
    /// How often it was started; the first time is 1.
    pub attempt: u32,
    /// The workflow's name; empty where there is none.
    pub workflow: String,
    /// The workflow's id; 0 where there is none.
    pub workflow_id: u64,
    /// What it is for: the commit's or pull request's title.
    pub title: String,
    /// The branch or tag.
    pub branch: String,
    /// The commit.
    pub sha: String,
    /// What set it off: `push`, `pull_request`, `schedule` …
    pub event: String,
    /// Who.
    pub actor: String,
    /// How it is.
    pub progress: Progress,
    /// When this attempt started.
    pub started: Option<Timestamp>,
    /// When it last changed; the end, if it is over.
    pub updated: Option<Timestamp>,
    /// Its page for people.
    pub page: String,
}

/// A job of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// The id, by which it is asked for.
    pub id: u64,
    /// The name, with its matrix: `test (ubuntu-22.04, pg15)`.
    pub name: String,
    /// The stage (GitLab); empty where there is none.
    pub stage: String,
    /// How it is.
    pub progress: Progress,
    /// When it started.
    pub started: Option<Timestamp>,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// Its steps, in their order; none where the service does not tell them.
    pub steps: Vec<JobStep>,
    /// How it ended before it was run again, the first time first; on the same commit.
    pub earlier: Vec<Progress>,
    /// Whether it left artifacts, where that is known.
    pub has_artifacts: Option<bool>,
    /// Its page for people.
    pub page: String,
}

/// A step of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobStep {
    /// The number, from 1, with gaps.
    pub number: u32,
    /// The name.
    pub name: String,
    /// How it is.
    pub progress: Progress,
    /// When it started.
    pub started: Option<Timestamp>,
    /// When it ended.
    pub ended: Option<Timestamp>,
}

/// What a workflow left at a place of the source: never a complete list (GitHub keeps 10 a step and 50 a run).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Annotation {
    /// `failure`, `warning`, `notice`.
    pub level: String,
    /// The file; may be empty or `.github`.
    pub path: String,
    /// The line there, from 1.
    pub line: u64,
    /// What it says.
    pub message: String,
}

/// Which runs are of interest. An empty text lets all through.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct RunFilter {
    /// Of this branch.
    pub branch: String,
    /// Of this workflow: its name or the name of its file.
    pub workflow: String,
    /// Set off by this person.
    pub actor: String,
    /// Only these; none lets all through.
    pub only: Option<Progress>,
}

/// How often the service may be asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quota {
    /// Requests that are left until [`Quota::resets`].
    pub left: Option<u64>,
    /// Requests in all.
    pub limit: Option<u64>,
    /// When there are all of them again.
    pub resets: Option<Timestamp>,
}

/// What whoever watches repositories tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// The runs of a repository as they are now, the newest first: all that are of interest, not only what changed.
    Runs {
        /// Whose.
        repo: Repo,
        /// The branch that it is built from when nothing else is said.
        default_branch: String,
        /// The runs.
        runs: Vec<Run>,
    },
    /// The jobs of a run, in their order.
    Jobs {
        /// Whose.
        repo: Repo,
        /// The run's id and attempt.
        run: (u64, u32),
        /// The jobs.
        jobs: Vec<Job>,
        /// Whether there are more, which were not asked for.
        is_cut: bool,
    },
    /// What a run left at places of the source.
    Annotations {
        /// Whose.
        repo: Repo,
        /// The run's id.
        run: u64,
        /// In the service's order.
        list: Vec<Annotation>,
    },
    /// The last run of the same workflow and branch (else of the default branch) that passed.
    Green {
        /// Whose.
        repo: Repo,
        /// The failed run's id.
        run: u64,
        /// The passed one, and how many commits came since, where that is known; nothing when none passed.
        green: Option<(Box<Run>, Option<u64>)>,
    },
    /// The log of a run is fetched: bytes so far, and in all where that is known.
    Fetching {
        /// Whose.
        repo: Repo,
        /// The run's id.
        run: u64,
        /// Bytes so far.
        done: u64,
        /// Bytes in all.
        of: Option<u64>,
    },
    /// The log of a run cannot be had: why, and what to do.
    NoLog {
        /// Whose.
        repo: Repo,
        /// The run's id.
        run: u64,
        /// The job's id, where it is one job's log.
        job: Option<u64>,
        /// A sentence.
        why: String,
    },
    /// The log of a failed run is compared with no other: why, as a part of a sentence.
    NoGreen {
        /// Whose.
        repo: Repo,
        /// The failed run's id and attempt.
        run: (u64, u32),
        /// Why.
        why: String,
    },
    /// How asking goes: replaces what was said of the repository before.
    Asked {
        /// Whose.
        repo: Repo,
        /// When the last good answer came, by our clock.
        last: Option<Timestamp>,
        /// What is wrong, in a sentence; nothing when all is well.
        problem: Option<String>,
        /// When it is asked again, by our clock.
        next: Option<Timestamp>,
        /// How often it may be asked.
        quota: Quota,
        /// Whether it is asked without a token.
        is_anonymous: bool,
        /// The server's clock minus ours, in nanoseconds: the times of runs and jobs are by the server's.
        skew: i64,
    },
}

/// What a person wants of a watched repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Want {
    /// Ask now.
    Refresh(Repo),
    /// The jobs of a run.
    Jobs {
        /// Whose.
        repo: Repo,
        /// The run's id and attempt.
        run: (u64, u32),
    },
    /// The logs of a run, or of one of its jobs.
    Logs {
        /// Whose.
        repo: Repo,
        /// The run's id and attempt.
        run: (u64, u32),
        /// The job's id; all when none.
        job: Option<u64>,
    },
    /// No more of the log that is being fetched.
    Cancel {
        /// Whose.
        repo: Repo,
        /// The run's id.
        run: u64,
    },
    /// Other runs than so far.
    Filter(RunFilter),
}
