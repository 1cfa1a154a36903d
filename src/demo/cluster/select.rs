//! Label and field selectors.
//!
//! Owns their grammar and what they match. Must not know where objects are kept.

use super::kind::Kind;
use super::status::Status;
use serde_json::Value;

/// What objects have to be like.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Selector {
    labels: Vec<Need>,
    fields: Vec<Need>,
}

/// What one label or field has to be like.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Need {
    key: String,
    test: Test,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Test {
    In(Vec<String>),
    /// Also holds where there is no such label.
    NotIn(Vec<String>),
    Exists,
    Absent,
}

impl Selector {
    /// Reads both. Empty ones match all.
    ///
    /// # Errors
    /// The answer of a real server to what it does not understand.
    pub(super) fn parse(kind: Kind, labels: &str, fields: &str) -> Result<Self, Status> {
        let labels =
            parse_labels(labels).map_err(|problem| Status::bad(format!("unable to parse requirement: {problem}")))?;
        let fields = parse_fields(kind, fields)?;
        Ok(Self { labels, fields })
    }

    pub(super) fn matches(&self, object: &Value) -> bool {
        let label = |key: &str| object["metadata"]["labels"][key].as_str().map(str::to_owned);
        let field = |key: &str| Some(field(object, key));
        self.labels.iter().all(|need| need.holds(label(&need.key).as_deref()))
            && self.fields.iter().all(|need| need.holds(field(&need.key).as_deref()))
    }
}

impl Need {
    fn holds(&self, value: Option<&str>) -> bool {
        let is_in = |list: &[String]| value.is_some_and(|value| list.iter().any(|other| other == value));
        match &self.test {
            Test::In(list) => is_in(list),
            Test::NotIn(list) => !is_in(list),
            Test::Exists => value.is_some(),
            Test::Absent => value.is_none(),
        }
    }
}

fn parse_labels(text: &str) -> Result<Vec<Need>, String> {
    let mut needs = Vec::new();
    for part in split(text) {
        let part = part.trim();
        if part.is_empty() {
            continue;
        }
        needs.push(parse_label(part)?);
    }
    Ok(needs)
}

fn parse_label(part: &str) -> Result<Need, String> {
    let need = |key: &str, test| {
        check_key(key.trim())?;
        Ok(Need { key: key.trim().to_owned(), test })
    };
    let one = |value: &str| {
        let value = value.trim();
        let is_fine = value.len() <= 63 && value.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
        if is_fine { Ok(vec![value.to_owned()]) } else { Err(format!("invalid label value: \"{value}\"")) }
    };
    if let Some(key) = part.strip_prefix('!') {
        return need(key, Test::Absent);
    }
    if let Some(open) = part.find('(') {
        let list = part[open + 1..].strip_suffix(')').ok_or_else(|| format!("found '{part}', expected: ')'"))?;
        let values: Vec<String> = list.split(',').map(|value| value.trim().to_owned()).collect();
        let head = part[..open].trim_end();
        let (key, word) = head.rsplit_once(char::is_whitespace).ok_or_else(|| format!("found '{head}'"))?;
        return match word {
            "in" => need(key, Test::In(values)),
            "notin" => need(key, Test::NotIn(values)),
            _ => Err(format!("found '{word}', expected: in, notin")),
        };
    }
    if let Some((key, value)) = part.split_once("!=") {
        return need(key, Test::NotIn(one(value)?));
    }
    if let Some((key, value)) = part.split_once("==").or_else(|| part.split_once('=')) {
        return need(key, Test::In(one(value)?));
    }
    need(part, Test::Exists)
}

fn check_key(key: &str) -> Result<(), String> {
    let name = key.rsplit('/').next().unwrap_or_default();
    let is_fine = |b: u8| b.is_ascii_alphanumeric() || b"-_./".contains(&b);
    let ends = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = name.as_bytes();
    if key.bytes().all(is_fine) && name.len() <= 63 && ends(bytes.first()) && ends(bytes.last()) {
        return Ok(());
    }
    Err(format!("found '{key}', expected: !, identifier, or 'end of string'"))
}

/// The parts between commas that are in no brackets.
fn split(text: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0_u32, 0);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

fn parse_fields(kind: Kind, text: &str) -> Result<Vec<Need>, Status> {
    let mut needs = Vec::new();
    for part in text.split(',').filter(|part| !part.is_empty()) {
        let (key, test) = if let Some((key, value)) = part.split_once("!=") {
            (key, Test::NotIn(vec![value.to_owned()]))
        } else if let Some((key, value)) = part.split_once("==").or_else(|| part.split_once('=')) {
            (key, Test::In(vec![value.to_owned()]))
        } else {
            return Err(Status::bad(format!("invalid selector: '{text}'; can't understand '{part}'")));
        };
        if !known_fields(kind).contains(&key) && !["metadata.name", "metadata.namespace"].contains(&key) {
            return Err(Status::bad(format!("field label not supported: {key}")));
        }
        needs.push(Need { key: key.to_owned(), test });
    }
    Ok(needs)
}

/// The fields besides name and namespace.
const fn known_fields(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Pod => &[
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.phase",
            "status.podIP",
            "status.nominatedNodeName",
        ],
        Kind::Event => &[
            "involvedObject.kind",
            "involvedObject.namespace",
            "involvedObject.name",
            "involvedObject.uid",
            "involvedObject.apiVersion",
            "involvedObject.resourceVersion",
            "involvedObject.fieldPath",
            "reason",
            "reportingComponent",
            "source",
            "type",
        ],
        Kind::Namespace => &["status.phase"],
        Kind::Node => &["spec.unschedulable"],
        Kind::ReplicaSet => &["status.replicas"],
        Kind::Job => &["status.successful"],
        _ => &[],
    }
}

/// The text of a field; empty where there is none.
fn field(object: &Value, key: &str) -> String {
    let path = match key {
        "source" => "source.component",
        "status.successful" => "status.succeeded",
        _ => key,
    };
    match path.split('.').fold(object, |value, part| &value[part]) {
        Value::String(text) => text.clone(),
        Value::Null if matches!(key, "spec.unschedulable" | "spec.hostNetwork") => "false".to_owned(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pod() -> Value {
        json!({
            "metadata": { "name": "api-1", "namespace": "payments", "labels": { "app": "api", "tier": "web" } },
            "spec": { "nodeName": "node-1" }, "status": { "phase": "Running" },
        })
    }

    #[test]
    fn labels_match_as_the_grammar_says() {
        let check = |text: &str, expected: bool| {
            let selector = Selector::parse(Kind::Pod, text, "").unwrap();
            assert_eq!(selector.matches(&pod()), expected, "{text}");
        };
        check("", true);
        check("app=api", true);
        check("app==api,tier=web", true);
        check("app=api,tier=db", false);
        check("app!=api", false);
        check("zone!=a", true);
        check("app in (api, web)", true);
        check("app in (web),tier", false);
        check("tier notin (db,cache),app", true);
        check("zone notin (a)", true);
        check("tier", true);
        check("!tier", false);
        check("!zone", true);
        check("app.kubernetes.io/name", false);
    }

    #[test]
    fn fields_match_and_unknown_ones_are_refused() {
        let check = |text: &str, expected: bool| {
            let selector = Selector::parse(Kind::Pod, "", text).unwrap();
            assert_eq!(selector.matches(&pod()), expected, "{text}");
        };
        check("metadata.name=api-1", true);
        check("metadata.namespace==shop", false);
        check("spec.nodeName=node-1,status.phase!=Pending", true);
        check("status.phase=Failed", false);
        check("status.podIP=", true);
        let refused = |labels: &str, fields: &str, problem: &str| {
            let status = Selector::parse(Kind::Pod, labels, fields).unwrap_err();
            assert!(status.code == 400 && status.message.contains(problem), "{status:?}");
        };
        refused("", "spec.colour=red", "field label not supported: spec.colour");
        refused("", "metadata.name", "can't understand 'metadata.name'");
        refused("a b", "", "found 'a b'");
        refused("app in (x", "", "expected: ')'");
        refused("app near (x)", "", "expected: in, notin");
        refused("=x", "", "unable to parse requirement");
        refused("a=b c", "", "invalid label value");
    }
}
