//! Which key runs which action in which context, and how keys are written.
//!
//! Owns the spelling of keys and the user's own bindings. Must not know what actions do.

use super::action::{ACTIONS, ActionSpec, Context};
use super::event::{Key, KeyCode};
use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

/// The keys of every action. Look-ups are by context.
#[derive(Clone, Debug)]
pub struct Keymap {
    /// The keys of each action, in the order of [`ACTIONS`].
    keys: Vec<Vec<Key>>,
    /// (context, key) -> index into [`ACTIONS`].
    index: HashMap<(Context, Key), usize>,
}

/// Why the user's bindings cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Conflict {
    /// The action's name is not known.
    #[error("there is no action `{id}`{}", .nearest.map(|n| format!("; did you mean `{n}`?")).unwrap_or_default())]
    UnknownAction {
        /// What was written.
        id: String,
        /// An action with a similar name.
        nearest: Option<&'static str>,
    },
    /// A key is not understood.
    #[error("action `{id}`: `{key}` is not a key (write q, Ctrl-d, Shift-Tab, Enter, Space, PgDn, F2)")]
    BadKey {
        /// The action.
        id: String,
        /// What was written.
        key: String,
    },
    /// Two actions want the same key in the same place.
    #[error("key `{key}` is bound to both `{first}` and `{second}`")]
    Twice {
        /// The key.
        key: String,
        /// One action.
        first: &'static str,
        /// The other one.
        second: &'static str,
    },
    /// Nothing would be left to end the program.
    #[error("no key is left for `quit`")]
    NoQuit,
}

impl Default for Keymap {
    fn default() -> Self {
        // The table's own keys never collide (a test says so); if they did, the first action would win.
        let keys = ACTIONS.iter().map(|spec| spec.keys.iter().filter_map(|key| key.parse().ok()).collect()).collect();
        let mut map = Self { keys, index: HashMap::new() };
        let _ = map.build();
        map
    }
}

impl Keymap {
    /// The table's keys with the user's: each named action gets exactly the keys that are listed for it (none: the
    /// action has no key). A key that the user gives to one action is taken from the others that had it by default.
    ///
    /// # Errors
    /// [`Conflict`] names the first entry that cannot be used.
    pub fn with<'a, I, K>(overrides: I) -> Result<Self, Conflict>
    where
        I: IntoIterator<Item = (&'a str, K)>,
        K: IntoIterator<Item = &'a str>,
    {
        let mut map = Self::default();
        let mut own: Vec<(usize, Vec<Key>)> = Vec::new();
        for (id, keys) in overrides {
            let index = ACTIONS.iter().position(|spec| spec.id == id).ok_or_else(|| unknown(id))?;
            let keys = keys
                .into_iter()
                .map(|key| key.parse().map_err(|()| Conflict::BadKey { id: id.to_owned(), key: key.to_owned() }));
            own.push((index, keys.collect::<Result<_, _>>()?));
        }
        for (index, keys) in &own {
            for (other, spec) in ACTIONS.iter().enumerate() {
                let shared = spec.when.iter().any(|context| ACTIONS[*index].when.contains(context));
                if shared && !own.iter().any(|(mine, _)| *mine == other) {
                    map.keys[other].retain(|key| !keys.contains(key));
                }
            }
            map.keys[*index].clone_from(keys);
        }
        map.build()?;
        let has_quit = ACTIONS
            .iter()
            .zip(&map.keys)
            .any(|(spec, keys)| matches!(spec.id, "quit" | "cancel-or-quit") && !keys.is_empty());
        if has_quit { Ok(map) } else { Err(Conflict::NoQuit) }
    }

    /// The action of a key in a context.
    pub fn find(&self, context: Context, key: Key) -> Option<&'static ActionSpec> {
        self.index.get(&(context, key)).map(|index| &ACTIONS[*index])
    }

    /// The keys of an action, the most usual one first.
    pub fn keys(&self, id: &str) -> &[Key] {
        ACTIONS.iter().position(|spec| spec.id == id).map_or(&[], |index| &self.keys[index])
    }

    fn build(&mut self) -> Result<(), Conflict> {
        self.index.clear();
        for (index, (spec, keys)) in ACTIONS.iter().zip(&self.keys).enumerate() {
            for context in spec.when {
                for key in keys {
                    let old = *self.index.entry((*context, *key)).or_insert(index);
                    if old != index {
                        return Err(Conflict::Twice { key: key.to_string(), first: ACTIONS[old].id, second: spec.id });
                    }
                }
            }
        }
        Ok(())
    }
}

fn unknown(id: &str) -> Conflict {
    let near = |spec: &&ActionSpec| strsim::damerau_levenshtein(spec.id, id);
    let nearest = ACTIONS.iter().min_by_key(near).filter(|spec| near(spec) <= 2.max(id.len() / 3));
    Conflict::UnknownAction { id: id.to_owned(), nearest: nearest.map(|spec| spec.id) }
}

const NAMES: [(&str, KeyCode); 17] = [
    ("Enter", KeyCode::Enter),
    ("Return", KeyCode::Enter),
    ("Esc", KeyCode::Esc),
    ("Escape", KeyCode::Esc),
    ("Tab", KeyCode::Tab),
    ("Backspace", KeyCode::Backspace),
    ("Del", KeyCode::Delete),
    ("Ins", KeyCode::Insert),
    ("Up", KeyCode::Up),
    ("Down", KeyCode::Down),
    ("Left", KeyCode::Left),
    ("Right", KeyCode::Right),
    ("Home", KeyCode::Home),
    ("End", KeyCode::End),
    ("PgUp", KeyCode::PageUp),
    ("PgDn", KeyCode::PageDown),
    ("Space", KeyCode::Char(' ')),
];

impl FromStr for Key {
    type Err = ();

    /// Reads `q`, `Q`, `Ctrl-d`, `Alt-x`, `Shift-Tab`, `Enter`, `Space`, `F2`; names in any case.
    fn from_str(text: &str) -> Result<Self, ()> {
        let mut key = Self { code: KeyCode::Esc, ctrl: false, alt: false, shift: false };
        let mut rest = text;
        while let Some((modifier, after)) = rest.split_once(['-', '+'])
            && !after.is_empty()
        {
            match modifier.to_ascii_lowercase().as_str() {
                "ctrl" | "c" => key.ctrl = true,
                "alt" | "a" | "meta" => key.alt = true,
                "shift" | "s" => key.shift = true,
                _ => return Err(()),
            }
            rest = after;
        }
        let mut chars = rest.chars();
        key.code = match (chars.next(), chars.next()) {
            (Some(c), None) if !c.is_control() => KeyCode::Char(c),
            (Some('f' | 'F'), Some('0'..='9')) => {
                let number = rest[1..].parse().ok().filter(|n| (1..=24).contains(n)).ok_or(())?;
                KeyCode::F(number)
            }
            _ => NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(rest)).ok_or(())?.1,
        };
        if let KeyCode::Char(c) = key.code {
            if key.shift {
                key.code = KeyCode::Char(c.to_ascii_uppercase());
            } else if key.ctrl {
                key.code = KeyCode::Char(c.to_ascii_lowercase());
            }
            key.shift = false;
        }
        Ok(key)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        for (on, name) in [(self.ctrl, "Ctrl-"), (self.alt, "Alt-"), (self.shift, "Shift-")] {
            if on {
                text.push_str(name);
            }
        }
        match self.code {
            KeyCode::Char(c) if c != ' ' => text.push(c),
            KeyCode::F(n) => {
                text.push('F');
                text.push_str(&n.to_string());
            }
            code => text.push_str(NAMES.iter().find(|(_, named)| *named == code).map_or("?", |(name, _)| name)),
        }
        f.pad(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_written_as_they_are_read() {
        for text in ["q", "Q", "?", "-", "+", "Ctrl-d", "Shift-Tab", "Enter", "Esc", "Space", "PgDn", "F2", "Alt-x"] {
            assert_eq!(text.parse::<Key>().map(|key| key.to_string()), Ok(text.to_owned()), "{text}");
        }
        let check = |text: &str, expected: &str| {
            assert_eq!(text.parse::<Key>().map(|key| key.to_string()), Ok(expected.to_owned()), "{text}");
        };
        check("ctrl-D", "Ctrl-d");
        check("c-x", "Ctrl-x");
        check("shift-g", "G");
        check("escape", "Esc");
        check("ctrl+space", "Ctrl-Space");
        for text in ["", "hyper-x", "F0", "F25", "nokey", "Ctrl-"] {
            assert!(text.parse::<Key>().is_err(), "{text}");
        }
    }

    #[test]
    fn own_keys_replace_those_of_the_table() {
        let map = Keymap::with([("follow", vec!["F5"]), ("wrap", vec!["f"])]).unwrap();
        let find = |key: &str| map.find(Context::List, key.parse().unwrap()).map(|spec| spec.id);
        assert_eq!((find("F5"), find("f"), find("w")), (Some("follow"), Some("wrap"), None));
        // A key that is taken away from another action.
        let map = Keymap::with([("follow", vec!["w"])]).unwrap();
        assert_eq!(map.find(Context::List, "w".parse().unwrap()).map(|spec| spec.id), Some("follow"));
        assert_eq!(map.keys("wrap"), &[]);
    }

    #[test]
    fn what_cannot_be_bound_is_said() {
        let check = |id: &str, keys: &[&str], expected: &str| {
            let error = Keymap::with([(id, keys.to_vec())]).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        };
        check("folow", &["f"], "no action `folow`; did you mean `follow`?");
        check("zzzzzzzzzzz", &["f"], "no action `zzzzzzzzzzz`");
        check("follow", &["hyper-f"], "`hyper-f` is not a key");
        let error = Keymap::with([("follow", vec!["x"]), ("wrap", vec!["x"])]).unwrap_err();
        assert_eq!(error.to_string(), "key `x` is bound to both `follow` and `wrap`");
        let error = Keymap::with([("quit", vec![]), ("cancel-or-quit", vec![])]).unwrap_err();
        assert_eq!(error, Conflict::NoQuit);
    }
}
