//! Answers of servers that are kept, so that what did not change need not be sent again.
//!
//! Owns the trait. Must not know where they are kept.

use crate::model::Timestamp;

/// Keeps answers of servers between runs. Keys are opaque; implementations hash them. Nothing in it is trusted to be there.
pub trait Answers: Send + Sync {
    /// The answer that was kept under this key.
    fn get(&self, key: &str) -> Option<KeptAnswer>;
    /// Keeps an answer. Errors are logged, never fatal.
    fn put(&self, key: &str, answer: &KeptAnswer);
}

/// An answer that was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptAnswer {
    /// Its entity tag, as it came.
    pub etag: String,
    /// The body.
    pub body: Vec<u8>,
    /// `link` only.
    pub headers: Vec<(String, String)>,
    /// When it came.
    pub at: Timestamp,
}
