//! What is meant, what is new, what is read first, and what is remembered.

use super::super::catalog::{Catalog, Earlier, Limits, MOST, Words};
use super::super::listed::{Listed, Page};
use super::super::lister::{Growth, Span};
use super::super::names::Selection;
use super::super::place::{Place, Unit};
use super::super::settings::Names;
use crate::model::Timestamp;
use crate::model::objects::ObjectState;
use crate::model::time::SECOND;

fn object(name: &str, generation: i64, size: u64, at: i64) -> Listed {
    let crc32c = format!("{generation}");
    Listed {
        name: name.to_owned(),
        generation,
        size,
        updated: Some(Timestamp(at * SECOND)),
        crc32c,
        ..Listed::default()
    }
}

fn limits(start_bytes: u64, object_bytes: u64, since: Option<i64>) -> Limits {
    Limits { start_bytes, object_bytes, since: since.map(|at| Timestamp(at * SECOND)) }
}

fn catalog(limits: Limits) -> Catalog {
    Catalog::new("logs", limits, Earlier::default())
}

fn list(catalog: &mut Catalog, objects: &[Listed]) {
    catalog.begin(&Span::All);
    for object in objects {
        catalog.see(object.clone());
    }
    catalog.end();
}

fn start(catalog: &mut Catalog) {
    catalog.start(&Words { old: "old".to_owned(), large: "large".to_owned() });
}

/// Names in the order in which they are read; they are read at once.
fn queue(catalog: &mut Catalog) -> Vec<String> {
    let mut names = Vec::new();
    while let Some(name) = catalog.next() {
        let listed = catalog.get(&name).unwrap().listed.clone();
        catalog.change(&name, |known| {
            let fed = listed.size;
            known.place =
                Place { generation: listed.generation, settled: fed, fed, is_whole: true, ..Place::default() };
            known.records = 1;
        });
        catalog.ended(&name, ObjectState::Read);
        names.push(name);
    }
    names
}

#[test]
fn addresses_with_globs() {
    for (path, include, exclude, prefix, takes, leaves) in [
        ("logs/", &[][..], &[][..], "logs/", &["logs/a", "logs/b/c.gz"][..], &["logs/", "logs/d/"][..]),
        ("logs/**/*.gz", &[], &[], "logs/", &["logs/a.gz", "logs/b/c/d.gz"], &["logs/a.log"]),
        ("logs/*.gz", &[], &[], "logs/", &["logs/a.gz"], &["logs/b/c.gz"]),
        ("logs/part-00[0-4]?", &[], &[], "logs/part-00", &["logs/part-0012"], &["logs/part-0052"]),
        (
            "",
            &["*.log", "x/**"],
            &["*secret*"],
            "",
            &["a.log", "b/c.log", "x/y"],
            &["a.gz", "b/secret.log", "x/secret"],
        ),
    ] {
        let texts = |globs: &[&str]| globs.iter().map(|g| (*g).to_owned()).collect::<Vec<_>>();
        let selection = Selection::new(path, &texts(include), &texts(exclude)).unwrap();
        assert_eq!(selection.prefix, prefix);
        for name in takes {
            assert!(selection.takes(name), "{path} takes {name}");
        }
        for name in leaves {
            assert!(!selection.takes(name), "{path} leaves {name}");
        }
    }
    assert!(Selection::new("", &["[".to_owned()], &[]).unwrap_err().contains("`**/[` is no glob"));
}

#[test]
fn pages() {
    let text = br#"{"kind":"x","items":[{"name":"a","generation":"17","size":"5","updated":"2026-11-21T10:00:00.5Z",
        "crc32c":"AAA=","contentType":"text/csv"},{"name":"b","generation":3,"size":4}],"nextPageToken":"t"}"#;
    let page = Page::parse(text).unwrap();
    assert_eq!(page.next.as_deref(), Some("t"));
    let told: Vec<_> = page.objects.iter().map(|o| (o.name.as_str(), o.generation, o.size)).collect();
    assert_eq!(told, [("a", 17, 5), ("b", 3, 4)]);
    assert_eq!(page.objects[0].updated.map(|at| at.0 % SECOND), Some(SECOND / 2));
    assert_eq!(Page::parse(b"{}").unwrap(), Page::default());
    assert!(Page::parse(b"<html>").is_err());
}

#[test]
fn the_newest_are_read_first_within_the_limits() {
    let objects = [object("a", 1, 40, 10), object("b", 2, 40, 40), object("c", 3, 40, 30), object("d", 4, 500, 20)];
    for (limits, read) in [
        (limits(1000, 1000, None), &["b", "c", "d", "a"][..]),
        (limits(100, 1000, None), &["b", "c"]),
        (limits(1000, 1000, Some(25)), &["b", "c"]),
        // Of large ones only so much is read.
        (limits(130, 50, None), &["b", "c", "d"]),
        // The newest is read, however large it is.
        (limits(1, 1000, None), &["b"]),
    ] {
        let mut catalog = catalog(limits);
        list(&mut catalog, &objects);
        start(&mut catalog);
        assert_eq!(queue(&mut catalog), read, "{limits:?}");
        assert_eq!(catalog.has_older(), read.len() < 4);
    }
}

#[test]
fn older_ones_come_when_they_are_wanted() {
    let mut catalog = catalog(limits(100, 1000, Some(35)));
    let objects: Vec<_> = (0..6).map(|n| object(&format!("o{n}"), n, 40, n * 10)).collect();
    list(&mut catalog, &objects);
    start(&mut catalog);
    assert_eq!(queue(&mut catalog), ["o5", "o4"]);
    assert_eq!(catalog.older(), 2);
    assert_eq!(queue(&mut catalog), ["o3", "o2"]);
    assert_eq!(catalog.older(), 2);
    assert_eq!(queue(&mut catalog), ["o1", "o0"]);
    assert_eq!((catalog.older(), catalog.has_older()), (0, false));
}

#[test]
fn what_is_new_or_changed_is_read_and_nothing_else() {
    let mut catalog = catalog(limits(1000, 1000, None));
    let (a, b, c) = (object("a", 1, 40, 10), object("b", 2, 40, 20), object("c", 3, 40, 30));
    list(&mut catalog, &[a.clone(), b.clone()]);
    start(&mut catalog);
    queue(&mut catalog);
    for (objects, read, counts) in [
        (vec![a.clone(), b.clone()], &[][..], (2, 0)),
        (vec![a.clone(), b.clone(), c.clone()], &["c"], (3, 1)),
        // Another version: what came behind what was read.
        (vec![object("a", 9, 60, 40), b.clone(), c.clone()], &["a"], (3, 1)),
        // Only its metadata was written.
        (vec![Listed { crc32c: "9".to_owned(), ..object("a", 10, 60, 41) }, b.clone(), c.clone()], &[], (3, 1)),
        // It went, and came again.
        (vec![Listed { crc32c: "9".to_owned(), ..object("a", 10, 60, 41) }, b.clone()], &[], (2, 1)),
        (
            vec![Listed { crc32c: "9".to_owned(), ..object("a", 10, 60, 41) }, b.clone(), object("c", 8, 40, 50)],
            &["c"],
            (3, 1),
        ),
    ] {
        list(&mut catalog, &objects);
        assert_eq!(queue(&mut catalog), read, "{objects:?}");
        assert_eq!(catalog.counts(), counts);
    }
    assert_eq!(catalog.get("a").unwrap().place.generation, 10);
}

#[test]
fn a_version_that_comes_while_the_one_before_is_read_waits() {
    let mut catalog = catalog(limits(1000, 1000, None));
    list(&mut catalog, &[object("a", 1, 40, 10)]);
    start(&mut catalog);
    let name = catalog.next().unwrap();
    catalog.change(&name, |known| known.state = ObjectState::Reading { done: 0, rate: 0 });
    list(&mut catalog, &[object("a", 2, 80, 20)]);
    assert_eq!(catalog.next(), None);
    catalog.change(&name, |known| known.place = Place { generation: 1, settled: 40, fed: 40, ..Place::default() });
    catalog.ended(&name, ObjectState::Read);
    assert_eq!((catalog.next().as_deref(), catalog.get("a").unwrap().place.settled), (Some("a"), 40));
}

#[test]
fn an_earlier_run_is_gone_on_with() {
    let whole = |generation| Place { generation, settled: 40, fed: 40, is_whole: true, ..Place::default() };
    let part = Place { generation: 2, unit: Unit::Text, settled: 7, fed: 9, ..Place::default() };
    let places = [("a", whole(1)), ("b", part), ("c", whole(3)), ("lost", whole(4))];
    let places = places.into_iter().map(|(name, place)| (name.to_owned(), place)).collect();
    let earlier = Earlier { mark: Some(Timestamp(15 * SECOND)), places };
    let mut catalog = Catalog::new("logs", limits(10, 1000, Some(100)), earlier);
    let old = object("old", 5, 40, 14);
    list(
        &mut catalog,
        &[object("a", 1, 40, 10), object("b", 2, 40, 20), object("c", 9, 80, 30), object("new", 6, 40, 16), old],
    );
    assert_eq!(catalog.lost(), ["lost"]);
    start(&mut catalog);
    // No limit holds for what came meanwhile: nothing is lost.
    assert_eq!(queue(&mut catalog), ["b", "c", "new"]);
    assert!(matches!(catalog.get("old").unwrap().state, ObjectState::Left(_)));
    assert_eq!(catalog.get("a").unwrap().state, ObjectState::Read);
}

#[test]
fn only_the_newest_are_kept_and_old_ones_stay_old() {
    let mut catalog = catalog(limits(10, 1000, None));
    let objects: Vec<_> = (0..MOST as i64 * 2).map(|n| object(&format!("o{n:09}"), n, 40, n)).collect();
    list(&mut catalog, &objects);
    start(&mut catalog);
    assert_eq!(queue(&mut catalog).len(), 1);
    assert_eq!(catalog.counts(), (MOST as u64 * 2, 0));
    assert!(catalog.names(|_| true).len() <= MOST + MOST / 10);
    list(&mut catalog, &objects);
    assert_eq!((catalog.waiting(), catalog.counts()), (0, (MOST as u64 * 2, 0)), "nothing is new");
    let (_, forgotten) = catalog.news();
    assert!(!forgotten.is_empty());
}

#[test]
fn names_that_grow_with_time_are_found_out() {
    let growth = |objects: &mut dyn Iterator<Item = Listed>| {
        let mut growth = Growth::default();
        objects.for_each(|object| growth.see(&object));
        growth
    };
    let sorted = growth(&mut (0..2000).map(|n| object(&format!("{n:05}"), n, 1, n)));
    assert_eq!(sorted.span(Names::Auto, 2), Span::From("01800".to_owned()));
    assert_eq!(sorted.span(Names::Auto, 1), Span::All, "one page is one request");
    assert_eq!(sorted.span(Names::Any, 2), Span::All);
    let mixed = || (0..2000).map(|n| object(&format!("{n:05}"), n, 1, n * 7919 % 5000));
    assert_eq!(growth(&mut mixed()).span(Names::Auto, 2), Span::All);
    assert_eq!(growth(&mut mixed()).span(Names::Grow, 2), Span::From("01800".to_owned()));
    assert_eq!(Growth::default().span(Names::Grow, 2), Span::All);
}
