//! `logdeck runs`: runs of CI services, for people and for scripts.
//!
//! Owns which runs are meant. Must not know how a service is asked; `table` and `json` have the forms of the output.

pub mod json;
pub mod table;

#[cfg(test)]
mod tests;

use super::args::{RunsArgs, RunsFormat};
use super::forge::{Desk, Service, of_clone};
use super::{Exit, Globals, Output, Usage};
use crate::model::ci::{Progress, RunFilter};
use std::io::Write;

/// Runs `logdeck runs`.
///
/// # Errors
/// [`Usage`] when no repository is named and the current directory is no clone of one; what the service refuses.
pub fn run(args: &RunsArgs, globals: &Globals<'_>, out: &mut Output) -> anyhow::Result<Exit> {
    let desk = Desk::new(globals);
    let repo = match &args.source {
        None => of_clone(globals)?,
        Some(address) => match desk.wanted(address) {
            Some((_, wanted)) if wanted.run.is_some() => {
                return Err(
                    Usage(format!("{address}: names one run; `logdeck extract {address}` reads its log")).into()
                );
            }
            Some((repo, _)) => repo,
            None => {
                return Err(Usage(format!("{address}: `runs` takes github:OWNER/REPO or gitlab:GROUP/PROJECT")).into());
            }
        },
    };
    let service = Service::new(repo.clone(), &desk)?;
    let filter = RunFilter {
        branch: args.branch.clone().unwrap_or_default(),
        workflow: args.workflow.clone().unwrap_or_default(),
        actor: String::new(),
        only: args.failed.then_some(Progress::Failed),
    };
    let mut runs = service.runs(&filter, usize::from(args.limit))?;
    runs.truncate(usize::from(args.limit));
    let text = match args.format {
        RunsFormat::Table => {
            let environment = globals.environment;
            let is_dumb = matches!(environment.text("TERM"), None | Some("dumb"));
            let is_coloured = out.is_terminal() && environment.os("NO_COLOR").is_none() && !is_dumb;
            let width = out.is_terminal().then(width).flatten();
            let colours = if is_coloured { table::Colours::On } else { table::Colours::Off };
            table::table(&[(repo, runs)], service.server_now(), colours, width)
        }
        RunsFormat::Json => json::lines(&[(repo, runs)]),
    };
    out.stdout().write_all(text.as_bytes())?;
    if service.is_anonymous() {
        out.note("asked without a token: 60 requests an hour (set GITHUB_TOKEN, or log in with gh)");
    }
    Ok(Exit::Done)
}

/// The terminal's columns.
fn width() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(rustix::stdio::stdout()).ok()?;
    Some(usize::from(size.ws_col)).filter(|columns| *columns > 0)
}
