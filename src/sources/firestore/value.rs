//! Firestore's values: as JSON within a bound, in a few words, compared, and found by their dotted path.
//!
//! Owns all kinds of values. Must not know documents' changes or records.

use super::place::path_of;
use super::wire::Value;
use super::wire::value::ValueType;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::fmt::Write as _;

/// The fields of a document or a map.
pub(super) type Fields = HashMap<String, Value>;

/// The most bytes of a text that is shown as a value in words.
const MAX_WORD: usize = 60;

/// Numbers of a vector that are shown.
const VECTOR_HEAD: usize = 4;

/// Bytes that are shown as base64.
const BYTES_HEAD: usize = 1024;

/// The most values in one record; readers of JSON lines take 2,000 fields.
const MAX_VALUES: usize = 1_500;

/// Room that is kept behind each value for closing brackets.
const CLOSING: usize = 64;

/// How values are found in maps that are vectors.
const TYPE: &str = "__type__";
const VECTOR: &str = "__vector__";

/// A value's kind, as people call it.
pub(super) fn kind(value: &Value) -> &'static str {
    match &value.value_type {
        None | Some(ValueType::NullValue(_)) => "null",
        Some(ValueType::BooleanValue(_)) => "boolean",
        Some(ValueType::IntegerValue(_)) => "integer",
        Some(ValueType::DoubleValue(_)) => "number",
        Some(ValueType::TimestampValue(_)) => "timestamp",
        Some(ValueType::StringValue(_)) => "string",
        Some(ValueType::BytesValue(_)) => "bytes",
        Some(ValueType::ReferenceValue(_)) => "reference",
        Some(ValueType::GeoPointValue(_)) => "geo point",
        Some(ValueType::ArrayValue(_)) => "array",
        Some(ValueType::MapValue(map)) if vector(&map.fields).is_some() => "vector",
        Some(ValueType::MapValue(_)) => "map",
        Some(_) => "expression",
    }
}

/// Whether both are the same; NaN is NaN.
pub(super) fn same(a: &Value, b: &Value) -> bool {
    match (&a.value_type, &b.value_type) {
        (Some(ValueType::DoubleValue(a)), Some(ValueType::DoubleValue(b))) => {
            a.partial_cmp(b).map_or_else(|| a.is_nan() && b.is_nan(), Ordering::is_eq)
        }
        (Some(ValueType::ArrayValue(a)), Some(ValueType::ArrayValue(b))) => {
            a.values.len() == b.values.len() && a.values.iter().zip(&b.values).all(|(a, b)| same(a, b))
        }
        (Some(ValueType::MapValue(a)), Some(ValueType::MapValue(b))) => {
            a.fields.len() == b.fields.len()
                && a.fields.iter().all(|(name, a)| b.fields.get(name).is_some_and(|b| same(a, b)))
        }
        (a, b) => a == b,
    }
}

/// The fields of a map that is no vector.
pub(super) fn as_map(value: &Value) -> Option<&Fields> {
    match &value.value_type {
        Some(ValueType::MapValue(map)) if vector(&map.fields).is_none() => Some(&map.fields),
        _ => None,
    }
}

/// A text.
pub(super) fn as_text(value: &Value) -> Option<&str> {
    match &value.value_type {
        Some(ValueType::StringValue(text)) => Some(text),
        _ => None,
    }
}

fn vector(fields: &Fields) -> Option<&[Value]> {
    if fields.len() != 2 || as_text(fields.get(TYPE)?)? != VECTOR {
        return None;
    }
    match &fields.get("value")?.value_type {
        Some(ValueType::ArrayValue(array)) => Some(&array.values),
        _ => None,
    }
}

/// The value at a dotted path; a name that holds a dot stands in backticks.
pub(super) fn at<'f>(fields: &'f Fields, path: &str) -> Option<&'f Value> {
    let mut parts = segments(path).into_iter();
    let mut value = fields.get(&parts.next()?)?;
    for part in parts {
        value = as_map(value)?.get(&part)?;
    }
    Some(value)
}

/// The names in a dotted path.
pub(super) fn segments(path: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut quoted = false;
    for c in path.chars() {
        match c {
            '`' => quoted = !quoted,
            '.' if !quoted => parts.push(String::new()),
            c => {
                if let Some(part) = parts.last_mut() {
                    part.push(c);
                }
            }
        }
    }
    parts
}

/// A path as the service reads it: names that are no plain words stand in backticks.
pub(super) fn wire_path(path: &str) -> String {
    let quoted = segments(path).into_iter().map(|part| {
        let plain = part
            .bytes()
            .enumerate()
            .all(|(at, b)| b == b'_' || b.is_ascii_alphabetic() || at > 0 && b.is_ascii_digit());
        if plain && !part.is_empty() { part } else { format!("`{}`", part.replace('\\', "\\\\").replace('`', "\\`")) }
    });
    quoted.collect::<Vec<_>>().join(".")
}

/// A path with one more name.
pub(super) fn below(path: &str, name: &str) -> String {
    let name = if name.contains(['.', '`']) { format!("`{name}`") } else { name.to_owned() };
    if path.is_empty() { name } else { format!("{path}.{name}") }
}

/// The names of fields in order.
pub(super) fn sorted(fields: &Fields) -> Vec<(&String, &Value)> {
    let mut all: Vec<_> = fields.iter().collect();
    all.sort_unstable_by_key(|(name, _)| *name);
    all
}

/// How many values are inside, itself included.
fn count(value: &Value) -> usize {
    match &value.value_type {
        Some(ValueType::ArrayValue(array)) => array.values.iter().map(count).sum::<usize>().max(1),
        Some(ValueType::MapValue(map)) => map.fields.values().map(count).sum::<usize>().max(1),
        _ => 1,
    }
}

/// A moment as text.
pub(super) fn moment(time: &prost_types::Timestamp) -> String {
    jiff::Timestamp::new(time.seconds, time.nanos)
        .map_or_else(|_| format!("@{}", time.seconds), |time| time.to_string())
}

/// A value in a few words: `failed`, `"lock timeout"`, `3`, `{14 fields}`.
pub(super) fn words(value: &Value) -> String {
    match &value.value_type {
        None | Some(ValueType::NullValue(_)) => "null".to_owned(),
        Some(ValueType::BooleanValue(yes)) => yes.to_string(),
        Some(ValueType::IntegerValue(number)) => number.to_string(),
        Some(ValueType::DoubleValue(number)) => double(*number),
        Some(ValueType::TimestampValue(time)) => moment(time),
        Some(ValueType::StringValue(text)) => quoted(text),
        Some(ValueType::BytesValue(bytes)) => format!("{} bytes", bytes.len()),
        Some(ValueType::ReferenceValue(name)) => path_of(name).to_owned(),
        Some(ValueType::GeoPointValue(point)) => format!("{},{}", double(point.latitude), double(point.longitude)),
        Some(ValueType::ArrayValue(array)) => list(&array.values),
        Some(ValueType::MapValue(map)) => match vector(&map.fields) {
            Some(values) => format!("vector({})", values.len()),
            None if map.fields.len() == 1 => "{1 field}".to_owned(),
            None => format!("{{{} fields}}", map.fields.len()),
        },
        Some(_) => "expression".to_owned(),
    }
}

fn list(values: &[Value]) -> String {
    let is_short = values.len() <= 3
        && values.iter().all(|v| !matches!(v.value_type, Some(ValueType::ArrayValue(_) | ValueType::MapValue(_))));
    if is_short {
        format!("[{}]", values.iter().map(words).collect::<Vec<_>>().join(","))
    } else {
        format!("[{} items]", values.len())
    }
}

/// A text as it is when it is one plain word, else in quotes; long ones are cut.
fn quoted(text: &str) -> String {
    let cut = match text.char_indices().nth(MAX_WORD) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    };
    let is_word = !cut.is_empty() && cut.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-./:@%+".contains(&b));
    if is_word { cut } else { json_text(&cut) }
}

fn json_text(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}

/// A number in the fewest digits that mean it; what JSON has no form for is a word.
fn double(number: f64) -> String {
    if number.is_nan() {
        "NaN".to_owned()
    } else if number.is_infinite() {
        if number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned()
    } else {
        // JSON's form keeps 1.0 apart from 1, and writes large numbers with an exponent.
        serde_json::to_string(&number).unwrap_or_default()
    }
}

/// JSON that ends before a bound: what has no room is counted, and the text is valid all the same.
#[derive(Debug, Default)]
pub(super) struct Json {
    /// The text so far.
    pub(super) out: String,
    /// Values that had no room.
    pub(super) left_out: usize,
    values: usize,
}

impl Json {
    /// An object with these fields, in their order, in at most about `limit` bytes.
    pub(super) fn object<'f>(&mut self, fields: impl IntoIterator<Item = (&'f String, &'f Value)>, limit: usize) {
        let before = self.out.len();
        self.fields(fields, before + limit);
    }

    fn fields<'f>(&mut self, fields: impl IntoIterator<Item = (&'f String, &'f Value)>, end: usize) {
        self.out.push('{');
        let mut is_first = true;
        for (name, value) in fields {
            let key = json_text(name);
            if !self.has_room(end, key.len()) {
                self.left_out += count(value);
                continue;
            }
            if !std::mem::take(&mut is_first) {
                self.out.push(',');
            }
            let _ = write!(self.out, "{key}:");
            self.value(value, end);
        }
        self.out.push('}');
    }

    fn has_room(&self, end: usize, bytes: usize) -> bool {
        self.values < MAX_VALUES && self.out.len() + bytes + CLOSING < end
    }

    /// One value, in about the bytes up to `end`.
    pub(super) fn value(&mut self, value: &Value, end: usize) {
        self.values += 1;
        let out = &mut self.out;
        match &value.value_type {
            None | Some(ValueType::NullValue(_)) => out.push_str("null"),
            Some(ValueType::BooleanValue(yes)) => out.push_str(if *yes { "true" } else { "false" }),
            Some(ValueType::IntegerValue(number)) => {
                let _ = write!(out, "{number}");
            }
            Some(ValueType::DoubleValue(number)) => {
                let text = double(*number);
                out.push_str(&if number.is_finite() { text } else { json_text(&text) });
            }
            Some(ValueType::TimestampValue(time)) => out.push_str(&json_text(&moment(time))),
            Some(ValueType::StringValue(text)) => self.text(text, end),
            Some(ValueType::BytesValue(bytes)) => {
                let head = &bytes[..bytes.len().min(BYTES_HEAD)];
                let _ = write!(out, r#"{{"bytes":{},"base64":"{}"}}"#, bytes.len(), base64(head));
            }
            Some(ValueType::ReferenceValue(name)) => out.push_str(&json_text(path_of(name))),
            Some(ValueType::GeoPointValue(point)) => {
                let (latitude, longitude) = (double(point.latitude), double(point.longitude));
                let _ = write!(out, r#"{{"latitude":{latitude},"longitude":{longitude}}}"#);
            }
            Some(ValueType::ArrayValue(array)) => self.array(&array.values, end),
            Some(ValueType::MapValue(map)) => match vector(&map.fields) {
                Some(values) => {
                    let _ = write!(out, r#"{{"vector":{},"first":"#, values.len());
                    self.array(&values[..values.len().min(VECTOR_HEAD)], end);
                    self.out.push('}');
                }
                None => self.fields(sorted(&map.fields), end),
            },
            Some(_) => out.push_str(r#""expression""#),
        }
    }

    fn array(&mut self, values: &[Value], end: usize) {
        self.out.push('[');
        for (at, value) in values.iter().enumerate() {
            if !self.has_room(end, 16) {
                self.left_out += values[at..].iter().map(count).sum::<usize>();
                break;
            }
            if at > 0 {
                self.out.push(',');
            }
            self.value(value, end);
        }
        self.out.push(']');
    }

    fn text(&mut self, text: &str, end: usize) {
        let room = end.saturating_sub(self.out.len() + CLOSING).max(64);
        // What needs escaping takes up to six bytes.
        if text.len() * 6 <= room {
            self.out.push_str(&json_text(text));
            return;
        }
        let whole = json_text(text);
        if whole.len() <= room {
            self.out.push_str(&whole);
            return;
        }
        let share = room * text.len() / whole.len();
        let cut = text.floor_char_boundary(share.saturating_sub(32).max(16).min(text.len()));
        self.out.push_str(&json_text(&format!("{}… (+{} bytes)", &text[..cut], text.len() - cut)));
    }
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Bytes as text (RFC 4648, section 4).
pub(super) fn base64(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let of = |at: usize| u32::from(chunk.get(at).copied().unwrap_or_default());
        let bits = of(0) << 16 | of(1) << 8 | of(2);
        for digit in 0..4 {
            let number = (bits >> (18 - 6 * digit)) & 63;
            out.push(if digit <= chunk.len() { char::from(DIGITS[number as usize]) } else { '=' });
        }
    }
    out
}

/// The bytes of such a text.
pub(super) fn unbase64(text: &str) -> Option<Vec<u8>> {
    let text = text.trim_end_matches('=').as_bytes();
    let mut out = Vec::with_capacity(text.len() * 3 / 4);
    for chunk in text.chunks(4) {
        if chunk.len() == 1 {
            return None;
        }
        let mut bits = 0_u32;
        for byte in chunk {
            let digit = DIGITS.iter().position(|own| own == byte)?;
            bits = bits << 6 | digit as u32;
        }
        bits <<= 6 * (4 - chunk.len());
        let bytes = [(bits >> 16) as u8, (bits >> 8) as u8, bits as u8];
        out.extend_from_slice(bytes.get(..chunk.len() - 1)?);
    }
    Some(out)
}
