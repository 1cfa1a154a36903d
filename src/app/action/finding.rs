//! Actions that find by what the cursor's record has, walk through earlier searches, and save filters.

use crate::analysis::pattern::Needle;
use crate::app::earlier::Step;
use crate::app::event::Effect;
use crate::app::filter::{field_test, field_text};
use crate::app::picker::{Picker, PickerKind, PickerRow};
use crate::app::{App, Detail, Entries, FilterField, Pane, PromptKind, TabState, edit::LineEdit, like, text};
use crate::model::query::{FieldTest, Pattern, PatternKind};
use crate::model::{Format, Query, Record, Severity};
use crate::parse::text as safe;

/// The most fields that are offered.
const MAX_FIELDS: usize = 300;
/// The most bytes of a value that is offered.
const MAX_VALUE: usize = 4 << 10;
/// Columns of a field and its value in a sentence.
const MAX_WORDS: usize = 40;

pub(super) fn show_all(app: &mut App, _: &mut Vec<Effect>) {
    // In the detail pane the field under the cursor is meant.
    if let Some((field, value)) = app.tab().detail().and_then(Detail::field_at_cursor) {
        return app.show_all_with(&field, &value);
    }
    let record = app.tab().view.cursor().and_then(|id| app.engine.store().record(id));
    let Some(record) = record else { return app.say("no record here") };
    let tests = app.values_of(&record);
    let rows = tests.iter().map(|test| app.value_row(test)).collect();
    app.open_picker(Picker::new("Show all with", PickerKind::Values(tests), rows));
}

pub(super) fn hide_like(app: &mut App, _: &mut Vec<Effect>) {
    let Some(record) = app.tab().view.cursor().and_then(|id| app.engine.store().record(id)) else {
        return app.say("no record here");
    };
    let Some(source) = like::pattern_of(&record, &app.redactor) else {
        return app.say("this line says too little to tell its likes by");
    };
    app.leave_context();
    let mut entries = app.tab().entries.clone();
    let before = app.tab().view.query().clone();
    entries.hide = like::either(&entries.hide, &source);
    let pattern = |source: String| Pattern { source, kind: PatternKind::SmartRegex };
    let query = Query { not: vec![pattern(entries.hide.clone())], ..before.clone() };
    if let Err(error) = Needle::compile(&query.not[0]) {
        let problem = safe::safe_line(error.problem.as_bytes()).into_owned();
        return app.complain(format!("not hidden: with the patterns before it is {problem}"));
    }
    match app.change_filter(app.active, &query, entries, Step::Here) {
        Ok(()) => {
            app.work();
            app.announce_hidden(before, pattern(source));
        }
        Err((_, problem)) => app.complain(problem),
    }
}

pub(super) fn history_older(app: &mut App, _: &mut Vec<Effect>) {
    let Pane::Prompt(prompt) = &app.pane else { return };
    if prompt.kind() != PromptKind::Search {
        return;
    }
    let now = prompt.edit().text().to_owned();
    if let Some(text) = app.history.older(&now).map(str::to_owned) {
        app.replace_typed(&text);
    }
}

pub(super) fn history_newer(app: &mut App, _: &mut Vec<Effect>) {
    if let Some(text) = app.history.newer() {
        app.replace_typed(&text);
    }
}

pub(super) fn save_filter(app: &mut App, _: &mut Vec<Effect>) {
    let Pane::Filter(pane) = &app.pane else { return };
    if let Some(error) = FilterField::ALL.into_iter().find_map(|field| pane.error(field)) {
        let text = format!("not saved: {error}");
        return app.complain(text);
    }
    let name = pane.saved().and_then(|at| app.saved().get(at)).map(|filter| filter.name.clone());
    app.prompt_over_filter(PromptKind::SaveFilter, &name.unwrap_or_default());
}

pub(super) fn delete_filter(app: &mut App, effects: &mut Vec<Effect>) {
    app.delete_chosen(effects);
}

impl App {
    /// Shows the records that have this value, in every tab that has sources, and says how many there are. Each tab
    /// remembers the filter that it had; `Esc` goes back in all of them. `field` is a field of records or one of the columns
    /// that [`FieldTest`] names.
    pub fn show_all_with(&mut self, field: &str, value: &str) {
        let test = FieldTest { field: field.to_owned(), value: value.to_owned() };
        let entries = Entries { field: field_text(&test), ..Entries::default() };
        let query = Query { fields: vec![test.clone()], ..Query::default() };
        self.everywhere += 1;
        let step = Step::Everywhere(self.everywhere);
        let has_source = |tab: &TabState| self.engine.sources().any(|source| source.tab() == tab.tab());
        let tabs: Vec<_> = (0..self.tabs.len()).filter(|index| has_source(&self.tabs[*index])).collect();
        for index in tabs.iter().copied() {
            if let Some((query, entries)) = self.tabs[index].aside.take() {
                // What `z` had taken away is the filter to come back to.
                self.tabs[index].entries = entries;
                if let Err((_, problem)) = self.set_query_in(index, &query) {
                    return self.complain(problem);
                }
            }
            if let Err((_, problem)) = self.change_filter(index, &query, entries.clone(), step) {
                return self.complain(problem);
            }
        }
        self.work();
        let row = self.value_row(&test);
        let words = text::shorten(&format!("{}={}", row.text, row.beside), MAX_WORDS, '~');
        self.announce_everywhere(tabs, words);
    }

    /// What a record can be found by: its origin, its severity, and its fields.
    fn values_of(&self, record: &Record<'_>) -> Vec<FieldTest> {
        let test = |field: &str, value: &str| FieldTest { field: field.to_owned(), value: value.to_owned() };
        let mut tests = Vec::new();
        let origin = self.engine.origin_name(record.origin).map(|name| test("origin", name));
        tests.extend(origin.filter(can_be_written));
        if record.format == Format::Note {
            return tests;
        }
        let severity = if record.severity == Severity::Unknown { "unknown" } else { record.severity.name() };
        tests.push(test("severity", &severity.to_lowercase()));
        self.parser.clone().fields(record.raw, record.format, &mut |name, value| {
            let test = test(name, &value);
            // Columns have these names; a field of such a name cannot be asked for.
            let is_column = matches!(name, "origin" | "severity" | "format" | "parse");
            if !is_column && value.len() <= MAX_VALUE && can_be_written(&test) && !tests.contains(&test) {
                tests.push(test);
            }
            tests.len() < MAX_FIELDS
        });
        tests
    }

    /// A field and its value, safe for a terminal and without secrets.
    fn value_row(&self, test: &FieldTest) -> PickerRow {
        let value = self.redactor.redact_field(&test.field, &test.value).text;
        let value = safe::safe_line(value.as_bytes()).into_owned();
        PickerRow { text: safe::safe_line(test.field.as_bytes()).into_owned(), beside: value, ..PickerRow::default() }
    }
}

/// Whether the filter pane can show the test such that it stays the same.
fn can_be_written(test: &FieldTest) -> bool {
    let text = field_text(test);
    field_test(LineEdit::new(&text).text().trim()).as_ref() == Some(test)
}
