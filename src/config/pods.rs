//! The settings of Kubernetes: `[pods]`.
//!
//! Owns their rows in the table of settings. Must not know kubeconfigs or what asks a cluster.

use super::Config;
use super::keys::{BOOLEAN, ConfigKey, Raw, Table, array, quoted};
use std::path::PathBuf;

/// How clusters are asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pods {
    /// Whether programs that a kubeconfig names for credentials may be run at all.
    pub exec: bool,
    /// Those that are run without a question: names or paths, as kubeconfigs write them.
    pub allow_exec: Vec<String>,
    /// Lines at the end of each log that are read at the start.
    pub lines: u64,
    /// Containers that are followed at once.
    pub max_streams: usize,
    /// A file with certificates of authorities that are trusted beside the cluster's own.
    pub ca_file: Option<PathBuf>,
}

impl Default for Pods {
    fn default() -> Self {
        Self { exec: true, allow_exec: Vec::new(), lines: 100, max_streams: 200, ca_file: None }
    }
}

const ALLOWED: &str = "a list of programs, such as [\"gke-gcloud-auth-plugin\"]";
const LINES: &str = "a number from 0 to 1000000";
const STREAMS: &str = "a number from 1 to 1000";
const CA_FILE: &str = "the path of a file with certificates (PEM)";

/// The rows of the section.
pub(super) const ROWS: [ConfigKey; 5] = {
    let row = ConfigKey {
        name: "pods.exec",
        table: Table::No,
        doc: "Whether programs that a kubeconfig names for credentials may be run. The screen asks before the first time.",
        expected: BOOLEAN,
        default: "true",
        example: "false",
        environment: "true or false",
        flag: Some("--no-exec"),
        set: |config, raw| {
            config.pods.exec = raw.flag(BOOLEAN)?;
            Ok(())
        },
        show: |config| config.pods.exec.to_string(),
    };
    [
        row,
        ConfigKey {
            name: "pods.allow_exec",
            doc: "Programs that are run for credentials without a question, by the name or path that the kubeconfig has. Variables \
                  that it gives them and that choose more than an account, a project or a region are still asked for.",
            expected: ALLOWED,
            default: "[]",
            example: "[\"gke-gcloud-auth-plugin\"]",
            environment: "names with commas between them",
            flag: Some("--allow-exec"),
            set: |config, raw| {
                config.pods.allow_exec = raw.list(ALLOWED)?;
                Ok(())
            },
            show: |config| array(config.pods.allow_exec.iter().cloned()),
            ..row
        },
        ConfigKey {
            name: "pods.lines",
            doc: "Lines at the end of each container's log that are read at the start, up to 1000000.",
            expected: LINES,
            default: "100",
            example: "1000",
            environment: "",
            flag: Some("tail --lines"),
            set: |config, raw| {
                config.pods.lines = raw.number(0, 1_000_000, LINES)?;
                Ok(())
            },
            show: |config| config.pods.lines.to_string(),
            ..row
        },
        ConfigKey {
            name: "pods.max_streams",
            doc: "How many containers of a source are followed at once, 1 to 1000: those that fail come first.",
            expected: STREAMS,
            default: "200",
            example: "50",
            environment: "",
            flag: None,
            set: |config, raw| {
                config.pods.max_streams = raw.number(1, 1000, STREAMS)? as usize;
                Ok(())
            },
            show: |config| config.pods.max_streams.to_string(),
            ..row
        },
        ConfigKey {
            name: "pods.ca_file",
            doc: "A file with certificates (PEM) of authorities that are trusted beside the cluster's own.",
            expected: CA_FILE,
            default: "",
            example: "\"/etc/ssl/certs/company.pem\"",
            environment: "",
            flag: Some("--ca-file"),
            set: set_ca_file,
            show: |config| config.pods.ca_file.as_ref().map(|path| quoted(path.display())).unwrap_or_default(),
            ..row
        },
    ]
};

fn set_ca_file(config: &mut Config, raw: &Raw) -> Result<(), super::BadValue> {
    match raw {
        Raw::Word(path) | Raw::Text(path) if !path.is_empty() && !path.contains('\0') => {
            config.pods.ca_file = Some(path.into());
            Ok(())
        }
        _ => Err(raw.bad(CA_FILE)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_taken_shown_and_refused() {
        let set = |name: &str, raw: &Raw| {
            let (key, mut config) = (ConfigKey::find(name).unwrap(), Config::default());
            (key.set)(&mut config, raw).map_err(|error| error.to_string())?;
            Ok::<_, String>((key.show)(&config))
        };
        let check =
            |name: &str, raw: Raw, expected: &str| assert_eq!(set(name, &raw).as_deref(), Ok(expected), "{name}");
        check("pods.exec", Raw::Flag(false), "false");
        check("pods.exec", Raw::Word("no".into()), "false");
        check("pods.allow_exec", Raw::Word("aws, gke".into()), r#"["aws", "gke"]"#);
        check("pods.lines", Raw::Number(7), "7");
        check("pods.max_streams", Raw::Word("9".into()), "9");
        check("pods.ca_file", Raw::Text("/a.pem".into()), "\"/a.pem\"");
        let refused = |name: &str, raw: Raw, expected: &str| {
            let error = set(name, &raw).unwrap_err();
            assert!(error.contains(expected), "{name}: {error}");
        };
        refused("pods.exec", Raw::Text("maybe".into()), "true or false");
        refused("pods.lines", Raw::Number(-1), "0 to 1000000");
        refused("pods.max_streams", Raw::Number(0), "1 to 1000");
        refused("pods.ca_file", Raw::Text(String::new()), "PEM");
    }

    #[test]
    fn the_defaults_are_those_of_the_rows() {
        for key in &ROWS {
            let shown = (key.show)(&Config::default());
            assert_eq!(shown, key.default, "{}", key.name);
        }
    }
}
