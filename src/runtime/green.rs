//! The passing logs that logs are compared with.
//!
//! Owns which passing log belongs to which log, and reads it when the first log needs it: of a run of two hundred jobs only
//! those are held that are being compared. Must not know how lines are compared.

use crate::analysis::extract::Baseline;
use crate::model::Address;
use crate::sources::files::{Consume, Discovered, Input, Role, Watch, discover_address, each, key, path_of, roles};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

/// The passing logs of one look.
#[derive(Debug, Default)]
pub(super) struct Greens {
    inputs: Vec<Input>,
    groups: Vec<Group>,
    /// The group of each log.
    of_log: Vec<Option<usize>>,
}

/// Passing logs with which some logs are compared together.
#[derive(Debug)]
struct Group {
    inputs: Vec<usize>,
    /// Not read yet, or what came of it.
    held: Mutex<Option<Result<Arc<Baseline>, String>>>,
    /// Logs that still need it.
    users: AtomicUsize,
}

impl Greens {
    /// Finds the passing logs behind a path. Each log gets those of its name or job, else all of them; never itself.
    ///
    /// # Errors
    /// There is nothing to compare with: why.
    pub(super) fn find(address: &Address, logs: &[(&Input, &Role)]) -> Result<Self, String> {
        let Discovered { inputs, problems, .. } = discover_address(address).unwrap_or_default();
        let roles = roles(&inputs);
        let own: Vec<_> = inputs.into_iter().zip(roles).filter(|(_, role)| *role != Role::Covered).collect();
        if own.is_empty() {
            let why = problems.first().map_or_else(|| "it holds no log".to_owned(), ToString::to_string);
            return Err(format!("no passing log to compare with: {why}"));
        }
        let mut places = HashMap::new();
        let mut place = |input: &Input| {
            let file = places.entry(input.path.clone()).or_insert_with(|| input.path.canonicalize().ok());
            (file.clone().unwrap_or_else(|| input.path.clone()), input.entry)
        };
        let own_places: Vec<_> = own.iter().map(|(input, _)| place(input)).collect();
        let mut greens = Self::default();
        let mut known: HashMap<Vec<usize>, usize> = HashMap::new();
        for (log, role) in logs {
            let here = place(log);
            let mut members = matching(log, role, &own);
            members.retain(|n| own_places[*n] != here);
            if members.is_empty() {
                greens.of_log.push(None);
                continue;
            }
            let group = *known.entry(members).or_insert_with_key(|members| {
                let group = Group { inputs: members.clone(), held: Mutex::default(), users: AtomicUsize::new(0) };
                greens.groups.push(group);
                greens.groups.len() - 1
            });
            greens.groups[group].users.fetch_add(1, Ordering::Relaxed);
            greens.of_log.push(Some(group));
        }
        if greens.groups.is_empty() && !logs.is_empty() {
            let name = name_of(address);
            return Err(format!("{name} is the log itself: the passing log has to be another one"));
        }
        greens.inputs = own.into_iter().map(|(input, _)| input).collect();
        Ok(greens)
    }

    /// What the n-th log is compared with; it is asked for once. Read by the first thread that needs it, dropped with the
    /// last log that does.
    ///
    /// # Errors
    /// It cannot be read: why.
    pub(super) fn of_log(&self, n: usize, watch: &Watch) -> Result<Option<Arc<Baseline>>, String> {
        let Some(group) = self.of_log.get(n).copied().flatten().map(|group| &self.groups[group]) else {
            return Ok(None);
        };
        let mut held = lock(&group.held);
        let read = held.get_or_insert_with(|| self.read(group, watch)).clone();
        if group.users.fetch_sub(1, Ordering::Relaxed) == 1 {
            *held = None;
        }
        read.map(Some)
    }

    fn read(&self, group: &Group, watch: &Watch) -> Result<Arc<Baseline>, String> {
        let mut problem = None;
        // Passes from one input to the next.
        let passed = Mutex::new(Some(Baseline::default()));
        let own = Watch { cancel: Arc::clone(&watch.cancel), ..Watch::default() };
        for n in &group.inputs {
            let input = std::slice::from_ref(&self.inputs[*n]);
            each(
                input,
                2,
                &own,
                |_| Learn(lock(&passed).take().unwrap_or_default()),
                |outcome| {
                    if let Some(baseline) = outcome.out {
                        *lock(&passed) = Some(baseline);
                    }
                    problem = outcome.problem.map(|problem| problem.to_string()).or(problem.take());
                },
            );
        }
        let baseline = passed.into_inner().unwrap_or_else(PoisonError::into_inner).unwrap_or_default();
        if baseline.lines() > 0 || watch.cancel.load(Ordering::Relaxed) {
            return Ok(Arc::new(baseline));
        }
        let name = group.inputs.first().map_or("", |n| self.inputs[*n].name.as_str());
        let why = problem.unwrap_or_else(|| format!("{name} has no lines"));
        Err(format!("no passing log to compare with: {why}"))
    }
}

/// What a passing log is called.
pub(super) fn name_of(address: &Address) -> String {
    match address {
        Address::Path(path) => path.to_string_lossy().into_owned(),
        other => other.to_string(),
    }
}

/// The passing logs that belong to a log: of several those of its path or job.
fn matching(log: &Input, role: &Role, own: &[(Input, Role)]) -> Vec<usize> {
    let which = |fits: &dyn Fn(&Input, &Role) -> bool| -> Vec<usize> {
        own.iter().enumerate().filter(|(_, (input, role))| fits(input, role)).map(|(n, _)| n).collect()
    };
    let wanted = key(log, role);
    let same_path = which(&|input, _| path_of(input) == path_of(log));
    let same = if same_path.is_empty() { which(&|input, role| key(input, role) == wanted) } else { same_path };
    if same.is_empty() { which(&|_, _| true) } else { same }
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

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
