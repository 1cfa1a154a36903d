//! What is asked of the watcher: jobs and logs of the run that is looked at, and what the user wants.
//!
//! Owns when something is asked for, and how far the fetching of a log is. Must not know requests.

use super::words::service;
use super::{App, Attempt, Chosen, CiPane, Live, filter};
use crate::app::event::Effect;
use crate::app::page::is_web_address;
use crate::model::Timestamp;
use crate::model::ci::{Forge, Progress, Repo, Run, RunFilter, Want};

/// How long the cursor has to rest on a run before something is asked for because of it, in nanoseconds.
pub(super) const REST: i64 = 400_000_000;

/// The state of a run for which its jobs were asked for.
pub(super) type Stamp = (u32, Progress, Option<Timestamp>);

/// How far a log is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum LogState {
    /// Nobody wanted it.
    #[default]
    Unasked,
    /// It is on its way.
    Fetching {
        /// Bytes so far, and in all where that is known.
        bytes: (u64, Option<u64>),
        /// Who wants it.
        wish: Wish,
    },
    /// It is open as a source.
    Here,
    /// Why there is none.
    Not(String),
    /// The user did not want to wait for it.
    Cancelled,
}

/// Who wants a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// Nobody: it is fetched because its run is looked at.
    Ours,
    /// The user.
    Users,
}

impl Live {
    /// The attempt that news of a run's log are about: the one that is fetched, else the newest.
    fn attempt_of(&self, repo: &Repo, run: u64) -> Option<Attempt> {
        let number = self.find(repo)?;
        let of_run = self.logs.range((number, run, 0)..=(number, run, u32::MAX));
        let fetched = of_run.rev().find(|(_, log)| matches!(log.state, LogState::Fetching { .. }));
        let newest = || self.repos[number].run(run).map(|run| (number, run.id, run.attempt));
        fetched.map(|(at, _)| *at).or_else(newest)
    }

    pub(super) fn fetching(&mut self, repo: &Repo, run: u64, done: u64, of: Option<u64>) {
        let Some(at) = self.attempt_of(repo, run) else { return };
        let log = self.logs.entry(at).or_default();
        match &mut log.state {
            LogState::Fetching { bytes, .. } => *bytes = (done, of),
            LogState::Unasked | LogState::Not(_) => {
                log.state = LogState::Fetching { bytes: (done, of), wish: Wish::Ours };
            }
            // It was on its way when it was cancelled.
            LogState::Here | LogState::Cancelled => {}
        }
    }

    pub(super) fn no_log(&mut self, repo: &Repo, run: u64, job: Option<u64>, why: String) {
        let Some(at) = self.attempt_of(repo, run) else { return };
        let log = self.logs.entry(at).or_default();
        let is_of_all = job.is_none() || job == log.wanted_job;
        if let Some(job) = job {
            log.not.insert(job, why.clone());
        }
        if is_of_all && log.whole.is_none() {
            log.state = if log.of_jobs.is_empty() { LogState::Not(why) } else { LogState::Here };
        }
    }

    /// Asks for a log; of one job, or of the whole run.
    fn want_log(&mut self, at: Attempt, job: Option<u64>, wish: Wish) -> Effect {
        let log = self.logs.entry(at).or_default();
        log.state = LogState::Fetching { bytes: (0, None), wish };
        log.wanted_job = job;
        log.was_wanted |= job.is_none();
        if let Some(job) = job {
            log.not.remove(&job);
        }
        Effect::Forge(Want::Logs { repo: self.repos[at.0].repo.clone(), run: (at.1, at.2), job })
    }

    /// Ends the fetching of logs that nobody looks at and nobody asked for.
    fn cancel_others(&mut self, kept: Attempt, effects: &mut Vec<Effect>) {
        for (at, log) in self.logs.iter_mut().filter(|(at, _)| **at != kept) {
            if matches!(log.state, LogState::Fetching { wish: Wish::Ours, .. }) {
                // When somebody comes back to the run it is fetched after all.
                (log.state, log.was_wanted) = (LogState::Unasked, false);
                effects.push(Effect::Forge(Want::Cancel { repo: self.repos[at.0].repo.clone(), run: at.1 }));
            }
        }
    }
}

impl App {
    /// Something is asked for because of the chosen run when the cursor has rested on it for so long.
    pub(super) fn ask_later(&mut self, rest: i64) {
        self.ci.live.due = Some(self.now.saturating_add(rest));
    }

    /// The chosen run may have changed: then its jobs are others, too.
    pub(super) fn ask_about_changes(&mut self) {
        if self.ci.live.due.is_none() {
            self.ci.live.due = Some(self.now);
        }
    }

    /// How long until something is to be asked for, in nanoseconds.
    pub(in crate::app) fn asks_in(&self) -> Option<i64> {
        let due = self.ci.live.due.filter(|_| self.ci_is_shown())?;
        Some(due.0.saturating_sub(self.now.0).max(0))
    }

    /// Asks for what the chosen run has, if it is time. Nothing is asked for while nobody looks.
    pub(in crate::app) fn ask_when_due(&mut self) {
        if self.asks_in() != Some(0) {
            return;
        }
        let live = &mut self.ci.live;
        live.due = None;
        let Chosen::Run(number, id) = live.chosen else { return };
        let Some(run) = live.repos[number].run(id).cloned() else { return };
        let watched = &mut live.repos[number];
        let stamp = (run.attempt, run.progress, run.updated);
        let mut effects = Vec::new();
        if watched.jobs_asked.insert(id, stamp) != Some(stamp) {
            let repo = watched.repo.clone();
            effects.push(Effect::Forge(Want::Jobs { repo, run: (id, run.attempt) }));
        }
        let at = (number, id, run.attempt);
        live.cancel_others(at, &mut effects);
        if run.progress.is_red() && !live.logs.entry(at).or_default().was_wanted {
            let wanted = live.want_log(at, None, Wish::Ours);
            effects.push(wanted);
        }
        self.outbox.append(&mut effects);
    }

    /// Opens the chosen run: its jobs get the focus, and its log is fetched if it can be.
    pub(in crate::app) fn open_run(&mut self) {
        match self.ci.live.chosen {
            Chosen::Repo(_) | Chosen::Nothing => return self.refresh_runs(),
            Chosen::Local => {}
            Chosen::Run(..) => {
                self.ci.live.is_touched = true;
                self.ask_later(0);
                self.ask_when_due();
                if let Some(words) = self.fetch_log(None) {
                    self.say(words);
                }
            }
        }
        self.ci_next_pane(crate::app::view::Direction::Forward);
    }

    /// Fetches the log of the chosen run, or of one of its jobs while the run goes on. Says why not, or that it does.
    pub(in crate::app::ci) fn fetch_log(&mut self, job: Option<u64>) -> Option<String> {
        let at = self.ci.live.chosen_attempt()?;
        let (watched, run) = self.ci.live.chosen_run()?;
        let (progress, number) = (run.progress, run.number);
        let log = self.ci.live.logs.get(&at);
        let is_on_its_way = log.is_some_and(|log| matches!(log.state, LogState::Fetching { .. }));
        if log.is_some_and(|log| log.whole.is_some()) || (is_on_its_way && job.is_none()) {
            return None;
        }
        let job = self.ci.live.jobs().iter().find(|known| Some(known.id) == job);
        // There is none of the whole, or it could not be had.
        let is_by_jobs = watched.repo.forge == Forge::Gitlab || log.is_some_and(|log| !log.of_jobs.is_empty());
        let wanted = match (progress, job) {
            (Progress::Skipped, _) => return Some(format!("#{number} was skipped: it has no log")),
            (_, Some(job)) if job.progress == Progress::Skipped => {
                return Some("the job was skipped: it has no log".to_owned());
            }
            (progress, None) if progress.is_over() => None,
            (progress, Some(_)) if progress.is_over() && !is_by_jobs => None,
            (_, Some(job)) if job.progress.is_over() && job.progress != Progress::Skipped => Some(job.id),
            (_, Some(_)) => return Some("the job is not over: its log comes when it is".to_owned()),
            (_, None) => return None,
        };
        let is_known = |log: &super::LogOf| log.of_jobs.iter().any(|(job, _)| Some(*job) == wanted);
        if wanted.is_some() && self.ci.live.logs.get(&at).is_some_and(is_known) {
            return None;
        }
        let effect = self.ci.live.want_log(at, wanted, Wish::Users);
        self.outbox.push(effect);
        Some("fetching the log ...".to_owned())
    }

    /// Ends the fetching of the chosen run's log. `true` when there was one.
    pub(in crate::app) fn cancel_fetch(&mut self) -> bool {
        let live = &mut self.ci.live;
        let Some(at) = live.chosen_attempt() else { return false };
        let Some(log) = live.logs.get_mut(&at).filter(|log| matches!(log.state, LogState::Fetching { .. })) else {
            return false;
        };
        log.state = if log.of_jobs.is_empty() { LogState::Cancelled } else { LogState::Here };
        let repo = live.repos[at.0].repo.clone();
        self.outbox.push(Effect::Forge(Want::Cancel { repo, run: at.1 }));
        let key = self.key_of("open-run");
        self.say(format!("the fetching of the log was cancelled: {key} on the run begins anew"));
        true
    }

    /// Asks the service now: for the runs of the chosen repository, and for what could not be had of the chosen run.
    pub(in crate::app) fn refresh_runs(&mut self) {
        let live = &mut self.ci.live;
        let number = match live.chosen {
            Chosen::Run(number, _) | Chosen::Repo(number) => Some(number),
            Chosen::Nothing | Chosen::Local => None,
        };
        let asked: Vec<_> = live
            .repos
            .iter()
            .enumerate()
            .filter(|(n, _)| number.is_none_or(|number| number == *n))
            .map(|(_, watched)| watched.repo.clone())
            .collect();
        if let Chosen::Run(number, id) = live.chosen {
            live.repos[number].jobs_asked.remove(&id);
        }
        if let Some(at) = live.chosen_attempt()
            && let Some(log) = live.logs.get_mut(&at)
            && matches!(log.state, LogState::Not(_))
        {
            (log.state, log.was_wanted) = (LogState::Unasked, false);
            log.not.clear();
        }
        let words = match asked.as_slice() {
            [] => "no repository is watched".to_owned(),
            [one] => format!("asking {} ...", crate::parse::text::safe_line(one.host.as_bytes())),
            many => format!("asking for the runs of {} repositories ...", many.len()),
        };
        self.say(words);
        self.outbox.extend(asked.into_iter().map(|repo| Effect::Forge(Want::Refresh(repo))));
        self.ask_later(0);
    }

    /// Opens the page of what has the focus: the job's, the run's, or the repository's.
    pub(in crate::app) fn open_page(&mut self, effects: &mut Vec<Effect>) {
        let live = &self.ci.live;
        let page = match live.chosen {
            Chosen::Run(..) => {
                let is_job = matches!(self.ci_focus(), CiPane::Logs | CiPane::Steps);
                let job = self.ci.at.job.filter(|_| is_job);
                let job = live.jobs().iter().find(|known| Some(known.id) == job && !known.page.is_empty());
                job.map(|job| job.page.clone()).or_else(|| live.chosen_run().map(|(_, run)| run.page.clone()))
            }
            Chosen::Repo(number) => live.repos.get(number).map(|watched| page_of(&watched.repo)),
            Chosen::Local | Chosen::Nothing => None,
        };
        match page {
            None => self.say("this is a file: it has no page"),
            Some(page) if is_web_address(&page) => {
                self.say("opening the page ...");
                effects.push(Effect::OpenPage(page));
            }
            Some(_) => self.complain("the service tells no web address for this"),
        }
    }

    /// The chosen run, and its page where the service told one that can be opened.
    pub(in crate::app::ci) fn run_page(&self) -> Option<(&Run, Option<&str>)> {
        let (_, run) = self.ci.live.chosen_run()?;
        // What ends a link in Markdown is left out.
        let is_link = is_web_address(&run.page) && !run.page.contains(['(', ')', '[', ']', '*']);
        Some((run, Some(run.page.as_str()).filter(|_| is_link)))
    }

    /// Changes which runs are wanted, by words.
    pub(in crate::app) fn filter_runs(&mut self, words: &str) -> Result<(), String> {
        if !self.ci.live.is_on() {
            return Err("no repository is watched: open github:OWNER/REPO watches one".to_owned());
        }
        let filter = filter::read(words, &self.ci.live.filter)?;
        self.take_filter(filter);
        Ok(())
    }

    fn take_filter(&mut self, filter: RunFilter) {
        let words = filter::said(&filter);
        self.ci.live.filter = filter.clone();
        self.outbox.push(Effect::Forge(Want::Filter(filter)));
        self.ci.tops[0] = 0;
        self.choose_run();
        let cancel = self.key_of("cancel");
        self.say(if words.is_empty() { "all runs".to_owned() } else { format!("runs: {words} ({cancel}: all)") });
        self.ci.place = super::Place::View;
        self.ci.focus = CiPane::Runs;
    }

    /// Lets all runs through again. `true` when some were filtered away.
    pub(in crate::app) fn drop_run_filter(&mut self) -> bool {
        let has_filter = self.ci.live.filter != RunFilter::default() && self.ci_focus() == CiPane::Runs;
        if has_filter {
            self.take_filter(RunFilter::default());
        }
        has_filter
    }

    /// What the filter of runs can be changed to.
    pub(in crate::app) fn run_filters(&self) -> Vec<(String, String)> {
        let runs: Vec<_> = self.ci.live.repos.iter().filter_map(|repo| repo.runs.as_deref()).flatten().collect();
        filter::choices(&runs)
    }

    /// Why there is no log to show, for an action that needs one.
    pub(in crate::app::ci) fn why_no_log(&self) -> Option<String> {
        let (watched, run) = self.ci.live.chosen_run()?;
        Some(match self.ci.live.log().map(|log| &log.state) {
            Some(LogState::Fetching { .. }) => "the log is being fetched".to_owned(),
            Some(LogState::Not(why)) => crate::parse::text::safe_line(why.as_bytes()).into_owned(),
            _ if run.progress == Progress::Running => {
                format!("{} gives the log of a run when it is over", service(watched.repo.forge))
            }
            _ => "there is no log here".to_owned(),
        })
    }
}

fn page_of(repo: &Repo) -> String {
    format!("https://{}/{}", repo.host, repo.path)
}

/// What of a run changes while it goes on.
pub(super) fn is_lively(run: &Run) -> bool {
    run.progress == Progress::Running
}
