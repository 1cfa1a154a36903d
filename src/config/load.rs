//! Lays file, environment and flags over the defaults, and remembers who set what.
//!
//! Owns the order of the layers and the reading of the file. Must not know the settings themselves.

use super::environment::Environment;
use super::file::Place;
use super::file::{self, Problem};
use super::keys::{ConfigKey, KEYS, Raw, VARIABLES, nearest};
use super::servers;
use super::{Config, LogLevel, Memory, Zone};
use crate::model::theme::ThemeChoice;
use std::{
    collections::BTreeMap,
    fmt, io,
    path::{Path, PathBuf},
};

/// A config file larger than this is refused: it is something else.
const MAX_FILE: u64 = 1 << 20;

/// Who set a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Set {
    /// Nobody.
    Default,
    /// The file, in this line.
    File(PathBuf, usize),
    /// This variable of the environment.
    Environment(String),
    /// The command line.
    Flag(&'static str),
}

impl fmt::Display for Set {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path, line) => write!(f, "{}:{line}", path.display()),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::Flag(flag) => write!(f, "command line {flag}"),
        }
    }
}

/// The config file's path and who named it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum File {
    /// `--config` or `LOGDECK_CONFIG`: it has to be there.
    Named(PathBuf),
    /// The usual place: it may be missing.
    Usual(PathBuf),
    /// There is no home directory.
    Nowhere,
}

impl File {
    /// The path, if there is one.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Named(path) | Self::Usual(path) => Some(path),
            Self::Nowhere => None,
        }
    }
}

/// Settings of the command line.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// `--memory`
    pub memory: Option<Memory>,
    /// `--theme`
    pub theme: Option<ThemeChoice>,
    /// `--ascii`
    pub ascii: Option<bool>,
    /// `--log-level`
    pub log_level: Option<LogLevel>,
    /// `--ca-file`
    pub ca_file: Option<PathBuf>,
    /// `--no-exec` is false
    pub exec: Option<bool>,
    /// `--allow-exec`
    pub allow_exec: Vec<String>,
    /// `--tz`
    pub tz: Option<Zone>,
}

/// The outcome: settings that hold, who set them, and what was wrong. A wrong value leaves the layer below in place.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// What holds.
    pub config: Config,
    /// The file that was looked for.
    pub file: File,
    /// Whether it was there.
    pub file_found: bool,
    /// What makes the settings unusable.
    pub problems: Vec<Problem>,
    /// What cannot be used and is left out: the rest holds.
    pub notices: Vec<Problem>,
    /// What is odd and does no harm.
    pub hints: Vec<Problem>,
    set_by: BTreeMap<&'static str, Set>,
    /// Where the file binds an action's keys.
    bindings: BTreeMap<String, Place>,
}

impl Loaded {
    /// Who set `key`.
    pub fn set_by(&self, key: &ConfigKey) -> Set {
        self.set_by.get(key.name).cloned().unwrap_or(Set::Default)
    }

    /// The value of `key` that holds, in TOML.
    pub fn value(&self, key: &ConfigKey) -> String {
        (key.show)(&self.config)
    }

    /// Where the keys of an action are bound: as a problem that has no message yet, in the file's order when sorted by
    /// its place.
    pub fn binding(&self, action: &str) -> Problem {
        match self.set_by.get("keys") {
            Some(Set::File(path, _)) => {
                let place = self.bindings.get(action).copied();
                Problem { from: path.display().to_string(), place, message: String::new() }
            }
            by => Problem { from: by.unwrap_or(&Set::Default).to_string(), place: None, message: String::new() },
        }
    }

    fn take(&mut self, key: &'static ConfigKey, raw: &Raw, by: Set, problem: Problem) {
        match (key.set)(&mut self.config, raw) {
            Ok(()) => _ = self.set_by.insert(key.name, by),
            Err(error) => {
                self.problems.push(Problem { message: format!("{}: {error}", key.name), ..problem });
            }
        }
    }
}

/// Where the config file is: `flag` (`--config`), else `LOGDECK_CONFIG`, else the user's directory.
pub fn file(flag: Option<&Path>, environment: &Environment) -> File {
    if let Some(path) = flag.or_else(|| environment.os("LOGDECK_CONFIG").map(Path::new)) {
        return File::Named(path.to_owned());
    }
    environment.config_dir().map_or(File::Nowhere, |dir| File::Usual(dir.join("config.toml")))
}

/// Reads the file and lays environment and flags over it. `actions` are the names that `[keys]` may hold; with none
/// given, any name is taken. Problems are in the result; nothing is printed.
pub fn load(file: File, environment: &Environment, flags: &Overrides, actions: &[&str]) -> Loaded {
    let mut loaded = Loaded {
        config: Config::default(),
        file,
        file_found: false,
        problems: Vec::new(),
        notices: Vec::new(),
        hints: Vec::new(),
        set_by: BTreeMap::new(),
        bindings: BTreeMap::new(),
    };
    from_file(&mut loaded, actions);
    from_environment(&mut loaded, environment);
    from_flags(&mut loaded, flags);
    servers::expand(&mut loaded.config, environment.home());
    let hint = |message| Problem { from: "settings".to_owned(), place: None, message };
    loaded.hints.extend(servers::hints(&loaded.config).into_iter().map(hint));
    loaded
}

fn from_file(loaded: &mut Loaded, actions: &[&str]) {
    let Some(path) = loaded.file.path().map(Path::to_owned) else { return };
    let from = path.display().to_string();
    let text = match read_text(&path) {
        Ok(text) => text,
        Err(error) => {
            let may_be_missing = matches!(loaded.file, File::Usual(_));
            let message = format!("the config file cannot be read: {error}");
            let problem = Problem { from, place: None, message };
            match error.kind() {
                io::ErrorKind::NotFound if may_be_missing => {}
                // What is in it is wrong.
                io::ErrorKind::InvalidData | io::ErrorKind::FileTooLarge => loaded.problems.push(problem),
                _ if may_be_missing => loaded.notices.push(problem),
                _ => loaded.problems.push(problem),
            }
            return;
        }
    };
    loaded.file_found = true;
    let read = file::read(&text, &from, actions);
    loaded.problems.extend(read.problems);
    loaded.notices.extend(read.notices);
    loaded.bindings = read.bindings;
    for entry in read.entries {
        let problem = Problem { from: from.clone(), place: Some(entry.place), message: String::new() };
        loaded.take(entry.key, &entry.raw, Set::File(path.clone(), entry.place.line), problem);
    }
    loaded.problems.sort_by_key(|problem| problem.place.map(|place| (place.line, place.column)));
}

fn read_text(path: &Path) -> io::Result<String> {
    let size = std::fs::metadata(path)?.len();
    if size > MAX_FILE {
        let problem = format!("it has {size} bytes, which is more than 1 MiB");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, problem));
    }
    std::fs::read_to_string(path)
}

fn from_environment(loaded: &mut Loaded, environment: &Environment) {
    for key in KEYS {
        let name = key.variable();
        let Some(value) = environment.os(&name) else { continue };
        let problem = Problem { from: format!("environment {name}"), place: None, message: String::new() };
        match value.to_str() {
            Some(text) => loaded.take(key, &Raw::Word(text.to_owned()), Set::Environment(name), problem),
            None => loaded.problems.push(Problem { message: "the value is not UTF-8".to_owned(), ..problem }),
        }
    }
    let known: Vec<String> = KEYS.iter().map(ConfigKey::variable).collect();
    let known = || known.iter().map(String::as_str).chain(VARIABLES.iter().map(|(name, _)| *name));
    for name in environment.names("LOGDECK_").filter(|name| known().all(|known| known != *name)) {
        let near = nearest(name, known()).map(|near| format!("; did you mean {near}?")).unwrap_or_default();
        let message = format!("no setting has this name{near}");
        loaded.hints.push(Problem { from: format!("environment {name}"), place: None, message });
    }
}

fn from_flags(loaded: &mut Loaded, flags: &Overrides) {
    let Loaded { config, set_by, .. } = loaded;
    let mut by = |name: &'static str, flag| _ = set_by.insert(name, Set::Flag(flag));
    if let Some(memory) = flags.memory {
        config.memory = memory;
        by("memory", "--memory");
    }
    if let Some(theme) = &flags.theme {
        config.theme = theme.clone();
        by("theme", "--theme");
    }
    if let Some(ascii) = flags.ascii {
        config.ascii = ascii;
        by("ascii", "--ascii");
    }
    if let Some(level) = flags.log_level {
        config.log_level = level;
        by("log_level", "--log-level");
    }
    if let Some(path) = &flags.ca_file {
        config.github.ca_file = Some(path.clone());
        config.gitlab.ca_file = Some(path.clone());
        by("github.ca_file", "--ca-file");
        by("gitlab.ca_file", "--ca-file");
        config.pods.ca_file = Some(path.clone());
        by("pods.ca_file", "--ca-file");
        config.google.ca_file = Some(path.clone());
        by("google.ca_file", "--ca-file");
    }
    if let Some(exec) = flags.exec {
        config.pods.exec = exec;
        by("pods.exec", "--no-exec");
    }
    if !flags.allow_exec.is_empty() {
        config.pods.allow_exec.extend(flags.allow_exec.iter().cloned());
        by("pods.allow_exec", "--allow-exec");
    }
    if let Some(zone) = &flags.tz {
        config.tz = zone.clone();
        by("tz", "--tz");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn temporary(text: &str) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config.toml");
        std::fs::write(&path, text).unwrap();
        (dir, path)
    }

    fn key(name: &str) -> &'static ConfigKey {
        ConfigKey::find(name).unwrap()
    }

    #[test]
    fn flags_win_over_the_environment_and_that_over_the_file() {
        let (_dir, path) = temporary("theme = \"dark\"\nmemory = \"1GiB\"\ntz = \"UTC\"\n");
        let environment = Environment::of_variables([("LOGDECK_THEME", "light"), ("LOGDECK_MEMORY", "2GiB")]);
        let (memory, ca_file) = (Memory::from_bytes(64 << 20), Some("/ca.pem".into()));
        let flags = Overrides { memory, ca_file, ..Overrides::default() };
        let loaded = load(File::Named(path.clone()), &environment, &flags, &[]);
        assert_eq!(loaded.problems, []);
        let check = |name: &str, value: &str, by: Set| {
            assert_eq!((loaded.value(key(name)), loaded.set_by(key(name))), (value.to_owned(), by), "{name}");
        };
        check("tz", "\"UTC\"", Set::File(path, 3));
        check("theme", "\"light\"", Set::Environment("LOGDECK_THEME".into()));
        check("memory", "\"64MiB\"", Set::Flag("--memory"));
        check("github.ca_file", "\"/ca.pem\"", Set::Flag("--ca-file"));
        check("gitlab.ca_file", "\"/ca.pem\"", Set::Flag("--ca-file"));
        check("google.ca_file", "\"/ca.pem\"", Set::Flag("--ca-file"));
        check("fps", "30", Set::Default);
    }

    #[test]
    fn a_wrong_value_is_named_with_its_place_and_the_rest_holds() {
        let (_dir, path) = temporary("theme = \"dark\"\nmemory = true\nmemroy = 1\n");
        let environment = Environment::of_variables([("LOGDECK_FPS", "900"), ("LOGDECK_MEMROY", "1GiB")]);
        let loaded = load(File::Named(path.clone()), &environment, &Overrides::default(), &[]);
        let problems: Vec<_> = loaded.problems.iter().map(ToString::to_string).collect();
        assert_eq!(problems.len(), 3);
        assert!(problems[0].starts_with(&format!("{}:2:10: memory: `true` is not a size", path.display())));
        assert!(problems[1].starts_with(&format!("{}:3:1: unknown key `memroy`", path.display())), "in their order");
        assert!(problems[2].starts_with("environment LOGDECK_FPS: fps: `900` is not a number of frames"));
        assert_eq!(loaded.hints[0].message, "no setting has this name; did you mean LOGDECK_MEMORY?");
        assert_eq!(loaded.config.theme, ThemeChoice::Dark);
    }

    #[test]
    fn only_a_named_file_has_to_be_there() {
        let dir = tempfile::tempdir().unwrap();
        let missing = dir.path().join("none.toml");
        let load = |file| load(file, &Environment::default(), &Overrides::default(), &[]);
        assert_eq!(load(File::Usual(missing.clone())).problems, []);
        assert_eq!(load(File::Nowhere).problems, []);
        // What is in the way of the usual place is said, and does no harm.
        std::fs::write(dir.path().join("file"), "theme = \"dark\"").unwrap();
        let loaded = load(File::Usual(dir.path().join("file/config.toml")));
        assert_eq!((loaded.problems.len(), loaded.file_found), (0, false));
        assert!(loaded.notices[0].message.contains("cannot be read"), "{:?}", loaded.notices);
        std::fs::write(dir.path().join("bytes.toml"), b"\xff").unwrap();
        assert_eq!(load(File::Usual(dir.path().join("bytes.toml"))).problems.len(), 1);
        assert!(load(File::Named(missing)).problems[0].message.contains("cannot be read"));
        assert!(load(File::Named(dir.path().to_owned())).problems[0].message.contains("cannot be read"));
    }

    #[test]
    fn the_flag_names_the_file_before_the_environment() {
        let environment = Environment::of_variables([("LOGDECK_CONFIG", "/e.toml")]);
        assert_eq!(file(Some(Path::new("f.toml")), &environment), File::Named("f.toml".into()));
        assert_eq!(file(None, &environment), File::Named("/e.toml".into()));
        assert_eq!(file(None, &Environment::default()), File::Nowhere);
    }
}
