//! What sources of Google Cloud are told beside their addresses.
//!
//! Owns the values and their defaults. Must not read files or the environment: the caller does.

use crate::ports::http::Http;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// What sources of Google Cloud are told.
#[derive(Clone, Default)]
pub struct Settings {
    /// Where credentials are looked for.
    pub login: Login,
    /// A service account (its e-mail address) that is impersonated with these credentials.
    pub impersonate: Option<String>,
    /// The project that pays for requests (`userProject`, `x-goog-user-project`).
    pub user_project: Option<String>,
    /// Certificates (PEM) of authorities that are trusted beside the system's.
    pub ca_file: Option<PathBuf>,
    /// `HTTPS_PROXY`, else `ALL_PROXY`.
    pub proxy: Option<String>,
    /// `NO_PROXY`.
    pub no_proxy: String,
    /// The client for what is asked over plain HTTP; nothing where the command needs no network.
    pub http: Option<Arc<dyn Http>>,
}

/// Where credentials are looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Login {
    /// Application Default Credentials, in this order: the first that is there is used, and a broken one is an error.
    Default {
        /// The file that `GOOGLE_APPLICATION_CREDENTIALS` names.
        named: Option<PathBuf>,
        /// The file that `gcloud auth application-default login` writes.
        well_known: Option<PathBuf>,
        /// The metadata server's host, where `GCE_METADATA_HOST` names another one.
        metadata_host: Option<String>,
    },
    /// None: public buckets, and emulators.
    Anonymous,
}

impl Default for Login {
    fn default() -> Self {
        Self::Default { named: None, well_known: None, metadata_host: None }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A proxy's address may hold a password.
        f.debug_struct("Settings").field("login", &self.login).field("ca_file", &self.ca_file).finish_non_exhaustive()
    }
}
