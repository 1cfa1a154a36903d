//! What a new user already has: a kubeconfig, gcloud's settings, a git remote. The start screen offers it.
//!
//! Owns where the first two lie and how their few needed lines are read, and which servers a clone's remote may be on.
//! Runs no program, opens no connection, and never passes on anything secret.

use crate::config::{Config, Environment, ServerUrl};
use crate::infra::remotes::{self, Around, NotFound};
use crate::model::ci::Forge;
use crate::parse::text::safe_line;
use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// A kubeconfig.
    pub kubernetes: Option<Kubernetes>,
    /// gcloud's settings.
    pub gcloud: Option<Gcloud>,
    /// What the current directory is a clone of, or why that is not known.
    pub clone: Result<remotes::Found, NotFound>,
}

/// A kubeconfig file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kubernetes {
    /// The file.
    pub path: PathBuf,
    /// The context it names as the current one.
    pub context: Option<String>,
}

/// gcloud's directory of settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gcloud {
    /// The directory.
    pub path: PathBuf,
    /// The project of the active configuration.
    pub project: Option<String>,
}

impl Found {
    /// What was found, a line each, safe for a terminal.
    pub fn lines(&self, environment: &Environment) -> Vec<String> {
        let short = |path: &Path| match environment.home().and_then(|home| path.strip_prefix(home).ok()) {
            Some(rest) => format!("~/{}", rest.display()),
            None => path.display().to_string(),
        };
        let mut lines = Vec::new();
        if let Some(Kubernetes { path, context }) = &self.kubernetes {
            let context = context.as_ref().map(|context| format!(", context {context}")).unwrap_or_default();
            lines.push(format!("kubeconfig {}{context}", short(path)));
        }
        if let Some(Gcloud { path, project }) = &self.gcloud {
            let project = project.as_ref().map(|project| format!(", project {project}")).unwrap_or_default();
            lines.push(format!("gcloud {}{project}", short(path)));
        }
        lines.extend(match &self.clone {
            Ok(remotes::Found { repo, remote, .. }) => Some(format!("git remote {remote} {}/{}", repo.host, repo.path)),
            Err(NotFound::NoForge { remote, host }) => {
                Some(format!("git remote {remote} on {host}, neither known as GitHub nor as GitLab"))
            }
            Err(NotFound::Local(remote)) => Some(format!("git remote {remote}, which is not on a server")),
            Err(NotFound::NoRemote(top)) => Some(format!("git repository {} without a remote", short(top))),
            Err(NotFound::NoRepository(_)) => None,
            Err(other) => Some(other.to_string()),
        });
        if lines.is_empty() {
            lines.push("no kubeconfig, no gcloud configuration, no git remote".to_owned());
        }
        lines.iter().map(|line| safe_line(line.as_bytes()).into_owned()).collect()
    }
}

/// Bytes that are read of any of these files.
const MAX_READ: u64 = 1 << 20;

/// Looks at the usual places, and in `dir` and the directories above it for a git repository.
pub fn discover(config: &Config, environment: &Environment, dir: &Path) -> Found {
    let clone = clone(config, environment, dir);
    Found { kubernetes: kubernetes(environment), gcloud: gcloud(environment), clone }
}

/// What `dir` is a clone of. Besides servers whose names say it, those of the settings and of `GH_HOST` and
/// `GITLAB_HOST` are known.
///
/// # Errors
/// [`NotFound`] says why nothing is known.
pub fn clone(config: &Config, environment: &Environment, dir: &Path) -> Result<remotes::Found, NotFound> {
    let xdg = environment.os("XDG_CONFIG_HOME").map(PathBuf::from);
    let mut around = Around::at_home(environment.home().map(Path::to_owned), xdg);
    let set = [&config.github, &config.gitlab].map(|server| (server.url.host().to_owned(), server.forge));
    let named = [("GH_HOST", Forge::Github), ("GITLAB_HOST", Forge::Gitlab)].into_iter().filter_map(|(name, forge)| {
        let url: ServerUrl = environment.text(name)?.parse().ok()?;
        Some((url.host().to_owned(), forge))
    });
    around.known = set.into_iter().chain(named).collect();
    remotes::find(dir, &around)
}

fn kubernetes(environment: &Environment) -> Option<Kubernetes> {
    let listed = environment.os("KUBECONFIG").map(|list| std::env::split_paths(list).collect::<Vec<_>>());
    let candidates = listed.or_else(|| Some(vec![environment.home()?.join(".kube/config")]))?;
    let path = candidates.into_iter().find(|path| path.is_file())?;
    let context = read(&path).and_then(|text| current_context(&text));
    Some(Kubernetes { path, context })
}

/// The value of the top-level `current-context`, which kubectl writes on one line.
fn current_context(yaml: &str) -> Option<String> {
    let value = yaml.lines().find_map(|line| line.strip_prefix("current-context:"))?;
    let value = value.trim().trim_matches(['"', '\'']);
    (!value.is_empty()).then(|| value.to_owned())
}

fn gcloud(environment: &Environment) -> Option<Gcloud> {
    let named = environment.os("CLOUDSDK_CONFIG").map(PathBuf::from);
    let path = named.or_else(|| Some(environment.home()?.join(".config/gcloud")))?;
    if !path.is_dir() {
        return None;
    }
    let active = read(&path.join("active_config")).map(|name| name.trim().to_owned());
    let active = active.filter(|name| !name.is_empty() && !name.contains(['/', '\0'])).unwrap_or("default".to_owned());
    let settings = read(&path.join("configurations").join(format!("config_{active}")));
    let project = settings.and_then(|text| ini(&text, "core", "project"));
    Some(Gcloud { path, project })
}

/// The value of `key` in `[section]` of a gcloud config.
fn ini(text: &str, section: &str, key: &str) -> Option<String> {
    let mut inside = false;
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            inside = name == section;
        } else if inside
            && let Some((name, value)) = line.split_once('=')
            && name.trim() == key
        {
            let value = value.trim();
            return (!value.is_empty()).then(|| value.to_owned());
        }
    }
    None
}

fn read(path: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    // A pipe with one of these names would block for ever.
    let file = File::open(path).ok().filter(|file| file.metadata().is_ok_and(|data| data.is_file()))?;
    file.take(MAX_READ).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn write(root: &Path, path: &str, text: &str) -> PathBuf {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    #[test]
    fn the_clone_is_named_or_why_it_is_not_watched() {
        let dir = tempfile::tempdir().unwrap();
        let config = Config { gitlab: crate::config::CiServer::of(Forge::Gitlab), ..Config::default() };
        let check = |url: &str, environment: &[(&str, &str)], expected: &str| {
            write(dir.path(), "repo/.git/HEAD", "ref: refs/heads/main\n");
            write(dir.path(), "repo/.git/config", &format!("[remote \"origin\"]\n\turl = {url}\n"));
            let deep = write(dir.path(), "repo/a/b/file", "");
            let environment = Environment::of_variables(environment.iter().copied());
            let found = discover(&config, &environment, deep.parent().unwrap());
            assert_eq!(found.lines(&environment), [expected], "{url}");
        };
        check("git@github.com:acme/api.git", &[], "git remote origin github.com/acme/api");
        check("https://x:secret@github.com/acme/api", &[], "git remote origin github.com/acme/api");
        let unknown = "git remote origin on git.acme.io, neither known as GitHub nor as GitLab";
        check("https://x:secret@git.acme.io/acme/api", &[], unknown);
        check(
            "git@git.acme.io:a/b/c",
            &[("GITLAB_HOST", "https://git.acme.io")],
            "git remote origin git.acme.io/a/b/c",
        );
        check("git@git.acme.io:a/b", &[("GH_HOST", "git.acme.io")], "git remote origin git.acme.io/a/b");
        check("../other", &[], "git remote origin, which is not on a server");
        fs::write(dir.path().join("repo/.git/config"), "[core]\n").unwrap();
        let found = discover(&config, &Environment::default(), &dir.path().join("repo"));
        assert!(found.lines(&Environment::default())[0].ends_with("/repo without a remote"), "{found:?}");
    }

    #[test]
    fn named_files_win_over_the_home_directory() {
        let dir = tempfile::tempdir().unwrap();
        let kube = write(dir.path(), "kube", "apiVersion: v1\ncurrent-context: \"prod-eu1\"\n");
        let list = std::env::join_paths([dir.path().join("none"), kube.clone()]).unwrap();
        write(dir.path(), "gcloud/active_config", "work\n");
        write(dir.path(), "gcloud/configurations/config_work", "[core]\nproject = acme-prod\n");
        let gcloud = dir.path().join("gcloud");
        let environment = Environment::of_variables([
            ("KUBECONFIG", list.to_str().unwrap()),
            ("CLOUDSDK_CONFIG", gcloud.to_str().unwrap()),
        ]);
        let found = discover(&Config::default(), &environment, dir.path());
        assert_eq!(found.kubernetes, Some(Kubernetes { path: kube, context: Some("prod-eu1".into()) }));
        assert_eq!(found.gcloud, Some(Gcloud { path: gcloud, project: Some("acme-prod".into()) }));
        let lines = found.lines(&environment);
        assert!(lines[0].ends_with("/kube, context prod-eu1") && lines[1].ends_with("/gcloud, project acme-prod"));
        assert_eq!(discover(&Config::default(), &Environment::default(), dir.path()).kubernetes, None);
    }
}
