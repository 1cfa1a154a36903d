//! A process that is killed in the middle (SIGKILL, which nothing hears) leaves no file with a stranger's text behind.

use super::support::Home;
use std::{
    fs,
    io::Write,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

/// The files in a directory and below.
fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// Bytes, mode and names of the files below `directory` that a process has open.
fn open_files(process: u32, directory: &Path) -> Vec<(u64, u32, u64)> {
    let Ok(open) = fs::read_dir(format!("/proc/{process}/fd")) else { return Vec::new() };
    let below =
        open.flatten().map(|fd| fd.path()).filter(|fd| fs::read_link(fd).is_ok_and(|to| to.starts_with(directory)));
    below
        .filter_map(|fd| fs::metadata(fd).ok())
        .filter(fs::Metadata::is_file)
        .map(|about| (about.len(), about.mode() & 0o777, about.nlink()))
        .collect()
}

#[test]
fn a_stream_that_is_kept_goes_with_the_process() {
    if !Path::new("/proc/self/fd").is_dir() {
        eprintln!("skipped: there is no /proc; with it, the open files of a process are looked at");
        return;
    }
    let home = Home::new();
    let directory = home.dir().canonicalize().unwrap();
    let mut command = home.command(&["-", "--since", "10m@end"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let line = b"2025-01-02T15:04:05Z INFO password is not to stay\n";
    stdin.write_all(&line.repeat(20_000)).unwrap();
    let end = Instant::now() + Duration::from_secs(30);
    let kept = loop {
        match open_files(child.id(), &directory)[..] {
            [kept @ (1.., ..)] => break kept,
            ref other => assert!(Instant::now() < end, "nothing is kept: {other:?}"),
        }
        thread::sleep(Duration::from_millis(5));
    };
    assert_eq!((kept.1, kept.2), (0o600, 0), "private, and without a name");
    assert_eq!(files(home.dir()), [] as [PathBuf; 0]);
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(files(home.dir()), [] as [PathBuf; 0]);
}
