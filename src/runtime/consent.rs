//! Programs that somebody allowed to be run for credentials, in logdeck's directory of state.
//!
//! Owns reading and writing of that file. Must not run anything, or decide what may be run.

use crate::infra::files::{NewFile, private_directory};
use crate::model::pods::Plugin;
use serde_json::{Value, json};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// The file's name in logdeck's directory of state: one JSON object a line.
pub const FILE: &str = "allowed-programs.jsonl";

/// A file larger than this is something else.
const MAX_FILE: u64 = 1 << 20;

/// The programs that were allowed. A file that is not there has none; lines that are no such thing count for nothing, and
/// nothing counts in a file that others may write.
pub fn load(path: &Path) -> Vec<Plugin> {
    read(path).unwrap_or_default().lines().filter_map(plugin).collect()
}

/// Adds a program. `salt` makes a temporary name hard to guess.
///
/// # Errors
/// The file cannot be written; it is as it was then.
pub fn allow(path: &Path, plugin: &Plugin, salt: u64) -> io::Result<()> {
    let mut text = read(path)?;
    if text.lines().filter_map(self::plugin).any(|known| known == *plugin) {
        return Ok(());
    }
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    let Plugin { context, command, path: place, args } = plugin;
    let line = json!({ "context": context, "command": command, "path": place, "args": args });
    text.push_str(&format!("{line}\n"));
    if let Some(directory) = path.parent() {
        private_directory(directory)?;
    }
    let mut file = NewFile::create(path, salt)?;
    file.write_all(text.as_bytes())?;
    file.keep().map(|_| ())
}

fn read(path: &Path) -> io::Result<String> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(String::new()),
        Err(error) => return Err(error),
    };
    let about = file.metadata()?;
    if !about.is_file() || about.mode() & 0o022 != 0 {
        return Err(io::Error::other("others may write it"));
    }
    let mut text = String::new();
    file.take(MAX_FILE).read_to_string(&mut text)?;
    Ok(text)
}

fn plugin(line: &str) -> Option<Plugin> {
    let value: Value = serde_json::from_str(line).ok()?;
    let text = |name: &str| value.get(name)?.as_str().map(str::to_owned);
    let args = value.get("args")?.as_array()?.iter().map(|arg| arg.as_str().map(str::to_owned));
    Some(Plugin {
        context: text("context")?,
        command: text("command")?,
        path: text("path"),
        args: args.collect::<Option<_>>()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn program(name: &str) -> Plugin {
        let args = vec!["eks".to_owned(), "get-token\n\u{1b}".to_owned()];
        Plugin { context: "prod".into(), command: name.into(), path: Some(format!("/usr/bin/{name}")), args }
    }

    #[test]
    fn what_was_allowed_is_known_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("state").join(FILE);
        assert_eq!(load(&path), []);
        allow(&path, &program("aws"), 1).unwrap();
        allow(&path, &Plugin { path: None, ..program("gke") }, 2).unwrap();
        allow(&path, &program("aws"), 3).unwrap();
        assert_eq!(load(&path), [program("aws"), Plugin { path: None, ..program("gke") }]);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_file_that_others_may_write_allows_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(FILE);
        allow(&path, &program("aws"), 1).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666)).unwrap();
        assert_eq!(load(&path), []);
        assert!(allow(&path, &program("gke"), 2).is_err());
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        std::fs::write(&path, "garbage\n{\"context\":1}\n").unwrap();
        assert_eq!(load(&path), []);
    }
}
