//! The shapes of GitHub's answers.
//!
//! Owns the JSON, complete as GitHub's own description of its interface wants it. Must not know paths or limits.

use super::super::answer::{Ask, seconds};
use super::super::state::{Commit, End, Job, Note, Phase, Repo, Run, Span, Step, Workflow};
use crate::demo::web::encode;
use crate::model::Timestamp;
use serde_json::{Map, Value, json};

/// Makes JSON of what is in `repo`.
pub(super) struct Shape<'s> {
    pub(super) ask: &'s Ask,
    pub(super) repo: &'s Repo,
}

/// The addresses of a repository, behind its own.
const REPO_URLS: [(&str, &str); 36] = [
    ("archive_url", "/{archive_format}{/ref}"),
    ("assignees_url", "/assignees{/user}"),
    ("blobs_url", "/git/blobs{/sha}"),
    ("branches_url", "/branches{/branch}"),
    ("collaborators_url", "/collaborators{/collaborator}"),
    ("comments_url", "/comments{/number}"),
    ("commits_url", "/commits{/sha}"),
    ("compare_url", "/compare/{base}...{head}"),
    ("contents_url", "/contents/{+path}"),
    ("contributors_url", "/contributors"),
    ("deployments_url", "/deployments"),
    ("downloads_url", "/downloads"),
    ("events_url", "/events"),
    ("forks_url", "/forks"),
    ("git_commits_url", "/git/commits{/sha}"),
    ("git_refs_url", "/git/refs{/sha}"),
    ("git_tags_url", "/git/tags{/sha}"),
    ("hooks_url", "/hooks"),
    ("issue_comment_url", "/issues/comments{/number}"),
    ("issue_events_url", "/issues/events{/number}"),
    ("issues_url", "/issues{/number}"),
    ("keys_url", "/keys{/key_id}"),
    ("labels_url", "/labels{/name}"),
    ("languages_url", "/languages"),
    ("merges_url", "/merges"),
    ("milestones_url", "/milestones{/number}"),
    ("notifications_url", "/notifications{?since,all,participating}"),
    ("pulls_url", "/pulls{/number}"),
    ("releases_url", "/releases{/id}"),
    ("stargazers_url", "/stargazers"),
    ("statuses_url", "/statuses/{sha}"),
    ("subscribers_url", "/subscribers"),
    ("subscription_url", "/subscription"),
    ("tags_url", "/tags"),
    ("teams_url", "/teams"),
    ("trees_url", "/git/trees{/sha}"),
];

/// The addresses of a person, behind their own.
const USER_URLS: [(&str, &str); 9] = [
    ("followers_url", "/followers"),
    ("following_url", "/following{/other_user}"),
    ("gists_url", "/gists{/gist_id}"),
    ("starred_url", "/starred{/owner}{/repo}"),
    ("subscriptions_url", "/subscriptions"),
    ("organizations_url", "/orgs"),
    ("repos_url", "/repos"),
    ("events_url", "/events{/privacy}"),
    ("received_events_url", "/received_events"),
];

/// The status and, of what is over, the conclusion.
pub(super) const fn words(phase: Phase) -> (&'static str, Option<&'static str>) {
    match phase {
        Phase::Queued => ("queued", None),
        Phase::Running => ("in_progress", None),
        Phase::Over(end) => {
            let conclusion = match end {
                End::Success => "success",
                End::Failure => "failure",
                End::Cancelled => "cancelled",
                End::TimedOut => "timed_out",
                End::Skipped => "skipped",
            };
            ("completed", Some(conclusion))
        }
    }
}

fn node(kind: &str, id: impl std::fmt::Display) -> String {
    format!("{kind}_{id}")
}

impl Shape<'_> {
    fn now(&self) -> Timestamp {
        self.ask.now
    }

    /// The interface's address of the repository.
    fn url(&self) -> String {
        format!("{}/repos/{}", self.ask.base, self.repo.path)
    }

    /// The page for people.
    fn page(&self) -> String {
        format!("{}/{}", self.ask.site, self.repo.path)
    }

    fn user(&self, login: &str, kind: &str) -> Value {
        let url = format!("{}/users/{}", self.ask.base, encode(login));
        let id = login.bytes().fold(7_u64, |id, b| (id * 31 + u64::from(b)) % 90_000_000);
        let mut user = Map::new();
        for (name, tail) in USER_URLS {
            user.insert(name.to_owned(), json!(format!("{url}{tail}")));
        }
        let rest = json!({
            "login": login,
            "id": id,
            "node_id": node("U", id),
            "avatar_url": format!("{}/avatars/{id}", self.ask.site),
            "gravatar_id": "",
            "url": url,
            "html_url": format!("{}/{}", self.ask.site, encode(login)),
            "type": kind,
            "site_admin": false,
        });
        merge(user, rest)
    }

    pub(super) fn repository(&self) -> Value {
        let (owner, name) = self.repo.path.split_once('/').unwrap_or(("", &self.repo.path));
        let url = self.url();
        let mut repo = Map::new();
        for (name, tail) in REPO_URLS {
            repo.insert(name.to_owned(), json!(format!("{url}{tail}")));
        }
        let rest = json!({
            "id": self.repo.id,
            "node_id": node("R", self.repo.id),
            "name": name,
            "full_name": self.repo.path,
            "owner": self.user(owner, "Organization"),
            "private": self.repo.is_private,
            "html_url": self.page(),
            "description": null,
            "fork": false,
            "url": url,
        });
        merge(repo, rest)
    }

    pub(super) fn full_repository(&self) -> Value {
        let Value::Object(repo) = self.repository() else { return Value::Null };
        let created = seconds(self.repo.created);
        let pushed = self.repo.commits.first().map_or(self.repo.created, |commit| commit.at);
        let rest = json!({
            "clone_url": format!("{}.git", self.page()),
            "git_url": format!("git://127.0.0.1/{}.git", self.repo.path),
            "ssh_url": format!("git@127.0.0.1:{}.git", self.repo.path),
            "svn_url": self.page(),
            "mirror_url": null,
            "homepage": null,
            "language": "Rust",
            "default_branch": self.repo.default_branch,
            "visibility": if self.repo.is_private { "private" } else { "public" },
            "forks": 0, "forks_count": 0,
            "stargazers_count": 0, "watchers": 0, "watchers_count": 0,
            "open_issues": 0, "open_issues_count": 0,
            "network_count": 0, "subscribers_count": 0,
            "size": 1024,
            "topics": [],
            "has_issues": true, "has_projects": false, "has_wiki": false, "has_pages": false, "has_downloads": true,
            "has_discussions": false,
            "archived": false, "disabled": false,
            "license": null,
            "permissions": { "admin": false, "maintain": false, "push": false, "triage": false, "pull": true },
            "created_at": created,
            "updated_at": seconds(pushed),
            "pushed_at": seconds(pushed),
        });
        merge(repo, rest)
    }

    pub(super) fn workflow(&self, workflow: &Workflow) -> Value {
        let path = format!(".github/workflows/{}", workflow.file);
        json!({
            "id": workflow.id,
            "node_id": node("W", workflow.id),
            "name": workflow.name,
            "path": path,
            "state": "active",
            "created_at": seconds(self.repo.created),
            "updated_at": seconds(self.repo.created),
            "url": format!("{}/actions/workflows/{}", self.url(), workflow.id),
            "html_url": format!("{}/blob/{}/{path}", self.page(), self.repo.default_branch),
            "badge_url": format!("{}/workflows/{}/badge.svg", self.page(), encode(&workflow.name)),
        })
    }

    /// A run as it is in its attempt of that number, from 1.
    pub(super) fn run(&self, run: &Run, number: usize) -> Value {
        let Some(attempt) = run.attempt(number) else { return Value::Null };
        let (status, conclusion) = words(attempt.phase(self.now()));
        let workflow = self.repo.workflows.iter().find(|workflow| workflow.id == run.workflow);
        let url = format!("{}/actions/runs/{}", self.url(), run.id);
        let file = workflow.map_or("unknown.yml", |workflow| workflow.file.as_str());
        let previous = (number > 1).then(|| format!("{url}/attempts/{}", number - 1));
        json!({
            "id": run.id,
            "name": workflow.map(|workflow| &workflow.name),
            "node_id": node("WFR", run.id),
            "head_branch": run.branch,
            "head_sha": run.sha,
            "path": format!(".github/workflows/{file}"),
            "display_title": run.title,
            "run_number": run.number,
            "run_attempt": number,
            "event": run.event,
            "status": status,
            "conclusion": conclusion,
            "workflow_id": run.workflow,
            "check_suite_id": run.id + 7,
            "check_suite_node_id": node("CS", run.id + 7),
            "url": url,
            "html_url": format!("{}/actions/runs/{}", self.page(), run.id),
            "pull_requests": [],
            "created_at": seconds(run.created),
            "updated_at": seconds(attempt.updated(self.now())),
            "run_started_at": seconds(attempt.started),
            "actor": self.user(&run.actor, "User"),
            "triggering_actor": self.user(&run.actor, "User"),
            "referenced_workflows": [],
            "jobs_url": format!("{url}/jobs"),
            "logs_url": format!("{url}/logs"),
            "check_suite_url": format!("{}/check-suites/{}", self.url(), run.id + 7),
            "artifacts_url": format!("{url}/artifacts"),
            "cancel_url": format!("{url}/cancel"),
            "rerun_url": format!("{url}/rerun"),
            "previous_attempt_url": previous,
            "workflow_url": format!("{}/actions/workflows/{}", self.url(), run.workflow),
            "head_commit": self.head_commit(run),
            "repository": self.repository(),
            "head_repository": self.repository(),
        })
    }

    fn head_commit(&self, run: &Run) -> Value {
        let commit = self.repo.commits.iter().find(|commit| commit.sha == run.sha);
        let author = commit.map_or(run.actor.as_str(), |commit| &commit.author);
        let person = json!({ "name": author, "email": format!("{author}@acme.test") });
        json!({
            "id": run.sha,
            "tree_id": run.sha,
            "message": commit.map_or(&run.title, |commit| &commit.message),
            "timestamp": seconds(commit.map_or(run.created, |commit| commit.at)),
            "author": person,
            "committer": person,
        })
    }

    pub(super) fn job(&self, run: &Run, attempt: usize, job: &Job) -> Value {
        let now = self.now();
        let (status, conclusion) = words(job.span.phase(now));
        let created = run.attempt(attempt).map_or(run.created, |attempt| attempt.started);
        let workflow = self.repo.workflows.iter().find(|workflow| workflow.id == run.workflow);
        let has_runner = job.span.started_by(now).is_some() && conclusion != Some("skipped");
        let steps: Vec<Value> = job.steps.iter().filter(|_| has_runner).map(|step| self.step(step)).collect();
        // Jobs that never ran have both times, too: the moment at which that was clear.
        let started = job.span.started_by(now).or(job.span.ended_by(now)).unwrap_or(created);
        json!({
            "id": job.id,
            "run_id": run.id,
            "workflow_name": workflow.map(|workflow| &workflow.name),
            "head_branch": run.branch,
            "run_url": format!("{}/actions/runs/{}", self.url(), run.id),
            "run_attempt": attempt,
            "node_id": node("CR", job.id),
            "head_sha": run.sha,
            "url": format!("{}/actions/jobs/{}", self.url(), job.id),
            "html_url": format!("{}/actions/runs/{}/job/{}", self.page(), run.id, job.id),
            "status": status,
            "conclusion": conclusion,
            "created_at": seconds(created),
            "started_at": seconds(started),
            "completed_at": job.span.ended_by(now).map(seconds),
            "name": job.name,
            "steps": steps,
            "check_run_url": format!("{}/check-runs/{}", self.url(), job.id),
            "labels": ["ubuntu-22.04"],
            "runner_id": has_runner.then_some(job.id % 1000),
            "runner_name": has_runner.then(|| format!("GitHub Actions {}", job.id % 1000)),
            "runner_group_id": has_runner.then_some(0),
            "runner_group_name": has_runner.then_some("GitHub Actions"),
        })
    }

    fn step(&self, step: &Step) -> Value {
        let Span { started, ended, .. } = step.span;
        let (status, conclusion) = words(step.span.phase(self.now()));
        json!({
            "name": step.name,
            "status": status,
            "conclusion": conclusion,
            "number": step.number,
            "started_at": started.filter(|at| *at <= self.now()).map(seconds),
            "completed_at": ended.filter(|at| *at <= self.now()).map(seconds),
        })
    }

    pub(super) fn note(&self, run: &Run, note: &Note) -> Value {
        json!({
            "path": note.path,
            "blob_href": format!("{}/blob/{}/{}", self.page(), run.sha, note.path),
            "start_line": note.line,
            "start_column": null,
            "end_line": note.line,
            "end_column": null,
            "annotation_level": note.level,
            "title": "",
            "message": note.message,
            "raw_details": "",
        })
    }

    pub(super) fn check_run(&self, run: &Run, job: &Job) -> Value {
        let now = self.now();
        let (status, conclusion) = words(job.span.phase(now));
        let url = format!("{}/check-runs/{}", self.url(), job.id);
        let page = format!("{}/actions/runs/{}/job/{}", self.page(), run.id, job.id);
        json!({
            "id": job.id,
            "name": job.name,
            "node_id": node("CR", job.id),
            "head_sha": run.sha,
            "external_id": job.id.to_string(),
            "url": url,
            "html_url": page,
            "details_url": page,
            "status": status,
            "conclusion": conclusion,
            "started_at": job.span.started_by(now).map(seconds),
            "completed_at": job.span.ended_by(now).map(seconds),
            "output": {
                "title": null, "summary": null, "text": null,
                "annotations_count": job.notes.len(),
                "annotations_url": format!("{url}/annotations"),
            },
            "check_suite": { "id": run.id + 7 },
            "app": null,
            "pull_requests": [],
        })
    }

    fn commit(&self, commit: &Commit) -> Value {
        let url = format!("{}/commits/{}", self.url(), commit.sha);
        let email = format!("{}@acme.test", commit.author);
        let person = json!({ "name": commit.author, "email": email, "date": seconds(commit.at) });
        let parents: Vec<Value> = [commit.parent.as_str()]
            .into_iter()
            .filter(|sha| !sha.is_empty())
            .map(|sha| {
                json!({
                    "sha": sha,
                    "url": format!("{}/commits/{sha}", self.url()),
                    "html_url": format!("{}/commit/{sha}", self.page()),
                })
            })
            .collect();
        json!({
            "sha": commit.sha,
            "node_id": node("C", &commit.sha),
            "commit": {
                "author": person,
                "committer": person,
                "message": commit.message,
                "tree": { "sha": commit.sha, "url": format!("{}/git/trees/{}", self.url(), commit.sha) },
                "url": format!("{}/git/commits/{}", self.url(), commit.sha),
                "comment_count": 0,
                "verification": { "verified": false, "reason": "unsigned", "signature": null, "payload": null, "verified_at": null },
            },
            "url": url,
            "html_url": format!("{}/commit/{}", self.page(), commit.sha),
            "comments_url": format!("{url}/comments"),
            "author": self.user(&commit.author, "User"),
            "committer": self.user(&commit.author, "User"),
            "parents": parents,
        })
    }

    /// Base, head and their common ancestor; commits that head lacks, and those that base lacks, the oldest first.
    pub(super) fn comparison(&self, [base, head, common]: [&Commit; 3], behind: usize, ahead: &[&Commit]) -> Value {
        let url = format!("{}/compare/{}...{}", self.url(), base.sha, head.sha);
        let page = format!("{}/compare/{}...{}", self.page(), base.sha, head.sha);
        let status = match (ahead.len(), behind) {
            (0, 0) => "identical",
            (_, 0) => "ahead",
            (0, _) => "behind",
            _ => "diverged",
        };
        let commits: Vec<Value> = ahead.iter().map(|commit| self.commit(commit)).collect();
        json!({
            "url": url,
            "html_url": page,
            "permalink_url": page,
            "diff_url": format!("{page}.diff"),
            "patch_url": format!("{page}.patch"),
            "base_commit": self.commit(base),
            "merge_base_commit": self.commit(common),
            "status": status,
            "ahead_by": ahead.len(),
            "behind_by": behind,
            "total_commits": ahead.len(),
            "commits": commits,
            "files": [],
        })
    }
}

/// Both together.
fn merge(mut map: Map<String, Value>, rest: Value) -> Value {
    if let Value::Object(rest) = rest {
        map.extend(rest);
    }
    Value::Object(map)
}
