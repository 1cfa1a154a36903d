//! What is opened while the loop runs: sources, repositories, the demo, and the logs of runs.
//!
//! Owns in which order app, tasks and looks hear of it. Must not know what is in it.

use super::{Loop, Program};
use crate::app::event::Event;
use crate::demo::{Scenario, Stage};
use crate::model::pods::Want;
use crate::model::{Address, SourceId, Want as Asked};
use crate::runtime::browser::{self, Way};
use crate::runtime::consent;
use crate::runtime::demo::{Demo, Loopback};
use crate::runtime::extract::Green;
use crate::runtime::forge::{LogKind, RunLog};
use crate::runtime::terminal::clipboard;
use crate::sources::Settings;
use std::io;
use std::sync::Arc;

impl<P: Program> Loop<P> {
    pub(super) fn open_demo(&mut self) -> Result<String, String> {
        if self.demo.is_some() {
            return Err("the demo is already open".to_owned());
        }
        let failed = |error: &dyn std::fmt::Display| format!("the demo cannot be opened: {error}");
        let scenario = Scenario::bundled().map_err(|error| failed(&error))?;
        let now = self.clock.now();
        let seed = now.0.unsigned_abs();
        let zone = self.tasks.settings().zone.clone();
        let mut stage = Stage::new(&self.temp_dir, seed, &scenario).map_err(|error| failed(&error))?;
        stage.prepare(&scenario, seed, now, &zone).map_err(|error| failed(&error))?;
        let play =
            stage.play(scenario.clone(), seed, now, zone, self.tasks.cancel()).map_err(|error| failed(&error))?;
        let address = Address::Path(stage.directory().to_owned());
        let id = self.program.open(&address, "demo: payments outage");
        self.tasks.open(id, address);
        self.tasks.spawn(play);
        let (mut demo, loopback) = Demo::new(stage, seed, Arc::clone(&self.clock)).map_err(|error| failed(&error))?;
        let repo = loopback.repo();
        self.program.watch(repo.clone(), None);
        self.forges.watch_at(&loopback, &repo, &mut self.tasks);
        let (clock, cancel) = (Arc::clone(&self.clock), self.tasks.cancel());
        let cluster = demo.cluster(scenario.clone(), seed, clock, cancel).map_err(|error| failed(&error))?;
        let (address, settings, play) = cluster;
        let id = self.program.open(&address, "demo: payments outage, pods");
        let settings = Settings { pods: settings, ..self.tasks.settings().clone() };
        self.tasks.open_with(id, address, settings);
        self.tasks.spawn(play);
        self.open_cloud(&mut demo, &loopback, scenario, seed).map_err(|error| failed(&error))?;
        self.demo = Some(demo);
        Ok(self.program.demo_words())
    }

    /// Opens the demo's objects and documents.
    fn open_cloud(&mut self, demo: &mut Demo, loopback: &Loopback, scenario: Scenario, seed: u64) -> io::Result<()> {
        let clock = || Arc::clone(&self.clock);
        let (objects, writing) = demo.storage(scenario, seed, clock(), self.tasks.cancel())?;
        let (documents, changing) = demo.database(clock(), self.tasks.cancel())?;
        self.tasks.spawn(writing);
        self.tasks.spawn(changing);
        let settings = demo.cloud_settings(self.tasks.settings(), loopback);
        for address in std::iter::once(objects).chain(documents) {
            // Which kinds can be read is the table of sources' business.
            if self.tasks.can_open(&address).is_ok() {
                let id = self.program.open(&address, &format!("demo: {address}"));
                self.tasks.open_with(id, address, settings.clone());
            }
        }
        Ok(())
    }

    /// Opens what the user asked for. What cannot be read is said by the source's health, as at the start.
    pub(super) fn open_asked(&mut self, address: Address) -> Result<String, String> {
        if self.forges.repo(&address).is_none() {
            self.tasks.can_open(&address).map_err(|not_yet| not_yet.to_string())?;
        }
        let (label, tab) = (address.to_string(), address.tab().title());
        self.open(address, &label);
        Ok(format!("{label} was added to {tab}"))
    }

    /// Tells a source of pods what is wanted. A program that is allowed is remembered.
    pub(super) fn want_of_pods(&mut self, source: SourceId, want: Want) {
        if let Want::Allow(plugin) = &want {
            self.tasks.allow(plugin.clone());
            if let Some(path) = self.consents.clone() {
                let (plugin, salt) = (plugin.clone(), self.salt());
                let work = move || match consent::allow(&path, &plugin, salt) {
                    Ok(()) => Event::Done(Ok(format!("{} may be run from now on", plugin.command))),
                    Err(error) => {
                        let path = path.display();
                        Event::Done(Err(format!("{} may be run until the end: {path}: {error}", plugin.command)))
                    }
                };
                self.tasks.look(work, self.lanes.outcomes.0.clone());
            }
        }
        self.tasks.want(source, Asked::Pods(want));
    }

    /// Opens a page in a browser; where there is none, its address is shown, and copied.
    pub(super) fn open_page(&mut self, address: String) {
        match self.desktop.way(&address, browser::is_program) {
            Way::Start(command) => {
                self.tasks.spawn(browser::start(command, address, self.lanes.outcomes.0.clone(), self.tasks.cancel()));
            }
            Way::Show(why) => {
                let sent = clipboard::sequence(&address).map(|sequence| self.terminal.copy(sequence)).is_ok();
                let copied = if sent { "to the clipboard: " } else { "" };
                self.update(Event::Done(Ok(format!("{copied}{address} ({why})"))));
            }
        }
    }

    /// The log of a run was fetched.
    pub(super) fn run_log(&mut self, log: RunLog) {
        let RunLog { repo, run, job, log, kind } = log;
        let key = (repo.clone(), run.0, job);
        if let LogKind::Green(passed) = kind {
            if let Some(source) = self.log_sources.get(&key) {
                let green = Green { address: log, passed };
                self.looker.compare(*source, green, self.clock.now(), &mut self.tasks);
            }
            return;
        }
        let id = self.program.open(&log, &log.to_string());
        self.log_sources.insert(key, id);
        self.update(Event::RunLog { repo, run, job, source: id });
        self.tasks.open_held(id, log.clone());
        self.looker.begin(id, log, self.clock.now(), &mut self.tasks);
    }

    pub(super) fn open(&mut self, address: Address, label: &str) {
        if let Some((repo, run)) = self.forges.repo(&address) {
            self.program.watch(repo.clone(), run);
            return self.forges.watch(&repo, &mut self.tasks);
        }
        let id = self.program.open(&address, label);
        match &address {
            // What it is has to be known first: the causes in an archive go before its records.
            Address::Path(_) => {
                self.tasks.open_held(id, address.clone());
                self.looker.begin(id, address, self.clock.now(), &mut self.tasks);
            }
            _ => self.tasks.open(id, address),
        }
    }
}
