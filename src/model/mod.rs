//! The values that every other part speaks in: severity, time, origin, record, batch, query, messages.
//!
//! Owns the vocabulary. Must not know: files, clocks, tokio, ratatui, or any other module of ours.

pub mod address;
pub mod batch;
pub mod ci;
pub mod documents;
pub mod format;
pub mod look;
pub mod message;
pub mod objects;
pub mod origin;
pub mod plugin;
pub mod pods;
pub mod query;
pub mod record;
pub mod saved;
pub mod severity;
pub mod theme;
pub mod time;
pub mod window;

pub use address::Address;
pub use batch::{Batch, Meta};
pub use format::Format;
pub use message::{Cursor, Health, SourceMsg, State, Want};
pub use origin::{OriginId, SourceId};
pub use query::Query;
pub use record::{Flags, Record};
pub use saved::SavedFilter;
pub use severity::{Severity, SeverityFrom};
pub use time::Timestamp;
