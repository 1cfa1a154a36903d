//! The demo's files: a private directory, filled with ten minutes of the past, in which the files grow.
//!
//! Owns the directory, from making to removing. Must not know who reads the files.

use super::generate::{Line, Random, lines};
use super::scenario::{SECOND, Scenario};
use crate::model::Timestamp;
use jiff::tz::TimeZone;
use rustix::fs::OFlags;
use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// How much past the files begin with, in microseconds.
pub const HISTORY: i64 = 600 * SECOND;
/// How often new lines are written.
const STEP: Duration = Duration::from_millis(100);
/// Names that are tried for the directory.
const TRIES: u64 = 16;

/// What the names of the directories begin with.
const PREFIX: &str = "logdeck-demo-";

/// The directory with the files; removed when this is dropped. One whose process was killed is removed by the next demo.
#[derive(Debug)]
pub struct Stage {
    directory: PathBuf,
    /// Locked as long as somebody uses the directory; `None` where there are no locks.
    _lock: Option<File>,
    files: Vec<File>,
}

impl Stage {
    /// Makes a directory of mode 0700 in `parent` and empty files in it.
    ///
    /// # Errors
    /// When they cannot be made.
    pub fn new(parent: &Path, seed: u64, scenario: &Scenario) -> io::Result<Self> {
        sweep(parent);
        let mut random = Random::new(&[seed]);
        let mut tries = (0..TRIES).map(|_| parent.join(format!("{PREFIX}{:012x}", random.next() >> 16)));
        let (directory, lock) = loop {
            let Some(path) = tries.next() else { return Err(io::ErrorKind::AlreadyExists.into()) };
            // A directory or link that is there already is someone else's.
            match DirBuilder::new().mode(0o700).create(&path) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                Err(error) => return Err(error),
            }
            // Another demo may sweep it away before it is locked.
            let lock = match locked(&path) {
                Ok(lock) => Some(lock),
                Err(TryLockError::WouldBlock) => continue,
                Err(TryLockError::Error(_)) => None,
            };
            if fs::metadata(&path).is_ok() {
                break (path, lock);
            }
        };
        let mut stage = Self { directory, _lock: lock, files: Vec::new() };
        for path in scenario.paths() {
            let path = stage.directory.join(path);
            stage.files.push(OpenOptions::new().append(true).create_new(true).mode(0o600).open(path)?);
        }
        Ok(stage)
    }

    /// Where the files are.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Writes the past up to `opens`, so that there is something to look at from the first moment.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub fn prepare(&mut self, scenario: &Scenario, seed: u64, opens: Timestamp, zone: &TimeZone) -> io::Result<()> {
        append(&mut self.files, &lines(scenario, seed, opens, zone, -HISTORY, 0))
    }

    /// Writes lines as their time comes, until it is cancelled or the disk is full. `opens` is now.
    ///
    /// # Errors
    /// When the files cannot be shared with the task.
    pub fn play(
        &self,
        scenario: Scenario,
        seed: u64,
        opens: Timestamp,
        zone: TimeZone,
        cancel: CancellationToken,
    ) -> io::Result<impl Future<Output = ()> + Send + 'static> {
        let mut files = self.files.iter().map(File::try_clone).collect::<io::Result<Vec<_>>>()?;
        Ok(async move {
            let start = Instant::now();
            let mut ticks = interval(STEP);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
            let mut done = 0;
            loop {
                tokio::select! {
                    biased;
                    () = cancel.cancelled() => return,
                    _ = ticks.tick() => {}
                }
                let now = i64::try_from(start.elapsed().as_micros()).unwrap_or(i64::MAX);
                let new = lines(&scenario, seed, opens, &zone, done, now);
                done = now;
                if let Err(error) = append(&mut files, &new) {
                    tracing::warn!(%error, "the demo cannot write its files");
                    return;
                }
            }
        })
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.directory) {
            tracing::warn!(%error, "the demo's files could not be removed");
        }
    }
}

/// Removes what demos have left that were killed: directories of ours that nobody uses.
fn sweep(parent: &Path) {
    let Ok(entries) = fs::read_dir(parent) else { return };
    let left = entries.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(PREFIX));
    for path in left.map(|entry| entry.path()) {
        // Held until the directory is gone.
        let Ok(_lock) = locked(&path) else { continue };
        if let Err(error) = fs::remove_dir_all(&path) {
            tracing::warn!(%error, "an old demo's files could not be removed");
        }
    }
}

/// A directory of ours, opened and locked. Links are not followed.
///
/// # Errors
/// [`TryLockError::WouldBlock`] if somebody uses it; else it is something else, or cannot be locked.
fn locked(path: &Path) -> Result<File, TryLockError> {
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW;
    let opened = OpenOptions::new().read(true).custom_flags(flags.bits() as i32).open(path);
    let directory = opened.map_err(TryLockError::Error)?;
    if directory.metadata().map_err(TryLockError::Error)?.uid() != rustix::process::geteuid().as_raw() {
        return Err(TryLockError::Error(io::ErrorKind::PermissionDenied.into()));
    }
    directory.try_lock()?;
    Ok(directory)
}

/// Adds the lines to their files, with one write for each file.
fn append(files: &mut [File], lines: &[Line]) -> io::Result<()> {
    for (number, file) in files.iter_mut().enumerate() {
        let mut text = String::new();
        for line in lines.iter().filter(|line| line.file == number) {
            text.push_str(&line.text);
            text.push('\n');
        }
        file.write_all(text.as_bytes())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn the_directory_is_private_has_a_past_and_goes_away() {
        let parent = tempfile::tempdir().unwrap();
        let scenario = Scenario::bundled().unwrap();
        let opens = Timestamp(1_795_230_840_000_000_000);
        let mut stage = Stage::new(parent.path(), 1, &scenario).unwrap();
        stage.prepare(&scenario, 1, opens, &TimeZone::UTC).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(stage.directory()), 0o700);
        let edge = stage.directory().join("edge.log");
        assert_eq!(mode(&edge), 0o600);
        let text = fs::read_to_string(edge).unwrap();
        assert!(text.lines().next().unwrap().contains("[21/Nov/2026:03:04:0"), "{:?}", text.lines().next());
        assert!(text.lines().last().unwrap().contains("[21/Nov/2026:03:13:59"), "{:?}", text.lines().last());
        let other = Stage::new(parent.path(), 1, &scenario).unwrap();
        assert_ne!(other.directory(), stage.directory(), "the name is taken");
        drop((stage, other));
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_a_killed_demo_has_left_goes_with_the_next() {
        let parent = tempfile::tempdir().unwrap();
        let scenario = Scenario::bundled().unwrap();
        let left = parent.path().join("logdeck-demo-0123456789ab");
        fs::create_dir(&left).unwrap();
        fs::write(left.join("edge.log"), "old").unwrap();
        // Nothing is removed through a link, nor what has another name, nor what is in use.
        let (goal, link) = (parent.path().join("goal"), parent.path().join("logdeck-demo-link"));
        fs::create_dir(&goal).unwrap();
        std::os::unix::fs::symlink(&goal, &link).unwrap();
        let first = Stage::new(parent.path(), 1, &scenario).unwrap();
        assert!(!left.exists());
        let second = Stage::new(parent.path(), 2, &scenario).unwrap();
        assert!(first.directory().is_dir() && second.directory().is_dir() && goal.is_dir() && link.is_symlink());
    }
}
