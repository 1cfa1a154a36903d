//! Saved filters: taken by name, saved, deleted.
//!
//! Owns the list of this run. Must not know where filters are kept: a change is an effect.

use super::earlier::Step;
use super::event::{Effect, FilterChange};
use super::filter::{Entries, FilterField, FilterPane, field_of, field_test};
use super::{App, Pane};
use crate::analysis::matcher::Matcher;
use crate::model::saved::check_name;
use crate::model::{Query, SavedFilter, Severity};
use crate::parse::text::safe_line;

impl App {
    /// Saved filters, in the order in which they were saved.
    pub fn saved(&self) -> &[SavedFilter] {
        &self.saved
    }

    /// Takes over what was saved in earlier runs, and says what is wrong with it. A filter that is not understood any more
    /// stays in the list: it can be loaded into the pane and mended.
    pub(super) fn take_saved(&mut self) {
        self.saved = std::mem::take(&mut self.settings.saved);
        for filter in &self.saved {
            if let Err((field, problem)) = self.saved_query(filter) {
                let field = field.label().to_lowercase();
                self.settings.notices.push(format!("saved filter `{}`: {field}: {problem}", filter.name));
            }
        }
    }

    /// What a saved filter means now.
    fn saved_query(&self, filter: &SavedFilter) -> Result<Query, (FilterField, String)> {
        let query = entries_of(filter).query(filter.severity, &self.time_base())?;
        match Matcher::compile(&query, []) {
            Ok(_) => Ok(query),
            Err(error) => Err((field_of(&error.part, &query), error.problem)),
        }
    }

    /// What a saved filter says, in words, without what is secret in it. Not yet safe for a terminal.
    pub(super) fn saved_words(&self, filter: &SavedFilter) -> String {
        let SavedFilter { name: _, severity, since, until, text, hide, field } = filter;
        let hidden = |text: &str| self.redactor.redact(text).text.into_owned();
        let mut words = Vec::new();
        if *severity > Severity::Unknown {
            words.push(format!("sev>={}", severity.short()));
        }
        for (row, text) in [("since", since), ("until", until)] {
            words.extend((!text.is_empty()).then(|| format!("{row} {text}")));
        }
        for (row, text) in [("text", text), ("hide", hide)] {
            words.extend((!text.is_empty()).then(|| format!("{row} /{}/", hidden(text))));
        }
        words.extend((!field.is_empty()).then(|| hidden(&self.without_secret(field))));
        words.join("  ")
    }

    /// Takes the saved filter of this name.
    ///
    /// # Errors
    /// There is none, or it is not understood: a sentence says so.
    pub(super) fn load_filter(&mut self, name: &str) -> Result<(), String> {
        let Some(filter) = self.saved.iter().find(|filter| filter.name == name).cloned() else {
            let name = safe_line(name.as_bytes());
            let names: Vec<_> = self.saved.iter().map(|filter| filter.name.as_str()).collect();
            return Err(match names.as_slice() {
                [] => format!("no filter `{name}`: none is saved yet"),
                names => format!("no filter `{name}`; saved are: {}", names.join(", ")),
            });
        };
        let problem = |(field, problem): (FilterField, String)| {
            let problem = safe_line(problem.as_bytes()).into_owned();
            format!("saved filter `{name}`: {}: {problem}", field.label().to_lowercase())
        };
        self.leave_context();
        let query = self.saved_query(&filter).map_err(problem)?;
        self.change_filter(self.active, &query, entries_of(&filter), Step::Here).map_err(problem)?;
        self.work();
        self.say(format!("filter `{name}` ({} goes back)", self.key_of("cancel")));
        Ok(())
    }

    /// Saves the active filter of the tab under a name.
    ///
    /// # Errors
    /// Why not, in a sentence.
    pub(super) fn save_filter(&mut self, name: &str, effects: &mut Vec<Effect>) -> Result<(), String> {
        let tab = self.tab();
        let (query, entries) =
            tab.aside.as_ref().map_or((tab.view.query(), &tab.entries), |(query, entries)| (query, entries));
        let filter = saved_as(name, query.min_severity, entries);
        self.keep(filter, effects)
    }

    /// Saves what the filter pane says, or else the active filter.
    pub(super) fn save_pane(
        &mut self,
        name: &str,
        pane: Option<&FilterPane>,
        effects: &mut Vec<Effect>,
    ) -> Result<(), String> {
        match pane {
            Some(pane) => self.keep(saved_as(name, pane.severity(), &pane.entries()), effects),
            None => self.save_filter(name, effects),
        }
    }

    fn keep(&mut self, filter: SavedFilter, effects: &mut Vec<Effect>) -> Result<(), String> {
        check_name(&filter.name)?;
        if filter == (SavedFilter { name: filter.name.clone(), ..SavedFilter::default() }) {
            return Err("no filter is active: there is nothing to save".to_owned());
        }
        if let Err((field, problem)) = self.saved_query(&filter) {
            let problem = safe_line(problem.as_bytes()).into_owned();
            return Err(format!("{}: {problem}", field.label().to_lowercase()));
        }
        if self.holds_secret(&filter) {
            return Err("not saved: it holds what looks like a secret".to_owned());
        }
        match self.saved.iter_mut().find(|other| other.name == filter.name) {
            Some(other) => *other = filter.clone(),
            None => self.saved.push(filter.clone()),
        }
        effects.push(Effect::Filters(FilterChange::Put(Box::new(filter))));
        Ok(())
    }

    fn holds_secret(&self, filter: &SavedFilter) -> bool {
        let is_secret = |text: &str| self.redactor.redact(text).text != text;
        let field = field_test(&filter.field);
        let field = field.is_some_and(|test| self.redactor.redact_field(&test.field, &test.value).text != test.value);
        field || [&filter.text, &filter.hide, &filter.field].into_iter().any(|text| is_secret(text))
    }

    /// The text of the field's row without what is secret in it.
    pub fn without_secret(&self, text: &str) -> String {
        let Some(mut test) = field_test(text) else { return text.to_owned() };
        let value = self.redactor.redact_field(&test.field, &test.value).text.into_owned();
        if value == test.value {
            return text.to_owned();
        }
        test.value = value;
        super::filter::field_text(&test)
    }

    /// Deletes the saved filter of this name.
    ///
    /// # Errors
    /// There is none.
    pub(super) fn delete_filter(&mut self, name: &str, effects: &mut Vec<Effect>) -> Result<(), String> {
        let Some(at) = self.saved.iter().position(|filter| filter.name == name) else {
            return Err(format!("no filter `{}` is saved", safe_line(name.as_bytes())));
        };
        self.saved.remove(at);
        if let Pane::Filter(pane) = &mut self.pane {
            pane.saved = None;
        }
        effects.push(Effect::Filters(FilterChange::Remove(name.to_owned())));
        Ok(())
    }

    /// Puts the saved filter with the cursor into the rows of the filter pane.
    pub(super) fn fill_from_saved(&mut self) {
        let Pane::Filter(pane) = &mut self.pane else { return };
        let Some(filter) = pane.saved.and_then(|at| self.saved.get(at)) else {
            let words = if self.saved.is_empty() { "no filter is saved yet" } else { "choose a saved filter first" };
            return self.say(words);
        };
        pane.fill(filter.severity, &entries_of(filter));
        self.try_filter();
    }

    /// Deletes the saved filter with the cursor, when it is asked for twice.
    pub(super) fn delete_chosen(&mut self, effects: &mut Vec<Effect>) {
        let Pane::Filter(pane) = &mut self.pane else { return };
        let name = pane.saved.and_then(|at| self.saved.get(at)).map(|filter| filter.name.clone());
        let Some(name) = name.filter(|_| pane.focus() == FilterField::Saved) else {
            return self.say("choose a saved filter first");
        };
        if pane.doomed.as_ref() != Some(&name) {
            let key = self.key_of("delete-filter");
            let text = format!("{key} again deletes filter `{name}`");
            if let Pane::Filter(pane) = &mut self.pane {
                pane.doomed = Some(name);
            }
            return self.say(text);
        }
        pane.doomed = None;
        if let Err(problem) = self.delete_filter(&name, effects) {
            self.complain(problem);
        }
    }
}

fn entries_of(filter: &SavedFilter) -> Entries {
    let SavedFilter { since, until, text, hide, field, .. } = filter.clone();
    Entries { since, until, text, hide, field }
}

fn saved_as(name: &str, severity: Severity, entries: &Entries) -> SavedFilter {
    let Entries { since, until, text, hide, field } = entries.clone();
    SavedFilter { name: name.to_owned(), severity, since, until, text, hide, field }
}
