//! One place (a context and a namespace) from its kubeconfig to its last line: watches, streams, and what people want.
//!
//! Owns the order of these. Must not decide what rows, events or places in logs mean.

use super::changes::Changes;
use super::describe;
use super::desk::{Desk, Start};
use super::events;
use super::events::Events;
use super::extras;
use super::follow;
use super::follow::{First, Report, Shared, Target};
use super::health::{Kind, Trouble};
use super::places;
use super::previous;
use super::select::Selection;
use super::settings::Extras;
use super::sink::Sink;
use super::watch::Told;
use crate::model::pods::{News, PodKey, Scope, StreamState, Want};
use crate::model::{Health, OriginId, State, Timestamp, Want as Asked};
use crate::sources::Follow;
use crate::sources::driver::Closed;
use k8s_openapi::api::core::v1 as core;
use kube::runtime::watcher::Event;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// How often rows are told at most.
const TELL: Duration = Duration::from_millis(250);

/// How often it is looked how far behind lines come.
const MEASURE: Duration = Duration::from_secs(1);

/// Logs that are read at once when nothing is followed.
const READERS: usize = 8;

/// Messages of watches and streams that may wait.
const WAITING: usize = 1024;

/// Events that are kept, for descriptions.
const MAX_EVENTS: usize = 5000;

/// Failures of the first list until one that follows nothing gives up.
const GIVE_UP: u32 = 3;

/// Without these nobody knows which pods are meant. Jobs are watched only where that is so.
const NEEDED: [&str; 2] = ["pods", "jobs.batch"];

/// The name of what is wrong when a part of it panicked.
const DEFECT: &str = "logdeck";

/// Why a session ended.
#[derive(Debug)]
pub enum Next {
    /// Everything was read.
    Done,
    /// This is wanted, which this session cannot do.
    Want(Want),
}

/// What came of work beside the session.
#[derive(Debug)]
pub enum Back {
    /// The namespaces that there are.
    Namespaces(Vec<String>),
    /// What was wanted cannot be had.
    Cannot(String),
}

/// One place at work.
pub struct Session<'s> {
    shared: Arc<Shared>,
    selection: Selection,
    /// The namespace; none for all.
    namespace: Option<String>,
    scope: Scope,
    wants: &'s mut mpsc::Receiver<Asked>,
    contexts: Vec<String>,
    desk: Desk,
    events: Events,
    changes: Changes,
    recent: HashMap<String, core::Event>,
    /// Events of a list, until it is complete: they are told by their time.
    listed: Option<Vec<core::Event>>,
    sinks: HashMap<&'static str, Sink>,
    troubles: BTreeMap<&'static str, (Trouble, Option<Timestamp>)>,
    tasks: JoinSet<Result<(), Closed>>,
    back: mpsc::Sender<Back>,
    /// Runs before, which were read already.
    read: HashSet<(String, String, String)>,
    is_dirty: bool,
    told: Instant,
    fails: u32,
}

/// What a session is begun with.
pub struct Begin<'s> {
    /// What its streams share; its reports come to `reports`.
    pub shared: Arc<Shared>,
    /// How streams are.
    pub reports: mpsc::Receiver<Report>,
    /// Which pods.
    pub selection: Selection,
    /// The namespace; none for all.
    pub namespace: Option<String>,
    /// Where it is.
    pub scope: Scope,
    /// What people want.
    pub wants: &'s mut mpsc::Receiver<Asked>,
    /// The kubeconfig's contexts.
    pub contexts: Vec<String>,
    /// Namespaces that the kubeconfig names.
    pub namespaces: Vec<String>,
}

/// Works until everything is read, another place is wanted, or the source has to stop.
///
/// # Errors
/// The source has to stop.
pub async fn run(begin: Begin<'_>) -> Result<Next, Closed> {
    let Begin { shared, mut reports, selection, namespace, scope, wants, contexts, namespaces } = begin;
    let (back, mut backs) = mpsc::channel(16);
    let (tell, mut told) = mpsc::channel(WAITING);
    let desk = Desk::new(&selection);
    let mut session = Session {
        shared,
        selection,
        namespace,
        scope,
        wants,
        contexts,
        desk,
        events: Events::default(),
        changes: Changes::default(),
        recent: HashMap::new(),
        listed: None,
        sinks: HashMap::new(),
        troubles: BTreeMap::new(),
        tasks: JoinSet::new(),
        back,
        read: HashSet::new(),
        is_dirty: true,
        told: Instant::now().checked_sub(TELL).unwrap_or_else(Instant::now),
        fails: 0,
    };
    session.begin(&tell, namespaces).await?;
    drop(tell);
    let cancel = session.shared.out.cancel().clone();
    let mut settles: Option<Timestamp> = None;
    let mut measure = tokio::time::interval(MEASURE);
    loop {
        let due = session.is_dirty.then_some(session.told + TELL);
        let settle = settles.map(|at| Duration::from_nanos((at.0 - session.shared.out.now().0).max(0) as u64));
        tokio::select! {
            () = cancel.cancelled() => return Err(Closed),
            Some(Asked::Pods(want)) = session.wants.recv() => {
                if let Some(next) = session.want(want).await? {
                    return Ok(next);
                }
            }
            Some(one) = told.recv() => {
                session.told(one).await?;
                // Many come at once: they are one change of the picture.
                while let Ok(one) = told.try_recv() {
                    session.told(one).await?;
                }
                session.start().await?;
            }
            Some(report) = reports.recv() => {
                session.report(report);
                while let Ok(report) = reports.try_recv() {
                    session.report(report);
                }
                session.start().await?;
            }
            Some(back) = backs.recv() => session.back(back).await?,
            Some(ended) = session.tasks.join_next() => {
                if ended.is_err() {
                    session.defect();
                }
            }
            () = at(due) => {
                settles = session.desk.settle(session.shared.out.now());
                session.tell().await?;
            }
            _ = measure.tick() => session.is_dirty |= session.desk.measure(),
            () = after(settle) => {
                settles = None;
                session.is_dirty = true;
            }
        }
        if session.is_done() {
            session.tell().await?;
            return session.done().await;
        }
    }
}

async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

async fn after(time: Option<Duration>) {
    match time {
        Some(time) => tokio::time::sleep(time + Duration::from_millis(10)).await,
        None => std::future::pending().await,
    }
}

impl Session<'_> {
    async fn begin(&mut self, tell: &mpsc::Sender<Told>, namespaces: Vec<String>) -> Result<(), Closed> {
        let out = self.shared.out.clone();
        out.pods_async(News::Scope(Box::new(self.scope.clone()))).await?;
        out.health_async(Health::new(State::Starting, format!("asking {}", self.scope.server))).await?;
        let (link, selection) = (self.shared.link.clone(), &self.selection);
        let with_extras = self.shared.settings.extras == Extras::On && self.shared.follow == Follow::On;
        extras::watch_all(&mut self.tasks, &link, self.namespace.as_deref(), selection, with_extras, tell);
        if self.shared.follow == Follow::On {
            let (back, contexts) = (self.back.clone(), self.contexts.clone());
            let known = namespaces;
            out.pods_async(News::Places(crate::model::pods::Places { contexts, namespaces: known.clone() })).await?;
            self.tasks.spawn(places::namespaces(link, known, back));
        }
        Ok(())
    }

    async fn told(&mut self, told: Told) -> Result<(), Closed> {
        let now = self.shared.out.now();
        if !matches!(&told, Told::Health { trouble: Some(_), .. }) {
            self.scope.last = Some(now);
        }
        match told {
            Told::Health { what, trouble, next } => self.health(what, trouble, next),
            Told::Pod(event) => {
                self.is_dirty = true;
                match event {
                    Event::Init => self.desk.begin(),
                    Event::InitApply(pod) | Event::Apply(pod) => {
                        self.desk.put(pod, &self.selection, now);
                    }
                    Event::InitDone => self.desk.complete(),
                    Event::Delete(pod) => self.desk.remove(pod.metadata.uid.as_deref().unwrap_or_default()),
                }
            }
            Told::Job(Event::InitApply(job) | Event::Apply(job)) => {
                let owner = job.metadata.owner_references.iter().flatten().find(|owner| owner.kind == "CronJob");
                let name = job.metadata.name.as_deref().unwrap_or_default();
                self.is_dirty |= self.desk.job(name, owner.map(|owner| owner.name.as_str()), &self.selection, now);
            }
            Told::Job(Event::InitDone) => {
                self.is_dirty = true;
                self.desk.complete_jobs();
            }
            // Its pods are its own until they are gone, too.
            Told::Job(Event::Init | Event::Delete(_)) => {}
            Told::Event(event) => self.event(event, now).await?,
            other => {
                for told in extras::changes(&mut self.changes, other, now) {
                    if !self.selection.is_all() && !self.is_selected(told.kind, &told.name) {
                        continue;
                    }
                    let fields =
                        [("kind", told.kind), ("name", told.name.as_str()), ("namespace", told.namespace.as_str())];
                    let line = events::line(told.change.at, told.level, &told.change.what, &fields);
                    self.line("changes", &line).await?;
                    self.shared.out.pods_async(News::Change(told.change)).await?;
                }
                self.finish_lines().await?;
            }
        }
        Ok(())
    }

    async fn event(&mut self, event: Event<core::Event>, now: Timestamp) -> Result<(), Closed> {
        match event {
            Event::Init => self.listed = Some(Vec::new()),
            Event::InitApply(event) => match &mut self.listed {
                Some(listed) => listed.push(event),
                None => self.one_event(&event, now).await?,
            },
            Event::InitDone => {
                let mut listed = self.listed.take().unwrap_or_default();
                // Those that went while nobody watched.
                self.recent.clear();
                listed.sort_by_key(events::when);
                for event in listed {
                    self.one_event(&event, now).await?;
                }
            }
            Event::Apply(event) => self.one_event(&event, now).await?,
            Event::Delete(event) => {
                self.recent.remove(event.metadata.uid.as_deref().unwrap_or_default());
            }
        }
        self.finish_lines().await
    }

    async fn one_event(&mut self, event: &core::Event, now: Timestamp) -> Result<(), Closed> {
        let object = &event.involved_object;
        let (kind, name) = (object.kind.as_deref().unwrap_or_default(), object.name.as_deref().unwrap_or_default());
        if !self.selection.is_all() && !self.is_selected(kind, name) {
            return Ok(());
        }
        if kind == "Pod" {
            let uid = event.metadata.uid.clone().unwrap_or_default();
            if self.recent.len() < MAX_EVENTS || self.recent.contains_key(&uid) {
                self.recent.insert(uid, event.clone());
            }
        }
        match self.events.line(event, now) {
            Some((_, line)) => self.line("events", &line).await,
            None => Ok(()),
        }
    }

    fn is_selected(&self, kind: &str, name: &str) -> bool {
        let is_it = self.selection.workload.as_ref().is_some_and(|(own, of)| own.name() == kind && of == name);
        is_it || self.desk.is_about(kind, name)
    }

    /// A line of a log of the cluster's own.
    async fn line(&mut self, origin: &'static str, line: &str) -> Result<(), Closed> {
        let sink = match self.sinks.entry(origin) {
            std::collections::hash_map::Entry::Occupied(sink) => sink.into_mut(),
            std::collections::hash_map::Entry::Vacant(place) => {
                let id = self.shared.out.origin_async(origin).await?;
                place.insert(Sink::new(id, &self.shared.zone, &self.shared.out))
            }
        };
        sink.feed(line.as_bytes());
        Ok(())
    }

    async fn finish_lines(&mut self) -> Result<(), Closed> {
        for sink in self.sinks.values_mut() {
            sink.finish().await?;
        }
        Ok(())
    }

    fn health(&mut self, what: &'static str, trouble: Option<Trouble>, next: Option<Timestamp>) {
        // Who follows nothing reads what was listed, however the watches go on.
        if self.shared.follow == Follow::Off && self.desk.is_listed() {
            return;
        }
        self.is_dirty = true;
        match trouble {
            Some(trouble) => {
                if NEEDED.contains(&what) {
                    self.fails += 1;
                }
                self.troubles.insert(what, (trouble, next));
            }
            None => {
                self.troubles.remove(what);
            }
        }
    }

    /// A watch or a reader panicked: what it would have told is missing from now on.
    fn defect(&mut self) {
        self.is_dirty = true;
        let words = "a part of logdeck stopped with a defect: not all is shown; opening the source again may help";
        self.troubles.insert(DEFECT, (Trouble::new(Kind::Server, words), None));
    }

    fn report(&mut self, report: Report) {
        let Report { uid, container, state, gaps, is_last } = report;
        self.is_dirty |= self.desk.report(&uid, &container, state, gaps, is_last);
    }

    /// Starts what is to be read.
    async fn start(&mut self) -> Result<(), Closed> {
        if !self.desk.is_listed() {
            return Ok(());
        }
        let most = match self.shared.follow {
            Follow::On => self.shared.settings.max_streams,
            Follow::Off => READERS,
        };
        for start in self.desk.start(&self.selection, most, &self.shared.skews) {
            let origin = self.origin(&start.pod, &start.container, "").await?;
            self.desk.origin(&start.pod.uid, &start.container, origin);
            self.is_dirty = true;
            let Start { pod, short, container, runs, meter, is_first } = start;
            let first = if is_first { First::Tail(self.shared.settings.lines) } else { First::Whole };
            let label = format!("{short}/{container}");
            let target = Target { pod, container, label, origin, first, meter };
            self.tasks.spawn(follow::follow(self.shared.clone(), target, runs));
        }
        Ok(())
    }

    async fn origin(&self, pod: &PodKey, container: &str, behind: &str) -> Result<OriginId, Closed> {
        let name = match &self.namespace {
            Some(_) => format!("{}/{container}{behind}", pod.name),
            None => format!("{}/{}/{container}{behind}", pod.namespace, pod.name),
        };
        self.shared.out.origin_async(&name).await
    }

    async fn want(&mut self, want: Want) -> Result<Option<Next>, Closed> {
        match want {
            Want::Refresh => self.shared.link.try_now(),
            Want::Describe(pod) => match self.desk.pod(&pod.uid) {
                None => self.cannot(format!("pod {} is not known any more", pod.name)).await?,
                Some((object, row)) => {
                    let of_pod = |event: &&core::Event| event.involved_object.uid.as_deref() == Some(&pod.uid);
                    let events: Vec<core::Event> = self.recent.values().filter(of_pod).cloned().collect();
                    let text = describe::describe(object, &row, &events, self.shared.out.now());
                    self.shared.out.pods_async(News::Described { pod, text }).await?;
                }
            },
            Want::Previous { pod, container } => self.previous(&pod, container).await?,
            other => return Ok(Some(Next::Want(other))),
        }
        Ok(None)
    }

    async fn previous(&mut self, pod: &PodKey, container: Option<String>) -> Result<(), Closed> {
        let Some((object, row)) = self.desk.pod(&pod.uid) else {
            return self.cannot(format!("pod {} is not known any more", pod.name)).await;
        };
        let wanted = row.containers.iter().filter(|c| container.as_ref().is_none_or(|name| *name == c.name));
        let runs: Vec<_> = wanted.map(|c| (c.name.clone(), super::runs::runs(object, &c.name).before)).collect();
        let mut had = 0;
        for (name, before) in runs {
            let Some(before) = before else { continue };
            had += 1;
            if !self.read.insert((pod.uid.clone(), name.clone(), before.id.clone())) {
                self.cannot(format!("the run of {}/{name} before this one has been read already", row.short)).await?;
                continue;
            }
            let origin = self.origin(pod, &name, " (previous)").await?;
            self.is_dirty |= self.desk.origin(&pod.uid, &name, origin);
            let label = format!("{}/{name}", row.short);
            self.tasks.spawn(previous::read(
                self.shared.clone(),
                pod.clone(),
                name,
                label,
                before,
                origin,
                self.back.clone(),
            ));
        }
        if had == 0 {
            let of = container.map_or_else(|| row.short.clone(), |name| format!("{}/{name}", row.short));
            self.cannot(format!("{of} has no run before this one")).await?;
        }
        Ok(())
    }

    async fn cannot(&self, why: String) -> Result<(), Closed> {
        self.shared.out.pods_async(News::Cannot(why)).await
    }

    async fn back(&mut self, back: Back) -> Result<(), Closed> {
        match back {
            Back::Namespaces(namespaces) => {
                let places = crate::model::pods::Places { contexts: self.contexts.clone(), namespaces };
                self.shared.out.pods_async(News::Places(places)).await
            }
            Back::Cannot(why) => self.cannot(why).await,
        }
    }

    /// Tells rows, place and health.
    async fn tell(&mut self) -> Result<(), Closed> {
        self.is_dirty = false;
        self.told = Instant::now();
        let rows = self.desk.rows();
        self.scope.problems.clear();
        for (trouble, _) in self.troubles.values() {
            // A server that is away is away for every watch.
            if !self.scope.problems.contains(&trouble.words) {
                self.scope.problems.push(trouble.words.clone());
            }
        }
        let refused = rows.iter().flat_map(|pod| &pod.containers).find_map(|container| match &container.stream {
            StreamState::Refused(why) => Some(why.clone()),
            _ => None,
        });
        if let Some(why) = refused.filter(|why| !self.scope.problems.contains(why)) {
            self.scope.problems.push(why);
        }
        self.scope.next = self
            .troubles
            .values()
            .filter(|(trouble, _)| trouble.kind == Kind::Unreachable)
            .filter_map(|(_, at)| *at)
            .min();
        let out = &self.shared.out;
        // Before the first list nobody knows whether there are any.
        if self.desk.is_listed() {
            out.pods_async(News::Pods(Arc::new(rows))).await?;
        }
        out.pods_async(News::Scope(Box::new(self.scope.clone()))).await?;
        out.health_async(self.health_now()).await
    }

    /// What is wrong with that without which nothing is read.
    fn trouble(&self) -> Option<&(Trouble, Option<Timestamp>)> {
        NEEDED.iter().find_map(|what| self.troubles.get(what))
    }

    fn health_now(&self) -> Health {
        let place =
            self.namespace.as_ref().map_or_else(|| "all namespaces".to_owned(), |name| format!("namespace {name}"));
        let of = if self.scope.selection.is_empty() { String::new() } else { format!(" of {}", self.scope.selection) };
        if let Some((trouble, next)) = self.trouble() {
            return Health { next_try: *next, ..Health::new(State::Failed, trouble.words.clone()) };
        }
        if !self.desk.is_listed() {
            return Health::new(State::Starting, format!("asking {}", self.scope.server));
        }
        let (pods, streams) = self.desk.counts();
        if pods == 0 {
            return Health::new(State::Waiting, format!("no pods{of} in {place}"));
        }
        match self.scope.problems.first() {
            Some(problem) => Health::new(State::Partial, problem.clone()),
            None if self.shared.follow == Follow::Off => {
                Health::new(State::Reading, format!("reading {pods} pods{of} in {place}"))
            }
            None => {
                let logs = if streams == 1 { "log".to_owned() } else { "logs".to_owned() };
                let many = if pods == 1 { "pod" } else { "pods" };
                Health::new(State::Following, format!("{streams} {logs} of {pods} {many}{of} in {place}"))
            }
        }
    }

    /// Whether one that follows nothing has read all, or will never read anything.
    fn is_done(&self) -> bool {
        let is_off = self.shared.follow == Follow::Off;
        let is_hopeless = self.trouble().is_some_and(|(trouble, _)| {
            matches!(trouble.kind, Kind::Forbidden | Kind::Refused | Kind::Missing) || self.fails >= GIVE_UP
        });
        // Nobody knows whom it would wait for.
        let is_broken = self.troubles.contains_key(DEFECT);
        is_off && (is_broken || if self.desk.is_listed() { !self.desk.is_reading() } else { is_hopeless })
    }

    async fn done(self) -> Result<Next, Closed> {
        let (pods, _) = self.desk.counts();
        let health = match (self.trouble(), self.scope.problems.first()) {
            (Some((trouble, _)), _) => Health::new(State::Failed, trouble.words.clone()),
            (None, _) if pods == 0 => self.health_now(),
            (None, Some(problem)) => Health::new(State::Partial, problem.clone()),
            (None, None) => Health::new(State::Done, format!("read the logs of {pods} pods")),
        };
        self.shared.out.health_async(health).await?;
        Ok(Next::Done)
    }
}
