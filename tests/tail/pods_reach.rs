//! The ways to a cluster: authorities of one's own, proxies, and two clusters in one run.

use super::support::{Home, Ran};
use logdeck::demo::cluster::{Kind, Login, Server, State, User, objects};
use logdeck::infra::clock::SystemClock;
use logdeck::model::Timestamp;
use logdeck::model::time::SECOND;
use logdeck::ports::Clock as _;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// In the certificate of the embedded server; no system finds it, so that only a proxy can.
const HOST: &str = "kubernetes.default.svc";

struct World {
    home: Home,
    runtime: tokio::runtime::Runtime,
}

impl World {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let home = Home::new();
        std::fs::create_dir_all(home.path(".kube")).unwrap();
        Self { home, runtime }
    }

    /// A cluster whose pod has lines at these seconds.
    fn cluster(&self, token: &str, seconds: &[i64]) -> Server {
        let _within = self.runtime.enter();
        let now = SystemClock.now();
        let begin = Timestamp(now.0 - 600 * SECOND);
        let mut state = State::new(Arc::new(|| SystemClock.now()));
        state.allow(token, User::admin("mira"));
        state.put(Kind::Namespace, objects::namespace("shop"));
        let pod = objects::pod("shop", "api-1").container("app", "api:1");
        state.put(Kind::Pod, pod.running("node-1", begin));
        for n in seconds {
            state.log("shop/api-1", "app").write(begin.saturating_add(n * SECOND), format!("INFO n{n}").as_bytes());
        }
        Server::start(state).unwrap()
    }

    fn tail(&self, around: &[(&str, &str)], args: &[&str]) -> Ran {
        let args = [args, &["--no-follow"]].concat();
        Ran::of(self.home.command_of("tail", &args).envs(around.iter().copied()).output().unwrap())
    }
}

fn words(ran: &Ran) -> Vec<&str> {
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    ran.text().lines().map(|line| line.rsplit(' ').next().unwrap()).collect()
}

/// The kubeconfig without the authority's certificate.
fn without_authority(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.contains("certificate-authority-data"));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn two_clusters_are_read_in_one_run() {
    let world = World::new();
    let (one, two) = (world.cluster("one", &[1, 3, 5]), world.cluster("two", &[2, 4]));
    let first = one.kubeconfig("first").context("east", "shop", Login::Token("one".into()));
    let second = two.kubeconfig("second").context("west", "shop", Login::Token("two".into()));
    world.home.file(".kube/config", first.clone().join(second.clone()).text());
    let ran = world.tail(&[], &["pods:east/shop", "pods:west/shop"]);
    assert_eq!(words(&ran), ["n1", "n2", "n3", "n4", "n5"]);
    for server in [&one, &two] {
        assert!(!server.journal().is_empty());
    }
    // The same in two files.
    world.home.file("one", first.text()).file("two", second.text());
    let files = format!("{}:{}", world.home.path("one").display(), world.home.path("two").display());
    let ran = world.tail(&[("KUBECONFIG", &files)], &["pods:west/shop", "pods:east/shop"]);
    assert_eq!(words(&ran), ["n1", "n2", "n3", "n4", "n5"]);
    // One that cannot be reached does not keep the other one from being read.
    two.state().revoke("two");
    let ran = world.tail(&[("KUBECONFIG", &files)], &["pods:west/shop", "pods:east/shop"]);
    assert!(ran.code == Some(3) && ran.err.contains("context west (401)"), "{:?} {}", ran.code, ran.err);
    assert_eq!(ran.text().lines().count(), 3, "{}", ran.text());
}

#[test]
fn an_authority_can_be_named() {
    let world = World::new();
    let server = world.cluster("t", &[1, 2]);
    let config = server.kubeconfig("c").context("main", "shop", Login::Token("t".into())).text();
    world.home.file(".kube/config", without_authority(&config)).file("ca.pem", server.ca_pem());
    let ran = world.tail(&[], &["pods:shop"]);
    assert!(ran.code == Some(3) && ran.err.contains("name the authority with --ca-file"), "{}", ran.err);
    assert!(!server.journal().iter().any(|seen| seen.status == 200), "nothing was asked of who is not trusted");
    let ca = world.home.path("ca.pem").display().to_string();
    assert_eq!(words(&world.tail(&[], &["pods:shop", "--ca-file", &ca])), ["n1", "n2"]);
    let check = |text: &[u8], expected: &str| {
        world.home.file("ca.pem", text);
        let ran = world.tail(&[], &["pods:shop", "--ca-file", &ca]);
        assert!(ran.code.is_some_and(|code| code > 0) && ran.err.contains(expected), "{:?} {}", ran.code, ran.err);
    };
    check(b"", "there is none in it");
    check(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "one of --ca-file");
    check(b"\x00\xff binary", "there is none in it");
    std::fs::remove_file(world.home.path("ca.pem")).unwrap();
    let ran = world.tail(&[], &["pods:shop", "--ca-file", &ca]);
    assert!(ran.code.is_some_and(|code| code > 0) && ran.err.contains("ca.pem"), "{:?} {}", ran.code, ran.err);
}

/// A proxy that lets through to `server` what is meant for [`HOST`]; the heads that it got.
fn proxy(server: SocketAddr) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    let heads = Arc::new(Mutex::new(Vec::new()));
    let seen = heads.clone();
    let serve = move |mut stream: TcpStream| {
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).unwrap();
        let is_tunnel = head.starts_with(&format!("CONNECT {HOST}:6443 HTTP/1.1\r\n"));
        seen.lock().unwrap().push(head);
        if !is_tunnel {
            return;
        }
        stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").unwrap();
        let behind = TcpStream::connect(server).unwrap();
        let (mut from, mut to) = (stream.try_clone().unwrap(), behind.try_clone().unwrap());
        thread::spawn(move || {
            let _ = std::io::copy(&mut from, &mut to);
            to.shutdown(std::net::Shutdown::Write)
        });
        let _ = std::io::copy(&mut &behind, &mut stream);
        let _ = stream.shutdown(std::net::Shutdown::Both);
    };
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let serve = serve.clone();
            thread::spawn(move || serve(stream));
        }
    });
    (at, heads)
}

#[test]
fn a_proxy_gets_the_host_and_not_the_token() {
    let world = World::new();
    let server = world.cluster("secret-token", &[1, 2]);
    let (at, heads) = proxy(server.address());
    let config = server.kubeconfig("c").context("main", "shop", Login::Token("secret-token".into())).text();
    let away = config.replace(&server.address().to_string(), &format!("{HOST}:6443"));
    assert_ne!(away, config);
    world.home.file(".kube/config", &away);
    let at = format!("http://{at}");
    assert_eq!(words(&world.tail(&[("HTTPS_PROXY", &at)], &["pods:shop"])), ["n1", "n2"]);
    assert_eq!(words(&world.tail(&[("https_proxy", &at)], &["pods:shop"])), ["n1", "n2"]);
    let before = heads.lock().unwrap().len();
    assert!(before >= 2);
    for head in heads.lock().unwrap().iter() {
        assert!(head.starts_with("CONNECT ") && !head.contains("secret-token"), "{head}");
    }
    // What the kubeconfig says of its cluster wins.
    world.home.file(
        ".kube/config",
        away.replace("  cluster:\n    server", &format!("  cluster:\n    proxy-url: {at}\n    server")),
    );
    assert_eq!(words(&world.tail(&[("HTTPS_PROXY", "http://127.0.0.1:1")], &["pods:shop"])), ["n1", "n2"]);
    let before = heads.lock().unwrap().len().max(before);
    // Those that are asked directly.
    world.home.file(".kube/config", &config);
    let around = [("HTTPS_PROXY", at.as_str()), ("NO_PROXY", "127.0.0.1")];
    assert_eq!(words(&world.tail(&around, &["pods:shop"])), ["n1", "n2"]);
    assert_eq!(heads.lock().unwrap().len(), before);
    // A proxy that is not there is named.
    world.home.file(".kube/config", &away);
    let ran = world.tail(&[("HTTPS_PROXY", "http://127.0.0.1:1")], &["pods:shop"]);
    assert!(ran.code == Some(3) && ran.err.contains(HOST) && ran.err.contains("proxy"), "{}", ran.err);
}

#[test]
fn outside_of_a_cluster_its_environment_is_not_enough() {
    let world = World::new();
    // The service account's files stand at a fixed place, which is not there.
    let around = [("KUBERNETES_SERVICE_HOST", "127.0.0.1"), ("KUBERNETES_SERVICE_PORT", "1")];
    let ran = world.tail(&around, &["pods:shop"]);
    let expected = "logdeck does not run in a pod";
    assert!(ran.code == Some(3) && ran.err.contains(expected) && ran.err.contains("KUBECONFIG"), "{}", ran.err);
}
