//! How far a run got, as text, so that a later one goes on there.
//!
//! Owns that text. Must not know where it is kept.

use super::query::Key;
use super::value::{base64, unbase64};
use super::wire::Value;
use crate::model::Timestamp;
use prost::Message as _;
use serde_json::json;

/// How far a run got.
#[derive(Clone, Debug, Default)]
pub(super) struct Resume {
    /// The query in words: another one cannot go on here.
    pub(super) query: String,
    /// How many of it, and from when on: only the same can go on with the token.
    pub(super) target: String,
    /// Where the listener stands.
    pub(super) token: Option<Vec<u8>>,
    /// The moment of that.
    pub(super) read_time: Option<Timestamp>,
    /// The latest change that was told.
    pub(super) horizon: Option<Timestamp>,
    /// The field with the documents' times.
    pub(super) time_field: Option<String>,
    /// The latest document that was told.
    pub(super) head: Option<Key>,
}

impl Resume {
    /// As text in one line.
    pub(super) fn to_text(&self) -> String {
        let head = self.head.as_ref().map(|key| {
            let value = key.value.as_ref().map(|value| base64(&value.encode_to_vec()));
            json!({ "name": &*key.name, "value": value })
        });
        json!({
            "query": self.query,
            "target": self.target,
            "token": self.token.as_deref().map(base64),
            "read": self.read_time.map(|time| time.0),
            "changed": self.horizon.map(|time| time.0),
            "field": self.time_field,
            "last": head,
        })
        .to_string()
    }

    /// Reads such a text; nothing when it is none, or of another query.
    pub(super) fn parse(text: &str, query: &str) -> Option<Self> {
        let read: serde_json::Value = serde_json::from_str(text).ok()?;
        if read["query"].as_str()? != query {
            return None;
        }
        let time = |name: &str| read[name].as_i64().map(Timestamp);
        let bytes = |value: &serde_json::Value| value.as_str().and_then(unbase64);
        let last = &read["last"];
        let head = last["name"].as_str().and_then(|name| {
            let value = match &last["value"] {
                serde_json::Value::Null => None,
                value => Some(Value::decode(bytes(value)?.as_slice()).ok()?),
            };
            Some(Key { value, name: name.into() })
        });
        Some(Self {
            query: query.to_owned(),
            target: read["target"].as_str().unwrap_or_default().to_owned(),
            token: bytes(&read["token"]),
            read_time: time("read"),
            horizon: time("changed"),
            time_field: read["field"].as_str().map(str::to_owned),
            head,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::firestore::tests::{name, time};

    #[test]
    fn a_place_survives_its_text() {
        let value = Some(time("2026-11-21T03:13:14.000000007Z"));
        let resume = Resume {
            query: "jobs, state == failed".to_owned(),
            target: "latest 7".to_owned(),
            token: Some(vec![0, 9, 255]),
            read_time: Some(Timestamp(7)),
            horizon: Some(Timestamp(6)),
            time_field: Some("ts".to_owned()),
            head: Some(Key { value: value.clone(), name: name("a").into() }),
        };
        let text = resume.to_text();
        assert!(!text.contains('\n'));
        let back = Resume::parse(&text, &resume.query).unwrap();
        let head = back.head.unwrap();
        assert_eq!((back.token, back.read_time, back.horizon), (resume.token, resume.read_time, resume.horizon));
        assert_eq!((head.value, head.name, back.time_field), (value, name("a").into(), resume.time_field));
        for (text, query) in [(text.as_str(), "other"), ("{", "jobs"), ("[]", "jobs"), ("{\"query\":\"jobs\"}", "x")] {
            assert!(Resume::parse(text, query).is_none(), "{text}");
        }
        let empty = Resume { query: "q".to_owned(), ..Resume::default() };
        assert!(Resume::parse(&empty.to_text(), "q").unwrap().head.is_none());
    }
}
