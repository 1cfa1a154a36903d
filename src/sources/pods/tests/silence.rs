//! Connections over which nothing comes any more, and nothing says so.

use super::stand::{NOW, Stand};
use crate::demo::cluster::{Aim, Cut};
use crate::sources::Follow;
use crate::sources::pods::Settings;
use crate::sources::pods::health::Kind;
use crate::sources::pods::link::{Log, Part};
use std::time::Duration;

#[tokio::test]
async fn a_log_that_has_an_end_is_not_awaited_for_ever() {
    let silent = |limit| Log::new(Part::Head(Box::pin(std::future::pending())), limit);
    let trouble = silent(Some(Duration::from_millis(20))).next().await.unwrap_err();
    assert_eq!(trouble.kind, Kind::Unreachable);
    assert!(trouble.words.contains("silent"), "{}", trouble.words);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_that_is_silent_for_long_is_opened_again() {
    let mut stand = Stand::new();
    let settings = Settings { quiet: Duration::from_millis(400), ..stand.settings() };
    stand.log("worker-1", "worker").write(NOW, b"one");
    stand.open("pods:payments", Follow::On, settings);
    stand.until(|told| told.follows("worker-1", "worker") && told.texts("worker-1/worker") == ["one"]).await;
    assert!(stand.server.cut(&Aim::Logs, Cut::Stall) > 0);
    stand.log("worker-1", "worker").write(NOW.saturating_add(1), b"two");
    stand.until(|told| told.texts("worker-1/worker").len() == 2).await;
    // A log that is silent by itself: nothing comes twice, and nothing is said.
    stand.rest(Duration::from_secs(1)).await;
    assert_eq!(
        (stand.told.texts("worker-1/worker"), stand.told.notes("worker-1/worker")),
        (vec!["one", "two"], vec![])
    );
    assert!(stand.told.follows("worker-1", "worker"));
}
