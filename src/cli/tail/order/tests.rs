//! What is held back, and what is let go when.

use super::*;
use crate::model::{Meta, SourceId};

fn id(n: u32) -> OriginId {
    OriginId::new(SourceId(0), n)
}

fn batch(origin: u32, orders: &[i64]) -> Batch {
    let mut batch = Batch::default();
    for order in orders {
        let meta = Meta { order: Timestamp(*order), origin: id(origin), ..Meta::default() };
        batch.push(&meta, format!("{origin}@{order}").as_bytes());
    }
    batch
}

fn released(sorter: &mut Sorter, now: i64) -> Vec<String> {
    let mut out = Vec::new();
    let kept: Result<(), ()> = sorter.release(Timestamp(now), |record| {
        out.push(String::from_utf8_lossy(record.raw).into_owned());
        Ok(())
    });
    kept.unwrap();
    out
}

fn ms(n: i64) -> i64 {
    n * 1_000_000
}

#[test]
fn logs_that_end_wait_for_every_origin_that_is_read() {
    let mut sorter = Sorter::new(Waits::All, 1 << 20);
    sorter.origin(id(1));
    sorter.origin(id(2));
    sorter.push(batch(1, &[10, 30, 50]), Timestamp(0));
    assert_eq!(released(&mut sorter, ms(10_000)), [""; 0], "the second may have earlier ones");
    sorter.push(batch(2, &[20, 40]), Timestamp(0));
    assert_eq!(released(&mut sorter, 0), ["1@10", "2@20", "1@30", "2@40"]);
    sorter.set_over(id(2), true);
    assert_eq!(released(&mut sorter, 0), ["1@50"]);
    sorter.push(batch(2, &[60]), Timestamp(0));
    assert_eq!(released(&mut sorter, 0), [""; 0], "the first goes on");
    sorter.set_over(id(1), true);
    assert_eq!(released(&mut sorter, 0), ["2@60"]);
    assert!(sorter.heap.is_empty());
}

#[test]
fn logs_that_are_known_and_not_yet_there_are_waited_for() {
    let mut sorter = Sorter::new(Waits::All, 1 << 20);
    sorter.expect(1);
    sorter.push(batch(1, &[2]), Timestamp(0));
    assert_eq!(released(&mut sorter, ms(10_000)), [""; 0]);
    sorter.push(batch(2, &[1]), Timestamp(0));
    sorter.expect(0);
    assert_eq!(released(&mut sorter, 0), ["2@1"], "the second may go on");
}

#[test]
fn logs_that_grow_wait_a_moment() {
    let mut sorter = Sorter::new(Waits::Moment, 1 << 20);
    sorter.push(batch(1, &[10, 30]), Timestamp(ms(0)));
    assert_eq!(sorter.next_due(), Some(Timestamp(ms(250))));
    sorter.push(batch(2, &[20, 40]), Timestamp(ms(100)));
    assert_eq!(released(&mut sorter, ms(249)), [""; 0]);
    assert_eq!(released(&mut sorter, ms(250)), ["1@10", "2@20", "1@30"], "up to the last one that is due");
    assert_eq!(released(&mut sorter, ms(350)), ["2@40"]);
    assert_eq!(sorter.next_due(), None);
}

#[test]
fn equal_times_keep_the_order_of_arrival() {
    let mut sorter = Sorter::new(Waits::Moment, 1 << 20);
    sorter.push(batch(2, &[5, 5]), Timestamp(0));
    sorter.push(batch(1, &[5]), Timestamp(0));
    assert_eq!(released(&mut sorter, ms(300)), ["2@5", "2@5", "1@5"]);
}

#[test]
fn held_bytes_are_bounded_and_the_earliest_goes_first() {
    let mut sorter = Sorter::new(Waits::All, 11);
    sorter.origin(id(1));
    sorter.origin(id(2));
    sorter.push(batch(1, &[1, 2, 3]), Timestamp(0));
    // Three records are over 11; a batch's bytes go with its last record.
    assert_eq!(released(&mut sorter, 0), ["1@1", "1@2", "1@3"]);
    assert!(sorter.heap.is_empty());
}

#[test]
fn only_the_last_records_of_each_origin_count_at_first() {
    let mut sorter = Sorter::new(Waits::First(Some(2)), 1 << 20);
    sorter.push(batch(1, &[1, 4, 6, 8]), Timestamp(0));
    sorter.push(batch(2, &[5]), Timestamp(0));
    assert_eq!(released(&mut sorter, ms(9_000)), [""; 0]);
    sorter.trim(2);
    sorter.wait_for(Waits::Moment);
    assert_eq!(released(&mut sorter, ms(9_000)), ["2@5", "1@6", "1@8"]);
}

#[test]
fn what_is_not_among_the_last_is_dropped_early_when_there_is_much() {
    let mut sorter = Sorter::new(Waits::First(Some(3)), 4000);
    for n in 0..100_i64 {
        sorter.push(batch(1, &[n * 2, n * 2 + 1]), Timestamp(0));
    }
    assert!(sorter.bytes <= 2600, "{}", sorter.bytes);
    sorter.trim(3);
    sorter.wait_for(Waits::Moment);
    assert_eq!(released(&mut sorter, ms(9_000)), ["1@197", "1@198", "1@199"]);
}

#[test]
fn the_end_gives_out_all() {
    let mut sorter = Sorter::new(Waits::First(None), 1 << 20);
    sorter.push(batch(1, &[3, 9]), Timestamp(0));
    sorter.push(batch(2, &[1]), Timestamp(0));
    let mut out = Vec::new();
    let kept: Result<(), ()> = sorter.finish(|record| {
        out.push(String::from_utf8_lossy(record.raw).into_owned());
        Ok(())
    });
    assert!(kept.is_ok() && sorter.heap.is_empty());
    assert_eq!(out, ["2@1", "1@3", "1@9"]);
}

fn place(n: u32) -> Cursor {
    Cursor { part: "x".to_owned(), place: Some(n.to_string()) }
}

fn reached(sorter: &mut Sorter) -> Vec<String> {
    sorter.reached().into_iter().filter_map(|(_, cursor)| cursor.place).collect()
}

#[test]
fn a_place_is_reached_when_all_before_it_was_given_out() {
    let mut sorter = Sorter::new(Waits::Moment, 1 << 20);
    sorter.push(batch(1, &[10, 30]), Timestamp(0));
    sorter.place(SourceId(0), place(1));
    sorter.push(batch(2, &[20]), Timestamp(ms(100)));
    sorter.place(SourceId(0), place(2));
    assert_eq!(reached(&mut sorter), [""; 0]);
    assert_eq!(released(&mut sorter, ms(250)), ["1@10", "2@20", "1@30"]);
    assert_eq!(reached(&mut sorter), ["1", "2"]);
    // The later batch goes first: its place waits for the other.
    sorter.push(batch(1, &[90]), Timestamp(ms(300)));
    sorter.push(batch(2, &[80]), Timestamp(ms(310)));
    sorter.place(SourceId(0), place(3));
    let mut n = 0;
    let stopped = sorter.release(Timestamp(ms(600)), |record| {
        n += 1;
        if n == 2 { Err(record.raw.to_vec()) } else { Ok(()) }
    });
    assert_eq!(stopped, Err(b"1@90".to_vec()), "standard output was closed");
    assert_eq!(reached(&mut sorter), [""; 0]);
}

#[test]
fn what_is_left_out_at_the_start_is_no_hindrance() {
    let mut sorter = Sorter::new(Waits::First(Some(1)), 1 << 20);
    sorter.push(batch(1, &[1, 2]), Timestamp(0));
    sorter.push(batch(1, &[3]), Timestamp(0));
    sorter.place(SourceId(0), place(1));
    sorter.trim(1);
    sorter.wait_for(Waits::Moment);
    assert_eq!((reached(&mut sorter), released(&mut sorter, ms(300))), (vec![], vec!["1@3".to_owned()]));
    assert_eq!(reached(&mut sorter), ["1"]);
}

#[test]
fn of_some_sources_nothing_is_left_out() {
    let mut sorter = Sorter::new(Waits::First(Some(1)), 8);
    sorter.keep_whole(SourceId(0));
    for n in 0..4 {
        sorter.push(batch(1, &[n]), Timestamp(0));
    }
    sorter.trim(1);
    sorter.wait_for(Waits::Moment);
    assert_eq!(released(&mut sorter, ms(300)), ["1@0", "1@1", "1@2", "1@3"]);
}

#[test]
fn a_source_that_ended_is_not_waited_for() {
    let mut sorter = Sorter::new(Waits::All, 1 << 20);
    sorter.push(batch(1, &[1, 3]), Timestamp(0));
    sorter.push(batch(2, &[2]), Timestamp(0));
    assert_eq!(released(&mut sorter, 0), ["1@1", "2@2"]);
    sorter.source_is_over(SourceId(0));
    assert_eq!(released(&mut sorter, 0), ["1@3"]);
}
