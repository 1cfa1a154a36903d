//! The logs that were fetched, as long as the screen is there.
//!
//! Owns their files and the room that these take. Must not know what is in them.

use crate::ports::answers::Room;
use std::collections::HashMap;
use std::fs::{DirBuilder, File};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{DirBuilderExt, symlink};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

/// A log in a file without a name.
pub(super) struct Held {
    pub(super) file: File,
    /// Goes with it; nothing for one that is kept between runs.
    pub(super) _room: Option<Room>,
}

/// The logs that were fetched. Their files have no names; a private directory has links to them, so that they can be opened
/// as sources. After a kill nothing is left but links that lead nowhere.
pub(super) struct Shelf {
    directory: PathBuf,
    held: Mutex<HashMap<String, Held>>,
}

impl Shelf {
    pub(super) fn new(directory: PathBuf) -> Self {
        Self { directory, held: Mutex::default() }
    }

    /// Takes a log in; one of the same name goes for it.
    pub(super) fn put(&self, held: Held, name: &str) -> io::Result<PathBuf> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.directory)?;
        let path = self.directory.join(name);
        let open = if cfg!(target_os = "linux") { "/proc/self/fd" } else { "/dev/fd" };
        let mut all = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = std::fs::remove_file(&path);
        symlink(format!("{open}/{}", held.file.as_raw_fd()), &path)?;
        all.insert(name.to_owned(), held);
        drop(all);
        Ok(path)
    }
}

impl Drop for Shelf {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// A name of the service as a part of a file's name.
pub(super) fn part_of_name(text: &str) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' };
    text.chars().take(60).map(safe).collect::<String>().trim_start_matches('.').to_owned()
}
