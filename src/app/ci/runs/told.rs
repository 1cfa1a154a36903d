//! What is said of runs: in the header, in the status line, and where a cause would stand.
//!
//! Owns the words. Must not know colours. All text that leaves here is safe for a terminal.

use super::ask::LogState;
use super::words::{result, roughly, service, until};
use super::{App, Asked, Chosen, LogOf, Watched, health};
use crate::app::ci::CiLine;
use crate::app::ci::look::plural;
use crate::app::ci::rows::NO_LOG;
use crate::app::format::{Digits, age, bytes, thousands, time_of_day};
use crate::app::status::Health;
use crate::app::{Role, text};
use crate::model::ci::{Forge, Job, Progress, Quota, Run, RunFilter};
use crate::model::time::SECOND;
use crate::parse::text::safe_line;

/// Below this width words are shorter.
const WIDE: u16 = 100;
/// Characters of a commit's id.
const SHA: usize = 7;
/// Answers that are older than this, while something is wrong, are said to be (one minute).
const STALE: i64 = 60 * SECOND;

fn safe(text: &str) -> String {
    safe_line(text.as_bytes()).into_owned()
}

/// A sentence without its full stop, as part of another.
fn bare(text: &str) -> String {
    safe(text.trim().trim_end_matches('.'))
}

impl App {
    /// What the header names while runs are shown: the chosen run, in forms from the longest to the shortest.
    pub(in crate::app) fn run_scope(&self) -> Option<Vec<String>> {
        let live = &self.ci.live;
        if !self.ci_is_shown() || !live.is_on() || live.is_local() {
            return None;
        }
        let Some((watched, run)) = live.chosen_run() else {
            let name = match live.chosen {
                Chosen::Repo(at) | Chosen::Run(at, _) => live.repos.get(at).map(|watched| safe(&watched.repo.path)),
                _ => None,
            };
            return Some(vec![name.unwrap_or_else(|| match live.repos.as_slice() {
                [one] => safe(&one.repo.path),
                many => format!("{} repositories", many.len()),
            })]);
        };
        let path = safe(&watched.repo.path);
        let sha: String = run.sha.chars().take(SHA).collect();
        let commit = if sha.is_empty() { safe(&run.branch) } else { format!("{} @ {}", safe(&run.branch), safe(&sha)) };
        let (green, short) = self.green_words(watched, run).unwrap_or_default();
        let mut forms = vec![format!("{path}   {commit}   {green}"), format!("{path}  {commit}  {short}")];
        forms.retain(|_| !green.is_empty());
        forms.extend([format!("{path}   {commit}"), path]);
        Some(forms)
    }

    /// `last green 02:31 (43m ago)`, and shorter.
    fn green_words(&self, watched: &Watched, run: &Run) -> Option<(String, String)> {
        let runs = watched.runs.as_deref().unwrap_or_default();
        let told = watched.green.get(&run.id);
        let green = health::last_green(runs, run).or_else(|| Some(&told?.as_ref()?.0));
        let Some(green) = green else {
            return told.map(|_| ("never green".to_owned(), "never green".to_owned()));
        };
        let at = green.updated.or(green.started)?;
        let now = watched.now(self.now);
        let ago = roughly(now.0.saturating_sub(at.0));
        let when = self.started_words(at, now);
        let when = if when.is_empty() { when } else { format!("{when} ") };
        Some((format!("last green {when}({ago} ago)"), format!("green {ago} ago")))
    }

    /// How far the log of the chosen run is on its way.
    pub(in crate::app::ci) fn fetch_health(&self) -> Vec<Health> {
        let Some(LogState::Fetching { bytes: (done, of), .. }) = self.ci.live.log().map(|log| &log.state) else {
            return Vec::new();
        };
        let cancel = self.key_of("cancel");
        let text = match share(*done, *of) {
            // That it began is said elsewhere.
            _ if *done == 0 => return Vec::new(),
            Some((percent, of)) if self.size.0 >= WIDE => format!("log {percent} % of {of}, {cancel} cancels"),
            Some((percent, _)) => format!("log {percent} %, {cancel} cancels"),
            None => format!("log {}, {cancel} cancels", bytes(*done)),
        };
        vec![Health { text, role: Role::Accent }]
    }

    /// How asking goes: of the chosen repository, and whether something is wrong with others; beside what takes `taken`
    /// columns.
    pub(in crate::app::ci) fn forge_health(&self, taken: usize) -> Vec<Health> {
        let live = &self.ci.live;
        let mut parts = Vec::new();
        let here = match live.chosen {
            Chosen::Run(at, _) | Chosen::Repo(at) => Some(at),
            Chosen::Nothing | Chosen::Local => (live.repos.len() == 1).then_some(0),
        };
        if let Some(watched) = here.and_then(|at| live.repos.get(at)) {
            self.asked_health(watched, taken, &mut parts);
        }
        let has_problem = |repo: &Watched| repo.asked.as_ref().is_some_and(|asked| asked.problem.is_some());
        let others = live.repos.iter().enumerate().filter(|(n, repo)| Some(*n) != here && has_problem(repo)).count();
        if others > 0 {
            let what = if self.size.0 < WIDE { "" } else { " repositories" };
            let text = format!("{others} of {}{what} with problems", live.repos.len());
            parts.insert(parts.len().min(1), Health { text, role: Role::Warn });
        }
        parts
    }

    fn asked_health(&self, watched: &Watched, taken: usize, parts: &mut Vec<Health>) {
        let Some(asked) = &watched.asked else {
            let text = format!("asking {} ...", safe(&watched.repo.host));
            return parts.push(Health { text, role: Role::Dim });
        };
        match (&asked.problem, asked.last) {
            (Some(problem), last) => {
                let next = asked.next.map(|next| format!(", next in {}", until(next.0.saturating_sub(self.now.0))));
                let has_runs = watched.runs.is_some();
                let role = if has_runs { Role::Warn } else { Role::Error };
                let words = bare(problem);
                // The countdown has to be seen.
                let next = next.unwrap_or_default();
                let room = usize::from(self.size.0 / 2).saturating_sub(text::width(&next));
                let words = if text::width(&words) > room {
                    format!("{}...", text::piece(&words, 0, room.saturating_sub(3)).text.trim_end())
                } else {
                    words
                };
                parts.push(Health { text: format!("{words}{next}"), role });
                if let Some(last) = last.filter(|last| has_runs && self.now.0.saturating_sub(last.0) >= STALE) {
                    let time = time_of_day(last, &self.shown_zone(), Digits::Minutes);
                    let ago = roughly(self.now.0.saturating_sub(last.0));
                    let text =
                        if self.size.0 < WIDE { format!("{ago} old") } else { format!("as of {time}, {ago} old") };
                    parts.push(Health { text, role: Role::Warn });
                }
            }
            (None, Some(last)) => {
                let text = format!("ok {} ago", roughly(self.now.0.saturating_sub(last.0)));
                parts.push(Health { text, role: Role::Ok });
            }
            (None, None) => {
                parts.push(Health { text: format!("asking {} ...", safe(&watched.repo.host)), role: Role::Dim });
            }
        }
        // Where all has no room, it is worth the least.
        let said: usize = parts.iter().map(|part| text::width(&part.text) + 3).sum();
        let room = (usize::from(self.size.0) * 3 / 4).saturating_sub(taken + said);
        parts.extend(quota(asked, self.size.0 >= WIDE).filter(|part| text::width(&part.text) <= room));
    }

    /// `#18842 build-test`, while a run is looked at.
    pub(in crate::app::ci) fn run_title(&self) -> Option<String> {
        let (_, run) = self.ci.live.chosen_run()?;
        Some(format!("#{} {}", run.number, safe(&run.workflow)).trim_end().to_owned())
    }

    /// `took 11m04s, usually 8m10s`.
    pub(in crate::app::ci) fn took_words(&self) -> Option<String> {
        let (watched, run) = self.ci.live.chosen_run()?;
        let took = health::took(run, watched.now(self.now))?;
        let shown = if run.progress.is_over() { age(took) } else { roughly(took) };
        let verb = if run.progress.is_over() { "took" } else { "for" };
        let usual = health::usual(watched.runs.as_deref().unwrap_or_default(), run);
        Some(match usual {
            Some(usual) if health::is_slow(took, usual) => {
                format!("{verb} {shown}, usually only {}", age(usual))
            }
            Some(usual) => format!("{verb} {shown}, usually {}", age(usual)),
            None => format!("{verb} {shown}"),
        })
    }

    /// What the status line says first: how the chosen run is, and its workflow on its branch.
    pub(in crate::app::ci) fn run_status(&self) -> Option<Vec<(String, Role)>> {
        let live = &self.ci.live;
        if !live.is_on() || live.is_local() {
            return None;
        }
        let Some((watched, run)) = live.chosen_run() else {
            let (words, role) = match live.repos.iter().any(|repo| repo.runs.is_some()) {
                true => ("no run", Role::Dim),
                false if live.has_problem() => ("NO ANSWER", Role::Error),
                false => ("asking", Role::Dim),
            };
            return Some(vec![(words.to_owned(), role)]);
        };
        let mut parts = vec![(result(run.progress).to_uppercase(), super::mark(run.progress).1)];
        if let Some(words) = self.red_words(watched, run) {
            parts.push((words, Role::Warn));
        }
        if watched.outcomes.is_flaky_run(run) {
            let words = match watched.outcomes.flaky_jobs(run)[..] {
                _ if watched.outcomes.is_flaky_job(run, "") => "failed and passed on this commit".to_owned(),
                [job] => safe(job),
                ref jobs => format!("{} jobs", jobs.len()),
            };
            parts.push((format!("flaky: {words}"), Role::Warn));
        }
        Some(parts)
    }

    /// `red since #18840, 2h04m, 3 runs, 5 commits`.
    fn red_words(&self, watched: &Watched, run: &Run) -> Option<String> {
        let red = health::red(watched.runs.as_deref().unwrap_or_default(), run)?;
        let told = watched.green.get(&run.id);
        let mut words = match told {
            Some(None) => "never passed".to_owned(),
            _ if red.is_exact => format!("red since #{}", red.since),
            _ => format!("red since #{} or before", red.since),
        };
        if let Some(at) = red.at {
            words.push_str(&format!(", {}", roughly(watched.now(self.now).0.saturating_sub(at.0))));
        }
        if red.runs > 1 {
            words.push_str(&format!(", {} runs", thousands(red.runs as u64)));
        }
        if let Some(Some((_, Some(commits)))) = told {
            words.push_str(&format!(", {}", plural(*commits, "commit")));
        }
        Some(words)
    }

    /// What stands where a cause would while the chosen run has no log to show; `None` when there is one.
    pub(in crate::app::ci) fn in_place_of_log(&self) -> Option<Vec<CiLine>> {
        let live = &self.ci.live;
        if !live.is_on() || live.is_local() {
            return None;
        }
        let mut said = Vec::new();
        match live.chosen_run() {
            None => self.say_of_repos(&mut said),
            Some((watched, run)) => {
                let log = live.log();
                let is_open = self.ci.scoped_looks().next().is_some();
                if is_open && (self.ci.at.log != NO_LOG || self.ci.row_count() == 0) {
                    return None;
                }
                self.say_of_run(run, &mut said);
                match self.ci.job().filter(|_| is_open) {
                    Some(job) => said.push(words_of_job(job, log)),
                    None => self.say_of_log((watched, run), log, &mut said),
                }
                say_annotations(watched, run, &mut said);
            }
        }
        let width = usize::from(self.size.0).saturating_sub(7);
        let mut lines = vec![CiLine::Blank];
        for (words, role) in said {
            let rows = text::wrap_words(&words, width, 6);
            lines.extend(rows.into_iter().map(|row| CiLine::Words(vec![(words[row].to_owned(), role)])));
        }
        let room = self.ci_layout().map_or(0, |layout| usize::from(layout.causes.height.max(1)) - 1);
        lines.truncate(room);
        Some(lines)
    }

    /// While there is no run: what is known of the repositories.
    fn say_of_repos(&self, said: &mut Vec<(String, Role)>) {
        let live = &self.ci.live;
        let watched = match live.chosen {
            Chosen::Repo(at) | Chosen::Run(at, _) => live.repos.get(at),
            Chosen::Nothing | Chosen::Local => live.repos.first().filter(|_| live.repos.len() == 1),
        };
        let Some(watched) = watched else {
            let text = format!("Asking for the runs of {} repositories ...", live.repos.len());
            return said.push((text, Role::Heading));
        };
        let (words, role) = words_of_bare(watched);
        let path = safe(&watched.repo.path);
        let asked = watched.asked.as_ref();
        let refresh = self.key_of("refresh");
        let has_problem = asked.is_some_and(|asked| asked.problem.is_some());
        match &watched.runs {
            _ if has_problem && watched.runs.is_none() => {
                said.push((format!("{path}: {words}"), role));
                let next = asked.and_then(|asked| asked.next);
                let next = next.map(|next| format!("Next try in {}; ", until(next.0.saturating_sub(self.now.0))));
                said.push((format!("{}{refresh} tries now.", next.unwrap_or_default()), Role::Text));
                if asked.is_some_and(|asked| asked.is_anonymous) {
                    said.push((no_token(watched.repo.forge).to_owned(), Role::Text));
                }
            }
            None => {
                let host = safe(&watched.repo.host);
                said.push((format!("Asking {host} for the runs of {path} ..."), Role::Heading));
            }
            Some(runs) if runs.is_empty() && live.filter == RunFilter::default() => {
                said.push((format!("{path} has no runs."), Role::Heading));
                let file = match watched.repo.forge {
                    Forge::Github => "A workflow in .github/workflows makes some.",
                    Forge::Gitlab => "A .gitlab-ci.yml makes some.",
                };
                said.push((format!("{file} {refresh} asks again."), Role::Text));
            }
            Some(_) => {
                let filter = super::filter::said(&live.filter);
                said.push((format!("{path} has no runs for this filter: {filter}."), Role::Heading));
                said.push((
                    format!("{} shows all, {} chooses others.", self.key_of("cancel"), self.key_of("filter-runs")),
                    Role::Text,
                ));
            }
        }
    }

    /// The words about a problem that stands alone, with its countdown.
    pub(super) fn bare_words(&self) -> Option<(String, Role)> {
        let mut said = Vec::new();
        if self.ci.live.chosen_run().is_none() {
            self.say_of_repos(&mut said);
        }
        let words: Vec<_> = said.into_iter().map(|(words, _)| words).collect();
        (!words.is_empty()).then(|| (words.join(" "), Role::Text))
    }

    /// How the run is, and what it is for.
    fn say_of_run(&self, run: &Run, said: &mut Vec<(String, Role)>) {
        let took = health::took(run, self.told_now());
        let number = run.number;
        let words = match (run.progress, took) {
            (Progress::Running, Some(took)) => format!("#{number} has been running for {}.", roughly(took)),
            (Progress::Running, None) => format!("#{number} is running."),
            (Progress::Waiting, _) => format!("#{number} waits for a runner, for another job, or for somebody."),
            (Progress::Unknown, _) => format!("#{number} is in a state that this version does not know."),
            (Progress::Skipped, _) => format!("#{number} was skipped."),
            (Progress::Cancelled, _) => format!("#{number} was cancelled."),
            (Progress::Tolerated, _) => format!("#{number} failed, and was allowed to."),
            (progress, Some(took)) => format!("#{number} {} after {}.", result(progress), age(took)),
            (progress, None) => format!("#{number} {}.", result(progress)),
        };
        said.push((words, Role::Heading));
        let mut about = Vec::new();
        if run.attempt > 1 {
            about.push(format!("attempt {}", run.attempt));
        }
        match (run.event.is_empty(), run.actor.is_empty()) {
            (false, false) => about.push(format!("{} by {}", safe(&run.event), safe(&run.actor))),
            (false, true) => about.push(safe(&run.event)),
            (true, false) => about.push(format!("by {}", safe(&run.actor))),
            (true, true) => {}
        }
        if !run.title.is_empty() {
            about.push(safe(&run.title));
        }
        if !about.is_empty() {
            said.push((about.join("   "), Role::Dim));
        }
    }

    /// How far its log is, or why there is none.
    fn say_of_log(&self, (watched, run): (&Watched, &Run), log: Option<&LogOf>, said: &mut Vec<(String, Role)>) {
        let (open, cancel, refresh) = (self.key_of("open-run"), self.key_of("cancel"), self.key_of("refresh"));
        let forge = service(watched.repo.forge);
        let job = self.ci.job().and_then(|job| log?.not.get(&job.id));
        let words = match log.map(|log| &log.state) {
            Some(LogState::Fetching { bytes: (0, _), .. }) => {
                (format!("Fetching the log ... {cancel} cancels."), Role::Accent)
            }
            Some(LogState::Fetching { bytes: (done, of), .. }) => {
                let far = match share(*done, *of) {
                    Some((percent, of)) => format!("{percent} % of {of}"),
                    None => format!("{} so far", bytes(*done)),
                };
                (format!("Fetching the log: {far}. {cancel} cancels."), Role::Accent)
            }
            Some(LogState::Here) => ("The log is there: looking for causes ...".to_owned(), Role::Accent),
            Some(LogState::Not(why)) => {
                said.push((safe(why), Role::Warn));
                (format!("{refresh} tries again."), Role::Dim)
            }
            Some(LogState::Cancelled) => {
                (format!("The fetching of the log was cancelled; {open} on the run begins anew."), Role::Text)
            }
            _ if job.is_some() => (safe(job.map_or("", String::as_str)), Role::Warn),
            None | Some(LogState::Unasked) => match run.progress {
                Progress::Running | Progress::Waiting | Progress::Unknown => {
                    said.push((format!("{forge} gives the log of a run when it is over."), Role::Text));
                    (format!("{open} on a job that is over fetches the log of that one."), Role::Dim)
                }
                Progress::Skipped => return,
                // It will be, by itself.
                progress if progress.is_red() && self.ci.live.due.is_some() => return,
                _ => (format!("{open} on the run fetches its log."), Role::Dim),
            },
        };
        said.push(words);
    }
}

/// A repository without rows of its own, in a few words.
pub(super) fn words_of_bare(watched: &Watched) -> (String, Role) {
    let problem = watched.asked.as_ref().and_then(|asked| asked.problem.as_ref());
    match (&watched.runs, problem) {
        (None, Some(problem)) => (safe(problem), Role::Error),
        (None, None) => (format!("asking {} ...", safe(&watched.repo.host)), Role::Dim),
        (Some(runs), _) if runs.is_empty() => ("no runs".to_owned(), Role::Dim),
        (Some(_), _) => ("no runs for this filter".to_owned(), Role::Dim),
    }
}

/// Of a run whose log is there: why one of its jobs has none.
fn words_of_job(job: &Job, log: Option<&LogOf>) -> (String, Role) {
    let why = log.and_then(|log| log.not.get(&job.id));
    let name = safe(&job.name);
    match (why, job.progress) {
        (Some(why), _) => (safe(why), Role::Warn),
        (None, Progress::Skipped) => (format!("{name} was skipped: it has no log."), Role::Text),
        (None, Progress::Waiting) => (format!("{name} has not begun."), Role::Text),
        (None, Progress::Running) => (format!("{name} is running: its log comes when it is over."), Role::Text),
        (None, _) => (format!("There is no log of {name}."), Role::Text),
    }
}

/// What the run left at places of the source: it may say why before the log is there.
fn say_annotations(watched: &Watched, run: &Run, said: &mut Vec<(String, Role)>) {
    for note in watched.annotations.get(&run.id).into_iter().flatten() {
        let role = match note.level.as_str() {
            "failure" => Role::Error,
            "warning" => Role::Warn,
            _ => Role::Dim,
        };
        let place = match (note.path.as_str(), note.line) {
            ("" | ".github", _) => String::new(),
            (path, 0) => format!(" {}:", safe(path)),
            (path, line) => format!(" {}:{line}:", safe(path)),
        };
        let first = note.message.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
        said.push((format!("{}:{place} {}", safe(&note.level), safe(first)), role));
    }
}

/// The part in percent, and of what.
fn share(done: u64, of: Option<u64>) -> Option<(u128, String)> {
    let of = of.filter(|of| *of > 0)?;
    Some((u128::from(done.min(of)) * 100 / u128::from(of), bytes(of)))
}

/// `310 of 5,000 left`; without a token that there is none.
fn quota(asked: &Asked, is_wide: bool) -> Option<Health> {
    let Quota { left, limit, .. } = asked.quota;
    let is_low = left.zip(limit).is_some_and(|(left, limit)| left.saturating_mul(10) < limit);
    let role = if is_low { Role::Warn } else { Role::Dim };
    let left_words = left.map(|left| match limit.filter(|_| is_wide) {
        Some(limit) => format!("{} of {} left", thousands(left), thousands(limit)),
        None => format!("{} left", thousands(left)),
    });
    let text = match (asked.is_anonymous, limit) {
        (false, _) => left_words?,
        (true, Some(limit)) if is_wide => {
            let left = left.map(|left| format!(", {} left", thousands(left))).unwrap_or_default();
            format!("no token: {} an hour{left}", thousands(limit))
        }
        (true, Some(limit)) => format!("no token: {} an hour", thousands(limit)),
        (true, None) => "no token".to_owned(),
    };
    Some(Health { text, role })
}

fn no_token(forge: Forge) -> &'static str {
    match forge {
        Forge::Github => {
            "There is no token, so that only public repositories are seen: set GH_TOKEN, or log in with `gh auth login`."
        }
        Forge::Gitlab => "There is no token, so that only public projects are seen: set GITLAB_TOKEN.",
    }
}
