//! Rows, words and numbers of pods, without a screen.

use super::*;
use crate::model::pods::Container;
use crate::model::time::SECOND;

const SOURCE: SourceId = SourceId(3);

fn pod(name: &str, condition: Condition) -> Pod {
    Pod {
        key: PodKey { namespace: "shop".to_owned(), name: name.to_owned(), uid: format!("uid-{name}") },
        condition,
        containers: vec![Container { stream: StreamState::Following, ..Container::default() }],
        ..Pod::default()
    }
}

fn told(pods: &mut Pods, list: &[(&str, Condition)], order: RowOrder) {
    let list = list.iter().map(|(name, condition)| pod(name, *condition)).collect();
    pods.take_pods(SOURCE, Arc::new(list), order);
}

fn names(pods: &Pods) -> Vec<String> {
    (0..pods.rows.len()).filter_map(|row| Some(pods.pod_at(row)?.1.key.name.clone())).collect()
}

fn choose(pods: &mut Pods, row: usize) {
    pods.list.row = row;
    pods.cursor = pods.here().map(|(source, pod)| (source, pod.key.clone()));
    pods.list.has_focus = true;
}

#[test]
fn the_worst_come_first_and_each_source_keeps_its_own_order() {
    use Condition::{Failing, Waiting, Well};
    let mut pods = Pods::default();
    told(&mut pods, &[("a", Failing), ("b", Well), ("c", Well)], RowOrder::Anew);
    let other = vec![pod("x", Failing), pod("y", Waiting)];
    pods.take_pods(SourceId(4), Arc::new(other), RowOrder::Anew);
    assert_eq!(names(&pods), ["a", "x", "y", "b", "c"]);
}

#[test]
fn a_row_never_jumps_under_the_cursor() {
    use Condition::{Failing, Well};
    let mut pods = Pods::default();
    told(&mut pods, &[("a", Well), ("b", Well), ("c", Well), ("d", Well)], RowOrder::Anew);
    choose(&mut pods, 2);
    pods.list.top = 1;
    told(&mut pods, &[("n", Failing), ("d", Failing), ("a", Well), ("b", Well), ("c", Well)], RowOrder::Held);
    assert_eq!(names(&pods), ["a", "b", "c", "d", "n"], "new ones come last");
    assert_eq!((pods.list.row, pods.list.top), (2, 1));
    // What goes above pulls the list along, not the cursor's row on the screen.
    told(&mut pods, &[("d", Failing), ("b", Well), ("c", Well), ("n", Well)], RowOrder::Held);
    assert_eq!((names(&pods), pods.list.row, pods.list.top), (["b", "c", "d", "n"].map(String::from).to_vec(), 1, 0));
    // The pod under the cursor is gone: the next one takes its place.
    told(&mut pods, &[("d", Failing), ("b", Well), ("n", Well)], RowOrder::Held);
    assert_eq!(pods.cursor.as_ref().map(|(_, key)| key.name.as_str()), Some("d"));
    told(&mut pods, &[("n", Failing), ("d", Well), ("b", Well)], RowOrder::Anew);
    assert_eq!(
        (names(&pods), pods.list.row),
        (["n", "d", "b"].map(String::from).to_vec(), 1),
        "the cursor goes with its pod"
    );
}

#[test]
fn pods_and_streams_are_counted() {
    use Condition::{Failing, Over, Shaky, Waiting, Well};
    let mut crashing = pod("crashing", Failing);
    crashing.restarts = 3;
    let mut unready = pod("unready", Shaky);
    unready.ready = (1, 2);
    let broken = |tries, at: i64| StreamState::Broken { why: String::new(), tries, next: Timestamp(at * SECOND) };
    unready.containers = [broken(5, 9), broken(2, 4), StreamState::Refused(String::new())]
        .map(|stream| Container { stream, gaps: 7, ..Container::default() })
        .to_vec();
    let list = [crashing, pod("image", Failing), unready, pod("w", Waiting), pod("o", Over), pod("r", Well)];
    let tally = Tally::of(&list);
    assert_eq!((tally.pods, tally.ready, tally.crashing, tally.failing, tally.unready), (6, 1, 1, 1, 1));
    assert_eq!((tally.waiting, tally.over, tally.streams, tally.broken, tally.refused), (1, 1, 5, 2, 1));
    assert_eq!((tally.next, tally.gaps, tally.has_several), (Some((2, Timestamp(4 * SECOND))), 21, true));
}

#[test]
fn changes_stand_in_their_order_and_are_bounded() {
    let mut pods = Pods::default();
    for second in [5, 1, 3] {
        pods.take_change(Timestamp(second), "\u{1b}[2J");
    }
    assert_eq!(pods.changes.iter().map(|(at, _)| at.0).collect::<Vec<_>>(), [1, 3, 5]);
    assert_eq!(pods.changes[0].1, "<1B>[2J");
    for second in 0..MAX_CHANGES as i64 {
        pods.take_change(Timestamp(100 + second), "x");
    }
    assert_eq!((pods.changes.len(), pods.changes[0].0), (MAX_CHANGES, Timestamp(100)));
}

#[test]
fn words_of_numbers() {
    let check = |n: u32, expected: &str| assert_eq!(words::nth(n), expected);
    for (n, expected) in [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (21, "21st"), (113, "113th")] {
        check(n, expected);
    }
    let check = |seconds: i64, expected: &str| assert_eq!(words::ago(seconds * SECOND), expected);
    for (seconds, expected) in [(-3, "0s"), (59, "59s"), (60, "1m"), (3599, "59m"), (7200, "2h"), (90_000, "1d")] {
        check(seconds, expected);
    }
}

#[test]
fn tints_are_the_same_in_every_run_and_spread() {
    assert_eq!(names::tint("prod", "api-2xkq9"), names::tint("prod", "api-2xkq9"));
    let mut seen = [0; TINTS as usize];
    for n in 0..600 {
        seen[usize::from(names::tint("prod", &format!("payments-api-7d9f5c-{n:05}")))] += 1;
    }
    assert!(seen.iter().all(|count| (60..160).contains(count)), "{seen:?}");
}

#[test]
fn only_a_long_lag_is_shown_in_the_list() {
    let check = |lag: Option<i64>, expected: Option<&str>| {
        let mut pod = pod("late", Condition::Well);
        pod.containers[0].lag = lag;
        let words = words::stream_trouble(&pod, Timestamp(0)).map(|(words, _)| words);
        assert_eq!(words.as_deref(), expected, "{lag:?}");
    };
    check(None, None);
    check(Some(5 * SECOND), None);
    check(Some(12 * SECOND), Some("lag 12s"));
    check(Some(200 * SECOND), Some("lag 3m"));
}
