//! Values of fields: how they are made, found by a path, and ordered.
//!
//! Owns the order of Firestore's types. Must not know queries.

use crate::model::Timestamp;
use googleapis_tonic_google_firestore_v1::google::firestore::v1::value::ValueType;
use googleapis_tonic_google_firestore_v1::google::firestore::v1::{ArrayValue, Document, MapValue};
use googleapis_tonic_google_firestore_v1::google::r#type::LatLng;
use std::cmp::Ordering;
use std::collections::HashMap;

pub use googleapis_tonic_google_firestore_v1::google::firestore::v1::Value;

/// The fields of a document or a map.
pub type Fields = HashMap<String, Value>;

/// The pseudo field with a document's name.
pub(super) const NAME: &str = "__name__";

/// Fields from their names and values.
pub fn fields<const N: usize>(all: [(&str, Value); N]) -> Fields {
    all.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

const fn of(value: ValueType) -> Value {
    Value { value_type: Some(value) }
}

/// Nothing, as a value.
pub const fn null() -> Value {
    of(ValueType::NullValue(0))
}

/// True or false.
pub const fn flag(value: bool) -> Value {
    of(ValueType::BooleanValue(value))
}

/// A whole number.
pub const fn int(value: i64) -> Value {
    of(ValueType::IntegerValue(value))
}

/// A number.
pub const fn double(value: f64) -> Value {
    of(ValueType::DoubleValue(value))
}

/// A text.
pub fn text(value: impl Into<String>) -> Value {
    of(ValueType::StringValue(value.into()))
}

/// A moment; the database keeps microseconds.
pub const fn time(at: Timestamp) -> Value {
    of(ValueType::TimestampValue(stamp(at)))
}

/// Bytes.
pub fn bytes(value: impl Into<Vec<u8>>) -> Value {
    of(ValueType::BytesValue(value.into()))
}

/// A reference to a document, by its whole name (`projects/…`).
pub fn reference(name: impl Into<String>) -> Value {
    of(ValueType::ReferenceValue(name.into()))
}

/// A place on Earth, in degrees.
pub const fn geo(latitude: f64, longitude: f64) -> Value {
    of(ValueType::GeoPointValue(LatLng { latitude, longitude }))
}

/// Several values.
pub fn array(values: impl IntoIterator<Item = Value>) -> Value {
    of(ValueType::ArrayValue(ArrayValue { values: values.into_iter().collect() }))
}

/// Fields within a field.
pub const fn map(fields: Fields) -> Value {
    of(ValueType::MapValue(MapValue { fields }))
}

/// A vector: a map that says so.
pub fn vector(values: &[f64]) -> Value {
    map(fields([("__type__", text("__vector__")), ("value", array(values.iter().copied().map(double)))]))
}

/// A moment in messages, cut to microseconds.
pub(super) const fn stamp(at: Timestamp) -> prost_types::Timestamp {
    let nanos = at.0.rem_euclid(1_000_000_000);
    prost_types::Timestamp { seconds: at.0.div_euclid(1_000_000_000), nanos: (nanos - nanos % 1000) as i32 }
}

/// The parts of a path of fields: `a.b`, or with quoted ones: `` a.`b c` ``.
pub(super) fn path(text: &str) -> Vec<String> {
    let (mut parts, mut part, mut is_quoted) = (Vec::new(), String::new(), false);
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '`' => is_quoted = !is_quoted,
            '\\' if is_quoted => part.extend(chars.next()),
            '.' if !is_quoted => parts.push(std::mem::take(&mut part)),
            _ => part.push(c),
        }
    }
    parts.push(part);
    parts
}

/// The value at that path.
pub(super) fn find<'v>(document: &'v Document, path: &[String]) -> Option<&'v Value> {
    let (first, rest) = path.split_first()?;
    rest.iter().try_fold(document.fields.get(first)?, |value, name| match &value.value_type {
        Some(ValueType::MapValue(map)) => map.fields.get(name),
        _ => None,
    })
}

/// The place of a value's type among the types.
fn rank(value: &Value) -> u8 {
    match &value.value_type {
        None | Some(ValueType::NullValue(_)) => 0,
        Some(ValueType::BooleanValue(_)) => 1,
        Some(ValueType::IntegerValue(_) | ValueType::DoubleValue(_)) => 2,
        Some(ValueType::TimestampValue(_)) => 3,
        Some(ValueType::StringValue(_)) => 4,
        Some(ValueType::BytesValue(_)) => 5,
        Some(ValueType::ReferenceValue(_)) => 6,
        Some(ValueType::GeoPointValue(_)) => 7,
        Some(ValueType::ArrayValue(_)) => 8,
        Some(ValueType::MapValue(map)) if is_vector(map) => 9,
        Some(ValueType::MapValue(_)) => 10,
        Some(_) => 11,
    }
}

fn is_vector(map: &MapValue) -> bool {
    map.fields.get("__type__").is_some_and(|kind| *kind == text("__vector__"))
}

/// Whether both are of the same kind, so that a filter may compare them.
pub(super) fn are_alike(a: &Value, b: &Value) -> bool {
    rank(a) == rank(b)
}

pub(super) fn is_nan(value: &Value) -> bool {
    matches!(value.value_type, Some(ValueType::DoubleValue(number)) if number.is_nan())
}

pub(super) fn is_null(value: &Value) -> bool {
    rank(value) == 0
}

/// The order of values: by type, then within it.
pub(super) fn compare(a: &Value, b: &Value) -> Ordering {
    let (Some(left), Some(right)) = (&a.value_type, &b.value_type) else { return rank(a).cmp(&rank(b)) };
    match (left, right) {
        (ValueType::BooleanValue(a), ValueType::BooleanValue(b)) => a.cmp(b),
        (ValueType::IntegerValue(a), ValueType::IntegerValue(b)) => a.cmp(b),
        (ValueType::IntegerValue(a), ValueType::DoubleValue(b)) => numbers(*a as f64, *b),
        (ValueType::DoubleValue(a), ValueType::IntegerValue(b)) => numbers(*a, *b as f64),
        (ValueType::DoubleValue(a), ValueType::DoubleValue(b)) => numbers(*a, *b),
        (ValueType::TimestampValue(a), ValueType::TimestampValue(b)) => (a.seconds, a.nanos).cmp(&(b.seconds, b.nanos)),
        (ValueType::StringValue(a), ValueType::StringValue(b)) => a.as_bytes().cmp(b.as_bytes()),
        (ValueType::BytesValue(a), ValueType::BytesValue(b)) => a.cmp(b),
        (ValueType::ReferenceValue(a), ValueType::ReferenceValue(b)) => names(a, b),
        (ValueType::GeoPointValue(a), ValueType::GeoPointValue(b)) => {
            numbers(a.latitude, b.latitude).then(numbers(a.longitude, b.longitude))
        }
        (ValueType::ArrayValue(a), ValueType::ArrayValue(b)) => {
            let first = a.values.iter().zip(&b.values).map(|(a, b)| compare(a, b)).find(|order| order.is_ne());
            first.unwrap_or_else(|| a.values.len().cmp(&b.values.len()))
        }
        (ValueType::MapValue(a), ValueType::MapValue(b)) if is_vector(a) == is_vector(b) => maps(&a.fields, &b.fields),
        _ => rank(a).cmp(&rank(b)),
    }
}

/// NaN comes before all other numbers, and equals itself.
fn numbers(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b).unwrap_or_else(|| b.is_nan().cmp(&a.is_nan()))
}

fn maps(a: &Fields, b: &Fields) -> Ordering {
    let sorted = |fields: &Fields| {
        let mut names: Vec<String> = fields.keys().cloned().collect();
        names.sort();
        names
    };
    let (left, right) = (sorted(a), sorted(b));
    let pairs = left.iter().zip(&right);
    let first = pairs.map(|(x, y)| x.cmp(y).then_with(|| compare(&a[x], &b[y]))).find(|order| order.is_ne());
    first.unwrap_or_else(|| left.len().cmp(&right.len()))
}

/// The order of documents' names: part by part.
pub(super) fn names(a: &str, b: &str) -> Ordering {
    a.split('/').cmp(b.split('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_in_the_order_of_their_types() {
        let sorted = [
            null(),
            flag(false),
            flag(true),
            double(f64::NAN),
            double(f64::NEG_INFINITY),
            int(-3),
            double(-2.5),
            int(0),
            double(0.5),
            int(7),
            time(Timestamp(5)),
            time(Timestamp(2_000_000_000)),
            text(""),
            text("Z"),
            text("a"),
            text("ä"),
            bytes([1]),
            reference("projects/p/databases/d/documents/a/b"),
            reference("projects/p/databases/d/documents/a/b/c/d"),
            reference("projects/p/databases/d/documents/a-/b"),
            geo(-1.0, 2.0),
            geo(3.0, 0.0),
            array([]),
            array([int(1)]),
            array([int(1), int(2)]),
            array([int(2)]),
            vector(&[1.0]),
            map(fields([])),
            map(fields([("a", int(1))])),
            map(fields([("a", int(1)), ("b", int(0))])),
            map(fields([("b", int(0))])),
        ];
        for (i, a) in sorted.iter().enumerate() {
            for (j, b) in sorted.iter().enumerate() {
                assert_eq!(compare(a, b), i.cmp(&j), "{a:?} and {b:?}");
            }
        }
        assert_eq!(compare(&int(1), &double(1.0)), Ordering::Equal);
    }

    #[test]
    fn paths_lead_into_maps() {
        assert_eq!(path("a.b"), ["a", "b"]);
        assert_eq!(path(r"a.`b.c \` d`"), ["a", "b.c ` d"]);
        let inner = map(fields([("b", int(1))]));
        let document = Document { fields: fields([("a", inner), ("c", int(2))]), ..Document::default() };
        let check =
            |text: &str, value: Option<Value>| assert_eq!(find(&document, &path(text)), value.as_ref(), "{text}");
        check("a.b", Some(int(1)));
        check("c", Some(int(2)));
        check("c.d", None);
        check("x", None);
    }
}
