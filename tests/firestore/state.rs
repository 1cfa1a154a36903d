//! `--state FILE` with documents.

use super::{World, at, change};
use rustix::process::Signal;

const STATE: &[&str] = &["--state", "places.json"];

#[test]
fn runs_go_on_where_the_last_one_ended() {
    let Some(world) = World::new("states") else { return };
    for n in 0..5 {
        world.set(&format!("jobs/j{n}"), &at(n, "x"));
    }
    let names = |numbers: &[u32]| numbers.iter().map(|n| format!("add jobs/j{n}")).collect::<Vec<_>>();
    assert_eq!(world.documents("jobs", STATE), names(&[0, 1, 2, 3, 4]));
    assert_eq!(world.documents("jobs", STATE), [""; 0]);
    world.set("jobs/j7", &at(7, "x"));
    world.set("jobs/j6", &at(6, "x"));
    assert_eq!(world.documents("jobs", STATE), names(&[6, 7]));
    let mut tail = world.follow("jobs", STATE);
    world.set("jobs/j8", &at(8, "x"));
    assert_eq!(change(&tail.json()), "add jobs/j8");
    let (status, rest) = tail.end(Signal::TERM);
    assert_eq!((status.code(), rest), (Some(143), vec![]));
    world.set("jobs/j9", &at(9, "x"));
    assert_eq!(world.documents("jobs", STATE), names(&[9]));
    assert_eq!(world.documents("jobs", &[]).len(), 9);
}
