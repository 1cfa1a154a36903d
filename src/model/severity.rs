//! Severity: how bad a record says it is, and where that was read.
//!
//! Owns the scale and its spellings. Must not know how a log line is laid out.

use std::fmt;

/// Six levels and "unknown", ordered: a threshold is a plain comparison.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Severity {
    /// Nothing in the record tells.
    #[default]
    Unknown = 0,
    /// trace, verbose, finest
    Trace = 1,
    /// debug, fine
    Debug = 2,
    /// info, notice, default
    Info = 3,
    /// warn, warning
    Warn = 4,
    /// error, severe
    Error = 5,
    /// fatal, critical, panic, alert, emergency
    Fatal = 6,
}

/// Where the severity of a record was read, for the detail pane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum SeverityFrom {
    /// Nothing told: the severity is unknown.
    #[default]
    Nowhere = 0,
    /// A field of a structured record (`level`, `severity`, `@l` …).
    Field = 1,
    /// The level word of a text header (`2025-01-01 10:00:00 ERROR …`, klog's letter).
    Header = 2,
    /// A syslog priority (RFC 5424, section 6.2.1; `PRIORITY` of journald).
    Priority = 3,
    /// The status code of an access log.
    Status = 4,
    /// A CI marker such as `##[error]`.
    Marker = 5,
    /// Words of the message itself (`error: …`, `panic: …`).
    Text = 6,
}

impl Severity {
    /// All levels, lowest first.
    pub const ALL: [Self; 7] =
        [Self::Unknown, Self::Trace, Self::Debug, Self::Info, Self::Warn, Self::Error, Self::Fatal];

    /// The level with this number in [`Severity::ALL`]; unknown when there is none.
    pub const fn from_u8(n: u8) -> Self {
        match n {
            1 => Self::Trace,
            2 => Self::Debug,
            3 => Self::Info,
            4 => Self::Warn,
            5 => Self::Error,
            6 => Self::Fatal,
            _ => Self::Unknown,
        }
    }

    /// The level that a word names, in any case (`WARN`, `warning`, `E`, `crit`); `None` when it names none.
    ///
    /// Spellings are those of the common loggers: slog, zap, logrus, pino, bunyan, log4j, java.util.logging, Serilog,
    /// Python logging, syslog, Google Cloud Logging, OpenTelemetry (`ERROR2` counts as `ERROR`).
    pub fn from_word(word: &[u8]) -> Option<Self> {
        let mut lower = [0_u8; 13];
        let word = match word {
            [rest @ .., b'2'..=b'4'] if rest.len() >= 4 => rest,
            _ => word,
        };
        if word.is_empty() || word.len() > lower.len() {
            return None;
        }
        for (to, from) in lower.iter_mut().zip(word) {
            *to = from.to_ascii_lowercase();
        }
        Some(match &lower[..word.len()] {
            b"info" | b"information" | b"informational" | b"inf" | b"i" | b"notice" | b"note" | b"ntc" | b"config"
            | b"success" | b"log" => Self::Info,
            b"debug" | b"dbg" | b"dbug" | b"debg" | b"d" | b"fine" => Self::Debug,
            b"error" | b"err" | b"eror" | b"erro" | b"e" | b"severe" | b"failure" => Self::Error,
            b"warn" | b"warning" | b"wrn" | b"w" => Self::Warn,
            b"trace" | b"trc" | b"trac" | b"t" | b"verbose" | b"vrb" | b"v" | b"finer" | b"finest" | b"silly" => {
                Self::Trace
            }
            b"fatal" | b"ftl" | b"fata" | b"f" | b"critical" | b"crit" | b"crt" | b"c" | b"panic" | b"dpanic"
            | b"emerg" | b"emergency" | b"alert" => Self::Fatal,
            _ => return None,
        })
    }

    /// pino's and bunyan's numbers: 10 trace, 20 debug, 30 info, 40 warn, 50 error, 60 fatal; numbers between count
    /// as the level below. Numbers under 10 are read as syslog's 0 (emergency) to 7 (debug), as GELF writes them.
    pub const fn from_number(n: i64) -> Option<Self> {
        Some(match n {
            0..=7 => Self::from_syslog(n as u8),
            10..=19 => Self::Trace,
            20..=29 => Self::Debug,
            30..=39 => Self::Info,
            40..=49 => Self::Warn,
            50..=59 => Self::Error,
            60..=100 => Self::Fatal,
            _ => return None,
        })
    }

    /// OpenTelemetry's `SeverityNumber` 1..=24 (logs data model, "Severity Fields").
    pub const fn from_otel(n: i64) -> Option<Self> {
        Some(match n {
            1..=4 => Self::Trace,
            5..=8 => Self::Debug,
            9..=12 => Self::Info,
            13..=16 => Self::Warn,
            17..=20 => Self::Error,
            21..=24 => Self::Fatal,
            _ => return None,
        })
    }

    /// The severity of a syslog priority's low three bits (RFC 5424, table 2).
    pub const fn from_syslog(n: u8) -> Self {
        match n & 7 {
            0..=2 => Self::Fatal,
            3 => Self::Error,
            4 => Self::Warn,
            5 | 6 => Self::Info,
            _ => Self::Debug,
        }
    }

    /// The full name in capitals, as exports write it (`UNKNOWN` when nothing tells).
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "UNKNOWN",
            Self::Trace => "TRACE",
            Self::Debug => "DEBUG",
            Self::Info => "INFO",
            Self::Warn => "WARN",
            Self::Error => "ERROR",
            Self::Fatal => "FATAL",
        }
    }

    /// Three columns for the list; blank when unknown.
    pub const fn short(self) -> &'static str {
        match self {
            Self::Unknown => "   ",
            Self::Trace => "TRC",
            Self::Debug => "DBG",
            Self::Info => "INF",
            Self::Warn => "WRN",
            Self::Error => "ERR",
            Self::Fatal => "FTL",
        }
    }

    /// One column for narrow lists; blank when unknown.
    pub const fn letter(self) -> char {
        match self {
            Self::Unknown => ' ',
            Self::Trace => 'T',
            Self::Debug => 'D',
            Self::Info => 'I',
            Self::Warn => 'W',
            Self::Error => 'E',
            Self::Fatal => 'F',
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl SeverityFrom {
    /// The value with this number; `Nowhere` when there is none.
    pub const fn from_u8(n: u8) -> Self {
        match n {
            1 => Self::Field,
            2 => Self::Header,
            3 => Self::Priority,
            4 => Self::Status,
            5 => Self::Marker,
            6 => Self::Text,
            _ => Self::Nowhere,
        }
    }

    /// How the detail pane says it.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Nowhere => "nothing in the record tells",
            Self::Field => "from a field",
            Self::Header => "from the line's header",
            Self::Priority => "from the syslog priority",
            Self::Status => "from the status code",
            Self::Marker => "from a CI marker",
            Self::Text => "from the words of the message",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_in_every_common_spelling() {
        let check = |word: &str, expected| assert_eq!(Severity::from_word(word.as_bytes()), expected, "{word}");
        check("ERROR", Some(Severity::Error));
        check("Err", Some(Severity::Error));
        check("warning", Some(Severity::Warn));
        check("Information", Some(Severity::Info));
        check("ERROR2", Some(Severity::Error));
        check("E2", None);
        check("EMERGENCY", Some(Severity::Fatal));
        check("banana", None);
        check("", None);
        check("informationalx", None);
    }

    #[test]
    fn numbers_of_pino_gelf_and_otel() {
        assert_eq!(Severity::from_number(50), Some(Severity::Error));
        assert_eq!(Severity::from_number(35), Some(Severity::Info));
        assert_eq!(Severity::from_number(3), Some(Severity::Error));
        assert_eq!(Severity::from_number(8), None);
        assert_eq!(Severity::from_otel(17), Some(Severity::Error));
        assert_eq!(Severity::from_otel(0), None);
    }

    #[test]
    fn every_level_survives_its_number() {
        for level in Severity::ALL {
            assert_eq!(Severity::from_u8(level as u8), level);
        }
    }
}
