//! JSON of both services, and what it means.

use super::super::{RunWish, ask, find_run, github, gitlab, list_runs};
use super::script::{BASE, Say, repo, run, world, world_of};
use crate::model::Timestamp;
use crate::model::ci::{Forge, Progress, Repo, RunFilter};
use crate::model::time::SECOND;

const RUN: &str = r#"{"id": 30433642, "name": "Build", "node_id": "x", "head_branch": "main", "head_sha": "acb5820c",
    "path": ".github/workflows/build.yml", "display_title": "Fix it", "run_number": 562, "event": "push",
    "status": "completed", "conclusion": "failure", "workflow_id": 159038, "html_url": "https://github.com/a/b/actions/runs/1",
    "pull_requests": [], "created_at": "2026-01-22T19:33:08Z", "updated_at": "2026-01-22T19:40:08Z",
    "actor": {"login": "octocat", "id": 1}, "run_attempt": 2, "run_started_at": "2026-01-22T19:35:00Z"}"#;

#[test]
fn a_run_of_github() {
    let run = github::parse_run(RUN.as_bytes()).unwrap();
    assert_eq!((run.id, run.number, run.attempt, run.workflow_id), (30_433_642, 562, 2, 159_038));
    assert_eq!((run.workflow.as_str(), run.branch.as_str(), run.title.as_str()), ("Build", "main", "Fix it"));
    assert_eq!((run.actor.as_str(), run.event.as_str(), run.progress), ("octocat", "push", Progress::Failed));
    assert_eq!(run.started, Some(Timestamp(1_769_110_500 * SECOND)));
    assert_eq!(run.updated, Some(Timestamp(1_769_110_808 * SECOND)));
}

#[test]
fn nulls_and_surprises_are_survived() {
    let odd = r#"{"workflow_runs": [{"id": 1, "name": null, "path": ".github/workflows/ci.yml@main", "actor": null,
        "head_branch": null, "conclusion": null, "status": "new_state", "run_attempt": null, "created_at": "never"},
        17, null, {"id": null}, {"id": 2, "actor": [], "run_number": "9", "status": "in_progress"}], "total_count": "x"}"#;
    let runs = github::parse_runs(odd.as_bytes()).unwrap();
    assert_eq!(runs.iter().map(|run| (run.id, run.number, run.attempt)).collect::<Vec<_>>(), [(1, 0, 1), (2, 9, 1)]);
    assert_eq!((runs[0].workflow.as_str(), runs[0].progress, runs[0].started), ("ci.yml", Progress::Unknown, None));
    assert!(github::parse_runs(b"{}").is_err());
    assert!(github::parse_runs(b"[]").is_err());
    assert!(github::parse_run(b"{\"id\":0}").is_err());
    assert_eq!(github::parse_jobs(b"{\"jobs\":null}").unwrap(), []);
    assert!(gitlab::parse_pipelines(b"{\"id\":1}").is_err());
}

#[test]
fn states_of_github() {
    let check = |status: &str, conclusion: &str, expected: Progress| {
        let json = format!("{{\"id\":1,\"status\":\"{status}\",\"conclusion\":{conclusion}}}");
        assert_eq!(github::parse_run(json.as_bytes()).unwrap().progress, expected, "{json}");
    };
    check("queued", "null", Progress::Waiting);
    check("waiting", "null", Progress::Waiting);
    check("in_progress", "null", Progress::Running);
    check("completed", "\"success\"", Progress::Passed);
    check("completed", "\"failure\"", Progress::Failed);
    check("completed", "\"startup_failure\"", Progress::Failed);
    check("completed", "\"timed_out\"", Progress::TimedOut);
    check("completed", "\"cancelled\"", Progress::Cancelled);
    check("completed", "\"skipped\"", Progress::Skipped);
    check("completed", "\"neutral\"", Progress::Tolerated);
    check("completed", "\"action_required\"", Progress::Waiting);
    check("completed", "\"new\"", Progress::Unknown);
}

#[test]
fn jobs_of_github() {
    let json = r#"{"total_count": 1, "jobs": [{"id": 9, "run_id": 5, "run_attempt": 2, "name": "test (a)", "status": "completed",
        "conclusion": "failure", "started_at": "2026-01-01T00:00:00Z", "completed_at": "2026-01-01T00:01:00Z",
        "steps": [{"name": "Set up job", "status": "completed", "conclusion": "success", "number": 1,
            "started_at": "2026-01-01T00:00:00.000Z", "completed_at": "2026-01-01T00:00:02Z"},
            {"name": "Test", "status": "completed", "conclusion": "skipped", "number": 4, "started_at": null}]}]}"#;
    let jobs = github::parse_jobs(json.as_bytes()).unwrap();
    assert_eq!((jobs[0].id, jobs[0].name.as_str(), jobs[0].progress), (9, "test (a)", Progress::Failed));
    let steps: Vec<_> = jobs[0].steps.iter().map(|step| (step.number, step.progress)).collect();
    assert_eq!(steps, [(1, Progress::Passed), (4, Progress::Skipped)]);
    assert_eq!(jobs[0].steps[0].ended.unwrap().0 - jobs[0].steps[0].started.unwrap().0, 2 * SECOND);
    let (_, of) = github::parse_job(br#"{"id":9,"run_id":5,"run_attempt":2,"status":"queued"}"#).unwrap();
    assert_eq!(of, (5, 2));
}

#[test]
fn paths_of_github() {
    let filter = |branch: &str, workflow: &str, actor: &str, only| RunFilter {
        branch: branch.into(),
        workflow: workflow.into(),
        actor: actor.into(),
        only,
    };
    let check = |filter: &RunFilter, expected: &str| {
        assert_eq!(github::runs("acme/api", filter, 100), format!("/repos/acme/api/actions{expected}"));
    };
    check(&RunFilter::default(), "/runs?per_page=100");
    check(
        &filter("feat/a b", "", "me", Some(Progress::Failed)),
        "/runs?per_page=100&branch=feat%2Fa%20b&actor=me&status=failure",
    );
    check(&filter("", "ci.yml", "", None), "/workflows/ci.yml/runs?per_page=100");
    check(&filter("", ".github/workflows/ci.yaml", "", None), "/workflows/ci.yaml/runs?per_page=100");
    check(&filter("", "123", "", Some(Progress::Tolerated)), "/workflows/123/runs?per_page=100");
    check(&filter("", "Build it", "", None), "/runs?per_page=100");
    let run = github::parse_run(RUN.as_bytes()).unwrap();
    assert!(
        github::is_wanted(&run, &filter("", "build", "", None))
            && !github::is_wanted(&run, &filter("", "Test", "", None))
    );
    assert_eq!(github::jobs("a/b", (5, 0)), "/repos/a/b/actions/runs/5/attempts/1/jobs?per_page=100");
    assert_eq!(github::repo("a b/../c"), "/repos/a%20b/../c");
    assert_eq!(github::compare("a/b", "1", "2"), "/repos/a/b/compare/1...2?per_page=1&page=2");
    let greens = github::greens("a/b", &run, "main");
    assert!(
        greens.starts_with(
            "/repos/a/b/actions/workflows/159038/runs?branch=main&status=success&per_page=20&created=%3C%3D2026-01-22"
        ),
        "{greens}"
    );
}

#[test]
fn annotations_and_commits() {
    let json =
        r#"[{"path": "src/a.rs", "start_line": 4, "annotation_level": "failure", "message": "no"}, {"path": null}]"#;
    let list = github::parse_annotations(json.as_bytes()).unwrap();
    assert_eq!((list[0].path.as_str(), list[0].line, list[0].level.as_str()), ("src/a.rs", 4, "failure"));
    assert_eq!(list.len(), 2);
    assert_eq!(github::parse_compare(br#"{"ahead_by": 3, "total_commits": 4}"#).unwrap(), Some(3));
    assert_eq!(github::parse_compare(br#"{"total_commits": 4}"#).unwrap(), Some(4));
    assert_eq!(gitlab::parse_compare(br#"{"commits": [{}, {}]}"#).unwrap(), Some(2));
    assert_eq!(gitlab::parse_compare(br#"{"commits": null}"#).unwrap(), None);
}

#[test]
fn pipelines_and_jobs_of_gitlab() {
    let json = r#"[{"id": 47, "iid": 12, "project_id": 1, "status": "failed", "source": "push", "ref": "new", "sha": "a91",
        "name": "Nightly", "web_url": "https://gitlab.com/x/-/pipelines/47", "created_at": "2026-08-11T11:28:34.085Z",
        "updated_at": "2026-08-11T11:32:35.169Z", "user": null}, {"id": 48, "status": "waiting_for_callback"}]"#;
    let runs = gitlab::parse_pipelines(json.as_bytes()).unwrap();
    assert_eq!(
        (runs[0].id, runs[0].number, runs[0].workflow.as_str(), runs[0].branch.as_str()),
        (47, 12, "Nightly", "new")
    );
    assert_eq!((runs[0].progress, runs[1].progress, runs[1].number), (Progress::Failed, Progress::Waiting, 48));
    let json = r#"[{"id": 7, "name": "rspec", "stage": "test", "status": "failed", "allow_failure": true, "artifacts": [{"file_type": "trace"}],
        "commit": {"title": "Fix"}, "user": {"username": "root"}, "pipeline": {"id": 6}},
        {"id": 8, "status": "failed", "failure_reason": "job_execution_timeout", "artifacts": [{"file_type": "archive"}]},
        {"id": 9, "status": "success", "downstream_pipeline": {"id": 3, "web_url": "https://down"}, "web_url": null},
        {"id": 10, "status": "failed", "failure_reason": "script_failure"}]"#;
    let jobs = gitlab::parse_jobs(json.as_bytes()).unwrap();
    let states: Vec<_> = jobs.list.iter().map(|job| (job.progress, job.has_artifacts)).collect();
    assert_eq!(
        states,
        [
            (Progress::Tolerated, Some(false)),
            (Progress::TimedOut, Some(true)),
            (Progress::Passed, None),
            (Progress::Failed, None)
        ]
    );
    assert_eq!((jobs.title.as_str(), jobs.actor.as_str(), jobs.list[2].page.as_str()), ("Fix", "root", "https://down"));
    let filter = RunFilter { branch: "a/b".into(), only: Some(Progress::Cancelled), ..RunFilter::default() };
    let path = gitlab::pipelines("g/sub/p", &filter, 50);
    assert_eq!(path, "/projects/g%2Fsub%2Fp/pipelines?per_page=50&order_by=id&sort=desc&ref=a%2Fb&status=canceled");
    let path = gitlab::jobs("p", 4);
    assert_eq!(path, "/projects/p/pipelines/4/jobs?include_retried=true&per_page=100");
    assert_eq!(
        gitlab::parse_project(br#"{"path_with_namespace":"g/p","default_branch":null}"#).unwrap().default_branch,
        ""
    );
}

#[test]
fn jobs_that_were_run_again_tell_how_they_ended_before() {
    let json = r#"[{"id": 14, "name": "unit", "stage": "test", "status": "success"},
        {"id": 13, "name": "lint", "stage": "test", "status": "failed"},
        {"id": 12, "name": "unit", "stage": "test", "status": "failed", "failure_reason": "job_execution_timeout"},
        {"id": 11, "name": "unit", "stage": "test", "status": "failed"}]"#;
    let jobs = gitlab::fold_retried(gitlab::parse_jobs(json.as_bytes()).unwrap().list);
    let found: Vec<_> = jobs.iter().map(|job| (job.id, job.name.as_str(), job.progress, &job.earlier[..])).collect();
    let earlier = [Progress::Failed, Progress::TimedOut];
    assert_eq!(found, [(14, "unit", Progress::Passed, &earlier[..]), (13, "lint", Progress::Failed, &[])]);
}

fn runs(list: &[(u64, &str, &str)]) -> Say {
    let one = |(id, branch, conclusion): &(u64, &str, &str)| {
        format!(
            "{{\"id\":{id},\"workflow_id\":1,\"head_branch\":\"{branch}\",\"head_sha\":\"s{id}\",\"status\":\"completed\",\"conclusion\":\"{conclusion}\"}}"
        )
    };
    Say::json(format!("{{\"workflow_runs\":[{}]}}", list.iter().map(one).collect::<Vec<_>>().join(",")))
}

#[test]
fn lists_that_change_while_pages_are_turned() {
    let world = world();
    let next = format!("<{BASE}/two>; rel=\"next\"");
    world.script.on(
        "/repos/acme/api/actions/runs?per_page=100",
        runs(&[(9, "a", "success"), (8, "a", "success")]).with("link", next),
    );
    // One was started meanwhile, so the last of the first page comes again.
    world.script.on("/two", runs(&[(8, "a", "success"), (7, "a", "failure"), (10, "a", "failure")]));
    let list = run(list_runs(&world.client, &repo(), &RunFilter::default(), 100)).unwrap();
    assert_eq!(list.iter().map(|run| run.id).collect::<Vec<_>>(), [10, 9, 8, 7]);
}

#[test]
fn the_newest_failed_run_is_found() {
    let world = world();
    let find = |branch: Option<&str>| {
        let wish = RunWish::NewestFailed { branch: branch.map(str::to_owned) };
        run(find_run(&world.client, &repo(), wish)).map(|run| run.id).map_err(|error| error.to_string())
    };
    let base = "/repos/acme/api/actions/runs?per_page=100";
    world.script.on("/repos/acme/api", Say::json("{\"full_name\":\"acme/api\",\"default_branch\":\"main\"}"));
    world.script.on(
        &format!("{base}&branch=main"),
        runs(&[(9, "main", "success"), (8, "main", "timed_out"), (7, "main", "failure")]),
    );
    assert_eq!(find(None), Ok(8));
    world.script.on(&format!("{base}&branch=b"), runs(&[(9, "b", "success")]));
    world.script.on("/repos/acme/api/actions/runs?per_page=1&branch=b&status=failure", runs(&[]));
    assert_eq!(find(Some("b")), Err("none of the last 1 runs of acme/api on b failed".to_owned()));
    world.script.now("/repos/acme/api/actions/runs?per_page=1&branch=b&status=failure", runs(&[(3, "b", "failure")]));
    assert_eq!(find(Some("b")), Ok(3));
    world.script.on("/repos/acme/api/actions/runs/30433642", Say::json(RUN));
    assert_eq!(run(find_run(&world.client, &repo(), RunWish::Id(30_433_642))).unwrap().number, 562);
}

#[test]
fn pipelines_have_jobs_and_bridges() {
    let world = world_of(Forge::Gitlab, BASE, &[Ok(None)]);
    let repo = Repo { forge: Forge::Gitlab, host: "gitlab.com".into(), path: "g/p".into() };
    world.script.on(
        "/projects/g%2Fp/pipelines/4/jobs?include_retried=true&per_page=100",
        Say::json(r#"[{"id":3,"name":"b"},{"id":1,"name":"a"}]"#),
    );
    world.script.on("/projects/g%2Fp/pipelines/4/bridges?per_page=100", Say::json(r#"[{"id":2,"name":"down"}]"#));
    let names = |world: &super::script::World| {
        let jobs = run(ask::jobs(&world.client, &repo, (4, 1), super::super::Urgency::Person)).unwrap();
        jobs.list.into_iter().map(|job| job.name).collect::<Vec<_>>()
    };
    assert_eq!(names(&world), ["a", "down", "b"]);
    world.script.now("/projects/g%2Fp/pipelines/4/bridges?per_page=100", Say::new(403, "{}"));
    assert_eq!(names(&world), ["a", "b"]);
}

#[test]
fn jobs_of_earlier_attempts_are_folded() {
    use Progress::{Failed, Passed, Running};
    let check = |attempt: u32, jobs: &[(u64, u64, &str, &str)], expected: &[(u64, Progress, &[Progress])]| {
        let job = |(id, of, name, end): &(u64, u64, &str, &str)| {
            let (status, end) =
                if end.is_empty() { ("in_progress", "null".to_owned()) } else { ("completed", format!("\"{end}\"")) };
            format!(r#"{{"id":{id},"run_attempt":{of},"name":"{name}","status":"{status}","conclusion":{end}}}"#)
        };
        let list: Vec<_> = jobs.iter().map(job).collect();
        let body = format!(r#"{{"total_count":{},"jobs":[{}]}}"#, list.len(), list.join(","));
        let folded = github::fold_attempts(github::parse_attempts(body.as_bytes()).unwrap(), attempt);
        let got: Vec<_> = folded.iter().map(|job| (job.id, job.progress, job.earlier.as_slice())).collect();
        assert_eq!(got, expected, "{jobs:?}");
    };
    let (passed, failed) = ("success", "failure");
    // All were run again.
    check(
        2,
        &[(1, 1, "a", passed), (2, 1, "b", failed), (3, 2, "a", passed), (4, 2, "b", passed)],
        &[(3, Passed, &[Passed]), (4, Passed, &[Failed])],
    );
    // What passed was not run again, and is not listed anew; in any order, and twice.
    check(
        2,
        &[(4, 2, "b", passed), (2, 1, "b", failed), (1, 1, "a", passed), (4, 2, "b", passed)],
        &[(1, Passed, &[]), (4, Passed, &[Failed])],
    );
    // One of the failed ones was run again.
    check(
        2,
        &[(1, 1, "a", failed), (2, 1, "b", failed), (3, 2, "b", passed)],
        &[(1, Failed, &[]), (3, Passed, &[Failed])],
    );
    // The attempt is under way: what failed before is still to come.
    check(
        2,
        &[(1, 1, "a", failed), (2, 1, "b", failed), (5, 1, "c", passed), (3, 2, "b", "")],
        &[(3, Running, &[Failed]), (5, Passed, &[])],
    );
    // A newer attempt than the one that is asked about; three of them.
    check(2, &[(1, 1, "a", failed), (2, 2, "a", failed), (3, 3, "a", passed)], &[(2, Failed, &[Failed])]);
    check(3, &[(1, 1, "a", failed), (2, 2, "a", failed), (3, 3, "a", passed)], &[(3, Passed, &[Failed, Failed])]);
    // Jobs of one name.
    check(
        2,
        &[(1, 1, "a", passed), (2, 1, "a", failed), (3, 2, "a", passed), (4, 2, "a", passed)],
        &[(3, Passed, &[Passed]), (4, Passed, &[Failed])],
    );
}

#[test]
fn a_run_that_was_run_again_costs_one_request() {
    let world = world();
    let all = "/repos/acme/api/actions/runs/4/jobs?filter=all&per_page=100";
    let one = "/repos/acme/api/actions/runs/4/attempts/2/jobs?per_page=100";
    let body = |attempt: &str| {
        Say::json(format!(
            r#"{{"jobs":[{{"id":1,"name":"a","conclusion":"failure"{}}},{{"id":2,"name":"a","conclusion":"success"{}}}]}}"#,
            if attempt.is_empty() { String::new() } else { ",\"run_attempt\":1".to_owned() },
            if attempt.is_empty() { String::new() } else { format!(",\"run_attempt\":{attempt}") },
        ))
    };
    world.script.now(all, body("2"));
    let jobs = |world: &super::script::World| {
        run(ask::jobs(&world.client, &repo(), (4, 2), super::super::Urgency::Person)).unwrap()
    };
    let got = jobs(&world);
    assert_eq!((got.list.len(), got.list[0].id, got.list[0].earlier.as_slice()), (1, 2, [Progress::Failed].as_slice()));
    assert_eq!(world.script.asked().len(), 1);
    // A server that does not number attempts.
    world.script.now(all, body(""));
    world.script.now(one, Say::json(r#"{"jobs":[{"id":2,"name":"a","conclusion":"success"}]}"#));
    assert_eq!(jobs(&world).list.len(), 1);
}
