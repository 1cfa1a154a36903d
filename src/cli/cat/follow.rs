//! `cat --follow`: the records of growing inputs as they arrive, each input in its own order.
//!
//! Owns the loop between the sources and standard output. Must not know how a file is followed.

use crate::analysis::matcher::Matcher;
use crate::cli::{Exit, Output};
use crate::infra::clock::SystemClock;
use crate::model::{Address, Health, OriginId, SourceId, SourceMsg, State};
use crate::parse::Parser;
use crate::render::Renderer;
use crate::sources::pods;
use crate::sources::{self, Follow, Outlet, Settings};
use futures_util::future::join_all;
use jiff::tz::TimeZone;
use std::collections::HashMap;
use std::io::Write;
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
    let settings = Settings { zone: plan.zone.clone(), follow: Follow::On, window_bytes: u64::MAX, pods: pods::Settings::default() };
    let mut running = Vec::new();
    for (n, address) in plan.sources.iter().enumerate() {
        let source = sources::build(address, &settings).map_err(|error| crate::cli::Usage(error.to_string()))?;
        let id = SourceId(n as u16);
        let outlet = Outlet::new(id, to.clone(), cancel.child_token(), Arc::new(SystemClock), Handle::current());
        running.push(source.run(outlet));
    }
    drop(to);
    let mut printer = Printer::new(plan);
    let mut all = std::pin::pin!(join_all(running));
    let mut ended = false;
    loop {
        tokio::select! {
            biased;
            message = messages.recv() => match message {
                Some(message) => printer.message(message, out)?,
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
    Ok(if printer.partial { Exit::Partial } else { Exit::Done })
}

struct Printer<'p> {
    plan: Plan<'p>,
    renderers: HashMap<OriginId, Renderer>,
    health: HashMap<SourceId, (State, String)>,
    buffer: Vec<u8>,
    line: Vec<u8>,
    partial: bool,
}

impl<'p> Printer<'p> {
    fn new(plan: Plan<'p>) -> Self {
        Self {
            plan,
            renderers: HashMap::new(),
            health: HashMap::new(),
            buffer: Vec::new(),
            line: Vec::new(),
            partial: false,
        }
    }

    fn message(&mut self, message: SourceMsg, out: &mut Output) -> anyhow::Result<()> {
        match message {
            SourceMsg::Origin { id, name } => {
                self.plan.matcher.add_origin(id, &name);
                let several = self.plan.sources.len() > 1 || !self.renderers.is_empty();
                if several {
                    for renderer in self.renderers.values_mut() {
                        renderer.show_origin();
                    }
                }
                self.renderers.insert(id, self.plan.renderer.of_origin(&name, several));
            }
            SourceMsg::Batch { batch, .. } => {
                self.buffer.clear();
                for record in batch.iter() {
                    out.counts.records += 1;
                    out.counts.lines += 1 + memchr::memchr_iter(b'\n', record.raw).count() as u64;
                    out.counts.bytes += record.raw.len() as u64 + 1;
                    if self.plan.matcher.matches(&record, &mut self.plan.parser) {
                        self.line.clear();
                        self.line.extend_from_slice(record.raw);
                        self.line.push(b'\n');
                        if let Some(renderer) = self.renderers.get_mut(&record.origin) {
                            renderer.record(&record, &self.line, &mut self.plan.parser, &mut self.buffer);
                        }
                    } else if let Some(renderer) = self.renderers.get_mut(&record.origin) {
                        renderer.pass(&record);
                    }
                }
                out.stdout().write_all(&self.buffer)?;
            }
            SourceMsg::Health { source, health } => self.health(source, &health, out),
            // Only the screen asks, or opens anew.
            SourceMsg::Answer { .. } | SourceMsg::Pods { .. } | SourceMsg::Reopened(_) => {}
        }
        Ok(())
    }

    /// Says what is wrong, once for each change.
    fn health(&mut self, source: SourceId, health: &Health, out: &mut Output) {
        let new = (health.state, health.detail.clone());
        if self.health.insert(source, new.clone()).as_ref() == Some(&new) {
            return;
        }
        match health.state {
            State::Failed | State::Partial => self.problem(&health.detail, out),
            State::Waiting => out.note(&health.detail),
            State::Starting | State::Reading | State::Following | State::Done => {}
        }
    }

    fn problem(&mut self, text: &str, out: &mut Output) {
        self.partial = true;
        out.warn(text);
    }
}
