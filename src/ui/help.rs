//! The help: the keys that work here, from the table of actions, in columns.

use super::canvas::Canvas;
use crate::app::action::Group;
use crate::app::docs::{self, HelpRow};
use crate::app::{App, Role, Rows, text};

/// Columns of the screen that one column of the help takes.
const COLUMN: u16 = 38;
/// Where labels begin in it.
const LABEL: u16 = 14;

enum Line<'h> {
    Heading(Group),
    Row(&'h HelpRow),
    Blank,
}

pub(super) fn draw(app: &App, rows: Rows, scroll: usize, canvas: &mut Canvas<'_>) {
    let groups = docs::help(&app.settings().keymap, &[app.base_context()]);
    let count = usize::from((canvas.width / COLUMN).clamp(1, 4)).min(groups.len().max(1));
    let columns = in_columns(&groups, count);
    let tallest = columns.iter().map(Vec::len).max().unwrap_or(0);
    let room = usize::from(rows.height).saturating_sub(3);
    let scroll = scroll.min(tallest.saturating_sub(room));
    let key = |id: &str| app.settings().keymap.keys(id).first().map(ToString::to_string).unwrap_or_default();
    let right = if tallest > room {
        let closes = if canvas.width < 72 { "" } else { ", any other key closes" };
        let below = tallest - room - scroll;
        let more = if below > 0 { format!("{below} more   ") } else { String::new() };
        format!("{more}{} {} scroll{closes}", key("down"), key("up"))
    } else {
        "any key closes".to_owned()
    };
    canvas.heading(rows.y, "Keys that work here", &right);
    for (n, lines) in columns.iter().enumerate() {
        let x = 3 + n as u16 * COLUMN;
        for (y, line) in (rows.y + 1..).zip(lines.iter().skip(scroll).take(room)) {
            match line {
                Line::Heading(group) => {
                    canvas.text(x, y, group.title(), Role::Heading);
                }
                Line::Row(row) => {
                    canvas.text(x, y, &row.keys, Role::Accent);
                    let at = x + LABEL.max(text::width(&row.keys) as u16 + 1);
                    canvas.put(at, y, (x + COLUMN).saturating_sub(at + 1), row.label, canvas.theme.style(Role::Text));
                }
                Line::Blank => {}
            }
        }
    }
    let version = concat!("logdeck ", env!("CARGO_PKG_VERSION"));
    let words = format!("{version}   {}", app.settings().caps.words);
    canvas.text(3, rows.y + rows.height - 1, words.trim_end(), Role::Dim);
}

/// Groups in `count` columns of about the same height; a group is never torn.
fn in_columns(groups: &[(Group, Vec<HelpRow>)], count: usize) -> Vec<Vec<Line<'_>>> {
    let height = |(_, rows): &(Group, Vec<HelpRow>)| rows.len() + 2;
    let all: usize = groups.iter().map(height).sum();
    // The least height at which the groups fit into the columns.
    let fits = |limit: usize| {
        let (mut columns, mut used) = (1, 0);
        for group in groups {
            if used > 0 && used + height(group) > limit + 1 {
                columns += 1;
                used = 0;
            }
            used += height(group);
        }
        columns <= count
    };
    let limit = (1..=all).find(|limit| fits(*limit)).unwrap_or(all);
    let mut columns: Vec<Vec<Line<'_>>> = vec![Vec::new()];
    for group in groups {
        let last = columns.len() - 1;
        if !columns[last].is_empty() && columns[last].len() + height(group) > limit + 1 {
            columns.push(Vec::new());
        }
        let column = columns.len() - 1;
        columns[column].push(Line::Heading(group.0));
        columns[column].extend(group.1.iter().map(Line::Row));
        columns[column].push(Line::Blank);
    }
    for column in &mut columns {
        column.pop();
    }
    columns
}
