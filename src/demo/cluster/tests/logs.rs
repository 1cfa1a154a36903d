//! Logs, read by the real client.

use super::*;
use futures_util::StreamExt;
use futures_util::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, Lines};
use kube::api::LogParams;

fn of(container: &str) -> LogParams {
    LogParams { container: Some(container.to_owned()), ..LogParams::default() }
}

fn follow(container: &str) -> LogParams {
    LogParams { follow: true, timestamps: true, ..of(container) }
}

async fn next<R: AsyncBufRead + Unpin>(lines: &mut Lines<R>) -> Option<String> {
    tokio::time::timeout(Duration::from_secs(20), lines.next()).await.unwrap().map(Result::unwrap)
}

#[tokio::test]
async fn logs_are_read_with_their_options() {
    let stand = Stand::new();
    for n in 0..4 {
        stand.server.state().append("payments/worker-1", "worker", format!("line {n}").as_bytes());
        stand.wait(1);
    }
    let pods = stand.pods().await;
    let read = async |options: LogParams| pods.logs("worker-1", &options).await.unwrap();
    assert_eq!(read(LogParams::default()).await, "line 0\nline 1\nline 2\nline 3\n");
    assert_eq!(read(LogParams { tail_lines: Some(1), ..of("worker") }).await, "line 3\n");
    let stamped = LogParams { tail_lines: Some(1), timestamps: true, ..of("worker") };
    assert_eq!(read(stamped).await, "2026-11-21T03:14:03.000000000Z line 3\n");
    assert_eq!(read(LogParams { since_seconds: Some(2), ..of("worker") }).await, "line 2\nline 3\n");
    assert_eq!(read(LogParams { limit_bytes: Some(10), ..of("worker") }).await, "line 0\nlin");
    let journal = stand.server.journal();
    let last = journal.last().unwrap();
    assert_eq!((&*last.what.verb, &*last.what.subresource, last.status), ("get", "log", 200));
}

#[tokio::test]
async fn refusals_reach_the_client() {
    let stand = Stand::new();
    let pods = stand.pods().await;
    let check = async |pod: &str, options: LogParams, expected: (u16, &str)| {
        let (code, message) = refusal(&pods.logs(pod, &options).await.unwrap_err());
        assert_eq!((code, &*message), expected);
    };
    let choose = "a container name must be specified for pod api-1, choose one of: [api proxy]";
    check("api-1", LogParams::default(), (400, choose)).await;
    let previous = "previous terminated container \"api\" in pod \"api-1\" not found";
    check("api-1", LogParams { previous: true, ..of("api") }, (400, previous)).await;
    check("none", of("api"), (404, "pods \"none\" not found")).await;
    let tail = "PodLogOptions \"api-1\" is invalid: tailLines: Invalid value: -1: must be greater than or equal to 0";
    check("api-1", LogParams { tail_lines: Some(-1), ..of("api") }, (422, tail)).await;
    let lone = objects::pod("payments", "lone").container("api", "i:1").unschedulable(NOW, "0/3 nodes");
    stand.server.state().put(Kind::Pod, lone);
    assert_eq!(pods.logs("lone", &LogParams::default()).await.unwrap(), "");
}

#[tokio::test]
async fn a_follow_ends_with_its_run() {
    let stand = Stand::new();
    let pods = stand.pods().await;
    stand.server.state().append("payments/api-1", "api", b"first");
    let mut lines = pods.log_stream("api-1", &follow("api")).await.unwrap().lines();
    assert_eq!(next(&mut lines).await.unwrap(), "2026-11-21T03:14:00.000000000Z first");
    stand.wait(1);
    stand.server.state().append("payments/api-1", "api", b"second");
    assert_eq!(next(&mut lines).await.unwrap(), "2026-11-21T03:14:01.000000000Z second");
    stand.server.state().append("payments/api-1", "api", b"last words");
    let log = stand.server.state().restart("payments/api-1", "api", 137, "OOMKilled");
    log.write(NOW, b"of the next run");
    assert!(next(&mut lines).await.unwrap().ends_with("last words"));
    assert_eq!(next(&mut lines).await, None);
    assert_eq!(pods.logs("api-1", &of("api")).await.unwrap(), "of the next run\n");
    let before = pods.logs("api-1", &LogParams { previous: true, ..of("api") }).await.unwrap();
    assert_eq!(before, "first\nsecond\nlast words\n");
    // Deleting the pod is an end, too.
    let mut lines = pods.log_stream("api-1", &follow("api")).await.unwrap().lines();
    assert!(next(&mut lines).await.is_some());
    stand.server.state().delete(Kind::Pod, "payments", "api-1");
    assert_eq!(next(&mut lines).await, None);
}

#[tokio::test]
async fn the_headers_of_a_follow_come_with_its_first_line() {
    let stand = Stand::new();
    let pods = stand.pods().await;
    let options = follow("worker");
    let opening = pods.log_stream("worker-1", &options);
    tokio::pin!(opening);
    let journal = || stand.server.journal();
    tokio::select! {
        _ = &mut opening => panic!("there is an answer before there is a line"),
        () = until(|| journal().iter().any(|seen| seen.what.subresource == "log")) => {}
    }
    stand.server.state().append("payments/worker-1", "worker", b"at last");
    let mut lines = opening.await.unwrap().lines();
    assert!(next(&mut lines).await.unwrap().ends_with("at last"));
}

#[tokio::test]
async fn much_comes_whole_in_odd_pieces() {
    let stand = Stand::new();
    let pods = stand.pods().await;
    let make: Make = Arc::new(|n, out| out.extend_from_slice(format!("{n:0>100}").as_bytes()));
    stand.server.state().log("payments/worker-1", "worker").generate(20_000, NOW, 10_000, make);
    stand.server.fail(Aim::Logs, 1, Fault::Chunks(vec![1, 7, 4099, 13, 65_536]));
    let mut text = String::new();
    pods.log_stream("worker-1", &of("worker")).await.unwrap().read_to_string(&mut text).await.unwrap();
    assert!(text.lines().enumerate().all(|(n, line)| line.parse() == Ok(n)));
    assert_eq!((text.lines().count(), stand.server.faults_left()), (20_000, 0));
}
