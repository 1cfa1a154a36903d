//! The parts of GitHub's REST interface (version 2022-11-28) that logdeck uses.
//!
//! Owns its paths, limits, errors and headers. Must not know sockets; `json` has the shapes of answers.

mod json;

use super::answer::{Ask, Page, Reply, hash, unix};
use super::archive;
use super::blob::Blobs;
use super::state::{Attempt, Grant, Job, Phase, Repo, Run, State};
use crate::model::Timestamp;
use crate::model::ci::Forge;
use bytes::Bytes;
use hyper::Method;
use json::Shape;
use serde_json::{Value, json};

/// An answer, or a refusal.
type Answer = Result<Reply, Reply>;

/// The words that `status` may be.
const STATUSES: [&str; 14] = [
    "completed",
    "action_required",
    "cancelled",
    "failure",
    "neutral",
    "skipped",
    "stale",
    "success",
    "timed_out",
    "in_progress",
    "queued",
    "requested",
    "waiting",
    "pending",
];
/// Runs that a search gives at most.
const MAX_FOUND: usize = 1000;
/// Items of a page when nothing is said.
const USUAL: usize = 30;
/// Notes that are kept of a job, whatever it left.
const MAX_NOTES: usize = 10;

/// Answers a request.
pub(super) fn answer(state: &mut State, blobs: &mut Blobs, blob_base: &str, ask: &Ask) -> Reply {
    if ask.header("user-agent").is_none() {
        let words = "Request forbidden by administrative rules. Please make sure your request has a User-Agent header.";
        return Reply::new(403, "text/html; charset=utf-8", words);
    }
    let token = ask.token();
    let Some(grant) = state.grant(token) else {
        let Some(anonymous) = state.grant(None) else { return error(500, "no anonymous grant") };
        anonymous.roll(ask.now);
        return limits(error(401, "Bad credentials"), anonymous);
    };
    grant.roll(ask.now);
    let is_free = ask.path == ["rate_limit"];
    if grant.left() == 0 && !is_free {
        let whom = if token.is_some() { "user ID 1" } else { "127.0.0.1" };
        return limits(error(403, &format!("API rate limit exceeded for {whom}.")), grant);
    }
    let snapshot = grant.clone();
    let reply = if is_free {
        rate_limit(&snapshot)
    } else {
        let request = Request { state, grant: &snapshot, blob_base, ask };
        request.answer(blobs).unwrap_or_else(|refused| refused).conditional(ask)
    };
    // What did not change is free for those who say who they are.
    let has_token = token.is_some();
    let costs = !(is_free || reply.status == 304 && has_token);
    let Some(grant) = state.grant(token) else { return reply };
    grant.used += u64::from(costs);
    let reply = limits(reply, grant)
        .with("x-github-media-type", "github.v3; format=json")
        .with("x-github-api-version-selected", "2022-11-28")
        .with("vary", "Accept, Authorization, Cookie, X-GitHub-OTP,Accept-Encoding, Accept, X-Requested-With");
    if !has_token {
        return reply.with("cache-control", "public, max-age=60, s-maxage=60");
    }
    let reply = reply.with("cache-control", "private, max-age=60, s-maxage=60");
    if grant.scopes.is_empty() {
        return reply.with("x-accepted-github-permissions", "actions=read");
    }
    reply.with("x-oauth-scopes", &grant.scopes).with("x-accepted-oauth-scopes", "")
}

/// An error as JSON.
fn error(status: u16, message: &str) -> Reply {
    let documentation = "https://docs.github.com/rest";
    let body = json!({ "message": message, "documentation_url": documentation, "status": status.to_string() });
    Reply::json(status, &body)
}

/// A parameter that makes no sense.
fn invalid(field: &str) -> Reply {
    let body = json!({
        "message": "Validation Failed",
        "errors": [{ "resource": "WorkflowRun", "field": field, "code": "invalid" }],
        "documentation_url": "https://docs.github.com/rest/actions/workflow-runs",
        "status": "422",
    });
    Reply::json(422, &body)
}

fn not_found() -> Reply {
    error(404, "Not Found")
}

/// Adds how often may still be asked.
fn limits(reply: Reply, grant: &Grant) -> Reply {
    reply
        .with("x-ratelimit-limit", grant.limit)
        .with("x-ratelimit-remaining", grant.left())
        .with("x-ratelimit-used", grant.used)
        .with("x-ratelimit-reset", unix(grant.resets))
        .with("x-ratelimit-resource", "core")
        .with("x-github-request-id", format!("0000:{:04X}:1", grant.used))
}

fn rate_limit(grant: &Grant) -> Reply {
    let used = grant.limit - grant.left();
    let core = json!({ "limit": grant.limit, "remaining": grant.left(), "reset": unix(grant.resets), "used": used });
    let search = json!({ "limit": 30, "remaining": 30, "reset": unix(grant.resets), "used": 0 });
    Reply::json(200, &json!({ "resources": { "core": core, "search": search }, "rate": core }))
}

struct Request<'r> {
    state: &'r State,
    grant: &'r Grant,
    blob_base: &'r str,
    ask: &'r Ask,
}

impl Request<'_> {
    fn answer(&self, blobs: &mut Blobs) -> Answer {
        if self.ask.method != Method::GET {
            return Err(not_found());
        }
        let parts = self.ask.parts();
        match parts[..] {
            ["repos", owner, name, ref rest @ ..] => {
                let path = format!("{owner}/{name}");
                if let Some(repo) = self.state.repo(Forge::Github, &path) {
                    return self.of_repo(repo, rest, blobs);
                }
                let moved = self.state.moved(Forge::Github, &path).filter(|repo| self.sees(repo));
                Err(moved.map_or_else(not_found, |repo| self.moved(repo, rest)))
            }
            ["repositories", id, ref rest @ ..] => {
                let repo = id.parse().ok().and_then(|id| self.state.repo_of(Forge::Github, id));
                self.of_repo(repo.ok_or_else(not_found)?, rest, blobs)
            }
            _ => Err(not_found()),
        }
    }

    fn sees(&self, repo: &Repo) -> bool {
        !repo.is_private || self.grant.sees_private
    }

    /// Where a renamed repository is now.
    fn moved(&self, repo: &Repo, rest: &[&str]) -> Reply {
        let url = self.ask.address(&format!("repositories/{}", repo.id), rest);
        let body = json!({
            "message": "Moved Permanently",
            "url": url,
            "documentation_url": "https://docs.github.com/rest/guides/best-practices-for-using-the-rest-api#follow-redirects",
        });
        Reply::json(301, &body).with("location", url)
    }

    fn of_repo(&self, repo: &Repo, rest: &[&str], blobs: &mut Blobs) -> Answer {
        if !self.sees(repo) {
            return Err(not_found());
        }
        let now = self.ask.now;
        let shape = Shape { ask: self.ask, repo };
        let run = |id: &str| {
            let run = id.parse().ok().and_then(|id| repo.run(id));
            run.filter(|run| run.created <= now).ok_or_else(not_found)
        };
        let attempt_of = |run: &'_ Run, n: &str| {
            n.parse::<usize>().ok().filter(|n| run.attempt(*n).is_some_and(|a| a.started <= now)).ok_or_else(not_found)
        };
        match *rest {
            [] => Ok(Reply::json(200, &shape.full_repository())),
            ["actions", "workflows"] => self.workflows(&shape),
            ["actions", "workflows", which] => {
                let workflow = workflow_id(repo, which)?;
                let found = repo.workflows.iter().find(|found| found.id == workflow);
                Ok(Reply::json(200, &shape.workflow(found.ok_or_else(not_found)?)))
            }
            ["actions", "workflows", which, "runs"] => self.runs(&shape, Some(workflow_id(repo, which)?), rest),
            ["actions", "runs"] => self.runs(&shape, None, rest),
            ["actions", "runs", id] => {
                let run = run(id)?;
                let (number, _) = run.latest(now).ok_or_else(not_found)?;
                Ok(Reply::json(200, &shape.run(run, number)))
            }
            ["actions", "runs", id, "attempts", n] => {
                let run = run(id)?;
                Ok(Reply::json(200, &shape.run(run, attempt_of(run, n)?)))
            }
            ["actions", "runs", id, "jobs"] => {
                let run = run(id)?;
                let all = match self.ask.query.get("filter") {
                    None | Some("latest") => false,
                    Some("all") => true,
                    Some(_) => return Err(invalid("filter")),
                };
                let attempts: Vec<usize> = if all {
                    (1..=run.attempts.len()).filter(|n| run.attempts[n - 1].started <= now).collect()
                } else {
                    run.latest(now).into_iter().map(|(number, _)| number).collect()
                };
                self.jobs(&shape, run, &attempts, rest)
            }
            ["actions", "runs", id, "attempts", n, "jobs"] => {
                let run = run(id)?;
                self.jobs(&shape, run, &[attempt_of(run, n)?], rest)
            }
            ["actions", "jobs", id] => {
                let (run, attempt, job) = job_of(repo, id, now)?;
                Ok(Reply::json(200, &shape.job(run, attempt, job)))
            }
            ["actions", "runs", id, "logs"] => {
                let run = run(id)?;
                let (number, _) = run.latest(now).ok_or_else(not_found)?;
                self.archive(repo, run, number, blobs)
            }
            ["actions", "runs", id, "attempts", n, "logs"] => {
                let run = run(id)?;
                self.archive(repo, run, attempt_of(run, n)?, blobs)
            }
            ["actions", "jobs", id, "logs"] => {
                let (run, _, job) = job_of(repo, id, now)?;
                self.job_log(run, job, blobs)
            }
            ["check-runs", id, "annotations"] => {
                let (run, _, job) = job_of(repo, id, now)?;
                let notes: Vec<_> = job.notes.iter().take(MAX_NOTES).collect();
                let page = Page::of(notes, &self.ask.query, USUAL).map_err(|()| invalid("page"))?;
                let list: Vec<Value> = page.items.iter().map(|note| shape.note(run, note)).collect();
                Ok(self.linked(Reply::json(200, &Value::Array(list)), &page, repo, rest))
            }
            ["commits", which, "check-runs"] => self.check_runs(&shape, which, rest),
            ["compare", heads] => self.compare(&shape, heads),
            _ => Err(not_found()),
        }
    }

    /// Adds the addresses of the other pages. They name the repository by its id, as GitHub does.
    fn linked<T>(&self, reply: Reply, page: &Page<T>, repo: &Repo, rest: &[&str]) -> Reply {
        let address = format!("{}/repositories/{}/{}", self.ask.base, repo.id, rest.join("/"));
        match page.links(&address, &self.ask.query) {
            Some(links) => reply.with("link", links),
            None => reply,
        }
    }

    fn workflows(&self, shape: &Shape<'_>) -> Answer {
        let all = shape.repo.workflows.iter().collect();
        let page = Page::of(all, &self.ask.query, USUAL).map_err(|()| invalid("page"))?;
        let list: Vec<Value> = page.items.iter().map(|workflow| shape.workflow(workflow)).collect();
        let reply = Reply::json(200, &json!({ "total_count": page.total, "workflows": list }));
        Ok(self.linked(reply, &page, shape.repo, &["actions", "workflows"]))
    }

    fn runs(&self, shape: &Shape<'_>, workflow: Option<u64>, rest: &[&str]) -> Answer {
        let (query, now) = (&self.ask.query, self.ask.now);
        let created = query.get("created").map(|text| Moments::parse(text).ok_or_else(|| invalid("created")));
        let created = created.transpose()?;
        if query.get("status").is_some_and(|status| !STATUSES.contains(&status)) {
            return Err(invalid("status"));
        }
        let is = |name: &str, value: &str| query.get(name).is_none_or(|wanted| wanted == value);
        let fits = |run: &&Run| {
            let Some((_, attempt)) = run.latest(now) else { return false };
            let (status, conclusion) = json::words(attempt.phase(now));
            workflow.is_none_or(|id| id == run.workflow)
                && is("branch", &run.branch)
                && query.get("actor").is_none_or(|actor| actor.eq_ignore_ascii_case(&run.actor))
                && is("event", &run.event)
                && is("head_sha", &run.sha)
                && query.get("status").is_none_or(|wanted| wanted == status || Some(wanted) == conclusion)
                && created.as_ref().is_none_or(|moments| moments.contain(run.created))
        };
        let mut runs: Vec<_> = shape.repo.runs_at(now).into_iter().filter(fits).collect();
        let names = ["branch", "actor", "event", "status", "created", "head_sha"];
        if names.iter().any(|name| query.get(name).is_some()) {
            runs.truncate(MAX_FOUND);
        }
        let page = Page::of(runs, query, USUAL).map_err(|()| invalid("page"))?;
        let list = page.items.iter().filter_map(|run| Some(shape.run(run, run.latest(now)?.0)));
        let list: Vec<Value> = list.collect();
        let reply = Reply::json(200, &json!({ "total_count": page.total, "workflow_runs": list }));
        Ok(self.linked(reply, &page, shape.repo, rest))
    }

    fn jobs(&self, shape: &Shape<'_>, run: &Run, attempts: &[usize], rest: &[&str]) -> Answer {
        let of = |n: usize| run.attempt(n).into_iter().flat_map(|attempt| &attempt.jobs).map(move |job| (n, job));
        let all: Vec<(usize, &Job)> = attempts.iter().copied().flat_map(of).collect();
        let page = Page::of(all, &self.ask.query, USUAL).map_err(|()| invalid("page"))?;
        let list: Vec<Value> = page.items.iter().map(|(n, job)| shape.job(run, *n, job)).collect();
        let reply = Reply::json(200, &json!({ "total_count": page.total, "jobs": list }));
        Ok(self.linked(reply, &page, shape.repo, rest))
    }

    /// Whether logs may be read at all.
    fn reads_logs(&self, run: &Run) -> Result<(), Reply> {
        if !self.grant.reads_logs {
            let refused = error(403, "Must have admin rights to Repository.");
            return Err(refused.with("x-accepted-github-permissions", "actions=read"));
        }
        if run.has_expired {
            return Err(error(410, "The logs for this run have expired and are no longer available."));
        }
        Ok(())
    }

    fn archive(&self, repo: &Repo, run: &Run, number: usize, blobs: &mut Blobs) -> Answer {
        self.reads_logs(run)?;
        let now = self.ask.now;
        let attempt = run.attempt(number).ok_or_else(not_found)?;
        if !matches!(attempt.phase(now), Phase::Over(_)) {
            return Err(not_found());
        }
        let name = format!("actions-results/workflow-run-{}/attempt-{number}/run-logs.zip", run.id);
        let source = hash(&(source_of(attempt), repo.names));
        blobs.keep(&name, "application/zip", source, now, || match &attempt.archive {
            Some(archive) => archive.clone(),
            None => Bytes::from(archive::zip(&archive::entries(attempt, repo.names, now))),
        });
        Ok(self.to_blob(&name))
    }

    /// The log of a job that is not over has an address, at which there is nothing.
    fn job_log(&self, run: &Run, job: &Job, blobs: &mut Blobs) -> Answer {
        self.reads_logs(run)?;
        let now = self.ask.now;
        let name = format!("actions-results/workflow-run-{}/job-{}/job-logs.txt", run.id, job.id);
        let is_there = matches!(job.span.phase(now), Phase::Over(_)) && job.span.started_by(now).is_some();
        if is_there {
            blobs.keep(&name, "text/plain; charset=utf-8", source_of_job(job), now, || job.written(now));
        } else {
            blobs.forget(&name);
        }
        Ok(self.to_blob(&name))
    }

    fn to_blob(&self, name: &str) -> Reply {
        let address = Blobs::sign(self.blob_base, name, self.ask.now);
        Reply::new(302, "text/html;charset=utf-8", Bytes::new()).with("location", address)
    }

    fn check_runs(&self, shape: &Shape<'_>, which: &str, rest: &[&str]) -> Answer {
        let now = self.ask.now;
        let runs = shape.repo.runs_at(now).into_iter().filter(|run| run.sha.starts_with(which) && which.len() >= 4);
        let jobs = runs.filter_map(|run| Some((run, run.latest(now)?.1)));
        let all: Vec<_> = jobs.flat_map(|(run, attempt)| attempt.jobs.iter().map(move |job| (run, job))).collect();
        if all.is_empty() && shape.repo.commit(which, now).is_none() {
            let refused = error(422, &format!("No commit found for SHA: {which}"));
            return Err(refused);
        }
        let page = Page::of(all, &self.ask.query, USUAL).map_err(|()| invalid("page"))?;
        let list: Vec<Value> = page.items.iter().map(|(run, job)| shape.check_run(run, job)).collect();
        let reply = Reply::json(200, &json!({ "total_count": page.total, "check_runs": list }));
        Ok(self.linked(reply, &page, shape.repo, rest))
    }

    fn compare(&self, shape: &Shape<'_>, heads: &str) -> Answer {
        let repo = shape.repo;
        let (base, head) = heads.split_once("...").ok_or_else(not_found)?;
        let of = |name: &str| repo.commit(name, self.ask.now).ok_or_else(not_found);
        let (base, head) = (of(base)?, of(head)?);
        let (before, after) = (repo.history(base), repo.history(head));
        let common = after.iter().find(|commit| before.iter().any(|other| other.sha == commit.sha));
        let common = *common.ok_or_else(|| error(404, "No common ancestor between the two."))?;
        let behind = before.iter().take_while(|commit| commit.sha != common.sha).count();
        let mut ahead: Vec<_> = after.into_iter().take_while(|commit| commit.sha != common.sha).collect();
        ahead.reverse();
        Ok(Reply::json(200, &shape.comparison([base, head, common], behind, &ahead)))
    }
}

/// What an archive is made from, so that it is made again only when that changed.
fn source_of(attempt: &Attempt) -> u64 {
    let jobs: Vec<_> = attempt.jobs.iter().map(source_of_job).collect();
    hash(&(jobs, attempt.archive.as_ref().map(|bytes| (bytes.as_ptr().addr(), bytes.len()))))
}

fn source_of_job(job: &Job) -> u64 {
    let place = |bytes: &Bytes| (bytes.as_ptr().addr(), bytes.len());
    let steps: Vec<_> = job.steps.iter().map(|step| (&step.name, place(&step.log))).collect();
    hash(&(job.id, &job.name, job.has_step_files, steps, job.log.as_ref().map(place)))
}

/// The id of a workflow that is named by it or by its file.
fn workflow_id(repo: &Repo, which: &str) -> Result<u64, Reply> {
    let is_it = |id: u64, file: &str| which == file || which.parse() == Ok(id);
    let found = repo.workflows.iter().find(|workflow| is_it(workflow.id, &workflow.file));
    found.map(|workflow| workflow.id).ok_or_else(not_found)
}

fn job_of<'r>(repo: &'r Repo, id: &str, now: Timestamp) -> Result<(&'r Run, usize, &'r Job), Reply> {
    id.parse().ok().and_then(|id| repo.job(id, now)).ok_or_else(not_found)
}

/// Moments from the first to the second, both included.
struct Moments(Timestamp, Timestamp);

impl Moments {
    /// Reads `2026-11-21`, `>=2026-11-21T03:00:00Z`, `<…`, `A..B`, `A..*`.
    fn parse(text: &str) -> Option<Self> {
        let first = |text: &str| {
            let whole = text.parse::<jiff::Timestamp>().ok();
            let day =
                || Some(text.parse::<jiff::civil::Date>().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp());
            whole.or_else(day).and_then(Timestamp::from_jiff)
        };
        let is_day = |text: &str| !text.contains('T');
        let last = |text: &str| {
            let rest = if is_day(text) { 86_400 } else { 1 };
            first(text).map(|at| at.saturating_add(rest * crate::model::time::SECOND - 1))
        };
        if let Some((from, to)) = text.split_once("..") {
            let from = if from == "*" { Some(Timestamp::MIN) } else { first(from) };
            let to = if to == "*" { Some(Timestamp::MAX) } else { last(to) };
            return Some(Self(from?, to?));
        }
        if let Some(text) = text.strip_prefix(">=") {
            return first(text).map(|at| Self(at, Timestamp::MAX));
        }
        if let Some(text) = text.strip_prefix('>') {
            return last(text).map(|at| Self(at.saturating_add(1), Timestamp::MAX));
        }
        if let Some(text) = text.strip_prefix("<=") {
            return last(text).map(|at| Self(Timestamp::MIN, at));
        }
        if let Some(text) = text.strip_prefix('<') {
            return first(text).map(|at| Self(Timestamp::MIN, at.saturating_add(-1)));
        }
        Some(Self(first(text)?, last(text)?))
    }

    fn contain(&self, at: Timestamp) -> bool {
        self.0 <= at && at <= self.1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_the_search_reads_them() {
        let check = |text: &str, expected: [bool; 4]| {
            let moments = Moments::parse(text).unwrap();
            let at = |text: &str| Timestamp::from_jiff(text.parse().unwrap()).unwrap();
            let times =
                ["2026-11-20T23:59:59Z", "2026-11-21T00:00:00Z", "2026-11-21T03:00:00Z", "2026-11-22T00:00:00Z"];
            assert_eq!(times.map(|time| moments.contain(at(time))), expected, "{text}");
        };
        check("2026-11-21", [false, true, true, false]);
        check(">=2026-11-21", [false, true, true, true]);
        check(">2026-11-21", [false, false, false, true]);
        check("<2026-11-21", [true, false, false, false]);
        check("<=2026-11-21T03:00:00Z", [true, true, true, false]);
        check("2026-11-20..2026-11-21T00:00:00Z", [true, true, false, false]);
        check("2026-11-21T01:00:00+00:00..*", [false, false, true, true]);
        assert!(Moments::parse("yesterday").is_none());
    }
}
