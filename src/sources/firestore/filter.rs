//! Filters as people write them: `state == "failed"`, `attempt > 3`, `tags array-contains "eu"`.
//!
//! Owns the grammar. Must not know which fields documents have.

use super::place::Place;
use super::value::wire_path;
use super::wire::structured_query::{
    FieldFilter, FieldReference, Filter, UnaryFilter, field_filter, filter::FilterType, unary_filter,
};
use super::wire::value::ValueType;
use super::wire::{ArrayValue, Value};
use field_filter::Operator;

/// The operators; longer ones stand before those that they begin with.
const OPERATORS: &[(&str, Operator)] = &[
    ("array-contains-any", Operator::ArrayContainsAny),
    ("array-contains", Operator::ArrayContains),
    ("not-in", Operator::NotIn),
    ("in", Operator::In),
    ("==", Operator::Equal),
    ("!=", Operator::NotEqual),
    ("<=", Operator::LessThanOrEqual),
    (">=", Operator::GreaterThanOrEqual),
    ("<", Operator::LessThan),
    (">", Operator::GreaterThan),
];

const KNOWN: &str = "==, !=, <, <=, >, >=, in, not-in, array-contains, array-contains-any";

/// The document's own name, as a field.
const NAME: &str = "__name__";

/// Reads one filter.
///
/// # Errors
/// What is wrong with it, and at which column: a sentence.
pub(super) fn parse(text: &str, place: &Place) -> Result<Filter, String> {
    let wrong = |at: usize, what: &str| {
        let column = text.get(..at).map_or(0, |before| before.chars().count()) + 1;
        format!("filter `{text}`: {what} at column {column}")
    };
    let start = text.len() - text.trim_start().len();
    let field_end = field_end(&text[start..]).map_or(text.len(), |end| start + end);
    let field = &text[start..field_end];
    if field.is_empty() {
        return Err(wrong(start, "a field is missing"));
    }
    let rest = text[field_end..].trim_start();
    let at = text.len() - rest.len();
    if rest.is_empty() {
        return Err(wrong(at, &format!("an operator ({KNOWN}) is missing")));
    }
    let Some((word, operator)) = OPERATORS.iter().find(|(word, _)| begins(rest, word)) else {
        return Err(wrong(at, &format!("this is no operator; there are {KNOWN},")));
    };
    let after = &rest[word.len()..];
    let value = after.trim();
    let value_at = text.len() - after.trim_start().len();
    if value.is_empty() {
        return Err(wrong(value_at, "a value is missing"));
    }
    let is_list = matches!(operator, Operator::In | Operator::NotIn | Operator::ArrayContainsAny);
    let of = |text: &str, at: usize| match literal(text) {
        Ok(value) if field == NAME => named(value, place).map_err(|what| wrong(at, what)),
        Ok(value) => Ok(value),
        Err((offset, what)) => Err(wrong(at + offset, what)),
    };
    let value = if is_list {
        let (inner, inner_at) = match value.strip_prefix('[') {
            Some(inner) => match inner.strip_suffix(']') {
                Some(inner) => (inner, value_at + 1),
                None => return Err(wrong(value_at, "the list is not closed with `]`: it begins")),
            },
            None => (value, value_at),
        };
        let mut values = Vec::new();
        for (offset, item) in items(inner) {
            values.push(of(item, inner_at + offset)?);
        }
        Value { value_type: Some(ValueType::ArrayValue(ArrayValue { values })) }
    } else {
        of(value, value_at)?
    };
    Ok(Filter { filter_type: Some(filter(field, *operator, value)) })
}

/// A field compared with a value; nothing and NaN are asked for in a form of their own.
fn filter(field: &str, operator: Operator, value: Value) -> FilterType {
    use unary_filter::Operator as Unary;
    let field = Some(FieldReference { field_path: if field == NAME { NAME.to_owned() } else { wire_path(field) } });
    let is_nan = matches!(value.value_type, Some(ValueType::DoubleValue(number)) if number.is_nan());
    let is_null = matches!(value.value_type, Some(ValueType::NullValue(_)));
    let unary = match operator {
        Operator::Equal if is_null => Some(Unary::IsNull),
        Operator::NotEqual if is_null => Some(Unary::IsNotNull),
        Operator::Equal if is_nan => Some(Unary::IsNan),
        Operator::NotEqual if is_nan => Some(Unary::IsNotNan),
        _ => None,
    };
    match unary {
        Some(unary) => FilterType::UnaryFilter(UnaryFilter {
            op: unary.into(),
            operand_type: field.map(unary_filter::OperandType::Field),
        }),
        None => FilterType::FieldFilter(FieldFilter { field, op: operator.into(), value: Some(value) }),
    }
}

/// Where a field's path ends: at a blank or an operator's sign outside of backticks.
fn field_end(text: &str) -> Option<usize> {
    let mut quoted = false;
    text.char_indices()
        .find(|(_, c)| {
            quoted ^= *c == '`';
            !quoted && (c.is_whitespace() || "=!<>".contains(*c))
        })
        .map(|(at, _)| at)
}

/// Whether a text begins with an operator; one of letters ends there.
fn begins(text: &str, operator: &str) -> bool {
    let Some(after) = text
        .get(operator.len()..)
        .filter(|_| text.get(..operator.len()).is_some_and(|t| t.eq_ignore_ascii_case(operator)))
    else {
        return false;
    };
    let is_word = operator.starts_with(|c: char| c.is_ascii_alphabetic());
    !is_word || after.starts_with(|c: char| c.is_whitespace() || c == '[' || c == '"') || after.is_empty()
}

/// The items of a list, with where they begin; commas in quotes do not separate.
fn items(text: &str) -> Vec<(usize, &str)> {
    let mut items = Vec::new();
    let (mut start, mut quote, mut escaped) = (0, None, false);
    let mut add = |from: usize, to: usize| {
        let item = &text[from..to];
        let blank = item.len() - item.trim_start().len();
        if !item.trim().is_empty() {
            items.push((from + blank, item.trim()));
        }
    };
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(_), '\\') if !escaped => escaped = true,
            (Some(open), c) if c == open && !escaped => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, ',') => {
                add(start, at);
                start = at + 1;
            }
            _ => escaped = false,
        }
    }
    add(start, text.len());
    items
}

/// A value: in quotes a text, else what it looks like.
fn literal(text: &str) -> Result<Value, (usize, &'static str)> {
    let value_type = if text.starts_with('"') {
        match serde_json::from_str::<String>(text) {
            Ok(text) => ValueType::StringValue(text),
            Err(_) => {
                return Err((0, "the quotes do not end where the value does, or hold a wrong escape: they begin"));
            }
        }
    } else if let Some(rest) = text.strip_prefix('\'') {
        match rest.strip_suffix('\'') {
            Some(text) if !text.contains('\'') => ValueType::StringValue(text.to_owned()),
            _ => return Err((0, "the quotes do not end where the value does: they begin")),
        }
    } else {
        match text {
            "true" => ValueType::BooleanValue(true),
            "false" => ValueType::BooleanValue(false),
            "null" => ValueType::NullValue(0),
            "NaN" => ValueType::DoubleValue(f64::NAN),
            _ => number(text).or_else(|| moment(text)).unwrap_or_else(|| ValueType::StringValue(text.to_owned())),
        }
    };
    Ok(Value { value_type: Some(value_type) })
}

fn number(text: &str) -> Option<ValueType> {
    if !text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)) {
        return None;
    }
    let integer = text.parse().ok().map(ValueType::IntegerValue);
    integer.or_else(|| text.parse().ok().map(ValueType::DoubleValue))
}

fn moment(text: &str) -> Option<ValueType> {
    let time: jiff::Timestamp = text.parse().ok()?;
    let time = prost_types::Timestamp { seconds: time.as_second(), nanos: time.subsec_nanosecond() };
    Some(ValueType::TimestampValue(time))
}

/// A document's name: as a path below the root, or below the collection.
fn named(value: Value, place: &Place) -> Result<Value, &'static str> {
    let Some(ValueType::StringValue(path)) = value.value_type else { return Err("a document's path is wanted") };
    let name = if path.contains('/') {
        format!("{}/documents/{path}", place.database())
    } else {
        format!("{}/{}/{path}", place.parent(), place.collection)
    };
    Ok(Value { value_type: Some(ValueType::ReferenceValue(name)) })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A filter in a short form.
    fn show(text: &str) -> String {
        let place = Place::of("acme", "(default)", "jobs").unwrap();
        match parse(text, &place).map(|filter| filter.filter_type) {
            Ok(Some(FilterType::FieldFilter(FieldFilter { field, op, value }))) => {
                let value = value.and_then(|value| value.value_type);
                let value = match value {
                    Some(ValueType::ArrayValue(array)) => format!(
                        "{:?}",
                        array.values.into_iter().filter_map(|value| value.value_type).collect::<Vec<_>>()
                    ),
                    value => format!("{:?}", value.unwrap()),
                };
                format!("{} {:?} {value}", field.unwrap().field_path, Operator::try_from(op).unwrap())
            }
            Ok(Some(FilterType::UnaryFilter(UnaryFilter { op, .. }))) => {
                format!("{:?}", unary_filter::Operator::try_from(op).unwrap())
            }
            Ok(other) => format!("{other:?}"),
            Err(words) => words,
        }
    }

    #[test]
    fn filters() {
        let check = |text: &str, expected: &str| assert_eq!(show(text), expected, "{text}");
        check(r#"state == "failed""#, r#"state Equal StringValue("failed")"#);
        check("state==failed", r#"state Equal StringValue("failed")"#);
        check("state == lock timeout", r#"state Equal StringValue("lock timeout")"#);
        check("state == 'it is'", r#"state Equal StringValue("it is")"#);
        check(r#"n == "3""#, r#"n Equal StringValue("3")"#);
        check("attempt > 3", "attempt GreaterThan IntegerValue(3)");
        check("attempt>=-3.5", "attempt GreaterThanOrEqual DoubleValue(-3.5)");
        check("a.b != true", "a.b NotEqual BooleanValue(true)");
        check("a.`b c` <= 1", "a.`b c` LessThanOrEqual IntegerValue(1)");
        check("a == null", "IsNull");
        check("a != null", "IsNotNull");
        check("a == NaN", "IsNan");
        check(r#"tags array-contains "eu""#, r#"tags ArrayContains StringValue("eu")"#);
        check("s in [a, \"b,c\", 3]", r#"s In [StringValue("a"), StringValue("b,c"), IntegerValue(3)]"#);
        check("s not-in a,b", r#"s NotIn [StringValue("a"), StringValue("b")]"#);
        check("s ARRAY-CONTAINS-ANY [1]", "s ArrayContainsAny [IntegerValue(1)]");
        check("ts < 2026-11-21T03:00:00Z", "ts LessThan TimestampValue(Timestamp { seconds: 1795230000, nanos: 0 })");
        let name = "projects/acme/databases/(default)/documents/jobs/a";
        check("__name__ >= a", &format!("__name__ GreaterThanOrEqual ReferenceValue(\"{name}\")"));
        check("__name__ == jobs/a", &format!("__name__ Equal ReferenceValue(\"{name}\")"));
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let check = |text: &str, what: &str, column: usize| {
            let words = show(text);
            assert!(words.contains(what) && words.ends_with(&format!("at column {column}")), "{words}");
        };
        check("", "a field is missing", 1);
        check("state", "an operator", 6);
        check("state = failed", "no operator", 7);
        check("state like failed", "no operator", 7);
        check("state inside x", "no operator", 7);
        check("state == ", "a value is missing", 10);
        check(r#"state == "failed"#, "quotes do not end", 10);
        check(r#"state in ["a", "b]"#, "quotes do not end", 16);
        check(r#"state in ["a""#, "not closed", 10);
        check("`a b == 1", "an operator", 10);
    }
}
