//! The bundled demo: an incident as a script, lines made from it, and a private directory in which the files grow.
//!
//! Owns the script's language, the making of lines (pure: the same seed gives the same lines), and the files. Must not
//! know who reads them: the real sources do. Needs no account and, but for loopback, no network.

pub mod cluster;
pub mod firestore;
pub mod forge;
pub mod gcs;
mod generate;
mod port;
mod scenario;
mod stage;
mod template;
mod web;
mod wire;

use crate::model::Timestamp;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

pub use generate::{Line, lines};
pub use scenario::{BadScenario, Scenario};
pub use stage::{HISTORY, Stage};

/// What time it is for an embedded server.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// What a task that panicked has left is still good enough.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Acts at once and then in these steps, until it is cancelled.
async fn every(step: Duration, cancel: &CancellationToken, mut act: impl FnMut()) {
    let mut ticks = interval(step);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        tokio::select! {
            biased;
            () = cancel.cancelled() => return,
            _ = ticks.tick() => act(),
        }
    }
}
