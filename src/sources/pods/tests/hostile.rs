//! Logs and names that no one wrote on purpose, and a screen that is too slow.

use super::stand::{NOW, Stand};
use crate::demo::cluster::{Kind, objects};
use crate::model::time::SECOND;
use crate::parse::assemble::MAX_RECORD;
use crate::sources::Follow;
use crate::sources::pods::{Names, Settings};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Only the worker, all of its log.
fn worker(stand: &Stand) -> Settings {
    let names = Names { pods: "^worker-1$".to_owned(), ..Names::default() };
    Settings { lines: None, names, ..stand.settings() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_reader_slows_the_server_and_loses_nothing() {
    const LINES: u64 = 150_000;
    let mut stand = Stand::new();
    let made = Arc::new(AtomicU64::new(0));
    let make = {
        let made = made.clone();
        move |n: u64, out: &mut Vec<u8>| {
            made.fetch_max(n, Ordering::Relaxed);
            out.extend_from_slice(format!("{n:0>400}").as_bytes());
        }
    };
    stand.log("worker-1", "worker").generate(LINES, NOW, 1000, Arc::new(make));
    let settings = worker(&stand);
    stand.open("pods:payments", Follow::On, settings);
    stand.until(|told| told.texts("worker-1/worker").len() > 500).await;
    // Nobody takes anything for a while: the channel is full, and the server waits.
    let mut before = u64::MAX;
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let now = made.load(Ordering::Relaxed);
        if now == before {
            break;
        }
        before = now;
    }
    // 64 messages of at most 256 KiB, and what the connection holds.
    assert!(before < LINES / 2, "{before} lines were made for nobody");
    stand.until(|told| told.texts("worker-1/worker").len() as u64 == LINES).await;
    for (n, line) in stand.told.texts("worker-1/worker").iter().enumerate() {
        assert_eq!(line.trim_start_matches('0'), if n == 0 { String::new() } else { n.to_string() });
    }
    assert_eq!(stand.told.notes("worker-1/worker"), Vec::<&str>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_of_50_megabytes_is_cut() {
    const LENGTH: usize = 50_000_000;
    let mut stand = Stand::new();
    let log = stand.log("worker-1", "worker");
    log.write(NOW, b"before");
    log.write(NOW, &vec![b'x'; LENGTH]);
    log.write(NOW, b"behind");
    let settings = worker(&stand);
    stand.open("pods:payments", Follow::On, settings);
    stand.until(|told| told.texts("worker-1/worker").last() == Some(&"behind")).await;
    let lines = stand.told.texts("worker-1/worker");
    let stamp = "2026-11-21T03:14:00.000000000Z ".len();
    assert_eq!((lines.len(), lines[0], lines[1].len()), (3, "before", MAX_RECORD - stamp));
    assert_eq!(stand.told.cut, (LENGTH + stamp - MAX_RECORD) as u64);
    // It is told again, too, when the stream breaks behind it.
    stand.server.cut(&crate::demo::cluster::Aim::Logs, crate::demo::cluster::Cut::Break);
    log.write(NOW.saturating_add(SECOND), b"again");
    stand.until(|told| told.texts("worker-1/worker").last() == Some(&"again")).await;
    assert_eq!(stand.told.texts("worker-1/worker").len(), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bytes_that_are_no_text_come_as_they_are() {
    let mut stand = Stand::new();
    let log = stand.log("worker-1", "worker");
    let mut state = 7;
    let mut lines: Vec<Vec<u8>> = vec![(0..=255).filter(|b| *b != b'\n').collect()];
    for length in 1..200 {
        let bytes = (0..length).map(|_| super::super::health::next_random(&mut state) as u8);
        lines.push(bytes.filter(|b| !b" \t\r\n".contains(b)).chain(*b"|").collect());
    }
    log.write_all(lines.iter().enumerate().map(|(n, line)| (NOW.saturating_add(n as i64), line.as_slice())));
    let settings = worker(&stand);
    stand.open("pods:payments", Follow::Off, settings);
    stand.finish().await;
    let expected: Vec<String> = lines.iter().map(|line| String::from_utf8_lossy(line).into_owned()).collect();
    assert_eq!(stand.told.texts("worker-1/worker"), expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_longest_name_of_a_pod_is_one_like_any_other() {
    let mut stand = Stand::new();
    let name = format!("{0}.{0}.{0}.{1}", "p".repeat(63), "q".repeat(61));
    assert_eq!(name.len(), 253);
    let pod = objects::pod("payments", &name).container("api", "api:1").running("node-1", NOW);
    stand.server.state().put(Kind::Pod, pod);
    stand.log(&name, "api").write(NOW, b"here");
    stand.follow();
    let origin = format!("{name}/api");
    stand.until(|told| told.texts(&origin) == ["here"]).await;
    stand.server.cut(&crate::demo::cluster::Aim::Logs, crate::demo::cluster::Cut::Break);
    stand.log(&name, "api").write(NOW.saturating_add(1), b"still");
    stand.until(|told| told.texts(&origin) == ["here", "still"]).await;
    assert_eq!(stand.told.pod(&name).map(|pod| pod.short.len()), Some(253));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_whose_clock_is_ahead_is_named_once() {
    let mut stand = Stand::new();
    stand.server.state().skew("node-1", 61 * SECOND + SECOND / 2);
    stand.follow();
    stand.until(|told| told.follows("worker-1", "worker") && told.follows("api-1", "api")).await;
    for (pod, container) in [("payments/worker-1", "worker"), ("payments/api-1", "api")] {
        stand.server.state().append(pod, container, b"from the future");
    }
    stand.until(|told| told.texts("worker-1/worker").len() == 1 && told.texts("api-1/api").len() == 1).await;
    stand.server.state().append("payments/worker-1", "worker", b"again");
    stand.until(|told| told.texts("worker-1/worker").len() == 2).await;
    stand.rest(Duration::from_millis(200)).await;
    let notes = [stand.told.notes("worker-1/worker"), stand.told.notes("api-1/api")].concat();
    assert_eq!(notes, ["node-1's clock is 61 s ahead of the one here"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lines_that_come_late_are_measured() {
    let mut stand = Stand::new();
    stand.follow();
    stand.until(|told| told.follows("worker-1", "worker")).await;
    let at = stand.clock.now();
    stand.rest(Duration::from_millis(1500)).await;
    stand.log("worker-1", "worker").write(at.saturating_add(SECOND / 5), b"late");
    stand.until(|told| told.texts("worker-1/worker") == ["late"]).await;
    // Something else changes, and the rows are told again.
    stand.server.state().set_ready("payments/api-1", "api", false);
    stand.until(|told| told.pod("worker-1").is_some_and(|pod| pod.containers[0].lag.is_some())).await;
    let lag = stand.told.pod("worker-1").unwrap().containers[0].lag.unwrap();
    assert!((SECOND..30 * SECOND).contains(&lag), "{lag}");
    let quiet = stand.told.pod("api-1").unwrap().containers[1].lag;
    assert_eq!(quiet, None, "nothing came");
}
