//! The settings of Google Cloud Storage: `[gcs]`.
//!
//! Owns their rows in the table of settings. Must not know what lists or reads objects.

use super::keys::{ConfigKey, Raw, Table, array, quoted};
use super::types::{Age, BadValue, Size, words};
use std::{fmt, str::FromStr, time::Duration};

/// Which objects are read, and how often is looked for new ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gcs {
    /// Globs on whole names; one of them has to match. None take all.
    pub include: Vec<String>,
    /// Globs on whole names; none of them may match.
    pub exclude: Vec<String>,
    /// What is read at the start, the newest objects first, as they are stored.
    pub start_size: Size,
    /// Objects that were written earlier are not read at the start.
    pub start_age: Age,
    /// What is read of one object, as it is stored, before a person asks for more.
    pub object_limit: Size,
    /// Objects that are read at once.
    pub at_once: usize,
    /// How often new objects are looked for.
    pub poll: Duration,
    /// How often everything is listed anew, where polls only look behind the last name.
    pub relist: Duration,
    /// Whether names grow with time.
    pub names: ObjectNames,
}

words! {
    /// Whether an object that is newer has a name that sorts behind the older ones'.
    ObjectNames, "auto, grow or any":
    /// It is found out.
    #[default]
    Auto = "auto",
    /// It does: a poll lists from the last name on.
    Grow = "grow",
    /// It does not: each poll lists everything.
    Any = "any",
}

impl Default for Gcs {
    fn default() -> Self {
        Self {
            include: Vec::new(),
            exclude: Vec::new(),
            start_size: Size::mib(256),
            start_age: Age::hours(24),
            object_limit: Size::mib(64),
            at_once: 8,
            poll: Duration::from_secs(10),
            relist: Duration::from_mins(5),
            names: ObjectNames::Auto,
        }
    }
}

const GLOBS: &str = "a list of globs on names, such as [\"*.log.gz\", \"trades/**\"]";
const AT_ONCE: &str = "a number from 1 to 64";
const POLL: &str = "a number of seconds from 1 to 3600";
const RELIST: &str = "a number of seconds from 1 to 86400";

/// The rows of the section.
pub(super) const ROWS: [ConfigKey; 9] = {
    let row = ConfigKey {
        name: "gcs.include",
        table: Table::No,
        doc: "Globs on the names of objects, one of which has to match: `*` stays within a folder, `**` does not; one without \
              `/` counts in all folders. Without any, all objects under the prefix are read.",
        expected: GLOBS,
        default: "[]",
        example: "[\"*.jsonl\", \"trades/**/*.log.gz\"]",
        environment: "globs with commas between them",
        flag: Some("tail --object"),
        set: |config, raw| {
            config.gcs.include = raw.list(GLOBS)?;
            Ok(())
        },
        show: |config| array(config.gcs.include.iter().cloned()),
    };
    let number = ConfigKey { environment: "", flag: None, ..row };
    [
        row,
        ConfigKey {
            name: "gcs.exclude",
            doc: "Globs on the names of objects that are not read.",
            example: "[\"**/_temporary/**\", \"*.tmp\"]",
            flag: Some("tail --exclude-object"),
            set: |config, raw| {
                config.gcs.exclude = raw.list(GLOBS)?;
                Ok(())
            },
            show: |config| array(config.gcs.exclude.iter().cloned()),
            ..row
        },
        ConfigKey {
            name: "gcs.start_size",
            doc: "How much is read at the start, as it is stored: the newest objects first. Older ones are read when you ask.",
            expected: Size::EXPECTED,
            default: "\"256MiB\"",
            example: "\"1GiB\"",
            set: |config, raw| {
                config.gcs.start_size = size(raw)?;
                Ok(())
            },
            show: |config| quoted(config.gcs.start_size),
            ..number
        },
        ConfigKey {
            name: "gcs.start_age",
            doc: "Objects that were written longer ago are not read at the start; `any` for no limit.",
            expected: Age::EXPECTED,
            default: "\"24h\"",
            example: "\"7d\"",
            set: |config, raw| {
                config.gcs.start_age = raw.text(Age::EXPECTED)?;
                Ok(())
            },
            show: |config| quoted(config.gcs.start_age),
            ..number
        },
        ConfigKey {
            name: "gcs.object_limit",
            doc: "How much of one object is read, as it is stored, before you ask for more. `tail` reads all of it.",
            expected: Size::EXPECTED,
            default: "\"64MiB\"",
            example: "\"1GiB\"",
            set: |config, raw| {
                config.gcs.object_limit = size(raw)?;
                Ok(())
            },
            show: |config| quoted(config.gcs.object_limit),
            ..number
        },
        ConfigKey {
            name: "gcs.at_once",
            doc: "How many objects are read at once, 1 to 64.",
            expected: AT_ONCE,
            default: "8",
            example: "16",
            set: |config, raw| {
                config.gcs.at_once = raw.number(1, 64, AT_ONCE)? as usize;
                Ok(())
            },
            show: |config| config.gcs.at_once.to_string(),
            ..number
        },
        ConfigKey {
            name: "gcs.poll",
            doc: "Seconds after which new and changed objects are looked for, 1 to 3600. Each look is a request that costs.",
            expected: POLL,
            default: "10",
            example: "60",
            flag: Some("tail --poll"),
            set: |config, raw| {
                config.gcs.poll = Duration::from_secs(raw.number(1, 3600, POLL)?);
                Ok(())
            },
            show: |config| config.gcs.poll.as_secs().to_string(),
            ..number
        },
        ConfigKey {
            name: "gcs.relist",
            doc: "Seconds after which everything is listed anew where names grow, 1 to 86400: between, only names behind the \
                  last one are looked for.",
            expected: RELIST,
            default: "300",
            example: "3600",
            set: |config, raw| {
                config.gcs.relist = Duration::from_secs(raw.number(1, 86_400, RELIST)?);
                Ok(())
            },
            show: |config| config.gcs.relist.as_secs().to_string(),
            ..number
        },
        ConfigKey {
            name: "gcs.names",
            doc: "Whether newer objects have names that sort behind the older ones': grow, any (they may sort anywhere), or \
                  auto, which finds it out.",
            expected: ObjectNames::EXPECTED,
            default: "\"auto\"",
            example: "\"grow\"",
            set: |config, raw| {
                config.gcs.names = raw.text(ObjectNames::EXPECTED)?;
                Ok(())
            },
            show: |config| quoted(config.gcs.names),
            ..number
        },
    ]
};

/// A size, which may be written as a number of bytes.
fn size(raw: &Raw) -> Result<Size, BadValue> {
    match raw {
        Raw::Number(number) => number.to_string().parse().map_err(|_| raw.bad(Size::EXPECTED)),
        _ => raw.text(Size::EXPECTED),
    }
}
