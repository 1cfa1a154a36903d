//! Asks the embedded service as any client would, over plain sockets.

use super::content::{self, TOKEN};
use super::*;
use crate::model::Timestamp;
use crate::model::ci::Forge;
use crate::model::time::SECOND;
use serde_json::Value;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// 2026-11-21T03:14:00Z
const OPENS: Timestamp = Timestamp(1_795_230_840_000_000_000);
const RED: &str = "/repos/acme/payments/actions/runs/19842018842";

/// A server, and a clock that the test moves.
struct Stand {
    server: Server,
    clock: Arc<AtomicI64>,
}

impl Stand {
    fn new() -> Self {
        Self::of(content::demo(OPENS, 7))
    }

    fn of(state: State) -> Self {
        let clock = Arc::new(AtomicI64::new(OPENS.0));
        let now = Arc::clone(&clock);
        let server = Server::start(state, Arc::new(move || Timestamp(now.load(Ordering::SeqCst)))).unwrap();
        Self { server, clock }
    }

    fn wait(&self, seconds: i64) {
        self.clock.fetch_add(seconds * SECOND, Ordering::SeqCst);
    }

    fn now(&self) -> Timestamp {
        Timestamp(self.clock.load(Ordering::SeqCst))
    }

    /// Asks with the demo's token.
    fn get(&self, path: &str) -> Got {
        self.get_with(path, &[])
    }

    fn get_with(&self, path: &str, headers: &[&str]) -> Got {
        let mut all = vec!["Authorization: Bearer demo-token"];
        all.extend(headers);
        ask(self.server.address(), "GET", path, &all)
    }

    /// Asks for what a signed address leads to.
    fn blob(&self, address: &str, headers: &[&str]) -> Got {
        let path = address.strip_prefix(&format!("http://{}", self.server.blob_address())).unwrap();
        ask(self.server.blob_address(), "GET", path, headers)
    }
}

#[derive(Debug)]
struct Got {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Got {
    fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Sends one request and reads until the other side closes, or sends nothing for half a second.
fn ask(address: SocketAddr, method: &str, path: &str, headers: &[&str]) -> Got {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
    let mut request =
        format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nUser-Agent: test\r\nConnection: close\r\n");
    for header in headers {
        request.push_str(&format!("{header}\r\n"));
    }
    stream.write_all(format!("{request}\r\n").as_bytes()).unwrap();
    let mut bytes = Vec::new();
    // A break is an answer, too.
    let _ = stream.read_to_end(&mut bytes);
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").map_or(bytes.len(), |at| at + 4);
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let status = head.split(' ').nth(1).map_or(0, |status| status.parse().unwrap());
    Got { status, head, body: bytes.split_off(end) }
}

fn numbers(got: &Got) -> Vec<u64> {
    got.json()["workflow_runs"].as_array().unwrap().iter().map(|run| run["run_number"].as_u64().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_are_found_by_what_is_asked() {
    let stand = Stand::new();
    let check = |query: &str, expected: &[u64]| {
        let got = stand.get(&format!("/repos/acme/payments/actions/{query}"));
        assert_eq!(numbers(&got), expected, "{query}");
    };
    check("runs?per_page=3", &[18_844, 18_843, 18_840]);
    check("runs?per_page=3&page=2", &[18_842, 18_841, 18_839]);
    check("runs?branch=feat%2Fledger-v2", &[18_840]);
    check("runs?status=failure", &[18_842]);
    check("runs?status=in_progress", &[18_843, 18_840]);
    check("runs?event=schedule&status=cancelled", &[18_839]);
    check("runs?actor=Mira&branch=main&created=%3E%3D2026-11-21T02:50:00Z", &[18_843, 18_842]);
    check("workflows/build-test.yml/runs?status=success&per_page=1", &[18_836]);
    check("workflows/7100201/runs?branch=main&created=2026-11-21&per_page=2", &[18_842, 18_836]);
    for bad in ["runs?status=red", "runs?created=now", "runs?page=x"] {
        let got = stand.get(&format!("/repos/acme/payments/actions/{bad}"));
        assert_eq!((got.status, got.json()["message"].as_str()), (422, Some("Validation Failed")), "{bad}");
    }
    let got = stand.get("/repos/acme/payments/actions/runs?per_page=3&page=2");
    let link = got.header("link").unwrap();
    assert!(link.contains("/repositories/730118204/actions/runs?per_page=3&page=3>; rel=\"next\""), "{link}");
    let next = link.split(['<', '>']).nth(3).unwrap();
    let path = next.strip_prefix(&format!("http://{}", stand.server.address())).unwrap();
    assert_eq!(numbers(&stand.get(path)), [18_836, 18_831, 18_830]);
    // A server of one's own has it below a prefix, and its links stay there.
    let got = stand.get("/api/v3/repos/acme/payments/actions/runs?per_page=1");
    assert!(got.header("link").unwrap().contains("/api/v3/repositories/"));
}

#[tokio::test(flavor = "multi_thread")]
async fn attempts_jobs_and_steps_are_told() {
    let stand = Stand::new();
    let jobs = stand.get(&format!("{RED}/attempts/1/jobs")).json();
    assert_eq!(jobs["total_count"], 2);
    let job = &jobs["jobs"][1];
    assert_eq!((&job["name"], &job["conclusion"]), (&"integration (ubuntu-22.04, pg15)".into(), &"failure".into()));
    let steps: Vec<_> =
        job["steps"].as_array().unwrap().iter().map(|step| step["conclusion"].as_str().unwrap()).collect();
    let expected =
        ["success", "success", "success", "success", "success", "failure", "skipped", "skipped", "success", "success"];
    assert_eq!(steps, expected);
    let id = job["id"].as_u64().unwrap();
    assert_eq!(stand.get(&format!("/repos/acme/payments/actions/jobs/{id}")).json()["id"], id);
    let notes = stand.get(&format!("/repos/acme/payments/check-runs/{id}/annotations")).json();
    assert_eq!(notes[0]["message"], "Process completed with exit code 101.");
    let checks = stand.get("/repos/acme/payments/commits/9c1f0e2/check-runs?per_page=100").json();
    assert!(checks["check_runs"].as_array().unwrap().iter().any(|check| check["id"] == id));
    assert_eq!(stand.get(&format!("{RED}/attempts/2")).status, 404);
    stand.wait(10);
    let now = stand.now();
    let again = Job::new(99, "again", Span::open(now));
    stand.server.state().run_mut(19_842_018_842).unwrap().rerun(now, vec![again]);
    let run = stand.get(RED).json();
    assert_eq!((&run["run_attempt"], &run["status"]), (&2.into(), &"in_progress".into()));
    assert_eq!(stand.get(&format!("{RED}/attempts/1")).json()["conclusion"], "failure");
    assert_eq!(stand.get(&format!("{RED}/jobs?filter=all")).json()["total_count"], 3);
    stand.server.state().run_mut(19_842_018_842).unwrap().finish(now, End::Success);
    assert_eq!(stand.get(RED).json()["conclusion"], "success");
}

#[tokio::test(flavor = "multi_thread")]
async fn commits_since_green_are_counted() {
    let stand = Stand::new();
    let got = stand.get("/repos/acme/payments/compare/b7e2d10...9c1f0e2").json();
    assert_eq!((&got["status"], &got["ahead_by"], &got["behind_by"]), (&"ahead".into(), &3.into(), &0.into()));
    assert_eq!(got["commits"][0]["commit"]["message"], "docs: charges are idempotent");
    let got = stand.get("/repos/acme/payments/compare/main...b7e2d10").json();
    assert_eq!((&got["status"], &got["behind_by"]), (&"behind".into(), &3.into()));
    assert_eq!(stand.get("/repos/acme/payments/compare/aaaa...main").status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_did_not_change_is_free_for_those_who_say_who_they_are() {
    let stand = Stand::new();
    let path = "/repos/acme/payments/actions/runs";
    let first = stand.get(path);
    let (etag, left) =
        (first.header("etag").unwrap().to_owned(), first.header("x-ratelimit-remaining").unwrap().to_owned());
    assert_eq!(left, "809");
    let known = format!("If-None-Match: {etag}");
    let second = stand.get_with(path, &[&known]);
    assert_eq!((second.status, second.body.len()), (304, 0));
    assert_eq!(second.header("x-ratelimit-remaining"), Some("809"));
    // Another asker gets another tag; without a token it costs.
    let other = ask(stand.server.address(), "GET", path, &[&known]);
    assert_eq!((other.status, other.header("x-ratelimit-remaining")), (200, Some("59")));
    let known_there = format!("If-None-Match: {}", other.header("etag").unwrap());
    let again = ask(stand.server.address(), "GET", path, &[&known_there]);
    assert_eq!((again.status, again.header("x-ratelimit-remaining")), (304, Some("58")));
    stand.wait(20);
    assert_eq!(stand.get_with(path, &[&known]).status, 200, "a deploy has ended");
    let journal = stand.server.journal();
    let row: Vec<_> = journal.iter().map(|seen| (seen.has_token, seen.status)).collect();
    assert_eq!(row, [(true, 200), (true, 304), (false, 200), (false, 304), (true, 200)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_are_told_apart() {
    let stand = Stand::new();
    let check = |got: &Got, status: u16, message: &str| {
        assert_eq!((got.status, got.json()["message"].as_str()), (status, Some(message)), "{got:?}");
        assert!(got.json()["documentation_url"].is_string());
    };
    let anonymous = |path: &str| ask(stand.server.address(), "GET", path, &[]);
    check(&ask(stand.server.address(), "GET", RED, &["Authorization: token old"]), 401, "Bad credentials");
    check(&anonymous(&format!("{RED}/logs")), 403, "Must have admin rights to Repository.");
    check(&stand.get("/repos/acme/nothing"), 404, "Not Found");
    check(&stand.get("/repos/acme/payments/actions/runs/19842018840/logs"), 404, "Not Found");
    stand.server.state().run_mut(19_842_018_842).unwrap().has_expired = true;
    assert_eq!(stand.get(&format!("{RED}/logs")).status, 410);
    stand.server.state().repo_mut(Forge::Github, "acme/payments").unwrap().is_private = true;
    check(&anonymous(RED), 404, "Not Found");
    stand.server.state().rename(Forge::Github, "acme/payments", "acme/charges");
    check(&anonymous("/repos/acme/payments"), 404, "Not Found");
    let got = stand.get("/repos/acme/payments/actions/runs?per_page=1");
    check(&got, 301, "Moved Permanently");
    let path =
        got.header("location").unwrap().strip_prefix(&format!("http://{}", stand.server.address())).unwrap().to_owned();
    assert_eq!(path, "/repositories/730118204/actions/runs?per_page=1");
    assert_eq!(stand.get(&path).json()["workflow_runs"][0]["repository"]["full_name"], "acme/charges");
    stand.server.state().grant(Some(TOKEN)).unwrap().used = 5000;
    check(&stand.get(&path), 403, "API rate limit exceeded for user ID 1.");
    assert_eq!(stand.get("/rate_limit").json()["rate"]["remaining"], 0);
    stand.wait(3600);
    assert_eq!(stand.get(&path).header("x-ratelimit-remaining"), Some("4999"));
    stand.server.state().revoke(TOKEN);
    check(&stand.get(&path), 401, "Bad credentials");
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_are_elsewhere_for_a_minute_and_without_a_token() {
    let stand = Stand::new();
    let got = stand.get(&format!("{RED}/attempts/1/logs"));
    assert_eq!((got.status, got.body.len()), (302, 0));
    let address = got.header("location").unwrap().to_owned();
    assert_eq!(stand.blob(&address, &["Authorization: Bearer demo-token"]).status, 400);
    assert!(stand.server.journal().last().is_some_and(|seen| seen.host == Host::Blob && seen.has_token));
    let whole = stand.blob(&address, &[]);
    assert_eq!((whole.status, whole.header("content-type")), (200, Some("application/zip")));
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(&whole.body)).unwrap();
    let mut step = String::new();
    let name = "integration (ubuntu-22.04, pg15)/6_integration tests.txt";
    archive.by_name(name).unwrap().read_to_string(&mut step).unwrap();
    assert_eq!(step.lines().count(), 12_408);
    // In parts, as after a break.
    let etag = whole.header("etag").unwrap();
    let rest = stand.blob(&address, &["Range: bytes=1000-", &format!("If-Range: {etag}")]);
    let length = whole.body.len();
    assert_eq!((rest.status, rest.body == whole.body[1000..]), (206, true));
    assert_eq!(rest.header("content-range"), Some(format!("bytes 1000-{}/{length}", length - 1).as_str()));
    assert_eq!(stand.blob(&address, &["Range: bytes=1000-", "If-Range: \"other\""]).status, 200);
    assert_eq!(stand.blob(&address, &[&format!("Range: bytes={length}-")]).status, 416);
    let path = address.strip_prefix(&format!("http://{}", stand.server.blob_address())).unwrap();
    let head = ask(stand.server.blob_address(), "HEAD", path, &[]);
    assert_eq!((head.header("content-length"), head.body.len()), (Some(length.to_string().as_str()), 0));
    assert_eq!(stand.blob(&address.replace("sig=", "sig=0"), &[]).status, 403);
    stand.wait(LIFETIME);
    let late = stand.blob(&address, &[]);
    assert_eq!((late.status, late.text().contains("AuthenticationFailed")), (403, true));
    // One job's log, and that of one that still runs.
    let log = |job: u64| {
        let got = stand.get(&format!("/repos/acme/payments/actions/jobs/{job}/logs"));
        stand.blob(got.header("location").unwrap(), &[])
    };
    let done = log(56_120_000_000 + 18_842 * 16 + 1);
    assert!(done.text().contains("panicked at tests/ledger.rs:212:9"));
    let running = log(56_120_000_000 + 18_840 * 16 + 1);
    assert_eq!((running.status, running.text().contains("BlobNotFound")), (404, true));
    stand.server.state().run_mut(19_842_018_842).unwrap().attempts[0].archive = Some("<html>".into());
    let got = stand.get(&format!("{RED}/logs"));
    assert_eq!(stand.blob(got.header("location").unwrap(), &[]).text(), "<html>");
}

#[tokio::test(flavor = "multi_thread")]
async fn gitlab_tells_pipelines_jobs_and_traces() {
    let stand = Stand::new();
    let get = |path: &str| {
        ask(stand.server.address(), "GET", &format!("/api/v4/projects/{path}"), &["PRIVATE-TOKEN: demo-token"])
    };
    let project = get("acme%2Fplatform%2Fledger").json();
    assert_eq!((&project["id"], &project["default_branch"]), (&81.into(), &"main".into()));
    let ids = |got: &Got| {
        got.json().as_array().unwrap().iter().map(|value| value["id"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    let page = get("81/pipelines?per_page=2");
    assert_eq!(ids(&page), [19_842_002_212, 19_842_002_211]);
    let headers =
        ["x-next-page", "x-total", "x-total-pages", "x-prev-page"].map(|name| page.header(name).unwrap_or(""));
    assert_eq!(headers, ["2", "3", "2", ""]);
    assert!(page.header("ratelimit-remaining").is_some());
    assert_eq!(ids(&get("81/pipelines?ref=main&status=failed")), [19_842_002_211]);
    let keyset = get("81/pipelines?pagination=keyset&per_page=2");
    assert!(keyset.header("x-total").is_none());
    let next =
        keyset.header("link").unwrap().split(['<', '>']).nth(1).unwrap().split_once("/projects/").unwrap().1.to_owned();
    assert_eq!(ids(&get(&next)), [19_842_002_210]);
    assert_eq!(get("81/pipelines?status=red").status, 400);
    let pipeline = get("81/pipelines/19842002211").json();
    assert_eq!((&pipeline["status"], &pipeline["duration"]), (&"failed".into(), &334.into()));
    let jobs = get("81/pipelines/19842002211/jobs").json();
    let names: Vec<_> = jobs.as_array().unwrap().iter().map(|job| job["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["deploy", "integration", "lint", "build"]);
    assert_eq!((&jobs[2]["allow_failure"], &jobs[2]["status"]), (&true.into(), &"failed".into()));
    assert_eq!(jobs[1]["artifacts_file"]["filename"], "artifacts.zip");
    let bridges = get("81/pipelines/19842002210/bridges").json();
    assert_eq!(bridges[0]["downstream_pipeline"]["status"], "success");
    let trace = get(&format!("81/jobs/{}/trace", jobs[1]["id"]));
    assert!(trace.text().starts_with("section_start:") && trace.text().contains("ERROR: Job failed: exit code 1"));
    let token = "Authorization: Bearer demo-token";
    let path = format!("/api/v4/projects/81/jobs/{}/trace", jobs[1]["id"]);
    let part = ask(stand.server.address(), "GET", &path, &[token, "Range: bytes=100-"]);
    assert_eq!((part.status, part.body.len()), (200, trace.body.len()), "it does not know parts");
    // What runs has a trace that grows.
    let running = get("81/pipelines/19842002212/jobs").json();
    let path = format!("81/jobs/{}/trace", running[0]["id"]);
    let before = get(&path).body.len();
    stand.wait(60);
    assert!(get(&path).body.len() > before && before > 0);
    let compared = get("81/repository/compare?from=18ff2a9&to=main").json();
    assert_eq!(compared["commits"].as_array().unwrap().len(), 1);
    stand.server.state().rename(Forge::Gitlab, "acme/platform/ledger", "acme/ledger");
    let moved = get("acme%2Fplatform%2Fledger/pipelines");
    assert!(moved.status == 301 && moved.header("location").unwrap().ends_with("/api/v4/projects/81/pipelines"));
    assert_eq!(ask(stand.server.address(), "GET", "/api/v4/projects/81", &["PRIVATE-TOKEN: x"]).status, 401);
    stand.server.state().grant(Some(TOKEN)).unwrap().used = 5000;
    let limited = get("81");
    assert!(limited.status == 429 && limited.header("retry-after").is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_come_when_they_are_due() {
    let stand = Stand::new();
    let check = |host: Host, fault: Fault, test: &dyn Fn(Got)| {
        let got = stand.get(&format!("{RED}/logs"));
        let address = got.header("location").unwrap().to_owned();
        stand.server.fail(host, if host == Host::Api { RED } else { "/actions-results/" }, 1, fault);
        test(if host == Host::Api { stand.get(RED) } else { stand.blob(&address, &["Range: bytes=10-"]) });
        assert_eq!((stand.get(RED).status, stand.blob(&address, &[]).status), (200, 200), "only once");
    };
    let length = |got: &Got| got.header("content-length").unwrap().parse::<usize>().unwrap();
    check(Host::Blob, Fault::BreakAfter(5000), &|got| {
        assert!(got.status == 206 && got.body.len() == 5000 && length(&got) > 5000, "{}", got.body.len());
    });
    check(Host::Blob, Fault::StallAfter(5000), &|got| assert_eq!(got.body.len(), 5000));
    check(Host::Blob, Fault::IgnoreRange, &|got| assert_eq!(got.status, 200));
    check(Host::Blob, Fault::Expire, &|got| assert_eq!(got.status, 403));
    check(Host::Blob, Fault::NoLength, &|got| assert_eq!(got.header("transfer-encoding"), Some("chunked")));
    check(Host::Api, Fault::Slow(1000, Duration::from_millis(1)), &|got| assert_eq!(got.json()["run_number"], 18_842));
    check(Host::Api, Fault::Silence, &|got| assert_eq!((got.status, got.head.len()), (0, 0)));
    check(Host::Api, Fault::Half, &|got| {
        assert!(length(&got) == got.body.len() && serde_json::from_slice::<Value>(&got.body).is_err());
    });
    check(Host::Api, Fault::TooMany("99999".to_owned()), &|got| {
        assert_eq!((got.status, got.header("retry-after")), (429, Some("99999")));
    });
    check(Host::Api, Fault::Secondary(Some(7)), &|got| {
        assert_eq!((got.status, got.header("retry-after")), (403, Some("7")));
        assert!(got.text().contains("secondary rate limit"));
    });
    check(Host::Api, Fault::UsedUp(90), &|got| {
        assert_eq!((got.status, got.header("x-ratelimit-remaining")), (403, Some("0")));
        assert_eq!(got.header("x-ratelimit-reset"), Some("1795230930"));
    });
    check(Host::Api, Fault::Status(502), &|got| assert!(got.status == 502 && got.text().contains("<html>")));
    check(Host::Api, Fault::LoginPage, &|got| assert!(got.status == 200 && got.text().contains("Sign in")));
    check(Host::Api, Fault::Instead("[]"), &|got| assert_eq!(got.json(), serde_json::json!([])));
    check(Host::Api, Fault::Clock(3600), &|got| assert_eq!(got.header("date"), Some("Sat, 21 Nov 2026 04:14:00 GMT")));
    assert_eq!(stand.get(RED).header("date"), Some("Sat, 21 Nov 2026 03:14:00 GMT"));
    stand.server.fail(Host::Api, "/repos/", 9, Fault::Status(500));
    stand.server.clear_faults();
    assert_eq!(stand.get(RED).status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_are_kept_and_end_with_the_server() {
    let stand = Stand::new();
    let address = stand.server.address();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    for _ in 0..2 {
        stream.write_all(b"GET /rate_limit HTTP/1.1\r\nHost: a\r\nUser-Agent: t\r\n\r\n").unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).unwrap();
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        let got = Got { status: 200, head, body: Vec::new() };
        let mut body = vec![0; got.header("content-length").unwrap().parse().unwrap()];
        stream.read_exact(&mut body).unwrap();
    }
    drop(stand);
    assert_eq!(stream.read(&mut [0; 64]).unwrap_or(0), 0);
    // Without a name for itself, a client is refused.
    let stand = Stand::of(State::default());
    let mut stream = TcpStream::connect(stand.server.address()).unwrap();
    stream.write_all(b"GET /rate_limit HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    assert!(text.starts_with("HTTP/1.1 403") && text.contains("User-Agent"));
}
