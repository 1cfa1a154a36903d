//! Rows and their order, without a screen.

use super::table::Tally;
use super::*;
use crate::model::OriginId;
use crate::model::objects::{Object, ObjectKey, ObjectState};
use crate::model::time::SECOND;

const SOURCE: SourceId = SourceId(3);

fn object(name: &str, seconds: i64) -> Object {
    Object {
        key: ObjectKey { bucket: "logs".to_owned(), name: name.to_owned(), generation: 1 },
        size: 10,
        updated: Some(Timestamp(seconds * SECOND)),
        ..Object::default()
    }
}

fn take(objects: &mut Objects, list: Vec<Object>) {
    let order = objects.order();
    objects.change(|objects| objects.table.take(SOURCE, list, order));
}

fn names(objects: &Objects) -> Vec<String> {
    objects.table.iter().map(|entry| entry.object.key.name.clone()).collect()
}

#[test]
fn the_newest_comes_first_and_news_bring_only_what_changed() {
    let mut objects = Objects::default();
    take(&mut objects, vec![object("a", 3), object("b", 9), object("c", 6), object("d", 6)]);
    assert_eq!(names(&objects), ["b", "d", "c", "a"]);
    take(&mut objects, vec![Object { records: 7, ..object("c", 6) }, object("e", 7)]);
    assert_eq!(names(&objects), ["b", "e", "d", "c", "a"]);
    take(&mut objects, (0..1_000).map(|n| object(&format!("n{n:04}"), n % 10)).collect());
    let times: Vec<_> = objects.table.iter().map(|entry| entry.object.updated).collect();
    assert!(times.is_sorted_by(|one, other| one >= other) && times.len() == 1_005);
    let keys = objects.table.iter().filter(|entry| entry.object.key.name.starts_with('n'));
    let keys: Vec<_> = keys.map(|entry| entry.object.key.clone()).collect();
    objects.change(|objects| objects.table.forget(SOURCE, keys));
    assert_eq!(names(&objects), ["b", "e", "d", "c", "a"]);
    assert_eq!(objects.table.of_source(SOURCE), 5);
    take(&mut objects, vec![object("f", 8)]);
    assert_eq!(names(&objects), ["b", "f", "e", "d", "c", "a"], "the place of one that is forgotten is used again");
}

#[test]
fn the_cursor_stays_on_its_object_and_that_in_its_place() {
    let mut objects = Objects::default();
    take(&mut objects, (0..10).map(|n| object(&format!("o{n}"), n)).collect());
    assert_eq!(objects.list.row, 0);
    objects.list.has_focus = true;
    (objects.list.row, objects.list.top) = (4, 2);
    objects.cursor = objects.slot_of(4);
    take(&mut objects, vec![object("new", 50), object("old", -5)]);
    assert_eq!((objects.list.row, objects.list.top), (5, 3));
    assert_eq!(objects.here().map(|entry| entry.object.key.name.as_str()), Some("o5"));
    // What is written again stays where it is until the list is left.
    take(&mut objects, vec![object("o5", 99)]);
    assert_eq!((objects.list.row, objects.list.top, names(&objects)[5].as_str()), (5, 3, "o5"));
    objects.list.has_focus = false;
    objects.change(|objects| objects.table.settle());
    assert_eq!((objects.list.row, names(&objects)[0].as_str()), (0, "o5"));
    objects.change(|objects| objects.table.forget(SOURCE, vec![object("o5", 0).key]));
    assert_eq!(objects.here().map(|entry| entry.object.key.name.as_str()), Some("new"));
}

#[test]
fn states_are_counted_as_they_change() {
    let mut objects = Objects::default();
    let with = |state: ObjectState| vec![Object { state, ..object("a", 1) }];
    let failed = |next| ObjectState::Failed { why: String::new(), next };
    let steps = [
        (ObjectState::Queued, Tally { queued: 1, ..Tally::default() }),
        (ObjectState::Reading { done: 1, rate: 7 }, Tally { reading: 1, rate: 7, ..Tally::default() }),
        (failed(Some(Timestamp(5))), Tally { failed: 1, waiting: 1, ..Tally::default() }),
        (failed(None), Tally { failed: 1, ..Tally::default() }),
        (ObjectState::Read, Tally::default()),
    ];
    for (state, expected) in steps {
        take(&mut objects, with(state));
        assert_eq!(*objects.table.tally(), expected);
    }
    take(&mut objects, with(ObjectState::Queued));
    objects.change(|objects| objects.table.forget(SOURCE, vec![object("a", 1).key]));
    assert_eq!(*objects.table.tally(), Tally::default());
}

#[test]
fn a_newer_generation_takes_the_row_of_the_one_before() {
    let mut objects = Objects::default();
    let origin = OriginId::new(SOURCE, 4);
    let of = |generation: i64| {
        let mut object = Object { origin: Some(origin), ..object("a", generation) };
        object.key.generation = generation;
        object
    };
    let generation = |objects: &Objects| {
        let found = objects.table.of_origin(origin).map(|entry| entry.object.key.generation);
        assert_eq!(objects.table.len(), usize::from(found.is_some()));
        found
    };
    for (told, expected) in [(5, 5), (3, 5), (8, 8)] {
        take(&mut objects, vec![of(told)]);
        assert_eq!(generation(&objects), Some(expected));
    }
    for (forgotten, expected) in [(5, Some(8)), (8, None)] {
        objects.change(|objects| objects.table.forget(SOURCE, vec![of(forgotten).key]));
        assert_eq!(generation(&objects), expected);
    }
}

#[test]
fn names_leave_out_what_all_have_in_common() {
    let check = |addresses: &[&str], expected: &str| {
        let mut objects = Objects::default();
        for (n, address) in addresses.iter().enumerate() {
            let scope = Scope { address: (*address).to_owned(), ..Scope::default() };
            objects.places.insert(SourceId(n as u16), Place { scope: Some(scope), ..Place::default() });
        }
        objects.find_base();
        assert_eq!(objects.base, expected, "{addresses:?}");
    };
    check(&["gs://logs/pay/2026/"], "logs/pay/2026/");
    check(&["gs://logs/pay/part-"], "logs/pay/");
    check(&["gs://logs/"], "logs/");
    check(&["gs://logs/trades/", "gs://logs/reflections/"], "logs/");
    check(&["gs://logs/2026-ä/", "gs://logs/2026-ö/"], "logs/");
    check(&["gs://a/x/", "gs://b/x/"], "");
}
