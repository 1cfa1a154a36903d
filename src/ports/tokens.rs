//! The secret that goes with requests to a server.
//!
//! Owns the trait and the [`Secret`], which never shows itself. Must not know where a secret comes from
//! (`infra::tokens` does).

use std::fmt;

/// Gives the secret that goes with requests to one server.
pub trait Tokens: Send + Sync {
    /// The token now; `None` when there is none and requests go without. May run a command: call it off the event loop.
    ///
    /// # Errors
    /// One was asked for and cannot be had.
    fn token(&self) -> Result<Option<Secret>, NoToken>;

    /// The server refused it (401): look again at the next call, since commands and files may have a newer one.
    fn refused(&self);
}

/// A secret: its Debug and Display never show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// This text as a secret.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The text itself: for the header of a request and nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// A short text that is the same for the same secret and tells nothing of it: part of the key of what only the
    /// secret's owner may see.
    pub fn fingerprint(&self) -> String {
        use sha2::{Digest, Sha256};
        let hash = Sha256::new().chain_update(b"logdeck's fingerprint of a token\0").chain_update(&self.0).finalize();
        let (start, _) = hash.split_at(8);
        format!("{:016x}", start.iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte)))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// Why there is no token although one was asked for: a sentence that names the variable, command or file, never its
/// content.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoToken(pub String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_never_shows_itself() {
        let secret = Secret::new("ghp_abc".to_owned());
        assert_eq!(format!("{secret} {secret:?} {:#?}", Some(&secret)), "… Secret(…) Some(\n    Secret(…),\n)");
        assert_eq!(secret.expose(), "ghp_abc");
    }

    #[test]
    fn fingerprints_tell_secrets_apart() {
        let of = |text: &str| Secret::new(text.to_owned()).fingerprint();
        assert_eq!(of("ghp_abc"), of("ghp_abc"));
        assert_ne!(of("ghp_abc"), of("ghp_abd"));
        assert_eq!(of("").len(), 16);
        assert!(!of("ghp_abc").contains("abc"));
    }
}
