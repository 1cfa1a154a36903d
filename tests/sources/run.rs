//! The files source as the engine sees it: origins, records, notes and health.

use super::codecs::gzip;
use logdeck::model::{Address, Format, Health, OriginId, SourceId, SourceMsg, State, Timestamp};
use logdeck::ports::Clock;
use logdeck::sources::{Follow, Outlet, Settings, SourceError, build};
use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::{sync::mpsc::Receiver, task::JoinHandle};
use tokio_util::sync::CancellationToken;

/// Long enough for any machine; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_secs(30);

struct Fixed;

impl Clock for Fixed {
    fn now(&self) -> Timestamp {
        Timestamp(1_735_689_600_000_000_000)
    }
}

/// A running source and all that it said.
pub(crate) struct Running {
    from: Receiver<SourceMsg>,
    cancel: CancellationToken,
    source: JoinHandle<Result<(), SourceError>>,
    names: HashMap<OriginId, String>,
    /// (origin, text) of each record; of notes the text stands in angle brackets.
    pub(crate) records: Vec<(String, String)>,
    orders: HashMap<OriginId, Timestamp>,
    pub(crate) health: Vec<Health>,
}

impl Running {
    pub(crate) fn start(path: &Path, follow: Follow) -> Self {
        Self::start_with(path, follow, 1 << 30)
    }

    fn start_with(path: &Path, follow: Follow, window_bytes: u64) -> Self {
        let settings = Settings::new(jiff::tz::TimeZone::UTC, follow, window_bytes);
        let source = build(&Address::Path(path.to_owned()), &settings).unwrap();
        let (to, from) = tokio::sync::mpsc::channel(64);
        let cancel = CancellationToken::new();
        let runtime = tokio::runtime::Handle::current();
        let outlet = Outlet::new(SourceId(5), to, cancel.clone(), Arc::new(Fixed), runtime.clone());
        let source = runtime.spawn(source.run(outlet));
        Self {
            from,
            cancel,
            source,
            names: HashMap::new(),
            records: Vec::new(),
            orders: HashMap::new(),
            health: Vec::new(),
        }
    }

    /// Takes the next message; `false` when the source has ended.
    async fn next(&mut self) -> bool {
        let message = tokio::time::timeout(PATIENCE, self.from.recv()).await;
        match message.unwrap_or_else(|_| panic!("no message; so far {:?} {:?}", self.records, self.health)) {
            None => return false,
            Some(SourceMsg::Origin { id, name }) => {
                assert!(self.names.insert(id, name).is_none(), "announced once");
            }
            Some(SourceMsg::Health { health, .. }) => self.health.push(health),
            Some(SourceMsg::Batch { source, batch }) => {
                assert_eq!(source, SourceId(5));
                assert!(batch.len() <= 512);
                for record in batch.iter() {
                    let last = self.orders.entry(record.origin).or_insert(record.order);
                    assert!(record.order >= *last, "order never falls within an origin");
                    *last = record.order;
                    let text = String::from_utf8_lossy(record.raw);
                    let text = if record.format == Format::Note { format!("<{text}>") } else { text.into_owned() };
                    self.records.push((self.names[&record.origin].clone(), text));
                }
            }
            Some(other) => panic!("nobody asked: {other:?}"),
        }
        true
    }

    /// Takes messages until what came fits.
    pub(crate) async fn until(&mut self, what: impl Fn(&Self) -> bool) {
        while !what(self) {
            assert!(self.next().await, "ended early: {:?} {:?}", self.records, self.health);
        }
    }

    /// Takes all messages until the source ends by itself.
    pub(crate) async fn finish(mut self) -> (Vec<(String, String)>, Health) {
        while self.next().await {}
        self.source.await.unwrap().unwrap();
        (self.records, self.health.pop().unwrap())
    }

    /// Tells the source to stop, and waits until it has.
    pub(crate) async fn stop(self) {
        self.cancel.cancel();
        let ended = tokio::time::timeout(PATIENCE, self.source).await.unwrap().unwrap();
        assert!(matches!(ended, Err(SourceError::Closed(_))), "{ended:?}");
    }

    pub(crate) fn texts(&self) -> Vec<&str> {
        self.records.iter().map(|(_, text)| text.as_str()).collect()
    }
}

fn file(name: &str, bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    fs::write(&path, bytes).unwrap();
    (dir, path)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_gives_its_records_and_ends() {
    let (_dir, path) = file("a.log", b"2025-01-01T00:00:01Z one\n2025-01-01T00:00:02Z two\nlast");
    let (records, health) = Running::start(&path, Follow::Off).finish().await;
    let texts: Vec<_> = records.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(texts.concat().replace('\n', ""), "2025-01-01T00:00:01Z one2025-01-01T00:00:02Z twolast");
    assert!(records.iter().all(|(origin, _)| *origin == path.display().to_string()));
    assert_eq!((health.state, health.progress), (State::Done, Some((54, Some(54)))));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_records_come_complete_and_in_order_from_two_readers() {
    let dir = tempfile::tempdir().unwrap();
    let line = |name: &str, n| format!("2025-01-01T00:00:00Z {name} {n}\n");
    let lines = |name: &str| (0..20_000).map(|n| line(name, n)).collect::<Vec<_>>().concat();
    fs::write(dir.path().join("a.log"), lines("a")).unwrap();
    fs::write(dir.path().join("b.log.gz"), gzip(lines("b").as_bytes())).unwrap();
    fs::write(dir.path().join("c.log"), lines("c")).unwrap();
    let (records, health) = Running::start(dir.path(), Follow::Off).finish().await;
    for name in ["a.log", "b.log.gz", "c.log"] {
        let of_file = records.iter().filter(|(origin, _)| origin.ends_with(name));
        let text: String = of_file.flat_map(|(_, text)| [text.as_str(), "\n"]).collect();
        assert!(text == lines(&name[..1]), "{name}");
    }
    assert_eq!(health.state, State::Done);
    assert_eq!(health.detail, "read 3 files");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_file_larger_than_the_window_the_end_is_read() {
    let lines = (0..100_000).map(|n| format!("2025-01-01T00:00:00Z line {n:06}\n")).collect::<Vec<_>>().concat();
    let (_dir, path) = file("a.log", lines.as_bytes());
    let (records, health) = Running::start_with(&path, Follow::Off, 1_000_000).finish().await;
    assert_eq!(records[0].1, format!("<the first 2 MiB of {} are not loaded>", path.display()));
    assert_eq!(records[1].1.len(), "2025-01-01T00:00:00Z line 012345".len(), "begins at a line's start");
    assert_eq!(records.last().unwrap().1, "2025-01-01T00:00:00Z line 099999");
    let bytes: usize = records[1..].iter().map(|(_, text)| text.len() + 1).sum();
    assert!((990_000..=1_000_000).contains(&bytes), "{bytes}");
    assert!(health.detail.contains("the first 2 MiB are not loaded"), "{}", health.detail);
    assert_eq!(health.progress, Some((bytes as u64, Some(bytes as u64))), "of what is loaded");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_said_and_the_rest_is_read() {
    let text: Vec<u8> =
        (0..5000_u32).flat_map(|n| format!("{:x}\n", n.wrapping_mul(2_654_435_761)).into_bytes()).collect();
    let packed = gzip(&text);
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.log"), "fine\n").unwrap();
    fs::write(dir.path().join("b.gz"), &packed[..packed.len() / 2]).unwrap();
    let (records, health) = Running::start(dir.path(), Follow::Off).finish().await;
    assert_eq!(health.state, State::Partial);
    assert!(health.detail.contains("b.gz: truncated"), "{}", health.detail);
    assert!(records.iter().any(|(_, text)| text == "fine"));
    let of_b: Vec<_> = records.iter().filter(|(origin, _)| origin.ends_with("b.gz")).collect();
    assert!(of_b.len() > 100 && of_b.last().unwrap().1.contains("truncated: the file ends in the middle"));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_can_be_read_is_a_failure() {
    let dir = tempfile::tempdir().unwrap();
    let (records, health) = Running::start(&dir.path().join("none.log"), Follow::Off).finish().await;
    assert!(records.is_empty());
    assert_eq!(health.state, State::Failed);
    assert!(health.detail.ends_with("no such file or directory"), "{}", health.detail);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_is_told_to_stop_does_so_with_a_full_channel() {
    let lines = "a line of text\n".repeat(1_000_000);
    let (_dir, path) = file("a.log", lines.as_bytes());
    let mut running = Running::start(&path, Follow::Off);
    running.until(|r| !r.records.is_empty()).await;
    running.stop().await;
    let (_dir, path) = file("a.log.gz", &gzip(lines.as_bytes()));
    let mut running = Running::start(&path, Follow::Off);
    running.until(|r| !r.records.is_empty()).await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pipe_is_read_while_it_is_written_and_never_holds_the_source() {
    use std::io::Write;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("fifo");
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    // Nobody writes: it is opened all the same, and stops.
    let mut running = Running::start(&path, Follow::Off);
    running.until(|r| r.health.iter().any(|h| h.state == State::Reading)).await;
    running.stop().await;
    let mut running = Running::start(&path, Follow::Off);
    running.until(|r| r.health.iter().any(|h| h.state == State::Reading)).await;
    let opening = path.clone();
    let open = move || fs::OpenOptions::new().write(true).open(opening).unwrap();
    let mut writer = tokio::task::spawn_blocking(open).await.unwrap();
    writer.write_all(b"first\n").unwrap();
    running.until(|r| r.texts() == ["first"]).await;
    writer.write_all(b"second\n").unwrap();
    drop(writer);
    let (records, health) = running.finish().await;
    assert_eq!(records.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>(), ["first", "second"]);
    assert_eq!(health.state, State::Done);
}

#[tokio::test(flavor = "multi_thread")]
async fn entries_are_origins_and_what_is_no_text_is_counted() {
    use std::io::Write;
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let entries: [(&str, &[u8]); 4] =
        [("1.txt", b"one\n"), ("pic.png", b"\x89PNG\r\n\x1A\n"), ("empty.txt", b""), ("2.txt", b"two\n")];
    for (name, bytes) in entries {
        writer.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    let (_dir, path) = file("a.zip", &writer.finish().unwrap().into_inner());
    let (mut records, health) = Running::start(&path, Follow::On).finish().await;
    records.sort();
    let name = |entry: &str| format!("{}!{entry}", path.display());
    assert_eq!(records, [(name("1.txt"), "one".to_owned()), (name("2.txt"), "two".to_owned())]);
    assert_eq!(
        health.detail, "1 entry is no text and is left out; read 3 files",
        "an archive ends, even when followed"
    );
}
