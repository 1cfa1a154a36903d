//! Downloads: continued, checked, and without the token at other servers.

use super::super::download::{Content, Fetched, Fetching, LogOf, NoLog, fetch};
use super::script::{BASE, NOON, Say, Script, World, header, run, world, world_of};
use crate::model::ci::Forge;
use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio_util::sync::CancellationToken;

const RUN: LogOf = LogOf::Run { run: (5, 1) };
const JOB: LogOf = LogOf::Job { job: 9 };
const RUN_LOGS: &str = "/repos/acme/api/actions/runs/5/attempts/1/logs";
const JOB_LOGS: &str = "/repos/acme/api/actions/jobs/9/logs";
const BLOB: &str = "https://blob.example/log?sig=1";

fn get(world: &World, which: LogOf) -> Result<Fetched, NoLog> {
    get_with(world, which, 1 << 20, &Fetching::default())
}

fn get_with(world: &World, which: LogOf, limit: u64, fetching: &Fetching) -> Result<Fetched, NoLog> {
    let file = tempfile::tempfile().unwrap();
    run(fetch(&world.client, "acme/api", which, file, limit, fetching, &CancellationToken::new()))
}

fn bytes(mut fetched: Fetched) -> Vec<u8> {
    let mut all = Vec::new();
    fetched.file.read_to_end(&mut all).unwrap();
    assert_eq!(all.len() as u64, fetched.bytes);
    all
}

/// Looks like an archive, and no two parts of it are alike.
fn archive() -> Vec<u8> {
    let mut all = b"PK\x03\x04".to_vec();
    all.extend((0..30_000_u32).flat_map(u32::to_le_bytes));
    all.extend(b"PK\x05\x06");
    all.extend([0; 18]);
    all
}

/// A server that keeps `body` and breaks off behind every `piece` bytes. Understands ranges.
fn blob(script: &Script, start: &str, body: Vec<u8>, piece: usize, tag: &'static str) -> Arc<AtomicUsize> {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    script.rule(start, move |request| {
        count.fetch_add(1, Ordering::Relaxed);
        let from = header(request, "range").map_or(0, |range| range[6..range.len() - 1].parse::<usize>().unwrap());
        let is_same = header(request, "if-range").is_none_or(|mark| mark == tag);
        let from = if is_same { from } else { 0 };
        let rest = body[from..].to_vec();
        let breaks = (rest.len() > piece).then_some(piece);
        let range = format!("bytes {from}-{}/{}", body.len() - 1, body.len());
        let say = if from > 0 { Say::new(206, rest).with("content-range", range) } else { Say::new(200, rest) };
        Say { breaks, ..say.with("etag", tag) }
    });
    asked
}

#[test]
fn the_signed_address_gets_no_token() {
    let world = world();
    world.script.on(RUN_LOGS, Say::to(302, BLOB));
    blob(&world.script, BLOB, archive(), usize::MAX, "\"a\"");
    let fetching = Fetching::default();
    let fetched = get_with(&world, RUN, 1 << 20, &fetching).unwrap();
    assert_eq!(fetched.content, Content::Zip);
    assert_eq!(bytes(fetched), archive());
    assert_eq!((fetching.done(), fetching.of(), fetching.breaks()), (120_026, Some(120_026), 0));
    for asked in world.script.asked() {
        let is_ours = asked.url.starts_with(BASE);
        assert_eq!(header(&asked, "authorization").is_some(), is_ours, "{}", asked.url);
        assert_eq!(header(&asked, "cookie"), None);
    }
    // Not even where the signed address is at the same server.
    let world = super::script::world();
    world.script.on(RUN_LOGS, Say::to(302, "/signed/log"));
    blob(&world.script, &format!("{BASE}/signed/log"), archive(), usize::MAX, "\"a\"");
    get(&world, RUN).unwrap();
    assert_eq!(header(&world.script.asked()[1], "authorization"), None);
}

#[test]
fn a_download_that_breaks_ten_times_is_whole() {
    let world = world();
    world.script.on(RUN_LOGS, Say::to(302, BLOB));
    let count = blob(&world.script, BLOB, archive(), 11_000, "\"a\"");
    let fetching = Fetching::default();
    let fetched = get_with(&world, RUN, 1 << 20, &fetching).unwrap();
    assert_eq!(bytes(fetched), archive());
    assert_eq!((fetching.breaks(), count.load(Ordering::Relaxed)), (10, 11));
    let asked = world.script.asked();
    assert_eq!(asked.iter().filter(|asked| header(asked, "authorization").is_some()).count(), 1);
    assert_eq!(header(&asked[2], "range"), Some("bytes=11000-"));
    assert_eq!(header(&asked[2], "if-range"), Some("\"a\""));
}

#[test]
fn it_is_not_continued_for_ever() {
    let world = world();
    world.script.on(RUN_LOGS, Say::to(302, BLOB));
    blob(&world.script, BLOB, archive(), 5_000, "\"a\"");
    assert!(matches!(get(&world, RUN).unwrap_err(), NoLog::Broken { breaks: 13, done: 65_000, .. }));
}

#[test]
fn an_expired_address_is_asked_for_anew() {
    let world = world();
    world.script.on(RUN_LOGS, Say::to(302, "https://blob.example/one"));
    world.script.on(RUN_LOGS, Say::to(302, "https://blob.example/two"));
    let first = Say { breaks: Some(7_000), ..Say::new(200, archive()).with("etag", "\"a\"") };
    world.script.on("https://blob.example/one", first);
    world.script.on("https://blob.example/one", Say::new(403, "<Error>expired"));
    blob(&world.script, "https://blob.example/two", archive(), usize::MAX, "\"a\"");
    assert_eq!(bytes(get(&world, RUN).unwrap()), archive());
    assert_eq!(world.script.urls().len(), 5);
}

#[test]
fn servers_without_ranges_start_over() {
    let world = world_of(Forge::Gitlab, BASE, &[Ok(Some("t"))]);
    let trace = "line\n".repeat(4_000);
    world.script.on("/projects/acme%2Fapi/jobs/9/trace", Say { breaks: Some(9_000), ..Say::new(200, trace.clone()) });
    world.script.on("/projects/acme%2Fapi/jobs/9/trace", Say::new(200, trace.clone()));
    let fetched = get(&world, JOB).unwrap();
    assert_eq!(fetched.content, Content::Text);
    assert_eq!(bytes(fetched), trace.as_bytes());
    assert!(matches!(get(&world, RUN).unwrap_err(), NoLog::NoSuchKind));
}

#[test]
fn a_log_of_the_service_itself_that_is_shorter_now_starts_over() {
    let world = world_of(Forge::Gitlab, BASE, &[Ok(Some("t"))]);
    let trace = "/projects/acme%2Fapi/jobs/9/trace";
    world.script.on(trace, Say { breaks: Some(9_000), ..Say::new(200, "line\n".repeat(4_000)) });
    world.script.on(trace, Say::new(416, ""));
    world.script.on(trace, Say::new(200, "short\n"));
    assert_eq!(bytes(get(&world, JOB).unwrap()), b"short\n");
    // Who says it of what was not begun is not asked for ever.
    let world = world_of(Forge::Gitlab, BASE, &[Ok(Some("t"))]);
    world.script.on(trace, Say::new(416, ""));
    assert!(matches!(get(&world, JOB).unwrap_err(), NoLog::Api(_)));
}

#[test]
fn a_log_that_changed_meanwhile_starts_over() {
    let changed = |second: Say| {
        let world = world();
        world.script.on(RUN_LOGS, Say::to(302, BLOB));
        let mut old = archive();
        old[500] = 0;
        world.script.on(BLOB, Say { breaks: Some(7_000), ..Say::new(200, old).with("etag", "\"old\"") });
        world.script.on(BLOB, second);
        world.script.on(BLOB, Say::new(200, archive()).with("etag", "\"new\""));
        assert!(bytes(get(&world, RUN).unwrap()) == archive());
    };
    changed(Say::new(200, archive()).with("etag", "\"new\""));
    changed(Say::new(206, archive()[6_000..].to_vec()).with("content-range", "bytes 6000-120025/120026"));
    changed(Say::new(206, archive()[7_000..].to_vec()).with("content-range", "bytes 7000-120025/999999"));
    changed(Say::new(206, "rest"));
    // If-Range was not heard: only the tag tells.
    let other = Say::new(206, archive()[7_000..].to_vec()).with("content-range", "bytes 7000-120025/120026");
    changed(other.with("etag", "\"new\""));
    changed(Say::new(416, ""));
    changed(Say::new(503, ""));
}

#[test]
fn a_short_archive_without_a_length_is_noticed() {
    let world = world();
    world.script.on(RUN_LOGS, Say::to(302, BLOB));
    world.script.on(BLOB, Say::new(200, archive()[..7_000].to_vec()).with("transfer-encoding", "chunked"));
    world.script.on(BLOB, Say::new(200, archive()).with("transfer-encoding", "chunked"));
    assert_eq!(bytes(get(&world, RUN).unwrap()), archive());
}

#[test]
fn what_is_no_log_is_said() {
    let check = |which: LogOf, say: Say, words: &str| {
        let world = world();
        world.script.on(RUN_LOGS, Say::to(302, BLOB));
        world.script.on(JOB_LOGS, Say::to(302, BLOB));
        world.script.on(BLOB, say);
        let said = get(&world, which).unwrap_err().to_string();
        assert!(said.contains(words), "{said}");
    };
    let page = "<!DOCTYPE html><html><body>Sign in";
    check(RUN, Say::new(200, page).with("content-type", "text/html"), "blob.example sent a web page");
    check(RUN, Say::new(200, page), "a web page");
    check(JOB, Say::new(200, page), "a web page");
    check(RUN, Say::new(200, "{\"a\":1}").with("content-type", "application/json"), "a message instead");
    check(RUN, Say::new(200, "plain text"), "no zip archive");
    check(RUN, Say::new(200, archive()).with("content-length", "99999999"), "over 1 MiB");
    check(
        RUN,
        Say::new(200, [b"PK\x03\x04".to_vec(), vec![1; 1 << 20]].concat()).with("transfer-encoding", "chunked"),
        "over 1 MiB",
    );
    check(RUN, Say::to(302, "http://blob.example/plain"), "redirects to nowhere");
    check(RUN, Say::to(302, BLOB), "again and again");
    check(JOB, Say::new(418, ""), "answered 418");
}

#[test]
fn text_of_a_job_may_be_empty_or_anything() {
    for text in ["", "<b>bold", "2026-01-01T00:00:00Z ##[group]Run x\n"] {
        let world = world();
        world.script.on(JOB_LOGS, Say::to(302, BLOB));
        world.script.on(BLOB, Say::new(200, text).with("content-type", "text/plain"));
        assert_eq!(bytes(get(&world, JOB).unwrap()), text.as_bytes());
    }
}

#[test]
fn missing_logs_are_told_apart() {
    let check = |status: &str, conclusion: &str, say: u16, is_at_blob: bool, words: &str| {
        let world = world();
        let updated = if words.contains("moment") { "2026-11-21T11:59:00Z" } else { "2026-01-01T00:00:00Z" };
        let run =
            format!("{{\"id\":5,\"status\":\"{status}\",\"conclusion\":{conclusion},\"updated_at\":\"{updated}\"}}");
        world.script.on("/repos/acme/api/actions/runs/5", Say::json(run));
        if is_at_blob {
            world.script.on(RUN_LOGS, Say::to(302, BLOB));
            world.script.on(BLOB, Say::new(say, "BlobNotFound"));
        } else {
            world.script.on(RUN_LOGS, Say::new(say, "{\"message\":\"Not Found\"}"));
        }
        let said = get(&world, RUN).unwrap_err().to_string();
        assert!(said.contains(words), "{status} {conclusion} {say}: {said}");
    };
    for is_at_blob in [false, true] {
        check("in_progress", "null", 404, is_at_blob, "still running: the log comes when the run is over");
        check("queued", "null", 404, is_at_blob, "not started");
        check("completed", "\"cancelled\"", 404, is_at_blob, "cancelled");
        check("completed", "\"failure\"", 404, is_at_blob, "no longer kept");
        check("completed", "\"failure\"", 404, is_at_blob, "in a moment");
    }
    check("completed", "\"cancelled\"", 410, false, "no longer kept");

    let nothing = world();
    let said = get(&nothing, RUN).unwrap_err().to_string();
    assert!(said.contains("not visible to this token"), "{said}");
    nothing.script.on(RUN_LOGS, Say::new(403, "{\"message\":\"Must have admin rights to Repository.\"}"));
    let said = get(&nothing, RUN).unwrap_err().to_string();
    assert!(said.contains("Must have admin rights"), "{said}");
    assert_eq!(NOON % 60, 0);
}

#[test]
fn a_renamed_repository_still_has_its_logs() {
    let world = world();
    world.script.on(RUN_LOGS, Say::to(301, "/repositories/7/actions/runs/5/attempts/1/logs"));
    world.script.on("/repositories/7/actions/runs/5/attempts/1/logs", Say::to(302, BLOB));
    blob(&world.script, BLOB, archive(), usize::MAX, "\"a\"");
    get(&world, RUN).unwrap();
    let with: Vec<_> = world.script.asked().iter().map(|asked| header(asked, "authorization").is_some()).collect();
    assert_eq!(with, [true, true, false]);
}

#[test]
fn redirects_within_the_service_end() {
    let world = world();
    let (here, there) = (RUN_LOGS, "/repositories/7/actions/runs/5/attempts/1/logs");
    world.script.on(here, Say::to(301, there));
    world.script.on(there, Say::to(301, &format!("{BASE}{here}")));
    let said = get(&world, RUN).unwrap_err().to_string();
    assert_eq!(said, "api.github.com redirects again and again");
    assert!(world.script.asked().len() < 10);
}

#[test]
fn an_archive_without_an_end_is_no_log() {
    let world = world();
    world.script.on(RUN_LOGS, Say::to(302, BLOB));
    world.script.on(BLOB, Say::new(200, archive()[..60_000].to_vec()));
    let said = get(&world, RUN).unwrap_err().to_string();
    assert_eq!(said, "blob.example sent an archive that ends too early instead of a log");
    assert_eq!(world.script.asked().len(), 4);
}

#[test]
fn a_download_that_gets_further_is_continued_as_often_as_it_takes() {
    let world = world();
    world.script.on(RUN_LOGS, Say::to(302, BLOB));
    let mut log = archive();
    log.splice(100..100, vec![7; 40 << 20]);
    blob(&world.script, BLOB, log.clone(), 2 << 20, "\"a\"");
    let fetching = Fetching::default();
    let fetched = get_with(&world, RUN, 1 << 30, &fetching).unwrap();
    assert!(bytes(fetched) == log);
    assert_eq!(fetching.breaks(), 20);
}

#[test]
fn it_can_be_stopped() {
    let world = world();
    let cancel = CancellationToken::new();
    cancel.cancel();
    let file = tempfile::tempfile().unwrap();
    let fetching = Fetching::default();
    let outcome = run(fetch(&world.client, "acme/api", RUN, file, 1, &fetching, &cancel));
    assert_eq!(outcome.unwrap_err(), NoLog::Stopped);
    assert!(world.script.asked().is_empty());
}
