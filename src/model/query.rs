//! What to show: severity, time, text, fields, origin. A value; `analysis::matcher` evaluates it.
//!
//! Owns the filter's parts and the spelling of a filter in words. Must not know how records are stored.

use super::{OriginId, Severity, Timestamp};

/// A filter over records. The default lets everything through; all parts have to agree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// The lowest severity to show; `Unknown` shows everything.
    pub min_severity: Severity,
    /// Not before this moment.
    pub since: Option<Timestamp>,
    /// Not after this moment.
    pub until: Option<Timestamp>,
    /// Each has to be found.
    pub grep: Vec<Pattern>,
    /// None may be found ("hidden text").
    pub not: Vec<Pattern>,
    /// Each field has to have this value.
    pub fields: Vec<FieldTest>,
    /// Only these origins, if any are named.
    pub origins: Vec<OriginId>,
}

/// A text or a regular expression to look for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pattern {
    /// As the user wrote it.
    pub source: String,
    /// How it is read.
    pub kind: PatternKind,
}

/// How a pattern is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PatternKind {
    /// The exact bytes.
    Literal,
    /// A regular expression in the syntax of the `regex` crate, case as written.
    Regex,
    /// A regular expression; case matters only if the pattern has a capital letter.
    SmartRegex,
}

/// `field = value`: a field of the record (a dotted path for nested ones), or one of the columns `severity`,
/// `origin`, `format` and `parse` (`ok` or `failed`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FieldTest {
    /// The field's name.
    pub field: String,
    /// The value, compared as text.
    pub value: String,
}

/// Why a `field=value` was not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not FIELD=VALUE: write for example --where status=500 or --where parse=failed")]
pub struct BadFieldTest(pub String);

impl std::str::FromStr for FieldTest {
    type Err = BadFieldTest;

    fn from_str(text: &str) -> Result<Self, BadFieldTest> {
        match text.split_once('=') {
            Some((field, value)) if !field.trim().is_empty() => {
                Ok(Self { field: field.trim().to_owned(), value: value.to_owned() })
            }
            _ => Err(BadFieldTest(text.to_owned())),
        }
    }
}

impl Query {
    /// Whether everything passes.
    pub fn is_all(&self) -> bool {
        *self == Self::default()
    }
}
