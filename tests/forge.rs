//! `logdeck runs` and `logdeck extract` of the real binary against the embedded CI service, over loopback.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

#[path = "forge/bad_input.rs"]
mod bad_input;
#[path = "forge/numbers.rs"]
mod numbers;
#[path = "forge/proxied.rs"]
mod proxied;
#[path = "forge/stand.rs"]
mod stand;

use logdeck::demo::forge::{Fault, Host, Server, content};
use logdeck::model::Timestamp;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

/// The demo's service, at a fixed time, and a home directory.
struct World {
    runtime: tokio::runtime::Runtime,
    server: Server,
    home: tempfile::TempDir,
}

const NOW: i64 = 1_795_230_862_000_000_000;

impl World {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let guard = runtime.enter();
        let server = Server::start(content::demo(Timestamp(NOW), 7), Arc::new(|| Timestamp(NOW))).unwrap();
        drop(guard);
        Self { runtime, server, home: tempfile::tempdir().unwrap() }
    }

    fn run(&self, args: &[&str]) -> Output {
        self.run_with(args, &[])
    }

    /// The same with other variables.
    fn run_with(&self, args: &[&str], variables: &[(&str, &str)]) -> Output {
        let address = self.server.address();
        let mut command = Command::new(env!("CARGO_BIN_EXE_logdeck"));
        command.env_clear().env("HOME", self.home.path()).env("TMPDIR", self.home.path()).env("TZ", "UTC");
        command.env("GITHUB_API_URL", format!("http://{address}")).env("GITHUB_TOKEN", content::TOKEN);
        command.env("CI_API_V4_URL", format!("http://{address}/api/v4")).env("GITLAB_TOKEN", content::TOKEN);
        command.envs(variables.iter().copied());
        let _ = &self.runtime;
        command.current_dir(self.home.path()).stdin(Stdio::null()).args(args).output().unwrap()
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn json(output: &Output) -> Vec<serde_json::Value> {
    let lines = text(&output.stdout);
    lines.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"))).collect()
}

#[test]
fn runs_are_listed() {
    let world = World::new();
    let address = format!("github:{}", content::GITHUB);
    let ran = world.run(&["runs", &address]);
    assert!(ran.status.success(), "{}", text(&ran.stderr));
    let table = text(&ran.stdout);
    assert!(table.starts_with("RUN ") && table.contains("failed") && table.contains("build-test"), "{table}");
    let failed = world.run(&["runs", &address, "--failed", "--format", "json"]);
    let runs = json(&failed);
    assert!(!runs.is_empty() && runs.iter().all(|run| run["result"] == "failed"), "{}", text(&failed.stdout));
    let gitlab = world.run(&["runs", &format!("gitlab:{}", content::GITLAB), "--format", "json"]);
    assert!(!json(&gitlab).is_empty(), "{}", text(&gitlab.stderr));
}

#[test]
fn the_newest_red_run_is_explained_and_compared_with_the_last_green_one() {
    let world = World::new();
    let address = format!("github:{}", content::GITHUB);
    let ran = world.run(&["extract", &address, "--format", "json"]);
    let said = text(&ran.stderr);
    assert!(ran.status.success() && said.contains("compared with run"), "{said}");
    let logs = json(&ran);
    let failed = logs.iter().find(|log| log["verdict"] == "failed").unwrap();
    let blocks = failed["blocks"].as_array().unwrap();
    let all = blocks.iter().flat_map(|block| block["lines"].as_array().unwrap()).map(ToString::to_string);
    assert!(all.clone().any(|line| line.contains("panicked at")), "{}", text(&ran.stdout));
    // No request to the server of logs had a token with it, and every log was asked for once.
    let seen = world.server.journal();
    assert!(seen.iter().any(|seen| seen.host == Host::Blob));
    assert!(seen.iter().filter(|seen| seen.host == Host::Blob).all(|seen| !seen.has_token), "{seen:?}");
    // The logs of finished runs are kept.
    world.server.clear_journal();
    let again = world.run(&["extract", &address, "--format", "json"]);
    assert_eq!(text(&again.stdout), text(&ran.stdout));
    assert!(world.server.journal().iter().all(|seen| seen.host != Host::Blob));
}

#[test]
fn the_run_s_archive_gives_the_same_blocks_as_the_file() {
    let world = World::new();
    let address = format!("github:{}", content::GITHUB);
    let ran = world.run(&["extract", &address, "--no-green", "--format", "json"]);
    let id = json(&ran)[0]["log"].as_str().unwrap().rsplit('/').next().unwrap().split('!').next().unwrap().to_owned();
    let named = world.run(&["extract", &format!("{address}/{id}"), "--no-green", "--format", "json"]);
    assert_eq!(text(&named.stdout), text(&ran.stdout));
}

#[test]
fn a_download_that_breaks_is_continued() {
    let world = World::new();
    let address = format!("github:{}", content::GITHUB);
    let whole = world.run(&["extract", &address, "--no-green", "--format", "json"]);
    let broken = World::new();
    broken.server.fail(Host::Blob, "/", 3, Fault::BreakAfter(20_000));
    let ran = broken.run(&["extract", &address, "--no-green", "--format", "json"]);
    assert_eq!(text(&ran.stdout), text(&whole.stdout), "{}", text(&ran.stderr));
}

#[test]
fn gitlab_s_failed_jobs_are_explained() {
    let world = World::new();
    let ran = world.run(&["extract", &format!("gitlab:{}", content::GITLAB), "--format", "json"]);
    let logs = json(&ran);
    assert!(logs.iter().any(|log| log["verdict"] == "failed" && log["blocks"][0]["lines"][0].is_string()), "{logs:?}");
}

#[test]
fn what_the_service_refuses_is_said() {
    let world = World::new();
    let check = |args: &[&str], words: &str| {
        let ran = world.run(args);
        let said = text(&ran.stderr);
        assert!(!ran.status.success() && said.contains(words), "{args:?}: {said}");
    };
    check(&["extract", "github:acme/nothing"], "acme/nothing");
    check(&["extract", "github:acme/payments/5"], "acme/payments");
    check(&["runs", "github:acme/payments/5"], "names one run");
    check(&["runs", "app.log"], "`runs` takes github:");
    // The home directory is no clone.
    check(&["runs"], "name a repository");
}

#[test]
fn a_clone_needs_no_address() {
    let world = World::new();
    let git = world.home.path().join(".git");
    std::fs::create_dir(&git).unwrap();
    std::fs::write(git.join("HEAD"), "0123456789abcdef0123456789abcdef01234567\n").unwrap();
    let remote = |url: &str| std::fs::write(git.join("config"), format!("[remote \"up\"]\n\turl = {url}\n")).unwrap();
    remote("https://github.com/acme/payments.git");
    let ran = world.run(&["runs"]);
    assert!(text(&ran.stdout).contains("build-test"), "{}", text(&ran.stderr));
    // The variable names the service of the usual server; what the clone names is another one, and gets no token.
    world.server.clear_journal();
    remote("http://github.far.invalid/acme/payments.git");
    let proxy = format!("http://{}", world.server.address());
    let ran = world.run_with(&["runs"], &[("HTTPS_PROXY", &proxy)]);
    assert!(!ran.status.success() && text(&ran.stderr).contains("github.far.invalid"), "{}", text(&ran.stderr));
    assert!(world.server.journal().iter().all(|seen| !seen.has_token), "{:?}", world.server.journal());
    remote("git@git.acme.io:acme/payments.git");
    let ran = world.run(&["runs"]);
    assert!(text(&ran.stderr).contains("git.acme.io, which is neither known as GitHub"), "{}", text(&ran.stderr));
}

#[test]
fn a_proxy_is_gone_through() {
    let world = World::new();
    let address = format!("github:{}", content::GITHUB);
    let proxy = format!("http://ann:pass-word@{}", world.server.address());
    // The service takes the place of the proxy, and of the server behind it.
    let far = ("GITHUB_API_URL", "http://api.far.invalid");
    let ran = world.run_with(&["runs", &address], &[far, ("HTTP_PROXY", &proxy)]);
    assert!(text(&ran.stdout).contains("build-test"), "{}", text(&ran.stderr));
    let without = [far, ("HTTP_PROXY", proxy.as_str()), ("NO_PROXY", "far.invalid")];
    let ran = world.run_with(&["runs", &address], &without);
    assert!(!ran.status.success() && text(&ran.stdout).is_empty(), "{}", text(&ran.stdout));
    // A port that nobody listens at any more.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let ran = world.run_with(&["runs", &address], &[far, ("HTTP_PROXY", &format!("http://ann:pass-word@{port}"))]);
    let said = text(&ran.stderr);
    assert!(said.contains(&format!("HTTP_PROXY names {port}")) && !said.contains("pass-word"), "{said}");
}

#[test]
fn a_file_of_certificates_that_cannot_be_used_is_named() {
    let world = World::new();
    let path = world.home.path().join("ca.pem");
    let check = |words: &str| {
        let ran = world.run(&["runs", "github:acme/payments", "--ca-file", path.to_str().unwrap()]);
        let said = text(&ran.stderr);
        assert_eq!(ran.status.code(), Some(1), "{said}");
        assert!(said.contains(path.to_str().unwrap()) && said.contains(words), "{said}");
    };
    check("No such file");
    std::fs::write(&path, "not a certificate").unwrap();
    check("PEM");
    assert!(world.server.journal().is_empty());
}
