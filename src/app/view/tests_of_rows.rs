//! Tests of what has a row: repeats that are collapsed, and what is kept around matches.

use super::tests::{Rig, grep};
use super::*;
use crate::analysis::matcher::Matcher;
use crate::model::{Batch, Format, Meta, OriginId, Record, Severity, SourceId, Timestamp};
use crate::store::Key;
use jiff::tz::TimeZone;
use proptest::prelude::*;
use std::collections::HashMap;

impl Rig {
    fn collapse(&mut self, repeats: Repeats) {
        self.view.set_repeats(repeats, &self.store);
        self.finish();
    }

    fn keep(&mut self, scope: Scope) {
        self.view.set_scope(scope, &self.store);
        self.finish();
    }

    /// All rows: the first record's text, and the count. The cursor's has a `>` before it.
    fn rows(&self) -> String {
        let cursor = self.view.cursor_position();
        let row = |(at, id): (usize, RecordId)| {
            let mark = if cursor == Some(at) { ">" } else { "" };
            match self.view.records_in(at) {
                1 => format!("{mark}{}", self.text(id)),
                count => format!("{mark}{} x{count}", self.text(id)),
            }
        };
        self.view.window(0, usize::MAX).enumerate().map(row).collect::<Vec<_>>().join(", ")
    }
}

fn run(rig: &mut Rig, target: Target, direction: Direction) -> bool {
    let mut find = rig.view.find_from_cursor(target, direction);
    loop {
        match rig.view.find(&mut find, &rig.store, 2) {
            Found::Record(id) => {
                rig.view.go_to_record(id, &rig.store, 10);
                return true;
            }
            Found::Nothing => return false,
            Found::NotYet => {}
        }
    }
}

fn text(text: &str) -> Target {
    Target::Matches(Box::new(Matcher::compile(&grep(text), []).unwrap()))
}

#[test]
fn repeats_have_one_row_wherever_they_come_in() {
    let mut rig = Rig::new(1 << 20);
    rig.append(0, &[(10, "job 1"), (20, "job 2"), (30, "stop"), (40, "job 3")]);
    rig.collapse(Repeats::Collapsed);
    assert_eq!(rig.rows(), "job 1 x2, stop, >job 3");
    rig.append(0, &[(50, "job 4"), (60, "job 5")]);
    assert_eq!(rig.rows(), "job 1 x2, stop, >job 3 x3");
    // What comes in between parts a run; what comes before it becomes its first record.
    rig.append(1, &[(15, "else"), (55, "job 9")]);
    assert_eq!(rig.rows(), "job 1, else, job 2, stop, job 3 x2, job 9, >job 5");
    rig.append(0, &[(61, "job 6")]);
    rig.append(0, &[(5, "job 7")]);
    assert_eq!(rig.rows(), "job 7 x2, else, job 2, stop, job 3 x2, job 9, >job 5 x2");
    assert_eq!((rig.view.len(), rig.view.matching(), rig.view.matching_records().count()), (7, 10, 10));
    rig.collapse(Repeats::Apart);
    assert_eq!(rig.view.len(), 10);
}

#[test]
fn the_cursor_is_on_the_row_of_its_record() {
    let mut rig = Rig::new(1 << 20);
    rig.append(0, &[(1, "a"), (2, "job 2"), (3, "job 3"), (4, "job 4"), (5, "b"), (6, "job 6"), (7, "job 7")]);
    rig.view.go_to(3, 10);
    rig.collapse(Repeats::Collapsed);
    assert_eq!(rig.rows(), "a, >job 2 x3, b, job 6 x2");
    assert_eq!(rig.view.cursor(), Some(RecordId::new(0, 1)));
    rig.collapse(Repeats::Apart);
    assert_eq!(rig.rows(), "a, job 2, job 3, >job 4, b, job 6, job 7");
    rig.collapse(Repeats::Collapsed);
    rig.view.move_cursor(2, 10);
    assert_eq!(rig.rows(), "a, job 2 x3, b, >job 6 x2");
    rig.view.go_to_record(RecordId::new(0, 2), &rig.store, 10);
    assert_eq!(rig.rows(), "a, >job 2 x3, b, job 6 x2");
    assert_eq!(rig.view.position(RecordId::new(0, 3), &rig.store), Some(1));
    assert_eq!(rig.view.position_of_time(Timestamp(4)), Some(1));
    assert_eq!(rig.view.position_of_time(Timestamp(5)), Some(2));
    // A hidden record's place is inside of a run, too.
    rig.filter(grep("job [2467]|a|b"));
    rig.finish();
    assert_eq!(rig.view.nearest(RecordId::new(0, 2), &rig.store), rig.view.position(RecordId::new(0, 1), &rig.store));
    rig.filter(Query::default());
    rig.finish();
    rig.collapse(Repeats::Apart);
    assert_eq!(rig.rows(), "a, job 2, >job 3, job 4, b, job 6, job 7");
}

#[test]
fn following_stays_on_the_last_row_and_what_is_new_is_counted_in_records() {
    let mut rig = Rig::new(1 << 20);
    rig.append(0, &[(1, "a"), (2, "job 1")]);
    rig.collapse(Repeats::Collapsed);
    rig.append(0, &[(3, "job 2"), (4, "job 3")]);
    assert_eq!(rig.rows(), "a, >job 1 x3");
    let newest = rig.view.newest().unwrap();
    rig.view.unfollow();
    rig.append(0, &[(5, "job 4"), (6, "job 5"), (7, "b")]);
    assert_eq!(rig.rows(), "a, >job 1 x5, b");
    assert_eq!(rig.view.newer_than(newest, &rig.store), 3);
    assert_eq!(rig.view.newer_than(RecordId::new(77, 0), &rig.store), 7);
}

#[test]
fn a_search_stops_once_in_a_row() {
    let mut rig = Rig::new(1 << 20);
    rig.append(0, &[(1, "job 1!"), (2, "job 2!"), (3, "b"), (4, "job 3!"), (5, "job 4!"), (6, "c")]);
    rig.collapse(Repeats::Collapsed);
    rig.view.go_to(0, 10);
    let mut check = |target: Target, direction, expected: &str| {
        run(&mut rig, target, direction);
        assert_eq!(rig.rows(), expected);
    };
    let errors = || Target::AtLeast(Severity::Error);
    check(errors(), Direction::Forward, "job 1! x2, b, >job 3! x2, c");
    check(errors(), Direction::Forward, "job 1! x2, b, >job 3! x2, c");
    check(errors(), Direction::Backward, ">job 1! x2, b, job 3! x2, c");
    // The word stands in the second record of the row only.
    check(text("job 4"), Direction::Forward, "job 1! x2, b, >job 3! x2, c");
    check(text("job 2"), Direction::Backward, ">job 1! x2, b, job 3! x2, c");
    assert!(!run(&mut rig, text("job 1"), Direction::Forward));
    rig.collapse(Repeats::Apart);
    assert_eq!(rig.rows(), "job 1!, >job 2!, b, job 3!, job 4!, c");
}

#[test]
fn lines_around_matches_are_those_of_the_same_origin() {
    let mut rig = Rig::new(1 << 20);
    rig.append(0, &[(10, "a"), (20, "b"), (30, "hit"), (40, "c"), (50, "d"), (60, "e"), (70, "hit"), (80, "f")]);
    rig.append(1, &[(29, "x"), (31, "y"), (79, "z")]);
    rig.filter(grep("hit"));
    rig.finish();
    rig.keep(Scope::Around(1));
    assert_eq!(rig.rows(), "b, hit, c, e, hit, >f");
    // Behind a match that was there before.
    rig.append(0, &[(90, "g"), (91, "h")]);
    assert_eq!(rig.rows(), "b, hit, c, e, hit, >f");
    rig.keep(Scope::Around(2));
    assert_eq!(rig.rows(), "a, b, hit, c, d, e, hit, f, >g");
    rig.append(1, &[(95, "hit"), (96, "w")]);
    rig.append(1, &[(97, "v"), (98, "u")]);
    assert_eq!(rig.rows(), "a, b, hit, y, c, d, e, hit, z, f, g, hit, w, >v");
    assert_eq!((rig.view.matching(), rig.view.len()), (3, 14));
    rig.keep(Scope::All);
    assert_eq!((rig.view.matching(), rig.view.len()), (3, 14 + 3));
    assert!(rig.view.matching_records().all(|id| rig.text(id) == "hit"));
    rig.keep(Scope::Matches);
    assert_eq!(rig.rows(), "hit, hit, >hit");
    // Without a filter there is nothing to keep.
    rig.keep(Scope::Around(1));
    rig.filter(Query::default());
    rig.finish();
    assert!(!rig.view.has_context());
    assert_eq!(rig.view.len(), 17);
}

#[test]
fn a_match_is_never_in_the_row_of_a_line_around_it() {
    let mut rig = Rig::new(1 << 20);
    rig.append(0, &[(1, "order 8001"), (2, "order 8002"), (3, "order 8003"), (4, "order 8004")]);
    rig.filter(grep("8002"));
    rig.keep(Scope::All);
    assert_eq!(rig.view.len(), 4);
    rig.collapse(Repeats::Collapsed);
    assert_eq!(rig.rows(), "order 8001, order 8002, >order 8003 x2");
}

#[test]
fn a_run_whose_first_record_is_evicted_has_a_new_one() {
    let mut rig = Rig::new(64 << 10);
    let texts: Vec<String> = (1000..21_000).map(|n| format!("job {n}")).collect();
    let mut records = texts.iter().enumerate().map(|(n, text)| (n as i64, text.as_str()));
    rig.collapse(Repeats::Collapsed);
    while rig.store.evicted(SourceId(0)).records() == 0 {
        rig.append(0, &records.by_ref().take(100).collect::<Vec<_>>());
        rig.view.go_to(0, 5);
    }
    let first = rig.store.segments().iter().next().unwrap().id(0);
    assert_eq!((rig.view.len(), rig.view.id_at(0), rig.view.cursor()), (1, Some(first), Some(first)));
    assert_eq!(rig.view.records_in(0), rig.store.len());
}

/// What can happen.
#[derive(Clone, Debug)]
enum Step {
    /// A source sends records: (order, number that decides the rest).
    Append(u16, Vec<(i64, u16)>),
    Filter(usize),
    Scope(Scope),
    Repeats(Repeats),
    Advance(usize),
    GoTo(usize),
}

fn any_step() -> impl Strategy<Value = Step> {
    let scopes = prop_oneof![Just(Scope::Matches), (1_usize..4).prop_map(Scope::Around), Just(Scope::All)];
    prop_oneof![
        6 => (0_u16..3, prop::collection::vec((0_i64..100, any::<u16>()), 1..60)).prop_map(|(s, r)| Step::Append(s, r)),
        1 => (0_usize..5).prop_map(Step::Filter),
        1 => scopes.prop_map(Step::Scope),
        1 => prop::sample::select(&[Repeats::Apart, Repeats::Collapsed, Repeats::Collapsed][..]).prop_map(Step::Repeats),
        3 => (1_usize..200).prop_map(Step::Advance),
        1 => (0_usize..500).prop_map(Step::GoTo),
    ]
}

const TEXTS: [&str; 8] = [
    "order=8f21 failed",
    "order=8f22 failed",
    "retry 12",
    "retry 77",
    "same",
    "same",
    "long\n\tat 12",
    "long\n\tat 13",
];

fn queries() -> [Query; 5] {
    let errors = Query { min_severity: Severity::Error, ..Query::default() };
    [Query::default(), errors, grep("8f21|same"), grep("nothing"), Query { since: Some(Timestamp(50)), ..grep("t") }]
}

fn records(source: u16, numbers: &[(i64, u16)]) -> Batch {
    let mut batch = Batch::default();
    for (order, number) in numbers {
        let text = TEXTS[usize::from(number % 8)];
        let meta = Meta {
            order: Timestamp(*order),
            text: (0, text.len() as u32),
            severity: if number % 5 == 0 { Severity::Error } else { Severity::Info },
            format: if number % 31 == 0 { Format::Note } else { Format::Plain },
            origin: OriginId::new(SourceId(source), u32::from(number % 3 == 0)),
            ..Meta::default()
        };
        batch.push(&meta, text.as_bytes());
    }
    batch
}

/// The matches, and what has to be shown, by looking at every record.
fn expected(view: &View, store: &Store) -> (Vec<Key>, Vec<Key>) {
    let mut parser = Parser::new(TimeZone::UTC, Timestamp(0));
    // By origin, in the order of arrival: the key, and whether it matches.
    let mut origins: HashMap<OriginId, Vec<(Key, bool)>> = HashMap::new();
    for segment in store.segments().iter() {
        for (row, record) in segment.batch().iter().enumerate() {
            let matches = view.matcher().matches(&record, &mut parser);
            origins.entry(record.origin).or_default().push((segment.key(row), matches));
        }
    }
    let (mut matches, mut base) = (Vec::new(), Vec::new());
    for records in origins.values() {
        for (at, (key, is_match)) in records.iter().enumerate() {
            matches.extend(is_match.then_some(*key));
            let shows = match view.scope() {
                _ if !view.has_context() => *is_match,
                Scope::Matches => *is_match,
                Scope::All => true,
                Scope::Around(count) => {
                    let near = at.saturating_sub(count)..(at + count + 1).min(records.len());
                    records[near].iter().any(|(_, is_match)| *is_match)
                }
            };
            base.extend(shows.then_some(*key));
        }
    }
    matches.sort_unstable();
    base.sort_unstable();
    (matches, base)
}

/// The rows follow from the base, by comparing all neighbours.
fn check_rows(view: &View, store: &Store) -> Result<(), TestCaseError> {
    let mut parser = Parser::new(TimeZone::UTC, Timestamp(0));
    let mut matches = |record: &Record<'_>| view.matcher().matches(record, &mut parser);
    let base: Vec<Key> = view.listing.base().iter_from(0).collect();
    let mut rows: Vec<Vec<Key>> = Vec::new();
    for key in &base {
        let record = store.record(key.id).unwrap();
        let before = rows.last().and_then(|row| store.record(row.last().unwrap().id));
        let joins = view.repeats() == Repeats::Collapsed
            && before.is_some_and(|before| {
                repeat::repeats(&before, &record) && (!view.has_context() || matches(&before) == matches(&record))
            });
        match rows.last_mut().filter(|_| joins) {
            Some(row) => row.push(*key),
            None => rows.push(vec![*key]),
        }
    }
    prop_assert_eq!(view.len(), rows.len());
    for (at, row) in rows.iter().enumerate() {
        prop_assert_eq!(view.id_at(at), Some(row[0].id));
        prop_assert_eq!(view.records_in(at), row.len());
        for key in row {
            prop_assert_eq!(view.position(key.id, store), Some(at));
        }
    }
    if let Some(position) = view.cursor_position() {
        prop_assert!((view.top(10)..view.top(10) + 10).contains(&position));
        let at = view.cursor.key();
        if !view.is_following() && base.contains(&at) {
            prop_assert!(rows[position].contains(&at));
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn incremental_rows_are_the_same_as_anew(
        steps in prop::collection::vec(any_step(), 1..50),
        budget in 20_000_usize..100_000,
    ) {
        let mut rig = Rig::new(budget);
        let queries = queries();
        for step in steps {
            match step {
                Step::Append(source, numbers) => {
                    let appended = rig.store.append(SourceId(source), &records(source, &numbers));
                    rig.view.extend(&rig.store, &appended);
                }
                Step::Filter(n) => rig.filter(queries[n].clone()),
                Step::Scope(scope) => rig.view.set_scope(scope, &rig.store),
                Step::Repeats(repeats) => rig.view.set_repeats(repeats, &rig.store),
                Step::Advance(records) => {
                    rig.view.advance(&rig.store, records);
                }
                Step::GoTo(position) => rig.view.go_to(position, 10),
            }
            check_rows(&rig.view, &rig.store)?;
        }
        while rig.view.advance(&rig.store, 7).left > 0 {}
        check_rows(&rig.view, &rig.store)?;
        let (matches, base) = expected(&rig.view, &rig.store);
        prop_assert!(rig.view.listing.matches().iter_from(0).eq(matches.iter().copied()));
        let shown: Vec<Key> = rig.view.listing.base().iter_from(0).collect();
        let evicted = (0..3).any(|source| rig.store.evicted(SourceId(source)).records() > 0);
        if evicted && matches!(rig.view.scope(), Scope::Around(_)) {
            // What was shown around a match stays when the match is evicted.
            prop_assert!(base.iter().all(|key| shown.binary_search(key).is_ok()));
        } else {
            prop_assert_eq!(shown, base);
        }
    }
}
