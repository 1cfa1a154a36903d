//! Programs that somebody allowed to be run for credentials, in logdeck's directory of state.
//!
//! Owns reading and writing of that file. Values of variables, which may be secrets, are not written, but their SHA-256. Must not run anything, or decide what may be run.

use crate::infra::files::{NewFile, private_directory};
use crate::model::plugin::{Allowed, Plugin};
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
pub fn load(path: &Path) -> Vec<Allowed> {
    read(path).unwrap_or_default().lines().filter_map(allowed).collect()
}

/// Adds a program. `salt` makes a temporary name hard to guess.
///
/// # Errors
/// The file cannot be written; it is as it was then.
pub fn allow(path: &Path, plugin: &Plugin, salt: u64) -> io::Result<()> {
    let mut text = read(path)?;
    if text.lines().filter_map(allowed).any(|known| known.covers(plugin)) {
        return Ok(());
    }
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    let Allowed { context, command, path: place, args, env } = Allowed::of(plugin);
    let env: Vec<_> = env.iter().map(|(name, hash)| json!({ "name": name, "sha256": hash })).collect();
    let line = json!({ "context": context, "command": command, "path": place, "args": args, "env": env });
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

fn allowed(line: &str) -> Option<Allowed> {
    let value: Value = serde_json::from_str(line).ok()?;
    let text = |name: &str| value.get(name)?.as_str().map(str::to_owned);
    let args = value.get("args")?.as_array()?.iter().map(|arg| arg.as_str().map(str::to_owned));
    // Lines of versions that knew no environment have none: they hold for programs that are given none.
    let env = match value.get("env") {
        Some(env) => env.as_array()?.iter().map(variable).collect::<Option<_>>()?,
        None => Vec::new(),
    };
    Some(Allowed {
        context: text("context")?,
        command: text("command")?,
        path: text("path"),
        args: args.collect::<Option<_>>()?,
        env,
    })
}

fn variable(value: &Value) -> Option<(String, String)> {
    let text = |name: &str| value.get(name)?.as_str().map(str::to_owned);
    Some((text("name")?, text("sha256")?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::plugin::Variable;
    use std::os::unix::fs::PermissionsExt;

    fn program(name: &str) -> Plugin {
        let args = vec!["eks".to_owned(), "get-token\n\u{1b}".to_owned()];
        Plugin {
            context: "prod".into(),
            command: name.into(),
            path: Some(format!("/usr/bin/{name}")),
            args,
            env: Vec::new(),
        }
    }

    fn with(env: &[(&str, &str)]) -> Plugin {
        let variable = |(name, value): &(&str, &str)| Variable { name: (*name).to_owned(), value: (*value).to_owned() };
        Plugin { env: env.iter().map(variable).collect(), ..program("aws") }
    }

    #[test]
    fn what_was_allowed_is_known_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("state").join(FILE);
        assert!(load(&path).is_empty());
        allow(&path, &program("aws"), 1).unwrap();
        let unfound = Plugin { path: None, ..program("gke") };
        allow(&path, &unfound, 2).unwrap();
        allow(&path, &program("aws"), 3).unwrap();
        assert_eq!(load(&path), [Allowed::of(&program("aws")), Allowed::of(&unfound)]);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn the_environment_is_kept_without_its_values() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(FILE);
        let plain = program("aws");
        let secret = with(&[("AWS_PROFILE", "prod"), ("VAULT_TOKEN", "hvs.do-not-write"), ("AWS_PROFILE", "last\n")]);
        for (salt, plugin) in [&plain, &secret, &secret].into_iter().enumerate() {
            allow(&path, plugin, salt as u64).unwrap();
        }
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text.lines().count(), 2, "{text}");
        assert!(text.contains("VAULT_TOKEN") && !text.contains("hvs.") && !text.contains("last"), "{text}");
        let known = load(&path);
        assert!(known[0].covers(&plain) && known[1].covers(&secret));
        let other = with(&[("AWS_PROFILE", "prod"), ("LD_PRELOAD", "/tmp/x.so")]);
        assert!(!known.iter().any(|known| known.covers(&other)));
    }

    #[test]
    fn lines_of_versions_before_hold_for_no_environment() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(FILE);
        let check = |env: &str, expected: Option<bool>| {
            let line =
                r#"{"context":"prod","command":"aws","path":"/usr/bin/aws","args":["eks","get-token\n\u001b"]ENV}"#;
            std::fs::write(&path, line.replace("ENV", env)).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
            let known = load(&path);
            let covers = known.first().map(|known| known.covers(&program("aws")));
            assert_eq!(covers, expected, "{env}");
            assert!(!known.iter().any(|known| known.covers(&with(&[("LD_PRELOAD", "/tmp/x.so")]))), "{env}");
        };
        check("", Some(true));
        check(r#","env":[]"#, Some(true));
        check(r#","env":[{"name":"A","sha256":"00"}]"#, Some(false));
        // What is no environment allows nothing.
        check(r#","env":null"#, None);
        check(r#","env":{"LD_PRELOAD":"/tmp/x.so"}"#, None);
        check(r#","env":[{"name":"A"}]"#, None);
        check(r#","env":["A=1"]"#, None);
    }

    #[test]
    fn a_file_that_others_may_write_allows_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(FILE);
        allow(&path, &program("aws"), 1).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666)).unwrap();
        assert!(load(&path).is_empty());
        assert!(allow(&path, &program("gke"), 2).is_err());
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        std::fs::write(&path, "garbage\n{\"context\":1}\n").unwrap();
        assert!(load(&path).is_empty());
    }
}
