//! `--state FILE`: a later run goes on where this one ended, however it ended.

use super::{World, line, lines, names};
use crate::support::following::Following;
use rustix::process::Signal;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

const STATE: &[&str] = &["gs://logs/", "--state", "places.json"];

#[test]
fn runs_that_end_go_on_where_the_last_one_ended() {
    let Some(world) = World::new() else { return };
    world.gcs.put("a.log", lines(1..=150));
    assert_eq!(world.words(STATE), names(1..=150), "all of it counts, not the last hundred");
    let mode = std::fs::metadata(world.home.path("places.json")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(world.words(STATE), [""; 0]);
    world.gcs.put("a.log", lines(1..=152));
    world.gcs.put("b.log", lines([153]));
    assert_eq!(world.words(STATE), names(151..=153));
    assert_eq!(world.words(STATE), [""; 0]);
    // Without it, everything is there.
    assert_eq!(world.words(&["gs://logs/"]).len(), 153);
    // Another address has places of its own.
    assert_eq!(world.words(&["gs://logs/b", "--state", "places.json"]), names([153]));
}

#[test]
fn a_signal_repeats_nothing_and_loses_nothing() {
    let Some(world) = World::new() else { return };
    let mut got = Vec::new();
    let mut written = 0;
    for signal in [Signal::TERM, Signal::INT, Signal::HUP] {
        let text = |to: u32| lines(0..to);
        written += 40;
        world.gcs.put("a.log", text(written));
        let mut tail = world.follow(STATE);
        got.extend(tail.words(20));
        written += 40;
        world.gcs.put("a.log", text(written));
        let (status, rest) = tail.end(signal);
        assert_eq!(status.code(), Some(128 + signal.as_raw()));
        got.extend(rest.iter().map(|line| line.rsplit(' ').next().unwrap().to_owned()));
    }
    got.extend(world.words(STATE));
    assert_eq!(got, names(0..written));
}

#[test]
fn a_reader_that_goes_away_has_what_it_got() {
    let Some(world) = World::new() else { return };
    world.gcs.put("a.log", lines(0..50));
    let args = [STATE, &["--poll", "1"]].concat();
    let (status, mut got) = Following::closed_after(world.command(&args), 50, || {
        world.gcs.put("a.log", lines(0..60));
    });
    assert_eq!(status.code(), Some(0));
    got = got.iter().map(|line| line.rsplit(' ').next().unwrap().to_owned()).collect();
    got.extend(world.words(STATE));
    assert_eq!(got, names(0..60));
}

#[test]
fn a_kill_loses_nothing() {
    let Some(world) = World::new() else { return };
    world.gcs.put("a.log", lines(0..100));
    let mut tail = world.follow(STATE);
    let mut got = tail.words(30);
    // Time for places to be written: what was printed before does not come again.
    got.extend(tail.words(70));
    std::thread::sleep(Duration::from_millis(2500));
    world.gcs.put("a.log", lines(0..130));
    got.extend(tail.words(10));
    let (_, rest) = tail.end(Signal::KILL);
    got.extend(rest.iter().map(|line| line.rsplit(' ').next().unwrap().to_owned()));
    let again = world.words(STATE);
    let first: u32 = again.first().map_or(130, |name| name[1..].parse().unwrap());
    assert!(first >= 100, "what was written down long ago does not come again: {first}");
    assert!(first as usize <= got.len(), "nothing is lost: {first} {}", got.len());
    assert_eq!(again, names(first..130));
}

#[test]
fn files_that_hold_something_else_are_left_alone() {
    let Some(world) = World::new() else { return };
    world.gcs.put("a.log", line(1));
    let check = |text: &str, expected: &str| {
        world.home.file("places.json", text);
        let path = world.home.path("places.json");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        let ran = world.once(STATE);
        assert!(ran.code == Some(1) && ran.out.is_empty() && ran.err.contains(expected), "{ran:?}");
        assert_eq!(std::fs::read_to_string(path).unwrap(), text);
    };
    check("precious\n", "holds no places");
    check("{\"format\":\"logdeck places\",\"version\":9}", "another version");
    std::fs::remove_file(world.home.path("places.json")).unwrap();
    let mut tail = world.follow(STATE);
    assert_eq!(tail.words(1), names([1]));
    let ran = world.once(STATE);
    assert!(ran.code == Some(1) && ran.err.contains("used by another logdeck"), "{ran:?}");
}
