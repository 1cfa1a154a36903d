//! The parts of GitLab's REST interface (version 4) that logdeck uses.
//!
//! Owns its paths, limits, errors, headers and shapes. Must not know sockets.

use super::answer::{Ask, Page, Reply, millis, unix};
use super::state::{Attempt, Commit, End, Grant, Job, Phase, Repo, Run, State};
use crate::demo::web::{encode, http_date};
use crate::model::Timestamp;
use crate::model::ci::Forge;
use crate::model::time::SECOND;
use hyper::Method;
use serde_json::{Value, json};

/// An answer, or a refusal.
type Answer = Result<Reply, Reply>;

/// Items of a page when nothing is said.
const USUAL: usize = 20;
/// The words that `status` may be.
const STATUSES: [&str; 11] = [
    "created",
    "waiting_for_resource",
    "preparing",
    "pending",
    "running",
    "success",
    "failed",
    "canceled",
    "skipped",
    "manual",
    "scheduled",
];

/// Answers a request.
pub(super) fn answer(state: &mut State, ask: &Ask) -> Reply {
    let Some(grant) = state.grant(ask.token()) else { return error(401, "401 Unauthorized") };
    grant.roll(ask.now);
    if grant.left() == 0 {
        let wait = unix(grant.resets) - unix(ask.now);
        return limits(Reply::new(429, "text/plain", "Retry later\n").with("retry-after", wait.max(1)), grant);
    }
    // What did not change costs the same here.
    grant.used += 1;
    let snapshot = grant.clone();
    let request = Request { state, grant: &snapshot, ask };
    let reply = request.answer().unwrap_or_else(|refused| refused).conditional(ask);
    let reply = reply.with("cache-control", "max-age=0, private, must-revalidate").with("vary", "Origin");
    limits(reply, &snapshot)
}

/// Adds how often may still be asked.
fn limits(reply: Reply, grant: &Grant) -> Reply {
    reply
        .with("ratelimit-limit", grant.limit)
        .with("ratelimit-name", "throttle_authenticated_api")
        .with("ratelimit-observed", grant.used)
        .with("ratelimit-remaining", grant.left())
        .with("ratelimit-reset", unix(grant.resets))
        .with("ratelimit-resettime", http_date(grant.resets))
        .with("x-request-id", format!("01J{:09}", grant.used))
}

/// An error as JSON.
fn error(status: u16, message: &str) -> Reply {
    Reply::json(status, &json!({ "message": message }))
}

/// A parameter that makes no sense.
fn invalid(name: &str) -> Reply {
    let what = if matches!(name, "page" | "per_page") { "is invalid" } else { "does not have a valid value" };
    Reply::json(400, &json!({ "error": format!("{name} {what}") }))
}

fn not_found(what: &str) -> Reply {
    error(404, &format!("404 {what}Not Found"))
}

/// GitLab's word. A job that waits for others is `created`; which wait for what is not known here.
const fn word(phase: Phase) -> &'static str {
    match phase {
        Phase::Queued => "pending",
        Phase::Running => "running",
        Phase::Over(End::Success) => "success",
        Phase::Over(End::Failure | End::TimedOut) => "failed",
        Phase::Over(End::Cancelled) => "canceled",
        Phase::Over(End::Skipped) => "skipped",
    }
}

struct Request<'r> {
    state: &'r State,
    grant: &'r Grant,
    ask: &'r Ask,
}

impl Request<'_> {
    fn answer(&self) -> Answer {
        if self.ask.method != Method::GET {
            return Err(error(405, "405 Method Not Allowed"));
        }
        let parts = self.ask.parts();
        let ["projects", which, ref rest @ ..] = parts[..] else { return Err(not_found("")) };
        let repo = match which.parse() {
            Ok(id) => self.state.repo_of(Forge::Gitlab, id),
            Err(_) => self.state.repo(Forge::Gitlab, which),
        };
        let Some(repo) = repo else {
            let moved = self.state.moved(Forge::Gitlab, which).filter(|repo| self.sees(repo));
            return Err(moved.map_or_else(|| not_found("Project "), |repo| self.moved(repo, rest)));
        };
        if !self.sees(repo) {
            return Err(not_found("Project "));
        }
        self.of_project(repo, rest)
    }

    fn sees(&self, repo: &Repo) -> bool {
        !repo.is_private || self.grant.sees_private
    }

    /// Where a renamed project is now.
    fn moved(&self, repo: &Repo, rest: &[&str]) -> Reply {
        let url = self.ask.address(&format!("projects/{}", repo.id), rest);
        let words = format!("This resource has been moved permanently to {url}");
        Reply::json(301, &json!({ "message": words })).with("location", url)
    }

    fn of_project(&self, repo: &Repo, rest: &[&str]) -> Answer {
        let now = self.ask.now;
        let shape = Shape { ask: self.ask, repo };
        let run = |id: &str| {
            let run = id.parse().ok().and_then(|id| repo.run(id));
            let run = run.filter(|run| run.created <= now).ok_or_else(|| not_found(""))?;
            let (_, attempt) = run.latest(now).ok_or_else(|| not_found(""))?;
            Ok::<_, Reply>((run, attempt))
        };
        let job = |id: &str| id.parse().ok().and_then(|id| repo.job(id, now)).ok_or_else(|| not_found(""));
        match *rest {
            [] => Ok(Reply::json(200, &shape.project())),
            ["pipelines"] => self.pipelines(&shape),
            ["pipelines", "latest"] => {
                let branch = self.ask.query.get("ref").unwrap_or(&repo.default_branch);
                let found = repo.runs_at(now).into_iter().find(|run| run.branch == branch);
                let run = found.ok_or_else(|| error(403, "403 Forbidden"))?;
                let (_, attempt) = run.latest(now).ok_or_else(|| not_found(""))?;
                Ok(Reply::json(200, &shape.pipeline(run, attempt, true)))
            }
            ["pipelines", id] => {
                let (run, attempt) = run(id)?;
                Ok(Reply::json(200, &shape.pipeline(run, attempt, true)))
            }
            ["pipelines", id, what @ ("jobs" | "bridges")] => {
                let (run, attempt) = run(id)?;
                self.jobs(&shape, run, attempt, what, rest)
            }
            ["jobs", id] => {
                let (run, _, job) = job(id)?;
                Ok(Reply::json(200, &shape.job(run, job)))
            }
            ["jobs", id, "trace"] => {
                let (_, _, job) = job(id)?;
                if !self.grant.reads_logs && repo.is_private {
                    return Err(error(403, "403 Forbidden"));
                }
                // The whole text each time: `Range` means nothing here.
                let name = format!("inline; filename=\"{}.log\"", job.id);
                Ok(Reply::new(200, "text/plain", job.written(now)).with("content-disposition", name))
            }
            ["repository", "compare"] => self.compare(&shape),
            _ => Err(not_found("")),
        }
    }

    /// A list by pages: numbered ones, or such that go on behind the last item.
    fn list<T>(&self, items: Vec<T>, rest: &str, id: impl Fn(&T) -> u64, make: impl Fn(&T) -> Value) -> Answer {
        let query = &self.ask.query;
        let address = format!("{}/{rest}", self.ask.base);
        if query.get("pagination") == Some("keyset") {
            let size = query.number("per_page").map_err(|()| invalid("per_page"))?.unwrap_or(USUAL).clamp(1, 100);
            let cursor = query.number("cursor").map_err(|()| invalid("cursor"))?;
            // Items come the newest first.
            let is_left = |item: &T| cursor.is_none_or(|cursor| id(item) < cursor as u64);
            let left: Vec<T> = items.into_iter().filter(is_left).collect();
            let list: Vec<Value> = left.iter().take(size).map(make).collect();
            let reply = Reply::json(200, &Value::Array(list)).with("x-per-page", size);
            if left.len() <= size {
                return Ok(reply);
            }
            let next = query.with(&[("cursor", id(&left[size - 1]).to_string())]);
            return Ok(reply.with("link", format!("<{address}?{next}>; rel=\"next\"")));
        }
        let page = Page::of(items, query, USUAL).map_err(|()| invalid("page"))?;
        let list: Vec<Value> = page.items.iter().map(make).collect();
        let (number, last) = (page.number, page.pages());
        let near = |is_there: bool, number: usize| if is_there { number.to_string() } else { String::new() };
        let reply = Reply::json(200, &Value::Array(list))
            .with("x-page", number)
            .with("x-per-page", page.size)
            .with("x-total", page.total)
            .with("x-total-pages", last)
            .with("x-next-page", near(number < last, number + 1))
            .with("x-prev-page", near(number > 1, number.saturating_sub(1)));
        Ok(match page.links(&address, query) {
            Some(links) => reply.with("link", links),
            None => reply,
        })
    }

    fn pipelines(&self, shape: &Shape<'_>) -> Answer {
        let (query, now) = (&self.ask.query, self.ask.now);
        if query.get("status").is_some_and(|status| !STATUSES.contains(&status)) {
            return Err(invalid("status"));
        }
        let moment = |name: &'static str| {
            let parse = |text: &str| Timestamp::from_jiff(text.parse().ok()?);
            query.get(name).map(|text| parse(text).ok_or_else(|| invalid(name))).transpose()
        };
        let (after, before) = (moment("updated_after")?, moment("updated_before")?);
        let is = |name: &str, value: &str| query.get(name).is_none_or(|wanted| wanted == value);
        let fits = |run: &&Run| {
            let Some((_, attempt)) = run.latest(now) else { return false };
            let updated = attempt.updated(now);
            is("ref", &run.branch)
                && is("sha", &run.sha)
                && is("source", &run.event)
                && is("username", &run.actor)
                && is("status", word(attempt.phase(now)))
                && after.is_none_or(|after| updated > after)
                && before.is_none_or(|before| updated < before)
        };
        let runs: Vec<_> = shape.repo.runs_at(now).into_iter().filter(fits).collect();
        let make = |run: &&Run| run.latest(now).map_or(Value::Null, |(_, attempt)| shape.pipeline(run, attempt, false));
        self.list(runs, &format!("projects/{}/pipelines", shape.repo.id), |run| run.id, make)
    }

    fn jobs(&self, shape: &Shape<'_>, run: &Run, attempt: &Attempt, what: &str, rest: &[&str]) -> Answer {
        let is_bridge = what == "bridges";
        // The service gives the newest first, so the last stage stands on top; retried ones only when they are asked for.
        let mut jobs: Vec<&Job> = attempt.jobs.iter().collect();
        if self.ask.query.get("include_retried") == Some("true") {
            let older = run.attempts.iter().filter(|other| other.started < attempt.started);
            jobs.extend(older.flat_map(|attempt| &attempt.jobs));
        }
        jobs.retain(|job| job.triggers.is_some() == is_bridge);
        jobs.sort_by_key(|job| std::cmp::Reverse(job.id));
        let address = format!("projects/{}/{}", shape.repo.id, rest.join("/"));
        self.list(
            jobs,
            &address,
            |job| job.id,
            |job| if is_bridge { shape.bridge(self.state, run, job) } else { shape.job(run, job) },
        )
    }

    fn compare(&self, shape: &Shape<'_>) -> Answer {
        let (query, repo) = (&self.ask.query, shape.repo);
        let side = |name: &str| {
            let which =
                query.get(name).ok_or_else(|| Reply::json(400, &json!({ "error": format!("{name} is missing") })))?;
            repo.commit(which, self.ask.now).ok_or_else(|| not_found("Ref "))
        };
        let (from, to) = (side("from")?, side("to")?);
        let before = repo.history(from);
        let mut commits = repo.history(to);
        commits.retain(|commit| before.iter().all(|other| other.sha != commit.sha));
        commits.reverse();
        let list: Vec<Value> = commits.iter().map(|commit| shape.commit(commit)).collect();
        let body = json!({
            "commit": commits.last().map(|commit| shape.commit(commit)),
            "commits": list,
            "diffs": [],
            "compare_timeout": false,
            "compare_same_ref": from.sha == to.sha,
            "web_url": format!("{}/-/compare/{}...{}", shape.page(), from.sha, to.sha),
        });
        Ok(Reply::json(200, &body))
    }
}

/// Makes JSON of what is in `repo`.
struct Shape<'s> {
    ask: &'s Ask,
    repo: &'s Repo,
}

impl Shape<'_> {
    /// The page for people.
    fn page(&self) -> String {
        format!("{}/{}", self.ask.site, self.repo.path)
    }

    fn project(&self) -> Value {
        let (group, name) = self.repo.path.rsplit_once('/').unwrap_or(("", &self.repo.path));
        json!({
            "id": self.repo.id,
            "description": null,
            "name": name,
            "name_with_namespace": self.repo.path.replace('/', " / "),
            "path": name,
            "path_with_namespace": self.repo.path,
            "created_at": millis(self.repo.created),
            "default_branch": self.repo.default_branch,
            "ssh_url_to_repo": format!("git@127.0.0.1:{}.git", self.repo.path),
            "http_url_to_repo": format!("{}.git", self.page()),
            "web_url": self.page(),
            "visibility": if self.repo.is_private { "private" } else { "public" },
            "namespace": { "id": 1, "name": group, "path": group, "kind": "group", "full_path": group },
            "archived": false,
            "jobs_enabled": true,
            "public_jobs": !self.repo.is_private,
            "last_activity_at": millis(self.ask.now),
            "_links": { "self": format!("{}/projects/{}", self.ask.base, self.repo.id) },
        })
    }

    fn user(&self, name: &str) -> Value {
        json!({
            "id": 42,
            "username": name,
            "name": name,
            "state": "active",
            "locked": false,
            "avatar_url": null,
            "web_url": format!("{}/{}", self.ask.site, encode(name)),
        })
    }

    fn pipeline(&self, run: &Run, attempt: &Attempt, is_whole: bool) -> Value {
        let now = self.ask.now;
        let phase = attempt.phase(now);
        let mut value = json!({
            "id": run.id,
            "iid": run.number,
            "project_id": self.repo.id,
            "sha": run.sha,
            "ref": run.branch,
            "status": word(phase),
            "source": run.event,
            "created_at": millis(run.created),
            "updated_at": millis(attempt.updated(now)),
            "web_url": format!("{}/-/pipelines/{}", self.page(), run.id),
            "name": null,
        });
        if !is_whole {
            return value;
        }
        let started = attempt.jobs.iter().filter_map(|job| job.span.started_by(now)).min();
        let finished = matches!(phase, Phase::Over(_)).then(|| attempt.updated(now));
        let duration = started.zip(finished).map(|(from, to)| (to.0 - from.0) / SECOND);
        let text = word(phase);
        let more = json!({
            "before_sha": "0000000000000000000000000000000000000000",
            "tag": false,
            "yaml_errors": null,
            "user": self.user(&run.actor),
            "started_at": started.map(millis),
            "finished_at": finished.map(millis),
            "committed_at": null,
            "duration": duration,
            "queued_duration": started.map(|at| (at.0 - run.created.0) / SECOND),
            "coverage": null,
            "detailed_status": {
                "icon": format!("status_{text}"), "text": text, "label": text, "group": text, "tooltip": text,
                "has_details": true, "details_path": format!("/{}/-/pipelines/{}", self.repo.path, run.id),
            },
        });
        if let (Value::Object(value), Value::Object(more)) = (&mut value, more) {
            value.extend(more);
        }
        value
    }

    fn job(&self, run: &Run, job: &Job) -> Value {
        let now = self.ask.now;
        let phase = job.span.phase(now);
        let (started, ended) = (job.span.started_by(now), job.span.ended_by(now));
        let duration = started.map(|from| (ended.unwrap_or(now).0 - from.0) as f64 / SECOND as f64);
        let reason = match phase {
            Phase::Over(End::Failure) => Some("script_failure"),
            Phase::Over(End::TimedOut) => Some("job_execution_timeout"),
            _ => None,
        };
        let is_over = matches!(phase, Phase::Over(end) if end != End::Skipped);
        let mut artifacts = Vec::new();
        if is_over && started.is_some() {
            let size = job.written(now).len();
            artifacts.push(json!({ "file_type": "trace", "size": size, "filename": "job.log", "file_format": null }));
        }
        let archive = (is_over && job.has_artifacts).then(|| json!({ "filename": "artifacts.zip", "size": 18_204 }));
        if archive.is_some() {
            let file =
                json!({ "file_type": "archive", "size": 18_204, "filename": "artifacts.zip", "file_format": "zip" });
            artifacts.push(file);
        }
        let commit = self.repo.commits.iter().find(|commit| commit.sha == run.sha);
        let mut value = json!({
            "id": job.id,
            "status": word(phase),
            "stage": job.stage,
            "name": job.name,
            "ref": run.branch,
            "tag": false,
            "coverage": null,
            "allow_failure": job.may_fail,
            "created_at": millis(run.created),
            "started_at": started.map(millis),
            "finished_at": ended.map(millis),
            "erased_at": null,
            "duration": duration,
            "queued_duration": started.map(|_| job.waited(run.created)),
            "user": self.user(&run.actor),
            "commit": commit.map(|commit| self.commit(commit)),
            "pipeline": {
                "id": run.id, "iid": run.number, "project_id": self.repo.id, "sha": run.sha, "ref": run.branch,
                "status": run.latest(now).map(|(_, attempt)| word(attempt.phase(now))), "source": run.event,
                "web_url": format!("{}/-/pipelines/{}", self.page(), run.id),
            },
            "web_url": format!("{}/-/jobs/{}", self.page(), job.id),
            "project": { "ci_job_token_scope_enabled": false },
            "artifacts": artifacts,
            "runner": started.map(|_| json!({ "id": 7, "description": "docker-eu-7", "active": true, "is_shared": true })),
            "artifacts_expire_at": null,
            "archived": run.has_expired,
            "tag_list": [],
        });
        if let Value::Object(value) = &mut value {
            // Both are left out where there is nothing.
            value.extend(archive.map(|file| ("artifacts_file".to_owned(), file)));
            value.extend(reason.map(|reason| ("failure_reason".to_owned(), json!(reason))));
        }
        value
    }

    /// A job that starts another pipeline.
    fn bridge(&self, state: &State, run: &Run, job: &Job) -> Value {
        let now = self.ask.now;
        let of = |(path, id): &(String, u64)| {
            let repo = state.repo(Forge::Gitlab, path)?;
            let run = repo.run(*id).filter(|run| run.created <= now)?;
            let (_, attempt) = run.latest(now)?;
            Some(Shape { ask: self.ask, repo }.pipeline(run, attempt, false))
        };
        let downstream = job.triggers.as_ref().and_then(of);
        let mut value = self.job(run, job);
        if let Value::Object(value) = &mut value {
            for name in ["artifacts", "artifacts_file", "runner", "artifacts_expire_at", "tag_list"] {
                value.remove(name);
            }
            value.insert("downstream_pipeline".to_owned(), downstream.unwrap_or_default());
        }
        value
    }

    fn commit(&self, commit: &Commit) -> Value {
        let email = format!("{}@acme.test", commit.author);
        let parents: Vec<&str> = [commit.parent.as_str()].into_iter().filter(|sha| !sha.is_empty()).collect();
        json!({
            "id": commit.sha,
            "short_id": commit.sha.get(..8).unwrap_or(&commit.sha),
            "created_at": millis(commit.at),
            "parent_ids": parents,
            "title": commit.message.lines().next().unwrap_or_default(),
            "message": commit.message,
            "author_name": commit.author,
            "author_email": email,
            "authored_date": millis(commit.at),
            "committer_name": commit.author,
            "committer_email": email,
            "committed_date": millis(commit.at),
            "web_url": format!("{}/-/commit/{}", self.page(), commit.sha),
        })
    }
}
