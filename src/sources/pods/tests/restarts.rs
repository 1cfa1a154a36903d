//! Containers that start again faster than their status is told: what the cluster still has comes once and in order, and
//! what it has not is said.

use super::stand::Stand;
use crate::demo::cluster::{Aim, Cut, Fault};
use crate::model::Timestamp;
use crate::model::pods::Want;
use std::collections::BTreeSet;
use std::time::Duration;

const API: &str = "api-1/api";
const POD: &str = "payments/api-1";

/// A container that starts again and again; its lines are numbered through all runs.
struct Runs {
    /// The first line of each run.
    firsts: Vec<usize>,
    written: usize,
}

impl Runs {
    fn write(&mut self, stand: &Stand, count: usize) {
        let log = stand.log("api-1", "api");
        let now = stand.clock.now();
        let lines: Vec<_> = (self.written..self.written + count).map(|n| (n, format!("line {n}"))).collect();
        log.write_all(lines.iter().map(|(n, text)| (Timestamp(now.0 + (*n as i64 / 7)), text.as_bytes())));
        self.written += count;
    }

    fn restart(&mut self, stand: &Stand) {
        stand.server.state().restart(POD, "api", 1, "Error");
        self.firsts.push(self.written);
    }

    /// The lines of a run.
    fn lines(&self, run: usize) -> std::ops::Range<usize> {
        self.firsts[run]..self.firsts.get(run + 1).copied().unwrap_or(self.written)
    }
}

fn numbers(stand: &Stand) -> Vec<usize> {
    stand.told.texts(API).iter().map(|line| line[5..].parse().unwrap()).collect()
}

/// Lines with rows of numbers as their first and last, for failures.
fn short(lines: &[String]) -> String {
    let mut out: Vec<String> = Vec::new();
    let mut next = None;
    for line in lines {
        let number = line.strip_prefix("line ").and_then(|n| n.parse::<usize>().ok());
        match (number, next, out.last_mut()) {
            (Some(n), Some(expected), Some(last)) if n == expected => {
                *last = format!("{} - {n}", last.split(" - ").next().unwrap());
            }
            _ => out.push(line.clone()),
        }
        next = number.map(|n| n + 1);
    }
    out.join("\n")
}

/// The number before the word, in all notes that have it.
fn said(stand: &Stand, word: &str) -> usize {
    let of = |note: &str| -> Option<usize> { note[..note.find(word)?].trim_end().rsplit(' ').next()?.parse().ok() };
    stand.told.notes(API).into_iter().filter_map(of).sum()
}

/// Rounds of restarts; how the connection fails between the two is `fail`, which is told the round and where in it.
async fn check(fail: impl AsyncFn(&Stand, usize, bool)) {
    let mut stand = Stand::new();
    stand.follow();
    let mut runs = Runs { firsts: vec![0], written: 0 };
    runs.write(&stand, 20);
    stand.until(|told| told.texts(API).len() == 20).await;
    let mut whole = BTreeSet::new();
    for round in 0..20 {
        runs.write(&stand, 15);
        fail(&stand, round, true).await;
        runs.write(&stand, 5);
        for n in 0..=(round % 4) {
            runs.restart(&stand);
            runs.write(&stand, 10 + n);
            stand.rest(Duration::from_millis((round * 7 + n * 13) as u64 % 4 * 3)).await;
        }
        fail(&stand, round, false).await;
        runs.write(&stand, 10);
        let last = format!("line {}", runs.written - 1);
        stand.until(|told| told.texts(API).last() == Some(&last.as_str())).await;
        // What the server had at the end of the round.
        whole.extend(runs.lines(runs.firsts.len() - 2).start..runs.written);
    }
    stand.rest(Duration::from_millis(300)).await;
    let came = numbers(&stand);
    let told = || short(&stand.told.lines[API]);
    assert!(came.windows(2).all(|two| two[0] < two[1]), "in order, none twice: {}", told());
    let came: BTreeSet<usize> = came.into_iter().collect();
    let lacks: Vec<_> = whole.difference(&came).collect();
    assert!(lacks.is_empty(), "{lacks:?} were there: {}", told());
    let all = || 0..runs.firsts.len();
    let missing = all().filter(|run| !runs.lines(*run).any(|line| came.contains(&line))).count();
    let lost = said(&stand, "runs lost") + said(&stand, "run lost");
    assert_eq!(lost, missing, "lost runs are said: {}", told());
    let is_cut = |run: &usize| {
        runs.lines(*run).any(|line| came.contains(&line)) && !runs.lines(*run).all(|line| came.contains(&line))
    };
    let cut = all().filter(is_cut).count();
    let said_cut = stand.told.notes(API).into_iter().filter(|note| note.contains("may be lost")).count();
    assert!(said_cut >= cut, "{said_cut} of {cut} are said: {}", told());
    let gaps = stand.told.pod("api-1").map(|pod| pod.containers[0].gaps as usize);
    assert!(gaps.is_some_and(|gaps| gaps >= said_cut), "{gaps:?}: {}", told());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn restarts_in_a_row_are_read_as_far_as_they_are_there() {
    check(async |_, _, _| {}).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn restarts_in_a_row_while_streams_break() {
    let cuts = [Cut::Break, Cut::Reset, Cut::End];
    check(async |stand, round, _| {
        stand.server.cut(&Aim::Logs, cuts[round % 3]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn restarts_in_a_row_while_their_status_is_late() {
    check(async |stand, round, _| {
        stand.server.cut(if round % 2 == 0 { &Aim::Watches } else { &Aim::All }, Cut::Reset);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn restarts_in_a_row_while_the_server_is_away() {
    check(async |stand, _, is_before| {
        if is_before {
            stand.server.stop().await;
        } else {
            stand.server.restart().unwrap();
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn restarts_in_a_row_while_their_status_cannot_be_asked() {
    check(async |stand, round, _| {
        stand.server.clear_faults();
        stand.server.fail(Aim::Lists, 2 + round as u32 % 3, Fault::Status(500));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_run_before_is_the_one_before_when_it_is_read() {
    let mut stand = Stand::new();
    stand.follow();
    let mut runs = Runs { firsts: vec![0], written: 0 };
    runs.write(&stand, 5);
    stand.until(|told| told.texts(API).len() == 5).await;
    runs.restart(&stand);
    runs.write(&stand, 5);
    stand.until(|told| told.pod("api-1").is_some_and(|pod| pod.restarts == 1)).await;
    let pod = stand.told.pod("api-1").unwrap().key.clone();
    // The status that is known is an old one when the log is asked for.
    stand.want(Want::Previous { pod, container: Some("api".to_owned()) });
    runs.restart(&stand);
    runs.write(&stand, 5);
    stand.until(|told| !told.notes("api-1/api (previous)").is_empty()).await;
    let came = stand.told.texts("api-1/api (previous)");
    let run = usize::from(came[0] != "line 0");
    let expected: Vec<String> = runs.lines(run).map(|n| format!("line {n}")).collect();
    assert_eq!(came, expected);
    assert!(stand.told.notes("api-1/api (previous)")[0].contains(&format!("run {run} ended: Error, exit 1")));
}
