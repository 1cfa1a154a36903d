//! Rotation of both kinds, deletion and late creation, look by look and with a writer that does not wait.

use super::*;
use std::{
    fs,
    io::Write,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
};

/// A directory with `app.log`, and what a tail of it gave.
struct Place {
    dir: tempfile::TempDir,
    tail: Tail,
    got: Vec<u8>,
}

impl Place {
    /// With this in the file; nothing means that there is no file.
    fn new(content: Option<&str>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("app.log");
        if let Some(content) = content {
            fs::write(&path, content).unwrap();
        }
        let mut tail = Tail::new(&path, 0);
        tail.learn(&Neighbours::of(dir.path()));
        Self { dir, tail, got: Vec::new() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn append(&self, name: &str, text: &str) {
        append(&self.path(name), text);
    }

    fn rename(&self, from: &str, to: &str) {
        fs::rename(self.path(from), self.path(to)).unwrap();
    }

    fn copytruncate(&self, to: &str) {
        fs::copy(self.path("app.log"), self.path(to)).unwrap();
        fs::write(self.path("app.log"), "").unwrap();
    }

    /// Looks `times` times; what came is told with `<rotated>` and the like between.
    fn look(&mut self, times: u32) -> String {
        let mut told = Vec::new();
        for _ in 0..times {
            poll(&mut self.tail, &mut [0; 7], &mut told, &mut self.got);
        }
        String::from_utf8(told).unwrap()
    }
}

fn poll(tail: &mut Tail, buf: &mut [u8], told: &mut Vec<u8>, got: &mut Vec<u8>) {
    let mut sink = |event: Event<'_>| {
        keep(event, told, got);
        Ok::<(), ()>(())
    };
    tail.poll(buf, &mut sink).unwrap();
}

fn keep(event: Event<'_>, told: &mut Vec<u8>, got: &mut Vec<u8>) {
    match event {
        Event::Bytes(bytes) => {
            got.extend_from_slice(bytes);
            told.extend_from_slice(bytes);
        }
        Event::Begins(Begin::Rotated) => told.extend_from_slice(b"<rotated>"),
        Event::Begins(Begin::Truncated) => told.extend_from_slice(b"<truncated>"),
        Event::Begins(Begin::Appeared) => told.extend_from_slice(b"<appeared>"),
        Event::Gone => told.extend_from_slice(b"<gone>"),
    }
}

fn append(path: &Path, text: &str) {
    let mut file = fs::OpenOptions::new().append(true).create(true).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

#[test]
fn growth_is_given_once() {
    let mut place = Place::new(Some("one\n"));
    assert_eq!(place.look(1), "one\n");
    assert_eq!(place.look(1), "");
    place.append("app.log", "two\nthr");
    assert_eq!(place.look(1), "two\nthr");
    place.append("app.log", "ee\n");
    assert_eq!(place.look(2), "ee\n");
}

#[test]
fn a_file_that_comes_late_is_waited_for() {
    let mut place = Place::new(None);
    assert!(place.tail.is_gone());
    assert_eq!(place.look(5), "", "it was never there, so nothing is deleted");
    place.append("app.log", "first\n");
    assert_eq!(place.look(1), "<appeared>first\n");
    assert!(!place.tail.is_gone());
}

#[test]
fn a_deleted_file_is_read_to_its_end_and_waited_for() {
    let mut place = Place::new(Some("one\n"));
    place.look(1);
    place.append("app.log", "last\n");
    fs::remove_file(place.path("app.log")).unwrap();
    assert_eq!(place.look(1), "last\n");
    assert_eq!(place.look(3), "<gone>");
    place.append("app.log", "again\n");
    assert_eq!(place.look(4), "<appeared>again\n");
    // Long enough for the old file to be let go.
    fs::remove_file(place.path("app.log")).unwrap();
    assert_eq!(place.look(RELEASE_LOOKS * 2), "<gone>");
    place.append("app.log", "third\n");
    assert_eq!(place.look(1), "<appeared>third\n");
}

#[test]
fn a_renamed_file_is_read_to_its_end_before_the_new_one() {
    let mut place = Place::new(Some("one\n"));
    fs::write(place.path("app.log.0"), "older\n").unwrap();
    place.tail.learn(&Neighbours::of(place.dir.path()));
    place.look(1);
    place.append("app.log", "two\n");
    place.rename("app.log", "app.log.1");
    place.append("app.log", "four\n");
    assert_eq!(place.look(1), "two\n", "the old one may still be written to");
    place.append("app.log.1", "three\n");
    assert_eq!(place.look(4), "three\n<rotated>four\n");
    assert_eq!(place.look(4), "");
}

#[test]
fn a_rotation_that_creates_late_loses_nothing() {
    let mut place = Place::new(Some("one\n"));
    place.look(1);
    place.rename("app.log", "app.log.1");
    place.look(1);
    place.append("app.log.1", "two\n");
    assert_eq!(place.look(1), "two\n<gone>");
    place.append("app.log.1", "three\n");
    assert_eq!(place.look(1), "three\n");
    place.append("app.log", "four\n");
    assert_eq!(place.look(4), "<appeared>four\n");
}

#[test]
fn files_between_two_rotations_are_found() {
    let mut place = Place::new(Some("one\n"));
    place.look(1);
    place.rename("app.log", "app.log.1");
    place.append("app.log", "two\n");
    place.rename("app.log.1", "app.log.2");
    place.rename("app.log", "app.log.1");
    place.append("app.log", "three\n");
    fs::write(place.path("app.log.3.gz"), b"\x1F\x8B\x08\0\0\0\0\0").unwrap();
    assert_eq!(place.look(5), "<rotated>two\n<rotated>three\n");
}

#[test]
fn truncation_is_told_by_size_and_by_the_first_bytes() {
    let mut place = Place::new(Some("one\ntwo\n"));
    place.look(1);
    fs::write(place.path("app.log"), "3\n").unwrap();
    assert_eq!(place.look(2), "<truncated>3\n");
    fs::write(place.path("app.log"), "longer than before\n").unwrap();
    assert_eq!(place.look(2), "<truncated>longer than before\n");
    fs::write(place.path("app.log"), "other, of same size").unwrap();
    assert_eq!(place.look(2), "<truncated>other, of same size");
}

#[test]
fn what_was_written_before_a_copytruncate_is_taken_from_the_copy() {
    let mut place = Place::new(Some("one\n"));
    place.look(1);
    place.append("app.log", "two\n");
    place.copytruncate("app.log.1");
    assert_eq!(place.look(1), "two\n<truncated>");
    place.append("app.log", "three\n");
    assert_eq!(place.look(1), "three\n");
    let path = place.path("app.log.1");
    assert!(place.tail.gave(&path, &Open::path(&path).unwrap()), "the copy is no new file");
    place.append("app.log", "four\n");
    place.copytruncate("app.log.2");
    place.append("app.log", "a line that is longer than all of what was there\n");
    assert_eq!(place.look(1), "four\n<truncated>a line that is longer than all of what was there\n");
    // A rename right after it: the copies are not taken for files between.
    place.rename("app.log", "app.log.3");
    place.append("app.log", "five\n");
    assert_eq!(place.look(4), "<rotated>five\n");
}

#[test]
fn reading_may_begin_in_the_middle() {
    let mut place = Place::new(Some("one\ntwo\n"));
    place.tail = Tail::new(&place.path("app.log"), 4);
    assert_eq!(place.look(2), "two\n");
    place.append("app.log", "three\n");
    assert_eq!(place.look(2), "three\n");
}

/// A writer that writes on while we look, with 20 rotations of both kinds: every line comes once and in order.
#[test]
fn nothing_is_lost_or_doubled_over_twenty_rotations() {
    let mut place = Place::new(Some(""));
    let (looks, ended) = (AtomicU64::new(0), AtomicBool::new(false));
    let (dir, mut told) = (place.dir.path().to_owned(), Vec::new());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let path = dir.join("app.log");
            let mut line = 0;
            let mut write = |lines: u32| {
                for _ in 0..lines {
                    append(&path, &format!("line {line}\n"));
                    line += 1;
                }
            };
            // Whoever truncates twice between two looks destroys what no reader can have seen.
            let wait = || {
                let until = looks.load(Ordering::Relaxed) + 6;
                while looks.load(Ordering::Relaxed) < until {
                    std::thread::yield_now();
                }
            };
            for round in 0..20 {
                write(50);
                let old = dir.join(format!("app.log.{round}"));
                if round % 2 == 0 {
                    fs::rename(&path, &old).unwrap();
                } else {
                    fs::copy(&path, &old).unwrap();
                    fs::OpenOptions::new().write(true).truncate(true).open(&path).unwrap();
                }
                write(1 + round);
                wait();
            }
            wait();
            ended.store(true, Ordering::Relaxed);
        });
        while !ended.load(Ordering::Relaxed) {
            poll(&mut place.tail, &mut [0; 100], &mut told, &mut place.got);
            looks.fetch_add(1, Ordering::Relaxed);
        }
    });
    let lines = 20 * 50 + (1..=20).sum::<u32>();
    let expected = (0..lines).map(|n| format!("line {n}\n")).collect::<Vec<_>>().concat();
    assert_eq!(String::from_utf8(place.got).unwrap(), expected);
    let told = String::from_utf8(told).unwrap();
    // Looks follow so fast here that a file may count as deleted between the renaming and the new one.
    let renamed = told.matches("<rotated>").count() + told.matches("<appeared>").count();
    assert_eq!((renamed, told.matches("<truncated>").count()), (10, 10));
}

#[test]
fn what_was_given_is_remembered_for_the_last_files_only() {
    let mut place = Place::new(Some("first\n"));
    for n in 0..2 * MAX_GIVEN {
        fs::write(place.path("app.log"), format!("{n}\n")).unwrap();
        place.look(1);
    }
    assert_eq!(place.tail.given.len(), MAX_GIVEN);
}

#[test]
fn a_file_that_never_ends_gives_others_their_turn() {
    let mut place = Place::new(Some("0123456789\n"));
    let path = place.path("app.log");
    let mut got = Vec::new();
    let mut looks = Vec::new();
    for _ in 0..3 {
        let mut sink = |event: Event<'_>| {
            if let Event::Bytes(bytes) = event {
                got.extend_from_slice(bytes);
            }
            Ok::<(), ()>(())
        };
        looks.push(place.tail.poll_at_most(1, &mut [0; 7], &mut sink).unwrap());
    }
    assert_eq!((got.as_slice(), &looks[..]), (&b"0123456789\n"[..], &[More::Waits, More::Waits, More::Nothing][..]));
    // What became of the file is seen once it is read.
    append(&path, "more\n");
    place.rename("app.log", "app.log.1");
    append(&path, "next\n");
    assert_eq!(place.look(4), "more\n<rotated>next\n");
}
