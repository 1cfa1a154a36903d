//! What asking costs, and downloads over bad lines.

use super::stand::{LOG, PATH, RED, Stand, failed, plain, repo, run, state};
use logdeck::demo::forge::{Fault, Host, Names, archive};
use logdeck::model::ci::{Forge, News, RunFilter};
use logdeck::sources::forge::download::{Fetching, LogOf, fetch};
use logdeck::sources::forge::watch::{Settings, Target, Watcher};
use std::io::Read;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

#[test]
fn a_quiet_poll_is_one_conditional_request_that_costs_nothing() {
    let stand = Stand::new(plain());
    let settings = Settings { rest: Duration::from_millis(20), filter: RunFilter::default(), ..Settings::default() };
    let target = Target { repo: Stand::named(), client: stand.client(None) };
    let watcher = Watcher::new(vec![target], &settings);
    let (sender, mut news) = mpsc::channel(64);
    let (_wants, theirs) = mpsc::channel(4);
    let cancel = CancellationToken::new();
    let used = || stand.server.state().grant(stand.token).unwrap().used;
    let look = async {
        let mut rounds = 0;
        let mut before = 0;
        while rounds < 6 {
            if let Some(News::Asked { problem, .. }) = news.recv().await {
                assert_eq!(problem, None);
                rounds += 1;
                if rounds == 1 {
                    before = used();
                    stand.server.clear_journal();
                }
            }
        }
        cancel.cancel();
        before
    };
    let ((), before) =
        stand.runtime.block_on(async { tokio::join!(watcher.run(sender, theirs, cancel.clone()), look) });
    let seen = stand.server.journal();
    let path = format!("/repos/{PATH}/actions/runs?per_page=100");
    let is_quiet = |seen: &logdeck::demo::forge::Seen| {
        seen.path == path && seen.if_none_match.is_some() && seen.status == 304 && seen.has_token
    };
    assert!(seen.len() >= 5 && seen.iter().all(is_quiet), "{seen:?}");
    assert_eq!(used(), before);
}

/// Bytes that do not repeat, between those that begin and end an archive.
fn noise(bytes: usize) -> Vec<u8> {
    let mut state = 7_u64;
    let mut all = b"PK\x03\x04".to_vec();
    while all.len() < bytes {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        all.extend_from_slice(&state.to_le_bytes());
    }
    all.extend_from_slice(b"PK\x05\x06");
    all.extend_from_slice(&[0; 18]);
    all
}

fn download(stand: &Stand, fetching: &Fetching) -> Result<Vec<u8>, String> {
    let client = stand.client(None);
    let (file, cancel) = (tempfile::tempfile().unwrap(), CancellationToken::new());
    let which = LogOf::Run { run: (RED, 1) };
    let fetched = stand.runtime.block_on(fetch(&client, PATH, which, file, 1 << 30, fetching, &cancel));
    let mut bytes = Vec::new();
    fetched.map_err(|why| why.to_string())?.file.read_to_end(&mut bytes).unwrap();
    Ok(bytes)
}

fn large(bytes: usize) -> (Stand, Vec<u8>) {
    let log = noise(bytes);
    let mut red = run(RED, vec![failed(1, "build", LOG)]);
    red.attempts[0].archive = Some(log.clone().into());
    (Stand::new(state(repo(vec![red]))), log)
}

#[test]
fn a_download_that_breaks_ten_times_is_continued_without_the_token() {
    let (stand, log) = large(60 << 20);
    stand.server.fail(Host::Blob, "/", 10, Fault::BreakAfter(5 << 20));
    let fetching = Fetching::default();
    assert!(download(&stand, &fetching).unwrap() == log);
    assert_eq!(fetching.breaks(), 10);
    let api = stand.seen(Host::Api);
    assert_eq!(api.iter().filter(|seen| seen.has_token).count(), 1);
    let blob = stand.seen(Host::Blob);
    assert_eq!(blob.len(), 11);
    assert!(blob.iter().all(|seen| !seen.has_token));
    assert!(blob[1..].iter().all(|seen| seen.status == 206 && seen.range.is_some()), "{blob:?}");
}

#[test]
fn hosts_without_ranges_and_logs_that_change_start_over() {
    let check = |faults: &[Fault], statuses: &[u16]| {
        let (stand, log) = large(3 << 20);
        for fault in faults {
            stand.server.fail(Host::Blob, "/", 1, fault.clone());
        }
        assert!(download(&stand, &Fetching::default()).unwrap() == log, "{faults:?}");
        let seen: Vec<u16> = stand.seen(Host::Blob).iter().map(|seen| seen.status).collect();
        assert_eq!(seen, statuses, "{faults:?}");
    };
    let half = || Fault::BreakAfter(1 << 20);
    check(&[half(), Fault::IgnoreRange], &[200, 200]);
    check(&[half(), Fault::Changed], &[200, 206, 200]);
    check(&[half(), Fault::Expire], &[200, 403, 206]);
    check(&[half(), Fault::StallAfter(10)], &[200, 206, 206]);
    check(&[half(), Fault::Silence], &[200, 0, 206]);
    check(&[half(), Fault::Status(503)], &[200, 503, 206]);
    check(&[Fault::NoLength], &[200]);
}

#[test]
fn a_run_s_archive_gives_the_same_blocks_as_the_same_zip_on_the_disk() {
    let world = super::World::new();
    let now = logdeck::model::Timestamp(super::NOW);
    let run_id = {
        let state = world.server.state();
        let repo = state.repo(Forge::Github, super::content::GITHUB).unwrap();
        let red = repo.runs.iter().filter(|run| {
            let phase = run.latest(now).map(|(_, attempt)| attempt.phase(now));
            phase == Some(logdeck::demo::forge::Phase::Over(logdeck::demo::forge::End::Failure))
        });
        let red = red.max_by_key(|run| run.id).unwrap();
        let entries = archive::entries(red.latest(now).unwrap().1, Names::default(), now);
        std::fs::write(world.home.path().join("run.zip"), archive::zip(&entries)).unwrap();
        red.id
    };
    let address = format!("github:{}/{run_id}", super::content::GITHUB);
    let live = world.run(&["extract", &address, "--no-green", "--format", "json"]);
    let local = world.run(&["extract", "run.zip", "--format", "json"]);
    let named = |output: &std::process::Output, name: &str| super::text(&output.stdout).replace(name, "LOG");
    assert!(live.status.success() && !live.stdout.is_empty(), "{}", super::text(&live.stderr));
    assert_eq!(named(&live, &address), named(&local, "run.zip"));
}

#[test]
fn many_repositories_share_turns() {
    let runs = |path: &str| {
        let mut one = repo(vec![run(RED, vec![failed(1, "build", LOG)])]);
        path.clone_into(&mut one.path);
        one
    };
    let mut all = state(runs(PATH));
    for n in 0..20 {
        let mut other = runs(&format!("acme/r{n}"));
        other.id = 100 + n;
        all.add(other);
    }
    let stand = Stand::new(all);
    let client = stand.client(None);
    let watcher = |n: u64| {
        let mut named = Stand::named();
        named.path = format!("acme/r{n}");
        Watcher::new(vec![Target { repo: named, client: Arc::clone(&client) }], &Settings::default())
    };
    let (sender, mut news) = mpsc::channel(64);
    let cancel = CancellationToken::new();
    let (wants, theirs): (Vec<_>, Vec<_>) = (0..20).map(|_| mpsc::channel(4)).unzip();
    let watching = (0..20).zip(theirs).map(|(n, theirs)| watcher(n).run(sender.clone(), theirs, cancel.clone()));
    let watching = futures_util::future::join_all(watching);
    let listening = async {
        let mut kinds = Vec::new();
        while kinds.iter().filter(|kind| **kind == "asked").count() < 20 {
            match news.recv().await.unwrap() {
                News::Runs { .. } => kinds.push("runs"),
                News::Asked { .. } => kinds.push("asked"),
                _ => kinds.push("more"),
            }
        }
        cancel.cancel();
        kinds
    };
    let (_, told) = stand.runtime.block_on(async { tokio::join!(watching, listening) });
    drop(wants);
    // The runs of all come before the jobs of most.
    let last = told.iter().rposition(|kind| *kind == "runs").unwrap();
    assert!(told[..last].iter().filter(|kind| **kind == "more").count() <= 40, "{told:?}");
}
