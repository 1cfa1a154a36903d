//! The passing logs that logs are compared with.
//!
//! Owns which passing log belongs to which log, and reads it when its turn comes: a run may have two hundred jobs. Must
//! not know how lines are compared.

use super::inputs::Logs;
use crate::analysis::extract::Baseline;
use crate::sources::files::{Consume, Input, Role, Watch, each, key, path_of};
use std::collections::HashMap;
use std::ops::Range;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What was given by `--baseline`, and which log is compared with what of it.
#[derive(Debug, Default)]
pub struct Greens {
    inputs: Vec<Input>,
    groups: Vec<Group>,
    /// The group of each log.
    of_log: Vec<Option<usize>>,
    threads: usize,
    problems: Mutex<Vec<String>>,
}

/// Passing logs that some logs are compared with, together.
#[derive(Debug)]
struct Group {
    /// Places in [`Greens::inputs`].
    inputs: Vec<usize>,
    held: Mutex<Held>,
    /// Logs that still need it.
    users: AtomicUsize,
}

/// A baseline that is read when it is first needed.
#[derive(Debug, Default)]
enum Held {
    #[default]
    NotRead,
    /// Nothing, when it cannot be used.
    Read(Option<Arc<Baseline>>),
}

/// Where a file is: its device and number, and the entry in it.
type Place = ((u64, u64), Option<usize>);

/// What one `--baseline` has, to be found by the names of logs. An archive may have a hundred thousand entries.
#[derive(Debug, Default)]
struct Source {
    inputs: Range<usize>,
    by_path: HashMap<String, Vec<usize>>,
    by_key: HashMap<String, Vec<usize>>,
}

/// What of one `--baseline` a log is compared with.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Pick {
    All,
    /// All but the log itself.
    AllBut(usize),
    Some(Vec<usize>),
}

impl Greens {
    /// Finds the passing logs behind `paths`, takes those that are there (`passed`), and gives each log those of the same name or job, else all of them. What is
    /// wrong is added to `said`.
    pub fn find(paths: &[PathBuf], passed: Vec<Logs>, logs: &Logs, threads: usize, said: &mut Vec<String>) -> Self {
        let mut greens = Self { threads, ..Self::default() };
        let mut sources = Vec::new();
        let named = paths.iter().map(|path| {
            let mut found = Logs::default();
            found.add_path(path);
            found
        });
        for mut found in named.chain(passed) {
            said.extend(found.take_problems().into_iter().map(|problem| format!("baseline {problem}")));
            let first = greens.inputs.len();
            let mut source = Source { inputs: first..first + found.inputs.len(), ..Source::default() };
            for (n, (input, role)) in (first..).zip(found.inputs.iter().zip(&found.roles)) {
                source.by_path.entry(path_of(input).to_owned()).or_default().push(n);
                source.by_key.entry(key(input, role)).or_default().push(n);
            }
            greens.inputs.extend(found.inputs);
            if !source.inputs.is_empty() {
                sources.push(source);
            }
        }
        if !sources.is_empty() {
            greens.assign(logs, &sources, said);
        }
        greens
    }

    fn assign(&mut self, logs: &Logs, sources: &[Source], said: &mut Vec<String>) {
        let mut places = Places::default();
        let places_of_inputs = self.inputs.iter().enumerate();
        let own: HashMap<Place, usize> =
            places_of_inputs.filter_map(|(n, input)| Some((places.of(input)?, n))).collect();
        let mut known: HashMap<Vec<Pick>, Option<usize>> = HashMap::new();
        for (log, role) in logs.inputs.iter().zip(&logs.roles) {
            let this = places.of(log).and_then(|place| own.get(&place).copied());
            let picks: Vec<_> = sources.iter().map(|source| source.pick(log, role, this)).collect();
            let group = *known.entry(picks).or_insert_with_key(|picks| {
                let inputs: Vec<_> =
                    sources.iter().zip(picks).flat_map(|(source, pick)| source.members(pick)).collect();
                if inputs.is_empty() {
                    return None;
                }
                self.groups.push(Group { inputs, held: Mutex::default(), users: AtomicUsize::new(0) });
                Some(self.groups.len() - 1)
            });
            if let Some(group) = group {
                self.groups[group].users.fetch_add(1, Ordering::Relaxed);
            } else {
                said.push(format!("{}: the baseline is this very log: compared with nothing", log.name));
            }
            self.of_log.push(group);
        }
    }

    /// The baseline of the `n`-th log; read by the first thread that needs it, dropped with the last log that does.
    pub fn of_log(&self, n: usize, watch: &Watch) -> Option<Arc<Baseline>> {
        let group = &self.groups[(*self.of_log.get(n)?)?];
        let mut held = lock(&group.held);
        if let Held::NotRead = *held {
            *held = Held::Read(self.read(group, watch));
        }
        let baseline = if let Held::Read(baseline) = &*held { baseline.clone() } else { None };
        if group.users.fetch_sub(1, Ordering::Relaxed) == 1 {
            *held = Held::Read(None);
        }
        baseline
    }

    /// The name for people of what the `n`-th log is compared with.
    pub fn name_of(&self, n: usize) -> Option<(usize, String)> {
        let group = (*self.of_log.get(n)?)?;
        let inputs = &self.groups[group].inputs;
        let first = &self.inputs[*inputs.first()?];
        let more = inputs.len() - 1;
        Some((group, if more == 0 { first.name.clone() } else { format!("{} and {more} more", first.name) }))
    }

    /// What went wrong since the last call.
    pub fn take_problems(&self) -> Vec<String> {
        std::mem::take(&mut *lock(&self.problems))
    }

    fn read(&self, group: &Group, watch: &Watch) -> Option<Arc<Baseline>> {
        let mut problems = Vec::new();
        // Passes from one input to the next.
        let passed = Mutex::new(Some(Baseline::default()));
        let own = Watch { cancel: Arc::clone(&watch.cancel), ..Watch::default() };
        for n in &group.inputs {
            let input = std::slice::from_ref(&self.inputs[*n]);
            let make = |_| Learn(lock(&passed).take().unwrap_or_default());
            each(input, self.threads.min(2), &own, make, |outcome| {
                if let Some(baseline) = outcome.out {
                    *lock(&passed) = Some(baseline);
                }
                problems.extend(outcome.problem.map(|problem| format!("baseline {problem}")));
            });
        }
        let baseline = passed.into_inner().unwrap_or_else(PoisonError::into_inner).unwrap_or_default();
        let is_empty = baseline.lines() == 0;
        if is_empty && problems.is_empty() && !watch.cancel.load(Ordering::Relaxed) {
            let name = group.inputs.first().map_or("", |n| self.inputs[*n].name.as_str());
            problems.push(format!("baseline {name}: it has no lines: compared with nothing"));
        }
        lock(&self.problems).extend(problems);
        (!is_empty).then(|| Arc::new(baseline))
    }
}

impl Source {
    /// What a log is compared with; `this` is the log itself, if it is among the passing ones.
    fn pick(&self, log: &Input, role: &Role, this: Option<usize>) -> Pick {
        let this = this.filter(|n| self.inputs.contains(n));
        // One log is meant, whatever its name.
        let named = || self.by_path.get(path_of(log)).or_else(|| self.by_key.get(&key(log, role)));
        match (if self.inputs.len() > 1 { named() } else { None }, this) {
            (Some(same), _) => Pick::Some(same.iter().copied().filter(|n| Some(*n) != this).collect()),
            (None, Some(this)) => Pick::AllBut(this),
            (None, None) => Pick::All,
        }
    }

    fn members(&self, pick: &Pick) -> Vec<usize> {
        match pick {
            Pick::All => self.inputs.clone().collect(),
            Pick::AllBut(this) => self.inputs.clone().filter(|n| n != this).collect(),
            Pick::Some(members) => members.clone(),
        }
    }
}

/// Feeds a baseline.
struct Learn(Baseline);

impl Consume for Learn {
    type Out = Baseline;

    fn feed(&mut self, bytes: &[u8]) {
        self.0.feed(bytes);
    }

    fn finish(mut self) -> Baseline {
        self.0.finish();
        self.0
    }
}

/// Asks the system once for each path.
#[derive(Default)]
struct Places(HashMap<PathBuf, Option<(u64, u64)>>);

impl Places {
    fn of(&mut self, input: &Input) -> Option<Place> {
        if input.path.as_os_str() == "-" {
            return None;
        }
        let ask = |path: &Path| std::fs::metadata(path).ok().map(|meta| (meta.dev(), meta.ino()));
        let file = *self.0.entry(input.path.clone()).or_insert_with(|| ask(&input.path));
        file.map(|file| (file, input.entry))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
