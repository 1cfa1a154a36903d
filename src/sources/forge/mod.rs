//! CI services: GitHub Actions and GitLab CI over their REST interfaces.
//!
//! Owns everything that speaks with them. Must not know how HTTP is done (`ports::http` has the trait), nor the screen.
//!
//! [`Client`] asks one server with one token; [`ask`] knows the questions; [`download`] fetches logs; [`watch`]
//! keeps asking.

pub mod address;
pub mod ask;
pub mod client;
pub mod download;
pub mod error;
pub mod github;
pub mod gitlab;
pub mod limits;
mod polling;
#[cfg(test)]
mod tests;
mod tolerant;
pub mod watch;

pub use client::{Client, Got, Pages, Setup};
pub use error::{ApiError, Kind};
pub use limits::{Limits, Urgency};

use crate::model::ci::{Progress, Repo, Run, RunFilter};

/// Which run somebody wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunWish {
    /// The one with this id.
    Id(u64),
    /// The newest one that failed.
    NewestFailed {
        /// Of this branch; of the default branch, else of any, when none.
        branch: Option<String>,
    },
}

/// Why there is no such run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoRun {
    /// The service gave no useful answer.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// None of the newest failed.
    #[error("none of the last {seen} runs of {place} failed")]
    NoneFailed {
        /// How many were looked at.
        seen: usize,
        /// The repository, with the branch where one was named.
        place: String,
    },
}

/// Finds a run for somebody who waits for it.
///
/// # Errors
/// [`NoRun`].
pub async fn find_run(client: &Client, repo: &Repo, wish: RunWish) -> Result<Run, NoRun> {
    let branches = match wish {
        RunWish::Id(id) => return Ok(ask::run(client, repo, id, Urgency::Person).await?),
        RunWish::NewestFailed { branch: Some(branch) } => vec![branch],
        RunWish::NewestFailed { branch: None } => {
            let about = ask::about(client, repo, Urgency::Person).await?;
            vec![about.default_branch, String::new()]
        }
    };
    let mut seen = 0;
    for branch in &branches {
        // Not by the service's filter: it has one for each kind of failure.
        let filter = RunFilter { branch: branch.clone(), ..RunFilter::default() };
        let runs = list_runs(client, repo, &filter, github::PER_PAGE).await?;
        seen = runs.len();
        if let Some(run) = runs.into_iter().find(|run| run.progress.is_red()) {
            return Ok(run);
        }
        let filter = RunFilter { only: Some(Progress::Failed), ..filter };
        if let Some(run) = list_runs(client, repo, &filter, 1).await?.into_iter().find(|run| run.progress.is_red()) {
            return Ok(run);
        }
    }
    let branch = branches.iter().rev().find(|branch| !branch.is_empty() && branches.len() == 1);
    let place = branch.map_or_else(|| repo.path.clone(), |branch| format!("{} on {branch}", repo.path));
    Err(NoRun::NoneFailed { seen, place: error::quote(&place, 200) })
}

/// The newest runs for somebody who waits for them, about `most`.
///
/// # Errors
/// As [`Client::get`].
pub async fn list_runs(client: &Client, repo: &Repo, filter: &RunFilter, most: usize) -> Result<Vec<Run>, ApiError> {
    Ok(ask::runs(client, repo, filter, most, Urgency::Person).await?.list)
}
