//! Hostile logs through the extractor: what it says of them holds, and the way in which their bytes come changes nothing.

use logdeck::analysis::extract::{Baseline, Block, Extract, Extractor, Options};
use proptest::prelude::*;
use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

/// The most bytes of a line of a block.
const MAX_LINE: usize = 64 << 10;

/// What logs are made of, and what breaks those who read them. Most end no line.
const FRAGMENTS: &[&[u8]] = &[
    b"\n",
    b"\n",
    b"\n",
    b"\r\n",
    b"\r",
    b"\0",
    b" ",
    b"\t",
    b"    ",
    b"\x1b",
    b"\x1b[",
    b"\x1b[31m",
    b"\x1b[0K",
    b"\x1b]0;title\x07",
    b"\x1b]8;;https://a\x1b\\",
    b"\x1bP1;2q",
    b"\xff\xfe",
    b"\xc3",
    b"\xf0\x9f\x92",
    b"\xef\xbb\xbf",
    "e\u{301}\u{202e}".as_bytes(),
    b"2026-11-21T10:00:00.1234567Z ",
    b"2026-11-21T09:00:00.0000000Z ",
    b"1970-01-01T00:00:00Z ",
    b"9999-99-99T99:99:99.999999999Z ",
    b"2026-11-21T10:00:00.000000Z 01E ",
    b"[10:00:00] ",
    b"[",
    b"##[group]Run make test\n",
    b"##[endgroup]\n",
    b"##[error]Process completed with exit code 1.\n",
    b"##[error]",
    b"##[warning]",
    b"section_start:1763719200:build\r\x1b[0KBuild\n",
    b"section_start:99999999999999999999:x\r",
    b"section_end:1763719200:build\r\x1b[0K",
    b"ERROR: Job failed: exit code 1\n",
    b"travis_fold:start:a\r",
    b"travis_fold:end:a\r",
    b"The command \"make\" exited with 1.\n",
    b"#12 3.456 ",
    b"#12 ",
    b"#",
    b"web_1  | ",
    b"error: ",
    b"error[E0382]: borrow of moved value: `x`\n",
    b"  --> src/main.rs:3:5\n",
    b"   |\n",
    b"a.c:1:2: error: expected ';'\n",
    b"ERROR ",
    b"FAILED tests/test_a.py::test_b - assert 1 == 2\n",
    b"E   assert 1 == 2\n",
    b"FAIL ",
    b"fatal: ",
    b"Traceback (most recent call last):\n",
    b"  File \"x.py\", line 3, in y\n",
    b"ValueError: bad\n",
    b"Exception in thread \"main\" java.lang.IllegalStateException: no\n",
    b"\tat a.B.c(D.java:1)\n",
    b"Caused by: java.io.IOException\n",
    b"\t... 4 more\n",
    b"thread 'main' panicked at src/main.rs:3:5:\n",
    b"panic: runtime error: index out of range\n",
    b"goroutine 1 [running]:\n",
    b"make: *** [all] Error 2\n",
    b"npm ERR! code ELIFECYCLE\n",
    b"BUILD FAILURE\n",
    b"BUILD SUCCESS\n",
    b"test result: ok. 3 passed; 0 failed\n",
    b"test result: FAILED. 1 passed; 2 failed\n",
    b"0 failed",
    b"Killed\n",
    b"Segmentation fault (core dumped)\n",
    b"No space left on device\n",
    b"Connection timed out",
    b"The operation was canceled.\n",
    b"-----BEGIN RSA PRIVATE KEY-----\n",
    b"ordinary line 17\n",
    b"ordinary line 18\n",
];

/// A log that failures print so that a person can read it.
#[derive(Clone)]
struct Log(Vec<u8>);

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        brief(&self.0, f)
    }
}

/// Bytes as a literal, long runs of one byte as their number.
fn brief(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for run in bytes.chunk_by(|a, b| a == b) {
        match run.len() {
            ..16 => write!(f, "{}", run.escape_ascii())?,
            count => write!(f, "{{{} x {count}}}", run[..1].escape_ascii())?,
        }
    }
    Ok(())
}

/// An extract on a few lines.
struct Brief<'a>(&'a Extract);

impl fmt::Display for Brief<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Extract { lines, bytes, blocks, steps, verdict, new_lines } = self.0;
        write!(f, "\n  {lines} lines, {bytes} bytes, {verdict:?}, new {new_lines:?}")?;
        for block in blocks {
            let bare = Block { lines: Vec::new(), ..block.clone() };
            write!(f, "\n  {bare:?}")?;
            for line in &block.lines {
                f.write_str("\n    | ")?;
                brief(line, f)?;
            }
        }
        steps.iter().try_for_each(|step| write!(f, "\n  {step:?}"))
    }
}

fn extract(pieces: impl IntoIterator<Item = impl AsRef<[u8]>>, options: &Options) -> Extract {
    let mut extractor = Extractor::new(options.clone());
    pieces.into_iter().for_each(|piece| extractor.feed(piece.as_ref()));
    extractor.finish()
}

/// What holds of every extract, whatever the log.
fn holds(log: &[u8], found: &Extract, options: &Options) {
    let ended = memchr::memchr_iter(b'\n', log).count();
    let lines: Vec<&[u8]> = log.split(|byte| *byte == b'\n').take(ended + 1).collect();
    let count = ended + usize::from(!log.is_empty() && log.last() != Some(&b'\n'));
    assert_eq!((found.lines, found.bytes), (count as u64, log.len() as u64));
    assert!(
        options.max_lines.is_none_or(|most| found.blocks.iter().map(|block| block.lines.len()).sum::<usize>() <= most)
    );
    let mut shown = HashSet::new();
    let mut worst = 1000;
    for block in &found.blocks {
        assert!(1 <= block.start && block.start <= block.end && block.end <= found.lines, "{}", Brief(found));
        assert_eq!(block.lines.len() as u64, block.end - block.start + 1, "{}", Brief(found));
        assert!(block.score <= worst, "the most probable cause comes first:{}", Brief(found));
        worst = block.score;
        assert!(block.step.is_none_or(|step| step < found.steps.len()), "{}", Brief(found));
        for (line, no) in block.lines.iter().zip(block.start..) {
            assert!(shown.insert(no), "line {no} stands in two blocks:{}", Brief(found));
            let raw = lines[no as usize - 1];
            assert!(*line == raw[..raw.len().min(MAX_LINE)], "line {no} is {:?} in{}", Log(raw.to_vec()), Brief(found));
        }
        let offset: usize = lines[..block.start as usize - 1].iter().map(|line| line.len() + 1).sum();
        assert_eq!(block.offset, offset as u64, "of line {}:{}", block.start, Brief(found));
    }
    let mut before = 0;
    for step in &found.steps {
        assert!(1 <= step.start && step.start <= step.end && step.end <= found.lines, "{step:?}");
        assert!(before < step.start, "steps stand in their order: {step:?}");
        before = step.start;
    }
    assert_eq!(found.new_lines.is_some(), options.baseline.is_some());
    assert!(found.new_lines.is_none_or(|new| new <= found.lines));
}

/// The same log in pieces of many sizes.
fn check(log: &[u8], cuts: &[usize], options: &Options) {
    let whole = extract([log], options);
    holds(log, &whole, options);
    for size in [1, 2, 7, 64, 4096, 100_000].into_iter().filter(|size| log.len() / size < 5_000) {
        same(&extract(log.chunks(size), options), &whole, &format!("in pieces of {size}"));
    }
    let mut rest = log;
    let mut pieces: Vec<&[u8]> = Vec::new();
    for cut in cuts {
        let (piece, more) = rest.split_at((*cut).min(rest.len()));
        pieces.push(piece);
        rest = more;
    }
    pieces.push(rest);
    same(&extract(pieces, options), &whole, &format!("in pieces of {cuts:?}"));
}

fn same(cut: &Extract, whole: &Extract, how: &str) {
    assert!(cut == whole, "{how}:{}\nin one piece:{}", Brief(cut), Brief(whole));
}

fn baseline(log: &[u8]) -> Options {
    let mut baseline = Baseline::default();
    baseline.feed(log);
    baseline.finish();
    Options { baseline: Some(Arc::new(baseline)), ..Options::default() }
}

fn fragment() -> impl Strategy<Value = Vec<u8>> {
    let known = prop::sample::select(FRAGMENTS).prop_map(<[u8]>::to_vec);
    prop_oneof![
        40 => known.clone(),
        4 => prop::collection::vec(any::<u8>(), 0..12),
        4 => (known, 1..60_usize).prop_map(|(fragment, times)| fragment.repeat(times)),
    ]
}

fn log() -> impl Strategy<Value = Log> {
    prop::collection::vec(fragment(), 0..120).prop_map(|fragments| Log(fragments.concat()))
}

/// Logs of few lines, some of which are larger than what is kept of a line.
fn large() -> impl Strategy<Value = Log> {
    let long = (fragment(), 1..140_000_usize).prop_map(|(mut fragment, bytes)| {
        fragment.retain(|byte| *byte != b'\n');
        fragment.resize(fragment.len() + bytes, b'x');
        fragment
    });
    let part = prop_oneof![3 => fragment(), 1 => long, 1 => Just(b"\n".to_vec())];
    prop::collection::vec(part, 0..30).prop_map(|parts| Log(parts.concat()))
}

fn cuts() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(0..40_usize, 0..20)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(192) })]

    #[test]
    fn any_log(log in log(), cuts in cuts()) {
        check(&log.0, &cuts, &Options::default());
    }

    #[test]
    fn any_log_with_a_baseline_and_little_room(log in log(), passing in log(), cuts in cuts(), most in 0..30_usize) {
        check(&log.0, &cuts, &Options { max_lines: Some(most), ..baseline(&passing.0) });
    }

    #[test]
    fn a_baseline_is_the_same_however_it_comes(log in log(), passing in log(), size in 1..50_usize) {
        let mut cut = Baseline::default();
        passing.0.chunks(size).for_each(|piece| cut.feed(piece));
        cut.finish();
        let options = baseline(&passing.0);
        prop_assert_eq!(cut.lines(), options.baseline.as_ref().map_or(0, |whole| whole.lines()));
        let cut = Options { baseline: Some(Arc::new(cut)), ..Options::default() };
        prop_assert_eq!(extract([&log.0], &cut), extract([&log.0], &options));
        // Nothing of the log is new to itself.
        let own = extract([&passing.0], &options);
        prop_assert_eq!(own.new_lines, Some(0));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(24) })]

    #[test]
    fn logs_of_huge_lines(log in large(), cuts in cuts()) {
        check(&log.0, &cuts, &Options::default());
    }
}

#[test]
fn single_logs() {
    // No bytes are no end of a line.
    same(
        &extract([&b"a"[..], b"", b"b"], &Options::default()),
        &extract([b"ab"], &Options::default()),
        "an empty piece",
    );
    let long = |byte: u8, bytes: usize| vec![byte; bytes];
    let logs: Vec<Vec<u8>> = vec![
        Vec::new(),
        b"\n".to_vec(),
        b"x".to_vec(),
        b"error: no newline at the end".to_vec(),
        b"##[error]Process completed with exit code 1.".to_vec(),
        b"\x1b".to_vec(),
        [&b"error: "[..], &long(b'x', 200_000)].concat(),
        // Its word stands behind what is kept of a line.
        [&long(b'x', MAX_LINE + 10)[..], b" error: late\n##[error]Process completed with exit code 1.\n"].concat(),
        // Long lines above a mark.
        [&[&long(b'y', 10_000)[..], b"\n"].concat().repeat(24)[..], b"##[error]Process completed with exit code 1.\n"]
            .concat(),
        [b"first\n".repeat(3), long(b'z', 40_000), b"\n##[error]Process completed with exit code 1.\n".to_vec()]
            .concat(),
        [b"a\n".repeat(20_000), b"##[error]Process completed with exit code 1.\n".to_vec()].concat(),
        b"error: one\n".repeat(5_000),
        b"##[group]Run x\n".repeat(3_000),
        b"\r".repeat(100_000),
        b"\n".repeat(100_000),
    ];
    for log in &logs {
        check(log, &[0, 3, 0], &Options::default());
        check(log, &[1], &baseline(b"a\nfirst\n"));
    }
}
