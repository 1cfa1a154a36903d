//! Pods of an embedded cluster: what `tail` asks for, and what it says when that cannot be had.

use super::support::{Home, Ran};
use logdeck::demo::cluster::{Kind, Kubeconfig, Login, Rule, Server, State, User, objects};
use logdeck::infra::clock::SystemClock;
use logdeck::model::Timestamp;
use logdeck::model::time::SECOND;
use logdeck::ports::Clock as _;
use std::sync::Arc;

/// A cluster, and a home with a kubeconfig for it.
struct World {
    home: Home,
    server: Server,
    _runtime: tokio::runtime::Runtime,
}

fn now() -> Timestamp {
    SystemClock.now()
}

impl World {
    /// Two pods in `shop` whose lines alternate, the first with two containers and a run before; one in `far`.
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let within = runtime.enter();
        let mut state = State::new(Arc::new(now));
        state.allow("t", User::admin("mira"));
        state.allow("lists", User::with_rules("lena", vec![Rule::new("get,list,watch", "pods,namespaces", "*")]));
        let begin = Timestamp(now().0 - 600 * SECOND);
        for name in ["shop", "far", "empty"] {
            state.put(Kind::Namespace, objects::namespace(name));
        }
        state.put(Kind::Node, objects::node("node-1", begin));
        let api =
            objects::pod("shop", "api-1").container("app", "api:1").container("proxy", "envoy:1").label("app", "api");
        state.put(Kind::Pod, api.running("node-1", begin));
        let web = objects::pod("shop", "web-1").container("app", "web:1").label("app", "web");
        state.put(Kind::Pod, web.running("node-1", begin));
        let far = objects::pod("far", "job-1").container("app", "job:1").label("app", "api");
        state.put(Kind::Pod, far.running("node-1", begin));
        state.log("shop/api-1", "app").write(at(begin, 1), b"INFO before the end");
        state.restart("shop/api-1", "app", 137, "OOMKilled");
        for (pod, container, n) in [
            ("shop/api-1", "app", 2),
            ("shop/web-1", "app", 3),
            ("shop/api-1", "app", 4),
            ("shop/api-1", "proxy", 5),
            ("far/job-1", "app", 6),
        ] {
            state.log(pod, container).write(at(begin, n), format!("INFO n{n}").as_bytes());
        }
        let server = Server::start(state).unwrap();
        drop(within);
        let world = Self { home: Home::new(), server, _runtime: runtime };
        world.kubeconfig(&world.server.kubeconfig("c").context("main", "shop", Login::Token("t".into())));
        world
    }

    fn kubeconfig(&self, kubeconfig: &Kubeconfig) {
        std::fs::create_dir_all(self.home.path(".kube")).unwrap();
        self.home.file(".kube/config", kubeconfig.text());
    }

    fn tail(&self, args: &[&str]) -> Ran {
        Ran::of(self.home.command_of("tail", args).output().unwrap())
    }

    /// The last words of the lines.
    fn words(&self, args: &[&str]) -> Vec<String> {
        let ran = self.tail(args);
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{args:?}");
        ran.text().lines().map(|line| line.rsplit(' ').next().unwrap().to_owned()).collect()
    }
}

fn at(begin: Timestamp, seconds: i64) -> Timestamp {
    begin.saturating_add(seconds * SECOND)
}

#[test]
fn what_is_there_is_printed_in_order() {
    let world = World::new();
    let check = |args: &[&str], expected: &[&str]| {
        assert_eq!(world.words(&[args, &["--no-follow"]].concat()), expected, "{args:?}");
    };
    check(&["pods:shop"], &["n2", "n3", "n4", "n5"]);
    check(&["pods:main/shop/pod/api-1"], &["n2", "n4", "n5"]);
    check(&["pods:shop/pod/api-1", "pods:far"], &["n2", "n4", "n5", "n6"]);
    check(&["pods:shop", "--lines", "1"], &["n3", "n4", "n5"]);
    check(&["pods", "^web"], &["n3"]);
    check(&["pods", "1", "-n", "far"], &["n6"]);
    check(&["pods", "-A", "-l", "app=api"], &["n2", "n4", "n5", "n6"]);
    check(&["pods", "api", "-c", "app"], &["n2", "n4"]);
    check(&["pods", "api", "-E", "app"], &["n5"]);
    check(&["pods", "-e", "^api"], &["n3"]);
    check(&["pods:shop", "-l", "app in (web)", "--severity", "info"], &["n3"]);
    check(&["pods:shop/pod/api-1", "-c", "app", "--previous"], &["end"]);
    let wrong: Vec<_> = world.server.journal().into_iter().filter(|seen| seen.method != "GET").collect();
    assert!(wrong.is_empty(), "only reads are sent: {wrong:?}");
}

#[test]
fn json_names_the_container() {
    let world = World::new();
    let ran = world.tail(&["pods:shop", "--no-follow", "--format", "json"]);
    let origins: Vec<_> = ran.json().iter().map(|record| record["origin"].as_str().unwrap().to_owned()).collect();
    assert_eq!(origins, ["api-1/app", "web-1/app", "api-1/app", "api-1/proxy"]);
}

#[test]
fn what_cannot_be_had_is_said() {
    let world = World::new();
    let check = |args: &[&str], code: i32, expected: &[&str]| {
        let ran = world.tail(&[args, &["--no-follow"]].concat());
        assert!(expected.iter().all(|word| ran.err.contains(word)), "{args:?}: {}", ran.err);
        assert_eq!((ran.code, ran.text()), (Some(code), ""), "{args:?}: {}", ran.err);
    };
    check(&["pods:other/shop"], 3, &["other", "main"]);
    check(&["pods:shop", "-l", "app in web"], 3, &["app in web"]);
    check(&["pods", "("], 3, &["("]);
    check(&["pods:empty"], 0, &["no pods", "empty"]);
    // Logs are forbidden, lists are not.
    world.kubeconfig(&world.server.kubeconfig("c").context("main", "shop", Login::Token("lists".into())));
    check(&["pods:shop/pod/web-1"], 3, &["pods/log", "kubectl auth can-i get pods"]);
    world.kubeconfig(&world.server.kubeconfig("c").context("main", "shop", Login::Token("nobody".into())));
    check(&["pods:shop"], 3, &["401"]);
    let exec = Login::Exec("/bin/some-plugin".into(), vec!["token".into()]);
    let exec = world.server.kubeconfig("c").context("main", "shop", exec);
    world.kubeconfig(&exec);
    check(&["pods:shop"], 3, &["/bin/some-plugin", "--allow-exec"]);
    check(&["pods:shop", "--no-exec"], 3, &["/bin/some-plugin"]);
    // Who names the program on the command line means that one, not what a variable makes of it.
    let env = "      interactiveMode: Never\n      env: [{name: LD_PRELOAD, value: /x.so}]\n";
    world.home.file(".kube/config", exec.text().replace("      interactiveMode: Never\n", env));
    check(&["pods:shop", "--allow-exec", "/bin/some-plugin"], 3, &["LD_PRELOAD", "allow it on the screen once"]);
    world.home.file(".kube/config", "contexts: [\n- a: b: c\n");
    check(&["pods:shop"], 3, &[".kube/config", "line"]);
    std::fs::remove_file(world.home.path(".kube/config")).unwrap();
    check(&["pods:shop"], 3, &["kubeconfig"]);
}
