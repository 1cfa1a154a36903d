//! The terminal: entered once, and left as it was found on every way out.
//!
//! Owns raw mode, the alternate screen and what else is switched on; with `ui` it alone knows ratatui, and alone it
//! knows crossterm. Must not know the app: it draws a [`Picture`].

pub mod capabilities;
pub mod clipboard;
mod input;
pub mod keys;
mod output;
mod pen;
pub mod screen;
mod scroll;
mod tile;

pub use capabilities::{Ask, Capabilities, Link, NoScreen, Synchronised};
pub use keys::Input;
pub use output::{OnWritten, Written};
pub use ratatui::buffer::Buffer;
pub use ratatui::layout::Position;

use crate::app::event::MouseUse;
use crate::config::Environment;
use crossterm::{
    cursor::{Hide, MoveTo, Show},
    event::{DisableBracketedPaste, DisableFocusChange, EnableBracketedPaste, EnableFocusChange},
    queue,
    style::{Attribute, SetAttribute},
    terminal::{Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen},
};
use output::{Kind, Output};
use ratatui::layout::Size;
use rustix::event::{PollFd, PollFlags, poll};
use screen::{Screen, Scrolling};
use std::{
    fs::OpenOptions,
    io,
    os::fd::BorrowedFd,
    panic,
    sync::{Mutex, OnceLock, PoisonError},
    thread::{self, ThreadId},
    time::{Duration, Instant},
};
use tokio::sync::mpsc;

/// What can be drawn.
pub trait Picture {
    /// Draws it into cells, which are empty; says where the text cursor is, if it is to be shown.
    fn render(&self, cells: &mut Buffer) -> Option<Position>;
}

/// A switch of DEC private mode 2026: frames between these appear at once.
const BEGIN_FRAME: &[u8] = b"\x1b[?2026h";
const END_FRAME: &[u8] = b"\x1b[?2026l";
/// Frames of fewer bytes reach the terminal in one piece anyway.
const LEAST_SYNCHRONISED: usize = 64;
/// Buttons and the wheel, with positions beyond column 223. Not its movements: they would wake us for nothing.
const MOUSE_ON: &[u8] = b"\x1b[?1000h\x1b[?1006h";
const MOUSE_OFF: &[u8] = b"\x1b[?1006l\x1b[?1000l";
/// Rows scroll all together again.
const NO_REGION: &[u8] = b"\x1b[r";
/// What stands below plain lines.
const ANY_KEY: &str = "-- logdeck: any key returns --";
/// "What is your background?" (OSC 11).
const ASK_BACKGROUND: &[u8] = b"\x1b]11;?\x1b\\";
/// How long the last frame may take before the terminal is left without it.
const PATIENCE: Duration = Duration::from_millis(500);
/// What a terminal is taken for that does not tell its size.
const USUAL_SIZE: Size = Size { width: 80, height: 24 };

/// What has to be undone, while there is something. A panic hook and a guard both have to find it, hence a static.
static ENTERED: Mutex<Option<Entered>> = Mutex::new(None);

struct Entered {
    output: Output,
    shows: Shows,
    scrolling: Scrolling,
}

/// What is seen of us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shows {
    /// The picture, on the alternate screen.
    Picture,
    /// Plain lines, on the ordinary screen.
    Lines,
}

/// What the terminal can do, if it can show a screen at all.
///
/// # Errors
/// [`NoScreen`]: then plain lines are the way.
pub fn probe(environment: &Environment) -> Result<Capabilities, NoScreen> {
    if !rustix::termios::isatty(rustix::stdio::stdout()) {
        return Err(NoScreen::NotATerminal);
    }
    let keys = rustix::termios::isatty(rustix::stdio::stdin())
        || OpenOptions::new().read(true).write(true).open("/dev/tty").is_ok();
    if !keys {
        return Err(NoScreen::NoKeys);
    }
    capabilities::detect(environment)
}

/// The screen, from entering to leaving. Dropping it leaves.
#[derive(Debug)]
pub struct Terminal {
    screen: Screen,
    output: Output,
    synchronised: Synchronised,
    mouse: MouseUse,
}

impl Terminal {
    /// Takes the terminal over. `written` hears of every frame.
    ///
    /// # Errors
    /// When the terminal does not let itself be switched; it is left again then.
    pub fn enter(capabilities: &Capabilities, written: OnWritten) -> io::Result<Self> {
        // NO_COLOR would make crossterm drop bold and reversed text too, and with it the cursor's row. The theme
        // leaves colours out by itself.
        crossterm::style::force_color_output(true);
        let output = Output::start(rustix::stdio::stdout(), written)?;
        let size = size().unwrap_or(USUAL_SIZE);
        let screen = Screen::new(size, capabilities.scrolling);
        let terminal = Self { screen, output, synchronised: capabilities.synchronised, mouse: MouseUse::Terminal };
        install_hook();
        terminal.switch_on(Vec::new())?;
        if capabilities.ask == Ask::May {
            terminal.output.send(Kind::Question, ASK_BACKGROUND.to_vec());
        }
        Ok(terminal)
    }

    /// Enters the screen, behind the bytes that leave what was shown before.
    fn switch_on(&self, mut enter: Vec<u8>) -> io::Result<()> {
        queue!(enter, EnterAlternateScreen, Clear(ClearType::All), EnableBracketedPaste, EnableFocusChange, Hide)?;
        if self.mouse == MouseUse::Captured {
            enter.extend_from_slice(MOUSE_ON);
        }
        let scrolling = self.screen.scrolling();
        let entered = Entered { output: self.output.clone(), shows: Shows::Picture, scrolling };
        *ENTERED.lock().unwrap_or_else(PoisonError::into_inner) = Some(entered);
        crossterm::terminal::enable_raw_mode().inspect_err(|_| restore())?;
        self.output.send(Kind::Screen, enter);
        Ok(())
    }

    /// Gives the terminal back for good. Takes about a second at most.
    pub fn leave(&mut self) {
        restore();
    }

    /// Gives the terminal back until [`Terminal::resume`]. Takes about a second at most, and no time if the terminal has
    /// taken nothing since it was waited for the last time.
    pub fn lend(&mut self) {
        restore_within(if self.output.is_late() { Duration::ZERO } else { PATIENCE });
    }

    /// Shows plain lines on the ordinary screen instead of the picture, so that the mouse can select them, until
    /// [`Terminal::resume`]. The lines have to be safe for a terminal. Keys come one at a time as before.
    pub fn show_lines(&self, lines: &[String]) {
        let mut out = Vec::with_capacity(64 + lines.iter().map(|line| line.len() + 2).sum::<usize>());
        out.extend_from_slice(MOUSE_OFF);
        // Writing into memory does not fail.
        let _ = queue!(
            out,
            DisableFocusChange,
            SetAttribute(Attribute::Reset),
            Clear(ClearType::All),
            MoveTo(0, 0),
            Show,
            LeaveAlternateScreen
        );
        for line in lines.iter().map(String::as_str).chain([ANY_KEY]) {
            out.extend_from_slice(b"\r\n");
            out.extend_from_slice(line.as_bytes());
        }
        if let Some(entered) = &mut *ENTERED.lock().unwrap_or_else(PoisonError::into_inner) {
            entered.shows = Shows::Lines;
        }
        self.output.send(Kind::Screen, out);
    }

    /// Takes the mouse, or gives it back.
    pub fn capture_mouse(&mut self, mouse: MouseUse) {
        self.mouse = mouse;
        let sequence = if mouse == MouseUse::Captured { MOUSE_ON } else { MOUSE_OFF };
        self.output.send(Kind::Mouse, sequence.to_vec());
    }

    /// Takes the terminal over again, whatever others have done to it, and draws everything anew. Does not wait for it.
    ///
    /// # Errors
    /// When the terminal does not let itself be switched.
    pub fn resume(&mut self) -> io::Result<()> {
        let entered = ENTERED.lock().unwrap_or_else(PoisonError::into_inner).take();
        let mut leave = Vec::with_capacity(256);
        if let Some(entered) = entered {
            // After a stop from outside the shell has changed the modes behind our back.
            queue_leave(&entered, &mut leave)?;
            crossterm::terminal::disable_raw_mode()?;
        }
        self.switch_on(leave)?;
        self.screen.forget_cursor();
        self.refit();
        Ok(())
    }

    /// Draws everything anew with the next frame.
    pub fn repaint(&mut self) {
        self.screen.forget();
    }

    /// Looks at the size again; `None` when it is the same, or is told as nothing.
    pub fn refit(&mut self) -> Option<(u16, u16)> {
        let size = size()?;
        if self.screen.size() == size {
            return None;
        }
        self.screen.resize(size);
        Some((size.width, size.height))
    }

    /// Columns and rows.
    pub fn size(&self) -> (u16, u16) {
        let size = self.screen.size();
        (size.width, size.height)
    }

    /// Whether a frame is still on its way; then there is no use in drawing the next.
    pub fn is_busy(&self) -> bool {
        self.output.is_busy()
    }

    /// Draws, and sends what has changed on the screen: nothing, or one write. Says how many bytes it is.
    pub fn draw(&mut self, picture: &impl Picture) -> usize {
        let mut frame = self.screen.draw(|cells| picture.render(cells));
        if self.synchronised == Synchronised::On && frame.len() >= LEAST_SYNCHRONISED {
            frame.splice(..0, BEGIN_FRAME.iter().copied());
            frame.extend_from_slice(END_FRAME);
        }
        let bytes = frame.len();
        self.output.send(Kind::Frame, frame);
        bytes
    }

    /// Sends a sequence for the clipboard ([`clipboard::sequence`]). One that still waits is not sent any more.
    pub fn copy(&self, sequence: Vec<u8>) {
        self.output.send(Kind::Clipboard, sequence);
    }

    /// Bytes that were sent so far.
    pub fn bytes(&self) -> u64 {
        self.output.bytes()
    }

    /// Starts to read keys. What was read goes to `to`, with the time at which it came.
    ///
    /// # Errors
    /// When the thread cannot be started.
    pub fn listen(to: mpsc::Sender<(Input, Instant)>) -> io::Result<()> {
        input::start(to)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        restore();
    }
}

/// Leaves the terminal as it was found; does nothing when it was left already. Takes about a second at most.
pub fn restore() {
    restore_within(PATIENCE);
}

/// The same, with this time for what is on its way, and as much again for the modes.
fn restore_within(patience: Duration) {
    let Some(entered) = ENTERED.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
    // A frame that is on its way goes first; a terminal that takes nothing any more gets its modes back at least.
    entered.output.settle(patience);
    let mut leave = Vec::with_capacity(128);
    let written = queue_leave(&entered, &mut leave)
        .and_then(|()| output::write_within(rustix::stdio::stdout(), &leave, patience));
    let cooked = crossterm::terminal::disable_raw_mode();
    if let Err(error) = written.and(cooked) {
        tracing::warn!(%error, "the terminal could not be restored");
    }
}

/// What switches everything off again.
fn queue_leave(entered: &Entered, leave: &mut Vec<u8>) -> io::Result<()> {
    leave.extend_from_slice(END_FRAME);
    leave.extend_from_slice(MOUSE_OFF);
    if entered.scrolling == Scrolling::Regions && entered.shows == Shows::Picture {
        // The last frame may have been cut off.
        leave.extend_from_slice(NO_REGION);
    }
    queue!(leave, DisableFocusChange, DisableBracketedPaste, SetAttribute(Attribute::Reset), Show)?;
    match entered.shows {
        // Without an alternate screen (an old console) the clearing is what removes our picture.
        Shows::Picture => queue!(leave, Clear(ClearType::All), LeaveAlternateScreen),
        Shows::Lines => {
            leave.extend_from_slice(b"\r\n");
            Ok(())
        }
    }
}

/// A panic of the drawing thread shows its message on a usable terminal; one of another thread is no business of the
/// screen (the task's owner makes a message of it) and goes to the own log alone.
fn install_hook() {
    static DRAWING: OnceLock<ThreadId> = OnceLock::new();
    if DRAWING.set(thread::current().id()).is_err() {
        return;
    }
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        // A literal message is ours; one that was put together may quote a log.
        let what = info.payload().downcast_ref::<&str>().unwrap_or(&"(not written down)");
        let at = info.location().map(ToString::to_string);
        tracing::error!(what, at, "a thread panicked");
        if DRAWING.get() == Some(&thread::current().id()) {
            restore();
            before(info);
        }
    }));
}

/// Columns and rows as the kernel tells them; `None` when it tells none.
fn size() -> Option<Size> {
    let size = rustix::termios::tcgetwinsize(rustix::stdio::stdout()).ok()?;
    (size.ws_col > 0 && size.ws_row > 0).then_some(Size { width: size.ws_col, height: size.ws_row })
}

/// Calls `gone` once the terminal is hung up (its window was closed, its connection lost): crossterm would read from
/// it for ever. The thread ends with the process.
///
/// # Errors
/// When the thread cannot be started.
pub fn watch(gone: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let terminal: BorrowedFd<'static> = rustix::stdio::stdout();
    thread::Builder::new().name("hang-up".into()).spawn(move || {
        loop {
            // No event is asked for: hang-ups and errors are always told.
            let mut fds = [PollFd::from_borrowed_fd(terminal, PollFlags::empty())];
            match poll(&mut fds, None) {
                Ok(_) if fds[0].revents().intersects(PollFlags::HUP | PollFlags::ERR) => break,
                Ok(0) | Err(rustix::io::Errno::INTR) => {}
                Ok(_) | Err(_) => return,
            }
        }
        gone();
    })?;
    Ok(())
}
