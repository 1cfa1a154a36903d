//! What the tests of Firestore's parts share: short ways to write values and documents.

use super::wire::value::ValueType;
use super::wire::{ArrayValue, Document, MapValue, Value};
use prost_types::Timestamp as WireTime;

mod values;
mod windows;

fn value(value: ValueType) -> Value {
    Value { value_type: Some(value) }
}

pub(super) fn text(text: &str) -> Value {
    value(ValueType::StringValue(text.to_owned()))
}

pub(super) fn int(number: i64) -> Value {
    value(ValueType::IntegerValue(number))
}

pub(super) fn double(number: f64) -> Value {
    value(ValueType::DoubleValue(number))
}

pub(super) fn boolean(yes: bool) -> Value {
    value(ValueType::BooleanValue(yes))
}

pub(super) fn list(values: &[Value]) -> Value {
    value(ValueType::ArrayValue(ArrayValue { values: values.to_vec() }))
}

pub(super) fn map(fields: &[(&str, Value)]) -> Value {
    let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    value(ValueType::MapValue(MapValue { fields }))
}

pub(super) fn moment(text: &str) -> WireTime {
    let time: jiff::Timestamp = text.parse().unwrap();
    WireTime { seconds: time.as_second(), nanos: time.subsec_nanosecond() }
}

pub(super) fn time(text: &str) -> Value {
    value(ValueType::TimestampValue(moment(text)))
}

/// A document of the collection `jobs`.
pub(super) fn doc(id: &str, fields: &[(&str, Value)]) -> Document {
    Document {
        name: name(id),
        fields: fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
        create_time: None,
        update_time: None,
    }
}

pub(super) fn name(id: &str) -> String {
    format!("projects/acme/databases/(default)/documents/jobs/{id}")
}
