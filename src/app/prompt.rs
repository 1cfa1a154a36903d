//! The prompt on the status line: for a search, and for other single lines.
//!
//! Owns what is typed and whether it can be searched for. Must not know the list.

use super::edit::LineEdit;
use super::event::Effect;
use super::search::{Search, What};
use super::view::Direction;
use super::{App, FilterPane, Pane};

/// What a prompt asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PromptKind {
    /// A text to search for.
    Search,
    /// A note on a marked record.
    Note,
    /// A time to go to.
    Time,
    /// A name for the filter.
    SaveFilter,
    /// The file that the view is written into.
    Export,
    /// The file that the marks are written into.
    Handover,
}

impl PromptKind {
    /// What stands before the text.
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Search => "/",
            Self::Note => "note: ",
            Self::Time => "@ ",
            Self::SaveFilter => "save filter as: ",
            Self::Export => "export: ",
            Self::Handover => "handover: ",
        }
    }

    /// What can be written.
    pub const fn hint(self) -> &'static str {
        match self {
            Self::Search => "regular expression",
            Self::Note => "on the marked record; empty removes it",
            Self::Time => "14:02, 10m, -5m, 2026-01-02T15:04",
            Self::SaveFilter => "a name",
            Self::Export => ".jsonl .log .csv .md",
            Self::Handover => ".md",
        }
    }

    /// The keys' words: what taking it does.
    pub const fn verb(self) -> &'static str {
        match self {
            Self::Search => "search",
            Self::Time => "go there",
            Self::SaveFilter => "save",
            Self::Note | Self::Export | Self::Handover => "write",
        }
    }
}

/// The open prompt.
#[derive(Debug)]
pub struct Prompt {
    kind: PromptKind,
    pub(super) edit: LineEdit,
    found: Option<Search>,
    error: Option<String>,
    /// The filter pane that opened it; it comes back.
    pub(super) below: Option<Box<FilterPane>>,
}

impl Prompt {
    /// A prompt with a text to begin with.
    pub(super) fn new(kind: PromptKind, text: &str) -> Self {
        Self { kind, edit: LineEdit::new(text), found: None, error: None, below: None }
    }

    /// What it asks for.
    pub fn kind(&self) -> PromptKind {
        self.kind
    }

    /// The text was changed.
    pub(super) fn changed(&mut self) {
        (self.found, self.error) = match (self.kind, self.edit.text()) {
            (PromptKind::Search, "")
            | (
                PromptKind::Note
                | PromptKind::Time
                | PromptKind::SaveFilter
                | PromptKind::Export
                | PromptKind::Handover,
                _,
            ) => (None, None),
            (PromptKind::Search, text) => match Search::new(text) {
                Ok(search) => (Some(search), None),
                Err(error) => (None, Some(error)),
            },
        };
    }

    /// What is typed cannot be taken: it stays to be mended.
    pub(super) fn refuse(&mut self, problem: String) {
        self.error = Some(problem);
    }

    /// Whether what is typed was understood to be wrong. What is wrong with a file's name can have changed meanwhile.
    fn is_stuck(&self) -> bool {
        self.error.is_some() && !matches!(self.kind, PromptKind::Export | PromptKind::Handover)
    }

    /// What is typed.
    pub fn edit(&self) -> &LineEdit {
        &self.edit
    }

    /// What to look for, if it is understood.
    pub fn search(&self) -> Option<&Search> {
        self.found.as_ref()
    }

    /// Why it is not.
    pub fn error(&self) -> Option<&str> {
        self.error.as_deref()
    }
}

impl App {
    pub(super) fn open_prompt(&mut self, kind: PromptKind, text: &str) {
        self.close_filter_pane();
        self.history.end_walk();
        self.pane = Pane::Prompt(Box::new(Prompt::new(kind, text)));
    }

    /// The user takes what is typed. A mistake stays to be mended.
    pub(super) fn answer(&mut self, mut prompt: Box<Prompt>, effects: &mut Vec<Effect>) {
        if prompt.is_stuck() {
            self.pane = Pane::Prompt(prompt);
            return;
        }
        let taken: Result<(), String> = match prompt.kind {
            PromptKind::Note => {
                self.take_note(prompt.edit.text());
                Ok(())
            }
            PromptKind::Time => self.go_to_time(prompt.edit.text()),
            PromptKind::Search => {
                if let Some(search) = prompt.found.take() {
                    self.history.push(search.text());
                    self.search = Some(search);
                    self.searched_last = true;
                }
                self.find(What::Match, Direction::Forward);
                Ok(())
            }
            PromptKind::SaveFilter => self.save_pane(prompt.edit.text().trim(), prompt.below.as_deref(), effects),
            kind @ (PromptKind::Export | PromptKind::Handover) => {
                let target = prompt.edit.text().to_owned();
                self.begin_export(kind, &target, effects)
            }
        };
        if let Err(problem) = taken {
            prompt.refuse(problem);
            self.pane = Pane::Prompt(prompt);
        } else if let Some(pane) = prompt.below.take() {
            self.pane = Pane::Filter(pane);
        }
    }

    /// Asks for a name for what the filter pane says; the pane stays below and comes back.
    pub(super) fn prompt_over_filter(&mut self, kind: PromptKind, text: &str) {
        let below = match std::mem::replace(&mut self.pane, Pane::None) {
            Pane::Filter(pane) => Some(pane),
            other => {
                self.pane = other;
                None
            }
        };
        self.pane = Pane::Prompt(Box::new(Prompt { below, ..Prompt::new(kind, text) }));
    }

    /// Puts another search into the prompt.
    pub(super) fn replace_typed(&mut self, text: &str) {
        if let Pane::Prompt(prompt) = &mut self.pane {
            prompt.edit = LineEdit::new(text);
            prompt.changed();
        }
    }
}
