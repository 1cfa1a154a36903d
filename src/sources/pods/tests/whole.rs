//! The source as a whole: what it reads, tells and refuses.

use super::stand::{Moving, NOW, Stand};
use crate::demo::cluster::objects::Tone;
use crate::demo::cluster::{Aim, Fault, Kind, Login, Rule, User, objects};
use crate::model::pods::{Condition, StreamState, Want};
use crate::model::time::SECOND;
use crate::model::{State, Timestamp};
use crate::ports::Clock;
use crate::sources::Follow;
use crate::sources::pods::{Exec, Names, Settings};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_containers_are_followed_and_new_pods_are_picked_up_whole() {
    let mut stand = Stand::new();
    let log = stand.log("worker-1", "worker");
    for n in 0..300 {
        log.write(NOW, format!("old {n}").as_bytes());
    }
    stand.follow();
    stand.until(|told| told.texts("worker-1/worker").len() == 100).await;
    assert_eq!(stand.told.texts("worker-1/worker")[0], "old 200", "the last hundred");
    stand.until(|told| told.follows("api-1", "api") && told.follows("api-1", "proxy")).await;
    assert_eq!((stand.told.scope.context.as_str(), stand.told.scope.namespace.as_str()), ("demo", "payments"));
    // One that is not scheduled waits; nothing is asked for it.
    let late =
        objects::pod("payments", "late-1").container("late", "late:1").unschedulable(NOW, "0/1 nodes are available");
    stand.server.state().put(Kind::Pod, late);
    stand
        .until(|told| told.pod("late-1").is_some_and(|pod| pod.state == "Pending" && pod.why.contains("0/1 nodes")))
        .await;
    assert_eq!(stand.told.stream("late-1", "late"), Some(&StreamState::Off("the pod is not scheduled".to_owned())));
    let new = objects::pod("payments", "new-1").container("new", "new:1").running("node-1", NOW);
    stand.server.state().put(Kind::Pod, new);
    let log = stand.log("new-1", "new");
    for n in 0..300 {
        log.write(NOW, format!("new {n}").as_bytes());
    }
    stand.until(|told| told.texts("new-1/new").len() == 300).await;
    stand.server.state().end("payments/new-1", "new", 0, "Completed");
    stand.until(|told| told.stream("new-1", "new") == Some(&StreamState::Ended)).await;
    assert!(
        stand.told.notes("new-1/new")[0].contains("ended: Completed, exit 0"),
        "{:?}",
        stand.told.notes("new-1/new")
    );
    stand.server.state().delete(Kind::Pod, "payments", "new-1");
    stand.until(|told| told.pod("new-1").is_some_and(|pod| pod.condition == Condition::Gone)).await;
    // A list that is too old is read again, and nothing is told twice.
    stand.server.state().expire();
    stand.server.cut(&Aim::Watches, crate::demo::cluster::Cut::End);
    stand.rest(Duration::from_millis(600)).await;
    assert_eq!(stand.told.texts("worker-1/worker").len(), 100);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_and_changes_are_records_once() {
    let mut stand = Stand::new();
    let deployment = |image: &str, replicas| objects::workload("payments", "api", "api", image, replicas);
    stand.server.state().put(Kind::Deployment, deployment("reg.local/api:1.4", 2));
    let words = ("BackOff", "Back-off restarting failed container api");
    stand.server.state().put(Kind::Event, objects::event(("Pod", "payments/api-1"), 1, NOW, Tone::Warning, words));
    let old = NOW.saturating_add(-7200 * SECOND);
    stand
        .server
        .state()
        .put(Kind::Event, objects::event(("Pod", "payments/api-1"), 2, old, Tone::Normal, ("Pulled", "old")));
    stand.follow();
    stand.until(|told| told.texts("events").len() == 1).await;
    let event = stand.told.texts("events")[0].to_owned();
    assert!(event.contains("\"level\":\"error\",\"msg\":\"BackOff pod/api-1: Back-off restarting"), "{event}");
    stand.rest(Duration::from_millis(500)).await;
    stand.server.state().put(Kind::Deployment, deployment("reg.local/api:1.5", 2));
    stand.server.state().put(Kind::Deployment, deployment("reg.local/api:1.5", 5));
    stand.until(|told| told.changes.len() == 2).await;
    stand.server.cut(&Aim::Watches, crate::demo::cluster::Cut::Reset);
    stand.rest(Duration::from_secs(1)).await;
    let told: Vec<_> = stand.told.changes.iter().map(|change| change.what.as_str()).collect();
    assert_eq!(told, ["deployment api: image api:1.4 -> api:1.5", "deployment api: scaled 2 -> 5"]);
    assert_eq!((stand.told.texts("events").len(), stand.told.texts("changes").len()), (1, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_forbidden_is_said_and_the_rest_works() {
    let mut stand = Stand::new();
    let rules = vec![Rule::new("get,list,watch", "pods", "payments"), Rule::new("get", "pods/log", "payments")];
    stand.server.state().allow("few", User::with_rules("few", rules));
    stand.login(Login::Token("few".to_owned()));
    stand.log("worker-1", "worker").write(NOW, b"works");
    stand.follow();
    stand.until(|told| told.texts("worker-1/worker") == ["works"] && told.scope.problems.len() >= 5).await;
    let problems = stand.told.scope.problems.join("\n");
    let expected = "may not list events in namespace payments (403); check with: kubectl auth can-i list events -n payments --context demo";
    assert!(problems.contains(expected), "{problems}");
    assert!(problems.contains("kubectl auth can-i list nodes --context demo"), "{problems}");
    for what in ["deployments.apps", "statefulsets.apps", "daemonsets.apps"] {
        let line = format!("kubectl auth can-i list {what} -n payments --context demo");
        assert!(problems.contains(&line), "{what}: {problems}");
    }
    // Without logs, each container says so.
    let rules = vec![Rule::new("get,list,watch", "pods", "payments")];
    stand.server.state().allow("few", User::with_rules("few", rules));
    let mut stand = Stand::new();
    let rules = vec![Rule::new("list,watch", "pods", "payments")];
    stand.server.state().allow("few", User::with_rules("few", rules));
    stand.login(Login::Token("few".to_owned()));
    stand.follow();
    stand
        .until(|told| match told.stream("worker-1", "worker") {
            Some(StreamState::Refused(why)) => {
                why.contains("kubectl auth can-i get pods --subresource=log -n payments")
            }
            _ => false,
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_ends_is_read_again() {
    let mut stand = Stand::new();
    stand.follow();
    stand.until(|told| told.follows("worker-1", "worker")).await;
    stand.server.state().revoke("admin");
    stand.server.cut(&Aim::All, crate::demo::cluster::Cut::Reset);
    stand.until(|told| told.health.state == State::Failed && told.health.detail.contains("(401)")).await;
    stand.server.state().allow("new", User::admin("mira"));
    stand.login(Login::Token("new".to_owned()));
    stand.want(Want::Refresh);
    stand.log("worker-1", "worker").write(NOW, b"back");
    stand.until(|told| told.texts("worker-1/worker") == ["back"] && told.scope.problems.is_empty()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_get_descriptions_runs_before_and_other_places() {
    let mut stand = Stand::new();
    stand.log("api-1", "api").write(NOW, b"first run");
    stand.follow();
    stand.until(|told| told.texts("api-1/api") == ["first run"]).await;
    stand.server.state().restart("payments/api-1", "api", 137, "OOMKilled");
    stand.log("api-1", "api").write(NOW, b"second run");
    stand.until(|told| told.texts("api-1/api") == ["first run", "second run"]).await;
    stand.until(|told| told.pod("api-1").is_some_and(|pod| pod.restarts == 1)).await;
    let pod = stand.told.pod("api-1").unwrap().key.clone();
    stand.want(Want::Describe(pod.clone()));
    stand.until(|told| told.described.contains("OOMKilled, exit 137")).await;
    stand.want(Want::Previous { pod: pod.clone(), container: Some("api".to_owned()) });
    stand.until(|told| told.notes("api-1/api (previous)").len() == 1).await;
    assert_eq!(stand.told.texts("api-1/api (previous)"), ["first run"]);
    stand.want(Want::Previous { pod, container: Some("proxy".to_owned()) });
    stand.until(|told| told.cannot == ["api-1/proxy has no run before this one"]).await;
    stand.until(|told| told.places.namespaces.contains(&"payments".to_owned())).await;
    stand.want(Want::Namespace("empty".to_owned()));
    stand.until(|told| told.reopened == 1 && told.health.state == State::Waiting).await;
    assert_eq!(stand.told.health.detail, "no pods in namespace empty");
    stand.want(Want::Context("nowhere".to_owned()));
    stand.until(|told| told.health.state == State::Failed).await;
    assert_eq!(stand.told.health.detail, "the kubeconfig has no context nowhere; it has demo");
    stand.want(Want::Context("demo".to_owned()));
    stand.until(|told| told.follows("worker-1", "worker")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_following_every_log_is_read_to_its_end() {
    let mut stand = Stand::new();
    let log = stand.log("worker-1", "worker");
    let lines: Vec<String> = (0..5000).map(|n| format!("line {n}")).collect();
    log.write_all(lines.iter().map(|line| (NOW, line.as_bytes())));
    stand.log("api-1", "api").write(NOW, b"api");
    let names = Names { not_containers: "^proxy$".to_owned(), ..Names::default() };
    let settings = Settings { lines: None, names, ..stand.settings() };
    stand.open("pods:demo/payments", Follow::Off, settings);
    stand.finish().await;
    assert_eq!(stand.told.texts("worker-1/worker"), lines);
    assert_eq!(stand.told.texts("api-1/api"), ["api"]);
    assert_eq!((stand.told.health.state, stand.told.lines.len()), (State::Done, 2));
}

/// A pod of a job of a cron job, which has ended; both are put when it is said.
fn nightly(stand: &Stand, number: u64) -> (serde_json::Value, serde_json::Value) {
    let (job, pod) = (format!("nightly-{number}"), format!("nightly-{number}-x"));
    let work = objects::owned(objects::workload("payments", &job, "n", "n:1", 1), "CronJob", "nightly", "c1");
    let one = objects::pod("payments", &pod).container("n", "n:1").owner("Job", &job, "j1");
    let one = one.running("node-1", stand.clock.now());
    (work, one)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pods_of_a_cron_job_are_found_whichever_list_comes_first() {
    for late in ["/apis/batch/v1/", "/api/v1/namespaces/payments/pods"] {
        let mut stand = Stand::new();
        let (job, pod) = nightly(&stand, 1);
        stand.server.state().put(Kind::Job, job);
        stand.server.state().put(Kind::Pod, pod);
        let log = stand.log("nightly-1-x", "n");
        for n in 0..300 {
            log.write(NOW, format!("{n}").as_bytes());
        }
        stand.server.fail(Aim::Path(late.to_owned()), 1, Fault::Delay(Duration::from_millis(700)));
        let settings = stand.settings();
        stand.open("pods:demo/payments/cronjob/nightly", Follow::Off, settings);
        stand.finish().await;
        assert_eq!(stand.told.texts("nightly-1-x/n").len(), 100, "the last hundred; {late} {:?}", stand.told.health);
    }
    // A watch that is behind the other.
    let mut stand = Stand::new();
    let settings = stand.settings();
    stand.open("pods:demo/payments/cronjob/nightly", Follow::On, settings);
    stand.until(|told| told.health.state == State::Waiting).await;
    let (job, pod) = nightly(&stand, 2);
    stand.server.state().put(Kind::Pod, pod);
    stand.rest(Duration::from_millis(300)).await;
    stand.server.state().put(Kind::Job, job);
    stand.until(|told| told.follows("nightly-2-x", "n")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_follows_nothing_needs_no_watch() {
    const LINES: usize = 20_000;
    let mut stand = Stand::new();
    let rules = vec![Rule::new("list", "pods", "payments"), Rule::new("get", "pods/log", "payments")];
    stand.server.state().allow("few", User::with_rules("few", rules));
    stand.login(Login::Token("few".to_owned()));
    let lines: Vec<String> = (0..LINES).map(|n| format!("line {n}")).collect();
    stand.log("worker-1", "worker").write_all(lines.iter().map(|line| (NOW, line.as_bytes())));
    let settings = Settings { lines: None, ..stand.settings() };
    stand.open("pods:payments", Follow::Off, settings);
    stand.finish().await;
    assert_eq!(stand.told.texts("worker-1/worker").len(), LINES);
    assert_eq!((stand.told.health.state, stand.told.scope.problems.len()), (State::Done, 0), "{:?}", stand.told.health);
}

/// Panics once in a task of the source's that is not its first.
struct Trap {
    clock: Moving,
    first: OnceLock<Option<tokio::task::Id>>,
    is_set: AtomicBool,
}

impl Trap {
    fn new(is_set: bool) -> Arc<Self> {
        Arc::new(Self { clock: Moving(Instant::now()), first: OnceLock::new(), is_set: AtomicBool::new(is_set) })
    }
}

impl Clock for Trap {
    fn now(&self) -> Timestamp {
        let task = tokio::task::try_id();
        let is_first = *self.first.get_or_init(|| task) == task;
        assert!(is_first || !self.is_set.swap(false, Ordering::SeqCst), "a defect on purpose");
        self.clock.now()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_with_a_defect_is_told_and_not_awaited() {
    let trap = Trap::new(false);
    let mut stand = Stand::with(trap.clock, trap.clone());
    stand.follow();
    stand.until(|told| told.follows("worker-1", "worker")).await;
    trap.is_set.store(true, Ordering::SeqCst);
    stand.log("worker-1", "worker").write(NOW, b"never told");
    stand.until(|told| told.health.state == State::Partial && told.health.detail.contains("defect")).await;
    let trap = Trap::new(true);
    let mut stand = Stand::with(trap.clock, trap.clone());
    let settings = stand.settings();
    stand.open("pods:payments", Follow::Off, settings);
    stand.finish().await;
    assert_eq!(stand.told.health.state, State::Partial, "{:?}", stand.told.health);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_that_went_unseen_are_forgotten() {
    let mut stand = Stand::new();
    let uid = stand.server.state().get(Kind::Pod, "payments", "api-1").unwrap()["metadata"]["uid"].clone();
    let event = |number: u64, words: (&str, &str)| {
        let mut event = objects::event(("Pod", "payments/api-1"), number, NOW, Tone::Normal, words);
        event["involvedObject"]["uid"] = uid.clone();
        event
    };
    stand.server.state().put(Kind::Event, event(1, ("BackOff", "Back-off restarting")));
    stand.follow();
    stand.until(|told| told.texts("events").len() == 1 && told.pod("api-1").is_some()).await;
    let pod = stand.told.pod("api-1").unwrap().key.clone();
    stand.want(Want::Describe(pod.clone()));
    stand.until(|told| told.described.contains("Back-off restarting")).await;
    stand.server.stop().await;
    {
        let mut state = stand.server.state();
        let name = state.all(Kind::Event)[0]["metadata"]["name"].as_str().unwrap().to_owned();
        state.delete(Kind::Event, "payments", &name).unwrap();
        state.put(Kind::Event, event(2, ("Pulled", "Pulled again")));
        state.expire();
    }
    stand.server.restart().unwrap();
    stand.until(|told| told.texts("events").len() == 2).await;
    stand.want(Want::Describe(pod));
    stand.until(|told| told.described.contains("Pulled again")).await;
    assert!(!stand.told.described.contains("Back-off restarting"), "{}", stand.told.described);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_that_are_always_too_old_are_not_asked_for_all_the_time() {
    let mut stand = Stand::new();
    stand.server.fail(Aim::WatchesOf(Kind::Pod), u32::MAX, Fault::Gone);
    stand.follow();
    stand.rest(Duration::from_secs(2)).await;
    let asked = stand.server.journal().iter().filter(|seen| seen.what.kind == Some(Kind::Pod)).count();
    assert!((2..20).contains(&asked), "{asked} requests in two seconds");
    stand.server.clear_faults();
    stand.until(|told| told.follows("worker-1", "worker")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_for_credentials_that_fails_is_not_run_for_everybody() {
    let mut stand = Stand::new();
    let ran = stand.config().with_extension("ran");
    let script = format!("echo ran >> {}; exit 1", ran.display());
    stand.login(Login::Exec("/bin/sh".to_owned(), vec!["-c".to_owned(), script]));
    let settings = Settings { allow_exec: vec!["/bin/sh".to_owned()], ..stand.settings() };
    stand.open("pods:payments", Follow::On, settings);
    stand.until(|told| told.health.detail.contains("/bin/sh failed with exit code 1")).await;
    stand.rest(Duration::from_secs(2)).await;
    let times = || std::fs::read_to_string(&ran).unwrap().lines().count();
    assert_eq!(times(), 1, "all watches wait for the same credentials");
    stand.want(Want::Refresh);
    stand.rest(Duration::from_secs(1)).await;
    assert_eq!(times(), 2, "a person wants it now");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_for_credentials_runs_only_when_a_person_agreed() {
    let mut stand = Stand::new();
    let answer =
        r#"{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"admin"}}"#;
    stand.login(Login::Exec("/bin/echo".to_owned(), vec![answer.to_owned()]));
    stand.log("worker-1", "worker").write(NOW, b"works");
    stand.follow();
    stand.until(|told| told.may_run.is_some()).await;
    stand.rest(Duration::from_millis(200)).await;
    assert_eq!(stand.server.journal().len(), 0, "nothing is asked before");
    let plugin = stand.told.may_run.clone().unwrap();
    assert_eq!((plugin.command.as_str(), plugin.path.as_deref()), ("/bin/echo", Some("/bin/echo")));
    stand.want(Want::Allow(plugin));
    stand.until(|told| told.texts("worker-1/worker") == ["works"]).await;
    // Nobody is there to be asked.
    let mut stand = Stand::new();
    stand.login(Login::Exec("/bin/echo".to_owned(), vec!["garbage".to_owned()]));
    let settings = Settings { exec: Exec::Listed, ..stand.settings() };
    stand.open("pods:payments", Follow::Off, settings);
    stand.finish().await;
    assert_eq!(
        stand.told.health.detail,
        "context demo wants to run /bin/echo for credentials; allow it with --allow-exec /bin/echo"
    );
    let mut again = Stand::new();
    again.login(Login::Exec("/bin/echo".to_owned(), vec!["garbage".to_owned()]));
    let settings = Settings { exec: Exec::Listed, allow_exec: vec!["/bin/echo".to_owned()], ..again.settings() };
    again.open("pods:payments", Follow::Off, settings);
    again.finish().await;
    assert!(again.told.health.detail.contains("something that is no ExecCredential"), "{:?}", again.told.health);
}
