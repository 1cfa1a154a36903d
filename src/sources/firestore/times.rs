//! Moments: between the service's form and ours, in fields of documents, and which field of a document is its time.
//!
//! Owns that. Must not know records.

use super::value::{self, Fields};
use super::wire::value::ValueType;
use super::wire::{Document, Value};
use crate::model::Timestamp;
use crate::model::time::SECOND;
use prost_types::Timestamp as WireTime;

/// Names of the field with a document's time, the likeliest first: when it happened, when it was made, when it changed. What
/// only some documents have (a time of a change) would hide the others, since a query is ordered by it.
const NAMES: &[&str] = &[
    "timestamp",
    "time",
    "ts",
    "eventtime",
    "datetime",
    "occurredat",
    "at",
    "date",
    "loggedat",
    "createdat",
    "created",
    "createtime",
    "creationtime",
    "createdon",
    "inserted",
    "insertedat",
    "receivedat",
    "publishedat",
    "submittedat",
    "queuedat",
    "startedat",
    "starttime",
    "started",
    "openedat",
    "updatedat",
    "updated",
    "updatetime",
    "lastupdated",
    "lastupdatedat",
    "lastupdate",
    "modifiedat",
    "modified",
    "lastmodified",
    "changedat",
    "heartbeatat",
    "lastseen",
    "lastseenat",
    "finishedat",
    "endedat",
    "endtime",
    "completedat",
];

/// The service's moment as ours; nothing before 1677 or after 2262.
pub(super) fn ours(time: &WireTime) -> Option<Timestamp> {
    let nanos = i128::from(time.seconds) * i128::from(SECOND) + i128::from(time.nanos);
    i64::try_from(nanos).ok().map(Timestamp)
}

/// Our moment as the service's.
pub(super) fn theirs(time: Timestamp) -> WireTime {
    WireTime { seconds: time.0.div_euclid(SECOND), nanos: time.0.rem_euclid(SECOND) as i32 }
}

/// A value that says when: a timestamp, a text in RFC 3339, or seconds, milli-, micro- or nanoseconds since 1970.
pub(super) fn of_value(value: &Value) -> Option<Timestamp> {
    match value.value_type.as_ref()? {
        ValueType::TimestampValue(time) => ours(time),
        ValueType::StringValue(text) => Timestamp::from_jiff(text.trim().parse().ok()?),
        ValueType::IntegerValue(number) => epoch(i128::from(*number), 1),
        // Parts of a second count as well.
        ValueType::DoubleValue(number) if number.is_finite() => epoch((number * 1e6) as i128, 1_000_000),
        _ => None,
    }
}

/// A moment in the form that a field's values have; as a timestamp where none is known.
pub(super) fn like(sample: Option<&Value>, time: Timestamp) -> Value {
    let scaled = |unit: i64| time.0.div_euclid(SECOND / unit);
    let unit = |seconds: f64| [1, 1_000, 1_000_000, SECOND].into_iter().find(|unit| seconds / (*unit as f64) < 1e10);
    let value_type = match sample.and_then(|sample| sample.value_type.as_ref()) {
        Some(ValueType::StringValue(_)) => ValueType::StringValue(time.to_jiff().to_string()),
        Some(ValueType::IntegerValue(number)) => {
            ValueType::IntegerValue(scaled(unit(*number as f64).unwrap_or(SECOND)))
        }
        Some(ValueType::DoubleValue(number)) => {
            ValueType::DoubleValue(time.0 as f64 / SECOND as f64 * unit(*number).unwrap_or(1) as f64)
        }
        _ => ValueType::TimestampValue(theirs(time)),
    };
    Value { value_type: Some(value_type) }
}

/// A number since 1970 in the unit that puts it between 1980 and 2200; it is given in parts of a unit.
fn epoch(number: i128, parts: i128) -> Option<Timestamp> {
    const EARLIEST: i128 = 315_532_800;
    const LATEST: i128 = 7_258_118_400;
    [1, 1_000, 1_000_000, 1_000_000_000]
        .into_iter()
        .find_map(|unit: i128| {
            let scale = unit * parts;
            let seconds = number.div_euclid(scale);
            (EARLIEST..LATEST).contains(&seconds).then(|| i64::try_from(number * i128::from(SECOND) / scale).ok())?
        })
        .map(Timestamp)
}

/// The field with the times of such documents: a timestamp of a usual name, else a timestamp that most of them have.
pub(super) fn find(documents: &[Document]) -> Option<String> {
    let is_time = |value: &Value| matches!(value.value_type, Some(ValueType::TimestampValue(_)));
    let mut counts: Vec<(String, usize, usize)> = Vec::new();
    for document in documents {
        for (name, value) in value::sorted(&document.fields) {
            let says_when = is_time(value) || rank(name) < NAMES.len() && of_value(value).is_some();
            if !says_when {
                continue;
            }
            match counts.iter_mut().find(|(known, ..)| known == name) {
                Some((.., count)) => *count += 1,
                None => counts.push((name.clone(), rank(name), 1)),
            }
        }
    }
    // A name with a dot has to be quoted in a path.
    let most = documents.len() / 2 + 1;
    let best = counts.into_iter().filter(|(.., count)| *count >= most.min(documents.len()));
    let best = best.min_by_key(|(_, rank, count)| (*rank, usize::MAX - count));
    best.map(|(name, ..)| value::below("", &name))
}

/// The place of a name in the list of names; behind it for others.
pub(super) fn rank(name: &str) -> usize {
    let plain: String = name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    NAMES.iter().position(|known| *known == plain).unwrap_or(NAMES.len())
}

/// Whether a name says that the field holds a time, which is no news when it changes.
pub(super) fn is_usual(path: &str) -> bool {
    let name = path.rsplit('.').next().unwrap_or(path);
    rank(name) < NAMES.len()
}

/// The time that a document tells of itself.
pub(super) fn own(fields: &Fields, field: Option<&str>) -> Option<Timestamp> {
    of_value(value::at(fields, field?)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::firestore::tests::{doc, text, time};

    fn int(number: i64) -> Value {
        Value { value_type: Some(ValueType::IntegerValue(number)) }
    }

    #[test]
    fn values_that_say_when() {
        let check = |value: Value, expected: Option<&str>| {
            let got = of_value(&value).map(|time| time.to_jiff().to_string());
            assert_eq!(got.as_deref(), expected, "{value:?}");
        };
        check(time("2026-11-21T03:13:14.5Z"), Some("2026-11-21T03:13:14.5Z"));
        check(text("2026-11-21T03:13:14+02:00"), Some("2026-11-21T01:13:14Z"));
        check(text("yesterday"), None);
        check(int(1_795_230_794), Some("2026-11-21T03:13:14Z"));
        check(int(1_795_230_794_250), Some("2026-11-21T03:13:14.25Z"));
        check(int(1_795_230_794_250_000_007), Some("2026-11-21T03:13:14.250000007Z"));
        check(int(42), None);
        check(Value { value_type: Some(ValueType::DoubleValue(1_795_230_794.5)) }, Some("2026-11-21T03:13:14.5Z"));
        check(Value { value_type: Some(ValueType::DoubleValue(f64::NAN)) }, None);
    }

    #[test]
    fn moments_in_the_form_of_others() {
        let time_of = |text: &str| Timestamp::from_jiff(text.parse().unwrap()).unwrap();
        for sample in [
            time("2020-01-01T00:00:00Z"),
            text("2020-01-01T00:00:00Z"),
            int(1_577_836_800),
            int(1_577_836_800_000),
            int(1_577_836_800_000_000),
            int(1_577_836_800_000_000_000),
            Value { value_type: Some(ValueType::DoubleValue(1_577_836_800.5)) },
        ] {
            let since = time_of("2026-11-21T03:13:14Z");
            let like = like(Some(&sample), since);
            assert_eq!(super::value::kind(&like), super::value::kind(&sample));
            assert_eq!(of_value(&like), Some(since), "{sample:?}");
        }
    }

    #[test]
    fn the_field_of_times_is_found() {
        let at = || time("2026-11-21T03:13:14Z");
        let check = |documents: &[Document], expected: Option<&str>| {
            assert_eq!(find(documents).as_deref(), expected, "{documents:?}");
        };
        check(&[], None);
        check(&[doc("a", &[("n", int(1))])], None);
        check(&[doc("a", &[("createdAt", at()), ("ts", at())])], Some("ts"));
        check(&[doc("a", &[("updated_at", at()), ("created_at", at())])], Some("created_at"));
        check(&[doc("a", &[("due", at()), ("n", int(1))])], Some("due"));
        check(&[doc("a", &[("time", int(1_795_230_794)), ("n", int(1))])], Some("time"));
        check(&[doc("a", &[("ts", at())]), doc("b", &[("due", at())]), doc("c", &[("due", at())])], Some("due"));
        check(&[doc("a", &[("x.y", at())])], Some("`x.y`"));
    }
}
