//! Actions that let something out: copies, exports, the handover of marks.
//!
//! Owns what is asked for and what is said about it. Must not know files or clipboards: effects carry the work out.

use crate::app::event::{Effect, ExportNews};
use crate::app::export::name::{check_handover, form_of, numbered, proposed};
use crate::app::export::{Head, Job, Records};
use crate::app::format::{bytes, thousands};
use crate::app::{App, Pane, PromptKind, filter, status, text};
use crate::parse::text::safe_line;
use crate::render::Form;
use crate::store::RecordId;
use jiff::tz::TimeZone;
use std::collections::HashMap;

/// Columns of a file's name in a sentence: what was proposed fits.
const MAX_TARGET: usize = 44;

/// An export that is under way.
#[derive(Clone, Debug)]
pub(in crate::app) struct Exporting {
    kind: PromptKind,
    job: Job,
    percent: u8,
    /// What was said of it last.
    said: String,
}

pub(super) fn copy(app: &mut App, effects: &mut Vec<Effect>) {
    // The line that the cursor is on: of the focused detail pane, where that is a field, else of the list.
    let text = app.value_to_copy().or_else(|| cursor(app).and_then(|id| app.copy_text(id)));
    send(app, text, effects);
}

pub(super) fn copy_json(app: &mut App, effects: &mut Vec<Effect>) {
    let text = cursor(app).and_then(|id| app.copy_json(id));
    send(app, text, effects);
}

pub(super) fn copy_marked(app: &mut App, effects: &mut Vec<Effect>) {
    if app.marks().is_empty() {
        return app.say_how_to_mark();
    }
    effects.push(Effect::Copy(app.copy_marks()));
}

pub(super) fn export(app: &mut App, _: &mut Vec<Effect>) {
    if app.tab().view.is_empty() {
        return app.say("no record to export");
    }
    let name = proposed(app.tab().tab.title(), app.now, "jsonl");
    app.ask_for_target(PromptKind::Export, &name);
}

pub(super) fn handover(app: &mut App, _: &mut Vec<Effect>) {
    if app.marks().is_empty() {
        return app.say_how_to_mark();
    }
    let name = proposed("handover", app.now, "md");
    app.ask_for_target(PromptKind::Handover, &name);
}

fn cursor(app: &App) -> Option<RecordId> {
    app.tab().view.cursor()
}

fn send(app: &mut App, text: Option<String>, effects: &mut Vec<Effect>) {
    match text {
        Some(text) => effects.push(Effect::Copy(text)),
        None => app.say("no record to copy"),
    }
}

impl App {
    fn say_how_to_mark(&mut self) {
        let key = self.key_of("mark");
        self.say(format!("nothing is marked: {key} marks the record under the cursor"));
    }

    fn ask_for_target(&mut self, kind: PromptKind, name: &str) {
        if let Err(problem) = self.is_free_to_export() {
            return self.complain(problem);
        }
        self.open_prompt(kind, name);
    }

    fn is_free_to_export(&self) -> Result<(), String> {
        match &self.exporting {
            None => Ok(()),
            Some(running) => {
                let key = self.key_of("cancel");
                Err(format!("an export is running ({} %): {key} cancels it", running.percent))
            }
        }
    }

    /// The user has named a file.
    ///
    /// # Errors
    /// What is wrong with the name, or why there is nothing to write.
    pub(in crate::app) fn begin_export(
        &mut self,
        kind: PromptKind,
        target: &str,
        effects: &mut Vec<Effect>,
    ) -> Result<(), String> {
        let target = target.trim();
        self.is_free_to_export()?;
        let job = if kind == PromptKind::Handover { self.handover_job(target)? } else { self.export_job(target)? };
        let said = "exporting ...".to_owned();
        self.say(said.clone());
        self.exporting = Some(Exporting { kind, job: job.clone(), percent: 0, said });
        effects.push(Effect::Export(job));
        Ok(())
    }

    fn export_job(&self, target: &str) -> Result<Job, String> {
        let form = form_of(target)?;
        let view = &self.tab().view;
        if !view.count_is_final() {
            return Err("the filter has not seen all records yet: try again in a moment".to_owned());
        }
        if view.is_empty() {
            return Err("no record to export".to_owned());
        }
        Ok(Job::of_records(target.to_owned(), self.shown_records(form)))
    }

    fn handover_job(&self, target: &str) -> Result<Job, String> {
        check_handover(target)?;
        if self.marks.is_empty() {
            return Err("nothing is marked".to_owned());
        }
        let marks = self.marks.iter().map(|mark| self.handed(mark)).collect();
        Ok(Job::of_handover(target.to_owned(), self.shown_records(Form::Markdown), marks))
    }

    /// The records that the tab shows, as they are now.
    fn shown_records(&self, form: Form) -> Records {
        let view = &self.tab().view;
        let names = self.engine.origin_names().filter(|(id, _)| view.sources().contains(id.source()));
        Records {
            form,
            ids: view.matching_records().collect(),
            segments: self.engine.store().snapshot(),
            names: names.map(|(id, name)| (id, name.to_owned())).collect::<HashMap<_, _>>(),
            parser: self.parser.clone(),
            head: self.head(),
        }
    }

    fn head(&self) -> Head {
        Head {
            now: self.now,
            tab: self.tab().tab.title(),
            sources: self.sources_here().map(|source| status::name(source).into_owned()).collect(),
            origins: self.sources_here().map(|source| u64::from(source.origins())).sum(),
            filter: safe_line(
                filter::words(self.tab().view.query(), &self.tab().shown_fields, self.now, &TimeZone::UTC).as_bytes(),
            )
            .into_owned(),
            held: self.counts().records(),
            lost: self.lost(),
        }
    }

    /// Cancels the export that is under way, if there is one.
    pub(super) fn cancel_export(&mut self, effects: &mut Vec<Effect>) -> bool {
        if self.exporting.is_some() {
            effects.push(Effect::CancelExport);
        }
        self.exporting.is_some()
    }

    /// Something about the export that is under way.
    pub(in crate::app) fn export_news(&mut self, news: ExportNews) {
        let Some(mut running) = self.exporting.take() else { return };
        match news {
            ExportNews::Progress(percent) => {
                let old = std::mem::replace(
                    &mut running.said,
                    format!("exporting {percent} %, {} cancels", self.key_of("cancel")),
                );
                running.percent = percent;
                // What else was said stays until the next key.
                if self.message().is_none_or(|message| message.text == old) {
                    self.say(running.said.clone());
                }
                self.exporting = Some(running);
            }
            ExportNews::Written(written) => {
                let (count, noun) = (thousands(written.count), running.job.noun(written.count));
                let s = if written.redacted == 1 { "" } else { "s" };
                // The name first: a narrow screen cuts the end off.
                self.say(format!(
                    "wrote {}: {count} {noun}, {}, {} value{s} redacted",
                    text::shorten(&shown(running.job.target()), MAX_TARGET, '~'),
                    bytes(written.bytes),
                    thousands(written.redacted),
                ));
            }
            ExportNews::Exists { what, free } => {
                let target = running.job.target();
                // Whoever does something else by now is not disturbed.
                if !matches!(self.pane, Pane::None) {
                    let target = safe_line(target.as_bytes());
                    return self.complain(format!("{target} {what}; choose another name"));
                }
                self.message = None;
                let suggestion = free.map_or_else(|| target.to_owned(), |number| numbered(target, number));
                self.open_prompt(running.kind, &suggestion);
                if let Pane::Prompt(prompt) = &mut self.pane {
                    prompt.refuse(format!("that name {what}; choose another"));
                }
            }
            ExportNews::Failed(problem) => self.complain(safe_line(problem.as_bytes())),
            ExportNews::Cancelled => self.say("export cancelled: no file was written"),
        }
    }
}

/// A target as it is said: a bare name is in the directory that logdeck was started in.
fn shown(target: &str) -> String {
    let target = safe_line(target.as_bytes());
    if target.contains('/') { target.into_owned() } else { format!("./{target}") }
}
