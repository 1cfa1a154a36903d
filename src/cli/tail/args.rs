//! The flags of `logdeck tail`, and which sources they name.
//!
//! Owns its grammar. Must not know what is done with it.

use crate::cli::args::AddressParser;
use crate::cli::filter_args::FilterArgs;
use crate::cli::{CatArgs, OutputFormat, Usage};
use crate::model::Address;
use crate::sources::Follow;
use clap::{Args, ValueEnum, ValueHint};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Sources are merged by time. Logs that grow wait a quarter of a second for earlier records of the others; with --no-follow the
order is exact. `pods` as the first word is the kind, and the second a regular expression on the names of pods; a file of that
name is written ./pods.

With --state FILE a later run goes on where this one ended, when it is ended by Ctrl-C, SIGTERM, a closed pipe or --no-follow,
nothing is left out and nothing comes twice. FILE is made with mode 0600, written at most once a second, after what it covers
was printed: after kill -9 or a power cut, what was printed since may come again; nothing is lost.

Examples:
  logdeck tail pods:payments                            all pods of a namespace of the current context
  logdeck tail pods:prod/payments/deploy/api --since 10m
  logdeck tail pods:payments pods:ledger app.log        several sources, merged
  logdeck tail pods '^api-' -n payments -c app          pods by name, and one of their containers
  logdeck tail pods -A -l app=api --severity error      in all namespaces, by label
  logdeck tail pods:payments/pod/api-0 --previous --no-follow   what did it say before it was restarted?
  logdeck tail pods:payments --format json | jq .message
  logdeck tail gs://acme-logs/trades/ --object '*.jsonl' --since 2h
  logdeck tail gs://acme-logs/ firestore:acme-prod/jobs --state ~/.local/state/shipped.json --format json >> all.jsonl
  logdeck tail firestore:acme-prod/jobs --query \"state == 'failed'\" --limit 50

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 a part could not be read (said on standard error).";

const PODS: &str = "Pods";
const OBJECTS: &str = "Objects (gs:)";
const DOCUMENTS: &str = "Documents (firestore:)";

/// `logdeck tail`.
#[derive(Clone, Debug, Default, Args)]
#[command(after_help = EXAMPLES)]
pub struct TailArgs {
    /// Sources, such as pods:NAMESPACE/deploy/NAME or files; or `pods` and a regular expression on the names of pods.
    #[arg(value_name = "SOURCE", value_parser = AddressParser, value_hint = ValueHint::AnyPath, required = true)]
    pub sources: Vec<Address>,
    /// The last N lines of each log at the start [default: 100; all with --no-follow or --since, of documents, and of what
    /// --state keeps].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=10_000_000))]
    pub lines: Option<u32>,
    /// Ends when all that is there is printed.
    #[arg(long)]
    pub no_follow: bool,
    /// Goes on where the last run with this FILE ended (gs: and firestore:), and keeps in it how far this one gets.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub state: Option<PathBuf>,
    /// Seconds after which gs: is asked for new objects, and firestore: where it does not tell changes [default: 10, 30].
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u16).range(1..=3600))]
    pub poll: Option<u16>,
    /// Of the run before the last restart.
    #[arg(short, long, help_heading = PODS)]
    pub previous: bool,
    /// The namespace, behind `pods` [default: the context's].
    #[arg(short, long, value_name = "NS", help_heading = PODS)]
    pub namespace: Option<String>,
    /// Of all namespaces.
    #[arg(short = 'A', long, conflicts_with = "namespace", help_heading = PODS)]
    pub all_namespaces: bool,
    /// The context of the kubeconfig, behind `pods` [default: the current one].
    #[arg(long, value_name = "C", help_heading = PODS)]
    pub context: Option<String>,
    /// Only those with these labels: app=api,tier!=db.
    #[arg(short = 'l', long, value_name = "SEL", help_heading = PODS)]
    pub selector: Option<String>,
    /// Only those with these fields: spec.nodeName=node-1.
    #[arg(long, value_name = "SEL", help_heading = PODS)]
    pub field_selector: Option<String>,
    /// Only containers whose names match the regular expression.
    #[arg(short, long, value_name = "RE", allow_hyphen_values = true, help_heading = PODS)]
    pub container: Option<String>,
    /// Not those whose names match the regular expression.
    #[arg(short, long, value_name = "RE", allow_hyphen_values = true, help_heading = PODS)]
    pub exclude: Option<String>,
    /// Not the containers whose names match the regular expression.
    #[arg(short = 'E', long, value_name = "RE", allow_hyphen_values = true, help_heading = PODS)]
    pub exclude_container: Option<String>,
    /// Only objects whose names match the glob: `*` stays within a folder, `**` does not; one without `/` counts in all
    /// folders. Repeatable.
    #[arg(long, value_name = "GLOB", help_heading = OBJECTS)]
    pub object: Vec<String>,
    /// Not the objects whose names match the glob. Repeatable.
    #[arg(long, value_name = "GLOB", help_heading = OBJECTS)]
    pub exclude_object: Vec<String>,
    /// Only documents that match: state == 'failed', attempt > 3, tags array-contains 'eu'. Firestore filters, so others
    /// cost nothing. Repeatable: all have to match.
    #[arg(long, value_name = "FILTER", help_heading = DOCUMENTS)]
    pub query: Vec<String>,
    /// The latest N documents are read and listened to [default: 1000].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000), help_heading = DOCUMENTS)]
    pub limit: Option<u32>,
    /// The field with a document's time, dotted where it is nested [default: found out].
    #[arg(long, value_name = "FIELD", help_heading = DOCUMENTS)]
    pub time_field: Option<String>,
    /// Which records.
    #[command(flatten)]
    pub filter: FilterArgs,
    /// How records are printed.
    #[arg(long, value_name = "FORMAT", default_value = "text", value_enum)]
    pub format: TailFormat,
}

/// Whether this kind of source can go on where an earlier run ended.
pub const fn remembers(source: &Address) -> bool {
    matches!(source, Address::Gcs { .. } | Address::Firestore { .. })
}

/// How `tail` prints records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum TailFormat {
    /// Time, severity, origin and message, safe for a terminal.
    #[default]
    Text,
    /// One object a record: time, severity, origin, message, fields, raw.
    Json,
}

/// What is followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The sources.
    pub sources: Vec<Address>,
    /// Only pods whose names match this regular expression.
    pub query: Option<String>,
}

impl TailArgs {
    /// The sources that the words name.
    ///
    /// # Errors
    /// Words that do not go together, or a kind of source that does not grow.
    pub fn named(&self) -> Result<Named, Usage> {
        let is_query = matches!(self.sources.first(), Some(Address::Path(path)) if path.as_os_str() == "pods");
        if is_query {
            let query = match &self.sources[1..] {
                [] => None,
                [Address::Path(text)] => Some(text.to_string_lossy().into_owned()),
                _ => return Err(Usage("behind `pods` stands one regular expression on the names of pods".to_owned())),
            };
            let namespace = match (&self.namespace, self.all_namespaces) {
                (_, true) => "*".to_owned(),
                (Some(namespace), false) => namespace.clone(),
                // The context's own.
                (None, false) => String::new(),
            };
            let source = Address::Pods { context: self.context.clone(), namespace, workload: None };
            let sources = vec![source];
            self.flags_go_with(&sources)?;
            return Ok(Named { sources, query });
        }
        self.flags_go_with(&self.sources)?;
        for (given, flag) in [
            (self.namespace.is_some(), "--namespace"),
            (self.context.is_some(), "--context"),
            (self.all_namespaces, "--all-namespaces"),
        ] {
            if given {
                let text =
                    format!("{flag} goes with `logdeck tail pods`; an address names its own: pods:CONTEXT/NAMESPACE");
                return Err(Usage(text));
            }
        }
        for source in &self.sources {
            if matches!(source, Address::Github { .. } | Address::Gitlab { .. }) {
                let text =
                    format!("{source}: `tail` follows logs that grow; of a CI run, use `logdeck extract {source}`");
                return Err(Usage(text));
            }
        }
        Ok(Named { sources: self.sources.clone(), query: None })
    }

    /// Whether each flag that is for one kind of source has one.
    fn flags_go_with(&self, sources: &[Address]) -> Result<(), Usage> {
        let is_gcs = |source: &Address| matches!(source, Address::Gcs { .. });
        let is_firestore = |source: &Address| matches!(source, Address::Firestore { .. });
        let any = |is: &dyn Fn(&Address) -> bool| sources.iter().any(is);
        let (gcs, firestore) = (any(&is_gcs), any(&is_firestore));
        for (given, flag, has, with) in [
            (!self.object.is_empty(), "--object", gcs, "gs://BUCKET/PREFIX"),
            (!self.exclude_object.is_empty(), "--exclude-object", gcs, "gs://BUCKET/PREFIX"),
            (!self.query.is_empty(), "--query", firestore, "firestore:PROJECT/COLLECTION"),
            (self.limit.is_some(), "--limit", firestore, "firestore:PROJECT/COLLECTION"),
            (self.time_field.is_some(), "--time-field", firestore, "firestore:PROJECT/COLLECTION"),
            (self.poll.is_some(), "--poll", gcs || firestore, "gs: and firestore:"),
            (
                self.state.is_some(),
                "--state",
                gcs || firestore,
                "gs: and firestore:, which alone know places to go on at",
            ),
        ] {
            if given && !has {
                return Err(Usage(format!("{flag} goes with {with}")));
            }
        }
        let repeated = sources.iter().enumerate().find(|(n, source)| sources[..*n].contains(source));
        match repeated {
            Some((_, source)) if self.state.is_some() && remembers(source) => {
                Err(Usage(format!("{source} is named twice; with --state each place belongs to one")))
            }
            _ => Ok(()),
        }
    }

    /// What prints `sources` as lines where there is no screen.
    pub fn of_lines(sources: Vec<Address>, follow: Follow) -> Self {
        Self { sources, no_follow: follow == Follow::Off, ..Self::default() }
    }

    /// The same filters and form for `cat`.
    pub fn as_cat(&self, sources: Vec<Address>) -> CatArgs {
        let format = match self.format {
            TailFormat::Text => OutputFormat::Text,
            TailFormat::Json => OutputFormat::Json,
        };
        CatArgs { sources, filter: self.filter.clone(), format, ..CatArgs::default() }
    }
}
