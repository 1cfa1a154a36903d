//! A process in a real pseudo-terminal, seen through a terminal emulator that we did not write.

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};
use std::{
    io::{Read, Write},
    num::NonZeroU16,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

/// How long anything may take before the test fails; machines differ, so this is no measurement.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the process has written so far.
pub struct Seen {
    /// The emulator.
    pub parser: vt100::Parser,
    /// The bytes themselves.
    pub bytes: Vec<u8>,
}

/// How quickly the terminal takes what is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Link {
    Fast,
    Slow,
    Dead,
}

/// A running process and its terminal.
pub struct Session {
    seen: Arc<Mutex<Seen>>,
    master: Option<Box<dyn MasterPty + Send>>,
    writer: Option<Box<dyn Write + Send>>,
    child: Box<dyn Child + Send + Sync>,
    reader: Option<JoinHandle<()>>,
    stop: Arc<AtomicBool>,
}

/// `logdeck` with an environment that does not depend on the machine: 100 columns, 30 rows, 256 colours, UTF-8.
pub fn logdeck(home: &Path) -> CommandBuilder {
    command(env!("CARGO_BIN_EXE_logdeck"), home)
}

/// Any program with that environment.
pub fn command(program: &str, home: &Path) -> CommandBuilder {
    let mut command = CommandBuilder::new(program);
    command.env_clear();
    for (name, value) in [("TERM", "xterm-256color"), ("LANG", "C.UTF-8"), ("TZ", "UTC"), ("PATH", "/usr/bin:/bin")] {
        command.env(name, value);
    }
    command.env("HOME", home);
    command.env("TMPDIR", home);
    command.cwd(home);
    command
}

const fn size(columns: u16, rows: u16) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}

impl Session {
    /// Starts it.
    pub fn start(command: CommandBuilder) -> Self {
        Self::new(command, Link::Fast)
    }

    /// Starts it in a terminal that takes nothing of what it writes, as after Ctrl-s or on a dead link.
    pub fn start_deaf(command: CommandBuilder) -> Self {
        Self::new(command, Link::Dead)
    }

    /// Starts it in a terminal that takes 4 KB a second.
    pub fn start_slow(command: CommandBuilder) -> Self {
        Self::new(command, Link::Slow)
    }

    fn new(command: CommandBuilder, link: Link) -> Self {
        let pair = native_pty_system().openpty(size(100, 30)).unwrap();
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut output = pair.master.try_clone_reader().unwrap();
        let seen = Arc::new(Mutex::new(Seen { parser: emulator(100, 30), bytes: Vec::new() }));
        let stop = Arc::new(AtomicBool::new(false));
        let (theirs, stopped) = (Arc::clone(&seen), Arc::clone(&stop));
        let read = move || {
            let mut buffer = vec![0; if link == Link::Slow { 400 } else { 64 * 1024 }];
            while let Ok(n @ 1..) = output.read(&mut buffer) {
                let mut seen = theirs.lock().unwrap();
                seen.parser.process(&buffer[..n]);
                seen.bytes.extend_from_slice(&buffer[..n]);
                if stopped.load(Ordering::Relaxed) {
                    return;
                }
                drop(seen);
                if link == Link::Slow {
                    thread::sleep(Duration::from_millis(100));
                }
            }
        };
        let reader = (link != Link::Dead).then(|| thread::spawn(read));
        let writer = Some(pair.master.take_writer().unwrap());
        Self { seen, master: Some(pair.master), writer, child, reader, stop }
    }

    /// Types.
    pub fn send(&mut self, bytes: &[u8]) {
        let writer = self.writer.as_mut().unwrap();
        writer.write_all(bytes).unwrap();
        writer.flush().unwrap();
    }

    /// Makes the window another size.
    pub fn resize(&self, columns: u16, rows: u16) {
        let mut seen = self.seen.lock().unwrap();
        if let (Some(columns), Some(rows)) = (NonZeroU16::new(columns), NonZeroU16::new(rows)) {
            seen.parser.screen_mut().set_size(rows, columns);
        }
        self.master.as_ref().unwrap().resize(size(columns, rows)).unwrap();
    }

    /// Sends a signal to the process that was started.
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_raw(self.process_id()).unwrap(), signal).unwrap();
    }

    /// The process that was started.
    pub fn process_id(&self) -> i32 {
        i32::try_from(self.child.process_id().unwrap()).unwrap()
    }

    /// Looks at what was written.
    pub fn look<T>(&self, with: impl FnOnce(&Seen) -> T) -> T {
        with(&self.seen.lock().unwrap())
    }

    /// The screen's text.
    pub fn text(&self) -> String {
        self.look(|seen| seen.parser.screen().contents())
    }

    /// Waits until the screen is as wanted; panics with the screen if it does not come to that.
    pub fn wait(&self, what: &str, wanted: impl Fn(&Seen) -> bool) {
        let end = Instant::now() + PATIENCE;
        while !self.look(&wanted) {
            assert!(Instant::now() < end, "not seen: {what}\n{}", self.text());
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits for a text on the screen.
    pub fn wait_for(&self, text: &str) {
        self.wait(text, |seen| seen.parser.screen().contents().contains(text));
    }

    /// Waits until nothing was written for half a second.
    pub fn settle(&self) {
        let mut last = (usize::MAX, Instant::now());
        let end = Instant::now() + PATIENCE;
        while last.1.elapsed() < Duration::from_millis(500) {
            assert!(Instant::now() < end, "never quiet\n{}", self.text());
            let len = self.look(|seen| seen.bytes.len());
            if len != last.0 {
                last = (len, Instant::now());
            }
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// The line discipline's flags, as text.
    pub fn modes(&self) -> String {
        let modes = self.master.as_ref().unwrap().get_termios().unwrap();
        format!("{:?} {:?} {:?}", modes.input_flags, modes.output_flags, modes.local_flags)
    }

    /// Closes the window, as a terminal does whose user clicks it away. The process hears of it.
    pub fn hang_up(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // The reader holds the terminal too, until it has read something.
        self.send(b"?");
        if let Some(reader) = self.reader.take() {
            reader.join().unwrap();
        }
        self.writer = None;
        self.master = None;
    }

    /// Waits for the end, and for the last bytes.
    pub fn end(&mut self) -> ExitStatus {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                if let Some(reader) = self.reader.take() {
                    reader.join().unwrap();
                }
                return status;
            }
            assert!(Instant::now() < end, "it does not end\n{}", self.text());
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A screen cell by cell, as far as it can be seen: a blank has no colour and no weight.
pub fn cells(screen: &vt100::Screen) -> Vec<Vec<String>> {
    let (rows, columns) = screen.size();
    let cell = |row, column| {
        let cell = screen.cell(row, column).unwrap();
        let marks = (cell.inverse(), cell.underline(), cell.bgcolor());
        let text = if cell.has_contents() { cell.contents() } else { " " };
        match text {
            _ if cell.is_wide_continuation() => "~".to_owned(),
            " " if !cell.inverse() && !cell.underline() => format!("  {marks:?}"),
            _ => format!("{text} {marks:?} {:?} {:?}", cell.fgcolor(), (cell.bold(), cell.dim(), cell.italic())),
        }
    };
    (0..rows.get()).map(|row| (0..columns.get()).map(|column| cell(row, column)).collect()).collect()
}

/// A terminal without a process.
pub fn emulator(columns: u16, rows: u16) -> vt100::Parser {
    let mut parser = vt100::Parser::default();
    parser.screen_mut().set_size(NonZeroU16::new(rows).unwrap(), NonZeroU16::new(columns).unwrap());
    parser
}
