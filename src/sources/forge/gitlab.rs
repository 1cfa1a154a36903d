//! GitLab's REST interface: paths of requests, and its JSON as values of `model::ci`.
//!
//! Owns GitLab's words; pure. Must not ask. A pipeline is a run, a project a repository.

use super::address::encode;
use super::error::{ApiError, Kind};
use super::github::About;
use super::tolerant;
use crate::model::Timestamp;
use crate::model::ci::{Job, Progress, Run, RunFilter};
use serde::Deserialize;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// Entries of a page; GitLab gives at most 100.
pub const PER_PAGE: usize = 100;

/// The project itself; its path is one encoded part.
pub fn project(project: &str) -> String {
    format!("/projects/{}", encode(project))
}

/// Pipelines, the newest first.
pub fn pipelines(project_path: &str, filter: &RunFilter, per_page: usize) -> String {
    let mut query = vec![format!("per_page={}", per_page.clamp(1, PER_PAGE)), "order_by=id".into(), "sort=desc".into()];
    for (name, value) in [("ref", &filter.branch), ("username", &filter.actor), ("name", &filter.workflow)] {
        if !value.is_empty() {
            query.push(format!("{name}={}", encode(value)));
        }
    }
    if let Some(status) = filter.only.and_then(status_of) {
        query.push(format!("status={status}"));
    }
    format!("{}/pipelines?{}", project(project_path), query.join("&"))
}

/// Pipelines of a branch that passed.
pub fn greens(project_path: &str, branch: &str) -> String {
    let branch = encode(branch);
    format!("{}/pipelines?ref={branch}&status=success&order_by=id&sort=desc&per_page=20", project(project_path))
}

/// One pipeline.
pub fn pipeline(project_path: &str, id: u64) -> String {
    format!("{}/pipelines/{id}", project(project_path))
}

/// Jobs of a pipeline, with those that were run again.
pub fn jobs(project_path: &str, id: u64) -> String {
    format!("{}/pipelines/{id}/jobs?include_retried=true&per_page={PER_PAGE}", project(project_path))
}

/// Jobs of a pipeline that start other pipelines. They have no log.
pub fn bridges(project_path: &str, id: u64) -> String {
    format!("{}/pipelines/{id}/bridges?per_page={PER_PAGE}", project(project_path))
}

/// One job.
pub fn job(project_path: &str, id: u64) -> String {
    format!("{}/jobs/{id}", project(project_path))
}

/// The log of a job, as text; always the whole.
pub fn trace(project_path: &str, id: u64) -> String {
    format!("{}/jobs/{id}/trace", project(project_path))
}

/// The commits from one to another.
pub fn compare(project_path: &str, from: &str, to: &str) -> String {
    format!("{}/repository/compare?from={}&to={}", project(project_path), encode(from), encode(to))
}

/// GitLab's word for a state, where its filter has one.
fn status_of(progress: Progress) -> Option<&'static str> {
    Some(match progress {
        Progress::Waiting => "pending",
        Progress::Running => "running",
        Progress::Passed => "success",
        Progress::Failed => "failed",
        Progress::Cancelled => "canceled",
        Progress::Skipped => "skipped",
        Progress::TimedOut | Progress::Tolerated | Progress::Unknown => return None,
    })
}

/// A state. `reason` is why a job failed.
fn progress(status: &str, reason: &str, may_fail: bool) -> Progress {
    match status {
        "created"
        | "waiting_for_resource"
        | "preparing"
        | "pending"
        | "scheduled"
        | "manual"
        | "waiting_for_callback" => Progress::Waiting,
        "running" | "canceling" => Progress::Running,
        "success" => Progress::Passed,
        "failed" if may_fail => Progress::Tolerated,
        "failed" if matches!(reason, "job_execution_timeout" | "stuck_or_timeout_failure") => Progress::TimedOut,
        "failed" => Progress::Failed,
        "canceled" | "cancelled" => Progress::Cancelled,
        "skipped" => Progress::Skipped,
        _ => Progress::Unknown,
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PipelineJson {
    #[serde(deserialize_with = "tolerant::number")]
    id: u64,
    #[serde(deserialize_with = "tolerant::number")]
    iid: u64,
    #[serde(deserialize_with = "tolerant::text")]
    name: String,
    #[serde(rename = "ref", deserialize_with = "tolerant::text")]
    branch: String,
    #[serde(deserialize_with = "tolerant::text")]
    sha: String,
    #[serde(deserialize_with = "tolerant::text")]
    source: String,
    #[serde(deserialize_with = "tolerant::text")]
    status: String,
    #[serde(deserialize_with = "tolerant::text")]
    web_url: String,
    #[serde(deserialize_with = "tolerant::moment")]
    created_at: Option<Timestamp>,
    #[serde(deserialize_with = "tolerant::moment")]
    started_at: Option<Timestamp>,
    #[serde(deserialize_with = "tolerant::moment")]
    updated_at: Option<Timestamp>,
    #[serde(deserialize_with = "tolerant::moment")]
    finished_at: Option<Timestamp>,
    #[serde(deserialize_with = "tolerant::object")]
    user: UserJson,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct UserJson {
    #[serde(deserialize_with = "tolerant::text")]
    username: String,
}

impl PipelineJson {
    fn into_run(self) -> Option<Run> {
        let progress = progress(&self.status, "", false);
        (self.id != 0).then(|| Run {
            id: self.id,
            number: if self.iid == 0 { self.id } else { self.iid },
            attempt: 1,
            workflow: self.name,
            workflow_id: 0,
            title: String::new(),
            branch: self.branch,
            sha: self.sha,
            event: self.source,
            actor: self.user.username,
            progress,
            started: self.started_at.or(self.created_at),
            updated: self.finished_at.or(self.updated_at),
            page: self.web_url,
        })
    }
}

/// A page of pipelines.
///
/// # Errors
/// It is no such page.
pub fn parse_pipelines(body: &[u8]) -> Result<Vec<Run>, ApiError> {
    let list: List<PipelineJson> = tolerant::read(body, "the pipelines")?;
    Ok(list.0.into_iter().filter_map(PipelineJson::into_run).collect())
}

/// One pipeline.
///
/// # Errors
/// It is none.
pub fn parse_pipeline(body: &[u8]) -> Result<Run, ApiError> {
    let run: PipelineJson = tolerant::read(body, "the pipeline")?;
    run.into_run().ok_or_else(|| not_a("pipeline"))
}

/// A list at the top of an answer.
#[derive(Debug, Deserialize)]
#[serde(transparent, bound = "T: serde::de::DeserializeOwned")]
struct List<T>(#[serde(deserialize_with = "strict_list")] Vec<T>);

/// As [`tolerant::list`], but it has to be a list.
fn strict_list<'de, D: serde::Deserializer<'de>, T: serde::de::DeserializeOwned>(d: D) -> Result<Vec<T>, D::Error> {
    let values = Vec::<serde_json::Value>::deserialize(d)?;
    Ok(values.into_iter().filter_map(|value| T::deserialize(value).ok()).collect())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct JobJson {
    #[serde(deserialize_with = "tolerant::number")]
    id: u64,
    #[serde(deserialize_with = "tolerant::text")]
    name: String,
    #[serde(deserialize_with = "tolerant::text")]
    stage: String,
    #[serde(deserialize_with = "tolerant::text")]
    status: String,
    #[serde(deserialize_with = "tolerant::text")]
    failure_reason: String,
    allow_failure: Option<bool>,
    #[serde(deserialize_with = "tolerant::moment")]
    started_at: Option<Timestamp>,
    #[serde(deserialize_with = "tolerant::moment")]
    finished_at: Option<Timestamp>,
    #[serde(deserialize_with = "tolerant::text")]
    web_url: String,
    artifacts: Option<Vec<ArtifactJson>>,
    #[serde(deserialize_with = "tolerant::object")]
    commit: CommitJson,
    #[serde(deserialize_with = "tolerant::object")]
    user: UserJson,
    #[serde(deserialize_with = "tolerant::object")]
    pipeline: IdJson,
    #[serde(deserialize_with = "tolerant::object")]
    downstream_pipeline: IdJson,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ArtifactJson {
    #[serde(deserialize_with = "tolerant::text")]
    file_type: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct CommitJson {
    #[serde(deserialize_with = "tolerant::text")]
    title: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct IdJson {
    #[serde(deserialize_with = "tolerant::number")]
    id: u64,
    #[serde(deserialize_with = "tolerant::text")]
    web_url: String,
}

impl JobJson {
    fn into_job(self) -> Option<Job> {
        let progress = progress(&self.status, &self.failure_reason, self.allow_failure.unwrap_or(false));
        let page =
            if self.downstream_pipeline.web_url.is_empty() { self.web_url } else { self.downstream_pipeline.web_url };
        (self.id != 0).then(|| Job {
            id: self.id,
            name: self.name,
            stage: self.stage,
            progress,
            started: self.started_at,
            ended: self.finished_at,
            steps: Vec::new(),
            earlier: Vec::new(),
            // The log counts as an artifact there.
            has_artifacts: self.artifacts.map(|list| list.iter().any(|artifact| artifact.file_type != "trace")),
            page,
        })
    }
}

/// A page of jobs, and what they tell of their pipeline.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Jobs {
    /// The jobs, as they are listed.
    pub list: Vec<Job>,
    /// The title of the commit; lists of pipelines do not have it.
    pub title: String,
    /// Who set the pipeline off.
    pub actor: String,
}

/// A page of jobs or bridges.
///
/// # Errors
/// It is no such page.
pub fn parse_jobs(body: &[u8]) -> Result<Jobs, ApiError> {
    let List(list): List<JobJson> = tolerant::read(body, "the jobs")?;
    let of = |pick: fn(&JobJson) -> &String| {
        list.iter().map(pick).find(|text| !text.is_empty()).cloned().unwrap_or_default()
    };
    let (title, actor) = (of(|job| &job.commit.title), of(|job| &job.user.username));
    Ok(Jobs { list: list.into_iter().filter_map(JobJson::into_job).collect(), title, actor })
}

/// One job, with its pipeline's id.
///
/// # Errors
/// It is none.
pub fn parse_job(body: &[u8]) -> Result<(Job, u64), ApiError> {
    let job: JobJson = tolerant::read(body, "the job")?;
    let pipeline = job.pipeline.id;
    job.into_job().map(|job| (job, pipeline)).ok_or_else(|| not_a("job"))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ProjectJson {
    #[serde(deserialize_with = "tolerant::text")]
    path_with_namespace: String,
    #[serde(deserialize_with = "tolerant::text")]
    default_branch: String,
}

/// The project. One without commits has no default branch.
///
/// # Errors
/// It is none.
pub fn parse_project(body: &[u8]) -> Result<About, ApiError> {
    let project: ProjectJson = tolerant::read(body, "the project")?;
    let about = About { path: project.path_with_namespace, default_branch: project.default_branch };
    (!about.path.is_empty()).then_some(about).ok_or_else(|| not_a("project"))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct CompareJson {
    commits: Option<Vec<serde::de::IgnoredAny>>,
}

/// How many commits came.
///
/// # Errors
/// It is no comparison.
pub fn parse_compare(body: &[u8]) -> Result<Option<u64>, ApiError> {
    let compare: CompareJson = tolerant::read(body, "the commits")?;
    Ok(compare.commits.map(|commits| commits.len() as u64))
}

fn not_a(what: &str) -> ApiError {
    ApiError::new(Kind::Nonsense, format!("the answer is no {what}"))
}

/// Jobs without those that were run again: the newest of a name tells how these ended.
pub fn fold_retried(mut jobs: Vec<Job>) -> Vec<Job> {
    jobs.sort_by_key(|job| job.id);
    let mut folded: Vec<Job> = Vec::with_capacity(jobs.len());
    let mut places: HashMap<(String, String), usize> = HashMap::new();
    for job in jobs {
        match places.entry((job.stage.clone(), job.name.clone())) {
            Entry::Vacant(place) => {
                place.insert(folded.len());
                folded.push(job);
            }
            Entry::Occupied(place) => {
                let older = &mut folded[*place.get()];
                let mut earlier = std::mem::take(&mut older.earlier);
                earlier.push(older.progress);
                *older = Job { earlier, ..job };
            }
        }
    }
    folded
}
