//! The filters that commands share: which records are printed, and which of them without secrets.
//!
//! Owns these flags and what they mean. Must not know what is filtered.

use super::args::{field_test, severity, time};
use crate::config::Zone;
use crate::model::query::{FieldTest, Pattern, PatternKind};
use crate::model::time::{BadTime, TimeSpec};
use crate::model::{Query, Severity, Timestamp};
use clap::Args;
use jiff::tz::TimeZone;

/// Filters of records.
#[derive(Clone, Debug, Default, Args)]
pub struct FilterArgs {
    /// Only records at least this bad: trace, debug, info, warn, error or fatal.
    #[arg(short, long, value_name = "LEVEL", value_parser = severity)]
    pub severity: Option<Severity>,
    /// Only records not before T.
    #[arg(long, value_name = "T", value_parser = time)]
    pub since: Option<String>,
    /// Only records not after T.
    #[arg(long, value_name = "T", value_parser = time)]
    pub until: Option<String>,
    /// The zone of times without one, in the logs and in T: local, UTC, +02:00 or Europe/Berlin [default: local].
    #[arg(long, value_name = "ZONE", allow_hyphen_values = true)]
    pub tz: Option<Zone>,
    /// Only records in which the regular expression matches; case counts only if RE has a capital letter. Repeatable.
    #[arg(short, long, value_name = "RE", allow_hyphen_values = true)]
    pub grep: Vec<String>,
    /// Only records in which the regular expression does not match. Repeatable.
    #[arg(long, value_name = "RE", allow_hyphen_values = true)]
    pub not: Vec<String>,
    /// Only records whose field has this value: status=500, http.method=GET, severity=error, parse=failed. Repeatable.
    #[arg(short = 'w', long = "where", value_name = "FIELD=VALUE", value_parser = field_test)]
    pub fields: Vec<FieldTest>,
    /// Replaces secrets (tokens, keys, passwords, card numbers, addresses of people) by their kind.
    #[arg(long)]
    pub redact: bool,
}

/// A time window of the command line, before "now" and the newest record are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// `--since`
    pub since: Option<TimeSpec>,
    /// `--until`
    pub until: Option<TimeSpec>,
}

impl Window {
    /// Whether it is told from the newest record (`10m@end`).
    pub fn needs_newest(&self) -> bool {
        [&self.since, &self.until].into_iter().flatten().any(TimeSpec::needs_newest)
    }
}

impl FilterArgs {
    /// `--since` and `--until`, times without a zone read in `zone`.
    ///
    /// # Errors
    /// [`BadTime`] for a time of day that the zone cannot have; the form was checked when the arguments were read.
    pub fn window(&self, zone: &TimeZone) -> Result<Window, BadTime> {
        let spec = |text: &Option<String>| text.as_ref().map(|text| TimeSpec::parse(text, zone)).transpose();
        Ok(Window { since: spec(&self.since)?, until: spec(&self.until)? })
    }

    /// All filters, the window told from `now` and the newest record.
    pub fn query(&self, window: &Window, now: Timestamp, newest: Option<Timestamp>, zone: &TimeZone) -> Query {
        let moment = |spec: &Option<TimeSpec>| spec.as_ref().map(|spec| spec.resolve(now, newest, zone));
        Query {
            min_severity: self.severity.unwrap_or_default(),
            since: moment(&window.since),
            until: moment(&window.until),
            grep: patterns(&self.grep),
            not: patterns(&self.not),
            fields: self.fields.clone(),
            origins: Vec::new(),
        }
    }
}

fn patterns(sources: &[String]) -> Vec<Pattern> {
    sources.iter().map(|source| Pattern { source: source.clone(), kind: PatternKind::SmartRegex }).collect()
}
