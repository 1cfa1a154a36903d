//! `logdeck [SOURCE…]`: decides what opens and whether the screen can show it.
//!
//! Owns that decision. Must not know how the screen draws or how lines are printed.

use super::Usage;
use super::args::{CatArgs, Cli};
use crate::config::{Config, Environment, nearest};
use crate::model::Address;
use clap::CommandFactory;
use rustix::fs::FileType;
use std::path::Path;

/// What standard input is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// A pipe or a file: somebody gave something to read.
    Given,
    /// A terminal, `/dev/null`, or closed.
    Nothing,
}

impl Input {
    /// Asks the system about standard input.
    pub fn of_process() -> Self {
        let kind = rustix::fs::fstat(rustix::stdio::stdin()).map(|stat| FileType::from_raw_mode(stat.st_mode));
        if matches!(kind, Ok(FileType::Fifo | FileType::RegularFile)) { Self::Given } else { Self::Nothing }
    }
}

/// Where standard output goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// A terminal that can move its cursor.
    Terminal,
    /// A terminal that cannot: `TERM=dumb`, or no `TERM`.
    Dumb,
    /// A file or a pipe.
    Other,
}

impl Target {
    /// What standard output is, given whether it is a terminal.
    pub fn of(is_terminal: bool, environment: &Environment) -> Self {
        match (is_terminal, environment.text("TERM")) {
            (false, _) => Self::Other,
            (true, None | Some("dumb")) => Self::Dumb,
            (true, Some(_)) => Self::Terminal,
        }
    }
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plan {
    /// The screen on these sources; with none, the start screen.
    Screen(Vec<Address>),
    /// Lines of these sources, and why not the screen.
    Lines(Vec<Address>, &'static str),
}

/// What opens: the sources of the command line, else what is given on standard input, else those of the config.
///
/// # Errors
/// [`Usage`] when there is nothing to print and no screen to choose something on, or when the first source is no file
/// and looks like a misspelt command.
pub fn plan(named: &[Address], config: &Config, input: Input, target: Target) -> Result<Plan, Usage> {
    if let [Address::Path(path), ..] = named {
        misspelt(path, path.exists())?;
    }
    let sources = match (named, input) {
        ([], Input::Given) => vec![Address::Stdin],
        ([], Input::Nothing) => config.sources.clone(),
        (named, _) => named.to_vec(),
    };
    let why = match target {
        Target::Terminal => return Ok(Plan::Screen(sources)),
        Target::Dumb => "the terminal cannot move its cursor (TERM is dumb or not set)",
        Target::Other => "standard output is not a terminal",
    };
    if sources.is_empty() {
        return Err(Usage(format!("{why}, and no source is named: logdeck SOURCE…, or see `logdeck --help`")));
    }
    Ok(Plan::Lines(sources, why))
}

/// A word without a slash or dot that is no file and nearly the name of a command is a slip.
fn misspelt(path: &Path, exists: bool) -> Result<(), Usage> {
    let Some(word) = path.to_str().filter(|word| !exists && word.bytes().all(|byte| byte.is_ascii_lowercase())) else {
        return Ok(());
    };
    let command = Cli::command();
    let Some(near) = nearest(word, command.get_subcommands().map(clap::Command::get_name)) else { return Ok(()) };
    Err(Usage(format!("there is no file and no command `{word}`; did you mean `logdeck {near}`?")))
}

impl CatArgs {
    /// What prints `sources` as lines and goes on as they grow.
    pub fn following(sources: Vec<Address>) -> Self {
        Self { sources, follow: true, ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(texts: &[&str]) -> Vec<Address> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn what_opens() {
        let config = Config { sources: addresses(&["/configured"]), ..Config::default() };
        let check = |named: &[&str], input, target, expected: &[&str]| {
            let plan = plan(&addresses(named), &config, input, target).unwrap();
            let (sources, screen) = match plan {
                Plan::Screen(sources) => (sources, true),
                Plan::Lines(sources, _) => (sources, false),
            };
            assert_eq!((sources, screen), (addresses(expected), target == Target::Terminal), "{named:?}");
        };
        check(&["a.log"], Input::Nothing, Target::Terminal, &["a.log"]);
        check(&["a.log"], Input::Given, Target::Terminal, &["a.log"]);
        check(&[], Input::Given, Target::Terminal, &["-"]);
        check(&[], Input::Nothing, Target::Terminal, &["/configured"]);
        check(&[], Input::Nothing, Target::Other, &["/configured"]);
        check(&["-"], Input::Given, Target::Dumb, &["-"]);
    }

    #[test]
    fn without_a_screen_something_has_to_be_named() {
        let config = Config::default();
        let error = plan(&[], &config, Input::Nothing, Target::Other).unwrap_err().to_string();
        assert!(error.contains("not a terminal") && error.contains("--help"), "{error}");
        assert_eq!(plan(&[], &config, Input::Nothing, Target::Terminal).unwrap(), Plan::Screen(vec![]));
    }

    #[test]
    fn slips_of_commands_are_told() {
        let check = |word: &str, exists: bool, expected: Option<&str>| {
            let said = misspelt(Path::new(word), exists).err().map(|error| error.to_string());
            match (&said, expected) {
                (Some(said), Some(expected)) => assert!(said.contains(expected), "{word}: {said}"),
                (said, expected) => assert_eq!(said.as_deref(), expected, "{word}"),
            }
        };
        check("dmeo", false, Some("logdeck demo"));
        check("confg", false, Some("logdeck config"));
        check("dmeo", true, None);
        check("./dmeo", false, None);
        check("app.log", false, None);
    }

    #[test]
    fn terminals() {
        let check = |is_terminal, term: &[(&str, &str)], expected| {
            assert_eq!(Target::of(is_terminal, &Environment::of_variables(term.iter().copied())), expected, "{term:?}");
        };
        check(true, &[("TERM", "xterm-256color")], Target::Terminal);
        check(true, &[("TERM", "dumb")], Target::Dumb);
        check(true, &[], Target::Dumb);
        check(false, &[("TERM", "xterm")], Target::Other);
    }
}
