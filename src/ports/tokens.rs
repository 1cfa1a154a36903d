//! Secrets that go with requests.
//!
//! Owns the trait and the value that does not show itself. Must not know where secrets come from.

use std::fmt;

/// Gives the secret that goes with requests to one server.
pub trait Tokens: Send + Sync {
    /// The token now; `None` when there is none and requests go without. May run a command: call it off the event loop.
    ///
    /// # Errors
    /// There should be one, and it cannot be had.
    fn token(&self) -> Result<Option<Secret>, NoToken>;
    /// The server refused it (401): look again at the next call, since commands and files may have a newer one.
    fn refused(&self);
}

/// A secret: its Debug and Display never show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret.
    pub const fn new(secret: String) -> Self {
        Self(secret)
    }

    /// The secret itself, for the one place that sends it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// Why there is no token although one was asked for: a sentence that names the variable, command or file, never its content.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoToken(pub String);
