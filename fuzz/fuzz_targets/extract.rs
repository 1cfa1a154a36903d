//! Any log through the extractor, in pieces of any size, with and without a passing log to compare with. Nothing may panic,
//! blocks and steps have to be in the log and apart, and the way of cutting may not matter.
#![no_main]

use libfuzzer_sys::fuzz_target;
use logdeck::analysis::extract::Baseline;
use logdeck::analysis::extract::Extract;
use logdeck::analysis::extract::Extractor;
use logdeck::analysis::extract::Options;
use std::sync::Arc;

// The first byte says how large pieces are, the second whether there is a passing log: what stands before the first NUL.
fuzz_target!(|bytes: &[u8]| {
    let [size, with, log @ ..] = bytes else { return };
    let mut options = Options::default();
    let mut log = log;
    if *with & 1 == 1 {
        let at = log.iter().position(|byte| *byte == 0).unwrap_or(0);
        let mut baseline = Baseline::default();
        baseline.feed(&log[..at]);
        baseline.finish();
        options.baseline = Some(Arc::new(baseline));
        log = &log[at..];
    }
    options.max_lines = (*with & 2 == 2).then_some(usize::from(*with >> 2));

    let whole = extract(log, log.len().max(1), &options);
    assert_eq!(extract(log, usize::from(*size) + 1, &options), whole);

    let ended = log.iter().filter(|byte| **byte == b'\n').count();
    let lines = ended + usize::from(!log.is_empty() && log.last() != Some(&b'\n'));
    assert_eq!((whole.lines, whole.bytes), (lines as u64, log.len() as u64));
    let mut places: Vec<_> = whole.blocks.iter().map(|block| (block.start, block.end)).collect();
    places.sort_unstable();
    assert!(places.windows(2).all(|pair| pair[0].1 < pair[1].0), "{places:?}");
    for block in &whole.blocks {
        assert!(1 <= block.start && block.start <= block.end && block.end <= whole.lines, "{block:?}");
        assert_eq!(block.lines.len() as u64, block.end - block.start + 1, "{block:?}");
        let at = usize::try_from(block.offset).expect("an offset in the log");
        assert!(at <= log.len() && (at == 0 || log[at - 1] == b'\n'), "{block:?}");
    }
    for step in &whole.steps {
        assert!(1 <= step.start && step.start <= step.end && step.end <= whole.lines, "{step:?}");
    }
});

fn extract(log: &[u8], size: usize, options: &Options) -> Extract {
    let mut extractor = Extractor::new(options.clone());
    log.chunks(size).for_each(|piece| extractor.feed(piece));
    extractor.finish()
}
