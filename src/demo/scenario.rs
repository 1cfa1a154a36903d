//! The script of a demo, as text that people can read and change.
//!
//! Owns the grammar (it is described at the top of `assets/demo/outage.txt`). Must not know clocks or files.

use super::template::{Template, TimeFormat};

/// Microseconds, relative to the moment at which the demo opens.
pub(super) type Micros = i64;

/// One second.
pub(super) const SECOND: Micros = 1_000_000;

/// A whole script.
#[derive(Clone, Debug)]
pub struct Scenario {
    pub(super) files: Vec<LogFile>,
    pub(super) flows: Vec<Flow>,
}

/// A log file.
#[derive(Clone, Debug)]
pub(super) struct LogFile {
    /// The script's name for it.
    pub(super) name: String,
    /// Its name in the directory.
    pub(super) path: String,
    /// How its lines write the time.
    pub(super) times: TimeFormat,
}

/// Something that happens again and again, or once.
#[derive(Clone, Debug)]
pub(super) struct Flow {
    pub(super) from: Micros,
    /// `i64::MAX`: it does not end.
    pub(super) to: Micros,
    /// How often a second, at the beginning and at the end; `None`: once, at `from`.
    pub(super) rate: Option<(f64, f64)>,
    pub(super) steps: Vec<Step>,
}

/// A line of a flow.
#[derive(Clone, Debug)]
pub(super) struct Step {
    /// How long after the flow's moment, at least and at most.
    pub(super) after: (Micros, Micros),
    /// The file's place in [`Scenario::files`].
    pub(super) file: usize,
    pub(super) template: Template,
}

/// What is wrong with a script.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("demo script, line {line}: {problem}")]
pub struct BadScenario {
    /// The line's number, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub problem: String,
}

impl Scenario {
    /// The one that comes with logdeck.
    ///
    /// # Errors
    /// Never, as a test shows.
    pub fn bundled() -> Result<Self, BadScenario> {
        Self::parse(include_str!("../../assets/demo/outage.txt"))
    }

    /// Reads a script.
    ///
    /// # Errors
    /// [`BadScenario`] names the first line that is not understood.
    pub fn parse(text: &str) -> Result<Self, BadScenario> {
        let mut scenario = Self { files: Vec::new(), flows: Vec::new() };
        for (at, line) in text.lines().enumerate() {
            scenario.line(line).map_err(|problem| BadScenario { line: at + 1, problem })?;
        }
        Ok(scenario)
    }

    /// The files' names in the directory.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|file| file.path.as_str())
    }

    fn line(&mut self, line: &str) -> Result<(), String> {
        if let Some(more) = line.strip_prefix("    | ") {
            let step = self.flows.last_mut().and_then(|flow| flow.steps.last_mut());
            return step.ok_or("a line of an entry before its first")?.template.append("\n", more);
        }
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let rest = rest.trim_start();
        match word {
            "" => Ok(()),
            _ if word.starts_with('#') => Ok(()),
            "file" => self.file(rest),
            "flow" => {
                let (span, rate) = rest.split_once(' ').ok_or("expected `flow FROM..TO RATE`")?;
                let (from, to) = span.split_once("..").ok_or("expected FROM..TO")?;
                let to = if to == "end" { i64::MAX } else { time(to)? };
                let rate = range(rate.trim(), |text| text.parse::<f64>().map_err(|_| format!("`{text}` is no rate")))?;
                self.flows.push(Flow { from: time(from)?, to, rate: Some(rate), steps: Vec::new() });
                Ok(())
            }
            "once" => {
                let from = time(rest)?;
                self.flows.push(Flow { from, to: from, rate: None, steps: Vec::new() });
                Ok(())
            }
            _ => self.step(word.strip_prefix('+').ok_or_else(|| format!("`{word}` begins no line of a script"))?, rest),
        }
    }

    fn file(&mut self, rest: &str) -> Result<(), String> {
        let parts: Vec<&str> = rest.split_whitespace().collect();
        let [name, path, times] = parts[..] else { return Err("expected `file NAME PATH TIMES`".into()) };
        if path.contains('/') {
            return Err(format!("`{path}` is no plain file name"));
        }
        let times = TimeFormat::of_name(times).ok_or_else(|| format!("`{times}` is no way to write times"))?;
        self.files.push(LogFile { name: name.into(), path: path.into(), times });
        Ok(())
    }

    fn step(&mut self, after: &str, rest: &str) -> Result<(), String> {
        // `+2..6ms`: the unit of the second holds for both.
        let unit = after.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        let after = range(after.trim_end_matches(unit), |text| time(&format!("{text}{unit}")))?;
        let (name, template) = rest.split_once(' ').ok_or("expected `+TIME NAME TEMPLATE`")?;
        let file = self.files.iter().position(|file| file.name == name);
        let file = file.ok_or_else(|| format!("there is no file `{name}`"))?;
        let mut parsed = Template::default();
        parsed.append("", template.trim_start())?;
        let flow = self.flows.last_mut().ok_or("a line before the first flow")?;
        flow.steps.push(Step { after, file, template: parsed });
        Ok(())
    }
}

impl Flow {
    /// How long after its moment the last line comes, at most.
    pub(super) fn reach(&self) -> Micros {
        self.steps.iter().map(|step| step.after.1).max().unwrap_or(0)
    }

    /// How far through the flow a moment is, from 0 to 1.
    pub(super) fn progress(&self, at: Micros) -> f64 {
        if self.to == i64::MAX || self.to <= self.from {
            return 0.0;
        }
        ((at - self.from) as f64 / (self.to - self.from) as f64).clamp(0.0, 1.0)
    }
}

/// `A..B`, or `A` for both.
fn range<T: Copy>(text: &str, mut read: impl FnMut(&str) -> Result<T, String>) -> Result<(T, T), String> {
    match text.split_once("..") {
        Some((low, high)) => Ok((read(low)?, read(high)?)),
        None => read(text).map(|one| (one, one)),
    }
}

/// `-600s`, `250ms`.
fn time(text: &str) -> Result<Micros, String> {
    let bad = || format!("`{text}` is no time: write 12s or 250ms");
    let (number, unit) = match text.strip_suffix("ms") {
        Some(number) => (number, 1_000),
        None => (text.strip_suffix('s').ok_or_else(bad)?, SECOND),
    };
    let number: i64 = number.parse().map_err(|_| bad())?;
    number.checked_mul(unit).ok_or_else(bad)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundled_script_is_understood() {
        let scenario = Scenario::bundled().unwrap();
        assert_eq!(scenario.paths().count(), 6);
        assert!(scenario.flows.iter().all(|flow| !flow.steps.is_empty()));
        assert!(scenario.flows.iter().any(|flow| flow.to == i64::MAX), "something goes on after the incident");
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let check = |text: &str, line, problem: &str| {
            let error = Scenario::parse(text).unwrap_err();
            assert_eq!((error.line, error.problem.contains(problem)), (line, true), "{error}");
        };
        check("flow 1s..2s", 1, "FROM..TO RATE");
        check("# x\n\nnonsense here", 3, "`nonsense` begins no line");
        check("once 1s\n+0ms a b", 2, "no file `a`");
        check("file a a.log clf\n+0ms a b", 2, "before the first flow");
        check("file a a.log clf\nonce 1s\n+0ms a $nope(1)", 3, "`nope`");
        check("file a a.log clf\nonce 1s\n+0ms a $int(5,1)", 3, "int");
        check("file a ../a clf", 1, "no plain file name");
        check("file a a.log sundial", 1, "`sundial`");
        check("once 5", 1, "`5` is no time");
        check("    | more", 1, "before its first");
    }
}
