//! The process's surroundings as a value: environment variables and the user's directories.
//!
//! Owns the only reading of both; everything else gets an [`Environment`] as an argument, so that tests repeat.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
};

/// What surrounds the process.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    variables: BTreeMap<OsString, OsString>,
    config_dir: Option<PathBuf>,
    state_dir: Option<PathBuf>,
    cache_dir: Option<PathBuf>,
    home: Option<PathBuf>,
}

impl Environment {
    /// The real one.
    pub fn of_process() -> Self {
        let project = directories::ProjectDirs::from("", "", "logdeck");
        Self {
            variables: std::env::vars_os().collect(),
            config_dir: project.as_ref().map(|dirs| dirs.config_dir().to_owned()),
            state_dir: project.as_ref().map(|dirs| dirs.state_dir().unwrap_or(dirs.data_local_dir()).to_owned()),
            cache_dir: project.as_ref().map(|dirs| dirs.cache_dir().to_owned()),
            home: directories::BaseDirs::new().map(|dirs| dirs.home_dir().to_owned()),
        }
    }

    /// One with these variables and no directories, for tests.
    pub fn of_variables<'a>(variables: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let variables = variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Self { variables, ..Self::default() }
    }

    /// A variable that is set and not empty.
    pub fn os(&self, name: &str) -> Option<&OsStr> {
        self.variables.get(OsStr::new(name)).map(OsString::as_os_str).filter(|value| !value.is_empty())
    }

    /// A variable that is set, not empty, and UTF-8.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.os(name).and_then(OsStr::to_str)
    }

    /// The same of a variable that tools read in capitals and in small letters: `HTTPS_PROXY`.
    pub fn either(&self, name: &str) -> Option<&str> {
        self.text(name).or_else(|| self.text(&name.to_ascii_lowercase()))
    }

    /// The names of all variables that begin with `prefix`.
    pub fn names<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a str> {
        self.variables.keys().filter_map(|name| name.to_str()).filter(move |name| name.starts_with(prefix))
    }

    /// logdeck's directory for settings; `None` when the user has no home directory.
    pub fn config_dir(&self) -> Option<&Path> {
        self.config_dir.as_deref()
    }

    /// logdeck's directory for its own log; `None` when the user has no home directory.
    pub fn state_dir(&self) -> Option<&Path> {
        self.state_dir.as_deref()
    }

    /// logdeck's directory for what it can get again; `None` when the user has no home directory.
    pub fn cache_dir(&self) -> Option<&Path> {
        self.cache_dir.as_deref()
    }

    /// The user's home directory.
    pub fn home(&self) -> Option<&Path> {
        self.home.as_deref()
    }
}
