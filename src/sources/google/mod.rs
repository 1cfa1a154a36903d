//! Google Cloud, as both of its sources need it: whose credentials are used, and what they were looked for in.
//!
//! Owns logins. Must not know objects or documents, nor read the environment: the caller does.

mod find;
mod login;
mod refusal;
mod settings;

#[cfg(test)]
mod tests;

pub use settings::{Login, Settings};

pub(in crate::sources) use login::Account;
pub(in crate::sources) use refusal::{LoginError, chain};

/// Reads objects, and nothing else.
pub(in crate::sources) const STORAGE: &str = "https://www.googleapis.com/auth/devstorage.read_only";

/// Reads documents. There is no scope that only reads them.
pub(in crate::sources) const DATASTORE: &str = "https://www.googleapis.com/auth/datastore";
