//! The file of `--state`: how far sources were printed, so that a later run goes on there.
//!
//! Owns its form, and that it is private, complete, and used by one run at a time. Must not know what a place means, or when
//! one is reached (`places`).

use crate::infra::files::{NewFile, open_plain};
use crate::model::{Cursor, Timestamp};
use crate::sources::Places;
use anyhow::{Context, anyhow, bail};
use serde::{Deserialize, Serialize};
use std::fs::{File, Metadata, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The least time from one writing to the next.
const PAUSE: Duration = Duration::from_secs(1);
/// Writing takes at most this part of the time.
const SHARE: u32 = 20;
/// A larger file is something else.
const MAX: u64 = 256 << 20;
/// What a file of this kind calls itself.
const FORMAT: &str = "logdeck places";
const VERSION: u64 = 1;
/// How often a file is opened that another run puts there anew each time.
const TRIES: usize = 10;

/// The file's text.
#[derive(Deserialize, Serialize)]
struct Text<'p> {
    format: String,
    version: u64,
    places: std::borrow::Cow<'p, Places>,
}

/// What tells a file of this kind, whatever its version.
#[derive(Deserialize)]
struct Head {
    format: String,
    version: u64,
}

/// An open file of places, which no other run may use.
#[derive(Debug)]
pub struct State {
    path: PathBuf,
    places: Places,
    /// The file as it was written last; it holds the lock.
    held: File,
    is_new: bool,
    salt: u64,
    /// When it was written last, and how long that took.
    written: Option<(Timestamp, Duration)>,
}

impl State {
    /// Opens the file, or makes one without places. `salt` makes temporary names hard to guess.
    ///
    /// # Errors
    /// Something else stands there, others may read it, it is broken, another run uses it, or the system refuses. Nothing was
    /// changed then.
    pub fn open(path: &Path, salt: u64) -> anyhow::Result<Self> {
        for _ in 0..TRIES {
            let (held, places) = match open_plain(path) {
                Ok(mut file) => (lock(file.try_clone()?, path)?, read(&mut file, path)?),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    let places = Places::new();
                    match write(path, &places, salt, NewFile::keep_new) {
                        Ok(held) => (held, places),
                        // Another run was faster.
                        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                        Err(error) => return Err(error).with_context(|| cannot(path, "be made")),
                    }
                }
                Err(_) if is_link(path) => bail!("{} is a link: name the file that it leads to", path.display()),
                Err(error) => return Err(error).with_context(|| cannot(path, "be opened")),
            };
            if stands_at(&held, path) {
                return Ok(Self { path: path.to_owned(), places, held, is_new: false, salt, written: None });
            }
        }
        Err(in_use(path))
    }

    /// How far earlier runs got.
    pub const fn places(&self) -> &Places {
        &self.places
    }

    /// A part of the source of this address was printed up to here.
    pub fn note(&mut self, address: &str, cursor: Cursor) {
        if !self.places.contains_key(address) {
            self.places.insert(address.to_owned(), std::collections::BTreeMap::new());
        }
        let Some(parts) = self.places.get_mut(address) else { return };
        match cursor.place {
            Some(place) => {
                if parts.get(&cursor.part) != Some(&place) {
                    parts.insert(cursor.part, place);
                    self.is_new = true;
                }
            }
            None => self.is_new |= parts.remove(&cursor.part).is_some(),
        }
    }

    /// When it is to be written next; nothing when it is as it should be.
    pub fn next_due(&self) -> Option<Timestamp> {
        if !self.is_new {
            return None;
        }
        let Some((at, took)) = self.written else { return Some(Timestamp::MIN) };
        let pause = PAUSE.max(took.saturating_mul(SHARE));
        Some(at.saturating_add(i64::try_from(pause.as_nanos()).unwrap_or(i64::MAX)))
    }

    /// Writes what is new.
    ///
    /// # Errors
    /// What the system says, or that something else stands in the file's place now; what is new is tried again later.
    pub fn write(&mut self, now: Timestamp) -> anyhow::Result<()> {
        if !self.is_new {
            return Ok(());
        }
        let begun = Instant::now();
        let written = self.replace();
        self.written = Some((now, begun.elapsed()));
        written.with_context(|| cannot(&self.path, "be written"))?;
        self.is_new = false;
        Ok(())
    }

    fn replace(&mut self) -> anyhow::Result<()> {
        match std::fs::symlink_metadata(&self.path) {
            Ok(about) if !is_same(&about, &self.held) => bail!("something else stands in its place now"),
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            // It was deleted, or is as it was left.
            _ => {}
        }
        self.held = write(&self.path, &self.places, self.salt, NewFile::keep)?;
        self.salt = self.salt.wrapping_add(1 << 32);
        Ok(())
    }
}

fn cannot(path: &Path, what: &str) -> String {
    format!("the places cannot {what}: {}", path.display())
}

fn in_use(path: &Path) -> anyhow::Error {
    anyhow!("{} is used by another logdeck that runs: name another file for each", path.display())
}

fn is_link(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok_and(|about| about.is_symlink())
}

fn is_same(about: &Metadata, file: &File) -> bool {
    file.metadata().is_ok_and(|own| (own.dev(), own.ino()) == (about.dev(), about.ino()))
}

/// Whether this is still the file of that name: another run may have put a new one there.
fn stands_at(file: &File, path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok_and(|about| is_same(&about, file))
}

/// Keeps other runs out. File systems without locks are used without.
fn lock(file: File, path: &Path) -> anyhow::Result<File> {
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => Err(in_use(path)),
        Ok(()) | Err(TryLockError::Error(_)) => Ok(file),
    }
}

fn read(file: &mut File, path: &Path) -> anyhow::Result<Places> {
    let shown = path.display();
    let about = file.metadata().with_context(|| cannot(path, "be read"))?;
    if about.permissions().mode() & 0o077 != 0 {
        bail!("{shown} is open to others, who could change what is printed: chmod 600 {shown}");
    }
    let mut text = Vec::new();
    file.take(MAX + 1).read_to_end(&mut text).with_context(|| cannot(path, "be read"))?;
    let advice = "name another file, or remove this one to begin anew";
    let head: Head = serde_json::from_slice(&text)
        .ok()
        .filter(|head: &Head| head.format == FORMAT && text.len() as u64 <= MAX)
        .ok_or_else(|| anyhow!("{shown} holds no places of `logdeck tail --state`, or is broken: {advice}"))?;
    if head.version != VERSION {
        bail!(
            "{shown} was written by another version of logdeck (form {}, this one knows {VERSION}): {advice}",
            head.version
        );
    }
    let text: Text<'_> =
        serde_json::from_slice(&text).map_err(|error| anyhow!("{shown} is broken ({error}): {advice}"))?;
    Ok(text.places.into_owned())
}

/// Writes the file anew; what comes back holds its lock.
fn write(
    path: &Path,
    places: &Places,
    salt: u64,
    keep: impl FnOnce(NewFile) -> io::Result<PathBuf>,
) -> io::Result<File> {
    let text = Text { format: FORMAT.to_owned(), version: VERSION, places: std::borrow::Cow::Borrowed(places) };
    let mut bytes = serde_json::to_vec_pretty(&text)?;
    bytes.push(b'\n');
    let mut file = NewFile::create(path, salt)?;
    file.write_all(&bytes)?;
    let held = file.handle()?;
    // Nobody else knows it yet; where there are no locks, there are none.
    let _ = held.try_lock();
    keep(file)?;
    if stands_at(&held, path) {
        return Ok(held);
    }
    // A file system on which it had to be copied.
    let held = open_plain(path)?;
    let _ = held.try_lock();
    Ok(held)
}

#[cfg(test)]
mod tests;
