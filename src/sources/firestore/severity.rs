//! How bad a change is: by a field that says it, else by what its fields hold.
//!
//! Owns the rules. Must not know how a change is told.

use super::diff::Changed;
use super::value::{self, Fields, as_text};
use super::wire::Value;
use super::wire::value::ValueType;
use crate::model::Severity;
use crate::model::documents::Op;

/// Names of fields that say the severity in a word, as [`plain`] gives them.
const FIELDS: &[&str] = &["severity", "level", "loglevel", "lvl", "severitytext", "logseverity"];

/// Names of fields that hold a state.
const STATES: &[&str] =
    &["state", "status", "phase", "result", "outcome", "conclusion", "health", "stage", "condition", "verdict"];

/// Names of fields that are there when something went wrong.
const ERRORS: &[&str] =
    &["error", "err", "exception", "errormessage", "lasterror", "failure", "failurereason", "errors"];

/// Names of fields with text for people.
const TEXTS: &[&str] =
    &["message", "msg", "reason", "detail", "details", "text", "description", "summary", "cause", "statusmessage"];

/// Names of numbers that grow when something is tried again.
const TRIES: &[&str] = &["attempt", "attempts", "retry", "retries", "retrycount", "tries", "failures", "failurecount"];

const BAD: &[&str] = &[
    "fail",
    "error",
    "fatal",
    "crash",
    "panic",
    "abort",
    "cancelled",
    "canceled",
    "rejected",
    "denied",
    "refused",
    "unavailable",
    "deadlineexceeded",
    "deadletter",
    "exception",
    "killed",
    "corrupt",
    "unhealthy",
    "expired",
];

const ODD: &[&str] = &[
    "warn",
    "retry",
    "timeout",
    "timedout",
    "degraded",
    "blocked",
    "throttled",
    "stalled",
    "stale",
    "paused",
    "suspended",
    "late",
    "delayed",
    "slow",
    "skipped",
    "partial",
    "unknown",
    "backoff",
    "overdue",
    "conflict",
];

/// How bad a document's change is. Of a modification only what changed counts, but for a field that says the severity.
pub(super) fn of(op: Op, fields: &Fields, changes: &[Changed<'_>], configured: Option<&str>) -> Severity {
    if let Some(said) = said(fields, configured) {
        return if op == Op::Delete { said.max(Severity::Warn) } else { said };
    }
    let found = match op {
        Op::Add => fields.iter().map(|(name, value)| of_field(name, value)).max(),
        Op::Modify => changes.iter().map(of_change).max(),
        // Something is gone, which is worth a look, whatever it said while it was there.
        Op::Delete => Some(Severity::Warn),
    };
    found.unwrap_or(Severity::Info).max(Severity::Info)
}

/// What a field says in so many words.
fn said(fields: &Fields, configured: Option<&str>) -> Option<Severity> {
    let word = |value: &Value| match &value.value_type {
        Some(ValueType::StringValue(text)) => Severity::from_word(text.trim().as_bytes()),
        _ => None,
    };
    if let Some(path) = configured {
        return word(value::at(fields, path)?);
    }
    FIELDS.iter().find_map(|known| {
        let mut named: Vec<_> = fields.iter().filter(|(name, _)| plain(name) == *known).collect();
        named.sort_unstable_by_key(|(name, _)| *name);
        named.into_iter().find_map(|(_, value)| word(value))
    })
}

fn of_change(change: &Changed<'_>) -> Severity {
    let Some(to) = change.to else { return Severity::Info };
    let name = change.path.rsplit('.').next().unwrap_or(&change.path);
    if TRIES.contains(&plain(name).as_str())
        && let (Some(from), Some(to)) = (change.from.and_then(number), number(to))
        && to > from
    {
        return Severity::Warn;
    }
    of_field(name, to)
}

fn of_field(name: &str, value: &Value) -> Severity {
    let name = plain(name);
    let is = |names: &[&str]| names.contains(&name.as_str());
    match &value.value_type {
        Some(ValueType::BooleanValue(yes)) => {
            let is_bad = is(&["failed", "error", "errored", "crashed", "iserror", "hasfailed"]) && *yes
                || is(&["ok", "success", "succeeded", "healthy"]) && !*yes;
            if is_bad { Severity::Error } else { Severity::Info }
        }
        Some(ValueType::StringValue(text)) if is(ERRORS) => {
            if text.trim().is_empty() {
                Severity::Info
            } else {
                Severity::Error
            }
        }
        Some(ValueType::MapValue(map)) if is(ERRORS) => {
            if map.fields.is_empty() {
                Severity::Info
            } else {
                Severity::Error
            }
        }
        Some(ValueType::ArrayValue(array)) if is(ERRORS) => {
            if array.values.is_empty() {
                Severity::Info
            } else {
                Severity::Error
            }
        }
        Some(ValueType::StringValue(text)) if is(STATES) || is(TEXTS) => of_words(text),
        _ => Severity::Info,
    }
}

/// What words say; only the beginning of a long text is looked at.
fn of_words(text: &str) -> Severity {
    let head: String = text.chars().take(200).collect();
    let lower = head.to_ascii_lowercase();
    let joined = plain(&lower);
    let has = |words: &[&str]| {
        words.iter().any(|word| {
            let whole = lower.split(|c: char| !c.is_alphanumeric());
            // Short words are looked for as whole ones: `late` is no part of `template`.
            if word.len() < 6 { whole.into_iter().any(|own| own.starts_with(word)) } else { joined.contains(word) }
        })
    };
    let is_denied =
        ["no error", "0 error", "0 failed", "without error", "not failed"].iter().any(|no| lower.contains(no));
    if !is_denied && has(BAD) {
        Severity::Error
    } else if has(ODD) {
        Severity::Warn
    } else {
        Severity::Info
    }
}

fn number(value: &Value) -> Option<f64> {
    match value.value_type {
        Some(ValueType::IntegerValue(number)) => Some(number as f64),
        Some(ValueType::DoubleValue(number)) => Some(number),
        _ => None,
    }
}

/// A name in small letters and digits: `lastError` and `last_error` are one.
fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// How much a field tells people; the smaller, the more.
pub(super) fn salience(path: &str, value: Option<&Value>) -> usize {
    let name = plain(path.rsplit('.').next().unwrap_or(path));
    let is = |names: &[&str]| names.contains(&name.as_str());
    let by_name = if is(&["state", "status", "phase", "stage"]) {
        0
    } else if is(FIELDS) {
        1
    } else if is(STATES) {
        2
    } else if is(TRIES) {
        3
    } else if is(ERRORS) || is(TEXTS) || is(&["code", "errorcode", "exitcode"]) {
        4
    } else {
        6
    };
    let is_long = value.and_then(as_text).is_some_and(|text| text.len() > 200);
    by_name + usize::from(is_long)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::firestore::diff::diff;
    use crate::sources::firestore::tests::{boolean, doc, int, map, text};

    #[test]
    fn what_is_there_tells() {
        let check = |fields: &[(&str, Value)], configured: Option<&str>, expected: Severity| {
            let document = doc("a", fields);
            assert_eq!(of(Op::Add, &document.fields, &[], configured), expected, "{fields:?}");
        };
        check(&[("n", int(1))], None, Severity::Info);
        check(&[("severity", text("ERROR"))], None, Severity::Error);
        check(&[("Level", text("debug"))], None, Severity::Debug);
        check(&[("severity", int(2)), ("opened_by", text("auto"))], None, Severity::Info);
        check(&[("state", text("FAILED"))], None, Severity::Error);
        check(&[("status", text("cancelled"))], None, Severity::Error);
        check(&[("status", text("acknowledged"))], None, Severity::Info);
        check(&[("reason", text("lock timeout"))], None, Severity::Warn);
        check(&[("msg", text("ledger unavailable"))], None, Severity::Error);
        check(&[("msg", text("0 errors in the template"))], None, Severity::Info);
        check(&[("lastError", text(""))], None, Severity::Info);
        check(&[("lastError", text("x"))], None, Severity::Error);
        check(&[("error", map(&[("code", int(1))]))], None, Severity::Error);
        check(&[("ok", boolean(false))], None, Severity::Error);
        check(&[("meta", map(&[("how", text("warning"))]))], Some("meta.how"), Severity::Warn);
        check(&[("severity", text("error"))], Some("how"), Severity::Info);
    }

    #[test]
    fn what_changed_tells() {
        let check = |before: &[(&str, Value)], after: &[(&str, Value)], expected: Severity| {
            let (before, after) = (doc("a", before), doc("a", after));
            let changes = diff(&before.fields, &after.fields);
            assert_eq!(of(Op::Modify, &after.fields, &changes, None), expected, "{changes:?}");
        };
        check(&[("progress", int(1))], &[("progress", int(2))], Severity::Info);
        check(&[("attempt", int(1))], &[("attempt", int(2))], Severity::Warn);
        check(&[("attempt", int(2))], &[("attempt", int(0))], Severity::Info);
        check(&[("state", text("running"))], &[("state", text("failed"))], Severity::Error);
        let failed = ("state", text("failed"));
        check(&[failed.clone(), ("n", int(1))], &[failed, ("n", int(2))], Severity::Info);
        assert_eq!(of(Op::Delete, &Fields::new(), &[], None), Severity::Warn);
    }
}
