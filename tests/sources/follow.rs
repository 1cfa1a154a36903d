//! Following through the source: what is said in the stream and as health.

use super::run::Running;
use logdeck::model::State;
use logdeck::sources::Follow;
use std::{fs, io::Write, path::Path};

fn append(path: &Path, text: &str) {
    let mut file = fs::OpenOptions::new().append(true).create(true).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

fn is(running: &Running, state: State) -> bool {
    running.health.last().is_some_and(|h| h.state == state)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_followed_through_rotation_truncation_and_deletion() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("app.log");
    append(&path, "one\n");
    let mut running = Running::start(&path, Follow::On);
    running.until(|r| r.texts() == ["one"] && is(r, State::Following)).await;
    append(&path, "two\n");
    running.until(|r| r.texts().ends_with(&["two"])).await;
    append(&path, "three\n");
    fs::rename(&path, dir.path().join("app.log.1")).unwrap();
    append(&path, "four\n");
    running.until(|r| r.texts().ends_with(&["three", "<app.log was rotated; the new file follows>", "four"])).await;
    fs::write(&path, "5\n").unwrap();
    let truncated = "<app.log was truncated; what is written from now on follows>";
    running.until(|r| r.texts().ends_with(&[truncated, "5"])).await;
    fs::remove_file(&path).unwrap();
    running.until(|r| is(r, State::Waiting)).await;
    let health = running.health.last().unwrap();
    assert!(health.detail.ends_with("app.log was deleted; waits for it to come"), "{}", health.detail);
    assert_eq!(running.texts().last(), Some(&"<app.log was deleted; logdeck waits for it to come back>"));
    append(&path, "six\n");
    running.until(|r| r.texts().ends_with(&["<app.log is there now>", "six"]) && is(r, State::Following)).await;
    assert!(running.records.iter().all(|(origin, _)| *origin == path.display().to_string()), "one origin");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_not_there_yet_is_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("late.log");
    let mut running = Running::start(&path, Follow::On);
    running.until(|r| is(r, State::Waiting)).await;
    assert!(running.health.last().unwrap().detail.ends_with("late.log is not there; waits for it to come"));
    append(&path, "here\n");
    running.until(|r| r.texts() == ["<late.log is there now>", "here"]).await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_later_and_is_left_out_is_said_at_once() {
    let dir = tempfile::tempdir().unwrap();
    append(&dir.path().join("app.log"), "one\n");
    let mut running = Running::start(dir.path(), Follow::On);
    running.until(|r| r.texts() == ["one"] && is(r, State::Following)).await;
    fs::write(dir.path().join("old.gz"), super::codecs::gzip(b"two\n")).unwrap();
    let said = |r: &Running| r.health.last().is_some_and(|h| h.detail.contains("old.gz came later and is left out"));
    running.until(said).await;
    assert_eq!(running.texts(), ["one"]);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn new_files_of_a_directory_are_taken_up_and_rotated_ones_are_not() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    append(&path("app.log"), "one\n");
    append(&path("app.log.1"), "zero\n");
    let mut running = Running::start(dir.path(), Follow::On);
    running.until(|r| r.records.len() == 2 && is(r, State::Following)).await;
    fs::rename(path("app.log.1"), path("app.log.2")).unwrap();
    fs::rename(path("app.log"), path("app.log.1")).unwrap();
    append(&path("app.log"), "two\n");
    append(&path("other.log"), "other\n");
    let has = |r: &Running, text: &str| r.texts().contains(&text);
    running.until(|r| has(r, "two") && has(r, "other")).await;
    // A renaming to a name that does not begin alike.
    fs::rename(path("app.log"), path("old-app.txt")).unwrap();
    append(&path("app.log"), "three\n");
    running.until(|r| has(r, "three")).await;
    append(&path("last.log"), "last\n");
    running.until(|r| has(r, "last")).await;
    let mut texts: Vec<_> = running.texts().into_iter().filter(|text| !text.starts_with('<')).collect();
    texts.sort_unstable();
    assert_eq!(texts, ["last", "one", "other", "three", "two", "zero"], "each once");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_directory_and_a_glob_wait_for_files() {
    let dir = tempfile::tempdir().unwrap();
    for address in [dir.path().to_owned(), dir.path().join("*.log")] {
        let mut running = Running::start(&address, Follow::On);
        running.until(|r| is(r, State::Waiting)).await;
        append(&dir.path().join("new.log"), "new\n");
        running.until(|r| r.texts() == ["new"] && is(r, State::Following)).await;
        running.stop().await;
        fs::remove_file(dir.path().join("new.log")).unwrap();
    }
}
