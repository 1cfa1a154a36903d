//! What comes after the start: new objects, grown ones, rewritten ones, deleted ones, and a server that goes away.

use super::{World, line, lines, names};
use std::time::Duration;

/// Longer than two polls: what would come twice had time to.
const QUIET: Duration = Duration::from_secs(3);

#[test]
fn new_and_grown_objects_give_only_what_is_new() {
    let Some(world) = World::new() else { return };
    world.gcs.put("t/a.log", lines([1, 2]));
    let mut tail = world.follow(&["gs://logs/t/"]);
    assert_eq!(tail.words(2), names([1, 2]));
    world.gcs.put("t/b.log", lines([3]));
    assert_eq!(tail.words(1), names([3]));
    world.gcs.put("t/a.log", lines([1, 2, 4, 5]));
    assert_eq!(tail.words(2), names([4, 5]));
    world.gcs.put("u/other.log", lines([6]));
    // A name that sorts before all others is found, too.
    world.gcs.put("t/0.log", lines([7]));
    assert_eq!(tail.words(1), names([7]));
    assert_eq!(tail.within(QUIET), [""; 0]);
}

#[test]
fn a_line_that_was_not_complete_comes_again_as_a_whole() {
    let Some(world) = World::new() else { return };
    let two = lines([1, 2]);
    world.gcs.put("a.log", &two[..two.len() - 9]);
    let mut tail = world.follow(&["gs://logs/"]);
    // An object is complete as it is, so its last line is shown.
    assert_eq!(tail.words(2), ["n1", ""]);
    world.gcs.put("a.log", two + &line(3));
    assert_eq!(tail.words(2), names([2, 3]), "it comes again as a whole");
}

#[test]
fn a_rewritten_object_is_read_again() {
    let Some(world) = World::new() else { return };
    world.gcs.put("a.log", lines([1, 2, 3]));
    let mut tail = world.follow(&["gs://logs/"]);
    assert_eq!(tail.words(3), names([1, 2, 3]));
    world.gcs.put("a.log", lines([8, 9]));
    assert!(tail.next().contains("a.log was rewritten"), "it is shorter, and something else");
    assert_eq!(tail.words(2), names([8, 9]));
}

#[test]
fn a_deleted_object_is_no_end() {
    let Some(world) = World::new() else { return };
    world.gcs.put("a.log", lines([1]));
    world.gcs.put("b.log", lines([2]));
    let mut tail = world.follow(&["gs://logs/"]);
    assert_eq!(tail.words(2), names([1, 2]));
    world.gcs.delete("a.log");
    world.gcs.put("b.log", lines([2, 3]));
    assert_eq!(tail.words(1), names([3]));
    world.gcs.put("a.log", lines([4]));
    assert_eq!(tail.words(1), names([4]));
}

#[test]
fn a_server_that_comes_back_goes_on() {
    let Some(mut world) = World::new() else { return };
    world.gcs.put("a.log", lines([1]));
    let mut tail = world.follow(&["gs://logs/"]);
    assert_eq!(tail.words(1), names([1]));
    world.gcs.kill();
    tail.wait_for_saying("127.0.0.1");
    world.gcs.restart();
    world.gcs.put("b.log", lines([2]));
    world.gcs.put("a.log", lines([1, 3]));
    let mut both = tail.words(2);
    both.sort();
    assert_eq!(both, names([2, 3]));
    assert_eq!(tail.within(QUIET), [""; 0]);
}
