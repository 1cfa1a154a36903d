//! What can be wrong with an input: what, where, and what to do.
//!
//! Owns the sentences. Names come from strangers and are not yet safe for a terminal.

use std::io;

/// Why an input, or a part of it, cannot be read. The rest goes on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InputError {
    /// Nothing is there under this name.
    #[error("{name}: no such file or directory")]
    Missing {
        /// The name as given.
        name: String,
    },
    /// It is there and may not be read.
    #[error("{name}: permission denied: run logdeck as a user who may read it (see: ls -l)")]
    NoPermission {
        /// The name.
        name: String,
    },
    /// A glob that fits no file.
    #[error("{pattern}: no file fits this pattern")]
    NoMatch {
        /// The glob.
        pattern: String,
    },
    /// A glob that is not understood.
    #[error(
        "{pattern}: not a glob: {problem}; a file with this very name is written ./NAME with [?] for ? and [*] for *"
    )]
    BadGlob {
        /// The glob.
        pattern: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A directory without a log file.
    #[error("{name}: there is no log file in this directory{skipped}")]
    EmptyDirectory {
        /// The directory.
        name: String,
        /// What it holds instead, in parentheses; or nothing.
        skipped: String,
    },
    /// It holds no lines.
    #[error("{name}: this is {what}, not a log: {advice}")]
    Binary {
        /// The name.
        name: String,
        /// What it is.
        what: &'static str,
        /// What to do.
        advice: &'static str,
    },
    /// An encrypted zip entry.
    #[error("{name}: encrypted; logdeck asks for no passwords: unpack the archive first")]
    Encrypted {
        /// The entry.
        name: String,
    },
    /// A zip entry in a compression that is not read.
    #[error("{name}: unknown compression method {method}; unpack the archive first")]
    UnknownMethod {
        /// The entry.
        name: String,
        /// The method's number in the zip format.
        method: u16,
    },
    /// An archive within an archive, or compression within compression within compression.
    #[error("{name}: {what} inside {inside} is not opened: unpack it first")]
    Nested {
        /// The input.
        name: String,
        /// What was found.
        what: &'static str,
        /// Where.
        inside: &'static str,
    },
    /// The file ends too early.
    #[error("{name}: truncated: the file ends in the middle; what was there is shown. Copy or download it again")]
    Truncated {
        /// The input.
        name: String,
    },
    /// The bytes are not what the format asks for.
    #[error("{name}: damaged: {problem}; what came before is shown")]
    Damaged {
        /// The input.
        name: String,
        /// What is wrong.
        problem: String,
    },
    /// A zip archive whose directory cannot be used.
    #[error("{name}: not a usable zip archive: {problem}")]
    BadArchive {
        /// The archive.
        name: String,
        /// What is wrong.
        problem: String,
    },
    /// Bytes after the end of compressed data.
    #[error(
        "{name}: what follows the end of the compressed data is no {codec} and is left out; all before it was read"
    )]
    TrailingGarbage {
        /// The input.
        name: String,
        /// The compression.
        codec: &'static str,
    },
    /// It holds more than the limit: perhaps a bomb.
    #[error("{name}: partial: stopped after {read} bytes: {limit}")]
    Limit {
        /// The input.
        name: String,
        /// Bytes that were read.
        read: u64,
        /// The limit that was met, in words.
        limit: String,
    },
    /// More files than are opened.
    #[error("{name}: only the first {limit} {what} are read; name a part of them")]
    TooMany {
        /// Where.
        name: String,
        /// What there is too many of.
        what: &'static str,
        /// How many are read.
        limit: usize,
    },
    /// A zip archive that came through a pipe.
    #[error(
        "{name}: a zip archive has its directory at its end and cannot be read from a pipe: save it to a file first"
    )]
    ZipStream {
        /// The input.
        name: String,
    },
    /// A web page under the name of an archive: a proxy's login page, or an error of the server.
    #[error("{name}: this is a web page{title}, not an archive: log in, then download it again")]
    WebPage {
        /// The file.
        name: String,
        /// Its title with quotes and a blank before it, or nothing.
        title: String,
    },
    /// logdeck itself failed on it.
    #[error("{name}: not read to its end by a fault of logdeck itself; please report it")]
    Fault {
        /// The input.
        name: String,
    },
    /// Anything else that the system says.
    #[error("{name}: {source}")]
    Io {
        /// The input.
        name: String,
        /// What the system said.
        source: io::Error,
    },
}

impl InputError {
    /// The error for what the system said about `name`.
    pub fn io(name: &str, source: io::Error) -> Self {
        let name = name.to_owned();
        match source.kind() {
            io::ErrorKind::NotFound => Self::Missing { name },
            io::ErrorKind::PermissionDenied => Self::NoPermission { name },
            io::ErrorKind::UnexpectedEof => Self::Truncated { name },
            _ => Self::Io { name, source },
        }
    }

    /// The error inside an [`io::Error`] of an input's reader, or the plain one with the input's name.
    pub fn from_read(name: &str, error: io::Error) -> Self {
        match error.downcast::<Self>() {
            Ok(inner) => inner,
            Err(error) => Self::io(name, error),
        }
    }

    /// Whether nothing is there, which following waits for.
    pub const fn is_absence(&self) -> bool {
        matches!(self, Self::Missing { .. } | Self::NoMatch { .. } | Self::EmptyDirectory { .. })
    }

    /// Whether the input is something else than a log, which an archive may well hold.
    pub const fn is_no_text(&self) -> bool {
        matches!(self, Self::Binary { .. })
    }

    /// Whether the input holds no log text at all: in an archive or a directory such inputs are left out with a count
    /// rather than reported one by one.
    pub const fn is_binary(&self) -> bool {
        matches!(self, Self::Binary { .. } | Self::Nested { .. })
    }
}

impl From<InputError> for io::Error {
    fn from(error: InputError) -> Self {
        let kind = match &error {
            InputError::Missing { .. } | InputError::NoMatch { .. } | InputError::EmptyDirectory { .. } => {
                io::ErrorKind::NotFound
            }
            InputError::NoPermission { .. } => io::ErrorKind::PermissionDenied,
            InputError::Truncated { .. } => io::ErrorKind::UnexpectedEof,
            InputError::Io { source, .. } => source.kind(),
            _ => io::ErrorKind::InvalidData,
        };
        Self::new(kind, error)
    }
}
