//! Google Cloud, as both of its sources need it: whose credentials are used, and what they were looked for in.
//!
//! Owns logins. Must not know objects or documents, nor read the environment: the caller does.

mod settings;

pub use settings::{Login, Settings};
