//! Structured queries: which documents match, and in which order.
//!
//! Owns filters, orders, cursors and limits. Must not know who asks, or what changes.

use super::grpc::Status;
use super::value::{self, NAME, are_alike, compare, find, is_nan, is_null, names};
use googleapis_tonic_google_firestore_v1::google::firestore::v1::structured_query::field_filter::Operator as Op;
use googleapis_tonic_google_firestore_v1::google::firestore::v1::structured_query::filter::FilterType;
use googleapis_tonic_google_firestore_v1::google::firestore::v1::structured_query::unary_filter::{
    OperandType, Operator as Unary,
};
use googleapis_tonic_google_firestore_v1::google::firestore::v1::structured_query::{
    Direction, FieldFilter, FieldReference, Filter, UnaryFilter, composite_filter,
};
use googleapis_tonic_google_firestore_v1::google::firestore::v1::value::ValueType;
use googleapis_tonic_google_firestore_v1::google::firestore::v1::{Cursor, Document, StructuredQuery, Value};
use std::cmp::Ordering;
use std::sync::Arc;

/// A field, or the document's name.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Field {
    Name,
    Path(Vec<String>),
}

impl Field {
    fn new(reference: Option<&FieldReference>) -> Result<Self, Status> {
        let text = reference.map_or("", |reference| &reference.field_path);
        match text {
            "" => Err(Status::invalid("The query requires a field path.")),
            NAME => Ok(Self::Name),
            text => Ok(Self::Path(value::path(text))),
        }
    }

    /// What the document has there.
    fn of(&self, document: &Document) -> Option<Value> {
        match self {
            Self::Name => Some(value::reference(document.name.clone())),
            Self::Path(path) => find(document, path).cloned(),
        }
    }

    fn compare(&self, a: &Document, b: &Document) -> Ordering {
        match self {
            Self::Name => names(&a.name, &b.name),
            Self::Path(path) => match (find(a, path), find(b, path)) {
                (Some(a), Some(b)) => compare(a, b),
                (a, b) => a.is_some().cmp(&b.is_some()),
            },
        }
    }
}

/// What has to hold.
#[derive(Clone, Debug)]
enum Test {
    All(Vec<Self>),
    Any(Vec<Self>),
    Field(Field, Op, Value),
    Unary(Field, Unary),
}

impl Test {
    fn new(filter: &Filter) -> Result<Self, Status> {
        match &filter.filter_type {
            Some(FilterType::CompositeFilter(all)) => {
                let tests = all.filters.iter().map(Self::new).collect::<Result<_, _>>()?;
                match all.op() {
                    composite_filter::Operator::And => Ok(Self::All(tests)),
                    composite_filter::Operator::Or => Ok(Self::Any(tests)),
                    composite_filter::Operator::Unspecified => Err(Status::invalid("a filter has no operator")),
                }
            }
            Some(FilterType::FieldFilter(filter)) => Self::field(filter),
            Some(FilterType::UnaryFilter(filter)) => Self::unary(filter),
            None => Ok(Self::All(Vec::new())),
        }
    }

    fn field(filter: &FieldFilter) -> Result<Self, Status> {
        let field = Field::new(filter.field.as_ref())?;
        let value = filter.value.clone().ok_or_else(|| Status::invalid("a filter has no value"))?;
        let is_reference = matches!(value.value_type, Some(ValueType::ReferenceValue(_) | ValueType::ArrayValue(_)));
        if field == Field::Name && !is_reference {
            return Err(Status::invalid("__key__ filter value must be a Key"));
        }
        match filter.op() {
            Op::Unspecified => Err(Status::invalid("a filter has no operator")),
            op => Ok(Self::Field(field, op, value)),
        }
    }

    fn unary(filter: &UnaryFilter) -> Result<Self, Status> {
        let Some(OperandType::Field(reference)) = &filter.operand_type else {
            return Err(Status::invalid("a filter has no field"));
        };
        match filter.op() {
            Unary::Unspecified => Err(Status::invalid("a filter has no operator")),
            op => Ok(Self::Unary(Field::new(Some(reference))?, op)),
        }
    }

    fn holds(&self, document: &Document) -> bool {
        match self {
            Self::All(tests) => tests.iter().all(|test| test.holds(document)),
            Self::Any(tests) => tests.iter().any(|test| test.holds(document)),
            Self::Field(field, op, wanted) => field.of(document).is_some_and(|value| is(&value, *op, wanted)),
            Self::Unary(field, op) => field.of(document).is_some_and(|value| match op {
                Unary::IsNan => is_nan(&value),
                Unary::IsNull => is_null(&value),
                Unary::IsNotNan => !is_nan(&value) && !is_null(&value),
                Unary::IsNotNull => !is_null(&value),
                Unary::Unspecified => false,
            }),
        }
    }

    /// Fields that are compared for more or less, which are ordered by, too.
    fn inequalities(&self, out: &mut Vec<Field>) {
        match self {
            Self::All(tests) | Self::Any(tests) => tests.iter().for_each(|test| test.inequalities(out)),
            Self::Field(
                field,
                Op::LessThan
                | Op::LessThanOrEqual
                | Op::GreaterThan
                | Op::GreaterThanOrEqual
                | Op::NotEqual
                | Op::NotIn,
                _,
            )
            | Self::Unary(field, Unary::IsNotNan | Unary::IsNotNull)
                if !out.contains(field) =>
            {
                out.push(field.clone());
            }
            Self::Field(..) | Self::Unary(..) => {}
        }
    }

    fn fields(&self, out: &mut Vec<Field>) {
        match self {
            Self::All(tests) | Self::Any(tests) => tests.iter().for_each(|test| test.fields(out)),
            Self::Field(field, ..) | Self::Unary(field, _) => out.push(field.clone()),
        }
    }
}

fn members(value: &Value) -> &[Value] {
    match &value.value_type {
        Some(ValueType::ArrayValue(array)) => &array.values,
        _ => &[],
    }
}

/// Whether a value fits a wanted one. Other types than the wanted one's never do, and nothing compares with null.
fn is(value: &Value, op: Op, wanted: &Value) -> bool {
    if is_null(wanted) {
        return false;
    }
    let equals = |a: &Value, b: &Value| compare(a, b).is_eq() && !is_nan(a);
    match op {
        Op::LessThan => are_alike(value, wanted) && compare(value, wanted).is_lt() && !is_nan(value),
        Op::LessThanOrEqual => are_alike(value, wanted) && compare(value, wanted).is_le() && !is_nan(value),
        Op::GreaterThan => are_alike(value, wanted) && compare(value, wanted).is_gt() && !is_nan(wanted),
        Op::GreaterThanOrEqual => are_alike(value, wanted) && compare(value, wanted).is_ge() && !is_nan(wanted),
        Op::Equal => equals(value, wanted),
        Op::NotEqual => !is_null(value) && !equals(value, wanted),
        Op::ArrayContains => members(value).iter().any(|one| equals(one, wanted)),
        Op::In => members(wanted).iter().any(|one| equals(value, one)),
        Op::NotIn => !is_null(value) && !members(wanted).iter().any(|one| equals(value, one)),
        Op::ArrayContainsAny => members(value).iter().any(|one| members(wanted).iter().any(|other| equals(one, other))),
        Op::Unspecified => false,
    }
}

/// A query that was understood.
#[derive(Clone, Debug)]
pub(super) struct Query {
    /// The name of the parent, with a slash at its end.
    parent: String,
    pub(super) collection: String,
    is_group: bool,
    test: Option<Test>,
    orders: Vec<(Field, Direction)>,
    start: Option<Cursor>,
    end: Option<Cursor>,
    offset: usize,
    limit: usize,
}

impl Query {
    pub(super) fn new(parent: &str, query: &StructuredQuery) -> Result<Self, Status> {
        let [from] = &query.from[..] else {
            return Err(Status::invalid("StructuredQuery.from has to be one collection"));
        };
        let test = query.r#where.as_ref().map(Test::new).transpose()?;
        let mut orders = Vec::new();
        for order in &query.order_by {
            let direction =
                if order.direction() == Direction::Descending { Direction::Descending } else { Direction::Ascending };
            orders.push((Field::new(order.field.as_ref())?, direction));
        }
        if matches!(orders.first(), Some((Field::Name, Direction::Descending))) {
            return Err(Status::precondition("Firestore does not support descending key scans"));
        }
        // Cursors stand for the orders that were named, not for those that follow from them.
        let named = orders.len();
        // What is compared is ordered by; then names decide, in the direction of the last order.
        let last = orders.last().map_or(Direction::Ascending, |(_, direction)| *direction);
        let mut more = Vec::new();
        if let Some(test) = &test {
            test.inequalities(&mut more);
        }
        more.sort_by_key(|field| *field == Field::Name);
        more.push(Field::Name);
        for field in more {
            if !orders.iter().any(|(known, _)| *known == field) {
                orders.push((field, last));
            }
        }
        let too_many = |cursor: &Option<Cursor>| cursor.as_ref().is_some_and(|cursor| cursor.values.len() > named);
        if too_many(&query.start_at) || too_many(&query.end_at) {
            return Err(Status::invalid("Cursor has too many values."));
        }
        let bad = |what: &str| Status::invalid(format!("{what} is negative"));
        Ok(Self {
            parent: format!("{parent}/"),
            collection: from.collection_id.clone(),
            is_group: from.all_descendants,
            test,
            orders,
            start: query.start_at.clone(),
            end: query.end_at.clone(),
            offset: usize::try_from(query.offset).map_err(|_| bad("offset"))?,
            limit: query.limit.map_or(Ok(usize::MAX), usize::try_from).map_err(|_| bad("limit"))?,
        })
    }

    /// What the names of its documents begin with.
    pub(super) fn prefix(&self) -> String {
        if self.is_group { self.parent.clone() } else { format!("{}{}/", self.parent, self.collection) }
    }

    fn covers(&self, name: &str) -> bool {
        let Some(rest) = name.strip_prefix(self.parent.as_str()) else { return false };
        let Some((collection, _)) = rest.rsplit_once('/') else { return false };
        if self.is_group {
            collection.rsplit('/').next() == Some(self.collection.as_str())
        } else {
            collection == self.collection
        }
    }

    /// Whether a document is in the result, but for the limit.
    pub(super) fn matches(&self, document: &Document) -> bool {
        let has = |field: &Field| match field {
            Field::Name => true,
            Field::Path(path) => find(document, path).is_some(),
        };
        self.covers(&document.name)
            && self.orders.iter().all(|(field, _)| has(field))
            && self.test.as_ref().is_none_or(|test| test.holds(document))
            && self.start.as_ref().is_none_or(|cursor| match self.to_cursor(document, cursor) {
                Ordering::Less => false,
                Ordering::Equal => cursor.before,
                Ordering::Greater => true,
            })
            && self.end.as_ref().is_none_or(|cursor| match self.to_cursor(document, cursor) {
                Ordering::Less => true,
                Ordering::Equal => !cursor.before,
                Ordering::Greater => false,
            })
    }

    fn to_cursor(&self, document: &Document, cursor: &Cursor) -> Ordering {
        let pairs = self.orders.iter().zip(&cursor.values);
        let compared = pairs.map(|((field, direction), value)| {
            let order = field.of(document).map_or(Ordering::Less, |own| compare(&own, value));
            if *direction == Direction::Descending { order.reverse() } else { order }
        });
        compared.into_iter().find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    }

    /// The order of two documents that match.
    pub(super) fn compare(&self, a: &Document, b: &Document) -> Ordering {
        let compared = self.orders.iter().map(|(field, direction)| {
            let order = field.compare(a, b);
            if *direction == Direction::Descending { order.reverse() } else { order }
        });
        compared.into_iter().find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    }

    /// Those that match, in order.
    pub(super) fn run(&self, documents: impl Iterator<Item = Arc<Document>>) -> Vec<Arc<Document>> {
        let mut found: Vec<_> = documents.filter(|document| self.matches(document)).collect();
        found.sort_by(|a, b| self.compare(a, b));
        found
    }

    /// What the offset and the limit leave of those that match.
    pub(super) fn window<'d>(&self, found: &'d [Arc<Document>]) -> &'d [Arc<Document>] {
        let rest = found.get(self.offset..).unwrap_or_default();
        &rest[..rest.len().min(self.limit)]
    }

    pub(super) fn skipped(&self, found: usize) -> usize {
        self.offset.min(found)
    }

    /// Whether it filters or orders by all of these fields.
    pub(super) fn uses(&self, wanted: &[String]) -> bool {
        let mut used: Vec<Field> = self.orders.iter().map(|(field, _)| field.clone()).collect();
        if let Some(test) = &self.test {
            test.fields(&mut used);
        }
        wanted.iter().all(|name| used.contains(&Field::Path(value::path(name))))
    }
}
