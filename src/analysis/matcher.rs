//! A filter, compiled: whether one record passes, and which rows of a batch do.
//!
//! Owns the evaluation of [`Query`]. Must not know views or the screen.

pub use super::pattern::BadQuery;
use super::pattern::Needle;
use crate::model::query::FieldTest;
use crate::model::{Batch, Flags, Format, OriginId, Query, Record, Severity, Timestamp};
use crate::parse::Parser;
use crate::store::Segment;
use memchr::memmem;
use std::ops::Range;

/// A compiled [`Query`]. Cheap to clone.
///
/// Time is a record's order time, so records without a time pass with their neighbours. Notes
/// ([`Format::Note`]) have no severity of their own and pass every threshold.
#[derive(Clone, Debug)]
pub struct Matcher {
    min_severity: Severity,
    since: Timestamp,
    until: Timestamp,
    grep: Vec<Needle>,
    not: Vec<Needle>,
    /// Sorted; empty for all.
    origins: Vec<OriginId>,
    columns: Vec<Column>,
    origin_names: Vec<OriginTest>,
    fields: Vec<Field>,
}

/// A test of something that is a column.
#[derive(Clone, Debug)]
enum Column {
    Severity(Severity),
    Formats(Vec<Format>),
    /// Whether records have to have, or not to have, broken their stream's format.
    ParseFailed(bool),
}

/// `origin=NAME`: the origins that are known under that name.
#[derive(Clone, Debug)]
struct OriginTest {
    name: String,
    ids: Vec<OriginId>,
}

/// A field that has to have a value.
#[derive(Clone, Debug)]
struct Field {
    name: String,
    value: String,
    /// Finds the value in the raw bytes, where a value can only come from there as it is.
    hint: Option<Box<memmem::Finder<'static>>>,
}

impl Default for Matcher {
    /// Everything passes.
    fn default() -> Self {
        Self {
            min_severity: Severity::Unknown,
            since: Timestamp::MIN,
            until: Timestamp::MAX,
            grep: Vec::new(),
            not: Vec::new(),
            origins: Vec::new(),
            columns: Vec::new(),
            origin_names: Vec::new(),
            fields: Vec::new(),
        }
    }
}

impl Matcher {
    /// Compiles a filter. `names` are the origins known so far, for `origin=NAME`; later ones come with
    /// [`Matcher::add_origin`].
    ///
    /// # Errors
    /// [`BadQuery`] names the part that was not understood.
    pub fn compile<'n>(query: &Query, names: impl IntoIterator<Item = (OriginId, &'n str)>) -> Result<Self, BadQuery> {
        let mut origins = query.origins.clone();
        origins.sort_unstable();
        let mut matcher = Self {
            min_severity: query.min_severity,
            since: query.since.unwrap_or(Timestamp::MIN),
            until: query.until.unwrap_or(Timestamp::MAX),
            grep: query.grep.iter().map(Needle::compile).collect::<Result<_, _>>()?,
            not: query.not.iter().map(Needle::compile).collect::<Result<_, _>>()?,
            origins,
            ..Self::default()
        };
        for test in &query.fields {
            matcher.add_field(test)?;
        }
        if !matcher.origin_names.is_empty() {
            for (id, name) in names {
                matcher.add_origin(id, name);
            }
        }
        Ok(matcher)
    }

    /// The filter, and this pattern has to be found, too.
    #[must_use]
    pub fn and(mut self, needle: Needle) -> Self {
        self.grep.push(needle);
        self
    }

    /// Tells the name of an origin that was not known when the filter was compiled.
    pub fn add_origin(&mut self, id: OriginId, name: &str) {
        for test in &mut self.origin_names {
            let last = name.rsplit('/').next().unwrap_or(name);
            if (test.name == name || test.name == last) && !test.ids.contains(&id) {
                test.ids.push(id);
            }
        }
    }

    /// Whether a record passes.
    pub fn matches(&self, record: &Record<'_>, parser: &mut Parser) -> bool {
        (record.severity >= self.min_severity || record.format == Format::Note)
            && self.since <= record.order
            && record.order <= self.until
            && self.passes_columns(record.origin, record.severity, record.format, record.flags)
            && self.grep.iter().all(|needle| needle.is_in_record(record))
            && !self.not.iter().any(|needle| needle.is_in_record(record))
            && self.fields.iter().all(|field| field.is_in(record, parser))
    }

    /// Adds the rows that pass, in ascending order. The same rows as [`Matcher::matches`] finds, faster.
    pub fn scan(&self, batch: &Batch, rows: Range<usize>, parser: &mut Parser, out: &mut Vec<u32>) {
        let first = out.len();
        let rows = rows.start..rows.end.min(batch.len());
        self.scan_severity_and_time(batch, rows.clone(), out);
        if !(self.origins.is_empty() && self.columns.is_empty() && self.origin_names.is_empty()) {
            retain_from(out, first, |row| {
                let severity = Severity::from_u8(batch.severities()[row]);
                let format = Format::from_u8(batch.formats()[row]);
                self.passes_columns(batch.origins()[row], severity, format, Flags(batch.flags()[row]))
            });
        }
        let needles =
            self.grep.iter().map(|needle| (needle, true)).chain(self.not.iter().map(|needle| (needle, false)));
        for (needle, wanted) in needles {
            if out.len() == first {
                return;
            }
            let candidates = out[first] as usize..out[out.len() - 1] as usize + 1;
            // One search over the whole arena is faster, unless few records are left to look at.
            if (out.len() - first) * 8 < candidates.len() {
                retain_from(out, first, |row| needle.is_in_record(&batch.record(row)) == wanted);
                continue;
            }
            let mut hits = Vec::new();
            needle.rows(batch, candidates, &mut hits);
            let mut hits = hits.into_iter().peekable();
            retain_from(out, first, |row| {
                while hits.next_if(|hit| (*hit as usize) < row).is_some() {}
                (hits.peek() == Some(&(row as u32))) == wanted
            });
        }
        if !self.fields.is_empty() {
            retain_from(out, first, |row| {
                let record = batch.record(row);
                self.fields.iter().all(|field| field.is_in(&record, parser))
            });
        }
    }

    /// Whether any record of a segment could pass, as far as its counts and times tell.
    pub fn could_match(&self, segment: &Segment) -> bool {
        let (low, high) = segment.orders();
        let tally = segment.tally();
        low <= self.until && self.since <= high && (tally.at_least(self.min_severity) > 0 || tally.notes > 0)
    }

    /// Whether it looks at the bytes of records, not only at columns: the work then grows with their size.
    pub fn reads_text(&self) -> bool {
        !(self.grep.is_empty() && self.not.is_empty() && self.fields.is_empty())
    }

    /// Where the texts that are looked for stand in a text on the screen: ranges of bytes, at most `limit` for each.
    pub fn ranges(&self, text: &str, limit: usize) -> Vec<Range<usize>> {
        let mut ranges: Vec<_> = self.grep.iter().flat_map(|needle| needle.ranges(text, limit)).collect();
        ranges.sort_unstable_by_key(|range| (range.start, range.end));
        ranges
    }

    #[expect(clippy::needless_bitwise_bool, reason = "which records pass cannot be predicted: no branches")]
    fn scan_severity_and_time(&self, batch: &Batch, rows: Range<usize>, out: &mut Vec<u32>) {
        let all_times = (self.since, self.until) == (Timestamp::MIN, Timestamp::MAX);
        if all_times && self.min_severity == Severity::Unknown {
            out.extend(rows.map(|row| row as u32));
            return;
        }
        let first = out.len();
        out.resize(first + rows.len(), 0);
        let to = &mut out[first..];
        let (min, since, until) = (self.min_severity as u8, self.since.0, self.until.0);
        let columns = batch.severities()[rows.clone()].iter().zip(&batch.formats()[rows.clone()]);
        let columns = columns.zip(&batch.orders()[rows.clone()]);
        let mut found = 0;
        for (row, ((severity, format), order)) in rows.zip(columns) {
            to[found] = row as u32;
            let loud = (*severity >= min) | (*format == Format::Note as u8);
            found += usize::from(loud & (since <= *order) & (*order <= until));
        }
        out.truncate(first + found);
    }

    fn passes_columns(&self, origin: OriginId, severity: Severity, format: Format, flags: Flags) -> bool {
        (self.origins.is_empty() || self.origins.binary_search(&origin).is_ok())
            && self.origin_names.iter().all(|test| test.ids.contains(&origin))
            && self.columns.iter().all(|column| match column {
                Column::Severity(level) => severity == *level,
                Column::Formats(formats) => formats.contains(&format),
                Column::ParseFailed(failed) => flags.has(Flags::PARSE_FAILED) == *failed,
            })
    }

    fn add_field(&mut self, test: &FieldTest) -> Result<(), BadQuery> {
        let FieldTest { field, value } = test;
        let bad = |problem: String| BadQuery::new(&format!("{field}={value}"), problem);
        match field.as_str() {
            "severity" => {
                let unknown = value.eq_ignore_ascii_case("unknown").then_some(Severity::Unknown);
                let level = unknown.or_else(|| Severity::from_word(value.as_bytes()));
                let names = Severity::ALL.map(|level| level.name().to_lowercase()).join(", ");
                let level = level.ok_or_else(|| bad(format!("not a severity; there are {names}")))?;
                self.columns.push(Column::Severity(level));
            }
            "format" => {
                let wanted = squeeze(value);
                let formats = Format::ALL.into_iter().filter(|f| squeeze(f.name()).starts_with(&wanted));
                let formats: Vec<_> = formats.filter(|_| !wanted.is_empty()).collect();
                if formats.is_empty() {
                    return Err(bad(format!("not a format; there are {}", Format::ALL.map(Format::name).join(", "))));
                }
                self.columns.push(Column::Formats(formats));
            }
            "parse" => {
                let failed = match value.as_str() {
                    "ok" => false,
                    "failed" => true,
                    _ => return Err(bad("use parse=ok or parse=failed".to_owned())),
                };
                self.columns.push(Column::ParseFailed(failed));
            }
            "origin" => self.origin_names.push(OriginTest { name: value.clone(), ids: Vec::new() }),
            _ => self.fields.push(Field::new(field, value)),
        }
        Ok(())
    }
}

impl Field {
    fn new(name: &str, value: &str) -> Self {
        // Values are given as they are written, numbers too; only escapes are resolved.
        let plain = value.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'));
        let hint = (plain && !value.is_empty()).then(|| Box::new(memmem::Finder::new(value.as_bytes()).into_owned()));
        Self { name: name.to_owned(), value: value.to_owned(), hint }
    }

    /// Whether the record has this field with this value. The case of the name does not matter.
    fn is_in(&self, record: &Record<'_>, parser: &mut Parser) -> bool {
        if let Some(hint) = &self.hint
            && matches!(record.format, Format::Json | Format::Logfmt)
            && hint.find(record.raw).is_none()
            // An escape (\u0041) can hide a letter.
            && memchr::memchr(b'\\', record.raw).is_none()
        {
            return false;
        }
        let mut found = false;
        parser.fields(record.raw, record.format, &mut |name, value| {
            found = name.eq_ignore_ascii_case(&self.name) && value == self.value;
            !found
        });
        found
    }
}

/// A name without case, blanks and punctuation: `GitHub Actions` and `github-actions` are one.
fn squeeze(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// Keeps the rows from `first` on that `keep` says.
fn retain_from(out: &mut Vec<u32>, first: usize, mut keep: impl FnMut(usize) -> bool) {
    let mut to = first;
    for at in first..out.len() {
        let row = out[at];
        out[to] = row;
        to += usize::from(keep(row as usize));
    }
    out.truncate(to);
}

#[cfg(test)]
mod tests;
