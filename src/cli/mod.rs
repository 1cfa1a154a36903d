//! The commands: arguments in, text out, an exit code.
//!
//! Owns which command runs, with which settings, and how errors become exit codes. Must not know the screen's insides.

pub mod args;
mod cat;
mod config;
pub mod discover;
pub mod docs;
mod extract;
mod filter_args;
mod forge;
mod google;
mod live;
pub mod output;
mod pods;
pub mod runs;
mod screen;
pub mod start;
pub mod stats;
mod tail;

pub use args::{CatArgs, Cli, Command, ExtractArgs, OutputFormat};
pub use output::{Exit, Output, Progress};
pub use stats::Counts;

use crate::app::action::ACTIONS;
use crate::app::keymap::Keymap;
use crate::config::{Config, Environment, Loaded, Problem};
use crate::infra::http;
use crate::model::Address;
use crate::runtime::{Opening, terminal};
use crate::sources::Follow;
use anyhow::Context;
use clap::Parser;
use std::{ffi::OsString, io::Write, time::Instant};

/// What every command gets beside its own arguments.
#[derive(Debug)]
pub struct Globals<'e> {
    /// The settings that hold.
    pub config: Config,
    /// The keys that hold.
    pub keymap: Keymap,
    /// Settings that cannot be used and are left out.
    pub notices: Vec<Problem>,
    /// Variables and directories of the process.
    pub environment: &'e Environment,
}

/// Wrong usage that only shows while a command runs, such as a regular expression that is none: exit code 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Usage(pub String);

/// Runs the command line `args`, whose first word is the program's name; prints, and says how to exit.
pub fn main(args: impl IntoIterator<Item = OsString>, environment: &Environment) -> Exit {
    let started = Instant::now();
    let mut out = Output::of_process();
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => return no_command(&error, environment, &mut out),
    };
    let result = run(&cli, environment, &mut out);
    let exit = conclude(result, &mut out);
    if cli.global.stats {
        out.note(&stats::block(&out.counts, started.elapsed(), &stats::Usage::of_process()));
    }
    exit
}

/// Turns a command's result into an exit code, and says what failed.
fn conclude(result: anyhow::Result<Exit>, out: &mut Output) -> Exit {
    let result = result.and_then(|exit| {
        out.flush().context("standard output")?;
        Ok(exit)
    });
    match result {
        Ok(exit) => exit,
        Err(error) if output::is_closed_pipe(&error) => Exit::Done,
        Err(error) => {
            out.error(&format!("{error:#}"));
            if error.is::<Usage>() { Exit::Usage } else { Exit::Failed }
        }
    }
}

/// Help and version go to standard output, a wrong command line to standard error.
fn no_command(error: &clap::Error, environment: &Environment, out: &mut Output) -> Exit {
    if error.use_stderr() {
        out.note(&error.render().to_string());
        return Exit::Usage;
    }
    let text = error.render();
    let styled = out.is_terminal() && environment.os("NO_COLOR").is_none() && environment.text("TERM") != Some("dumb");
    let text = if styled { text.ansi().to_string() } else { text.to_string() };
    let written = out.stdout().write_all(text.as_bytes());
    conclude(written.map(|()| Exit::Done).map_err(Into::into), out)
}

fn run(cli: &Cli, environment: &Environment, out: &mut Output) -> anyhow::Result<Exit> {
    match &cli.command {
        // These work whatever the settings are.
        Some(Command::Completions { shell }) => docs::completions(*shell, out.stdout()).map(|()| Exit::Done),
        Some(Command::Man) => docs::man(out.stdout()).map(|()| Exit::Done),
        Some(Command::Config(command)) => config::run(*command, &cli.global, environment, out),
        Some(Command::Cat(args)) => {
            let globals = globals(cli, args.filter.tz.as_ref(), environment)?;
            warn_of_the_file(&globals, out);
            cat::run(args, &globals, out)
        }
        Some(Command::Tail(args)) => {
            let globals = globals(cli, args.filter.tz.as_ref(), environment)?;
            warn_of_the_file(&globals, out);
            tail::run(args, &globals, out)
        }
        Some(Command::Extract(args)) => {
            let globals = globals(cli, None, environment)?;
            extract::run(args, &globals, out)
        }
        Some(Command::Runs(args)) => {
            let globals = globals(cli, None, environment)?;
            runs::run(args, &globals, out)
        }
        Some(Command::Demo) => {
            let globals = globals(cli, None, environment)?;
            let capabilities = terminal::probe(environment).context("the demo needs a terminal")?;
            screen::run((Opening::Demo, None), capabilities, &globals, out)
        }
        None => {
            let globals = globals(cli, None, environment)?;
            let input = start::Input::of_process();
            let probed = terminal::probe(environment);
            let clone = || forge::of_clone(&globals).ok();
            match start::plan(&cli.sources, &globals.config, clone, input, probed)? {
                start::Plan::Screen(addresses, repos, capabilities) => {
                    let opening = Opening::Sources { addresses, repos };
                    screen::run((opening, cli.baseline.clone()), capabilities, &globals, out)
                }
                start::Plan::Lines(sources, why) => {
                    let args = CatArgs::lines(sources, why);
                    let command = if args.sources.iter().all(tail::is_local) { "cat" } else { "tail" };
                    out.note(&format!("{why}: printing lines, as `logdeck {command}` does"));
                    warn_of_the_file(&globals, out);
                    if command == "cat" {
                        return cat::run(&args, &globals, out);
                    }
                    let follow = if args.follow { Follow::On } else { Follow::Off };
                    tail::run(&tail::TailArgs::of_lines(args.sources, follow), &globals, out)
                }
            }
        }
    }
}

/// What reads a source that only files can be in place of, in words.
fn command_for(source: &Address) -> String {
    match source {
        Address::Github { .. } | Address::Gitlab { .. } => format!("use `logdeck extract {source}`"),
        source => format!("use `logdeck tail {source} --no-follow`"),
    }
}

/// The settings, or what is wrong with them.
fn globals<'e>(
    cli: &Cli,
    tz: Option<&crate::config::Zone>,
    environment: &'e Environment,
) -> anyhow::Result<Globals<'e>> {
    let (loaded, keymap) = load(&cli.global, tz, environment);
    if loaded.problems.is_empty() {
        // What was just typed is checked before anything opens; a file of the settings, when it is needed.
        if let (Some(_), Some(path)) = (&cli.global.ca_file, &loaded.config.github.ca_file) {
            http::check_certificates(path)?;
        }
        return Ok(Globals { config: loaded.config, keymap, notices: loaded.notices, environment });
    }
    let problems: Vec<_> = loaded.problems.iter().map(ToString::to_string).collect();
    anyhow::bail!("the settings are wrong:\n  {}", problems.join("\n  "))
}

/// Where programs are kept that were allowed; nothing without a home directory.
fn consents(environment: &Environment) -> Option<std::path::PathBuf> {
    environment.state_dir().map(|directory| directory.join(crate::runtime::consent::FILE))
}

/// Says that the whole file of settings is left out. What is wrong in it concerns the screen alone.
fn warn_of_the_file(globals: &Globals<'_>, out: &mut Output) {
    for notice in globals.notices.iter().filter(|notice| notice.place.is_none()) {
        out.warn(&notice.to_string());
    }
}

/// The settings, and the keys with those of the user. Bindings that cannot be used are among the notices.
fn load(global: &args::GlobalArgs, tz: Option<&crate::config::Zone>, environment: &Environment) -> (Loaded, Keymap) {
    let file = crate::config::file(global.config.as_deref(), environment);
    let actions: Vec<_> = ACTIONS.iter().map(|action| action.id).collect();
    let mut loaded = crate::config::load(file, environment, &global.overrides(tz), &actions);
    let line = |id: &str| loaded.binding(id).place.map(|place| (place.line, place.column));
    let mut bindings: Vec<_> = loaded.config.keys.iter().collect();
    bindings.sort_by_key(|(id, _)| line(id));
    let bindings = bindings.into_iter().map(|(id, keys)| (id.as_str(), keys.iter().map(String::as_str)));
    let (keymap, conflicts) = Keymap::with(bindings);
    let told = conflicts.iter().map(|conflict| {
        let place = loaded.binding(conflict.action());
        Problem { message: format!("keys: {conflict}"), ..place }
    });
    let told: Vec<_> = told.collect();
    loaded.notices.extend(told);
    loaded.notices.sort_by_key(|problem| problem.place.map(|place| (place.line, place.column)));
    (loaded, keymap)
}
