//! Windows of files that memory does not hold, and looking through all of one: for each codec, at every edge.

use super::codecs::gzip;
use logdeck::analysis::lines::LineNeedle;
use logdeck::model::query::{Pattern, PatternKind};
use logdeck::model::window::{Answer, Ask, Extent, Held, Line, Request, Way};
use logdeck::model::{Address, SourceId, SourceMsg, Timestamp};
use logdeck::ports::Clock;
use logdeck::sources::files::{Far, Lines, answer};
use logdeck::sources::{Follow, Outlet, Settings};
use std::{fs, io::Write, path::PathBuf, sync::Arc};
use tokio_util::sync::CancellationToken;

/// Windows of 8 KiB.
const BUDGET: u64 = 64 << 10;

struct Fixed;

impl Clock for Fixed {
    fn now(&self) -> Timestamp {
        Timestamp(1_735_689_600_000_000_000)
    }
}

struct Needle(LineNeedle);

impl Lines for Needle {
    fn first(&mut self, text: &[u8]) -> Option<usize> {
        self.0.first(text).map(|line| line.start)
    }

    fn last(&mut self, text: &[u8]) -> Option<usize> {
        self.0.last(text).map(|line| line.start)
    }

    fn count(&mut self, text: &[u8]) -> u64 {
        self.0.count(text)
    }

    fn another(&self) -> Box<dyn Lines> {
        Box::new(Self(self.0.clone()))
    }
}

fn pattern(source: &str) -> Pattern {
    Pattern { source: source.to_owned(), kind: PatternKind::SmartRegex }
}

/// A file about which questions are asked.
struct Asked {
    dir: tempfile::TempDir,
    path: PathBuf,
    far: Arc<Far>,
}

impl Asked {
    fn new(name: &str, bytes: &[u8]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(name);
        fs::write(&path, bytes).unwrap();
        Self { path, dir, far: Arc::default() }
    }

    /// The last answer, or none when the question was taken back.
    fn ask_with(&self, request: Request, cancel: &CancellationToken) -> Option<Answer> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (to, mut from) = tokio::sync::mpsc::channel(64);
        let outlet = Outlet::new(SourceId(0), to, cancel.clone(), Arc::new(Fixed), runtime.handle().clone());
        let settings = Settings::new(jiff::tz::TimeZone::UTC, Follow::On, BUDGET);
        let (address, far) = (Address::Path(self.path.clone()), Arc::clone(&self.far));
        let lines = match &request {
            Request::Find { pattern, .. } | Request::Count { pattern } => {
                Some(Box::new(Needle(LineNeedle::compile(pattern).unwrap())) as Box<dyn Lines>)
            }
            Request::Window { .. } | Request::At { .. } => None,
        };
        let ask = Ask { source: SourceId(0), ticket: 7, request };
        runtime.spawn_blocking(move || answer(&ask, &address, &settings, &far, lines, &outlet));
        let mut last = None;
        while let Some(message) = from.blocking_recv() {
            if let SourceMsg::Answer { ticket, answer, .. } = message {
                assert_eq!(ticket, 7);
                last = (!matches!(answer, Answer::Progress { .. })).then_some(answer);
            }
        }
        last
    }

    fn ask(&self, request: Request) -> Answer {
        self.ask_with(request, &CancellationToken::new()).unwrap()
    }

    /// A window: where it is, its records, and the line that was looked for.
    fn window(&self, request: Request) -> (Extent, Vec<String>, Option<u64>) {
        match self.ask(request) {
            Answer::Window { extent, records, line } => {
                let texts = records.iter().map(|record| String::from_utf8_lossy(record.raw).into_owned()).collect();
                (extent, texts, line)
            }
            other => panic!("{other:?}"),
        }
    }

    fn older(&self, held: Held) -> (Extent, Vec<String>) {
        let (extent, texts, _) = self.window(Request::Window { way: Way::Older, held });
        (extent, texts)
    }

    fn newer(&self, held: Held) -> (Extent, Vec<String>) {
        let (extent, texts, _) = self.window(Request::Window { way: Way::Newer, held });
        (extent, texts)
    }

    fn failure(&self, request: Request) -> String {
        match self.ask(request) {
            Answer::Failed(problem) => problem.replace(&format!("{}/", self.dir.path().display()), ""),
            other => panic!("{other:?}"),
        }
    }
}

/// `line 0`, `line 1`, … in lines of 16 bytes.
fn numbered(lines: usize) -> String {
    let lines: Vec<_> = (0..lines).map(|n| format!("line {n:<10}\n")).collect();
    lines.concat()
}

fn zip(text: &str, method: zip::CompressionMethod) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    archive.start_file("a.log", zip::write::SimpleFileOptions::default().compression_method(method)).unwrap();
    archive.write_all(text.as_bytes()).unwrap();
    archive.finish().unwrap().into_inner()
}

/// The same text in every form that is read differently.
fn forms(text: &str) -> Vec<(&'static str, Asked)> {
    let half = text.len() / 2;
    let members = [gzip(&text.as_bytes()[..half]), gzip(&text.as_bytes()[half..])].concat();
    let utf16: Vec<u8> = [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    vec![
        ("plain", Asked::new("a.log", text.as_bytes())),
        ("gzip", Asked::new("a.log.gz", &gzip(text.as_bytes()))),
        ("two members", Asked::new("a.log.gz", &members)),
        ("gzip twice", Asked::new("a.log.gz", &gzip(&gzip(text.as_bytes())))),
        ("zstd", Asked::new("a.log.zst", &zstd::encode_all(text.as_bytes(), 3).unwrap())),
        ("zip, deflate", Asked::new("a.zip", &zip(text, zip::CompressionMethod::Deflated))),
        ("zip, stored", Asked::new("a.zip", &zip(text, zip::CompressionMethod::Stored))),
        ("UTF-16", Asked::new("a.log", &utf16)),
    ]
}

#[test]
fn windows_lead_from_the_end_to_the_start_and_back() {
    let text = numbered(2000);
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    for (form, asked) in forms(&text) {
        let mut held = Held::Tail(4000);
        let mut last_start = text.len() as u64 - 4000;
        loop {
            let (extent, texts) = asked.older(held);
            let (from, to) = ((extent.start / 16) as usize, (extent.end / 16) as usize);
            let texts: Vec<_> = texts.iter().map(|text| text.trim_end()).collect();
            assert_eq!(texts, lines[from..to], "{form}: whole lines, all of them");
            assert!(extent.start < last_start && extent.end > last_start, "{form}: {extent:?} overlaps {last_start}");
            assert!(extent.end - extent.start <= 8200, "{form}: {extent:?}");
            assert_eq!(extent.size, text.len() as u64, "{form}");
            (held, last_start) = (Held::Window(extent), extent.start);
            if extent.start == 0 {
                break;
            }
        }
        assert!(matches!(asked.ask(Request::Window { way: Way::Older, held }), Answer::Edge(Way::Older)), "{form}");
        let mut last_end = 0;
        while last_end < text.len() as u64 {
            let (extent, texts) = asked.newer(held);
            assert_eq!(texts.len() as u64, (extent.end - extent.start) / 16, "{form}");
            assert!(extent.start > 0 && extent.end > last_end, "{form}: {extent:?}");
            (held, last_end) = (Held::Window(extent), extent.end);
        }
        assert!(matches!(asked.ask(Request::Window { way: Way::Newer, held }), Answer::Edge(Way::Newer)), "{form}");
    }
}

#[test]
fn a_match_is_found_wherever_it_is_and_stands_in_a_window() {
    let text = numbered(2000);
    for (form, asked) in forms(&text) {
        let held = Held::Window(Extent { start: 16_000, end: 24_000, size: text.len() as u64 });
        let check = |source: &str, way, expected: Option<&str>| {
            let found = match asked.ask(Request::Find { pattern: pattern(source), way, held }) {
                Answer::Window { records, line, .. } => {
                    let raw = records.record(line.unwrap() as usize).raw;
                    Some(String::from_utf8_lossy(raw).trim_end().to_owned())
                }
                Answer::NoMatch { bytes, .. } => {
                    assert_eq!(bytes, text.len() as u64 - 8000, "{form}");
                    None
                }
                other => panic!("{form}: {other:?}"),
            };
            assert_eq!(found.as_deref(), expected, "{form}: {source} {way:?}");
        };
        check("line 1[0-9]{3}", Way::Newer, Some("line 1500"));
        check("line 1[0-9]{3}", Way::Older, Some("line 1999"));
        check("7\\s", Way::Newer, Some("line 1507"));
        check("7\\s", Way::Older, Some("line 997"));
        // Round the end of the file.
        check("line 12 ", Way::Newer, Some("line 12"));
        check("line 0 ", Way::Older, Some("line 0"));
        check("line 1999", Way::Newer, Some("line 1999"));
        // What is held was searched already.
        check("line 1200", Way::Newer, None);
        check("LINE", Way::Older, None);
        let counted = |source: &str| match asked.ask(Request::Count { pattern: pattern(source) }) {
            Answer::Counted { lines, bytes, .. } => {
                assert_eq!(bytes, text.len() as u64, "{form}");
                lines
            }
            other => panic!("{form}: {other:?}"),
        };
        assert_eq!(
            (counted("line"), counted("99"), counted("^line 19"), counted("none")),
            (2000, 38, 111, 0),
            "{form}"
        );
    }
}

#[test]
fn lines_longer_than_a_window_are_begun_in_their_middle() {
    let text = format!("first\n{}\nlast\n", "x".repeat(40_000));
    let asked = Asked::new("a.log", text.as_bytes());
    let (extent, texts) = asked.older(Held::Tail(5));
    assert!(extent.start > 6 && extent.end == text.len() as u64, "{extent:?}");
    assert!(texts[0].starts_with('x') && texts.last().unwrap() == "last", "{texts:?}");
    let mut held = Held::Window(extent);
    let mut before = extent.start;
    while before > 0 {
        let (extent, _) = asked.older(held);
        assert!(extent.start < before, "{extent:?}");
        (held, before) = (Held::Window(extent), extent.start);
    }
}

#[test]
fn records_of_several_lines_stay_whole_and_lines_are_counted() {
    let record = |n: u32| {
        let time = format!("2025-01-01T00:{:02}:{:02}Z", n / 60, n % 60);
        format!("{time} ERROR boom {n}\njava.lang.Error: x\n\tat a.b(C.java:1)\n")
    };
    let text = (0..300).map(record).collect::<Vec<_>>().concat();
    let asked = Asked::new("a.log", text.as_bytes());
    let held = Held::Tail(0);
    let request = Request::Find { pattern: pattern("boom 77$"), way: Way::Older, held };
    let (_, texts, line) = asked.window(request);
    let lines: Vec<&str> = texts.iter().flat_map(|record| record.lines()).collect();
    assert!(lines[line.unwrap() as usize].ends_with("boom 77"));
    assert!(texts.iter().skip(1).take(5).all(|record| record.lines().count() == 3), "{texts:?}");
}

#[test]
fn a_file_that_is_not_what_it_was_is_told() {
    let text = numbered(2000);
    let window = |held| Request::Window { way: Way::Older, held };
    let asked = Asked::new("a.log", text.as_bytes());
    let (extent, _) = asked.older(Held::Tail(100));
    let held = Held::Window(extent);
    // It grew: nothing is lost.
    fs::write(&asked.path, text.clone() + "more\n").unwrap();
    assert_eq!(asked.older(held).0.size, text.len() as u64 + 5);
    // It is shorter than what was seen.
    fs::OpenOptions::new().write(true).open(&asked.path).unwrap().set_len(100).unwrap();
    assert_eq!(asked.failure(window(held)), "a.log was replaced or truncated since; G opens it anew");
    // Another one stands under its name.
    fs::write(asked.dir.path().join("new"), &text).unwrap();
    fs::rename(asked.dir.path().join("new"), &asked.path).unwrap();
    assert_eq!(asked.failure(window(held)), "a.log was replaced or truncated since; G opens it anew");
    // When the end is shown, it is looked at anew.
    assert_eq!(asked.older(Held::Tail(100)).0.size, text.len() as u64);
    fs::remove_file(&asked.path).unwrap();
    assert!(asked.failure(window(held)).starts_with("a.log: no such file"), "{}", asked.failure(window(held)));

    let packed = Asked::new("a.log.gz", &gzip(text.as_bytes()));
    let held = Held::Window(packed.older(Held::Tail(100)).0);
    fs::write(&packed.path, gzip(b"other\n")).unwrap();
    assert_eq!(packed.failure(window(held)), "a.log.gz was replaced or truncated since; G opens it anew");
}

#[test]
fn a_line_of_an_entry_is_shown_and_windows_go_on_in_that_entry() {
    for method in [zip::CompressionMethod::Stored, zip::CompressionMethod::Deflated, zip::CompressionMethod::Bzip2] {
        let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default().compression_method(method);
        for name in ["0_other.txt", "1_build.txt"] {
            archive.start_file(name, options).unwrap();
            let text = numbered(2000).replace("line", &name[2..6]);
            archive.write_all(text.as_bytes()).unwrap();
        }
        let asked = Asked::new("a.zip", &archive.finish().unwrap().into_inner());
        let name = |entry: &str| format!("{}!{entry}", asked.path.display());
        let at = |input, name: String, line: u64| Request::At { line: Line { input, name, offset: line * 16 } };
        let (extent, texts, line) = asked.window(at(1, name("1_build.txt"), 1000));
        assert_eq!(texts[line.unwrap() as usize], "buil 1000      ", "{method}");
        assert!(extent.start > 0 && extent.end < extent.size && extent.size == 32_000, "{extent:?}");
        let (older, texts) = asked.older(Held::Window(extent));
        assert!(older.end < extent.end && texts[0].starts_with("buil "), "{older:?} {}", texts[0]);
        let (newer, texts) = asked.newer(Held::Window(extent));
        assert!(newer.start > extent.start && texts[0].starts_with("buil "), "{newer:?}");
        // The first and the last line of another one, and a place behind its end.
        for (line, expected) in [(0, "othe 0         "), (1999, "othe 1999      "), (9999, "othe 1999      ")] {
            let (_, texts, at) = asked.window(at(0, name("0_other.txt"), line));
            assert_eq!(texts[at.unwrap() as usize], expected);
        }
        let gone = asked.failure(at(1, name("0_other.txt"), 5));
        assert!(gone.starts_with("a.zip!0_other.txt is not there any more"), "{gone}");
    }
}

#[test]
fn what_cannot_be_done_is_said() {
    let held = Held::Tail(10);
    let window = Request::Window { way: Way::Older, held };
    let asked = Asked::new("a.log", b"one\ntwo\n");
    fs::write(asked.dir.path().join("b.log"), b"three\n").unwrap();
    let both = Asked { path: asked.dir.path().to_owned(), dir: tempfile::tempdir().unwrap(), far: Arc::default() };
    assert!(both.failure(window.clone()).ends_with("has 2 files: open one by itself to read all of it"));
    // Counting does not mind.
    let count = Request::Count { pattern: pattern("t") };
    assert!(matches!(both.ask(count.clone()), Answer::Counted { lines: 2, bytes: 14, .. }));
    assert!(
        asked
            .ask_with(count, &{
                let cancel = CancellationToken::new();
                cancel.cancel();
                cancel
            })
            .is_none()
    );
    // Cut off in its middle: what is there can be read.
    let text = numbered(5000);
    let whole = gzip(text.as_bytes());
    let cut = Asked::new("cut.log.gz", &whole[..whole.len() / 2]);
    let (extent, texts) = cut.older(Held::Tail(50));
    assert!(extent.size < text.len() as u64 && texts.len() > 100, "{extent:?}");
    let damaged = Asked::new("bad.log.gz", &gzip(b"x")[..9]);
    assert!(damaged.failure(window).contains("truncated"));
}
