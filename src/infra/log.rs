//! logdeck's own log: JSON lines in daily files, redacted, readable by the user alone, never on the screen.
//!
//! Owns the files. Must not know what is worth a line; the parts say so with `tracing`.

use super::files;
use crate::redact::{RedactWriter, Redactor};
use std::{
    fs::{self, Permissions},
    io::{self, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::Arc,
};
use tracing_appender::non_blocking::{NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::filter::LevelFilter;

/// Files are named `logdeck.2025-01-02.jsonl`.
const PREFIX: &str = "logdeck";
const SUFFIX: &str = "jsonl";
/// Files that are kept, one a day.
const FILES: usize = 5;
/// Lines that may wait for the disk; what is more is dropped, so that a slow disk holds nothing up.
const WAITING: usize = 4096;

/// Why there is no own log. logdeck works without one.
#[derive(Debug, thiserror::Error)]
pub enum NoLog {
    /// The directory cannot be made or made private.
    #[error("no log of its own: {path}: {source}")]
    Directory {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file cannot be opened.
    #[error("no log of its own: {0}")]
    File(#[from] tracing_appender::rolling::InitError),
    /// Somebody else has set a log up in this process.
    #[error("no log of its own: it was set up twice")]
    Twice,
}

/// Keeps the log open; what waits is written when this is dropped.
#[derive(Debug)]
pub struct Log {
    _worker: WorkerGuard,
}

/// Sets the log up for the whole process. `directory` is made with mode 0700, its files get 0600. `today` is the date
/// in UTC (`2025-01-02`), for the first file's name.
///
/// # Errors
/// [`NoLog`] says what is in the way.
pub fn init(directory: &Path, level: LevelFilter, today: &str) -> Result<Log, NoLog> {
    let (writer, worker) = writer(directory, today)?;
    let subscriber = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_thread_names(true)
        .with_ansi(false)
        .with_max_level(level)
        .with_writer(writer)
        .finish();
    tracing::subscriber::set_global_default(subscriber).map_err(|_| NoLog::Twice)?;
    Ok(Log { _worker: worker })
}

fn writer(directory: &Path, today: &str) -> Result<(NonBlocking, WorkerGuard), NoLog> {
    files::closed_directory(directory).map_err(|source| NoLog::Directory { path: directory.to_owned(), source })?;
    // The appender opens its file with the usual mode; a file that is there already keeps its own.
    let first = directory.join(format!("{PREFIX}.{today}.{SUFFIX}"));
    let _ = files::private().append(true).create(true).open(first);
    let appender = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix(PREFIX)
        .filename_suffix(SUFFIX)
        .max_log_files(FILES)
        .build(directory)?;
    let redacted = RedactWriter::new(Arc::new(Redactor::default()), Private::new(appender, directory.to_owned()));
    Ok(NonBlockingBuilder::default().buffered_lines_limit(WAITING).lossy(true).thread_name("own-log").finish(redacted))
}

/// Makes the files of later days private too: the appender opens a new one by itself, at a line's writing.
struct Private<W> {
    inner: W,
    directory: PathBuf,
    /// Bytes since the files' modes were last looked at.
    unchecked: usize,
}

/// The modes are looked at again after so many bytes; until then the directory's mode guards a new file.
const CHECK: usize = 64 * 1024;

impl<W> Private<W> {
    fn new(inner: W, directory: PathBuf) -> Self {
        Self { inner, directory, unchecked: CHECK }
    }

    fn check(&mut self) {
        self.unchecked = 0;
        let Ok(entries) = fs::read_dir(&self.directory) else { return };
        for entry in entries.flatten() {
            let ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX));
            // `DirEntry::metadata` does not follow a link, and a link's mode is no file's.
            let open = entry.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o077 != 0);
            if ours && open {
                let _ = fs::set_permissions(entry.path(), Permissions::from_mode(0o600));
            }
        }
    }
}

impl<W: Write> Write for Private<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.unchecked += written;
        if self.unchecked >= CHECK {
            self.check();
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_redacted_and_private() {
        let home = tempfile::tempdir().unwrap();
        let directory = home.path().join("state/logdeck");
        let (mut writer, worker) = writer(&directory, "2025-01-02").unwrap();
        writer.write_all(b"{\"message\":\"Authorization: Bearer abcdefghijklmnopqrstuvwxyz0123456789\"}\n").unwrap();
        drop(writer);
        drop(worker);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&directory), 0o700);
        let mut text = String::new();
        for entry in fs::read_dir(&directory).unwrap() {
            let path = entry.unwrap().path();
            assert_eq!(mode(&path), 0o600, "{path:?}");
            text += &fs::read_to_string(path).unwrap();
        }
        assert!(text.contains("redacted"), "{text}");
        assert!(!text.contains("abcdefghij"), "{text}");
    }

    #[test]
    fn without_a_directory_there_is_no_log() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("file");
        fs::write(&file, "").unwrap();
        let error = writer(&file.join("logdeck"), "2025-01-02").unwrap_err();
        assert!(error.to_string().starts_with("no log of its own: "), "{error}");
    }
}
