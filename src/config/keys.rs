//! The one table of settings: name, meaning, default, example, and how a value is taken and shown.
//!
//! Owns [`KEYS`], from which the file's check, `config.example.toml`, the environment's names, the man page and the
//! README derive: a new setting is a field of [`Config`] and a row here. Must not know files or the environment.

use super::types::BadValue;
use super::{Bindings, Config, firestore, gcs, google, pods, servers};
use crate::model::Address;
use crate::model::look::TimeStyle;
use crate::model::theme::ThemeChoice;
use std::{fmt::Display, str::FromStr};

/// One setting.
#[derive(Clone, Copy, Debug)]
pub struct ConfigKey {
    /// Its name in the file, with its section before a dot if it is in one; a table's when [`ConfigKey::table`] is set.
    pub name: &'static str,
    /// Whether it is a table of settings of its own.
    pub table: Table,
    /// What it is, in one or two sentences.
    pub doc: &'static str,
    /// What a value looks like.
    pub expected: &'static str,
    /// The value that holds when nothing is set, in TOML.
    pub default: &'static str,
    /// Another value, in TOML, for the example file.
    pub example: &'static str,
    /// How the environment's text is read, where that needs saying.
    pub environment: &'static str,
    /// The command line's flag, where there is one.
    pub flag: Option<&'static str>,
    /// Takes a value.
    pub(super) set: fn(&mut Config, &Raw) -> Result<(), BadValue>,
    /// The value now, in TOML; the lines of a table.
    pub(super) show: fn(&Config) -> String,
}

/// Whether a setting is one value or a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// `name = value`
    No,
    /// `[name]` and lines below it.
    Yes,
}

/// A value before it is understood.
#[derive(Clone, Debug, PartialEq)]
pub enum Raw {
    /// Text of the environment or a flag, whose type is not written down.
    Word(String),
    /// A string of the file.
    Text(String),
    /// An integer of the file.
    Number(i64),
    /// true or false in the file.
    Flag(bool),
    /// An array of strings.
    List(Vec<String>),
    /// A table of strings or of arrays of strings.
    Pairs(Bindings),
    /// A table of anything.
    Map(Vec<(String, Raw)>),
    /// Something that no setting takes, by its type's name.
    Other(&'static str),
}

impl Raw {
    /// The value as a message names it.
    pub(super) fn given(&self) -> String {
        match self {
            Self::Word(text) | Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
            Self::Flag(flag) => flag.to_string(),
            Self::List(_) => "[…]".to_owned(),
            Self::Pairs(_) => "{…}".to_owned(),
            Self::Map(_) => "a table".to_owned(),
            Self::Other(kind) => (*kind).to_owned(),
        }
    }

    pub(super) fn bad(&self, expected: &str) -> BadValue {
        BadValue::new(self.given(), expected)
    }

    /// A value that is written as text.
    pub(super) fn text<T: FromStr<Err = BadValue>>(&self, expected: &str) -> Result<T, BadValue> {
        match self {
            Self::Word(text) | Self::Text(text) => text.parse(),
            _ => Err(self.bad(expected)),
        }
    }

    /// A value that may be written as text or as a number.
    fn text_or_number<T: FromStr<Err = BadValue>>(&self, expected: &str) -> Result<T, BadValue> {
        match self {
            Self::Number(number) => number.to_string().parse(),
            _ => self.text(expected),
        }
    }

    /// A whole number from `least` to `most`.
    pub(super) fn number(&self, least: u64, most: u64, expected: &str) -> Result<u64, BadValue> {
        let number = match self {
            Self::Number(number) => u64::try_from(*number).ok(),
            Self::Word(word) => word.trim().parse().ok(),
            _ => None,
        };
        number.filter(|number| (least..=most).contains(number)).ok_or_else(|| self.bad(expected))
    }

    /// A list; in the environment with commas between, where empty items count for nothing.
    pub(super) fn list(&self, expected: &str) -> Result<Vec<String>, BadValue> {
        match self {
            Self::List(list) => Ok(list.clone()),
            Self::Word(word) => {
                let items = word.split(',').map(|item| item.trim().to_owned());
                Ok(items.filter(|item| !item.is_empty()).collect())
            }
            _ => Err(self.bad(expected)),
        }
    }

    /// Yes or no.
    pub(super) fn flag(&self, expected: &str) -> Result<bool, BadValue> {
        match self {
            Self::Flag(flag) => Ok(*flag),
            Self::Word(word) => match word.trim().to_ascii_lowercase().as_str() {
                "true" | "1" | "yes" | "on" => Ok(true),
                "false" | "0" | "no" | "off" => Ok(false),
                _ => Err(self.bad(expected)),
            },
            _ => Err(self.bad(expected)),
        }
    }
}

const SOURCES: &str = "a list of source addresses, such as [\"/var/log/app/*.log\"]";
const COLUMNS: &str = "a list of at most 8 fields' names, such as [\"status\", \"trace.id\"]";
pub(super) const BOOLEAN: &str = "true or false";
const BINDINGS: &str = "action = \"key\" or action = [\"key\", \"key\"]";

const COUNT: usize =
    OWN.len() + servers::ROWS.len() + pods::ROWS.len() + google::ROWS.len() + gcs::ROWS.len() + firestore::ROWS.len();

/// All settings, in the order of the example file.
pub static KEYS: &[ConfigKey] = &{
    let [own @ .., last] = &OWN;
    let mut keys = [*last; COUNT];
    let parts: [&[ConfigKey]; 6] = [own, &servers::ROWS, &pods::ROWS, &google::ROWS, &gcs::ROWS, &firestore::ROWS];
    let (mut at, mut part) = (0, 0);
    while part < parts.len() {
        let mut row = 0;
        while row < parts[part].len() {
            keys[at] = parts[part][row];
            at += 1;
            row += 1;
        }
        part += 1;
    }
    keys
};

/// Those of logdeck as a whole; the last one follows those of the services.
const OWN: [ConfigKey; 10] = [
    ConfigKey {
        name: "sources",
        table: Table::No,
        doc: "Source addresses that open when the command line names none.",
        expected: SOURCES,
        default: "[]",
        example: "[\"/var/log/app/*.log\", \"build-logs.zip\"]",
        environment: "addresses with commas between them",
        flag: Some("SOURCE…"),
        set: |config, raw| {
            let list = raw.list(SOURCES)?;
            config.sources = list.iter().map(|text| address(text)).collect::<Result<_, _>>()?;
            Ok(())
        },
        show: |config| array(config.sources.iter().map(ToString::to_string)),
    },
    ConfigKey {
        name: "memory",
        table: Table::No,
        doc: "Bytes that held records may take; the oldest fall out above it. 8MiB to 1TiB.",
        expected: super::Memory::EXPECTED,
        default: "\"256MiB\"",
        example: "\"1GiB\"",
        environment: "",
        flag: Some("--memory"),
        set: |config, raw| {
            config.memory = raw.text_or_number(super::Memory::EXPECTED)?;
            Ok(())
        },
        show: |config| quoted(config.memory),
    },
    ConfigKey {
        name: "theme",
        table: Table::No,
        doc: "Colours: auto (asks the terminal), dark, light, 16 (the terminal's own), mono, ascii, or the name of a file \
              in the directory `themes` beside this one. NO_COLOR means mono.",
        expected: ThemeChoice::EXPECTED,
        default: "\"auto\"",
        example: "\"dark\"",
        environment: "",
        flag: Some("--theme"),
        set: |config, raw| {
            config.theme = match raw {
                Raw::Number(number) => number.to_string().parse(),
                Raw::Word(text) | Raw::Text(text) => text.parse(),
                _ => Err(()),
            }
            .map_err(|()| raw.bad(ThemeChoice::EXPECTED))?;
            Ok(())
        },
        show: |config| quoted(&config.theme),
    },
    ConfigKey {
        name: "ascii",
        table: Table::No,
        doc: "Draws with ASCII characters alone. That also happens when the locale is not UTF-8 or TERM is linux.",
        expected: BOOLEAN,
        default: "false",
        example: "true",
        environment: "true or false",
        flag: Some("--ascii"),
        set: |config, raw| {
            config.ascii = raw.flag(BOOLEAN)?;
            Ok(())
        },
        show: |config| config.ascii.to_string(),
    },
    ConfigKey {
        name: "time",
        table: Table::No,
        doc: "How a record's time is shown: utc, local, age (how long ago) or off.",
        expected: TimeStyle::EXPECTED,
        default: "\"local\"",
        example: "\"utc\"",
        environment: "",
        flag: None,
        set: |config, raw| {
            config.time = match raw {
                Raw::Word(text) | Raw::Text(text) => text.parse(),
                _ => Err(()),
            }
            .map_err(|()| raw.bad(TimeStyle::EXPECTED))?;
            Ok(())
        },
        show: |config| quoted(config.time),
    },
    ConfigKey {
        name: "columns",
        table: Table::No,
        doc: "Fields that the list shows in columns of their own, at most 8; nested ones are dotted.",
        expected: COLUMNS,
        default: "[]",
        example: "[\"status\", \"trace.id\"]",
        environment: "names with commas between them",
        flag: None,
        set: |config, raw| {
            config.columns = raw.list(COLUMNS)?.into_iter().filter(|name| !name.is_empty()).collect();
            if config.columns.len() > 8 { Err(raw.bad(COLUMNS)) } else { Ok(()) }
        },
        show: |config| array(config.columns.iter().cloned()),
    },
    ConfigKey {
        name: "tz",
        table: Table::No,
        doc: "The zone of times that are written without one: local, UTC, an offset (+02:00) or an IANA name.",
        expected: super::Zone::EXPECTED,
        default: "\"local\"",
        example: "\"Europe/Berlin\"",
        environment: "",
        flag: Some("cat --tz"),
        set: |config, raw| {
            config.tz = raw.text(super::Zone::EXPECTED)?;
            Ok(())
        },
        show: |config| quoted(&config.tz),
    },
    ConfigKey {
        name: "fps",
        table: Table::No,
        doc: "Frames a second at most while records come in, 1 to 60; over SSH at most 10. A key is drawn at once.",
        expected: super::FrameRate::EXPECTED,
        default: "30",
        example: "10",
        environment: "",
        flag: None,
        set: |config, raw| {
            config.fps = match raw {
                Raw::Number(number) => number.to_string().parse()?,
                Raw::Word(word) => word.parse()?,
                _ => return Err(raw.bad(super::FrameRate::EXPECTED)),
            };
            Ok(())
        },
        show: |config| config.fps.to_string(),
    },
    ConfigKey {
        name: "log_level",
        table: Table::No,
        doc: "What goes to logdeck's own log file in the state directory: off, error, warn, info, debug or trace.",
        expected: super::LogLevel::EXPECTED,
        default: "\"warn\"",
        example: "\"debug\"",
        environment: "",
        flag: Some("--log-level"),
        set: |config, raw| {
            config.log_level = raw.text(super::LogLevel::EXPECTED)?;
            Ok(())
        },
        show: |config| quoted(config.log_level),
    },
    ConfigKey {
        name: "keys",
        table: Table::Yes,
        doc: "Keys by the action's name; `:` on the screen finds the actions. An empty list takes an action's keys away; what is \
              not named keeps its own. A key that is given to one action is taken from the others that had it.",
        expected: BINDINGS,
        default: "",
        example: "quit = [\"q\", \"ctrl-c\"]\nfollow = \"f\"",
        environment: "`action=key` pairs with blanks between them",
        flag: None,
        set: |config, raw| {
            config.keys = match raw {
                Raw::Pairs(pairs) => pairs.clone(),
                Raw::Word(word) => words_to_pairs(word).ok_or_else(|| raw.bad(BINDINGS))?,
                _ => return Err(raw.bad(BINDINGS)),
            };
            Ok(())
        },
        show: |config| {
            let line = |(action, keys): (&String, &Vec<String>)| match keys.as_slice() {
                [key] => format!("{action} = {}", quoted(key)),
                keys => format!("{action} = {}", array(keys.iter().cloned())),
            };
            config.keys.iter().map(line).collect::<Vec<_>>().join("\n")
        },
    },
];

/// Variables of ours that are not settings, and what each is for.
pub static VARIABLES: &[(&str, &str)] = &[
    ("LOGDECK_CONFIG", "The config file to read instead of the usual one."),
    (
        "LOGDECK_SCROLL",
        "`0` draws rows anew instead of letting the terminal scroll them, for one that does so wrongly.",
    ),
    ("LOGDECK_SYNC", "`0` draws without synchronised output (DEC mode 2026), for a terminal that handles it wrongly."),
    ("LOGDECK_TRACE_FRAMES", "A file to which the time and size of every frame is written when the screen ends."),
];

impl ConfigKey {
    /// The setting with this name.
    pub fn find(name: &str) -> Option<&'static Self> {
        KEYS.iter().find(|key| key.name == name)
    }

    /// Its name in the environment.
    pub fn variable(&self) -> String {
        format!("LOGDECK_{}", self.name.to_ascii_uppercase().replace('.', "_"))
    }

    /// The section that it is in, if any, and its name there.
    pub fn place(&self) -> (Option<&'static str>, &'static str) {
        self.name.split_once('.').map_or((None, self.name), |(section, name)| (Some(section), name))
    }
}

fn address(text: &str) -> Result<Address, BadValue> {
    text.parse().map_err(|error: crate::model::address::BadAddress| {
        BadValue::new(text, format!("a source address: {}, expected {}", error.problem, error.expected))
    })
}

fn words_to_pairs(text: &str) -> Option<Bindings> {
    let mut pairs = Bindings::new();
    for pair in text.split_whitespace() {
        let (action, key) = pair.split_once('=').filter(|(action, key)| !action.is_empty() && !key.is_empty())?;
        pairs.entry(action.to_owned()).or_default().push(key.to_owned());
    }
    Some(pairs)
}

/// A string in TOML.
pub(super) fn quoted(value: impl Display) -> String {
    toml::Value::String(value.to_string()).to_string()
}

/// A list of strings in TOML.
pub(super) fn array(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.map(quoted).collect::<Vec<_>>().join(", "))
}

/// The candidate nearest to `name`, if one is near enough to be a slip of the keyboard.
pub fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let lower = name.to_ascii_lowercase();
    candidates
        .map(|candidate| (strsim::damerau_levenshtein(&lower, &candidate.to_ascii_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.chars().count() / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_documented() {
        for (i, key) in KEYS.iter().enumerate() {
            assert!(KEYS[..i].iter().all(|other| other.name != key.name), "{}", key.name);
            assert!(key.doc.ends_with('.') && !key.expected.is_empty(), "{}", key.name);
        }
        assert_eq!(ConfigKey::find("log_level").map(ConfigKey::variable).as_deref(), Some("LOGDECK_LOG_LEVEL"));
    }

    #[test]
    fn the_table_names_the_real_defaults() {
        let config = Config::default();
        for key in KEYS {
            assert_eq!((key.show)(&config), key.default, "{}", key.name);
        }
    }

    #[test]
    fn the_environment_reads_what_the_file_reads() {
        let check = |name: &str, word: &str, expected: &str| {
            let mut config = Config::default();
            let key = ConfigKey::find(name).unwrap();
            (key.set)(&mut config, &Raw::Word(word.to_owned())).unwrap();
            assert_eq!((key.show)(&config), expected, "{name}={word}");
        };
        check("sources", "a.log, gs://b/c", r#"["a.log", "gs://b/c"]"#);
        check("columns", "status, trace.id,", r#"["status", "trace.id"]"#);
        check("memory", "1073741824", r#""1GiB""#);
        check("theme", "16", r#""16""#);
        check("ascii", "1", "true");
        check("ascii", "Off", "false");
        check("fps", "10", "10");
        check("keys", "quit=q quit=ctrl-c follow==", "follow = \"=\"\nquit = [\"q\", \"ctrl-c\"]");
    }

    #[test]
    fn a_wrong_type_says_what_was_expected() {
        let check = |name: &str, raw: Raw, expected: &str| {
            let error = (ConfigKey::find(name).unwrap().set)(&mut Config::default(), &raw).unwrap_err();
            assert!(error.to_string().contains(expected), "{name}: {error}");
        };
        check("sources", Raw::Text("a.log".into()), "a list of source addresses");
        check("sources", Raw::List(vec!["github:acme".into()]), "github:OWNER/REPO");
        check("columns", Raw::Word("1,2,3,4,5,6,7,8,9".into()), "at most 8 fields");
        check("memory", Raw::Flag(true), "8MiB to 1TiB");
        check("ascii", Raw::Text("true".into()), "true or false");
        check("fps", Raw::Text("10".into()), "1 to 60");
        check("log_level", Raw::Number(3), "off, error");
        check("keys", Raw::Word("quit".into()), "action = \"key\"");
    }

    #[test]
    fn slips_find_their_key() {
        let check = |name: &str, expected: Option<&str>| {
            assert_eq!(nearest(name, KEYS.iter().map(|key| key.name)), expected, "{name}");
        };
        check("memroy", Some("memory"));
        check("source", Some("sources"));
        check("log-level", Some("log_level"));
        check("colour", None);
    }
}
