//! `cat --follow`: the records of growing inputs as they arrive, each input in its own order.
//!
//! Owns the loop between the sources and standard output. Must not know how a file is followed.

use crate::analysis::matcher::Matcher;
use crate::cli::live::{Form, Printer};
use crate::cli::{Exit, Output};
use crate::infra::clock::SystemClock;
use crate::model::{Address, SourceId, SourceMsg};
use crate::parse::Parser;
use crate::render::Renderer;
use crate::sources::{self, Follow, Outlet, Settings};
use futures_util::future::join_all;
use jiff::tz::TimeZone;
use std::sync::Arc;
use tokio::runtime::{Builder, Handle};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Messages that may wait; then the sources wait.
const LANE: usize = 16;

/// What is printed, and how.
pub struct Plan<'p> {
    /// What is followed.
    pub sources: &'p [Address],
    /// The zone of times without one.
    pub zone: TimeZone,
    /// Reads fields for the filter and for JSON.
    pub parser: Parser,
    /// The filter.
    pub matcher: Matcher,
    /// The format.
    pub renderer: Renderer,
}

/// Prints until all inputs have ended (a followed file never does) or standard output is closed.
///
/// # Errors
/// Those of standard output, and of starting the runtime.
pub fn run(plan: Plan<'_>, out: &mut Output) -> anyhow::Result<Exit> {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_time().build()?;
    let result = runtime.block_on(follow(plan, out));
    // A thread may still stand in a read that nothing ends.
    runtime.shutdown_background();
    result
}

async fn follow(plan: Plan<'_>, out: &mut Output) -> anyhow::Result<Exit> {
    let (to, mut messages) = mpsc::channel(LANE);
    let cancel = CancellationToken::new();
    let settings = Settings::new(plan.zone.clone(), Follow::On, u64::MAX);
    let mut running = Vec::new();
    for (n, address) in plan.sources.iter().enumerate() {
        let source = sources::build(address, &settings).map_err(|error| crate::cli::Usage(error.to_string()))?;
        let id = SourceId(n as u16);
        let outlet = Outlet::new(id, to.clone(), cancel.child_token(), Arc::new(SystemClock), Handle::current());
        running.push(source.run(outlet));
    }
    drop(to);
    let several = plan.sources.len() > 1;
    let form = Form { parser: plan.parser, matcher: plan.matcher, renderer: plan.renderer, several };
    let mut printer = Printer::new(form);
    let mut all = std::pin::pin!(join_all(running));
    let mut ended = false;
    loop {
        tokio::select! {
            biased;
            message = messages.recv() => match message {
                Some(message) => print(message, &mut printer, out)?,
                None => break,
            },
            results = &mut all, if !ended => {
                ended = true;
                for error in results.into_iter().filter_map(Result::err) {
                    printer.problem(&error.to_string(), out);
                }
            }
        }
        if messages.is_empty() {
            out.flush()?;
        }
    }
    cancel.cancel();
    Ok(printer.exit())
}

/// Prints a message as it comes.
fn print(message: SourceMsg, printer: &mut Printer, out: &mut Output) -> anyhow::Result<()> {
    match message {
        SourceMsg::Origin { id, name } => printer.origin(id, &name),
        SourceMsg::Batch { batch, .. } => {
            for record in batch.iter() {
                printer.record(&record, out)?;
            }
            printer.hand_on(out)?;
        }
        SourceMsg::Health { source, health } => printer.health(source, &health, out),
        // Only the screen asks, or opens anew; files tell nothing else.
        SourceMsg::Answer { .. }
        | SourceMsg::Pods { .. }
        | SourceMsg::Objects { .. }
        | SourceMsg::Documents { .. }
        | SourceMsg::Cursor { .. }
        | SourceMsg::Reopened(_) => {}
    }
    Ok(())
}
