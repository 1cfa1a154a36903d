//! Streams that break in every way, under load: nothing is lost, nothing comes twice.

use super::stand::{NOW, Stand};
use crate::demo::cluster::{Aim, Cut, Fault};
use crate::model::Timestamp;
use std::time::Duration;

const API: &str = "api-1/api";

/// Numbered lines, of which many have one time.
fn write(stand: &Stand, from: usize, count: usize) {
    let log = stand.log("api-1", "api");
    let now = stand.clock.now();
    let lines: Vec<_> = (from..from + count).map(|n| (n, format!("line {n}"))).collect();
    log.write_all(lines.iter().map(|(n, text)| (Timestamp(now.0 + (*n as i64 / 7)), text.as_bytes())));
}

fn expected(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("line {n}")).collect()
}

/// A stand whose API container is followed and wrote 20 lines.
async fn began() -> Stand {
    let mut stand = Stand::new();
    stand.follow();
    write(&stand, 0, 20);
    stand.until(|told| told.texts(API).len() == 20).await;
    stand
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn broken_streams_go_on_where_they_were() {
    let mut stand = Stand::new();
    stand.follow();
    let mut written = 0;
    write(&stand, 0, 10);
    written += 10;
    stand.until(|told| told.follows("api-1", "api") && told.texts(API).len() == 10).await;
    for round in 0..20 {
        stand.server.fail(
            Aim::Logs,
            1,
            match round % 3 {
                0 => Fault::Chunks(vec![1, 7, 100]),
                1 => Fault::After(700, Cut::Break),
                _ => Fault::After(1300, Cut::Reset),
            },
        );
        write(&stand, written, 50);
        written += 50;
        stand.rest(Duration::from_millis(round * 7 % 40)).await;
        stand.server.cut(&Aim::Logs, [Cut::Break, Cut::Reset, Cut::Break][round as usize % 3]);
        write(&stand, written, 50);
        written += 50;
    }
    stand.until(|told| told.texts(API).len() >= written).await;
    stand.rest(Duration::from_millis(500)).await;
    assert_eq!(stand.told.texts(API), expected(written));
    let notes = stand.told.notes(API);
    assert!(notes.iter().all(|note| note.ends_with("0 lines lost")), "{notes:?}");
    assert!(!notes.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_and_comes_back_costs_nothing() {
    let mut stand = began().await;
    let mut written = 20;
    for round in 0..20 {
        write(&stand, written, 30);
        stand.server.stop().await;
        write(&stand, written + 30, 30);
        stand.rest(Duration::from_millis(round * 13 % 150)).await;
        stand.server.restart().unwrap();
        write(&stand, written + 60, 30);
        written += 90;
        stand.rest(Duration::from_millis(round * 11 % 90)).await;
    }
    stand.until(|told| told.texts(API).len() >= written).await;
    stand.rest(Duration::from_millis(300)).await;
    assert_eq!(stand.told.texts(API), expected(written));
    // New objects are seen again, too.
    stand.until(|told| told.scope.problems.is_empty()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn containers_that_start_again_are_read_run_after_run() {
    let mut stand = began().await;
    let mut written = 20;
    for round in 0..20 {
        write(&stand, written, 40);
        stand.server.state().restart("payments/api-1", "api", 137, "OOMKilled");
        write(&stand, written + 40, 40);
        written += 80;
        stand.until(|told| told.texts(API).len() >= written).await;
        stand.rest(Duration::from_millis(round * 17 % 50)).await;
    }
    stand.rest(Duration::from_millis(300)).await;
    assert_eq!(stand.told.texts(API), expected(written));
    let notes = stand.told.notes(API);
    assert_eq!(notes.iter().filter(|note| note.contains("ended: OOMKilled, exit 137")).count(), 20, "{notes:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_while_nobody_listens_loses_nothing() {
    let mut stand = began().await;
    let mut written = 20;
    for round in 0..20 {
        write(&stand, written, 20);
        stand.server.stop().await;
        write(&stand, written + 20, 20);
        stand.server.state().restart("payments/api-1", "api", 1, "Error");
        write(&stand, written + 40, 20);
        stand.rest(Duration::from_millis(round * 19 % 120)).await;
        stand.server.restart().unwrap();
        write(&stand, written + 60, 20);
        written += 80;
        // The server keeps one run before: the next restart comes when this one is known.
        stand
            .until(|told| {
                let restarts = told.pod("api-1").map(|pod| pod.restarts);
                restarts == Some(round as u32 + 1) && told.texts(API).len() >= written && told.follows("api-1", "api")
            })
            .await;
    }
    stand.rest(Duration::from_millis(300)).await;
    let mut lines: Vec<usize> = stand.told.texts(API).iter().map(|l| l[5..].parse().unwrap()).collect();
    lines.sort_unstable();
    assert_eq!(lines, (0..written).collect::<Vec<_>>(), "{:#?}", stand.told.lines[API]);
    let lost: Vec<_> = stand.told.notes(API).into_iter().filter(|note| note.contains("may be lost")).collect();
    assert_eq!(lost, Vec::<&str>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_rotation_comes_what_the_server_still_has() {
    let mut stand = began().await;
    let mut written = 20;
    let mut expected: Vec<usize> = (0..20).collect();
    for round in 0..20 {
        write(&stand, written, 20);
        expected.extend(written..written + 20);
        stand.until(|told| told.texts(API).len() >= expected.len()).await;
        stand.server.stop().await;
        write(&stand, written + 20, 20);
        stand.server.state().rotate("payments/api-1", "api");
        write(&stand, written + 40, 20);
        expected.extend(written + 40..written + 60);
        stand.rest(Duration::from_millis(round * 19 % 60)).await;
        stand.server.restart().unwrap();
        written += 60;
        stand.until(|told| told.texts(API).len() >= expected.len()).await;
    }
    stand.rest(Duration::from_millis(300)).await;
    let lines: Vec<usize> = stand.told.texts(API).iter().map(|l| l[5..].parse().unwrap()).collect();
    assert_eq!(lines, expected);
    let said = stand.told.notes(API).iter().filter(|note| note.contains("rotated")).count();
    assert_eq!(said, 20);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_that_was_cut_comes_whole_and_once() {
    let mut stand = Stand::new();
    stand.follow();
    write(&stand, 0, 5);
    stand.until(|told| told.texts(API).len() == 5).await;
    let log = stand.log("api-1", "api");
    // The first 100 bytes of the next answers come, then nothing.
    for n in 0..5 {
        stand.server.cut(&Aim::Logs, Cut::Break);
        stand.server.fail(Aim::Logs, 2, Fault::After(500, Cut::Break));
        let long = format!("{n} {}", "x".repeat(900));
        log.write(NOW.saturating_add(60_000_000_000 + n), long.as_bytes());
        stand.until(|told| told.texts(API).len() as i64 == 6 + n).await;
    }
    stand.rest(Duration::from_millis(300)).await;
    assert_eq!(stand.told.texts(API).len(), 10);
    assert!(stand.told.texts(API)[5..].iter().all(|line| line.len() == 902));
}
