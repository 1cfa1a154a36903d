//! The place in a log against a server that cuts, breaks and rotates.

use crate::model::Timestamp;
use crate::model::time::SECOND;
use crate::sources::pods::cursor::{Gate, MAX_PARTIAL, Taken};
use proptest::prelude::*;

/// A log as the server has it: (milliseconds, text).
type Log = Vec<(i64, String)>;

fn line((ms, text): &(i64, String)) -> String {
    let time = jiff::Timestamp::from_millisecond(1_700_000_000_000 + ms).unwrap();
    format!("{time:.9} {text}\n")
}

/// What the server answers: lines not before the second of `since`.
fn answer(log: &[(i64, String)], since: Option<Timestamp>) -> Vec<u8> {
    let kept = log.iter().filter(|(ms, _)| {
        let time = (1_700_000_000_000 + ms) * 1_000_000;
        since.is_none_or(|since| time >= since.0.div_euclid(SECOND) * SECOND)
    });
    kept.map(line).collect::<String>().into_bytes()
}

/// Takes `bytes` in pieces; false when the place was gone.
fn take(gate: &mut Gate, bytes: &[u8], piece: usize, out: &mut Vec<u8>) -> bool {
    for piece in bytes.chunks(piece.max(1)) {
        match gate.take(piece) {
            Taken::From(at) => {
                out.extend(gate.ahead());
                out.extend_from_slice(&piece[at..]);
            }
            Taken::Nothing => {}
            Taken::Gone => return false,
        }
    }
    true
}

/// Drops a line that was not complete when the stream broke.
fn break_off(out: &mut Vec<u8>) {
    let end = out.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
    out.truncate(end);
}

/// Reads what the log has, as a follower does until it has caught up.
fn catch_up(gate: &mut Gate, log: &[(i64, String)], piece: usize, out: &mut Vec<u8>) -> u32 {
    gate.resume();
    let mut gone = 0;
    while !take(gate, &answer(log, gate.cursor().since()), piece, out) || gate.end() == Taken::Gone {
        gone += u32::from(gate.give_up());
        assert!(gone < 3, "it comes to an end");
    }
    gone
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    /// Streams that break anywhere, with many lines of one time, give each line once.
    #[test]
    fn nothing_is_lost_and_nothing_comes_twice(
        steps in prop::collection::vec((0_i64..3, 0_u8..4), 1..120),
        breaks in prop::collection::vec((0_usize..120, 0_usize..4000), 0..8),
        piece in 1_usize..90,
        tail in 0_usize..20,
    ) {
        // Times stand still, go on by a little or by much; texts are often equal, but not where the tail begins.
        let mut ms = 0;
        let mut log = Log::new();
        for (n, (step, text)) in steps.iter().enumerate() {
            ms += [0, 1, 700][*step as usize];
            log.push((ms, if *text == 0 || n < 20 { format!("line {n}") } else { format!("same {text}") }));
        }
        let start = tail.min(log.len() - 1);
        let (mut gate, mut out) = (Gate::default(), Vec::new());
        let first = answer(&log[start..], None);
        let cut = breaks.first().map_or(first.len(), |b| b.1.min(first.len()));
        gate.begin();
        prop_assert!(take(&mut gate, &first[..cut], piece, &mut out));
        break_off(&mut out);
        if gate.cursor().is_empty() {
            gate.begin();
            prop_assert!(take(&mut gate, &first, piece, &mut out));
        } else {
            for (_, bytes) in breaks.iter().skip(1) {
                let bytes_there = answer(&log, gate.cursor().since());
                gate.resume();
                prop_assert!(take(&mut gate, &bytes_there[..(*bytes).min(bytes_there.len())], piece, &mut out));
                break_off(&mut out);
            }
            prop_assert_eq!(catch_up(&mut gate, &log, piece, &mut out), 0);
        }
        prop_assert_eq!(String::from_utf8(out).unwrap(), String::from_utf8(first).unwrap());
        prop_assert_eq!(gate.delivered() as usize, log.len() - start);
    }

    /// What was rotated away is missed, and nothing else; that it may be is told.
    #[test]
    fn after_a_rotation_comes_what_is_left(
        steps in prop::collection::vec(0_i64..3, 4..80),
        read in 1_usize..80,
        gone in 0_usize..80,
        piece in 1_usize..90,
    ) {
        let mut ms = 0;
        let mut log = Log::new();
        for (n, step) in steps.iter().enumerate() {
            ms += [0, 1, 700][*step as usize];
            log.push((ms, format!("line {n}")));
        }
        let read = read.min(log.len() - 1);
        let gone = gone.min(log.len() - 1);
        let (mut gate, mut out) = (Gate::default(), Vec::new());
        gate.begin();
        take(&mut gate, &answer(&log[..read], None), piece, &mut out);
        let said = catch_up(&mut gate, &log[gone..], piece, &mut out);
        let expected: String = log.iter().enumerate().filter(|(n, _)| *n < read || *n >= gone).map(|(_, l)| line(l)).collect();
        prop_assert_eq!(String::from_utf8(out).unwrap(), expected);
        prop_assert_eq!(said > 0, gone >= read);
    }
}

#[test]
fn a_clock_that_goes_back_in_the_log_is_no_place() {
    let log: Log =
        [100_000, 101_000, 102_000, 50_000, 51_000, 52_000, 103_000].map(|ms| (ms, format!("at {ms}"))).into();
    for read in 1..log.len() {
        let (mut gate, mut out) = (Gate::default(), Vec::new());
        gate.begin();
        take(&mut gate, &answer(&log[..read], None), 7, &mut out);
        assert_eq!(catch_up(&mut gate, &log, 7, &mut out), 0, "after {read}");
        let text = String::from_utf8(out).unwrap();
        // The server has no way to give lines from before the moment that it is asked for.
        let expected = log.iter().enumerate().filter(|(n, (ms, _))| *n < read || *ms >= log[read - 1].0 - 1000);
        assert_eq!(text, expected.map(|(_, l)| line(l)).collect::<String>(), "after {read}");
    }
}

#[test]
fn the_next_run_is_told_from_the_one_before() {
    let a: Log = (0..5).map(|n| (n * 300, format!("a {n}"))).collect();
    let b: Log = (0..5).map(|n| (5000 + n * 300, format!("b {n}"))).collect();
    for piece in [1, 13, 10_000] {
        // The stream was of the run before: all of the next one is new.
        let (mut gate, mut out) = (Gate::default(), Vec::new());
        gate.begin();
        take(&mut gate, &answer(&a, None), piece, &mut out);
        gate.next_run();
        take(&mut gate, &answer(&b, None), piece, &mut out);
        assert_eq!(String::from_utf8(out).unwrap(), a.iter().chain(&b).map(line).collect::<String>());
        // It was opened again in the next one already: a's end is read from the run before, b goes on where it was.
        let (mut gate, mut out) = (Gate::default(), Vec::new());
        gate.begin();
        take(&mut gate, &answer(&a[..3], None), piece, &mut out);
        let broken_at = gate.cursor().clone();
        gate.resume();
        let again = answer(&b[..2], gate.cursor().since());
        assert!(!take(&mut gate, &again, piece, &mut out));
        assert!(gate.give_up());
        assert!(take(&mut gate, &again, piece, &mut out));
        let mut before = Gate::behind(broken_at.clone(), gate.known());
        assert!(take(&mut before, &answer(&a, broken_at.since()), piece, &mut out));
        gate.next_run();
        assert!(take(&mut gate, &answer(&b, None), piece, &mut out));
        let mut lines: Vec<_> = String::from_utf8(out).unwrap().lines().map(str::to_owned).collect();
        lines.sort();
        assert_eq!(lines.join("\n") + "\n", a.iter().chain(&b).map(line).collect::<String>());
        // It was opened again in the same run after all: what it delivered does not come again.
        let (mut gate, mut out) = (Gate::default(), Vec::new());
        gate.begin();
        take(&mut gate, &answer(&a[..2], None), piece, &mut out);
        let broken_at = gate.cursor().clone();
        gate.resume();
        let again = answer(&a[..4], gate.cursor().since());
        assert!(take(&mut gate, &again, piece, &mut out));
        let mut before = Gate::behind(broken_at.clone(), gate.known());
        assert!(take(&mut before, &answer(&a, broken_at.since()), piece, &mut out));
        assert_eq!(String::from_utf8(out).unwrap(), a.iter().map(line).collect::<String>());
    }
}

#[test]
fn a_line_without_an_end_is_held_within_bounds() {
    let mut gate = Gate::default();
    gate.begin();
    let start = line(&(0, String::new()));
    assert_eq!(gate.take(start.trim_end().as_bytes()), Taken::From(0));
    let long = vec![b'x'; 100_000];
    for _ in 0..100 {
        assert_eq!(gate.take(&long), Taken::From(0));
        assert!(gate.held() <= 2 * MAX_PARTIAL);
    }
    assert_eq!((gate.delivered(), gate.take(b"\n"), gate.delivered()), (0, Taken::From(0), 1));
}
