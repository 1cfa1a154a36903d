//! What both services' JSON needs: lists and values that survive nulls and surprises.
//!
//! Owns the reading of JSON into our structs. Must not know what the values mean.

use super::error::ApiError;
use crate::model::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// Reads JSON; `what` is named in errors.
///
/// # Errors
/// It ends too early, or is something else.
pub fn read<T: DeserializeOwned>(body: &[u8], what: &str) -> Result<T, ApiError> {
    serde_json::from_slice(body).map_err(|error| ApiError::json(&error, what))
}

/// A text: null becomes empty, a number or truth value its digits or word.
pub fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) => text,
        Value::Number(number) => number.to_string(),
        Value::Bool(is) => is.to_string(),
        _ => String::new(),
    })
}

/// A number: whatever is none becomes 0.
pub fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Number(number) => number.as_u64().unwrap_or(0),
        Value::String(text) => text.parse().unwrap_or(0),
        _ => 0,
    })
}

/// A moment in RFC 3339; whatever is none becomes nothing. GitHub has the year 1 for what never happened.
pub fn moment<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let Value::String(text) = Value::deserialize(deserializer)? else { return Ok(None) };
    let moment = text.parse::<jiff::Timestamp>().ok().and_then(Timestamp::from_jiff);
    Ok(moment.filter(|moment| moment.0 > 0))
}

/// A list whose elements are read one by one; those that are not understood are left out. Null becomes empty.
pub fn list<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Vec<T>, D::Error> {
    let Value::Array(values) = Value::deserialize(deserializer)? else { return Ok(Vec::new()) };
    Ok(values.into_iter().filter_map(|value| T::deserialize(value).ok()).collect())
}

/// An object; whatever is none becomes its default.
pub fn object<'de, D: Deserializer<'de>, T: DeserializeOwned + Default>(deserializer: D) -> Result<T, D::Error> {
    let value = Value::deserialize(deserializer)?;
    Ok(if value.is_object() { T::deserialize(value).unwrap_or_default() } else { T::default() })
}
