//! Theme files: `themes/NAME.toml` in the user's directory for settings.
//!
//! Owns their format and their limits. A file that cannot be used is told with its place, and does no harm. Must not
//! know what a terminal makes of a theme.

use super::file::{Place, Problem, place};
use super::keys::nearest;
use crate::model::theme::{
    BadPaint, NO_BACKGROUND, OwnTheme, Paint, ROLE_COUNT, ROLES, ThemeChoice, ThemeRole, Themes,
};
use std::fmt::Write as _;
use std::path::Path;
use std::{fs, io};
use toml::de::{DeTable, DeValue};

/// A theme file larger than this is refused.
const MAX_BYTES: u64 = 64 << 10;
/// Files that are looked at.
const MAX_FILES: usize = 200;

/// The themes in `directory`, by name. A directory that is not there has none.
pub fn themes(directory: &Path) -> Themes {
    let mut themes = Themes::default();
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return themes,
        Err(error) => {
            let problem = format!("{}: the directory of themes cannot be read: {error}", directory.display());
            themes.bad.push(("*".to_owned(), problem));
            return themes;
        }
    };
    let mut paths: Vec<_> = entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    paths.sort();
    if paths.len() > MAX_FILES {
        let problem = format!("{}: only the first {MAX_FILES} of {} themes are read", directory.display(), paths.len());
        themes.bad.push(("*".to_owned(), problem));
    }
    for path in paths.iter().take(MAX_FILES) {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        match read(path, &stem) {
            Ok(theme) => themes.own.push(theme),
            Err(problem) => themes.bad.push((stem.into_owned(), problem)),
        }
    }
    themes
}

fn read(path: &Path, name: &str) -> Result<OwnTheme, String> {
    let from = path.display().to_string();
    let whole = |message: String| Problem { from: from.clone(), place: None, message }.to_string();
    match name.parse() {
        Ok(ThemeChoice::Own(_)) => {}
        Ok(_) => return Err(whole("a built-in theme has this name".to_owned())),
        Err(()) => return Err(whole("a theme's name is made of letters, digits, - and _".to_owned())),
    }
    let text = text(path).map_err(|error| whole(format!("the theme cannot be read: {error}")))?;
    parse(&text, name).map_err(|problems| {
        let more = match problems.len() {
            0 | 1 => String::new(),
            n => format!(" (and {} more)", n - 1),
        };
        let first = problems.into_iter().next().unwrap_or((None, String::new()));
        Problem { from, place: first.0, message: first.1 + &more }.to_string()
    })
}

fn text(path: &Path) -> io::Result<String> {
    let metadata = fs::metadata(path)?;
    // Opening a pipe would wait for somebody who writes.
    if !metadata.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    if metadata.len() > MAX_BYTES {
        return Err(io::Error::other(format!("it has {} bytes, which is more than 64 KiB", metadata.len())));
    }
    fs::read_to_string(path)
}

/// Places and messages, in the file's order.
type Problems = Vec<(Option<Place>, String)>;

fn parse(text: &str, name: &str) -> Result<OwnTheme, Problems> {
    let table = DeTable::parse(text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        vec![(Some(place(text, start)), format!("this is not TOML: {}", error.message()))]
    })?;
    let mut theme = OwnTheme { name: name.to_owned(), inherits: ThemeChoice::Auto, paints: [None; ROLE_COUNT] };
    let mut problems = Problems::new();
    for (key, value) in table.get_ref() {
        let at = |offset| Some(place(text, offset));
        let key_name = key.get_ref().as_ref();
        let role = ThemeRole::find(key_name);
        let taken = match (key_name, role) {
            ("inherits", _) => inherits(value.get_ref()).map(|base| theme.inherits = base),
            (_, Some(role)) => paint(value.get_ref()).map(|paint| theme.paints[role as usize] = Some(paint)),
            ("background" | "bg" | "back", _) => {
                problems.push((at(key.span().start), NO_BACKGROUND.to_owned()));
                continue;
            }
            _ => {
                let known = || ROLES.iter().map(|spec| spec.name).chain(["inherits"]);
                let help = nearest(key_name, known()).map_or_else(
                    || format!("; known are {}", known().collect::<Vec<_>>().join(", ")),
                    |near| format!("; did you mean `{near}`?"),
                );
                problems.push((at(key.span().start), format!("unknown role `{key_name}`{help}")));
                continue;
            }
        };
        if let Err(problem) = taken {
            problems.push((at(value.span().start), format!("{key_name}: {problem}")));
        }
    }
    problems.sort_by_key(|(place, _)| place.map(|place| (place.line, place.column)));
    if problems.is_empty() { Ok(theme) } else { Err(problems) }
}

fn inherits(value: &DeValue<'_>) -> Result<ThemeChoice, String> {
    let choice = match value {
        DeValue::String(text) => text.parse().ok(),
        DeValue::Integer(number) if number.as_str() == "16" => Some(ThemeChoice::Sixteen),
        _ => None,
    };
    let built_in = choice.filter(|choice| !matches!(choice, ThemeChoice::Own(_) | ThemeChoice::Ascii));
    built_in.ok_or_else(|| "a built-in theme stands here: auto, dark, light, 16 or mono".to_owned())
}

fn paint(value: &DeValue<'_>) -> Result<Paint, String> {
    let text = match value {
        DeValue::String(text) => text.as_ref(),
        DeValue::Integer(number) => number.as_str(),
        _ => return Err("a text stands here, such as \"#FF7A59 bold\"".to_owned()),
    };
    text.parse().map_err(|error: BadPaint| error.to_string())
}

/// A Markdown table of the roles with their looks in the built-in themes, and how a look is written.
pub fn reference() -> String {
    let mut text = String::from("| role | what it is | dark | light | 16 | mono |\n|---|---|---|---|---|---|\n");
    for spec in &ROLES {
        let cell = |paint: Paint| format!("`{paint}`");
        let cells = [spec.dark, spec.light, spec.sixteen, spec.mono].map(cell).join(" | ");
        let _ = writeln!(text, "| `{}` | {} | {cells} |", spec.name, spec.doc);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        let said = |(place, message): (Option<Place>, String)| {
            place.map_or_else(|| message.clone(), |place| format!("{}:{}: {message}", place.line, place.column))
        };
        parse(text, "x").unwrap_err().into_iter().map(said).collect()
    }

    #[test]
    fn a_theme_names_what_it_changes() {
        let text = "inherits = \"light\"\nerror = \"#FF0000 bold\"\nwarn = 208\naccent = \"bright-cyan underline\"\n";
        let theme = parse(text, "x").unwrap();
        assert_eq!(theme.inherits, ThemeChoice::Light);
        let of = |role: ThemeRole| theme.paints[role as usize].map(|paint| paint.to_string());
        assert_eq!(of(ThemeRole::Error).as_deref(), Some("#FF0000 bold"));
        assert_eq!(of(ThemeRole::Warn).as_deref(), Some("208"));
        assert_eq!(of(ThemeRole::Accent).as_deref(), Some("bright-cyan underline"));
        assert_eq!(of(ThemeRole::Ok), None);
        assert_eq!(parse("", "x").unwrap().inherits, ThemeChoice::Auto);
    }

    #[test]
    fn mistakes_are_told_with_their_place() {
        let check = |text: &str, expected: &str| {
            let said = problems(text);
            assert!(said[0].starts_with(expected), "{text}: {said:?}");
        };
        check("ok = 1\nerror = \"#ff00\"", "2:9: error: `#ff00` is no colour or attribute; write #RRGGBB, a number");
        check("eror = \"red\"", "1:1: unknown role `eror`; did you mean `error`?");
        check("zebra = \"red\"", "1:1: unknown role `zebra`; known are text, info,");
        check("error = 256", "1:9: error: `256` is no colour");
        check("error = true", "1:9: error: a text stands here");
        check("background = \"black\"", "1:1: the background is never painted");
        check("error = \"red on black\"", "1:9: error: the background is never painted");
        check("inherits = \"solar\"", "1:12: inherits: a built-in theme stands here");
        check("error = ", "1:9: this is not TOML");
        assert_eq!(problems("eror = 1\nwran = 2\n").len(), 2);
    }

    #[test]
    fn files_that_cannot_be_used_are_named_and_the_others_are_there() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(themes(&dir.path().join("none")), Themes::default());
        let write = |name: &str, text: &[u8]| fs::write(dir.path().join(name), text).unwrap();
        write("solar.toml", b"error = \"red\"");
        write("bad.toml", b"\nerror = \"rde\"\nx = 1");
        write("dark.toml", b"");
        write("a b.toml", b"");
        write("huge.toml", &vec![b'#'; 70_000]);
        write("latin.toml", b"# \xe9");
        write("readme.txt", b"");
        fs::create_dir(dir.path().join("folder.toml")).unwrap();
        let themes = themes(dir.path());
        assert_eq!(themes.own.iter().map(|theme| theme.name.as_str()).collect::<Vec<_>>(), ["solar"]);
        let said = |name: &str| themes.bad.iter().find(|(bad, _)| bad == name).unwrap().1.clone();
        assert!(said("bad").contains("bad.toml:2:9: error: `rde` is no colour"), "{}", said("bad"));
        assert!(said("bad").ends_with("(and 1 more)"), "{}", said("bad"));
        assert!(said("dark").ends_with("a built-in theme has this name"));
        assert!(said("a b").contains("letters, digits"));
        assert!(said("huge").contains("more than 64 KiB"));
        assert!(said("latin").contains("cannot be read"));
        assert!(said("folder").ends_with("it is no file"));
        assert_eq!(themes.bad.len(), 6);
    }

    #[test]
    fn themes_without_end_are_read_to_a_bound() {
        let dir = tempfile::tempdir().unwrap();
        for n in 0..=MAX_FILES {
            fs::write(dir.path().join(format!("t{n:04}.toml")), "").unwrap();
        }
        let themes = themes(dir.path());
        assert_eq!((themes.own.len(), themes.bad.len()), (MAX_FILES, 1));
        assert!(themes.bad[0].1.ends_with("only the first 200 of 201 themes are read"), "{:?}", themes.bad);
    }

    #[test]
    fn the_table_has_every_role() {
        let table = reference();
        assert!(ROLES.iter().all(|spec| table.contains(&format!("| `{}` |", spec.name))), "{table}");
    }
}
