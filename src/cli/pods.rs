//! What sources of pods are told: from the settings, the environment, and what was allowed before.
//!
//! Owns this translation. Must not know kubeconfigs or clusters.

use super::Globals;
use super::tail::TailArgs;
use crate::config::Environment;
use crate::model::Timestamp;
use crate::model::plugin::Allowed;
use crate::sources::pods::{Exec, Extras, Names, Settings, WhichRun};
use std::path::PathBuf;

/// For the screen: a person can be asked.
pub fn of_screen(globals: &Globals<'_>, allowed: Vec<Allowed>, now: Timestamp) -> Settings {
    let exec = if globals.config.pods.exec { Exec::Ask } else { Exec::Never };
    Settings { exec, allowed, ..common(globals, now) }
}

/// For a command: nobody is asked.
pub fn of_tail(args: &TailArgs, query: Option<String>, since: Option<Timestamp>, globals: &Globals<'_>) -> Settings {
    let now = crate::ports::Clock::now(&crate::infra::clock::SystemClock);
    let settings = common(globals, now);
    let lines = match (args.lines, args.no_follow || since.is_some()) {
        (Some(lines), _) => Some(u64::from(lines)),
        (None, true) => None,
        (None, false) => settings.lines,
    };
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    Settings {
        exec: if globals.config.pods.exec { Exec::Listed } else { Exec::Never },
        allowed: super::consents(globals.environment)
            .map(|path| crate::runtime::consent::load(&path))
            .unwrap_or_default(),
        lines,
        since,
        run: if args.previous { WhichRun::Previous } else { WhichRun::Current },
        labels: text(&args.selector),
        fields: text(&args.field_selector),
        names: Names {
            pods: query.unwrap_or_default(),
            not_pods: text(&args.exclude),
            containers: text(&args.container),
            not_containers: text(&args.exclude_container),
        },
        // What was asked for is the logs.
        extras: Extras::Off,
        ..settings
    }
}

fn common(globals: &Globals<'_>, now: Timestamp) -> Settings {
    let Globals { config, environment, .. } = globals;
    Settings {
        kubeconfig: kubeconfig(environment),
        allow_exec: config.pods.allow_exec.clone(),
        path: environment.text("PATH").unwrap_or_default().to_owned(),
        ca_file: config.pods.ca_file.clone(),
        proxy: environment.either("HTTPS_PROXY").or_else(|| environment.either("ALL_PROXY")).map(str::to_owned),
        no_proxy: environment.either("NO_PROXY").unwrap_or_default().to_owned(),
        lines: Some(config.pods.lines),
        max_streams: config.pods.max_streams,
        seed: now.0.unsigned_abs(),
        ..Settings::default()
    }
}

/// The parts of `KUBECONFIG`, or the file at home.
fn kubeconfig(environment: &Environment) -> Vec<PathBuf> {
    match environment.os("KUBECONFIG") {
        Some(list) => std::env::split_paths(list).filter(|path| !path.as_os_str().is_empty()).collect(),
        None => environment.home().map(|home| home.join(".kube/config")).into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kubeconfigs_are_named_by_the_variable() {
        let check = |variables: &[(&str, &str)], expected: &[&str]| {
            let environment = Environment::of_variables(variables.iter().copied());
            let expected: Vec<PathBuf> = expected.iter().map(PathBuf::from).collect();
            assert_eq!(kubeconfig(&environment), expected);
        };
        check(&[("KUBECONFIG", "/a:/b c::/d")], &["/a", "/b c", "/d"]);
        check(&[], &[]);
        let environment = Environment::of_variables([("https_proxy", "http://p:1")]);
        assert_eq!(environment.either("HTTPS_PROXY"), Some("http://p:1"));
    }
}
