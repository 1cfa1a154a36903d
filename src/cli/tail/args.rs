//! The flags of `logdeck tail`, and which sources they name.
//!
//! Owns its grammar. Must not know what is done with it.

use crate::cli::args::AddressParser;
use crate::cli::filter_args::FilterArgs;
use crate::cli::{CatArgs, OutputFormat, Usage};
use crate::model::Address;
use clap::{Args, ValueEnum, ValueHint};

const EXAMPLES: &str = "\
Sources are merged by time. Logs that grow wait a quarter of a second for earlier records of the others; with --no-follow the
order is exact. `pods` as the first word is the kind, and the second a regular expression on the names of pods; a file of that
name is written ./pods.

Examples:
  logdeck tail pods:payments                            all pods of a namespace of the current context
  logdeck tail pods:prod/payments/deploy/api --since 10m
  logdeck tail pods:payments pods:ledger app.log        several sources, merged
  logdeck tail pods '^api-' -n payments -c app          pods by name, and one of their containers
  logdeck tail pods -A -l app=api --severity error      in all namespaces, by label
  logdeck tail pods:payments/pod/api-0 --previous --no-follow   what did it say before it was restarted?
  logdeck tail pods:payments --format json | jq .message

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 a part could not be read (said on standard error).";

/// `logdeck tail`.
#[derive(Clone, Debug, Default, Args)]
#[command(after_help = EXAMPLES)]
pub struct TailArgs {
    /// Sources, such as pods:NAMESPACE/deploy/NAME or files; or `pods` and a regular expression on the names of pods.
    #[arg(value_name = "SOURCE", value_parser = AddressParser, value_hint = ValueHint::AnyPath, required = true)]
    sources: Vec<Address>,
    /// The last N lines of each log at the start [default: 100; all with --no-follow or --since].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=10_000_000))]
    pub lines: Option<u32>,
    /// Ends when all that is there is printed.
    #[arg(long)]
    pub no_follow: bool,
    /// Pods: of the run before the last restart.
    #[arg(short, long)]
    pub previous: bool,
    /// Pods: the namespace, behind `pods` [default: the context's].
    #[arg(short, long, value_name = "NS")]
    pub namespace: Option<String>,
    /// Pods: of all namespaces.
    #[arg(short = 'A', long, conflicts_with = "namespace")]
    pub all_namespaces: bool,
    /// Pods: the context of the kubeconfig, behind `pods` [default: the current one].
    #[arg(long, value_name = "C")]
    pub context: Option<String>,
    /// Pods: only those with these labels: app=api,tier!=db.
    #[arg(short = 'l', long, value_name = "SEL")]
    pub selector: Option<String>,
    /// Pods: only those with these fields: spec.nodeName=node-1.
    #[arg(long, value_name = "SEL")]
    pub field_selector: Option<String>,
    /// Pods: only containers whose names match the regular expression.
    #[arg(short, long, value_name = "RE", allow_hyphen_values = true)]
    pub container: Option<String>,
    /// Pods: not those whose names match the regular expression.
    #[arg(short, long, value_name = "RE", allow_hyphen_values = true)]
    pub exclude: Option<String>,
    /// Pods: not the containers whose names match the regular expression.
    #[arg(short = 'E', long, value_name = "RE", allow_hyphen_values = true)]
    pub exclude_container: Option<String>,
    /// Which records.
    #[command(flatten)]
    pub filter: FilterArgs,
    /// How records are printed.
    #[arg(long, value_name = "FORMAT", default_value = "text", value_enum)]
    pub format: TailFormat,
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
            return Ok(Named { sources: vec![source], query });
        }
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

    /// The same filters and form for `cat`.
    pub fn as_cat(&self, sources: Vec<Address>) -> CatArgs {
        let format = match self.format {
            TailFormat::Text => OutputFormat::Text,
            TailFormat::Json => OutputFormat::Json,
        };
        CatArgs { sources, filter: self.filter.clone(), format, ..CatArgs::default() }
    }
}
