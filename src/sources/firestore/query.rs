//! The query of a source: which documents, in which order, from where on, how many.
//!
//! Owns its form and the order of documents. Must not know how it is sent.

use super::place::{Place, Reach, path_of};
use super::value::{at, wire_path};
use super::wire::structured_query::{
    CollectionSelector, CompositeFilter, Direction, FieldFilter, FieldReference, Filter, Order, composite_filter,
    field_filter, filter::FilterType,
};
use super::wire::value::ValueType;
use super::wire::{Cursor, Document, StructuredQuery, Value};
use std::cmp::Ordering;
use std::sync::Arc;

/// What the service calls a document's name where fields are named.
const NAME: &str = "__name__";

/// What documents are ordered by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// This field, the latest first; documents without it are not found.
    Time(String),
    /// Their names, since they have no time: the service cannot give the latest first.
    Name,
}

/// A query without its place to begin.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    /// Where documents are.
    pub(super) place: Place,
    /// What holds for all of them.
    pub(super) filters: Vec<Filter>,
    /// Their order.
    pub(super) by: By,
    /// Nothing from before this moment, in the form of the field's values, where they have a time.
    pub(super) since: Option<Value>,
}

/// Where a document stands in the order.
#[derive(Clone, Debug)]
pub(super) struct Key {
    /// The value that documents are ordered by; nothing where that is their name.
    pub(super) value: Option<Value>,
    /// Its full name.
    pub(super) name: Arc<str>,
}

/// A part of the order, from its first document on: both ends are left out.
#[derive(Clone, Debug, Default)]
pub(super) struct Span {
    /// Behind this one.
    pub(super) behind: Option<Key>,
    /// Up to this one.
    pub(super) until: Option<Key>,
}

impl Plan {
    /// The query of the first `limit` documents of a part of the order.
    pub(super) fn query(&self, span: &Span, limit: Option<u32>) -> StructuredQuery {
        let cursor = |key: &Key, before: bool| Cursor {
            values: key.value.clone().into_iter().chain([reference(&key.name)]).collect(),
            before,
        };
        StructuredQuery {
            from: vec![CollectionSelector {
                collection_id: self.place.collection.clone(),
                all_descendants: matches!(self.place.reach, Reach::Group(_)),
            }],
            r#where: self.condition(),
            order_by: self.order(span),
            start_at: span.behind.as_ref().map(|key| cursor(key, false)),
            end_at: span.until.as_ref().map(|key| cursor(key, true)),
            limit: limit.map(|limit| i32::try_from(limit).unwrap_or(i32::MAX)),
            ..StructuredQuery::default()
        }
    }

    fn order(&self, span: &Span) -> Vec<Order> {
        let order = |path: String, direction: Direction| Order {
            field: Some(FieldReference { field_path: path }),
            direction: direction.into(),
        };
        match &self.by {
            By::Time(field) => {
                vec![order(wire_path(field), Direction::Descending), order(NAME.to_owned(), Direction::Descending)]
            }
            // It is the service's own order; named, it would not go together with every filter.
            By::Name if span.behind.is_none() && span.until.is_none() => Vec::new(),
            By::Name => vec![order(NAME.to_owned(), Direction::Ascending)],
        }
    }

    fn condition(&self) -> Option<Filter> {
        let mut filters = self.filters.clone();
        if let (By::Time(field), Some(since)) = (&self.by, &self.since) {
            let filter = FieldFilter {
                field: Some(FieldReference { field_path: wire_path(field) }),
                op: field_filter::Operator::GreaterThanOrEqual.into(),
                value: Some(since.clone()),
            };
            filters.push(Filter { filter_type: Some(FilterType::FieldFilter(filter)) });
        }
        if filters.len() < 2 {
            return filters.pop();
        }
        let all = CompositeFilter { op: composite_filter::Operator::And.into(), filters };
        Some(Filter { filter_type: Some(FilterType::CompositeFilter(all)) })
    }

    /// Where a document stands.
    pub(super) fn key(&self, document: &Document, name: &Arc<str>) -> Key {
        let value = match &self.by {
            By::Time(field) => Some(at(&document.fields, field).cloned().unwrap_or_default()),
            By::Name => None,
        };
        Key { value, name: name.clone() }
    }
}

impl Key {
    /// Whether this one comes first: it is later, or its name does where these are the order.
    pub(super) fn is_ahead_of(&self, other: &Self) -> bool {
        match (&self.value, &other.value) {
            (Some(own), Some(theirs)) => {
                compare(own, theirs).then_with(|| compare_names(&self.name, &other.name)).is_gt()
            }
            _ => compare_names(&self.name, &other.name).is_lt(),
        }
    }
}

fn reference(name: &str) -> Value {
    Value { value_type: Some(ValueType::ReferenceValue(name.to_owned())) }
}

/// Paths are compared part by part.
fn compare_names(a: &str, b: &str) -> Ordering {
    path_of(a).split('/').cmp(path_of(b).split('/'))
}

/// The service's order of values of the kinds that times have; others of one kind are equal.
fn compare(a: &Value, b: &Value) -> Ordering {
    let rank = |value: &Value| match &value.value_type {
        None | Some(ValueType::NullValue(_)) => 0,
        Some(ValueType::BooleanValue(_)) => 1,
        Some(ValueType::IntegerValue(_) | ValueType::DoubleValue(_)) => 2,
        Some(ValueType::TimestampValue(_)) => 3,
        Some(ValueType::StringValue(_)) => 4,
        Some(ValueType::BytesValue(_)) => 5,
        Some(ValueType::ReferenceValue(_)) => 6,
        Some(ValueType::GeoPointValue(_)) => 7,
        Some(ValueType::ArrayValue(_)) => 8,
        Some(_) => 9,
    };
    let number = |value: &ValueType| match value {
        ValueType::IntegerValue(number) => Some(*number as f64),
        ValueType::DoubleValue(number) => Some(*number),
        _ => None,
    };
    rank(a).cmp(&rank(b)).then_with(|| match (&a.value_type, &b.value_type) {
        (Some(ValueType::TimestampValue(a)), Some(ValueType::TimestampValue(b))) => {
            (a.seconds, a.nanos).cmp(&(b.seconds, b.nanos))
        }
        (Some(ValueType::IntegerValue(a)), Some(ValueType::IntegerValue(b))) => a.cmp(b),
        (Some(ValueType::BytesValue(a)), Some(ValueType::BytesValue(b))) => a.cmp(b),
        (
            Some(ValueType::StringValue(a) | ValueType::ReferenceValue(a)),
            Some(ValueType::StringValue(b) | ValueType::ReferenceValue(b)),
        ) => a.cmp(b),
        (Some(ValueType::BooleanValue(a)), Some(ValueType::BooleanValue(b))) => a.cmp(b),
        // NaN comes before all numbers.
        (Some(a), Some(b)) => match (number(a), number(b)) {
            (Some(a), Some(b)) => a.partial_cmp(&b).unwrap_or_else(|| b.is_nan().cmp(&a.is_nan())),
            _ => Ordering::Equal,
        },
        _ => Ordering::Equal,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::firestore::tests::{double, int, name, text, time};

    #[test]
    fn the_latest_is_first() {
        let key = |value: Option<Value>, id: &str| Key { value, name: name(id).into() };
        let check = |first: Key, second: Key| {
            assert!(first.is_ahead_of(&second) && !second.is_ahead_of(&first), "{first:?} {second:?}");
        };
        let at = |text| Some(time(text));
        check(key(at("2026-11-21T03:13:15Z"), "a"), key(at("2026-11-21T03:13:14.9Z"), "b"));
        check(key(at("2026-11-21T03:13:15Z"), "b"), key(at("2026-11-21T03:13:15Z"), "a"));
        check(key(at("2026-11-21T03:13:15Z"), "a"), key(Some(int(5)), "a"));
        check(key(Some(text("2026")), "a"), key(at("2026-11-21T03:13:15Z"), "a"));
        check(key(Some(int(i64::MAX)), "a"), key(Some(int(i64::MAX - 1)), "b"));
        check(key(Some(double(2.5)), "a"), key(Some(int(2)), "b"));
        check(key(Some(int(0)), "a"), key(Some(double(f64::NAN)), "b"));
        check(key(None, "a"), key(None, "b"));
        check(key(None, "a/x/1"), key(None, "a-b"));
    }

    #[test]
    fn a_query_has_all_its_parts() {
        let place = Place::of("acme", "(default)", "jobs/*/events").unwrap();
        let filter = crate::sources::firestore::filter::parse("state == failed", &place).unwrap();
        let since = Some(int(1));
        let plan = Plan { place, filters: vec![filter], by: By::Time("at.`x y`".into()), since };
        let key = Key { value: Some(int(1)), name: name("a").into() };
        let query = plan.query(&Span { behind: Some(key.clone()), until: Some(key) }, Some(10));
        assert!(query.from[0].all_descendants && query.from[0].collection_id == "events");
        assert_eq!(query.order_by.len(), 2);
        assert_eq!(query.order_by[0].field.as_ref().unwrap().field_path, "at.`x y`");
        let (start, end) = (query.start_at.unwrap(), query.end_at.unwrap());
        assert_eq!((start.values.len(), start.before, end.before, query.limit), (2, false, true, Some(10)));
        assert!(
            matches!(query.r#where.unwrap().filter_type, Some(FilterType::CompositeFilter(all)) if all.filters.len() == 2)
        );
        let plan = Plan { by: By::Name, filters: Vec::new(), ..plan };
        let query = plan.query(&Span::default(), None);
        assert_eq!((query.order_by.len(), query.r#where, query.limit), (0, None, None));
    }
}
