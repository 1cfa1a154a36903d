//! The filter pane: what the user wrote, what it means, and what it is in words.
//!
//! Owns the pane's state and the spelling of an active filter. Must not know how a filter is evaluated.

use super::action::Context;
use super::edit::LineEdit;
use super::format::{Digits, date, time_of_day};
use crate::model::query::{FieldTest, Pattern, PatternKind};
use crate::model::time::{MILLISECOND, TimeSpec};
use crate::model::{Query, Severity, Timestamp};
use jiff::tz::TimeZone;

/// A filter as the user wrote it. The severity is the query's own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entries {
    /// Not before: RFC 3339, `14:02`, `10m`, `10m@end`.
    pub since: String,
    /// Not after.
    pub until: String,
    /// A text or a regular expression that has to be there.
    pub text: String,
    /// One that may not.
    pub hide: String,
    /// `FIELD=VALUE`.
    pub field: String,
}

/// What times mean while a filter is read.
#[derive(Clone, Debug)]
pub(super) struct TimeBase {
    pub(super) now: Timestamp,
    pub(super) newest: Option<Timestamp>,
    pub(super) zone: TimeZone,
}

/// A row of the pane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FilterField {
    /// The lowest severity.
    Severity,
    /// See [`Entries::since`].
    Since,
    /// See [`Entries::until`].
    Until,
    /// See [`Entries::text`].
    Text,
    /// See [`Entries::hide`].
    Hide,
    /// See [`Entries::field`].
    Field,
    /// Filters by name.
    Saved,
}

impl FilterField {
    /// All rows, from top to bottom.
    pub const ALL: [Self; 7] =
        [Self::Severity, Self::Since, Self::Until, Self::Text, Self::Hide, Self::Field, Self::Saved];

    /// Its name.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Severity => "Severity",
            Self::Since => "Since",
            Self::Until => "Until",
            Self::Text => "Text",
            Self::Hide => "Hide",
            Self::Field => "Field",
            Self::Saved => "Saved",
        }
    }

    /// What can be written there.
    pub const fn hint(self) -> &'static str {
        match self {
            Self::Severity => "a threshold: what is worse is shown, too",
            Self::Since | Self::Until => "10m, 14:02, 10m@end or 2026-01-02T15:04:05Z",
            Self::Text => "regular expression; a capital letter makes case matter",
            Self::Hide => "records with this are hidden",
            Self::Field => "NAME=VALUE, such as status=500 or parse=failed",
            Self::Saved => "filters by name; relative times count from now again",
        }
    }
}

/// The open pane.
#[derive(Debug)]
pub struct FilterPane {
    pub(super) focus: usize,
    /// The severity that the cursor is on.
    pub(super) choice: Severity,
    pub(super) severity: Severity,
    /// The saved filter that the cursor is on.
    pub(super) saved: Option<usize>,
    /// The saved filter that goes when it is deleted once more.
    pub(super) doomed: Option<String>,
    /// The texts of the rows below the severity.
    pub(super) edits: [LineEdit; 5],
    /// What is wrong, and in which row.
    pub(super) error: Option<(FilterField, String)>,
    /// What `Esc` puts back.
    pub(super) old: (Query, Entries),
}

impl FilterPane {
    pub(super) fn new(query: &Query, entries: &Entries) -> Self {
        Self {
            focus: 0,
            choice: query.min_severity,
            severity: query.min_severity,
            saved: None,
            doomed: None,
            edits: edits(entries),
            error: None,
            old: (query.clone(), entries.clone()),
        }
    }

    /// Puts a filter into the rows.
    pub(super) fn fill(&mut self, severity: Severity, entries: &Entries) {
        (self.choice, self.severity) = (severity, severity);
        self.edits = edits(entries);
    }

    /// The saved filter that the cursor is on, as its place among them.
    pub fn saved(&self) -> Option<usize> {
        self.saved
    }

    /// The row that has the keys.
    pub fn focus(&self) -> FilterField {
        FilterField::ALL[self.focus.min(FilterField::ALL.len() - 1)]
    }

    /// The severity that the cursor is on.
    pub fn choice(&self) -> Severity {
        self.choice
    }

    /// The lowest severity that is shown.
    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// The text of a row; `None` for those with a choice.
    pub fn edit(&self, field: FilterField) -> Option<&LineEdit> {
        self.edits.get((field as usize).checked_sub(1)?)
    }

    /// What is wrong with a row.
    pub fn error(&self, field: FilterField) -> Option<&str> {
        self.error.as_ref().filter(|(wrong, _)| *wrong == field).map(|(_, text)| text.as_str())
    }

    pub(super) fn context(&self) -> Context {
        match self.focus() {
            FilterField::Severity | FilterField::Saved => Context::Choice,
            _ => Context::Text,
        }
    }

    pub(super) fn focused_edit(&mut self) -> Option<&mut LineEdit> {
        self.edits.get_mut(self.focus.checked_sub(1)?)
    }

    pub(super) fn entries(&self) -> Entries {
        let [since, until, text, hide, field] = &self.edits;
        let text_of = |edit: &LineEdit| edit.text().to_owned();
        Entries {
            since: text_of(since).trim().to_owned(),
            until: text_of(until).trim().to_owned(),
            text: text_of(text),
            hide: text_of(hide),
            field: text_of(field).trim().to_owned(),
        }
    }
}

fn edits(entries: &Entries) -> [LineEdit; 5] {
    let Entries { since, until, text, hide, field } = entries;
    [since, until, text, hide, field].map(|text| LineEdit::new(text))
}

impl Entries {
    /// The query that they mean.
    ///
    /// # Errors
    /// The row that is not understood, and why. Patterns are not compiled here.
    pub(super) fn query(&self, min_severity: Severity, base: &TimeBase) -> Result<Query, (FilterField, String)> {
        let time = |text: &str, field| {
            if text.is_empty() {
                return Ok(None);
            }
            let spec = TimeSpec::parse(text, &base.zone).map_err(|error| (field, error.to_string()))?;
            Ok(Some(spec.resolve(base.now, base.newest, &base.zone)))
        };
        let pattern = |text: &str| {
            let pattern = Pattern { source: text.to_owned(), kind: PatternKind::SmartRegex };
            if text.is_empty() { Vec::new() } else { vec![pattern] }
        };
        let fields = if self.field.is_empty() {
            Vec::new()
        } else {
            // The error of the command line names its option.
            let problem = || format!("`{}` is not NAME=VALUE: write status=500 or parse=failed", self.field);
            vec![field_test(&self.field).ok_or_else(|| (FilterField::Field, problem()))?]
        };
        Ok(Query {
            min_severity,
            since: time(&self.since, FilterField::Since)?,
            until: time(&self.until, FilterField::Until)?,
            grep: pattern(&self.text),
            not: pattern(&self.hide),
            fields,
            origins: Vec::new(),
        })
    }
}

/// Reads `NAME=VALUE`. A value in double quotes is read as a JSON string, so that every value can be written.
pub(super) fn field_test(text: &str) -> Option<FieldTest> {
    let mut test: FieldTest = text.parse().ok()?;
    if test.value.starts_with('"')
        && let Ok(value) = serde_json::from_str(&test.value)
    {
        test.value = value;
    }
    Some(test)
}

/// A test as [`field_test`] reads it.
pub(super) fn field_text(test: &FieldTest) -> String {
    let FieldTest { field, value } = test;
    let is_plain = !value.starts_with('"') && value.trim() == value && !value.contains(char::is_control);
    if is_plain { format!("{field}={value}") } else { format!("{field}={}", serde_json::Value::from(value.as_str())) }
}

/// Which row a query's bad part came from.
pub(super) fn field_of(part: &str, query: &Query) -> FilterField {
    let is = |patterns: &[Pattern]| patterns.iter().any(|pattern| pattern.source == part);
    if is(&query.grep) {
        FilterField::Text
    } else if is(&query.not) {
        FilterField::Hide
    } else {
        FilterField::Field
    }
}

/// An active filter in words: `sev>=WRN since 02:44:22 text /timeout/`; empty when everything is shown. Times are
/// moments: a filter of the last ten minutes does not move on. Not yet safe for a terminal.
/// `fields` are those of the query as they are shown: without secrets.
pub(super) fn words(query: &Query, fields: &[FieldTest], now: Timestamp, zone: &TimeZone) -> String {
    let mut parts = Vec::new();
    if query.min_severity > Severity::Unknown {
        parts.push(format!("sev>={}", query.min_severity.short()));
    }
    let moment = |time: Timestamp| {
        let day = date(time, zone);
        let clock = time_of_day(time, zone, Digits::Seconds);
        if day == date(now, zone) { clock } else { format!("{day} {clock}") }
    };
    parts.extend(query.since.map(|time| format!("since {}", moment(time))));
    parts.extend(query.until.map(|time| match time.saturating_add(1) {
        end if end.0 % MILLISECOND == 0 => format!("before {}", moment(end)),
        _ => format!("until {}", moment(time)),
    }));
    parts.extend(query.grep.iter().map(|pattern| format!("text /{}/", pattern.source)));
    parts.extend(query.not.iter().map(|pattern| format!("hide /{}/", pattern.source)));
    parts.extend(fields.iter().map(field_text));
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base() -> TimeBase {
        let now = Timestamp::from_jiff("2026-11-21T03:14:22Z".parse().unwrap()).unwrap();
        TimeBase { now, newest: None, zone: TimeZone::UTC }
    }

    #[test]
    fn entries_become_a_query_and_words() {
        let check = |entries: Entries, severity, expected: &str| {
            let query = entries.query(severity, &base()).unwrap();
            assert_eq!(words(&query, &query.fields, base().now, &TimeZone::UTC), expected);
        };
        check(Entries::default(), Severity::Unknown, "");
        let entries = Entries {
            since: "30m".into(),
            until: "2026-11-20".into(),
            text: "timeout|circuit".into(),
            hide: "GET /healthz".into(),
            field: "status=500".into(),
        };
        let words = "sev>=WRN since 02:44:22 until 2026-11-20 00:00:00 text /timeout|circuit/ hide /GET /healthz/ \
                     status=500";
        check(entries, Severity::Warn, words);
    }

    #[test]
    fn every_value_can_be_written() {
        let check = |value: &str, expected: &str| {
            let test = FieldTest { field: "a.b".to_owned(), value: value.to_owned() };
            assert_eq!(field_text(&test), expected);
            assert_eq!(field_test(expected), Some(test));
        };
        check("500", "a.b=500");
        check("a b=c", "a.b=a b=c");
        check("", "a.b=");
        check(" x ", r#"a.b=" x ""#);
        check("\"q\"", r#"a.b="\"q\"""#);
        check("two\nlines", r#"a.b="two\nlines""#);
        assert_eq!(field_test("a=\"open").unwrap().value, "\"open");
    }

    #[test]
    fn what_is_wrong_is_said_in_its_row() {
        let check = |entries: Entries, field| {
            assert_eq!(entries.query(Severity::Unknown, &base()).unwrap_err().0, field);
        };
        check(Entries { since: "soon".into(), ..Entries::default() }, FilterField::Since);
        check(Entries { until: "x".into(), ..Entries::default() }, FilterField::Until);
        check(Entries { field: "status".into(), ..Entries::default() }, FilterField::Field);
    }
}
