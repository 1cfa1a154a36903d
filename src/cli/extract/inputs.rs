//! From the command line to the logs that are read.
//!
//! Owns which files and entries are logs, and what is said about those that are not. Must not know how logs are read.

use crate::cli::ExtractArgs;
use crate::cli::Globals;
use crate::cli::Output;
use crate::cli::Usage;
use crate::cli::forge::{Desk, RunLogs, Service, Wanted};
use crate::infra::spool::{Kept, Spool};
use crate::model::Address;
use crate::model::Timestamp;
use crate::model::ci::Repo;
use crate::ports::answers::Room;
use crate::sources::files::{
    Codec, Discovered, Input, InputError, Kind, Role, discover, discover_archive, kind, roles,
};
use anyhow::Context;
use std::fs::File;
use std::io::{Cursor, IsTerminal, Read};
use std::path::{Path, PathBuf};

/// Bytes of standard input that are looked at before it is known to be an archive or not.
const MAGIC: usize = 4;

/// Inputs that cannot be read are named up to this number: an archive may have a hundred thousand.
const MAX_WARNINGS: usize = 20;

/// What is read.
#[derive(Debug, Default)]
pub struct Logs {
    /// Each log.
    pub inputs: Vec<Input>,
    /// What each of them is in its run.
    pub roles: Vec<Role>,
    problems: Vec<InputError>,
    notes: Vec<String>,
    /// Room for what was fetched.
    rooms: Vec<Room>,
    /// The logs of runs that passed, with which those of CI services are compared.
    pub greens: Vec<Self>,
}

/// The logs that are named, in their order; without a name, standard input.
///
/// # Errors
/// [`Usage`] when nothing is named or something that is no file; what the system says about the temporary file of an
/// archive on standard input.
pub fn of_arguments(
    args: &ExtractArgs,
    now: Timestamp,
    globals: &Globals<'_>,
    out: &mut Output,
) -> anyhow::Result<Logs> {
    let sources = &args.sources[..];
    let mut logs = Logs::default();
    let desk = Desk::new(globals);
    let stdin = [Address::Stdin];
    if sources.is_empty() && std::io::stdin().is_terminal() {
        return Err(Usage("name a log, or pipe one in: `command | logdeck extract`".to_owned()).into());
    }
    let sources = if sources.is_empty() { &stdin[..] } else { sources };
    if sources.iter().filter(|source| **source == Address::Stdin).count() > 1 {
        return Err(Usage("standard input can be named once".to_owned()).into());
    }
    for source in sources {
        match source {
            Address::Stdin => logs.add(of_stdin(now, globals, out)?),
            Address::Path(path) => logs.add_path(path),
            other => {
                let Some((repo, wanted)) = desk.wanted(other) else {
                    let text = format!(
                        "{other}: `extract` reads files, standard input, github: and gitlab:; `logdeck tail {other} --no-follow \
                         | logdeck extract` sends what is there through it"
                    );
                    return Err(Usage(text).into());
                };
                logs.add_run((repo, wanted), args, &desk, out)?;
            }
        }
    }
    Ok(logs)
}

impl Logs {
    /// Adds what is behind a path, a directory, a glob, or the name of an entry as `archive.zip!entry`.
    pub fn add_path(&mut self, path: &Path) {
        match archive_of(path) {
            Some(archive) => self.add_entry(&archive, &path.to_string_lossy()),
            None => self.add(discover(&[path])),
        }
    }

    /// Adds the logs of a run and, unless something else is named, those of the last run before it that passed.
    fn add_run(
        &mut self,
        (repo, wanted): (Repo, Wanted),
        args: &ExtractArgs,
        desk: &Desk,
        out: &mut Output,
    ) -> anyhow::Result<()> {
        let service = Service::new(repo, desk)?;
        let RunLogs { run, found } = service.logs(&Wanted { branch: args.branch.clone(), ..wanted }, out)?;
        let names: Vec<String> =
            found.inputs.iter().filter_map(|input| Some(input.name.split_once('!')?.1.into())).collect();
        self.add(found);
        if !args.baseline.is_empty() || args.no_green {
            self.rooms.extend(service.into_rooms());
            return Ok(());
        }
        match service.green(&run, &names, out) {
            Ok(Some(RunLogs { run: green, found })) => {
                self.notes
                    .push(format!("compared with run {}, the last one of {} that passed", green.id, green.branch));
                let mut logs = Self::default();
                logs.add(found);
                self.greens.push(logs);
            }
            Ok(None) => self.notes.push("no earlier run of this workflow passed: compared with nothing".to_owned()),
            Err(error) => self.notes.push(format!("compared with nothing: {error:#}")),
        }
        self.rooms.extend(service.into_rooms());
        Ok(())
    }

    /// Adds one entry of an archive; it is read also when the job's own log holds its text.
    fn add_entry(&mut self, archive: &Path, name: &str) {
        let found = discover(&[archive]);
        let before = self.inputs.len();
        let named = found.inputs.into_iter().filter(|input| input.name == name);
        self.inputs.extend(named);
        self.roles.resize(self.inputs.len(), Role::Log);
        let about = |problem: &InputError| problem.to_string().starts_with(&format!("{name}: "));
        let own: Vec<_> = found.problems.into_iter().filter(about).collect();
        if self.inputs.len() == before && own.is_empty() {
            self.problems.push(InputError::Missing { name: name.to_owned() });
        }
        self.problems.extend(own);
    }

    /// Adds what was found in one place.
    fn add(&mut self, found: Discovered) {
        let roles = roles(&found.inputs);
        for (input, role) in found.inputs.into_iter().zip(roles) {
            // Its text is in the job's own log.
            if role != Role::Covered {
                self.inputs.push(input);
                self.roles.push(role);
            }
        }
        self.problems.extend(found.problems);
        self.notes.extend(found.notes);
    }

    /// What cannot be read, as text.
    pub fn take_problems(&mut self) -> Vec<String> {
        self.problems.drain(..).map(|problem| problem.to_string()).collect()
    }

    /// Says what cannot be read, and what was left out. Tells whether anything cannot be read.
    pub fn say_problems(&mut self, out: &mut Output) -> bool {
        for note in self.notes.drain(..) {
            out.note(&note);
        }
        let problems = std::mem::take(&mut self.problems);
        let mut warnings = Warnings::default();
        for problem in &problems {
            warnings.warn(&problem.to_string(), out);
        }
        warnings.end(out);
        !problems.is_empty()
    }
}

/// The archive of an entry's name; nothing when the path is a file's own.
fn archive_of(path: &Path) -> Option<PathBuf> {
    let text = path.to_str().filter(|_| !path.exists())?;
    let mut ends = text.match_indices('!').map(|(at, _)| Path::new(&text[..at]));
    ends.find(|archive| archive.is_file()).map(Path::to_owned)
}

/// Warnings on standard error, of which the first are said and the rest counted.
#[derive(Debug, Default)]
pub struct Warnings {
    said: usize,
}

impl Warnings {
    /// Says it, or counts it.
    pub fn warn(&mut self, text: &str, out: &mut Output) {
        self.said += 1;
        if self.said <= MAX_WARNINGS {
            out.warn(text);
        }
    }

    /// Whether there was any.
    pub const fn any(&self) -> bool {
        self.said > 0
    }

    /// Says how many were only counted.
    pub fn end(&self, out: &mut Output) {
        if let Some(more @ 1..) = self.said.checked_sub(MAX_WARNINGS) {
            out.warn(&format!("{more} more inputs could not be read, or not to their end"));
        }
    }
}

/// What comes through standard input: a log, or an archive, which is kept in a temporary file to be read from its end.
fn of_stdin(now: Timestamp, globals: &Globals<'_>, out: &mut Output) -> anyhow::Result<Discovered> {
    let name = Input::stdin().name;
    let mut stdin = std::io::stdin();
    let mut head = Vec::with_capacity(MAGIC);
    let read = (&mut stdin).take(MAGIC as u64).read_to_end(&mut head);
    if let Err(error) = read {
        return Ok(Discovered { problems: vec![InputError::io(&name, error)], ..Discovered::default() });
    }
    if kind(&head) != Kind::Text(Codec::Zip) {
        let whole = Box::new(Cursor::new(head).chain(stdin));
        return Ok(Discovered { inputs: vec![Input::of_reader(&name, whole)], ..Discovered::default() });
    }
    if let Some(file) = stdin_file(head.len() as u64) {
        return Ok(discover_archive(file, &name));
    }
    let directory = globals.environment.os("TMPDIR").map_or_else(|| Path::new("/tmp"), Path::new);
    let failed = || format!("{}: keeping the archive from {name}", directory.display());
    let tick = |came| out.progress.tick(came, None, &name);
    let Kept { spool, problem } =
        Spool::keep(Cursor::new(head).chain(stdin), directory, now.0 as u64, tick).with_context(failed)?;
    out.counts.temporary += spool.bytes();
    let mut found = discover_archive(spool.open().with_context(failed)?, &name);
    found.problems.extend(problem.map(|error| InputError::from_read(&name, error)));
    Ok(found)
}

/// Standard input as a file, if it is one and was read from its start: then an archive can be read where it is.
fn stdin_file(read: u64) -> Option<File> {
    let copy = rustix::io::dup(rustix::stdio::stdin()).ok()?;
    let at = rustix::fs::tell(&copy).ok()?;
    let file = File::from(copy);
    // The standard library reads ahead: only a position behind what was read tells that the start was the file's own.
    let is_whole = at >= read && file.metadata().is_ok_and(|meta| meta.is_file());
    let mut magic = [0; MAGIC];
    let begins = std::os::unix::fs::FileExt::read_at(&file, &mut magic, 0).is_ok_and(|n| n == MAGIC);
    (is_whole && begins && kind(&magic) == Kind::Text(Codec::Zip)).then_some(file)
}
