//! Runs as a table.
//!
//! Owns the columns and their colours. Must not know where the runs came from. What a service told goes through
//! `parse::text`.

use crate::app::format::age;
use crate::app::{Role, run_mark, run_result, run_took, text};
use crate::model::Timestamp;
use crate::model::ci::{Repo, Run};
use crate::parse::text::safe_line;

const BOLD: &str = "\x1b[1m";
const DIM: &str = "\x1b[2m";
const RED: &str = "\x1b[1;31m";
const GREEN: &str = "\x1b[32m";
const YELLOW: &str = "\x1b[33m";
const CYAN: &str = "\x1b[36m";
const PLAIN: &str = "\x1b[0m";

/// Columns between two columns.
const GAP: usize = 2;
/// The most columns that a name gets, and what it keeps where there is little room.
const MOST: usize = 32;
const LEAST: usize = 8;
/// The most columns of a title, where nothing else limits it.
const TITLE: usize = 100;

/// Whether the table has colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colours {
    /// Codes of a terminal.
    On,
    /// None.
    Off,
}

/// A cell: its text, and the code of its colour.
type Cell = (String, &'static str);

/// Which columns there are, with their headings; their numbers are those of a row's cells.
const HEADS: [&str; 9] = ["RUN", "REPOSITORY", "WORKFLOW", "BRANCH", "RESULT", "TOOK", "STARTED", "COMMIT", "TITLE"];
const REPOSITORY: usize = 1;
const NAMES: [usize; 3] = [REPOSITORY, 2, 3];
const TOOK: usize = 5;
const COMMIT: usize = 7;
const LAST: usize = 8;

/// The runs of each repository in their order, as a table with a heading; the repository is a column when there are
/// several. With a `width` no line has more columns, unless not even the narrowest form has so few; names are cut in
/// their middle then, and the title goes first. Without runs it is a sentence.
pub fn table(repos: &[(Repo, Vec<Run>)], now: Timestamp, colours: Colours, width: Option<usize>) -> String {
    let rows: Vec<_> =
        repos.iter().flat_map(|(repo, runs)| runs.iter().map(move |run| cells(repo, run, now))).collect();
    if rows.is_empty() {
        return "no runs\n".to_owned();
    }
    let mut widths: [usize; HEADS.len()] = std::array::from_fn(|n| {
        let cells = rows.iter().map(|row| text::width(&row[n].0));
        cells.chain([HEADS[n].len()]).max().unwrap_or(0)
    });
    for name in NAMES {
        widths[name] = widths[name].min(MOST);
    }
    if repos.len() < 2 {
        widths[REPOSITORY] = 0;
    }
    widths[LAST] = widths[LAST].min(TITLE);
    if let Some(width) = width {
        fit(&mut widths, width);
    }
    let mut out = String::new();
    let head: [Cell; HEADS.len()] = HEADS.map(|head| (head.to_owned(), BOLD));
    for row in std::iter::once(&head).chain(&rows) {
        line(row, &widths, colours, &mut out);
    }
    out
}

fn cells(repo: &Repo, run: &Run, now: Timestamp) -> [Cell; HEADS.len()] {
    let safe = |text: &str| safe_line(text.as_bytes()).into_owned();
    let colour = match run_mark(run.progress).1 {
        Role::Ok => GREEN,
        Role::Error => RED,
        Role::Warn => YELLOW,
        Role::Accent => CYAN,
        _ => DIM,
    };
    let sha: String = run.sha.chars().take(7).collect();
    let ago = |at: Timestamp| format!("{} ago", age(now.0.saturating_sub(at.0)));
    [
        (format!("#{}", run.number), ""),
        (safe(&repo.path), ""),
        (safe(&run.workflow), ""),
        (safe(&run.branch), ""),
        (run_result(run.progress).to_owned(), colour),
        (run_took(run, now).map(age).unwrap_or_default(), ""),
        (run.started.map(ago).unwrap_or_default(), DIM),
        (safe(&sha), DIM),
        (safe(&run.title), ""),
    ]
}

/// Makes columns narrower until they fit: the title first, which then goes, then the widest name, then the commit.
fn fit(widths: &mut [usize; HEADS.len()], width: usize) {
    let all = |widths: &[usize]| {
        widths.iter().filter(|columns| **columns > 0).map(|columns| columns + GAP).sum::<usize>().saturating_sub(GAP)
    };
    let over = all(widths).saturating_sub(width);
    widths[LAST] = widths[LAST].saturating_sub(over);
    if widths[LAST] < LEAST {
        widths[LAST] = 0;
    }
    while all(widths) > width {
        let widest = NAMES.into_iter().max_by_key(|name| widths[*name]).filter(|name| widths[*name] > LEAST);
        match widest {
            Some(name) => widths[name] -= 1,
            None if widths[COMMIT] > 0 => widths[COMMIT] = 0,
            None => break,
        }
    }
}

fn line(row: &[Cell; HEADS.len()], widths: &[usize; HEADS.len()], colours: Colours, out: &mut String) {
    let mut blanks = 0;
    for (n, ((cell, colour), columns)) in row.iter().zip(widths).enumerate() {
        if *columns == 0 {
            continue;
        }
        // A title is read from its start; names differ at both ends.
        let shown =
            if n == LAST { text::piece(cell, 0, *columns).text.to_owned() } else { text::shorten(cell, *columns, '~') };
        let rest = columns.saturating_sub(text::width(&shown));
        let before = if n == TOOK { rest } else { 0 };
        out.extend(std::iter::repeat_n(' ', if shown.is_empty() { 0 } else { blanks + before }));
        let has_colour = colours == Colours::On && !colour.is_empty() && !shown.is_empty();
        out.push_str(if has_colour { colour } else { "" });
        out.push_str(&shown);
        out.push_str(if has_colour { PLAIN } else { "" });
        // No blanks at the end of a line.
        blanks = if shown.is_empty() { blanks + columns + GAP } else { rest - before + GAP };
    }
    out.push('\n');
}
