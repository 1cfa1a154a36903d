//! What it costs to look for causes, by how much of the log looks like a failure. Run with `cargo bench --bench extract`.

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use logdeck::analysis::extract::{Baseline, Extractor, Options};
use std::sync::Arc;

fn main() {
    divan::main();
}

/// A log whose lines are healthy ones, but one in so many.
const ONE_IN: &[usize] = &[usize::MAX, 10_000, 100, 10, 1];

fn log(one_in: usize) -> Vec<u8> {
    let mut log = Vec::new();
    for n in 0..60_000 {
        let text = match n % one_in {
            0 if n > 0 || one_in == 1 => {
                "\x1b[1m\x1b[31merror[E0308]\x1b[0m: mismatched types in src/pool.rs".to_owned()
            }
            _ if n % 3 == 0 => format!("\x1b[1m\x1b[32m   Compiling\x1b[0m serde-{n:x} v1.{n}.3"),
            _ => format!("test tokio::tests::case_{n:x}_17 ... \x1b[32mok\x1b[0m (1.{n}s)"),
        };
        log.extend_from_slice(format!("2025-01-01T00:00:00.{n:07}Z {text}\n").as_bytes());
    }
    log
}

#[divan::bench(args = ONE_IN)]
fn failures_one_line_in(bencher: Bencher<'_, '_>, one_in: usize) {
    let log = log(one_in);
    bencher.counter(BytesCount::of_slice(&log)).bench(|| {
        let mut extractor = Extractor::new(Options::default());
        log.chunks(256 << 10).for_each(|piece| extractor.feed(black_box(piece)));
        extractor.finish()
    });
}

/// Every line is cleaned and hashed then.
#[divan::bench]
fn with_a_passing_log(bencher: Bencher<'_, '_>) {
    let mut green = Baseline::default();
    green.feed(&log(usize::MAX));
    green.finish();
    let (green, log) = (Arc::new(green), log(10_000));
    bencher.counter(BytesCount::of_slice(&log)).bench(|| {
        let mut extractor = Extractor::new(Options { baseline: Some(Arc::clone(&green)), max_lines: None });
        log.chunks(256 << 10).for_each(|piece| extractor.feed(black_box(piece)));
        extractor.finish()
    });
}
