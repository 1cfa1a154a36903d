//! Limits: quotas, clocks that are wrong, waits.

use super::super::limits::{Limits, Urgency, Wait, backoff, jitter, next_random, until};
use super::script::NOON;
use crate::model::Timestamp;
use crate::model::time::SECOND;
use std::time::Duration;

const NOW: Timestamp = Timestamp(NOON * SECOND);

fn at(seconds: i64) -> Timestamp {
    NOW.saturating_add(seconds * SECOND)
}

fn learn(limits: &mut Limits, headers: &[(&str, &str)], now: Timestamp) {
    let headers: Vec<_> = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    limits.learn(&headers, now);
}

fn of(left: u64, limit: u64, reset: i64) -> Limits {
    let mut limits = Limits::default();
    let (left, limit, reset) = (left.to_string(), limit.to_string(), (NOON + reset).to_string());
    let headers = [("x-ratelimit-remaining", &*left), ("x-ratelimit-limit", &*limit), ("x-ratelimit-reset", &*reset)];
    learn(&mut limits, &headers, NOW);
    limits
}

#[test]
fn quotas_are_read() {
    let quota = of(4999, 5000, 100).quota();
    assert_eq!((quota.left, quota.limit, quota.resets), (Some(4999), Some(5000), Some(at(100))));
    let mut gitlab = Limits::default();
    learn(&mut gitlab, &[("ratelimit-remaining", "7"), ("ratelimit-limit", "9"), ("ratelimit-reset", "60")], NOW);
    assert_eq!((gitlab.quota().left, gitlab.quota().resets), (Some(7), Some(at(60))));
    // Searches have a quota of their own; nonsense is none.
    for headers in [
        [("x-ratelimit-remaining", "1"), ("x-ratelimit-resource", "search")],
        [("x-ratelimit-remaining", "-4"), ("a", "b")],
    ] {
        let mut limits = of(9, 10, 100);
        learn(&mut limits, &headers, NOW);
        assert_eq!(limits.quota().left, Some(9));
    }
}

#[test]
fn answers_that_overtake_each_other_do_not_raise_it() {
    let mut limits = of(10, 60, 100);
    let reset = (NOON + 100).to_string();
    learn(&mut limits, &[("x-ratelimit-remaining", "11"), ("x-ratelimit-reset", &reset)], NOW);
    assert_eq!(limits.quota().left, Some(10));
    let next = (NOON + 3700).to_string();
    learn(&mut limits, &[("x-ratelimit-remaining", "59"), ("x-ratelimit-reset", &next)], at(101));
    assert_eq!(limits.quota().left, Some(59));
}

#[test]
fn a_wrong_clock_does_not_matter() {
    for wrong in [-3600, 0, 3600] {
        // Our clock shows `wrong` seconds more than the server's.
        let mut limits = Limits::default();
        let reset = (NOON + 100).to_string();
        let headers =
            [("date", "Sat, 21 Nov 2026 12:00:00 GMT"), ("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", &*reset)];
        learn(&mut limits, &headers, at(wrong));
        assert_eq!(limits.quota().resets, Some(at(wrong + 100)), "{wrong}");
        let date = [("retry-after".to_owned(), "Sat, 21 Nov 2026 12:00:40 GMT".to_owned())];
        assert_eq!(limits.refused(&date, false, at(wrong), 0), at(wrong + 40), "{wrong}");
    }
}

#[test]
fn the_reserve_is_left_alone_in_the_background() {
    let may = |limits: &Limits, urgency| limits.may(urgency, NOW);
    assert_eq!(may(&of(501, 5000, 100), Urgency::Background), Ok(()));
    assert_eq!(may(&of(500, 5000, 100), Urgency::Background), Err(Wait::Reserved(at(100))));
    assert_eq!(may(&of(500, 5000, 100), Urgency::Person), Ok(()));
    assert_eq!(may(&of(21, 60, 100), Urgency::Background), Ok(()));
    assert_eq!(may(&of(20, 60, 100), Urgency::Background), Err(Wait::Reserved(at(100))));
    // A quota smaller than the reserve is not all reserve.
    assert_eq!(may(&of(10, 10, 100), Urgency::Background), Ok(()));
    // It is full again.
    assert_eq!(may(&of(0, 5000, -1), Urgency::Background), Ok(()));
}

#[test]
fn polling_is_stretched_so_that_the_quota_lasts() {
    let check = |limits: Limits, wanted: u64, demand: f64, expected: u64| {
        assert_eq!(limits.pace(Duration::from_secs(wanted), demand, NOW), Duration::from_secs(expected));
    };
    check(Limits::default(), 60, 100.0, 60);
    check(of(4500, 5000, 3600), 60, 20.0 / 60.0, 60);
    // 40 requests for an hour, 60 wanted.
    check(of(60, 60, 3600), 60, 1.0 / 60.0, 90);
    check(of(60, 60, 3600), 10, 4.0 / 10.0, 360);
    check(of(20, 60, 500), 60, 1.0, 500);
    check(of(20, 60, 5), 60, 1.0, 60);
}

#[test]
fn waits_grow_and_have_an_end() {
    let (second, most) = (Duration::from_secs(1), Duration::from_mins(1));
    let mut dice = 1;
    for tries in 0..40 {
        let value;
        (dice, value) = next_random(dice);
        let whole = second.saturating_mul(1 << tries.min(20)).min(most);
        let wait = backoff(tries, second, most, value);
        assert!(wait >= whole / 2 && wait <= whole, "{tries} {wait:?}");
        assert!((most..=most.mul_f64(1.1)).contains(&jitter(most, value)));
    }
    assert_ne!(backoff(5, second, most, 3), backoff(5, second, most, 900));
    let mut limits = Limits::default();
    let waits: Vec<_> = (0..8).map(|_| until(limits.refused(&[], false, NOW, 1023), NOW).as_secs()).collect();
    assert_eq!(waits, [60, 120, 240, 480, 900, 900, 900, 900]);
}
