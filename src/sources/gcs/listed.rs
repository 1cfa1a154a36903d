//! What a listing says: objects, and the next page.
//!
//! Owns the meaning of the service's JSON. Must not ask anybody.

use crate::model::Timestamp;
use serde::Deserialize;

/// One object as it is listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Listed {
    /// Its whole name.
    pub(super) name: String,
    /// Which version of it.
    pub(super) generation: i64,
    /// Bytes, as they are stored.
    pub(super) size: u64,
    /// When it was written.
    pub(super) updated: Option<Timestamp>,
    /// The checksum of its bytes, as text.
    pub(super) crc32c: String,
    /// `text/csv`, say.
    pub(super) content_type: String,
}

/// A page of a listing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) objects: Vec<Listed>,
    /// What to ask for next.
    pub(super) next: Option<String>,
}

/// What is asked for of each object.
pub(super) const FIELDS: &str = "items(name,generation,size,updated,contentEncoding,contentType,storageClass,\
                                 metageneration,timeCreated,md5Hash,crc32c),nextPageToken";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawPage {
    #[serde(default)]
    items: Vec<RawObject>,
    next_page_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawObject {
    name: String,
    #[serde(default)]
    generation: Number,
    #[serde(default)]
    size: Number,
    #[serde(default)]
    updated: String,
    #[serde(default)]
    crc32c: String,
    #[serde(default)]
    content_type: Option<String>,
}

/// The service writes 64-bit numbers as text; others that speak its language do not always.
#[derive(Deserialize)]
#[serde(untagged)]
enum Number {
    Text(String),
    Plain(i64),
}

impl Default for Number {
    fn default() -> Self {
        Self::Plain(0)
    }
}

impl Number {
    fn value(&self) -> i64 {
        match self {
            Self::Text(text) => text.parse().unwrap_or(0),
            Self::Plain(value) => *value,
        }
    }
}

impl Page {
    /// A page of JSON.
    ///
    /// # Errors
    /// It is none: what is wrong, in the parser's words.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let raw: RawPage = serde_json::from_slice(bytes).map_err(|e| e.to_string())?;
        let objects = raw.items.into_iter().map(|item| Listed {
            generation: item.generation.value(),
            size: item.size.value().max(0) as u64,
            updated: time(&item.updated),
            crc32c: item.crc32c,
            content_type: item.content_type.unwrap_or_default(),
            name: item.name,
        });
        let next = raw.next_page_token.filter(|token| !token.is_empty());
        Ok(Self { objects: objects.collect(), next })
    }
}

/// A time as the service writes it, in UTC.
pub(super) fn time(text: &str) -> Option<Timestamp> {
    let at: jiff::Timestamp = text.parse().ok()?;
    Timestamp::from_jiff(at)
}
