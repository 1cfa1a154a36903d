//! Files of places: what is read, refused and written.

use super::*;
use std::fs;
use std::os::unix::fs::symlink;

fn cursor(part: &str, place: Option<&str>) -> Cursor {
    Cursor { part: part.to_owned(), place: place.map(str::to_owned) }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn names(dir: &Path) -> Vec<String> {
    fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

fn at(seconds: i64) -> Timestamp {
    Timestamp(seconds * 1_000_000_000)
}

#[test]
fn places_are_written_and_read_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("places.json");
    let mut state = State::open(&path, 7).unwrap();
    assert!(state.places().is_empty() && mode(&path) == 0o600);
    state.note("gs://b/", cursor("a\n", Some("12")));
    state.note("gs://b/", cursor("c", Some("3")));
    state.note("gs://b/", cursor("c", None));
    state.note("firestore:p/c", cursor("", Some("{}")));
    state.write(at(1)).unwrap();
    let places = state.places().clone();
    drop(state);
    assert_eq!((mode(&path), names(dir.path())), (0o600, vec!["places.json".to_owned()]));
    let mut state = State::open(&path, 8).unwrap();
    assert_eq!(*state.places(), places);
    assert_eq!(places["gs://b/"].keys().collect::<Vec<_>>(), ["a\n"]);
    // What another command has in it stays.
    state.note("gs://b/", cursor("a\n", Some("13")));
    state.write(at(2)).unwrap();
    drop(state);
    let state = State::open(&path, 9).unwrap();
    assert_eq!((state.places()["gs://b/"]["a\n"].as_str(), state.places()["firestore:p/c"][""].as_str()), ("13", "{}"));
}

#[test]
fn it_is_written_once_a_second_and_only_when_something_is_new() {
    let dir = tempfile::tempdir().unwrap();
    let mut state = State::open(&dir.path().join("places"), 7).unwrap();
    assert_eq!(state.next_due(), None);
    state.note("a", cursor("x", None));
    assert_eq!(state.next_due(), None, "it was not there before");
    state.note("a", cursor("x", Some("1")));
    assert_eq!(state.next_due(), Some(Timestamp::MIN));
    state.write(at(10)).unwrap();
    assert_eq!(state.next_due(), None);
    state.note("a", cursor("x", Some("1")));
    assert_eq!(state.next_due(), None, "it is the same");
    state.note("a", cursor("x", Some("2")));
    assert!(state.next_due().is_some_and(|due| due >= at(11)), "{:?}", state.next_due());
}

#[test]
fn two_runs_cannot_use_the_same_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("places");
    let mut first = State::open(&path, 1).unwrap();
    let refused = |path: &Path| State::open(path, 2).unwrap_err().to_string();
    assert!(refused(&path).contains("used by another logdeck"), "{}", refused(&path));
    first.note("a", cursor("x", Some("1")));
    first.write(at(1)).unwrap();
    assert!(refused(&path).contains("used by another logdeck"), "the new file has the lock, too");
    drop(first);
    assert!(State::open(&path, 3).is_ok());
}

#[test]
fn what_stands_in_the_way_is_left_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("places");
    let check = |text: &str, mode: u32, expected: &[&str]| {
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let error = format!("{:#}", State::open(&path, 1).unwrap_err());
        assert!(expected.iter().all(|word| error.contains(word)), "{error}");
        assert!(error.contains(&path.display().to_string()), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    };
    let good = "{\"format\":\"logdeck places\",\"version\":1,\"places\":{}}";
    check(good, 0o644, &["open to others", "chmod 600"]);
    check("", 0o600, &["holds no places", "remove this one"]);
    check("{\"format\":\"logdeck places\",", 0o600, &["broken"]);
    check("{\"version\":1,\"places\":{}}", 0o600, &["holds no places"]);
    check("2026-01-01 INFO a log\n", 0o600, &["holds no places"]);
    check(&good.replace('1', "2"), 0o600, &["another version", "form 2"]);
    check(&good.replace("{}", "{\"a\":1}"), 0o600, &["is broken"]);
    fs::write(&path, good).unwrap();
    symlink(&path, dir.path().join("link")).unwrap();
    assert!(State::open(&dir.path().join("link"), 1).unwrap_err().to_string().contains("is a link"));
    assert!(format!("{:#}", State::open(dir.path(), 1).unwrap_err()).contains("no file"));
    assert!(format!("{:#}", State::open(&dir.path().join("none/x"), 1).unwrap_err()).contains("cannot be made"));
}

#[test]
fn what_took_its_place_is_not_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    let (path, goal) = (dir.path().join("places"), dir.path().join("goal"));
    let mut state = State::open(&path, 1).unwrap();
    state.note("a", cursor("x", Some("1")));
    fs::remove_file(&path).unwrap();
    fs::write(&goal, "precious").unwrap();
    symlink(&goal, &path).unwrap();
    let error = format!("{:#}", state.write(at(1)).unwrap_err());
    assert!(error.contains("something else stands in its place"), "{error}");
    assert_eq!(fs::read_to_string(&goal).unwrap(), "precious");
    assert!(state.next_due().is_some(), "it is tried again");
    fs::remove_file(&path).unwrap();
    state.write(at(2)).unwrap();
    drop(state);
    assert_eq!(State::open(&path, 1).unwrap().places()["a"]["x"], "1");
}
