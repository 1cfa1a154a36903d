//! The last row: mode, filter, counts, memory, and the keys that matter here; or the search prompt.

use super::canvas::{Canvas, whole_parts};
use super::header::cut;
use crate::app::action::ACTIONS;
use crate::app::format::thousands;
use crate::app::{App, Layout, Message, Mode, Prompt, PromptKind, Role, text};
use crate::model::Severity;

/// How bare the row can get: 0 has everything; 1 no INFO count; 2 fewer keys; 3 only the first keys; 4 letters for
/// severities; 5 filter and help; 6 only the help; 7 no memory; 8 no keys; 9 no counts.
const BAREST: usize = 9;

/// A piece of the row.
struct Part {
    text: String,
    role: Role,
}

fn part(text: impl Into<String>, role: Role) -> Part {
    Part { text: text.into(), role }
}

/// Draws the row; returns where the text cursor is.
pub(super) fn draw(app: &App, layout: &Layout, canvas: &mut Canvas<'_>) -> Option<(u16, u16)> {
    let y = layout.status;
    if let Some(prompt) = app.prompt() {
        return Some(line_prompt(app, prompt, y, canvas));
    }
    let width = usize::from(canvas.width);
    // What is said changes nothing before it: the row is as bare as without it, or barer.
    let quiet = fullest(app, None, 0, width).map_or(0, |(bareness, ..)| bareness);
    let (parts, hints) = fullest(app, app.message(), quiet, width)
        .map_or_else(|| (least(app, width, canvas.theme.glyphs.cut), None), |(_, parts, hints)| (parts, hints));
    let mut x = 1;
    for (n, part) in parts.iter().enumerate() {
        if n > 0 {
            x += 2;
        }
        let room = usize::from(canvas.width.saturating_sub(x + 1));
        let text = cut(&part.text, room, canvas.theme.glyphs.cut);
        x = canvas.text(x, y, &text, part.role);
    }
    if let Some(hints) = hints {
        canvas.text_before(x + 2, canvas.width - 1, y, &hints, Role::Dim);
    }
    None
}

/// The fullest form that fits, of those that are at least so bare.
fn fullest(
    app: &App,
    said: Option<&Message>,
    least_bare: usize,
    width: usize,
) -> Option<(usize, Vec<Part>, Option<String>)> {
    let forms = (least_bare..BAREST).flat_map(|bareness| {
        let form = |hints| (bareness, parts(app, bareness, said), hints);
        // A key makes room for what is said before a count does.
        let bare = said.map(|_| form(None));
        std::iter::once(form(hints(app, bareness, said))).chain(bare)
    });
    let fits = |parts: &[Part], hints: Option<&String>| {
        length(parts) + hints.map_or(0, |hints| text::width(hints) + 3) + 2 <= width
    };
    forms.into_iter().find(|(_, parts, hints)| fits(parts, hints.as_ref()))
}

/// The least columns of a filter that say anything.
const LEAST_OF_FILTER: usize = 16;

/// The row where not even the barest form fits. What was said has all of it: it goes with the next key.
fn least(app: &App, width: usize, mark: &str) -> Vec<Part> {
    let parts = with_cut_filter(app, width, mark);
    match app.message() {
        Some(message) if length(&parts) > width => vec![part(message.text.clone(), message.role)],
        _ => parts,
    }
}

/// The row for a filter of many words: it is cut, so that the counts stay, or at least what was said. The filter pane has
/// the rest.
fn with_cut_filter(app: &App, width: usize, mark: &str) -> Vec<Part> {
    for bareness in [6, 7, BAREST] {
        let mut parts = parts(app, bareness, app.message());
        let too_long = (length(&parts) + 2).saturating_sub(width);
        if let Some(filter) = parts.get_mut(1).filter(|_| !app.filter_words().is_empty()) {
            let columns = text::width(&filter.text).saturating_sub(too_long);
            if columns >= LEAST_OF_FILTER {
                filter.text = cut(&filter.text, columns, mark);
                return parts;
            }
        }
    }
    parts(app, BAREST, app.message())
}

fn length(parts: &[Part]) -> usize {
    parts.iter().map(|part| text::width(&part.text) + 2).sum()
}

fn parts(app: &App, bareness: usize, said: Option<&Message>) -> Vec<Part> {
    let short = bareness >= 4;
    if app.ci_is_shown() {
        let words = app.ci_status().into_iter().map(|(text, role)| part(text, role));
        return words.chain(said.map(|message| part(message.text.clone(), message.role))).collect();
    }
    if !app.has_sources() {
        return said.map(|message| part(message.text.clone(), message.role)).into_iter().collect();
    }
    let mut parts = vec![match app.mode() {
        Mode::Follow => part("FOLLOW", Role::Ok),
        Mode::Paused(0) => part("PAUSED", Role::Accent),
        Mode::Paused(new) => part(format!("PAUSED, {} new", thousands(new as u64)), Role::Accent),
    }];
    let words = app.filter_words();
    if !words.is_empty() {
        let words = if bareness >= 4 { words } else { format!("filter {words}") };
        parts.push(part(words, Role::Accent));
    } else if app.tab().is_unfiltered_for_context() {
        parts.push(part("filter set aside", Role::Accent));
    }
    let counts = app.counts();
    for severity in [Severity::Fatal, Severity::Error, Severity::Warn, Severity::Info] {
        let count = counts.severities[severity as usize];
        let wanted = match severity {
            Severity::Fatal => count > 0 && bareness < BAREST,
            Severity::Info => bareness == 0,
            _ => bareness < BAREST,
        };
        if wanted {
            let role = match severity {
                _ if count == 0 => Role::Text,
                Severity::Fatal | Severity::Error => Role::Error,
                Severity::Warn => Role::Warn,
                _ => Role::Text,
            };
            let text = if short {
                format!("{}{}", severity.letter(), thousands(count))
            } else {
                format!("{} {}", severity.short(), thousands(count))
            };
            parts.push(part(text, role));
        }
    }
    if bareness < BAREST {
        let lost = app.lost();
        let role = if lost > 0 { Role::Warn } else { Role::Text };
        parts.push(part(format!("lost {}", thousands(lost)), role));
    }
    if bareness < 7 {
        let (used, budget) = app.engine().memory();
        parts.push(part(format!("ring {}/{} MiB", used.div_ceil(1 << 20), budget >> 20), Role::Text));
    }
    // Behind the rest, so that nothing moves when it goes.
    parts.extend(said.map(|message| part(message.text.clone(), message.role)));
    parts
}

/// The keys that matter here, from the table: `/ search  F filter  Enter detail  ? help`. Fewer when there is little room, the
/// help last.
fn hints(app: &App, bareness: usize, said: Option<&Message>) -> Option<String> {
    let context = app.context();
    let has_own = app.filter_pane().is_some() || app.picker().is_some() || app.origins().is_some();
    if has_own || app.help_scroll().is_some() || app.debug().is_some() {
        // Their headings have the keys.
        return None;
    }
    if app.bar_window().is_some() && said.is_none() {
        // They have no heading.
        return (bareness < 8).then(|| bar_keys(app));
    }
    let has_something = app.has_sources() || app.ci_is_shown();
    let keep: &[&str] = match bareness {
        _ if !has_something => &["help", "demo", "quit"],
        // What was said and the counts go before the keys.
        2..=5 if said.is_some() => &["help"],
        6.. if said.is_some() => return None,
        0 | 1 => &[],
        2 => &["search", "filter", "context", "detail", "next-cause", "open-run", "whole-log", "copy-cause", "help"],
        3 => &["search", "filter", "context", "next-cause", "open-run", "whole-log", "help"],
        4 => &["search", "filter", "next-cause", "open-run", "help"],
        5 => &["filter", "next-cause", "help"],
        6 | 7 => &["help"],
        _ => return None,
    };
    let mut hints = Vec::new();
    for spec in ACTIONS.iter().filter(|spec| spec.when.contains(&context)) {
        let Some(short) = spec.short.filter(|_| keep.is_empty() || keep.contains(&spec.id)) else { continue };
        // Quitting is in the help; it has a place here only where there is nothing else to do.
        if spec.id == "quit" && has_something {
            continue;
        }
        if spec.id == "context" && app.filter_words().is_empty() && !app.tab().is_unfiltered_for_context() {
            continue;
        }
        let (has_lists, has_causes) = app.ci_has();
        if spec.id == "next-list" && !has_lists || matches!(spec.id, "next-cause" | "copy-cause") && !has_causes {
            continue;
        }
        if let Some(key) = app.settings().keymap.keys(spec.id).first() {
            hints.push(format!("{key} {short}"));
        }
    }
    (!hints.is_empty()).then(|| hints.join("  "))
}

fn bar_keys(app: &App) -> String {
    let key = |id: &str| app.settings().keymap.keys(id).first().map(ToString::to_string).unwrap_or_default();
    format!("{} window  {} filter  {} leave", key("bar-window"), key("apply"), key("cancel"))
}

fn line_prompt(app: &App, prompt: &Prompt, y: u16, canvas: &mut Canvas<'_>) -> (u16, u16) {
    let end = canvas.width.saturating_sub(1);
    let (beside, role) = match prompt.error() {
        Some(error) => (error.to_owned(), Role::Error),
        None => (hint(app, prompt), Role::Dim),
    };
    let x = canvas.text(0, y, prompt.kind().sign(), Role::Accent);
    // A mistake is worth all the room that the text and its cursor leave, and more than a hint.
    let used = usize::from(x) + 3;
    let left = usize::from(end).saturating_sub(text::width(prompt.edit().text()) + 1 + used);
    let least = usize::from(end) / if prompt.error().is_some() { 2 } else { 4 };
    let beside = match prompt.error() {
        Some(_) => cut(&beside, left.max(least), canvas.theme.glyphs.cut),
        None => whole_parts(&beside, left.max(least), canvas.theme.glyphs.gap),
    };
    let room = usize::from(end).saturating_sub(text::width(&beside) + used).max(8);
    let (shown, at) = around_cursor(prompt.edit().text(), prompt.edit().cursor(), room);
    canvas.put(x, y, room as u16, &shown, canvas.theme.style(Role::Text));
    canvas.text_before(x, end, y, &beside, role);
    (x + at as u16, y)
}

fn hint(app: &App, prompt: &Prompt) -> String {
    let keymap = &app.settings().keymap;
    let key = |id: &str| keymap.keys(id).first().map(ToString::to_string).unwrap_or_default();
    let kind = prompt.kind();
    let earlier = if kind == PromptKind::Search && app.has_searched() {
        format!("{} earlier   ", key("search-older"))
    } else {
        String::new()
    };
    let is_taken = || app.saved().iter().any(|filter| filter.name == prompt.edit().text().trim());
    let hint = if kind == PromptKind::SaveFilter && is_taken() { "replaces it" } else { kind.hint() };
    format!("{hint}   {earlier}{} {}   {} cancel", key("apply"), kind.verb(), key("cancel"))
}

/// The part of an edited text around its cursor, as it is shown, and the column of the cursor in it.
pub(super) fn around_cursor(text: &str, cursor: usize, columns: usize) -> (String, usize) {
    let bytes = text.char_indices().nth(cursor).map_or(text.len(), |(at, _)| at);
    let before = text::width(&text[..bytes]);
    let skip = (before + 1).saturating_sub(columns);
    let piece = text::piece(text, skip, columns);
    (format!("{}{}", " ".repeat(piece.pad), piece.text), before - skip)
}
