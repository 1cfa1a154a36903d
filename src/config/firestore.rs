//! The settings of Firestore: `[firestore]`.
//!
//! Owns their rows in the table of settings. Must not know how documents are asked for, or what a filter means.

use super::google::word;
use super::keys::{ConfigKey, Raw, Table, array, quoted};
use super::types::{BadValue, words};
use std::{fmt, str::FromStr, time::Duration};

/// Which documents are read, what they say, and what that may cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Firestore {
    /// The latest so many are read at the start, and listened to.
    pub limit: u32,
    /// Reads of documents an hour, of each source.
    pub budget: u64,
    /// How changes come.
    pub changes: DocumentChanges,
    /// How often is asked where listening is not allowed.
    pub poll: Duration,
    /// The field with a document's time; found out when none is named.
    pub time_field: Option<String>,
    /// The field with its severity; found out when none is named.
    pub severity_field: Option<String>,
    /// What a document says, with fields in braces.
    pub message: Option<String>,
    /// Filters, all of which hold.
    pub filters: Vec<String>,
}

words! {
    /// How changes of documents come.
    DocumentChanges, "auto, listen or poll":
    /// The service tells them; where it may not, it is asked.
    #[default]
    Auto = "auto",
    /// The service tells them.
    Listen = "listen",
    /// It is asked.
    Poll = "poll",
}

impl Default for Firestore {
    fn default() -> Self {
        Self {
            limit: 1000,
            budget: 10_000,
            changes: DocumentChanges::Auto,
            poll: Duration::from_secs(30),
            time_field: None,
            severity_field: None,
            message: None,
            filters: Vec::new(),
        }
    }
}

const LIMIT: &str = "a number from 1 to 100000";
const BUDGET: &str = "a number from 1 to 1000000000";
const POLL: &str = "a number of seconds from 1 to 3600";
const FIELD: &str = "a field's name, dotted where it is nested, such as meta.created";
const MESSAGE: &str = "a text with fields in braces, such as \"{state} of {worker}\"";
const FILTERS: &str = "a list of filters, such as [\"state == 'failed'\", \"attempt > 3\"]";

/// The rows of the section.
pub(super) const ROWS: [ConfigKey; 8] = {
    let row = ConfigKey {
        name: "firestore.limit",
        table: Table::No,
        doc: "How many documents are read at the start and listened to, the latest ones, 1 to 100000. Reads cost money.",
        expected: LIMIT,
        default: "1000",
        example: "50",
        environment: "",
        flag: Some("tail --limit"),
        set: |config, raw| {
            config.firestore.limit = raw.number(1, 100_000, LIMIT)? as u32;
            Ok(())
        },
        show: |config| config.firestore.limit.to_string(),
    };
    let text = ConfigKey { default: "", flag: None, ..row };
    [
        row,
        ConfigKey {
            name: "firestore.budget",
            doc: "How many documents a source may read in an hour; then it waits, and says so.",
            expected: BUDGET,
            default: "10000",
            example: "100000",
            flag: None,
            set: |config, raw| {
                config.firestore.budget = raw.number(1, 1_000_000_000, BUDGET)?;
                Ok(())
            },
            show: |config| config.firestore.budget.to_string(),
            ..row
        },
        ConfigKey {
            name: "firestore.changes",
            doc: "How changes come: listen (Firestore tells them as they happen), poll (it is asked every now and then), or \
                  auto, which polls where listening is not allowed.",
            expected: DocumentChanges::EXPECTED,
            default: "\"auto\"",
            example: "\"poll\"",
            flag: None,
            set: |config, raw| {
                config.firestore.changes = raw.text(DocumentChanges::EXPECTED)?;
                Ok(())
            },
            show: |config| quoted(config.firestore.changes),
            ..row
        },
        ConfigKey {
            name: "firestore.poll",
            doc: "Seconds after which is asked again where Firestore does not tell changes, 1 to 3600.",
            expected: POLL,
            default: "30",
            example: "300",
            flag: Some("tail --poll"),
            set: |config, raw| {
                config.firestore.poll = Duration::from_secs(raw.number(1, 3600, POLL)?);
                Ok(())
            },
            show: |config| config.firestore.poll.as_secs().to_string(),
            ..row
        },
        ConfigKey {
            name: "firestore.time_field",
            doc: "The field with a document's time, by which the latest are found. Without this, it is found out; without \
                  such a field, the time of the last update counts.",
            expected: FIELD,
            example: "\"meta.created\"",
            flag: Some("tail --time-field"),
            set: |config, raw| {
                config.firestore.time_field = Some(word(raw, is_text, FIELD)?);
                Ok(())
            },
            show: |config| config.firestore.time_field.as_ref().map(quoted).unwrap_or_default(),
            ..text
        },
        ConfigKey {
            name: "firestore.severity_field",
            doc: "The field with a document's severity. Without this, it is found out.",
            expected: FIELD,
            example: "\"level\"",
            set: |config, raw| {
                config.firestore.severity_field = Some(word(raw, is_text, FIELD)?);
                Ok(())
            },
            show: |config| config.firestore.severity_field.as_ref().map(quoted).unwrap_or_default(),
            ..text
        },
        ConfigKey {
            name: "firestore.message",
            doc: "What a document says, with its fields in braces. Without this, its own message or what changed.",
            expected: MESSAGE,
            example: "\"{state} of {worker}\"",
            set: |config, raw| {
                config.firestore.message = Some(word(raw, is_text, MESSAGE)?);
                Ok(())
            },
            show: |config| config.firestore.message.as_ref().map(quoted).unwrap_or_default(),
            ..text
        },
        ConfigKey {
            name: "firestore.where",
            doc: "Only documents that match all of these: a field, one of == != < <= > >= in not-in array-contains \
                  array-contains-any, and a value. Firestore itself filters, so what does not match costs nothing.",
            expected: FILTERS,
            default: "[]",
            example: "[\"state == 'failed'\", \"attempt > 3\"]",
            environment: "filters with semicolons between them",
            flag: Some("tail --query"),
            set: |config, raw| {
                config.firestore.filters = filters(raw)?;
                Ok(())
            },
            show: |config| array(config.firestore.filters.iter().cloned()),
            ..row
        },
    ]
};

fn is_text(text: &str) -> bool {
    !text.is_empty()
}

/// A list; values of filters may have commas, so the environment's has semicolons.
fn filters(raw: &Raw) -> Result<Vec<String>, BadValue> {
    match raw {
        Raw::Word(word) => {
            let parts = word.split(';').map(|part| part.trim().to_owned());
            Ok(parts.filter(|part| !part.is_empty()).collect())
        }
        _ => raw.list(FILTERS),
    }
}
