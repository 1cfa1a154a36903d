//! Tests of the store: what is held, who gives way, and the order of an index.

use super::*;
use crate::model::{Batch, Meta, OriginId, Severity, SourceId, Timestamp};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// A record that can be recognised: its number is its text, padded to `size`.
fn push(batch: &mut Batch, source: u16, local: u32, number: u64, order: i64, size: usize) {
    let origin = OriginId::new(SourceId(source), local);
    let severity = Severity::from_u8((number % 7) as u8);
    let raw = format!("{number:0size$}");
    batch.push(&Meta { order: Timestamp(order), origin, severity, ..Meta::default() }, raw.as_bytes());
}

fn batch(source: u16, numbers: std::ops::Range<u64>, size: usize) -> Batch {
    let mut batch = Batch::default();
    for number in numbers {
        push(&mut batch, source, 0, number, number as i64, size);
    }
    batch
}

fn numbers(segments: &Segments, source: u16) -> Vec<u64> {
    let of_source = segments.iter().filter(|segment| segment.source() == SourceId(source));
    let records = of_source.flat_map(|segment| segment.batch().iter());
    records.map(|record| std::str::from_utf8(record.raw).unwrap().parse().unwrap()).collect()
}

#[test]
fn ids_lead_to_their_records_and_neighbours() {
    let mut store = Store::new(1 << 20);
    let mut first = Batch::default();
    for (number, local) in [(0, 0), (1, 1), (2, 0)] {
        push(&mut first, 0, local, number, 5, 4);
    }
    let appended = store.append(SourceId(0), &first);
    assert_eq!(appended.added, [(0, 0..3)]);
    store.append(SourceId(1), &batch(1, 10..12, 4));
    store.close(SourceId(0));
    store.append(SourceId(0), &batch(0, 3..5, 4));
    let id = RecordId::new;
    let check = |from, prev, next| {
        assert_eq!((store.prev_in_origin(from), store.next_in_origin(from)), (prev, next), "{from:?}");
    };
    check(id(0, 0), None, Some(id(0, 2)));
    check(id(0, 1), None, None);
    check(id(0, 2), Some(id(0, 0)), Some(id(2, 0)));
    check(id(2, 0), Some(id(0, 2)), Some(id(2, 1)));
    check(id(1, 1), Some(id(1, 0)), None);
    check(id(7, 0), None, None);
    check(id(0, 3), None, None);
    assert_eq!(store.record(id(2, 1)).unwrap().raw, b"0004");
    assert!(store.record(id(2, 2)).is_none() && store.record(id(3, 0)).is_none());
    assert_eq!((store.len(), store.segments().len()), (7, 7));
}

#[test]
fn a_snapshot_stays_as_it_was() {
    let mut store = Store::new(1 << 20);
    store.append(SourceId(0), &batch(0, 0..10, 8));
    let snapshot = store.snapshot();
    store.append(SourceId(0), &batch(0, 10..20, 8));
    assert_eq!(numbers(&snapshot, 0), (0..10).collect::<Vec<_>>());
    assert_eq!(numbers(store.segments(), 0), (0..20).collect::<Vec<_>>());
    for round in 1..200 {
        store.append(SourceId(0), &batch(0, round * 100..round * 100 + 100, 100));
    }
    assert!(store.evicted(SourceId(0)).records() > 0);
    assert_eq!(numbers(&snapshot, 0), (0..10).collect::<Vec<_>>());
}

#[test]
fn a_loud_source_evicts_only_itself() {
    let budget = 1 << 20;
    let mut store = Store::new(budget);
    store.append(SourceId(7), &batch(7, 0..100, 200));
    let quiet = store.held_by(SourceId(7));
    for round in 0..500 {
        store.append(SourceId(1), &batch(1, round * 100..(round + 1) * 100, 200));
        assert!(store.bytes() <= budget);
    }
    assert_eq!(store.evicted(SourceId(7)).records(), 0);
    assert_eq!(numbers(store.segments(), 7).len(), 100);
    assert!(store.held_by(SourceId(7)) <= quiet);
    assert!(store.held_by(SourceId(1)) > budget * 3 / 4, "{}", store.held_by(SourceId(1)));
}

#[test]
fn a_record_larger_than_everything_breaks_nothing() {
    let mut store = Store::new(10_000);
    let appended = store.append(SourceId(0), &batch(0, 0..1, 50_000));
    assert_eq!((appended.added.len(), appended.evicted.len()), (1, 1));
    assert_eq!((store.len(), store.bytes(), store.evicted(SourceId(0)).records()), (0, 0, 1));
    store.append(SourceId(0), &batch(0, 1..3, 50));
    assert_eq!(numbers(store.segments(), 0), [1, 2]);
}

#[test]
fn a_full_ring_costs_little_more_than_its_text() {
    let budget = 32 << 20;
    let mut store = Store::new(budget);
    let mut index = Order::new();
    for round in 0..500 {
        let appended = store.append(SourceId(0), &batch(0, round * 512..(round + 1) * 512, 250));
        for (segment, rows) in appended.added {
            let segment = store.segments().get(segment).unwrap();
            index.insert_run(&rows.map(|row| segment.key(row as usize)).collect::<Vec<_>>());
        }
        for evicted in appended.evicted {
            index.remove_segment(evicted.segment, evicted.orders);
        }
    }
    let records = store.len();
    assert_eq!(index.len(), records);
    let raw = records * 250;
    let used = store.bytes() + index.allocated();
    assert!(store.bytes() > budget * 95 / 100, "{}", store.bytes());
    assert!(used < raw * 115 / 100 + records * 64, "{used} for {raw} in {records} records");
}

/// What can happen to a store.
#[derive(Clone, Debug)]
enum Step {
    /// A source sends records of this size.
    Append(u16, usize, usize),
    Close(u16),
    Snapshot,
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0_u16..4, 1_usize..80, prop::sample::select(&[1_usize, 20, 200, 3000][..]))
            .prop_map(|(source, count, size)| Step::Append(source, count, size)),
        1 => (0_u16..4).prop_map(Step::Close),
        1 => Just(Step::Snapshot),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(100) })]

    #[test]
    fn nothing_is_lost_unsaid(steps in prop::collection::vec(any_step(), 1..80), budget in 20_000_usize..400_000) {
        let mut store = Store::new(budget);
        let mut sent: BTreeMap<u16, u64> = BTreeMap::new();
        let mut snapshots = Vec::new();
        for step in steps {
            match step {
                Step::Append(source, count, size) => {
                    let first = *sent.entry(source).or_default();
                    let held_before: Vec<usize> = (0..4).map(|s| store.held_by(SourceId(s))).collect();
                    let new = batch(source, first..first + count as u64, size);
                    let appended = store.append(SourceId(source), &new);
                    sent.insert(source, first + count as u64);
                    let added: u32 = appended.added.iter().map(|(_, rows)| rows.end - rows.start).sum();
                    prop_assert_eq!(added as usize, count);
                    // Who held no more than its share gave nothing away to another.
                    let holders = held_before.iter().enumerate().filter(|(s, held)| **held > 0 || *s == usize::from(source));
                    let share = budget / holders.count();
                    for evicted in &appended.evicted {
                        let at = usize::from(evicted.source.0);
                        prop_assert!(evicted.source.0 == source || held_before[at] > share);
                    }
                }
                Step::Close(source) => store.close(SourceId(source)),
                Step::Snapshot => snapshots.push((store.snapshot(), store.len())),
            }
            prop_assert!(store.bytes() <= budget);
            let mut held = 0;
            for (source, sent) in &sent {
                let id = SourceId(*source);
                let lost = store.evicted(id).records();
                prop_assert_eq!(store.appended(id).records(), *sent);
                // What is held are the newest ones, in order, without a gap.
                prop_assert_eq!(numbers(store.segments(), *source), (lost..*sent).collect::<Vec<_>>());
                held += *sent - lost;
            }
            prop_assert_eq!(store.len() as u64, held);
            let allocated: usize = store.segments().iter().map(|segment| segment.batch().allocated()).sum();
            prop_assert!(allocated <= store.bytes());
            for segment in store.segments().iter() {
                let orders = segment.batch().orders();
                let bounds = (*orders.iter().min().unwrap(), *orders.iter().max().unwrap());
                prop_assert_eq!((segment.orders().0.0, segment.orders().1.0), bounds);
                prop_assert_eq!(*segment.tally(), Tally::of(segment.batch(), 0..segment.len()));
            }
        }
        for (snapshot, len) in snapshots {
            prop_assert_eq!(snapshot.len(), len);
        }
    }

    #[test]
    fn an_index_is_a_sorted_set(
        runs in prop::collection::vec((0_u32..6, 0_i64..60_000, 1_usize..3000, 0_i64..20), 1..15),
        evictions in prop::collection::vec((0_usize..15, 0_u32..6), 0..6),
        removals in prop::collection::vec((0_usize..15, 0_usize..8), 0..4),
    ) {
        let mut index = Order::new();
        let mut model: BTreeSet<Key> = BTreeSet::new();
        let mut next_row = [0_u32; 6];
        for (step, (segment, start, count, stride)) in runs.into_iter().enumerate() {
            let rows = next_row[segment as usize]..next_row[segment as usize] + count as u32;
            next_row[segment as usize] = rows.end;
            let key = |(at, row): (usize, u32)| {
                Key { order: Timestamp(start + at as i64 * stride), id: RecordId::new(segment, row) }
            };
            let run: Vec<Key> = rows.enumerate().map(key).collect();
            index.insert_run(&run);
            model.extend(&run);
            for (_, gone) in evictions.iter().filter(|(at, _)| *at == step) {
                let orders: Vec<Timestamp> =
                    model.iter().filter(|k| k.id.segment() == *gone).map(|k| k.order).collect();
                if let (Some(low), Some(high)) = (orders.first(), orders.last()) {
                    prop_assert_eq!(index.remove_segment(*gone, (*low, *high)), orders.len());
                    model.retain(|key| key.id.segment() != *gone);
                }
            }
            for (_, kept) in removals.iter().filter(|(at, _)| *at == step) {
                let gone: Vec<Key> = model.iter().copied().enumerate().filter(|(at, _)| at % 7 >= *kept).map(|(_, k)| k).collect();
                let stranger = Key { order: Timestamp(30_001), id: RecordId::new(9, 0) };
                let mut run = gone.clone();
                run.insert(run.partition_point(|key| *key < stranger), stranger);
                index.remove_run(&run);
                model.retain(|key| gone.binary_search(key).is_err());
            }
            prop_assert_eq!(index.len(), model.len());
        }
        let sorted: Vec<Key> = model.iter().copied().collect();
        prop_assert!(index.iter_from(0).eq(sorted.iter().copied()));
        prop_assert!(index.iter_back_from(usize::MAX).eq(sorted.iter().rev().copied()));
        for position in (0..sorted.len()).step_by(97) {
            prop_assert_eq!(index.get(position), Some(sorted[position]));
            prop_assert_eq!(index.position(sorted[position]), Ok(position));
            prop_assert_eq!(index.iter_from(position).next(), Some(sorted[position]));
            prop_assert_eq!(index.iter_back_from(position).next(), position.checked_sub(1).map(|p| sorted[p]));
            let missing = Key { id: RecordId(u64::MAX - 1), ..sorted[position] };
            let expected = sorted.partition_point(|key| *key < missing);
            prop_assert_eq!(index.position(missing), Err(expected));
        }
        prop_assert_eq!(index.get(sorted.len()), None);
        // Chunks stay reasonably full: at most twice the memory that the keys take, and a few chunks.
        prop_assert!(index.allocated() <= sorted.len() * 16 * 3 + 300_000, "{} for {}", index.allocated(), sorted.len());
    }

    #[test]
    fn single_late_records_find_their_place(orders in prop::collection::vec(0_i64..500, 1..600)) {
        let mut index = Order::new();
        let mut model = BTreeSet::new();
        for (row, order) in orders.into_iter().enumerate() {
            let key = Key { order: Timestamp(order), id: RecordId::new(0, row as u32) };
            index.insert(key);
            model.insert(key);
            if row % 3 == 2 {
                index.remove_run(&[key]);
                model.remove(&key);
            }
        }
        prop_assert_eq!(index.len(), model.len());
        prop_assert!(index.iter_from(0).eq(model.iter().copied()));
    }
}
