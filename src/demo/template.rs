//! The template of a line: text with places for times, numbers and names.
//!
//! Owns the placeholders and the ways to write a time. Must not know flows or files.

use super::generate::Random;
use jiff::{Zoned, fmt::strtime};

/// How a file writes times. Those that name no zone are in the zone that logdeck assumes for such times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TimeFormat {
    /// `2025-01-02T15:04:05.123Z`
    Rfc3339,
    /// `2025-01-02 15:04:05,123`, without a zone.
    Logback,
    /// `02/Jan/2025:15:04:05 +0000`
    Clf,
    /// `0102 15:04:05.123456`, without a year or zone.
    Klog,
    /// `2025-01-02 15:04:05.123 UTC`
    Postgres,
    /// `2025-01-02T15:04:05.1234560Z`
    Actions,
}

impl TimeFormat {
    pub(super) fn of_name(name: &str) -> Option<Self> {
        Some(match name {
            "rfc3339" => Self::Rfc3339,
            "logback" => Self::Logback,
            "clf" => Self::Clf,
            "klog" => Self::Klog,
            "postgres" => Self::Postgres,
            "actions" => Self::Actions,
            _ => return None,
        })
    }

    /// Whether the time is written in the assumed zone instead of UTC.
    pub(super) const fn is_local(self) -> bool {
        matches!(self, Self::Logback | Self::Klog)
    }

    fn write(self, at: &Zoned, out: &mut String) {
        let format = match self {
            Self::Rfc3339 => "%Y-%m-%dT%H:%M:%S.%3fZ",
            Self::Logback => "%Y-%m-%d %H:%M:%S,%3f",
            Self::Clf => "%d/%b/%Y:%H:%M:%S +0000",
            Self::Klog => "%m%d %H:%M:%S.%6f",
            Self::Postgres => "%Y-%m-%d %H:%M:%S.%3f UTC",
            Self::Actions => "%Y-%m-%dT%H:%M:%S.%7fZ",
        };
        if let Ok(text) = strtime::format(format, at) {
            out.push_str(&text);
        }
    }
}

/// A line, or an entry of several.
#[derive(Clone, Debug, Default)]
pub(super) struct Template {
    parts: Vec<Part>,
}

#[derive(Clone, Debug)]
enum Part {
    Text(String),
    Time,
    Ip,
    Int(u64, u64),
    Hex(usize),
    Id(usize),
    Pick(Vec<String>),
    Same(Vec<String>),
    Ramp(i64, i64),
    Count(i64, i64),
}

/// What a line is made from.
pub(super) struct Moment<'m> {
    /// When it is, in the zone that the file writes.
    pub(super) at: &'m Zoned,
    /// How the file writes it.
    pub(super) times: TimeFormat,
    /// How far through its flow it is, from 0 to 1.
    pub(super) progress: f64,
    /// Whole seconds since the demo opened; negative before.
    pub(super) second: i64,
    /// The same for all lines of one event.
    pub(super) event: u64,
}

impl Template {
    /// Adds `lead` as it is and the template `text`.
    pub(super) fn append(&mut self, lead: &str, text: &str) -> Result<(), String> {
        self.text(lead);
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('$') {
            self.text(before);
            if let Some(after) = after.strip_prefix('$') {
                self.text("$");
                rest = after;
                continue;
            }
            let name_len = after.bytes().take_while(u8::is_ascii_lowercase).count();
            let (name, after) = after.split_at(name_len);
            let (arguments, after) = match after.strip_prefix('(') {
                Some(inside) if !matches!(name, "time" | "ip") => {
                    closing(inside).ok_or_else(|| format!("`${name}(` is not closed"))?
                }
                _ => ("", after),
            };
            self.parts.push(part(name, arguments)?);
            rest = after;
        }
        self.text(rest);
        Ok(())
    }

    fn text(&mut self, text: &str) {
        match self.parts.last_mut() {
            _ if text.is_empty() => {}
            Some(Part::Text(last)) => last.push_str(text),
            _ => self.parts.push(Part::Text(text.to_owned())),
        }
    }

    /// Writes the line, without its ending.
    pub(super) fn write(&self, moment: &Moment<'_>, random: &mut Random, out: &mut String) {
        use std::fmt::Write as _;
        for part in &self.parts {
            // Strings take every write.
            let _ = match part {
                Part::Text(text) => out.write_str(text),
                Part::Time => {
                    moment.times.write(moment.at, out);
                    Ok(())
                }
                Part::Ip => {
                    let (a, b) = (random.below(4), random.below(250));
                    write!(out, "203.0.{}.{}", 113 + a, b + 2)
                }
                Part::Int(low, high) => write!(out, "{}", low + random.below(high - low + 1)),
                Part::Hex(digits) => write!(out, "{}", hex(random.next(), *digits)),
                Part::Id(digits) => write!(out, "{}", hex(moment.event, *digits)),
                Part::Pick(words) => out.write_str(&words[random.below(words.len() as u64) as usize]),
                // Two choices of one event are independent when they choose among different words.
                Part::Same(words) => {
                    let mut random = Random::new(&[moment.event, words.len() as u64]);
                    out.write_str(&words[random.below(words.len() as u64) as usize])
                }
                Part::Ramp(low, high) => {
                    let value = *low as f64 + (*high - *low) as f64 * moment.progress;
                    write!(out, "{value:.0}")
                }
                Part::Count(first, seconds) => write!(out, "{}", first + moment.second.div_euclid(*seconds)),
            };
        }
    }
}

/// The first `digits` (at most 16) hexadecimal digits.
fn hex(value: u64, digits: usize) -> String {
    let mut text = format!("{value:016x}");
    text.truncate(digits);
    text
}

/// Splits behind the bracket that closes; brackets inside are allowed in pairs.
fn closing(text: &str) -> Option<(&str, &str)> {
    let mut depth = 1;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some((&text[..at], &text[at + 1..]));
        }
    }
    None
}

fn part(name: &str, arguments: &str) -> Result<Part, String> {
    let bad = || format!("`${name}({arguments})` is not understood");
    let number = |text: &str| text.trim().parse::<i64>().map_err(|_| bad());
    let pair = || {
        let (first, second) = arguments.split_once(',').ok_or_else(bad)?;
        Ok::<_, String>((number(first)?, number(second)?))
    };
    let digits = || usize::try_from(number(arguments)?).ok().filter(|n| (1..=16).contains(n)).ok_or_else(bad);
    let words = || arguments.split('|').map(str::to_owned).collect();
    Ok(match name {
        "time" => Part::Time,
        "ip" => Part::Ip,
        "int" => match pair()? {
            (low, high) if 0 <= low && low <= high => Part::Int(low.unsigned_abs(), high.unsigned_abs()),
            _ => return Err(bad()),
        },
        "hex" => Part::Hex(digits()?),
        "id" => Part::Id(digits()?),
        "pick" => Part::Pick(words()),
        "same" => Part::Same(words()),
        "ramp" => {
            let (low, high) = pair()?;
            Part::Ramp(low, high)
        }
        "count" => match pair()? {
            (first, seconds) if seconds > 0 => Part::Count(first, seconds),
            _ => return Err(bad()),
        },
        _ => return Err(format!("there is no placeholder `{name}`")),
    })
}
