//! The demo's files: a private directory, filled with ten minutes of the past, in which the files grow.
//!
//! Owns the directory, from making to removing. Must not know who reads the files.

use super::generate::{Line, Random, lines};
use super::scenario::{SECOND, Scenario};
use crate::model::Timestamp;
use jiff::tz::TimeZone;
use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
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

/// The directory with the files; removed when this is dropped.
#[derive(Debug)]
pub struct Stage {
    directory: PathBuf,
    files: Vec<File>,
}

impl Stage {
    /// Makes a directory of mode 0700 in `parent` and empty files in it.
    ///
    /// # Errors
    /// When they cannot be made.
    pub fn new(parent: &Path, seed: u64, scenario: &Scenario) -> io::Result<Self> {
        let mut random = Random::new(&[seed]);
        let mut tries = (0..TRIES).map(|_| parent.join(format!("logdeck-demo-{:012x}", random.next() >> 16)));
        let directory = loop {
            let Some(path) = tries.next() else { return Err(io::ErrorKind::AlreadyExists.into()) };
            // A directory or link that is there already is someone else's.
            match DirBuilder::new().mode(0o700).create(&path) {
                Ok(()) => break path,
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        };
        let mut stage = Self { directory, files: Vec::new() };
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
}
