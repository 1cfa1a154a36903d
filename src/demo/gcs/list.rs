//! Listings: which names are on a page, and how the next one is asked for.
//!
//! Owns prefixes, delimiters, offsets and tokens. Must not know HTTP.

use super::json::{Mask, Problem, object};
use super::state::Bucket;
use crate::demo::web::{Query, base64, unbase64};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::ops::Bound;

/// Rows that a page has at most, and when nothing is said.
const PAGE: usize = 1000;

/// The page that is asked for.
pub(super) fn page(name: &str, bucket: &Bucket, query: &Query, address: SocketAddr) -> Result<Value, Problem> {
    let mask = match query.get("fields") {
        Some(text) => Mask::parse(text).map_err(|message| Problem::new(400, "invalidParameter", message))?,
        None => Mask::default(),
    };
    let most = query.number("maxResults").map_err(|()| {
        Problem::new(400, "invalidParameter", "Invalid unsigned integer value for maxResults.")
            .at("parameter", "maxResults")
    })?;
    let most = most.filter(|most| *most > 0).unwrap_or(PAGE).min(PAGE);
    let token =
        query.get("pageToken").map(|token| last_of(token).ok_or_else(|| Problem::of_status(400))).transpose()?;
    let (prefix, delimiter) = (query.get("prefix").unwrap_or_default(), query.get("delimiter"));
    let start = query.get("startOffset").unwrap_or_default().max(prefix);
    let from = match &token {
        Some(last) if last.as_str() >= start => Bound::Excluded(last.as_str()),
        _ => Bound::Included(start),
    };
    let ends = query.get("endOffset");
    let mut items = Vec::new();
    let mut prefixes: Vec<&str> = Vec::new();
    let (mut last, mut is_cut) = ("", false);
    for (key, found) in bucket.objects.range::<str, _>((from, Bound::Unbounded)) {
        if !key.starts_with(prefix) || ends.is_some_and(|end| key.as_str() >= end) {
            break;
        }
        let group = delimiter.and_then(|delimiter| {
            let at = key[prefix.len()..].find(delimiter)?;
            Some(&key[..prefix.len() + at + delimiter.len()])
        });
        // What was told of on the page before, as a group.
        if group.is_some() && (prefixes.last() == group.as_ref() || token.as_deref() == group) {
            continue;
        }
        if items.len() + prefixes.len() == most {
            is_cut = true;
            break;
        }
        if let Some(group) = group {
            prefixes.push(group);
            last = group;
        } else {
            items.push(object(name, key, found, address));
            last = key;
        }
    }
    let mut value = json!({ "kind": "storage#objects" });
    if is_cut {
        value["nextPageToken"] = token_of(last).into();
    }
    if !prefixes.is_empty() {
        value["prefixes"] = prefixes.into();
    }
    if !items.is_empty() {
        value["items"] = items.into();
    }
    Ok(mask.apply(value))
}

/// A token: the last name of the page, as a message of protobuf in base64.
fn token_of(last: &str) -> String {
    let mut message = vec![10];
    let mut length = last.len();
    while length >= 0x80 {
        message.push(length as u8 | 0x80);
        length >>= 7;
    }
    message.push(length as u8);
    message.extend(last.as_bytes());
    base64(&message)
}

fn last_of(token: &str) -> Option<String> {
    // A blank was a plus that nobody encoded.
    let message = unbase64(&token.replace(' ', "+"))?;
    let end = message.iter().skip(1).position(|byte| *byte < 0x80)?;
    (message.first() == Some(&10)).then(|| String::from_utf8(message[end + 2..].to_vec()).ok())?
}
