//! From a failed log to the lines that explain it: one pass, bounded memory.
//!
//! Owns what an extraction is ([`Extract`]) and how it is made ([`Extractor`]). Must not know files, archives, or how a
//! block is shown.

mod baseline;
mod engine;
mod line;
mod rank;
mod rules;
mod sieve;
mod steps;
mod store;
#[cfg(test)]
mod tests;

pub use baseline::Baseline;
pub use engine::Extractor;

use crate::model::Timestamp;
use std::sync::Arc;

/// How to extract.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The passing log to compare with.
    pub baseline: Option<Arc<Baseline>>,
    /// So many lines in all blocks at most; without it, 2 % of the log's lines, or 40 if that is more.
    pub max_lines: Option<usize>,
}

/// What was found in one log.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Extract {
    /// Lines of the log, as ended by `\n`; a last line without one counts.
    pub lines: u64,
    /// Its size in bytes.
    pub bytes: u64,
    /// The blocks worth showing, most probable cause first. They do not overlap.
    pub blocks: Vec<Block>,
    /// The steps or groups of the log, in their order; none in a plain log.
    pub steps: Vec<Step>,
    /// How the log's job ended, as far as the log tells.
    pub verdict: Verdict,
    /// Lines whose form never occurs in the passing log; none without one.
    pub new_lines: Option<u64>,
}

/// Neighbouring lines that explain a failure together.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// The first line, from 1.
    pub start: u64,
    /// The last line, inclusive.
    pub end: u64,
    /// Where the first line begins: bytes from the start of the log's text (decompressed).
    pub offset: u64,
    /// How probably this is the cause, from 0 to 1000; blocks of one log are ordered by it.
    pub score: u16,
    /// What it is about.
    pub kind: Kind,
    /// The tool that said it, as `cargo` or `pytest`; empty when it is not known.
    pub tool: &'static str,
    /// The rule that found it, as the table in `assets/rules` names it; empty for the lines before a failure of no known form.
    pub rule: &'static str,
    /// The step it stands in: an index into [`Extract::steps`].
    pub step: Option<usize>,
    /// The lines as they stand in the log, without their `\n`: anybody's bytes. Each is cut at 64 KiB.
    pub lines: Vec<Vec<u8>>,
    /// How many more blocks of the log say the same.
    pub repeats: u64,
    /// Whether its lines never occur in the passing log.
    pub is_new: bool,
}

/// What a block is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Source code that does not compile or link.
    Compile,
    /// A test that failed.
    Test,
    /// A linter, formatter or type checker.
    Lint,
    /// A program that crashed: an uncaught exception, a panic, a signal.
    Crash,
    /// A dependency that cannot be found or resolved.
    Dependency,
    /// The network, a registry, or a remote service.
    Network,
    /// Out of memory or disk.
    Resources,
    /// Something took too long, or was cancelled.
    Timeout,
    /// Access that was denied.
    Access,
    /// A wrong setting, argument or file of the build.
    Config,
    /// The runner or a step of its own: the build itself never ran.
    Setup,
    /// What a tool says at the end about failures that stand above.
    Summary,
    /// The end of a command, a step or a job.
    Exit,
    /// An error of no known form.
    #[default]
    Error,
}

impl Kind {
    /// Every kind and its name in output.
    pub const ALL: [(Self, &'static str); 14] = [
        (Self::Compile, "compile"),
        (Self::Test, "test"),
        (Self::Lint, "lint"),
        (Self::Crash, "crash"),
        (Self::Dependency, "dependency"),
        (Self::Network, "network"),
        (Self::Resources, "resources"),
        (Self::Timeout, "timeout"),
        (Self::Access, "access"),
        (Self::Config, "config"),
        (Self::Setup, "setup"),
        (Self::Summary, "summary"),
        (Self::Exit, "exit"),
        (Self::Error, "error"),
    ];

    /// The name in output.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(kind, _)| *kind == self).map_or("error", |(_, name)| name)
    }
}

/// A step of a job, or a group of lines in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its name as the log has it, without control sequences; not yet safe for a terminal.
    pub name: String,
    /// Its first line, from 1.
    pub start: u64,
    /// Where its first line begins: bytes from the start of the log's text.
    pub offset: u64,
    /// Its last line, inclusive.
    pub end: u64,
    /// How it ended.
    pub state: StepState,
    /// The time of its first line, where lines have one.
    pub began: Option<Timestamp>,
    /// The time of its last line.
    pub ended: Option<Timestamp>,
    /// How many blocks stand in it, repeats included.
    pub errors: u64,
}

/// How a step ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StepState {
    /// The log says that it failed.
    Failed,
    /// The next step began after it, and nothing says that it failed.
    Passed,
    /// The log says that it was cancelled.
    Cancelled,
    /// The log does not tell.
    #[default]
    Unknown,
}

/// How the log's job ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verdict {
    /// A mark says so: an exit code, a summary of failures, an error of the runner.
    Failed,
    /// A mark of success, and none of failure.
    Passed,
    /// It was cancelled.
    Cancelled,
    /// Nothing tells.
    #[default]
    Unknown,
}
