//! What the embedded storage knows: buckets, objects, who may do what.
//!
//! Owns these values and the ways to change them. Must not know HTTP or JSON.

use crate::demo::Clock;
use crate::model::Timestamp;
use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// What is told about an object beside its name and its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meta {
    /// `Content-Type`.
    pub content_type: String,
    /// `Content-Encoding`; empty when there is none. The bytes are given as they are stored.
    pub content_encoding: String,
    /// Of how many objects it was composed. Such objects have no MD5; nothing for those that were written at once.
    pub components: Option<u32>,
    /// What the writer noted: `x-goog-meta-…`.
    pub notes: BTreeMap<String, String>,
    /// When it is written; now when nothing is said. Generations rise nevertheless.
    pub at: Option<Timestamp>,
}

impl Meta {
    /// What is told about an object of that type.
    pub fn new(content_type: &str) -> Self {
        Self {
            content_type: content_type.to_owned(),
            content_encoding: String::new(),
            components: None,
            notes: BTreeMap::new(),
            at: None,
        }
    }

    /// Plain text.
    pub fn text() -> Self {
        Self::new("text/plain")
    }

    /// The same, stored as it comes out of gzip: whoever does not take gzip gets it unpacked.
    #[must_use]
    pub fn gzip(mut self) -> Self {
        "gzip".clone_into(&mut self.content_encoding);
        self
    }

    /// The same, written then.
    #[must_use]
    pub const fn at(mut self, at: Timestamp) -> Self {
        self.at = Some(at);
        self
    }

    /// The same, composed of that many others: without an MD5, whose making takes its time with large ones.
    #[must_use]
    pub const fn composed(mut self, components: u32) -> Self {
        self.components = Some(components);
        self
    }
}

/// Bytes in pieces, so that what grows is not copied.
#[derive(Clone, Debug, Default)]
pub(super) struct Content {
    pub(super) pieces: Vec<Bytes>,
    pub(super) length: usize,
}

impl Content {
    fn push(&mut self, bytes: Bytes) {
        self.length += bytes.len();
        if !bytes.is_empty() {
            self.pieces.push(bytes);
        }
    }

    /// The bytes from `from` up to `to`, which are not copied.
    pub(super) fn slice(&self, from: usize, to: usize) -> Vec<Bytes> {
        let (mut at, mut out) = (0, Vec::new());
        for piece in &self.pieces {
            let (start, end) = (from.max(at), to.min(at + piece.len()));
            if start < end {
                out.push(piece.slice(start - at..end - at));
            }
            at += piece.len();
        }
        out
    }
}

/// An object as it is now. Who reads an older generation already goes on with it.
#[derive(Clone, Debug)]
pub(super) struct Object {
    pub(super) content: Content,
    pub(super) meta: Meta,
    pub(super) generation: i64,
    pub(super) created: Timestamp,
    pub(super) crc32c: u32,
    pub(super) md5: Option<[u8; 16]>,
}

impl Object {
    pub(super) fn is_gzip(&self) -> bool {
        self.meta.content_encoding == "gzip"
    }
}

/// A bucket and its objects, by name.
#[derive(Debug, Default)]
pub(super) struct Bucket {
    pub(super) objects: BTreeMap<String, Arc<Object>>,
    pub(super) requester_pays: bool,
}

/// What can be allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Permission {
    /// `storage.objects.list`: what is there.
    List,
    /// `storage.objects.get`: an object and what is told about it.
    Get,
}

impl Permission {
    /// The service's name for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::List => "storage.objects.list",
            Self::Get => "storage.objects.get",
        }
    }
}

/// A bearer token.
#[derive(Clone, Debug)]
struct Token {
    account: String,
    is_expired: bool,
}

/// Who asks, as the token tells.
pub(super) enum Caller {
    Anonymous,
    Account(String),
    /// The token is unknown or expired.
    Unknown,
}

/// All that the storage knows.
pub struct State {
    pub(super) clock: Clock,
    buckets: BTreeMap<String, Bucket>,
    tokens: BTreeMap<String, Token>,
    denied: BTreeSet<(Permission, String, String)>,
    last: i64,
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State").field("buckets", &self.buckets.keys()).finish_non_exhaustive()
    }
}

impl State {
    /// Nothing is there yet, and everybody may read everything.
    pub fn new(clock: Clock) -> Self {
        Self { clock, buckets: BTreeMap::new(), tokens: BTreeMap::new(), denied: BTreeSet::new(), last: 0 }
    }

    /// Makes a bucket, if it is not there.
    pub fn bucket(&mut self, name: &str) {
        self.buckets.entry(name.to_owned()).or_default();
    }

    /// Who asks for this bucket has to name a project that pays.
    pub fn requester_pays(&mut self, bucket: &str) {
        self.buckets.entry(bucket.to_owned()).or_default().requester_pays = true;
    }

    /// Removes a bucket with all that is in it.
    pub fn remove_bucket(&mut self, name: &str) {
        self.buckets.remove(name);
    }

    /// Requests have to bring this token from now on (or another one that was named), which belongs to `account`.
    pub fn require(&mut self, token: &str, account: &str) {
        let known = Token { account: account.to_owned(), is_expired: false };
        self.tokens.insert(token.to_owned(), known);
    }

    /// The token is not good any more.
    pub fn expire(&mut self, token: &str) {
        if let Some(token) = self.tokens.get_mut(token) {
            token.is_expired = true;
        }
    }

    /// Nobody may do that any more with objects of the bucket whose names (or a listing's prefix) begin with `prefix`.
    pub fn deny(&mut self, permission: Permission, bucket: &str, prefix: &str) {
        self.denied.insert((permission, bucket.to_owned(), prefix.to_owned()));
    }

    /// What was denied is allowed again.
    pub fn allow_all(&mut self) {
        self.denied.clear();
    }

    /// Writes an object, in place of one of the same name. Returns its generation. The bytes are not copied.
    pub fn put(&mut self, bucket: &str, name: &str, bytes: impl Into<Bytes>, meta: Meta) -> i64 {
        let bytes = bytes.into();
        let md5 = meta.components.is_none().then(|| md5::compute(&bytes).0);
        let crc32c = crc32c::crc32c(&bytes);
        let mut content = Content::default();
        content.push(bytes);
        self.place(bucket, name, content, meta, (crc32c, md5))
    }

    /// Writes what is in a file.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn put_file(&mut self, bucket: &str, name: &str, path: &Path, meta: Meta) -> io::Result<i64> {
        Ok(self.put(bucket, name, std::fs::read(path)?, meta))
    }

    /// Composes an object of what it was and `bytes`: a new generation, which begins as the old one. Returns it. One that
    /// is not there is written.
    pub fn append(&mut self, bucket: &str, name: &str, bytes: impl Into<Bytes>) -> i64 {
        self.compose(bucket, name, bytes.into(), None)
    }

    /// The same at a moment of the past.
    pub fn append_at(&mut self, bucket: &str, name: &str, bytes: impl Into<Bytes>, at: Timestamp) -> i64 {
        self.compose(bucket, name, bytes.into(), Some(at))
    }

    fn compose(&mut self, bucket: &str, name: &str, bytes: Bytes, at: Option<Timestamp>) -> i64 {
        let old = self.buckets.get(bucket).and_then(|bucket| bucket.objects.get(name)).map(Arc::clone);
        let Some(old) = old else { return self.put(bucket, name, bytes, Meta { at, ..Meta::text() }) };
        let mut meta = old.meta.clone();
        meta.components = Some(meta.components.unwrap_or(1) + 1);
        meta.at = at;
        let crc32c = crc32c::crc32c_combine(old.crc32c, crc32c::crc32c(&bytes), bytes.len());
        let mut content = old.content.clone();
        content.push(bytes);
        self.place(bucket, name, content, meta, (crc32c, None))
    }

    /// Deletes an object. Returns whether it was there.
    pub fn delete(&mut self, bucket: &str, name: &str) -> bool {
        self.buckets.get_mut(bucket).is_some_and(|bucket| bucket.objects.remove(name).is_some())
    }

    /// The generation of an object, if it is there.
    pub fn generation(&self, bucket: &str, name: &str) -> Option<i64> {
        Some(self.buckets.get(bucket)?.objects.get(name)?.generation)
    }

    /// The bytes of an object as they are stored, if it is there. They are copied.
    pub fn bytes(&self, bucket: &str, name: &str) -> Option<Vec<u8>> {
        Some(self.buckets.get(bucket)?.objects.get(name)?.content.pieces.concat())
    }

    /// The names in a bucket, in order.
    pub fn names(&self, bucket: &str) -> Vec<String> {
        self.buckets.get(bucket).map(|bucket| bucket.objects.keys().cloned().collect()).unwrap_or_default()
    }

    fn place(
        &mut self,
        bucket: &str,
        name: &str,
        content: Content,
        meta: Meta,
        (crc32c, md5): (u32, Option<[u8; 16]>),
    ) -> i64 {
        let created = meta.at.unwrap_or_else(|| (self.clock)());
        // Those that are written in the past keep below those of now; two of one microsecond differ.
        let mut generation = created.0 / 1000;
        let bucket = self.buckets.entry(bucket.to_owned()).or_default();
        if meta.at.is_none() {
            generation = generation.max(self.last + 1);
            self.last = generation;
        }
        if let Some(old) = bucket.objects.get(name) {
            generation = generation.max(old.generation + 1);
        }
        let object = Object { content, meta, generation, created, crc32c, md5 };
        bucket.objects.insert(name.to_owned(), Arc::new(object));
        generation
    }

    pub(super) fn find(&self, bucket: &str) -> Option<&Bucket> {
        self.buckets.get(bucket)
    }

    /// Who brings this token.
    pub(super) fn caller(&self, token: Option<&str>) -> Caller {
        let Some(token) = token else { return Caller::Anonymous };
        match self.tokens.get(token) {
            Some(known) if !known.is_expired => Caller::Account(known.account.clone()),
            // Where nobody needs a token, none is looked at.
            None if self.tokens.is_empty() => Caller::Anonymous,
            _ => Caller::Unknown,
        }
    }

    /// Whether a caller without a token has to bring one.
    pub(super) fn wants_tokens(&self) -> bool {
        !self.tokens.is_empty()
    }

    pub(super) fn is_denied(&self, permission: Permission, bucket: &str, name: &str) -> bool {
        let meant = |(what, of, prefix): &(Permission, String, String)| {
            *what == permission && of == bucket && name.starts_with(prefix.as_str())
        };
        self.denied.iter().any(meant)
    }
}
