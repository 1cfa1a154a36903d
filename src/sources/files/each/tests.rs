//! Many inputs, large inputs, and consumers that fail.

use super::*;
use std::fs::File;
use std::io::Write;

/// Counts bytes; panics at a byte `!`.
#[derive(Default)]
struct Sum {
    bytes: u64,
    newlines: u64,
}

impl Consume for Sum {
    type Out = (u64, u64);

    fn feed(&mut self, bytes: &[u8]) {
        assert!(!bytes.contains(&b'!'), "a test's own panic");
        self.bytes += bytes.len() as u64;
        self.newlines += bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
    }

    fn finish(self) -> Self::Out {
        (self.bytes, self.newlines)
    }
}

/// Files with these texts, and their directory.
fn files(texts: &[&[u8]]) -> (tempfile::TempDir, Vec<Input>) {
    let dir = tempfile::tempdir().unwrap();
    for (n, text) in texts.iter().enumerate() {
        File::create(dir.path().join(format!("{n:05}.log"))).unwrap().write_all(text).unwrap();
    }
    let found = super::super::discover(&[dir.path()]);
    assert_eq!(found.inputs.len(), texts.len());
    (dir, found.inputs)
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// The outcomes in the inputs' order.
fn all(inputs: &[Input], threads: usize, watch: &Watch) -> Vec<Outcome<(u64, u64)>> {
    let mut outcomes = Vec::new();
    each(inputs, threads, watch, |_| Sum::default(), |outcome| outcomes.push(outcome));
    outcomes.sort_by_key(|outcome| outcome.input);
    outcomes
}

#[test]
fn every_input_is_read_once_whatever_the_threads() {
    let long = b"a line of a long log\n".repeat(400_000);
    let packed = gzip(&long);
    let texts: [&[u8]; 6] = [b"", b"one\n", &long, b"one\ntwo", &packed, b"\n"];
    let (_dir, inputs) = files(&texts);
    for threads in [0, 1, 2, 3, 16] {
        let watch = Watch::default();
        let outcomes = all(&inputs, threads, &watch);
        let sums: Vec<_> = outcomes.iter().map(|outcome| outcome.out.unwrap()).collect();
        let big = (long.len() as u64, 400_000);
        assert_eq!(sums, [(0, 0), (4, 1), big, (7, 1), big, (1, 1)], "{threads}");
        let disk: u64 = inputs.iter().filter_map(Input::disk_bytes).sum();
        assert_eq!(watch.done.load(Ordering::Relaxed), disk, "{threads}");
    }
    assert!(all(&[], 4, &Watch::default()).is_empty());
}

#[test]
fn a_consumer_that_panics_is_told_and_the_rest_is_read() {
    let mut long = b"a line of a long log\n".repeat(400_000);
    long.push(b'!');
    let (_dir, inputs) = files(&[b"one\n", b"!\n", &long, b"two\n"]);
    for threads in [1, 2, 8] {
        let outcomes = all(&inputs, threads, &Watch::default());
        let told: Vec<_> = outcomes.iter().map(|outcome| (outcome.out.is_some(), outcome.problem.is_some())).collect();
        assert_eq!(told, [(true, false), (false, true), (false, true), (true, false)], "{threads}");
        let said = outcomes[2].problem.as_ref().unwrap().to_string();
        assert!(said.contains("00002.log: ") && said.contains("a fault of logdeck"), "{said}");
    }
}

#[test]
fn damage_comes_with_what_was_read_before() {
    let packed = gzip(&b"a line of a long log\n".repeat(400_000));
    let (_dir, inputs) = files(&[&packed[..packed.len() - 20], b"one\n"]);
    for threads in [1, 4] {
        let outcomes = all(&inputs, threads, &Watch::default());
        assert!(outcomes[0].out.is_some_and(|(bytes, _)| bytes > 1 << 20), "{threads}");
        assert!(outcomes[0].problem.as_ref().is_some_and(|p| p.to_string().contains("truncated")), "{threads}");
        assert_eq!(outcomes[1].out, Some((4, 1)));
    }
}

#[test]
fn nothing_is_told_after_a_cancel() {
    let texts: Vec<&[u8]> = vec![b"one\n"; 2000];
    let (_dir, inputs) = files(&texts);
    let watch = Watch::default();
    let mut told = 0;
    each(
        &inputs,
        2,
        &watch,
        |_| Sum::default(),
        |_| {
            told += 1;
            watch.cancel.store(true, Ordering::Relaxed);
        },
    );
    // Those that waited in the channel may still come.
    assert!((1..=6).contains(&told), "{told}");
    assert!(all(&inputs, 2, &watch).is_empty());
}

#[test]
fn a_slow_first_input_lets_no_more_than_a_window_wait() {
    let texts: Vec<&[u8]> = vec![b"one\n"; 3 * AHEAD];
    let (_dir, inputs) = files(&texts);
    let begun = AtomicUsize::new(0);
    let most_before_first = AtomicUsize::new(0);
    let make = |n: usize| {
        begun.fetch_max(n, Ordering::Relaxed);
        if n == 0 {
            // The others go on until the window is full.
            while begun.load(Ordering::Relaxed) < AHEAD - 1 {
                std::thread::yield_now();
            }
            std::thread::sleep(TURN);
            most_before_first.store(begun.load(Ordering::Relaxed), Ordering::Relaxed);
        }
        Sum::default()
    };
    let mut count = 0;
    each(&inputs, 2, &Watch::default(), make, |_| count += 1);
    assert_eq!((count, most_before_first.into_inner()), (3 * AHEAD, AHEAD - 1));
}

#[test]
fn a_caller_that_panics_is_not_held_up() {
    let texts: Vec<&[u8]> = vec![b"one\n"; 100];
    let (_dir, inputs) = files(&texts);
    let watch = Watch::default();
    let ended = catch_unwind(AssertUnwindSafe(|| {
        each(&inputs, 2, &watch, |_| Sum::default(), |_| panic!("a test's own panic"));
    }));
    assert!(ended.is_err() && watch.cancel.load(Ordering::Relaxed));
}
