//! Runs, jobs and repositories for the tests of this module.

use super::Watched;
use crate::model::Timestamp;
use crate::model::ci::{Forge, Job, Progress, Repo, Run};
use crate::model::time::SECOND;

/// A run of `build-test`, whose id is its number and 1000.
pub(in crate::app::ci) fn run(number: u64, branch: &str, progress: Progress) -> Run {
    let started = number as i64 * 3600 * SECOND;
    Run {
        id: 1000 + number,
        number,
        attempt: 1,
        workflow: "build-test".to_owned(),
        workflow_id: 5,
        title: "Retry payments".to_owned(),
        branch: branch.to_owned(),
        sha: format!("{number:040x}"),
        event: "push".to_owned(),
        actor: "ann".to_owned(),
        progress,
        started: Some(Timestamp(started)),
        updated: Some(Timestamp(started + 600 * SECOND)),
        page: format!("https://github.com/acme/payments/actions/runs/{}", 1000 + number),
    }
}

/// A job of this name without steps.
pub(in crate::app::ci) fn job(name: &str, progress: Progress) -> Job {
    Job {
        id: name.bytes().map(u64::from).sum(),
        name: name.to_owned(),
        stage: String::new(),
        progress,
        started: None,
        ended: None,
        steps: Vec::new(),
        earlier: Vec::new(),
        has_artifacts: None,
        page: String::new(),
    }
}

/// A repository whose own branch is `main`.
pub(in crate::app::ci) fn watched(path: &str, runs: Vec<Run>) -> Watched {
    let repo = Repo { forge: Forge::Github, host: "github.com".to_owned(), path: path.to_owned() };
    Watched { default_branch: "main".to_owned(), runs: Some(runs), ..Watched::new(repo, None) }
}
