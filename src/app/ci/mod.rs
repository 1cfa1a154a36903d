//! Logs of CI jobs: what was found in them, which cause is looked at, and what is shown of it.
//!
//! Owns the state and its changes by news. What is drawn comes from `look` and `causes`, moves are in `walk`, the way to the
//! whole log and copies in `visit`; `rows` joins what a service tells of jobs with their logs, and `runs` has the runs of
//! watched repositories. Must not know files, rules of extraction, or colours.

mod causes;
mod health;
mod line;
mod look;
mod news;
mod rows;
mod runs;
mod visit;
mod walk;

pub use look::{CiLayout, CiLine, CiList, CiRow, CiView};
pub use news::{ExtractNews, Extracted, LogForm, LogFound};
pub use runs::{CiRuns, RunColumns, RunRow, mark as run_mark, result as run_result, took as run_took};
pub(super) use walk::CiPane;

use super::action::Context;
use super::event::{Compared, Effect};
use super::format::thousands;
use super::{App, FrameNeed, Pane, Role};
use crate::analysis::extract::{Block, Extract, StepState, Verdict};
use crate::model::address::Tab;
use crate::model::{OriginId, SourceId, Timestamp};
use crate::parse::text::safe_line;
use std::collections::BTreeMap;

/// An archive whose text has at most this part of the memory's budget is read into the list when its causes are known;
/// a larger one only when somebody wants to see the list.
const SHARE: u64 = 4;

/// The score from which on a block looks like an error, whatever its log says of how it ended. Below are the last lines
/// of a log without any known form.
const WORTH: u16 = 301;

/// Problems that have a row of their own; more are only counted.
const PROBLEMS: usize = 100;

/// The logs of the CI tab's sources.
#[derive(Debug, Default)]
pub(super) struct Ci {
    looks: BTreeMap<SourceId, Look>,
    logs: Vec<Log>,
    /// Indexes of the logs that are looked at: failed ones first, else as their sources have them.
    order: Vec<usize>,
    /// These with the jobs that a service told, when it told some.
    rows: Vec<rows::JobRow>,
    /// Runs of watched repositories.
    pub(super) live: runs::Live,
    at: At,
    pub(super) place: Place,
    focus: CiPane,
    /// Whether the user moved in the view: until then the first cause of all is shown.
    is_touched: bool,
    /// Lines of the causes that are scrolled away.
    scroll: usize,
    /// The first row that is seen of runs, logs and steps.
    tops: [usize; 3],
    /// The source that the user asked for last.
    asked: Option<SourceId>,
    /// While a line is visited: the log that alone is shown, and the origins that the filter named before.
    visited: Option<(OriginId, Vec<OriginId>)>,
}

/// Where the cursor is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct At {
    /// An index of the logs; of a job that has none [`rows::NO_LOG`].
    log: usize,
    /// An index of its blocks; none in a step without any.
    block: Option<usize>,
    /// A row of its steps.
    step: usize,
    /// The id of the job, when a service told of it.
    job: Option<u64>,
}

/// What the CI tab shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Place {
    /// The list of records.
    #[default]
    List,
    /// The logs and their causes.
    View,
    /// The list, at a line that was gone to from there: Esc goes back.
    Visit,
}

/// One look at a source's logs.
#[derive(Debug)]
struct Look {
    run: u32,
    logs: usize,
    form: LogForm,
    stage: Stage,
    /// Bytes that were read, and how many there are.
    progress: (u64, u64),
    /// The passing logs that are compared with, safe for a terminal, and when their run ended.
    green: Option<(String, Option<Timestamp>)>,
    problems: usize,
    not_text: usize,
    /// Whether its records wait for the look to end.
    is_held: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Stage {
    Looking,
    Done,
    Cancelled,
    /// Why nothing was looked at, safe for a terminal.
    Not(String),
}

/// One log.
#[derive(Debug)]
struct Log {
    source: SourceId,
    input: usize,
    /// As the source has it.
    name: String,
    /// What rows say, safe for a terminal.
    title: String,
    extract: Extract,
    /// Safe for a terminal.
    problem: Option<String>,
    is_read: bool,
    is_finished: bool,
}

impl Log {
    /// The source that was asked for last comes first; in it failed logs first, passed ones last.
    fn rank(&self, asked: Option<SourceId>) -> (bool, u8, SourceId, usize) {
        let class = match (self.extract.verdict, self.blocks().is_empty()) {
            (Verdict::Failed, _) => 0,
            (Verdict::Cancelled, _) => 1,
            (Verdict::Unknown, false) => 2,
            _ if self.problem.is_some() => 3,
            (Verdict::Unknown, true) => 4,
            (Verdict::Passed, _) => 5,
        };
        (asked.is_some_and(|asked| asked != self.source), class, self.source, self.input)
    }

    /// What is shown of it: of a log that does not say that it failed, only what looks like an error by itself.
    fn blocks(&self) -> &[Block] {
        let blocks = &self.extract.blocks;
        let all = match self.extract.verdict {
            Verdict::Failed | Verdict::Cancelled => blocks.len(),
            Verdict::Passed | Verdict::Unknown => blocks.partition_point(|block| block.score >= WORTH),
        };
        &blocks[..all]
    }

    /// What could explain a failure; a log that passed has none.
    fn causes(&self) -> &[Block] {
        if self.extract.verdict == Verdict::Passed { &[] } else { self.blocks() }
    }

    /// How many errors it has, repeats included.
    fn errors(&self) -> u64 {
        let shown = self.blocks().iter().map(|block| 1 + block.repeats).sum();
        self.extract.steps.iter().map(|step| step.errors).sum::<u64>().max(shown)
    }

    fn state(&self) -> (&'static str, Role) {
        match self.extract.verdict {
            _ if !self.is_read => ("--", Role::Warn),
            Verdict::Failed => ("FAIL", Role::Error),
            Verdict::Passed => ("ok", Role::Ok),
            Verdict::Cancelled => ("STOP", Role::Warn),
            Verdict::Unknown => ("--", Role::Dim),
        }
    }
}

/// A step's state in a word.
fn step_state(state: StepState) -> (&'static str, Role) {
    match state {
        StepState::Failed => ("FAIL", Role::Error),
        StepState::Passed => ("ok", Role::Ok),
        StepState::Cancelled => ("STOP", Role::Warn),
        StepState::Unknown => ("--", Role::Dim),
    }
}

impl Ci {
    /// The looks at what is looked at now.
    fn scoped_looks(&self) -> impl Iterator<Item = &Look> {
        self.looks.iter().filter(|(source, _)| self.live.is_in_scope(**source)).map(|(_, look)| look)
    }

    /// The logs that are looked at now.
    fn scoped_logs(&self) -> impl Iterator<Item = &Log> {
        self.order.iter().filter_map(|log| self.logs.get(*log))
    }

    fn is_looking(&self) -> bool {
        self.scoped_looks().any(|look| look.stage == Stage::Looking)
    }

    fn log(&self) -> Option<&Log> {
        self.logs.get(self.at.log).filter(|_| !self.order.is_empty())
    }

    /// The chosen log's blocks: of one that passed, too.
    fn blocks(&self) -> &[Block] {
        self.log().map_or(&[], |log| log.blocks())
    }

    fn block(&self) -> Option<&Block> {
        self.blocks().get(self.at.block?)
    }

    /// How many causes there are, over all logs.
    fn causes(&self) -> usize {
        self.scoped_logs().map(|log| log.causes().len()).sum()
    }

    fn failed(&self) -> usize {
        self.scoped_logs().filter(|log| log.extract.verdict == Verdict::Failed).count()
    }

    /// Takes a log in, at its place in the order.
    fn add(&mut self, log: Log) {
        self.logs.push(log);
        let log = self.logs.len() - 1;
        if self.live.is_on() {
            return self.rejoin();
        }
        let rank = self.logs[log].rank(self.asked);
        let place = self.order.partition_point(|other| self.logs[*other].rank(self.asked) < rank);
        self.order.insert(place, log);
        if !self.is_touched {
            self.go_to(self.order[0], 0);
        }
    }

    /// Forgets what was found in a source's logs.
    fn forget(&mut self, source: SourceId) {
        self.logs.retain(|log| log.source != source);
        self.rescope();
    }
}

impl App {
    /// Whether the CI tab shows logs and causes in the place of records.
    pub fn ci_is_shown(&self) -> bool {
        self.tab().tab == Tab::Ci && self.ci.place == Place::View && !self.is_start()
    }

    /// Where the keys go while logs and causes are shown.
    pub(super) fn ci_context(&self) -> Context {
        if self.ci_focus() == CiPane::Runs { Context::Runs } else { Context::Ci }
    }

    /// A source was opened because the user asked for it.
    pub(super) fn ci_asked(&mut self, source: SourceId) {
        self.ci.asked = Some(source);
        self.choose_local();
    }

    /// Takes news of a look at logs in.
    pub(super) fn extract_news(&mut self, news: ExtractNews) -> FrameNeed {
        let ExtractNews { source, run, what } = news;
        if let Extracted::Began { logs, form } = what {
            self.look_began(source, run, logs, form);
            return FrameNeed::Soon;
        }
        let Some(look) = self.ci.looks.get_mut(&source).filter(|look| look.run == run) else { return FrameNeed::No };
        match what {
            Extracted::Began { .. } => {}
            Extracted::Progress { done, of } => look.progress = (done, of),
            Extracted::Green { name, passed } => look.green = Some((safe_line(name.as_bytes()).into_owned(), passed)),
            Extracted::NoGreen(problem) => self.complain(safe_line(problem.as_bytes())),
            Extracted::Log(found) => self.take_log(source, *found),
            Extracted::Problem(problem) => {
                look.problems += 1;
                if look.problems <= PROBLEMS {
                    let input = usize::MAX - PROBLEMS + look.problems;
                    let found = LogFound {
                        input,
                        name: String::new(),
                        extract: None,
                        problem: Some(problem),
                        is_finished: true,
                    };
                    self.take_log(source, found);
                }
            }
            Extracted::Finished(not_text) => {
                (look.stage, look.not_text) = (Stage::Done, not_text);
                self.look_ended(source);
            }
            Extracted::Cancelled => {
                look.stage = Stage::Cancelled;
                self.look_ended(source);
            }
            Extracted::Skipped(words) | Extracted::Failed(words) => {
                look.stage = Stage::Not(safe_line(words.as_bytes()).into_owned());
                self.load(source);
            }
        }
        FrameNeed::Soon
    }

    fn look_began(&mut self, source: SourceId, run: u32, logs: usize, form: LogForm) {
        let before = self.ci.looks.get(&source);
        if before.is_some_and(|look| look.run > run) {
            return;
        }
        // Archives are complete: their causes come first, and nobody waits for new lines.
        let is_held = before.map_or(form == LogForm::Archive, |look| look.is_held);
        let is_first = before.is_none();
        let look = Look {
            run,
            logs,
            form,
            stage: Stage::Looking,
            progress: (0, 0),
            green: None,
            problems: 0,
            not_text: 0,
            is_held,
        };
        self.ci.looks.insert(source, look);
        if !is_first || self.ci.asked == Some(source) {
            self.ci.forget(source);
        }
        if !is_first {
            return;
        }
        if self.ci.asked == Some(source) {
            self.choose_local();
        }
        self.choose_run();
        // What is fetched for a run belongs to where the run is looked at.
        let is_of_run = self.ci.live.is_tied(source);
        let is_wanted = self.ci.asked == Some(source) || (!is_of_run && self.has_not_moved());
        if form == LogForm::Archive && self.tab().tab == Tab::Ci && matches!(self.pane, Pane::None) && is_wanted {
            self.ci.place = Place::View;
        }
        if form == LogForm::Files {
            self.outbox.push(Effect::Load(source));
        }
    }

    fn take_log(&mut self, source: SourceId, found: LogFound) {
        let title = if found.name.is_empty() { String::new() } else { self.log_title(source, &found.name) };
        let label = self.engine.source(source).map(crate::engine::Source::label).unwrap_or_default();
        // Its name stands beside it.
        let without = |problem: &str, name: &str| {
            let rest = problem.strip_prefix(name).filter(|_| !name.is_empty());
            rest.map(|rest| rest.trim_start_matches([':', '!', ' ']).to_owned())
        };
        let brief =
            |problem: String| without(&problem, &found.name).or_else(|| without(&problem, label)).unwrap_or(problem);
        let problem = found.problem.map(|problem| safe_line(brief(problem).as_bytes()).into_owned());
        let is_read = found.extract.is_some();
        self.ci.add(Log {
            source,
            input: found.input,
            name: found.name,
            title,
            extract: found.extract.unwrap_or_default(),
            problem,
            is_read,
            is_finished: found.is_finished,
        });
    }

    /// What rows call a log: `0_build (ubuntu).txt` of an archive is `build (ubuntu)`.
    fn log_title(&self, source: SourceId, name: &str) -> String {
        let entry = name.split_once('!').map(|(_, entry)| entry);
        let label = self.engine.source(source).map(crate::engine::Source::label).unwrap_or_default();
        let file = || name.strip_prefix(label).filter(|rest| !rest.is_empty()).unwrap_or(name).trim_start_matches('/');
        let title = line::title(entry.unwrap_or_else(file));
        safe_line(title.as_bytes()).into_owned()
    }

    /// All of a source's logs were looked at, or somebody ended it.
    fn look_ended(&mut self, source: SourceId) {
        let Some(look) = self.ci.looks.get(&source) else { return };
        let (form, is_done) = (look.form, look.stage == Stage::Done);
        let logs = || self.ci.logs.iter().filter(|log| log.source == source);
        let bytes: u64 = logs().map(|log| log.extract.bytes).sum();
        let has_failed = |log: &&Log| log.extract.verdict == Verdict::Failed && !log.causes().is_empty();
        let causes: usize = logs().filter(has_failed).map(|log| log.causes().len()).sum();
        // Among many files of a directory one that failed long ago is nothing to be torn away for.
        let is_alone = look.logs == 1;
        let opens = logs().filter(has_failed).any(|log| log.is_finished && is_alone || !log.extract.steps.is_empty());
        if form == LogForm::Archive {
            if is_done && bytes <= self.settings.memory as u64 / SHARE {
                self.load(source);
            }
        } else if is_done
            && opens
            && self.ci.place == Place::List
            && self.tab().tab == Tab::Ci
            && matches!(self.pane, Pane::None)
            && self.has_not_moved()
        {
            self.ci.place = Place::View;
        }
        if causes > 0 && self.ci.place == Place::List && self.ci.live.is_in_scope(source) {
            let key = self.key_of("next-error");
            let s = if causes == 1 { "" } else { "s" };
            self.say(format!("{} cause{s} found: {key}", thousands(causes as u64)));
        }
    }

    /// Whether the list is as it was when it opened: nobody would be torn from what they look at.
    fn has_not_moved(&self) -> bool {
        let tab = self.tab();
        tab.view.is_following() && tab.detail.is_none() && tab.view.query().is_all() && self.search.is_none()
    }

    /// Reads a source's records that waited for the look to end.
    fn load(&mut self, source: SourceId) {
        if let Some(look) = self.ci.looks.get_mut(&source)
            && std::mem::take(&mut look.is_held)
        {
            self.outbox.push(Effect::Load(source));
        }
    }

    /// Who sees the list wants its records.
    pub(super) fn load_what_is_seen(&mut self) {
        let is_idle = |look: &Look| look.is_held && look.stage != Stage::Looking;
        if self.ci.place != Place::List || !self.ci.looks.values().any(is_idle) {
            return;
        }
        let held: Vec<_> = self.ci.looks.iter().filter(|(_, look)| is_idle(look)).map(|(id, _)| *id).collect();
        for source in held {
            self.load(source);
        }
    }

    /// Whether `e` leads from the list to the causes: some were found in a log that failed.
    pub(super) fn has_causes(&self) -> bool {
        self.tab().tab == Tab::Ci && self.ci.causes() > 0 && self.ci.failed() > 0
    }

    /// Shows logs and causes, if they were looked at. `false` when not.
    pub(super) fn show_causes(&mut self) -> bool {
        let is_not = |look: &Look| matches!(look.stage, Stage::Not(_));
        let has_nothing = self.ci.looks.values().all(is_not) && !self.ci.live.is_on();
        if self.tab().tab != Tab::Ci || self.ci_is_shown() || has_nothing {
            return false;
        }
        self.tab_mut().detail = None;
        self.ci.place = Place::View;
        true
    }

    /// From the view to the list, or from a visited line back to the view. `true` when there was something to leave.
    pub(super) fn leave_ci(&mut self) -> bool {
        if self.tab().tab != Tab::Ci {
            return false;
        }
        match self.ci.place {
            Place::List => return false,
            Place::Visit => {
                self.ci.place = Place::View;
                self.cancel_asked();
                self.show_other_logs();
                self.message = None;
            }
            // Without a source there is no list.
            Place::View if !self.has_sources() => return false,
            Place::View => {
                self.ci.place = Place::List;
                self.show_other_logs();
                // Who wants to see it does not wait for the causes.
                let held: Vec<_> = self.ci.looks.keys().copied().collect();
                for source in held {
                    self.load(source);
                }
                let key = self.key_of("next-error");
                if self.has_causes() {
                    self.say(format!("all lines: {key} goes back to the causes"));
                } else if self.ci.live.is_on() {
                    self.say(format!("all lines: {} goes back to the runs", self.key_of("tab-ci")));
                } else {
                    self.say("all lines");
                }
            }
        }
        self.refresh_histogram();
        true
    }

    /// Ends the look at logs that is under way. `true` when there was one.
    pub(super) fn cancel_looking(&mut self) -> bool {
        let is_looking = self.ci.looks.values().any(|look| look.stage == Stage::Looking);
        if is_looking {
            self.outbox.push(Effect::CancelExtract);
        }
        is_looking
    }

    /// Looks for causes where that was not done, as in many or large files.
    pub(super) fn look_for_causes(&mut self, effects: &mut Vec<Effect>) {
        if self.tab().tab != Tab::Ci || self.ci.looks.is_empty() {
            return self.say("causes are looked for in files of the CI tab");
        }
        self.ci.place = Place::View;
        self.say("looking for causes ...");
        effects.push(Effect::Extract(Compared::AsBefore));
    }

    /// Compares with this passing log from now on; without one, with none.
    pub(super) fn compare_with(&mut self, path: Option<std::path::PathBuf>) {
        self.say(if path.is_some() { "reading the passing log ..." } else { "compared with no passing log" });
        self.outbox.push(Effect::Extract(path.map_or(Compared::Alone, Compared::With)));
    }
}
