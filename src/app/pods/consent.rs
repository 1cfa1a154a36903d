//! May a program of the kubeconfig run? The question, and its answers.
//!
//! Owns that nothing is allowed by accident: the question takes the keys only where no other pane has them, and an answer
//! counts only when the question could have been read. Must not know how a program is run.

use super::App;
use crate::app::event::Effect;
use crate::app::{Pane, Role, text};
use crate::model::Timestamp;
use crate::model::plugin::{Plugin, Reach, Variable};
use crate::model::pods::Want;
use crate::model::time::SECOND;
use crate::parse::text::safe_line;
use crate::redact::Redactor;

/// A question has to be on the screen this long before it can be answered with yes: whoever types something else has seen it
/// then.
const TO_READ: i64 = SECOND / 2;

/// The open question.
#[derive(Clone, Copy, Debug)]
pub(in crate::app) struct Question {
    since: Timestamp,
}

/// The question as it is to be drawn. All texts are safe for a terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    /// `Context prod-eu1 wants to run a program for credentials.`
    pub question: String,
    /// The program as the kubeconfig names it, and where that is.
    pub program: String,
    /// The whole command, in rows.
    pub command: Vec<String>,
    /// The variables that the kubeconfig gives it, one a row, those first that may make it run something else.
    pub variables: Vec<(String, Role)>,
    /// How many more questions wait.
    pub more: usize,
}

/// Columns of a row of the command or the variables that it has not for itself.
const MARGIN: usize = 14;

/// The most rows of a command, and those of variables.
const MOST_ROWS: usize = 9;
const MOST_VARIABLES: usize = 10;

/// Rows beside those of the command and the variables: two sentences and the keys, and blank ones between them where the
/// screen has them.
const OTHER_ROWS: usize = 3;
const BLANK_ROWS: usize = 2;

/// Rows with which all of it can be read.
const ROOMY: usize = 10;

impl App {
    /// Opens the question that waits, where nothing else has the keys.
    pub(super) fn ask_consent(&mut self) {
        let is_due = !self.pods.questions.is_empty() && !self.pods.is_postponed && self.pods_are_shown();
        match &self.pane {
            Pane::None if is_due => self.pane = Pane::Consent(Question { since: self.now }),
            Pane::Consent(_) if self.pods.questions.is_empty() || !self.pods_are_shown() => self.pane = Pane::None,
            _ => {}
        }
    }

    /// The question, while it is open.
    pub fn consent(&self) -> Option<Consent> {
        let Pane::Consent(_) = self.pane else { return None };
        let (_, plugin) = self.pods.questions.first()?;
        let safe = |text: &str| safe_line(text.as_bytes()).into_owned();
        let program = match &plugin.path {
            Some(path) if *path == plugin.command => safe(path),
            Some(path) => format!("{} (the kubeconfig says {})", safe(path), safe(&plugin.command)),
            None => format!("{} (not found on this machine)", safe(&plugin.command)),
        };
        let command = command(plugin);
        let columns = usize::from(self.size.0).saturating_sub(MARGIN).max(20);
        let room = self.room_for_consent();
        let used = OTHER_ROWS + if room < ROOMY { 0 } else { BLANK_ROWS };
        let room = room.saturating_sub(used).max(2);
        let variables = if plugin.env.is_empty() {
            Vec::new()
        } else {
            let rows = fit(&command, columns, MOST_ROWS).len();
            let rows = (room / 2).max(room.saturating_sub(rows)).min(MOST_VARIABLES);
            variables(plugin, &self.redactor, columns, rows)
        };
        let rows = fit(&command, columns, room.saturating_sub(variables.len()).clamp(1, MOST_ROWS));
        Some(Consent {
            question: format!(
                "The kubeconfig's context {} wants to run a program for credentials.",
                safe(&plugin.context)
            ),
            program,
            command: rows,
            variables,
            more: self.pods.questions.len() - 1,
        })
    }

    /// Rows of the question's pane, with its heading and room below it; at most what the screen has.
    pub(in crate::app) fn consent_rows(&self) -> u16 {
        let wanted = |consent: Consent| 8 + consent.command.len() + consent.variables.len();
        self.consent().map_or(0, wanted).min(self.room_for_consent() + 1) as u16
    }

    /// Rows that the question may take below its heading; none when the screen is too small for anything.
    fn room_for_consent(&self) -> usize {
        self.body_rows().map_or(0, |(_, body)| usize::from(body - 1 - (body / 4).clamp(2, 12)))
    }

    /// The program may run.
    pub(in crate::app) fn allow(&mut self, effects: &mut Vec<Effect>) {
        let Pane::Consent(question) = self.pane else { return };
        if (self.now.0 - question.since.0).abs() < TO_READ {
            return self.say("read it first, then answer");
        }
        // Where there is no room, variables have no rows of their own.
        let has_variables = self.pods.questions.first().is_some_and(|(_, plugin)| !plugin.env.is_empty());
        let room = self.room_for_consent();
        if room == 0 || has_variables && room < ROOMY {
            return self.say("too small to read it: make the window higher first");
        }
        self.answer_consent(Want::Allow, effects);
        self.say("it may run, now and later");
    }

    /// It may not.
    pub(in crate::app) fn refuse(&mut self, effects: &mut Vec<Effect>) {
        self.answer_consent(Want::Refuse, effects);
        self.say("it is not run");
    }

    fn answer_consent(&mut self, want: fn(Plugin) -> Want, effects: &mut Vec<Effect>) {
        if self.pods.questions.is_empty() {
            return;
        }
        let (source, plugin) = self.pods.questions.remove(0);
        effects.push(Effect::Pods(source, want(plugin)));
        if let Some(cluster) = self.pods.clusters.get_mut(&source) {
            // The wait for the cluster begins now.
            cluster.since = self.now;
        }
        self.pane = Pane::None;
    }

    /// The question stays unanswered for now.
    pub(in crate::app) fn postpone_consent(&mut self) {
        self.pods.is_postponed = true;
        let key = self.key_of("refresh-pods");
        self.say(format!("not answered: {key} shows the question again"));
    }
}

/// The program with its arguments, those with blanks in quotes, safe for a terminal.
fn command(plugin: &Plugin) -> String {
    let program = plugin.path.as_ref().unwrap_or(&plugin.command);
    let words: Vec<_> = std::iter::once(program).chain(&plugin.args).map(|word| word_of(word)).collect();
    safe_line(words.join(" ").as_bytes()).into_owned()
}

/// A word as a shell would want it.
fn word_of(word: &str) -> String {
    let is_plain = !word.is_empty() && !word.contains(|c: char| c.is_whitespace() || c == '\'');
    if is_plain { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

/// The variables in at most so many rows, at least one. Those that reach farthest come first, in the kubeconfig's order, so
/// that many harmless ones hide none.
fn variables(plugin: &Plugin, redactor: &Redactor, columns: usize, rows: usize) -> Vec<(String, Role)> {
    let mut all: Vec<&Variable> = plugin.env.iter().collect();
    all.sort_by_key(|variable| variable.reach());
    let row = |text: &str, role| (fit(text, columns, 1).concat(), role);
    let has_code = all.first().is_some_and(|variable| variable.reach() == Reach::Code);
    let legend = (has_code && rows > 2).then(|| row("! decides what is run: know why it is there", Role::Warn));
    let rows = rows.saturating_sub(legend.iter().len()).max(1);
    let (shown, rest) = all.split_at(if all.len() <= rows { all.len() } else { rows - 1 });
    let shown = shown.iter().map(|variable| {
        let (mark, role) = look(variable.reach());
        row(&format!("{mark}{}", assignment(variable, redactor)), role)
    });
    let mut out: Vec<_> = shown.collect();
    if let [worst, ..] = rest {
        let names: Vec<_> = rest.iter().take(MOST_NAMES).map(|variable| variable.name.as_str()).collect();
        let end = if rest.len() > names.len() { ", ..." } else { "" };
        let names = names.join(", ");
        let names = safe_line(names.as_bytes());
        let (mark, role) = look(worst.reach());
        let count = match out.len() {
            0 => format!("{} variables", rest.len()),
            _ => format!("+{} more", rest.len()),
        };
        out.push(row(&format!("{mark}{count}: {names}{end}"), role));
    }
    out.extend(legend);
    out
}

/// Names that are looked at for the row of those that have none of their own.
const MOST_NAMES: usize = 20;

const fn look(reach: Reach) -> (&'static str, Role) {
    match reach {
        Reach::Code => ("! ", Role::Warn),
        Reach::Unknown | Reach::Choice => ("", Role::Text),
    }
}

/// `NAME=value`, safe for a terminal and without secrets.
fn assignment(Variable { name, value }: &Variable, redactor: &Redactor) -> String {
    let safe = |word: &str| safe_line(word.as_bytes()).into_owned();
    let (name, plain) = (safe(name), safe(value));
    let redacted = redactor.redact_field(&name, &plain);
    let value = if redacted.found.is_empty() { safe(&word_of(value)) } else { redacted.text.into_owned() };
    format!("{}={value}", word_of(&name))
}

/// A safe text in rows. One that needs more of them says at its end how many characters are missing.
fn fit(line: &str, columns: usize, most: usize) -> Vec<String> {
    let rows = text::wrap(line, columns, most);
    let mut out: Vec<_> = rows.iter().map(|row| line[row.clone()].to_owned()).collect();
    if let (Some(row), Some(last)) = (rows.last(), out.last_mut())
        && row.end < line.len()
    {
        let rest = &line[row.start..];
        let count = rest.chars().count();
        // No number that follows is longer than that of all characters.
        let columns = columns.saturating_sub(format!(" (+{count} characters)").len());
        let kept = text::piece(rest, 0, columns).text;
        *last = format!("{kept} (+{} characters)", count - kept.chars().count());
    }
    out
}

#[cfg(test)]
mod unit {
    use super::*;

    fn plugin(args: &[&str], env: &[(&str, &str)]) -> Plugin {
        let variable = |(name, value): &(&str, &str)| Variable { name: (*name).to_owned(), value: (*value).to_owned() };
        Plugin {
            context: String::new(),
            command: "aws".to_owned(),
            path: Some("/usr/bin/aws".to_owned()),
            args: args.iter().map(|arg| (*arg).to_owned()).collect(),
            env: env.iter().map(variable).collect(),
        }
    }

    #[test]
    fn a_command_is_shown_as_it_is() {
        let check = |args: &[&str], expected: &str| assert_eq!(command(&plugin(args, &[])), expected);
        check(&["eks", "get-token"], "/usr/bin/aws eks get-token");
        check(&["-c", "rm -rf ~; echo 'x'", ""], "/usr/bin/aws -c 'rm -rf ~; echo '\\''x'\\''' ''");
        check(&["\u{1b}[2J\u{202e}"], "/usr/bin/aws <1B>[2J<U+202E>");
    }

    #[test]
    fn what_has_no_room_is_counted() {
        let check = |line: &str, most: usize, expected: &[&str]| assert_eq!(fit(line, 24, most), expected, "{line}");
        check("short", 1, &["short"]);
        check(&"a".repeat(24), 1, &["aaaaaaaaaaaaaaaaaaaaaaaa"]);
        check(&"a".repeat(25), 1, &["aaaaaaa (+18 characters)"]);
        check(&"a".repeat(60), 2, &["aaaaaaaaaaaaaaaaaaaaaaaa", "aaaaaaa (+29 characters)"]);
        check(&"\u{65e5}".repeat(20), 1, &["\u{65e5}\u{65e5}\u{65e5} (+17 characters)"]);
        check("", 1, &[""]);
    }

    #[test]
    fn variables_are_shown_the_worst_first() {
        let check = |env: &[(&str, &str)], rows: usize, expected: &[&str]| {
            let shown = variables(&plugin(&[], env), &Redactor::new(), 60, rows);
            assert_eq!(shown.iter().map(|row| row.0.as_str()).collect::<Vec<_>>(), expected, "{env:?}");
            assert!(shown.len() <= rows && shown.iter().all(|row| row.0.starts_with('!') == (row.1 == Role::Warn)));
        };
        check(&[("AWS_PROFILE", "prod eu")], 5, &["AWS_PROFILE='prod eu'"]);
        let mixed = [("AWS_PROFILE", "prod"), ("FOO", ""), ("PATH", "/tmp/x"), ("LD_PRELOAD", "/tmp/x.so")];
        let legend = "! decides what is run: know why it is there";
        check(&mixed, 5, &["! PATH=/tmp/x", "! LD_PRELOAD=/tmp/x.so", "FOO=''", "AWS_PROFILE=prod", legend]);
        check(&mixed, 4, &["! PATH=/tmp/x", "! LD_PRELOAD=/tmp/x.so", "+2 more: FOO, AWS_PROFILE", legend]);
        check(&mixed, 2, &["! PATH=/tmp/x", "! +3 more: LD_PRELOAD, FOO, AWS_PROFILE"]);
        check(&mixed, 1, &["! 4 variables: PATH, LD_PRELOAD, FOO, AWS_PROFILE"]);
        let mut many = vec![("AWS_PROFILE", "x"); 500];
        many.push(("LD_AUDIT", "/x.so"));
        check(&many[499..], 2, &["! LD_AUDIT=/x.so", "AWS_PROFILE=x"]);
        assert_eq!(variables(&plugin(&[], &many), &Redactor::new(), 60, 9)[0].0, "! LD_AUDIT=/x.so");
    }

    #[test]
    fn values_are_safe_and_without_secrets() {
        let check = |name: &str, value: &str, expected: &str| {
            let variable = Variable { name: name.to_owned(), value: value.to_owned() };
            assert_eq!(assignment(&variable, &Redactor::new()), expected);
        };
        check("AWS_PROFILE", "\u{1b}[2J\u{202e}a\nLD_PRELOAD=x", "AWS_PROFILE='<1B>[2J<U+202E>a<0A>LD_PRELOAD=x'");
        check("A\nB", "", "A<0A>B=''");
        check("DB_PASSWORD", "hunter2hunter2", "DB_PASSWORD=[redacted: password, 14 bytes]");
        let proxy = "HTTPS_PROXY=http://mira:[redacted: password in URL, 8 bytes]@proxy:1";
        check("HTTPS_PROXY", "http://mira:s3cretpw@proxy:1", proxy);
    }
}
