//! Questions about repositories, the same for every service.
//!
//! Owns which requests answer which question. Must not know how they are sent, nor when they are asked again.

use super::client::{Client, Pages};
use super::error::{ApiError, Kind};
use super::github::About;
use super::limits::Urgency;
use super::{github, gitlab};
use crate::model::ci::{Annotation, Forge, Job, Progress, Repo, Run, RunFilter};
use std::collections::HashSet;

/// Pages of jobs that are asked for: 1,000 jobs.
const JOB_PAGES: usize = 10;
/// Pages of runs that are asked for when a filter leaves too few.
const RUN_PAGES: usize = 3;
/// Failed jobs whose annotations are asked for.
const ANNOTATED_JOBS: usize = 5;

/// Runs of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Runs {
    /// The newest first, none twice.
    pub list: Vec<Run>,
    /// Whether nothing changed since the last time.
    pub is_unchanged: bool,
    /// Whether the repository has another name now ([`about`] tells it).
    pub has_moved: bool,
}

/// Jobs of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Jobs {
    /// In the service's order, none twice.
    pub list: Vec<Job>,
    /// Whether there are more, which are not asked for.
    pub is_cut: bool,
    /// The title of the run, where only jobs tell it (GitLab); else empty.
    pub title: String,
    /// Who set the run off, where only jobs tell it; else empty.
    pub actor: String,
}

/// The newest runs, about `most` of them.
///
/// # Errors
/// As [`Client::get`].
pub async fn runs(
    client: &Client,
    repo: &Repo,
    filter: &RunFilter,
    most: usize,
    urgency: Urgency,
) -> Result<Runs, ApiError> {
    let most = most.max(1);
    let first = match client.forge() {
        Forge::Github => github::runs(&repo.path, filter, most),
        Forge::Gitlab => gitlab::pipelines(&repo.path, filter, most),
    };
    let mut runs = Runs { list: Vec::new(), is_unchanged: true, has_moved: false };
    let mut seen = HashSet::new();
    let mut next = Some(first);
    let mut addresses = HashSet::new();
    for nth in 0..RUN_PAGES.max(most.div_ceil(github::PER_PAGE)) {
        let Some(url) = next.filter(|url| addresses.insert(url.clone())) else { break };
        let page = client.get(&url, urgency).await?;
        runs.is_unchanged &= page.is_unchanged;
        runs.has_moved |= nth == 0 && page.has_moved;
        let list = match client.forge() {
            Forge::Github => github::parse_runs(&page.body)?,
            Forge::Gitlab => gitlab::parse_pipelines(&page.body)?,
        };
        let is_wanted = |run: &Run| client.forge() == Forge::Gitlab || github::is_wanted(run, filter);
        runs.list.extend(list.into_iter().filter(|run| seen.insert(run.id) && is_wanted(run)));
        if runs.list.len() >= most {
            break;
        }
        next = page.next;
    }
    // A run that was started while pages were turned.
    runs.list.sort_by_key(|run| std::cmp::Reverse(run.id));
    runs.list.truncate(most);
    Ok(runs)
}

/// One run.
///
/// # Errors
/// As [`Client::get`].
pub async fn run(client: &Client, repo: &Repo, id: u64, urgency: Urgency) -> Result<Run, ApiError> {
    match client.forge() {
        Forge::Github => github::parse_run(&client.get(&github::run(&repo.path, id), urgency).await?.body),
        Forge::Gitlab => gitlab::parse_pipeline(&client.get(&gitlab::pipeline(&repo.path, id), urgency).await?.body),
    }
}

/// The jobs of a run's attempt.
///
/// # Errors
/// As [`Client::get`].
pub async fn jobs(client: &Client, repo: &Repo, run: (u64, u32), urgency: Urgency) -> Result<Jobs, ApiError> {
    match client.forge() {
        Forge::Github => github_jobs(client, repo, run, urgency).await,
        Forge::Gitlab => gitlab_jobs(client, repo, run.0, urgency).await,
    }
}

/// The jobs of a run on GitHub: one question, whether it was run again or not.
async fn github_jobs(client: &Client, repo: &Repo, run: (u64, u32), urgency: Urgency) -> Result<Jobs, ApiError> {
    if run.1 > 1 {
        let pages = client.pages(&github::jobs_of_all(&repo.path, run.0), urgency, JOB_PAGES).await?;
        let jobs = gather(&pages, github::parse_attempts)?;
        // Where they are too many for all attempts, or the server does not number these, the newest one is asked for alone.
        if !pages.has_more && jobs.iter().any(|(attempt, _)| *attempt == u64::from(run.1)) {
            return Ok(Jobs { list: github::fold_attempts(jobs, run.1), ..Jobs::default() });
        }
    }
    let pages = client.pages(&github::jobs(&repo.path, run), urgency, JOB_PAGES).await?;
    let list = gather(&pages, github::parse_jobs)?;
    Ok(Jobs { list: once(list), is_cut: pages.has_more, ..Jobs::default() })
}

/// The jobs of a pipeline.
async fn gitlab_jobs(client: &Client, repo: &Repo, id: u64, urgency: Urgency) -> Result<Jobs, ApiError> {
    let mut jobs = Jobs::default();
    let pages = client.pages(&gitlab::jobs(&repo.path, id), urgency, JOB_PAGES).await?;
    jobs.is_cut = pages.has_more;
    let mut bridges = client.pages(&gitlab::bridges(&repo.path, id), urgency, 1).await;
    // Bridges may be forbidden or unknown where jobs are not.
    if bridges.as_ref().is_err_and(|error| matches!(error.kind, Kind::Missing | Kind::Forbidden | Kind::Scope)) {
        bridges = Ok(Pages { list: Vec::new(), has_more: false });
    }
    for page in pages.list.iter().chain(&bridges?.list) {
        let parsed = gitlab::parse_jobs(&page.body)?;
        jobs.list.extend(parsed.list);
        for (ours, theirs) in [(&mut jobs.title, parsed.title), (&mut jobs.actor, parsed.actor)] {
            if ours.is_empty() {
                *ours = theirs;
            }
        }
    }
    // GitLab lists the newest first, people read from the first stage on.
    jobs.list = gitlab::fold_retried(once(jobs.list));
    Ok(jobs)
}

/// One job, with its run's id and attempt.
///
/// # Errors
/// As [`Client::get`].
pub async fn job(client: &Client, repo: &Repo, id: u64, urgency: Urgency) -> Result<(Job, (u64, u32)), ApiError> {
    match client.forge() {
        Forge::Github => github::parse_job(&client.get(&github::job(&repo.path, id), urgency).await?.body),
        Forge::Gitlab => {
            let got = client.get(&gitlab::job(&repo.path, id), urgency).await?;
            gitlab::parse_job(&got.body).map(|(job, pipeline)| (job, (pipeline, 1)))
        }
    }
}

/// What failed jobs left at places of the source; never complete. GitLab has none.
///
/// # Errors
/// As [`Client::get`].
pub async fn annotations(
    client: &Client,
    repo: &Repo,
    jobs: &[Job],
    urgency: Urgency,
) -> Result<Vec<Annotation>, ApiError> {
    let mut list = Vec::new();
    if client.forge() == Forge::Gitlab {
        return Ok(list);
    }
    for job in jobs.iter().filter(|job| job.progress.is_red()).take(ANNOTATED_JOBS) {
        let got = client.get(&github::annotations(&repo.path, job.id), urgency).await?;
        list.extend(github::parse_annotations(&got.body)?);
    }
    Ok(list)
}

/// How a repository is called now, and its default branch.
///
/// # Errors
/// As [`Client::get`].
pub async fn about(client: &Client, repo: &Repo, urgency: Urgency) -> Result<About, ApiError> {
    match client.forge() {
        Forge::Github => github::parse_repo(&client.get(&github::repo(&repo.path), urgency).await?.body),
        Forge::Gitlab => gitlab::parse_project(&client.get(&gitlab::project(&repo.path), urgency).await?.body),
    }
}

/// The last run of the same workflow and branch before `run` that passed, else of the default branch. `known` are runs
/// that need not be asked for, the newest first.
///
/// # Errors
/// As [`Client::get`].
pub async fn last_green(
    client: &Client,
    repo: &Repo,
    run: &Run,
    default_branch: &str,
    known: &[Run],
    urgency: Urgency,
) -> Result<Option<Run>, ApiError> {
    let mut branches = vec![run.branch.as_str()];
    if run.branch != default_branch {
        branches.push(default_branch);
    }
    branches.retain(|branch| !branch.is_empty());
    for branch in branches {
        let is_green = |other: &&Run| {
            other.progress == Progress::Passed
                && other.branch == branch
                && is_same_workflow(other, run)
                && other.id < run.id
        };
        if let Some(green) = known.iter().filter(is_green).max_by_key(|run| run.id) {
            return Ok(Some(green.clone()));
        }
        let list = match client.forge() {
            Forge::Github => {
                github::parse_runs(&client.get(&github::greens(&repo.path, run, branch), urgency).await?.body)
            }
            Forge::Gitlab => {
                gitlab::parse_pipelines(&client.get(&gitlab::greens(&repo.path, branch), urgency).await?.body)
            }
        };
        if let Some(green) = list?.iter().filter(is_green).max_by_key(|run| run.id) {
            return Ok(Some(green.clone()));
        }
    }
    Ok(None)
}

/// Whether two runs are of the same workflow. Pipelines mostly have no name.
pub fn is_same_workflow(a: &Run, b: &Run) -> bool {
    a.workflow_id == b.workflow_id && (a.workflow_id != 0 || a.workflow == b.workflow)
}

/// How many commits came between two runs; nothing when that is not known.
///
/// # Errors
/// As [`Client::get`].
pub async fn commits_since(
    client: &Client,
    repo: &Repo,
    green: &Run,
    run: &Run,
    urgency: Urgency,
) -> Result<Option<u64>, ApiError> {
    if green.sha == run.sha {
        return Ok(Some(0));
    }
    if green.sha.is_empty() || run.sha.is_empty() {
        return Ok(None);
    }
    match client.forge() {
        Forge::Github => {
            let got = client.get(&github::compare(&repo.path, &green.sha, &run.sha), urgency).await?;
            github::parse_compare(&got.body)
        }
        Forge::Gitlab => {
            let got = client.get(&gitlab::compare(&repo.path, &green.sha, &run.sha), urgency).await?;
            gitlab::parse_compare(&got.body)
        }
    }
}

fn gather<T>(pages: &Pages, parse: fn(&[u8]) -> Result<Vec<T>, ApiError>) -> Result<Vec<T>, ApiError> {
    let mut all = Vec::new();
    for page in &pages.list {
        all.extend(parse(&page.body)?);
    }
    Ok(all)
}

/// Jobs without those that came twice because the list changed while pages were turned.
fn once(mut jobs: Vec<Job>) -> Vec<Job> {
    let mut seen = HashSet::new();
    jobs.retain(|job| seen.insert(job.id));
    jobs
}
