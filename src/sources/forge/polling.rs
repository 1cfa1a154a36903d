//! What all watched repositories of one server and token share: turns to ask in the background, and their demand.
//!
//! Owns the counting. Must not know what is asked, nor when.

use crate::model::ci::Repo;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many repositories ask at the same time in the background; services want few.
const AT_ONCE: usize = 4;

/// Shared by the repositories of a client.
#[derive(Debug)]
pub(super) struct Polling {
    turns: Arc<Semaphore>,
    /// Requests a second that each repository would like.
    demand: Mutex<HashMap<Repo, f64>>,
}

impl Default for Polling {
    fn default() -> Self {
        Self { turns: Arc::new(Semaphore::new(AT_ONCE)), demand: Mutex::default() }
    }
}

impl Polling {
    /// Waits for a turn: first come, first served. It ends when it is dropped.
    pub(super) async fn turn(&self) -> Option<OwnedSemaphorePermit> {
        // It is never closed.
        Arc::clone(&self.turns).acquire_owned().await.ok()
    }

    /// Notes a repository's demand and gives that of all, in requests a second.
    pub(super) fn note(&self, repo: &Repo, requests: usize, every: Duration) -> f64 {
        let mut all = self.demand();
        all.insert(repo.clone(), requests as f64 / every.as_secs_f64().max(0.001));
        all.values().sum()
    }

    /// A repository is no longer watched.
    pub(super) fn forget(&self, repo: &Repo) {
        self.demand().remove(repo);
    }

    fn demand(&self) -> MutexGuard<'_, HashMap<Repo, f64>> {
        self.demand.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
