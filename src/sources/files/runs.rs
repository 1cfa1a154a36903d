//! The files of a CI run's archive: which are logs of jobs, which are steps, and which say the same twice.
//!
//! Owns the names in archives of GitHub Actions: `<n>_<job>.txt` beside `<job>/<n>_<step>.txt`. Must not open anything.

use super::input::Input;
use std::collections::HashSet;

/// What a file of a run is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Role {
    /// A log of its own.
    Log,
    /// A step of a job whose own log is not there.
    Step {
        /// The job, as its folder is named.
        job: String,
        /// The step.
        step: String,
    },
    /// A step whose text stands in the job's own log, too.
    Covered,
}

/// Characters of a job's name that are compared: names of folders are cut off.
const COMPARED: usize = 60;

/// The roles of inputs that were found together, in their order.
pub fn roles(inputs: &[Input]) -> Vec<Role> {
    roles_of(&inputs.iter().map(path_of).collect::<Vec<_>>())
}

/// What the same job of another run would be called: without its number, and in a form that can be compared.
pub fn key(input: &Input, role: &Role) -> String {
    match role {
        Role::Step { job, step } => format!("{}/{}", plain(job), plain(step)),
        Role::Log | Role::Covered => {
            let file = split(path_of(input)).1;
            let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
            plain(numbered(stem).unwrap_or(stem))
        }
    }
}

/// An entry's path in its archive, or the file's own.
pub fn path_of(input: &Input) -> &str {
    let archive = input.path.to_string_lossy();
    match input.entry {
        // Standard input has no path, but a name.
        Some(_) => input
            .name
            .strip_prefix(&*archive)
            .and_then(|rest| rest.strip_prefix('!'))
            .unwrap_or_else(|| input.name.split_once('!').map_or(input.name.as_str(), |(_, entry)| entry)),
        None => &input.name,
    }
}

fn roles_of(paths: &[&str]) -> Vec<Role> {
    let mut jobs = HashSet::new();
    let mut of_steps = HashSet::new();
    for path in paths {
        let (dir, file) = split(path);
        if let Some(name) = text_file(file).and_then(numbered) {
            jobs.insert((dir, compared(name)));
            // Every job begins so.
            if name.eq_ignore_ascii_case("set up job") {
                of_steps.insert(dir);
            }
        }
    }
    let role = |path: &&str| {
        let (dir, file) = split(path);
        let Some(name) = text_file(file) else { return Role::Log };
        let Some(step) = numbered(name).or((name == "system").then_some(name)) else { return Role::Log };
        let (parent, job) = split(dir);
        if job.is_empty() {
            Role::Log
        } else if jobs.contains(&(parent, compared(job))) {
            Role::Covered
        } else if of_steps.contains(dir) {
            Role::Step { job: job.to_owned(), step: step.to_owned() }
        } else {
            Role::Log
        }
    };
    paths.iter().map(role).collect()
}

/// The folder and the name in it.
fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

fn text_file(file: &str) -> Option<&str> {
    file.strip_suffix(".txt")
}

/// What stands behind `12_`.
fn numbered(name: &str) -> Option<&str> {
    let (number, rest) = name.split_once('_')?;
    let digits = number.strip_prefix('-').unwrap_or(number);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    (is_number && !rest.is_empty()).then_some(rest)
}

/// A name without what archives leave out or replace: signs, blanks, case.
fn plain(name: &str) -> String {
    let plain: String = name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    if plain.is_empty() { name.to_owned() } else { plain }
}

fn compared(name: &str) -> String {
    plain(name).chars().take(COMPARED).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(paths: &[&str], expected: &str) {
        let letter = |role: &Role| match role {
            Role::Log => "log".to_owned(),
            Role::Step { job, step } => format!("{job}>{step}"),
            Role::Covered => "-".to_owned(),
        };
        let roles: Vec<_> = roles_of(paths).iter().map(letter).collect();
        assert_eq!(roles.join(" "), expected, "{paths:?}");
    }

    #[test]
    fn steps_beside_their_jobs_log_are_covered() {
        check(&["0_build.txt", "build/1_Set up job.txt", "build/2_Test.txt", "build/system.txt"], "log - - -");
        check(&["build/1_Set up job.txt", "0_build.txt", "lint/1_Set up job.txt"], "- log lint>Set up job");
        check(&["run/0_a _ b (x, 3.9).txt", "run/a b (x, 3.9)/3_Test.txt"], "log -");
        check(&["-1_build.txt", "build/10_Test.txt"], "log -");
        let long = "j".repeat(120);
        check(&[&format!("0_{long}.txt"), &format!("{}/1_x.txt", &long[..90])], "log -");
    }

    #[test]
    fn steps_without_it_are_logs_with_a_name() {
        check(&["b/1_Set up job.txt", "b/4_Run tests.txt"], "b>Set up job b>Run tests");
        check(&["x/b/1_Set up job.txt"], "b>Set up job");
    }

    #[test]
    fn other_names_are_logs() {
        check(
            &["a.log", "dir/b.log", "dir/1_x.txt", "1_x/y.txt", "_x.txt", "1_.txt", "2024_report.log"],
            &"log ".repeat(7).trim(),
        );
        check(&["0_build.txt", "build/notes.txt", "build/a.xml"], "log log log");
        check(&[], "");
    }
}
