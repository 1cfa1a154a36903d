//! `logdeck runs`: the runs of a repository's CI.
//!
//! Owns their rows and their JSON. Must not know how services are asked.

use super::args::{RunsArgs, RunsFormat};
use super::forge::{Service, of_address, of_clone};
use super::{Exit, Globals, Output, Usage};
use crate::app::format::age;
use crate::infra::clock::SystemClock;
use crate::model::Timestamp;
use crate::model::ci::{Progress, Repo, Run, RunFilter};
use crate::parse::text::safe_line;
use crate::ports::Clock;
use crate::render::json::string;
use std::io::Write;
use unicode_width::UnicodeWidthStr;

/// Columns of a branch's or workflow's name.
const NAME: usize = 28;

/// Runs `logdeck runs`.
///
/// # Errors
/// [`Usage`] when no repository is named and the current directory is no clone of one; what the service refuses.
pub fn run(args: &RunsArgs, globals: &Globals<'_>, out: &mut Output) -> anyhow::Result<Exit> {
    let repo = match &args.source {
        None => of_clone(globals)?.0,
        Some(address) => match of_address(address, globals) {
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
    let service = Service::new(repo.clone(), globals)?;
    let filter = RunFilter {
        branch: args.branch.clone().unwrap_or_default(),
        workflow: args.workflow.clone().unwrap_or_default(),
        actor: String::new(),
        only: args.failed.then_some(Progress::Failed),
    };
    let mut runs = service.runs(&filter, usize::from(args.limit))?;
    runs.truncate(usize::from(args.limit));
    let text = match args.format {
        RunsFormat::Table => table(&runs, SystemClock.now()),
        RunsFormat::Json => runs.iter().map(|run| json(&repo, run)).collect(),
    };
    out.stdout().write_all(text.as_bytes())?;
    if runs.is_empty() {
        out.note("no runs");
    } else if service.is_anonymous() {
        out.note("asked without a token: 60 requests an hour (set GITHUB_TOKEN, or log in with gh)");
    }
    Ok(Exit::Done)
}

/// One row a run, aligned, the newest first. Names are safe for a terminal.
fn table(runs: &[Run], now: Timestamp) -> String {
    let mut rows = vec![["RUN", "RESULT", "WORKFLOW", "BRANCH", "COMMIT", "TOOK", "STARTED", "ID"].map(str::to_owned)];
    rows.extend(runs.iter().map(|run| {
        let took = run.started.zip(run.updated).filter(|_| run.progress.is_over());
        [
            format!("#{}", run.number),
            word(run.progress).to_owned(),
            short(&run.workflow),
            short(&run.branch),
            short(run.sha.get(..7).unwrap_or(&run.sha)),
            took.map(|(from, to)| age(to.0.saturating_sub(from.0).max(0))).unwrap_or_default(),
            run.started.map(|from| format!("{} ago", age(now.0.saturating_sub(from.0).max(0)))).unwrap_or_default(),
            run.id.to_string(),
        ]
    }));
    let widths: Vec<usize> =
        (0..8).map(|column| rows.iter().map(|row| row[column].width()).max().unwrap_or(0)).collect();
    let mut text = String::new();
    for row in &rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(cell);
            line.extend(std::iter::repeat_n(' ', width - cell.width() + 2));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// A name as far as there is room for it.
fn short(name: &str) -> String {
    let safe = safe_line(name.as_bytes());
    crate::app::text::shorten(&safe, NAME, '~')
}

const fn word(progress: Progress) -> &'static str {
    match progress {
        Progress::Waiting => "waiting",
        Progress::Running => "running",
        Progress::Passed => "passed",
        Progress::Failed => "failed",
        Progress::TimedOut => "timed out",
        Progress::Cancelled => "cancelled",
        Progress::Skipped => "skipped",
        Progress::Tolerated => "tolerated",
        Progress::Unknown => "unknown",
    }
}

/// One object, on a line.
fn json(repo: &Repo, run: &Run) -> String {
    let mut out = Vec::new();
    let text = |key: &str, value: &str, out: &mut Vec<u8>| {
        out.extend_from_slice(if out.is_empty() { b"{" } else { b"," });
        string(key, out);
        out.push(b':');
        string(value, out);
    };
    text("repo", &format!("{}/{}", repo.host, repo.path), &mut out);
    for (key, value) in [
        ("result", word(run.progress)),
        ("workflow", &run.workflow),
        ("branch", &run.branch),
        ("sha", &run.sha),
        ("title", &run.title),
        ("event", &run.event),
        ("actor", &run.actor),
        ("page", &run.page),
    ] {
        text(key, value, &mut out);
    }
    for (key, time) in [("started", run.started), ("updated", run.updated)] {
        match time.and_then(|time| jiff::Timestamp::from_nanosecond(i128::from(time.0)).ok()) {
            Some(time) => text(key, &time.to_string(), &mut out),
            None => out.extend_from_slice(format!(",\"{key}\":null").as_bytes()),
        }
    }
    for (key, number) in [("id", run.id), ("number", run.number), ("attempt", u64::from(run.attempt))] {
        out.extend_from_slice(format!(",\"{key}\":{number}").as_bytes());
    }
    out.extend_from_slice(b"}\n");
    String::from_utf8_lossy(&out).into_owned()
}
