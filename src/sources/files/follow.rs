//! Following: looks at the files again and again, and for new ones in directories and globs.
//!
//! Owns how often, and the sentences about rotation. Must not know how a rotation is recognised.

use super::discover;
use super::discover::Shape;
use super::input::Input;
use super::sniff::Codec;
use super::source::{CHUNK, IDLE, Shared, files};
use super::stream::Stream;
use super::tail::{Begin, Event, More, Neighbours, Open, Tail};
use crate::model::State;
use crate::sources::driver::Closed;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// How often files are looked at.
const LOOK: Duration = Duration::from_millis(200);

/// With more files than this they are looked at less often, so that looking stays cheap.
const MANY: usize = 500;

/// Reads of one file (of [`CHUNK`] bytes) before the others get their turn.
const READS: usize = 16;

/// How often directories and globs are listed.
const LIST: Duration = Duration::from_secs(1);

/// Whether anything behind the path can still come: compressed files, archives and pipes have an end.
pub(super) fn can_grow(path: &Path, inputs: &[Input]) -> bool {
    let is_place = path.is_dir() || !path.exists();
    is_place || inputs.iter().any(|input| input.codec == Codec::Plain)
}

/// Follows the files of one source.
pub(super) struct Follower<'s> {
    shared: &'s Shared,
    root: PathBuf,
    followed: Vec<Followed>,
    /// Rotated files that were read and do not grow; they may be renamed once more.
    rested: Vec<Tail>,
    /// Files that are followed or were read.
    met: HashSet<PathBuf>,
    said: Option<(State, String)>,
}

struct Followed {
    tail: Tail,
    stream: Stream,
    fed: Option<Instant>,
}

impl<'s> Follower<'s> {
    pub(super) fn new(root: &Path, inputs: &[Input], tails: Vec<(Tail, Stream)>, shared: &'s Shared) -> Self {
        let met = inputs.iter().map(|input| input.path.clone()).collect();
        let mut directories = HashMap::new();
        let names: HashSet<PathBuf> = tails.iter().map(|(tail, _)| tail.path().to_owned()).collect();
        let (mut followed, mut rested) = (Vec::new(), Vec::new());
        for (mut tail, stream) in tails {
            // `app.log.1` beside `app.log`: its name will go to another file, which `app.log` has given.
            if rotated_from(tail.path()).iter().any(|base| names.contains(base)) {
                tail.rest();
                rested.push(tail);
            } else {
                tail.learn(neighbours(tail.path(), &mut directories));
                followed.push(Followed { tail, stream, fed: Some(Instant::now()) });
            }
        }
        Self { shared, root: root.to_owned(), followed, rested, met, said: None }
    }

    /// Looks until the source has to stop.
    pub(super) fn run(mut self) -> Result<(), Closed> {
        raise_open_files();
        let mut buf = vec![0; CHUNK];
        let mut listed = None::<Instant>;
        loop {
            if listed.is_none_or(|at| at.elapsed() >= LIST) {
                self.list()?;
                listed = Some(Instant::now());
            }
            let mut more = More::Nothing;
            for followed in &mut self.followed {
                if followed.look(&mut buf, self.shared)? == More::Waits {
                    more = More::Waits;
                }
            }
            self.say()?;
            match more {
                More::Nothing => self.shared.out.pause(LOOK * (1 + (self.followed.len() / MANY) as u32))?,
                More::Waits => self.shared.out.check()?,
            }
        }
    }

    /// Takes up files that are new.
    fn list(&mut self) -> Result<(), Closed> {
        let walk = discover::list(&self.root);
        let is_named = !matches!(&walk, Ok(walk) if walk.shape != Shape::File);
        let files = match walk {
            Ok(walk) => walk.files,
            // A file that is named is waited for, a glob fits nothing yet.
            Err(_) if discover::is_glob(&self.root.to_string_lossy()) => Vec::new(),
            Err(_) => vec![self.root.clone()],
        };
        let mut directories = HashMap::new();
        for path in files {
            // A rotated file was given under its old name. It may be renamed again, so its path is not remembered.
            if self.met.contains(&path) || (!is_named && self.was_given(&path)) {
                continue;
            }
            self.met.insert(path.clone());
            match Input::at(&path, super::Limits::default()) {
                Ok(input) if input.codec == Codec::Plain => self.follow(&path, &mut directories)?,
                Ok(_) if self.is_rotated(&path) => {}
                Ok(input) => {
                    let codec = input.codec.name();
                    self.shared.note(format!("{} came later and is left out ({codec})", input.name));
                }
                Err(e) if e.is_absence() => self.follow(&path, &mut directories)?,
                Err(e) if e.is_binary() && !is_named => {}
                Err(e) => self.shared.problem(&e),
            }
        }
        Ok(())
    }

    fn was_given(&self, path: &Path) -> bool {
        let Ok(file) = Open::path(path) else { return false };
        self.followed.iter().map(|f| &f.tail).chain(&self.rested).any(|tail| tail.gave(path, &file))
    }

    fn follow(&mut self, path: &Path, directories: &mut Directories) -> Result<(), Closed> {
        let stream = Stream::new(&path.to_string_lossy(), &self.shared.settings.zone, &self.shared.out)?;
        let mut tail = Tail::new(path, 0);
        tail.learn(neighbours(path, directories));
        self.followed.push(Followed { tail, stream, fed: None });
        Ok(())
    }

    /// Whether the file is named as a rotation names the old one of a file that is followed.
    fn is_rotated(&self, path: &Path) -> bool {
        self.followed.iter().any(|f| is_rotated_name(f.tail.path(), path))
    }

    /// Says how it is, when that has changed.
    fn say(&mut self) -> Result<(), Closed> {
        let gone: Vec<_> = self.followed.iter().filter(|f| f.tail.is_gone()).collect();
        let there = self.followed.len() - gone.len();
        let (state, text) = match (there, gone.first()) {
            (0, None) => (State::Waiting, format!("no file yet; waits for files in {}", self.root.display())),
            (0, Some(one)) => {
                let what = if one.tail.was_there() { "was deleted" } else { "is not there" };
                (State::Waiting, format!("{} {what}; waits for it to come", one.tail.path().display()))
            }
            (n, None) => (State::Following, format!("follows {}", files(n))),
            (n, Some(_)) => (State::Following, format!("follows {}; waits for {} to come back", files(n), gone.len())),
        };
        let health = self.shared.following(state, &text);
        // Not the progress: that alone is not worth a message.
        if self.said.as_ref().is_some_and(|(state, detail)| (*state, detail) == (health.state, &health.detail)) {
            return Ok(());
        }
        self.said = Some((health.state, health.detail.clone()));
        self.shared.out.health(health)
    }
}

impl Followed {
    fn look(&mut self, buf: &mut [u8], shared: &Shared) -> Result<More, Closed> {
        let Self { tail, stream, fed } = self;
        let out = &shared.out;
        let name = tail.path().file_name().unwrap_or_default().to_string_lossy().into_owned();
        let more = tail.poll_at_most(READS, buf, &mut |event| match event {
            Event::Bytes(bytes) => {
                *fed = Some(Instant::now());
                stream.feed(bytes, out)
            }
            Event::Begins(begin) => {
                stream.finish(out)?;
                stream.note(&begins(begin, &name), out)
            }
            Event::Gone => {
                stream.finish(out)?;
                stream.note(&format!("{name} was deleted; logdeck waits for it to come back"), out)
            }
        })?;
        stream.flush(out)?;
        if fed.is_some_and(|at| at.elapsed() >= IDLE) {
            *fed = None;
            stream.idle(out)?;
        }
        Ok(more)
    }
}

type Directories = HashMap<PathBuf, Neighbours>;

/// The files beside `path`; each directory is listed once.
fn neighbours<'d>(path: &Path, directories: &'d mut Directories) -> &'d Neighbours {
    let directory = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    directories.entry(directory.to_owned()).or_insert_with(|| Neighbours::of(directory))
}

/// Whether `path` is named as `base` with what a rotation adds.
fn is_rotated_name(base: &Path, path: &Path) -> bool {
    rotated_from(path).iter().any(|candidate| candidate == base)
}

/// The paths that `path` may have had before a rotation added to it: a number or a date, and perhaps a compression
/// (`app.log.1`, `app.log-20250102`, `app.log.2.gz`, `app.log.2025-01-02_11-59`).
fn rotated_from(path: &Path) -> Vec<PathBuf> {
    let Some(name) = path.file_name().and_then(|n| n.to_str()) else { return Vec::new() };
    let bare = [".gz", ".zst", ".bz2", ".xz", ".zip"].iter().find_map(|e| name.strip_suffix(e)).unwrap_or(name);
    let marks = bare.char_indices().filter(|(_, c)| matches!(c, '.' | '-'));
    let added = |text: &str| {
        text.bytes().any(|b| b.is_ascii_digit())
            && text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'-' | b'_' | b':' | b'T' | b'Z' | b'.'))
    };
    marks.filter(|(at, _)| *at > 0 && added(&bare[at + 1..])).map(|(at, _)| path.with_file_name(&bare[..at])).collect()
}

fn begins(begin: Begin, name: &str) -> String {
    match begin {
        Begin::Rotated => format!("{name} was rotated; the new file follows"),
        Begin::Truncated => format!("{name} was truncated; what is written from now on follows"),
        Begin::Appeared => format!("{name} is there now"),
    }
}

/// Each followed file is held open: as many as the system lets us.
fn raise_open_files() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    // Without it the last files of very many are not followed.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_rotations() {
        let check = |path: &str, expected| {
            assert_eq!(is_rotated_name(Path::new("d/app.log"), Path::new(path)), expected, "{path}");
        };
        check("d/app.log.1", true);
        check("d/app.log-20250102", true);
        check("d/app.log.2025-01-02T11", true);
        check("d/app.log.2.gz", true);
        check("d/app.log", false);
        check("d/app.log.err", false);
        check("d/app.log2", false);
        check("d/other.log.1", false);
        check("e/app.log.1", false);
    }
}
