//! The files source: reads what is there, two inputs at a time, then follows what grows.
//!
//! Owns the order of these steps, and what is said about them. Must not know how bytes become text or records.

use super::discover;
use super::discover::Discovered;
use super::error::InputError;
use super::follow;
use super::input::Input;
use super::pipe;
use super::sniff::Codec;
use super::stream::Stream;
use super::tail;
use super::tail::Tail;
use crate::model::address::Tab;
use crate::model::{Address, Health, State};
use crate::sources::driver::{Closed, Outlet, Running, Source, SourceError};
use crate::sources::{Follow, NotYet, Settings, SourceSpec};
use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
        mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    },
    time::{Duration, Instant},
};

/// Inputs that are read at once.
const READERS: usize = 2;

/// Bytes of one read.
pub(super) const CHUNK: usize = 256 * 1024;

/// How often progress is said.
const PROGRESS: Duration = Duration::from_millis(250);

/// Silence after which the record that is being joined is complete.
pub(super) const IDLE: Duration = Duration::from_millis(300);

/// The longest that a complete record of a pipe waits for others.
const FLUSH: Duration = Duration::from_millis(50);

/// Different problems that are told apart; more are only counted. An archive may have a hundred thousand.
const PROBLEMS: usize = 100;

/// Each of several files that are too large together gets at least this much of its end read.
const LEAST_SHARE: u64 = 256 * 1024;

/// The `files` row of the table of sources.
pub const SPEC: SourceSpec = SourceSpec {
    id: "files",
    title: "Files",
    tab: Tab::Ci,
    form: "PATH",
    reads: "a file, directory or glob; .gz .zst .bz2 .xz .zip too",
    example: "/var/log/app/",
    needs: "a file, a directory or a glob that may be read",
    build,
};

/// The row of standard input.
pub const STDIN_SPEC: SourceSpec = SourceSpec {
    id: "standard input",
    title: "Standard input",
    tab: Tab::Ci,
    form: "-",
    reads: "standard input",
    example: "kubectl logs deploy/api | logdeck -",
    needs: "something that writes into a pipe",
    build,
};

fn build(address: &Address, settings: &Settings) -> Result<Box<dyn Source>, NotYet> {
    let what = match address {
        Address::Stdin => What::Stdin,
        Address::Path(path) => What::Path(path.clone()),
        // It is complete.
        Address::Fetched { .. } => {
            let settings = Settings { follow: Follow::Off, ..settings.clone() };
            return Ok(Box::new(FilesSource { what: What::Fetched(address.clone()), settings }));
        }
        _ => return Err(NotYet { id: address.kind(), form: "", needs: "" }),
    };
    Ok(Box::new(FilesSource { what, settings: settings.clone() }))
}

#[derive(Clone, Debug)]
enum What {
    Stdin,
    Path(PathBuf),
    Fetched(Address),
}

#[derive(Debug)]
struct FilesSource {
    what: What,
    settings: Settings,
}

impl Source for FilesSource {
    fn run(self: Box<Self>, out: Outlet) -> Running {
        Box::pin(async move {
            match tokio::task::spawn_blocking(move || self.work(&out)).await {
                Ok(done) => done.map_err(SourceError::from),
                Err(e) if e.is_cancelled() => Err(Closed.into()),
                Err(_) => Err(SourceError::Panicked),
            }
        })
    }
}

impl FilesSource {
    fn work(&self, out: &Outlet) -> Result<(), Closed> {
        out.health(Health::new(State::Starting, "looking what is there"))?;
        let found = match &self.what {
            What::Stdin => Discovered { inputs: vec![Input::stdin()], ..Discovered::default() },
            What::Path(path) => discover::discover(&[path]),
            What::Fetched(address) => discover::discover_address(address).unwrap_or_default(),
        };
        let shared = Shared::new(&found.inputs, self.settings.clone(), out.clone());
        for problem in &found.problems {
            // What is not there yet is waited for.
            if self.settings.follow == Follow::Off || !problem.is_absence() {
                shared.problem(problem);
            }
        }
        if let Some(note) = first_of(&found.notes, 0) {
            shared.note(note);
        }
        let tails = shared.read_all(&found.inputs)?;
        match (&self.what, self.settings.follow) {
            (What::Path(path), Follow::On) if follow::can_grow(path, &found.inputs) => {
                follow::Follower::new(path, &found.inputs, tails, &shared).run()
            }
            (What::Stdin, _) => out.health(shared.end("standard input has ended")),
            (What::Path(_) | What::Fetched(_), _) => {
                let read = shared.report().read;
                out.health(shared.end(&format!("read {}", files(read))))
            }
        }
    }
}

/// What the readers of one source share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) settings: Settings,
    pub(super) out: Outlet,
    /// Bytes read from the disk, and how many there are.
    done: Arc<AtomicU64>,
    total: Option<u64>,
    /// The most bytes of the end of one plain file.
    share: u64,
    report: Mutex<Report>,
}

/// What there is to say.
#[derive(Debug, Default)]
struct Report {
    said: Option<Instant>,
    problems: Vec<String>,
    /// Problems beyond [`PROBLEMS`].
    more_problems: usize,
    /// The last thing that was left out on purpose.
    note: Option<String>,
    read: usize,
    skipped: u64,
    /// Entries of archives that hold no text.
    not_text: usize,
}

impl Shared {
    fn new(inputs: &[Input], settings: Settings, out: Outlet) -> Self {
        let total = inputs.iter().map(Input::disk_bytes).try_fold(0_u64, |sum, n| n.map(|n| sum.saturating_add(n)));
        let plain: Vec<u64> = inputs.iter().filter(|i| i.codec == Codec::Plain).filter_map(|i| i.size).collect();
        let share = share(plain, settings.window_bytes);
        Self { settings, out, done: Arc::default(), total, share, report: Mutex::default() }
    }

    /// Bytes that were read, of those that will be.
    fn bytes_done(&self, skipped: u64) -> (u64, Option<u64>) {
        (self.done.load(Ordering::Relaxed), self.total.map(|total| total.saturating_sub(skipped)))
    }

    fn report(&self) -> std::sync::MutexGuard<'_, Report> {
        self.report.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn problem(&self, problem: &InputError) {
        let (text, mut report) = (problem.to_string(), self.report());
        if report.problems.contains(&text) {
            return;
        }
        if report.problems.len() < PROBLEMS {
            report.problems.push(text);
        } else {
            report.more_problems += 1;
        }
    }

    pub(super) fn note(&self, note: String) {
        self.report().note = Some(note);
    }

    /// Reads all inputs, in their order, some at once. The plain ones come back as they are to be followed.
    fn read_all(&self, inputs: &[Input]) -> Result<Vec<(Tail, Stream)>, Closed> {
        let next = AtomicUsize::new(0);
        let work = || -> Result<Vec<(usize, Tail, Stream)>, Closed> {
            let mut tails = Vec::new();
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                let Some(input) = inputs.get(n) else { return Ok(tails) };
                if let Some((tail, stream)) = self.read(input)? {
                    tails.push((n, tail, stream));
                }
            }
        };
        let mut tails = std::thread::scope(|scope| {
            let readers: Vec<_> = (1..READERS.min(inputs.len())).map(|_| scope.spawn(work)).collect();
            let mut tails = work()?;
            for reader in readers {
                match reader.join() {
                    Ok(more) => tails.extend(more?),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            Ok(tails)
        })?;
        tails.sort_unstable_by_key(|(n, ..)| *n);
        Ok(tails.into_iter().map(|(_, tail, stream)| (tail, stream)).collect())
    }

    /// Reads one input to its end.
    fn read(&self, input: &Input) -> Result<Option<(Tail, Stream)>, Closed> {
        self.progress(&format!("reading {}", input.name))?;
        if input.codec == Codec::Plain {
            let (tail, mut stream) = self.read_plain(input)?;
            if self.settings.follow == Follow::On {
                return Ok(Some((tail, stream)));
            }
            stream.close(&self.out)?;
        } else {
            self.read_stream(input)?;
        }
        Ok(None)
    }

    fn read_plain(&self, input: &Input) -> Result<(Tail, Stream), Closed> {
        let mut stream = Stream::new(&input.name, &self.settings.zone, &self.out)?;
        let start = self.start_of(input);
        if start > 0 {
            self.report().skipped += start;
            stream.note(&format!("the first {} of {} are not loaded", bytes(start), input.name), &self.out)?;
        }
        let mut tail = Tail::new(&input.path, start);
        if tail.is_gone() {
            let problem = input.open_file().err();
            self.problem(&problem.unwrap_or(InputError::Missing { name: input.name.clone() }));
        }
        let doing = format!("reading {}", input.name);
        let mut buf = vec![0; CHUNK];
        tail.poll(&mut buf, &mut |event| {
            if let tail::Event::Bytes(bytes) = event {
                self.done.fetch_add(bytes.len() as u64, Ordering::Relaxed);
                stream.feed(bytes, &self.out)?;
            }
            self.progress(&doing)
        })?;
        self.report().read += 1;
        stream.idle(&self.out)?;
        Ok((tail, stream))
    }

    /// Where reading begins: at 0, or at the first line of the file's share of the window.
    fn start_of(&self, input: &Input) -> u64 {
        let start = input.size.unwrap_or(0).saturating_sub(self.share);
        if start == 0 {
            return 0;
        }
        // A line longer than this is begun in its middle.
        let mut buf = vec![0; CHUNK];
        let read = input.open_file().and_then(|file| {
            super::archive::read_at(&file, &mut buf, start - 1).map_err(|e| InputError::io(&input.name, e))
        });
        let newline = read.ok().and_then(|n| memchr::memchr(b'\n', &buf[..n]));
        newline.map_or(start, |at| start + at as u64)
    }

    /// Reads compressed inputs, and pipes. A second thread decompresses, so that a silent pipe can be told.
    fn read_stream(&self, input: &Input) -> Result<(), Closed> {
        let (to, from) = sync_channel::<Result<Vec<u8>, InputError>>(4);
        let (back, spare) = sync_channel::<Vec<u8>>(6);
        let taken = std::thread::scope(|scope| {
            scope.spawn(move || {
                let mut reader = match self.open(input) {
                    Ok(reader) => reader,
                    Err(e) => return drop(to.send(Err(e))),
                };
                loop {
                    let mut buf = spare.try_recv().unwrap_or_default();
                    buf.resize(CHUNK, 0);
                    let read = match reader.read(&mut buf) {
                        Ok(0) => return,
                        Ok(n) => {
                            buf.truncate(n);
                            Ok(buf)
                        }
                        Err(e) if e.kind() == std::io::ErrorKind::Interrupted => continue,
                        Err(e) => Err(InputError::from_read(&input.name, e)),
                    };
                    let is_last = read.is_err();
                    if to.send(read).is_err() || is_last {
                        return;
                    }
                }
            });
            // What is no text inside an archive is counted, and becomes no origin.
            let first = match from.recv() {
                Ok(Err(problem)) if problem.is_binary() && input.entry.is_some() => return Ok(None),
                first => first.ok(),
            };
            let mut stream = Stream::new(&input.name, &self.settings.zone, &self.out)?;
            let (ended, came) = self.take(input, &mut stream, first, from, back)?;
            Ok(Some((stream, ended, came)))
        })?;
        let Some((mut stream, ended, came)) = taken else {
            self.report().not_text += 1;
            return Ok(());
        };
        if came > 0 || ended.is_none() {
            self.report().read += 1;
        }
        if let Some(problem) = ended {
            self.out.check()?;
            self.problem(&problem);
            stream.finish(&self.out)?;
            stream.note(&problem.to_string(), &self.out)?;
        }
        let mut report = self.report();
        if came == 0 && input.path.as_os_str() == "-" && report.problems.is_empty() {
            report.note = Some("standard input was empty".to_owned());
        }
        drop(report);
        stream.close(&self.out)
    }

    /// Feeds what the other thread reads. How it ended, and how many bytes came.
    #[expect(clippy::needless_pass_by_value, reason = "dropping its ends of the channels ends the other thread")]
    fn take(
        &self,
        input: &Input,
        stream: &mut Stream,
        first: Option<Result<Vec<u8>, InputError>>,
        from: Receiver<Result<Vec<u8>, InputError>>,
        back: SyncSender<Vec<u8>>,
    ) -> Result<(Option<InputError>, u64), Closed> {
        let doing = format!("reading {}", input.name);
        let (mut came, mut sent) = (0, Instant::now());
        let mut next = first.ok_or(RecvTimeoutError::Disconnected);
        loop {
            match next {
                Ok(Ok(bytes)) => {
                    came += bytes.len() as u64;
                    stream.feed(&bytes, &self.out)?;
                    let _ = back.try_send(bytes);
                    self.progress(&doing)?;
                    // A slow pipe is seen at once, a fast one comes in large batches.
                    if sent.elapsed() >= FLUSH {
                        stream.flush(&self.out)?;
                        sent = Instant::now();
                    }
                }
                Ok(Err(problem)) => return Ok((Some(problem), came)),
                Err(RecvTimeoutError::Timeout) => {
                    self.out.check()?;
                    stream.idle(&self.out)?;
                }
                Err(RecvTimeoutError::Disconnected) => return Ok((None, came)),
            }
            next = from.recv_timeout(IDLE);
        }
    }

    fn open(&self, input: &Input) -> Result<Box<dyn std::io::Read + Send>, InputError> {
        if input.codec != Codec::Stream {
            return input.open_counting(self.done.clone());
        }
        let cancel = self.out.cancel().clone();
        let raw = if input.path.as_os_str() == "-" {
            pipe::stdin(cancel)
        } else {
            pipe::open(&input.path, cancel).map_err(|e| InputError::io(&input.name, e))?
        };
        input.open_live(raw, self.done.clone())
    }

    /// Says what is done, at most four times a second.
    fn progress(&self, doing: &str) -> Result<(), Closed> {
        let mut report = self.report();
        if report.said.is_some_and(|said| said.elapsed() < PROGRESS) {
            drop(report);
            return self.out.check();
        }
        report.said = Some(Instant::now());
        let progress = Some(self.bytes_done(report.skipped));
        drop(report);
        let health = Health::new(State::Reading, doing);
        self.out.health(Health { progress, ..health })
    }

    /// The health after the last byte.
    fn end(&self, doing: &str) -> Health {
        let report = self.report();
        let state = match (report.problems.is_empty(), report.read) {
            (true, _) => State::Done,
            (false, 0) => State::Failed,
            (false, _) => State::Partial,
        };
        self.health(state, doing, &report)
    }

    /// The health while following: what cannot be read comes first.
    pub(super) fn following(&self, state: State, doing: &str) -> Health {
        let report = self.report();
        let state = if report.problems.is_empty() { state } else { State::Partial };
        self.health(state, doing, &report)
    }

    fn health(&self, state: State, doing: &str, report: &Report) -> Health {
        let mut parts = Vec::new();
        parts.extend(first_of(&report.problems, report.more_problems));
        parts.extend(report.note.clone());
        match report.not_text {
            0 => {}
            1 => parts.push("1 entry is no text and is left out".to_owned()),
            n => parts.push(format!("{n} entries are no text and are left out")),
        }
        if report.skipped > 0 {
            parts.push(format!("the first {} are not loaded", bytes(report.skipped)));
        }
        if state != State::Failed {
            parts.push(doing.to_owned());
        }
        let progress = Some(self.bytes_done(report.skipped));
        Health { progress, left_out: report.skipped, ..Health::new(state, parts.join("; ")) }
    }
}

/// The first of several sentences, and how many there are beside it: those here, and `more`.
fn first_of(sentences: &[String], more: usize) -> Option<String> {
    let (first, rest) = sentences.split_first()?;
    let more = rest.len() + more;
    Some(if more > 0 { format!("{first} (and {more} more)") } else { first.clone() })
}

/// A number of files in words.
pub(super) fn files(n: usize) -> String {
    if n == 1 { "1 file".to_owned() } else { format!("{n} files") }
}

/// A size in words.
fn bytes(n: u64) -> String {
    match n {
        0..=1023 => format!("{n} bytes"),
        1024..=1_048_575 => format!("{} KiB", n >> 10),
        _ => format!("{} MiB", n >> 20),
    }
}

/// The most bytes that each file may give, so that all together stay within the window: small files are read whole,
/// large ones share what is left.
fn share(mut sizes: Vec<u64>, window: u64) -> u64 {
    sizes.sort_unstable();
    let mut left = window;
    for (n, size) in sizes.iter().enumerate() {
        let even = left / (sizes.len() - n) as u64;
        if *size > even {
            return even.max(LEAST_SHARE);
        }
        left -= size;
    }
    u64::MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_sentences_the_first_is_said_and_the_rest_counted() {
        let check = |sentences: &[&str], more, expected: Option<&str>| {
            let sentences: Vec<_> = sentences.iter().map(ToString::to_string).collect();
            assert_eq!(first_of(&sentences, more).as_deref(), expected);
        };
        check(&[], 0, None);
        check(&["a"], 0, Some("a"));
        check(&["a", "b"], 3, Some("a (and 4 more)"));
    }

    #[test]
    fn small_files_are_read_whole_and_large_ones_share_the_rest() {
        const MIB: u64 = 1 << 20;
        let check = |sizes: &[u64], window, expected| assert_eq!(share(sizes.to_vec(), window), expected, "{sizes:?}");
        check(&[], MIB, u64::MAX);
        check(&[MIB], MIB, u64::MAX);
        check(&[MIB + 1], MIB, MIB);
        check(&[10 * MIB, MIB, 10 * MIB], 9 * MIB, 4 * MIB);
        check(&[10 * MIB; 100], MIB, LEAST_SHARE);
    }
}
