//! GitHub's REST interface: paths of requests, and its JSON as values of `model::ci`.
//!
//! Owns GitHub's words; pure. Must not ask. Unknown fields and states are no errors.

use super::address::encode;
use super::error::ApiError;
use super::tolerant;
use crate::model::Timestamp;
use crate::model::ci::{Annotation, Job, JobStep, Progress, Run, RunFilter};
use serde::Deserialize;
use std::collections::HashMap;

/// Entries of a page; GitHub gives at most 100.
pub const PER_PAGE: usize = 100;

fn repo_path(repo: &str) -> String {
    let parts: Vec<String> = repo.split('/').map(encode).collect();
    format!("/repos/{}", parts.join("/"))
}

/// The repository itself.
pub fn repo(repo: &str) -> String {
    repo_path(repo)
}

/// Runs, the newest first. What the service cannot filter is filtered by [`is_wanted`].
pub fn runs(repo: &str, filter: &RunFilter, per_page: usize) -> String {
    let workflow = filter.workflow.trim();
    let by_file = workflow.rsplit('/').next().unwrap_or(workflow);
    let base = if is_workflow_key(by_file) {
        format!("{}/actions/workflows/{}/runs", repo_path(repo), encode(by_file))
    } else {
        format!("{}/actions/runs", repo_path(repo))
    };
    let mut query = vec![format!("per_page={}", per_page.clamp(1, PER_PAGE))];
    for (name, value) in [("branch", &filter.branch), ("actor", &filter.actor)] {
        if !value.is_empty() {
            query.push(format!("{name}={}", encode(value)));
        }
    }
    if let Some(status) = filter.only.and_then(status_of) {
        query.push(format!("status={status}"));
    }
    format!("{base}?{}", query.join("&"))
}

/// Whether GitHub takes it as a workflow's id or file name.
fn is_workflow_key(workflow: &str) -> bool {
    let is_file = [".yml", ".yaml"].iter().any(|end| workflow.to_ascii_lowercase().ends_with(end));
    is_file || (!workflow.is_empty() && workflow.bytes().all(|b| b.is_ascii_digit()))
}

/// Whether a run is of interest, for what GitHub does not filter itself: workflows by name.
pub fn is_wanted(run: &Run, filter: &RunFilter) -> bool {
    let workflow = filter.workflow.trim();
    workflow.is_empty() || is_workflow_key(workflow) || run.workflow.eq_ignore_ascii_case(workflow)
}

/// Runs of the same workflow and branch that passed, up to a moment.
pub fn greens(repo: &str, run: &Run, branch: &str) -> String {
    let base = match run.workflow_id {
        0 => format!("{}/actions/runs", repo_path(repo)),
        id => format!("{}/actions/workflows/{id}/runs", repo_path(repo)),
    };
    let until =
        run.started.map_or_else(String::new, |at| format!("&created={}", encode(&format!("<={}", at.to_jiff()))));
    format!("{base}?branch={}&status=success&per_page=20{until}", encode(branch))
}

/// One run.
pub fn run(repo: &str, id: u64) -> String {
    format!("{}/actions/runs/{id}", repo_path(repo))
}

/// Jobs of an attempt.
pub fn jobs(repo: &str, run: (u64, u32)) -> String {
    let (id, attempt) = run;
    format!("{}/actions/runs/{id}/attempts/{}/jobs?per_page={PER_PAGE}", repo_path(repo), attempt.max(1))
}

/// Jobs of all attempts.
pub fn jobs_of_all(repo: &str, run: u64) -> String {
    format!("{}/actions/runs/{run}/jobs?filter=all&per_page={PER_PAGE}", repo_path(repo))
}

/// One job.
pub fn job(repo: &str, id: u64) -> String {
    format!("{}/actions/jobs/{id}", repo_path(repo))
}

/// What a job left at places of the source. A job is also a check run of the same id.
pub fn annotations(repo: &str, job: u64) -> String {
    format!("{}/check-runs/{job}/annotations?per_page={PER_PAGE}", repo_path(repo))
}

/// The commits from one to another. Its second page has the numbers without all the changes.
pub fn compare(repo: &str, from: &str, to: &str) -> String {
    format!("{}/compare/{}...{}?per_page=1&page=2", repo_path(repo), encode(from), encode(to))
}

/// The logs of an attempt, as a zip.
pub fn run_logs(repo: &str, run: (u64, u32)) -> String {
    let (id, attempt) = run;
    format!("{}/actions/runs/{id}/attempts/{}/logs", repo_path(repo), attempt.max(1))
}

/// The log of a job, as text.
pub fn job_logs(repo: &str, job: u64) -> String {
    format!("{}/actions/jobs/{job}/logs", repo_path(repo))
}

/// GitHub's word for a state, where its filter has one.
fn status_of(progress: Progress) -> Option<&'static str> {
    Some(match progress {
        Progress::Waiting => "queued",
        Progress::Running => "in_progress",
        Progress::Passed => "success",
        Progress::Failed => "failure",
        Progress::TimedOut => "timed_out",
        Progress::Cancelled => "cancelled",
        Progress::Skipped => "skipped",
        Progress::Tolerated | Progress::Unknown => return None,
    })
}

/// Status and conclusion together.
fn progress(status: &str, conclusion: &str) -> Progress {
    match (status, conclusion) {
        ("completed" | "", conclusion) => match conclusion {
            "success" => Progress::Passed,
            "failure" | "startup_failure" => Progress::Failed,
            "timed_out" => Progress::TimedOut,
            // Stale: superseded before it ran.
            "cancelled" | "stale" => Progress::Cancelled,
            "skipped" => Progress::Skipped,
            "neutral" => Progress::Tolerated,
            // It waits for a person.
            "action_required" => Progress::Waiting,
            _ => Progress::Unknown,
        },
        ("in_progress", _) => Progress::Running,
        ("queued" | "waiting" | "requested" | "pending", _) => Progress::Waiting,
        _ => Progress::Unknown,
    }
}

#[derive(Debug, Deserialize)]
struct RunList {
    #[serde(deserialize_with = "tolerant::list")]
    workflow_runs: Vec<RunJson>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RunJson {
    #[serde(deserialize_with = "tolerant::number")]
    id: u64,
    #[serde(deserialize_with = "tolerant::text")]
    name: String,
    #[serde(deserialize_with = "tolerant::text")]
    path: String,
    #[serde(deserialize_with = "tolerant::text")]
    display_title: String,
    #[serde(deserialize_with = "tolerant::number")]
    run_number: u64,
    #[serde(deserialize_with = "tolerant::number")]
    run_attempt: u64,
    #[serde(deserialize_with = "tolerant::number")]
    workflow_id: u64,
    #[serde(deserialize_with = "tolerant::text")]
    head_branch: String,
    #[serde(deserialize_with = "tolerant::text")]
    head_sha: String,
    #[serde(deserialize_with = "tolerant::text")]
    event: String,
    #[serde(deserialize_with = "tolerant::text")]
    status: String,
    #[serde(deserialize_with = "tolerant::text")]
    conclusion: String,
    #[serde(deserialize_with = "tolerant::text")]
    html_url: String,
    #[serde(deserialize_with = "tolerant::moment")]
    created_at: Option<Timestamp>,
    #[serde(deserialize_with = "tolerant::moment")]
    run_started_at: Option<Timestamp>,
    #[serde(deserialize_with = "tolerant::moment")]
    updated_at: Option<Timestamp>,
    #[serde(deserialize_with = "tolerant::object")]
    actor: ActorJson,
    #[serde(deserialize_with = "tolerant::object")]
    triggering_actor: ActorJson,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ActorJson {
    #[serde(deserialize_with = "tolerant::text")]
    login: String,
}

impl RunJson {
    fn into_run(self) -> Option<Run> {
        // A file name stands for a workflow that never had a name.
        let file = self.path.split('@').next().unwrap_or_default().rsplit('/').next().unwrap_or_default();
        let workflow = if self.name.is_empty() { file.to_owned() } else { self.name };
        let actor = if self.actor.login.is_empty() { self.triggering_actor.login } else { self.actor.login };
        (self.id != 0).then(|| Run {
            id: self.id,
            number: self.run_number,
            attempt: u32::try_from(self.run_attempt).unwrap_or(1).max(1),
            workflow,
            workflow_id: self.workflow_id,
            title: self.display_title,
            branch: self.head_branch,
            sha: self.head_sha,
            event: self.event,
            actor,
            progress: progress(&self.status, &self.conclusion),
            started: self.run_started_at.or(self.created_at),
            updated: self.updated_at,
            page: self.html_url,
        })
    }
}

/// A page of runs.
///
/// # Errors
/// It is no such page.
pub fn parse_runs(body: &[u8]) -> Result<Vec<Run>, ApiError> {
    let list: RunList = tolerant::read(body, "the runs")?;
    Ok(list.workflow_runs.into_iter().filter_map(RunJson::into_run).collect())
}

/// One run.
///
/// # Errors
/// It is none.
pub fn parse_run(body: &[u8]) -> Result<Run, ApiError> {
    let run: RunJson = tolerant::read(body, "the run")?;
    run.into_run().ok_or_else(|| not_a("run"))
}

#[derive(Debug, Deserialize)]
struct JobList {
    #[serde(deserialize_with = "tolerant::list")]
    jobs: Vec<JobJson>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct JobJson {
    #[serde(deserialize_with = "tolerant::number")]
    id: u64,
    #[serde(deserialize_with = "tolerant::number")]
    run_id: u64,
    #[serde(deserialize_with = "tolerant::number")]
    run_attempt: u64,
    #[serde(deserialize_with = "tolerant::text")]
    name: String,
    #[serde(deserialize_with = "tolerant::text")]
    status: String,
    #[serde(deserialize_with = "tolerant::text")]
    conclusion: String,
    #[serde(deserialize_with = "tolerant::moment")]
    started_at: Option<Timestamp>,
    #[serde(deserialize_with = "tolerant::moment")]
    completed_at: Option<Timestamp>,
    #[serde(deserialize_with = "tolerant::list")]
    steps: Vec<StepJson>,
    #[serde(deserialize_with = "tolerant::text")]
    html_url: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct StepJson {
    #[serde(deserialize_with = "tolerant::number")]
    number: u64,
    #[serde(deserialize_with = "tolerant::text")]
    name: String,
    #[serde(deserialize_with = "tolerant::text")]
    status: String,
    #[serde(deserialize_with = "tolerant::text")]
    conclusion: String,
    #[serde(deserialize_with = "tolerant::moment")]
    started_at: Option<Timestamp>,
    #[serde(deserialize_with = "tolerant::moment")]
    completed_at: Option<Timestamp>,
}

impl StepJson {
    fn into_step(self) -> JobStep {
        JobStep {
            number: u32::try_from(self.number).unwrap_or(0),
            name: self.name,
            progress: progress(&self.status, &self.conclusion),
            started: self.started_at,
            ended: self.completed_at,
        }
    }
}

impl JobJson {
    fn into_job(self) -> Option<Job> {
        let progress = progress(&self.status, &self.conclusion);
        (self.id != 0).then(|| Job {
            id: self.id,
            name: self.name,
            stage: String::new(),
            progress,
            started: self.started_at,
            // A job that was skipped "ends" before it "starts".
            ended: self.completed_at.filter(|end| self.started_at.is_none_or(|start| start <= *end)),
            steps: self.steps.into_iter().map(StepJson::into_step).collect(),
            earlier: Vec::new(),
            has_artifacts: None,
            page: self.html_url,
        })
    }
}

/// A page of jobs.
///
/// # Errors
/// It is no such page.
pub fn parse_jobs(body: &[u8]) -> Result<Vec<Job>, ApiError> {
    let list: JobList = tolerant::read(body, "the jobs")?;
    Ok(list.jobs.into_iter().filter_map(JobJson::into_job).collect())
}

/// A page of jobs of all attempts, each with the number of its own.
///
/// # Errors
/// It is no such page.
pub fn parse_attempts(body: &[u8]) -> Result<Vec<(u64, Job)>, ApiError> {
    let list: JobList = tolerant::read(body, "the jobs")?;
    Ok(list.jobs.into_iter().filter_map(|job| Some((job.run_attempt, job.into_job()?))).collect())
}

/// The jobs as they are in an attempt: the newest of a name up to it, which tells how the earlier ones ended. What was
/// not run again is as it was; while the attempt goes on, what failed before is not said to fail now: it is still to come.
pub fn fold_attempts(mut jobs: Vec<(u64, Job)>, attempt: u32) -> Vec<Job> {
    let newest = u64::from(attempt);
    jobs.retain(|(of, _)| *of <= newest);
    jobs.sort_by_key(|(of, job)| (*of, job.id));
    jobs.dedup_by_key(|(_, job)| job.id);
    let is_over = jobs.iter().filter(|(of, _)| *of == newest).all(|(_, job)| job.progress.is_over());
    let mut folded: Vec<(u64, Job)> = Vec::new();
    // Within an attempt several jobs may have the same name: the first goes on as the first, and so on.
    let mut places: HashMap<(String, usize), usize> = HashMap::new();
    let mut seen: HashMap<(u64, String), usize> = HashMap::new();
    for (of, job) in jobs {
        let nth = seen.entry((of, job.name.clone())).or_default();
        let place = *places.entry((job.name.clone(), *nth)).or_insert(folded.len());
        *nth += 1;
        match folded.get_mut(place) {
            None => folded.push((of, job)),
            Some((last, older)) => {
                let mut earlier = std::mem::take(&mut older.earlier);
                earlier.push(older.progress);
                (*last, *older) = (of, Job { earlier, ..job });
            }
        }
    }
    folded.retain(|(of, job)| *of == newest || is_over || !job.progress.is_red());
    folded.into_iter().map(|(_, job)| job).collect()
}

/// One job, with its run's id and attempt.
///
/// # Errors
/// It is none.
pub fn parse_job(body: &[u8]) -> Result<(Job, (u64, u32)), ApiError> {
    let job: JobJson = tolerant::read(body, "the job")?;
    let run = (job.run_id, u32::try_from(job.run_attempt).unwrap_or(1).max(1));
    job.into_job().map(|job| (job, run)).ok_or_else(|| not_a("job"))
}

#[derive(Debug, Deserialize)]
struct AnnotationJson {
    #[serde(default, deserialize_with = "tolerant::text")]
    annotation_level: String,
    #[serde(default, deserialize_with = "tolerant::text")]
    path: String,
    #[serde(default, deserialize_with = "tolerant::number")]
    start_line: u64,
    #[serde(default, deserialize_with = "tolerant::text")]
    message: String,
}

/// A page of annotations.
///
/// # Errors
/// It is no such page.
pub fn parse_annotations(body: &[u8]) -> Result<Vec<Annotation>, ApiError> {
    let list: Vec<AnnotationJson> = tolerant::read(body, "the annotations")?;
    let annotation = |json: AnnotationJson| Annotation {
        level: json.annotation_level,
        path: json.path,
        line: json.start_line,
        message: json.message,
    };
    Ok(list.into_iter().map(annotation).collect())
}

/// What a repository says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// `OWNER/NAME` as it is called now.
    pub path: String,
    /// The branch that it is built from when nothing else is said.
    pub default_branch: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RepoJson {
    #[serde(deserialize_with = "tolerant::text")]
    full_name: String,
    #[serde(deserialize_with = "tolerant::text")]
    default_branch: String,
}

/// The repository.
///
/// # Errors
/// It is none.
pub fn parse_repo(body: &[u8]) -> Result<About, ApiError> {
    let repo: RepoJson = tolerant::read(body, "the repository")?;
    let is_one = !repo.full_name.is_empty() && !repo.default_branch.is_empty();
    is_one
        .then_some(About { path: repo.full_name, default_branch: repo.default_branch })
        .ok_or_else(|| not_a("repository"))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct CompareJson {
    total_commits: Option<u64>,
    ahead_by: Option<u64>,
}

/// How many commits came.
///
/// # Errors
/// It is no comparison.
pub fn parse_compare(body: &[u8]) -> Result<Option<u64>, ApiError> {
    let compare: CompareJson = tolerant::read(body, "the commits")?;
    Ok(compare.ahead_by.or(compare.total_commits))
}

fn not_a(what: &str) -> ApiError {
    ApiError::new(super::error::Kind::Nonsense, format!("the answer is no {what}"))
}
