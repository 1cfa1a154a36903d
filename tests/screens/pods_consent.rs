//! The question whether a program of the kubeconfig may run.

use crate::pods::{news, open, scope, wants};
use crate::support::*;
use logdeck::app::Badge;
use logdeck::model::address::Tab;
use logdeck::model::plugin::{Plugin, Variable};
use logdeck::model::pods::{News, Want};

/// A program waits for an answer, and there was time to read what it is.
pub fn asked(width: u16, height: u16) -> Screen {
    asked_for(plugin(), width, height)
}

fn asked_for(plugin: Plugin, width: u16, height: u16) -> Screen {
    let mut screen = open(width, height);
    news(&mut screen, News::Scope(Box::new(scope())));
    news(&mut screen, News::MayRun(plugin));
    tick(&mut screen, 2);
    screen
}

fn plugin() -> Plugin {
    Plugin {
        context: "prod-eu1".to_owned(),
        command: "gke-gcloud-auth-plugin".to_owned(),
        path: Some("/usr/lib/google-cloud-sdk/bin/gke-gcloud-auth-plugin".to_owned()),
        args: vec!["--project".to_owned(), "acme prod\u{1b}[2J".to_owned()],
        env: Vec::new(),
    }
}

/// The same with an environment.
fn plugin_with(env: &[(&str, &str)]) -> Plugin {
    let variable = |(name, value): &(&str, &str)| Variable { name: (*name).to_owned(), value: (*value).to_owned() };
    Plugin { env: env.iter().map(variable).collect(), ..plugin() }
}

#[test]
fn a_program_is_asked_for_before_it_runs() {
    for (width, height) in [(120, 36), (80, 24)] {
        snap(format!("pods_consent_{width}x{height}"), &asked(width, height).text());
    }
    let mut screen = asked(80, 24);
    screen.keys("y");
    assert_eq!(wants(&screen), [&Want::Allow(plugin())]);
    let mut screen = asked(80, 24);
    screen.keys("n");
    assert_eq!(wants(&screen), [&Want::Refuse(plugin())]);
    // It never takes a key that was meant for something else.
    let mut screen = open(80, 24);
    screen.keys("/");
    news(&mut screen, News::MayRun(plugin()));
    screen.keys("y<Enter>y");
    assert!(wants(&screen).is_empty() && screen.has("Credentials"), "{}", screen.text());
    screen.keys("<Esc>");
    assert!(screen.has("waits for an answer") && wants(&screen).is_empty(), "{}", screen.text());
    screen.keys("r");
    tick(&mut screen, 1);
    screen.keys("y");
    assert_eq!(wants(&screen), [&Want::Allow(plugin())]);
    // In another tab it does not show; there is a mark.
    let mut screen = open(80, 24);
    screen.keys("4");
    news(&mut screen, News::MayRun(plugin()));
    assert!(!screen.has("Credentials") && screen.app.badge(Tab::Pods) == Badge::Degraded);
}

#[test]
fn the_environment_of_a_program_is_asked_for_with_it() {
    let few = [("AWS_PROFILE", "prod"), ("VAULT_TOKEN", "s.1234567890abcdefghij")];
    let flags = "--verbose ".repeat(20);
    let many = [
        ("CLOUDSDK_CORE_PROJECT", "acme-prod"),
        ("LD_PRELOAD", "/tmp/\u{1b}[2Jx.so"),
        few[1],
        ("EXTRA_FLAGS", flags.as_str()),
        few[0],
        ("AWS_REGION", "eu-central-1"),
        ("PATH", "/tmp/bin:/usr/bin"),
        ("A", "1"),
        ("B", "2"),
        ("C", "3"),
        ("D", "4"),
        ("E", "5"),
    ];
    for (width, height) in [(120, 36), (80, 24), (60, 12)] {
        for (name, env) in [("few", few.as_slice()), ("many", &many)] {
            let mut screen = asked_for(plugin_with(env), width, height);
            let text = screen.text();
            assert!(text.contains("VAULT_TOKEN") || text.contains("variables: ") || text.contains(" more: "), "{text}");
            assert!(text.contains("LD_PRELOAD") == (name == "many") && text.contains("allow, now and later"), "{text}");
            assert!(!text.contains("s.123456") && !text.contains('\u{1b}'), "{text}");
            snap(format!("pods_consent_{name}_{width}x{height}"), &text);
            screen.keys("y");
            let expected = [&Want::Allow(plugin_with(env))];
            // What cannot be read is not allowed.
            assert_eq!(wants(&screen), if height > 12 { expected.as_slice() } else { &[] });
        }
    }
    let mut screen = asked_for(plugin_with(&few), 60, 12);
    screen.keys("y");
    assert!(screen.has("make the window higher"), "{}", screen.text());
    let mut screen = asked_for(plugin(), 40, 8);
    screen.keys("y");
    assert!(wants(&screen).is_empty());
}

#[test]
fn no_column_of_a_command_is_hidden() {
    let letters: String = ('a'..='z').chain('A'..='Z').chain('0'..='9').collect();
    let long = Plugin { path: Some("/p".to_owned()), args: vec![letters.repeat(4)], ..plugin() };
    for (width, height) in [(120, 36), (80, 24)] {
        let mut screen = asked_for(long.clone(), width, height);
        let text = screen.text();
        let rows =
            text.lines().skip_while(|line| !line.contains("command ")).take_while(|line| !line.trim().is_empty());
        let shown: String = rows.map(|line| line.replace("command ", "").trim().to_owned()).collect();
        assert_eq!(shown, format!("/p {}", letters.repeat(4)), "{text}");
    }
}
