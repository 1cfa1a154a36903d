//! Earlier searches of this run, and the walk through them in the prompt.
//!
//! Owns their order. They are never written to a file: what somebody looks for can be a secret. Must not know keys.

use std::collections::VecDeque;

/// The most searches that are remembered.
const MAX_SEARCHES: usize = 100;

/// Earlier searches, the newest last.
#[derive(Clone, Debug, Default)]
pub(super) struct History {
    texts: VecDeque<String>,
    walk: Option<Walk>,
}

/// Where a prompt is among them.
#[derive(Clone, Debug)]
struct Walk {
    at: usize,
    /// What was typed before the walk began; it comes behind the newest.
    typed: String,
}

impl History {
    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// Remembers a search as the newest. One that is there already moves.
    pub(super) fn push(&mut self, text: &str) {
        self.walk = None;
        if text.is_empty() {
            return;
        }
        self.texts.retain(|other| other != text);
        if self.texts.len() == MAX_SEARCHES {
            self.texts.pop_front();
        }
        self.texts.push_back(text.to_owned());
    }

    /// A prompt was opened or closed.
    pub(super) fn end_walk(&mut self) {
        self.walk = None;
    }

    /// The search before the one that is shown; `now` is what the prompt says.
    pub(super) fn older(&mut self, now: &str) -> Option<&str> {
        let at = match &self.walk {
            Some(walk) => walk.at.checked_sub(1)?,
            // What is typed may be the newest one itself.
            None => self.texts.iter().rposition(|text| text != now)?,
        };
        match &mut self.walk {
            Some(walk) => walk.at = at,
            None => self.walk = Some(Walk { at, typed: now.to_owned() }),
        }
        self.texts.get(at).map(String::as_str)
    }

    /// The search after the one that is shown; behind the newest, what was typed.
    pub(super) fn newer(&mut self) -> Option<String> {
        let walk = self.walk.as_mut()?;
        walk.at += 1;
        if let Some(text) = self.texts.get(walk.at) {
            return Some(text.clone());
        }
        self.walk.take().map(|walk| walk.typed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(texts: &[&str]) -> History {
        let mut history = History::default();
        for text in texts {
            history.push(text);
        }
        history
    }

    #[test]
    fn the_walk_goes_back_and_returns_to_what_was_typed() {
        let mut history = history(&["one", "two", "three"]);
        assert_eq!(history.newer(), None);
        assert_eq!(history.older("dra"), Some("three"));
        assert_eq!(history.older("three"), Some("two"));
        assert_eq!(history.older("two"), Some("one"));
        assert_eq!(history.older("one"), None);
        assert_eq!(history.newer().as_deref(), Some("two"));
        assert_eq!(history.newer().as_deref(), Some("three"));
        assert_eq!(history.newer().as_deref(), Some("dra"));
        assert_eq!(history.newer(), None);
        assert_eq!(history.older("three"), Some("two"), "the prompt says the newest already");
    }

    #[test]
    fn a_text_is_there_once_and_there_is_a_limit() {
        let history = history(&["one", "two", "one", ""]);
        assert_eq!(history.texts, ["two", "one"]);
        let mut many = History::default();
        for n in 0..150 {
            many.push(&n.to_string());
        }
        assert_eq!((many.texts.len(), many.older("")), (MAX_SEARCHES, Some("149")));
    }
}
