//! What a change says, in words.
//!
//! Owns the words and the template over fields. Must not know severities or times of records.

use super::diff::Changed;
use super::severity::salience;
use super::times;
use super::value::{self, Fields};
use super::wire::Value;
use super::wire::value::ValueType;

/// The most fields, and about the most bytes, of a message.
const MAX_PARTS: usize = 10;
const MAX_BYTES: usize = 400;

/// A message with fields in braces: `{state} of {worker}`. `{{` is a brace; `{change}` is what would be said without it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Template(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Field(String),
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// A brace is not closed, or a name is missing: a sentence.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            if let Some(after) = rest.strip_prefix("{{").or_else(|| rest.strip_prefix("}}")) {
                plain.push(c);
                rest = after;
            } else if let Some(after) = rest.strip_prefix('{') {
                let column = text.len() - rest.len() + 1;
                let Some(end) = after.find('}') else {
                    return Err(format!("message `{text}`: the brace at column {column} is not closed"));
                };
                let name = after[..end].trim();
                if name.is_empty() {
                    return Err(format!("message `{text}`: the braces at column {column} name no field"));
                }
                if !plain.is_empty() {
                    parts.push(Part::Text(std::mem::take(&mut plain)));
                }
                parts.push(Part::Field(name.to_owned()));
                rest = &after[end + 1..];
            } else {
                plain.push(c);
                rest = &rest[c.len_utf8()..];
            }
        }
        if !plain.is_empty() {
            parts.push(Part::Text(plain));
        }
        Ok(Self(parts))
    }

    /// The message of a document. What is not there leaves no trace.
    pub(super) fn fill(&self, fields: &Fields, change: &str) -> String {
        let mut out = String::new();
        for part in &self.0 {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Field(path) => match value::at(fields, path) {
                    Some(Value { value_type: Some(ValueType::StringValue(text)) }) => out.push_str(text),
                    Some(value) => out.push_str(&value::words(value)),
                    None if path == "change" => out.push_str(change),
                    None => {}
                },
            }
        }
        bounded(&out, 4 * MAX_BYTES)
    }
}

/// What a document is, by the fields that tell most: `state=started worker=ledger-worker-5d9c`.
pub(super) fn of_document(fields: &Fields) -> String {
    let mut told: Vec<_> = value::sorted(fields)
        .into_iter()
        .filter(|(name, value)| !is_nested(value) && !times::is_usual(name))
        .map(|(name, value)| {
            (salience(name, Some(value)), format!("{}={}", value::below("", name), value::words(value)))
        })
        .collect();
    if told.is_empty() {
        // Times and maps are better than nothing.
        told = value::sorted(fields).into_iter().map(|(name, v)| (0, format!("{name}={}", value::words(v)))).collect();
    }
    told.sort_by_key(|(salience, _)| *salience);
    join(told.into_iter().map(|(_, words)| words).collect(), " ")
}

/// What changed: `state running -> failed  code=DEADLINE_EXCEEDED`.
pub(super) fn of_changes(changes: &[Changed<'_>]) -> String {
    let is_news = |change: &&Changed<'_>| !times::is_usual(&change.path);
    let mut told: Vec<&Changed<'_>> = changes.iter().filter(is_news).collect();
    if told.is_empty() {
        told = changes.iter().collect();
    }
    if told.is_empty() {
        return "written again, nothing changed".to_owned();
    }
    told.sort_by_key(|change| (salience(&change.path, change.to), change.from.is_none()));
    join(told.into_iter().map(Changed::words).collect(), "  ")
}

fn is_nested(value: &Value) -> bool {
    matches!(value.value_type, Some(ValueType::MapValue(_) | ValueType::ArrayValue(_)))
}

/// As many as there is room for, with the number of the others.
fn join(parts: Vec<String>, between: &str) -> String {
    let all = parts.len();
    let mut out = String::new();
    for (at, part) in parts.into_iter().enumerate() {
        if at == MAX_PARTS || at > 0 && out.len() + part.len() > MAX_BYTES {
            out.push_str(between);
            out.push_str(&format!("+{} more", all - at));
            break;
        }
        if at > 0 {
            out.push_str(between);
        }
        out.push_str(&part);
    }
    bounded(&out, 2 * MAX_BYTES)
}

fn bounded(text: &str, limit: usize) -> String {
    if text.len() <= limit { text.to_owned() } else { format!("{}…", &text[..text.floor_char_boundary(limit)]) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::firestore::diff::diff;
    use crate::sources::firestore::tests::{doc, int, map, text, time};

    #[test]
    fn documents_in_words() {
        let check = |fields: &[(&str, Value)], expected: &str| {
            assert_eq!(of_document(&doc("a", fields).fields), expected);
        };
        check(
            &[("worker", text("ledger-worker-5d9c")), ("state", text("started")), ("ts", time("2026-11-21T03:11:20Z"))],
            "state=started worker=ledger-worker-5d9c",
        );
        check(&[("msg", text("ledger unavailable"))], r#"msg="ledger unavailable""#);
        check(&[("payload", map(&[("a", int(1))]))], "payload={1 field}");
        check(&[], "");
        let many: Vec<(String, Value)> = (0..30).map(|n| (format!("f{n:02}"), int(n))).collect();
        let many: Vec<(&str, Value)> = many.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
        check(&many, "f00=0 f01=1 f02=2 f03=3 f04=4 f05=5 f06=6 f07=7 f08=8 f09=9 +20 more");
    }

    #[test]
    fn changes_in_words() {
        let check = |before: &[(&str, Value)], after: &[(&str, Value)], expected: &str| {
            let (before, after) = (doc("a", before), doc("a", after));
            assert_eq!(of_changes(&diff(&before.fields, &after.fields)), expected);
        };
        let at = |text| ("updated_at", time(text));
        check(
            &[("state", text("running")), at("2026-11-21T03:13:14Z")],
            &[("state", text("failed")), ("code", text("DEADLINE_EXCEEDED")), at("2026-11-21T03:13:15Z")],
            "state running -> failed  code=DEADLINE_EXCEEDED",
        );
        check(
            &[("attempt", int(1))],
            &[("attempt", int(2)), ("reason", text("lock timeout"))],
            "attempt 1 -> 2  reason=\"lock timeout\"",
        );
        check(
            &[at("2026-11-21T03:13:14Z")],
            &[at("2026-11-21T03:13:15Z")],
            "updated_at 2026-11-21T03:13:14Z -> 2026-11-21T03:13:15Z",
        );
        check(&[("a", int(1))], &[("a", int(1))], "written again, nothing changed");
    }

    #[test]
    fn templates() {
        let document = doc("a", &[("state", text("failed")), ("by", map(&[("name", text("on call"))])), ("n", int(3))]);
        let check = |template: &str, expected: &str| {
            let got = Template::parse(template).map_or_else(|e| e, |t| t.fill(&document.fields, "n 2 -> 3"));
            assert_eq!(got, expected, "{template}");
        };
        check("{state} of {by.name} ({n})", "failed of on call (3)");
        check("{{x}} {none}{ change }", "{x} n 2 -> 3");
        check("plain", "plain");
        check("a {state", "message `a {state`: the brace at column 3 is not closed");
        check("a {}", "message `a {}`: the braces at column 3 name no field");
    }
}
