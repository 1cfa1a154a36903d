//! CI runs in the terminal: what a clone shows by itself, and that nobody is asked who was not meant.

use crate::pty::{Session, logdeck};
use logdeck::demo::forge::{Server, content};
use logdeck::infra::clock::SystemClock;
use logdeck::ports::Clock;
use std::{fs, path::Path, sync::Arc};
use tempfile::TempDir;

/// The demo's service, and a home directory with a clone in it.
struct World {
    server: Server,
    home: TempDir,
    /// What the service runs on.
    _runtime: tokio::runtime::Runtime,
}

impl World {
    /// A clone whose remote has this address.
    fn new(remote: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let guard = runtime.enter();
        let now = || SystemClock.now();
        let server = Server::start(content::demo(now(), 7), Arc::new(now)).unwrap();
        drop(guard);
        let home = tempfile::tempdir().unwrap();
        let git = home.path().join("clone/.git");
        fs::create_dir_all(&git).unwrap();
        fs::write(git.join("HEAD"), "ref: refs/heads/main\n").unwrap();
        fs::write(git.join("config"), format!("[remote \"origin\"]\n\turl = {remote}\n")).unwrap();
        Self { server, home, _runtime: runtime }
    }

    fn start(&self, arguments: &[&Path]) -> Session {
        let mut command = logdeck(self.home.path());
        let address = self.server.address();
        for (name, place) in [("GITHUB_API_URL", ""), ("CI_API_V4_URL", "/api/v4")] {
            command.env(name, format!("http://{address}{place}"));
        }
        // Whatever is asked in spite of all ends here.
        for name in ["HTTP_PROXY", "HTTPS_PROXY"] {
            command.env(name, format!("http://{address}"));
        }
        command.env("GITHUB_TOKEN", content::TOKEN);
        let directory = self.home.path().join("clone/deep");
        fs::create_dir_all(&directory).unwrap();
        command.cwd(directory);
        command.args(arguments);
        Session::start(command)
    }
}

#[test]
fn a_clone_shows_its_runs_and_the_log_opens_at_the_cause() {
    let world = World::new("git@github.com:acme/payments.git");
    assert_eq!(content::GITHUB, "acme/payments");
    let mut session = world.start(&[]);
    session.wait_for("build-test");
    session.wait_for("First cause of");
    session.wait_for("panicked at");
    // From the runs to the jobs, from there into the whole log.
    session.send(b"\r");
    session.send(b"\r");
    session.wait("the whole log", |seen| {
        let text = seen.parser.screen().contents();
        text.contains("panicked") && text.contains("── Lines") && text.contains("PAUSED")
    });
    session.send(b"\x1b");
    session.wait_for("── Runs");
    // There is no display: the address is shown, and sent to the clipboard.
    session.send(b"o");
    session.wait_for("to the clipboard: http");
    assert!(session.look(|seen| seen.bytes.windows(7).any(|bytes| bytes == b"\x1b]52;c;")));
    session.send(b"\x03");
    assert_eq!(session.end().exit_code(), 0);
}

#[test]
fn named_files_are_all_that_opens() {
    let world = World::new("git@github.com:acme/payments.git");
    let log = world.home.path().join("app.log");
    fs::write(&log, "2025-01-02T15:04:05Z INFO only this\n").unwrap();
    let mut session = world.start(&[&log]);
    session.wait_for("only this");
    session.settle();
    session.send(b"\x03");
    assert_eq!(session.end().exit_code(), 0);
    assert!(world.server.journal().is_empty(), "{:?}", world.server.journal());
}

#[test]
fn an_unknown_server_is_not_asked() {
    let world = World::new("https://bitbucket.org/acme/payments.git");
    let mut session = world.start(&[]);
    session.wait_for("Nothing is open.");
    session.wait_for("git remote origin on bitbucket.org, neither known as GitHub nor as GitLab");
    session.settle();
    session.send(b"q");
    assert_eq!(session.end().exit_code(), 0);
    assert!(world.server.journal().is_empty(), "{:?}", world.server.journal());
}

#[test]
fn repositories_of_the_settings_stand_beside_the_clone_s() {
    let world = World::new("git@github.com:acme/payments.git");
    let config = world.home.path().join(".config/logdeck");
    fs::create_dir_all(&config).unwrap();
    let text = format!("[github]\nrepos = [\"acme/payments\"]\n[gitlab]\nrepos = [\"{}\"]\n", content::GITLAB);
    fs::write(config.join("config.toml"), text).unwrap();
    let mut session = world.start(&[]);
    session.wait_for("build-test");
    let project = content::GITLAB.rsplit('/').next().unwrap();
    session.wait_for(project);
    // The first one may end the fetching of a log.
    session.send(b"\x03\x03");
    assert_eq!(session.end().exit_code(), 0);
    let asked = world.server.journal();
    assert!(asked.iter().any(|seen| format!("{seen:?}").contains("api/v4")), "{asked:?}");
}
