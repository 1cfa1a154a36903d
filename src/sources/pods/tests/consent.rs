//! Which programs of a kubeconfig may run, and with which environment they do.

use super::stand::{NOW, Stand};
use crate::demo::cluster::Login;
use crate::model::plugin::{Allowed, Plugin};
use crate::model::pods::Want;
use crate::sources::Follow;
use crate::sources::pods::plugin::{Consent, consent, plugin, run};
use crate::sources::pods::{Exec, Settings};
use serde_json::json;
use std::time::Duration;

fn exec(env: &[(&str, &str)]) -> kube::config::ExecConfig {
    let env: Vec<_> = env.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
    serde_json::from_value(json!({ "command": "aws", "args": ["token"], "env": env })).unwrap()
}

fn aws(env: &[(&str, &str)]) -> Plugin {
    plugin("prod", &exec(env), Some("/usr/bin/aws"))
}

#[test]
fn a_listed_program_runs_unasked_only_with_variables_that_choose() {
    let check = |env: &[(&str, &str)], who: Exec, listed: &str, expected: &Consent| {
        let settings = Settings { exec: who, allow_exec: vec![listed.to_owned()], ..Settings::default() };
        assert_eq!(consent(&aws(env), &settings, &[]), *expected, "{env:?}");
    };
    let given = Consent::Given;
    let refused = |what: &str| {
        Consent::Refused(format!(
            "context prod wants to run /usr/bin/aws for credentials with {what}, which --allow-exec does not cover; allow it on \
             the screen once, or set this outside of the kubeconfig"
        ))
    };
    let known = [
        ("AWS_PROFILE", "prod"),
        ("AWS_STS_REGIONAL_ENDPOINTS", "regional"),
        ("PROVIDE_CLUSTER_INFO", "true"),
        ("CLOUDSDK_CORE_PROJECT", "acme"),
        ("USE_GKE_GCLOUD_AUTH_PLUGIN", "True"),
    ];
    for listed in ["aws", "/usr/bin/aws"] {
        check(&[], Exec::Listed, listed, &given);
        check(&known, Exec::Listed, listed, &given);
        check(&known, Exec::Ask, listed, &given);
        for name in ["LD_PRELOAD", "DYLD_INSERT_LIBRARIES", "PATH", "PYTHONPATH", "CLOUDSDK_PYTHON", "SOMETHING"] {
            check(&[known[0], (name, "/tmp/x")], Exec::Ask, listed, &Consent::Ask);
            check(&[known[0], (name, "/tmp/x")], Exec::Listed, listed, &refused(name));
        }
    }
    check(&[("LD_PRELOAD=/tmp/x.so", "")], Exec::Ask, "aws", &Consent::Ask);
    let many = [("A", ""), ("B\u{1b}[2J", ""), ("C", ""), ("D", ""), ("E", "")];
    check(&many, Exec::Listed, "aws", &refused("A, B<1B>[2J, C and 2 more"));
    check(&[("PATH", "/tmp")], Exec::Listed, "other", &refused("PATH"));
    check(&known, Exec::Ask, "other", &Consent::Ask);
}

#[test]
fn an_answer_holds_for_the_environment_that_was_asked_about() {
    let check = |env: &[(&str, &str)], expected: &Consent| {
        let before = Settings { allowed: vec![Allowed::of(&aws(&[("A", "1")]))], ..Settings::default() };
        assert_eq!(consent(&aws(env), &before, &[]), *expected, "{env:?}");
        let now = [aws(&[("A", "1")])];
        assert_eq!(consent(&aws(env), &Settings::default(), &now), *expected, "{env:?}");
    };
    check(&[("A", "1")], &Consent::Given);
    for other in [[].as_slice(), &[("A", "2")], &[("A", "1"), ("LD_PRELOAD", "/tmp/x.so")], &[("B", "1")]] {
        check(other, &Consent::Ask);
    }
    let listed =
        Settings { exec: Exec::Listed, allowed: vec![Allowed::of(&aws(&[("PATH", "/x")]))], ..Settings::default() };
    assert_eq!(consent(&aws(&[("PATH", "/x")]), &listed, &[]), Consent::Given, "the screen was asked once");
}

#[test]
fn a_program_that_was_not_found_is_not_looked_for_in_the_path_of_the_kubeconfig() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = exec(&[("PATH", dir.path().to_str().unwrap())]);
    config.install_hint = Some("install it".to_owned());
    let (mark, program) = (dir.path().join("mark"), dir.path().join("aws"));
    std::fs::write(&program, format!("#!/bin/sh\necho ran > {}\n", mark.display())).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&program, mode).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let unfound = plugin("prod", &config, None);
    let failed = runtime.block_on(run(&config, &unfound, Duration::from_secs(10))).unwrap_err();
    assert_eq!(failed, "aws cannot be run: no such program was found; install it");
    assert!(!mark.exists());
}

/// Makes the kubeconfig give its program an environment.
fn give(stand: &Stand, env: &str) {
    let text = std::fs::read_to_string(stand.config()).unwrap();
    let text =
        text.replace("      interactiveMode: Never\n", &format!("      interactiveMode: Never\n      env: {env}\n"));
    assert!(text.contains(env));
    std::fs::write(stand.config(), text).unwrap();
}

const TOKEN: &str = r#"printf '{"status":{"token":"%s"}}' "$TOKEN""#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kubeconfig_that_adds_a_variable_asks_again() {
    let shell = || Login::Exec("/bin/sh".to_owned(), vec!["-c".to_owned(), TOKEN.to_owned()]);
    let mut stand = Stand::new();
    stand.login(shell());
    give(&stand, "[{name: TOKEN, value: admin}]");
    stand.log("worker-1", "worker").write(NOW, b"works");
    stand.follow();
    stand.until(|told| told.may_run.is_some()).await;
    let asked = stand.told.may_run.clone().unwrap();
    assert_eq!((asked.env[0].name.as_str(), asked.env[0].value.as_str()), ("TOKEN", "admin"));
    // An answer to a question without the environment is none.
    stand.want(Want::Allow(Plugin { env: Vec::new(), ..asked.clone() }));
    stand.rest(Duration::from_millis(300)).await;
    assert_eq!(stand.server.journal().len(), 0, "nothing is asked before");
    stand.want(Want::Allow(asked.clone()));
    stand.until(|told| told.texts("worker-1/worker") == ["works"]).await;
    // The same program with one variable more.
    let mut stand = Stand::new();
    stand.login(shell());
    give(&stand, "[{name: TOKEN, value: admin}, {name: LD_PRELOAD, value: ''}]");
    let lists = vec!["/bin/sh".to_owned()];
    let settings = Settings { allowed: vec![Allowed::of(&asked)], allow_exec: lists.clone(), ..stand.settings() };
    stand.open("pods:payments", Follow::On, settings);
    stand.until(|told| told.may_run.is_some()).await;
    assert_eq!(stand.told.may_run.as_ref().unwrap().env.len(), 2);
    assert_eq!(stand.server.journal().len(), 0);
    // Where nobody can be asked it is refused, and the source without the variable runs.
    let mut stand = Stand::new();
    stand.login(shell());
    give(&stand, "[{name: LD_PRELOAD, value: ''}]");
    let settings = Settings { exec: Exec::Listed, allow_exec: lists, ..stand.settings() };
    stand.open("pods:payments", Follow::Off, settings);
    stand.finish().await;
    assert!(stand.told.health.detail.contains("with LD_PRELOAD, which --allow-exec"), "{:?}", stand.told.health);
    let mut stand = Stand::new();
    stand.login(shell());
    give(&stand, "[{name: TOKEN, value: admin}]");
    stand.log("worker-1", "worker").write(NOW, b"works");
    let settings = Settings { exec: Exec::Listed, allowed: vec![Allowed::of(&asked)], ..stand.settings() };
    stand.open("pods:payments", Follow::Off, settings);
    stand.finish().await;
    assert_eq!(stand.told.texts("worker-1/worker"), ["works"]);
}
