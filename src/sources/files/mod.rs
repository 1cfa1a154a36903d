//! Local files: found, opened, decompressed, followed.
//!
//! Owns everything that touches a local log file. Must not know the store or the screen.

mod archive;
mod decode;
mod discover;
mod each;
mod error;
mod far;
mod follow;
mod inflate;
mod input;
mod look;
mod pipe;
mod runs;
mod sniff;
mod source;
mod stream;
mod tail;
mod whole;

pub use archive::MAX_ENTRIES;
pub use decode::Limits;
pub use discover::{Discovered, MAX_DEPTH, MAX_FILES, discover, discover_address, discover_archive};
pub use each::{Consume, Outcome, Watch, each};
pub use error::InputError;
pub use far::{Far, Lines, answer};
pub use input::Input;
pub use runs::{Role, key, path_of, roles};
pub use sniff::{Codec, HEAD, Kind, kind};
pub use source::{SPEC, STDIN_SPEC};

// For sources whose bytes come from elsewhere.
pub(in crate::sources) use decode::{Context, Patience, inside, text};
pub(in crate::sources) use stream::Stream;
