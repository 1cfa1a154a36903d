//! The values of settings and how they are written: sizes, zones, log levels.
//!
//! Owns the spellings, which flags, environment and file share. Must not know where a value came from.

use jiff::tz::TimeZone;
use std::{fmt, str::FromStr, time::Duration};

/// A value that was not understood: what was given, what is wrong, what is expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not {expected}")]
pub struct BadValue {
    /// What was given.
    pub given: String,
    /// What a value looks like, with an example.
    pub expected: String,
}

impl BadValue {
    /// `given` where `expected` should be.
    pub fn new(given: impl Into<String>, expected: impl Into<String>) -> Self {
        Self { given: given.into(), expected: expected.into() }
    }
}

/// The memory that held records may take, in bytes: 8 MiB to 1 TiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Memory(u64);

const MIB: u64 = 1 << 20;
const UNITS: [(&str, u64); 8] = [
    ("TiB", 1 << 40),
    ("GiB", 1 << 30),
    ("MiB", MIB),
    ("KiB", 1 << 10),
    ("TB", 1_000_000_000_000),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("kB", 1_000),
];

impl Memory {
    /// The least that is accepted: 8 MiB.
    pub const MIN: Self = Self(8 * MIB);
    /// The most that is accepted: 1 TiB.
    pub const MAX: Self = Self(1 << 40);
    /// What a value looks like.
    pub const EXPECTED: &'static str = "a size from 8MiB to 1TiB, such as 256MiB, 1GiB, 500MB, or a number of bytes";

    /// Bytes.
    pub const fn bytes(self) -> u64 {
        self.0
    }

    /// This many bytes, if the bounds allow it.
    pub fn from_bytes(bytes: u64) -> Option<Self> {
        (Self::MIN.0..=Self::MAX.0).contains(&bytes).then_some(Self(bytes))
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self(256 * MIB)
    }
}

impl FromStr for Memory {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        bytes_of(text).and_then(Self::from_bytes).ok_or_else(|| BadValue::new(text, Self::EXPECTED))
    }
}

/// A number of bytes with or without a unit.
fn bytes_of(text: &str) -> Option<u64> {
    let trimmed = text.trim();
    let digits = trimmed.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = trimmed.split_at(digits);
    let number: u64 = number.parse().ok()?;
    let unit = unit.trim_start();
    let factor = match unit {
        "" | "B" => 1,
        // A bare letter is the binary unit, as `sort -S` and the JVM read it.
        _ => UNITS
            .iter()
            .find(|(name, _)| {
                name.eq_ignore_ascii_case(unit) || (unit.len() == 1 && name.len() == 3 && starts_like(name, unit))
            })
            .map(|(_, factor)| *factor)?,
    };
    number.checked_mul(factor)
}

/// The number with the largest unit that fits without a rest.
fn with_unit(bytes: u64) -> String {
    match UNITS.iter().find(|(_, factor)| bytes > 0 && bytes.is_multiple_of(*factor)) {
        Some((unit, factor)) => format!("{}{unit}", bytes / factor),
        None => bytes.to_string(),
    }
}

fn starts_like(name: &str, letter: &str) -> bool {
    name.get(..letter.len()).is_some_and(|start| start.eq_ignore_ascii_case(letter))
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&with_unit(self.0))
    }
}

/// A number of bytes: 1 to 1 TiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(u64);

impl Size {
    /// What a value looks like.
    pub const EXPECTED: &'static str = "a size up to 1TiB, such as 64MiB, 1GiB, 500MB, or a number of bytes";

    /// So many MiB.
    pub(super) const fn mib(number: u64) -> Self {
        Self(number * MIB)
    }

    /// Bytes.
    pub const fn bytes(self) -> u64 {
        self.0
    }
}

impl FromStr for Size {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        let size = bytes_of(text).filter(|bytes| (1..=Memory::MAX.0).contains(bytes));
        size.map(Self).ok_or_else(|| BadValue::new(text, Self::EXPECTED))
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&with_unit(self.0))
    }
}

/// A span of time, or no limit: a second to 100 years.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Age(Option<Duration>);

const AGES: [(&str, u64); 4] = [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)];

impl Age {
    /// What a value looks like.
    pub const EXPECTED: &'static str = "a span of time, such as 90s, 10m, 24h or 7d, or `any`";

    /// So many hours.
    pub(super) const fn hours(number: u64) -> Self {
        Self(Some(Duration::from_hours(number)))
    }

    /// The span; nothing for no limit.
    pub const fn limit(self) -> Option<Duration> {
        self.0
    }
}

impl FromStr for Age {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        let trimmed = text.trim();
        if trimmed.eq_ignore_ascii_case("any") {
            return Ok(Self(None));
        }
        let seconds = AGES.iter().find_map(|(unit, seconds)| {
            let number: u64 = trimmed.strip_suffix(unit)?.trim_end().parse().ok()?;
            number.checked_mul(*seconds)
        });
        let seconds = seconds.filter(|seconds| (1..=36_500 * 86_400).contains(seconds));
        let span = seconds.map(|seconds| Self(Some(Duration::from_secs(seconds))));
        span.ok_or_else(|| BadValue::new(text, Self::EXPECTED))
    }
}

impl fmt::Display for Age {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(span) = self.0 else { return f.write_str("any") };
        let seconds = span.as_secs();
        // A day is the shortest way to say one; hours are what people say up to two.
        let fits = |(unit, of): &&(&str, u64)| seconds.is_multiple_of(*of) && (*unit != "d" || seconds > 2 * of);
        let (unit, of) = AGES.iter().find(fits).unwrap_or(&("s", 1));
        write!(f, "{}{unit}", seconds / of)
    }
}

/// Defines an enum whose values are words, with the list of them for messages and help.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $article:literal: $($(#[$variant_doc:meta])* $variant:ident = $word:literal),+ $(,)?) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub enum $name { $($(#[$variant_doc])* $variant),+ }

        impl $name {
            /// All values with their words.
            pub const ALL: &'static [(&'static str, Self)] = &[$(($word, Self::$variant)),+];
            /// What a value looks like.
            pub const EXPECTED: &'static str = $article;

            /// The word for it.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl FromStr for $name {
            type Err = BadValue;

            fn from_str(text: &str) -> Result<Self, BadValue> {
                let found = Self::ALL.iter().find(|(word, _)| word.eq_ignore_ascii_case(text.trim()));
                found.map(|(_, value)| *value).ok_or_else(|| BadValue::new(text, Self::EXPECTED))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.word())
            }
        }
    };
}

pub(super) use words;

words! {
    /// The least severe message that goes to logdeck's own log file.
    LogLevel, "a log level: off, error, warn, info, debug or trace":
    /// No log file.
    Off = "off",
    /// What failed.
    Error = "error",
    /// And what may matter.
    #[default]
    Warn = "warn",
    /// And what was done.
    Info = "info",
    /// And how.
    Debug = "debug",
    /// And every step.
    Trace = "trace",
}

/// Frames a second at most: 1 to 60.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameRate(u8);

impl FrameRate {
    /// What a value looks like.
    pub const EXPECTED: &'static str = "a number of frames a second from 1 to 60";

    /// Frames a second.
    pub const fn per_second(self) -> u8 {
        self.0
    }
}

impl Default for FrameRate {
    fn default() -> Self {
        Self(30)
    }
}

impl FromStr for FrameRate {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        let number = text.trim().parse::<u8>().ok().filter(|n| (1..=60).contains(n));
        number.map(Self).ok_or_else(|| BadValue::new(text, Self::EXPECTED))
    }
}

impl fmt::Display for FrameRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A time zone with the name that it was given by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    name: String,
    zone: TimeZone,
}

impl Zone {
    /// What a value looks like.
    pub const EXPECTED: &'static str = "a time zone: local, UTC, an offset (+02:00) or an IANA name (Europe/Berlin)";

    /// The zone's rules.
    pub const fn rules(&self) -> &TimeZone {
        &self.zone
    }

    /// Coordinated universal time.
    pub fn utc() -> Self {
        Self { name: "UTC".to_owned(), zone: TimeZone::UTC }
    }

    /// The system's zone; UTC when the system does not say.
    pub fn local() -> Self {
        Self { name: "local".to_owned(), zone: TimeZone::system() }
    }
}

impl FromStr for Zone {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        let name = text.trim();
        if name.eq_ignore_ascii_case("local") {
            return Ok(Self::local());
        }
        if name.eq_ignore_ascii_case("utc") || name == "Z" {
            return Ok(Self::utc());
        }
        let zone = offset(name).or_else(|| TimeZone::get(name).ok());
        zone.map(|zone| Self { name: name.to_owned(), zone }).ok_or_else(|| BadValue::new(text, Self::EXPECTED))
    }
}

/// `+2`, `+02`, `+02:00` or `-0530`.
fn offset(text: &str) -> Option<TimeZone> {
    let (sign, rest) = match text.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = match rest.split_once(':') {
        Some(parts) => parts,
        None if rest.len() == 4 => rest.split_at_checked(2)?,
        None => (rest, "0"),
    };
    let number = |text: &str, limit: i32| text.parse::<u8>().ok().map(i32::from).filter(|n| *n <= limit);
    let seconds = sign * (number(hours, 23)? * 3600 + number(minutes, 59)? * 60);
    jiff::tz::Offset::from_seconds(seconds).ok().map(TimeZone::fixed)
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        let check = |text: &str, bytes: u64| assert_eq!(text.parse::<Memory>().unwrap().bytes(), bytes, "{text}");
        check("256MiB", 256 << 20);
        check("256 mib", 256 << 20);
        check("1GiB", 1 << 30);
        check("1g", 1 << 30);
        check("500MB", 500_000_000);
        check("8388608", 8 << 20);
        check("1TiB", 1 << 40);
        for text in ["", "MiB", "8388607", "2TiB", "1.5GiB", "-1", "1XB", "99999999999999999999", "9999999999TiB"] {
            let error = text.parse::<Memory>().unwrap_err().to_string();
            assert!(error.contains("8MiB to 1TiB"), "{text}: {error}");
        }
    }

    #[test]
    fn sizes_are_written_as_they_are_read() {
        for text in ["256MiB", "1GiB", "500MB", "8388609", "1TiB"] {
            assert_eq!(text.parse::<Memory>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn small_sizes_and_spans() {
        let size = |text: &str| text.parse::<Size>().map(|size| size.to_string()).ok();
        assert_eq!(
            ["64MiB", "1", "64 m", "1TiB", "1000"].map(size),
            [
                Some("64MiB".to_owned()),
                Some("1".to_owned()),
                Some("64MiB".to_owned()),
                Some("1TiB".to_owned()),
                Some("1kB".to_owned())
            ]
        );
        assert_eq!(["0", "2TiB", "x", ""].map(size), [const { None }; 4]);
        let age = |text: &str| text.parse::<Age>().map(|age| age.to_string()).unwrap_or_default();
        assert_eq!(
            ["90s", "120s", "24h", "1d", "7d", "168h", "any"].map(age),
            ["90s", "2m", "24h", "24h", "7d", "7d", "any"]
        );
        assert_eq!(["", "10", "h", "0s", "1.5h", "99999d", "-1h", "99999999999999999d"].map(age), [""; 8]);
        assert_eq!("2m".parse::<Age>().unwrap().limit(), Some(Duration::from_mins(2)));
    }

    #[test]
    fn words_name_what_they_expect() {
        assert_eq!("WARN".parse::<LogLevel>(), Ok(LogLevel::Warn));
        assert!("loud".parse::<LogLevel>().unwrap_err().to_string().contains("off, error, warn"));
        for (word, level) in LogLevel::ALL {
            assert_eq!(level.word(), *word);
            assert!(LogLevel::EXPECTED.contains(word));
        }
    }

    #[test]
    fn zones() {
        let check = |text: &str, seconds: i32| {
            let zone: Zone = text.parse().unwrap();
            let at = jiff::Timestamp::UNIX_EPOCH.to_zoned(zone.rules().clone());
            assert_eq!(at.offset().seconds(), seconds, "{text}");
            assert_eq!(zone.to_string(), text);
        };
        check("UTC", 0);
        check("+02:00", 7200);
        check("-0530", -19_800);
        check("+2", 7200);
        for text in ["", "Mars/Olympus", "+24:00", "+1:2:3", "CEST+"] {
            assert!(text.parse::<Zone>().is_err(), "{text}");
        }
    }

    #[test]
    fn frame_rates() {
        assert_eq!("10".parse::<FrameRate>().map(FrameRate::per_second), Ok(10));
        for text in ["0", "61", "x", "300"] {
            assert!(text.parse::<FrameRate>().is_err(), "{text}");
        }
    }
}
