//! Objects are listed, read, followed; and what goes wrong is said.

use super::stand::Stand;
use crate::demo::gcs::{Aim, Fault, Meta, Permission};
use crate::model::State;
use crate::model::objects::{ObjectState, Want};
use crate::sources::Follow;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;
use std::time::Duration;

fn packed(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn log(lines: std::ops::Range<usize>) -> String {
    let line = |n: usize| format!("2026-11-21T03:{:02}:{:02}Z INFO line {n}\n", n / 60 % 60, n % 60);
    lines.map(line).collect::<Vec<_>>().concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_read_once_and_it_ends() {
    let mut stand = Stand::new();
    {
        let mut state = stand.server.state();
        state.put("logs", "a/1.log", "one\ntwo", Meta::text());
        state.put("logs", "a/2.ndjson.gz", packed("{\"msg\":\"three\"}\n"), Meta::new("application/x-ndjson"));
        state.put(
            "logs",
            "a/3.json",
            packed("[{\"msg\": \"four\"}, {\"msg\": \"five\"}]"),
            Meta::new("application/json").gzip(),
        );
        state.put("logs", "a/4.csv", "level,msg\nERROR,six\n", Meta::new("text/csv"));
        state.put("logs", "a/5.log.zst", zstd::encode_all(&b"seven\n"[..], 0).unwrap(), Meta::text());
        state.put("logs", "a/6\n\u{1b}[2J.log", "eight\n", Meta::text());
        state.put("logs", "a/7.png", &b"\x89PNG\r\n\x1a\nxxxx"[..], Meta::new("image/png"));
        state.put("logs", "a/8.log", "", Meta::text());
        state.put("logs", "b/other.log", "no\n", Meta::text());
    }
    stand.open("gs://logs/a/", Follow::Off, stand.settings());
    stand.until(|told| told.is_over).await;
    let told = &stand.told;
    assert_eq!(told.lines("a/1.log"), ["one", "two"]);
    assert_eq!(told.lines("a/2.ndjson.gz"), ["{\"msg\":\"three\"}"]);
    assert_eq!(told.lines("a/3.json"), ["{\"msg\":\"four\"}", "{\"msg\":\"five\"}"]);
    assert_eq!(told.lines("a/4.csv"), ["{\"level\":\"ERROR\",\"msg\":\"six\"}"]);
    assert_eq!(told.lines("a/5.log.zst"), ["seven"]);
    assert_eq!(told.lines("a/6\n\u{1b}[2J.log"), ["eight"]);
    assert!(told.is_read("a/8.log"));
    assert!(
        matches!(told.state("a/7.png"), Some(ObjectState::Partial { why, has_more: false, .. }) if why.contains("PNG"))
    );
    assert!(!told.lines.contains_key("b/other.log"));
    assert_eq!((told.scope.objects, told.health.state), (8, State::Done), "{:?}", told.health);
    assert!(stand.server.journal().iter().all(|seen| seen.method == "GET"));
    assert_eq!((stand.server.reads(), stand.server.journal().len()), (7, 8), "one listing, and what has bytes");
}

#[tokio::test(flavor = "multi_thread")]
async fn archives_are_read_as_they_come() {
    use zip::write::{SimpleFileOptions, ZipWriter};
    let text = log(0..5000);
    let pack = |method: zip::CompressionMethod| {
        let mut writer = ZipWriter::new(std::io::Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default().compression_method(method);
        writer.add_directory("d/", options).unwrap();
        for (name, text) in [("d/a.log", text.as_str()), ("../b.csv", "level,msg\nERROR,x"), ("c.log", "last")] {
            writer.start_file(name, options).unwrap();
            writer.write_all(text.as_bytes()).unwrap();
        }
        writer.finish().unwrap().into_inner()
    };
    // The form whose sizes stand behind the entries.
    let mut streamed = ZipWriter::new_stream(Vec::new());
    streamed.start_file("s.log", SimpleFileOptions::default()).unwrap();
    streamed.write_all(text.as_bytes()).unwrap();
    streamed.start_file("t.log", SimpleFileOptions::default()).unwrap();
    streamed.write_all(b"last").unwrap();
    let streamed = streamed.finish().unwrap().into_inner();
    let mut stand = Stand::new();
    let whole = pack(zip::CompressionMethod::Deflated);
    for (name, bytes) in [
        ("cut.zip", whole[..whole.len() / 2].to_vec()),
        ("deflated.zip", whole),
        ("stored.zip", pack(zip::CompressionMethod::Stored)),
        ("zstd.zip", pack(zip::CompressionMethod::Zstd)),
        ("streamed.zip", streamed),
    ] {
        stand.server.state().put("logs", name, bytes, Meta::new("application/zip"));
    }
    stand.open("gs://logs/", Follow::Off, stand.settings());
    stand.until(|told| told.is_over).await;
    let lines = |name: &str| stand.told.lines(name).into_iter().filter(|l| !l.starts_with("# ")).collect::<Vec<_>>();
    let all: Vec<_> = text.lines().chain(["{\"level\":\"ERROR\",\"msg\":\"x\"}", "last"]).collect();
    for name in ["deflated.zip", "stored.zip", "zstd.zip"] {
        assert!(lines(name) == all, "{name}: {:?}", stand.told.state(name));
        assert!(stand.told.is_read(name) && stand.told.lines(name)[5000] == format!("# ../b.csv in {name}"));
    }
    assert!(
        lines("streamed.zip").into_iter().eq(text.lines().chain(["last"])),
        "{:?}",
        stand.told.state("streamed.zip")
    );
    assert!(matches!(stand.told.state("cut.zip"), Some(ObjectState::Partial { has_more: false, .. })));
    assert!((100..5000).contains(&lines("cut.zip").len()));
}

#[tokio::test(flavor = "multi_thread")]
async fn new_and_grown_objects_are_followed_and_a_quiet_poll_asks_once() {
    let mut stand = Stand::new();
    stand.server.state().put("logs", "x/1.log", log(0..50), Meta::text());
    stand.open("gs://logs/x/", Follow::On, stand.settings());
    stand.until(|told| told.lines("x/1.log").len() == 50 && told.is_read("x/1.log")).await;
    stand.server.state().put("logs", "x/2.log", "new\n", Meta::text());
    stand.server.state().append("logs", "x/1.log", log(50..60));
    stand.until(|told| told.lines("x/1.log").len() == 60 && told.lines("x/2.log") == ["new"]).await;
    stand.until(|told| told.is_read("x/1.log") && told.is_read("x/2.log") && told.scope.new == 1).await;
    let ranges: Vec<_> = stand.server.journal().into_iter().filter_map(|seen| seen.range).collect();
    assert_eq!(ranges.len(), 1, "only what is new of it: {ranges:?}");
    stand.server.clear_journal();
    stand.rest(Duration::from_millis(500)).await;
    let seen = stand.server.journal();
    assert!(!seen.is_empty() && stand.server.reads() == 0, "{seen:?}");
    // Rewritten, and gone.
    stand.server.state().put("logs", "x/1.log", "another\n", Meta::text());
    stand.server.state().delete("logs", "x/2.log");
    stand.until(|told| told.lines("x/1.log").last() == Some(&"another")).await;
    assert!(
        stand.told.lines("x/1.log")[60].starts_with("# x/1.log was rewritten"),
        "{:?}",
        stand.told.lines("x/1.log")
    );
    stand.until(|told| told.state("x/2.log") == Some(&ObjectState::Gone)).await;
    assert_eq!(stand.told.health.state, State::Following);
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_and_wants() {
    let mut stand = Stand::new();
    stand.server.state().put("logs", "big.log", log(0..1000), Meta::text());
    stand.server.state().put("logs", "big.log.gz", packed(&log(0..20_000)), Meta::text());
    let settings = crate::sources::gcs::Settings { object_bytes: 10_000, ..stand.settings() };
    stand.open("gs://logs", Follow::On, settings);
    let is_partial = |state: Option<&ObjectState>| matches!(state, Some(ObjectState::Partial { has_more: true, .. }));
    stand.until(|told| is_partial(told.state("big.log")) && is_partial(told.state("big.log.gz"))).await;
    let first = stand.told.lines("big.log").len();
    assert!((100..1000).contains(&first), "{first}");
    let key = |name: &str, stand: &Stand| stand.told.objects[name].key.clone();
    while !stand.told.is_read("big.log") || !stand.told.is_read("big.log.gz") {
        for name in ["big.log", "big.log.gz"] {
            if is_partial(stand.told.state(name)) {
                let (key, before) = (key(name, &stand), stand.told.state(name).cloned());
                stand.want(Want::Read(key));
                let is_partial = &is_partial;
                stand
                    .until(|told| {
                        told.is_read(name) || (told.state(name) != before.as_ref() && is_partial(told.state(name)))
                    })
                    .await;
            }
        }
    }
    let all = log(0..20_000);
    assert_eq!(stand.told.lines("big.log"), all.lines().take(1000).collect::<Vec<_>>());
    assert!(stand.told.lines("big.log.gz").into_iter().eq(all.lines()), "each line once");
    stand.want(Want::Describe(key("big.log", &stand)));
    stand.until(|told| told.described.contains("big.log")).await;
    stand.want(Want::Read(key("big.log", &stand)));
    stand.until(|told| told.cannot == ["all of it was read"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_breaks_is_gone_on_with() {
    let mut stand = Stand::new();
    let text = log(0..20_000);
    stand.server.state().put("logs", "a.log", text.clone(), Meta::text());
    stand.server.state().put("logs", "b.log.gz", packed(&text), Meta::text());
    stand.server.fail(Aim::List, 2, Fault::Status(503, String::new()));
    stand.server.fail(Aim::Object("a.log".to_owned()), 2, Fault::BreakAfter(100_000));
    stand.server.fail(Aim::Object("b.log.gz".to_owned()), 1, Fault::BreakAfter(10_000));
    stand.server.fail(Aim::Object("b.log.gz".to_owned()), 1, Fault::Status(429, "1".to_owned()));
    stand.open("gs://logs", Follow::Off, stand.settings());
    stand.until(|told| told.is_over).await;
    for name in ["a.log", "b.log.gz"] {
        assert!(stand.told.lines(name).into_iter().eq(text.lines()), "{name}: each line once");
    }
    assert_eq!((stand.told.health.state, stand.server.faults_left()), (State::Done, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_and_endless_objects() {
    let mut stand = Stand::new();
    let whole = packed(&(0..20_000).map(|n| format!("{n} {}\n", n * 7919 % 10_007)).collect::<Vec<_>>().concat());
    stand.server.state().put("logs", "cut.gz", whole[..whole.len() / 2].to_vec(), Meta::text());
    stand.server.state().put("logs", "line.log", vec![b'x'; 20 << 20], Meta::text());
    stand.open("gs://logs", Follow::Off, stand.settings());
    stand.until(|told| told.is_over).await;
    let cut = stand.told.state("cut.gz");
    let is_cut = |why: &str| why == "the compressed data ends in the middle";
    assert!(matches!(cut, Some(ObjectState::Partial { why, has_more: false, .. }) if is_cut(why)), "{cut:?}");
    assert!(stand.told.lines("cut.gz").len() > 1000);
    assert_eq!((stand.told.lines("line.log").len(), stand.told.cut), (1, (20 << 20) - (64 << 10)));
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_are_said() {
    let mut stand = Stand::new();
    stand.open("gs://nowhere/", Follow::Off, stand.settings());
    stand.until(|told| told.is_over).await;
    assert_eq!(stand.told.health.state, State::Failed);
    assert!(stand.told.health.detail.contains("there is no bucket gs://nowhere"), "{:?}", stand.told.health);

    stand.server.state().put("logs", "a.log", "x\n", Meta::text());
    stand.server.state().deny(Permission::Get, "logs", "");
    stand.open("gs://logs/", Follow::On, stand.settings());
    stand.until(|told| matches!(told.state("a.log"), Some(ObjectState::Failed { .. }))).await;
    let Some(ObjectState::Failed { why, next: None }) = stand.told.state("a.log") else { panic!() };
    assert!(why.contains("gs://logs is not public") && why.contains("storage.objects.get"), "{why}");
    stand.until(|told| told.health.state == State::Partial).await;
    stand.server.state().allow_all();
    stand.want(Want::Refresh);
    stand.until(|told| told.lines("a.log") == ["x"] && told.health.state == State::Following).await;
    stand.kill().await;

    stand.server.state().deny(Permission::List, "logs", "");
    stand.open("gs://logs/", Follow::On, stand.settings());
    stand.until(|told| told.health.state == State::Failed && told.health.next_try.is_some()).await;
    assert!(stand.told.health.detail.contains("storage.objects.list"), "{:?}", stand.told.health);
    stand.kill().await;

    stand.server.state().requester_pays("logs");
    stand.server.state().allow_all();
    stand.open("gs://logs/", Follow::Off, stand.settings());
    stand.until(|told| told.is_over).await;
    assert!(stand.told.health.detail.contains("google.user_project"), "{:?}", stand.told.health);
}
