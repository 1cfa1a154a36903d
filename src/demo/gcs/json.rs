//! Objects and errors as the service writes them, and what `fields` leaves of them.
//!
//! Owns the forms. Must not know requests.

use super::state::Object;
use crate::demo::web::{base64, encode, format};
use crate::model::Timestamp;
use serde_json::{Map, Value, json};
use std::net::SocketAddr;

/// An object as a resource. `address` is where the service is.
pub(super) fn object(bucket: &str, name: &str, object: &Object, address: SocketAddr) -> Value {
    let generation = object.generation.to_string();
    let path = format!("b/{bucket}/o/{}", encode(name));
    let at = millis(object.created);
    let mut value = json!({
        "kind": "storage#object",
        "id": format!("{bucket}/{name}/{generation}"),
        "selfLink": format!("http://{address}/storage/v1/{path}"),
        "mediaLink": format!("http://{address}/download/storage/v1/{path}?generation={generation}&alt=media"),
        "name": name,
        "bucket": bucket,
        "generation": generation,
        "metageneration": "1",
        "contentType": object.meta.content_type,
        "storageClass": "STANDARD",
        "size": object.content.length.to_string(),
        "crc32c": crc32c(object.crc32c),
        "etag": etag(object),
        "timeCreated": at,
        "updated": at,
        "timeStorageClassUpdated": at,
        "timeFinalized": at,
    });
    if let Some(md5) = object.md5 {
        value["md5Hash"] = base64(&md5).into();
    }
    if let Some(count) = object.meta.components {
        value["componentCount"] = count.into();
    }
    if !object.meta.content_encoding.is_empty() {
        value["contentEncoding"] = object.meta.content_encoding.clone().into();
    }
    if !object.meta.notes.is_empty() {
        value["metadata"] = json!(object.meta.notes);
    }
    value
}

/// The checksum as the service writes it: big-endian, in base64.
pub(super) fn crc32c(checksum: u32) -> String {
    base64(&checksum.to_be_bytes())
}

/// The `ETag`: the generation and the metageneration as a message of protobuf, in base64.
pub(super) fn etag(object: &Object) -> String {
    let mut message = vec![8];
    let mut rest = object.generation as u64;
    while rest >= 0x80 {
        message.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    message.extend([rest as u8, 16, 1]);
    base64(&message)
}

/// `2026-11-21T03:14:00.000Z`
pub(super) fn millis(at: Timestamp) -> String {
    format("%Y-%m-%dT%H:%M:%S.%3fZ", at)
}

/// An error of the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) status: u16,
    pub(super) message: String,
    pub(super) reason: &'static str,
    /// What in the request is wrong: the kind of place, and its name.
    pub(super) place: Option<(&'static str, &'static str)>,
}

impl Problem {
    pub(super) fn new(status: u16, reason: &'static str, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), reason, place: None }
    }

    pub(super) fn at(mut self, kind: &'static str, name: &'static str) -> Self {
        self.place = Some((kind, name));
        self
    }

    /// The service's words for a status that has no better reason.
    pub(super) fn of_status(status: u16) -> Self {
        let (reason, message) = match status {
            400 => ("invalid", "Invalid argument."),
            401 => ("authError", "Invalid Credentials"),
            403 => ("forbidden", "Forbidden"),
            404 => ("notFound", "Not Found"),
            405 => ("methodNotAllowed", "Method Not Allowed"),
            408 => ("requestTimeout", "Request Timeout"),
            412 => ("conditionNotMet", "At least one of the pre-conditions you specified did not hold."),
            429 => (
                "rateLimitExceeded",
                "The project exceeded the rate limit for reading objects. Please reduce your request rate.",
            ),
            502 => ("backendError", "Bad Gateway"),
            503 => ("backendError", "We encountered an internal error. Please try again."),
            504 => ("gatewayTimeout", "Gateway Timeout"),
            _ => ("internalError", "We encountered an internal error. Please try again."),
        };
        Self::new(status, reason, message)
    }

    pub(super) fn json(&self) -> Value {
        let mut error = json!({ "message": self.message, "domain": "global", "reason": self.reason });
        if let Some((kind, name)) = self.place {
            error["locationType"] = kind.into();
            error["location"] = name.into();
        }
        json!({ "error": { "code": self.status, "message": self.message, "errors": [error] } })
    }
}

/// What `fields` names: `items(name,size),nextPageToken`, `items/name`, `*`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Mask(Vec<(String, Self)>);

impl Mask {
    /// Reads a whole one.
    ///
    /// # Errors
    /// The text, when it is none.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut rest = text;
        let mask = Self::list(&mut rest).filter(|_| rest.is_empty());
        mask.ok_or_else(|| format!("Invalid field selection {text}"))
    }

    fn list(rest: &mut &str) -> Option<Self> {
        let mut mask = Self::default();
        loop {
            mask.0.push(Self::one(rest)?);
            let Some(more) = rest.strip_prefix(',') else { return Some(mask) };
            *rest = more;
        }
    }

    fn one(rest: &mut &str) -> Option<(String, Self)> {
        let end = rest.find([',', '(', ')', '/']).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        *rest = after;
        let mut inner = Self::default();
        if let Some(below) = after.strip_prefix('(') {
            *rest = below;
            inner = Self::list(rest)?;
            *rest = rest.strip_prefix(')')?;
        } else if let Some(below) = after.strip_prefix('/') {
            *rest = below;
            inner.0.push(Self::one(rest)?);
        }
        (!name.is_empty()).then(|| (name.to_owned(), inner))
    }

    /// What it leaves.
    pub(super) fn apply(&self, value: Value) -> Value {
        if self.0.is_empty() || self.0.iter().any(|(name, _)| name == "*") {
            return value;
        }
        match value {
            Value::Array(values) => values.into_iter().map(|value| self.apply(value)).collect(),
            Value::Object(mut all) => {
                let kept =
                    self.0.iter().filter_map(|(name, inner)| Some((name.clone(), inner.apply(all.remove(name)?))));
                Value::Object(kept.collect::<Map<_, _>>())
            }
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_big_endian() {
        assert_eq!(crc32c(1_234_567_890), "SZYC0g==");
    }

    #[test]
    fn fields_leave_what_they_name() {
        let page = json!({ "kind": "x", "items": [{ "name": "a", "size": "1", "b": { "c": 1, "d": 2 } }], "nextPageToken": "t" });
        let check =
            |fields: &str, left: Value| assert_eq!(Mask::parse(fields).unwrap().apply(page.clone()), left, "{fields}");
        check(
            "items(name,size),nextPageToken",
            json!({ "items": [{ "name": "a", "size": "1" }], "nextPageToken": "t" }),
        );
        check("items/name,kind", json!({ "items": [{ "name": "a" }], "kind": "x" }));
        check("items/b(c),kind", json!({ "items": [{ "b": { "c": 1 } }], "kind": "x" }));
        check("items/b/c", json!({ "items": [{ "b": { "c": 1 } }] }));
        check("items(b(d),name)", json!({ "items": [{ "b": { "d": 2 }, "name": "a" }] }));
        check("prefixes", json!({}));
        check("*", page.clone());
        for bad in ["", "items(", "items)", "a,,b", "items(name", "items(name))"] {
            assert!(Mask::parse(bad).is_err(), "{bad}");
        }
    }
}
