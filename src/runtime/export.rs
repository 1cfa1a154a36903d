//! Files that the user wants written: an export beside the screen, and copies that are too long for a clipboard.
//!
//! Owns the way from a typed name to a file, and the words for what can go wrong on it. A file is never replaced, no
//! link is followed, and nobody but the user may read it. Must not know what is written.

use super::tasks::Tasks;
use crate::app::event::{Event, ExportNews};
use crate::app::export::name::numbered;
use crate::app::export::{Go, Job, Stopped};
use crate::app::format;
use crate::infra::files::NewFile;
use std::borrow::Cow;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// News that may wait; of progress, the loop needs no more.
const LANE: usize = 16;
/// Bytes that are written at once.
const BUFFER: usize = 256 << 10;
/// The highest number that is tried for a free name.
const NUMBERS: u32 = 99;

/// Writes files beside the loop, one export at a time.
#[derive(Debug)]
pub(super) struct Exporter {
    to: mpsc::Sender<Event>,
    running: CancellationToken,
    home: Option<PathBuf>,
    temp_dir: PathBuf,
}

impl Exporter {
    /// An exporter, and where it tells its news. `home` is what `~/` means, `temp_dir` has the long copies.
    pub(super) fn new(home: Option<PathBuf>, temp_dir: PathBuf) -> (Self, mpsc::Receiver<Event>) {
        let (to, news) = mpsc::channel(LANE);
        (Self { to, running: CancellationToken::new(), home, temp_dir }, news)
    }

    /// Begins an export. `salt` makes its temporary name hard to guess.
    pub(super) fn begin(&mut self, job: Job, salt: u64, tasks: &mut Tasks) {
        let (to, home, cancel) = (self.to.clone(), self.home.clone(), tasks.cancel());
        self.running = cancel.clone();
        tasks.spawn(async move {
            let progress = to.clone();
            let work = tokio::task::spawn_blocking(move || {
                let mut last = None;
                write(&job, home.as_deref(), salt, &mut |percent| {
                    if last.replace(percent) != Some(percent) {
                        // When the lane is full, the next one tells more.
                        let _ = progress.try_send(Event::Export(ExportNews::Progress(percent)));
                    }
                    if cancel.is_cancelled() { Go::Stop } else { Go::On }
                })
            });
            let defect =
                |_| ExportNews::Failed("the export failed by a defect of logdeck; its log has more".to_owned());
            let news = work.await.unwrap_or_else(defect);
            let _ = to.send(Event::Export(news)).await;
        });
    }

    /// Ends the export that runs; it removes its file.
    pub(super) fn cancel(&self) {
        self.running.cancel();
    }

    /// Writes a text that is too long for a clipboard into a file of its own.
    pub(super) fn keep_copy(&self, text: String, salt: u64, tasks: &mut Tasks) {
        let (to, directory) = (self.to.clone(), self.temp_dir.clone());
        tasks.spawn(async move {
            let work = tokio::task::spawn_blocking(move || keep_copy(&text, &directory, salt));
            let done = work.await.unwrap_or_else(|_| Err("the copy failed by a defect of logdeck".to_owned()));
            let _ = to.send(Event::Done(done)).await;
        });
    }
}

/// Writes a job into the file that it names. `~/` at the name's beginning is `home`. `go` is told the percentage.
pub fn write(job: &Job, home: Option<&Path>, salt: u64, go: &mut dyn FnMut(u8) -> Go) -> ExportNews {
    let path = match expand(job.target(), home) {
        Ok(path) => path,
        Err(problem) => return ExportNews::Failed(problem),
    };
    if let Ok(there) = path.symlink_metadata() {
        return exists(job.target(), there.file_type(), home);
    }
    let fail = |error: &io::Error, written| ExportNews::Failed(problem(job.target(), &path, error, written));
    let file = match NewFile::create(&path, salt) {
        Ok(file) => file,
        Err(error) => return fail(&error, 0),
    };
    let mut out = BufWriter::with_capacity(BUFFER, file);
    let written = match job.write(&mut out, go) {
        Ok(written) => written,
        Err(Stopped::Cancelled) => return ExportNews::Cancelled,
        Err(Stopped::Io(error, written)) => return fail(&error, written),
    };
    // The disk may say only now that it is full.
    let kept = match out.into_inner() {
        Ok(file) => file.keep_new(),
        Err(error) => Err(error.into_error()),
    };
    match kept {
        Ok(_) => ExportNews::Written(written),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => match path.symlink_metadata() {
            Ok(there) => exists(job.target(), there.file_type(), home),
            Err(_) => fail(&error, written.bytes),
        },
        Err(error) => fail(&error, written.bytes),
    }
}

/// Something has the name already.
fn exists(target: &str, kind: std::fs::FileType, home: Option<&Path>) -> ExportNews {
    let is_free =
        |number: &u32| expand(&numbered(target, *number), home).is_ok_and(|path| path.symlink_metadata().is_err());
    let what = if kind.is_symlink() {
        "is a symbolic link"
    } else if kind.is_dir() {
        "is a directory"
    } else {
        "exists"
    };
    ExportNews::Exists { what, free: (2..=NUMBERS).find(is_free).filter(|_| !kind.is_dir()) }
}

/// What a typed name means.
fn expand<'t>(target: &'t str, home: Option<&Path>) -> Result<Cow<'t, Path>, String> {
    match (target.strip_prefix("~/"), home) {
        (None, _) => Ok(Cow::Borrowed(Path::new(target))),
        (Some(rest), Some(home)) => Ok(Cow::Owned(home.join(rest))),
        (Some(_), None) => Err(format!("{target}: no home directory is known; write the path in full")),
    }
}

/// The file, the cause, and what to do.
fn problem(target: &str, path: &Path, error: &io::Error, written: u64) -> String {
    let directory = match path.parent() {
        None => Cow::Borrowed("/"),
        Some(parent) if parent.as_os_str().is_empty() => Cow::Borrowed("."),
        Some(parent) => parent.to_string_lossy(),
    };
    let removed = if written > 0 { " (what was written is removed)" } else { "" };
    match error.kind() {
        io::ErrorKind::NotFound if Path::new(&*directory).is_dir() => {
            format!("{target}: no file can be made in {directory}; choose another directory")
        }
        io::ErrorKind::NotFound => format!("{target}: there is no directory {directory}; make it or choose another"),
        io::ErrorKind::NotADirectory => format!("{target}: {directory} is no directory; choose another"),
        io::ErrorKind::IsADirectory => format!("{target} is a directory; name a file in it"),
        io::ErrorKind::PermissionDenied => format!("{target}: permission denied; choose another directory"),
        io::ErrorKind::ReadOnlyFilesystem => format!("{target}: read-only file system; choose another directory"),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            format!("{target}: the disk is full; choose another{removed}")
        }
        io::ErrorKind::InvalidFilename => format!("{target}: the name is too long or not allowed there"),
        _ => format!("{target}: {error}; choose another name or directory{removed}"),
    }
}

fn keep_copy(text: &str, directory: &Path, salt: u64) -> Result<String, String> {
    let path = directory.join(format!("logdeck-copy-{:08x}.txt", salt >> 32));
    let kept = NewFile::create(&path, salt).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.keep_new()
    });
    let size = format::thousands(text.len() as u64);
    match kept {
        Ok(path) => Ok(format!("too long to copy: {size} bytes are in {} (0600)", path.display())),
        Err(error) => {
            Err(format!("{size} bytes are too long to copy; {}", problem(&path.to_string_lossy(), &path, &error, 0)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::export::{Head, Records};
    use crate::model::Timestamp;
    use crate::parse::Parser;
    use crate::render::Form;
    use crate::store::{RecordId, Segments};
    use jiff::tz::TimeZone;
    use std::collections::HashMap;
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    /// A table of these records, of which none is held.
    fn table(target: &Path, ids: Vec<RecordId>) -> Job {
        let records = Records {
            form: Form::Csv,
            ids,
            segments: Segments::default(),
            names: HashMap::new(),
            parser: Parser::new(TimeZone::UTC, Timestamp(0)),
            head: Head::default(),
        };
        Job::of_records(target.to_string_lossy().into_owned(), records)
    }

    fn job(target: &Path) -> Job {
        table(target, Vec::new())
    }

    fn run(target: &Path) -> ExportNews {
        write(&job(target), None, 7, &mut |_| Go::On)
    }

    fn names(dir: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_new_file_is_private_and_alone() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("a.md");
        assert!(matches!(run(&target), ExportNews::Written(written) if written.bytes == 37));
        assert_eq!(fs::read(&target).unwrap(), b"time,severity,origin,message,fields\r\n");
        assert_eq!(fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(names(dir.path()), ["a.md"]);
    }

    #[test]
    fn what_is_there_stays_and_a_free_number_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let (target, goal) = (dir.path().join("a.md"), dir.path().join("goal"));
        let check = |words: &str, number| match run(&target) {
            ExportNews::Exists { what, free } => {
                assert_eq!(what, words);
                assert_eq!(free, number);
            }
            other => panic!("{other:?}"),
        };
        fs::write(&target, "old").unwrap();
        check("exists", Some(2));
        fs::write(dir.path().join("a-2.md"), "old").unwrap();
        check("exists", Some(3));
        assert_eq!(fs::read(&target).unwrap(), b"old");
        fs::remove_file(&target).unwrap();
        for there in [false, true] {
            if there {
                fs::write(&goal, "precious").unwrap();
            }
            symlink(&goal, &target).unwrap();
            check("is a symbolic link", Some(3));
            assert_eq!(goal.exists(), there, "the link is not followed");
            fs::remove_file(&target).unwrap();
        }
        assert_eq!(fs::read(&goal).unwrap(), b"precious");
        fs::create_dir(&target).unwrap();
        check("is a directory", None);
        assert_eq!(names(dir.path()), ["a-2.md", "a.md", "goal"]);
    }

    #[test]
    fn problems_name_the_file_the_cause_and_what_to_do() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("file"), "").unwrap();
        let check = |target: &str, words: &[&str]| match run(&dir.path().join(target)) {
            ExportNews::Failed(problem) => {
                assert!(words.iter().all(|word| problem.contains(word)), "{problem}");
                assert!(problem.contains(target), "{problem}");
            }
            other => panic!("{target}: {other:?}"),
        };
        check("missing/a.md", &["there is no directory", "missing; make it or choose another"]);
        check("file/a.md", &["file is no directory; choose another"]);
        // A directory in which nobody can make a file.
        if Path::new("/proc/self").is_dir() {
            match run(Path::new("/proc/a.md")) {
                ExportNews::Failed(problem) => {
                    assert!(problem.contains("/proc; choose another directory"), "{problem}");
                }
                other => panic!("{other:?}"),
            }
        }
        let long = format!("{}.md", "x".repeat(300));
        check(&long, &["the name is too long"]);
        let path = Path::new("d/a.md");
        let check = |kind: io::ErrorKind, words: &str| {
            let problem = problem("d/a.md", path, &kind.into(), 2048);
            assert!(problem.starts_with("d/a.md") && problem.contains(words), "{problem}");
        };
        check(io::ErrorKind::PermissionDenied, "permission denied; choose another directory");
        check(io::ErrorKind::ReadOnlyFilesystem, "read-only file system; choose another");
        check(io::ErrorKind::StorageFull, "the disk is full; choose another (what was written is removed)");
        check(io::ErrorKind::TimedOut, "timed out; choose another name or directory (what was written is removed)");
    }

    #[test]
    fn a_cancelled_export_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let job = table(&dir.path().join("a.log"), vec![RecordId(0)]);
        let mut there = Vec::new();
        let news = write(&job, None, 7, &mut |_| {
            there = names(dir.path());
            Go::Stop
        });
        assert_eq!(news, ExportNews::Cancelled);
        assert!(!there.contains(&"a.log".to_owned()), "it is not there before it is complete: {there:?}");
        assert!(names(dir.path()).is_empty());
    }

    #[test]
    fn a_tilde_is_the_home_directory() {
        let dir = tempfile::tempdir().unwrap();
        let job = job(Path::new("~/a.md"));
        assert!(matches!(write(&job, Some(dir.path()), 7, &mut |_| Go::On), ExportNews::Written(_)));
        assert_eq!(names(dir.path()), ["a.md"]);
        match write(&job, None, 7, &mut |_| Go::On) {
            ExportNews::Failed(problem) => assert!(problem.contains("no home directory is known"), "{problem}"),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_long_copy_has_a_file_of_its_own() {
        let dir = tempfile::tempdir().unwrap();
        let said = keep_copy(&"x".repeat(1_000_000), dir.path(), 7 << 32).unwrap();
        let path = dir.path().join("logdeck-copy-00000007.txt");
        assert!(said.contains("1,000,000 bytes") && said.contains(&path.display().to_string()), "{said}");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(keep_copy("x", &dir.path().join("missing"), 7).unwrap_err().contains("there is no directory"));
    }
}
