//! Source addresses: one syntax for the command line, the config and the TUI.
//!
//! Owns the grammar. Must not know whether anything is there.
//!
//! `PATH` (a file, directory or glob), `-` (standard input), `gs://BUCKET/PREFIX`,
//! `firestore:PROJECT[/DB]/COLLECTION`, `pods:[CONTEXT/]NAMESPACE[/KIND/NAME]`, `github:OWNER/REPO[/RUN[/JOB]]`,
//! `gitlab:GROUP/PROJECT[/PIPELINE[/JOB]]`. A path that looks like one of these is written `./pods:x`.

use std::{fmt, path::PathBuf, str::FromStr};

/// A parsed source address.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Address {
    /// Standard input.
    Stdin,
    /// A file, a directory, or a glob.
    Path(PathBuf),
    /// A file that logdeck fetched. Nobody can write this: people see its name, never its path.
    Fetched {
        /// Where it is.
        path: PathBuf,
        /// What it is called: `github:acme/payments/18842`.
        name: String,
    },
    /// Objects of Google Cloud Storage under a prefix.
    Gcs {
        /// The bucket.
        bucket: String,
        /// What the objects' names begin with; may be empty.
        prefix: String,
    },
    /// A Firestore collection (or a path to one below a document), or all collections of one id: `jobs/*/events` below the
    /// documents of `jobs`, `**/events` anywhere.
    Firestore {
        /// The Google Cloud project.
        project: String,
        /// The database; `(default)` when none is named.
        database: String,
        /// The collection's path.
        collection: String,
    },
    /// Kubernetes pods.
    Pods {
        /// The kubeconfig context; the current one when none is named.
        context: Option<String>,
        /// The namespace.
        namespace: String,
        /// The owner, such as (`deploy`, `api`).
        workload: Option<(String, String)>,
    },
    /// GitHub Actions.
    Github {
        /// The owner.
        owner: String,
        /// The repository.
        repo: String,
        /// One workflow run.
        run: Option<u64>,
        /// One job of it.
        job: Option<u64>,
    },
    /// GitLab CI.
    Gitlab {
        /// The project with its groups.
        project: String,
        /// One pipeline.
        pipeline: Option<u64>,
        /// One job of it.
        job: Option<u64>,
    },
}

/// Why an address was not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{address}` is not a source address: {problem} (expected {expected})")]
pub struct BadAddress {
    /// What was given.
    pub address: String,
    /// What is wrong with it.
    pub problem: String,
    /// The form it should have.
    pub expected: &'static str,
}

/// A tab of the screen; every kind of source belongs to one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tab {
    /// Objects of Google Cloud Storage.
    Gcs,
    /// Firestore documents.
    Firestore,
    /// Kubernetes pods.
    Pods,
    /// CI logs, and everything local.
    Ci,
    /// The summary of all of them.
    Summary,
}

impl Tab {
    /// All tabs in the order of the screen.
    pub const ALL: [Self; 5] = [Self::Gcs, Self::Firestore, Self::Pods, Self::Ci, Self::Summary];

    /// The tab's title.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Gcs => "GCS",
            Self::Firestore => "Firestore",
            Self::Pods => "Pods",
            Self::Ci => "CI",
            Self::Summary => "Summary",
        }
    }
}

const PODS: &str = "pods:[CONTEXT/]NAMESPACE[/KIND/NAME]";
const FIRESTORE: &str = "firestore:PROJECT[/DB]/COLLECTION";
const GCS: &str = "gs://BUCKET/PREFIX";
const GITHUB: &str = "github:OWNER/REPO[/RUN[/JOB]]";
const GITLAB: &str = "gitlab:GROUP/PROJECT[/PIPELINE[/JOB]]";

/// The kinds that a Kubernetes workload is named by, which tell a context from a namespace in a pods address.
const WORKLOAD_KINDS: [&str; 14] = [
    "deployment",
    "deploy",
    "statefulset",
    "sts",
    "daemonset",
    "ds",
    "job",
    "cronjob",
    "cj",
    "pod",
    "po",
    "pods",
    "replicaset",
    "rs",
];

impl Address {
    /// The kind's name, as help and errors say it.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Stdin => "standard input",
            Self::Path(_) | Self::Fetched { .. } => "files",
            Self::Gcs { .. } => "gs",
            Self::Firestore { .. } => "firestore",
            Self::Pods { .. } => "pods",
            Self::Github { .. } => "github",
            Self::Gitlab { .. } => "gitlab",
        }
    }

    /// The tab that shows it.
    pub const fn tab(&self) -> Tab {
        match self {
            Self::Gcs { .. } => Tab::Gcs,
            Self::Firestore { .. } => Tab::Firestore,
            Self::Pods { .. } => Tab::Pods,
            Self::Stdin | Self::Path(_) | Self::Fetched { .. } | Self::Github { .. } | Self::Gitlab { .. } => Tab::Ci,
        }
    }
}

impl FromStr for Address {
    type Err = BadAddress;

    fn from_str(text: &str) -> Result<Self, BadAddress> {
        let bad = |problem: &str, expected| {
            Err(BadAddress { address: text.to_owned(), problem: problem.to_owned(), expected })
        };
        if text.is_empty() {
            return bad("it is empty", "PATH, -, gs://, firestore:, pods:, github: or gitlab:");
        }
        if text == "-" {
            return Ok(Self::Stdin);
        }
        if let Some(rest) = text.strip_prefix("gs://") {
            let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
            return if bucket.is_empty() {
                bad("the bucket is missing", GCS)
            } else {
                Ok(Self::Gcs { bucket: bucket.to_owned(), prefix: prefix.to_owned() })
            };
        }
        let Some((scheme, rest)) = text.split_once(':') else { return Ok(Self::Path(text.into())) };
        let parts: Vec<&str> = rest.split('/').collect();
        if matches!(scheme, "firestore" | "pods" | "github" | "gitlab") && parts.iter().any(|p| p.is_empty()) {
            let expected = match scheme {
                "firestore" => FIRESTORE,
                "pods" => PODS,
                "github" => GITHUB,
                _ => GITLAB,
            };
            return bad("a part is empty", expected);
        }
        match scheme {
            "firestore" => firestore(&parts).map_or_else(|| bad("a part is missing", FIRESTORE), Ok),
            "pods" => pods(&parts).map_or_else(|| bad("the parts do not fit", PODS), Ok),
            "github" => match parts[..] {
                [owner, repo, ref rest @ ..] if rest.len() <= 2 => match numbers(rest) {
                    Some((run, job)) => Ok(Self::Github { owner: owner.into(), repo: repo.into(), run, job }),
                    None => bad("the run is not a number", GITHUB),
                },
                _ => bad("the parts do not fit", GITHUB),
            },
            "gitlab" => match parts[..] {
                [] | [_] => bad("the project is missing", GITLAB),
                // A group or project may be named by digits; behind two parts they are a pipeline and its job.
                ref parts => {
                    let is_number = |part: &&&str| part.bytes().all(|b| b.is_ascii_digit());
                    let count = parts[2..].iter().rev().take(2).take_while(is_number).count();
                    let (project, rest) = parts.split_at(parts.len() - count);
                    match numbers(rest) {
                        Some((pipeline, job)) => Ok(Self::Gitlab { project: project.join("/"), pipeline, job }),
                        None => bad("the pipeline's number is too large", GITLAB),
                    }
                }
            },
            _ => Ok(Self::Path(text.into())),
        }
    }
}

/// A run and its job, as far as they are named.
fn numbers(parts: &[&str]) -> Option<(Option<u64>, Option<u64>)> {
    let mut numbers = parts.iter().map(|part| part.parse().ok());
    Some(match (numbers.next(), numbers.next()) {
        (None, _) => (None, None),
        (Some(run), None) => (Some(run?), None),
        (Some(run), Some(job)) => (Some(run?), Some(job?)),
    })
}

/// `PROJECT/COLLECTION`, `PROJECT/DB/COLLECTION`, or a longer path of collections and documents, whose last part is a
/// collection. Such a path has an odd number of parts, so one more in front is the database. `*` is any document, and `**`
/// any number of documents with their collections, which therefore does not count; neither is a database.
fn firestore(parts: &[&str]) -> Option<Address> {
    let (project, rest) = parts.split_first()?;
    let counted = rest.iter().filter(|part| **part != "**").count();
    let (database, collection) = match rest {
        [] => return None,
        [database, path @ ..] if counted % 2 == 0 && !path.is_empty() && !matches!(*database, "*" | "**") => {
            (*database, path.join("/"))
        }
        path => ("(default)", path.join("/")),
    };
    Some(Address::Firestore { project: (*project).to_owned(), database: database.to_owned(), collection })
}

fn pods(parts: &[&str]) -> Option<Address> {
    let is_kind = |part: &str| WORKLOAD_KINDS.contains(&part.to_ascii_lowercase().as_str());
    let (scope, workload) = match parts {
        [scope @ .., kind, name] if !scope.is_empty() && is_kind(kind) => {
            (scope, Some(((*kind).to_owned(), (*name).to_owned())))
        }
        scope => (scope, None),
    };
    // A context's name may hold slashes (EKS's ARNs do), a namespace cannot.
    let (namespace, context) = scope.split_last()?;
    let context = (!context.is_empty()).then(|| context.join("/"));
    Some(Address::Pods { context, namespace: (*namespace).to_owned(), workload })
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stdin => f.write_str("-"),
            Self::Fetched { name, .. } => f.write_str(name),
            Self::Path(path) => {
                let text = path.to_string_lossy();
                match text.parse::<Self>() {
                    Ok(Self::Path(_)) => f.write_str(&text),
                    _ => write!(f, "./{text}"),
                }
            }
            Self::Gcs { bucket, prefix } => write!(f, "gs://{bucket}/{prefix}"),
            Self::Firestore { project, database, collection } if database == "(default)" => {
                write!(f, "firestore:{project}/{collection}")
            }
            Self::Firestore { project, database, collection } => {
                write!(f, "firestore:{project}/{database}/{collection}")
            }
            Self::Pods { context, namespace, workload } => {
                f.write_str("pods:")?;
                if let Some(context) = context {
                    write!(f, "{context}/")?;
                }
                f.write_str(namespace)?;
                if let Some((kind, name)) = workload {
                    write!(f, "/{kind}/{name}")?;
                }
                Ok(())
            }
            Self::Github { owner, repo, run, job } => {
                write!(f, "github:{owner}/{repo}")?;
                [run, job].into_iter().flatten().try_for_each(|number| write!(f, "/{number}"))
            }
            Self::Gitlab { project, pipeline, job } => {
                write!(f, "gitlab:{project}")?;
                [pipeline, job].into_iter().flatten().try_for_each(|number| write!(f, "/{number}"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_survive_their_text() {
        for text in [
            "-",
            "app.log",
            "./pods",
            "pods",
            "/var/log/*.log",
            "C:/x.log",
            "gs://bucket/",
            "gs://bucket/a/b",
            "firestore:acme/orders",
            "firestore:acme/eu/orders",
            "firestore:acme/jobs/settle/events",
            "firestore:acme/**/events",
            "firestore:acme/eu/**/events",
            "firestore:acme/jobs/*/events",
            "firestore:acme/eu/jobs/*/events",
            "firestore:acme/jobs/settle/**/events",
            "pods:payments",
            "pods:prod/payments",
            "pods:payments/deploy/api",
            "pods:prod/payments/deploy/api",
            "pods:arn:aws:eks:eu-1:1:cluster/prod/payments",
            "github:acme/api",
            "github:acme/api/42",
            "github:acme/api/42/7",
            "gitlab:acme/platform/api",
            "gitlab:acme/api/42",
            "gitlab:acme/platform/api/42/7",
        ] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn parts_go_where_they_belong() {
        let check = |text: &str, expected| assert_eq!(text.parse::<Address>().unwrap(), expected, "{text}");
        check("./pods:x", Address::Path("./pods:x".into()));
        let firestore = |database: &str, collection: &str| Address::Firestore {
            project: "acme".to_owned(),
            database: database.to_owned(),
            collection: collection.to_owned(),
        };
        check("firestore:acme/orders", firestore("(default)", "orders"));
        check("firestore:acme/(default)/orders", firestore("(default)", "orders"));
        check("firestore:acme/eu/orders", firestore("eu", "orders"));
        check("firestore:acme/**/events", firestore("(default)", "**/events"));
        check("firestore:acme/eu/**/events", firestore("eu", "**/events"));
        check("firestore:acme/jobs/*/events", firestore("(default)", "jobs/*/events"));
        check("firestore:acme/eu/jobs/*/events", firestore("eu", "jobs/*/events"));
        check("firestore:acme/jobs/settle/**/events", firestore("(default)", "jobs/settle/**/events"));
        check("firestore:acme/*/events", firestore("(default)", "*/events"));
        let pods = |context: Option<&str>, namespace: &str, workload: Option<(&str, &str)>| Address::Pods {
            context: context.map(str::to_owned),
            namespace: namespace.to_owned(),
            workload: workload.map(|(kind, name)| (kind.to_owned(), name.to_owned())),
        };
        check("pods:a/b", pods(Some("a"), "b", None));
        check("pods:b/deploy/api", pods(None, "b", Some(("deploy", "api"))));
        check("pods:a/b/sts/db", pods(Some("a"), "b", Some(("sts", "db"))));
    }

    #[test]
    fn what_is_wrong_is_said() {
        let check = |text: &str, expected: &str| {
            let error = text.parse::<Address>().unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        };
        check("", "empty");
        check("gs://", "bucket is missing");
        check("github:acme", "github:OWNER/REPO");
        check("github:acme/api/x", "not a number");
        check("firestore:acme", "firestore:PROJECT");
        check("pods:", "a part is empty");
        check("gitlab:acme", "gitlab:GROUP");
    }
}
