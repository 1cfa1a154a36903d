//! Runs of watched repositories: what is known of them, and which of them is looked at.
//!
//! Owns that state and its changes by news. What is asked for is decided in `ask`, which run comes first in `choose`, how a
//! workflow is in `health`; rows are in `look`, words in `told`. Must not know the network.
//!
//! # How the runtime drives it
//!
//! 1. [`App::watch`] for each repository, before its first news; [`Event::Forge`](crate::app::event::Event::Forge) brings what the watcher tells.
//! 2. [`Effect::Forge`](crate::app::event::Effect::Forge) says what is wanted of the watcher. Jobs are asked for again whenever their run changed, logs
//!    once.
//! 3. When the log of a run is there, as an archive in a file: [`App::open`] it under a label of its own, then send
//!    [`Event::RunLog`](crate::app::event::Event::RunLog) with the id that it got, and only then begin the look for causes in it.

mod ask;
mod choose;
mod cut;
mod filter;
mod health;
mod look;
mod names;
mod pair;
mod told;
mod words;

#[cfg(test)]
pub(super) mod tests;

pub use health::took;
pub(super) use look::span_words;
pub use look::{CiRuns, RunColumns, RunRow};
pub(super) use words::roughly;
pub use words::{mark, result};

pub(super) use cut::cut as steps_of;
pub(super) use pair::logs_of;

use super::{App, CiPane, Place};
use crate::app::{FrameNeed, Pane};
use crate::model::address::Tab;
use crate::model::ci::{Annotation, Forge, Job, News, Quota, Repo, Run, RunFilter};
use crate::model::time::SECOND;
use crate::model::{SourceId, Timestamp};
use ask::LogState;
use std::collections::{BTreeMap, HashMap, HashSet};

/// What is kept of each repository and run: a service that tells more is cut off.
const MAX_RUNS: usize = 1_000;
const MAX_JOBS: usize = 1_000;
const MAX_ANNOTATIONS: usize = 100;
/// From this difference on the server's clock counts for the server's times (5 s).
const LEAST_SKEW: u64 = 5 * SECOND.unsigned_abs();

/// One attempt of a run: its repository's number, its id, and which attempt.
pub(super) type Attempt = (usize, u64, u32);

/// Everything about watched repositories.
#[derive(Debug, Default)]
pub(in crate::app) struct Live {
    repos: Vec<Watched>,
    filter: RunFilter,
    /// What the cursor is on.
    chosen: Chosen,
    /// Whether the user moved among runs.
    is_touched: bool,
    /// Whether every repository has answered once: until then the first choice is made anew with each that does.
    is_settled: bool,
    logs: BTreeMap<Attempt, LogOf>,
    /// All rows, in their order.
    rows: Vec<Chosen>,
    /// When what the chosen run has is asked for.
    due: Option<Timestamp>,
    /// A run turned red while nobody looked.
    has_unseen_red: bool,
}

/// What the cursor among the runs is on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Chosen {
    /// Nothing is known yet.
    #[default]
    Nothing,
    /// A run, by its repository's number and its id.
    Run(usize, u64),
    /// A repository that has no runs to show.
    Repo(usize),
    /// The files and archives that were opened beside the repositories.
    Local,
}

/// One repository.
#[derive(Debug)]
pub(super) struct Watched {
    pub(super) repo: Repo,
    /// The run that it was named with.
    named: Option<u64>,
    pub(super) default_branch: String,
    /// The newest first; nothing until they were told.
    pub(super) runs: Option<Vec<Run>>,
    jobs: HashMap<u64, (u32, Vec<Job>)>,
    /// Runs that have more jobs than were told.
    cut: HashSet<u64>,
    annotations: HashMap<u64, Vec<Annotation>>,
    /// Of a failed run: the last that passed before, and how many commits came since.
    green: HashMap<u64, Green>,
    /// How asking goes, once that was told.
    asked: Option<Asked>,
    outcomes: health::Outcomes,
    /// For which state of a run its jobs were asked for.
    jobs_asked: HashMap<u64, ask::Stamp>,
}

/// The passed run, and the commits since; nothing when none passed.
type Green = Option<(Box<Run>, Option<u64>)>;

/// How asking goes.
#[derive(Clone, Debug, Default)]
struct Asked {
    last: Option<Timestamp>,
    problem: Option<String>,
    next: Option<Timestamp>,
    quota: Quota,
    is_anonymous: bool,
    /// The server's clock minus ours, in nanoseconds.
    skew: i64,
}

/// What is known of an attempt's log.
#[derive(Debug, Default)]
struct LogOf {
    state: LogState,
    /// The job whose log alone was asked for last.
    wanted_job: Option<u64>,
    /// Whether the log of the whole run was asked for, which is done by itself once.
    was_wanted: bool,
    /// Where the whole log can be read.
    whole: Option<SourceId>,
    /// Where the logs of single jobs can be read; of no interest when the whole is there.
    of_jobs: Vec<(u64, SourceId)>,
    /// Why single jobs have none.
    not: HashMap<u64, String>,
    /// Why it is compared with no other.
    no_green: Option<String>,
}

impl LogOf {
    fn has(&self, source: SourceId) -> bool {
        self.whole == Some(source) || self.of_jobs.iter().any(|(_, of_job)| *of_job == source)
    }

    fn shows(&self, source: SourceId) -> bool {
        self.whole.map_or_else(|| self.has(source), |whole| whole == source)
    }
}

impl Watched {
    fn new(repo: Repo, named: Option<u64>) -> Self {
        Self {
            repo,
            named,
            default_branch: String::new(),
            runs: None,
            jobs: HashMap::new(),
            cut: HashSet::new(),
            annotations: HashMap::new(),
            green: HashMap::new(),
            asked: None,
            outcomes: health::Outcomes::default(),
            jobs_asked: HashMap::new(),
        }
    }

    pub(super) fn run(&self, id: u64) -> Option<&Run> {
        self.runs.iter().flatten().find(|run| run.id == id)
    }

    /// The time by the server's clock, with which its times are compared; `now` is by ours.
    pub(super) fn now(&self, now: Timestamp) -> Timestamp {
        let skew = self.asked.as_ref().map_or(0, |asked| asked.skew);
        // What answers need on their way, and what headers leave out of a second, is no wrong clock.
        if skew.unsigned_abs() < LEAST_SKEW { now } else { now.saturating_add(skew) }
    }

    /// The jobs of a run's newest attempt, if they were told.
    fn jobs(&self, run: &Run) -> Option<&[Job]> {
        self.jobs.get(&run.id).filter(|(attempt, _)| *attempt == run.attempt).map(|(_, jobs)| jobs.as_slice())
    }

    /// Takes the runs as they are now. `true` when one turned red that was not before.
    fn take_runs(&mut self, default_branch: String, mut runs: Vec<Run>) -> bool {
        runs.truncate(MAX_RUNS);
        let was_red =
            |run: &Run| self.run(run.id).is_some_and(|old| old.progress.is_red() && old.attempt == run.attempt);
        let turned_red = self.runs.is_some() && runs.iter().any(|run| run.progress.is_red() && !was_red(run));
        let is_there = |id: &u64| runs.iter().any(|run| run.id == *id);
        self.jobs.retain(|id, _| is_there(id));
        self.cut.retain(is_there);
        self.annotations.retain(|id, _| is_there(id));
        self.green.retain(|id, _| is_there(id));
        self.jobs_asked.retain(|id, _| is_there(id));
        self.outcomes.take_runs(&runs);
        self.default_branch = default_branch;
        self.runs = Some(runs);
        turned_red
    }
}

impl Live {
    /// Whether repositories are watched.
    pub(in crate::app) fn is_on(&self) -> bool {
        !self.repos.is_empty()
    }

    /// Whether the chosen row stands for what was opened beside the repositories.
    pub(super) fn is_local(&self) -> bool {
        self.chosen == Chosen::Local
    }

    fn chosen_run(&self) -> Option<(&Watched, &Run)> {
        let Chosen::Run(repo, id) = self.chosen else { return None };
        let repo = self.repos.get(repo)?;
        Some((repo, repo.run(id)?))
    }

    fn chosen_attempt(&self) -> Option<Attempt> {
        let Chosen::Run(repo, id) = self.chosen else { return None };
        Some((repo, id, self.chosen_run()?.1.attempt))
    }

    /// Whether the chosen run has more jobs than were told.
    pub(super) fn has_more_jobs(&self) -> bool {
        self.chosen_run().is_some_and(|(repo, run)| repo.cut.contains(&run.id))
    }

    /// Why the log of the chosen run is compared with no other.
    pub(super) fn no_green(&self) -> Option<&str> {
        self.log()?.no_green.as_deref()
    }

    /// The jobs of the chosen run, as far as they were told.
    pub(super) fn jobs(&self) -> &[Job] {
        self.chosen_run().and_then(|(repo, run)| repo.jobs(run)).unwrap_or_default()
    }

    /// Whether logs of a source belong to what is chosen.
    pub(super) fn is_in_scope(&self, source: SourceId) -> bool {
        match self.chosen {
            _ if !self.is_on() => true,
            Chosen::Local => !self.is_tied(source),
            Chosen::Run(..) => self.log().is_some_and(|log| log.shows(source)),
            Chosen::Nothing | Chosen::Repo(_) => false,
        }
    }

    /// Whether a source is the log of some run.
    pub(super) fn is_tied(&self, source: SourceId) -> bool {
        self.logs.values().any(|log| log.has(source))
    }

    fn log(&self) -> Option<&LogOf> {
        self.logs.get(&self.chosen_attempt()?)
    }

    /// The job whose log alone stands in a source.
    pub(super) fn job_of_source(&self, source: SourceId) -> Option<u64> {
        let of_jobs = &self.log()?.of_jobs;
        of_jobs.iter().find(|(_, of_job)| *of_job == source).map(|(job, _)| *job)
    }

    fn find(&self, repo: &Repo) -> Option<usize> {
        self.repos.iter().position(|watched| watched.repo == *repo)
    }

    /// The number of a repository: of one that nobody announced, a new one.
    fn number_of(&mut self, repo: Repo) -> usize {
        self.find(&repo).unwrap_or_else(|| {
            self.repos.push(Watched::new(repo, None));
            self.repos.len() - 1
        })
    }

    /// Chooses what is shown first, if the user has not chosen. What was named goes before what is red.
    fn choose_first(&mut self, has_local: bool) {
        let is_gone = match self.chosen {
            Chosen::Nothing => true,
            Chosen::Run(repo, id) => {
                let watched = self.repos.get(repo);
                let run = watched.and_then(|watched| watched.run(id));
                // Until they were told, the one that was named is waited for.
                watched.is_none_or(|watched| watched.runs.is_some()) && !run.is_some_and(|run| self.shows(run))
            }
            Chosen::Repo(repo) => self.repos.get(repo).is_none_or(|watched| self.has_rows(watched)),
            Chosen::Local => !has_local,
        };
        let is_run = matches!(self.chosen, Chosen::Run(..));
        let stays = self.is_touched || self.is_named() || self.chosen == Chosen::Local || (self.is_settled && is_run);
        if !is_gone && stays {
            return;
        }
        self.chosen = match choose::first(&self.repos, &self.filter) {
            _ if has_local && !self.is_touched => Chosen::Local,
            Some((repo, id)) => Chosen::Run(repo, id),
            None if has_local => Chosen::Local,
            None => self.repos.iter().position(|repo| !self.has_rows(repo)).map_or(Chosen::Nothing, Chosen::Repo),
        };
    }

    fn is_named(&self) -> bool {
        let Chosen::Run(repo, id) = self.chosen else { return false };
        self.repos.get(repo).is_some_and(|watched| watched.named == Some(id))
    }

    /// Whether a run has a row: the filter lets it through, or somebody asked for it by its number.
    fn shows(&self, run: &Run) -> bool {
        choose::passes(&self.filter, run)
    }

    /// Whether some of a repository's runs have rows.
    fn has_rows(&self, repo: &Watched) -> bool {
        repo.runs.iter().flatten().any(|run| self.shows(run))
    }

    /// Whether every repository has told its runs, or why it can not.
    fn has_heard_all(&self) -> bool {
        let has_problem = |repo: &Watched| repo.asked.as_ref().is_some_and(|asked| asked.problem.is_some());
        self.repos.iter().all(|repo| repo.runs.is_some() || has_problem(repo))
    }

    /// Puts all rows in their order: repositories without runs, the runs, and what was opened beside them.
    fn arrange(&mut self, has_local: bool) {
        let bare = self.repos.iter().enumerate().filter(|(_, repo)| !self.has_rows(repo));
        let mut rows: Vec<_> = bare.map(|(n, _)| Chosen::Repo(n)).collect();
        rows.extend(choose::merged(&self.repos, &self.filter).into_iter().map(|(repo, id)| Chosen::Run(repo, id)));
        rows.extend(has_local.then_some(Chosen::Local));
        self.rows = rows;
    }

    /// Whether somebody has to look: a run turned red meanwhile.
    pub(in crate::app) fn has_unseen_red(&self) -> bool {
        self.has_unseen_red
    }

    /// Whether a repository does not answer as it should.
    pub(in crate::app) fn has_problem(&self) -> bool {
        self.repos.iter().any(|repo| repo.asked.as_ref().is_some_and(|asked| asked.problem.is_some()))
    }

    /// Somebody looked.
    pub(in crate::app) fn seen(&mut self) {
        self.has_unseen_red = false;
    }
}

impl App {
    /// The time by the clock that wrote the times of what is chosen.
    pub(in crate::app::ci) fn told_now(&self) -> Timestamp {
        self.ci.live.chosen_run().map_or(self.now, |(watched, _)| watched.now(self.now))
    }

    /// A repository is watched from now on, perhaps because of one of its runs, which is shown first then. Told before the
    /// first [`News`] of it.
    pub fn watch(&mut self, repo: Repo, run: Option<u64>) {
        let kind = if repo.forge == Forge::Github { "github" } else { "gitlab" };
        let label = run.map_or_else(|| format!("{kind}:{}", repo.path), |run| format!("{kind}:{}/{run}", repo.path));
        let is_asked = self.asked.take_if(|asked| *asked == label).is_some();
        let has_ci = self.engine.sources().any(|source| source.tab() == Tab::Ci);
        let is_first = !self.ci.live.is_on() && self.engine.sources().next().is_none();
        let number = self.ci.live.number_of(repo);
        if let Some(id) = run {
            self.ci.live.repos[number].named = Some(id);
            self.ci.live.chosen = Chosen::Run(number, id);
        } else if is_asked {
            self.ci.live.is_touched = false;
            self.ci.live.chosen = Chosen::Nothing;
        }
        if is_asked || !has_ci {
            self.ci.place = Place::View;
            self.ci.focus = CiPane::Runs;
        }
        if is_asked || is_first {
            self.active = Self::index_of(Tab::Ci);
        }
        self.choose_run();
        self.frame = FrameNeed::Now;
    }

    /// What the demo is, and the key to its runs: its tab's, which is pressed again there.
    pub fn demo_words(&self) -> String {
        format!("an invented outage of about 90 seconds; {} shows its CI runs", self.key_of("tab-ci"))
    }

    /// Takes news of watched repositories in.
    pub(in crate::app) fn forge_news(&mut self, news: News) -> FrameNeed {
        let badges = self.badges();
        let above = self.ci.runs_above();
        let live = &mut self.ci.live;
        let mut is_new_choice = false;
        match news {
            News::Runs { repo, default_branch, runs } => {
                let number = live.number_of(repo);
                let turned_red = live.repos[number].take_runs(default_branch, runs);
                live.has_unseen_red |= turned_red;
                is_new_choice = true;
            }
            News::Jobs { repo, run: (id, attempt), mut jobs, is_cut } => {
                let is_cut = is_cut || jobs.len() > MAX_JOBS;
                jobs.truncate(MAX_JOBS);
                let number = live.number_of(repo);
                let Watched { runs, outcomes, jobs: known, cut, .. } = &mut live.repos[number];
                if is_cut {
                    cut.insert(id)
                } else {
                    cut.remove(&id)
                };
                if let Some(run) = runs.iter().flatten().find(|run| run.id == id) {
                    outcomes.take_jobs(run, &jobs);
                }
                known.insert(id, (attempt, jobs));
                if live.chosen == Chosen::Run(number, id) {
                    self.ci.rejoin();
                }
            }
            News::Annotations { repo, run, mut list } => {
                list.truncate(MAX_ANNOTATIONS);
                let number = live.number_of(repo);
                live.repos[number].annotations.insert(run, list);
            }
            News::Green { repo, run, green } => {
                let number = live.number_of(repo);
                live.repos[number].green.insert(run, green);
            }
            News::Fetching { repo, run, done, of } => live.fetching(&repo, run, done, of),
            News::NoLog { repo, run, job, why } => live.no_log(&repo, run, job, why),
            News::NoGreen { repo, run, why } => {
                let number = live.number_of(repo);
                if let Some(log) = live.logs.get_mut(&(number, run.0, run.1)) {
                    log.no_green = Some(why);
                }
            }
            News::Asked { repo, last, problem, next, quota, is_anonymous, skew } => {
                let number = live.number_of(repo);
                live.repos[number].asked = Some(Asked { last, problem, next, quota, is_anonymous, skew });
                is_new_choice = live.chosen == Chosen::Nothing;
            }
        }
        if is_new_choice {
            self.choose_run();
            self.ci.keep_run_in_place(above);
        }
        self.ask_about_changes();
        let is_seen = self.tab().tab() == Tab::Ci || !matches!(self.pane, Pane::None);
        if is_seen || badges != self.badges() { FrameNeed::Soon } else { FrameNeed::No }
    }

    /// The log of a run, or of one of its jobs, is open as a source.
    pub(in crate::app) fn run_log(&mut self, repo: &Repo, run: (u64, u32), job: Option<u64>, source: SourceId) {
        let Some(number) = self.ci.live.find(repo) else { return };
        let log = self.ci.live.logs.entry((number, run.0, run.1)).or_default();
        log.state = LogState::Here;
        match job {
            None => log.whole = Some(source),
            Some(job) => {
                log.of_jobs.retain(|(other, _)| *other != job);
                log.of_jobs.push((job, source));
            }
        }
        let has_local = self.ci.has_local();
        self.ci.live.arrange(has_local);
        self.ci.rejoin();
    }

    /// Chooses a run where none is chosen, or the chosen one is gone.
    pub(super) fn choose_run(&mut self) {
        let before = self.ci.live.chosen;
        let has_local = self.ci.has_local();
        self.ci.live.arrange(has_local);
        self.ci.live.choose_first(has_local);
        let has_heard_all = self.ci.live.has_heard_all();
        self.ci.live.is_settled |= has_heard_all;
        if self.ci.live.chosen != before {
            self.ci.rescope();
            // While others may still answer with a better one nothing large is asked for.
            let is_final = has_heard_all || self.ci.live.is_named();
            self.ask_later(if is_final { 0 } else { ask::REST });
        }
    }

    /// The user goes to a row of the runs.
    pub(super) fn go_to_run(&mut self, row: usize) {
        self.ci.live.is_touched = true;
        let Some(chosen) = self.ci.live.rows.get(row).copied().filter(|chosen| *chosen != self.ci.live.chosen) else {
            return;
        };
        self.ci.live.chosen = chosen;
        self.ci.rescope();
        self.ask_later(ask::REST);
    }

    /// From the lines of the CI tab back to the runs, if there are any.
    pub(in crate::app) fn show_runs(&mut self) {
        if self.tab().tab() == Tab::Ci && self.ci.live.is_on() && !self.ci_is_shown() {
            self.tab_mut().detail = None;
            self.ci.place = Place::View;
            self.refresh_histogram();
        }
    }

    /// What is opened beside the repositories was asked for: it is shown.
    pub(super) fn choose_local(&mut self) {
        if self.ci.live.is_on() {
            self.ci.live.chosen = Chosen::Local;
            self.ci.rescope();
        }
    }
}
