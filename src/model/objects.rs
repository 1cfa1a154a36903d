//! What object storage tells about the objects under a prefix, and what a person wants of them.
//!
//! Owns these values. Must not know how a bucket is asked. Texts are as the service gave them, not safe for a terminal.

use super::{OriginId, Timestamp};

/// An object, whatever its generation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectName {
    /// The bucket.
    pub bucket: String,
    /// The object's whole name.
    pub name: String,
}

/// One version of an object: a new one of the same name has another generation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectKey {
    /// The bucket.
    pub bucket: String,
    /// The object's whole name.
    pub name: String,
    /// The generation: microseconds since 1970, given by the service.
    pub generation: i64,
}

impl ObjectKey {
    /// The object that this is a version of.
    pub fn object(&self) -> ObjectName {
        ObjectName { bucket: self.bucket.clone(), name: self.name.clone() }
    }
}

/// How far an object was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ObjectState {
    /// It is not yet.
    #[default]
    Listed,
    /// It is not, for this reason: `older than 1 h`, `over 256 MiB at the start`. It can be asked for.
    Left(String),
    /// It waits for its turn.
    Queued,
    /// Its bytes come.
    Reading {
        /// Bytes of it that came, as it is stored.
        done: u64,
        /// Bytes a second, smoothed.
        rate: u64,
    },
    /// All of it was read.
    Read,
    /// A part was read, and this is why not all: `64 MiB limit`, `the gzip data ends in the middle`, `stopped`.
    Partial {
        /// Bytes of it that were read, as it is stored.
        done: u64,
        /// A few words.
        why: String,
        /// Whether the rest can be asked for.
        has_more: bool,
    },
    /// It could not be read.
    Failed {
        /// What failed, who said so, and what to do.
        why: String,
        /// When it is tried again; nothing when it is not.
        next: Option<Timestamp>,
    },
    /// It was deleted, or a newer generation took its place; what was read stays.
    Gone,
}

/// One object as a row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Object {
    /// Which.
    pub key: ObjectKey,
    /// Bytes, as it is stored.
    pub size: u64,
    /// When it was written last.
    pub updated: Option<Timestamp>,
    /// The origin of its records, once there is one. All generations of a name share it.
    pub origin: Option<OriginId>,
    /// Records that it gave.
    pub records: u64,
    /// How far it was read.
    pub state: ObjectState,
}

/// Where the objects are, and how asking goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// The address: `gs://bucket/prefix`.
    pub address: String,
    /// Who asks: an account's name, `anonymous`, or empty while that is not known.
    pub account: String,
    /// Objects under it that are known.
    pub objects: u64,
    /// Of these, those that came since the start.
    pub new: u64,
    /// Whether the first listing still goes on.
    pub is_listing: bool,
    /// Of what is read now: bytes that came, and bytes in all, as they are stored.
    pub progress: Option<(u64, u64)>,
    /// Whether there are objects that were left out, older ones, which [`Want::Older`] reads.
    pub has_older: bool,
    /// When the last good answer came.
    pub last: Option<Timestamp>,
    /// What is wrong, in sentences: what failed, who said so, what to do.
    pub problems: Vec<String>,
    /// When the service is asked again, after a failure.
    pub next: Option<Timestamp>,
}

/// What a source of objects tells.
#[derive(Clone, Debug)]
pub enum News {
    /// These objects are there, or are now like this. Others stay as they were told. A newer generation of a name takes the
    /// place of the one before.
    Objects(Vec<Object>),
    /// These are not told of any more: too many are known, or they are gone and gave no records.
    Forgotten(Vec<ObjectKey>),
    /// Where they are and how asking goes.
    Scope(Box<Scope>),
    /// What was asked about an object: all its metadata, line by line.
    Described {
        /// Which.
        object: ObjectKey,
        /// The text.
        text: String,
    },
    /// What was wanted cannot be had: a sentence.
    Cannot(String),
}

/// What a person wants of a source of objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Want {
    /// List now, and try again now what failed.
    Refresh,
    /// The next older objects.
    Older,
    /// This object, or more of it beyond the limit.
    Read(ObjectKey),
    /// No more of this object.
    Stop(ObjectKey),
    /// No more of any.
    StopAll,
    /// Everything the service knows about it.
    Describe(ObjectKey),
}
