//! The command line: every command, flag and its help.
//!
//! Owns the grammar and the help texts, from which completions, man page and README derive. Must not know what a command does.

use super::filter_args::FilterArgs;
use super::tail::TailArgs;
use crate::config::{BadValue, LogLevel, Memory, Overrides, Zone};
use crate::model::query::{BadFieldTest, FieldTest};
use crate::model::theme::ThemeChoice;
use crate::model::time::{BadTime, TimeSpec};
use crate::model::{Address, Severity};
use crate::sources::SOURCES;
use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use jiff::tz::TimeZone;
use std::{ffi::OsString, path::PathBuf};

const EXAMPLES: &str = "\
A path that looks like an address or a command is written with its directory: ./pods:x, ./demo.

Examples:
  logdeck                              in a clone: the CI runs of its repository, and why they failed
  logdeck github:acme/api              those of any other one
  logdeck pods:payments/deploy/api     the pods of a deployment, as they come and go
  logdeck gs://acme-logs/trades/       objects under a prefix, new and grown ones as they come
  logdeck firestore:acme-prod/jobs     the documents of a collection, and what changes in them
  logdeck build-logs.zip               every entry of the archive, merged by time
  logdeck /var/log/app/                all files below it, followed as they grow
  kubectl logs -f deploy/api | logdeck -
  logdeck cat app.log --severity error --count

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 a part could not be read (said on standard error).
Settings: `logdeck config show` lists them; each has a variable, such as LOGDECK_MEMORY for `memory`.";

/// What stands below the options: how sources are written, then [`EXAMPLES`].
fn after_help() -> String {
    let mut text = String::from("Source addresses:\n");
    for spec in SOURCES {
        text.push_str(&format!("  {:<36} {}\n", spec.form, spec.reads));
    }
    text + EXAMPLES
}

const CAT_EXAMPLES: &str = "\
T is one of:
  2025-01-02T15:04:05Z   a moment; without a zone it is read in that of --tz; a date alone is its midnight
  14:02, 14:02:30        the last time that the clock showed this, in the zone of --tz
  90s, 10m, 1h30m, 2d    back from now
  10m@end                back from the newest record

All filters have to agree. Several inputs are merged by time, each in its own order;
with --follow, records are printed as they come.

Examples:
  logdeck cat app.log --severity error            errors and fatal ones
  logdeck cat app.log --severity error --count    only their number
  logdeck cat build-logs.zip --since 10m@end      the last ten minutes of a build
  logdeck cat *.log --where status=500 --not healthz
  logdeck cat app.log --where parse=failed        lines that break their stream's own format
  logdeck cat app.log --format json | jq .message
  logdeck cat app.log --follow --severity warn

Exit codes: 0 done (also without a match), 1 failed, 2 wrong usage, 3 a part could not be read.";

const EXTRACT_EXAMPLES: &str = "\
Text has the failed logs with their blocks, most probable cause first, and the others on a line each.
Markdown has the failed logs without secrets, and is never longer than a comment of a pull request may be.

JSON is one object a log, on a line:
  log         the path, or archive.zip!entry, which is also a PATH
  lines       how many the log has
  verdict     failed, passed, cancelled or unknown
  new_lines   with --baseline: lines whose form the passing log does not have
  problem     why a part could not be read; left out when all of it was
  blocks      each with
    start, end  line numbers from 1, inclusive
    score       0 to 1000: how probably this is the cause
    kind        compile, test, lint, crash, dependency, network, resources, timeout, access, config, setup,
                summary, exit or error
    tool        the tool that said it, or null
    rule        the rule that found it, or null
    step        the step's name, or null
    repeats     how many more blocks say the same
    new         with --baseline: whether the passing log has none of it
    lines       the lines as they stand in the log, without colour codes

A GitHub archive has each job as one log and once more as a file for each step: the job's log is read.

Examples:
  logdeck extract build.log                       why did it fail?
  logdeck extract run-logs.zip                    all jobs of a run
  logdeck extract 'run-logs.zip!3_test.txt'       one of them
  gh run view 123 --log | logdeck extract
  logdeck extract red.zip --baseline green.zip    what differs from the last run that passed ranks first
  logdeck extract run-logs.zip --format markdown | gh pr comment 7 --body-file -
  logdeck extract *.log --format json | jq -r '.log + \": \" + .blocks[0].lines[0]'

Exit codes: 0 done (a failed build, too), 1 failed, 2 wrong usage, 3 a part could not be read.";

/// What is breaking, since when, and why: a log monitor for the terminal.
///
/// Without a command, opens the screen on the given sources; without sources, on those of the config and the CI runs of the
/// repository that the current directory is a clone of, else on a start screen. When standard output is not a terminal, it prints the sources' records as lines instead.
#[derive(Debug, Parser)]
#[command(name = "logdeck", bin_name = "logdeck", version, after_help = after_help(), max_term_width = 120)]
pub struct Cli {
    /// The command; the first word, if it is the name of one.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Source addresses to open, such as files, directories, globs, or - for standard input.
    #[arg(value_name = "SOURCE", value_parser = AddressParser, value_hint = ValueHint::AnyPath)]
    pub sources: Vec<Address>,
    /// Compares the logs with FILE, the log or archive of a run that passed: what is new since ranks first.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub baseline: Option<PathBuf>,
    /// Flags of every command.
    #[command(flatten)]
    pub global: GlobalArgs,
}

/// Flags of every command.
#[derive(Clone, Debug, Default, Args)]
pub struct GlobalArgs {
    /// Reads settings from FILE instead of the usual place (see `logdeck config path`).
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Global options")]
    pub config: Option<PathBuf>,
    /// Bytes that held records may take, from 8MiB to 1TiB: 256MiB, 1GiB, 500MB, or a plain number [default: 256MiB].
    #[arg(long, global = true, value_name = "SIZE", help_heading = "Global options")]
    pub memory: Option<Memory>,
    /// Draws with ASCII characters alone.
    #[arg(long, global = true, help_heading = "Global options")]
    pub ascii: bool,
    /// Colours: auto, dark, light, 16, mono, ascii, or the name of a theme file of your own [default: auto].
    #[arg(long, global = true, value_name = "THEME", value_parser = ThemeParser, hide_possible_values = true, help_heading = "Global options")]
    pub theme: Option<ThemeChoice>,
    /// What goes to logdeck's own log file: off, error, warn, info, debug or trace [default: warn].
    #[arg(long, global = true, value_name = "LEVEL", value_parser = words(LogLevel::ALL), hide_possible_values = true, help_heading = "Global options")]
    pub log_level: Option<LogLevel>,
    /// Trusts the certificate authorities in FILE (PEM) beside the system's, for CI services and clusters.
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Global options")]
    pub ca_file: Option<PathBuf>,
    /// Runs none of the programs that a kubeconfig names for credentials.
    #[arg(long, global = true, help_heading = "Global options")]
    pub no_exec: bool,
    /// Runs PROGRAM for credentials without a question, where the kubeconfig names it so. Repeatable.
    #[arg(long, global = true, value_name = "PROGRAM", conflicts_with = "no_exec", help_heading = "Global options")]
    pub allow_exec: Vec<String>,
    /// Says at the end, on standard error: bytes, lines, records, time, peak memory, temporary bytes.
    #[arg(long, global = true, help_heading = "Global options")]
    pub stats: bool,
}

impl GlobalArgs {
    /// The settings among the flags.
    pub fn overrides(&self, tz: Option<&Zone>) -> Overrides {
        Overrides {
            memory: self.memory,
            theme: self.theme.clone(),
            ascii: self.ascii.then_some(true),
            log_level: self.log_level,
            ca_file: self.ca_file.clone(),
            exec: self.no_exec.then_some(false),
            allow_exec: self.allow_exec.clone(),
            tz: tz.cloned(),
        }
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Opens a bundled incident: log files that grow while you watch. Needs no account and no network.
    Demo,
    /// Prints records of files or standard input: filtered, merged by time, as text, JSON or raw lines.
    Cat(CatArgs),
    /// Prints the end of logs and what comes after, of several sources merged by time: pods, files, standard input.
    Tail(Box<TailArgs>),
    /// Prints the lines that explain why a build failed: of CI logs, archives of them, or standard input.
    Extract(ExtractArgs),
    /// Lists the runs of a repository's CI: GitHub Actions, GitLab CI.
    Runs(RunsArgs),
    /// Writes, checks or shows the settings.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Prints a completion script for a shell.
    #[command(
        after_help = "Examples:\n  logdeck completions bash > ~/.local/share/bash-completion/completions/logdeck\n  \
        logdeck completions zsh > ~/.zfunc/_logdeck\n  logdeck completions fish > ~/.config/fish/completions/logdeck.fish"
    )]
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Prints the manual page (roff): `logdeck man | man -l -`.
    Man,
}

/// What to do with the settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Subcommand)]
pub enum ConfigCommand {
    /// Writes the example file (mode 0600) to the usual place or to --config; never over a file that is there.
    Init,
    /// Checks file and environment; says what is wrong, with line and suggestion. Exit code 1 if anything is.
    Check,
    /// Prints the settings that hold, as TOML, and where each comes from.
    Show,
    /// Prints the config file's path.
    Path,
}

/// `logdeck cat`.
#[derive(Clone, Debug, Default, Args)]
#[command(after_help = CAT_EXAMPLES)]
pub struct CatArgs {
    /// Files, directories, globs, archives, or - for standard input (which is also read when nothing is named).
    #[arg(value_name = "PATH", value_parser = AddressParser, value_hint = ValueHint::AnyPath)]
    pub sources: Vec<Address>,
    /// Which records.
    #[command(flatten)]
    pub filter: FilterArgs,
    /// How records are printed.
    #[arg(long, value_name = "FORMAT", default_value = "text", value_enum)]
    pub format: OutputFormat,
    /// Prints the number of matching records and nothing else.
    #[arg(short, long, conflicts_with = "follow")]
    pub count: bool,
    /// Goes on when the input grows, rotates or appears later.
    #[arg(short, long)]
    pub follow: bool,
}

/// `logdeck extract`.
#[derive(Clone, Debug, Default, Args)]
#[command(after_help = EXTRACT_EXAMPLES)]
pub struct ExtractArgs {
    /// Logs, directories, globs, archives, or - for standard input (which is also read when nothing is named).
    #[arg(value_name = "PATH", value_parser = AddressParser, value_hint = ValueHint::AnyPath)]
    pub sources: Vec<Address>,
    /// A log or archive of the same job that passed: what it has is no cause. Of an archive, the entry of the same job
    /// counts. Repeatable.
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub baseline: Vec<PathBuf>,
    /// github: and gitlab: the newest failed run of this branch, where no run is named [default: the default branch].
    #[arg(long, value_name = "B")]
    pub branch: Option<String>,
    /// github: and gitlab: compares with nothing, instead of the last run before that passed.
    #[arg(long)]
    pub no_green: bool,
    /// How the blocks are printed.
    #[arg(long, value_name = "FORMAT", default_value = "text", value_enum)]
    pub format: ExtractFormat,
    /// At most N lines of each log [default: 2 % of its lines, or 40 if that is more].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub max_lines: Option<u32>,
    /// The order of a log's blocks: the most probable cause first, or as they stand in the log.
    #[arg(long, value_name = "ORDER", default_value = "rank", value_enum)]
    pub order: Order,
    /// Threads that read, from 1 to 64 [default: one for each core].
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=64))]
    pub jobs: Option<u8>,
    /// Replaces secrets (tokens, keys, passwords, card numbers, addresses of people) by their kind; Markdown always does.
    #[arg(long)]
    pub redact: bool,
}

/// `logdeck runs`.
#[derive(Clone, Debug, Args)]
#[command(after_help = RUNS_EXAMPLES)]
pub struct RunsArgs {
    /// github:OWNER/REPO or gitlab:GROUP/PROJECT [default: the repository that the current directory is a clone of].
    #[arg(value_name = "REPOSITORY", value_parser = AddressParser)]
    pub source: Option<Address>,
    /// Only runs of this branch.
    #[arg(short, long, value_name = "B")]
    pub branch: Option<String>,
    /// Only runs of this workflow: its name, or its file's.
    #[arg(short, long, value_name = "W")]
    pub workflow: Option<String>,
    /// Only runs that failed.
    #[arg(short, long)]
    pub failed: bool,
    /// At most so many, from 1 to 1000.
    #[arg(short = 'n', long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub limit: u16,
    /// How the runs are printed.
    #[arg(long, value_name = "FORMAT", default_value = "table", value_enum)]
    pub format: RunsFormat,
}

/// How `runs` prints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum RunsFormat {
    /// For people.
    #[default]
    Table,
    /// One object a run, on a line.
    Json,
}

const RUNS_EXAMPLES: &str = "\
Examples:
  logdeck runs                                   in a clone: what ran last?
  logdeck runs github:acme/api --failed          only what is red
  logdeck runs gitlab:acme/platform/api --branch main
  logdeck runs --format json | jq -r 'select(.result == \"failed\") | .page'";

/// How `extract` prints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ExtractFormat {
    /// For people: safe for a terminal.
    #[default]
    Text,
    /// One object a log, on a line.
    Json,
    /// For a pull request: without secrets.
    Markdown,
}

/// The order of a log's blocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Order {
    /// The most probable cause first.
    #[default]
    Rank,
    /// As they stand in the log.
    Time,
}

/// How `cat` prints records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    /// Time, severity, origin and message, safe for a terminal.
    #[default]
    Text,
    /// One object a record: time, severity, origin, message, fields, raw.
    Json,
    /// The bytes as they were read.
    Raw,
}

/// Reads source addresses; a path need not be UTF-8.
#[derive(Clone)]
pub(super) struct AddressParser;

impl TypedValueParser for AddressParser {
    type Value = Address;

    fn parse_ref(
        &self,
        command: &clap::Command,
        arg: Option<&clap::Arg>,
        value: &std::ffi::OsStr,
    ) -> Result<Address, clap::Error> {
        let address = |value: OsString| match value.to_str() {
            Some(text) => text.parse::<Address>(),
            None => Ok(Address::Path(value.into())),
        };
        OsStringValueParser::new().try_map(address).parse_ref(command, arg, value)
    }
}

/// Reads the name of a theme; completions list the built-in ones.
#[derive(Clone)]
struct ThemeParser;

impl TypedValueParser for ThemeParser {
    type Value = ThemeChoice;

    fn parse_ref(
        &self,
        command: &clap::Command,
        arg: Option<&clap::Arg>,
        value: &std::ffi::OsStr,
    ) -> Result<ThemeChoice, clap::Error> {
        let theme = |text: String| text.parse().map_err(|()| BadValue::new(text, ThemeChoice::EXPECTED));
        clap::builder::StringValueParser::new().try_map(theme).parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = clap::builder::PossibleValue> + '_>> {
        Some(Box::new(ThemeChoice::NAMES.into_iter().map(clap::builder::PossibleValue::new)))
    }
}

/// A parser of words that completions and errors can list.
fn words<T>(all: &'static [(&'static str, T)]) -> impl TypedValueParser<Value = T>
where
    T: std::str::FromStr<Err = BadValue> + Clone + Send + Sync + 'static,
{
    clap::builder::PossibleValuesParser::new(all.iter().map(|(word, _)| *word)).try_map(|word| word.parse::<T>())
}

pub(super) fn severity(text: &str) -> Result<Severity, BadValue> {
    Severity::from_word(text.as_bytes())
        .ok_or_else(|| BadValue::new(text, "a severity: trace, debug, info, warn, error or fatal"))
}

/// Checks a time's form; the zone is not known yet.
pub(super) fn time(text: &str) -> Result<String, BadTime> {
    TimeSpec::parse(text, &TimeZone::UTC).map(|_| text.to_owned())
}

pub(super) fn field_test(text: &str) -> Result<FieldTest, BadFieldTest> {
    text.parse()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn parse(words: &[&str]) -> Cli {
        Cli::try_parse_from(["logdeck"].iter().chain(words)).unwrap()
    }

    fn error(words: &[&str]) -> String {
        Cli::try_parse_from(["logdeck"].iter().chain(words)).unwrap_err().to_string()
    }

    fn sources(words: &[&str]) -> Vec<String> {
        let cli = parse(words);
        assert!(cli.command.is_none(), "{words:?}");
        cli.sources.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_grammar_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_first_word_that_names_a_command_is_the_command() {
        assert!(matches!(parse(&["demo"]).command, Some(Command::Demo)));
        assert!(matches!(parse(&["--memory", "1GiB", "demo"]).command, Some(Command::Demo)));
        assert_eq!(sources(&["./demo"]), ["./demo"]);
        assert_eq!(sources(&["app.log", "demo"]), ["app.log", "demo"]);
        assert_eq!(sources(&["--", "demo"]), ["demo"]);
        assert_eq!(sources(&["-"]), ["-"]);
        assert_eq!(sources(&["a.log", "-", "gs://b/c", "--ascii"]), ["a.log", "-", "gs://b/c"]);
        assert_eq!(sources(&[]), [""; 0]);
    }

    #[test]
    fn global_flags_stand_before_or_behind_a_command() {
        for words in [["--stats", "cat", "a"], ["cat", "--stats", "a"], ["cat", "a", "--stats"]] {
            let cli = parse(&words);
            assert!(cli.global.stats && matches!(cli.command, Some(Command::Cat(_))), "{words:?}");
        }
        let cli = parse(&["cat", "-", "--memory", "1GiB", "--theme", "16", "--log-level", "debug"]);
        assert_eq!(cli.global.memory.map(Memory::bytes), Some(1 << 30));
        assert_eq!((cli.global.theme, cli.global.log_level), (Some(ThemeChoice::Sixteen), Some(LogLevel::Debug)));
    }

    #[test]
    fn cat_takes_its_filters() {
        let words = "cat a.log - -s warn --since 10m --until 14:02 --tz -05:30 --grep a --grep -b --not c --where k=v=w \
                     --format json -f --redact";
        let Some(Command::Cat(cat)) = parse(&words.split_whitespace().collect::<Vec<_>>()).command else { panic!() };
        assert_eq!(cat.sources, [Address::Path("a.log".into()), Address::Stdin]);
        assert_eq!(cat.filter.severity, Some(Severity::Warn));
        assert_eq!(cat.filter.tz.map(|zone| zone.to_string()).as_deref(), Some("-05:30"));
        assert_eq!((cat.filter.grep, cat.filter.not), (vec!["a".to_owned(), "-b".to_owned()], vec!["c".to_owned()]));
        assert_eq!(cat.filter.fields, [FieldTest { field: "k".into(), value: "v=w".into() }]);
        assert!(cat.format == OutputFormat::Json && cat.follow && cat.filter.redact && !cat.count);
    }

    #[test]
    fn extract_takes_its_flags() {
        let words =
            "extract a.zip - -b green.zip --baseline b.log --format markdown --max-lines 9 --order time -j 2 --redact";
        let Some(Command::Extract(args)) = parse(&words.split_whitespace().collect::<Vec<_>>()).command else {
            panic!()
        };
        assert_eq!(args.sources, [Address::Path("a.zip".into()), Address::Stdin]);
        assert_eq!(args.baseline, [PathBuf::from("green.zip"), "b.log".into()]);
        assert_eq!((args.format, args.order), (ExtractFormat::Markdown, Order::Time));
        assert_eq!((args.max_lines, args.jobs, args.redact), (Some(9), Some(2), true));
    }

    #[test]
    fn times_without_a_zone_wait_for_it() {
        let Some(Command::Cat(cat)) = parse(&["cat", "--since", "2025-01-02"]).command else { panic!() };
        let utc = cat.filter.window(&TimeZone::UTC).unwrap().since;
        let east = cat.filter.window(&TimeZone::fixed(jiff::tz::offset(2))).unwrap().since;
        assert!(utc.is_some() && utc != east);
    }

    #[test]
    fn wrong_words_say_what_is_expected() {
        let check = |words: &[&str], expected: &str| {
            let text = error(words);
            assert!(text.contains(expected), "{words:?}: {text}");
        };
        check(&["--memory", "5MB", "x"], "8MiB to 1TiB");
        check(&["--theme", "../blue"], "auto, dark, light, 16, mono, ascii");
        check(&["--thme", "dark"], "--theme");
        check(&["github:acme"], "github:OWNER/REPO");
        check(&["cat", "--severity", "loud"], "trace, debug, info, warn, error or fatal");
        check(&["cat", "--since", "tomorrow"], "10m@end");
        check(&["cat", "--where", "status"], "FIELD=VALUE");
        check(&["cat", "--tz", "Mars"], "Europe/Berlin");
        check(&["cat", "--count", "--follow"], "cannot be used with");
        check(&["cat", "--format", "xml"], "text, json, raw");
        check(&["extract", "--jobs", "65"], "1..=64");
        check(&["extract", "--max-lines", "0"], "--max-lines");
        check(&["extract", "--order", "size"], "rank, time");
        check(&["extract", "--format", "raw"], "text, json, markdown");
        check(&["completions", "cmd"], "bash");
        check(&["config"], "init");
    }

    #[test]
    fn a_path_need_not_be_utf_8() {
        use std::os::unix::ffi::OsStringExt;
        let path = OsString::from_vec(b"a\xff.log".to_vec());
        let cli = Cli::try_parse_from([OsString::from("logdeck"), path.clone()]).unwrap();
        assert_eq!(cli.sources, [Address::Path(path.into())]);
    }
}
