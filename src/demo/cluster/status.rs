//! The Status bodies of an API server: what is sent when a request is not answered with what it asks for.
//!
//! Owns codes, reasons and the words of messages. Must not know the state.

use super::kind::Kind;
use serde_json::{Map, Value, json};

/// A refusal.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Status {
    pub(super) code: u16,
    pub(super) reason: &'static str,
    pub(super) message: String,
    pub(super) details: Option<Value>,
    /// The `Retry-After`, in seconds.
    pub(super) retry_after: Option<u64>,
}

impl Status {
    pub(super) fn new(code: u16, reason: &'static str, message: impl Into<String>) -> Self {
        Self { code, reason, message: message.into(), details: None, retry_after: None }
    }

    pub(super) fn bad(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message)
    }

    pub(super) fn unauthorized() -> Self {
        Self::new(401, "Unauthorized", "Unauthorized")
    }

    /// A path that leads nowhere.
    pub(super) fn no_path() -> Self {
        Self {
            details: Some(json!({})),
            ..Self::new(404, "NotFound", "the server could not find the requested resource")
        }
    }

    pub(super) fn not_found(kind: Kind, name: &str) -> Self {
        let resource = kind.resource();
        Self {
            details: Some(details(kind, name)),
            ..Self::new(404, "NotFound", format!("{resource} \"{name}\" not found"))
        }
    }

    /// Too old a version. A watch has it as an event.
    pub(super) fn expired(message: impl Into<String>) -> Self {
        Self::new(410, "Expired", message)
    }

    /// `what` is `KIND "NAME"`; `field` and `problem` say what is wrong.
    pub(super) fn invalid(kind: &str, name: &str, field: &str, reason: &str, problem: &str) -> Self {
        let cause = json!({ "reason": reason, "message": problem, "field": field });
        Self {
            details: Some(json!({ "name": name, "kind": kind, "causes": [cause] })),
            ..Self::new(422, "Invalid", format!("{kind} \"{name}\" is invalid: {field}: {problem}"))
        }
    }

    pub(super) fn method_not_allowed() -> Self {
        let message = "the server does not allow this method on the requested resource";
        Self { details: Some(json!({})), ..Self::new(405, "MethodNotAllowed", message) }
    }

    /// A user may not do that. `resource` has its subresource, such as `pods/log`.
    pub(super) fn forbidden(user: &str, verb: &str, kind: Kind, resource: &str, at: (Option<&str>, &str)) -> Self {
        let (namespace, name) = at;
        let group = kind.names().group;
        let scope =
            namespace.map_or_else(|| "at the cluster scope".to_owned(), |ns| format!("in the namespace \"{ns}\""));
        let named = if name.is_empty() { String::new() } else { format!(" \"{name}\"") };
        let what = kind.resource();
        let message = format!(
            "{what}{named} is forbidden: User \"{user}\" cannot {verb} resource \"{resource}\" in API group \"{group}\" {scope}"
        );
        Self { details: Some(details(kind, name)), ..Self::new(403, "Forbidden", message) }
    }

    /// A user may not read that path.
    pub(super) fn forbidden_path(user: &str, path: &str) -> Self {
        let message = format!("forbidden: User \"{user}\" cannot get path \"{path}\"");
        Self { details: Some(json!({})), ..Self::new(403, "Forbidden", message) }
    }

    pub(super) fn json(&self) -> Value {
        let mut body = Map::new();
        body.insert("kind".to_owned(), json!("Status"));
        body.insert("apiVersion".to_owned(), json!("v1"));
        body.insert("metadata".to_owned(), json!({}));
        body.insert("status".to_owned(), json!("Failure"));
        body.insert("message".to_owned(), json!(self.message));
        if !self.reason.is_empty() {
            body.insert("reason".to_owned(), json!(self.reason));
        }
        let mut details = self.details.clone();
        if let Some(seconds) = self.retry_after
            && let Value::Object(details) = details.get_or_insert_with(|| json!({}))
        {
            details.insert("retryAfterSeconds".to_owned(), json!(seconds));
        }
        if let Some(details) = details {
            body.insert("details".to_owned(), details);
        }
        body.insert("code".to_owned(), json!(self.code));
        Value::Object(body)
    }
}

fn details(kind: Kind, name: &str) -> Value {
    let mut details = Map::new();
    if !name.is_empty() {
        details.insert("name".to_owned(), json!(name));
    }
    if !kind.names().group.is_empty() {
        details.insert("group".to_owned(), json!(kind.names().group));
    }
    details.insert("kind".to_owned(), json!(kind.plural()));
    Value::Object(details)
}
