//! What is said about objects, in a few words.
//!
//! Owns these texts. Names in them come from strangers and are not yet safe for a terminal.

use super::catalog::{Catalog, Words};
use super::settings::Settings;
use crate::model::objects::ObjectState;
use serde_json::Value;
use std::time::Duration;

/// Characters of one value of an object's metadata.
const MOST: usize = 2000;

/// `14 objects, 3 new`.
pub(super) fn counts(catalog: &Catalog, address: &str) -> String {
    let (objects, new) = catalog.counts();
    if objects == 0 {
        return format!("no object is under {address}");
    }
    let objects = if objects == 1 { "1 object".to_owned() } else { format!("{objects} objects") };
    if new == 0 { objects } else { format!("{objects}, {new} new") }
}

/// What is said where some objects could not be read: the first one's reason.
pub(super) fn failed(catalog: &Catalog, names: &[String]) -> String {
    let Some((name, known)) = names.iter().min().and_then(|name| Some((name, catalog.get(name)?))) else {
        return String::new();
    };
    let why = match &known.state {
        // It names the object, or nothing at all could be read.
        ObjectState::Failed { why, .. } => why.clone(),
        ObjectState::Partial { why, .. } => format!("{name}: {why}"),
        _ => String::new(),
    };
    match names.len() {
        1 => why,
        count => format!("{count} objects could not be read: {why}"),
    }
}

/// Why objects are left out at the start.
pub(super) fn left(settings: &Settings) -> Words {
    let old = match (settings.since, settings.start_age) {
        (None, Some(age)) => format!("older than {}", span(age)),
        _ => "older than what was asked for".to_owned(),
    };
    Words { old, large: format!("over {} at the start", size(settings.start_bytes)) }
}

/// Why an object was not read to its end.
pub(super) fn limit(bytes: u64) -> String {
    format!("{} limit", size(bytes))
}

/// The line before an object that is read again.
pub(super) fn rewritten(name: &str) -> String {
    format!("{name} was rewritten: all of it follows again")
}

/// An object's metadata, a line for each value.
pub(super) fn description(json: &[u8]) -> String {
    let Ok(Value::Object(fields)) = serde_json::from_slice::<Value>(json) else {
        return String::from_utf8_lossy(json).into_owned();
    };
    let mut lines = Vec::new();
    for (key, value) in &fields {
        match value {
            Value::Object(inner) => {
                lines.extend(inner.iter().map(|(name, value)| line(&format!("{key}.{name}"), value)));
            }
            value => lines.push(line(key, value)),
        }
    }
    lines.join("\n")
}

fn line(key: &str, value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let text: String = text.chars().take(MOST).collect();
    format!("{key:<24} {text}")
}

/// `256 MiB`.
fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut unit = 0;
    let mut value = bytes;
    while value >= 1024 && value.is_multiple_of(1024) && unit + 1 < UNITS.len() {
        value /= 1024;
        unit += 1;
    }
    format!("{value} {}", UNITS[unit])
}

/// `24 h`.
fn span(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        _ if seconds > 0 && seconds.is_multiple_of(86_400) && seconds > 86_400 => format!("{} days", seconds / 86_400),
        _ if seconds > 0 && seconds.is_multiple_of(3600) => format!("{} h", seconds / 3600),
        _ if seconds > 0 && seconds.is_multiple_of(60) => format!("{} min", seconds / 60),
        _ => format!("{seconds} s"),
    }
}
