//! What changed between two versions of a document.
//!
//! Owns the comparison. Must not know how it is told.

use super::value::{self, Fields, as_map, below, same};
use super::wire::Value;

/// Levels of maps that are looked into; the service has no more.
const DEPTH: usize = 20;

/// A field that changed.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Changed<'v> {
    /// Its dotted path.
    pub(super) path: String,
    /// What it was; nothing when it was not there.
    pub(super) from: Option<&'v Value>,
    /// What it is; nothing when it is not there.
    pub(super) to: Option<&'v Value>,
}

/// The fields that differ, by name; maps are compared inside.
pub(super) fn diff<'v>(before: &'v Fields, after: &'v Fields) -> Vec<Changed<'v>> {
    let mut changes = Vec::new();
    walk("", before, after, DEPTH, &mut changes);
    changes
}

fn walk<'v>(path: &str, before: &'v Fields, after: &'v Fields, depth: usize, changes: &mut Vec<Changed<'v>>) {
    let mut names: Vec<&String> =
        before.keys().chain(after.keys().filter(|name| !before.contains_key(*name))).collect();
    names.sort_unstable();
    for name in names {
        let (from, to) = (before.get(name), after.get(name));
        if let (Some(from), Some(to)) = (from, to) {
            if same(from, to) {
                continue;
            }
            if depth > 0
                && let (Some(from), Some(to)) = (as_map(from), as_map(to))
            {
                walk(&below(path, name), from, to, depth - 1, changes);
                continue;
            }
        }
        changes.push(Changed { path: below(path, name), from, to });
    }
}

impl Changed<'_> {
    /// The change in words: `attempt 1 -> 2`, `reason="lock timeout"`, `code removed (7)`.
    pub(super) fn words(&self) -> String {
        let path = &self.path;
        match (self.from, self.to) {
            (Some(from), Some(to)) => {
                let (was, is) = (value::words(from), value::words(to));
                let (kind, other) = (value::kind(from), value::kind(to));
                let is_number = |kind| matches!(kind, "integer" | "number");
                if kind == other || kind == "null" || other == "null" || is_number(kind) && is_number(other) {
                    format!("{path} {was} -> {is}")
                } else {
                    format!("{path} {was} ({kind}) -> {is} ({other})")
                }
            }
            (None, Some(to)) => format!("{path}={}", value::words(to)),
            (Some(from), None) => format!("{path} removed ({})", value::words(from)),
            (None, None) => path.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::firestore::tests::{double, int, map, text};

    #[test]
    fn changes_in_words() {
        let check = |before: &[(&str, Value)], after: &[(&str, Value)], expected: &[&str]| {
            let fields = |pairs: &[(&str, Value)]| -> Fields {
                pairs.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
            };
            let (before, after) = (fields(before), fields(after));
            let got: Vec<String> = diff(&before, &after).iter().map(Changed::words).collect();
            assert_eq!(got, expected);
        };
        check(&[("a", int(1))], &[("a", int(1))], &[]);
        check(&[("a", double(f64::NAN))], &[("a", double(f64::NAN))], &[]);
        check(
            &[("attempt", int(1))],
            &[("attempt", int(2)), ("reason", text("lock timeout"))],
            &["attempt 1 -> 2", r#"reason="lock timeout""#],
        );
        check(&[("code", int(7))], &[], &["code removed (7)"]);
        check(&[("n", int(3))], &[("n", text("3"))], &["n 3 (integer) -> 3 (string)"]);
        check(&[("n", int(3))], &[("n", double(3.5))], &["n 3 -> 3.5"]);
        check(
            &[("m", map(&[("x", int(1)), ("y", int(2))]))],
            &[("m", map(&[("x", int(1)), ("y", int(3))]))],
            &["m.y 2 -> 3"],
        );
        check(&[("m", map(&[("x", int(1))]))], &[("m", int(1))], &["m {1 field} (map) -> 1 (integer)"]);
    }
}
