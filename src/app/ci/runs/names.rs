//! Which job and step an entry of a run's log archive belongs to.
//!
//! Owns GitHub's rules for the names in it, as far as they are known; pure. Must not open archives.
//!
//! At the top stand files of whole jobs, `3_NAME.txt` (the number is not the job's id) or `-3_NAME.txt` in old ones; in
//! folders, files of steps, `NAME/5_STEP.txt`, which are often missing. In NAME, `/` and `:` are left out, it is cut to 90
//! UTF-16 units and trimmed; equal names are told apart by numbers, or not at all. Newer archives have `_` in the place of
//! what is left out.

use crate::model::ci::Job;
use std::collections::BTreeMap;

/// UTF-16 units of a name that are kept.
const MAX_UNITS: usize = 90;
/// A name of at least so many units may have been cut.
const LONG_UNITS: usize = 60;

/// What an entry holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// The job, by its place in the list of jobs.
    pub(super) job: usize,
    /// The number of its step; the whole job's log when none.
    pub(super) step: Option<u32>,
}

/// Whether archives do not have a character in names.
const fn is_left_out(c: char) -> bool {
    matches!(c, '/' | ':')
}

/// A name as archives have it before they cut it: what is left out, and the same replaced.
fn plain(name: &str) -> [String; 2] {
    let without = name.chars().filter(|c| !is_left_out(*c)).collect();
    [without, name.replace(is_left_out, "_")]
}

/// A plain name as far as the archive has it.
fn in_archive(plain: &str) -> String {
    let mut units = 0;
    let cut: String = plain
        .chars()
        .take_while(|c| {
            units += c.len_utf16();
            units <= MAX_UNITS
        })
        .collect();
    cut.trim().to_owned()
}

/// An entry's name, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    /// Of a whole job.
    Job,
    /// Of a step.
    Step(u32),
}

/// The job's name in the archive, what it is of, and the number in front.
fn take_apart(name: &str) -> Option<(&str, Place, i64)> {
    let name = name.strip_prefix("./").unwrap_or(name);
    let stem = name.strip_suffix(".txt")?;
    let numbered = |text: &'_ str| -> Option<(i64, usize)> {
        let end = text.find('_')?;
        let digits = text[..end].strip_prefix('-').unwrap_or(&text[..end]);
        let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        is_number.then(|| (text[..end].parse().unwrap_or(i64::MAX), end + 1))
    };
    if let Some((folder, file)) = stem.split_once('/') {
        // `system.txt` and whatever else is no step's.
        let (number, _) = numbered(file)?;
        return Some((folder, Place::Step(u32::try_from(number).ok()?), number));
    }
    let (number, at) = numbered(stem)?;
    Some((&stem[at..], Place::Job, number))
}

/// Finds job and step of each entry. Entries that belong to none stay empty; nothing is guessed where several jobs fit.
pub(super) fn match_entries(names: &[&str], jobs: &[Job]) -> Vec<Option<Entry>> {
    let finder = Finder::new(jobs);
    let places: Vec<_> = names.iter().map(|name| take_apart(name)).collect();
    // Names under which the archive has the jobs, in the order of the numbers in front.
    let mut labels: Vec<(&str, i64)> = places.iter().flatten().map(|(label, _, number)| (*label, *number)).collect();
    labels.sort_by_key(|(_, number)| *number);
    let variants = finder.variants(labels.iter().map(|(label, _)| *label));

    // Files of the same name: the first is the first job's.
    let mut order: Vec<usize> = (0..names.len()).filter(|at| places[*at].is_some()).collect();
    order.sort_by_key(|at| places[*at].map(|(_, place, number)| if place == Place::Job { number } else { 0 }));
    let mut seen: BTreeMap<(&str, Place), usize> = BTreeMap::new();
    let mut found = vec![None; names.len()];
    for at in order {
        let Some((label, place, _)) = places[at] else { continue };
        let nth = seen.entry((label, place)).or_default();
        let candidates = variants.get(label).map_or(&[][..], Vec::as_slice);
        let job = if candidates.len() == 1 { candidates.first() } else { candidates.get(*nth) };
        *nth += 1;
        let step = if let Place::Step(number) = place { Some(number) } else { None };
        found[at] = job.map(|job| Entry { job: *job, step });
    }
    found
}

/// The jobs by their names in the archive.
struct Finder {
    /// Name in the archive, in lower case since archives tell names apart without case; and the jobs.
    exact: BTreeMap<String, Vec<usize>>,
    /// Names that are not cut.
    whole: Vec<[String; 2]>,
    /// Letters and digits only.
    loose: BTreeMap<String, Vec<usize>>,
}

impl Finder {
    fn new(jobs: &[Job]) -> Self {
        let mut exact: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        let mut loose: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        let mut whole = Vec::with_capacity(jobs.len());
        for (at, job) in jobs.iter().enumerate() {
            let forms = plain(&job.name);
            let [without, replaced] = forms.each_ref().map(|form| in_archive(form));
            loose.entry(loosely(&without)).or_default().push(at);
            if replaced != without {
                exact.entry(replaced.to_lowercase()).or_default().push(at);
            }
            exact.entry(without.to_lowercase()).or_default().push(at);
            whole.push(forms.map(|form| form.to_lowercase()));
        }
        Self { exact, whole, loose }
    }

    /// The jobs for each label of the archive. Several under one label: the first entry belongs to the first, and so on.
    fn variants<'l>(&self, labels: impl Iterator<Item = &'l str>) -> BTreeMap<&'l str, Vec<usize>> {
        let mut found: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        // Labels that are a job's name and a number, by that name.
        let mut numbered: BTreeMap<String, Vec<(u64, &'l str)>> = BTreeMap::new();
        let mut rest = Vec::new();
        for label in labels {
            if found.contains_key(label) {
                continue;
            }
            let name = clean(label);
            if let Some(jobs) = self.exact.get(&name) {
                found.insert(label, jobs.clone());
                if jobs.len() > 1 {
                    numbered.entry(name).or_default().push((0, label));
                }
            } else if let Some((base, number)) = without_number(&name).and_then(|(base, n)| Some((self.base(base)?, n)))
            {
                let list = numbered.entry(base).or_default();
                if !list.contains(&(number, label)) {
                    list.push((number, label));
                }
            } else {
                rest.push((label, name));
            }
        }
        for (base, mut labels) in numbered {
            labels.sort_unstable();
            let jobs = self.exact.get(&base).map_or(&[][..], Vec::as_slice);
            // `build` and `build (1)`: each is one job's. `build` alone may stand for all.
            if labels.len() > 1 || labels.first().is_some_and(|(number, _)| *number > 0) {
                for (nth, (_, label)) in labels.iter().enumerate() {
                    found.insert(label, jobs.get(nth).copied().into_iter().collect());
                }
            }
        }
        for (label, name) in rest {
            if let Some(job) = self.cut(&name).or_else(|| self.similar(&name)) {
                found.entry(label).or_insert_with(|| vec![job]);
            }
        }
        found
    }

    /// The name of several jobs that `base` is, or is the beginning of where the number took its place.
    fn base(&self, base: &str) -> Option<String> {
        let several = |name: &&String| self.exact.get(*name).is_some_and(|jobs| jobs.len() > 1);
        if let Some((name, _)) = self.exact.get_key_value(base).filter(|(name, _)| several(name)) {
            return Some(name.clone());
        }
        if units(base) + 6 < MAX_UNITS {
            return None;
        }
        let mut longer = self.exact.keys().filter(|name| name.starts_with(base)).filter(several);
        let only = longer.next()?;
        longer.next().is_none().then(|| only.clone())
    }

    /// The only job whose name begins with a name that is long enough to have been cut.
    fn cut(&self, name: &str) -> Option<usize> {
        if units(name) < LONG_UNITS {
            return None;
        }
        let mut fitting = (0..self.whole.len()).filter(|at| self.whole[*at].iter().any(|form| form.starts_with(name)));
        let only = fitting.next()?;
        fitting.next().is_none().then_some(only)
    }

    /// The only job whose letters and digits are the same: other characters may have been left out or replaced.
    fn similar(&self, name: &str) -> Option<usize> {
        let loose = loosely(name);
        let jobs = self.loose.get(&loose).filter(|_| !loose.is_empty())?;
        (jobs.len() == 1).then(|| jobs[0])
    }
}

/// A label without what a cut in the middle of a character leaves, in lower case.
fn clean(label: &str) -> String {
    label.trim_end_matches('\u{fffd}').trim().to_lowercase()
}

fn units(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

fn loosely(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// `build (2)`, `build(2)`, `build_2`, `build-2`, `build 2`: the name and the number.
fn without_number(name: &str) -> Option<(&str, u64)> {
    let (open, inner) = if let Some(rest) = name.strip_suffix(')') {
        rest.rsplit_once('(')?
    } else {
        let at = name.rfind(|c: char| !c.is_ascii_digit())?;
        let len = name[at..].chars().next()?.len_utf8();
        if !matches!(&name[at..at + len], " " | "_" | "-") {
            return None;
        }
        (&name[..at], &name[at + len..])
    };
    let number = inner.parse().ok().filter(|number| *number > 0)?;
    Some((open.trim_end(), number))
}

#[cfg(test)]
mod tests;
