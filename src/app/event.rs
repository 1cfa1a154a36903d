//! What can happen to the app, and what it wants to be done.
//!
//! Owns the two enums. Must not know who sends or carries them out.

use super::ci::ExtractNews;
use super::debug::Meters;
use super::export::{Job, Written};
use crate::model::ci::{News, Repo, Want};
use crate::model::window::Ask;
use crate::model::{Address, SavedFilter, SourceId, SourceMsg, Timestamp, documents, objects, pods};
use std::path::PathBuf;

/// Something happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// A key was pressed.
    Key(Key),
    /// The mouse did something while it is captured.
    Mouse(Mouse),
    /// Text was pasted (bracketed paste), already capped.
    Paste(String),
    /// The terminal has this size now (columns, rows).
    Resize(u16, u16),
    /// The terminal was focused or lost the focus.
    Focus(bool),
    /// A source has news.
    Source(SourceMsg),
    /// Time to work on something long (a filter over many records), or to show a new minute.
    Tick(Timestamp),
    /// The numbers that [`Effect::Measure`] asked for.
    Meters(Meters),
    /// What [`Effect::List`] asked for: the names in the directory, those of directories with a `/` behind them.
    Listed {
        /// As it was asked for.
        directory: String,
        /// In their order; none when it cannot be read.
        names: Vec<String>,
    },
    /// Something that was asked for by an [`Effect`] is done, in words; `Err` says what failed.
    Done(Result<String, String>),
    /// How the export of [`Effect::Export`] goes.
    Export(ExportNews),
    /// How the look for causes in a source's logs goes.
    Extract(ExtractNews),
    /// What whoever watches repositories tells; [`App::watch`](super::App::watch) says before which ones there are.
    Forge(News),
    /// The log of a run that [`Effect::Forge`] wanted was fetched and opened as a source, with [`App::open`](super::App::open). Sent before
    /// the first [`Event::Extract`] about that source, so that its causes show where the run is looked at.
    RunLog {
        /// Whose.
        repo: Repo,
        /// The run's id and attempt.
        run: (u64, u32),
        /// The job's id, when it is the log of that one only.
        job: Option<u64>,
        /// The source.
        source: SourceId,
    },
}

/// How an export goes. All but the first end it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExportNews {
    /// This many percent are written.
    Progress(u8),
    /// It is there, complete.
    Written(Written),
    /// Something stands under that name, and stays as it is.
    Exists {
        /// What stands there: `exists`, `is a symbolic link`.
        what: &'static str,
        /// The number that makes a free name of it ([`super::export::name::numbered`]).
        free: Option<u32>,
    },
    /// It could not be written, in words: the file, the cause, and what to do. Nothing is left of it.
    Failed(String),
    /// It was cancelled. Nothing is left of it.
    Cancelled,
}

/// A key, independent of the terminal library.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// Which.
    pub code: KeyCode,
    /// With Control.
    pub ctrl: bool,
    /// With Alt.
    pub alt: bool,
    /// With Shift; only told for keys that are not characters.
    pub shift: bool,
}

/// Which key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyCode {
    /// A character, as typed (capital letters come as such).
    Char(char),
    /// Enter.
    Enter,
    /// Escape.
    Esc,
    /// Tab; Shift-Tab comes with `shift`.
    Tab,
    /// Backspace.
    Backspace,
    /// Delete.
    Delete,
    /// Insert.
    Insert,
    /// Arrow up.
    Up,
    /// Arrow down.
    Down,
    /// Arrow left.
    Left,
    /// Arrow right.
    Right,
    /// Home.
    Home,
    /// End.
    End,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
    /// A function key.
    F(u8),
}

/// Something that a mouse did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mouse {
    /// What.
    pub kind: MouseKind,
    /// The column where, from 0.
    pub column: u16,
    /// The row where, from 0.
    pub row: u16,
}

/// What a mouse can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MouseKind {
    /// The first button was pressed.
    Click,
    /// The wheel was turned away from the user.
    WheelUp,
    /// The wheel was turned towards the user.
    WheelDown,
}

/// Who gets what the mouse does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MouseUse {
    /// The terminal, which selects text with it.
    Terminal,
    /// We.
    Captured,
}

/// Something that the app wants to be done outside of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Restore the terminal and end.
    Quit,
    /// Restore the terminal, stop the process until `fg`, then draw anew.
    Suspend,
    /// Send the text to the terminal's clipboard (OSC 52). Already redacted and safe.
    Copy(String),
    /// Write this into a new file, beside the screen; [`Event::Export`] tells how that goes.
    Export(Job),
    /// Cancel the export that is under way.
    CancelExport,
    /// Draw the whole screen anew.
    Redraw,
    /// Take the mouse, or give it back to the terminal.
    Mouse(MouseUse),
    /// Leave the picture and print these lines, already redacted and safe, until any key is pressed.
    PlainLines(Vec<String>),
    /// Call [`Event::Tick`] again soon: there is a slice of work left.
    Continue,
    /// Open the bundled demo.
    OpenDemo,
    /// Change the file of saved filters; what came of it returns as [`Event::Done`].
    Filters(FilterChange),
    /// Open this source; it has to be told with [`App::open`](super::App::open).
    Open(Address),
    /// Read the names in a directory, and tell them with [`Event::Listed`].
    List {
        /// What the answer is to name.
        directory: String,
        /// Where it is.
        path: PathBuf,
    },
    /// Measure, and tell the numbers with [`Event::Meters`].
    Measure,
    /// Find something out about a source's whole file; answers come as [`SourceMsg::Answer`].
    Ask(Ask),
    /// Nobody waits for answers about this source any more.
    StopAsking(SourceId),
    /// The source has to stop; what it still sends is not wanted.
    Pause(SourceId),
    /// The source has to begin anew, with [`SourceMsg::Reopened`].
    Reopen(SourceId),
    /// The source has waited until its logs were looked at: it has to begin.
    Load(SourceId),
    /// Look for causes again in the logs of all sources, told with [`Event::Extract`].
    Extract(Compared),
    /// End every look for causes that is under way.
    CancelExtract,
    /// Tell whoever watches repositories what is wanted; what comes of it returns as [`Event::Forge`], a log as
    /// [`Event::RunLog`].
    Forge(Want),
    /// Tell a source of pods what is wanted of it; what comes of it returns as [`SourceMsg::Pods`].
    Pods(SourceId, pods::Want),
    /// Tell a source of objects what is wanted of it; what comes of it returns as [`SourceMsg::Objects`].
    Objects(SourceId, objects::Want),
    /// Tell a source of documents what is wanted of it; what comes of it returns as [`SourceMsg::Documents`].
    Documents(SourceId, documents::Want),
    /// Open this page in a browser; where there is none, print its address. It is a plain web address without anything that
    /// a shell or a terminal would act on, and still has to be given to no shell.
    OpenPage(String),
}

/// The passing log that logs are compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Compared {
    /// As it was the last time.
    AsBefore,
    /// This one.
    With(PathBuf),
    /// None.
    Alone,
}

/// A change of the saved filters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FilterChange {
    /// Save it, in the place of one with its name.
    Put(Box<SavedFilter>),
    /// Delete the one of this name.
    Remove(String),
}
