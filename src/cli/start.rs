//! `logdeck [SOURCE…]`: decides what opens and whether the screen can show it.
//!
//! Owns that decision. Must not know how the screen draws or how lines are printed.

use super::Usage;
use super::args::{CatArgs, Cli};
use crate::config::{Config, nearest};
use crate::model::Address;
use crate::model::ci::Repo;
use crate::runtime::terminal::{Capabilities, NoScreen};
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

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plan {
    /// The screen on these sources and repositories (with none, the start screen), and what the terminal can do.
    Screen(Vec<Address>, Vec<Repo>, Capabilities),
    /// Lines of these sources, and why not the screen.
    Lines(Vec<Address>, NoScreen),
}

/// What opens: the sources of the command line, else what is given on standard input, else the sources and repositories of the
/// config and the repository that the current directory is a clone of.
///
/// # Errors
/// [`Usage`] when there is nothing to print and no screen to choose something on, or when the first source is no file
/// and looks like a misspelt command.
pub fn plan(
    named: &[Address],
    config: &Config,
    clone: impl FnOnce() -> Option<Repo>,
    input: Input,
    screen: Result<Capabilities, NoScreen>,
) -> Result<Plan, Usage> {
    if let [Address::Path(path), ..] = named {
        misspelt(path, path.exists())?;
    }
    let sources = match (named, input) {
        ([], Input::Given) => vec![Address::Stdin],
        ([], Input::Nothing) => config.sources.clone(),
        (named, _) => named.to_vec(),
    };
    match screen {
        Ok(capabilities) => {
            let mut repos: Vec<Repo> = Vec::new();
            if named.is_empty() && input == Input::Nothing {
                for repo in clone().into_iter().chain(config.github.watched()).chain(config.gitlab.watched()) {
                    // Neither service tells capital letters from small ones.
                    let is_it = |other: &Repo| {
                        (other.forge, &other.host) == (repo.forge, &repo.host)
                            && other.path.eq_ignore_ascii_case(&repo.path)
                    };
                    if !repos.iter().any(is_it) {
                        repos.push(repo);
                    }
                }
            }
            Ok(Plan::Screen(sources, repos, capabilities))
        }
        Err(why) if sources.is_empty() => {
            Err(Usage(format!("{why}, and no source is named: logdeck SOURCE…, or see `logdeck --help`")))
        }
        Err(why) => Ok(Plan::Lines(sources, why)),
    }
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
    /// What prints `sources` as lines. Somebody who sits at a terminal sees them grow; a file or a pipe gets what is there.
    pub fn lines(sources: Vec<Address>, why: NoScreen) -> Self {
        Self { sources, follow: why != NoScreen::NotATerminal, ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Environment;
    use crate::model::ci::Forge;
    use crate::runtime::terminal::capabilities;

    fn addresses(texts: &[&str]) -> Vec<Address> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    fn terminal() -> Result<Capabilities, NoScreen> {
        capabilities::detect(&Environment::of_variables([("TERM", "xterm")]))
    }

    #[test]
    fn what_opens() {
        let config = Config { sources: addresses(&["/configured"]), ..Config::default() };
        let check = |named: &[&str], input, screen: Result<Capabilities, NoScreen>, expected: &[&str]| {
            let sources = match (plan(&addresses(named), &config, || None, input, screen).unwrap(), screen) {
                (Plan::Screen(sources, _, can), Ok(could)) if can == could => sources,
                (Plan::Lines(sources, why), Err(reason)) if why == reason => sources,
                (plan, _) => panic!("{named:?}: {plan:?}"),
            };
            assert_eq!(sources, addresses(expected), "{named:?}");
        };
        check(&["a.log"], Input::Nothing, terminal(), &["a.log"]);
        check(&["a.log"], Input::Given, terminal(), &["a.log"]);
        check(&[], Input::Given, terminal(), &["-"]);
        check(&[], Input::Nothing, terminal(), &["/configured"]);
        check(&[], Input::Nothing, Err(NoScreen::NotATerminal), &["/configured"]);
        check(&["-"], Input::Given, Err(NoScreen::Dumb), &["-"]);
    }

    #[test]
    fn without_a_screen_something_has_to_be_named() {
        let plan = |screen| plan(&[], &Config::default(), || None, Input::Nothing, screen);
        let error = plan(Err(NoScreen::NotATerminal)).unwrap_err().to_string();
        assert!(error.contains("not a terminal") && error.contains("--help"), "{error}");
        assert!(
            matches!(plan(terminal()), Ok(Plan::Screen(sources, repos, _)) if sources.is_empty() && repos.is_empty())
        );
    }

    #[test]
    fn without_arguments_repositories_are_watched() {
        let repo = |forge, path: &str| {
            let host = if forge == Forge::Github { "github.com" } else { "gitlab.com" };
            Repo { forge, host: host.to_owned(), path: path.to_owned() }
        };
        let mut config = Config::default();
        config.github.repos = vec!["acme/web".to_owned(), "acme/api".to_owned()];
        config.gitlab.repos = vec!["acme/a/b".to_owned()];
        let check = |named: &[&str], clone: Option<Repo>, input, expected: &[Repo]| {
            let plan = plan(&addresses(named), &config, || clone, input, terminal()).unwrap();
            let Plan::Screen(_, repos, _) = plan else { panic!("{plan:?}") };
            assert_eq!(repos, expected, "{named:?}");
        };
        let set = [repo(Forge::Github, "acme/web"), repo(Forge::Github, "acme/api"), repo(Forge::Gitlab, "acme/a/b")];
        check(&[], None, Input::Nothing, &set);
        let clone = repo(Forge::Github, "Acme/API");
        let all = [clone.clone(), set[0].clone(), set[2].clone()];
        check(&[], Some(clone.clone()), Input::Nothing, &all);
        check(&["a.log"], Some(clone.clone()), Input::Nothing, &[]);
        check(&[], Some(clone), Input::Given, &[]);
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
}
