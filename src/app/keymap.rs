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

/// Why one of the user's bindings cannot be used.
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
    /// The key would be missing where text is typed.
    #[error(
        "action `{id}`: `{key}` types a character, and this action also works where text is typed; use F5 or Ctrl-x"
    )]
    Types {
        /// The action.
        id: &'static str,
        /// The key.
        key: String,
    },
    /// Two actions want the same key in the same place.
    #[error("key `{key}` is bound to both `{first}` and `{second}`; `{first}` has it")]
    Twice {
        /// The key.
        key: String,
        /// The action that was named first: it gets the key.
        first: &'static str,
        /// The other one: it keeps the keys that it has by default.
        second: &'static str,
    },
    /// Nothing would be left to end the program.
    #[error("no key is left for `quit` or `cancel-or-quit`: both keep their own")]
    NoQuit,
}

impl Conflict {
    /// The action whose entry is left out, as it was written.
    pub fn action(&self) -> &str {
        match self {
            Self::UnknownAction { id, .. } | Self::BadKey { id, .. } => id,
            Self::Types { id, .. } => id,
            Self::Twice { second, .. } => second,
            Self::NoQuit => "quit",
        }
    }
}

/// The user's keys of an action, by its number among [`ACTIONS`].
type Own = Vec<(usize, Vec<Key>)>;

impl Default for Keymap {
    fn default() -> Self {
        Self::of(&Own::new())
    }
}

impl Keymap {
    /// The table's keys with the user's: each named action gets exactly the keys that are listed for it (none: the
    /// action has no key). A key that the user gives to one action is taken from the others that had it by default.
    /// Entries that cannot be used are left out, and told; of two that want the same key, the first one counts.
    pub fn with<'a, I, K>(overrides: I) -> (Self, Vec<Conflict>)
    where
        I: IntoIterator<Item = (&'a str, K)>,
        K: IntoIterator<Item = &'a str>,
    {
        let mut own = Own::new();
        let mut conflicts = Vec::new();
        for (id, keys) in overrides {
            match entry(id, keys).and_then(|entry| fits(&own, &entry).map(|()| entry)) {
                Ok(entry) => own.push(entry),
                Err(conflict) => conflicts.push(conflict),
            }
        }
        let mut map = Self::of(&own);
        if !map.can_quit() {
            conflicts.push(Conflict::NoQuit);
            let quits: Vec<Key> = ACTIONS.iter().filter(|spec| ends(spec)).flat_map(own_keys).collect();
            own.retain(|(index, keys)| !ends(&ACTIONS[*index]) && !keys.iter().any(|key| quits.contains(key)));
            map = Self::of(&own);
        }
        (map, conflicts)
    }

    /// The table's keys, but for those of the user, which are known to go together.
    fn of(own: &Own) -> Self {
        let keys = ACTIONS.iter().map(|spec| own_keys(spec).collect()).collect();
        let mut map = Self { keys, index: HashMap::new() };
        for (index, keys) in own {
            for (other, spec) in ACTIONS.iter().enumerate() {
                if shares(spec, &ACTIONS[*index]) && !own.iter().any(|(mine, _)| *mine == other) {
                    map.keys[other].retain(|key| !keys.contains(key));
                }
            }
            map.keys[*index].clone_from(keys);
        }
        map.build();
        map
    }

    fn can_quit(&self) -> bool {
        ACTIONS.iter().zip(&self.keys).any(|(spec, keys)| ends(spec) && !keys.is_empty())
    }

    /// The action of a key in a context.
    pub fn find(&self, context: Context, key: Key) -> Option<&'static ActionSpec> {
        self.index.get(&(context, key)).map(|index| &ACTIONS[*index])
    }

    /// The keys of an action, the most usual one first.
    pub fn keys(&self, id: &str) -> &[Key] {
        ACTIONS.iter().position(|spec| spec.id == id).map_or(&[], |index| &self.keys[index])
    }

    /// The table's own keys never collide (a test says so), and those of the user were looked at; if two did, the
    /// first action would win.
    fn build(&mut self) {
        self.index.clear();
        for (index, (spec, keys)) in ACTIONS.iter().zip(&self.keys).enumerate() {
            for context in spec.when {
                for key in keys {
                    self.index.entry((*context, *key)).or_insert(index);
                }
            }
        }
    }
}

/// The keys of the table.
fn own_keys(spec: &'static ActionSpec) -> impl Iterator<Item = Key> {
    spec.keys.iter().filter_map(|key| key.parse().ok())
}

/// Whether it ends the program.
fn ends(spec: &ActionSpec) -> bool {
    matches!(spec.id, "quit" | "cancel-or-quit")
}

/// Whether two actions work in the same place.
fn shares(a: &ActionSpec, b: &ActionSpec) -> bool {
    a.when.iter().any(|context| b.when.contains(context))
}

/// An entry of the user, understood.
fn entry<'a>(id: &str, keys: impl IntoIterator<Item = &'a str>) -> Result<(usize, Vec<Key>), Conflict> {
    let index = ACTIONS.iter().position(|spec| spec.id == id).ok_or_else(|| unknown(id))?;
    let spec = &ACTIONS[index];
    let types = spec.when.iter().any(|context| matches!(context, Context::Text | Context::Prompt | Context::Picker));
    let mut own: Vec<Key> = Vec::new();
    for text in keys {
        let key: Key = text.parse().map_err(|()| Conflict::BadKey { id: id.to_owned(), key: text.to_owned() })?;
        if types && matches!(key.code, KeyCode::Char(_)) && !key.ctrl && !key.alt {
            return Err(Conflict::Types { id: spec.id, key: key.to_string() });
        }
        if !own.contains(&key) {
            own.push(key);
        }
    }
    Ok((index, own))
}

/// Whether an entry goes together with those before it.
fn fits(own: &Own, (index, keys): &(usize, Vec<Key>)) -> Result<(), Conflict> {
    let spec = &ACTIONS[*index];
    for (other, theirs) in own.iter().filter(|(other, _)| shares(&ACTIONS[*other], spec)) {
        if let Some(key) = keys.iter().find(|key| theirs.contains(key)) {
            return Err(Conflict::Twice { key: key.to_string(), first: ACTIONS[*other].id, second: spec.id });
        }
    }
    Ok(())
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

    fn ok(overrides: &[(&str, &[&str])]) -> Keymap {
        let (map, conflicts) = Keymap::with(overrides.iter().map(|(id, keys)| (*id, keys.iter().copied())));
        assert_eq!(conflicts, []);
        map
    }

    fn action(map: &Keymap, context: Context, key: &str) -> Option<&'static str> {
        map.find(context, key.parse().unwrap()).map(|spec| spec.id)
    }

    #[test]
    fn own_keys_replace_those_of_the_table() {
        let map = ok(&[("follow", &["F5", "F6", "F5"]), ("wrap", &["f"])]);
        let find = |key| action(&map, Context::List, key);
        assert_eq!(
            (find("F5"), find("F6"), find("f"), find("w")),
            (Some("follow"), Some("follow"), Some("wrap"), None)
        );
        assert_eq!(map.keys("follow").len(), 2);
        // A key that is taken away from another action.
        let map = ok(&[("follow", &["w"])]);
        assert_eq!(action(&map, Context::List, "w"), Some("follow"));
        assert_eq!(map.keys("wrap"), &[]);
        // An empty list takes the keys away.
        let map = ok(&[("wrap", &[])]);
        assert_eq!((action(&map, Context::List, "w"), map.keys("wrap")), (None, &[][..]));
        // The same key in places that are apart.
        let map = ok(&[("toggle", &["F5"]), ("wrap", &["F5"])]);
        assert_eq!(
            (action(&map, Context::Choice, "F5"), action(&map, Context::List, "F5")),
            (Some("toggle"), Some("wrap"))
        );
    }

    #[test]
    fn every_action_can_have_another_key_in_all_its_places() {
        let unused: Key = "Ctrl-F24".parse().unwrap();
        for spec in ACTIONS {
            let map = ok(&[(spec.id, &["Ctrl-F24"])]);
            assert_eq!(map.keys(spec.id), [unused], "{}", spec.id);
            for context in spec.when {
                assert_eq!(action(&map, *context, "Ctrl-F24"), Some(spec.id), "{} in {context:?}", spec.id);
                for key in spec.keys {
                    assert_ne!(action(&map, *context, key), Some(spec.id), "{} still has {key}", spec.id);
                }
            }
            // The others keep theirs.
            for other in ACTIONS.iter().filter(|other| other.id != spec.id) {
                assert_eq!(map.keys(other.id).len(), other.keys.len(), "{} lost a key to {}", other.id, spec.id);
            }
        }
    }

    #[test]
    fn two_of_the_users_own_never_share_a_key_in_one_place() {
        for first in ACTIONS {
            for second in ACTIONS.iter().filter(|second| second.id != first.id) {
                let (map, conflicts) = Keymap::with([(first.id, ["Ctrl-F24"]), (second.id, ["Ctrl-F24"])]);
                let found = conflicts.iter().any(|conflict| matches!(conflict, Conflict::Twice { .. }));
                assert_eq!(found, shares(first, second), "{} {}", first.id, second.id);
                for context in first.when {
                    assert_eq!(action(&map, *context, "Ctrl-F24"), Some(first.id), "{} {}", first.id, second.id);
                }
                if found {
                    assert_eq!(map.keys(second.id).len(), second.keys.len(), "{} keeps its own", second.id);
                }
            }
        }
    }

    #[test]
    fn what_cannot_be_bound_is_said_and_left_out() {
        let check = |overrides: &[(&str, &[&str])], expected: &[&str]| {
            let (map, conflicts) = Keymap::with(overrides.iter().map(|(id, keys)| (*id, keys.iter().copied())));
            let said: Vec<_> = conflicts.iter().map(ToString::to_string).collect();
            assert_eq!(said.len(), expected.len(), "{said:?}");
            for (said, expected) in said.iter().zip(expected) {
                assert!(said.contains(expected), "{said}");
            }
            map
        };
        check(&[("folow", &["f"])], &["no action `folow`; did you mean `follow`?"]);
        check(&[("zzzzzzzzzzz", &["f"])], &["no action `zzzzzzzzzzz`"]);
        let map = check(&[("follow", &["hyper-f"]), ("wrap", &["F5"])], &["`hyper-f` is not a key"]);
        assert_eq!(
            (action(&map, Context::List, "f"), action(&map, Context::List, "F5")),
            (Some("follow"), Some("wrap"))
        );
        let map =
            check(&[("wrap", &["x"]), ("follow", &["x"])], &["`x` is bound to both `wrap` and `follow`; `wrap` has"]);
        assert_eq!(
            (action(&map, Context::List, "x"), action(&map, Context::List, "f")),
            (Some("wrap"), Some("follow"))
        );
        check(&[("cancel", &["x"])], &["`x` types a character"]);
        check(&[("apply", &["Space"])], &["`Space` types a character"]);
        let map = check(&[("quit", &[]), ("cancel-or-quit", &[])], &["no key is left for `quit`"]);
        assert_eq!(action(&map, Context::List, "q"), Some("quit"));
        let map = check(&[("wrap", &["q"]), ("follow", &["Ctrl-c"])], &["no key is left for `quit`"]);
        assert_eq!(action(&map, Context::List, "Ctrl-c"), Some("cancel-or-quit"));
    }
}
