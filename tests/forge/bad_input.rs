//! Services that answer badly, as a person meets it: what is said, what still works, and where the token goes.

use super::stand::{self, LOG, PATH, RED, Stand, TOKEN, failed, now, plain, repo, run, state};
use logdeck::demo::forge::{Attempt, End, Fault, Grant, Host, Span};
use logdeck::model::ci::{Forge, RunFilter, TokenFrom};
use logdeck::model::time::SECOND;
use logdeck::sources::forge::{Urgency, ask};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

const RUNS: &str = "/repos/acme/shop/actions/runs";

fn address() -> String {
    format!("github:{PATH}")
}

/// The run's address.
fn red() -> String {
    format!("github:{PATH}/{RED}")
}

#[test]
fn bad_answers_are_said_in_a_sentence() {
    let check = |fault: Fault, times: u32, words: &[&str]| {
        let stand = Stand::new(plain());
        stand.server.fail(Host::Api, RUNS, times, fault.clone());
        let said = stand.said(&["runs", &address()]);
        assert!(words.iter().all(|word| said.contains(word)), "{fault:?}: {said}");
        assert_eq!(said.lines().count(), 1, "{fault:?}: {said}");
        let host = stand.server.address().to_string();
        assert!(said.starts_with("error: github.com/acme/shop: ") && said.contains(&host), "{fault:?}: {said}");
        // It has passed, and all is well.
        assert!(stand.printed(&["runs", &address()]).contains("build"));
    };
    check(Fault::LoginPage, 1, &["answered with a web page instead of data: is there a login or a proxy in between?"]);
    check(Fault::Instead("{\"message\":\"Server Error\"}"), 3, &["answered with an error: Server Error"]);
    check(Fault::Instead("{\"workflow_runs\": [{\"id\": 1"), 3, &["the answer ends too early"]);
    check(Fault::Instead("{\"workflow_runs\": nonsense}"), 1, &["is not understood"]);
    check(Fault::Half, 3, &["ends too early"]);
    check(Fault::Status(204), 3, &["answered with nothing"]);
    check(Fault::Status(502), 3, &["has a problem of its own (502)"]);
    check(Fault::Huge(17 << 20), 1, &["sends more than 16 MiB for one request"]);
    check(Fault::Status(304), 2, &["nothing changed, though nothing was known"]);
    check(Fault::BreakAfter(9), 3, &["broke off"]);
    check(Fault::TooMany("99999".into()), 1, &["too many requests in a short time (429); ask again in 15m0"]);
    check(Fault::Secondary(None), 1, &["too many requests in a short time (403); ask again in 1m0"]);
    check(Fault::UsedUp(600), 1, &["all requests of this hour are spent; ask again in 10m0"]);
}

#[test]
fn answers_of_another_form_are_said() {
    let stand = Stand::new(plain());
    stand.server.fail(Host::Api, RUNS, 1, Fault::Instead("[]"));
    let said = stand.said(&["runs", &address()]);
    assert!(said.contains("the answer about the runs is not understood"), "{said}");
}

#[test]
fn trouble_that_passes_is_sat_out() {
    let stand = Stand::new(plain());
    stand.server.fail(Host::Api, RUNS, 1, Fault::Status(503));
    stand.server.fail(Host::Api, RUNS, 1, Fault::BreakAfter(20));
    assert!(stand.printed(&["runs", &address()]).contains("build"));
    assert_eq!(stand.seen(Host::Api).len(), 3);
}

#[test]
fn a_server_that_never_answers_is_given_up() {
    let stand = Stand::new(plain());
    let client = stand.client(None);
    let ask =
        || stand.runtime.block_on(ask::runs(&client, &Stand::named(), &RunFilter::default(), 10, Urgency::Person));
    for fault in [Fault::Silence, Fault::StallAfter(10)] {
        stand.server.fail(Host::Api, RUNS, 3, fault);
        let said = ask().unwrap_err().to_string();
        assert!(said.ends_with("did not answer within 2 s"), "{said}");
    }
    assert_eq!(ask().unwrap().list.len(), 1);
}

#[test]
fn a_private_repository_without_a_token_says_that_one_may_be_missing() {
    let mut private = repo(vec![run(RED, vec![failed(1, "build", LOG)])]);
    private.is_private = true;
    let mut stand = Stand::new(state(private));
    stand.server.state().allow("blind", Grant { sees_private: false, ..Grant::default() });
    assert!(stand.printed(&["runs", &address()]).contains("build"));
    stand.token = None;
    for args in [["runs", &address()], ["extract", &red()]] {
        let said = stand.said(&args);
        assert!(said.contains("is not there, or is private, and there is no token"), "{said}");
    }
    stand.token = Some("blind");
    let said = stand.said(&["runs", &address()]);
    assert!(said.contains("is not there, or is not visible to this token"), "{said}");
    stand.token = Some("unknown");
    let said = stand.said(&["runs", &address()]);
    assert!(said.contains("does not accept the token: it expired or was revoked"), "{said}");
}

#[test]
fn a_renamed_repository_is_found_at_the_same_server_only() {
    let stand = Stand::new(plain());
    stand.server.state().rename(Forge::Github, PATH, "acme/store");
    assert!(stand.printed(&["runs", &address()]).contains("build"));
    assert!(stand.printed(&["extract", &red(), "--no-green"]).contains("expected ';'"));
    assert!(stand.seen(Host::Api).iter().any(|seen| seen.status == 301));
    assert!(stand.seen(Host::Blob).iter().all(|seen| !seen.has_token));

    // Another server gets the question, since it may be public, but not the token.
    let elsewhere = Stand::new(plain());
    let stand = Stand::new(plain());
    let to = format!("{}{RUNS}?per_page=3", elsewhere.base());
    stand.server.fail(Host::Api, RUNS, 1, Fault::Redirect(301, to));
    stand.logdeck(&["runs", &address()]);
    let seen = elsewhere.seen(Host::Api);
    assert!(!seen.is_empty() && seen.iter().all(|seen| !seen.has_token), "{seen:?}");

    elsewhere.server.state().repo_mut(Forge::Github, PATH).unwrap().is_private = true;
    let to = format!("{}{RUNS}?per_page=3", elsewhere.base());
    let stand = Stand::new(plain());
    stand.server.fail(Host::Api, RUNS, 1, Fault::Redirect(301, to));
    let said = stand.said(&["runs", &address()]);
    let other = elsewhere.base();
    assert!(said.contains(&format!("it redirects to {other}, which gets no token")), "{said}");
}

#[test]
fn a_token_that_expires_is_asked_for_again() {
    let stand = Stand::new(plain());
    let file = stand.home.path().join("token");
    std::fs::write(&file, TOKEN).unwrap();
    let words = ["cat".to_owned(), file.to_str().unwrap().to_owned()];
    let cat = ["/bin/cat", "/usr/bin/cat"].into_iter().find(|path| Path::new(path).exists()).unwrap();
    let from = TokenFrom::Command(vec![cat.to_owned(), words[1].clone()]);
    let client = stand.client(Some(from));
    let ask = || {
        let (named, filter) = (Stand::named(), RunFilter::default());
        let runs = ask::runs(&client, &named, &filter, 10, Urgency::Person);
        stand.runtime.block_on(runs).map(|runs| runs.list.len()).map_err(|error| error.to_string())
    };
    assert_eq!(ask(), Ok(1));
    stand.server.state().revoke(TOKEN);
    stand.server.state().allow("a-newer-one", Grant::default());
    std::fs::write(&file, "a-newer-one").unwrap();
    assert_eq!(ask(), Ok(1));
    assert_eq!(stand.seen(Host::Api).iter().filter(|seen| seen.status == 401).count(), 1);
    stand.server.state().revoke("a-newer-one");
    let said = ask().unwrap_err();
    assert!(said.ends_with("does not accept the token: it expired or was revoked: Bad credentials"), "{said}");
    // Asked with the old one and once more, not for ever.
    assert_eq!(stand.seen(Host::Api).iter().filter(|seen| seen.status == 401).count(), 3);
}

#[test]
fn a_clock_that_is_wrong_by_an_hour_does_not_matter() {
    for wrong in [3600, -3600] {
        let begun = now().saturating_add((wrong - 1200) * SECOND);
        let span = Span::new(begun, 600, End::Failure);
        let job = logdeck::demo::forge::Job::new(1, "build", span).step("Run make", span, LOG);
        let mut red_run = run(RED, Vec::new());
        (red_run.created, red_run.attempts) = (begun, vec![Attempt::new(begun, vec![job])]);
        let clock = Arc::new(move || now().saturating_add(wrong * SECOND));
        let stand = Stand::at(state(repo(vec![red_run])), clock);
        let table = stand.printed(&["runs", &address()]);
        assert!(table.contains("20m0") && table.contains("10m00s"), "{table}");
        // A signed address lives for a minute of the server's clock.
        assert!(stand.printed(&["extract", &red(), "--no-green"]).contains("expected ';'"));
        stand.server.fail(Host::Api, RUNS, 1, Fault::UsedUp(600));
        let said = stand.said(&["runs", &address()]);
        assert!(said.contains("ask again in 10m0") || said.contains("ask again in 9m5"), "{said}");
    }
}

#[test]
fn names_cannot_write_to_the_terminal_or_the_disk() {
    let long = "x".repeat(300);
    let names = ["\u{1b}[2Jevil", "two\nlines\r", &long, "../../../../etc/x", "CON", "\u{202e}abc", "C:\\x|y"];
    let jobs = names.iter().zip(1..).map(|(name, id)| failed(id, name, LOG)).collect();
    let mut hostile = repo(vec![run(RED, jobs)]).workflow(9, "w\u{1b}]52;c;eA==\u{7}\nname", "x.yml");
    hostile.workflows.remove(0);
    hostile.runs[0].title = "\u{1b}[31mtitle\u{9b}2J\nnext".to_owned();
    hostile.runs[0].branch = "b\u{1b}[2J/../..".to_owned();
    let stand = Stand::new(state(hostile));
    let job = format!("{}/2", red());
    let all: [&[&str]; 6] = [
        &["runs", &address()],
        &["runs", &address(), "--format", "json"],
        &["extract", &red()],
        &["extract", &red(), "--format", "json"],
        &["extract", &red(), "--format", "markdown"],
        &["extract", &job],
    ];
    for args in all {
        let ran = stand.logdeck(args);
        assert!(ran.status.success(), "{args:?}: {}", String::from_utf8_lossy(&ran.stderr));
        for text in [ran.stdout, ran.stderr] {
            let text = String::from_utf8(text).unwrap();
            let bad = text.chars().find(|c| c.is_control() && *c != '\n' || matches!(*c, '\u{202a}'..='\u{202e}'));
            assert_eq!(bad, None, "{args:?}: {text:?}");
        }
    }
    assert_eq!(stand.printed(&["runs", &address()]).lines().count(), 2);
    // Files are named by hashes alone.
    let mut directories = vec![stand.home.path().to_owned()];
    let mut files = Vec::new();
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(directory).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() { directories.push(path) } else { files.push(entry.file_name().into_string().unwrap()) }
        }
    }
    assert!(!files.is_empty());
    let is_hash = |name: &String| name.split('.').next().is_some_and(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()));
    assert!(files.iter().all(is_hash), "{files:?}");
}

#[test]
fn runs_without_jobs_and_jobs_without_logs_are_told() {
    let mut empty = run(RED, Vec::new());
    empty.attempts[0].ends = Some((now().saturating_add(-600 * SECOND), End::Failure));
    let said = Stand::new(state(repo(vec![empty]))).said(&["extract", &red(), "--no-green"]);
    assert!(said.contains(&red()) && said.contains("it has no jobs"), "{said}");

    let never = logdeck::demo::forge::Job::new(
        2,
        "deploy",
        Span { started: None, ended: Some(now().saturating_add(-900 * SECOND)), end: End::Cancelled },
    );
    let silent = failed(3, "silent", "");
    let stand = Stand::new(state(repo(vec![run(RED, vec![failed(1, "build", LOG), never, silent])])));
    let said = stand.said(&["extract", &format!("{}/2", red())]);
    assert!(said.contains("there is no log: it was cancelled or left out before it began"), "{said}");
    let ran = stand.logdeck(&["extract", &format!("{}/3", red())]);
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    stand.server.state().run_mut(RED).unwrap().has_expired = true;
    let said = stand.said(&["extract", &red()]);
    assert!(said.contains("the log is no longer kept: it expired or was deleted"), "{said}");
}

#[test]
fn what_is_no_archive_is_replaced_by_the_jobs_own_logs() {
    let archive = "/actions-results/workflow-run-5002/attempt-1";
    for (fault, times) in [(Fault::LoginPage, 1), (Fault::Half, 2), (Fault::Instead("{}"), 1)] {
        let stand = Stand::new(plain());
        stand.server.fail(Host::Blob, archive, times, fault.clone());
        let found = stand.printed(&["extract", &red(), "--no-green"]);
        assert!(found.contains("expected ';'"), "{fault:?}: {found}");
        // What was bad is not kept.
        stand.server.clear_journal();
        stand.printed(&["extract", &red(), "--no-green"]);
        assert!(stand.seen(Host::Blob).iter().any(|seen| seen.path.starts_with(archive)), "{fault:?}");
    }
    let stand = Stand::new(plain());
    stand.server.fail(Host::Blob, "/", 99, Fault::LoginPage);
    let said = stand.said(&["extract", &red(), "--no-green"]);
    let host = stand.server.blob_address();
    assert!(said.contains(&format!("{host} sent a web page (is there a login or a proxy in between?)")), "{said}");
}

#[test]
fn pages_that_move_while_they_are_turned_lose_nothing() {
    // With each request there is one run more at the front.
    let began = now();
    let asked = Arc::new(AtomicI64::new(0));
    let runs = (0..250_u64).map(|n| {
        let mut one = run(9000 + n, vec![failed(n + 1, "build", LOG)]);
        one.created = began.saturating_add((n as i64 - 240) * SECOND);
        one.attempts[0].started = one.created;
        one
    });
    let count = Arc::clone(&asked);
    let clock = Arc::new(move || began.saturating_add(count.fetch_add(1, Ordering::SeqCst) * SECOND));
    let stand = Stand::at(state(repo(runs.collect())), clock);
    let client = stand.client(None);
    let got = stand.runtime.block_on(ask::runs(&client, &Stand::named(), &RunFilter::default(), 240, Urgency::Person));
    let ids: Vec<u64> = got.unwrap().list.iter().map(|run| run.id).collect();
    assert_eq!(ids.len(), 240);
    assert!(ids.windows(2).all(|pair| pair[0] == pair[1] + 1), "{ids:?}");
    assert_eq!(stand.seen(Host::Api).len(), 3);
}

#[test]
fn a_list_without_an_end_is_not_read_to_it() {
    let jobs = (1..=3000).map(|id| failed(id, "one of many", "")).collect();
    let stand = Stand::new(state(repo(vec![run(RED, jobs)])));
    let client = stand.client(None);
    let jobs = stand.runtime.block_on(ask::jobs(&client, &Stand::named(), (RED, 1), Urgency::Person)).unwrap();
    assert_eq!((jobs.list.len(), jobs.is_cut, stand.seen(Host::Api).len()), (1000, true, 10));
}

#[test]
fn a_token_of_another_s_is_not_sent_to_the_host_of_logs() {
    let stand = Stand::new(plain());
    stand::Stand::printed(&stand, &["extract", &red()]);
    assert!(!stand.seen(Host::Blob).is_empty());
    assert!(stand.seen(Host::Blob).iter().all(|seen| !seen.has_token));
    assert!(stand.seen(Host::Api).iter().all(|seen| seen.has_token));
}
