//! The prompt on the status line: for a search, and for other single lines.
//!
//! Owns what is typed and whether it can be searched for. Must not know the list.

use super::edit::LineEdit;
use super::event::Effect;
use super::search::{Search, What};
use super::view::Direction;
use super::{App, Pane};

/// What a prompt asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PromptKind {
    /// A text to search for.
    Search,
    /// A note on a marked record.
    Note,
}

impl PromptKind {
    /// What stands before the text.
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Search => "/",
            Self::Note => "note: ",
        }
    }

    /// What can be written.
    pub const fn hint(self) -> &'static str {
        match self {
            Self::Search => "regular expression",
            Self::Note => "on the marked record; empty removes it",
        }
    }

    /// The keys' words: what taking it does.
    pub const fn verb(self) -> &'static str {
        match self {
            Self::Search => "search",
            Self::Note => "keep",
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
}

impl Prompt {
    /// A prompt with a text to begin with.
    pub(super) fn new(kind: PromptKind, text: &str) -> Self {
        Self { kind, edit: LineEdit::new(text), found: None, error: None }
    }

    /// What it asks for.
    pub fn kind(&self) -> PromptKind {
        self.kind
    }

    /// The text was changed.
    pub(super) fn changed(&mut self) {
        (self.found, self.error) = match (self.kind, self.edit.text()) {
            (PromptKind::Search, "") | (PromptKind::Note, _) => (None, None),
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
        self.pane = Pane::Prompt(Box::new(Prompt::new(kind, text)));
    }

    /// The user takes what is typed. A mistake stays to be mended.
    pub(super) fn answer(&mut self, mut prompt: Box<Prompt>, _effects: &mut Vec<Effect>) {
        if prompt.error.is_some() {
            self.pane = Pane::Prompt(prompt);
            return;
        }
        let taken: Result<(), String> = match prompt.kind {
            PromptKind::Search => {
                if let Some(search) = prompt.found.take() {
                    self.search = Some(search);
                }
                self.find(What::Match, Direction::Forward);
                Ok(())
            }
            PromptKind::Note => {
                self.take_note(prompt.edit.text());
                Ok(())
            }
        };
        if let Err(problem) = taken {
            prompt.refuse(problem);
            self.pane = Pane::Prompt(prompt);
        }
    }
}
