//! Names of files that are written: proposed ones, numbered ones, and what their endings mean.
//!
//! Owns the allow-list of proposed names. Must not know whether a file is there.

use crate::model::Timestamp;
use crate::render::Form;

/// The most bytes of what a proposed name tells of its contents.
const MAX_TOPIC: usize = 32;

/// `logdeck-ci-20261121-031422.jsonl`: of the topic only ASCII letters and digits are taken, so that no name that a
/// stranger chose leads elsewhere or means something to a shell. The time is in UTC.
pub fn proposed(topic: &str, now: Timestamp, ending: &str) -> String {
    let mut safe = String::new();
    for c in topic.chars() {
        if c.is_ascii_alphanumeric() {
            safe.push(c.to_ascii_lowercase());
        } else if !safe.is_empty() && !safe.ends_with('-') {
            safe.push('-');
        }
        if safe.len() >= MAX_TOPIC {
            break;
        }
    }
    let topic = safe.trim_end_matches('-');
    let topic = if topic.is_empty() { "export" } else { topic };
    format!("logdeck-{topic}-{}.{ending}", now.to_jiff().strftime("%Y%m%d-%H%M%S"))
}

/// The same name with a number before its ending: `a.log` becomes `a-2.log`, and `a-2.log` with 3 `a-3.log`.
pub fn numbered(target: &str, number: u32) -> String {
    let file = target.rfind('/').map_or(0, |at| at + 1);
    let dot = target[file..].rfind('.').filter(|dot| *dot > 0).map_or(target.len(), |dot| file + dot);
    let (stem, ending) = target.split_at(dot);
    let digits = stem.len() - stem.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    // A time of day ends in six digits: that is no number of ours.
    let stem = match stem[..stem.len() - digits].strip_suffix('-') {
        Some(bare) if (1..=2).contains(&digits) && bare.len() > file => bare,
        _ => stem,
    };
    format!("{stem}-{number}{ending}")
}

/// The form that a target's ending asks for.
///
/// # Errors
/// What is wrong with the name, and what would be right.
pub fn form_of(target: &str) -> Result<Form, String> {
    let name = file_name(target)?;
    let ending = name.rsplit_once('.').map(|(stem, ending)| (stem, ending.to_ascii_lowercase()));
    match ending.as_ref().map(|(stem, ending)| (*stem, ending.as_str())) {
        Some(("", _)) | None => Err(format!("the ending chooses the form: {ENDINGS}")),
        Some((_, "log" | "txt")) => Ok(Form::Text),
        Some((_, "jsonl" | "json")) => Ok(Form::Json),
        Some((_, "csv")) => Ok(Form::Csv),
        Some((_, "md")) => Ok(Form::Markdown),
        Some((_, other)) => Err(format!("`.{other}` is no form: {ENDINGS}")),
    }
}

/// Whether a handover can be written there; it is Markdown.
///
/// # Errors
/// What is wrong with the name.
pub fn check_handover(target: &str) -> Result<(), String> {
    match file_name(target)?.rsplit_once('.') {
        Some((stem, "md" | "txt")) if !stem.is_empty() => Ok(()),
        _ => Err("a handover is Markdown: end the name in .md".to_owned()),
    }
}

const ENDINGS: &str = "use .log .txt .jsonl .json .csv or .md";

fn file_name(target: &str) -> Result<&str, String> {
    if target.is_empty() {
        return Err("a file name is needed".to_owned());
    }
    if target.contains(char::is_control) {
        return Err("a file name has no control characters".to_owned());
    }
    match target.rsplit('/').next() {
        None | Some("" | "." | ".." | "~") => Err(format!("`{target}` is a directory: a file name has to follow")),
        Some(name) => Ok(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proposed_names_come_from_an_allow_list() {
        let now = Timestamp::from_jiff("2026-11-21T03:14:22Z".parse().unwrap()).unwrap();
        let check = |topic: &str, expected: &str| {
            assert_eq!(proposed(topic, now, "jsonl"), format!("logdeck-{expected}-20261121-031422.jsonl"));
        };
        check("CI", "ci");
        check("../../.ssh/x", "ssh-x");
        check("CON", "con");
        check("a\x1b[2Jb", "a-2jb");
        check("$(rm -rf ~)", "rm-rf");
        check("\u{202e}gpj.exe", "gpj-exe");
        check("", "export");
        check("日本", "export");
        check(&"x".repeat(500), &"x".repeat(MAX_TOPIC));
    }

    #[test]
    fn numbers_stand_before_the_ending() {
        let check = |target: &str, number, expected: &str| assert_eq!(numbered(target, number), expected);
        check("a.log", 2, "a-2.log");
        check("a-2.log", 3, "a-3.log");
        check("dir.d/a", 2, "dir.d/a-2");
        check("~/x/.hidden", 2, "~/x/.hidden-2");
        check("logdeck-ci-20261121-031422.jsonl", 2, "logdeck-ci-20261121-031422-2.jsonl");
        check("-2.log", 3, "-2-3.log");
    }

    #[test]
    fn endings_choose_the_form() {
        let check = |target: &str, expected: Result<Form, &str>| match (form_of(target), expected) {
            (Ok(form), Ok(expected)) => assert_eq!(form, expected, "{target}"),
            (Err(problem), Err(expected)) => assert!(problem.contains(expected), "{target}: {problem}"),
            (other, expected) => panic!("{target}: {other:?}, not {expected:?}"),
        };
        check("a.log", Ok(Form::Text));
        check("~/b.TXT", Ok(Form::Text));
        check("../c.jsonl", Ok(Form::Json));
        check("c.json", Ok(Form::Json));
        check("d.csv", Ok(Form::Csv));
        check("e.f.md", Ok(Form::Markdown));
        check("", Err("a file name is needed"));
        check("x", Err("use .log"));
        check(".csv", Err("use .log"));
        check("CON", Err("use .log"));
        check("a.xml", Err("`.xml` is no form"));
        check("dir/", Err("is a directory"));
        check("..", Err("is a directory"));
        check("a\x1b.log", Err("control characters"));
        assert!(check_handover("x.md").is_ok() && check_handover("x.csv").is_err() && check_handover(".md").is_err());
    }
}
