//! `:runs branch main failed`: which runs are wanted, as people write it and read it.
//!
//! Owns the grammar and the words. Must not know who filters.

use super::words::result;
use crate::model::ci::{Progress, Run, RunFilter};
use crate::parse::text::safe_line;
use std::collections::BTreeSet;

/// The results that can be asked for.
const RESULTS: [Progress; 5] =
    [Progress::Failed, Progress::Running, Progress::Passed, Progress::Cancelled, Progress::Waiting];

/// The most names of each kind that are suggested.
const MOST: usize = 50;

/// Reads a change of the filter: what is not named stays as it is; `all` begins anew. Names with blanks stand in `"`, or
/// last.
///
/// # Errors
/// What is wrong with the words.
pub(super) fn read(words: &str, before: &RunFilter) -> Result<RunFilter, String> {
    let mut filter = before.clone();
    let mut rest = words.trim();
    if rest.is_empty() {
        return Err("runs takes all, failed, running, branch NAME, workflow NAME or actor NAME".to_owned());
    }
    while !rest.is_empty() {
        let (word, behind) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        rest = behind.trim_start();
        let place = match word {
            "all" => {
                filter = RunFilter::default();
                continue;
            }
            "branch" => &mut filter.branch,
            "workflow" => &mut filter.workflow,
            "actor" | "by" => &mut filter.actor,
            word => {
                let found = RESULTS.into_iter().find(|progress| result(*progress) == word);
                let known = || RESULTS.map(result).join(", ");
                let word = || safe_line(word.as_bytes());
                let unknown = || format!("`{}` is none of all, {}, branch, workflow, actor", word(), known());
                filter.only = Some(found.ok_or_else(unknown)?);
                continue;
            }
        };
        let (name, behind) = value(rest).ok_or_else(|| format!("{word} takes a name"))?;
        name.clone_into(place);
        rest = behind;
    }
    Ok(filter)
}

/// A name at the start of a text, and what stands behind it. A name goes on to the next word that means something else.
fn value(text: &str) -> Option<(&str, &str)> {
    if let Some((name, rest)) = text.strip_prefix('"').and_then(|text| text.split_once('"')) {
        return Some((name, rest.trim_start()));
    }
    let is_key = |word: &str| {
        matches!(word, "all" | "branch" | "workflow" | "actor" | "by")
            || RESULTS.iter().any(|progress| result(*progress) == word)
    };
    let mut end = text.len();
    let mut at = 0;
    for word in text.split_whitespace() {
        let start = at + text[at..].find(word).unwrap_or(0);
        // The first word is the name whatever it is: a branch may be called `all`.
        if start > 0 && is_key(word) {
            end = start;
            break;
        }
        at = start + word.len();
    }
    let name = text[..end].trim_end();
    (!name.is_empty()).then(|| (name, &text[end..]))
}

/// The filter in words, safe for a terminal; empty when it lets all through.
pub(super) fn said(filter: &RunFilter) -> String {
    let mut words = Vec::new();
    words.extend(filter.only.map(|only| result(only).to_owned()));
    for (name, text) in [("branch", &filter.branch), ("workflow", &filter.workflow), ("by", &filter.actor)] {
        if !text.is_empty() {
            words.push(format!("{name} {}", safe_line(text.as_bytes())));
        }
    }
    words.join(", ")
}

/// What can be asked for, each with what it means: the names that known runs have, too.
pub(super) fn choices(runs: &[&Run]) -> Vec<(String, String)> {
    let row = |words: &str, doc: &str| (words.to_owned(), doc.to_owned());
    let mut rows = vec![
        row("all", "Every run: no filter."),
        row("failed", "Runs that failed or took too long."),
        row("running", "Runs that are under way."),
        row("passed", "Runs that passed."),
        row("cancelled", "Runs that somebody cancelled."),
        row("waiting", "Runs that have not begun."),
    ];
    let mut add = |key: &str, doc: &str, name: fn(&Run) -> &String| {
        let names: BTreeSet<_> = runs.iter().map(|run| name(run)).filter(|name| !name.is_empty()).collect();
        let quote = |name: &str| if name.contains(char::is_whitespace) { "\"" } else { "" };
        let words = |name: &String| format!("{key} {0}{name}{0}", quote(name));
        rows.extend(names.into_iter().take(MOST).map(|name| (words(name), doc.to_owned())));
    };
    add("branch", "Runs of this branch or tag.", |run| &run.branch);
    add("workflow", "Runs of this workflow.", |run| &run.workflow);
    add("actor", "Runs that this person set off.", |run| &run.actor);
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_read_and_said() {
        let check = |words: &str, expected: Result<&str, &str>| {
            let before = RunFilter { actor: "ann".to_owned(), ..RunFilter::default() };
            let found = read(words, &before).map(|filter| said(&filter));
            assert_eq!(found.as_deref().map_err(String::as_str), expected, "{words}");
        };
        check("failed", Ok("failed, by ann"));
        check("all", Ok(""));
        check("all branch main failed", Ok("failed, branch main"));
        check("workflow Build and test branch feat/x", Ok("branch feat/x, workflow Build and test, by ann"));
        check("workflow \"failed tests\" running", Ok("running, workflow failed tests, by ann"));
        check("branch all", Ok("branch all, by ann"));
        check("actor  bob ", Ok("by bob"));
        check("branch", Err("branch takes a name"));
        check("", Err("runs takes all, failed, running, branch NAME, workflow NAME or actor NAME"));
        check(
            "red\u{1b}",
            Err("`red<1B>` is none of all, failed, running, passed, cancelled, waiting, branch, workflow, actor"),
        );
        check("branch \u{1b}[2J", Ok("branch <1B>[2J, by ann"));
    }

    #[test]
    fn names_of_known_runs_can_be_chosen() {
        let run = super::super::tests::run(9, "main", Progress::Passed);
        let rows = choices(&[&run]);
        for expected in ["all", "failed", "branch main", "workflow build-test", "actor ann"] {
            let (words, _) = rows.iter().find(|(words, _)| words == expected).unwrap();
            assert!(read(words, &RunFilter::default()).is_ok(), "{words}");
        }
    }
}
