//! The search prompt on the status line.
//!
//! Owns what is typed and whether it can be searched for. Must not know the list.

use super::edit::LineEdit;
use super::search::Search;

/// The open prompt.
#[derive(Debug, Default)]
pub struct Prompt {
    pub(super) edit: LineEdit,
    found: Option<Search>,
    error: Option<String>,
}

impl Prompt {
    pub(super) fn new() -> Self {
        Self { edit: LineEdit::new(""), ..Self::default() }
    }

    /// The text was changed.
    pub(super) fn changed(&mut self) {
        (self.found, self.error) = match self.edit.text() {
            "" => (None, None),
            text => match Search::new(text) {
                Ok(search) => (Some(search), None),
                Err(error) => (None, Some(error)),
            },
        };
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
